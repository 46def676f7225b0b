"""A workspace reads back equal, replaces as a whole, and refuses what is not one."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from geodata.errors import DiskError, WorkspaceError
from geodata.files.lock import held
from geodata.workspace import Ours, read_workspace, replace_folder, write_workspace


def test_reads_back_equal(demo_layers, demo_workspace):
    again = read_workspace(demo_workspace)
    assert again.area == demo_layers.area
    assert again.findings == demo_layers.findings
    assert again.sources == demo_layers.sources
    for name in ("villages", "roads", "facilities", "hamlets"):
        before, after = getattr(demo_layers, name), getattr(again, name)
        assert before.crs == after.crs
        assert_frame_equal(pd.DataFrame(before), pd.DataFrame(after))


def test_the_manifest_names_sources_hashes_and_licences(demo_workspace):
    manifest = json.loads((demo_workspace / "manifest.json").read_text("utf-8"))
    assert manifest["format_version"] == 4
    roads = next(s for s in manifest["sources"] if s["layer"] == "roads")
    assert roads["file"] == "jalan.geojson"
    assert roads["licence"] == "MIT"
    assert len(roads["sha256"]) == 64
    assert set(manifest["layers"]) == {"villages", "roads", "facilities", "hamlets"}


def test_layers_are_plain_geoparquet(demo_workspace, demo_layers):
    assert len(gpd.read_parquet(next(demo_workspace.glob("villages-*.parquet")))) == len(demo_layers.villages)


def test_a_changed_layer_is_noticed(demo_workspace, tmp_path):
    copy = tmp_path / "w"
    shutil.copytree(demo_workspace, copy)
    next(copy.glob("roads-*.parquet")).write_bytes(b"something else")
    with pytest.raises(WorkspaceError, match="changed"):
        read_workspace(copy)


def test_a_full_disk_leaves_the_old_workspace_and_nothing_else(
    demo_layers, demo_workspace, tmp_path, monkeypatch
):
    out = tmp_path / "w"
    shutil.copytree(demo_workspace, out)
    before = sorted((p.name, p.stat().st_mtime_ns) for p in out.iterdir())

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", full)
    with pytest.raises(DiskError, match="disk is full"):
        write_workspace(demo_layers, out)
    assert sorted((p.name, p.stat().st_mtime_ns) for p in out.iterdir()) == before
    assert [p.name for p in tmp_path.iterdir()] == ["w"]


def test_a_build_that_fails_at_the_last_step_leaves_the_old_one(
    demo_layers, demo_workspace, tmp_path, monkeypatch
):
    out = tmp_path / "w"
    shutil.copytree(demo_workspace, out)
    (out / "cache").mkdir()
    (out / "cache/a.json").write_text("{}")
    real = Path.replace

    def replace(self, target):
        if self.name == "manifest.json":
            raise OSError(errno.EIO, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(DiskError, match="unchanged"):
        write_workspace(demo_layers, out)
    monkeypatch.undo()
    assert (out / "cache/a.json").read_text() == "{}"
    assert [p.name for p in tmp_path.iterdir()] == ["w"]
    assert read_workspace(out).area == demo_layers.area


def test_somebody_elses_folder_is_never_replaced(demo_layers, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(WorkspaceError, match=r"thesis\.docx"):
        write_workspace(demo_layers, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_downloads_survive_a_rebuild(demo_layers, tmp_path):
    out = tmp_path / "w"
    (out / "cache/overpass").mkdir(parents=True)
    (out / "cache/overpass/a.json").write_text("{}")
    write_workspace(demo_layers, out)
    write_workspace(demo_layers, out)
    assert (out / "cache/overpass/a.json").read_text() == "{}"
    assert read_workspace(out).area == demo_layers.area


@pytest.fixture(scope="module")
def small():
    from planner.pipeline import demo_layers

    return demo_layers(12)


def attack(tmp_path, layers, *words):
    """Run build_attacks.py, which kills and races builds, and return what it found."""
    file = tmp_path / "layers.pickle"
    file.write_bytes(pickle.dumps(layers))
    script = Path(__file__).with_name("build_attacks.py")
    done = subprocess.run(
        [sys.executable, str(script), str(file), str(tmp_path / "place"), *words],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.mark.slow
def test_a_build_may_be_killed_before_any_step(tmp_path, small):
    """Scenarios used to be in a hidden folder for a moment, and stayed there."""
    found, _ = attack(tmp_path, small, "kill")
    # Layers, manifest, old layers, the stage and the lock.
    assert found["steps"] > 10
    assert found["wrong"] == []


@pytest.mark.slow
def test_two_builds_at_once_lose_nothing(tmp_path, small):
    """Both moved the scenarios, and 6 of 300 rounds had none afterwards; 1,000 rounds take four minutes."""
    found, _ = attack(tmp_path, small, "race", "15")
    assert found["wrong"] == []
    assert found["done"] + found["refused"] == 30
    assert found["done"] >= 15


def test_a_build_says_who_is_writing(tmp_path, demo_layers):
    out = tmp_path / "w"
    out.mkdir()
    said = rf"w is being written by another jangkau \(process {os.getpid()}"
    with held(out / ".w.lock", "x"), pytest.raises(WorkspaceError, match=said):
        write_workspace(demo_layers, out)
    write_workspace(demo_layers, out)
    assert sorted(p.name.split("-")[0] for p in out.iterdir()) == [
        "cells", "facilities", "hamlets", "manifest.json", "roads", "villages",
    ]  # fmt: skip


@pytest.mark.parametrize("both", [False, True])
def test_scenarios_that_an_older_version_left_in_a_hidden_folder_come_back(
    tmp_path, demo_layers, both, caplog
):
    out = tmp_path / "w"
    write_workspace(demo_layers, out)
    left = tmp_path / ".w.abcdefgh.partial/scenarios"
    left.mkdir(parents=True)
    (left / "jangkau.db").write_text("saved")
    if both:
        (out / "scenarios").mkdir()
        (out / "scenarios/jangkau.db").write_text("newer")
    (tmp_path / ".w.abcdefgh.old/w").mkdir(parents=True)
    write_workspace(demo_layers, out)
    assert (out / "scenarios/jangkau.db").read_text() == ("newer" if both else "saved")
    assert ("compare them" if both else "was put back") in caplog.text
    # What may hold something is never removed.
    assert (left / "jangkau.db").exists() is both
    assert not (tmp_path / ".w.abcdefgh.old").exists()


def test_outputs_that_a_killed_command_had_moved_away_come_back(tmp_path, caplog):
    ours = Ours("a.txt", "mine", frozenset({"a.txt"}))
    out = tmp_path / "out"
    with replace_folder(out, ours) as stage:
        (stage / "a.txt").write_text("mine, the first")
    (tmp_path / ".out.abcdefgh.old").mkdir()
    (tmp_path / ".out.abcdefgh.old/.jangkau").touch()
    out.rename(tmp_path / ".out.abcdefgh.old/out")
    with pytest.raises(ZeroDivisionError), replace_folder(out, ours) as stage:
        (stage / "a.txt").write_text(str(1 / 0))
    assert (out / "a.txt").read_text() == "mine, the first"
    assert "was put back" in caplog.text
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_neighbour_with_a_longer_name_is_left_alone(tmp_path, demo_layers):
    """What another command is writing beside it, for jember.2025, is no leftover of jember."""
    beside = tmp_path / ".jember.2025.abcdefgh.partial"
    beside.mkdir()
    (tmp_path / ".jember.abcdefgh.partial").mkdir()
    write_workspace(demo_layers, tmp_path / "jember")
    assert sorted(p.name for p in tmp_path.iterdir()) == [beside.name, "jember"]


def test_a_first_build_that_fails_leaves_no_folder(tmp_path, demo_layers, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", full)
    with pytest.raises(DiskError, match="disk is full"):
        write_workspace(demo_layers, tmp_path / "w")
    assert list(tmp_path.iterdir()) == []
