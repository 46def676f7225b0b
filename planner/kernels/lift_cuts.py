"""Cuts for villages that are lifted over a share: what any choice of sites that lifts one must hold.

Take any places of a village as covered. What the village still lacks must come from sites, each of which
brings at most what it covers of the other places, and is not needed for more than is lacking (Wolsey 1982).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.villages import Lift

# Coefficients below this are raised to it: HiGHS leaves out smaller ones.
SMALLEST = 1e-7
# A prefix of places is better than another only by more than this.
HAIR = 1e-12


@njit(nogil=True)
def cut_of(lift: Lift, v: int, given: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the cut of a village: it is served at most as far as ``sum(coefficient × site)``.

    Parameters
    ----------
    lift
        The problem.
    v
        A village.
    given
        bool ``(places of the village,)``: those taken as covered, which alone do not serve it.

    Returns
    -------
    site, coefficient
        int64 and float64 ``(sites of the cut,)``; coefficients are above 0, up to 1.

    Examples
    --------
    A village of 4 and 6, which is served from 8 on; site 0 reaches both places, site 1 the second:

    >>> from planner.kernels.villages import Lift
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none, village = Lists(np.zeros(3, np.int64), np.empty(0, np.int32)), np.zeros(2, np.int32)
    >>> by_village = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> weight, need, lists = np.array([4, 6]), np.array([8]), (by_site, turned(by_site, 2), by_village)
    >>> lift = Lift(*lists, np.array([0, 2]), village, weight, need, np.ones(2), none)
    >>> site, coefficient = cut_of(lift, 0, np.array([False, False]))
    >>> site.tolist(), coefficient.tolist()
    ([0, 1], [1.0, 0.75])
    """
    lacks, brings = lift.need[v], np.zeros(len(lift.cost), np.int64)
    for i in range(len(given)):
        place = lift.first_place[v] + i
        if given[i]:
            lacks -= lift.weight[place]
            continue
        for e in range(lift.by_place.first[place], lift.by_place.first[place + 1]):
            brings[lift.by_place.item[e]] += lift.weight[place]
    site = np.flatnonzero(brings)
    part = np.empty(len(site))
    for n in range(len(site)):
        part[n] = max(min(brings[site[n]] / lacks, 1.0), SMALLEST)
    return site, part


@njit(nogil=True)
def _shift(lift: Lift, place: int, step: int, share: NDArray[np.float64], brings: NDArray[np.int64]) -> None:
    """Add a place's weight to what its sites with a share bring (step 1), or take it away (-1)."""
    for e in range(lift.by_place.first[place], lift.by_place.first[place + 1]):
        j = lift.by_place.item[e]
        if share[j] > 0:
            brings[j] += step * lift.weight[place]


@njit(nogil=True)
def _most(
    brings: NDArray[np.int64], lacks: int, share: NDArray[np.float64], sites: NDArray[np.int64]
) -> float:
    """Return how far the village may be served by shares of sites, by one cut."""
    total = 0.0
    for j in sites:
        total += min(1.0, brings[j] / lacks) * share[j]
    return total


@njit(nogil=True)
def tightest(
    lift: Lift, v: int, share: NDArray[np.float64], cover: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], float]:
    """Return places of a village whose cut allows least at some shares of sites, and what it allows.

    Places are tried as given from the most covered on; then each is tried once the other way round.

    Parameters
    ----------
    lift, v
        The problem, and a village.
    share
        float64 ``(sites,)``, 0 or more.
    cover
        float64 ``(places,)``, the sum of the shares of the sites that cover each.

    Returns
    -------
    given, most
        bool ``(places of the village,)`` and the sum of coefficient × share.

    Examples
    --------
    >>> from planner.kernels.villages import Lift
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none, village = Lists(np.zeros(3, np.int64), np.empty(0, np.int32)), np.zeros(2, np.int32)
    >>> by_village = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> weight, need, lists = np.array([4, 6]), np.array([8]), (by_site, turned(by_site, 2), by_village)
    >>> lift = Lift(*lists, np.array([0, 2]), village, weight, need, np.ones(2), none)
    >>> given, most = tightest(lift, 0, np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    >>> given.tolist(), most
    ([False, True], 0.0)
    """
    low, n = lift.first_place[v], lift.first_place[v + 1] - lift.first_place[v]
    brings, lacks = np.zeros(len(share), np.int64), lift.need[v]
    for i in range(n):
        _shift(lift, low + i, 1, share, brings)
    sites = np.flatnonzero(brings)
    given = np.zeros(n, np.bool_)
    best, most = given.copy(), _most(brings, lacks, share, sites)
    for i in np.argsort(-cover[low : low + n], kind="mergesort"):
        if lift.weight[low + i] >= lacks:
            continue
        given[i] = True
        lacks -= lift.weight[low + i]
        _shift(lift, low + i, -1, share, brings)
        now = _most(brings, lacks, share, sites)
        if now < most - HAIR:
            best[:], most = given, now
    return _turned_over(lift, low, share, sites, best, most, lift.need[v])


@njit(nogil=True)
def _turned_over(
    lift: Lift, low: int, share: NDArray[np.float64], sites: NDArray[np.int64], given: NDArray[np.bool_],
    most: float, need: int,
) -> tuple[NDArray[np.bool_], float]:  # fmt: skip
    """Return the places after each was tried as given where it is not, and the reverse."""
    brings, lacks = np.zeros(len(share), np.int64), need
    for i in range(len(given)):
        if given[i]:
            lacks -= lift.weight[low + i]
        else:
            _shift(lift, low + i, 1, share, brings)
    for i in range(len(given)):
        step = np.int64(1) if given[i] else np.int64(-1)
        left = lacks + step * lift.weight[low + i]
        if left <= 0:
            continue
        _shift(lift, low + i, step, share, brings)
        now = _most(brings, left, share, sites)
        if now < most - HAIR:
            given[i], lacks, most = not given[i], left, now
        else:
            _shift(lift, low + i, -step, share, brings)
    return given, most
