"""Where `init` finds the kinds of a list's rows, and which tables beside a list are none."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from test_list_headings import book, built
from test_list_traps import CODE, DESA, KECAMATAN, area_of, with_map

from geodata.drafting.draft import draft


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def listed(folder, file="daftar.csv", **columns):
    pd.DataFrame(columns).to_csv(folder / file, index=False)


def counted(layers):
    return layers.facilities["kind"].value_counts().to_dict()


def test_a_column_of_kinds_with_words_of_its_own_is_taken(folder):
    kinds = ["Puskesmas", "Puskesmas", "PKM Pembntu", "PKM Pembntu", "Posyandu", "UKBM"]
    listed(folder, Nama=[f"Unit {d}" for d in DESA], Desa=DESA, Kecamatan=KECAMATAN, Jenis=kinds)
    said, layers, told = built(folder)
    assert said["facilities"][0]["kind"] == {"column": "Jenis", "values": {"PKM Pembntu": "pustu"}}
    assert "UKBM; write their kinds under values" in draft(folder).text
    assert counted(layers) == {"puskesmas": 2, "pustu": 2, "posyandu": 1, "other": 1}
    assert told["unknown_kind"].count == 1


def test_a_column_of_kinds_most_of_whose_words_nobody_knows_is_asked_about(folder):
    kinds = ["Puskesmas", "Posyandu", "UKBM", "UKBM", "UKBM", "Jejaring"]
    listed(folder, Nama=[f"Unit {d}" for d in DESA], Desa=DESA, Kecamatan=KECAMATAN, Jenis=kinds,
           Lintang=-8.39, Bujur=113.51)  # fmt: skip
    assert "# which? kind: {column: Jenis, values: {UKBM: , Jejaring: }}" in draft(folder).text


@pytest.mark.parametrize(
    "title", ["DATA PUSKESMAS PEMBANTU (PUSTU) KABUPATEN JEMBER", "DAFTAR PUSTU TAHUN 2024"]
)
def test_a_title_tells_the_kind(folder, title):
    rows = [[i, f"{d} Jaya", d, k] for i, (d, k) in enumerate(zip(DESA, KECAMATAN, strict=True), start=1)]
    book(folder / "daftar.xlsx", [[title], [], ["No", "Nama", "Desa", "Kecamatan"], *rows])
    _, layers, _ = built(folder)
    assert counted(layers) == {"pustu": 6}
    # The name of the sheet or file counts before; of two kinds in a title, none.
    book(folder / "daftar.xlsx", [["PUSTU DAN POSYANDU"], [], ["No", "Nama", "Desa", "Kecamatan"], *rows])
    assert "nothing tells the kind" in draft(folder).text or "nothing tells what it is" in draft(folder).text


def test_a_sheet_that_counts_units_is_no_list(folder):
    with pd.ExcelWriter(folder / "pustu.xlsx") as made:
        names = [f"Pustu {d}" for d in DESA]
        pd.DataFrame({"Nama Pustu": names, "Desa": DESA, "Kecamatan": KECAMATAN}).to_excel(
            made, sheet_name="Daftar", index=False
        )
        pd.DataFrame({"No": [1, 2], "Kecamatan": ["Ambulu", "Wuluhan"],
                      "Puskesmas": ["Puskesmas Ambulu", "Puskesmas Wuluhan"], "Pustu": [3, 3],
                      "Posyandu": [40, 51]}).to_excel(made, sheet_name="Rekap", index=False)  # fmt: skip
    said, layers, _ = built(folder)
    assert [one["sheet"] for one in said["facilities"]] == ["Daftar"]
    assert counted(layers) == {"pustu": 6}
    assert "# pustu.xlsx [Rekap]: a table of 2 rows that counts units (Pustu, Posyandu)" in draft(folder).text


@pytest.mark.parametrize("only", [{"Kecamatan": KECAMATAN}, {"Alamat": [f"Jl. {d}" for d in DESA]}])
def test_a_list_that_says_nowhere_is_left_out_and_told(folder, only):
    listed(folder, "pustu.csv", **{"Nama Pustu": [f"Pustu {d}" for d in DESA]}, **only)
    found = draft(folder)
    assert "facilities" not in yaml.safe_load(found.text)
    assert any("pustu.csv is left out: no column says in which village" in note for note in found.notes)
    built(folder)


def test_codes_of_the_area_are_codes_of_villages(folder):
    listed(folder, "pustu.csv", **{"Nama Pustu": [f"Pustu {d}" for d in DESA], "Kode Wilayah": CODE})
    said, layers, _ = built(folder)
    assert said["facilities"][0]["village"] == "Kode Wilayah"
    assert sorted(layers.facilities["village_code"]) == CODE


@pytest.mark.parametrize("heads", [
    ("Pustu", "Posyandu"), ("Nama Pustu", "Nama Poskesdes", "Nama Posyandu"),
    # A column of names under a kind was dropped without a word where others were numbered.
    ("Pustu", "Posyandu 1", "Posyandu 2"), ("Pustu", "Posyandu 1"), ("Posyandu", "Posyandu 2"),
])  # fmt: skip
def test_columns_of_names_of_several_kinds_are_read_each_as_units(folder, heads):
    names = {head: [*(f"{head[-3:]} {d}" for d in DESA), "6"] for head in heads}
    listed(folder, Kecamatan=[*KECAMATAN, None], Desa=[*DESA, "Jumlah"], **names)
    said, layers, told = built(folder)
    assert set(said["facilities"][0]["kind"]["columns"]) == set(heads)
    kinds = [head.removeprefix("Nama ").split()[0].lower() for head in heads]
    assert counted(layers) == {kind: 6 * kinds.count(kind) for kind in kinds}
    assert layers.facilities["village_code"].tolist() == CODE * len(heads)
    assert told["kinds_beside"].count == 6 * len(heads)
    assert f"# {6 * len(heads)} facilities in 7 rows" in draft(folder).text
    assert "list_beside" not in told


def test_a_list_of_one_of_the_kinds_tells_of_the_others_and_counts_no_row_of_theirs(folder):
    posyandu = [f"Melati {d}" for d in DESA]
    listed(
        folder, Kecamatan=KECAMATAN, Desa=DESA, Pustu=["Pustu A", *[None] * 4, "Pustu B"], Posyandu=posyandu
    )
    layers, _ = area_of(folder, facilities={"path": "daftar.csv", "kind": "pustu", "name": "Pustu"})
    assert layers.facilities["name"].tolist() == ["Pustu A", "Pustu B"]
    [told] = [f for f in layers.findings if f.rule == "list_beside"]
    assert (told.severity, told.ids) == ("error", ("Posyandu",))


@pytest.mark.parametrize("parent", [{"Pustu": ["Pustu A"] * 3 + ["Pustu B"] * 3}, {"Puskesmas": DESA},
                                    {"Pustu": [1, 2, 3, 1, 1, 2]}])  # fmt: skip
def test_a_column_of_the_units_own_pustu_or_of_counts_is_no_list(folder, parent):
    listed(folder, **{"Nama Posyandu": [f"Melati {d}" for d in DESA], "Desa": DESA, "Kecamatan": KECAMATAN},
           **parent)  # fmt: skip
    _, layers, told = built(folder)
    assert counted(layers) == {"posyandu": 6}
    assert "list_beside" not in told


def test_a_geodatabase_is_named(folder):
    (folder / "dinkes.gdb").mkdir()
    (folder / "dinkes.gdb" / "a00000001.gdbtable").write_bytes(b"\x00")
    assert "# dinkes.gdb: a geodatabase of ArcGIS, which is not read" in draft(folder).text
