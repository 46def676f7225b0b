"""Sheets onto the paper of a workbook: formats, colours, frozen headings, filters and print set-up."""

from __future__ import annotations

import datetime as dt
from itertools import repeat
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from geodata.files.csvtext import begins_formula
from planner.reports.senders.cells import shown
from planner.reports.workbook.sheet import Formula, Look, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from planner.reports.workbook.sheet import Cell, Sheet, SheetColumn
    from planner.reports.workbook.texts import WorkbookTexts

# Of a share that is nearly all, never 100 %.
FORMATS = {
    Look.TEXT: "@", Look.LONG: "@", Look.COUNT: "#,##0", Look.NUMBER: "#,##0.00", Look.YEAR: "0",
    Look.MINUTES: "#,##0.0", Look.SHARE: '[=1]0%;[>=0.9995]"< 100%";0.0%', Look.DEGREES: "0.000000",
}  # fmt: skip
WIDTHS = {
    Look.COUNT: (8, 22), Look.NUMBER: (8, 22), Look.YEAR: (7, 15), Look.MINUTES: (8, 15), Look.SHARE: (8, 15),
    Look.DEGREES: (11, 15), Look.TEXT: (8, 30), Look.LONG: (24, 70),
}  # fmt: skip
HEAD_COLOUR, TOTAL_COLOUR, LINE_COLOUR = "#DCE6F1", "#F2F2F2", "#D9D9D9"
UNKNOWN_COLOUR, NO_WAY_COLOUR = "#7F7F7F", "#8C510A"
# As the formats above write them; of degrees and shares the longest is known.
DECIMALS = {Look.NUMBER: 2, Look.MINUTES: 1}
MEASURED_ROWS = 500
HEAD_LINE, HEAD_LINES = 15.5, 4
# One content, one file: the day is part of it, and no clock is asked. The first day that a ZIP file can hold.
MADE = dt.datetime(1980, 1, 1)  # noqa: DTZ001 - a workbook knows no time zones
A4 = 9
# A footer may have 255 letters, in which "&" counts twice.
AREA_LETTERS = 70


