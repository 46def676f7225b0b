"""Numbers and coordinates as people type them. A text is read in one way or refused, never guessed."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = re.compile(r"^[+-]?\d+(?:[.,]\d+)?$")
_THOUSANDS = re.compile(r"^\+?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*$")
_DECIMAL = re.compile(r"^\+?\d+([.,])\d+$")
# Degrees, minutes and seconds are told apart by their marks or by spaces, never by guessing.
_DMS = re.compile(
    r"""^\s*(?P<pre>LS|LU|BT|BB|[NSEW])?\s*
    (?P<sign>[-+])?(?P<d>\d{1,3}(?:[.,]\d+)?)
    (?:
        (?:\s*[°ºod:]\s*|\s+)(?P<m>\d{1,2}(?:[.,]\d+)?)
        (?:
            (?:\s*['’′:]\s*|\s+)(?P<s>\d{1,2}(?:[.,]\d+)?)\s*(?:["”″]|'')?
            | \s*['’′]?
        )
        | \s*[°ºod]?
    )
    \s*(?P<post>LS|LU|BT|BB|[NSEW])?\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_HYPHENS = {0x2212: "-", 0x2013: "-"}
_LETTERED = re.compile(r"(.*\b(?:LS|LU|[NS]))[\s/,;]+(.*\b(?:BT|BB|[EW]))", re.IGNORECASE)
_WHOLE = re.compile(r"^\d+$")
_NEGATIVE = {"LS", "BB", "S", "W"}
SEXAGESIMAL = 60.0


def thousands_mark(texts: Iterable[str]) -> str:
    """Return the mark ('.' or ',') that separates thousands in a column of counts, '' for none.

    ``1.234`` alone is 1234, as Indonesian lists write it; in a column where the same mark also stands before
    decimals (``1012.5``) nobody can tell.

    Raises
    ------
    ValueError
        When the column writes one mark in both ways.

    Examples
    --------
    >>> thousands_mark(["1.234", "987"]), thousands_mark(["823.125", "12.5"][1:])
    ('.', '')
    """
    thousands: set[str] = set()
    decimals: set[str] = set()
    for text in texts:
        value = _bare(text)
        if (found := _THOUSANDS.match(value)) is not None:
            thousands.add(found[1])
        elif (found := _DECIMAL.match(value)) is not None:
            decimals.add(found[1])
    if thousands & decimals or len(thousands) > 1:
        msg = "one mark is used for thousands and for decimals"
        raise ValueError(msg)
    return thousands.pop() if thousands else ""


def _bare(text: str) -> str:
    return text.strip().replace("\u00a0", "").replace(" ", "")


def parse_count(text: str, *, thousands: str = "") -> float:
    """Return a count of people from text.

    Parameters
    ----------
    text
        What the cell says.
    thousands
        The column's mark of thousands (:func:`thousands_mark`).

    Raises
    ------
    ValueError
        When the text is not a number, or is negative or not finite.

    Examples
    --------
    >>> parse_count("12.345", thousands=".")
    12345.0
    >>> parse_count("2065")
    2065.0
    """
    value = _bare(text)
    if thousands and _THOUSANDS.match(value):
        value = value.replace(thousands, "")
    number = float(value.replace(",", ".") if _PLAIN.match(value) else value)
    if not math.isfinite(number):
        msg = "not a finite number"
        raise ValueError(msg)
    if number < 0:
        msg = "negative"
        raise ValueError(msg)
    return number


def parse_angle(text: str) -> float:
    r"""Return degrees from decimal text (point or comma) or degrees-minutes-seconds.

    LS, S, BB and W are negative. A number without a decimal point is taken as it stands.

    Raises
    ------
    ValueError
        When the text is not an angle.

    Examples
    --------
    >>> parse_angle("-8,1706")
    -8.1706
    >>> parse_angle('2°10\'30" LS')
    -2.175
    """
    # Some programs write a minus sign or a dash for the hyphen.
    value = text.strip().translate(_HYPHENS)
    if _PLAIN.match(value) and math.isfinite(number := float(value.replace(",", "."))):
        return number
    found = _DMS.match(value)
    if found is None:
        number = float(value)  # scientific notation, or a ValueError of its own
        if not math.isfinite(number):
            msg = "not a finite number"
            raise ValueError(msg)
        return number
    if (found["m"] and not _WHOLE.match(found["d"])) or (found["s"] and not _WHOLE.match(found["m"])):
        msg = "only the last of degrees, minutes and seconds may have decimals"
        raise ValueError(msg)
    part = {k: float(found[k].replace(",", ".")) if found[k] else 0.0 for k in "dms"}
    if part["m"] >= SEXAGESIMAL or part["s"] >= SEXAGESIMAL:
        msg = "minutes and seconds must be below 60"
        raise ValueError(msg)
    letters = {(found[k] or "").upper() for k in ("pre", "post")} - {""}
    if len(letters) > 1:
        msg = "two different compass letters"
        raise ValueError(msg)
    degrees = part["d"] + part["m"] / 60.0 + part["s"] / 3600.0
    negative = found["sign"] == "-" or bool(letters & _NEGATIVE)
    return -degrees if negative else degrees


def parse_pair(text: str) -> tuple[float, float]:
    """Return (latitude, longitude) from one text, latitude first, as phones and maps show it.

    Examples
    --------
    >>> parse_pair("-8.17, 113.38")
    (-8.17, 113.38)
    """
    parts = re.split(r"\s*[;|]\s*|,\s+|\s{2,}|(?<=\d)\s+(?=[-+]?\d)", text.strip())
    if len(parts) != 2 and (letters := _LETTERED.fullmatch(text.strip())):
        # 8°18'55" LS 113°20'1" BT: what stands before LS is the latitude.
        parts = [letters[1], letters[2]]
    if len(parts) != 2:
        parts = text.split(",")
    if len(parts) != 2:
        msg = "expected latitude and longitude"
        raise ValueError(msg)
    return parse_angle(parts[0]), parse_angle(parts[1])
