"""p-median, p-center and their kin against all plans tried one by one; the kernels beside slow twins."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.kernels.capacitated import assign, climb_capacitated, knapsacks, resite, shift
from planner.kernels.csr import Csr
from planner.kernels.dominance import dominated, needed_rows
from planner.kernels.lists import Lists
from planner.kernels.median import (
    climb_bound,
    fill,
    greedy,
    interchange,
    nearest_two,
    savings,
    turned,
)
from planner.siting.clock import Clock
from planner.siting.distance.capacitated import capacitated_p_median
from planner.siting.distance.center import p_center
from planner.siting.distance.costs import pair_costs
from planner.siting.distance.distances import DistanceInstance
from planner.siting.distance.explain import saved_by
from planner.siting.distance.median import _MedianSearch, _without_forced, p_median
from planner.siting.distance.set_cover import cover_rows
from planner.siting.solution import Proof

# Ties, zero, and distances a microsecond apart.
AWAY = st.sampled_from([0.0, 1.0, 1.0, 2.0, 2.000001, 3.5, 7.0, 40.0, math.inf])
PEOPLE = st.sampled_from([0.0, 1.0, 1.0, 2.5, 10.0, 0.1])
COST = st.sampled_from([0.0, 0.5, 1.0, 1.0, 2.0])


@st.composite
def instances(draw, *, rows=7, sites=5, equal=False):
    """Instances in which every row is reached by a site that is allowed, or by what exists."""
    n, m = draw(st.integers(1, rows)), draw(st.integers(1, sites))
    table = np.array(draw(st.lists(st.lists(AWAY, min_size=m, max_size=m), min_size=n, max_size=n)))
    people = np.array(draw(st.lists(PEOPLE, min_size=n, max_size=n)))
    existing = np.array(draw(st.lists(st.one_of(st.just(math.inf), AWAY), min_size=n, max_size=n)))
    rule = np.array(draw(st.lists(st.sampled_from("..... +-"), min_size=m, max_size=m)))
    if (rule == "-").all():
        rule[0] = "."
    cost = np.ones(m) if equal else np.array(draw(st.lists(COST, min_size=m, max_size=m)))
    lost = np.isinf(np.minimum(table[:, rule != "-"].min(axis=1), existing))
    table[lost, np.flatnonzero(rule != "-")[0]] = 5.0
    return DistanceInstance.from_matrix(
        people, table, existing_s=existing, cost=cost, forced=rule == "+", forbidden=rule == "-"
    )


def table_of(instance):
    table = np.full((instance.rows, instance.sites), np.inf)
    table[instance.row_of_pair(), instance.near.item] = instance.near.value
    return table


def plans(instance, p):
    """All sets of sites that hold the forced ones, none forbidden, and can be paid for."""
    may = np.flatnonzero(~instance.forbidden & ~instance.forced).tolist()
    must = np.flatnonzero(instance.forced).tolist()
    for count in range(len(may) + 1):
        for some in itertools.combinations(may, count):
            sites = sorted([*must, *some])
            if instance.cost[sites].sum() <= p + 1e-9:
                yield sites


def distances(instance, sites):
    return np.minimum(table_of(instance)[:, sites].min(axis=1, initial=np.inf), instance.existing_s)


def slow_median(instance, p):
    best, table = np.inf, table_of(instance)
    for sites in plans(instance, p):
        away = np.minimum(table[:, sites].min(axis=1, initial=np.inf), instance.existing_s)
        if np.isfinite(away).all():
            best = min(best, float((instance.people * away).sum()))
    return best


def slow_center(instance, p):
    """(worst distance, least cost of such a plan)."""
    best = (np.inf, np.inf)
    for sites in plans(instance, p):
        worst = distances(instance, sites).max()
        if np.isfinite(worst):
            best = min(best, (worst, instance.cost[sites].sum()))
    return best


def slow_capacitated(instance, p, capacity, load):
    """All plans, and for each all ways to give rows to sites."""
    table, best = table_of(instance), np.inf
    for sites in plans(instance, p):
        for where in itertools.product([*sites, -1], repeat=instance.rows):
            used = np.zeros(instance.sites)
            total = 0.0
            for i, j in enumerate(where):
                away = instance.existing_s[i] if j < 0 else table[i, j]
                total += instance.people[i] * away if np.isfinite(away) else np.inf
                if j >= 0:
                    used[j] += load[i]
            if (used <= capacity + 1e-9).all():
                best = min(best, total)
    return best


def is_allowed(instance, chosen, p):
    return (
        not instance.forbidden[chosen].any()
        and np.isin(np.flatnonzero(instance.forced), chosen).all()
        and instance.cost[chosen].sum() <= p + 1e-9
    )


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(instances(), st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]))
def test_p_median_is_the_best_of_all_plans(instance, p):
    answer, best = p_median(instance, p), slow_median(instance, p)
    if np.isinf(best):
        assert answer.proof is Proof.INFEASIBLE
        return
    assert answer.proof is Proof.OPTIMAL
    assert answer.objective == pytest.approx(best, rel=1e-9, abs=1e-12)
    assert is_allowed(instance, answer.chosen, p)
    assert answer.objective == pytest.approx(
        float((instance.people * distances(instance, answer.chosen)).sum()), rel=1e-12, abs=1e-12
    )


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(instances(), st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]))
def test_p_center_is_the_best_of_all_plans_and_the_cheapest_of_these(instance, p):
    answer, (worst, cost) = p_center(instance, p), slow_center(instance, p)
    if np.isinf(worst):
        assert answer.proof is Proof.INFEASIBLE
        return
    assert answer.proof is Proof.OPTIMAL
    assert answer.objective == worst == distances(instance, answer.chosen).max()
    assert is_allowed(instance, answer.chosen, p)
    assert instance.cost[answer.chosen].sum() == pytest.approx(cost)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(instances(equal=True), st.integers(1, 3))
def test_of_equal_p_centers_the_one_with_the_least_people_distance(instance, p):
    answer, (worst, cost) = p_center(instance, p), slow_center(instance, p)
    if np.isinf(worst):
        return
    sums = [
        float((instance.people * distances(instance, sites)).sum())
        for sites in plans(instance, cost)
        if distances(instance, sites).max() <= worst
    ]
    got = float((instance.people * distances(instance, answer.chosen)).sum())
    assert got == pytest.approx(min(sums), rel=1e-9, abs=1e-12)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(instances(rows=4, sites=4), st.sampled_from([1.0, 2.0, 3.0]), st.data())
def test_the_capacitated_p_median_is_the_best_of_all_ways(instance, p, data):
    some = st.sampled_from([0.0, 1.0, 2.0, 2.5, 4.0])
    load = np.array(data.draw(st.lists(some, min_size=instance.rows, max_size=instance.rows)))
    room = st.sampled_from([0.0, 2.0, 3.0, 4.5, 9.0, math.inf])
    capacity = np.array(data.draw(st.lists(room, min_size=instance.sites, max_size=instance.sites)))
    answer = capacitated_p_median(instance, p, capacity, load=load)
    best = slow_capacitated(instance, p, capacity, load)
    if np.isinf(best):
        assert answer.solution.proof is Proof.INFEASIBLE
        return
    assert answer.solution.proof is Proof.OPTIMAL
    assert answer.solution.objective == pytest.approx(best, rel=1e-9, abs=1e-12)
    assert is_allowed(instance, answer.solution.chosen, p)
    at = answer.site >= 0
    assert np.isin(answer.site[at], answer.solution.chosen).all()
    used = np.bincount(answer.site[at], load[at], instance.sites)
    assert (used <= capacity + 1e-9).all()
    table = np.column_stack([table_of(instance), instance.existing_s])
    away = table[np.arange(instance.rows), answer.site]
    assert float((instance.people * away).sum()) == pytest.approx(best, rel=1e-9, abs=1e-12)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(instances(), st.booleans(), st.integers(0, 2**32), st.data())
def test_what_could_stand_in_for_a_site_is_what_hardly_worsens_the_plan(instance, worst, seed, data):
    served = [x for x in plans(instance, math.inf) if x and np.isfinite(distances(instance, x)).all()]
    if not served:
        return
    plan = data.draw(st.sampled_from(served))
    budget = float(instance.cost[plan].sum()) + data.draw(st.sampled_from([0.0, 1.0]))
    # Few places, so that equal distances come up too.
    xy = np.random.default_rng(seed).integers(0, 3, (instance.sites, 2)).astype(np.float64)

    def objective(sites):
        away = distances(instance, sites)
        return float(away.max() if worst else np.inf if np.isinf(away).any() else instance.people @ away)

    best, found = objective(plan), saved_by(instance, np.array(plan), budget, worst=worst, xy=xy)
    assert found.site.tolist() == plan
    for j, others in zip(plan, found.stand_ins, strict=True):
        rest = [i for i in plan if i != j]
        free = [k for k in range(instance.sites) if k not in plan and not instance.forbidden[k]
                and instance.cost[[*rest, k]].sum() <= budget + 1e-9]  # fmt: skip
        lost = {k: objective([*rest, k]) - best for k in free}
        near = [k for k in free if lost[k] <= 0.01 * best + 1e-9]
        near.sort(key=lambda k: (round(lost[k], 6), math.dist(xy[k], xy[j]), k))
        assert [k for k, _ in others] == near[:3]
        assert [x for _, x in others] == pytest.approx([lost[k] for k in near[:3]], abs=1e-6)


def town(seed, rows, sites, *, reach=math.inf, alike=False):
    """Rows and sites on a plane, with people, and something that exists in the middle."""
    rng = np.random.default_rng(seed)
    xy, at = rng.random((rows, 2)) * 1e4, rng.random((sites, 2)) * 1e4
    table = np.hypot(*(xy[:, None] - at[None]).transpose(2, 0, 1))
    table[table > reach] = np.inf
    people = np.ones(rows) if alike else rng.lognormal(3, 1, rows)
    return DistanceInstance.from_matrix(people, table, existing_s=np.hypot(*(xy - 5e3).T) + 1000.0)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999), st.sampled_from([1500.0, 4000.0, math.inf]), st.integers(1, 12), st.data())
def test_neither_the_order_of_rows_nor_a_unit_of_people_changes_a_plan(seed, reach, p, data):
    one = town(seed, 60, 25, reach=reach)
    order = np.random.default_rng(data.draw(st.integers(0, 99))).permutation(one.rows)
    times = data.draw(st.sampled_from([1e-3, 3.0, 1 / 7, 1e6]))
    table = table_of(one)[order]
    other = DistanceInstance.from_matrix(one.people[order] * times, table, existing_s=one.existing_s[order])
    for solve in (p_median, p_center):
        before, after = solve(one, p), solve(other, p)
        np.testing.assert_array_equal(before.chosen, after.chosen)
        unit = times if solve is p_median else 1.0
        assert after.objective == pytest.approx(before.objective * unit, rel=1e-12)
        assert after.bound == pytest.approx(before.bound * unit, rel=1e-12)
        again = solve(one, p)
        np.testing.assert_array_equal(before.chosen, again.chosen)


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 999), st.integers(0, 99))
def test_the_order_of_rows_changes_no_allocation(seed, shuffle):
    one = town(seed, 25, 12)
    one = replace(one, existing_s=np.full(one.rows, np.inf))
    order = np.random.default_rng(shuffle).permutation(one.rows)
    other = DistanceInstance.from_matrix(one.people[order], table_of(one)[order])
    room = np.full(one.sites, one.people.sum() / 3.0)
    before, after = (capacitated_p_median(i, 4, room) for i in (one, other))
    assert before.solution.proof is after.solution.proof
    if before.solution.proof is Proof.INFEASIBLE:
        # Rows may be too large to share three sites.
        return
    np.testing.assert_array_equal(before.site[order], after.site)
    assert before.solution.objective == after.solution.objective


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999), st.sampled_from([2000.0, math.inf]), st.booleans())
def test_more_sites_are_never_worse_and_bounds_never_above_the_best(seed, reach, alike):
    one = town(seed, 50, 20, reach=reach, alike=alike)
    last = np.inf
    for p in range(8):
        answer = p_median(one, p)
        assert answer.proof is Proof.OPTIMAL
        assert answer.objective <= last * (1 + 1e-12)
        last = answer.objective
        hurried = p_median(one, p, time_limit_s=0.0)
        assert hurried.bound <= answer.objective * (1 + 1e-12)
        assert hurried.objective >= answer.objective * (1 - 1e-12)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999), st.integers(1, 6))
def test_bounds_lie_below_and_plans_above_what_is_best_at_every_part(seed, p):
    """The Lagrangian bound at the root, before any branching."""
    one = town(seed, 30, 9)
    search = _MedianSearch(_without_forced(one, p), Clock(60.0), 0)
    search.begin(None)
    best = slow_median(one, p)
    first = search.upper * search.costs.scale
    search.run(0)
    assert search.lower * search.costs.scale <= best * (1 + 1e-9)
    assert search.upper * search.costs.scale >= best * (1 - 1e-9)
    assert first >= best * (1 - 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_plans_without_a_short_proof_are_parted_to_the_end(seed):
    """Distances that obey no triangle leave wide gaps: many parts."""
    rng = np.random.default_rng(seed)
    one = DistanceInstance.from_matrix(rng.random(30), rng.random((30, 16)) * 100)
    answer = p_median(one, 4)
    assert answer.proof is Proof.OPTIMAL
    assert answer.objective == pytest.approx(slow_median(one, 4), rel=1e-9)
    table = np.floor(rng.random((30, 16)) * 100)
    whole = DistanceInstance.from_matrix(np.ones(30), table)
    assert p_median(whole, 4).objective == slow_median(whole, 4)


def test_a_plan_to_begin_with_counts_only_within_the_budget():
    one = town(5, 30, 9)
    best = p_median(one, 2)
    assert p_median(one, 2, start=best.chosen).objective == best.objective
    assert p_median(one, 2, start=np.arange(9)).objective == best.objective


# The kernels, each beside a slow twin.


@st.composite
def costs(draw):
    """(near, columns, base, cost): rows with one or more sites, cheapest first."""
    n, m = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    value = st.sampled_from([0.0, 0.25, 1.0, 1.0, 2.0, 3.5])
    rows = []
    for _ in range(n):
        sites = draw(st.sets(st.integers(0, m - 1), min_size=1))
        rows.append(sorted((draw(value), j) for j in sites))
    first = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
    near = Csr(
        first, np.array([j for r in rows for _, j in r], np.int32), np.array([c for r in rows for c, _ in r])
    )
    base = np.array([r[-1][0] + draw(st.sampled_from([0.5, 1.0, 50.0])) for r in rows])
    return near, turned(near, m), base, np.array(draw(st.lists(COST, min_size=m, max_size=m)))


def dense(near, base, sites):
    table = np.full((len(base), sites), np.inf)
    table[np.repeat(np.arange(len(base)), np.diff(near.first)), near.item] = near.value
    return table


def total_of(table, base, is_open):
    return np.minimum(np.where(is_open, table, np.inf).min(axis=1, initial=np.inf), base).sum()


@pytest.mark.slow
@given(costs())
@settings(max_examples=60, deadline=None)
def test_turned_is_the_transposed_table(case):
    near, columns, base, cost = case
    table = dense(near, base, len(cost))
    for j in range(len(cost)):
        k = slice(columns.first[j], columns.first[j + 1])
        assert columns.item[k].tolist() == np.flatnonzero(np.isfinite(table[:, j])).tolist()
        assert columns.value[k].tolist() == table[columns.item[k], j].tolist()


@pytest.mark.slow
@given(costs(), st.data())
@settings(max_examples=60, deadline=None)
def test_nearest_two_are_the_least_two(case, data):
    near, _, base, cost = case
    m = len(cost)
    is_open = np.array(data.draw(st.lists(st.booleans(), min_size=m, max_size=m)))
    at, who = nearest_two(near, base, is_open)
    table = dense(near, base, m)
    for i in range(len(base)):
        found = sorted(table[i, is_open][np.isfinite(table[i, is_open])].tolist())
        assert at[i].tolist() == [*found, base[i], base[i]][:2]
        for n in range(2):
            assert (who[i, n] == -1) if n >= len(found) else (table[i, who[i, n]] == at[i, n])


@pytest.mark.slow
@given(costs(), st.sampled_from([0.0, 1.0, 2.5, 4.0]), st.data())
@settings(max_examples=80, deadline=None)
def test_greedy_takes_what_saves_most_for_its_cost(case, budget, data):
    near, columns, base, cost = case
    m = len(cost)
    is_open = np.array(data.draw(st.lists(st.sampled_from([False, False, True]), min_size=m, max_size=m)))
    table, slow, left = dense(near, base, m), is_open.copy(), budget
    while True:
        now = total_of(table, base, slow)
        rate = np.zeros(m)
        for j in np.flatnonzero(~slow & (cost <= left * (1 + 1e-12))):
            rate[j] = (now - total_of(table, base, slow | (np.arange(m) == j))) / max(cost[j], 1e-9)
        if rate.max() <= 0:
            break
        slow[np.argmax(rate)] = True
        left -= cost[np.argmax(rate)]
    greedy(columns, base, cost, budget, is_open)
    np.testing.assert_array_equal(is_open, slow)


@pytest.mark.slow
@given(costs(), st.sampled_from([0.0, 1.0, 2.5, 4.0]), st.data())
@settings(max_examples=80, deadline=None)
def test_interchange_takes_the_best_swap_for_each_site(case, budget, data):
    near, columns, base, cost = case
    m = len(cost)
    is_open = np.zeros(m, np.bool_)
    for j in data.draw(st.permutations(range(m))):
        is_open[j] = cost[is_open].sum() + cost[j] <= budget and data.draw(st.booleans())
    turn = np.array(data.draw(st.permutations(range(m))))
    table, slow, swaps = dense(near, base, m), is_open.copy(), 0
    for j in turn:
        if slow[j]:
            continue
        now = total_of(table, base, slow)
        best = now
        opened = slow | (np.arange(m) == j)
        outs = [opened & (np.arange(m) != r) for r in np.flatnonzero(slow)]
        fits = [o for o in [opened, *outs] if cost[o].sum() <= budget + 1e-9]
        best = min((total_of(table, base, o) for o in fits), default=now)
        if best < now - 1e-9:
            # Of equal swaps any; the kernel's choice is seen by its total alone where there is one.
            same = [o for o in fits if abs(total_of(table, base, o) - best) < 1e-9]
            if len(same) > 1:
                return
            slow, swaps = same[0], swaps + 1
    after, made = interchange(near, columns, base, cost, budget, turn, is_open)
    np.testing.assert_array_equal(is_open, slow)
    assert made == swaps
    assert after == pytest.approx(total_of(table, base, slow))


@pytest.mark.slow
@given(costs(), st.data())
@settings(max_examples=60, deadline=None)
def test_savings_are_sums_of_what_is_below_the_price(case, data):
    near, _, base, cost = case
    price = np.array([data.draw(st.sampled_from([0.0, 0.5, 1.0, 3.0])) for _ in base])
    table = dense(near, base, len(cost))
    np.testing.assert_allclose(
        savings(near, price, len(cost)), np.maximum(price[:, None] - table, 0).sum(axis=0)
    )


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 1.0, 2.0, 5.0]), COST), min_size=1, max_size=5),
    st.sampled_from([0.0, 0.7, 1.0, 2.5]),
)
@settings(max_examples=80, deadline=None)
def test_fill_is_no_less_than_any_choice_within_the_budget(pairs, budget):
    saving, cost = (np.array(x) for x in zip(*pairs, strict=True))
    share = np.empty(len(cost))
    total, rate = fill(saving, cost, budget, share)
    assert total == pytest.approx((share * saving).sum())
    assert (share * cost).sum() <= budget + 1e-9
    # Its dual: no rate of exchange gives a smaller sum, so the sum is the least upper bound.
    assert total == pytest.approx(np.maximum(saving - rate * cost, 0).sum() + rate * budget)


def _climbed(kernel, rows, sites):
    """Run a climb from zero; (bound, prices of it)."""
    best, price = np.zeros(rows), np.zeros(rows)
    course = np.array([-np.inf, 0.1, 0.0])
    kernel(best, price, np.zeros(rows), np.zeros(sites), course)
    return course[0], best


@given(costs(), st.sampled_from([1.0, 2.0, 3.5]))
@settings(max_examples=60, deadline=None)
def test_the_climbed_bound_is_that_of_its_prices_and_below_every_plan(case, budget):
    near, _, base, cost = case
    m = len(cost)
    table = dense(near, base, m)
    every = [np.array(o) for o in itertools.product([False, True], repeat=m)]
    best = min(total_of(table, base, o) for o in every if cost[o].sum() <= budget)

    def climb(best_price, price, direction, mean, course):
        climb_bound(near, base, cost, budget, best, best_price, price, direction, mean, course, 300, 8)

    bound, price = _climbed(climb, len(base), m)
    assert bound <= best + 1e-9
    assert (price <= base).all()
    share = np.empty(m)
    saved = fill(np.maximum(price[:, None] - table, 0).sum(axis=0), cost, budget, share)[0]
    assert bound == pytest.approx(price.sum() - saved)
    # Where all may open there is no gap, and the climb finds that.
    if cost.sum() <= budget:
        assert bound == pytest.approx(best, rel=0.02, abs=0.02)


@pytest.mark.slow
@given(costs(), st.data())
@settings(max_examples=60, deadline=None)
def test_the_capacitated_bound_is_below_every_way_to_serve(case, data):
    near, columns, base, cost = case
    n, m = min(len(base), 4), len(cost)
    near = Csr(near.first[: n + 1], near.item[: near.first[n]], near.value[: near.first[n]])
    columns, base = turned(near, m), base[:n]
    load = np.array([data.draw(st.sampled_from([0.0, 1.0, 2.0])) for _ in range(n)])
    capacity = np.array([data.draw(st.sampled_from([0.0, 1.0, 3.0])) for _ in range(m)])
    forced = np.array([data.draw(st.sampled_from([False, False, True])) for _ in range(m)])
    table, budget, best = dense(near, base, m), 2.0, base.sum()
    for where in itertools.product(range(-1, m), repeat=n):
        used = np.zeros(m)
        total = 0.0
        for i, j in enumerate(where):
            total += base[i] if j < 0 else table[i, j]
            used[j] += load[i] if j >= 0 else 0.0
        sites = np.isin(np.arange(m), where)
        if (used <= capacity).all() and cost[sites & ~forced].sum() <= budget:
            best = min(best, total)

    def climb(best_price, price, direction, mean, course):
        climb_capacitated(
            near, columns, base, load, capacity, cost, budget, forced, best, best_price, price, direction,
            mean, course, 200, 8,
        )  # fmt: skip

    bound, price = _climbed(climb, n, m)
    assert bound <= best + 1e-9
    part = np.empty(len(columns.item))
    saving = knapsacks(columns, price, load, capacity, part)
    for j in range(m):
        k = slice(columns.first[j], columns.first[j + 1])
        rows = columns.item[k]
        gain = np.maximum(price[rows] - columns.value[k], 0)
        # No set of rows that fits saves more, and what is taken in part fits.
        sets = itertools.product([0, 1], repeat=len(rows))
        fits = [np.array(s, dtype=float) for s in sets if np.dot(s, load[rows]) <= capacity[j]]
        assert saving[j] >= max((s * gain).sum() for s in fits) - 1e-9
        assert saving[j] == pytest.approx((part[k] * (price[rows] - columns.value[k])).sum())
        assert (part[k] * load[rows]).sum() <= capacity[j] + 1e-9


@pytest.mark.slow
@given(costs(), st.data())
@settings(max_examples=80, deadline=None)
def test_assignments_fit_and_moves_only_lower_what_they_cost(case, data):
    near, _, base, cost = case
    n, m = len(base), len(cost)
    load = np.array([data.draw(st.sampled_from([0.0, 1.0, 2.0])) for _ in range(n)])
    capacity = np.array([data.draw(st.sampled_from([0.0, 1.0, 3.0, 5.0])) for _ in range(m)])
    is_open = np.array(data.draw(st.lists(st.booleans(), min_size=m, max_size=m)))
    forced = is_open & np.array(data.draw(st.lists(st.booleans(), min_size=m, max_size=m)))
    room = np.where(is_open, capacity, 0.0)
    by = assign(near, base, load, room, is_open)

    def state():
        at = by >= 0
        used = np.bincount(near.item[by[at]], load[at], m)
        assert (used <= capacity).all()
        assert is_open[near.item[by[at]]].all()
        row = np.repeat(np.arange(n), np.diff(near.first))
        assert (row[by[at]] == np.flatnonzero(at)).all()
        return used, np.where(at, np.append(near.value, 0.0)[by], base).sum()

    used, before = state()
    np.testing.assert_allclose(room, np.where(is_open, capacity, 0.0) - used)
    while shift(near, base, load, room, is_open, by):
        used, after = state()
        np.testing.assert_allclose(room, np.where(is_open, capacity, 0.0) - used)
        assert after < before
        before = after
    # No row is left that could move alone to an open site with room at less.
    for i in range(n):
        now = base[i] if by[i] < 0 else near.value[by[i]]
        for k in range(near.first[i], near.first[i + 1]):
            if is_open[near.item[k]] and load[i] <= room[near.item[k]]:
                assert near.value[k] >= now - 1e-9
    count, budget = is_open.sum(), cost[is_open].sum()
    left = resite(near, load, capacity, cost, 0.5, forced, is_open, by)
    _, after = state()
    assert after <= before + 1e-9
    assert is_open.sum() == count
    assert left == pytest.approx(0.5 + budget - cost[is_open].sum())
    assert left >= -1e-9
    assert is_open[forced].all()


def test_two_rows_change_places_where_neither_could_move_alone():
    near = Csr(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32), np.array([1.0, 9.0, 1.0, 2.0]))
    by = np.array([1, 2])
    room = np.zeros(2)
    base, load, is_open = np.full(2, 50.0), np.ones(2), np.ones(2, np.bool_)
    assert shift(near, base, load, room, is_open, by) == 1
    assert by.tolist() == [0, 3]
    assert room.tolist() == [0.0, 0.0]


def test_all_rows_of_a_site_move_to_one_that_serves_them_at_less():
    near = Csr(np.array([0, 2, 4]), np.array([1, 0, 1, 0], np.int32), np.array([1.0, 3.0, 1.0, 2.0]))
    for capacity, cost, to in ((2.0, 1.0, 1), (1.0, 1.0, 0), (2.0, 2.0, 0)):
        by, is_open = np.array([1, 3]), np.array([True, False])
        room, costs_of = np.array([2.0, capacity]), np.array([1.0, cost])
        resite(near, np.ones(2), room, costs_of, 0.5, np.zeros(2, np.bool_), is_open, by)
        assert near.item[by].tolist() == [to, to]
        assert np.flatnonzero(is_open).tolist() == [to]


@pytest.mark.slow
@given(costs(), st.data())
@settings(max_examples=80, deadline=None)
def test_what_stays_of_a_cover_is_as_hard_as_all_of_it(case, data):
    near, _, base, cost = case
    m = len(cost)
    table = np.isfinite(dense(near, base, m))
    row, item = np.nonzero(table)
    first = np.searchsorted(row, np.arange(len(table) + 1)).astype(np.int64)
    rows = Csr(first, item.astype(np.int32), np.zeros(len(item)))
    columns = turned(rows, m)
    by_row, by_site = (Lists(pairs.first, pairs.item) for pairs in (rows, columns))
    keep = needed_rows(by_row, by_site)
    sets = [set(np.flatnonzero(r)) for r in table]
    for i, own in enumerate(sets):
        smaller = any(o < own or (o == own and k < i) for k, o in enumerate(sets))
        assert keep[i] == (not smaller)
    useful = ~dominated(by_site, by_row, cost, np.ones(m, bool))
    for j in range(m):
        mine = set(np.flatnonzero(table[:, j]))
        better = [
            k
            for k in range(m)
            if k != j
            and mine <= set(np.flatnonzero(table[:, k]))
            and (
                cost[k] < cost[j]
                or (cost[k] == cost[j] and (k < j or mine < set(np.flatnonzero(table[:, k]))))
            )
        ]
        assert useful[j] == (bool(mine) and not better)
    every = [np.array(o) for o in itertools.product([False, True], repeat=m)]
    least = min(cost[o].sum() for o in every if (table & o).any(axis=1).all())
    budget = data.draw(st.sampled_from([0.5, 1.0, 2.0, 6.0]))
    for cheapest in (False, True):
        cover = cover_rows(rows, cost, budget, Clock(60.0), seed=0, cheapest=cheapest)
        if least > budget + 1e-9:
            assert cover.proof is Proof.INFEASIBLE
            continue
        assert table[:, cover.chosen].any(axis=1).all()
        assert cost[cover.chosen].sum() <= budget + 1e-9
        if cheapest:
            assert cost[cover.chosen].sum() == pytest.approx(least)


def test_costs_are_the_same_in_any_order_of_rows():
    one = town(3, 40, 10, reach=5000.0)
    order = np.random.default_rng(1).permutation(one.rows)
    other = DistanceInstance.from_matrix(
        one.people[order], table_of(one)[order], existing_s=one.existing_s[order]
    )
    a, b = pair_costs(one, 3), pair_costs(other, 3)
    np.testing.assert_array_equal(a.near.value, b.near.value)
    np.testing.assert_array_equal(a.near.item, b.near.item)
    np.testing.assert_array_equal(a.row, order[b.row])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_exact_part_finds_what_a_poor_heuristic_misses(seed, monkeypatch):
    """The swaps find the best plan of nearly every small problem, and would hide a bound that is too high."""
    monkeypatch.setattr("planner.siting.distance.median.interchange", lambda *_: (0.0, 0))
    monkeypatch.setattr("planner.siting.distance.capacitated.shift", lambda *_: 0)
    monkeypatch.setattr("planner.siting.distance.capacitated.resite", lambda *a: a[4])
    rng = np.random.default_rng(seed)
    one = DistanceInstance.from_matrix(rng.random(30), rng.random((30, 14)) * 100)
    assert p_median(one, 4).objective == pytest.approx(slow_median(one, 4), rel=1e-9)
    few = DistanceInstance.from_matrix(rng.random(6), rng.random((6, 5)) * 100)
    load, room = rng.integers(1, 4, 6).astype(float), np.full(5, 7.0)
    best = slow_capacitated(few, 3, room, load)
    assert capacitated_p_median(few, 3, room, load=load).solution.objective == pytest.approx(best, rel=1e-9)
