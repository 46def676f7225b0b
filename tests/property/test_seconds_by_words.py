"""Seconds along an edge, for random tags of many keys at once, against METHODS read word by word."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import line, roads

from planner.network.build import build_network
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario

SCENARIO = default_scenario()
MODES = ("motorcycle", "car", "bicycle", "walking", "boat")
# docs/METHODS.md, the tables: access tags from the most specific, one-way tags, sizes, caps.
ACCESS = {
    "motorcycle": ["motorcycle", "motor_vehicle", "vehicle", "access"],
    "car": ["motorcar", "motor_vehicle", "vehicle", "access"],
    "bicycle": ["bicycle", "vehicle", "access"], "walking": ["foot", "access"],
    "boat": ["motorboat", "boat", "foot", "access"],
}  # fmt: skip
NAMED = {
    "motorcycle": {"motorcycle", "motor_vehicle", "vehicle"}, "car": {"motorcar", "motor_vehicle", "vehicle"},
    "bicycle": {"bicycle", "vehicle"}, "walking": {"foot"}, "boat": {"motorboat", "boat", "foot"},
}  # fmt: skip
# The order of the words in the tables of modes.
ONEWAY = {
    "motorcycle": ["motorcycle", "motor_vehicle", "vehicle"], "car": ["motorcar", "motor_vehicle", "vehicle"],
    "bicycle": ["bicycle", "vehicle"], "walking": ["foot"],
}  # fmt: skip
ROAD = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service",
        "track", "path", "footway", "steps")  # fmt: skip
SPEED = {
    "motorcycle": (None, 50, 45, 40, 30, 25, 20, 15, 12, 8, None, None),
    "car": (60, 60, 50, 40, 30, 25, 20, 15, 10, None, None, None),
    "bicycle": (None, 12, 12, 12, 12, 12, 12, 12, 8, 6, None, None),
    "walking": (None, 5, 5, 5, 5, 5, 5, 5, 4.5, 4, 5, 3), "boat": (None, 5, 5, 5, 5, 5, 5, 5, 4.5, 4, 5, 3),
}  # fmt: skip
GRANTED = {"motorcycle": 8, "car": 10, "bicycle": 6, "walking": 5}
GRANTED_MOTORWAY = {"motorcycle": 50, "bicycle": 12, "walking": 5}
YES = {"yes", "designated", "permissive", "official"}
SMOOTH = {
    "motorcycle": {"bad": 40, "very_bad": 20, "horrible": 10, "very_horrible": 5, "impassable": 0},
    "bicycle": {"very_bad": 8, "horrible": 5, "very_horrible": 4, "impassable": 0},
    "walking": {"impassable": 2}, "boat": {},
}  # fmt: skip
SMOOTH["car"] = SMOOTH["motorcycle"]
TRACK = {"grade1": 60, "grade2": 40, "grade3": 30, "grade4": 25, "grade5": 20}

VALUE = st.sampled_from(["yes", "no", "private", "designated", "no;yes", "unknown_word"])
# Only the general tag names who may pass.
NAMING = st.sampled_from(["yes", "no", "private", "foot", "bicycle", "foot;bicycle"])
TAGS = st.fixed_dictionaries(
    {},
    optional={
        "access": NAMING, **dict.fromkeys(("vehicle", "motor_vehicle", "motorcar"), VALUE),
        **dict.fromkeys(("motorcycle", "bicycle", "foot"), VALUE),
        **{f"{k}:{w}": VALUE for k in ("motorcycle", "foot") for w in ("forward", "backward")},
        **{f"oneway:{k}": st.sampled_from(["yes", "no", "-1"]) for k in ("motorcycle", "vehicle", "foot")},
        "width": st.sampled_from(["0.5", "1", "3"]), "maxheight": st.sampled_from(["2", "4"]),
        "maxweight": st.sampled_from(["2", "8"]), "maxspeed:motorcycle": st.sampled_from(["10", "80"]),
        "smoothness": st.sampled_from(["good", "bad", "very_bad", "horrible", "very_horrible", "impassable"]),
        "tracktype": st.sampled_from(list(TRACK)), "ford": st.sampled_from(["yes", "no"]),
        "motorroad": st.just("yes"), "construction": st.sampled_from(["yes", "minor"]),
    },
)  # fmt: skip
# So that most roads have few of the tags.
FEW = st.tuples(TAGS, st.sets(st.integers(0, 15), max_size=6)).map(
    lambda both: {k: v for i, (k, v) in enumerate(sorted(both[0].items())) if i in both[1]}
)
ONE = st.fixed_dictionaries({
    "road_class": st.sampled_from(ROAD), "tags": FEW,
    "surface": st.sampled_from([None, "asphalt", "dirt", "paved;sand", "?"]),
    "oneway": st.sampled_from(["no", "no", "yes", "reverse"]),
    "season": st.sampled_from(["all_year", "all_year", "dry_only"]),
    "maxspeed_kph": st.sampled_from([math.nan, 15.0, 70.0]),
})  # fmt: skip


def told(tags, key, ahead):
    """Return a tag's value in a direction: what is said of one direction alone counts there."""
    return tags.get(f"{key}:{'forward' if ahead else 'backward'}", tags.get(key))


