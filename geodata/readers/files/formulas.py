"""Formulas of a workbook whose values nobody worked out: a program wrote them, and no spreadsheet since."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from geodata.errors import UnreadableFileError, counted, first_five

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# A cell with a formula in a sheet's file, and all behind the formula: its value, if it has one.
_CELL = re.compile(
    rb"<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"((?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v\b[^<>]*>[^<]*</(?:\w+:)?v>)?)\s*</(?:\w+:)?c>"
)
_AT = re.compile(rb'\br="([A-Z]{1,3}\d{1,7})"')
# The value of a formula that gives an empty text.
_TEXT = re.compile(rb'\bt="str"')
_VALUE = re.compile(rb">[^<]")
_END = re.compile(rb"</(?:\w+:)?c>")
CHUNK_BYTES = 1_000_000
NOWHERE = "?"
# No cell with a formula is longer; what has no end within so many is none.
LONGEST_BYTES = 200_000


def require_values(cells: Sequence[str], path: Path, what: str) -> None:
    """Raise UnreadableFileError where cells have formulas without values: read, they would be empty.

    Parameters
    ----------
    cells
        Such as C7.
    path
        The workbook.
    what
        What messages call the table.

    Raises
    ------
    UnreadableFileError
        With the first cells, and what to do.
    """
    if cells:
        msg = (
            f"{what}: {path.name} has {counted(len(cells), 'cell')} with a formula and no value: "
            f"{first_five(cells)}. The program that wrote it did not work them out. Open it in Excel or "
            "LibreOffice, save it, and give it again."
        )
        raise UnreadableFileError(msg)


def row_and_column(cell: str) -> tuple[int, int]:
    """Return a cell's row and column, from 1; 0, 0 where its sheet does not say where it stands.

    Examples
    --------
    >>> row_and_column("C7"), row_and_column("AA12"), row_and_column(NOWHERE)
    ((7, 3), (12, 27), (0, 0))
    """
    from openpyxl.utils.cell import coordinate_to_tuple

    return (0, 0) if cell == NOWHERE else coordinate_to_tuple(cell)


def formulas_without_values(path: Path, member: str) -> Iterator[str]:
    """Yield the cells of a sheet with a formula that has no value, such as C7, from the sheet's file."""
    with zipfile.ZipFile(path) as book, book.open(member.lstrip("/")) as stream:
        rest = b""
        while chunk := stream.read(CHUNK_BYTES):
            text = rest + chunk
            end = max((m.end() for m in _END.finditer(text)), default=0)
            rest = text[max(end, len(text) - LONGEST_BYTES) :]
            for found in _CELL.finditer(text, 0, end):
                at = _AT.search(found[1])
                valued = bool(found[2]) and (_TEXT.search(found[1]) or _VALUE.search(found[2]))
                if not valued:
                    yield NOWHERE if at is None else at[1].decode()
