"""By group: the median by weight, and the label that weighs most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.runs import run_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray


def weighted_median(
    group: NDArray[np.int64], value: NDArray[np.float64], weight: NDArray[np.float64], groups: int
) -> NDArray[np.float64]:
    """Return each group's lower weighted median: the least value that half the weight does not exceed.

    A group of no weight, or with an unknown (NaN) value of some weight, has NaN; ``inf`` sorts last.

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
    """
    return np.append(value, np.nan)[median_row(group, value, weight, groups)]


def median_row(
    group: NDArray[np.int64], value: NDArray[np.float64], weight: NDArray[np.float64], groups: int
) -> NDArray[np.int64]:
    """Return the row at which each group's lower weighted median stands, -1 where it has none.

    Of rows of one value it is the first by which half of the weight is there.

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
    order = np.lexsort((value, group))
    of, value_there, weight_there = group[order], value[order], weight[order]
    total = np.bincount(of, weights=weight_there, minlength=groups)
    running = np.cumsum(weight_there)
    before = np.concatenate([[0.0], np.cumsum(total)])[:groups]
    # Half, but for rounding of the running sum.
    half = running - before[of] >= 0.5 * total[of] * (1 - 1e-9)
    out = np.full(groups, -1, dtype=np.int64)
    at = np.flatnonzero(half & (total[of] > 0))[::-1]
    out[of[at]] = order[at]
    out[of[np.isnan(value_there) & (weight_there > 0)]] = -1
    return out


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
