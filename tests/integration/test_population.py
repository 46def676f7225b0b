"""Every way to say how many people there are and where, from AREA.yml to the gaps."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from scipy.spatial.distance import cdist

from geodata.areafile import PopulationFile
from geodata.quality import inspect
from geodata.readers.population import read_population
from geodata.workspace import read_workspace
from planner.pipeline import Study, find_gaps

HEAD = """\
code: "35.09"
name: Kota Uji
boundaries: {path: desa.geojson, code: kode, name: nama%s}
facilities: {path: puskesmas.csv, kind: puskesmas}
"""
ROADS = "roads: {path: jalan.gpkg}\n"
WEST, EAST = "35.09.01.2001", "35.09.01.2002"


@pytest.fixture
def folder(tmp_path):
    """Two villages of 10 by 20 hundredths of a degree; a road along the south, and people in the north."""
    outline = [shapely.box(113.0, -8.2, 113.1, -8.0), shapely.box(113.1, -8.2, 113.2, -8.0)]
    gpd.GeoDataFrame(
        {"kode": [WEST, EAST], "nama": ["Mawar", "Melati"], "jiwa": ["1.100", "210"]},
        geometry=outline, crs="EPSG:4326",
    ).to_file(tmp_path / "desa.geojson")  # fmt: skip
    (tmp_path / "puskesmas.csv").write_text("kode,nama,lat,lon\nP,P,-8.195,113.05\n")
    (tmp_path / "penduduk.csv").write_text(f"kode,people\n{WEST},1000\n{EAST},200\n")
    road = shapely.LineString([(113.0, -8.195), (113.2, -8.195)])
    frame = gpd.GeoDataFrame({"highway": ["tertiary"]}, geometry=[road], crs="EPSG:4326")
    frame.to_file(tmp_path / "jalan.gpkg")
    # Cells of a hundredth: three of every four people in the far north-west, the others near the road.
    people = np.zeros((20, 20))
    people[0, 0], people[19, 4], people[19, 15] = 750, 250, 300
    write_raster(tmp_path / "orang.tif", people)
    return tmp_path


def write_raster(path, people, **profile):
    with rasterio.open(
        path, "w", driver="GTiff", height=20, width=20, count=1, dtype="float32", crs="EPSG:4326",
        transform=rasterio.Affine(0.01, 0, 113.0, 0, -0.01, -8.0), **profile,
    ) as raster:  # fmt: skip
        raster.write(people.astype("float32"), 1)


def built(jangkau, folder, rest, *, column="", roads=ROADS):
    """The layers of an AREA.yml, by the command line and the disk."""
    path = folder / "AREA.yml"
    path.write_text(HEAD % column + roads + rest, "utf-8")
    status, _, err = jangkau("build", path, "--out", folder / "w")
    assert status == 0, err
    return read_workspace(folder / "w")


def said(layers):
    return {f.rule: f for f in inspect(layers) if f.layer in {"population", "villages"}}


def spread(layers):
    """People by village and method."""
    demand = Study(layers).demand
    return demand.groupby(["village_code", "method"])["people"].sum().round(6).to_dict()


@pytest.mark.slow
def test_a_table_alone_is_spread_by_roads(jangkau, folder):
    layers = built(jangkau, folder, "population: {path: penduduk.csv}\n")
    assert layers.people_points is None
    assert spread(layers) == {(WEST, "roads"): 1000, (EAST, "roads"): 200}
    again = built(jangkau, folder, "population: {path: penduduk.csv, spread: roads}\n")
    assert spread(again) == spread(layers)


@pytest.mark.slow
def test_a_raster_alone_counts_and_spreads(jangkau, folder):
    layers = built(jangkau, folder, "population: {raster: {path: orang.tif, source: WorldPop 2026}}\n")
    assert layers.villages["people"].to_dict() == {WEST: 1000, EAST: 300}
    assert layers.people_points["people"].tolist() == [750, 250, 300]
    assert spread(layers) == {(WEST, "raster"): 1000, (EAST, "raster"): 300}
    [record] = [s for s in layers.sources if s.layer == "population"]
    assert (record.file, record.source, len(record.sha256)) == ("orang.tif", "WorldPop 2026", 64)


def test_a_raster_may_count_while_roads_spread(jangkau, folder):
    layers = built(jangkau, folder, "population: {raster: orang.tif, spread: roads}\n")
    assert layers.people_points is None
    assert spread(layers) == {(WEST, "roads"): 1000, (EAST, "roads"): 300}


@pytest.mark.slow
@pytest.mark.parametrize("word", [", spread: raster", ""])
def test_a_table_counts_and_the_raster_spreads(jangkau, folder, word):
    layers = built(jangkau, folder, f"population: {{path: penduduk.csv, raster: orang.tif{word}}}\n")
    assert layers.villages["people"].to_dict() == {WEST: 1000, EAST: 200}
    demand = Study(layers).demand
    assert set(demand["method"]) == {"raster"}
    assert demand["people"].round(6).tolist() == [750, 250, 200]
    assert {s.file for s in layers.sources if s.layer == "population"} == {"penduduk.csv", "orang.tif"}


@pytest.mark.slow
def test_where_people_live_decides_who_is_reached(jangkau, folder):
    by_roads = built(jangkau, folder, "population: {path: penduduk.csv}\n")
    reached = find_gaps(by_roads).coverage["puskesmas"].villages["people_reached"]
    # The east of the second village is beyond the limit.
    assert reached[WEST] == pytest.approx(1000)
    assert 150 < reached[EAST] < 200
    by_raster = built(jangkau, folder, "population: {path: penduduk.csv, raster: orang.tif}\n")
    gaps = find_gaps(by_raster)
    answer = gaps.coverage["puskesmas"].villages
    # Twenty kilometres off the road nobody is reached; all others live at it, within the limit.
    assert answer["people_reached"].round(3).to_dict() == {WEST: 250, EAST: 200}
    assert answer["reason"].to_dict()[WEST] == "no_road"
    finding = next(f for f in said_of_plan(by_raster) if f.rule == "leg_uses_limit")
    assert "750 people may live over" in finding.message
    assert "of 750 of them the place is only taken from a raster of people" in finding.message
    # Without any road they walk, and those beside the unit are there.
    afoot = built(jangkau, folder, "population: {path: penduduk.csv, raster: orang.tif}\n", roads="")
    assert find_gaps(afoot).coverage["puskesmas"].villages["people_reached"].round(3).to_dict() == {
        WEST: 250, EAST: 0,
    }  # fmt: skip


def said_of_plan(layers):
    from planner.coverage.doubts import planning_findings
    from planner.pipeline import default_scenario

    return list(planning_findings(layers, default_scenario()))


@pytest.mark.slow
def test_a_village_that_the_raster_does_not_know_is_unknown_or_placed_as_without(jangkau, folder):
    people = np.full((20, 20), -9.0)
    people[:, :10] = 1.0
    write_raster(folder / "orang.tif", people, nodata=-9)
    layers = built(jangkau, folder, "population: {raster: orang.tif}\n")
    assert layers.villages["people"][WEST] == pytest.approx(200)
    assert np.isnan(layers.villages["people"][EAST])
    assert {"raster_unknown", "people_unknown"} <= set(said(layers))
    demand = Study(layers).demand
    assert demand.groupby("village_code")["method"].agg(set).to_dict() == {WEST: {"raster"}, EAST: {"roads"}}
    layers = built(jangkau, folder, "population: {path: penduduk.csv, raster: orang.tif}\n")
    assert spread(layers) == {(WEST, "raster"): 1000, (EAST, "roads"): 200}
    assert said(layers)["raster_without_people"].ids == (EAST,)


@pytest.mark.slow
def test_hamlets_say_more_than_a_raster(jangkau, folder):
    (folder / "dusun.csv").write_text("nama,people,lat,lon\nA,9,-8.1,113.05\n")
    rest = "population: {raster: orang.tif}\nhamlets: {path: dusun.csv}\n"
    layers = built(jangkau, folder, rest)
    assert spread(layers) == {(WEST, "hamlets"): 1000, (EAST, "raster"): 300}


@pytest.mark.slow
def test_people_from_a_column_of_the_boundary_file(jangkau, folder):
    layers = built(jangkau, folder, "", column=", people: jiwa")
    # Read as tables are: 1.100 is eleven hundred.
    assert layers.villages["people"].to_dict() == {WEST: 1100, EAST: 210}
    # The same file as a table; and never a column that nobody named.
    again = built(jangkau, folder, "population: {path: desa.geojson, people: jiwa}\n")
    pd.testing.assert_series_equal(again.villages["people"], layers.villages["people"])
    assert built(jangkau, folder, "").villages["people"].isna().all()


def test_a_table_counts_before_a_column_of_the_boundary_file(jangkau, folder):
    (folder / "penduduk.csv").write_text(f"kode,people\n{WEST},1000\n")
    layers = built(jangkau, folder, "population: {path: penduduk.csv}\n", column=", people: jiwa")
    assert layers.villages["people"].to_dict() == {WEST: 1000, EAST: 210}
    findings = said(layers)
    assert findings["people_differ"].ids == (f"{WEST} (table 1,000, boundaries 1,100)",)
    assert findings["people_from_boundaries"].ids == (EAST,)


def test_a_column_of_the_boundary_file_counts_and_a_raster_spreads(jangkau, folder):
    layers = built(jangkau, folder, "population: {raster: orang.tif}\n", column=", people: jiwa")
    assert spread(layers) == {(WEST, "raster"): 1100, (EAST, "raster"): 210}


def test_a_column_that_is_not_there_or_holds_words(jangkau, folder):
    path = folder / "AREA.yml"
    for column, word in (("jumlah", "there is no column 'jumlah'"), ("nama", "row 1: 'Mawar'")):
        path.write_text(HEAD % f", people: {column}", "utf-8")
        status, _, err = jangkau("build", path, "--out", folder / "w")
        assert status == 2
        assert word in err
        assert not (folder / "w").exists()


@pytest.mark.parametrize(
    ("population", "words"),
    [
        ("{raster: tiada.tif}", "is not there"),
        ("{raster: penduduk.csv}", "cannot be read as a raster"),
        ("{raster: {path: orang.tif, band: 2}}", "no band 2"),
        ("{raster: {path: orang.tif, crs: 'EPSG:32750'}}", "does not cover the study area"),
        ("{raster: {path: orang.tif, crs: nothing}}", "cannot be read as a raster"),
        ("{raster: orang.tif, people: jiwa}", "people: is of a table"),
        ("{path: orang.tif}", "orang.tif is a raster"),
    ],
)
def test_rasters_that_cannot_be_used_end_in_words(jangkau, folder, population, words):
    path = folder / "AREA.yml"
    path.write_text(HEAD % "" + f"population: {population}\n", "utf-8")
    before = sorted(folder.rglob("*"))
    status, _, err = jangkau("build", path, "--out", folder / "w")
    assert status == 2
    assert words in err
    assert "Traceback" not in err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.slow
def test_plans_and_doubts_know_people_of_a_raster(jangkau, folder, monkeypatch):
    from planner.siting.ground import places
    from planner.siting.measures import At, default_measures
    from planner.siting.uncertainty import METHODS, default_uncertainty

    assert set(default_uncertainty().people) == set(METHODS)
    layers = built(jangkau, folder, "population: {raster: orang.tif}\n")
    study = Study(layers)
    assert set(study.demand["method"]) <= set(METHODS)
    measure = default_measures().measures["open_pustu"]
    middles = places.places_at(At.SETTLEMENTS, measure, layers, study.demand, {})
    # Where most people of the west live, and the only place of the east.
    assert middles.to_crs(4326).geometry.x.round(3).tolist() == [113.005, 113.155]
    # However few rows are held at once.
    xy, weight = np.random.default_rng(1).uniform(0, 9, (7, 2)), np.arange(7.0)
    for at_once in (1, 15, 1000):
        monkeypatch.setattr(places, "PAIRS_AT_ONCE", at_once)
        np.testing.assert_allclose(places._to_all(xy, weight), cdist(xy, xy) @ weight)


@pytest.mark.slow
def test_the_places_are_stored_and_checked(jangkau, folder):
    layers = built(jangkau, folder, "population: {raster: orang.tif}\n")
    manifest = json.loads((folder / "w/manifest.json").read_text("utf-8"))
    assert manifest["layers"]["people_points"]["rows"] == 3
    from dataclasses import replace

    from geodata.errors import SchemaError

    points = layers.people_points
    for wrong, word in (
        (points.assign(village_code="35.09.01.2009"), "of no village of the area"),
        (points.assign(people=np.nan), "no number of people"),
        (points.assign(people=-1.0), "below 0"),
        (points.drop(columns="people"), "no column people"),
    ):
        with pytest.raises(SchemaError, match=word):
            find_gaps(replace(layers, people_points=wrong))
    # Nobody in any cell: as without a raster.
    nobody = replace(layers, people_points=points.assign(people=0.0))
    assert set(Study(nobody).demand["method"]) == {"roads"}


DISTRICTS = (["35.09.01.2001", "Jaya"], ["35.09.01.2002", "JAYA"], ["35.09.02.2001", "Kec. Makmur"])


def _named(tmp_path, rows, *, boundaries=("", "", "")):
    outline = [shapely.box(113 + x, -8.1, 113.1 + x, -8.0) for x in (0.0, 0.1, 0.2)]
    villages = gpd.GeoDataFrame(
        {"district_code": ["35.09.01", "35.09.01", "35.09.02"], "district_name": list(boundaries),
         "village_name": ["Mawar", "Melati", "Kenanga"], "people": np.nan},
        index=pd.Index([code for code, _ in DISTRICTS], name="village_code"), geometry=outline,
        crs="EPSG:4326",
    )  # fmt: skip
    path = tmp_path / "penduduk.csv"
    lines = [f"{code},{10 + i},{name}" for i, (code, name) in enumerate(rows)]
    path.write_text("\n".join(["kode,people,kec", *lines]), "utf-8")
    read = read_population(PopulationFile(path=path, district_name="kec"), villages)
    told = {f.rule: f for f in read.findings}
    return read.frame["district_name"].tolist(), told


def test_kecamatan_have_the_names_of_the_table_where_the_boundary_file_has_none(tmp_path):
    """Seen once: documents said 13.76.01, though every row of the people had its name."""
    names, told = _named(tmp_path, DISTRICTS)
    assert names == ["Jaya", "Jaya", "Makmur"]
    assert told["district_names_taken"].ids == ("35.09.01 (Jaya)", "35.09.02 (Makmur)")
    assert "penduduk.csv" in told["district_names_taken"].message
    names, told = _named(tmp_path, DISTRICTS, boundaries=("Lama", "", ""))
    assert names == ["Lama", "", "Makmur"]
    assert told["district_names_taken"].count == 1


@pytest.mark.parametrize(
    ("rows", "names", "unclear"),
    [
        # Two names within one; one name for two, as before a kecamatan was divided; and a code is no name.
        (
            [DISTRICTS[0], [WEST[:-1] + "2", "Baru"], DISTRICTS[2]],
            ["", "", "Makmur"],
            ("35.09.01 (Jaya, Baru)",),
        ),
        ([DISTRICTS[0], [DISTRICTS[2][0], "Jaya"]], ["", "", ""], ("35.09.01 (Jaya)", "35.09.02 (Jaya)")),
        ([[WEST, "350901"], [DISTRICTS[2][0], "Makmur"]], ["", "", "Makmur"], None),
    ],
)
def test_a_name_that_is_not_clear_is_not_taken(tmp_path, rows, names, unclear):
    found, told = _named(tmp_path, rows)
    assert found == names
    assert (told["district_names_unclear"].ids if unclear else told.get("district_names_unclear")) == unclear
