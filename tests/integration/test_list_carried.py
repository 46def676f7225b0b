"""What a list writes once for several rows: headings, ditto marks, cells filled in the first row alone."""

from __future__ import annotations

import csv
import itertools

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_list_traps import area_of

from geodata.readers.facilities.carried import DITTO
from geodata.vocabulary.statuses import FacilityStatus

HEADS = ["No", "Nama", "Desa", "Kecamatan", "Jenis"]
LIST = {"path": "unit.xlsx", "kind": "pustu", "name": "Nama", "village_name": "Desa"}
# Two villages of each kecamatan, and one name that both have.
PLACES = {"Sewon": ["Timbulharjo", "Bangunharjo", "Krajan"], "Bantul": ["Palbapang", "Ringinharjo", "Krajan"]}


@pytest.fixture
def folder(tmp_path):
    return with_places(tmp_path)


def with_places(folder):
    import geopandas as gpd
    import shapely

    rows = [(f"35.09.{k:02}.200{v}", name, district)
            for k, (district, names) in enumerate(PLACES.items(), 1)
            for v, name in enumerate(names, 1)]  # fmt: skip
    code, name, district = zip(*rows, strict=True)
    boxes = [shapely.box(113.5 + 0.02 * i, -8.4, 113.52 + 0.02 * i, -8.38) for i in range(len(rows))]
    frame = {"kode": code, "nama": name, "kecamatan": district}
    gpd.GeoDataFrame(frame, geometry=boxes, crs=4326).to_file(folder / "desa.geojson")
    return folder


def saved(folder, rows, heads=HEADS):
    book = openpyxl.Workbook()
    for row in [heads, *rows]:
        book.active.append(row)
    book.save(folder / "unit.xlsx")


def read(folder, rows, heads=HEADS, **keys):
    saved(folder, rows, heads)
    layers, _ = area_of(folder, facilities={**LIST, **keys})
    units = layers.facilities.set_index("name")
    found = [f for f in layers.findings if f.rule in ("carried_down", "not_carried", "group_row")]
    return units, found


def districts(units):
    """The kecamatan's number in the code of each unit's kecamatan."""
    return units["declared_district"].str[-2:].fillna("").to_dict()


SHORT = ["No", "Nama", "Desa", "Telepon"]


@pytest.mark.parametrize(
    ("first", "second"),
    [(["KECAMATAN SEWON"], ["KECAMATAN BANTUL"]), ([None, "Kec. Sewon"], [None, "Kec. Bantul"]),
     (["I", "SEWON"], ["II", "BANTUL"]), (["Sewon (3 unit)"], ["Bantul"]),
     ([None, None, "SEWON"], [None, None, "BANTUL"]), (["1.", "Kec. Sewon"], ["2.", "Kec. Bantul"])],
)  # fmt: skip
def test_a_kecamatan_alone_in_a_row_is_that_of_the_rows_below(folder, first, second):
    units, found = read(folder, [
        first, [1, "Pustu A", "Krajan", "x"], [2, "Pustu B", "Timbulharjo", "x"],
        second, [1, "Pustu C", "Krajan", "x"], [2, "Pustu D", "Palbapang", "x"],
    ], SHORT)  # fmt: skip
    assert districts(units) == {"Pustu A": "01", "Pustu B": "01", "Pustu C": "02", "Pustu D": "02"}
    assert units.loc["Pustu C", "village_code"] == "35.09.02.2003"
    assert {f.rule: f.count for f in found} == {"carried_down": 4, "group_row": 2}


def test_a_total_ends_what_a_heading_says(folder):
    units, found = read(folder, [
        ["KECAMATAN SEWON"], [1, "Pustu A", "Krajan", "x"], ["Jumlah", None, None, 1],
        [2, "Pustu B", "Krajan", "x"], [3, "Pustu C", "Krajan", "x"],
    ], SHORT)  # fmt: skip
    assert districts(units) == {"Pustu A": "01", "Pustu B": "", "Pustu C": ""}
    assert {f.rule: f.count for f in found} == {"carried_down": 1, "group_row": 1}


