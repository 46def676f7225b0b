"""Measures as data: what may be written, what is refused, and every choice of roads."""

from __future__ import annotations

import pytest

from geodata.errors import ConfigError
from planner.siting.measures import At, default_measures, read_measures, road_choices, road_edits

BRIDGE = "{op: road, edits: [{op: reopen_road, road: w1}]}"
MOBILE = "op: mobile, kind: pustu, days_a_month: 4, counts_from_days: 2, reach_minutes: 60"


def measures_of(tmp_path, text):
    file = tmp_path / "m.yml"
    file.write_text(f"measures: {{{text}}}", "utf-8")
    return read_measures(file)


def test_one_place_or_several(tmp_path):
    found = measures_of(tmp_path, "open_pustu: {at: roads}, open_posyandu: {at: [people, schools]}")
    assert found.measures["open_pustu"].at == (At.ROADS,)
    assert found.measures["open_posyandu"].at == (At.PEOPLE, At.SCHOOLS)
    assert default_measures().measures["open_pustu"].at == (At.PEOPLE,)


def test_other_places_are_those_of_what_is_new_only(tmp_path):
    found = measures_of(tmp_path, f"van: {{{MOBILE}}}, bridge: {BRIDGE}")
    other = found.with_new_at([At.SCHOOLS, At.ROADS])
    new = {name for name, one in other.measures.items() if one != found.measures[name]}
    assert new == {"open_pustu", "open_posyandu", "open_puskesmas", "open_hospital", "van"}
    assert other.measures["van"].at == (At.SCHOOLS, At.ROADS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("open_pustu: {at: []}", "at"),
        ("open_pustu: {at: [roads, roads]}", "name each place once"),
        ("open_pustu: {at: markets}", "people"),
        ("open_pustu: {capacity_people: 0}", "capacity_people"),
        ("open_pustu: {cost_idr: 0}", "chosen without end"),
        ("open_pustu: {days_a_month: 4}", "days_a_month is for op: mobile only"),
        ("reopen_pustu: {of: [polindes]}", "upgrade needs"),
        ("van: {op: mobile, kind: pustu}", "needs days_a_month, counts_from_days, reach_minutes"),
        ("van: {op: mobile, kind: pustu, days_a_month: 4, reach_minutes: 60}", "needs counts_from_days"),
        (f"van: {{{MOBILE.replace('from_days: 2', 'from_days: 5')}}}", "the stop would count for nobody"),
        (f"van: {{{MOBILE.replace('month: 4', 'month: 32')}}}", "days_a_month"),
        (f"van: {{{MOBILE}, from_kind: warung}}", "warung"),
        ("bridge: {op: road, edits: []}", "edits"),
        ("bridge: {op: road}", "edits"),
        ("bridge: {op: road, edits: [{op: close_road, road: w1}]}", "close_road"),
        ("bridge: {op: road, edits: [{op: reopen_road, road: w1}], kind: pustu}", "kind"),
        ("x: {op: dance, kind: pustu}", "dance"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path, text, said):
    with pytest.raises(ConfigError) as error:
        measures_of(tmp_path, text)
    assert said in str(error.value)
    assert "line 1" in str(error.value)


def test_days_at_the_limit_count(tmp_path):
    text = MOBILE.replace("counts_from_days: 2", "counts_from_days: 4")
    assert measures_of(tmp_path, f"van: {{{text}}}").modes("pustu") == ("car",)


def test_every_choice_of_roads_is_there_once(tmp_path):
    found = measures_of(tmp_path, f"c: {BRIDGE}, a: {BRIDGE}, b: {BRIDGE}")
    choices = road_choices(found)
    assert choices == [
        (), ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c"),
    ]  # fmt: skip
    assert len(road_edits(found.roads, ("a", "c"))) == 2
    assert set(found.without_roads().measures) == set(default_measures().measures)


def test_four_roads_are_many_and_five_too_many(tmp_path):
    four = ", ".join(f"r{i}: {BRIDGE}" for i in range(4))
    assert len(road_choices(measures_of(tmp_path, four))) == 16
    with pytest.raises(ConfigError, match="5 road measures would need 32 plans"):
        road_choices(measures_of(tmp_path, f"{four}, r4: {BRIDGE}"))


def test_every_default_measure_says_how_long_it_takes_and_why_and_no_cost():
    for one in default_measures().measures.values():
        assert {"lead_years", "basis"} <= one.model_fields_set
        assert "[A]" in one.basis or "[C]" in one.basis
        assert (one.cost_idr, one.yearly_idr, one.capacity_people) == (None, None, None)
    assert not default_measures().roads
    assert {one.op for one in default_measures().measures.values()} == {
        "open",
        "upgrade",
        "function",
        "reopen",
    }


def test_staff_of_a_road_is_refused_and_not_forgotten(tmp_path):
    file = tmp_path / "m.yml"
    edits = "[{op: change_road, road: '1', surface: paved}]"
    file.write_text(f"measures: {{pave: {{op: road, edits: {edits}, staff: {{operator: 3}}}}}}", "utf-8")
    with pytest.raises(ConfigError, match="leave staff out"):
        read_measures(file)
