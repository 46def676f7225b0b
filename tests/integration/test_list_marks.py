"""What a workbook says of its rows besides, and lists side by side: told, and never guessed or dropped."""

from __future__ import annotations

import re

import openpyxl
import pandas as pd
import pytest
from openpyxl.styles import Font
from test_list_headings import HEADS, LAT, LON, NAMES, UNITS, book, built
from test_list_traps import DESA, KECAMATAN, PEOPLE, with_map

from geodata.areafile import read_area_file
from geodata.build import read_layers
from geodata.drafting.draft import draft
from geodata.errors import SchemaError


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def marked(path, rows, *, hidden=(), struck=()):
    """Write rows into a workbook, some of which it hides, and strikes through but for their number."""
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for number in hidden:
        made.active.row_dimensions[number].hidden = True
    for number in struck:
        for cell in made.active[number][1:]:
            cell.font = Font(strike=True, bold=True)
    # Bold is no line through; nor is one cell of a row.
    made.active["A4"].font = Font(bold=True)
    made.active["B4"].font = Font(strike=True)
    made.save(path)


def test_hidden_and_struck_units_count_and_are_told(folder):
    marked(folder / "pustu.xlsx", [HEADS, *UNITS], hidden=[3, 6], struck=[2, 6])
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    assert [(c.row, c.value) for c in told["hidden_row"].cells] == [(3, NAMES[1]), (6, NAMES[4])]
    assert [(c.row, c.value) for c in told["struck_row"].cells] == [(2, NAMES[0]), (6, NAMES[4])]
    assert {told[rule].severity for rule in ("hidden_row", "struck_row")} == {"warning"}
    # Rows of the layer that a row of the file is.
    assert all(c.id in layers.facilities.index for c in told["struck_row"].cells)


def test_what_is_left_out_is_not_said_to_count(folder):
    marked(folder / "pustu.xlsx", [HEADS, *UNITS, ["Jumlah", 6]], hidden=[1, 8], struck=[1, 8])
    assert not {"hidden_row", "struck_row"} & built(folder)[2].keys()


def test_hidden_people_and_hamlets_are_told(folder):
    rows = [list(row) for row in zip(KECAMATAN, DESA, PEOPLE, strict=True)]
    marked(folder / "penduduk.xlsx", [["Kecamatan", "Desa", "Jumlah Penduduk"], *rows], hidden=[2])
    rows = [[d, f"Dusun {d}", y, x] for d, y, x in zip(DESA, LAT, LON, strict=True)]
    marked(folder / "dusun.xlsx", [["Desa", "Dusun", "Lintang", "Bujur"], *rows], struck=[3])
    _, layers, _ = built(folder)
    assert layers.villages["people"].tolist() == PEOPLE
    found = {(f.layer, f.rule): [c.row for c in f.cells] for f in layers.findings}
    assert found["population", "hidden_row"] == [2]
    assert found["hamlets", "struck_row"] == [3]


# --- Lists side by side ------------------------------------------------------------------------------------

SECOND = ["No", "Nama Posyandu", "Desa", "Kecamatan"]


@pytest.mark.parametrize("gap", [[], [None]])
@pytest.mark.parametrize("second", [SECOND, SECOND[1:], ["No.", "Nama Posyandu", "Alamat", "Desa"]])
def test_a_second_list_beside_the_first_is_told(folder, gap, second):
    # The second list has other villages.
    right = [
        [i, f"Melati {i}", d, k] for i, (d, k) in enumerate(zip(DESA[::-1], KECAMATAN[::-1], strict=True))
    ]
    rows = [[*left, *gap, *more[-len(second) :]] for left, more in zip(UNITS, right, strict=True)]
    book(folder / "faskes.xlsx", [[*HEADS, *gap, *second], *rows])
    said = draft(folder)
    assert any("a second list stands beside the first, and is not read" in note for note in said.notes)
    assert "# a second list stands beside the first, and is not read: columns " in said.text
    _, layers, told = built(folder)
    assert len(layers.facilities) == 6
    assert (told["list_beside"].severity, told["list_beside"].count) == ("error", len(second))
    assert told["list_beside"].ids == tuple(second)
    # Asked for by hand it is refused: the second list's units are in the second list's villages.
    area = (folder / "AREA.yml").read_text("utf-8")
    by_hand = "    kind: {columns: {Nama Pustu: pustu, Nama Posyandu: posyandu}}\n"
    (folder / "AREA.yml").write_text(re.sub(r"    (kind|name): .*\n", "", area).replace(
        "    village_name:", by_hand + "    village_name:", 1), "utf-8")  # fmt: skip
    with pytest.raises(SchemaError, match="a second list stands beside the first"):
        read_layers(read_area_file(folder / "AREA.yml"))


def test_units_in_numbered_columns_of_one_row_are_read(folder):
    pd.DataFrame({"Desa": DESA, "Kecamatan": KECAMATAN, "Posyandu 1": [f"Melati {d}" for d in DESA],
                  "Posyandu 2": [f"Mawar {d}" for d in DESA], "Posyandu III": [f"Nusa {d}" for d in DESA],
                  }).to_excel(folder / "posyandu.xlsx", index=False)  # fmt: skip
    _, layers, told = built(folder)
    found = dict(zip(layers.facilities["name"], layers.facilities["village_code"], strict=True))
    code = dict(zip(layers.villages["village_name"], layers.villages.index, strict=True))
    assert found == {f"{name} {d}": code[d] for d in DESA for name in ("Melati", "Mawar", "Nusa")}
    assert told["kinds_beside"].count == 18
    assert "list_beside" not in told


@pytest.mark.slow
@pytest.mark.parametrize("more", [
    # Who heads each unit and where he lives; counts by year; a column that stands twice; counted by sex.
    {"Nama Kepala": NAMES, "NIP": range(6), "Alamat": DESA},
    {"Posyandu 21": range(6), "Posyandu 22": range(6)},
    {"Desa ": DESA}, {"L": range(6), "P": range(6), "l": range(6), "p": range(6)},
    {"Kader 1": NAMES, "Kader 2": NAMES},
])  # fmt: skip
def test_other_columns_are_no_second_list(folder, more):
    frame = pd.DataFrame({**dict(zip(HEADS, zip(*UNITS, strict=True), strict=True)), **more})
    frame.to_excel(folder / "pustu.xlsx", index=False)
    assert "second list" not in draft(folder).text
    assert "list_beside" not in built(folder)[2]
