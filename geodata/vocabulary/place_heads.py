"""Which coordinate a heading is of, whatever words it says it with: "Koordinat Lintang Selatan (derajat)"."""

from __future__ import annotations

import re
from functools import cache

# Words that say nothing of which one it is.
_ANY = frozenset({
    "koordinat", "koord", "coordinate", "coordinates", "coord", "titik", "letak", "posisi", "lokasi",
    "garis", "geografis", "geografi", "gps", "peta", "map", "derajat", "desimal", "decimal", "degree",
    "degrees", "deg", "dd", "dms", "wgs", "wgs84", "84", "1984", "utm", "meter", "metre", "metres", "m",
    "dalam", "in", "the", "of", "satuan", "format", "unit", "faskes", "fasilitas", "pustu", "posyandu",
    "puskesmas", "dan", "and", "atau", "or",
})  # fmt: skip
_SOUTH = frozenset({"ls", "selatan", "south", "s"})
_NORTH = frozenset({"lu", "utara", "north", "n"})
# Letters alone, and words of a side, are of a coordinate only beside one that is sure, or of places.
_SURE_LAT = frozenset({"lat", "latitude", "lintang", "northing", "northings", "mn", "ls", "lu"})
_SURE_LON = frozenset({"lon", "long", "lng", "longitude", "bujur", "easting", "eastings", "me", "bt"})
_LAT = _SURE_LAT | _SOUTH | _NORTH | {"y"}
_LON = _SURE_LON | {"x", "timur", "east", "e"}
_SURE = _SURE_LAT | _SURE_LON
_OF_PLACE = frozenset({
    "koordinat", "koord", "coordinate", "coordinates", "coord", "gps", "utm", "letak", "geografis",
})  # fmt: skip


@cache
def place_key(heading: str) -> str | None:
    """Return ``lat``, ``lon``, ``lat_south``, ``lat_north`` or ``coordinates``; None where a word says more.

    Examples
    --------
    >>> [place_key(h) for h in ("Letak Lintang Selatan (derajat)", "Longitude (Bujur)", "Koordinat (X,Y)")]
    ['lat_south', 'lon', 'coordinates']
    >>> [place_key(h) for h in ("X UTM", "Lintas Selatan", "LS menit", "S")]
    ['lon', None, None, None]
    """
    words = re.findall(r"[a-z]+|\d+", heading.lower())
    lat, lon = (any(w in of for w in words) for of in (_LAT, _LON))
    if not words or any(w not in _ANY and w not in _LAT and w not in _LON for w in words) or not (lat or lon):
        return None
    if not any(w in _SURE or w in _OF_PLACE for w in words):
        return None
    if lat and lon:
        return "coordinates"
    south, north = (any(w in of for w in words) for of in (_SOUTH, _NORTH))
    if lon:
        return "lon"
    return "lat" if south == north or "northing" in words else "lat_south" if south else "lat_north"


@cache
def longitude_first(heading: str) -> bool:
    """Return whether a heading of both names the longitude first, as "Koordinat (X, Y)" does.

    Examples
    --------
    >>> longitude_first("Koordinat (X, Y)"), longitude_first("Lat, Long"), longitude_first("Koordinat")
    (True, False, False)
    """
    sides = [w in _LON for w in re.findall(r"[a-z]+", heading.lower()) if w in _LON or w in _LAT]
    return sides[:1] == [True] and False in sides
