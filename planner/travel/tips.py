"""The thin ends of an isochrone: roads that are reached where the area around them is narrow.

Near the limit a road leaves a walk of a few metres to both sides, and none at its tip. The points of a
lattice lie beside such a spike, and yet people live along it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

# So wide is a road at its tip, to either side: it has to have an inside.
LEAST_M = 0.1


class Pieces(NamedTuple):
    """Straight pieces of roads.

    Attributes
    ----------
    start, end
        float64 ``(pieces, 2)``, metres in the network's CRS.
    start_s, end_s
        float64 ``(pieces,)``, seconds of their ends; ``inf`` where there is no way.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]

    def some(self, which: NDArray[np.bool_]) -> Pieces:
        """Return some of the pieces.

        Parameters
        ----------
        which
            bool ``(pieces,)``.

        Examples
        --------
        >>> two = Pieces(np.zeros((2, 2)), np.ones((2, 2)), np.array([0.0, 5.0]), np.array([1.0, 6.0]))
        >>> two.some(np.array([False, True])).end_s.tolist()
        [6.0]
        """
        return Pieces(*(column[which] for column in self))


def reached(pieces: Pieces, limit_s: float) -> Pieces:
    """Return what of some pieces is within a limit (seconds, included), each up to where its time is that.

    Examples
    --------
    Ten seconds to its far end:

    >>> piece = Pieces(np.array([[0.0, 0.0]]), np.array([[100.0, 0.0]]), np.array([0.0]), np.array([10.0]))
    >>> cut = reached(piece, 4.0)
    >>> cut.end.round(6).tolist(), cut.end_s.tolist()
    ([[40.0, 0.0]], [4.0])
    """
    pieces = pieces.some((pieces.start_s <= limit_s) | (pieces.end_s <= limit_s))
    start, end, start_s, end_s = (column.copy() for column in pieces)
    for here, there, here_s, there_s in ((start, end, start_s, end_s), (end, start, end_s, start_s)):
        late = np.flatnonzero(there_s > limit_s)
        # Where there is no way from the other end it is 0: the tip is at this one.
        share = (limit_s - here_s[late]) / (there_s[late] - here_s[late])
        there[late] = here[late] + share[:, None] * (there[late] - here[late])
        there_s[late] = limit_s
    return Pieces(start, end, start_s, end_s)


def strips(pieces: Pieces, limit_s: float, *, seconds_per_m: float, most_m: float) -> NDArray[np.object_]:
    """Return the ground along roads from which they are reached on foot within a limit, a polygon a piece.

    Parameters
    ----------
    pieces
        Each within the limit at both ends (:func:`reached`).
    limit_s
        Seconds.
    seconds_per_m
        Of the walk to the road.
    most_m
        As far as this (metres) to either side; further a lattice tells.

    Returns
    -------
    polygons
        object ``(pieces,)``, in the CRS of the pieces: beside each end, and ahead of it, what the limit
        leaves there, 0.1 m at least.

    Examples
    --------
    A tip, 10 m wide where 5 s are left at 1 s a metre:

    >>> piece = Pieces(np.array([[0.0, 0.0]]), np.array([[100.0, 0.0]]), np.array([5.0]), np.array([10.0]))
    >>> [tip] = strips(piece, 10.0, seconds_per_m=1.0, most_m=6.0)
    >>> [round(x, 1) for x in tip.bounds]
    [-5.0, -5.0, 100.1, 5.0]
    """
    along = pieces.end - pieces.start
    length = np.hypot(*along.T)
    unit = np.where(length[:, None] > 0, along / np.maximum(length, 1e-9)[:, None], np.array([1.0, 0.0]))
    left = unit[:, ::-1] * np.array([-1.0, 1.0])
    one, other = (
        np.clip((limit_s - seconds) / seconds_per_m, LEAST_M, most_m)[:, None]
        for seconds in (pieces.start_s, pieces.end_s)
    )
    ring = np.stack(
        [
            pieces.start - unit * one, pieces.start - left * one, pieces.end - left * other,
            pieces.end + unit * other, pieces.end + left * other, pieces.start + left * one,
        ], axis=1,
    )  # fmt: skip
    polygons: NDArray[np.object_] = shapely.polygons(ring)
    return polygons
