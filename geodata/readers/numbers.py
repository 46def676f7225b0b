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
# 7.59.17.22 for 7°59'17.22", and 110.13.30 for 110°13'30": so many points are in no number.
_POINTED = re.compile(r"([+-]?)(\d{1,3})\.(\d{1,2})\.(\d{1,2}[.,]\d+|\d{2})(?![\d.])")
# An hour of 110 is one of the fifth day of a spreadsheet, which began with the year 1900.
_DAYS = re.compile(r"(\d) days?, (\d{1,2}):(\d\d):(\d\d(?:\.\d+)?)")
_DATED = re.compile(r"1900-01-0(\d)[ T](\d\d):(\d\d):(\d\d(?:\.\d+)?)")
_QUOTED = re.compile(r"^'(?=[-+\d])")
_WORD = re.compile(r"[^\W\d_]{3}")
_ENCLOSED = re.compile(r"\(\s*((?:[-+]|(?=.*[°'\"a-z]))[^()]*)\)", re.IGNORECASE)
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
    (re.compile(rf"{words}\b", re.IGNORECASE), letters)
    for words, letters in (
        (r"lintang\s+selatan", "LS"), (r"lintang\s+utara", "LU"),
        (r"bujur\s+timur", "BT"), (r"bujur\s+barat", "BB"), (r"(?<=\d)\s*(?:derajat|degrees?|deg)", "°"),
        (r"(?<=\d)\s*(?:menit|minutes?|min)", "'"), (r"(?<=\d)\s*(?:detik|seconds?|sec)", '"'),
    )
)  # fmt: skip
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
    >>> parse_angle('2°10\'30" LS'), parse_angle("2.10.30 LS"), parse_angle("1900-01-04 14:30:00")
    (-2.175, -2.175, 110.5)
    """
    value = text.strip()
    if _PLAIN.match(value) and math.isfinite(number := float(value.replace(",", "."))):
        return number
    value = with_plain_marks(value)
    if _MARKED.match(value):
        return float(value.replace(".", "").replace(",", ""))
    if _PLAIN.match(value) and math.isfinite(number := float(value.replace(",", "."))):
        return number
    if (account := _ACCOUNT.match(value)) is not None:
        # Two marks: one is of thousands. 9.116.935,60 metres, say.
        return float(value.replace(account[1], "").replace(",", "."))
    found = _DMS.match(_of_other_marks(value))
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


def _of_other_marks(value: str) -> str:
    """Return degrees, minutes and seconds with known marks, where points or a clock stand for them."""
    if value.count(".") > 1:
        value = _POINTED.sub(_degrees_in_points, value)
    return _of_clock(value) if ":" in value else value


def _degrees_in_points(found: re.Match[str]) -> str:
    """Return degrees, minutes and seconds between points with spaces; what may be a date stays."""
    sign, degrees, minutes, seconds = found.groups()
    rest = found.string[found.end() :].strip().upper()
    sure = len(degrees) == 3 or len(seconds) > 2 or rest.startswith(("LS", "LU", "BT", "S", "N", "E"))
    return f"{sign}{degrees} {minutes} {seconds}" if sure else found[0]


def _of_clock(value: str) -> str:
    """Return what a spreadsheet made of degrees, minutes and seconds that it took for hours, as 110:13:30."""
    if (found := _DAYS.fullmatch(value) or _DATED.fullmatch(value)) is None:
        return value
    days, hours, minutes, seconds = found.groups()
    return f"{int(days) * 24 + int(hours)}:{minutes}:{seconds}"


def with_plain_marks(text: str) -> str:
    """Return a text with the signs, letters and marks that :func:`parse_angle` knows.

    Examples
    --------
    >>> with_plain_marks("3˚24´ Lintang Selatan"), with_plain_marks("- 3.405"), with_plain_marks("3-24-18")
    ("3°24' LS", '-3.405', '3 24 18')
    """
    # In front a mark of spreadsheets for text; behind, what ends a sentence or a list.
    value = text.translate(_MARKS).strip().replace("''", '"')
    value = _QUOTED.sub("", value).rstrip(" .,;")
    for words, letters in _WORDS if _WORD.search(value) else ():
        value = words.sub(letters, value)
    # (7.98) is minus 7.98 where accounts are kept: it is not read.
    value = _ENCLOSED.sub(r"\1", value) if value.startswith("(") and value.endswith(")") else value
    value = _HYPHENED.sub(r"\1 \2 \3", value)
    return re.sub(r"^([-+])\s+(?=\d)", r"\1", value)
