"""The one place where a study area's metric CRS is chosen, and where Indonesia's extent is known."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import OutsideIndonesiaError

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

WGS84 = "EPSG:4326"
# Whole-degree boxes cut Pulau Ndana (Rote Ndao) off: its southern tip is at 11.008 degrees south.
LON_MIN, LON_MAX = 94.7, 141.1
LAT_MIN, LAT_MAX = -11.2, 6.3


def metric_crs(lon: float, lat: float) -> str:
    """Return the UTM zone (EPSG code) of a point; its scale error is below 0.1 % inside the zone.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326; the middle of the study area.

    Examples
    --------
    >>> metric_crs(113.6, -8.2)
    'EPSG:32749'
    """
    zone = int((lon + 180.0) // 6.0) + 1
    return f"EPSG:{(32700 if lat < 0 else 32600) + zone}"


@cache
def known_crs(text: str) -> pyproj.CRS:
    """Return a CRS as an object: reading it from its text takes 20 ms, each time."""
    import pyproj

    return pyproj.CRS.from_user_input(text)


def inside_indonesia(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points (degrees) lie in Indonesia's bounding box; NaN is outside.

    Parameters
    ----------
    lon, lat
        float64 ``(points,)``, degrees.

    Returns
    -------
    inside
        bool ``(points,)``.

    Examples
    --------
    >>> inside_indonesia(np.array([110.0, 0.0, np.nan]), np.array([-7.0, 51.0, -7.0])).tolist()
    [True, False, False]
    """
    return np.asarray((lon >= LON_MIN) & (lon <= LON_MAX) & (lat >= LAT_MIN) & (lat <= LAT_MAX), dtype=bool)


def _fits(lon: float, lat: float) -> bool:
    return LON_MIN <= lon <= LON_MAX and LAT_MIN <= lat <= LAT_MAX


def likely_cause(lon: float, lat: float) -> str:
    """Return in plain words why a coordinate pair is outside Indonesia.

    Examples
    --------
    >>> likely_cause(-8.17, 113.38)
    'latitude and longitude are swapped'
    >>> likely_cause(113.38, 8.17)
    'the minus sign of the latitude (south, LS) is missing'
    """
    # Metres come in pairs: an easting of six digits with a northing that is large on its own.
    metres = 100_000 <= lon <= 1_000_000 and (abs(lat) > 1_000 or abs(lat) < 1e-9)
    causes = (
        (lon == 0 and lat == 0, "0, 0 was written for an empty cell; leave it empty"),
        (_fits(lat, lon), "latitude and longitude are swapped"),
        (_fits(lat, -lon), "latitude and longitude are swapped and the minus sign is missing"),
        (_fits(lon, -lat), "the minus sign of the latitude (south, LS) is missing"),
        (_fits(-lon, lat), "the longitude has a minus sign that does not belong there"),
        (metres, "the coordinates look like metres (UTM); name their CRS with crs: EPSG:327.."),
        (_lost_point(lon, lat), "the longitude has lost its decimal point"),
        (_lost_point(lat, lon, latitude=True), "the latitude has lost its decimal point"),
        (abs(lon) > 180 and abs(lat) > 90, "both have lost their decimal points, or are metres"),
    )
    return next((text for so, text in causes if so), "the place is in another country or in the sea")


def _lost_point(value: float, other: float, *, latitude: bool = False) -> bool:
    """Return whether dividing by a power of ten brings the value home (the other may be home or not)."""
    if abs(value) <= 180:
        return False
    for power in range(1, 16):
        scaled = value / 10.0**power
        if _fits(other, scaled) if latitude else _fits(scaled, other):
            return True
    return False


def require_indonesia(bounds: tuple[float, float, float, float], what: str) -> None:
    """Raise OutsideIndonesiaError unless bounds (degrees: west, south, east, north) lie inside."""
    west, south, east, north = (float(b) for b in bounds)
    for lon, lat in ((west, south), (east, north)):
        if not _fits(lon, lat):
            msg = (
                f"{what}: coordinates outside Indonesia (longitude {lon:g}, latitude {lat:g}): "
                f"{likely_cause(lon, lat)}. Correct the file, or its CRS, and build again."
            )
            raise OutsideIndonesiaError(msg)


def degrees_text(points: gpd.GeoSeries) -> list[str]:
    """Return places in degrees, latitude first, as lists have them; "" for none.

    Parameters
    ----------
    points
        In any CRS; None where a place is not known.

    Examples
    --------
    >>> import geopandas as gpd
    >>> degrees_text(gpd.GeoSeries.from_wkt(["POINT (113.7023 -8.1706)", None], crs="EPSG:4326"))
    ['-8.170600, 113.702300', '']
    """
    return ["" if p is None else f"{p.y:.6f}, {p.x:.6f}" for p in points.to_crs(WGS84)]
