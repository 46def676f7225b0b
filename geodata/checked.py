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
from geodata.vocabulary.kinds import known_kinds, near_kind
from geodata.vocabulary.roads import FERRY, ROAD_CLASSES, Oneway, RoadSeason
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
    "roads": (
        "way_id", "road_class", "surface", "oneway", "bridge", "tunnel", "maxspeed_kph", "season", "route",
        "duration_s", "tags", "length_m", "from_node", "to_node",
    ),
}  # fmt: skip
ROAD_WORDS = {"oneway": Oneway.texts(), "season": RoadSeason.texts(), "route": (FERRY,)}
# What numbers of roads have to be above, by column; NaN (not known) may stand in the first two.
ROAD_NUMBERS = {"maxspeed_kph": "above 0", "duration_s": "0 or more", "length_m": "0 or more"}
# The numbers of people, staff and the like, by how their columns begin.
COUNTS = ("people_", "staff_", "open_days_", "capacity_")
# The zone of the readers is made of simplified outlines: what they kept may lie so far beyond the buffer.
SLACK_M = 100.0
# What went through another CRS and back has not moved.
MOVED_M = 0.01
SWAPPED = "Were longitude and latitude swapped, or is its CRS another?"


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
    new = {name: _checked_columns(in_crs(given, name, crs), name) for name, given in frames.items()}
    if "roads" in new:
        _require_roads(new["roads"])
    for name, kinds in SHAPES.items():
        if name in new:
            _require_shapes(new[name], name, kinds)
    villages = new["villages"]
    new["facilities"] = checked_facilities(new["facilities"], villages, buffer_m, places=places)
    _require_own_villages(new)
    if places:
        zone = _zone(villages, buffer_m)
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
        if str(column) == "people" or str(column).startswith(COUNTS):
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
    _refuse(lost, frame.index, what, f"no {SHAPE_WORDS.get(what, 'point')}", "Give it, or leave them out.")
    _require_finite(shape, frame.index, what)


def _refuse(bad: NDArray[np.bool_], index: pd.Index, what: str, has: str, do: str) -> None:
    """Raise SchemaError that names the rows of which something is wrong, and what to do; none, no error."""
    if bad.any():
        rows = counted(int(bad.sum()), "row has", "rows have")
        msg = f"{what}: {rows} {has}: {first_five(index[bad])}. {do}"
        raise SchemaError(msg)


def _require_finite(shape: NDArray[np.object_], index: pd.Index, what: str) -> None:
    """Raise SchemaError for shapes whose coordinates are no numbers, as those of swapped degrees become."""
    endless = ~(shapely.is_missing(shape) | shapely.is_empty(shape))
    endless &= ~np.isfinite(shapely.bounds(shape)).all(axis=1)
    has = "coordinates that are no place on earth"
    _refuse(endless, index, what, has, f"{SWAPPED} Correct them.")


def _require_roads(roads: gpd.GeoDataFrame) -> None:
    """Raise SchemaError for numbers and words of roads that would count as something else, or as nothing."""
    for column, least in ROAD_NUMBERS.items():
        values = roads[column]
        if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
            if values.isna().all():
                # A column of nothing has no type of its own.
                continue
            msg = f"roads.{column} holds no numbers. Turn the column into numbers first."
            raise SchemaError(msg)
        number = values.to_numpy(dtype=np.float64, na_value=np.nan)
        bad = np.isinf(number) | (number < 0)
        if column == "maxspeed_kph":
            bad |= number == 0
        if column == "length_m":
            bad |= np.isnan(number)
        if bad.any():
            msg = (
                f"roads.{column}: {counted(int(bad.sum()), 'value is', 'values are')} not {least}, "
                f"or without end: {first_five(roads.index[bad])}. Correct them"
                + (", or leave them empty (NaN) where they are not known." if column != "length_m" else ".")
            )
            raise SchemaError(msg)
    _require_classes(roads)
    for column, words in ROAD_WORDS.items():
        strange = roads[column].notna() & ~roads[column].isin(words)
        if column != "route":
            strange |= roads[column].isna()
        if strange.any():
            shown = first_five(sorted({repr(v) for v in roads[column][strange].unique()}))
            msg = f"roads.{column}: {shown}: use one of {', '.join(words)}"
            raise SchemaError(msg)


