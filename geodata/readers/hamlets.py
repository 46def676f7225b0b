"""Dusun, RW or settlement points: where within a village its people live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.codes import parse_village_code
from geodata.crs import WGS84
from geodata.errors import ConfigError, SchemaError, counted, first_five
from geodata.layers import Finding, rows_about
from geodata.readers.columns import Columns
from geodata.readers.coordinates import column_points, refuse_foreign
from geodata.readers.files.cells import bad_codes, count_column, pick_column
from geodata.readers.files.header import Headed
from geodata.readers.files.marks import mark_findings
from geodata.readers.files.opening import source_record
from geodata.readers.files.table import holds_table, read_rows
from geodata.readers.files.vector import read_vector
from geodata.readers.numbering import ROWS
from geodata.readers.result import ReadLayer
from geodata.villages_at import village_at
from geodata.vocabulary.columns import layer_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.areafile import HamletsFile

WHAT = "hamlets"
BAD_CODE = (
    "hamlets whose village code is too short or spoiled (a number with decimals) count in the village "
    "where they lie"
)


def read_hamlets(source: HamletsFile, villages: gpd.GeoDataFrame) -> ReadLayer:
    """Read hamlet points (or polygons, by an interior point) in the villages' CRS.

    Returns
    -------
    hamlets
        Index ``hamlet_id``; ``village_code``, ``name``, ``people`` (NaN = unknown), Point. Hamlets
        outside every village of the area are left out, with a finding.

    Raises
    ------
    InputError
    """
    file = source.path.name
    (raw, marks), points = headed_and_points(source, WHAT)
    _require_places(points, [f"row {i}" for i in raw.index], file)
    columns = Columns(raw, layer_columns("hamlets"), WHAT)
    village_text = columns.text(source.village, "village")
    place = gpd.GeoSeries(points, crs=WGS84).to_crs(villages.crs).to_numpy()
    declared = village_text.map(lambda t: parse_village_code(t) if isinstance(t, str) else None)
    spoiled = village_text.notna() & declared.isna()
    declared = declared.where(declared.isin(villages.index))
    located = pd.Series(village_at(place, villages), index=raw.index)
    elsewhere = _of_other_numbering(declared, located)
    people = count_column(raw, columns.pick(source.people, "people"), "hamlets", WHAT, file)
    ids = _ids(columns, source)
    hamlets = gpd.GeoDataFrame(
        {
            "village_code": declared.mask(elsewhere).fillna(located).astype("str").to_numpy(),
            "name": columns.text(source.name, "name").fillna("").to_numpy(),
            "people": people.numbers.to_numpy(),
        },
        geometry=place,
        index=pd.Index(ids.to_numpy(), name="hamlet_id", dtype="str"),
        crs=villages.crs,
    )
    inside, outside = _inside(hamlets, file)
    findings = mark_findings("hamlets", marks, raw, file)
    findings += bad_codes("hamlets", village_text, spoiled, BAD_CODE) + people.findings + outside
    findings += _elsewhere_finding(village_text[elsewhere], file)
    return ReadLayer(inside, findings, source_record("hamlets", source))


def _of_other_numbering(declared: pd.Series[Any], located: pd.Series[Any]) -> pd.Series[bool]:
    """Return the rows whose codes are those of other villages than the ones where the hamlets lie.

    A few slips or hamlets at a border prove nothing, and their codes count. Where most are of other villages,
    the column is of another numbering: ten digits of BPS may be those of another village of Kemendagri's.
    """
    both = declared.notna() & located.notna()
    against = both & (declared != located)
    return both & (int(against.sum()) >= ROWS and 2 * int(against.sum()) > int(both.sum()))


def _elsewhere_finding(codes: pd.Series[Any], file: str) -> tuple[Finding, ...]:
    if codes.empty:
        return ()
    told = tuple(f"row {row} ({text})" for row, text in codes.head(5).items())
    return (Finding(
        "error", "hamlets", "codes_unproven", len(codes), told,
        f"{file}: most codes of the column {codes.name} are of other villages than those where the hamlets "
        "lie, as codes of BPS would be: each counts where it lies",
        "give the codes of Kemendagri, or take the column out, or mend the places",
    ),)  # fmt: skip


def _require_one_place(vector: gpd.GeoDataFrame, what: str, file: str) -> None:
    """Raise ConfigError for lines, and for rows of several points: none of these is one place."""
    shapes = vector.geometry.to_numpy()
    several = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(shapes) > 1
    )
    wrong = np.flatnonzero((shapely.get_dimensions(shapes) == 1) | several) + 1
    if len(wrong):
        msg = f"{what}: {file}: rows {first_five(wrong)} hold lines or several points. Give one point a row."
        raise ConfigError(msg)


def rows_and_points(source: HamletsFile, what: str) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the attributes (index: row number) and each row's point (degrees), or None.

    Returns
    -------
    table, points
        The attributes, and object ``(rows,)``.

    Examples
    --------
    >>> from geodata.areafile import HamletsFile
    >>> file = getfixture("tmp_path") / "dusun.csv"
    >>> lines = ["dusun,lat,lon", "Krajan,-7.5,110.25"]
    >>> _ = file.write_text(chr(10).join(lines), "utf-8")
    >>> source = HamletsFile(path=file, name="dusun", lat="lat", lon="lon")
    >>> table, points = rows_and_points(source, "hamlets")
    >>> table["dusun"].tolist(), points.tolist()
    (['Krajan'], [<POINT (110.25 -7.5)>])
    """
    headed, points = headed_and_points(source, what)
    return headed.table, points


