"""The adoption board without a browser: what is shown, typed, saved and fought over."""

from __future__ import annotations

from datetime import date

import pytest

from app.areas.area import Area
from app.core.session import Session
from app.figures.adoption_board import read_board, typed, values_of
from app.store import Store
from app.texts import Texts
from app.views.adoption_page import make
from geodata.adoption import Adoption
from geodata.errors import ConfigError
from planner.supply.stages import default_stages, puskesmas_of

HOSTILE = "<script>alert(1)</script>\"'"
STAGES = default_stages()


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield store
    store.close()


@pytest.fixture
def first(area):
    return puskesmas_of(area.layers.facilities)[0]


def session_of(area, store, account="siti", *, editor=True):
    return Session(area, Texts("en"), store, account=account, editor=editor)


def say(fragment, act, facility_id="", **values):
    fragment._handle_msg({"act": act, "id": facility_id, **values})


def form(stage="unknown", date="", document="", target_year=""):
    return {"stage": stage, "date": date, "document": document, "target_year": target_year}


def test_the_board_lists_every_puskesmas_also_where_nothing_is_known(area, store):
    ids = puskesmas_of(area.layers.facilities)
    board = read_board(area, store, STAGES, changes=15)
    assert sorted(line.facility_id for line in board.lines) == list(ids)
    assert {line.record.stage for line in board.lines} == {"unknown"}
    assert {line.version for line in board.lines} == {0}
    assert (board.progress.launched, board.progress.unknown) == (0, len(ids))
    assert (board.progress.met, board.strangers, board.trail) == ("unknown", (), ())
    fragment = make(session_of(area, store))
    for facility_id in ids:
        assert f'data-row="{facility_id}"' in fragment.html
    assert "<form" not in fragment.html


def test_entries_of_others_are_told_and_count_nowhere(area, store, first):
    store.set_adoption(area.code, Adoption("gone", "pws"), version=0, account="siti")
    # A stage of another table of stages.
    store.set_adoption(area.code, Adoption(first, "jalan", "2024-07"), version=0, account="siti")
    board = read_board(area, store, STAGES, changes=15)
    assert board.strangers == ("gone",)
    assert (board.progress.launched, board.progress.known) == (0, 0)
    assert board.line(first).record == Adoption(first, "jalan", "2024-07")
    fragment = make(session_of(area, store))
    assert "gone" in fragment.html
    say(fragment, "edit", first)
    # Neither the stage nor the month without a day is lost by editing something else.
    assert 'value="jalan" selected' in fragment.html
    assert 'value="2024-07"' in fragment.html
    assert 'type="date"' not in fragment.html


def test_an_editor_changes_a_row(area, store, first):
    session = session_of(area, store)
    fragment = make(session)
    say(fragment, "edit", first)
    assert f'data-form="{first}"' in fragment.html
    # Sent as it is typed, so that nothing is lost when something else is drawn anew.
    say(fragment, "typed", first, **form("klaster"))
    say(fragment, "edit", puskesmas_of(area.layers.facilities)[1])
    assert 'value="klaster" selected' in fragment.html
    say(fragment, "save", first, **form("peluncuran", "2024-07-22", f" {HOSTILE} ", "2025"))
    [entry] = store.adoption(area.code)
    assert entry.record == Adoption(first, "peluncuran", "2024-07-22", HOSTILE, 2025)
    assert (entry.version, entry.updated_by) == (1, "siti")
    assert session.notice.severity == "success"
    assert f'data-form="{first}"' not in fragment.html
    assert "<script>" not in fragment.html
    assert "unknown → Launch" in fragment.html
    # Saved once more by a second press: nothing happens.
    say(fragment, "save", first, **form("pws"))
    assert len(store.adoption_trail(area.code)) == 1
    say(fragment, "edit", first)
    say(fragment, "save", first, **form())
    assert store.adoption(area.code)[0].record == Adoption(first)


