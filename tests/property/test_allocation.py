"""Allocation within capacity: brute force, networkx and HiGHS as oracles, and what always holds."""

from __future__ import annotations

import itertools
from dataclasses import fields

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array, eye_array, hstack

from geodata.errors import ConfigError
from planner.kernels import transport
from planner.supply.capacity import allocate
from planner.travel.times import SparseTimes

# Many ties, and times a microsecond apart.
SECONDS = st.sampled_from([0.0, 60.0, 60.000001, 120.0, 300.0, 900.5, 1800.0])
IDS = st.permutations(["a", "B", "c1", "c10", "c2", "é"])


@st.composite
def cases(draw, *, people, capacity, places=5, facilities=4):
    n, m = draw(st.integers(1, places)), draw(st.integers(1, facilities))
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, m - 1))))
    pairs = np.array(sorted(pairs), dtype=np.int32).reshape(-1, 2)
    seconds = np.array([draw(SECONDS) for _ in pairs], dtype=np.float64)
    return (
        SparseTimes(pairs[:, 0], pairs[:, 1], seconds),
        np.array([draw(people) for _ in range(n)], dtype=np.float64),
        np.array([draw(capacity) for _ in range(m)], dtype=np.float64),
        draw(IDS)[:n],
        draw(IDS)[:m],
    )


SMALL = cases(people=st.integers(0, 3), capacity=st.integers(0, 4), places=3, facilities=3)
WHOLE = cases(people=st.integers(0, 9), capacity=st.integers(0, 14), places=6, facilities=5)
ANY = cases(
    people=st.sampled_from([0.0, 1e-15, 0.1, 0.2, 0.3, 1.0, 2.5, 33.3, 1000.0, np.nan]),
    capacity=st.sampled_from([0.0, 0.1, 0.3, 1.0, 10.0, 33.3, 500.0, np.inf, np.nan]),
)


def _allocate(case):
    times, people, capacity, place_id, facility_id = case
    return allocate(times, people, capacity, place_id=place_id, facility_id=facility_id)


def _table(answer, case, digits=15):
    """Flows as {(place, facility): people}."""
    _, _, _, place_id, facility_id = case
    return {
        (place_id[i], facility_id[j]): round(x, digits)
        for i, j, x in zip(answer.place, answer.facility, answer.people.tolist(), strict=True)
    }


def _shares(people, ways):
    """All ways to divide whole people among some facilities; the last share is beyond capacity."""
    return [
        tuple(b - a - 1 for a, b in itertools.pairwise((-1, *cut, people + ways)))
        for cut in itertools.combinations(range(people + ways), ways)
    ]


