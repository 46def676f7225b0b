"""``jangkau nation --roads indonesia.osm.pbf``: an extract in cells is the extract in one piece."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from nation_support import SOUTH, WEST, answers, as_pbf, in_one_piece, small_limits, split_pbf, write_country

from geodata.errors import ConfigError, SchemaError
from geodata.readers.osm import read_osm_ways
from geodata.readers.osm_pieces import osm_in_pieces
from geodata.readers.osm_roads import read_osm_roads
from planner.nation import osm_cells
from planner.nation.cluster import InThisProcess
from planner.nation.roads import cut_roads, read_roads_near
from planner.nation.run import nation
from planner.scenarios.scenario import default_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.nation.country import Files

CRS = "EPSG:32748"


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write_country(tmp_path_factory.mktemp("country"), 3, roads="gaps", units=40)


@pytest.fixture(scope="module")
def extract(lines: Files, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The same country with an extract that says more than lines can."""
    [roads] = lines.roads
    return replace(lines, roads=(as_pbf(roads, tmp_path_factory.mktemp("pbf") / "all.osm.pbf", more=True),))


def test_an_extract_in_pieces_is_the_extract(extract: Files, tmp_path: Path) -> None:
    [roads] = extract.roads
    whole = read_osm_ways(roads)
    pieces = list(osm_in_pieces([roads], tmp_path, ways=7, nodes=11))
    assert len(pieces) > 20
    at = 0
    for piece in pieces:
        for i in range(len(piece.ids)):
            assert (piece.ids[i], piece.tags[i]) == (whole.ids[at], whole.tags[at])
            mine, known = slice(*piece.first[i : i + 2]), slice(*whole.first[at : at + 2])
            assert piece.node[mine].tolist() == whole.node[known].tolist()
            assert pd.DataFrame(piece.lonlat[mine]).equals(pd.DataFrame(whole.lonlat[known]))
            at += 1
    assert at == len(whole.ids)
    uses = pd.Series(whole.node).value_counts()
    assert all((p.shared == (uses[p.node] > 1).to_numpy()).all() for p in pieces)
    assert {i for p in pieces for i in p.barriers} == set(whole.barriers) != set()
    assert any(t.get("route") == "ferry" for t in whole.tags)


@pytest.mark.slow
def test_roads_of_a_zone_are_those_that_build_reads(
    extract: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osm_cells, "osm_in_pieces", partial(osm_in_pieces, ways=50, nodes=100))
    monkeypatch.setattr("planner.nation.roads.CELL_DEGREES", 0.01)
    [roads] = extract.roads
    cut = cut_roads([roads], tmp_path / "roads")
    assert len(cut.cells) > 20
    assert any("1 ways reach beyond it" in n for n in cut.notes)
    middle = gpd.GeoSeries([shapely.Point(WEST + 0.06, SOUTH + 0.04)], crs="EPSG:4326").to_crs(CRS)
    everything = len(read_osm_roads(roads, None, CRS).frame)
    assert 0.8 * everything < cut.rows((-180.0, -90.0, 180.0, 90.0)) < 1.2 * everything
    for metres, less in ((1000.0, True), (5000.0, True), (60_000.0, False)):
        zone = middle.buffer(metres).iloc[0]
        found, expected = read_roads_near(cut, zone, CRS), read_osm_roads(roads, zone, CRS).frame
        assert (len(expected) < everything) == less
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert read_roads_near(cut, shapely.Point(0.0, 0.0).buffer(9.0), CRS) is None


@pytest.mark.slow
def test_several_extracts_are_the_one_that_they_are_parts_of(
    extract: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osm_cells, "osm_in_pieces", partial(osm_in_pieces, ways=50, nodes=100))
    monkeypatch.setattr("planner.nation.roads.CELL_DEGREES", 0.05)
    [whole] = extract.roads
    files = split_pbf(whole, tmp_path / "parts", 4)
    ways = [set(read_osm_ways(f).ids.tolist()) for f in files]
    assert sum(len(w) for w in ways) > len(set.union(*ways)) == len(read_osm_ways(whole).ids)
    expected = read_osm_roads(whole, None, CRS).frame
    for number, order in enumerate((files[::-1], [*files, files[0]])):
        cut = cut_roads(order, tmp_path / f"roads-{number}")
        middle = gpd.GeoSeries([shapely.Point(WEST + 0.06, SOUTH + 0.04)], crs="EPSG:4326").to_crs(CRS)
        found = read_roads_near(cut, middle.buffer(90_000.0).iloc[0], CRS)
        assert found is not None
        pd.testing.assert_frame_equal(found.sort_index(), expected.sort_index(), check_exact=True)
        # The way that leaves the extract, and no others: those that one part ends are whole in the next.
        assert any("1 ways reach beyond them" in n for n in cut.notes)


