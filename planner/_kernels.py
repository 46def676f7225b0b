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
def _sift_up(key: NDArray[np.float64], item: NDArray[np.int32], at: int) -> None:
    k, v = key[at], item[at]
    while at > 0:
        parent = (at - 1) >> 2
        if key[parent] <= k:
            break
        key[at], item[at] = key[parent], item[parent]
        at = parent
    key[at], item[at] = k, v


@njit(cache=True, inline="always")
def _sift_down(key: NDArray[np.float64], item: NDArray[np.int32], size: int) -> None:
    k, v = key[0], item[0]
    at = 0
    while True:
        child = 4 * at + 1
        if child >= size:
            break
        best = child
        for c in range(child + 1, min(child + 4, size)):
            if key[c] < key[best]:
                best = c
        if key[best] >= k:
            break
        key[at], item[at] = key[best], item[best]
        at = best
    key[at], item[at] = k, v


@njit(cache=True)
def nearest_source(
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
    time = np.full(nodes, np.inf)
    owner = np.full(nodes, -1, dtype=np.int32)
    capacity = max(1024, nodes // 8, len(seed_node))
    key = np.empty(capacity, dtype=np.float64)
    item = np.empty(capacity, dtype=np.int32)
    size = 0
    for k in range(len(seed_node)):
        v, s, o = seed_node[k], seed_s[k], seed_owner[k]
        if s < time[v] or (s == time[v] and s < np.inf and o < owner[v]):
            time[v], owner[v] = s, o
            if size == capacity:
                capacity, key, item = _grown(capacity, key, item)
            key[size], item[size] = s, v
            size += 1
            _sift_up(key, item, size - 1)
    while size > 0:
        at, u = key[0], item[0]
        size -= 1
        if size > 0:
            key[0], item[0] = key[size], item[size]
            _sift_down(key, item, size)
        if at > time[u]:
            continue
        o = owner[u]
        for k in range(first[u], first[u + 1]):
            v = head[k]
            s = at + weight[k]
            if s < time[v] or (s == time[v] and o < owner[v]):
                # An equal time with a smaller owner is pushed too, so it reaches what follows.
                time[v], owner[v] = s, o
                if size == capacity:
                    capacity, key, item = _grown(capacity, key, item)
                key[size], item[size] = s, v
                size += 1
                _sift_up(key, item, size - 1)
    return time, owner


@njit(cache=True)
def _grown(
    capacity: int, key: NDArray[np.float64], item: NDArray[np.int32]
) -> tuple[int, NDArray[np.float64], NDArray[np.int32]]:
    wider_key = np.empty(2 * capacity, dtype=np.float64)
    wider_item = np.empty(2 * capacity, dtype=np.int32)
    wider_key[:capacity] = key
    wider_item[:capacity] = item
    return 2 * capacity, wider_key, wider_item
