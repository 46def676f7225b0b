"""The tab of proposals without a browser: plans, what is said of their sites, their way to a scenario."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from app.areas import planning as area_planning
from app.areas.area import Area
from app.areas.planning import MeasurePlace, PlanQuestion
from app.areas.question import WhatIf
from app.areas.stopping import StoppedError, may_go_on
from app.core import planning as core_planning
from app.core.planning import LONGEST_PLAN_S, MOST_AREAS
from app.core.pool import FairPool
from app.core.questions import MOST_EDITS
from app.core.session import Session
from app.core.work import Seats
from app.figures.plan import CurvePoint, curve_chart, plan_of
from app.map.bridge import heard
from app.map.sites import plan_message
from app.store import Store
from app.texts import Texts
from app.views import proposals, whatif
from geodata.errors import ConfigError
from planner.coverage.study import find_gaps
from planner.pipeline import Ask, RolloutPlan, Study, rollout, site
from planner.scenarios.edits import CloseFacility, OpenFacility

KIND = "posyandu"
ASK = Ask(units=4, seasons=("dry",))
HOSTILE = '<img src=x onerror="alert(1)">{{ 7*7 }}'


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield store
    store.close()


@pytest.fixture
def session(area, store):
    return Session(area, Texts("en"), store, account="siti", editor=True)


@pytest.fixture
def planned(session):
    """A session with a plan of four posyandu."""
    session.planning.solve(KIND, ASK, {})
    assert session.notice.text == ""
    return session


def reached(gaps, kind=KIND):
    """People within the limit, from the engine's own table."""
    return float(gaps.coverage[kind].villages["people_reached"].sum())


def keys(plan):
    return {s.place for s in plan.sites}


@pytest.mark.slow
def test_a_plan_is_what_the_planner_itself_says(planned, demo_layers):
    plan, own = planned.planning.plan, site(Study(demo_layers), KIND, ASK)
    assert [s.place.lon for s in plan.sites] == own.sites["lon"].tolist()
    assert [s.people_added for s in plan.sites] == own.sites["people_added"].tolist()
    assert plan.people_added == pytest.approx(own.sites["people_added"].sum())
    assert plan.shares.now == pytest.approx(reached(own.before))
    assert plan.shares.placed == pytest.approx(demo_layers.villages["people"].sum())
    assert plan.villages_unknown == int(demo_layers.villages["people"].isna().sum()) > 0
    assert plan.candidates == len(own.candidates)
    assert [(p.budget, p.value, p.bound) for p in plan.curve] == list(
        own.curve[["budget", "people_reached", "bound"]].itertuples(index=False, name=None)
    )


@pytest.mark.slow
def test_alternatives_are_those_of_their_site(session, demo_layers):
    ask = Ask(units=3, seasons=("dry",))
    session.planning.solve("puskesmas", ask, {})
    own = site(Study(demo_layers), "puskesmas", ask)
    found = []
    for one, said in zip(session.planning.plan.sites, own.sites["alternatives"], strict=True):
        # As the command line writes them: id and loss.
        words = [part for part in said.split("; ") if part]
        found.append(words)
        for other, word in zip(one.alternatives, words, strict=True):
            row = own.candidates.loc[word.rpartition(" (")[0]]
            assert (other.place.lon, other.place.lat) == (row["lon"], row["lat"])
            assert f"({0.0 - round(other.lost):+,.0f})" in word
    # Not all alike: a mix-up would be seen.
    assert len({tuple(words) for words in found}) > 1


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["person_minutes", "worst_time"])
def test_a_plan_for_time_is_shown_in_its_own_unit(session, demo_layers, objective):
    view = proposals._Proposals(session)
    view.asked({"act": "kind", "kind": KIND})
    view.asked({"act": "solve", "amount": "2", "objective": objective, "time_limit_s": "15"})
    assert session.notice.text == ""
    plan = session.planning.plan
    own = site(Study(demo_layers), KIND, Ask(units=2, objective=objective, seasons=("dry",)))
    assert plan.objective == pytest.approx(own.solution.objective)
    html = unescape(session.stream.value("plan"))
    words = proposals.value_words(plan.unit, plan.objective, texts=session.texts)
    assert "min" in words
    assert words in html
    assert session.texts.term(f"plan_proven_{plan.unit}") in html
    # The longer the curve goes, the less it takes.
    values = [p.value for p in plan.curve]
    assert values == sorted(values, reverse=True)
    assert curve_chart(plan).here[1] == pytest.approx(plan.objective / max(values))


