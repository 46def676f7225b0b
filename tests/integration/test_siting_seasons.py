"""Plans for both seasons where the wet one has the longer limit: the dry season decides about many."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from street import scenario_with, street

from planner.pipeline import Ask, RolloutPlan, Study, find_gaps, rollout, site
from planner.reports.siting import siting_record

KIND = "pustu"


@pytest.fixture(scope="module")
def study(demo_layers):
    return Study(demo_layers, scenario=scenario_with(KIND, limit_minutes=12, limit_minutes_wet=60))


@pytest.fixture(scope="module")
def places(study):
    """Where one is in time in the wet season, and not in the dry."""
    dry, wet = (study.gaps().seasons[season][KIND].within for season in ("dry", "wet"))
    return gpd.GeoDataFrame(geometry=study.demand.geometry.to_numpy()[wet & ~dry], crs=study.layers.area.crs)


def reached_in_both(gaps):
    """By village: people and share reached, each point by its times against the limits of the seasons."""
    dry, wet = (gaps.seasons[season][KIND].minutes for season in ("dry", "wet"))
    both = (dry <= 12) & (wet <= 60)
    people = gaps.demand["people"].where(both, 0.0).groupby(gaps.demand["village_code"]).sum(min_count=1)
    share = gaps.demand["weight"].where(both, 0.0).groupby(gaps.demand["village_code"]).sum()
    order = gaps.layers.villages.index
    return people.reindex(order), share.reindex(order)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["people", "villages"])
def test_villages_of_a_plan_are_those_of_both_seasons(study, places, objective):
    plan = site(study, KIND, Ask(units=3, seasons=("dry", "wet"), objective=objective), places=places)
    assert len(plan.sites)
    for gaps, when in ((plan.before, "_before"), (plan.after, "")):
        people, share = reached_in_both(gaps)
        assert np.allclose(plan.villages[f"{KIND}_share_reached{when}"], share, atol=1e-8)
        known = people.notna()
        assert np.allclose(plan.villages[f"{KIND}_people_reached{when}"][known], people[known], atol=1e-6)
        served = (share.round(9) >= plan.before.scenario.status.served).sum()
        assert (plan.villages[f"{KIND}_status{when}"] == "served").sum() == served
    record = siting_record(plan)
    more = record["villages_served_after"] - record["villages_served_before"]
    assert more == plan.sites["villages_added"].sum()
    if objective == "villages":
        assert more == plan.solution.objective > 0
    gained = plan.villages[f"{KIND}_people_reached"] - plan.villages[f"{KIND}_people_reached_before"]
    assert gained.sum() == pytest.approx(plan.people_added, abs=1e-6)
    # Who has the site as the nearest unit in the season that counts is within its limit.
    both = plan.after.in_each(KIND, ("dry", "wet"))
    assert plan.sites["people_own"].sum() <= both.facilities["people_own"].sum()
    assert plan.sites["people_own"].sum() >= plan.people_added - 1e-6


@pytest.mark.slow
def test_the_years_of_a_rollout_are_of_both_seasons(study, places):
    years = [{"year": 2027, "units": 1}, {"year": 2028, "units": 2}]
    asked = RolloutPlan.model_validate({"kind": KIND, "years": years, "both_seasons": True})
    plan = rollout(study, asked, places=places)
    assert plan.people_added > 0
    for year, table in plan.villages_by_year.items():
        gained = table[f"{KIND}_people_reached"] - table[f"{KIND}_people_reached_before"]
        assert gained.sum() == pytest.approx(plan.plan.loc[year, "people_added"], abs=1e-6)
    _, share = reached_in_both(plan.after)
    served = (share.round(9) >= plan.before.scenario.status.served).sum()
    assert plan.plan["villages_served"].iloc[-1] == served


@pytest.mark.slow
def test_with_equal_limits_the_wet_season_decides(demo_layers):
    study = Study(demo_layers)
    plan = site(study, KIND, Ask(units=2, seasons=("dry", "wet")))
    wet = plan.after.seasons["wet"][KIND].villages
    for column in ("people_reached", "share_reached", "status", "reason"):
        assert plan.villages[f"{KIND}_{column}"].equals(wet[column]), column


def test_known_not_to_be_reached_in_one_season_decides(study):
    """Of what nobody knows in the other season nothing follows then."""
    gaps = study.gaps()
    dry, wet = (gaps.seasons[season][KIND] for season in ("dry", "wet"))
    both = gaps.in_each(KIND, ("wet", "dry"))
    assert (both.reached == (dry.reached & wet.reached)).all()
    assert (both.within == (dry.within & wet.within)).all()
    only = wet.reached & ~dry.reached
    assert only.any()
    assert (both.reason_code[only] == dry.reason_code[only]).all()
    assert np.array_equal(both.minutes[only], dry.minutes[only])


def test_people_of_a_village_are_those_of_its_places():
    """A third of a million is not the third of nine digits, times a million."""
    area = street([0.0, 30_000.0, 60_000.0], [("P1", KIND, 0.0)], people=1e6 / 3, village=[0, 0, 0])
    gaps = find_gaps(area, scenario=scenario_with(KIND, limit_minutes=5))
    assert gaps.coverage[KIND].villages["people_reached"].tolist() == pytest.approx([1e6 / 3], abs=1e-6)
