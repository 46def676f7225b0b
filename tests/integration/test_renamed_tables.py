"""Tables that are another thing inside than their name says, and workbooks of LibreOffice."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from test_list_traps import area_of, with_map

from geodata.areafile import FileSource
from geodata.errors import InputError
from geodata.readers.files.opening import table_ending
from geodata.readers.files.sheets import hidden_sheets, sheet_cells, sheet_names
from geodata.readers.files.table import read_rows

HEADS = ["Nama", "Desa", "Kecamatan"]
ROWS = [["Pustu A", "Ampel", "Wuluhan"], ["Pustu B", "Sabrang", "Ambulu"]]


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def workbook():
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [HEADS, *ROWS]:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def page(rows, cell="td"):
    """A table of a web page, as applications save it: ends of cells and rows are left out."""
    return "".join(f"<tr>{''.join(f'<{cell}>{c}' for c in row)}" for row in rows)


def ods(*sheets, before="", doctype=""):
    """A workbook of LibreOffice: the rows of its sheets as marks."""
    names = "xmlns:{0}='urn:oasis:names:tc:opendocument:xmlns:{1}:1.0'"
    spaces = " ".join(names.format(*pair) for pair in (
        ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("draw", "drawing"),
    ))  # fmt: skip
    tables = "".join(
        f"<table:table table:name='{name}' {more}>{rows}</table:table>" for name, rows, more in sheets
    )
    text = f"{doctype}<office:document-content {spaces}>{before}{tables}</office:document-content>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", f"<?xml version='1.0'?>{text}")
    return out.getvalue()


def cells(*texts, more=""):
    said = "".join(f"<table:table-cell><text:p>{t}</text:p></table:table-cell>" for t in texts)
    return f"<table:table-row {more}>{said}</table:table-row>"


TSV = "\n".join("\t".join(row) for row in [HEADS, *ROWS])
TITLE = "<table><tr><td colspan=3>DAFTAR PUSTU</table>"
HTML = f"<html><body>{TITLE}<table>{page([HEADS], 'th')}{page(ROWS)}</table>"
INSIDE = {
    "a workbook": workbook(),
    "a web page": HTML.encode(),
    "a web page of Excel": b"\xef\xbb\xbf\n" + f"<TABLE>{page([HEADS, *ROWS])}</TABLE>".encode(),
    "text with tabs": TSV.encode(),
    "text of Excel": TSV.encode("utf-16"),
    "text with semicolons": TSV.replace("\t", ";").encode("cp1252"),
    "a workbook of LibreOffice": ods(("Pustu", "".join(cells(*row) for row in [HEADS, *ROWS]), "")),
}


@pytest.mark.parametrize("name", ["pustu.xls", "pustu.xlsx", "pustu.csv", "pustu.ods", "pustu.txt"])
@pytest.mark.parametrize("inside", INSIDE)
def test_a_table_is_read_as_what_it_is_inside(tmp_path, name, inside):
    (tmp_path / name).write_bytes(INSIDE[inside])
    headed = read_rows(FileSource(path=tmp_path / name), "facilities")
    assert headed.table.to_numpy().tolist() == ROWS
    assert list(headed.table.columns) == HEADS


def test_init_takes_such_files_and_build_counts_their_units(folder, jangkau):
    for number, (name, inside) in enumerate([("pustu.xls", HTML.encode()), ("posyandu.csv", workbook())]):
        (folder / name).write_bytes(inside)
        assert number < 2
    assert jangkau("init", folder)[0] == 0
    text = (folder / "AREA.yml").read_text("utf-8")
    assert "path: pustu.xls  # 2 facilities" in text
    assert "path: posyandu.csv  # 2 facilities" in text
    layers, _ = area_of(folder, facilities={"path": "pustu.xls", "kind": "pustu"})
    assert layers.facilities["village_code"].notna().tolist() == [True, True]


def test_a_cell_that_spans_rows_of_a_web_page_is_that_of_each_of_them(tmp_path):
    rows = "<tr><td rowspan=2>Wuluhan<td>Pustu A<tr><td>Pustu B<tr><td colspan=2>Jumlah"
    (tmp_path / "a.xls").write_text(f"<table>{rows}</table>", "utf-8")
    read = sheet_cells(tmp_path / "a.xls", None, "x")
    assert read.rows == [["Wuluhan", "Pustu A"], ["Wuluhan", "Pustu B"], ["Jumlah", None]]
    assert read.merged == {0: {2}}


@pytest.mark.parametrize(("inside", "said"), [
    (b"PK\x03\x04rest", "a workbook of an old Excel"),
    (bytes.fromhex("D0CF11E0A1B11AE1"), "a workbook of an old Excel"),
    (b"<?xml version='1.0'?><Workbook/>", "a workbook of an old Excel"),
    (b"<table><tr><td>1<td>2<tr><td>3<td>4</table>" * 2, "a web page with 2 tables"),
    (b"<table><tr><td colspan=9999>1</table>", "columns; 2,000 are the most"),
    # Python makes no number of so many digits.
    (b"<table><tr><td colspan=" + b"9" * 5_000 + b">1</table>", "columns; 2,000 are the most"),
])  # fmt: skip
def test_what_cannot_be_read_is_told_as_what_it_is(tmp_path, inside, said):
    (tmp_path / "a.xls").write_bytes(inside)
    with pytest.raises(InputError, match=said):
        read_rows(FileSource(path=tmp_path / "a.xls"), "facilities")


def test_a_bomb_under_another_name_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.csv", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/a.xml", bytes(10))
        with book.open("xl/b.xml", "w", force_zip64=True) as stream:
            for _ in range(401):
                stream.write(bytes(1_000_000))
    assert table_ending(tmp_path / "a.csv") == ".xlsx"
    with pytest.raises(InputError, match="unpacks to 401 MB"):
        read_rows(FileSource(path=tmp_path / "a.csv"), "facilities")


WIDE = "<table:table-cell table:number-columns-repeated='90000'><text:p>x</text:p></table:table-cell>"
CELL = "<table:table-cell {}>{}</table:table-cell>"
ODS_ROWS = (
    "<table:table-row table:number-rows-repeated='2'><table:table-cell table:number-columns-repeated='1024'/>"
    "</table:table-row>"
    "<table:table-row><table:table-cell table:number-rows-spanned='2' table:number-columns-spanned='2'>"
    "<text:p>Wu<text:s text:c='2'/>luhan</text:p><text:p>dua</text:p>"
    "<office:annotation><text:p>catatan</text:p></office:annotation></table:table-cell>"
    "<table:covered-table-cell/>"
    + CELL.format("office:value-type='float' office:value='113.7023' table:number-columns-repeated='2'",
                  "<text:p>113,7</text:p>")
    + CELL.format("office:value-type='date' office:date-value='2024-07-01'", "<text:p>01/07/24</text:p>")
    + "</table:table-row>"
    "<table:table-row table:visibility='collapse'><table:covered-table-cell "
    "table:number-columns-repeated='2'/>" + CELL.format("", "<text:p>x</text:p>") + "</table:table-row>"
    "<table:table-row table:number-rows-repeated='1048000'><table:table-cell/></table:table-row>"
)  # fmt: skip


def test_a_sheet_of_libreoffice_has_its_rows_as_people_see_them(tmp_path):
    style = "<style:style style:name='ta2'><style:table-properties table:display='false'/></style:style>"
    (tmp_path / "a.ods").write_bytes(ods(
        ("Data", ODS_ROWS, ""), ("Lama", cells("x"), "table:style-name='ta2'"), ("Kosong", "", ""),
        before=style,
    ))  # fmt: skip
    assert sheet_names(tmp_path / "a.ods", "x") == ["Data", "Lama"]
    assert hidden_sheets(tmp_path / "a.ods") == {"Lama"}
    read = sheet_cells(tmp_path / "a.ods", "Data", "x")
    name = "Wu  luhan\ndua"
    assert read.rows == [
        [], [], [name, None, 113.7023, 113.7023, "2024-07-01"], [name, None, "x"],
    ]  # fmt: skip
    assert (read.hidden, read.merged) == (frozenset({4}), {0: {4}})
    with pytest.raises(InputError, match="several sheets: Data, Lama"):
        sheet_cells(tmp_path / "a.ods", None, "x")
    with pytest.raises(InputError, match="has no sheet 'Dta'"):
        sheet_cells(tmp_path / "a.ods", "Dta", "x")


TOO_LARGE = ("more than 3,000,000 rows", "more than 500,000 rows", "2,000 are the most")


@pytest.mark.parametrize(("content", "said"), [
    (ods(("A", cells("&a;"), ""), doctype="<!DOCTYPE a [<!ENTITY a 'aaaa'>]>"), "DOCTYPE"),
    (ods(("A", cells("x", more="table:number-rows-repeated='999999999'"), "")), "more than 3,000,000 rows"),
    (ods(("A", cells("x", more="table:number-rows-repeated='600000'"), "")), "more than 500,000 rows"),
    (ods(("A", f"<table:table-row>{WIDE}</table:table-row>", "")), "2,000 are the most"),
    (ods(("A", cells("<text:s text:c='99999999'/>"), "")), "a cell of more than 1,000,000 characters"),
    (ods(("A", cells("x", more="table:number-rows-repeated='viele'"), "")), "cannot be read as a workbook"),
    (ods(("A", "", ""))[:200], "not read|cannot be read|no table"),
], ids=["doctype", "rows", "book rows", "columns", "a cell", "no number", "cut"])  # fmt: skip
def test_a_hostile_workbook_of_libreoffice_is_refused_in_a_sentence(tmp_path, content, said):
    (tmp_path / "a.ods").write_bytes(content)
    with pytest.raises(InputError, match=said) as told:
        read_rows(FileSource(path=tmp_path / "a.ods"), "facilities")
    # A table that is too large is not locked by a password.
    assert ("password" in str(told.value)) == (said not in TOO_LARGE)
