"""The folder of the files that a running server hands out; it ends with its server, however that ends."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.errors import WorkspaceError
from geodata.files.lock import CAN_LOCK, held

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "jangkau-app-"
LIVE = "live"
# A folder that another server is making at this moment has no lock yet.
SETTLED_S = 60.0


class ServedFolder:
    """A new folder among the temporary ones; those that killed servers left are removed first.

    Attributes
    ----------
    files
        Where the files are.
    """

    def __init__(self) -> None:
        remove_leftovers()
        self._root = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.files = self._root / "files"
        self.files.mkdir()
        self._lock = ExitStack()
        self._lock.enter_context(held(self._root / LIVE, f"{self._root} is being served"))

    def close(self) -> None:
        """Delete it."""
        self._lock.close()
        shutil.rmtree(self._root, ignore_errors=True)


@contextmanager
def for_a_moment() -> Iterator[Path]:
    """Give a folder for a file that somebody dropped or asked for; after a kill the next server removes it.

    It may hold names of people.
    """
    root = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with held(root / LIVE, f"{root} is in use"):
            files = root / "files"
            files.mkdir()
            yield files
    finally:
        shutil.rmtree(root, ignore_errors=True)


def remove_leftovers() -> None:
    """Remove the folders of servers that are gone; others' folders, and live ones, stay.

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
            with held(root / LIVE, "it is being served"):
                shutil.rmtree(root, ignore_errors=True)
        except (WorkspaceError, OSError):
            # It is alive, or somebody else's.
            continue
