"""Real lists and tables go back to their senders, and come back."""

from __future__ import annotations

import csv

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geodata.areafile import read_area_file
from geodata.build import read_layers

pytestmark = pytest.mark.realdata

AREA = """\
code: "35.29"
name: Kabupaten Sumenep
boundaries: {{path: desa.geojson}}
facilities:
  - path: {path}
    id: id
    name: sarana_pelayanan
    kind:
      column: jenis
      values: {{Poskentren: poskestren, Puskesmas Induk: puskesmas, Layanan Luar: null}}
    lat: koordinat_x
    lon: koordinat_y
    village_name: kelurahan
    district_name: kecamatan
"""


@pytest.mark.slow
def test_kangean_goes_out_and_comes_back(shared, tmp_path, jangkau):
    path = shared / "data/dinkes/kangean_sumenep_layanan.csv"
    table = pd.read_csv(path)
    places = table[["kecamatan", "kelurahan"]].map(lambda t: str(t).strip()).drop_duplicates().to_numpy()
    # There is no boundary of these islands among the data: squares stand for the villages.
    gpd.GeoDataFrame(
        {"kode": [f"35.29.24.2{i:03d}" for i in range(len(places))], "nama": places[:, 1],
         "kecamatan": places[:, 0]},
        geometry=[shapely.box(115 + i / 50, -7.2, 115 + (i + 1) / 50, -6.7) for i in range(len(places))],
        crs="EPSG:4326",
    ).to_file(tmp_path / "desa.geojson")  # fmt: skip
    (tmp_path / "AREA.yml").write_text(AREA.format(path=path.resolve()), "utf-8")
    assert jangkau("build", tmp_path / "AREA.yml", "--out", tmp_path / "w")[0] == 0
    options = ("--out", tmp_path / "o", "--lists", tmp_path / "AREA.yml")
    status, said, err = jangkau("check", tmp_path / "w", *options)
    assert (status in (0, 3), err) == (True, ""), said
    name = "kangean_sumenep_layanan"
    book = openpyxl.load_workbook(tmp_path / "o" / f"{name}-periksa.xlsx")
    sheet = book["Daftar"]
    left_out = [r for r in range(2, sheet.max_row + 1) if sheet.cell(r, 2).value == "Layanan Luar"]
    assert len(left_out) == 7
    last = len(table.columns)
    assert all(sheet.cell(r, last + 1).comment is not None for r in left_out)
    sheet.cell(left_out[0], last + 1).value = "posyandu"
    book.save(tmp_path / "back.xlsx")
    answers = ("--answers", tmp_path / "back.xlsx", "--out", tmp_path / "a")
    status, said, _ = jangkau("check", tmp_path / "w", *answers)
    assert status == 0
    assert "1 answer taken" in said
    with path.open(encoding="utf-8-sig", newline="") as stream:
        before = [[cell.strip() for cell in row] for row in csv.reader(stream)]
    with (tmp_path / "a" / f"{name}-dijawab.csv").open(encoding="utf-8", newline="") as stream:
        after = [[cell.removeprefix("'") for cell in row] for row in csv.reader(stream)]
    before[left_out[0] - 1][1] = "posyandu"
    assert [[c.removeprefix("'") for c in row] for row in before if any(row)] == after


PEOPLE = """\
code: "35.09"
name: Kabupaten Jember
boundaries: {{path: {boundaries}}}
population: {{path: {path}, code: kode, name: nama, district_name: kec, people: penduduk_2010}}
"""


@pytest.mark.slow
def test_jembers_people_go_out_and_come_back(shared, tmp_path, jangkau):
    """Of six of its villages the census of 2010 was not found: each is asked, and its answer counts."""
    path = shared / "data/population/35.09_jember_census2010_namejoin.csv"
    boundaries = next((shared / "data/boundaries").glob("35.09_*_desa.geojson"))
    area = tmp_path / "AREA.yml"
    area.write_text(PEOPLE.format(path=path, boundaries=boundaries), "utf-8")
    before = pd.read_csv(path, dtype={"kode": str}).set_index("kode")["penduduk_2010"]
    lacking = before.index[before.isna()]
    assert jangkau("build", area, "--out", tmp_path / "w")[0] == 0
    assert jangkau("check", tmp_path / "w", "--out", tmp_path / "o", "--lists", area)[0] in (0, 3)
    name = path.stem
    book = openpyxl.load_workbook(tmp_path / "o" / f"{name}-periksa.xlsx")
    sheet, answers = book["Daftar"], {}
    for row in range(2, sheet.max_row + 1):
        if str(sheet.cell(row, 7).value).startswith("villages.people_unknown."):
            answers[sheet.cell(row, 1).value] = sheet.cell(row, 6).value = str(1000 + row)
    assert set(answers) == set(lacking)
    assert len(lacking) == 6
    book.save(tmp_path / "back.xlsx")
    back = ("--answers", tmp_path / "back.xlsx", "--out", tmp_path / "a")
    assert "6 answers taken" in jangkau("check", tmp_path / "w", *back)[1]
    text = PEOPLE.format(path=tmp_path / "a" / f"{name}-dijawab.csv", boundaries=boundaries)
    area.write_text(text, "utf-8")
    after = read_layers(read_area_file(area)).villages["people"]
    wanted = before.fillna(pd.Series(answers).astype(float))
    assert after.to_dict() == wanted.reindex(after.index).to_dict()
