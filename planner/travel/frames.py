"""Travel times for notebooks: GeoDataFrames in, tables with ids and minutes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.arguments import require_word
from geodata.checked.frame import counts, in_crs, unique_ids
from geodata.errors import ConfigError, SchemaError, counted, first_five
from geodata.layers import require_layers
from geodata.shown import titled_table
from planner.network.build import build_network
from planner.network.edited import edited_network
from planner.network.land import Ground, land_of
from planner.network.overlay import cut_at_floods, flood_areas
from planner.scenarios.edits import FACILITY_EDITS
from planner.scenarios.modes import SEASONS, Profile
from planner.scenarios.scenario import Scenario, checked_scenario
from planner.travel.arguments import PAIR, limit_in_s, limits_s, numbers_of_pairs, require_metres
from planner.travel.isochrones import (
    CELLS_A_SIDE,
    CELLS_M,
    MOST_ASKED,
    MOST_CELLS,
    catchments,
    finest_m,
    isochrones,
    make_grid,
)
from planner.travel.paths import find_path, find_paths
from planner.travel.router import Router, trip_ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenarios.modes import Season
    from planner.travel.access import Stops
    from planner.travel.paths import Path
    from planner.travel.router import Direction

# The road on which a place was put, in frames such as a gaps' demand; so near it lies on it.
ROAD_ID, ON_ROAD_M = "road_id", 0.1


class Travel:
    """Trips of one mode in one season over a study area's roads.

    Tables give times in minutes, ``inf`` where there is no way. Places and facilities are GeoDataFrames
    (or GeoSeries) of points in any CRS; their index gives the ids. A place with a ``road_id``, as a gaps'
    demand has it, is on that road.

    Parameters
    ----------
    router
        The prepared network.
    area
        The study area (metric CRS), to which isochrones are cut.
    buffer_m
        How far outside its bounds places and facilities may lie.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, travel_by
    >>> layers = demo_layers(12)
    >>> trips = travel_by(layers, "motorcycle", season="wet")
    >>> units = layers.units("puskesmas")
    >>> places = layers.hamlets.iloc[:40]
    >>> near = trips.nearest(places, units, k=2)
    >>> near.columns.tolist()
    ['place_id', 'rank', 'facility_id', 'minutes']
    >>> pairs = trips.within(places, units, minutes=60)
    >>> bool((pairs["minutes"] <= 60).all())
    True
    >>> table = trips.matrix(places, units)
    >>> table.shape == (len(places), len(units))
    True
    >>> legs = trips.path(places.iloc[[0]], units.loc[[near["facility_id"].iloc[0]]])
    >>> bool(abs(legs["minutes"].sum() - near["minutes"].iloc[0]) < 1e-6)
    True
    >>> areas = trips.isochrones(units.iloc[:1], minutes=[15, 30], step_m=25.0)
    >>> bool(areas["area_km2"].is_monotonic_increasing)
    True
    >>> share = trips.catchments(places, units, minutes=30, cell_m=200.0)
    >>> bool((share["people_own"] <= share["people_total"]).all())
    True
    """

    def __init__(self, router: Router, area: shapely.Geometry, *, buffer_m: float = np.inf) -> None:
        self.router, self.area, self.buffer_m = router, area, buffer_m

    def __repr__(self) -> str:
        profile, network = self.router.profile, self.router.network
        return f"Travel by {profile.mode}, {profile.season} season, over {len(network.edge_id):,} road edges"

    def _repr_html_(self) -> str:
        """Show how much of the roads is open."""
        network, profile = self.router.network, self.router.profile
        row = (profile.mode, profile.season, len(network.edge_id), int(network.usable(profile).sum()))
        return titled_table(repr(self), [row], ("mode", "season", "road edges", "open to it"))

    def nearest(
        self,
        places: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame,
        *,
        k: int = 1,
        direction: Direction = "to_facility",
    ) -> pd.DataFrame:
        """Return each place's k nearest facilities: place_id, rank, facility_id, minutes.

        Places that reach fewer than k have fewer rows; one that reaches none has a row of ``inf`` minutes
        and an empty id.

        Parameters
        ----------
        places, facilities
            Points in any CRS; their index gives the ids.
        k
            How many facilities are wanted.
        direction
            Which way people travel.

        Raises
        ------
        ConfigError
            ``k`` is no whole number from 1 on, or there is no such ``direction``.
        SchemaError
            A frame is None or no GeoDataFrame, an id is empty or there twice, or a point is missing or far
            outside the study area.
        MissingCrsError
            A frame has no CRS.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> trips = Travel(router, shapely.box(-500, -500, 1500, 500))
        >>> home = gpd.GeoSeries([shapely.Point(200, 0)], index=["home"], crs="EPSG:32748")
        >>> units = gpd.GeoSeries(shapely.points([[500, 0], [800, 0]]), index=["u1", "u2"], crs="EPSG:32748")
        >>> trips.nearest(home, units).to_dict("records")
        [{'place_id': 'home', 'rank': 1, 'facility_id': 'u1', 'minutes': 0.5}]
        """
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
            msg = f"k is how many facilities are wanted: a whole number from 1 on, not {k!r}"
            raise ConfigError(msg)
        start, stop = self._stops(places, "places"), self._stops(facilities, "facilities")
        # Nobody has more near ones than there are.
        k = min(int(k), max(len(stop), 1))
        seconds, number = self.router.nearest_k(start, stop, k, direction=direction)
        keep = (number >= 0) | (np.arange(k) == 0)
        place, rank = np.nonzero(keep)
        ids = np.append(facilities.index.to_numpy(dtype=object), "")
        return pd.DataFrame(
            {
                "place_id": places.index.to_numpy()[place],
                "rank": rank + 1,
                "facility_id": ids[number[keep]],
                "minutes": seconds[keep] / 60.0,
            }
        )

    def within(
        self,
        places: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame,
        minutes: float,
        *,
        direction: Direction = "to_facility",
    ) -> pd.DataFrame:
        """Return every pair no further apart than ``minutes`` (included): place_id, facility_id, minutes.

        Parameters
        ----------
        places, facilities
            Points in any CRS; their index gives the ids.
        minutes
            The limit.
        direction
            Which way people travel.

        Raises
        ------
        ConfigError
            ``minutes`` is no number of 0 or more, or there is no such ``direction``.
        SchemaError
            A frame is None or no GeoDataFrame, an id is empty or there twice, or a point is missing or far
            outside the study area.
        MissingCrsError
            A frame has no CRS.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> trips = Travel(router, shapely.box(-500, -500, 1500, 500))
        >>> home = gpd.GeoSeries([shapely.Point(200, 0)], index=["home"], crs="EPSG:32748")
        >>> units = gpd.GeoSeries(shapely.points([[500, 0], [800, 0]]), index=["u1", "u2"], crs="EPSG:32748")
        >>> trips.within(home, units, minutes=0.5)["facility_id"].tolist()
        ['u1']
        """
        limit_s = limit_in_s(minutes)
        start, stop = self._stops(places, "places"), self._stops(facilities, "facilities")
        pairs = self.router.within(start, stop, limit_s, direction=direction)
        return pd.DataFrame(
            {
                "place_id": places.index.to_numpy()[pairs.place],
                "facility_id": facilities.index.to_numpy()[pairs.facility],
                "minutes": pairs.travel_s / 60.0,
            }
        )

    def matrix(
        self,
        places: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame,
        *,
        direction: Direction = "to_facility",
    ) -> pd.DataFrame:
        """Return all times in minutes, one row a place, one column a facility; ``inf`` where there is no way.

        Parameters
        ----------
        places, facilities
            Points in any CRS; their index gives the ids.
        direction
            Which way people travel.

        Raises
        ------
        ConfigError
            There is no such ``direction``.
        SchemaError
            A frame is None or no GeoDataFrame, an id is empty or there twice, or a point is missing or far
            outside the study area.
        MissingCrsError
            A frame has no CRS.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> trips = Travel(router, shapely.box(-500, -500, 1500, 500))
        >>> home = gpd.GeoSeries([shapely.Point(200, 0)], index=["home"], crs="EPSG:32748")
        >>> units = gpd.GeoSeries(shapely.points([[500, 0], [800, 0]]), index=["u1", "u2"], crs="EPSG:32748")
        >>> trips.matrix(home, units).to_dict("index")
        {'home': {'u1': 0.5, 'u2': 1.0}}
        """
        rows = max(len(places), 1) if hasattr(places, "iloc") else 1
        return pd.concat(self.matrix_blocks(places, facilities, rows=rows, direction=direction))

    def matrix_blocks(
        self,
        places: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame,
        *,
        rows: int = 5000,
        direction: Direction = "to_facility",
    ) -> Iterator[pd.DataFrame]:
        """Give the table of :meth:`matrix` block by block, so that it need not fit into memory.

        Parameters
        ----------
        places, facilities, direction
            As :meth:`matrix` takes them.
        rows
            Places in a block; an id that is there twice is noticed within one block only.

        Yields
        ------
        block
            Minutes, one row a place, one column a facility.

        Raises
        ------
        ConfigError
            ``rows`` is no whole number from 1 on, or there is no such ``direction``.
        SchemaError
            A frame is None or no GeoDataFrame, an id is empty or there twice, or a point is missing or far
            outside the study area.
        MissingCrsError
            A frame has no CRS.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> trips = Travel(router, shapely.box(-500, -500, 1500, 500))
        >>> homes = gpd.GeoSeries(shapely.points([[0, 0], [200, 0], [400, 0]]), crs="EPSG:32748")
        >>> unit = gpd.GeoSeries([shapely.Point(1000, 0)], crs="EPSG:32748")
        >>> [len(block) for block in trips.matrix_blocks(homes, unit, rows=2)]
        [2, 1]
        """
        if isinstance(rows, bool) or not isinstance(rows, (int, np.integer)) or rows < 1:
            msg = f"rows is how many places a block has: a whole number from 1 on, not {rows!r}"
            raise ConfigError(msg)
        stop = self._stops(facilities, "facilities")
        # Before the first block, so that what is no frame is told as such.
        self._stops(places[:0] if hasattr(places, "iloc") else places, "places")
        for low in range(0, max(len(places), 1), rows):
            some = places.iloc[low : low + rows]
            times = self.router.matrix(self._stops(some, "places"), stop, direction=direction)
            yield pd.DataFrame(times / 60.0, index=some.index, columns=facilities.index)

    def path(
        self,
        places: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame,
        *,
        direction: Direction = "to_facility",
    ) -> gpd.GeoDataFrame:
        """Return the quickest way between one place and one facility, one row a leg.

        Parameters
        ----------
        places, facilities
            One Point each, in any CRS.
        direction
            Which way people travel.

        Returns
        -------
        legs
            Columns leg (access, walk, road, wait, ferry, boat, egress), minutes, length_m, road_ids; lines
            (metres, the network's CRS) in the direction of travel. No rows where there is no way.

        Raises
        ------
        ConfigError
            There is not exactly one place and one facility.
        SchemaError
            A frame is None or no GeoDataFrame, an id is empty or there twice, or a point is missing or far
            outside the study area.
        MissingCrsError
            A frame has no CRS.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> trips = Travel(router, shapely.box(-500, -500, 1500, 500))
        >>> home = gpd.GeoSeries([shapely.Point(200, 0)], crs="EPSG:32748")
        >>> unit = gpd.GeoSeries([shapely.Point(800, 0)], crs="EPSG:32748")
        >>> trips.path(home, unit, direction="from_facility").geometry.tolist()
        [<LINESTRING (800 0, 200 0)>]
        """
        start, stop = self._stops(places, "places"), self._stops(facilities, "facilities")
        if len(start) != 1 or len(stop) != 1:
            msg = "path needs one place and one facility: give one row each, as in places.iloc[[0]]"
            raise ConfigError(msg)
        if trip_ends(direction)[0] == "arriving":
            start, stop = stop, start
        found = find_path(self.router, start, stop)
        if found is None:
            columns = ["leg", "minutes", "length_m", "road_ids"]
            return gpd.GeoDataFrame(columns=columns, geometry=[], crs=self.router.network.crs)
        return found.to_frame()

    def paths(
        self,
        places: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame,
        pairs: pd.DataFrame | None = None,
        *,
        direction: Direction = "to_facility",
    ) -> gpd.GeoDataFrame:
        """Return the quickest ways of many pairs, one row a pair: its line, its minutes and its length.

        Parameters
        ----------
        places, facilities
            Points in any CRS; their index gives the ids.
        pairs
            Which: columns ``place_id`` and ``facility_id``, as :meth:`nearest` and :meth:`within` return
            them (an empty facility is no way); every place with every facility when None.
        direction
            Which way people travel.

        Returns
        -------
        ways
            The index of ``pairs``; ``place_id``, ``facility_id``, ``minutes`` (``inf`` where there is no
            way), ``length_m`` (then NaN); LineStrings (metres, the network's CRS) in the direction of travel,
            None where there is no way.

        Raises
        ------
        ConfigError
            There is no such ``direction``.
        SchemaError
            ``pairs`` lacks a column, or names a place or facility that is not there; a frame is None or no
            GeoDataFrame, an id is empty or there twice, or a point is missing or far outside the study area.
        MissingCrsError
            A frame has no CRS.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> trips = Travel(router, shapely.box(-500, -500, 1500, 500))
        >>> homes = gpd.GeoSeries(shapely.points([[0, 0], [200, 0]]), index=["a", "b"], crs="EPSG:32748")
        >>> unit = gpd.GeoSeries([shapely.Point(800, 0)], index=["u1"], crs="EPSG:32748")
        >>> ways = trips.paths(homes, unit, trips.nearest(homes, unit))
        >>> ways["minutes"].round(6).tolist(), ways.geometry.iloc[1]
        ([1.333333, 1.0], <LINESTRING (200 0, 800 0)>)
        """
        trip_ends(direction)
        start, stop = self._stops(places, "places"), self._stops(facilities, "facilities")
        if pairs is None:
            every = pd.MultiIndex.from_product([places.index, facilities.index], names=PAIR)
            pairs = every.to_frame(index=False)
        at = numbers_of_pairs(pairs, places.index, facilities.index)
        asked = np.flatnonzero((at >= 0).all(axis=1))
        found: list[Path | None] = [None] * len(pairs)
        begin, end, numbers = self._each(start, at[asked, 0]), self._each(stop, at[asked, 1]), at[asked]
        if trip_ends(direction)[0] == "arriving":
            begin, end, numbers = end, begin, numbers[:, ::-1]
        for row, path in zip(asked.tolist(), find_paths(self.router, begin, end, numbers), strict=True):
            found[row] = path
        return gpd.GeoDataFrame(
            {
                "place_id": pairs["place_id"],
                "facility_id": pairs["facility_id"],
                "minutes": np.array([np.inf if p is None else p.travel_s / 60.0 for p in found]),
                "length_m": np.array([np.nan if p is None else p.length_m for p in found]),
            },
            geometry=gpd.GeoSeries([p and p.line() for p in found], index=pairs.index),
            crs=self.router.network.crs,
            index=pairs.index,
        )

    def _each(self, stops: Stops, wanted: NDArray[np.int64]) -> dict[int, Stops]:
        """Return the wanted places one by one, by their number."""
        return {i: stops.one(i) for i in np.unique(wanted).tolist()}

    def isochrones(
        self,
        facilities: gpd.GeoDataFrame,
        minutes: Sequence[float],
        *,
        step_m: float | None = None,
        direction: Direction = "to_facility",
    ) -> gpd.GeoDataFrame:
        """Return the area within each limit of each facility, one row each.

        Polygons are exact to well under a metre on the lines of a lattice of ``step_m`` (12.5 m, more for
        large areas, when None), and their areas right to 1 %.

        Parameters
        ----------
        facilities
            Points in any CRS; their index gives the ids.
        minutes
            The limits, included; of one facility the shortest comes first.
        step_m
            Distance (metres) of the lattice's points, a 100th of the area's side at most.
        direction
            Which way people travel.

        Returns
        -------
        areas
            Columns facility_id, minutes, area_km2, step_m; MultiPolygons in the study area's metric CRS.

        Raises
        ------
        ConfigError
            There is no facility or no limit, ``minutes`` is no list, a limit is no number of 0 or more,
            ``step_m`` is not above 0, much too small or so large that areas would be wrong, or there is no
            such ``direction``.
        SchemaError
            A frame is None or no GeoDataFrame, an id is empty or there twice, or a point is missing or far
            outside the study area.
        MissingCrsError
            A frame has no CRS.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> trips = Travel(router, shapely.box(-500, -500, 1500, 500))
        >>> unit = gpd.GeoSeries([shapely.Point(500, 0)], index=["u1"], crs="EPSG:32748")
        >>> areas = trips.isochrones(unit, minutes=[0.5, 1], step_m=10.0)
        >>> areas.contains(shapely.Point(0, 0)).tolist()
        [False, True]
        """
        stops = self._stops(facilities, "facilities")
        limits = limits_s(minutes)
        if len(stops) == 0 or len(limits) == 0:
            msg = "isochrones need at least one facility and at least one limit"
            raise ConfigError(msg)
        require_metres(step_m, "step_m")
        parts = []
        for i in range(len(stops)):
            one = self.router.stops(stops.points[i : i + 1])
            found = isochrones(self.router, one, limits, step_m=step_m, inside=self.area, direction=direction)
            found.insert(0, "facility_id", facilities.index[i])
            found.insert(1, "minutes", found.pop("limit_s") / 60.0)
            parts.append(found)
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=self.router.network.crs)

    def catchments(
        self,
        places: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame,
        minutes: float,
        *,
        cell_m: float | None = None,
        direction: Direction = "to_facility",
    ) -> gpd.GeoDataFrame:
        """Return each facility's people and area within the limit, in all and those nearest to it.

        Areas are right to about 3 %: the square of each facility's is 20 cells wide or more.

        Parameters
        ----------
        places
            Points in any CRS, with a column ``people``: numbers, NaN where unknown.
        facilities
            Points in any CRS; their index gives the ids.
        minutes
            The limit, included.
        cell_m
            Side (metres) of the cells that areas are made of; by the size of the areas when None.
        direction
            Which way people travel.

        Returns
        -------
        catchments
            One row a facility; see :func:`planner.travel.isochrones.catchments`.

        Raises
        ------
        ConfigError
            ``minutes`` is no number of 0 or more, ``cell_m`` is not above 0, much too small or so large that
            areas would be wrong, or there is no such ``direction``.
        SchemaError
            There is no column ``people``, or it holds text, numbers below 0 or without end; a frame is None
            or no GeoDataFrame, an id is empty or there twice, or a point is missing or far outside the study
            area.
        MissingCrsError
            A frame has no CRS.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> trips = Travel(router, shapely.box(-500, -500, 1500, 500))
        >>> at = shapely.points([[0, 0], [200, 0]])
        >>> homes = gpd.GeoDataFrame({"people": [70.0, 30.0]}, geometry=at, crs="EPSG:32748")
        >>> unit = gpd.GeoSeries([shapely.Point(500, 0)], index=["u1"], crs="EPSG:32748")
        >>> trips.catchments(homes, unit, 0.5, cell_m=20.0)["people_total"].to_dict()
        {'u1': 30.0}
        """
        require_metres(cell_m, "cell_m")
        west, south, east, north = self.area.bounds
        if cell_m is not None and cell_m < np.sqrt((east - west) * (north - south) / MOST_ASKED):
            msg = f"cell_m={cell_m!r} makes over {MOST_ASKED:,} cells: give a larger one, or None"
            raise ConfigError(msg)
        if places is not None:
            in_crs(places, "places", getattr(places, "crs", None))
        if places is None or "people" not in places:
            msg = "catchments needs a column people in places (NaN where unknown)"
            raise SchemaError(msg)
        people = counts(places["people"], "places.people")
        limit_s = limit_in_s(minutes)
        start, stop = self._stops(places, "places"), self._stops(facilities, "facilities")
        size_m = self._cell_m(stop, limit_s, cell_m, direction)
        grid = make_grid(self.router, self.area.bounds, cell_m=size_m, inside=self.area)
        found = catchments(self.router, start, people, stop, limit_s, grid=grid, direction=direction)
        return found.set_index(facilities.index)

    def _cell_m(self, stop: Stops, limit_s: float, asked_m: float | None, direction: Direction) -> float:
        """Return the side of the cells at which areas are right; raise ConfigError where one is too long."""
        west, south, east, north = self.area.bounds
        size = (east - west) * (north - south)
        finest, usual = finest_m(size), finest_m(size, MOST_CELLS)
        if asked_m is not None and asked_m <= finest:
            return asked_m
        rough = make_grid(self.router, self.area.bounds, cell_m=usual, inside=self.area)
        cells = self.router.within(rough.stops, stop, limit_s, direction=direction)
        # Outside the area, where a neighbour's unit is, there are none.
        inside = shapely.intersects(self.area, stop.points)
        some = np.bincount(cells.facility, minlength=len(stop))[inside]
        side_m = float(np.sqrt(some.min(initial=len(rough.stops)))) * usual
        most = max(np.floor(side_m / CELLS_A_SIDE), finest)
        if asked_m is None:
            return max((c for c in CELLS_M if c <= min(most, usual)), default=finest)
        if asked_m > most:
            msg = (
                f"cell_m={asked_m!r} is too coarse for the areas within {limit_s / 60.0:g} minutes, which "
                f"would be wrong: give at most {most:g}, or None"
            )
            raise ConfigError(msg)
        return asked_m

    def _stops(self, frame: gpd.GeoDataFrame, what: str) -> Stops:
        if frame is None:
            msg = f"{what}: the study area has no such layer; find_gaps(layers).demand has places everywhere"
            raise SchemaError(msg)
        geometry = in_crs(frame, what, frame.crs if hasattr(frame, "crs") else None).geometry
        unique_ids(frame.index, what)
        bad = np.flatnonzero(geometry.is_empty | geometry.isna() | (geometry.geom_type != "Point"))
        if len(bad):
            rows = counted(len(bad), "row has", "rows have")
            msg = f"{what}: {rows} no point: {first_five(frame.index[bad])}. Leave them out."
            raise SchemaError(msg)
        points = np.asarray(geometry.to_crs(self.router.network.crs).to_numpy(), dtype=object)
        self._require_near(points, frame.index, what)
        return self.router.stops(points, on_edge=self._on_edge(frame, points))

    def _on_edge(self, frame: gpd.GeoDataFrame, points: NDArray[np.object_]) -> NDArray[np.int64] | None:
        """Return the edge that each place was put on, as a gaps' demand says it; -1 where none is.

        Where two roads are equally near, the place is on this one, as it is for the gaps. A column of the
        name that speaks of other roads tells nothing: the place does not lie on them.
        """
        if ROAD_ID not in getattr(frame, "columns", ()):
            return None
        router = self.router
        while router.base is not None:
            router = router.base
        edge = np.asarray(router.network.edge_id.get_indexer(frame[ROAD_ID]), dtype=np.int64)
        some = np.flatnonzero(edge >= 0)
        away = shapely.distance(router.network.lines(edge[some]), points[some])
        edge[some[away > ON_ROAD_M]] = -1
        return edge

    def _require_near(self, points: NDArray[np.object_], index: pd.Index, what: str) -> None:
        """Raise SchemaError for places elsewhere: no way there would look like no road here."""
        xy = shapely.get_coordinates(points)
        off = ~np.isfinite(xy).all(axis=1)
        west, south, east, north = self.area.bounds
        by = self.buffer_m + self.router.rule.max_distance_m
        x, y = xy[:, 0], xy[:, 1]
        with np.errstate(invalid="ignore"):
            off |= (x < west - by) | (x > east + by) | (y < south - by) | (y > north + by)
        if off.any():
            msg = (
                f"{what}: {off.sum()} lie over {by / 1000:g} km outside the study area: "
                f"{first_five(index[off])}. Were longitude and latitude swapped, "
                "or is it another kabupaten? Leave them out."
            )
            raise SchemaError(msg)


def travel_by(
    layers: Layers, mode: str, *, season: Season = "dry", scenario: Scenario | None = None
) -> Travel:
    """Return trips of a mode in a season over a study area's roads, a scenario's road edits included.

    Parameters
    ----------
    layers
        The study area, with roads.
    mode, season
        How people travel, and when.
    scenario
        Speeds, rules and edits; the default one when None.

    Raises
    ------
    ConfigError
        No such mode or season, an area without roads, a value of the scenario that is not allowed, or an edit
        that the roads do not allow (:func:`planner.network.edited.edited_network`).
    SchemaError
        A layer lacks a column, or has doubled or empty ids, unknown kinds or words, or numbers below 0.
    MissingCrsError
        A layer has no CRS.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, travel_by
    >>> layers = demo_layers(12)
    >>> trips = travel_by(layers, "walking")
    >>> trips.nearest(layers.hamlets, layers.units("posyandu"))["rank"].unique().tolist()
    [1]
    """
    scenario = checked_scenario(scenario)
    require_layers(layers)
    layers = layers.checked()
    require_word(mode, scenario.modes, "mode")
    require_word(season, SEASONS, "season")
    if layers.roads is None:
        msg = "the study area has no roads: give some in AREA.yml and build it again"
        raise ConfigError(msg)
    floods = flood_areas(layers.floods, (), str(layers.roads.crs))
    roads = cut_at_floods(layers.roads, floods)
    plain = scenario.model_copy(update={"edits": ()})
    network = build_network(roads, plain, modes=[mode], floods=floods)
    water = None if layers.water is None else np.asarray(layers.water.geometry.to_numpy(), dtype=object)
    ground = Ground(land_of(layers.villages, scenario.land), water)
    profile = Profile(mode, season)
    router = Router(network, profile, rule=scenario.access, ground=ground)
    on_roads = [e for e in scenario.edits if not isinstance(e, FACILITY_EDITS)]
    if on_roads:
        edited, _ = edited_network(
            network, roads, scenario.edits, scenario=scenario, modes=[mode], floods=layers.floods
        )
        router = Router(edited, profile, rule=scenario.access, ground=ground, base=router)
    outline = shapely.union_all(layers.villages.geometry.to_numpy())
    return Travel(router, outline, buffer_m=layers.area.buffer_m)
