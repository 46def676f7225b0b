"""What an earlier run of ``jangkau nation`` finished is taken as it is only where nothing of it has changed."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from nation_support import answers, small_limits, write_country

from geodata.readers.files.members import members_of
from geodata.readers.files.opening import given_sha256
from planner.nation.cluster import InThisProcess
from planner.nation.run import nation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.nation.country import Files


def as_shapefiles(files: Files) -> Files:
    """The same country, villages and roads as shapefiles."""
    folder = files.villages.parent
    for file in (files.villages, *files.roads):
        gpd.read_parquet(file).to_file(file.with_suffix(".shp"))
    roads = tuple(file.with_suffix(".shp") for file in files.roads)
    return replace(files, villages=folder / "desa.shp", roads=roads)


@pytest.mark.slow
def test_what_a_shapefile_says_beside_its_lines_is_noticed(tmp_path: Path) -> None:
    """Classes of roads and codes of villages stand in the .dbf, which changes alone."""
    files = as_shapefiles(write_country(tmp_path / "in", 3, columns=4, rows=3, roads="grid"))
    nation(files, tmp_path / "out", InThisProcess(), scenario=small_limits())
    first, lines = answers(tmp_path / "out"), files.roads[0].read_bytes()
    gpd.read_file(files.roads[0]).assign(highway="path").to_file(files.roads[0])
    assert files.roads[0].read_bytes() == lines
    nation(files, tmp_path / "out", InThisProcess(), scenario=small_limits())
    nation(files, tmp_path / "new", InThisProcess(), scenario=small_limits())
    paths = answers(tmp_path / "out")
    pd.testing.assert_frame_equal(paths, answers(tmp_path / "new"))
    assert 0 < paths["posyandu_people_reached"].sum() < first["posyandu_people_reached"].sum()
    gpd.read_file(files.villages).assign(nama="Baru").to_file(files.villages)
    nation(files, tmp_path / "out", InThisProcess(), scenario=small_limits())
    assert set(answers(tmp_path / "out")["village_name"]) == {"Baru"}


MADE_OF: dict[str, tuple[str, ...]] = {
    "desa.shp": ("desa.dbf", "desa.PRJ", "desa.shx", "desa.cpg"),
    "desa.tab": ("desa.dat", "desa.map", "desa.id", "desa.ind"),
    "desa.mif": ("desa.mid",),
    "jiwa.tif": ("jiwa.tfw", "jiwa.tif.aux.xml"),
    "jiwa.asc": ("jiwa.prj",),
    "jiwa.bil": ("jiwa.hdr",),
    "desa.gpkg": ("desa.gpkg-wal",),
}


@pytest.mark.parametrize("name", MADE_OF)
def test_a_file_is_known_by_all_that_it_is_made_of(tmp_path: Path, name: str) -> None:
    for one in (name, *MADE_OF[name], "desa.csv", "desa2.dbf", "desa.shp.xml", "jiwa.csv"):
        (tmp_path / one).write_text(one, "ascii")
    file, known = tmp_path / name, set()
    assert {p.name for p in members_of(file)} == {name, *MADE_OF[name]}
    for one in (name, *MADE_OF[name]):
        known.add(given_sha256(file))
        (tmp_path / one).write_text("other", "ascii")
    known.add(given_sha256(file))
    assert len(known) == len(MADE_OF[name]) + 2
    (tmp_path / "desa.csv").write_text("other", "ascii")
    assert given_sha256(file) in known
    last = tmp_path / MADE_OF[name][-1]
    last.unlink()
    assert given_sha256(file) not in known
    # Under another name it is the same file.
    for one in (name, *MADE_OF[name][:-1]):
        (tmp_path / one).rename(tmp_path / one.replace("desa", "peta").replace("jiwa", "peta"))
    before = given_sha256(tmp_path / name.replace("desa", "peta").replace("jiwa", "peta"))
    assert before not in known


def test_a_file_geodatabase_is_packed_first(
    tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    files = write_country(tmp_path / "in", 3, columns=4, rows=3, roads="grid")
    for file in (files.villages, *files.roads):
        gpd.read_parquet(file).to_file(file.with_suffix(".gdb"), driver="OpenFileGDB")
    units = str(files.facilities[0].path)
    for name, option in (("desa", "--villages"), ("jalan", "--roads")):
        given = tmp_path / "in" / f"{name}.gdb"
        options = {"--villages": str(files.villages), "--roads": str(files.roads[0]), option: str(given)}
        asked = ["nation", *(t for pair in options.items() for t in pair), "--facilities", units]
        status, _, said = jangkau(*asked, "--out", str(tmp_path / "out"), "--workers", "0")
        assert status == 2
        assert "pack the folder into one zip file" in said
        packed = given.with_suffix(".zip")
        with zipfile.ZipFile(packed, "w") as file:
            for one in given.iterdir():
                file.write(one, f"{given.name}/{one.name}")
    options = {
        o: str(tmp_path / "in" / f"{n}.zip") for o, n in (("--villages", "desa"), ("--roads", "jalan"))
    }
    asked = ["nation", *(t for pair in options.items() for t in pair), "--facilities", units]
    status, _, said = jangkau(*asked, "--out", str(tmp_path / "out"), "--workers", "0")
    assert (status, "cannot be read" in said) == (0, False)
