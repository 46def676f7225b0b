"""Neighbouring kabupaten and the relief: from the files to the maps."""

from __future__ import annotations

import base64
import io
import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from app.areas.area import Area
from app.map.page import page_html
from app.texts import Texts
from geodata.areafile import read_area_file
from geodata.build import read_layers
from geodata.errors import MissingColumnError, MissingCrsError, MissingFileError, SchemaError
from geodata.readers.relief import hillshade, read_relief
from geodata.workspace import read_workspace, write_workspace
from planner.pipeline import find_gaps
from planner.reports.maps.page import write_map

WEST, SOUTH, SIDE = 107.0, -6.6, 0.04


def village(code, name, regency, column, row):
    box = shapely.box(
        WEST + SIDE * column, SOUTH + SIDE * row, WEST + SIDE * (column + 1), SOUTH + SIDE * (row + 1)
    )
    return {"kode": code, "nama": name, "kabupaten": regency, "geometry": box}


@pytest.fixture
def folder(tmp_path):
    """Two villages of one kabupaten; another to the east in two villages, and one far away."""
    rows = [
        village("32.01.01.2001", "Satu", "Bogor", 0, 0),
        village("32.01.01.2002", "Dua", "Bogor", 0, 1),
        village("32.02.01.2001", "Tiga", "Sukabumi", 1, 0),
        village("32.02.01.2002", "Empat", "Sukabumi", 1, 1),
        village("32.03.01.2001", "Lima", "Cianjur", 30, 0),
    ]
    gpd.GeoDataFrame(rows, crs="EPSG:4326").to_file(tmp_path / "desa.gpkg")
    units = gpd.GeoDataFrame(
        {"id": ["p1"], "nama": ["P"]}, geometry=[shapely.Point(WEST + 0.02, SOUTH + 0.02)], crs="EPSG:4326"
    )
    units.to_file(tmp_path / "pkm.gpkg")
    (tmp_path / "AREA.yml").write_text(
        "code: '32.01'\nname: Kabupaten Bogor\nboundaries: {path: desa.gpkg}\n"
        "facilities: [{path: pkm.gpkg, kind: puskesmas}]\n"
    )
    return tmp_path


def built(folder, also=""):
    path = folder / "AREA.yml"
    path.write_text(path.read_text() + also)
    return read_layers(read_area_file(path))


def test_villages_of_other_kabupaten_become_pale_neighbours(folder):
    layers = built(folder)
    around = layers.neighbours
    assert around["name"].tolist() == ["Sukabumi"]
    # One outline of both villages, within the buffer of 10 km, and nothing of the area itself.
    shape = around.geometry.iloc[0]
    own = shapely.union_all(layers.villages.geometry.to_numpy())
    assert shapely.area(shapely.intersection(shape, own)) == 0
    both = gpd.GeoSeries(
        [shapely.box(WEST + SIDE, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE)], crs="EPSG:4326"
    ).to_crs(layers.area.crs)
    assert shape.area == pytest.approx(both.area.iloc[0], rel=0.005)
    assert len(shapely.get_parts(shape)) == 1


def test_a_file_of_its_own_wins_and_polygons_without_a_name_have_none(folder):
    east = shapely.box(WEST + SIDE, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE)
    north = shapely.box(WEST, SOUTH + 2 * SIDE, WEST + SIDE, SOUTH + 3 * SIDE)
    gpd.GeoDataFrame({"WADMKK": ["Sukabumi <b>", None]}, geometry=[east, north], crs="EPSG:4326").to_file(
        folder / "kab.gpkg"
    )
    layers = built(folder, "neighbours: {path: kab.gpkg, name: WADMKK}\n")
    assert layers.neighbours["name"].tolist() == ["Sukabumi <b>", ""]
    assert "neighbours" in {s.layer for s in layers.sources}


