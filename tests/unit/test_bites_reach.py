"""Slips of one line in coverage, demand and land that no other test noticed; numbers by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from street import CODES, M_A_MINUTE, S_A_METRE_OFF, street
from support import CRS, at, box, facilities, hamlets, layers, line, roads, villages

from planner.coverage.demand import spread_demand
from planner.coverage.reach import usable_facilities
from planner.coverage.study import find_gaps
from planner.coverage.tables import facility_table, village_table
from planner.coverage.weighed import heaviest, weighted_median
from planner.network.land import Ground, land_of, may_walk
from planner.scenarios.scenario import default_scenario

NAN = math.nan
A, B, C = CODES[:3]


def puskesmas(area):
    return find_gaps(area).coverage["puskesmas"]


def without_place(area, *ids):
    """The same area, some of its units without a place."""
    rows = area.facilities.copy()
    rows.loc[list(ids), "status"] = "unlocated"
    rows.loc[list(ids), "geometry"] = None
    return area.with_facilities(rows)


# Reasons, the first that holds.


def test_a_unit_without_a_place_that_does_not_function_may_serve_nobody():
    # The limit of 30 minutes is 15 km.
    units = [("P", "puskesmas", 0), ("Q", "puskesmas", 0, {"functioning": "no"})]
    assert puskesmas(without_place(street([1000, 20_000], units), "Q")).reason.tolist() == ["", "too_far"]
    units[1] = ("Q", "puskesmas", 0)
    assert puskesmas(without_place(street([1000, 20_000], units), "Q")).reason.tolist() == ["", "unknown"]


def test_people_near_the_only_unit_which_does_not_function_are_told_so():
    area = street([1000, 20_000], [("P", "puskesmas", 0, {"functioning": "no"})])
    assert puskesmas(area).reason.tolist() == ["not_functioning", "no_facility"]


@pytest.mark.parametrize(("x", "reason"), [(15_000, "not_functioning"), (15_001, "too_far")])
def test_the_limit_of_a_unit_that_does_not_function_includes_itself(x, reason):
    units = [("P", "puskesmas", 60_000), ("Q", "puskesmas", 0, {"functioning": "no"})]
    assert puskesmas(street([x], units)).reason.tolist() == [reason]


def test_no_road_near_any_unit_is_no_road_for_everybody():
    # The units are 2,001 and 5,000 m from the road that the people live on.
    area = street([0], [("P", "puskesmas", 0), ("Q", "puskesmas", 0)])
    area = replace(area, villages=villages({A: (box(-3000, -3000, 73_000, 6000), 100)}))
    area = area.with_facilities(area.facilities.set_geometry([at(30_000, 2001), at(40_000, 5000)]))
    assert puskesmas(area).reason.tolist() == ["no_road"]
    nearer = area.with_facilities(area.facilities.set_geometry([at(30_000, 2000), at(40_000, 5000)]))
    assert puskesmas(nearer).reason.tolist() == ["too_far"]
    assert puskesmas(nearer).minutes.tolist() == pytest.approx([60 + 2000 * S_A_METRE_OFF / 60])


def test_a_village_has_the_reason_of_most_of_those_not_reached():
    # Of 5 hamlets 2 are reached, 1 is off every road, 2 are too far.
    area = street([0, 1000, 2000, 20_000, 21_000], [("P", "puskesmas", 0)], village=[0] * 5)
    area = replace(
        area,
        villages=villages({A: (box(-3000, -9000, 73_000, 9000), 500)}),
        hamlets=area.hamlets.set_geometry([at(0, 0), at(0, 1000), at(0, 8000), at(20_000, 0), at(21_000, 0)]),
    )
    table = village_table(find_gaps(area))
    assert table.loc[A, ["puskesmas_share_reached", "puskesmas_reason"]].tolist() == [0.4, "too_far"]


# Numbers of a village.


def test_a_hamlet_where_nobody_lives_is_nobodys_longest_way():
    area = street([1000, 60_000], [("P", "puskesmas", 0)], village=[0, 0])
    area = replace(area, hamlets=area.hamlets.assign(people=[100.0, 0.0]))
    row = village_table(find_gaps(area)).loc[A]
    assert (row["puskesmas_minutes_max"], row["puskesmas_minutes_median"]) == pytest.approx((2, 2))
    assert row["puskesmas_status"] == "served"


def test_the_longest_way_of_a_village_is_that_of_its_furthest_people():
    area = street([5000, 1000, 3000], [("P", "puskesmas", 0)], village=[0, 0, 0])
    row = village_table(find_gaps(area)).loc[A]
    assert (row["puskesmas_minutes_max"], row["puskesmas_minutes_median"]) == pytest.approx((10, 6))


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_of_places_equally_far_the_first_is_the_middle_person_s_whatever_the_ids(order):
    area = street([0, 10_000], [("Q", "puskesmas", 0), ("P", "puskesmas", 10_000)], village=[0, 0])
    area = area.with_facilities(area.facilities.iloc[order])
    assert usable_facilities(area, ("puskesmas",)).index.tolist() == ["P", "Q"]
    found = puskesmas(area)
    assert found.nearest_id.tolist() == ["Q", "P"]
    assert found.villages["nearest_id"].tolist() == ["Q"]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_of_units_equally_near_the_first_id_is_taken(order):
    area = street([5000], [("P", "puskesmas", 10_000), ("Q", "puskesmas", 0)])
    area = area.with_facilities(area.facilities.iloc[order])
    assert puskesmas(area).nearest_id.tolist() == ["P"]


def test_equal_shares_added_up_in_pieces_are_equal():
    # 0.1 + 0.2 is more than 0.3 by its last bit: a tie, which the smaller label has.
    village, label = np.zeros(3, dtype=np.int64), np.array([1, 1, 0])
    assert heaviest(village, label, np.array([0.1, 0.2, 0.3]), 2, none=-1).tolist() == [0, -1]


def test_half_of_the_people_is_half_also_in_pieces_that_are_not_whole():
    # After a village of seven sevenths the 14 fourteenths add up to a little less than half at the seventh.
    group = np.repeat([0, 1], [7, 14])
    weight = np.repeat([1 / 7, 1 / 14], [7, 14])
    value = np.concatenate([np.arange(7), np.arange(14)]).astype(np.float64)
    running = np.cumsum(weight)
    assert running[13] - running[6] < 0.5 * weight[7:].sum()
    assert weighted_median(group, value, weight, 2).tolist() == [3, 6]


def test_a_unit_s_people_are_those_known_and_villages_unknown_are_counted_beside():
    area = street([0, 1000, 2000, 20_000], [("P", "puskesmas", 0), ("Q", "puskesmas", 70_000)])
    people = [100.0, NAN, 10.0, 1.0]
    area = replace(area, villages=area.villages.assign(people=people))
    row = find_gaps(area).coverage["puskesmas"].facilities
    # 20 km are 40 minutes: the nearest, but not within the limit.
    assert row.loc["P"].tolist() == [111, 110, 1]
    assert row.loc["Q"].tolist() == [0, 0, 0]
    assert facility_table(find_gaps(area)).loc["P", "people_nearest"] == 111


# Where people live.


def local_road(metres: float, **columns):
    """A village of 4 km with one local road of this length."""
    area = layers(
        villages({A: (box(0, 0, 4000, 4000), 100)}),
        roads([{"from": 0, "to": 1, "geometry": line((500, 500), (500 + metres, 500)), **columns}]),
        facilities([]),
    )
    return spread_demand(area, default_scenario().demand)


@pytest.mark.parametrize(
    ("metres", "method", "points"),
    [(499, "interior", 1), (500, "roads", 2), (501, "roads", 3), (600, "roads", 3), (1000, "roads", 4)],
)
def test_people_stand_at_most_250_m_apart_along_500_m_of_local_road_or_more(metres, method, points):
    demand = local_road(metres)
    assert set(demand["method"]) == {method}
    assert len(demand) == points
    assert demand["weight"].tolist() == pytest.approx([1 / points] * points)
    if method == "roads":
        x = np.sort(demand.geometry.x - at(500, 0).x)
        # Each in the middle of its own stretch.
        assert x.tolist() == pytest.approx([metres / points * (i + 0.5) for i in range(points)])


@pytest.mark.parametrize(
    "columns",
    [{"bridge": True}, {"tunnel": True}, {"route": "ferry"}, {"road_class": "secondary"},
     {"road_class": "footway"}],
)  # fmt: skip
def test_nobody_lives_on_bridges_in_tunnels_on_ferries_and_along_other_roads(columns):
    assert local_road(2000, **columns)["method"].tolist() == ["interior"]


@pytest.mark.parametrize(
    "road_class",
    ["tertiary", "unclassified", "residential", "living_street", "service", "road", "track", "path"],
)
def test_people_live_along_tertiary_and_smaller_roads(road_class):
    assert set(local_road(2000, road_class=road_class)["method"]) == {"roads"}


@pytest.mark.parametrize(
    ("people", "weights"),
    [([30, 10], [0.75, 0.25]), ([0, 0], [0.5, 0.5]), ([30, NAN], [0.5, 0.5]), ([30, 0], [1, 0])],
)
def test_hamlets_share_a_village_s_people_by_their_own(people, weights):
    area = street([0, 1000], [], village=[0, 0])
    area = replace(area, hamlets=area.hamlets.assign(people=people))
    demand = spread_demand(area, default_scenario().demand)
    assert demand["weight"].tolist() == weights
    assert demand["people"].tolist() == pytest.approx([200 * w for w in weights])


# Land.


@pytest.mark.parametrize(("gap_m", "parts"), [(90, 1), (120, 2)])
def test_gaps_of_about_100_m_do_not_divide_and_wider_water_does(gap_m, parts):
    two = villages({A: (box(0, 0, 1000, 1000), 1), B: (box(1000 + gap_m, 0, 3000, 1000), 1)})
    assert len(land_of(two, default_scenario().land).parts) == parts


def test_a_place_a_little_off_the_coast_is_on_its_land_and_a_neighbour_s_is_nowhere():
    two = villages({A: (box(0, 0, 1000, 1000), 1), B: (box(5000, 0, 6000, 1000), 1)})
    land = land_of(two, default_scenario().land)
    places = np.array([at(x, 500) for x in (500, 1190, 1300, 3000, 4700, 4810, 5500)])
    assert land.of(places).tolist() == [0, 0, -1, -1, -1, 1, 1]


def test_unknown_land_divides_nothing_from_either_side():
    here, there = np.array([0, 0, -1, -1, 0], dtype=np.int32), np.array([0, -1, 0, -1, 1], dtype=np.int32)
    assert may_walk(here, there).tolist() == [True, True, True, True, False]


def test_water_stops_walkers_and_not_those_who_go_to_a_boat():
    river = np.array([box(0, 0, 1000, 50)], dtype=object)
    ground = Ground(None, river)
    start, end = np.array([at(500, 100)] * 2), np.array([at(500, 25)] * 2)
    home = np.full(2, -1, dtype=np.int32)
    dry = ground.on_land(start, end, home, home, afloat=np.array([False, True]))
    assert dry.tolist() == [False, True]
    # Along the bank, and out of the water in which the house stands.
    assert ground.on_land(start[:1], np.array([at(0, 60)]), home[:1], home[:1]).tolist() == [True]
    assert ground.on_land(end[:1], start[:1], home[:1], home[:1]).tolist() == [True]


def test_who_lives_in_one_river_does_not_cross_the_next():
    rivers = np.array([box(0, 0, 1000, 50), box(0, 100, 1000, 150)], dtype=object)
    home = np.full(2, -1, dtype=np.int32)
    ends = np.array([at(500, 75), at(500, 200)])
    dry = Ground(None, rivers).on_land(np.array([at(500, 25)] * 2), ends, home, home)
    assert dry.tolist() == [True, False]


def test_a_straight_walk_without_roads_knows_the_water_too():
    area = layers(
        villages({A: (box(-1000, -1000, 3000, 3000), 10)}),
        None,
        facilities([("P", "puskesmas", at(0, 0), A), ("Q", "puskesmas", at(0, 1000), A)]),
        hamlets([("h", A, at(0, 40), 10)]),
    )
    assert puskesmas(area).nearest_id.tolist() == ["P"]
    river = gpd.GeoDataFrame(geometry=[box(-2000, 10, 5000, 20)], crs=CRS, index=pd.Index(["r"]))
    found = puskesmas(replace(area, water=river))
    assert found.nearest_id.tolist() == ["Q"]
    assert found.minutes.tolist() == pytest.approx([960 * S_A_METRE_OFF / 60])


def test_a_minute_of_the_street_is_500_m():
    assert puskesmas(street([7500], [("P", "puskesmas", 0)])).minutes.tolist() == [7500 / M_A_MINUTE]
