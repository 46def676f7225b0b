"""Files that are something else inside than their name says; and what a build was asked."""

from __future__ import annotations

import json

import pytest
from test_list_traps import DESA, KECAMATAN, with_map

# The first bytes of an OLE compound file: of a workbook that Excel encrypted, and of one of Excel 97.
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(1500)


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def test_a_locked_workbook_says_what_to_do(folder, jangkau):
    (folder / "pustu.xlsx").write_bytes(OLE)
    assert jangkau("init", folder)[0] == 0
    assert "protected by a password" in (folder / "AREA.yml").read_text("utf-8")
    (folder / "AREA.yml").write_text(
        'code: "35.09"\nname: Jember\nboundaries: {path: desa.geojson}\n'
        "facilities: {path: pustu.xlsx, kind: pustu}\n", "utf-8",
    )  # fmt: skip
    status, _, error = jangkau("build", folder / "AREA.yml", "--out", folder / "w")
    assert status == 2
    assert "pustu.xlsx is protected by a password, or is an old workbook (.xls)" in error
    assert "save it as XLSX" in error
    assert "zip" not in error


def test_an_ascii_grid_is_a_raster(folder, jangkau):
    (folder / "pop.asc").write_text(
        "ncols 2\nnrows 2\nxllcorner 113.5\nyllcorner -8.4\ncellsize 0.01\n1 2\n3 4\n", "utf-8"
    )
    assert jangkau("init", folder)[0] == 0
    text = (folder / "AREA.yml").read_text("utf-8")
    [line] = [part for part in text.splitlines() if "pop.asc" in part]
    assert "a raster" in line


@pytest.mark.slow
@pytest.mark.parametrize("fix", ["none", "safe", "all"])
def test_the_manifest_says_which_fixes_were_asked_for(folder, jangkau, fix):
    rows = "\n".join(f"Pustu {d},{d},{k}" for d, k in zip(DESA, KECAMATAN, strict=True))
    (folder / "pustu.csv").write_text(f"Nama,Desa,Kecamatan\n{rows}\n", "utf-8")
    (folder / "AREA.yml").write_text(
        'code: "35.09"\nname: Jember\nboundaries: {path: desa.geojson, district_name: kecamatan}\n'
        "facilities: {path: pustu.csv, kind: pustu}\n", "utf-8",
    )  # fmt: skip
    assert jangkau("build", folder / "AREA.yml", "--out", folder / "w", "--fix", fix)[0] == 0
    assert json.loads((folder / "w" / "manifest.json").read_text("utf-8"))["area"]["fix"] == fix
    assert jangkau("check", folder / "w")[0] in (0, 3)