def test_a_row_that_was_edited_on_the_page_before_goes_on(area, store, first):
    fragment = make(session_of(area, store))
    said = form("klaster", "2024-05", HOSTILE, "2026")
    say(fragment, "carried", first, version="0", **said)
    assert f'data-form="{first}"' in fragment.html
    assert 'value="klaster" selected' in fragment.html
    assert "<script>" not in fragment.html
    # Somebody else was quicker than both pages.
    store.set_adoption(area.code, Adoption(first, "pws"), version=0, account="budi")
    say(fragment, "save", first, **said)
    assert 'class="conflict"' in fragment.html
    for gone, version in (("nowhere", "0"), (puskesmas_of(area.layers.facilities)[1], "x")):
        say(fragment, "carried", gone, version=version, **said)
        assert f'data-form="{gone}"' not in fragment.html
    viewer = make(session_of(area, store, editor=False))
    say(viewer, "carried", first, version="1", **said)
    assert "<form" not in viewer.html


def test_the_second_of_two_gets_a_conflict_and_nothing_is_lost(area, store, first):
    mine, theirs = (make(session_of(area, store, who)) for who in ("siti", "budi"))
    for fragment in (mine, theirs):
        say(fragment, "edit", first)
    say(theirs, "save", first, **form("klaster", document="SK budi"))
    say(mine, "save", first, **form("pws", document="SK siti"))
    assert store.adoption(area.code)[0].record == Adoption(first, "klaster", None, "SK budi")
    assert 'class="conflict"' in mine.html
    assert all(words in mine.html for words in ("budi", "SK budi", 'value="SK siti"', 'value="pws" selected'))
    # Saved again, knowing theirs.
    say(mine, "save", first, **form("pws", document="SK siti"))
    assert store.adoption(area.code)[0].record == Adoption(first, "pws", None, "SK siti")
    assert 'class="conflict"' not in mine.html
    assert [c.account for c in store.adoption_trail(area.code)] == ["siti", "budi"]


def test_viewers_and_those_who_were_editors_change_nothing(area, store, first):
    viewer = make(session_of(area, store, editor=False))
    assert 'data-act="edit"' not in viewer.html
    say(viewer, "edit", first)
    assert "chosen" not in viewer.html
    say(viewer, "save", first, **form("pws"))
    session = session_of(area, store)
    fragment = make(session)
    say(fragment, "edit", first)
    session.scenarios.may_save = lambda: False
    say(fragment, "save", first, **form("pws"))
    assert session.notice.severity == "error"
    assert store.adoption(area.code) == []
    # What was typed is still there.
    assert f'data-form="{first}"' in fragment.html


def test_what_cannot_be_is_told_and_not_saved(area, store, first):
    session = session_of(area, store)
    fragment = make(session)
    say(fragment, "edit", first)
    say(fragment, "save", first, **form("pws", "2024-02-30"))
    assert "2024-02-30 is no possible date" in session.notice.text
    say(fragment, "save", "no such puskesmas", **form("pws"))
    say(fragment, "edit", "no such puskesmas")
    assert store.adoption(area.code) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (form("jalan"), "no stage jalan"),
        (form("unknown", "2024-07-22"), "a date but no stage"),
        (form("pws", "soon"), "no possible date"),
        (form("pws", "2024-08-01"), "still to come"),
        (form("pws", document="x" * 301), "too long"),
        (form("pws", target_year="25"), "no possible target year"),
    ],
)
def test_every_field_is_checked(values, message):
    with pytest.raises(ConfigError, match=message):
        typed("p", values, STAGES, Texts("en"), today=date(2024, 7, 31))


def test_a_form_says_what_it_was_filled_with():
    for record in (
        Adoption("p"),
        Adoption("p", "pws", "2024-07", "SK", 2025),
        Adoption("p", "klaster", "2024"),
    ):
        assert typed("p", values_of(record), STAGES, Texts("id"), today=date(2024, 7, 31)) == record
