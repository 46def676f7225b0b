"""A place in every form in which offices write it is read back where it was, or refused."""

from __future__ import annotations

import json
import math
from datetime import datetime, time, timedelta

import pyproj
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geodata.readers.numbers import parse_angle
from geodata.readers.pairs import parse_pair, plus_code_centre

LAT, LON = -7.988111, 110.225194


def dms(value, digits=2):
    """Return degrees, minutes and seconds of a positive angle, the seconds as text."""
    whole = round(abs(value) * 3600, digits)
    degrees, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    return int(degrees), int(minutes), f"{seconds:.{digits}f}"


def words(value, letters, pattern):
    d, m, s = dms(value)
    return pattern.format(d=d, m=m, s=s, comma=s.replace(".", ",")) + f" {letters}"


def utm(lat, lon):
    zone = int((lon + 180) // 6) + 1
    epsg = (32700 if lat < 0 else 32600) + zone
    east, north = pyproj.Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, lat)
    return zone, ("L" if lat < -8 else "M") if lat < 0 else "N", east, north


SIDES = ("LS", "LU")
MARKS = "{d}°{m}'{s}\""
WORDS = "{d} derajat {m} menit {s} detik"


def side(lat):
    return "LS" if lat < 0 else "LU"


def angles(lat, lon, pattern):
    return words(lat, side(lat), pattern), words(lon, "BT", pattern)


# Form → text of a place. Independent of the code: each is how the program or office concerned writes it.
FORMS = {
    "comma": lambda y, x: f"{y:.6f}, {x:.6f}",
    "tight": lambda y, x: f"{y:.6f},{x:.6f}",
    "trailing": lambda y, x: f"{y:.6f}, {x:.6f},",
    "stroke": lambda y, x: f"{y:.6f} / {x:.6f}",
    "brackets": lambda y, x: f"({y:.6f}, {x:.6f})",
    "zoom": lambda y, x: f"{y:.6f},{x:.6f},17z",
    "view": lambda y, x: f"@{y:.6f},{x:.6f},17.5z",
    "query": lambda y, x: f"https://www.google.com/maps?q={y:.6f},{x:.6f}",
    "loc": lambda y, x: f"https://maps.google.com/maps?q=loc:{y:.6f},{x:.6f}&z=17",
    "coded": lambda y, x: f"https://www.google.com/maps/search/?api=1&query={y:.6f}%2C{x:.6f}",
    "place": lambda y, x: f"https://www.google.com/maps/place/Pustu+A/@{y + 0.004:.6f},{x - 0.004:.6f},17z/"
                          f"data=!3m1!4b1!4m6!3m5!1s0x2e7:0x1!8m2!3d{y:.6f}!4d{x:.6f}!16s",
    "at": lambda y, x: f"https://www.google.com/maps/@{y:.6f},{x:.6f},15z",
    "search": lambda y, x: f"https://www.google.com/maps/search/{y:.6f},+{x:.6f}?entry=tts",
    "osm": lambda y, x: f"https://www.openstreetmap.org/?mlat={y:.6f}&mlon={x:.6f}#map=17/{y:.3f}/{x:.3f}",
    "osm view": lambda y, x: f"https://www.openstreetmap.org/#map=17/{y:.6f}/{x:.6f}",
    "geo": lambda y, x: f"geo:{y:.6f},{x:.6f}?z=17",
    "xy": lambda y, x: f"X: {x:.6f} Y: {y:.6f}",
    "yx": lambda y, x: f"Y = {y:.6f}; X = {x:.6f}",
    "long lat": lambda y, x: f"Long {x:.6f} Lat {y:.6f}",
    "lat long": lambda y, x: f"Lat: {y:.6f}, Long: {x:.6f}",
    "wkt": lambda y, x: f"POINT({x:.6f} {y:.6f})",
    "ewkt": lambda y, x: f"SRID=4326;POINT Z ({x:.6f} {y:.6f} 12.5)",
    "json": lambda y, x: json.dumps({"lat": round(y, 6), "lng": round(x, 6)}),
    "geojson": lambda y, x: json.dumps({"type": "Point", "coordinates": [round(x, 6), round(y, 6)]}),
    "dan": lambda y, x: " dan ".join(angles(y, x, MARKS)),
    "words": lambda y, x: ", ".join(angles(y, x, WORDS)),
    "east first": lambda y, x: ", ".join(reversed(angles(y, x, MARKS))),
    "points": lambda y, x: ", ".join(angles(y, x, "{d}.{m:02d}.{s}")),
    "utm": lambda y, x: "{}{} {:.1f} {:.1f}".format(*utm(y, x)),
    "garmin": lambda y, x: "{} {} {:.0f}\nUTM {:.0f}".format(*utm(y, x)),
    "zone behind": lambda y, x: "{2:.1f} mE, {3:.1f} mN (UTM {0}{1})".format(*utm(y, x)),
    "zona": lambda y, x: "Zona {}{} X: {:.1f} Y: {:.1f}".format(*utm(y, x)).replace("L", "S"),
}  # fmt: skip
PLACES = st.tuples(
    st.integers(-10_900_000, 5_900_000).map(lambda n: n / 1e6),
    st.integers(95_100_000, 140_900_000).map(lambda n: n / 1e6),
)