def _require_classes(roads: gpd.GeoDataFrame) -> None:
    """Raise SchemaError for classes and surfaces that are no text, and for classes in another spelling.

    Files have further classes, of roads that are closed to all (``construction``): ``check`` tells them.
    """
    for column, empty in (("road_class", False), ("surface", True)):
        values = roads[column]
        missing = values.isna().to_numpy(dtype=bool)
        odd = np.zeros(len(values), dtype=bool)
        if not isinstance(values.dtype, pd.StringDtype):
            odd = ~missing & ~np.array([isinstance(value, str) for value in values], dtype=bool)
        bad = odd if empty else odd | missing
        has = f"no {column}" if not empty else f"a {column} that is no text"
        _refuse(bad, roads.index, "roads", has, "Give the word of OpenStreetMap, as text.")
    for word in roads["road_class"].unique():
        meant = "_".join(word.lower().replace("-", " ").replace("_", " ").split())
        if word != meant and meant in ROAD_CLASSES:
            msg = f"roads.road_class: {word!r} is not known. Did you mean {meant!r}?"
            raise SchemaError(msg)


def _zone(villages: gpd.GeoDataFrame, buffer_m: float) -> NDArray[np.float64]:
    """Return the bounds within which things are of the area: west, south, east, north."""
    by = buffer_m + SLACK_M
    zone: NDArray[np.float64] = np.array([-by, -by, by, by]) + villages.total_bounds
    return zone


def _near(shape: NDArray[np.object_], zone: NDArray[np.float64]) -> NDArray[np.bool_]:
    west, south, east, north = shapely.bounds(shape).T
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (west <= zone[2]) & (east >= zone[0]) & (south <= zone[3]) & (north >= zone[1]), dtype=bool
        )


def _require_mostly_near(
    frame: gpd.GeoDataFrame, what: str, zone: NDArray[np.float64], buffer_m: float
) -> None:
    """Raise SchemaError where most of a layer lies elsewhere: a single row's mistake is told by ``check``."""
    far = ~_near(np.asarray(frame.geometry.to_numpy(), dtype=object), zone)
    if far.sum() * 2 > len(frame):
        raise SchemaError(_elsewhere(what, int(far.sum()), len(frame), buffer_m, frame.index[far]))


def _elsewhere(what: str, far: int, of: int, buffer_m: float, ids: pd.Index) -> str:
    return (
        f"{what}: {far:,} of {of:,} lie over {buffer_m / 1000:g} km outside the villages: {first_five(ids)}. "
        f"{SWAPPED} Or is it another kabupaten?"
    )


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
    if isinstance(frame, gpd.GeoDataFrame):
        if frame.active_geometry_name is None:
            msg = f"{what} have no geometry: name its column with .set_geometry(…)"
            raise SchemaError(msg)
        twice = frame.columns[frame.columns.duplicated()].unique()
        if len(twice):
            columns = counted(len(twice), "column is", "columns are")
            msg = f"{what}: {columns} there more than once: {first_five(twice)}. Keep one of each."
            raise SchemaError(msg)
    if frame.crs is None:
        msg = f"{what} have no CRS: set it with .set_crs(…)"
        raise MissingCrsError(msg)
    return frame if frame.crs == crs else frame.to_crs(crs)


