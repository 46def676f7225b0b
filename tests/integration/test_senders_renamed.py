"""Workbooks that come back under another name or in another format, and lists that are called otherwise."""

from __future__ import annotations

import csv
import shutil
import subprocess

import openpyxl
import pytest
from test_renamed_tables import cells, ods
from test_senders import AREA, area, ids, rows_of, sent

from planner.reports.senders.marked import HIDDEN

__all__ = ["area", "sent"]
ANSWERS = {("near_name", 6): "Sukamaju", ("functioning_unread", 6): "tidak", ("place_mended", 5): "benar",
           ("place_unread", 7): "-8.05, 113.15"}  # fmt: skip
# By hand: the place is in its list as it was, and outside Indonesia.
TAKEN = {"near_name": "yes", "functioning_unread": "yes", "place_mended": "no", "place_unread": "yes"}


def answered(sent):
    """The workbook with its answers."""
    book = openpyxl.load_workbook(sent[0] / "pustu-periksa.xlsx")
    at = ids(book["Pustu"])
    for where, answer in ANSWERS.items():
        at[where].value = answer
    return book


def taken(folder):
    return {r["finding"].split(".")[1]: r["taken"] for r in rows_of(folder / "answers.csv")}


def corrected(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    return [row for row in rows if row[0].startswith("P")]


BACK = [
    ["P1", "'=HYPERLINK(1)", "-8.05", "113.05", "Sukamaju", "Kaliwates", "ya"],
    ["P2", "Pustu Mekar", "8.05", "113.06", "Sukamaju", "Kaliwates", "ya"],
    ["P3", "Pustu Baru", "", "", "Sukamaju", "Kaliwates", "tidak"],
    ["P4", "Pustu Jauh", "-8.05", "113.15", "Mekarsari", "Kaliwates", "ya"],
]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["file", "sheets", "list", "list and sheet", "another sheet of it"])
def test_answers_are_read_whatever_the_files_and_sheets_are_called(sent, area, tmp_path, jangkau, how):
    """The list may have another name in AREA.yml since, and the workspace was built from it."""
    book, back = answered(sent), tmp_path / "pustu-periksa (1) dari pkm.xlsx"
    if how == "sheets":
        book["Pustu"].title = "Lembar1"
    book.save(back)
    name, folder = "pustu.xlsx", area.parent
    if how.startswith("list"):
        name = "daftar pustu 2026 (2).xlsx"
        (folder / "pustu.xlsx").rename(folder / name)
        text = AREA.replace("pustu.xlsx", f'"{name}"')
        if how == "list and sheet":
            own = openpyxl.load_workbook(folder / name)
            own["Pustu"].title = "Data"
            own.save(folder / name)
            text = text.replace("sheet: Pustu", "sheet: Data")
        area.write_text(text, "utf-8")
    elif how == "another sheet of it":
        more = "\n  - {path: pustu.xlsx, sheet: Catatan, kind: clinic, name: Nama, village_name: Desa}\n"
        own = openpyxl.load_workbook(folder / name)
        for row in [["Nama", "Desa"], ["Klinik A", "Sukamaju"], ["Klinik B", "Mekarsari"]]:
            own["Catatan"].append(row)
        own["Catatan"].delete_rows(1, 2)
        own.save(folder / name)
        area.write_text(AREA.rstrip() + more, "utf-8")
        name = "pustu.xlsx [Pustu]"
    assert jangkau("build", area, "--out", tmp_path / "work2")[0] == 0
    status, said, err = jangkau("check", tmp_path / "work2", "--answers", back, "--out", tmp_path / "o")
    assert (status, err) == (0, "")
    assert f"{name}: 3 answers taken, 0 confirmed as right, 1 not taken" in said
    assert ("pustu.xlsx, as it was sent, is " in said) == (name != "pustu.xlsx")
    assert taken(tmp_path / "o") == TAKEN
    [file] = (tmp_path / "o").glob("*-dijawab.csv")
    assert corrected(tmp_path / "o", file.name) == BACK


@pytest.mark.slow
def test_units_without_ids_of_their_own_are_known_again_by_their_rows_and_names(
    sent, area, tmp_path, jangkau
):
    """Whether they function is asked of units as the layers have them, by ids that are made of the name."""
    book = openpyxl.load_workbook(sent[0] / "posyandu-periksa.xlsx")
    at = ids(book["Daftar"])
    at["functioning_unknown", 2].value = "ya"
    at["functioning_unknown", 4].value = "tidak"
    book.save(tmp_path / "b.xlsx")
    (area.parent / "posyandu.csv").rename(area.parent / "posyandu 2026.csv")
    area.write_text(AREA.replace("posyandu.csv", '"posyandu 2026.csv"'), "utf-8")
    assert jangkau("build", area, "--out", tmp_path / "work2")[0] == 0
    jangkau("check", tmp_path / "work2", "--answers", tmp_path / "b.xlsx", "--out", tmp_path / "o")
    rows = rows_of(tmp_path / "o" / "answers.csv")
    assert [(r["row"], r["taken"], r["file"]) for r in rows] == [
        ("2", "yes", "posyandu 2026.csv"), ("4", "yes", "posyandu 2026.csv"),
    ]  # fmt: skip
    with (tmp_path / "o" / "posyandu 2026-dijawab.csv").open(encoding="utf-8", newline="") as stream:
        assert [row[-1] for row in csv.reader(stream)] == ["Berfungsi", "ya", "", "tidak"]


