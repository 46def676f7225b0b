"""Plans in many draws against every choice there is, and bounds against SciPy's linear solver."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geodata.errors import ConfigError
from planner.kernels.draws import exchange_draws
from planner.siting.clock import Clock
from planner.siting.robust.cuts import DrawCuts
from planner.siting.robust.instance import SeasonTimes, draw_instance
from planner.siting.robust.plans import best_alone, best_expected, best_worst_case, improved
from planner.siting.robust.search import RobustSearch

MINUTES = st.integers(1, 12).map(lambda n: 10.0 * n) | st.just(np.inf)


@st.composite
def problems(draw, *, plain=False):
    """Times of sites and of what exists in one or two seasons; draws with a season, a limit and people."""
    places, sites, draws = (draw(st.integers(1, n)) for n in (7, 6, 6))
    seasons = draw(st.integers(1, 2))
    table = [
        np.array(draw(st.lists(MINUTES, min_size=places * sites, max_size=places * sites))).reshape(sites, -1)
        for _ in range(seasons)
    ]
    exists = [
        np.array(draw(st.lists(MINUTES | st.just(np.inf), min_size=places, max_size=places)))
        for _ in range(seasons)
    ]
    whole = st.integers(0, 30).map(float)
    people = draw(st.lists(whole, min_size=places * draws, max_size=places * draws))
    marks = draw(
        st.lists(st.sampled_from(["", "", "", "", "forced", "forbidden"]), min_size=sites, max_size=sites)
    )
    marks = [""] * sites if plain else marks
    forced = [m == "forced" for m in marks]
    pairs = draw(st.lists(st.tuples(st.integers(0, sites - 1), st.integers(0, sites - 1)), max_size=3))
    pairs = [] if plain else [(a, b) for a, b in pairs if a != b and not (forced[a] and forced[b])]
    dear = draw(st.booleans())
    return {
        "table": table, "exists": exists, "people": np.array(people).reshape(draws, -1),
        "limit": np.array(draw(st.lists(st.integers(1, 12).map(lambda n: 10.0 * n), min_size=draws,
                                        max_size=draws))),
        "season": np.array(draw(st.lists(st.integers(0, seasons - 1), min_size=draws, max_size=draws))),
        "cost": np.array(draw(st.lists(st.integers(1, 4), min_size=sites, max_size=sites)) if dear
                         else [1] * sites, dtype=float),
        "forced": np.array(forced), "forbidden": np.array([m == "forbidden" for m in marks]),
        "conflicts": pairs, "budget": draw(st.integers(0, 6)),
    }  # fmt: skip


def instance_of(problem, order=None):
    times = []
    for table, exists in zip(problem["table"], problem["exists"], strict=True):
        turned = table if order is None else table[:, order]
        site, place = np.nonzero(turned < np.inf)
        times.append(
            SeasonTimes(
                np.searchsorted(site, np.arange(len(table) + 1)),
                place.astype(np.int32),
                turned[site, place],
                exists if order is None else exists[order],
            )
        )
    people = problem["people"] if order is None else problem["people"][:, order]
    return draw_instance(
        people, problem["limit"], problem["season"], times, cost=problem["cost"], forced=problem["forced"],
        forbidden=problem["forbidden"], conflicts=np.array(problem["conflicts"], dtype=int).reshape(-1, 2),
    )  # fmt: skip


def reach(problem, sites):
    """People reached in each draw, from the words: within its limit of a site or of what exists."""
    found = []
    for d, season in enumerate(problem["season"]):
        nearest = problem["exists"][season].copy()
        for j in sites:
            nearest = np.minimum(nearest, problem["table"][season][j])
        found.append(problem["people"][d][nearest <= problem["limit"][d]].sum())
    return np.array(found)


def choices(problem):
    """Every choice that the rules allow."""
    sites = range(len(problem["cost"]))
    for k in range(len(sites) + 1):
        for some in combinations(sites, k):
            if (
                problem["cost"][list(some)].sum() <= problem["budget"]
                and all(j in some for j in sites if problem["forced"][j])
                and not any(problem["forbidden"][j] for j in some)
                and not any(a in some and b in some for a, b in problem["conflicts"])
            ):
                yield some


def weights_of(problem):
    weight = np.arange(1.0, len(problem["limit"]) + 1)
    return weight / weight.sum()


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(problems())
def test_robust_plans_are_the_best_of_all_choices(problem):
    every = {some: reach(problem, some) for some in choices(problem)}
    instance, weight = instance_of(problem), weights_of(problem)
    mean = best_expected(instance, problem["budget"], weight)
    least = best_worst_case(instance, problem["budget"], np.arange(len(weight)))
    if not every:
        assert mean.proof == least.proof == "infeasible"
        return
    for found, value in ((mean, lambda v: weight @ v), (least, min)):
        best = max(value(people) for people in every.values())
        assert tuple(found.chosen) in every
        assert found.objective == pytest.approx(value(every[tuple(found.chosen)]))
        assert (found.objective, found.proof) == (pytest.approx(best), "optimal")
        assert found.bound >= best * (1 - 1e-9)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(problems())
def test_each_draw_by_itself(problem):
    every = {some: reach(problem, some) for some in choices(problem)}
    instance = instance_of(problem)
    for some, people in every.items():
        assert instance.people_reached(np.array(some, dtype=int)).tolist() == people.tolist()
    for d in range(len(problem["limit"])):
        found = best_alone(instance, problem["budget"], d)
        assert (found.proof == "infeasible") == (not every)
        if every:
            assert found.objective == pytest.approx(max(people[d] for people in every.values()))
            assert found.objective == pytest.approx(every[tuple(found.chosen)][d])


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_places_changes_nothing(problem, random):
    order = list(range(problem["people"].shape[1]))
    random.shuffle(order)
    draws = np.arange(len(problem["limit"]))
    one, other = instance_of(problem), instance_of(problem, order)
    for solve in (
        lambda i: best_expected(i, problem["budget"], weights_of(problem)),
        lambda i: best_worst_case(i, problem["budget"], draws),
    ):
        assert solve(one).chosen.tolist() == solve(other).chosen.tolist()


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(problems(plain=True), st.booleans())
def test_cuts_find_the_linear_relaxation(problem, together):
    """SciPy's answer to the same relaxation, written out place by place and draw by draw."""
    instance, draws = instance_of(problem), len(problem["limit"])
    weight = weights_of(problem)[None] if together else np.eye(draws)
    cover = instance.cover(weight)
    cuts = DrawCuts(cover, np.ones(instance.sites, bool), float(problem["budget"]), np.empty(0, np.int64))
    cuts.run(Clock(60.0))
    assert cuts.bound == pytest.approx(relaxed(problem, weight), rel=1e-5, abs=1e-6)


