"""Lists of facilities, located by coordinates, by village code or by village name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.areafile import FacilitiesFile, KindColumn
from geodata.codes import name_key, parse_village_code
from geodata.crs import WGS84
from geodata.errors import MissingColumnError, SchemaError, counted, first_five
from geodata.layers import Finding
from geodata.readers.columns import Columns
from geodata.readers.coordinates import column_points, refuse_foreign
from geodata.readers.files import (
    TABLE_SUFFIXES,
    count_column,
    pick_column,
    read_table,
    read_vector,
    source_record,
    text_column,
    to_wgs84,
    total_finding,
    total_rows,
)
from geodata.readers.result import ReadLayer
from geodata.villages_at import village_at
from geodata.vocabulary.columns import closed_words, functioning_words, layer_columns
from geodata.vocabulary.kinds import known_kinds, recognise_kind
from geodata.vocabulary.statuses import LocatedBy, YesNo

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHAT = "facilities"


def read_facilities(
    source: FacilitiesFile, villages: gpd.GeoDataFrame, *, prefix: str | None = None
) -> ReadLayer:
    """Read one list of facilities into the facilities contract, in the villages' CRS.

    ``located_by`` says how each row was placed (coordinates, village, name, none); a row that
    cannot be placed is kept without a geometry.

    Raises
    ------
    InputError
        Columns, kinds, ids or coordinates that are wrong.
    """
    file = source.path.name
    what = f"{WHAT} ({file})"
    raw, points, totals = _without_totals(*_rows(source), source)
    columns = Columns(raw, layer_columns("facilities"), what)
    kinds, listed = _kinds(raw, source, what)
    numbered = [f"{prefix or source.path.stem}:{i}" for i in raw.index]
    ids = columns.ids(source.id, "id").fillna(pd.Series(numbered, index=raw.index, dtype="str"))
    labels = [f"row {i} ({d})" for i, d in zip(raw.index, ids, strict=True)]
    refuse_foreign(points, labels, what, file)
    place = gpd.GeoSeries(points, crs=WGS84).to_crs(villages.crs).to_numpy()
    declared, by_name, findings = _declared_villages(
        columns.text(source.village, "village"),
        columns.text(source.village_name, "village_name"),
        columns.text(source.district_name, "district_name"),
        villages, ids, file,
    )  # fmt: skip
    located_by, place, village = _locate(place, declared, by_name, villages)
    rows = gpd.GeoDataFrame(
        {
            "kind": kinds.to_numpy(),
            "name": columns.text(source.name, "name").fillna("").to_numpy(),
            "village_code": pd.Series(village, dtype="str"),
            "declared_village": pd.Series(declared, dtype="str"),
            "parent_id": columns.ids(source.parent, "parent").to_numpy(),
            "functioning": _functioning(columns.text(source.functioning, "functioning"), file),
            "closed": _closed(columns.text(source.functioning, "functioning")),
            "located_by": pd.Series(located_by, dtype="str"),
            "source": file,
            **_numbers(raw, source, what),
        },
        geometry=place,
        crs=villages.crs,
    ).set_axis(pd.Index(ids.to_numpy(), name="facility_id", dtype="str"), axis=0)
    for name in ("kind", "name", "parent_id", "functioning", "closed", "source"):
        rows[name] = rows[name].astype("str")
    return ReadLayer(
        rows, findings + total_finding("facilities", totals), source_record("facilities", source), listed
    )


def _without_totals(
    raw: pd.DataFrame, points: NDArray[np.object_], source: FacilitiesFile
) -> tuple[pd.DataFrame, NDArray[np.object_], pd.Series[bool]]:
    """Return the rows and points without those of totals, and which rows these are."""
    columns = Columns(raw, layer_columns("facilities"), f"{WHAT} ({source.path.name})")
    code = columns.text(source.village, "village")
    coded = code.map(lambda t: isinstance(t, str) and parse_village_code(t) is not None).astype(bool)
    totals = total_rows(raw, coded | ~shapely.is_missing(points))
    return raw[~totals], points[~totals.to_numpy(dtype=bool)], totals


def _rows(source: FacilitiesFile) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the attributes (index: row number) and the points in degrees, None where unplaced."""
    if source.path.suffix.lower() in TABLE_SUFFIXES:
        return _table_rows(source)
    return _vector_rows(source)


