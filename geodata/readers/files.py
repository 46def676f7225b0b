"""Opens files of any accepted kind and finds columns in them; knows nothing of what they mean."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely

from geodata.crs import WGS84
from geodata.errors import (
    InputError,
    MissingColumnError,
    MissingCrsError,
    MissingFileError,
    SchemaError,
    UnreadableFileError,
    first_five,
    suggest,
)
from geodata.files import limits
from geodata.files.csvtext import unguarded
from geodata.layers import Finding, SourceRecord
from geodata.readers.numbers import parse_count, thousands_mark
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from geodata.areafile import FileSource

T = TypeVar("T")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
PARQUET_SUFFIXES = (".parquet", ".geoparquet")
HEADER_SEARCH_ROWS = 30


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def source_record(layer: str, source: FileSource) -> SourceRecord:
    """Return where a layer came from; a shapefile is hashed by its .shp."""
    return SourceRecord(
        layer=layer,
        file=source.path.name,
        sha256=file_sha256(source.path),
        source=source.source,
        licence=source.licence,
    )


def require_file(path: Path, what: str) -> None:
    """Raise MissingFileError, naming what is near, unless the file exists."""
    if path.is_file():
        return
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.is_file())
        such = f", such as {path / inside[0]}" if inside else ""
        msg = f"{what}: {path} is a folder. Name the file itself{such}."
        raise MissingFileError(msg)
    siblings = sorted(p.name for p in path.parent.iterdir() if p.is_file()) if path.parent.is_dir() else []
    hint = (
        suggest(path.name, siblings).replace("The file has", "The folder has")
        if siblings
        else " Its folder is not there either, or is empty."
    )
    msg = f"{what}: the file {path} is not there.{hint}"
    raise MissingFileError(msg)


def require_rows(table: pd.DataFrame, what: str, file: str) -> None:
    """Raise SchemaError for a table of villages that holds its heading alone; ``what`` is its key.

    Raises
    ------
    SchemaError
        With what to do.
    """
    if table.empty:
        msg = f"{what}: {file} has no rows. Write one for each village, or leave {what}: out."
        raise SchemaError(msg)


def read_vector(source: FileSource, what: str) -> gpd.GeoDataFrame:
    """Read a vector file of any GDAL kind, or GeoParquet, into EPSG:4326.

    Raises
    ------
    MissingFileError, UnreadableFileError, MissingCrsError
        With the file's name and what to do.
    """
    path = source.path
    require_file(path, what)
    limits.require_small(path, what, limits.VECTOR_BYTES)
    if path.suffix.lower() in PARQUET_SUFFIXES:
        _require_small_parquet(path, what)
    options: dict[str, Any] = {"layer": source.layer} if source.layer else {}
    if source.layer is None and path.suffix.lower() in (".gpkg", ".sqlite", ".gdb", ".kml"):
        _only_layer(path, what)
    try:
        with warnings.catch_warnings():
            # GDAL reports quirks of a file as Python warnings; what matters is checked by us.
            warnings.simplefilter("ignore")
            frame = (
                gpd.read_parquet(path)
                if path.suffix.lower() in PARQUET_SUFFIXES
                else gpd.read_file(path, engine="pyogrio", **options)
            )
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        msg = f"{what}: {path.name} cannot be read as a vector file: {reason}"
        raise UnreadableFileError(msg) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = (
            f"{what}: {path.name} has no geometry. Give a GeoJSON, GPKG, SHP or GeoParquet file that has one."
        )
        raise UnreadableFileError(msg)
    limits.require_cells(len(frame.columns), frame.size, what, path.name)
    _require_points(frame, path, what)
    return to_wgs84(frame, source, what)


def _require_small_parquet(path: Path, what: str) -> None:
    """Raise InputError for a small file that is large in memory: equal rows pack to nothing."""
    try:
        about = pq.ParquetFile(path).metadata
    except (OSError, ValueError):
        return  # reading it will say what is wrong
    limits.require_rows(about.num_rows, what, path.name)
    limits.require_cells(about.num_columns, about.num_rows * about.num_columns, what, path.name)
    unpacked = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    limits.require_unpacked(unpacked, what, path.name, limits.VECTOR_BYTES)


def _require_points(frame: gpd.GeoDataFrame, path: Path, what: str) -> None:
    """Raise SchemaError for shapes with more points than any map of a village or road needs."""
    parts, row = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    points = shapely.get_num_coordinates(parts)
    # Of one part: a class of roads in one row, or an archipelago, is many parts and no great shape.
    large = dict.fromkeys(row[points > limits.FEATURE_POINTS].tolist())
    rows = [f"row {i + 1} ({points[row == i].max():,} points)" for i in large]
    if rows:
        msg = (
            f"{what}: {path.name} has shapes with more than {limits.FEATURE_POINTS:,} points: "
            f"{first_five(rows)}. Simplify them (QGIS: Simplify, with a tolerance of one metre)."
        )
        raise SchemaError(msg)
    if points.sum() > limits.LAYER_POINTS:
        most = f"{limits.LAYER_POINTS:,} are the most"
        msg = f"{what}: {path.name} has {points.sum():,} points; {most}. Split it."
        raise SchemaError(msg)


def _only_layer(path: Path, what: str) -> None:
    """Raise MissingColumnError when a file has several layers and none was named."""
    import pyogrio

    try:
        names = [str(n) for n, kind in pyogrio.list_layers(path) if kind is not None]
    except (OSError, RuntimeError, ValueError):
        return  # reading it will say what is wrong
    if len(names) > 1:
        msg = f"{what}: {path.name} has several layers: {', '.join(names)}. Name one with layer: in AREA.yml."
        raise MissingColumnError(msg)


def to_wgs84(frame: gpd.GeoDataFrame, source: FileSource, what: str) -> gpd.GeoDataFrame:
    """Return the frame in EPSG:4326; a missing CRS is an error, never a guess."""
    if source.crs is not None:
        try:
            frame = frame.set_crs(source.crs, allow_override=True)
        except Exception as error:
            msg = f"{what}: crs: {source.crs!r} is not a known CRS. Write it as 'EPSG:4326'."
            raise MissingCrsError(msg) from error
    if frame.crs is None:
        msg = (
            f"{what}: {source.path.name} does not say its coordinate reference system. "
            "Add it in AREA.yml beside the path, as in crs: EPSG:4326 (a lost .prj file is the "
            "usual cause)."
        )
        raise MissingCrsError(msg)
    return frame.to_crs(WGS84)


def read_table(source: FileSource, what: str, wanted: Sequence[str]) -> pd.DataFrame:
    """Read a CSV table (text) or an Excel one (text and numbers); empty cells are missing.

    The header is the first of the leading rows that holds most of the ``wanted`` names, so titles
    above a table do no harm. The index is the row number in the file, for messages.
    """
    path = source.path
    require_file(path, what)
    limits.require_small(path, what, limits.TABLE_BYTES)
    try:
        rows = (
            _excel_rows(path, source.sheet, what)
            if path.suffix.lower() in (".xlsx", ".xlsm")
            else _csv_rows(path, {spelling_key(w) for w in wanted}, what)
        )
    except UnicodeDecodeError as error:
        msg = f"{what}: {path.name} is not text in UTF-8 or Windows-1252. Save it as UTF-8 CSV."
        raise UnreadableFileError(msg) from error
    except InputError:
        raise
    except Exception as error:
        msg = f"{what}: {path.name} cannot be read as a table: {error}. Save it again as CSV or XLSX."
        raise UnreadableFileError(msg) from error
    if not any(any(_cell(cell) for cell in row) for row in rows):
        msg = f"{what}: {path.name} is empty. Give a table with a header row."
        raise UnreadableFileError(msg)
    try:
        return _with_header(
            rows, {spelling_key(w) for w in wanted}, strict_width=path.suffix.lower() == ".csv"
        )
    except csv.Error as error:
        msg = f"{what}: {path.name}: {error}. Correct the file."
        raise SchemaError(msg) from None


def _csv_rows(path: Path, wanted: set[str], what: str) -> list[list[object]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    if "\x00" in text:
        msg = "it holds binary data"
        raise csv.Error(msg)

    def score(delimiter: str) -> tuple[int, int]:
        """Return how many wanted names the likeliest header has, and its number of columns."""
        head = list(csv.reader(io.StringIO(text[:20_000], newline=""), delimiter=delimiter))
        rows = [r for r in head if any(r)][:HEADER_SEARCH_ROWS]
        return max(((len({spelling_key(c) for c in r} & wanted), len(r)) for r in rows), default=(0, 0))

    delimiter = max(",;\t|", key=score)
    # Strict: a quote that is never closed would swallow the rows behind it.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return [[unguarded(cell) for cell in row] for row in _bounded(rows, what, path.name)]


def _bounded(rows: Iterable[Sequence[T]], what: str, file: str) -> Iterator[Sequence[T]]:
    """Yield rows; raise SchemaError once there are too many columns or cells."""
    cells = 0
    for number, row in enumerate(rows, start=1):
        # Empty rows too: a workbook may claim that its only row is the billionth.
        limits.require_rows(number, what, file)
        cells += len(row)
        limits.require_cells(len(row), cells, what, file)
        yield row


def _filled(row: Sequence[T]) -> Sequence[T]:
    """Return a row without the empty cells at its end: one that is only coloured is no column."""
    last = next((i for i in range(len(row), 0, -1) if row[i - 1] is not None), 0)
    return row[:last]


def _excel_rows(path: Path, sheet: str | None, what: str) -> list[list[object]]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns about styles it does not know
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        if sheet is not None and sheet not in book.sheetnames:
            msg = f"{what}: {path.name} has no sheet {sheet!r}."
            msg += suggest(sheet, book.sheetnames).replace("The file has", "Its sheets are")
            raise MissingColumnError(msg)
        if sheet is None:
            filled = [p.title for p in book.worksheets if _has_cells(p, what, path.name)]
            if len(filled) > 1:
                msg = (
                    f"{what}: {path.name} has several sheets: {', '.join(filled)}. "
                    "Name one with sheet: in AREA.yml (a file may be listed once for each)."
                )
                raise MissingColumnError(msg)
            sheet = filled[0] if filled else book.worksheets[0].title
        page = book[sheet]
        # What the file says of its size is often wrong, and openpyxl fills up to it.
        page.reset_dimensions()
        return [
            list(row) for row in _bounded(map(_filled, page.iter_rows(values_only=True)), what, path.name)
        ]
    finally:
        book.close()


def _has_cells(page: Any, what: str, file: str) -> bool:  # noqa: ANN401 - openpyxl ships no types
    page.reset_dimensions()
    return any(_bounded(map(_filled, page.iter_rows(values_only=True)), what, file))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def _with_header(rows: list[list[object]], wanted: set[str], *, strict_width: bool) -> pd.DataFrame:
    leading = [i for i, r in enumerate(rows) if any(_cell(c) for c in r)][:HEADER_SEARCH_ROWS]
    # max() keeps the first of equals, so a table with no known name keeps its first row as header.
    at = max(leading, key=lambda i: len({spelling_key(c) for c in rows[i]} & wanted))
    header = [_cell(c) for c in rows[at]]
    if strict_width:
        wide = [i + 1 for i, r in enumerate(rows) if i > at and any(_cell(c) for c in r[len(header) :])]
        if wide:
            msg = f"rows with more cells than the header: {first_five(wide)} (is a comma unquoted?)"
            raise csv.Error(msg)
    width = max(len(r) for r in rows[at:])
    header += [""] * (width - len(header))
    names: list[str] = []
    for i, column in enumerate(header):
        name = column or f"(column {i + 1})"
        names.append(name if name not in names else f"{name} ({i + 1})")
    body = {
        i: [c if _cell(c) else None for c in r] + [None] * (width - len(r))
        for i, r in enumerate(rows[at + 1 :], start=at + 2)
        if any(_cell(c) for c in r)
    }
    # Numbers of a workbook stay numbers: read as text, 823.125 could be taken for thousands.
    return pd.DataFrame(list(body.values()), columns=names, index=list(body), dtype="object")


def pick_column(
    columns: Iterable[object],
    named: str | None,
    known: Sequence[str],
    *,
    key: str,
    what: str,
    required: bool = True,
) -> str | None:
    """Return the column that AREA.yml names, or else the first of the names known for it.

    Raises
    ------
    MissingColumnError
        When a named column, or a required one, is not in the file; suggests the nearest name.
    """
    listed = [str(c) for c in columns]
    if named is not None:
        if named in listed:
            _require_once(named, listed, key, what)
            return named
        msg = f"{what}: there is no column {named!r} (AREA.yml, {key}:).{suggest(named, listed)}"
        raise MissingColumnError(msg)
    by_key = {spelling_key(c): c for c in reversed(listed)}
    for name in known:
        if spelling_key(name) in by_key:
            _require_once(by_key[spelling_key(name)], listed, key, what)
            return by_key[spelling_key(name)]
    if not required:
        return None
    msg = (
        f"{what}: none of its columns is known to be the {key}. Name it in AREA.yml, as in "
        f"{key}: COLUMN.{suggest(known[0], listed)}"
    )
    raise MissingColumnError(msg)


def _require_once(column: str, listed: list[str], key: str, what: str) -> None:
    again = re.compile(re.escape(column) + r" \(\d+\)$")
    if any(again.match(c) for c in listed):
        msg = f"{what}: the column {column!r} ({key}:) occurs more than once. Give each column its own name."
        raise MissingColumnError(msg)


def _missing(value: object) -> bool:
    return value is None or bool(pd.api.types.is_scalar(value) and pd.isna(value))


def text_column(frame: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    """Return a column as text with missing values, or an all-missing one for None."""
    if column is None:
        return pd.Series(pd.NA, index=frame.index, dtype="str")
    values = frame[column].map(lambda v: None if _missing(v) else _cell(v))
    text = values.astype("str").str.strip()
    return text.mask(values.isna() | (text == ""))


BAD_CODE = "rows whose village code is empty, too short or spoiled (a number with decimals) were left out"


def bad_codes(
    layer: str, text: pd.Series[Any], bad: pd.Series[bool], message: str = BAD_CODE
) -> tuple[Finding, ...]:
    """Return a finding that names the rows whose village code is none: empty, short or spoiled."""
    rows = [
        f"row {row} ({t!r})" if isinstance(t, str) else f"row {row} (empty)" for row, t in text[bad].items()
    ]
    if not rows:
        return ()
    return (Finding(
        "error", layer, "bad_code", len(rows), tuple(rows[:5]),
        message, "write the code as text, like 35.09.01.2001",
    ),)  # fmt: skip


def refuse_mostly_bad(text: pd.Series[Any], bad: pd.Series[bool], what: str, file: str, regency: str) -> None:
    """Raise SchemaError when most village codes are none: then the column is the wrong one."""
    if bad.sum() * 2 <= len(bad):
        return
    shown = first_five(text[bad].fillna("(empty)").tolist())
    msg = (
        f"{what}: {bad.sum()} of {len(bad)} codes in {file} are not village codes "
        f"like {regency}.01.2001 (Kemendagri; the last group begins with 1 or 2): {shown}. "
        "Name the right column with code: in AREA.yml, or correct the file. BPS codes are others."
    )
    raise SchemaError(msg)


_FLOATED = re.compile(r"^(\d+)\.0+$")


def plain_id(text: str) -> str:
    """Return an id without the ``.0`` that a spreadsheet or a float column puts behind it.

    Examples
    --------
    >>> plain_id("1002.0"), plain_id("P-10.0"), plain_id(" 007 ")
    ('1002', 'P-10.0', '007')
    """
    return _FLOATED.sub(r"\1", text.strip())


def id_column(frame: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    """Return a column of ids as text: ``1002.0`` is ``1002`` wherever an id is matched."""
    return text_column(frame, column).map(lambda t: plain_id(t) if isinstance(t, str) else t).astype("str")


def count_column(frame: pd.DataFrame, column: str | None, what: str, file: str) -> pd.Series[Any]:
    """Return a column of counts (float64, NaN = unknown): numbers as they are, text as people write it.

    Raises
    ------
    SchemaError
        For values that are not a number of 0 or more, or a column nobody can read in one way.
    """
    out = pd.Series(np.nan, index=frame.index, dtype="float64")
    if column is None:
        return out
    faults: list[str] = []
    cells = {row: v for row, v in frame[column].items() if not _missing(v) and _cell(v)}
    try:
        mark = thousands_mark(v for v in cells.values() if isinstance(v, str))
    except ValueError as error:
        msg = f"{what}: column {column!r} of {file}: {error}. Write the numbers without thousands marks."
        raise SchemaError(msg) from None
    for row, value in cells.items():
        try:
            number = parse_count(value, thousands=mark) if isinstance(value, str) else float(value)
        except (TypeError, ValueError):
            number = np.nan
        if np.isfinite(number) and number >= 0:
            out[row] = number
        else:
            faults.append(f"row {row}: {_cell(value)!r}")
    if faults:
        msg = (
            f"{what}: column {column!r} of {file} holds {len(faults)} values that are not a number of "
            f"0 or more: {first_five(faults)}. Correct them; leave a cell empty if unknown."
        )
        raise SchemaError(msg)
    return out


def total_rows(table: pd.DataFrame, keep: pd.Series[Any], *, number: str | None = None) -> pd.Series[Any]:
    """Return which rows are totals ("Jumlah", "Total …" in some cell) and not among those to keep.

    With ``number``, a total also has a number in that column: a second row of headers has none.
    """
    words = re.compile(r"^(grand |sub ?)?(jumlah|total)\b", re.IGNORECASE)
    says = pd.Series(False, index=table.index)
    for column in table:
        says |= table[column].map(lambda v: isinstance(v, str) and words.match(v.strip()) is not None)
    if number is not None:
        says &= table[number].map(lambda v: any(c.isdigit() for c in _cell(v)) if not _missing(v) else False)
    return says & ~keep.astype(bool)


def total_finding(layer: str, rows: pd.Series[Any]) -> tuple[Finding, ...]:
    """Return the finding about rows of totals, if there are any."""
    ids = [f"row {i}" for i in rows.index[rows]]
    if not ids:
        return ()
    text = "rows of totals were left out"
    return (Finding("info", layer, "total_row", len(ids), tuple(ids[:5]), text, "none needed"),)