def admits(mode, tags, ahead):
    """Return whether the tag that decides lets in, whether by a clear yes of the mode's own, and its key."""
    for key in ACCESS[mode]:
        value = told(tags, key, ahead)
        if value is None:
            continue
        words = value.split(";")
        open_words = [w for w in words if w not in ("no", "private")]
        # A word that names others closes it to this mode.
        open_words = [w for w in open_words if w not in ("foot", "bicycle") or w in NAMED[mode]]
        own = key not in ("access", "vehicle")
        return bool(open_words), own and any(w in YES for w in open_words), key
    return True, False, ""


def against(mode, one, ahead):
    """Return whether a one-way rule forbids a direction."""
    if mode == "boat":
        return False
    for key in ONEWAY[mode]:
        value = one["tags"].get(f"oneway:{key}")
        if value is not None:
            return {"yes": not ahead, "-1": ahead, "no": False}[value]
    if mode == "walking":
        return False
    return {"no": False, "yes": not ahead, "reverse": ahead}[one["oneway"]]


def kph(mode, season, one, ahead):  # noqa: C901, PLR0911, PLR0912 - the rules one after the other
    tags, wet = one["tags"], season == "wet"
    if wet and (one["season"] == "dry_only" or (tags.get("ford") == "yes" and mode != "boat")):
        return 0.0
    if tags.get("construction") == "yes" or against(mode, one, ahead):
        return 0.0
    lets_in, clear_yes, key = admits(mode, tags, ahead)
    if not lets_in:
        return 0.0
    by_name = clear_yes and key in ("motorcycle", "bicycle", "foot")
    if tags.get("motorroad") == "yes" and mode in ("bicycle", "walking") and not by_name:
        return 0.0
    least = {"car": (2.0, 2.4, 3.0), "motorcycle": (0.8, 0, 0)}.get(mode, (0, 0, 0))
    for size, need in zip(("width", "maxheight", "maxweight"), least, strict=True):
        if size in tags and float(tags[size]) < need:
            return 0.0
    speed = SPEED[mode][ROAD.index(one["road_class"])]
    if speed is None:
        if not clear_yes or mode == "boat":
            return 0.0
        motorway = one["road_class"] == "motorway"
        # On a motorway a tag with the mode's own name opens it.
        if motorway and not by_name:
            return 0.0
        speed = GRANTED_MOTORWAY[mode] if motorway else GRANTED[mode]
    if mode in ("motorcycle", "car"):
        limit = one["maxspeed_kph"]
        if mode == "motorcycle" and "maxspeed:motorcycle" in tags:
            limit = float(tags["maxspeed:motorcycle"])
        speed = speed if math.isnan(limit) else min(speed, limit)
    if mode in ("motorcycle", "car", "bicycle"):
        known = one["surface"] in ("asphalt", "dirt", "paved;sand")
        unpaved = one["surface"] in ("dirt", "paved;sand")
        if not known:
            unpaved = tags.get("tracktype", "grade1") != "grade1"
        speed *= (0.4 if wet else 0.7) if unpaved else 1.0
    caps = [SMOOTH[mode].get(tags.get("smoothness"), math.inf)]
    if mode in ("motorcycle", "car"):
        caps.append(TRACK.get(tags.get("tracktype"), math.inf))
    return min(speed, *caps)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(ONE, min_size=20, max_size=40))
def test_the_speed_of_roads_of_any_tags_is_that_of_the_words(rows):
    given_rows = [
        {**one, "from": 2 * i, "to": 2 * i + 1, "geometry": line((0, 10.0 * i), (1000, 10.0 * i)),
         "tags": "|".join(f"{k}={v}" for k, v in sorted(one["tags"].items())) or None}
        for i, one in enumerate(rows)
    ]  # fmt: skip
    network = build_network(roads(given_rows), SCENARIO, modes=list(MODES))
    for mode in MODES:
        for season in ("dry", "wet"):
            found = network.impedance[Profile(mode, season)]
            for i, one in enumerate(rows):
                for ahead, seconds in ((True, found.forward_s[i]), (False, found.backward_s[i])):
                    assert round(3600 / seconds, 6) == round(kph(mode, season, one, ahead), 6), (
                        mode, season, ahead, one,
                    )  # fmt: skip