def write_book(
    sheets: Iterable[Sheet], path: Path, texts: WorkbookTexts, *, area: str, assumed: str = ""
) -> None:
    """Write sheets as one workbook (XLSX).

    Parameters
    ----------
    sheets
        In their order.
    path
        The file; one that is there is written over.
    texts
        For totals and notes.
    area
        Stands in the footer of each page.
    assumed
        Behind it, where the book is not of the present; "" where it is.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": shown(area, 200), "author": "Jangkau", "created": MADE})
    paper = _Paper(book, texts, area, assumed)
    for sheet in sheets:
        paper.draw(sheet)
    try:
        book.close()
    except FileCreateError as error:
        # It wraps what the system said.
        raise OSError(*error.args[0].args) from error


class _Paper:
    """A workbook being written, and its formats."""

    def __init__(self, book: Any, texts: WorkbookTexts, area: str, assumed: str) -> None:  # noqa: ANN401 - of XlsxWriter
        self.book, self.texts, self.area, self.assumed = book, texts, area, assumed
        self.none = texts.note["unknown"]
        top: dict[str, Any] = {"valign": "top", "bottom": 1, "bottom_color": LINE_COLOUR}
        self.cell = {look: book.add_format({**top, "num_format": FORMATS[look]}) for look in Look}
        self.cell[Look.LONG].set_text_wrap()
        # So that a text does not touch the number before it.
        self.cell[Look.TEXT].set_indent(1)
        # The number itself stays, to be sorted and counted with.
        self.at_most = book.add_format({**top, "num_format": f'"≤ "{FORMATS[Look.MINUTES]}'})
        # Stays text when somebody edits the cell.
        self.quoted = book.add_format({**top, "num_format": "@", "indent": 1, "quote_prefix": True})
        self.title = book.add_format({"bold": True, "font_size": 13})
        self.small = book.add_format({"italic": True, "font_color": "#595959"})
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": HEAD_COLOUR, "bottom": 1}
        )
        self.sums = {
            look: book.add_format({"bold": True, "bg_color": TOTAL_COLOUR, "num_format": FORMATS[look]})
            for look in Look
        }

    def draw(self, sheet: Sheet) -> None:
        """Write one sheet."""
        page = self.book.add_worksheet(sheet.name)
        self.text(page, 0, 0, sheet.title, self.title)
        details = self.texts.note["details"] if any(c.detail for c in sheet.columns) else ""
        if sheet.note or details:
            self.text(page, 1, 0, f"{sheet.note} {details}".strip(), self.small)
        widths = self._widths(sheet)
        folded = False
        for number, column in enumerate(sheet.columns):
            self.text(page, sheet.head, number, column.heading, self.head)
            page.write_comment(
                sheet.head, number, column.name, {"author": "Jangkau", "x_scale": 1.4, "y_scale": 0.4}
            )
            look = {"level": 1, "hidden": True} if column.detail else {"collapsed": folded}
            page.set_column(number, number, widths[number], None, look)
            folded = column.detail
            self._fill(page, sheet, number, column)
        if folded:
            page.set_column(len(sheet.columns), len(sheet.columns), None, None, {"collapsed": True})
        self._totals(page, sheet)
        page.set_row(sheet.head, HEAD_LINE * max(HEAD_LINES, *map(_lines, sheet.columns, widths)))
        self._set_up(page, sheet)

    def _widths(self, sheet: Sheet) -> list[float]:
        """Return each column's width, with room for its total, and for what the rows of totals are called."""
        widths = []
        for column in sheet.columns:
            sums = sheet.totals(column, self.none) if column.total is not None and sheet.rows else ()
            widths.append(_width(column, [one.value for one in sums]))
        sums_from = next((n for n, c in enumerate(sheet.columns) if c.total is not None), None)
        if sums_from:
            # They go on over the columns behind the first, up to the first total.
            seen = sum(widths[n] for n in range(sums_from) if not sheet.columns[n].detail)
            names = max(len(self.texts.note[key]) for key in ("all", "seen"))
            widths[0] += max(names - seen, 0)
        return widths

    def text(self, page: Any, row: int, column: int, words: str, look: Any) -> None:  # noqa: ANN401
        """Write a text as text, whatever it begins with."""
        if words:
            page.write_string(row, column, shown(words), look)
        else:
            page.write_blank(row, column, None, look)

    def put(self, page: Any, row: int, column: int, cell: Cell, look: Any) -> None:  # noqa: ANN401 - as above
        """Write a cell: a text, a number, or a formula with its value."""
        if isinstance(cell, Formula):
            page.write_formula(row, column, cell.text, look, cell.value)
        elif isinstance(cell, str):
            self.text(page, row, column, cell, self.quoted if begins_formula(cell) else look)
        else:
            page.write_number(row, column, cell, look)

    def _fill(self, page: Any, sheet: Sheet, number: int, column: SheetColumn) -> None:  # noqa: ANN401
        look = self.cell[column.look]
        first, last = sheet.head + 1, sheet.head + sheet.rows
        at_most = column.at_most or repeat(False)
        for row, (cell, most) in enumerate(zip(column.cells, at_most, strict=False), start=first):
            self.put(page, row, number, cell, self.at_most if most else look)
        if not sheet.rows:
            return
        for words, colour in column.colours.items():
            fill = {"bg_color": colour, "font_color": ink(colour)}
            self._colour(page, (first, number, last, number), words, fill)
        if column.look not in (Look.TEXT, Look.LONG):
            for key, colour in (("unknown", UNKNOWN_COLOUR), ("no_way", NO_WAY_COLOUR)):
                hue = {"italic": True, "font_color": colour}
                self._colour(page, (first, number, last, number), self.texts.note[key], hue)

    def _colour(self, page: Any, where: tuple[int, int, int, int], words: str, look: dict[str, Any]) -> None:  # noqa: ANN401
        rule = {"type": "cell", "criteria": "==", "value": f'"{words}"', "format": self.book.add_format(look)}
        page.conditional_format(*where, rule)

    def _totals(self, page: Any, sheet: Sheet) -> None:  # noqa: ANN401 - as above
        if sheet.head < 4:
            return
        every, seen = sheet.head - 2, sheet.head - 1
        for number, column in enumerate(sheet.columns):
            look = self.sums[column.look]
            if column.total is not None and sheet.rows:
                for row, formula in zip((every, seen), sheet.totals(column, self.none), strict=True):
                    self.put(page, row, number, formula, look)
            else:
                for row in (every, seen):
                    page.write_blank(row, number, None, look)
        for row, key in ((every, "all"), (seen, "seen")):
            self.text(page, row, 0, self.texts.note[key], self.sums[Look.TEXT])

    def _set_up(self, page: Any, sheet: Sheet) -> None:  # noqa: ANN401 - as above
        last = max(len(sheet.columns) - 1, 0)
        page.freeze_panes(sheet.head + 1, sheet.frozen)
        page.autofilter(sheet.head, 0, sheet.head + max(sheet.rows, 1), last)
        page.set_landscape()
        page.set_paper(A4)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.repeat_rows(sheet.head)
        where = self.texts.note["page"].format(area=shown(self.area, AREA_LETTERS), sheet=sheet.name)
        where += f" · {self.assumed}" if self.assumed else ""
        page.set_footer(f"&L{where.replace('&', '&&')}&RJangkau · &P / &N", {"scale_with_doc": False})


def _width(column: SheetColumn, sums: Sequence[float | str] = ()) -> float:
    """Return a column's width in characters: of its longest text or number, or word of the heading."""
    least, most = WIDTHS[column.look]
    values = [plain(c) for c in column.cells[:MEASURED_ROWS]]
    longest = max((_letters(v, column.look) for v in values), default=0)
    # Totals are bold, and a number that has no room shows as ###.
    longest = max([longest, *(_letters(v, column.look) + 1 for v in sums)])
    word = max(map(len, column.heading.split()), default=0)
    return min(max(least, longest + 1, word + 1), most)


def _letters(value: float | str, look: Look) -> int:
    """Return how many letters a cell shows."""
    return len(value) if isinstance(value, str) else len(f"{value:,.{DECIMALS.get(look, 0)}f}")


def _lines(column: SheetColumn, width: float) -> int:
    """Return how many lines a heading takes, which is bold."""
    return len(wrap(column.heading, max(int(width) - 1, 1)))


def ink(fill: str) -> str:
    """Return black or white, whichever is read better on a colour.

    Parameters
    ----------
    fill
        ``#rrggbb``.

    Examples
    --------
    >>> ink("#fee08b"), ink("#e25a4d"), ink("#1f6091")
    ('#000000', '#000000', '#FFFFFF')
    """
    red, green, blue = (int(fill[i : i + 2], 16) for i in (1, 3, 5))
    bright = 0.299 * red + 0.587 * green + 0.114 * blue
    return "#000000" if bright > 125 else "#FFFFFF"
