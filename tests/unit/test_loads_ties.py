"""Whose load is sure where a place is equally near to two units."""

from __future__ import annotations

import numpy as np

from planner.ilp.loads import loads_sure
from planner.supply.capacity import allocate
from planner.travel.times import SparseTimes

# Place a is near A alone, which it fills; place b is as near to A as to B.
TIMES = SparseTimes(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([60.0, 60.0, 60.0]))
ROOM = np.array([50.0, 100.0])


def given(people_a):
    return allocate(TIMES, [people_a, 40], ROOM, place_id=["a", "b"], facility_id=["A", "B"])


def test_room_that_comes_free_may_draw_who_is_as_near():
    now = given(50)
    assert now.load_people.tolist() == [50.0, 40.0]
    # Were the people of a somewhere else, those of b would go to A.
    assert given(0).load_people.tolist() == [40.0, 0.0]
    assert loads_sure(TIMES, now, ROOM, np.array([True, False])).tolist() == [False, False]


def test_room_that_comes_free_moves_who_has_it_better_where_that_lets_another_in():
    # d fills L; a fills A, L is 20 s away; c has to go to C, 90 s away, though A is 10 s away.
    place, unit = np.array([0, 1, 1, 2, 2]), np.array([0, 0, 1, 1, 2])
    times = SparseTimes(place, unit, np.array([10.0, 20.0, 10.0, 10.0, 90.0]))
    room = np.array([10.0, 10.0, np.nan])

    def given_with(people_d):
        ids = ["d", "a", "c"], ["L", "A", "C"]
        return allocate(times, [people_d, 10, 10], room, place_id=ids[0], facility_id=ids[1])

    now = given_with(10)
    assert now.load_people.tolist() == [10.0, 10.0, 10.0]
    # Without d: a goes to L, so that c comes in at A (20 + 10 s, not 10 + 90): nobody goes to C.
    assert given_with(0).load_people.tolist() == [10.0, 10.0, 0.0]
    assert loads_sure(times, now, room, np.array([True, False, False])).tolist() == [False] * 3