def _vector_rows(source: FacilitiesFile) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    what = f"{WHAT} ({source.path.name})"
    vector = read_vector(source, what)
    points = np.array(vector.geometry.to_numpy(), dtype=object)
    kind = shapely.get_type_id(points)
    several = kind == shapely.GeometryType.MULTIPOINT
    if several.any():
        points[several] = [g.geoms[0] if len(g.geoms) == 1 else g for g in points[several]]
        kind = shapely.get_type_id(points)
    bad = ~shapely.is_missing(points) & (kind != shapely.GeometryType.POINT)
    if bad.any():
        msg = (
            f"{what}: {counted(bad.sum(), 'row is no point', 'rows are not points')} "
            f"(rows {first_five(np.flatnonzero(bad) + 1)}). "
            "Give one point for each facility."
        )
        raise SchemaError(msg)
    points[shapely.is_empty(points)] = None
    points = np.asarray(shapely.force_2d(points), dtype=object)
    table = pd.DataFrame(vector.drop(columns=vector.geometry.name))
    return table.set_axis(range(1, len(table) + 1), axis=0), points


def _table_rows(source: FacilitiesFile) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    heads = layer_columns("facilities")
    file = source.path.name
    what = f"{WHAT} ({file})"
    named = (source.id, source.name, source.lat, source.lon, source.coordinates, source.village,
             source.village_name,
             source.kind.column if isinstance(source.kind, KindColumn) else None)  # fmt: skip
    keys = ("id", "name", "lat", "lon", "coordinates", "village", "village_name")
    known = tuple(name for key in keys for name in heads[key])
    table = read_table(source, what, tuple(n for n in named if n) or known)

    def find(given: str | None, names: tuple[str, ...], key: str) -> str | None:
        return pick_column(table.columns, given, names, key=key, what=what, required=False)

    lat, lon = (
        find(source.lat, heads["lat"], "lat"),
        find(source.lon, heads["lon"], "lon"),
    )
    pair = (
        find(source.coordinates, heads["coordinates"], "coordinates") if lat is None or lon is None else None
    )
    if (source.lat is None) != (source.lon is None) and (lat is None or lon is None):
        msg = f"{what}: lat: and lon: go together; name both. The file has: {', '.join(table.columns)}."
        raise MissingColumnError(msg)
    placed = (lat and lon) or pair or find(source.village, heads["village"], "village") or find(
        source.village_name, heads["village_name"], "village_name"
    )  # fmt: skip
    if not placed:
        msg = (
            f"{what}: no column says where the facilities are. Name lat: and lon:, coordinates:, "
            f"village: (codes) or village_name: in AREA.yml. The file has: {', '.join(table.columns)}."
        )
        raise MissingColumnError(msg)
    points = column_points(table, lat, lon, pair, what, file)
    if source.crs is not None:
        frame = gpd.GeoDataFrame(geometry=points)
        points = np.array(to_wgs84(frame, source, what).geometry.to_numpy(), dtype=object)
    return table, points


def _kinds(raw: pd.DataFrame, source: FacilitiesFile, what: str) -> tuple[pd.Series[str], tuple[str, ...]]:
    if isinstance(source.kind, str):
        return pd.Series(source.kind, index=raw.index, dtype="str"), (source.kind,)
    column = pick_column(raw.columns, source.kind.column, (), key="kind.column", what=what)
    text = text_column(raw, column)
    mapping = source.kind.values  # noqa: PD011 - a field of the configuration, not a frame
    meaning = recognise_kind if mapping is None else mapping.get
    kinds = text.map(lambda t: meaning(t) if isinstance(t, str) else None)
    unknown = kinds.isna()
    if unknown.any():
        words = text[unknown].fillna("(empty)").value_counts()
        shown = first_five([f"{w!r} ({counted(n, 'row')})" for w, n in words.items()])
        msg = (
            f"{what}: column {column!r} holds kinds that are not mapped: {shown}. Add them in AREA.yml "
            f"under kind.values; the kinds are {', '.join(known_kinds())}."
        )
        raise SchemaError(msg)
    listed = source.listed_kinds
    return kinds.astype("str"), listed if listed is not None else tuple(dict.fromkeys(kinds))


