"""Travel times for notebooks: GeoDataFrames in, tables with ids and minutes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import ConfigError, MissingCrsError, SchemaError, first_five
from planner.edited import edited_network
from planner.edits import FACILITY_EDITS
from planner.isochrones import catchments, isochrones, make_grid
from planner.land import Ground, land_of
from planner.modes import SEASONS, Profile
from planner.network import build_network
from planner.overlay import cut_at_floods, flood_areas
from planner.paths import find_path
from planner.scenario import Scenario, default_scenario
from planner.traveltime import Router

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geodata.layers import Layers
    from planner.access import Stops
    from planner.modes import Season
    from planner.traveltime import Direction


class Travel:
    """Trips of one mode in one season over a study area's roads.

    Tables give times in minutes, ``inf`` where there is no way. Places and facilities are GeoDataFrames
    (or GeoSeries) of points in any CRS; their index gives the ids.

    Parameters
    ----------
    router
        The prepared network.
    area
        The study area (metric CRS), to which isochrones are cut.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, travel
    >>> layers = demo_layers(12)
    >>> trips = travel(layers, "motorcycle", season="wet")
    >>> units = layers.facilities.query("kind == 'puskesmas' and status == 'used'")
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
    >>> areas = trips.isochrones(units.iloc[:1], minutes=[15, 30], step_m=200.0)
    >>> bool(areas["area_km2"].is_monotonic_increasing)
    True
    >>> share = trips.catchments(places, units, minutes=30, cell_m=500.0)
    >>> bool((share["people_own"] <= share["people_total"]).all())
    True
    """

    def __init__(self, router: Router, area: shapely.Geometry) -> None:
        self.router, self.area = router, area

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
        """
        if k < 1:
            msg = "k is how many facilities are wanted: 1 or more"
            raise ConfigError(msg)
        start, stop = self._stops(places, "places"), self._stops(facilities, "facilities")
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
        """Return every pair no further apart than ``minutes`` (included): place_id, facility_id, minutes."""
        if not minutes >= 0:
            msg = f"minutes is a limit of 0 or more, not {minutes}"
            raise ConfigError(msg)
        start, stop = self._stops(places, "places"), self._stops(facilities, "facilities")
        pairs = self.router.within(start, stop, round(minutes * 60.0, 6), direction=direction)
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
        """Return all times in minutes, one row a place, one column a facility."""
        return pd.concat(self.matrix_blocks(places, facilities, rows=len(places) or 1, direction=direction))

    def matrix_blocks(
        self,
        places: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame,
        *,
        rows: int = 5000,
        direction: Direction = "to_facility",
    ) -> Iterator[pd.DataFrame]:
        """Give the table of :meth:`matrix` block by block, so that it need not fit into memory."""
        stop = self._stops(facilities, "facilities")
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

        Columns: leg (access, walk, road, wait, ferry, boat, egress), minutes, length_m, road_ids; lines in
        the direction of travel. No rows where there is no way.
        """
        start, stop = self._stops(places, "places"), self._stops(facilities, "facilities")
        if len(start) != 1 or len(stop) != 1:
            msg = "path needs one place and one facility: give one row each, as in places.iloc[[0]]"
            raise ConfigError(msg)
        if direction == "from_facility":
            start, stop = stop, start
        found = find_path(self.router, start, stop)
        if found is None:
            columns = ["leg", "minutes", "length_m", "road_ids"]
            return gpd.GeoDataFrame(columns=columns, geometry=[], crs=self.router.network.crs)
        return found.to_frame()

    def isochrones(
        self,
        facilities: gpd.GeoDataFrame,
        minutes: Sequence[float],
        *,
        step_m: float | None = None,
        direction: Direction = "to_facility",
    ) -> gpd.GeoDataFrame:
        """Return the area within each limit of each facility: facility_id, minutes, area_km2; polygons.

        Polygons are exact to well under a metre on the lines of a lattice of ``step_m`` (12.5 m, more for
        large areas, when None), in the study area's metric CRS.
        """
        if len(facilities) == 0 or len(minutes) == 0 or (step_m is not None and not step_m > 0):
            msg = "isochrones need at least one facility, at least one limit, and a step larger than nothing"
            raise ConfigError(msg)
        parts = []
        limits = [round(m * 60.0, 6) for m in minutes]
        stops = self._stops(facilities, "facilities")
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

        ``places`` needs a column ``people``. See :func:`planner.isochrones.catchments`.
        """
        if "people" not in places:
            msg = "catchments needs a column people in places (NaN where unknown)"
            raise SchemaError(msg)
        grid = make_grid(self.router, self.area.bounds, cell_m=cell_m, inside=self.area)
        found = catchments(
            self.router, self._stops(places, "places"), places["people"].to_numpy(dtype=np.float64),
            self._stops(facilities, "facilities"), round(minutes * 60.0, 6), grid=grid, direction=direction,
        )  # fmt: skip
        return found.set_index(facilities.index)

    def _stops(self, frame: gpd.GeoDataFrame, what: str) -> Stops:
        geometry = frame.geometry
        if geometry.crs is None:
            msg = f"{what} have no CRS: set it with .set_crs(…)"
            raise MissingCrsError(msg)
        bad = np.flatnonzero(geometry.is_empty | geometry.isna() | (geometry.geom_type != "Point"))
        if len(bad):
            msg = f"{what}: {len(bad)} rows have no point: {first_five(frame.index[bad])}. Leave them out."
            raise SchemaError(msg)
        points = geometry.to_crs(self.router.network.crs).to_numpy()
        return self.router.stops(np.asarray(points, dtype=object))


def travel(layers: Layers, mode: str, *, season: Season = "dry", scenario: Scenario | None = None) -> Travel:
    """Return trips of a mode in a season over a study area's roads, a scenario's road edits included.

    Raises
    ------
    ConfigError
        No such mode or season, an area without roads, or an edit of a road that is not there.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, travel
    >>> layers = demo_layers(12)
    >>> trips = travel(layers, "walking")
    >>> posyandu = layers.facilities.query("kind == 'posyandu' and status == 'used'")
    >>> trips.nearest(layers.hamlets, posyandu)["rank"].unique().tolist()
    [1]
    """
    scenario = scenario or default_scenario()
    if mode not in scenario.modes or season not in SEASONS:
        msg = (
            f"there is no mode {mode!r} in the {season!r} season. Modes: {', '.join(scenario.modes)}; "
            "seasons: dry, wet."
        )
        raise ConfigError(msg)
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
    return Travel(router, shapely.union_all(layers.villages.geometry.to_numpy()))
