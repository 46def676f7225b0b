"""Spoiled coordinates, one case at a time: what is proposed, on what evidence, and when nobody chooses."""

from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.readers.place_fixes import Places, readings

# Two kecamatan side by side in the south, one village each; a third astride the equator's other side.
AT = {
    "35.09.01.2001": (113.70, -8.20, "Jaya"),
    "35.09.02.2001": (113.80, -8.20, "Makmur"),
}


def villages(at=AT, side=0.1, crs="EPSG:32749"):
    shapes = [shapely.MultiPolygon([shapely.box(x, y, x + side, y + side)]) for x, y, _ in at.values()]
    return gpd.GeoDataFrame(
        {"district_name": [d for *_, d in at.values()]},
        geometry=shapes,
        index=pd.Index(list(at), name="village_code", dtype="str"),
        crs="EPSG:4326",
    ).to_crs(crs)


@pytest.fixture(scope="module")
def known():
    rows = villages()
    return Places(rows, shapely.union_all(rows.geometry.to_numpy()).buffer(10_000))


HOME = "35.09.01.2001"
# A place in the first village, and what it became. Metres are of pyproj's own command line (cs2cs).
SPOILED = {
    "swapped": (-8.1706, 113.7012),
    "a lost minus": (113.7012, 8.1706),
    "swapped, a lost minus": (8.1706, 113.7012),
    "a minus too many": (-113.7012, -8.1706),
    "a lost point": (1137012, -8.1706),
    "a lost point in the latitude": (113.7012, -81706),
    "both points lost": (1137012, -81706),
    "both points and the minus lost": (1137012, 81706),
}


@pytest.mark.parametrize(("lon", "lat"), SPOILED.values(), ids=SPOILED)
def test_each_way_is_mended_where_the_row_names_its_village(known, lon, lat):
    found = known.proposal(lon, lat, village=HOME)
    assert found is not None
    assert (found.lon, found.lat) == pytest.approx((113.7012, -8.1706), abs=1e-9)
    assert found.safe
    assert "village" in found.evidence


def test_metres_are_read_in_the_zone_in_which_the_row_lies(known):
    # 111 is the middle of zone 49: there an easting is 500,000 m. 10,000,000 m less 8.17 degrees of a
    # meridian (110,600 m each) is the northing; the village is 300 km east of it.
    point = gpd.GeoSeries([shapely.Point(113.7012, -8.1706)], crs=4326).to_crs("EPSG:32749").iloc[0]
    assert point.y == pytest.approx(10_000_000 - 8.1706 * 110_600, abs=5_000)
    for x, y in ((point.x, point.y), (point.y, point.x)):
        found = known.proposal(x, y, village=HOME)
        assert found is not None
        assert "zone 49S" in found.how
        assert (found.lon, found.lat) == pytest.approx((113.7012, -8.1706), abs=1e-6)


def test_the_kecamatan_is_enough_and_the_area_only_offers(known):
    by_district = known.proposal(-8.1706, 113.7012, district="Kec. JAYA")
    assert by_district is not None
    assert by_district.safe
    alone = known.proposal(-8.1706, 113.7012)
    assert alone is not None
    assert not alone.safe
    assert known.proposal(-8.1706, 113.7012, anywhere=False) is None


def test_a_kecamatan_of_elsewhere_proves_nothing(known):
    found = known.proposal(-8.1706, 113.7012, district="Ambulu")
    assert found is None or not found.safe


def test_between_two_readings_nobody_chooses():
    # One kecamatan on either side of the equator: swapped alone, or swapped with its minus lost, both fit.
    rows = villages(
        {"64.74.01.1001": (117.0, -0.6, "Jaya"), "64.74.01.1002": (117.0, 0.5, "Jaya")}, crs="EPSG:32650"
    )
    known = Places(rows)
    assert known.proposal(0.55, 117.05, district="Jaya") is None
    assert known.proposal(0.55, 117.05) is None
    one = known.proposal(0.55, 117.05, village="64.74.01.1002")
    assert one is not None
    assert (one.lon, one.lat) == (117.05, 0.55)


def test_readings_some_metres_apart_are_two():
    # 0.0003 degrees north or south of the equator: 66 m apart, in one village.
    rows = villages({"64.74.01.1001": (117.0, -0.05, "Jaya")}, crs="EPSG:32650")
    assert Places(rows).proposal(0.0003, 117.05, village="64.74.01.1001") is None


@pytest.mark.parametrize(
    ("lon", "lat"), [(0.0, 0.0), (math.nan, -8.0), (math.inf, 1.0), (2.35, 48.86), (1e300, -1e300)]
)
def test_what_is_no_place_has_no_reading(known, lon, lat):
    assert known.proposal(lon, lat, village=HOME) is None


def test_a_good_place_is_no_reading_of_itself():
    assert (113.7, -8.17) not in {(r.lon, r.lat) for r in readings(113.7, -8.17)}


def test_zeros_behind_the_lost_point_may_be_lost_too():
    # -0.0250000 and -0.2500000 both leave -250000, and both lie in the kecamatan.
    rows = villages(
        {"64.74.01.1001": (117.0, -0.3, "Jaya"), "64.74.01.1002": (117.0, -0.12, "Jaya")}, crs="EPSG:32650"
    )
    known = Places(rows)
    assert known.proposal(117.05, -250_000, district="Jaya") is None
    found = known.proposal(117.05, -250_000, village="64.74.01.1002")
    assert found is not None
    assert (found.lon, found.lat) == (117.05, -0.025)


def test_sixteen_digits_are_no_reason_to_misread():
    rows = villages(
        {"64.74.01.1001": (117.0, -0.4, "Jaya"), "64.74.01.1002": (117.0, -3.3, "Jaya")}, crs="EPSG:32650"
    )
    assert Places(rows).proposal(117.05, -3283000978290929, district="Jaya") is None
