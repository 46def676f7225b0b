"""Which sites and places of a covering problem can be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.lists import Lists


@njit(nogil=True)
def dominated(
    by_site: Lists, by_place: Lists, cost: NDArray[np.float64], free: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which sites another one is never worse than: it covers all they cover, for no more.

    Of sites that are equal in both the first stays.

    Parameters
    ----------
    by_site, by_place
        The places that each site covers, and back.
    cost
        float64 ``(sites,)``.
    free
        bool ``(sites,)``, which may give way to another, and which another may give way to.

    Returns
    -------
    dominated
        bool ``(sites,)``; a site that covers nothing is, too.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> dominated(by_site, turned(by_site, 2), np.ones(2), np.ones(2, np.bool_)).tolist()
    [False, True]
    """
    sites = len(cost)
    out = np.zeros(sites, dtype=np.bool_)
    for j in range(sites):
        if not free[j]:
            continue
        mine = by_site.item[by_site.first[j] : by_site.first[j + 1]]
        if len(mine) == 0:
            out[j] = True
            continue
        rarest = _rarest(by_place, mine)
        # Who covers all that j covers, covers its rarest place too.
        for k in by_place.item[by_place.first[rarest] : by_place.first[rarest + 1]]:
            theirs = by_site.item[by_site.first[k] : by_site.first[k + 1]]
            if k == j or out[k] or not free[k] or cost[k] > cost[j] or len(theirs) < len(mine):
                continue
            if len(theirs) == len(mine) and cost[k] == cost[j] and k > j:
                continue
            if _holds_all(theirs, mine):
                out[j] = True
                break
    return out


@njit(nogil=True)
def _rarest(lists: Lists, items: NDArray[np.int32]) -> int:
    """Return the item (there is one) whose own list is shortest; of equals the first."""
    rarest, fewest = items[0], np.int64(1 << 62)
    for item in items:
        size = lists.first[item + 1] - lists.first[item]
        if size < fewest:
            rarest, fewest = item, size
    return rarest


@njit(nogil=True)
def _holds_all(many: NDArray[np.int32], few: NDArray[np.int32]) -> bool:
    """Return whether a rising list holds all of another; the first that it lacks ends the search."""
    low = 0
    for item in few:
        low += np.searchsorted(many[low:], item)
        if low == len(many) or many[low] != item:
            return False
    return True


@njit(nogil=True)
def needed_rows(by_row: Lists, by_site: Lists) -> NDArray[np.bool_]:
    """Return the rows whose covering is not implied: no other row's sites are all among theirs.

    Of equal rows the first is kept.

    Parameters
    ----------
    by_row, by_site
        The sites of each row, and back, in rising order.

    Returns
    -------
    needed
        bool ``(rows,)``.

    Examples
    --------
    Whatever covers the first row covers the second:

    >>> from planner.kernels.lists import Lists, turned
    >>> by_row = Lists(np.array([0, 1, 3]), np.array([0, 0, 1], np.int32))
    >>> needed_rows(by_row, turned(by_row, 2)).tolist()
    [True, False]
    """
    rows = len(by_row.first) - 1
    keep = np.ones(rows, dtype=np.bool_)
    for a in range(rows):
        mine = by_row.item[by_row.first[a] : by_row.first[a + 1]]
        if not keep[a] or len(mine) == 0:
            continue
        rarest = _rarest(by_site, mine)
        # Whoever has all sites of a has the rarest of them.
        for b in by_site.item[by_site.first[rarest] : by_site.first[rarest + 1]]:
            theirs = by_row.item[by_row.first[b] : by_row.first[b + 1]]
            longer = len(theirs) > len(mine) or (len(theirs) == len(mine) and a < b)
            if b != a and keep[b] and longer and _holds_all(theirs, mine):
                keep[b] = False
    return keep