def test_what_may_be_a_unit_or_a_heading_ends_the_heading_above_and_is_told(folder):
    """Puskesmas have the names of their kecamatan: Bantul among the names may be one without a place."""
    units, found = read(folder, [
        ["KECAMATAN SEWON"], [1, "Pustu A", "Krajan", "x"], [None, "Bantul"],
        [2, "Pustu B", "Krajan", "x"], [3, "Pustu C", "Krajan", "x"],
    ], SHORT)  # fmt: skip
    assert districts(units) == {"Pustu A": "01", "Bantul": "", "Pustu B": "", "Pustu C": ""}
    told = {f.rule: f for f in found}
    assert (told["not_carried"].severity, told["not_carried"].count) == ("warning", 2)


def test_a_row_that_names_its_own_kecamatan_keeps_it(folder):
    units, _ = read(folder, [
        ["KECAMATAN SEWON"], [1, "Pustu A", "Krajan", "Bantul", "x"], [2, "Pustu B", "Krajan", None, "x"],
    ])  # fmt: skip
    assert districts(units) == {"Pustu A": "02", "Pustu B": "01"}


STACKED = [
    ["A.", "PUSKESMAS"], [1, "Sewon I", "Timbulharjo", "Sewon"], [2, "Bantul I", "Palbapang", "Bantul"],
    ["B.", "PUSKESMAS PEMBANTU"], [1, "Krajan", "Krajan", "Sewon"], [2, "Posyandu Mawar", "Krajan", "Bantul"],
    ["C.", "SARANA PENUNJANG"], [1, "Sehat", "Krajan", "Sewon"],
]  # fmt: skip


@pytest.mark.parametrize("below", [False, True], ids=["with a letter", "without"])
def test_stacked_blocks_of_kinds_have_the_kinds_of_their_headings(folder, below):
    """What heads a block of no known kind does not leave its units to the kind above."""
    rows = [[*row, *[None] * (4 - len(row))] for row in STACKED]
    if below:
        rows = [[None if row[2] is None else row[0], *row[1:]] for row in rows]
    units, found = read(folder, rows, HEADS[:4], kind={"from": "name"})
    kinds = units["kind"].to_dict()
    assert kinds["Sewon I"] == kinds["Bantul I"] == "puskesmas"
    assert (kinds["Krajan"], kinds["Posyandu Mawar"]) == ("pustu", "posyandu")
    assert kinds["Sehat"] == "other"
    assert units.loc["Sehat", "status"] == FacilityStatus.SET_ASIDE
    assert [f.count for f in found if f.rule == "carried_down"] == [3]
    assert [f.count for f in found if f.rule == "not_carried"] == [1]


@pytest.mark.parametrize("mark", ["-sda-", "sda", "s.d.a.", '"', "''", "〃", "idem", "SDA"])
def test_ditto_marks_are_what_stands_above_them(folder, mark):
    units, found = read(folder, [
        [1, "Pustu A", "Krajan", "Sewon"], [2, "Pustu B", mark, mark], [3, "Pustu C", "Krajan", "Bantul"],
        [4, "Pustu D", "Palbapang", mark], ["Jumlah", None, None, 4], [5, "Pustu E", "Krajan", mark],
    ])  # fmt: skip
    assert districts(units) == {
        "Pustu A": "01",
        "Pustu B": "01",
        "Pustu C": "02",
        "Pustu D": "02",
        "Pustu E": "",
    }
    assert units.loc["Pustu B", "village_code"] == "35.09.01.2003"
    assert sorted((f.rule, f.count) for f in found) == [
        ("carried_down", 1),
        ("carried_down", 2),
        ("not_carried", 1),
    ]


