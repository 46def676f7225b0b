"""The stream of changes: numbered, the newest value of each slot, and never from another thread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.areas.area import Area
from app.core.session import Session
from app.core.state import Selection
from app.core.stream import Stream
from app.store import Store
from app.texts import Texts
from app.views.mapview import make as make_map
from app.views.sheet import make as make_sheet

PANELS_OWN = pytest.mark.filterwarnings("ignore:Both 'variant' and:PendingDeprecationWarning")


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers())), st.integers(0, 40))
def test_what_changed_since_a_number_is_the_newest_value_of_each_slot(changes, number):
    stream, sent = Stream(), []
    stream.carry = sent.append
    for slot, value in changes:
        stream.put(slot, value)
    assert [m["n"] for m in sent] == list(range(1, len(changes) + 1))
    newest = {}
    for n, (slot, value) in enumerate(changes, start=1):
        newest[slot] = [n, slot, value]
    expected = sorted(change for change in newest.values() if change[0] > number)
    assert stream.since(number) == {"top": len(changes), "all": expected}


def test_a_change_that_may_not_be_made_is_not_made():
    def guard():
        msg = "off the loop"
        raise RuntimeError(msg)

    stream, sent = Stream(guard), []
    stream.carry = sent.append
    with pytest.raises(RuntimeError):
        stream.put("sheet", "x")
    assert (stream.top, stream.value("sheet"), sent) == (0, None, [])


@pytest.fixture
def session(demo_layers, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    yield Session(Area(demo_layers), Texts("en"), store, account="local", editor=True)
    store.close()


@PANELS_OWN
def test_a_map_that_opens_late_is_sent_all_that_it_holds(session):
    make_map(session)
    make_sheet(session)
    code = session.area.layers.villages.index[2]

    session.state.selected = Selection("village", code)
    session.state.kind = "pustu"
    held = {slot: value for _, slot, value in session.stream.since(0)["all"]}
    assert held["map.select"] == {"type": "select", "village": code, "facility": None}
    assert held["map.paint"]["title"].startswith("Pustu")
    # The way to the nearest unit too.
    assert {f["kind"] for f in held["map.overlay"]["features"]} >= {"road"}


@PANELS_OWN
def test_an_old_sheet_says_so_until_the_new_one_is_there(session):
    make_sheet(session)
    sent = []
    session.stream.carry = sent.append

    code = session.area.layers.villages.index[2]
    name = session.area.layers.villages["village_name"].iloc[2]
    session.state.selected = Selection("village", code)
    of_sheet = [m for m in sent if m["slot"].startswith("sheet")]
    assert [m["slot"] for m in of_sheet[:2]] == ["sheet.old", "sheet"]
    assert name in of_sheet[0]["value"]
    assert code in of_sheet[1]["value"]


def test_what_was_asked_is_settled_once_it_is_shown_and_kept(session):
    assert session.settled
    seen: list = []
    session.questions.queue(lambda: (lambda: session.settled, seen.append))
    assert seen == [False]
    assert session.settled


@PANELS_OWN
def test_a_sheet_that_cannot_be_made_says_so_and_shows_no_other(session, monkeypatch):
    make_sheet(session)
    villages = session.area.layers.villages
    session.state.selected = Selection("village", villages.index[2])
    assert villages.index[2] in session.stream.value("sheet")

    def breaks(*_a, **_k):
        msg = "broken"
        raise ValueError(msg)

    monkeypatch.setattr("app.views.sheet.village_sheet", breaks)
    session.state.selected = Selection("village", villages.index[3])
    shown = session.stream.value("sheet")
    assert villages["village_name"].iloc[3] in shown
    assert "could not be made" in shown
    assert villages.index[2] not in shown
    # The sheet is the newer of the two: it is no longer "being made".
    order = [slot for _, slot, _ in session.stream.since(0)["all"]]
    assert order.index("sheet.old") < order.index("sheet")


@PANELS_OWN
def test_a_tool_is_put_down_once_it_was_used(session):
    make_map(session)
    picked = []
    session.map.pick("place", picked.append)
    assert session.stream.value("map.tool")["name"] == "place"
    session.map.picked({"type": "place", "lonlat": (110.0, -7.0)})
    assert picked
    # A map that is loaded again is sent what the stream holds.
    assert session.stream.value("map.tool")["name"] is None
