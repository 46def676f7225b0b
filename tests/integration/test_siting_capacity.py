"""Plans in which units have room for so many: against people given to units by the engine, and as files."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.errors import ConfigError, UnprovenError
from planner import scenario as scenario_of
from planner.cli.site import in_words
from planner.pipeline import Ask, Floor, Ilp, Study, robustness, site
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.workbook.plan import plan_sheets
from planner.reports.workbook.words import BookWords
from planner.scenarios.edits import ChangeFacility, OpenFacility
from planner.scenarios.scenario import read_scenario
from planner.siting.capacity import GivenRoom, require_room
from planner.siting.measures import Measures, default_measures

KIND, SPOTS, STANDARD = "posyandu", 6, 1250.0


@pytest.fixture(scope="module")
def study(demo_layers):
    return Study(demo_layers)


@pytest.fixture(scope="module")
def spots(study):
    """A few places, so that all choices can be tried: amid many people, most of them with a unit in reach."""
    people = study.demand["people"].fillna(0.0).to_numpy()
    some = np.argsort(-people, kind="stable")[: 3 * SPOTS : 3]
    return gpd.GeoDataFrame(geometry=study.demand.geometry.to_numpy()[some], crs=study.layers.area.crs)


def opening(capacity=None):
    """Only new units; so many people in each, or the standard's number."""
    name, measure = next((n, m) for n, m in default_measures().of_kind(KIND).items() if m.op == "open")
    return Measures(measures={name: measure.model_copy(update={"capacity_people": capacity})})


def with_room(study, *edits):
    """Who has room, as the loads of the ILP model have it: nothing of siting is asked."""
    found = Ilp(study.gaps((*study.scenario.edits, *edits))).allocation(KIND)
    return float(found.people.sum())


@pytest.mark.slow
@pytest.mark.parametrize("capacity", [None, 400.0])
def test_the_best_of_all_choices(study, spots, capacity):
    plan = site(study, KIND, Ask(units=2, capacity=True), places=spots, measures=opening(capacity))
    rows, best = plan.candidates, -1.0
    assert len(rows) == SPOTS
    now = with_room(study)
    for pair in combinations(range(len(rows)), 2):
        edits = [
            OpenFacility(id=f"new{j}", kind=KIND, lonlat=(rows["lon"].iloc[j], rows["lat"].iloc[j]),
                         capacity_people=capacity)
            for j in pair
        ]  # fmt: skip
        best = max(best, with_room(study, *edits) - now)
    assert 0.0 < best <= 2 * (capacity or STANDARD)
    assert plan.people_added == pytest.approx(best, abs=1e-6)
    assert str(plan.solution.proof) == "optimal"
    assert plan.people_now == pytest.approx(now, abs=1e-6)
    # Reopened, the scenario has the same room: it keeps what a measure says.
    again = with_room(study, *plan.scenario.edits)
    assert again - now == pytest.approx(best, abs=1e-6)


@pytest.mark.slow
def test_a_full_unit_is_relieved(study):
    """Whom a full unit leaves out has room at one beside it, though within the limit already."""
    now = Ilp(study.gaps())
    worst = now.beyond[f"{KIND}_people_beyond"].idxmax()
    rows = study.layers.facilities
    full = rows[(rows["kind"] == KIND) & (rows["village_code"] == worst)].iloc[[0]]
    assert now.loads.loc[full.index[0], "load"].max() == pytest.approx(1.0)
    beside = gpd.GeoDataFrame(geometry=full.geometry.to_numpy(), crs=full.crs)
    plain, plan = (
        site(study, KIND, Ask(units=1, capacity=c), places=beside, measures=opening()) for c in (False, True)
    )
    assert plain.people_added == 0.0
    assert plan.people_added == pytest.approx(STANDARD)
    assert plan.people_now < plain.people_now


@pytest.mark.slow
def test_tables_say_how_full_it_is(study):
    plan = site(study, KIND, Ask(units=4, capacity=True))
    sites, villages = plan.sites, plan.villages
    assert sites["people_added"].sum() == pytest.approx(plan.people_added, abs=1e-6)
    # Rounding of parts of people makes no unit more than full.
    assert (sites["people_allocated"] <= sites["capacity_people"]).all()
    assert (sites["load"] <= 1.0).all()
    loads = Ilp(plan.after).loads.loc[lambda t: t["serves_as"] == KIND]
    own = loads.reindex(sites["facility_id"])
    for column in ("capacity_people", "people_allocated", "load"):
        assert sites[column].tolist() == pytest.approx(own[column].tolist())
    before, after = (villages[f"{KIND}_people_with_room{x}"] for x in ("_before", ""))
    assert after.sum() - before.sum() == pytest.approx(plan.people_added, abs=1e-6)
    beyond = Ilp(plan.after).beyond[f"{KIND}_people_beyond"]
    within = villages[f"{KIND}_people_reached"]
    # Tables have six decimals.
    assert (within - after).to_numpy() == pytest.approx(beyond.to_numpy(), abs=1e-5, nan_ok=True)


