"""Village polygons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.codes import (
    VillageKind,
    district_of,
    name_key,
    of_regency,
    parse_village_code,
    regency_of,
    village_kind,
)
from geodata.crs import metric_crs, require_indonesia
from geodata.errors import EmptyAreaError, MissingColumnError, SchemaError, counted, first_five
from geodata.layers import Cell, Finding, rows_about
from geodata.readers.columns import Columns, known_heads
from geodata.readers.files.cells import (
    Counts,
    bad_codes,
    count_column,
    parts_of_people,
    pick_column,
    refuse_mostly_bad,
    text_column,
)
from geodata.readers.files.opening import source_record
from geodata.readers.files.vector import read_vector
from geodata.readers.numbering import NO_KIND, ROWS
from geodata.readers.register import CodeSystem, Register, Rows, bridge, code_system, how_to_get_codes
from geodata.readers.result import ReadLayer
from geodata.readers.slivers import close_slivers

if TYPE_CHECKING:
    from geodata.areafile import BoundariesFile

WHAT = "boundaries"
# Of the rows while they are read: no file has a column of this name.
PEOPLE = "(people)"


def read_boundaries(
    source: BoundariesFile, regency_code: str, *, regency: str = "", register: Register | None = None
) -> ReadLayer:
    """Read the villages of one kabupaten/kota, in the metric CRS chosen for them.

    Parameters
    ----------
    source, regency_code
        The file, and whose villages are wanted.
    regency
        The kabupaten's name, as files write it.
    register
        The codes in force, for files without codes or with other ones.

    Returns
    -------
    villages
        Index ``village_code`` sorted; MultiPolygon, with slivers between them closed as far as AREA.yml
        says; ``people`` float64, NaN = unknown: all of them, unless AREA.yml names a column.
    findings
        What was repaired, and what was left out.

    Raises
    ------
    InputError
        Missing columns, most codes no codes, two villages of one code, empty geometry, a foreign place,
        or no village of this kabupaten.
    """
    raw = read_vector(source, WHAT)
    if raw.empty:
        msg = f"{WHAT}: {source.path.name} has no rows. Give the villages of {regency_code}."
        raise EmptyAreaError(msg)
    raw = raw.set_axis(range(1, len(raw) + 1), axis=0)
    people = _people(raw, source)
    raw = raw.assign(**{PEOPLE: people.numbers})
    columns = Columns(raw, known_heads(source, WHAT), WHAT)
    raw, codes, findings = _coded(columns, source, regency_code, regency, register)
    columns = Columns(raw, columns.heads, WHAT)
    geometry, repaired = _polygons(raw.geometry.to_numpy(), codes)
    villages = gpd.GeoDataFrame(
        {
            "village_name": columns.text(source.name, "name").fillna("").to_numpy(),
            "district_code": [district_of(c) for c in codes],
            "district_name": _district_names(columns, source, codes, register),
            "regency_code": regency_code,
            "kind": [village_kind(c) for c in codes],
            "people": raw[PEOPLE].to_numpy(),
        },
        geometry=geometry,
        index=pd.Index(codes.to_numpy(), name="village_code", dtype="str"),
        crs=raw.crs,
    ).sort_index()
    villages, united = _united(villages, source.path.name)
    bounds = tuple(villages.total_bounds)
    require_indonesia((bounds[0], bounds[1], bounds[2], bounds[3]), WHAT)
    crs = metric_crs((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    villages = villages.to_crs(crs)
    doubts = parts_of_people("population", {str(source.people): raw[PEOPLE]}, source.path.name)
    found = (*findings, *repaired, *united, *_of_rows(people.findings, raw.index), *doubts)
    if source.tolerance_m > 0:
        villages, closed = close_slivers(villages, source.tolerance_m)
        found += closed
    return ReadLayer(villages, found, source_record("villages", source))


def _district_names(
    columns: Columns, source: BoundariesFile, codes: pd.Series[str], register: Register | None
) -> list[str]:
    """Return each row's kecamatan: as the file names it, or as the codes in force do; "" for unknown."""
    named = columns.text(source.district_name, "district_name")
    known = {} if register is None else register.districts
    return [
        name if isinstance(name, str) else known.get(district_of(code), "")
        for name, code in zip(named, codes, strict=True)
    ]


