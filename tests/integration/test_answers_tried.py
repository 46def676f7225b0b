"""Answers are tried as their column is read; rows that stand twice go; a confirmed place stays as it is."""

from __future__ import annotations

import csv

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import yaml

NAMES = ["Sukamaju", "Mekarsari", "Tanjung", "Karanganyar", "Sidomulyo", "Wonosari"]
CODES = [f"35.09.01.200{i}" for i in range(1, 7)]
HEADS = ["Nama", "Jenis", "Desa", "Kecamatan", "Kader", "Berfungsi", "Lintang", "Bujur"]


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def area(tmp_path, jangkau):
    """Six villages, and a list with a doubt of each sort; returns what answers and builds it."""
    boxes = [shapely.box(113.0 + i / 10, -8.1, 113.1 + i / 10, -8.0) for i in range(6)]
    gpd.GeoDataFrame(
        {"kode": CODES, "nama": NAMES, "kecamatan": "Kaliwates"}, geometry=boxes, crs=4326
    ).to_file(tmp_path / "desa.geojson")
    rows = [
        [f"Unit {i}", "Pustu", NAMES[i % 6], "Kaliwates", 3, "ya", -8.05, 113.05 + i % 6 / 10]
        for i in range(12)
    ]
    rows[0][1] = "Entah"
    rows[1][2] = "Sukamajo Indah Sekali"
    rows[2][4] = "banyak"
    rows[3][5] = "mungkin"
    rows[4][6], rows[4][7] = 113.45, -8.05  # under each other's heading
    rows[5][6] = -4.05  # four degrees north of it
    rows[6][2] = "Sukamajuu"
    rows.append([*rows[7]])  # the same unit once more

    class Area:
        def build(self, path, out):
            source = {
                "path": str(path), "kind": {"column": "Jenis", "values": {"Postu": "pustu"}}, "name": "Nama",
                "village_name": "Desa", "district_name": "Kecamatan", "staff": {"kader": "Kader"},
                "functioning": "Berfungsi",
            }  # fmt: skip
            content = {
                "code": "35.09", "name": "Kabupaten Jember", "facilities": source,
                "boundaries": {"path": "desa.geojson", "district_name": "kecamatan"},
            }  # fmt: skip
            (tmp_path / "AREA.yml").write_text(yaml.safe_dump(content), "utf-8")
            assert jangkau("build", tmp_path / "AREA.yml", "--out", out)[0] == 0
            return gpd.read_parquet(next(out.glob("facilities-*.parquet")))

        def answer(self, said):
            """Send the list, answer by (rule, row of the list); returns answers and the corrected list."""
            pd.DataFrame(rows, columns=HEADS).to_excel(tmp_path / "pustu.xlsx", index=False)
            self.before = self.build("pustu.xlsx", tmp_path / "w")
            jangkau("check", tmp_path / "w", "--out", tmp_path / "o", "--lists", tmp_path / "AREA.yml")
            book = openpyxl.load_workbook(tmp_path / "o" / "pustu-periksa.xlsx")
            left = dict(said)
            for row in [r for s in book.worksheets[1:2] for r in s.iter_rows()]:
                for cell in row:
                    parts = str(cell.value).split(".")
                    if len(parts) == 3 and (parts[1], cell.row) in left:
                        book.worksheets[1].cell(cell.row, cell.column - 1).value = left.pop(
                            (parts[1], cell.row)
                        )
            assert not left
            book.save(tmp_path / "b.xlsx")
            out = tmp_path / "a"
            status, self.said, err = jangkau(
                "check", tmp_path / "w", "--answers", tmp_path / "b.xlsx", "--out", out
            )
            assert status == 0, err
            answers = {(r["finding"].split(".")[1], int(r["row"])): r for r in rows_of(out / "answers.csv")}
            self.corrected = out / "pustu-dijawab.csv"
            with self.corrected.open(encoding="utf-8", newline="") as stream:
                return answers, list(csv.reader(stream))

    return Area()


@pytest.mark.slow
def test_what_its_column_cannot_hold_is_not_taken(area):
    answers, table = area.answer({
        ("unknown_kind", 2): "Postu lagi", ("unclear_village", 3): "Desa Tidak Ada",
        ("count_unread", 4): "-5", ("functioning_unread", 5): "kadang-kadang", ("near_name", 8): "Desa Lain",
    })  # fmt: skip
    assert {key: r["taken"] for key, r in answers.items()} == dict.fromkeys(answers, "no")
    assert len(answers) == 5
    for key, word in (
        (("unknown_kind", 2), "no kind of facility"), (("unclear_village", 3), "no village of the area"),
        (("count_unread", 4), "no number of 0 or more"), (("functioning_unread", 5), "neither ya nor tidak"),
        (("near_name", 8), "no village of the area"),
    ):  # fmt: skip
        assert word in answers[key]["why"], key
        assert f"row {key[1]} (facilities.{key[0]}" in area.said
    # The list is as it was.
    assert (table[1][1], table[2][2], table[3][4], table[4][5]) == (
        "Entah", "Sukamajo Indah Sekali", "banyak", "mungkin",
    )  # fmt: skip


