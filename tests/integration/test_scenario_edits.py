"""Scenario files with edits, by the command line."""

from __future__ import annotations

import json

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (
            "[{op: speed, mode: car, factor: 1}, {op: close_road, road: nope}]",
            "edit 2: there is no road 'nope'",
        ),
        ("[{op: close_facility, id: nobody}]", "edit 1: there is no facility 'nobody'"),
        ("[{op: open_facility, id: x, kind: pustu, lonlat: [21, 0]}]", "outside the study area"),
        ("[{op: add_road, line: [[-8.1, 111.0], [-8.2, 111.0]]}]", "not [longitude, latitude]"),
        ("[{op: fly}]", "line 1"),
    ],
)
def test_edits_of_a_scenario_that_make_no_sense(jangkau, demo_workspace, tmp_path, edits, message):
    (tmp_path / "s.yml").write_text(f"edits: {edits}\n")
    status, out, err = jangkau(
        "gaps", demo_workspace, "--scenario", tmp_path / "s.yml", "--out", tmp_path / "g"
    )
    assert (status, out) == (2, "")
    assert message in err
    assert not (tmp_path / "g").exists()


@pytest.mark.slow
def test_a_scenario_of_edits_runs_and_is_recorded(jangkau, demo_workspace, tmp_path):
    (tmp_path / "s.yml").write_text("edits: [{op: speed, mode: motorcycle, factor: 0.2}]\n")
    (tmp_path / "t.yml").write_text("edits:\n")
    reached = {}
    for name in "st":
        scenario = ("--scenario", tmp_path / f"{name}.yml")
        status, out, _ = jangkau("gaps", demo_workspace, *scenario, "--out", tmp_path / name)
        assert status == 0
        # A what-if answer does not pass for the present, on the console or on the map.
        assert ("what if: default, 1 edit" in out) == (name == "s")
        page = (tmp_path / name / "map.html").read_text("utf-8")
        assert ("Andaian, bukan keadaan sekarang (1 perubahan)" in page) == (name == "s")
        run = json.loads((tmp_path / name / "run.json").read_text("utf-8"))
        assert len(run["configuration"]["edits"]) == (name == "s")
        summary = json.loads((tmp_path / name / "summary.json").read_text("utf-8"))
        reached[name] = summary["kinds"]["puskesmas"]["people_reached"]
        assert summary["kinds"]["puskesmas"]["wet"]["people_reached"] <= reached[name]
    assert reached["s"] < reached["t"]
