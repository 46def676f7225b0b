"""Tables of people as offices write them: whom a column counts, which rows are villages, and of which."""

from __future__ import annotations

import math

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import yaml
from test_list_traps import CODE, DESA, KECAMATAN, PEOPLE, area_of, with_map

from geodata.drafting.draft import draft
from geodata.drafting.guess import guesses
from geodata.errors import InputError, MissingColumnError, SchemaError

VILLAGES = {"Kecamatan": KECAMATAN, "Desa": DESA}
AMBULU, WULUHAN = sum(PEOPLE[:3]), sum(PEOPLE[3:])
EMPTY = [None] * 6


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


@pytest.fixture
def namesake(folder):
    """Let the first village have the name of its kecamatan, and the last that of one in the other."""
    known = gpd.read_file(folder / "desa.geojson")
    names = ["Ambulu", *DESA[1:5], DESA[1]]
    known.assign(nama=names).to_file(folder / "desa.geojson")
    return names


def table(folder, columns, file="penduduk", title=None):
    """Write a table, below a title; missing cells are empty."""
    book = openpyxl.Workbook()
    if title:
        book.active.append([title])
    book.active.append(list(columns))
    for row in zip(*columns.values(), strict=True):
        book.active.append(list(row))
    book.save(folder / f"{file}.xlsx")


def drafted(folder):
    """Return the draft's table of people (None for none), and its text."""
    text = draft(folder).text
    return yaml.safe_load(text).get("population"), text


def built(folder, **said):
    """Return the people by village of the table penduduk.xlsx, as AREA.yml has it, and what was found."""
    layers, told = area_of(folder, population={"path": "penduduk.xlsx", **said})
    return layers.villages["people"].reindex(CODE).tolist(), told


def by_draft(folder):
    return built(folder, **drafted(folder)[0])


def unknown(numbers):
    return [math.isnan(number) for number in numbers]


# --- Whom a column counts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "title", "column", "what"),
    [
        ("data 2024", "JUMLAH RUMAH TANGGA MENURUT DESA", "Jumlah", "rumah tangga"),
        ("data_KK", None, "Total", "kk"),
        ("data", "Jumlah Kepala Keluarga dan penduduk", "Jml", "kepala keluarga"),
        ("luas wilayah", None, "Total", "luas"),
        ("data", None, "Total (ha)", "ha"),
        ("penduduk", "JUMLAH PENDUDUK", "Jumlah (KK)", "kk"),
        ("populasi", "Populasi ternak", "Jumlah", "ternak"),
        ("data", "Balita stunting", "Jumlah", "balita"),
    ],
)
def test_a_sum_of_something_else_is_not_the_people(folder, file, title, column, what):
    table(folder, {**VILLAGES, column: PEOPLE}, file, title)
    people, text = drafted(folder)
    assert people is None
    assert f"counts {what}, and not all people" in text


@pytest.mark.slow
@pytest.mark.parametrize("column", ["Jumlah", "TOTAL", "jml"])
def test_a_sum_of_which_nothing_says_what_it_counts_is_left_to_decide(folder, column):
    table(folder, {**VILLAGES, column: PEOPLE}, "rekap desa")
    people, text = drafted(folder)
    assert people is None
    assert f"its column {column} may count anything" in text
    # The signs taken away, it is a table of people.
    chosen = text[text.index("# population:") :].replace("\n# ", "\n").removeprefix("# ")
    said = yaml.safe_load(chosen)["population"]
    assert said["people"] == column
    layers, told = area_of(folder, population=said)
    assert layers.villages["people"].tolist() == PEOPLE
    assert "people_doubtful" not in told


@pytest.mark.parametrize(
    ("file", "title"),
    [("penduduk", None), ("data", "JUMLAH PENDUDUK MENURUT DESA"), ("Data_Jiwa_2024", None),
     ("data", "Total Population by Village"), ("data dukcapil", None)],
)  # fmt: skip
def test_a_sum_is_the_people_where_title_or_name_says_so(folder, file, title):
    table(folder, {**VILLAGES, "Jumlah": PEOPLE}, file, title)
    people, _ = drafted(folder)
    assert people["people"] == "Jumlah"
    layers, told = area_of(folder, population=people)
    assert layers.villages["people"].tolist() == PEOPLE
    assert "people_doubtful" not in told


