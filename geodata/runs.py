"""Runs of equal rows in sorted arrays, and rows that stand for several: two idioms, each with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def run_starts(*keys: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a run of rows with equal keys begins, bool ``(n,)``.

    Parameters
    ----------
    keys
        Any dtype ``(n,)``, of one length, sorted so that equal rows stand together.

    Examples
    --------
    >>> run_starts(np.array([3, 3, 3, 7]), np.array([1, 1, 2, 2])).tolist()
    [True, False, True, True]
    """
    starts = np.ones(len(keys[0]), dtype=np.bool_)
    starts[1:] = keys[0][1:] != keys[0][:-1]
    for key in keys[1:]:
        starts[1:] |= key[1:] != key[:-1]
    return starts


def repeat_rows(count: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each row's number as often as it counts, and 0, 1, … along its repetitions.

    Parameters
    ----------
    count
        int ``(rows,)``, how often, 0 or more.

    Returns
    -------
    row, step
        int64 ``(sum of counts,)``.

    Examples
    --------
    >>> row, step = repeat_rows(np.array([2, 0, 3]))
    >>> row.tolist(), step.tolist()
    ([0, 0, 2, 2, 2], [0, 1, 0, 1, 2])
    """
    row = np.repeat(np.arange(len(count), dtype=np.int64), count)
    before = np.cumsum(count) - count
    return row, np.arange(len(row), dtype=np.int64) - before[row]


def offsets(count: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return where each row's entries begin in one long array, int64 ``(rows + 1,)``; the last is their sum.

    Parameters
    ----------
    count
        int ``(rows,)``, 0 or more.

    Examples
    --------
    >>> offsets(np.array([2, 0, 3])).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def nearest_to_middle(
    xy: NDArray[np.float64], weight: NDArray[np.float64], *keys: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return of the places with equal keys the one nearest to their weighted middle, and the sum of weights.

    Parameters
    ----------
    xy
        float64 ``(places, 2)``, metres. Of places equally near (to a millimetre) the first by x, then y.
    weight
        float64 ``(places,)``, above 0.
    keys
        Any dtype ``(places,)``.

    Returns
    -------
    row
        int64 ``(different keys,)``, which place, in order of the keys.
    total
        float64 ``(different keys,)``, the sum of weights.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [10.0, 0.0], [30.0, 0.0], [99.0, 0.0]])
    >>> row, total = nearest_to_middle(xy, np.array([1.0, 1.0, 2.0, 5.0]), np.array([7, 7, 7, 8]))
    >>> row.tolist(), total.tolist()
    ([1, 3], [4.0, 5.0])
    """
    order = np.lexsort((xy[:, 1], xy[:, 0], *reversed(keys)))
    x, y, weight = xy[order, 0], xy[order, 1], weight[order]
    starts = run_starts(*(key[order] for key in keys))
    run = np.cumsum(starts) - 1
    total = np.bincount(run, weights=weight)
    away = np.hypot(*(a - (np.bincount(run, weights=weight * a) / total)[run] for a in (x, y)))
    nearest = np.lexsort((np.arange(len(run)), np.round(away, 3), run))[starts]
    return order[nearest], np.asarray(total, dtype=np.float64)
