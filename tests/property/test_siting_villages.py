"""Villages lifted to `served` against every choice there is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import ConfigError
from planner.kernels.lift_cuts import cut_of, tightest
from planner.kernels.villages import lifted as standing_of
from planner.kernels.villages import move
from planner.siting.clock import Clock
from planner.siting.cover.instance import cover_instance
from planner.siting.threshold.cuts import LiftCuts
from planner.siting.threshold.instance import PlaceVillages, empty, lift_instance
from planner.siting.threshold.lifting import most_villages
from planner.siting.threshold.search import AIMS, PlanSearch


@st.composite
def problems(draw, *, priced=None):
    """Villages whose people are counted in tenths, so that limits of 0.8 and 0.5 are often hit exactly."""
    villages, sites = draw(st.integers(1, 4)), draw(st.integers(1, 7))
    places, already = [], []
    for v in range(villages):
        tenths = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
        start = draw(st.integers(0, 9))
        # No more than the whole village.
        already.append(max(min(start, 10 - sum(tenths)), 0))
        rest = 10
        for t in tenths:
            places.append((v, min(t, rest)))
            rest -= min(t, rest)
    pair = st.tuples(st.integers(0, len(places) - 1), st.integers(0, sites - 1))
    pairs = draw(st.lists(pair, min_size=1, max_size=40))
    dear = draw(st.booleans()) if priced is None else priced
    cost = draw(st.lists(st.integers(1, 5), min_size=sites, max_size=sites)) if dear else [1] * sites
    mark = st.sampled_from(["", "", "", "", "", "forced", "forbidden"])
    marks = draw(st.lists(mark, min_size=sites, max_size=sites))
    site = st.integers(0, sites - 1)
    forced = [m == "forced" for m in marks]
    conflicts = [
        (a, b) for a, b in draw(st.lists(st.tuples(site, site), max_size=3))
        if a != b and not (forced[a] and forced[b])
    ]  # fmt: skip
    return {
        "places": places, "already": already, "pairs": pairs, "sites": sites, "cost": cost,
        "forced": forced, "forbidden": [m == "forbidden" for m in marks], "conflicts": conflicts,
        "budget": draw(st.integers(0, 8)), "served": draw(st.sampled_from([8, 8, 5, 10, 1])),
    }  # fmt: skip


def arrays(problem, *, places=None, villages=None):
    """The problem as the solver takes it; places and villages in another order where these are given."""
    order = list(range(len(problem["places"]))) if places is None else places
    row = list(range(len(problem["already"]))) if villages is None else villages
    place, site = (list(c) for c in zip(*problem["pairs"], strict=True))
    instance = cover_instance(
        np.zeros(len(order)), place=[order.index(p) for p in place], site=site, sites=problem["sites"],
        cost=problem["cost"], forced=np.array(problem["forced"]), forbidden=np.array(problem["forbidden"]),
        conflicts=np.array(problem["conflicts"], dtype=int).reshape(-1, 2),
    )  # fmt: skip
    village = np.array([row.index(problem["places"][p][0]) for p in order], np.int32)
    weight = np.array([problem["places"][p][1] / 10 for p in order])
    already = np.array([problem["already"][v] / 10 for v in row])
    return instance, village, weight, already


def solve(problem, **order):
    return most_villages(*arrays(problem, **order), problem["budget"], served=problem["served"] / 10)


def lifted(problem, sites):
    """How many villages some sites lift, in whole tenths."""
    have, reached = list(problem["already"]), {p for p, s in problem["pairs"] if s in sites}
    before = [h >= problem["served"] for h in have]
    for p in reached:
        have[problem["places"][p][0]] += problem["places"][p][1]
    return sum(h >= problem["served"] and not b for h, b in zip(have, before, strict=True))


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
@settings(deadline=None, max_examples=200)
@given(problems())
def test_most_villages_is_the_best_of_all_choices(problem):
    best = max((lifted(problem, sites) for sites in choices(problem)), default=None)
    found = solve(problem)
    if best is None:
        assert found.proof == "infeasible"
        return
    assert tuple(found.chosen) in set(choices(problem))
    assert found.objective == lifted(problem, found.chosen)
    assert (found.objective, found.bound, found.proof) == (best, best, "optimal")


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_places_and_villages_changes_nothing(problem, random):
    places, villages = list(range(len(problem["places"]))), list(range(len(problem["already"])))
    random.shuffle(places)
    random.shuffle(villages)
    one, other = solve(problem), solve(problem, places=places, villages=villages)
    assert one.chosen.tolist() == other.chosen.tolist()
    assert (one.proof, str(one.objective)) == (other.proof, str(other.objective))


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(problems())
def test_more_money_never_lifts_fewer(problem):
    found = [solve({**problem, "budget": b}) for b in range(9)]
    villages = [f.objective for f in found if f.proof != "infeasible"]
    assert villages == sorted(villages)


def left_of(problem):
    """What is left to decide, for a problem whose forced sites can be paid."""
    instance, village, weight, already = arrays(problem)
    return lift_instance(
        instance, PlaceVillages(village, weight, already, problem["served"] / 10), problem["budget"]
    )


def held(problem):
    return {s for s in range(problem["sites"]) if problem["forced"][s]}


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(problems())
def test_bound_optimum_and_first_plan_stand_in_order(problem):
    best = max((lifted(problem, sites) for sites in choices(problem)), default=None)
    if best is None:
        return
    left, base = left_of(problem), lifted(problem, held(problem))
    search = PlanSearch(left.lift, left.budget, Clock(60.0), 0)
    search.start(np.empty(0, np.int64))
    cuts = LiftCuts(left.lift, left.budget)
    for _ in range(20):
        cuts.step()
        assert base + search.villages <= best <= base + cuts.bound


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(problems(), st.integers(0, 2**32 - 1))
def test_every_choice_that_lifts_a_village_keeps_every_cut_of_it(problem, seed):
    """Whatever places are given, and at whatever shares of sites cuts are sought."""
    lift, random = left_of({**problem, "budget": 1000}).lift, np.random.default_rng(seed)
    sites = len(lift.cost)
    share = random.random(sites) * (random.random(sites) < 0.7)
    cover = np.array([share[row(lift.by_place, p)].sum() for p in range(len(lift.weight))])
    for v in range(len(lift.need)):
        mine = slice(*lift.first_place[v : v + 2])
        given_ = random.random(len(lift.weight[mine])) < 0.5
        found, most = tightest(lift, v, share, cover)
        for one in (found, given_):
            if lift.weight[mine][one].sum() >= lift.need[v]:
                continue
            site, part = cut_of(lift, v, one)
            if one is found:
                assert part @ share[site] == pytest.approx(most, abs=1e-5)
            for k in range(sites + 1):
                for some in combinations(range(sites), k):
                    reached = {p for j in some for p in row(lift.by_site, j).tolist()}
                    have = sum(int(lift.weight[p]) for p in reached if lift.village[p] == v)
                    if have >= lift.need[v]:
                        assert part[np.isin(site, some)].sum() >= 1 - 1e-9


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(problems())
def test_whole_numbers_under_cuts_end_at_the_optimum_and_keep_every_rule(problem):
    """HiGHS alone, from the empty plan: without plans that are searched, and without the relaxed problem."""
    best = max((lifted(problem, sites) for sites in choices(problem)), default=None)
    if best is None or empty(left_of(problem).lift):
        return
    left, base = left_of(problem), lifted(problem, held(problem))
    nothing = np.zeros(len(left.lift.cost), np.bool_), np.zeros(len(left.lift.need), np.bool_)
    cuts = LiftCuts(left.lift, left.budget)
    while not cuts.is_done:
        found = cuts.whole(*nothing, time_limit_s=60.0, seed=0, may_go_on=None)
        sites = held(problem) | set(left.small.site[found].tolist())
        assert tuple(sorted(sites)) in set(choices(problem))
        assert base + cuts.bound >= best
    assert base + cuts.bound == best == lifted(problem, sites)


def row(lists, number):
    return lists.item[lists.first[number] : lists.first[number + 1]]


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(problems(), st.integers(0, 2**32 - 1))
def test_whatever_a_search_tries_its_plan_is_allowed_and_counted_right(problem, seed):
    if sum(c for c, f in zip(problem["cost"], problem["forced"], strict=True) if f) > problem["budget"]:
        return
    left = left_of(problem)
    search = PlanSearch(left.lift, left.budget, Clock(60.0), seed)
    search.start(np.empty(0, np.int64))
    before = search.villages
    for number in range(10):
        if number % 2:
            search.shake()
        else:
            search.draw(np.random.default_rng(number).random(len(left.lift.cost)), by_chance=number > 2)
        sites = held(problem) | set(left.small.site[search.best].tolist())
        assert tuple(sorted(sites)) in set(choices(problem))
        assert search.villages >= before
        assert lifted(problem, held(problem)) + search.villages == lifted(problem, sites)
        fewest = held(problem) | set(left.small.site[search.fewest()].tolist())
        assert fewest <= sites
        assert lifted(problem, fewest) == lifted(problem, sites)
        # Without any of them fewer are served.
        for j in fewest - held(problem):
            assert lifted(problem, fewest - {j}) < lifted(problem, fewest)


@pytest.mark.parametrize("aim", AIMS)
def test_what_is_kept_up_to_date_is_what_is_computed_anew(aim):
    instance, village, weight, already = random_town(11)
    lift = lift_instance(instance, PlaceVillages(village, weight, already, 0.8), 30.0).lift
    random, chosen = np.random.default_rng(1), np.zeros(len(lift.cost), np.bool_)
    now = standing_of(lift, chosen, aim)
    for j in random.integers(0, len(chosen), 60).tolist():
        move(lift, j, now, chosen, aim)
        for kept, new in zip(now, standing_of(lift, chosen, aim), strict=True):
            assert (kept == new).all()


def one_village(weight, **asked):
    """One village, a place for each site."""
    n = len(weight)
    instance = cover_instance(np.zeros(n), place=range(n), site=range(n))
    return most_villages(instance, np.zeros(n, np.int32), np.array(weight), np.zeros(1), n, **asked)


@pytest.mark.parametrize(
    ("weight", "served", "lifts"),
    [
        ([0.3, 0.5], 0.8, True),
        # 0.7 + 0.1 is less than 0.8 by a bit; with shares rounded it is not.
        ([0.7, 0.1], 0.8, True),
        ([0.1] * 8, 0.8, True),
        ([0.8 - 4e-10], 0.8, True),
        ([0.8 - 6e-10], 0.8, False),
        ([0.8 - 1e-7], 0.8, False),
        ([0.4, 0.4 - 1e-7], 0.8, False),
        ([0.666666667], 2 / 3, True),
        ([2 / 3], 2 / 3, True),
        ([1 / 3] * 3, 1.0, True),
        ([1.0 - 1e-8], 1.0, False),
    ],
)
def test_shares_at_the_limit_are_rounded_as_the_engine_rounds_them(weight, served, lifts):
    assert bool(np.round(sum(weight), 9) >= served) == lifts
    found = one_village(weight, served=served)
    assert (found.objective, found.bound, found.proof) == (float(lifts), float(lifts), "optimal")


def test_a_village_served_today_is_not_counted_again():
    instance = cover_instance([0.0, 0.0], place=[0, 1], site=[0, 1])
    village, weight = np.array([0, 1], np.int32), np.array([0.2, 0.3])
    found = most_villages(instance, village, weight, np.array([0.8, 0.5]), 2)
    assert (found.chosen.tolist(), found.objective, found.bound) == ([1], 1.0, 1.0)


def random_town(seed, *, sites=70, places=400, villages=40):
    """Sites and places in a square, villages in strips: large enough to fill the work arrays."""
    random = np.random.default_rng(seed)
    at, home = random.random((sites, 2)), random.random((places, 2))
    near = ((at[:, None] - home[None]) ** 2).sum(-1) < 0.02
    site, place = np.nonzero(near)
    village = (home[:, 0] * 8).astype(int) * 5 + (home[:, 1] * 5).astype(int)
    people = random.random(places)
    weight = people / np.bincount(village, weights=people, minlength=villages)[village]
    conflicts = random.integers(0, sites, (30, 2))
    instance = cover_instance(
        np.zeros(places), place=place, site=site, sites=sites,
        cost=random.integers(1, 4, sites).astype(float),
        conflicts=conflicts[conflicts[:, 0] != conflicts[:, 1]],
    )  # fmt: skip
    return instance, village.astype(np.int32), weight, np.zeros(villages)


@pytest.mark.slow
def test_a_town_is_solved_to_its_optimum_as_highs_finds_it():
    """The textbook model, place by place, with another solver's call: scipy's."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import lil_matrix

    instance, village, weight, already = random_town(3)
    found = most_villages(instance, village, weight, already, 12)
    sites, places, villages = instance.sites, instance.places, len(already)
    rows = lil_matrix((places + villages + 1, sites + places + villages))
    for p in range(places):
        rows[p, sites + p] = 1.0
        rows[p, row(instance.by_place, p)] = -1.0
    for v in range(villages):
        rows[places + v, sites + places + v] = 0.8
        rows[places + v, sites + np.flatnonzero(village == v)] = -weight[village == v]
    rows[-1, :sites] = instance.cost
    upper = np.zeros(places + villages + 1)
    upper[-1] = 12
    pairs = [(a, b) for a in range(sites) for b in row(instance.conflicts, a) if a < b]
    apart = lil_matrix((len(pairs), rows.shape[1]))
    for number, pair in enumerate(pairs):
        apart[number, list(pair)] = 1.0
    cost = np.concatenate([np.zeros(sites + places), -np.ones(villages)])
    whole = np.concatenate([np.ones(sites), np.zeros(places), np.ones(villages)])
    truth = milp(
        cost, integrality=whole, bounds=Bounds(0, 1),
        constraints=[LinearConstraint(rows.tocsr(), -np.inf, upper), LinearConstraint(apart.tocsr(), 0, 1)],
    )  # fmt: skip
    assert (found.objective, found.proof) == (round(-truth.fun), "optimal")
    assert not any(a in found.chosen and b in found.chosen for a, b in pairs)
    assert instance.cost[found.chosen].sum() <= 12


