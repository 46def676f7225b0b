"""A document as values: sections, sentences, tables of typed cells, figures, lines to sign on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.coverage.gained import Gain


class CellKind(StrEnum):
    """What a cell holds, which decides how it is written and on which side it stands."""

    NUMBER = "number"
    PEOPLE = "people"
    SHARE = "share"
    RUPIAH = "rupiah"
    TEXT = "text"
    UNKNOWN = "unknown"
    CHANGE = "change"


@dataclass(frozen=True)
class Cell:
    """A value with its kind.

    Attributes
    ----------
    kind
        What it is.
    number
        float64; NaN for text and what is unknown. People, rupiah, a share (0-1), a number of ``unit``.
    text
        Of a text.
    unit
        A key of ``units`` in ``report_texts.yml``, for sentences; "" in tables, whose heading names it.
    decimals
        How many are shown.
    at_least
        Whether more may be true, for want of lists or roads.
    at_most
        Whether less may be true; with ``at_least`` it is as far as known, either way.
    """

    kind: CellKind
    number: float = math.nan
    text: str = ""
    unit: str = ""
    decimals: int = 0
    at_least: bool = False
    at_most: bool = False

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return self.kind is not CellKind.UNKNOWN


UNKNOWN = Cell(CellKind.UNKNOWN)


def number(value: float | None, unit: str = "", *, decimals: int = 0) -> Cell:
    """Return a number of a unit; unknown for None and NaN.

    Examples
    --------
    >>> number(3, "village").unit, number(float("nan")) == UNKNOWN
    ('village', True)
    """
    return _valued(CellKind.NUMBER, value, unit=unit, decimals=decimals)


def people(value: float | None, *, at_least: bool = False) -> Cell:
    """Return a number of people; unknown for None and NaN.

    Examples
    --------
    >>> people(1200.4).number, people(None).known
    (1200.4, False)
    """
    return _valued(CellKind.PEOPLE, value, unit="people", at_least=at_least)


def share(value: float | None, *, at_least: bool = False) -> Cell:
    """Return a share (0-1), shown as per cent; unknown for None and NaN.

    Examples
    --------
    >>> share(0.25).kind.value
    'share'
    """
    return _valued(CellKind.SHARE, value, at_least=at_least)


def rupiah(value: float | None) -> Cell:
    """Return an amount of rupiah; unknown for None and NaN: a cost that nobody gave is not 0.

    Examples
    --------
    >>> rupiah(float("nan")).known, rupiah(0.0).known
    (False, True)
    """
    return _valued(CellKind.RUPIAH, value)


def change(value: float | None) -> Cell:
    """Return a difference, which is shown with its sign; unknown for None and NaN.

    Examples
    --------
    >>> change(-3.0).number, change(None).known
    (-3.0, False)
    """
    return _valued(CellKind.CHANGE, value)


def change_known(cell: Cell, gain: Gain) -> Cell:
    """Return a number of people gained or lost with how far it is known; that it is unknown stays.

    Examples
    --------
    >>> from planner.coverage.gained import Gain
    >>> change_known(people(5.0), Gain(5.0, 0.0, 5.0)).at_most
    True
    """
    return replace(cell, at_least=gain.at_least, at_most=gain.at_most) if cell.known else cell


def text(value: str) -> Cell:
    """Return a text.

    Examples
    --------
    >>> text("Sukamaju").text
    'Sukamaju'
    """
    return Cell(CellKind.TEXT, text=value)


def _valued(
    kind: CellKind, value: float | None, *, unit: str = "", decimals: int = 0, at_least: bool = False
) -> Cell:
    if value is None or math.isnan(value):
        return UNKNOWN
    return Cell(kind, float(value), unit=unit, decimals=decimals, at_least=at_least)


def total(cells: Iterable[Cell]) -> Cell:
    """Return the sum of cells of one kind: unknown as soon as one of them is.

    Examples
    --------
    >>> total([number(1), number(2)]).number, total([rupiah(5.0), UNKNOWN]).known
    (3.0, False)
    """
    listed = list(cells)
    if not listed or not all(cell.known for cell in listed):
        return UNKNOWN
    first = listed[0]
    return Cell(first.kind, math.fsum(cell.number for cell in listed), unit=first.unit)


@dataclass(frozen=True)
class Paragraph:
    """Sentences; ``note`` for small print."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Items:
    """A list of sentences, with numbers or dots."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Column:
    """A table's column: its heading, its width beside the others', and whether it holds numbers."""

    title: str
    width: float = 1.0
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    """A table's row; a ``group`` is one cell over the whole width, a ``total`` sums up."""

    cells: tuple[Cell, ...]
    role: str = "plain"


@dataclass(frozen=True)
class Table:
    """A table with its caption; every plain row has as many cells as there are columns."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    small: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture (PNG) with its caption, what it shows in words, and its width (share of the text's)."""

    name: str
    caption: str
    alt: str
    png: bytes
    width: float = 1.0


@dataclass(frozen=True)
class Headline:
    """A few large numbers, each with its meaning."""

    numbers: tuple[tuple[Cell, str], ...]


@dataclass(frozen=True)
class Fields:
    """Labels with what stands behind them; an empty one is a line to be filled in by hand."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Signature:
    """Where a person signs: lines of text, room for the signature, then name and NIP as lines to fill in."""

    above: tuple[str, ...]
    below: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it; ``key`` names it for an office's own template."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    new_page: bool = False


Block: TypeAlias = (
    Section | Paragraph | Items | Table | Figure | Headline | Fields | Signature
)  # a section in a section is one level lower


@dataclass(frozen=True)
class Document:
    """A whole document.

    Attributes
    ----------
    key
        Its file's name without the ending.
    lang
        ``id`` or ``en``.
    title, subtitle, cover
        On the cover, or at the head of a document without one; ``cover`` holds its further lines.
    sections
        In their order.
    has_cover
        Whether it begins with a cover page and a list of contents.
    watermark
        What lies large and pale under every page; "" for nothing.
    footer
        At the foot of every page, before its number.
    """

    key: str
    lang: str
    title: str
    subtitle: str
    cover: tuple[str, ...]
    sections: tuple[Section, ...]
    has_cover: bool
    watermark: str
    footer: str
