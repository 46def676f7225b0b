"""The golden town of docs/golden-town.md: every number here was worked out there by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support import at, box, facilities, hamlets, layers, line, roads, villages, whole

from planner.coverage.study import find_gaps
from planner.coverage.tables import summary, village_table

# Walking 100 m off the network: 100 m × 1.3 ÷ (3 km/h).
LEG_100_S = 156.0


@pytest.fixture(scope="module")
def town():
    found = layers(
        villages(
            {
                "99.01.01.2001": (box(-1000, -1000, 4000, 1000), 300),
                "99.01.01.2002": (box(-1000, 1000, 7000, 6000), 200),
                "99.01.01.2003": (box(9000, 1000, 12000, 4000), 100),
                "99.01.01.2004": (box(-1000, -9000, 4000, -1000), math.nan),
            }
        ),
        roads(
            [
                {"from": 0, "to": 1, "geometry": line((0, 0), (3000, 0))},
                {"from": 1, "to": 2, "geometry": line((3000, 0), (3000, 2000)), "road_class": "residential"},
                {"from": 2, "to": 3, "geometry": line((3000, 2000), (6000, 2000)),
                 "road_class": "track", "surface": "dirt"},
                {"from": 3, "to": 4, "geometry": line((6000, 2000), (9500, 2000)),
                 "road_class": "ferry", "route": "ferry", "duration_s": 1200.0},
                {"from": 4, "to": 5, "geometry": line((9500, 2000), (10500, 2000)),
                 "road_class": "residential"},
                {"from": 2, "to": 6, "geometry": line((3000, 2000), (3000, 5000)), "oneway": "yes"},
            ]
        ),
        facilities(
            [
                ("PKM1", "puskesmas", at(0, 100), "99.01.01.2001"),
                ("PTU1", "pustu", at(3000, 2000), "99.01.01.2002"),
                ("PTU2", "pustu", at(10500, 2000), "99.01.01.2003"),
            ],
            functioning=["yes", "unknown", "no"],
        ),
        hamlets(
            [
                ("H1", "99.01.01.2001", at(1500, 100), 200),
                ("H2", "99.01.01.2001", at(3000, 0), 100),
                ("H3", "99.01.01.2002", at(4500, 2000), 150),
                ("H4", "99.01.01.2002", at(3000, 4000), 50),
                ("H5", "99.01.01.2003", at(10000, 2000), 100),
                ("H6", "99.01.01.2004", at(0, -8000), math.nan),
            ]
        ),
    )  # fmt: skip
    # There is no posyandu, and that is known.
    return whole(found, "posyandu")


@pytest.fixture(scope="module")
def gaps(town):
    return find_gaps(town)


def minutes(gaps, kind, hamlet_point):
    distance = gaps.demand.geometry.distance(hamlet_point).to_numpy()
    return gaps.coverage[kind].minutes[int(np.argmin(distance))] * 60.0


def test_access_leg_road_and_egress_leg(gaps):
    # 1,500 m at 30 km/h = 180 s, and two legs of 100 m.
    assert minutes(gaps, "puskesmas", at(1500, 100)) == pytest.approx(180 + 2 * LEG_100_S)


def test_from_a_node_only_the_egress_leg_is_walked(gaps):
    assert minutes(gaps, "puskesmas", at(3000, 0)) == pytest.approx(360 + LEG_100_S)


def test_dirt_track_is_slower(gaps):
    # 1,500 m of track at 12 × 0.7 km/h, 2,000 m at 20 km/h, 3,000 m at 30 km/h.
    expected = 3.6 * (1500 / 8.4 + 2000 / 20 + 3000 / 30) + LEG_100_S
    assert minutes(gaps, "puskesmas", at(4500, 2000)) == pytest.approx(expected)


def test_one_way_street_cannot_be_driven_back_so_they_walk_to_the_next_road(gaps):
    # H4 is beside a street that leads away only; the next road from which the puskesmas can be reached
    # is its lower end, 2,000 m off – the limit of the access leg.
    expected = 3.6 * (2000 * 1.3 / 3.0 + 2000 / 20 + 3000 / 30) + LEG_100_S
    assert minutes(gaps, "puskesmas", at(3000, 4000)) == pytest.approx(expected)


def test_ferry_takes_its_duration_and_one_wait(gaps):
    # 500 m of island road, 30 minutes of waiting, 20 minutes at sea, then the track and the roads.
    expected = 3.6 * (500 / 20 + 3000 / 8.4 + 2000 / 20 + 3000 / 30) + 1800 + 1200 + LEG_100_S
    assert minutes(gaps, "puskesmas", at(10000, 2000)) == pytest.approx(expected)


def test_a_place_on_a_facility_takes_no_time(town):
    here = hamlets([("H", "99.01.01.2001", at(0, 100), 1)])
    assert (
        find_gaps(layers(town.villages, town.roads, town.facilities, here))
        .coverage["puskesmas"]
        .minutes.min()
        == 0
    )


def test_village_table(gaps):
    table = village_table(gaps)
    assert table["puskesmas_status"].tolist() == ["served", "partly", "gap", "gap"]
    assert table["puskesmas_reason"].tolist() == ["", "too_far", "too_far", "no_road"]
    assert table["puskesmas_people_reached"].tolist()[:3] == [300, 150, 0]
    assert math.isnan(table["puskesmas_people_reached"].iloc[3])
    assert table["puskesmas_present"].tolist() == ["yes", "no", "no", "no"]
    assert table["puskesmas_nearest_id"].tolist() == ["PKM1", "PKM1", "PKM1", ""]
    # 8 min 12 s for two thirds of the people, 8 min 36 s for the others.
    assert table["puskesmas_minutes_median"].iloc[0] == pytest.approx(8.2)
    assert table["puskesmas_minutes_max"].iloc[0] == pytest.approx(8.6)
    assert math.isinf(table["puskesmas_minutes_max"].iloc[3])


def test_a_unit_that_does_not_function_is_present_but_serves_nobody(gaps):
    table = village_table(gaps)
    assert table.loc["99.01.01.2003", "pustu_present"] == "yes"
    assert table.loc["99.01.01.2003", "pustu_status"] == "gap"
    assert table.loc["99.01.01.2003", "pustu_reason"] == "not_functioning"
    assert table.loc["99.01.01.2003", "pustu_nearest_id"] == "PTU1"


def test_a_list_with_nothing_in_it_reaches_nobody_and_no_list_says_nothing(gaps):
    table = village_table(gaps)
    assert set(table["posyandu_status"]) == {"gap"}
    assert set(table["posyandu_reason"]) == {"no_facility"}
    assert set(table["posyandu_present"]) == {"no"}
    assert set(table["hospital_status"]) == {"unknown"}
    assert set(table["hospital_reason"]) == {"unknown"}
    assert set(table["hospital_present"]) == {"unknown"}
    assert table["hospital_people_reached"].isna().all()


def test_summary(gaps):
    totals = summary(gaps)
    assert totals["people"] == 600
    assert totals["villages_people_unknown"] == 1
    assert totals["kinds"]["puskesmas"]["people_reached"] == 450
    assert totals["kinds"]["puskesmas"]["share_reached"] == 0.75
    assert totals["kinds"]["puskesmas"]["villages_gap"] == 2
    assert totals["kinds"]["hospital"]["people_reached"] is None
    assert totals["kinds"]["hospital"]["villages_unknown"] == 4


def test_without_ferry_the_island_is_an_island(town):
    cut = layers(town.villages, town.roads[town.roads["route"].isna()], town.facilities, town.hamlets)
    table = village_table(find_gaps(cut))
    assert table.loc["99.01.01.2003", "puskesmas_reason"] == "island"
    assert math.isinf(table.loc["99.01.01.2003", "puskesmas_minutes_median"])


def test_the_limit_itself_is_reached(town):
    from planner.scenarios.scenario import Scenario, default_scenario

    # 3,000 m at 30 km/h are 360 s to the last bit.
    unit = facilities([("P", "puskesmas", at(0, 0), "99.01.01.2001")])
    exact = layers(town.villages, town.roads, unit, hamlets([("H", "99.01.01.2001", at(3000, 0), 9)]))
    base = default_scenario().model_dump()
    for limit, reached in ((6.0, True), (5.9999999, False)):
        base["standard"]["puskesmas"]["limit_minutes"] = limit
        found = find_gaps(exact, scenario=Scenario.model_validate(base)).coverage["puskesmas"]
        assert (found.villages["status"].iloc[0] == "served") is reached
