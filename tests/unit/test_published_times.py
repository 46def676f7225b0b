"""Travel times with known answers (shared/reference/README.md); OR-Library's graphs by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely
from support import CRS, EAST, NORTH, at, line, roads

from planner.network.build import build_network
from planner.network.convert import network_of_arrays
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.router import Router

SCENARIO = default_scenario()
CAR = Profile("car", "dry")


def test_a_chain_of_edges_is_the_sum_of_its_parts():
    xy = np.array([[EAST + 500.0 * k, NORTH] for k in range(4)])
    seconds = np.array([10.0, 20.0, 30.0])
    ends = np.arange(4, dtype=np.int32)
    network = network_of_arrays(xy, ends[:-1], ends[1:], seconds, seconds, crs=CRS, mode="car")
    router = Router(network, CAR, rule=SCENARIO.access)
    stops = router.stops(shapely.points(xy))
    along = np.array([0.0, 10.0, 30.0, 60.0])
    np.testing.assert_allclose(router.matrix(stops, stops), np.abs(along[:, None] - along[None, :]))


@pytest.mark.parametrize(("duration_s", "expected"), [(3600.0, 3600.0), (np.nan, 3.6 * 5000 / 15)])
def test_a_ferry_takes_its_duration_or_its_length_at_the_ferry_speed(duration_s, expected):
    table = roads(
        [
            {"from": 0, "to": 1, "geometry": line((-10, 0), (0, 0))},
            {"from": 1, "to": 2, "geometry": line((0, 0), (5000, 0)), "route": "ferry",
             "road_class": "ferry", "duration_s": duration_s},
            {"from": 2, "to": 3, "geometry": line((5000, 0), (5010, 0))},
        ]
    )  # fmt: skip
    no_wait = SCENARIO.model_copy(
        update={"ferry": SCENARIO.ferry.model_copy(update={"waiting_minutes": 0.0})}
    )
    for scenario, wait in ((no_wait, 0.0), (SCENARIO, 1800.0)):
        router = Router(build_network(table, scenario, modes=["car"]), CAR, rule=scenario.access)
        a, b = (router.stops(np.array([p], dtype=object)) for p in (at(0, 0), at(5000, 0)))
        assert router.matrix(a, b)[0, 0] == pytest.approx(expected + wait)


def test_a_grid_at_36_kph_has_straight_steps_of_10_s_and_diagonals_of_14_s():
    """Three by three nodes 100 m apart, with diagonals: a step takes 10 s, a diagonal 14 (14.14)."""
    node = {(x, y): x * 3 + y for x in range(3) for y in range(3)}
    rows = []
    for (x, y), (dx, dy) in itertools.product(node, ((1, 0), (0, 1), (1, 1), (1, -1))):
        if (x + dx, y + dy) in node:
            drawn = line((100.0 * x, 100.0 * y), (100.0 * (x + dx), 100.0 * (y + dy)))
            rows.append(
                {"from": node[x, y], "to": node[x + dx, y + dy], "geometry": drawn,
                 "road_class": "primary", "maxspeed_kph": 36.0}
            )  # fmt: skip
    router = Router(build_network(roads(rows), SCENARIO, modes=["car"]), CAR, rule=SCENARIO.access)
    places = np.array([at(100.0 * x, 100.0 * y) for x, y in node], dtype=object)
    stops = router.stops(places)
    times = router.matrix(stops, stops)
    for (i, (x, y)), (j, (u, v)) in itertools.product(enumerate(node), repeat=2):
        dx, dy = abs(x - u), abs(y - v)
        diagonal = min(dx, dy)
        assert times[i, j] == pytest.approx(10 * (max(dx, dy) - diagonal) + np.sqrt(200) * diagonal, abs=1e-4)
    assert round(times[0, 4]) == 14
    assert round(times[0, 1]) == 10


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize("number", [1, 6, 11, 20])
def test_or_library_graphs_are_floyd_warshall(shared, number):
    """All pairs of the p-median graphs; where an edge is listed twice the last line counts."""
    from scipy.sparse.csgraph import floyd_warshall

    text = (shared / f"reference/orlib/pmed{number}.txt").read_text().split()
    n, m = int(text[0]), int(text[1])
    table = np.array(text[3 : 3 + 3 * m], dtype=np.int64).reshape(-1, 3)
    frame = pd.DataFrame(np.sort(table[:, :2], axis=1) - 1).assign(cost=table[:, 2])
    frame = frame.drop_duplicates([0, 1], keep="last")
    dense = np.full((n, n), np.inf)
    dense[frame[0], frame[1]] = dense[frame[1], frame[0]] = frame["cost"]
    slow = floyd_warshall(dense, directed=False)
    rng = np.random.default_rng(number)
    # Far apart, so that nobody walks across, and no place lies on another one's line.
    xy = rng.uniform(0, 1e8, (n, 2))
    cost = frame["cost"].to_numpy(dtype=np.float64)
    network = network_of_arrays(
        xy, frame[0].to_numpy(np.int32), frame[1].to_numpy(np.int32), cost, cost, crs=CRS, mode="car"
    )
    router = Router(network, CAR, rule=SCENARIO.access)
    stops = router.stops(shapely.points(xy))
    np.testing.assert_allclose(router.matrix(stops, stops), slow)
    nearest = router.nearest(stops, router.stops(shapely.points(xy[:5])))
    np.testing.assert_allclose(nearest.travel_s, slow[:, :5].min(axis=1))