@pytest.mark.slow
def test_gaps_between_villages_are_filled_and_a_city_in_a_kabupaten_is_not(folder):
    frame = gpd.read_file(folder / "desa.gpkg")
    east = frame["kabupaten"] == "Sukabumi"
    x, y = WEST + 1.5 * SIDE, SOUTH + 0.5 * SIDE
    gap, city = shapely.box(x - 0.003, y, x, y + 0.002), shapely.box(x, y + SIDE, x + 0.015, y + SIDE + 0.015)
    frame.loc[east, "geometry"] = frame[east].difference(gap).difference(city)
    frame.to_file(folder / "desa.gpkg")
    [shape] = built(folder).neighbours.geometry
    [part] = shapely.get_parts(shape)
    [hole] = part.interiors
    wanted = gpd.GeoSeries([city], crs=4326).to_crs(built(folder).area.crs).area.iloc[0]
    assert shapely.Polygon(hole).area == pytest.approx(wanted, rel=0.1)


def own_drawn_roughly():
    """The area's outline as another map has it: reaching 700 m into the sea, and short of it elsewhere."""
    return shapely.box(WEST - 0.006, SOUTH + 0.004, WEST + SIDE - 0.003, SOUTH + 2 * SIDE + 0.006)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Kabupaten Bogor", "KAB. BOGOR", "3201", "Wilayah 1", None])
def test_an_area_is_no_neighbour_of_itself(folder, name):
    east = shapely.box(WEST + SIDE, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE)
    gpd.GeoDataFrame({"nama": [name, "Sukabumi"]}, geometry=[own_drawn_roughly(), east], crs=4326).to_file(
        folder / "kab.gpkg"
    )
    layers = built(folder, "neighbours: {path: kab.gpkg}\n")
    assert layers.neighbours["name"].tolist() == ["Sukabumi"]


@pytest.mark.slow
def test_its_lakes_and_forests_in_the_boundary_file_are_no_neighbours_either(folder):
    frame = gpd.read_file(folder / "desa.gpkg")
    lake = shapely.box(WEST - SIDE, SOUTH, WEST - 0.002, SOUTH + SIDE)
    more = gpd.GeoDataFrame(
        {"kode": [None], "nama": ["Danau"], "kabupaten": ["Bogor"]}, geometry=[lake], crs=4326
    )
    pd.concat([frame, more]).to_file(folder / "desa.gpkg")
    assert built(folder).neighbours["name"].tolist() == ["Sukabumi"]


@pytest.mark.slow
def test_outlines_without_a_name_stay_apart_and_codes_are_names(folder):
    boxes = [
        shapely.box(WEST + SIDE, SOUTH + SIDE * r, WEST + 2 * SIDE, SOUTH + SIDE * (r + 1)) for r in (0, 1)
    ]
    gpd.GeoDataFrame({"foo": ["A", "B"]}, geometry=boxes, crs=4326).to_file(folder / "kab.gpkg")
    layers = built(folder, "neighbours: {path: kab.gpkg}\n")
    assert layers.neighbours["name"].tolist() == ["", ""]
    gpd.GeoDataFrame({"KDCPUM": ["32.02", "32.03"]}, geometry=boxes, crs=4326).to_file(folder / "kab.gpkg")
    again = read_layers(read_area_file(folder / "AREA.yml"))
    assert again.neighbours["name"].tolist() == ["32.02", "32.03"]


def test_border_lines_are_told_to_be_no_outlines(folder):
    line = shapely.LineString([(WEST, SOUTH), (WEST + 1, SOUTH)])
    gpd.GeoDataFrame({"nama": ["x"]}, geometry=[line], crs=4326).to_file(folder / "kab.gpkg")
    with pytest.raises(SchemaError, match=r"kab\.gpkg has no polygons"):
        built(folder, "neighbours: {path: kab.gpkg}\n")


