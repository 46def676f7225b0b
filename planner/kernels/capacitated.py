"""Compiled kernels of the capacitated p-median: rows whole at one site, sites with room for so much.

What row i costs at a site is one number; ``base[i]`` is what it costs at no site, where room has no end. The
tests hold slow twins of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit
from planner.kernels.median import FOLLOWS, LEAST_GAIN, NO_SITE, SHORTER, SHORTEST, _stride, fill

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.csr import Csr

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]


@njit(nogil=True)
def _cheapest(  # noqa: PLR0917 - a kernel takes plain arrays
    near: Csr, load: Floats, room: Floats, is_open: Bools, i: int, but: int, freed: int, more: float
) -> int:
    """Return the first pair of a row whose site is open and has room, -1 if none.

    Site ``but`` is left out; site ``freed`` has so much more room.
    """
    for k in range(near.first[i], near.first[i + 1]):
        j = near.item[k]
        has = room[j] + (more if j == freed else 0.0)
        if is_open[j] and j != but and load[i] <= has:
            return k
    return -1


@njit(nogil=True)
def _cost(near: Csr, base: Floats, i: int, k: int) -> float:
    """Return what a row costs by one of its pairs; where there is none, at no site."""
    return base[i] if k < 0 else near.value[k]


@njit(nogil=True)
def assign(near: Csr, base: Floats, load: Floats, room: Floats, is_open: Bools) -> Longs:
    """Return the pair by which each row is served, -1 where it finds no room or is as well off without.

    Those go first that would lose most if their best site were full.

    Parameters
    ----------
    near, base
        What rows cost, each row's pairs cheapest first; and float64 ``(rows,)``, at no site.
    load, room
        float64 ``(rows,)`` and ``(sites,)``; room is changed to what is left.
    is_open
        bool ``(sites,)``.

    Returns
    -------
    by
        int64 ``(rows,)``, numbers of pairs.

    Examples
    --------
    Both rows are best off at site 0, which has room for one; the second would lose most:

    >>> from planner.kernels.csr import Csr
    >>> near = Csr(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32), np.array([1.0, 2.0, 1.0, 9.0]))
    >>> base, load, room = np.full(2, 20.0), np.full(2, 5.0), np.array([5.0, 5.0])
    >>> assign(near, base, load, room, np.array([True, True])).tolist(), room.tolist()
    ([1, 2], [0.0, 0.0])
    """
    rows = len(base)
    loss = np.empty(rows)
    for i in range(rows):
        one = _cheapest(near, load, room, is_open, i, NO_SITE, NO_SITE, 0.0)
        two = -1
        if one >= 0:
            two = _cheapest(near, load, room, is_open, i, near.item[one], NO_SITE, 0.0)
        loss[i] = _cost(near, base, i, one) - _cost(near, base, i, two)
    by = np.full(rows, -1, dtype=np.int64)
    for i in np.argsort(loss, kind="mergesort"):
        k = _cheapest(near, load, room, is_open, i, NO_SITE, NO_SITE, 0.0)
        if k >= 0:
            by[i] = k
            room[near.item[k]] -= load[i]
    return by


@njit(nogil=True)
def _make_room(  # noqa: PLR0917 - a kernel takes plain arrays
    near: Csr, base: Floats, load: Floats, room: Floats, is_open: Bools, by: Longs, i: int, k: int
) -> tuple[float, int, int]:
    """Return what moving row i to pair k saves, the row that makes room for it (-1: none), and its pair."""
    b = near.item[k]
    now = _cost(near, base, i, by[i])
    a = near.item[by[i]] if by[i] >= 0 else NO_SITE
    if load[i] <= room[b]:
        return now - near.value[k], -1, -1
    best, who, where = 0.0, -1, -1
    for m in range(len(base)):
        if by[m] < 0 or near.item[by[m]] != b or load[i] > room[b] + load[m]:
            continue
        to = _cheapest(near, load, room, is_open, m, b, a, load[i])
        saved = now - near.value[k] + near.value[by[m]] - _cost(near, base, m, to)
        if saved > best:
            best, who, where = saved, m, to
    return (best, who, where) if who >= 0 else (-1.0, -1, -1)


@njit(nogil=True)
def _move(near: Csr, load: Floats, room: Floats, by: Longs, i: int, k: int) -> None:
    """Serve row i by pair k (-1: at no site)."""
    if by[i] >= 0:
        room[near.item[by[i]]] += load[i]
    by[i] = k
    if k >= 0:
        room[near.item[k]] -= load[i]


@njit(nogil=True)
def shift(near: Csr, base: Floats, load: Floats, room: Floats, is_open: Bools, by: Longs) -> int:
    """Move each row once to where that saves most, with another making room for it; returns the moves.

    Parameters
    ----------
    near, base
        What rows cost, each row's pairs cheapest first; and float64 ``(rows,)``, at no site.
    load, room
        float64 ``(rows,)`` and ``(sites,)``, what room is left; ``room`` is changed.
    is_open
        bool ``(sites,)``.
    by
        int64 ``(rows,)``, the pair by which each is served, -1 for none; changed.

    Examples
    --------
    >>> from planner.kernels.csr import Csr
    >>> near = Csr(np.array([0, 2]), np.array([0, 1], np.int32), np.array([1.0, 2.0]))
    >>> room, by = np.array([5.0, 0.0]), np.array([1])
    >>> moves = shift(near, np.array([20.0]), np.array([5.0]), room, np.ones(2, np.bool_), by)
    >>> moves, by.tolist(), room.tolist()
    (1, [0], [0.0, 5.0])
    """
    moves = 0
    for i in range(len(base)):
        best, pair, who, where = LEAST_GAIN * base[i], -1, -1, -1
        for k in range(near.first[i], near.first[i + 1]):
            if k == by[i] or not is_open[near.item[k]]:
                continue
            saved, m, to = _make_room(near, base, load, room, is_open, by, i, k)
            if saved > best:
                best, pair, who, where = saved, k, m, to
        if pair >= 0:
            if who >= 0:
                _move(near, load, room, by, who, -1)
            _move(near, load, room, by, i, pair)
            if who >= 0:
                _move(near, load, room, by, who, where)
            moves += 1
    return moves


@njit(nogil=True)
def _elsewhere(near: Csr, load: Floats, by: Longs, a: int, sites: int) -> tuple[Floats, Longs, float]:
    """Return what the rows of a site cost at each site, how many of them it can serve, and their load."""
    there = np.zeros(sites)
    served = np.zeros(sites, dtype=np.int64)
    used = 0.0
    for i in range(len(by)):
        if by[i] >= 0 and near.item[by[i]] == a:
            used += load[i]
            for k in range(near.first[i], near.first[i + 1]):
                there[near.item[k]] += near.value[k]
                served[near.item[k]] += 1
    return there, served, used


@njit(nogil=True)
def resite(  # noqa: PLR0917 - a kernel takes plain arrays
    near: Csr, load: Floats, capacity: Floats, cost: Floats, left: float, forced: Bools, is_open: Bools,
    by: Longs,
) -> float:  # fmt: skip
    """Move all rows of a site to a closed one that serves them at less, for each site once.

    Returns what is left of the budget.

    Parameters
    ----------
    near
        What rows cost, each row's pairs cheapest first.
    load
        float64 ``(rows,)``.
    capacity, cost
        float64 ``(sites,)``.
    left
        What is left of the budget.
    forced
        bool ``(sites,)``, which stay.
    is_open
        bool ``(sites,)``, changed.
    by
        int64 ``(rows,)``, the pair by which each is served, -1 for none; changed.

    Examples
    --------
    >>> from planner.kernels.csr import Csr
    >>> near = Csr(np.array([0, 2]), np.array([0, 1], np.int32), np.array([1.0, 2.0]))
    >>> is_open, by = np.array([False, True]), np.array([1])
    >>> room, cost = np.full(2, 5.0), np.array([3.0, 1.0])
    >>> resite(near, np.array([5.0]), room, cost, 4.0, np.zeros(2, np.bool_), is_open, by), by.tolist()
    (2.0, [0])
    """
    sites = len(cost)
    for a in range(sites):
        if not is_open[a] or forced[a]:
            continue
        there, served, used = _elsewhere(near, load, by, a, sites)
        best, to = there[a] * (1.0 - LEAST_GAIN), -1
        for j in range(sites):
            fits = used <= capacity[j] and cost[j] - cost[a] <= left
            if fits and not is_open[j] and served[j] == served[a] and there[j] < best:
                best, to = there[j], j
        if to < 0:
            continue
        is_open[a], is_open[to] = False, True
        left -= cost[to] - cost[a]
        for i in range(len(by)):
            if by[i] >= 0 and near.item[by[i]] == a:
                for k in range(near.first[i], near.first[i + 1]):
                    if near.item[k] == to:
                        by[i] = k
    return left


@njit(nogil=True)
def knapsacks(columns: Csr, price: Floats, load: Floats, capacity: Floats, part: Floats) -> Floats:
    """Return the most that each site saves at the rows' prices with its room, the last row in part.

    Parameters
    ----------
    columns
        What rows cost at sites, by site.
    price, load
        float64 ``(rows,)``.
    capacity
        float64 ``(sites,)``.
    part
        float64 ``(pairs,)``, filled with what is taken of each pair of ``columns`` (0-1).

    Returns
    -------
    saving
        float64 ``(sites,)``.

    Examples
    --------
    >>> from planner.kernels.csr import Csr
    >>> columns, part = Csr(np.array([0, 2]), np.array([0, 1], np.int32), np.array([1.0, 2.0])), np.empty(2)
    >>> knapsacks(columns, np.array([7.0, 6.0]), np.array([5.0, 5.0]), np.array([7.5]), part).tolist()
    [8.0]
    >>> part.tolist()
    [1.0, 0.5]
    """
    sites = len(capacity)
    saving = np.zeros(sites)
    part[:] = 0.0
    for j in range(sites):
        low, high = columns.first[j], columns.first[j + 1]
        rate = np.zeros(high - low)
        for k in range(low, high):
            i = columns.item[k]
            more = price[i] - columns.value[k]
            if more > 0.0:
                rate[k - low] = -more / max(load[i], 1e-300)
        left = capacity[j]
        for n in np.argsort(rate, kind="mergesort"):
            i = columns.item[low + n]
            # Rows without a load come first, and find room in a site without any.
            if rate[n] >= 0.0 or (left <= 0.0 and load[i] > 0.0):
                break
            some = 1.0 if load[i] <= left else left / load[i]
            part[low + n] = some
            left -= some * load[i]
            saving[j] += some * (price[i] - columns.value[low + n])
    return saving


@njit(nogil=True)
def _lean(columns: Csr, share: Floats, part: Floats, direction: Floats, follows: float) -> None:
    """Turn the direction towards what each row lacks: 1 less what the sites taken serve of it."""
    lack = np.ones(len(direction))
    for j in range(len(share)):
        if share[j] > 0.0:
            for k in range(columns.first[j], columns.first[j + 1]):
                lack[columns.item[k]] -= share[j] * part[k]
    direction += follows * (lack - direction)


@njit(nogil=True)
def climb_capacitated(  # noqa: PLR0913, PLR0917 - a kernel takes plain arrays
    near: Csr, columns: Csr, base: Floats, load: Floats, capacity: Floats, cost: Floats, budget: float,
    forced: Bools, upper: float, best_price: Floats, price: Floats, direction: Floats, mean: Floats,
    course: Floats, steps: int, patience: int,
) -> Floats:  # fmt: skip
    """Raise the bound as :func:`planner.kernels.median.climb_bound` does, each site with its room.

    ``budget`` is for the sites that are not forced.

    Examples
    --------
    Both rows are best off at site 0, which has room for one; the best plan costs 5:

    >>> from planner.kernels.csr import Csr
    >>> from planner.kernels.median import turned
    >>> near = Csr(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32), np.array([1.0, 4.0, 1.0, 9.0]))
    >>> base, load, course = np.full(2, 20.0), np.full(2, 5.0), np.array([-np.inf, 1.0, 0.0])
    >>> best, price, way, mean, cost = base.copy(), base.copy(), np.zeros(2), np.zeros(2), np.ones(2)
    >>> given = (near, turned(near, 2), base, load, load, cost, 2.0, np.zeros(2, np.bool_), 5.0)
    >>> share = climb_capacitated(*given, best, price, way, mean, course, 200, 20)
    >>> 0.0 < float(course[0]) <= 5.0 + 1e-9, share.shape
    (True, (2,))
    """
    share = np.zeros(len(cost))
    part = np.zeros(len(columns.item))
    for _ in range(steps):
        saving = knapsacks(columns, price, load, capacity, part)
        bound = price.sum()
        for j in range(len(cost)):
            if forced[j]:
                bound -= saving[j]
                saving[j] = 0.0
        bound -= fill(saving, cost, budget, share)[0]
        for j in range(len(cost)):
            if forced[j]:
                share[j] = 1.0
        begins = course[0] == -np.inf
        follows = 1.0 if begins else FOLLOWS
        mean += follows * (share - mean)
        _lean(columns, share, part, direction, follows)
        course[2] += 1
        if bound > course[0]:
            if begins or bound > course[0] + 1e-5 * abs(upper - bound):
                course[2] = 0
            course[0] = bound
            best_price[:] = price
        if course[0] >= upper or course[1] < SHORTEST:
            break
        if course[2] > patience:
            course[1] *= SHORTER
            course[2] = 0
        _stride(near, base, best_price, direction, price, course[1] * (upper - course[0]))
    return share
