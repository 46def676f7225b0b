"""Compiled: the nearest of many line segments, and the seconds from where it is joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Segments that meet in a point are equally near to what lies behind it, and so are two roads drawn one over
# the other, but for rounding: a coordinate of nine million metres has a last bit of two nanometres.
TIE_M = 1e-6


@njit(inline="always")
def _rest(share: float, seconds: float) -> float:
    """Return a share of an edge's seconds; no share of a closed edge takes no time."""
    return 0.0 if share == 0.0 else share * seconds


@njit(inline="always")
def _foot(x: float, y: float, segment: NDArray[np.float64], s: int) -> tuple[float, float]:
    """Return how far a segment is (metres), and the share of its edge's length at the nearest point."""
    x0, y0 = segment[s, 0], segment[s, 1]
    dx, dy = segment[s, 2] - x0, segment[s, 3] - y0
    long = dx * dx + dy * dy
    t = 0.0
    if long > 0.0:
        t = min(max(((x - x0) * dx + (y - y0) * dy) / long, 0.0), 1.0)
    across, up = x0 + t * dx - x, y0 + t * dy - y
    return np.sqrt(across * across + up * up), segment[s, 4] + t * (segment[s, 5] - segment[s, 4])


@njit(inline="always")
def _from(times: NDArray[np.float64], e: int, share: float) -> float:
    """Return the seconds from a place on an edge."""
    ahead = times[e, 0] + _rest(1.0 - share, times[e, 2])
    return min(ahead, times[e, 1] + _rest(share, times[e, 3]))


@njit(nogil=True)
def nearest_seconds(  # noqa: C901, PLR0913, PLR0917 - a kernel takes plain arrays
    xy: NDArray[np.float64],
    most_m: float,
    seconds_per_m: float,
    grid: tuple[float, float, float, int, int],
    first: NDArray[np.int64],
    member: NDArray[np.int32],
    segment: NDArray[np.float64],
    edge: NDArray[np.int32],
    times: NDArray[np.float64],
    marked: NDArray[np.bool_],
) -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]
]:
    """Return each place's seconds by way of its nearest edge, on foot to that edge and then along it.

    Parameters
    ----------
    xy
        float64 ``(places, 2)``, metres in the CRS of the segments.
    most_m, seconds_per_m
        How far one walks to an edge, and how long.
    grid
        West, south, side of a cell (metres), columns, rows.
    first, member
        int64 ``(cells + 1,)`` and int32 ``(members,)``: the segments of each cell, row by row.
    segment
        float64 ``(segments, 6)``: x and y of both ends (metres), and the shares of the edge's length at
        them.
    edge
        int32 ``(segments,)``, each segment's edge.
    times
        float64 ``(edges, 4)``, seconds: from the end on, from the start on, all of the edge to its end,
        and to its start.
    marked
        bool ``(edges,)``.

    Returns
    -------
    seconds
        float64 ``(places,)``, ``inf`` where there is no way. Of edges equally near the quickest counts.
    away_m, edge, share
        float64, int32 and float64 ``(places,)``: how far the nearest edge is, which it is, and where on
        it; ``inf`` and -1 where there is none.
    touched
        bool ``(places,)``: whether one of the nearest edges is marked.

    Examples
    --------
    30 m on foot to the middle of a road of 60 s, whose end is the facility, with a second a metre:

    >>> segment, edge = np.array([[0.0, 0.0, 1000.0, 0.0, 0.0, 1.0]]), np.array([0], np.int32)
    >>> xy, times = np.array([[500.0, 30.0]]), np.array([[0.0, np.inf, 60.0, 60.0]])
    >>> first, marked = np.array([0, 1]), np.array([False])
    >>> grid, member = (0.0, 0.0, 1000.0, 1, 1), np.array([0], np.int32)
    >>> found = nearest_seconds(xy, 99.0, 1.0, grid, first, member, segment, edge, times, marked)
    >>> [a.tolist() for a in found]
    [[60.0], [30.0], [0], [0.5], [False]]
    """
    west, south, cell, columns, rows = grid
    n = len(xy)
    seconds = np.full(n, np.inf)
    away = np.full(n, np.inf)
    where = np.full(n, -1, dtype=np.int32)
    share = np.zeros(n)
    touched = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        x, y = xy[i, 0], xy[i, 1]
        column, row = int(np.floor((x - west) / cell)), int(np.floor((y - south) / cell))
        # How far the place is from the nearest side of its cell.
        inner = min(
            x - (west + column * cell), west + (column + 1) * cell - x,
            y - (south + row * cell), south + (row + 1) * cell - y,
        )  # fmt: skip
        best, ring = most_m, 0
        found = False
        while ring == 0 or inner + (ring - 1) * cell <= best + TIE_M:
            low, high = max(row - ring, 0), min(row + ring, rows - 1)
            for r in range(low, high + 1):
                # The first and last row of a ring are whole, of others only both ends are new.
                step = 1 if abs(r - row) == ring else 2 * ring
                for c in range(column - ring, column + ring + 1, max(step, 1)):
                    if c < 0 or c >= columns:
                        continue
                    here = r * columns + c
                    for k in range(first[here], first[here + 1]):
                        s = member[k]
                        d, f = _foot(x, y, segment, s)
                        if d > best + TIE_M or d > most_m:
                            continue
                        e = edge[s]
                        one = _from(times, e, f)
                        if not found or d < best - TIE_M:
                            seconds[i], touched[i] = one, marked[e]
                            where[i], share[i] = e, f
                        else:
                            touched[i] = touched[i] or marked[e]
                            if one < seconds[i]:
                                seconds[i], where[i], share[i] = one, e, f
                        found = True
                        best = min(best, d)
            ring += 1
            # Nothing lies outside of the grid.
            if column - ring < 0 and row - ring < 0 and column + ring >= columns and row + ring >= rows:
                break
        if found:
            away[i] = best
            seconds[i] += best * seconds_per_m
    return seconds, away, where, share, touched


