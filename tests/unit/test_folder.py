"""Folders of killed servers are removed at the next start; those of live ones stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from app.areas.folder import ServedFolder
from geodata.files.lock import held
from geodata.files.moment import LIVE, PREFIX, SETTLED_S, for_a_moment, remove_leftovers

SERVER = """
import sys, time
from app.areas.folder import ServedFolder
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


DROPPED = """
import sys, time
from app.areas.trials import GivenFile, _on_disk
with _on_disk(GivenFile("kader.csv", b"nama")) as path:
    print(path.parent.parent, flush=True)
    time.sleep(60)
"""


def server(script=SERVER, *more):
    process = subprocess.Popen([sys.executable, "-c", script, *more], stdout=subprocess.PIPE, text=True)
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


def test_a_trap_in_a_folder_for_everybody_touches_no_file_of_ours(temporary):
    precious = temporary / "jangkau.db"
    precious.write_text("x" * 900)
    trap = temporary / f"{PREFIX}trap"
    trap.mkdir()
    (trap / LIVE).symlink_to(precious)
    aged(trap)
    remove_leftovers()
    assert precious.read_text() == "x" * 900
    with pytest.raises(OSError, match="symbolic"), held(trap / LIVE, "it is being served"):
        pytest.fail("a lock that is a link was opened")


def test_folders_of_others_stay(temporary, monkeypatch):
    killed, left = server()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    aged(left)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    remove_leftovers()
    assert left.exists()
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    # Nor does anything go where nothing can be locked.
    monkeypatch.setattr("geodata.files.moment.CAN_LOCK", False)
    remove_leftovers()
    assert left.exists()


@pytest.mark.slow
def test_a_list_that_somebody_dropped_goes_after_a_kill(temporary):
    killed, left = server(DROPPED)
    assert (left / "files/kader.csv").read_text() == "nama"
    aged(left)
    remove_leftovers()
    assert left.exists()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    aged(left)
    remove_leftovers()
    assert list(temporary.iterdir()) == []


def test_a_folder_for_a_moment_goes_with_it(temporary):
    with for_a_moment("app") as files:
        (files / "a.csv").write_text("a")
    with pytest.raises(ZeroDivisionError), for_a_moment("app"):
        raise ZeroDivisionError
    assert list(temporary.iterdir()) == []


UNZIPPING = """
import sys, time
from pathlib import Path
from geodata.readers.files.zipped import unpacked
with unpacked(Path(sys.argv[1]), "villages") as path:
    print(path.parent.parent, flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_a_map_out_of_a_zip_file_goes_after_a_kill(temporary, tmp_path_factory):
    packed = tmp_path_factory.mktemp("given") / "desa.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("desa.geojson", "{}")
    killed, left = server(UNZIPPING, packed)
    aged(left)
    assert (left / "files/desa.geojson").read_text() == "{}"
    remove_leftovers()
    assert left.exists()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    aged(left)
    # The next command that needs such a folder.
    subprocess.run(
        [sys.executable, "-c", "from geodata.files.moment import *\nwith for_a_moment('map'): pass"],
        check=True,
    )
    assert list(temporary.iterdir()) == []
