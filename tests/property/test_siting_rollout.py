"""Rollouts against every choice of sites and years."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.kernels.years import exchange_years, fits, move, nothing_decided, put, take_out
from planner.siting.clock import Clock
from planner.siting.cover.instance import cover_instance
from planner.siting.rollout.compare import compared_rollout
from planner.siting.rollout.cuts import YearCuts
from planner.siting.rollout.instance import reduced_rollout, rollout_instance
from planner.siting.rollout.search import RolloutSearch
from planner.siting.rollout.solve import most_person_years

NEVER = -1


@st.composite
def rollouts(draw, *, sites=None):
    """Small enough to try every year of every site."""
    places, n, years = draw(st.integers(1, 7)), sites or draw(st.integers(1, 5)), draw(st.integers(1, 3))

    def each(what, size):
        return draw(st.lists(what, min_size=size, max_size=size))

    marks = each(st.sampled_from(["", "", "", "", "forced", "forbidden"]), n)
    forced = [m == "forced" for m in marks]
    site = st.integers(0, n - 1)
    pairs = draw(st.lists(st.tuples(st.integers(0, places - 1), site), min_size=1, max_size=20))
    conflicts = draw(st.lists(st.tuples(site, site), max_size=3))
    by_place = draw(st.booleans())
    staffed = draw(st.booleans())
    factor = st.integers(1, 4).map(float)
    return {
        "places": places, "sites": n, "years": years, "pairs": pairs, "forced": forced,
        "people": each(st.integers(0, 50).map(float), places),
        "cost": each(st.integers(1, 4), n) if draw(st.booleans()) else [1] * n,
        "yearly": each(st.integers(0, 2), n) if draw(st.booleans()) else [0] * n,
        "budget": each(st.integers(0, 5), years),
        "carry_over": draw(st.booleans()),
        "staff": (
            [each(st.integers(0, 2), n) for _ in range(2)], [each(st.integers(0, 3), years) for _ in range(2)]
        ) if staffed else ([], []),
        "lead": each(st.sampled_from([0.0, 0.0, 0.5, 1.0, 1.5]), n),
        "earliest": each(st.integers(0, years), n) if draw(st.booleans()) else [0] * n,
        "weight": each(st.sampled_from([0.1, 0.5, 1.0, 2.0]), years),
        "factor": [each(factor, places) for _ in range(years)] if by_place else each(factor, years),
        "forbidden": [m == "forbidden" for m in marks],
        "conflicts": [(a, b) for a, b in conflicts if a != b and not (forced[a] and forced[b])],
    }  # fmt: skip


def instance_of(problem, *, order=None, budget=None):
    place, site = (list(c) for c in zip(*problem["pairs"], strict=True))
    people, factor = np.array(problem["people"]), np.array(problem["factor"])
    if order is not None:
        place, people = [order.index(p) for p in place], people[order]
        factor = factor[:, order] if factor.ndim == 2 else factor
    cover = cover_instance(
        people, place=place, site=site, sites=problem["sites"], cost=problem["cost"],
        forced=np.array(problem["forced"]), forbidden=np.array(problem["forbidden"]),
        conflicts=np.array(problem["conflicts"], dtype=int).reshape(-1, 2),
    )  # fmt: skip
    need, new = problem["staff"]
    return rollout_instance(
        cover, problem["budget"] if budget is None else budget, yearly_cost=problem["yearly"],
        carry_over=problem["carry_over"],
        staff=(np.array(need, float), np.array(new, float)) if need else None,
        lead_years=problem["lead"], earliest=problem["earliest"], weight=problem["weight"],
        people_factor=factor,
    )  # fmt: skip


def opens(problem, site, year):
    return year + math.ceil(problem["lead"][site])


def spent(problem, choice, year):
    """First costs in the year of the decision, yearly ones from the year in which it works."""
    total = 0
    for site, decided in enumerate(choice):
        if decided == NEVER:
            continue
        total += problem["cost"][site] * (decided == year)
        total += problem["yearly"][site] * (opens(problem, site, decided) <= year)
    return total


def is_allowed(problem, choice):
    years, taken = range(problem["years"]), [s for s, t in enumerate(choice) if t != NEVER]
    for s in taken:
        opened = opens(problem, s, choice[s])
        if problem["forbidden"][s] or opened >= problem["years"] or opened < problem["earliest"][s]:
            return False
    if any(problem["forced"][s] and choice[s] == NEVER for s in range(problem["sites"])):
        return False
    if any(a in taken and b in taken for a, b in problem["conflicts"]):
        return False
    purse = 0
    for t in years:
        purse = (purse if problem["carry_over"] else 0) + problem["budget"][t] - spent(problem, choice, t)
        if purse < 0:
            return False
    for need, new in zip(*problem["staff"], strict=True):
        free = 0
        for t in years:
            free += new[t] - sum(need[s] for s in taken if opens(problem, s, choice[s]) == t)
            if free < 0:
                return False
    return True


def reached(problem, choice, year):
    open_sites = {s for s, t in enumerate(choice) if t != NEVER and opens(problem, s, t) <= year}
    places = {p for p, s in problem["pairs"] if s in open_sites}
    factor = problem["factor"][year]
    return sum(problem["people"][p] * (factor[p] if isinstance(factor, list) else factor) for p in places)


def counted(problem, choice):
    return sum(w * reached(problem, choice, t) for t, w in enumerate(problem["weight"]))


def choices(problem):
    for choice in product(range(NEVER, problem["years"]), repeat=problem["sites"]):
        if is_allowed(problem, choice):
            yield choice


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(rollouts())
def test_the_rollout_is_the_best_of_all_choices(problem):
    best = max((counted(problem, c) for c in choices(problem)), default=None)
    found = most_person_years(instance_of(problem))
    if best is None:
        assert found.solution.proof == "infeasible"
        return
    decided = tuple(found.decided.tolist())
    assert is_allowed(problem, decided)
    assert found.solution.objective == pytest.approx(counted(problem, decided))
    assert (found.solution.objective, found.solution.proof) == (pytest.approx(best), "optimal")
    assert found.solution.bound >= best - 1e-9
    since = [problem["years"] if t == NEVER else opens(problem, s, t) for s, t in enumerate(decided)]
    assert found.since.tolist() == since


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(rollouts())
def test_no_rollout_beats_a_year_alone_and_the_greedy_order_is_one(problem):
    allowed = list(choices(problem))
    found = compared_rollout(instance_of(problem))
    if not allowed:
        assert found.best.solution.proof == "infeasible"
        return
    best = tuple(found.best.decided.tolist())
    for t in range(problem["years"]):
        most = max(reached(problem, c, t) for c in allowed)
        alone = tuple(found.alone[t].tolist())
        assert is_allowed(problem, alone)
        assert reached(problem, alone, t) == pytest.approx(most)
        assert found.alone_bound[t] == pytest.approx(most)
        assert reached(problem, best, t) <= most + 1e-9
    assert found.best.solution.objective == pytest.approx(max(counted(problem, c) for c in allowed))
    if found.greedy is not None:
        greedy = tuple(found.greedy.tolist())
        assert is_allowed(problem, greedy)
        assert counted(problem, greedy) <= found.best.solution.objective + 1e-9


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(rollouts())
def test_bound_optimum_and_search_stand_in_order(problem):
    small = reduced_rollout(instance_of(problem))
    best = max((counted(problem, c) for c in choices(problem)), default=None)
    search = RolloutSearch(small.instance)
    forced = search.with_forced()
    if forced is None or best is None:
        return
    found = small.whole(search.improved(forced, Clock(60.0)), problem["sites"])
    assert is_allowed(problem, tuple(found.tolist()))
    assert counted(problem, tuple(found.tolist())) <= best + 1e-9
    # With the search alone, and no time for more, the bound holds all the same.
    hasty = most_person_years(instance_of(problem), time_limit_s=1e-9)
    assert hasty.solution.bound >= best - 1e-9
    assert hasty.solution.objective <= best + 1e-9


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(rollouts(), st.floats(0.0, 1.0))
def test_no_decision_of_a_better_rollout_is_taken_out(problem, share):
    """Whatever is known already, prices take out only what no better choice holds."""
    small = reduced_rollout(instance_of(problem))
    cuts = YearCuts(small.instance, np.full(len(small.site), NEVER))
    cuts.run(Clock(60.0))
    # Of those that choose among what reduction leaves.
    mine = set(small.site.tolist())
    allowed = [c for c in choices(problem) if all(t == NEVER or j in mine for j, t in enumerate(c))]
    known = share * max((counted(problem, c) for c in allowed), default=0.0)
    left = {(int(small.site[j]), t) for j, t in cuts.left(known)}
    for choice in allowed:
        if counted(problem, choice) > known * (1 + 1e-6) + 1e-9:
            assert {(j, t) for j, t in enumerate(choice) if t != NEVER} <= left


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(rollouts(), st.integers(0, 2))
def test_more_money_never_reaches_fewer(problem, more):
    richer = [b + more for b in problem["budget"]]
    one = most_person_years(instance_of(problem)).solution
    other = most_person_years(instance_of(problem, budget=richer)).solution
    if one.proof != "infeasible":
        assert other.objective >= one.objective - 1e-9


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(rollouts(), st.randoms(use_true_random=False))
def test_the_order_of_places_changes_nothing(problem, random):
    order = list(range(problem["places"]))
    random.shuffle(order)
    one = most_person_years(instance_of(problem))
    other = most_person_years(instance_of(problem, order=order))
    assert one.decided.tolist() == other.decided.tolist()


def check_standing(problem, now, choice):
    """What kernels keep up to date, from the words of the method."""
    n, years = problem["sites"], problem["years"]
    assert now.decided.tolist() == list(choice)
    value = counted(problem, choice)
    for place in range(problem["places"]):
        sites = {s for p, s in problem["pairs"] if p == place and choice[s] != NEVER}
        assert now.since[place] == min((opens(problem, s, choice[s]) for s in sites), default=years)
    for s in range(n):
        if choice[s] != NEVER:
            continue
        for t in range(years):
            if opens(problem, s, t) < years:
                with_it = (*choice[:s], t, *choice[s + 1 :])
                gain = now.gain[s, opens(problem, s, t)]
                assert gain == pytest.approx(counted(problem, with_it) - value)


def within_limits(problem, choice):
    """Whether money and staff allow a choice, whatever is forced."""
    return is_allowed({**problem, "forced": [False] * problem["sites"]}, choice)


def crowded(rng):
    """Sites that share places over three years, with room for most of them."""
    sites, places, years = 5, 6, 3
    pairs = [(p, s) for p in range(places) for s in range(sites) if rng.random() < 0.6]
    return {
        "places": places, "sites": sites, "years": years, "pairs": pairs or [(0, 0)],
        "people": rng.integers(1, 50, places).astype(float).tolist(),
        "cost": rng.integers(1, 3, sites).tolist(), "yearly": rng.integers(0, 2, sites).tolist(),
        "budget": rng.integers(2, 8, years).tolist(), "carry_over": bool(rng.random() < 0.5),
        "staff": ([rng.integers(0, 2, sites).tolist()], [rng.integers(0, 3, years).tolist()]),
        "lead": rng.choice([0.0, 0.0, 0.5, 1.0], sites).tolist(), "earliest": [0] * sites,
        "weight": rng.choice([0.5, 1.0, 2.0], years).tolist(),
        "factor": rng.integers(1, 4, years).astype(float).tolist(),
        "forced": [False] * sites, "forbidden": [False] * sites, "conflicts": [(0, 1)],
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_gains_and_room_stay_right_as_sites_come_and_go(seed):
    """Decisions are taken where they fit, taken back, and exchanged."""
    rng = np.random.default_rng(seed)
    problem = crowded(rng)
    steps = zip(rng.integers(0, 5, 30).tolist(), rng.integers(0, 3, 30).tolist(), strict=True)
    years = instance_of(problem).kernel
    now = nothing_decided(years)
    choice = [NEVER] * problem["sites"]
    for s, t in steps:
        if choice[s] != NEVER:
            before = counted(problem, choice)
            choice[s] = NEVER
            assert take_out(years, now, s) == pytest.approx(before - counted(problem, choice))
        else:
            tried = (*choice[:s], t, *choice[s + 1 :])
            assert bool(fits(years, now, s, t)) == within_limits(problem, tried)
            if fits(years, now, s, t):
                put(years, now, s, t)
                choice[s] = t
        check_standing(problem, now, tuple(choice))
    chosen = [s for s in range(problem["sites"]) if choice[s] != NEVER]
    for a, b in combinations(chosen, 2):
        swapped = list(choice)
        swapped[a], swapped[b] = choice[b], choice[a]
        better = counted(problem, swapped) - counted(problem, choice)
        gained = exchange_years(years, now, a, b, 1e-9)
        assert (gained > 0) == (better > 1e-9 and within_limits(problem, swapped))
        if gained > 0:
            assert gained == pytest.approx(better)
            choice = swapped
        check_standing(problem, now, tuple(choice))
    for s in [s for s in range(problem["sites"]) if choice[s] != NEVER]:
        if now.decided[s] != NEVER:
            before, every = counted(problem, choice), np.ones(problem["sites"], dtype=bool)
            gained = move(years, now, s, every, every, np.ones(problem["sites"]), 1e-9)
            assert gained >= 0.0
            choice = now.decided.tolist()
            assert counted(problem, choice) - before == pytest.approx(gained)
            assert within_limits(problem, choice)
            check_standing(problem, now, tuple(choice))
