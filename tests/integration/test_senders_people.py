"""Tables of people go back to Dukcapil and BPS as marked workbooks, and their answers come back."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from openpyxl.styles import Font

import geodata.readers
from geodata.areafile import PopulationFile, read_area_file
from geodata.build import read_layers
from planner.reports.senders.marked import HIDDEN, UNASKED
from planner.reports.senders.texts import sender_texts

NAMES = ["Sukamaju", "Mekarsari", "Ambulu", "Sabrang", "Karanganyar", "Pontang", "Andongsari", "Tegalsari"]
CODES = [f"35.09.01.{2001 + i}" for i in range(len(NAMES))]
AREA = """\
code: "35.09"
name: Kabupaten Jember
boundaries: {path: desa.geojson}
population: {path: penduduk.xlsx, sheet: Penduduk, code: Kode, name: Desa, district_name: Kecamatan,
  people: Penduduk, groups: {under5: Balita}}
"""
BARE = AREA.split("population", maxsplit=1)[0]
# What a row of an office's table says, from the sheet's fourth row on.
ROWS = [
    [CODES[0], "Sukamaju", "Ambulu", 4100, 300],
    [CODES[1], "Mekarsari", "Ambulu", "seribu", 200],  # no number
    [CODES[2], "Ambulu", "Ambulu", "-", 210],  # a sign for nothing
    [CODES[3], "Sabrang", "Ambulu", None, 220],  # nothing
    [None, "Karanganyarr", "Ambulu", 5200, 230],  # a letter too many
    [CODES[5], "Pontang", "Ambulu", 9.728, 240],  # thousands that were taken for decimals
    [CODES[6], "Andongsari", "Ambulu", 6100, 250],
    [CODES[6], "Andongsari", "Ambulu", 6200, 250],  # the same village again
    [CODES[7], "Tegalsari", "Ambulu", -12, 250],  # fewer than none
    ["35.10.01.2001", "Licin", "Licin", 700, 10],  # of elsewhere
    [None, "Entah", "Ambulu", 900, 20],  # nobody knows
    [None, "Jumlah", None, 33000, 1900],
]


def boundaries(folder):
    gpd.GeoDataFrame(
        {"kode": CODES, "nama": NAMES, "kecamatan": "Ambulu"},
        geometry=[shapely.box(113 + i / 20, -8.1, 113.05 + i / 20, -8.0) for i in range(len(NAMES))],
        crs="EPSG:4326",
    ).to_file(folder / "desa.geojson")  # fmt: skip


def workbook(path, rows=ROWS):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Penduduk"
    sheet.append(["JUMLAH PENDUDUK KABUPATEN JEMBER"])
    sheet["A1"].font = Font(bold=True, color="FF0000")
    sheet.append([])
    sheet.append(["Kode", "Desa", "Kecamatan", "Penduduk", "Balita"])
    for row in rows:
        sheet.append(row)
    return book, path


@pytest.fixture
def area(tmp_path):
    folder = tmp_path / "area"
    folder.mkdir()
    boundaries(folder)
    (folder / "AREA.yml").write_text(AREA, "utf-8")
    book, path = workbook(folder / "penduduk.xlsx")
    book.save(path)
    return folder / "AREA.yml"


@pytest.fixture
def send(tmp_path, jangkau):
    def go(area):
        work, out = tmp_path / "work", tmp_path / "sent"
        assert jangkau("build", area, "--out", work)[0] == 0
        status, said, err = jangkau("check", work, "--out", out, "--lists", area)
        assert (status in (0, 3), err) == (True, ""), said
        return out, work

    return go


@pytest.fixture
def answer(tmp_path, jangkau):
    """Fill in answers by rule and row; returns answers.csv by rule and row, what was said, and the folder."""

    def go(sent, work, book_name, said):
        book = openpyxl.load_workbook(sent / book_name)
        at = {}
        for sheet in book.worksheets:
            at |= {} if sheet.title == HIDDEN else ids(sheet)
        for where, text in said.items():
            at[where].value = text
        book.save(tmp_path / "back.xlsx")
        out = tmp_path / "answers"
        status, told, err = jangkau("check", work, "--answers", tmp_path / "back.xlsx", "--out", out)
        assert (status, err) == (0, "")
        with (out / "answers.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return {(r["finding"].split(".")[1], int(r["row"])): r for r in rows}, told, out

    return go


def ids(sheet):
    """The cell of the answer to each finding: by rule and row of the sheet."""
    found = {}
    for row in sheet.iter_rows():
        for cell in row:
            parts = str(cell.value).split(".")
            if len(parts) == 3 and parts[0] in ("population", "villages", "facilities"):
                found[parts[1], cell.row] = sheet.cell(cell.row, cell.column - 1)
    return found


def table_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def people_of(area):
    villages = read_layers(read_area_file(area)).villages
    return dict(zip(villages.index, villages["people"], strict=True))


@pytest.mark.slow
def test_the_table_goes_back_with_its_doubtful_cells_marked(area, send):
    book = openpyxl.load_workbook(send(area)[0] / "penduduk-periksa.xlsx")
    assert book.sheetnames == ["Petunjuk", "Penduduk", HIDDEN]
    sheet = book["Penduduk"]
    assert sheet["A1"].font.bold
    assert set(ids(sheet)) == {
        ("count_unread", 5), ("count_unknown", 6), ("people_unknown", 7), ("near_name", 8),
        ("parts_of_people", 9), ("group_exceeds_people", 9), ("village_twice", 10), ("village_twice", 11),
        ("count_unread", 12), ("unknown_village", 13), ("bad_code", 14), ("total_row", 15),
    }  # fmt: skip
    marked = {c.coordinate for row in sheet.iter_rows(max_col=5) for c in row if c.fill.fill_type == "solid"}
    assert marked == {"D5", "D6", "D7", "B8", "D9", "A10", "A11", "D12", "A13", "B14", "A15"}
    # A number stays one, and its comment is Indonesian.
    assert sheet["D9"].value == 9.728
    assert "Usulan: 9728" in sheet["D9"].comment.text
    # What is told of the village is told with what stands in its row.
    assert (
        "lebih besar daripada jumlah seluruh penduduknya.\nIsi sekarang: 9.728\n" in sheet["D9"].comment.text
    )
    assert "of 10" not in sheet["D9"].comment.text
    assert f"Usulan: {CODES[4]}" in sheet["B8"].comment.text
    assert "kata hapus" in sheet["A11"].comment.text
    assert "Jumlah penduduk desa/kelurahan ini belum diketahui" in sheet["D7"].comment.text
    for row in book["Petunjuk"].iter_rows(values_only=True):
        assert sender_texts().general.wrong not in row


@pytest.mark.slow
def test_answers_count_after_the_next_build(area, send, answer):
    before = people_of(area)
    assert [code for code, n in before.items() if n != n] == [CODES[i] for i in (1, 2, 3, 6, 7)]  # noqa: PLR0124
    sent, work = send(area)
    rows, said, out = answer(sent, work, "penduduk-periksa.xlsx", {
        ("count_unread", 5): "1.050 jiwa", ("count_unknown", 6): "2345", ("people_unknown", 7): "3000",
        ("near_name", 8): "Karanganyar", ("parts_of_people", 9): "usulan", ("village_twice", 10): "hapus",
        ("village_twice", 11): "benar", ("count_unread", 12): "1200", ("unknown_village", 13): "hapus",
        ("total_row", 15): "benar",
    })  # fmt: skip
    assert {r["taken"] for k, r in rows.items() if k[0] not in ("village_twice", "unknown_village")} == {
        "yes", "confirmed"
    }, rows  # fmt: skip
    assert rows["village_twice", 11]["taken"] == "confirmed"
    assert rows["village_twice", 10]["taken"] == rows["unknown_village", 13]["taken"] == "removed"
    assert "6 answers taken, 2 confirmed as right, 2 rows left out, 0 not taken" in said
    assert "row 10 is left out, as it stands twice" in said
    assert "row 13 is left out, as its sender says" in said
    assert f"name {out / 'penduduk-dijawab.csv'} in the place of penduduk.xlsx" in said
    text = AREA.replace("penduduk.xlsx, sheet: Penduduk", str(out / "penduduk-dijawab.csv"))
    area.write_text(text, "utf-8")
    after = people_of(area)
    assert after == dict(zip(CODES, [4100, 1050, 2345, 3000, 5200, 9728, 6200, 1200], strict=True))


@pytest.mark.slow
def test_what_is_not_answered_means_the_same_in_the_corrected_table(area, send, answer):
    """9.728 of a workbook is a number with decimals; as text it would be nine thousand."""
    before = people_of(area)
    sent, work = send(area)
    _, _, out = answer(
        sent, work, "penduduk-periksa.xlsx", {("people_unknown", 7): "3000", ("parts_of_people", 9): "benar"}
    )
    area.write_text(
        AREA.replace("penduduk.xlsx, sheet: Penduduk", str(out / "penduduk-dijawab.csv")), "utf-8"
    )
    after = people_of(area)
    assert after.pop(CODES[3]) == 3000
    assert before.pop(CODES[3]) != 3000
    assert str(after) == str(before)
    assert after[CODES[5]] == 9.728


REFUSED = {
    ("count_unread", 5): ("-7", "no number of 0 or more"),
    ("count_unknown", 6): ("entah", "no number of 0 or more"),
    ("people_unknown", 7): ("nihil", "no number of 0 or more"),
    ("near_name", 8): ("Desa Lain", "no village of the area"),
    ("parts_of_people", 9): ("9,7", "write a whole number"),
    ("village_twice", 10): ("35.09.01.2001", "another row is of the same village"),
    ("village_twice", 11): ("benar", "only one can be right"),
    ("count_unread", 12): ("hapus", "only a row that stands twice"),
    ("unknown_village", 13): ("35.09.01.2999", "no village of the area"),
    ("bad_code", 14): ("Pontang", "another row is of the same village"),
    ("total_row", 15): ("desa", "no single cell"),
}


@pytest.mark.slow
def test_answers_that_cannot_be_read_are_not_taken(area, send, answer):
    rows, said, out = answer(
        *send(area), "penduduk-periksa.xlsx", {where: text for where, (text, _) in REFUSED.items()}
    )
    for where, (_, why) in REFUSED.items():
        assert rows[where]["taken"] == "no", where
        assert why in rows[where]["why"], where
    assert "11 not taken" in said
    assert table_of(out / "penduduk-dijawab.csv")[4][3] == "seribu"


@pytest.mark.slow
def test_a_code_for_a_row_told_by_its_name_goes_into_the_column_of_codes(area, send, answer):
    rows, _, out = answer(*send(area), "penduduk-periksa.xlsx", {
        ("near_name", 8): "usulan", ("bad_code", 14): "3509012001", ("total_row", 15): "35.09.01.2001",
    })  # fmt: skip
    assert rows["near_name", 8]["taken"] == "yes"
    # A code that another row has is refused wherever it is written.
    assert [rows[w]["taken"] for w in (("bad_code", 14), ("total_row", 15))] == ["no", "no"]
    assert table_of(out / "penduduk-dijawab.csv")[7][:2] == [CODES[4], "Karanganyarr"]


@pytest.mark.slow
def test_both_rows_of_a_village_cannot_be_left_out(area, send, answer):
    said = {("village_twice", 10): "hapus", ("village_twice", 11): "hapus"}
    rows, _, out = answer(*send(area), "penduduk-periksa.xlsx", said)
    assert {r["taken"] for r in rows.values()} == {"no"}
    assert len([r for r in table_of(out / "penduduk-dijawab.csv") if r[0] == CODES[6]]) == 2


@pytest.mark.slow
def test_a_list_and_the_people_of_one_file_share_a_workbook(area, send, answer):
    book, path = workbook(area.parent / "penduduk.xlsx")
    units = book.create_sheet("Pustu")
    units.append(["Kode", "Nama", "Lintang", "Bujur", "Berfungsi"])
    units.append(["P1", "Pustu Jaya", -8.05, 113.02, "ya"])
    units.append(["P2", "Pustu Mekar", -8.06, 113.07, "mungkin"])
    units.append(["P3", "Pustu Baru", -8.06, 113.12, "ya"])
    book.save(path)
    list_ = (
        "facilities:\n  - {path: penduduk.xlsx, sheet: Pustu, kind: pustu, id: Kode, name: Nama, "
        "lat: Lintang, lon: Bujur, functioning: Berfungsi}\n"
    )
    area.write_text(AREA + list_, "utf-8")
    sent, work = send(area)
    assert sorted(p.name for p in sent.glob("*.xlsx")) == ["penduduk-periksa.xlsx"]
    rows, said, out = answer(sent, work, "penduduk-periksa.xlsx", {
        ("functioning_unread", 3): "tidak", ("people_unknown", 7): "3000",
    })  # fmt: skip
    assert {r["taken"] for r in rows.values()} == {"yes"}
    assert "penduduk.xlsx [Penduduk]: 1 answer taken" in said
    assert "penduduk.xlsx [Pustu]: 1 answer taken" in said
    people, pustu = out / "penduduk_xlsx Penduduk-dijawab.csv", out / "penduduk_xlsx Pustu-dijawab.csv"
    assert table_of(pustu)[2] == ["P2", "Pustu Mekar", "-8.06", "113.07", "tidak"]
    area.write_text(
        (AREA + list_).replace("penduduk.xlsx, sheet: Penduduk", f'"{people}"')
        .replace("penduduk.xlsx, sheet: Pustu", f'"{pustu}"'), "utf-8",
    )  # fmt: skip
    layers = read_layers(read_area_file(area))
    assert layers.villages["people"][CODES[3]] == 3000
    assert layers.facilities["functioning"]["P2"] == "no"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "geojson"])
def test_people_of_other_forms_go_back_in_a_new_workbook(area, send, answer, form):
    names, numbers = NAMES[:4], ["4100", "banyak", "2000", ""]
    path = area.parent / f"jiwa.{form}"
    keys = "code: kode, name: nama, people: penduduk"
    if form == "csv":
        text = "\n".join(map(",".join, zip(CODES[:4], names, numbers, strict=True)))
        path.write_text(f"kode,nama,penduduk\n{text}\n", "utf-8")
    else:
        gpd.GeoDataFrame(
            {"kode": CODES[:4], "nama": names, "penduduk": numbers},
            geometry=[shapely.Point(113.01, -8.05)] * 4, crs="EPSG:4326",
        ).to_file(path)  # fmt: skip
    area.write_text(f"{BARE}population: {{path: {path.name}, {keys}}}\n", "utf-8")
    sent, work = send(area)
    rows, _, out = answer(
        sent, work, "jiwa-periksa.xlsx", {("count_unread", 3): "1.050", ("people_unknown", 5): "77"}
    )
    assert {r["taken"] for r in rows.values()} == {"yes"}
    assert table_of(out / "jiwa-dijawab.csv")[0] == ["kode", "nama", "penduduk"]
    area.write_text(f"{BARE}population: {{path: {out / 'jiwa-dijawab.csv'}, {keys}}}\n", "utf-8")
    assert [people_of(area)[c] for c in CODES[:4]] == [4100, 1050, 2000, 77]


@pytest.mark.slow
def test_answers_of_a_table_with_the_codes_of_bps_are_tried_by_them(area, send, answer):
    """The trial has no table of codes: it takes the villages as the build found them."""
    bps = [f"35090100{i + 1:02d}" for i in range(len(NAMES))]
    (area.parent / "kode.csv").write_text(
        "kode,nama,bps\n" + "\n".join(map(",".join, zip(CODES, NAMES, bps, strict=True))), "utf-8"
    )
    numbers = ["4100", "banyak", "2000", "700", "800", "900", "1000", "1100"]
    (area.parent / "jiwa.csv").write_text(
        "idbps,penduduk\n" + "\n".join(map(",".join, zip(bps, numbers, strict=True))), "utf-8"
    )
    text = BARE + "codes: {path: kode.csv, code: kode, name: nama, bps: bps}\n"
    area.write_text(f"{text}population: {{path: jiwa.csv, code: idbps, people: penduduk}}\n", "utf-8")
    sent, work = send(area)
    # No row is in doubt for its code.
    assert set(ids(openpyxl.load_workbook(sent / "jiwa-periksa.xlsx")["Daftar"])) == {("count_unread", 3)}
    rows, _, out = answer(sent, work, "jiwa-periksa.xlsx", {("count_unread", 3): "1050"})
    assert rows["count_unread", 3]["taken"] == "yes", rows
    path = out / "jiwa-dijawab.csv"
    area.write_text(f"{text}population: {{path: {path}, code: idbps, people: penduduk}}\n", "utf-8")
    assert people_of(area)[CODES[1]] == 1050


@pytest.mark.slow
def test_one_mark_in_two_meanings_costs_only_the_answer_that_brings_it(area, send, answer):
    numbers = ["4.100", "banyak", "2.000", "seribu", "3.100", "900", "1.000", "1.100"]
    (area.parent / "jiwa.csv").write_text(
        "kode;penduduk\n" + "\n".join(map(";".join, zip(CODES, numbers, strict=True))), "utf-8"
    )
    area.write_text(f"{BARE}population: {{path: jiwa.csv, code: kode, people: penduduk}}\n", "utf-8")
    rows, _, out = answer(*send(area), "jiwa-periksa.xlsx", {
        ("count_unread", 3): "1.050", ("count_unread", 5): "12.5",
    })  # fmt: skip
    assert [rows["count_unread", n]["taken"] for n in (3, 5)] == ["yes", "no"]
    assert "one mark is used for thousands and for decimals" in rows["count_unread", 5]["why"]
    assert [r[1] for r in table_of(out / "jiwa-dijawab.csv")][2:5] == ["1.050", "2.000", "seribu"]


@pytest.mark.slow
def test_what_is_about_a_column_is_said_at_its_heading(area, send):
    area.write_text(AREA.replace("people: Penduduk, groups: {under5: Balita}", "people: Balita"), "utf-8")
    sheet = openpyxl.load_workbook(send(area)[0] / "penduduk-periksa.xlsx")["Penduduk"]
    assert "tidak menghitung seluruh penduduk" in sheet["E3"].comment.text
    assert "JAWABAN" not in sheet["E3"].comment.text
    assert sheet["F3"].value == "JAWABAN"


@pytest.mark.slow
def test_people_of_two_columns_are_asked_where_one_is_empty(area, send):
    book = openpyxl.Workbook()
    for row in (["Kode", "L", "P"], [CODES[0], 10, 12], [CODES[1], 8, None], [CODES[2], None, None]):
        book.active.append(row)
    book.save(area.parent / "lp.xlsx")
    area.write_text(f"{BARE}population: {{path: lp.xlsx, code: Kode, people: [L, P]}}\n", "utf-8")
    sheet = openpyxl.load_workbook(send(area)[0] / "lp-periksa.xlsx").worksheets[1]
    assert set(ids(sheet)) == {("people_unknown", 3), ("people_unknown", 4)}
    assert [sheet[c].fill.fill_type for c in ("B3", "C3")] == [None, "solid"]


@pytest.mark.slow
def test_an_unchanged_table_is_asked_for(area, send, jangkau, tmp_path):
    _, work = send(area)
    book, path = workbook(area.parent / "penduduk.xlsx", ROWS[1:])
    book.save(path)
    status, _, err = jangkau("check", work, "--out", tmp_path / "o", "--lists", area)
    assert status == 2
    assert "penduduk.xlsx is not the file that the workspace was built from" in err


def table_with_everything_else(path):
    """Rows of other kinds: a kecamatan's, headings again, one struck through, and who signed."""
    rows = [
        ["35.09.01", "Kec. Ambulu", None, 21000, 900],
        [CODES[0], "Mekarsari", "Ambulu", 4100, 300],  # the name of the next one
        [CODES[1], "Mekarsari", "Ambulu", 5000, 200],
        ["Kode", "Desa", "Kecamatan", "Penduduk", "Balita"],
        *([code, name, "Ambulu", 1000, 50] for code, name in zip(CODES[2:6], NAMES[2:6], strict=True)),
        [],
        [None, "Mengetahui,", None, None, None],
        [None, "Kepala Dinas Kependudukan", None, None, None],
        [None, "NIP. 19700101 200001 1 001", None, None, None],
    ]
    book, path = workbook(path, rows)
    for cell in book["Penduduk"][11]:
        cell.font = Font(strike=True)
    book["Penduduk"].row_dimensions[10].hidden = True
    book.save(path)