def unique_ids(index: pd.Index, what: str) -> None:
    """Raise SchemaError for ids that are empty or there twice."""
    if isinstance(index, pd.MultiIndex):
        levels = first_five(name or "?" for name in index.names)
        msg = (
            f"{what}: the index has several levels ({levels}): give each row one id, as with "
            ".reset_index(level=…)."
        )
        raise SchemaError(msg)
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
    """Return numbers of people and the like, NaN = unknown.

    Parameters
    ----------
    values
        Numbers, missing where unknown.
    what
        What messages call the column.

    Returns
    -------
    number
        float64 ``(rows,)``.

    Raises
    ------
    SchemaError
        Text, and numbers below 0 or without end.

    Examples
    --------
    >>> import pandas as pd
    >>> counts(pd.Series([12, None]), "people").tolist()
    [12.0, nan]
    """
    dtype = values.dtype
    no_number = pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    if no_number or not pd.api.types.is_numeric_dtype(dtype):
        kinds = {type(value).__name__ for value in values.dropna().array}
        holds = "categories" if isinstance(dtype, pd.CategoricalDtype) else ", ".join(sorted(kinds))
        why = ": '11.942' may be eleven or eleven thousand" if "str" in kinds else ""
        way = "" if why else ", as with .astype(float)"
        msg = f"{what} holds {holds or 'nothing'}, not numbers{why}. Turn the column into numbers first{way}."
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


