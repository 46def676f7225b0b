"""Rules that a slip of one line once broke without any test noticing; each number is worked out by hand."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from street import CODES, M_A_MINUTE, S_A_METRE_OFF, scenario_with, street
from support import CRS, EAST, at, box, facilities, hamlets, layers, line, roads, villages

from geodata.villages_at import village_at
from planner.coverage.demand import spread_demand
from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.ilp.referral import referral_table
from planner.pipeline import travel_by
from planner.scenarios.scenario import default_scenario
from planner.supply.floating_catchments import enhanced
from planner.supply.groups import group_table, group_totals
from planner.travel.times import SparseTimes

NAN = math.nan
A, B, C = CODES[:3]


# Life-cycle groups: a real count wins over the projection, and both are kept.


@pytest.fixture
def groups():
    """Village A counts 20 infants of 1,000 people, B counts none, C counts 5 of an unknown number."""
    area = street([0, 0, 0], [("P", "puskesmas", 0)])
    area = replace(
        area, villages=area.villages.assign(people=[1000.0, 1000.0, NAN], people_bayi=[20.0, NAN, 5.0])
    )
    return group_table(find_gaps(area))


def test_a_count_wins_over_the_projection_and_both_are_kept(groups):
    bayi = groups.xs("bayi", level="group")
    # Infants are 1.6 % of all.
    assert bayi["counted"].tolist() == pytest.approx([20, NAN, 5], nan_ok=True)
    assert bayi["projected"].tolist() == pytest.approx([16, 16, NAN], nan_ok=True)
    assert bayi["people"].tolist() == pytest.approx([20, 16, 5])
    assert bayi["from"].tolist() == ["counted", "projected", "counted"]
    assert bayi["puskesmas_people_reached"].tolist() == pytest.approx([20, 16, 5])


def test_a_group_that_nobody_counted_is_unknown_where_the_people_are(groups):
    lansia = groups.xs("lansia", level="group")
    assert lansia["people"].tolist() == pytest.approx([120, 120, NAN], nan_ok=True)
    assert lansia["from"].tolist() == ["projected", "projected", "unknown"]


def test_totals_of_groups_leave_out_what_is_unknown_and_say_so(groups):
    totals = group_totals(groups)
    row = totals.loc["bayi", ["people", "counted", "projected", "villages_unknown"]]
    assert row.tolist() == pytest.approx([41, 25, 32, 0])
    assert totals.loc["lansia", "villages_unknown"] == 1


# Isochrones hold what is walked off the road.


@pytest.mark.slow
@pytest.mark.parametrize("cell_m", [None, 15.0])
@pytest.mark.parametrize("spot", [(1800, 0), (-800, 0), (500, 900), (500, -900), (1700, 500), (-500, -500)])
def test_an_isochrone_holds_the_places_that_are_within_its_limit(spot, cell_m):
    """The road ends at 0 and 1,000 m; the spots are up to 900 m off it, the unit is on it."""
    area = replace(street([0], []), villages=villages({A: (box(-3000, -3000, 4000, 3000), 10)}))
    area = replace(area, roads=roads([{"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0))}]))
    trips = travel_by(area, "motorcycle")
    unit = facilities([("P", "puskesmas", at(500, 0), A)])
    place = gpd.GeoDataFrame(geometry=[at(*spot)], crs=CRS)
    minutes = trips.nearest(place, unit)["minutes"].iloc[0]
    off = math.hypot(max(spot[0] - 1000, -spot[0], 0), spot[1])
    along = abs(min(max(spot[0], 0), 1000) - 500)
    expected = S_A_METRE_OFF * off / 60 + along / M_A_MINUTE
    # Straight across is no longer than this where the unit is right below.
    assert minutes == pytest.approx(expected)
    # The rim lies between points 15 m apart: far less than two minutes on foot.
    [smaller, larger] = trips.isochrones(unit, minutes=[minutes - 2, minutes + 2], step_m=cell_m).geometry
    assert larger.covers(place.geometry.iloc[0])
    assert not smaller.covers(place.geometry.iloc[0])


# Floating catchments: the thirds of the limit weigh 1, 0.68 and 0.22.

WEIGHTS = np.array([1, 0.68, 0.68, 0.22, 0.22, 0])


@pytest.mark.slow
@pytest.mark.parametrize("limit_minutes", [30.0, 24.0])
def test_the_thirds_of_the_limit_weigh_less_from_just_beyond_them(limit_minutes):
    third = limit_minutes / 3 * M_A_MINUTE
    places = [x for end in (third, 2 * third, 3 * third) for x in (end, end + 1)]
    scenario = scenario_with("puskesmas", limit_minutes=limit_minutes)
    area = street(places, [("P", "puskesmas", 0)])
    # The villages beside the road have none of their own, and that is all there is.
    area = replace(area, area=replace(area.area, declared=("roads",)),
                   villages=area.villages.assign(covered="roads"))  # fmt: skip
    scores = Ilp(find_gaps(area, scenario=scenario)).scores
    # The five villages within the limit share one unit.
    plain = [10_000 / 500] * 5 + [0]
    assert scores["puskesmas_units_per_10000"].tolist() == pytest.approx(plain)
    # They count as 100 + 68 + 68 + 22 + 22 people.
    assert scores["puskesmas_units_per_10000_near"].tolist() == pytest.approx(WEIGHTS / 280 * 10_000)


def test_two_units_in_different_thirds_add_up():
    # Each is in the first third of one village and, 8,000 m away, in the second of the other.
    area = street([0, 8000], [("U", "puskesmas", 0), ("V", "puskesmas", 8000)])
    scores = Ilp(find_gaps(area)).scores["puskesmas_units_per_10000_near"]
    # Each unit is shared by 100 + 68 people; each village takes 1 and 0.68 of the shares.
    assert scores.tolist() == pytest.approx([1.68 / 168 * 10_000] * 2)


def test_the_default_zones_at_and_beside_their_ends():
    seconds = np.array([600, 600.000001, 1200, 1200.000001, 1800, 1800.000001])
    times = SparseTimes(np.arange(6), np.zeros(6, dtype=np.int64), seconds)
    np.testing.assert_allclose(enhanced(times, [100] * 6, [14]), WEIGHTS / 20)


# Referral: the two hours are included.


def chain(hospital_m: float):
    units = [("S", "posyandu", 0), ("T", "pustu", 15_000), ("P", "puskesmas", 30_000)]
    return street([0], [*units, ("H", "hospital", hospital_m)])


@pytest.mark.parametrize(("hospital_m", "exceeds"), [(60_000, "no"), (60_001, "yes")])
def test_a_referral_of_two_hours_does_not_exceed_two_hours(hospital_m, exceeds):
    row = referral_table(find_gaps(chain(hospital_m))).xs("standard", level="mode").loc[A]
    assert row["posyandu_minutes"] == 0
    assert (row["pustu_minutes"], row["puskesmas_minutes"]) == pytest.approx((30, 30))
    assert row["hospital_minutes"] == pytest.approx(hospital_m / M_A_MINUTE - 60)
    assert row["exceeds"] == exceeds


# Water divides at any distance.


def river_town(*, bridge: bool = True):
    """Two roads 500 m apart, joined at x = 3,000; a river runs 10 to 20 m north of the southern one."""
    rows = [
        {"from": 0, "to": 1, "geometry": line((0, 0), (3000, 0))},
        {"from": 2, "to": 3, "geometry": line((0, 500), (3000, 500))},
        {"from": 3, "to": 1, "geometry": line((3000, 500), (3000, 0)), "bridge": True},
    ]
    river = gpd.GeoDataFrame(geometry=[box(-2000, 10, 5000, 20)], crs=CRS, index=["river"])
    area = layers(
        villages({A: (box(-2000, -2000, 5000, 3000), 10)}),
        roads(rows if bridge else rows[:2]),
        facilities([("P", "puskesmas", at(1000, 0), A)]),
        hamlets([("h", A, at(1000, 30), 10)]),
    )
    return replace(area, water=river)


def test_a_place_30_m_from_a_road_across_a_river_joins_the_road_on_its_own_side():
    area = river_town()
    # 470 m to the northern road, then 2,000 + 500 + 2,000 m; the unit itself is 30 m away.
    expected = 470 * S_A_METRE_OFF / 60 + 4500 / M_A_MINUTE
    assert find_gaps(area).coverage["puskesmas"].minutes.tolist() == pytest.approx([expected])
    trips = travel_by(area, "motorcycle")
    assert trips.nearest(area.hamlets, area.facilities)["minutes"].iloc[0] == pytest.approx(expected)
    back = trips.nearest(area.hamlets, area.facilities, direction="from_facility")
    assert back["minutes"].iloc[0] == pytest.approx(expected)
    legs = trips.path(area.hamlets, area.facilities)
    assert legs["length_m"].iloc[0] == pytest.approx(470)


def test_without_a_bridge_nobody_crosses_however_narrow_the_river():
    gaps = find_gaps(river_town(bridge=False))
    assert gaps.coverage["puskesmas"].minutes.tolist() == [math.inf]
    assert gaps.coverage["puskesmas"].reason.tolist() == ["island"]


def test_without_the_river_the_same_place_is_47_seconds_away():
    gaps = find_gaps(replace(river_town(), water=None))
    assert gaps.coverage["puskesmas"].minutes.tolist() == pytest.approx([30 * S_A_METRE_OFF / 60])


def test_a_brook_drawn_as_a_line_divides_too_and_who_lives_in_the_water_leaves_it():
    area = river_town(bridge=False)
    brook = area.water.set_geometry([line((-2000, 15), (5000, 15))])
    assert find_gaps(replace(area, water=brook)).coverage["puskesmas"].minutes.tolist() == [math.inf]
    afloat = area.hamlets.set_geometry([at(1000, 15)])
    gaps = find_gaps(replace(area, hamlets=afloat))
    assert gaps.coverage["puskesmas"].minutes.tolist() == pytest.approx([15 * S_A_METRE_OFF / 60])


# Where villages overlap, the first code counts.


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_point_in_an_overlap_belongs_to_the_first_code(order):
    """Villages of 3 km, each 2 km into the next, along a road of 5 km."""
    three = villages({c: (box(1000 * i, 0, 1000 * i + 3000, 1000), 10) for i, c in enumerate((A, B, C))})
    three = three.iloc[list(order)]
    xs = [500, 1500, 2500, 3500, 4500, 5020, 5060]
    found = village_at(np.array([at(x, 500) for x in xs]), three)
    assert found.tolist() == [A, A, A, B, C, C, None]
    area = layers(
        three, roads([{"from": 0, "to": 1, "geometry": line((0, 500), (5000, 500))}]), facilities([])
    )
    demand = spread_demand(area, default_scenario().demand)
    # A point every 250 m.
    assert demand["village_code"].value_counts().to_dict() == {A: 12, B: 4, C: 4}
    assert set(demand["method"]) == {"roads"}
    assert demand.geometry.x[demand["village_code"] == A].max() - EAST == pytest.approx(2875)
