"""Where people of villages of several parts, and of odd hamlets, are put, by hand."""

from __future__ import annotations

import math

import pytest
import shapely
from support import EAST, NORTH, at, box, facilities, hamlets, layers, line, roads, villages

from planner.coverage.demand import spread_demand
from planner.network.land import land_of
from planner.pipeline import find_gaps
from planner.scenarios.scenario import default_scenario
from planner.supply.places import village_islands

CODE = "99.01.01.2001"
SCENARIO = default_scenario()
MAIN = (0, 0, 1000, 1000)
MAIN_ROAD = {"from": 0, "to": 1, "geometry": line((0, 500), (1000, 500))}
BARE = (5000, 0, 5500, 400)
ISLET = (9000, 0, 9100, 100)


def weights(parts, road_rows=None, hamlet_rows=None):
    """Return (metres east, weight) of each point of a village of 1,000 people."""
    shape = shapely.MultiPolygon(
        [shapely.box(EAST + a, NORTH + b, EAST + c, NORTH + d) for a, b, c, d in parts]
    )
    area = layers(
        villages({CODE: (shape, 1000.0)}), roads(road_rows) if road_rows else None,
        facilities([("P", "puskesmas", at(0, 0), CODE)]), hamlet_rows,
    )  # fmt: skip
    demand = spread_demand(area, SCENARIO.demand, land_of(area.villages, SCENARIO.land))
    return list(zip(shapely.get_x(demand.geometry) - EAST, demand["weight"].tolist(), strict=True))


@pytest.mark.parametrize("water", [False, True])
def test_people_of_a_bare_part_are_its_share_of_the_parts_that_hold_anybody(water):
    # 100 ha with a road, 20 ha without any, and an islet of 1 ha, past which a boat's way may lead.
    boats = {"from": 8, "to": 9, "geometry": line((8900, 50), (9200, 50)), "road_class": "waterway"}
    found = weights([MAIN, BARE, ISLET], [MAIN_ROAD, *([boats] if water else [])])
    assert sum(weight for x, weight in found if x < 1000) == pytest.approx(100 / 120)
    assert [weight for x, weight in found if 1000 < x < 6000] == pytest.approx([20 / 120])
    assert [weight for x, weight in found if x > 6000] == []


def test_a_village_of_small_islets_alone_has_people_on_all_of_them():
    islets = [(1000 * i, 0, 1000 * i + 100, 100) for i in range(25)]
    assert [weight for _, weight in weights(islets)] == pytest.approx([1 / 25] * 25)


@pytest.mark.parametrize(
    ("people", "expected"),
    [([30.0, 10.0], [0.75, 0.25]), ([0.0, 0.0], [0.5, 0.5]), ([30.0, math.nan], [0.5, 0.5]),
     ([0.0, 10.0], [0.0, 1.0])],
)  # fmt: skip
def test_hamlets_weigh_by_their_people_or_equally_where_that_tells_nothing(people, expected):
    rows = hamlets([(f"h{i}", CODE, at(100 + 100 * i, 500), n) for i, n in enumerate(people)])
    assert [weight for _, weight in weights([MAIN], None, rows)] == expected


def test_points_along_a_road_stand_in_the_middle_of_their_stretches():
    found = weights([MAIN], [MAIN_ROAD])
    assert [x for x, _ in found] == pytest.approx([125.0, 375.0, 625.0, 875.0])
    assert [weight for _, weight in found] == pytest.approx([0.25] * 4)


def test_the_larger_island_is_the_first_also_where_it_lies_further_east():
    codes = ("99.01.01.2001", "99.01.01.2002")
    outlines = villages({codes[0]: (box(0, 0, 500, 500), 9.0), codes[1]: (box(5000, 0, 9000, 4000), 9.0)})
    spots = hamlets([("a", codes[0], at(200, 200), 9), ("b", codes[1], at(6000, 1000), 9)])
    gaps = find_gaps(layers(outlines, None, facilities([]), spots))
    assert village_islands(gaps).tolist() == ["2", "1"]
