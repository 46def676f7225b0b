"""Which units' loads, and whose room, are known: units, ways and capacities may be that nobody knows of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.supply.capacity import Allocation
    from planner.travel.times import SparseTimes

# A unit with less room left than this share of its capacity is full.
HAIR = 1e-9


def loads_sure(
    times: SparseTimes,
    allocation: Allocation,
    capacity_people: NDArray[np.float64],
    in_doubt: NDArray[np.bool_],
    beside_ways: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Return by unit whether the people given to it would be the same with all units and ways on the map.

    Who may be within the limit of a unit that nobody listed may go there: fewer come to the unit that they
    are given to. If that one was full, its room goes to others for whom it is nearer than the unit that they
    are given to, or whose own unit is full; they leave that unit, and so on. Over ways that nobody drew, more
    may come as well.

    Parameters
    ----------
    times
        The pairs within the limit.
    allocation
        Who goes where, by these pairs.
    capacity_people
        float64 ``(units,)``, NaN where a unit has room for everybody.
    in_doubt
        bool ``(places,)``: a unit that nobody listed, or a way that nobody drew, may be within the limit.
    beside_ways
        bool ``(units,)``: somebody may come over a way that nobody drew; None where all are drawn.

    Returns
    -------
    sure
        bool ``(units,)``.

    Examples
    --------
    Two places and two units, B nearer to both places; the second place may have a third unit. Where that
    makes room at B for the first place, nobody knows who goes to A either:

    >>> from planner.supply.capacity import allocate
    >>> from planner.travel.times import SparseTimes
    >>> seconds = np.array([90.0, 60.0, 120.0, 60.0])
    >>> times = SparseTimes(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), seconds)
    >>> doubt = np.array([False, True])
    >>> for room in (100.0, 40.0):
    ...     room_people = np.array([60.0, room])
    ...     answer = allocate(times, [50, 40], room_people, place_id=["a", "b"], facility_id=["A", "B"])
    ...     answer.load_people.tolist(), loads_sure(times, answer, room_people, doubt).tolist()
    ([0.0, 90.0], [True, False])
    ([50.0, 40.0], [False, False])
    """
    units = len(allocation.load_people)
    full = _full(allocation, capacity_people)
    limited = np.isfinite(capacity_people)
    # Fewer of those who go there now may come, or more: each moves others on in a way of its own.
    fewer = np.zeros(units, dtype=bool)
    fewer[allocation.facility[in_doubt[allocation.place]]] = True
    more = np.zeros(units, dtype=bool) if beside_ways is None else beside_ways.copy()
    here_s = _seconds(times, allocation, units)
    left, filled = np.zeros(units, dtype=bool), np.zeros(units, dtype=bool)
    while (leaving := fewer & full & ~left).any() or (filling := more & limited & ~filled).any():
        if leaving.any():
            left |= leaving
            # The seconds from each place to the nearest of these.
            there_s = np.full(len(in_doubt), np.inf)
            pair = leaving[times.facility]
            np.minimum.at(there_s, times.place[pair], times.travel_s[pair])
            near = there_s[allocation.place]
            takes = (near < np.inf) & ((near <= here_s) | full[allocation.facility])
            fewer[allocation.facility[takes]] = True
        else:
            filled |= filling
            # It may be full then, though it is not now: who finds it so goes to any other within the limit.
            moved = np.zeros(len(in_doubt), dtype=bool)
            moved[allocation.place[filling[allocation.facility]]] = True
            more[times.facility[moved[times.place]]] = True
    return ~(fewer | more)


