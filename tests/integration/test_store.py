"""The store keeps what it is given, on SQLite and on PostgreSQL alike."""

# ruff: noqa: S106

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, text

import app.store.store as store_module
from app.store import (
    Account,
    ArchivedError,
    ConflictError,
    Draft,
    NameTakenError,
    Store,
    StoreError,
    UnknownAccountError,
    UnknownScenarioError,
)
from app.store.connect import LOCK_KEY, VERSION_TABLE
from app.store.tables import Base, ChangeRow
from geodata.errors import ConfigError, InputError

AREA = "kab-demo"
CONTENT = {
    "name": "Jembatan",
    "edits": [{"op": "close_road", "road": "12"}, {"op": "add_road", "line": [[113.7, -8.17], [0.1, 1e16]]}],
    "speeds": {"walk": 4.5, "boat": None, "on": True, "n": 3},
}


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


COUNTER = itertools.count()


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


def together(*jobs):
    """Run jobs at the same moment, each in a thread; returns their results or errors in order."""
    barrier = threading.Barrier(len(jobs))

    def run(job):
        barrier.wait()
        try:
            return job()
        except InputError as error:
            return error

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


# Saved scenarios


def test_a_scenario_reads_back_as_it_was_made(store):
    before = datetime.now(UTC)
    made = store.create(AREA, "Jembatan baru", CONTENT, note="catatan\nkedua", account="siti")
    assert store.scenario(made.id) == made
    assert store.scenarios(AREA) == [made]
    assert store.scenarios("elsewhere") == []
    assert (made.area, made.name, made.note) == (AREA, "Jembatan baru", "catatan\nkedua")
    assert (made.author, made.updated_by, made.version, made.archived) == ("siti", "siti", 1, False)
    assert json.dumps(made.content) == json.dumps(CONTENT)  # the order of keys, 1e16 and 3, True and 1 too
    assert len(made.id) >= 12
    assert made.id.isalnum()
    assert before <= made.created_at == made.updated_at <= datetime.now(UTC)
    assert made.created_at.utcoffset() == timedelta(0)


def test_what_the_caller_does_to_its_content_later_changes_nothing(store):
    content = {"edits": []}
    made = store.create(AREA, "a", content, account="siti")
    content["edits"].append(1)
    assert made.content == store.scenario(made.id).content == {"edits": []}


def test_an_update_changes_what_is_given_and_raises_the_version(store):
    made = store.create(AREA, "a", CONTENT, note="n", account="siti")
    renamed = store.update(made.id, version=1, account="budi", name=" b ")
    assert renamed == store.scenario(made.id)
    assert renamed == replace(made, name="b", version=2, updated_by="budi", updated_at=renamed.updated_at)
    assert renamed.updated_at > made.updated_at
    emptied = store.update(made.id, version=2, account="siti", note="", content={})
    assert (emptied.name, emptied.note, emptied.content, emptied.version) == ("b", "", {}, 3)


def test_an_update_without_a_difference_is_no_new_version(store):
    made = store.create(AREA, "a", {"x": 1}, account="siti")
    assert store.update(made.id, version=1, account="budi") == made
    assert store.update(made.id, version=1, account="budi", name="a", content={"x": 1}) == made
    assert len(store.trail()) == 1
    assert store.update(made.id, version=1, account="budi", content={"x": 1.0}).version == 2
    with pytest.raises(ConflictError):
        store.update(made.id, version=1, account="budi")


def test_an_update_of_another_version_is_refused_and_tells_the_current_one(store):
    made = store.create(AREA, "a", {"x": 1}, account="siti")
    second = store.update(made.id, version=1, account="budi", content={"x": 2})
    for version in (0, 1, 3):
        with pytest.raises(ConflictError, match=r"changed by budi .* version 2") as caught:
            store.update(made.id, version=version, account="siti", content={"x": 3})
        assert caught.value.current == second
        with pytest.raises(ConflictError):
            store.archive(made.id, version=version, account="siti")
    assert store.scenario(made.id) == second
    assert len(store.trail()) == 2


