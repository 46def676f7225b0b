"""A place in one text, as people copy it: two angles, a link to a map, metres of UTM, a Plus Code and others.

Each form is read in one way, or not at all; none is looked up in a network.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from geodata.crs import WGS84
from geodata.readers.numbers import parse_angle, with_plain_marks

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyproj

# -3,405020,102,442677: with so many decimals nothing else can be meant.
_COMMAS = re.compile(r"^([+-]?\d{1,3},\d{3,})\s*,\s*([+-]?\d{1,3},\d{3,})$")
_LETTERS = re.compile(r"(?<![A-Z])(?:LS|LU|BT|BB|[NSEW])(?![A-Z])", re.IGNORECASE)
_LONGITUDE = {"BT", "BB", "E", "W"}
_LABELLED = re.compile(
    r"(?:lat(?:itude)?|lintang)\s*[:=]?\s*(\S.*?)[\s/,;&]+(?:long?(?:itude)?|lng|bujur)\s*[:=]?\s*(\S.*)",
    re.IGNORECASE,
)
# No place is written longer; links with what they were found by are.
LONGEST = 4_000
_N = r"([-+]?\d{1,3}(?:\.\d+)?)"
_TWO = rf"{_N}\s*,\s*{_N}"
_LINK = re.compile(r"https?:|www\.|geo:|[\w.]*goo(?:gle)?\.|maps\.|@", re.IGNORECASE)
# Where links have the place, the surest first: the place itself, what was asked for, the middle of the view.
_IN_LINKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"!3d{_N}!4d{_N}", rf"[?&](?:q|query|ll|daddr|destination|center|cbll)=(?:loc:)?\s*{_TWO}(?![\d.])",
        rf"[?&]m?lat={_N}&m?(?:lon|lng)={_N}", rf"/(?:place|search)/\s*{_TWO}(?![\d.])", rf"^geo:{_TWO}",
        rf"@{_TWO}", rf"#map=\d+(?:\.\d+)?/{_N}/{_N}",
    )
)  # fmt: skip
_ASKED_FOR, _VIEW = _IN_LINKS[1], _IN_LINKS[5]
_NAMED = re.compile(r"/(?:place|search)/([^/@?]+)", re.IGNORECASE)
_ZOOMED = re.compile(rf"{_TWO}\s*,\s*\d+(?:\.\d+)?[zma](?:,.*)?", re.IGNORECASE)
_POINT = re.compile(
    rf"(?:SRID=4326;)?\s*POINT\s*Z?\s*\(\s*{_N}\s+{_N}(?:\s+[-+]?[\d.]+)?\s*\)", re.IGNORECASE
)
# Between two angles: a word, a stroke, a new line.
_BETWEEN = re.compile(r"\s+(?:dan|and)\s+|\s*/\s*|\s*[\r\n]+\s*", re.IGNORECASE)
_EAST = r"(?:x|long?|longitude|lng|bujur|easting|m\s?e)"
_NORTH = r"(?:y|lat|latitude|lintang|northing|m\s?n)"
_MARK = r"\s*[:=]?\s*"
_EAST_NORTH = re.compile(rf"{_EAST}\b{_MARK}(\S.*?)[\s/,;&|]+{_NORTH}\b{_MARK}(\S.*)", re.IGNORECASE)
_NORTH_EAST = re.compile(rf"{_NORTH}\b{_MARK}(\S.*?)[\s/,;&|]+{_EAST}\b{_MARK}(\S.*)", re.IGNORECASE)
# Metres: 414613 mE 9116936 mN, with the zone before or behind them (49M, 49 S, zona 49S).
_METRES = (
    r"(?:(?:x|easting|e|utm)\s*[:=]?)?\s*(?P<first>\d[\d.,]*\d)\s*(?:m?\s*[et]|m)?\s*[\s,;/|]\s*"
    r"(?:(?:y|northing|n|utm)\s*[:=]?)?\s*(?P<second>\d[\d.,]*\d)\s*(?:m?\s*[nsu]|m)?"
)
_ZONE = r"\(?(?:utm\s*)?(?:zon[ae]\s*)?[:.]?\s*(?P<zone>\d{2})\s*(?P<band>[LMNSU])\)?"
_UTM = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (rf"{_ZONE}[\s,;:/]+{_METRES}", rf"{_METRES}[\s,;:/]+{_ZONE}")
)
_NO_ZONE = re.compile(
    r"(\d{5,6}(?:[.,]\d+)?)\s*m?\s*[et][\s,;/]+(\d{5,8}(?:[.,]\d+)?)\s*m?\s*[nsu]", re.IGNORECASE
)
UTM_ZONES = range(46, 55)
EASTINGS, SOUTHERN = (100_000.0, 900_000.0), (8_700_000.0, 10_000_000.0)
NORTHERN = 1_000_000.0
# Open Location Code (the standard of Plus Codes): pairs of digits of base 20, then a grid of 4 by 5.
_DIGITS = "23456789CFGHJMPQRVWX"
_PLUS = re.compile(rf"(?<![0-9A-Z])([{_DIGITS}]{{8}})\+([{_DIGITS}]{{2,7}})(?![0-9A-Z])", re.IGNORECASE)
PAIR_DIGITS, GRID_ROWS, GRID_COLUMNS = 10, 5, 4


def parse_pair(text: str) -> tuple[float, float]:
    """Return (latitude, longitude) from one text, latitude first, as phones and maps show it.

    Where letters say which is which (LS and BT), that order counts. Metres without a zone stay metres:
    (northing, easting).

    Raises
    ------
    ValueError
        It is no place, or may be two.

    Examples
    --------
    >>> parse_pair("-8.17, 113.38"), parse_pair("BT 113.38 LS 8.17")
    ((-8.17, 113.38), (-8.17, 113.38))
    >>> parse_pair("https://maps.google.com/?q=-8.17,113.38"), parse_pair("POINT(113.38 -8.17)")
    ((-8.17, 113.38), (-8.17, 113.38))
    """
    try:
        return _two_angles(text)
    except ValueError:
        if len(text) > LONGEST:
            raise
    for read in _FORMS:
        found = read(text)
        if found is not None:
            return found
    msg = "expected latitude and longitude"
    raise ValueError(msg)


def _two_angles(text: str) -> tuple[float, float]:
    """Return what stands side by side; of compass letters (LS and BT) the order counts."""
    value = with_plain_marks(text).strip("()[]{} ")
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


def _of_link(text: str) -> tuple[float, float] | None:
    """Return the place in a link to a map; ValueError where it has several, as one of a way has."""
    if not _LINK.search(text):
        return None
    link = unquote_plus(text)
    way = "/dir/" in link
    for pattern in _IN_LINKS:
        if way and pattern is not _ASKED_FOR:
            continue
        if pattern is _VIEW and (named := _NAMED.search(link)) is not None:
            # 7°59'17.2"S 110°13'30.7"E stands in a link too.
            with suppress(ValueError):
                return _two_angles(named[1])
        found = {(float(a), float(b)) for a, b in pattern.findall(link)}
        if len(found) == 1:
            return found.pop()
        if found:
            break
    else:
        if not way:
            return _of_plus_code(link)
    msg = "a link to several places"
    raise ValueError(msg)


def _of_view(text: str) -> tuple[float, float] | None:
    found = _ZOOMED.fullmatch(text.strip().lstrip("@"))
    return None if found is None else (float(found[1]), float(found[2]))


def _of_point(text: str) -> tuple[float, float] | None:
    """Return a point of WKT, as databases write it: longitude first."""
    found = _POINT.fullmatch(text.strip())
    return None if found is None else (float(found[2]), float(found[1]))


def _of_json(text: str) -> tuple[float, float] | None:
    """Return a place of JSON: with a latitude and a longitude, or a GeoJSON point (longitude first)."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        given = json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        return None
    own = {str(key).lower(): value for key, value in given.items()} if isinstance(given, dict) else {}
    lat = next((own[k] for k in ("lat", "latitude", "lintang") if k in own), None)
    lon = next((own[k] for k in ("lng", "lon", "long", "longitude", "bujur") if k in own), None)
    point = own.get("coordinates")
    if str(own.get("type")).lower() == "point" and isinstance(point, list) and len(point) >= 2:
        lon, lat = point[:2]
    return None if lat is None or lon is None else (parse_angle(str(lat)), parse_angle(str(lon)))


