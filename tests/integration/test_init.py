"""`jangkau init`: from a folder of files to a workspace without an editor."""

from __future__ import annotations

import shutil

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
import yaml
from pandas.testing import assert_frame_equal

from geodata.areafile import read_area_file
from geodata.build import read_layers
from geodata.codes import parse_village_code
from geodata.drafting.draft import draft
from geodata.errors import ConfigError

CODES = [f"35.09.01.20{i:02d}" for i in range(1, 5)]
NAMES = ["Melati", "Kenanga", "Mawar", "Sumberagung"]


@pytest.fixture
def folder(tmp_path):
    """An office's folder: a map, a workbook with a title and two header rows, people of a year, roads."""
    shapes = [shapely.box(113 + 0.02 * i, -8.02, 113.02 + 0.02 * i, -8.0) for i in range(4)]
    frame = gpd.GeoDataFrame(
        {"KDEPUM": CODES, "NAMOBJ": NAMES, "WADMKC": "Jombang"}, geometry=shapes, crs=4326
    )
    frame.to_file(tmp_path / "batas desa.geojson")
    roads = [shapely.LineString([(113, -8.01), (113.08, -8.01)])]
    gpd.GeoDataFrame({"Keterangan": ["Jalan Lokal"]}, geometry=roads, crs=4326).to_file(
        tmp_path / "jalan.geojson"
    )
    book = openpyxl.Workbook()
    for row in (["DAFTAR FASILITAS"], [], ["No", "Nama Fasilitas", "Koordinat", None, "Desa"],
                [None, None, "Lintang", "Bujur", None],
                [1, "Puskesmas Jombang", -8.01, 113.01, "Melati"],
                [2, "Pustu Kenanga", -8.01, 113.03, "Kenanga"],
                [3, "Puskesmas Pembantu Mawar", None, None, "Mawar"]):  # fmt: skip
        book.active.append(row)
    book.active.merge_cells("C3:D3")
    book.save(tmp_path / "faskes.xlsx")
    people = "\n".join(
        f"{c};{n};{100 * i}" for i, (c, n) in enumerate(zip(CODES, NAMES, strict=True), start=1)
    )
    (tmp_path / "penduduk.csv").write_text(f"Kode Desa;Nama Desa;Jumlah Penduduk 2020\n{people}\n")
    (tmp_path / "surat.pdf").write_bytes(b"%PDF-1.4")
    return tmp_path


@pytest.mark.slow
def test_a_folder_becomes_a_workspace_without_an_editor(jangkau, folder):
    status, out, err = jangkau("init", folder)
    assert (status, err) == (0, ""), out
    area = read_area_file(folder / "AREA.yml")
    assert area.code == "35.09"
    assert area.facilities[0].kind.from_ == "name"
    assert (area.facilities[0].lat, area.facilities[0].lon) == ("Lintang", "Bujur")
    assert area.population.people == "Jumlah Penduduk 2020"
    assert area.roads.class_column == "Keterangan"
    text = (folder / "AREA.yml").read_text("utf-8")
    assert "surat.pdf" in text
    assert "Puskesmas Jombang | Pustu Kenanga | Puskesmas Pembantu Mawar" in text, "samples"
    status, out, _ = jangkau("build", folder / "AREA.yml", "--out", folder / "w")
    assert status == 0
    assert "4 villages (0 with unknown people), 3 facilities" in out
    # Written again only when asked.
    status, _, err = jangkau("init", folder)
    assert (status, "--force" in err) == (2, True)
    assert jangkau("init", folder, "--force")[0] == 0


def test_a_folder_without_a_map_of_villages(jangkau, tmp_path):
    (tmp_path / "faskes.csv").write_text("nama,lat,lon\nPustu A,-8,113\n")
    status, _, err = jangkau("init", tmp_path)
    assert status == 2
    assert "no map of villages" in err
    assert "faskes.csv: 1 facilities" in err
    assert not (tmp_path / "AREA.yml").exists()
    assert jangkau("init", tmp_path / "none")[0] == 2


def test_what_stands_in_cells_cannot_leave_its_comment(jangkau, folder):
    bad = "x\ncode: '99.99'\r\u2028name: y # \x85 z: [" + "a" * 500
    frame = gpd.read_file(folder / "batas desa.geojson")
    frame["NAMOBJ"] = [bad, "Kenanga", "Mawar", "Sumberagung"]
    frame.to_file(folder / "batas desa.geojson")
    (folder / "a: b #c\u0007.csv").write_text("nama,lat,lon,jenis\nPustu A,-8.01,113.01,PUSTU\n")
    assert jangkau("init", folder)[0] == 0
    read = yaml.safe_load((folder / "AREA.yml").read_text("utf-8"))
    assert read["code"] == "35.09"
    assert set(read) == {"code", "name", "boundaries", "roads", "facilities", "population"}
    assert {str(f["path"]) for f in read["facilities"]} == {"a: b #c\u0007.csv", "faskes.xlsx"}


