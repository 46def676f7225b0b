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
    # Every entry stands for a seed or an arc; memory that is never touched costs nothing.
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
                        _push(key, item, size, s, v)
        if vacant:
            size -= 1
            _replace_top(key, item, size, key[size], item[size])


@njit(cache=True)
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


@njit(cache=True)
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


@njit(cache=True)
def open_source(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    label: NDArray[np.float64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    seed_owner: NDArray[np.int32],
) -> None:
    """Put more seeds into labels of :func:`nearest_source`; only what they improve is visited."""
    better = _offer_seeds(label, seed_node, seed_s, seed_owner)
    _spread(first, head, weight, label, better)


@njit(cache=True)
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

    ``into_first``, ``into_tail`` are the graph's arcs by head. The seeds are those of the other owners.
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


@njit(cache=True)
def offer_ends(
    best_s: NDArray[np.float64],
    best_owner: NDArray[np.int64],
    place: NDArray[np.int32],
    node: NDArray[np.int32],
    seconds: NDArray[np.float64],
    label: NDArray[np.float64],
) -> None:
    """Improve each place's time and owner by what its ends' nodes hold; the smaller owner of equals."""
    for k in range(len(place)):
        at = label[node[k], 0]
        if at < np.inf:
            p = place[k]
            s = at + seconds[k]
            owner = np.int64(label[node[k], 1])
            if s < best_s[p] or (s == best_s[p] and owner < best_owner[p]):
                best_s[p] = s
                best_owner[p] = owner


@njit(cache=True)
def shortest_tree(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    weight: NDArray[np.float64],
    seed_node: NDArray[np.int32],
    seed_s: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int32]]:
    """Return each node's time from the nearest seed, the arc it was reached by, and the node before.

    Arc and node are -1 at seeds and where nothing leads.
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


@njit(cache=True)
def _room(array: NDArray[np.generic], size: int) -> NDArray[np.generic]:
    """Return a longer copy of an array that holds ``size`` entries and some more."""
    more = np.empty(2 * size + 1024, dtype=array.dtype)
    more[: len(array)] = array
    return more


@njit(cache=True, inline="always")
def _grown(array: NDArray[np.generic], size: int) -> NDArray[np.generic]:
    """Return the array, or a copy of twice its length when it is full."""
    if size < len(array):
        return array
    more = np.empty(2 * len(array) + 1024, dtype=array.dtype)
    more[: len(array)] = array
    return more


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
