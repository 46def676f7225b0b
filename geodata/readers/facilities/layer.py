"""Lists of facilities together as one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from geodata.errors import SchemaError, counted, first_five
from geodata.schemas import validate
from geodata.vocabulary.kind_names import kind_of_name
from geodata.vocabulary.statuses import FacilityStatus
from geodata.vocabulary.units import unit_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.areafile import FacilitiesFile
    from geodata.readers.result import ReadLayer

PUSKESMAS = "puskesmas"
# A facility list without the columns of these is still a facilities layer.
FACILITY_COLUMNS = (
    "kind", "name", "village_code", "declared_village", "declared_district", "parent_id", "functioning",
    "closed", "located_by", "status", "source",
)  # fmt: skip


def facilities_layer(lists: Sequence[ReadLayer], crs: object, zone: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the rows of all lists, each id once, with where they lie."""
    rows = [one.frame for one in lists if len(one.frame)]
    if rows:
        frame = gpd.GeoDataFrame(pd.concat(rows), crs=crs)
    else:
        empty = {c: pd.Series(dtype="str") for c in FACILITY_COLUMNS}
        index = pd.Index([], name="facility_id", dtype="str")
        frame = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs)).set_index(index)
    twice = frame.index[frame.index.duplicated()].unique()
    if len(twice):
        msg = (
            f"facilities: {counted(len(twice), 'id occurs', 'ids occur')} in more than one list: "
            f"{first_five(twice)}. Take a list that is there twice out, or leave id: out and ids are made "
            "from the row numbers."
        )
        raise SchemaError(msg)
    placed = ~shapely.is_missing(frame.geometry.to_numpy())
    near = shapely.intersects(zone, frame.geometry.to_numpy())
    status = pd.Series(FacilityStatus.UNLOCATED.value, index=frame.index, dtype="str")
    status = status.mask(placed & near, FacilityStatus.USED.value)
    status = status.mask(placed & ~near, FacilityStatus.OUTSIDE_BUFFER.value)
    if "set_aside" in frame:
        status = status.mask(frame["set_aside"].astype(bool), FacilityStatus.SET_ASIDE.value)
    frame["status"] = status
    frame["parent_id"] = parent_ids(frame["parent_id"], frame)
    frame["geometry"] = frame.geometry
    numbers = [c for c in frame if c.startswith(("staff_", "open_days_", "capacity_"))]
    frame = frame[[*FACILITY_COLUMNS, *numbers, "geometry"]].sort_index()
    frame.index.name = "facility_id"
    validate("facilities", frame)
    return frame


def parent_ids(said: pd.Series[Any], facilities: pd.DataFrame) -> pd.Series[Any]:
    """Return the parents of units as ids: what is none is the name of the one puskesmas that has it, if any.

    A name that tells another kind is of one of that kind. Between two of one name nobody chooses, and what
    none has stays as it is.

    Parameters
    ----------
    said
        Text, by facility; missing for none.
    facilities
        Of all lists, by ``facility_id``, with ``kind`` and ``name``.

    Examples
    --------
    >>> units = pd.DataFrame({"kind": ["puskesmas", "pustu"], "name": ["Puskesmas Jaya", "Pustu Jaya"]},
    ...                      index=["P1", "T1"])
    >>> parent_ids(pd.Series(["JAYA", "P1", "Pkm. Maju", "Pustu Jaya"]), units).tolist()
    ['P1', 'P1', 'Pkm. Maju', 'T1']
    """
    names = {one for one in said.dropna().unique() if one not in facilities.index}
    if not names:
        return said
    of: dict[tuple[str, str], list[str]] = {}
    for unit, kind, name in zip(facilities.index, facilities["kind"], facilities["name"], strict=True):
        of.setdefault((kind, unit_key(name)), []).append(str(unit))
    found: dict[str, str] = {}
    for name in names:
        told = kind_of_name(name)
        units = of.get((PUSKESMAS if told is None else str(told.kind), unit_key(name)), [])
        found[name] = units[0] if len(units) == 1 else name
    ids = said.replace(found)
    # The puskesmas of a row may be the row's own unit.
    return ids.mask(ids == pd.Series(said.index, index=said.index))


def kinds_listed(file: FacilitiesFile, rows: ReadLayer, official: Mapping[str, int]) -> tuple[str, ...]:
    """Return the kinds that a file lists; one that only stands in ``kind.values`` has no list."""
    there = set(rows.frame["kind"])
    sure = file.covers is not None or isinstance(file.kind, str) or bool(file.kind.columns)
    return tuple(k for k in rows.listed_kinds if k in there or sure or official.get(k) == 0)
