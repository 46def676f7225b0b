"""The sheets of an OpenDocument workbook (LibreOffice's .ods), read mark by mark; nothing in it is run."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

from geodata.errors import InputError, UnreadableFileError, brief
from geodata.files import limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTENT = "content.xml"
CHUNK_BYTES = 1_000_000
# More than an office program puts into one cell.
CELL_CHARACTERS = 1_000_000
_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE = f"{_NS}table:1.0 ", f"{_NS}text:1.0 ", f"{_NS}office:1.0 "
_CELLS = frozenset({f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"})
# What stands in a cell, and is not what it says: a comment, a picture with its words.
_ASIDE = (f"{_OFFICE}annotation", f"{_TABLE}shapes", f"{_NS}drawing:1.0 ")
_NUMBERS = frozenset({"float", "percentage", "currency"})
_BREAKS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}


class Page(NamedTuple):
    """A sheet of a workbook, or a table of a web page, with its rows as far as they hold anything.

    ``visible`` says whether people see it; ``hidden`` are its hidden rows (from 1), ``merged`` the blocks of
    merged cells: their first row and column and their last (from 0).
    """

    name: str
    visible: bool
    rows: list[list[object]]
    hidden: set[int]
    merged: list[tuple[int, int, int, int]]


def ods_sheets(path: Path, what: str) -> list[Page]:
    """Return the sheets of an OpenDocument workbook.

    Raises
    ------
    InputError
        It is none that can be read, is protected, or too large.
    """
    try:
        with zipfile.ZipFile(path) as book:
            limits.require_unpacked(book.getinfo(CONTENT).file_size, what, path.name, limits.UNPACKED_BYTES)
            reader = _Reader(what, path.name)
            with book.open(CONTENT) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    reader.parser.Parse(chunk)
            reader.parser.Parse(b"", True)
    except InputError:
        raise
    except (zipfile.BadZipFile, KeyError, expat.ExpatError, ValueError, OSError, RuntimeError) as error:
        # A protected one has nothing but noise there.
        msg = (
            f"{what}: {path.name} cannot be read as a workbook of LibreOffice: {brief(error)}. Is it locked "
            "by a password? Open it, and save it as XLSX."
        )
        raise UnreadableFileError(msg) from error
    return reader.sheets


class _Reader:
    """What the marks of the file say, one after another."""

    def __init__(self, what: str, file: str) -> None:
        self.what, self.file = what, file
        self.sheets: list[Page] = []
        self.cells = 0
        # Sheets that people do not see have a style that says so.
        self.unseen: set[str] = set()
        self.style = ""
        self.row: list[object] | None = None
        self.row_times = self.times = 1
        self.row_hidden = False
        self.blank_rows = 0
        self.said: Mapping[str, str] | None = None
        self.text: list[str] = []
        self.length = self.paragraphs = self.aside = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
        self.parser.CharacterDataHandler = self.letters
        self.parser.StartDoctypeDeclHandler = _no_doctype

    def start(self, name: str, said: dict[str, str]) -> None:
        """Take the beginning of an element."""
        if name.startswith(_ASIDE):
            self.aside += 1
        if self.aside:
            return
        if name.endswith("style:1.0 style"):
            self.style = next((v for k, v in said.items() if k.endswith(" name")), "")
        elif name.endswith("style:1.0 table-properties"):
            if said.get(f"{_TABLE}display") == "false":
                self.unseen.add(self.style)
        elif name == f"{_TABLE}table":
            visible = said.get(f"{_TABLE}style-name", "") not in self.unseen
            self.sheets.append(Page(said.get(f"{_TABLE}name", ""), visible, [], set(), []))
            self.blank_rows = 0
        elif name == f"{_TABLE}table-row":
            self.row, self.row_times = [], _times(said, "rows")
            self.row_hidden = said.get(f"{_TABLE}visibility", "visible") != "visible"
        elif name in _CELLS:
            self.said, self.text, self.length, self.paragraphs = said, [], 0, 0
            self.times = _times(said, "columns")
        elif self.said is not None:
            self.within(name, said)

    def within(self, name: str, said: dict[str, str]) -> None:
        """Take an element within a cell: a paragraph, or what stands for signs that XML has not."""
        if name == f"{_TEXT}p":
            if self.paragraphs:
                self.letters("\n", counted=True)
            self.paragraphs += 1
        elif name == f"{_TEXT}s":
            self.letters(" " * min(int(said.get(f"{_TEXT}c", "1")), CELL_CHARACTERS + 1), counted=True)
        elif name in _BREAKS:
            self.letters(_BREAKS[name], counted=True)

    def letters(self, text: str, *, counted: bool = False) -> None:
        """Take letters of a cell; those between its paragraphs are none of it."""
        if self.said is None or self.aside or not (counted or self.paragraphs):
            return
        self.length += len(text)
        if self.length > CELL_CHARACTERS:
            msg = f"a cell of more than {CELL_CHARACTERS:,} characters"
            raise ValueError(msg)
        self.text.append(text)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name.startswith(_ASIDE):
            self.aside -= 1
        elif self.aside:
            return
        elif name in _CELLS and self.said is not None and self.row is not None:
            self.cell(self.row, self.said)
            self.said = None
        elif name == f"{_TABLE}table-row" and self.row is not None:
            self.rows(self.row)
            self.row = None

    def cell(self, row: list[object], said: Mapping[str, str]) -> None:
        """Add a cell to a row, as often as it stands there."""
        down, right = (int(said.get(f"{_TABLE}number-{of}-spanned", "1")) for of in ("rows", "columns"))
        if down > 1:
            top = len(self.sheets[-1].rows) + self.blank_rows
            self.sheets[-1].merged.append((top, len(row), top + down - 1, len(row) + right - 1))
        value = _value(said, "".join(self.text))
        if value is not None:
            limits.require_cells(len(row) + self.times, self.cells, self.what, self.file)
        # No row is longer than a table may be; of empty ones at its end nothing is kept.
        times = self.times if value is not None else min(self.times, limits.TABLE_COLUMNS + 1)
        row.extend([value] * times)

    def rows(self, row: list[object]) -> None:
        """Add a row to the sheet, as often as it stands there; empty ones only above others."""
        sheet = self.sheets[-1]
        while row and row[-1] is None:
            row.pop()
        if not row:
            self.blank_rows += self.row_times
            return
        number = len(sheet.rows) + self.blank_rows + self.row_times
        limits.require_rows(number, self.what, self.file)
        self.cells += len(row) * self.row_times
        limits.require_cells(len(row), self.cells, self.what, self.file)
        limits.require_book_rows(number - self.blank_rows, self.what, self.file)
        sheet.rows.extend([] for _ in range(self.blank_rows))
        self.blank_rows = 0
        if self.row_hidden:
            sheet.hidden.update(range(len(sheet.rows) + 1, len(sheet.rows) + self.row_times + 1))
        sheet.rows.extend(list(row) for _ in range(self.row_times))


def _no_doctype(*_: object) -> None:
    msg = "it has a DOCTYPE, as no office program writes"
    raise ValueError(msg)


def _times(said: Mapping[str, str], of: str) -> int:
    return max(1, int(said.get(f"{_TABLE}number-{of}-repeated", "1")))


def _value(said: Mapping[str, str], text: str) -> object:
    """Return what a cell holds: a number, a text, or nothing; a date as it is kept (2024-07-01)."""
    kind = said.get(f"{_OFFICE}value-type", "")
    if kind in _NUMBERS:
        number = float(said[f"{_OFFICE}value"])
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    if kind == "date":
        return said.get(f"{_OFFICE}date-value", text).removesuffix("T00:00:00") or None
    if kind == "boolean":
        return said.get(f"{_OFFICE}boolean-value") == "true"
    return text or None