@pytest.mark.slow
def test_rows_that_are_no_villages_are_told_and_answered(area, send, answer):
    table_with_everything_else(area.parent / "penduduk.xlsx")
    sent, work = send(area)
    asked = ids(openpyxl.load_workbook(sent / "penduduk-periksa.xlsx")["Penduduk"])
    assert set(asked) == {
        ("district_row", 4), ("code_and_name_differ", 5), ("heading_again", 7), ("hidden_row", 10),
        ("struck_row", 11), *(("signature_row", row) for row in (13, 14, 15)),
    }  # fmt: skip
    rows, _, out = answer(sent, work, "penduduk-periksa.xlsx", {
        ("district_row", 4): "benar", ("code_and_name_differ", 5): "Sukamaju", ("heading_again", 7): "hapus",
        ("struck_row", 11): "hapus", ("signature_row", 13): "Camat",
    })  # fmt: skip
    assert {rule: r["taken"] for (rule, _), r in rows.items()} == {
        "district_row": "confirmed", "code_and_name_differ": "yes", "heading_again": "no", "struck_row": "no",
        "signature_row": "no",
    }  # fmt: skip
    area.write_text(
        AREA.replace("penduduk.xlsx, sheet: Penduduk", str(out / "penduduk-dijawab.csv")), "utf-8"
    )
    layers = read_layers(read_area_file(area))
    assert layers.villages["people"].head(6).tolist() == [4100, 5000, 1000, 1000, 1000, 1000]
    assert "code_and_name_differ" not in {f.rule for f in layers.findings}


