"""The way from a place to a facility: its line, leg by leg."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops

from geodata.crs import known_crs
from planner.kernels import dijkstra
from planner.network.build import ON_FERRY, WATERWAY
from planner.travel.times import SECOND_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.network.build import TravelNetwork
    from planner.network.graph import Ends
    from planner.travel.access import Stops
    from planner.travel.router import Router

LegKind = Literal["access", "walk", "road", "wait", "ferry", "boat", "egress"]
ON_EDGE: dict[int, LegKind] = {ON_FERRY: "ferry", WATERWAY: "boat"}


@dataclass(frozen=True)
class Leg:
    """One leg of a trip.

    Attributes
    ----------
    kind
        ``access`` and ``egress`` on foot, ``walk`` straight across, ``road``, ``wait`` for a ferry,
        ``ferry``, ``boat`` on a waterway.
    travel_s, length_m
        Seconds, and metres along the line (of a walk: straight).
    line
        LineString (metric CRS) in the direction of travel; of no length for a wait.
    road_ids
        The roads it runs along, in order.
    """

    kind: LegKind
    travel_s: float
    length_m: float
    line: shapely.LineString
    road_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Path:
    """A trip; ``travel_s`` is the sum of its legs, to the microsecond."""

    travel_s: float
    legs: tuple[Leg, ...]
    crs: str

    @property
    def length_m(self) -> float:
        """Metres along all of it."""
        return sum(leg.length_m for leg in self.legs)

    def line(self) -> shapely.LineString:
        """Return all of it as one line, in the direction of travel; of no length for a trip of none.

        Examples
        --------
        >>> lines = [shapely.LineString(ends) for ends in ([(0, 0), (9, 0)], [(9, 0), (9, 9)])]
        >>> Path(2.0, tuple(Leg("road", 1.0, 9.0, line) for line in lines), "EPSG:32748").line()
        <LINESTRING (0 0, 9 0, 9 9)>
        """
        xy = np.vstack([shapely.get_coordinates(leg.line) for leg in self.legs])
        kept = np.concatenate([[True], (np.diff(xy, axis=0) != 0).any(axis=1)])
        return shapely.LineString(xy[kept] if kept.sum() > 1 else xy[[0, -1]])

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return one row a leg: leg (its kind), minutes, length_m, road_ids; lines in the trip's CRS.

        Examples
        --------
        >>> line = shapely.LineString([(0, 0), (1000, 0)])
        >>> legs = Path(90.0, (Leg("road", 90.0, 1000.0, line, ("w1#0",)),), "EPSG:32748").to_frame()
        >>> legs[["leg", "minutes", "length_m"]].to_numpy().tolist()
        [['road', 1.5, 1000.0]]
        """
        return gpd.GeoDataFrame(
            {
                "leg": pd.Series([leg.kind for leg in self.legs], dtype="str"),
                "minutes": [leg.travel_s / 60.0 for leg in self.legs],
                "length_m": [leg.length_m for leg in self.legs],
                "road_ids": [list(leg.road_ids) for leg in self.legs],
            },
            geometry=[leg.line for leg in self.legs],
            crs=known_crs(self.crs),
        )


@dataclass(frozen=True)
class _Step:
    """A stretch of an edge, from one share of its length to another, or a wait (edge -1)."""

    edge: int
    begin: float
    end: float
    travel_s: float
    place: tuple[float, float] = (0.0, 0.0)


def find_path(router: Router, start: Stops, stop: Stops) -> Path | None:
    """Return the quickest way from one place to another; None where there is none.

    Parameters
    ----------
    router
        Of the mode and season.
    start, stop
        One place each, joined by :meth:`planner.travel.router.Router.stops`: from the people to the facility,
        or the other way round.

    Examples
    --------
    A place 50 m off the road, 1.56 s on foot to the metre, then 50 s on the road:

    >>> from planner.travel.street import street_router
    >>> router = street_router()
    >>> home, unit = (router.stops(shapely.points([at])) for at in ([400.0, 50.0], [900.0, 0.0]))
    >>> path = find_path(router, home, unit)
    >>> [(leg.kind, round(leg.travel_s, 6), leg.length_m) for leg in path.legs]
    [('access', 78.0, 50.0), ('road', 50.0, 500.0)]
    """
    return _quickest(router, start, stop, _tree_to(router, stop, router.graph.arc_numbers(towards=True)))


