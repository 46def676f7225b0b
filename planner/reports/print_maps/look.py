"""What a printed map looks like: sizes, colours that stay apart in grey, symbols told apart by shape."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from geodata.vocabulary.statuses import VillageStatus

if TYPE_CHECKING:
    from matplotlib.path import Path

MM = 1 / 25.4
FONT = "DejaVu Sans"  # comes with matplotlib, so that a map looks the same everywhere


class Paper(StrEnum):
    """The sheet that a map fills: A4, A3, F4, or a figure in the text of a document."""

    A4 = "a4"
    A3 = "a3"
    F4 = "f4"
    FIGURE = "figure"


class SheetSides(NamedTuple):
    """A sheet's sides in millimetres (a figure's width and most height), and its letters in points.

    Villages have names where ``village_letters_pt`` is not 0: on smaller sheets few would have room.
    """

    short_mm: float
    long_mm: float
    letters_pt: float
    village_letters_pt: float = 0.0


SHEETS = {
    Paper.A4: SheetSides(210.0, 297.0, 8.0),
    Paper.A3: SheetSides(297.0, 420.0, 10.0, village_letters_pt=6.5),
    Paper.F4: SheetSides(215.0, 330.0, 8.0),
    Paper.FIGURE: SheetSides(150.0, 125.0, 7.0),
}


class Fill(NamedTuple):
    """How villages of a status are filled."""

    color: str
    hatch: str = ""


# From pale to dark as things get worse, so that a copy in grey reads the same; unknown by its hatch.
FILLS = {
    VillageStatus.SERVED.value: Fill("#d6e6f2"),
    VillageStatus.PARTLY.value: Fill("#f0a860"),
    VillageStatus.GAP.value: Fill("#8c1d18"),
    VillageStatus.UNKNOWN.value: Fill("#ffffff", "////"),
}
HATCH_COLOR = "#777777"


class MarkerLook(NamedTuple):
    """A symbol: marker, size in points, fill, and whether a cross lies in it."""

    marker: str
    size_pt: float
    fill: str = "#ffffff"
    crossed: bool = False


SYMBOLS = {
    "puskesmas": MarkerLook("s", 7.5, crossed=True),
    "pustu": MarkerLook("o", 6.0, crossed=True),
    "posyandu": MarkerLook("^", 3.6, fill="#222222"),
    "hospital": MarkerLook("s", 7.5, fill="#000000"),
}
OTHER = MarkerLook("D", 4.5)
SITE = MarkerLook("*", 12.0, fill="#ffd400")
WORKS_COLOR = "#5b2a86"  # dark enough to be read in grey


@cache
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(findfont(FONT)).get_charmap())


def drawable(text: str) -> str:
    r"""Return a text with a box in place of each letter that the font does not have.

    Examples
    --------
    >>> drawable("Desa Ω"), len(drawable("\U0001f600"))
    ('Desa Ω', 1)
    """
    known = _letters()
    return "".join(c if ord(c) in known else "\u25a1" for c in text)


def outline_path(geometry: object) -> Path:
    """Return a polygon, or several, as one path in the coordinates that it has.

    Examples
    --------
    >>> import shapely
    >>> len(outline_path(shapely.box(0, 0, 1, 1)).vertices)
    5
    """
    import numpy as np
    import shapely
    from matplotlib.path import Path

    rings = shapely.get_rings(shapely.get_parts(geometry))
    points, of = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    starts = np.flatnonzero(np.diff(of, prepend=-1))
    codes[starts] = Path.MOVETO
    codes[np.append(starts[1:], len(points)) - 1] = Path.CLOSEPOLY
    return Path(points, codes)