def test_headings_a_letter_off_are_taken_and_doubtful_ones_asked(jangkau, folder):
    text = (folder / "penduduk.csv").read_text().replace("Jumlah Penduduk 2020", "Jumlh Penduduk")
    (folder / "penduduk.csv").write_text(text)
    assert jangkau("init", folder)[0] == 0
    assert 'people: "Jumlh Penduduk"  # 9' in (folder / "AREA.yml").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("files", "code", "villages", "facilities"),
    [
        (("34.02*", "bantul*"), None, 75, 161), (("cilegon*",), "36.72", 43, 10),
        (("kangean*",), "35.29", 334, 101), (("medan*.geojson",), "12.71", 151, 60),
        (("medan*.js",), "12.71", 151, 60), (("banjarmasin*",), "63.71", 52, 293),
        (("palangka*",), "62.71", 30, 0), (("solok*",), None, 39, 0),
    ],
)  # fmt: skip
def test_every_place_is_built_on_the_first_try(jangkau, shared, tmp_path, files, code, villages, facilities):
    data = shared.resolve() / "data"
    for pattern in files:
        for path in (data / "dinkes").glob(pattern):
            (tmp_path / path.name).symlink_to(path)
    if code is not None:
        for name in ("villages.parquet", "wilayah_kemendagri.csv"):
            (tmp_path / name).symlink_to(data / "national" / name)
    assert jangkau("init", tmp_path, *(("--code", code) if code else ()))[0] == 0
    status, out, err = jangkau("build", tmp_path / "AREA.yml", "--out", tmp_path / "w")
    assert status == 0, err
    assert f": {villages} villages (" in out
    assert f", {facilities} facilities" in out
    read = read_area_file(tmp_path / "AREA.yml")
    assert parse_village_code(f"{read.code}.01.2001") is not None


@pytest.mark.slow
def test_spoiled_coordinates_are_mended_as_asked(jangkau, folder):
    # The first names its village and is swapped; the second names nothing.
    rows = [
        "Pustu A,Kenanga,113.03,-8.01",
        "Pustu B,,113.05,-8.01",
        "Pustu C,,-8.01,113.01",
        "Pustu D,,-8.011,113.011",
    ]
    (folder / "pustu.csv").write_text("\n".join(["nama,desa,lat,lon", *rows]) + "\n")
    assert jangkau("init", folder)[0] == 0
    placed = {}
    for fix in ("safe", "all", "none"):
        args = ("build", folder / "AREA.yml", "--out", folder / fix, "--fix", fix)
        assert jangkau(*args)[0] == 0
        rows = gpd.read_parquet(next((folder / fix).glob("facilities-*.parquet"))).to_crs(4326)
        rows = rows[rows["source"] == "pustu.csv"].set_index("name")
        placed[fix] = {name: row.located_by for name, row in rows.iterrows()}
    assert [placed[f]["Pustu A"] for f in placed] == ["coordinates", "coordinates", "name"]
    assert [placed[f]["Pustu B"] for f in placed] == ["none", "coordinates", "none"]
    assert {placed[f]["Pustu C"] for f in placed} == {"coordinates"}


@pytest.mark.slow
def test_the_demos_folder_is_read_as_its_own_area_yml_says(jangkau, tmp_path):
    """Ids by which lists name each other, hamlets, staff, groups and seasons, no line by hand."""
    jangkau("demo", "--out", tmp_path / "demo")
    mine, drafted = tmp_path / "demo/area", tmp_path / "kantor"
    shutil.copytree(mine, drafted, ignore=shutil.ignore_patterns("AREA.yml"))
    status, _, err = jangkau("init", drafted, "--name", "Kabupaten Nusa Rekaan")
    assert (status, err) == (0, "")
    own, found = (read_layers(read_area_file(folder / "AREA.yml")) for folder in (mine, drafted))
    assert set(found.area.listed_kinds) == set(own.area.listed_kinds)
    for layer in ("villages", "facilities", "hamlets", "roads"):
        wanted, got = (getattr(layers, layer).sort_index() for layers in (own, found))
        columns = sorted(wanted.columns)
        assert sorted(got.columns) == columns, layer
        assert_frame_equal(pd.DataFrame(got[columns]), pd.DataFrame(wanted[columns]), obj=layer)