def find_paths(
    router: Router, starts: Mapping[int, Stops], stops: Mapping[int, Stops], pairs: NDArray[np.int64]
) -> list[Path | None]:
    """Return the quickest way of each pair, as :func:`find_path` does; each end is searched from once.

    Parameters
    ----------
    router
        Of the mode and season.
    starts, stops
        By number, one place each, joined by :meth:`planner.travel.router.Router.stops`.
    pairs
        int64 ``(pairs, 2)``: the number of a start, and that of a stop.

    Returns
    -------
    paths
        In the order of the pairs; None where there is no way.

    Examples
    --------
    >>> from planner.travel.street import street_router
    >>> router = street_router()
    >>> near, far, unit = (router.stops(shapely.points([[x, 0.0]])) for x in (400.0, 100.0, 900.0))
    >>> found = find_paths(router, {0: near, 1: far}, {0: unit}, np.array([[0, 0], [1, 0]]))
    >>> [path.travel_s for path in found]
    [50.0, 80.0]
    """
    found: list[Path | None] = [None] * len(pairs)
    arcs = router.graph.arc_numbers(towards=True)
    for number in np.unique(pairs[:, 1]).tolist():
        tree = _tree_to(router, stops[number], arcs)
        for row in np.flatnonzero(pairs[:, 1] == number).tolist():
            found[row] = _quickest(router, starts[int(pairs[row, 0])], stops[number], tree)
    return found


class _Tree(NamedTuple):
    """The quickest way to a place from every node: its time, the arc that it begins with, the node after.

    ``arcs`` are the network's numbers of the graph's arcs.
    """

    goal: Ends
    arcs: NDArray[np.int64]
    time: NDArray[np.float64]
    arc: NDArray[np.int64]
    before: NDArray[np.int32]


def _tree_to(router: Router, stop: Stops, arcs: NDArray[np.int64]) -> _Tree:
    goal = router.ends(stop, "arriving")
    return _Tree(goal, arcs, *dijkstra.shortest_tree(*router.graph.backward, goal.node, goal.seconds))


def _quickest(router: Router, start: Stops, stop: Stops, tree: _Tree) -> Path | None:
    ways = [*_walks(router, start, stop), *_along_an_edge(router, start, stop)]
    ways += _through_the_graph(router, start, stop, tree)
    if not ways:
        return None
    # Of ways that take equally long, the one with fewer legs.
    travel_s, legs = min(ways, key=lambda w: (round(w[0], SECOND_DECIMALS), len(w[1])))
    return Path(round(travel_s, SECOND_DECIMALS), tuple(legs), router.network.crs)


def _walks(router: Router, start: Stops, stop: Stops) -> list[tuple[float, list[Leg]]]:
    *_, seconds = router.straight(start, stop)
    return [(s, [_walk("walk", start.points[0], stop.points[0], s)]) for s in seconds.tolist()]


def _along_an_edge(router: Router, start: Stops, stop: Stops) -> list[tuple[float, list[Leg]]]:
    a, b, seconds = router.along_one_edge(start.leaving, stop.arriving)
    legs_m = start.leaving.access_m[a] + stop.arriving.access_m[b]
    ride_s = np.maximum(seconds - legs_m * router.rule.seconds_per_m(), 0.0)
    out = []
    for i, j, s in zip(a.tolist(), b.tolist(), ride_s.tolist(), strict=True):
        step = _Step(
            int(start.leaving.edge[i]), float(start.leaving.fraction[i]), float(stop.arriving.fraction[j]), s
        )
        out.append(_assembled(router, start, stop, i, j, [step]))
    return out


