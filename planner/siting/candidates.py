"""Where something can be done: places for new units, units to upgrade, units that could function again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import WGS84
from geodata.errors import ConfigError, counted, first_five
from geodata.villages_at import village_at
from geodata.vocabulary.statuses import FacilityStatus, YesNo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.siting.measures import Measure

# A scenario file keeps so many decimals of a degree (0.1 m); places are rounded before any time is computed.
DEGREE_DECIMALS = 6
COLUMNS = ("measure", "op", "kind", "facility_id", "name", "village_code", "lon", "lat", "cost_idr")


def find_candidates(
    layers: Layers,
    demand: gpd.GeoDataFrame,
    measures: Mapping[str, Measure],
    *,
    places: gpd.GeoDataFrame | None = None,
    exclude: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return every place at which a measure can be taken, one row a measure and place.

    Parameters
    ----------
    layers
        A study area.
    demand
        As from :func:`planner.coverage.demand.spread_demand`: where people live.
    measures
        By name.
    places
        Points (any CRS) for new units, in place of those where people live: a column ``name`` is kept.
    exclude
        Polygons (any CRS) in which nothing new is opened.

    Returns
    -------
    candidates
        Index ``candidate_id``; ``measure``, ``op``, ``kind`` (afterwards); ``facility_id`` and ``name`` of
        the unit, "" for a new one; ``village_code`` ("" outside of every village); ``lon``, ``lat`` (degrees,
        6 decimals); ``cost_idr`` float64, NaN where it was not given; Point (the villages' CRS). In order of
        ``candidate_id``.

    Raises
    ------
    ConfigError
        Nothing can be done anywhere; or places or areas are not given as points and polygons with a CRS.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.measures import default_measures
    >>> study = Study(demo_layers(12))
    >>> found = find_candidates(study.layers, study.demand, default_measures().of_kind("pustu"))
    >>> sorted(set(found["measure"]))
    ['open_pustu', 'staff_pustu']
    >>> found.index[0]
    'open_pustu/99.01.01.1001/1'
    """
    parts = []
    for name, measure in measures.items():
        if measure.op == "open":
            rows = _new_places(layers, demand, measure, places)
            rows = _outside(rows, exclude)
        else:
            rows = _units(layers, measure)
        parts.append(_named(rows, name, measure))
    if not any(len(p) for p in parts):
        msg = f"there is no place for {', '.join(measures) or 'any measure'}: give candidate places"
        raise ConfigError(msg)
    return gpd.GeoDataFrame(pd.concat(parts).sort_index(), geometry="geometry", crs=layers.villages.crs)


def _new_places(
    layers: Layers, demand: gpd.GeoDataFrame, measure: Measure, places: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return places for new units with their village, rounded as a scenario file keeps them."""
    crs = layers.villages.crs
    if places is None:
        points = _middles(demand) if measure.at == "settlements" else _thinned(demand, measure.spacing_m)
        name = np.full(len(points), "", dtype=object)
    else:
        points = _of_type(places, "Point", "candidate places").to_crs(crs).geometry.to_numpy()
        _require_near(points, layers)
        given = places["name"] if "name" in places else pd.Series("", index=places.index)
        name = given.fillna("").astype(str).to_numpy(dtype=object)
    rounded = _rounded(gpd.GeoSeries(points, crs=crs).to_crs(WGS84))
    metric = rounded.to_crs(crs).to_numpy()
    village = village_at(np.asarray(metric, dtype=object), layers.villages)
    return gpd.GeoDataFrame(
        {
            "facility_id": "", "name": name,
            "village_code": [v or "" for v in village],
            "lon": shapely.get_x(rounded.to_numpy()), "lat": shapely.get_y(rounded.to_numpy()),
        },
        geometry=metric, crs=crs,
    ).drop_duplicates(["lon", "lat"])  # fmt: skip


def _require_near(points: NDArray[np.object_], layers: Layers) -> None:
    """Raise ConfigError for places so far outside that no unit may be opened there."""
    near = shapely.box(*layers.villages.total_bounds).buffer(layers.area.buffer_m)
    far = np.flatnonzero(~shapely.intersects(near, points))
    if len(far):
        msg = (
            f"{counted(len(far), 'candidate place lies', 'candidate places lie')} more than "
            f"{layers.area.buffer_m / 1000:g} km outside of {layers.area.name}: rows {first_five(far + 1)}. "
            "Take them out, or correct their coordinates."
        )
        raise ConfigError(msg)


def _rounded(points: gpd.GeoSeries) -> gpd.GeoSeries:
    xy = np.round(shapely.get_coordinates(points.to_numpy()), DEGREE_DECIMALS)
    return gpd.GeoSeries(shapely.points(xy), crs=WGS84)


def _middles(demand: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the hamlets, and of villages without any the place that is nearest to all of its people."""
    chosen = []
    for _, points in demand.groupby("village_code", sort=True):
        places = points.geometry.to_numpy()
        if (points["method"] == "hamlets").all():
            chosen.extend(places)
            continue
        xy = shapely.get_coordinates(places)
        away = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) @ points["weight"].to_numpy()
        chosen.append(places[int(np.argmin(np.round(away, 6)))])
    return np.asarray(chosen, dtype=object)


