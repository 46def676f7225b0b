"""The ILP answers of the golden town (docs/golden-town.md), worked out there by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support import at, facilities
from test_golden_town import LEG_100_S, town  # noqa: F401 - the town is a fixture

from geodata.adoption import Adoption
from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.ilp.tables import ilp_summary, jejaring_table, puskesmas_table, village_columns

V1, V2, V3, V4 = (f"99.01.01.200{i}" for i in (1, 2, 3, 4))


@pytest.fixture(scope="module")
def ilp(town):  # noqa: F811 - the fixture
    units = facilities(
        [
            ("PKM1", "puskesmas", at(0, 100), V1),
            ("PTU1", "pustu", at(3000, 2000), V2),
            ("PTU2", "pustu", at(10500, 2000), V3),
        ],
        functioning=["yes", "unknown", "no"],
    )
    units["staff_bidan"] = [math.nan, 1.0, 1.0]
    units["staff_perawat"] = [math.nan, 2.0, 1.0]
    units["staff_kader"] = [math.nan, 2.0, math.nan]
    units["capacity_people"] = [400.0, math.nan, math.nan]
    area = replace(town.area, official={"pustu": 2, "puskesmas": 1}, official_source="by hand")
    layers = replace(town, facilities=units, area=area)
    return Ilp(find_gaps(layers), adoption=[Adoption("PKM1", "peluncuran", "2024-07")])


def test_units_function_by_their_staff_and_what_they_declare(ilp):
    units = ilp.units.set_index("serves_as", append=True)
    # Nobody says who works in PKM1; PTU1 has all it needs; PTU2 declares that it does not work.
    assert units.loc[("PKM1", "puskesmas"), "functions"] == "unknown"
    assert units.loc[("PTU1", "pustu"), "functions"] == "yes"
    assert units.loc[("PTU2", "pustu"), "functions"] == "no"
    assert units.loc[("PTU2", "pustu"), "not_known"] == "kader"
    assert units.loc[("PTU1", "pustu"), "capacity_people"] == 30_000


def test_three_answers_and_their_class(ilp):
    one = ilp.answers["puskesmas"]
    # One puskesmas in the kecamatan is what the standard asks for.
    assert one["present"].tolist() == ["yes"] * 4
    assert one["reachable_dry"].tolist() == ["yes", "no", "no", "no"]
    assert one["functioning"].tolist() == ["unknown", "unknown", "unknown", "no"]
    assert one["class"].tolist() == ["unknown", "partly", "unreached", "unreached"]
    one = ilp.answers["pustu"]
    assert one["present"].tolist() == ["no", "yes", "yes", "no"]
    # Of 3 of 12 km of road a surface is known; of those that the first village uses, none.
    assert one["reachable_wet"].tolist() == ["as_dry", "no", "no", "no"]
    assert one["functioning"].tolist() == ["yes", "yes", "no", "no"]
    assert one["class"].tolist() == ["neighbour", "partly", "unreached", "unreached"]
    assert set(ilp.answers["hospital"]["class"]) == {"unknown"}
    assert set(ilp.answers["hospital"]["present"]) == {"unknown"}


def test_reasons_say_it_in_both_languages(ilp):
    one = ilp.answers["pustu"]
    assert (
        one.loc[V2, "reason_en"]
        == "25% of the people need more than 30 minutes by motorcycle to the nearest pustu."
    )
    assert (
        one.loc[V2, "reason_id"]
        == "25% warga memerlukan lebih dari 30 menit naik sepeda motor ke pustu terdekat."
    )
    assert one.loc[V3, "action_en"] == "Bring the nearest pustu back to work."
    assert (
        one.loc[V4, "reason_en"] == "100% of the people do not reach a pustu: no road comes near their homes."
    )
    # No road comes near: the data may lack one, so that is looked at before anything is built.
    assert one.loc[V4, "action_en"] == (
        "Check the data of roads and ferries that lead there; if there is indeed none, plan a mobile post "
        "or propose a pustu there."
    )


def test_groups_are_shares_where_nobody_counted(ilp):
    bayi = ilp.groups.xs("bayi", level="group")
    assert bayi["people"].tolist()[:3] == pytest.approx([4.8, 3.2, 1.6])
    assert math.isnan(bayi["people"].iloc[3])
    assert bayi["puskesmas_people_reached"].tolist()[:3] == pytest.approx([4.8, 2.4, 0.0])
    assert set(bayi["from"]) == {"projected", "unknown"}


def test_the_network_and_the_official_totals(ilp):
    table = jejaring_table(ilp).set_index("id")
    assert table.loc[[V1, V2, V3, V4], "parent_id"].tolist() == ["PKM1"] * 4
    assert set(table.loc[[V1, "PTU1"], "how"]) == {"only_one"}
    # As many on the list as the office reports.
    assert ilp.totals.loc["pustu", ["listed", "official", "difference"]].tolist() == [2, 2, 0]
    assert math.isnan(ilp.totals.loc["hospital", "listed"])
    row = puskesmas_table(ilp).loc["PKM1"]
    assert row[["villages", "people", "villages_people_unknown", "pustu", "posyandu"]].tolist() == [
        4,
        600,
        1,
        2,
        0,
    ]
    assert row[["stage", "launched"]].tolist() == ["peluncuran", "yes"]


def test_capacity_leaves_those_furthest_away_without_room(ilp):
    # 450 people are within 30 minutes, 400 have room; of village 2, 150 people are the furthest.
    loads = ilp.loads.set_index("serves_as", append=True)
    assert loads.loc[("PKM1", "puskesmas"), "people_allocated"] == pytest.approx(400)
    assert loads.loc[("PKM1", "puskesmas"), "load"] == pytest.approx(1.0)
    assert ilp.beyond["puskesmas_people_beyond"].tolist()[:3] == pytest.approx([0, 50, 0])
    assert math.isnan(ilp.beyond.loc[V4, "puskesmas_people_beyond"])


def test_units_for_the_people_who_share_them(ilp):
    # 450 people share PKM1: 10,000 ÷ 450 each; of village 2 three quarters, of the others nobody.
    score = ilp.scores["puskesmas_units_per_10000"].tolist()
    assert score == pytest.approx([10_000 / 450, 0.75 * 10_000 / 450, 0, 0])


def test_other_limits_of_the_standard_are_reported_too(ilp):
    # On foot at 5 km/h: H1 100 m off, 1,500 m and 2,000 m: 45 min; H2 24 min. H3 1,500 m of track at
    # 4.5: 20 min; H4 2,000 m: 24 min. The island is too far.
    assert ilp.also["pustu_walking_60min_share_reached"].tolist() == [1.0, 1.0, 0.0, 0.0]


def test_referral_from_the_pustu_up(ilp):
    one = ilp.referral.xs("standard", level="mode").loc[V1]
    # H1: leg, 1,500 m at 30 km/h, 2,000 m at 20 km/h. Then 2,000 m and 3,000 m back, and the leg.
    assert one["pustu_minutes"] == pytest.approx((LEG_100_S + 180 + 360) / 60)
    assert one["puskesmas_minutes"] == pytest.approx((360 + 360 + LEG_100_S) / 60)
    assert one["minutes"] == pytest.approx((2 * LEG_100_S + 1260) / 60)
    assert (one["levels_unknown"], one["exceeds"]) == ("hospital", "unknown")


def test_home_visits_where_no_posyandu_reaches(ilp):
    visits = ilp.visits.villages
    assert visits.loc[V1, "families"] == pytest.approx(300 / 3.9)
    assert visits.loc[V1, "visits_month"] == pytest.approx(300 / 3.9 / 3)
    assert visits.loc[V4, "status"] == "unknown"


def test_equity_of_the_town(ilp):
    rows = ilp.equity
    [(_, all_)] = rows[
        (rows["kind"] == "puskesmas") & (rows["season"] == "dry") & (rows["by"] == "all")
    ].iterrows()
    assert (all_["people"], all_["share_reached"]) == (600, 0.75)
    # Half of the people are no further than H2's 516 s … 200 at 492 s, 100 at 516 s: 300 of 600.
    assert all_["minutes_p50"] == pytest.approx(516 / 60)
    # The worst-off tenth are 60 of the 100 people of H5.
    assert all_["worst_tenth_minutes"] == pytest.approx(
        3.6 * (25 + 3000 / 8.4 + 200) / 60 + 50 + LEG_100_S / 60
    )


def test_equity_by_life_cycle_group(ilp):
    rows = ilp.equity[(ilp.equity["by"] == "life_cycle") & (ilp.equity["season"] == "dry")]
    bayi = rows[(rows["group"] == "bayi") & (rows["kind"] == "puskesmas")].iloc[0]
    # 1.6 % of everybody everywhere: shares and minutes are those of all.
    assert bayi["people"] == pytest.approx(9.6)
    assert bayi["share_reached"] == 0.75
    assert bayi["minutes_p50"] == pytest.approx(516 / 60)
    assert set(rows["group"]) == set(ilp.gaps.scenario.groups)


def test_tables_hang_together(ilp):
    columns = village_columns(ilp)
    assert len(columns) == 4
    assert columns["referral_exceeds"].tolist()[0] == "unknown"
    assert set(columns["remote"]) == {"unknown"}
    total = ilp_summary(ilp)
    assert total["classes"]["pustu"] == {
        "unreached": 2, "partly": 1, "dry_only": 0, "not_functioning": 0, "unknown": 0, "neighbour": 1,
        "complete": 0,
    }  # fmt: skip
    assert total["adoption"] == {"puskesmas": 1, "known": 1, "launched": 1, "target_share": 0.4, "met": "yes"}
    assert np.isfinite(total["people_beyond"]["puskesmas"])
