"""The rows of a workbook's sheet, with merged cells filled as people read them."""

from __future__ import annotations

import re
import warnings
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from geodata.errors import (
    InputError,
    MissingColumnError,
    SeveralInsideError,
    UnreadableFileError,
    brief,
    suggest,
)
from geodata.files import limits
from geodata.readers.files.elements import require_few_cells, require_few_elements
from geodata.readers.files.formulas import formulas_without_values, require_values
from geodata.readers.files.marks import hidden_rows, striking_styles, struck_rows
from geodata.readers.files.opendocument import Page, ods_sheets
from geodata.readers.files.opening import HTML, ODS, OLE, require_readable, table_ending
from geodata.readers.files.texts import decoded
from geodata.readers.files.webtable import web_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

T = TypeVar("T")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
# Of a sheet's file; what is merged stands at its end, and a match is short.
CHUNK_BYTES, OVERLAP_BYTES = 1_000_000, 100
# More than any office merges by hand.
MOST_MERGED = 200_000


class Merged(NamedTuple):
    """A block of merged cells: rows and columns from 0, the last included."""

    top: int
    left: int
    bottom: int
    right: int


class SheetCells(NamedTuple):
    """A sheet's rows, its cells whose formula has no value (C7), and its rows (from 1) of some sort.

    These are hidden, struck through, or by column (from 0) those below the first of a merged block.
    """

    rows: list[list[object]]
    without: list[str]
    hidden: frozenset[int]
    struck: frozenset[int]
    merged: Mapping[int, AbstractSet[int]]


def sheet_names(path: Path, what: str) -> list[str]:
    """Return the names of a workbook's sheets that hold anything.

    Raises
    ------
    InputError
        It is no workbook that can be read, or one too large.
    """
    require_readable(path, what)
    limits.require_small(path, what, limits.TABLE_BYTES)
    pages = _pages(path, what)
    if pages is not None:
        return [page.name for page in pages if page.rows]
    _require_open(path, what)
    with _told_if_broken(path, what):
        _require_short_cells(path, what)
        require_few_elements(path, what)
        with _opened(path) as book:
            return [p.title for p in book.worksheets if _has_cells(p, what, path)]


def hidden_sheets(path: Path) -> set[str]:
    """Return the names of a workbook's hidden sheets, of one that :func:`sheet_names` has read."""
    pages = _pages(path, "sheets")
    if pages is not None:
        return {page.name for page in pages if not page.visible}
    with _opened(path) as book:
        return {p.title for p in book.worksheets if p.sheet_state != "visible"}


def sheet_rows(path: Path, sheet: str | None, what: str) -> list[list[object]]:
    """Return the rows of a sheet, as :func:`sheet_cells`, all of whose formulas have their values.

    Raises
    ------
    MissingColumnError
        No such sheet, or several and none is named.
    UnreadableFileError
        A cell of a million characters and more; formulas without their values.
    """
    cells = sheet_cells(path, sheet, what)
    require_values(cells.without, path, what)
    return cells.rows


def sheet_cells(path: Path, sheet: str | None, what: str) -> SheetCells:
    """Return the cells of a sheet; those whose formula has no value are empty.

    The cells below a merged block's first row hold its value.

    Raises
    ------
    MissingColumnError
        No such sheet, or several and none is named.
    UnreadableFileError
        A cell of a million characters and more.
    """
    pages = _pages(path, what)
    if pages is not None:
        return _cells_of(pages, path, sheet, what)
    _require_open(path, what)
    _require_short_cells(path, what)
    require_few_elements(path, what)
    with _opened(path) as book:
        if sheet is None:
            filled = [p.title for p in book.worksheets if _has_cells(p, what, path)]
            sheet = _one_sheet(filled, [p.title for p in book.worksheets], path, what)
        _require_sheet(sheet, book.sheetnames, path, what)
        page = book[sheet]
        # What the file says of its size is often wrong, and openpyxl fills up to it.
        page.reset_dimensions()
        read = bounded(map(_filled, page.iter_rows(values_only=True)), what, path.name)
        rows = [list(row) for row in _few_enough(read, what, path.name)]
        member = page._worksheet_path  # noqa: SLF001 - openpyxl reads no merged cells where it reads row by row
        striking = striking_styles(book)
    without = list(formulas_without_values(path, member))
    merged = _fill_down(rows, _merged_blocks(path, member), what, path.name)
    return SheetCells(rows, without, hidden_rows(path, member), struck_rows(path, member, striking), merged)