def test_of_two_updates_at_once_exactly_one_wins(store):
    made = store.create(AREA, "a", {"by": "nobody"}, account="siti")
    for version in range(1, 21):
        results = together(
            *(
                lambda who=who, version=version: store.update(
                    made.id, version=version, account=who, content={"by": who, "version": version}
                )
                for who in ("siti", "budi")
            )
        )
        (lost,) = [r for r in results if isinstance(r, ConflictError)]
        (won,) = [r for r in results if not isinstance(r, Exception)]
        assert won == lost.current == store.scenario(made.id)
        assert won.version == version + 1
        assert won.content == {"by": won.updated_by, "version": version}
    assert len(store.trail(scenario_id=made.id)) == 21


def test_an_update_that_read_before_another_one_wrote_is_refused(store, monkeypatch):
    """The version is checked by the statement that writes, not by what was read before it."""
    made = store.create(AREA, "a", {"x": 1}, account="siti")
    read, once = store_module._saved, itertools.count()

    def read_then_wait(session, scenario_id):
        saved = read(session, scenario_id)
        if next(once) == 0:
            together(lambda: store.update(made.id, version=1, account="budi", content={"x": 2}))
        return saved

    if store._engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets nobody else write between")
    monkeypatch.setattr(store_module, "_saved", read_then_wait)
    with pytest.raises(ConflictError) as caught:
        store.update(made.id, version=1, account="siti", content={"x": 3})
    assert caught.value.current.content == {"x": 2}
    assert store.scenario(made.id).content == {"x": 2}


def test_many_threads_write_at_once(store):
    def work(n):
        made = store.create(AREA, f"s{n}", {"edits": []}, account="siti")
        for version in range(1, 6):
            store.update(made.id, version=version, account="siti", content={"edits": [0] * version})
            store.keep_draft(f"token {n}", area=AREA, account="siti", content={"v": version})
        return made.id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(work, range(16)))
    assert {s.id for s in store.scenarios(AREA)} == set(ids)
    assert {s.version for s in store.scenarios(AREA)} == {6}
    assert len(store.trail()) == 16 * 6
    assert len(store.drafts(AREA, "siti", limit=99)) == 16


def test_a_name_is_taken_capitals_and_spaces_aside(store):
    made = store.create(AREA, "Jembatan É", {}, account="siti")
    for name in ("Jembatan É", "  jembatan é\n", "JEMBATAN E\N{COMBINING ACUTE ACCENT}"):
        with pytest.raises(NameTakenError, match="Choose another name"):
            store.create(AREA, name, {}, account="budi")
        with pytest.raises(NameTakenError):
            store.copy(made.id, name, account="budi")
    other = store.create(AREA, "Jembatan", {}, account="budi")
    with pytest.raises(NameTakenError, match="jembatan é"):
        store.update(other.id, version=1, account="budi", name="jembatan é")
    assert store.scenario(other.id) == other
    assert store.update(made.id, version=1, account="siti", name="JEMBATAN É").name == "JEMBATAN É"
    store.create("another area", "Jembatan É", {}, account="siti")


def test_of_two_that_take_a_name_at_once_exactly_one_wins(store):
    for n in range(10):
        results = together(
            *(lambda n=n: store.create(AREA, f"name {n}", {}, account="siti") for _ in range(3))
        )
        assert sum(isinstance(r, NameTakenError) for r in results) == 2
    assert len(store.scenarios(AREA)) == 10


@pytest.mark.parametrize("name", ["", " \t", "x" * 121])
def test_a_name_is_neither_empty_nor_too_long(store, name):
    made = store.create(AREA, "x" * 120, {}, account="siti")
    for call in (
        lambda: store.create(AREA, name, {}, account="siti"),
        lambda: store.copy(made.id, name, account="siti"),
        lambda: store.update(made.id, version=1, account="siti", name=name),
    ):
        with pytest.raises(ConfigError, match="The scenario's name"):
            call()
    assert store.scenarios(AREA) == [made]