@pytest.mark.slow
def test_another_list_is_not_taken_for_it(sent, area, tmp_path, jangkau):
    """Rows and rules may be the same in a list of other units."""
    book = openpyxl.load_workbook(sent[0] / "posyandu-periksa.xlsx")
    ids(book["Daftar"])["functioning_unknown", 2].value = "ya"
    book.save(tmp_path / "b.xlsx")
    text = (area.parent / "posyandu.csv").read_text("utf-8")
    for old, new in (("Melati", "Dahlia"), ("@Mawar", "Kamboja"), ("Anggrek", "Seruni")):
        text = text.replace(old, new)
    (area.parent / "lain.csv").write_text(text, "utf-8")
    area.write_text(AREA.replace("posyandu.csv", "lain.csv"), "utf-8")
    assert jangkau("build", area, "--out", tmp_path / "work2")[0] == 0
    work, out = tmp_path / "work2", tmp_path / "o"
    status, said, _ = jangkau("check", work, "--answers", tmp_path / "b.xlsx", "--out", out)
    assert status == 0
    assert "posyandu.csv: 0 answers taken, 0 confirmed as right, 1 not taken" in said
    assert "the workspace has no such finding" in said


def as_ods(path, *, hidden=True):
    """The workbook as LibreOffice saves it, without its styles."""
    from xml.sax.saxutils import escape

    book, sheets = openpyxl.load_workbook(path), []
    for sheet in book.worksheets:
        if sheet.title == HIDDEN and not hidden:
            continue
        texts = [
            ["" if v is None else escape(str(v)) for v in row] for row in sheet.iter_rows(values_only=True)
        ]
        rows = "".join(cells(*row) for row in texts)
        sheets.append((sheet.title, rows, ""))
    return ods(*sheets)


@pytest.mark.slow
def test_a_workbook_saved_by_libreoffice_has_its_answers_read(sent, tmp_path, jangkau):
    answered(sent).save(tmp_path / "a.xlsx")
    (tmp_path / "a.ods").write_bytes(as_ods(tmp_path / "a.xlsx"))
    status, said, _ = jangkau("check", sent[1], "--answers", tmp_path / "a.ods", "--out", tmp_path / "o")
    assert status == 0
    assert "pustu.xlsx: 3 answers taken, 0 confirmed as right, 1 not taken" in said
    assert "hold what was not sent" not in said
    assert corrected(tmp_path / "o", "pustu-dijawab.csv") == BACK
    (tmp_path / "b.ods").write_bytes(as_ods(tmp_path / "a.xlsx", hidden=False))
    status, _, err = jangkau("check", sent[1], "--answers", tmp_path / "b.ods", "--out", tmp_path / "p")
    assert status == 2
    assert "saved as XLSX or ODS" in err


def as_csv(sheet, delimiter=";"):
    """A sheet as Excel saves it in Indonesia: decimal commas, numbers as they are shown."""

    def text(value):
        return f"{value:.6f}".rstrip("0").replace(".", ",") if isinstance(value, float) else str(value or "")

    rows = [[text(v) for v in row] for row in sheet.iter_rows(values_only=True)]
    quoted = (delimiter.join('"' + c.replace('"', '""') + '"' for c in row) for row in rows)
    return "\r\n".join(quoted).encode("cp1252", "replace")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pustu-periksa.csv", "pustu-periksa.xls", "Pustu.txt"])
def test_a_sheet_that_comes_back_as_text_has_its_answers_read_beside_its_list(
    sent, area, tmp_path, jangkau, name
):
    (tmp_path / name).write_bytes(as_csv(answered(sent)["Pustu"]))
    asked = ("check", sent[1], "--answers", tmp_path / name, "--out", tmp_path / "o")
    status, _, err = jangkau(*asked)
    assert status == 2
    assert "--lists AREA.yml" in err
    status, said, _ = jangkau(*asked, "--lists", area)
    assert status == 0
    assert "pustu.xlsx: 3 answers taken, 0 confirmed as right, 1 not taken" in said
    assert "hold what was not sent" not in said
    assert taken(tmp_path / "o") == TAKEN
    assert corrected(tmp_path / "o", "pustu-dijawab.csv") == BACK


@pytest.mark.slow
def test_a_sheet_as_text_without_findings_is_told(sent, area, tmp_path, jangkau):
    book = answered(sent)
    (tmp_path / "a.csv").write_bytes(as_csv(book["Petunjuk"], ","))
    asked = ("check", sent[1], "--answers", tmp_path / "a.csv", "--out", tmp_path / "o", "--lists", area)
    status, _, err = jangkau(*asked)
    assert status == 2
    assert "a.csv is no workbook that jangkau check --lists wrote" in err


OFFICE = shutil.which("soffice")


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not there")
def test_libreoffice_itself_saves_what_is_read(sent, tmp_path, jangkau):
    assert OFFICE is not None
    answered(sent).save(tmp_path / "a.xlsx")
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    asked = [OFFICE, home, "--headless", "--convert-to", "ods", "--outdir", tmp_path, tmp_path / "a.xlsx"]
    subprocess.run(asked, check=True, timeout=120, capture_output=True)
    status, said, _ = jangkau("check", sent[1], "--answers", tmp_path / "a.ods", "--out", tmp_path / "o")
    assert status == 0
    assert "pustu.xlsx: 3 answers taken, 0 confirmed as right, 1 not taken" in said
    assert corrected(tmp_path / "o", "pustu-dijawab.csv") == BACK