def _of_utm(text: str) -> tuple[float, float] | None:
    """Return metres of UTM as degrees, by their zone; ValueError where the two do not go together."""
    value = text.strip().strip("()")
    for pattern in _UTM:
        if (found := pattern.fullmatch(value)) is None:
            continue
        east, north = parse_angle(found["first"]), parse_angle(found["second"])
        south = found["band"].upper() in "LMS"
        # South of the equator the northing is always the greater, whichever stands first.
        east, north = sorted((east, north)) if south else (east, north)
        return _degrees(int(found["zone"]), east, north, south=south)
    if (plain := _NO_ZONE.fullmatch(value)) is not None:
        return parse_angle(plain[2]), parse_angle(plain[1])
    return None


def _degrees(zone: int, east: float, north: float, *, south: bool) -> tuple[float, float]:
    norths = SOUTHERN if south else (0.0, NORTHERN)
    if zone not in UTM_ZONES or not EASTINGS[0] <= east <= EASTINGS[1] or not norths[0] <= north <= norths[1]:
        msg = "no metres of a zone in Indonesia"
        raise ValueError(msg)
    lon, lat = _transformer((32700 if south else 32600) + zone).transform(east, north)
    return float(lat), float(lon)


@cache
def _transformer(epsg: int) -> pyproj.Transformer:
    import pyproj

    return pyproj.Transformer.from_crs(epsg, WGS84, always_xy=True)