def test_a_copy_stands_for_itself(store):
    made = store.create(AREA, "a", CONTENT, note="n", account="siti")
    made = store.update(made.id, version=1, account="siti", note="m")
    copied = store.copy(made.id, "b", account="budi")
    assert copied.id != made.id
    assert (copied.content, copied.note, copied.author) == (CONTENT, "m", "budi")
    assert (copied.area, copied.version) == (AREA, 1)
    store.update(copied.id, version=1, account="budi", content={})
    assert store.scenario(made.id) == made


def test_the_last_changed_scenario_comes_first(store):
    a, b, c = (store.create(AREA, name, {}, account="siti") for name in "abc")
    assert [s.id for s in store.scenarios(AREA)] == [c.id, b.id, a.id]
    store.update(a.id, version=1, account="siti", note="n")
    assert [s.id for s in store.scenarios(AREA)] == [a.id, c.id, b.id]


def test_an_archived_scenario_leaves_the_list_and_comes_back_whole(store):
    made = store.create(AREA, "a", CONTENT, account="siti")
    store.archive(made.id, version=1, account="budi")
    assert store.scenarios(AREA) == []
    archived = store.scenario(made.id)
    assert archived == replace(
        made, archived=True, version=2, updated_by="budi", updated_at=archived.updated_at
    )
    with pytest.raises(ConflictError, match="archived by budi"):
        store.update(made.id, version=1, account="siti", content={})
    with pytest.raises(ArchivedError, match="Restore it"):
        store.update(made.id, version=2, account="siti", content={})
    with pytest.raises(ArchivedError):
        store.archive(made.id, version=2, account="siti")
    restored = store.restore(made.id, account="siti")
    assert (restored.archived, restored.version, restored.content) == (False, 3, CONTENT)
    assert store.scenarios(AREA) == [restored]
    assert store.restore(made.id, account="siti") == restored


def test_a_name_is_free_once_archived_and_restoring_it_is_refused_when_taken(store):
    first = store.create(AREA, "a", {}, account="siti")
    store.archive(first.id, version=1, account="siti")
    second = store.create(AREA, "A", {}, account="siti")
    with pytest.raises(NameTakenError, match="rename or archive that one"):
        store.restore(first.id, account="siti")
    store.archive(second.id, version=1, account="siti")
    third = store.create(AREA, "a", {}, account="siti")
    store.archive(third.id, version=1, account="siti")
    assert store.restore(first.id, account="siti").name == "a"


@pytest.mark.parametrize("scenario_id", ["", "abcdefghijklmnop", "nul\0", "\ud800", "' OR 1=1 --"])
def test_an_unknown_scenario_is_said_to_be_unknown(store, scenario_id):
    for call in (
        lambda: store.scenario(scenario_id),
        lambda: store.update(scenario_id, version=1, account="siti", name="a"),
        lambda: store.copy(scenario_id, "a", account="siti"),
        lambda: store.archive(scenario_id, version=1, account="siti"),
        lambda: store.restore(scenario_id, account="siti"),
        lambda: store.keep_draft("t", area=AREA, account="siti", content={}, scenario_id=scenario_id),
    ):
        with pytest.raises(UnknownScenarioError, match="no saved scenario"):
            call()
    assert store.draft("t") is None


