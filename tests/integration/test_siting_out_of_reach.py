"""What no plan reaches is told as it is: how much can be reached, and why not more."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from street import CODES, M_A_MINUTE, scenario_with, street
from support import at

from geodata.errors import ConfigError, InputError
from planner.pipeline import Ask, Floor, Study, site
from planner.siting.distance.center import p_center
from planner.siting.distance.distances import DistanceInstance
from planner.siting.distance.set_cover import SetCover
from planner.siting.objectives import out_of_reach
from planner.siting.solution import solution

KIND, LIMIT = "posyandu", 4.0
# Every 3 km a hamlet of 100 people; who is at a candidate reaches it at once.
HAMLETS = [3000.0 * i for i in range(8)]


def town(spots):
    layers = street(HAMLETS, [("P1", KIND, 60_000.0)], listed=(KIND,))
    study = Study(layers, scenario=scenario_with(KIND, limit_minutes=LIMIT, limit_minutes_wet=LIMIT))
    places = gpd.GeoDataFrame(geometry=[at(x, 0) for x in spots], crs=layers.area.crs)
    return study, places


def most_apart(spots, metres, near=LIMIT * M_A_MINUTE):
    """How many hamlets any choice of spots so far apart reaches, by trying all."""
    best = 0
    for n in range(len(spots) + 1):
        for some in itertools.combinations(spots, n):
            if all(abs(a - b) >= metres for a, b in itertools.combinations(some, 2)):
                best = max(best, sum(any(abs(h - s) <= near for s in some) for h in HAMLETS))
    return best


@pytest.mark.slow
def test_the_most_is_that_of_plans_that_keep_the_rules():
    spots = [0.0, 3000.0, 6000.0, 9000.0, 12000.0, 15000.0, 18000.0]
    study, places = town(spots)
    most = most_apart(spots, 5000.0)
    assert most == 4
    with pytest.raises(ConfigError, match=r"no plan reaches more than 50\.00% of people") as told:
        site(study, KIND, Ask(target=0.6, min_distance_m=5000.0), places=places)
    assert (told.value.why, told.value.values) == ("against_rules", {"most_percent": 50.0})
    assert "candidates exclude each other" in str(told.value)
    # No village is the reason, and none is blamed.
    assert not re.search(r"99\.01", str(told.value))
    kept = site(study, KIND, Ask(target=most / 8, min_distance_m=5000.0), places=places)
    assert len(kept.sites) == 4


@pytest.mark.slow
def test_where_nobody_is_near_villages_are_named_with_rules_too():
    study, places = town([0.0, 3000.0])
    with pytest.raises(ConfigError, match=r"together.* reach 25\.00%\. 6 villages have people") as told:
        site(study, KIND, Ask(target=0.6, min_distance_m=5000.0), places=places)
    assert told.value.why == "target_out_of_reach"
    assert CODES[2] in str(told.value)


def test_a_bound_that_is_not_proven_says_so(monkeypatch):
    most_people = out_of_reach.most_people

    def unproven(instance, budget, **search):
        found = most_people(instance, budget, **search)
        return solution(found.chosen, found.objective, found.objective + 33.33)

    monkeypatch.setattr(out_of_reach, "most_people", unproven)
    study, places = town([0.0, 3000.0, 6000.0])
    with pytest.raises(ConfigError, match=r"reaches 25\.00% of people \(at most 29\.17% is possible; not"):
        site(study, KIND, Ask(target=0.375, min_distance_m=5000.0), places=places)


@pytest.mark.slow
def test_floors_against_rules():
    study, places = town([0.0, 3000.0])
    both = (Floor("all", 0.25),)
    with pytest.raises(ConfigError, match=r"floors: .*no plan reaches more than 12\.50% of people"):
        site(study, KIND, Ask(units=2, floors=both, min_distance_m=5000.0), places=places)
    with pytest.raises(ConfigError, match=r"target 10% and floors: .*more than 12\.50% of people"):
        site(study, KIND, Ask(target=0.1, floors=both, min_distance_m=5000.0), places=places)
    # Where the rules leave enough, it is the size.
    with pytest.raises(ConfigError, match="no plan of this size keeps the floors"):
        site(study, KIND, Ask(units=1, floors=both, min_distance_m=2000.0), places=places)


@pytest.mark.slow
def test_floors_that_only_together_are_too_much():
    """One of two places: each of two groups is reached from the one that is near it."""
    study, places = town([0.0, 3000.0])
    layers = study.layers
    villages = layers.villages.copy()
    villages["district_code"] = np.where(villages.index == CODES[0], "99.01.01", "99.01.02")
    villages["district_name"] = np.where(villages.index == CODES[0], "Hulu", "Hilir")
    apart = Study(replace(layers, villages=villages), scenario=study.scenario)
    asked = Ask(target=0.1, target_in="district", min_distance_m=5000.0)
    with pytest.raises(ConfigError, match=r"keeps all shares at once \(Hulu, Hilir\)") as told:
        site(apart, KIND, asked, places=places)
    assert told.value.why == "floors_together"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "solver", "does"),
    [
        (("--units", "5"), "most_people_with_floors", "keeps the floors"),
        (("--target", "0.9"), "fewest_units", "reaches the target and keeps the floors"),
    ],
)
def test_no_plan_in_time_is_one_sentence(words, solver, does, on_demo, monkeypatch):
    """Neither HiGHS nor the greedy choice had the time to find one."""
    none = solution(np.empty(0, np.int64), np.nan, 1e9)
    monkeypatch.setattr(f"planner.siting.objectives.people.{solver}", lambda *_, **__: none)
    asked = ("--kind", KIND, *words, "--floor", "all=0.8", "--time-limit", "0.5")
    status, said, out = on_demo("site", *asked)
    assert (status, out.exists()) == (2, False)
    assert f"in 0.5 s no plan was found that {does}, and none was ruled out: allow more time" in said


def test_no_plan_of_times_in_time_is_one_sentence(monkeypatch):
    none = SetCover(np.empty(0, np.int64), None)
    monkeypatch.setattr("planner.siting.distance.center.cover_rows", lambda *_, **__: none)
    table = np.array([[0.0, 9.0, np.inf], [np.inf, 0.0, 4.0], [8.0, np.inf, 1.0]])
    instance = DistanceInstance.from_matrix(np.array([10.0, 1.0, 2.0]), table)
    with pytest.raises(InputError, match="serves all places, and none was ruled out: allow more time"):
        p_center(instance, 2, time_limit_s=7.0)
