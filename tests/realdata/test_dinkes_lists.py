"""Lists of real offices: what was counted in them by hand (../shared/data/README.md) is read."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.areafile import BoundariesFile, FacilitiesFile
from geodata.readers.boundaries import read_boundaries
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.place_fixes import Fix
from geodata.readers.roads import study_zone
from geodata.vocabulary.kind_names import kind_of_name

pytestmark = pytest.mark.realdata

BUFFER_M = 10_000.0
KECAMATAN = (
    "Bambanglipuro", "Banguntapan", "Bantul", "Dlingo", "Imogiri", "Jetis", "Kasihan", "Kretek", "Pajangan",
    "Pandak", "Piyungan", "Pleret", "Pundong", "Sanden", "Sedayu", "Sewon", "Srandakan",
)  # fmt: skip
PUSTU = (2, 2, 4, 1, 4, 3, 1, 1, 2, 1, 0, 1, 2, 1, 2, 2, 2)
POSYANDU = (4, 14, 6, 3, 9, 2, 11, 4, 8, 1, 7, 0, 4, 7, 12, 9, 2)


@pytest.fixture(scope="module")
def names(shared):
    """Names of kecamatan and villages by their code."""
    table = pd.read_csv(shared / "data/national/wilayah_kemendagri.csv", dtype="str")
    return table.set_index("code")["name"]


@pytest.fixture(scope="module")
def villages_of(shared, names, tmp_path_factory):
    """Read the villages of a kabupaten, cut out of those of the country."""
    folder = tmp_path_factory.mktemp("villages")

    def cut(code):
        path = folder / f"{code}.geojson"
        if not path.exists():
            rows = gpd.read_parquet(
                shared / "data/national/villages.parquet", filters=[("kode_kab", "==", code)]
            )
            rows.assign(kecamatan=rows["kode_kec"].map(names)).to_file(path)
        return read_boundaries(BoundariesFile(path=path), code).frame

    return cut


@pytest.fixture(scope="module")
def read(shared):
    """Read a list of dinkes/ for some villages; returns the layer and its findings."""

    def run(villages, file, regency, *, fix=Fix.SAFE, folder="dinkes", **source):
        given = FacilitiesFile.model_validate({"path": shared.resolve() / "data" / folder / file, **source})
        zone = study_zone(villages, BUFFER_M)
        layer = read_facilities(given, villages, zone=zone, regency=regency, fix=fix)
        return layer.frame, {f.rule: f for f in layer.findings}

    return run


def counts(frame):
    return frame["kind"].value_counts().to_dict()


BY_NAME = {"kind": {"from": "name"}}


@pytest.fixture(scope="module")
def bantul(shared, names):
    path = shared.resolve() / "data/dinkes/34.02_bantul_desa.geojson"
    villages = read_boundaries(BoundariesFile(path=path), "34.02").frame
    return villages.assign(district_name=villages["district_code"].map(names).astype("str"))


def test_bantul_is_whole(bantul, read):
    kind = {"from": "name", "registered": "PKMKODE"}
    frame, found = read(bantul, "bantul_PUSKESMAS_PT_5K.shp", "Kabupaten Bantul", kind=kind)
    assert counts(frame) == {"puskesmas": 27, "pustu": 31, "posyandu": 103}
    assert (frame["located_by"] == "coordinates").all()
    assert frame["village_code"].notna().all()
    assert not found.keys() & {
        "other_regency",
        "unknown_kind",
        "place_lost",
        "place_unread",
        "id_twice",
        "total_row",
    }
    district = bantul["district_name"].reindex(frame["village_code"]).to_numpy()
    for kind_, numbers in (("pustu", PUSTU), ("posyandu", POSYANDU)):
        there = pd.Series(district)[(frame["kind"] == kind_).to_numpy()].value_counts()
        assert there.reindex(KECAMATAN, fill_value=0).to_list() == list(numbers), kind_


@pytest.mark.slow
def test_kangean_by_column_and_by_name(read, villages_of):
    villages = villages_of("35.29")
    source = {
        "kind": {"column": "jenis"}, "lat": "koordinat_x", "lon": "koordinat_y", "village": "kode_kelurahan",
        "village_name": "kelurahan", "name": "sarana_pelayanan",
    }  # fmt: skip
    for changes in ({}, {"village": None}):
        frame, found = read(villages, "kangean_sumenep_layanan.csv", "Kabupaten Sumenep", **source | changes)
        assert len(frame) == 101
        assert counts(frame) == {
            "posyandu": 40, "polindes": 30, "ponkesdes": 15, "other": 7, "poskestren": 5,
            "pustu": 3, "puskesmas": 1,
        }  # fmt: skip
        assert (frame["located_by"] == "name").sum() == 33
        assert not (frame["located_by"] == "none").any()
        assert not found.keys() & {"unknown_kind", "other_regency", "place_lost"}


@pytest.mark.slow
def test_kangean_mends_its_own_headings(read, villages_of):
    """koordinat_x is the latitude: without a word in AREA.yml the rows themselves prove it."""
    frame, found = read(
        villages_of("35.29"), "kangean_sumenep_layanan.csv", "Kabupaten Sumenep", kind={"column": "jenis"}
    )
    assert len(frame) == 101
    assert found["place_mended"].count == 101 - 33
    inside = frame.geometry.to_crs(4326)
    assert inside.x.between(115.0, 116.0).all()


@pytest.mark.slow
def test_banjarmasin_has_its_places_as_text(read, villages_of):
    villages = villages_of("63.71")
    file = "banjarmasin_klinik_string_coords.geojson"
    frame, found = read(villages, file, "Kota Banjarmasin", kind="clinic")
    assert len(frame) == 293
    # 176 texts and 5 numbers; of these one has lost its points, two lie nowhere, one is a plus code, and two
    # are "-".
    assert (frame["located_by"] == "coordinates").sum() == 175
    assert {rule: f.count for rule, f in found.items()} == {
        "place_proposed": 1,
        "place_lost": 2,
        "place_unread": 1,
    }
    assert "MHHP+XM" in found["place_unread"].cells[0].value
    # 114.5290009 -3.3222592 lies west of the town, in its buffer: nothing in the row proves it.
    offered = found["place_proposed"].cells[0]
    assert (offered.row, offered.value, offered.applied) == (2, "-33222592, 1145290009", False)
    every, _ = read(villages, file, "Kota Banjarmasin", kind="clinic", fix=Fix.ALL)
    assert (every["located_by"] == "coordinates").sum() == 176


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["geojson", "js"])
def test_medan_by_name(read, villages_of, ending):
    frame, found = read(villages_of("12.71"), f"medan_puskesmas_pustu_rbi.{ending}", "Kota Medan", **BY_NAME)
    assert counts(frame) == {"pustu": 14, "posyandu": 1, "hospital": 1, "puskesmas": 44}
    assert "unknown_kind" not in found
    assert frame["village_code"].isna().sum() == 1


def test_cilegon_by_name(read, villages_of):
    villages = villages_of("36.72")
    all_ = [
        read(villages, f"cilegon_{name}_PT_25K.shp", "Kota Cilegon", **BY_NAME)[0]
        for name in ("PUSKESMAS", "LAYANANKESEHATAN", "RUMAHSAKIT")
    ]
    together = counts(pd.concat(all_))
    assert together == {"puskesmas": 5, "pustu": 1, "polindes": 1, "clinic": 2, "hospital": 1}


@pytest.mark.slow
def test_the_list_of_the_country_for_jember(shared, read):
    """Its rows are those whose code begins with P or R and 3509, and neighbours in the buffer."""
    path = shared.resolve() / "data/boundaries/35.09_jember_desa.geojson"
    villages = read_boundaries(BoundariesFile(path=path), "35.09").frame
    source = {
        "kind": {"column": "jenis_faskes", "values": {"PUSKESMAS": "puskesmas", "RUMAH SAKIT": "hospital"}}
    }
    frame, found = read(
        villages, "faskes_2019.xlsx", "Kabupaten Jember", folder="national", id="kode_faskes", **source
    )
    table = pd.read_excel(shared / "data/national/faskes_2019.xlsx")
    ours = table[table["kode_faskes"].str[1:5] == "3509"]
    assert set(ours["kode_faskes"]) <= set(frame.index)
    assert len(frame) + found["other_regency"].count == len(table)
    zone = study_zone(villages, BUFFER_M)
    points = gpd.GeoSeries(gpd.points_from_xy(table["long_"], table["lat_"]), crs=4326)
    near = np.flatnonzero(table["long_"].between(112, 115) & table["lat_"].between(-9.5, -7))
    there = shapely.intersects(zone, points.iloc[near].to_crs(villages.crs).to_numpy())
    assert len(frame) == there.sum()
    mine = frame.loc[ours["kode_faskes"]]
    assert counts(mine) == {"puskesmas": 49, "hospital": 8}


def test_no_word_of_a_village_or_kecamatan_is_a_slip_for_a_kind(shared):
    names = pd.read_csv(shared / "data" / "national" / "wilayah_kemendagri.csv", dtype=str)["name"].dropna()
    words = {word for name in names.str.lower() for word in re.findall("[a-z]+", name)}
    assert len(words) > 40_000
    assert {word for word in words if kind_of_name(word) and kind_of_name(word).kind != "other"} <= {"rs"}
