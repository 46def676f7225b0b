"""Alternatives of a plan for most villages, and its bound: each by a reckoning of its own."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from planner.pipeline import Ask, Study, demo_layers, site
from planner.scenarios.edits import CloseFacility
from planner.scenarios.scenario import default_scenario
from planner.siting.objectives import villages
from planner.siting.solution import Proof, solution

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan():
    layers, scenario = demo_layers(12), default_scenario()
    rule = scenario.standard["posyandu"].model_copy(update={"limit_minutes": 30.0})
    ids = layers.facilities.index[layers.facilities["kind"] == "posyandu"]
    edits = tuple(CloseFacility(id=one) for one in ids)
    scenario = scenario.model_copy(
        update={"edits": edits, "standard": {**scenario.standard, "posyandu": rule}}
    )
    study = Study(layers, scenario=scenario)
    # Every other place of people, a little beside it: many equal ones in each village.
    xy = study.demand.geometry.iloc[::2].get_coordinates().to_numpy() + 40.0
    places = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=study.demand.crs)
    return site(study, "posyandu", Ask(units=3, objective="villages"), places=places)


def newly_served(plan, chosen):
    """Return how many villages are served with some candidates, and are not today."""
    demand, reach = plan.before.demand, plan.reach
    lists = reach.by_candidate
    reached = reach.already.copy()
    for j in chosen:
        reached[lists.item[lists.first[j] : lists.first[j + 1]]] = True
    served = plan.before.scenario.status.served
    now, then = (
        (demand["weight"] * who).groupby(demand["village_code"]).sum().round(9) >= served
        for who in (reach.already, reached)
    )
    return int((then & ~now).sum())


def test_of_equal_alternatives_the_nearest_are_told(plan):
    objective, chosen = int(plan.solution.objective), plan.solution.chosen.tolist()
    xy = plan.candidates.geometry.get_coordinates().to_numpy()
    places = list(zip(plan.candidates["lon"], plan.candidates["lat"], strict=True))
    assert newly_served(plan, chosen) == objective
    counts = []
    for j in chosen:
        rest = [k for k in chosen if k != j]
        taken = {places[k] for k in rest}
        can = []
        for k in range(len(plan.candidates)):
            if k in chosen or places[k] in taken or plan.instance.forbidden[k]:
                continue
            lost = objective - newly_served(plan, [*rest, k])
            if lost <= 0.01 * objective:
                can.append((lost, np.hypot(*(xy[k] - xy[j])).round(6), k))
        wanted = [k for _, _, k in sorted(can)[:3]]
        counts.append(len(can))
        assert [k for k, _ in plan.answer.stand_ins[j]] == wanted
    assert max(counts) > 3


def test_a_bound_that_the_curve_proves_is_the_plans_too(plan, monkeypatch):
    """As where the time is up for the plan itself: a larger budget proves what it could not."""
    real = villages._lift

    def loose(problem, towns, budget, **most):
        found = real(problem, towns, budget, **most)
        if budget == problem.budget:
            return replace(found, bound=found.objective + 50.0, proof=Proof.FEASIBLE)
        return replace(found, bound=found.objective)

    monkeypatch.setattr(villages, "_lift", loose)
    answer = villages.most_villages_plan(plan.problem)
    row = answer.curve.set_index("budget").loc[3.0]
    assert row["bound"] < plan.solution.objective + 50.0
    assert answer.solution.bound == row["bound"]


@pytest.mark.parametrize(
    ("objective", "bound", "on_curve", "wanted"),
    [
        (10.0, 17.0, 11.0, 11.0), (10.0, 11.0, 17.0, 11.0), (10.0, 17.0, 9.0, 10.0),
        (10.0, 4.0, 8.0, 8.0), (10.0, 8.0, 4.0, 8.0), (10.0, 4.0, np.nan, 4.0),
    ],
)  # fmt: skip
def test_the_tighter_bound_of_two_is_taken(plan, objective, bound, on_curve, wanted):
    from planner.siting.objectives.problem import tightened

    curve = pd.DataFrame(
        {"budget": [1.0, 3.0], "villages_lifted": [1.0, objective], "bound": [1.0, on_curve]}
    )
    found = tightened(plan.problem, solution(np.array([0]), objective, bound), curve)
    assert found.bound == wanted
    assert (found.proof is Proof.OPTIMAL) == (wanted == objective)
