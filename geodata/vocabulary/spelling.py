"""When two spellings of a word are the same word."""

from __future__ import annotations

import re

_KEPT = re.compile("[a-z0-9]+")


def spelling_key(text: object) -> str:
    """Return what spellings of one word have in common: letters and digits in lower case.

    Of kinds, column names, stages; villages' names have more ways to be written
    (:func:`geodata.codes.name_key`).

    Examples
    --------
    >>> spelling_key(" Komitmen / SK "), spelling_key("KODE_DESA")
    ('komitmensk', 'kodedesa')
    """
    # Twice as quick as to take all others away, for a cell may hold a whole outline.
    return "".join(_KEPT.findall(str(text).lower()))
