"""Compiled: which rows and columns of a covering problem can be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]


@njit(cache=True)
def _is_within(first: Longs, item: Ints, a: int, b: int) -> bool:
    """Whether all items of a are items of b; both sorted."""
    k = first[b]
    for n in range(first[a], first[a + 1]):
        while k < first[b + 1] and item[k] < item[n]:
            k += 1
        if k == first[b + 1] or item[k] > item[n]:
            return False
    return True


@njit(cache=True)
def _rarest(first: Longs, item: Ints, of_first: Longs, a: int) -> int:
    """Return the item of a that the fewest sets hold."""
    best = item[first[a]]
    for n in range(first[a], first[a + 1]):
        j = item[n]
        if of_first[j + 1] - of_first[j] < of_first[best + 1] - of_first[best]:
            best = j
    return best


@njit(cache=True)
def needed_rows(first: Longs, item: Ints, site_first: Longs, site_row: Ints) -> Bools:
    """Return the rows whose covering is not implied: no other row's sites are all among theirs.

    Of equal rows the first is kept.

    Parameters
    ----------
    first, item
        The sites of each row, rising.
    site_first, site_row
        The rows of each site, rising.
    """
    rows = len(first) - 1
    keep = np.ones(rows, dtype=np.bool_)
    for a in range(rows):
        if not keep[a] or first[a] == first[a + 1]:
            continue
        j = _rarest(first, item, site_first, a)
        for n in range(site_first[j], site_first[j + 1]):
            b = site_row[n]
            size = (first[a + 1] - first[a]) - (first[b + 1] - first[b])
            if b != a and keep[b] and (size < 0 or (size == 0 and a < b)) and _is_within(first, item, a, b):
                keep[b] = False
    return keep


@njit(cache=True)
def useful_sites(first: Longs, item: Ints, row_first: Longs, row_site: Ints, cost: Floats) -> Bools:
    """Return the sites that no other replaces: one that covers all their rows, and costs no more.

    Of equal sites the first is kept; a site without rows is not.

    Parameters
    ----------
    first, item
        The rows of each site, rising.
    row_first, row_site
        The sites of each row, rising.
    cost
        float64 ``(sites,)``.
    """
    sites = len(first) - 1
    keep = np.ones(sites, dtype=np.bool_)
    for a in range(sites):
        if first[a] == first[a + 1]:
            keep[a] = False
            continue
        i = _rarest(first, item, row_first, a)
        for n in range(row_first[i], row_first[i + 1]):
            b = row_site[n]
            size = (first[a + 1] - first[a]) - (first[b + 1] - first[b])
            if b == a or not keep[b] or cost[b] > cost[a] or size > 0:
                continue
            if (size < 0 or cost[b] < cost[a] or b < a) and _is_within(first, item, a, b):
                keep[a] = False
                break
    return keep
