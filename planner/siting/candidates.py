"""Where something can be done: places for new units and stops, units to upgrade, staff or reopen."""

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
from planner.siting.ground.places import places_at
from planner.siting.ground.rules import SiteFacts, require_rules, with_rules
from planner.siting.measures import NEW, At

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.siting.measures import Measure

# A scenario file keeps so many decimals of a degree (0.1 m); places are rounded before any time is computed.
DEGREE_DECIMALS = 6
COLUMNS = ("measure", "op", "kind", "facility_id", "name", "village_code", "lon", "lat", "cost_idr",
           "capacity_people")  # fmt: skip
# Ids hold the sort of a place in the singular, but for the first sort of a measure.
ONE = {
    At.PEOPLE: "people",
    At.SETTLEMENTS: "settlement",
    At.ROADS: "road",
    At.SCHOOLS: "school",
    At.OFFICES: "office",
}
LANDMARKS = (At.SCHOOLS, At.OFFICES)


def find_candidates(
    layers: Layers,
    demand: gpd.GeoDataFrame,
    measures: Mapping[str, Measure],
    *,
    places: gpd.GeoDataFrame | None = None,
    exclude: gpd.GeoDataFrame | None = None,
    facts: SiteFacts | None = None,
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
        Points (any CRS) for new units and stops, in place of those that the measures name: a column ``name``
        is kept.
    exclude
        Polygons (any CRS) in which nothing new is opened.
    facts
        Schools, offices and site rules: see :class:`planner.siting.ground.rules.SiteFacts`.

    Returns
    -------
    candidates
        Index ``candidate_id``, which no excluded area changes; ``measure``, ``op``, ``kind`` (afterwards);
        ``facility_id`` and ``name`` of the unit, "" for a new one; ``village_code`` ("" outside of every
        village); ``lon``, ``lat`` (degrees, 6 decimals); ``cost_idr`` float64 and
        ``capacity_people`` float64, NaN where they were not given;
        ``site_rules`` (text: what concerns it, and what was not checked); Point (the villages' CRS). In order
        of ``candidate_id``; ``attrs["excluded"]`` counts what was left out, ``attrs["given"]`` of the places
        given those ``outside`` of every village, which stay, and those at the ``same_point`` as another, of
        which the first name stays.

    Raises
    ------
    ConfigError
        Nothing can be done anywhere; places or areas are not given as points and polygons with a CRS; a list
        of schools or offices is lacking, or given and not asked for.

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
    facts = _checked(SiteFacts() if facts is None else facts, measures, places)
    parts, given = [], {}
    for name, measure in measures.items():
        if measure.op not in NEW:
            parts.append(_named(_units(layers, measure), name, measure))
        elif places is not None:
            mine = _located(_given(places, layers), layers)
            given = {
                "outside": int((mine["village_code"] == "").sum()),
                "same_point": len(places) - len(mine),
            }
            parts.append(_named(mine, name, measure))
        else:
            parts.append(_new(layers, demand, name, measure, facts))
    everything = pd.concat(parts).sort_index() if parts else pd.DataFrame()
    if len(everything) == 0:
        msg = f"there is no place for {', '.join(measures) or 'any measure'}: give candidate places"
        raise ConfigError(msg, why="no_place")
    crs = layers.villages.crs
    areas = None if exclude is None else _of_type(exclude, "Polygon", "excluded areas").to_crs(crs)
    found = with_rules(gpd.GeoDataFrame(everything, geometry="geometry", crs=crs), layers, facts, areas)
    if len(found) == 0:
        left_out = ", ".join(f"{n:,} in {what}" for what, n in found.attrs["excluded"].items())
        msg = f"there is no place left for {', '.join(measures)} ({left_out}): give other candidate places"
        raise ConfigError(msg, why="no_place_left")
    found.attrs["given"] = {what: n for what, n in given.items() if n}
    return found


def _checked(facts: SiteFacts, measures: Mapping[str, Measure], places: gpd.GeoDataFrame | None) -> SiteFacts:
    """Return the facts, checked: its frames have a CRS and shapes, and every list is asked for."""
    if facts.site_rules is not None:
        require_rules(_of_type(facts.site_rules, "Polygon", "site rules"))
    named = {at for one in measures.values() if one.op in NEW for at in one.at}
    for at, frame in facts.landmarks.items():
        _of_type(frame, "Point", str(at))
        if places is not None:
            msg = f"candidate places take the place of all others: give them without a list of {at}"
            raise ConfigError(msg)
        if at not in named:
            msg = f"a list of {at} is given, and no measure has candidates there: name {at} in at"
            raise ConfigError(msg)
    return facts


def _new(
    layers: Layers, demand: gpd.GeoDataFrame, name: str, measure: Measure, facts: SiteFacts
) -> gpd.GeoDataFrame:
    """Return places for new units, sort by sort; a place of two sorts is of the first."""
    parts = []
    for number, at in enumerate(measure.at):
        rows = _located(places_at(at, measure, layers, demand, facts.landmarks), layers)
        if at in (*LANDMARKS, At.ROADS):
            # Roads go on in the buffer, and an extract of OpenStreetMap beyond it.
            rows = rows[rows["village_code"] != ""]
        parts.append(_named(rows, name, measure, "" if number == 0 else f"{ONE[at]}-"))
    return gpd.GeoDataFrame(pd.concat(parts), crs=layers.villages.crs).drop_duplicates(["lon", "lat"])


def _given(places: gpd.GeoDataFrame, layers: Layers) -> gpd.GeoDataFrame:
    """Return the user's own places."""
    points = _of_type(places, "Point", "candidate places").to_crs(layers.villages.crs).geometry.to_numpy()
    _require_near(points, layers)
    given = places["name"] if "name" in places else pd.Series("", index=places.index)
    name = given.fillna("").astype(str).to_numpy(dtype=object)
    return gpd.GeoDataFrame({"name": name}, geometry=points, crs=layers.villages.crs)


def _located(places: gpd.GeoDataFrame, layers: Layers) -> gpd.GeoDataFrame:
    """Return places with their village, rounded as a scenario file keeps them, each once (the first name)."""
    crs = layers.villages.crs
    rounded = _rounded(places.geometry.to_crs(WGS84))
    metric = rounded.to_crs(crs).to_numpy()
    village = village_at(np.asarray(metric, dtype=object), layers.villages)
    found = gpd.GeoDataFrame(
        {
            "facility_id": "", "name": places["name"].to_numpy(dtype=object),
            "village_code": [v or "" for v in village],
            "lon": shapely.get_x(rounded.to_numpy()), "lat": shapely.get_y(rounded.to_numpy()),
        },
        geometry=metric, crs=crs,
    )  # fmt: skip
    return found.sort_values(["lon", "lat", "name"]).drop_duplicates(["lon", "lat"])


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


def _units(layers: Layers, measure: Measure) -> gpd.GeoDataFrame:
    """Return the units that a measure changes: those of a kind to upgrade, not functioning, or closed."""
    rows = layers.facilities
    if measure.op == "upgrade":
        mine = rows["kind"].isin(measure.of) & (rows["functioning"] != YesNo.NO)
    else:
        mine = (rows["kind"] == measure.kind) & (rows["functioning"] == YesNo.NO)
        closed = rows["closed"] == YesNo.YES if "closed" in rows else pd.Series(data=False, index=rows.index)
        mine &= closed if measure.op == "reopen" else ~closed
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


def _named(rows: gpd.GeoDataFrame, name: str, measure: Measure, sort: str = "") -> gpd.GeoDataFrame:
    """Return the rows with their measure and id: the unit's, or its village's and a number from the west."""
    rows = rows.sort_values(["village_code", "lon", "lat"])
    number = (rows.groupby("village_code").cumcount() + 1).astype(str)
    place = rows["village_code"].replace("", "outside") + "/" + sort + number
    key = rows["facility_id"].where(rows["facility_id"] != "", place)
    given = (np.nan if n is None else float(n) for n in (measure.cost_idr, measure.capacity_people))
    cost, capacity = given
    rows = rows.assign(
        measure=name, op=measure.op, kind=measure.kind, cost_idr=cost, capacity_people=capacity
    )
    rows.index = pd.Index(name + "/" + key.astype(str), name="candidate_id", dtype="str")
    return rows[[*COLUMNS, "geometry"]]
