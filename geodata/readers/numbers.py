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
# As accounts write numbers: 1.004,00 and 1,004.00.
_ACCOUNT = re.compile(r"^\+?[1-9]\d{0,2}(?:([.,])\d{3})+(?!\1)([.,])\d+$")
_PEOPLE = re.compile(r"(?<=\d)\s*(?:jiwa|orang|org)\.?$", re.IGNORECASE)
# Degrees, minutes and seconds are told apart by their marks or by spaces, never by guessing.
_DMS = re.compile(
    r"""^\s*(?:(?P<pre>LS|LU|BT|BB|[NSEW])\s*[:=]?)?\s*
    (?P<sign>[-+])?\s*(?P<d>\d{1,3}(?:[.,]\d+)?)
    (?:
        (?:\s*[°od:]\s*|\s+)(?P<m>\d{1,2}(?:[.,]\d+)?)
        (?:
            (?:\s*[':]\s*|\s+)(?P<s>\d{1,2}(?:[.,]\d+)?)\s*"?
            | \s*'?
        )
        | \s*[°od]?
    )
    \s*(?P<post>LS|LU|BT|BB|[NSEW])?\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
# 03-24-18 in place of 3°24'18".
_HYPHENED = re.compile(r"(?<![\d-])(\d{1,3})-(\d{1,2})-(\d{1,2}(?:[.,]\d+)?)(?![\d-])")
# 102.442.677: a spreadsheet put marks of thousands into 102442677, which has lost its point.
_MARKED = re.compile(r"^[+-]?\d{1,3}([.,])\d{3}(?:\1\d{3})+$")
# -3,405020,102,442677: with so many decimals nothing else can be meant.
_COMMAS = re.compile(r"^([+-]?\d{1,3},\d{3,})\s*,\s*([+-]?\d{1,3},\d{3,})$")
# Word processors and phones write other signs for the same marks.
_MARKS = str.maketrans({
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("º˚∘⁰", "°"),
    **dict.fromkeys("’‘′´`ʹʼ‛", "'"),
    **dict.fromkeys("”“″ʺ„‟˝", '"'),
    **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
    **dict.fromkeys("\u200b\u200e\u200f\u2060\ufeff", None),
})  # fmt: skip
_WORDS = tuple(
    (re.compile(rf"\b{words}\b", re.IGNORECASE), letters)
    for words, letters in (
        (r"lintang\s+selatan", "LS"), (r"lintang\s+utara", "LU"),
        (r"bujur\s+timur", "BT"), (r"bujur\s+barat", "BB"),
    )
)  # fmt: skip
_LETTERS = re.compile(r"(?<![A-Z])(?:LS|LU|BT|BB|[NSEW])(?![A-Z])", re.IGNORECASE)
_LONGITUDE = {"BT", "BB", "E", "W"}
_LABELLED = re.compile(
    r"(?:lat(?:itude)?|lintang)\s*[:=]?\s*(\S.*?)[\s/,;&]+(?:long?(?:itude)?|lng|bujur)\s*[:=]?\s*(\S.*)",
    re.IGNORECASE,
)
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
        if (found := _ACCOUNT.match(value)) is not None:
            thousands.add(found[1])
            decimals.add(found[2])
        elif (found := _THOUSANDS.match(value)) is not None:
            thousands.add(found[1])
        elif (found := _DECIMAL.match(value)) is not None:
            decimals.add(found[1])
    if thousands & decimals or len(thousands) > 1:
        msg = "one mark is used for thousands and for decimals"
        raise ValueError(msg)
    return thousands.pop() if thousands else ""


def _bare(text: str) -> str:
    return _PEOPLE.sub("", text.strip()).replace("\u00a0", "").replace(" ", "")


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
    >>> parse_count("2065"), parse_count("1.004,00 jiwa", thousands=".")
    (2065.0, 1004.0)
    """
    value = _bare(text)
    account = _ACCOUNT.match(value)
    if thousands and (_THOUSANDS.match(value) or (account is not None and account[1] == thousands)):
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
    value = _with_plain_marks(text)
    if _MARKED.match(value):
        return float(value.replace(".", "").replace(",", ""))
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


def _with_plain_marks(text: str) -> str:
    """Return a text with the signs, letters and marks that :func:`parse_angle` knows.

    Examples
    --------
    >>> _with_plain_marks("3˚24´ Lintang Selatan"), _with_plain_marks("- 3.405"), _with_plain_marks("3-24-18")
    ("3°24' LS", '-3.405', '3 24 18')
    """
    value = text.translate(_MARKS).strip().replace("''", '"')
    for words, letters in _WORDS:
        value = words.sub(letters, value)
    value = _HYPHENED.sub(r"\1 \2 \3", value)
    return re.sub(r"^([-+])\s+(?=\d)", r"\1", value)


def parse_pair(text: str) -> tuple[float, float]:
    """Return (latitude, longitude) from one text, latitude first, as phones and maps show it.

    Where letters say which is which (LS and BT), that order counts.

    Examples
    --------
    >>> parse_pair("-8.17, 113.38"), parse_pair("BT 113.38 LS 8.17")
    ((-8.17, 113.38), (-8.17, 113.38))
    """
    value = _with_plain_marks(text).strip("()[]{} ")
    named = _LABELLED.fullmatch(value) or _COMMAS.fullmatch(value)
    split = r"\s*[;|]\s*|,\s+|\s{2,}|(?<=\d)\s+(?=[-+]?\d)"
    parts = re.split(split, value) if named is None else list(named.groups())
    letters = list(_LETTERS.finditer(value))
    turned = [found[0].upper() in _LONGITUDE for found in letters] == [True, False]
    if len(parts) != 2:
        parts = _parts_by_letters(value, letters) or value.split(",")
    if len(parts) != 2:
        msg = "expected latitude and longitude"
        raise ValueError(msg)
    first, second = parse_angle(parts[0]), parse_angle(parts[1])
    return (second, first) if turned else (first, second)


def _parts_by_letters(value: str, letters: list[re.Match[str]]) -> list[str]:
    """Return what belongs to each of two compass letters, which stand before or behind it; or nothing."""
    if len(letters) != 2:
        return []
    first, second = letters
    at = second.start() if first.start() == 0 else first.end() if second.end() == len(value) else 0
    # A dash between the two is no sign.
    return [value[:at].rstrip(" /,;&-"), re.sub(r"^[\s/,;&]+(-\s+)?", "", value[at:])] if at else []