@pytest.mark.slow
def test_who_needs_two_units_is_counted_so_and_the_page_says_it(session, demo_layers):
    view = proposals._Proposals(session)
    view.asked({"act": "kind", "kind": KIND})
    view.asked({"act": "solve", "amount": "3", "backup": "2"})
    assert session.notice.text == ""
    plan = session.planning.plan
    own = site(Study(demo_layers), KIND, Ask(units=3, backup=2, seasons=("dry",)))
    assert plan.people_added > 0
    assert plan.people_added == pytest.approx(own.people_added)
    has = own.villages[f"{KIND}_people_backup_before"]
    assert plan.shares.now == pytest.approx(has.sum())
    assert plan.shares.now < reached(own.before)
    html = unescape(session.stream.value("plan"))
    assert "with 2 units at different places within the limit" in html
    # Put into the scenario, it is the same sites; the map still counts with one unit.
    session.planning.take_over()
    assert reached(session.state.answer.gaps) >= reached(own.before)


@pytest.mark.slow
def test_who_needs_room_is_counted_so_and_the_page_says_it(session, demo_layers):
    view = proposals._Proposals(session)
    view.asked({"act": "kind", "kind": KIND})
    view.asked({"act": "solve", "amount": "3", "capacity": "yes"})
    assert session.notice.text == ""
    plan = session.planning.plan
    own = site(Study(demo_layers), KIND, Ask(units=3, capacity=True, seasons=("dry",)))
    assert plan.people_added == pytest.approx(own.people_added)
    room = own.villages[[f"{KIND}_people_with_room_before", f"{KIND}_people_with_room"]].sum().tolist()
    assert [plan.shares.now, plan.shares.now + plan.people_added] == pytest.approx(room)
    assert plan.shares.now < reached(own.before)
    html = unescape(session.stream.value("plan"))
    assert "only as far as units within the limit have room" in html
    assert plan.documents is None


def test_the_plan_in_the_scenario_reaches_whom_it_promised(planned, demo_layers):
    plan = planned.planning.plan
    planned.planning.take_over()
    assert planned.notice.severity == "success"
    assert planned.planning.is_taken
    scenario = planned.state.what_if.scenario(planned.area.scenario)
    fresh = find_gaps(demo_layers, scenario=scenario)
    assert reached(fresh) == pytest.approx(plan.shares.now + plan.people_added)
    names = [e.name for e in planned.state.what_if.edits]
    villages = [s.village_name for s in plan.sites]
    assert len(set(names)) == len(names) == len(plan.sites)
    for name, village in zip(names, villages, strict=True):
        assert name.startswith(f"Posyandu {village}")
    # Like any edits: undone, and saved under a name.
    planned.questions.undo()
    assert planned.state.what_if.is_base
    assert not planned.planning.is_taken
    planned.questions.redo()
    planned.scenarios.save_as("usulan", "")
    [saved] = planned.store.scenarios(planned.area.code)
    assert WhatIf.read(saved.content) == planned.state.what_if


@pytest.mark.slow
def test_two_sites_of_a_village_have_names_of_their_own(session):
    session.planning.solve(KIND, Ask(units=20, seasons=("dry",)), {})
    villages = [s.village_name for s in session.planning.plan.sites]
    assert len(villages) > len(set(villages))
    session.planning.take_over()
    names = [e.name for e in session.state.what_if.edits]
    assert len(set(names)) == len(names) == len(villages)


@pytest.mark.slow
def test_another_plan_takes_the_place_of_the_one_before_and_of_nothing_else(planned):
    planned.planning.take_over()
    own = OpenFacility(op="open_facility", id="punya-saya", kind="pustu", lonlat=(110.0, -7.0))
    place = planned.planning.plan.sites[0].place
    own = own.model_copy(update={"lonlat": (place.lon, place.lat)})
    planned.questions.change(lambda: planned.state.what_if.with_edit(own))
    first = planned.planning.plan
    planned.planning.solve(KIND, Ask(units=2, seasons=("dry",)), {})
    second = planned.planning.plan
    # The earlier sites are not taken as there already.
    assert second.shares.now == first.shares.now
    assert second.question.basis.edits == (own,)
    planned.planning.take_over()
    edits = planned.state.what_if.edits
    assert [e.id for e in edits] == ["punya-saya", *(s.edit.id for s in second.sites)]
    # Of another kind, it stays where it is.
    planned.planning.solve("pustu", Ask(units=1, seasons=("dry",)), {})
    assert planned.planning.plan.question.basis == planned.state.what_if


def test_only_what_was_accepted_is_taken_over_where_that_is_asked(planned):
    plan = planned.planning.plan
    planned.planning.say_of_site("accept", plan.sites[2].place.key)
    planned.planning.take_over(accepted_only=True)
    assert [e.id for e in planned.state.what_if.edits] == [plan.sites[2].edit.id]
    assert not planned.planning.is_taken
    planned.planning.take_over()
    assert [e.id for e in planned.state.what_if.edits] == [s.edit.id for s in plan.sites]


