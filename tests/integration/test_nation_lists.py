"""A list of the country is read for each kabupaten as ``jangkau build`` reads it for this one alone."""

from __future__ import annotations

import errno
import os
import pathlib
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from nation_support import answers

from geodata.areafile import read_area_file
from geodata.build import read_layers
from geodata.errors import DiskError
from planner.cli.run import main
from planner.nation.cluster import InThisProcess
from planner.nation.country import Files, facilities_file
from planner.nation.gather import between
from planner.nation.products import Products
from planner.nation.run import nation

if TYPE_CHECKING:
    from pathlib import Path

# Two kabupaten with a kecamatan of one name, and villages that are called (nearly) alike.
VILLAGES = {
    "35.01.01.2001": "Sukamaju", "35.01.01.2002": "Bayam",
    "35.02.01.2001": "Sukamajo", "35.02.01.2002": "Duku", "35.02.01.2003": "Enau",
    "35.02.01.2004": "Fajar", "35.02.01.2005": "Gadung",
}  # fmt: skip
NAMES = {"35": "Jawa Timur", "35.01": "Kabupaten Satu", "35.02": "Kabupaten Duapuluh"}
COLUMNS = ["id", "nama", "jenis", "kabupaten", "kode_desa", "desa", "kecamatan", "lat", "lon"]
ROWS = [
    ("near", "Posyandu", "posyandu", "Kab. Duapuluh", None, "Sukamaju", "Barat", None, None),
    *((f"right{i}", "Posyandu", "posyandu", None, f"35.02.01.200{i}", VILLAGES[f"35.02.01.200{i}"], "Barat",
       None, None) for i in (3, 4, 5)),
    ("code", "Posyandu", "posyandu", None, "35.02.01.2002", "Gadung", "Barat", None, None),
    ("stranger", "Posyandu", "posyandu", "Kab. Laut", None, "Bayam", "Barat", None, None),
    ("slip", "Pustu", "pustu", "Kab. Duapuluuh", None, "Fajar", "Barat", None, None),
    ("sign", "Puskesmas", "puskesmas", None, "35.02.01.2001", "Sukamajo", "Barat", 6.495, 107.055),
    ("lost", "Puskesmas", "puskesmas", "Kab. Duapuluh", None, "Entah", "Barat", None, None),
    ("seen", "Puskesmas", "puskesmas", "Kab. Satu", None, "Bayam", "Barat", None, None),
]  # fmt: skip


def write(folder: Path, rows: list[tuple[object, ...]] = ROWS) -> Files:
    """Write the country, with a table of the codes."""
    folder.mkdir(parents=True, exist_ok=True)
    at = [0, 1, 5, 6, 7, 8, 9]
    villages = gpd.GeoDataFrame(
        {"kode": list(VILLAGES), "nama": list(VILLAGES.values()), "kecamatan": "Barat"},
        geometry=[shapely.box(107 + x * 0.01, -6.5, 107.01 + x * 0.01, -6.49) for x in at], crs="EPSG:4326",
    )  # fmt: skip
    villages.to_parquet(folder / "desa.parquet")
    pd.DataFrame({"kode": list(VILLAGES), "jumlah": 1000}).to_csv(folder / "penduduk.csv", index=False)
    pd.DataFrame(NAMES.items(), columns=["kode", "nama"]).to_csv(folder / "wilayah.csv", index=False)
    pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / "faskes.csv", index=False)
    return Files(
        folder / "desa.parquet", (facilities_file(str(folder / "faskes.csv")),), folder / "penduduk.csv", (),
        folder / "wilayah.csv",
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, Path]:
    folder = tmp_path_factory.mktemp("lists")
    files = write(folder / "in")
    assert not nation(files, folder / "out", InThisProcess()).failures
    return files, folder / "out"


def alone(files: Files, folder: Path, code: str) -> pd.DataFrame:
    """The units of one kabupaten, as ``build`` reads the same list."""
    here = files.villages.parent
    every = gpd.read_parquet(files.villages)
    every[every["kode"].str.startswith(code)].to_parquet(folder / "desa.parquet")
    text = (
        f"code: '{code}'\nname: {NAMES[code]}\n"
        "boundaries: {path: desa.parquet, district_name: kecamatan}\n"
        f"population: {{path: {here / 'penduduk.csv'}}}\n"
        f"facilities:\n  - {{path: {here / 'faskes.csv'}, kind: {{column: jenis}}}}\n"
    )
    (folder / "AREA.yml").write_text(text, "utf-8")
    return pd.DataFrame(read_layers(read_area_file(folder / "AREA.yml")).facilities)


