"""Which sites cover which people in which draws: greedy choice, exchange, and cuts over many draws at once.

A row is a place in a season; its draws stand in the order of how far people get in them, so that a site which
covers the row in one draw covers it in all that come after. One number a pair then says it all: ``since``,
the position of the first draw in which the site covers the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.lists import Lists


class DrawCover(NamedTuple):
    """Covering in many draws, for kernels.

    Attributes
    ----------
    by_site
        The rows that each site covers in some draw.
    since
        int16 ``(pairs,)``, beside ``by_site.item``: the position from which on the site covers the row.
    base
        int16 ``(rows,)``: the position from which on what exists covers the row; ``depth`` = never.
    value
        float64 ``(criteria, rows, depth + 1)``: what a row counts if it is covered from a position on; falls
        along the positions, and is 0 at the last.
    cost
        float64 ``(sites,)``, above 0.
    conflicts
        By site, with which others it may not be chosen; both ways.
    """

    by_site: Lists
    since: NDArray[np.int16]
    base: NDArray[np.int16]
    value: NDArray[np.float64]
    cost: NDArray[np.float64]
    conflicts: Lists


class BestTwo(NamedTuple):
    """From which positions on chosen sites cover each row.

    Attributes
    ----------
    best, second
        int16 ``(rows,)``: by the first of what exists and the chosen sites, and by the next of them.
    owner
        int32 ``(rows,)``: the site that is first; -1 where that is what exists.
    """

    best: NDArray[np.int16]
    second: NDArray[np.int16]
    owner: NDArray[np.int32]


@njit(nogil=True)
def best_two(cover: DrawCover, chosen: NDArray[np.bool_]) -> BestTwo:
    """Return from when on the chosen sites (bool ``(sites,)``) cover each row.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> since, base = np.array([0, 1, 0], np.int16), np.full(2, 2, np.int16)
    >>> value = np.array([[[10.0, 4.0, 0.0], [30.0, 12.0, 0.0]]])
    >>> cover = DrawCover(by_site, since, base, value, np.ones(2), none)
    >>> best_two(cover, np.array([True, True])).best.tolist()
    [0, 0]
    """
    depth = cover.value.shape[2] - 1
    now = BestTwo(
        cover.base.copy(), np.full(len(cover.base), depth, np.int16), np.full(len(cover.base), -1, np.int32)
    )
    for j in np.flatnonzero(chosen):
        for e in range(cover.by_site.first[j], cover.by_site.first[j + 1]):
            row, since = cover.by_site.item[e], cover.since[e]
            if since < now.best[row]:
                now.second[row] = now.best[row]
                now.best[row], now.owner[row] = since, j
            elif since < now.second[row]:
                now.second[row] = since
    return now


@njit(nogil=True)
def _gain(cover: DrawCover, best: NDArray[np.int16], j: int, gain: NDArray[np.float64]) -> float:
    """Write what a site would add to each criterion, and return the sum."""
    gain[:] = 0.0
    for e in range(cover.by_site.first[j], cover.by_site.first[j + 1]):
        row, since = cover.by_site.item[e], cover.since[e]
        if since < best[row]:
            for a in range(len(gain)):
                gain[a] += cover.value[a, row, since] - cover.value[a, row, best[row]]
    return gain.sum()


@njit(nogil=True)
def _bar(conflicts: Lists, j: int, free: NDArray[np.bool_]) -> None:
    """Bar what a chosen site is in conflict with."""
    free[j] = False
    for e in range(conflicts.first[j], conflicts.first[j + 1]):
        free[conflicts.item[e]] = False


@njit(nogil=True)
def _top(free: NDArray[np.bool_], rate: NDArray[np.float64]) -> int:
    """Return the site of the largest rate, of equals the lowest number; -1 where none adds anything."""
    top = -1
    for j in np.flatnonzero(free):
        if rate[j] > 0.0 and (top < 0 or rate[j] > rate[top]):
            top = j
    return top


@njit(nogil=True)
def greedy_draws(
    cover: DrawCover, budget: float, chosen: NDArray[np.bool_], open_: NDArray[np.bool_]
) -> None:
    """Choose sites one by one, each that adds most to the sum of criteria for its cost; changes ``chosen``.

    Gains only shrink as sites are added: only sites that may still be the best are computed again
    (Minoux 1978). Of equal gains the lowest number counts.

    Parameters
    ----------
    cover
        The problem.
    budget
        What all that are chosen may cost, those chosen at the start included.
    chosen
        bool ``(sites,)``, chosen at the start.
    open_
        bool ``(sites,)``, which may be chosen.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> since, base = np.array([0, 1, 0], np.int16), np.full(2, 2, np.int16)
    >>> value = np.array([[[10.0, 4.0, 0.0], [30.0, 12.0, 0.0]]])
    >>> cover = DrawCover(by_site, since, base, value, np.ones(2), none)
    >>> chosen = np.zeros(2, np.bool_)
    >>> greedy_draws(cover, 1.0, chosen, np.ones(2, np.bool_))
    >>> chosen.tolist()
    [False, True]
    """
    sites, gain = len(cover.cost), np.empty(len(cover.value))
    best, free = best_two(cover, chosen).best, open_ & ~chosen
    spent = cover.cost[chosen].sum()
    for j in np.flatnonzero(chosen):
        _bar(cover.conflicts, j, free)
    rate, known = np.full(sites, np.inf), np.zeros(sites, np.bool_)
    while True:
        top = _top(free, rate)
        if top < 0:
            return
        if spent + cover.cost[top] > budget:
            free[top] = False
        elif not known[top]:
            rate[top], known[top] = _gain(cover, best, top, gain) / cover.cost[top], True
        else:
            chosen[top] = True
            spent += cover.cost[top]
            known[:] = False
            for e in range(cover.by_site.first[top], cover.by_site.first[top + 1]):
                row = cover.by_site.item[e]
                best[row] = min(best[row], cover.since[e])
            _bar(cover.conflicts, top, free)


@njit(nogil=True)
def _state(
    cover: DrawCover, chosen: NDArray[np.bool_]
) -> tuple[BestTwo, NDArray[np.float64], NDArray[np.float64], NDArray[np.int32], NDArray[np.int64]]:
    """Return what is covered, the criteria, each site's loss, and how many sites block each, and who."""
    criteria, sites = len(cover.value), len(chosen)
    now, total, loss = best_two(cover, chosen), np.zeros(criteria), np.zeros((criteria, sites))
    for row in range(len(now.best)):
        for a in range(criteria):
            value = cover.value[a, row, now.best[row]]
            total[a] += value
            if now.owner[row] >= 0:
                loss[a, now.owner[row]] += value - cover.value[a, row, now.second[row]]
    blockers, blocker = np.zeros(sites, np.int32), np.zeros(sites, np.int64)
    for j in np.flatnonzero(chosen):
        for e in range(cover.conflicts.first[j], cover.conflicts.first[j + 1]):
            blockers[cover.conflicts.item[e]] += 1
            blocker[cover.conflicts.item[e]] += j
    return now, total, loss, blockers, blocker


