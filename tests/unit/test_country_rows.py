"""Rows of a list of several kabupaten: whose they are, and which village they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.areafile import FacilitiesFile
from geodata.errors import InputError
from geodata.readers.district_names import with_district_names
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.facilities.regencies import ListRegency
from planner.nation.roads import cut_roads, no_roads

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.readers.result import ReadLayer

# By code: name, and kecamatan.
VILLAGES = {
    "11.01.01.2001": ("Alfa", "Satu"), "11.01.01.2002": ("Beta", "Satu"), "11.01.01.2003": ("Gama", "Satu"),
    "11.09.01.2001": ("Delta", "Dua"), "11.09.01.2002": ("Elang", "Dua"), "11.09.01.2003": ("Fajar", "Dua"),
}  # fmt: skip
NAMES = {"11.01": "Kabupaten Aceh Selatan", "11.09": "Kabupaten Simeulue"}


def read(folder: Path, rows: list[dict[str, object]]) -> ReadLayer:
    pd.DataFrame(rows).to_csv(folder / "posyandu.csv", index=False)
    source = FacilitiesFile(path=folder / "posyandu.csv", kind="posyandu")
    shapes = [shapely.box(96 + i * 0.02, 3.0, 96.02 + i * 0.02, 3.02) for i in range(len(VILLAGES))]
    frame = gpd.GeoDataFrame(
        {
            "village_name": [name for name, _ in VILLAGES.values()],
            "district_name": [district for _, district in VILLAGES.values()],
        },
        index=pd.Index(VILLAGES, name="village_code"), geometry=shapes, crs="EPSG:4326",
    )  # fmt: skip
    regencies = [
        ListRegency(code, name, frame[frame.index.str.startswith(code)].to_crs(32647), 10_000.0)
        for code, name in NAMES.items()
    ]
    return read_facilities(source, frame.to_crs("EPSG:3395"), regencies=regencies)


def row(name: str, code: str = "", **more: object) -> dict[str, object]:
    village, district = next((v for c, v in VILLAGES.items() if name in (c, v[0])), (name, "Dua"))
    return {"nama": f"Posyandu {village}", "kode_desa": code, "desa": village, "kecamatan": district, **more}


def test_codes_of_bps_tell_no_kabupaten(tmp_path: Path) -> None:
    """BPS counts Simeulue as 1101; Kemendagri's 11.01 is Aceh Selatan."""
    coded = [row(n, f"110101000{i}") for i, n in enumerate(("Delta", "Elang", "Fajar"), start=1)]
    layer = read(tmp_path, coded)
    assert layer.frame["village_code"].tolist() == ["11.09.01.2001", "11.09.01.2002", "11.09.01.2003"]
    by_number = read(tmp_path, [{**one, "kabupaten": "1101"} for one in coded])
    assert by_number.frame["village_code"].tolist() == layer.frame["village_code"].tolist()


def test_a_column_of_kabupaten_that_names_none_is_told(tmp_path: Path) -> None:
    """As without a table of codes: then names of villages were looked for in the whole country, silently."""
    layer = read(tmp_path, [row("Alfa", kabupaten="Kab. Entah"), row("Delta", kabupaten="Kab. Lain")])
    assert layer.frame["village_code"].tolist() == ["11.01.01.2001", "11.09.01.2001"]
    [told] = [f for f in layer.findings if f.rule == "regency_never_named"]
    assert (told.severity, told.count) == ("warning", 2)
    assert "--codes" in told.action
    named = read(tmp_path, [row("Alfa", kabupaten="Kab. Aceh Selatan"), row("Delta")])
    assert not [f for f in named.findings if f.rule.startswith("regency_")]


def test_one_odd_kabupaten_keeps_no_other_from_its_codes(tmp_path: Path) -> None:
    right = [row(c, c) for c in VILLAGES if c.startswith("11.01")]
    # The column of names was sorted without that of codes.
    names = ("Elang", "Fajar", "Delta")
    wrong = [row(n, f"11.09.01.200{i}") for i, n in enumerate(names, start=1)]
    layer = read(tmp_path, [*right, *wrong])
    assert layer.frame["village_code"].tolist()[:3] == [r["kode_desa"] for r in right]
    assert layer.frame["village_code"].isna().tolist() == [False] * 3 + [True] * 3
    # They are of that kabupaten all the same, which does not know where.
    assert layer.frame["regency_code"].tolist() == ["11.01"] * 3 + ["11.09"] * 3
    [told] = [f for f in layer.findings if f.rule == "codes_disputed"]
    assert (told.severity, told.count) == ("error", 3)


def test_a_code_tells_the_kabupaten_of_a_village_that_the_map_does_not_have(tmp_path: Path) -> None:
    rows = [row("Alfa", "11.01.01.2001"), row("Baru", "11.09.01.2099")]
    layer = read(tmp_path, rows)
    assert layer.frame["village_code"].isna().tolist() == [False, True]
    assert layer.frame["regency_code"].tolist() == ["11.01", "11.09"]


def test_a_kecamatan_does_not_take_the_name_of_another() -> None:
    """The table is from before the kecamatan was divided; the map names one half."""
    codes = ["35.09.01.2001", "35.09.02.2001"]
    villages = gpd.GeoDataFrame(
        {"district_code": ["35.09.01", "35.09.02"], "district_name": ["Jaya", ""]}, index=codes
    )
    named, findings = with_district_names(villages, dict.fromkeys(codes, "Kec. Jaya"), "penduduk.csv")
    assert named["district_name"].tolist() == ["Jaya", ""]
    assert [f.rule for f in findings] == ["district_names_unclear"]
    other, _ = with_district_names(villages, {codes[1]: "Makmur"}, "penduduk.csv")
    assert other["district_name"].tolist() == ["Jaya", "Makmur"]


def test_roads_of_more_than_the_country_are_tried_by_those_within(tmp_path: Path) -> None:
    """The first rows of a file may lie abroad, or have no line."""
    abroad = [shapely.LineString([(10, 50), (10.1, 50)])] * 300
    lines = [None, shapely.LineString(), *abroad, shapely.LineString([(96.0, 3.0), (96.1, 3.0)])]
    frame = gpd.GeoDataFrame({"highway": "residential"}, index=range(len(lines)), geometry=lines, crs=4326)
    frame.to_parquet(tmp_path / "asia.parquet")
    roads = cut_roads([tmp_path / "asia.parquet"], tmp_path / "cut")
    empty = no_roads(roads, "EPSG:32647")
    assert empty.empty
    assert {"road_class", "from_node"} <= set(empty)


def test_roads_of_which_none_lies_in_the_country_are_refused(tmp_path: Path) -> None:
    """Metres in a file that says degrees, or roads of elsewhere: every part would only have found none."""
    for name, x, y in (("meter", 700_000.0, 9_200_000.0), ("jauh", 10.0, 50.0)):
        line = shapely.LineString([(x, y), (x + 0.1, y)])
        frame = gpd.GeoDataFrame({"highway": ["residential"]}, geometry=[line], crs=4326)
        frame.to_parquet(tmp_path / f"{name}.parquet")
        with pytest.raises(InputError, match=r"Indonesia"):
            cut_roads([tmp_path / f"{name}.parquet"], tmp_path / f"cut-{name}")
        assert not (tmp_path / f"cut-{name}").exists()
