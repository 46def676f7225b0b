"""What of a change is sure, where nobody knows of some people whether they are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Decimals that count: of people, who is unsure is summed over shares of nine decimals.
OF_PEOPLE, OF_SHARES = 1, 6


def sure_change(least: ArrayLike, unsure: ArrayLike, decimals: int = OF_PEOPLE) -> NDArray[np.float64]:
    """Return the change of those reached; NaN where the change of who is unsure may undo it.

    Parameters
    ----------
    least
        float64 ``(n,)`` or a number: how many more people, or how much greater a share, surely are reached.
    unsure
        As ``least``: of how many more nobody knows.
    decimals
        What is nothing in so many decimals is no change.

    Returns
    -------
    change
        float64, of the shape of ``least``; NaN also where it is unknown.

    Examples
    --------
    >>> sure_change([-50.0, -50.0, 5.0, 0.01], [80.0, 20.0, 0.0, 0.0]).tolist()
    [nan, -50.0, 5.0, 0.0]
    """
    least = np.asarray(least, dtype=np.float64)
    low, high = np.round(least, decimals), np.round(least + unsure, decimals)
    change = np.where(low == 0, 0.0, least)
    return np.where((np.sign(low) == np.sign(high)) | np.isnan(high), change, np.nan)
