"""Where on the network a place joins it: the nearest point of the nearest usable edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.land import Land, may_walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.network import TravelNetwork

NO_EDGE = -1
BLOCK = 1024


@dataclass(frozen=True)
class Snap:
    """Access points, in order of ``point``; a place may have several, or none.

    Attributes
    ----------
    point
        int64 number of the place.
    edge
        int32 edge of the network.
    fraction
        float64 position along the edge, 0 at its start.
    access_m
        float64 straight distance (metres) from the place to the edge.
    """

    point: NDArray[np.int64]
    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    access_m: NDArray[np.float64]

    def nearest_m(self, points: int) -> NDArray[np.float64]:
        """Return each place's shortest access distance (m); ``inf`` for a place without one."""
        out = np.full(points, np.inf)
        np.minimum.at(out, self.point, self.access_m)
        return out


class Snapper:
    """Finds access points of one mode; keeps its spatial index between calls.

    Parameters
    ----------
    network
        The network; ferries are never snapped to.
    mode
        Only edges this mode can use.
    land
        Where given, a place never joins an edge on another landmass.
    max_access_m
        Places further from every edge have no access point.
    """

    def __init__(self, network: TravelNetwork, mode: str, *, land: Land | None, max_access_m: float) -> None:
        self.network = network
        self.land = land
        self.max_access_m = max_access_m
        self._usable = network.usable(mode) & ~network.edge_ferry
        self._edges = np.flatnonzero(self._usable)
        self._tree = shapely.STRtree(network.edge_line[self._edges])

    def nearest(self, points: NDArray[np.object_], *, on_edge: NDArray[np.int64] | None = None) -> Snap:
        """Return the access point on the nearest edge for each place that has one.

        Of edges equally near, the first in the network's own (geometric) order counts.

        Parameters
        ----------
        points
            Places (metres).
        on_edge
            The edge that a place is known to lie on, -1 where none is: nothing is nearer.
        """
        if on_edge is None:
            on_edge = np.full(len(points), NO_EDGE)
        there = (on_edge != NO_EDGE) & self._usable[on_edge]
        known = np.flatnonzero(there)
        rest = np.flatnonzero(~there)
        at, line = self._tree.query_nearest(points[rest], max_distance=self.max_access_m, all_matches=True)
        point = np.concatenate([known, rest[at]])
        edge = np.concatenate([on_edge[known], self._edges[line]])
        order = np.lexsort((edge, point))
        point, edge = point[order], edge[order]
        first = np.ones(len(point), dtype=bool)
        first[1:] = point[1:] != point[:-1]
        snap = self._snap(points, point[first], edge[first])
        if self.land is None:
            return snap
        # There is no water within a metre: only places off the road are looked up.
        dry = snap.access_m < 1.0
        far = np.flatnonzero(~dry)
        home = self.land.of(points[snap.point[far]])
        dry[far] = self._same_land(home, take_snaps(snap, far))
        if dry.all():
            return snap
        # The nearest edge lies across water: the nearest on this side, if any.
        blocked = np.unique(snap.point[~dry])
        one = np.zeros(len(self._usable), dtype=np.int32)
        return join_snaps(take_snaps(snap, dry), self.nearest_of_each_part(points, blocked, one))

    def nearest_of_each_part(
        self, points: NDArray[np.object_], which: NDArray[np.int64], part: NDArray[np.int32]
    ) -> Snap:
        """Return, for some places, the nearest access point on every part of the network within reach.

        Parameters
        ----------
        points
            All places.
        which
            Numbers of the places to look at.
        part
            int32 part of each edge.
        """
        found = _empty_snap()
        # In blocks: a place in a town has hundreds of edges within reach.
        for start in range(0, len(which), BLOCK):
            found = join_snaps(found, self._block(points, which[start : start + BLOCK], part))
        return found

    def _block(self, points: NDArray[np.object_], which: NDArray[np.int64], part: NDArray[np.int32]) -> Snap:
        at, line = self._tree.query(points[which], predicate="dwithin", distance=self.max_access_m)
        point, edge = which[at], self._edges[line]
        away = shapely.distance(self.network.edge_line[edge], points[point])
        order = np.lexsort((edge, away, part[edge], point))
        point, edge = point[order], edge[order]
        home = None if self.land is None else self.land.of(points[which])
        place = np.searchsorted(which, point)
        found = _empty_snap()
        # The best of each place and part; what lies across water makes way for the next best.
        while len(point):
            first = np.ones(len(point), dtype=bool)
            first[1:] = (point[1:] != point[:-1]) | (part[edge[1:]] != part[edge[:-1]])
            best = self._snap(points, point[first], edge[first])
            good = (
                np.ones(len(best.point), dtype=bool)
                if home is None
                else self._same_land(home[place[first]], best)
            )
            found = join_snaps(found, take_snaps(best, good))
            again = ~good[np.cumsum(first) - 1] & ~first
            point, edge, place = point[again], edge[again], place[again]
        return found

    def _same_land(self, home: NDArray[np.int32], snap: Snap) -> NDArray[np.bool_]:
        """Return which access points are not across water from their place's landmass."""
        assert self.land is not None
        line = self.network.edge_line[snap.edge]
        there = self.land.of(shapely.line_interpolate_point(line, snap.fraction, normalized=True))
        return may_walk(home, there)

    def _snap(self, points: NDArray[np.object_], point: NDArray[np.int64], edge: NDArray[np.int64]) -> Snap:
        line = self.network.edge_line[edge]
        fraction = shapely.line_locate_point(line, points[point], normalized=True)
        return Snap(
            point=point.astype(np.int64),
            edge=edge.astype(np.int32),
            # A line between two nodes at one place has no length to go along.
            fraction=np.nan_to_num(fraction, nan=0.0),
            access_m=shapely.distance(line, points[point]),
        )


def take_snaps(snap: Snap, which: NDArray[np.bool_] | NDArray[np.int64]) -> Snap:
    """Return some of the access points."""
    return Snap(snap.point[which], snap.edge[which], snap.fraction[which], snap.access_m[which])


def join_snaps(a: Snap, b: Snap) -> Snap:
    """Return the access points of both, in order of their places."""
    joined = Snap(
        point=np.concatenate([a.point, b.point]),
        edge=np.concatenate([a.edge, b.edge]),
        fraction=np.concatenate([a.fraction, b.fraction]),
        access_m=np.concatenate([a.access_m, b.access_m]),
    )
    return take_snaps(joined, np.argsort(joined.point, kind="stable"))


def _empty_snap() -> Snap:
    return Snap(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0), np.empty(0))