@pytest.mark.slow
def test_a_proposed_code_that_another_row_has_is_not_taken(area, send, answer):
    table_with_everything_else(area.parent / "penduduk.xlsx")
    rows, _, _ = answer(*send(area), "penduduk-periksa.xlsx", {("code_and_name_differ", 5): "usulan"})
    assert "another row is of the same village" in rows["code_and_name_differ", 5]["why"]


@pytest.mark.slow
@pytest.mark.parametrize("coded", [True, False])
def test_a_row_taken_for_a_sum_is_a_village_by_its_code(area, send, answer, coded):
    said = [("Jenggawah", 300), ("Sukamaju", 100), ("Mekarsari", 200), ("Wuluhan", 700), ("Sabrang", 300),
            ("Pontang", 400)]  # fmt: skip
    rows = [["Desa", "Penduduk", "Kode"][: 2 + coded], *([*one, None][: 2 + coded] for one in said)]
    if coded:
        rows[2][2] = CODES[0]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(area.parent / "rekap.xlsx")
    keys = "name: Desa, people: Penduduk" + ", code: Kode" * coded
    area.write_text(f"{BARE}population: {{path: rekap.xlsx, {keys}}}\n", "utf-8")
    answers, _, out = answer(*send(area), "rekap-periksa.xlsx", {("sum_row", 5): CODES[7]})
    told = answers["sum_row", 5]
    if not coded:
        assert "says no village's code" in told["why"]
        return
    assert told["taken"] == "yes"
    area.write_text(f"{BARE}population: {{path: {out / 'rekap-dijawab.csv'}, {keys}}}\n", "utf-8")
    assert people_of(area)[CODES[7]] == 700


