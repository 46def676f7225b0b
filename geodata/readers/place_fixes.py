"""What a place was meant to be whose coordinates were spoiled on the way.

A spoiled place is read in every way that is known to happen (swapped, a lost sign or decimal point, metres);
the readings are held against what else the row says of its place. What fits is proposed; between two that fit
nobody chooses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geodata.codes import name_key
from geodata.crs import LAT_MAX, LAT_MIN, LON_MAX, LON_MIN, WGS84
from geodata.vocabulary.statuses import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd
    import pyproj

# A place this far outside its village's polygon still fits it: outlines are drawn from small maps.
FITS_WITHIN_M = 1_000.0
# Readings this near each other are one: no more than the digits that two ways of reading leave.
SAME_M = 1.0
# Eastings of UTM have so many metres where an office writes all of its kabupaten in the next zone too: a zone
# has 166 to 834 km at the equator. Which zone is meant, the fit tells.
EASTING_M = (10_000.0, 1_000_000.0)
# West to east over Indonesia.
UTM_ZONES = range(46, 55)
LOST_DIGITS = 20


class Fix(Word):
    """Which proposals a build takes over."""

    NONE = "none"
    SAFE = "safe"
    ALL = "all"


class Reading(NamedTuple):
    """One way to read a spoiled place: degrees, and in words what happened to it."""

    lon: float
    lat: float
    how: str


@dataclass(frozen=True)
class Proposal:
    """Where a facility stands, and why that is believed.

    Attributes
    ----------
    lon, lat
        Degrees.
    how, evidence
        In words: what happened to the coordinates, and what the place fits.
    safe
        Whether the row itself names the village or kecamatan that it fits.
    """

    lon: float
    lat: float
    how: str
    evidence: str
    safe: bool


def readings(lon: float, lat: float) -> Iterator[Reading]:
    """Yield the ways to read a spoiled place that lie in Indonesia.

    Examples
    --------
    >>> [r.how for r in readings(-8.17, 113.38)]
    ['latitude and longitude are swapped']
    >>> [r for r in readings(113.38, 8.17)]
    [Reading(lon=113.38, lat=-8.17, how='the minus sign of the latitude is missing')]
    """
    if not (math.isfinite(lon) and math.isfinite(lat)) or (lon == 0 and lat == 0):
        return
    swapped = "latitude and longitude are swapped"
    minus = ("", "the minus sign of the latitude is missing", "the longitude has a minus sign too many")
    for x, y, first in ((lon, lat, ""), (lat, lon, swapped)):
        for sign_x, sign_y, second in ((1, 1, minus[0]), (1, -1, minus[1]), (-1, 1, minus[2])):
            how = " and ".join(part for part in (first, second) if part)
            if how and _inside(sign_x * x, sign_y * y):
                yield Reading(sign_x * x, sign_y * y, how)
    yield from _lost_points(lon, lat)
    yield from _metres(lon, lat)


def _inside(lon: float, lat: float) -> bool:
    return LON_MIN <= lon <= LON_MAX and LAT_MIN <= lat <= LAT_MAX


def _lost_points(lon: float, lat: float) -> Iterator[Reading]:
    """Yield readings with a decimal point put back into one of the two, or both."""
    for x, lost_x in _scaled(lon, LON_MIN, LON_MAX):
        for sign in (1.0, -1.0):
            for y, lost_y in _scaled(sign * lat, LAT_MIN, LAT_MAX):
                if not (lost_x or lost_y):
                    continue
                names = " and ".join(n for n, lost in (("longitude", lost_x), ("latitude", lost_y)) if lost)
                minus = "" if sign > 0 else ", and the minus sign of the latitude is missing"
                yield Reading(x, y, f"the decimal point of the {names} is missing{minus}")


def _scaled(value: float, low: float, high: float) -> Iterator[tuple[float, bool]]:
    """Yield the value where it can be, or else with a decimal point put back, and whether that was done."""
    if low <= value <= high:
        yield value, False
        return
    if abs(value) < 180 or value != int(value):
        return
    digits = len(str(abs(int(value))))
    for power in range(1, LOST_DIGITS + 1):
        scaled = value / 10.0**power
        # At least one digit stands before the point: nobody writes -.33. The zeros of -0.033 got lost too.
        if low <= scaled <= high and (abs(scaled) >= 1.0 or power >= digits):
            yield scaled, True


def _metres(lon: float, lat: float) -> Iterator[Reading]:
    """Yield readings as metres of UTM, either way round, in each zone of the country."""
    for x, y, order in ((lon, lat, ""), (lat, lon, ", northing first")):
        if not (EASTING_M[0] <= x <= EASTING_M[1] and 0 <= y <= 10_000_000.0):
            continue
        for zone in UTM_ZONES:
            for south in (False, True):
                # The equator is 0 m in the north, 10,000 km in the south; no place is 1,300 km from it.
                if (y > 8_700_000.0) != south or (not south and y > 700_000.0):
                    continue
                east, north = _utm(zone, south=south).transform(x, y)
                if _inside(east, north):
                    yield Reading(
                        east, north, f"they are metres (UTM zone {zone}{'S' if south else 'N'}{order})"
                    )


@cache
def _utm(zone: int, *, south: bool) -> pyproj.Transformer:
    import pyproj

    return pyproj.Transformer.from_crs((32700 if south else 32600) + zone, WGS84, always_xy=True)


class Places:
    """The villages of an area, to hold readings of spoiled places against.

    Parameters
    ----------
    villages
        The layer, in its metric CRS.
    zone
        The area with its buffer, in the same CRS; None where only the area counts.
    """

    def __init__(self, villages: gpd.GeoDataFrame, zone: shapely.Geometry | None = None) -> None:
        import pyproj

        self._to_metres = pyproj.Transformer.from_crs(WGS84, villages.crs, always_xy=True)
        self._village = dict(zip(villages.index, villages.geometry, strict=True))
        self._codes = np.asarray(villages.index, dtype=object)
        self._district = {code: name_key(name) for code, name in villages["district_name"].items() if name}
        self._zone = zone
        self._tree = shapely.STRtree(villages.geometry.to_numpy())

    def proposal(
        self, lon: float, lat: float, *, village: str | None = None, district: str = "", anywhere: bool = True
    ) -> Proposal | None:
        """Return the one reading of a spoiled place that fits best, or None where none does, or several do.

        Parameters
        ----------
        lon, lat
            As the list has them.
        village
            The code of the village that the row names, if it is one of the area.
        district
            The kecamatan that the row names, "" for none.
        anywhere
            Whether a place in the area is enough where the row names neither of them.
        """
        found = [(r, self._point(r)) for r in readings(lon, lat)]
        in_area = bool(district) and name_key(district) in self._district.values()
        levels: tuple[tuple[bool, str, bool, Callable[[shapely.Point], bool]], ...] = (
            (village is not None, "village of its row", True, lambda p: self._in_village(p, village)),
            # What misses the village that the row names proves less than what has none to miss.
            (in_area, "kecamatan of its row", village is None, lambda p: self._in_district(p, district)),
            (anywhere, "area", False, self._in_area),
            (anywhere, "buffer of the area", False, self._in_zone),
        )
        for known, where, safe, fits in levels:
            fitting = [(r, p) for r, p in found if known and fits(p)]
            if fitting:
                return self._only(fitting, f"lies in the {where}", safe=safe)
        return None

    def elsewhere(self, lon: float, lat: float) -> bool:
        """Return whether a spoiled place can be read, and each way to read it lies beyond the buffer."""
        points = [self._point(r) for r in readings(lon, lat)]
        return bool(points) and not any(self._in_area(p) or self._in_zone(p) for p in points)

    def _only(
        self, fitting: list[tuple[Reading, shapely.Point]], evidence: str, *, safe: bool
    ) -> Proposal | None:
        reading, point = fitting[0]
        if any(shapely.distance(point, other) > SAME_M for _, other in fitting[1:]):
            return None
        return Proposal(reading.lon, reading.lat, reading.how, evidence, safe)

    def _point(self, reading: Reading) -> shapely.Point:
        return shapely.Point(*self._to_metres.transform(reading.lon, reading.lat))

    def _in_village(self, point: shapely.Point, village: str | None) -> bool:
        return village is not None and bool(shapely.dwithin(self._village[village], point, FITS_WITHIN_M))

    def _in_district(self, point: shapely.Point, district: str) -> bool:
        near = self._codes[self._tree.query(point, predicate="dwithin", distance=FITS_WITHIN_M)]
        return any(self._district.get(code) == name_key(district) for code in near)

    def _in_area(self, point: shapely.Point) -> bool:
        return len(self._tree.query(point, predicate="intersects")) > 0

    def _in_zone(self, point: shapely.Point) -> bool:
        return self._zone is not None and bool(shapely.intersects(self._zone, point))