def relaxed(problem, weight):
    """The most of the least criterion, by shares x of sites, z of places in draws, and eta."""
    draws, places = problem["people"].shape
    sites = len(problem["cost"])
    n = sites + draws * places + 1
    rows, most, upper = [np.append(problem["cost"], np.zeros(n - sites))], [problem["budget"]], np.ones(n)
    for d, season in enumerate(problem["season"]):
        for i in range(places):
            row, z = np.zeros(n), sites + d * places + i
            row[z] = 1.0
            row[:sites] = -(problem["table"][season][:, i] <= problem["limit"][d]).astype(float)
            rows.append(row)
            most.append(float(problem["exists"][season][i] <= problem["limit"][d]))
    for criterion in weight:
        row = np.zeros(n)
        row[sites:-1] = -(criterion[:, None] * problem["people"]).ravel()
        row[-1] = 1.0
        rows.append(row)
        most.append(0.0)
    goal = np.zeros(n)
    goal[-1] = -1.0
    bounds = [(0.0, u) for u in upper[:-1]] + [(0.0, None)]
    return -linprog(goal, A_ub=np.array(rows), b_ub=np.array(most), bounds=bounds).fun


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(problems(), st.booleans(), st.integers(0, 2**16))
def test_no_exchange_is_left(problem, together, seed):
    """From any choice: afterwards no site more, and none for another, makes the least criterion larger."""
    every = {some: reach(problem, some) for some in choices(problem)}
    if not every or problem["forced"].any():
        return
    instance = instance_of(problem)
    weight = weights_of(problem)[None] if together else np.eye(len(problem["limit"]))
    start = list(every)[seed % len(every)]
    chosen = np.zeros(instance.sites, bool)
    chosen[list(start)] = True
    moves = exchange_draws(
        instance.cover(weight), float(problem["budget"]), chosen, ~problem["forbidden"], 1e-7, 1000
    )
    found = tuple(np.flatnonzero(chosen))

    def least(some):
        return (weight @ every[some]).min()

    assert found in every
    assert least(found) >= least(start)
    assert (found == start) == (moves == 0)
    near = [s for s in every if len(set(s) - set(found)) == 1 and len(set(found) - set(s)) <= 1]
    # An exchange is tried only where the site cannot simply be added.
    fits = {s for s in near if set(found) < set(s)}
    near = [s for s in near if s in fits or not any(set(s) - set(found) <= set(f) for f in fits)]
    assert all(least(s) <= least(found) + 1e-6 for s in near)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(problems())
