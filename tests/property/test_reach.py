"""Paths, isochrones and catchments: they agree with the travel times and with each other."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CRS, EAST, NORTH, at, box, facilities, hamlets, layers, line, roads, villages
from test_travel_times import PROFILE, SCENARIO, _points, _router, towns

from geodata.errors import ConfigError, InputError
from planner.network.build import build_network
from planner.pipeline import travel_by
from planner.travel.isochrones import catchments, isochrones, make_grid
from planner.travel.paths import find_path
from planner.travel.router import Router


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(towns(), st.sampled_from(["to_facility", "from_facility"]))
def test_a_path_takes_what_the_table_says_and_hangs_together(case, direction):
    rows, origin_places, facility_places = case
    router = _router(rows)
    a, b = _points(origin_places)[:1], _points(facility_places)[:1]
    if direction == "from_facility":
        a, b = b, a
    start, stop = router.stops(a), router.stops(b)
    path = find_path(router, start, stop)
    expected = router.matrix(start, stop)[0, 0]
    if path is None:
        assert np.isinf(expected)
        return
    assert path.travel_s == pytest.approx(expected, rel=1e-9, abs=2e-6)
    assert sum(leg.travel_s for leg in path.legs) == pytest.approx(path.travel_s, rel=1e-9, abs=2e-6)
    if not path.legs:
        assert path.travel_s == 0
        return
    places = [a[0], *(shapely.Point(leg.line.coords[-1]) for leg in path.legs)]
    for place, leg in zip(places, path.legs, strict=False):
        # One leg begins where the last one ended, within the junction tolerance.
        assert shapely.distance(place, shapely.Point(leg.line.coords[0])) < 0.2
    assert shapely.distance(places[-1], b[0]) < 0.2
    ids = set(router.network.edge_id)
    assert all(r in ids for leg in path.legs for r in leg.road_ids)
    for leg in path.legs:
        if leg.kind in ("access", "egress", "walk"):
            assert leg.travel_s == pytest.approx(leg.length_m * SCENARIO.access.seconds_per_m(), abs=1e-6)


def test_the_legs_of_a_crossing():
    table = roads(
        [
            {"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0))},
            {"from": 1, "to": 2, "geometry": line((1000, 0), (6000, 0)), "route": "ferry",
             "road_class": "ferry", "duration_s": 1200.0},
            {"from": 2, "to": 3, "geometry": line((6000, 0), (7000, 0))},
        ]
    )  # fmt: skip
    router = Router(build_network(table, SCENARIO, modes=["motorcycle"]), PROFILE, rule=SCENARIO.access)
    ends = [router.stops(np.array([p], dtype=object)) for p in (at(0, 60), at(7000, -30))]
    frame = find_path(router, *ends).to_frame()
    assert frame["leg"].tolist() == ["access", "road", "wait", "ferry", "road", "egress"]
    # 60 m and 30 m on foot at 3 km/h with detour 1.3; two kilometres at 30 km/h; half an hour; 20 minutes.
    np.testing.assert_allclose(frame["minutes"], [1.56, 2.0, 30.0, 20.0, 2.0, 0.78])
    np.testing.assert_allclose(frame["length_m"], [60.0, 1000.0, 0.0, 5000.0, 1000.0, 30.0])
    assert frame["road_ids"].tolist() == [[], ["e0"], [], ["e1"], ["e2"], []]
    back = find_path(router, *ends[::-1]).to_frame()
    assert back["leg"].tolist() == ["access", "road", "wait", "ferry", "road", "egress"]


def test_roads_drawn_one_over_the_other_are_equally_near():
    """The last bit of a distance depends on which way round a line was drawn; both are access points."""
    random = np.random.default_rng(4)
    bends = [(0, 0), (913, 377), (1501, 40), (2203, 811)]
    table = roads(
        [
            {"from": 0, "to": 1, "geometry": line(*bends)},
            {"from": 1, "to": 0, "geometry": line(*bends[::-1]), "road_class": "track"},
        ]
    )
    router = Router(build_network(table, SCENARIO, modes=["motorcycle"]), PROFILE, rule=SCENARIO.access)
    places = np.array([at(x, y) for x, y in random.uniform(0, 1000, (400, 2))], dtype=object)
    found = router.access.snapper.nearest(places)
    assert np.bincount(found.point, minlength=400).tolist() == [2] * 400
    # And so the quicker of the two is taken, whichever is nearer by a bit.
    unit = np.array([at(2203, 811)], dtype=object)
    there = router.nearest(router.stops(places), router.stops(unit)).travel_s
    alone = Router(
        build_network(table.iloc[:1], SCENARIO, modes=["motorcycle"]), PROFILE, rule=SCENARIO.access
    )
    quick = alone.nearest(alone.stops(places), alone.stops(unit)).travel_s
    np.testing.assert_allclose(there, quick, atol=1e-5)


def test_a_road_that_comes_back_on_itself_is_joined_at_both_passes():
    """A loop out and back along one line: the way home may be a few metres, or nearly all of the loop."""
    table = roads(
        [
            {"from": 0, "to": 0, "geometry": line((0, 0), (3000, 0), (0, 0)), "oneway": "reverse"},
            {"from": 0, "to": 1, "geometry": line((0, 0), (0, 1000))},
        ]
    )
    router = Router(build_network(table, SCENARIO, modes=["motorcycle"]), PROFILE, rule=SCENARIO.access)
    place, unit = (np.array([p], dtype=object) for p in (at(600, -100), at(0, 1000)))
    found = router.access.snapper.nearest(place)
    assert sorted(found.fraction.tolist()) == pytest.approx([0.1, 0.9])
    # From either pass against the drawn way: 600 m back to the beginning, not 5,400.
    foot_s = 100 * SCENARIO.access.seconds_per_m()
    there = router.nearest(router.stops(place), router.stops(unit)).travel_s[0]
    assert there == pytest.approx(foot_s + 1600 / 30 * 3.6, abs=1e-3)
    back = router.nearest(router.stops(place), router.stops(unit), direction="from_facility").travel_s[0]
    assert back == pytest.approx(foot_s + 1600 / 30 * 3.6, abs=1e-3)


BOUNDS = (EAST - 1000.0, NORTH - 1000.0, EAST + 3000.0, NORTH + 3000.0)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(towns(), st.sampled_from(["to_facility", "from_facility"]))
def test_isochrones_are_valid_and_nested_and_say_what_places_say(case, direction):
    rows, places, units = case
    router = _router(rows)
    stops = router.stops(_points(units))
    grid = make_grid(router, BOUNDS, cell_m=200.0)
    times = router.nearest(grid.stops, stops, direction=direction).travel_s
    # The limit itself is within: one is a time that occurs.
    finite = np.sort(times[np.isfinite(times)])
    occurs = float(finite[len(finite) // 2]) if len(finite) else 77.0
    areas = isochrones(router, stops, [1800, 300, occurs, 900], direction=direction)
    assert areas["limit_s"].tolist() == sorted([300, 900, 1800, occurs])
    assert areas.is_valid.all()
    for small, large in zip(areas.geometry, areas.geometry[1:], strict=False):
        assert shapely.difference(small, large).area <= 1.0
    np.testing.assert_allclose(areas.area / 1e6, areas["area_km2"], rtol=1e-9, atol=1e-9)
    for area, limit in zip(areas.geometry, areas["limit_s"], strict=True):
        wrong = shapely.intersects(area, grid.stops.points) != (times <= limit)
        walk_s = shapely.distance(area.boundary, grid.stops.points[wrong]) * SCENARIO.access.seconds_per_m()
        # Never wrong by more than two minutes, or two minutes' walk.
        assert (np.minimum(np.abs(times[wrong] - limit), walk_s) <= 120).all()
        # And hardly ever beyond the next step of the lattice.
        assert (wrong & (shapely.distance(area.boundary, grid.stops.points) > 12.5)).mean() < 0.05
    del places


@pytest.mark.slow
def test_a_narrow_pocket_beside_another_part_of_the_roads_is_seen():
    """Whose nearest road is of the main part joins no other: the picture that the lattice begins from did.

    Between two check points of the lattice 100 m × 300 m were taken in, up to four minutes beyond the limit.
    """
    town = [
        (0, 0, [(0, 0), (120, 60), (0, 0)], "no", "primary"),
        (0, 0, [(0, 0), (120, 60), (0, 0)], "no", "primary"),
        (3, 0, [(0, 1500), (0, 750), (0, 0)], "no", "primary"),
        (0, 0, [(0, 0), (120, 60), (0, 0)], "no", "primary"),
        (0, 0, [(0, 0), (120, 60), (0, 0)], "no", "primary"),
        (5, 13, [(500, 0), (750, 750), (1000, 1500)], "no", "primary"),
        (11, 14, [(1000, 500), (1000, 1250), (1000, 2000)], "no", "track"),
        (14, 13, [(1000, 2000), (1000, 1750), (1000, 1500)], "no", "track"),
        (6, 1, [(500, 500), (250, 500), (0, 500)], "yes", "track"),
        (7, 2, [(500, 1000), (250, 1000), (0, 1000)], "no", "track"),
        (7, 11, [(500, 1000), (870, 810), (1000, 500)], "no", "ferry"),
        (15, 2, [(1500, 0), (750, 500), (0, 1000)], "yes", "primary"),
        (0, 0, [(0, 0), (120, 60), (0, 0)], "reverse", "track"),
        (15, 1, [(1500, 0), (750, 250), (0, 500)], "no", "residential"),
    ]  # fmt: skip
    rows = [
        {"from": a, "to": b, "geometry": line(*bends), "oneway": oneway, "road_class": kind,
         "route": "ferry" if kind == "ferry" else None, "surface": None, "way_id": f"w{i // 2}"}
        for i, (a, b, bends, oneway, kind) in enumerate(town)
    ]  # fmt: skip
    router = _router(rows)
    units = router.stops(np.array([at(-35, -264), at(500, 2000), at(1500, 0), at(1461, 711)], dtype=object))
    [area] = isochrones(router, units, [1800.0], direction="from_facility").geometry
    places = np.array([at(x, y) for x in range(700, 1050, 10) for y in range(-700, -300, 10)], dtype=object)
    times = router.nearest(router.stops(places), units, direction="from_facility").travel_s
    assert (times > 1800).sum() > 100
    wrong = shapely.intersects(area, places) != (times <= 1800)
    assert (shapely.distance(area.boundary, places[wrong]) <= 12.5).all()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(towns(), st.sampled_from([60.0, 600.0, 3600.0]), st.randoms(use_true_random=False))
def test_catchments_share_out_the_people_reached(case, limit, random):
    rows, places, units = case
    router = _router(rows)
    stops, goals = router.stops(_points(places)), router.stops(_points(units))
    people = np.array([random.choice([np.nan, 0.0, 3.0, 250.0]) for _ in places])
    found = catchments(router, stops, people, goals, limit, grid=make_grid(router, BOUNDS, cell_m=500.0))
    table = router.matrix(stops, goals)
    within = table <= limit
    known = np.nan_to_num(people)
    nobody_known = within[np.isnan(people)].any(axis=0) & ~within[~np.isnan(people)].any(axis=0)
    expected = np.where(nobody_known, np.nan, known @ within)
    np.testing.assert_allclose(found["people_total"], expected)
    assert found["people_own"].sum() == pytest.approx(known[within.any(axis=1)].sum())
    np.testing.assert_array_equal(found["places_people_unknown"], within[np.isnan(people)].sum(axis=0))
    assert not (found["people_own"] > found["people_total"] + 1e-9).any()
    assert (found["area_own_km2"] <= found["area_total_km2"] + 1e-9).all()
    assert found.is_valid.all()
    areas = found.geometry.to_numpy()
    assert shapely.union_all(areas).area == pytest.approx(sum(a.area for a in areas))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(towns())
def test_times_on_the_network_obey_the_triangle_and_are_symmetric_where_roads_are(case):
    rows, _, _ = case
    both_ways = [{**r, "oneway": "no"} for r in rows]
    for table in (rows, both_ways):
        router = _router(table)
        usable = np.flatnonzero(router.access.snapper.usable)
        nodes, first = np.unique(router.network.edge_from[usable], return_index=True)
        if len(nodes) == 0:
            continue
        # One access point each: between two parts of the network that meet in a place one steps over on foot.
        stops = router.stops(shapely.points(router.network.node_xy[nodes]), on_edge=usable[first])
        stops.__dict__["leaving"] = stops.__dict__["arriving"] = stops.nearest
        times = router.matrix(stops, stops)
        through = times[:, :, None] + times[None, :, :]
        assert (times[:, None, :] <= through + 1e-5).all()
        if table is both_ways:
            np.testing.assert_allclose(times, times.T, rtol=1e-9, atol=2e-6)


@pytest.fixture
def town():
    street = roads([{"from": 0, "to": 1, "geometry": line((0, 0), (6000, 0))}])
    units = facilities(
        [("B", "pustu", at(5000, 0), "99.01.01.2001"), ("A", "pustu", at(1000, 0), "99.01.01.2001")]
    )
    people = hamlets([("h1", "99.01.01.2001", at(0, 0), 10), ("h2", "99.01.01.2001", at(4000, 0), 30)])
    return layers(villages({"99.01.01.2001": (box(-500, -800, 6500, 800), 40)}), street, units, people)


@pytest.mark.slow
def test_travel_times_in_three_lines_of_a_notebook(town):
    trips = travel_by(town, "motorcycle")
    near = trips.nearest(town.hamlets, town.facilities, k=2)
    assert near["place_id"].tolist() == ["h1", "h1", "h2", "h2"]
    assert near["facility_id"].tolist() == ["A", "B", "B", "A"]
    # Thirty km/h: two minutes a kilometre.
    np.testing.assert_allclose(near["minutes"], [2, 10, 2, 6])
    pairs = trips.within(town.hamlets, town.facilities, 6)
    assert list(zip(pairs["place_id"], pairs["facility_id"], strict=True)) == [
        ("h1", "A"), ("h2", "B"), ("h2", "A")]  # fmt: skip
    table = trips.matrix(town.hamlets, town.facilities)
    assert table.loc["h1"].to_dict() == {"B": 10.0, "A": 2.0}
    blocks = list(trips.matrix_blocks(town.hamlets, town.facilities, rows=1))
    pd.testing.assert_frame_equal(pd.concat(blocks), table)
    one = town.hamlets.loc[["h1"]].to_crs("EPSG:4326")
    legs = trips.path(one, town.facilities.loc[["A"]])
    assert legs["minutes"].sum() == pytest.approx(2.0, abs=1e-6)
    areas = trips.isochrones(town.facilities, [4, 2], step_m=10.0)
    assert areas["facility_id"].tolist() == ["B", "B", "A", "A"]
    # Four minutes are 2 km of road to either side, cut at the village's edge.
    assert areas["area_km2"].iloc[1] > areas["area_km2"].iloc[0] > 0
    share = trips.catchments(town.hamlets, town.facilities, 6, cell_m=50.0)
    assert share.loc["A", ["people_total", "people_own"]].tolist() == [40.0, 10.0]
    assert share.loc["B", ["people_total", "people_own"]].tolist() == [30.0, 30.0]
    assert gpd.GeoDataFrame(share).crs == CRS


def test_a_place_that_reaches_nothing_is_said_so(town):
    trips = travel_by(town, "motorcycle")
    far = gpd.GeoDataFrame(geometry=[at(9000, 0)], index=["x"], crs=CRS)
    near = trips.nearest(far, town.facilities, k=3)
    assert near.to_dict("records") == [
        {"place_id": "x", "rank": 1, "facility_id": "", "minutes": np.inf}]  # fmt: skip
    assert len(trips.path(far, town.facilities.loc[["A"]])) == 0


def test_questions_that_cannot_be_answered(town):
    with pytest.raises(ConfigError, match=r"mode: 'train' is not known\. Use one of motorcycle"):
        travel_by(town, "train")
    trips = travel_by(town, "motorcycle")
    with pytest.raises(InputError, match="no CRS"):
        trips.nearest(town.hamlets.set_crs(None, allow_override=True), town.facilities)
    with pytest.raises(InputError, match="column people"):
        trips.catchments(town.facilities, town.facilities, 6)
    with pytest.raises(InputError, match="one place and one facility"):
        trips.path(town.hamlets, town.facilities)
    empty = town.facilities.assign(geometry=[None, at(0, 0)])
    with pytest.raises(InputError, match="1 row has no point"):
        trips.nearest(town.hamlets, empty)
