"""Which sites cover which places: greedy choice, exchange of sites, and bounds by Lagrangian relaxation.

A place is covered when one site at least that covers it is chosen. Sites conflict where at most one of two
may be chosen. The order of sites decides only among equals: of equal gains the lowest number counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.lists import Lists


class Cover(NamedTuple):
    """A covering problem for kernels.

    Attributes
    ----------
    people
        float64 ``(places,)``.
    by_site, by_place
        The places that each site covers, and back.
    cost
        float64 ``(sites,)``, above 0.
    conflicts
        By site, with which others it may not be chosen; both ways.
    """

    people: NDArray[np.float64]
    by_site: Lists
    by_place: Lists
    cost: NDArray[np.float64]
    conflicts: Lists


@njit(nogil=True)
def _gain(by_site: Lists, people: NDArray[np.float64], count: NDArray[np.int32], site: int) -> float:
    """Return the people whom a site covers and nobody else does yet."""
    total = 0.0
    for e in range(by_site.first[site], by_site.first[site + 1]):
        if count[by_site.item[e]] == 0:
            total += people[by_site.item[e]]
    return total


@njit(nogil=True)
def _before(key: NDArray[np.float64], size: NDArray[np.float64], a: int, b: int) -> bool:
    """Return whether site a stands before b: more for its cost, then more, then the lower number."""
    if key[a] != key[b]:
        return key[a] > key[b]
    if size[a] != size[b]:
        return size[a] > size[b]
    return a < b


@njit(nogil=True)
def _sink(
    heap: NDArray[np.int32], n: int, at: int, key: NDArray[np.float64], size: NDArray[np.float64]
) -> None:
    while True:
        child = 2 * at + 1
        if child >= n:
            return
        if child + 1 < n and _before(key, size, heap[child + 1], heap[child]):
            child += 1
        if not _before(key, size, heap[child], heap[at]):
            return
        heap[at], heap[child] = heap[child], heap[at]
        at = child


@njit(nogil=True)
def _take(cover: Cover, j: int, count: NDArray[np.int32], blocked: NDArray[np.bool_]) -> None:
    """Count a chosen site for its places, and bar what it is in conflict with."""
    for e in range(cover.by_site.first[j], cover.by_site.first[j + 1]):
        count[cover.by_site.item[e]] += 1
    for e in range(cover.conflicts.first[j], cover.conflicts.first[j + 1]):
        blocked[cover.conflicts.item[e]] = True


@njit(nogil=True)
def greedy_cover(
    cover: Cover, budget: float, chosen: NDArray[np.bool_], open_: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Choose sites one by one, each the one that adds most people for its cost, while the budget lasts.

    Gains only shrink as sites are added, so a gain computed earlier is a limit: only sites that may still be
    the best are computed again (Minoux 1978).

    Parameters
    ----------
    cover
        The problem.
    budget
        What all that are chosen may cost, those chosen at the start included.
    chosen
        bool ``(sites,)``, chosen at the start; changed.
    open_
        bool ``(sites,)``, which may be chosen.

    Returns
    -------
    order, gain
        int32 and float64 ``(added,)``: the sites in the order in which they were added, and the people whom
        each added. Sites that add nobody are not.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> order, gain = greedy_cover(cover, 2.0, np.zeros(2, np.bool_), np.ones(2, np.bool_))
    >>> order.tolist(), gain.tolist()
    ([0], [40.0])
    """
    cost, sites = cover.cost, len(cover.cost)
    count, blocked = np.zeros(len(cover.people), dtype=np.int32), np.zeros(sites, dtype=np.bool_)
    spent = 0.0
    for j in np.flatnonzero(chosen):
        spent += cost[j]
        _take(cover, j, count, blocked)
    gain, key = np.zeros(sites), np.zeros(sites)
    heap = np.flatnonzero(open_ & ~chosen & ~blocked).astype(np.int32)
    n = len(heap)
    for j in heap:
        gain[j] = _gain(cover.by_site, cover.people, count, j)
        key[j] = gain[j] / cost[j]
    for at in range(n // 2 - 1, -1, -1):
        _sink(heap, n, at, key, gain)
    order, added = np.empty(n, dtype=np.int32), np.empty(n)
    found = 0
    while n > 0:
        j = heap[0]
        # Blocked or too dear stays so: the budget only shrinks.
        barred = blocked[j] or spent + cost[j] > budget
        now = -1.0 if barred else _gain(cover.by_site, cover.people, count, j)
        if 0.0 < now < gain[j]:
            gain[j], key[j] = now, now / cost[j]
            _sink(heap, n, 0, key, gain)
            continue
        n -= 1
        heap[0] = heap[n]
        _sink(heap, n, 0, key, gain)
        if now > 0.0:
            chosen[j] = True
            spent += cost[j]
            order[found], added[found] = j, now
            found += 1
            _take(cover, j, count, blocked)
    return order[:found].copy(), added[:found].copy()


class Standing(NamedTuple):
    """What is covered by the sites chosen so far, kept up to date as they are exchanged.

    Attributes
    ----------
    count
        int32 ``(places,)``: how many chosen sites cover each place.
    owners
        int64 ``(places,)``: the sum of their numbers; of one site, that is its number.
    gain
        float64 ``(sites,)``: the people whom a site not chosen would add.
    loss
        float64 ``(sites,)``: the people whom a chosen site alone covers.
    blockers, blocker
        int32 and int64 ``(sites,)``: how many chosen sites conflict with each, and the sum of their numbers.
    """

    count: NDArray[np.int32]
    owners: NDArray[np.int64]
    gain: NDArray[np.float64]
    loss: NDArray[np.float64]
    blockers: NDArray[np.int32]
    blocker: NDArray[np.int64]


@njit(nogil=True)
def standing(cover: Cover, chosen: NDArray[np.bool_]) -> Standing:
    """Return what the chosen sites (bool ``(sites,)``) cover.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> standing(cover, np.array([False, True])).gain.tolist()
    [10.0, 0.0]
    """
    people, by_site, conflicts, sites = cover.people, cover.by_site, cover.conflicts, len(chosen)
    now = Standing(
        np.zeros(len(people), np.int32), np.zeros(len(people), np.int64), np.zeros(sites), np.zeros(sites),
        np.zeros(sites, np.int32), np.zeros(sites, np.int64),
    )  # fmt: skip
    for j in range(sites):
        if chosen[j]:
            for e in range(by_site.first[j], by_site.first[j + 1]):
                now.count[by_site.item[e]] += 1
                now.owners[by_site.item[e]] += j
            for e in range(conflicts.first[j], conflicts.first[j + 1]):
                now.blockers[conflicts.item[e]] += 1
                now.blocker[conflicts.item[e]] += j
    for j in range(sites):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            row = by_site.item[e]
            if chosen[j] and now.count[row] == 1:
                now.loss[j] += people[row]
            elif now.count[row] == 0:
                now.gain[j] += people[row]
    return now


@njit(nogil=True)
def _add(cover: Cover, j: int, now: Standing) -> None:
    """Choose a site: whom it covers first is no longer anybody's gain; whom it shares, nobody's loss."""
    people, by_site, by_place, conflicts = cover.people, cover.by_site, cover.by_place, cover.conflicts
    for e in range(by_site.first[j], by_site.first[j + 1]):
        row = by_site.item[e]
        if now.count[row] == 0:
            for f in range(by_place.first[row], by_place.first[row + 1]):
                now.gain[by_place.item[f]] -= people[row]
            now.loss[j] += people[row]
        elif now.count[row] == 1:
            now.loss[now.owners[row]] -= people[row]
        now.count[row] += 1
        now.owners[row] += j
    for e in range(conflicts.first[j], conflicts.first[j + 1]):
        now.blockers[conflicts.item[e]] += 1
        now.blocker[conflicts.item[e]] += j


@njit(nogil=True)
def _remove(cover: Cover, j: int, now: Standing) -> None:
    """Give a site up; the reverse of :func:`_add`."""
    people, by_site, by_place, conflicts = cover.people, cover.by_site, cover.by_place, cover.conflicts
    for e in range(by_site.first[j], by_site.first[j + 1]):
        row = by_site.item[e]
        now.count[row] -= 1
        now.owners[row] -= j
        if now.count[row] == 0:
            for f in range(by_place.first[row], by_place.first[row + 1]):
                now.gain[by_place.item[f]] += people[row]
        elif now.count[row] == 1:
            now.loss[now.owners[row]] += people[row]
    now.loss[j] = 0.0
    for e in range(conflicts.first[j], conflicts.first[j + 1]):
        now.blockers[conflicts.item[e]] -= 1
        now.blocker[conflicts.item[e]] -= j


@njit(nogil=True)
def _cheapest(
    cover: Cover, k: int, room: float, held: NDArray[np.bool_], inside: NDArray[np.int64], now: Standing,
    shared: NDArray[np.float64],
) -> tuple[int, float]:  # fmt: skip
    """Return which chosen site site k should take the place of, and the people that are lost by it.

    People whom only the old site covers and the new one covers too are not lost: ``shared`` is work space,
    all zero between calls.
    """
    mine = cover.by_site.item[cover.by_site.first[k] : cover.by_site.first[k + 1]]
    for row in mine:
        if now.count[row] == 1:
            shared[now.owners[row]] += cover.people[row]
    best, least = -1, np.inf
    for j in inside:
        dear = cover.cost[k] - cover.cost[j] > room
        if held[j] or dear or (now.blockers[k] == 1 and now.blocker[k] != j):
            continue
        lost = now.loss[j] - shared[j]
        if lost < least or (lost == least and j < best):
            best, least = j, lost
    for row in mine:
        if now.count[row] == 1:
            shared[now.owners[row]] = 0.0
    return best, least


@njit(nogil=True)
def exchange(
    cover: Cover,
    budget: float,
    chosen: NDArray[np.bool_],
    open_: NDArray[np.bool_],
    held: NDArray[np.bool_],
    least: float,
    most_moves: int,
) -> int:
    """Exchange one chosen site for another, and add what the budget still allows, while people are gained.

    Parameters
    ----------
    cover, budget
        As :func:`greedy_cover` takes them.
    chosen
        bool ``(sites,)``; changed.
    open_, held
        bool ``(sites,)``: which may be chosen, and which of the chosen must stay.
    least
        A move must gain more people than this: sums of the same people in another order differ a little.
    most_moves
        So many moves at most.

    Returns
    -------
    moves
        How many were made; as many as ``most_moves`` where more were possible.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> chosen, any_ = np.array([False, True]), np.ones(2, np.bool_)
    >>> exchange(cover, 1.0, chosen, any_, ~any_, 0.0, 10), chosen.tolist()
    (1, [True, False])
    """
    cost, sites = cover.cost, len(cover.cost)
    now, shared = standing(cover, chosen), np.zeros(sites)
    inside = np.flatnonzero(chosen)
    room = budget - cost[inside].sum()
    moves, idle, k = 0, 0, -1
    while idle < sites and moves < most_moves:
        k = (k + 1) % sites
        idle += 1
        # The overlap with the site that goes is inside of its loss: without a gain there is no move.
        if chosen[k] or not open_[k] or now.blockers[k] > 1 or now.gain[k] <= least:
            continue
        out = -1
        if now.blockers[k] > 0 or cost[k] > room:
            out, lost = _cheapest(cover, k, room, held, inside, now, shared)
            if out < 0 or now.gain[k] - lost <= least:
                continue
            _remove(cover, out, now)
            chosen[out] = False
            room += cost[out]
            inside = inside[inside != out]
        _add(cover, k, now)
        chosen[k] = True
        room -= cost[k]
        inside = np.append(inside, np.int64(k))
        moves += 1
        idle = 0
    return moves


@njit(nogil=True)
def site_values(by_site: Lists, price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by site the sum of the prices of the places that it covers: float64 ``(sites,)``.

    Parameters
    ----------
    by_site
        The places that each site covers.
    price
        float64 ``(places,)``.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> site_values(by_site, np.array([10.0, 30.0])).tolist()
    [40.0, 30.0]
    """
    value = np.zeros(len(by_site.first) - 1)
    for j in range(len(value)):
        total = 0.0
        for e in range(by_site.first[j], by_site.first[j + 1]):
            total += price[by_site.item[e]]
        value[j] = total
    return value


@njit(nogil=True)
def covered_by_shares(by_site: Lists, places: int, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by place the sum of the shares of the sites that cover it: float64 ``(places,)``.

    Parameters
    ----------
    by_site
        The places that each site covers.
    places
        How many there are.
    share
        float64 ``(sites,)``, 0-1.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> covered_by_shares(by_site, 2, np.array([0.5, 0.25])).tolist()
    [0.5, 0.75]
    """
    total = np.zeros(places)
    for j in np.flatnonzero(share):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            total[by_site.item[e]] += share[j]
    return total


@njit(nogil=True)
def group_values(
    by_site: Lists, price: NDArray[np.float64], group: NDArray[np.int64], groups: int
) -> NDArray[np.float64]:
    """Return by group of places and site the prices of the places it covers: float64 ``(groups, sites)``.

    Parameters
    ----------
    by_site
        The places that each site covers.
    price
        float64 ``(places,)``.
    group
        int64 ``(places,)``, the group of each place, below ``groups``.
    groups
        How many there are.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> group_values(by_site, np.array([10.0, 30.0]), np.array([0, 1]), 2).tolist()
    [[10.0, 0.0], [30.0, 30.0]]
    """
    value = np.zeros((groups, len(by_site.first) - 1))
    for j in range(value.shape[1]):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            row = by_site.item[e]
            value[group[row], j] += price[row]
    return value


@njit(nogil=True)
def covered(by_site: Lists, places: int, chosen: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return by place how many of the chosen sites cover it: int32 ``(places,)``.

    Parameters
    ----------
    by_site
        The places that each site covers.
    places
        How many there are.
    chosen
        bool ``(sites,)``.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> covered(by_site, 2, np.array([True, True])).tolist()
    [1, 2]
    """
    count = np.zeros(places, dtype=np.int32)
    for j in range(len(chosen)):
        if chosen[j]:
            for e in range(by_site.first[j], by_site.first[j + 1]):
                count[by_site.item[e]] += 1
    return count


@njit(nogil=True)
def stand_ins(
    cover: Cover, now: Standing, j: int, open_: NDArray[np.bool_], allowed: float
) -> NDArray[np.float64]:
    """Return the people lost if a site took the place of a chosen one.

    Parameters
    ----------
    cover, now
        The problem, and what the chosen sites cover.
    j
        A chosen site.
    open_
        bool ``(sites,)``, which may be chosen and are not.
    allowed
        The most people that an exchange may lose.

    Returns
    -------
    lost
        float64 ``(sites,)``, people. Below 0 where it is a gain, inf where the exchange is not allowed.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> now = standing(cover, np.array([True, False]))
    >>> stand_ins(cover, now, 0, np.array([False, True]), 100.0).tolist()
    [inf, 10.0]
    """
    worth = now.gain.copy()
    for e in range(cover.by_site.first[j], cover.by_site.first[j + 1]):
        row = cover.by_site.item[e]
        if now.count[row] == 1:
            for f in range(cover.by_place.first[row], cover.by_place.first[row + 1]):
                worth[cover.by_place.item[f]] += cover.people[row]
    lost = now.loss[j] - worth
    for k in range(len(lost)):
        barred = now.blockers[k] > 1 or (now.blockers[k] == 1 and now.blocker[k] != j)
        if not open_[k] or barred or lost[k] > allowed:
            lost[k] = np.inf
    return lost
