"""Lists that are several sheets of one workbook go back in one workbook, and come back from it."""

from __future__ import annotations

import csv

import geopandas as gpd
import openpyxl
import pytest
import shapely

from planner.reports.senders import marked
from planner.reports.senders.marked import HIDDEN

AREA = """\
code: "35.09"
name: Kabupaten Jember
boundaries: {path: desa.geojson}
facilities:
  - {path: daftar.xlsx, sheet: Pustu, kind: pustu, id: Kode, name: Nama, lat: Lintang, lon: Bujur,
     village_name: Desa, functioning: Berfungsi}
  - {path: daftar.xlsx, sheet: Posyandu, kind: posyandu, name: Nama, lat: Lintang, lon: Bujur,
     village_name: Desa}
"""
PUSTU = [
    ["Kode", "Nama", "Lintang", "Bujur", "Desa", "Berfungsi"],
    ["P1", "Pustu Satu", -8.05, 113.05, "Sukamaju", None],
    ["P2", "", "entah", "entah", "Sukamaju", "ya"],
]
# The same row number as P2, and titles above.
POSYANDU = [
    ["DAFTAR"],
    ["Nama", "Lintang", "Bujur", "Desa"],
    ["Melati", "xx", "xx", "Mekarsari"],
    ["Mawar", -8.06, 113.15, "Mekarsari"],
    ["Anggrek", -8.07, 113.16, "Mekarsari"],
]


@pytest.fixture
def area(tmp_path):
    folder = tmp_path / "area"
    folder.mkdir()
    gpd.GeoDataFrame(
        {"kode": ["35.09.01.2001", "35.09.01.2002"], "nama": ["Sukamaju", "Mekarsari"]},
        geometry=[shapely.box(113.0, -8.1, 113.1, -8.0), shapely.box(113.1, -8.1, 113.2, -8.0)],
        crs="EPSG:4326",
    ).to_file(folder / "desa.geojson")
    book = openpyxl.Workbook()
    for title, rows in (("Pustu", PUSTU), ("Posyandu", POSYANDU)):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    book.save(folder / "daftar.xlsx")
    (folder / "AREA.yml").write_text(AREA, "utf-8")
    return folder / "AREA.yml"


