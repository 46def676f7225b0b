"""Durations, speeds, widths and weights as people tag them: read in one way, or not at all."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SEVERAL = re.compile(r"\s*[;|]\s*")
_FULL_DURATION = re.compile(r"^(?:(\d+):)?(\d+):(\d{1,2})$")
# With points, as Indonesian writing has it. A nought in front, and three parts, are of a clock alone; else
# 1.30 may be 1 h 30 or 1.3 minutes, and nobody guesses.
_POINTS_DURATION = re.compile(r"^(?:0\d\.[0-5]\d|\d{1,2}\.[0-5]\d\.[0-5]\d)$")
_TWO_WAYS = re.compile(r"^(?:1?\d|2[0-3])\.[0-5]\d$")
_TWO_WAYS_HOURS = re.compile(r"\d[.,](?!00)[0-5]\d\s*(?:hours?|hrs?|jam|h)\b")
_CLOCK_HOURS = re.compile(r"^(\d+:\d{2})\s*(?:hours?|hrs?|jam|h)$")
_ISO_DURATION = re.compile(
    r"^P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$"
)
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_WORDS_DURATION = re.compile(
    rf"^(?:{_NUMBER}\s*(?:days?|hari|d)\b\s*)?(?:{_NUMBER}\s*(?:hours?|hrs?|jam|h)\b\s*)?"
    rf"(?:{_NUMBER}\s*(?:minutes?|mins?|menit|mnt|m)\b\.?\s*)?(?:{_NUMBER}\s*(?:seconds?|secs?|detik|s)\b\.?)?$"
)
# Legal limits where a tag names the kind of road instead of a number: PP 79/2013, Pasal 23 (city 50,
# between cities 80, toll 100); OSM wiki, Default speed limits, uses the same.
_ZONES_KPH = {
    "id:urban": 50.0, "id:rural": 80.0, "id:motorway": 100.0, "id:trunk": 80.0, "id:residential": 30.0,
}  # fmt: skip
# Values that carry no number and are no error.
_NO_LIMIT = frozenset(
    {"none", "no", "signals", "variable", "unknown", "default", "implicit", "national", "sign"}
)
_SPEED = re.compile(rf"^{_NUMBER}\s*(?:\(.*\))?\s*(km/h|kmh|kph|km/jam|kpj|km|mph|knots)?$")
_LENGTH = re.compile(rf"^[<~±]?\s*{_NUMBER}\s*(m|meter|metres?|meters?|mtr|cm)?$")
_FEET = re.compile(r"^(\d+(?:\.\d+)?)\s*(?:'|ft)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|in))?$")
_WEIGHT = re.compile(rf"^{_NUMBER}\s*(t|ton|tons?|tonnes?|kg)?$")
WALK_KPH = 5.0


def _float(text: str | None) -> float:
    return float(text.replace(",", ".")) if text else 0.0


def parse_duration(text: str) -> float:
    """Return seconds from OSM's ``duration``: ``MM``, ``HH:MM``, ``HH:MM:SS``, ISO 8601, or words.

    A clock may be written with points where it can be nothing else (``00.45``); ``1.30``, and hours with two
    decimals below 60, may be two things and are not read. Years and months of an ISO duration have to be 0:
    nobody sails that long, and their length varies.

    Raises
    ------
    ValueError
        When the text is none of these, may be two of them, or is not above zero.

    Source: OSM wiki, Key:duration.

    Examples
    --------
    >>> parse_duration("1:00"), parse_duration("00:05:00"), parse_duration("PT45M"), parse_duration("20")
    (3600.0, 300.0, 2700.0, 1200.0)
    >>> parse_duration("00.45"), parse_duration("01.30"), parse_duration("20.5")
    (2700.0, 5400.0, 1230.0)
    >>> parse_duration("45 menit"), parse_duration("1 jam 30 menit"), parse_duration("P0Y0M0DT0H20M0S")
    (2700.0, 5400.0, 1200.0)
    """
    value = re.sub(r",\s|\s(?:dan|and)\s", " ", " ".join(text.split()), flags=re.IGNORECASE)
    value = _CLOCK_HOURS.sub(r"\1", " ".join(value.split()).lower())
    if _POINTS_DURATION.match(value):
        value = value.replace(".", ":")
    if _TWO_WAYS.match(value) or _TWO_WAYS_HOURS.search(value):
        msg = f"{text!r} may be two durations: write 01:30 or 1.5 minutes"
        raise ValueError(msg)
    seconds = math.nan
    if re.match(r"^\d+(?:\.\d+)?$", value):
        seconds = float(value) * 60.0
    elif (found := _FULL_DURATION.match(value)) is not None:
        first, second, third = found.groups()
        seconds = (
            float(second) * 3600.0 + float(third) * 60.0
            if first is None
            else float(first) * 3600.0 + float(second) * 60.0 + float(third)
        )
    elif (found := _ISO_DURATION.match(value.upper())) is not None:
        years, months, days, hours, minutes, secs = (float(g or 0) for g in found.groups())
        if years == 0 and months == 0:
            seconds = days * 86_400.0 + hours * 3600.0 + minutes * 60.0 + secs
    elif value and (found := _WORDS_DURATION.match(value.lower())) is not None:
        days, hours, minutes, secs = (_float(g) for g in found.groups())
        seconds = days * 86_400.0 + hours * 3600.0 + minutes * 60.0 + secs
    if not seconds > 0:
        msg = f"{text!r} is not a duration like 00:45"
        raise ValueError(msg)
    return seconds


def parse_speed_kph(text: str) -> float:
    """Return km/h from OSM's ``maxspeed``; NaN where it says that there is no number.

    Of several values, the lowest: which lane or hour it is for is not known here.

    Raises
    ------
    ValueError
        For wording that is not known.

    Source: OSM wiki, Key:maxspeed.

    Examples
    --------
    >>> parse_speed_kph("50"), round(parse_speed_kph("30 mph"), 3), parse_speed_kph("60;40 km/jam")
    (50.0, 48.28, 40.0)
    >>> parse_speed_kph("none"), parse_speed_kph("ID:urban"), parse_speed_kph("walk")
    (nan, 50.0, 5.0)
    """
    return _least(text, _one_speed)


def _least(text: str, one: Callable[[str], float]) -> float:
    """Return the least of several values; NaN where none of them is a number."""
    values = [one(part) for part in parts_of(text)]
    if not values:
        msg = "empty"
        raise ValueError(msg)
    return min((v for v in values if not math.isnan(v)), default=math.nan)


def parts_of(text: str) -> list[str]:
    """Return the values that one tag holds, in lower case.

    Examples
    --------
    >>> parts_of("2 ; 8|Narrow")
    ['2', '8', 'narrow']
    """
    return [part for part in _SEVERAL.split(text.strip().lower()) if part]


def least_readable(text: str, parse: Callable[[str], float]) -> float:
    """Return the least of those of several values that can be read, NaN where none can.

    Examples
    --------
    >>> least_readable("2;narrow;8", parse_metres), least_readable("narrow", parse_metres)
    (2.0, nan)
    """
    known = []
    for part in parts_of(text):
        try:
            known.append(parse(part))
        except ValueError:
            continue
    return min((v for v in known if not math.isnan(v)), default=math.nan)


def _one_speed(value: str) -> float:
    if value in _NO_LIMIT:
        return math.nan
    if value == "walk" or value.endswith(":walk"):
        return WALK_KPH
    if value in _ZONES_KPH:
        return _ZONES_KPH[value]
    found = _SPEED.match(value)
    number = _float(found[1]) if found is not None else math.nan
    if found is None or not number > 0:
        msg = f"{value!r} is not a speed like 50"
        raise ValueError(msg)
    return number * {"mph": 1.609344, "knots": 1.852}.get(found[2] or "", 1.0)


def parse_metres(text: str) -> float:
    r"""Return metres from OSM's ``width``, ``maxwidth`` or ``maxheight``; NaN where no number is given.

    Raises
    ------
    ValueError
        For wording that is not known, and for lengths not above zero.

    Examples
    --------
    >>> parse_metres("1,5 m"), parse_metres("80 cm"), round(parse_metres("6'6\""), 2)
    (1.5, 0.8, 1.98)
    """
    return _least(text, _one_length)


def _one_length(value: str) -> float:
    if value in _NO_LIMIT:
        return math.nan
    feet = _FEET.match(value)
    found = _LENGTH.match(value)
    if feet is not None:
        metres = float(feet[1]) * 0.3048 + float(feet[2] or 0) * 0.0254
    elif found is not None:
        metres = _float(found[1]) * (0.01 if found[2] == "cm" else 1.0)
    else:
        metres = math.nan
    if not metres > 0:
        msg = f"{value!r} is not a length like 2.5"
        raise ValueError(msg)
    return metres


def parse_tonnes(text: str) -> float:
    """Return tonnes from OSM's ``maxweight``; NaN where no number is given.

    Of several values, the least.

    Raises
    ------
    ValueError
        For wording that is not known, and for weights not above zero.

    Examples
    --------
    >>> parse_tonnes("3.5"), parse_tonnes("2000 kg"), parse_tonnes("8 ton"), parse_tonnes("2;8")
    (3.5, 2.0, 8.0, 2.0)
    """
    return _least(text, _one_weight)


def _one_weight(value: str) -> float:
    if value in _NO_LIMIT:
        return math.nan
    found = _WEIGHT.match(value)
    tonnes = math.nan if found is None else _float(found[1]) * (0.001 if found[2] == "kg" else 1.0)
    if not tonnes > 0:
        msg = f"{value!r} is not a weight like 3.5"
        raise ValueError(msg)
    return tonnes