@njit(nogil=True)
def _share(cover: DrawCover, k: int, now: BestTwo, shared: NDArray[np.float64]) -> None:
    """Write what of each chosen site's loss site k would make good, beyond what it adds by itself."""
    shared[:] = 0.0
    for e in range(cover.by_site.first[k], cover.by_site.first[k + 1]):
        row, since = cover.by_site.item[e], cover.since[e]
        if now.owner[row] >= 0 and since < now.second[row]:
            at = max(since, now.best[row])
            for a in range(len(shared)):
                lost = cover.value[a, row, now.second[row]]
                shared[a, now.owner[row]] += cover.value[a, row, at] - lost


@njit(nogil=True)
def exchange_draws(
    cover: DrawCover,
    budget: float,
    chosen: NDArray[np.bool_],
    open_: NDArray[np.bool_],
    least: float,
    most_moves: int,
) -> int:
    """Exchange one chosen site for another, or add one, while the least criterion grows.

    Parameters
    ----------
    cover, budget
        As :func:`greedy_draws` takes them.
    chosen
        bool ``(sites,)``; changed.
    open_
        bool ``(sites,)``, which may be chosen.
    least
        A move must gain more than this.
    most_moves
        So many moves at most.

    Returns
    -------
    moves
        How many were made.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> since, base = np.array([0, 1, 0], np.int16), np.full(2, 2, np.int16)
    >>> value = np.array([[[10.0, 4.0, 0.0], [30.0, 12.0, 0.0]]])
    >>> cover = DrawCover(by_site, since, base, value, np.ones(2), none)
    >>> chosen = np.array([True, False])
    >>> exchange_draws(cover, 1.0, chosen, np.ones(2, np.bool_), 0.0, 10), chosen.tolist()
    (1, [False, True])
    """
    sites, criteria = len(chosen), len(cover.value)
    now, total, loss, blockers, blocker = _state(cover, chosen)
    gain, shared = np.empty(criteria), np.zeros((criteria, sites))
    room = budget - cover.cost[chosen].sum()
    moves, idle, k = 0, 0, -1
    while idle < sites and moves < most_moves:
        k = (k + 1) % sites
        idle += 1
        if chosen[k] or not open_[k] or blockers[k] > 1:
            continue
        _gain(cover, now.best, k, gain)
        goal = total.min() + least
        # Whoever goes, it cannot become more than this.
        if (total + gain).min() <= goal:
            continue
        out = -1
        if blockers[k] > 0 or cover.cost[k] > room:
            _share(cover, k, now, shared)
            for j in np.flatnonzero(chosen):
                if cover.cost[k] - cover.cost[j] > room or (blockers[k] == 1 and blocker[k] != j):
                    continue
                then = (total + gain - loss[:, j] + shared[:, j]).min()
                if then > goal:
                    out, goal = j, then
            if out < 0:
                continue
            chosen[out] = False
            room += cover.cost[out]
        chosen[k] = True
        room -= cover.cost[k]
        now, total, loss, blockers, blocker = _state(cover, chosen)
        moves += 1
        idle = 0
    return moves


