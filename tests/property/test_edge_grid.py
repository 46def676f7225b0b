"""Very many places at once: by the grid of edges as by shapely, and as the router says one by one."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import EAST, NORTH, roads
from test_travel_times import PROFILE, SCENARIO, _points, towns

from planner.network.build import build_network
from planner.network.land import Ground, Land
from planner.travel.edge_grid import EdgeGrid, SmallParts
from planner.travel.lattice import ExactTimes
from planner.travel.router import Router


def bent_lines(seed, n=40, side=3000.0):
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        start = rng.uniform(0, side, 2)
        steps = rng.uniform(-400, 400, (int(rng.integers(1, 5)), 2))
        out.append(shapely.LineString(np.vstack([start, start + np.cumsum(steps, axis=0)])))
    # From where others end, and one with a piece of no length.
    out += [shapely.LineString([*line.coords[-1:], (side, side)]) for line in out[:5]]
    out.append(shapely.LineString([(0, 0), (0, 0), (250, 0)]))
    return np.array(out, dtype=object)


def by_shapely(lines, edges, times, xy, most_m, seconds_per_m):
    """Seconds and metres by the nearest line of all, each line asked."""
    seconds, away = np.full(len(xy), np.inf), np.full(len(xy), np.inf)
    for i, place in enumerate(shapely.points(xy)):
        metres = shapely.distance(lines, place)
        if metres.min() > most_m:
            continue
        away[i] = metres.min()
        for k in np.flatnonzero(metres <= metres.min() + 1e-9):
            share = lines[k].project(place, normalized=True)
            ahead, behind, all_ahead, all_behind = times[edges[k]]
            ride = (
                ahead + (0.0 if share == 1 else (1 - share) * all_ahead),
                behind + (0.0 if share == 0 else share * all_behind),
            )
            seconds[i] = min(seconds[i], metres.min() * seconds_per_m + min(ride))
    return seconds, away


def random_times(rng, n):
    times = rng.uniform(0, 1000, (n, 4))
    times[rng.random((n, 4)) < 0.15] = np.inf
    return times


@pytest.mark.parametrize("seed", range(6))
def test_the_nearest_edge_of_all_is_shapelys(seed):
    rng = np.random.default_rng(seed)
    lines = bent_lines(seed)
    edges = rng.permutation(len(lines) + 7)[: len(lines)].astype(np.int64)
    times = random_times(rng, len(lines) + 7)
    xy = rng.uniform(-2500, 5500, (300, 2))
    # On a junction, on a line, and on the side of a cell.
    xy = np.vstack([xy, shapely.get_coordinates(lines[:20])[:40], [[100.0, 200.0], [0.0, 0.0]]])
    marked = np.arange(len(times)) % 5 == 0
    found = EdgeGrid(edges, lines).nearest(xy, times, marked, most_m=700.0, seconds_per_m=1.3)
    seconds, away = by_shapely(lines, edges, times, xy, 700.0, 1.3)
    np.testing.assert_allclose(found.seconds, seconds, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(found.away_m, away, rtol=1e-9, atol=1e-9)
    none = np.isinf(away)
    assert none.any()
    assert (found.edge[none] == -1).all()
    # Every fifth edge is marked.
    near = shapely.distance(lines[:, None], shapely.points(xy)[None, :])
    touched = ((near <= near.min(axis=0) + 1e-9) & (edges % 5 == 0)[:, None]).any(axis=0) & ~none
    np.testing.assert_array_equal(found.touched, touched)


@pytest.mark.parametrize("seed", range(3))
def test_the_nearest_edge_of_each_part_is_shapelys(seed):
    rng = np.random.default_rng(seed)
    lines = bent_lines(seed)
    edges = rng.permutation(len(lines)).astype(np.int64)
    part = rng.integers(0, 6, len(lines)) * 3
    times = random_times(rng, len(lines))
    xy = rng.uniform(-500, 3500, (100, 2))
    marked = np.arange(len(times)) % 5 == 0
    seconds, edge, share, touched = SmallParts(edges, part, lines).nearest(
        xy, times, marked, most_m=900.0, seconds_per_m=1.3
    )
    assert seconds.shape == edge.shape == share.shape == touched.shape == (100, len(np.unique(part)))
    for k, number in enumerate(np.unique(part)):
        mine = part == number
        expected, away = by_shapely(lines[mine], edges[mine], times, xy, 900.0, 1.3)
        np.testing.assert_allclose(seconds[:, k], expected, rtol=1e-6, atol=1e-5)
        np.testing.assert_array_equal(edge[:, k] == -1, np.isinf(away))
        near = shapely.distance(lines[mine][:, None], shapely.points(xy)[None, :])
        tied = (near <= near.min(axis=0) + 1e-9) & ~np.isinf(away)
        np.testing.assert_array_equal(touched[:, k], (tied & marked[edges[mine]][:, None]).any(axis=0))


def test_no_edges_at_all():
    none = np.empty(0, dtype=object)
    xy, times = np.zeros((2, 2)), np.zeros((0, 4))
    found = EdgeGrid(np.empty(0, np.int64), none).nearest(
        xy, times, np.zeros(0, dtype=bool), most_m=10.0, seconds_per_m=1.0
    )
    assert np.isinf(found.seconds).all()
    small = SmallParts(np.empty(0, np.int64), np.empty(0, np.int64), none)
    assert small.nearest(xy, times, np.zeros(0, dtype=bool), most_m=10.0, seconds_per_m=1.0)[0].shape == (
        2,
        0,
    )


def square(x0, y0, x1, y1):
    return shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


def apart(rows):
    """Return roads of which no two lie on each other: which is nearer is then a matter of the last bit."""
    out = []
    for row in rows:
        if row["from"] != row["to"] and all(
            row["geometry"].intersection(r["geometry"]).length == 0 for r in out
        ):
            out.append(row)
    return out


TWO = np.array([square(-500, -500, 900, 2500), square(1000, -500, 2600, 2500)])
GROUNDS = {
    "open": Ground(),
    # Two landmasses, and a river between the roads of one.
    "islands": Ground(land=Land(TWO, 60.0)),
    "river": Ground(water=np.array([square(-500, 700, 2500, 720)])),
}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    towns(),
    st.sampled_from(["to_facility", "from_facility"]),
    st.sampled_from(sorted(GROUNDS)),
    st.integers(0, 99),
)
def test_places_by_the_thousand_take_what_each_takes_alone(case, direction, ground, seed):
    rows, _, units = case
    rng = np.random.default_rng(seed)
    rows = apart(rows)
    assume(rows)
    # Some roads are closed by the rains: places keep both seasons' access points.
    rows = [{**r, "season": "dry_only"} if rng.random() < 0.2 and not r["route"] else r for r in rows]
    network = build_network(roads(rows), SCENARIO, modes=["motorcycle"])
    router = Router(network, PROFILE, rule=SCENARIO.access, ground=GROUNDS[ground])
    stops = router.stops(_points(units))
    xy = np.column_stack(
        [rng.uniform(EAST - 900, EAST + 3200, 150), rng.uniform(NORTH - 900, NORTH + 3200, 150)]
    )
    places = router.stops(np.asarray(shapely.points(xy), dtype=object))
    expected = router.nearest(places, stops, direction=direction).travel_s
    found = ExactTimes(router, stops, direction).seconds(xy)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2e-6)
