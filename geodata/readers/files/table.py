"""Opens tables: text of any delimiter, workbooks, and lists of JSON objects."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from geodata.errors import InputError, SchemaError, UnreadableFileError, brief
from geodata.files import limits
from geodata.files.csvtext import unguarded
from geodata.readers.files.cells import TOTAL_WORDS, cell_text
from geodata.readers.files.formulas import require_values, row_and_column
from geodata.readers.files.header import HEADER_SEARCH_ROWS, Headed, score, with_header
from geodata.readers.files.opening import BOOK_SUFFIXES, TEXT_SUFFIXES, require_readable, table_ending
from geodata.readers.files.sheets import bounded, sheet_cells
from geodata.readers.files.texts import UTF_32_MARKS, decoded
from geodata.vocabulary.columns import all_columns, layer_columns, table_words
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    import pandas as pd

    from geodata.areafile import FileSource

TABLE_SUFFIXES = (*TEXT_SUFFIXES, *BOOK_SUFFIXES)
# Where a table keeps what stands above its header (:func:`titles_of`).
TITLES = "titles"
# The heading of the kecamatan that AREA.yml gives all rows.
DISTRICT = "Kecamatan"
_TABLE_NUMBER = re.compile(r"(tabel|table)?[\s\d.:]*", re.IGNORECASE)
# Google Earth Engine writes a village's whole outline into one cell.
CELL_CHARACTERS = 20_000_000
SNIFF_CHARACTERS = 4_000
# The row number that CKAN (the program of many open-data portals) adds; in how many objects a list may lie.
CKAN_ROW, DEEPEST = "_id", 4
# What servers call, beside a list, how long all of it is, how many pages it has, and where the next one is.
TOTALS = {
    "total", "totals", "totaldata", "totalrecords", "totalrecord", "totalcount", "totalrows", "totalitems",
    "totalelements", "totalresults", "recordstotal", "count", "jumlahdata", "jumlahtotal",
}  # fmt: skip
PAGES = {"lastpage", "totalpages", "totalpage", "pagecount", "pagestotal", "jumlahhalaman"}
NEXT = {
    "next", "nextpage", "nextpageurl", "nexturl", "nextlink", "nextcursor", "nextpagetoken", "hasmore",
    "hasnext", "hasnextpage", "exceededtransferlimit",
}  # fmt: skip
_GEOJSON = re.compile(r'"type"\s*:\s*"(FeatureCollection|Feature|Topology)"')


def holds_table(path: Path) -> bool:
    """Return whether a file is a table: by its ending, and of JSON by whether it is a map."""
    ending = table_ending(path)
    if ending != ".json" or not path.is_file():
        return ending in TABLE_SUFFIXES
    with path.open("rb") as stream:
        start = stream.read(SNIFF_CHARACTERS)
        stream.seek(max(0, path.stat().st_size - SNIFF_CHARACTERS))
        ends = (start + stream.read()).decode("utf-8", errors="replace")
    return _GEOJSON.search(ends) is None


def is_book(path: Path) -> bool:
    """Return whether a file is a workbook inside, or a web page as some are saved."""
    return table_ending(path) in BOOK_SUFFIXES


def read_table(
    source: FileSource, what: str, wanted: Sequence[str] | None = None, *, named: Iterable[str | None] = ()
) -> pd.DataFrame:
    """Return the table of :func:`read_rows`, for who has nothing to tell of its rows."""
    return read_rows(source, what, wanted, named=named).table


def read_rows(
    source: FileSource, what: str, wanted: Sequence[str] | None = None, *, named: Iterable[str | None] = ()
) -> Headed:
    """Read a table of text (CSV, JSON) or a sheet of a workbook (text and numbers); empty cells are missing.

    The header is, of the leading rows, the one (or the two together) that holds most of the known headings,
    so titles above a table do no harm. The index is the row number in the file, for messages. Rows below in
    which the headings stand again are left out, and named.

    A workbook's formulas may have no values, where a program wrote them. They are refused where they would be
    missed: in a heading, and in a column that has a known heading or is named in AREA.yml, but for totals.

    Parameters
    ----------
    wanted
        Known headings; None: those of all tables of AREA.yml, by which `init` sees the file too.
    named
        Columns that AREA.yml names.

    Raises
    ------
    InputError
        The file is not there, cannot be read, is empty or too large.
    """
    path = source.path
    require_readable(path, what)
    limits.require_small(path, what, limits.TABLE_BYTES)
    words = table_words() if wanted is None else frozenset(map(spelling_key, wanted))
    known = KnownHeadings(words, frozenset(spelling_key(name) for name in named if name) - {""})
    try:
        if is_book(path):
            return _in_district(_of_book(source, known, what), source, what)
        rows = text_rows(path, known.words | known.named, what)
        _require_content(rows, what, path.name)
        headed = with_header(rows, *known, strict_width=table_ending(path) == ".csv")
        return _in_district(_titled(headed, rows), source, what)
    except UnicodeDecodeError as error:
        msg = f"{what}: {path.name} is not text in UTF-8, UTF-16 or Windows-1252. Save it as UTF-8 CSV."
        raise UnreadableFileError(msg) from error
    except InputError:
        raise
    except csv.Error as error:
        msg = f"{what}: {path.name} is no table that can be read: {brief(error)}. Correct the file."
        raise SchemaError(msg) from None
    except Exception as error:
        why = brief(error)
        msg = f"{what}: {path.name} cannot be read as a table: {why}. Save it again as CSV or XLSX."
        raise UnreadableFileError(msg) from error


class KnownHeadings(NamedTuple):
    """Headings as keys for spellings: known words, and those of the columns that AREA.yml names."""

    words: frozenset[str]
    named: frozenset[str]


def _in_district(headed: Headed, source: FileSource, what: str) -> Headed:
    """Return a table with the kecamatan that AREA.yml gives all its rows as a column, if it does."""
    district = getattr(source, "in_district", None)
    if district is None:
        return headed
    table = headed.table
    known = {spelling_key(head) for head in layer_columns("facilities")["district_name"]}
    own = [str(c) for c in table if spelling_key(c) in known and table[c].notna().any()]
    if own:
        msg = (
            f"{what}: {source.path.name} has a column of kecamatan ({own[0]}) and in_district: {district}. "
            "Take in_district: out of AREA.yml."
        )
        raise SchemaError(msg)
    return headed._replace(table=table.assign(**{DISTRICT: district}))


def titles_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the lines above a table's header, such as "JUMLAH PENDUDUK MENURUT DESA", as it was read."""
    return tuple(table.attrs.get(TITLES, ()))