def test_ditto_marks_of_a_csv_and_of_kinds(folder):
    rows = [
        [1, "A", "Krajan", "Sewon", "Pustu"],
        [2, "B", "Krajan", '"', '"'],
        [3, "C", "Krajan", '"', "Posyandu"],
    ]
    with (folder / "unit.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADS, *rows])
    layers, _ = area_of(folder, facilities={**LIST, "path": "unit.csv", "kind": {"column": "Jenis"}})
    assert layers.facilities.set_index("name")["kind"].to_dict() == {
        "A": "pustu",
        "B": "pustu",
        "C": "posyandu",
    }


ONCE = [
    [1, "Pustu A", "Timbulharjo", "Sewon"],
    [2, "Pustu B", "Bangunharjo", None],
    [3, "Pustu C", "Krajan", None],
    [4, "Pustu D", "Palbapang", "Bantul"],
    [5, "Pustu E", "Krajan", None],
    [6, "Pustu F", "Ringinharjo", None],
]


def test_a_kecamatan_in_the_first_row_of_its_block_is_carried_where_villages_bear_it_out(folder):
    units, found = read(folder, ONCE)
    assert "".join(districts(units).values()) == "010101020202"
    assert [(f.rule, f.severity, f.count) for f in found] == [("carried_down", "warning", 4)]


UNKNOWN = {
    "a village below is in the other kecamatan": [(1, 2, "Palbapang")],
    "no village shows anything": [(i, 2, "Krajan") for i in range(6)],
    "a kecamatan stands in two cells": [(2, 3, "Sewon")],
    "one kecamatan alone": [(3, 3, None)],
}


@pytest.mark.parametrize("changes", UNKNOWN.values(), ids=UNKNOWN)
def test_blank_cells_stay_unknown_where_nothing_bears_it_out(folder, changes):
    rows = [list(row) for row in ONCE]
    for row, column, value in changes:
        rows[row][column] = value
    _, found = read(folder, rows)
    assert all(f.rule != "carried_down" for f in found)
    # The oracle: the villages' own names find those that one kecamatan alone has, and no other.
    layers, _ = area_of(folder, facilities=LIST)
    codes = layers.facilities["village_code"].str[6:8]
    truth = {"Timbulharjo": "01", "Bangunharjo": "01", "Palbapang": "02", "Ringinharjo": "02"}
    names = [row[2] for row in rows]
    assert all(truth.get(n, c) == c for n, c in zip(names, codes, strict=True) if isinstance(c, str))


def test_row_numbers_that_begin_again_bear_blank_cells_out(folder):
    rows = [[n, row[1], "Krajan", row[3]] for n, row in zip((1, 2, 3, 1, 2, 3), ONCE, strict=True)]
    units, _ = read(folder, rows)
    assert "".join(districts(units).values()) == "010101020202"


def test_blank_kinds_are_carried_where_names_tell_them_and_never_against_a_name(folder):
    kinds = ["Pustu", None, None, "Posyandu", None, None]
    names = ["Pustu A", "Pustu B", "Pustu C", "Posyandu D", "Posyandu E", "Posyandu F"]
    rows = [[*row[:1], name, *row[2:], kind] for row, name, kind in zip(ONCE, names, kinds, strict=True)]
    units, _ = read(folder, rows, kind={"column": "Jenis"})
    assert units["kind"].tolist() == ["pustu"] * 3 + ["posyandu"] * 3
    rows[1][1] = "Posyandu B"
    rows[2][4], rows[4][4], rows[5][4] = "Klinik", "Polindes", "Poskesdes"
    units, _ = read(folder, rows, kind={"column": "Jenis"})
    assert units["kind"].tolist()[1] == "other"


@pytest.mark.slow
@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_no_unit_comes_into_a_kecamatan_that_is_not_its_own(tmp_path_factory, data):
    """Blocks written in any of the ways: each unit is found in its own kecamatan, or is unknown."""
    folder = with_places(tmp_path_factory.mktemp("area"))
    how = data.draw(st.sampled_from(["heading", "ditto", "first", "holes"]))
    order = data.draw(st.permutations(list(PLACES)))
    rows, truth, number = [], {}, itertools.count(1)
    for district in order:
        if how == "heading":
            rows.append([f"KECAMATAN {district.upper()}"])
        names = data.draw(st.lists(st.sampled_from(PLACES[district]), min_size=1, max_size=5))
        for i, village in enumerate(names):
            unit = f"Pustu {next(number)}"
            truth[unit] = f"{list(PLACES).index(district) + 1:02}"
            mark = {"heading": None, "ditto": data.draw(st.sampled_from(sorted(DITTO))), "first": None,
                    "holes": data.draw(st.sampled_from([None, district]))}[how]  # fmt: skip
            written = None if how == "heading" else district if not i and how != "holes" else mark
            rows.append([len(truth), unit, village, written, "x"])
        if data.draw(st.booleans()):
            rows.append(["Jumlah", None, None, None, len(names)])
    if how == "holes":
        units_only = [row for row in rows if row[0] != "Jumlah"]
        rows = data.draw(st.permutations(units_only))
    units, _ = read(folder, rows)
    got = districts(units)
    assert set(got) == set(truth)
    if how != "holes":
        assert all(got[unit] in ("", truth[unit]) for unit in truth)
    if how in ("heading", "ditto"):
        assert got == truth
