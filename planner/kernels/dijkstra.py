"""Compiled shortest-path kernels: arrays in, arrays out. The tests hold slow twins of each.

Compiled on first use, and cached beside the package or in the user's cache folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit
from planner.kernels.csr import room

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit()
def arcs_to_csr(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    nodes: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return (first, head, weight) by tail, without the arcs of infinite weight.

    Arcs of a node keep their order.

    Parameters
    ----------
    tail, head, weight
        int32, int32 and float64 ``(arcs,)``: from which node to which, and the seconds; ``inf`` = no
        way.
    nodes
        How many there are.

    Returns
    -------
    first, head, weight
        int64 ``(nodes + 1,)``, int32 and float64 ``(arcs that lead somewhere,)``: node v has the arcs
        ``first[v]:first[v + 1]``.

    Examples
    --------
    >>> tail, head = np.array([1, 0, 0], np.int32), np.array([0, 1, 1], np.int32)
    >>> first, head, seconds = arcs_to_csr(tail, head, np.array([9.0, 5.0, np.inf]), 2)
    >>> first.tolist(), head.tolist(), seconds.tolist()
    ([0, 1, 2], [1, 0], [5.0, 9.0])
    """
    first = np.zeros(nodes + 1, dtype=np.int64)
    for k in range(len(tail)):
        if weight[k] < np.inf:
            first[tail[k] + 1] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
    place = first[:-1].copy()
    out_head = np.empty(first[nodes], dtype=np.int32)
    out_weight = np.empty(first[nodes], dtype=np.float64)
    for k in range(len(tail)):
        if weight[k] < np.inf:
            at = place[tail[k]]
            out_head[at] = head[k]
            out_weight[at] = weight[k]
            place[tail[k]] = at + 1
    return first, out_head, out_weight


@njit(inline="always")
def _grown(array: NDArray[np.generic], size: int) -> NDArray[np.generic]:
    """Return the array, or a copy of twice its length when it is full."""
    if size < len(array):
        return array
    more = np.empty(2 * len(array) + 1024, dtype=array.dtype)
    more[: len(array)] = array
    return more


@njit(inline="always")
def _push(key: NDArray[np.float64], item: NDArray[np.uint32], size: int, k: float, v: int) -> None:
    """Put (k, v) into the heap; ``size`` counts it already."""
    at = size - 1
    while at > 0:
        parent = (at - 1) >> 2
        if key[parent] <= k:
            break
        key[at] = key[parent]
        item[at] = item[parent]
        at = parent
    key[at] = k
    item[at] = v


@njit(inline="always")
def _replace_top(key: NDArray[np.float64], item: NDArray[np.uint32], size: int, k: float, v: int) -> None:
    """Put (k, v) in the place of the smallest entry."""
    at = np.uint32(0)
    while True:
        child = np.uint32(4 * at + 1)
        if child >= size:
            break
        best = child
        least = key[child]
        if child + np.uint32(3) < size:
            # The usual case of four children, written out: it decides the speed of the search.
            if key[child + 1] < least:
                best = child + 1
                least = key[best]
            if key[child + 2] < least:
                best = child + 2
                least = key[best]
            if key[child + 3] < least:
                best = child + 3
                least = key[best]
        else:
            for c in range(child + 1, size):
                if key[c] < least:
                    best = c
                    least = key[c]
        if least >= k:
            break
        key[at] = least
        item[at] = item[best]
        at = np.uint32(best)
    key[at] = k
    item[at] = v


@njit()
def _spread(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    label: NDArray[np.float64],
    seed_node: NDArray[np.int32],
) -> None:
    """Pass the labels (time, owner) of the seed nodes on, wherever that improves a label.

    One Dijkstra search on a four-ary heap. Among equal times the smallest owner wins.
    """
    # Room for an entry a seed and an arc, which is nearly always enough; memory that is never touched costs
    # nothing. A node is passed on again for each smaller owner at an equal time: the heap may have to grow.
    key = np.empty(len(head) + len(seed_node) + 1, dtype=np.float64)
    item = np.empty(len(head) + len(seed_node) + 1, dtype=np.uint32)
    # Unsigned, so that indexing need not look for negative numbers.
    begin = first.astype(np.uint32)
    into = head.view(np.uint32)
    size = 0
    for k in range(len(seed_node)):
        v = np.uint32(seed_node[k])
        if label[v, 0] < np.inf:
            size += 1
            _push(key, item, size, label[v, 0], v)
    while size > 0:
        at = key[0]
        u = item[0]
        vacant = True
        if at <= label[u, 0]:
            o = label[u, 1]
            for k in range(begin[u], begin[u + np.uint32(1)]):
                v = into[k]
                s = at + weight[k]
                now = label[v, 0]
                # An equal time with a smaller owner is passed on too, so it reaches what follows.
                if s <= now and (s < now or o < label[v, 1]):
                    label[v, 0] = s
                    label[v, 1] = o
                    if vacant:
                        # Most nodes lie on a road between junctions and pass on to one: the entry that
                        # is done with gives its place, which spares half of the heap's work.
                        vacant = False
                        _replace_top(key, item, size, s, v)
                    else:
                        size += 1
                        if size > len(key):
                            key = room(key, size)
                            item = room(item, size)
                        _push(key, item, size, s, v)
        if vacant:
            size -= 1
            _replace_top(key, item, size, key[size], item[size])


