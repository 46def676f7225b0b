"""Which sites cover places that need several of them: greedy choice and exchange of sites.

A place counts once as many chosen sites cover it as it needs. The first of two sites alone brings nothing, so
gains do not only shrink as sites are added: a gain that was computed earlier is no limit for a later one. All
gains are kept up to date instead. On its way to what it needs a place may count in part, so that the first of
two sites is found at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.cover import Cover
    from planner.kernels.lists import Lists


class Backup(NamedTuple):
    """A covering problem in which places need several sites, for kernels.

    Attributes
    ----------
    cover
        Places, sites, costs and conflicts, as where one site is enough.
    need
        int32 ``(places,)``, 1 or more.
    part
        float64 ``(most needed + 1, most needed + 1)``: what a place that needs n (row) counts with c sites
        (column), from 0 to 1 at ``c = n``.
    """

    cover: Cover
    need: NDArray[np.int32]
    part: NDArray[np.float64]


class BackupNow(NamedTuple):
    """What is covered by the sites chosen so far, kept up to date as they are exchanged.

    Attributes
    ----------
    count
        int32 ``(places,)``: how many chosen sites cover each place.
    gain
        float64 ``(sites,)``: what a site that is not chosen would add.
    blockers
        int32 ``(sites,)``: how many chosen sites conflict with each.
    """

    count: NDArray[np.int32]
    gain: NDArray[np.float64]
    blockers: NDArray[np.int32]


@njit(nogil=True)
def _next(problem: Backup, place: int, count: int) -> float:
    """Return what one site more adds at a place that so many cover."""
    need = problem.need[place]
    if count >= need:
        return 0.0
    return problem.cover.people[place] * (problem.part[need, count + 1] - problem.part[need, count])


@njit(nogil=True)
def backup_standing(problem: Backup, chosen: NDArray[np.bool_]) -> BackupNow:
    """Return what the chosen sites (bool ``(sites,)``) cover, and what each other one would add.

    Examples
    --------
    The second place needs two sites, and counts a quarter with one:

    >>> from planner.kernels.cover import Cover
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> part = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.25, 1.0]])
    >>> problem = Backup(cover, np.array([1, 2], np.int32), part)
    >>> now = backup_standing(problem, np.array([True, False]))
    >>> now.count.tolist(), float(now.gain[1])
    ([1, 1], 22.5)
    """
    sites, by_site, conflicts = len(problem.cover.cost), problem.cover.by_site, problem.cover.conflicts
    now = BackupNow(np.zeros(len(problem.cover.people), np.int32), np.zeros(sites), np.zeros(sites, np.int32))
    for j in np.flatnonzero(chosen):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            now.count[by_site.item[e]] += 1
        for e in range(conflicts.first[j], conflicts.first[j + 1]):
            now.blockers[conflicts.item[e]] += 1
    for j in range(sites):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            now.gain[j] += _next(problem, by_site.item[e], now.count[by_site.item[e]])
    return now


@njit(nogil=True)
def _change(problem: Backup, j: int, step: int, now: BackupNow) -> None:
    """Choose a site (step 1) or give it up (step -1)."""
    by_site, by_place, conflicts = problem.cover.by_site, problem.cover.by_place, problem.cover.conflicts
    for e in range(by_site.first[j], by_site.first[j + 1]):
        place = by_site.item[e]
        before = _next(problem, place, now.count[place])
        now.count[place] += step
        more = _next(problem, place, now.count[place]) - before
        if more != 0.0:
            for f in range(by_place.first[place], by_place.first[place + 1]):
                now.gain[by_place.item[f]] += more
    for e in range(conflicts.first[j], conflicts.first[j + 1]):
        now.blockers[conflicts.item[e]] += step


@njit(nogil=True)
def _best(
    problem: Backup, room: float, chosen: NDArray[np.bool_], open_: NDArray[np.bool_], now: BackupNow,
    price: NDArray[np.float64],
) -> int:  # fmt: skip
    """Return the site that adds most for its price, of equals the lowest number; -1 where none is allowed."""
    best, most = -1, -1.0
    for k in range(len(problem.cover.cost)):
        if chosen[k] or not open_[k] or now.blockers[k] > 0 or problem.cover.cost[k] > room:
            continue
        worth = now.gain[k] / price[k]
        if worth > most:
            best, most = k, worth
    return best


@njit(nogil=True)
def backup_greedy(
    problem: Backup, budget: float, chosen: NDArray[np.bool_], open_: NDArray[np.bool_], least: float
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Choose sites one by one, each the one that adds most for its cost, while the budget lasts.

    Parameters
    ----------
    problem
        The problem; what counts in part on the way decides which sites are found.
    budget
        What all that are chosen may cost, those chosen at the start included.
    chosen
        bool ``(sites,)``, chosen at the start; changed.
    open_
        bool ``(sites,)``, which may be chosen.
    least
        A site must add more than this: sums of the same people in another order differ a little.

    Returns
    -------
    order, gain
        int32 and float64 ``(added,)``: the sites in the order in which they were added, and what each added.

    Examples
    --------
    >>> from planner.kernels.cover import Cover
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> part = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.25, 1.0]])
    >>> problem = Backup(cover, np.array([1, 2], np.int32), part)
    >>> order, gain = backup_greedy(problem, 2.0, np.zeros(2, np.bool_), np.ones(2, np.bool_), 0.0)
    >>> order.tolist(), gain.tolist()
    ([0, 1], [17.5, 22.5])
    """
    now, cost = backup_standing(problem, chosen), problem.cover.cost
    room = budget - cost[chosen].sum()
    order, added, found = np.empty(len(cost), np.int32), np.empty(len(cost)), 0
    while True:
        j = _best(problem, room, chosen, open_, now, cost)
        if j < 0 or now.gain[j] <= least:
            return order[:found].copy(), added[:found].copy()
        order[found], added[found] = j, now.gain[j]
        found += 1
        chosen[j] = True
        room -= cost[j]
        _change(problem, j, 1, now)


