"""The facilities layer with a scenario's edits in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops

from geodata.crs import WGS84
from geodata.villages_at import village_at
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy, YesNo
from planner.network.editing.refusals import like, require_near
from planner.scenarios.edits import (
    FACILITY_EDITS,
    ChangeFacility,
    CloseFacility,
    EditError,
    MoveFacility,
    OpenFacility,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.scenarios.edits import Edit


def edited_facilities(  # noqa: C901 - one case an edit
    facilities: gpd.GeoDataFrame,
    edits: Sequence[Edit],
    villages: gpd.GeoDataFrame,
    *,
    buffer_m: float = np.inf,
) -> gpd.GeoDataFrame:
    """Return the facilities layer with a scenario's edits in it; the layer itself stays as it is.

    Parameters
    ----------
    facilities
        The facilities layer (Points, metric CRS), ids in its index.
    edits
        Their places are in degrees (lon, lat); edits of roads are passed over.
    villages
        The villages layer (Polygons, metric CRS), which says in which village a facility now is.
    buffer_m
        How far (metres) outside the villages' bounds one may lie.

    Returns
    -------
    facilities
        In order of their ids. A closed one stays, with ``functioning`` "no".

    Raises
    ------
    EditError
        An edit names a facility that is not there, opens one under an id that is taken, or puts one
        further than ``buffer_m`` outside the villages' bounds.

    Examples
    --------
    >>> rows = {"kind": ["pustu"], "functioning": ["yes"]}
    >>> units = gpd.GeoDataFrame(rows, index=["u1"], geometry=[shapely.Point(0, 0)], crs="EPSG:32748")
    >>> edits = [CloseFacility(id="u1")]
    >>> edited_facilities(units, edits, units)["functioning"].to_dict()
    {'u1': 'no'}
    """
    for number, edit in enumerate(edits, start=1):
        if isinstance(edit, (OpenFacility, MoveFacility)):
            require_near(villages, shapely.Point(edit.lonlat), buffer_m, number)
    out = facilities.copy()
    for number, edit in enumerate(edits, start=1):
        if not isinstance(edit, FACILITY_EDITS):
            continue
        if not isinstance(edit, OpenFacility) and edit.id not in out.index:
            msg = f"there is no facility {edit.id!r}.{like(edit.id, out.index)}"
            raise EditError(number, "no_facility", msg, id=edit.id)
        match edit:
            case OpenFacility():
                if edit.id in out.index:
                    msg = f"the id {edit.id!r} is taken. Give the new facility another."
                    raise EditError(number, "id_taken", msg, id=edit.id)
                out = _with_facility(out, edit, villages)
            case CloseFacility():
                out.loc[edit.id, ["functioning", "closed"]] = [YesNo.NO.value, YesNo.YES.value]
            case MoveFacility():
                out.loc[[edit.id], "geometry"] = _metric(edit.lonlat, out.crs)
                out.loc[edit.id, ["status", "located_by"]] = [
                    FacilityStatus.USED.value,
                    LocatedBy.COORDINATES.value,
                ]
                out.loc[edit.id, "village_code"] = _village_of(out.loc[edit.id, "geometry"], villages)
            case ChangeFacility():
                _change(out, edit)
    return out.sort_index()


def _change(facilities: gpd.GeoDataFrame, edit: ChangeFacility) -> None:
    """Change a facility's kind or functioning; one that functions is not closed."""
    if edit.kind is not None:
        facilities.loc[edit.id, "kind"] = edit.kind
    if edit.capacity_people is not None:
        facilities.loc[edit.id, "capacity_people"] = edit.capacity_people
    if edit.functioning is None:
        return
    facilities.loc[edit.id, "functioning"] = edit.functioning
    if "closed" in facilities and edit.functioning == YesNo.YES.value:
        facilities.loc[edit.id, "closed"] = YesNo.NO.value


def _with_facility(
    facilities: gpd.GeoDataFrame, edit: OpenFacility, villages: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    place = _metric(edit.lonlat, facilities.crs)
    row = {
        "kind": edit.kind, "name": edit.name or edit.id, "village_code": _village_of(place[0], villages),
        "declared_village": None, "parent_id": None, "functioning": YesNo.YES.value,
        "closed": YesNo.NO.value,
        "located_by": LocatedBy.COORDINATES.value, "status": FacilityStatus.USED.value, "source": "scenario",
        "capacity_people": edit.capacity_people,
    }  # fmt: skip
    if edit.capacity_people is not None and "capacity_people" not in facilities:
        facilities = facilities.assign(capacity_people=np.nan)
    index = pd.Index([edit.id], name=facilities.index.name, dtype=facilities.index.dtype)
    new = gpd.GeoDataFrame(
        {c: pd.Series([row.get(c)], index=index, dtype=facilities[c].dtype)
         for c in facilities.columns if c != "geometry"},
        geometry=gpd.GeoSeries(place, index=index, crs=facilities.crs), index=index,
    )  # fmt: skip
    return gpd.GeoDataFrame(pd.concat([facilities, new]), crs=facilities.crs)


def _metric(lonlat: tuple[float, float], crs: Any) -> Any:  # noqa: ANN401 - geopandas is untyped
    return gpd.GeoSeries([shapely.Point(lonlat)], crs=WGS84).to_crs(crs).to_numpy()


def _village_of(place: shapely.Point, villages: gpd.GeoDataFrame) -> str | None:
    found = village_at(np.array([place], dtype=object), villages)[0]
    return None if found is None else str(found)
