"""``jangkau report --against``: two scenarios in one document, the same in every format."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml
from test_report import READ, squeezed, texts_of

from app.areas.area import Area
from app.areas.question import WhatIf
from app.figures.describe import described
from app.texts import Texts
from geodata.workspace import RUN
from planner.cli import main
from planner.pipeline import (
    Ask,
    Ilp,
    Study,
    changes,
    check,
    default_scenario,
    demo_layers,
    find_gaps,
    read_scenario,
    site,
    summary,
    write_siting,
)
from planner.reports.comparison.document import comparison_document
from planner.reports.comparison.edits import edits_in_words
from planner.reports.comparison.sides import comparison_of
from planner.reports.documents.data import as_data
from planner.reports.documents.model import Section, Table
from planner.reports.proposal.write import source_of
from planner.scenarios.edits import ChangeFacility, OpenFacility

NASTY = "Jembatan <b> & {{ 7*7 }} $x$ #\u202e_%"


@pytest.fixture(scope="module")
def layers():
    return demo_layers(12)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    from geodata.demo import DemoSize, generate_area, write_area_files
    from planner.pipeline import build_area

    folder = tmp_path_factory.mktemp("area")
    build_area(
        write_area_files(generate_area(2024, DemoSize.of_villages(12)), folder / "files"), folder / "work"
    )
    return folder / "work"


def edits_of(layers):
    """One edit of each sort, with names that could break a format."""
    west, south, east, north = (float(v) for v in layers.villages.to_crs(4326).total_bounds)
    line = [[west + 0.2 * (east - west), south], [west + 0.8 * (east - west), north]]
    units = layers.facilities
    pustu = [str(i) for i in units.index[units["kind"] == "pustu"]]
    ways = [str(w) for w in layers.roads["way_id"].unique()]
    middle = [(west + east) / 2, (south + north) / 2]
    return [
        {"op": "close_facility", "id": "P9901002"},
        {"op": "open_facility", "id": "N1", "kind": "pustu", "lonlat": middle, "name": NASTY},
        {"op": "move_facility", "id": pustu[0], "lonlat": middle},
        {"op": "change_facility", "id": pustu[1], "kind": "puskesmas", "functioning": "yes"},
        {"op": "close_road", "road": ways[0]},
        {"op": "reopen_road", "road": ways[1]},
        {"op": "change_road", "road": ways[2], "surface": "paved", "class": "primary", "maxspeed_kph": 40,
         "season": "all_year"},
        {"op": "add_road", "line": line, "bridge": True, "name": NASTY},
        {"op": "add_road", "line": line},
        {"op": "speed", "mode": "motorcycle", "factor": 0.8, "classes": ["residential"]},
        {"op": "speed", "mode": "walking", "factor": 0.9},
        {"op": "flood", "polygon": [*line, [east, south]], "factor": 0.5, "season": "wet"},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def files(layers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenarios")
    edits = edits_of(layers)
    (folder / "A.yml").write_text(yaml.safe_dump({"name": "Tutup satu", "edits": edits[:1]}), "utf-8")
    (folder / "B.yml").write_text(yaml.safe_dump({"name": NASTY, "edits": edits}), "utf-8")
    return folder


def answers(layers, files):
    return [find_gaps(layers, scenario=read_scenario(files / name)) for name in ("A.yml", "B.yml")]


@pytest.fixture(scope="module")
def both(layers, files):
    return comparison_of(*answers(layers, files), findings=check(layers), layers=layers)


@pytest.fixture(scope="module")
def written(workspace, files, tmp_path_factory):
    out = tmp_path_factory.mktemp("compared") / "out"
    args = ["report", str(workspace), "--scenario", str(files / "A.yml"), "--against", str(files / "B.yml")]
    assert main([*args, "--out", str(out)]) == 0
    return out


def plain(both):
    data = as_data(comparison_document(both), both.words)
    del data["contents"], data["page_of"], data["footer"]
    return data


@pytest.mark.slow
@pytest.mark.parametrize("ending", READ)
def test_each_format_holds_every_text_and_number(both, written, ending):
    got = squeezed(READ[ending](written / f"perbandingan.{ending}"))
    assert [text for text in texts_of(plain(both)) if squeezed(text) not in got] == []


def tables(both):
    def within(blocks):
        for block in blocks:
            if isinstance(block, Section):
                yield from within(block.blocks)
            elif isinstance(block, Table):
                yield block

    return {table.caption: table for table in within(comparison_document(both).sections)}


@pytest.mark.slow
def test_the_figures_are_those_of_each_run(layers, files, both):
    """Against the summaries of two separate runs, and the villages that `changes` finds."""
    before, after = answers(layers, files)
    found = [summary(one)["kinds"] for one in (before, after)]
    rows = tables(both)["Angka kedua skenario menurut jenis layanan"].rows
    names = {row.cells[0].text.lower(): row.cells for row in rows[1:5]}
    for kind in ("puskesmas", "pustu", "posyandu"):
        cells = names[kind]
        a, b = (one[kind] for one in found)
        assert cells[1].number == a["people_reached"]
        assert cells[2].number == b["people_reached"]
        assert cells[3].number == pytest.approx(b["people_reached"] - a["people_reached"])
        assert [cells[i].number for i in (4, 5)] == [a["share_reached"], b["share_reached"]]
        assert [cells[i].number for i in (6, 7)] == [a["villages_gap"], b["villages_gap"]]
    table = changes(before, after)
    table = table[(table["season"] == "dry") & (table["kind"] == "puskesmas")]
    gained = table["people_reached_change"].clip(lower=0).sum()
    total = tables(both)["Penduduk yang terjangkau puskesmas: bertambah dan berkurang per kecamatan"].rows[-1]
    assert total.cells[1].number == pytest.approx(gained)
    assert total.cells[3].number == pytest.approx(table["people_reached_change"].sum())
    moved = table[table["status_before"] != table["status_after"]]
    caption = "Desa/kelurahan yang berubah keadaannya untuk puskesmas, dan jumlah penduduknya"
    assert sum(row.cells[3].number for row in tables(both)[caption].rows) == len(moved)


@pytest.mark.slow
def test_what_both_have_stands_once_and_every_edit_has_its_sentence(both):
    said = " ".join(texts_of(plain(both)))
    assert said.count("Puskesmas Muararekaan (Muararekaan, Kecamatan Rekaan) ditutup.") == 1
    # A unit is told as it was before the edit: a pustu at its own place.
    pustu = both.layers.facilities[both.layers.facilities["kind"] == "pustu"]
    moved, raised = pustu.iloc[0], pustu.iloc[1]
    place = both.layers.villages["village_name"][moved["village_code"]]
    assert f"({place}, Kecamatan Rekaan) dipindahkan ke " in said
    assert f"{raised['name']} (" in said
    assert f"Puskesmas {raised['name']}" not in said
    for lang in ("id", "en"):
        source = comparison_of(both.a.source.gaps, both.b.source.gaps, lang=lang).a.source
        edits = both.b.scenario.edits
        lines = edits_in_words(source, edits, edits)
        assert len(lines) == len(edits)
        assert all(line.endswith(".") and "  " not in line and " ." not in line for line in lines)
        assert not [line for line in lines if "_" in line.replace(NASTY, "")]


@pytest.mark.slow
def test_the_capacity_of_a_unit_is_told(layers):
    """Scenarios that differ by it alone have other loads, and would read alike."""
    pustu = layers.facilities.index[layers.facilities["kind"] == "pustu"][0]
    point = layers.facilities.geometry.to_crs(4326)[pustu]
    x, y = point.x, point.y
    edits = [
        OpenFacility(id="n", kind="pustu", name="Pustu Baru", lonlat=(x, y), capacity_people=400.0),
        ChangeFacility(id=pustu, capacity_people=1250.0),
        OpenFacility(id="m", kind="pustu", name="Pustu Lain", lonlat=(x, y)),
    ]
    for lang, words in (("id", "Daya tampung"), ("en", "has room for")):
        source = source_of(Ilp(find_gaps(layers)), lang=lang)
        told = edits_in_words(source, edits, edits)
        assert ["400" in told[0], "250" in told[1]] == [True, True]
        assert [words in line for line in told] == [True, True, False]
        area = Area(layers)
        shown = described(WhatIf(edits=tuple(edits)), area, Texts(lang))
        assert ["400" in shown[0], "250" in shown[1]] == [True, True]
        assert "·" not in shown[2]


@pytest.mark.slow
def test_other_seasons_and_standards_are_said_and_not_subtracted(layers):
    dry = default_scenario()
    limit = dry.standard["posyandu"].model_copy(update={"limit_minutes": 15.0, "limit_minutes_wet": 15.0})
    wet = dry.model_copy(update={"season": "wet", "standard": {**dry.standard, "posyandu": limit}})
    both = comparison_of(find_gaps(layers, scenario=dry), find_gaps(layers, scenario=wet))
    said = " ".join(texts_of(plain(both)))
    assert "Skenario A berlaku untuk musim kemarau, skenario B untuk musim hujan." in said
    assert "10 menit berjalan kaki dalam skenario A, 15 menit berjalan kaki dalam skenario B" in said
    assert both.compared == ["puskesmas", "pustu", "hospital"]
    # In one season nothing differs: the season is no difference of the scenarios.
    assert not any(both.differs(kind) for kind in both.compared)
    rows = tables(both)["Angka kedua skenario menurut jenis layanan"].rows
    assert {row.cells[3].text for row in rows if row.cells[0].text == "Posyandu"} == {"tidak dihitung"}
    status = dry.status.model_copy(update={"served": 0.7})
    slower = dry.access.model_copy(update={"detour": 1.6})
    other = dry.model_copy(update={"status": status, "access": slower})
    both = comparison_of(find_gaps(layers, scenario=dry), find_gaps(layers, scenario=other), lang="en")
    said = " ".join(texts_of(plain(both)))
    assert "the state of villages cannot be compared" in said
    assert "comes from another rule that differs: walking off the roads." in said
    assert "get better" not in said


def test_other_thresholds_alone_change_nothing_that_is_compared(layers):
    """Seen once: it said that others are reached, with maps and a table of noughts."""
    usual = default_scenario()
    strict = usual.model_copy(update={"status": usual.status.model_copy(update={"served": 1.0, "gap": 0.9})})
    both = comparison_of(find_gaps(layers), find_gaps(layers, scenario=strict), lang="en")
    tables_of = [both.villages(kind) for kind in both.compared]
    assert any((table["status_a"] != table["status_b"]).any() for table in tables_of)
    assert not any(both.differs(kind) for kind in both.compared)
    said = " ".join(texts_of(plain(both)))
    assert said.count("both scenarios reach the same people in every village.") == len(both.compared)
    assert "What changes" not in said
    assert "not in the same villages" not in said
    assert "A village is served from 100% of its people on, and a gap below 90%." in said


@pytest.mark.slow
def test_where_only_knowledge_changes_nobody_is_said_to_be_reached_elsewhere(layers):
    gaps = find_gaps(layers)
    both = comparison_of(gaps, gaps, lang="en")
    table = both.villages("pustu")
    table.iloc[0, table.columns.get_loc("status_b")] = "unknown"
    table.iloc[0, table.columns.get_loc("change")] = np.nan
    said = " ".join(texts_of(plain(both)))
    assert "as far as is known, both scenarios reach the same people. 1 village becomes unknown." in said


@pytest.mark.slow
def test_what_each_scenario_changes_of_the_rules_stands_with_what_it_is(layers):
    """Seen once: a pustu within 20 minutes was told as the plain standard."""
    usual = default_scenario()
    near = usual.standard["pustu"].model_copy(update={"limit_minutes": 20.0, "limit_minutes_wet": 20.0})
    slow = usual.access.model_copy(update={"detour": 2.0})
    changed = usual.model_copy(update={"standard": {**usual.standard, "pustu": near}, "access": slow})
    gaps = find_gaps(layers, scenario=changed)
    for lang, limit, rule, both_limits in (
        ("id", "Batas waktu ke pustu 20 menit naik sepeda motor, bukan 30 menit naik sepeda motor.",
         "Ketentuan lain yang diubah: berjalan kaki", "pustu A 30 menit naik sepeda motor, B 20 menit naik"),
        ("en", "The limit to a pustu is 20 minutes by motorcycle, not 30 minutes by motorcycle.",
         "Other rules that were changed: on foot", "pustu A 30 minutes by motorcycle, B 20 minutes by"),
    ):  # fmt: skip
        for before, times in ((find_gaps(layers), 1), (gaps, 2)):
            both = comparison_of(before, gaps, lang=lang)
            document = comparison_document(both)
            [section] = [one for one in document.sections if one.key == "scenarios"]
            said = " ".join(
                text
                for block in section.blocks
                for text in (block.items if hasattr(block, "items") else [block.text])
            )
            assert said.count(limit) == times
            assert said.count(rule) == times
            assert (both_limits in " ".join(texts_of(plain(both)))) == (times == 1)


def test_a_kind_without_a_list_is_not_compared(layers):
    from dataclasses import replace

    few = replace(layers, area=replace(layers.area, listed_kinds=("puskesmas",)),
                  facilities=layers.facilities[layers.facilities["kind"] == "puskesmas"])  # fmt: skip
    gaps = find_gaps(few)
    both = comparison_of(gaps, gaps)
    said = " ".join(texts_of(plain(both)))
    assert both.compared == ["puskesmas"]
    assert "Daftar pustu belum tersedia, sehingga pustu tidak dapat dibandingkan." in said
    assert "Puskesmas: kedua skenario menjangkau penduduk yang sama di setiap desa/kelurahan." in said


def test_unknown_people_are_no_change_and_no_nought(layers):
    study = Study(layers)
    before, after = study.gaps(), study.gaps(read_scenario_edits(layers))
    table = comparison_of(before, after).villages("puskesmas")
    assert (table["change"].isna() == (table["people_a"].isna() | table["people_b"].isna())).all()
    assert np.isfinite(table["change"].dropna()).all()


def read_scenario_edits(layers):
    return (
        default_scenario()
        .model_validate({**default_scenario().model_dump(by_alias=True), "edits": edits_of(layers)[:2]})
        .edits
    )


@pytest.mark.slow
def test_the_folder_of_a_plan_stands_for_its_scenario(workspace, layers, tmp_path, capsys):
    write_siting(site(Study(layers), "posyandu", Ask(units=2)), tmp_path / "plan")
    args = ["report", str(workspace), "--against", str(tmp_path / "plan"), "--out", str(tmp_path / "out")]
    assert main([*args, "--format", "html", "--lang", "en"]) == 0
    said = READ["html"](tmp_path / "out" / "perbandingan.html")
    assert "Scenario B (plan of posyandu)" in said
    assert "2 posyandu" in said
    assert "10 kader" in said
    record = json.loads((tmp_path / "out" / RUN).read_text("utf-8"))
    assert [one["plan"] for one in record["scenarios"]] == [None, {"command": "site", "kind": "posyandu"}]
    assert "plan" in {one["layer"] for one in record["inputs"]}
    # One folder, one command: a proposal may take its place.
    assert main(["report", str(workspace), "--format", "html", "--out", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out" / "perbandingan.html").exists()
    other = tmp_path / "other"
    write_siting(site(Study(layers), "posyandu", Ask(units=1)), other)
    record = json.loads((other / RUN).read_text("utf-8"))
    record["area"]["code"] = "35.09"
    (other / RUN).write_text(json.dumps(record), "utf-8")
    capsys.readouterr()
    for more, said in (
        (["--against", str(other)], "is a plan of 35.09"),
        (["--against", str(tmp_path / "none.yml")], "none.yml"),
        (["--against", str(tmp_path / "plan"), "--format", "xlsx"], "leave xlsx out"),
        (["--against", str(tmp_path / "plan"), "--plan", str(tmp_path / "plan")], "--plan is for a proposal"),
    ):
        assert main(["report", str(workspace), *more, "--out", str(tmp_path / "no")]) == 2
        assert said in capsys.readouterr().err
        assert not (tmp_path / "no").exists()