@njit()
def nearest_of_parts(  # noqa: PLR0917 - a kernel takes plain arrays
    xy: NDArray[np.float64],
    most_m: float,
    seconds_per_m: float,
    first: NDArray[np.int64],
    segment: NDArray[np.float64],
    edge: NDArray[np.int32],
    times: NDArray[np.float64],
    marked: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]]:
    """Return each place's seconds by way of the nearest edge of each part; as :func:`nearest_seconds`.

    Parameters
    ----------
    first
        int64 ``(parts + 1,)``: the segments of each part; the other arrays are in the same order, and as
        :func:`nearest_seconds` takes them.

    Returns
    -------
    seconds, edge, share, touched
        float64, int32, float64 and bool, all ``(places, parts)``.

    Examples
    --------
    >>> segment, edge = np.array([[0.0, 0.0, 1000.0, 0.0, 0.0, 1.0]]), np.array([0], np.int32)
    >>> xy, times = np.array([[500.0, 30.0]]), np.array([[0.0, np.inf, 60.0, 60.0]])
    >>> first, marked = np.array([0, 1]), np.array([False])
    >>> [a.tolist() for a in nearest_of_parts(xy, 99.0, 1.0, first, segment, edge, times, marked)]
    [[[60.0]], [[0]], [[0.5]], [[False]]]
    """
    n, parts = len(xy), len(first) - 1
    seconds = np.full((n, parts), np.inf)
    where = np.full((n, parts), -1, dtype=np.int32)
    share = np.zeros((n, parts))
    touched = np.zeros((n, parts), dtype=np.bool_)
    for i in range(n):
        x, y = xy[i, 0], xy[i, 1]
        for p in range(parts):
            best = np.inf
            for s in range(first[p], first[p + 1]):
                d, f = _foot(x, y, segment, s)
                if d > best + TIE_M or d > most_m:
                    continue
                one = _from(times, edge[s], f)
                if d < best - TIE_M:
                    touched[i, p] = False
                touched[i, p] = touched[i, p] or marked[edge[s]]
                if d < best - TIE_M or one < seconds[i, p]:
                    seconds[i, p], where[i, p], share[i, p] = one, edge[s], f
                best = min(best, d)
            seconds[i, p] += best * seconds_per_m
    return seconds, where, share, touched
