"""What stands for a place beyond the files of this machine, and how it is shown without its secrets."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

DATABASES = ("postgresql", "postgres")
# Of a query all but these may be a secret: a password, a token, a signature.
OURS = ("table", "schema")
PLAIN = (*OURS, "host", "port", "sslmode", "dbname", "user")


def is_remote(text: str) -> bool:
    """Return whether a text is an address rather than a path.

    Examples
    --------
    >>> is_remote("s3://data/desa.parquet"), is_remote("data/desa.parquet")
    (True, False)
    """
    return "://" in text


def is_database(text: str) -> bool:
    """Return whether a text is the address of a PostgreSQL database.

    Examples
    --------
    >>> is_database("postgresql://server/peta?table=desa"), is_database("s3://data/desa.parquet")
    (True, False)
    """
    return text.partition("://")[0] in DATABASES and is_remote(text)


def shown(text: str) -> str:
    """Return an address as it may be printed and kept: without password, token or signature.

    Examples
    --------
    >>> shown("postgresql://dinkes:rahasia@server/peta?table=desa&password=rahasia")
    'postgresql://dinkes:***@server/peta?table=desa&password=***'
    """
    if not is_remote(text):
        return text
    parts = urlsplit(text)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    query = [(k, v if k in PLAIN else "***") for k, v in parse_qsl(parts.query, keep_blank_values=True)]
    return urlunsplit((
        parts.scheme, f"{name}{':***' if colon else ''}{at}{host}", parts.path,
        urlencode(query, safe="*/."), "",
    ))  # fmt: skip


def without_secrets(message: str, text: str) -> str:
    r"""Return what somebody else says of an address, in a line, without the address's secrets.

    Examples
    --------
    >>> without_secrets("no user\n x with rahasia", "postgresql://x:rahasia@server/peta")
    'no user x with ***'
    """
    parts = urlsplit(text)
    secrets = [v for k, v in parse_qsl(parts.query) if k not in PLAIN]
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    secrets += [password, unquote(password)]
    line = " ".join(message.split())
    for secret in sorted({s for s in secrets if s}, key=len, reverse=True):
        line = line.replace(secret, "***")
    return line


def named_in(text: str, key: str) -> str:
    """Return what an address names by a key, "" where it does not.

    Examples
    --------
    >>> named_in("postgresql://server/peta?table=public.desa", "table")
    'public.desa'
    """
    return dict(parse_qsl(urlsplit(text).query)).get(key, "")


def without_ours(text: str) -> str:
    """Return the address of a database as PostgreSQL's own library takes it.

    Examples
    --------
    >>> without_ours("postgresql://server/peta?table=desa&sslmode=require")
    'postgresql://server/peta?sslmode=require'
    """
    parts = urlsplit(text)
    query = [(k, v) for k, v in parse_qsl(parts.query) if k not in OURS]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))
