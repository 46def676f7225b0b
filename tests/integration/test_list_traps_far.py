"""Places far beyond the area, of rows that name a village of it, and of rows of other kabupaten."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from geodata.areafile import FacilitiesFile, read_area_file
from geodata.build import read_layers
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.facilities.regencies import ListRegency
from geodata.readers.place_fixes import Fix

COUNT = 30
CODES = [f"17.02.01.2{i + 1:03}" for i in range(COUNT)]
NAMES = [f"Desa {chr(65 + i // 26)}{chr(65 + i % 26)}ng" for i in range(COUNT)]
# The middle of each village, in degrees.
LON, LAT = [round(102.31 + 0.02 * i, 2) for i in range(COUNT)], [-3.41] * COUNT
ONE_DEGREE_KM = 110.6


@pytest.fixture
def run(tmp_path):
    """Thirty villages of 2 by 2 km; returns what builds a list of a pustu in each, and of further rows."""
    shapes = [shapely.box(x - 0.01, y - 0.01, x + 0.01, y + 0.01) for x, y in zip(LON, LAT, strict=True)]
    villages = {"kode": CODES, "nama": NAMES, "kecamatan": "Curup"}
    gpd.GeoDataFrame(villages, geometry=shapes, crs=4326).to_file(tmp_path / "desa.geojson")

    def build(off, *, without=(), more=(), fix=Fix.SAFE, **options):
        table = pd.DataFrame({
            "Nama": [f"Pustu {n}" for n in NAMES], "Kode Desa": CODES, "Desa": NAMES, "Kecamatan": "Curup",
            "Bujur": LON, "Lintang": [y + off.get(i, 0.0) for i, y in enumerate(LAT)],
        })  # fmt: skip
        table = pd.concat([table, pd.DataFrame(list(more))]).drop(columns=list(without))
        table.to_csv(tmp_path / "pustu.csv", index=False)
        content = {
            "code": "17.02", "name": "Kabupaten Rejang Lebong", **options,
            "boundaries": {"path": "desa.geojson", "district_name": "kecamatan"},
            "facilities": {"path": "pustu.csv", "kind": "pustu"},
        }  # fmt: skip
        (tmp_path / "AREA.yml").write_text(yaml.safe_dump(content), "utf-8")
        layers = read_layers(read_area_file(tmp_path / "AREA.yml"), fix=fix)
        told = {f.rule: f for f in layers.findings}
        return layers.facilities.set_index("name"), told

    return build


@pytest.mark.parametrize("without", [["Desa", "Kecamatan"], ["Kode Desa"], []])
@pytest.mark.parametrize("fix", [Fix.SAFE, Fix.NONE, Fix.ALL])
def test_a_place_a_degree_off_gives_way_to_the_village_of_its_row(run, without, fix):
    units, told = run({3: 1.0, 20: -2.0}, without=without, fix=fix)
    for i in (3, 20):
        unit = units.loc[f"Pustu {NAMES[i]}"]
        assert (unit["status"], unit["village_code"]) == ("used", CODES[i])
        assert unit["located_by"] == ("name" if "Kode Desa" in without else "village")
        assert abs(gpd.GeoSeries([unit.geometry], crs=32748).to_crs(4326).x[0] - LON[i]) < 0.01
    assert (units["located_by"] == "coordinates").sum() == COUNT - 2
    found = told["place_far"]
    assert (found.severity, found.count, [c.row for c in found.cells]) == ("error", 2, [5, 22])
    # From the village's own outline, which is 0.01 degrees nearer.
    for cell, degrees in zip(found.cells, (0.99, 1.99), strict=True):
        told_km = int(re.search(r"([0-9]+) km from there", cell.effect)[1])
        assert abs(told_km - degrees * ONE_DEGREE_KM) < 1
    assert [re.sub("[0-9.]+ km", "… km", shown) for shown in found.ids] == [
        "pustu:5 (-2.41, 102.37, … km)", "pustu:22 (-5.41, 102.71, … km)"
    ]  # fmt: skip


def test_a_whole_list_a_degree_off_stands_in_its_villages(run):
    units, told = run(dict.fromkeys(range(COUNT), 1.0))
    assert units["status"].eq("used").all()
    assert sorted(units["village_code"]) == CODES
    assert told["place_far"].count == COUNT


def test_a_name_alone_proves_no_village(run):
    """Other kabupaten have villages of the name too; a kecamatan or a code tells which is meant."""
    units, told = run({3: 1.0}, without=["Kode Desa", "Kecamatan"])
    assert units.loc[f"Pustu {NAMES[3]}", "status"] == "outside_buffer"
    assert "place_far" not in told


FAR = {"Bujur": 102.5, "Lintang": -5.2}


def test_rows_of_other_kabupaten_stay_outside(run):
    """They name a village of elsewhere, none, or one of here in another kecamatan, or by another code."""
    more = [
        {"Nama": "Pustu Lain", "Desa": "Entah", "Kecamatan": "Sana", **FAR},
        {"Nama": "Pustu Kosong", **FAR},
        {"Nama": "Pustu Senama", "Desa": NAMES[4], "Kecamatan": "Sana", **FAR},
        {
            "Nama": "Pustu Berkode",
            "Kode Desa": "17.03.01.2001",
            "Desa": NAMES[4],
            "Kecamatan": "Curup",
            **FAR,
        },
    ]
    units, told = run({}, more=more)
    for row in more:
        assert units.loc[row["Nama"], "status"] == "outside_buffer", row["Nama"]
    assert "place_far" not in told


@pytest.mark.slow
def test_a_list_of_the_province_keeps_rows_of_a_like_name_outside(run):
    """Forty rows of another kabupaten, of which one has a village and kecamatan that are here too."""
    more = [{"Nama": f"Pustu {i}", "Desa": f"Sana {i}", "Kecamatan": "Sana", **FAR} for i in range(40)]
    more.append({"Nama": "Pustu Senama", "Desa": NAMES[4], "Kecamatan": "Curup", **FAR})
    units, told = run({}, more=more)
    assert told["other_regency"].count == 40
    assert units.loc["Pustu Senama", "status"] == "outside_buffer"
    assert "place_far" not in told
    # Its code says whose it is, and so does its kabupaten.
    more[-1]["Kode Desa"] = CODES[4]
    assert run({}, more=more)[0].loc["Pustu Senama", "village_code"] == CODES[4]
    more[-1]["Kode Desa"] = None
    said = [row | {"Kabupaten": "Kab. Lebong"} for row in more[:-1]]
    units, _ = run({}, more=[*said, more[-1] | {"Kabupaten": "Kab. Rejang Lebong"}])
    assert units.loc["Pustu Senama", ["status", "village_code"]].tolist() == ["used", CODES[4]]


def test_in_a_list_of_the_country_a_unit_stands_in_its_own_kabupaten(tmp_path):
    """Each row is held against the kabupaten of its village; its place in another's is no place of it."""
    codes, names = ["17.02.01.2001", "17.03.01.2001"], ["Sukamaju", "Mekarsari"]
    shapes = [shapely.box(102.3, -3.4, 102.4, -3.3), shapely.box(103.3, -3.4, 103.4, -3.3)]
    frame = {
        "village_name": names,
        "district_name": ["Curup", "Kepahiang"],
        "regency_code": ["17.02", "17.03"],
    }
    villages = gpd.GeoDataFrame(frame, geometry=shapes, index=codes, crs=4326).to_crs(32748)
    own = [ListRegency(c[:5], c[:5], villages.loc[[c]], 20_000.0) for c in codes]
    pd.DataFrame({
        "Nama": ["Pustu A", "Pustu B", "Pustu C"], "Kode Desa": [codes[0], codes[1], codes[0]],
        "Lintang": [-3.35] * 3, "Bujur": [103.35, 103.35, 102.35],
    }).to_csv(tmp_path / "pustu.csv", index=False)  # fmt: skip
    source = FacilitiesFile(path=tmp_path / "pustu.csv", kind="pustu")
    read = read_facilities(source, villages, regencies=own)
    assert read.frame["located_by"].tolist() == ["village", "coordinates", "coordinates"]
    assert villages.loc[codes[0]].geometry.contains(read.frame.geometry.iloc[0])
    [far] = [f for f in read.findings if f.rule == "place_far"]
    assert [cell.row for cell in far.cells] == [2]


def test_a_place_just_beyond_a_narrow_buffer_stays(run):
    """Half a kilometre outside the village's outline is no place far away."""
    units, told = run({3: 0.0145}, buffer_km=0.1)
    assert units.loc[f"Pustu {NAMES[3]}", "located_by"] == "coordinates"
    assert "place_far" not in told


def test_what_is_not_taken_over_is_not_called_unproved(run):
    """With --fix none a place that lies in the village of its row is proved, and only not asked for."""
    units, told = run({i: -2 * LAT[i] for i in (3, 20)}, fix=Fix.NONE)
    found = told["place_proposed"]
    assert all("village of its row" in cell.proposal for cell in found.cells)
    assert "nothing in the row proves it" not in found.message
    assert "--fix safe" in found.action
    assert units["status"].eq("used").all()
