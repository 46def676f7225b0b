"""Findings go back to the senders of lists as marked workbooks, and their answers come back."""

from __future__ import annotations

import csv
import json
import shutil

import geopandas as gpd
import openpyxl
import pytest
import shapely
import yaml
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from geodata.areafile import FacilitiesFile, FileSource, read_area_file
from geodata.build import read_layers
from geodata.readers.files.table import read_table
from planner.reports.senders.lists import read_list
from planner.reports.senders.marked import HIDDEN

AREA = """\
code: "35.09"
name: Kabupaten Jember
boundaries: {path: desa.geojson}
facilities:
  - {path: pustu.xlsx, sheet: Pustu, kind: pustu, id: Kode, name: Nama, lat: Lintang, lon: Bujur,
     village_name: Desa, district_name: Kecamatan, functioning: Berfungsi}
  - {path: posyandu.csv, kind: posyandu, name: nama, coordinates: koordinat, village_name: desa,
     district_name: kecamatan}
  - {path: klinik.geojson, kind: clinic, name: nama}
"""
ROWS = [
    ["P1", "=HYPERLINK(1)", -8.05, 113.05, "Sukamaju", "Kaliwates", "ya"],
    ["P2", "Pustu Mekar", 8.05, 113.06, "Sukamaju", "Kaliwates", "ya"],  # the sign is missing
    ["P3", "Pustu Baru", None, None, "Sukamajo", "Kaliwates", "mungkin"],  # a letter; not ya or tidak
    ["P4", "Pustu Jauh", "entah", "entah", "Mekarsari", "Kaliwates", "ya"],
]
CSV = """\
nama,koordinat,desa,kecamatan
Melati,"-8.05, 113.15",Mekarsari,Kaliwates
"@Mawar","xx","Mekarsari",Kaliwates
Anggrek,"-8.06, 113.15",Mekarsari,Kaliwates
"""


@pytest.fixture
def area(tmp_path):
    """An area of two villages, and three lists as offices have them."""
    folder = tmp_path / "area"
    folder.mkdir()
    gpd.GeoDataFrame(
        {"kode": ["35.09.01.2001", "35.09.01.2002"], "nama": ["Sukamaju", "Mekarsari"],
         "kecamatan": "Kaliwates"},
        geometry=[shapely.box(113.0, -8.1, 113.1, -8.0), shapely.box(113.1, -8.1, 113.2, -8.0)],
        crs="EPSG:4326",
    ).to_file(folder / "desa.geojson")  # fmt: skip
    (folder / "AREA.yml").write_text(AREA, "utf-8")
    (folder / "posyandu.csv").write_text(CSV, "utf-8")
    places = [[113.05, -8.0512345], ["113,15", "abc"], [113.06, -8.06]]
    features = [
        {"type": "Feature", "properties": {"nama": f"Klinik {i}"},
         "geometry": {"type": "Point", "coordinates": place}}
        for i, place in enumerate(places)
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "klinik.geojson").write_text(text, "utf-8")
    workbook(folder / "pustu.xlsx")
    return folder / "AREA.yml"