def unknown_may_come(
    times: SparseTimes,
    allocation: Allocation,
    capacity_people: NDArray[np.float64],
    unknown: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return by unit whether people of unknown number may make its load larger.

    They come to the unit nearest to them. Where that has room for so many only, they and those who are given
    to it may go to any other near enough, and so on. A unit that is full without them is full with them.

    Parameters
    ----------
    times
        The pairs within the limit.
    allocation
        Where those of known number go, by these pairs.
    capacity_people
        float64 ``(units,)``, NaN where a unit has room for everybody.
    unknown
        bool ``(places,)``: some may live there, nobody knows how many.

    Returns
    -------
    larger
        bool ``(units,)``.

    Examples
    --------
    The second place is nearer to B, which has room for some of them:

    >>> from planner.supply.capacity import allocate
    >>> from planner.travel.times import SparseTimes
    >>> seconds = np.array([60.0, 90.0, 60.0])
    >>> times = SparseTimes(np.array([0, 1, 1]), np.array([0, 0, 1]), seconds)
    >>> unknown = np.array([False, True])
    >>> for room in (40.0, np.nan):
    ...     people, room_people = [50, np.nan], np.array([np.nan, room])
    ...     answer = allocate(times, people, room_people, place_id=["a", "b"], facility_id=["A", "B"])
    ...     unknown_may_come(times, answer, room_people, unknown).tolist()
    [True, True]
    [False, True]
    """
    limited = np.isfinite(capacity_people)
    pair = unknown[times.place]
    nearest_s = np.full(len(unknown), np.inf)
    np.minimum.at(nearest_s, times.place[pair], times.travel_s[pair])
    larger, filled = (np.zeros(len(capacity_people), dtype=bool) for _ in range(2))
    larger[times.facility[pair & (times.travel_s <= nearest_s[times.place])]] = True
    while (filling := larger & limited & ~filled).any():
        filled |= filling
        moved = np.zeros(len(unknown), dtype=bool)
        moved[allocation.place[filling[allocation.facility]]] = True
        moved[times.place[pair & filling[times.facility]]] = True
        larger[times.facility[moved[times.place]]] = True
    return larger & ~_full(allocation, capacity_people)


def room_known(
    times: SparseTimes, people: NDArray[np.float64], capacity_people: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return by place whether it is known how many of its people find room.

    It is not for those near enough to a unit of which nothing says how much room it has. They may have to go
    to other units, and take the room there from those who are near these, and so on. Where no unit is near
    enough, nobody waits for room.

    Parameters
    ----------
    times
        The pairs within the limit.
    people
        float64 ``(places,)``; a place without people takes no part.
    capacity_people
        float64 ``(units,)``, NaN where nothing says how much room a unit has.

    Returns
    -------
    known
        bool ``(places,)``.

    Examples
    --------
    The first place is near A, whose room is known, the second near A and B, the third near C, the last near
    none:

    >>> from planner.travel.times import SparseTimes
    >>> times = SparseTimes(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 2]), np.full(4, 60.0))
    >>> people, room = np.full(4, 10.0), np.array([60.0, np.nan, 60.0])
    >>> room_known(times, people, room).tolist()
    [False, False, True, True]
    """
    places, units = len(people), len(capacity_people)
    silent = np.isnan(capacity_people)
    if not silent.any():
        return np.ones(places, dtype=bool)
    takes_part = (people > 0)[times.place]
    place, unit = times.place[takes_part], times.facility[takes_part]
    n = places + units
    near = coo_array((np.ones(len(place), dtype=bool), (place, unit + np.int64(places))), shape=(n, n))
    _number, group = connected_components(near, directed=False)
    known: NDArray[np.bool_] = ~np.isin(group[:places], group[places:][silent])
    return known


def _full(allocation: Allocation, capacity_people: NDArray[np.float64]) -> NDArray[np.bool_]:
    full: NDArray[np.bool_] = allocation.load_people >= capacity_people * (1 - HAIR)
    return full


def _seconds(times: SparseTimes, allocation: Allocation, units: int) -> NDArray[np.float64]:
    """Return the seconds of each flow; pairs and flows are both in order of place and unit."""
    key = times.place.astype(np.int64) * units + times.facility
    seconds: NDArray[np.float64] = times.travel_s[
        np.searchsorted(key, allocation.place.astype(np.int64) * units + allocation.facility)
    ]
    return seconds