@pytest.mark.parametrize("bad", ["nul\0", "half \ud83d"])
def test_text_that_no_database_keeps_is_refused(store, bad):
    made = store.create(AREA, "a", {}, account="siti")
    for call in (
        lambda: store.create(bad, "b", {}, account="siti"),
        lambda: store.create(AREA, bad, {}, account="siti"),
        lambda: store.create(AREA, "b", {}, note=bad, account="siti"),
        lambda: store.create(AREA, "b", {}, account=bad),
        lambda: store.create(AREA, "b", {"deep": [{"x": bad}]}, account="siti"),
        lambda: store.create(AREA, "b", {bad: 1}, account="siti"),
        lambda: store.update(made.id, version=1, account=bad, name="b"),
        lambda: store.update(made.id, version=1, account="siti", content={"x": bad}),
        lambda: store.keep_draft(bad, area=AREA, account="siti", content={}),
        lambda: store.scenarios(bad),
        lambda: store.trail(area=bad),
        lambda: store.put_account(bad, role="viewer", password=None, by="siti"),
    ):
        with pytest.raises(ConfigError, match="cannot be stored"):
            call()
    assert store.scenarios(AREA) == [made]
    assert store.draft(bad) is store.account(bad) is store.sign_in(bad, "p") is None
    store.drop_draft(bad)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {1: 2},
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": {1, 2}},
        {"x": b"bytes"},
        {"x": datetime.now(UTC)},
        {"x": 10**5000},
        {"x": json.loads("[" * 200 + "]" * 200)},
    ],
    ids=["list", "key", "nan", "inf", "set", "bytes", "time", "huge", "deep"],
)
def test_content_that_json_would_change_is_refused(store, content):
    with pytest.raises(ConfigError, match="content"):
        store.create(AREA, "a", content, account="siti")
    assert store.scenarios(AREA) == []


# The trail


def test_the_trail_tells_every_change_newest_first(store):
    made = store.create(AREA, "a", {"edits": [1]}, account="siti")
    store.update(made.id, version=1, account="budi", name="b", content={"edits": [1, 2, 3]})
    store.copy(made.id, "c", account="siti")
    store.archive(made.id, version=2, account="siti")
    store.restore(made.id, account="budi")
    store.update(made.id, version=4, account="budi", content={"edits": "none"})
    other = store.create("elsewhere", "a", {}, account="siti")
    trail = store.trail(area=AREA)
    assert [(c.action, c.account, c.scenario_name) for c in trail] == [
        ("update", "budi", "b"),
        ("restore", "budi", "b"),
        ("archive", "siti", "b"),
        ("copy", "siti", "c"),
        ("update", "budi", "b"),
        ("create", "siti", "a"),
    ]
    assert [c.detail for c in reversed(trail)] == [
        {"new_version": 1, "edits_after": 1},
        {
            "old_version": 1,
            "new_version": 2,
            "fields": ["content", "name"],
            "old_name": "a",
            "edits_before": 1,
            "edits_after": 3,
        },
        {"new_version": 1, "edits_after": 3, "copied_from": made.id},
        {"old_version": 2, "new_version": 3, "edits_before": 3, "edits_after": 3},
        {"old_version": 3, "new_version": 4, "edits_before": 3, "edits_after": 3},
        {"old_version": 4, "new_version": 5, "fields": ["content"], "edits_before": 3},
    ]
    assert all(c.area == AREA and c.at.utcoffset() == timedelta(0) for c in trail)
    assert [c.at for c in trail] == sorted((c.at for c in trail), reverse=True)
    assert [c.action for c in store.trail(scenario_id=made.id)] == [
        "update",
        "restore",
        "archive",
        "update",
        "create",
    ]
    assert [c.scenario_id for c in store.trail(limit=1)] == [other.id]
    assert len(store.trail()) == 7


def test_without_its_entry_in_the_trail_nothing_is_changed(store, monkeypatch):
    made = store.create(AREA, "a", {}, account="siti")

    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(store_module, "_note", fail)
    for call in (
        lambda: store.create(AREA, "b", {}, account="siti"),
        lambda: store.copy(made.id, "b", account="siti"),
        lambda: store.update(made.id, version=1, account="siti", name="b"),
        lambda: store.archive(made.id, version=1, account="siti"),
        lambda: store.put_account("budi", role="viewer", password=None, by="siti"),
    ):
        with pytest.raises(RuntimeError):
            call()
    assert store.scenarios(AREA) == [made]
    assert store.accounts() == []
    assert len(store.trail()) == 1


# Drafts


