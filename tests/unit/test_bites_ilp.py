"""Slips of one line in the ILP answers that no other test noticed; numbers by hand."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from street import CODES, M_A_MINUTE, scenario_with, street
from support import CRS, at, whole

from geodata.crs import WGS84
from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.ilp.referral import referral_table
from planner.ilp.tables import puskesmas_table
from planner.reports.pws import pws_table
from planner.reports.side_by_side import standards_table
from planner.reports.village_sheets.drawing import Drawing
from planner.supply.capacity import allocate
from planner.supply.floating_catchments import two_step
from planner.supply.places import village_remoteness
from planner.texts.catalogues import ilp_texts
from planner.travel.times import SparseTimes

NAN = math.nan
A, B, C = CODES[:3]
DIRT = {"surface": "dirt"}


def ilp_of(*args, scenario=None, **kwargs) -> Ilp:
    return Ilp(find_gaps(street(*args, **kwargs), scenario=scenario))


def in_village(area, **where):
    """The same area, its units in these villages."""
    rows = area.facilities.copy()
    for unit, code in where.items():
        rows.loc[unit, "village_code"] = code
    return area.with_facilities(rows)


# Three answers and their class.

STAFF = {"staff_bidan": 1.0, "staff_perawat": 1.0, "staff_kader": 2.0}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "functions", "lacks", "not_known"),
    [
        (STAFF, "yes", "", ""),
        ({**STAFF, "staff_kader": 1.0}, "no", "kader:1", ""),
        ({**STAFF, "staff_bidan": NAN}, "unknown", "", "bidan"),
        ({**STAFF, "staff_bidan": NAN, "staff_kader": 0.0}, "no", "kader:2", "bidan"),
        ({**STAFF, "functioning": "no"}, "no", "", ""),
        ({**STAFF, "functioning": "unknown"}, "yes", "", ""),
    ],
)
def test_a_pustu_functions_with_all_of_its_staff(columns, functions, lacks, not_known):
    # Bidan 1, perawat 1 and kader 2 are what the standard asks for.
    row = ilp_of([0], [("T", "pustu", 0, columns)]).units.loc["T"]
    assert row[["functions", "lacks", "not_known"]].tolist() == [functions, lacks, not_known]


@pytest.mark.parametrize(("days", "functions"), [(1.0, "yes"), (0.5, "no"), (NAN, "unknown")])
def test_a_posyandu_is_open_once_a_month(days, functions):
    columns = {"staff_kader": 5.0, "open_days_month": days}
    assert ilp_of([0], [("Y", "posyandu", 0, columns)]).units.loc["Y", "functions"] == functions


def test_the_capacity_of_a_list_counts_before_that_of_the_standard():
    units = [("P", "puskesmas", 0, {"capacity_people": 500.0}), ("Q", "puskesmas", 0)]
    found = ilp_of([0], units).units["capacity_people"]
    assert found.tolist() == [500, 120_000]


def test_the_units_in_a_village_are_asked_before_the_nearest():
    units = [("S", "pustu", 3000, {**STAFF, "staff_kader": 0.0}), ("T", "pustu", 0, STAFF)]
    area = in_village(street([1000, 1000], units), S=A)
    assert Ilp(find_gaps(area)).answers["pustu"]["functioning"].tolist() == ["no", "yes"]


def test_one_unit_of_a_village_that_functions_is_enough():
    units = [("S", "pustu", 3000, {**STAFF, "staff_kader": 0.0}), ("T", "pustu", 0, STAFF)]
    area = in_village(street([3000], units), S=A, T=A)
    assert Ilp(find_gaps(area)).answers["pustu"]["functioning"].tolist() == ["yes"]


@pytest.mark.slow
@pytest.mark.parametrize(("units", "aim"), [(1, "no"), (2, "yes"), (3, "yes")])
def test_the_aim_is_a_posyandu_for_each_hamlet(units, aim):
    rows = [(f"Y{i}", "posyandu", 0) for i in range(units)]
    area = in_village(street([0, 100], rows, village=[0, 0]), **dict.fromkeys((r[0] for r in rows), A))
    assert Ilp(find_gaps(area)).answers["posyandu"].loc[A, ["present", "aim"]].tolist() == ["yes", aim]


def test_where_hamlets_are_unknown_so_is_whether_each_has_a_posyandu():
    # A has two hamlets and a posyandu, B only a posyandu, C neither.
    rows = [("Y0", "posyandu", 0), ("Y1", "posyandu", 0)]
    area = in_village(street([0, 0, 0], rows), Y0=A, Y1=B)
    area = replace(area, hamlets=area.hamlets.assign(village_code=[A, A, C]).iloc[:2])
    answers = Ilp(find_gaps(area)).answers["posyandu"]
    assert answers["present"].tolist() == ["yes", "yes", "no"]
    assert answers["aim"].tolist() == ["no", "unknown", "no"]


def test_while_a_posyandu_has_no_place_too_few_may_be_enough():
    rows = [("Y0", "posyandu", 0), ("Y1", "posyandu", 0)]
    area = in_village(street([0, 100], rows, village=[0, 0]), Y0=A)
    area.facilities.loc["Y1", "status"] = "unlocated"
    area.facilities.loc["Y1", "geometry"] = None
    assert Ilp(find_gaps(area)).answers["posyandu"].loc[A, ["present", "aim"]].tolist() == ["yes", "unknown"]


def test_a_village_served_is_reached_whatever_unit_has_no_place():
    # Four of five hamlets are 80 %: served. The other village may be served by the unit without a place.
    places = [0, 0, 0, 0, 60_000, 60_000]
    area = street(places, [("P", "puskesmas", 0), ("Q", "puskesmas", 0)], village=[0, 0, 0, 0, 0, 1])
    area.facilities.loc["Q", "status"] = "unlocated"
    area.facilities.loc["Q", "geometry"] = None
    assert Ilp(find_gaps(area)).answers["puskesmas"]["reachable_dry"].tolist() == ["yes", "unknown"]


def test_a_puskesmas_anywhere_in_the_kecamatan_is_present_a_pustu_is_not():
    units = [("P", "puskesmas", 0), ("T", "pustu", 0)]
    area = in_village(street([0, 0], units), P=B, T=B)
    answers = Ilp(find_gaps(area)).answers
    assert answers["puskesmas"]["present"].tolist() == ["yes", "yes"]
    assert answers["pustu"]["present"].tolist() == ["no", "yes"]


# Lines of text.


def test_who_is_reached_in_the_dry_season_only_is_told_how_many_are_not_in_the_wet():
    # Dirt: 21 km/h dry, 12 km/h wet; 30 minutes are 10.5 and 6 km. Three of four hamlets are 8 km away.
    ilp = ilp_of([1000, 8000, 8000, 8000], [("P", "puskesmas", 0)], village=[0] * 4, road=DIRT)
    row = ilp.answers["puskesmas"].loc[A]
    assert (row["class"], row["reachable_dry"], row["reachable_wet"]) == ("dry_only", "yes", "no")
    assert "75%" in row["reason_en"]
    assert "75%" in row["reason_id"]


def test_of_several_units_of_a_village_the_best_staffed_is_spoken_of():
    units = [
        ("S", "pustu", 0, {"staff_bidan": 0.0, "staff_perawat": 0.0, "staff_kader": 0.0}),
        ("T", "pustu", 0, {**STAFF, "staff_kader": 1.0}),
    ]
    row = Ilp(find_gaps(in_village(street([0], units), S=A, T=A))).answers["pustu"].loc[A]
    assert row["class"] == "not_functioning"
    assert "1 kader" in row["reason_id"]
    assert "bidan" not in row["reason_id"]


def test_what_is_open_about_a_unit_elsewhere_is_whether_it_functions():
    # The standard asks nothing of a hospital: it functions as its list declares, here not at all.
    row = ilp_of([0], [("H", "hospital", 0, {"functioning": "unknown"})]).answers["hospital"].loc[A]
    assert row[["present", "functioning", "class"]].tolist() == ["no", "unknown", "unknown"]
    assert row["reason_en"] == ilp_texts()["en"]["unknown_functioning"].format(unit="hospital", not_known="")


# The network.


@pytest.mark.parametrize("functioning", ["yes", "no", "unknown"])
def test_the_only_puskesmas_of_a_kecamatan_has_its_villages_even_if_it_does_not_work(functioning):
    units = [("P", "puskesmas", 0, {"functioning": functioning}), ("Q", "puskesmas", 0)]
    area = in_village(street([0, 0], units), P=A)
    # Q is a neighbour's.
    found = Ilp(find_gaps(area)).jejaring.villages
    assert found["puskesmas_id"].tolist() == ["P", "P"]
    assert found["how"].tolist() == ["only_one", "only_one"]


def test_a_posyandu_beside_two_pustu_belongs_to_the_puskesmas():
    units = [("P", "puskesmas", 0), ("S", "pustu", 0), ("T", "pustu", 0), ("Y", "posyandu", 0)]
    both = Ilp(find_gaps(in_village(street([0], units), P=A, S=A, T=A, Y=A))).jejaring.units.loc["Y"]
    assert both[["parent_id", "how", "puskesmas_id"]].tolist() == ["P", "only_one", "P"]
    one = Ilp(find_gaps(in_village(street([0], units), P=A, S=A, Y=A))).jejaring.units.loc["Y"]
    assert one[["parent_id", "how", "puskesmas_id"]].tolist() == ["S", "same_village", "P"]


def test_the_official_number_is_compared_with_all_that_is_listed_wherever_it_is():
    units = [("S", "pustu", 0), ("T", "pustu", 0), ("U", "pustu", 0)]
    area = in_village(street([0], units), S=A)
    area.facilities.loc["U", "status"] = "unlocated"
    area.facilities.loc["U", "geometry"] = None
    area = replace(area, area=replace(area.area, official={"pustu": 5}, official_source="office"))
    row = Ilp(find_gaps(area)).totals.loc["pustu"]
    names = ["listed", "official", "difference", "located", "without_place", "outside"]
    assert row[names].tolist() == [3, 5, -2, 1, 1, 1]


def test_villages_given_to_a_puskesmas_of_another_kecamatan_are_proposed():
    area = street([0, 0, 0], [("P", "puskesmas", 0)])
    other = area.villages["district_code"].mask(area.villages.index == C, "99.01.02")
    area = in_village(replace(area, villages=area.villages.assign(district_code=other)), P=A)
    ilp = Ilp(find_gaps(area))
    assert ilp.jejaring.villages["how"].tolist() == ["only_one", "only_one", "proposed_outside"]
    assert puskesmas_table(ilp).loc["P", ["villages", "villages_proposed", "people"]].tolist() == [3, 1, 300]


# Referral.


def test_each_leg_of_the_standard_goes_by_the_mode_of_the_level_it_leads_to():
    # On a trunk road a car goes 60 km/h, a motorcycle 50.
    units = [("T", "pustu", 0), ("P", "puskesmas", 25_000), ("H", "hospital", 55_000)]
    table = referral_table(find_gaps(street([0], units, road={"road_class": "trunk"})))
    row = table.xs("standard", level="mode").loc[A]
    assert row[["pustu_minutes", "puskesmas_minutes", "hospital_minutes"]].tolist() == pytest.approx(
        [0, 30, 30]
    )
    row = table.xs("motorcycle", level="mode").loc[A]
    assert row[["puskesmas_minutes", "hospital_minutes"]].tolist() == pytest.approx([30, 36])
    row = table.xs("car", level="mode").loc[A]
    assert row[["puskesmas_minutes", "hospital_minutes"]].tolist() == pytest.approx([25, 30])


def test_a_list_of_hospitals_none_of_which_works_means_that_there_is_no_referral():
    units = [("P", "puskesmas", 0), ("H", "hospital", 0, {"functioning": "no"})]
    none = whole(
        street([0], units, listed=("posyandu", "pustu", "puskesmas", "hospital")), "posyandu", "pustu"
    )
    gaps = find_gaps(none)
    row = referral_table(gaps).xs("standard", level="mode").loc[A]
    assert row["minutes"] == math.inf
    assert (row["levels_unknown"], row["exceeds"]) == ("", "yes")


def test_a_level_without_a_list_is_passed_over_and_named():
    units = [("Y", "posyandu", 500), ("P", "puskesmas", 5500), ("H", "hospital", 10_500)]
    row = referral_table(find_gaps(street([0], units))).xs("standard", level="mode").loc[A]
    # 500 m on foot at 5 km/h, then 5 km and 5 km.
    assert row["minutes"] == pytest.approx(6 + 10 + 10)
    assert (row["levels_unknown"], row["exceeds"]) == ("pustu", "unknown")
    assert math.isnan(row["pustu_minutes"])


def test_the_legs_begin_where_the_one_before_ended():
    # The puskesmas Q is nearest to the village, but P to the pustu to which it goes first.
    units = [("T", "pustu", 2000), ("P", "puskesmas", 3000), ("Q", "puskesmas", 0)]
    row = referral_table(find_gaps(street([1200], units))).xs("standard", level="mode").loc[A]
    assert row[["pustu_id", "puskesmas_id"]].tolist() == ["T", "P"]
    assert row["minutes"] == pytest.approx((800 + 1000) / M_A_MINUTE)


# Other limits, other standards, remoteness, the capital.


@pytest.mark.parametrize(("x", "share"), [(5000, 1.0), (5001, 0.0)])
def test_another_limit_of_the_standard_includes_itself(x, share):
    # An hour on foot at 5 km/h.
    assert ilp_of([x], [("T", "pustu", 0)]).also["pustu_walking_60min_share_reached"].tolist() == [share]


@pytest.mark.parametrize(
    ("minutes", "label"),
    [(30, "good"), (30.1, "fair"), (60, "fair"), (60.1, "poor")],
)
def test_remoteness_changes_just_beyond_30_and_60_minutes(minutes, label):
    gaps = find_gaps(street([minutes * M_A_MINUTE], [("P", "puskesmas", 0)]))
    assert village_remoteness(gaps).tolist() == [label]


def capital(area, x):
    point = gpd.GeoSeries([at(x, 0)], crs=CRS).to_crs(WGS84).iloc[0]
    return replace(area, area=replace(area.area, capital=(point.x, point.y)))


def test_the_round_trip_to_the_capital_takes_more_than_six_hours():
    # One way 180 minutes are 90 km; what the transport's timetable is nobody knows.
    area = street([89_990, 90_010], [("P", "puskesmas", 0)], metres=91_000)
    found = Ilp(find_gaps(capital(area, 0))).remote
    assert found["capital_minutes"].tolist() == pytest.approx([179.98, 180.02], abs=1e-3)
    assert found["remote"].tolist() == ["unknown", "yes"]


def test_a_way_to_the_capital_that_closes_in_the_rains_makes_remote():
    area = street([1000], [("P", "puskesmas", 0)], road={"season": "dry_only"})
    assert Ilp(find_gaps(capital(area, 70_000))).remote["remote"].tolist() == ["yes"]
    area = street([1000], [("P", "puskesmas", 0)])
    assert Ilp(find_gaps(capital(area, 70_000))).remote["remote"].tolist() == ["unknown"]


def test_the_way_to_the_capital_is_by_motorcycle():
    area = street([25_000], [("P", "puskesmas", 0), ("H", "hospital", 0)], road={"road_class": "trunk"})
    found = Ilp(find_gaps(capital(area, 0))).remote["capital_minutes"]
    assert found.tolist() == pytest.approx([30], abs=1e-3)


def test_standards_side_by_side_show_both_seasons_limits_and_the_dry_share():
    scenario = scenario_with("puskesmas", limit_minutes=20.0, limit_minutes_wet=40.0)
    # 25 minutes, 50 on the wet dirt road: 21 and 12 km/h.
    ilp = ilp_of([1000, 8000], [("P", "puskesmas", 0)], scenario=scenario, road=DIRT)
    rows = standards_table([ilp])
    rows = rows[rows["kind"] == "puskesmas"]
    assert set(rows["limit_minutes"]) == {20}
    assert set(rows["limit_minutes_wet"]) == {40}
    # Dry 8,000 m are 22.9 minutes of 20, wet 40 of 40.
    assert rows["share_reached"].tolist() == [1, 0]
    assert rows["reachable_wet"].tolist() == ["yes", "yes"]


# The PWS sheet.


def test_the_sheet_names_what_is_not_in_order_from_the_posyandu_up():
    units = [("Y", "posyandu", 60_000), ("T", "pustu", 60_000), ("P", "puskesmas", 60_000)]
    ilp = ilp_of([0], units)
    row = pws_table(ilp, "en").loc[A]
    assert row["gaps"] == "posyandu pustu puskesmas"
    assert row["not_known"] == "hospital"
    assert row["next_action"] == ilp.answers["posyandu"].loc[A, "action_en"]
    assert "posyandu" in row["next_action"]


def test_the_gravest_comes_before_the_nearest_to_the_family():
    # The posyandu is there and short of kader, the pustu is out of reach.
    units = [("Y", "posyandu", 0, {"staff_kader": 1.0, "open_days_month": 1.0}), ("T", "pustu", 60_000)]
    ilp = Ilp(find_gaps(in_village(street([0], units), Y=A)))
    row = pws_table(ilp, "en").loc[A]
    assert row["gaps"] == "pustu posyandu"
    assert row["next_action"] == ilp.answers["pustu"].loc[A, "action_en"]


def test_the_sheet_holds_the_people_of_each_life_cycle_group():
    area = street([0, 0], [("P", "puskesmas", 0)])
    row = pws_table(Ilp(find_gaps(replace(area, villages=area.villages.assign(people_bayi=[3.0, NAN])))))
    # Of 100 people 1.6 % are infants where nobody counted them, and 12 % are elderly.
    assert row["bayi"].tolist() == pytest.approx([3, 1.6])
    assert row["lansia"].tolist() == pytest.approx([12, 12])


def test_a_village_is_in_the_middle_of_its_sketch():
    ilp = ilp_of([0, 0, 0], [("P", "puskesmas", 0)])
    drawing = Drawing(ilp, "en")
    page = "".join(drawing.draw(code) for code in ilp.gaps.layers.villages.index)
    sketches = re.findall(r'viewBox="0 0 (\d+) (\d+)".*?<path d="M([^"]*)Z" fill="#dfeaf6"', page, re.DOTALL)
    assert len(sketches) == 3
    for width, height, path in sketches:
        x, y = zip(*(map(float, pair.split()) for pair in path.split("L")), strict=True)
        assert (min(x) + max(x)) / 2 == pytest.approx(int(width) / 2, abs=1)
        assert (min(y) + max(y)) / 2 == pytest.approx(int(height) / 2, abs=1)
        assert 0 < min(x) < max(x) < int(width)


# Floating catchments.


def test_a_unit_without_supply_adds_nothing_also_where_people_are_unknown():
    times = SparseTimes(np.array([0, 1, 1]), np.array([0, 0, 1]), np.zeros(3))
    assert two_step(times, [NAN, 50], [0, 2]).tolist() == [0, 0.04]
    assert two_step(times, [0, 0], [1, 1]).tolist() == [0, 0]


# Capacity: of answers equally good, the first place by id gets most at its first facility by id, and so on.


def filled_in_order(people, capacity):
    """Who goes where if all are equally near all: places choose in turn, each from the first facility on."""
    room, flows = list(capacity), {}
    for place, number in enumerate(people):
        left = number
        for facility in range(len(room)):
            given = min(left, room[facility])
            left, room[facility] = left - given, room[facility] - given
            if given:
                flows[place, facility] = given
    return flows


@pytest.mark.parametrize("facility_count", [2, 3])
def test_of_equally_good_allocations_the_first_in_order_is_taken(facility_count):
    pairs = np.arange(3 * facility_count)
    place, facility = np.divmod(pairs, facility_count)
    times = SparseTimes(place.astype(np.int32), facility.astype(np.int32), np.full(len(pairs), 60.0))
    ids = {"place_id": ["a", "b", "c"], "facility_id": ["x", "y", "z"][:facility_count]}
    for people in itertools.product((1.0, 3.0, 4.0), repeat=3):
        for capacity in itertools.product((1.0, 2.0, 5.0), repeat=facility_count):
            found = allocate(times, people, capacity, **ids)
            wanted = filled_in_order(people, capacity)
            if found.status == "nearest":
                wanted = {(p, 0): n for p, n in enumerate(people)}
            flows = zip(found.place.tolist(), found.facility.tolist(), found.people.tolist(), strict=True)
            assert {(p, f): n for p, f, n in flows} == wanted, (people, capacity)
            assert found.optimal
