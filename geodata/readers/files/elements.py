"""How many elements a workbook has, before any is held: five bytes of XML take 200 of memory."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from geodata.errors import UnreadableFileError
from geodata.files import limits

if TYPE_CHECKING:
    from pathlib import Path

CHUNK_BYTES = 1_000_000
TYPES = "[Content_Types].xml"
# Parts that are read element by element (sheets), and those that are not read at all.
_NOT_HELD = re.compile(
    r"\.(worksheet|pivotCacheRecords|pivotCacheDefinition|pivotTable|drawing|drawingml\.\w+|comments|table"
    r"|threadedcomments|externalLink|queryTable|calcChain)\+xml$"
)
_SHEET, _TEXTS = ".worksheet+xml", ".sharedStrings+xml"
_MARK, _TEXT = re.compile(rb"<"), re.compile(rb"<(?:\w+:)?si[\s/>]")
_ROW = "http://schemas.openxmlformats.org/spreadsheetml/2006/main row"


def require_few_elements(path: Path, what: str) -> None:
    """Raise UnreadableFileError for a workbook with a part that is small as a file, and gigabytes in memory.

    Raises
    ------
    zipfile.BadZipFile, KeyError, xml.parsers.expat.ExpatError
        It is no workbook.
    """
    with zipfile.ZipFile(path) as book:
        # What says the types is held too.
        _require_few_marks(book, TYPES, limits.BOOK_MARKS, what, path.name)
        types = _types(book.read(TYPES))
        for name in dict.fromkeys(book.namelist()):
            kinds = types.get(f"/{name}", set())
            if kinds and all(_NOT_HELD.search(kind) for kind in kinds):
                if any(kind.endswith(_SHEET) for kind in kinds):
                    _require_few_held(book, name, what, path.name)
                continue
            if not name.lower().endswith((".xml", ".rels")) and not kinds:
                continue
            texts = any(kind.endswith(_TEXTS) for kind in kinds)
            most = limits.BOOK_TEXT_MARKS if texts else limits.BOOK_MARKS
            _require_few_marks(book, name, most, what, path.name)
            if texts:
                _require_few_marks(book, name, limits.BOOK_TEXTS, what, path.name, _TEXT)


def require_few_cells(path: Path, what: str) -> None:
    """Raise UnreadableFileError for a workbook with too many cells in all its sheets to be held as a whole.

    All cells of merged blocks count, and so do the parts that nobody reads where a table is read row by row.

    Raises
    ------
    zipfile.BadZipFile, KeyError, xml.parsers.expat.ExpatError
        It is no workbook.
    """
    cells = 0
    with zipfile.ZipFile(path) as book:
        types = _types(book.read(TYPES))
        for name in dict.fromkeys(book.namelist()):
            kinds = types.get(f"/{name}", set())
            if not any(kind.endswith(_SHEET) for kind in kinds):
                if any(_NOT_HELD.search(kind) for kind in kinds):
                    _require_few_marks(book, name, limits.BOOK_MARKS, what, path.name)
                continue
            cells = _cells(book, name, cells, what, path.name)


def _cells(book: zipfile.ZipFile, name: str, cells: int, what: str, file: str) -> int:
    """Return how many cells a sheet adds to so many, those of merged blocks too."""
    from openpyxl.utils.cell import range_boundaries

    def start(element: str, said: dict[str, str]) -> None:
        nonlocal cells
        part = element.rpartition(" ")[2]
        if part == "c":
            cells += 1
        elif part == "mergeCell":
            left, top, right, bottom = range_boundaries(said.get("ref", "A1"))
            cells += (right - left + 1) * (bottom - top + 1)
        if cells > limits.BOOK_WHOLE_CELLS:
            msg = (
                f"{what}: {file} has more than {limits.BOOK_WHOLE_CELLS:,} cells in its sheets, merged ones "
                "too. Keep the sheet with the list in a workbook of its own, or save it as CSV."
            )
            raise UnreadableFileError(msg)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    with book.open(name) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk)
    return cells


def _types(text: bytes) -> dict[str, set[str]]:
    """Return the types of a workbook's parts, by their names."""
    types: dict[str, set[str]] = {}

    def start(_: str, said: dict[str, str]) -> None:
        if "PartName" in said:
            types.setdefault(said["PartName"], set()).add(said.get("ContentType", ""))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(text, True)
    return types


def _require_few_marks(
    book: zipfile.ZipFile, name: str, most: int, what: str, file: str, mark: re.Pattern[bytes] = _MARK
) -> None:
    marks = 0
    with book.open(name) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            marks += len(mark.findall(chunk))
            if marks > most:
                raise _too_many(name, most, what, file)


def _require_few_held(book: zipfile.ZipFile, name: str, what: str, file: str) -> None:
    """Raise UnreadableFileError for a sheet with too many elements beside its rows, or in one row.

    A row's are let go once it is read, so that only a parser tells how many are held.
    """
    try:
        _require_few_marks(book, name, limits.BOOK_MARKS, what, file)
    except UnreadableFileError:
        pass
    else:
        return
    held = _Held(name, what, file)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = held.start, held.end
    with book.open(name) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk)


class _Held:
    """How many elements a reader holds that lets go of each row once it has read it."""

    def __init__(self, *told: str) -> None:
        self._told = told
        self._held = 0
        self._before: list[int] = []

    def start(self, name: str, _: dict[str, Any]) -> None:
        """Count an element."""
        if name == _ROW:
            self._before.append(self._held)
            return
        self._held += 1
        if self._held > limits.BOOK_MARKS:
            raise _too_many(self._told[0], limits.BOOK_MARKS, *self._told[1:])

    def end(self, name: str) -> None:
        """Let go of a row's elements."""
        if name == _ROW:
            self._held = self._before.pop()


def _too_many(name: str, most: int, what: str, file: str) -> UnreadableFileError:
    msg = (
        f"{what}: {file} has a part with more than {most:,} marks of XML ({name}), as no office program "
        "writes. Copy its table into a new workbook, or save it as CSV."
    )
    return UnreadableFileError(msg)