def test_when_time_is_up_the_best_so_far_stands_with_its_bound():
    town = random_town(5)
    best = most_villages(*town, 15)
    hurried = most_villages(*town, 15, time_limit_s=0.0)
    assert hurried.objective <= best.objective <= hurried.bound
    assert hurried.objective < hurried.bound <= len(np.unique(town[1]))
    assert hurried.proof == "feasible"


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_a_town_in_another_order_has_the_same_plan(seed):
    instance, village, weight, already = random_town(seed)
    random = np.random.default_rng(seed)
    places, villages = random.permutation(len(village)), random.permutation(len(already))
    of, pair = np.argsort(places), np.repeat(np.arange(instance.places), np.diff(instance.by_place.first))
    conflicts = [(a, b) for a in range(instance.sites) for b in row(instance.conflicts, a)]
    turned = cover_instance(
        np.zeros(instance.places), place=of[pair], site=instance.by_place.item, sites=instance.sites,
        cost=instance.cost, conflicts=conflicts,
    )  # fmt: skip
    those = village, weight, already
    others = np.argsort(villages)[village[places]].astype(np.int32), weight[places], already
    # What is searched is the same number by number, so that equals are told apart alike.
    same = (
        lift_instance(i, PlaceVillages(*v, 0.8), 15.0).lift for i, v in ((instance, those), (turned, others))
    )
    for a, b in zip(*same, strict=True):
        np.testing.assert_equal(
            tuple(a) if isinstance(a, tuple) else a, tuple(b) if isinstance(b, tuple) else b
        )
    one, other = most_villages(instance, *those, 15), most_villages(turned, *others, 15)
    assert one.chosen.tolist() == other.chosen.tolist()
    assert (one.objective, one.bound) == (other.objective, other.bound)


