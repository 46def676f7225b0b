"""What OSM tags mean for each mode and season, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError
from support import EAST, NORTH, at, line, roads

from geodata.vocabulary.tags import join_tags, split_tags
from planner.network.build import build_network
from planner.network.impedance import FloodArea, _flood_factor, _worst_way, tobler_time_factor
from planner.network.pieces import WHOLE
from planner.scenarios.edits import ChangeSpeed
from planner.scenarios.modes import Mode, Profile
from planner.scenarios.scenario import Scenario, default_scenario, read_scenario
from planner.travel.router import Router

SCENARIO = default_scenario()
# A kilometre, so that km/h are 3600 / seconds.
KM = line((0, 0), (1000, 0))


def kph(mode, season="dry", *, scenario=SCENARIO, floods=(), **row):
    """Speed along and against one kilometre of road; 0 where it is closed."""
    network = build_network(
        roads([{"from": 0, "to": 1, "geometry": KM, **row}]), scenario, modes=[mode], floods=floods
    )
    one = network.impedance[Profile(mode, season)]
    return round(3600 / one.forward_s[0], 6), round(3600 / one.backward_s[0], 6)


def both(speed):
    return (speed, speed)


@pytest.mark.parametrize(
    ("row", "mode", "expected"),
    [
        ({"road_class": "secondary"}, "motorcycle", both(40)),
        ({"road_class": "secondary", "maxspeed_kph": 30.0}, "motorcycle", both(30)),
        ({"road_class": "secondary", "maxspeed_kph": 3.0}, "walking", both(5)),
        ({"road_class": "motorway"}, "motorcycle", both(0)),
        ({"road_class": "motorway"}, "car", both(60)),
        ({"road_class": "steps"}, "car", both(0)),
        ({"road_class": "steps"}, "walking", both(3)),
        ({"road_class": "construction"}, "car", both(0)),
        ({"road_class": "construction", "tags": "motorcar=yes"}, "car", both(0)),
        ({"road_class": "waterway"}, "boat", both(10)),
        ({"road_class": "waterway"}, "walking", both(0)),
        ({"road_class": "waterway", "tags": "foot=yes"}, "walking", both(0)),
        # The most specific access tag decides.
        ({"tags": "access=private"}, "car", both(0)),
        ({"tags": "access=no|motor_vehicle=yes"}, "car", both(30)),
        ({"tags": "access=yes|motor_vehicle=no"}, "car", both(0)),
        ({"tags": "motor_vehicle=no"}, "motorcycle", both(0)),
        ({"tags": "motor_vehicle=no|motorcycle=yes"}, "motorcycle", both(30)),
        ({"tags": "motor_vehicle=no"}, "walking", both(5)),
        ({"tags": "access=no|foot=yes"}, "walking", both(5)),
        ({"tags": "vehicle=no"}, "bicycle", both(0)),
        ({"tags": "vehicle=no"}, "walking", both(5)),
        ({"tags": "access=destination"}, "car", both(30)),
        ({"tags": "access=no;permissive"}, "car", both(30)),
        ({"tags": "motorroad=yes"}, "bicycle", both(0)),
        ({"tags": "bicycle=yes|motorroad=yes"}, "bicycle", both(12)),
        ({"road_class": "pedestrian", "tags": "motorcar=noexit"}, "car", both(0)),
        # A tag of the mode's own opens a class that it has no speed for; a general one does not.
        ({"road_class": "footway", "tags": "motorcycle=yes"}, "motorcycle", both(8)),
        ({"road_class": "footway", "tags": "access=yes"}, "motorcycle", both(0)),
        ({"road_class": "footway", "tags": "bicycle=designated"}, "bicycle", both(6)),
        # A class with a speed of its own for who is let in; foot=yes opens a motorway on foot.
        ({"road_class": "motorway", "tags": "motorcycle=yes"}, "motorcycle", both(50)),
        ({"road_class": "motorway", "tags": "motor_vehicle=yes"}, "motorcycle", both(0)),
        ({"road_class": "motorway", "tags": "motor_vehicle=designated"}, "motorcycle", both(0)),
        ({"road_class": "motorway_link", "tags": "vehicle=yes"}, "bicycle", both(0)),
        ({"road_class": "motorway", "tags": "motor_vehicle=yes|motorcycle=no"}, "motorcycle", both(0)),
        ({"road_class": "motorway", "tags": "motor_vehicle=no|motorcycle=yes"}, "motorcycle", both(50)),
        ({"road_class": "motorway", "tags": "motor_vehicle=yes"}, "car", both(60)),
        ({"road_class": "footway", "tags": "motor_vehicle=yes"}, "motorcycle", both(8)),
        ({"road_class": "motorway", "tags": "foot=yes"}, "walking", both(5)),
        ({"road_class": "motorway", "tags": "access=yes"}, "walking", both(0)),
        # A value that names who may pass.
        ({"tags": "access=foot"}, "walking", both(5)),
        ({"tags": "access=foot"}, "car", both(0)),
        ({"tags": "access=motorcycle"}, "motorcycle", both(30)),
        ({"tags": "access=bicycle;foot"}, "motorcycle", both(0)),
        # One direction alone.
        ({"tags": "motor_vehicle:backward=no"}, "car", (30, 0)),
        ({"tags": "access:forward=no"}, "walking", (0, 5)),
        ({"tags": "access=no|motorcycle:forward=yes"}, "motorcycle", (30, 0)),
        ({"tags": "maxspeed:forward=20"}, "car", (20, 30)),
        ({"tags": "maxspeed:backward=10", "maxspeed_kph": 25.0}, "car", (25, 10)),
        ({"tags": "maxspeed:backward=1"}, "walking", both(5)),
        # Too narrow, low or weak for a car; a motorcycle needs less.
        ({"tags": "width=1"}, "car", both(0)),
        ({"tags": "width=1"}, "motorcycle", both(30)),
        ({"tags": "width=0.5"}, "motorcycle", both(0)),
        ({"tags": "width=0.5"}, "walking", both(5)),
        ({"tags": "width=2"}, "car", both(30)),
        ({"tags": "maxwidth=1.9"}, "car", both(0)),
        ({"tags": "maxheight=2"}, "car", both(0)),
        ({"tags": "maxheight=2.4"}, "car", both(30)),
        ({"tags": "maxweight=2"}, "car", both(0)),
        ({"tags": "maxweight=3"}, "car", both(30)),
        ({"tags": "maxweight=2"}, "motorcycle", both(30)),
        # Under construction, though its class is open.
        ({"tags": "construction=yes"}, "car", both(0)),
        ({"tags": "construction=yes"}, "walking", both(0)),
        ({"tags": "construction=minor"}, "car", both(30)),
        ({"road_class": "platform"}, "walking", both(5)),
        ({"road_class": "platform"}, "motorcycle", both(0)),
        # Of several surfaces the worst; unknown wording says nothing, so the tracktype counts.
        ({"surface": "dirt;sand"}, "car", both(21)),
        ({"surface": "asphalt;laterite"}, "car", both(21)),
        ({"surface": "aspal, beton"}, "car", both(30)),
        ({"surface": "berbatu"}, "car", both(21)),
        ({"surface": "Tanah"}, "car", both(21)),
        ({"surface": "xyz"}, "car", both(30)),
        ({"surface": "xyz", "tags": "tracktype=grade4"}, "car", both(21)),
        # Condition: the caps of OSRM's car profile.
        ({"tags": "smoothness=very_bad"}, "car", both(20)),
        ({"tags": "smoothness=impassable"}, "car", both(0)),
        ({"road_class": "primary", "tags": "tracktype=grade1"}, "car", both(50)),
        ({"road_class": "primary", "tags": "tracktype=grade5"}, "car", both(20)),
        ({"road_class": "primary", "tags": "tracktype=grade2"}, "car", both(35)),
    ],
)
def test_speed_of_a_road(row, mode, expected):
    assert kph(mode, **row) == expected


@pytest.mark.parametrize(
    ("oneway", "tags", "mode", "expected"),
    [
        ("yes", None, "car", (30, 0)),
        ("reverse", None, "car", (0, 30)),
        ("reversible", None, "car", (0, 0)),
        ("yes", None, "walking", (5, 5)),
        ("yes", "oneway:bicycle=no", "bicycle", (12, 12)),
        ("no", "oneway:bicycle=-1", "bicycle", (0, 12)),
        ("no", "oneway:foot=yes", "walking", (5, 0)),
        ("yes", "oneway:motorcycle=no", "motorcycle", (30, 30)),
        ("yes", "oneway:motorcycle=no", "car", (30, 0)),
        ("no", "oneway:motorcar=yes", "car", (30, 0)),
        ("no", "oneway:motorcar=yes", "motorcycle", (30, 30)),
        ("yes", "oneway:vehicle=no", "bicycle", (12, 12)),
    ],
)
def test_one_way_streets(oneway, tags, mode, expected):
    assert kph(mode, oneway=oneway, tags=tags) == expected


def test_seasons_change_surfaces_fords_and_dry_season_roads():
    assert kph("motorcycle", surface="gravel") == both(21)
    assert kph("motorcycle", "wet", surface="gravel") == both(12)
    assert kph("walking", "wet", surface="gravel") == both(5)
    assert kph("car", tags="ford=yes") == both(30)
    assert kph("car", "wet", tags="ford=yes") == both(0)
    for mode in ("car", "walking", "boat"):
        network = build_network(
            roads([{"from": 0, "to": 1, "geometry": KM, "season": "dry_only"}]), SCENARIO, modes=[mode]
        )
        assert np.isfinite(network.impedance[Profile(mode, "dry")].forward_s).all()
        assert np.isinf(network.impedance[Profile(mode, "wet")].forward_s).all()


def test_ferries_take_whom_their_tags_let_aboard():
    ferry = {"route": "ferry", "road_class": "ferry"}
    assert kph("car", **ferry) == both(15)
    assert kph("car", **ferry, duration_s=3600.0) == both(1)
    assert kph("car", **ferry, tags="motor_vehicle=no|foot=yes") == both(0)
    assert kph("walking", **ferry, tags="motor_vehicle=no|foot=yes") == both(15)
    # One-way ferries bind those on foot too.
    assert kph("walking", **ferry, oneway="yes") == (15, 0)


def test_floods_close_what_they_touch_or_slow_what_lies_in_them():
    half = shapely.box(EAST + 500, NORTH - 10, EAST + 2000, NORTH + 10)
    assert kph("car", floods=[FloodArea(half, 0.0, ("wet",))]) == both(30)
    assert kph("car", "wet", floods=[FloodArea(half, 0.0, ("wet",))]) == both(0)
    # Half of the road at half of the speed: 60 s and 120 s instead of 120 s.
    assert kph("car", "wet", floods=[FloodArea(half, 0.5, ("dry", "wet"))]) == both(20)


def test_changes_of_speed_multiply_and_close():
    def changed(*edits):
        return SCENARIO.model_copy(update={"edits": edits})

    slower = ChangeSpeed(op="speed", mode="car", factor=0.5, classes=("tertiary",))
    assert kph("car", scenario=changed(slower)) == both(15)
    assert kph("car", scenario=changed(slower, slower)) == both(7.5)
    assert kph("car", scenario=changed(slower), road_class="primary") == both(50)
    assert kph("motorcycle", scenario=changed(slower)) == both(30)
    closed = ChangeSpeed(op="speed", mode="car", factor=0)
    assert kph("car", scenario=changed(closed)) == both(0)


def test_uphill_takes_longer_than_down_and_only_for_those_who_feel_it():
    table = roads([{"from": 0, "to": 1, "geometry": KM}])
    table["heights_m"] = pd.Series([np.array([0.0, 50.0, 100.0])], index=table.index)
    network = build_network(table, SCENARIO, modes=["walking", "bicycle", "motorcycle"])
    walking = network.impedance[Profile("walking", "dry")]
    # Tobler at +10 % and -10 %: 6·exp(-3.5·|s+0.05|) against 6·exp(-0.175).
    assert walking.forward_s[0] == pytest.approx(720 * np.exp(3.5 * 0.15 - 0.175))
    assert walking.backward_s[0] == pytest.approx(720 * np.exp(3.5 * 0.05 - 0.175))
    motorcycle = network.impedance[Profile("motorcycle", "dry")]
    assert motorcycle.forward_s[0] == motorcycle.backward_s[0] == pytest.approx(120)


def test_tobler_is_quickest_a_little_downhill():
    slopes = np.linspace(-1, 1, 2001)
    factor = tobler_time_factor(slopes)
    assert slopes[factor.argmin()] == pytest.approx(-0.05, abs=1e-3)
    assert tobler_time_factor(np.array([0.0, np.nan])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("barrier", "stopped"),
    [
        ("barrier=bollard", {"car"}),
        ("barrier=gate", set()),
        ("access=private|barrier=gate", {"car", "motorcycle", "walking"}),
        ("barrier=bollard|motorcar=yes", set()),
        ("barrier=kissing_gate", {"car", "motorcycle"}),
        ("barrier=gate|motor_vehicle=no", {"car", "motorcycle"}),
        ("ford=yes", set()),
        ("barrier=bollard|bollard=rising", set()),
        ("barrier=bollard|bollard=removable", {"car"}),
        ("barrier=bollard;gate", {"car"}),
        ("barrier=gate; bollard", {"car"}),
        ("barrier=bollard;wall", {"car", "motorcycle", "walking"}),
        ("barrier=gate;lift_gate", set()),
        ("barrier=bollard;gate|motorcar=yes", set()),
        ("barrier=bollard;gate|bollard=rising", set()),
        ("barrier=bollard;kissing_gate|bollard=rising", {"car", "motorcycle"}),
        ("access=no", {"car", "motorcycle", "walking"}),
        ("motor_vehicle=no", {"car", "motorcycle"}),
        ("maxwidth=1.2", {"car"}),
        ("barrier=gate|maxheight=2", {"car"}),
    ],
)
def test_a_barrier_on_the_way_stops_whom_it_stops(barrier, stopped):
    table = roads(
        [
            {"from": 0, "to": 1, "geometry": line((0, 0), (4000, 0)), "to_barrier": barrier},
            {"from": 1, "to": 2, "geometry": line((4000, 0), (8000, 0)), "from_barrier": barrier},
        ]
    )
    places = np.array([at(0, 0), at(8000, 0), at(4000, 0)], dtype=object)
    for mode in ("car", "motorcycle", "walking"):
        router = Router(
            build_network(table, SCENARIO, modes=[mode]), Profile(mode, "dry"), rule=SCENARIO.access
        )
        stops = router.stops(places)
        times = router.matrix(stops, stops)
        assert np.isinf(times[0, 1]) == (mode in stopped), mode
        # One comes up to it from either side.
        assert np.isfinite(times[0, 2])
    wet = Router(build_network(table, SCENARIO, modes=["car"]), Profile("car", "wet"), rule=SCENARIO.access)
    stops = wet.stops(places)
    assert np.isinf(wet.matrix(stops, stops)[0, 1]) == ("car" in stopped or "ford" in barrier)


def test_a_mode_is_added_without_code(tmp_path):
    file = tmp_path / "s.yml"
    file.write_text(
        "modes:\n  becak:\n    access: [vehicle, access]\n    ferry: false\n"
        "    speeds_kph: {residential: 9, tertiary: 7}\n    surface_factors: {unpaved: {dry: 0.5, wet: 0}}\n"
        "standard: {pustu: {mode: becak}}\n"
    )
    scenario = read_scenario(file)
    assert scenario.standard["pustu"].mode == "becak"
    assert kph("becak", scenario=scenario) == both(7)
    assert kph("becak", scenario=scenario, surface="mud") == both(3.5)
    assert kph("becak", "wet", scenario=scenario, surface="mud") == both(0)
    assert kph("becak", scenario=scenario, road_class="primary") == both(0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"access": ["colour"]}, {"speeds_kph": {"alley": 3}}, {"oneway": ["foot"], "access": ["foo"]},
        {"closed_if": {"surface": ["x"]}}, {"slope": "steep"}, {"surface_factors": {"unpaved": {"dry": 2}}},
    ],
)  # fmt: skip
def test_a_mode_that_makes_no_sense_is_refused(wrong):
    good = {"access": ["access"], "ferry": True, "speeds_kph": {"path": 3}}
    with pytest.raises(ValidationError):
        Mode.model_validate({**good, **wrong})


def test_a_scenario_names_only_modes_and_surfaces_that_are_there():
    content = SCENARIO.model_dump()
    content["modes"]["car"]["surface_factors"] = {"lava": {"dry": 1, "wet": 1}}
    with pytest.raises(ValidationError, match="lava"):
        Scenario.model_validate(content)
    content = SCENARIO.model_dump()
    content["edits"] = [{"op": "speed", "mode": "train", "factor": 2}]
    with pytest.raises(ValidationError, match="train"):
        Scenario.model_validate(content)


def test_tags_survive_their_text_form():
    tags = {"access": "Private ", "oneway:foot": "yes", "name": "x", "barrier": "a|b"}
    assert split_tags(join_tags(tags)) == {"access": "private", "oneway:foot": "yes", "barrier": "a;b"}
    assert join_tags({"name": "x"}) is None
    assert split_tags(None) == {}


def test_a_road_that_an_edit_cut_is_slowed_as_the_whole_was():
    # A road of 1 km, cut in its middle; a flood of factor 0.5 over its first 250 m: 250 m at half the speed
    # take as long as 500 m, so the whole takes 1,250 m's time, and each piece is slowed alike.
    whole = line((0, 0), (1000, 0))
    halves = roads([
        {"from": 0, "to": 1, "geometry": line((0, 0), (500, 0))},
        {"from": 1, "to": 2, "geometry": line((500, 0), (1000, 0))},
    ])  # fmt: skip
    halves[WHOLE] = [whole, whole]
    flood = FloodArea(shapely.box(EAST - 10, NORTH - 10, EAST + 250, NORTH + 10), 0.5, ("wet",))
    assert _flood_factor(halves, [flood], "wet").tolist() == pytest.approx([0.8, 0.8])
    assert _flood_factor(halves, [flood], "dry").tolist() == [1.0, 1.0]
    # Not cut by an edit, each is a road of its own.
    assert _flood_factor(halves.drop(columns=WHOLE), [flood], "wet").tolist() == pytest.approx([2 / 3, 1.0])


def test_one_way_in_both_directions_is_open_in_none():
    # Somebody merged two ways, one open along and one against.
    assert _worst_way(["yes", "-1"]) == "reversible"
    assert _worst_way(["no", "-1"]) == "reverse"
    assert _worst_way(["yes", "no"]) == "yes"
    assert _worst_way(["no"]) == "no"
