"""boundaries: tolerance_m, from AREA.yml to the workspace and its findings."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from planner import open_workspace

AREA = """\
code: "35.09"
name: Kabupaten Jember
boundaries: {{path: desa.gpkg{more}}}
population: {{path: penduduk.csv}}
"""
EAST, NORTH = 700_000.0, 9_100_000.0


@pytest.fixture
def area(tmp_path):
    # The second village begins 5.5 m above the first's end, the third 5.5 m below the second's.
    rows = [(0, 2000), (2005.5, 4000), (3994.5, 6000)]
    shapes = [shapely.box(EAST, NORTH + low, EAST + 2000, NORTH + high) for low, high in rows]
    # Those to the left and right make a gap of what is between.
    shapes += [shapely.box(EAST + x, NORTH, EAST + x + 1000, NORTH + 6000) for x in (-1000, 2000)]
    codes = [f"35.09.01.200{i}" for i in range(1, 6)]
    gpd.GeoDataFrame({"kode": codes, "nama": [f"Desa {i}" for i in range(5)]}, geometry=shapes,
                     crs="EPSG:32749").to_file(tmp_path / "desa.gpkg")  # fmt: skip
    text = "kode,penduduk\n" + "".join(f"{code},{100 * i}\n" for i, code in enumerate(codes, start=1))
    (tmp_path / "penduduk.csv").write_text(text, "utf-8")

    def write(more=""):
        (tmp_path / "AREA.yml").write_text(AREA.format(more=more), "utf-8")
        return tmp_path / "AREA.yml"

    return write


@pytest.mark.slow
def test_slivers_are_closed_as_far_as_the_area_file_says(area, tmp_path, jangkau):
    layers = {}
    for more in ("", ", tolerance_m: 4", ", tolerance_m: 8"):
        out = tmp_path / f"work{len(layers)}"
        assert jangkau("build", area(more), "--out", out)[0] == 0
        layers[more] = open_workspace(out)
    none, small, closed = (found.villages for found in layers.values())
    assert none.symmetric_difference(small).area.max() < 0.01
    # What was open is one village's, what was doubled is one's alone: 2,000 × 5.5 m each.
    assert sorted((closed.area - none.area).round(1)) == [-11_000, 0, 0, 0, 11_000]
    assert closed["people"].tolist() == none["people"].tolist()
    rules = [{f.rule for f in found.findings} for found in layers.values()]
    assert rules == [set(), {"gaps_left"}, {"slivers_closed"}]
    [found] = layers[", tolerance_m: 8"].findings
    # Stored and read back with every row.
    assert found.count == len(found.cells) == 2
    assert all(cell.applied for cell in found.cells)


@pytest.mark.parametrize("given", ["-1", "101", ".nan", "ten"])
def test_a_tolerance_that_is_none_is_refused(area, tmp_path, jangkau, given):
    status, _, err = jangkau("build", area(f", tolerance_m: {given}"), "--out", tmp_path / "work")
    assert status == 2
    assert "tolerance_m" in err
    assert not (tmp_path / "work").exists()


@pytest.mark.slow
def test_effects_and_rows_of_findings_are_stored(area, tmp_path, jangkau):
    text = (tmp_path / "penduduk.csv").read_text("utf-8") + "".join(
        f"35.09.09.20{i},7\n" for i in range(10, 18)
    )
    (tmp_path / "penduduk.csv").write_text(text, "utf-8")
    assert jangkau("build", area(), "--out", tmp_path / "work")[0] == 0
    [found] = [f for f in open_workspace(tmp_path / "work").findings if f.rule == "unknown_village"]
    assert (found.count, len(found.ids), len(found.cells)) == (8, 5, 8)
    assert {c.effect for c in found.cells} == {"its 7 people are counted nowhere"}
    assert [c.value for c in found.cells] == [f"35.09.09.20{i}" for i in range(10, 18)]
    # The rows of a table, by which its sender finds them.
    assert len({(c.file, c.row, c.column) for c in found.cells}) == 8
    said = json.loads(jangkau("check", tmp_path / "work", "--json")[1])
    assert len(next(f for f in said if f["rule"] == "unknown_village")["cells"]) == 8
