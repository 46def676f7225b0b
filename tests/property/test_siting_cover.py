"""Covering problems against every choice there is."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.kernels.lists import in_each, lists_of_pairs
from planner.siting.cover import covering
from planner.siting.cover.covering import most_people
from planner.siting.cover.curve import cover_curve
from planner.siting.cover.explain import explain
from planner.siting.cover.fewest import fewest_units
from planner.siting.cover.greedy import heuristic
from planner.siting.cover.instance import cover_instance, reduced
from planner.siting.cover.relaxation import Relaxation


@st.composite
def problems(draw, *, priced=None):
    places, sites = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    people = draw(st.lists(st.integers(0, 50).map(float), min_size=places, max_size=places))
    pairs = draw(
        st.lists(st.tuples(st.integers(0, places - 1), st.integers(0, sites - 1)), min_size=1, max_size=30)
    )
    dear = draw(st.booleans()) if priced is None else priced
    cost = draw(st.lists(st.integers(1, 5), min_size=sites, max_size=sites)) if dear else [1] * sites
    marks = draw(
        st.lists(st.sampled_from(["", "", "", "", "forced", "forbidden"]), min_size=sites, max_size=sites)
    )
    conflicts = draw(st.lists(st.tuples(st.integers(0, sites - 1), st.integers(0, sites - 1)), max_size=3))
    forced = [m == "forced" for m in marks]
    conflicts = [(a, b) for a, b in conflicts if a != b and not (forced[a] and forced[b])]
    return {
        "people": people, "pairs": pairs, "sites": sites, "cost": cost, "forced": forced,
        "forbidden": [m == "forbidden" for m in marks], "conflicts": conflicts,
        "budget": draw(st.integers(0, 8)),
    }  # fmt: skip


def instance_of(problem, *, scale=1.0, order=None):
    place, site = (list(c) for c in zip(*problem["pairs"], strict=True))
    people = np.array(problem["people"]) * scale
    if order is not None:
        place, people = [order.index(p) for p in place], people[order]
    return cover_instance(
        people, place=place, site=site, sites=problem["sites"], cost=problem["cost"],
        forced=np.array(problem["forced"]), forbidden=np.array(problem["forbidden"]),
        conflicts=np.array(problem["conflicts"], dtype=int).reshape(-1, 2),
    )  # fmt: skip


def reach(problem, sites):
    return sum(problem["people"][place] for place in {p for p, s in problem["pairs"] if s in sites})


def choices(problem):
    """Every choice that the rules allow."""
    for k in range(problem["sites"] + 1):
        for sites in combinations(range(problem["sites"]), k):
            if (
                sum(problem["cost"][s] for s in sites) <= problem["budget"]
                and all(s in sites for s in range(problem["sites"]) if problem["forced"][s])
                and not any(problem["forbidden"][s] for s in sites)
                and not any(a in sites and b in sites for a, b in problem["conflicts"])
            ):
                yield sites


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(problems())
def test_most_people_is_the_best_of_all_choices(problem):
    best = max((reach(problem, sites) for sites in choices(problem)), default=None)
    found = most_people(instance_of(problem), problem["budget"])
    if best is None:
        assert found.proof == "infeasible"
        return
    assert tuple(found.chosen) in set(choices(problem))
    assert found.objective == reach(problem, found.chosen)
    assert (found.objective, found.proof) == (pytest.approx(best), "optimal")
    assert found.bound >= best


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(problems(), st.randoms(use_true_random=False), st.sampled_from([0.001, 7.0, 1e5]))
def test_the_order_of_places_and_the_unit_of_people_change_nothing(problem, random, scale):
    order = list(range(len(problem["people"])))
    random.shuffle(order)
    one = most_people(instance_of(problem), problem["budget"])
    other = most_people(instance_of(problem, order=order), problem["budget"])
    scaled = most_people(instance_of(problem, scale=scale), problem["budget"])
    assert one.chosen.tolist() == other.chosen.tolist() == scaled.chosen.tolist()


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(problems(), st.booleans())
def test_a_reduced_problem_has_the_same_best_choice(problem, drop):
    instance = instance_of(problem)
    small = reduced(instance, drop_dominated=drop)
    best = max((reach(problem, sites) for sites in choices(problem)), default=None)
    room = problem["budget"] - small.cost_forced
    least = {
        k: max(
            (
                small.people_forced + small.instance.people_reached(np.array(sites, dtype=int))
                for sites in combinations(range(small.instance.sites), k)
                if small.instance.cost[list(sites)].sum() <= room
                and not any(
                    b in small.instance.conflicts.item[
                        small.instance.conflicts.first[a] : small.instance.conflicts.first[a + 1]
                    ]
                    for a in sites
                    for b in sites
                )
            ),
            default=-1.0,
        )
        for k in range(small.instance.sites + 1)
    }  # fmt: skip
    if best is not None:
        assert max(least.values()) == pytest.approx(best)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(problems(priced=False))
def test_bound_optimum_and_greedy_stand_in_order(problem):
    problem = {**problem, "conflicts": [], "forced": [False] * problem["sites"]}
    instance = instance_of(problem)
    small = reduced(instance).instance
    best = max(reach(problem, sites) for sites in choices(problem))
    search = Relaxation(small, problem["budget"])
    search.run(0.0, steps=60)
    greedy = small.people_reached(heuristic(small, problem["budget"]))
    assert search.best.bound >= best - 1e-9
    assert best >= greedy - 1e-9
    assert greedy >= (1 - 1 / np.e) * best - 1e-9
    # One search bounds every number of units.
    for p in range(small.sites + 1):
        most = max(reach(problem, s) for s in choices({**problem, "budget": p}))
        assert search.by_units[p] >= most - 1e-9


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(problems())
def test_more_money_never_reaches_fewer(problem):
    found = [most_people(instance_of(problem), b) for b in range(9)]
    people = [f.objective for f in found if f.proof != "infeasible"]
    assert people == sorted(people)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(problems(), st.integers(0, 20))
def test_fewest_units_is_the_cheapest_of_all_choices(problem, twentieths):
    problem = {**problem, "budget": 1000}
    wanted = twentieths / 20 * sum(problem["people"])
    enough = [c for c in choices(problem) if reach(problem, c) >= wanted * (1 - 1e-9)]
    found = fewest_units(instance_of(problem), wanted)
    if not enough:
        assert found.proof == "infeasible"
        return
    assert found.objective == min(sum(problem["cost"][s] for s in c) for c in enough)
    assert found.proof == "optimal"
    assert reach(problem, found.chosen) >= wanted * (1 - 1e-8)
    assert tuple(found.chosen) in set(choices(problem))


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(problem=problems())
@pytest.mark.parametrize(
    "only", [{"ROUNDS": 0}, {"DENSE": 0}, {"DENSE": 0, "ROUNDS": 0, "SMALL": -1}, {"FEW": 0.0, "SMALL": -1}]
)
def test_every_way_of_the_solver_finds_the_same(only, problem):
    """Small problems are mostly proven at once: each way is taken alone, HiGHS, cuts, whole cuts, prices."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in only.items():
            patch.setattr(covering, name, value)
        alone = most_people(instance_of(problem), problem["budget"])
    both = most_people(instance_of(problem), problem["budget"])
    assert (alone.objective, alone.proof) == (both.objective, both.proof) or np.isnan(alone.objective)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(problems(), st.integers(0, 8))