@njit(nogil=True)
def backup_exchange(
    problem: Backup, budget: float, chosen: NDArray[np.bool_], open_: NDArray[np.bool_], least: float
) -> int:
    """Give up each chosen site once, and take the one that then adds most where that is more.

    Parameters
    ----------
    problem, budget, open_, least
        As :func:`backup_greedy` takes them.
    chosen
        bool ``(sites,)``; changed.

    Returns
    -------
    moves
        How many exchanges were made: none where no single one gains.

    Examples
    --------
    >>> from planner.kernels.cover import Cover
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> part = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.25, 1.0]])
    >>> problem = Backup(cover, np.array([1, 2], np.int32), part)
    >>> chosen = np.array([False, True])
    >>> backup_exchange(problem, 1.0, chosen, np.ones(2, np.bool_), 0.0), chosen.tolist()
    (1, [True, False])
    """
    now, cost = backup_standing(problem, chosen), problem.cover.cost
    room, alike = budget - cost[chosen].sum(), np.ones(len(cost))
    moves = 0
    for j in np.flatnonzero(chosen):
        _change(problem, j, -1, now)
        chosen[j] = False
        room += cost[j]
        k = _best(problem, room, chosen, open_, now, alike)
        if k < 0 or now.gain[k] <= now.gain[j] + least:
            k = j
        else:
            moves += 1
        _change(problem, k, 1, now)
        chosen[k] = True
        room -= cost[k]
    return moves


