"""Where places join the network, by hand: roads that close, and boats on a river."""

from __future__ import annotations

import numpy as np
import pytest
from support import at, box, facilities, layers, line, roads, villages

from planner.network.build import build_network
from planner.network.land import Ground
from planner.pipeline import find_gaps
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.snapping import Snapper

CODE = "99.01.01.2001"
# Seconds a metre on foot off the road, and on a primary and a tertiary road by motorcycle.
WALK, PRIMARY, TERTIARY = 1.56, 3.6 / 45.0, 3.6 / 30.0


def test_who_lives_along_a_road_that_closes_in_the_rains_walks_to_the_next_one():
    # 1.5 km of local road off a primary one, and the unit 5 km along that.
    rows = [
        {"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0)), "road_class": "primary"},
        {"from": 1, "to": 2, "geometry": line((1000, 0), (6000, 0)), "road_class": "primary"},
        {"from": 1, "to": 3, "geometry": line((1000, 0), (1000, 1500)), "season": "dry_only"},
    ]
    area = layers(
        villages({CODE: (box(-500, -500, 7000, 2000), 600.0)}), roads(rows),
        facilities([("P", "puskesmas", at(6000, 0), CODE)]), listed=("puskesmas",),
    )  # fmt: skip
    gaps = find_gaps(area)
    metres = np.arange(125.0, 1500.0, 250.0)
    assert gaps.demand["method"].tolist() == ["roads"] * 6
    found = {season: sorted(gaps.seasons[season]["puskesmas"].minutes * 60) for season in ("dry", "wet")}
    assert found["dry"] == pytest.approx(metres * TERTIARY + 5000 * PRIMARY)
    assert found["wet"] == pytest.approx(metres * WALK + 5000 * PRIMARY)


def test_who_goes_to_a_boat_crosses_the_water_on_which_it_lies_and_no_other_goes_there():
    rows = [
        {"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0)), "road_class": "waterway"},
        {"from": 2, "to": 3, "geometry": line((0, -300), (1000, -300)), "road_class": "path"},
    ]
    network = build_network(roads(rows), default_scenario(), modes=["boat", "walking"])
    ground = Ground(water=np.array([box(-100, -50, 1100, 50)], dtype=object))
    place = np.array([at(500, 100)], dtype=object)
    for mode, away_m in (("boat", [100.0]), ("walking", [])):
        snapper = Snapper(network, Profile(mode, "dry"), ground=ground, max_access_m=2000.0)
        assert snapper.nearest(place).access_m.tolist() == pytest.approx(away_m)
