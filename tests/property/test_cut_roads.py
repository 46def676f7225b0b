"""Roads that edits cut: the pieces cost what the whole did, whatever its heights and the floods on it."""

from __future__ import annotations

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import CRS, EAST, NORTH, at, line, roads

from geodata.crs import WGS84
from planner.network.build import build_network
from planner.network.edited import edited_network
from planner.network.overlay import cut_at_floods, flood_areas, road_overlay
from planner.scenarios.edits import AddRoad, Flood
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.router import Router

SCENARIO = default_scenario()
LONG_M = 600.0
HEIGHTS = st.lists(st.integers(-40, 900), min_size=2, max_size=9)


def lonlat(*places):
    points = gpd.GeoSeries([at(float(x), float(y)) for x, y in places], crs=CRS).to_crs(WGS84)
    return tuple((p.x, p.y) for p in points)


def across(x: float) -> AddRoad:
    return AddRoad.model_validate({"line": lonlat((x, -400), (x, 400)), "class": "path"})


def over(x: float, width: float, factor: float = 0.0, season: str = "wet") -> Flood:
    ring = lonlat((x, -50), (x + width, -50), (x + width, 50), (x, 50))
    return Flood(polygon=ring, factor=factor, season=season)


def with_heights(rows, heights):
    layer = roads(rows)
    cells = [np.array(h, dtype=np.float32) for h in heights]
    layer["heights_m"] = pd.Series(cells, index=layer.index, dtype=object)
    return layer


def seconds_by_hand(heights, slowed):
    """Tobler on foot, 5 km/h on the flat, along heights at equal steps; a share of the road in a flood."""
    step = LONG_M / (len(heights) - 1)
    total = 0.0
    for low, high in itertools.pairwise(heights):
        slope = min(max((high - low) / step, -1.0), 1.0)
        total += step / (5.0 / 3.6) * math.exp(3.5 * (abs(slope + 0.05) - 0.05))
    share, factor = slowed
    return total * (1.0 - share + share / factor)


CUTS = st.lists(st.tuples(st.booleans(), st.integers(1, 590)), min_size=1, max_size=5)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(HEIGHTS, CUTS, st.sampled_from([0.25, 0.5]), st.integers(20, 560), st.booleans())
def test_the_pieces_of_a_cut_road_cost_what_the_whole_did(heights, cuts, factor, wet_m, of_layer):
    layer = with_heights([{"from": 0, "to": 1, "geometry": line((0, 0), (LONG_M, 0))}], [heights])
    if of_layer:
        # Closed in the wet season by the floods layer: cut before any edit.
        closed = gpd.GeoDataFrame(
            {"speed_factor": [0.0]}, geometry=[shapely.box(EAST + 90, NORTH - 9, EAST + 97, NORTH + 9)],
            crs=CRS,
        )  # fmt: skip
        layer = cut_at_floods(layer, flood_areas(closed, (), CRS))
    slow = over(-10.0, wet_m + 10.0, factor, "both")
    edits = [across(x) if road else over(x, 7.5) for road, x in cuts]
    overlay = road_overlay(layer, edits, SCENARIO.drawing)
    pieces = overlay.put[overlay.origin != ""]
    rest = layer[~layer.index.isin(overlay.gone)]
    every = gpd.GeoDataFrame(pd.concat([rest, pieces]))
    assert len(every) > 1
    floods = [] if of_layer else flood_areas(None, [slow], CRS)
    network = build_network(every, SCENARIO, modes=["walking"], floods=floods)
    there = network.impedance[Profile("walking", "dry")]
    slowed = (0.0, 1.0) if of_layer else (wet_m / LONG_M, factor)
    for takes, profile in ((there.forward_s, heights), (there.backward_s, heights[::-1])):
        whole = seconds_by_hand(np.float32(profile).tolist(), slowed)
        # Each piece its share, so that a trip which begins on the way costs what it did too.
        np.testing.assert_allclose(takes, whole * network.edge_length_m / LONG_M, rtol=1e-7)
        assert takes.sum() == pytest.approx(whole, rel=1e-7)


GRID = 4
PLACE = st.tuples(st.integers(-60, 960), st.integers(-60, 960))
DRAWN = st.tuples(PLACE, PLACE).filter(lambda ab: math.dist(*ab) > 50)