def _titled(headed: Headed, rows: Sequence[Sequence[object]]) -> Headed:
    """Let a table know its titles: of the rows above its body, those that say one thing and no heading."""
    table = headed.table
    heads = set(map(str, table.columns))
    titles = []
    for row in rows[: min(table.index, default=1) - 1]:
        texts = {t for t in map(cell_text, row) if t and not _TABLE_NUMBER.fullmatch(t)}
        titles += sorted(texts - heads) if len(texts) == 1 else []
    table.attrs[TITLES] = tuple(titles)
    return headed


def _require_content(rows: Sequence[Sequence[object]], what: str, file: str) -> None:
    """Raise UnreadableFileError where no cell holds anything."""
    if not any(any(cell_text(cell) for cell in row) for row in rows):
        msg = f"{what}: {file} is empty. Give a table with a header row."
        raise UnreadableFileError(msg)


def _of_book(source: FileSource, known: KnownHeadings, what: str) -> Headed:
    rows, without, hidden, struck, merged = sheet_cells(source.path, source.sheet, what)
    if not any(any(cell_text(cell) for cell in row) for row in rows):
        require_values(without, source.path, what)
    _require_content(rows, what, source.path.name)
    headed = _titled(with_header(rows, *known, strict_width=False), rows)
    if without:
        require_values(_missed(headed.table, rows, without, _of_use(source)), source.path, what)
    named = {str(headed.table.columns[i]): some for i, some in merged.items() if i < headed.table.shape[1]}
    return headed._replace(marks=headed.marks._replace(hidden=hidden, struck=struck, merged=named))


