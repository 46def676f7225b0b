"""A workspace reads back equal, replaces as a whole, and refuses what is not one."""

from __future__ import annotations

import errno
import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from geodata.errors import DiskError, WorkspaceError
from geodata.workspace import read_workspace, write_workspace


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
    assert manifest["format_version"] == 3
    roads = next(s for s in manifest["sources"] if s["layer"] == "roads")
    assert roads["file"] == "jalan.geojson"
    assert roads["licence"] == "MIT"
    assert len(roads["sha256"]) == 64
    assert set(manifest["layers"]) == {"villages", "roads", "facilities", "hamlets"}


def test_layers_are_plain_geoparquet(demo_workspace, demo_layers):
    assert len(gpd.read_parquet(demo_workspace / "villages.parquet")) == len(demo_layers.villages)


def test_a_changed_layer_is_noticed(demo_workspace, tmp_path):
    copy = tmp_path / "w"
    shutil.copytree(demo_workspace, copy)
    (copy / "roads.parquet").write_bytes(b"something else")
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


def test_a_failed_swap_puts_the_old_one_back(demo_layers, demo_workspace, tmp_path, monkeypatch):
    from pathlib import Path

    out = tmp_path / "w"
    shutil.copytree(demo_workspace, out)
    (out / "cache").mkdir()
    (out / "cache/a.json").write_text("{}")
    real = Path.rename

    def rename(self, target):
        if self.name.endswith(".partial"):
            raise OSError(errno.EIO, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
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
