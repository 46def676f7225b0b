"""Workbooks that office programs would never write end in a short sentence, soon, with little memory."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from geodata.areafile import FileSource
from geodata.errors import InputError, SchemaError, UnreadableFileError, brief
from geodata.files import limits
from geodata.readers.files.sheets import sheet_names
from geodata.readers.files.table import read_table


def table(path):
    return read_table(FileSource(path=path), "people", ["kode", "jumlah"])


def book_with(path, inner):
    """Write a workbook of which the first sheet has further rows, as bytes of its file."""
    plain = path.with_name("plain.xlsx")
    book = openpyxl.Workbook()
    book.active.append(["kode", "jumlah"])
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            data = old.read(member)
            if member.endswith("sheet1.xml"):
                data = data.replace(b"</sheetData>", inner + b"</sheetData>")
            new.writestr(member, data)
    return path


@pytest.mark.parametrize("read", [table, lambda path: sheet_names(path, "people")])
def test_a_cell_of_millions_of_digits_is_refused_before_it_is_read(tmp_path, read):
    cell = b'<row r="2"><c r="A2"><v>' + b"1" * 3_000_000 + b"</v></c></row>"
    with pytest.raises(UnreadableFileError, match=r"a cell of more than 1,000,000 characters\. Empty"):
        read(book_with(tmp_path / "a.xlsx", cell))


def test_what_cannot_be_read_is_not_repeated_as_a_whole(tmp_path):
    cell = b'<row r="2"><c r="A2"><v>' + b"1." * 300_000 + b"</v></c></row>"
    with pytest.raises(InputError) as caught:
        table(book_with(tmp_path / "a.xlsx", cell))
    assert len(str(caught.value)) < 400


def test_a_number_of_thousands_of_digits_gives_no_advice_to_programmers(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"kode": "1", "jumlah": ' + "9" * 5_000 + "}]")
    with pytest.raises(UnreadableFileError, match="a number of thousands of digits") as caught:
        table(path)
    assert "sys." not in str(caught.value)
    assert brief(ValueError("short")) == "short"


def test_a_workbook_of_more_rows_than_offices_have_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "BOOK_ROWS", 20)
    book = openpyxl.Workbook()
    for row in [["kode", "jumlah"], *([i, i] for i in range(19))]:
        book.active.append(row)
    # Rows that are only coloured are none.
    book.active.cell(900, 1).fill = openpyxl.styles.PatternFill("solid", fgColor="ff0000")
    book.save(tmp_path / "a.xlsx")
    assert len(table(tmp_path / "a.xlsx")) == 19
    book.active.append([1, 1])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SchemaError, match=r"more than 20 rows, too many for a workbook.* as CSV"):
        table(tmp_path / "a.xlsx")


SST = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</sst>'
SST_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def rewritten(path, changes):
    """Write a workbook of two cells, with changes by the name of its part: text to text."""
    plain = path.with_name("plain.xlsx")
    book = openpyxl.Workbook()
    book.active.append(["kode", "jumlah"])
    book.active.append(["99.01.01.2001", 3])
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            text = old.read(name).decode() if name in old.namelist() else ""
            new.writestr(name, changes[name](text) if name in changes else text)
    return path


def bombs(n):
    """Return parts of n elements and more each, of a few bytes."""
    within = lambda end, inner: lambda text: text.replace(end, inner + end, 1)  # noqa: E731 - short
    sheet, types, texts = "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/sharedStrings.xml"
    typed = lambda name: within(  # noqa: E731 - short
        "</Types>", f'<Override PartName="/{name}" ContentType="{SST_TYPE}"/>'
    )
    row = f'<row r="3">{"<c/>" * n}</row>'
    other = f'<z:row xmlns:z="other">{"<z:x/>" * n}</z:row>'
    names = "".join(f'<definedName name="n{i}">1</definedName>' for i in range(n))
    return {
        "styles": {"xl/styles.xml": within("</cellXfs>", "<xf/>" * 2 * n)},
        "texts": {texts: lambda _: SST.format("<si/>" * 2 * n), types: typed(texts)},
        "marks of texts": {texts: lambda _: SST.format("<x/>" * 20 * n), types: typed(texts)},
        "texts as a sheet": {
            types: typed(sheet),
            sheet: within("</sheetData>", "<si/>" * 2 * n),
        },
        "names": {"xl/workbook.xml": within("<calcPr", f"<definedNames>{names}</definedNames>")},
        "cells of one row": {sheet: within("</sheetData>", row)},
        "elements of no row": {sheet: within("</sheetData>", "<a>" * n + "</a>" * n)},
        "rows of others": {sheet: within("</sheetData>", other)},
        "types": {types: within("</Types>", '<Default Extension="a" ContentType="b"/>' * 2 * n)},
    }


@pytest.mark.parametrize("bomb", bombs(1))
@pytest.mark.parametrize("read", [table, lambda path: sheet_names(path, "people")])
def test_parts_of_millions_of_elements_are_refused_before_they_are_held(tmp_path, monkeypatch, bomb, read):
    monkeypatch.setattr(limits, "BOOK_MARKS", 2_000)
    monkeypatch.setattr(limits, "BOOK_TEXT_MARKS", 40_000)
    monkeypatch.setattr(limits, "BOOK_TEXTS", 4_000)
    path = rewritten(tmp_path / "a.xlsx", bombs(2_100)[bomb])
    with pytest.raises(
        UnreadableFileError, match=r"people: a\.xlsx has a part with more than \d+,000 marks of XML"
    ):
        read(path)


def test_rows_are_no_elements_that_are_held(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "BOOK_MARKS", 2_000)
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c></row>' for i in range(3, 5_000))
    change = {"xl/worksheets/sheet1.xml": lambda text: text.replace("</sheetData>", f"{rows}</sheetData>")}
    assert len(table(rewritten(tmp_path / "a.xlsx", change))) == 4_998