def test_the_sum_of_men_and_women_beside_households_is_the_people(folder):
    sexes = {"L": [n // 2 for n in PEOPLE], "P": [n - n // 2 for n in PEOPLE], "Jumlah": PEOPLE}
    table(folder, {**VILLAGES, **sexes, "KK": [9] * 6}, "data", "Jumlah penduduk dan KK")
    assert drafted(folder)[0]["people"] == "Jumlah"


def test_a_column_that_is_named_by_hand_counts_and_is_doubted(folder):
    table(folder, {**VILLAGES, "Jumlah": PEOPLE}, title="JUMLAH RUMAH TANGGA")
    numbers, told = built(folder, people="Jumlah")
    assert numbers == PEOPLE
    doubt = told["people_doubtful"]
    assert (doubt.severity, doubt.ids) == ("warning", ("Jumlah",))
    assert "counts rumah tangga" in doubt.message
    with pytest.raises(MissingColumnError, match=r"counts rumah tangga.*people: Jumlah"):
        built(folder)


def test_a_table_of_people_is_taken_before_one_that_nobody_knows(folder):
    table(folder, {**VILLAGES, "Jumlah": [n // 4 for n in PEOPLE]}, "a rekap")
    table(folder, {**VILLAGES, "Jumlah Penduduk": PEOPLE}, title="JUMLAH PENDUDUK")
    assert by_draft(folder)[0] == PEOPLE


# --- Rows that are sums of others --------------------------------------------------------------------------


def one_column(names, numbers, first="AMBULU", second="WULUHAN"):
    return {"Desa": [first, *names[:3], second, *names[3:]],
            "Jumlah Penduduk": [AMBULU, *numbers[:3], WULUHAN, *numbers[3:]]}  # fmt: skip


def test_the_sum_of_a_kecamatan_is_no_village_of_its_name(folder, namesake):
    table(folder, one_column(namesake, PEOPLE))
    numbers, told = by_draft(folder)
    # The rows below a sum are of its kecamatan: two villages have one name.
    assert numbers == PEOPLE
    sums = told["sum_row"]
    assert (sums.severity, [(c.row, c.value) for c in sums.cells]) == (
        "warning",
        [(2, "AMBULU"), (6, "WULUHAN")],
    )


def test_a_kecamatans_sum_is_one_where_the_village_of_its_name_is_missing(folder):
    known = gpd.read_file(folder / "desa.geojson")
    more = [f"35.09.13.20{i:02}" for i in range(1, 5)]
    third = known.iloc[:4].assign(
        kode=more,
        nama=["Jati", "Randu", "Waru", "Aren"],
        kecamatan="Tegal",
        geometry=known.geometry.translate(1)[:4],
    )
    known = known.assign(nama=["Ambulu", *DESA[1:]])
    pd.concat([known, third]).to_file(folder / "desa.geojson")
    columns = one_column(["Ambulu", *DESA[1:]], PEOPLE)
    columns = {head: [*cells[:1], *cells[2:]] for head, cells in columns.items()}
    columns["Desa"] += ["TEGAL", *third["nama"]]
    columns["Jumlah Penduduk"] += [4646, 1017, 1203, 1425, 1001]
    table(folder, columns)
    numbers, told = by_draft(folder)
    assert unknown(numbers) == [True, *[False] * 5]
    assert numbers[1:] == PEOPLE[1:]
    assert [c.value for c in told["sum_row"].cells] == ["AMBULU", "WULUHAN", "TEGAL"]


def test_sums_may_stand_below_their_rows_and_one_above_all(folder, namesake):
    names = ["Kabupaten", *namesake[:3], "Ambulu", *namesake[3:], "Wuluhan"]
    numbers = [AMBULU + WULUHAN, *PEOPLE[:3], AMBULU, *PEOPLE[3:], WULUHAN]
    table(folder, {"Desa": names, "Jumlah Penduduk": numbers})
    found, told = by_draft(folder)
    assert found == PEOPLE
    assert told["sum_row"].count == 3


def test_one_number_that_is_the_sum_of_the_next_ones_is_a_village(folder):
    numbers = [5000, 2000, 3000, 700, 800, 900]
    table(folder, {"Desa": DESA, "Jumlah Penduduk": numbers})
    found, told = by_draft(folder)
    assert found == numbers
    assert "sum_row" not in told


def test_a_row_with_the_code_of_a_village_is_no_sum(folder):
    numbers = [5000, 2000, 3000, 1500, 700, 800]
    table(folder, {"Kode": CODE, "Desa": DESA, "Jumlah Penduduk": numbers})
    found, told = by_draft(folder)
    assert found == numbers
    assert "sum_row" not in told


# --- Rows of kecamatan -------------------------------------------------------------------------------------


def test_codes_of_kabupaten_and_kecamatan_are_rows_of_sums(folder):
    table(folder, {
        "Kode": ["35.09", "35.09.11", *CODE[:3], "350912", *CODE[3:]],
        "Wilayah": ["JEMBER", "Ambulu", *DESA[:3], "Wuluhan", *DESA[3:]],
        "Penduduk": [AMBULU + WULUHAN, AMBULU, *PEOPLE[:3], WULUHAN, *PEOPLE[3:]],
    })  # fmt: skip
    numbers, told = by_draft(folder)
    assert numbers == PEOPLE
    assert "bad_code" not in told
    assert told["district_row"].count == 3


def test_a_village_whose_code_lost_its_end_is_no_kecamatan(folder):
    """In the midst of the villages that begin so, above all of them, and beside none of them."""
    for codes in ([CODE[0], "35.09.11", *CODE[2:]], ["35.09.11", *CODE[1:]], [*CODE[:4], "3509.13", CODE[5]]):
        table(folder, {"Kode": codes, "Penduduk": PEOPLE})
        _, told = built(folder)
        assert (told["bad_code"].severity, told["bad_code"].count) == ("error", 1)
        assert "district_row" not in told


@pytest.mark.parametrize("people", [[AMBULU, WULUHAN], [None, None]])
@pytest.mark.parametrize(
    "heads", [("Kecamatan", "Ambulu", "Wuluhan"), ("No", "Kecamatan Ambulu", "Kec. Wuluhan")]
)
def test_the_kecamatan_above_the_rows_tells_villages_of_one_name_apart(folder, namesake, people, heads):
    column, one, two = heads
    table(folder, {
        column: [one, *EMPTY[:3], two, *EMPTY[3:]],
        "Desa": [None, *namesake[:3], None, *namesake[3:]],
        "Penduduk": [people[0], *PEOPLE[:3], people[1], *PEOPLE[3:]],
    })  # fmt: skip
    numbers, told = by_draft(folder)
    assert numbers == PEOPLE
    assert "bad_code" not in told
    assert told["district_row"].count == 2


def test_a_kecamatan_that_is_written_once_is_that_of_the_rows_below(folder, namesake):
    table(
        folder,
        {"Kecamatan": ["Ambulu", None, None, "Wuluhan", None, None], "Desa": namesake, "Penduduk": PEOPLE},
    )
    assert by_draft(folder)[0] == PEOPLE


# --- Several rows of one village ---------------------------------------------------------------------------


def thirds(part, values, **more):
    """Return a table with three rows for each village, each of a third of its people."""
    numbers = [n for whole in PEOPLE for n in (whole // 3, whole // 3, whole - 2 * (whole // 3))]
    times = {
        head: [one for one in cells for _ in range(3)] for head, cells in {"Kode": CODE, **VILLAGES}.items()
    }
    return {**times, part: values * 6, **more, "Jumlah Jiwa": numbers}


@pytest.mark.parametrize(
    ("part", "values"),
    [("Dusun", ["Krajan", "Sumber", "Kidul"]), ("RT", ["001", "002", "003"]),
     ("Lingkungan", ["I", "II", "III"]), ("Kelompok Umur", ["0-14", "15-64", "65+"]),
     ("Jenis Kelamin", ["L", "P", "lain"])],
)  # fmt: skip
def test_the_rows_of_a_village_are_summed_where_a_column_tells_them_apart(folder, part, values):
    table(folder, thirds(part, values))
    said = drafted(folder)[0]
    assert said["parts"] == part
    numbers, told = by_draft(folder)
    assert numbers == PEOPLE
    assert (told["parts_summed"].severity, told["parts_summed"].count) == ("info", 6)
    assert part in told["parts_summed"].message
    # Without the key, the message says which it is.
    del said["parts"]
    with pytest.raises(SchemaError, match=rf"write parts: {part} into AREA\.yml"):
        built(folder, **said)


@pytest.mark.slow
def test_rw_and_rt_tell_rows_apart_together(folder):
    table(folder, thirds("RW", ["001", "001", "002"], RT=["001", "002", "001"] * 6))
    assert drafted(folder)[0]["parts"] == ["RW", "RT"]
    assert by_draft(folder)[0] == PEOPLE
    with pytest.raises(SchemaError, match=r"same part of one village, as RT \(parts:\) .*rows 2, 4"):
        built(folder, parts="RT")


def test_equal_rows_are_no_parts(folder):
    table(folder, thirds("Dusun", ["Krajan", "Sumber", "Sumber"]))
    assert "parts" not in drafted(folder)[0]
    with pytest.raises(SchemaError, match="same part of one village"):
        built(folder, parts="Dusun")
    with pytest.raises(InputError, match="there is no column 'RT'"):
        built(folder, parts="RT")


def test_a_part_that_is_not_known_leaves_the_sum_unknown(folder):
    columns = thirds("Dusun", ["Krajan", "Sumber", "Kidul"])
    columns["Jumlah Jiwa"][4] = None
    table(folder, columns)
    numbers, _ = by_draft(folder)
    assert unknown(numbers) == [False, True, *[False] * 4]


@pytest.mark.parametrize("word", ["L+P", "Jumlah", None])
def test_the_row_of_all_parts_is_their_sum(folder, word):
    half = [n // 2 for n in PEOPLE]
    table(folder, {
        "Kode": CODE * 3, "Desa": DESA * 3, "JK": ["L"] * 6 + ["P"] * 6 + [word] * 6,
        "Jumlah Jiwa": [*half, *(n - h for n, h in zip(PEOPLE, half, strict=True)), *PEOPLE],
    })  # fmt: skip
    numbers, told = built(folder, people="Jumlah Jiwa", parts="JK")
    assert numbers == PEOPLE
    assert told["parts_sum_row"].count == 6


def test_a_row_that_is_no_part_and_no_sum_is_refused(folder):
    columns = thirds("Dusun", ["Krajan", None, "Kidul"])
    table(folder, columns)
    with pytest.raises(SchemaError, match=r"say no Dusun \(parts:\).*row 3"):
        built(folder, parts="Dusun")


def test_villages_that_are_written_once_over_their_dusun_are_asked_for(folder):
    columns = thirds("Dusun", ["Krajan", "Sumber", "Kidul"])
    for head in ("Kode", "Desa", "Kecamatan"):
        columns[head] = [one if i % 3 == 0 else None for i, one in enumerate(columns[head])]
    table(folder, columns)
    with pytest.raises(SchemaError, match=r"say Dusun and no village: row 3.*parts: Dusun into AREA\.yml"):
        by_draft(folder)


# --- Headings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heads",
    [
        ("KD_DESA", "NM_DESA", "NM_KEC", "JML_PDDK"),
        ("Kode", "Desa", "Kec", "PDDK"),
        ("Kode Kemendagri", "Desa/Kel.", "Kec.", "Jml. Penduduk (jiwa)"),
        ("Kd. Desa", "Nm. Desa/Kel", "Nm. Kec.", "Jml Pddk"),
        ("Village Code", "Village Name", "Sub-district", "Total Population"),
    ],
)
def test_short_and_english_headings_are_known(folder, heads):
    table(folder, dict(zip(heads, (CODE, DESA, KECAMATAN, PEOPLE), strict=True)), "tabel")
    people, text = drafted(folder)
    assert [people.get(key) for key in ("code", "name", "district_name", "people")] == list(heads), text
    layers, _ = area_of(folder, population=people)
    assert layers.villages["people"].tolist() == PEOPLE


def test_english_headings_of_facilities_are_known(folder):
    at = [113.51 + 0.02 * i for i in range(6)]
    types = [
        "Health Center",
        "Sub Health Center",
        "Integrated Health Post",
        "Village Health Post",
        "Hospital",
        "Clinic",
    ]
    table(folder, {
        "S/N": range(1, 7), "Facility Name": [f"Unit {i}" for i in range(6)], "Facility Type": types,
        "Village": DESA, "Sub-district": KECAMATAN, "GPS Lat": [-8.39] * 6, "GPS Long": at,
    }, "facilities")  # fmt: skip
    [guess] = [g for g in guesses(folder) if g.role == "facilities"]
    assert {key: one.column for key, one in guess.keys.items()} == {
        "name": "Facility Name", "village_name": "Village", "district_name": "Sub-district",
        "lat": "GPS Lat", "lon": "GPS Long",
    }  # fmt: skip
    assert guess.row_kinds == ("puskesmas", "pustu", "posyandu", "poskesdes", "hospital", "clinic")