def test_a_draft_is_replaced_and_outlives_the_store(store, url):
    made = store.create(AREA, "a", {}, account="siti")
    for n in range(3):
        store.keep_draft(
            "t1", area=AREA, account="siti", content={"n": n}, scenario_id=made.id, scenario_version=1
        )
    store.keep_draft("t2", area=AREA, account="siti", content={"n": 9})
    store.close()
    again = Store.open(url)
    try:
        kept = again.draft("t1")
        assert kept == Draft("t1", AREA, "siti", {"n": 2}, made.id, 1, kept.updated_at)
        assert kept.updated_at.utcoffset() == timedelta(0)
        assert [d.token for d in again.drafts(AREA, "siti")] == ["t2", "t1"]
        again.keep_draft("t1", area=AREA, account="siti", content={})
        assert again.draft("t1") == Draft("t1", AREA, "siti", {}, None, None, again.draft("t1").updated_at)
        assert [d.token for d in again.drafts(AREA, "siti", limit=1)] == ["t1"]
        assert again.drafts(AREA, "budi") == again.drafts("elsewhere", "siti") == []
        assert [c.action for c in again.trail()] == ["create"]
    finally:
        again.close()


def test_a_dropped_draft_is_gone(store):
    store.keep_draft("t1", area=AREA, account="siti", content={})
    store.keep_draft("t2", area=AREA, account="siti", content={})
    store.drop_draft("t1")
    store.drop_draft("t1")
    assert store.draft("t1") is None
    assert [d.token for d in store.drafts(AREA, "siti")] == ["t2"]


def test_one_draft_kept_from_many_threads_is_one_draft(store):
    jobs = [lambda n=n: store.keep_draft("t", area=AREA, account="siti", content={"n": n}) for n in range(8)]
    assert together(*jobs) == [None] * 8
    assert len(store.drafts(AREA, "siti")) == 1


# Accounts


def test_an_account_signs_in_with_its_password_only(store):
    made = store.put_account("siti", role="editor", password="rahasia 1", by="admin")
    assert made == Account("siti", "editor") == store.account("siti") == store.sign_in("siti", "rahasia 1")
    for name, password in (("siti", "salah"), ("siti", ""), ("Siti", "rahasia 1"), ("budi", "rahasia 1")):
        assert store.sign_in(name, password) is None
    store.put_account("siti", role="viewer", password="rahasia 2", by="admin")
    assert store.sign_in("siti", "rahasia 1") is None
    assert store.sign_in("siti", "rahasia 2") == Account("siti", "viewer")
    store.put_account("siti", role="viewer", password=None, by="admin")
    assert store.sign_in("siti", "rahasia 2") is None
    assert store.sign_in("siti", "") is None
    assert store.account("siti") == Account("siti", "viewer")


def test_accounts_are_listed_by_name_and_removed(store):
    for name in ("budi", "Zul", "ani@x.id"):
        store.put_account(name, role="viewer", password=None, by="admin")
    assert [a.name for a in store.accounts()] == ["Zul", "ani@x.id", "budi"]
    store.remove_account("budi", by="admin")
    assert store.account("budi") is None
    with pytest.raises(UnknownAccountError, match="budi"):
        store.remove_account("budi", by="admin")
    assert [a.name for a in store.accounts()] == ["Zul", "ani@x.id"]


def test_wrong_accounts_are_refused(store):
    with pytest.raises(ConfigError, match="viewer, editor"):
        store.put_account("siti", role="admin", password=None, by="admin")
    with pytest.raises(ConfigError, match="password is empty"):
        store.put_account("siti", role="viewer", password="", by="admin")
    with pytest.raises(ConfigError, match="empty"):
        store.put_account(" ", role="viewer", password="p", by="admin")
    assert store.accounts() == []
    assert store.trail() == []


def test_every_failed_sign_in_does_the_work_of_a_wrong_password(store, monkeypatch):
    store.put_account("siti", role="viewer", password="p", by="admin")
    store.put_account("budi", role="viewer", password=None, by="admin")
    done = []
    monkeypatch.setattr(store_module, "matches", lambda *_: done.append("matches"))
    monkeypatch.setattr(store_module, "matches_nobody", lambda *_: done.append("nobody"))
    for name in ("siti", "budi", "unknown", "nul\0"):
        assert store.sign_in(name, "q") is None
    assert done == ["matches", "nobody", "nobody", "nobody"]


