"""Every pair of documented options works together; what went in is in run.json."""

from __future__ import annotations

import itertools
import json

import pandas as pd
import pytest

PLACE, LINE = "[110.0, -7.0]", "[[110.0, -7.0], [110.01, -7.01]]"


@pytest.fixture(scope="module")
def words(demo_layers):
    """What stands in for a road, a unit and places of the demo in the scenario texts."""
    roads = demo_layers.roads[demo_layers.roads["route"].isna()]
    units = demo_layers.facilities.query("status == 'used'")
    middle = demo_layers.villages.geometry.representative_point().to_crs("EPSG:4326")
    a, b, c = ([round(p.x, 5), round(p.y, 5)] for p in middle.iloc[[3, 8, 14]])
    # By its id: a boat has to land at a road.
    ends = roads.geometry.iloc[[5, 100]].interpolate(0.5, normalized=True).to_crs("EPSG:4326")
    boat = [[round(p.x, 6), round(p.y, 6)] for p in ends]
    pustu = units.index[units["kind"] == "pustu"]
    return {"road": roads["way_id"].iloc[3], "other": roads["way_id"].iloc[30], "a": a, "b": b, "c": c,
            "boat": boat, "pustu": pustu[0], "pustu2": pustu[1]}  # fmt: skip


EDITS = {
    "close_road": "{{op: close_road, road: {road}}}",
    "reopen_road": "{{op: reopen_road, road: {road}}}",
    "change_road": "{{op: change_road, road: {other}, class: secondary, surface: gravel, maxspeed_kph: 30}}",
    "add_road": "{{op: add_road, line: [{a}, {b}], class: tertiary, bridge: true}}",
    "add_boat": "{{op: add_boat, line: {boat}, duration_minutes: 20}}",
    "flood": "{{op: flood, polygon: [{a}, {b}, {c}], factor: 0, season: wet}}",
    "speed": "{{op: speed, mode: motorcycle, classes: [track], factor: 0.5}}",
    "open_facility": "{{op: open_facility, id: baru-1, kind: pustu, lonlat: {a}}}",
    "close_facility": "{{op: close_facility, id: {pustu}}}",
    "move_facility": "{{op: move_facility, id: {pustu2}, lonlat: {b}}}",
    "change_facility": "{{op: change_facility, id: {pustu2}, functioning: 'no'}}",
}
RULES = {
    "standard": "standard: {posyandu: {counts: [pustu]}, pustu: {counts: [posyandu], limit_minutes: 20, "
    "limit_minutes_wet: 40, mode: walking}}",
    "status": "status: {served: 0.9, gap: 0.2}",
    "season": "season: wet",
    "groups": "groups: {lansia: {share: 0.2}}",
}


def run(jangkau, workspace, folder, text, *options):
    scenario = folder / "s.yml"
    scenario.write_text(f"name: together\n{text}", "utf-8")
    status, out, err = jangkau("gaps", workspace, "--scenario", scenario, "--out", folder / "o", *options)
    assert status == 0, (text, options, err)
    return folder / "o", out


@pytest.mark.slow
@pytest.mark.parametrize("standard", [(), ("sni-03-1733",), ("ilp", "sni-03-1733")])
def test_all_edits_with_every_standard_and_rule(jangkau, demo_workspace, tmp_path, words, standard):
    """One scenario holds every edit, so that each pair of them is there, with one rule after the other."""
    edits = "\n".join(f"  - {text.format(**words)}" for text in EDITS.values())
    options = [x for s in standard for x in ("--standard", s)]
    rules = "\n".join(RULES[r] for r in RULES)
    folder, _ = run(
        jangkau, demo_workspace, tmp_path, f"{rules}\nedits:\n{edits}\n", *options, "--lang", "en"
    )
    record = json.loads((folder / "run.json").read_text("utf-8"))
    names = {"sni-03-1733": "SNI 03-1733-2004", "ilp": "ILP"}
    assert [s["name"] for s in record["standards"]] == [names[s] for s in standard or ("ilp",)]
    assert any(i["layer"] == "scenario" and len(i["sha256"]) == 64 for i in record["inputs"])
    assert record["solver"]["puskesmas"]["optimal"] is True


@pytest.mark.slow
@pytest.mark.parametrize("op", EDITS)
def test_each_edit_alone_under_another_standard(demo_layers, words, op, tmp_path):
    """``class:`` of an edit is an alias, which a change of the standard lost."""
    from planner.pipeline import Study, read_scenario
    from planner.scenarios.standards import standard_named

    path = tmp_path / "s.yml"
    path.write_text(f"name: one\nedits:\n  - {EDITS[op].format(**words)}\n", "utf-8")
    scenario = read_scenario(path)
    under = scenario.under(standard_named("sni-03-1733"))
    assert under.edits == scenario.edits
    assert len(Study(demo_layers, scenario=under).gaps().coverage) > 0


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(RULES, 2)))
def test_rules_of_a_scenario_in_pairs(demo_layers, tmp_path, one, other):
    from planner.pipeline import Ilp, facility_table, find_gaps, read_scenario, village_table

    path = tmp_path / "s.yml"
    path.write_text(f"name: two\n{RULES[one]}\n{RULES[other]}\n", "utf-8")
    gaps = find_gaps(demo_layers, scenario=read_scenario(path))
    assert len(village_table(gaps)) == len(demo_layers.villages)
    assert facility_table(gaps).index.is_unique
    assert Ilp(gaps).loads.index.nunique() <= len(demo_layers.facilities)


@pytest.mark.slow
def test_a_unit_that_counts_as_two_kinds_has_the_people_of_both(demo_layers, tmp_path):
    from planner.pipeline import facility_table, find_gaps, read_scenario

    path = tmp_path / "s.yml"
    path.write_text("name: both\nstandard: {posyandu: {counts: [pustu]}}\n", "utf-8")
    plain = facility_table(find_gaps(demo_layers))
    both = facility_table(find_gaps(demo_layers, scenario=read_scenario(path)))
    pustu = both[(both["kind"] == "pustu") & (both["status"] == "used") & (both["functioning"] != "no")]
    assert (pustu["serves_as"] == "pustu").all()
    for column in ("people_total", "people_own", "people_nearest"):
        pd.testing.assert_series_equal(pustu[column], plain.loc[pustu.index, column])
    known = pustu.dropna(subset=["as_posyandu_people_total"])
    assert len(known) > len(pustu) / 2
    # Ten minutes on foot hold no more people than half an hour by motorcycle.
    assert (known["as_posyandu_people_total"] <= known["people_total"] + 1e-6).all()
    counted = both.dropna(subset=["people_own", "people_total"])
    assert (counted["people_own"] <= counted["people_total"] + 1e-6).all()


def test_unknown_people_leave_loads_empty(demo_layers):
    from dataclasses import replace

    from planner.pipeline import Ilp, facility_table, find_gaps

    nobody = demo_layers.villages.assign(people=float("nan"))
    gaps = find_gaps(replace(demo_layers, villages=nobody))
    loads = Ilp(gaps).loads
    in_reach = facility_table(gaps)["people_total"].isna()
    busy = loads[loads.index.isin(in_reach.index[in_reach])]
    assert len(busy) > 0
    assert busy[["people_allocated", "load"]].isna().all().all()