def _coded(
    columns: Columns, source: BoundariesFile, regency_code: str, regency: str, register: Register | None
) -> tuple[gpd.GeoDataFrame, pd.Series[str], tuple[Finding, ...]]:
    """Return the rows of the kabupaten, their codes, and what was left out or matched."""
    raw = columns.table
    code_column = columns.pick(source.code, "code")
    empty = code_column is None or raw[code_column].isna().all()
    if empty and register is None:
        msg = (
            f"{WHAT}: no column holds the codes, as far as headings tell. Name it in AREA.yml, as in code: "
            "COLUMN, or give the codes in force, and villages are found by name: codes: {path: FILE}. "
            f"{how_to_get_codes(regency_code)}"
        )
        raise MissingColumnError(msg)
    name_column = columns.pick(source.name, "name")
    if name_column is None:
        pick_column(raw.columns, source.name, columns.heads["name"], key="name", what=WHAT)
    text = text_column(raw, code_column)
    if register is not None:
        return _by_register(columns, source, text, (code_column or "", str(name_column)),
                            (regency_code, regency), register)  # fmt: skip
    codes, bad = _village_codes(text, source, regency_code)
    _refuse_bps(text[bad], codes, source, regency_code)
    findings = bad_codes("villages", text, bad)
    raw, codes = raw[~bad.to_numpy()], codes[~bad]
    of_area = codes.str.startswith(regency_code + ".").to_numpy()
    if not of_area.any():
        found = ", ".join(sorted({regency_of(c) for c in codes})[:5])
        msg = (
            f"{WHAT}: no village of {regency_code} in {source.path.name}; it has those of {found}. "
            "Correct code: in AREA.yml, or the file. (BPS codes are numbered differently; codes: gives those "
            "in force, and villages are found by name.)"
        )
        raise EmptyAreaError(msg)
    if not of_area.all():
        findings += (_others(codes[~of_area], regency_code),)
    return raw[of_area], codes[of_area], findings


def _by_register(
    columns: Columns, source: BoundariesFile, text: pd.Series[str], headings: tuple[str, str],
    wanted: tuple[str, str], register: Register,
) -> tuple[gpd.GeoDataFrame, pd.Series[str], tuple[Finding, ...]]:  # fmt: skip
    """Return the rows of the kabupaten and their codes, found in the register."""
    raw, file = columns.table, source.path.name
    stated = columns.text(source.regency, "regency")
    elsewhere = stated.map(lambda t: isinstance(t, str) and not of_regency(t, *wanted)).astype(bool)
    if code_system(text.dropna()) is CodeSystem.KEMENDAGRI:
        parsed = text.map(parse_village_code, na_action="ignore")
        elsewhere |= parsed.notna() & (parsed.str[: len(wanted[0])] != wanted[0])
    if elsewhere.all():
        msg = f"{WHAT}: no village of {wanted[1]} ({wanted[0]}) in {file}. Correct code: in AREA.yml."
        raise EmptyAreaError(msg)
    raw, text = raw[~elsewhere], text[~elsewhere]
    said = Columns(raw, columns.heads, WHAT)
    rows = Rows(text, said.text(source.name, "name"), said.text(source.district_name, "district_name"),
                np.asarray(raw.geometry.to_numpy(), dtype=object))  # fmt: skip
    bridged = bridge(rows, register, "villages", file, headings)
    lost = bridged.code.isna()
    if lost.sum() * 2 > len(lost):
        shown = first_five(rows.name[lost].fillna("(no name)").tolist())
        msg = (
            f"{WHAT}: {lost.sum()} of {len(lost)} rows of {file} are not among the codes in force: {shown}. "
            "Name the columns of code:, name: and district_name:, or give another codes:."
        )
        raise SchemaError(msg)
    findings = bridged.findings
    if elsewhere.any():
        findings += (_others(columns.text(source.name, "name")[elsewhere], wanted[0]),)
    return raw[~lost], bridged.code[~lost].astype("str"), findings


