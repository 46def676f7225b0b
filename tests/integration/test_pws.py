"""``jangkau pws`` and the workbook of ``jangkau gaps``, as people call them."""

from __future__ import annotations

import json

import openpyxl
import pytest


@pytest.mark.slow
def test_pws_writes_a_pdf_a_kecamatan_or_nothing(jangkau, demo_workspace, tmp_path):
    out = tmp_path / "pws"
    status, said, _ = jangkau("pws", demo_workspace, "--district", "khayal", "--lang", "en", "--out", out)
    assert status == 0
    assert [p.name for p in sorted(out.iterdir())] == ["pws-99.01.02-khayal.pdf", "run.json"]
    assert "pws-99.01.02-khayal.pdf" in said
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert (record["command"], record["lang"], record["districts"]) == ("pws", "en", ["99.01.02"])
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    status, _, error = jangkau("pws", demo_workspace, "--district", "nowhere", "--out", out)
    assert status == 2
    assert "no kecamatan 'nowhere'" in error
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_pws_leaves_what_it_did_not_write(jangkau, demo_workspace, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    status, _, error = jangkau("pws", demo_workspace, "--out", tmp_path)
    assert status == 2
    assert "notes.txt" in error
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.slow
def test_gaps_puts_a_plan_into_its_workbook(jangkau, demo_workspace, tmp_path):
    plan = tmp_path / "site"
    assert jangkau("site", demo_workspace, "--kind", "posyandu", "--units", 2, "--out", plan)[0] == 0
    out = tmp_path / "gaps"
    assert jangkau("gaps", demo_workspace, "--plan", plan, "--lang", "en", "--out", out)[0] == 0
    assert "Proposed sites" in openpyxl.load_workbook(out / "gaps.xlsx", read_only=True).sheetnames
    inputs = json.loads((out / "run.json").read_text("utf-8"))["inputs"]
    assert "plan" in {i["layer"] for i in inputs}
    status, _, error = jangkau("gaps", demo_workspace, "--plan", tmp_path, "--out", tmp_path / "other")
    assert status == 2
    assert "no folder of a plan" in error
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_gaps_says_which_kinds_have_no_rule(jangkau, demo_layers, tmp_path):
    from geodata.workspace import write_workspace

    rows = demo_layers.facilities.copy()
    some = rows.index[rows["kind"] == "posyandu"][:3]
    rows.loc[some, "kind"] = ["clinic", "clinic", "other"]
    write_workspace(demo_layers.with_facilities(rows), tmp_path / "work")
    status, said, _ = jangkau("gaps", tmp_path / "work", "--lang", "en", "--out", tmp_path / "gaps")
    assert status == 0
    assert "clinic: 2 listed, the standard ILP has no rule for this kind: not counted" in said
    assert "other: 1 listed, which are no facilities: not counted" in said
    page = (tmp_path / "gaps" / "map.html").read_text("utf-8")
    assert (
        "the standard has no rule for them, so they count for nothing: 2 Clinic, 1 Other (no facility)."
        in page
    )
    summary = json.loads((tmp_path / "gaps" / "summary.json").read_text("utf-8"))
    assert summary["kinds_without_rule"] == {"clinic": 2, "other": 1}
