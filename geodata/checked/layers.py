"""Layers that somebody put together by hand, checked and brought into shape before anything is computed.

The readers validate what they read (:mod:`geodata.schemas`). What an analyst changes afterwards passes here:
the same promises, looked at in a few milliseconds and without pandera.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.checked.facilities import checked_facilities
from geodata.checked.frame import (
    counts,
    elsewhere,
    in_crs,
    in_shape,
    near_zone,
    refuse,
    require_finite,
    unique_ids,
    zone_of,
)
from geodata.checked.roads import require_roads
from geodata.errors import SchemaError, first_five

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

NEEDED = {
    "villages": ("village_name", "district_code", "people"),
    "hamlets": ("village_code", "people"),
    "people_points": ("village_code", "people"),
    "roads": (
        "way_id", "road_class", "surface", "oneway", "bridge", "tunnel", "maxspeed_kph", "season", "route",
        "duration_s", "tags", "length_m", "from_node", "to_node",
    ),
}  # fmt: skip
# The columns with numbers of people and the like; those of staff are known by how they begin. What else
# begins with people_ is a group of the scenario, which is looked at with it, or a column of somebody's own.
COUNTS = ("people", "open_days_month", "capacity_people")
STAFF = "staff_"


def checked_frames(
    frames: Mapping[str, gpd.GeoDataFrame], crs: object, buffer_m: float, *, places: bool = True
) -> dict[str, gpd.GeoDataFrame]:
    """Return layers by name, in one CRS, whose ids, numbers, words and places are what the planner relies on.

    A facility without a point is unlocated and one beyond the buffer outside it, whatever its status says.

    Parameters
    ----------
    frames
        ``villages`` and ``facilities``, and those of ``roads``, ``hamlets``, ``water``, ``floods``,
        ``people_points`` that there are.
    crs
        The area's metric CRS.
    buffer_m
        Facilities up to this far outside the villages take part.
    places
        Whether to look where things lie; a piece of a country has units from further off than its buffer.

    Raises
    ------
    SchemaError
        Numbers below 0 or without end, doubled or empty ids, unknown kinds and words, missing columns; rows
        without a shape, or all of a layer far outside the villages.
    MissingCrsError
    """
    new = {
        name: _checked_columns(in_shape(in_crs(given, name, crs), name), name)
        for name, given in frames.items()
    }
    if "roads" in new:
        require_roads(new["roads"])
    for name, kinds in SHAPES.items():
        if name in new:
            _require_shapes(new[name], name, kinds)
    villages = new["villages"]
    new["facilities"] = checked_facilities(new["facilities"], villages, buffer_m, places=places)
    _require_own_villages(new)
    if places:
        zone = zone_of(villages, buffer_m)
        for name in ("roads", "hamlets", "people_points"):
            if name in new:
                _require_mostly_near(new[name], name, zone, buffer_m)
    return new


def _checked_columns(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return a layer that has its columns, an id for each row, and numbers where there have to be some."""
    missing = [c for c in NEEDED.get(name, ()) if c not in frame]
    if missing:
        msg = f"{name}: there is no column {', '.join(missing)}. Take the layers of build_area."
        raise SchemaError(msg)
    unique_ids(frame.index, name)
    if name == "villages" and not all(isinstance(code, str) for code in frame.index):
        msg = (
            "villages: the index has to hold the villages' codes, as text, such as '35.09.01.2001', not "
            f"{frame.index[0]!r}. Keep the index of the layers, or set it with .set_index(…)."
        )
        raise SchemaError(msg)
    for column in frame:
        if str(column) in COUNTS or str(column).startswith(STAFF):
            counts(frame[column], f"{name}.{column}")
    return frame


def _require_own_villages(frames: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Raise SchemaError for people who are of no village of the area, or whose number is not known."""
    for name in ("hamlets", "people_points"):
        if name in frames:
            strange = ~frames[name]["village_code"].isin(frames["villages"].index)
            if strange.any():
                ids = first_five(frames[name].index[strange])
                msg = f"{name}: {strange.sum()} are of no village of the area: {ids}. Leave them out."
                raise SchemaError(msg)
    if "people_points" in frames and frames["people_points"]["people"].isna().any():
        msg = "people_points: some have no number of people. Leave these out."
        raise SchemaError(msg)


POINT = (shapely.GeometryType.POINT,)
SHAPES = {
    "villages": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
    "roads": (shapely.GeometryType.LINESTRING,),
    "hamlets": POINT,
    "people_points": POINT,
}
SHAPE_WORDS = {"villages": "polygon", "roads": "line"}


def _require_shapes(frame: gpd.GeoDataFrame, what: str, kinds: tuple[int, ...]) -> None:
    """Raise SchemaError for rows without a shape of their layer's kind, and for coordinates without end."""
    shape = np.asarray(frame.geometry.to_numpy(), dtype=object)
    lost = ~np.isin(shapely.get_type_id(shape), kinds) | shapely.is_empty(shape)
    refuse(lost, frame.index, what, f"no {SHAPE_WORDS.get(what, 'point')}", "Give it, or leave them out.")
    require_finite(shape, frame.index, what)


def _require_mostly_near(
    frame: gpd.GeoDataFrame, what: str, zone: NDArray[np.float64], buffer_m: float
) -> None:
    """Raise SchemaError where most of a layer lies elsewhere: a single row's mistake is told by ``check``."""
    far = ~near_zone(np.asarray(frame.geometry.to_numpy(), dtype=object), zone)
    if far.sum() * 2 > len(frame):
        raise SchemaError(elsewhere(what, int(far.sum()), len(frame), buffer_m, frame.index[far]))
