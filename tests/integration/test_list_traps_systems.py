"""Codes that need not be Kemendagri's, rows of other kabupaten, old editions: joined by proof alone."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from test_list_traps import area_of

from geodata.errors import SchemaError

pytestmark = pytest.mark.slow

# A kota of two kecamatan, and its codes of BPS: 3671 010 is Kemendagri's 36.71.01, 3671 011 is 36.71.02. The
# ten digits of 3671 011 001 are those of 36.71.01.1001. By hand, as in Kota Tangerang.
NAMES = {
    "36.71.01": ["Aren", "Bambu", "Cemara", "Damar"],
    "36.71.02": ["Enau", "Flamboyan", "Gaharu", "Jati"],
}
DISTRICTS = {"36.71.01": "Rimba", "36.71.02": "Kebun"}
VILLAGES = [
    (f"{district}.10{i:02d}", name, DISTRICTS[district])
    for district, names in NAMES.items()
    for i, name in enumerate(names, 1)
]
BPS = [f"3671010{i:03d}" for i in range(1, 5)] + [f"3671011{i:03d}" for i in range(1, 5)]
PEOPLE = [100 * i for i in range(1, 9)]


@pytest.fixture
def folder(tmp_path):
    frame = pd.DataFrame(VILLAGES, columns=["kode", "nama", "kec"])
    shapes = [shapely.box(106.6 + 0.01 * i, -6.2, 106.61 + 0.01 * i, -6.19) for i in range(len(frame))]
    gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326").to_file(tmp_path / "desa.geojson")
    return tmp_path


def built(folder, columns=None, units=None, **more):
    boundaries = {"path": "desa.geojson", "code": "kode", "name": "nama", "district_name": "kec"}
    area = {"code": "36.71", "name": "Kota Rimba", "boundaries": boundaries}
    if columns is not None:
        pd.DataFrame(columns).to_csv(folder / "p.csv", index=False)
        area["population"] = {"path": "p.csv", "people": "penduduk"} | more.pop("population", {})
    if units is not None:
        pd.DataFrame(units).to_csv(folder / "f.csv", index=False)
        area["facilities"] = [{"path": "f.csv", "kind": "posyandu", "name": "nama"} | more.pop("list", {})]
    return area_of(folder, **(area | more))


def known(layers):
    return layers.villages["people"].dropna().to_dict()


RIGHT = {code: people for (code, _, _), people in zip(VILLAGES, PEOPLE, strict=True)}


@pytest.mark.parametrize("heading", ["kode", "kode_bps"])
def test_a_column_of_bps_alone_is_refused(folder, heading):
    with pytest.raises(SchemaError, match=r"no code in p\.csv is a village of 36\.71.*codes:.*BPS"):
        built(folder, {heading: BPS, "penduduk": PEOPLE}, population={"code": heading})


def test_a_heading_of_bps_counts_where_every_code_fits(folder):
    with pytest.raises(SchemaError, match="BPS"):
        built(folder, {"kode_bps": BPS[4:], "penduduk": PEOPLE[4:]})
    # All villages of the area under the wrong heading are Kemendagri's all the same.
    layers, told = built(folder, {"kode_bps": [c.replace(".", "") for c in RIGHT], "penduduk": PEOPLE})
    assert known(layers) == RIGHT
    assert "codes_unproven" not in told


def test_names_count_beside_a_column_that_nothing_proves(folder):
    names = {"desa": [v[1] for v in VILLAGES], "kecamatan": [v[2] for v in VILLAGES]}
    # Most look like Kemendagri's.
    codes = [*BPS[:3], "3671012001", *BPS[4:]]
    layers, told = built(folder, {"kode": codes, **names, "penduduk": PEOPLE})
    assert known(layers) == RIGHT
    assert (told["codes_unproven"].severity, told["codes_unproven"].count) == ("warning", 8)
    # A row without a name is of no village: its code is no village's for certain.
    names["desa"][7] = None
    layers, told = built(folder, {"kode": codes, **names, "penduduk": PEOPLE})
    assert known(layers) == {code: n for code, n in RIGHT.items() if n != 800}
    assert told["codes_unproven"].severity == "error"


def test_a_register_of_both_numberings_is_asked_which_it_is(folder):
    table = pd.DataFrame(VILLAGES, columns=["code", "name", "district_name"]).assign(bps=BPS)
    table.to_csv(folder / "kode.csv", index=False)
    codes = [{"path": "kode.csv"}]
    layers, told = built(folder, {"kode": BPS, "penduduk": PEOPLE}, codes=codes)
    assert known(layers) == RIGHT
    assert "village_twice" not in told
    layers, _ = built(folder, {"kode": list(RIGHT), "penduduk": PEOPLE}, codes=codes)
    assert known(layers) == RIGHT
    # All four fit both: nobody can tell which it is.
    with pytest.raises(SchemaError, match="BPS"):
        built(folder, {"kode": BPS[4:], "penduduk": PEOPLE[4:]}, codes=codes)


def test_a_list_with_a_column_of_bps_places_nobody_by_it(folder):
    units = {"nama": [f"Posyandu {i}" for i in range(8)], "kode_desa": BPS}
    layers, told = built(folder, units=units)
    assert layers.facilities["village_code"].isna().all()
    assert told["codes_unproven"].count == 8
    names = {"desa": [v[1] for v in VILLAGES], "kecamatan": [v[2] for v in VILLAGES]}
    layers, _ = built(folder, units={**units, **names})
    found = layers.facilities.set_index("name")["village_code"]
    assert found.to_dict() == dict(zip(units["nama"], RIGHT, strict=True))
    # Two rows alone: name and kecamatan fit together in another kecamatan than the code's.
    few = {key: values[:2] for key, values in names.items()}
    layers, _ = built(folder, units={"nama": ["A", "B"], "kode_desa": ["3671021001", "3671021002"], **few})
    assert sorted(layers.facilities["village_code"]) == ["36.71.01.1001", "36.71.01.1002"]


def census(**more):
    return {
        "desa": [v[1] for v in VILLAGES],
        "kecamatan": [v[2] for v in VILLAGES],
        "penduduk": PEOPLE,
    } | more


@pytest.mark.parametrize("column", ["Kabupaten", None])
def test_a_village_of_another_kabupaten_fills_none_of_its_name(folder, column):
    there = ["Kota Rimba"] * 7 + ["Kabupaten Jauh"]
    rows = census(
        kecamatan=[v[2] for v in VILLAGES[:7]] + ["Seberang"], **({column: there} if column else {})
    )
    layers, told = built(folder, rows)
    assert known(layers) == {code: n for code, n in RIGHT.items() if n != 800}
    rule = "other_regency" if column else "other_district"
    assert (told[rule].count, told[rule].cells[0].row) == (1, 9)
    assert "bad_code" not in told


def test_a_table_of_a_province_leaves_the_others_aside(folder):
    others = {"desa": [f"Lain {i}" for i in range(40)], "kecamatan": ["Seberang"] * 40, "penduduk": [5] * 40}
    rows = {key: [*values, *others[key]] for key, values in census().items()}
    layers, told = built(folder, {"kab": ["RIMBA"] * 8 + ["JAUH"] * 40, **rows})
    assert known(layers) == RIGHT
    assert (told["other_regency"].severity, told["other_regency"].count) == ("info", 40)
    # So they are without the column, by their kecamatan.
    layers, told = built(folder, rows)
    assert known(layers) == RIGHT
    assert told["other_district"].count == 40


def test_a_kecamatan_by_its_old_name_is_no_other_area(folder):
    layers, _ = built(folder, census(kecamatan=["Rimba Lama"] * 4 + ["Kebun"] * 4))
    assert known(layers) == RIGHT


def test_an_old_edition_with_exact_names_is_found_by_them(folder):
    """The last two had codes of the first kecamatan, and stood in it; one is written otherwise now."""
    codes = [*list(RIGHT)[:6], "36.71.01.1005", "36.71.01.1006"]
    names = [v[1] for v in VILLAGES[:6]] + ["Gaharru", "Jati"]
    where = ["Rimba"] * 4 + ["Kebun"] * 2 + ["Rimba"] * 2
    layers, told = built(folder, census(kode=codes, desa=names, kecamatan=where))
    assert known(layers) == RIGHT
    assert not {"unknown_village", "bad_code"} & set(told)
    units = {"nama": [f"Posyandu {n}" for n in names], "kode_desa": codes, "desa": names, "kecamatan": where}
    layers, _ = built(folder, units=units)
    assert sorted(layers.facilities["village_code"]) == sorted(RIGHT)


def test_one_wrong_code_does_not_keep_a_name_from_its_village(folder):
    layers, told = built(folder, census(kode=[*list(RIGHT)[:7], "36.71.02.1099"]))
    assert known(layers) == RIGHT
    assert told["code_bridge"].message.endswith(
        "8 rows with 3,600 people found their village, 0 rows with 0 people may be of several, "
        "0 rows with 0 people found none"
    )


def test_a_table_without_codes_is_not_told_that_its_codes_are_spoiled(folder):
    _, told = built(folder, census(desa=[*[v[1] for v in VILLAGES[:7]], "Entah"]))
    assert "name" in told["bad_code"].message
    assert "code" not in told["bad_code"].message
    with pytest.raises(SchemaError, match=r"names in p\.csv are of no village.*district_name:"):
        built(folder, census(desa=["Aren", *[f"Entah {i}" for i in range(7)]]))


def test_a_villages_code_without_its_end_is_no_kecamatan(folder):
    rows = census(kode=[*list(RIGHT)[:3], "36.71.0", *list(RIGHT)[4:]])
    rows["desa"][3] = "Entah"
    layers, told = built(folder, rows)
    assert "district_row" not in told
    assert [c.row for c in told["bad_code"].cells] == [5]
    assert len(known(layers)) == 7


def test_a_map_and_working_areas_with_codes_of_bps_are_refused(folder):
    rows = {"kode": [*BPS[:3], "3671012001", *BPS[4:]], "puskesmas": ["P1"] * 8}
    pd.DataFrame(rows).to_csv(folder / "w.csv", index=False)
    with pytest.raises(SchemaError, match=r"working_areas: nothing proves .* kode of w\.csv"):
        built(folder, units={"nama": ["P"], "id": ["P1"], "kode_desa": ["36.71.01.1001"]},
              working_areas={"path": "w.csv", "code": "kode", "puskesmas": "puskesmas"})  # fmt: skip
    gpd.read_file(folder / "desa.geojson").assign(kode=rows["kode"]).to_file(folder / "desa.geojson")
    with pytest.raises(SchemaError, match=r"3 codes of 36\.71 .* none of Kemendagri's.*codes:"):
        built(folder)
