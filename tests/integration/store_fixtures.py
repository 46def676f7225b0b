"""A throwaway PostgreSQL server, and a store on each kind of database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from store_support import COUNTER

from app.store import (
    Store,
)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of these tests' own."""

    folder: Path

    def execute(self, statement):
        with psycopg.connect(
            host=str(self.folder), user="jangkau", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def url(self, database, password=""):
        return f"postgresql://jangkau:{password}@/{database}?host={self.folder}"


def absent(line):
    line += (
        " (on Debian and Ubuntu: apt-get install postgresql; JANGKAU_REQUIRE_POSTGRES makes this a failure)"
    )
    if os.environ.get("JANGKAU_REQUIRE_POSTGRES"):
        pytest.fail(line)
    pytest.skip(line)


def programs():
    """Return the folder of initdb and postgres; the one on PATH, or the newest."""
    found = shutil.which("initdb")
    # A link on PATH has no postgres beside it.
    folders = [Path(found).resolve().parent] if found else []
    installed = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if p.parent.name.isdigit()]
    folders += sorted(installed, key=lambda p: -int(p.parent.name))
    for folder in folders:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    return absent("no PostgreSQL server to test on: initdb and postgres were not found")


def other_user():
    """Return options for subprocess: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        return absent("PostgreSQL does not run as root, and there is no user postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def server():
    bin_folder, options = programs(), other_user()
    # Not pytest's folder: only its owner may enter that one.
    folder = Path(tempfile.mkdtemp(prefix="jangkau-pg-"))
    process = None
    try:
        if options:
            os.chown(folder, options["user"], options["group"])
        data = folder / "data"
        initdb = [bin_folder / "initdb", "-D", data, "-A", "trust", "-U", "jangkau", "-E", "UTF8"]
        subprocess.run(
            [*initdb, "--locale=C", "--no-sync"], check=True, capture_output=True, cwd=folder, **options
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [bin_folder / "postgres", "-D", data, "-k", folder, "-h", "", "-F"],
                stdout=log,
                stderr=log,
                cwd=folder,
                **options,
            )
        yield wait_for(Server(folder), process)
    finally:
        if process is not None:
            stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(server, process):
    end = time.monotonic() + 60
    while True:
        try:
            server.execute("SELECT 1")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail((server.folder / "log").read_text("utf-8", "replace"))
            time.sleep(0.05)
        else:
            return server


def stop(process):
    process.send_signal(signal.SIGINT)  # does not wait for connections
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'jangkau.db'}"
        return
    server, name = request.getfixturevalue("server"), f"t{next(COUNTER)}"
    server.execute(f"CREATE DATABASE {name}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(url):
    store = Store.open(url)
    yield store
    store.close()


@pytest.fixture
def engine(url):
    """Straight into the database, past the store."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()
