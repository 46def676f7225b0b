"""Where something may be done, in a town of two banks: places, rules, reopened units, stops, roads."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from support import CRS, EAST, at, box, facilities, hamlets, layers, line, roads, villages

from geodata.errors import ConfigError, UnprovenError
from geodata.workspace import write_workspace
from planner.cli import main
from planner.coverage.study import Study
from planner.pipeline import site, site_with_roads
from planner.scenarios.edits import AddBoat, CloseFacility, MoveFacility, OpenFacility, ReopenRoad
from planner.scenarios.scenario import default_scenario
from planner.siting.ask import Ask
from planner.siting.candidates import find_candidates
from planner.siting.ground.mobile import reached_stops
from planner.siting.ground.places import along_roads
from planner.siting.ground.rules import SiteFacts
from planner.siting.measures import At, Measure, Measures, RoadMeasure, default_measures

WEST, EAST_BANK = "99.01.01.2001", "99.01.02.2001"
OPEN = Measure(op="open", kind="pustu", at=(At.SETTLEMENTS,), spacing_m=1000.0)
REOPEN = Measure(op="reopen", kind="pustu")
STAFF = Measure(op="function", kind="pustu")
STOP = Measure(
    op="mobile", kind="pustu", at=(At.SETTLEMENTS,), days_a_month=4, counts_from_days=4, reach_minutes=10
)


def scenario(minutes=6.0, **changes):
    """Return the default rules with another limit for pustu, motorcycle."""
    rules = default_scenario()
    rule = rules.standard["pustu"].model_copy(update={"limit_minutes": minutes})
    return rules.model_copy(update={"standard": {"pustu": rule}, **changes})


def town(*units, floods=None, **columns):
    """Return a street of 8 km over a river at 4 km, whose bridge is closed, with a hamlet every kilometre."""
    street = roads([
        {"from": 0, "to": 1, "way_id": "west", "geometry": line((0, 0), (3900, 0))},
        {"from": 1, "to": 2, "way_id": "bridge", "geometry": line((3900, 0), (4100, 0)), "bridge": True,
         "tags": "access=no"},
        {"from": 2, "to": 3, "way_id": "east", "geometry": line((4100, 0), (8000, 0)), "surface": "dirt"},
    ])  # fmt: skip
    banks = villages({
        WEST: (box(-500, -1000, 4000, 1000), 4000.0), EAST_BANK: (box(4000, -1000, 8500, 1000), 2600.0),
    })  # fmt: skip
    people = [1000.0, 300.0, 1200.0, 1500.0, 700.0, 600.0, 500.0, 800.0]
    dusun = [(f"h{i}", WEST if i < 4 else EAST_BANK, at(500 + 1000 * i, 0), n) for i, n in enumerate(people)]
    rows = facilities([("p1", "puskesmas", at(100, 0), WEST), *units], **columns)
    found = layers(banks, street, rows, hamlets(dusun))
    return replace(found, floods=floods)


def candidates(area, measures, **known):
    study = Study(area, scenario=scenario())
    return find_candidates(study.layers, study.demand, measures, **known)


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def named(*places):
    return frame(*places, name=[f"S{i}" for i in range(len(places))])


def xs(found):
    """Return how far along the street candidates are, metres."""
    return sorted(round(x - EAST) for x in shapely.get_x(found.geometry.to_numpy()))


def test_road_points_lie_on_roads_one_in_each_square():
    found = candidates(town(), {"m": OPEN.model_copy(update={"at": (At.ROADS,)})})
    # Squares begin at 0 of the metric CRS, as the street does; one with the bridge in it has road beside it.
    assert xs(found) == [500, 1500, 2500, 3500, 4500, 5500, 6500, 7500]
    near = found.distance(line((0, 0), (8000, 0)))
    assert near.max() < 0.1


def test_road_points_of_random_roads_against_a_walk_along_them():
    """Every square that a road enters has one point, and no metre of road in it is nearer to its middle."""
    rng = np.random.default_rng(7)
    rows, area, side = [], town(), 400.0
    for i in range(40):
        x, y = rng.uniform(0, 8000), rng.uniform(-900, 900)
        rows.append({
            "from": 2 * i, "to": 2 * i + 1,
            "geometry": line((x, y), (x + rng.uniform(-900, 900), y + rng.uniform(-900, 900))),
            "road_class": ["residential", "track", "motorway", "steps"][i % 4], "tunnel": i % 5 == 0,
        })  # fmt: skip
    points = along_roads(replace(area, roads=roads(rows)), side)
    fit = [r["geometry"] for r in rows if r["road_class"] in ("residential", "track") and not r["tunnel"]]
    west, south, east, north = area.villages.total_bounds // side
    best = {}
    for one in fit:
        for along in np.arange(0.25, one.length, 0.5):
            place = one.interpolate(along)
            square = (place.x // side, place.y // side)
            if west <= square[0] <= east and south <= square[1] <= north:
                middle = shapely.Point(side * square[0] + side / 2, side * square[1] + side / 2)
                best[square] = min(best.get(square, np.inf), place.distance(middle))
    assert len(points) == len(best) > 25
    # A point on an edge may count for either square.
    for square, away in best.items():
        middle = shapely.Point(side * square[0] + side / 2, side * square[1] + side / 2)
        nearest = min(points, key=middle.distance)
        assert nearest.distance(middle) == pytest.approx(away, abs=0.3) or nearest.distance(middle) < away


def test_several_sorts_of_places_keep_the_ids_of_the_first():
    schools = named(at(1200, 0), at(500, 0), at(9999, 5000))
    one = candidates(town(), {"m": OPEN})
    both = OPEN.model_copy(update={"at": (At.SETTLEMENTS, At.SCHOOLS)})
    found = candidates(town(), {"m": both}, facts=SiteFacts({At.SCHOOLS: schools}))
    assert one.index.tolist() == [f"m/{code}/{i}" for code in (WEST, EAST_BANK) for i in (1, 2, 3, 4)]
    # The second school stands where a hamlet is, the third in no village.
    assert set(found.index) - set(one.index) == {f"m/{WEST}/school-2"}
    assert found.loc[one.index].geometry.equals(one.geometry)
    assert found.loc[f"m/{WEST}/school-2", "name"] == "S0"


def test_the_order_of_rows_changes_no_candidate():
    everywhere = OPEN.model_copy(update={"at": (At.ROADS, At.SCHOOLS, At.PEOPLE), "spacing_m": 700.0})
    # Two schools at one place: their names decide, not their rows.
    schools = named(at(1200, 0), at(5200, 30), at(1200, 0))
    area = town(*UNITS, **CLOSED)
    turned = replace(
        area, roads=area.roads.iloc[::-1], hamlets=area.hamlets.iloc[::-1],
        facilities=area.facilities.iloc[::-1], villages=area.villages.iloc[::-1],
    )  # fmt: skip
    one, other = (
        candidates(a, {"m": everywhere, "r": REOPEN}, facts=SiteFacts({At.SCHOOLS: s}))
        for a, s in ((area, schools), (turned, schools.iloc[::-1]))
    )
    assert one.index.tolist() == other.index.tolist()
    assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
    assert set(one["name"]) == {"", "S0", "S1", "Unit u1"}


def test_lists_that_are_lacking_or_in_vain_are_told():
    schools = {At.SCHOOLS: named(at(1200, 0))}
    at_schools = OPEN.model_copy(update={"at": (At.SCHOOLS,)})
    with pytest.raises(ConfigError, match="no list of schools was given"):
        candidates(town(), {"m": at_schools})
    with pytest.raises(ConfigError, match="no measure has candidates there: name schools in at"):
        candidates(town(), {"m": OPEN}, facts=SiteFacts(schools))
    with pytest.raises(ConfigError, match="give them without a list of schools"):
        candidates(town(), {"m": at_schools}, facts=SiteFacts(schools), places=named(at(100, 0)))
    with pytest.raises(ConfigError, match="the study area has no roads"):
        candidates(replace(town(), roads=None), {"m": OPEN.model_copy(update={"at": (At.ROADS,)})})
    with pytest.raises(ConfigError, match="'lava' is no rule"):
        candidates(town(), {"m": OPEN}, facts=SiteFacts(site_rules=frame(box(0, 0, 1, 1), rule=["lava"])))
    with pytest.raises(ConfigError, match=r"there is no place left for m \(8 in cliff\)"):
        candidates(
            town(), {"m": OPEN}, facts=SiteFacts(site_rules=frame(box(0, -9, 9999, 9), rule=["cliff"]))
        )


RULES = frame(
    box(400, -9, 600, 9), box(1400, -9, 2600, 9), box(2400, -9, 2600, 9), box(0, -9, 4000, 9),
    rule=["cliff", "landslide", "cliff", "public_transport"],
)  # fmt: skip
UNCHECKED = "not checked: river_bank, flood"


def test_hazards_exclude_and_the_ids_of_the_others_stay():
    free = candidates(town(), {"m": OPEN})
    found = candidates(town(), {"m": OPEN}, facts=SiteFacts(site_rules=RULES))
    assert xs(found) == [3500, 4500, 5500, 6500, 7500]
    assert found.geometry.equals(free.loc[found.index].geometry)
    assert found.attrs["excluded"] == {"cliff": 2, "landslide": 2}
    assert found["site_rules"].tolist() == [UNCHECKED] + 4 * [f"no public_transport; {UNCHECKED}"]


def test_kept_in_a_hazard_a_place_names_it():
    found = candidates(town(), {"m": OPEN}, facts=SiteFacts(site_rules=RULES, keep_in_hazard=True))
    said = dict(zip(xs(found), found.sort_values("lon")["site_rules"], strict=True))
    assert said[500] == f"in cliff; {UNCHECKED}"
    assert said[1500] == f"in landslide; {UNCHECKED}"
    assert said[2500] == f"in cliff; in landslide; {UNCHECKED}"
    assert said[3500] == UNCHECKED
    assert said[7500] == f"no public_transport; {UNCHECKED}"
    assert found.attrs["excluded"] == {}


def test_a_unit_in_a_hazard_stays_and_names_it():
    area = town(("u1", "pustu", at(550, 0), WEST), functioning=["yes", "no"])
    found = candidates(area, {"m": OPEN, "s": STAFF}, facts=SiteFacts(site_rules=RULES))
    assert found.loc["s/u1", "site_rules"] == f"in cliff; {UNCHECKED}"
    assert 550 in xs(found)
    assert 500 not in xs(found)


def test_floods_of_the_workspace_are_a_layer_of_the_rule():
    flood = gpd.GeoDataFrame(
        {"speed_factor": [0.5]}, geometry=[box(6400, -9, 9000, 9).geoms[0]], crs=CRS,
        index=pd.Index(["f1"], name="flood_id"),
    )  # fmt: skip
    found = candidates(town(floods=flood), {"m": OPEN})
    assert xs(found) == [500, 1500, 2500, 3500, 4500, 5500]
    assert set(found["site_rules"]) == {"not checked: cliff, landslide, river_bank, public_transport"}


def test_excluded_areas_count_and_rename_nobody():
    area = frame(box(0, -9, 1600, 9))
    free, found = candidates(town(), {"m": OPEN}), candidates(town(), {"m": OPEN}, exclude=area)
    assert found.attrs["excluded"] == {"excluded_area": 2}
    assert found.geometry.equals(free.loc[found.index].geometry)


CLOSED = {"functioning": ["yes", "no", "no", "yes"], "closed": ["no", "yes", "unknown", "no"]}
UNITS = (
    ("u1", "pustu", at(500, 0), WEST),
    ("u2", "pustu", at(2500, 0), WEST),
    ("u3", "pustu", at(7500, 0), EAST_BANK),
)


def test_closed_units_are_reopened_and_the_others_staffed():
    found = candidates(town(*UNITS, **CLOSED), {"r": REOPEN, "s": STAFF})
    assert found.index.tolist() == ["r/u1", "s/u2"]


def test_a_unit_that_the_scenario_closes_can_be_reopened_and_one_that_it_moves_is_elsewhere():
    area = town(*UNITS, **CLOSED)
    point = gpd.GeoSeries([at(5500, 0)], crs=CRS).to_crs(4326).iloc[0]
    edits = (
        CloseFacility(op="close_facility", id="u3"),
        MoveFacility(op="move_facility", id="u1", lonlat=(point.x, point.y)),
    )
    study = Study(area, scenario=scenario(edits=edits))
    plan = site(study, "pustu", Ask(units=1), measures=Measures(measures={"r": REOPEN}))
    assert plan.candidates.index.tolist() == ["r/u1", "r/u3"]
    # Six minutes at 21 km/h (dirt): the hamlets from 4,500 on are near 5,500; those from 5,500 on near 7,500.
    assert plan.sites.index.tolist() == ["r/u1"]
    assert plan.solution.objective == pytest.approx(700 + 600 + 500 + 800)
    assert plan.after.layers.facilities.loc["u1", "closed"] == "no"
    assert plan.after.layers.facilities.loc["u3", "closed"] == "yes"


def test_a_list_says_closed_in_its_own_words(tmp_path):
    from geodata.areafile import FacilitiesFile
    from geodata.readers.facilities.lists import read_facilities

    file = tmp_path / "pustu.csv"
    words = ["tutup", "Rusak berat", "tidak", "ya", ""]
    rows = [f"u{i},{WEST},{word}" for i, word in enumerate(words)]
    file.write_text("\n".join(["id,kode,status", *rows]), "utf-8")
    source = FacilitiesFile(path=file, kind="pustu", id="id", village="kode", functioning="status")
    found = read_facilities(source, town().villages).frame
    assert found["functioning"].tolist() == ["no", "no", "no", "yes", "unknown"]
    assert found["closed"].tolist() == ["yes", "yes", "unknown", "no", "unknown"]


def served(area, measure, seasons=None, **changes):
    study = Study(area, scenario=scenario(**changes), modes=["car"])
    found = find_candidates(study.layers, study.demand, {"m": measure})
    return study, reached_stops(study, found, {"m": measure}, seasons)


def test_stops_within_reach_of_a_puskesmas_that_functions():
    area = town(("p2", "puskesmas", at(2000, 0), WEST), functioning=["no", "yes"])
    _, found = served(area, STOP.model_copy(update={"reach_minutes": 3.1}))
    # 30 km/h: 1,550 m in 3.1 minutes; across the river there is no way.
    assert xs(found) == [500, 1500, 2500, 3500]
    assert set(found["served_from"]) == {"p2"}
    minutes = [abs(x - 2000) / 500.0 for x in xs(found)]
    assert found.sort_values("lon")["served_minutes"].to_numpy() == pytest.approx(minutes, abs=0.005)
    assert found.attrs["excluded"] == {"no_unit_near": 4}
    assert found["name"].iloc[0] == "mobile stop from puskesmas Unit p2, 4 days a month"


def test_a_stop_is_served_from_the_nearest_of_several_and_by_boat():
    landings = gpd.GeoSeries([at(3900, 0), at(4100, 0)], crs=CRS).to_crs(4326)
    across = tuple((p.x, p.y) for p in landings)
    boat = AddBoat(op="add_boat", duration_minutes=2, line=across)
    area = town(("p0", "puskesmas", at(3000, 0), WEST), functioning="yes")
    _, dry_land = served(area, STOP)
    _, found = served(area, STOP.model_copy(update={"reach_minutes": 60.0}), edits=(boat,))
    assert xs(dry_land) == [500, 1500, 2500, 3500]
    assert found.sort_values("lon")["served_from"].tolist() == ["p1", "p1"] + 6 * ["p0"]
    assert len(found) == 8


def test_a_stop_has_to_be_reached_in_every_season_asked_for():
    area = town(("p2", "puskesmas", at(7500, 0), EAST_BANK), functioning="yes")
    near = STOP.model_copy(update={"reach_minutes": 9.0})
    # Dirt: 30 km/h x 0.7 in the dry, x 0.4 in the wet: 3,150 m and 1,800 m in nine minutes.
    assert [x for x in xs(served(area, near, ("dry",))[1]) if x > 4000] == [4500, 5500, 6500, 7500]
    assert [x for x in xs(served(area, near, ("dry", "wet"))[1]) if x > 4000] == [6500, 7500]


@pytest.mark.slow
def test_stops_that_nobody_can_serve_are_told():
    study = Study(town(), scenario=scenario())
    found = find_candidates(study.layers, study.demand, {"m": STOP})
    with pytest.raises(ConfigError, match="the mode 'car' was not prepared"):
        reached_stops(study, found, {"m": STOP})
    with pytest.raises(ConfigError, match="no puskesmas functions"):
        served(town(functioning="no"), STOP)
    with pytest.raises(ConfigError, match="within reach of a unit that functions"):
        served(town(), STOP.model_copy(update={"reach_minutes": 0.1}))
    with pytest.raises(ConfigError, match="no list of clinic"):
        served(town(), STOP.model_copy(update={"from_kind": "clinic"}))


def test_a_plan_of_stops_is_what_the_engine_finds():
    study = Study(town(), scenario=scenario(), modes=["car"])
    plan = site(study, "pustu", Ask(units=1), measures=Measures(measures={"pusling": STOP}))
    row = plan.sites.iloc[0]
    # 10 minutes from 100 m: up to 5,100 m; six minutes around 1,500 or 2,500 reach all of the west.
    assert row["people_added"] == pytest.approx(4000.0)
    assert (row["served_from"], row["op"]) == ("p1", "mobile")
    assert row["name"] == "mobile stop from puskesmas Unit p1, 4 days a month"
    opened = plan.scenario.edits[-1]
    assert isinstance(opened, OpenFacility)
    assert opened.name == row["name"]


@pytest.mark.slow
def test_stops_of_an_earlier_plan_are_those_of_its_seasons():
    area = town(("p2", "puskesmas", at(7500, 0), EAST_BANK), functioning="yes")
    study = Study(area, scenario=scenario(), modes=["car"])
    stops = Measures(measures={"m": STOP.model_copy(update={"reach_minutes": 9.0})})
    dry = site(study, "pustu", Ask(units=1, seasons=("dry",)), measures=stops)
    both = site(study, "pustu", Ask(units=1, seasons=("dry", "wet")), measures=stops, earlier=dry)
    assert [x for x in xs(both.candidates) if x > 4000] == [6500, 7500]
    again = site(study, "pustu", Ask(units=2, seasons=("dry",)), measures=stops, earlier=dry)
    pd.testing.assert_frame_equal(again.candidates, dry.candidates)
    assert again.reach is dry.reach
    ruled = SiteFacts(site_rules=frame(box(7400, -9, 7600, 9), rule=["flood"]))
    other = site(study, "pustu", Ask(units=1, seasons=("dry",)), measures=stops, earlier=dry, facts=ruled)
    assert 7500 not in xs(other.candidates)


def road(*edits, **more):
    return RoadMeasure.model_validate({"op": "road", "edits": list(edits), **more})


BRIDGE = road({"op": "reopen_road", "road": "bridge"}, cost_idr=500.0)
PAVE = road({"op": "change_road", "road": "east", "surface": "asphalt"}, cost_idr=300.0)


def people_within(gaps, kind="pustu"):
    return float(np.nansum(gaps.demand["people"].to_numpy()[gaps.coverage[kind].within]))


ROADS = {"bridge": BRIDGE, "pave": PAVE}
MEASURES = Measures(measures={"open": OPEN, **ROADS})


@cache
def two_banks(minutes):
    """Return a study with one pustu before the bridge."""
    return Study(town(("u1", "pustu", at(3700, 0), WEST), functioning="yes"), scenario=scenario(minutes))


@cache
def engine_within(minutes, chosen, place):
    """Return who is within the limit with some roads mended and a unit at a place (None: no unit)."""
    mended = [e for name in chosen for e in ROADS[name].edits]
    opened = []
    if place is not None:
        opened = [OpenFacility(op="open_facility", id="new", kind="pustu", lonlat=place)]
    return two_banks(minutes).gaps([*mended, *opened]).coverage["pustu"].within


def every_plan(minutes, room, cost):
    """Return for each choice of roads the most people of all places that ``room`` pays: brute force."""
    study = two_banks(minutes)
    found = find_candidates(study.layers, study.demand, {"open": OPEN})
    people = study.demand["people"].to_numpy()
    places = [(p.lon, p.lat) for p in found.itertuples()]
    now, best = people[engine_within(minutes, (), None)].sum(), {}
    for chosen in ((), ("bridge",), ("pave",), ("bridge", "pave")):
        left = room - sum(cost[name] for name in chosen)
        for n in range(int(left // cost["open"]) + 1 if left >= 0 else 0):
            for some in combinations(places, n):
                within = [engine_within(minutes, chosen, p) for p in (None, *some)]
                gained = people[np.logical_or.reduce(within)].sum() - now
                best[chosen] = max(best.get(chosen, -1.0), gained)
    return best


@pytest.mark.slow
@pytest.mark.parametrize(("minutes", "units"), [(3.0, 1), (3.0, 2), (4.5, 2)])
def test_roads_and_units_against_every_choice(minutes, units):
    study = two_banks(minutes)
    plan = site_with_roads(study, "pustu", Ask(units=units), measures=MEASURES)
    best = every_plan(minutes, units, {"open": 1, "bridge": 1, "pave": 1})
    assert plan.people_added == pytest.approx(max(best.values()))
    for chosen, gained in best.items():
        row = plan.choices.loc[" + ".join(chosen)]
        assert row["people_added"] == pytest.approx(gained)
        assert row["bound"] >= gained - 1e-6
    assert set(plan.choices.index) == {" + ".join(c) for c in best}
    assert plan.bound == pytest.approx(plan.people_added)
    assert people_within(plan.after) - people_within(plan.before) == pytest.approx(plan.people_added)
    again = Study(study.layers, scenario=plan.scenario).gaps()
    assert people_within(again) == pytest.approx(people_within(plan.after))


@pytest.mark.slow
def test_roads_and_units_by_money_against_every_choice():
    study = two_banks(3.0)
    paid = OPEN.model_copy(update={"cost_idr": 400.0})
    measures = Measures(measures={"open": paid, "bridge": BRIDGE, "pave": PAVE})
    for money in (450.0, 950.0):
        plan = site_with_roads(study, "pustu", Ask(budget_idr=money), measures=measures)
        best = every_plan(3.0, money, {"open": 400.0, "bridge": 500.0, "pave": 300.0})
        assert plan.people_added == pytest.approx(max(best.values()))
        assert set(plan.choices.index) == {" + ".join(c) for c in best}
        assert plan.choices["cost_idr"].max() <= money
    unpaid = measures.measures["bridge"].model_copy(update={"cost_idr": None})
    with pytest.raises(ConfigError, match="no cost is given for bridge"):
        site_with_roads(
            study, "pustu", Ask(budget_idr=950.0),
            measures=Measures(measures={**measures.measures, "bridge": unpaid}),
        )  # fmt: skip


@pytest.mark.slow
def test_stops_that_only_a_road_makes_possible():
    """The puskesmas is west: over the bridge alone its team comes to the other bank."""
    area = town(("u1", "pustu", at(3700, 0), WEST), functioning="yes")
    study = Study(area, scenario=scenario(3.0), modes=["car"])
    far = STOP.model_copy(update={"reach_minutes": 20.0})
    measures = Measures(measures={"m": far, "bridge": BRIDGE})
    mended = study.under(study.scenario.model_copy(update={"edits": tuple(BRIDGE.edits)}))
    found = reached_stops(mended, find_candidates(area, study.demand, {"m": far}), {"m": far})
    along = shapely.get_x(found.geometry.to_numpy())
    beyond, here = found.index[np.argmax(along)], found.index[np.argmin(along)]
    alone = site(study, "pustu", Ask(units=2), measures=measures.without_roads())
    assert beyond not in alone.candidates.index

    plan = site_with_roads(study, "pustu", Ask(units=2, forced=(beyond,)), measures=measures)
    assert (plan.roads, plan.choices.index.tolist()) == (("bridge",), ["bridge"])
    assert plan.sites.index.tolist() == [beyond]
    free = site_with_roads(study, "pustu", Ask(units=2), measures=measures)
    without = site_with_roads(study, "pustu", Ask(units=2, forbidden=(beyond, here)), measures=measures)
    assert set(without.choices.index) == {"", "bridge"}
    assert not {beyond, here} & set(without.sites.index)
    assert without.choices["people_added"].max() <= free.choices["people_added"].max()
    for wrong in ({"forced": ("m/nowhere",)}, {"forbidden": ("m/nowhere", here)}):
        with pytest.raises(ConfigError, match="there is no candidate 'm/nowhere'"):
            site_with_roads(study, "pustu", Ask(units=2, **wrong), measures=measures)
    # Where the team serves so near that only a bridge brings it to any stop that is left.
    places = gpd.GeoDataFrame(geometry=[at(7500, 0)], crs=study.layers.area.crs)
    one = site_with_roads(study, "pustu", Ask(units=2), measures=measures, places=places)
    assert one.choices.loc["", "people_added"] == 0.0
    assert (one.roads, len(one.sites)) == (("bridge",), 1)
    near = Measures(measures={"m": STOP.model_copy(update={"reach_minutes": 0.1}), "bridge": BRIDGE})
    with pytest.raises(ConfigError, match="within reach of a unit that functions"):
        site_with_roads(study, "pustu", Ask(units=2), measures=near, places=places)


def test_roads_alone_may_be_the_plan():
    study = two_banks(15.0)
    measures = Measures(measures={"open": OPEN, "bridge": BRIDGE})
    plan = site_with_roads(study, "pustu", Ask(units=1, forced=("bridge",)), measures=measures)
    assert (plan.roads, plan.siting) == (("bridge",), None)
    assert plan.people_added == pytest.approx(2600.0)
    assert any(isinstance(e, ReopenRoad) for e in plan.scenario.edits)
    # A unit on the other bank reaches as many; of equally good choices the one of fewer roads is taken.
    free = site_with_roads(study, "pustu", Ask(units=1), measures=measures)
    assert free.roads == ()
    assert free.people_added == pytest.approx(2600.0)


def test_forced_and_forbidden_roads_and_units():
    study = two_banks(3.0)
    measures = Measures(measures={"open": OPEN, "bridge": BRIDGE, "pave": PAVE})
    unit = find_candidates(study.layers, study.demand, {"open": OPEN}).index[0]
    plan = site_with_roads(
        study, "pustu", Ask(units=3, forced=("bridge", unit), forbidden=("pave",)), measures=measures
    )
    assert plan.choices.index.tolist() == ["bridge"]
    assert unit in plan.siting.sites.index
    assert len(plan.siting.sites) == 2
    with pytest.raises(ConfigError, match="forced measures alone cost more"):
        site_with_roads(study, "pustu", Ask(units=1, forced=("bridge", unit)), measures=measures)
    with pytest.raises(ConfigError, match="most people by units or money"):
        site_with_roads(study, "pustu", Ask(target=0.9), measures=measures)
    with pytest.raises(ConfigError, match="most people by units or money"):
        site_with_roads(study, "pustu", Ask(units=1, one_per_village=True), measures=measures)
    with pytest.raises(ConfigError, match="notebook site_with_roads"):
        site(study, "pustu", Ask(units=1), measures=measures)


def test_a_plan_with_roads_that_the_engine_does_not_confirm_is_not_given(monkeypatch):
    import planner.siting.with_roads as driver

    study = two_banks(3.0)
    measures = Measures(measures={"open": OPEN, "bridge": BRIDGE})
    solved = driver._solved

    def boasting(*args):
        one = solved(*args)
        return replace(one, reached=np.ones_like(one.reached))

    monkeypatch.setattr(driver, "_solved", boasting)
    with pytest.raises(UnprovenError):
        site_with_roads(study, "pustu", Ask(units=1), measures=measures)


@pytest.mark.slow
def test_options_of_the_command(tmp_path, capsys):
    write_workspace(town(functioning="yes"), tmp_path / "work")
    places = gpd.GeoSeries([at(500, 0), at(6500, 0)], crs=CRS).to_crs(4326)
    (tmp_path / "sekolah.csv").write_text(
        "nama,lintang,bujur\n" + "".join(f"SD {i},{p.y},{p.x}\n" for i, p in enumerate(places)), "utf-8"
    )
    rules = frame(box(400, -9, 600, 9), rule=["flood"]).to_crs(4326)
    rules.to_file(tmp_path / "aturan.geojson")
    words = [
        "site",
        str(tmp_path / "work"),
        "--kind",
        "pustu",
        "--units",
        "2",
        "--out",
        str(tmp_path / "out"),
    ]
    more = ["--at", "schools", "--schools", str(tmp_path / "sekolah.csv")]
    assert main([*words, *more, "--site-rules", str(tmp_path / "aturan.geojson")]) == 0
    sites = pd.read_csv(tmp_path / "out" / "sites.csv")
    assert sites["name"].tolist() == ["SD 1"]
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert record["candidates_excluded"] == {"flood": 1}
    assert {"schools", "site_rules"} <= {one["layer"] for one in record["inputs"]}
    assert sites["site_rules"].tolist() == ["not checked: cliff, landslide, river_bank, public_transport"]
    assert main([*words, *more, "--site-rules", str(tmp_path / "aturan.geojson"), "--keep-in-hazard"]) == 0
    assert len(pd.read_csv(tmp_path / "out" / "sites.csv")) == 2
    capsys.readouterr()
    assert main([*words, "--at", "schools"]) == 2
    assert "no list of schools was given" in capsys.readouterr().err


@pytest.mark.slow
def test_villages_with_roads_are_of_the_season_of_the_plan(demo_layers):
    """In the demo the wet season reaches fewer people than the scenario's dry one."""
    study = Study(demo_layers)
    paved = {"op": "change_road", "road": study.layers.roads["way_id"].iloc[0], "surface": "paved"}
    pave = RoadMeasure.model_validate({"op": "road", "edits": [paved]})
    measures = Measures(measures={**default_measures().measures, "pave": pave})
    plan = site_with_roads(study, "pustu", Ask(units=2, seasons=("dry", "wet")), measures=measures)
    gain = plan.villages["pustu_people_reached"].sum() - plan.villages["pustu_people_reached_before"].sum()
    assert gain == pytest.approx(plan.people_added)
    assert plan.people_added > 0
