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
