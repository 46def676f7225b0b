"""Travel times between places and facilities: nearest, several nearest, within a limit, full tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from geodata.errors import ConfigError
from geodata.runs import repeat_rows
from planner.kernels import dijkstra, hierarchy, many
from planner.kernels.csr import Csr
from planner.kernels.parallel import in_parallel
from planner.network.graph import Ends, ModeGraph
from planner.network.land import Ground
from planner.travel.access import Access, Stops
from planner.travel.times import (
    NO_FACILITY,
    SECOND_DECIMALS,
    BestTimes,
    SparseTimes,
    TravelTimes,
    k_best,
    sparse_times,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import shapely
    from numpy.typing import NDArray

    from planner.network.build import TravelNetwork
    from planner.scenarios.modes import Profile
    from planner.scenarios.scenario import AccessRule
    from planner.travel.access import TripEnd
    from planner.travel.snapping import Snap
    from planner.travel.times import Pairs

Direction = Literal["to_facility", "from_facility"]
# From this many facilities on, making the contraction hierarchy pays within one question.
MANY_FACILITIES = 1000


@dataclass(frozen=True)
class NearestSearch:
    """A nearest-facility search that can be continued when a facility opens or closes.

    Attributes
    ----------
    places, facilities
        The two sides.
    direction
        Which way people travel.
    label
        float64 ``(nodes, 2)``: time and nearest facility of every node.
    best
        The best of each place, not rounded.
    times
        The answer.
    """

    places: Stops
    facilities: Stops
    direction: Direction
    label: NDArray[np.float64]
    best: BestTimes
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
    edge_landmass
        int32 ``(edges,)``, the landmass of each edge, where it is known already.
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
        edge_landmass: NDArray[np.int32] | None = None,
        base: Router | None = None,
    ) -> None:
        self.network, self.profile, self.rule = network, profile, rule
        self.ground = Ground() if ground is None else ground
        self.access: Access = Access(
            network, profile, rule=rule, ground=self.ground, edge_landmass=edge_landmass,
            base=base.access if base is not None else None,
        )  # fmt: skip
        self.base = base
        self.graph = ModeGraph(network, profile)

    def stops(self, points: NDArray[np.object_], *, on_edge: NDArray[np.int64] | None = None) -> Stops:
        """Return places or facilities joined to the network (see :class:`planner.travel.access.Access`).

        After edits they keep the access points from before, so a road that is added never makes a trip
        longer; ``on_edge`` then speaks of the base's edges.

        Parameters
        ----------
        points
            object ``(places,)``, Points (metres, the network's CRS).
        on_edge
            int64 ``(places,)``, the edge that each is known to lie on, -1 where none is.

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> router.stops(shapely.points([[100.0, 20.0]])).access_m.tolist()
        [20.0]
        """
        if self.base is not None:
            return self.access.again(self.base.stops(points, on_edge=on_edge))
        return self.access.stops(points, on_edge=on_edge)

    def ends(self, stops: Stops, role: TripEnd) -> Ends:
        """Return the nodes where trips from (``leaving``) or to places get on to or off the graph.

        Examples
        --------
        From a quarter of a street of 100 s it is 75 s to its end, and 25 s back to its start:

        >>> import shapely
        >>> from planner.network.convert import network_of_arrays
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> ends, seconds = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([100.0])
        >>> edge = np.array([0], np.int32), np.array([1], np.int32), seconds, seconds
        >>> street = network_of_arrays(ends, *edge, crs="EPSG:32748", mode="car")
        >>> router = Router(street, Profile("car", "dry"), rule=default_scenario().access)
        >>> ends = router.ends(router.stops(shapely.points([[250.0, 0.0]])), "leaving")
        >>> ends.node.tolist(), ends.seconds.tolist()
        ([1, 0], [75.0, 25.0])
        """
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
        copies = self.graph.first_stretch if role == "leaving" else self.graph.last_stretch
        if copies is not None:
            node = [np.where(self.graph.ending[snap.edge], copies[n], n) for n in node]
        ends = Ends(
            np.tile(snap.point.astype(np.int32), 2), np.concatenate(node), np.concatenate(seconds),
            np.tile(np.arange(len(snap.point), dtype=np.int32), 2),
            np.repeat([True, False], len(snap.point)),
        )  # fmt: skip
        return ends.take(ends.seconds < np.inf)

    def nearest(
        self, places: Stops, facilities: Stops, *, direction: Direction = "to_facility"
    ) -> TravelTimes:
        """Return each place's time (s) to (or from) its nearest facility.

        Of facilities equally near, the first in order counts.

        Raises
        ------
        ConfigError
            ``direction`` is neither "to_facility" nor "from_facility".

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> home = router.stops(shapely.points([[400.0, 0.0]]))
        >>> units = router.stops(shapely.points([[0.0, 0.0], [900.0, 0.0]]))
        >>> times = router.nearest(home, units)
        >>> times.travel_s.tolist(), times.facility.tolist()
        ([40.0], [0])
        """
        return self.search(places, facilities, direction=direction).times

    def search(
        self, places: Stops, facilities: Stops, *, direction: Direction = "to_facility"
    ) -> NearestSearch:
        """Return the nearest facilities as a search that :meth:`opened` and :meth:`closed` continue.

        Raises
        ------
        ConfigError
            ``direction`` is neither "to_facility" nor "from_facility".

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> home = router.stops(shapely.points([[400.0, 0.0]]))
        >>> search = router.search(home, router.stops(shapely.points([[0.0, 0.0]])))
        >>> search.times.travel_s.tolist()
        [40.0]
        """
        role, other = trip_ends(direction)
        seeds = self.ends(facilities, other)
        label = dijkstra.nearest_source(*self._graph(direction), seeds.node, seeds.seconds, seeds.place)
        best = BestTimes(len(places))
        best.offer_ends(self.ends(places, role), label)
        best.offer(*self._direct(places, facilities, direction))
        joined = len(facilities.nearest.point) > 0
        times = best.times(places.access_m, joined=joined)
        return NearestSearch(places, facilities, direction, label, best, times)

    def seconds_to_nodes(self, places: Stops, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return each place's least time (s) to any of some nodes of the network.

        Parameters
        ----------
        places
            Where trips begin.
        nodes
            int64 ``(some,)``, numbers of the network's nodes.

        Returns
        -------
        seconds
            float64 ``(places,)``, not rounded; ``inf`` = no way.

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> router.seconds_to_nodes(router.stops(shapely.points([[400.0, 0.0]])), np.array([1])).tolist()
        [60.0]
        """
        copies = (self.graph.first_stretch, self.graph.last_stretch)
        seeds = np.unique(np.concatenate([nodes, *(c[nodes] for c in copies if c is not None)]))
        owner = np.zeros(len(seeds), dtype=np.int32)
        seed = seeds.astype(np.int32)
        label = dijkstra.nearest_source(*self._graph("to_facility"), seed, np.zeros(len(seed)), owner)
        best = BestTimes(len(places))
        best.offer_ends(self.ends(places, "leaving"), label)
        return best.travel_s

    def opened(self, search: NearestSearch, point: shapely.Point, position: int) -> NearestSearch:
        """Return a search with one facility more; only what it improves is computed again.

        Parameters
        ----------
        search
            From :meth:`search` (or this) of this router.
        point
            Where it opens, a Point (metres, the network's CRS).
        position
            Its number among the facilities; those from there on move up by one.

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> home = router.stops(shapely.points([[400.0, 0.0]]))
        >>> search = router.search(home, router.stops(shapely.points([[0.0, 0.0]])))
        >>> times = router.opened(search, shapely.Point(600.0, 0.0), 1).times
        >>> times.travel_s.tolist(), times.facility.tolist()
        ([20.0], [1])
        """
        facilities, label = search.facilities, search.label.copy()
        label[label[:, 1] >= position, 1] += 1
        points = np.concatenate([facilities.points[:position], [None], facilities.points[position:]])
        points[position] = point
        more = self.stops(points[position : position + 1])
        # Facilities are few: joining them all again is quicker than sorting one in.
        all_ = self.stops(points)
        role, other = trip_ends(search.direction)
        seeds = self.ends(more, other)
        owner = np.full(len(seeds.node), position, dtype=np.int32)
        dijkstra.open_source(*self._graph(search.direction), label, seeds.node, seeds.seconds, owner)
        best = BestTimes(len(search.places))
        old = search.times
        best.travel_s[:] = search.best.travel_s
        best.facility[:] = np.where(old.facility >= position, old.facility + 1, old.facility)
        ends = self.ends(search.places, role)
        mine = label[ends.node, 1] == position
        best.offer_ends(ends.take(mine), label)
        place, facility, seconds = self._direct(search.places, more, search.direction)
        best.offer(place, facility + position, seconds)
        times = best.times(search.places.access_m, joined=old.joined or len(more.nearest.point) > 0)
        return NearestSearch(search.places, all_, search.direction, label, best, times)

    def closed(self, search: NearestSearch, position: int) -> NearestSearch:
        """Return a search with one facility less; only the places it served are computed again.

        Parameters
        ----------
        search
            From :meth:`search`, :meth:`opened` or this of this router.
        position
            The facility's number; those after it move down by one.

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> home = router.stops(shapely.points([[400.0, 0.0]]))
        >>> search = router.search(home, router.stops(shapely.points([[0.0, 0.0], [900.0, 0.0]])))
        >>> times = router.closed(search, 0).times
        >>> times.travel_s.tolist(), times.facility.tolist()
        ([50.0], [0])
        """
        label = search.label.copy()
        facilities = search.facilities
        rest = self.stops(np.delete(facilities.points, position))
        role, other = trip_ends(search.direction)
        seeds = self.ends(rest, other)
        label[:, 1] = np.where(label[:, 1] == position, np.inf, label[:, 1] - (label[:, 1] > position))
        graph, (into_first, into_tail, _) = (
            (self.graph.backward, self.graph.forward) if search.direction == "to_facility"
            else (self.graph.forward, self.graph.backward)
        )  # fmt: skip
        dijkstra.close_source(
            *graph, into_first, into_tail, label, np.inf, seeds.node, seeds.seconds, seeds.place
        )
        old = search.times
        lost = old.facility == position
        best = BestTimes(len(search.places))
        best.travel_s[:] = np.where(lost, np.inf, search.best.travel_s)
        best.facility[:] = np.where(lost, NO_FACILITY, old.facility - (old.facility > position))
        ends = self.ends(search.places, role)
        mine = lost[ends.place]
        best.offer_ends(ends.take(mine), label)
        place, facility, seconds = self._direct(search.places, rest, search.direction)
        mine = lost[place]
        best.offer(place[mine], facility[mine], seconds[mine])
        times = best.times(search.places.access_m, joined=len(rest.nearest.point) > 0)
        return NearestSearch(search.places, rest, search.direction, label, best, times)

    def nearest_k(
        self, places: Stops, facilities: Stops, k: int, *, direction: Direction = "to_facility"
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return times (s) and numbers of each place's k nearest facilities.

        In order of (time, facility); ``inf`` and -1 where fewer can be reached.

        Returns
        -------
        travel_s, facility
            float64 and int32 ``(places, k)``.

        Raises
        ------
        ConfigError
            ``direction`` is neither "to_facility" nor "from_facility".

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> home = router.stops(shapely.points([[400.0, 0.0]]))
        >>> units = router.stops(shapely.points([[900.0, 0.0], [0.0, 0.0]]))
        >>> [a.tolist() for a in router.nearest_k(home, units, 3)]
        [[[40.0, 50.0, inf]], [[1, 0, -1]]]
        """
        role, other = trip_ends(direction)
        seeds = self.ends(facilities, other)
        time, owner = many.k_nearest_sources(
            *self._graph(direction), seeds.node, seeds.seconds, seeds.place, k
        )
        ends = self.ends(places, role)
        place = np.repeat(ends.place, k).astype(np.int64)
        seconds = np.repeat(ends.seconds, k) + time[ends.node].ravel()
        facility = owner[ends.node].ravel().astype(np.int64)
        direct = self._direct(places, facilities, direction)
        return k_best(
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
        """Return all pairs no further apart than ``cutoff_s`` (seconds, included).

        One bounded search a facility, on all processors (or ``workers``); for many facilities, one walk
        down a contraction hierarchy each. Memory grows with the pairs found.

        Raises
        ------
        ConfigError
            ``direction`` is neither "to_facility" nor "from_facility".

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> home = router.stops(shapely.points([[400.0, 0.0]]))
        >>> units = router.stops(shapely.points([[0.0, 0.0], [900.0, 0.0]]))
        >>> pairs = router.within(home, units, 45.0)
        >>> pairs.facility.tolist(), pairs.travel_s.tolist()
        ([0], [40.0])
        """
        # A little more, then the exact comparison on rounded times.
        reach = cutoff_s + 10.0**-SECOND_DECIMALS
        if len(facilities) >= MANY_FACILITIES:
            some, order = self._swept(places, facilities, reach, direction)
        else:
            some = self._searched(places, facilities, reach, direction)
            order = np.arange(len(facilities), dtype=np.int32)
        parts = [part for _, part in in_parallel(some, len(facilities), workers)]
        count = np.concatenate([np.empty(0, np.int64), *(np.diff(first) for first, _, _ in parts)])
        place = np.concatenate([np.empty(0, np.int32), *(p for _, p, _ in parts)])
        seconds = np.concatenate([np.empty(0), *(s for _, _, s in parts)])
        del parts
        direct = self._direct(places, facilities, direction, cutoff_s=reach)
        found = (place, np.repeat(order, count), seconds)
        return sparse_times(found, direct, (len(places), len(facilities)), cutoff_s)

    def _searched(
        self, places: Stops, facilities: Stops, reach_s: float, direction: Direction
    ) -> Callable[[int, int], Csr]:
        """Return the work of one block of facilities, by bounded searches."""
        role, other = trip_ends(direction)
        seeds = self.ends(facilities, other).by_place(len(facilities))
        by_node = self.ends(places, role).by_node(self.graph.nodes)
        graph = self._graph(direction)

        def some(low: int, high: int) -> Csr:
            span = slice(seeds.first[low], seeds.first[high])
            first = seeds.first[low : high + 1] - seeds.first[low]
            some_seeds = Csr(first, seeds.item[span], seeds.value[span])
            return Csr(*many.within_cutoff(graph, some_seeds, by_node, len(places), reach_s))

        return some

    def _swept(
        self, places: Stops, facilities: Stops, reach_s: float, direction: Direction
    ) -> tuple[Callable[[int, int], Csr], NDArray[np.int32]]:
        """Return the work of one block of facilities, by walks down the hierarchy, and their order.

        Those near to each other follow each other, so that what one walk has read is still at hand.
        """
        tree = self.graph.hierarchy
        role, other = trip_ends(direction)
        leaving = direction == "to_facility"
        goals = self.ends(facilities, other)
        deepest = np.full(len(facilities), self.graph.nodes, dtype=np.int32)
        np.minimum.at(deepest, goals.place, tree.rank[goals.node])
        order = np.argsort(deepest, kind="stable").astype(np.int32)
        number = np.empty(len(order), dtype=np.int32)
        number[order] = np.arange(len(order), dtype=np.int32)
        goals = replace(goals, place=number[goals.place])
        goal = tree.labels(goals, len(facilities), leaving=not leaving)
        ends = self.ends(places, role)
        by_node = replace(ends, node=tree.rank[ends.node]).by_node(self.graph.nodes)
        up = Csr(tree.up_first, tree.up_head, tree.up_s if leaving else tree.down_s)

        def some(low: int, high: int) -> Csr:
            return Csr(*hierarchy.sweep_within(
                up, tree.parent, tree.children, goal, by_node, len(places), reach_s, low, high
            ))  # fmt: skip

        return some, order

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

        Raises
        ------
        ConfigError
            ``direction`` is neither "to_facility" nor "from_facility".

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> homes = router.stops(shapely.points([[400.0, 0.0], [1000.0, 0.0]]))
        >>> units = router.stops(shapely.points([[0.0, 0.0], [900.0, 0.0]]))
        >>> router.matrix(homes, units).tolist()
        [[40.0, 50.0], [100.0, 10.0]]
        """
        tree = self.graph.hierarchy
        role, other = trip_ends(direction)
        ends = self.ends(places, role)
        leaving = direction == "to_facility"
        goal = tree.labels(self.ends(facilities, other), len(facilities), leaving=not leaving)
        out = np.empty((len(places), len(facilities)))
        # Joining labels costs a pass over a place's label for each pair; sweeping one over all arcs
        # for each facility.
        start = tree.labels(ends, len(places), leaving=leaving)
        if len(start[1]) <= len(tree.up_head):

            def some(low: int, high: int) -> None:
                hierarchy.join_labels(*start, *goal, self.graph.nodes, out, low, high)
        else:
            first, node, seconds = ends.by_place(len(places))
            times = tree.up_s if leaving else tree.down_s

            def some(low: int, high: int) -> None:
                hierarchy.sweep(
                    tree.up_first, tree.up_head, times, *goal, first, tree.rank[node], seconds, out, low, high
                )

        in_parallel(some, len(facilities), workers)
        place, facility, direct_s = self._direct(places, facilities, direction)
        np.minimum.at(out, (place, facility), direct_s)
        return np.round(out, SECOND_DECIMALS, out=out)

    def _graph(self, direction: Direction) -> Csr:
        return self.graph.backward if direction == "to_facility" else self.graph.forward

    def _direct(
        self, places: Stops, facilities: Stops, direction: Direction, *, cutoff_s: float = np.inf
    ) -> Pairs:
        """Return the pairs (place, facility, seconds) on one edge, and those within a straight walk."""
        start, stop = (places, facilities) if direction == "to_facility" else (facilities, places)
        i, j, along = self.along_one_edge(start.leaving, stop.arriving)
        a, b = start.leaving.point[i], stop.arriving.point[j]
        c, d, walk = self.straight(places, facilities)
        if direction == "from_facility":
            a, b = b, a
        place, facility = np.concatenate([a, c]), np.concatenate([b, d])
        seconds = np.concatenate([along, walk])
        near = seconds <= cutoff_s
        return place[near], facility[near], seconds[near]

    def along_one_edge(self, start: Snap, stop: Snap) -> Pairs:
        """Return the rides along one edge: (row of start, row of stop, seconds with both legs).

        Parameters
        ----------
        start, stop
            Access points where trips begin and end.

        Returns
        -------
        rows of start, rows of stop, seconds
            int64, int64 and float64 ``(rides,)``; edges that are closed that way are left out.

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> home, unit = (router.stops(shapely.points([[x, 0.0]])) for x in (400.0, 900.0))
        >>> [a.tolist() for a in router.along_one_edge(home.leaving, unit.arriving)]
        [[0], [0], [50.0]]
        """
        one = self.network.impedance[self.profile]
        a, b = _same_edge(start.edge, stop.edge)
        step = stop.fraction[b] - start.fraction[a]
        edge = start.edge[a]
        ride = np.where(
            step >= 0, _part(np.abs(step), one.forward_s[edge]), _part(np.abs(step), one.backward_s[edge])
        )
        legs = (start.access_m[a] + stop.access_m[b]) * self.rule.seconds_per_m()
        open_ = ride < np.inf
        return a[open_], b[open_], (ride + legs)[open_]

    def straight(self, places: Stops, facilities: Stops) -> Pairs:
        """Return the pairs (place, facility, seconds) whose straight walk is no longer than both legs.

        So a place on a facility takes no time, and no one is made to walk to the road and back. A place
        without an access point may walk straight as far as the access limit.

        Returns
        -------
        place, facility, seconds
            int64, int64 and float64 ``(pairs,)``.

        Examples
        --------
        Place and facility are 100 m off the road, and 50 m from each other:

        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> home, unit = (router.stops(shapely.points([[x, 100.0]])) for x in (400.0, 450.0))
        >>> [a.round(6).tolist() for a in router.straight(home, unit)]
        [[0], [0], [78.0]]
        """
        limit = self.rule.max_distance_m
        place, facility = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for which, tree, furthest_m in places.near_and_far:
            reach = np.minimum(limit, facilities.walk_m + furthest_m) * (1 + 1e-12) + 1e-9
            lists = tree.query_ball_point(facilities.xy, reach)
            count = np.array([len(n) for n in lists], dtype=np.int64)
            if count.sum():
                place.append(which[np.concatenate([np.asarray(n, dtype=np.int64) for n in lists if n])])
                facility.append(np.repeat(np.arange(len(facilities)), count))
        p, f = np.concatenate(place), np.concatenate(facility)
        straight = np.hypot(*(places.xy[p] - facilities.xy[f]).T)
        near = straight <= np.minimum(limit, places.walk_m[p] + facilities.walk_m[f])
        p, f, straight = p[near], f[near], straight[near]
        on_land = self.ground.on_land(
            places.points[p], facilities.points[f], places.landmass[p], facilities.landmass[f]
        )
        return p[on_land], f[on_land], straight[on_land] * self.rule.seconds_per_m()


def trip_ends(direction: Direction) -> tuple[TripEnd, TripEnd]:
    """Return what places and what facilities are to a trip.

    Raises
    ------
    ConfigError
        There is no such direction.

    Examples
    --------
    >>> trip_ends("to_facility")
    ('leaving', 'arriving')
    """
    if direction not in get_args(Direction):
        msg = f"direction is one of {', '.join(get_args(Direction))}, not {direction!r}"
        raise ConfigError(msg)
    return ("leaving", "arriving") if direction == "to_facility" else ("arriving", "leaving")


def _part(share: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a share of an edge's seconds; no share of a closed edge takes no time."""
    with np.errstate(invalid="ignore"):
        return np.where(share == 0.0, 0.0, share * seconds)


def _same_edge(
    origin_edge: NDArray[np.int32], seed_edge: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs (origin, seed) that lie on one edge."""
    order = np.argsort(seed_edge, kind="stable")
    low = np.searchsorted(seed_edge[order], origin_edge, side="left")
    count = np.searchsorted(seed_edge[order], origin_edge, side="right") - low
    origin, step = repeat_rows(count)
    return origin, order[np.repeat(low, count) + step]
