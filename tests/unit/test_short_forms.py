"""A scenario and its edits in one line of Python say what a file says, and a file is what it was."""

from __future__ import annotations

import pickle

import pytest
import yaml

from geodata.errors import ConfigError, JangkauError
from planner import (
    AddBoat,
    AddRoad,
    ChangeFacility,
    ChangeRoad,
    ChangeSpeed,
    CloseFacility,
    CloseRoad,
    Flood,
    MoveFacility,
    OpenFacility,
    ReopenRoad,
    default_scenario,
    read_scenario,
    scenario,
)

PLACE, LINE = (113.7, -8.2), [(113.7, -8.2), (113.71, -8.2)]
EDITS = {
    CloseRoad: ("close_road", {"road": "r1"}),
    ReopenRoad: ("reopen_road", {"road": "r1"}),
    ChangeRoad: ("change_road", {"road": "r1", "surface": "asphalt"}),
    AddRoad: ("add_road", {"line": LINE}),
    AddBoat: ("add_boat", {"line": LINE}),
    ChangeSpeed: ("speed", {"mode": "car", "factor": 0.5}),
    Flood: ("flood", {"polygon": [*LINE, (113.7, -8.3)]}),
    OpenFacility: ("open_facility", {"id": "n", "kind": "pustu", "lonlat": PLACE}),
    CloseFacility: ("close_facility", {"id": "n"}),
    MoveFacility: ("move_facility", {"id": "n", "lonlat": PLACE}),
    ChangeFacility: ("change_facility", {"id": "n", "kind": "pustu"}),
}
CHANGES = {
    "season": {"season": "wet"},
    "standard": {"standard": {"pustu": {"limit_minutes": 20}, "hospital": {"mode": "motorcycle"}}},
    "modes": {"modes": {"walking": {"speeds_kph": {"primary": 3}}}},
    "several": {"name": "rains", "season": "wet", "standard": {"puskesmas": {"limit_minutes_wet": 45}}},
    "nothing": {},
}


@pytest.mark.parametrize("edit", EDITS, ids=lambda e: e.__name__)
def test_an_edit_knows_what_it_is(edit):
    op, values = EDITS[edit]
    short = edit(**values)
    assert short == edit(op=op, **values)
    # What a file would hold of it, whatever is left out of it, still says what it is.
    assert short.model_dump()["op"] == op
    assert scenario(edits=[short]).content_hash() == scenario(edits=[{"op": op, **values}]).content_hash()
    assert pickle.loads(pickle.dumps(short)) == short  # noqa: S301 - our own


@pytest.mark.parametrize("values", [v for _, v in EDITS.values()], ids=[op for op, _ in EDITS.values()])
def test_in_a_file_op_must_stand(tmp_path, values):
    file = tmp_path / "s.yml"
    in_file = {key: yaml_like(value) for key, value in values.items()}
    file.write_text(yaml.safe_dump({"edits": [in_file]}), "utf-8")
    with pytest.raises(ConfigError, match=r"edits\.0\.op' is missing"):
        read_scenario(file)


def yaml_like(value):
    if isinstance(value, (list, tuple)):
        return [yaml_like(one) for one in value]
    return value


def test_a_class_of_road_has_a_name_in_python_and_only_there(tmp_path):
    assert AddRoad(line=LINE, road_class="tertiary") == AddRoad(line=LINE, **{"class": "tertiary"})
    assert ChangeRoad(road="r", road_class="track").model_dump(by_alias=True)["class"] == "track"
    file = tmp_path / "s.yml"
    file.write_text("edits: [{op: change_road, road: r, road_class: track}]", "utf-8")
    with pytest.raises(ConfigError, match=r"unknown key 'edits\.0\.road_class'"):
        read_scenario(file)
    with pytest.raises(ConfigError, match=r"unknown key 'edits\.0\.road_class'"):
        scenario(edits=[{"op": "change_road", "road": "r", "road_class": "track"}])


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_short_form_is_the_file(tmp_path, change):
    file = tmp_path / "s.yml"
    file.write_text(yaml.safe_dump(change), "utf-8")
    made = scenario(**change)
    assert made == read_scenario(file)
    assert made.content_hash() == read_scenario(file).content_hash()


def test_other_keys_go_into_rules(tmp_path):
    file = tmp_path / "s.yml"
    file.write_text("{access: {detour: 1.5}, status: {served: 0.9}}", "utf-8")
    assert scenario(rules={"access": {"detour": 1.5}, "status": {"served": 0.9}}) == read_scenario(file)


def test_a_base_keeps_what_is_not_named():
    base = scenario(season="wet", edits=[CloseRoad(road="r1")], standard={"pustu": {"limit_minutes": 20}})
    other = scenario(base=base, standard={"pustu": {"mode": "walking"}})
    assert (other.season, other.edits) == (base.season, base.edits)
    assert (other.standard["pustu"].mode, other.standard["pustu"].limit_minutes) == ("walking", 20)
    assert scenario(base=base, edits=[]).edits == ()
    assert scenario() == default_scenario()


def test_a_standard_by_name_or_file(tmp_path):
    assert scenario(standard="sni-03-1733").standard_name == "SNI 03-1733-2004"
    file = tmp_path / "ours.yml"
    text = "{name: ours, version: '1', source: us, kinds: {pustu: {mode: walking, limit_minutes: 20}}}"
    file.write_text(text, "utf-8")
    assert scenario(standard=file).standard["pustu"].limit_minutes == 20
    assert scenario(standard=str(file), season="wet").season == "wet"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"season": "rainy"}, "season"),
        ({"standard": {"pustoe": {"mode": "car", "limit_minutes": 3}}}, "pustoe"),
        ({"standard": {"pustu": {"limit_minutes": "soon"}}}, "standard.pustu.limit_minutes"),
        ({"standard": {"pustu": 20}}, "standard.pustu"),
        ({"standard": "nowhere"}, "nowhere"),
        ({"standard": 3}, "standard is a name"),
        ({"edits": CloseRoad(road="r")}, "edits"),
        ({"edits": "close_road"}, "edits is a list"),
        ({"edits": 3}, "edits is a list"),
        ({"rules": {"season": "wet"}}, "season=…"),
        ({"rules": {"acces": {}}}, "acces"),
        ({"rules": 3}, "rules are keys and values"),
        ({"base": "wet.yml"}, "scenario is a str"),
    ],
)
def test_what_is_wrong_is_said(wrong, said):
    with pytest.raises(JangkauError, match=said):
        scenario(**wrong)