@pytest.fixture
def sent(area, tmp_path, jangkau):
    work = tmp_path / "work"
    assert jangkau("build", area, "--out", work)[0] == 0
    status, out, err = jangkau("check", work, "--out", tmp_path / "sent", "--lists", area)
    assert (status, err) == (3, "")
    assert str(tmp_path / "sent" / "daftar-periksa.xlsx") in out
    return tmp_path / "sent" / "daftar-periksa.xlsx", work


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def texts(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def answer_cells(sheet):
    found = {}
    for row in sheet.iter_rows():
        for cell in row:
            parts = str(cell.value).split(".")
            if len(parts) == 3 and parts[0] == "facilities":
                found[parts[1], cell.row] = sheet.cell(cell.row, cell.column - 1)
    return found


def test_every_sheet_is_marked_at_its_own_rows(sent):
    book = openpyxl.load_workbook(sent[0])
    assert book.sheetnames == ["Petunjuk", "Pustu", "Posyandu", HIDDEN]
    assert set(answer_cells(book["Pustu"])) == {
        ("functioning_unknown", 2), ("place_unread", 3), ("no_name", 3),
    }  # fmt: skip
    unknown = {("functioning_unknown", row) for row in (3, 4, 5)}
    assert set(answer_cells(book["Posyandu"])) == {("place_unread", 3), *unknown}
    # The name that is missing and the column of the answer are marked, not the row's first cell.
    assert book["Pustu"]["B3"].fill.fill_type == book["Pustu"]["F2"].fill.fill_type == "solid"
    assert book["Pustu"]["A3"].fill.fill_type is None
    titles = [row[0].value for row in book["Petunjuk"].iter_rows()]
    assert (titles.count("Pustu"), titles.count("Posyandu")) == (3, 4)


@pytest.mark.slow
def test_answers_of_every_sheet_come_back(sent, area, tmp_path, jangkau):
    book = openpyxl.load_workbook(sent[0])
    pustu, posyandu = (answer_cells(book[title]) for title in ("Pustu", "Posyandu"))
    pustu["place_unread", 3].value = "-8.01, 113.01"
    pustu["functioning_unknown", 2].value = "tidak"
    pustu["no_name", 3].value = "Pustu Dua"
    posyandu["place_unread", 3].value = "-8.02, 113.12"
    posyandu["functioning_unknown", 4].value = "ya"
    # Whoever renames a sheet answers all the same.
    book["Posyandu"].title = "Posyandu (isi)"
    book.save(tmp_path / "kembali.xlsx")
    out = tmp_path / "answers"
    status, said, _ = jangkau("check", sent[1], "--answers", tmp_path / "kembali.xlsx", "--out", out)
    assert status == 0
    assert "daftar.xlsx [Pustu]: 3 answers taken" in said
    assert "daftar.xlsx [Posyandu]: 2 answers taken" in said
    answers = {(r["file"], r["row"], r["column"]): r["taken"] for r in rows_of(out / "answers.csv")}
    assert answers == {
        ("daftar.xlsx [Pustu]", "3", "Lintang"): "yes", ("daftar.xlsx [Pustu]", "2", "Berfungsi"): "yes",
        ("daftar.xlsx [Pustu]", "3", "Nama"): "yes", ("daftar.xlsx [Posyandu]", "3", "Lintang"): "yes",
        ("daftar.xlsx [Posyandu]", "4", "functioning"): "yes",
    }  # fmt: skip
    one, two = (texts(out / f"daftar_xlsx {name}-dijawab.csv") for name in ("Pustu", "Posyandu"))
    assert one[1:] == [["P1", "Pustu Satu", "-8.05", "113.05", "Sukamaju", "tidak"],
                       ["P2", "Pustu Dua", "-8.01", "113.01", "Sukamaju", "ya"]]  # fmt: skip
    # The list of posyandu had no column for whether they function: it has one now.
    assert [row[-1] for row in two] == ["", "Berfungsi", "", "ya", ""]
    assert two[2:4] == [["Melati", "-8.02", "113.12", "Mekarsari", ""],
                        ["Mawar", "-8.06", "113.15", "Mekarsari", "ya"]]  # fmt: skip
    # The corrected lists take the sheets' places.
    text = AREA
    for name in ("Pustu", "Posyandu"):
        text = text.replace(f"daftar.xlsx, sheet: {name}", f'"{out}/daftar_xlsx {name}-dijawab.csv"')
    area.write_text(text, "utf-8")
    assert jangkau("build", area, "--out", tmp_path / "better")[0] == 0


@pytest.mark.slow
def test_files_of_one_name_in_two_folders_have_a_workbook_each(area, tmp_path, jangkau):
    (area.parent / "lain").mkdir()
    for folder, code in ((area.parent, "A1"), (area.parent / "lain", "B1")):
        text = f"kode,nama,lat,lon,desa\n{code},,-8.05,113.05,Sukamaju\n"
        (folder / "pustu.csv").write_text(text, "utf-8")
    lists = "".join(f"  - {{path: {path}, kind: pustu, id: kode, name: nama, lat: lat, lon: lon}}\n"
                    for path in ("pustu.csv", "lain/pustu.csv"))  # fmt: skip
    area.write_text(AREA[: AREA.index("  - ")] + lists, "utf-8")
    assert jangkau("build", area, "--out", tmp_path / "work")[0] == 0
    jangkau("check", tmp_path / "work", "--out", tmp_path / "sent", "--lists", area)
    files = sorted(p.name for p in (tmp_path / "sent").glob("*.xlsx"))
    assert files == ["pustu_csv-2-periksa.xlsx", "pustu_csv-periksa.xlsx"]
    codes = [openpyxl.load_workbook(tmp_path / "sent" / name)["Daftar"]["A2"].value for name in files]
    assert codes == ["B1", "A1"]


@pytest.mark.slow
def test_what_has_no_comment_is_counted(area, tmp_path, jangkau, monkeypatch):
    monkeypatch.setattr(marked, "COMMENTED", 2)
    assert jangkau("build", area, "--out", tmp_path / "work")[0] == 0
    jangkau("check", tmp_path / "work", "--out", tmp_path / "sent", "--lists", area)
    book = openpyxl.load_workbook(tmp_path / "sent" / "daftar-periksa.xlsx")
    # All four of the posyandu have their answer's cell; the graver one and the first of the others a comment.
    cells = answer_cells(book["Posyandu"])
    assert {at for at, cell in cells.items() if cell.comment} == {
        ("place_unread", 3), ("functioning_unknown", 3)}  # fmt: skip
    lines = [str(row[0].value) for row in book["Petunjuk"].iter_rows()]
    [line] = [line for line in lines if line.startswith("Lembar Posyandu:")]
    assert "2 baris lagi" in line
    assert len(rows_of(tmp_path / "sent" / "findings.csv")) > 7


@pytest.mark.slow
def test_a_name_that_leads_elsewhere_writes_nothing_there(sent, tmp_path, jangkau):
    import base64
    import json

    book = openpyxl.load_workbook(sent[0])
    cell = book[HIDDEN]["A1"]
    about = {**json.loads(base64.b64decode(cell.value)), "file": "../../jauh.xlsx"}
    cell.value = base64.b64encode(json.dumps(about).encode()).decode()
    book.save(tmp_path / "a.xlsx")
    assert jangkau("check", sent[1], "--answers", tmp_path / "a.xlsx", "--out", tmp_path / "x" / "o")[0] == 0
    # The list is known again by its units.
    assert list(tmp_path.rglob("*jauh*")) == []
    assert sorted(file.name for file in tmp_path.rglob("*-dijawab.csv")) == [
        "daftar_xlsx Posyandu-dijawab.csv", "daftar_xlsx Pustu-dijawab.csv",
    ]  # fmt: skip


def test_rows_that_a_sender_moves_to_another_sheet_are_answered_there(sent, tmp_path, jangkau):
    book = openpyxl.load_workbook(sent[0])
    pustu, posyandu = book["Pustu"], answer_cells(book["Posyandu"])
    here = answer_cells(pustu)["place_unread", 3]
    moved = posyandu["place_unread", 3]
    name = book["Posyandu"].cell(moved.row, moved.column + 1)
    pustu.cell(9, here.column).value = "-8.02, 113.12"
    pustu.cell(9, here.column + 1).value = name.value
    here.value = "-8.01, 113.01"
    book.save(tmp_path / "a.xlsx")
    jangkau("check", sent[1], "--answers", tmp_path / "a.xlsx", "--out", tmp_path / "o")
    # Our CSV guards what begins with a sign.
    answers = {
        (r["file"], r["answer"].lstrip("'"), r["taken"]) for r in rows_of(tmp_path / "o" / "answers.csv")
    }
    assert answers == {
        ("daftar.xlsx [Pustu]", "-8.01, 113.01", "yes"), ("daftar.xlsx [Posyandu]", "-8.02, 113.12", "yes"),
    }  # fmt: skip
