"""When two keys of villages' names differ by a slip of the pen."""

from __future__ import annotations

import re

from rapidfuzz.distance import Levenshtein

# A name of so many letters may differ by one, of twice as many by two.
NEAR_LETTERS = 5


def nearly(key: str, other: str) -> bool:
    """Return whether two different names are alike but for a letter or two; their numbers must be the same.

    Parameters
    ----------
    key, other
        As :func:`geodata.codes.name_key` gives them.

    Examples
    --------
    >>> nearly("pabian", "pabean"), nearly("melati3", "melati2"), nearly("duko", "duku")
    (True, False, False)
    """
    if key == other or len(key) < NEAR_LETTERS:
        return False
    most = 1 if len(key) < 2 * NEAR_LETTERS else 2
    # Letters first: few names are near, and looking for numbers takes ten times as long.
    if Levenshtein.distance(key, other, score_cutoff=most) > most:
        return False
    return re.sub(r"\D", "", key) == re.sub(r"\D", "", other)