def workbook(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Pustu"
    sheet.append(["DAFTAR PUSTU"])
    sheet.append([])
    sheet.append(["Kode", "Nama", "Lintang", "Bujur", "Desa", "Kecamatan", "Berfungsi"])
    for row in ROWS:
        sheet.append(row)
    sheet["B4"].data_type = "s"
    sheet["A1"].font = Font(bold=True, color="FF0000")
    sheet["A4"].fill = PatternFill("solid", fgColor="00FF00")
    sheet["E6"].comment = Comment("dari bidan desa", "kepala")
    sheet.column_dimensions["B"].width = 33
    other = book.create_sheet("Catatan")
    other["A1"], other["A2"] = 2, "=A1*2"
    book.save(path)


@pytest.fixture
def sent(area, tmp_path, jangkau):
    """The folder of what goes back, and its workspace."""
    work = tmp_path / "work"
    assert jangkau("build", area, "--out", work)[0] == 0
    status, out, err = jangkau("check", work, "--out", tmp_path / "sent", "--lists", area)
    assert (status, err) == (3, "")
    assert str(tmp_path / "sent" / "pustu-periksa.xlsx") in out
    return tmp_path / "sent", work


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def ids(sheet):
    """Which finding has its answer where: by rule and row, the cell of the answer."""
    found = {}
    for row in sheet.iter_rows():
        for cell in row:
            parts = str(cell.value).split(".")
            if len(parts) == 3 and parts[0] == "facilities":
                found[parts[1], cell.row] = sheet.cell(cell.row, cell.column - 1)
    return found


def test_findings_csv_has_a_row_for_each_cell_with_its_effect(sent):
    found = {(r["rule"], r["file"], r["row"]): r for r in rows_of(sent[0] / "findings.csv")}
    near = found["near_name", "pustu.xlsx", "6"]
    assert (near["column"], near["value"], near["proposal"], near["applied"]) == (
        "Desa", "Sukamajo", "35.09.01.2001", "yes",
    )  # fmt: skip
    # P3 and P4 both stand inside the village that their row names.
    assert near["effect"] == (
        "times rest on a point inside a village located by name, not on the unit's own place; "
        "so do those of 2 units of pustu in 2 villages"
    )
    assert found["place_mended", "pustu.xlsx", "5"]["effect"] == ""
    assert found["place_mended", "pustu.xlsx", "5"]["applied"] == "yes"
    assert found["place_unread", "klinik.geojson", "2"]["effect"] == (
        "whom it may serve is unknown; 1 unit of clinic is without a place"
    )
    rows = rows_of(sent[0] / "findings.csv")
    assert len({r["finding"] for r in rows}) == len(rows)


@pytest.mark.slow
def test_ids_of_findings_are_the_same_after_another_build(sent, area, tmp_path, jangkau):
    assert jangkau("build", area, "--out", tmp_path / "again")[0] == 0
    jangkau("check", tmp_path / "again", "--out", tmp_path / "sent2")
    both = [[r["finding"] for r in rows_of(f / "findings.csv")] for f in (sent[0], tmp_path / "sent2")]
    assert both[0] == both[1]


def test_the_workbook_is_the_senders_own_with_marks(sent):
    book = openpyxl.load_workbook(sent[0] / "pustu-periksa.xlsx")
    assert book.sheetnames == ["Petunjuk", "Pustu", "Catatan", HIDDEN]
    assert book[HIDDEN].sheet_state == "veryHidden"
    sheet = book["Pustu"]
    # Nothing computed it, and nothing runs it.
    assert (book["Catatan"]["A2"].value, book["Catatan"]["A2"].data_type) == ("=A1*2", "s")
    assert sheet["A1"].font.bold
    assert sheet["A1"].font.color.rgb == "00FF0000"
    assert sheet["A4"].fill.fgColor.rgb == "0000FF00"
    assert sheet.column_dimensions["B"].width == 33
    assert (sheet["B4"].value, sheet["B4"].data_type) == ("=HYPERLINK(1)", "s")
    assert [c.value for c in sheet[5]][:4] == ["P2", "Pustu Mekar", 8.05, 113.06]
    assert sheet["H3"].value == "JAWABAN"
    # Marked is the mended latitude and longitude, and the comment says so in Indonesian.
    for name in ("C5", "D5", "E6", "G6", "C7"):
        assert sheet[name].fill.fill_type == "solid", name
    assert sheet["C4"].fill.fill_type is None
    assert "Usulan: -8.050000, 113.060000\n" in sheet["C5"].comment.text
    assert sheet["E6"].comment.text.startswith("dari bidan desa")
    assert "Kolom Lintang:" in sheet["H5"].comment.text
    selected = [s.title for s in book.worksheets if s.sheet_view.tabSelected]
    assert (book.active.title, selected) == ("Petunjuk", ["Petunjuk"])


def test_our_own_reader_reads_what_goes_back(sent):
    table = read_table(FileSource(path=sent[0] / "pustu-periksa.xlsx", sheet="Pustu"), "x", ["Kode", "Nama"])
    assert table.index.tolist() == [4, 5, 6, 7]
    assert table["Nama"].tolist() == [r[1] for r in ROWS]
    table = read_table(FileSource(path=sent[0] / "posyandu-periksa.xlsx", sheet="Daftar"), "x", ["nama"])
    assert table["nama"].tolist() == ["Melati", "@Mawar", "Anggrek"]


@pytest.mark.slow
def test_answers_come_back_into_a_corrected_list(sent, area, tmp_path, jangkau):
    path, out = sent[0] / "pustu-periksa.xlsx", tmp_path / "answers"
    book = openpyxl.load_workbook(path)
    at = ids(book["Pustu"])
    at["near_name", 6].value = "Sukamaju"
    at["functioning_unread", 6].value = "tidak"
    at["place_mended", 5].value = "Usulan"
    at["place_unread", 7].value = "8°3'0\" LS, 113°9'0\" BT"
    book.save(tmp_path / "dari-puskesmas.xlsx")
    status, said, _ = jangkau("check", sent[1], "--answers", tmp_path / "dari-puskesmas.xlsx", "--out", out)
    assert status == 0
    assert "pustu.xlsx: 4 answers taken, 0 confirmed as right, 0 not taken" in said
    assert f"name {out / 'pustu-dijawab.csv'} in the place of pustu.xlsx" in said
    with (out / "pustu-dijawab.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[:3] == [["DAFTAR PUSTU", *[""] * 6], [""] * 7, [
        "Kode", "Nama", "Lintang", "Bujur", "Desa", "Kecamatan", "Berfungsi"]]  # fmt: skip
    assert rows[3:] == [
        ["P1", "'=HYPERLINK(1)", "-8.05", "113.05", "Sukamaju", "Kaliwates", "ya"],
        ["P2", "Pustu Mekar", "-8.05", "113.06", "Sukamaju", "Kaliwates", "ya"],
        ["P3", "Pustu Baru", "", "", "Sukamaju", "Kaliwates", "tidak"],
        ["P4", "Pustu Jauh", "-8.05", "113.15", "Mekarsari", "Kaliwates", "ya"],
    ]
    # The corrected list takes the other's place in AREA.yml.
    text = AREA.replace("pustu.xlsx, sheet: Pustu", str(out / "pustu-dijawab.csv"))
    area.write_text(text, "utf-8")
    assert jangkau("build", area, "--out", tmp_path / "better")[0] == 0
    rules = {f["rule"] for f in json.loads(jangkau("check", tmp_path / "better", "--json")[1])}
    assert not {"near_name", "place_mended", "functioning_unread"} & rules