def _through_the_graph(
    router: Router, start: Stops, stop: Stops, tree: _Tree
) -> list[tuple[float, list[Leg]]]:
    begin, (goal, numbers, time, arc, before) = router.ends(start, "leaving"), tree
    total = begin.seconds + time[begin.node]
    if len(total) == 0 or np.isinf(total.min()):
        return []
    first = int(total.argmin())
    i = int(begin.snap[first])
    edge, share = int(start.leaving.edge[i]), float(start.leaving.fraction[i])
    leg_s = float(start.leaving.access_m[i]) * router.rule.seconds_per_m()
    steps = [_Step(edge, share, float(begin.forward[first]), float(begin.seconds[first]) - leg_s)]
    node = int(begin.node[first])
    seconds = router.graph.backward[2]
    while before[node] >= 0:
        if numbers[arc[node]] >= 0:
            steps.append(_step(router, int(numbers[arc[node]]), float(seconds[arc[node]])))
        node = int(before[node])
    at = np.flatnonzero(goal.node == node)
    last = int(at[goal.seconds[at].argmin()])
    j = int(goal.snap[last])
    edge, share = int(stop.arriving.edge[j]), float(stop.arriving.fraction[j])
    leg_s = float(stop.arriving.access_m[j]) * router.rule.seconds_per_m()
    steps.append(_Step(edge, 1.0 - float(goal.forward[last]), share, float(goal.seconds[last]) - leg_s))
    return [_assembled(router, start, stop, i, j, steps)]


def _step(router: Router, arc: int, seconds: float) -> _Step:
    """Return an arc of the network as a step."""
    network = router.network
    if arc < network.edges:
        return _Step(arc, 0.0, 1.0, seconds)
    if arc < 2 * network.edges:
        return _Step(arc - network.edges, 1.0, 0.0, seconds)
    x, y = network.node_xy[network.link_from[(arc - 2 * network.edges) % len(network.link_from)]].tolist()
    return _Step(-1, 0.0, 0.0, seconds, (x, y))


def _assembled(
    router: Router, start: Stops, stop: Stops, i: int, j: int, steps: list[_Step]
) -> tuple[float, list[Leg]]:
    """Return the time and the legs of a way from access point i to access point j."""
    network, per_m = router.network, router.rule.seconds_per_m()
    a, b = start.leaving, stop.arriving
    on, off = (
        shapely.line_interpolate_point(network.lines(s.edge[k : k + 1])[0], s.fraction[k], normalized=True)
        for s, k in ((a, i), (b, j))
    )
    legs = [_walk("access", start.points[0], on, float(a.access_m[i]) * per_m)]
    legs += _legs(network, [s for s in steps if s.travel_s > 0 or s.begin != s.end])
    legs.append(_walk("egress", off, stop.points[0], float(b.access_m[j]) * per_m))
    legs = [leg for leg in legs if leg.travel_s > 0 or leg.length_m > 0]
    return sum(leg.travel_s for leg in legs), legs


def _legs(network: TravelNetwork, steps: list[_Step]) -> list[Leg]:
    """Return the steps as legs: one for each stretch of one kind."""
    out = []
    for kind, group in itertools.groupby(steps, key=lambda s: _kind(network, s)):
        some = list(group)
        seconds = sum(s.travel_s for s in some)
        if kind == "wait":
            if seconds > 0:
                still = shapely.LineString([some[0].place, some[0].place])
                out.append(Leg("wait", seconds, 0.0, still))
            continue
        lines = network.lines(np.array([s.edge for s in some]))
        xy = [_stretch(line, step) for line, step in zip(lines, some, strict=True)]
        length = sum(abs(s.end - s.begin) * float(network.edge_length_m[s.edge]) for s in some)
        points = np.vstack(xy)
        kept = np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])
        points = points[kept] if kept.sum() > 1 else points[[0, -1]]
        roads = tuple(dict.fromkeys(str(network.edge_id[s.edge]) for s in some))
        out.append(Leg(kind, seconds, length, shapely.LineString(points), roads))
    return out


def _stretch(line: shapely.LineString, step: _Step) -> NDArray[np.float64]:
    """Return a step's coordinates along its edge's line."""
    whole = (step.begin, step.end) in ((0.0, 1.0), (1.0, 0.0))
    piece = line if whole else shapely.ops.substring(line, step.begin, step.end, normalized=True)
    xy: NDArray[np.float64] = shapely.get_coordinates(piece)
    return xy[::-1] if whole and step.begin else xy


def _kind(network: TravelNetwork, step: _Step) -> LegKind:
    return "wait" if step.edge < 0 else ON_EDGE.get(int(network.edge_kind[step.edge]), "road")


def _walk(kind: LegKind, begin: shapely.Point, end: shapely.Point, seconds: float) -> Leg:
    line = shapely.LineString([begin, end])
    return Leg(kind, float(seconds), line.length, line)