@pytest.mark.slow
def test_accepted_sites_stay_and_forbidden_ones_go_in_every_new_plan(planned):
    planning, plan = planned.planning, planned.planning.plan
    least, best = plan.sites[-1].place, plan.sites[0].place
    planning.say_of_site("accept", least.key)
    planning.say_of_site("forbid", best.key)
    assert planning.is_old
    planning.again()
    assert not planning.is_old
    assert least in keys(planning.plan)
    assert best not in keys(planning.plan)
    assert planning.plan.people_added <= plan.people_added
    # Fewer units than the best would leave out the least: it stays all the same.
    planning.say(KIND, "leave", best.key)
    planning.solve(KIND, Ask(units=1, seasons=("dry",)), {})
    assert keys(planning.plan) == {least}
    # Taken back, all is as it was.
    planning.say(KIND, "leave", least.key)
    planning.solve(KIND, ASK, {})
    assert keys(planning.plan) == keys(plan)


def test_what_is_said_last_of_a_place_holds(planned):
    planning, key = planned.planning, planned.planning.plan.sites[0].place.key
    for act, accepted, forbidden in (("accept", 1, 0), ("forbid", 0, 1), ("accept", 1, 0), ("leave", 0, 0)):
        planning.say_of_site(act, key)
        said = planning.of(KIND)
        assert (len(said.accepted), len(said.forbidden)) == (accepted, forbidden)
        assert planning.is_old == (act != "leave")


@pytest.mark.slow
def test_an_earlier_plan_that_comes_late_is_not_shown(slow, monkeypatch):
    session, pool = slow
    first = session.area.planner.plan(PlanQuestion(KIND, WhatIf(), ASK), lambda _: None)

    def late(_question, progress):
        # Another is asked for while this one ends: its steps and its plan count for nothing.
        session.planning.solve(KIND, Ask(units=2, seasons=("dry",)), {})
        progress("check")
        return first

    plain = session.area.planner.plan
    monkeypatch.setattr(session.area.planner, "plan", late)
    session.planning.solve(KIND, ASK, {})
    future, job = pool.jobs.pop(0)
    future.set_running_or_notify_cancel()
    job()
    assert session.planning.running
    assert session.planning.step == ""
    assert session.planning.plan is None
    monkeypatch.setattr(session.area.planner, "plan", plain)
    pool.all()
    assert len(session.planning.plan.sites) == 2


@pytest.mark.slow
def test_an_alternative_takes_the_place_of_a_site(planned):
    planning = planned.planning
    planning.solve("pustu", Ask(units=1, seasons=("dry",)), {})
    [one] = planning.plan.sites
    other = one.alternatives[0]
    before = planning.plan.people_added
    planning.take_instead(one.place.key, other.place.key)
    planning.again()
    assert keys(planning.plan) == {other.place}
    assert planning.plan.people_added == pytest.approx(before - other.lost)


@pytest.mark.slow
def test_an_accepted_site_is_the_same_place_when_an_area_takes_others_away(planned, demo_layers):
    """Candidates are numbered by village: an area drawn around an earlier one shifts the numbers."""
    found = area_planning.find_candidates(
        demo_layers, Study(demo_layers).demand, area_planning.default_measures().of_kind(KIND)
    )
    taken = keys(planned.planning.plan)
    many = found[found["op"] == "open"].groupby("village_code").filter(lambda rows: len(rows) > 3)
    ids = {(r.measure, r.lon, r.lat): i for i, r in zip(found.index, found.itertuples(), strict=True)}
    site_ = next(s for s in planned.planning.plan.sites if s.village_code in set(many["village_code"])
                 and not ids[s.place.measure, s.place.lon, s.place.lat].endswith("/1"))  # fmt: skip
    west = many[many["village_code"] == site_.village_code].iloc[0]
    assert west["lon"] < site_.place.lon
    planned.planning.say_of_site("accept", site_.place.key)
    planned.planning.forbid_area(shapely.Point(west["lon"], west["lat"]).buffer(1e-5))
    planned.planning.solve(KIND, Ask(units=1, seasons=("dry",)), {})
    assert planned.notice.text == ""
    assert keys(planned.planning.plan) == {site_.place}
    assert site_.place in taken


