"""Tables of people in which a kecamatan heads its villages, alone in a row but for a number or letter."""

from __future__ import annotations

import json

import openpyxl
import pytest
from test_list_carried import with_places

from planner.pipeline import open_workspace

# By hand: Krajan is a village of both kecamatan.
PEOPLE = {"Timbulharjo/Sewon": 1190, "Bangunharjo/Sewon": 1100, "Krajan/Sewon": 22, "Palbapang/Bantul": 61,
          "Ringinharjo/Bantul": 10, "Krajan/Bantul": 14}  # fmt: skip
SEWON = [["1", "Timbulharjo", 1190], ["2", "Bangunharjo", 1100], ["3", "Krajan", 22]]
BANTUL = [["1", "Palbapang", 61], ["2", "Ringinharjo", 10], ["3", "Krajan", 14]]


@pytest.fixture
def folder(tmp_path):
    return with_places(tmp_path)


def people(folder, jangkau, rows, heads=("No", "Desa", "Jumlah Penduduk")):
    book = openpyxl.Workbook()
    for row in [heads, *rows]:
        book.active.append(row)
    book.save(folder / "penduduk.xlsx")
    assert jangkau("init", folder, "--code", "35.09")[0] == 0
    status, _, err = jangkau("build", folder / "AREA.yml", "--out", folder / "w")
    assert (status, err) == (0, "")
    found = json.loads(jangkau("check", folder / "w", "--json")[1])
    villages = open_workspace(folder / "w").villages
    named = villages["village_name"] + "/" + villages["district_name"]
    return dict(zip(named, villages["people"], strict=True)), {f["rule"]: f["count"] for f in found}


@pytest.mark.parametrize(("first", "second"), [
    (["SEWON"], ["BANTUL"]), ([None, "SEWON"], [None, "BANTUL"]), (["I", "Sewon"], ["II", "Bantul"]),
    (["A. KECAMATAN SEWON"], ["B. KECAMATAN BANTUL"]), ([None, "I. Kec. Sewon"], [None, "II. Kec. Bantul"]),
    (["Kecamatan Sewon (3 desa)"], ["Kecamatan Bantul (3 desa)"]), (["1.", "Sewon"], ["2.", "Bantul"]),
])  # fmt: skip
def test_a_kecamatan_above_its_villages_is_theirs(folder, jangkau, first, second):
    total = ["Jumlah", None, 2397]
    found, told = people(folder, jangkau, [first, *SEWON, second, *BANTUL, total])
    assert found == PEOPLE
    assert told["district_row"] == 2
    assert not {"bad_code", "village_twice"} & told.keys()


def test_sums_of_kecamatan_under_a_heading_of_both_count_once(folder, jangkau):
    rows = [["I", "SEWON", 2312], *SEWON, ["II", "BANTUL", 85], *BANTUL, [None, "JEMBER", 2397]]
    found, told = people(folder, jangkau, rows, ("No", "Kecamatan/Desa", "Jumlah Penduduk"))
    assert found == PEOPLE
    assert told["sum_row"] == 3


def test_a_village_of_a_kecamatans_name_whose_people_are_not_known_is_no_heading(tmp_path, jangkau):
    """Both are called Sewon: only where a fuller row is the village, the name alone is the kecamatan."""
    import geopandas as gpd
    import shapely

    names = ["Sewon", "Timbulharjo", "Palbapang"]
    gpd.GeoDataFrame(
        {"kode": ["35.09.01.2001", "35.09.01.2002", "35.09.02.2001"], "nama": names,
         "kecamatan": ["Sewon", "Sewon", "Bantul"]},
        geometry=[shapely.box(113.5 + i / 50, -8.4, 113.52 + i / 50, -8.38) for i in range(3)], crs=4326,
    ).to_file(tmp_path / "desa.geojson")  # fmt: skip
    rows = [["1", "Sewon"], ["2", "Timbulharjo", 190], ["3", "Palbapang", 61]]
    found, told = people(tmp_path, jangkau, rows)
    assert found["Timbulharjo/Sewon"] == 190
    assert "district_row" not in told


def test_a_name_alone_is_the_kecamatan_where_a_fuller_row_is_the_village(tmp_path, jangkau):
    import geopandas as gpd
    import shapely

    gpd.GeoDataFrame(
        {"kode": ["35.09.01.2001", "35.09.01.2002", "35.09.02.2001"], "nama": ["Sewon", "Krajan", "Krajan"],
         "kecamatan": ["Sewon", "Sewon", "Bantul"]},
        geometry=[shapely.box(113.5 + i / 50, -8.4, 113.52 + i / 50, -8.38) for i in range(3)], crs=4326,
    ).to_file(tmp_path / "desa.geojson")  # fmt: skip
    rows = [["SEWON"], ["1", "Sewon", 30], ["2", "Krajan", 190], ["BANTUL"], ["1", "Krajan", 61]]
    found, told = people(tmp_path, jangkau, rows)
    assert found == {"Sewon/Sewon": 30, "Krajan/Sewon": 190, "Krajan/Bantul": 61}
    assert told["district_row"] == 2