@pytest.mark.slow
@settings(max_examples=70, deadline=None)
@given(SMALL)
def test_no_other_allocation_is_better_and_ties_are_settled_by_the_rule(case):
    times, people, capacity, place_id, facility_id = case
    near = [
        sorted(
            (facility_id[j], j, s)
            for i, j, s in zip(times.place, times.facility, times.travel_s, strict=True) if i == at
        ) for at in range(len(people))
    ]  # fmt: skip
    turn = np.argsort(np.array(place_id, dtype=object))
    best, best_key = None, None
    for every in itertools.product(*(_shares(int(people[i]), len(near[i])) for i in turn)):
        load, seconds, beyond = np.zeros(len(capacity)), 0, 0
        for i, shares in zip(turn, every, strict=True):
            for (_, j, s), some in zip(near[i], shares, strict=False):
                load[j] += some
                seconds += some * round(s * 1e6)
            beyond += shares[-1] if near[i] else 0
        if (load > capacity).any():
            continue
        key = (beyond, seconds, tuple(-share for shares in every for share in shares))
        if best_key is None or key < best_key:
            best, best_key = every, key
    answer = _allocate(case)
    expected = {
        (place_id[i], facility): float(some)
        for i, shares in zip(turn, best, strict=True)
        for (facility, _, _), some in zip(near[i], shares, strict=False) if some
    }  # fmt: skip
    assert _table(answer, case) == expected
    assert answer.beyond_people.sum() == best_key[0]
    assert answer.person_s == pytest.approx(best_key[1] / 1e6, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(WHOLE)
def test_networkx_finds_the_same_allocation(case):
    """Whole numbers of any length: the rule for ties is a reward, each far smaller than the one before."""
    times, people, capacity, place_id, facility_id = case
    graph = nx.DiGraph()
    graph.add_nodes_from(["start", "stop"])
    for i, p in enumerate(people):
        graph.add_edge("start", ("place", i), capacity=int(p), weight=0)
    for j, c in enumerate(capacity):
        graph.add_edge(("facility", j), "stop", capacity=int(c), weight=0)
    pairs = sorted(
        (place_id[i], facility_id[j], i, j, round(s * 1e6))
        for i, j, s in zip(times.place.tolist(), times.facility.tolist(), times.travel_s, strict=True)
    )
    base = 1 + int(people.sum())
    for k, (*_, i, j, micros) in enumerate(pairs):
        reward = base ** (len(pairs) - k)
        graph.add_edge(("place", i), ("facility", j), weight=micros * base ** (len(pairs) + 1) - reward)
    flow = nx.max_flow_min_cost(graph, "start", "stop")
    answer = _allocate(case)
    assert _table(answer, case) == {
        (place, facility): flow["place", i]["facility", j]
        for place, facility, i, j, _ in pairs if flow["place", i]["facility", j]
    }  # fmt: skip
    seconds = sum(flow["place", i]["facility", j] * micros for *_, i, j, micros in pairs) / 1e6
    assert answer.person_s == pytest.approx(seconds, abs=1e-6)


def _planar(seed, places, facilities, near, ratio, grain_s=1e-6):
    rng = np.random.default_rng(seed)
    away = np.hypot(*(rng.random((2, places, 1)) - rng.random((2, 1, facilities))))
    radius = np.sqrt(near / facilities / np.pi)
    place, facility = np.nonzero(away <= radius)
    seconds = np.round(away[place, facility] / radius * 1800 / grain_s) * grain_s
    people = np.round(rng.gamma(2, 15, places), 1)
    capacity = rng.gamma(2, 1, facilities)
    capacity = np.round(capacity * ratio * people.sum() / capacity.sum(), 1)
    times = SparseTimes(place.astype(np.int32), facility.astype(np.int32), seconds)
    return (
        times,
        people,
        capacity,
        [f"p{i:04}" for i in range(places)],
        [f"f{j:03}" for j in range(facilities)],
    )


@pytest.mark.parametrize(("ratio", "grain_s"), [(0.6, 1e-6), (0.95, 1e-6), (1.05, 300.0), (1.3, 1e-6)])
def test_highs_finds_the_same_best(ratio, grain_s):
    case = times, people, capacity, *_ = _planar(3, 150, 12, 5, ratio, grain_s)
    answer = _allocate(case)
    pairs, n = len(times.place), len(people)
    here = coo_array((np.ones(pairs), (times.place, np.arange(pairs))), shape=(n, pairs))
    there = coo_array((np.ones(pairs), (times.facility, np.arange(pairs))), shape=(len(capacity), pairs))
    balance = hstack([here, eye_array(n)]).tocsr()
    room = hstack([there, coo_array((len(capacity), n))]).tocsr()
    away = np.append(np.zeros(pairs), np.ones(n))
    first = linprog(away, A_ub=room, b_ub=capacity, A_eq=balance, b_eq=people)
    assert answer.unreached_people.sum() + answer.beyond_people.sum() == pytest.approx(first.fun)
    seconds = np.append(times.travel_s, np.full(n, 1e6))
    second = linprog(seconds, A_ub=room, b_ub=capacity, A_eq=balance, b_eq=people)
    assert answer.person_s == pytest.approx(second.fun - 1e6 * first.fun, rel=1e-7)
    assert answer.status == "solved"
    assert answer.optimal
    assert answer.least_person_s == pytest.approx(answer.person_s)
    assert answer.least_beyond_people == pytest.approx(answer.beyond_people.sum(), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(ANY)
def test_people_are_conserved_and_limits_are_kept(case):
    times, people, capacity, *_ = case
    answer = _allocate(case)
    known = ~np.isnan(people)
    total = people[known].sum()
    given_out = np.bincount(answer.place, answer.people, minlength=len(people))
    everyone = given_out + answer.beyond_people + answer.unreached_people
    np.testing.assert_allclose(everyone[known], people[known], rtol=1e-15)
    np.testing.assert_array_equal(answer.people_unknown, ~known)
    pairs = set(zip(times.place.tolist(), times.facility.tolist(), strict=True))
    flows = list(zip(answer.place.tolist(), answer.facility.tolist(), strict=True))
    assert set(flows) <= pairs
    assert flows == sorted(set(flows))
    assert (answer.people > 0).all()
    load = np.bincount(answer.facility, answer.people, minlength=len(capacity))
    # Of a facility in reach of places whose people are all unknown, the load is unknown.
    near = [[p for p, f in pairs if f == k] for k in range(len(capacity))]
    unsure = np.array([bool(n) and np.isnan(people[n]).all() for n in near], dtype=bool)
    np.testing.assert_allclose(answer.load_people, np.where(unsure, np.nan, load), rtol=1e-15)
    limit = np.where(np.isnan(capacity), np.inf, capacity)
    assert (load <= limit + 1e-13 * total).all()
    np.testing.assert_array_equal(answer.capacity_known, ~np.isnan(capacity))
    assert answer.optimal
    assert answer.least_beyond_people == pytest.approx(np.nansum(answer.beyond_people), abs=1e-12 * total)
    assert answer.least_person_s == pytest.approx(answer.person_s, abs=1e-9 * total)
    assert not any(
        value.flags.writeable
        for value in (getattr(answer, f.name) for f in fields(answer)) if isinstance(value, np.ndarray)
    )  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_what_is_unknown_is_not_said_to_be_nobody(case):
    times, people, capacity, *_ = case
    answer = _allocate(case)
    for i in np.flatnonzero(np.isnan(people)):
        near = capacity[times.facility[times.place == i]]
        assert not (answer.place == i).any()
        assert np.isnan(answer.unreached_people[i]) == (len(near) == 0)
        # However many they are, all find room where capacity is unlimited, and none is near to nothing.
        assert np.isnan(answer.beyond_people[i]) == (len(near) > 0 and np.isfinite(near).all())
    # A capacity that is unknown counts as unlimited.
    times, people, capacity, *ids = case
    other = _allocate((times, people, np.where(np.isnan(capacity), np.inf, capacity), *ids))
    assert _table(other, case) == _table(answer, case)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(ANY, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_of_the_answer(case, random):
    times, people, capacity, place_id, facility_id = case
    place, facility, pair = (list(range(k)) for k in (len(people), len(capacity), len(times.place)))
    for order in (place, facility, pair):
        random.shuffle(order)
    there, here = np.argsort(place), np.argsort(facility)
    other = allocate(
        SparseTimes(there[times.place][pair], here[times.facility][pair], times.travel_s[pair]),
        people[place], capacity[facility],
        place_id=[place_id[i] for i in place], facility_id=pd.Index([facility_id[j] for j in facility]),
    )  # fmt: skip
    answer = _allocate(case)
    again = _table(
        other, (None, None, None, [place_id[i] for i in place], [facility_id[j] for j in facility])
    )
    assert again == _table(answer, case)
    for name in ("beyond_people", "unreached_people", "people_unknown"):
        assert getattr(other, name)[there].tobytes() == getattr(answer, name).tobytes()
    for name in ("load_people", "capacity_known"):
        assert getattr(other, name)[here].tobytes() == getattr(answer, name).tobytes()
    for name in ("status", "optimal", "person_s", "least_beyond_people", "least_person_s"):
        assert getattr(other, name) == getattr(answer, name)


@settings(max_examples=50, deadline=None)
@given(ANY, st.data())
def test_more_room_is_never_worse_and_unlimited_room_is_best(case, data):
    times, people, capacity, *ids = case
    at = data.draw(st.integers(0, len(capacity) - 1))
    more = capacity.copy()
    more[at] += data.draw(st.sampled_from([0.1, 1.0, 40.0, np.inf]))
    total = np.nansum(people)
    now, then = _allocate(case), _allocate((times, people, more, *ids))
    assert np.nansum(then.beyond_people) <= np.nansum(now.beyond_people) + 1e-12 * total
    if np.nansum(then.beyond_people) >= np.nansum(now.beyond_people) - 1e-12 * total:
        assert then.person_s <= now.person_s + 1e-9 * total
    best = _allocate((times, people, np.full(len(capacity), np.inf), *ids))
    assert best.people.sum() >= now.people.sum() - 1e-12 * total
    assert np.nansum(best.beyond_people) == 0.0


@settings(max_examples=30, deadline=None)
@given(cases(people=st.sampled_from([0.0, 0.3, 7.0]), capacity=st.just(21.0 + 14.0)))
def test_where_no_capacity_binds_all_go_to_their_nearest_and_nothing_is_solved(case):
    times, people, _, place_id, facility_id = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "transport", None)
        answer = _allocate(case)
    expected = {}
    for i in range(len(people)):
        near = [
            (s, facility_id[j])
            for k, j, s in zip(times.place, times.facility, times.travel_s, strict=True) if k == i
        ]  # fmt: skip
        if near and people[i] > 0:
            expected[place_id[i], min(near)[1]] = people[i]
    assert _table(answer, case) == expected
    assert answer.status == "nearest"


@pytest.mark.parametrize("seed", range(3))
def test_many_ties_are_settled_alike_from_any_order(seed):
    """Times in steps of five minutes, so that many answers are equally good."""
    times, people, capacity, place_id, facility_id = _planar(seed, 400, 20, 6, 0.95, 300.0)
    answer = allocate(times, people, capacity, place_id=place_id, facility_id=facility_id)
    rng = np.random.default_rng(seed)
    place, facility = rng.permutation(len(people)), rng.permutation(len(capacity))
    moved = SparseTimes(np.argsort(place)[times.place], np.argsort(facility)[times.facility], times.travel_s)
    other = allocate(
        moved, people[place], capacity[facility],
        place_id=np.array(place_id, dtype=object)[place],
        facility_id=np.array(facility_id, dtype=object)[facility],
    )  # fmt: skip
    rows = sorted(zip(place[other.place], facility[other.facility], other.people, strict=True))
    assert rows == list(zip(answer.place, answer.facility, answer.people, strict=True))


def test_the_first_place_gets_the_facility_that_two_would_like_as_much():
    times = SparseTimes(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.full(4, 60.0))
    answer = allocate(times, [30, 30], [30, 30], place_id=["x", "a"], facility_id=["B", "A"])
    assert list(zip(answer.place, answer.facility, answer.people, strict=True)) == [(0, 0, 30), (1, 1, 30)]
    # And where not all find room, the last is who does not.
    answer = allocate(times, [30, 30], [20, 25], place_id=["x", "a"], facility_id=["B", "A"])
    assert answer.beyond_people.tolist() == [15, 0]
    assert list(zip(answer.place, answer.facility, answer.people, strict=True)) == [
        (0, 0, 15), (1, 0, 5), (1, 1, 25),
    ]  # fmt: skip


def test_nobody_is_turned_away_to_save_others_time():
    """The far place can only go to A: those who could go further make way, however long it takes."""
    times = SparseTimes(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 86_400.0, 7200.0]))
    answer = allocate(times, [10, 1], [10, 10], place_id=["near", "far"], facility_id=["A", "B"])
    assert answer.beyond_people.sum() == 0
    assert _table(answer, (None, None, None, ["near", "far"], ["A", "B"])) == {
        ("near", "A"): 9, ("near", "B"): 1, ("far", "A"): 1,
    }  # fmt: skip


