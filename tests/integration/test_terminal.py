"""Names come from files of others: none acts in the terminal of who runs a command."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import pytest
import shapely

# Clears the screen, sets the window's title, moves to the line's beginning, turns the direction.
ACTS = "Pustu \x1b[2J\x1b]0;x\x07\r\x9b31m\u202eA"
TAKEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# As JSON has them, so that what was meant is seen.
WRITTEN_OUT = r"Pustu \u001b[2J\u001b]0;x\u0007\u000d\u009b31m\u202eA"


@pytest.fixture
def folder(tmp_path):
    villages = gpd.GeoDataFrame(
        {"kode": ["35.09.01.2001", "35.09.01.2002"], "nama": ["Mawar", "Melati"]},
        geometry=[shapely.box(113.0, -8.1, 113.1, -7.9), shapely.box(113.1, -8.1, 113.2, -7.9)], crs=4326,
    )  # fmt: skip
    villages.to_file(tmp_path / "desa.geojson")
    rows = [{"kode": ACTS, "nama": ACTS, "desa": "tak ada", "jenis": "pustu"}]
    (tmp_path / "pustu.json").write_text(json.dumps(rows), "utf-8")
    (tmp_path / "AREA.yml").write_text(
        f"code: '35.09'\nname: {json.dumps(ACTS)}\n"
        "boundaries: {path: desa.geojson, code: kode, name: nama}\n"
        "facilities: {path: pustu.json, kind: pustu, id: kode, name: nama, village_name: desa}\n", "utf-8"
    )  # fmt: skip
    return tmp_path


@pytest.mark.slow
def test_no_name_acts_in_the_terminal(jangkau, folder):
    """`check` printed what a sender's list held: it could clear the screen, or forge a line."""
    built = jangkau("build", folder / "AREA.yml", "--out", folder / "w")
    checked = jangkau("check", folder / "w")
    assert built[0] == 0, built
    for _, out, err in (built, checked):
        assert TAKEN.findall(out + err) == []
        assert WRITTEN_OUT in out
    # A program that reads the findings gets the texts themselves.
    _, out, _ = jangkau("check", folder / "w", "--json")
    assert TAKEN.findall(out) == []
    assert any(ACTS in one for finding in json.loads(out) for one in finding["ids"])


def test_no_file_name_acts_in_the_terminal(jangkau, folder):
    text = (folder / "AREA.yml").read_text("utf-8")
    (folder / "AREA.yml").write_text(text.replace("desa.geojson", '"\\e[2J.geojson"'), "utf-8")
    status, out, err = jangkau("build", folder / "AREA.yml", "--out", folder / "w")
    assert status == 2
    assert TAKEN.findall(out + err) == []
    assert r"\u001b[2J.geojson is not there" in err
