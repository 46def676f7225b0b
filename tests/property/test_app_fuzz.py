"""Whatever a planner does, and in whatever order: what is shown is what a fresh computation gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.areas.area import Area
from app.areas.question import WhatIf
from app.core.session import Session
from app.core.state import Filter, History, Selection
from app.figures.measures import MEASURES, MeasureView
from app.store import Store
from app.texts import Texts
from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.scenarios.edits import (
    AddRoad,
    ChangeFacility,
    ChangeSpeed,
    CloseFacility,
    CloseRoad,
    MoveFacility,
    OpenFacility,
)


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'jangkau.db'}")
    yield store
    store.close()


numbers = st.integers(0, 23)
ACTS = st.one_of(
    st.tuples(st.sampled_from(["open", "close", "move", "works", "road", "draw", "village"]), numbers),
    st.tuples(st.just("speed"), st.sampled_from([0.5, 1.0, 2.0])),
    st.tuples(st.just("limit"), st.sampled_from([5.0, 10.0, 30.0, 60.0])),
    st.tuples(st.just("mode"), st.sampled_from(["walking", "motorcycle", "car"])),
    st.tuples(st.just("kind"), st.sampled_from(["puskesmas", "pustu", "posyandu", "hospital"])),
    st.tuples(st.just("season"), st.sampled_from(["dry", "wet"])),
    st.tuples(st.just("measure"), st.sampled_from(list(MEASURES))),
    st.tuples(st.just("group"), st.sampled_from(["", "bayi", "lansia"])),
    st.tuples(st.just("filter"), st.sampled_from(["", "gap", "served"])),
    st.tuples(st.sampled_from(["undo", "redo", "undo", "base"]), st.just(0)),
)


def act(session: Session, what: str, value) -> None:  # noqa: C901, PLR0912 - one case an act
    state, layers = session.state, session.area.layers
    places = layers.villages.to_crs(4326).geometry.representative_point()
    if isinstance(value, int):
        spot = places.iloc[value % len(places)]
        lonlat = (spot.x, spot.y)
        unit = layers.facilities.index[value % len(layers.facilities)]
        road = layers.roads.index[value * 7 % len(layers.roads)]
    edit = None
    match what:
        case "open":
            edit = OpenFacility(
                op="open_facility", id=state.new_facility_id("pustu"), kind="pustu", lonlat=lonlat
            )
        case "close":
            edit = CloseFacility(op="close_facility", id=unit)
        case "move":
            edit = MoveFacility(op="move_facility", id=unit, lonlat=lonlat)
        case "works":
            edit = ChangeFacility(op="change_facility", id=unit, functioning="yes")
        case "road":
            edit = CloseRoad(op="close_road", road=road)
        case "draw":
            line = (lonlat, (lonlat[0] + 0.01, lonlat[1] + 0.005))
            edit = AddRoad.model_validate({"op": "add_road", "line": line, "class": "tertiary"})
        case "speed":
            edit = ChangeSpeed(op="speed", mode="motorcycle", factor=value)
        case "village":
            state.selected = Selection("village", str(layers.villages.index[value]))
        case "limit":
            session.questions.change(lambda: state.with_rule(state.kind, limit_minutes=value))
        case "mode":
            session.questions.change(lambda: state.with_rule(state.kind, mode=value))
        case "kind" | "season" | "measure" | "group":
            setattr(state, what, value)
        case "filter":
            state.filter = Filter(status=value)
        case "undo":
            session.questions.undo()
        case "redo":
            session.questions.redo()
        case "base":
            session.questions.change(WhatIf)
    if edit is not None:
        session.questions.change(lambda: state.what_if.with_edit(edit))


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=1, max_size=9))
def test_the_answer_shown_is_a_fresh_one(area, store, acts):
    session = Session(area, Texts("id"), store, account="siti", editor=True)
    for what, value in acts:
        session.notice.text = ""
        act(session, what, value)
        assert not session.notice.busy
    state = session.state
    fresh = find_gaps(area.layers, scenario=state.what_if.scenario(area.scenario))
    for season, kinds in fresh.seasons.items():
        for kind, coverage in kinds.items():
            pd.testing.assert_frame_equal(coverage.villages, state.answer.villages(kind, season))
    villages = fresh.seasons[state.season][state.kind].villages
    base = find_gaps(area.layers).seasons[state.season][state.kind].villages
    people, reached = area.people, villages["people_reached"].to_numpy()
    measure, ilp = MEASURES[state.measure], Ilp(fresh)
    if state.group:
        measure = measure.of_group or measure
        table = ilp.groups.xs(state.group, level="group").reindex(villages.index)
        infix = "" if state.season == fresh.scenario.season else f"_{state.season}"
        people, reached = (table[c].to_numpy() for c in ("people", f"{state.kind}{infix}_people_reached"))
    shown = MeasureView(state.kind, villages, base, people, reached, ilp)
    assert np.array_equal(measure.classes(shown), state.classes())
    ranking = state.ranking()
    left = pd.Series(people - reached, index=villages.index).loc[ranking.index]
    # Of people three decimals are kept.
    pd.testing.assert_series_equal(ranking["unreached"], left, check_names=False, rtol=0, atol=6e-4)
    [headline] = [h for h in state.headlines() if h.kind == state.kind]
    total = np.nan if np.isnan(reached).all() else np.nansum(reached)
    assert headline.people_reached == pytest.approx(total, rel=1e-9, abs=1e-6, nan_ok=True)
    assert state.passing().sum() == len(state.ranking())
    # Unsaved work is kept as a draft; what is the base again needs none.
    draft = store.draft(session.drafts.token) if session.drafts.token else None
    assert (draft is not None) is state.unsaved
    if draft is not None:
        assert History.read(draft.content) == state.history
