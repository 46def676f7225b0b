"""Villages found by the codes in force: by code, BPS code, name, polygon; whose numbering a column is."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.areafile import BoundariesFile, CodesFile, FloodsFile, PopulationFile, RoadsFile
from geodata.errors import InputError
from geodata.readers.boundaries import read_boundaries
from geodata.readers.population import read_population
from geodata.readers.register import CodeSystem, Register, Rows, bridge, code_system, read_registers
from geodata.readers.vector_roads import read_vector_roads
from geodata.vocabulary.roads import rbi_class

REGENCY = "35.09"
# Two kecamatan; "Melati" stands in both, "Kenanga" once.
IN_FORCE = {
    "35.09.01.2001": ("melati", "jombang"), "35.09.01.2002": ("kenanga", "jombang"),
    "35.09.02.2001": ("melati", "kencong"), "35.09.02.2002": ("sumberagung", "kencong"),
}  # fmt: skip


def found(rows, register=None, shapes=None):
    columns = list(zip(*rows, strict=True))
    texts = [pd.Series(c, index=range(2, len(rows) + 2), dtype="str") for c in columns]
    there = bridge(
        Rows(*texts, shapes), register or Register(IN_FORCE), "villages", "f.csv", ("kode", "nama")
    )
    return list(zip(there.code, there.found_by, strict=True)), there


def test_each_way_to_be_found_in_its_turn():
    register = Register(IN_FORCE, bps={"3509010002": "35.09.01.2002"})
    answer, _ = found([
        ("35.09.01.2001", "Melati", "Jombang"),
        ("3509010002", "somebody", None),
        ("35.10.01.2001", None, None),
        (None, "MELATI", "Kec. Kencong"),
        (None, "Sumber Agong", "Kencong"),
        (None, "Melati", None),
    ], register)  # fmt: skip
    assert answer == [
        ("35.09.01.2001", "code"), ("35.09.01.2002", "bps"), (None, "none"), ("35.09.02.2001", "name"),
        ("35.09.02.2002", "near_name"), (None, "none"),
    ]  # fmt: skip


def test_a_name_that_the_kabupaten_has_once_serves_where_its_kecamatan_is_another():
    answer, there = found([(None, "Kenanga", "Kecamatan Baru"), (None, "Melati", "Kecamatan Baru")])
    assert answer == [("35.09.01.2002", "name_alone"), (None, "none")]
    [told] = there.findings
    assert (told.severity, told.count) == ("error", 2)
    assert [c.row for c in told.cells] == [2, 3]


def test_a_number_is_no_slip_of_the_pen():
    register = Register({"35.09.01.2001": ("melati2", "jombang"), "35.09.01.2002": ("pabean", "jombang")})
    answer, _ = found([(None, "Melati III", "Jombang"), (None, "Pabian", "Jombang")], register)
    assert answer == [(None, "none"), ("35.09.01.2002", "near_name")]


# 3509 012 001 is a village of BPS, and the same ten digits are 35.09.01.2001 of Kemendagri.
def test_codes_of_bps_are_never_taken_for_kemendagris():
    rows = [("3509010001", "Kenanga", "Jombang"), ("3509010002", "Sumberagung", "Kencong"),
            ("3509012001", "Melati", "Kencong")]  # fmt: skip
    answer, there = found(rows)
    assert there.system == CodeSystem.BPS
    assert answer[2] == ("35.09.02.2001", "name")
    assert {how for _, how in answer} == {"name"}


@given(st.lists(st.integers(1, 99), min_size=3, max_size=20), st.integers(1, 9))
def test_whose_numbering_a_column_is(numbers, district):
    kemendagri = [f"3509{district:02d}2{n:03d}" for n in numbers]
    bps = [f"3509{district:02d}0{n:03d}" for n in numbers]
    assert code_system(kemendagri) == CodeSystem.KEMENDAGRI
    assert code_system(bps) == CodeSystem.BPS
    assert code_system(["-", "", "Melati"]) == CodeSystem.OTHER


def test_a_code_that_two_rows_claim_goes_to_the_one_that_has_its_name():
    answer, _ = found([("35.09.01.2001", "Kenanga", "Jombang"), ("35.09.01.2001", "Melati", "Jombang")])
    assert answer == [("35.09.01.2002", "name"), ("35.09.01.2001", "code")]


def test_a_name_of_another_village_than_the_codes_is_told():
    _, there = found([("35.09.01.2001", "Kenanga", "Jombang")])
    [told] = there.findings
    assert told.rule == "code_and_name_differ"
    assert told.cells[0].proposal == "35.09.01.2002"


def boxes(*x):
    return np.array([shapely.box(a, -8, a + 0.01, -7.99) for a in x], dtype=object)


def test_the_polygon_that_holds_most_of_a_village_tells_it_if_it_is_free():
    outlines = dict(zip(IN_FORCE, boxes(113, 113.01, 113.02, 113.03), strict=True))
    rows = [("35.09.01.2001", "Melati", None), (None, "?", None), (None, "?", None)]
    # The second lies in the second village; of the third more than half in none.
    answer, _ = found(rows, Register(IN_FORCE, polygons=outlines), boxes(113.01, 113.0101, 113.0352))
    assert answer == [("35.09.01.2001", "code"), ("35.09.01.2002", "overlap"), (None, "none")]


def codes_file(folder):
    lines = ["code,name", "35,Jawa Timur", "35.09,Kabupaten Jember", "35.09.01,Jombang", "35.09.02,Kencong"]
    lines += [f"{code},{name.title()}" for code, (name, _) in IN_FORCE.items()]
    (folder / "kode.csv").write_text("\n".join(lines) + "\n")
    return read_registers([CodesFile(path=folder / "kode.csv")], REGENCY)


def desa(folder, rows):
    shapes = boxes(*(113 + 0.01 * i for i in range(len(rows))))
    gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4326").to_file(folder / "desa.geojson")
    return BoundariesFile(path=folder / "desa.geojson")


# As BIG's map of Cilegon: all columns there, the codes empty, other kabupaten among the rows.
def test_a_map_without_codes(tmp_path):
    source = desa(tmp_path, [
        {"KDEPUM": None, "WADMKD": None, "NAMOBJ": "Melati", "WADMKC": "Kencong", "WADMKK": "Jember"},
        {"KDEPUM": None, "WADMKD": None, "NAMOBJ": "Kenanga", "WADMKC": "Jombang", "WADMKK": "Jember"},
        {"KDEPUM": None, "WADMKD": None, "NAMOBJ": "Melati", "WADMKC": "Klakah", "WADMKK": "Lumajang"},
    ])  # fmt: skip
    with pytest.raises(InputError, match="codes: "):
        read_boundaries(source, REGENCY)
    villages, findings, *_ = read_boundaries(
        source, REGENCY, regency="Kabupaten Jember", register=codes_file(tmp_path)
    )
    assert villages["village_name"].to_dict() == {"35.09.01.2002": "Kenanga", "35.09.02.2001": "Melati"}
    assert villages["district_name"].tolist() == ["Jombang", "Kencong"]
    assert {f.rule: f.count for f in findings} == {"code_bridge": 2, "other_regency": 1}


def test_the_kecamatan_of_a_map_that_names_none(tmp_path):
    source = desa(tmp_path, [{"kode": "35.09.01.2001", "nama": "Melati"}])
    villages, _, *_ = read_boundaries(source, REGENCY, register=codes_file(tmp_path))
    assert villages["district_name"].tolist() == ["Jombang"]


def test_a_village_in_several_rows_is_one(tmp_path):
    rows = [{"kode": "35.09.01.2001", "nama": "Melati", "jiwa": n} for n in (100, 20)]
    source = desa(tmp_path, rows).model_copy(update={"people": "jiwa"})
    villages, findings, *_ = read_boundaries(source, REGENCY)
    assert villages["people"].tolist() == [120.0]
    assert villages.geometry.iloc[0].geom_type == "MultiPolygon"
    assert [f.rule for f in findings] == ["united"]
    # A map that was taken apart repeats the village's number in each of its parts: three of 100 are no 300.
    parts = [{**rows[0], "jiwa": 100}] * 3 + [
        {"kode": "35.09.01.2002", "nama": "Kenanga", "jiwa": n} for n in (7, None)
    ]
    source = desa(tmp_path, parts).model_copy(update={"people": "jiwa"})
    villages, findings, *_ = read_boundaries(source, REGENCY)
    assert villages["people"].iloc[0] == 100.0
    assert villages["people"].isna().tolist() == [False, True]
    [told] = (f for f in findings if f.rule == "people_repeated")
    assert (told.severity, told.ids) == ("warning", ("35.09.01.2001 (100 people in each of 3 rows)",))
    rows[1]["nama"] = "Kenanga"
    with pytest.raises(InputError, match="with different names"):
        read_boundaries(desa(tmp_path, rows), REGENCY)


def test_people_by_names_by_bps_codes_and_as_a_sum(tmp_path):
    rows = [{"kode": code, "nama": name, "kec": district} for code, (name, district) in IN_FORCE.items()]
    source = desa(tmp_path, rows).model_copy(update={"district_name": "kec"})
    villages, _, *_ = read_boundaries(source, REGENCY)
    table = tmp_path / "p.csv"
    table.write_text(
        "desa,kecamatan,pria,wanita\nMelati,Kencong,10,20\nKenanga,Jombang,1,\nLain,Jombang,5,5\n"
    )
    read = read_population(PopulationFile(path=table, people=("pria", "wanita")), villages)
    people = read.frame["people"]
    assert people["35.09.02.2001"] == 30
    assert people.isna().tolist() == [True, True, False, True], (
        "a part that is not known leaves the sum unknown"
    )
    assert "code_bridge" in {f.rule for f in read.findings}
    # The last is 35.09.01.2001 only if it is read as Kemendagri's.
    table.write_text("kode,penduduk\n3509010001,7\n3509010002,8\n3509012001,9\n")
    bps = Register({}, bps={"3509012001": "35.09.02.2002", "3509010001": "35.09.01.2002"})
    known = Register(IN_FORCE).joined(Register(IN_FORCE, bps=bps.bps))
    people = read_population(PopulationFile(path=table), villages, register=known).frame["people"]
    assert people.dropna().to_dict() == {"35.09.01.2002": 7, "35.09.02.2002": 9}


@pytest.mark.parametrize(
    ("text", "answer"),
    [("Jalan Lingkungan", ("residential",)), ("Jalan Layang", ("secondary",)), ("Rel Kereta Api", (None,)),
     ("Jalan Sedang Dibangun", (None,)), ("Jalan/Transportasi Darat Lainnya", ("residential",)),
     ("Setapak", ("path",)), ("Sungai", None)],
)  # fmt: skip
def test_words_of_road_functions(text, answer):
    assert rbi_class(text) == answer


def lines(folder, values):
    frame = gpd.GeoDataFrame({"Fungsi": values} if values else {"id": [1]}, geometry=[
        shapely.LineString([(113, -8 + 0.001 * i), (113.01, -8 + 0.001 * i)]) for i in range(len(values) or 1)
    ], crs="EPSG:4326")  # fmt: skip
    frame.to_file(folder / "jalan.geojson")
    return folder / "jalan.geojson"


ZONE = gpd.GeoSeries([shapely.box(112.9, -8.1, 113.1, -7.9)], crs="EPSG:4326").to_crs("EPSG:32749").iloc[0]


def test_classes_add_to_the_built_in_words_and_null_leaves_out(tmp_path):
    path = lines(tmp_path, ["Jalan Lokal", "Gang", "Rel Kereta Api", "Tanggul"])
    source = RoadsFile.model_validate({"path": path, "classes": {"Gang": "path", "Tanggul": None}})
    read = read_vector_roads(source, ZONE, "EPSG:32749")
    assert sorted(read.frame["road_class"]) == ["path", "tertiary"]
    assert {f.rule: (f.severity, f.count) for f in read.findings} == {"no_road": ("info", 2)}
    with pytest.raises(InputError, match=r"'Gang'.*null for what is no road"):
        read_vector_roads(RoadsFile(path=path), ZONE, "EPSG:32749")


def test_roads_without_attributes_take_one_class(tmp_path):
    path = lines(tmp_path, [])
    with pytest.raises(InputError, match=r"class: \{all: residential\}"):
        read_vector_roads(RoadsFile(path=path), ZONE, "EPSG:32749")
    source = RoadsFile.model_validate({"path": path, "class": {"all": "track"}})
    assert read_vector_roads(source, ZONE, "EPSG:32749").frame["road_class"].tolist() == ["track"]


def test_words_of_floods(tmp_path):
    from geodata.readers.areas import read_floods

    words = ["Sangat Tinggi", "rendah", "Genangan"]
    frame = gpd.GeoDataFrame({"POTENSI": words}, geometry=boxes(113, 113.02, 113.04), crs="EPSG:4326")
    frame.to_file(tmp_path / "banjir.geojson")
    given_ = {"path": tmp_path / "banjir.geojson"}
    with pytest.raises(InputError, match="Genangan"):
        read_floods(FloodsFile(**given_, speed_factor="POTENSI"), ZONE, "EPSG:32749")
    words = {"column": "POTENSI", "values": {"Genangan": 0.25, "Rendah": 0.9}}
    read = read_floods(FloodsFile.model_validate({**given_, "speed_factor": words}), ZONE, "EPSG:32749")
    assert sorted(read.frame["speed_factor"]) == [0.0, 0.25, 0.9]