def _of_plus_code(text: str) -> tuple[float, float] | None:
    """Return the middle of a full Plus Code; a short one ("MHHP+XM Bantul") needs a map of places."""
    found = {"".join(one).upper() for one in _PLUS.findall(text)}
    return plus_code_centre(found.pop()) if len(found) == 1 else None


def plus_code_centre(digits: str) -> tuple[float, float]:
    """Return (latitude, longitude) of the middle of a Plus Code, given by its digits without the plus.

    Examples
    --------
    >>> plus_code_centre("7FG49QCJ2V")  # as the standard's own tests have it: 7FG49QCJ+2V
    (20.3700625, 2.7821875)
    """
    lat, lon, size_lat, size_lon = -90.0, -180.0, 400.0, 400.0
    for i in range(0, PAIR_DIGITS, 2):
        size_lat, size_lon = size_lat / 20, size_lon / 20
        lat += _DIGITS.index(digits[i]) * size_lat
        lon += _DIGITS.index(digits[i + 1]) * size_lon
    for digit in digits[PAIR_DIGITS:]:
        size_lat, size_lon = size_lat / GRID_ROWS, size_lon / GRID_COLUMNS
        row, column = divmod(_DIGITS.index(digit), GRID_COLUMNS)
        lat, lon = lat + row * size_lat, lon + column * size_lon
    return round(lat + size_lat / 2, 12), round(lon + size_lon / 2, 12)


def _of_labels(text: str) -> tuple[float, float] | None:
    """Return a place whose parts are called X and Y, or Long and Lat, in either order."""
    value = with_plain_marks(text).strip("()[]{} ")
    if (found := _EAST_NORTH.fullmatch(value)) is not None:
        return parse_angle(found[2]), parse_angle(found[1])
    if (found := _NORTH_EAST.fullmatch(value)) is not None:
        return parse_angle(found[1]), parse_angle(found[2])
    return None


def _of_parts(text: str) -> tuple[float, float] | None:
    value = _BETWEEN.sub("; ", text.strip())
    return _two_angles(value) if value != text.strip() else None


_FORMS: tuple[Callable[[str], tuple[float, float] | None], ...] = (
    _of_link, _of_view, _of_point, _of_json, _of_utm, _of_plus_code, _of_labels, _of_parts,
)  # fmt: skip