@pytest.mark.slow
def test_each_unit_stands_where_the_list_of_its_kabupaten_puts_it(
    run: tuple[Files, Path], tmp_path: Path
) -> None:
    files, out = run
    found = pd.read_csv(out / "facilities.csv", dtype=str).set_index("facility_id")
    # From the rules of METHODS, and not from what either command says.
    assert found["village_code"].to_dict() == pytest.approx(
        {
            "near": "35.02.01.2001", "right3": "35.02.01.2003", "right4": "35.02.01.2004",
            "right5": "35.02.01.2005", "code": "35.02.01.2002", "stranger": float("nan"),
            "slip": "35.02.01.2004", "sign": "35.02.01.2001", "lost": float("nan"), "seen": "35.01.01.2002",
        },
        nan_ok=True,
    )  # fmt: skip
    assert found.loc["sign", ["lat", "located_by"]].tolist() == ["-6.495", "coordinates"]
    assert found["regency"].isna().to_dict() == {i: i == "stranger" for i in found.index}
    mine = alone(files, tmp_path, "35.02")
    same = ["village_code", "declared_village", "located_by"]
    both = mine.index.difference(["seen", "stranger"])
    assert len(both) == 8
    pd.testing.assert_frame_equal(
        found.loc[both, same].astype(object).fillna(""), mine.loc[both, same].astype(object).fillna(""),
        check_index_type=False, check_names=False,
    )  # fmt: skip


@pytest.mark.slow
def test_which_kabupaten_comes_first_changes_nothing(run: tuple[Files, Path], tmp_path: Path) -> None:
    """35.02 is called 34.99: so it is the first of the map."""
    files, out = run
    for path in (files.villages.parent).iterdir():
        if path.suffix == ".csv":
            (tmp_path / path.name).write_text(path.read_text("utf-8").replace("35.02", "34.99"), "utf-8")
    villages = gpd.read_parquet(files.villages)
    villages.assign(kode=villages["kode"].str.replace("35.02", "34.99")).to_parquet(tmp_path / "desa.parquet")
    other = Files(
        tmp_path / "desa.parquet", (facilities_file(str(tmp_path / "faskes.csv")),),
        tmp_path / "penduduk.csv", (), tmp_path / "wilayah.csv",
    )  # fmt: skip
    assert not nation(other, tmp_path / "out", InThisProcess()).failures
    text = (tmp_path / "out/facilities.csv").read_text("utf-8")
    assert text.replace("34.99", "35.02") == (out / "facilities.csv").read_text("utf-8")


@pytest.mark.slow
def test_a_unit_of_unknown_place_is_asked_about_in_its_own_kabupaten(run: tuple[Files, Path]) -> None:
    present = answers(run[1])["puskesmas_present"].to_dict()
    assert present == {
        "35.01.01.2001": "no", "35.01.01.2002": "yes", "35.02.01.2001": "yes", "35.02.01.2002": "unknown",
        "35.02.01.2003": "unknown", "35.02.01.2004": "unknown", "35.02.01.2005": "unknown",
    }  # fmt: skip


@pytest.mark.slow
def test_what_is_odd_about_kabupaten_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write(tmp_path)
    told = nation(files, tmp_path / "out", InThisProcess()).notes
    assert any("a kabupaten that is not on the map" in t and "Kab. Laut" in t for t in told)
    (tmp_path / "wilayah.csv").write_text("a,b\n1,2\n", "utf-8")
    paths = ("--villages", str(files.villages), "--facilities", str(files.facilities[0].path))
    code = main(
        ["nation", *paths, "--codes", str(files.codes), "--workers", "0", "--out", str(tmp_path / "no")]
    )
    assert code == 2
    assert "wilayah.csv names no province or kabupaten" in capsys.readouterr().err


