"""Trips of a gaps' demand begin on the road that each place was put on, as the gaps count them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from planner.network.convert import network_of_arrays
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.frames import Travel
from planner.travel.router import Router


@pytest.fixture
def trips():
    """Two roads of 10 m/s that cross at (500, 0) on a bridge, and meet only at their western ends."""
    xy = np.array([[0.0, 0.0], [1000.0, 0.0], [500.0, -500.0], [500.0, 500.0]])
    start, stop = np.array([0, 2, 0], np.int32), np.array([1, 3, 2], np.int32)
    seconds = np.hypot(*(xy[stop] - xy[start]).T) / 10.0
    network = network_of_arrays(xy, start, stop, seconds, seconds, crs="EPSG:32748", mode="car")
    router = Router(network, Profile("car", "dry"), rule=default_scenario().access)
    return Travel(router, shapely.box(-500, -1000, 1500, 1000))


def on(road, at=(500.0, 0.0)):
    return gpd.GeoDataFrame(
        {"road_id": [road]}, geometry=[shapely.Point(at)], index=["home"], crs="EPSG:32748"
    )


UNIT = gpd.GeoDataFrame(geometry=[shapely.Point(500, 400)], index=["u1"], crs="EPSG:32748")
# Off the bridge: back to the west, down the third road and up the second.
ROUND_S = 50.0 + np.hypot(500.0, 500.0) / 10.0 + 90.0


def test_a_place_on_the_bridge_goes_round(trips):
    ids = trips.router.network.edge_id
    above, below = on(ids[0]), on(ids[1])
    assert trips.nearest(above, UNIT)["minutes"].tolist() == pytest.approx([ROUND_S / 60])
    assert trips.nearest(below, UNIT)["minutes"].tolist() == pytest.approx([40 / 60])
    # Nobody says on which: the nearer way counts, as for any place.
    plain = above.drop(columns="road_id")
    assert trips.nearest(plain, UNIT)["minutes"].tolist() == pytest.approx([40 / 60])
    # All questions have one answer.
    assert trips.matrix(above, UNIT).to_numpy().tolist() == [pytest.approx([ROUND_S / 60])]
    assert trips.within(above, UNIT, minutes=2)["minutes"].tolist() == []
    assert trips.path(above, UNIT)["minutes"].sum() == pytest.approx(ROUND_S / 60)
    ways = trips.paths(above, UNIT, trips.nearest(above, UNIT))
    assert ways["minutes"].tolist() == pytest.approx([ROUND_S / 60])


@pytest.mark.parametrize("road", ["", "entah", None])
def test_what_names_no_road_tells_nothing(trips, road):
    assert trips.nearest(on(road), UNIT)["minutes"].tolist() == pytest.approx([40 / 60])


def test_a_road_on_which_the_place_does_not_lie_tells_nothing(trips):
    """A column of the name may be the user's own."""
    wrong = on(trips.router.network.edge_id[0], at=(500.0, 300.0))
    assert trips.nearest(wrong, UNIT)["minutes"].tolist() == pytest.approx([10 / 60])
