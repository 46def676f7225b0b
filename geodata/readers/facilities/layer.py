"""Lists of facilities together as one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geodata.errors import SchemaError, counted, first_five
from geodata.schemas import validate
from geodata.vocabulary.statuses import FacilityStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.areafile import FacilitiesFile
    from geodata.readers.result import ReadLayer

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
    frame["geometry"] = frame.geometry
    numbers = [c for c in frame if c.startswith(("staff_", "open_days_", "capacity_"))]
    frame = frame[[*FACILITY_COLUMNS, *numbers, "geometry"]].sort_index()
    frame.index.name = "facility_id"
    validate("facilities", frame)
    return frame


def kinds_listed(file: FacilitiesFile, rows: ReadLayer, official: Mapping[str, int]) -> tuple[str, ...]:
    """Return the kinds that a file lists; one that only stands in ``kind.values`` has no list."""
    there = set(rows.frame["kind"])
    sure = file.covers is not None or isinstance(file.kind, str)
    return tuple(k for k in rows.listed_kinds if k in there or sure or official.get(k) == 0)