def test_a_table_of_codes_names_the_kecamatan_of_a_map_that_does_not(tmp_path: Path) -> None:
    """The two Beji are told apart by it, in lists and in the table of people."""
    codes = {"34.03.04.2002": "Beji", "34.03.13.2005": "Beji", "34.03.13.2006": "Kampung"}
    shapes = [shapely.box(110.0 + i * 0.02, -8.0, 110.02 + i * 0.02, -7.98) for i in range(3)]
    villages = gpd.GeoDataFrame(
        {"kode": list(codes), "nama": list(codes.values())}, geometry=shapes, crs="EPSG:4326"
    )
    villages.to_parquet(tmp_path / "desa.parquet")
    named = {
        "34": "DI Yogyakarta",
        "34.03": "Kabupaten Gunungkidul",
        "34.03.04": "Patuk",
        "34.03.13": "Ngawen",
    }
    pd.DataFrame(named.items(), columns=["kode", "nama"]).to_csv(tmp_path / "wilayah.csv", index=False)
    places = {"kecamatan": ["Ngawen", "Patuk", "Ngawen"], "desa": ["Beji", "Beji", "Kampung"]}
    people = pd.DataFrame({"kabupaten": "Gunungkidul", **places, "jumlah": [3776, 2452, 10]})
    people.to_csv(tmp_path / "penduduk.csv", index=False)
    units = pd.DataFrame({"id": ["N", "P"], "nama": "Posyandu", "jenis": "posyandu"})
    units.assign(desa="Beji", kecamatan=["Ngawen", "Patuk"]).to_csv(tmp_path / "faskes.csv", index=False)
    files = Files(
        tmp_path / "desa.parquet", (facilities_file(str(tmp_path / "faskes.csv")),),
        tmp_path / "penduduk.csv", (), tmp_path / "wilayah.csv",
    )  # fmt: skip
    assert not nation(files, tmp_path / "out", InThisProcess()).failures
    found = answers(tmp_path / "out")
    assert found["district_name"].tolist() == ["Patuk", "Ngawen", "Ngawen"]
    assert found["people"].to_dict() == {
        "34.03.04.2002": 2452, "34.03.13.2005": 3776, "34.03.13.2006": 10,
    }  # fmt: skip
    placed = pd.read_csv(tmp_path / "out/facilities.csv", dtype=str).set_index("facility_id")["village_code"]
    assert placed.to_dict() == {"N": "34.03.13.2005", "P": "34.03.04.2002"}


def roads_of_first(folder: Path, rows: int) -> Path:
    """Write roads in the first kabupaten alone."""
    lines = [shapely.LineString([(107.0, -6.495 + i / 1e4), (107.02, -6.495 + i / 1e4)]) for i in range(rows)]
    frame = gpd.GeoDataFrame({"highway": ["residential"] * rows}, geometry=lines, crs="EPSG:4326")
    frame.to_parquet(folder / "jalan.parquet")
    return folder / "jalan.parquet"


@pytest.mark.slow
def test_a_kabupaten_without_any_road_beside_one_with_roads_is_unknown(tmp_path: Path) -> None:
    """Its roads may be missing: nobody is reached by the straight lines of a country without a road file."""
    rows = [("P", "Puskesmas", "puskesmas", None, "35.01.01.2001", "Sukamaju", "Barat", None, None),
            ("H", "RS", "hospital", None, "35.02.01.2002", "Duku", "Barat", None, None)]  # fmt: skip
    files = write(tmp_path, rows)
    villages = gpd.read_parquet(files.villages)
    far = villages["kode"].str.startswith("35.02")
    moved = villages.geometry.where(~far, villages.geometry.translate(3.0, 0.5))
    villages.set_geometry(moved).to_parquet(files.villages)
    files = Files(
        files.villages, files.facilities, files.population, (roads_of_first(tmp_path, 3),), files.codes
    )
    assert not nation(files, tmp_path / "out", InThisProcess()).failures
    found = answers(tmp_path / "out").loc[lambda t: t["regency_code"] == "35.02"]
    assert set(found["puskesmas_status"]) == {"unknown"}
    assert set(found["puskesmas_reason"]) == {"roads_incomplete"}
    # At the hospital's own door, and within a walk off the roads (2 km) of it.
    reached = found["hospital_status"].to_dict()
    assert reached["35.02.01.2002"] == "served"
    assert {reached["35.02.01.2005"]} == {"unknown"}


