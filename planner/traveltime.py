"""Travel times between places and facilities: nearest, several nearest, within a limit, full tables."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
import shapely
from scipy.spatial import cKDTree

from planner import _hierarchy, _kernels
from planner.access import Access, Stops
from planner.graph import Ends, ModeGraph
from planner.land import Ground, may_walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.access import Role
    from planner.graph import Csr
    from planner.modes import Profile
    from planner.network import TravelNetwork
    from planner.scenario import AccessRule
    from planner.snapping import Snap

    T = TypeVar("T")
    Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

NONE = -1
Direction = Literal["to_facility", "from_facility"]
# Times are rounded to this, so that the sum of many pieces does not miss a limit by its last bit.
DECIMALS = 6


@dataclass(frozen=True)
class TravelTimes:
    """Seconds from each place to its nearest facility (or back).

    Attributes
    ----------
    travel_s
        float64 ``(places,)``; ``inf`` = no facility can be reached.
    facility
        int32 number of that facility; -1 where there is none.
    access_m
        float64 straight distance to the network (metres); ``inf`` = none within the limit.
    joined
        Whether any facility has an access point on the network.
    """

    travel_s: NDArray[np.float64]
    facility: NDArray[np.int32]
    access_m: NDArray[np.float64]
    joined: bool


@dataclass(frozen=True)
class SparseTimes:
    """Pairs of place and facility with their time, in order of (place, facility).

    Attributes
    ----------
    place, facility
        int32 numbers.
    travel_s
        float64.
    """

    place: NDArray[np.int32]
    facility: NDArray[np.int32]
    travel_s: NDArray[np.float64]


@dataclass(frozen=True)
class Search:
    """A nearest-facility search that can be continued when a facility opens or closes.

    Attributes
    ----------
    places, facilities
        The two sides.
    direction
        Which way people travel.
    label
        float64 ``(nodes, 2)``: time and nearest facility of every node.
    times
        The answer.
    """

    places: Stops
    facilities: Stops
    direction: Direction
    label: NDArray[np.float64]
    times: TravelTimes


class Router:
    """Times of one profile (mode and season) on a network; prepared once, asked many times.

    Where walking straight across is no longer than the two access legs, that is what people do.

    Parameters
    ----------
    network
        With seconds for ``profile``.
    profile
        Whom it is for; access legs are on foot.
    rule
        Speed, detour and limit of the access legs.
    ground
        What walks may not cross.
    edge_home
        The landmass of each edge, where it is known already.
    base
        The router of the network of which this one is a patched copy.
    """

    def __init__(
        self,
        network: TravelNetwork,
        profile: Profile,
        *,
        rule: AccessRule,
        ground: Ground | None = None,
        edge_home: NDArray[np.int32] | None = None,
        base: Router | None = None,
    ) -> None:
        self.network, self.profile, self.rule = network, profile, rule
        self.ground = Ground() if ground is None else ground
        self.access = Access(
            network, profile, rule=rule, ground=self.ground, edge_home=edge_home,
            base=base.access if base is not None else None,
        )  # fmt: skip
        self.graph = ModeGraph(network, profile)

    def stops(self, points: NDArray[np.object_], *, on_edge: NDArray[np.int64] | None = None) -> Stops:
        """Return places or facilities joined to the network (see :class:`planner.access.Access`)."""
        return self.access.stops(points, on_edge=on_edge)

    def ends(self, stops: Stops, role: Role) -> Ends:
        """Return the nodes where trips from (``leaving``) or to places get on to or off the graph."""
        snap = stops.leaving if role == "leaving" else stops.arriving
        one = self.network.impedance[self.profile]
        leg_s = snap.access_m * self.rule.seconds_per_m()
        forward, backward = one.forward_s[snap.edge], one.backward_s[snap.edge]
        start, stop = self.network.edge_from[snap.edge], self.network.edge_to[snap.edge]
        ahead, behind = 1.0 - snap.fraction, snap.fraction
        if role == "leaving":
            node = [stop, start]
            seconds = [leg_s + _part(ahead, forward), leg_s + _part(behind, backward)]
        else:
            node = [start, stop]
            seconds = [leg_s + _part(behind, forward), leg_s + _part(ahead, backward)]
            if self.graph.copy is not None:
                # A trip ends on the copies of local roads, or has never left them.
                node += [self.graph.copy[n] for n in node]
                seconds += seconds
        place = np.tile(snap.point.astype(np.int32), len(node))
        ends = Ends(place, np.concatenate(node), np.concatenate(seconds))
        open_ = ends.seconds < np.inf
        return Ends(ends.place[open_], ends.node[open_], ends.seconds[open_])

    def nearest(
        self, places: Stops, facilities: Stops, *, direction: Direction = "to_facility"
    ) -> TravelTimes:
        """Return each place's time to (or from) its nearest facility.

        Of facilities equally near, the first in order counts.
        """
        return self.search(places, facilities, direction=direction).times

    def search(self, places: Stops, facilities: Stops, *, direction: Direction = "to_facility") -> Search:
        """Return the nearest facilities as a search that :meth:`opened` and :meth:`closed` continue."""
        role, other = _roles(direction)
        seeds = self.ends(facilities, other)
        label = _kernels.nearest_source(*self._graph(direction), seeds.node, seeds.seconds, seeds.place)
        best = _Best(len(places))
        self._offer(best, self.ends(places, role), label)
        best.offer(*self._direct(places, facilities, direction))
        joined = len(facilities.nearest.point) > 0
        return Search(places, facilities, direction, label, best.times(places.access_m, joined=joined))

    def opened(self, search: Search, point: shapely.Point, position: int) -> Search:
        """Return a search with one facility more; only what it improves is computed again.

        Parameters
        ----------
        search
            From :meth:`search` (or this) of this router.
        point
            Where it opens (metres).
        position
            Its number among the facilities; those from there on move up by one.
        """
        facilities, label = search.facilities, search.label.copy()
        label[label[:, 1] >= position, 1] += 1
        points = np.insert(facilities.points, position, None)
        points[position] = point
        more = self.stops(points[position : position + 1])
        moved = facilities.nearest.point + (facilities.nearest.point >= position)
        all_ = Stops(
            self.access, points, _merged(facilities.nearest, moved, more.nearest, position),
            np.insert(facilities.home, position, more.home[0]),
        )  # fmt: skip
        role, other = _roles(search.direction)
        seeds = self.ends(more, other)
        owner = np.full(len(seeds.node), position, dtype=np.int32)
        _kernels.open_source(*self._graph(search.direction), label, seeds.node, seeds.seconds, owner)
        best = _Best(len(search.places))
        old = search.times
        best.travel_s[:] = old.travel_s
        best.facility[:] = np.where(old.facility >= position, old.facility + 1, old.facility)
        ends = self.ends(search.places, role)
        mine = label[ends.node, 1] == position
        self._offer(best, Ends(ends.place[mine], ends.node[mine], ends.seconds[mine]), label)
        place, facility, seconds = self._direct(search.places, more, search.direction)
        best.offer(place, facility + position, seconds)
        times = best.times(search.places.access_m, joined=old.joined or len(more.nearest.point) > 0)
        return Search(search.places, all_, search.direction, label, times)

    def closed(self, search: Search, position: int) -> Search:
        """Return a search with one facility less; only the places it served are computed again."""
        label = search.label.copy()
        facilities = search.facilities
        kept = facilities.nearest.point != position
        point = facilities.nearest.point[kept]
        snap = facilities.nearest
        rest = Stops(
            self.access, np.delete(facilities.points, position),
            type(snap)(point - (point > position), snap.edge[kept], snap.fraction[kept], snap.access_m[kept]),
            np.delete(facilities.home, position),
        )  # fmt: skip
        role, other = _roles(search.direction)
        seeds = self.ends(rest, other)
        label[:, 1] = np.where(label[:, 1] == position, np.inf, label[:, 1] - (label[:, 1] > position))
        graph, (into_first, into_tail, _) = (
            (self.graph.backward, self.graph.forward) if search.direction == "to_facility"
            else (self.graph.forward, self.graph.backward)
        )  # fmt: skip
        _kernels.close_source(
            *graph, into_first, into_tail, label, np.inf, seeds.node, seeds.seconds, seeds.place
        )
        old = search.times
        lost = old.facility == position
        best = _Best(len(search.places))
        best.travel_s[:] = np.where(lost, np.inf, old.travel_s)
        best.facility[:] = np.where(lost, NONE, old.facility - (old.facility > position))
        ends = self.ends(search.places, role)
        mine = lost[ends.place]
        self._offer(best, Ends(ends.place[mine], ends.node[mine], ends.seconds[mine]), label)
        place, facility, seconds = self._direct(search.places, rest, search.direction)
        mine = lost[place]
        best.offer(place[mine], facility[mine], seconds[mine])
        times = best.times(search.places.access_m, joined=len(rest.nearest.point) > 0)
        return Search(search.places, rest, search.direction, label, times)

    def nearest_k(
        self, places: Stops, facilities: Stops, k: int, *, direction: Direction = "to_facility"
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return times (s) and numbers of each place's k nearest facilities, both ``(places, k)``.

        In order of (time, facility); ``inf`` and -1 where fewer can be reached.
        """
        role, other = _roles(direction)
        seeds = self.ends(facilities, other)
        time, owner = _kernels.k_nearest_sources(
            *self._graph(direction), seeds.node, seeds.seconds, seeds.place, k
        )
        ends = self.ends(places, role)
        place = np.repeat(ends.place, k).astype(np.int64)
        seconds = np.repeat(ends.seconds, k) + time[ends.node].ravel()
        facility = owner[ends.node].ravel().astype(np.int64)
        direct = self._direct(places, facilities, direction)
        return _k_best(
            np.concatenate([place, direct[0]]), np.concatenate([facility, direct[1]]),
            np.concatenate([seconds, direct[2]]), len(places), k,
        )  # fmt: skip

    def within(
        self,
        places: Stops,
        facilities: Stops,
        cutoff_s: float,
        *,
        direction: Direction = "to_facility",
        workers: int | None = None,
    ) -> SparseTimes:
        """Return all pairs no further apart than ``cutoff_s`` (included).

        One bounded search a facility, on all processors (or ``workers``); memory grows with the pairs found.
        """
        role, other = _roles(direction)
        seed_first, node, seconds = self.ends(facilities, other).by_place(len(facilities))
        by_node = self.ends(places, role).by_node(self.graph.nodes)
        graph = self._graph(direction)
        # A little more, then the exact comparison on rounded times.
        reach = cutoff_s + 10.0**-DECIMALS

        def some(low: int, high: int) -> Csr:
            span = slice(seed_first[low], seed_first[high])
            first = seed_first[low : high + 1] - seed_first[low]
            return _kernels.within_cutoff(  # type: ignore[no-any-return]
                *graph, first, node[span], seconds[span], *by_node, len(places), reach
            )

        parts = _in_parallel(some, len(facilities), workers)
        count = np.concatenate([np.diff(first) for _, (first, _, _) in parts] or [np.empty(0, np.int64)])
        facility = np.repeat(np.arange(len(count), dtype=np.int32), count)
        place = np.concatenate([p for _, (_, p, _) in parts] or [np.empty(0, np.int32)])
        found = np.concatenate([s for _, (_, _, s) in parts] or [np.empty(0)])
        del parts
        direct = self._direct(places, facilities, direction, cutoff_s=reach)
        return _sparse(place, facility, found, direct, cutoff_s)

    def matrix(
        self,
        places: Stops,
        facilities: Stops,
        *,
        direction: Direction = "to_facility",
        workers: int | None = None,
    ) -> NDArray[np.float64]:
        """Return all times (s), float64 ``(places, facilities)``; ``inf`` = no way.

        By a contraction hierarchy that is made at the first call. For more pairs than memory holds, ask
        for one block of places after another: the hierarchy and the facilities are used again.
        """
        tree = self.graph.hierarchy
        role, other = _roles(direction)
        ends = self.ends(places, role)
        leaving = direction == "to_facility"
        goal = tree.labels(self.ends(facilities, other), len(facilities), leaving=not leaving)
        out = np.empty((len(places), len(facilities)))
        # Joining labels costs a pass over a place's label for each pair; sweeping one over all arcs
        # for each facility.
        start = tree.labels(ends, len(places), leaving=leaving)
        if len(start[1]) <= len(tree.up_head):

            def some(low: int, high: int) -> None:
                _hierarchy.join_labels(*start, *goal, self.graph.nodes, out, low, high)
        else:
            first, node, seconds = ends.by_place(len(places))
            times = tree.up_s if leaving else tree.down_s

            def some(low: int, high: int) -> None:
                _hierarchy.sweep(
                    tree.up_first, tree.up_head, times, *goal, first, tree.rank[node], seconds, out, low, high
                )

        _in_parallel(some, len(facilities), workers)
        place, facility, direct_s = self._direct(places, facilities, direction)
        np.minimum.at(out, (place, facility), direct_s)
        return np.round(out, DECIMALS, out=out)

    def _graph(self, direction: Direction) -> Csr:
        return self.graph.backward if direction == "to_facility" else self.graph.forward

    def _offer(self, best: _Best, ends: Ends, label: NDArray[np.float64]) -> None:
        at = label[ends.node]
        known = at[:, 0] < np.inf
        best.offer(ends.place[known], at[known, 1].astype(np.int64), ends.seconds[known] + at[known, 0])

    def _direct(
        self, places: Stops, facilities: Stops, direction: Direction, *, cutoff_s: float = np.inf
    ) -> Pairs:
        """Return the pairs (place, facility, seconds) on one edge, and those within a straight walk."""
        start, stop = (places, facilities) if direction == "to_facility" else (facilities, places)
        a, b, along = self._along_one_edge(start.leaving, stop.arriving)
        c, d, walk = self._straight(places, facilities)
        if direction == "from_facility":
            a, b = b, a
        place, facility, seconds = (np.concatenate(x) for x in ((a, c), (b, d), (along, walk)))
        near = seconds <= cutoff_s
        return place[near], facility[near], seconds[near]

    def _along_one_edge(self, start: Snap, stop: Snap) -> Pairs:
        one = self.network.impedance[self.profile]
        a, b = _same_edge(start.edge, stop.edge)
        step = stop.fraction[b] - start.fraction[a]
        edge = start.edge[a]
        ride = np.where(
            step >= 0, _part(np.abs(step), one.forward_s[edge]), _part(np.abs(step), one.backward_s[edge])
        )
        legs = (start.access_m[a] + stop.access_m[b]) * self.rule.seconds_per_m()
        open_ = ride < np.inf
        return start.point[a][open_], stop.point[b][open_], (ride + legs)[open_]

    def _straight(self, places: Stops, facilities: Stops) -> Pairs:
        """Return the pairs where the straight walk is no longer than both access legs together.

        So a place on a facility takes no time, and no one is made to walk to the road and back. A place
        without an access point may walk straight as far as the access limit.
        """
        limit = self.rule.max_distance_m
        out: list[Pairs] = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
        for group in (np.isfinite(facilities.access_m), ~np.isfinite(facilities.access_m)):
            which = np.flatnonzero(group)
            if len(which) == 0 or len(places) == 0:
                continue
            reach = np.minimum(limit, places.access_m + facilities.access_m[which].max())
            tree = cKDTree(facilities.xy[which])
            near = tree.query_ball_point(places.xy, reach * (1 + 1e-12) + 1e-9, return_length=True)
            some = np.flatnonzero(near)
            lists = tree.query_ball_point(places.xy[some], reach[some] * (1 + 1e-12) + 1e-9)
            if len(some) == 0:
                continue
            place = np.repeat(some, near[some])
            facility = which[np.concatenate([np.asarray(n, dtype=np.int64) for n in lists])]
            straight = np.hypot(*(places.xy[place] - facilities.xy[facility]).T)
            allowed = straight <= np.minimum(limit, places.access_m[place] + facilities.access_m[facility])
            place, facility, straight = place[allowed], facility[allowed], straight[allowed]
            dry = self.ground.dry(
                places.points[place],
                facilities.points[facility],
                places.home[place],
                facilities.home[facility],
            )
            out.append((place[dry], facility[dry], straight[dry] * self.rule.seconds_per_m()))
        place, facility, seconds = (np.concatenate(x) for x in zip(*out, strict=True))
        return place, facility, seconds


