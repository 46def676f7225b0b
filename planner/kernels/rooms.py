"""How many people sites with room for so many can take: a greatest flow from sites to places.

People are whole parts, int64: sums are exact, and an order of rows changes none of them. A site takes of
each place at most a cap of its own: all its people where the site is whole, a share of them where it is not.
Paths are looked for from all sites with room left at once (Dinic 1970, without his levels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.compiled import njit
from planner.kernels.lists import Lists

if TYPE_CHECKING:
    from numpy.typing import NDArray

# No pair leads to a place yet; it is one of the sites from which the search began.
NONE, ROOT = -1, -2
ENDLESS = 1 << 62


class Rooms(NamedTuple):
    """Which site reaches which place, read both ways.

    Attributes
    ----------
    by_site, by_place
        The places of each site, and the sites of each place.
    pair
        int64 ``(pairs,)``: of each pair of ``by_place`` its number in ``by_site``.
    """

    by_site: Lists
    by_place: Lists
    pair: NDArray[np.int64]


class Filled(NamedTuple):
    """Who is at which site.

    Attributes
    ----------
    flow
        int64 ``(pairs,)``, parts of a place at a site, by pair of ``by_site``.
    free
        int64 ``(places,)``, parts at no site.
    left
        int64 ``(sites,)``, room that is left.
    open_
        bool ``(places,)``: a site with room left could take somebody more of it, itself or by others who move
        on. All of such a place are somewhere; a place whose people all have room need not be one.
    short
        bool ``(places,)``: some of it are at no site, or would be in the place of others who then are at one.
        Only a site that reaches such a place can add anybody. None is open.
    """

    flow: NDArray[np.int64]
    free: NDArray[np.int64]
    left: NDArray[np.int64]
    open_: NDArray[np.bool_]
    short: NDArray[np.bool_]


class SearchTree(NamedTuple):
    """How places and sites were come to in a search.

    Attributes
    ----------
    came, via
        int64 ``(places,)``, the pair by which each place was come to, and the site of that pair.
    by
        int64 ``(sites,)``, the pair by whose place each site was come to.
    queue
        int64 ``(sites,)``, sites in the order in which they were come to.
    """

    came: NDArray[np.int64]
    via: NDArray[np.int64]
    by: NDArray[np.int64]
    queue: NDArray[np.int64]


@njit(nogil=True)
def rooms_of(by_site: Lists, places: int) -> Rooms:
    """Return lists read both ways.

    Examples
    --------
    >>> one = rooms_of(Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32)), 2)
    >>> one.by_place.item.tolist(), one.pair.tolist()
    ([0, 0, 1], [0, 1, 2])
    """
    first = np.zeros(places + 1, dtype=np.int64)
    for i in by_site.item:
        first[i + 1] += 1
    for i in range(places):
        first[i + 1] += first[i]
    at = first[:places].copy()
    site = np.empty(len(by_site.item), dtype=np.int32)
    pair = np.empty(len(by_site.item), dtype=np.int64)
    for j in range(len(by_site.first) - 1):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            i = by_site.item[e]
            site[at[i]], pair[at[i]] = j, e
            at[i] += 1
    return Rooms(by_site, Lists(first, site), pair)


@njit(nogil=True)
def filled(
    rooms: Rooms, people: NDArray[np.int64], room: NDArray[np.int64], cap: NDArray[np.int64],
    begin: NDArray[np.int64],
) -> Filled:  # fmt: skip
    """Return a way to give as many people as can be to sites with room.

    Parameters
    ----------
    rooms
        Which site reaches which place.
    people, room
        int64 ``(places,)`` and ``(sites,)``, parts.
    cap
        int64 ``(pairs,)``, by pair of ``by_site``: how much of the place the site takes at most.
    begin
        int64 ``(pairs,)``, who is where to begin with, within people, room and cap.

    Examples
    --------
    Site 0 reaches both places, site 1 the second alone:

    >>> rooms = rooms_of(Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32)), 2)
    >>> people = np.array([5, 5])
    >>> filled(rooms, people, np.array([5, 5]), people[rooms.by_site.item], np.zeros(3, int)).free.tolist()
    [0, 0]
    """
    by_site = rooms.by_site
    flow = begin.copy()
    free, left = people.copy(), room.copy()
    for j in range(len(left)):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            free[by_site.item[e]] -= flow[e]
            left[j] -= flow[e]
    for j in range(len(left)):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            i = by_site.item[e]
            some = min(left[j], free[i], cap[e] - flow[e])
            flow[e] += some
            free[i] -= some
            left[j] -= some
    ways = _ways(len(free), len(left))
    while True:
        ways.came[:] = NONE
        ways.by[:] = NONE
        n = 0
        for j in range(len(left)):
            if left[j] > 0:
                ways.by[j] = ROOT
                ways.queue[n] = j
                n += 1
        if not _phase(rooms, cap, flow, free, left, ways, n, ENDLESS):
            return Filled(flow, free, left, ways.came != NONE, _short(rooms, cap, flow, free))


@njit(nogil=True)
def _short(
    rooms: Rooms, cap: NDArray[np.int64], flow: NDArray[np.int64], free: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return the places from which people can move on until somebody at no site has room: the last cut."""
    by_site, by_place = rooms.by_site, rooms.by_place
    short = free > 0
    queue = np.empty(len(free), dtype=np.int64)
    seen = np.zeros(len(by_site.first) - 1, dtype=np.bool_)
    n = 0
    for i in range(len(free)):
        if short[i]:
            queue[n] = i
            n += 1
    at = 0
    while at < n:
        i = queue[at]
        at += 1
        for k in range(by_place.first[i], by_place.first[i + 1]):
            j = by_place.item[k]
            # A site that could take more of this place gives up others for it.
            if seen[j] or flow[rooms.pair[k]] >= cap[rooms.pair[k]]:
                continue
            seen[j] = True
            for e in range(by_site.first[j], by_site.first[j + 1]):
                other = by_site.item[e]
                if flow[e] > 0 and not short[other]:
                    short[other] = True
                    queue[n] = other
                    n += 1
    return short