def _united(villages: gpd.GeoDataFrame, file: str) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return each village once: several rows of one code and one name are its parts.

    Raises
    ------
    SchemaError
        Rows of one code have different names: one of the codes is wrong.
    """
    again = villages.index.duplicated(keep=False)
    if not again.any():
        return villages, ()
    names = villages[again]["village_name"].map(name_key).groupby(level=0).nunique()
    wrong = names.index[names > 1]
    if len(wrong):
        msg = (
            f"{WHAT}: {len(wrong)} village codes occur more than once in {file}, with different names: "
            f"{first_five(wrong)}. Correct the codes."
        )
        raise SchemaError(msg)
    whole = villages.groupby(level=0).agg(
        {c: ("first" if c != "people" else _of_parts) for c in villages.columns.drop("geometry")}
    )
    parts = villages[again]["people"].groupby(level=0).agg(["min", "max", "count", "size"])
    alike = parts[(parts["min"] == parts["max"]) & (parts["count"] == parts["size"]) & (parts["max"] > 0)]
    shapes = villages.geometry.groupby(level=0).agg(lambda g: _only_polygons(shapely.union_all(g.to_numpy())))
    united = gpd.GeoDataFrame(whole, geometry=shapes.to_list(), crs=villages.crs)
    codes = list(dict.fromkeys(villages.index[again]))
    told = Finding(
        "info", "villages", "united", len(codes), tuple(codes[:5]),
        f"{file}: villages that stand in several rows were put together, and different people added up",
        "none needed, unless two of the rows are different villages", rows_about(codes, "geometry"),
    )  # fmt: skip
    return united.rename_axis("village_code"), (told, *_repeated(alike, file))


def _of_parts(people: pd.Series[float]) -> float:
    """Return the people of a village in several rows: their sum, unknown where one is.

    A map whose parts were taken apart repeats the village's number in each: equal numbers count once.
    """
    alike = bool((people == people.iloc[0]).all())
    return float(people.iloc[0] if alike else people.sum(skipna=False))


def _repeated(alike: pd.DataFrame, file: str) -> tuple[Finding, ...]:
    """Return the finding about villages all of whose rows have one number of people (its parts, by code)."""
    if alike.empty:
        return ()
    said = [
        f"{n:,.0f} people in each of {size} rows" for n, size in zip(alike["max"], alike["size"], strict=True)
    ]
    cells = tuple(
        Cell(file, 0, "people", one, id=str(code), effect="are counted once")
        for code, one in zip(alike.index, said, strict=True)
    )
    return (Finding(
        "warning", "villages", "people_repeated", len(cells),
        tuple(f"{c.id} ({c.value})" for c in cells[:5]),
        f"{file}: villages in several rows that all have one number of people; it was counted once",
        "give each part its own people, or a population table, if the parts are alike by chance", cells,
    ),)  # fmt: skip


def _of_rows(findings: tuple[Finding, ...], rows: pd.Index[int]) -> tuple[Finding, ...]:
    """Return findings about the cells of some rows alone: a file of the province has others' too."""
    ours = [replace(one, cells=tuple(c for c in one.cells if c.row in rows)) for one in findings]
    return tuple(
        replace(one, count=len(one.cells), ids=tuple(f"row {c.row} ({c.value})" for c in one.cells[:5]))
        for one in ours
        if one.cells
    )


def _people(raw: gpd.GeoDataFrame, source: BoundariesFile) -> Counts:
    """Return the people of each row (NaN = unknown); only of a column that AREA.yml names."""
    column = pick_column(raw.columns, source.people, (), key="people", what=WHAT, required=False)
    return count_column(raw, column, "population", WHAT, source.path.name)


def _village_codes(
    text: pd.Series[str], source: BoundariesFile, regency_code: str
) -> tuple[pd.Series[str], pd.Series[bool]]:
    """Return the codes, and which rows have none; a file of which most have none is the wrong column."""
    codes = text.map(lambda t: parse_village_code(t) if isinstance(t, str) else None).astype("str")
    # Every code of the country has 1, 2 or 3 there; BPS codes have mostly 0.
    bad = codes.map(lambda c: not isinstance(c, str) or village_kind(c) == VillageKind.UNKNOWN).astype(bool)
    refuse_mostly_bad(text, bad, WHAT, source.path.name, regency_code)
    codes = codes.mask(bad)
    return codes, bad


def _refuse_bps(
    bad: pd.Series[str], codes: pd.Series[str], source: BoundariesFile, regency_code: str
) -> None:
    """Raise SchemaError where so many codes of a kabupaten are none of Kemendagri's that none need be."""
    own = bad.map(parse_village_code, na_action="ignore").dropna().astype("str")
    own = own[own.str.startswith(regency_code) & ~own.str.endswith("000")]
    of_area = codes.dropna().str.startswith(regency_code).sum()
    if len(own) >= ROWS and len(own) > NO_KIND * (len(own) + of_area):
        msg = (
            f"{WHAT}: {len(own)} codes of {regency_code} in {source.path.name} are none of Kemendagri's: "
            f"{first_five(own)}. The column may be one of BPS, whose other codes are those of other villages "
            "of Kemendagri's. Name the column of Kemendagri codes with code:, or give the codes in force "
            "with codes:, and villages are found by name."
        )
        raise SchemaError(msg)


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
            tuple(
                Cell("", 0, "geometry", f"area changed by {100 * one:.2f} %", applied=True, id=str(code))
                for code, one in zip(codes[invalid], change, strict=True)
            ),
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
        rows_about(codes, effect="is no village of the area"),
    )  # fmt: skip
