"""What a sender says a unit is, and whether it functions, goes into the list without destroying its name."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from planner.reports.senders.answers import decide
from planner.reports.senders.marked import _without_formulas
from planner.reports.senders.returned import Asked, Returned
from planner.reports.senders.rows import FindingRow

FILE = "posyandu.csv"


def decided(rule, answer, *, rows=None, value="Balai Desa", targets=(1,), head=1):
    """Return the list after one answer about its second row, and what became of the answer."""
    one = f"facilities.{rule}.1"
    rows = rows or [["Nama", "Desa"], ["Balai Desa", "Ambulu"], ["Posyandu Mawar", "Ambulu"]]
    asked = Asked(finding=one, row="2", column="x", value=value, sheet_row=2, targets=targets)
    back = Returned(Path(FILE), FILE, (asked,), rows, {one: [answer]}, {}, 0, head, kind_in_names=True)
    blank = dict.fromkeys(FindingRow._fields, "")
    found = decide(
        back, {one: FindingRow(**{**blank, "finding": one, "rule": rule, "file": FILE, "value": value})}
    )
    return found.rows, found.answers[0]


@pytest.mark.parametrize(
    ("rule", "answer", "name"),
    [("unknown_kind", "pustu", "pustu Balai Desa"), ("unknown_kind", "Pustu Balai Desa", "Pustu Balai Desa"),
     ("kind_by_name", "polindes", "polindes Balai Desa"),
     ("kind_by_name", "Polindes Mekar", "Polindes Mekar"),
     ("unknown_kind", "bukan fasilitas", None), ("unknown_kind", "gedung serbaguna", None)],
)  # fmt: skip
def test_a_kind_stands_before_the_name_and_takes_not_its_place(rule, answer, name):
    rows, said = decided(rule, answer)
    assert rows[1] == [name or "Balai Desa", "Ambulu"]
    assert said.taken == ("no" if name is None else "yes")


@pytest.mark.parametrize(
    ("answer", "cell"),
    [("tidak", "tidak"), ("iya", "iya"), ("ya, berfungsi", "ya"), ("Rusak berat", "Rusak berat"),
     ("mungkin", None), ("ya, tidak", None), ("benar", None), ("tidak diketahui", None)],
)  # fmt: skip
def test_whether_a_unit_functions_has_a_column_of_its_own(answer, cell):
    rows, said = decided("functioning_unknown", answer, value="", targets=())
    if cell is None:
        assert (said.taken, len(rows[0])) == ("no", 2)
        assert "neither ya nor tidak" in said.why
    else:
        assert said.taken == "yes"
        assert [row[2] for row in rows] == ["Berfungsi", cell, ""]


def test_under_headings_of_two_rows_no_column_is_added():
    """The second row would no longer be read as a part of the first, and the answer be lost."""
    rows = [["Nama", "Desa", "Perawat", ""], ["", "", "L", "P"], ["Pustu Ambulu", "Ambulu", "1", "2"]]
    found, said = decided("functioning_unknown", "ya", rows=rows, value="", targets=(), head=2)
    assert said.taken == "no"
    assert "two rows" in said.why
    assert found == rows
    # A title above the headings is no heading.
    rows = [["DAFTAR PUSTU", ""], ["Nama", "Desa"], ["Pustu Ambulu", "Ambulu"]]
    assert decided("functioning_unknown", "ya", rows=rows, value="", targets=(), head=2)[1].taken == "yes"


def test_no_second_column_of_one_heading_is_made():
    rows, said = decided(
        "functioning_unknown", "ya", value="", targets=(), rows=[["Nama", "BERFUNGSI"], ["A", "x"], ["B", ""]]
    )
    assert (len(rows[0]), said.taken) == (2, "no")
    assert "functioning:" in said.why


def test_an_older_workbook_does_not_say_where_its_heading_is():
    assert "older version" in decided("functioning_unknown", "ya", value="", targets=(), head=0)[1].why


def test_formulas_become_their_values_or_text():
    live, computed = openpyxl.Workbook().active, openpyxl.Workbook().active
    for cell, formula, value in (
        ("A1", "=1+1", 2),
        ("A2", '=HYPERLINK("http://x")', None),
        ("A3", "=B1", "=evil"),
    ):
        live[cell], computed[cell] = formula, value
    computed["A3"].data_type = "s"
    _without_formulas(live, computed)
    assert [(c.value, c.data_type) for c in (live["A1"], live["A2"], live["A3"])] == [
        (2, "n"), ('=HYPERLINK("http://x")', "s"), ("=evil", "s"),
    ]  # fmt: skip


def test_a_place_is_taken_where_the_list_has_no_column_for_it():
    """It is asked for, so it can be answered: the list gets a column that a build reads by itself."""
    rows, said = decided("unlocated", "-8.1706, 113.7023", targets=())
    assert said.taken == "yes"
    assert [row[-1] for row in rows] == ["Koordinat", "-8.1706, 113.7023", ""]


@pytest.mark.parametrize("answer", ["dekat pasar", "48.2, 16.4"])
def test_what_is_no_place_of_the_country_adds_no_column(answer):
    rows, said = decided("unlocated", answer, targets=())
    assert said.taken == "no"
    assert len(rows[0]) == 2


def test_a_row_that_stays_after_all_can_be_confirmed():
    """Its answer hapus is not taken: nothing leaves it out, and benar about something else of it counts."""
    rows = [["Nama", "Desa"], ["Balai Desa", "Ambulu"], ["Posyandu Mawar", "Ambulu"]]
    blank = dict.fromkeys(FindingRow._fields, "")
    ids = {"facilities.same_place.1": "hapus", "facilities.outside_boundary.2": "benar"}
    asked = tuple(Asked(finding=i, row="2", column="x", value="v", sheet_row=2, targets=(1,)) for i in ids)
    known = {
        i: FindingRow(**{**blank, "finding": i, "rule": i.split(".")[1], "file": FILE, "value": "v"})
        for i in ids
    }
    back = Returned(Path(FILE), FILE, asked, rows, {i: [said] for i, said in ids.items()}, {}, 0, 1)
    assert [answer.taken for answer in decide(back, known).answers] == ["no", "confirmed"]
