"""Opening the database: SQLite in a file, or PostgreSQL; its tables are brought up to date at once."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.store.errors import StoreError
from app.store.tables import Base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

VERSION_TABLE = "jangkau_schema"
WRITES = "jangkau_writes"  # the execution option that marks a transaction that will write
BUSY_SECONDS = 30
LOCK_KEY = 0x6A616E676B6175  # "jangkau", for PostgreSQL's advisory lock
POSTGRES = ("postgresql+psycopg", "postgresql", "postgres")
FORMS = "Give sqlite:///PATH/TO/FILE.db or postgresql://USER:PASSWORD@HOST/DATABASE."

# Alembic's own ``context`` and ``op`` are shared by all threads, so only one may migrate at a time.
_ALEMBIC = threading.Lock()


def open_engine(url: str) -> Engine:
    """Return an engine whose database has all tables of this program.

    Raises
    ------
    StoreError
        The URL is wrong, the database cannot be reached, is of something else, or is newer than this program.
    """
    parsed = _parsed(url)
    engine = _engine(parsed)
    try:
        with told(parsed, f"{shown(parsed)} cannot be opened"):
            if engine.dialect.name == "sqlite":
                _make_file(Path(parsed.database or ""))
            with engine.connect() as connection:
                _require_ours(connection, parsed)
            if engine.dialect.name == "sqlite":
                _turn_on_wal(engine)
            _migrate(engine, parsed)
    except BaseException:
        engine.dispose()
        raise
    return engine


def shown(url: URL) -> str:
    """Return which database it is, without anything secret."""
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    host = url.host or url.query.get("host") or "this computer"
    return f"The PostgreSQL database {url.database!r} on {host}"


@contextmanager
def told(url: URL, what: str) -> Iterator[None]:
    """Turn errors of the database into StoreError, whose message begins with ``what`` and has no password."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(getattr(cause, "strerror", None) or cause).split())
        for secret in (url.password, url.query.get("password")):
            if secret:
                reason = reason.replace(str(secret), "***")
        msg = f"{what}: {reason.rstrip('.') or type(error).__name__}. {_advice(reason, url)}"
        # The cause may quote the whole address, with its password.
        raise StoreError(msg) from None


def _advice(reason: str, url: URL) -> str:
    lowered = reason.lower()
    if url.get_backend_name() == "sqlite":
        known = {
            "not a database": "Give another file; this one was not changed.",
            "malformed": "The file is damaged: put back your last copy of it.",
            "locked": "Another program holds it; close that one, or try again.",
            "full": "Free some space on the disk, then try again.",
            "readonly": "Allow writing to the file and to its folder.",
            "unable to open": "Check that its folder exists and that you may write there.",
            "no such file": "Check that its folder exists.",
            "permission denied": "Choose a folder that you may write to.",
        }
    else:
        known = {
            "authentication": "Check the user and the password in the address.",
            "fatal: role": "Check the user and the password in the address.",
            "fatal: database": "Make it with: createdb NAME, or correct the address.",
            "permission denied": "Give the user the right to make tables (GRANT CREATE ON SCHEMA public).",
        }
    default = "Check the address, and that the database is running, then try again."
    return next((advice for words, advice in known.items() if words in lowered), default)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):
        # The text itself is not repeated: it may hold a password.
        msg = f"The database's address cannot be read. {FORMS}"
        raise StoreError(msg) from None
    if parsed.drivername in POSTGRES:
        if url.count("@") > 1:  # parts of the password would be taken for the host, and shown
            msg = "The database's address has more than one @. Write those of the password as %40."
            raise StoreError(msg)
        return parsed.set(drivername=POSTGRES[0])
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        msg = f"Databases of the kind {parsed.drivername!r} are not supported. {FORMS}"
        raise StoreError(msg)
    if not parsed.database or parsed.database.startswith((":memory:", "file:")):
        msg = f"The database has to be a file, so that nothing is lost and all threads share it. {FORMS}"
        raise StoreError(msg)
    return parsed


def _engine(url: URL) -> Engine:
    # Values are never logged: they would hold hashes of passwords.
    options: dict[str, Any] = {"hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, **options)
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        return engine
    if "connect_timeout" not in url.query:
        options["connect_args"] = {"connect_timeout": 10}
    try:
        return create_engine(url, pool_pre_ping=True, **options)
    except ImportError:
        msg = 'PostgreSQL needs a driver that is not there. In the checkout: pip install -e ".[postgres]"'
        raise StoreError(msg) from None


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in _on_sqlite_begin, not when Python guesses
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")


def _on_sqlite_begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail, not wait, when another one wrote in between.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _make_file(path: Path) -> None:
    with suppress(FileExistsError):
        # It will hold hashes of passwords: nobody else on the computer reads it.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _turn_on_wal(engine: Engine) -> None:
    # SQLite does not wait for its busy timeout here when two programs switch at once.
    end = time.monotonic() + BUSY_SECONDS
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return
        finally:
            connection.close()


def _require_ours(connection: Connection, url: URL) -> None:
    """Raise StoreError for a database of something else, before anything in it changes."""
    if connection.dialect.name == "postgresql":
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            msg = f"{shown(url)} stores text as {encoding}. Make one with: createdb --encoding=UTF8 NAME"
            raise StoreError(msg)
    there = set(inspect(connection).get_table_names())
    if VERSION_TABLE in there:
        return
    # PostgreSQL databases are often shared (PostGIS keeps tables there too); a file is one program's.
    others = there if connection.dialect.name == "sqlite" else there & set(Base.metadata.tables)
    if others:
        msg = (
            f"{shown(url)} is of another program (it has a table {min(others)!r}). "
            "Give another one; this one was not changed."
        )
        raise StoreError(msg)


def _migrate(engine: Engine, url: URL) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    # One transaction for all steps, behind a lock: of two servers that start at once the second one waits.
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        state = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        at = state.get_current_heads()
        if not known.issuperset(at):
            msg = (
                f"{shown(url)} was made by a newer version of jangkau (schema {', '.join(at)}). "
                "Update jangkau; the database was not changed."
            )
            raise StoreError(msg)
        if at != tuple(scripts.get_heads()):
            config.attributes["connection"] = connection
            with _ALEMBIC:
                command.upgrade(config, "head")
