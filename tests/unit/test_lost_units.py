"""A unit of unknown place may be the one that serves: docs/METHODS.md, What is not covered is unknown."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
import shapely
from street import CODES, M_A_MINUTE, STRETCH, along, stretches
from support import EAST

from planner.coverage import study as planner_gaps
from planner.ilp.model import Ilp
from planner.pipeline import summary
from planner.scenarios.scenario import default_scenario

SCENARIO = default_scenario()
KIND = "puskesmas"
REACH_M = SCENARIO.standard[KIND].limit_minutes * M_A_MINUTE


def find_gaps(area):
    # The default scenario is not read from its file each time.
    return planner_gaps.find_gaps(area, scenario=SCENARIO)


def town(seed):
    """Return an area, the x of its hamlets and units, and of each village the kecamatan, of two or three."""
    area, many, places, units, _ = stretches(seed)
    rng = random.Random(seed)  # noqa: S311 - no secret
    borders = sorted(rng.sample(range(1, many), rng.choice([1, 2])))
    district = [f"99.01.{1 + sum(i >= b for b in borders):02}" for i in range(many)]
    area = area.__class__(**{**vars(area), "roads": along(many)})
    codes = dict(zip(CODES, district, strict=False))
    area.villages["district_code"] = [codes[c] for c in area.villages.index]
    return area, places, units, district


def losing(area, name, *, district):
    """Return the area with one unit of which nothing is known but the kecamatan, or not even that."""
    rows = area.facilities.copy()
    rows["declared_district"] = None
    rows["declared_district"] = rows["declared_district"].astype("str")
    rows.loc[name, "status"] = "unlocated"
    rows.loc[name, ["geometry", "village_code"]] = None
    rows.loc[name, "declared_district"] = district
    return area.with_facilities(rows)


def answers(area):
    """Return the gaps, and by place along the street the reason why it is not reached."""
    gaps = find_gaps(area)
    x = np.round(shapely.get_x(gaps.demand.geometry.to_numpy()) - EAST, 3)
    return gaps, dict(zip(x.tolist(), gaps.coverage[KIND].reason.tolist(), strict=True))


def away_m(x, district, of):
    """Return how far a place is from the nearest of a kecamatan's stretches of the street."""
    inside = [i for i, d in enumerate(district) if d == of]
    west, east = min(inside) * STRETCH, (max(inside) + 1) * STRETCH
    return max(west - x, x - east, 0.0)


MORE = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10)]


