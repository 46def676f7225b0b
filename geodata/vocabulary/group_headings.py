"""How people write a row that heads the rows below it: what is alone in it, but for a number before it."""

from __future__ import annotations

import re

# A heading has a number before it at most.
HEADING_CELLS = 2
_LETTER = r"[A-Za-z]|[IVXL]{1,6}"
_ORDINAL = re.compile(rf"\s*(?:{_LETTER}|\d{{1,3}})\s*[.):]?\s*")
_LETTERED = re.compile(rf"\s*(?:{_LETTER})\s*[.):]?\s*")
_BEFORE = re.compile(r"\s*(?:[A-Z]|[IVXL]{1,6}|\d{1,2})\s*[.)]\s*(?=[^\W\d])")
_BEHIND = re.compile(r"\s*\([^()]*\)\s*$")


def is_ordinal(cell: str) -> bool:
    """Return whether a cell numbers a heading, by a letter too.

    Examples
    --------
    >>> [is_ordinal(cell) for cell in ("A.", "II)", "12", "Krai")]
    [True, True, True, False]
    """
    return _ORDINAL.fullmatch(cell) is not None


def is_letter(cell: str) -> bool:
    """Return whether a cell numbers a heading by a letter or a Roman number, as no row of a list is.

    Examples
    --------
    >>> [is_letter(cell) for cell in ("A.", "II)", "12")]
    [True, True, False]
    """
    return _LETTERED.fullmatch(cell) is not None


def heading_words(text: str) -> str:
    """Return a heading without the number or letter before it, and what stands in brackets behind it.

    Examples
    --------
    >>> heading_words("A. KECAMATAN SEWON (12 desa)"), heading_words("2) Pustu"), heading_words("Krai")
    ('KECAMATAN SEWON', 'Pustu', 'Krai')
    """
    return _BEHIND.sub("", _BEFORE.sub("", text, count=1)).strip()