def test_fractions_that_just_fit_leave_nobody_out_and_what_does_not_fit_is_out():
    times = SparseTimes(np.arange(6), np.zeros(6, dtype=int), np.full(6, 60.0))
    ids = [f"p{i}" for i in range(6)]
    # In binary, six times 0.1 is a little more than 0.6.
    answer = allocate(times, [0.1] * 6, [0.6], place_id=ids, facility_id=["A"])
    assert answer.beyond_people.tolist() == [0.0] * 6
    assert answer.people.tolist() == [0.1] * 6
    answer = allocate(times, [1000.0] * 6, [5999.9], place_id=ids, facility_id=["A"])
    np.testing.assert_allclose(answer.beyond_people, [0, 0, 0, 0, 0, 0.1], rtol=1e-9)


def test_nothing_to_give_or_nowhere_to_go():
    none = SparseTimes(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
    answer = allocate(none, [5.0, np.nan], [], place_id=["a", "b"], facility_id=[])
    assert answer.unreached_people[0] == 5
    assert np.isnan(answer.unreached_people[1])
    assert answer.beyond_people.tolist() == [0, 0]
    answer = allocate(none, [], [5.0], place_id=[], facility_id=["A"])
    assert (answer.load_people.tolist(), answer.person_s) == ([0], 0.0)
    # In reach of a facility without room: beyond capacity, not unreached.
    times = SparseTimes(np.array([0]), np.array([0]), np.array([60.0]))
    answer = allocate(times, [5.0], [0.0], place_id=["a"], facility_id=["A"])
    assert (answer.beyond_people.tolist(), answer.unreached_people.tolist()) == ([5], [0])
    assert answer.optimal


GOOD = {"place": [0, 1], "facility": [0, 0], "travel_s": [60.0, 60.0], "people": [1.0, 1.0],
        "capacity": [1.0], "place_id": ["a", "b"], "facility_id": ["A"]}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"people": [-1.0, 1.0]}, "people must be"), ({"people": [np.inf, 1.0]}, "people must be"),
        ({"capacity": [-1.0]}, "capacity_people must be"), ({"capacity": 1.0}, "one number for each"),
        ({"place": [0, 2]}, "not among"), ({"facility": [0, -1]}, "not among"), ({"place": [0]}, "each pair"),
        ({"travel_s": [np.nan, 1.0]}, "times must be"), ({"travel_s": [-1.0, 1.0]}, "times must be"),
        ({"travel_s": [np.inf, 1.0]}, "times must be"), ({"place": [0, 0]}, "twice"),
        ({"place_id": ["a", "a"]}, "'a' is there twice"), ({"place_id": ["a"]}, "1 ids for 2 rows"),
        ({"facility_id": ["A", "B"]}, "2 ids for 1 rows"), ({"travel_s": [1e15, 1.0]}, "shorter limit"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(change, message):
    made = {**GOOD, **change}
    times = SparseTimes(*(np.array(made[key]) for key in ("place", "facility", "travel_s")))
    with pytest.raises(ConfigError, match=message):
        allocate(
            times, made["people"], made["capacity"],
            place_id=made["place_id"], facility_id=made["facility_id"],
        )  # fmt: skip