@pytest.mark.parametrize("seed", [0, 1, *MORE])
def test_who_a_unit_of_a_kecamatan_may_serve_is_unknown_and_others_are_not(seed):
    area, places, units, district = town(seed)
    lost = random.Random(seed).randrange(len(units))  # noqa: S311 - no secret
    known = [u for i, u in enumerate(units) if i != lost]
    of = district[int(units[lost] // STRETCH)]
    gaps, found = answers(losing(area, f"U{lost}", district=of))
    for x in places:
        reached = any(abs(x - u) <= REACH_M for u in known)
        may_be = not known or away_m(x, district, of) <= REACH_M
        assert found[x] == ("" if reached else "unknown" if may_be else "too_far"), x
    # What is known stays true once the unit is found again.
    truth = find_gaps(area).coverage[KIND].villages["status"]
    told = gaps.coverage[KIND].villages["status"]
    assert (told[told != "unknown"] == truth[told != "unknown"]).all()


@pytest.mark.parametrize("seed", [0, *MORE])
def test_a_unit_of_which_nothing_is_known_may_stand_anywhere(seed):
    area, places, units, _ = town(seed)
    _, found = answers(losing(area, "U0", district=None))
    for x in places:
        reached = any(abs(x - u) <= REACH_M for u in units[1:])
        assert found[x] == ("" if reached else "unknown")


def two_kecamatan():
    """Return four villages, a unit in the first and another in the last, each a kecamatan's, and far away."""
    area, *_ = stretches(0)
    rows = area.facilities.iloc[:1].copy()
    there = {c: g.centroid for c, g in area.villages.geometry.items()}
    codes = area.villages.index
    units = rows.iloc[[0, 0]].set_axis(["A", "B"], axis=0)
    units.index.name = "facility_id"
    units = units.assign(village_code=[codes[0], codes[-1]]).set_geometry(
        [there[codes[0]], there[codes[-1]]], crs=rows.crs
    )
    area = area.__class__(**{**vars(area), "roads": along(len(codes))})
    area.villages["district_code"] = ["99.01.01"] * (len(codes) - 1) + ["99.01.02"]
    return area.with_facilities(units)


def test_one_word_in_every_table():
    area = two_kecamatan()
    last = area.villages.index[-1]
    gaps, _ = answers(losing(area, "B", district="99.01.02"))
    table = gaps.coverage[KIND].villages
    assert table.loc[last, ["status", "reason", "present"]].tolist() == ["unknown"] * 3
    # In the other kecamatan no unit is lost.
    assert table["present"].iloc[1:-1].eq("no").all()
    row = Ilp(gaps).answers[KIND].loc[last]
    assert row[["present", "reachable_dry", "functioning", "class"]].tolist() == ["unknown"] * 4
    one = summary(gaps)["kinds"][KIND]
    assert one["villages_unknown"] == (table["status"] == "unknown").sum() > 0
    assert one["people_unsure"] >= 100.0


def test_a_lost_unit_that_does_not_function_leaves_reach_as_it_is_and_presence_open():
    area = two_kecamatan()
    broken = area.facilities.assign(functioning=["yes", "no"])
    gaps, _ = answers(losing(area.with_facilities(broken), "B", district="99.01.02"))
    row = gaps.coverage[KIND].villages.loc[area.villages.index[-1]]
    assert row[["status", "reason", "present"]].tolist() == ["gap", "too_far", "unknown"]


def test_a_unit_whose_village_is_known_is_there_or_nearby():
    area = two_kecamatan()
    rows = area.facilities.copy()
    rows.loc["B", "status"] = "unlocated"
    rows.loc["B", "geometry"] = None
    gaps, _ = answers(area.with_facilities(rows))
    table = gaps.coverage[KIND].villages
    assert table["present"].iloc[-1] == "yes"
    assert table["present"].iloc[1:-1].eq("no").all()
    assert table["status"].iloc[-1] == "unknown"


def test_a_kecamatan_that_the_area_does_not_have_tells_nothing():
    area = two_kecamatan()
    gaps, _ = answers(losing(area, "B", district="99.02.01"))
    assert gaps.coverage[KIND].villages["present"].iloc[1:].eq("unknown").all()


@pytest.mark.parametrize("seed", [0, *MORE])
def test_a_unit_more_that_has_no_place_makes_no_gap(seed):
    """Where a list covers a part, it made a gap of who was unknown before."""
    area, _, _, district = town(seed)
    text = [KIND if d == district[0] else "" for d in district]
    declared = area.area.__class__(**{**vars(area.area), "declared": (KIND,)})
    area = area.__class__(**{**vars(area), "villages": area.villages.assign(covered=text), "area": declared})
    before = find_gaps(area).coverage[KIND].villages["status"]
    more = area.facilities.iloc[:1].rename(index={area.facilities.index[0]: "lost"})
    both = area.facilities.__class__(pd.concat([area.facilities, more]), crs=area.facilities.crs)
    both.index.name = "facility_id"
    after = (
        find_gaps(losing(area.with_facilities(both), "lost", district=None)).coverage[KIND].villages["status"]
    )
    assert not ((after == "gap") & (before != "gap")).any()
    assert (after.isin(["gap", "partly"])).sum() <= (before.isin(["gap", "partly"])).sum()


def test_the_map_and_the_console_say_how_many_have_no_place():
    from planner.cli.gaps import _doubts
    from planner.reports.maps.page import _kind
    from planner.texts.catalogues import map_texts

    area = two_kecamatan()
    told = {}
    for lost in (area, losing(area, "B", district="99.01.02")):
        gaps, _ = answers(lost)
        totals = summary(gaps)["kinds"][KIND]
        said = [_kind(gaps, KIND, totals, map_texts(lang))["incomplete"] for lang in ("en", "id")]
        told[len(told)] = said, _doubts(gaps)
    assert told[0][0] == [[], []]
    assert not any("without a place" in line for line in told[0][1])
    [english], [indonesian] = told[1][0]
    assert "without a place: 1;" in english
    assert "1 unit dalam daftar belum diketahui letaknya" in indonesian
    assert sum("puskesmas: 1 unit without a place" in line for line in told[1][1]) == 1
