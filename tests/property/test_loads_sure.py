"""Loads that are told stay the same whatever units, or ways, turn out to be there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.ilp.loads import loads_sure, unknown_may_come
from planner.supply.capacity import allocate
from planner.travel.times import SparseTimes

LIMIT_S = 100.0


def pairs(seconds):
    place, facility = np.nonzero(seconds <= LIMIT_S)
    return SparseTimes(place.astype(np.int32), facility.astype(np.int32), seconds[place, facility])


def given_to(seconds, people, room):
    ids = [f"p{i:02}" for i in range(len(people))], [f"u{j:02}" for j in range(len(room))]
    return allocate(pairs(seconds), people, room, place_id=ids[0], facility_id=ids[1])


@st.composite
def towns(draw):
    """Seconds of few different values, so that there are ties; rooms in which not all have place."""
    places, units = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    second = st.sampled_from([10.0, 20.0, 30.0, 50.0, 90.0, 200.0])
    seconds = np.array(draw(st.lists(second, min_size=places * units, max_size=places * units)))
    people = np.array(draw(st.lists(st.sampled_from([5.0, 10.0, 20.0]), min_size=places, max_size=places)))
    room = np.array(
        draw(st.lists(st.sampled_from([5.0, 15.0, 25.0, np.nan]), min_size=units, max_size=units))
    )
    doubt = np.array(draw(st.lists(st.booleans(), min_size=places, max_size=places)))
    more = np.array(draw(st.lists(second, min_size=2 * places, max_size=2 * places))).reshape(places, 2)
    return seconds.reshape(places, units), people, room, doubt, more


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(towns())
def test_units_that_nobody_listed_change_no_load_that_is_told(town):
    seconds, people, room, doubt, more = town
    now = given_to(seconds, people, room)
    sure = loads_sure(pairs(seconds), now, room, doubt)
    hidden = np.where(doubt[:, None], more, 200.0)
    after = given_to(np.hstack([seconds, hidden]), people, np.append(room, [15.0, np.nan]))
    assert (after.load_people[: len(room)] == now.load_people)[sure].all()


def test_more_people_may_fill_a_unit_that_has_room_now():
    """Three villages and three units; two of the villages may come to B over ways that nobody drew."""
    seconds = np.array([[20.0, 10.0, 10.0], [10.0, 10.0, 10.0], [10.0, 10.0, 10.0]])
    people, room = np.array([5.0, 5.0, 10.0]), np.array([np.nan, 15.0, 5.0])
    doubt, beside = np.array([False, True, True]), np.array([False, True, False])
    now = given_to(seconds, people, room)
    assert now.load_people.tolist() == [15.0, 5.0, 0.0]
    # Both at B, which is full then: the first village goes to C, to which nobody goes now.
    after = given_to(np.where(doubt[:, None] & beside, 0.1, seconds), people, room)
    assert after.load_people.tolist() == [0.0, 15.0, 5.0]
    assert not loads_sure(pairs(seconds), now, room, doubt, beside).any()


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(towns(), st.data())
def test_ways_that_nobody_drew_change_no_load_that_is_told(town, data):
    seconds, people, room, doubt, _ = town
    units = len(room)
    beside = np.array(data.draw(st.lists(st.booleans(), min_size=units, max_size=units)))
    quicker = np.array(data.draw(st.lists(st.sampled_from([0.1, 1.0, 60.0]), min_size=seconds.size,
                                          max_size=seconds.size))).reshape(seconds.shape)  # fmt: skip
    now = given_to(seconds, people, room)
    sure = loads_sure(pairs(seconds), now, room, doubt, beside)
    open_ = doubt[:, None] & beside
    after = given_to(np.where(open_, np.minimum(seconds, quicker), seconds), people, room)
    assert (after.load_people == now.load_people)[sure].all()


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(towns(), st.data())
def test_people_of_unknown_number_change_no_load_that_is_told(town, data):
    """Loads of units near such people were told as if nobody lived there."""
    seconds, people, room, unknown, _ = town
    now = given_to(seconds, np.where(unknown, np.nan, people), room)
    sure = ~unknown_may_come(pairs(seconds), now, room, unknown)
    numbers = st.lists(st.sampled_from([0.0, 3.0, 12.0, 90.0]), min_size=len(people), max_size=len(people))
    then = given_to(seconds, np.where(unknown, data.draw(numbers), people), room)
    assert (then.load_people == np.nan_to_num(now.load_people))[sure].all()
    # None comes out lower, whatever their number.
    assert (then.load_people >= np.nan_to_num(now.load_people) - 1e-6).all()


def test_a_unit_that_is_full_is_full_whoever_else_may_come():
    seconds = np.array([[10.0, 20.0], [10.0, 30.0], [200.0, 30.0]])
    people, room = np.array([20.0, np.nan, 10.0]), np.array([15.0, np.nan])
    now = given_to(seconds, people, room)
    assert now.load_people.tolist() == [15.0, 15.0]
    assert unknown_may_come(pairs(seconds), now, room, np.isnan(people)).tolist() == [False, True]