def _thinned(demand: gpd.GeoDataFrame, spacing_m: float) -> NDArray[np.object_]:
    """Return one place of each square of ``spacing_m`` in which people live: the one with most of them."""
    points = demand.geometry.to_numpy()
    cell = np.floor(shapely.get_coordinates(points) / spacing_m).astype(np.int64)
    people = demand["people"].fillna(demand["weight"]).to_numpy(dtype=np.float64)
    order = np.lexsort((np.arange(len(points)), -people, cell[:, 1], cell[:, 0]))
    _, first = np.unique(cell[order], axis=0, return_index=True)
    chosen: NDArray[np.object_] = np.asarray(points, dtype=object)[np.sort(order[first])]
    return chosen


def _of_type(frame: gpd.GeoDataFrame, geometry: str, what: str) -> gpd.GeoDataFrame:
    """Return the frame, checked: it has a CRS and nothing but one type of geometry."""
    if frame.crs is None:
        msg = f"{what} have no CRS: say in which coordinates they are, as in set_crs(4326)"
        raise ConfigError(msg)
    kinds = set(frame.geometry.geom_type.dropna()) | {
        "nothing" for g in frame.geometry if g is None or g.is_empty
    }
    wrong = sorted(k for k in kinds if not k.endswith(geometry))
    if wrong:
        msg = f"{what} are {geometry}s; these hold {', '.join(wrong)} too"
        raise ConfigError(msg)
    return frame


def _outside(rows: gpd.GeoDataFrame, exclude: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    if exclude is None:
        return rows
    areas = _of_type(exclude, "Polygon", "excluded areas").to_crs(rows.crs)
    inside = np.zeros(len(rows), dtype=bool)
    inside[np.unique(rows.sindex.query(areas.geometry, predicate="intersects")[1])] = True
    return rows[~inside]


def _units(layers: Layers, measure: Measure) -> gpd.GeoDataFrame:
    """Return the units that a measure changes: those of a kind to upgrade, or those that do not function."""
    rows = layers.facilities
    if measure.op == "upgrade":
        mine = rows["kind"].isin(measure.of) & (rows["functioning"] != YesNo.NO)
    else:
        mine = (rows["kind"] == measure.kind) & (rows["functioning"] == YesNo.NO)
    rows = rows[mine & (rows["status"] == FacilityStatus.USED)]
    degrees = rows.geometry.to_crs(WGS84).to_numpy()
    return gpd.GeoDataFrame(
        {
            "facility_id": rows.index.to_numpy(dtype=object), "name": rows["name"].fillna("").to_numpy(),
            "village_code": rows["village_code"].fillna("").to_numpy(dtype=object),
            "lon": np.round(shapely.get_x(degrees), DEGREE_DECIMALS),
            "lat": np.round(shapely.get_y(degrees), DEGREE_DECIMALS),
        },
        geometry=rows.geometry.to_numpy(), crs=layers.villages.crs,
    )  # fmt: skip


def _named(rows: gpd.GeoDataFrame, name: str, measure: Measure) -> gpd.GeoDataFrame:
    """Return the rows with their measure and id: the unit's, or its village's and a number from the west."""
    rows = rows.sort_values(["village_code", "lon", "lat"])
    number = (rows.groupby("village_code").cumcount() + 1).astype(str)
    place = rows["village_code"].replace("", "outside") + "/" + number
    key = rows["facility_id"].where(rows["facility_id"] != "", place)
    cost = np.nan if measure.cost_idr is None else measure.cost_idr
    rows = rows.assign(measure=name, op=measure.op, kind=measure.kind, cost_idr=float(cost))
    rows.index = pd.Index(name + "/" + key.astype(str), name="candidate_id", dtype="str")
    return rows[[*COLUMNS, "geometry"]]
