"""Units divided over areas: against every division there is, and against a heap where curves are concave."""

from __future__ import annotations

import heapq
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import ConfigError
from planner.nation.divide import AreaCurve, area_curve, divide

gains = st.lists(st.integers(0, 30), max_size=5)
slack = st.lists(st.integers(0, 6), min_size=6, max_size=6)


def curve_of(code: int, steps: list[int], more: list[int], beyond: int = 0) -> AreaCurve:
    people = np.cumsum([0.0, *steps])
    bound = np.maximum.accumulate(people + more[: len(people)])
    return AreaCurve(str(code), people, bound, float(bound[-1] + beyond))


def every_division(curves: list[np.ndarray], units: int) -> list[tuple[float, int, tuple[int, ...]]]:
    """All of them: the people, the units used, the shares."""
    numbers = itertools.product(*(range(min(len(c), units + 1)) for c in curves))
    return [
        (sum(float(c[k]) for c, k in zip(curves, ks, strict=True)), sum(ks), ks)
        for ks in numbers
        if sum(ks) <= units
    ]


@pytest.mark.slow
@given(st.lists(st.tuples(gains, slack, st.integers(0, 9)), min_size=1, max_size=4), st.integers(1, 9))
def test_no_division_is_better_and_none_beats_the_bound(
    areas: list[tuple[list[int], list[int], int]], units: int
) -> None:
    curves = [curve_of(i, *one) for i, one in enumerate(areas)]
    found = divide(curves, units)
    divisions = every_division([c.people for c in curves], units)
    assert found.total == max(people for people, _, _ in divisions)
    used = min(n for people, n, _ in divisions if people == found.total)
    assert sum(found.shares.values()) == used <= units
    assert found.people == {c.code: c.people[found.shares[c.code]] for c in curves}
    # A bound by itself, each area's made as long as there are units.
    tops = [np.append(c.bound, np.full(units, max(c.bound[-1], c.beyond))) for c in curves]
    assert found.bound == max(people for people, _, _ in every_division(tops, units))


@pytest.mark.slow
@given(st.lists(gains, min_size=1, max_size=6), st.integers(1, 20))
def test_concave_curves_are_divided_as_by_a_heap(areas: list[list[int]], units: int) -> None:
    falling = [sorted(steps, reverse=True) for steps in areas]
    curves = [curve_of(i, steps, [0] * 6) for i, steps in enumerate(falling)]
    heap = [(-step, i, j) for i, steps in enumerate(falling) for j, step in enumerate(steps)]
    heapq.heapify(heap)
    greedy = sum(-heapq.heappop(heap)[0] for _ in range(min(units, len(heap))))
    found = divide(curves, units)
    assert found.total == found.bound == greedy


@pytest.mark.slow
@given(st.lists(st.tuples(gains, st.sets(st.integers(1, 5))), min_size=1, max_size=3), st.integers(1, 8))
def test_curves_of_some_numbers_keep_on_the_safe_side(
    areas: list[tuple[list[int], set[int]]], units: int
) -> None:
    """The best of true curves lies between what is found on a few of their points, and its bound."""
    true = [np.cumsum([0.0, *steps]) for steps, _ in areas]
    some = []
    for i, (curve, (_, points)) in enumerate(zip(true, areas, strict=True)):
        at = sorted({0, *(p for p in points if p < len(curve))})
        told = pd.DataFrame({"budget": at, "people_reached": curve[at], "bound": curve[at]})
        some.append(area_curve(str(i), told, beyond=float(curve[-1])))
    best = max(people for people, _, _ in every_division(true, units))
    found = divide(some, units)
    assert found.total <= best <= found.bound


def test_what_is_beyond_the_curve_and_unknown_has_no_bound() -> None:
    one = AreaCurve("a", np.array([0.0, 5.0]), np.array([0.0, 5.0]), np.inf)
    assert divide([one], 1).bound == 5.0
    assert divide([one], 2).bound == np.inf


def test_curves_that_cannot_be_are_refused() -> None:
    for people, bound in (([0.0, 5.0, 4.0], [9.0] * 3), ([0.0, 5.0], [0.0, 4.0]), ([np.nan], [1.0])):
        with pytest.raises(ConfigError, match="must not fall"):
            AreaCurve("a", np.array(people), np.array(bound), 9.0)
    one = curve_of(0, [1], [0] * 6)
    for curves, units in (([one], 0), ([one, one], 2)):
        with pytest.raises(ConfigError, match="each area is there once"):
            divide(curves, units)


@st.composite
def priced(draw: st.DrawFn) -> tuple[list[list[tuple[float, float]]], list[set[int]], float]:
    """Up to three areas of sites with costs and people of their own, points of their curves, and a budget."""
    site = st.tuples(st.sampled_from([2.0, 3.0, 5.0, 7.5]), st.integers(0, 20).map(float))
    areas = draw(st.lists(st.lists(site, max_size=4), min_size=1, max_size=3))
    points = [draw(st.sets(st.integers(1, 40), max_size=4)) for _ in areas]
    return areas, points, draw(st.sampled_from([2.0, 6.0, 9.0, 13.5, 20.0]))


def best_of(sites: list[tuple[float, float]], budget: float) -> float:
    """The most people of any choice of sites within a budget."""
    choices = (c for n in range(len(sites) + 1) for c in itertools.combinations(sites, n))
    return max(sum(p for _, p in c) for c in choices if sum(cost for cost, _ in c) <= budget + 1e-9)


@pytest.mark.slow
@given(priced(), st.sampled_from([0.5, 1.0, 2.0, 4.0]))
def test_money_in_steps_keeps_on_the_safe_side(
    problem: tuple[list[list[tuple[float, float]]], list[set[int]], float], step: float
) -> None:
    """Of all choices of sites anywhere the best lies between what is found in steps and its bound."""
    areas, points, budget = problem
    every = [site for sites in areas for site in sites]
    best, steps = best_of(every, budget), int(budget // step)
    exact = all((cost / step).is_integer() for cost, _ in every)
    # What is left over below a step can be spent too, unless all costs are whole steps.
    steps = steps if exact or budget == steps * step else steps + 1
    curves = []
    for i, (sites, some) in enumerate(zip(areas, points, strict=True)):
        whole = int(np.ceil(sum(cost for cost, _ in sites) / step))
        at = sorted({0, *(p for p in some if p < whole), min(whole, steps)})
        told = [best_of(sites, k * step) for k in at]
        table = pd.DataFrame({"budget": np.array(at) * step, "people_reached": told, "bound": told})
        curves.append(area_curve(str(i), table, beyond=sum(p for _, p in sites), step=step, exact=exact))
    found = divide(curves, max(steps, 1))
    assert best <= found.bound + 1e-9
    if steps * step <= budget:
        assert found.total <= best + 1e-9


def test_what_costs_no_whole_steps_is_within_the_bound() -> None:
    """Two sites of 1.5 for a budget of 3: in steps of 1 a plan pays 2 for each, and can have one."""
    told = pd.DataFrame({"budget": [0.0, 1.0, 2.0], "people_reached": [0.0, 0.0, 10.0]})
    told["bound"] = told["people_reached"]
    two = [area_curve(code, told, beyond=10.0, exact=False) for code in ("a", "b")]
    found = divide(two, 3)
    assert found.total == 10.0
    assert found.bound == 20.0
