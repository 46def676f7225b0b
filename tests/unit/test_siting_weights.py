"""Nobody is sent where people are put by area alone, such as to an island that may be empty."""

from __future__ import annotations

import numpy as np
import pytest

from planner.cli.site import in_words
from planner.pipeline import Ask, Floor, RolloutPlan, Study, rollout, site
from planner.reports.siting import siting_record
from planner.siting.rules import floor_rows

KIND = "posyandu"


@pytest.fixture
def guessed(demo_layers):
    """A study whose best site lies where, from now on, people are a guess; and that site's village."""
    study = Study(demo_layers)
    best = site(study, KIND, Ask(units=1)).sites["village_code"].iloc[0]
    mine = (study.demand["village_code"] == best).to_numpy()
    # A study keeps its own and hands out copies.
    study._demand = study.demand.assign(by_area=mine)
    return study, best, float(study.demand["people"][mine].sum())


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["people", "villages", "person_minutes", "worst_time"])
def test_no_site_and_no_weight_on_a_guess(guessed, objective):
    study, village, people = guessed
    plan = site(study, KIND, Ask(units=3, objective=objective))
    new = plan.candidates[plan.candidates["op"] == "open"]
    assert village not in set(new["village_code"])
    mine = (study.demand["village_code"] == village).to_numpy()
    assert plan.instance.people[mine].sum() == 0
    assert plan.instance.people.sum() == pytest.approx(np.nansum(study.demand["people"]) - people)
    assert siting_record(plan)["people_of_unknown_place"] == pytest.approx(people)
    assert any(f"{people:,.0f} people are put by area" in line for line in in_words(plan))


@pytest.mark.slow
def test_floors_targets_and_years_know_it_too(guessed):
    study, village, _ = guessed
    plan = site(study, KIND, Ask(units=1))
    mine = (study.demand["village_code"] == village).to_numpy()
    for of in ("all", "worst_tenth", "district"):
        for row in floor_rows(plan.before, plan.reach, (Floor(of, 1.0),)):
            assert row.people[mine].sum() == 0
    everybody = site(study, KIND, Ask(target=0.8))
    counted = np.where(mine, 0.0, study.demand["people"].fillna(0.0))
    reached = everybody.reach.already | everybody.instance.reached(everybody.solution.chosen)
    assert counted[reached].sum() >= 0.8 * counted.sum() * (1 - 1e-9)
    asked = RolloutPlan.model_validate({"kind": KIND, "years": [{"year": 2027, "units": 1}]})
    years = rollout(study, asked).plan
    assert years["people_reached"].iloc[0] == pytest.approx(
        counted[plan.reach.already | plan.instance.reached(plan.solution.chosen)].sum()
    )


@pytest.mark.slow
@pytest.mark.parametrize(("one_in", "some"), [(2, False), (8, True)])
def test_villages_are_served_only_by_people_whose_place_is_known(demo_layers, one_in, some):
    study = Study(demo_layers)
    order = study.demand.groupby("village_code").cumcount()
    # Some places of each village are a guess, on a part that no walk crosses in time.
    guess = (order % one_in == one_in - 1).to_numpy()
    study._demand = study.demand.assign(by_area=guess, part_m=np.where(guess, 20_000.0, 0.0))
    plan = site(study, KIND, Ask(units=2, objective="villages"))
    before, after = (plan.villages[f"{KIND}_status{when}"] for when in ("_before", ""))
    newly = int(((after == "served") & (before != "served")).sum())
    assert plan.solution.objective == newly
    assert (newly > 0) == some
