"""Compiled shortest-path kernels: arrays in, arrays out. The tests hold slow twins of each.

Compiled on first use, and cached beside the package or in the user's cache folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True)
def arcs_to_csr(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    nodes: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return (first, head, weight) by tail, without the arcs of infinite weight.

    ``first`` is int64 ``(nodes + 1,)``. Arcs of a node keep their order.
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


@njit(cache=True, inline="always")
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


@njit(cache=True, inline="always")
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


@njit(cache=True)
def nearest_source(  # noqa: C901 - one loop: a call a node would cost more than it explains
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    seed_owner: NDArray[np.int32],
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the time (s) from the nearest seed to every node, and that seed's owner.

    One Dijkstra search from all seeds at once, on a four-ary heap; seeds start at ``seed_s``. Among
    equal times the smallest owner wins, whatever the order of seeds and arcs. Unreached nodes have
    ``inf`` and owner -1. Give the reversed graph for times *to* the seeds.
    """
    nodes = len(first) - 1
    # Time and owner of a node side by side: one line of the cache for both.
    label = np.empty((nodes, 2))
    for i in range(nodes):
        label[i, 0] = np.inf
        label[i, 1] = -1.0
    # Every entry stands for a seed or an arc; memory that is never touched costs nothing.
    key = np.empty(len(head) + len(seed_node) + 1, dtype=np.float64)
    item = np.empty(len(head) + len(seed_node) + 1, dtype=np.uint32)
    # Unsigned, so that indexing need not look for negative numbers.
    begin = first.astype(np.uint32)
    into = head.view(np.uint32)
    size = 0
    for k in range(len(seed_node)):
        v = np.uint32(seed_node[k])
        s = seed_s[k]
        if s < label[v, 0] or (s == label[v, 0] and s < np.inf and seed_owner[k] < label[v, 1]):
            label[v, 0] = s
            label[v, 1] = seed_owner[k]
            size += 1
            _push(key, item, size, s, v)
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
                        _push(key, item, size, s, v)
        if vacant:
            size -= 1
            _replace_top(key, item, size, key[size], item[size])
    time = np.empty(nodes)
    owner = np.empty(nodes, dtype=np.int32)
    for i in range(nodes):
        time[i] = label[i, 0]
        owner[i] = np.int32(label[i, 1])
    return time, owner
