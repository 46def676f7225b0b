"""What lies around a study area, for its maps alone: the outlines of neighbouring kabupaten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geodata.codes import of_regency, parse_village_code, regency_of
from geodata.errors import SchemaError
from geodata.readers.columns import Columns, known_heads
from geodata.readers.files.opening import source_record
from geodata.readers.files.vector import read_vector
from geodata.readers.result import ReadLayer

if TYPE_CHECKING:
    from geodata.areafile import BoundariesFile, NeighboursFile

WHAT = "neighbours"
# Outlines are drawn pale and small: finer than this nobody sees.
TOLERANCE_M = 30.0
# Two maps of one border differ; what is thinner than this between them is no neighbour.
SLIVER_M = 150.0
LARGEST_GAP_M2 = 1_000_000.0
# An outline that holds this share of the area is the area itself, however roughly it was drawn.
ITSELF = 0.5


def read_neighbours(
    source: NeighboursFile, villages: gpd.GeoDataFrame, zone: shapely.Geometry, regency: tuple[str, str]
) -> ReadLayer:
    """Read a file of what lies around the area, such as the kabupaten of its province.

    Parameters
    ----------
    source
        Polygons; those of one name, or of one code where there is no name, become one. A row without either
        stands for itself.
    villages, zone
        The area's villages, and what is near (:func:`geodata.readers.roads.study_zone`), in one metric CRS.
    regency
        Code and name of the area's kabupaten, which is no neighbour of itself.

    Returns
    -------
    neighbours
        Index ``neighbour_id``; ``name`` ("" = unknown), MultiPolygon in the villages' CRS, cut to the zone,
        without the area itself. Empty where nothing lies around.

    Raises
    ------
    InputError
        The file cannot be read, has no such column, or no polygon.
    """
    raw = read_vector(source, WHAT)
    if not raw.geom_type.isin(["Polygon", "MultiPolygon"]).any():
        msg = f"{WHAT}: {source.path.name} has no polygons. Give outlines, not border lines or points."
        raise SchemaError(msg)
    columns = Columns(raw, known_heads(source, WHAT), WHAT)
    names = columns.text(source.name, "name").fillna(columns.text(source.code, "code"))
    return ReadLayer(_outlines(raw, names, villages, zone, regency), (), source_record(WHAT, source))


def read_others(
    source: BoundariesFile, villages: gpd.GeoDataFrame, zone: shapely.Geometry, regency: tuple[str, str]
) -> ReadLayer:
    """Read the other kabupaten of a file of villages; see :func:`read_neighbours`."""
    raw = read_vector(source, WHAT)
    columns = Columns(raw, known_heads(source, "boundaries"), WHAT)
    codes = columns.text(source.code, "code").map(
        lambda t: regency_of(c) if isinstance(t, str) and (c := parse_village_code(t)) else None
    )
    names = columns.text(source.regency, "regency").fillna(codes)
    # A village without either would be a neighbour of its own.
    known = names.notna() & (codes != regency[0])
    return ReadLayer(_outlines(raw[known], names[known], villages, zone, regency))


def _outlines(
    raw: gpd.GeoDataFrame, names: pd.Series[str], villages: gpd.GeoDataFrame, zone: shapely.Geometry,
    regency: tuple[str, str],
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return the outlines by name, without the area's own."""
    shapes = raw.geometry.to_crs(villages.crs)
    other = ~names.map(lambda name: isinstance(name, str) and of_regency(name, *regency)).astype(bool)
    near = (shapes.intersects(zone) & ~shapes.is_empty & other).to_numpy()
    shapes, names = shapes[near], names[near].astype("object")
    simple = shapely.simplify(villages.geometry.to_numpy(), TOLERANCE_M)
    land = shapely.union_all(simple)
    made = []
    # A row without a name has a group of its own.
    for group in shapes.groupby(
        names.where(names.notna(), pd.Series(range(len(names)), names.index)), sort=False
    ):
        parts = shapely.make_valid(group[1].to_numpy(), method="structure")
        # Villages that do not quite meet would leave lines within a kabupaten.
        whole = shapely.buffer(shapely.union_all(shapely.buffer(parts, TOLERANCE_M)), -TOLERANCE_M)
        if shapely.area(shapely.intersection(whole, land)) > ITSELF * shapely.area(land):
            continue
        rest = shapely.simplify(shapely.difference(shapely.intersection(whole, zone), land), TOLERANCE_M)
        parts = shapely.get_parts([rest])
        kept = [_without_gaps(p) for p in parts if not shapely.is_empty(shapely.buffer(p, -SLIVER_M))]
        if kept:
            made.append((group[0] if isinstance(group[0], str) else "", shapely.multipolygons(kept)))
    frame = gpd.GeoDataFrame(
        {"name": [name for name, _ in made]}, geometry=[shape for _, shape in made], crs=villages.crs,
        index=pd.Index([f"n{i}" for i in range(1, len(made) + 1)], name="neighbour_id", dtype="str"),
    )  # fmt: skip
    return frame.astype({"name": "str"})


def _without_gaps(part: shapely.Polygon) -> shapely.Polygon:
    """Return an outline without the holes that villages leave which do not meet; a city in it stays one."""
    rings = [ring for ring in part.interiors if shapely.area(shapely.polygons(ring)) > LARGEST_GAP_M2]
    return shapely.Polygon(part.exterior, rings)