@pytest.mark.slow
def test_units_for_everybody_make_it_the_plain_plan(study, spots):
    wide_scenario = scenario_of(standard={KIND: {"people_per_unit": 1e7}})
    wide = Study(study.layers, scenario=wide_scenario)
    plan, plain = (
        site(wide, KIND, Ask(units=2, capacity=c), places=spots, measures=opening()) for c in (True, False)
    )
    assert plan.people_added == pytest.approx(plain.people_added, abs=1e-6)
    assert plan.people_now == pytest.approx(plain.people_now, abs=1e-6)


@pytest.mark.slow
def test_the_wet_season_and_money(study, spots):
    costs = default_measures().of_kind(KIND)
    priced = Measures(measures={n: m.model_copy(update={"cost_idr": 50e6}) for n, m in costs.items()})
    ask = Ask(budget_idr=120e6, capacity=True, seasons=("wet",))
    plan = site(study, KIND, ask, places=spots, measures=priced)
    assert len(plan.sites) == 2
    wet = study.scenario.model_copy(update={"season": "wet"})
    now, then = (
        with_room(Study(study.layers, scenario=wet), *edits)
        for edits in ((), plan.scenario.edits[len(study.scenario.edits) :])
    )
    assert then - now == pytest.approx(plan.people_added, abs=1e-6)


@pytest.mark.slow
def test_an_earlier_plan_is_taken_over(study):
    ask = Ask(units=3, capacity=True)
    first = site(study, KIND, ask)
    gone = first.sites.index[0]
    again = site(study, KIND, Ask(units=3, capacity=True, forbidden=(gone,)), earlier=first)
    fresh = site(study, KIND, Ask(units=3, capacity=True, forbidden=(gone,)))
    assert again.people_added == pytest.approx(fresh.people_added, abs=1e-6)
    assert gone not in again.sites.index
    # And a plan without capacity tells of no bound for one with it.
    plain = site(study, KIND, Ask(units=3))
    after_plain = site(study, KIND, ask, earlier=plain)
    assert after_plain.people_added == pytest.approx(first.people_added, abs=1e-6)


@pytest.mark.parametrize("more", [
    {"objective": "villages"}, {"objective": "worst_time"}, {"floors": (Floor("all", 0.5),)}, {"backup": 2},
    {"gradual_minutes": 30.0}, {"seasons": ("dry", "wet")},
])  # fmt: skip
def test_what_does_not_go_with_capacity_is_refused(more):
    with pytest.raises(ConfigError, match="capacity"):
        Ask(units=2, capacity=True, **more)


@pytest.mark.slow
def test_refused_in_words(study, demo_layers):
    with pytest.raises(ConfigError, match="capacity goes with"):
        Ask(target=0.9, capacity=True)
    with pytest.raises(ConfigError, match="true or false"):
        Ask(units=1, capacity="yes")
    endless = Study(demo_layers, scenario=scenario_of(standard={KIND: {"people_per_unit": None}}))
    with pytest.raises(ConfigError, match="nobody says how many people a posyandu has room for"):
        site(endless, KIND, Ask(units=1, capacity=True))
    with pytest.raises(ConfigError, match="leave capacity out"):
        robustness(study, site(study, KIND, Ask(units=1, capacity=True)))
    with pytest.raises(UnprovenError, match=r"room for 2\.0"):
        require_room(GivenRoom(np.zeros(1), pd.DataFrame()), GivenRoom(np.full(1, 2.0), pd.DataFrame()), 3.0)


@pytest.mark.slow
def test_files(on_demo):
    status, _said, out = on_demo("site", "--kind", KIND, "--units", "3", "--capacity", out="room")
    assert status == 0
    record = json.loads((out / "run.json").read_text())
    sites, villages = (pd.read_csv(out / f) for f in ("sites.csv", "villages_after.csv"))
    assert record["ask"]["capacity"] is True
    assert record["solver"]["unit"] == "people_with_room"
    assert sites["people_added"].sum() == pytest.approx(record["people_added"], abs=1e-3)
    assert villages[f"{KIND}_people_with_room_before"].sum() == pytest.approx(record["people_reached_before"])
    curve = pd.read_csv(out / "curve.csv")
    assert (curve["people_with_room"] <= curve["bound"] + 1e-6).all()
    assert "only as far as units within the limit have room" in (out / "map.html").read_text() or (
        "daya tampung" in (out / "map.html").read_text()
    )
    assert read_scenario(out / "scenario.yml").edits[-1].op in ("open_facility", "change_facility")
    with pytest.raises(ConfigError, match="capacity"):
        read_plan_folder(out)
    [sheet] = plan_sheets(out, record["area"]["code"], BookWords("id", [KIND]))
    assert sheet is not None


