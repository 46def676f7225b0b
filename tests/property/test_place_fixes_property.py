"""Random places, spoiled in a known way: what is proposed is the true place, or nothing is taken."""

from __future__ import annotations

import functools

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geodata.readers.place_fixes import Places

GEOD = Geod(ellps="WGS84")
# South-west corners (degrees) of areas: in the south, at the equator, in the north, where two zones meet.
CORNERS = ((113.4, -8.5), (109.1, -0.2), (95.2, 5.1), (119.85, -3.2))
SIDE, ACROSS = 0.08, 5


@functools.cache
def area(corner):
    """Villages in a square of five by five; a kecamatan is a column of them."""
    x0, y0 = corner
    codes, shapes, districts = [], [], []
    for i in range(ACROSS):
        for j in range(ACROSS):
            x, y = x0 + i * SIDE, y0 + j * SIDE
            codes.append(f"35.09.{i + 1:02d}.{2001 + j}")
            shapes.append(shapely.box(x, y, x + SIDE, y + SIDE))
            districts.append(f"Kecamatan Kec{'abcde'[i]}")
    zone = 32700 + int((x0 + 180) // 6) + 1
    rows = gpd.GeoDataFrame(
        {"district_name": districts}, geometry=shapes, index=pd.Index(codes, dtype="str"), crs=4326
    ).to_crs(zone)
    return rows, Places(rows, shapely.union_all(rows.geometry.to_numpy()).buffer(10_000))


def without_point(value):
    """The number that is left of a text whose decimal point got lost."""
    return float(f"{value:.7f}".replace(".", ""))


def metres(lon, lat):
    zone = int((lon + 180) // 6) + 1
    return pyproj.Transformer.from_crs(4326, (32600 if lat >= 0 else 32700) + zone, always_xy=True).transform(
        lon, lat
    )


WAYS = {
    "swapped": lambda lon, lat: (lat, lon),
    "minus lost": lambda lon, lat: (lon, abs(lat)),
    "minus too many": lambda lon, lat: (-lon, lat),
    "swapped, minus lost": lambda lon, lat: (abs(lat), lon),
    "point lost in the longitude": lambda lon, lat: (without_point(lon), lat),
    "point lost in the latitude": lambda lon, lat: (lon, without_point(lat)),
    "both points lost": lambda lon, lat: (without_point(lon), without_point(lat)),
    "both points and the minus lost": lambda lon, lat: (without_point(lon), abs(without_point(lat))),
    "metres": metres,
    "metres, northing first": lambda lon, lat: metres(lon, lat)[::-1],
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=100, deadline=None)
@given(
    corner=st.sampled_from(CORNERS),
    i=st.integers(0, ACROSS - 1),
    j=st.integers(0, ACROSS - 1),
    u=st.integers(0, 999_999),
    v=st.integers(0, 999_999),
    states=st.sampled_from(("village", "kecamatan", "neither")),
)
def test_what_is_taken_is_the_true_place(way, corner, i, j, u, v, states):
    lon = round(corner[0] + (i + u / 1e6) * SIDE, 7)
    lat = round(corner[1] + (j + v / 1e6) * SIDE, 7)
    spoiled = WAYS[way](lon, lat)
    assume(spoiled != (lon, lat))
    code = f"35.09.{i + 1:02d}.{2001 + j}"
    _, known = area(corner)
    found = known.proposal(
        *spoiled,
        village=code if states == "village" else None,
        district=f"Kec{'abcde'[i]}" if states == "kecamatan" else "",
    )
    if found is None:
        return
    assert found.safe == (states != "neither")
    assert GEOD.inv(lon, lat, found.lon, found.lat)[2] < 1.0


@pytest.mark.parametrize("way", WAYS)
def test_far_from_the_equator_every_place_is_found_again(way):
    """Not only is nothing wrong proposed: what can be told is told."""
    rng = np.random.default_rng(4)
    _, known = area(CORNERS[0])
    for _ in range(20):
        i, j = rng.integers(0, ACROSS, 2)
        lon = round(CORNERS[0][0] + (i + rng.uniform(0.1, 0.9)) * SIDE, 7)
        lat = round(CORNERS[0][1] + (j + rng.uniform(0.1, 0.9)) * SIDE, 7)
        found = known.proposal(*WAYS[way](lon, lat), village=f"35.09.{i + 1:02d}.{2001 + j}")
        assert found is not None
        assert GEOD.inv(lon, lat, found.lon, found.lat)[2] < 1.0
