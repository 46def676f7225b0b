"""Where a table's headings stand: what `init` sees and what `build` reads by it are the same."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest
import yaml
from test_list_traps import DESA, KECAMATAN, PEOPLE, with_map

from geodata.areafile import FileSource, read_area_file
from geodata.build import read_layers
from geodata.drafting.draft import draft
from geodata.readers.adoption_table import read_adoption
from geodata.readers.files.table import read_rows

NAMES = [f"Pustu {name}" for name in DESA]
LAT, LON = [-8.39] * 6, [113.51 + 0.02 * i for i in range(6)]
HEADS = ["No", "Nama Pustu", "Desa", "Kecamatan"]
UNITS = [list(row) for row in zip(range(1, 7), NAMES, DESA, KECAMATAN, strict=True)]


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def built(folder):
    """Return what `init` writes, the layers built by it, and what is told of them."""
    text = draft(folder).text
    (folder / "AREA.yml").write_text(text, "utf-8")
    layers = read_layers(read_area_file(folder / "AREA.yml"))
    return yaml.safe_load(text), layers, {f.rule: f for f in layers.findings}


def book(path, rows, *merged):
    """Write rows into a workbook."""
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for block in merged:
        made.active.merge_cells(block)
    made.save(path)


# --- Two rows of headings ----------------------------------------------------------------------------------

SOUTH, SIGNED = [-y for y in LAT], LAT


@pytest.mark.parametrize(
    ("over", "lat", "lon", "values"),
    [
        ("Koordinat", "LS", "BT", SOUTH), ("Koordinat", "S", "E", SOUTH),
        ("Titik Koordinat", "S", "E", SOUTH),
        ("Titik Koordinat", "Lat (S)", "Long (E)", SIGNED), ("KOORDINAT GPS", "Lat (S)", "Long (E)", SOUTH),
        ("KOORDINAT", "Latitude (Y)", "Longitude (X)", SIGNED),
        ("Koordinat", "Lintang Selatan (LS)", "Bujur Timur (BT)", SOUTH),
        ("Koordinat", "Garis Lintang (LS)", "Garis Bujur (BT)", SOUTH),
    ],
)  # fmt: skip
@pytest.mark.parametrize("merged", [True, False])
def test_coordinates_below_one_heading_are_read(folder, over, lat, lon, values, merged):
    rows = [[*unit, y, x] for unit, y, x in zip(UNITS, values, LON, strict=True)]
    down = [f"{c}1:{c}2" for c in "ABCD"] if merged else []
    book(folder / "pustu.xlsx", [[*HEADS, over, None], [None] * 4 + [lat, lon], *rows],
         *(["E1:F1", *down] if merged else []))  # fmt: skip
    said, layers, _ = built(folder)
    assert "kind" in said["facilities"][0]
    placed = layers.facilities.to_crs(4326).geometry
    assert layers.facilities["located_by"].tolist() == ["coordinates"] * 6
    assert placed.y.round(6).tolist() == LAT
    assert placed.x.round(6).tolist() == [round(x, 6) for x in LON]


def test_staff_below_one_heading_is_counted(folder):
    rows = [[*unit, 1, 2] for unit in UNITS]
    book(folder / "pustu.xlsx", [[*HEADS, "Tenaga", None], [None] * 4 + ["Bidan", "Perawat"], *rows], "E1:F1")
    said, layers, _ = built(folder)
    assert said["facilities"][0]["staff"] == {"bidan": "Bidan", "perawat": "Perawat"}
    assert layers.facilities["staff_bidan"].tolist() == [1] * 6
    assert layers.facilities["staff_perawat"].tolist() == [2] * 6


@pytest.mark.parametrize(("over", "parts"), [("Jumlah Bidan", ("PNS", "Kontrak")),
                                             ("Jumlah Kader", ("Aktif", "Terlatih")),
                                             ("Bangunan", ("Milik", "Sewa"))])  # fmt: skip
@pytest.mark.parametrize("merged", [True, False])
def test_parts_below_a_heading_are_no_unit(folder, over, parts, merged):
    """What they count in all nobody says: neither is "Jumlah Bidan"."""
    rows = [[*unit, 1, 2] for unit in UNITS]
    down = [f"{c}1:{c}2" for c in "ABCD"]
    merged = ["E1:F1", *down] if merged else []
    book(folder / "pustu.xlsx", [[*HEADS, over, None], [None] * 4 + [*parts], *rows], *merged)
    said, layers, _ = built(folder)
    assert "staff" not in said["facilities"][0]
    assert sorted(layers.facilities["name"]) == sorted(NAMES)


@pytest.mark.parametrize("merged", [(), ("A1:D1",)])
@pytest.mark.parametrize("title", ["JUMLAH PENDUDUK", "Penduduk", "Desa"])
def test_a_title_of_known_words_is_no_heading_of_people(folder, title, merged):
    rows = [[i, k, d, n] for i, (k, d, n) in enumerate(zip(KECAMATAN, DESA, PEOPLE, strict=True), start=1)]
    book(folder / "penduduk.xlsx", [[title, None, None, None], ["No", "Kecamatan", "Desa", "Jumlah Penduduk"],
                                    *rows], *merged)  # fmt: skip
    _, layers, _ = built(folder)
    assert layers.villages["people"].tolist() == PEOPLE


def test_columns_that_only_area_yml_names_lead_to_their_headings(tmp_path):
    """A row above a table has more known words than its headings, which only who names them knows."""
    rows = [["Desa", "Kecamatan", "Jumlah"], ["x", "y", "z"], ["NMDS", "KDWIL", "PDK"], ["Ampel", "1", "7"]]
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False, header=False)
    table = read_rows(FileSource(path=tmp_path / "a.csv"), "people", named=["NMDS", "PDK"]).table
    assert table.to_dict("list") == {"NMDS": ["Ampel"], "KDWIL": ["1"], "PDK": ["7"]}
    # Who names none has the known words.
    assert list(read_rows(FileSource(path=tmp_path / "a.csv"), "people").table) == rows[0]


@pytest.mark.parametrize("row", [[1, "Pustu A", "Ampel", "Ambulu", "baik", "lama"],
                                 [None, "Pustu A", "Ampel", None, "baik", "lama"]])  # fmt: skip
def test_a_unit_below_a_heading_over_two_columns_is_one(tmp_path, row):
    book(tmp_path / "a.xlsx", [[*HEADS, "Bangunan", None], row, *UNITS])
    assert len(read_rows(FileSource(path=tmp_path / "a.xlsx"), "x").table) == 7


# --- Headings that stand again -----------------------------------------------------------------------------


def paged(heads, rows, again=None):
    """Return rows of three pages of two, each below the headings, in capitals from the second on."""
    later = [[None if c is None else c.upper() for c in head] for head in again or heads]
    pages = [page for at in range(2, len(rows), 2) for page in (*later, *rows[at : at + 2])]
    return [*heads, *rows[:2], *pages]


@pytest.mark.slow
@pytest.mark.parametrize("numbered", [True, False])
def test_headings_on_each_page_are_no_units(folder, numbered):
    heads = [HEADS, ["1", "2", "3", "4"]] if numbered else [HEADS]
    book(folder / "pustu.xlsx", paged(heads, UNITS))
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    rows = [i for i, row in enumerate(paged(heads, UNITS), start=1) if i > len(heads) and row[1] not in NAMES]
    found = told["heading_again"]
    assert [cell.row for cell in found.cells] == rows
    assert (found.layer, found.severity, found.count) == ("facilities", "info", len(rows))


def test_two_rows_of_headings_on_each_page_are_no_units(folder):
    rows = [[*unit, y, x] for unit, y, x in zip(UNITS, LAT, LON, strict=True)]
    heads = [[*HEADS, "Koordinat", None], [None] * 4 + ["Lintang", "Bujur"]]
    book(folder / "pustu.xlsx", paged(heads, rows))
    _, layers, told = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(NAMES)
    assert layers.facilities["located_by"].tolist() == ["coordinates"] * 6
    assert told["heading_again"].count == 4
    assert "place_unread" not in told


def test_headings_on_each_page_are_no_villages(folder):
    heads = [["No", "Kecamatan", "Desa", "Jumlah Penduduk", None, None], [None] * 3 + ["L", "P", "L+P"]]
    rows = [[i, k, d, n // 2, n - n // 2, n]
            for i, (k, d, n) in enumerate(zip(KECAMATAN, DESA, PEOPLE, strict=True), start=1)]  # fmt: skip
    book(folder / "penduduk.xlsx", paged(heads, rows))
    _, layers, told = built(folder)
    assert layers.villages["people"].tolist() == PEOPLE
    assert (told["heading_again"].layer, told["heading_again"].count) == ("population", 4)
    assert not {"bad_code", "count_unread"} & told.keys()


def test_headings_on_each_page_are_no_hamlets(folder):
    rows = [[d, f"Dusun {d}", y, x] for d, y, x in zip(DESA, LAT, LON, strict=True)]
    book(folder / "dusun.xlsx", paged([["Desa", "Dusun", "Lintang", "Bujur"]], rows))
    said, layers, told = built(folder)
    assert "hamlets" in said
    assert len(layers.hamlets) == 6
    assert (told["heading_again"].layer, told["heading_again"].count) == ("hamlets", 2)


def test_headings_on_each_page_are_no_stages(tmp_path):
    rows = paged([["kode_puskesmas", "tahap"]], [[f"P{i}", "Komitmen"] for i in range(6)])
    book(tmp_path / "ilp.xlsx", rows)
    found = read_adoption(tmp_path / "ilp.xlsx", [f"P{i}" for i in range(6)], {"komitmen": "commitment"})
    assert [one.facility_id for one in found] == [f"P{i}" for i in range(6)]


@pytest.mark.parametrize("row", [[3, "Desa", "Desa", "Ambulu"], [None, "Nama Pustu", None, None],
                                 [None, "Nama Pustu", "Sabrang", "Ambulu"]])  # fmt: skip
def test_a_row_that_says_more_than_headings_is_kept(tmp_path, row):
    book(tmp_path / "a.xlsx", [HEADS, UNITS[0], row, UNITS[1]])
    read = read_rows(FileSource(path=tmp_path / "a.xlsx"), "x")
    assert (len(read.table), dict(read.marks.again)) == (3, {})