def test_what_repeats_or_is_a_villages_code_is_no_id(jangkau, folder):
    rows = "\n".join(
        f"{c},Posyandu {n},-8.01,113.01,{i}" for i, (c, n) in enumerate(zip(CODES, NAMES, strict=True))
    )
    (folder / "posyandu.csv").write_text(f"kode,nama,lat,lon,kader\n{rows}\n")
    (folder / "klinik.csv").write_text(
        "kode,nama,lat,lon,dusun\nA,Klinik Satu,-8.01,113.01,Krajan\nA,Klinik Dua,-8.01,113.02,Krajan\n"
    )
    jangkau("init", folder)
    lists = {f.path.name: f for f in read_area_file(folder / "AREA.yml").facilities}
    assert (lists["posyandu.csv"].id, lists["klinik.csv"].id) == (None, None)
    assert lists["posyandu.csv"].staff == {"kader": "kader"}


def test_words_are_no_numbers_of_staff(jangkau, folder):
    (folder / "pustu.csv").write_text(
        "kode,nama,lat,lon,bidan,perawat\nT1,Pustu A,-8.01,113.01,ada,2\nT2,Pustu B,-8.01,113.03,,-1\n"
    )
    jangkau("init", folder)
    [pustu] = [f for f in read_area_file(folder / "AREA.yml").facilities if f.path.name == "pustu.csv"]
    assert (pustu.id, pustu.staff) == ("kode", {})


def test_the_code_of_a_puskesmas_in_a_list_of_pustu_is_the_parents(jangkau, folder):
    (folder / "pustu.csv").write_text(
        "Kode Puskesmas,nama,lat,lon\nP1,Pustu A,-8.01,113.01\nP2,Pustu B,-8.01,113.03\n"
    )
    (folder / "puskesmas.csv").write_text("Kode Puskesmas,nama,lat,lon\nP1,Puskesmas A,-8.01,113.01\n")
    jangkau("init", folder)
    lists = {f.path.name: f for f in read_area_file(folder / "AREA.yml").facilities}
    assert (lists["pustu.csv"].id, lists["pustu.csv"].parent) == (None, "Kode Puskesmas")
    assert (lists["puskesmas.csv"].id, lists["puskesmas.csv"].parent) == ("Kode Puskesmas", None)


def test_faults_of_files_are_told_in_sentences_of_their_own(tmp_path):
    (tmp_path / "a.kml").write_text('<?xml version="1.0"?><!DOCTYPE k [<!ENTITY e "x">]><kml/>')
    (tmp_path / "b.geojson").write_text("no map")
    with pytest.raises(ConfigError) as said:
        draft(tmp_path)
    assert str(said.value) == (
        f"{tmp_path} has no map of villages (polygons with their names). Put one into it. Its files: "
        "a.kml: cannot be read as a vector file: it has a DOCTYPE, which may name other files. "
        "Save it as GeoJSON or GPKG. "
        "b.geojson: cannot be read as a vector file: it is no GeoJSON inside. Save it as GeoJSON or GPKG."
    )


def test_a_raster_is_known_by_what_it_holds(folder):
    vrt = '<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1"/></VRTDataset>'
    (folder / "a.tif").write_text(vrt)
    (folder / "b.vrt").write_text(vrt)
    for name, crs in (("c.tif", "EPSG:4326"), ("d.tif", None)):
        with rasterio.open(
            folder / name, "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8", crs=crs,
            transform=rasterio.Affine(0.01, 0, 110, 0, -0.01, -7),
        ) as raster:  # fmt: skip
            raster.write(np.array([[1, 2], [3, 4]], "uint8"), 1)
    lines = draft(folder).text.splitlines()
    told = {
        name: next(x for x in lines if x.startswith(f"# {name}: ")) for name in ("a.tif", "b.vrt", "c.tif")
    }
    assert "elevation" not in told["a.tif"] + told["b.vrt"]
    assert told["a.tif"].startswith("# a.tif: cannot be read as a raster")
    assert told["b.vrt"].startswith("# b.vrt: cannot be read as a raster: its ending is none of")
    assert "it is elevation: {path: …}" in told["c.tif"]
    # Its CRS is named beside its path.
    (without,) = (x for x in lines if x.startswith("# d.tif: "))
    assert "it is elevation" in without
    assert "crs: EPSG:…" in without
