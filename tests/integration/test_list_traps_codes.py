"""Codes beside names: of another numbering or edition that look like the area's own, and sorted columns."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from test_list_traps import CODE, DESA, KECAMATAN, PEOPLE, area_of, people, with_map

from geodata.errors import SchemaError

# BPS counts the kecamatan by three digits: let 3509 112 be Wuluhan's and 3509 122 Ambulu's. The ten digits of
# their villages 001 to 003 are those of 35.09.11.2001 … and 35.09.12.2001 … of Kemendagri: of the other.
LIKE_BPS = [*CODE[3:], *CODE[:3]]
OLD = [code.replace("35.09", "35.79") for code in CODE]


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def table(folder, codes, names=DESA, **more):
    columns = {"Kode": codes, "Desa": names, "Kecamatan": KECAMATAN, "Penduduk": PEOPLE, **more}
    pd.DataFrame({name: values for name, values in columns.items() if values is not None}).to_csv(
        folder / "penduduk.csv", index=False
    )
    return area_of(folder, population={"path": "penduduk.csv", "people": "Penduduk"})


def of_villages(layers):
    return layers.villages["people"].reindex(CODE).tolist()


@pytest.mark.parametrize("kecamatan", [KECAMATAN, None], ids=["kecamatan", "names alone"])
def test_codes_of_bps_that_look_like_kemendagris_give_way_to_the_names(folder, kecamatan):
    layers, told = table(folder, LIKE_BPS, Kecamatan=kecamatan)
    assert of_villages(layers) == PEOPLE
    assert told["code_bridge"].count == 6
    assert "another numbering" in told["code_bridge"].message
    assert "code_and_name_differ" not in told


def test_a_column_that_was_sorted_without_the_other_is_refused(folder):
    with pytest.raises(SchemaError, match=r"names of 6 rows .* none fit.*code: null.*name: null"):
        table(folder, [*CODE[1:], CODE[0]])
    # Half of them is no proof for the column, and each is told.
    mixed = [CODE[1], CODE[2], CODE[0], *CODE[3:]]
    layers, told = table(folder, mixed)
    assert of_villages(layers) == [PEOPLE[2], PEOPLE[0], PEOPLE[1], *PEOPLE[3:]]
    differ = told["code_and_name_differ"]
    assert (differ.severity, differ.count, [c.row for c in differ.cells]) == ("error", 3, [2, 3, 4])
    assert "code_bridge" not in told


def pustu(folder, codes, **more):
    columns = {"Nama": [f"Pustu {d}" for d in DESA], "Kode Desa": codes, "Desa": DESA, "Kecamatan": KECAMATAN}
    columns = {name: values for name, values in {**columns, **more}.items() if values is not None}
    pd.DataFrame(columns).to_csv(folder / "pustu.csv", index=False)
    layers, told = area_of(folder, facilities=[{"path": "pustu.csv", "kind": "pustu"}])
    return layers.facilities.set_index("name")["village_code"].to_dict(), told


RIGHT = {f"Pustu {name}": code for name, code in zip(DESA, CODE, strict=True)}


@pytest.mark.parametrize("codes", [LIKE_BPS, OLD], ids=["BPS", "the old kabupaten"])
def test_a_list_whose_codes_are_of_another_numbering_goes_by_its_names(folder, codes):
    found, told = pustu(folder, codes)
    assert found == RIGHT
    assert told["foreign_code"].count == 6
    with pytest.raises(SchemaError, match=r"village: null.*village_name: null"):
        pustu(folder, [*CODE[1:], CODE[0]])


def test_old_codes_of_a_kabupaten_that_was_split_give_way_to_name_and_kecamatan(folder):
    layers, told = table(folder, OLD)
    assert of_villages(layers) == PEOPLE
    assert told["code_bridge"].count == 6
    # A distrik is Papua's kecamatan.
    layers, _ = table(folder, OLD, Kecamatan=None, Distrik=[f"Distrik {name}" for name in KECAMATAN])
    assert of_villages(layers) == PEOPLE


def test_another_kabupaten_keeps_its_codes_where_some_names_are_alike(folder):
    """Two villages of its six have the names of this one, in kecamatan of the same name."""
    names = [*DESA[:2], "Jauh", "Lain", "Entah", "Asing"]
    with pytest.raises(SchemaError, match=r"no code in penduduk\.csv"):
        table(folder, OLD, names)
    found, told = pustu(folder, OLD, Desa=names)
    assert set(found.values()) == {None} or all(pd.isna(code) for code in found.values())
    assert told["unknown_village"].count == 6
    # Names without a kecamatan do not outweigh a code.
    with pytest.raises(SchemaError, match=r"no code in penduduk\.csv"):
        table(folder, OLD, Kecamatan=None)


def test_a_few_names_of_other_villages_void_no_codes(folder):
    """The column "Desa" holds dusun; three of sixty are called as villages of another kecamatan."""
    names = [f"Krajan {i}" for i in range(60)]
    names[0], names[6], names[12] = DESA[3], DESA[4], DESA[3]
    pd.DataFrame(
        {"Nama": [f"Posyandu Melati {i}" for i in range(60)], "Kode Desa": CODE * 10, "Desa": names}
    ).to_csv(folder / "posyandu.csv", index=False)
    layers, told = area_of(folder, facilities=[{"path": "posyandu.csv", "kind": "posyandu"}])
    found = layers.facilities.set_index("name")["village_code"].to_dict()
    assert found == {f"Posyandu Melati {i}": code for i, code in enumerate(CODE * 10)}
    assert told["code_and_name_differ"].count == 3


def namesake(folder):
    """Let the first village have the name of its kecamatan, as many a seat of one has."""
    known = gpd.read_file(folder / "desa.geojson")
    known.assign(nama=["Ambulu", *DESA[1:]]).to_file(folder / "desa.geojson")


@pytest.mark.parametrize("word", ["Kecamatan", "Kec.", "KEC", "Distrik"])
def test_a_kecamatans_sum_is_no_villages_people(folder, word):
    namesake(folder)
    names = [f"{word} Ambulu", *DESA[1:3], f"{word} Wuluhan", *DESA[3:]]
    numbers = [18881, *PEOPLE[1:3], 25351, *PEOPLE[3:]]
    pd.DataFrame({"No": range(1, 8), "Desa": names, "Penduduk": numbers}).to_excel(
        folder / "penduduk.xlsx", index=False
    )
    source = {"path": "penduduk.xlsx", "people": "Penduduk"}
    layers, told = area_of(folder, population=source)
    assert layers.villages["people"].isna().tolist() == [True, *[False] * 5]
    assert people(layers) == sum(PEOPLE[1:])
    rows = told["district_row"]
    assert (rows.count, [c.value for c in rows.cells]) == (2, [names[0], names[3]])


def test_a_village_that_is_there_twice_is_told_by_its_rows(folder):
    namesake(folder)
    layers, told = table(folder, None, ["AMBULU", DESA[1], "Ambulu", *DESA[3:]], Kecamatan=None)
    twice = told["village_twice"]
    assert (twice.severity, twice.ids) == ("error", ("35.09.11.2001 (rows 2, 4)",))
    assert "sum of a kecamatan of its name" in twice.action
    # Which of the two counts nobody can tell.
    assert layers.villages["people"].isna().tolist() == [True, False, True, False, False, False]
    # Where most stand twice the table is of another form.
    with pytest.raises(SchemaError, match=r"35\.09\.11\.2001 \(rows 2, 4\).*heading of a kecamatan"):
        table(folder, None, ["AMBULU", DESA[1], "Ambulu", DESA[1], DESA[4], DESA[4]], Kecamatan=None)


def test_a_unit_of_which_only_the_kecamatan_is_known_stands_in_no_village_of_its_name(folder):
    namesake(folder)
    found, told = pustu(folder, None, Desa=["Kecamatan Ambulu", *DESA[1:]])
    assert pd.isna(found[f"Pustu {DESA[0]}"])
    assert [c.value for c in told["unclear_village"].cells] == ["Kecamatan Ambulu"]
