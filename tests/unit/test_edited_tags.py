"""What edits do with the tags of a road: what closes it goes, what says how one drives on it stays."""

from __future__ import annotations

import numpy as np
import pytest
from support import line, roads

from geodata.vocabulary.tags import ACCESS_KEYS, KEPT_TAGS
from planner.network.build import all_profiles, build_network
from planner.network.overlay import road_overlay
from planner.scenarios.edits import ChangeRoad, ReopenRoad
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario

SCENARIO = default_scenario()
LONG_M = 900.0


def street(**said):
    return roads([{"from": 0, "to": 1, "geometry": line((0, 0), (LONG_M, 0)), **said}])


def seconds(layer, profile):
    one = build_network(layer, SCENARIO, modes=[profile.mode]).impedance[profile]
    return one.forward_s.tolist() + one.backward_s.tolist()


def edited(layer, edit):
    return road_overlay(layer, [edit], SCENARIO.drawing).put


# By key the values that close, or that mean something else than an opening.
CLOSING = [
    *((key, value) for key in ACCESS_KEYS for value in ("no", "private", "customers", "yes&no")),
    *((f"{key}:forward", "no") for key in ACCESS_KEYS),
    ("construction", "yes"), ("ford", "yes"), ("ford", "stepping_stones"), ("motorroad", "yes"),
    ("width", "0.3"), ("maxheight", "1"), ("maxweight", "0.5"), ("maxwidth:forward", "0.3"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), CLOSING)
def test_nothing_that_closes_a_road_outlasts_its_reopening(key, value):
    plain, tagged = street(), street(tags=f"{key}={value}")
    for profile in all_profiles(SCENARIO):
        again = seconds(edited(tagged, ReopenRoad(road="e0")), profile)
        assert again == seconds(plain, profile), profile


def test_a_reopened_road_keeps_whom_a_tag_lets_in_and_how_one_drives():
    tagged = street(
        tags="motorcycle=yes;designated|maxspeed:forward=20|oneway:bicycle=yes|tracktype=grade4|ford=yes",
        road_class="motorway",
        surface="asphalt",
    )
    reopened = edited(tagged, ReopenRoad(road="e0"))
    assert reopened["tags"].tolist() == [
        "maxspeed:forward=20|motorcycle=yes;designated|oneway:bicycle=yes|tracktype=grade4"
    ]
    assert seconds(reopened, Profile("motorcycle", "wet"))[0] == pytest.approx(LONG_M * 3.6 / 20.0)


LIMITS = sorted(key for key in KEPT_TAGS if key.startswith("maxspeed"))


@pytest.mark.parametrize("key", [*LIMITS, ""])
def test_a_new_speed_limit_is_everybodys(key):
    tagged = street(tags=f"{key}=5|access=yes" if key else None, maxspeed_kph=5.0)
    changed = edited(tagged, ChangeRoad(road="e0", maxspeed_kph=18.0))
    for mode in ("car", "motorcycle"):
        np.testing.assert_allclose(seconds(changed, Profile(mode, "dry")), LONG_M * 3.6 / 18.0)


def test_another_change_leaves_the_limits_of_a_road():
    tagged = street(tags="maxspeed:motorcycle=5")
    changed = edited(tagged, ChangeRoad.model_validate({"road": "e0", "class": "secondary"}))
    np.testing.assert_allclose(seconds(changed, Profile("motorcycle", "dry")), LONG_M * 3.6 / 5.0)