class _Best:
    """The smallest time offered to each place, and the facility it leads to."""

    def __init__(self, places: int) -> None:
        self.travel_s = np.full(places, np.inf)
        self.facility = np.full(places, NONE, dtype=np.int64)

    def offer(
        self, place: NDArray[np.generic], facility: NDArray[np.generic], seconds: NDArray[np.float64]
    ) -> None:
        """Keep what is better than before; of equal times, the smaller facility."""
        order = np.lexsort((facility, seconds, place))
        order = order[seconds[order] < np.inf]
        place, facility, seconds = place[order], facility[order], seconds[order]
        first = np.ones(len(place), dtype=bool)
        first[1:] = place[1:] != place[:-1]
        place, facility, seconds = place[first], facility[first], seconds[first]
        now, owner = self.travel_s[place], self.facility[place]
        better = (seconds < now) | ((seconds == now) & (facility < owner))
        self.travel_s[place[better]] = seconds[better]
        self.facility[place[better]] = facility[better]

    def times(self, access_m: NDArray[np.float64], *, joined: bool) -> TravelTimes:
        """Return the answer, its times rounded to the microsecond."""
        travel_s = np.round(self.travel_s, DECIMALS)
        facility = self.facility.astype(np.int32)
        for array in (travel_s, facility):
            array.setflags(write=False)
        return TravelTimes(travel_s, facility, access_m, joined)