@pytest.mark.slow
def test_nobody_is_asked_about_the_other_rows_of_a_provinces_table(area, send):
    elsewhere = [[f"35.10.01.{2001 + i}", f"Licin {i}", "Licin", 700, 10] for i in range(len(NAMES) + 1)]
    own = [[code, name, "Ambulu", 1000, 50] for code, name in zip(CODES, NAMES, strict=True)]
    own[3][3] = "banyak"
    own[5][0] = "35.09.01.2099"
    book, path = workbook(area.parent / "penduduk.xlsx", [*own, *elsewhere])
    book.save(path)
    sent, _ = send(area)
    asked = ids(openpyxl.load_workbook(sent / "penduduk-periksa.xlsx")["Penduduk"])
    # The name beside a code that is none tells the village.
    assert set(asked) == {("count_unread", 7)}
    with (sent / "findings.csv").open(encoding="utf-8", newline="") as stream:
        assert sum(r["rule"] == "unknown_village" for r in csv.DictReader(stream)) == len(elsewhere)


# What reads a table of people, and gives findings.
READERS = ("population.py", "people_table.py", "people_villages.py", "people_rows.py", "people_parts.py",
           "register.py", "files/cells.py", "files/marks.py", "files/signatures.py")  # fmt: skip
# Rules whose cells are villages, not rows: what is told of them by quality stands in a table's rows too.
QUALITY = ("people_unknown", "people_too_dense", "group_exceeds_people")
# Findings without cells, or of the boundary file.
NO_CELLS = ("list_beside", "people_from_boundaries")


