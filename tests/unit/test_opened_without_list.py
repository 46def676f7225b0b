"""Of a kind without a list, what the scenario itself opens is known; everything else is unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geodata.errors import ConfigError
from planner.cli.headline import headline
from planner.coverage.known.extent import extent_findings
from planner.coverage.study import Study
from planner.ilp.model import Ilp
from planner.pipeline import demo_layers, summary
from planner.scenarios.edits import ChangeFacility, CloseFacility, OpenFacility
from planner.scenarios.scenario import default_scenario

pytestmark = pytest.mark.slow

KIND, NEW = "pustu", "new-1"


def without_list(*, roads=True):
    """Return an area without any list of pustu."""
    area = demo_layers(12)
    kinds = tuple(k for k in area.area.listed_kinds if k not in (KIND, "poskesdes"))
    rows = area.facilities[~area.facilities["kind"].isin([KIND, "poskesdes"])]
    known = replace(area, area=replace(area.area, listed_kinds=kinds), facilities=rows)
    return known if roads else replace(known, roads=None)


def opening(area):
    """Return an edit that opens a pustu in the middle of the first village."""
    middle = area.villages.geometry.iloc[:1].representative_point().to_crs(4326).iloc[0]
    return OpenFacility(id=NEW, kind=KIND, lonlat=(middle.x, middle.y))


def near_limit(scenario, minutes):
    """Return the scenario with so short a limit of pustu that not all are within it."""
    rule = scenario.standard[KIND].model_copy(update={"limit_minutes": minutes, "fair_minutes": None})
    return scenario.model_copy(update={"standard": {**scenario.standard, KIND: rule}})


@pytest.mark.parametrize("roads", [True, False])
def test_who_is_near_what_the_scenario_opens_is_reached_and_all_others_are_unknown(roads):
    area = without_list(roads=roads)
    scenario = near_limit(default_scenario(), 5.0)
    gaps = Study(area, scenario=scenario).gaps([opening(area)])
    found = gaps.coverage[KIND]
    # The same units where the list is there, and is said to be whole, are the times to compare with.
    whole = replace(
        area,
        area=replace(area.area, listed_kinds=(*area.area.listed_kinds, KIND), official={KIND: 0}),
    )
    times = Study(whole, scenario=scenario).gaps([opening(area)]).coverage[KIND]
    assert 0 < times.reached.sum() < len(times.reached)
    assert (found.reached == times.reached).all()
    assert set(found.reason[~found.reached]) <= {"list_incomplete", "people_unplaced"}
    assert set(found.villages["status"]) <= {"served", "unknown"}
    assert found.villages["people_reached"].sum() == pytest.approx(times.villages["people_reached"].sum())
    # In the village of the unit there is one; of the others nobody knows.
    assert found.villages["present"].value_counts().to_dict() == {"unknown": 11, "yes": 1}


def test_without_such_an_edit_everything_is_unknown_as_before():
    area = without_list()
    study = Study(area)
    for edits in ([], [CloseFacility(id=area.facilities.index[0])]):
        gaps = study.gaps(edits)
        assert not gaps.coverage[KIND].listed
        assert set(gaps.coverage[KIND].villages["status"]) == {"unknown"}
        assert KIND not in gaps.extent.why


def test_a_unit_that_becomes_one_counts_too():
    area = without_list()
    first = area.facilities.index[area.facilities["kind"] == "puskesmas"][0]
    gaps = Study(area).gaps([ChangeFacility(id=first, kind=KIND)])
    assert gaps.coverage[KIND].reached.any()


def test_every_output_says_what_is_known_and_what_is_not():
    area = without_list()
    gaps = Study(area, scenario=near_limit(default_scenario(), 5.0)).gaps([opening(area)])
    told = summary(gaps)["kinds"][KIND]
    assert told["listed"]
    assert told["villages_unknown"] + told["villages_served"] == 12
    assert "no list was given" in told["incomplete"][KIND]
    [line] = [line for line in headline(summary(gaps)).splitlines() if line.strip().startswith(KIND)]
    assert "at least" in line
    assert "no list" not in line
    [said] = [f.message for f in extent_findings(gaps.extent, area) if f.message.startswith(KIND)]
    assert "1 unit of the scenario" in said
    answers = Ilp(gaps).answers[KIND]
    reached = gaps.coverage[KIND].villages["status"] == "served"
    assert (answers["reachable_dry"][reached] == "yes").all()
    assert set(answers["present"]) == {"yes", "unknown"}


def test_the_answer_is_that_of_the_plan():
    from planner.pipeline import Ask, as_if_none, site

    area = without_list()
    plan = site(Study(as_if_none(area, KIND)), KIND, Ask(units=2))
    again = Study(area, scenario=plan.scenario).gaps().coverage[KIND]
    promised = plan.after.coverage[KIND]
    assert (again.reached == promised.reached).all()
    assert np.array_equal(again.villages["status"], promised.villages["status"])


def test_a_mode_that_is_not_ready_is_asked_for():
    area = without_list()
    rule = default_scenario().standard[KIND].model_copy(update={"mode": "walking", "also": ()})
    standard = {k: r for k, r in default_scenario().standard.items() if k != "posyandu"}
    scenario = default_scenario().model_copy(update={"standard": {**standard, KIND: rule}})
    with pytest.raises(ConfigError, match=r"pustu.*'walking' was not prepared"):
        Study(area, scenario=scenario).gaps([opening(area)])
    assert Study(area, scenario=scenario, modes=["walking"]).gaps([opening(area)]).coverage[KIND].listed
