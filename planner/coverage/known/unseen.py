"""What may be there that nobody listed, placed or drew: units, and ways to units.

A village that is covered may lie beside one that is not. Who is not reached in the former is missed for sure
only if no such unit, and no such way, could be within the limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.coverage.known.extent import ROADS
from planner.coverage.known.lost import lost_land, may_stand
from planner.coverage.known.roads import dead_ends
from planner.network.impedance import fastest_mps
from planner.scenarios.edits import ChangeSpeed
from planner.scenarios.modes import only_walked
from planner.travel.straight import straight_line_times

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.coverage.known.extent import Extent
    from planner.network.land import Ground
    from planner.scenarios.modes import Profile
    from planner.scenarios.scenario import Scenario
    from planner.travel.ways import Ways

# Pairs of places and goals that are looked at together.
BLOCK = 5_000_000


@dataclass(frozen=True)
class Unseen:
    """What may be within the limit of each demand point, though nobody listed, placed or drew it.

    Attributes
    ----------
    units
        bool ``(points,)``: a unit that is on no list.
    ways
        bool ``(points,)``: a way that is on no map, to a unit.
    lost
        bool ``(points,)``: a unit of the list that has no place.
    way_m
        How many metres away, in a straight line, a unit is at most to which such a way leads in time.
    """

    units: NDArray[np.bool_]
    ways: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    way_m: float = np.inf

    @property
    def any(self) -> NDArray[np.bool_]:
        """Any of them: bool ``(points,)``.

        Examples
        --------
        >>> unit, none = np.array([True, False]), np.array([False, False])
        >>> Unseen(unit, none, none).any.tolist()
        [True, False]
        """
        one: NDArray[np.bool_] = self.units | self.ways | self.lost
        return one


def seen(points: int) -> Unseen:
    """Return that all is listed, placed and drawn.

    Parameters
    ----------
    points
        How many demand points there are.

    Examples
    --------
    >>> seen(2).any.tolist()
    [False, False]
    """
    none = np.zeros(points, dtype=bool)
    return Unseen(none, none, none)


def by_village(extent: Extent, kinds: tuple[str, ...], village: NDArray[np.int64], layers: Layers) -> Unseen:
    """Return what is open in the villages themselves, without a look at those next to them.

    Parameters
    ----------
    extent
        What lists and roads cover.
    kinds
        Those that count.
    village
        int64 ``(points,)``, row of each demand point's village.
    layers
        A study area. Where it has no road file, :func:`find_unseen` alone knows which ways may be.

    Examples
    --------
    >>> from planner.coverage.known.extent import Extent
    >>> from planner.pipeline import demo_layers
    >>> part = Extent(lists={"pustu": np.arange(12) == 0})
    >>> by_village(part, ("pustu",), np.array([0, 1, 1]), demo_layers(12)).units.tolist()
    [False, True, True]
    """
    n = len(layers.villages)
    lists = ~extent.lists_whole(kinds, n)[village]
    on_roads = layers.roads is not None
    roads = ~extent.roads_whole(n)[village] if on_roads else np.zeros(len(village), dtype=bool)
    lost = may_stand(layers, kinds, working=True, around=extent.around)
    return Unseen(lists, roads, lost[village])


def find_unseen(  # noqa: PLR0913 - a study hands in what it has prepared
    extent: Extent,
    kinds: tuple[str, ...],
    profile: Profile,
    limit_s: float,
    *,
    layers: Layers,
    scenario: Scenario,
    demand: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    ways: Ways | None,
    ground: Ground,
    village: NDArray[np.int64] | None = None,
) -> Unseen:
    """Return what may be within a limit of each demand point, though nobody listed, placed or drew it.

    A unit that is on no list may stand anywhere on land that its list does not cover: also on the border of
    that land, where a road crosses it, and at every step along it. So may one without a place in its village
    or kecamatan (:func:`planner.coverage.known.lost.may_stand`). On land that the roads do not cover,
    every way may be straight and as quick as the mode is anywhere. Without a road file that is all land, for
    who goes by vehicle; who walks is timed on foot anyway.

    Parameters
    ----------
    extent
        What lists and roads cover.
    kinds
        Those that count.
    profile
        By what, and in which season.
    limit_s
        Seconds, included.
    layers, scenario, demand, ways, ground
        Of the study; ``ways`` is None where it has no roads.
    units
        Those that take part: Points (metres, the layers' CRS).
    village
        int64 ``(points,)``, row of each demand point's village, where it is known already.

    Examples
    --------
    The list of hospitals covers one village of twelve, and in two hours one is anywhere:

    >>> from planner.coverage.known.extent import Extent
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> from planner.scenarios.modes import Profile
    >>> gaps = find_gaps(demo_layers(12))
    >>> whole = np.arange(12) == 0
    >>> outlines = gaps.layers.villages.geometry.to_numpy()[~whole]
    >>> part = Extent(lists={"hospital": whole}, open_land={"hospital": outlines})
    >>> none = gaps.layers.facilities.iloc[:0]
    >>> unseen = find_unseen(
    ...     part, ("hospital",), Profile("car", "dry"), 7200.0, layers=gaps.layers, scenario=gaps.scenario,
    ...     demand=gaps.demand, units=none, ways=gaps.ways, ground=gaps.ground,
    ... )
    >>> bool(unseen.units.all()), bool(unseen.ways.any())
    (True, False)
    """
    if village is None:
        village = layers.villages.index.get_indexer(demand["village_code"])
    own = by_village(extent, kinds, village, layers)
    no_list = [extent.open_land[k] for k in kinds if k in extent.open_land]
    nowhere = np.empty(0, dtype=object)
    no_roads = extent.open_land.get(ROADS, nowhere) if ways is not None else nowhere
    unlisted = np.concatenate([nowhere, *no_list])
    unplaced = lost_land(layers, kinds, around=extent.around)
    lists, roads, lost = own.units, own.ways, own.lost
    # Where a whole village is in doubt already, there is nothing to look for.
    ask_lists, ask_roads = len(unlisted) > 0 and not lists.all(), len(no_roads) > 0 and not roads.all()
    ask_lost = len(unplaced) > 0 and not lost.all()
    by_vehicle = only_walked(profile.mode, roads=ways is not None)
    # Nobody gets further than this, by whatever way.
    on_foot_mps = 1.0 / scenario.access.seconds_per_m()
    way_m = limit_s * max(quickest_mps(scenario, profile.mode), on_foot_mps)
    if not ask_lists and not ask_roads and not ask_lost and not by_vehicle:
        return replace(own, way_m=way_m)
    look = _Look(profile, layers, scenario, demand, ways, ground)
    stands = look.places_along(unlisted, steps=True)
    lost_stands = look.places_along(unplaced, steps=True)
    goals = np.concatenate([units.geometry.to_numpy().astype(object), stands, lost_stands])
    if ask_lists:
        lists = lists | (look.seconds_to(stands) <= limit_s)
    if ask_lost:
        lost = lost | (look.seconds_to(lost_stands) <= limit_s)
    if by_vehicle:
        roads = roads | (look.seconds_straight(goals) <= limit_s)
    elif ask_roads:
        roads = roads | (look.seconds_unseen(no_roads, goals) <= limit_s)
    return Unseen(lists, roads, lost, way_m)


def quickest_mps(scenario: Scenario, mode: str) -> float:
    """Return the most metres a second of a mode on any road, also where edits make it quicker.

    Parameters
    ----------
    scenario
        Its speeds and edits.
    mode
        One of the scenario's.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> faster = default_scenario().model_copy(update={"edits": (ChangeSpeed(mode="car", factor=2.0),)})
    >>> round(quickest_mps(faster, "car"), 2)
    33.33
    """
    factor = 1.0
    for edit in scenario.edits:
        if isinstance(edit, ChangeSpeed) and edit.mode == mode:
            factor *= max(edit.factor, 1.0)
    return fastest_mps(scenario.modes[mode]) * factor


@dataclass(frozen=True)
class _Look:
    profile: Profile
    layers: Layers
    scenario: Scenario
    demand: gpd.GeoDataFrame
    ways: Ways | None
    ground: Ground

    def places_along(self, outlines: NDArray[np.object_], *, steps: bool) -> NDArray[np.object_]:
        """Return where roads cross the border of some land, and with ``steps`` places along all of it."""
        if not len(outlines):
            return np.empty(0, dtype=object)
        border = shapely.boundary(shapely.union_all(outlines))
        found = [np.empty((0, 2))]
        if steps:
            found.append(shapely.get_coordinates(shapely.segmentize(border, self.scenario.doubt.border_m)))
        if self.layers.roads is not None:
            line = self.layers.roads.geometry.to_numpy()
            shapely.prepare(border)
            crossing = line[shapely.intersects(border, line)]
            found.append(shapely.get_coordinates(shapely.intersection(crossing, border)))
        return np.asarray(shapely.points(np.unique(np.concatenate(found), axis=0)), dtype=object)

    def seconds_to(self, places: NDArray[np.object_]) -> NDArray[np.float64]:
        """Return the seconds from each demand point to the nearest of some places, by the ways known."""
        if not len(places):
            return np.full(len(self.demand), np.inf)
        if self.ways is None:
            origins = self.demand.geometry.to_numpy().astype(object)
            access = self.scenario.access
            return straight_line_times(origins, places, access=access, ground=self.ground).travel_s
        router = self.ways.router(self.profile)
        return router.nearest(self.ways.stops(self.profile), router.stops(places)).travel_s

    def seconds_straight(self, goals: NDArray[np.object_]) -> NDArray[np.float64]:
        """Return the fewest seconds from each demand point to a goal: straight, on the quickest road."""
        out = np.full(len(self.demand), np.inf)
        points = self.demand.geometry.to_numpy()
        if len(goals) and len(points):
            at, metres = shapely.STRtree(goals).query_nearest(points, return_distance=True, all_matches=False)
            out[at[0]] = metres / quickest_mps(self.scenario, self.profile.mode)
        return out

    def seconds_unseen(
        self, outlines: NDArray[np.object_], goals: NDArray[np.object_]
    ) -> NDArray[np.float64]:
        """Return the fewest seconds from each demand point to a goal, by a way through land without roads.

        Such a way leads to the land by roads that are known, or on foot; is straight and quick within it;
        and leads on to the goal by roads that are known, or on foot.
        """
        assert self.ways is not None
        router = self.ways.router(self.profile)
        s_a_metre = 1.0 / quickest_mps(self.scenario, self.profile.mode)
        land = shapely.union_all(outlines)
        exits = np.concatenate([self.places_along(outlines, steps=False), self._dead_ends(land)])
        # Goals on the land or near it, and where one comes back to known roads that lead to one.
        off = shapely.distance(land, goals)
        near = self._on_foot(off)
        ends, rest = [shapely.get_coordinates(goals[np.isfinite(near)])], [near[np.isfinite(near)]]
        if len(exits) and len(goals):
            on = router.nearest(router.stops(exits), router.stops(goals)).travel_s
            ends.append(shapely.get_coordinates(exits[np.isfinite(on)]))
            rest.append(on[np.isfinite(on)])
        xy, more = np.concatenate(ends), np.concatenate(rest)
        out = np.full(len(self.demand), np.inf)
        if not len(xy):
            return out
        points = self.demand.geometry.to_numpy()
        # No way through the land to a goal is quicker than this, from anywhere.
        straight = _least(shapely.get_coordinates(points), xy, more, s_a_metre)
        walked = self._on_foot(shapely.distance(land, points)) + straight
        out = np.minimum(out, walked)
        # Who has no way at all may be cut off because roads that cross the border were left out as a whole.
        cut_off = np.isinf(self.seconds_to(goals)) if len(goals) else np.ones(len(out), dtype=bool)
        out = np.where(cut_off, straight, out)
        if len(exits):
            on = _least(shapely.get_coordinates(exits), xy, more, s_a_metre)
            out = np.minimum(out, np.maximum(self.seconds_to(exits) + on.min(), straight))
        return np.asarray(out, dtype=np.float64)

    def _on_foot(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many seconds more than on the quickest road a walk takes; inf where it is too long."""
        access = self.scenario.access
        s_a_metre = 1.0 / quickest_mps(self.scenario, self.profile.mode)
        more = max(access.seconds_per_m() - s_a_metre, 0.0)
        return np.where(metres <= access.max_distance_m, metres * more, np.inf)

    def _dead_ends(self, land: shapely.Geometry) -> NDArray[np.object_]:
        """Return the dead ends of known roads that lie on some land, or so near that they may go on there."""
        assert self.layers.roads is not None
        ends = np.asarray(shapely.points(dead_ends(self.layers.roads)[0]), dtype=object)
        shapely.prepare(land)
        near = shapely.dwithin(land, ends, self.scenario.doubt.neighbours_m)
        return np.asarray(ends[near], dtype=object)


def _least(
    here: NDArray[np.float64], there: NDArray[np.float64], more: NDArray[np.float64], s_a_metre: float
) -> NDArray[np.float64]:
    """Return by place the fewest seconds to any goal: straight, and then so many more."""
    out = np.empty(len(here))
    rows = max(BLOCK // max(len(there), 1), 1)
    for low in range(0, len(here), rows):
        block = here[low : low + rows]
        away = np.hypot(block[:, None, 0] - there[:, 0], block[:, None, 1] - there[:, 1])
        out[low : low + rows] = (away * s_a_metre + more).min(axis=1)
    return out
