"""Lists in pages: totals, headings that stand again, and what stands above them; no row is lost unsaid."""

from __future__ import annotations

import pytest
from test_list_headings import LAT, LON, book, built
from test_list_traps import DESA, KECAMATAN, with_map

from geodata.codes import is_district, name_key
from geodata.vocabulary.columns import table_words

HEADS = ["No", "Nama Pustu", "Kecamatan", "Desa", "Lintang", "Bujur"]
NAMES = [f"Pustu {name}" for name in DESA]
UNITS = [
    [str(i), name, k, d, str(y), str(x)]
    for i, (name, k, d, y, x) in enumerate(zip(NAMES, KECAMATAN, DESA, LAT, LON, strict=True), start=1)
]


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def text(folder, rows):
    lines = (",".join(row) for row in rows)
    (folder / "pustu.csv").write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.parametrize("total", [["", "Jumlah"], ["Jumlah", "2"], ["", "Jumlah dipindahkan", "", "2"]])
def test_a_total_above_headings_that_stand_again_takes_no_row_away(folder, total):
    total = total + [""] * (len(HEADS) - len(total))
    text(folder, [HEADS, *UNITS[:2], total, HEADS, *UNITS[2:4], total, HEADS, *UNITS[4:]])
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    assert told["heading_again"].count == 2
    assert "above_heading" not in told


def test_a_total_above_two_rows_of_headings_takes_no_row_away(folder):
    heads = [[*HEADS[:4], "Koordinat", ""], ["", "", "", "", "Lintang", "Bujur"]]
    total = ["", "Jumlah", "", "", "", ""]
    text(folder, [*heads, *UNITS[:2], total, *heads, *UNITS[2:]])
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    assert told["heading_again"].count == 2


def test_rows_above_headings_that_tell_more_are_told(folder):
    """The second page has a column more, so that its headings count: what stands above is not read."""
    assert {"kabupaten"} <= table_words()
    more = [[*HEADS, "Kabupaten"], *([*row, ""] for row in UNITS[2:])]
    text(folder, [[*HEADS, ""], *([*row, ""] for row in UNITS[:2]), *more])
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES[2:])
    found = told["above_heading"]
    assert (found.severity, [cell.row for cell in found.cells]) == ("error", [1, 2, 3])


def test_titles_above_a_list_are_no_rows_of_it(folder):
    title = [["DAFTAR PUSTU"], ["Kabupaten", ":", "Jember"], ["Tahun", "2024"]]
    text(folder, [*(row + [""] * (6 - len(row)) for row in title), HEADS, *UNITS])
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    assert "above_heading" not in told


@pytest.mark.parametrize(
    "below", [["", "", "", "", "(LS)", "(BT)"], ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"]]
)
def test_a_row_of_words_in_brackets_below_the_headings_is_no_unit(folder, below):
    text(folder, [HEADS, below, *UNITS])
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    assert not {"note_row", "place_unread"} & told.keys()


def test_a_note_in_brackets_at_the_foot_is_told_as_one(folder):
    text(folder, [HEADS, *UNITS, ["", "(Pustu berfungsi 70)", "", "", "", ""]])
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    assert told["note_row"].ids == ("row 8 ((Pustu berfungsi 70))",)


def test_words_before_names_of_villages_do_not_count():
    assert name_key("Kal. Sabdodadi") == name_key("Kalurahan Sabdodadi") == name_key("Sabdodadi")
    assert name_key("Kapanewon Bantul") == name_key("Kemantren Bantul") == name_key("Bantul")
    assert name_key("Kp. Baru") == name_key("Kampung Baru") != name_key("Baru")
    assert name_key("Kali Bening") == "kalibening"
    assert is_district("Kapanewon Sewon")


def staffed(folder, **more):
    """Write six pustu with two of their staff each, the name, village and kecamatan merged over both rows."""
    heads = ["No", "Nama Pustu", "Kecamatan", "Desa", "Nama Petugas", *more]
    rows = [[i, name, k, d, "Siti", *(values[0] for values in more.values())]
            for i, name, k, d, *_ in UNITS]  # fmt: skip
    second = [None] * 4 + ["Ani", *(values[1] for values in more.values())]
    blocks = [f"{c}{2 * i + 2}:{c}{2 * i + 3}" for i in range(6) for c in "ABCD"]
    book(folder / "pustu.xlsx", [heads, *(line for row in rows for line in (row, second))], *blocks)
    return built(folder)


def test_a_name_merged_over_the_rows_of_its_staff_is_one_unit(folder):
    _, layers, told = staffed(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    found = told["unit_goes_on"]
    assert (found.severity, [cell.row for cell in found.cells]) == ("warning", [3, 5, 7, 9, 11, 13])


def test_rows_of_several_kinds_under_one_merged_name_are_units(folder):
    _, layers, told = staffed(folder, Jenis=("Pustu", "Posyandu"))
    assert layers.facilities["kind"].value_counts().to_dict() == {"pustu": 6, "posyandu": 6}
    assert "unit_goes_on" not in told