@njit(nogil=True)
def covered_by_shares_in_draws(cover: DrawCover, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much shares of sites (float64 ``(sites,)``) cover each row at each position.

    float64 ``(rows, depth)``; what exists covers with 1.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> since, base = np.array([0, 1, 0], np.int16), np.full(2, 2, np.int16)
    >>> value = np.array([[[10.0, 4.0, 0.0], [30.0, 12.0, 0.0]]])
    >>> cover = DrawCover(by_site, since, base, value, np.ones(2), none)
    >>> covered_by_shares_in_draws(cover, np.array([0.5, 0.25])).tolist()
    [[0.5, 0.5], [0.25, 0.75]]
    """
    rows, depth = len(cover.base), cover.value.shape[2] - 1
    total = np.zeros((rows, depth))
    for j in np.flatnonzero(share):
        for e in range(cover.by_site.first[j], cover.by_site.first[j + 1]):
            total[cover.by_site.item[e], cover.since[e]] += share[j]
    for row in range(rows):
        if cover.base[row] < depth:
            total[row, cover.base[row]] += 1.0
        for k in range(1, depth):
            total[row, k] += total[row, k - 1]
    return total


@njit(nogil=True)
def group_values_in_draws(
    cover: DrawCover, tail: NDArray[np.float64], group: NDArray[np.int64], groups: int
) -> NDArray[np.float64]:
    """Return by group of rows and site the sum of what its rows count from its positions on.

    Parameters
    ----------
    cover
        The problem.
    tail
        float64 ``(rows, depth + 1)``: what a row counts if it is covered from a position on.
    group
        int64 ``(rows,)``, below ``groups``.

    Returns
    -------
    float64 ``(groups, sites)``.

    Examples
    --------
    >>> from planner.kernels.lists import Lists
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> since, base = np.array([0, 1, 0], np.int16), np.full(2, 2, np.int16)
    >>> value = np.array([[[10.0, 4.0, 0.0], [30.0, 12.0, 0.0]]])
    >>> cover = DrawCover(by_site, since, base, value, np.ones(2), none)
    >>> group_values_in_draws(cover, value[0], np.array([0, 0]), 1).tolist()
    [[22.0, 30.0]]
    """
    value = np.zeros((groups, len(cover.cost)))
    for j in range(value.shape[1]):
        for e in range(cover.by_site.first[j], cover.by_site.first[j + 1]):
            row = cover.by_site.item[e]
            value[group[row], j] += tail[row, cover.since[e]]
    return value
