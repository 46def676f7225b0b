"""The nearest edge of very many places at once, by a grid of the edges' segments."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.runs import repeat_rows
from planner.kernels import near
from planner.kernels.parallel import in_parallel

CELL_M = 100.0
# So many places are shared out to all processors.
MANY_POINTS = 2000
# Seconds, edge, share and "touched", each (places, parts); see Joined.
Parts = tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]]


@dataclass(frozen=True)
class Joined:
    """How places join their nearest edge; see :func:`planner.kernels.near.nearest_seconds`.

    Attributes
    ----------
    seconds, away_m, share
        float64 by place: seconds of the trip, metres to the edge, where on the edge.
    edge
        int32 by place, -1 for none.
    touched
        bool by place: one of the nearest edges is marked.
    """

    seconds: NDArray[np.float64]
    away_m: NDArray[np.float64]
    edge: NDArray[np.int32]
    share: NDArray[np.float64]
    touched: NDArray[np.bool_]


class EdgeGrid:
    """The segments of some edges by the cells of a grid.

    Parameters
    ----------
    edges
        int64 ``(edges,)``, their numbers.
    lines
        object ``(edges,)``, their LineStrings (metres).
    """

    def __init__(self, edges: NDArray[np.int64], lines: NDArray[np.object_]) -> None:
        self.segment, of = segments_of(lines)
        self.edge = edges[of].astype(np.int32)
        start, stop = self.segment[:, :2], self.segment[:, 2:4]
        self._into_cells(start, stop, np.hypot(*(stop - start).T))

    def _into_cells(
        self, start: NDArray[np.float64], stop: NDArray[np.float64], length: NDArray[np.float64]
    ) -> None:
        if len(start) == 0:
            self.grid = (0.0, 0.0, CELL_M, 1, 1)
            self.first, self.member = np.zeros(2, dtype=np.int64), np.empty(0, dtype=np.int32)
            return
        corner = np.minimum(start, stop).min(axis=0)
        columns, rows = (
            np.floor((np.maximum(start, stop).max(axis=0) - corner) / CELL_M).astype(np.int64) + 1
        ).tolist()
        # Of pieces no longer than a cell, each lies in the cells of its own box: four at most.
        count = np.maximum(np.ceil(length / CELL_M), 1.0).astype(np.int64)
        of, number = repeat_rows(count)
        along = (stop - start)[of] / count[of][:, None]
        a = start[of] + number[:, None] * along
        low, high = (
            np.floor((np.clip(f(a, a + along) - corner, 0.0, None)) / CELL_M).astype(np.int64)
            for f in (np.minimum, np.maximum)
        )
        high = np.minimum(high, [columns - 1, rows - 1])
        low = np.minimum(low, high)
        key = np.concatenate([
            ((y * columns + x) * len(start) + of)
            for x in (low[:, 0], high[:, 0]) for y in (low[:, 1], high[:, 1])
        ])  # fmt: skip
        key = np.unique(key)
        cell = key // len(start)
        self.member = (key % len(start)).astype(np.int32)
        self.first = np.searchsorted(cell, np.arange(columns * rows + 1))
        self.grid = (float(corner[0]), float(corner[1]), CELL_M, columns, rows)

    def nearest(
        self,
        xy: NDArray[np.float64],
        times: NDArray[np.float64],
        marked: NDArray[np.bool_],
        *,
        most_m: float,
        seconds_per_m: float,
    ) -> Joined:
        """Return how places join their nearest edge, and the seconds of the trip by it.

        Parameters
        ----------
        xy
            float64 ``(places, 2)``, metres in the CRS of the lines.
        times
            float64 ``(edges of the network, 4)``, seconds: from the end on, from the start on, all of the
            edge to its end, and to its start.
        marked
            bool by edge of the network.
        most_m, seconds_per_m
            How far one walks to an edge, and how long a metre takes.

        Examples
        --------
        30 m on foot to the middle of a road of 60 s, whose end is the facility, with a second a metre:

        >>> grid = EdgeGrid(np.array([0]), np.array([shapely.LineString([(0, 0), (1000, 0)])]))
        >>> times, none = np.array([[0.0, np.inf, 60.0, 60.0]]), np.array([False])
        >>> one = grid.nearest(np.array([[500.0, 30.0]]), times, none, most_m=2000.0, seconds_per_m=1.0)
        >>> one.seconds.tolist(), one.away_m.tolist(), one.share.tolist()
        ([60.0], [30.0], [0.5])
        """
        xy = np.ascontiguousarray(xy)
        rest = self.grid, self.first, self.member, self.segment, self.edge, times, marked

        def some(low: int, high: int) -> Joined:
            return Joined(*near.nearest_seconds(xy[low:high], most_m, seconds_per_m, *rest))

        if len(xy) < MANY_POINTS:
            return some(0, len(xy))
        parts = [part for _, part in in_parallel(some, len(xy), None)]
        names = [f.name for f in fields(Joined)]
        return Joined(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class SmallParts:
    """The segments of parts of the network with few edges, part by part.

    Parameters
    ----------
    edges, part
        int64 ``(edges,)``, their numbers, and the part of each.
    lines
        object ``(edges,)``, their LineStrings (metres).
    """

    def __init__(self, edges: NDArray[np.int64], part: NDArray[np.int64], lines: NDArray[np.object_]) -> None:
        order = np.argsort(part, kind="stable")
        number = np.unique(part[order], return_inverse=True)[1]
        self.segment, of = segments_of(lines[order])
        self.edge = edges[order][of].astype(np.int32)
        self.first = np.searchsorted(number[of], np.arange(number.max(initial=-1) + 2))

    def nearest(
        self,
        xy: NDArray[np.float64],
        times: NDArray[np.float64],
        marked: NDArray[np.bool_],
        *,
        most_m: float,
        seconds_per_m: float,
    ) -> Parts:
        """Return how places join the nearest edge of each part; as :meth:`EdgeGrid.nearest`.

        Parameters
        ----------
        xy, times, marked, most_m, seconds_per_m
            As :meth:`EdgeGrid.nearest` takes them.

        Returns
        -------
        seconds, edge, share, touched
            float64, int32, float64 and bool, each ``(places, parts)``, the parts by number; ``inf`` and -1
            where there is none.

        Examples
        --------
        Two roads that do not meet, 30 m north and 20 m south of a place; a facility is at the end of each:

        >>> lines = shapely.linestrings([[[0, 30], [1000, 30]], [[0, -20], [1000, -20]]])
        >>> parts = SmallParts(np.array([0, 1]), np.array([4, 9]), lines)
        >>> times, none = np.array([[0.0, np.inf, 60.0, 60.0]] * 2), np.array([False, False])
        >>> seconds, *_ = parts.nearest(np.array([[500.0, 0.0]]), times, none, most_m=2e3, seconds_per_m=1.0)
        >>> seconds.tolist()
        [[60.0, 50.0]]
        """
        return near.nearest_of_parts(  # type: ignore[no-any-return]  # numba ships no types
            np.ascontiguousarray(xy), most_m, seconds_per_m, self.first, self.segment, self.edge, times,
            marked,
        )  # fmt: skip


def segments_of(lines: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the segments of lines, and each one's line.

    Parameters
    ----------
    lines
        object ``(lines,)``, LineStrings (metres).

    Returns
    -------
    segments
        float64 ``(segments, 6)``: x and y of both ends (metres), and the shares of the line's length there.
    line
        int64 ``(segments,)``, numbers of the lines.

    Examples
    --------
    >>> segments, line = segments_of(np.array([shapely.LineString([(0, 0), (300, 0), (300, 100)])]))
    >>> segments.tolist()
    [[0.0, 0.0, 300.0, 0.0, 0.0, 0.75], [300.0, 0.0, 300.0, 100.0, 0.75, 1.0]]
    >>> line.tolist()
    [0, 0]
    """
    xy, of = shapely.get_coordinates(lines, return_index=True)
    inner = of[1:] == of[:-1]
    start, stop, of = xy[:-1][inner], xy[1:][inner], of[1:][inner]
    length = np.hypot(*(stop - start).T)
    before = np.concatenate([[0.0], np.cumsum(length)])
    first = np.searchsorted(of, np.arange(len(lines)))
    last = np.searchsorted(of, np.arange(len(lines)), side="right")
    from_m, total_m = before[first][of], (before[last] - before[first])[of]
    share = [
        np.divide(m - from_m, total_m, out=np.zeros(len(of)), where=total_m > 0)
        for m in (before[:-1], before[1:])
    ]
    # A line ends at its end, whatever the sum of its pieces says in its last bit.
    share[1][last[last > first] - 1] = np.where(total_m[last[last > first] - 1] > 0, 1.0, 0.0)
    return np.column_stack([start, stop, *share]), of
