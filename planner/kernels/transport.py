"""Compiled kernels of the transport problem: who goes where, at which prices, and how ties are settled.

All numbers are whole numbers held in float64 and below 2**53, so every sum and comparison is exact. Arcs
lead from places to facilities; those of place i are ``first[i]:first[i + 1]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]
    Floats = NDArray[np.float64]

NO_NODE = -1
# A tree's columns: the node above, the arc to it, the steps up to the root, and the lists of nodes below. A
# place is in the list of its facility only while it has facilities below itself: most have none, and
# what moves a facility need not visit them.
UP, ARC, DEPTH, BELOW, AFTER, BEFORE = range(6)


@njit()
def _list(tree: Ints, x: int) -> None:
    """Put x on the list of the node above it."""
    up = tree[x, UP]
    then = tree[up, BELOW]
    tree[x, AFTER], tree[x, BEFORE] = then, NO_NODE
    if then != NO_NODE:
        tree[then, BEFORE] = x
    tree[up, BELOW] = x


@njit()
def _unlist(tree: Ints, x: int) -> None:
    """Take x off the list of the node above it."""
    then, before = tree[x, AFTER], tree[x, BEFORE]
    if before == NO_NODE:
        tree[tree[x, UP], BELOW] = then
    else:
        tree[before, AFTER] = then
    if then != NO_NODE:
        tree[then, BEFORE] = before


@njit()
def _hang(tree: Ints, x: int, up: int, arc: int, root: int) -> None:
    """Hang x below another node by an arc."""
    tree[x, UP], tree[x, ARC] = up, arc
    if x > root:
        alone = tree[up, BELOW] == NO_NODE
        _list(tree, x)
        if alone and up != root:
            _list(tree, up)
    elif tree[x, BELOW] != NO_NODE:
        _list(tree, x)


@njit()
def _cut(tree: Ints, x: int, root: int) -> None:
    """Take x, and what is below it, off the node above."""
    if x > root:
        up = tree[x, UP]
        _unlist(tree, x)
        if tree[up, BELOW] == NO_NODE and up != root:
            _unlist(tree, up)
    elif tree[x, BELOW] != NO_NODE:
        _unlist(tree, x)


@njit()
def _start(
    first: Longs, facility: Ints, cost: Floats, people: Floats, capacity: Floats, turn: Longs
) -> tuple[Ints, Floats]:
    """Return a first tree and its flows: each place, in turn, whole at the nearest facility with room.

    The root holds what is left of every facility's capacity.
    """
    root = len(people)
    tree = np.full((root + 1 + len(capacity), 6), NO_NODE, dtype=np.int32)
    flow = np.zeros(len(tree))
    tree[root, DEPTH] = 0
    for f in range(len(capacity)):
        flow[root + 1 + f] = capacity[f]
        tree[root + 1 + f, DEPTH] = 1
        _hang(tree, root + 1 + f, root, first[root] + f, root)
    for i in turn:
        best = first[i + 1] - 1
        for a in range(first[i], first[i + 1]):
            # Room must be left over: arcs of the tree without flow could make the search go in circles.
            if cost[a] < cost[best] and people[i] < flow[root + 1 + facility[a]]:
                best = a
        flow[i] = people[i]
        flow[root + 1 + facility[best]] -= people[i]
        _hang(tree, i, root + 1 + facility[best], best, root)
    return tree, flow


@njit()
def _dearest(
    first: Longs, facility: Ints, cost: Floats, price: Floats, tree: Ints, at: int, enough: int
) -> tuple[int, int, int, float]:
    """Return the arc that saves most among some, its place, where to go on, and minus what it saves.

    Looks from place ``at`` on until it has seen enough arcs and found one; none saves anything: arc -1.
    """
    places = len(first) - 1
    found, owner, least, seen = NO_NODE, NO_NODE, 0.0, 0
    for _ in range(places):
        i = at
        at += 1
        now = 0.0
        if at == places:
            at = 0
        else:
            now = cost[tree[i, ARC]] + price[facility[tree[i, ARC]]]
        for a in range(first[i], first[i + 1]):
            more = cost[a] + price[facility[a]] - now
            if more < least:
                found, owner, least = a, i, more
        seen += first[i + 1] - first[i]
        if seen >= enough and found != NO_NODE:
            break
    return found, owner, at, least


@njit()
def _send(tree: Ints, flow: Floats, i: int, f: int, root: int) -> tuple[int, float, bool]:
    """Send all that can go from place i to facility f and back through the tree.

    Returns the node whose arc runs dry, the amount, and whether the node lies on the facility's side. Of
    several, the last on the way round from the top: then no arc from the root down is ever empty, and
    the search ends (Cunningham 1976).
    """
    some, gone, there = np.inf, NO_NODE, False
    x, y = i, f
    while x != y:
        if tree[x, DEPTH] >= tree[y, DEPTH]:
            if x < root and flow[x] < some:
                some, gone = flow[x], x
            x = tree[x, UP]
        else:
            y = tree[y, UP]
    top, y = x, f
    while y != top:
        if y > root and flow[y] <= some:
            some, gone, there = flow[y], y, True
        y = tree[y, UP]
    x = i
    while x != top:
        flow[x] += some if x > root else -some
        x = tree[x, UP]
    y = f
    while y != top:
        flow[y] += some if y < root else -some
        y = tree[y, UP]
    return gone, some, there


@njit()
def _turn(  # noqa: PLR0917 - a kernel takes plain arrays
    tree: Ints, flow: Floats, low: int, high: int, arc: int, some: float, gone: int, root: int
) -> None:
    """Hang what is below ``gone`` by its node ``low`` below ``high``: the way between them turns round."""
    x = low
    while True:
        up, old_arc, old_flow = tree[x, UP], tree[x, ARC], flow[x]
        _cut(tree, x, root)
        _hang(tree, x, high, arc, root)
        flow[x] = some
        if x == gone:
            break
        x, high, arc, some = up, x, old_arc, old_flow


@njit()
def _look(tree: Ints, i: int, root: int) -> None:
    """Bring a place's steps up to the root up to date: those of places on no list are not kept."""
    if i != root:
        tree[i, DEPTH] = tree[tree[i, UP], DEPTH] + 1


