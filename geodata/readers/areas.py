"""Water that nobody walks across, and areas flooded in the wet season."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.areafile import FactorColumn
from geodata.crs import require_indonesia
from geodata.errors import EmptyAreaError, SchemaError, counted, first_five
from geodata.layers import Finding, rows_about
from geodata.readers.files.cells import pick_column
from geodata.readers.files.opening import source_record
from geodata.readers.files.vector import read_vector
from geodata.readers.result import ReadLayer
from geodata.vocabulary.columns import flood_words
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.areafile import FileSource, FloodsFile, WaterFile

LINES = (
    shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING,
)  # fmt: skip
POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def read_water(source: WaterFile, zone: shapely.Geometry, crs: str) -> ReadLayer:
    """Read rivers, lakes and the like (polygons or lines) near the study area.

    Returns
    -------
    water
        Index ``water_id``; single Polygons and LineStrings in ``crs`` (metres).
    findings
        Rows without a geometry.

    Raises
    ------
    InputError
        Unreadable file, no CRS, points, or nothing in Indonesia.
    """
    raw, findings = read_shapes(source, "water", (*LINES, *POLYGONS), crs)
    return ReadLayer(_near(raw[["geometry"]], zone, "water"), findings, source_record("water", source))


def read_floods(source: FloodsFile, zone: shapely.Geometry, crs: str) -> ReadLayer:
    """Read areas flooded in the wet season, near the study area.

    Returns
    -------
    floods
        Index ``flood_id``; ``speed_factor`` from 0 (roads closed) to 1; Polygons in ``crs`` (metres).
    findings
        Rows without a geometry.

    Raises
    ------
    InputError
        As for water; or a factor that is no number from 0 to 1.
    """
    raw, findings = read_shapes(source, "floods", POLYGONS, crs)
    if isinstance(source.speed_factor, (int, float)):
        factor = pd.Series(source.speed_factor, index=raw.index)
    else:
        named = source.speed_factor
        column = FactorColumn(column=named) if isinstance(named, str) else named
        factor = _factors(raw, column)
    raw = gpd.GeoDataFrame({"speed_factor": factor.astype("float64")}, geometry=raw.geometry, crs=crs)
    return ReadLayer(_near(raw, zone, "flood"), findings, source_record("floods", source))


def _factors(raw: gpd.GeoDataFrame, source: FactorColumn) -> pd.Series[Any]:
    """Return a column of factors, read as numbers or as words of how likely a flood is.

    Raises
    ------
    SchemaError
        Naming what is neither.
    """
    picked = pick_column(raw.columns, source.column, (), key="speed_factor", what="floods")
    mine = source.values  # noqa: PD011 - a field of the configuration, not a frame
    own = {spelling_key(word): factor for word, factor in mine.items()}
    known = {spelling_key(word): factor for word, factor in flood_words().items()} | own
    factor = raw[picked].map(lambda value: known.get(spelling_key(value), _factor(value)))
    bad = np.flatnonzero(factor.isna())
    if len(bad):
        words = first_five(sorted({str(value) for value in raw[picked].iloc[bad]}))
        msg = (
            f"floods: {picked}: {counted(len(bad), 'value is', 'values are')} no number from 0 to 1, "
            f"and no word that is known: {words}. Say what they mean, as in speed_factor: "
            f"{{column: {picked}, values: {{Tinggi: 0.4}}}}."
        )
        raise SchemaError(msg)
    return factor


def _factor(value: object) -> float:
    try:
        number = float(str(value).strip().replace(",", "."))
    except ValueError:
        return float("nan")
    return number if 0.0 <= number <= 1.0 else float("nan")


def read_shapes(
    source: FileSource, what: str, kinds: tuple[int, ...], crs: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the rows of a file that have a shape, all of these kinds, in ``crs`` (metres).

    Raises
    ------
    InputError
        Unreadable file, no CRS, other kinds of shapes, none at all, or a place outside Indonesia.
    """
    raw = read_vector(source, what)
    shapes: NDArray[np.object_] = shapely.force_2d(raw.geometry.to_numpy())
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = np.flatnonzero(~empty & ~np.isin(shapely.get_type_id(shapes), kinds))
    if len(wrong):
        wanted = "polygons" if len(kinds) == len(POLYGONS) else "polygons or lines"
        msg = (
            f"{what}: {counted(len(wrong), 'row')} of {source.path.name} without {wanted} (rows "
            f"{first_five(wrong + 1)}). Give a file of {wanted}."
        )
        raise SchemaError(msg)
    if empty.all():
        key = what.rpartition(" ")[2]
        msg = f"{what}: {source.path.name} has no shapes. Leave {key}: out if there are none."
        raise EmptyAreaError(msg)
    raw = raw[~empty]
    west, south, east, north = raw.total_bounds
    require_indonesia((west, south, east, north), what)
    findings: tuple[Finding, ...] = ()
    if empty.any():
        rows = np.flatnonzero(empty)
        findings = (
            Finding(
                "info", what, "empty_geometry", len(rows), tuple(f"row {i + 1}" for i in rows[:5]),
                "rows without a shape were left out", "none needed",
                rows_about((f"row {i + 1}" for i in rows), "geometry"),
            ),
        )  # fmt: skip
    return gpd.GeoDataFrame(raw.set_geometry(shapes[~empty], crs=raw.crs).to_crs(crs)), findings


def _near(frame: gpd.GeoDataFrame, zone: shapely.Geometry, name: str) -> gpd.GeoDataFrame:
    """Return valid single shapes that touch the zone, numbered."""
    valid = frame.set_geometry(shapely.make_valid(frame.geometry.to_numpy()), crs=frame.crs)
    parts = valid.explode(index_parts=False, ignore_index=True)
    kinds = np.isin(shapely.get_type_id(parts.geometry.to_numpy()), (*LINES, *POLYGONS))
    parts = parts[kinds & shapely.intersects(zone, parts.geometry.to_numpy())].reset_index(drop=True)
    ids = [f"{name}-{i + 1}" for i in range(len(parts))]
    return parts.set_index(pd.Index(ids, name=f"{name}_id", dtype="str"))