@pytest.mark.slow
def test_nothing_new_is_in_a_forbidden_area_and_an_accepted_site_in_it_is_an_error_in_words(planned):
    planning, best = planned.planning, planned.planning.plan.sites[0]
    around = shapely.Point(best.place.lon, best.place.lat).buffer(0.02)
    planning.forbid_area(around)
    assert planning.is_old
    planning.again()
    assert planning.plan.sites
    assert not any(around.contains(shapely.Point(s.place.lon, s.place.lat)) for s in planning.plan.sites)
    planning.areas = ()
    planning.solve(KIND, ASK, {})
    planning.say_of_site("accept", best.place.key)
    planning.forbid_area(around)
    planning.again()
    assert planned.notice.severity == "error"
    assert "accepted site" in planned.notice.text
    assert planning.plan is None
    assert not planning.running
    # What was said is still there, so that it can be taken back.
    assert best.place in planning.of(KIND).accepted


@pytest.mark.parametrize("corners", [[(0, 0), (1, 1), (1, 0), (0, 1)], [(0, 0), (1, 1), (2, 2)]])
def test_an_outline_that_is_no_area_is_refused(session, corners):
    with pytest.raises(ConfigError, match="crosses itself"):
        session.planning.forbid_area(shapely.Polygon(corners))
    assert session.planning.areas == ()


def test_areas_are_not_without_end(session):
    box = shapely.box(110, -7, 110.1, -6.9)
    for _ in range(MOST_AREAS):
        session.planning.forbid_area(box)
    with pytest.raises(ConfigError, match=str(MOST_AREAS)):
        session.planning.forbid_area(box)


def test_areas_of_a_file_are_one_and_what_is_no_file_of_areas_is_told(session):
    view = proposals._Proposals(session)
    boxes = [shapely.box(107, -5, 107.1, -4.9), shapely.box(107.05, -5, 107.2, -4.9)]
    features = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(b)} for b in boxes]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    view.file.param.update(value=content, filename="../../rawan.geojson")
    [area] = session.planning.areas
    assert area.equals(shapely.box(107, -5, 107.2, -4.9))
    for name, wrong in (("x.geojson", b"{}"), ("x.exe", content), ("x.gpkg", b"nothing")):
        session.notice.tell("")
        view.file.param.update(value=wrong, filename=name)
        assert session.notice.severity == "error"
        assert "fault" not in session.notice.text
        assert "tmp" not in session.notice.text
    assert len(session.planning.areas) == 1


@pytest.mark.slow
def test_a_plan_of_a_kind_without_a_list_says_so(session, monkeypatch):
    layers = session.area.layers
    question = PlanQuestion("posyandu", WhatIf(), ASK)
    rest = tuple(k for k in layers.area.listed_kinds if k != KIND)
    unlisted = Area(replace(layers, area=replace(layers.area, listed_kinds=rest)))
    plan = plan_of(unlisted.planner.plan(question, lambda _: None), question)
    assert plan.as_if_none
    # The kinds that are listed are planned for as they are.
    other = PlanQuestion("pustu", WhatIf(), Ask(units=1))
    assert not plan_of(unlisted.planner.plan(other, lambda _: None), other).as_if_none
    # And what is shown says it, in both languages.
    monkeypatch.setattr(session.planning, "plan", plan)
    for lang in ("id", "en"):
        texts = Texts(lang)
        html = Session(session.area, texts, session.store, account="a", editor=False).render(
            "plan", **shown_of(plan)
        )
        assert texts.term("plan_as_if_none") in html


def shown_of(plan, **others):
    return {
        "plan": plan, "said": core_planning.Choices(), "running": False, "step": -1, "steps": 5, "doing": "",
        "chart": None, "chosen": None,
        "words": partial(proposals.value_words, texts=Texts("en")), "old": False, "taken": False,
        "shown": 30, **others,
    }  # fmt: skip


@pytest.mark.slow
def test_the_rules_and_edits_shown_are_what_a_plan_builds_on(session, area, demo_layers):
    session.questions.change(lambda: session.state.with_rule(KIND, limit_minutes=25.0))
    gone = demo_layers.units("puskesmas").index[0]
    close = CloseFacility(op="close_facility", id=str(gone))
    session.questions.change(lambda: session.state.what_if.with_edit(close))
    session.planning.solve(KIND, ASK, {})
    assert session.planning.plan.shares.now == pytest.approx(reached(session.state.answer.gaps))
    assert session.planning.plan.shares.now > reached(area.base.gaps)


class Later:
    """A pool whose work is done when a test says so."""

    def __init__(self):
        self.jobs = []

    def submit(self, job):
        future = Future()
        self.jobs.append((future, job))
        return future

    def shutdown(self, **_how):
        pass

    def all(self):
        while self.jobs:
            future, job = self.jobs.pop(0)
            if future.set_running_or_notify_cancel():
                job()


@pytest.fixture
def slow(area, store):
    """A session whose plans wait, and whose questions do not."""

    class Now:
        def submit(self, job):
            job()
            return Future()

        def shutdown(self, **_how):
            pass

    pool = Later()
    return Session(
        area, Texts("en"), store, account="siti", editor=True, seats=Seats(Now(), Now(), Now(), pool)
    ), pool


