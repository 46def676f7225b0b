"""What stands beside the traps of test_list_traps: the same mechanisms, met in another way."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from test_list_traps import CODE, DESA, KECAMATAN, PEOPLE, area_of, people, units, with_map

from geodata.drafting.draft import draft
from geodata.drafting.guess import guesses
from geodata.errors import SchemaError
from geodata.readers.adoption_table import read_adoption
from geodata.readers.facilities.lists import AREA_HEADING, NOTE
from geodata.readers.facilities.others import _slips
from geodata.readers.files.cells import TOTAL_WORDS
from geodata.vocabulary.statuses import FacilityStatus

PUSTU = {"path": "pustu.xlsx", "kind": "pustu", "name": "Nama Pustu"}
NAMES = [f"Pustu {name}" for name in DESA]
# "Ambulu" is a kecamatan, and in most kabupaten a village of it too.
NAMESAKE = ["Ambulu", *DESA[1:]]


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


@pytest.fixture
def namesake(folder):
    """A map whose first village has the name of its kecamatan."""
    gpd.read_file(folder / "desa.geojson").assign(nama=NAMESAKE).to_file(folder / "desa.geojson")
    return folder


def pustu(folder, **columns):
    """A list of a pustu in each village, of all columns that are given; and of more rows below."""
    more = max(len(values) for values in columns.values()) - len(DESA) if columns else 0
    table = {"No": range(1, 7), "Nama Pustu": NAMES, "Desa": DESA, "Kecamatan": KECAMATAN}
    filled = {name: [*values, *[None] * more] for name, values in table.items()}
    pd.DataFrame({**filled, **columns}).to_excel(folder / "pustu.xlsx", index=False)


def counted(folder, **columns):
    pd.DataFrame(columns).to_excel(folder / "penduduk.xlsx", index=False)


# --- Notes and headings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", ["Kecamatan Ambulu", "Mengetahui Kepala Dinas Kesehatan", "Keterangan", "Sumber Dinkes 2024",
             "Ket. * rusak berat", "PUSKESMAS PEMBANTU"],
)  # fmt: skip
def test_a_note_among_the_names_is_left_out_with_a_warning(namesake, said):
    pustu(namesake, **{"Nama Pustu": [*NAMES, said], "Desa": [*NAMESAKE, None]})
    layers, told = area_of(namesake, facilities=PUSTU)
    assert len(layers.facilities) == len(DESA)
    assert (told["note_row"].severity, told["note_row"].ids) == ("warning", (f"row 8 ({said})",))
    assert "write its village" in told["note_row"].action


def test_the_heading_of_a_kecamatan_is_no_unit_in_the_village_of_its_name(namesake):
    pustu(namesake, Desa=[*NAMESAKE, "Kecamatan Ambulu"])
    layers, told = area_of(namesake, facilities=PUSTU)
    assert len(layers.facilities) == len(DESA)
    assert told["note_row"].severity == "info"
    # "Desa Ambulu" is the village.
    pustu(namesake, Desa=[*NAMESAKE, "Desa Ambulu"])
    layers, told = area_of(namesake, facilities=PUSTU)
    assert "note_row" not in told
    assert layers.facilities["village_code"].tolist() == [*CODE, CODE[0]]


@pytest.mark.parametrize("said", ["Sabrang", "baru dibangun"])
def test_what_stands_alone_where_nobody_looks_for_a_village_is_told(folder, said):
    pustu(folder, Alamat=["Jl. Raya"] * 6 + [said])
    layers, told = area_of(folder, facilities=PUSTU)
    assert len(layers.facilities) == len(DESA)
    assert (told["unit_in_rows"].severity, told["unit_in_rows"].count) == ("warning", 1)


@pytest.mark.parametrize("name", ["Sumber", "Kepala Siring", "Kabupaten", "Data Makmur", "Keterangan Jaya"])
def test_villages_of_the_country_are_no_notes(folder, name):
    """All but the last are villages; none is one of this map."""
    pustu(folder, **{"Nama Pustu": [*NAMES, name]})
    layers, told = area_of(folder, facilities=PUSTU)
    assert "note_row" not in told
    assert layers.facilities["status"].eq(FacilityStatus.UNLOCATED).sum() == 1


# --- Totals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heading", ["Keterangan", "Ket.", "Catatan 2"])
def test_a_remark_before_the_name_makes_no_total(folder, heading):
    counted(folder, **{heading: ["Jumlah RW 5", *[None] * 5], "Desa": DESA, "Kecamatan": KECAMATAN,
                       "Penduduk": PEOPLE})  # fmt: skip
    table = {heading: ["Total bidan 2", *[None] * 5], "Nama Pustu": NAMES, "Desa": DESA,
             "Kecamatan": KECAMATAN}  # fmt: skip
    pd.DataFrame(table).to_excel(folder / "pustu.xlsx", index=False)
    layers, told = area_of(folder, population={"path": "penduduk.xlsx"}, facilities=PUSTU)
    assert people(layers) == sum(PEOPLE)
    assert len(layers.facilities) == len(DESA)
    assert "total_row" not in told


def test_a_number_column_behind_the_name_tells_totals(namesake):
    below = {"Desa": [*NAMESAKE, "Ambulu"], "Kecamatan": [*KECAMATAN, None], "No.": [*"123456", "Jumlah"]}
    counted(namesake, **below, Penduduk=[*PEOPLE, sum(PEOPLE)])
    layers, told = area_of(namesake, population={"path": "penduduk.xlsx"})
    assert told["total_row"].count == 1
    assert people(layers) == sum(PEOPLE)


def test_the_total_of_a_kecamatan_in_so_many_words_is_one(folder):
    counted(folder, No=[*"123456", "Jumlah"], Desa=[*DESA, "Kecamatan Ambulu"], Kode=[*CODE, None],
            Penduduk=[*PEOPLE, sum(PEOPLE)])  # fmt: skip
    layers, told = area_of(folder, population={"path": "penduduk.xlsx"})
    assert told["total_row"].count == 1
    assert "bad_code" not in told
    assert people(layers) == sum(PEOPLE)


@pytest.mark.parametrize("named", [True, False], ids=["a column of names", "none"])
def test_a_unit_without_a_name_is_no_total_by_its_remark(folder, named):
    table = {"No": range(1, 7), "Nama Pustu": [None, *NAMES[1:]], "Desa": DESA, "Kecamatan": KECAMATAN,
             "Keterangan": ["Jumlah bidan 2", *[None] * 5]}  # fmt: skip
    if not named:
        table.pop("Nama Pustu")
    pd.DataFrame(table).to_excel(folder / "pustu.xlsx", index=False)
    layers, told = area_of(folder, facilities={"path": "pustu.xlsx", "kind": "pustu"})
    assert "total_row" not in told
    assert layers.facilities["village_code"].tolist() == CODE


def test_an_unknown_puskesmas_is_told_though_a_remark_counts(tmp_path):
    path = tmp_path / "ilp.csv"
    path.write_text("kode_faskes;tahap;catatan\nP1;a;\nP9;a;Jumlah kader 5\nJumlah;2;\n", "utf-8")
    with pytest.raises(SchemaError, match="P9"):
        read_adoption(path, ["P1"], {"a": "a"})


# --- Names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["puskesmas", {"from": "name"}], ids=["stated", "by name"])
@pytest.mark.parametrize(
    "posyandu", [[60, 71], [60, "tidak ada"], ["60 unit", "71 unit"]], ids=["numbers", "none", "units"]
)
def test_counts_of_posyandu_name_nothing(folder, kind, posyandu):
    names = ["Puskesmas Ambulu", "Puskesmas Wuluhan"]
    table = {"Nama Puskesmas": names, "Desa": [DESA[0], DESA[3]], "Kecamatan": ["Ambulu", "Wuluhan"]}
    pd.DataFrame({**table, "Pustu": [3, 4], "Posyandu": posyandu}).to_excel(
        folder / "faskes.xlsx", index=False
    )
    layers, _ = area_of(folder, facilities={"path": "faskes.xlsx", "kind": kind})
    assert sorted(layers.facilities["name"]) == names
    assert layers.facilities["kind"].eq("puskesmas").all()


@pytest.mark.parametrize(
    ("kind", "expected"), [("puskesmas", "Ambulu"), ("pustu", "Pustu A"), ("posyandu", "Melati 1")]
)
def test_of_several_columns_of_names_that_of_the_kind_counts(folder, kind, expected):
    pd.DataFrame({"Nama Puskesmas": ["Ambulu"], "Nama Pustu": ["Pustu A"], "Posyandu": ["Melati 1"],
                  "Desa": DESA[:1], "Kecamatan": KECAMATAN[:1]}).to_excel(
        folder / "faskes.xlsx", index=False)  # fmt: skip
    layers, _ = area_of(folder, facilities={"path": "faskes.xlsx", "kind": kind})
    assert layers.facilities["name"].tolist() == [expected]


def test_numbers_are_names_where_there_are_no_others(folder):
    """Posyandu are told by number in some towns."""
    pd.DataFrame({"Posyandu": range(1, 7), "Desa": DESA, "Kecamatan": KECAMATAN}).to_excel(
        folder / "faskes.xlsx", index=False
    )
    layers, _ = area_of(folder, facilities={"path": "faskes.xlsx", "kind": "posyandu"})
    assert layers.facilities["name"].tolist() == list("123456")


# --- Thousands that a spreadsheet took for decimals --------------------------------------------------------


def test_days_and_capacity_may_have_parts(folder):
    units(folder, Hari=[2.5, 4.5, 1.5], Ruang=[0.5, 1.5, 2.5])
    layers, _ = area_of(folder, facilities={**PUSTU, "open_days": "Hari", "capacity": "Ruang"})
    assert layers.facilities["open_days_month"].tolist() == [2.5, 4.5, 1.5]
    assert layers.facilities["capacity_people"].tolist() == [0.5, 1.5, 2.5]


@pytest.mark.slow
def test_groups_are_refused_only_where_there_are_so_many_people(folder):
    source = {"path": "penduduk.xlsx", "code": "Kode", "people": "Penduduk", "groups": {"bayi": "Kelompok"}}
    infants = [12.5, 9.8, 22.1, 14.4, 13.2, 11.1]
    counted(folder, Kode=CODE, Penduduk=PEOPLE, Kelompok=infants)
    layers, told = area_of(folder, population=source)
    assert layers.villages["people_bayi"].tolist() == infants
    assert "parts_of_people" not in told
    # As thousands these are fewer than the people: three of six are doubted, four refused.
    spoiled = [5.512, 3.125, 640, 3.1, 930, 900]
    counted(folder, Kode=CODE, Penduduk=PEOPLE, Kelompok=spoiled)
    layers, told = area_of(folder, population=source)
    assert [(c.column, c.row, c.proposal) for c in told["parts_of_people"].cells] == [
        ("Kelompok", 2, "5512"), ("Kelompok", 3, "3125"), ("Kelompok", 5, "3100"),
    ]  # fmt: skip
    counted(folder, Kode=CODE, Penduduk=PEOPLE, Kelompok=[*spoiled[:4], 1.25, 900])
    with pytest.raises(SchemaError, match=r"'Kelompok' .* look like thousands"):
        area_of(folder, population=source)


def test_parts_of_people_are_doubted_in_each_column_that_is_added(folder):
    counted(folder, Kode=CODE, L=[4000] * 6, P=[5.512, 812, 640, 3.1, 930, 900])
    layers, told = area_of(folder, population={"path": "penduduk.xlsx", "code": "Kode", "people": ["L", "P"]})
    assert [(c.column, c.row) for c in told["parts_of_people"].cells] == [("P", 2), ("P", 5)]
    assert people(layers) == pytest.approx(24000 + 5.512 + 812 + 640 + 3.1 + 930 + 900)


def test_parts_of_people_of_a_map_are_doubted(folder):
    known = gpd.read_file(folder / "desa.geojson")
    known.assign(jiwa=[9.728, *PEOPLE[1:]]).to_file(folder / "desa.geojson")
    villages = {"path": "desa.geojson", "code": "kode", "name": "nama", "people": "jiwa"}
    _, told = area_of(folder, boundaries=villages)
    assert [(c.file, c.row, c.proposal) for c in told["parts_of_people"].cells] == [
        ("desa.geojson", 1, "9728")
    ]


def test_what_nobody_knows_the_number_for_is_not_proposed(folder):
    counted(folder, Kode=CODE, Penduduk=[312.5, *PEOPLE[1:]])
    told = area_of(folder, population={"path": "penduduk.xlsx"})[1]["parts_of_people"]
    assert [(c.value, c.proposal) for c in told.cells] == [("312.5", "")]
    assert "an estimate may stay" in told.action


# --- What `init` makes of maps -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "numbers"),
    [("OBJECTID", [str(123401 + i) for i in range(6)]), ("nomor", [str(123097 + i) for i in range(6)])],
    ids=["a heading of objects", "a number that no kecamatan has"],
)
@pytest.mark.parametrize("dropped", [["kode"], ["kode", "kecamatan"]], ids=["kecamatan", "names alone"])
def test_numbers_of_objects_are_no_codes_though_the_map_has_none(folder, column, numbers, dropped):
    known = gpd.read_file(folder / "desa.geojson").drop(columns=dropped)
    known.assign(**{column: numbers}).to_file(folder / "desa.geojson")
    assert [g.role for g in guesses(folder)] == ["boundaries"]


@pytest.mark.parametrize(
    "codes",
    [[f"35.0{i}.11" for i in range(1, 7)], [f"350{i}11" for i in range(1, 7)],
     [f"3509{i}1" for i in range(1, 7)]],
    ids=["with points", "by their heading", "of one kabupaten"],
)  # fmt: skip
def test_kecamatan_of_a_province_are_no_villages(folder, codes):
    known = gpd.read_file(folder / "desa.geojson").drop(columns="kecamatan")
    known.assign(kode=codes).to_file(folder / "desa.geojson")
    [guess] = guesses(folder)
    assert guess.role == ""
    assert "6 polygons of kecamatan" in guess.about


def settled(folder, villages, settlements, names):
    """Leave some columns to the map of villages, and put one of 40 settlements beside it."""
    known = gpd.read_file(folder / "desa.geojson")
    known[[*villages, "geometry"]].to_file(folder / "desa.geojson")
    spots = [shapely.box(113.5 + 0.003 * i, -8.4, 113.502 + 0.003 * i, -8.398) for i in range(40)]
    table = {"nama": names, "kecamatan": ["Ambulu", "Wuluhan"] * 20}
    gpd.GeoDataFrame({c: table[c] for c in settlements}, geometry=spots, crs=4326).to_file(
        folder / "permukiman.geojson"
    )
    return yaml.safe_load(draft(folder, "35.09").text)["boundaries"]["path"]


DUSUN = [f"Dusun {i}" for i in range(40)]


@pytest.mark.parametrize(
    ("villages", "settlements", "names"),
    [
        (["nama"], ["nama"], DUSUN),
        (["nama"], ["nama", "kecamatan"], DUSUN),
        (["nama", "kecamatan"], ["nama", "kecamatan"], (DESA * 7)[:40]),
    ],
    ids=["names alone", "kecamatan there alone", "named after their villages"],
)
@pytest.mark.parametrize("table", ["codes", "people"])
def test_the_map_that_has_the_villages_names_is_theirs(folder, villages, settlements, names, table):
    if table == "codes":
        pd.DataFrame({"code": ["35.09", "35.09.11", *CODE], "name": ["Jember", "Ambulu", *DESA]}).to_csv(
            folder / "kode.csv", index=False
        )
    else:
        counted(folder, Desa=DESA, Kecamatan=KECAMATAN, Penduduk=PEOPLE)
    assert settled(folder, villages, settlements, names) == "desa.geojson"


def test_without_any_names_the_kecamatan_tell_the_map(folder):
    assert settled(folder, ["nama", "kecamatan"], ["nama"], DUSUN) == "desa.geojson"


# --- What `init` makes of tables ---------------------------------------------------------------------------

MEN, WOMEN = [n // 2 for n in PEOPLE], [n - n // 2 for n in PEOPLE]
VILLAGES = {"Desa": DESA, "Kecamatan": KECAMATAN}


def role_of(folder, file, table):
    pd.DataFrame(table).to_excel(folder / f"{file}.xlsx", index=False)
    [guess] = [g for g in guesses(folder) if g.path.suffix == ".xlsx"]
    return guess.role, guess.about


@pytest.mark.parametrize(
    ("file", "sexes"),
    [
        ("Data Penduduk Wilayah Puskesmas Ambulu", ()),
        ("Jumlah Jiwa Puskesmas Ambulu", ()),
        ("Wilayah Puskesmas Ambulu", ("Laki-laki", "Perempuan")),
        ("Wilayah Puskesmas Ambulu", ("Pria", "Wanita")),
        ("Wilayah Puskesmas Ambulu", ("Jumlah L", "Jumlah P")),
    ],
)
def test_people_are_told_by_the_name_or_by_men_and_women(folder, file, sexes):
    table = {**VILLAGES, **dict(zip(sexes, (MEN, WOMEN), strict=False)), "Jumlah": PEOPLE}
    assert role_of(folder, file, table)[0] == "population"


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("Data Balita Puskesmas Ambulu", "counts balita"),
        ("Penduduk lansia", "counts lansia"),
        ("Kader posyandu", "counts kader"),
        ("Kunjungan Pasien Puskesmas Ambulu", "counts kunjungan"),
    ],
)
def test_men_and_women_of_some_are_not_the_people(folder, file, why):
    role, about = role_of(folder, file, {**VILLAGES, "L": MEN, "P": WOMEN, "Jumlah": PEOPLE})
    assert role == ""
    assert why in about


@pytest.mark.parametrize("file", ["Rekap Posyandu", "Posyandu Kesehatan Jiwa", "Puskesmas Sakit Jiwa"])
def test_a_sum_of_units_is_not_the_people(folder, file):
    role, about = role_of(folder, file, {**VILLAGES, "Laki-laki": MEN, "L": MEN, "Jumlah": PEOPLE})
    assert role == ""
    assert "counts units" in about


@pytest.mark.parametrize(
    ("columns", "taken", "said"),
    [
        (["Penduduk 2010", "Penduduk 2024", "Penduduk 2099"], "Penduduk 2024", "# sure:"),
        (["Penduduk (2010)", "Penduduk (2024)", "Penduduk (2099)"], "Penduduk (2024)", "# sure:"),
        (["Penduduk Tahun 2099", "Penduduk Tahun 2024"], "Penduduk Tahun 2024", "# sure:"),
        (["Penduduk 2098", "Penduduk 2099"], "Penduduk 2098", "# sure, but of a year to come:"),
        (["pop_dukcapil_2010", "pop_dkb_2024"], "pop_dkb_2024", "# sure:"),
        # Nobody knows that heading: it is asked.
        (["pop_dukcapil_2010", "penduduk_dkb_2024"], None, "# is it? people: penduduk_dkb_2024"),
        (["pop_2099", "pop_2024"], "pop_2024", "# sure:"),
        (["pop_laki", "pop_perempuan", "pop_total"], "pop_total", "# sure:"),
        (["pop_laki_2010", "pop_perempuan_2010", "pop_laki_2024", "pop_perempuan_2024"],
         ["pop_laki_2024", "pop_perempuan_2024"], "# people are the sum of these"),
        (["pop_laki_2099", "pop_perempuan_2099"], ["pop_laki_2099", "pop_perempuan_2099"],
         "# people are the sum of these, of a year to come"),
        # Men alone are not the people, of whatever year.
        (["pop_laki_2024", "pop_2010"], "pop_2010", "# sure:"),
        (["pop_laki_2024"], None, ""),
    ],
)  # fmt: skip
def test_the_people_are_those_of_the_latest_year_that_has_begun(folder, columns, taken, said):
    counted(folder, Kode=CODE, **dict.fromkeys(columns, PEOPLE))
    text = draft(folder, "35.09").text
    table = yaml.safe_load(text).get("population", {})
    assert table.get("people") == taken
    assert said in text


# --- Other kabupaten ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wrong", "kept"),
    [
        ("Jember", "Kab. Jmber", True),
        ("Kabupaten Jember", "Jember, Jawa Timur", True),
        ("Kabupaten Jember", "Kab. Jembar - Jatim", True),
        ("Kabupaten Jember", "Jawa Timur", False),
        ("Kabupaten Gunung Kidul", "Gunungkidl", True),
        ("Kabupaten Bandung", "Bandung Barat", False),
        ("Kabupaten Lampung Timur", "Lampung Tengah", False),
        ("Kabupaten Halmahera Utara", "Halmahera Barat", False),
        ("Kabupaten Aceh Barat", "Aceh Barat Daya", False),
        ("Kabupaten Minahasa Utara", "Minahasa Tenggara", False),
        ("Kabupaten Ogan Komering Ulu", "Ogan Komering Ilir", False),
        ("Kabupaten Muaro Jambi", "Muaro Jmbi", True),
    ],
)
def test_a_slip_is_one_word_by_word(folder, name, wrong, kept):
    pustu(folder, Kabupaten=[wrong, *[name] * 5])
    layers, told = area_of(folder, name=name, facilities={**PUSTU, "regency": "Kabupaten"})
    assert len(layers.facilities) == len(DESA) - (not kept)
    if kept:
        assert (told["regency_slip"].severity, told["regency_slip"].ids) == ("warning", (f"row 2 ({wrong})",))
    else:
        assert told["other_regency"].count == 1


# --- The names of the whole country ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def country(shared):
    table = pd.read_csv(shared / "data/national/wilayah_kemendagri.csv", dtype="str")
    return table.set_index("code")["name"]


@pytest.mark.slow
@pytest.mark.realdata
def test_no_village_of_the_country_begins_as_a_note_or_a_total(country):
    villages = country[country.index.str.len() == len(CODE[0])].dropna()
    assert len(villages) > 80_000
    for words in (NOTE, AREA_HEADING, TOTAL_WORDS):
        assert [name for name in villages if words.match(name)] == []


@pytest.mark.slow
@pytest.mark.realdata
def test_no_kabupaten_is_a_slip_of_another_in_its_province(country):
    regencies = country[country.index.str.len() == len("35.09")]
    assert len(regencies) == 514
    for code, name in regencies.items():
        others = regencies[regencies.index.str.startswith(code[:3]) & (regencies.index != code)]
        assert not _slips(others, name, code).any(), name
