"""The symbols of facilities on every map: told apart by shape, and by colour with any colour vision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["square", "circle", "triangle", "block", "diamond"]


@dataclass(frozen=True)
class Symbol:
    """How a kind of facility is drawn.

    Attributes
    ----------
    shape
        A square or circle with a cross, a triangle, a block (a square without one), or a diamond.
    color
        Of its fill, ``#rrggbb``; one that does not function is hollow.
    radius_px
        Half of its width on a screen.
    """

    shape: Shape
    color: str
    radius_px: float


# Any two differ by 17 or more (CIEDE2000), also for people who see no red or no green
# (tests/unit/test_symbols.py).
SYMBOLS = {
    "puskesmas": Symbol("square", "#005f73", 7), "pustu": Symbol("circle", "#b6a6f0", 6),
    "posyandu": Symbol("triangle", "#e07b00", 5), "hospital": Symbol("block", "#000000", 7),
}  # fmt: skip
OTHER = Symbol("diamond", "#8c8c8c", 5)


def symbol_of(kind: str) -> Symbol:
    """Return the symbol of a kind; kinds without one of their own share a grey diamond.

    Examples
    --------
    >>> symbol_of("posyandu").shape, symbol_of("clinic").shape
    ('triangle', 'diamond')
    """
    return SYMBOLS.get(kind, OTHER)