def test_the_trail_of_accounts_has_no_password(store):
    store.put_account("siti", role="viewer", password="rahasia 1", by="admin")
    store.put_account("siti", role="editor", password="rahasia 1", by="admin")
    store.put_account("siti", role="editor", password=None, by="admin")
    store.remove_account("siti", by="admin")
    trail = store.trail()
    assert {(c.action, c.account, c.area, c.scenario_id) for c in trail} == {("account", "admin", None, None)}
    assert [c.detail for c in reversed(trail)] == [
        {"name": "siti", "done": "created", "new_role": "viewer", "fields": ["password", "role"]},
        {
            "name": "siti",
            "done": "changed",
            "old_role": "viewer",
            "new_role": "editor",
            "fields": ["password", "role"],
        },
        {
            "name": "siti",
            "done": "changed",
            "old_role": "editor",
            "new_role": "editor",
            "fields": ["password"],
        },
        {"name": "siti", "done": "removed", "old_role": "editor"},
    ]


def test_no_password_is_in_the_database_and_no_hash_outside_its_column(store, engine):
    store.put_account("siti", role="viewer", password="rahasia-1", by="admin")
    store.put_account("siti", role="viewer", password="rahasia-2", by="admin")
    with engine.connect() as connection:
        rows = {
            table: [
                list(map(str, row))
                for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
            ]
            for table in inspect(connection).get_table_names()
        }
    (account,) = rows.pop("accounts")
    assert account[:2] == ["siti", "viewer"]
    assert account[2].startswith("scrypt$")
    key = account[2].split("$")[-1]
    assert "rahasia" not in str((rows, account))
    assert "scrypt" not in str(rows)
    assert key not in str(rows)
    assert "scrypt" not in repr(store.accounts())


# The database


def test_the_migrations_make_the_tables_of_the_models(url, engine):
    Store.open(url).close()
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        # Alembic compares neither of these.
        (live,) = [i for i in inspect(connection).get_indexes("scenarios") if i["unique"]]
        where = live["dialect_options"][f"{connection.dialect.name}_where"]
        assert "archived" in str(where)
        (role,) = inspect(connection).get_check_constraints("accounts")
        assert role["name"] == "ck_accounts_role"


def test_the_database_itself_refuses_unknown_roles_and_loose_ends(store):
    for statement in (
        "INSERT INTO accounts (name, role) VALUES ('x', 'admin')",
        "INSERT INTO drafts VALUES ('t', 'a', 'siti', '{}', 'none', 1, '2026-01-01')",
    ):
        with store._engine.connect() as connection, pytest.raises(Exception, match=r"(?i)constraint"):
            connection.execute(text(statement))


def test_opening_again_changes_nothing(store, url):
    made = store.create(AREA, "a", CONTENT, account="siti")
    for _ in range(2):
        again = Store.open(url)
        assert again.scenarios(AREA) == [made]
        again.close()


@pytest.mark.parametrize("how_many", [2, 6])
def test_stores_opened_at_once_on_an_empty_database_all_work(url, how_many):
    stores = together(*[lambda: Store.open(url)] * how_many)
    assert [s for s in stores if not isinstance(s, Store)] == []
    for n, store in enumerate(stores):
        store.create(AREA, f"s{n}", {}, account="siti")
    assert len(stores[0].scenarios(AREA)) == how_many
    for store in stores:
        store.close()


def test_opening_waits_while_another_program_migrates(url, engine):
    lock = {"sqlite": "BEGIN IMMEDIATE", "postgresql": f"SELECT pg_advisory_lock({LOCK_KEY})"}
    with ThreadPoolExecutor(1) as pool:
        with engine.connect() as other:
            other.exec_driver_sql(lock[engine.dialect.name])
            opening = pool.submit(Store.open, url)
            time.sleep(0.5)
            assert not opening.done()
            other.invalidate()  # closes the connection, which lets go of the lock
        opening.result(30).close()