@njit()
def _step(  # noqa: PLR0917 - a kernel takes plain arrays
    tree: Ints, flow: Floats, price: Floats, stack: Ints, i: int, facility: int, arc: int, more: float
) -> None:
    """Take an arc from place i into the tree, which costs ``more`` than the way through the tree."""
    root = len(tree) - len(price) - 1
    f = root + 1 + facility
    gone, some, there = _send(tree, flow, i, f, root)
    low, high, rise = (f, i, -more) if there else (i, f, more)
    _turn(tree, flow, low, high, arc, some, gone, root)
    size = 1
    stack[0] = low
    while size > 0:
        size -= 1
        x = stack[size]
        tree[x, DEPTH] = tree[tree[x, UP], DEPTH] + 1
        if x > root:
            price[x - root - 1] += rise
        x = tree[x, BELOW]
        while x != NO_NODE:
            stack[size] = x
            size += 1
            x = tree[x, AFTER]


@njit()
def _gains(tree: Ints, i: int, f: int, arc: int, root: int) -> bool:
    """Whether the first of the arcs that an arc from place i to facility f would change gains people."""
    first, gain = arc, True
    x, y = i, f
    while x != y:
        if tree[x, DEPTH] >= tree[y, DEPTH]:
            if tree[x, ARC] < first:
                first, gain = tree[x, ARC], x > root
            x = tree[x, UP]
        else:
            if tree[y, ARC] < first:
                first, gain = tree[y, ARC], y < root
            y = tree[y, UP]
    return gain


@njit()
def _tied(first: Longs, facility: Ints, cost: Floats, price: Floats, tree: Ints) -> tuple[Ints, Ints]:
    """Return the arcs that cost no more than those in the tree, and their places, where there are several."""
    places = len(first) - 1
    arcs, owner = np.empty(len(facility), dtype=np.int32), np.empty(len(facility), dtype=np.int32)
    count = 0
    for i in range(places):
        now = 0.0
        if i < places - 1:
            now = cost[tree[i, ARC]] + price[facility[tree[i, ARC]]]
        before = count
        for a in range(first[i], first[i + 1]):
            if cost[a] + price[facility[a]] == now:
                arcs[count], owner[count] = a, i
                count += 1
        if count - before == 1:
            count = before
    return arcs[:count], owner[:count]


@njit(nogil=True)
def transport(
    first: Longs, facility: Ints, cost: Floats, people: Floats, capacity: Floats, turn: Longs, enough: int
) -> tuple[Floats, Floats]:
    """Return the best flow by arc, and prices of facilities that prove it.

    It costs least; of all that cost as little it gives most to the first arc, of those most to the
    second, and so on.

    Parameters
    ----------
    first, facility, cost
        int64 ``(places + 2,)``, int32 and float64 ``(arcs,)``: the arcs, each place's last one to the
        last facility, at the highest cost. One more place follows, with an arc to every facility in
        order at cost 0: it holds unused capacity.
    people
        float64 ``(places,)``, without the one more; more than 0.
    capacity
        float64 ``(facilities,)``, more than 0; the last has room for more than all.
    turn
        int64 ``(places,)``, in the order in which they first choose.
    enough
        Arcs to look at before the best of them is taken.

    Returns
    -------
    flow, price
        float64 ``(arcs,)``, people, and float64 ``(facilities,)``.

    Notes
    -----
    The network simplex method (Dantzig 1951; Cunningham 1976 for the choice of what leaves the tree). A
    place's price is that of its facility in the tree plus the cost of going there. Ties are settled by
    going on as if arc k cost a hair less, each hair infinitely thinner than the one before: an arc is
    taken in if the first of all arcs that it changes gains.

    Examples
    --------
    Of three people two have room at facility 0:

    >>> first, facility = np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32)
    >>> cost, people, capacity = np.array([1.0, 10.0, 0.0, 0.0]), np.array([3.0]), np.array([2.0, 4.0])
    >>> transport(first, facility, cost, people, capacity, np.array([0]), 300)[0].tolist()
    [2.0, 1.0, 0.0, 3.0]
    """
    root = len(people)
    tree, flow = _start(first, facility, cost, people, capacity, turn)
    price = np.zeros(len(capacity))
    stack = np.empty(len(tree), dtype=np.int32)
    at = 0
    while True:
        arc, i, at, more = _dearest(first, facility, cost, price, tree, at, enough)
        if arc == NO_NODE:
            break
        _look(tree, i, root)
        _step(tree, flow, price, stack, i, facility[arc], arc, more)
    arcs, owner = _tied(first, facility, cost, price, tree)
    at, idle = 0, 0
    while idle < len(arcs):
        arc, i = arcs[at], owner[at]
        f = root + 1 + facility[arc]
        at, idle = (at + 1) % len(arcs), idle + 1
        if tree[f, ARC] == arc or (i != root and tree[i, ARC] == arc):
            continue
        _look(tree, i, root)
        if _gains(tree, i, f, arc, root):
            _step(tree, flow, price, stack, i, facility[arc], arc, 0.0)
            idle = 0
    by_arc = np.zeros(len(facility))
    for x in range(len(tree)):
        if x != root:
            by_arc[tree[x, ARC]] = flow[x]
    return by_arc, price