def _pages(path: Path, what: str) -> list[Page] | None:
    """Return the sheets of a workbook of LibreOffice, or a web page; None for one of Excel."""
    ending = table_ending(path)
    if ending == ODS:
        return ods_sheets(path, what)
    return [web_page(path, decoded(path.read_bytes()), what)] if ending == HTML else None


def _cells_of(pages: Sequence[Page], path: Path, sheet: str | None, what: str) -> SheetCells:
    """Return the cells of a sheet; formulas have their values there."""
    by_name = {page.name: page for page in pages}
    if sheet is None:
        sheet = _one_sheet([page.name for page in pages if page.rows], list(by_name), path, what)
    _require_sheet(sheet, list(by_name), path, what)
    page = by_name[sheet]
    merged = _fill_down(page.rows, (Merged(*block) for block in page.merged), what, path.name)
    return SheetCells(page.rows, [], frozenset(page.hidden), frozenset(), merged)


def _one_sheet(filled: Sequence[str], every: Sequence[str], path: Path, what: str) -> str:
    """Return the one sheet that holds anything; of an empty workbook the first."""
    if len(filled) > 1:
        msg = (
            f"{what}: {path.name} has several sheets: {', '.join(filled)}. "
            "Name one with sheet: in AREA.yml (a file may be listed once for each)."
        )
        raise SeveralInsideError(msg)
    return [*filled, *every, ""][0]


def _require_sheet(sheet: str, every: Sequence[str], path: Path, what: str) -> None:
    if sheet not in every:
        msg = f"{what}: {path.name} has no sheet {sheet!r}."
        msg += suggest(sheet, every).replace("The file has", "Its sheets are")
        raise MissingColumnError(msg)


def whole_book(path: Path, what: str, **options: bool) -> Any:  # noqa: ANN401 - openpyxl ships no types
    """Return a workbook as openpyxl holds it as a whole, to write it again.

    Raises
    ------
    SchemaError, UnreadableFileError
        It cannot be read, or it would take too much.
    """
    import openpyxl

    limits.require_small(path, what, limits.TABLE_BYTES)
    _require_open(path, what)
    with _told_if_broken(path, what):
        _require_short_cells(path, what)
        require_few_elements(path, what)
        require_few_cells(path, what)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about what it does not copy, such as slicers
            # By the name openpyxl refuses what is called otherwise.
            with path.open("rb") as stream:
                return openpyxl.load_workbook(stream, **options)