@pytest.mark.slow
def test_what_its_column_can_hold_is_taken(area, tmp_path):
    """A kind by the words of AREA.yml, a village by its name and kecamatan, a number as people write it."""
    answers, _ = area.answer({
        ("unknown_kind", 2): "Postu", ("unclear_village", 3): "Ds. Mekarsari", ("count_unread", 4): "4 orang",
        ("functioning_unread", 5): "rusak berat", ("near_name", 8): "SUKAMAJU",
    })  # fmt: skip
    assert [r["taken"] for r in answers.values()] == ["yes"] * 5
    units = area.build(area.corrected, tmp_path / "w2").set_index("name")
    assert units.loc["Unit 0", "kind"] == "pustu"
    assert units.loc["Unit 1", "declared_village"] == CODES[1]
    assert units.loc["Unit 2", "staff_kader"] == 4
    assert units.loc["Unit 3", "functioning"] == "no"
    assert units.loc["Unit 6", "declared_village"] == CODES[0]


@pytest.mark.slow
def test_one_of_two_rows_of_a_unit_is_left_out(area, tmp_path):
    answers, table = area.answer(
        {("same_place", 14): "Hapus", ("near_name", 8): "hapus", ("same_place", 10): "hapus"}
    )
    assert answers["same_place", 14]["taken"] == "removed"
    assert "1 row left out" in area.said
    # Only of a row that stands twice.
    assert answers["near_name", 8]["taken"] == "no"
    # Another unit at the same point is no twin.
    assert answers["same_place", 10]["taken"] == "no"
    assert "no other row of the same unit" in answers["same_place", 10]["why"]
    assert "stands twice" in answers["near_name", 8]["why"]
    assert table[13] == [""] * len(HEADS)
    units = area.build(area.corrected, tmp_path / "w2")
    assert (len(area.before), len(units)) == (13, 12)
    # The other row stays, and no id changes.
    assert (units["name"] == "Unit 7").sum() == 1


@pytest.mark.slow
def test_a_unit_is_not_lost_with_both_of_its_rows(area):
    answers, table = area.answer({("same_place", 9): "hapus", ("same_place", 14): "hapus"})
    assert [r["taken"] for r in answers.values()] == ["no", "no"]
    assert all("no other row" in r["why"] for r in answers.values())
    assert table[8][0] == table[13][0] == "Unit 7"


@pytest.mark.slow
def test_a_confirmed_place_stays_in_the_next_build(area, tmp_path):
    answers, table = area.answer({("place_mended", 6): "benar", ("place_far", 7): "benar"})
    # What lies outside Indonesia cannot be right.
    assert answers["place_mended", 6]["taken"] == "no"
    assert "outside Indonesia" in answers["place_mended", 6]["why"]
    assert answers["place_far", 7]["taken"] == "confirmed"
    assert table[0][-1] == "Koordinat dipastikan"
    assert [row[-1] for row in table[1:]] == ["", "", "", "", "", "ya", *[""] * 7]
    assert area.before.set_index("name").loc["Unit 5", "located_by"] == "name"
    unit = area.build(area.corrected, tmp_path / "w2").set_index("name").loc["Unit 5"]
    assert (unit["located_by"], unit["status"]) == ("coordinates", "outside_buffer")


@pytest.mark.slow
def test_a_confirmed_place_in_indonesia_is_not_mended_again(area, tmp_path):
    """Its sign fits the row's village: it was mended, and is not where the sender says that it is right."""
    answers, _ = area.answer({})
    table = pd.read_excel(tmp_path / "pustu.xlsx")
    table.loc[5, "Lintang"] = 4.05
    assert not answers
    shapes = gpd.read_file(tmp_path / "desa.geojson")
    shapes.set_geometry(shapes.translate(0, 4.0)).to_file(tmp_path / "desa.geojson")
    table.loc[table.index != 5, "Lintang"] = -4.05
    table.to_excel(tmp_path / "geser.xlsx", index=False)
    units = area.build("geser.xlsx", tmp_path / "w3").set_index("name")
    assert units.loc["Unit 5", "village_code"] == CODES[5]
    assert units.loc["Unit 5", "located_by"] == "coordinates"
    table.assign(**{"Koordinat Dipastikan": ["ya" if i == 5 else None for i in table.index]}).to_excel(
        tmp_path / "pasti.xlsx", index=False
    )
    units = area.build("pasti.xlsx", tmp_path / "w4").set_index("name")
    assert units.loc["Unit 5", "status"] == "outside_buffer"
