"""Compiled kernels of a customizable contraction hierarchy: full tables of times, and times to all nodes.

J. Dibbelt, B. Strasser, D. Wagner, Customizable contraction hierarchies, ACM JEA 21, 2016: nodes are ordered
by nested dissection and contracted without looking at times; the times are then set in one pass, so that
seasons, modes and edits share an order. Shortest paths between two nodes climb the elimination tree.
D. Delling et al., PHAST, JPDC 73, 2013, for times to all nodes in one sweep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit
from planner.kernels.csr import Csr, offer, room, take
from planner.kernels.dijkstra import _grown

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAF = 6


@njit()
def nested_dissection(  # noqa: C901 - one loop over cells
    xy: NDArray[np.float64], first: NDArray[np.int64], head: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return each node's rank: cells are halved by straight cuts, and the nodes on a cut rank highest.

    Parameters
    ----------
    xy
        float64 ``(nodes, 2)``, metres in a projected CRS.
    first, head
        int64 ``(nodes + 1,)`` and int32 ``(arcs,)``: every arc in both directions, as CSR.

    Returns
    -------
    rank
        int32 ``(nodes,)``, each number below ``nodes`` once.

    Examples
    --------
    >>> xy, first = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0, 1, 2])
    >>> sorted(nested_dissection(xy, first, np.array([1, 0], np.int32)).tolist())
    [0, 1]
    """
    nodes = len(xy)
    perm = np.arange(nodes).astype(np.int32)
    rank = np.zeros(nodes, dtype=np.int32)
    cell = np.zeros(nodes, dtype=np.int32)
    side = np.zeros(nodes, dtype=np.int8)
    position = np.zeros(nodes, dtype=np.int32)
    stack = [(0, nodes)]
    cells = 0
    while len(stack) > 0:
        low, high = stack.pop()
        size = high - low
        if size <= LEAF:
            for k in range(low, high):
                rank[perm[k]] = k
            continue
        cells += 1
        members = perm[low:high].copy()
        for v in members:
            cell[v] = cells
        best_cut = np.int64(-1)
        best = members
        half = size // 2
        for direction in range(4):
            key = _along(xy, members, direction)
            order = members[np.argsort(key, kind="mergesort")]
            at, cut = _thinnest_cut(order, first, head, cell, cells, position)
            if best_cut < 0 or cut < best_cut:
                best_cut = cut
                best = order
                half = at
        _separate(best, half, first, head, cell, cells, side)
        # Left, right, then the separator, which keeps the highest ranks of the cell.
        at = low
        for part in (0, 1):
            for v in best:
                if side[v] == part:
                    perm[at] = v
                    at += 1
            if part == 0:
                middle = at
        stop = at
        for v in best:
            if side[v] == 2:
                perm[at] = v
                rank[v] = at
                at += 1
        stack.append((low, middle))
        stack.append((middle, stop))
    return rank


@njit()
def _along(xy: NDArray[np.float64], members: NDArray[np.int32], direction: int) -> NDArray[np.float64]:
    key = np.empty(len(members))
    for i in range(len(members)):
        x = xy[members[i], 0]
        y = xy[members[i], 1]
        if direction == 0:
            key[i] = x
        elif direction == 1:
            key[i] = y
        elif direction == 2:
            key[i] = x + y
        else:
            key[i] = x - y
    return key


@njit()
def _thinnest_cut(
    order: NDArray[np.int32],
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    cell: NDArray[np.int32],
    number: int,
    position: NDArray[np.int32],
) -> tuple[int, np.int64]:
    """Return where in the middle third of an order the fewest arcs are cut, and how many these are."""
    size = len(order)
    for i in range(size):
        position[order[i]] = i
    change = np.zeros(size + 1, dtype=np.int64)
    for v in order:
        for k in range(first[v], first[v + 1]):
            u = head[k]
            # Every arc is there in both directions: count the one that leads on.
            if cell[u] == number and position[u] > position[v]:
                change[position[v] + 1] += 1
                change[position[u] + 1] -= 1
    best = size // 2
    fewest = np.int64(-1)
    cut = np.int64(0)
    for i in range(1, size):
        cut += change[i]
        if size // 3 <= i <= size - size // 3 and (fewest < 0 or cut < fewest):
            fewest = cut
            best = i
    return best, fewest


