"""Of which units it is known whose they are: who is nearest to a unit rests on all units and all ways.

A unit that nobody listed may be nearer to a place than the one that is; a way that nobody drew may bring
people to a unit who seem to be nearer to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Owners:
    """By unit, whether its catchments would be the same with all units and ways on the map.

    Attributes
    ----------
    total, own, nearest
        bool ``(units,)``: of everybody within the limit, of those of them for whom it is the nearest, and of
        those for whom it is the nearest at any distance (docs/METHODS.md, catchments).
    """

    total: NDArray[np.bool_]
    own: NDArray[np.bool_]
    nearest: NDArray[np.bool_]

    def __and__(self, other: Owners) -> Owners:
        """Return what is known by both of two answers, such as those of two seasons."""
        return Owners(self.total & other.total, self.own & other.own, self.nearest & other.nearest)


@dataclass(frozen=True)
class Doubts:
    """What may be there unseen, as far as it concerns each place with people.

    Attributes
    ----------
    more
        bool ``(places,)``: a unit, or a way to one, that nobody knows of may be within the limit.
    ways
        bool ``(places,)``: such a way may be.
    units_anywhere, ways_anywhere
        Whether units, and ways, that nobody knows of may be anywhere at all.
    beside
        bool ``(units,)``: somebody may come within the limit over a way that nobody drew.
    """

    more: NDArray[np.bool_]
    ways: NDArray[np.bool_]
    units_anywhere: bool
    ways_anywhere: bool
    beside: NDArray[np.bool_]

    def nearer(self, within: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for which places a unit that nobody knows of may be nearer, or a way may be quicker.

        Who is within the limit of a unit, and of nothing unseen, is nearer to that unit than to all unseen.

        Parameters
        ----------
        within
            bool ``(places,)``: a unit that is known is within the limit.

        Returns
        -------
        nearer
            bool ``(places,)``.

        Examples
        --------
        The second place may have a unit beside it that is on no list, and the third is far from all known:

        >>> doubts = Doubts(
        ...     more=np.array([False, True, False]), ways=np.zeros(3, bool), units_anywhere=True,
        ...     ways_anywhere=False, beside=np.zeros(1, bool),
        ... )
        >>> doubts.nearer(np.array([True, True, False])).tolist()
        [False, True, True]
        """
        return self.more | self.ways | (~within & (self.units_anywhere or self.ways_anywhere))


def known_owners(nearest: NDArray[np.int32], within: NDArray[np.bool_], doubts: Doubts) -> Owners:
    """Return of which units it is known whose they are.

    Parameters
    ----------
    nearest
        int32 ``(places,)``, the unit nearest to each by what is known; -1 where there is none.
    within
        bool ``(places,)``: it is within the limit.
    doubts
        What may be there unseen.

    Examples
    --------
    Two places of the first unit, one of the second. Beside the second place a unit may be that is on no list,
    so the first unit may have fewer people; who lives beyond the limit may be nearer to it as well:

    >>> doubts = Doubts(
    ...     more=np.array([False, True, False]), ways=np.zeros(3, bool), units_anywhere=True,
    ...     ways_anywhere=False, beside=np.zeros(2, bool),
    ... )
    >>> found = known_owners(np.array([0, 0, 1], np.int32), np.array([True, True, False]), doubts)
    >>> found.total.tolist(), found.own.tolist(), found.nearest.tolist()
    ([True, True], [False, True], [False, False])
    """
    n = len(doubts.beside)
    unsure = doubts.nearer(within)
    own = ~doubts.beside
    own[nearest[within & unsure & (nearest >= 0)]] = False
    at_any = np.ones(n, dtype=bool)
    at_any[nearest[unsure & (nearest >= 0)]] = False
    # At any distance a way that nobody drew may make any unit the nearest.
    if doubts.ways.any() or (doubts.ways_anywhere and not within.all()):
        at_any[:] = False
    return Owners(~doubts.beside, own, at_any)


def within_straight(
    units: NDArray[np.float64], places: NDArray[np.float64], metres: float
) -> NDArray[np.bool_]:
    """Return which units have a place no further than some metres away, in a straight line.

    Parameters
    ----------
    units, places
        float64 ``(units, 2)`` and ``(places, 2)``, metres in one projected CRS.
    metres
        The distance, included; ``inf`` for any.

    Returns
    -------
    near
        bool ``(units,)``.

    Examples
    --------
    >>> within_straight(np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([[3.0, 4.0]]), 5.0).tolist()
    [True, False]
    """
    if not len(places) or not len(units):
        return np.zeros(len(units), dtype=bool)
    away = cKDTree(places).query(units)[0]
    near: NDArray[np.bool_] = away <= metres
    return near