def _of_use(source: FileSource) -> set[str]:
    """Return the keys of the headings that a reader may look for: known ones, and those of AREA.yml."""
    known = chain.from_iterable(heads for layer in all_columns().values() for heads in layer.values())
    return {spelling_key(heading) for heading in (*known, *_texts(source.model_dump(mode="json")))}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _missed(
    table: pd.DataFrame, rows: Sequence[Sequence[object]], without: Sequence[str], used: set[str]
) -> list[str]:
    """Return the cells with formulas without values that would be missed: see :func:`read_table`."""
    body = min(table.index, default=len(rows) + 1)
    head = max((i for i, row in enumerate(rows[: body - 1], start=1) if any(map(cell_text, row))), default=0)
    missed = []
    for cell in without:
        row, column = row_and_column(cell)
        heading = str(table.columns[column - 1]) if 0 < column <= table.shape[1] else ""
        others = rows[row - 1] if 0 < row <= len(rows) else ()
        a_heading = row == head or (row < body and heading.startswith("(column "))
        read = row >= body and spelling_key(heading) in used and not _is_total(others)
        if a_heading or read or not row:
            missed.append(cell)
    return missed


def _is_total(row: Sequence[object]) -> bool:
    """Return whether a row says that it is a total, or says nothing but formulas."""
    texts = [text for text in map(cell_text, row) if text]
    return not texts or any(TOTAL_WORDS.match(text) for text in texts)


def text_rows(path: Path, known: AbstractSet[str], what: str) -> Sequence[Sequence[object]]:
    """Return the rows of a file of text (CSV, JSON).

    Parameters
    ----------
    known
        Keys of headings, by which the sign between the cells is told.

    Raises
    ------
    InputError, csv.Error, UnicodeDecodeError
        It is no table of text.
    """
    data = path.read_bytes()
    if data.startswith(UTF_32_MARKS):
        msg = f"{what}: {path.name} is text in UTF-32, which few programs read. Save it as UTF-8 CSV."
        raise UnreadableFileError(msg)
    text = decoded(data)
    if path.suffix.lower() == ".json":
        return _json_rows(text, what, path.name)
    return _csv_rows(text, known, what, path.name)


