"""Names, and passwords kept as scrypt strings: slow to guess, and never to be read back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata

# One of OWASP's equally strong settings: at 16 MB a sign-in, several at once fit a small server.
N, R, P = 2**14, 8, 5
SALT_BYTES = 16
KEY_BYTES = 32
MAX_MEMORY = 64 * 2**20
MAX_P = 64
# Of those who did not sign in: Panel's guest, and whoever sits at a machine without accounts.
RESERVED = frozenset({"guest", "local"})


def one_name(name: str) -> str:
    """Return a name as names are told apart: without white space, marks of width or case.

    Examples
    --------
    >>> one_name(" Bidan\u00a0RINA\u200b") == one_name("bidanrina")
    True
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in plain if c.isprintable() and not c.isspace())


def hash_password(text: str) -> str:
    """Return ``scrypt$n$r$p$salt$key``, with a new salt each time."""
    salt = secrets.token_bytes(SALT_BYTES)
    return _written(salt, _key(text, salt, N, R, P))


def matches(text: str, stored: str) -> bool:
    """Return whether ``text`` is the password that ``stored`` was made from; a broken string never is.

    Examples
    --------
    >>> matches("rahasia", hash_password("rahasia"))
    True
    >>> matches("rahasia", "not a hash")
    False
    """
    try:
        scheme, n, r, p, salt, key = stored.split("$")
        wanted = base64.b64decode(key, validate=True)
        if scheme != "scrypt" or len(wanted) != KEY_BYTES or int(p) > MAX_P:
            return False
        found = _key(text, base64.b64decode(salt, validate=True), int(n), int(r), int(p))
    except (ValueError, TypeError, OverflowError, MemoryError):
        return False
    return hmac.compare_digest(found, wanted)


def matches_nobody(text: str) -> bool:
    """Return False, after the time that a wrong password takes: the time must not tell who has an account."""
    matches(text, _written(bytes(SALT_BYTES), bytes(KEY_BYTES)))
    return False


def _key(text: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # One letter can be typed as one character or as two; both are the same password.
    typed = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(typed, salt=salt, n=n, r=r, p=p, maxmem=MAX_MEMORY, dklen=KEY_BYTES)


def _written(salt: bytes, key: bytes) -> str:
    parts = ("scrypt", str(N), str(R), str(P), *(base64.b64encode(b).decode("ascii") for b in (salt, key)))
    return "$".join(parts)