@pytest.mark.slow
def test_the_console_says_what_counts(study):
    lines = in_words(site(study, KIND, Ask(units=2, capacity=True)))
    assert "people more with room at units within the limit" in lines[0]
    assert "has room for more people" in lines[1]


def enlarging(capacity=None):
    """Nothing but making a pustu of a poskesdes that counts as one already."""
    one = default_measures().measures["upgrade_to_pustu"]
    return Measures(measures={"upgrade_to_pustu": one.model_copy(update={"capacity_people": capacity})})


@pytest.fixture(scope="module")
def crowded(demo_layers):
    """Four poskesdes that count as pustu, with room for 300 people each by their list, two by none."""
    rows = demo_layers.facilities.copy()
    some = rows.index[rows["kind"] == "pustu"][:4]
    rows.loc[some, "kind"] = "poskesdes"
    rows["capacity_people"] = np.nan
    rows.loc[some[:2], "capacity_people"] = 300.0
    standard = {"pustu": {"counts": ["poskesdes"], "people_per_unit": 900.0}}
    return Study(replace(demo_layers, facilities=rows), scenario=scenario_of(standard=standard)), some


def with_pustu(study, *edits):
    return float(Ilp(study.gaps((*study.scenario.edits, *edits))).allocation("pustu").people.sum())


def test_a_unit_that_counts_already_adds_the_room_that_it_gets_more(crowded):
    study, some = crowded
    plan = site(study, "pustu", Ask(units=2, capacity=True), measures=enlarging(700.0))
    now = with_pustu(study)
    best = max(
        with_pustu(study, *(ChangeFacility(id=i, kind="pustu", capacity_people=700.0) for i in pair))
        for pair in combinations(some, 2)
    )
    assert best > now
    assert plan.people_added == pytest.approx(best - now, abs=1e-6)
    assert plan.sites["facility_id"].isin(some).all()
    assert plan.sites["capacity_people"].tolist() == [700.0] * len(plan.sites)
    assert {e.capacity_people for e in plan.scenario.edits} == {700.0}


def test_without_a_number_of_the_measure_the_lists_own_room_stays(crowded):
    """Nothing to gain: what the list says of a unit counts before the standard, after the measure too."""
    study, some = crowded
    plan = site(study, "pustu", Ask(units=1, capacity=True), measures=enlarging())
    assert plan.people_added == 0.0
    change = ChangeFacility(id=some[0], kind="pustu")
    assert with_pustu(study, change) == pytest.approx(with_pustu(study))
    with pytest.raises(ConfigError, match="would have room for no more"):
        site(
            study,
            "pustu",
            Ask(units=1, capacity=True, forced=(plan.candidates.index[0],)),
            measures=enlarging(),
        )


def test_what_adds_no_room_stays_so_when_it_was_forbidden_before(crowded):
    """As the app asks again: forbidden first, then forced, each time with the plan before at hand."""
    study, _ = crowded
    first = site(study, "pustu", Ask(units=1, capacity=True), measures=enlarging())
    name = first.candidates.index[0]
    barred = Ask(units=1, capacity=True, forbidden=(name,))
    second = site(study, "pustu", barred, measures=enlarging(), earlier=first)
    with pytest.raises(ConfigError, match="would have room for no more"):
        site(
            study, "pustu", Ask(units=1, capacity=True, forced=(name,)), measures=enlarging(), earlier=second
        )
    free = site(study, "pustu", Ask(units=1, capacity=True), measures=enlarging(), earlier=second)
    assert free.people_added == 0.0
    assert free.problem.room.idle.all()


def test_a_unit_that_nobody_needs_is_empty_and_not_unknown(crowded):
    """Forced far from everybody: its load is 0, as its capacity is known."""
    study, _ = crowded
    spot = gpd.GeoDataFrame(
        geometry=[study.demand.geometry.iloc[0], shapely.Point(study.layers.villages.total_bounds[:2])],
        crs=study.layers.area.crs,
    )
    name, one = next((n, m) for n, m in default_measures().of_kind("pustu").items() if m.op == "open")
    opened = Measures(measures={name: one})
    plan = site(study, "pustu", Ask(units=1, capacity=True), places=spot, measures=opened)
    idle = next(c for c in plan.candidates.index if c not in plan.sites.index)
    forced = site(study, "pustu", Ask(units=1, capacity=True, forced=(idle,)), places=spot, measures=opened)
    row = forced.sites.loc[idle]
    assert (row["capacity_people"], row["people_allocated"], row["load"]) == (900.0, 0.0, 0.0)


def test_what_a_choice_costs_is_not_told_by_time_alone(crowded):
    study, _ = crowded
    barred = site(study, "pustu", Ask(units=1, capacity=True), measures=enlarging(700.0)).sites.index[0]
    plan = site(study, "pustu", Ask(units=1, capacity=True, forbidden=(barred,)), measures=enlarging(700.0))
    assert not plan.can_cost_choices
    with pytest.raises(ConfigError, match="without capacity"):
        plan.cost_of_choices()
