"""One sheet of the workbook as plain values: columns with headings, and what they add up to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from planner.reports.workbook import formulas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Look(StrEnum):
    """How a column's numbers are written."""

    TEXT = "text"
    LONG = "long text"
    COUNT = "count"
    NUMBER = "number"
    YEAR = "year"
    MINUTES = "minutes"
    SHARE = "share"
    DEGREES = "degrees"


class Formula(NamedTuple):
    """A formula of a cell, and the value that we found for it."""

    text: str
    value: float | str


Cell = float | str | Formula


class Total(NamedTuple):
    """What a column comes to.

    Attributes
    ----------
    weights
        The column that a mean is weighted by; "" for a sum.
    ours
        The value that the planner found for all rows; None where the cells' own sum is it.
    alike, instead
        A column whose rows must all say the same, and what stands there where they do not: people counted
        once for each kind cannot be added up. "" where all rows can be.
    whole
        Whether one cell that is unknown leaves a sum unknown.
    """

    weights: str = ""
    ours: float | str | None = None
    alike: str = ""
    instead: str = ""
    whole: bool = False


@dataclass(frozen=True)
class SheetColumn:
    """One column.

    Attributes
    ----------
    name, heading
        For machines, and for people.
    cells
        Numbers are finite; what is unknown, or has no way, is a word.
    detail
        Folded away until somebody asks for it.
    colours
        Fill of a cell by its text (``#rrggbb``).
    at_most
        Of which cells the number is the most that it can be; of none where empty.
    """

    name: str
    heading: str
    look: Look
    cells: Sequence[Cell]
    total: Total | None = None
    detail: bool = False
    colours: Mapping[str, str] = field(default_factory=dict)
    at_most: Sequence[bool] = ()


@dataclass(frozen=True)
class Sheet:
    """A table of the workbook.

    Attributes
    ----------
    key
        By which the texts know it.
    name, title
        Of its tab, and above it.
    columns
        All of one length.
    frozen
        So many first columns stay in view.
    note
        Below the title: what is to be known before the table is read.
    """

    key: str
    name: str
    title: str
    columns: tuple[SheetColumn, ...]
    frozen: int = 2
    note: str = ""

    @property
    def head(self) -> int:
        """The row of the headings, from 0: below the title, and the totals where there are any."""
        return 4 if any(c.total for c in self.columns) else 2

    @property
    def rows(self) -> int:
        """How many rows of data."""
        return len(self.columns[0].cells) if self.columns else 0

    def cells(self, name: str, *, other: bool = False) -> str:
        """Return the range of a column's data, such as ``$C$6:$C$17``.

        Parameters
        ----------
        name
            Of the column.
        other
            With the sheet's name, as another sheet has to say it.
        """
        letter, first = self._letter(name), self.head + 2
        here = f"${letter}${first}:${letter}${first + self.rows - 1}"
        return f"'{self.name}'!{here}" if other else here

    def first(self, name: str) -> str:
        """Return the first cell of a column's data."""
        return f"${self._letter(name)}${self.head + 2}"

    def _letter(self, name: str) -> str:
        return letters([c.name for c in self.columns].index(name))

    def totals(self, column: SheetColumn, none: str) -> tuple[Formula, Formula]:
        """Return what a column with a total comes to: all rows, and those shown.

        Parameters
        ----------
        column
            Of this sheet.
        none
            What stands there without any number.
        """
        assert column.total is not None
        cells = self.cells(column.name)
        if column.total.alike:
            return self._of_alike(column, column.total, none)
        if not column.total.weights:
            value = _sum(column.cells, none) if column.total.ours is None else column.total.ours
            every, shown = formulas.total(cells, none), formulas.total_seen(cells, none)
            if column.total.whole:
                value = _if_whole(column, value, none)
                every, shown = self._if_all_known(column, every, shown, none)
        else:
            by = column.total.weights
            value = self._mean(column, by, none) if column.total.ours is None else column.total.ours
            weights = self.cells(by)
            which = self._seen()
            every = formulas.mean(cells, weights, none)
            shown = formulas.mean(cells, weights, none, which)
        return Formula(every, value), Formula(shown, value)

    def _seen(self) -> str:
        lead = self.columns[0].name
        return formulas.seen(self.first(lead), self.cells(lead))

    def _if_all_known(self, column: SheetColumn, every: str, shown: str, none: str) -> tuple[str, str]:
        """Return the formulas of a sum that stands only where all that it adds up is known."""
        mine = self.cells(column.name)
        return (
            formulas.if_all_known(every, mine, none),
            formulas.if_all_known(shown, mine, none, self._seen()),
        )

    def _of_alike(self, column: SheetColumn, total: Total, none: str) -> tuple[Formula, Formula]:
        """Return a column's sums where the rows are of one kind."""
        mine, kinds = self.cells(column.name), self.cells(total.alike)
        said = {plain(cell) for c in self.columns if c.name == total.alike for cell in c.cells}
        value = _sum(column.cells, none) if len(said) == 1 else total.instead
        every, shown = formulas.total(mine, none), formulas.total_seen(mine, none)
        if total.whole:
            value = _if_whole(column, value, none) if len(said) == 1 else value
            every, shown = self._if_all_known(column, every, shown, none)
        every = formulas.if_alike(every, formulas.alike(self.first(total.alike), kinds), total.instead)
        shown = formulas.if_alike(shown, formulas.alike_seen(kinds, self._seen()), total.instead)
        return Formula(every, value), Formula(shown, value)

    def _mean(self, column: SheetColumn, by: str, none: str) -> float | str:
        weights = next(c.cells for c in self.columns if c.name == by)
        both = zip(map(plain, column.cells), map(plain, weights), strict=True)
        pairs = [(s, w) for s, w in both if not isinstance(s, str) and not isinstance(w, str)]
        over = math.fsum(w for _, w in pairs)
        return math.fsum(s * w for s, w in pairs) / over if over else none


def plain(cell: Cell) -> float | str:
    """Return a cell's value; of a formula, ours."""
    return cell.value if isinstance(cell, Formula) else cell


def _sum(cells: Sequence[Cell], none: str) -> float | str:
    numbers = [v for v in map(plain, cells) if not isinstance(v, str)]
    return math.fsum(numbers) if numbers else none


def _if_whole(column: SheetColumn, value: float | str, none: str) -> float | str:
    """Return a sum; the word for unknown where one of its cells is."""
    return none if none in {plain(cell) for cell in column.cells} else value


def letters(column: int) -> str:
    """Return how a spreadsheet calls a column, counted from 0.

    Examples
    --------
    >>> letters(0), letters(25), letters(26), letters(701), letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    name = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
