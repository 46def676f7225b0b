"""What a file says of its rows and columns besides what stands in them, and what is told of that."""

from __future__ import annotations

import re
import zipfile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.layers import Cell, Finding
from geodata.readers.files.cells import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    import pandas as pd

    from geodata.layers import Severity

CHUNK_BYTES = 1_000_000
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^/>])>")
_NUMBER, _REFERENCE, _STYLE = (
    re.compile(rb'\br="(\d+)"'), re.compile(rb'\br="[A-Z]+(\d+)"'), re.compile(rb'\bs="(\d+)"'),
)  # fmt: skip


class Marks(NamedTuple):
    """What is known of a table's rows (numbers in the file, from 1) and columns beside their cells.

    Attributes
    ----------
    again
        Rows in which the headings stand again, with a word of each; they are left out.
    hidden, struck
        Rows that a workbook hides, and those of which it strikes most cells through.
    beside
        Columns of further lists beside the first, which are not read.
    above
        Rows above the headings that look like those of a list, with a word of each; they are not read.
    merged
        By heading, rows whose cell is the lower part of a merged one.
    """

    again: Mapping[int, str] = MappingProxyType({})
    hidden: AbstractSet[int] = frozenset()
    struck: AbstractSet[int] = frozenset()
    beside: tuple[str, ...] = ()
    above: Mapping[int, str] = MappingProxyType({})
    merged: Mapping[str, AbstractSet[int]] = MappingProxyType({})


def hidden_rows(path: Path, member: str) -> frozenset[int]:
    """Return the rows that a sheet hides, by its file within the workbook."""
    found = (m[1] for text in _pieces(path, member) for m in _ROW.finditer(text))
    numbers = (_NUMBER.search(said) for said in found if _HIDDEN.search(said))
    return frozenset(int(number[1]) for number in numbers if number is not None)


def struck_rows(path: Path, member: str, styles: AbstractSet[int]) -> frozenset[int]:
    """Return the rows of which most filled cells have one of the styles that strike them through."""
    filled: dict[int, int] = {}
    struck: dict[int, int] = {}
    for said in (m[1] for text in _pieces(path, member) for m in _CELL.finditer(text)) if styles else ():
        at, style = _REFERENCE.search(said), _STYLE.search(said)
        if at is None:
            continue
        row = int(at[1])
        filled[row] = filled.get(row, 0) + 1
        struck[row] = struck.get(row, 0) + (style is not None and int(style[1]) in styles)
    return frozenset(row for row, cells in filled.items() if 2 * struck[row] > cells)


def striking_styles(book: Any) -> frozenset[int]:  # noqa: ANN401 - openpyxl ships no types
    """Return the numbers of a workbook's styles whose font is struck through."""
    fonts = {i for i, font in enumerate(book._fonts) if font.strike}  # noqa: SLF001 - where openpyxl keeps them
    return frozenset(i for i, style in enumerate(book._cell_styles) if style.fontId in fonts)  # noqa: SLF001


def _pieces(path: Path, member: str) -> Iterator[bytes]:
    """Yield a sheet's file in pieces that cut no mark of XML in two."""
    with zipfile.ZipFile(path) as book, book.open(member.lstrip("/")) as stream:
        rest = b""
        while chunk := stream.read(CHUNK_BYTES):
            whole, sign, rest = (rest + chunk).rpartition(b"<")
            rest = sign + rest
            yield whole
        yield rest


def mark_findings(layer: str, marks: Marks, table: pd.DataFrame, file: str) -> tuple[Finding, ...]:
    """Return what to tell of a table's marks.

    Parameters
    ----------
    table
        The rows that count (index: number in the file); of others neither hidden nor struck ones are told.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"Nama": ["Pustu A", "Pustu B"]}, index=[2, 3])
    >>> marks = Marks(again={14: "No"}, struck={3, 9})
    >>> [(found.rule, found.ids) for found in mark_findings("facilities", marks, table, "pustu.xlsx")]
    [('heading_again', ('row 14 (No)',)), ('struck_row', ('row 3 (Pustu B)',))]
    """
    hidden, struck = (_first_words(table, rows) for rows in (marks.hidden, marks.struck))
    rows = (
        ("above_heading", marks.above), ("heading_again", marks.again), ("hidden_row", hidden),
        ("struck_row", struck),
    )  # fmt: skip
    found = (*(_told(layer, rule, of, file) for rule, of in rows), _beside(layer, marks.beside, file))
    return tuple(one for one in found if one is not None)


def _first_words(table: pd.DataFrame, rows: AbstractSet[int]) -> dict[int, str]:
    if not rows:
        return {}
    words = table.loc[[row in rows for row in table.index]]
    return {
        int(row): next(
            (text for text in map(cell_text, values.dropna()) if any(c.isalpha() for c in text)), ""
        )
        for row, values in words.iterrows()
    }


# What is told of a row, what to do, and what it does to the answer.
_SAID: dict[str, tuple[Severity, str, str, str]] = {
    "above_heading": (
        "error", "rows above the headings look like rows of the list, and are not read",
        "put the headings that tell most above all rows, or each list into a sheet of its own",
        "takes part in nothing"),
    "heading_again": (
        "info", "rows in which the headings stand again, as on each printed page, were left out",
        "none needed", "takes part in nothing"),
    "hidden_row": (
        "warning", "rows that the workbook hides (by a filter, or by hand) count all the same",
        "take those out that are not meant, or show all rows", "counts as any other row"),
    "struck_row": (
        "warning", "rows that the workbook strikes through count all the same",
        "take out the rows of what is no more, or take the line away", "counts as any other row"),
}  # fmt: skip


def _told(layer: str, rule: str, rows: Mapping[int, str], file: str) -> Finding | None:
    if not rows:
        return None
    severity, what, action, effect = _SAID[rule]
    cells = tuple(Cell(file, row, "", said, effect=effect) for row, said in rows.items())
    shown = tuple(f"row {c.row} ({c.value})" if c.value else f"row {c.row}" for c in cells[:5])
    return Finding(severity, layer, rule, len(cells), shown, f"{file}: {what}", action, cells)


def _beside(layer: str, columns: Sequence[str], file: str) -> Finding | None:
    if not columns:
        return None
    return Finding(
        "error", layer, "list_beside", len(columns), tuple(columns[:5]),
        f"{file}: columns of a second list beside the first are not read",
        "put each list into a sheet or file of its own, one row a unit",
    )  # fmt: skip