def test_a_curve_lies_between_what_is_found_and_what_can_be(problem, most):
    problem = {**problem, "forced": [False] * problem["sites"]}
    curve = cover_curve(instance_of(problem), most)
    for budget, found, bound in curve.itertuples(index=False):
        best = max(reach(problem, sites) for sites in choices({**problem, "budget": budget}))
        assert found <= best + 1e-9
        assert bound >= best - 1e-9


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(problems(), st.integers(0, 2**32))
def test_why_a_site_is_chosen_is_what_taking_it_away_would_cost(problem, seed):
    plan = next(iter(sorted(choices(problem), key=len, reverse=True)), None)
    if not plan:
        return
    instance = instance_of(problem)
    # Few places, so that equal distances come up too.
    xy = np.random.default_rng(seed).integers(0, 3, (problem["sites"], 2)).astype(np.float64)
    why = explain(instance, np.array(plan), most=2, share=1.0, xy=xy)
    assert sorted(why.site.tolist()) == list(plan)
    assert why.people_added.sum() == pytest.approx(reach(problem, plan))
    # Each adds most of those that are left.
    for i, added in enumerate(why.people_added):
        before = why.site[:i].tolist()
        gains = [reach(problem, [*before, j]) - reach(problem, before) for j in plan if j not in before]
        assert added == pytest.approx(max(gains))
    for j, alone, others in zip(why.site.tolist(), why.people_alone, why.stand_ins, strict=True):
        rest = [s for s in plan if s != j]
        assert alone == pytest.approx(reach(problem, plan) - reach(problem, rest))
        free = [
            k
            for k in range(problem["sites"])
            if k not in plan
            and not problem["forbidden"][k]
            and not any({k, s} == {a, b} for a, b in problem["conflicts"] for s in rest)
        ]
        losses = {k: reach(problem, plan) - reach(problem, [*rest, k]) for k in free}
        allowed = [k for k in free if losses[k] <= reach(problem, plan)]
        # Of equals the nearest.
        allowed.sort(key=lambda k: (round(losses[k], 6), math.dist(xy[k], xy[j]), k))
        assert [k for k, _ in others] == allowed[:2]
        assert [loss for _, loss in others] == pytest.approx([losses[k] for k in allowed[:2]])


