"""Rows of items without values: what covers what, turned, merged and thinned."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Lists(NamedTuple):
    """Rows of items, without values; kernels take it whole.

    Attributes
    ----------
    first
        int64 ``(rows + 1,)``: row i holds ``item[first[i]:first[i + 1]]``.
    item
        int32 ``(entries,)``, in rising order within a row.

    Examples
    --------
    >>> covers = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> covers.item[covers.first[0] : covers.first[1]].tolist()
    [0, 1]
    """

    first: NDArray[np.int64]
    item: NDArray[np.int32]


@njit(nogil=True)
def turned(lists: Lists, items: int) -> Lists:
    """Return by item the rows that hold it, in rising order.

    Examples
    --------
    >>> turned(Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32)), 2).item.tolist()
    [0, 0, 1]
    """
    first = np.zeros(items + 1, dtype=np.int64)
    for e in range(len(lists.item)):
        first[lists.item[e] + 1] += 1
    for i in range(items):
        first[i + 1] += first[i]
    at = first[:items].copy()
    row = np.empty(len(lists.item), dtype=np.int32)
    for r in range(len(lists.first) - 1):
        for e in range(lists.first[r], lists.first[r + 1]):
            i = lists.item[e]
            row[at[i]] = r
            at[i] += 1
    return Lists(first, row)


@njit(nogil=True)
def lists_of_pairs(row: NDArray[np.int64], item: NDArray[np.int64], rows: int, items: int) -> Lists:
    """Return pairs as lists by row, each item once and in rising order; pairs may come in any order.

    Parameters
    ----------
    row, item
        int64 ``(pairs,)``, below ``rows`` and ``items``.

    Examples
    --------
    >>> lists_of_pairs(np.array([1, 0, 1]), np.array([5, 2, 5]), 2, 6).item.tolist()
    [2, 5]
    """
    # By item first, then stable by row: no comparison is needed.
    ordered = _counted(item, row, items)
    return _counted_once(ordered, rows)


@njit(nogil=True)
def _counted(key: NDArray[np.int64], value: NDArray[np.int64], keys: int) -> Lists:
    """Return the values of each key, in the order in which they come."""
    first = np.zeros(keys + 1, dtype=np.int64)
    for k in key:
        first[k + 1] += 1
    for k in range(keys):
        first[k + 1] += first[k]
    at = first[:keys].copy()
    out = np.empty(len(key), dtype=np.int32)
    for e in range(len(key)):
        out[at[key[e]]] = value[e]
        at[key[e]] += 1
    return Lists(first, out)


@njit(nogil=True)
def _counted_once(by_item: Lists, rows: int) -> Lists:
    """Return by row the items that name it, each once and in rising order."""
    items = len(by_item.first) - 1
    first, last = np.zeros(rows + 1, dtype=np.int64), np.full(rows, -1, dtype=np.int64)
    for i in range(items):
        for r in by_item.item[by_item.first[i] : by_item.first[i + 1]]:
            if last[r] != i:
                last[r] = i
                first[r + 1] += 1
    for r in range(rows):
        first[r + 1] += first[r]
    out, at = np.empty(first[rows], dtype=np.int32), first[:rows].copy()
    last[:] = -1
    for i in range(items):
        for r in by_item.item[by_item.first[i] : by_item.first[i + 1]]:
            if last[r] != i:
                last[r] = i
                out[at[r]] = i
                at[r] += 1
    return Lists(first, out)


@njit(nogil=True)
def signatures(
    by_site: Lists, open_: NDArray[np.bool_], mark: NDArray[np.uint64], places: int
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return by place the sum of the marks of the open sites that cover it, and how many these are.

    Places with equal sites have equal sums; others have with a chance of 2 to the power of -64 a sum.

    Parameters
    ----------
    by_site
        The places that each site covers.
    open_
        bool ``(sites,)``.
    mark
        uint64 ``(sites, marks)``, drawn at random.
    places
        How many places there are.

    Returns
    -------
    signature, degree
        uint64 ``(places, marks)`` and int32 ``(places,)``.

    Examples
    --------
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> signature, degree = signatures(by_site, np.array([True, True]), np.array([[5], [8]], np.uint64), 2)
    >>> signature.tolist(), degree.tolist()
    ([[5], [13]], [1, 2])
    """
    signature = np.zeros((places, mark.shape[1]), dtype=np.uint64)
    degree = np.zeros(places, dtype=np.int32)
    for j in np.flatnonzero(open_):
        for e in range(by_site.first[j], by_site.first[j + 1]):
            row = by_site.item[e]
            degree[row] += 1
            for m in range(mark.shape[1]):
                signature[row, m] += mark[j, m]
    return signature, degree


@njit(nogil=True)
def some_of(by_site: Lists, sites: NDArray[np.int64], number: NDArray[np.int64]) -> Lists:
    """Return the lists of some sites with places renamed, in rising order; those renamed -1 are left out.

    Parameters
    ----------
    by_site
        The places that each site covers.
    sites
        int64 ``(chosen,)``, which sites.
    number
        int64 ``(places,)``: each place's new number.

    Examples
    --------
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> some_of(by_site, np.array([0]), np.array([-1, 0])).item.tolist()
    [0]
    """
    first = np.zeros(len(sites) + 1, dtype=np.int64)
    for i in range(len(sites)):
        j = sites[i]
        n = 0
        for e in range(by_site.first[j], by_site.first[j + 1]):
            n += number[by_site.item[e]] >= 0
        first[i + 1] = first[i] + n
    item = np.empty(first[-1], dtype=np.int32)
    for i in range(len(sites)):
        j, at = sites[i], first[i]
        for e in range(by_site.first[j], by_site.first[j + 1]):
            new = number[by_site.item[e]]
            if new >= 0:
                item[at] = new
                at += 1
        item[first[i] : first[i + 1]].sort()
    return Lists(first, item)


@njit(nogil=True)
def in_each(first: Lists, second: Lists, lacking: NDArray[np.int32]) -> tuple[Lists, int]:
    """Return what stands in both of two lists of each site, or in the one that a place still lacks.

    Parameters
    ----------
    first, second
        By site, places in rising order; a place that lacks nothing of a list is not in it.
    lacking
        int32 ``(places,)``, in how many of the two each place has to be.

    Returns
    -------
    lists, alone
        The lists, and how many pairs of a place that lacks both are in the second list alone.

    Examples
    --------
    The one site reaches place 0 for both, and place 1 for the second alone, which lacks only that:

    >>> first = Lists(np.array([0, 1]), np.array([0], np.int32))
    >>> second = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> both, alone = in_each(first, second, np.array([2, 1], np.int32))
    >>> both.item.tolist(), alone
    ([0, 1], 0)
    """
    sites, alone = len(first.first) - 1, 0
    starts = np.zeros(sites + 1, dtype=np.int64)
    item = np.empty(max(len(first.item) + len(second.item), 1), dtype=np.int32)
    found = 0
    for j in range(sites):
        a, b = first.first[j], second.first[j]
        while a < first.first[j + 1] or b < second.first[j + 1]:
            left = first.item[a] if a < first.first[j + 1] else np.int32(2147483647)
            right = second.item[b] if b < second.first[j + 1] else np.int32(2147483647)
            place = min(left, right)
            if lacking[place] == (left == place) + (right == place):
                item[found] = place
                found += 1
            elif right == place:
                alone += 1
            a += left == place
            b += right == place
        starts[j + 1] = found
    return Lists(starts, item[:found].copy()), alone
