"""A list whose rows name several units goes to its sender and comes back: each answer is of one unit."""

from __future__ import annotations

import openpyxl
import pytest
from test_list_headings import LAT, LON
from test_list_traps import CODE, DESA, with_map

from geodata.areafile import read_area_file
from geodata.build import read_layers
from planner.pipeline import check
from planner.reports.senders.folder import write_answers, write_findings

NAMES = {"Pustu": "Pustu", "Posyandu 1": "Melati", "Posyandu 2": "Mawar"}


def area(folder, file):
    (folder / "AREA.yml").write_text(
        "code: '35.09'\nname: Jember\nboundaries: {path: desa.geojson, code: kode, name: nama, "
        "district_name: kecamatan}\nfacilities:\n"
        f"  - path: {file}\n    village_name: Desa\n    kind: {{columns: {{Pustu: pustu, "
        "Posyandu 1: posyandu, Posyandu 2: posyandu}}\n",
        "utf-8",
    )
    lists = read_area_file(folder / "AREA.yml")
    return lists, read_layers(lists)


def facts(layers):
    units = layers.facilities.set_index("name")
    return {name: (units.loc[name, "functioning"], units.loc[name, "located_by"]) for name in units.index}


def sent_back(folder, layers, lists, answers):
    """What comes of answers, by (heading, row of the sheet)."""
    write_findings(layers, check(layers), folder / "out", lists=lists.lists)
    book = openpyxl.load_workbook(folder / "out" / "daftar-periksa.xlsx")
    sheet = book["Sheet"]
    where = {}
    for cell in (c for row in sheet.iter_rows() for c in row if c.comment):
        named = cell.comment.text.partition("\n")[0].removeprefix("Kolom ").rstrip(":")
        where.setdefault((named, cell.row), cell)
    for key, answer in answers.items():
        where[key].value = answer
    book.save(folder / "balik.xlsx")
    return write_answers(layers, check(layers), [folder / "balik.xlsx"], folder / "jawaban")


@pytest.mark.slow
def test_each_of_several_units_in_a_row_has_its_own_answers(tmp_path):
    """Answers of three units were "taken", went into one column, and counted for none."""
    folder = with_map(tmp_path)
    book = openpyxl.Workbook()
    book.active.append(["Desa", *NAMES])
    for i, village in enumerate(DESA):
        book.active.append([village if i else "Entah", *(f"{name} {village}" for name in NAMES.values())])
    book.save(folder / "daftar.xlsx")
    lists, layers = area(folder, "daftar.xlsx")
    first = DESA[0]
    assert facts(layers)[f"Melati {first}"] == ("unknown", "none")
    answers = {
        ("Berfungsi Pustu", 3): "ya", ("Berfungsi Posyandu 1", 3): "tidak", ("Berfungsi Posyandu 2", 3): "ya",
        ("Berfungsi Posyandu 2", 4): "tidak", ("Koordinat Posyandu 1", 2): f"{LAT[0]}, {LON[0]}",
        ("Koordinat Pustu", 2): "entah",
    }  # fmt: skip
    answered = sent_back(folder, layers, lists, answers)
    assert [a.taken for a in answered.answers].count("yes") == 5
    [refused] = [a for a in answered.answers if a.taken == "no"]
    assert (refused.column, refused.answer) == ("Koordinat Pustu", "entah")
    (folder / "jawaban" / "daftar-dijawab.csv").rename(folder / "daftar-dijawab.csv")
    found = facts(area(folder, "daftar-dijawab.csv")[1])
    assert found[f"Melati {first}"][1] == "coordinates"
    assert found[f"Mawar {first}"] == found[f"Pustu {first}"] == ("unknown", "none")
    second, third = DESA[1:3]
    assert [found[f"{name} {second}"][0] for name in NAMES.values()] == ["yes", "no", "yes"]
    assert [found[f"{name} {third}"][0] for name in NAMES.values()] == ["unknown", "unknown", "no"]
    assert {found[f"Mawar {d}"][1] for d in DESA[1:]} == {"name"}
    assert len(found) == len(CODE) * len(NAMES)