def hills(numbers):
    """Streets of 300 m on a grid, each over a hill of its own."""
    rows, heights = [], []
    for x in range(GRID):
        for y in range(GRID):
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx < GRID and y + dy < GRID:
                    ends = line((300.0 * x, 300.0 * y), (300.0 * (x + dx), 300.0 * (y + dy)))
                    k = len(rows)
                    rows.append({"from": x * GRID + y, "to": (x + dx) * GRID + y + dy, "geometry": ends,
                                 "way_id": f"w{k}", "road_id": f"w{k}#0"})  # fmt: skip
                    heights.append([0, *(numbers[(k * 5 + m) % len(numbers)] for m in range(k % 4)), 0])
    return with_heights(rows, heights)


def seconds(layer, edits, floods, season, places, units):
    """What trips take before and after the edits (places, units), and whose way to the road is the same."""
    profile = Profile("walking", season)
    of_layer = flood_areas(floods, (), CRS)
    layer = cut_at_floods(layer, of_layer)
    base = build_network(layer, SCENARIO, modes=["walking"], floods=of_layer)
    network, _ = edited_network(base, layer, edits, scenario=SCENARIO, modes=["walking"], floods=floods)
    before = Router(base, profile, rule=SCENARIO.access)
    after = Router(network, profile, rule=SCENARIO.access, base=before)
    ends = [before.stops(np.array([at(*map(float, p)) for p in some], object)) for some in (places, units)]
    moved = [after.access.again(some) for some in ends]
    same = [same_roads(old, new) for old, new in zip(ends, moved, strict=True)]
    return before.matrix(*ends), after.matrix(*moved), np.logical_and.outer(*same)


def same_roads(old, new):
    """Whose ways to the roads are as before; who lives on a piece that a flood cuts off has one more."""
    reached = [
        [np.sort(snap.access_m[snap.point == place]) for place in range(len(stops))]
        for stops in (old, new)
        for snap in (stops.leaving,)
    ]
    return np.array(
        [
            len(one) == len(other) and np.allclose(one, other, rtol=0, atol=1e-6)
            for one, other in zip(*reached, strict=True)
        ]
    )


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=3, max_size=11), st.lists(DRAWN, min_size=1, max_size=3),
    st.lists(PLACE, min_size=1, max_size=5), st.lists(PLACE, min_size=1, max_size=3),
    st.tuples(PLACE, st.sampled_from([0.0, 0.2, 0.6])),
)  # fmt: skip
def test_an_added_road_makes_no_trip_over_hills_or_through_floods_longer(
    numbers, drawn, places, units, flood
):
    (x, y), factor = flood
    wet = shapely.box(EAST + x, NORTH + y, EAST + x + 250, NORTH + y + 180)
    floods = gpd.GeoDataFrame({"speed_factor": [factor]}, geometry=[wet], crs=CRS)
    edits = [AddRoad.model_validate({"line": lonlat(a, b), "class": "residential"}) for a, b in drawn]
    for season in ("dry", "wet"):
        before, after, _ = seconds(hills(numbers), edits, floods, season, places, units)
        assert (after <= before + 1e-3).all()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=3, max_size=11), st.lists(PLACE, min_size=1, max_size=3),
    st.lists(PLACE, min_size=1, max_size=5), st.lists(PLACE, min_size=1, max_size=3),
)  # fmt: skip
@example(numbers=[0, 0, 0], wet=[(0, 0), (149, 0)], places=[(138, 117)], units=[(10, 401)])
def test_a_flood_of_the_wet_season_slows_nobody_on_hills_in_the_dry(numbers, wet, places, units):
    edits = [
        Flood(polygon=lonlat((x, y), (x + 90, y), (x + 90, y + 60), (x, y + 60)), factor=0, season="wet")
        for x, y in wet
    ]
    before, after, _ = seconds(hills(numbers), edits, None, "dry", places, units)
    assert (after <= before + 1e-3).all()
    # Whom the flood sends to another road, or to one more, may take it in the dry season too; nobody else.
    _, _, same = seconds(hills(numbers), edits, None, "wet", places, units)
    np.testing.assert_allclose(after[same], before[same], rtol=1e-6, atol=1e-3)


def test_a_new_road_meets_a_cut_one_at_the_height_it_has_there():
    layer = with_heights([{"from": 0, "to": 1, "geometry": line((0, 0), (LONG_M, 0))}], [[0, 60, 20]])
    between = lonlat((450, 0), (300, 300), (150, 0))
    edits = [across(150.0), across(450.0), AddRoad.model_validate({"line": between})]
    put = road_overlay(layer, edits, SCENARIO.drawing).put
    # Half way up the first slope, and half way down the second.
    np.testing.assert_allclose(put.loc["edit/3#0", "heights_m"], [40.0, 30.0], atol=0.1)