def test_a_plan_that_is_stopped_before_its_turn_is_never_begun(slow, monkeypatch):
    session, pool = slow
    begun = []
    monkeypatch.setattr(session.area.planner, "plan", lambda *_: begun.append(1))
    session.planning.solve(KIND, ASK, {})
    assert session.planning.running
    session.planning.stop()
    assert not session.planning.running
    assert "stopped" in session.notice.text
    pool.all()
    assert begun == []
    assert session.planning.plan is None


@pytest.mark.parametrize("how", ["stop", "close", "leave"])
def test_a_plan_ends_at_its_next_step_when_it_is_stopped_or_its_session_closes(slow, monkeypatch, how):
    session, pool = slow
    ended = []

    def plan(_question, progress):
        progress("candidates")
        assert session.planning.step == "candidates"
        {"stop": session.planning.stop, "close": session.close, "leave": session.stop}[how]()
        try:
            may_go_on()
        except StoppedError:
            ended.append(how)
            raise

    monkeypatch.setattr(session.area.planner, "plan", plan)
    session.planning.solve(KIND, ASK, {})
    pool.all()
    assert ended == [how]
    assert session.planning.plan is None
    assert not session.planning.running


def test_a_plan_that_takes_far_too_long_is_stopped_and_says_so(slow, monkeypatch):
    session, pool = slow
    limits = []
    session._work.later = lambda seconds, act: limits.append((seconds, act)) or (lambda: None)

    def plan(_question, _progress):
        area_planning.has_its_turn()
        [(seconds, act)] = limits
        assert seconds == LONGEST_PLAN_S
        act()
        may_go_on()
        pytest.fail("it went on")

    monkeypatch.setattr(session.area.planner, "plan", plan)
    session.planning.solve(KIND, ASK, {})
    assert limits == []
    pool.all()
    assert "15 minutes" in session.notice.text
    assert not session.planning.running


def test_what_was_asked_last_is_shown_and_the_earlier_is_not_begun(slow, monkeypatch):
    session, pool = slow
    asked, plain = [], session.area.planner.plan
    monkeypatch.setattr(
        session.area.planner, "plan", lambda q, progress: (asked.append(q.ask.units), plain(q, progress))[1]
    )
    session.planning.solve(KIND, ASK, {})
    session.planning.solve(KIND, Ask(units=2, seasons=("dry",)), {})
    pool.all()
    assert asked == [2]
    assert len(session.planning.plan.sites) == 2
    # The one in hand is let go at once, not when the next one is there.
    session.planning.solve(KIND, ASK, {})
    assert session.planning.plan is None
    session.planning.stop()
    # And one that comes after its session closed is not kept.
    session.planning.solve(KIND, ASK, {})
    session.close()
    pool.all()
    assert session.planning.plan is None


@pytest.mark.slow
def test_a_plan_is_let_go_when_another_takes_its_place(planned, monkeypatch):
    sitings = []

    def watched(siting, question):
        sitings.append(weakref.ref(siting))
        return plan_of(siting, question)

    monkeypatch.setattr(core_planning, "plan_of", watched)
    first = weakref.ref(planned.planning.plan)
    planned.planning.solve(KIND, Ask(units=2, seasons=("dry",)), {})
    gc.collect()
    assert first() is None
    # Whom each candidate reaches is large: nothing of the plan shown holds on to it. The planner keeps the
    # last one, for who asks again.
    assert [ref() is None for ref in sitings] == [False]
    planned.planning.solve("pustu", Ask(units=2, seasons=("dry",)), {})
    gc.collect()
    assert [ref() is None for ref in sitings] == [True, False]
    second = weakref.ref(planned.planning.plan)
    planned.planning.discard()
    gc.collect()
    assert second() is None


def test_a_plan_keeps_nobody_else_waiting(area, store, monkeypatch):
    """While one session's plan is solved, questions to the same area are answered."""
    solving, go = threading.Event(), threading.Event()

    def held(*args, **values):
        solving.set()
        assert go.wait(30)
        return site(*args, **values)

    monkeypatch.setattr(area_planning, "site", held)
    questions, plans = FairPool(1), FairPool(1)
    seats = [Seats(*(p.seat() for p in (questions, questions, questions, plans))) for _ in range(2)]
    planner_, other = (
        Session(area, Texts("en"), store, account="a", editor=True, seats=seat) for seat in seats
    )
    planner_.planning.solve(KIND, ASK, {})
    assert solving.wait(30)
    shown = threading.Event()
    other.state.param.watch(lambda *_: shown.set(), "history")
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(other.questions.change, lambda: WhatIf().with_rule("pustu", limit_minutes=7.0))
        asked.result(30)
        assert shown.wait(30)
    assert planner_.planning.running
    go.set()
    plans.shutdown()
    questions.shutdown()
    assert len(planner_.planning.plan.sites) == 4


