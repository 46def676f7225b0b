"""Layers that somebody put together by hand, checked and brought into shape before anything is computed.

The readers validate what they read (:mod:`geodata.schemas`). What an analyst changes afterwards passes here:
the same promises, looked at in a few milliseconds and without pandera.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import MissingCrsError, SchemaError, counted, first_five
from geodata.villages_at import village_at
from geodata.vocabulary.kinds import known_kinds, recognise_kind
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy, YesNo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# What a facility is taken to be where its row does not say.
DEFAULTS: dict[str, object] = {
    "name": "", "declared_village": None, "parent_id": None, "functioning": YesNo.UNKNOWN.value,
    "located_by": LocatedBy.COORDINATES.value, "source": "given",
}  # fmt: skip
WORDS = {
    "functioning": YesNo.texts(),
    "closed": YesNo.texts(),
    "status": FacilityStatus.texts(),
    "located_by": LocatedBy.texts(),
}
NEEDED = {
    "villages": ("village_name", "district_code", "people"),
    "hamlets": ("village_code", "people"),
    "people_points": ("village_code", "people"),
    "roads": ("way_id", "road_class", "length_m", "from_node", "to_node"),
}


def checked_frames(
    frames: Mapping[str, gpd.GeoDataFrame], crs: object, buffer_m: float
) -> dict[str, gpd.GeoDataFrame]:
    """Return layers by name, in one CRS, whose ids, numbers and words are what the planner relies on.

    Parameters
    ----------
    frames
        ``villages`` and ``facilities``, and those of ``roads``, ``hamlets``, ``water``, ``floods``,
        ``people_points`` that there are.
    crs
        The area's metric CRS.
    buffer_m
        Facilities up to this far outside the villages take part.

    Raises
    ------
    SchemaError
        Numbers below 0 or without end, doubled or empty ids, unknown kinds and words, missing columns.
    MissingCrsError
    """
    new: dict[str, gpd.GeoDataFrame] = {}
    for name, given in frames.items():
        frame = in_crs(given, name, crs)
        missing = [c for c in NEEDED.get(name, ()) if c not in frame]
        if missing:
            msg = f"{name}: there is no column {', '.join(missing)}. Take the layers of build_area."
            raise SchemaError(msg)
        unique_ids(frame.index, name)
        for column in frame:
            if str(column) == "people" or str(column).startswith(("people_", "staff_")):
                counts(frame[column], f"{name}.{column}")
        new[name] = frame
    new["facilities"] = checked_facilities(new["facilities"], new["villages"], buffer_m)
    for name in ("hamlets", "people_points"):
        if name in new:
            strange = ~new[name]["village_code"].isin(new["villages"].index)
            if strange.any():
                ids = first_five(new[name].index[strange])
                msg = f"{name}: {strange.sum()} are of no village of the area: {ids}. Leave them out."
                raise SchemaError(msg)
    if "people_points" in new and new["people_points"]["people"].isna().any():
        msg = "people_points: some have no number of people. Leave these out."
        raise SchemaError(msg)
    return new


def in_crs(frame: gpd.GeoDataFrame, what: str, crs: object) -> gpd.GeoDataFrame:
    """Return a frame in a CRS; a frame that is there already is returned itself.

    Raises
    ------
    SchemaError
        No GeoDataFrame.
    MissingCrsError
    """
    if not isinstance(frame, (gpd.GeoDataFrame, gpd.GeoSeries)):
        msg = (
            f"{what} is a {type(frame).__name__}, not a GeoDataFrame of points: make one with "
            "geopandas.GeoDataFrame(table, geometry=geopandas.points_from_xy(lon, lat), crs=4326)"
        )
        raise SchemaError(msg)
    if frame.crs is None:
        msg = f"{what} have no CRS: set it with .set_crs(…)"
        raise MissingCrsError(msg)
    return frame if frame.crs == crs else frame.to_crs(crs)


def unique_ids(index: pd.Index, what: str) -> None:
    """Raise SchemaError for ids that are empty or there twice."""
    text = index.astype(str)
    empty = np.flatnonzero(index.isna() | (text.str.strip() == ""))
    if len(empty):
        rows = counted(len(empty), "row has", "rows have")
        msg = f"{what}: {rows} no id (rows {first_five(empty + 1)}). Give each its own."
        raise SchemaError(msg)
    twice = index[index.duplicated()].unique()
    if len(twice):
        msg = (
            f"{what}: {counted(len(twice), 'id occurs', 'ids occur')} more than once: "
            f"{first_five(twice)}. Keep one row for each, or give new ids with .reset_index(drop=True)."
        )
        raise SchemaError(msg)


def counts(values: pd.Series[float], what: str) -> NDArray[np.float64]:
    """Return numbers of people and the like as float64, NaN = unknown.

    Raises
    ------
    SchemaError
        Text, and numbers below 0 or without end.
    """
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        kind = values.dropna().map(type).map(lambda t: t.__name__).unique()
        msg = (
            f"{what} holds {', '.join(kind) or 'nothing'}, not numbers: '11.942' may be eleven or eleven "
            "thousand. Turn the column into numbers first."
        )
        raise SchemaError(msg)
    number = values.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = (number < 0) | np.isinf(number)
    if bad.any():
        msg = (
            f"{what}: {bad.sum()} values are below 0 or without end: {first_five(values.index[bad])}. "
            "Correct them, or leave them empty (NaN) where they are not known."
        )
        raise SchemaError(msg)
    return np.asarray(number, dtype=np.float64)


def checked_facilities(
    facilities: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, buffer_m: float
) -> gpd.GeoDataFrame:
    """Return facilities (the villages' CRS) with every column of the contract; they need ``kind`` and points.

    Raises
    ------
    SchemaError
    """
    if "kind" not in facilities:
        msg = f"facilities: there is no column kind; give one of {', '.join(known_kinds())} for each row"
        raise SchemaError(msg)
    strange = ~facilities["kind"].isin(known_kinds())
    if strange.any():
        word = str(facilities["kind"][strange].iloc[0])
        meant = recognise_kind(word)
        hint = f" Did you mean {meant!r}?" if meant else ""
        msg = (
            f"facilities: {counted(strange.sum(), 'row has', 'rows have')} a kind that is not known: "
            f"{word!r}.{hint} The kinds are {', '.join(known_kinds())}."
        )
        raise SchemaError(msg)
    for column, words in WORDS.items():
        if column in facilities:
            bad = ~facilities[column].isin(words)
            if bad.any():
                shown = first_five(sorted(set(facilities[column][bad].astype(str))))
                msg = f"facilities.{column}: {shown}: use one of {', '.join(words)}"
                raise SchemaError(msg)
    complete = {*DEFAULTS, "status", "village_code"} <= set(facilities.columns)
    if complete:
        return facilities
    point = facilities.geometry.to_numpy()
    placed = ~(shapely.is_missing(point) | shapely.is_empty(point))
    west, south, east, north = villages.total_bounds
    near = shapely.intersects(
        shapely.box(west - buffer_m, south - buffer_m, east + buffer_m, north + buffer_m), point
    )
    status = np.select(
        [placed & near, placed],
        [FacilityStatus.USED, FacilityStatus.OUTSIDE_BUFFER],
        FacilityStatus.UNLOCATED,
    ).astype(object)
    made: dict[str, object] = {**DEFAULTS, "status": status}
    if "village_code" not in facilities:
        found = np.full(len(facilities), None, dtype=object)
        found[placed] = village_at(np.asarray(point[placed], dtype=object), villages)
        made["village_code"] = found
    text = {
        c: pd.Series(v, index=facilities.index, dtype="str") for c, v in made.items() if c not in facilities
    }
    out = facilities.assign(**text)
    geometry = out.geometry.name
    out = out[[*(c for c in out if c != geometry), geometry]]
    if geometry != "geometry":
        out = out.rename_geometry("geometry")
    return out.set_axis(pd.Index(out.index.astype(str), name="facility_id", dtype="str"), axis=0)