@st.composite
def seasons(draw):
    places, sites = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    pairs = st.sets(st.tuples(st.integers(0, sites - 1), st.integers(0, places - 1)))
    lacks = draw(st.lists(st.sampled_from(["both", "wet", "none"]), min_size=places, max_size=places))
    dry = draw(pairs)
    return places, sites, dry, {p for p in dry if draw(st.booleans())}, lacks


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(seasons())
def test_both_seasons_need_what_each_place_still_lacks(case):
    places, sites, dry, wet, lacks = case
    dry = {(s, p) for s, p in dry if lacks[p] == "both"}
    wet = {(s, p) for s, p in wet if lacks[p] in ("both", "wet")}
    one, other = (
        lists_of_pairs(
            np.array([s for s, _ in c], np.int64), np.array([p for _, p in c], np.int64), sites, places
        )
        for c in (sorted(dry), sorted(wet))
    )
    lacking = np.array([{"both": 2, "wet": 1, "none": 0}[w] for w in lacks], np.int32)
    found, alone = in_each(one, other, lacking)
    rows = np.repeat(np.arange(sites), np.diff(found.first))
    wanted = {(s, p) for s, p in wet if lacks[p] == "wet" or (s, p) in dry}
    assert set(zip(rows.tolist(), found.item.tolist(), strict=True)) == wanted
    assert alone == sum((s, p) not in dry for s, p in wet if lacks[p] == "both")


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(problems(), st.integers(0, 30))
def test_prices_prove_something_for_every_budget(problem, steps):
    """Whatever prices were found for one budget, no choice within another one beats what they say of it."""
    free = [False] * problem["sites"]
    problem = {**problem, "forced": free, "forbidden": free, "conflicts": []}
    search = Relaxation(instance_of(problem), float(problem["budget"]))
    search.run(0.0, steps=steps)
    budgets = np.arange(sum(problem["cost"]) + 2, dtype=float)
    proved = search.at_budgets(budgets)
    best = [max(reach(problem, c) for c in choices({**problem, "budget": b})) for b in budgets]
    assert (proved >= np.array(best) - 1e-6).all()
    # At its own budget, and where all sites can be had, it is no looser than what the search itself says.
    assert proved[-1] == pytest.approx(search.best.rest + search.best.worth.sum())


def test_by_money_one_dear_site_may_be_better_than_all_that_is_cheap():
    """Neither choice by people for the cost nor exchange of single sites comes to it."""
    one = cover_instance([5.0, 4.0, 20.0], place=[0, 1, 2], site=[0, 1, 2], cost=[1.0, 1.0, 10.0])
    assert heuristic(one, 10.0).tolist() == [2]
    curve = cover_curve(one, 20.0)
    at = dict(zip(curve["budget"], curve["people_reached"], strict=True))
    assert at[max(b for b in at if b <= 10.9)] == 20.0