def test_a_plan_of_nothing_has_nothing_to_take_over(planned):
    empty = replace(planned.planning.plan, sites=(), people_added=0.0)
    planned.planning.plan = empty
    assert not planned.planning.is_taken
    html = planned.render("plan", **shown_of(empty))
    assert "0 of 4 sites" in html
    assert "take_over" not in html


def test_a_standard_without_measures_has_a_note(session, monkeypatch):
    monkeypatch.setattr(proposals, "kinds_with_measures", lambda _kinds: ())
    proposals.make(session)
    assert "nothing can be planned" in session.stream.value("plan")


def test_choices_are_of_the_session_that_made_them(planned, area, store):
    other = Session(area, Texts("en"), store, account="budi", editor=True)
    planned.planning.accept_all()
    planned.planning.forbid_area(shapely.box(110, -7, 110.1, -6.9))
    assert len(planned.planning.of(KIND).accepted) == 4
    assert other.planning.of(KIND) == core_planning.Choices()
    assert other.planning.plan is None
    assert other.planning.areas == ()


@pytest.mark.slow
def test_each_step_of_the_planner_has_its_words(demo_layers):
    planner, seen = Area(demo_layers).planner, set()
    for ask in (Ask(units=1, seasons=("dry", "wet")), Ask(units=1, objective="worst_time", time_limit_s=5.0)):
        steps = []
        planner.plan(PlanQuestion(KIND, WhatIf(), ask), steps.append)
        found = [next(i for i, name in enumerate(proposals.STEPS) if s.startswith(name)) for s in steps]
        assert found == sorted(found)
        seen |= set(found)
    assert seen == set(range(len(proposals.STEPS)))


def test_too_many_sites_for_a_scenario_are_refused_in_words(planned, monkeypatch):
    monkeypatch.setattr(core_planning, "MOST_EDITS", 3)
    assert MOST_EDITS > 3
    planned.planning.take_over()
    assert planned.notice.severity == "error"
    assert "3 changes" in planned.notice.text
    assert planned.state.what_if.is_base
    assert not planned.planning.is_taken


@pytest.mark.slow
def test_money_without_costs_and_a_share_out_of_reach_are_told_as_other_errors(session):
    view = proposals._Proposals(session)
    view.asked({"act": "kind", "kind": KIND})
    view.asked({"act": "solve", "by": "budget_idr", "amount": "1 miliar"})
    assert session.notice.severity == "error"
    assert "needs the cost of every measure" in session.notice.text
    assert not session.planning.running
    view.asked({"act": "solve", "by": "budget_idr", "amount": "1 miliar", "cost-open_posyandu": "200 juta",
                "cost-staff_posyandu": "400 juta"})  # fmt: skip
    assert session.notice.text == ""
    plan = session.planning.plan
    assert sum(s.cost_idr for s in plan.sites) <= 1e9
    assert {s.cost_idr for s in plan.sites} <= {200e6, 400e6}
    assert "Rp" in session.stream.value("plan")


def test_a_point_of_the_curve_sets_the_number(planned):
    planned.state.kind = KIND
    view = proposals._Proposals(planned)
    curve = planned.planning.plan.curve
    number = next(i for i, p in enumerate(curve) if p.budget == 2)
    view.acted({"act": "point", "number": str(number)})
    assert view.typed["amount"] == "2"
    assert 'value="2"' in planned.stream.value("plan_form")
    view.acted({"act": "point", "value": str(len(curve))})
    view.acted({"act": "point", "value": "-1"})
    view.acted({"act": "point", "value": ""})
    assert view.typed["amount"] == "2"
    view.asked({"act": "solve"})
    assert len(planned.planning.plan.sites) == 2
    assert planned.planning.plan.people_added == pytest.approx(curve[number].value)


def test_the_kind_planned_for_is_the_kind_on_the_map(session):
    view = proposals._Proposals(session)
    view.asked({"act": "kind", "kind": "posyandu"})
    assert session.state.kind == view.kind == "posyandu"
    session.state.kind = "pustu"
    assert '<option value="pustu" selected>' in session.stream.value("plan_form")
    view.asked({"act": "kind", "kind": "rubbish"})
    assert session.state.kind == "pustu"