@pytest.mark.slow
def test_a_missing_column_or_file_is_told(folder):
    with pytest.raises(MissingFileError, match="neighbours"):
        built(folder, "neighbours: {path: nowhere.gpkg}\n")
    text = (folder / "AREA.yml").read_text().replace("nowhere.gpkg", "desa.gpkg, name: nix")
    (folder / "AREA.yml").write_text(text)
    with pytest.raises(MissingColumnError, match="nix"):
        read_layers(read_area_file(folder / "AREA.yml"))


def raster(folder, heights, nodata=None, crs="EPSG:4326"):
    rows, columns = heights.shape
    ground = Affine(0.2 / columns, 0, WEST - 0.05, 0, -0.2 / rows, SOUTH + 0.15)
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32",
        crs=crs, transform=ground, nodata=nodata,
    ) as out:  # fmt: skip
        out.write(heights.astype("float32"), 1)


def roads(folder):
    line = shapely.LineString([(WEST + 0.005, SOUTH + 0.02), (WEST + 0.03, SOUTH + 0.05)])
    gpd.GeoDataFrame({"class": ["residential"]}, geometry=[line], crs="EPSG:4326").to_file(folder / "r.gpkg")
    return "roads: {path: r.gpkg, class: class}\nelevation: {path: dem.tif}\n"


def light_of(relief):
    """The picture's light at each pixel, -1 to 1, and its edges."""
    row = relief.iloc[0]
    with Image.open(io.BytesIO(row["png"])) as png:
        grey, alpha = np.moveaxis(np.asarray(png, dtype=float), -1, 0)
    return np.where(grey > 127, alpha, -alpha) / 255, row


@pytest.mark.slow
def test_a_ridge_is_light_in_the_west_and_dark_in_the_east(folder):
    x = np.linspace(-1, 1, 400)
    raster(folder, np.tile(3000 * (2 - np.abs(x + 0.3)), (400, 1)))
    light, row = light_of(built(folder, roads(folder)).relief)
    # The raster begins at WEST - 0.05 and is 0.2 wide: the ridge runs over the middle of the villages.
    ridge = (WEST + 0.02 - row["west"]) / (row["east"] - row["west"]) * light.shape[1]
    middle = light[light.shape[0] // 2]
    assert 0 < ridge < light.shape[1]
    assert (middle[5 : int(ridge) - 3] > 0).all()
    assert (middle[int(ridge) + 3 : -5] < 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("told", [True, False], ids=["no-data told", "no-data not told"])
@pytest.mark.parametrize("turned", [0.0, 0.3], ids=["north up", "turned"])
def test_flat_land_has_no_relief_and_the_edge_of_a_raster_is_no_cliff(folder, told, turned):
    """A raster of 900 m over the western half of the area: beside it nothing is known."""
    cos, sin, step = np.cos(turned), np.sin(turned), 0.0005
    ground = Affine(step * cos, step * sin, WEST - 0.05, step * sin, -step * cos, SOUTH + 0.1)
    heights = np.full((300, 140), 900, np.int16)
    heights[100:110, 80:100] = 1000
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=140, height=300, count=1, dtype="int16",
        crs="EPSG:4326", transform=ground, nodata=-9999 if told else None,
    ) as out:  # fmt: skip
        out.write(heights, 1)
    villages = built(folder).villages
    light, _ = light_of(read_relief(folder / "dem.tif", villages))
    # Only the hill, of 200 cells of some 40,000 in sight.
    assert 0 < (light != 0).mean() < 0.01
    heights[:] = 900
    with rasterio.open(folder / "dem.tif", "r+") as out:
        out.write(heights, 1)
    assert len(read_relief(folder / "dem.tif", villages)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("nodata", [None, -9999.0])
@pytest.mark.parametrize(
    "ground", [Affine(0.001, 0, WEST + 3, 0, -0.001, SOUTH + 3), Affine(1, 0, WEST - 99, 0, -1, SOUTH + 99)],
    ids=["elsewhere", "one cell"],
)  # fmt: skip
def test_a_raster_of_elsewhere_or_of_one_cell_has_no_relief(folder, nodata, ground):
    heights = np.random.default_rng(1).uniform(0, 2000, (200, 200))
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=200, height=200, count=1, dtype="float32",
        crs="EPSG:4326", transform=ground, nodata=nodata,
    ) as out:  # fmt: skip
        out.write(heights.astype("float32"), 1)
    assert len(read_relief(folder / "dem.tif", built(folder).villages)) == 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_that_lies_nowhere_in_its_crs_is_told(folder):
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=20, height=20, count=1, dtype="float32",
        transform=Affine(30, 0, 700_000, 0, -30, 9_270_000),
    ) as out:  # fmt: skip
        out.write(np.ones((20, 20), "float32"), 1)
    with pytest.raises(MissingCrsError, match=r"dem\.tif lies nowhere in EPSG:4326"):
        read_relief(folder / "dem.tif", built(folder).villages, crs="EPSG:4326")


