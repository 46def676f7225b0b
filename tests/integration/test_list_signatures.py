"""Who signed a list stands below it, and is no unit; a unit that stands there is one all the same."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from test_list_headings import HEADS, NAMES, UNITS, book, built
from test_list_traps import DESA, KECAMATAN, PEOPLE, with_map

BLOCK = [
    [None] * 4,
    [None, "Mengetahui,", None, "Ambulu, 3 Januari 2025"],
    [None, "Kepala Dinas Kesehatan", None, "Kasi Yankes Primer"],
    [None] * 4,
    [None, "dr. SAFRUDIN, M.Kes", None, "Ns. SITI AMINAH, S.Kep"],
    [None, "NIP. 19700101 200001 1 001", None, "NIP. 19800101 200501 2 002"],
]
ALONE = [[None] * 4, *([None, None, None, said] for said in (
    "Ambulu,      Januari 2025", "a.n. Kepala Dinas Kesehatan", "Sekretaris", "SITI AMINAH", "Pembina Tk. I",
    "NIP 197001012000011001"))]  # fmt: skip
NOTED = [[None] * 4, ["Keterangan: data per Desember"], *BLOCK[1:]]
TOTAL = [["Jumlah", 6], *BLOCK[1:]]


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def names(layers):
    return sorted(layers.facilities["name"])


@pytest.mark.parametrize("below", [BLOCK, ALONE, NOTED, TOTAL])
def test_who_signed_a_list_is_no_unit(folder, below):
    book(folder / "pustu.xlsx", [["DATA PUSTU"], HEADS, *UNITS, *below])
    _, layers, told = built(folder)
    assert names(layers) == sorted(NAMES)
    found = told["signature_row"]
    rows = [i for i, row in enumerate(below, start=9) if any(row) and row[0] is None]
    assert (found.severity, [cell.row for cell in found.cells]) == ("info", rows)


def test_signatures_on_each_page_are_no_units(folder):
    book(folder / "pustu.xlsx", [HEADS, *UNITS[:3], *BLOCK, [None] * 4, HEADS, *UNITS[3:], *BLOCK])
    _, layers, told = built(folder)
    assert names(layers) == sorted(NAMES)
    assert told["signature_row"].count == 8


@pytest.mark.parametrize("unit", [
    [7, "Melati", "Desa Baru", "Ambulu"], [None, "Pustu Baru", "Desa Baru", None],
    [None, "Melati", "Sabrang", None], [None, "Melati", "35.09.11.2003", None],
])  # fmt: skip
@pytest.mark.parametrize("place", ["above", "below"])
def test_a_unit_beside_the_signatures_is_kept(folder, unit, place):
    more = [[None] * 4, unit] if place == "above" else [unit]
    rows = [*more, *BLOCK] if place == "above" else [*BLOCK, *more]
    book(folder / "pustu.xlsx", [HEADS, *UNITS, *rows])
    _, layers, _ = built(folder)
    assert unit[1] in set(layers.facilities["name"])


@pytest.mark.parametrize("block", [
    [["Kepala Siring", "Desa Baru"]], [["Mengetahui,", None]], [["NIP. 19700101 200001 1 001", "Desa Baru"]],
])  # fmt: skip
def test_a_single_word_is_no_signature(folder, block):
    rows = [[None, *said, None] for said in block]
    book(folder / "pustu.xlsx", [HEADS, *UNITS, [None] * 4, *rows])
    assert "signature_row" not in built(folder)[2]


def test_a_village_called_as_an_office_is_kept(folder):
    villages = gpd.read_file(folder / "desa.geojson")
    villages.assign(nama=[*DESA[:5], "Kepala Desa"]).to_file(folder / "desa.geojson")
    book(folder / "pustu.xlsx", [HEADS, *UNITS[:5], [None] * 4, [None, "Mengetahui,", "Kepala Desa", None]])
    _, layers, told = built(folder)
    assert "signature_row" not in told
    assert CODE_OF_LAST in set(layers.facilities["village_code"])


CODE_OF_LAST = "35.09.12.2003"


def test_who_signed_a_table_of_people_is_no_village(folder):
    rows = [[i, k, d, n] for i, (k, d, n) in enumerate(zip(KECAMATAN, DESA, PEOPLE, strict=True), start=1)]
    book(folder / "penduduk.xlsx", [["No", "Kecamatan", "Desa", "Jumlah Penduduk"], *rows, *BLOCK])
    _, layers, told = built(folder)
    assert layers.villages["people"].tolist() == PEOPLE
    assert (told["signature_row"].layer, told["signature_row"].count) == ("population", 4)
    assert not {"bad_code", "count_unread"} & told.keys()


@pytest.mark.parametrize("numbered", [True, False])
def test_without_a_blank_row_only_numbers_tell_that_somebody_signs(folder, numbered):
    frame = pd.DataFrame(UNITS, columns=HEADS)
    frame.loc[6] = [None, "Mengetahui, Kepala Dinas", None, "Ambulu, 03-01-2025"]
    frame.loc[7] = [None, "dr. SAFRUDIN", None, None]
    frame.drop(columns=[] if numbered else ["No"]).to_csv(folder / "pustu.csv", index=False)
    _, layers, told = built(folder)
    assert ("signature_row" in told) == numbered
    # Without them a note stands there, and what goes on below it.
    assert ("note_row" in told) == (not numbered)
    assert len(layers.facilities) == 6
