"""Floors: the best choice that keeps them, against every choice there is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.siting.cover.covering_with_floors import most_people_with_floors
from planner.siting.cover.fewest import fewest_units
from planner.siting.cover.floors import FloorRow
from planner.siting.cover.instance import cover_instance


@st.composite
def problems(draw):
    """Six sites, nine places, rules of every kind, and one or two floors over parts of the places."""
    sites, places = draw(st.integers(2, 6)), draw(st.integers(1, 9))
    covers = np.array(draw(st.lists(st.booleans(), min_size=sites * places, max_size=sites * places)))
    covers = covers.reshape(sites, places)
    people = np.array(draw(st.lists(st.integers(0, 9), min_size=places, max_size=places)), dtype=float)
    cost = np.array(draw(st.lists(st.integers(1, 4), min_size=sites, max_size=sites)), dtype=float)
    mark = draw(st.lists(st.sampled_from("____+-"), min_size=sites, max_size=sites))
    forced, forbidden = (np.array([m == sign for m in mark]) for sign in "+-")
    pairs = [p for p in combinations(range(sites), 2) if not (forced[p[0]] and forced[p[1]])]
    conflicts = draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True)) if pairs else []
    floors = []
    for number in range(draw(st.integers(1, 2))):
        mine = np.array(draw(st.lists(st.integers(0, 5), min_size=places, max_size=places)), dtype=float)
        floors.append((mine, draw(st.floats(0.05, 1.0)) * mine.sum(), f"floor {number}"))
    return covers, people, cost, forced, forbidden, conflicts, floors


def allowed_choices(problem):
    """Every choice that keeps all rules but the budget, with the places that it covers."""
    covers, _, _, forced, forbidden, conflicts, floors = problem
    sites = len(covers)
    for bits in range(1 << sites):
        chosen = np.array([bool(bits >> j & 1) for j in range(sites)])
        if (forced & ~chosen).any() or (forbidden & chosen).any():
            continue
        if any(chosen[a] and chosen[b] for a, b in conflicts):
            continue
        reached = covers[chosen].any(axis=0)
        if all(mine[reached].sum() >= least - 1e-7 for mine, least, _ in floors):
            yield chosen, reached


def instance_of(problem):
    covers, people, cost, forced, forbidden, conflicts, floors = problem
    site, place = np.nonzero(covers)
    instance = cover_instance(
        people, place=place, site=site, sites=len(covers), cost=cost, forced=forced, forbidden=forbidden,
        conflicts=np.array(conflicts, dtype=int).reshape(-1, 2),
    )  # fmt: skip
    return instance, [FloorRow(name, mine, least) for mine, least, name in floors]


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(problems(), st.integers(1, 12))
def test_most_people_of_all_choices_that_keep_the_floors(problem, budget):
    _, people, cost, *_ = problem
    best = max(
        (
            people[reached].sum()
            for chosen, reached in allowed_choices(problem)
            if cost[chosen].sum() <= budget
        ),
        default=None,
    )
    instance, floors = instance_of(problem)
    found = most_people_with_floors(instance, budget, floors)
    if best is None:
        assert found.proof == "infeasible"
        return
    assert (found.proof, found.objective) == ("optimal", best)
    chosen = np.isin(np.arange(len(cost)), found.chosen)
    assert any((chosen == other).all() for other, _ in allowed_choices(problem))
    assert cost[chosen].sum() <= budget


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(problems(), st.floats(0.0, 1.0))
def test_fewest_of_all_choices_that_keep_the_floors(problem, share):
    _, people, cost, *_ = problem
    wanted = share * people.sum()
    least = min(
        (
            cost[chosen].sum()
            for chosen, reached in allowed_choices(problem)
            if people[reached].sum() >= wanted - 1e-7
        ),
        default=None,
    )
    instance, floors = instance_of(problem)
    found = fewest_units(instance, wanted, floors=floors)
    if least is None:
        assert found.proof == "infeasible"
        return
    assert (found.proof, found.objective) == ("optimal", least)
    chosen = np.isin(np.arange(len(cost)), found.chosen)
    assert any((chosen == other).all() for other, _ in allowed_choices(problem))
