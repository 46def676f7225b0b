"""Bounds and what they decide: against every choice on small problems, SciPy's solvers on larger ones."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity

from planner.siting.clock import Clock
from planner.siting.cover import covering
from planner.siting.cover.branching import best_whole
from planner.siting.cover.covering import most_people
from planner.siting.cover.cuts import CoverCuts
from planner.siting.cover.instance import cover_instance
from planner.siting.cover.relaxation import Relaxation


def scattered(seed, places=140, sites=36, reach=0.24, *, priced=False, conflicts=0):
    """People and sites scattered over a square: which covers which, and what sites cost."""
    rng = np.random.default_rng(seed)
    homes, there = rng.random((places, 2)), rng.random((sites, 2))
    covers = np.hypot(*(homes[:, None] - there[None]).transpose(2, 0, 1)) <= reach
    people = rng.integers(1, 100, places).astype(float)
    cost = rng.integers(2, 9, sites).astype(float) if priced else np.ones(sites)
    pairs = np.array(list(combinations(range(sites), 2)))
    apart = np.hypot(*(there[pairs[:, 0]] - there[pairs[:, 1]]).T)
    return covers, people, cost, pairs[np.argsort(apart)[:conflicts]]


def oracle(covers, people, cost, budget, conflicts=(), *, whole=True):
    """The most people by SciPy: columns are sites, then places."""
    places, sites = covers.shape
    rules = [LinearConstraint(hstack([csr_array(-covers.astype(float)), identity(places)]), ub=0.0)]
    rules.append(LinearConstraint(np.append(cost, np.zeros(places))[None], ub=budget))
    for a, b in conflicts:
        row = np.zeros((1, sites + places))
        row[0, [a, b]] = 1
        rules.append(LinearConstraint(row, ub=1.0))
    integrality = np.append(np.full(sites, int(whole)), np.zeros(places))
    found = milp(
        np.append(np.zeros(sites), -people), constraints=rules, bounds=Bounds(0, 1), integrality=integrality,
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    return -found.fun


def instance_of(covers, people, cost, conflicts=()):
    place, site = np.nonzero(covers)
    return cover_instance(
        people, place=place, site=site, sites=covers.shape[1], cost=cost,
        conflicts=np.array(conflicts, dtype=int).reshape(-1, 2),
    )  # fmt: skip


WAYS = [
    {"DENSE": 0, "SMALL": -1},
    {"DENSE": 0, "SMALL": -1, "FEW": 0.0},
    {"DENSE": 10**9, "SMALL": -1, "FEW": 0.0, "LARGE": 0},
    {"DENSE": 10**9, "FEW": 0.0},
    {"ROUNDS": 0},
]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(6))
def test_problems_that_no_luck_solves(way, seed, monkeypatch):
    """The first plan is poor on purpose: what is found and proven comes from bounds and decisions."""
    covers, people, cost, conflicts = scattered(seed, priced=seed % 2 == 1, conflicts=5 * (seed % 3))
    budget = 6.0 if seed % 2 == 0 else 17.0
    for name, value in way.items():
        monkeypatch.setattr(covering, name, value)
    best = oracle(covers, people, cost, budget, conflicts)
    found = most_people(instance_of(covers, people, cost, conflicts), budget, seed=seed, time_limit_s=20)
    assert found.bound >= best - 1e-6
    assert found.objective <= best + 1e-6
    if found.proof == "optimal":
        assert found.objective == pytest.approx(best)
    else:
        # Prices alone prove no more than the linear relaxation does.
        assert way.get("LARGE") == 0
        assert found.bound <= 1.05 * oracle(covers, people, cost, budget, whole=False)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.booleans(), st.floats(0.0, 1.0))
def test_what_any_prices_decide_holds_for_every_choice_as_good(seed, priced, spread):
    covers, people, cost, _ = scattered(seed, places=25, sites=9, reach=0.35, priced=priced)
    budget = 12.0 if priced else 3.0
    instance = instance_of(covers, people, cost)
    rng = np.random.default_rng(seed)
    shared = people / np.maximum(covers.sum(axis=1), 1)
    price = np.clip(shared * (1 + spread * rng.uniform(-1, 2, len(people))), 0.0, people)
    search = Relaxation(instance, budget, price)
    within = [
        sites for k in range(10) for sites in combinations(range(9), k) if cost[list(sites)].sum() <= budget
    ]
    reached = [people[covers[:, list(sites)].any(axis=1)].sum() for sites in within]
    assert search.best.bound >= max(reached) - 1e-9
    for at_least in (max(reached), 0.9 * max(reached)):
        always, never = search.decided(at_least * (1 - 1e-12))
        for sites, found in zip(within, reached, strict=True):
            if found >= at_least:
                assert set(np.flatnonzero(always)) <= set(sites)
                assert not never[list(sites)].any()


@pytest.mark.slow
def test_prices_decide_something():
    """Of the decisions that the test above allows, some are made."""
    decided = 0
    for seed in range(20):
        covers, people, cost, _ = scattered(seed, priced=seed % 2 == 1)
        search = Relaxation(instance_of(covers, people, cost), 6.0 if seed % 2 == 0 else 17.0)
        search.run(0.0, steps=300)
        always, never = search.decided(0.99 * search.best.bound)
        decided += int((always | never).sum())
    assert decided > 60


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_cuts_end_at_the_linear_relaxation(seed):
    covers, people, cost, _ = scattered(seed, priced=seed % 2 == 1)
    budget = 6.0 if seed % 2 == 0 else 17.0
    instance = instance_of(covers, people, cost)
    plan = np.array([0, 1, 2])
    share = np.zeros(len(cost))
    cuts = CoverCuts(instance, budget, plan, share)
    cuts.run(steps=500)
    linear = oracle(covers, people, cost, budget, whole=False)
    assert cuts.bound == pytest.approx(linear, rel=1e-5)
    # Its prices prove the same by arithmetic alone.
    assert Relaxation(instance, budget, cuts.price()).best.bound == pytest.approx(linear, rel=1e-4)
    assert (cuts.share @ cost) <= budget * (1 + 1e-9)
    best, bound = best_whole(cuts, plan[:1], Clock(30.0))
    whole = oracle(covers, people, cost, budget)
    assert instance.people_reached(best) == pytest.approx(whole)
    assert bound == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_prices_come_near_to_the_linear_relaxation(seed):
    covers, people, cost, _ = scattered(seed, priced=seed % 2 == 1)
    budget = 6.0 if seed % 2 == 0 else 17.0
    search = Relaxation(instance_of(covers, people, cost), budget)
    search.run(oracle(covers, people, cost, budget), steps=600)
    linear = oracle(covers, people, cost, budget, whole=False)
    assert linear - 1e-6 <= search.best.bound <= 1.02 * linear


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.data())
def test_what_is_left_counts_as_the_whole(seed, data):
    """Sites are decided twice over: a choice of what is left reaches the same people as one of the whole."""
    covers, people, cost, conflicts = scattered(seed, places=40, sites=12, reach=0.3, conflicts=4)
    instance = instance_of(covers, people, cost, conflicts)
    left = covering._Left(instance, 8.0)
    for _ in range(2):
        n = left.instance.sites
        fate = data.draw(st.lists(st.sampled_from(["", "", "always", "never"]), min_size=n, max_size=n))
        always, never = (np.array([f == word for f in fate], bool) for word in ("always", "never"))
        held = left.sites(np.flatnonzero(always)).tolist()
        clash = any(a in held and b in held for a, b in conflicts.tolist())
        rest = left.without(always, never)
        assert (rest is None) == (clash or cost[held].sum() > 8.0)
        if rest is None:
            return
        left = rest[0]
    chosen = np.flatnonzero(np.random.default_rng(seed).random(left.instance.sites) < 0.4)
    assert left.base + left.instance.people_reached(chosen) == pytest.approx(
        instance.people_reached(left.sites(chosen))
    )
    assert left.budget == pytest.approx(8.0 - cost[left.held].sum())
