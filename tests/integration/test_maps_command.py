"""``jangkau maps``, as people call it."""

from __future__ import annotations

import json
from io import BytesIO

import pypdf
import pytest
from PIL import Image


@pytest.mark.slow
def test_a_file_a_kind_season_paper_and_format(jangkau, demo_workspace, tmp_path):
    out = tmp_path / "maps"
    asked = ("--kind", "pustu,puskesmas", "--season", "dry,wet", "--paper", "A3,f4", "--format", "pdf,png")
    status, said, _ = jangkau("maps", demo_workspace, *asked, "--lang", "en", "--out", out)
    assert status == 0
    names = {
        f"map-{kind}-{season}-{paper}.{ending}"
        for kind in ("puskesmas", "pustu")
        for season in ("dry", "wet")
        for paper in ("a3", "f4")
        for ending in ("pdf", "png")
    }
    assert {p.name for p in out.iterdir()} == {*names, "run.json"}
    assert all(name in said for name in names)
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert (record["command"], record["lang"], record["seasons"]) == ("maps", "en", ["dry", "wet"])
    assert (record["kinds"], record["papers"]) == (["puskesmas", "pustu"], ["a3", "f4"])
    assert set(record["files"]) == names
    for paper, sides in (("a3", [297, 420]), ("f4", [215, 330])):
        [page] = pypdf.PdfReader(out / f"map-pustu-wet-{paper}.pdf").pages
        assert sorted(round(float(side) * 25.4 / 72) for side in page.mediabox[2:]) == sides
        text = page.extract_text()
        assert "Reach of pustu" in text
        assert "wet season" in text
        picture = Image.open(BytesIO((out / f"map-pustu-wet-{paper}.png").read_bytes()))
        assert sorted(round(px / 200 * 25.4) for px in picture.size) == sides
    assert (out / "map-pustu-dry-a3.png").read_bytes() != (out / "map-pustu-wet-a3.png").read_bytes()


@pytest.mark.slow
def test_without_options_all_kinds_in_the_scenarios_season_on_a4(jangkau, demo_workspace, tmp_path):
    edits = "edits: [{op: close_facility, id: P9901001}]\n"
    (tmp_path / "wet.yml").write_text(f"name: basah\nseason: wet\n{edits}", "utf-8")
    out = tmp_path / "maps"
    status, said, _ = jangkau("maps", demo_workspace, "--scenario", tmp_path / "wet.yml", "--out", out)
    assert status == 0
    # Whoever prints it must not take it for today.
    assert "What if “basah”, not the present: Puskesmas" in said
    kinds = ("hospital", "posyandu", "puskesmas", "pustu")
    assert sorted(p.name for p in out.iterdir()) == [*(f"map-{k}-wet-a4.pdf" for k in kinds), "run.json"]
    inputs = json.loads((out / "run.json").read_text("utf-8"))["inputs"]
    assert "wet.yml" in {i["file"] for i in inputs}


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--kind", "pustu,klinik", "--kind klinik: there are puskesmas, pustu"),
        ("--season", "rainy", "--season rainy: there are dry, wet"),
        ("--paper", "a5,a6", "--paper a5, a6: there are a4, a3, f4"),
        ("--paper", "figure", "--paper figure: there are"),
        ("--format", ",", "--format none: there are pdf, png"),
    ],
)
def test_what_there_is_not_is_refused_before_the_work(jangkau, demo_workspace, tmp_path, option, value, said):
    out = tmp_path / "maps"
    status, _, error = jangkau("maps", demo_workspace, option, value, "--out", out)
    assert status == 2
    assert said in error
    assert not out.exists()


def test_maps_leaves_what_it_did_not_write(jangkau, demo_workspace, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    status, _, error = jangkau("maps", demo_workspace, "--out", tmp_path)
    assert status == 2
    assert "notes.txt" in error
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
