"""Facilities that somebody put together by hand, checked, with every column of their contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geodata.checked.frame import elsewhere, in_crs, near_zone, refuse, require_finite, zone_of
from geodata.errors import SchemaError, counted, first_five
from geodata.villages_at import village_at
from geodata.vocabulary.kinds import known_kinds, near_kind
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy, YesNo

if TYPE_CHECKING:
    import geopandas as gpd
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
# What went through another CRS and back has not moved.
MOVED_M = 0.01


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
        refuse(strange, facilities.index, "facilities", has, do)
    point = np.asarray(facilities.geometry.to_numpy(), dtype=object)
    _require_points(point, facilities.index)
    placed = ~(shapely.is_missing(point) | shapely.is_empty(point))
    near = near_zone(point, zone_of(villages, buffer_m))
    meant = placed
    if "status" in facilities:
        meant = placed & (facilities["status"] == FacilityStatus.USED).to_numpy(dtype=bool)
    if places and meant.any() and not (placed & near).any():
        ids = facilities.index[placed]
        raise SchemaError(elsewhere("facilities", len(ids), len(ids), buffer_m, ids))
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
    refuse(other, index, "facilities", has, do)
    require_finite(point, index, "facilities")


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
