"""Yes, no and unknown, by array: unknown never becomes no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.vocabulary.statuses import YesNo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Truth = NDArray[np.int8]

UNKNOWN, NO, YES = -1, 0, 1
# By number: NO, YES, and last UNKNOWN.
WORDS = np.array([YesNo.NO.value, YesNo.YES.value, YesNo.UNKNOWN.value], dtype=object)


def words(answer: Truth) -> NDArray[np.object_]:
    """Return "yes", "no" or "unknown": object, of the shape of the answers.

    Parameters
    ----------
    answer
        int8, any shape: YES, NO or UNKNOWN.

    Examples
    --------
    >>> words(np.array([YES, NO, UNKNOWN], dtype=np.int8)).tolist()
    ['yes', 'no', 'unknown']
    """
    return WORDS[answer]


def read(text: NDArray[np.object_]) -> Truth:
    """Return the answers that words stand for; whatever is neither yes nor no is unknown.

    Parameters
    ----------
    text
        object ``(rows,)``.

    Returns
    -------
    answer
        int8 ``(rows,)``.

    Examples
    --------
    >>> read(np.array(["yes", "no", "perhaps"], dtype=object)).tolist() == [YES, NO, UNKNOWN]
    True
    """
    return np.select([text == YesNo.YES, text == YesNo.NO], [YES, NO], UNKNOWN).astype(np.int8)


def both(answers: Iterable[Truth]) -> Truth:
    """Return whether all hold, int8 ``(rows,)``: one "no" decides, one "unknown" leaves it open.

    Parameters
    ----------
    answers
        int8 ``(rows,)`` each; one at least.

    Raises
    ------
    ValueError
        There are no answers, or they are not equally many.

    Examples
    --------
    >>> words(both([np.array([YES, YES, NO]), np.array([YES, UNKNOWN, UNKNOWN])])).tolist()
    ['yes', 'unknown', 'no']
    """
    stack = np.stack(list(answers))
    return np.select([(stack == NO).any(axis=0), (stack == YES).all(axis=0)], [NO, YES], UNKNOWN).astype(
        np.int8
    )


def at_least(values: NDArray[np.float64], least: float) -> Truth:
    """Return whether numbers reach a limit, int8 ``(rows,)``; NaN is unknown.

    Parameters
    ----------
    values
        float64 ``(rows,)``.
    least
        The limit, in their unit; it is included.

    Examples
    --------
    >>> words(at_least(np.array([2.0, 1.0, np.nan]), 2.0)).tolist()
    ['yes', 'no', 'unknown']
    """
    return np.where(np.isnan(values), UNKNOWN, values >= least).astype(np.int8)


def any_of(answer: Truth, group: NDArray[np.int64], groups: int) -> Truth:
    """Return by group whether any member's answer is yes; no only where all members' are no.

    A group without members has "no": there is nothing that could hold.

    Parameters
    ----------
    answer
        int8 ``(rows,)``.
    group
        int64 ``(rows,)``, 0 to ``groups`` - 1.
    groups
        How many groups there are.

    Returns
    -------
    any_of
        int8 ``(groups,)``.

    Examples
    --------
    >>> words(any_of(np.array([NO, YES, NO, UNKNOWN]), np.array([0, 0, 1, 1]), 3)).tolist()
    ['yes', 'unknown', 'no']
    """
    yes = np.bincount(group[answer == YES], minlength=groups) > 0
    open_ = np.bincount(group[answer == UNKNOWN], minlength=groups) > 0
    return np.select([yes, open_], [YES, UNKNOWN], NO).astype(np.int8)