def test_roads_without_a_road_and_damaged_ones_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = write(tmp_path)
    empty = roads_of_first(tmp_path, 1)
    gpd.read_parquet(empty).iloc[:0].to_parquet(tmp_path / "kosong.parquet")
    whole = empty.read_bytes()
    (tmp_path / "rusak.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "isi.parquet").write_bytes(whole[:40] + b"\0" * 40 + whole[80:])
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "tabel.parquet")
    gpd.read_parquet(empty).drop(columns="highway").to_parquet(tmp_path / "tanpa.parquet")
    for name, said in (
        ("kosong", "has no road"), ("rusak", "damaged"), ("tabel", "without a geometry"),
        ("tanpa", "jangkau nation reads no AREA.yml: call the columns in the file as the README lists"),
    ):  # fmt: skip
        paths = ("--villages", str(files.villages), "--facilities", str(files.facilities[0].path))
        roads = str(tmp_path / f"{name}.parquet")
        assert (
            main(["nation", *paths, "--roads", roads, "--workers", "0", "--out", str(tmp_path / name)]) == 2
        )
        told = capsys.readouterr().err
        assert said in told
        # Before the long work.
        assert "kabupaten" not in told


@pytest.mark.parametrize(
    ("shares", "unsure", "expected"),
    [
        ([0.2, 0.4, 0.8], [0, 0, 0], ("c", "a", 0.8, 0.2, 4.0)),
        # a may be better than b by those of whom nobody knows.
        ([0.2, 0.4, 0.8], [30, 0, 0], ("c", None, 0.8, None, None)),
        ([0.2, 0.4, 0.8], [10, 0, 0], ("c", "a", 0.8, None, None)),
        ([0.2, 0.4, 0.8], [0, 50, 0], (None, "a", None, 0.2, None)),
        ([0.0, 0.0, 0.0], [100, 100, 100], (None, None, None, None, None)),
        ([0.5, 0.5, 0.5], [0, 0, 0], (None, None, 0.5, 0.5, 1.0)),
    ],
)
def test_who_may_be_reached_makes_no_province_the_worst(
    shares: list[float], unsure: list[float], expected: tuple[object, ...]
) -> None:
    table = pd.DataFrame(
        {"people": 100.0, "pustu_share_reached": shares, "pustu_people_unsure": unsure}, index=list("abc")
    )
    found = between(table, "pustu")
    names = ("best", "worst", "share_best", "share_worst", "ratio")
    assert tuple(found[n] for n in names) == pytest.approx(expected)


@pytest.mark.slow
def test_on_roads_a_unit_far_away_and_a_neighbours_people_make_no_part_anew(tmp_path: Path) -> None:
    rows = [("P", "Puskesmas", "puskesmas", None, "35.01.01.2001", "Sukamaju", "Barat", None, None),
            ("Q", "Puskesmas", "puskesmas", None, "35.02.01.2002", "Duku", "Barat", None, None)]  # fmt: skip
    files = write(tmp_path, rows)
    villages = gpd.read_parquet(files.villages)
    far = villages["kode"].str.startswith("35.02")
    villages.set_geometry(villages.geometry.where(~far, villages.geometry.translate(6.0, 0.5))).to_parquet(
        files.villages
    )
    files = Files(
        files.villages, files.facilities, files.population, (roads_of_first(tmp_path, 3),), files.codes
    )
    assert nation(files, tmp_path / "out", InThisProcess()).made == 2
    people = pd.read_csv(files.population).astype({"jumlah": int})
    people.loc[people["kode"] == "35.02.01.2003", "jumlah"] = 7
    people.to_csv(files.population, index=False)
    list_ = files.facilities[0].path
    list_.write_text(list_.read_text("utf-8").replace("Q,Puskesmas", "Q,Puskesmas Baru"), "utf-8")
    again = nation(files, tmp_path / "out", InThisProcess())
    assert (again.made, again.kept) == (1, 1)


def test_a_disk_that_is_full_is_told_by_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    products = Products(tmp_path)
    products.require_unedited()
    write_text = pathlib.Path.write_text

    def full(self: Path, text: str, *how: str, **more: str) -> int:
        if "ranked" in self.name:
            write_text(self, text[:1], *how, **more)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_text(self, text, *how, **more)

    monkeypatch.setattr(pathlib.Path, "write_text", full)
    with pytest.raises(DiskError, match=r"ranked\.csv could not be written: No space left on device\. Make"):
        products.write("ranked.csv", "a,b\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["nation.json"]
