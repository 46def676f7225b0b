"""Rows of items with values, as three arrays: graphs by node, ends by place, answers by source."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Csr(NamedTuple):
    """Compressed sparse rows; kernels take it whole.

    Attributes
    ----------
    first
        int64 ``(rows + 1,)``: row i holds ``item[first[i]:first[i + 1]]``.
    item
        int32 ``(entries,)``: heads of arcs, nodes, places.
    value
        float64 ``(entries,)``: seconds.

    Examples
    --------
    >>> arcs = Csr(np.array([0, 2, 3]), np.array([1, 0, 0], np.int32), np.array([5.0, 7.0, 9.0]))
    >>> arcs.item[arcs.first[0] : arcs.first[1]].tolist()
    [1, 0]
    """

    first: NDArray[np.int64]
    item: NDArray[np.int32]
    value: NDArray[np.float64]


@njit()
def room(array: NDArray[np.generic], size: int) -> NDArray[np.generic]:
    """Return the array, or a longer copy when it holds fewer than ``size`` entries.

    Parameters
    ----------
    array
        Any dtype, ``(entries,)``.
    size
        How many entries are needed.

    Returns
    -------
    array
        Of the same dtype, ``(size or more,)``; what is added is not set.

    Examples
    --------
    >>> held = np.array([4, 7], np.int32)
    >>> len(room(held, 2)), len(room(held, 3))
    (2, 1030)
    """
    if size <= len(array):
        return array
    more = np.empty(2 * size + 1024, dtype=array.dtype)
    more[: len(array)] = array
    return more


@njit()
def offer(
    ends: Csr, node: int, at_s: float, cutoff_s: float,
    best: NDArray[np.float64], place: NDArray[np.int32], found: int,
) -> int:  # fmt: skip
    """Improve the times of the places whose ends lie at a node; returns how many places are found by now.

    Parameters
    ----------
    ends
        At each node the places, so many seconds further.
    node, at_s
        Which node, and its time.
    best
        float64 ``(places,)``, ``inf`` where nothing is found yet; changed.
    place
        int32 ``(room,)``: the places found, with room for those of this node; changed.
    found
        How many places are found already.

    Examples
    --------
    >>> ends = Csr(np.array([0, 1]), np.array([1], np.int32), np.array([5.0]))
    >>> best, place = np.full(2, np.inf), np.empty(2, np.int32)
    >>> offer(ends, 0, 60.0, 90.0, best, place, 0), best.tolist()
    (1, [inf, 65.0])
    """
    for e in range(ends.first[node], ends.first[node + 1]):
        s = at_s + ends.value[e]
        p = ends.item[e]
        if s <= cutoff_s and s < best[p]:
            if best[p] == np.inf:
                place[found] = p
                found += 1
            best[p] = s
    return found


@njit()
def take(
    best: NDArray[np.float64], place: NDArray[np.int32], seconds: NDArray[np.float64], start: int, stop: int
) -> None:
    """Write the times of the places found ``start <= k < stop``, and forget them in ``best``.

    Parameters
    ----------
    best
        float64 ``(places,)``, seconds; ``inf`` again for those places afterwards.
    place
        int32 ``(room,)``: the places found, in the order in which they were.
    seconds
        float64 ``(room,)``, the time of each of these; changed.
    start, stop
        Which of them.

    Examples
    --------
    >>> best, seconds = np.array([np.inf, 65.0]), np.empty(1)
    >>> take(best, np.array([1], np.int32), seconds, 0, 1)
    >>> best.tolist(), seconds.tolist()
    ([inf, inf], [65.0])
    """
    for k in range(start, stop):
        seconds[k] = best[place[k]]
        best[place[k]] = np.inf
