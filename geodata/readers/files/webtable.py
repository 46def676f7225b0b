"""The table of a web page, as applications save one under the name of a workbook (.xls)."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from geodata.errors import UnreadableFileError
from geodata.files import limits
from geodata.readers.files.opendocument import Page

if TYPE_CHECKING:
    from pathlib import Path

# Of a page so large a reader in Python is slow; no application of an office saves one.
PAGE_BYTES = 30_000_000
LONGEST_SPAN = 9
_CELLS, _ASIDE = ("td", "th"), ("script", "style")
# A table has so many rows and columns; others lay out a title or who signs.
LEAST = 2


def web_page(path: Path, text: str, what: str) -> Page:
    """Return the rows of a web page's tables, one below another, as people see them.

    Parameters
    ----------
    text
        What the file holds.

    Raises
    ------
    InputError
        It holds several tables, or is too large.

    Examples
    --------
    >>> from pathlib import Path
    >>> text = "<table><tr><th>Nama<th>Desa</tr><tr><td>Pustu &amp; Co</td><td>Jaya</td></tr></table>"
    >>> web_page(Path("pustu.xls"), text, "pustu").rows
    [['Nama', 'Desa'], ['Pustu & Co', 'Jaya']]
    """
    if len(text) > PAGE_BYTES:
        msg = f"{what}: {path.name} is a web page of over {PAGE_BYTES / 1e6:,.0f} MB. Save it as XLSX."
        raise UnreadableFileError(msg)
    reader = _Reader(what, path.name)
    reader.feed(text)
    reader.close()
    reader.end_row()
    tables = [t for t in reader.tables if len(t) >= LEAST and max(map(len, t)) >= LEAST]
    if len(tables) > 1:
        msg = (
            f"{what}: {path.name} is a web page with {len(tables)} tables. Open it in Excel, put each into a "
            "sheet of its own, and save it as XLSX."
        )
        raise UnreadableFileError(msg)
    return Page("", True, reader.rows, set(), reader.merged)


class _Reader(HTMLParser):
    """Takes a page's cells, row by row."""

    def __init__(self, what: str, file: str) -> None:
        super().__init__(convert_charrefs=True)
        self.what, self.file = what, file
        self.rows: list[list[object]] = []
        self.tables: list[list[list[object]]] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.row: list[object] | None = None
        self.text: list[str] | None = None
        self.span = (1, 1)
        # By column: how many rows below are still taken by a cell above.
        self.taken: dict[int, int] = {}
        self.cells = self.aside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the beginning of an element; pages leave out the ends of rows and cells."""
        if tag in _ASIDE:
            self.aside += 1
        elif tag == "table":
            self.end_row()
            self.tables.append([])
            self.taken = {}
        elif tag == "tr":
            self.end_row()
            self.row = []
        elif tag in _CELLS:
            self.end_cell()
            self.row = [] if self.row is None else self.row
            said = dict(attrs)
            self.text, self.span = [], (_span(said.get("rowspan")), _span(said.get("colspan")))
        elif tag in ("br", "p", "div") and self.text:
            self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Take the end of an element."""
        if tag in _ASIDE:
            self.aside = max(0, self.aside - 1)
        elif tag in _CELLS:
            self.end_cell()
        elif tag in ("tr", "table"):
            self.end_row()

    def handle_data(self, data: str) -> None:
        """Take letters of a cell."""
        if self.text is not None and not self.aside:
            self.text.append(data)

    def end_cell(self) -> None:
        """Put the cell into its row, behind those that cells above take."""
        if self.text is None or self.row is None:
            return
        self._below()
        text = " ".join("".join(self.text).split())
        down, right = self.span
        at = len(self.row)
        self.cells += right
        limits.require_cells(at + right, self.cells, self.what, self.file)
        if down > 1:
            top = len(self.rows)
            self.merged.append((top, at, top + down - 1, at + right - 1))
            self.taken.update(dict.fromkeys(range(at, at + right), down))
        self.row.extend([text or None, *[None] * (right - 1)])
        self.text = None

    def _below(self) -> None:
        assert self.row is not None
        while self.taken.get(len(self.row), 0) > 0:
            self.row.append(None)

    def end_row(self) -> None:
        """Put the row into its table."""
        self.end_cell()
        if self.row is None:
            return
        self._below()
        limits.require_book_rows(len(self.rows) + 1, self.what, self.file)
        self.taken = {column: left - 1 for column, left in self.taken.items() if left > 1}
        self.rows.append(self.row)
        if self.tables:
            self.tables[-1].append(self.row)
        self.row = None


def _span(said: str | None) -> int:
    """Return how many rows or columns a cell spans; no more than a table may have."""
    # No number of more digits is one of rows or columns.
    number = int(said[:LONGEST_SPAN]) if said and said.isdecimal() else 1
    return min(max(number, 1), limits.TABLE_COLUMNS + 1)