def metres_apart(one, other):
    return pyproj.Geod(ellps="WGS84").inv(one[1], one[0], other[1], other[0])[2]


@pytest.mark.parametrize("form", FORMS)
def test_a_place_is_read_in_each_form(form):
    for place in ((LAT, LON), (3.5, 98.670001), (-0.000123, 109.33), (-8.65, 115.2)):
        assert metres_apart(parse_pair(FORMS[form](*place)), place) < 2.0


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(PLACES, st.sampled_from(sorted(FORMS)))
def test_whatever_the_place_it_is_where_it_was(place, form):
    assume(abs(place[0]) > 1e-4)
    assert metres_apart(parse_pair(FORMS[form](*place)), place) < 2.0


# One angle in a column of its own: text → what it is.
@pytest.mark.parametrize(("text", "degrees"), [
    ("7.59.17.22 LS", -(7 + 59 / 60 + 17.22 / 3600)), ("110.13.30.7", 110 + 13 / 60 + 30.7 / 3600),
    ("110° 13' 30,7'' BT.", 110 + 13 / 60 + 30.7 / 3600),
    ("110.13.30", 110 + 13 / 60 + 30 / 3600), ("7.59.17 LS", -(7 + 59 / 60 + 17 / 3600)),
    ("7 derajat 59 menit 17 detik", 7 + 59 / 60 + 17 / 3600),
    ("(-7.98)", -7.98), ("'-7.98", -7.98), ("’-7,98", -7.98), ("-7.98,", -7.98), ("(7°30' LS)", -7.5),
    ("9.116.935,60", 9116935.6), ("414.612,90", 414612.9), ("9,116,935.60", 9116935.6),
    (str(time(7, 59, 17)), 7 + 59 / 60 + 17 / 3600),
    (str(timedelta(hours=110, minutes=13, seconds=30)), 110.225),
    (str(datetime(1900, 1, 4, 14, 13, 30)), 110.225),  # noqa: DTZ001 - as a workbook has it
])  # fmt: skip
def test_an_angle_is_read_in_each_form(text, degrees):
    assert parse_angle(text) == pytest.approx(degrees, abs=1e-9)


@pytest.mark.parametrize("text", [
    "7.59.17", "15.01.24", "(7.98)", "2024-01-04 14:13:30", "1900-02-04 14:13:30", "7.8.2024",
    "7 derajat 75 menit",
])  # fmt: skip
def test_an_angle_that_may_be_something_else_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_angle(text)


@pytest.mark.parametrize("text", [
    "https://maps.app.goo.gl/AbCdEf123", "https://goo.gl/maps/7.5,8", "MHHP+XM Bantul", "49M 9116936 12",
    "31U 414613 9116936",
    "https://www.google.com/maps/dir/-7.98,110.22/-7.90,110.30/@-7.94,110.26,13z",
    "SRID=32749;POINT(414613 9116936)",
    "49M 414613 916936", "6P5X2677+", "-7.98 / 110.22 / 5", "{}", "[]", "POINT(110.22)", "x" * 100_000,
    "https://www.google.com/maps/place/A/data=!3d-7.98!4d110.22!x!3d-7.90!4d110.30",
])  # fmt: skip
def test_what_says_no_one_place_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_pair(text)


# Of the published tests of Open Location Code (decoding.csv): code, and the middle of its cell.
@pytest.mark.parametrize(("code", "lat", "lon"), [
    ("7FG49QCJ+2V", 20.3700625, 2.7821875), ("7FG49QCJ+2VX", 20.3701125, 2.782234375),
    ("7FG49QCJ+2VXGJ", 20.3701135, 2.78223535156), ("8FVC2222+22", 47.0000625, 8.0000625),
    ("4VCPPQGP+Q9", -41.2730625, 174.7859375), ("62G20000+", None, None),
])  # fmt: skip
def test_plus_codes_are_those_of_the_standard(code, lat, lon):
    if lat is None:
        with pytest.raises(ValueError, match=r".*"):
            parse_pair(code)
        return
    assert parse_pair(f"{code} Bantul") == pytest.approx((lat, lon), abs=1e-9)
    assert plus_code_centre(code.replace("+", "")) == pytest.approx((lat, lon), abs=1e-9)
    assert math.isfinite(parse_pair("https://www.google.com/maps/place/" + code.replace("+", "%2B"))[0])
