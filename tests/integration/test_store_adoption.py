"""The store keeps ILP adoption and every change of it, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text
from store_support import AREA, together

import app.store.adoption_entries as adoption_module
from app.store import AdoptionConflictError, AdoptionEntry, Store
from app.store.connect import VERSION_TABLE
from geodata.adoption import Adoption
from geodata.errors import ConfigError

P1 = Adoption("P1", "komitmen", "2024-07", "SK 440/12/2024", 2025)


def test_what_is_known_reads_back_as_it_was_said(store, url):
    before = datetime.now(UTC)
    assert store.adoption(AREA) == []
    made = store.set_adoption(AREA, P1, version=0, account="siti")
    assert made == AdoptionEntry(AREA, P1, 1, "siti", made.updated_at)
    assert before <= made.updated_at <= datetime.now(UTC)
    other = store.set_adoption(AREA, Adoption("A0", "pws"), version=0, account="budi")
    store.set_adoption("elsewhere", Adoption("P1", "pws"), version=0, account="budi")
    assert store.adoption(AREA) == [other, made]
    store.close()
    again = Store.open(url)
    assert again.adoption(AREA) == [other, made]
    again.close()


def test_a_change_raises_the_version_and_can_take_everything_back(store):
    store.set_adoption(AREA, P1, version=0, account="siti")
    launched = replace(P1, stage="peluncuran", date="2024-12-01")
    second = store.set_adoption(AREA, launched, version=1, account="budi")
    assert (second.record, second.version, second.updated_by) == (launched, 2, "budi")
    third = store.set_adoption(AREA, Adoption("P1"), version=2, account="siti")
    assert (third.record, third.version) == (Adoption("P1"), 3)


def test_the_record_of_changes_tells_what_from_to_who_and_when(store):
    store.set_adoption(AREA, Adoption("P1", "klaster", document=" SK 1 "), version=0, account="siti")
    store.set_adoption(
        AREA, Adoption("P1", "peluncuran", "2024-07-22", "SK 1", 2025), version=1, account="budi"
    )
    store.set_adoption("elsewhere", Adoption("P1", "pws"), version=0, account="budi")
    last, first = store.adoption_trail(AREA)
    assert (first.account, first.facility_id, first.version) == ("siti", "P1", 1)
    assert first.old == {"stage": "unknown", "document": ""}
    assert first.new == {"stage": "klaster", "document": "SK 1"}
    assert (last.account, last.version) == ("budi", 2)
    assert last.old == {"stage": "klaster", "date": None, "target_year": None}
    assert last.new == {"stage": "peluncuran", "date": "2024-07-22", "target_year": 2025}
    assert last.at.utcoffset() == timedelta(0)
    assert last.at == store.adoption(AREA)[0].updated_at
    assert store.adoption_trail(AREA, limit=1) == [last]
    # The trail of scenarios is another one.
    assert store.trail(area=AREA) == []


def test_what_says_the_same_changes_nothing_on_any_version(store):
    assert store.set_adoption(AREA, Adoption("P1"), version=0, account="siti") is None
    made = store.set_adoption(AREA, P1, version=0, account="siti")
    for version in (0, 1, 7):
        assert store.set_adoption(AREA, P1, version=version, account="budi") == made
    assert len(store.adoption_trail(AREA)) == 1


def test_a_change_of_another_version_is_refused_and_tells_the_current_one(store):
    store.set_adoption(AREA, P1, version=0, account="siti")
    second = store.set_adoption(AREA, replace(P1, stage="pws"), version=1, account="budi")
    for version in (-1, 0, 1, 3):
        with pytest.raises(AdoptionConflictError, match=r"'P1' was changed by budi .* version 2") as caught:
            store.set_adoption(AREA, replace(P1, document="lain"), version=version, account="siti")
        assert caught.value.current == second
    assert store.adoption(AREA) == [second]
    assert len(store.adoption_trail(AREA)) == 2


def test_a_row_that_is_gone_is_said_to_be_gone(store):
    with pytest.raises(ConfigError, match="Nothing is kept of 'P1' any more"):
        store.set_adoption(AREA, P1, version=3, account="siti")
    assert store.adoption(AREA) == store.adoption_trail(AREA) == []


@pytest.mark.slow
def test_of_two_changes_at_once_exactly_one_wins(store):
    """The first ones of all, too, when there is no row yet."""
    for version in range(20):
        results = together(
            *(
                lambda who=who, version=version: store.set_adoption(
                    AREA, Adoption("P1", "pws", document=f"{who} {version}"), version=version, account=who
                )
                for who in ("siti", "budi")
            )
        )
        (lost,) = [r for r in results if isinstance(r, AdoptionConflictError)]
        (won,) = [r for r in results if not isinstance(r, Exception)]
        assert [won] == [lost.current] == store.adoption(AREA)
        assert won.version == version + 1
        assert won.record.document == f"{won.updated_by} {version}"
    assert len(store.adoption_trail(AREA)) == 20


@pytest.mark.slow
def test_two_that_say_the_same_at_once_do_not_quarrel(store):
    for n in range(10):
        record = Adoption(f"P{n}", "pws")
        results = together(
            *(lambda who=who, r=record: store.set_adoption(AREA, r, version=0, account=who) for who in "abc")
        )
        assert len({(r.record, r.version, r.updated_by) for r in results}) == 1
    assert len(store.adoption_trail(AREA)) == 10


def test_without_its_entry_in_the_record_nothing_is_changed(store, monkeypatch):
    made = store.set_adoption(AREA, P1, version=0, account="siti")

    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(adoption_module, "_note", fail)
    for record, version in ((replace(P1, stage="pws"), 1), (Adoption("P2", "pws"), 0)):
        with pytest.raises(RuntimeError):
            store.set_adoption(AREA, record, version=version, account="siti")
    assert store.adoption(AREA) == [made]


@pytest.mark.slow
@pytest.mark.parametrize(
    "record",
    [
        Adoption("P1", "nul\0"), Adoption("P1", ""), Adoption("\ud800", "pws"), Adoption(" ", "pws"),
        Adoption("P1", "pws", document="half \ud83d"), Adoption("P1", "pws", document="x" * 301),
        Adoption("P1", "pws", "2024-02-30"), Adoption("P1", "pws", "2024\0"), Adoption("P1", "pws", ""),
        Adoption("P1", "pws", target_year=25), Adoption("P1", "pws", target_year=20255),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(store, record):
    with pytest.raises(ConfigError):
        store.set_adoption(AREA, record, version=0, account="siti")
    for area, account in (("nul\0", "siti"), (AREA, ""), ("", "siti")):
        with pytest.raises(ConfigError):
            store.set_adoption(area, P1, version=0, account=account)
    assert store.adoption(AREA) == []


def test_hostile_text_is_kept_as_it_is(store):
    for n, bad in enumerate(["'; DROP TABLE adoption; --", "<script>alert(1)</script>", "%s :x", "🏥" * 120]):
        record = Adoption(f"{bad[:100]}{n}", bad[:100], document=bad)
        assert store.set_adoption(AREA, record, version=0, account=bad).record == record
    assert len(store.adoption(AREA)) == 4


def test_a_database_of_the_first_schema_is_brought_up_to_date_with_its_content(url, engine):
    config = Config()
    config.set_main_option("script_location", str(Path(adoption_module.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        values = (
            "('s1', 'kab-demo', 'a', 'a', '', 'siti', '{}', 1, '2026-01-01', '2026-01-01', 'siti', false)"
        )
        connection.execute(text(f"INSERT INTO scenarios VALUES {values}"))  # noqa: S608 - a constant of ours
    store = Store.open(url)
    assert [s.id for s in store.scenarios(AREA)] == ["s1"]
    assert store.set_adoption(AREA, P1, version=0, account="siti").version == 1
    store.close()
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()  # noqa: S608 - a constant of ours
    assert found == "0002"
