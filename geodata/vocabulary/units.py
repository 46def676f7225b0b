"""When two lists name the same unit."""

from __future__ import annotations

from geodata.vocabulary.kind_names import kind_of_name
from geodata.vocabulary.spelling import spelling_key

# A kabupaten has each name of these once; units of other kinds their village tells apart.
NAMED_ONCE = ("puskesmas", "hospital")
# So many units in common, and more than half of the smaller list, are no chance.
SAME_LIST_UNITS = 3


def unit_key(name: str) -> str:
    """Return the key of a unit's name without the word for its kind: lists write it, or do not.

    Examples
    --------
    >>> unit_key("Puskesmas Sukorejo"), unit_key("SUKOREJO"), unit_key("Pustu")
    ('sukorejo', 'sukorejo', 'pustu')
    """
    key, kind = spelling_key(name), kind_of_name(name)
    return key if kind is None else key.replace(spelling_key(kind.phrase), "", 1) or key