def test_the_form_of_the_page_before_is_filled_in_again(session):
    session.state.kind = KIND
    view = proposals._Proposals(session)
    said = {
        "by": "budget_idr",
        "amount": "350 juta",
        "objective": "worst_time",
        "kind": "pustu",
        "rubbish": "x",
    }
    view.asked({"act": "carried", **said})
    assert 'value="350 juta"' in session.stream.value("plan_form")
    assert '<option value="worst_time" selected>' in session.stream.value("plan_form")
    assert view.typed == {k: said[k] for k in ("by", "amount", "objective")}
    # The kind is the map's, and of the address.
    assert session.state.kind == KIND
    tools = whatif._WhatIf(session)
    tools.drawing({"act": "carried", "new_kind": "pustu", "road_class": "rubbish", "bridge": "on"})
    assert (tools.new_kind, tools.road_class, tools.bridge) == ("pustu", "residential", True)
    tools.drawing({"act": "carried", "new_kind": KIND, "road_class": "tertiary", "flood_season": "dry"})
    assert (tools.road_class, tools.flood_season, tools.bridge) == ("tertiary", "dry", False)
    # What is the map's kind is no choice of its own.
    other = whatif._WhatIf(session)
    other.drawing({"act": "carried", "new_kind": KIND})
    session.state.kind = "pustu"
    assert '<option value="pustu" selected>' in session.stream.value("tools")


def test_what_a_browser_says_of_no_site_does_nothing(planned):
    view = proposals._Proposals(planned)
    before = planned.planning.choices
    for act in ("accept", "forbid", "leave", "instead", "site", "rubbish"):
        view.acted({"act": act, "id": "nothing", "other": "nothing either"})
    assert all(not c.accepted and not c.forbidden for c in planned.planning.choices.values())
    assert planned.planning.chosen is None
    assert before == {}


def test_the_map_is_sent_sites_what_was_said_of_them_and_areas(planned):
    planning, plan = planned.planning, planned.planning.plan
    planning.say_of_site("accept", plan.sites[0].place.key)
    planning.say_of_site("forbid", plan.sites[1].place.key)
    planning.forbid_area(shapely.box(110, -7, 110.1, -6.9))
    message = plan_message(planned)
    assert [(m["n"], m["state"]) for m in message["sites"]] == [
        ("1", "accepted"), ("3", "proposed"), ("4", "proposed"), ("", "forbidden")
    ]  # fmt: skip
    assert message["areas"][0]["type"] == "Polygon"
    assert {a["act"] for a in message["sites"][0]["acts"]} == {"leave", "forbid", "open"}
    planning.discard()
    assert plan_message(planned)["sites"] == []


def test_names_from_files_are_text_on_the_page(planned):
    plan = planned.planning.plan
    one = replace(plan.sites[0], village_name=HOSTILE, district_name=HOSTILE, name=HOSTILE)
    hostile = replace(plan, sites=(one, *plan.sites[1:]))
    html = planned.render("plan", **shown_of(hostile, chosen=one))
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_an_area_from_the_map_is_heard_as_one():
    corners = [[110.0, -7.0], [110.1, -7.0], [110.1, -6.9]]
    assert heard({"type": "area", "line": corners})["line"] == [tuple(c) for c in corners]
    assert heard({"type": "area", "line": corners[:2]}) is None
    assert heard({"type": "line", "line": corners[:2]}) is not None


def test_the_chart_ends_where_the_curve_does():
    points = tuple(CurvePoint(float(b), float(p), float(p) * 1.1) for b, p in ((2, 5), (4, 8), (10, 10)))
    chart = curve_chart(SimpleNamespace(curve=points, here=(4.0, 8.0)))
    assert [x for x, _ in chart.reached] == [0.0, 0.25, 1.0]
    assert np.allclose([y for _, y in chart.bound], [0.5, 0.8, 1.0])
    assert chart.here == (0.25, 8 / 11)
    assert [n for *_, n in chart.columns] == [0, 1, 2]
    assert (chart.columns[0][0], chart.columns[-1][1]) == (0.0, 1.0)
    assert curve_chart(SimpleNamespace(curve=points[:1], here=(2.0, 1.0))) is None


