"""Cells and headings that stopped a build, or were read as another thing."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
import yaml

from geodata.areafile import read_area_file
from geodata.build import read_layers
from geodata.errors import SchemaError

CODE = [f"35.09.01.200{i}" for i in range(1, 7)]
DESA = ["Sukamaju", "Mekarsari", "Tanjung", "Karanganyar", "Sidomulyo", "Wonosari"]
# The middle of each village, in degrees.
LAT, LON = [-8.05] * 6, [113.05 + i / 10 for i in range(6)]


@pytest.fixture
def folder(tmp_path):
    gpd.GeoDataFrame(
        {"kode": CODE, "nama": DESA, "kecamatan": "Kaliwates"},
        geometry=[shapely.box(113.0 + i / 10, -8.1, 113.1 + i / 10, -8.0) for i in range(6)],
        crs="EPSG:4326",
    ).to_file(tmp_path / "desa.geojson")
    return tmp_path


def built(folder, **layers):
    villages = {"path": "desa.geojson", "code": "kode", "name": "nama", "district_name": "kecamatan"}
    content = {"code": "35.09", "name": "Kabupaten Jember", "boundaries": villages, **layers}
    (folder / "AREA.yml").write_text(yaml.safe_dump(content), "utf-8")
    return told(folder)


def told(folder):
    layers = read_layers(read_area_file(folder / "AREA.yml"))
    return layers, {f.rule: f for f in layers.findings}


def drafted(folder, jangkau):
    assert jangkau("init", folder, "--force")[0] == 0
    return yaml.safe_load((folder / "AREA.yml").read_text("utf-8"))


def people_table(folder, numbers):
    rows = "\n".join(f"{code};{n}" for code, n in zip(CODE, numbers, strict=True))
    (folder / "penduduk.csv").write_text(f"Kode;Penduduk\n{rows}\n", "utf-8")
    return {"path": "penduduk.csv", "code": "Kode", "people": "Penduduk"}


@pytest.mark.parametrize(
    ("cell", "rule"), [("-", "count_unknown"), ("#N/A", "count_unknown"), ("…", "count_unknown"),
                       ("banyak", "count_unread"), ("-5", "count_unread")],
)  # fmt: skip
def test_one_cell_that_is_no_number_leaves_one_village_unknown(folder, cell, rule):
    table = people_table(folder, [1200, cell, 1400, 1500, 1600, 1700])
    layers, found = built(folder, population=table)
    assert np.isnan(layers.villages.loc[CODE[1], "people"])
    assert layers.villages["people"].sum() == 7400
    assert [(c.row, c.column, c.value) for c in found[rule].cells] == [(3, "Penduduk", cell)]


def test_a_column_of_words_is_the_wrong_one(folder):
    table = people_table(folder, ["banyak", "sedikit", "cukup", "ramai", 1600, 1700])
    with pytest.raises(SchemaError, match="holds 4 values that are not a number"):
        built(folder, population=table)


def test_people_are_read_as_offices_write_them(folder):
    table = people_table(folder, ["1.004,00", "500,00", "1.250 jiwa", "900 orang", "1.000", "2.000,00"])
    layers, found = built(folder, population=table)
    assert layers.villages["people"].tolist() == [1004, 500, 1250, 900, 1000, 2000]
    assert "count_unread" not in found


def test_a_dash_among_staff_is_unknown_and_its_column_is_taken(folder, jangkau):
    frame = pd.DataFrame(
        {"Nama Pustu": [f"Pustu {d}" for d in DESA], "Desa": DESA, "Bidan": [1, 2, "-", 1, 3, 1]}
    )
    frame.to_csv(folder / "pustu.csv", index=False)
    assert drafted(folder, jangkau)["facilities"][0]["staff"] == {"bidan": "Bidan"}
    layers, found = told(folder)
    assert layers.facilities["staff_bidan"].isna().tolist() == [False, False, True, False, False, False]
    assert found["count_unknown"].count == 1


def two_rows(folder, both, *, title=False):
    book = openpyxl.Workbook()
    sheet = book.active
    if title:
        sheet.append(["DATA PENDUDUK 2024"])
    sheet.append(["No", "Desa", "Jumlah Penduduk"])
    sheet.append([None, None, "L", "P", both])
    for i, desa in enumerate(DESA):
        sheet.append([i + 1, desa, 400 + i, 500 + i, 900 + 2 * i])
    for block in ("A{0}:A{1}", "B{0}:B{1}", "C{0}:E{0}"):
        sheet.merge_cells(block.format(1 + title, 2 + title))
    book.save(folder / "penduduk.xlsx")


@pytest.mark.parametrize("title", [False, True], ids=["plain", "under a title"])
@pytest.mark.parametrize("both", ["L+P", "JML", "Jumlah"])
def test_headings_of_two_rows_are_one_heading(folder, jangkau, both, title):
    two_rows(folder, both, title=title)
    drafted(folder, jangkau)
    layers, _ = told(folder)
    assert layers.villages["people"].tolist() == [900 + 2 * i for i in range(6)]


@pytest.mark.parametrize(
    ("columns", "people"),
    [({"L": 400, "P": 500}, 900), ({"Penduduk Laki-laki": 400, "Penduduk Perempuan": 500}, 900),
     ({"Laki-laki": 400, "Perempuan": 500}, 900), ({"KK": 200, "Jiwa": 880}, 880),
     ({"2022": 870, "2023": 880, "2024": 890}, 890)],
    ids=["L and P", "people by sex", "words alone", "families and people", "years"],
)  # fmt: skip
def test_people_by_sex_are_summed_and_the_last_year_counts(folder, jangkau, columns, people):
    pd.DataFrame({"Kode": CODE, "Desa": DESA, **columns}).to_csv(folder / "penduduk.csv", index=False)
    drafted(folder, jangkau)
    assert told(folder)[0].villages["people"].tolist() == [people] * 6


@pytest.mark.parametrize(
    ("file", "columns"),
    [("miskin.csv", {"Jumlah Penduduk Miskin": 80}), ("balita.csv", {"L": 40, "P": 50}),
     ("DPT 2024.csv", {"L": 40, "P": 50}), ("senam.csv", {"L": 40, "P": 50}),
     ("penerima BLT.csv", {"KK": 20, "Jiwa": 80}), ("desa.csv", {"2022": 1, "2023": 3})],
)  # fmt: skip
def test_some_of_the_people_are_not_the_people(folder, jangkau, file, columns):
    pd.DataFrame({"Kode": CODE, "Desa": DESA, **columns}).to_csv(folder / file, index=False)
    assert "population" not in drafted(folder, jangkau)


def list_of(folder, cells):
    frame = pd.DataFrame({"Nama Pustu": [f"Pustu {d}" for d in DESA], "Desa": DESA, **cells})
    frame.to_csv(folder / "pustu.csv", index=False)
    return [{"path": "pustu.csv", "kind": "pustu"}]


def test_a_list_of_places_that_nobody_can_read_is_located_by_its_villages(folder):
    facilities = list_of(folder, {"Koordinat": ["dekat pasar"] * 6})
    layers, found = built(folder, facilities=facilities)
    assert sorted(layers.facilities["village_code"]) == CODE
    assert found["place_unread"].count == 6
    assert found["place_unread"].severity == "error"


def test_marks_of_thousands_in_a_longitude_are_a_lost_point(folder):
    cells = {"Lintang": LAT, "Bujur": [f"{113050 + 100 * i}.100".replace("113", "113.", 1) for i in range(6)]}
    assert cells["Bujur"][1] == "113.150.100"
    layers, found = built(folder, facilities=list_of(folder, cells))
    lon = layers.facilities.geometry.to_crs("EPSG:4326").x
    assert lon.to_numpy() == pytest.approx([x + 0.0001 for x in LON], abs=1e-6)
    assert found["place_mended"].count == 6


@pytest.mark.parametrize("zero", ["0", "0.0", "0.000000"])
def test_zero_zero_is_told(folder, zero):
    cells = {"Lintang": [zero, *LAT[1:]], "Bujur": [zero, *LON[1:]]}
    layers, found = built(folder, facilities=list_of(folder, cells))
    assert layers.facilities["located_by"].tolist() == ["name", *["coordinates"] * 5]
    assert [c.row for c in found["place_zero"].cells] == [2]
    assert "place_lost" not in found


@pytest.mark.parametrize("heads", [["LS (derajat)", "LS (menit)", "BT (derajat)", "BT (menit)"], None])
def test_degrees_and_minutes_in_columns_of_their_own_are_refused(folder, heads):
    facilities = list_of(folder, dict.fromkeys(heads or ["Lintang", "a", "Bujur", "b"], 3))
    if heads is None:
        text = (folder / "pustu.csv").read_text("utf-8").split("\n", 1)
        (folder / "pustu.csv").write_text(f"{text[0]}\n,,Derajat,Menit,Derajat,Menit\n{text[1]}", "utf-8")
        facilities[0] |= {"lat": "Lintang", "lon": "Bujur"}
    with pytest.raises(SchemaError, match="columns of their own"):
        built(folder, facilities=facilities)
    facilities[0] |= {"lat": None, "lon": None}
    if heads is not None:
        assert sorted(built(folder, facilities=facilities)[0].facilities["village_code"]) == CODE


@pytest.mark.parametrize(
    "heads",
    [("Lintang (Derajat Menit Detik)", "Bujur (Derajat Menit Detik)"),
     ("Lintang (derajat)", "Bujur (derajat)", "Waktu tempuh (menit)"),
     ("Lintang", "Bujur", "Waktu tempuh (menit)", "Suhu vaksin (derajat)")],
)  # fmt: skip
def test_degrees_and_minutes_of_something_else_are_no_parts_of_a_place(folder, heads):
    cells = dict(zip(heads, [LAT, LON, [30] * 6, [4] * 6], strict=False))
    facilities = list_of(folder, cells)
    facilities[0] |= {"lat": heads[0], "lon": heads[1]}
    layers, _ = built(folder, facilities=facilities)
    assert len(layers.facilities) == 6
    assert (layers.facilities["status"] == "used").all()


@pytest.mark.slow
def test_a_map_of_several_layers_has_an_entry_for_each(folder, jangkau):
    for half in (0, 1):
        rows = slice(3 * half, 3 * half + 3)
        gpd.GeoDataFrame(
            {"nama": [f"Posyandu {d}" for d in DESA[rows]]},
            geometry=gpd.points_from_xy(LON[rows], LAT[rows]), crs="EPSG:4326",
        ).to_file(folder / "data.gpkg", layer=f"bagian_{half}")  # fmt: skip
    entries = drafted(folder, jangkau)["facilities"]
    assert [(e["path"], e["layer"]) for e in entries] == [
        ("data.gpkg", "bagian_0"),
        ("data.gpkg", "bagian_1"),
    ]
    assert sorted(told(folder)[0].facilities["village_code"]) == CODE


@pytest.mark.parametrize(
    "heads", [("LINTANG (LS)", "BUJUR (BT)"), ("Koord. Lintang", "Koord. Bujur"), ("POINT_Y", "POINT_X"),
              ("Titik Koordinat Lintang", "Titik Koordinat Bujur"), "Koordinat (Lat, Long)",
              "Latitude, Longitude"],
)  # fmt: skip
def test_columns_of_places_are_known_by_their_usual_headings(folder, heads):
    pair = [f"{y}, {x}" for y, x in zip(LAT, LON, strict=True)]
    cells = {heads: pair} if isinstance(heads, str) else dict(zip(heads, (LAT, LON), strict=True))
    layers, _ = built(folder, facilities=list_of(folder, cells))
    assert set(layers.facilities["located_by"]) == {"coordinates"}