def moved_anew(
    facilities: gpd.GeoDataFrame, before: gpd.GeoDataFrame, villages: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return facilities with the village, status and origin of those that were moved by their new place.

    As the edit ``move_facility`` does. What somebody changed beside the place stays as it was written.

    Parameters
    ----------
    facilities, before
        As they are given, in any CRS, and as they were; ids in their index.
    villages
        The villages layer (metric CRS).

    Raises
    ------
    SchemaError, MissingCrsError

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> layers = demo_layers(12)
    >>> units, there = layers.facilities.copy(), layers.villages.index[-1]
    >>> units.loc["P9901001", "geometry"] = layers.villages.geometry.loc[there].representative_point()
    >>> moved_anew(units, layers.facilities, layers.villages).loc["P9901001", "village_code"] == there
    True
    """
    new = in_crs(facilities, "facilities", villages.crs)
    own = [c for c in ("village_code", "status", "located_by") if c in new and c in before]
    if not own or not new.index.is_unique or "status" not in before:
        return new
    at = before.index.get_indexer(new.index)
    shape = np.asarray(new.geometry.to_numpy(), dtype=object)
    there = np.full(len(new), None, dtype=object)
    there[at >= 0] = before.geometry.to_numpy()[at[at >= 0]]
    none = [shapely.is_missing(one) | shapely.is_empty(one) for one in (shape, there)]
    with np.errstate(invalid="ignore"):
        moved = (at >= 0) & ((none[0] != none[1]) | (shapely.distance(shape, there) > MOVED_M))
    if not moved.any():
        return new
    derived = {
        "village_code": village_at(shape, villages),
        "status": np.where(none[0], FacilityStatus.UNLOCATED.value, FacilityStatus.USED.value),
        "located_by": np.where(none[0], LocatedBy.NONE.value, LocatedBy.COORDINATES.value),
    }
    out = {}
    for column in own:
        values = new[column].to_numpy(dtype=object).copy()
        old = before[column].to_numpy(dtype=object)[at]
        same = moved & ((values == old) | (pd.isna(values) & pd.isna(old)))
        if column == "village_code":
            # Without a point the village stays what is known of its place.
            same &= ~none[0]
        if column == "status":
            same &= old != FacilityStatus.SET_ASIDE
        values[same] = derived[column][same]
        out[column] = pd.Series(values, index=new.index, dtype="str")
    return new.assign(**out)


def checked_facilities(
    facilities: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, buffer_m: float, *, places: bool = True
) -> gpd.GeoDataFrame:
    """Return facilities (the villages' CRS) with every column of the contract; they need ``kind`` and points.

    ``places``: as :func:`checked_frames` takes it.

    Raises
    ------
    SchemaError
    """
    _require_kinds(facilities)
    _require_words(facilities)
    if places and "village_code" in facilities:
        given = facilities["village_code"]
        strange = (given.notna() & ~given.isin(villages.index)).to_numpy(dtype=bool)
        has = "a village_code that is none of the area's villages"
        do = "Correct it, or leave it empty (None); without the column the places tell the villages."
        _refuse(strange, facilities.index, "facilities", has, do)
    point = np.asarray(facilities.geometry.to_numpy(), dtype=object)
    _require_points(point, facilities.index)
    placed = ~(shapely.is_missing(point) | shapely.is_empty(point))
    near = _near(point, _zone(villages, buffer_m))
    meant = placed
    if "status" in facilities:
        meant = placed & (facilities["status"] == FacilityStatus.USED).to_numpy(dtype=bool)
    if places and meant.any() and not (placed & near).any():
        ids = facilities.index[placed]
        raise SchemaError(_elsewhere("facilities", len(ids), len(ids), buffer_m, ids))
    if "status" in facilities:
        facilities = _placed_anew(facilities, placed, near | (not places))
    return _completed(facilities, villages, point, placed, near)


def _require_kinds(facilities: gpd.GeoDataFrame) -> None:
    if "kind" not in facilities:
        msg = f"facilities: there is no column kind; give one of {', '.join(known_kinds())} for each row"
        raise SchemaError(msg)
    strange = ~facilities["kind"].isin(known_kinds())
    if strange.any():
        word = str(facilities["kind"][strange].iloc[0])
        meant = near_kind(word)
        hint = f" Did you mean {meant!r}?" if meant else ""
        msg = (
            f"facilities: {counted(strange.sum(), 'row has', 'rows have')} a kind that is not known: "
            f"{word!r}.{hint} The kinds are {', '.join(known_kinds())}."
        )
        raise SchemaError(msg)


def _require_words(facilities: gpd.GeoDataFrame) -> None:
    for column, words in WORDS.items():
        if column in facilities:
            bad = ~facilities[column].isin(words)
            if bad.any():
                shown = first_five(sorted(set(facilities[column][bad].astype(str))))
                msg = f"facilities.{column}: {shown}: use one of {', '.join(words)}"
                raise SchemaError(msg)


def _require_points(point: NDArray[np.object_], index: pd.Index) -> None:
    """Raise SchemaError for facilities whose shape is no point, or nowhere on earth; None is not known."""
    other = ~(shapely.is_missing(point) | shapely.is_empty(point))
    other &= shapely.get_type_id(point) != shapely.GeometryType.POINT
    has, do = "a shape that is no point", "Give a point, as .representative_point() does."
    _refuse(other, index, "facilities", has, do)
    _require_finite(point, index, "facilities")


def _completed(
    facilities: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, point: NDArray[np.object_],
    placed: NDArray[np.bool_], near: NDArray[np.bool_],
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return facilities with the columns that they lack; themselves where they lack none."""
    complete = {*DEFAULTS, "status", "village_code"} <= set(facilities.columns)
    if complete:
        return facilities
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


def _placed_anew(
    facilities: gpd.GeoDataFrame, placed: NDArray[np.bool_], near: NDArray[np.bool_]
) -> gpd.GeoDataFrame:
    """Return facilities of which none counts as used that has no place, or one beyond the buffer."""
    used = (facilities["status"] == FacilityStatus.USED).to_numpy(dtype=bool)
    lost, away = used & ~placed, used & placed & ~near
    if not (lost | away).any():
        return facilities
    status = facilities["status"].mask(lost, FacilityStatus.UNLOCATED.value)
    out = facilities.assign(status=status.mask(away, FacilityStatus.OUTSIDE_BUFFER.value))
    if "located_by" in out:
        out["located_by"] = out["located_by"].mask(lost, LocatedBy.NONE.value)
    return out
