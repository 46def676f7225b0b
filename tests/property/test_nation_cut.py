"""Cutting never changes a result: many tiles, one tile a kabupaten and the country in one piece are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from nation_support import answers, in_one_piece, small_limits, write_country

from planner.nation.cluster import InThisProcess
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


@pytest.mark.parametrize("seed", range(3))
def test_straight_lines_are_those_of_the_country_in_one_piece(tmp_path: Path, seed: int) -> None:
    files = write_country(tmp_path / "in", seed)
    done = nation(files, tmp_path / "out", InThisProcess())
    assert not done.failures
    assert_same(answers(tmp_path / "out"), in_one_piece(files, tmp_path / "out", default_scenario()))


def test_pieces_of_a_kabupaten_are_those_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_country(tmp_path / "in", 0)
    nation(files, tmp_path / "whole", InThisProcess())
    monkeypatch.setattr("planner.nation.tiles.VILLAGE_MB", 0.3)
    done = nation(files, tmp_path / "cut", InThisProcess(), memory_mb=600.0)
    assert done.made > 4
    assert_same(answers(tmp_path / "cut"), answers(tmp_path / "whole"))


@pytest.mark.parametrize(("seed", "how"), [(1, "grid"), (3, "gaps"), (4, "gaps")])
def test_roads_with_a_halo_are_those_of_the_country_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, how: str
) -> None:
    monkeypatch.setattr("planner.nation.answers.FIRST_M", 1.0)
    files = write_country(tmp_path / "in", seed, roads=how)
    done = nation(files, tmp_path / "out", InThisProcess(), scenario=small_limits())
    assert not done.failures
    assert all(c["halo_km"] < 14 for c in done.costs)
    expected = in_one_piece(files, tmp_path / "out", small_limits())
    assert_same(answers(tmp_path / "out"), expected)
