"""Edits with surprising answers, each a small town worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError
from support import CRS, at, box, facilities, hamlets, layers, line, roads, villages

from geodata.crs import WGS84
from geodata.errors import ConfigError, InputError
from geodata.readers.roads import season_of
from geodata.vocabulary.tags import join_tags
from planner.coverage.compare import changes, totals
from planner.coverage.study import Study
from planner.network.overlay import overlaid_roads, road_overlay
from planner.pipeline import travel_by
from planner.scenarios.edits import (
    AddBoat,
    AddRoad,
    ChangeRoad,
    ChangeSpeed,
    CloseFacility,
    CloseRoad,
    Edit,
    Flood,
    OpenFacility,
    ReopenRoad,
)
from planner.scenarios.scenario import default_scenario

CODE = "99.01.01.2001"


def lonlat(x, y):
    point = gpd.GeoSeries([at(x, y)], crs=CRS).to_crs(WGS84).iloc[0]
    return (point.x, point.y)


def area(x0, y0, x1, y1):
    return tuple(lonlat(x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


def town(rows, home=(0, 100), unit=(10_000, 0), kind="puskesmas"):
    return layers(
        villages({CODE: (box(-3000, -6000, 15_000, 6000), 100)}), roads(rows),
        facilities([("U1", kind, at(*unit), CODE)]), hamlets([("h1", CODE, at(*home), 100)]),
    )  # fmt: skip


def minutes(study, edits=(), kind="puskesmas", season="dry"):
    return float(study.gaps(list(edits)).seasons[season][kind].minutes[0])


STREET = [{"from": 0, "to": 1, "geometry": line((0, 0), (10_000, 0))}]


def test_a_new_road_nearby_does_not_lead_people_astray():
    """It passes closer to the hamlet but joins the network far away: people go as they went before."""
    study = Study(town(STREET))
    before = minutes(study)
    near = AddRoad(op="add_road", line=(lonlat(-2500, 140), lonlat(2500, 140), lonlat(9000, 4000)))
    assert minutes(study, [near]) <= before


def test_what_closes_in_the_rains_makes_no_trip_quicker():
    """A slow dry-season track beside the hamlet, a good road further away."""
    rows = [
        *STREET,
        {"from": 2, "to": 0, "geometry": line((0, 150), (-2500, 150), (-2500, 10), (0, 0)),
         "road_class": "track", "season": "dry_only"},
    ]  # fmt: skip
    study = Study(town(rows, home=(0, 140)))
    assert minutes(study) <= minutes(study, season="wet")


def test_the_demo_is_never_reached_better_in_the_wet_season(demo_layers):
    gaps = Study(demo_layers).gaps()
    for kind, dry in gaps.seasons["dry"].items():
        wet = gaps.seasons["wet"][kind]
        if dry.listed:
            assert (dry.minutes <= wet.minutes + 1e-6).all()
            assert (dry.minutes < wet.minutes).any()


def test_a_flood_closes_the_stretch_that_lies_in_it_and_no_more():
    study = Study(town(STREET, home=(5000, 50), unit=(9500, 0)))
    dry = minutes(study)
    at_the_end = Flood(op="flood", polygon=area(-50, -50, 50, 50))
    assert minutes(study, [at_the_end]) == pytest.approx(dry, abs=1e-6)
    between = Flood(op="flood", polygon=area(7000, -50, 7100, 50))
    assert np.isinf(minutes(study, [between]))
    layer = gpd.GeoDataFrame(
        {"speed_factor": [0.0]}, geometry=[at(0, 0).buffer(60)], crs=CRS, index=pd.Index(["f1"])
    )
    wet = Study(replace(study.layers, floods=layer))
    assert minutes(wet, season="wet") == pytest.approx(dry, abs=1e-6)


def test_boats_sail_on_in_a_flood():
    rows = [
        *STREET,
        {"from": 1, "to": 2, "geometry": line((10_000, 0), (13_000, 0)), "route": "ferry",
         "road_class": "ferry", "duration_s": 600.0},
        {"from": 2, "to": 3, "geometry": line((13_000, 0), (14_000, 0))},
    ]  # fmt: skip
    study = Study(town(rows, home=(9900, 0), unit=(14_000, 0)))
    flood = Flood(op="flood", polygon=area(11_000, -500, 12_000, 500))
    assert minutes(study, [flood]) == pytest.approx(minutes(study))
    slower = ChangeSpeed(op="speed", mode="motorcycle", factor=0.5)
    # The road takes twice as long; the wait and the crossing do not.
    assert minutes(study, [slower]) == pytest.approx(40 + 2 * (minutes(study) - 40))


def test_reopening_closes_nothing():
    rows = [
        {"from": 0, "to": 1, "geometry": line((0, 0), (10_000, 0)), "road_class": "footway",
         "tags": "access=private|motorcycle=yes", "to_barrier": "barrier=gate|access=no"},
        {"from": 1, "to": 2, "geometry": line((10_000, 0), (11_000, 0)), "oneway": "reversible"},
    ]  # fmt: skip
    study = Study(town(rows, unit=(11_000, 0)))
    # Ten kilometres at 8 km/h; the last one on foot.
    assert minutes(study) > 100
    opened = [ReopenRoad(op="reopen_road", road=f"w{i}") for i in (0, 1)]
    assert 75 < minutes(study, opened) < 85  # ten kilometres at 8 km/h, one at 30, and the legs
    built = [{**STREET[0], "road_class": "construction"}]
    with pytest.raises(ConfigError, match="open to nobody"):
        Study(town([*built, *STREET])).gaps([ReopenRoad(op="reopen_road", road="w0")])


def test_a_ferry_of_two_pieces_is_boarded_once_after_an_edit():
    rows = [
        {"from": 0, "to": 1, "geometry": line((-100, 0), (0, 0))},
        {"from": 1, "to": 2, "geometry": line((0, 0), (5000, 0)), "way_id": "boat", "road_id": "boat#0",
         "route": "ferry", "road_class": "ferry", "duration_s": 600.0},
        {"from": 2, "to": 3, "geometry": line((5000, 0), (10_000, 0)), "way_id": "boat",
         "road_id": "boat#1", "route": "ferry", "road_class": "ferry", "duration_s": 600.0},
        {"from": 2, "to": 4, "geometry": line((5000, 0), (5000, 300))},
        {"from": 3, "to": 5, "geometry": line((10_000, 0), (10_100, 0))},
    ]  # fmt: skip
    study = Study(town(rows, home=(-100, 0), unit=(10_100, 0)))
    same = ChangeRoad(op="change_road", road="boat#0", season="all_year")
    assert minutes(study, [same]) == pytest.approx(minutes(study))


@pytest.mark.slow
def test_a_corner_with_a_gate_is_left_either_way():
    rows = [
        {"from": 0, "to": 1, "geometry": line((-4000, 0), (0, 0)), "way_id": "a", "road_id": "a",
         "to_barrier": "access=no|barrier=gate"},
        {"from": 1, "to": 2, "geometry": line((0, 0), (0, -3000)), "way_id": "b", "road_id": "b",
         "from_barrier": "access=no|barrier=gate"},
    ]  # fmt: skip
    for unit in ((-2000, 0), (0, -2000)):
        study = Study(town(rows, home=(60, 60), unit=unit))
        nothing = ChangeRoad(op="change_road", road="a", season="all_year")
        assert minutes(study) == pytest.approx(minutes(study, [nothing]))
        assert minutes(study) < 8


def test_a_boat_link_lands_on_roads_not_on_the_river():
    rows = [
        {"from": 0, "to": 1, "geometry": line((0, 100), (3000, 100))},
        {"from": 2, "to": 3, "geometry": line((0, -100), (10_000, -100))},
        {"from": 4, "to": 5, "geometry": line((-3000, 0), (15_000, 0)), "road_class": "waterway",
         "tags": "boat=yes"},
    ]  # fmt: skip
    river = gpd.GeoDataFrame(geometry=[box(-3000, -30, 15_000, 30)], crs=CRS, index=["water-1"])
    study = Study(replace(town(rows, unit=(10_000, -100)), water=river))
    assert np.isinf(minutes(study))
    ferry = AddBoat(op="add_boat", line=(lonlat(1500, 60), lonlat(1500, -60)), duration_minutes=5)
    assert 40 < minutes(study, [ferry]) < 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (OpenFacility(op="open_facility", id="x", kind="pustu", lonlat=(21.0, 0.0)), "outside the study"),
        (AddRoad(op="add_road", line=((21.0, 0.0), (21.1, 0.0))), "outside the study area"),
        (Flood(op="flood", polygon=((21.0, 0.0), (21.1, 0.0), (21.1, 0.1))), "outside the study area"),
        (AddRoad(op="add_road", line=(lonlat(5, 5), lonlat(5, 5))), "has no length"),
        (ChangeSpeed(op="speed", mode="motorbike", factor=1), "'motorbike' is not one of"),
        (CloseFacility(op="close_facility", id="nobody"), "no facility 'nobody'"),
    ],
)
def test_edits_that_make_no_sense_say_so(edit, message):
    with pytest.raises(ConfigError, match=message):
        Study(town(STREET)).gaps([edit])


def test_road_edits_need_roads():
    without = replace(town(STREET), roads=None)
    with pytest.raises(ConfigError, match="has no roads"):
        Study(without).gaps([CloseRoad(op="close_road", road="w0")])


@pytest.mark.parametrize(
    "content",
    [
        {"op": "open_facility", "id": "", "kind": "pustu", "lonlat": [110, -8]},
        {"op": "open_facility", "id": "x", "kind": "castle", "lonlat": [110, -8]},
        {"op": "move_facility", "id": "x", "lonlat": [-8, 110]},
        {"op": "change_facility", "id": "x"},
        {"op": "change_road", "road": "w0"},
        {"op": "add_road", "line": [[110, -8]]},
        {"op": "add_road", "line": [[110, -8], [110, -7]], "class": "alley"},
        {"op": "flood", "polygon": [[110, -8], [110, -7]]},
        {"op": "speed", "mode": "car", "factor": -1},
        {"op": "dig_tunnel"},
    ],
)
def test_edits_are_checked_when_they_are_read(content):
    with pytest.raises(ValidationError):
        TypeAdapter(Edit).validate_python(content)


def test_a_new_road_rises_with_the_land_it_joins():
    layer = roads([*STREET, {"from": 2, "to": 3, "geometry": line((0, 1000), (10_000, 1000))}])
    heights = [np.linspace(0, 100, 11), np.linspace(200, 300, 11)]
    layer["heights_m"] = pd.Series(heights, index=layer.index)
    overlay = road_overlay(
        layer, [AddRoad(op="add_road", line=(lonlat(0, 0), lonlat(0, 1000)))], default_scenario().drawing
    )
    [new] = overlay.put.loc[overlay.put["way_id"] == "edit/1", "heights_m"]
    np.testing.assert_allclose(new, [0.0, 200.0])
    middle = road_overlay(
        layer,
        [AddRoad(op="add_road", line=(lonlat(5000, 0), lonlat(5000, 1000)))],
        default_scenario().drawing,
    )
    [new] = middle.put.loc[middle.put["way_id"] == "edit/1", "heights_m"]
    np.testing.assert_allclose(new, [50.0, 250.0], atol=0.5)
    assert len(overlaid_roads(layer, middle)) == 5


@pytest.mark.slow
def test_closing_every_road_leaves_answers_not_errors():
    study = town(STREET)
    closed = default_scenario().model_copy(update={"edits": (CloseRoad(op="close_road", road="w0"),)})
    trips = travel_by(study, "motorcycle", scenario=closed)
    near = trips.nearest(study.hamlets, study.facilities)
    assert np.isinf(near["minutes"]).all()
    assert np.isinf(trips.matrix(study.hamlets, study.facilities)).all(axis=None)
    assert len(trips.within(study.hamlets, study.facilities, 30)) == 0
    assert len(trips.path(study.hamlets, study.facilities)) == 0
    assert trips.isochrones(study.facilities, [30])["area_km2"].iloc[0] < 20


@pytest.mark.slow
def test_questions_out_of_range(demo_layers):
    small = town(STREET)
    trips = travel_by(small, "motorcycle")
    for ask in (
        lambda: trips.nearest(small.hamlets, small.facilities, k=0),
        lambda: trips.within(small.hamlets, small.facilities, float("nan")),
        lambda: trips.isochrones(small.facilities.iloc[:0], [10]),
        lambda: trips.isochrones(small.facilities, []),
        lambda: trips.isochrones(small.facilities, [10], step_m=0),
        lambda: trips.nearest(small.hamlets, small.facilities, direction="to"),
        lambda: changes(Study(small).gaps(), Study(demo_layers).gaps()),
    ):
        with pytest.raises(InputError):
            ask()


def test_what_changed_between_two_answers():
    study = Study(town(STREET, unit=(2000, 0)))
    before, after = study.gaps(), study.gaps([CloseRoad(op="close_road", road="w0")])
    [dry, wet] = changes(before, after).to_dict("records")
    assert (dry["season"], wet["season"]) == ("dry", "wet")
    assert (dry["status_before"], dry["status_after"]) == ("served", "gap")
    assert dry["people_reached_change"] == -100
    assert dry["minutes_median_after"] == np.inf
    assert changes(before, study.gaps()).empty
    total = totals(before, after).set_index(["kind", "season"]).loc[("puskesmas", "dry")]
    assert total["people_reached_before"] == 100
    assert total["people_reached_after"] == 0
    assert total["villages_gap_after"] == 1


def test_words_of_seasons_and_fords():
    assert season_of("yes") == "dry_only"
    assert join_tags({"ford": "tidak"}) is join_tags({"ford": "0"}) is None
    assert join_tags({"ford": "yes"}) == "ford=yes"


STREET_BELOW = [{"from": 90, "to": 91, "geometry": line((0, -400), (10_000, -400))}]


def test_a_question_is_stopped_while_its_drawn_roads_are_joined():
    """A line that crosses many roads took its whole time, whoever had cancelled it."""
    streets = [
        {"from": 2 * i, "to": 2 * i + 1, "geometry": line((500 * i, -400), (500 * i, 400))} for i in range(20)
    ]
    study = Study(town([*STREET_BELOW, *streets]))
    drawn = AddRoad(op="add_road", line=(lonlat(-100, 0), lonlat(9_600, 0)))
    asked = []
    study.gaps([drawn], may_go_on=lambda: asked.append(1))
    assert len(asked) > len(streets)

    def stop():
        asked.append(1)
        if len(asked) == 15:
            raise InterruptedError

    other = AddRoad(op="add_road", line=(lonlat(-100, 10), lonlat(9_600, 10)))
    asked.clear()
    with pytest.raises(InterruptedError):
        study.gaps([other], may_go_on=stop)
    assert len(asked) == 15
    # Nothing of it is kept.
    found, anew = (one.gaps([other]).seasons["dry"]["puskesmas"] for one in (study, Study(study.layers)))
    np.testing.assert_array_equal(found.minutes, anew.minutes)
