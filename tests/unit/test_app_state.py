"""The app without a browser: state, sessions, measures, what-if questions, downloads."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import math
import re
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qsl

import numpy as np
import openpyxl
import pandas as pd
import pytest
from street import CODES, street
from support import run_apart

from app.areas.area import Area
from app.areas.question import WhatIf
from app.areas.stopping import StoppedError, may_go_on, stoppable
from app.core.drafts import Drafts
from app.core.pool import FairPool
from app.core.questions import LONGEST_QUESTION_S, MOST_WAITING
from app.core.session import MOST_FILES, Session
from app.core.state import Filter, History, Opened, Reference, Selection, State
from app.core.work import Seats
from app.figures import exports
from app.figures.measures import MEASURES, MeasureView
from app.map.page import page_html
from app.render import Renderer
from app.store import Store, StoreError
from app.texts import Texts
from app.views import headline as headline_view
from app.views import scenarios as scenarios_view
from app.views import villages as villages_view
from geodata.errors import ConfigError
from planner.coverage.study import find_gaps
from planner.pipeline import read_scenario, summary
from planner.scenarios.edits import ChangeSpeed, CloseFacility, OpenFacility

HOSTILE = '=cmd|" /C calc"!A0<script>alert(1)</script>'


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture
def state(area):
    return State(area)


@pytest.fixture
def session(area, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield Session(area, Texts("en"), store, account="siti", editor=True)
    store.close()


def place(area, number=0):
    point = area.layers.villages.to_crs(4326).geometry.iloc[number].representative_point()
    return point.x, point.y


def open_unit(area, number=0, kind="pustu", name=""):
    return OpenFacility(
        op="open_facility", id=f"new-{number}", kind=kind, lonlat=place(area, number), name=name
    )


def test_a_question_is_read_back_as_it_was_and_rubbish_is_refused(area):
    question = WhatIf().with_edit(open_unit(area)).with_rule("pustu", mode="walking", limit_minutes=45.0)
    content = json.loads(json.dumps(question.content()))
    assert WhatIf.read(content) == question
    assert WhatIf.read(content).key() == question.key()
    for rubbish in ({"edits": [{"op": "explode"}]}, {"standard": 3}, {"other": 1}):
        with pytest.raises(ConfigError, match="cannot be read"):
            WhatIf.read(rubbish)


def test_answers_are_kept_and_the_same_for_everybody(area):
    question = WhatIf().with_edit(open_unit(area, 3))
    assert area.answer(question) is area.answer(WhatIf.read(question.content()))
    assert area.known(question) is area.answer(question)
    assert area.answer(WhatIf()) is area.base


def test_another_limit_answers_as_a_fresh_study_does(area, demo_layers):
    question = WhatIf().with_rule("posyandu", limit_minutes=25.0).with_rule("pustu", mode="walking")
    question = question.with_edit(open_unit(area, 5)).with_edit(
        ChangeSpeed(op="speed", mode="walking", factor=0.5)
    )
    fresh = find_gaps(demo_layers, scenario=question.scenario(area.scenario))
    answer = area.answer(question)
    for season, kinds in fresh.seasons.items():
        for kind, coverage in kinds.items():
            pd.testing.assert_frame_equal(coverage.villages, answer.villages(kind, season))
    assert answer.summary == summary(fresh)


def test_history_goes_back_and_forth_and_forgets_what_was_left(area):
    a, b = WhatIf().with_edit(open_unit(area, 1)), WhatIf().with_edit(open_unit(area, 2))
    history = History().then(a).then(b)
    assert history.back().now == a
    assert history.back().back().back().now == WhatIf()
    assert history.back().forth().now == b
    assert history.back().then(b.with_rule("pustu", limit_minutes=5.0)).can_redo is False
    assert history.then(b) is history
    assert History.read(json.loads(json.dumps(history.content()))) == history
    with pytest.raises(ConfigError):
        History.read({"steps": None})


def test_the_ranking_holds_every_village_once_the_worst_first(state, area):
    ranking = state.ranking()
    assert sorted(ranking.index) == sorted(area.layers.villages.index)
    known = ranking["unreached"].dropna()
    assert known.is_monotonic_decreasing
    answer = area.base.villages(state.kind, "dry")
    lost = area.layers.villages["people"] - answer["people_reached"]
    # Rounded once, where it is shown: 2,713.475 became 2,713.5 and then 2,714.
    pd.testing.assert_series_equal(ranking["unreached"].sort_index(), lost.sort_index(), check_names=False)


def test_filters_let_through_what_they_say(state, area):
    villages = area.layers.villages
    code = villages.index[4]
    state.filter = Filter(query=code)
    assert list(state.ranking().index) == [code]
    state.filter = Filter(query=villages["village_name"].iloc[4].upper())
    assert code in state.ranking().index
    district = villages["district_code"].iloc[0]
    state.filter = Filter(district=district)
    assert set(state.ranking().index) == set(villages.index[villages["district_code"] == district])
    for status in ("served", "partly", "gap", "unknown"):
        state.filter = Filter(status=status)
        answer = area.base.villages(state.kind, "dry")
        assert set(state.ranking().index) == set(answer.index[answer["status"] == status])
        assert state.passing().sum() == len(state.ranking())


def test_headlines_are_the_totals_and_the_difference(state, area):
    state.ask(WhatIf().with_edit(open_unit(area, 11)))
    totals = state.answer.summary["kinds"]
    for headline in state.headlines():
        one = totals[headline.kind]
        assert headline.people_reached == one["people_reached"]
        assert headline.villages_gap == one["villages_gap"]
        before = area.base.summary["kinds"][headline.kind]
        assert headline.people_change == pytest.approx(one["people_reached"] - before["people_reached"])
    state.reference = Reference(state.what_if, "same")
    assert all(h.people_change is None for h in state.headlines())


def test_an_unlisted_kind_is_unknown_and_no_zero(demo_layers):
    rows = demo_layers.facilities
    layers = demo_layers.with_facilities(rows[rows["kind"] != "pustu"])
    layers = replace(layers, area=replace(layers.area, listed_kinds=("puskesmas",)))
    state = State(Area(layers), kind="pustu")
    [pustu] = [h for h in state.headlines() if h.kind == "pustu"]
    assert math.isnan(pustu.people_reached)
    assert not pustu.listed
    for key, measure in MEASURES.items():
        state.measure = key
        legend = measure.legend(Texts("en"))
        shown = {legend[c].label for c in state.classes()}
        assert shown == {"unknown"}, key


def villages_table(**columns):
    base = {
        "status": "gap",
        "minutes_median": 10.0,
        "share_reached": 0.4,
        "share_unknown": 0.0,
        "people_reached": 40.0,
        "present": "no",
    }
    n = len(next(iter(columns.values())))
    return pd.DataFrame({**{k: [v] * n for k, v in base.items()}, **columns})


def classes(key, villages, base, people):
    """Classes of a measure that asks nothing of the ILP answers."""
    shown = MeasureView("pustu", villages, base, people, villages["people_reached"].to_numpy(), ilp=None)
    return MEASURES[key].classes(shown).tolist()


def test_classes_hold_their_limits():
    inf, nan = math.inf, math.nan
    minutes = villages_table(minutes_median=[0.0, 15.0, 15.01, 30.0, 60.0, 120.0, 120.1, inf, nan])
    people = np.full(9, 100.0)
    assert classes("minutes", minutes, minutes, people) == [0, 0, 1, 1, 2, 3, 4, 5, 6]
    reached = minutes["people_reached"].to_numpy()
    shown = MeasureView("pustu", minutes, minutes, people, reached, None, np.ones(9, dtype=bool))
    assert MEASURES["minutes"].classes(shown).tolist() == [0, 0, *[6] * 7]
    share = villages_table(share_reached=[0.0, 0.24, 0.25, 0.5, 0.999, 1.0, nan])
    assert classes("share", share, share, people[:7]) == [0, 0, 1, 2, 3, 4, 5]
    reached = villages_table(people_reached=[100.0, 99.6, 99.0, 1.0, 0.0, nan])
    assert classes("unreached", reached, reached, people[:6]) == [0, 1, 1, 1, 2, 6]
    # Shares have nine decimals: what they leave of a person is nobody.
    rest = villages_table(people_reached=[2790.8730314286254], share_unknown=[0.753172987])
    reached = rest["people_reached"].to_numpy()
    assert MeasureView("pustu", rest, rest, np.array([11307.0]), reached, ilp=None).unreached.tolist() == [
        0.0
    ]
    before = villages_table(
        share_reached=[0.5, 0.5, 0.5, 0.5, 0.5, nan], minutes_median=[20.0, 20.0, inf, 20.0, 20.0, nan],
        status=["gap"] * 5 + ["unknown"],
    )  # fmt: skip
    after = villages_table(
        share_reached=[0.6, 0.5, 0.5, 0.5, 0.4, nan], minutes_median=[30.0, 10.0, inf, 21.0, 5.0, nan],
        status=["gap"] * 5 + ["unknown"],
    )  # fmt: skip
    assert classes("change", after, before, people[:6]) == [0, 1, 2, 3, 4, 5]
    # Less than half a minute is no change; to and from "no way" is one.
    before = villages_table(minutes_median=[20.0, 20.0, 20.0, 20.0, inf])
    after = villages_table(minutes_median=[20.49, 20.5, 19.51, 19.5, 20.0])
    assert classes("change", after, before, people[:5]) == [2, 3, 2, 1, 1]


def test_what_rests_on_the_unknown_is_unknown_and_what_does_not_is_shown():
    people, nan = np.full(5, 100.0), math.nan
    # Nobody reached and nothing known; half of it unknown; unknown within one class; all known; no list.
    found = villages_table(
        share_reached=[0.0, 0.5, 0.3, 0.3, nan], share_unknown=[1.0, 0.5, 0.1, 0.0, nan],
        people_reached=[0.0, 50.0, 30.0, 30.0, nan], minutes_median=[math.inf, 20.0, 20.0, math.inf, nan],
    )  # fmt: skip
    assert classes("share", found, found, people) == [5, 5, 1, 1, 5]
    # At least 60 and at most 70 people: fewer than a hundred either way.
    assert classes("unreached", found, found, people) == [6, 6, 1, 1, 6]
    # No way to a listed unit says nothing of others.
    assert classes("minutes", found, found, people) == [6, 1, 1, 5, 6]


def test_a_change_that_the_unknown_may_undo_is_unknown():
    before = villages_table(share_reached=[0.3, 0.3, 0.3, 0.3], share_unknown=[0.2, 0.2, 0.2, 0.0])
    after = villages_table(share_reached=[0.5, 0.4, 0.3, 0.5], share_unknown=[0.0, 0.2, 0.2, 0.0])
    # Who was open is now reached; more are reached besides; all as before; more are reached.
    assert classes("change", after, before, np.full(4, 100.0)) == [5, 0, 2, 0]


def of_a_part(people=100.0):
    """Three villages, the list of pustu covers the first two: reached, not reached, not known."""
    found = street([0, 60_000, 60_000], [("U", "pustu", 0.0)], people=people)
    found = found.with_facilities(found.facilities.assign(village_code=CODES[0]))
    rows = found.villages.assign(covered=["pustu", "pustu", ""])
    # The third lies so far off the street that nobody walks to what it may hide.
    away = rows.geometry.translate(0, 5000)
    rows = rows.set_geometry([*rows.geometry[:2], away.iloc[2]], crs=rows.crs)
    return replace(found, villages=rows, area=replace(found.area, declared=("pustu",)))


def test_the_ranking_does_not_take_unknown_for_not_reached(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'j.db'}")
    session = Session(Area(of_a_part()), Texts("en"), store, account="siti", editor=True)
    session.state.kind = "pustu"
    table = session.state.ranking()
    assert table.index.tolist() == [CODES[1], CODES[2], CODES[0]]
    assert table["unreached"].tolist() == [100.0, 0.0, 0.0]
    assert table["unsure"].tolist() == [0.0, 100.0, 0.0]
    session.state.measure = "unreached"
    legend = session.state.painted.legend(Texts("en"))
    assert [legend[c].label for c in session.state.classes()] == ["nobody", "100 to below 500", "unknown"]
    page = villages_view.make(session)[1]
    cells = re.findall(r'<td class="n">([^<]*)</td>\s*<td class="n">(.*?)</td>\s*</tr>', page.html)
    assert [c[0] for c in cells] == ["100", "unknown", "0"]
    assert cells[1][1].startswith('<span title="at most">≤ </span>120')
    # The kecamatan has no name: its code.
    assert page.html.count(CODES[0][:8]) >= len(CODES[:3])
    store.close()


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_map_without_its_library_says_so_before_any_script(area, lang, monkeypatch):
    words = Texts(lang).term("map_missing")
    assert words not in page_html(area, Texts(lang))
    monkeypatch.setattr("app.map.page.vendor_is_built", lambda: False)
    page = page_html(area, Texts(lang))
    body = page[page.index("<body>") :]
    assert "make setup" in words
    assert body.startswith(f'<body><p id="jk-missing" role="alert">{words}</p>')


def test_every_measure_has_as_many_legend_rows_as_classes(state):
    for key, measure in MEASURES.items():
        state.measure = key
        for lang in ("id", "en"):
            assert state.classes().max() < len(measure.legend(Texts(lang)))


def test_a_session_saves_opens_and_meets_a_conflict(session, area):
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 2)))
    session.scenarios.save_as("rencana", "catatan")
    opened = session.state.opened
    assert (opened.name, opened.version) == ("rencana", 1)
    assert not session.state.unsaved
    session.questions.change(lambda: session.state.what_if.with_rule("pustu", limit_minutes=20.0))
    assert session.state.unsaved
    session.scenarios.save()
    assert session.state.opened.version == 2
    theirs = session.store.update(opened.id, version=2, account="budi", note="lain")
    session.questions.undo()
    session.scenarios.save()
    assert session.notice.conflict == theirs
    assert session.store.scenario(opened.id) == theirs
    session.scenarios.open(opened.id)
    assert session.notice.conflict is None
    assert session.state.opened.version == 3


def test_a_viewer_cannot_save(session, area):
    session.scenarios.editor = False
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 2)))
    session.scenarios.save_as("rencana", "")
    assert session.store.scenarios(area.code) == []
    assert session.notice.severity == "warning"
    assert session.state.what_if.edits


def test_a_question_that_makes_no_sense_is_told_and_changes_nothing(session):
    before = session.state.what_if
    session.questions.change(lambda: before.with_edit(CloseFacility(op="close_facility", id="nobody")))
    assert session.notice.severity == "error"
    assert "nobody" in session.notice.text
    assert session.state.what_if == before
    assert not session.notice.busy


def test_a_file_that_cannot_be_made_is_told(session):
    assert run_apart(session.result(lambda: 7)) == 7
    assert run_apart(session.result(lambda: 1 // 0)) is None
    assert session.notice.severity == "error"


def test_work_is_kept_as_a_draft_and_resumed(session, area):
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 2)))
    session.questions.change(lambda: session.state.what_if.with_rule("pustu", limit_minutes=20.0))
    other = Session(area, Texts("id"), session.store, account="siti", editor=True)
    other.drafts.resume(session.drafts.token)
    assert other.state.history == session.state.history
    other.questions.undo()
    assert len(other.state.what_if.edits) == 1
    assert not other.state.what_if.standard
    stranger = Session(area, Texts("id"), session.store, account="siti", editor=True)
    stranger.drafts.resume("no such draft")
    assert stranger.state.what_if.is_base


def test_a_facility_that_is_undone_is_no_longer_chosen(session, area):
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 2)))
    session.state.selected = Selection("facility", "new-2")
    session.questions.undo()
    assert session.state.selected is None


@pytest.mark.slow
def test_new_facilities_get_free_ids(state, area):
    taken = set()
    for _ in range(3):
        new = state.new_facility_id("pustu")
        assert new not in taken
        assert new not in area.layers.facilities.index
        taken.add(new)
        edit = OpenFacility(op="open_facility", id=new, kind="pustu", lonlat=place(area, 1))
        state.ask(state.what_if.with_edit(edit))


def test_a_link_names_only_what_was_saved(session):
    assert session.scenarios.link == ""
    session.state.opened = Opened("abc", "x", 1, WhatIf())
    assert "scenario=abc" in session.scenarios.link


def test_a_link_shows_the_map_and_the_sheet_as_they_are_seen(session):
    state = session.state
    state.opened = Opened("abc", "x", 1, WhatIf())
    state.param.update(kind="pustu", season="wet", measure="unreached")
    state.selected = Selection("village", state.area.layers.villages.index[3])
    said = dict(parse_qsl(session.scenarios.link.removeprefix("?")))
    assert said == {
        "area": state.area.code,
        "scenario": "abc",
        "lang": "en",
        "kind": "pustu",
        "season": "wet",
        "measure": "unreached",
        "village": state.area.layers.villages.index[3],
    }


def test_names_from_files_are_escaped():
    render = Renderer(Texts("en"))
    shown = render("tour", cookie="c", area=HOSTILE, step="gap", n=1, steps=5, kind="x", any_gap=True)
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.slow
def test_a_workbook_holds_no_formula_and_says_unknown_and_unreachable(demo_layers):
    facilities = demo_layers.facilities.copy()
    facilities["name"] = HOSTILE
    area = Area(demo_layers.with_facilities(facilities))
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(area.base).getvalue()))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert any(c.value == HOSTILE for c in cells)
    # Our own sums are formulas; they begin with these.
    assert {str(c.value).partition("(")[0] for c in cells if c.data_type == "f"} <= {"=IF", "=SUMPRODUCT"}
    words = {c.value for c in cells if isinstance(c.value, str)}
    assert "belum diketahui" in words
    assert not words & {"inf", "nan"}
    geo = json.loads(exports.to_geojson(area.base).getvalue())
    people = [f["properties"]["people"] for f in geo["features"]]
    assert people.count(None) == int(demo_layers.villages["people"].isna().sum())
    assert sum(p for p in people if p is not None) == demo_layers.villages["people"].sum()


@pytest.mark.slow
def test_geojson_says_why_a_time_is_missing(demo_layers):
    roads = demo_layers.roads[demo_layers.roads["road_class"] != "ferry"]
    answer = Area(replace(demo_layers, roads=roads)).base
    text = exports.to_geojson(answer).getvalue().decode()
    assert not re.search(r'"-?inf|Infinity|NaN', text)
    minutes = answer.gaps.coverage["puskesmas"].villages["minutes_max"]
    cut_off = set(minutes.index[np.isinf(minutes)])
    rows = [f["properties"] for f in json.loads(text)["features"]]
    assert cut_off
    assert {r["village_code"] for r in rows if r["puskesmas_minutes_max_reason"] == "no_way"} == cut_off
    assert all(r["puskesmas_minutes_max"] is None for r in rows if r["village_code"] in cut_off)


class Later:
    """A pool whose work is done when a test says so, in the order it says."""

    def __init__(self):
        self.jobs = []

    def submit(self, job):
        self.jobs.append(job)
        return Future()

    def all(self):
        while self.jobs:
            self.jobs.pop(0)()


@pytest.fixture
def slow(area, tmp_path):
    """A session whose threads wait."""
    store, pool = Store.open(f"sqlite:///{tmp_path / 'slow.db'}"), Later()
    yield (
        Session(area, Texts("en"), store, account="siti", editor=True, seats=Seats(pool, pool, pool, pool)),
        pool,
    )
    store.close()


@pytest.mark.slow
def test_quick_undos_all_count_and_one_during_work_undoes_it(slow, area):
    session, pool = slow
    for number in range(3):
        session.questions.change(lambda n=number: session.state.what_if.with_edit(open_unit(area, n)))
    session.questions.undo()
    session.questions.undo()
    pool.all()
    assert len(session.state.what_if.edits) == 1
    session.questions.redo()
    pool.all()
    assert len(session.state.what_if.edits) == 2


def test_opening_a_scenario_waits_for_the_change_before_it(slow, area):
    session, pool = slow
    saved = session.store.create(
        area.code, "lain", WhatIf().with_edit(open_unit(area, 7)).content(), account="b"
    )
    session.questions.change(lambda: session.state.what_if.with_edit(open_unit(area, 1)))
    session.scenarios.open(saved.id)
    pool.jobs.reverse()
    pool.all()
    assert session.state.opened.id == saved.id
    assert [e.id for e in session.state.what_if.edits] == ["new-7"]


def test_an_undo_brings_no_other_content_under_the_name_of_the_scenario_opened(session, area):
    first, second = (
        session.store.create(
            area.code, f"Usulan {limit}", WhatIf().with_rule("pustu", limit_minutes=limit).content(),
            account="b",
        )
        for limit in (45.0, 20.0)
    )  # fmt: skip
    session.scenarios.open(first.id)
    session.scenarios.open(second.id)
    shown = session.state.what_if
    session.questions.undo()
    assert (session.state.opened.id, session.state.what_if) == (second.id, shown)
    assert not session.state.unsaved
    # What was changed in it is undone, and opening it once more can be taken back.
    changed = shown.with_edit(open_unit(area, 1))
    session.questions.change(lambda: changed)
    session.scenarios.open(second.id)
    assert session.state.what_if == shown
    session.questions.undo()
    assert session.state.what_if == changed
    # Not so where others have saved it meanwhile: theirs are not to be overwritten by an undo.
    session.store.update(
        second.id, version=second.version, account="b", note=None, content=WhatIf().content()
    )
    session.scenarios.open(second.id)
    session.questions.undo()
    assert session.state.what_if.is_base


def test_a_scenario_compared_with_itself_has_no_difference_once_it_is_saved(session, area):
    with_two = WhatIf().with_edit(open_unit(area, 1)).with_edit(open_unit(area, 2))
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 1)))
    session.scenarios.save_as("Usulan", "")
    opened = session.state.opened
    session.scenarios.compare_with(opened.id)
    session.questions.change(lambda: with_two)
    assert session.state.differs
    session.scenarios.save()
    assert not session.state.differs
    assert session.state.reference.id == opened.id
    # Others save it meanwhile: opened anew, both sides are theirs.
    session.store.update(
        opened.id, version=session.state.opened.version, account="b", note=None, content=WhatIf().content()
    )
    session.scenarios.open(opened.id)
    assert session.state.what_if.is_base
    assert not session.state.differs


def test_an_open_scenario_that_is_archived_says_so_until_it_is_brought_back(session, area):
    headline_view.make(session)
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 1)))
    session.scenarios.save_as("Usulan", "")
    told, opened = [], session.state.opened
    assert "archived" not in session.stream.value("headline")
    session.scenarios.archive(opened.id, then=lambda: told.append(1))
    assert "Usulan (archived)" in session.stream.value("headline")
    view = scenarios_view.make(session)
    assert "archived and on no list" in view.html
    session.scenarios.save("catatan")
    assert "Bring it back first" in session.notice.text
    assert session.notice.conflict is None
    # Opened anew, as by its link.
    session.scenarios.start_new()
    session.scenarios.open(opened.id)
    assert session.state.opened.archived
    session.scenarios.restore(opened.id, then=lambda: told.append(1))
    assert "archived" not in session.stream.value("headline")
    assert len(told) == 2
    # Nobody else was there, so that it is no conflict to save it.
    session.scenarios.save("catatan")
    assert session.notice.conflict is None
    assert session.notice.severity == "success"
    # What others did meanwhile is one still.
    opened = session.state.opened
    session.store.update(opened.id, version=opened.version, account="b", note="lain")
    session.scenarios.archive(opened.id, then=lambda: None)
    session.scenarios.restore(opened.id, then=lambda: None)
    session.scenarios.save("catatan lagi")
    assert session.notice.conflict is not None


def test_saving_twice_at_once_is_saving_once(slow, area):
    session, pool = slow
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 1)))
    pool.all()
    session.scenarios.save_as("sekali", "")
    session.scenarios.save_as("sekali", "")
    pool.all()
    assert session.notice.severity == "success"
    session.scenarios.save("catatan baru")
    session.scenarios.save("catatan baru")
    pool.all()
    assert session.notice.conflict is None
    [saved] = session.store.scenarios(area.code)
    assert (saved.version, saved.note) == (2, "catatan baru")
    assert session.store.drafts(area.code, "siti") == []


def test_a_draft_belongs_to_no_scenario_but_its_own(session, area):
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 2)))
    mine = session.drafts.token
    other = Session(area, Texts("id"), session.store, account="siti", editor=True)
    saved = session.store.create(
        area.code, "dibuka", WhatIf().with_edit(open_unit(area, 4)).content(), account="b"
    )
    other.scenarios.open(saved.id)
    other.drafts.resume(mine)
    assert other.state.opened is None
    # Somebody else goes on with a copy.
    eko = Session(area, Texts("id"), session.store, account="eko", editor=False)
    eko.drafts.resume(mine)
    eko.questions.change(lambda: eko.state.what_if.with_edit(open_unit(area, 5)))
    assert eko.drafts.token != mine
    assert session.store.draft(mine).account == "siti"


def test_a_scenario_of_another_area_is_not_opened_here(session, area):
    saved = session.store.create(
        "11.11", "jauh", WhatIf().with_edit(open_unit(area, 1)).content(), account="b"
    )
    session.scenarios.open(saved.id)
    assert session.notice.severity == "error"
    assert session.state.opened is None
    assert session.state.what_if.is_base


def test_a_role_taken_away_holds_at_once(session, area):
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 1)))
    session.scenarios.may_save = lambda: False
    session.scenarios.save_as("rencana", "")
    assert session.store.scenarios(area.code) == []
    assert session.notice.severity == "error"


def test_taking_away_an_opened_unit_takes_what_was_done_to_it(area):
    opened = open_unit(area, 1)
    question = WhatIf().with_edit(opened).with_edit(CloseFacility(op="close_facility", id=opened.id))
    assert question.without(opened).is_base
    assert question.without(question.edits[1]).edits == (opened,)
    assert question.without(open_unit(area, 9)) == question


@pytest.mark.slow
def test_what_is_shown_is_not_computed_again_when_others_asked_much(area):
    state = State(area)
    state.ask(WhatIf().with_edit(open_unit(area, 1)))
    shown = state.answer
    for limit in range(1, 20):
        area.answer(WhatIf().with_rule("pustu", limit_minutes=float(limit)))
    assert state.answer is shown


@pytest.mark.parametrize(
    ("typed", "value"),
    [("12,5", 12.5), ("12.5", 12.5), (" 7 ", 7.0), ("abc", None), ("inf", None), ("1.000", 1000.0),
     ("0.125", 0.125), ("1.000.000", 1e6), ("1.0000", 1.0), ("1000.000", 1000.0)],
)  # fmt: skip
def test_numbers_are_read_as_they_are_typed(typed, value):
    assert Texts("id").parsed(typed) == value
    assert Texts("id").people(-1e-10) == "0"


def test_a_page_loaded_again_goes_on_with_its_draft_and_a_second_tab_with_a_copy(session, area, monkeypatch):
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 2)))
    token = session.drafts.token
    tabs = [Session(area, Texts("id"), session.store, account="siti", editor=True) for _ in range(2)]
    for tab in tabs:
        tab.drafts.live = session.drafts.live
    tabs[0].drafts.resume(token)
    # Whether it is a second tab shows once the page before would have closed.
    assert (tabs[0].drafts.token, tabs[0].drafts.named) == ("", token)
    tabs[0].drafts.settle()
    assert tabs[0].drafts.token not in ("", token)
    # The old session of a reload has lost its browser, and is still there for a while.
    monkeypatch.setattr(Drafts, "connected", property(lambda self: self is not session.drafts))
    tabs[1].drafts.resume(token)
    assert tabs[1].drafts.token == token
    session.close()
    assert tabs[1].drafts.live[token] is tabs[1].drafts


def test_a_question_that_is_stopped_changes_nothing_and_lets_the_next_one_go(slow, area):
    session, pool = slow
    session.questions.change(lambda: session.state.what_if.with_edit(open_unit(area, 1)))
    assert session.notice.busy
    assert session.notice.stoppable
    session.questions.stop()
    assert session.settled
    assert not session.notice.busy
    assert session.notice.text.startswith("Stopped")
    # Its work comes back all the same, late, and counts for nothing; the next question is another.
    session.questions.change(lambda: session.state.what_if.with_edit(open_unit(area, 2)))
    pool.all()
    assert [e.id for e in session.state.what_if.edits] == ["new-2"]
    assert session.settled


def test_what_takes_too_long_is_stopped_and_says_so(slow, area):
    session, pool = slow
    limits = []
    session._work.later = lambda seconds, act: limits.append((seconds, act)) or (lambda: None)
    started = threading.Event()

    def gaps(_edits, may_go_on):
        started.set()
        [(seconds, act)] = limits
        assert seconds == LONGEST_QUESTION_S
        # What the page does once its time is over; the work sees it at its next step.
        act()
        may_go_on()
        pytest.fail("it went on")

    area.study.gaps = gaps
    try:
        # Edits that no other test asks for: a known answer has no time to be over.
        edits = [open_unit(area, 11), open_unit(area, 14)]
        session.questions.change(lambda: WhatIf(edits=edits))
        # The time that it waits for others counts for nothing.
        assert limits == []
        pool.all()
    finally:
        del area.study.gaps
    assert started.is_set()
    assert str(round(LONGEST_QUESTION_S)) in session.notice.text
    assert session.state.what_if.is_base
    assert session.settled


def test_a_limit_that_is_over_too_late_stops_nothing_else(slow, area):
    session, pool = slow
    limits = []
    session._work.later = lambda _seconds, act: limits.append(act) or (lambda: None)
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 12)))
    session.scenarios.save_as("tetap", "")
    pool.jobs.pop(0)()
    # The question is shown, and the save has begun; now the question's time is told to be over.
    [too_long] = limits
    too_long()
    assert session.notice.busy
    assert "seconds" not in session.notice.text
    pool.all()
    assert session.state.opened.name == "tetap"
    # And saving goes on working.
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 13)))
    pool.all()
    session.scenarios.save()
    pool.all()
    assert session.state.opened.version == 2


def test_a_save_that_fails_can_be_tried_again(slow, area):
    session, pool = slow
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 1)))
    pool.all()

    def away(*_a, **_k):
        msg = "the disk is full"
        raise StoreError(msg)

    session.store.create, plain = away, session.store.create
    session.scenarios.save_as("lagi", "")
    pool.all()
    assert "the disk is full" in session.notice.text
    session.store.create = plain
    session.scenarios.save_as("lagi", "")
    pool.all()
    assert [s.name for s in session.store.scenarios(area.code)] == ["lagi"]


def test_work_of_a_closed_tab_is_not_begun_and_stops(area, tmp_path):
    store, pool = Store.open(f"sqlite:///{tmp_path / 'closed.db'}"), FairPool(1)
    seats = Seats(pool.seat(), pool.seat(), pool.seat(), pool.seat())
    session = Session(area, Texts("en"), store, account="siti", editor=True, seats=seats)
    began, go, ended = threading.Event(), threading.Event(), []

    def long():
        began.set()
        go.wait(10)
        try:
            may_go_on()
        except StoppedError:
            ended.append("stopped")
            raise
        ended.append("done")

    session.work(long, print, topic="a")
    assert began.wait(10)
    session.work(lambda: ended.append("waiting"), print, topic="b")
    session.close()
    go.set()
    pool.shutdown()
    assert ended == ["stopped"]
    store.close()


@pytest.mark.parametrize("limit", [45.0, 200.0])
def test_a_downloaded_scenario_is_read_and_asks_the_same(session, area, tmp_path, limit):
    session.questions.change(lambda: session.state.with_rule("puskesmas", limit_minutes=limit))
    answer = session.state.answer
    path = tmp_path / "s.yml"
    path.write_bytes(exports.to_scenario(area, answer, "coba").getvalue())
    assert read_scenario(path).standard == answer.gaps.scenario.standard


def test_stopped_work_ends_at_its_next_step(area):
    stop, steps = threading.Event(), []

    def work():
        for number in range(5):
            may_go_on()
            steps.append(number)
            if number == 2:
                stop.set()

    with pytest.raises(StoppedError):
        stoppable(work, stop)()
    assert steps == [0, 1, 2]
    # Outside such work nothing stops.
    may_go_on()
    # The area's own steps look too, and what was stopped is not kept as an answer.
    question = WhatIf().with_rule("pustu", limit_minutes=23.0)
    with pytest.raises(StoppedError):
        stoppable(lambda: area.answer(question), stop)()
    assert area.known(question) is None


def test_saving_is_never_stopped(slow, area):
    session, pool = slow
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 1)))
    pool.all()
    session.scenarios.save_as("tetap", "")
    assert session.notice.busy
    assert not session.notice.stoppable
    session.questions.stop()
    pool.all()
    assert [s.name for s in session.store.scenarios(area.code)] == ["tetap"]


@pytest.mark.parametrize("fault", [ValueError("x"), SystemExit(1), KeyboardInterrupt(), MemoryError()])
def test_whatever_goes_wrong_nothing_is_busy_for_ever(slow, area, fault):
    session, pool = slow

    def breaks():
        raise fault

    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 1)))
    pool.all()
    session.store.create, plain = breaks, session.store.create
    session.scenarios._save(lambda: breaks)
    session.questions.queue(lambda: (breaks, lambda _: None))
    session.questions.queue(lambda: (lambda: 1, lambda _: breaks()))
    with contextlib.suppress(BaseException):
        pool.all()
    with contextlib.suppress(BaseException):
        pool.all()
    assert session.settled
    assert not session.notice.busy
    session.store.create = plain
    session.scenarios.save_as("lagi", "")
    pool.all()
    assert [s.name for s in session.store.scenarios(area.code)] == ["lagi"]


def test_a_server_that_shuts_down_leaves_nothing_busy(area, tmp_path):
    class Shut:
        def submit(self, _job):
            msg = "cannot schedule new futures after shutdown"
            raise RuntimeError(msg)

    store = Store.open(f"sqlite:///{tmp_path / 'shut.db'}")
    seats = Seats(Shut(), Shut(), Shut(), Shut())
    session = Session(area, Texts("en"), store, account="siti", editor=True, seats=seats)
    session.questions.change(lambda: WhatIf().with_edit(open_unit(area, 1)))
    session.work(lambda: 1, print, topic="sheet")
    assert session.settled
    assert session.notice.severity == "error"
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("limit", [59.0, 60.0, 61.0, 240.0])
def test_a_limit_beyond_what_was_fair_is_a_question_like_any_other(session, limit):
    rule = session.area.scenario.standard["puskesmas"]
    assert rule.fair_minutes == 60
    session.questions.change(lambda: session.state.with_rule("puskesmas", limit_minutes=limit))
    assert session.notice.text == ""
    asked = session.state.answer.gaps.scenario.standard["puskesmas"]
    assert asked.limit_minutes == limit
    assert asked.fair_minutes == (60 if limit <= 60 else None)


def test_files_of_a_session_wait_for_each_other_and_are_not_many(session):
    gate, made = threading.Event(), []

    async def slow(number):
        await asyncio.to_thread(gate.wait, 10)
        made.append(number)
        return number

    session._work.result = slow

    async def scene():
        asked = [asyncio.ensure_future(session.result(n)) for n in range(60)]
        await asyncio.sleep(0.01)
        gate.set()
        return await asyncio.gather(*asked)

    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(lambda: asyncio.run(scene())).result(30)
    assert [n for n in found if n is not None] == list(range(MOST_FILES))
    assert session.notice.severity == "warning"


@pytest.mark.slow
def test_what_waits_for_its_turn_is_bounded_and_a_save_is_not_pending_for_ever(slow, area):
    session, pool = slow
    for number in range(MOST_WAITING + 5):
        session.questions.change(lambda n=number: WhatIf().with_edit(open_unit(area, n % 20)))
    # One is being computed besides those that wait.
    assert len(session.questions._waiting) == MOST_WAITING
    assert session.notice.severity == "warning"
    session.scenarios.save_as("terlalu penuh", "")
    pool.all()
    assert session.settled
    session.scenarios.save_as("ada tempat", "")
    pool.all()
    assert [s.name for s in session.store.scenarios(area.code)] == ["ada tempat"]