def test_a_bound_holds_when_time_is_up_at_once(problem):
    every = {some: reach(problem, some) for some in choices(problem)}
    instance, weight = instance_of(problem), weights_of(problem)
    mean = best_expected(instance, problem["budget"], weight, time_limit_s=1e-9)
    least = best_worst_case(instance, problem["budget"], np.arange(len(weight)), time_limit_s=1e-9)
    if every:
        assert tuple(mean.chosen) in every
        assert tuple(least.chosen) in every
        assert mean.bound >= max(weight @ v for v in every.values()) - 1e-6
        assert least.bound >= max(v.min() for v in every.values()) - 1e-6


def larger():
    """Sixty places and twenty sites in a square, two seasons, twelve draws: too large for one look."""
    random = np.random.default_rng(3)
    places, sites = random.random((60, 2)), random.random((20, 2))
    away = 100.0 * np.hypot(*(sites[:, None] - places[None]).transpose(2, 0, 1))
    draws = 12
    return {
        "table": [away, 1.3 * away], "exists": [np.full(60, np.inf), np.full(60, np.inf)],
        "people": random.integers(1, 100, (draws, 60)).astype(float),
        "limit": 25.0 * random.uniform(0.6, 1.4, draws),
        "season": random.integers(0, 2, draws), "cost": np.ones(20), "forced": np.zeros(20, bool),
        "forbidden": np.zeros(20, bool), "conflicts": [(0, 1)], "budget": 4,
    }  # fmt: skip


@pytest.mark.slow
def test_four_of_twenty_sites_by_all_choices():
    problem = larger()
    instance, weight = instance_of(problem), weights_of(problem)
    every = {some: reach(problem, some) for some in choices(problem) if len(some) == 4}
    mean = best_expected(instance, 4, weight)
    assert mean.objective == pytest.approx(max(weight @ v for v in every.values()))
    assert mean.proof == "optimal"
    least = best_worst_case(instance, 4, np.arange(12))
    assert least.objective == pytest.approx(max(v.min() for v in every.values()))
    assert least.proof == "optimal"
    # What one of them is best at, the other is not.
    assert weight @ instance.people_reached(least.chosen) <= mean.objective
    assert instance.people_reached(mean.chosen).min() <= least.objective


def test_the_search_alone_comes_near():
    problem = larger()
    instance, weight = instance_of(problem), weights_of(problem)
    best = best_expected(instance, 4, weight).objective
    search = RobustSearch(instance, weight[None], 4.0, Clock(60.0), 0)
    search.look([np.empty(0, np.int64)])
    assert search.best.people >= 0.97 * best


def test_a_plan_of_another_draw_that_is_better_is_taken():
    problem = larger()
    instance = instance_of(problem)
    good = [best_alone(instance, 4, d) for d in range(1, 12)]
    poor = [best_alone(instance, 1, d) for d in range(1, 12)]
    for d, one in enumerate(improved(instance, poor, good), start=1):
        people = max(instance.people_reached(s.chosen)[d] for s in (*good, *poor))
        assert one.objective == pytest.approx(people)
        assert instance.people_reached(one.chosen)[d] == pytest.approx(people)
        assert one.bound >= one.objective


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"people": np.array([[-1.0]])}, "people are numbers of 0 or more"),
        ({"limit_s": np.array([np.nan])}, "limits are numbers of seconds"),
        ({"season": np.array([1])}, "a season that is not there"),
        ({"people": np.ones((2, 1))}, "for each of 1 to"),
        ({"cost": np.array([0.0])}, "costs are numbers above 0"),
    ],
)
def test_draws_that_make_no_sense(change, said):
    times = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([9.0]), np.array([np.inf]))
    given = {"people": np.ones((1, 1)), "limit_s": np.ones(1), "season": np.zeros(1, int), "times": [times]}
    with pytest.raises(ConfigError, match=said):
        draw_instance(**{**given, **change})