@contextmanager
def _told_if_broken(path: Path, what: str) -> Iterator[None]:
    """Say in one sentence that a workbook cannot be read, whatever openpyxl stumbles over."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        why = brief(error)
        msg = f"{what}: {path.name} cannot be read as a workbook: {why}. Save it again as XLSX or CSV."
        raise UnreadableFileError(msg) from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    from openpyxl.reader.excel import ExcelReader

    class Reader(ExcelReader):  # type: ignore[misc]  # openpyxl ships no types
        def read_chartsheet(self, *_: object) -> None:
            """Leave out a sheet that is a picture: it would be held as a whole, and has no cells."""

    with path.open("rb") as stream:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about styles it does not know
            # By the name openpyxl refuses what is called otherwise.
            reader = Reader(stream, read_only=True, data_only=True, keep_links=False)
            reader.read()
            book = reader.wb
        try:
            yield book
        finally:
            book.close()


def bounded(rows: Iterable[Sequence[T]], what: str, file: str) -> Iterator[Sequence[T]]:
    """Yield rows; raise SchemaError once there are too many columns or cells."""
    cells = 0
    for number, row in enumerate(rows, start=1):
        # Empty rows too: a workbook may claim that its only row is the billionth.
        limits.require_rows(number, what, file)
        cells += len(row)
        limits.require_cells(len(row), cells, what, file)
        yield row


def _few_enough(rows: Iterable[Sequence[T]], what: str, file: str) -> Iterator[Sequence[T]]:
    """Yield rows; raise SchemaError once too many of a workbook hold something."""
    filled = 0
    for row in rows:
        filled += bool(row)
        limits.require_book_rows(filled, what, file)
        yield row


def _require_open(path: Path, what: str) -> None:
    """Raise UnreadableFileError for what is a workbook by its name, and locked or of the old form inside."""
    with path.open("rb") as file:
        if file.read(len(OLE)) != OLE:
            return
    msg = (
        f"{what}: {path.name} is protected by a password, or is an old workbook (.xls) under another name. "
        "Open it in Excel, take the password away (File, Info, Protect Workbook), and save it as XLSX."
    )
    raise UnreadableFileError(msg)


def _require_short_cells(path: Path, what: str) -> None:
    """Raise UnreadableFileError for a cell that no office program writes, before it is held as a whole.

    Between two marks of XML stands a cell; where a whole chunk has none, it is longer than that.
    """
    with zipfile.ZipFile(path) as book:
        for member in book.infolist():
            if not member.filename.lower().endswith(".xml") or member.file_size < CHUNK_BYTES:
                continue
            with book.open(member) as stream:
                while len(chunk := stream.read(CHUNK_BYTES)) == CHUNK_BYTES:
                    if b"<" not in chunk:
                        msg = (
                            f"{what}: {path.name} has a cell of more than {CHUNK_BYTES:,} characters. "
                            "Empty that cell, or save the table again as CSV."
                        )
                        raise UnreadableFileError(msg)


def _filled(row: Sequence[T]) -> Sequence[T]:
    """Return a row without the empty cells at its end: one that is only coloured is no column."""
    last = next((i for i in range(len(row), 0, -1) if row[i - 1] is not None), 0)
    return row[:last]


def _has_cells(page: Any, what: str, path: Path) -> bool:  # noqa: ANN401 - openpyxl ships no types
    """Return whether a sheet holds anything; formulas without values are read as nothing, and are some."""
    page.reset_dimensions()
    if any(bounded(map(_filled, page.iter_rows(values_only=True)), what, path.name)):
        return True
    return any(formulas_without_values(path, page._worksheet_path))  # noqa: SLF001 - as in sheet_rows


def _merged_blocks(path: Path, member: str) -> Iterator[Merged]:
    """Yield the merged blocks of a sheet, from its file within the workbook."""
    found = 0
    with zipfile.ZipFile(path) as book, book.open(member.lstrip("/")) as stream:
        tail = b""
        while chunk := stream.read(CHUNK_BYTES):
            text = tail + chunk
            for match in _MERGED.finditer(text):
                found += 1
                if found > MOST_MERGED:
                    msg = f"it has more than {MOST_MERGED:,} merged blocks; unmerge them"
                    raise ValueError(msg)
                yield Merged(int(match[2]) - 1, _column(match[1]), int(match[4]) - 1, _column(match[3]))
            # What is cut at the end of a chunk is seen with the next one; what was seen is not seen again.
            last = max((m.end() for m in _MERGED.finditer(text)), default=0)
            tail = text[max(last, len(text) - OVERLAP_BYTES) :]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _fill_down(
    rows: list[list[object]], blocks: Iterable[Merged], what: str, file: str
) -> dict[int, set[int]]:
    """Give the cells below a merged block's first row its value: a kecamatan written once for its villages.

    To the right nothing is filled: a title over a whole table, or a heading over two columns, is one cell.
    Nor is a row that is empty but for it: a block may be drawn longer than its table. Returns by column (from
    0) the rows (from 1) that were filled.

    Raises
    ------
    SchemaError
        Blocks that lie over one another again and again.
    """
    blank = [all(cell is None for cell in row) for row in rows]
    cells = 0
    filled: dict[int, set[int]] = {}
    for block in blocks:
        if block.bottom == block.top or block.top >= len(rows) or block.left >= len(rows[block.top]):
            continue
        value = rows[block.top][block.left]
        below = range(block.top + 1, min(block.bottom + 1, len(rows)))
        cells += len(below)
        limits.require_cells(block.left + 1, cells, what, file)
        for i in below:
            if blank[i]:
                continue
            rows[i] += [None] * (block.left + 1 - len(rows[i]))
            if rows[i][block.left] is None:
                rows[i][block.left] = value
                filled.setdefault(block.left, set()).add(i + 1)
    return filled