def _functioning(text: pd.Series[str], file: str) -> NDArray[np.object_]:
    value = text.str.lower().map(functioning_words())
    bad = text.notna() & value.isna()
    if bad.any():
        msg = (
            f"{WHAT} ({file}): functioning: {first_five(sorted(set(text[bad])))} is not understood. "
            "Write ya, tidak, or leave it empty if unknown."
        )
        raise SchemaError(msg)
    return np.asarray(value.fillna(YesNo.UNKNOWN.value), dtype=object)


def _closed(text: pd.Series[str]) -> NDArray[np.object_]:
    """Return whether each unit is closed: yes by a word for it, no for one that functions."""
    word = text.str.lower()
    answer = word.map(functioning_words()).map({YesNo.YES: YesNo.NO}).fillna(YesNo.UNKNOWN.value)
    return np.asarray(answer.mask(word.isin(closed_words()), YesNo.YES.value).astype(str), dtype=object)


def _numbers(raw: pd.DataFrame, source: FacilitiesFile, what: str) -> dict[str, NDArray[np.float64]]:
    named = {f"staff_{role}": (c, f"staff.{role}") for role, c in source.staff.items()}
    if source.open_days is not None:
        named["open_days_month"] = (source.open_days, "open_days")
    if source.capacity is not None:
        named["capacity_people"] = (source.capacity, "capacity")
    out: dict[str, NDArray[np.float64]] = {}
    for name, (column, key) in named.items():
        picked = pick_column(raw.columns, column, (), key=key, what=what)
        out[name] = count_column(raw, picked, what, source.path.name).to_numpy()
    return out


def _declared_villages(
    code: pd.Series[str],
    name: pd.Series[str],
    district: pd.Series[str],
    villages: gpd.GeoDataFrame,
    ids: pd.Series[str],
    file: str,
) -> tuple[NDArray[np.object_], NDArray[np.bool_], tuple[Finding, ...]]:
    """Return the village each row names (None: none, or not one of ours), and if by name."""
    known = set(villages.index)
    declared = np.array([c if (c := parse_village_code(t)) in known else None for t in code], dtype=object)
    by_key: dict[tuple[str, str], list[str]] = {}
    districts_known = bool((villages["district_name"] != "").any())
    for village_code, row in zip(villages.index, villages.itertuples(), strict=True):
        by_key.setdefault((name_key(row.village_name), ""), []).append(village_code)
        if row.district_name:
            key = (name_key(row.village_name), name_key(row.district_name))
            by_key.setdefault(key, []).append(village_code)
    by_name = np.zeros(len(code), dtype=bool)
    unclear: list[str] = []
    foreign: list[str] = []
    for i, (facility, c, n, d) in enumerate(zip(ids, code, name, district, strict=True)):
        if declared[i] is not None:
            continue
        # A code of elsewhere, or a kecamatan of elsewhere, is not overruled by a name that fits.
        if isinstance(c, str):
            foreign.append(facility)
        elif isinstance(n, str) and name_key(n):
            within = name_key(d) if isinstance(d, str) and districts_known else ""
            found = by_key.get((name_key(n), within), [])
            if len(found) == 1:
                declared[i], by_name[i] = found[0], True
            else:
                unclear.append(facility)
    findings = [
        Finding("warning", "facilities", rule, len(bad), tuple(bad[:5]), f"{file}: {text}", action)
        for rule, bad, text, action in (
            ("unclear_village", unclear, "names of no village, or of several", "give the village code"),
            ("unknown_village", foreign, "village codes that are not of the area", "correct the code"),
        )
        if bad
    ]
    return declared, by_name, tuple(findings)


def _locate(
    place: NDArray[np.object_],
    declared: NDArray[np.object_],
    by_name: NDArray[np.bool_],
    villages: gpd.GeoDataFrame,
) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Return how each row was located, its point and its village (declared before located)."""
    inner = villages.geometry.representative_point()
    has_point = ~shapely.is_missing(place)
    has_village = np.array([d is not None for d in declared], dtype=bool)
    located_by = np.select(
        [has_point, has_village & ~by_name, has_village],
        [LocatedBy.COORDINATES, LocatedBy.VILLAGE, LocatedBy.NAME],
        LocatedBy.NONE,
    ).astype(object)
    place = place.copy()
    from_village = ~has_point & has_village
    place[from_village] = inner.loc[list(declared[from_village])].to_numpy()
    village = np.where(has_village, declared, village_at(place, villages))
    return located_by, place, village
