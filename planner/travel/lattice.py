"""The rim of an isochrone: exact times on a lattice where the answer changes, and the line between.

A first picture comes from the edges alone: every piece of road with what the limit leaves over, walked from
the nearest one. Near its rim, and wherever it turns out to be wrong, lattice points are asked like people
are. Between two neighbours of which one is inside, the rim is found by halving, on the exact times again.

Nearly all places join one edge, of the main part of the roads. These are computed by a kernel; the others
(small parts of the network, water in the way, edits) by the router, like people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage
from scipy.spatial import cKDTree

from geodata.runs import repeat_rows
from planner.kernels import dijkstra
from planner.network.build import WATERWAY
from planner.travel.edge_grid import SmallParts
from planner.travel.router import trip_ends
from planner.travel.snapping import BIG_PART
from planner.travel.tips import Pieces, reached, strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.travel.access import Access, Stops, TripEnd
    from planner.travel.edge_grid import EdgeGrid, Joined
    from planner.travel.router import Direction, Router

# So far apart lattice points are asked, so that the first picture is checked everywhere.
CHECKED_M = 200.0
# Halvings between two lattice points: 25 m become 80 cm.
HALVINGS = 5


@dataclass(frozen=True)
class EdgeTimes:
    """Seconds to (or from) the nearest facility from any place of any edge.

    Attributes
    ----------
    ahead_s, behind_s
        float64 by edge, seconds of the rest of the trip once one has left it by its end, or its start.
    ride_ahead_s, ride_behind_s
        float64 by edge, seconds of all of the edge towards its end, or its start; ``inf`` = closed.
    """

    ahead_s: NDArray[np.float64]
    behind_s: NDArray[np.float64]
    ride_ahead_s: NDArray[np.float64]
    ride_behind_s: NDArray[np.float64]

    def table(self, open_: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return all four, float64 ``(edges, 4)``, of the edges that are open; ``inf`` for the others.

        Parameters
        ----------
        open_
            bool ``(edges,)``.

        Examples
        --------
        >>> times = EdgeTimes(*(np.array([s, s]) for s in (0.0, 60.0, 60.0, 60.0)))
        >>> times.table(np.array([True, False])).tolist()
        [[0.0, 60.0, 60.0, 60.0], [inf, inf, inf, inf]]
        """
        columns = self.ahead_s, self.behind_s, self.ride_ahead_s, self.ride_behind_s
        return np.ascontiguousarray(np.column_stack([np.where(open_, c, np.inf) for c in columns]))

    def at(self, edge: NDArray[np.int64], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return seconds from some places of some edges; ``inf`` = no way.

        Parameters
        ----------
        edge, fraction
            int64 and float64 ``(places,)``: numbers, and the share of the edge's length there.

        Returns
        -------
        seconds
            float64 ``(places,)``.

        Examples
        --------
        The facility is at the end of a street of 100 s:

        >>> times = EdgeTimes(*(np.array([s]) for s in (0.0, 100.0, 100.0, 100.0)))
        >>> times.at(np.array([0, 0]), np.array([0.25, 1.0])).tolist()
        [75.0, 0.0]
        """
        with np.errstate(invalid="ignore"):
            ahead = np.where(fraction == 1.0, 0.0, (1.0 - fraction) * self.ride_ahead_s[edge])
            behind = np.where(fraction == 0.0, 0.0, fraction * self.ride_behind_s[edge])
        return np.minimum(self.ahead_s[edge] + ahead, self.behind_s[edge] + behind)


class ExactTimes:
    """Seconds of very many places to (or from) the nearest facility, by the rules for people.

    Parameters
    ----------
    router, facilities, direction
        Whose times.
    """

    def __init__(self, router: Router, facilities: Stops, direction: Direction) -> None:
        self.router, self.facilities, self.direction = router, facilities, direction
        self.role: TripEnd = trip_ends(direction)[0]
        self.edges = edge_times(router, facilities, direction)
        # Edges on which a facility is reached without leaving them: their times are not those of their ends.
        self.own = np.zeros(router.network.edges, dtype=bool)
        for snap in (facilities.leaving, facilities.arriving):
            self.own[snap.edge] = True
        self._table = self.edges.table(router.access.snapper.usable)
        # Places also join where they would in the other season, if that is open in this one.
        self._seasons = [a for a in (router.access, router.access.other) if a is not None]
        ground = router.ground
        several = ground.land is not None and len(ground.land.parts) > 1
        self._divided = several or ground.water is not None
        self._tree = cKDTree(facilities.xy)
        # Of both seasons' usable edges.
        self._lines = self._seasons[0].snapper.lines.copy()
        for access in self._seasons[1:]:
            more = access.snapper.usable
            self._lines[more] = access.snapper.lines[more]
        self._parts: dict[int, tuple[list[EdgeGrid], SmallParts]] = {}

    def seconds(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the seconds of places, float64 ``(places,)``; ``inf`` = no way.

        Parameters
        ----------
        xy
            float64 ``(places, 2)``, metres in the network's CRS.

        Examples
        --------
        On the street, and 50 m off it, 1.56 s on foot to the metre:

        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> times = ExactTimes(router, router.stops(shapely.points([[1000.0, 0.0]])), "to_facility")
        >>> times.seconds(np.array([[250.0, 0.0], [250.0, 50.0]])).round(6).tolist()
        [75.0, 153.0]
        """
        if self.router.base is not None:
            return self._asked(xy)
        out: NDArray[np.float64] = np.full(len(xy), np.inf)
        walk_m = np.zeros(len(xy))
        ask = np.zeros(len(xy), dtype=bool)
        for k, access in enumerate(self._seasons):
            one = self._nearest(access.grid, xy, self.own | ~access.main[self.role])
            walk_m = np.maximum(walk_m, one.away_m)
            apart = np.flatnonzero(one.touched)
            seconds, unsure = one.seconds, self._wet(xy, one.edge, one.share)
            seconds[apart], also = self._by_part(k, xy[apart])
            unsure[apart] |= also
            out = np.minimum(out, seconds)
            ask |= unsure
        straight_m = self._straight(xy, walk_m)
        if self._divided:
            ask |= straight_m < np.inf
        out = np.minimum(out, straight_m * self.router.rule.seconds_per_m())
        if ask.any():
            out[ask] = self._asked(xy[ask])
        return out

    def _nearest(self, grid: EdgeGrid, xy: NDArray[np.float64], marked: NDArray[np.bool_]) -> Joined:
        rule = self.router.rule
        return grid.nearest(
            xy, self._table, marked, most_m=rule.max_distance_m, seconds_per_m=rule.seconds_per_m()
        )

    def _by_part(self, season: int, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the seconds of places that join the nearest edge of each part, and which are to be asked.

        Only parts from which there is a way are looked at.
        """
        out, unsure = np.full(len(xy), np.inf), np.zeros(len(xy), dtype=bool)
        if len(xy) == 0:
            return out, unsure
        if season not in self._parts:
            self._parts[season] = self._split(self._seasons[season])
        big, small = self._parts[season]
        for grid in big:
            one = self._nearest(grid, xy, self.own)
            out = np.minimum(out, one.seconds)
            unsure |= one.touched | self._wet(xy, one.edge, one.share)
        rule = self.router.rule
        seconds, edge, share, touched = small.nearest(
            xy, self._table, self.own, most_m=rule.max_distance_m, seconds_per_m=rule.seconds_per_m()
        )
        unsure |= touched.any(axis=1)
        for s, e, f in zip(seconds.T, edge.T, share.T, strict=True):
            out = np.minimum(out, s)
            unsure |= self._wet(xy, e, f)
        return out, unsure

    def _split(self, access: Access) -> tuple[list[EdgeGrid], SmallParts]:
        """Return the parts from which there is a way: large ones each, and all small ones."""
        part, usable = access.parts[self.role], access.snapper.usable
        quickest = np.minimum(self._table[:, 0], self._table[:, 1])
        alive = np.zeros(int(part.max(initial=0)) + 1, dtype=bool)
        alive[part[usable & ((quickest < np.inf) | self.own)]] = True
        edges = np.flatnonzero(usable & alive[part])
        size = np.bincount(part[edges], minlength=len(alive))
        large = np.flatnonzero(size > BIG_PART)
        few = edges[size[part[edges]] <= BIG_PART]
        small = SmallParts(few, part[few].astype(np.int64), access.snapper.lines[few])
        return [access.grid_of(self.role, p) for p in large.tolist()], small

    def _asked(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        stops = self.router.stops(np.asarray(shapely.points(xy), dtype=object))
        times = self.router.nearest(stops, self.facilities, direction=self.direction)
        return np.asarray(times.travel_s, dtype=np.float64)

    def _straight(self, xy: NDArray[np.float64], walk_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres to the nearest facility to which one walks straight across, where there is one."""
        out = np.full(len(xy), np.inf)
        most_m, theirs = self.router.rule.max_distance_m, self.facilities.walk_m
        away, _ = self._tree.query(xy)
        some = np.flatnonzero(away <= np.minimum(most_m, walk_m + theirs.max()))
        for place, leg_m in zip(self.facilities.xy, theirs, strict=True):
            metres = np.hypot(*(xy[some] - place).T)
            near = metres <= np.minimum(most_m, walk_m[some] + leg_m)
            out[some[near]] = np.minimum(out[some[near]], metres[near])
        return out

    def _wet(
        self, xy: NDArray[np.float64], edge: NDArray[np.int32], share: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return which places cannot walk to a place of an edge (-1 = none)."""
        out = np.zeros(len(xy), dtype=bool)
        if not self._divided:
            return out
        which = np.flatnonzero(edge >= 0)
        ground, edge = self.router.ground, edge[which]
        start = np.asarray(shapely.points(xy[which]), dtype=object)
        end = shapely.line_interpolate_point(self._lines[edge], share[which], normalized=True)
        afloat = self.router.network.edge_kind[edge] == WATERWAY
        out[which] = ~ground.on_land(start, end, ground.landmass(start), ground.landmass(end), afloat=afloat)
        return out


def edge_times(router: Router, facilities: Stops, direction: Direction) -> EdgeTimes:
    """Return the times along every edge to (or from) the nearest facility, in seconds.

    Examples
    --------
    The facility is at the end of a street of 100 s:

    >>> from planner.travel.street import street_router
    >>> router = street_router()
    >>> times = edge_times(router, router.stops(shapely.points([[1000.0, 0.0]])), "to_facility")
    >>> times.ahead_s.tolist(), times.behind_s.tolist()
    ([0.0], [100.0])
    """
    leaving = direction == "to_facility"
    seeds = router.ends(facilities, "arriving" if leaving else "leaving")
    graph = router.graph.backward if leaving else router.graph.forward
    label = dijkstra.nearest_source(*graph, seeds.node, seeds.seconds, seeds.place)[:, 0]
    network, one = router.network, router.network.impedance[router.profile]
    copies = router.graph.first_stretch if leaving else router.graph.last_stretch
    start, stop = network.edge_from, network.edge_to
    if copies is not None:
        start = np.where(router.graph.ending, copies[start], start)
        stop = np.where(router.graph.ending, copies[stop], stop)
    there, back = (one.forward_s, one.backward_s) if leaving else (one.backward_s, one.forward_s)
    return EdgeTimes(label[stop], label[start], there, back)


class Lattice:
    """Times at the points of a lattice, asked for as they are needed.

    Parameters
    ----------
    times
        Exact times.
    bounds
        West, south, east, north (metres); grown to whole steps.
    step_m
        Distance of neighbours.
    """

    def __init__(self, times: ExactTimes, bounds: tuple[float, float, float, float], step_m: float) -> None:
        self.times, self.router, self.step_m = times, times.router, step_m
        west, south, east, north = bounds
        self.west, self.south = np.floor(west / step_m) * step_m, np.floor(south / step_m) * step_m
        self.shape = (
            int(np.ceil((north - self.south) / step_m)) + 2, int(np.ceil((east - self.west) / step_m)) + 2
        )  # fmt: skip
        self._beside: tuple[NDArray[np.int64], NDArray[np.int64]] = (np.empty(0, np.int64),) * 2
        self.first = self._first_picture()
        self.exact = np.full(self.shape, np.nan)

    def _first_picture(self) -> NDArray[np.float32]:
        """Return rough times: from the nearest piece of road, whatever lies between."""
        edge, row, column, seconds = self._pieces()
        # Who is on the facility's own edge need not go to its end: those points are asked first.
        mine = self.times.own[edge]
        self._beside = row[mine], column[mine]
        at = row * self.shape[1] + column
        quick = np.full(self.shape[0] * self.shape[1], np.inf, dtype=np.float32)
        slow = np.full(len(quick), -np.inf, dtype=np.float32)
        np.minimum.at(quick, at, seconds)
        np.maximum.at(slow, at, seconds)
        self._quick, self._slow = quick.reshape(self.shape), slow.reshape(self.shape)
        main = self.router.access.main[self.times.role][edge]
        out = np.full(self.shape, np.inf, dtype=np.float32)
        if main.any():
            out = self._walked(at[main], seconds[main])
        others = ~main & (seconds < np.inf)
        if others.any():
            # Whose nearest road is of another part joins both; who has one of the main part nearest does not.
            joined = np.minimum(out, self._walked(at[others], seconds[others]))
            out = np.where(self._beside_main(at, main), out, joined)
        return out

    def _beside_main(self, at: NDArray[np.int64], main: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the points whose nearest pieces of road are all of the main part."""
        none = np.ones(self.shape[0] * self.shape[1], dtype=bool)
        none[at] = False
        alone = ~none
        alone[at[~main]] = False
        r, c = ndimage.distance_transform_edt(
            none.reshape(self.shape), return_distances=False, return_indices=True
        )
        return np.asarray(alone.reshape(self.shape)[r, c], dtype=bool)

    def _walked(self, at: NDArray[np.int64], seconds: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the times of all points by way of the nearest of some pieces of road."""
        rule = self.router.rule
        road = np.full(self.shape[0] * self.shape[1], np.inf, dtype=np.float32)
        np.minimum.at(road, at, seconds)
        none = np.ones(len(road), dtype=bool)
        none[at] = False
        away, (r, c) = ndimage.distance_transform_edt(
            none.reshape(self.shape), sampling=self.step_m, return_indices=True
        )
        walk = (away * rule.seconds_per_m()).astype(np.float32)
        return np.where(
            away <= rule.max_distance_m, road.reshape(self.shape)[r, c] + walk, np.float32(np.inf)
        )

    def _pieces(
        self,
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Return the ends of the pieces of road: edge, row and column of the nearest point, seconds."""
        edge, _, xy, seconds = self._ends
        row, column = self._nearest(xy)
        seen = (column >= 0) & (row >= 0) & (column < self.shape[1]) & (row < self.shape[0])
        return edge[seen], row[seen], column[seen], seconds[seen].astype(np.float32)

    def _nearest(self, xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of the lattice point next to some places."""
        column, row = np.rint((xy - np.array([self.west, self.south])) / self.step_m).astype(np.int64).T
        return row, column

    @cached_property
    def _ends(
        self,
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
        """Return the lattice's roads cut into pieces of a step: edge, first of its line, place, seconds."""
        step, grid = self.step_m, self.router.access.grid
        segment, edge = grid.segment, grid.edge
        low, high = np.minimum(segment[:, :2], segment[:, 2:4]), np.maximum(segment[:, :2], segment[:, 2:4])
        corner = np.array([self.west, self.south])
        size = np.array(self.shape[::-1]) * step
        here = np.flatnonzero((high >= corner).all(axis=1) & (low <= corner + size).all(axis=1))
        segment, edge = segment[here], edge[here]
        length = np.hypot(*(segment[:, 2:4] - segment[:, :2]).T)
        count = np.maximum(np.ceil(length / step), 1).astype(np.int64)
        of, number = repeat_rows(count + 1)
        along = (number / count[of])[:, None]
        xy = segment[of, :2] + along * (segment[of, 2:4] - segment[of, :2])
        share = segment[of, 4] + along[:, 0] * (segment[of, 5] - segment[of, 4])
        return edge[of], number == 0, xy, self.times.edges.at(edge[of].astype(np.int64), share)

    def roads(self, within: NDArray[np.bool_], limit_s: float) -> NDArray[np.object_]:
        """Return the ground along the roads within a limit, polygons, where the lattice does not show it.

        Parameters
        ----------
        within
            As :meth:`inside` gives it.
        limit_s
            Seconds.

        Returns
        -------
        polygons
            object ``(pieces of road,)``, metres in the network's CRS.

        Examples
        --------
        The end of the road that is reached lies between two points:

        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> times = ExactTimes(router, router.stops(shapely.points([[500.0, 0.0]])), "to_facility")
        >>> lattice = Lattice(times, (0.0, -100.0, 1000.0, 100.0), 50.0)
        >>> along = shapely.union_all(lattice.roads(lattice.inside(22.0), 22.0))
        >>> [round(x) for x in along.bounds[::2]]
        [280, 720]
        """
        edge, first, xy, seconds = self._ends
        row, column = self._nearest(xy)
        row, column = (np.clip(x, 0, n - 1) for x, n in zip((row, column), self.shape, strict=True))
        # Among points that are all inside a road is too.
        bare = ~ndimage.binary_erosion(within, np.ones((3, 3), dtype=bool))[row, column]
        near = bare & (seconds <= limit_s + self.step_m * self.router.rule.seconds_per_m())
        own = self.times.own[edge] & bare
        if own.any():
            seconds = seconds.copy()
            seconds[own] = self.times.seconds(xy[own])
        last = np.flatnonzero(~first)
        last = last[near[last] | near[last - 1] | own[last]]
        pieces = Pieces(xy[last - 1], xy[last], seconds[last - 1], seconds[last])
        return strips(
            reached(pieces, limit_s), limit_s,
            seconds_per_m=self.router.rule.seconds_per_m(), most_m=self.step_m / 2,
        )  # fmt: skip

    def xy(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return some lattice points, float64 ``(points, 2)``, metres in the network's CRS.

        Parameters
        ----------
        row, column
            int64 ``(points,)``, from the south and the west.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> times = ExactTimes(router, router.stops(shapely.points([[500.0, 0.0]])), "to_facility")
        >>> Lattice(times, (0.0, -90.0, 1000.0, 90.0), 50.0).xy(np.array([0, 1]), np.array([0, 3])).tolist()
        [[0.0, -100.0], [150.0, -50.0]]
        """
        return np.column_stack([self.west + column * self.step_m, self.south + row * self.step_m])

    def ask(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> None:
        """Compute the exact times of some points, by the rules for people, into ``exact`` (seconds).

        Parameters
        ----------
        row, column
            int64 ``(points,)``, from the south and the west; what is known already is not asked again.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> times = ExactTimes(router, router.stops(shapely.points([[500.0, 0.0]])), "to_facility")
        >>> lattice = Lattice(times, (0.0, -100.0, 1000.0, 100.0), 50.0)
        >>> lattice.ask(np.array([2]), np.array([0]))
        >>> lattice.exact[2, :2].round(6).tolist()
        [50.0, nan]
        """
        new = np.isnan(self.exact[row, column])
        row, column = row[new], column[new]
        if len(row):
            self.exact[row, column] = self.times.seconds(self.xy(row, column))

    def inside(self, limit_s: float) -> NDArray[np.bool_]:
        """Return which points are within a limit (included), exact wherever the answer changes.

        Parameters
        ----------
        limit_s
            Seconds.

        Returns
        -------
        inside
            bool ``(rows, columns)``, from the south and the west; the outermost are never inside.

        Examples
        --------
        Within 20 s one comes from 200 m of road on both sides:

        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> times = ExactTimes(router, router.stops(shapely.points([[500.0, 0.0]])), "to_facility")
        >>> lattice = Lattice(times, (0.0, -100.0, 1000.0, 100.0), 50.0)
        >>> row, column = np.nonzero(lattice.inside(20.0))
        >>> lattice.xy(row, column)[:, 0].min().tolist(), lattice.xy(row, column)[:, 0].max().tolist()
        (300.0, 700.0)
        """
        some = np.zeros(self.shape, dtype=bool)
        every = max(int(CHECKED_M / self.step_m), 1)
        some[::every, ::every] = True
        within = self.first <= limit_s
        some |= _rim(within)
        some[self._beside] = True
        # Roads of which one is in time and another is not, nearer to each other than two points.
        some |= (self._quick <= limit_s) & (self._slow > limit_s)
        while some.any():
            self.ask(*np.nonzero(some & np.isnan(self.exact)))
            within = np.where(np.isnan(self.exact), self.first, self.exact) <= limit_s
            # What touches the rim, or a point of which the first picture was wrong, is asked too.
            wrong = ~np.isnan(self.exact) & ((self.exact <= limit_s) != (self.first <= limit_s))
            some = (_rim(within) | _rim(wrong)) & np.isnan(self.exact)
        # Nobody is reached beyond the lattice.
        for side in (np.s_[0], np.s_[-1]):
            within[side, :] = within[:, side] = False
        return within


def _rim(within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which points have a neighbour (of four) with another answer."""
    out = np.zeros_like(within)
    for a, b in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        differ = within[a] != within[b]
        out[a] |= differ
        out[b] |= differ
    return out


def outline(lattice: Lattice, limit_s: float) -> shapely.MultiPolygon:
    """Return the area within a limit (metres): marching squares, its corners where the time is the limit.

    Roads that are reached belong to it also where the area around them is too narrow for the lattice.

    Parameters
    ----------
    lattice
        Large enough for the area: nobody is reached beyond it.
    limit_s
        Seconds.

    Examples
    --------
    Within 20 s one comes from 200 m of road on both sides:

    >>> from planner.travel.street import street_router
    >>> router = street_router()
    >>> times = ExactTimes(router, router.stops(shapely.points([[500.0, 0.0]])), "to_facility")
    >>> west, _, east, _ = outline(Lattice(times, (0.0, -100.0, 1000.0, 100.0), 50.0), 20.0).bounds
    >>> round(west, -1), round(east, -1)
    (300.0, 700.0)
    """
    within = lattice.inside(limit_s)
    nodes, crossing = _crossings(lattice, within, limit_s)
    rings = _chained(*_sides(within, nodes, len(crossing)))
    lines = [shapely.linestrings(crossing[[*ring, ring[0]]]) for ring in rings]
    area = shapely.build_area(shapely.multilinestrings(lines)) if lines else shapely.MultiPolygon()
    area = shapely.union(shapely.make_valid(area), shapely.union_all(lattice.roads(within, limit_s)))
    parts = [p for p in shapely.get_parts(shapely.make_valid(area)) if p.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)


@dataclass(frozen=True)
class _Nodes:
    """Numbers of the crossings: on the lattice's horizontal and vertical lines; -1 where there is none."""

    across: NDArray[np.int64]
    up: NDArray[np.int64]


def _crossings(
    lattice: Lattice, within: NDArray[np.bool_], limit_s: float
) -> tuple[_Nodes, NDArray[np.float64]]:
    """Return the crossings of the rim with the lattice's lines, and where they are (metres)."""
    nodes, ends = [], []
    total = 0
    for step in ((0, 1), (1, 0)):
        rows, columns = within.shape
        a = within[: rows - step[0], : columns - step[1]]
        b = within[step[0] :, step[1] :]
        row, column = np.nonzero(a != b)
        number = np.full(a.shape, -1, dtype=np.int64)
        number[row, column] = total + np.arange(len(row))
        total += len(row)
        nodes.append(number)
        first = np.column_stack([row, column])
        second = first + np.array(step)
        swap = b[row, column]
        ends.append((np.where(swap[:, None], second, first), np.where(swap[:, None], first, second)))
    in_ = np.concatenate([e[0] for e in ends])
    out = np.concatenate([e[1] for e in ends])
    origin = np.array([lattice.west, lattice.south])
    yes, no = (origin + x[:, ::-1] * lattice.step_m for x in (in_, out))
    for _ in range(HALVINGS):
        middle = (yes + no) / 2
        near = lattice.times.seconds(middle) <= limit_s
        yes = np.where(near[:, None], middle, yes)
        no = np.where(near[:, None], no, middle)
    return _Nodes(*nodes), (yes + no) / 2


def _sides(
    within: NDArray[np.bool_], nodes: _Nodes, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the two crossings next to each crossing: in the square below or left of it, and in the other.

    Where two opposite corners of a square are inside, they are two areas.
    """
    sw = within[:-1, :-1]
    south, north = nodes.across[:-1], nodes.across[1:]
    west, east = nodes.up[:, :-1], nodes.up[:, 1:]
    all_four = (south >= 0) & (north >= 0) & (west >= 0) & (east >= 0)
    before = np.full(count, -1, dtype=np.int64)
    after = np.full(count, -1, dtype=np.int64)
    # For its northern and eastern side a square lies below and left, for the other two above and right.
    pairs = (
        (south, west, all_four & sw), (north, east, all_four & sw),
        (south, east, all_four & ~sw), (north, west, all_four & ~sw),
        *((one, other, ~all_four & (one >= 0) & (other >= 0))
          for k, one in enumerate((south, north, west, east))
          for other in (south, north, west, east)[k + 1 :]),
    )  # fmt: skip
    slot = {id(north): before, id(east): before, id(south): after, id(west): after}
    for one, other, where in pairs:
        slot[id(one)][one[where]] = other[where]
        slot[id(other)][other[where]] = one[where]
    return before, after


def _chained(before: NDArray[np.int64], after: NDArray[np.int64]) -> list[list[int]]:
    """Return the rings of crossings that lie next to each other."""
    sides = before.tolist(), after.tolist()
    seen = [False] * len(before)
    rings = []
    for start in range(len(before)):
        if seen[start]:
            continue
        ring, last, at = [], -1, start
        while not seen[at]:
            seen[at] = True
            ring.append(at)
            one, other = sides[0][at], sides[1][at]
            at, last = (other, at) if one == last else (one, at)
        rings.append(ring)
    return rings