def test_right_as_it_is_is_confirmed_and_doubtful_answers_are_refused(sent, tmp_path, jangkau):
    book = openpyxl.load_workbook(sent[0] / "pustu-periksa.xlsx")
    sheet = book["Pustu"]
    at = ids(sheet)
    at["near_name", 6].value = " BENAR "
    at["place_mended", 5].value = "di sana"
    at["functioning_unread", 6].value = "usulan"
    sheet["C7"].value = "-8.05"
    sheet["B5"].value = "Pustu Lain"
    sheet.move_range("A6:Z6", rows=20)
    book.save(tmp_path / "a.xlsx")
    status, said, _ = jangkau("check", sent[1], "--answers", tmp_path / "a.xlsx", "--out", tmp_path / "o")
    assert status == 0
    found = {r["finding"].split(".")[1]: r for r in rows_of(tmp_path / "o" / "answers.csv")}
    assert {rule: r["taken"] for rule, r in found.items()} == {
        "near_name": "confirmed", "place_mended": "no", "functioning_unread": "no", "place_unread": "no",
    }  # fmt: skip
    assert (found["near_name"]["row"], found["near_name"]["before"]) == ("6", "Sukamajo")
    assert "no latitude and longitude" in found["place_mended"]["why"]
    assert "no proposal" in found["functioning_unread"]["why"]
    assert "the cell itself was changed" in found["place_unread"]["why"]
    assert "1 cell besides the answers hold" in said
    with (tmp_path / "o" / "pustu-dijawab.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream))[4][1:4] == ["Pustu Mekar", "8.05", "113.06"]


def test_a_map_and_a_csv_go_back_and_come_back(sent, tmp_path, jangkau):
    names = []
    for name, rule, row, answer in (
        ("klinik", "place_unread", 3, "-8.05, 113.15"),
        ("posyandu", "place_unread", 3, "-8.07, 113.16"),
    ):
        book = openpyxl.load_workbook(sent[0] / f"{name}-periksa.xlsx")
        ids(book["Daftar"])[rule, row].value = answer
        book.save(tmp_path / f"{name}-periksa.xlsx")
        names.append(tmp_path / f"{name}-periksa.xlsx")
    assert jangkau("check", sent[1], "--answers", *names, "--out", tmp_path / "o")[0] == 0
    table = read_table(FileSource(path=tmp_path / "o" / "klinik-dijawab.csv"), "x", ["nama"])
    assert table["geometry"].tolist() == ["-8.0512345, 113.05", "-8.05, 113.15", "-8.06, 113.06"]
    # A list that came back as CSV goes out again as a table, not as a map.
    again = FacilitiesFile(path=tmp_path / "o" / "klinik-dijawab.csv", kind="clinic", coordinates="geometry")
    assert (read_list(again, "klinik").first, read_list(again, "klinik").place) == (0, (2,))
    table = read_table(FileSource(path=tmp_path / "o" / "posyandu-dijawab.csv"), "x", ["nama"])
    assert table.to_numpy().tolist() == [
        ["Melati", "-8.05, 113.15", "Mekarsari", "Kaliwates"],
        ["@Mawar", "-8.07, 113.16", "Mekarsari", "Kaliwates"],
        ["Anggrek", "-8.06, 113.15", "Mekarsari", "Kaliwates"],
    ]


@pytest.mark.slow
def test_answers_to_another_list_are_refused_by_row(sent, area, tmp_path, jangkau):
    book = openpyxl.load_workbook(sent[0] / "posyandu-periksa.xlsx")
    ids(book["Daftar"])["place_unread", 3].value = "-8.07, 113.16"
    book.save(tmp_path / "a.xlsx")
    text = (area.parent / "posyandu.csv").read_text("utf-8")
    for changed, why in (
        (text.replace('"xx"', '"yy"'), "has changed"),
        (text.replace('"xx"', ""), "no such"),
    ):
        (area.parent / "posyandu.csv").write_text(changed, "utf-8")
        assert jangkau("build", area, "--out", sent[1])[0] == 0
        status, said, _ = jangkau("check", sent[1], "--answers", tmp_path / "a.xlsx", "--out", tmp_path / "o")
        assert status == 0
        assert why in said
        assert rows_of(tmp_path / "o" / "answers.csv")[0]["taken"] == "no"
        assert "xx" in (tmp_path / "o" / "posyandu-dijawab.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--lists", "AREA.yml"], "with --out"),
        (["--answers", "x.xlsx"], "with --out"),
        (["--answers", "x.xlsx", "--out", "o", "--json"], "leave --json out"),
        (["--answers", "x.xlsx", "--out", "o"], "x.xlsx is not there"),
    ],
)
def test_options_that_do_not_fit_are_told(demo_workspace, jangkau, options, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = jangkau("check", demo_workspace, *options)
    assert status == 2
    assert words in err
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_changed_since_the_build_is_refused_and_nothing_is_written(sent, area, tmp_path, jangkau):
    (area.parent / "posyandu.csv").write_text(CSV + "Baru,,Mekarsari,Kaliwates\n", "utf-8")
    status, _, err = jangkau("check", sent[1], "--out", tmp_path / "new", "--lists", area)
    assert status == 2
    assert "posyandu.csv is not the file that the workspace was built from" in err
    assert not (tmp_path / "new").exists()


def test_answers_are_never_overwritten(sent, jangkau):
    path = sent[0] / "pustu-periksa.xlsx"
    book = openpyxl.load_workbook(path)
    book["Pustu"]["H5"].value = "benar"
    book.save(path)
    filled = path.read_bytes()
    status, _, err = jangkau("check", sent[1], "--out", sent[0])
    assert status == 2
    assert "would be lost: pustu-periksa.xlsx" in err
    assert path.read_bytes() == filled
    inside = jangkau("check", sent[1], "--out", sent[1] / "x")
    assert inside[0] == 2
    assert "lies in the workspace" in inside[2]
    assert jangkau("check", sent[1], "--out", sent[1])[0] == 2
    assert jangkau("check", sent[1], "--answers", path, "--out", sent[0])[0] == 2


@pytest.mark.slow
@pytest.mark.parametrize("how", ["list", "text", "cut", "hidden gone", "hidden spoiled"])
def test_what_is_no_such_workbook_is_told_so(sent, area, tmp_path, jangkau, how):
    path = tmp_path / "back.xlsx"
    good = (sent[0] / "pustu-periksa.xlsx").read_bytes()
    if how == "list":
        path.write_bytes((area.parent / "pustu.xlsx").read_bytes())
    elif how == "text":
        path.write_text("no workbook", "utf-8")
    elif how == "cut":
        path.write_bytes(good[: len(good) // 2])
    else:
        book = openpyxl.load_workbook(sent[0] / "pustu-periksa.xlsx")
        if how == "hidden gone":
            del book[HIDDEN]
        else:
            book[HIDDEN]["A2"].value = "W3t7fV0="
        book.save(path)
    status, _, err = jangkau("check", sent[1], "--answers", path, "--out", tmp_path / "o")
    assert status == 2
    assert "back.xlsx is no workbook that jangkau check --lists wrote" in err
    assert not (tmp_path / "o").exists()


@pytest.mark.slow
def test_facilities_that_findings_name_are_marked(demo_workspace, demo_area_file, tmp_path, jangkau):
    out = tmp_path / "o"
    assert jangkau("check", demo_workspace, "--out", out, "--lists", demo_area_file)[0] == 3
    rows = rows_of(out / "findings.csv")
    [far] = [r for r in rows if r["rule"] == "place_far"]
    sheet = openpyxl.load_workbook(demo_area_file.parent / "pustu.xlsx").active
    [row] = [r[0].row for r in sheet.iter_rows() if far["id"] in [c.value for c in r]]
    assert (far["file"], far["row"]) == ("pustu.xlsx", str(row))
    assert far["effect"].startswith("stands in the village of its row (99.01.")
    pair = [r["id"] for r in rows if r["rule"] == "same_place"]
    found = json.loads(jangkau("check", demo_workspace, "--json")[1])
    [said] = [f for f in found if f["rule"] == "same_place"]
    assert ["=".join(pair)] == said["ids"]
    # All 65, each with its row in its list.
    unknown = [r for r in rows if r["rule"] == "functioning_unknown"]
    assert (len(unknown), len({(r["file"], r["row"]) for r in unknown if r["row"]})) == (65, 65)
    book = openpyxl.load_workbook(out / "pustu-periksa.xlsx")
    answer = ids(book[sheet.title])["place_far", row]
    answer.value = "benar"
    book.save(tmp_path / "b.xlsx")
    jangkau("check", demo_workspace, "--answers", tmp_path / "b.xlsx", "--out", tmp_path / "a")
    assert [r["taken"] for r in rows_of(tmp_path / "a" / "answers.csv")] == ["confirmed"]


@pytest.mark.slow
def test_check_prints_the_grade_and_writes_it(demo_workspace, tmp_path, jangkau):
    out = jangkau("check", demo_workspace, "--out", tmp_path / "o")[1]
    record = json.loads((tmp_path / "o" / "grade.json").read_text("utf-8"))
    lines = record["text"]["en"]
    assert lines[0].startswith(f"Grade of the data: {record['letter']} (score 0.")
    assert all(line in out for line in lines)
    assert [part["name"] for part in record["parts"]] == [
        "people", "roads", "lists", "places", "functioning", "official", "doubts"]  # fmt: skip
    assert record["rises"][0]["score"] == max(r["score"] for r in record["rises"])
    # It is one of our files: the folder can be written again.
    assert jangkau("check", demo_workspace, "--out", tmp_path / "o")[0] == 3


@pytest.mark.slow
def test_a_place_that_is_far_from_its_village_is_answered_in_its_own_columns(demo_workspace, demo_area_file,
                                                                            tmp_path, jangkau):  # fmt: skip
    jangkau("check", demo_workspace, "--out", tmp_path / "o", "--lists", demo_area_file)
    rows = rows_of(tmp_path / "o" / "findings.csv")
    [far] = [r for r in rows if r["rule"] == "place_far"]
    book = openpyxl.load_workbook(tmp_path / "o" / "pustu-periksa.xlsx")
    sheet = next(s for s in book.worksheets if ("place_far", int(far["row"])) in ids(s))
    ids(sheet)["place_far", int(far["row"])].value = "-7.5, 111.5"
    book.save(tmp_path / "b.xlsx")
    jangkau("check", demo_workspace, "--answers", tmp_path / "b.xlsx", "--out", tmp_path / "a")
    [answer] = rows_of(tmp_path / "a" / "answers.csv")
    assert (answer["taken"], answer["before"]) == ("yes", far["value"])
    with (tmp_path / "a" / "pustu-dijawab.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.reader(stream))
    assert {"-7.5", "111.5"} <= set(table[int(far["row"]) - 1])


@pytest.mark.parametrize(
    ("sides", "answer", "written"),
    [(["LS"], "-8.39, 113.53", ["8.39", "113.53"]), (["LS", "LU"], "-8.39, 113.53", ["8.39", "", "113.53"]),
     (["LS"], "1.2, 113.53", None)],
    ids=["south", "both sides", "a place north of it"],
)  # fmt: skip
def test_an_answer_stands_on_its_side_of_the_equator(tmp_path, jangkau, sides, answer, written):
    """Latitudes in a column for each side: a place has no sign there, and no column of its own."""
    boxes = [shapely.box(113.5 + 0.02 * i, -8.4, 113.52 + 0.02 * i, -8.38) for i in range(4)]
    codes, names = [f"35.09.11.200{i}" for i in range(1, 5)], ["Andongsari", "Sabrang", "Lojejer", "Ampel"]
    gpd.GeoDataFrame({"kode": codes, "nama": names, "kecamatan": "Ambulu"}, geometry=boxes, crs=4326).to_file(
        tmp_path / "desa.geojson"
    )
    book = openpyxl.Workbook()
    book.active.append(["Nama", *sides, "BT"])
    for i, south in enumerate([8.39, 8.39, 8.39, 83.9]):
        book.active.append([f"Pustu {names[i]}", south, *([""] if len(sides) > 1 else []), 113.51 + 0.02 * i])
    book.save(tmp_path / "pustu.xlsx")
    area = tmp_path / "AREA.yml"
    area.write_text(yaml.safe_dump({
        "code": "35.09", "name": "Kabupaten Jember",
        "boundaries": {"path": "desa.geojson", "code": "kode", "name": "nama", "district_name": "kecamatan"},
        "facilities": {"path": "pustu.xlsx", "kind": "pustu"},
    }))  # fmt: skip
    assert jangkau("build", area, "--out", tmp_path / "w")[0] == 0
    jangkau("check", tmp_path / "w", "--out", tmp_path / "o", "--lists", area)
    sheets = openpyxl.load_workbook(tmp_path / "o" / "pustu-periksa.xlsx")
    [(key, cell)] = [
        (key, cell) for s in sheets.worksheets for key, cell in ids(s).items()
        if key[1] == 5 and key[0].startswith("place_")
    ]  # fmt: skip
    cell.value = answer
    sheets.save(tmp_path / "b.xlsx")
    jangkau("check", tmp_path / "w", "--answers", tmp_path / "b.xlsx", "--out", tmp_path / "a")
    [told] = [r for r in rows_of(tmp_path / "a" / "answers.csv") if r["finding"].split(".")[1] == key[0]]
    assert (told["taken"] == "yes") is (written is not None), told
    if written is None:
        assert "no column for latitudes north" in told["why"]
        return
    with (tmp_path / "a" / "pustu-dijawab.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream))[4][1:] == written
    # The corrected list is read as it was meant.
    shutil.copy(tmp_path / "a" / "pustu-dijawab.csv", tmp_path / "pustu.csv")
    area.write_text(area.read_text().replace("pustu.xlsx", "pustu.csv"))
    found = read_layers(read_area_file(area)).facilities.to_crs(4326)
    assert found.geometry.y.round(6).tolist() == [-8.39] * 4
    assert found.geometry.x.round(6).tolist() == [113.51, 113.53, 113.55, 113.53]


def with_notes(area, change):
    """Put more into the sheet of notes beside the list, and build anew."""
    path = area.parent / "pustu.xlsx"
    book = openpyxl.load_workbook(path)
    change(book["Catatan"])
    book.save(path)


@pytest.mark.slow
def test_a_workbook_that_is_too_much_as_a_whole_is_told(area, tmp_path, jangkau):
    """A merged block of another sheet makes a cell of each of its 17 billion places where it is held."""
    with_notes(area, lambda sheet: sheet.merged_cells.add("A1:XFD1048576"))
    assert jangkau("build", area, "--out", tmp_path / "work")[0] == 0
    status, _, err = jangkau("check", tmp_path / "work", "--out", tmp_path / "sent", "--lists", area)
    assert status == 2
    assert "pustu.xlsx has more than 1,500,000 cells in its sheets" in err
    assert not (tmp_path / "sent").exists()


@pytest.mark.slow
def test_a_word_far_away_in_a_sheet_makes_no_cells(area, tmp_path, jangkau):
    with_notes(area, lambda sheet: sheet.cell(1_048_576, 16_384, "=1+1"))
    assert jangkau("build", area, "--out", tmp_path / "work")[0] == 0
    status, _, err = jangkau("check", tmp_path / "work", "--out", tmp_path / "sent", "--lists", area)
    assert (status, err) == (3, "")
    book = openpyxl.load_workbook(tmp_path / "sent/pustu-periksa.xlsx")
    assert book["Catatan"].cell(1_048_576, 16_384).value == "=1+1"
    assert book["Catatan"].cell(1_048_576, 16_384).data_type == "s"


def _answered(sent, tmp_path, jangkau, change):
    """Answer all findings of the list of pustu, change the workbook, and read it back: rows and words."""
    folder, work = sent
    book = openpyxl.load_workbook(folder / "pustu-periksa.xlsx")
    for cell in ids(book["Pustu"]).values():
        cell.value = "benar"
    change(book)
    book.save(tmp_path / "back.xlsx")
    out = tmp_path / "answered"
    status, said, err = jangkau("check", work, "--answers", tmp_path / "back.xlsx", "--out", out)
    assert (status, err) == (0, "")
    return rows_of(out / "answers.csv"), said


def test_a_whole_workbook_has_nothing_that_is_gone(sent, tmp_path, jangkau):
    rows, said = _answered(sent, tmp_path, jangkau, lambda book: book["Pustu"].insert_rows(5))
    assert all(row["taken"] != "gone" and row["finding"] for row in rows)
    assert "no more" not in said


def test_an_answer_beside_no_finding_is_told(sent, tmp_path, jangkau):
    def change(book):
        sheet = book["Pustu"]
        assert sheet.cell(4, 9).value is None, "a row without a finding"
        sheet.cell(4, 8).value = "sudah tutup"

    rows, said = _answered(sent, tmp_path, jangkau, change)
    [stray] = [row for row in rows if not row["finding"]]
    assert (stray["row"], stray["column"], stray["answer"], stray["taken"]) == (
        "4", "JAWABAN", "sudah tutup", "no",
    )  # fmt: skip
    assert "row 4 (JAWABAN): 'sudah tutup' – no finding stands beside it" in said


@pytest.mark.parametrize("how", ["ids emptied", "ids deleted", "row deleted", "sheet deleted"])
def test_what_the_sender_took_out_is_counted(sent, tmp_path, jangkau, how):
    of_all = {}

    def change(book):
        sheet = book["Pustu"]
        of_all.update({(rule, row): cell.column for (rule, row), cell in ids(sheet).items()})
        if how == "ids emptied":
            for (_, row), column in of_all.items():
                sheet.cell(row, column + 1).value = None
        elif how == "ids deleted":
            for column in sorted(set(of_all.values()), reverse=True):
                sheet.delete_cols(column + 1)
        elif how == "row deleted":
            sheet.delete_rows(6)
        else:
            book.remove(sheet)

    rows, said = _answered(sent, tmp_path, jangkau, change)
    gone = [row for row in rows if row["taken"] == "gone"]
    strays = [row for row in rows if not row["finding"]]
    lost = [key for key in of_all if key[1] == 6] if how == "row deleted" else list(of_all)
    assert len(gone) == len(lost) > 1
    assert f"{len(lost)} findings that were sent are in the workbook no more" in said
    assert len(strays) == (len(of_all) if how.startswith("ids") else 0)
    assert ("1 row of the list is in the workbook no more" in said) == (how == "row deleted")
    assert ("6 rows of the list are in the workbook no more" in said) == (how == "sheet deleted")