def _csv_rows(text: str, known: AbstractSet[str], what: str, file: str) -> list[list[str]]:
    def likely(delimiter: str) -> tuple[int, int]:
        """Return how many wanted names the likeliest header has, and its number of columns."""
        head = list(csv.reader(io.StringIO(text[:20_000], newline=""), delimiter=delimiter))
        rows = [r for r in head if any(r)][:HEADER_SEARCH_ROWS]
        return max(((score(r, known), len(r)) for r in rows), default=(0, 0))

    with _long_cells():
        delimiter = max(",;\t|", key=likely)
        # Strict: a quote that is never closed would swallow the rows behind it.
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [[unguarded(cell) for cell in row] for row in bounded(rows, what, file)]


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let the csv module read long cells: it has one limit for the whole process."""
    before = csv.field_size_limit(CELL_CHARACTERS)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _json_rows(text: str, what: str, file: str) -> list[list[object]]:
    """Return a list of objects, alone or within an object as servers answer, as rows below their keys."""
    given = json.loads(text)
    if isinstance(given, dict):
        ckan = _ckan_answer(given)
        lists = _lists_within(given, DEEPEST) if ckan is None else [_ckan_records(ckan, what, file)]
        if ckan is None and len(lists) == 1:
            _require_all(given, len(lists[0]), what, file)
        given = lists[0] if len(lists) == 1 else None
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        msg = f"{what}: {file} is no list of objects, and no map (GeoJSON). Save the table as CSV or XLSX."
        raise UnreadableFileError(msg)
    names = list(dict.fromkeys(str(key) for row in given for key in row))
    head: list[object] = list(names)
    # One by one: a thousand objects with a thousand keys of their own would fill the memory as rows.
    rows = chain([head], ([_plain(row.get(name)) for name in names] for row in given))
    return [list(row) for row in bounded(rows, what, file)]


def _lists_within(given: Mapping[str, object], deep: int) -> list[list[object]]:
    """Return the lists of objects within an object, or else in those within it.

    Beside its list an answer may hold others that say of it, such as links to pages and names of columns.
    """
    found = [v for v in given.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    if found or not deep:
        return found
    inner = [v for v in given.values() if isinstance(v, dict)]
    return [one for v in inner for one in _lists_within(v, deep - 1)]


def _require_all(given: Mapping[str, object], rows: int, what: str, file: str) -> None:
    """Raise SchemaError where an answer says of itself that it is one page of a longer list.

    Raises
    ------
    SchemaError
        With what to do.
    """
    for key, value in _said_of_list(given, DEEPEST):
        word = re.sub("[^a-z]", "", key.lower())
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
        if word in TOTALS and number > rows:
            _refuse_part(f"{rows:,} of {number:,} records ({key})", what, file)
        if (word in PAGES and number > 1) or (word in NEXT and value not in (None, "", False, 0)):
            _refuse_part(f"one page of several ({key}: {str(value)[:80]})", what, file)


def _said_of_list(given: Mapping[str, object], deep: int) -> Iterator[tuple[str, object]]:
    """Yield keys and values of an answer and the objects within it, without its lists."""
    for key, value in given.items():
        if isinstance(value, dict):
            yield from _said_of_list(value, deep - 1) if deep else ()
        elif not isinstance(value, list):
            yield str(key), value


def _refuse_part(part: str, what: str, file: str) -> NoReturn:
    msg = (
        f"{what}: {file} holds {part}: the portal gave only a part of the list. Ask for all of it "
        "(limit= in the address), or download it as CSV or XLSX."
    )
    raise SchemaError(msg)


def _ckan_answer(given: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return what an answer of CKAN's datastore holds: records beside the list of their fields; or None."""
    result = given.get("result", given)
    if not isinstance(result, dict) or "records" not in result or not isinstance(result.get("fields"), list):
        return None
    return result


def _ckan_records(result: Mapping[str, object], what: str, file: str) -> list[object]:
    """Return the records of an answer of CKAN, each an object, without the row numbers that CKAN adds.

    Raises
    ------
    SchemaError
        It holds only some of the records: CKAN gives 100 at a time unless it is asked for more.
    """
    records, fields = result["records"], result["fields"]
    if not isinstance(records, list) or not isinstance(fields, list):
        msg = f"{what}: {file} holds its records as text. Ask the portal for CSV, and save that."
        raise SchemaError(msg)
    total, limit = result.get("total"), result.get("limit")
    if isinstance(total, int):
        part = f"{len(records):,} of {total:,} records" if total > len(records) else ""
    else:
        part = f"{limit:,} records, and no more were asked for" if limit == len(records) else ""
    if part:
        _refuse_part(part, what, file)
    names = [str(f.get("id", "")) for f in fields if isinstance(f, dict)]
    rows = [dict(zip(names, r, strict=False)) if isinstance(r, list) else r for r in records]
    return [{k: v for k, v in r.items() if k != CKAN_ROW} if isinstance(r, dict) else r for r in rows]


def _plain(value: object) -> object:
    """Return a value of JSON as a cell: what is nested is text."""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
