"""The small functions under the village table, against slow and obvious ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import at, box, facilities, hamlets, layers, line, roads, villages

from geodata.errors import ConfigError
from planner.coverage.demand import spread_demand
from planner.coverage.reach import cover
from planner.coverage.study import Study, find_gaps
from planner.coverage.tables import village_table
from planner.coverage.weighed import weighted_median
from planner.network.land import land_of
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.supply.equity import weighted_quantile

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


unknown_or = st.one_of(st.just(math.nan), values)


def median_for_all_that_is_unknown(rows):
    """The lower median with the unknown values at every place where they may be; NaN where it moves."""
    low, high = (
        sorted(at if math.isnan(v) else v for v, w in rows for _ in range(w)) for at in (0.0, math.inf)
    )
    middle = (len(low) - 1) // 2
    return low[middle] if low and low[middle] == high[middle] else math.nan


@given(st.lists(st.tuples(st.integers(0, 3), unknown_or, st.integers(0, 5)), min_size=1, max_size=30))
def test_a_median_is_known_where_what_is_unknown_cannot_move_it(rows):
    """A single unknown place made the median of its village unknown."""
    group, value, weight = (np.array(c) for c in zip(*rows, strict=True))
    got = weighted_median(group.astype(np.int64), value.astype(float), weight.astype(float), 4)
    for g in range(4):
        mine = [(v, w) for k, v, w in rows if k == g]
        want = median_for_all_that_is_unknown(mine)
        np.testing.assert_equal(got[g], want)
        # One rule in both rooms.
        minutes, people = (np.array(c, dtype=float) for c in zip(*mine, strict=True)) if mine else ([], [])
        np.testing.assert_equal(weighted_quantile(np.array(minutes), np.array(people), 0.5), want)


@pytest.mark.parametrize(
    ("minutes", "people", "median"),
    [
        ([1.0, math.nan], [1, 1], math.nan), ([1.0, math.nan, 1.0], [1, 1, 1], 1.0),
        ([1.0, 2.0, 3.0, math.nan], [4, 4, 4, 1], 2.0), ([1.0, 2.0, 3.0, math.nan], [4, 4, 4, 5], math.nan),
        ([math.nan], [0], math.nan), ([math.inf, math.inf, math.nan], [1, 1, 1], math.inf),
    ],
    ids=["half unknown", "two alike", "a few unknown", "too many", "nobody", "no way"],
)  # fmt: skip
def test_a_median_beside_the_unknown(minutes, people, median):
    group = np.zeros(len(minutes), dtype=np.int64)
    got = weighted_median(group, np.array(minutes), np.array(people, dtype=float), 1)[0]
    np.testing.assert_equal(got, median)


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
    usual = default_scenario()
    on_foot = {k: rule.model_copy(update={"mode": "walking"}) for k, rule in usual.standard.items()}
    walked = usual.model_copy(update={"standard": on_foot})
    without = village_table(find_gaps(layers(both, None, unit), scenario=walked)).loc["99.01.01.2002"]
    assert without["puskesmas_reason"] == "island"
    assert math.isinf(without["puskesmas_minutes_median"])
    # By vehicle nobody knows whether a ferry goes, nor how long it takes.
    open_ = village_table(find_gaps(layers(both, None, unit))).loc["99.01.01.2002"]
    assert open_[["puskesmas_status", "puskesmas_reason"]].tolist() == ["unknown", "roads_incomplete"]
    assert math.isnan(open_["puskesmas_minutes_median"])


def test_gaps_between_simplified_polygons_do_not_divide_land():
    two = villages({"99.01.01.2001": (box(0, 0, 100, 100), 1), "99.01.01.2002": (box(180, 0, 300, 100), 1)})
    assert len(land_of(two, default_scenario().land).parts) == 1
    apart = villages({"99.01.01.2001": (box(0, 0, 100, 100), 1), "99.01.01.2002": (box(280, 0, 400, 100), 1)})
    land = land_of(apart, default_scenario().land)
    assert land.of(np.array([at(50, 50), at(350, 50), at(9000, 9000)], dtype=object)).tolist() == [0, 1, -1]


@pytest.mark.slow
def test_no_road_file_means_straight_lines_on_foot():
    unit = facilities([("P", "posyandu", at(3000, 2000), "99.01.01.2001")])
    spots = hamlets([("a", "99.01.01.2001", at(2000, 2000), 400)])
    found = find_gaps(layers(SQUARE, None, unit, spots))
    assert found.network is None
    # 1 km × 1.3 at 3 km/h.
    assert found.coverage["posyandu"].minutes[0] == pytest.approx(26.0)
    assert set(village_table(found)["network"]) == {"none"}


def test_without_travel_times_nothing_is_known():
    area = layers(SQUARE, None, facilities([("P", "pustu", at(500, 500), "99.01.01.2001")]))
    scenario = default_scenario()
    demand = spread_demand(area, scenario.demand)
    one = cover("pustu", area, demand, scenario.standard["pustu"], scenario.status, times=None)
    assert one.villages["status"].tolist() == ["unknown"]
    assert one.reason.tolist() == ["unknown"] * len(demand)
    assert not one.listed


@pytest.mark.parametrize("ask", ["router", "stops"])
def test_ways_of_an_area_without_roads_are_a_sentence(ask):
    study = Study(layers(SQUARE, None, facilities([("P", "pustu", at(500, 500), "99.01.01.2001")])))
    with pytest.raises(ConfigError, match="the area has no roads"):
        getattr(study, ask)(Profile("car", "dry"))


def test_units_without_a_place_make_presence_unknown_not_no():
    two = villages({"99.01.01.2001": (box(0, 0, 10, 10), 1), "99.01.01.2002": (box(10, 0, 20, 10), 1)})
    units = facilities([("A", "pustu", at(5, 5), "99.01.01.2001"), ("B", "pustu", at(0, 0), "")])
    units.loc["B", "status"] = "unlocated"
    units.loc["B", "geometry"] = None
    table = village_table(find_gaps(layers(two, None, units)))
    assert table["pustu_present"].tolist() == ["yes", "unknown"]


def test_a_unit_of_unknown_place_may_be_the_one_that_serves():
    far = villages({"99.01.01.2001": (box(0, 0, 100, 100), 1), "99.01.01.2002": (box(9000, 0, 9100, 100), 1)})
    units = facilities([("A", "pustu", at(50, 50), "99.01.01.2001"), ("B", "pustu", at(0, 0), "")])
    units.loc["B", "status"] = "unlocated"
    units.loc["B", "geometry"] = None
    table = village_table(find_gaps(layers(far, None, units)))
    assert table["pustu_status"].tolist() == ["served", "unknown"]
    assert table["pustu_reason"].tolist() == ["", "unknown"]
    alone = village_table(find_gaps(layers(far, None, units.loc[["B"]])))
    assert set(alone["pustu_status"]) == set(alone["pustu_reason"]) == {"unknown"}
    assert alone["pustu_people_reached"].isna().all()


@pytest.mark.parametrize(
    ("reached", "of", "status"),
    [
        (8, 10, "served"),
        (12, 15, "served"),
        (7, 10, "partly"),
        (6, 12, "partly"),
        (7, 14, "partly"),
        (5, 12, "gap"),
    ],
)
def test_status_exactly_at_its_thresholds(reached, of, status):
    spots = [
        (f"h{i:02d}", "99.01.01.2001", at(2000, 2000) if i < reached else at(10, 10), 7) for i in range(of)
    ]
    unit = facilities([("P", "posyandu", at(2000, 2000), "99.01.01.2001")])
    table = village_table(find_gaps(layers(SQUARE, None, unit, hamlets(spots))))
    assert table["posyandu_status"].iloc[0] == status
    assert table["posyandu_share_reached"].iloc[0] == round(reached / of, 9)


def test_a_limit_is_met_by_a_road_in_many_pieces():
    # 3,000 m at 30 km/h are 6 minutes also as fourteen pieces, whose sum is 360.0000000000001 s.
    at_x = [3000.0 * k / 14 for k in range(15)]
    town = roads(
        [{"from": k, "to": k + 1, "geometry": line((at_x[k], 0), (at_x[k + 1], 0))} for k in range(14)]
    )
    content = default_scenario().model_dump()
    content["standard"]["puskesmas"]["limit_minutes"] = 6.0
    gaps = find_gaps(
        layers(
            SQUARE, town, facilities([("P", "puskesmas", at(0, 0), "99.01.01.2001")]),
            hamlets([("h", "99.01.01.2001", at(3000, 0), 1)]),
        ),
        scenario=type(default_scenario()).model_validate(content),
    )  # fmt: skip
    assert gaps.coverage["puskesmas"].reached.all()


@pytest.mark.slow
def test_a_declared_village_has_its_unit_even_with_wrong_coordinates():
    units = facilities([("A", "pustu", at(99_000, 0), "99.01.01.2001")])
    units["status"] = "outside_buffer"
    assert village_table(find_gaps(layers(SQUARE, None, units)))["pustu_present"].tolist() == ["yes"]


def test_a_poskesdes_counts_as_a_pustu():
    units = facilities([("A", "poskesdes", at(2000, 2000), "99.01.01.2001")])
    both = layers(SQUARE, None, units, listed=("pustu", "poskesdes"))
    row = village_table(find_gaps(both)).iloc[0]
    assert (row["pustu_present"], row["pustu_nearest_id"]) == ("yes", "A")


def test_without_a_road_near_the_reason_is_no_road_also_after_a_walk():
    town = roads([{"from": 0, "to": 1, "geometry": line((0, 3900), (10, 3900))}])
    unit = facilities([("P", "puskesmas", at(2000, 1000), "99.01.01.2001")])
    spot = hamlets([("h", "99.01.01.2001", at(100, 1000), 1)])
    gaps = find_gaps(layers(SQUARE, town, unit, spot))
    assert 49 < gaps.coverage["puskesmas"].minutes[0] < 50
    assert gaps.coverage["puskesmas"].reason.tolist() == ["no_road"]


def test_people_near_a_unit_are_unknown_where_their_number_is():
    from planner.coverage.tables import facility_table

    unit = facilities([("P", "posyandu", at(2000, 2000), "99.01.01.2001")])
    row = facility_table(find_gaps(layers(SQUARE.assign(people=np.nan), None, unit))).iloc[0]
    assert math.isnan(row["people_nearest"])
    assert row["villages_people_unknown"] == 1


def test_overlapping_villages_divide_their_roads_the_same_in_any_order():
    two = villages(
        {"99.01.01.2001": (box(0, 0, 3000, 1000), 10), "99.01.01.2002": (box(1000, 0, 4000, 1000), 20)}
    )
    town = roads([{"from": 0, "to": 1, "geometry": line((0, 500), (4000, 500))}])
    rule = default_scenario().demand
    before = spread_demand(layers(two, town, facilities([])), rule)
    after = spread_demand(layers(two.iloc[::-1], town, facilities([])), rule)
    assert before.geometry.equals(after.geometry)
    assert before["people"].equals(after["people"])


def test_a_part_leaves_to_villages_beyond_what_they_have_of_the_whole():
    """Each village by itself, with the others beyond, has the points that it has among all."""
    outlines = {
        "99.01.01.2001": (box(0, 0, 3000, 1000), 10), "99.01.01.2002": (box(1000, 0, 4000, 1000), 20),
        "99.02.01.2001": (box(2500, 0, 6000, 1000), 30),
    }  # fmt: skip
    three = villages(outlines)
    town = roads([{"from": 0, "to": 1, "geometry": line((0, 500), (6000, 500))}])
    rule = default_scenario().demand
    whole = spread_demand(layers(three, town, facilities([])), rule)
    for code in three.index[::-1]:
        others = three.geometry.drop(code)
        part = spread_demand(layers(three.loc[[code]], town, facilities([])), rule, None, others)
        mine = whole[whole["village_code"] == code]
        assert part.geometry.equals(mine.geometry)
        assert part["weight"].equals(mine["weight"])


def test_a_dry_season_ferry_does_not_sail_in_the_wet():
    from planner.network.build import ON_FERRY, build_network

    town = roads(
        [
            {"from": 0, "to": 1, "geometry": line((0, 0), (9, 0))},
            {"from": 1, "to": 2, "geometry": line((9, 0), (99, 0)), "route": "ferry", "season": "dry_only"},
        ]
    )
    network = build_network(town, default_scenario(), modes=["walking"])
    ferry = network.edge_kind == ON_FERRY
    assert np.isinf(network.impedance[Profile("walking", "wet")].forward_s[ferry]).all()
    assert np.isfinite(network.impedance[Profile("walking", "dry")].forward_s[ferry]).all()


def test_a_place_in_town_with_thousands_of_edges_near_is_joined_in_little_memory():
    """The islet's people may not use the town's 2,000 edges across the water; nothing is kept of them."""
    from planner.network.build import build_network
    from planner.network.land import Ground
    from planner.network.land import land_of as make_land
    from planner.travel.snapping import Snapper

    both = villages(
        {"99.01.01.2001": (box(0, 0, 1500, 1500), 1), "99.01.01.2002": (box(1800, 0, 2000, 200), 1)}
    )
    steps = [100.0 * k for k in range(15)]
    rows = [
        {"from": 0, "to": 1, "geometry": line((x, y), (x + 50, y)), "way_id": f"{x}{y}"}
        for x in steps
        for y in steps
    ]
    network = build_network(roads(rows), default_scenario(), modes=["walking"])
    snapper = Snapper(
        network,
        Profile("walking", "dry"),
        ground=Ground(make_land(both, default_scenario().land)),
        max_access_m=2000.0,
    )
    islet = np.array([at(1900, 100 + k / 10) for k in range(50)], dtype=object)
    assert len(snapper.nearest(islet).point) == 0
