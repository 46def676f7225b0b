"""Which other sites could take the place of a chosen one: those at which least is lost, then the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# An office needs room to negotiate: so many stand-ins, each at most this share of the objective worse.
STAND_INS, STAND_IN_SHARE = 3, 0.01
# What is lost is told to so many decimals (people, minutes, villages); what differs by less is equal.
DECIMALS = 6


def distances_m(xy: NDArray[np.float64] | None, site: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far other sites are from one; without coordinates as if all were at one place.

    Parameters
    ----------
    xy
        float64 ``(sites, 2)``, metres; None where nobody knows.
    site, others
        A site, and int64 ``(others,)``, numbers of sites.

    Returns
    -------
    metres
        float64 ``(others,)``.

    Examples
    --------
    >>> distances_m(np.array([[0.0, 0.0], [3.0, 4.0]]), 0, np.array([1])).tolist()
    [5.0]
    """
    if xy is None:
        return np.zeros(len(others))
    apart: NDArray[np.float64] = np.hypot(*(xy[others] - xy[site]).T)
    return apart


def least_lost(
    lost: NDArray[np.float64], site: int, xy: NDArray[np.float64] | None = None, most: int = STAND_INS
) -> tuple[tuple[int, float], ...]:
    """Return those sites at which least is lost, of equals the nearest, of these the lowest number.

    Parameters
    ----------
    lost
        float64 ``(sites,)``, below 0 where it is a gain, inf where one cannot stand in.
    site
        For which they would stand in.
    xy, most
        As :func:`distances_m` takes them, and how many at most.

    Returns
    -------
    stand_ins
        Numbers of sites, and what is lost to six decimals.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [90.0, 0.0], [10.0, 0.0], [5.0, 0.0]])
    >>> least_lost(np.array([np.inf, 1.0, 1.0, 2.0]), 0, xy, most=2)
    ((2, 1.0), (1, 1.0))
    """
    can = np.flatnonzero(np.isfinite(lost))
    if len(can) > most:
        # All may be allowed, and few are wanted: only those as good as the last of them are put in order.
        last = np.partition(lost[can], most - 1)[most - 1]
        can = can[lost[can] <= last + 10.0**-DECIMALS]
    told = np.round(lost[can], DECIMALS) + 0.0
    order = np.lexsort((can, distances_m(xy, site, can), told))[:most]
    return tuple(zip(can[order].tolist(), told[order].tolist(), strict=True))
