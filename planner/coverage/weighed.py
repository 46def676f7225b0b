"""By group: the median by weight, and the label that weighs most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.runs import run_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Sums of weights are as good as this, relative to the whole.
ROUNDING = 1e-9


def weighted_median(
    group: NDArray[np.int64], value: NDArray[np.float64], weight: NDArray[np.float64], groups: int
) -> NDArray[np.float64]:
    """Return each group's lower weighted median: the least value that half the weight does not exceed.

    ``inf`` sorts last. Unknown (NaN) values may be anything from 0 on: where the median is not the same with
    all of them at 0 and all at ``inf``, it is NaN; so it is in a group of no weight.

    Parameters
    ----------
    group
        int64 ``(rows,)``, 0 to ``groups`` - 1.
    value, weight
        float64 ``(rows,)``, such as minutes and people; weights are known and 0 or more.
    groups
        How many groups there are.

    Returns
    -------
    median
        float64 ``(groups,)``, in the unit of the values.

    Examples
    --------
    >>> minutes, people = np.array([5.0, 20.0, np.inf]), np.array([30.0, 40.0, 30.0])
    >>> weighted_median(np.array([0, 0, 0]), minutes, people, 2).tolist()
    [20.0, nan]

    Of one person in eight nobody knows; of one in two:

    >>> minutes, group = np.array([5.0, 20.0, np.nan, 5.0, np.nan]), np.array([0, 0, 0, 1, 1])
    >>> weighted_median(group, minutes, np.array([50.0, 20.0, 10.0, 40.0, 40.0]), 2).tolist()
    [5.0, nan]
    """
    return np.append(value, np.nan)[median_row(group, value, weight, groups)]


def median_row(
    group: NDArray[np.int64], value: NDArray[np.float64], weight: NDArray[np.float64], groups: int
) -> NDArray[np.int64]:
    """Return the row at which each group's lower weighted median stands, -1 where it has none.

    Of rows of one value it is the first by which half of the weight is there, those of unknown value last.

    Parameters
    ----------
    group, value, weight, groups
        As of :func:`weighted_median`.

    Returns
    -------
    row
        int64 ``(groups,)``.

    Examples
    --------
    >>> minutes, people = np.array([20.0, 5.0, 5.0]), np.array([30.0, 40.0, 30.0])
    >>> median_row(np.array([0, 0, 0]), minutes, people, 2).tolist()
    [2, -1]
    """
    # NaN sorts last, as the longest that the unknown can be.
    order = np.lexsort((value, group))
    of, value_there, weight_there = group[order], value[order], weight[order]
    lost = weight_there * np.isnan(value_there)
    unknown = np.bincount(of, weights=lost, minlength=groups).astype(np.float64)
    longest = _first_half(of, weight_there, np.zeros(groups))
    shortest = _first_half(of, weight_there, unknown)
    value_there = np.append(value_there, np.nan)
    least = np.where(_half_by_themselves(of, weight_there, unknown), 0.0, value_there[shortest])
    # NaN equals nothing: neither of a group of no weight, nor where the unknown are the half.
    known = least == value_there[longest]
    return np.where(known, np.append(order, -1)[longest], -1)


def _first_half(
    of: NDArray[np.int64], weight: NDArray[np.float64], more: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the first row of each group by which half of its weight is there, with some more before all."""
    n = len(more)
    total = np.bincount(of, weights=weight, minlength=n)
    running = np.cumsum(weight)
    before = np.concatenate([[0.0], np.cumsum(total)])[:n]
    # Half, but for rounding of the running sum.
    half = running - before[of] + more[of] >= 0.5 * total[of] * (1 - ROUNDING)
    out = np.full(n, -1, dtype=np.int64)
    at = np.flatnonzero(half & (total[of] > 0))[::-1]
    out[of[at]] = at
    return out


def _half_by_themselves(
    of: NDArray[np.int64], weight: NDArray[np.float64], unknown: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return whether half of each group's weight is of unknown value."""
    total = np.bincount(of, weights=weight, minlength=len(unknown))
    mine: NDArray[np.bool_] = (unknown > 0) & (unknown >= 0.5 * total * (1 - ROUNDING))
    return mine


def heaviest(
    village: NDArray[np.int64],
    label: NDArray[np.signedinteger],
    weight: NDArray[np.float64],
    n: int,
    *,
    none: int,
) -> NDArray[np.int64]:
    """Return each village's label of the most weight (ties: the smallest), ``none`` without weight.

    Parameters
    ----------
    village, label
        int64 and any signed integer ``(points,)``, by demand point: the row of its village, and its
        label, 0 or more where it has weight.
    weight
        float64 ``(points,)``, 0 or more.
    n
        How many villages there are.
    none
        The label of a village without weight.

    Returns
    -------
    label
        int64 ``(n,)``.

    Examples
    --------
    >>> village, label, weight = np.array([0, 0, 0]), np.array([1, 2, 1]), np.array([0.3, 0.4, 0.3])
    >>> heaviest(village, label, weight, 2, none=-1).tolist()
    [1, -1]
    """
    out = np.full(n, none, dtype=np.int64)
    some = np.flatnonzero(weight > 0)
    if len(some) == 0:
        return out
    labels = int(label.max()) + 1
    key, inverse = np.unique(village[some].astype(np.int64) * labels + label[some], return_inverse=True)
    # Rounded, so that equal shares summed in another order still tie.
    total = np.round(np.bincount(inverse, weights=weight[some]), 9)
    owner = key // labels
    order = np.lexsort((key, -total, owner))
    first = run_starts(owner[order])
    best = order[first]
    out[owner[best]] = key[best] % labels
    return out
