"""Village polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.codes import VillageKind, district_of, parse_village_code, regency_of, village_kind
from geodata.crs import metric_crs, require_indonesia
from geodata.errors import EmptyAreaError, SchemaError, counted, first_five
from geodata.layers import Finding
from geodata.readers.files.cells import bad_codes, count_column, pick_column, refuse_mostly_bad, text_column
from geodata.readers.files.opening import source_record
from geodata.readers.files.vector import read_vector
from geodata.readers.result import ReadLayer
from geodata.vocabulary.columns import layer_columns

if TYPE_CHECKING:
    from geodata.areafile import BoundariesFile

WHAT = "boundaries"


def read_boundaries(source: BoundariesFile, regency_code: str) -> ReadLayer:
    """Read the villages of one kabupaten/kota, in the metric CRS chosen for them.

    Returns
    -------
    villages
        Index ``village_code`` sorted; MultiPolygon; ``people`` float64, NaN = unknown: all of them, unless
        AREA.yml names a column.
    findings
        What was repaired, and what was left out.

    Raises
    ------
    InputError
        Missing columns, most codes no codes, duplicate codes, empty geometry, a foreign place,
        or no village of this kabupaten.
    """
    heads = layer_columns("boundaries")
    raw = read_vector(source, WHAT)
    if raw.empty:
        msg = f"{WHAT}: {source.path.name} has no rows. Give the villages of {regency_code}."
        raise EmptyAreaError(msg)
    raw = raw.set_axis(range(1, len(raw) + 1), axis=0)
    code_column = pick_column(raw.columns, source.code, heads["code"], key="code", what=WHAT)
    name_column = pick_column(raw.columns, source.name, heads["name"], key="name", what=WHAT)
    district_column = pick_column(
        raw.columns, source.district_name, heads["district_name"],
        key="district_name", what=WHAT, required=False,
    )  # fmt: skip
    text = text_column(raw, code_column)
    codes, bad = _village_codes(text, source, regency_code)
    findings = bad_codes("villages", text, bad)
    raw, codes = raw[~bad.to_numpy()], codes[~bad]
    of_area = codes.str.startswith(regency_code + ".").to_numpy()
    if not of_area.any():
        found = ", ".join(sorted({regency_of(c) for c in codes})[:5])
        msg = (
            f"{WHAT}: no village of {regency_code} in {source.path.name}; it has those of {found}. "
            "Correct code: in AREA.yml, or the file. (BPS codes are numbered differently.)"
        )
        raise EmptyAreaError(msg)
    geometry, repaired = _polygons(raw.geometry.to_numpy()[of_area], codes[of_area])
    findings += repaired
    villages = gpd.GeoDataFrame(
        {
            "village_name": text_column(raw, name_column)[of_area].fillna("").to_numpy(),
            "district_code": [district_of(c) for c in codes[of_area]],
            "district_name": text_column(raw, district_column)[of_area].fillna("").to_numpy(),
            "regency_code": regency_code,
            "kind": [village_kind(c) for c in codes[of_area]],
            "people": _people(raw, source)[of_area].to_numpy(),
        },
        geometry=geometry,
        index=pd.Index(codes[of_area].to_numpy(), name="village_code", dtype="str"),
        crs=raw.crs,
    ).sort_index()
    bounds = tuple(villages.total_bounds)
    require_indonesia((bounds[0], bounds[1], bounds[2], bounds[3]), WHAT)
    if not of_area.all():
        findings += (_others(codes[~of_area], regency_code),)
    crs = metric_crs((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    return ReadLayer(villages.to_crs(crs), findings, source_record("villages", source))


def _people(raw: gpd.GeoDataFrame, source: BoundariesFile) -> pd.Series[float]:
    """Return the people of each row (NaN = unknown); only of a column that AREA.yml names."""
    column = pick_column(raw.columns, source.people, (), key="people", what=WHAT, required=False)
    return count_column(raw, column, WHAT, source.path.name)


def _village_codes(
    text: pd.Series[str], source: BoundariesFile, regency_code: str
) -> tuple[pd.Series[str], pd.Series[bool]]:
    """Return the codes, and which rows have none; a file of which most have none is the wrong column."""
    codes = text.map(lambda t: parse_village_code(t) if isinstance(t, str) else None).astype("str")
    # Every code of the country has 1, 2 or 3 there; BPS codes have mostly 0.
    bad = codes.map(lambda c: not isinstance(c, str) or village_kind(c) == VillageKind.UNKNOWN).astype(bool)
    refuse_mostly_bad(text, bad, WHAT, source.path.name, regency_code)
    codes = codes.mask(bad)
    twice = codes[codes.notna() & codes.duplicated(keep=False)]
    if len(twice):
        msg = (
            f"{WHAT}: {twice.nunique()} village codes occur more than once in {source.path.name}: "
            f"{first_five(sorted(set(twice)))}. Keep one polygon (or one MultiPolygon) for each."
        )
        raise SchemaError(msg)
    return codes, bad


def _polygons(geometry: np.ndarray, codes: pd.Series[str]) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """Return 2-D valid MultiPolygons; an empty or non-areal geometry is an error."""
    geometry = shapely.force_2d(geometry)
    invalid = ~shapely.is_valid(geometry) & ~shapely.is_missing(geometry)
    before = shapely.area(geometry)
    geometry = np.where(invalid, shapely.make_valid(geometry, method="structure"), geometry)
    areal = np.array([_only_polygons(g) for g in geometry], dtype=object)
    # Also those of no area, or of places that are no numbers.
    lost = shapely.is_missing(areal) | ~(shapely.area(areal) > 0)
    if lost.any():
        msg = (
            f"{WHAT}: {counted(lost.sum(), 'village has', 'villages have')} an empty geometry or one "
            f"without an area: {first_five(codes[lost])}. Draw their polygons, or take the rows out."
        )
        raise SchemaError(msg)
    if not invalid.any():
        return areal, ()
    change = np.abs(shapely.area(areal) - before)[invalid] / shapely.area(areal)[invalid]
    return areal, (
        Finding(
            "warning", "villages", "invalid_polygon", int(invalid.sum()),
            tuple(codes[invalid])[:5],
            f"polygons that cross themselves were repaired (area changed by up to {change.max():.2%})",
            "compare the repaired outline with the original map",
        ),
    )  # fmt: skip


def _only_polygons(geometry: shapely.Geometry | None) -> shapely.MultiPolygon | None:
    if geometry is None or shapely.is_empty(geometry):
        return None
    parts = [
        p
        for part in shapely.get_parts([geometry])
        for p in shapely.get_parts([part])
        if p.geom_type == "Polygon" and p.area > 0
    ]
    return shapely.MultiPolygon(parts) if parts else None


def _others(codes: pd.Series[str], regency_code: str) -> Finding:
    return Finding(
        "info", "villages", "other_regency", len(codes), tuple(codes)[:5],
        f"villages of other kabupaten/kota than {regency_code} were left out",
        "none needed, unless the code: in AREA.yml is wrong",
    )  # fmt: skip