def _roles(direction: Direction) -> tuple[Role, Role]:
    """Return what places and what facilities are to a trip."""
    return ("leaving", "arriving") if direction == "to_facility" else ("arriving", "leaving")


def _part(share: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a share of an edge's seconds; no share of a closed edge takes no time."""
    with np.errstate(invalid="ignore"):
        return np.where(share == 0.0, 0.0, share * seconds)


def _merged(snap: Snap, point: NDArray[np.int64], more: Snap, position: int) -> Snap:
    """Return access points with those of one more place, in order of places."""
    at = np.searchsorted(point, position)
    return type(snap)(
        np.insert(point, at, np.full(len(more.point), position)),
        np.insert(snap.edge, at, more.edge),
        np.insert(snap.fraction, at, more.fraction),
        np.insert(snap.access_m, at, more.access_m),
    )


def _k_best(
    place: NDArray[np.int64], facility: NDArray[np.int64], seconds: NDArray[np.float64], places: int, k: int
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    seconds = np.round(seconds, DECIMALS)
    order = np.lexsort((seconds, facility, place))
    order = order[(seconds[order] < np.inf) & (facility[order] >= 0)]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (place[order][1:] != place[order][:-1]) | (facility[order][1:] != facility[order][:-1])
    order = order[new]
    order = order[np.lexsort((facility[order], seconds[order], place[order]))]
    owner = place[order]
    slot = np.arange(len(order)) - np.searchsorted(owner, owner, side="left")
    fits = slot < k
    travel_s = np.full((places, k), np.inf)
    number = np.full((places, k), NONE, dtype=np.int32)
    travel_s[owner[fits], slot[fits]] = seconds[order][fits]
    number[owner[fits], slot[fits]] = facility[order][fits]
    return travel_s, number


def _sparse(
    place: NDArray[np.int32],
    facility: NDArray[np.int32],
    seconds: NDArray[np.float64],
    direct: Pairs,
    cutoff_s: float,
) -> SparseTimes:
    """Return the shortest of each pair within the cutoff, by place, then facility."""
    if len(direct[0]):
        place = np.concatenate([place, direct[0].astype(np.int32)])
        facility = np.concatenate([facility, direct[1].astype(np.int32)])
        seconds = np.concatenate([seconds, direct[2]])
        order = np.lexsort((seconds, facility, place))
        new = np.ones(len(order), dtype=bool)
        new[1:] = (place[order][1:] != place[order][:-1]) | (facility[order][1:] != facility[order][:-1])
        order = order[new]
    else:
        # They come by facility; sorting by place keeps that order.
        order = np.argsort(place, kind="stable")
    seconds = np.round(seconds[order], DECIMALS)
    near = seconds <= cutoff_s
    return SparseTimes(place[order][near], facility[order][near], seconds[near])


def _in_parallel(work: Callable[[int, int], T], items: int, workers: int | None) -> list[tuple[int, T]]:
    """Run ``work(low, high)`` over all items on several processors; (low, result) in order."""
    count = workers or os.cpu_count() or 1
    blocks = min(items, 8 * count) if count > 1 else min(items, 1)
    if blocks == 0:
        return []
    bounds = np.linspace(0, items, blocks + 1).astype(int)
    spans = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
    if count == 1 or blocks == 1:
        return [(low, work(low, high)) for low, high in spans]
    with ThreadPoolExecutor(count) as pool:
        return list(zip((low for low, _ in spans), pool.map(lambda s: work(*s), spans), strict=True))


def _same_edge(
    origin_edge: NDArray[np.int32], seed_edge: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs (origin, seed) that lie on one edge."""
    order = np.argsort(seed_edge, kind="stable")
    low = np.searchsorted(seed_edge[order], origin_edge, side="left")
    count = np.searchsorted(seed_edge[order], origin_edge, side="right") - low
    origin = np.repeat(np.arange(len(origin_edge)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return origin, order[np.repeat(low, count) + step]


def straight_line_times(
    origins: NDArray[np.object_],
    facilities: NDArray[np.object_],
    *,
    access: AccessRule,
    ground: Ground | None = None,
) -> TravelTimes:
    """Return times for an area without roads: straight on foot × detour, on the same landmass.

    A place whose landmass is unknown (a neighbour's land) may be walked to from any. Where a water layer
    is given, the nearest facility that no water lies before counts.
    """
    ground = Ground() if ground is None else ground
    best = _Best(len(origins))
    if len(facilities) and len(origins):
        home, there = ground.home(origins), ground.home(facilities)
        if ground.water is not None:
            _straight_dry(best, origins, facilities, (home, there), ground, access)
            return best.times(np.zeros(len(origins)), joined=True)
        here_xy = shapely.get_coordinates(origins)
        for mass in np.unique(home):
            mine = np.flatnonzero(home == mass)
            open_ = np.flatnonzero(may_walk(there, np.array([mass])))
            if len(open_) == 0:
                continue
            # Of facilities on one point, the first in order counts.
            xy, first = np.unique(shapely.get_coordinates(facilities[open_]), axis=0, return_index=True)
            away, k = cKDTree(xy).query(here_xy[mine])
            best.offer(mine, open_[first[k]], away * access.seconds_per_m())
    return best.times(np.zeros(len(origins)), joined=True)


def _straight_dry(
    best: _Best,
    origins: NDArray[np.object_],
    facilities: NDArray[np.object_],
    homes: tuple[NDArray[np.int32], NDArray[np.int32]],
    ground: Ground,
    access: AccessRule,
) -> None:
    """Offer each origin the nearest facility that no water lies before, block by block of all pairs."""
    for low in range(0, len(origins), 256):
        place = np.repeat(np.arange(low, min(low + 256, len(origins))), len(facilities))
        facility = np.tile(np.arange(len(facilities)), len(place) // len(facilities))
        dry = ground.dry(origins[place], facilities[facility], homes[0][place], homes[1][facility])
        away = shapely.distance(origins[place[dry]], facilities[facility[dry]])
        best.offer(place[dry], facility[dry], away * access.seconds_per_m())