@njit(nogil=True)
def room_gain(
    rooms: Rooms, people: NDArray[np.int64], now: Filled, more: NDArray[np.int32], room: int
) -> int:  # fmt: skip
    """Return how many more parts are somewhere with one more site.

    Parameters
    ----------
    rooms
        Of the sites that are there.
    people
        int64 ``(places,)``, parts.
    now
        Who is at these.
    more
        int32 ``(places of the new site,)``, the places that it reaches.
    room
        Its room, parts; what it could add at most does as well, and sooner.

    Examples
    --------
    The new site takes people over from the one that is there, which has room for others then:

    >>> rooms = rooms_of(Lists(np.array([0, 2]), np.array([0, 1], np.int32)), 2)
    >>> people = np.array([5, 5])
    >>> now = filled(rooms, people, np.array([5]), people[rooms.by_site.item], np.zeros(2, int))
    >>> room_gain(rooms, people, now, np.array([0], np.int32), 9)
    5
    """
    flow, free = now.flow.copy(), now.free.copy()
    # The new site is the one root: what it has left is its room.
    left = np.zeros(len(rooms.by_site.first) - 1, dtype=np.int64)
    cap = people[rooms.by_site.item]
    got = 0
    for i in more:
        some = min(room - got, free[i])
        free[i] -= some
        got += some
    ways = _ways(len(free), len(left))
    while got < room:
        ways.came[:] = NONE
        ways.by[:] = NONE
        for i in more:
            ways.came[i] = ROOT
        n = 0
        for i in more:
            n = _reach_holders(rooms, flow, ways, n, i)
        moved = _phase(rooms, cap, flow, free, left, ways, n, room - got)
        if not moved:
            break
        got += moved
    return got


@njit(nogil=True)
def _ways(places: int, sites: int) -> SearchTree:
    return SearchTree(
        np.empty(places, dtype=np.int64), np.empty(places, dtype=np.int64), np.empty(sites, dtype=np.int64),
        np.empty(sites, dtype=np.int64),
    )  # fmt: skip


@njit(nogil=True)
def _phase(  # noqa: PLR0917 - a kernel takes plain arrays
    rooms: Rooms, cap: NDArray[np.int64], flow: NDArray[np.int64], free: NDArray[np.int64],
    left: NDArray[np.int64], ways: SearchTree, n: int, room: int,
) -> int:  # fmt: skip
    """Look for ways from the roots to people at no site, and use them; returns the parts moved.

    ``left`` is the room of roots that are sites, ``room`` that of the one that is not.
    """
    by_site = rooms.by_site
    moved, at = 0, 0
    while at < n:
        j = ways.queue[at]
        at += 1
        for e in range(by_site.first[j], by_site.first[j + 1]):
            i = by_site.item[e]
            if ways.came[i] != NONE or flow[e] >= cap[e]:
                continue
            ways.came[i] = e
            ways.via[i] = j
            if free[i] > 0:
                some = _least_on_way(rooms, cap, flow, left, ways, i, min(free[i], room - moved))
                if some > 0:
                    _shift(rooms, flow, left, ways, i, some)
                    free[i] -= some
                    moved += some
            n = _reach_holders(rooms, flow, ways, n, i)
    return moved


@njit(nogil=True)
def _reach_holders(rooms: Rooms, flow: NDArray[np.int64], ways: SearchTree, n: int, i: int) -> int:
    """Put the sites that hold people of a place into the queue; returns its length."""
    by_place = rooms.by_place
    for k in range(by_place.first[i], by_place.first[i + 1]):
        j, e = by_place.item[k], rooms.pair[k]
        if ways.by[j] == NONE and flow[e] > 0:
            ways.by[j] = e
            ways.queue[n] = j
            n += 1
    return n


@njit(nogil=True)
def _least_on_way(
    rooms: Rooms, cap: NDArray[np.int64], flow: NDArray[np.int64], left: NDArray[np.int64], ways: SearchTree,
    place: int, most: int,
) -> np.int64:  # fmt: skip
    """Return how many parts can move along the way by which a place was come to."""
    i, some = place, np.int64(most)
    while ways.came[i] != ROOT:
        e, j = ways.came[i], ways.via[i]
        some = min(some, cap[e] - flow[e])
        if ways.by[j] == ROOT:
            return min(some, left[j])
        some = min(some, flow[ways.by[j]])
        i = np.int64(rooms.by_site.item[ways.by[j]])
    return some


@njit(nogil=True)
def _shift(
    rooms: Rooms, flow: NDArray[np.int64], left: NDArray[np.int64], ways: SearchTree, place: int, some: int
) -> None:  # fmt: skip
    """Move parts along the way by which a place was come to."""
    i = place
    while ways.came[i] != ROOT:
        j = ways.via[i]
        flow[ways.came[i]] += some
        if ways.by[j] == ROOT:
            left[j] -= some
            return
        flow[ways.by[j]] -= some
        i = np.int64(rooms.by_site.item[ways.by[j]])
