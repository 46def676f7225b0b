"""What is known of one puskesmas on its way to ILP, and how its dates are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

UNKNOWN = "unknown"
LONGEST_DOCUMENT = 300  # characters: its number, not its text
FIRST_YEAR, LAST_YEAR = 2000, 2100  # outside of these a year is a slip of the hand

_ISO = re.compile(r"^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ]0{1,2}:00(?::00(?:\.0+)?)?)?$", re.ASCII)
_NUMBERS = re.compile(r"^(?:(\d{1,2})[/.-])?(\d{1,2})[/.-](\d{4})$", re.ASCII)
_WORDS = re.compile(r"^(?:(\d{1,2})\s+)?([a-z]+)\.?\s+(\d{4})$", re.ASCII | re.IGNORECASE)
# The number of a day, perhaps with the time behind it: as workbooks count, 1 is 1 January 1900, and they take
# 1900 for a leap year.
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$", re.ASCII)
_DAY_0 = date(1899, 12, 30)
# Indonesian and English, by the letters that tell them apart.
_MONTHS = (
    ("jan",), ("feb", "peb"), ("mar",), ("apr",), ("mei", "may"), ("jun",), ("jul",), ("agu", "agt", "aug"),
    ("sep",), ("okt", "oct"), ("nov", "nop"), ("des", "dec"),
)  # fmt: skip
_FULL_MONTHS = (
    ("januari", "january"), ("februari", "pebruari", "february"), ("maret", "march"), ("april",),
    ("mei", "may"), ("juni", "june"), ("juli", "july"), ("agustus", "august"), ("september", "sept"),
    ("oktober", "october"), ("november", "nopember"), ("desember", "december"),
)  # fmt: skip


@dataclass(frozen=True)
class Adoption:
    """What is known of one puskesmas.

    Attributes
    ----------
    facility_id
        The puskesmas.
    stage
        Key of the stage that it has reached, or "unknown".
    date
        When it reached that stage, in ISO 8601 as exactly as known: ``2024-07-22``, ``2024-07``, ``2024``;
        None if not known.
    document
        What shows it, such as the number of the SK.
    target_year
        By the end of which year it is to be launched; None if nobody said.
    """

    facility_id: str
    stage: str = UNKNOWN
    date: str | None = None
    document: str = ""
    target_year: int | None = None


def iso_date(value: object) -> str:
    """Return a date in ISO 8601, as exactly as it was given: with a day, a month, or the year alone.

    Parameters
    ----------
    value
        A date, or text: ``2024-07-22``, ``2024-07``, ``2024``, ``22/07/2024`` (the day first, as Indonesia
        writes it), ``07/2024``, ``22 Juli 2024``, ``July 2024``; or ``45495``, a day's number as
        workbooks show it where the cell's format is lost (from 1900; no other date has five digits).

    Raises
    ------
    ValueError
        It is no such text, or no day of the calendar, or of a year before 2000 or after 2100.

    Examples
    --------
    >>> iso_date("22 Juli 2024"), iso_date("Juli 2024"), iso_date("2/7/2024"), iso_date(45495)
    ('2024-07-22', '2024-07', '2024-07-02', '2024-07-22')
    """
    if isinstance(value, (date, datetime)):
        parts: tuple[int, ...] = (value.year, value.month, value.day)
    else:
        parts = _parts(" ".join(str(value).split()))
    year = parts[0]
    if not FIRST_YEAR <= year <= LAST_YEAR:
        msg = f"the year {year} is not between {FIRST_YEAR} and {LAST_YEAR}"
        raise ValueError(msg)
    try:
        date(*(*parts, 1, 1)[:3])
    except ValueError:
        msg = "there is no such day"
        raise ValueError(msg) from None
    return "-".join(f"{part:02d}" for part in parts)


def _parts(text: str) -> tuple[int, ...]:
    """Return year, month and day, as many as were given."""
    if (found := _ISO.match(text)) is not None:
        return tuple(int(part) for part in found.groups() if part is not None)
    if (found := _NUMBERS.match(text)) is not None:
        day, month, year = found.groups()
        return (int(year), int(month), *([int(day)] if day else []))
    if (found := _WORDS.match(text)) is not None:
        day, name, year = found.groups()
        return (int(year), _month(name.lower()), *([int(day)] if day else []))
    if _SERIAL.match(text) is not None:
        day = _DAY_0 + timedelta(days=int(text[:5]))
        return (day.year, day.month, day.day)
    msg = "it is no date"
    raise ValueError(msg)


def _month(name: str) -> int:
    for number, (short, full) in enumerate(zip(_MONTHS, _FULL_MONTHS, strict=True), start=1):
        if name in short or name in full:
            return number
    msg = f"{name!r} is no month"
    raise ValueError(msg)


def today_in_indonesia() -> date:
    """Return the day in the east of Indonesia: nobody's today is still to come there.

    Examples
    --------
    >>> today_in_indonesia() >= date(2026, 1, 1)
    True
    """
    return datetime.now(ZoneInfo("Asia/Jayapura")).date()


def is_later(date_iso: str, today: date) -> bool:
    """Return whether an ISO date, whole or in part, is certainly after a day.

    Examples
    --------
    >>> is_later("2024-08", date(2024, 7, 31)), is_later("2024-07", date(2024, 7, 1))
    (True, False)
    """
    # A part sorts before every day in it.
    return date_iso > today.isoformat()


def whole_year(value: object) -> int:
    """Return a year from 2000 to 2100, from a number or from text.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> whole_year("2025"), whole_year(2025.0)
    (2025, 2025)
    """
    found = re.fullmatch(r"(\d{4})(?:\.0)?", str(value).strip(), re.ASCII)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        msg = f"it is no year between {FIRST_YEAR} and {LAST_YEAR}"
        raise ValueError(msg)
    return int(found[1])