@pytest.mark.slow
def test_a_unit_that_the_scenario_closes_can_be_accepted_and_forbidden(area):
    """Its measure is there because of the scenario alone."""
    unit = next(f for f, kind in area.layers.facilities["kind"].items() if kind == KIND)
    closed = WhatIf(edits=(CloseFacility(op="close_facility", id=unit),))
    first = area.planner.plan(PlanQuestion(KIND, closed, ASK), lambda _: None)
    [row] = first.candidates[first.candidates["facility_id"] == unit].itertuples()
    place = MeasurePlace(row.measure, row.facility_id, row.lon, row.lat)
    taken = area.planner.plan(PlanQuestion(KIND, closed, ASK, accepted=(place,)), lambda _: None)
    assert row.Index in taken.sites.index
    left = area.planner.plan(PlanQuestion(KIND, closed, ASK, forbidden=(place,)), lambda _: None)
    assert row.Index not in left.sites.index
    assert left.ask.forbidden == (row.Index,)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"ask": Ask(units=3, seasons=("wet",))},
        {"ask": Ask(units=3, backup=2, seasons=("dry",))},
        {"ask": Ask(units=3, capacity=True, seasons=("dry",))},
        {"areas": (shapely.box(107.2, -5.0, 107.4, -4.4),)},
        {"costs": {"open_posyandu": 1e7}},
        {"kind": "pustu"},
        {"basis": WhatIf(edits=(OpenFacility(id="x", kind=KIND, lonlat=(107.3, -4.88)),))},
    ],
    ids=["same", "season", "backup", "capacity", "area", "cost", "kind", "scenario"],
)
def test_a_plan_asked_again_is_what_a_planner_that_knows_nothing_gives(demo_layers, change):
    """What is known of the plan before saves its steps, and changes no answer."""
    planner = Area(demo_layers).planner
    asked = PlanQuestion(KIND, WhatIf(), Ask(units=3, seasons=("dry",)))
    first = planner.plan(asked, lambda _: None)
    row = next(first.sites.merge(first.candidates[["facility_id"]], left_index=True, right_index=True,
                                 suffixes=("", "_of")).itertuples())  # fmt: skip
    place = MeasurePlace(row.measure, row.facility_id, row.lon, row.lat)
    again = replace(asked, **change)
    if not {"kind", "areas"} & set(change):
        again = replace(again, forbidden=(place,))
    steps = []
    known = planner.plan(again, steps.append)
    fresh = Area(demo_layers).planner.plan(again, lambda _: None)
    assert known.people_added == fresh.people_added
    assert str(known.solution.proof) == str(fresh.solution.proof) == "optimal"
    assert known.ask.forbidden == fresh.ask.forbidden
    assert known.candidates.index.equals(fresh.candidates.index)
    same = set(change) <= {"ask"}
    assert ("candidates" not in steps) == same
    if not change:
        assert not [s for s in steps if s.startswith("reach of")]


@pytest.mark.slow
def test_a_plan_over_years_is_what_the_planner_gives(session, area):
    view = proposals.make.__globals__["_Proposals"](session)
    for act, value in (("years", "2"), ("typed", "")):
        view.asked({"act": act, "years": value} if value else {"act": act, "amount": "2"})
    view.asked({"act": "kind", "kind": KIND})
    view.solve()
    plan = session.planning.plan
    assert plan is not None, session.notice.text
    first = plan.question.years[0]
    years = [{"year": y, "units": 2} for y in (first, first + 1)]
    own = rollout(Study(area.layers), RolloutPlan.model_validate({"kind": KIND, "years": years}))
    assert [(y.year, y.decided, y.working) for y in plan.years] == [
        (int(r.Index), r.units_decided, r.units_working) for r in own.plan.itertuples()
    ]
    np.testing.assert_allclose([y.people_added for y in plan.years], own.plan["people_added"])
    assert plan.people_added == pytest.approx(own.people_added)
    assert sorted(s.year_works for s in plan.sites) == sorted(own.sites["year_works"])
    # The map of a year shows what works by then.
    shown = [[m["key"] for m in plan_message(session)["sites"]]]
    view.acted({"act": "until", "value": str(first)})
    shown.append([m["key"] for m in plan_message(session)["sites"]])
    assert shown == [
        [s.place.key for s in plan.sites], [s.place.key for s in plan.sites if s.year_works <= first]
    ]  # fmt: skip
    # All of it goes into the scenario, as the last year has it.
    session.planning.take_over()
    assert session.state.answer.reach(KIND, "dry")["people_reached"] == pytest.approx(
        plan.shares.now + own.people_added
    )
    # Solved again, it is over the same years.
    session.planning.again()
    assert session.planning.plan.question.years == plan.question.years


@pytest.mark.slow
def test_over_years_accepted_places_are_taken_and_forbidden_ones_are_not(area):
    ask = Ask(units=2, seasons=("dry",))
    free = plan_of(area.planner.plan(PlanQuestion(KIND, WhatIf(), ask, years=(2027, 2028)), lambda _: None),
                   PlanQuestion(KIND, WhatIf(), ask))  # fmt: skip
    first, last = free.sites[0].place, free.sites[-1].place
    asked = PlanQuestion(KIND, WhatIf(), ask, accepted=(last,), forbidden=(first,), years=(2027, 2028))
    plan = plan_of(area.planner.plan(asked, lambda _: None), asked)
    places = {s.place for s in plan.sites}
    assert last in places
    assert first not in places
