"""Whatever a browser sends, however hostile: a sentence for its user, never a fault of ours."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import app
from app.areas.area import Area
from app.components.fragment import Fragment
from app.components.wire import Wire
from app.core.session import Session
from app.core.stream import Stream
from app.map.bridge import MapBridge
from app.store import Store
from app.texts import Texts
from app.views import VIEWS, documents
from planner.pipeline import demo_layers

pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and:PendingDeprecationWarning")
TEMPLATES = Path(app.__file__).parent / "templates"
# The templates whose buttons speak to a part, by its slot.
SPOKEN = {"sheet": ("village", "facility", "pws", "unit", "nothing_chosen")}


def acts_of(part) -> list[str]:
    """The acts that a part's templates name."""
    found = set()
    for name in SPOKEN.get(part.slot, (part.slot,)):
        found |= set(re.findall(r'data-act="([a-z_]+)"', (TEMPLATES / f"{name}.html").read_text("utf-8")))
    return sorted(found)


KEYS = ("value", "code", "id", "kind", "number", "road", "name", "note", "token", "stage", "date", "document",
        "target_year", "row", "facility", "mode", "version", "year", "form", "scenario")  # fmt: skip


@pytest.fixture(scope="module")
def area():
    # Straight lines answer at once, and what is asked matters here, not the answer.
    return Area(replace(demo_layers(12), roads=None))


@pytest.fixture
def view(request, area, tmp_path):
    """One view alone, so that a change draws nothing else: its session, its parts, an earnest message."""
    store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    session = Session(area, Texts("en"), store, account="siti", editor=True)
    found = []

    def collect(part):
        if isinstance(part, (Fragment, MapBridge)):
            found.append(part)
        for child in getattr(part, "objects", None) or ():
            collect(child)

    collect(request.param.make(session))
    saved = store.create("99.01", "rencana", {"edits": []}, account="siti")
    village, unit = str(area.layers.villages.index[0]), str(area.layers.facilities.index[0])
    # What each part of a message may be in earnest; a hostile one has some of it.
    real = {
        "value": "30", "code": village, "id": unit, "kind": "pustu", "number": "0", "road": "r1", "name": "a",
        "note": "b", "scenario": saved.id, "mode": "car", "row": unit, "facility": unit,
        "stage": "peluncuran", "date": "2024-07", "version": "1",
    }  # fmt: skip
    yield session, found, real
    store.close()


USED_MOST = ("value", "name", "number")
STRANGE = (
    "", "a\ud800b", "\x00", "101", "nan", "a" * 3000, " ", "\ud800", "-1", "0", "1e308", "inf", "-inf", "1,5",
    "٣", "²", "<b>", "'; drop table", "2024-13-45", "true", "null", "99999999999999999999", "\u202e",
)  # fmt: skip


@pytest.fixture
def each_once(area, monkeypatch):
    """The same question gets the plan, or the pages, it had: what is sent matters here."""
    plan, pages, had = area.planner.plan, documents.document_pages, {}

    def planned(question, progress):
        if repr(question) not in had:
            had[repr(question)] = plan(question, progress)
        return had[repr(question)]

    def shown(area, answer, wanted, *more):
        if wanted not in had:
            had[wanted] = pages(area, answer, wanted, *more)
        return had[wanted]

    monkeypatch.setattr(area.planner, "plan", planned)
    monkeypatch.setattr(documents, "document_pages", shown)


@pytest.mark.slow
@pytest.mark.usefixtures("each_once")
@pytest.mark.parametrize("view", VIEWS, indirect=True, ids=lambda v: v.key)
def test_no_message_of_a_button_is_a_fault_of_ours(view, caplog):
    session, found, real = view
    faults = {}
    with caplog.at_level(logging.ERROR):
        for part in (p for p in found if isinstance(p, Fragment)):
            for act in acts_of(part):
                for key in KEYS:
                    many = STRANGE[:5] if part.slot == "sheet" else STRANGE
                    for value in many if key in USED_MOST else STRANGE[:1]:
                        caplog.clear()
                        part._handle_msg({**real, "act": act, key: value})
                        if caplog.records or not session.settled:
                            faults[part.slot, act, key, value] = caplog.text[-300:]
    assert faults == {}


@pytest.mark.slow
@pytest.mark.parametrize("view", [v for v in VIEWS if v.key == "map"], indirect=True)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_message_of_the_map_is_a_fault_of_ours(view, data, caplog):
    session, found, real = view
    [bridge] = [p for p in found if isinstance(p, MapBridge)]
    words = st.one_of(st.sampled_from([*STRANGE, *real.values()]), st.text(max_size=8))
    numbers = st.one_of(st.floats(), st.integers(-400, 400), st.none(), words)
    places = st.one_of(
        st.lists(numbers, max_size=3), st.tuples(st.floats(106, 107), st.floats(-3, -2)).map(list)
    )
    with caplog.at_level(logging.ERROR):
        caplog.clear()
        bridge._handle_msg({
            "type": data.draw(st.sampled_from(["village", "facility", "place", "line", "note", "x"])),
            "code": data.draw(words), "id": data.draw(words), "text": data.draw(words),
            "lonlat": data.draw(st.one_of(places, words)), "miss_m": data.draw(numbers),
            "line": data.draw(st.one_of(st.lists(places, max_size=5), words)),
        })  # fmt: skip
        assert [r.getMessage() for r in caplog.records] == []
    assert session.settled


@given(st.one_of(st.none(), st.text(), st.dictionaries(st.sampled_from(["ping", "seen"]), st.one_of(
    st.integers(), st.floats(), st.text(), st.none(), st.booleans()))))  # fmt: skip
def test_no_ping_is_a_fault_of_ours(data):
    Wire(Stream(), lambda: True, lambda _: None)._handle_msg(data)
