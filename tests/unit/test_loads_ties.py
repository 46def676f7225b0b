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
