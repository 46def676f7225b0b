"""No cell of a CSV file is a formula, numbers stay numbers, and every text comes back as it was."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.areafile import FileSource
from geodata.demo.files import _csv
from geodata.files.csvtext import csv_text, guarded, rows_text, unguarded
from geodata.readers.files.table import read_table
from planner.pipeline import demo_layers, find_gaps
from planner.reports.outputs import write_gaps

CELL_STARTS = ("=", "+", "-", "@")
RISKY = (
    "=1+1",
    "+62 812",
    "-5",
    "@SUM(A1)",
    "\tx",
    "\r=x",
    "'=1",
    "''-x",
    "＝1",
    "a;=1+1;b",
    "a;'=1",
    "a; =1",
    "a\n=1+1;b",
    "a\r=1+1;b",
    "a;\n=1+1;b",
    'a"\n"=1+1',
    "a\n \n=1",
    "a\n'=1",
    " =1+1",
    "\xa0=1",
    "\ufeff=1",
    "\x00=1",
    "' =1",
    "a;\x00=1",
)
# What programs leave out before a formula: LibreOffice NUL, and the byte order mark of a file's
# beginning; others blanks.
LEFT_OUT = "".join(map(chr, [*range(9), 11, 12, *range(14, 33), 0x85, 0xA0, 0x200B, 0x3000, 0xFEFF]))


@given(st.one_of(st.text(), st.text("=+-@\t\r\n'x; \""), st.sampled_from(RISKY)))
def test_every_text_comes_back_and_none_is_a_formula(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


LETTERS = st.text("=+-@\t\r\n'x; \",\x00\xa0\ufeff", max_size=8)


def is_formula(cell):
    return cell.lstrip(LEFT_OUT).startswith(CELL_STARTS)


@given(st.one_of(st.text(), LETTERS, st.sampled_from(RISKY)))
def test_no_part_is_a_formula_where_the_list_separator_is_another(text):
    assert not [cell for cell in re.split(r"[;\t\r\n]", guarded(text)) if is_formula(cell)]


@pytest.mark.parametrize("write", [
    lambda rows: csv_text(pd.DataFrame(rows[1:], columns=rows[0]), index=False), rows_text,
])  # fmt: skip
@given(rows=st.lists(st.lists(st.one_of(LETTERS, st.sampled_from(RISKY)), min_size=3, max_size=3),
                     min_size=2, max_size=3))  # fmt: skip
def test_no_cell_of_a_file_is_a_formula_with_any_separator(write, rows):
    text = write([[f"x{cell}" for cell in rows[0]], *rows[1:]])
    numbers = {cell for row in rows for cell in row if re.fullmatch(r"[+-]?[0-9]+", cell)}
    for separator in ",;\t":
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        # Programs that know no quotes within a cell, or none at all, end a cell at every sign.
        plain = [line.split(separator) for line in re.split(r"[\r\n]", text)] if separator != "," else []
        for cell in (cell for row in (*read, *plain) for cell in row):
            # A negative number at a row's beginning is one, whatever stands behind it.
            assert cell.split(",")[0] in numbers or not is_formula(cell), (separator, cell)
    again = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [[unguarded(cell) for cell in row] for row in again] == rows[1:]


@pytest.mark.parametrize("first", ["-8", "+8", "-8,05", "-8.05"])
def test_a_number_at_a_rows_beginning_computes_nothing_with_what_stands_behind(tmp_path, first):
    """Where semicolons separate, "-8,5+cmd|…" is one cell."""
    rows = [["lintang", "nama", "bujur"], [first, "5+cmd|' /C calc'!A0", "-1,5"]]
    out = rows_text(rows)
    for separator in ";\t":
        cells = [c for row in csv.reader(io.StringIO(out, newline=""), delimiter=separator) for c in row]
        assert [c for c in cells if is_formula(c)] == []
    # The others, and one in a column alone, stay numbers.
    assert next(csv.reader(io.StringIO(out.splitlines()[1])))[1:] == rows[1][1:]
    assert rows_text([[first]]).strip('"\r\n') == first
    (tmp_path / "a.csv").write_text(out, "utf-8", newline="")
    again = read_table(FileSource(path=tmp_path / "a.csv"), "list", ["nama"])
    assert again.to_numpy().tolist() == rows[1:]


def test_a_table_keeps_its_numbers_and_gaps():
    table = pd.DataFrame(
        {"=name": list(RISKY[:4]), "n": [-1.5, np.nan, np.inf, 0.1], "k": [-1, 2, 3, 4], "yes": [True] * 4},
        index=pd.Index(["-01", "02", "=3", "04"], name="code"),
    )
    rows = list(csv.reader(io.StringIO(csv_text(table))))
    assert rows[0] == ["code", "'=name", "n", "k", "yes"]
    assert rows[1] == ["'-01", "'=1+1", "-1.5", "-1", "True"]
    assert rows[2] == ["02", "'+62 812", "", "2", "True"]
    assert rows[3] == ["'=3", "'-5", "inf", "3", "True"]


@pytest.mark.parametrize("categories", [False, True])
def test_our_own_file_reads_back(tmp_path, categories):
    texts = pd.Series([t for t in RISKY if t == t.strip() and not {*"\r\n\t\0\ufeff"} & {*t}])
    table = pd.DataFrame({"nama": texts.astype("category") if categories else texts})
    (tmp_path / "a.csv").write_text(csv_text(table, index=False), "utf-8", newline="")
    again = read_table(FileSource(path=tmp_path / "a.csv"), "list", ["nama"])
    assert again["nama"].tolist() == texts.tolist()


@pytest.mark.slow
def test_the_outputs_of_hostile_names_hold_no_formula(tmp_path):
    layers = demo_layers(12)
    layers.villages["village_name"] = [f"={i}+cmd|' /C calc'!A0" for i in range(12)]
    layers.facilities["name"] = "@SUM(1)"
    files = write_gaps(find_gaps(layers), tmp_path / "out")
    seen = 0
    for file in files:
        if file.suffix != ".csv":
            continue
        for row in csv.reader(io.StringIO(file.read_text("utf-8"), newline="")):
            for cell in row:
                seen += "cmd|" in cell or "SUM(1)" in cell
                assert not re.match(r"[=+@\t\r]|-(?![0-9.]|inf)", cell), (file.name, cell)
    assert seen > 24


def test_one_function_writes_every_csv():
    root = Path(__file__).parents[2]
    for file in (f for part in ("app", "geodata", "planner") for f in (root / part).rglob("*.py")):
        if file.name != "csvtext.py":
            found = re.search(r"\.to_csv\(|\bcsv\.(Dict)?[Ww]riter", file.read_text("utf-8"))
            assert found is None, (file, found)


def test_a_lone_return_ends_no_row():
    table = pd.DataFrame({"nama": ["Desa\rA", "B"], "jiwa": [1, 2]})
    rows = list(csv.reader(io.StringIO(csv_text(table, index=False), newline="")))
    assert rows == [["nama", "jiwa"], ["Desa\rA", "1"], ["B", "2"]]


@pytest.mark.parametrize("kind", [
    "object", "str", "string", "category", pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.large_string()),
    pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())), pd.CategoricalDtype(["=1+1", "a", "b\rc"]),
], ids=str)  # fmt: skip
def test_texts_of_every_type_are_guarded(kind):
    column = pd.Series(["=1+1", "a", None, "b\rc"]).astype(kind)
    text = csv_text(pd.DataFrame({"nama": column, "n": [-1, 2, 3, 4]}), index=False)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["nama", "n"], ["'=1+1", "-1"], ["a", "2"], ["", "3"], ["b\rc", "4"]]


def test_tables_of_the_demo_are_guarded_and_keep_their_numbers(tmp_path):
    rows = [{"nama": "=1+1", "lintang": -8.25}, {"nama": "Melati", "lintang": 1}]
    _csv(rows, tmp_path / "a.csv", comma=True)
    assert (tmp_path / "a.csv").read_text("utf-8") == "nama;lintang\n'=1+1;-8,25\nMelati;1\n"
