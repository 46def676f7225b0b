"""The small functions under the village table, against slow and obvious ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import at, box, facilities, hamlets, layers, line, roads, villages

from planner.coverage import weighted_median
from planner.demand import spread_demand
from planner.gaps import find_gaps
from planner.land import land_of
from planner.scenario import default_scenario
from planner.tables import village_table

values = st.one_of(st.just(math.inf), st.integers(0, 9).map(float))


@given(st.lists(st.tuples(st.integers(0, 3), values, st.integers(0, 5)), min_size=1, max_size=30))
def test_weighted_median_is_the_median_of_repeated_values(rows):
    group, value, weight = (np.array(c) for c in zip(*rows, strict=True))
    got = weighted_median(group.astype(np.int64), value.astype(float), weight.astype(float), 4)
    for g in range(4):
        people = sorted(v for k, v, w in rows if k == g for _ in range(w))
        if not people:
            assert math.isnan(got[g])
        else:
            assert got[g] == people[(len(people) - 1) // 2]


def test_weighted_median_of_an_unknown_value_is_unknown():
    got = weighted_median(np.array([0, 0]), np.array([1.0, math.nan]), np.ones(2), 1)
    assert math.isnan(got[0])


SQUARE = villages({"99.01.01.2001": (box(0, 0, 4000, 4000), 400)})


def test_people_spread_by_length_of_local_road():
    town = roads(
        [
            {"from": 0, "to": 1, "geometry": line((0, 1000), (1000, 1000)), "road_class": "residential"},
            {"from": 0, "to": 2, "geometry": line((0, 3000), (3000, 3000)), "road_class": "residential"},
            {"from": 3, "to": 4, "geometry": line((0, 3500), (3000, 3500)), "road_class": "primary"},
        ]
    )
    demand = spread_demand(layers(SQUARE, town, facilities([])), default_scenario().demand)
    assert set(demand["method"]) == {"roads"}
    assert demand["people"].sum() == pytest.approx(400)
    south = demand.geometry.y < at(0, 2000).y
    assert demand.loc[south, "people"].sum() == pytest.approx(100)
    assert len(demand) == 16


def test_a_village_with_hardly_any_road_is_one_interior_point():
    town = roads(
        [{"from": 0, "to": 1, "geometry": line((0, 1000), (400, 1000)), "road_class": "residential"}]
    )
    demand = spread_demand(layers(SQUARE, town, facilities([])), default_scenario().demand)
    assert demand["method"].tolist() == ["interior"]
    assert demand["people"].tolist() == [400]


def test_unknown_people_stay_unknown_while_times_are_computed():
    unknown = SQUARE.assign(people=np.nan)
    town = roads([{"from": 0, "to": 1, "geometry": line((0, 2000), (4000, 2000))}])
    unit = facilities([("P", "puskesmas", at(2000, 2000), "99.01.01.2001")])
    row = village_table(find_gaps(layers(unknown, town, unit))).iloc[0]
    assert math.isnan(row["puskesmas_people_reached"])
    assert row["puskesmas_share_reached"] == 1
    assert row["puskesmas_status"] == "served"
    assert row["puskesmas_minutes_max"] < 30


def test_hamlets_of_unknown_people_share_equally():
    spots = hamlets([("a", "99.01.01.2001", at(1, 1), 30), ("b", "99.01.01.2001", at(2, 2), math.nan)])
    demand = spread_demand(layers(SQUARE, None, facilities([]), spots), default_scenario().demand)
    assert demand["people"].tolist() == [200, 200]


def test_nobody_walks_over_the_sea():
    # An islet without roads, 800 m off a coast road: its people are on an island, not 17 minutes away.
    both = villages(
        {
            "99.01.01.2001": (box(0, 0, 4000, 4000), 400),
            "99.01.01.2002": (box(4800, 1000, 5800, 2000), 50),
        }
    )
    coast = roads([{"from": 0, "to": 1, "geometry": line((3900, 0), (3900, 4000))}])
    unit = facilities([("P", "puskesmas", at(4000, 1500), "99.01.01.2001")])
    table = village_table(find_gaps(layers(both, coast, unit)))
    assert table["puskesmas_status"].tolist() == ["served", "gap"]
    assert table.loc["99.01.01.2002", "puskesmas_reason"] == "no_road"
    without = village_table(find_gaps(layers(both, None, unit)))
    assert without.loc["99.01.01.2002", "puskesmas_reason"] == "island"
    assert math.isinf(without.loc["99.01.01.2002", "puskesmas_minutes_median"])


def test_gaps_between_simplified_polygons_do_not_divide_land():
    two = villages({"99.01.01.2001": (box(0, 0, 100, 100), 1), "99.01.01.2002": (box(180, 0, 300, 100), 1)})
    assert len(land_of(two).parts) == 1
    apart = villages({"99.01.01.2001": (box(0, 0, 100, 100), 1), "99.01.01.2002": (box(280, 0, 400, 100), 1)})
    land = land_of(apart)
    assert land.of(np.array([at(50, 50), at(350, 50), at(9000, 9000)], dtype=object)).tolist() == [0, 1, -1]


def test_no_road_file_means_straight_lines_on_foot():
    unit = facilities([("P", "posyandu", at(3000, 2000), "99.01.01.2001")])
    spots = hamlets([("a", "99.01.01.2001", at(2000, 2000), 400)])
    found = find_gaps(layers(SQUARE, None, unit, spots))
    assert found.network is None
    # 1 km × 1.3 at 3 km/h.
    assert found.coverage["posyandu"].minutes[0] == pytest.approx(26.0)
    assert set(village_table(found)["network"]) == {"none"}


def test_units_without_a_place_make_presence_unknown_not_no():
    two = villages({"99.01.01.2001": (box(0, 0, 10, 10), 1), "99.01.01.2002": (box(10, 0, 20, 10), 1)})
    units = facilities([("A", "pustu", at(5, 5), "99.01.01.2001"), ("B", "pustu", at(0, 0), "")])
    units.loc["B", "status"] = "unlocated"
    units.loc["B", "geometry"] = None
    table = village_table(find_gaps(layers(two, None, units)))
    assert table["pustu_present"].tolist() == ["yes", "unknown"]