def test_programs_started_at_once_on_an_empty_database_all_work(url):
    code = "import sys; from app.store import Store; Store.open(sys.argv[1]).close()"
    started = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(3)]
    for process in started:
        _, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints.decode()


def test_databases_opened_at_once_do_not_mix_their_migrations(tmp_path):
    urls = [f"sqlite:///{tmp_path / str(n)}.db" for n in range(6)]
    stores = together(*[lambda url=url: Store.open(url) for url in urls])
    for store in stores:
        store.create(AREA, "a", {}, account="siti")
        store.close()


def test_a_newer_schema_is_refused_and_left_alone(url, engine):
    Store.open(url).close()
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608
    with pytest.raises(StoreError, match=r"newer version of jangkau.*9999.*Update jangkau"):
        Store.open(url)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars()  # noqa: S608
        assert list(found) == ["9999"]


def test_a_database_of_another_program_is_refused_and_left_alone(url, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (x INTEGER)"))
    with pytest.raises(StoreError, match=r"another program.*accounts"):
        Store.open(url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["accounts"]


def test_a_failed_migration_leaves_nothing_behind(url, engine, monkeypatch):
    from alembic.operations import Operations

    def fail(*_, **__):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_index", fail)
        with pytest.raises(RuntimeError):
            Store.open(url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    Store.open(url).close()


def test_a_lost_database_is_said_in_plain_words(store, engine):
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE changes"))
    with pytest.raises(StoreError, match=r"cannot be changed.*changes"):
        store.create(AREA, "a", {}, account="siti")
    assert store.scenarios(AREA) == []
    with pytest.raises(StoreError, match="cannot be read"):
        store.trail()


def test_a_postgres_server_that_cut_the_line_is_asked_again(server):
    server.execute("CREATE DATABASE cut")
    store = Store.open(server.url("cut"))
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cut'")
    assert store.scenarios(AREA) == []
    store.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_all_spellings_of_a_postgres_address_work(server, scheme):
    name = f"t{next(COUNTER)}"
    server.execute(f"CREATE DATABASE {name}")
    store = Store.open(server.url(name).replace("postgresql", scheme))
    assert store._engine.url.drivername == "postgresql+psycopg"
    store.close()


def test_a_postgres_database_with_other_tables_may_be_shared(server):
    name = f"t{next(COUNTER)}"
    server.execute(f"CREATE DATABASE {name}")
    engine = create_engine(server.url(name).replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE spatial_ref_sys (x INTEGER)"))
    engine.dispose()
    Store.open(server.url(name)).close()


def test_a_postgres_database_that_cannot_keep_all_letters_is_refused(server):
    name = f"t{next(COUNTER)}"
    server.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(StoreError, match=r"LATIN1.*createdb --encoding=UTF8"):
        Store.open(server.url(name))


def test_a_wrong_postgres_address_is_refused_without_its_password(server):
    secret = "s3cretword"  # noqa: S105
    for url, advice in {
        server.url("absent", secret): "createdb",
        server.url("postgres", secret).replace("jangkau:", "nobody:"): "Check the user",
        f"postgresql://siti:{secret}@127.0.0.1:1/db": "refused.*Check the address",
        f"postgresql://siti@127.0.0.1:1/db?password={secret}": "Check the address",
        f"postgresql://siti:{secret}@127.0.0.1/db?sslmode={secret}": "Check the address",
        f"postgresql://siti:x@{secret}@127.0.0.1:1/db": "%40",
        f"postgresql://siti:x@1/{secret}@127.0.0.1:1/db": "%40",
        f"postgresql://siti:{secret}@host:port/db": "cannot be read",
        f"postgresql//siti:{secret}@host/db": "cannot be read",
        f"mysql://siti:{secret}@host/db": "not supported",
    }.items():
        with pytest.raises(StoreError, match=f"(?s){advice}") as caught:
            Store.open(url)
        assert secret not in str(caught.value)
        assert secret not in "".join(traceback.format_exception(caught.value, limit=0))


def test_a_missing_driver_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r'pip install "jangkau\[postgres\]"'):
        Store.open("postgresql://siti@127.0.0.1:1/db")


# SQLite


@pytest.fixture
def file(tmp_path):
    return tmp_path / "100% jangkau's #1?.db".replace("?", "")


def test_sqlite_really_writes_ahead_waits_and_checks_keys(file):
    store = Store.open(f"sqlite:///{file}")
    with store._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "busy_timeout": 30_000, "foreign_keys": 1}
    store.create(AREA, "a", {}, account="siti")
    assert file.with_name(file.name + "-wal").stat().st_size > 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store.close()
    with sqlite3.connect(file) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_sqlite_reads_while_somebody_writes(file):
    store = Store.open(f"sqlite:///{file}")
    made = store.create(AREA, "a", {}, account="siti")
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    assert store.scenarios(AREA) == [made]
    raw.execute("ROLLBACK")
    raw.close()
    store.close()


@pytest.mark.parametrize("what", [b"not a database at all", b"x" * 5000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(file, what):
    file.write_bytes(what)
    with pytest.raises(StoreError, match=r"not a database.*Give another file"):
        Store.open(f"sqlite:///{file}")
    assert file.read_bytes() == what
    assert list(file.parent.iterdir()) == [file]


def test_a_geopackage_is_refused_and_left_alone(file):
    raw = sqlite3.connect(file)
    raw.execute("CREATE TABLE gpkg_contents (x)")
    raw.commit()
    raw.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"another program.*gpkg_contents"):
        Store.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_wrong_sqlite_address_is_refused(tmp_path):
    for url, advice in {
        f"sqlite:///{tmp_path}/no/folder.db": "No such file or directory. Check that its folder exists",
        f"sqlite:///{tmp_path}": "Check that its folder exists",
        "sqlite://": "has to be a file",
        "sqlite:///:memory:": "has to be a file",
        "sqlite:///file:x?mode=memory&uri=true": "has to be a file",
        "work/jangkau.db": "Give sqlite:///",
        "": "Give sqlite:///",
    }.items():
        with pytest.raises(StoreError, match=advice):
            Store.open(url)
    assert list(tmp_path.iterdir()) == []


def test_times_without_a_zone_are_a_mistake_of_ours(store):
    store.create(AREA, "a", {}, account="siti")
    with pytest.raises(StoreError, match="time zone"), store._writing() as session:
        session.get_one(ChangeRow, 1).at = datetime(2026, 1, 1)  # noqa: DTZ001


# Any content and any name

TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
ROUNDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ROUNDS
@given(content=st.dictionaries(TEXT, JSON, max_size=5))
def test_any_json_reads_back_exactly(store, content):
    token = f"t{next(COUNTER)}"
    store.keep_draft(token, area=AREA, account="siti", content=content)
    assert repr(store.draft(token).content) == repr(content)


@ROUNDS
@given(name=TEXT.filter(str.strip), note=TEXT)
def test_any_name_reads_back_exactly(store, name, note):
    area = f"area {next(COUNTER)}"
    made = store.create(area, name, {}, note=note, account=name)
    assert store.scenario(made.id) == made
    assert (made.name, made.note, made.author) == (name.strip(), note, name.strip())
    with pytest.raises(NameTakenError):
        store.create(area, f" {name} ", {}, account="siti")


def test_hostile_names_are_kept_as_they_are(store):
    names = [
        "'; DROP TABLE scenarios; --",
        "<script>alert(1)</script>",
        "%s %(x)s :x",
        "\u202egnirts",
        "🏥" * 120,
    ]
    for name in names:
        store.put_account(name, role="viewer", password=None, by=name)
        store.create(AREA, name, {name: name}, note=name, account=name)
    assert [s.name for s in reversed(store.scenarios(AREA))] == names
    assert {a.name for a in store.accounts()} == set(names)