def rules_of_the_reader():
    """The names of rules in the calls and tables of the modules that read people."""
    found = set()
    for name in READERS:
        tree = ast.parse(Path(geodata.readers.__file__).parent.joinpath(name).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                found |= {a.value for a in node.args[2:3] if isinstance(a, ast.Constant)}
            named = isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "")
            if named in ("_SAID", "_NO_COUNT_SAID"):
                found |= {key.value for key in node.value.keys}
    return found


@pytest.mark.parametrize("rule", sorted((rules_of_the_reader() | set(QUALITY)) - set(NO_CELLS)))
def test_every_rule_of_the_reader_has_sentences(rule):
    texts = sender_texts()
    assert rule in texts.rules, f"{rule} has no sentences in sender_texts.yml"
    assert texts.of(rule) != texts.general


def test_the_rules_of_the_reader_are_found():
    found = rules_of_the_reader()
    assert {"count_unread", "count_unknown", "hidden_row", "village_twice", "sum_row", "bad_code"} <= found
    assert len(found) >= 20
    assert set(UNASKED) <= found | {"other_regency"}


def test_keys_that_are_off_stay_off_in_what_is_kept():
    from planner.reports.senders.trial import entry_of

    source = PopulationFile.model_validate({"path": "a.csv", "district_name": None, "people": ["L", "P"]})
    assert entry_of(source, is_map=False, place=None) == {"district_name": None, "people": ["L", "P"]}
