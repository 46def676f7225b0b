"""The store keeps what it is given, on SQLite and on PostgreSQL alike."""

# ruff: noqa: S106 - passwords of tests

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import inspect, text
from store_support import AREA, CONTENT, together

import app.store.store as store_module
from app.store import (
    Account,
    ArchivedError,
    ConflictError,
    Draft,
    NameTakenError,
    Store,
    UnknownAccountError,
    UnknownScenarioError,
)
from geodata.errors import ConfigError

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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_every_failed_sign_in_does_the_work_of_a_wrong_password(store, monkeypatch):
    store.put_account("siti", role="viewer", password="p", by="admin")
    store.put_account("budi", role="viewer", password=None, by="admin")
    done = []
    monkeypatch.setattr(store_module, "matches", lambda *_: done.append("matches"))
    monkeypatch.setattr(store_module, "matches_nobody", lambda *_: done.append("nobody"))
    for name in ("siti", "budi", "unknown", "nul\0"):
        assert store.sign_in(name, "q") is None
    assert done == ["matches", "nobody", "nobody", "nobody"]


@pytest.mark.slow
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


@pytest.mark.slow
def test_no_password_is_in_the_database_and_no_hash_outside_its_column(store, engine):
    store.put_account("siti", role="viewer", password="rahasia-1", by="admin")
    store.put_account("siti", role="viewer", password="rahasia-2", by="admin")
    with engine.connect() as connection:
        rows = {
            table: [
                list(map(str, row))
                for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - names of our tables
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
