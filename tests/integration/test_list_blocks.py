"""Units that take several rows, puskesmas that head theirs, and units of several kinds in one row."""

from __future__ import annotations

import json

import openpyxl
import pytest
from test_list_carried import districts, with_places
from test_list_traps import area_of

from geodata.errors import InputError

HEADS = ["No", "Nama", "Desa", "Kecamatan", "Petugas", "Jabatan"]
NAMED = {"name": "Nama", "village_name": "Desa"}


@pytest.fixture
def folder(tmp_path):
    return with_places(tmp_path)


def saved(folder, rows, name="unit.xlsx", merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for block in merged:
        book.active.merge_cells(block)
    book.save(folder / name)


def read(folder, heads, rows, *, merged=(), more=(), **keys):
    saved(folder, [heads, *rows], merged=merged)
    layers, _ = area_of(folder, facilities=[{"path": "unit.xlsx", **keys}, *more])
    return layers.facilities, {(f.rule, f.severity): f.count for f in layers.findings}


STAFFED = [
    [1, "Pustu A", "Timbulharjo", "Sewon", "Siti", "bidan"], [None, None, None, None, "Ani", "perawat"],
    [2, "Pustu B", "Palbapang", "Bantul", "Tuti", "bidan"], [None, None, None, None, "Budi", "perawat"],
    [None, None, None, None, None, "gizi"], [None, None, None, None, "Edi", "perawat"],
]  # fmt: skip


def test_rows_below_a_unit_that_name_its_staff_alone_are_no_units(folder):
    units, told = read(folder, HEADS, STAFFED, kind="pustu", **NAMED)
    assert units["name"].tolist() == ["Pustu A", "Pustu B"]
    assert units["village_code"].tolist() == ["35.09.01.2001", "35.09.02.2001"]
    assert told["unit_in_rows", "warning"] == 4


def test_a_village_merged_over_the_rows_of_a_unit_is_said_once(folder):
    units, told = read(folder, HEADS, STAFFED, kind="pustu", merged=["C2:C3", "D2:D3", "C4:C7"], **NAMED)
    assert units["name"].tolist() == ["Pustu A", "Pustu B"]
    assert told["unit_in_rows", "warning"] == 4


@pytest.mark.parametrize("row", [
    [3, None, None, None, "Ani", "perawat"], [None, None, "Krajan", "Sewon", "Ani", "perawat"],
    [None, "Pustu C", None, None, "Ani", "perawat"],
], ids=["a number", "a village", "a name"])  # fmt: skip
def test_a_row_with_a_number_a_village_or_a_name_of_its_own_is_a_unit(folder, row):
    units, told = read(folder, HEADS, [*STAFFED[:1], row, *STAFFED[2:3]], kind="pustu", **NAMED)
    assert len(units) == 3
    assert ("unit_in_rows", "warning") not in told


def test_rows_below_a_total_or_an_empty_row_go_on_about_nothing(folder):
    total = ["Jumlah", None, None, None, "2", None]
    units, told = read(
        folder, HEADS, [*STAFFED[:1], total, STAFFED[1], [], STAFFED[1]], kind="pustu", **NAMED
    )
    assert len(units) == 3
    assert ("unit_in_rows", "warning") not in told


SHORT = ["No", "Nama", "Desa", "Telepon"]
PKM = {"path": "pkm.csv", "kind": "puskesmas", "id": "kode", "name": "nama", "village_name": "desa",
       "district_name": "kecamatan"}  # fmt: skip
PKM_CSV = "kode,nama,desa,kecamatan\nP1,Sewon I,Timbulharjo,Sewon\nP2,PKM BANTUL,Palbapang,Bantul\n"


@pytest.mark.parametrize("kind", ["pustu", {"from": "name"}], ids=["stated", "by name"])
@pytest.mark.parametrize(("first", "second"), [
    (["PUSKESMAS SEWON I"], ["PUSKESMAS BANTUL"]), (["I.", "Puskesmas Sewon I"], ["II.", "Puskesmas Bantul"]),
    (["A. UPT PUSKESMAS SEWON I"], ["B. UPT PUSKESMAS BANTUL"]),
    ([None, "Pkm Sewon I"], [None, "Pkm Bantul"]),
    (["UPTD Puskesmas Sewon I (2 unit)"], ["UPTD Puskesmas Bantul (1 unit)"]),
])  # fmt: skip
def test_a_puskesmas_alone_in_a_row_is_that_of_the_rows_below(folder, first, second, kind):
    """It is found by its name among the puskesmas of another list, and is no unit of this one."""
    (folder / "pkm.csv").write_text(PKM_CSV, "utf-8")
    units, told = read(folder, SHORT, [
        first, [1, "Pustu A", "Timbulharjo", "x"], [2, "Pustu B", "Bangunharjo", "x"],
        second, [1, "Pustu C", "Palbapang", "x"],
    ], kind=kind, more=[PKM], **NAMED)  # fmt: skip
    own = units[units["kind"] == "pustu"].set_index("name")
    assert own["parent_id"].to_dict() == {"Pustu A": "P1", "Pustu B": "P1", "Pustu C": "P2"}
    assert len(units) == 5
    severity = "info" if kind == "pustu" else "warning"
    assert (told["carried_down", "info"], told["group_row", severity]) == (3, 2)
    assert not [rule for rule, _ in told if rule in ("unknown_parent", "note_row")]


def test_kecamatan_and_their_puskesmas_head_the_rows_below_both(folder):
    units, _ = read(folder, SHORT, [
        ["Kecamatan Sewon"], [None, "PUSKESMAS SEWON I"], [1, "Pustu A", "Krajan", "x"],
        [None, "PUSKESMAS SEWON II"], [2, "Posyandu B", "Krajan", "x"],
        ["Kecamatan Bantul"], [1, "Pustu C", "Krajan", "x"], [None, "PUSKESMAS BANTUL"],
        [2, "Pustu D", "Krajan", "x"],
    ], kind={"from": "name"}, **NAMED)  # fmt: skip
    units = units.set_index("name")
    assert districts(units) == {"Pustu A": "01", "Posyandu B": "01", "Pustu C": "02", "Pustu D": "02"}
    assert units["parent_id"].fillna("").to_dict() == {
        "Pustu A": "PUSKESMAS SEWON I", "Posyandu B": "PUSKESMAS SEWON II", "Pustu C": "",
        "Pustu D": "PUSKESMAS BANTUL",
    }  # fmt: skip


def test_a_puskesmas_alone_is_a_unit_where_others_have_their_village(folder):
    units, _ = read(folder, SHORT, [
        [None, "Puskesmas Sewon I", "Timbulharjo", "x"], [1, "Pustu A", "Timbulharjo", "x"],
        [None, "Puskesmas Bantul"], [2, "Pustu B", "Palbapang", "x"], [3, "Pustu C", "Palbapang", "x"],
    ], kind={"from": "name"}, **NAMED)  # fmt: skip
    assert units["kind"].value_counts().to_dict() == {"puskesmas": 2, "pustu": 3}
    assert units["parent_id"].isna().all()


def test_parents_are_found_by_name_unless_two_have_it(folder):
    (folder / "pkm.csv").write_text(PKM_CSV + "P3,Puskesmas Bantul,Palbapang,Bantul\n", "utf-8")
    units, told = read(folder, ["Nama", "Desa", "Puskesmas Induk"], [
        ["Pustu A", "Timbulharjo", "SEWON I"], ["Pustu B", "Palbapang", "Bantul"],
        ["Pustu C", "Palbapang", "P2"], ["Pustu D", "Palbapang", None],
    ], kind="pustu", more=[PKM], **NAMED)  # fmt: skip
    own = units[units["kind"] == "pustu"]
    assert own["parent_id"].fillna("").tolist() == ["P1", "Bantul", "P2", ""]
    assert json.dumps(sorted(rule for rule, _ in told)).count("unknown_parent") == 0


BESIDE = {"columns": {"Pustu": "pustu", "Posyandu": "posyandu"}}


def of_kind(units, kind):
    rows = units[units["kind"] == kind]
    return {name: (village[-7:].replace(".", "") if isinstance(village, str) else "")
            for name, village in zip(rows["name"], rows["village_code"], strict=True)}  # fmt: skip


def test_each_column_of_names_has_its_units_and_the_puskesmas_left_of_them(folder):
    """The village right of both columns is the posyandu's; the pustu's where all its rows agree."""
    (folder / "pkm.csv").write_text(PKM_CSV, "utf-8")
    units, told = read(folder, ["Puskesmas", "Pustu", "Posyandu", "Desa"], [
        ["Puskesmas Sewon I", "Pustu T", "Melati 1", "Timbulharjo"], [None, None, "Melati 2", "Timbulharjo"],
        [None, "Pustu B", "Mawar 1", "Bangunharjo"], [None, None, "Mawar 2", "Timbulharjo"],
        ["Puskesmas Bantul", "Pustu P", "Kenanga", "Palbapang"], ["Jumlah", 3, 5, None],
    ], kind=BESIDE, village_name="Desa", parent="Puskesmas", more=[PKM])  # fmt: skip
    assert of_kind(units, "pustu") == {"Pustu T": "012001", "Pustu B": "", "Pustu P": "022001"}
    assert of_kind(units, "posyandu") == {
        "Melati 1": "012001", "Melati 2": "012001", "Mawar 1": "012002", "Mawar 2": "012001",
        "Kenanga": "022001",
    }  # fmt: skip
    own = units[units["kind"] != "puskesmas"].set_index("name")["parent_id"]
    assert own.map({"P1": 1, "P2": 2}).to_dict() == {
        "Pustu T": 1, "Pustu B": 1, "Pustu P": 2, "Melati 1": 1, "Melati 2": 1, "Mawar 1": 1, "Mawar 2": 1,
        "Kenanga": 2,
    }  # fmt: skip
    assert told["kinds_beside", "info"] == 8
    assert told["carried_down", "warning"] == 3
    assert told["not_carried", "warning"] == 1


@pytest.mark.parametrize("merged", [False, True])
def test_a_village_that_numbers_count_is_that_of_the_rows_below_it(folder, merged):
    rows = [
        [1, "Timbulharjo", "Sewon", "Pustu T", "Melati 1"], [None, None, None, None, "Melati 2"],
        [2, "Krajan", "Sewon", None, "Mawar"], [3, "Krajan", "Bantul", "Pustu K", "Anyelir 1"],
        [None, None, None, None, "Anyelir 2"], ["Jumlah", None, None, 2, 5],
    ]  # fmt: skip
    blocks = [f"{c}{r}:{c}{r + 1}" for c in "ABC" for r in (2, 5)] if merged else []
    units, _ = read(
        folder, ["No", "Desa", "Kecamatan", "Pustu", "Posyandu"], rows, merged=blocks, kind=BESIDE
    )
    assert of_kind(units, "pustu") == {"Pustu T": "012001", "Pustu K": "022003"}
    assert of_kind(units, "posyandu") == {
        "Melati 1": "012001", "Melati 2": "012001", "Mawar": "012003", "Anyelir 1": "022003",
        "Anyelir 2": "022003",
    }  # fmt: skip


def test_without_numbers_of_blocks_an_empty_village_stays_unknown(folder):
    units, _ = read(folder, ["Desa", "Kecamatan", "Pustu", "Posyandu"], [
        ["Timbulharjo", "Sewon", "Pustu T", "Melati 1"], [None, None, None, "Melati 2"],
        ["Palbapang", "Bantul", "Pustu P", "Kenanga"],
    ], kind=BESIDE)  # fmt: skip
    assert of_kind(units, "posyandu") == {"Melati 1": "012001", "Melati 2": "", "Kenanga": "022001"}


@pytest.mark.parametrize("merged", [False, True])
def test_a_pustu_that_stands_again_beside_each_of_its_posyandu_is_one(folder, merged):
    rows = [["Pustu T", "Melati 1", "Timbulharjo"], ["Pustu T", "Melati 2", "Bangunharjo"],
            ["Pustu P", "Kenanga", "Palbapang"]]  # fmt: skip
    if merged:
        rows[1][0] = None
    units, _ = read(folder, ["Pustu", "Posyandu", "Desa"], rows, merged=["A2:A3"] if merged else [],
                       kind=BESIDE)  # fmt: skip
    assert of_kind(units, "pustu") == {"Pustu T": "", "Pustu P": "022001"}
    assert len(units) == 5


def test_numbered_columns_of_one_kind_are_units_each(folder, jangkau):
    saved(folder, [["No", "Desa", "Kecamatan", "Posyandu 1", "Posyandu 2", "Posyandu 3"],
                   [1, "Timbulharjo", "Sewon", "Melati", "Mawar", None],
                   [2, "Krajan", "Bantul", "Melati", None, None],
                   [3, "Palbapang", "Bantul", "Dahlia", "Seruni", "Kamboja"]])  # fmt: skip
    assert jangkau("init", folder, "--code", "35.09")[0] == 0
    text = (folder / "AREA.yml").read_text("utf-8")
    assert "path: unit.xlsx  # 6 facilities in 3 rows" in text
    assert "second list" not in text
    assert jangkau("build", folder / "AREA.yml", "--out", folder / "w")[0] == 0
    found = json.loads(jangkau("check", folder / "w", "--json")[1])
    assert {f["rule"]: f["count"] for f in found if f["rule"] == "kinds_beside"} == {"kinds_beside": 6}


def test_a_place_of_a_row_with_several_units_is_refused(folder):
    with pytest.raises(InputError, match="nobody knows of which unit"):
        read(folder, ["Pustu", "Posyandu", "Desa", "Lintang", "Bujur"], [
            ["Pustu T", "Melati 1", "Timbulharjo", -8.39, 113.51],
            ["Pustu P", "Kenanga", "Palbapang", -8.39, 113.57],
        ], kind=BESIDE)  # fmt: skip


@pytest.mark.slow
def test_such_a_list_goes_back_and_comes_back(folder, jangkau, tmp_path):
    saved(folder, [["No", "Desa", "Kecamatan", "Pustu", "Posyandu"],
                   [1, "Timbulharjo", "Sewon", "Pustu T", "Melati 1"],
                   [2, "Palbapong", "Bantul", "Pustu P", "Kenanga"],
                   [3, "Krajan", "Bantul", None, "Mawar"]])  # fmt: skip
    assert jangkau("init", folder, "--code", "35.09")[0] == 0
    assert jangkau("build", folder / "AREA.yml", "--out", folder / "w")[0] == 0
    out = tmp_path / "sent"
    jangkau("check", folder / "w", "--out", out, "--lists", folder / "AREA.yml")
    book = openpyxl.load_workbook(out / "unit-periksa.xlsx")
    sheet, answered = book["Sheet"], 0
    for row in sheet.iter_rows():
        for cell in row:
            if str(cell.value).startswith("facilities.near_name."):
                sheet.cell(cell.row, cell.column - 1).value = "Palbapang"
                answered += 1
    book.save(tmp_path / "back.xlsx")
    assert answered == 2
    said = jangkau("check", folder / "w", "--answers", tmp_path / "back.xlsx", "--out", tmp_path / "o")[1]
    assert "unit.xlsx: 2 answers taken" in said
    assert "3,Palbapang" not in (tmp_path / "o" / "unit-dijawab.csv").read_text("utf-8")
    assert "2,Palbapang,Bantul,Pustu P,Kenanga" in (tmp_path / "o" / "unit-dijawab.csv").read_text("utf-8")


NOTED = [[1, "Pustu A", "Timbulharjo", "Sewon"], [2, "Pustu B", "Palbapang", "Sewon"]]


def test_a_note_in_two_cells_and_what_goes_on_below_it_are_no_units(folder):
    rows = [
        *NOTED,
        ["Keterangan:", "data per Desember"],
        [None, "v = aktif"],
        ["Sumber :", "Dinas", "Kesehatan"],
    ]
    units, told = read(folder, HEADS[:4], rows, kind="pustu", **NAMED)
    assert units["name"].tolist() == ["Pustu A", "Pustu B"]
    assert (told["note_row", "info"], told["note_row", "warning"]) == (2, 1)


def test_a_unit_below_a_note_is_one_where_any_has_its_village_or_number(folder):
    rows = [["Catatan:", "lama"], *NOTED, [3, "Pustu C"], ["Ket:", "baru"], [4, "Pustu D"]]
    units, _ = read(folder, HEADS[:4], rows, kind="pustu", **NAMED)
    assert units["name"].tolist() == ["Pustu A", "Pustu B", "Pustu C", "Pustu D"]


def test_names_of_several_units_in_one_cell_are_told(folder):
    units, told = read(folder, ["Posyandu", "Desa"], [
        ["Melati 1, Melati 2, Melati 3", "Timbulharjo"], ["Mawar 1\nMawar 2", "Bangunharjo"],
        ["Dahlia", "Palbapang"], ["Anggrek, Ringinharjo", "Ringinharjo"],
    ], kind="posyandu")  # fmt: skip
    assert len(units) == 4
    assert told["several_in_cell", "warning"] == 2


def test_kecamatan_whose_blocks_are_numbered_are_carried_where_several_have_more_rows(folder):
    """Numbers 1 and 2 stand beside the kecamatan alone: they count these, and not the units."""
    rows = [[1, "Pustu A", "Krajan", "Sewon"], [None, "Pustu B", "Timbulharjo", None],
            [2, "Pustu C", "Krajan", "Bantul"], [None, "Pustu D", "Krajan", None]]  # fmt: skip
    units, _ = read(folder, HEADS[:4], rows, kind="pustu", **NAMED)
    assert districts(units.set_index("name")) == {
        "Pustu A": "01", "Pustu B": "01", "Pustu C": "02", "Pustu D": "02",
    }  # fmt: skip
    rows = [
        [1, "Pustu A", "Krajan", "Sewon"],
        [2, "Pustu C", "Krajan", "Bantul"],
        [None, "Pustu D", "Krajan", None],
    ]
    units, told = read(folder, HEADS[:4], rows, kind="pustu", **NAMED)
    assert districts(units.set_index("name")) == {"Pustu A": "01", "Pustu C": "02", "Pustu D": ""}
    assert told["not_carried", "warning"] == 1


def test_init_takes_kinds_that_head_rows_of_bare_names(folder, jangkau):
    saved(folder, [["No", "Nama Sarana", "Desa", "Kecamatan"], ["A", "PUSKESMAS"],
                   [1, "Sewon I", "Timbulharjo", "Sewon"], [2, "Bantul", "Palbapang", "Bantul"],
                   ["B", "PUSTU"], [1, "Krajan Kidul", "Krajan", "Sewon"],
                   [2, "Ringin", "Ringinharjo", "Bantul"]])  # fmt: skip
    assert jangkau("init", folder, "--code", "35.09")[0] == 0
    text = (folder / "AREA.yml").read_text("utf-8")
    assert "path: unit.xlsx  # 4 facilities" in text
    assert "kind: {from: name}  # 2 puskesmas, 2 pustu" in text
    assert jangkau("build", folder / "AREA.yml", "--out", folder / "w")[0] == 0


def test_desa_and_kelurahan_in_columns_of_their_own_are_both_the_village(folder, jangkau):
    """Names under "Kelurahan" are no codes, however alike the heading is to "Kode Kelurahan"."""
    saved(folder, [["No", "Nama Pustu", "Desa", "Kelurahan", "Kecamatan"],
                   [1, "Pustu T", "Timbulharjo", None, "Sewon"],
                   [2, "Pustu K", None, "Krajan", "Bantul"]])  # fmt: skip
    assert jangkau("init", folder, "--code", "35.09")[0] == 0
    text = (folder / "AREA.yml").read_text("utf-8")
    assert "village: " not in text
    layers, _ = area_of(folder, facilities={"path": "unit.xlsx", "kind": "pustu"})
    assert layers.facilities["village_code"].tolist() == ["35.09.01.2001", "35.09.02.2003"]


def test_a_kelurahan_beside_a_desa_in_one_row_is_another_column(folder):
    units, _ = read(folder, ["Nama Pustu", "Desa", "Kelurahan", "Kecamatan"], [
        ["Pustu T", "Timbulharjo", "Palbapang", "Sewon"], ["Pustu K", None, "Krajan", "Bantul"],
    ], kind="pustu")  # fmt: skip
    assert units["village_code"].fillna("").tolist() == ["35.09.01.2001", ""]


@pytest.mark.parametrize(("heads", "more", "told"), [
    (["Nama", "kode_desa"], [], True), (["Nama", "kode_desa", "Desa"], ["Krajan"], False),
    (["Nama", "kode_desa", "Lintang", "Bujur"], [-8.39, 113.51], False),
    (["Nama", "Kode Kemendagri"], [], False),
], ids=["alone", "a name", "places", "a heading"])  # fmt: skip
def test_codes_of_one_kecamatan_without_anything_beside_them_are_told(folder, heads, more, told):
    codes = ["3509012001", "3509012002", "3509012003"]
    units, found = read(folder, heads, [[f"Pustu {c[-1]}", c, *more] for c in codes], kind="pustu")
    assert units["village_code"].tolist() == ["35.09.01.2001", "35.09.01.2002", "35.09.01.2003"]
    assert (("codes_alone", "warning") in found) == told


def test_codes_with_points_or_of_several_kecamatan_are_not_told(folder):
    dotted = [["Pustu 1", "35.09.01.2001"], ["Pustu 2", "35.09.01.2002"], ["Pustu 3", "35.09.01.2003"]]
    _, found = read(folder, ["Nama", "kode_desa"], dotted, kind="pustu")
    assert ("codes_alone", "warning") not in found
    several = [["Pustu 1", "3509012001"], ["Pustu 2", "3509012002"], ["Pustu 3", "3509022001"]]
    _, found = read(folder, ["Nama", "kode_desa"], several, kind="pustu")
    assert ("codes_alone", "warning") not in found


def test_such_a_list_that_is_dropped_on_the_page_is_read_as_init_reads_it(folder):
    from geodata.drafting.chosen import first_choice, source_of
    from geodata.drafting.guess import guesses

    saved(folder, [["Desa", "Pustu", "Posyandu"], ["Timbulharjo", "Pustu T", "Melati"],
                   ["Palbapang", "Pustu P", "Kenanga"]])  # fmt: skip
    [guess] = [g for g in guesses(folder) if g.path.name == "unit.xlsx"]
    chosen = first_choice(guess)
    assert (guess.beside, chosen.kind) == (("Pustu", "Posyandu"), "columns")
    assert source_of(guess, chosen).kind.columns == BESIDE["columns"]
