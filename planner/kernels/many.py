"""Compiled kernels for many answers a search: everything within a cutoff, and several nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit
from planner.kernels.csr import Csr, offer, room, take
from planner.kernels.dijkstra import _grown, _push, _replace_top

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(nogil=True)
def within_cutoff(
    graph: Csr, seeds: Csr, ends: Csr, places: int, cutoff_s: float
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return, for each source, the places within the cutoff and their times (s), as CSR.

    Parameters
    ----------
    graph
        By node, heads and seconds.
    seeds
        By source, the nodes that it starts at, and after how many seconds.
    ends
        By node, the places that lie there, this much further.
    places
        Number of places.
    cutoff_s
        Included.

    Returns
    -------
    first, place, seconds
        int64 ``(sources + 1,)``, int32 and float64 ``(pairs,)``: source j has the places
        ``first[j]:first[j + 1]``.

    Notes
    -----
    One search a source, which visits only what lies within the cutoff; nothing is as large as sources
    × nodes.

    Examples
    --------
    >>> graph = Csr(np.array([0, 1, 2]), np.array([1, 0], np.int32), np.array([5.0, 9.0]))
    >>> seeds = Csr(np.array([0, 1]), np.array([0], np.int32), np.array([0.0]))
    >>> ends = Csr(np.array([0, 0, 1]), np.array([0], np.int32), np.array([2.0]))
    >>> first, place, seconds = within_cutoff(graph, seeds, ends, 1, 7.0)
    >>> first.tolist(), place.tolist(), seconds.tolist()
    ([0, 1], [0], [7.0])
    """
    nodes = len(graph.first) - 1
    sources = len(seeds.first) - 1
    time = np.full(nodes, np.inf)
    touched = np.empty(nodes, dtype=np.int32)
    best = np.full(places, np.inf)
    first = np.zeros(sources + 1, dtype=np.int64)
    place = np.empty(4096, dtype=np.int32)
    seconds = np.empty(4096, dtype=np.float64)
    key = np.empty(4096, dtype=np.float64)
    item = np.empty(4096, dtype=np.uint32)
    found = 0
    for source in range(sources):
        start = found
        touches, found, key, item, place = _search(
            graph, seeds, source, ends, cutoff_s, time, touched, best, key, item, place, found
        )
        seconds = room(seconds, found)
        take(best, place, seconds, start, found)
        for k in range(touches):
            time[touched[k]] = np.inf
        first[source + 1] = found
    return first, place[:found].copy(), seconds[:found].copy()


@njit()
def _search(  # noqa: C901, PLR0913, PLR0917 - one search, and what it leaves for the next
    graph: Csr,
    seeds: Csr,
    source: int,
    ends: Csr,
    cutoff_s: float,
    time: NDArray[np.float64],
    touched: NDArray[np.int32],
    best: NDArray[np.float64],
    key: NDArray[np.float64],
    item: NDArray[np.uint32],
    place: NDArray[np.int32],
    found: int,
) -> tuple[int, int, NDArray[np.float64], NDArray[np.uint32], NDArray[np.int32]]:
    """Search from one source; returns the nodes touched, the places found by now, and what had to grow."""
    first = graph.first
    into = graph.item.view(np.uint32)
    size = 0
    touches = 0
    for k in range(seeds.first[source], seeds.first[source + 1]):
        v = seeds.item[k]
        s = seeds.value[k]
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
            place = room(place, found + ends.first[u + 1] - ends.first[u])
            found = offer(ends, u, at, cutoff_s, best, place, found)
            for k in range(np.uint32(first[u]), np.uint32(first[u + np.uint32(1)])):
                v = into[k]
                s = at + graph.value[k]
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
    return touches, found, key, item, place


@njit()
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

    In order of (time, owner); ``inf`` and -1 where there are fewer.

    Parameters
    ----------
    first, head, weight
        int64 ``(nodes + 1,)``, int32 and float64 ``(arcs,)``: the arcs of each node, as CSR, and their
        seconds.
    seed_node, seed_s, seed_owner
        int32, float64 and int32 ``(seeds,)``: where each starts, after how many seconds, and whose it
        is.
    count
        How many owners a node.

    Returns
    -------
    seconds, owner
        float64 and int32 ``(nodes, count)``.

    Examples
    --------
    >>> first, head, seconds = np.array([0, 1, 2]), np.array([1, 0], np.int32), np.array([5.0, 9.0])
    >>> seed, owner = np.array([0, 1], np.int32), np.array([7, 8], np.int32)
    >>> time, owner = k_nearest_sources(first, head, seconds, seed, np.zeros(2), owner, 2)
    >>> time.tolist(), owner.tolist()
    ([[0.0, 9.0], [0.0, 5.0]], [[7, 8], [8, 7]])
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


@njit()
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
