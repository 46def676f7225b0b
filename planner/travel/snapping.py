"""Where on the network a place joins it: the nearest point of the nearest usable edge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.runs import run_starts
from planner.kernels.near import TIE_M
from planner.network.build import ON_FERRY, WATERWAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.network.build import TravelNetwork
    from planner.network.land import Ground
    from planner.scenarios.modes import Profile

NO_EDGE = -1
BLOCK = 1024
# A part of the network with more edges than this has a spatial index of its own.
BIG_PART = 400
# For more places than this a new index is quicker than looking at all edges in reach.
FEW_PLACES = 100
# Nearer to each other along a road, two places are one but for rounding.
SAME_PLACE_M = 1e-3


@dataclass(frozen=True)
class Snap:
    """Access points, in order of ``point``; a place may have several, or none.

    Attributes
    ----------
    point
        int64 ``(access points,)``, number of the place.
    edge
        int32 ``(access points,)``, edge of the network.
    fraction
        float64 ``(access points,)``, position along the edge, 0 at its start.
    access_m
        float64 ``(access points,)``, straight distance (metres) from the place to the edge.
    """

    point: NDArray[np.int64]
    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    access_m: NDArray[np.float64]

    def nearest_m(self, points: int) -> NDArray[np.float64]:
        """Return each place's shortest access distance (m), float64 ``(points,)``; ``inf`` where it has none.

        Examples
        --------
        >>> place, edge = np.array([0, 0]), np.array([3, 8], np.int32)
        >>> Snap(place, edge, np.array([0.5, 0.0]), np.array([40.0, 15.0])).nearest_m(2).tolist()
        [15.0, inf]
        """
        out = np.full(points, np.inf)
        np.minimum.at(out, self.point, self.access_m)
        return out


@dataclass(frozen=True)
class EdgesNear:
    """Every edge within reach of some places, kept because edits rarely change it.

    Attributes
    ----------
    which
        int64 ``(places looked at,)``, their numbers, ascending.
    edges
        Number of edges of the network that were looked at.
    point, edge, away_m
        int64, int64 and float64 ``(pairs,)``: the pairs, and their distance (metres).
    """

    which: NDArray[np.int64]
    edges: int
    point: NDArray[np.int64]
    edge: NDArray[np.int64]
    away_m: NDArray[np.float64]

    @classmethod
    def none(cls) -> EdgesNear:
        """Return a reach for which nothing has been looked at yet.

        Examples
        --------
        >>> EdgesNear.none().edges
        0
        """
        no = np.empty(0, np.int64)
        return cls(no, 0, no, no, np.empty(0))


@dataclass(frozen=True)
class _Indexed:
    """Some edges, their lines, and a spatial index of these."""

    edges: NDArray[np.int64]
    lines: NDArray[np.object_]
    tree: shapely.STRtree

    @classmethod
    def of(cls, network: TravelNetwork, edges: NDArray[np.int64]) -> _Indexed:
        lines = network.lines(edges)
        return cls(edges, lines, shapely.STRtree(lines))


class Snapper:
    """Finds access points of one profile; keeps its spatial index between calls.

    Parameters
    ----------
    network
        The network; ferries are never snapped to.
    profile
        Only edges this profile can use.
    ground
        A place never joins an edge across water.
    max_access_m
        Places further from every edge have no access point.
    base
        The snapper of the network that this one is a patched copy of, whose index serves again.
    """

    def __init__(
        self,
        network: TravelNetwork,
        profile: Profile,
        *,
        ground: Ground,
        max_access_m: float,
        base: Snapper | None = None,
    ) -> None:
        self.network, self.ground, self.max_access_m = network, ground, max_access_m
        self.usable: NDArray[np.bool_] = network.usable(profile) & (network.edge_kind != ON_FERRY)
        open_ = np.flatnonzero(self.usable)
        if base is None:
            self.indexed: tuple[_Indexed, ...] = (_Indexed.of(network, open_),)
        else:
            self.indexed = (
                *base.indexed, _Indexed.of(network, open_[open_ >= base.network.edges]),
            )  # fmt: skip

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """The LineString of each edge, object ``(edges,)``; None where the profile cannot use it.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> street_router().access.snapper.lines.tolist()
        [<LINESTRING (0 0, 1000 0)>]
        """
        out = np.full(len(self.usable), None, dtype=object)
        for one in self.indexed:
            out[one.edges] = one.lines
        return out

    def nearest(self, points: NDArray[np.object_], *, on_edge: NDArray[np.int64] | None = None) -> Snap:
        """Return the access point on the nearest edge for each place that has one.

        A place has one on each of several edges equally near: at a corner or a gate they are different ways.

        Parameters
        ----------
        points
            object ``(places,)``, Points (metres, the network's CRS).
        on_edge
            int64 ``(places,)``, the edge that a place is known to lie on, -1 where none is: nothing is
            nearer.

        Examples
        --------
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.network.convert import one_street
        >>> street = one_street()
        >>> snapper = Snapper(street, Profile("car", "dry"), ground=Ground(), max_access_m=2000.0)
        >>> snap = snapper.nearest(shapely.points([[250.0, 30.0], [250.0, 3000.0]]))
        >>> snap.point.tolist(), snap.fraction.tolist(), snap.access_m.tolist()
        ([0], [0.25], [30.0])
        """
        if on_edge is None:
            on_edge = np.full(len(points), NO_EDGE)
        there = on_edge != NO_EDGE
        there[there] = self.usable[on_edge[there]]
        known = np.flatnonzero(there)
        at, edge_at = self._nearest_of(points, np.flatnonzero(~there), self.indexed)
        point = np.concatenate([known, at])
        edge = np.concatenate([on_edge[known], edge_at])
        order = np.argsort(point, kind="stable")
        snap = self._every_pass(points, self._snap(points, point[order], edge[order]))
        if not self.ground.divides:
            return snap
        # There is no water within a metre: only places off the road are looked up.
        on_land = snap.access_m < 1.0
        far = np.flatnonzero(~on_land)
        on_land[far] = self._on_land(points, take_snaps(snap, far))
        if on_land.all():
            return snap
        # The nearest edge lies across water: the nearest on this side, if any.
        blocked = np.unique(snap.point[~on_land])
        one = np.zeros(len(self.usable), dtype=np.int32)
        return join_snaps(take_snaps(snap, on_land), self._by_distance(points, blocked, self.indexed, one))

    def nearest_of_each_part(
        self, points: NDArray[np.object_], which: NDArray[np.int64], part: NDArray[np.int32]
    ) -> Snap:
        """Return, for some places, the nearest access point on every part of the network within reach.

        Of each part every edge that is equally near.

        Parameters
        ----------
        points
            object ``(places,)``, all Points (metres, the network's CRS).
        which
            int64 ``(places to look at,)``, their numbers.
        part
            int32 ``(edges,)``, part of each edge.

        Examples
        --------
        Two streets that do not meet:

        >>> from planner.network.convert import network_of_arrays
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> xy, s = np.array([[0.0, 0.0], [1000.0, 0.0], [0.0, 90.0], [1000.0, 90.0]]), np.array([60.0, 60.0])
        >>> edges = np.array([0, 2], np.int32), np.array([1, 3], np.int32), s, s
        >>> network = network_of_arrays(xy, *edges, crs="EPSG:32748", mode="car")
        >>> snapper = Snapper(network, Profile("car", "dry"), ground=Ground(), max_access_m=2000.0)
        >>> place, part = shapely.points([[500.0, 30.0]]), np.array([0, 1], np.int32)
        >>> snapper.nearest_of_each_part(place, np.array([0]), part).access_m.tolist()
        [30.0, 60.0]
        """
        edges = np.flatnonzero(self.usable)
        size = np.bincount(part[edges], minlength=1)
        big = np.flatnonzero(size > BIG_PART)
        rest = edges[size[part[edges]] <= BIG_PART]
        found = self._by_distance(points, which, (_Indexed.of(self.network, rest),), part)
        for one in big:
            index = (_Indexed.of(self.network, edges[part[edges] == one]),)
            at, edge = self._nearest_of(points, which, index)
            snap = self._every_pass(points, self._snap(points, at, edge))
            on_land = self._on_land(points, snap)
            more = self._by_distance(points, np.unique(snap.point[~on_land]), index, part)
            found = join_snaps(found, join_snaps(take_snaps(snap, on_land), more))
        return found

    def reach(self, points: NDArray[np.object_], which: NDArray[np.int64], known: EdgesNear) -> EdgesNear:
        """Return the edges in reach of some places; what is known of the base's is not looked up again.

        Parameters
        ----------
        points
            object ``(places,)``, all Points (metres, the network's CRS).
        which
            int64 ``(places to look at,)``, their numbers.
        known
            What has been looked at; :meth:`EdgesNear.none` at first.

        Examples
        --------
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.network.convert import one_street
        >>> street = one_street()
        >>> snapper = Snapper(street, Profile("car", "dry"), ground=Ground(), max_access_m=2000.0)
        >>> around = snapper.reach(shapely.points([[500.0, 30.0]]), np.array([0]), EdgesNear.none())
        >>> around.edge.tolist(), around.away_m.tolist()
        ([0], [30.0])
        """
        new = np.setdiff1d(which, known.which)
        parts = [(known.point, known.edge, known.away_m)]
        if known.edges < self.network.edges and len(known.which) and known.edges:
            parts.append(self._in_reach(points, known.which, self.indexed[1:], closed=True))
        if len(new):
            parts.append(self._in_reach(points, new, self.indexed, closed=True))
        point, edge, away = (np.concatenate(x) for x in zip(*parts, strict=True))
        return EdgesNear(np.union1d(known.which, which), self.network.edges, point, edge, away)

    def nearest_of_each_part_in(
        self,
        points: NDArray[np.object_],
        which: NDArray[np.int64],
        around: EdgesNear,
        part: NDArray[np.int32],
    ) -> Snap:
        """Return what :meth:`nearest_of_each_part` does, from the edges known to be in reach.

        Parameters
        ----------
        points, which, part
            As :meth:`nearest_of_each_part` takes them.
        around
            From :meth:`reach`, of these places and maybe others.

        Examples
        --------
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.network.convert import one_street
        >>> street = one_street()
        >>> snapper = Snapper(street, Profile("car", "dry"), ground=Ground(), max_access_m=2000.0)
        >>> place, which = shapely.points([[500.0, 30.0]]), np.array([0])
        >>> around, part = snapper.reach(place, which, EdgesNear.none()), np.array([0], np.int32)
        >>> snapper.nearest_of_each_part_in(place, which, around, part).fraction.tolist()
        [0.5]
        """
        mine = np.isin(around.point, which) & self.usable[around.edge]
        return self._block(points, (around.point[mine], around.edge[mine], around.away_m[mine]), part)

    def _nearest_of(
        self, points: NDArray[np.object_], which: NDArray[np.int64], indexed: tuple[_Indexed, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the nearest usable edge of each place that has one: (place, edge)."""
        at, edge, away = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
        for one in indexed:
            (i, line), m = one.tree.query_nearest(
                points[which], max_distance=self.max_access_m, all_matches=True, return_distance=True
            )
            at.append(which[i])
            edge.append(one.edges[line])
            away.append(m)
        point, found, metres = np.concatenate(at), np.concatenate(edge), np.concatenate(away)
        closed = ~self.usable[found]
        if closed.any():
            # What was nearest is closed since: look again, at the open edges alone.
            again = np.unique(point[closed])
            kept = ~np.isin(point, again)
            if len(again) > FEW_PLACES:
                edges = np.concatenate([one.edges for one in indexed])
                only_open = (_Indexed.of(self.network, edges[self.usable[edges]]),)
                at_open, edge_open = self._nearest_of(points, again, only_open)
                away = shapely.distance(self.network.lines(edge_open), points[at_open])
                more = (at_open, edge_open, away)
            else:
                more = self._in_reach(points, again, indexed)
            point = np.concatenate([point[kept], more[0]])
            found = np.concatenate([found[kept], more[1]])
            metres = np.concatenate([metres[kept], more[2]])
        order = np.lexsort((metres, point))
        first = order[run_starts(point[order])]
        return self._equally_near(points, point[first], metres[first], indexed)

    def _equally_near(
        self,
        points: NDArray[np.object_],
        which: NDArray[np.int64],
        nearest_m: NDArray[np.float64],
        indexed: tuple[_Indexed, ...],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the usable edges as near as the nearest, but for rounding: (place, edge), in this order.

        The last bit of a distance depends on which way round a line was drawn.
        """
        at, edge = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for one in indexed:
            i, line = one.tree.query(points[which], predicate="dwithin", distance=nearest_m + TIE_M)
            at.append(which[i])
            edge.append(one.edges[line])
        point, found = np.concatenate(at), np.concatenate(edge)
        open_ = self.usable[found]
        point, found = point[open_], found[open_]
        order = np.lexsort((found, point))
        return point[order], found[order]

    def _in_reach(
        self,
        points: NDArray[np.object_],
        which: NDArray[np.int64],
        indexed: tuple[_Indexed, ...],
        *,
        closed: bool = False,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return every usable edge (with ``closed``, also others) in reach: (place, edge, metres)."""
        at, edge, away = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
        for one in indexed:
            i, line = one.tree.query(points[which], predicate="dwithin", distance=self.max_access_m)
            if not closed:
                open_ = self.usable[one.edges[line]]
                i, line = i[open_], line[open_]
            at.append(which[i])
            edge.append(one.edges[line])
            away.append(shapely.distance(one.lines[line], points[which[i]]))
        return np.concatenate(at), np.concatenate(edge), np.concatenate(away)

    def _by_distance(
        self,
        points: NDArray[np.object_],
        which: NDArray[np.int64],
        indexed: tuple[_Indexed, ...],
        part: NDArray[np.int32],
    ) -> Snap:
        """Return the nearest edges of each place and part that are not across water."""
        found = _empty_snap()
        # In blocks: a place in a town has hundreds of edges within reach.
        for start in range(0, len(which), BLOCK):
            block = self._block(points, self._in_reach(points, which[start : start + BLOCK], indexed), part)
            found = join_snaps(found, block)
        return found

    def _block(
        self,
        points: NDArray[np.object_],
        near: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
        part: NDArray[np.int32],
    ) -> Snap:
        point, edge, away = near
        order = np.lexsort((edge, away, part[edge], point))
        point, edge, away = point[order], edge[order], away[order]
        found = _empty_snap()
        # The nearest of each place and part, and those equally near; where all of them lie across water
        # they make way for the next.
        while len(point):
            first = run_starts(point, part[edge])
            group = np.cumsum(first) - 1
            near_by = away <= away[first][group] + TIE_M
            best = self._snap(points, point[near_by], edge[near_by])
            good = self._on_land(points, best)
            found = join_snaps(found, self._every_pass(points, take_snaps(best, good)))
            done = np.zeros(int(first.sum()), dtype=bool)
            done[group[near_by][good]] = True
            again = ~done[group] & ~near_by
            point, edge, away = point[again], edge[again], away[again]
        return found

    def _on_land(self, points: NDArray[np.object_], snap: Snap) -> NDArray[np.bool_]:
        """Return which access legs can be walked."""
        if not self.ground.divides or len(snap.point) == 0:
            return np.ones(len(snap.point), dtype=bool)
        line = self.lines[snap.edge]
        there = shapely.line_interpolate_point(line, snap.fraction, normalized=True)
        place, of = np.unique(snap.point, return_inverse=True)
        return self.ground.on_land(
            points[snap.point], there, self.ground.landmass(points[place])[of], self.ground.landmass(there),
            afloat=self.network.edge_kind[snap.edge] == WATERWAY,
        )  # fmt: skip

    def _snap(self, points: NDArray[np.object_], point: NDArray[np.int64], edge: NDArray[np.int64]) -> Snap:
        line = self.lines[edge]
        fraction = shapely.line_locate_point(line, points[point], normalized=True)
        return Snap(
            point=point.astype(np.int64),
            edge=edge.astype(np.int32),
            # A line between two nodes at one place has no length to go along.
            fraction=np.nan_to_num(fraction, nan=0.0),
            access_m=shapely.distance(line, points[point]),
        )

    def _every_pass(self, points: NDArray[np.object_], snap: Snap) -> Snap:
        """Return the access points, and those where a line that comes back on itself passes a second time.

        Out and back along one line the two are equally near, and far apart along the road.
        """
        line = self.lines[snap.edge]
        back = shapely.line_locate_point(shapely.reverse(line), points[snap.point], normalized=True)
        fraction = 1.0 - back
        again = np.abs(fraction - snap.fraction) * shapely.length(line) > SAME_PLACE_M
        second = replace(take_snaps(snap, again), fraction=fraction[again])
        return join_snaps(snap, second) if again.any() else snap


def take_snaps(snap: Snap, which: NDArray[np.bool_] | NDArray[np.int64]) -> Snap:
    """Return some of the access points.

    Parameters
    ----------
    which
        bool ``(access points,)``, or int64 row numbers, in the order wanted.

    Examples
    --------
    >>> both = Snap(np.array([0, 1]), np.array([3, 8], np.int32), np.zeros(2), np.array([40.0, 15.0]))
    >>> take_snaps(both, both.access_m < 20.0).point.tolist()
    [1]
    """
    return Snap(snap.point[which], snap.edge[which], snap.fraction[which], snap.access_m[which])


def join_snaps(a: Snap, b: Snap) -> Snap:
    """Return the access points of both, in order of their places; of one place, those of ``a`` first.

    Examples
    --------
    >>> a = Snap(np.array([1]), np.array([8], np.int32), np.zeros(1), np.array([15.0]))
    >>> b = Snap(np.array([0, 1]), np.array([3, 4], np.int32), np.zeros(2), np.array([40.0, 60.0]))
    >>> both = join_snaps(a, b)
    >>> both.point.tolist(), both.edge.tolist()
    ([0, 1, 1], [3, 8, 4])
    """
    joined = Snap(
        point=np.concatenate([a.point, b.point]),
        edge=np.concatenate([a.edge, b.edge]),
        fraction=np.concatenate([a.fraction, b.fraction]),
        access_m=np.concatenate([a.access_m, b.access_m]),
    )
    return take_snaps(joined, np.argsort(joined.point, kind="stable"))


def _empty_snap() -> Snap:
    return Snap(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0), np.empty(0))