@pytest.mark.slow
def test_decimetres_are_no_metres(folder):
    """The scale of the raster counts, as it does for slopes."""
    x = np.linspace(-1, 1, 400)
    heights = np.tile(600 * (2 - np.abs(x + 0.3)), (400, 1))
    raster(folder, heights)
    light, _ = light_of(built(folder, roads(folder)).relief)
    raster(folder, 10 * heights)
    with rasterio.open(folder / "dem.tif", "r+") as out:
        out.scales = (0.1,)
    again, _ = light_of(read_layers(read_area_file(folder / "AREA.yml")).relief)
    assert np.abs(light - again).max() < 0.03
    assert np.abs(light).max() > 0.02


@pytest.mark.slow
@given(arrays.arrays(np.float64, (6, 7), elements=st.floats(0, 4000)), st.floats(10, 5000))
def test_light_is_lamberts_cosine_of_each_cell(heights, pixel_m):
    """Word by word, from vectors: east and north slopes by central differences, one cell at a time."""
    light = hillshade(heights, pixel_m)
    towards = np.array([-1.0, 1.0, np.sqrt(2.0)]) / 2.0
    for r in range(1, 5):
        for c in range(1, 6):
            to_east = np.array([2 * pixel_m, 0.0, 2.0 * (heights[r, c + 1] - heights[r, c - 1])])
            to_north = np.array([0.0, 2 * pixel_m, 2.0 * (heights[r - 1, c] - heights[r + 1, c])])
            normal = np.cross(to_east, to_north)
            cosine = max(0.0, float(normal @ towards) / float(np.linalg.norm(normal)))
            flat = np.sqrt(0.5)
            wanted = cosine / flat - 1 if cosine < flat else (cosine - flat) / (1 - flat)
            assert light[r, c] == pytest.approx(wanted, abs=1e-9)
    assert (np.abs(light) <= 1 + 1e-12).all()


@pytest.mark.slow
def test_both_maps_hold_them_and_a_workspace_keeps_them(folder):
    x = np.linspace(-1, 1, 200)
    raster(folder, np.tile(2000 * (1 - np.abs(x)), (200, 1)))
    layers = built(folder, roads(folder))
    write_workspace(layers, folder / "w")
    again = read_workspace(folder / "w")
    assert again.relief["png"].iloc[0] == layers.relief["png"].iloc[0]
    assert again.neighbours.geometry.geom_equals(layers.neighbours.geometry).all()
    write_map(find_gaps(again), folder / "map.html", lang="id")
    for page in (page_html(Area(again), Texts("en")), (folder / "map.html").read_text("utf-8")):
        found = json.loads(re.search(r"const jangkauData = (\{.*\});\n", page)[1])
        assert [f["properties"]["name"] for f in found["neighbours"]["features"]] == ["Sukabumi"]
        kind, picture = found["relief"]["url"].split(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(picture) == layers.relief["png"].iloc[0]
        [[south, west], [north, east]] = found["relief"]["bounds"]
        assert west < WEST < WEST + SIDE < east
        assert south < SOUTH < SOUTH + 2 * SIDE < north
