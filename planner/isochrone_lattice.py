"""The rim of an isochrone: exact times on a lattice where the answer changes, and the line between.

A first picture comes from the edges alone: every piece of road with what the limit leaves over, walked from
the nearest one. Near its rim, and wherever it turns out to be wrong, lattice points are asked like people
are. Between two neighbours of which one is inside, the rim is found by halving, on the exact times again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage

from planner import _kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.access import Stops
    from planner.traveltime import Direction, Router

# Every so many lattice points one is asked, so that the first picture is checked everywhere.
CHECKED = 8
# Halvings between two lattice points: 25 m become 20 cm.
HALVINGS = 7


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

    def at(self, edge: NDArray[np.int64], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return seconds from some places of some edges; ``inf`` = no way."""
        with np.errstate(invalid="ignore"):
            ahead = np.where(fraction == 1.0, 0.0, (1.0 - fraction) * self.ride_ahead_s[edge])
            behind = np.where(fraction == 0.0, 0.0, fraction * self.ride_behind_s[edge])
        return np.minimum(self.ahead_s[edge] + ahead, self.behind_s[edge] + behind)


def edge_times(router: Router, facilities: Stops, direction: Direction) -> EdgeTimes:
    """Return the times along every edge to (or from) the nearest facility."""
    leaving = direction == "to_facility"
    seeds = router.ends(facilities, "arriving" if leaving else "leaving")
    graph = router.graph.backward if leaving else router.graph.forward
    label = _kernels.nearest_source(*graph, seeds.node, seeds.seconds, seeds.place)[:, 0]
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
    router, facilities, direction
        Whose times.
    bounds
        West, south, east, north (metres); grown to whole steps.
    step_m
        Distance of neighbours.
    """

    def __init__(
        self,
        router: Router,
        facilities: Stops,
        direction: Direction,
        bounds: tuple[float, float, float, float],
        step_m: float,
    ) -> None:
        self.router, self.facilities, self.direction, self.step_m = router, facilities, direction, step_m
        west, south, east, north = bounds
        self.west, self.south = np.floor(west / step_m) * step_m, np.floor(south / step_m) * step_m
        self.shape = (
            int(np.ceil((north - self.south) / step_m)) + 2, int(np.ceil((east - self.west) / step_m)) + 2
        )  # fmt: skip
        self.times = edge_times(router, facilities, direction)
        self._lines = router.access.snapper.lines
        # Edges on which a facility is reached without leaving them: their times are not those of their ends.
        self.own = np.zeros(router.network.edges, dtype=bool)
        for snap in (facilities.leaving, facilities.arriving):
            self.own[snap.edge] = True
        self._beside: tuple[NDArray[np.int64], NDArray[np.int64]] = (np.empty(0, np.int64),) * 2
        self.first = self._first_picture()
        self.exact = np.full(self.shape, np.nan)
        # The one edge that a point joins; -1 where there are several, or none.
        self.edge = np.full(self.shape, -1, dtype=np.int64)

    def _first_picture(self) -> NDArray[np.float32]:
        """Return rough times: from the nearest piece of road, whatever lies between."""
        router, step = self.router, self.step_m
        usable = np.flatnonzero(router.access.snapper.usable)
        line = self._lines[usable]
        west, south = self.west, self.south
        zone = shapely.box(west, south, west + self.shape[1] * step, south + self.shape[0] * step)
        near = shapely.intersects(shapely.box(*shapely.bounds(line).T), zone)
        usable, line = usable[near], line[near]
        out = np.full(self.shape, np.inf, dtype=np.float32)
        if len(usable) == 0:
            return out
        count = np.maximum(np.ceil(shapely.length(line) / step).astype(np.int64), 1) + 1
        of = np.repeat(np.arange(len(usable)), count)
        number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        share = number / np.repeat(count - 1, count)
        xy = shapely.get_coordinates(shapely.line_interpolate_point(line[of], share, normalized=True))
        seconds = self.times.at(usable[of], share)
        column = np.rint((xy[:, 0] - west) / step).astype(np.int64)
        row = np.rint((xy[:, 1] - south) / step).astype(np.int64)
        here = (column >= 0) & (row >= 0) & (column < self.shape[1]) & (row < self.shape[0])
        # The quickest of a cell is written last.
        order = np.flatnonzero(here)[np.argsort(-seconds[here], kind="stable")]
        # Who is on the facility's own edge need not go to its end: those points are asked first.
        mine = here & self.own[usable[of]]
        self._beside = row[mine], column[mine]
        road = np.full(self.shape, np.nan, dtype=np.float32)
        road[row[order], column[order]] = seconds[order]
        away, (r, c) = ndimage.distance_transform_edt(np.isnan(road), sampling=step, return_indices=True)
        walk = (away * router.rule.seconds_per_m()).astype(np.float32)
        return np.where(away <= router.rule.max_distance_m, road[r, c] + walk, np.float32(np.inf))

    def points(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return some lattice points (metres)."""
        xy = self.west + column * self.step_m, self.south + row * self.step_m
        return np.asarray(shapely.points(*xy), dtype=object)

    def ask(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> None:
        """Compute the exact times of some points, by the rules for people."""
        new = np.isnan(self.exact[row, column])
        row, column = row[new], column[new]
        if len(row) == 0:
            return
        stops = self.router.stops(self.points(row, column))
        self.exact[row, column] = self.router.nearest(
            stops, self.facilities, direction=self.direction
        ).travel_s
        snap = stops.leaving if self.direction == "to_facility" else stops.arriving
        once = np.bincount(snap.point, minlength=len(row))[snap.point] == 1
        plain = once & ~self.own[snap.edge]
        self.edge[row[snap.point[plain]], column[snap.point[plain]]] = snap.edge[plain]

    def inside(self, limit_s: float) -> NDArray[np.bool_]:
        """Return which points are within a limit (included), exact wherever the answer changes."""
        some = np.zeros(self.shape, dtype=bool)
        some[::CHECKED, ::CHECKED] = True
        within = self.first <= limit_s
        some |= _rim(within)
        some[self._beside] = True
        while some.any():
            self.ask(*np.nonzero(some & np.isnan(self.exact)))
            within = np.where(np.isnan(self.exact), self.first, self.exact) <= limit_s
            # What touches the rim, or a point of which the first picture was wrong, is asked too.
            wrong = ~np.isnan(self.exact) & ((self.exact <= limit_s) != (self.first <= limit_s))
            some = (_rim(within) | ndimage.binary_dilation(wrong)) & np.isnan(self.exact)
        # Nobody is reached beyond the lattice.
        for side in (np.s_[0], np.s_[-1]):
            within[side, :] = within[:, side] = False
        return within

    def seconds(
        self, points: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return exact seconds of places (x, y) that join the nearer of two edges, or, for -1, any.

        One that lies between two points that join one edge each is taken to join one of these.
        """
        router = self.router
        place = np.asarray(shapely.points(points), dtype=object)
        out = np.empty(len(points))
        any_ = (a < 0) | (b < 0)
        if any_.any():
            stops = router.stops(place[any_])
            out[any_] = router.nearest(stops, self.facilities, direction=self.direction).travel_s
        two = np.flatnonzero(~any_)
        line_a, line_b = self._lines[a[two]], self._lines[b[two]]
        away = shapely.distance(line_a, place[two]), shapely.distance(line_b, place[two])
        nearer = away[0] <= away[1]
        edge, line = np.where(nearer, a[two], b[two]), np.where(nearer, line_a, line_b)
        fraction = np.nan_to_num(shapely.line_locate_point(line, place[two], normalized=True))
        leg_m = np.minimum(*away)
        seconds = self.times.at(edge, fraction) + leg_m * router.rule.seconds_per_m()
        # Straight across, where that is no longer than both legs.
        nearest, straight = _nearest_of(self.facilities, points[two])
        on_foot = straight <= np.minimum(router.rule.max_distance_m, leg_m + self.facilities.walk_m[nearest])
        walk = np.where(on_foot, straight * router.rule.seconds_per_m(), np.inf)
        out[two] = np.minimum(seconds, walk)
        return out


def _nearest_of(
    facilities: Stops, points: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the facility nearest to each place as the crow flies, and its distance (m)."""
    from scipy.spatial import cKDTree

    away, number = cKDTree(facilities.xy).query(points)
    return np.asarray(number, dtype=np.int64), np.asarray(away, dtype=np.float64)


def _rim(within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which points have a neighbour (of eight) with another answer."""
    full = np.ones((3, 3), dtype=bool)
    grown = ndimage.binary_dilation(within, full)
    return np.asarray(grown & ~ndimage.binary_erosion(within, full, border_value=1), dtype=bool)


def outline(lattice: Lattice, limit_s: float) -> shapely.MultiPolygon:
    """Return the area within a limit (metres): marching squares, its corners where the time is the limit."""
    within = lattice.inside(limit_s)
    nodes, crossing = _crossings(lattice, within, limit_s)
    rings = _chained(*_sides(within, nodes, len(crossing)))
    lines = [shapely.linestrings(crossing[[*ring, ring[0]]]) for ring in rings]
    area = shapely.build_area(shapely.multilinestrings(lines)) if lines else shapely.MultiPolygon()
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
    a, b = (lattice.edge[x[:, 0], x[:, 1]] for x in (in_, out))
    for _ in range(HALVINGS):
        middle = (yes + no) / 2
        near = lattice.seconds(middle, a, b) <= limit_s
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
