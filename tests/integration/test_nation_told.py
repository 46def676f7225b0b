"""What is odd about the country's files is told, with what can be done where there is no AREA.yml."""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from nation_support import write_country

from planner.nation.cluster import InThisProcess
from planner.nation.run import nation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.nation.country import Files


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write_country(tmp_path_factory.mktemp("country"), 3, columns=4, rows=3)


def asked(country: Files, out: Path, **other: Path) -> list[str]:
    files = {
        "villages": country.villages, "population": country.population,
        "facilities": country.facilities[0].path, **other,
    }  # fmt: skip
    options = [text for name, file in files.items() for text in (f"--{name}", str(file))]
    return ["nation", *options, "--out", str(out), "--workers", "0"]


def refused(jangkau: Callable[..., tuple[int, str, str]], *options: str) -> str:
    status, _, said = jangkau(*options)
    assert (status, "Traceback" in said) == (2, False)
    return said


def test_advice_is_such_as_can_be_followed(
    country: Files, tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    book, bare, layers = (tmp_path / name for name in ("p.xlsx", "bare.parquet", "desa.gpkg"))
    people = pd.read_csv(country.population or "", dtype=str)
    with pd.ExcelWriter(book) as sheets:
        for name in ("Utara", "Selatan"):
            people.to_excel(sheets, sheet_name=name, index=False)
    villages = gpd.read_parquet(country.villages)
    villages.set_crs(None, allow_override=True).to_parquet(bare)
    for name in ("lama", "baru"):
        villages.to_file(layers, layer=name)
    out = tmp_path / "out"
    for option, file, advice in (
        ("population", book, "save what is meant as a file of its own"),
        ("facilities", book, "save what is meant as a file of its own"),
        ("villages", layers, "save what is meant as a file of its own"),
        ("villages", bare, "write the coordinate system into the map itself"),
    ):
        said = refused(jangkau, *asked(country, out, **{option: file}))
        assert said.count("AREA.yml") == 1
        assert "jangkau nation reads no AREA.yml: " + advice in said
        assert file.name in said


def test_packed_tables_are_to_be_unpacked(
    country: Files, tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    """By ``build`` too, which has the same readers."""
    for name, source in (("population", country.population), ("facilities", country.facilities[0].path)):
        assert source is not None
        packed, zipped = tmp_path / f"{source.name}.gz", tmp_path / f"{source.stem}.zip"
        packed.write_bytes(gzip.compress(source.read_bytes()))
        with zipfile.ZipFile(zipped, "w") as file:
            file.write(source, source.name)
        for given, advice in (
            (packed, f"{packed.name} is packed (.gz). Unpack it"),
            (
                zipped,
                f"{zipped.name} holds no map, but {source.name}. A table is not read in a zip file: unpack",
            ),
        ):
            assert advice in refused(jangkau, *asked(country, tmp_path / "out", **{name: given}))


@pytest.mark.slow
def test_rows_that_are_put_together_are_told(country: Files, tmp_path: Path) -> None:
    villages = gpd.read_parquet(country.villages)
    twice = tmp_path / "twice.parquet"
    gpd.GeoDataFrame(pd.concat([villages, villages.iloc[[0]]]), crs=villages.crs).to_parquet(twice)
    done = nation(replace(country, villages=twice), tmp_path / "out", InThisProcess())
    said = pd.read_csv(tmp_path / "out" / "findings.csv", dtype=str)
    mine = said[said["finding"].str.contains("villages that stand in several rows were put together")]
    assert mine["code"].tolist() == [villages["kode"][0][:5]]
    assert not done.failures


@pytest.mark.slow
@pytest.mark.parametrize("by", ["code", "name"])
def test_a_row_of_people_that_is_repeated_counts_once_and_rivals_are_told(
    country: Files, tmp_path: Path, by: str
) -> None:
    people = pd.read_csv(country.population or "", dtype={"kode": str})
    own = gpd.read_parquet(country.villages)["kode"]
    first, second = people.iloc[[0]], people.iloc[[1]]
    total = int(people["jumlah"].sum())
    rows = pd.concat([people, first, first, second.assign(jumlah=second["jumlah"] + 7)])
    given, codes = tmp_path / "people.csv", tmp_path / "kode.csv"
    rows = rows.assign(No=np.arange(1, len(rows) + 1))
    if by == "name":
        names = gpd.read_parquet(country.villages).set_index("kode")["nama"]
        rows = rows.assign(kabupaten="Kabupaten " + rows["kode"].str[3:5], desa=rows["kode"].map(names))
        rows = rows.drop(columns="kode")
    rows.to_csv(given, index=False)
    regencies = [f"35.{i:02d}" for i in (1, 2)]
    named = {"kode": ["35", *regencies], "nama": ["Jawa Timur", "Kabupaten 01", "Kabupaten 02"]}
    pd.DataFrame(named).to_csv(codes, index=False)
    files = replace(country, population=given, codes=codes)
    assert not nation(files, tmp_path / "out", InThisProcess()).failures
    found = pd.concat(pd.read_parquet(p) for p in (tmp_path / "out").glob("villages/*/*.parquet"))["people"]
    assert found[first["kode"].item()] == first["jumlah"].item()
    assert np.isnan(found[second["kode"].item()])
    assert found.sum() == total - second["jumlah"].item()
    told = json.loads((tmp_path / "out" / "national.json").read_text("utf-8"))
    assert told["people_of_rival_rows"] == 2 * second["jumlah"].item() + 7
    assert told["people_without_village"] == 0
    said = pd.read_csv(tmp_path / "out" / "findings.csv", dtype=str)["finding"]
    assert said.str.contains("word for word").any()
    assert said.str.contains("in several rows of one village, of which nobody knows which counts").any()
    assert not said.str.contains("of no village").any()
    assert len(own) == len(found)