def headed_and_points(source: HamletsFile, what: str) -> tuple[Headed, NDArray[np.object_]]:
    """Return the attributes as :func:`rows_and_points`, with the rows that were left out as headings.

    Returns
    -------
    headed, points
        The attributes, and object ``(rows,)``, Points in degrees or None.

    Examples
    --------
    >>> from geodata.areafile import HamletsFile
    >>> file = getfixture("tmp_path") / "dusun.csv"
    >>> lines = ["dusun,lat,lon", "Krajan,-7.5,110.25"]
    >>> _ = file.write_text(chr(10).join(lines), "utf-8")
    >>> source = HamletsFile(path=file, name="dusun", lat="lat", lon="lon")
    >>> headed, points = headed_and_points(source, "hamlets")
    >>> points.tolist()
    [<POINT (110.25 -7.5)>]
    """
    if not holds_table(source.path):
        vector = read_vector(source, what)
        _require_one_place(vector, what, source.path.name)
        points = np.asarray(shapely.point_on_surface(vector.geometry.to_numpy()), dtype=object)
        table = pd.DataFrame(vector.drop(columns=vector.geometry.name))
        return Headed(table.set_axis(range(1, len(vector) + 1), axis=0)), points
    heads = layer_columns("hamlets")
    named = (source.village, source.name, source.people, source.lat, source.lon, source.id)
    headed = read_rows(source, what, named=named)
    raw = headed.table
    lat = pick_column(raw.columns, source.lat, heads["lat"], key="lat", what=what)
    lon = pick_column(raw.columns, source.lon, heads["lon"], key="lon", what=what)
    return headed, column_points(raw, lat, lon, None, what, source.path.name)


def _require_places(points: NDArray[np.object_], labels: list[str], file: str) -> None:
    """Raise for rows that have no place, or one of another country."""
    refuse_foreign(points, labels, WHAT, file)
    empty = shapely.is_missing(points) | shapely.is_empty(points)
    if empty.any():
        msg = (
            f"{WHAT}: {counted(empty.sum(), 'row')} of {file} without a place: "
            f"{first_five([r for r, e in zip(labels, empty, strict=True) if e])}. Give coordinates."
        )
        raise SchemaError(msg)


def _ids(columns: Columns, source: HamletsFile) -> pd.Series[str]:
    """Return each row's id, made from its place in the file where it has none."""
    ids = columns.ids(source.id, "id")
    ids = ids.fillna(pd.Series([f"h{i}" for i in range(1, len(ids) + 1)], index=ids.index, dtype="str"))
    if ids.duplicated().any():
        msg = f"{WHAT}: ids that occur more than once: {first_five(ids[ids.duplicated()].unique())}."
        raise SchemaError(msg)
    return ids


def _inside(hamlets: gpd.GeoDataFrame, file: str) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the hamlets of the area's villages, and a finding about the others."""
    stray = hamlets["village_code"].isna()
    if stray.all():
        msg = (
            f"{WHAT}: no row of {file} lies in a village of the area. "
            "Give its hamlets, or leave hamlets: out."
        )
        raise SchemaError(msg)
    if not stray.any():
        return hamlets[~stray], ()
    return hamlets[~stray], (Finding(
        "warning", "hamlets", "outside_area", int(stray.sum()), tuple(hamlets.index[stray][:5]),
        "hamlets in no village of the area were left out", "correct their coordinates or village",
        rows_about(hamlets.index[stray], effect="takes part in nothing"),
    ),)  # fmt: skip


def people_of_hamlets(villages: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame) -> ReadLayer:
    """Return villages with unknown people filled where all of their hamlets' are known: the sum is a fact."""
    by_village = hamlets["people"].groupby(hamlets["village_code"])
    known = by_village.count() == by_village.size()
    total = by_village.sum().where(known).reindex(villages.index)
    filled = villages["people"].isna() & total.notna()
    if not filled.any():
        return ReadLayer(villages)
    finding = Finding(
        "info", "villages", "people_from_hamlets", int(filled.sum()), tuple(villages.index[filled])[:5],
        "villages without a number of people of their own have the sum of their hamlets", "none needed",
        rows_about(villages.index[filled], "people", effect="the sum of its hamlets counts"),
    )  # fmt: skip
    return ReadLayer(villages.assign(people=villages["people"].fillna(total)), (finding,))
