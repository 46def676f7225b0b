"""What an earlier run of ``jangkau nation`` finished is taken as it is where nothing of it has changed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
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
from planner.reports.maps.nation_page import nation_libraries_are_built
from planner.scenarios.scenario import default_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.nation.country import Files

pytestmark = pytest.mark.slow


def as_shapefiles(files: Files) -> Files:
    """The same country, villages and roads as shapefiles."""
    folder = files.villages.parent
    for file in (files.villages, *files.roads):
        gpd.read_parquet(file).to_file(file.with_suffix(".shp"))
    roads = tuple(file.with_suffix(".shp") for file in files.roads)
    return replace(files, villages=folder / "desa.shp", roads=roads)


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


def test_nothing_is_kept_that_another_program_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mended reader, a heading more: the next run reads and computes all anew."""
    files = write_country(tmp_path / "in", 3, columns=2, rows=2, roads="grid")
    out = tmp_path / "out"
    assert nation(files, out, InThisProcess(), scenario=small_limits()).made == 1
    manifests = {p: p.read_bytes() for p in out.rglob("manifest.json")}
    assert {p.parent.relative_to(out).parts[0] for p in manifests} >= {
        "country",
        "regencies",
        "roads",
        "parts",
    }
    assert nation(files, out, InThisProcess(), scenario=small_limits()).made == 0
    assert {p: p.read_bytes() for p in manifests} == manifests
    monkeypatch.setattr("planner.nation.store.program", lambda _of: "another")
    assert nation(files, out, InThisProcess(), scenario=small_limits()).made == 1
    assert all(p.read_bytes() != known for p, known in manifests.items())


def test_the_map_names_the_limits_of_its_own_run(tmp_path: Path) -> None:
    """Also where they change no answer."""
    if not nation_libraries_are_built():
        pytest.skip("the browser libraries are not stored here")
    files, first = write_country(tmp_path / "in", 3, columns=4, rows=3), default_scenario()
    longer = {
        kind: rule.model_copy(update={"limit_minutes": rule.limit_minutes + 1e-6})
        for kind, rule in first.standard.items()
    }
    other = first.model_copy(update={"standard": longer})
    nation(files, tmp_path / "out", InThisProcess(), scenario=first)
    nation(files, tmp_path / "out", InThisProcess(), scenario=other)
    page = (tmp_path / "out" / "map.html").read_text("utf-8")
    [said] = re.findall(r'"limits": ?(\{[^}]*\})', page)
    assert json.loads(said)["posyandu"] == other.standard["posyandu"].limit_minutes


def test_an_address_without_a_scheduler_is_said_and_that_is_all() -> None:
    """Nothing waits behind the sentence, nor is printed."""
    for address in ("10.0.0.1", "foo", "tcp://127.0.0.1:9"):
        script = (
            "import planner.nation.cluster as c\nc.CONNECT_S = 0.5\n"
            f"try:\n  c.workers({address!r}, 0, 900.0).__enter__()\n"
            "except c.ClusterError as error:\n  print(error)\n"
        )
        begin = time.monotonic()
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert f"no Dask scheduler answers at {address}: " in ran.stdout
        assert (ran.stderr, time.monotonic() - begin < 30) == ("", True)
