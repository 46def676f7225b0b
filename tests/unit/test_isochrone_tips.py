"""Who lives along a road that is reached lies in the isochrone, up to the very end of what is reached."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from planner.pipeline import demo_layers, travel_by
from planner.travel.frames import Travel
from planner.travel.street import street_router


@pytest.mark.parametrize("step_m", [3.0, 8.0, 12.5])
def test_a_road_is_reached_to_its_tip(step_m):
    """A facility in the middle of a street of 10 m/s: within 33.3 s one comes from 333 m on both sides."""
    trips = Travel(street_router(), shapely.box(-500, -500, 1500, 500))
    unit = gpd.GeoSeries([shapely.Point(500, 0)], index=["u1"], crs="EPSG:32748")
    [area] = trips.isochrones(unit, [33.3 / 60], step_m=step_m).geometry
    west, _, east, _ = area.bounds
    assert (west, east) == pytest.approx((500 - 333, 500 + 333), abs=1.0)
    on_road = np.linspace(167.2, 832.8, 500)
    assert shapely.contains_xy(area, on_road, np.zeros(500)).all()
    assert not shapely.contains_xy(area, np.array([166.0, 834.0]), np.zeros(2)).any()
    # 1.56 s a metre on foot: 100 m before the tip 10 s are left, or 6.4 m beside the road.
    beside = shapely.contains_xy(area, np.full(4, 733.0), np.array([-6.6, -6.2, 6.2, 6.6]))
    assert beside.tolist() == [False, True, True, False]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["motorcycle", "walking"])
def test_nobody_along_the_roads_is_left_out(mode):
    """Points on the roads of the demo, asked one by one as people are, against the areas of five units."""
    layers = demo_layers(12)
    trips = travel_by(layers, mode)
    lines = layers.roads.geometry.to_numpy()
    rng = np.random.default_rng(4)
    some = rng.choice(len(lines), 6000, p=shapely.length(lines) / shapely.length(lines).sum())
    points = shapely.line_interpolate_point(lines[some], rng.random(6000), normalized=True)
    people = gpd.GeoDataFrame(index=[f"p{i}" for i in range(6000)], geometry=points, crs=layers.roads.crs)
    people = people[shapely.contains(shapely.union_all(layers.villages.geometry.to_numpy()), people.geometry)]
    units = layers.units("posyandu").iloc[:5]
    minutes = trips.matrix(people, units).to_numpy()
    for limit in (3, 8):
        areas = trips.isochrones(units, [limit]).geometry.to_numpy()
        drawn = np.column_stack([shapely.contains(area, people.geometry) for area in areas])
        truth = minutes <= limit
        assert truth.sum() > 50
        # A point on a road may be off it by the last digit.
        assert not (drawn < (minutes <= limit - 1e-6)).any()
        assert (drawn & ~truth).sum() <= 0.01 * truth.sum()
        assert pd.isna(minutes[drawn & ~truth]).sum() == 0