@njit()
def _offer_seeds(
    label: NDArray[np.float64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    seed_owner: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Put the seeds that improve a label into it; returns their nodes."""
    better = np.empty(len(seed_node), dtype=np.int32)
    n = 0
    for k in range(len(seed_node)):
        v = seed_node[k]
        s = seed_s[k]
        if s < label[v, 0] or (s == label[v, 0] and s < np.inf and seed_owner[k] < label[v, 1]):
            label[v, 0] = s
            label[v, 1] = seed_owner[k]
            better[n] = v
            n += 1
    return better[:n]


@njit()
def nearest_source(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    seed_owner: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Return (time in s, owner) of the nearest seed for every node, float64 ``(nodes, 2)``.

    Seeds start at ``seed_s``. Among equal times the smallest owner wins, whatever the order of seeds and
    arcs. Unreached nodes have ``inf`` and owner -1. Give the reversed graph for times *to* the seeds.

    Parameters
    ----------
    first, head, weight
        int64 ``(nodes + 1,)``, int32 and float64 ``(arcs,)``: the arcs of each node, as CSR, and their
        seconds.
    seed_node, seed_s, seed_owner
        int32, float64 and int32 ``(seeds,)``: where each starts, after how many seconds, and whose it
        is.

    Examples
    --------
    >>> first, head, seconds = np.array([0, 1, 2]), np.array([1, 0], np.int32), np.array([5.0, 9.0])
    >>> seed, owner = np.array([0], np.int32), np.array([7], np.int32)
    >>> nearest_source(first, head, seconds, seed, np.zeros(1), owner).tolist()
    [[0.0, 7.0], [5.0, 7.0]]
    """
    nodes = len(first) - 1
    # Time and owner of a node side by side: one line of the cache for both.
    label = np.empty((nodes, 2))
    for i in range(nodes):
        label[i, 0] = np.inf
        label[i, 1] = -1.0
    better = _offer_seeds(label, seed_node, seed_s, seed_owner)
    _spread(first, head, weight, label, better)
    return label


@njit()
def open_source(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    label: NDArray[np.float64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    seed_owner: NDArray[np.int32],
) -> None:
    """Put more seeds into labels of :func:`nearest_source`; only what they improve is visited.

    Parameters
    ----------
    first, head, weight
        int64 ``(nodes + 1,)``, int32 and float64 ``(arcs,)``: the arcs of each node, as CSR, and their
        seconds.
    label
        float64 ``(nodes, 2)``, seconds and owner; changed.
    seed_node, seed_s, seed_owner
        int32, float64 and int32 ``(seeds,)``: where each starts, after how many seconds, and whose it
        is.

    Examples
    --------
    >>> first, head, seconds = np.array([0, 1, 2]), np.array([1, 0], np.int32), np.array([5.0, 9.0])
    >>> label = np.array([[0.0, 7.0], [5.0, 7.0]])
    >>> seed, owner = np.array([1], np.int32), np.array([8], np.int32)
    >>> open_source(first, head, seconds, label, seed, np.array([2.0]), owner)
    >>> label.tolist()
    [[0.0, 7.0], [2.0, 8.0]]
    """
    better = _offer_seeds(label, seed_node, seed_s, seed_owner)
    _spread(first, head, weight, label, better)


@njit()
def close_source(  # noqa: PLR0913, PLR0917 - a kernel takes plain arrays
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    into_first: NDArray[np.int64],
    into_tail: NDArray[np.int32],
    label: NDArray[np.float64],
    owner: int,
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    seed_owner: NDArray[np.int32],
) -> None:
    """Take an owner's seeds out of labels of :func:`nearest_source`; its nodes pass to the others.

    Parameters
    ----------
    first, head, weight
        int64 ``(nodes + 1,)``, int32 and float64 ``(arcs,)``: the arcs of each node, as CSR, and their
        seconds.
    into_first, into_tail
        int64 ``(nodes + 1,)`` and int32 ``(arcs,)``: by head, the tails of the arcs into it.
    label
        float64 ``(nodes, 2)``, seconds and owner; changed.
    owner
        Whose seeds are taken out.
    seed_node, seed_s, seed_owner
        int32, float64 and int32 ``(seeds,)``: those of the other owners.

    Examples
    --------
    >>> first, head, seconds = np.array([0, 1, 2]), np.array([1, 0], np.int32), np.array([5.0, 9.0])
    >>> label = np.array([[0.0, 7.0], [2.0, 8.0]])
    >>> seed, owner = np.array([0], np.int32), np.array([7], np.int32)
    >>> close_source(first, head, seconds, first, head, label, 8, seed, np.zeros(1), owner)
    >>> label.tolist()
    [[0.0, 7.0], [5.0, 7.0]]
    """
    lost = np.flatnonzero(label[:, 1] == owner)
    for v in lost:
        label[v, 0] = np.inf
        label[v, 1] = -1.0
    again = _offer_seeds(label, seed_node, seed_s, seed_owner)
    # What lies around the lost nodes passes its labels on to them.
    rim = np.empty(len(again) + len(into_tail), dtype=np.int32)
    n = len(again)
    rim[:n] = again
    for v in lost:
        for k in range(into_first[v], into_first[v + 1]):
            u = into_tail[k]
            if label[u, 0] < np.inf:
                rim[n] = u
                n += 1
    _spread(first, head, weight, label, np.unique(rim[:n]))


@njit()
def offer_ends(
    best_s: NDArray[np.float64],
    best_owner: NDArray[np.int64],
    place: NDArray[np.int32],
    node: NDArray[np.int32],
    seconds: NDArray[np.float64],
    label: NDArray[np.float64],
) -> None:
    """Improve each place's time and owner by what its ends' nodes hold; the smaller owner of equals.

    Parameters
    ----------
    best_s, best_owner
        float64 and int64 ``(places,)``, seconds and owner; changed.
    place, node, seconds
        int32, int32 and float64 ``(ends,)``: which place has an end at which node, so many seconds
        further.
    label
        float64 ``(nodes, 2)``, seconds and owner.

    Examples
    --------
    >>> best_s, best_owner = np.full(1, np.inf), np.full(1, -1)
    >>> place, node = np.array([0], np.int32), np.array([1], np.int32)
    >>> offer_ends(best_s, best_owner, place, node, np.array([30.0]), np.array([[0.0, 7.0], [5.0, 7.0]]))
    >>> best_s.tolist(), best_owner.tolist()
    ([35.0], [7])
    """
    for k in range(len(place)):
        at = label[node[k], 0]
        if at < np.inf:
            p = place[k]
            s = at + seconds[k]
            owner = np.int64(label[node[k], 1])
            if s < best_s[p] or (s == best_s[p] and owner < best_owner[p]):
                best_s[p] = s
                best_owner[p] = owner


@njit()
def shortest_tree(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int32]]:
    """Return each node's time from the nearest seed, the arc it was reached by, and the node before.

    Arc and node are -1 at seeds and where nothing leads.

    Parameters
    ----------
    first, head, weight
        int64 ``(nodes + 1,)``, int32 and float64 ``(arcs,)``: the arcs of each node, as CSR, and their
        seconds.
    seed_node, seed_s
        int32 and float64 ``(seeds,)``: where each starts, and after how many seconds.

    Returns
    -------
    seconds, arc, before
        float64 (``inf`` where nothing leads), int64 and int32 ``(nodes,)``.

    Examples
    --------
    >>> first, head, seconds = np.array([0, 1, 2]), np.array([1, 0], np.int32), np.array([5.0, 9.0])
    >>> time, arc, before = shortest_tree(first, head, seconds, np.array([0], np.int32), np.zeros(1))
    >>> time.tolist(), arc.tolist(), before.tolist()
    ([0.0, 5.0], [-1, 0], [-1, 0])
    """
    nodes = len(first) - 1
    time = np.full(nodes, np.inf)
    arc = np.full(nodes, -1, dtype=np.int64)
    before = np.full(nodes, -1, dtype=np.int32)
    key = np.empty(len(head) + len(seed_node) + 1, dtype=np.float64)
    item = np.empty(len(head) + len(seed_node) + 1, dtype=np.uint32)
    size = 0
    for k in range(len(seed_node)):
        v = seed_node[k]
        if seed_s[k] < time[v]:
            time[v] = seed_s[k]
            size += 1
            _push(key, item, size, seed_s[k], v)
    while size > 0:
        at = key[0]
        u = np.int64(item[0])
        size -= 1
        _replace_top(key, item, size, key[size], item[size])
        if at > time[u]:
            continue
        for k in range(first[u], first[u + 1]):
            v = head[k]
            s = at + weight[k]
            if s < time[v]:
                time[v] = s
                arc[v] = k
                before[v] = u
                size += 1
                _push(key, item, size, s, v)
    return time, arc, before
