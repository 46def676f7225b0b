"""Cutting never changes a result: many tiles, one tile a kabupaten and the country in one piece are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from nation_support import answers, in_one_piece, lose_places, small_limits, unpaved, write_country

from planner.nation.cluster import InThisProcess
from planner.nation.country import Files, facilities_file
from planner.nation.halo import horizons_s, widest_m
from planner.nation.run import nation
from planner.scenarios.scenario import default_scenario

if TYPE_CHECKING:
    from pathlib import Path


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Every column of the answers, exactly."""
    columns = [c for c in expected if c in found and not c.endswith("_horizon_minutes")]
    assert len(columns) > 40
    pd.testing.assert_frame_equal(
        found[columns], expected[columns], check_exact=True, check_dtype=False, check_index_type=False
    )


def made(folder: Path, seed: int) -> tuple[Files, Path]:
    """A country on straight lines, and the folder of its answers."""
    files = write_country(folder / "in", seed)
    assert not nation(files, folder / "whole", InThisProcess()).failures
    return files, folder / "whole"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, Path]:
    return made(tmp_path_factory.mktemp("country"), 0)


@pytest.mark.slow
def test_straight_lines_are_those_of_the_country_in_one_piece(
    whole: tuple[Files, Path], tmp_path: Path
) -> None:
    for files, out in (whole, made(tmp_path, 1)):
        assert_same(answers(out), in_one_piece(files, out, default_scenario()))


@pytest.mark.slow
def test_who_may_go_over_water_by_vehicle_is_unknown_in_a_part_too(tmp_path: Path) -> None:
    """On an islet: a puskesmas 2 km off on another island, and one (the first by its id) 200 km off."""
    west = {"35.01.01.2001": 107.0, "35.02.01.2001": 107.03, "35.03.01.2001": 105.2}
    villages = gpd.GeoDataFrame(
        {"kode": list(west), "nama": [f"Desa {c}" for c in west]},
        geometry=[shapely.box(x, -6.5, x + 0.01, -6.49) for x in west.values()], crs="EPSG:4326",
    )  # fmt: skip
    villages.to_parquet(tmp_path / "desa.parquet")
    units = {"id": ["A", "Z"], "nama": ["Jauh", "Dekat"], "jenis": "puskesmas", "lat": -6.495}
    pd.DataFrame(units | {"lon": [105.205, 107.035]}).to_csv(tmp_path / "faskes.csv", index=False)
    files = Files(tmp_path / "desa.parquet", (facilities_file(str(tmp_path / "faskes.csv")),), None, ())
    assert not nation(files, tmp_path / "out", InThisProcess()).failures
    found = answers(tmp_path / "out")
    in_one = in_one_piece(files, tmp_path / "out", default_scenario())
    mine = [c for c in in_one if c.startswith("puskesmas_")]
    pd.testing.assert_frame_equal(found[mine], in_one[mine], check_dtype=False, check_index_type=False)
    assert found["puskesmas_status"].reindex(west).tolist() == ["unknown", "served", "served"]


MORE = [(seed, how) for seed in (5, 6, 7) for how in ("", "gaps")]


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "how"), [(4, ""), *MORE])
def test_a_unit_without_a_place_is_in_doubt_wherever_it_may_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, how: str
) -> None:
    """In its kecamatan or kabupaten and near them: in every part of it, and in its neighbours."""
    monkeypatch.setattr("planner.nation.answers.FIRST_M", 1.0)
    files = write_country(tmp_path / "in", seed, roads=how, overlaps=seed % 2 == 1)
    table = lose_places(tmp_path / "in", seed)
    done = nation(files, tmp_path / "out", InThisProcess(), scenario=small_limits())
    assert not done.failures
    units = gpd.read_parquet(tmp_path / "out" / "units.parquet")
    lost = table.set_index("id")["lat"].isna()
    assert set(units.index[units["status"] == "unlocated"]) == set(lost.index[lost])
    expected = in_one_piece(files, tmp_path / "out", small_limits())
    assert expected.filter(like="_present").eq("unknown").to_numpy().any()
    assert_same(answers(tmp_path / "out"), expected)
    monkeypatch.setattr("planner.nation.tiles.VILLAGE_MB", 0.3)
    cut = nation(files, tmp_path / "cut", InThisProcess(), scenario=small_limits(), memory_mb=600.0)
    assert cut.made > done.made
    assert_same(answers(tmp_path / "cut"), expected)


@pytest.mark.slow
def test_pieces_of_a_kabupaten_are_those_of_the_whole(
    whole: tuple[Files, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, out = whole
    monkeypatch.setattr("planner.nation.tiles.VILLAGE_MB", 0.3)
    done = nation(files, tmp_path / "cut", InThisProcess(), memory_mb=600.0)
    assert done.made > len(list((out / "parts").iterdir()))
    assert_same(answers(tmp_path / "cut"), answers(out))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["grid", "gaps"])
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_where_outlines_overlap_the_first_code_of_all_has_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, how: str
) -> None:
    """Across kabupaten and among pieces of one."""
    files = write_country(tmp_path / "in", seed, roads=how, overlaps=True)
    nation(files, tmp_path / "out", InThisProcess(), scenario=small_limits())
    expected = in_one_piece(files, tmp_path / "out", small_limits())
    assert_same(answers(tmp_path / "out"), expected)
    monkeypatch.setattr("planner.nation.tiles.VILLAGE_MB", 0.3)
    cut = nation(files, tmp_path / "cut", InThisProcess(), scenario=small_limits(), memory_mb=600.0)
    assert cut.made > expected["regency_code"].nunique()
    assert_same(answers(tmp_path / "cut"), expected)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "how"), [(1, "grid"), (3, "gaps")])
def test_roads_with_a_halo_are_those_of_the_country_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, how: str
) -> None:
    monkeypatch.setattr("planner.nation.answers.FIRST_M", 1.0)
    files = write_country(tmp_path / "in", seed, roads=how, overlaps=how == "gaps")
    done = nation(files, tmp_path / "out", InThisProcess(), scenario=small_limits())
    assert not done.failures
    assert all(c["halo_km"] < 14 for c in done.costs)
    expected = in_one_piece(files, tmp_path / "out", small_limits())
    assert_same(answers(tmp_path / "out"), expected)


MORE_RIMS = [(seed, how) for seed in (12, 13, 14, 15) for how in ("grid", "gaps")]


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "how"), [(11, "gaps"), *MORE_RIMS])
def test_answers_that_the_rim_proves_are_those_of_the_country_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, how: str
) -> None:
    """A halo is only as wide as the zone's own roads ask for, in both seasons."""
    monkeypatch.setattr("planner.nation.answers.FIRST_M", 3000.0)
    limits = small_limits()
    access = limits.access.model_copy(update={"max_distance_m": 800.0})
    scenario = limits.model_copy(update={"access": access})
    files = write_country(tmp_path / "in", seed, columns=12, rows=3, roads=how, units=24, overlaps=seed > 12)
    unpaved(files)
    done = nation(files, tmp_path / "out", InThisProcess(), scenario=scenario)
    assert not done.failures
    kinds = ("puskesmas", "pustu", "posyandu", "hospital")
    by_speed_km = widest_m(scenario, horizons_s(scenario, kinds)) / 1000.0
    assert any(c["halo_km"] < by_speed_km for c in done.costs)
    assert_same(answers(tmp_path / "out"), in_one_piece(files, tmp_path / "out", scenario))