def test_one_seed_one_plan():
    town = random_town(7)
    one, other = (most_villages(*town, 15, seed=4) for _ in range(2))
    assert one.chosen.tolist() == other.chosen.tolist()


def test_who_asks_to_stop_is_heard():
    def stop():
        message = "enough"
        raise InterruptedError(message)

    with pytest.raises(InterruptedError):
        most_villages(*random_town(5), 15, may_go_on=stop)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"served": 0.0}, "served is a share above 0"),
        ({"served": 1.1}, "served is a share above 0"),
        ({"served": np.nan}, "served is a share above 0"),
        ({"weight": np.array([0.5, -0.1])}, "add up to 1 at most"),
        ({"weight": np.array([0.5, np.nan])}, "add up to 1 at most"),
        ({"already": np.array([0.6])}, "add up to 1 at most"),
        ({"weight": np.array([0.5])}, "for each of 2 places"),
        ({"village": np.array([0, 1], np.int32)}, "not among the 1 given"),
        ({"village": np.array([0, -1], np.int32)}, "not among the 1 given"),
    ],
)
def test_what_are_no_shares_of_villages_is_told(change, said):
    asked = {
        "village": np.zeros(2, np.int32), "weight": np.array([0.5, 0.5]), "already": np.zeros(1), **change
    }  # fmt: skip
    instance = cover_instance([0.0, 0.0], place=[0, 1], site=[0, 1])
    with pytest.raises(ConfigError, match=said):
        most_villages(instance, budget=1, **asked)
