"""Folders of killed servers are removed at the next start; those of live ones stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from app.web.folder import LIVE, PREFIX, SETTLED_S, ServedFolder, remove_leftovers

SERVER = """
import sys, time
from app.web.folder import ServedFolder
folder = ServedFolder()
(folder.files / "map.html").write_text("map")
print(folder.files.parent, flush=True)
time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def server():
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    with process.stdout:
        return process, Path(process.stdout.readline().strip())


def aged(root):
    then = time.time() - SETTLED_S - 5
    os.utime(root, (then, then))


def test_a_killed_servers_folder_goes_and_a_live_ones_stays(temporary):
    killed, left = server()
    live, kept = server()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    for root in (left, kept):
        aged(root)
    other = temporary / f"{PREFIX}not-ours"
    other.mkdir()
    aged(other)
    (temporary / f"{PREFIX}link").symlink_to(kept)
    try:
        remove_leftovers()
        assert not left.exists()
        assert (kept / "files" / "map.html").read_text() == "map"
        assert other.exists()
    finally:
        live.kill()
        live.wait()
    aged(kept)
    folder = ServedFolder()
    assert not kept.exists()
    folder.close()
    assert not folder.files.exists()


def test_a_folder_that_is_just_being_made_stays(temporary):
    root = temporary / f"{PREFIX}new"
    root.mkdir()
    (root / LIVE).touch()
    remove_leftovers()
    assert root.exists()
