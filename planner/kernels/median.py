"""Compiled kernels of the p-median: greedy choice, interchange, and the bound of a Lagrangian relaxation.

What row i costs at a site is one number, such as people × seconds; ``base[i]`` is what it costs at no site,
and more than at any site on its list. The tests hold slow twins of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit
from planner.kernels.csr import Csr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]

NO_SITE = -1
# A gain counts from this share of the whole on: below it are rounding errors, and swaps that go in circles.
LEAST_GAIN = 1e-12
# How fast the means of answers and directions follow the last one, what a step is multiplied by when bounds
# stop rising, and where it ends.
FOLLOWS, SHORTER, SHORTEST = 0.07, 0.66, 5e-4


@njit(nogil=True)
def turned(near: Csr, items: int) -> Csr:
    """Return the same pairs by item: rows as items, in rising order."""
    first = np.zeros(items + 1, dtype=np.int64)
    for k in range(len(near.item)):
        first[near.item[k] + 1] += 1
    for j in range(items):
        first[j + 1] += first[j]
    place = first[:-1].copy()
    row = np.empty(len(near.item), dtype=np.int32)
    value = np.empty(len(near.item), dtype=np.float64)
    for i in range(len(near.first) - 1):
        for k in range(near.first[i], near.first[i + 1]):
            at = place[near.item[k]]
            row[at] = i
            value[at] = near.value[k]
            place[near.item[k]] = at + 1
    return Csr(first, row, value)


@njit(nogil=True)
def _take(columns: Csr, j: int, now: Floats) -> None:
    """Lower what rows cost to what they cost at a site, where that is less."""
    for k in range(columns.first[j], columns.first[j + 1]):
        now[columns.item[k]] = min(now[columns.item[k]], columns.value[k])


@njit(nogil=True)
def _saved(columns: Csr, j: int, now: Floats) -> float:
    """Return what a site would take off what rows cost."""
    gain = 0.0
    for k in range(columns.first[j], columns.first[j + 1]):
        gain += max(now[columns.item[k]] - columns.value[k], 0.0)
    return gain


@njit(nogil=True)
def greedy(columns: Csr, base: Floats, cost: Floats, budget: float, is_open: Bools) -> None:
    """Open the site that saves most for what it costs, again and again while the budget lasts.

    Parameters
    ----------
    columns
        What rows cost at sites, by site.
    base
        float64 ``(rows,)``, what each costs at no site.
    cost, budget
        float64 ``(sites,)``, of which ``budget`` may be spent on what is opened here.
    is_open
        bool ``(sites,)``, changed.

    Notes
    -----
    Lazy (Minoux 1978): what a site saves only falls as others open, so an old number that is still the
    largest when made new is the largest of all.

    Examples
    --------
    >>> near = Csr(np.array([0, 2, 4]), np.array([0, 1, 1, 0], np.int32), np.array([1.0, 5.0, 2.0, 9.0]))
    >>> is_open = np.zeros(2, np.bool_)
    >>> greedy(turned(near, 2), np.array([9.0, 9.0]), np.ones(2), 1.0, is_open)
    >>> is_open.tolist()
    [False, True]
    """
    now = base.copy()
    saved = np.full(len(cost), np.inf)
    for j in range(len(cost)):
        if is_open[j]:
            _take(columns, j, now)
            saved[j] = 0.0
    fresh = np.zeros(len(cost), dtype=np.bool_)
    left = budget
    while len(cost) > 0:
        j = np.argmax(saved)
        if saved[j] <= 0.0:
            break
        if cost[j] > left * (1.0 + LEAST_GAIN):
            saved[j] = 0.0
        elif fresh[j]:
            is_open[j] = True
            left -= cost[j]
            _take(columns, j, now)
            saved[j] = 0.0
            fresh[:] = False
        else:
            # A site that costs nothing goes before all others.
            saved[j] = _saved(columns, j, now) / max(cost[j], 1e-9)
            fresh[j] = True


@njit(nogil=True)
def nearest_two(near: Csr, base: Floats, is_open: Bools) -> tuple[Floats, Ints]:
    """Return what each row costs at its best and second-best open site, and which these are.

    Parameters
    ----------
    near
        What each row costs at its sites, cheapest first.
    base
        float64 ``(rows,)``, what each costs at no site.
    is_open
        bool ``(sites,)``.

    Returns
    -------
    at, who
        float64 and int32 ``(rows, 2)``; base and -1 where there is none.

    Examples
    --------
    >>> near = Csr(np.array([0, 2, 4]), np.array([0, 1, 1, 0], np.int32), np.array([1.0, 5.0, 2.0, 9.0]))
    >>> at, who = nearest_two(near, np.array([9.0, 9.0]), np.array([True, False]))
    >>> at.tolist(), who.tolist()
    ([[1.0, 9.0], [9.0, 9.0]], [[0, -1], [0, -1]])
    """
    rows = len(base)
    at = np.empty((rows, 2))
    who = np.empty((rows, 2), dtype=np.int32)
    for i in range(rows):
        _look(near, base, is_open, i, at, who)
    return at, who


@njit(nogil=True)
def _look(near: Csr, base: Floats, is_open: Bools, i: int, at: Floats, who: Ints) -> None:
    """Find the best and second-best open site of a row."""
    n = 0
    for k in range(near.first[i], near.first[i + 1]):
        if is_open[near.item[k]]:
            at[i, n] = near.value[k]
            who[i, n] = near.item[k]
            n += 1
            if n == 2:
                return
    for m in range(n, 2):
        at[i, m] = base[i]
        who[i, m] = NO_SITE


@njit(nogil=True)
def _losses(at: Floats, who: Ints, sites: int) -> Floats:
    """Return what closing each site would cost its rows."""
    loss = np.zeros(sites)
    for i in range(len(at)):
        if who[i, 0] >= 0:
            loss[who[i, 0]] += at[i, 1] - at[i, 0]
    return loss


@njit(nogil=True)
def _gain(columns: Csr, j: int, at: Floats, who: Ints, spared: Floats) -> float:
    """Return what opening a site saves; ``spared`` is what it takes off the loss of each site closed."""
    gain = 0.0
    for k in range(columns.first[j], columns.first[j + 1]):
        i = columns.item[k]
        c = columns.value[k]
        if c < at[i, 1]:
            if c < at[i, 0]:
                gain += at[i, 0] - c
            if who[i, 0] >= 0:
                spared[who[i, 0]] += at[i, 1] - max(c, at[i, 0])
    return gain


@njit(nogil=True)
def _swap(  # noqa: PLR0917 - a kernel takes plain arrays
    near: Csr, columns: Csr, base: Floats, is_open: Bools, at: Floats, who: Ints, loss: Floats, j: int, r: int
) -> None:
    """Open site j and close site r (-1: none), and bring all that depends on it up to date."""
    is_open[j] = True
    if r >= 0:
        is_open[r] = False
    for s in (r, j):
        if s < 0:
            continue
        for k in range(columns.first[s], columns.first[s + 1]):
            i = columns.item[k]
            if (s == j and columns.value[k] < at[i, 1]) or (s == r and (who[i, 0] == r or who[i, 1] == r)):
                if who[i, 0] >= 0:
                    loss[who[i, 0]] -= at[i, 1] - at[i, 0]
                _look(near, base, is_open, i, at, who)
                if who[i, 0] >= 0:
                    loss[who[i, 0]] += at[i, 1] - at[i, 0]


@njit(nogil=True)
def interchange(
    near: Csr, columns: Csr, base: Floats, cost: Floats, budget: float, turn: Longs, is_open: Bools
) -> tuple[float, int]:
    """Offer each site once in the place of the open one whose closing costs least; (objective, swaps).

    Parameters
    ----------
    near, columns, base, cost, budget
        As in :func:`greedy`; the budget is for all that is open.
    turn
        int64 ``(sites,)``, in the order in which they are tried.
    is_open
        bool ``(sites,)``, changed.

    Notes
    -----
    Fast interchange (Whitaker 1983) with gain, loss and what both share (Resende and Werneck 2003).

    Examples
    --------
    >>> near = Csr(np.array([0, 2, 4]), np.array([0, 1, 1, 0], np.int32), np.array([1.0, 5.0, 2.0, 9.0]))
    >>> is_open, base = np.array([True, False]), np.array([9.0, 9.0])
    >>> interchange(near, turned(near, 2), base, np.ones(2), 1.0, np.arange(2), is_open), is_open.tolist()
    ((7.0, 1), [False, True])
    """
    sites = len(cost)
    at, who = nearest_two(near, base, is_open)
    loss = _losses(at, who, sites)
    total = at[:, 0].sum()
    spared = np.zeros(sites)
    opened = np.empty(sites, dtype=np.int64)
    count = 0
    spent = 0.0
    for j in range(sites):
        if is_open[j]:
            opened[count] = j
            count += 1
            spent += cost[j]
    swaps = 0
    for j in turn:
        if is_open[j]:
            continue
        gain = _gain(columns, j, at, who, spared)
        best, out = 0.0, -2
        room = (budget - spent - cost[j]) + LEAST_GAIN * budget
        if room >= 0.0:
            best, out = gain, NO_SITE
        where = -1
        for n in range(count):
            r = opened[n]
            value = gain - loss[r] + spared[r]
            spared[r] = 0.0
            if value > best and room + cost[r] >= 0.0:
                best, out, where = value, r, n
        if out == -2 or best <= LEAST_GAIN * total:
            continue
        _swap(near, columns, base, is_open, at, who, loss, j, out)
        swaps += 1
        spent += cost[j]
        if out >= 0:
            spent -= cost[out]
            opened[where] = j
        else:
            opened[count] = j
            count += 1
        total -= best
    return nearest_two(near, base, is_open)[0][:, 0].sum(), swaps


@njit(nogil=True)
def savings(near: Csr, price: Floats, sites: int) -> Floats:
    """Return what each site saves at the rows' prices: the sum of ``price - cost`` where that is positive.

    Parameters
    ----------
    near
        What each row costs at its sites, cheapest first.
    price
        float64 ``(rows,)``.
    sites
        How many there are.

    Returns
    -------
    saving
        float64 ``(sites,)``.

    Examples
    --------
    >>> near = Csr(np.array([0, 2, 4]), np.array([0, 1, 1, 0], np.int32), np.array([1.0, 5.0, 2.0, 9.0]))
    >>> savings(near, np.array([6.0, 6.0]), 2).tolist()
    [5.0, 5.0]
    """
    saving = np.zeros(sites)
    for i in range(len(price)):
        for k in range(near.first[i], near.first[i + 1]):
            if near.value[k] >= price[i]:
                break
            saving[near.item[k]] += price[i] - near.value[k]
    return saving


@njit(nogil=True)
def fill(saving: Floats, cost: Floats, budget: float, share: Floats) -> tuple[float, float]:
    """Return the most that a budget saves, the last site in part, and what the last of it saves a unit.

    Parameters
    ----------
    saving, cost
        float64 ``(sites,)``.
    budget
        What all may cost together.
    share
        float64 ``(sites,)``, filled with what is taken of each (0-1).

    Examples
    --------
    >>> share = np.empty(2)
    >>> fill(np.array([6.0, 4.0]), np.array([2.0, 2.0]), 3.0, share), share.tolist()
    ((8.0, 2.0), [1.0, 0.5])
    """
    share[:] = 0.0
    total, left = 0.0, budget
    some = np.flatnonzero(saving > 0.0)
    rate = np.empty(len(some))
    for n in range(len(some)):
        rate[n] = -saving[some[n]] / max(cost[some[n]], 1e-300)
    for n in np.argsort(rate, kind="mergesort"):
        j = some[n]
        if cost[j] <= left:
            share[j] = 1.0
            left -= cost[j]
            total += saving[j]
        else:
            share[j] = left / cost[j]
            total += share[j] * saving[j]
            return total, -rate[n]
    return total, 0.0


@njit(nogil=True)
def _turn(near: Csr, price: Floats, share: Floats, direction: Floats, follows: float) -> None:
    """Turn the direction towards what each row lacks: 1 less what the sites worth its price serve of it."""
    for i in range(len(price)):
        lack = 1.0
        for k in range(near.first[i], near.first[i + 1]):
            if near.value[k] >= price[i]:
                break
            lack -= share[near.item[k]]
        direction[i] += follows * (lack - direction[i])


@njit(nogil=True)
def _stride(
    near: Csr, base: Floats, best_price: Floats, direction: Floats, price: Floats, step: float
) -> None:
    """Set prices so far from the best ones that the bound would rise by ``step``, were it straight."""
    length = 0.0
    for i in range(len(price)):
        # At its ends a price goes no further.
        least = near.value[near.first[i]]
        if (direction[i] > 0.0 and best_price[i] < base[i]) or (direction[i] < 0.0 and best_price[i] > least):
            length += direction[i] * direction[i]
    stride = step / max(length, 1e-12)
    for i in range(len(price)):
        least = near.value[near.first[i]]
        price[i] = min(max(best_price[i] + stride * direction[i], least), base[i])


@njit(nogil=True)
def climb_bound(  # noqa: PLR0913, PLR0917 - a kernel takes plain arrays
    near: Csr, base: Floats, cost: Floats, budget: float, upper: float, best_price: Floats, price: Floats,
    direction: Floats, mean: Floats, course: Floats, steps: int, patience: int,
) -> Floats:  # fmt: skip
    """Raise the bound of the Lagrangian relaxation, and return what its last answer takes of each site (0-1).

    Each row pays a price for being served, once; at given prices the sites that save most within the
    budget are the cheapest answer, and no plan costs less than that.

    Parameters
    ----------
    near, base, cost, budget
        As in :func:`greedy`; each row has a site, and is sorted by value.
    upper
        What the best plan known costs.
    best_price, price, direction
        float64 ``(rows,)``, changed: the prices of the best bound, those to try next, and the way they
        go.
    mean
        float64 ``(sites,)``, changed: what the late answers take of each site.
    course
        float64 ``(3,)``, changed: the best bound, the length of steps, and how many have not raised the
        bound.
    steps, patience
        How many steps, and after how many without a better bound they become shorter.

    Returns
    -------
    share
        float64 ``(sites,)``, 0-1.

    Notes
    -----
    The volume algorithm (Barahona and Anbil 2000): directions are means of subgradients, and start from the
    best prices; steps as of Held, Wolfe and Crowder (1974).

    Examples
    --------
    The best plan of one site costs 7:

    >>> near = Csr(np.array([0, 2, 4]), np.array([0, 1, 1, 0], np.int32), np.array([1.0, 5.0, 2.0, 9.0]))
    >>> base, mean, course = np.full(2, 20.0), np.zeros(2), np.array([-np.inf, 1.0, 0.0])
    >>> best, price, way = base.copy(), base.copy(), np.zeros(2)
    >>> share = climb_bound(near, base, np.ones(2), 1.0, 7.0, best, price, way, mean, course, 200, 20)
    >>> 0.0 < float(course[0]) <= 7.0 + 1e-9, share.shape
    (True, (2,))
    """
    share = np.zeros(len(cost))
    for _ in range(steps):
        bound = price.sum() - fill(savings(near, price, len(cost)), cost, budget, share)[0]
        begins = course[0] == -np.inf
        follows = 1.0 if begins else FOLLOWS
        mean += follows * (share - mean)
        _turn(near, price, share, direction, follows)
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
