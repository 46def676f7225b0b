"""Folders for a moment among the temporary ones; what a killed process left is removed by the next one."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.errors import WorkspaceError
from geodata.files.lock import CAN_LOCK, held

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "jangkau-"
LIVE = "live"
# A folder that another process is making at this moment has no lock yet.
SETTLED_S = 60.0


@contextmanager
def for_a_moment(what: str) -> Iterator[Path]:
    """Give a folder for files of a moment, such as a map out of a zip file; they may hold names of people.

    Parameters
    ----------
    what
        A word for its name: ``map``.

    Examples
    --------
    >>> with for_a_moment("map") as folder:
    ...     _ = (folder / "desa.geojson").write_text("{}", "utf-8")
    >>> folder.exists()
    False
    """
    _at_the_start()
    root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-"))
    try:
        with held(root / LIVE, f"{root} is in use"):
            files = root / "files"
            files.mkdir()
            yield files
    finally:
        shutil.rmtree(root, ignore_errors=True)


@cache
def _at_the_start() -> None:
    """Remove what killed processes left, once in each process."""
    remove_leftovers()


def remove_leftovers() -> None:
    """Remove the folders of processes that are gone; others' folders, and live ones, stay.

    Where nothing can be locked (Windows) nobody can tell them apart, and all stay.
    """
    if not CAN_LOCK:
        return
    for root in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            about = root.lstat()
            # In a folder for everybody, what looks like ours may be somebody's trap.
            if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
                continue
            if time.time() - about.st_mtime < SETTLED_S or not stat.S_ISREG((root / LIVE).lstat().st_mode):
                continue
            with held(root / LIVE, "it is in use"):
                shutil.rmtree(root, ignore_errors=True)
        except (WorkspaceError, OSError):
            # It is alive, or somebody else's.
            continue
