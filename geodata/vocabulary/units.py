"""When two lists name the same unit."""

from __future__ import annotations

import re

from geodata.vocabulary.kind_names import kind_of_name
from geodata.vocabulary.spelling import spelling_key

# A kabupaten has each name of these once; units of other kinds their village tells apart.
NAMED_ONCE = ("puskesmas", "hospital")
# So many units in common, and more than half of the smaller list, are no chance.
SAME_LIST_UNITS = 3
# What a puskesmas is of its office: a technical unit of the kabupaten, with accounts of its own.
_OFFICE = re.compile(r"(uptd?|blud|unitpelaksanateknis(daerah|dinas)?)*")


def unit_key(name: str) -> str:
    """Return the key of a unit's name without the words for its kind and office: lists write them, or do not.

    Examples
    --------
    >>> unit_key("Puskesmas Sukorejo"), unit_key("SUKOREJO"), unit_key("Pustu")
    ('sukorejo', 'sukorejo', 'pustu')
    >>> unit_key("UPTD. Puskesmas Sukorejo"), unit_key("BLUD UPT Puskesmas Sukorejo")
    ('sukorejo', 'sukorejo')
    """
    key, kind = spelling_key(name), kind_of_name(name)
    if kind is None:
        return key
    before, _, behind = key.partition(spelling_key(kind.phrase))
    return f"{'' if _OFFICE.fullmatch(before) else before}{behind}" or key