@pytest.mark.slow
def test_several_files_of_lines_are_the_one_that_they_are_parts_of(lines: Files, tmp_path: Path) -> None:
    [whole] = lines.roads
    rows = gpd.read_parquet(whole)
    x = rows.bounds["minx"]
    west = x < x.median()
    rows[west].to_parquet(tmp_path / "barat.parquet")
    rows[~west].to_parquet(tmp_path / "timur.parquet")
    middle = gpd.GeoSeries([shapely.Point(WEST + 0.06, SOUTH + 0.04)], crs="EPSG:4326").to_crs(CRS)
    zone = middle.buffer(90_000.0).iloc[0]
    both = [tmp_path / "barat.parquet", tmp_path / "timur.parquet"]
    one, two = (cut_roads(f, tmp_path / n) for f, n in (([whole], "one"), (both, "two")))
    found, expected = (read_roads_near(cut, zone, CRS) for cut in (two, one))
    assert found is not None
    assert expected is not None
    pieces = [{(r.geometry.normalize().wkb, r.road_class) for r in f.itertuples()} for f in (found, expected)]
    assert pieces[0] == pieces[1]
    rows[~west].rename(columns={"highway": "fungsi"}).to_parquet(tmp_path / "timur.parquet")
    with pytest.raises(SchemaError, match=r"barat.parquet and timur.parquet tell of roads in other columns"):
        cut_roads(both, tmp_path / "mixed")
    # Files of two folders may have one name.
    for folder, frame in (("a", rows[west]), ("b", rows[~west].rename(columns={"highway": "fungsi"}))):
        (tmp_path / folder).mkdir()
        frame.to_parquet(tmp_path / folder / "jalan.parquet")
    named = [tmp_path / folder / "jalan.parquet" for folder in "ab"]
    with pytest.raises(SchemaError, match=r"a/jalan.parquet and .*b/jalan.parquet tell of roads"):
        cut_roads(named, tmp_path / "mixed")
    with pytest.raises(ConfigError, match="files of one sort"):
        cut_roads([whole, tmp_path / "more.osm.pbf"], tmp_path / "mixed")


@pytest.mark.slow
def test_answers_are_those_of_one_area_on_the_extract(extract: Files, tmp_path: Path) -> None:
    done = nation(extract, tmp_path / "out", InThisProcess())
    assert not done.failures
    assert any("reach beyond it" in n for n in done.notes)
    expected = in_one_piece(extract, tmp_path / "out", default_scenario())
    found = answers(tmp_path / "out")
    columns = [c for c in expected if c in found and not c.endswith("_horizon_minutes")]
    assert len(columns) > 40
    assert found["puskesmas_minutes_median"].nunique() > 15
    pd.testing.assert_frame_equal(
        found[columns], expected[columns], check_exact=True, check_dtype=False, check_index_type=False
    )


@pytest.mark.slow
def test_lines_and_an_extract_that_say_the_same_give_the_same(lines: Files, tmp_path: Path) -> None:
    [roads] = lines.roads
    same = replace(lines, roads=(as_pbf(roads, tmp_path / "same.osm.pbf"),))
    found = []
    for name, files in (("lines", lines), ("pbf", same)):
        assert not nation(files, tmp_path / name, InThisProcess(), scenario=small_limits()).failures
        found.append(answers(tmp_path / name))
    pd.testing.assert_frame_equal(*found, rtol=1e-9)


def test_refused_extracts_say_what_to_do(
    lines: Files, tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    for name, content, said in (
        ("cut.osm.pbf", b"\x00\x00\x00\x0dnot a pbf", "fetch it again"),
        ("graph.graphml", b"<graphml/>", "Give the extract"),
        ("none.osm.pbf", None, "none.osm.pbf"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        status, _, error = jangkau(
            "nation", "--villages", lines.villages, "--facilities", lines.facilities[0].path,
            "--roads", tmp_path / name, "--out", tmp_path / "out", "--workers", "0",
        )  # fmt: skip
        assert (status, said in error, "Traceback" in error) == (2, True, False)
        assert not (tmp_path / "out" / "roads").exists()
