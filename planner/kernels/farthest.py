"""Compiled kernel: how far the farthest row would be with one more site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.csr import Csr


@njit(nogil=True)
def farthest_with(
    near: Csr, now: NDArray[np.float64], far_first: NDArray[np.int64], sites: int
) -> NDArray[np.float64]:
    """Return the largest distance of any row if one site were added, of each site: float64 ``(sites,)``.

    Parameters
    ----------
    near
        Distances to sites, by row.
    now
        float64 ``(rows,)``: how far each row is without any of them.
    far_first
        int64 ``(rows,)``: the rows, the farthest first.
    sites
        How many there are.

    Examples
    --------
    >>> from planner.kernels.csr import Csr
    >>> near = Csr(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32), np.array([1.0, 2.0, 3.0]))
    >>> farthest_with(near, np.array([8.0, 9.0]), np.array([1, 0]), 2).tolist()
    [9.0, 3.0]
    """
    # Of each site, how many of the farthest rows it brings nearer, without a gap: the next one stays.
    nearer = np.zeros(sites, dtype=np.int64)
    farthest = np.zeros(sites)
    for rank in range(len(far_first)):
        i = far_first[rank]
        for e in range(near.first[i], near.first[i + 1]):
            k = near.item[e]
            if nearer[k] == rank and near.value[e] < now[i]:
                nearer[k] += 1
                farthest[k] = max(farthest[k], near.value[e])
    for k in range(sites):
        if nearer[k] < len(far_first):
            farthest[k] = max(farthest[k], now[far_first[nearer[k]]])
    return farthest
