"""People of a part without roads: nobody knows where on it they live, so neither whether they are reached."""

import itertools
import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from support import CRS, EAST, NORTH, at, facilities, layers, line, roads, villages

from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.reports.pws import pws_table
from planner.scenarios.edits import OpenFacility
from planner.scenarios.scenario import default_scenario

SCENARIO = default_scenario()
CODE = "99.01.01.1001"
MAIN = (0, 0, 2000, 2000)
MAIN_ROAD = (0, 1000, 2000)
BOTH = [("puskesmas", 0, 1000), ("puskesmas", 8000, 3000)]


def area_of(parts, roads_of, units, *, kinds=("puskesmas",)):
    """Return one village of boxes (metres), roads (x from, y, x to), and units (kind, x, y)."""
    boxes = [shapely.box(EAST + a, NORTH + b, EAST + c, NORTH + d) for a, b, c, d in parts]
    ways = [
        {"from": 2 * i, "to": 2 * i + 1, "geometry": line((x, y), (end, y))}
        for i, (x, y, end) in enumerate(roads_of)
    ]
    rows = [(f"U{i}", kind, at(x, y), CODE) for i, (kind, x, y) in enumerate(units)]
    return layers(
        villages({CODE: (shapely.MultiPolygon(boxes), 1000.0)}), roads(ways),
        facilities(rows, functioning=["yes"] * len(rows)), listed=kinds,
    )  # fmt: skip


def row_of(area, kind="puskesmas"):
    gaps = find_gaps(area, scenario=SCENARIO)
    return gaps, gaps.coverage[kind].villages.loc[CODE]


# An island of 6 km by 6 km with nine tenths of the people by its area, and the unit at its very middle.
def test_a_unit_at_the_stand_in_point_reaches_nobody_for_sure():
    area = area_of([MAIN, (5000, 0, 11000, 6000)], [MAIN_ROAD], BOTH)
    gaps, row = row_of(area)
    assert gaps.coverage["puskesmas"].within.all()
    assert (row["status"], row["reason"]) == ("unknown", "people_unplaced")
    assert (row["share_reached"], row["share_unknown"]) == (0.1, 0.9)
    assert math.isnan(row["minutes_median"])
    assert row["nearest_id"] == ""
    assert gaps.coverage["puskesmas"].facilities["people_own"].tolist() == pytest.approx([100.0, 0.0])


# 30 minutes on foot with detours are 1,154 m; from the middle of a square to its corner it is 0.71 of a side.
@pytest.mark.parametrize(("side", "sure"), [(1600, True), (1660, False)])
def test_who_is_reached_wherever_on_that_land_they_live_is_reached(side, sure):
    island = (5000, 0, 5000 + side, side)
    units = [("puskesmas", 0, 1000), ("puskesmas", 5000 + side / 2, side / 2)]
    _, row = row_of(area_of([MAIN, island], [MAIN_ROAD], units))
    assert row["status"] == ("served" if sure else "unknown")
    assert row["share_unknown"] == pytest.approx(0.0 if sure else side**2 / (4e6 + side**2), abs=1e-9)


def test_water_on_that_land_leaves_nothing_sure():
    area = area_of(
        [MAIN, (5000, 0, 6600, 1600)], [MAIN_ROAD], [("puskesmas", 0, 1000), ("puskesmas", 5800, 800)]
    )
    river = shapely.box(EAST + 5300, NORTH - 10, EAST + 5310, NORTH + 1700)
    wet = replace(area, water=gpd.GeoDataFrame({"name": ["kali"]}, geometry=[river], crs=CRS))
    assert row_of(area)[1]["status"] == "served"
    assert row_of(wet)[1]["status"] == "unknown"


