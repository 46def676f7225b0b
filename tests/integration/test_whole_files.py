"""What is one file is written as a whole or not at all: AREA.yml of `init`, the template of reports."""

from __future__ import annotations

import os
import subprocess
import sys
from shutil import copyfile

import pytest

from geodata.errors import DiskError, WorkspaceError
from geodata.files.lock import held
from geodata.workspace import write_whole

FULL = (
    "import resource, sys; from planner.cli import main; "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); sys.exit(main(sys.argv[1:]))"
)


def on_a_full_disk(*words):
    run = subprocess.run(
        [sys.executable, "-c", FULL, *map(str, words)], capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    return run.returncode, run.stderr


@pytest.fixture
def folder(demo_area_file, tmp_path):
    for name in ("desa.geojson", "penduduk.csv", "pustu.xlsx"):
        copyfile(demo_area_file.with_name(name), tmp_path / name)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("before", [None, "code: '35.09'\n"])
def test_a_full_disk_leaves_no_half_of_a_file(folder, before):
    """Half of an AREA.yml stood there, and the next `init` refused to write over it."""
    area, template = folder / "AREA.yml", folder / "templates" / "t.docx"
    if before:
        area.write_text(before, "utf-8")
    template.parent.mkdir()
    held_before = sorted(folder.rglob("*"))
    for file, *words in ((area, "init", folder, "--force"), (template, "report-template", "--out", template)):
        status, err = on_a_full_disk(*words)
        assert status == 2
        assert err.startswith(f"jangkau: {file} could not be written: ")
        assert "choose another folder" in err
    assert sorted(folder.rglob("*")) == held_before
    assert before is None or area.read_text("utf-8") == before


def test_what_a_killed_process_left_is_no_hindrance_and_goes(tmp_path):
    for name in (".AREA.yml.partial", ".AREA.yml.lock"):
        (tmp_path / name).write_text("half", "utf-8")
    write_whole(tmp_path / "AREA.yml", b"whole")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"AREA.yml": b"whole"}


def test_no_link_is_followed_and_no_pipe_is_waited_for(tmp_path):
    """A folder from elsewhere may hold a link of the name: another file was written over."""
    other = tmp_path / "other"
    (tmp_path / "AREA.yml").symlink_to(other)
    os.mkfifo(tmp_path / "t.docx")
    for name in ("AREA.yml", "t.docx"):
        write_whole(tmp_path / name, b"new")
    assert {p.name: p.is_symlink() for p in tmp_path.iterdir()} == {"AREA.yml": False, "t.docx": False}


def test_two_at_once_are_told_apart(tmp_path):
    with held(tmp_path / ".a.yml.lock", "it"), pytest.raises(WorkspaceError, match="is being written by an"):
        write_whole(tmp_path / "a.yml", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(DiskError, match="written: a part of its path is a file"):
        write_whole(tmp_path / "file" / "t.docx", b"new")
