"""Home visits: families that no posyandu reaches, rounds that keep their limits, remote places."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from support import at, box, facilities, hamlets, layers, villages

from geodata.errors import InputError
from planner.coverage.study import find_gaps
from planner.ilp.visits import home_visits, remote_flag, walk_rounds
from planner.scenarios.scenario import default_scenario

NAN, INF = math.nan, math.inf
HYPOTHESIS = settings(max_examples=100, deadline=None)
RULE = default_scenario().visits
# 1.3 × 3.6 / 3 / 60: 26 minutes a kilometre.
PER_M = 0.026
START = np.zeros(2)

spots = st.lists(
    st.tuples(
        st.integers(-4000, 4000),
        st.integers(-4000, 4000),
        st.one_of(st.floats(0.01, 9.99), st.integers(1, 45).map(float)),
    ),
    min_size=1,
    max_size=14,
)


def arrays(rows):
    table = np.array(rows, dtype=float)
    return table[:, :2], table[:, 2]


def tour_minutes(xy, points):
    """There, around and back."""
    stops = [START, *(xy[i] for i in points), START]
    return PER_M * sum(math.dist(a, b) for a, b in itertools.pairwise(stops))


# Rounds of one village


@HYPOTHESIS
@given(spots)
def test_every_family_is_visited_once_and_no_limit_is_broken(rows):
    xy, families = arrays(rows)
    seen = np.zeros(len(families))
    for one in walk_rounds(xy, families, START, RULE, minutes_per_m=PER_M):
        assert len(one.points) == len(set(one.points))
        assert sum(one.families) <= 10 + 1e-9
        assert one.walk_minutes == pytest.approx(tour_minutes(xy, one.points), abs=1e-5)
        away = [2 * PER_M * math.hypot(*xy[i]) for i in one.points]
        assert one.too_far == (max(away) > 180)
        assert one.walk_minutes <= 180 or (one.too_far and len(one.points) == 1)
        np.add.at(seen, list(one.points), one.families)
    assert seen == pytest.approx(families)


@HYPOTHESIS
@given(spots)
def test_a_place_is_split_only_when_one_round_cannot_hold_it(rows):
    xy, families = arrays(rows)
    rounds = walk_rounds(xy, families, START, RULE, minutes_per_m=PER_M)
    visits = [(i, n) for one in rounds for i, n in zip(one.points, one.families, strict=True)]
    for i, number in enumerate(families):
        parts = sorted(n for j, n in visits if j == i)
        assert len(parts) == math.ceil(round(number / 10, 9))
        assert parts[1:] == [10.0] * (len(parts) - 1)


@HYPOTHESIS
@given(spots)
def test_two_rounds_that_one_could_hold_are_one(rows):
    # Where the walk is no limit, any two rounds have more families than one may have.
    xy, families = arrays(rows)
    rule = RULE.model_copy(update={"walk_minutes_a_round": 1e6})
    loads = sorted(sum(one.families) for one in walk_rounds(xy, families, START, rule, minutes_per_m=PER_M))
    if len(loads) > 1:
        assert loads[0] + loads[1] > 10 - 1e-9
    assert len(loads) >= math.ceil(families.sum() / 10 - 1e-9)


@HYPOTHESIS
@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_along_one_way_out_a_round_is_there_and_back(metres, random):
    # A place put into the walk at the wrong stop would make it longer.
    random.shuffle(metres)
    xy = np.array([[0.6 * m, 0.8 * m] for m in metres])
    (one,) = walk_rounds(xy, np.ones(len(metres)), START, RULE, minutes_per_m=PER_M)
    assert one.walk_minutes == pytest.approx(2 * max(metres) * PER_M, abs=1e-5)


@pytest.mark.slow
@HYPOTHESIS
@given(spots, st.randoms(use_true_random=False))
def test_the_order_of_places_changes_nothing(rows, random):
    def plan(rows):
        xy, families = arrays(rows)
        return [
            (one.walk_minutes, one.too_far, xy[list(one.points)].tolist(), one.families)
            for one in walk_rounds(xy, families, START, RULE, minutes_per_m=PER_M)
        ]

    before = plan(rows)
    random.shuffle(rows)
    assert plan(rows) == before


def test_limits_include_themselves():
    # 180 minutes there and back, and 10 families in four places: one round each way.
    edge = 90 / PER_M
    xy = np.array([[edge, 0.0]] * 4)
    (one,) = walk_rounds(xy, np.full(4, 2.5), START, RULE, minutes_per_m=PER_M)
    assert (one.walk_minutes, one.too_far, sum(one.families)) == (180, False, 10)
    (far,) = walk_rounds(np.array([[edge + 0.01, 0]]), np.ones(1), START, RULE, minutes_per_m=PER_M)
    assert far.too_far


def test_limits_do_not_fail_by_a_last_bit():
    # 180.00000000000003 minutes as computed; and 21 families are 3.0000000000000004 rounds of 7.
    edge = 90 / PER_M
    xy = np.array([[edge * 5 / 13, edge * 12 / 13]])
    assert 2 * np.hypot(*xy[0]) * PER_M > 180
    families = np.array([81.9 / 3.9])
    assert families[0] / 7 > 3
    rounds = walk_rounds(
        xy, families, START, RULE.model_copy(update={"visits_a_round": 7}), minutes_per_m=PER_M
    )
    assert [(r.walk_minutes, r.too_far) for r in rounds] == [(180, False)] * 3


def test_a_round_begins_with_the_furthest_place_and_stays_in_its_direction():
    xy = np.array([[1000.0, 0.0], [2000.0, 0.0], [0.0, 1000.0], [0.0, 2000.0]])
    rounds = walk_rounds(xy, np.full(4, 5.0), START, RULE, minutes_per_m=PER_M)
    assert [set(r.points) for r in rounds] == [{2, 3}, {0, 1}]
    assert [r.walk_minutes for r in rounds] == pytest.approx([104, 104])


def test_rounds_by_hand():
    # Two places and the start are a triangle of 1 km sides, 78 minutes; a third, 2 km away on the other side,
    # would make that 172.8, and 146.8 with one of the two.
    xy = np.array([[1000.0, 0.0], [500.0, 866.025404], [-2000.0, 0.0], [0.0, -5000.0]])
    families = np.array([4.0, 4.0, 2.0, 12.0])
    rule = RULE.model_copy(update={"walk_minutes_a_round": 140})
    rounds = walk_rounds(xy, families, START, rule, minutes_per_m=PER_M)
    assert [(set(r.points), r.families) for r in rounds] == [
        ({0, 1}, (4.0, 4.0)), ({2}, (2.0,)), ({3}, (10.0,)), ({3}, (2.0,)),
    ]  # fmt: skip
    assert [r.walk_minutes for r in rounds] == pytest.approx([78, 104, 260, 260])
    assert [r.too_far for r in rounds] == [False, False, True, True]
    longest = walk_rounds(xy, families, START, RULE, minutes_per_m=PER_M)[0]
    assert longest.walk_minutes == pytest.approx(26 * (2 + 1 + 1 + math.sqrt(7)))


def test_nobody_walks_where_nobody_can():
    xy = np.array([[100.0, 0.0], [0.0, 100.0]])
    rounds = walk_rounds(xy, np.ones(2), START, RULE, minutes_per_m=PER_M, afoot=np.array([True, False]))
    assert [(r.points, r.walk_minutes, r.too_far) for r in rounds] == [
        ((0,), pytest.approx(5.2), False),
        ((1,), INF, True),
    ]


def test_no_places_no_rounds():
    assert walk_rounds(np.empty((0, 2)), np.empty(0), START, RULE, minutes_per_m=PER_M) == []


# A study area

A, B, C, D, E = "99.01.01.2001", "99.01.01.2002", "99.01.01.2003", "99.01.01.2004", "99.01.01.2005"


def town(order=slice(None)):
    """A: three hamlets to visit; B: all reached; C: people unknown; D: nobody; E: on two islands."""
    outlines = villages(
        {
            A: (box(-500, -500, 5000, 500), 1097.5),
            B: (box(-500, 500, 5000, 1500), 390),
            C: (box(-500, 1500, 5000, 2500), NAN),
            D: (box(-500, 2500, 5000, 3500), 0),
            E: (box(-500, 3500, 1000, 6000), 429),
        }
    )
    islet = box(1500, 5000, 1700, 5200)
    outlines.loc[E, "geometry"] = outlines.loc[E, "geometry"].union(islet)
    places = hamlets(
        [
            ("a", A, at(0, 0), 1000), ("b", A, at(1000, 0), 39), ("c", A, at(1200, 0), 19.5),
            ("d", A, at(4000, 0), 39),
            ("e", B, at(0, 1000), 390),
            ("f", C, at(0, 2000), NAN), ("g", C, at(2000, 2000), NAN),
            ("h", D, at(4000, 3000), NAN),
            ("i", E, at(0, 5100), 390), ("j", E, at(1600, 5100), 39),
        ]
    )  # fmt: skip
    units = facilities(
        [("P", "posyandu", at(0, 0), A), ("Q", "posyandu", at(0, 1000), B), ("R", "posyandu", at(0, 2000), C)]
    )
    return layers(outlines.iloc[order], None, units.iloc[order], places.iloc[order], listed=("posyandu",))


@pytest.fixture(scope="module")
def gaps():
    return find_gaps(town())


@pytest.fixture(scope="module")
def visits(gaps):
    return home_visits(gaps)


def test_families_and_rounds_of_a_village_by_hand(visits):
    # 39, 19.5 and 39 people are 10, 5 and 10 families; 52, 62.4 and (too far) 208 minutes.
    row = visits.villages.loc[A]
    assert row["status"] == "known"
    assert row.drop("status").tolist() == pytest.approx([25, 25 / 3, 3, 1, 1, 10, 0.2])
    rounds = visits.rounds.query("village_code == @A")
    assert rounds["round"].tolist() == [1, 2, 3]
    assert rounds["families"].tolist() == pytest.approx([10, 5, 10])
    assert rounds["walk_minutes"].tolist() == pytest.approx([52, 62.4, 208])
    assert rounds["points"].tolist() == [1, 1, 1]
    assert rounds["too_far"].tolist() == [False, False, True]
    assert visits.stops.query("village_code == @A")["demand_id"].tolist() == [f"{A}/{n}" for n in (2, 3, 4)]


def test_more_families_a_round_take_both_places_on_one_walk(gaps):
    visits = home_visits(gaps, RULE.model_copy(update={"visits_a_round": 15, "visits_per_family_month": 1}))
    rounds = visits.rounds.query("village_code == @A")
    assert rounds["walk_minutes"].tolist() == pytest.approx([62.4, 208])
    assert rounds["points"].tolist() == [2, 1]
    stops = visits.stops.query("village_code == @A and round == 1")
    assert stops["stop"].tolist() == [1, 2]
    assert visits.villages.loc[A, "rounds_month"] == 2


def test_every_village_has_a_status(gaps, visits):
    assert visits.villages.index.equals(gaps.layers.villages.index)
    assert visits.villages["status"].tolist() == ["known", "none", "unknown", "none", "known"]
    assert (visits.villages.loc[[B, D]].drop(columns="status") == 0).all(axis=None)
    assert visits.villages.loc[C].drop("status").isna().all()
    assert set(visits.rounds["village_code"]) == {A, E}
    assert (visits.season, visits.rule) == ("dry", RULE)


def test_an_islet_is_not_reached_on_foot(visits):
    row = visits.villages.loc[E]
    # 110 families, 10 of them on the islet; 100 at the start itself.
    assert (row["families"], row["rounds"]) == pytest.approx((110, 11))
    assert (row["rounds_too_far"], row["families_too_far"]) == pytest.approx((1, 10))
    rounds = visits.rounds.query("village_code == @E")
    assert rounds["walk_minutes"].tolist() == [0.0] * 10 + [INF]


def test_families_are_conserved(gaps, visits):
    people = gaps.demand["people"].to_numpy()
    left = ~gaps.coverage["posyandu"].reached & ~np.isnan(people)
    assert visits.villages["families"].sum() * 3.9 == pytest.approx(people[left].sum())
    assert visits.rounds["families"].sum() == pytest.approx(visits.villages["families"].sum())
    by_place = visits.stops.groupby("demand_id")["families"].sum() * 3.9
    wanted = gaps.demand.loc[left & (people > 0), "people"]
    pd.testing.assert_series_equal(by_place, wanted.sort_index(), check_names=False, check_index_type=False)
    by_round = visits.stops.groupby(["village_code", "round"])["families"].agg(["sum", "size"]).reset_index()
    assert by_round["sum"].tolist() == pytest.approx(visits.rounds["families"].tolist())
    assert by_round["size"].tolist() == visits.rounds["points"].tolist()


@pytest.mark.parametrize("listed", [(), ("puskesmas",)])
def test_without_a_list_of_posyandu_all_is_unknown(gaps, listed):
    area = dataclasses.replace(gaps.layers.area, listed_kinds=listed)
    visits = home_visits(find_gaps(dataclasses.replace(gaps.layers, area=area)))
    # Where nobody lives there is nobody to visit.
    assert visits.villages["status"].tolist() == ["unknown", "unknown", "unknown", "none", "unknown"]
    assert len(visits.rounds) == len(visits.stops) == 0
    assert visits.villages.drop(index=D)["families"].isna().all()


def test_a_unit_of_unknown_place_leaves_only_the_unreached_unknown():
    area = town()
    units = area.facilities
    units.loc["R", "status"] = "unlocated"
    units.loc["R", ["geometry", "village_code"]] = None
    visits = home_visits(find_gaps(area.with_facilities(units)))
    assert visits.villages["status"].tolist() == ["unknown", "none", "unknown", "none", "unknown"]
    assert len(visits.rounds) == 0


def test_a_kind_out_of_the_standard_is_unknown(gaps):
    kinds = {k: v for k, v in gaps.scenario.standard.items() if k != "posyandu"}
    other = find_gaps(gaps.layers, scenario=gaps.scenario.model_copy(update={"standard": kinds}))
    assert home_visits(other).villages["status"].tolist() == ["unknown"] * 3 + ["none", "unknown"]


def test_nobody_left_to_visit():
    one = villages({A: (box(0, 0, 100, 100), 40)})
    area = layers(one, None, facilities([("P", "posyandu", at(50, 50), A)]), listed=("posyandu",))
    visits = home_visits(find_gaps(area))
    assert visits.villages["status"].tolist() == ["none"]
    assert visits.rounds.dtypes["walk_minutes"] == np.float64
    assert len(visits.stops) == 0


def test_the_order_of_rows_changes_nothing_here(gaps, visits):
    other = home_visits(find_gaps(town(slice(None, None, -1))))
    pd.testing.assert_frame_equal(other.villages.loc[gaps.layers.villages.index], visits.villages)
    for name in ("rounds", "stops"):
        keys = ["village_code", "round"]
        mine, yours = (
            getattr(v, name).sort_values(keys, kind="stable", ignore_index=True) for v in (visits, other)
        )
        pd.testing.assert_frame_equal(mine, yours)


def test_the_start_is_the_place_nearest_the_mean():
    # The mean of 60, 20 and 20 people at 0, 1 and 2 km is at 600 m: rounds start at 1 km.
    one = villages({A: (box(-500, -500, 2500, 500), 100)})
    places = hamlets([("a", A, at(0, 0), 60), ("b", A, at(1000, 0), 20), ("c", A, at(2000, 0), 20)])
    far = facilities([("P", "posyandu", at(9000, 0), "")])
    area = layers(one, None, far, places, listed=("posyandu",))
    visits = home_visits(
        find_gaps(area), RULE.model_copy(update={"visits_a_round": 20, "walk_minutes_a_round": 60})
    )
    assert visits.rounds["walk_minutes"].tolist() == pytest.approx([52, 52])


def test_the_rule_is_checked():
    assert RULE.visits_per_family_month == pytest.approx(1 / 3)
    assert "[A]" in RULE.basis
    assert "[C]" in RULE.basis
    for wrong in (
        {"visits_a_round": 0},
        {"people_per_family": -1},
        {"kader": 5},
        {"walk_minutes_a_round": True},
    ):
        with pytest.raises(ValidationError):
            type(RULE).model_validate({**RULE.model_dump(), **wrong})
    with pytest.raises(ValidationError):
        RULE.visits_a_round = 3


# Remote places

TRIPS = {"yes": 180.01, "no": 180.0, "unknown": NAN}


@pytest.mark.parametrize("three", list(itertools.product(TRIPS, repeat=3)))
def test_remote_is_three_valued(three):
    trip, weekly, weather = three
    if "yes" in three:
        wanted = "yes"
    elif "unknown" in three:
        wanted = "unknown"
    else:
        wanted = "no"
    assert remote_flag(np.array([TRIPS[trip]]), [weekly], [weather]).tolist() == [wanted]


def test_remote_without_answers_is_never_no():
    assert remote_flag(np.array([10, 200, INF, NAN])).tolist() == ["unknown", "yes", "yes", "unknown"]
    missing = pd.Series([None, "no"], dtype="str")
    assert remote_flag(np.array([10.0, 10.0]), missing, ["no", "no"]).tolist() == ["unknown", "no"]
    assert remote_flag(np.empty(0)).tolist() == []


def test_remote_refuses_other_words():
    with pytest.raises(InputError, match="transport_weekly: 'ya' is not an answer; use one of yes, no"):
        remote_flag(np.array([1.0]), ["ya"])
    with pytest.raises(InputError, match="weather_blocked: 1 answers for 2 places"):
        remote_flag(np.array([1.0, 2.0]), None, ["no"])