def test_both_seasons_and_what_if_answer_the_same():
    area = area_of([MAIN, (5000, 0, 11000, 6000)], [MAIN_ROAD], [("puskesmas", 0, 1000)])
    lonlat = degrees(at(8000, 3000))
    edit = OpenFacility(id="NEW", kind="puskesmas", lonlat=lonlat)
    gaps = find_gaps(area, scenario=SCENARIO.model_copy(update={"edits": (edit,)}))
    for seasons in (["dry"], ["wet"], ["dry", "wet"]):
        row = gaps.in_each("puskesmas", seasons).villages.loc[CODE]
        assert (row["status"], row["share_unknown"]) == ("unknown", 0.9)


def degrees(point):
    found = gpd.GeoSeries([point], crs=CRS).to_crs(4326).iloc[0]
    return (found.x, found.y)


def test_a_referral_from_an_unknown_place_is_unknown():
    kinds = ("posyandu", "pustu", "puskesmas", "hospital")
    units = [(kind, 100 + i, 1000) for i, kind in enumerate(kinds)]
    area = area_of([MAIN, (5000, 0, 11000, 6000)], [MAIN_ROAD], units, kinds=kinds)
    ilp = Ilp(find_gaps(area, scenario=SCENARIO))
    for (_, mode), row in ilp.referral.iterrows():
        assert row["exceeds"] == "unknown", mode
        assert math.isnan(row["minutes"])
        assert [row[f"{k}_id"] for k in kinds] == [""] * 4
        assert all(math.isnan(row[f"{k}_minutes"]) for k in kinds), mode
    assert math.isnan(pws_table(ilp)["referral_minutes"].iloc[0])


def minutes_on(part, metres, place):
    """Return the minutes from a place to the unit at a part's west, by its road of 30 km/h if it has one."""
    x, y = place
    west, middle = part[0], (part[1] + part[3]) / 2
    foot = min(max(x, west), west + metres)
    return math.hypot(x - foot, y - middle) * 1.3 / 50 + (foot - west) / 1000 * 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_a_known_status_holds_wherever_on_parts_without_roads_people_live(seed):
    rng = np.random.default_rng(seed)
    parts, metres, has = [], [], []
    for i in range(int(rng.integers(2, 5))):
        side = float(rng.choice([800, 900, 1500, 1800]))
        parts.append((4000.0 * i, 0.0, 4000.0 * i + side, side))
        metres.append(float(rng.choice([0, 300, 600])))
        has.append(bool(metres[-1]) and rng.random() < 0.7)
    ways = [(a, d / 2, a + m) for (a, _, _, d), m in zip(parts, metres, strict=True) if m]
    units = [("puskesmas", p[0], p[3] / 2) for p, h in zip(parts, has, strict=True) if h]
    area = area_of(parts, ways or [(-4000, 0, -3000)], units or [("puskesmas", -9000, -9000)])
    size = np.array([p[3] ** 2 for p in parts])
    long = np.array(metres) >= 500
    loose = np.flatnonzero(~long)
    said = set()
    # Who lives on each part without roads: nobody, or all of its share at one of some places.
    grid = [(0.02, 0.02), (0.5, 0.5), (0.98, 0.98), (0.1, 0.5)]
    for some in itertools.product([None, *grid], repeat=len(loose)):
        weight, reached = np.zeros(len(parts)), np.array(has, dtype=float)
        for i, where in zip(loose, some, strict=True):
            if where is None:
                continue
            weight[i] = size[i] / size.sum()
            place = (parts[i][0] + where[0] * parts[i][3], where[1] * parts[i][3])
            reached[i] = has[i] and minutes_on(parts[i], metres[i], place) <= 30
        if long.any():
            weight[long] = (1 - weight.sum()) * np.array(metres)[long] / np.array(metres)[long].sum()
        if weight.sum() > 0:
            share = round(float(weight @ reached / weight.sum()), 9)
            said.add("served" if share >= 0.8 else "gap" if share < 0.5 else "partly")
    _, row = row_of(area)
    assert row["status"] == (said.pop() if len(said) == 1 else "unknown"), (seed, metres, has, said)