@njit(nogil=True)
def backup_stand_ins(
    problem: Backup, now: BackupNow, j: int, open_: NDArray[np.bool_], allowed: float
) -> tuple[float, NDArray[np.float64]]:
    """Return what is lost without a chosen site, and if another took its place.

    Parameters
    ----------
    problem, now
        The problem, and what the chosen sites cover; as it was again afterwards.
    j
        A chosen site.
    open_
        bool ``(sites,)``, which may be chosen and are not.
    allowed
        The most that an exchange may lose.

    Returns
    -------
    loss, lost
        The people lost without it, and float64 ``(sites,)``, the people lost if a site took its place.
        Below 0 where it is a gain, inf where the exchange is not allowed.

    Examples
    --------
    >>> from planner.kernels.cover import Cover
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> part = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.25, 1.0]])
    >>> problem = Backup(cover, np.array([1, 2], np.int32), part)
    >>> now = backup_standing(problem, np.array([True, False]))
    >>> loss, lost = backup_stand_ins(problem, now, 0, np.array([False, True]), 100.0)
    >>> loss, lost.tolist()
    (17.5, [inf, 10.0])
    """
    _change(problem, j, -1, now)
    loss = now.gain[j]
    lost = loss - now.gain
    for k in range(len(lost)):
        if not open_[k] or now.blockers[k] > 0 or lost[k] > allowed:
            lost[k] = np.inf
    _change(problem, j, 1, now)
    return loss, lost


@njit(nogil=True)
def _largest(
    by_place: Lists, place: int, share: NDArray[np.float64], top: NDArray[np.float64], who: NDArray[np.int64]
) -> float:
    """Write the largest shares of a place's sites and their numbers, falling; returns the sum of all."""
    top[:] = -1.0
    total = 0.0
    for e in range(by_place.first[place], by_place.first[place + 1]):
        j = by_place.item[e]
        total += share[j]
        at = len(top)
        while at > 0 and share[j] > top[at - 1]:
            at -= 1
            if at + 1 < len(top):
                top[at + 1], who[at + 1] = top[at], who[at]
        if at < len(top):
            top[at], who[at] = share[j], j
    return total


@njit(nogil=True)
def backup_planes(
    problem: Backup, share: NDArray[np.float64], group: NDArray[np.int64], groups: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the people covered by shares of sites, and the planes above what whole sites cover there.

    Of a place that needs n sites, take any c fewer than n of them as chosen: what it lacks then must come
    from the others, so it counts at most for their sum divided by n - c. With the c of the largest shares
    this is least. Whole sites cover no more than any of these; at whole shares the least of them is what they
    cover.

    Parameters
    ----------
    problem
        The problem; ``part`` does not count.
    share
        float64 ``(sites,)``, 0-1.
    group
        int64 ``(places,)``, the group of each place.
    groups
        How many there are.

    Returns
    -------
    people, full, slope
        float64 ``(groups,)``, ``(groups,)`` and ``(groups, sites)``: with any shares x a group has at most
        ``full + slope @ x``, which is ``people`` at the shares given.

    Examples
    --------
    >>> from planner.kernels.cover import Cover
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> cover = Cover(np.array([10.0, 30.0]), by_site, turned(by_site, 2), np.ones(2), none)
    >>> part = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.25, 1.0]])
    >>> problem = Backup(cover, np.array([1, 2], np.int32), part)
    >>> people, _, _ = backup_planes(problem, np.array([1.0, 0.5]), np.array([0, 1]), 2)
    >>> people.tolist()
    [10.0, 15.0]
    """
    by_place, most = problem.cover.by_place, problem.part.shape[0]
    people, full = np.zeros(groups), np.zeros(groups)
    slope = np.zeros((groups, len(problem.cover.cost)))
    top, who = np.zeros(most), np.zeros(most, np.int64)
    for i in range(len(problem.cover.people)):
        need, weight, g = problem.need[i], problem.cover.people[i], group[i]
        total = _largest(by_place, i, share, top[: need - 1], who)
        best, without, rest = total / need, 0, total
        for c in range(1, need):
            if top[c - 1] <= 0.0:
                break
            rest -= top[c - 1]
            if rest / (need - c) < best:
                best, without = rest / (need - c), c
        if best >= 1.0:
            people[g] += weight
            full[g] += weight
            continue
        people[g] += weight * max(best, 0.0)
        each = weight / (need - without)
        for e in range(by_place.first[i], by_place.first[i + 1]):
            slope[g, by_place.item[e]] += each
        for c in range(without):
            slope[g, who[c]] -= each
    return people, full, slope
