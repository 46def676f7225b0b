"""Small cases worked out by hand, each of which a wrong engine fails."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from support import CRS, at, box, line, roads

from geodata.crs import WGS84
from planner.network.build import build_network
from planner.network.land import Ground, Land, land_of
from planner.network.overlay import road_overlay
from planner.scenarios.edits import AddRoad
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.access import Access
from planner.travel.router import Router

SCENARIO = default_scenario()


def points(*xy):
    return np.array([at(x, y) for x, y in xy], dtype=object)


def test_the_walk_to_a_road_is_the_longest_of_both_seasons():
    layer = roads([
        {"from": 0, "to": 1, "geometry": line((0, 0), (900, 0)), "season": "dry_only"},
        {"from": 2, "to": 3, "geometry": line((0, 300), (900, 300))},
    ])  # fmt: skip
    network = build_network(layer, SCENARIO, modes=["car"])
    for season in ("dry", "wet"):
        access = Access(network, Profile("car", season), rule=SCENARIO.access, ground=Ground())
        # 50 m to the road that the rains close, 250 m to the other.
        assert access.stops(points((400.0, 50.0))).walk_m.tolist() == [250.0]


def test_each_landmass_has_a_main_part_of_its_own():
    layer = roads([
        {"from": 0, "to": 1, "geometry": line((0, 0), (5000, 0))},
        {"from": 2, "to": 3, "geometry": line((0, 9000), (1000, 9000))},
        {"from": 4, "to": 5, "geometry": line((0, 9200), (200, 9200))},
    ])  # fmt: skip
    islands = [shape.geoms[0] for shape in (box(-500, -500, 5500, 500), box(-500, 8500, 5500, 9500))]
    access = Access(
        build_network(layer, SCENARIO, modes=["car"]), Profile("car", "dry"), rule=SCENARIO.access,
        ground=Ground(Land(islands, off_m=0.0)),
    )  # fmt: skip
    lengths = np.round(access.network.edge_length_m).astype(int).tolist()
    for role in ("leaving", "arriving"):
        main = dict(zip(lengths, access.main[role].tolist(), strict=True))
        assert main == {5000: True, 1000: True, 200: False}


def test_the_gate_at_the_end_of_a_cut_road_stands_at_that_end_alone():
    bollard = "barrier=bollard"
    for gate in ("from_barrier", "to_barrier"):
        layer = roads([
            {"from": 0, "to": 1, "geometry": line((0, 0), (900, 0)), gate: bollard},
        ])  # fmt: skip
        ends = gpd.GeoSeries([at(300.0, -500.0), at(300.0, 500.0)], crs=CRS).to_crs(WGS84)
        edit = AddRoad.model_validate({"line": [(p.x, p.y) for p in ends], "class": "tertiary"})
        put = road_overlay(layer, [edit], SCENARIO.drawing).put
        router = Router(build_network(put, SCENARIO, modes=["car"]), Profile("car", "dry"),
                        rule=SCENARIO.access)  # fmt: skip
        # From both halves of the road one turns into the new one, 300 m and 500 m away; 30 km/h.
        stops, goal = router.stops(points((0.0, 0.0), (900.0, 0.0))), router.stops(points((300.0, 500.0)))
        np.testing.assert_allclose(router.matrix(stops, goal)[:, 0], [800 * 0.12, 1100 * 0.12], rtol=1e-5)


def test_a_place_off_the_shore_is_of_the_land_up_to_the_distance_of_the_rule():
    villages = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 4000)], crs=CRS)
    shore = SCENARIO.land.shore_m
    land = land_of(villages, SCENARIO.land)
    assert land.of(points((4000.0 + shore - 5.0, 2000.0), (4000.0 + shore + 5.0, 2000.0))).tolist() == [0, -1]
