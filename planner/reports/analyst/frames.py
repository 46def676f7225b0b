"""The tables of villages, facilities and kecamatan with their shapes: what every file of them is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import WGS84
from geodata.vocabulary.statuses import VillageStatus
from planner.coverage.tables import facility_table, village_table
from planner.ilp.tables import unit_columns, village_columns

if TYPE_CHECKING:
    from planner.ilp.model import Ilp

# Of equity, what a kecamatan's row says of each kind.
OF_DISTRICT = ("share_reached", "share_reach_unknown", "minutes_p50")
SEAM_M = 1.0
# Holes up to here are what drawing villages one by one has left between them.
SLIVER_M2 = 10_000.0


class Frames(NamedTuple):
    """Villages and facilities of an answer, made once for all files of a run."""

    villages: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame


def frames_of(ilp: Ilp) -> Frames:
    """Return the villages and the facilities of an answer.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> [len(frame) for frame in frames_of(Ilp(find_gaps(demo_layers(12))))]
    [12, 45]
    """
    return Frames(village_frame(ilp), facility_frame(ilp))


def village_frame(ilp: Ilp) -> gpd.GeoDataFrame:
    """Return one row a village: its outline, and every column of ``villages.csv``.

    Parameters
    ----------
    ilp
        An answer.

    Returns
    -------
    villages
        Index ``village_code``; the columns of :func:`planner.coverage.tables.village_table` and
        :func:`planner.ilp.tables.village_columns` (minutes ``inf`` = no way, NaN = unknown); Polygons and
        MultiPolygons in degrees (EPSG:4326).

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> frame = village_frame(Ilp(find_gaps(demo_layers(12))))
    >>> frame.loc["99.01.01.1001", ["puskesmas_status", "pustu_class"]].tolist(), frame.crs.to_epsg()
    (['served', 'not_functioning'], 4326)
    """
    table = village_table(ilp.gaps).join(village_columns(ilp))
    return gpd.GeoDataFrame(table, geometry=ilp.gaps.layers.villages.geometry).to_crs(WGS84)


def facility_frame(ilp: Ilp) -> gpd.GeoDataFrame:
    """Return one row a facility: its place, and every column of ``facilities.csv``.

    Parameters
    ----------
    ilp
        An answer.

    Returns
    -------
    facilities
        Index ``facility_id``; the columns of :func:`planner.coverage.tables.facility_table` and
        :func:`planner.ilp.tables.unit_columns`; Points in degrees (EPSG:4326), none where the place is not
        known.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> frame = facility_frame(Ilp(find_gaps(demo_layers(12))))
    >>> frame.loc["T99010001", ["kind", "lacks", "parent_how"]].tolist()
    ['pustu', 'kader:1', 'declared']
    """
    catchments = {kind: ilp.catchments(kind) for kind in ilp.kinds}
    table = facility_table(ilp.gaps, catchments).join(unit_columns(ilp))
    return gpd.GeoDataFrame(table, geometry=ilp.gaps.layers.facilities.geometry).to_crs(WGS84)


def district_frame(ilp: Ilp) -> gpd.GeoDataFrame:
    """Return one row a kecamatan: its outline, people, and its villages by status.

    Parameters
    ----------
    ilp
        An answer.

    Returns
    -------
    districts
        Index ``district_code``; ``district_name``, ``villages``, ``people`` (known ones),
        ``villages_people_unknown``; for each kind K, in the scenario's own season, ``K_villages_served`` and
        so on for each status, ``K_share_reached`` (0-1), ``K_share_reach_unknown`` and ``K_minutes_p50`` as
        in ``equity.csv``; MultiPolygons in degrees (EPSG:4326).

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> frame = district_frame(Ilp(find_gaps(demo_layers(12))))
    >>> frame[["villages", "puskesmas_villages_served", "puskesmas_villages_gap"]].to_numpy().tolist()
    [[12, 8, 2]]
    """
    villages = ilp.gaps.layers.villages
    by = villages.groupby("district_code", sort=True)
    columns = {
        "district_name": by["district_name"].first(),
        "villages": by.size(),
        "people": by["people"].sum(min_count=1),
        "villages_people_unknown": villages["people"].isna().groupby(villages["district_code"]).sum(),
    }
    equity = ilp.equity[(ilp.equity["by"] == "district") & (ilp.equity["season"] == ilp.gaps.scenario.season)]
    for kind, one in ilp.gaps.coverage.items():
        counts = pd.crosstab(villages["district_code"], one.villages["status"].astype("str"))
        for status in VillageStatus:
            found = counts.get(status.value, pd.Series(0, index=counts.index))
            columns[f"{kind}_villages_{status.value}"] = found
        spread = equity[equity["kind"] == kind].set_index("group")
        columns |= {f"{kind}_{name}": spread[name] for name in OF_DISTRICT}
    table = pd.DataFrame(columns).rename_axis("district_code")
    shapes = [_joined(villages[villages["district_code"] == code]) for code in table.index]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=villages.crs).to_crs(WGS84)


def _joined(villages: gpd.GeoDataFrame) -> shapely.Geometry:
    """Return several villages as one: a hair wider, so that slivers between them are no outlines."""
    shapes = villages.geometry.to_numpy()
    joined = shapely.union_all(shapely.buffer(np.asarray(shapes, dtype=object), SEAM_M, quad_segs=1))
    return shapely.multipolygons([_without_slivers(part) for part in shapely.get_parts(joined)])


def _without_slivers(part: shapely.Polygon) -> shapely.Polygon:
    holes = [ring for ring in part.interiors if shapely.Polygon(ring).area >= SLIVER_M2]
    return shapely.Polygon(part.exterior, holes)