@njit()
def _separate(
    order: NDArray[np.int32],
    half: int,
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    cell: NDArray[np.int32],
    number: int,
    side: NDArray[np.int8],
) -> None:
    """Set each node's side: 0 before the cut, 1 behind it, 2 for the nodes of the bank with fewer on it."""
    for i in range(len(order)):
        side[order[i]] = 0 if i < half else 1
    banks = np.zeros(2, dtype=np.int64)
    for v in order:
        for k in range(first[v], first[v + 1]):
            u = head[k]
            if cell[u] == number and side[u] != side[v]:
                banks[side[v]] += 1
                break
    smaller = 0 if banks[0] <= banks[1] else 1
    for v in order:
        if side[v] == smaller:
            for k in range(first[v], first[v + 1]):
                u = head[k]
                if cell[u] == number and side[u] == 1 - smaller:
                    side[v] = 2
                    break


@njit()
def contract(
    first: NDArray[np.int64], head: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return the upward arcs (first, head) after contraction, and each node's parent (-1 at a root).

    Nodes are numbered by rank. Heads ascend.

    Parameters
    ----------
    first, head
        int64 ``(nodes + 1,)`` and int32 ``(arcs,)``: every arc in both directions, as CSR.

    Returns
    -------
    up_first, up_head, parent
        int64 ``(nodes + 1,)``, int32 ``(upward arcs,)`` and int32 ``(nodes,)``.

    Examples
    --------
    0 lies between 1 and 2, which its contraction joins by a shortcut:

    >>> first, head = np.array([0, 2, 3, 4]), np.array([1, 2, 0, 0], np.int32)
    >>> up_first, up_head, parent = contract(first, head)
    >>> up_first.tolist(), up_head.tolist(), parent.tolist()
    ([0, 2, 3, 3], [1, 2, 2], [1, 2, -1])
    """
    nodes = len(first) - 1
    up_first = np.zeros(nodes + 1, dtype=np.int64)
    up_head = np.empty(len(head) + 1024, dtype=np.int32)
    parent = np.full(nodes, -1, dtype=np.int32)
    child = np.full(nodes, -1, dtype=np.int32)
    sibling = np.full(nodes, -1, dtype=np.int32)
    seen = np.full(nodes, -1, dtype=np.int32)
    n = 0
    for v in range(nodes):
        start = n
        seen[v] = v
        for k in range(first[v], first[v + 1]):
            u = head[k]
            if u > v and seen[u] != v:
                seen[u] = v
                up_head = _grown(up_head, n)
                up_head[n] = u
                n += 1
        c = child[v]
        while c >= 0:
            for k in range(up_first[c], up_first[c + 1]):
                u = up_head[k]
                if seen[u] != v:
                    seen[u] = v
                    up_head = _grown(up_head, n)
                    up_head[n] = u
                    n += 1
            c = sibling[c]
        up_head[start:n] = np.sort(up_head[start:n])
        up_first[v + 1] = n
        if n > start:
            p = up_head[start]
            parent[v] = p
            sibling[v] = child[p]
            child[p] = v
    return up_first, up_head[:n].copy(), parent


@njit()
def customize(
    up_first: NDArray[np.int64],
    up_head: NDArray[np.int32],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    seconds: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return seconds up (tail to head) and down each upward arc, shortcuts included (nodes by rank).

    Parameters
    ----------
    up_first, up_head
        int64 ``(nodes + 1,)`` and int32 ``(upward arcs,)``, as :func:`contract` gives them.
    tail, head, seconds
        int32, int32 and float64 ``(arcs,)``: from which node to which, and the time; ``inf`` = no way.

    Returns
    -------
    up, down
        float64 ``(upward arcs,)`` each.

    Examples
    --------
    >>> up_first, up_head = np.array([0, 2, 3, 3]), np.array([1, 2, 2], np.int32)
    >>> tail, head = np.array([1, 0], np.int32), np.array([0, 2], np.int32)
    >>> up, down = customize(up_first, up_head, tail, head, np.array([5.0, 9.0]))
    >>> up.tolist(), down.tolist()
    ([inf, 9.0, 14.0], [5.0, inf, inf])
    """
    up = np.full(len(up_head), np.inf)
    down = np.full(len(up_head), np.inf)
    for k in range(len(tail)):
        a = tail[k]
        b = head[k]
        if a == b:
            continue
        low, high = (a, b) if a < b else (b, a)
        at = up_first[low] + np.searchsorted(up_head[up_first[low] : up_first[low + 1]], high)
        if a < b:
            up[at] = min(up[at], seconds[k])
        else:
            down[at] = min(down[at], seconds[k])
    for v in range(len(up_first) - 1):
        for i in range(up_first[v], up_first[v + 1]):
            if up[i] == np.inf and down[i] == np.inf:
                continue
            x = up_head[i]
            at = up_first[x]
            for j in range(i + 1, up_first[v + 1]):
                y = up_head[j]
                while up_head[at] != y:
                    at += 1
                # x → v → y, and y → v → x.
                up[at] = min(up[at], down[i] + up[j])
                down[at] = min(down[at], down[j] + up[i])
    return up, down


@njit(nogil=True)
def climb(
    up_first: NDArray[np.int64],
    up_head: NDArray[np.int32],
    parent: NDArray[np.int32],
    seconds: NDArray[np.float64],
    seed_first: NDArray[np.int64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return, for each source, the nodes above its seeds and the times to them, as CSR.

    Parameters
    ----------
    up_first, up_head
        int64 ``(nodes + 1,)`` and int32 ``(upward arcs,)``, as :func:`contract` gives them.
    parent
        int32 ``(nodes,)``, -1 at a root.
    seconds
        float64 ``(upward arcs,)``: up for times from the source, down for times to it.
    seed_first, seed_node, seed_s
        int64 ``(sources + 1,)``, int32 and float64 ``(seeds,)``: by source, the nodes that it starts at,
        and after how many seconds.

    Returns
    -------
    first, node, seconds
        int64 ``(sources + 1,)``, int32 and float64 ``(labels,)``; the nodes of a source ascend.

    Examples
    --------
    >>> up_first, up_head = np.array([0, 1, 1]), np.array([1], np.int32)
    >>> parent, seed = np.array([1, -1], np.int32), np.array([0], np.int32)
    >>> one, arc_s = np.array([0, 1]), np.array([5.0])
    >>> first, node, s = climb(up_first, up_head, parent, arc_s, one, seed, np.zeros(1))
    >>> first.tolist(), node.tolist(), s.tolist()
    ([0, 2], [0, 1], [0.0, 5.0])
    """
    nodes = len(up_first) - 1
    time = np.full(nodes, np.inf)
    mark = np.full(nodes, -1, dtype=np.int64)
    above = np.empty(nodes, dtype=np.int32)
    out_first = np.zeros(len(seed_first), dtype=np.int64)
    out_node = np.empty(4096, dtype=np.int32)
    out_s = np.empty(4096, dtype=np.float64)
    found = 0
    for source in range(len(seed_first) - 1):
        n = 0
        for k in range(seed_first[source], seed_first[source + 1]):
            v = seed_node[k]
            time[v] = min(time[v], seed_s[k])
            while v >= 0 and mark[v] != source:
                mark[v] = source
                above[n] = v
                n += 1
                v = parent[v]
        path = np.sort(above[:n])
        for v in path:
            at = time[v]
            time[v] = np.inf
            if at == np.inf:
                continue
            out_node = _grown(out_node, found)
            out_s = _grown(out_s, found)
            out_node[found] = v
            out_s[found] = at
            found += 1
            for k in range(up_first[v], up_first[v + 1]):
                u = up_head[k]
                time[u] = min(time[u], at + seconds[k])
        out_first[source + 1] = found
    return out_first, out_node[:found].copy(), out_s[:found].copy()


@njit(nogil=True)
def join_labels(  # noqa: PLR0913, PLR0917 - a kernel takes plain arrays
    a_first: NDArray[np.int64],
    a_node: NDArray[np.int32],
    a_s: NDArray[np.float64],
    b_first: NDArray[np.int64],
    b_node: NDArray[np.int32],
    b_s: NDArray[np.float64],
    nodes: int,
    out: NDArray[np.float64],
    low: int,
    high: int,
) -> None:
    """Set ``out[i, j]`` for sources ``low <= j < high`` of b: the least time over nodes above both.

    Parameters
    ----------
    a_first, a_node, a_s
        int64 ``(places + 1,)``, int32 and float64 ``(labels of a,)``, as :func:`climb` gives them.
    b_first, b_node, b_s
        int64 ``(sources + 1,)``, int32 and float64 ``(labels of b,)``, the same.
    nodes
        How many there are.
    out
        float64 ``(places, sources)``, seconds, ``inf`` where there is no way; changed.
    low, high
        Which columns.

    Examples
    --------
    >>> a, b, out = np.array([0, 1], np.int32), np.array([1], np.int32), np.empty((1, 1))
    >>> a_s, b_s = np.array([0.0, 5.0]), np.array([9.0])
    >>> join_labels(np.array([0, 2]), a, a_s, np.array([0, 1]), b, b_s, 2, out, 0, 1)
    >>> out.tolist()
    [[14.0]]
    """
    time = np.full(nodes, np.inf)
    for j in range(low, high):
        for k in range(b_first[j], b_first[j + 1]):
            time[b_node[k]] = b_s[k]
        for i in range(len(a_first) - 1):
            best = np.inf
            for k in range(a_first[i], a_first[i + 1]):
                best = min(best, a_s[k] + time[a_node[k]])
            out[i, j] = best
        for k in range(b_first[j], b_first[j + 1]):
            time[b_node[k]] = np.inf


@njit(nogil=True)
def sweep(  # noqa: PLR0913, PLR0917 - a kernel takes plain arrays
    up_first: NDArray[np.int64],
    up_head: NDArray[np.int32],
    seconds: NDArray[np.float64],
    label_first: NDArray[np.int64],
    label_node: NDArray[np.int32],
    label_s: NDArray[np.float64],
    end_first: NDArray[np.int64],
    end_node: NDArray[np.int32],
    end_s: NDArray[np.float64],
    out: NDArray[np.float64],
    low: int,
    high: int,
) -> None:
    """Set ``out[i, j]`` for sources ``low <= j < high`` by one sweep down all nodes a source.

    Parameters
    ----------
    up_first, up_head
        int64 ``(nodes + 1,)`` and int32 ``(upward arcs,)``, as :func:`contract` gives them.
    seconds
        float64 ``(upward arcs,)``: up for times to the source (from below), down for times from it.
    label_first, label_node, label_s
        int64 ``(sources + 1,)``, int32 and float64 ``(labels,)``, as :func:`climb` gives them.
    end_first, end_node, end_s
        int64 ``(places + 1,)``, int32 and float64 ``(ends,)``: place i has the ends
        ``end_first[i]:end_first[i + 1]``, so many seconds further.
    out
        float64 ``(places, sources)``, seconds, ``inf`` where there is no way; changed.
    low, high
        Which columns.

    Examples
    --------
    >>> one, out = np.array([0, 1]), np.empty((1, 1))
    >>> up_first, up_head, node = np.array([0, 1, 1]), np.array([1], np.int32), np.array([0], np.int32)
    >>> label, s, end_s = np.array([1], np.int32), np.array([9.0]), np.array([2.0])
    >>> sweep(up_first, up_head, np.array([5.0]), one, label, s, one, node, end_s, out, 0, 1)
    >>> out.tolist()
    [[16.0]]
    """
    nodes = len(up_first) - 1
    time = np.empty(nodes)
    for j in range(low, high):
        time[:] = np.inf
        for k in range(label_first[j], label_first[j + 1]):
            time[label_node[k]] = label_s[k]
        for v in range(nodes - 1, -1, -1):
            best = time[v]
            for k in range(up_first[v], up_first[v + 1]):
                best = min(best, time[up_head[k]] + seconds[k])
            time[v] = best
        for i in range(len(end_first) - 1):
            best = np.inf
            for k in range(end_first[i], end_first[i + 1]):
                best = min(best, time[end_node[k]] + end_s[k])
            out[i, j] = best


@njit()
def children(parent: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the children of every node of the elimination tree, as CSR.

    Parameters
    ----------
    parent
        int32 ``(nodes,)``, -1 at a root.

    Returns
    -------
    first, child
        int64 ``(nodes + 1,)`` and int32 ``(nodes with a parent,)``: node v has ``child[first[v]:first[v
        + 1]]``.

    Examples
    --------
    >>> first, child = children(np.array([2, 2, -1], np.int32))
    >>> first.tolist(), child.tolist()
    ([0, 0, 0, 2], [0, 1])
    """
    nodes = len(parent)
    first = np.zeros(nodes + 1, dtype=np.int64)
    for v in range(nodes):
        if parent[v] >= 0:
            first[parent[v] + 1] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
    place = first[:-1].copy()
    child = np.empty(first[nodes], dtype=np.int32)
    for v in range(nodes):
        p = parent[v]
        if p >= 0:
            child[place[p]] = v
            place[p] += 1
    return first, child


@njit(nogil=True)
def sweep_within(  # noqa: PLR0917 - a kernel takes plain arrays
    up: Csr,
    parent: NDArray[np.int32],
    children: tuple[NDArray[np.int64], NDArray[np.int32]],
    labels: Csr,
    ends: Csr,
    places: int,
    cutoff_s: float,
    low: int,
    high: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return the places within the cutoff of sources ``low <= j < high`` and their times (s), as CSR.

    One walk down the elimination tree a source, which leaves out every branch that nothing within the
    cutoff leads into: all ways into a branch pass its top or what that is joined to above.

    Parameters
    ----------
    up
        By node, the heads of its upward arcs and their seconds: down for times from the source, up for
        times to it.
    parent, children
        The elimination tree: int32 ``(nodes,)``, by node its parent (-1 at a root), and its children,
        int64 and int32, as :func:`children` gives them.
    labels
        By source, the nodes above it and their times.
    ends
        By node, the places that lie there, this much further.
    places
        How many there are.
    cutoff_s
        Included.
    low, high
        Which sources.

    Returns
    -------
    first, place, seconds
        int64 ``(high - low + 1,)``, int32 and float64 ``(pairs,)``.

    Examples
    --------
    >>> parent, one = np.array([1, -1], np.int32), np.array([0, 1])
    >>> up = Csr(np.array([0, 1, 1]), np.array([1], np.int32), np.array([5.0]))
    >>> labels = Csr(one, np.array([1], np.int32), np.array([9.0]))
    >>> ends = Csr(np.array([0, 1, 1]), np.array([0], np.int32), np.array([2.0]))
    >>> first, place, seconds = sweep_within(up, parent, children(parent), labels, ends, 1, 60.0, 0, 1)
    >>> first.tolist(), place.tolist(), seconds.tolist()
    ([0, 1], [0], [16.0])
    """
    nodes = len(up.first) - 1
    time = np.full(nodes, np.inf)
    labelled = np.full(nodes, -1, dtype=np.int64)
    visited = np.empty(nodes, dtype=np.int32)
    stack = np.empty(nodes + 1, dtype=np.int32)
    best = np.full(places, np.inf)
    first = np.zeros(high - low + 1, dtype=np.int64)
    place = np.empty(4096, dtype=np.int32)
    seconds = np.empty(4096, dtype=np.float64)
    found = 0
    for j in range(low, high):
        start = found
        size = _label(labels, j, parent, time, labelled, stack)
        visits = 0
        while size > 0:
            size -= 1
            v = stack[size]
            at, above = _time_at(up, v, time)
            if above > cutoff_s and at > cutoff_s and labelled[v] != j:
                continue
            time[v] = at
            visited[visits] = v
            visits += 1
            if at <= cutoff_s:
                place = room(place, found + ends.first[v + 1] - ends.first[v])
                found = offer(ends, v, at, cutoff_s, best, place, found)
            for k in range(children[0][v], children[0][v + 1]):
                stack[size] = children[1][k]
                size += 1
        seconds = room(seconds, found)
        take(best, place, seconds, start, found)
        for k in range(visits):
            time[visited[k]] = np.inf
        for k in range(labels.first[j], labels.first[j + 1]):
            time[labels.item[k]] = np.inf
        first[j - low + 1] = found
    return first, place[:found].copy(), seconds[:found].copy()


@njit()
def _label(
    labels: Csr,
    source: int,
    parent: NDArray[np.int32],
    time: NDArray[np.float64],
    labelled: NDArray[np.int64],
    stack: NDArray[np.int32],
) -> int:
    """Put a source's labels into the times, and the roots above them on the stack; returns its size."""
    size = 0
    for k in range(labels.first[source], labels.first[source + 1]):
        v = labels.item[k]
        time[v] = labels.value[k]
        # All above a labelled node are on the way to it, also where one-way streets leave them without a
        # label of their own.
        while v >= 0 and labelled[v] != source:
            labelled[v] = source
            if parent[v] < 0:
                stack[size] = v
                size += 1
            v = parent[v]
    return size


@njit()
def _time_at(up: Csr, node: int, time: NDArray[np.float64]) -> tuple[float, float]:
    """Return a node's time by its label or from above, and the least time above it."""
    at = time[node]
    above = np.inf
    for k in range(up.first[node], up.first[node + 1]):
        s = time[up.item[k]]
        above = min(above, s)
        at = min(at, s + up.value[k])
    return at, above
