"""Compiled kernels for many answers a search: everything within a cutoff, and several nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from planner.kernels.dijkstra import _grown, _push, _replace_top, _room

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def within_cutoff(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - a kernel takes plain arrays
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    seed_first: NDArray[np.int64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    end_first: NDArray[np.int64],
    end_place: NDArray[np.int32],
    end_s: NDArray[np.float64],
    places: int,
    cutoff_s: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return, for each source, the places within the cutoff and their times (s), as CSR.

    Parameters
    ----------
    first, head, weight
        The graph.
    seed_first, seed_node, seed_s
        Source i starts at ``seed_node[seed_first[i]:seed_first[i + 1]]``.
    end_first, end_place, end_s
        At node v lie the ends of ``end_place[end_first[v]:end_first[v + 1]]``, this much further.
    places
        Number of places.
    cutoff_s
        Included.

    Notes
    -----
    One search a source, which visits only what lies within the cutoff; nothing is as large as sources
    × nodes.
    """
    nodes = len(first) - 1
    time = np.full(nodes, np.inf)
    touched = np.empty(nodes, dtype=np.int32)
    best = np.full(places, np.inf)
    out_first = np.zeros(len(seed_first), dtype=np.int64)
    out_place = np.empty(4096, dtype=np.int32)
    out_s = np.empty(4096, dtype=np.float64)
    key = np.empty(4096, dtype=np.float64)
    item = np.empty(4096, dtype=np.uint32)
    begin = first.astype(np.uint32)
    into = head.view(np.uint32)
    found = 0
    for source in range(len(seed_first) - 1):
        size = 0
        touches = 0
        start = found
        for k in range(seed_first[source], seed_first[source + 1]):
            v = seed_node[k]
            s = seed_s[k]
            if s <= cutoff_s and s < time[v]:
                if time[v] == np.inf:
                    touched[touches] = v
                    touches += 1
                time[v] = s
                key = _grown(key, size + 2)
                item = _grown(item, size + 2)
                size += 1
                _push(key, item, size, s, v)
        while size > 0:
            at = key[0]
            u = item[0]
            vacant = True
            if at == time[u]:
                most = found + end_first[u + 1] - end_first[u]
                if most > len(out_place):
                    out_place = _room(out_place, most)
                for e in range(end_first[u], end_first[u + 1]):
                    s = at + end_s[e]
                    p = end_place[e]
                    if s <= cutoff_s and s < best[p]:
                        if best[p] == np.inf:
                            out_place[found] = p
                            found += 1
                        best[p] = s
                for k in range(begin[u], begin[u + np.uint32(1)]):
                    v = into[k]
                    s = at + weight[k]
                    now = time[v]
                    if s < now and s <= cutoff_s:
                        if now == np.inf:
                            touched[touches] = v
                            touches += 1
                        time[v] = s
                        if vacant:
                            vacant = False
                            _replace_top(key, item, size, s, v)
                        else:
                            key = _grown(key, size + 2)
                            item = _grown(item, size + 2)
                            size += 1
                            _push(key, item, size, s, v)
            if vacant:
                size -= 1
                _replace_top(key, item, size, key[size], item[size])
        if found > len(out_s):
            out_s = _room(out_s, found)
        for k in range(start, found):
            out_s[k] = best[out_place[k]]
            best[out_place[k]] = np.inf
        for k in range(touches):
            time[touched[k]] = np.inf
        out_first[source + 1] = found
    return out_first, out_place[:found].copy(), out_s[:found].copy()


@njit(cache=True)
def k_nearest_sources(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    seed_owner: NDArray[np.int32],
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the times (s) and owners of each node's ``count`` nearest different owners.

    Both ``(nodes, count)``, in order of (time, owner); ``inf`` and -1 where there are fewer.
    """
    nodes = len(first) - 1
    time = np.full((nodes, count), np.inf)
    owner = np.full((nodes, count), -1, dtype=np.int32)
    room = len(seed_node) + 4096
    key = np.empty(room, dtype=np.float64)
    # An entry's number in the lists of nodes and owners.
    item = np.empty(room, dtype=np.uint32)
    node_of = np.empty(room, dtype=np.int32)
    owner_of = np.empty(room, dtype=np.int32)
    entries = 0
    size = 0
    for k in range(len(seed_node)):
        if seed_s[k] < np.inf:
            node_of[entries] = seed_node[k]
            owner_of[entries] = seed_owner[k]
            size += 1
            _push(key, item, size, seed_s[k], entries)
            entries += 1
    while size > 0:
        s = key[0]
        entry = item[0]
        size -= 1
        _replace_top(key, item, size, key[size], item[size])
        v = node_of[entry]
        o = owner_of[entry]
        slot = _slot(time, owner, v, s, o)
        if slot < 0:
            continue
        for j in range(count - 1, slot, -1):
            time[v, j] = time[v, j - 1]
            owner[v, j] = owner[v, j - 1]
        time[v, slot] = s
        owner[v, slot] = o
        for arc in range(first[v], first[v + 1]):
            u = head[arc]
            if _slot(time, owner, u, s + weight[arc], o) >= 0:
                key = _grown(key, size + 2)
                item = _grown(item, size + 2)
                node_of = _grown(node_of, entries)
                owner_of = _grown(owner_of, entries)
                node_of[entries] = u
                owner_of[entries] = o
                size += 1
                _push(key, item, size, s + weight[arc], entries)
                entries += 1
    return time, owner


@njit(cache=True)
def _slot(time: NDArray[np.float64], owner: NDArray[np.int32], v: int, s: float, o: int) -> int:
    """Return where (s, o) belongs in a node's list, -1 where it does not: a worse or a known owner."""
    count = time.shape[1]
    slot = -1
    for j in range(count):
        if owner[v, j] == o:
            return -1
        if slot < 0 and (s < time[v, j] or (s == time[v, j] and (owner[v, j] < 0 or o < owner[v, j]))):
            slot = j
    return slot
