"""The folder of the files that a running server hands out; it ends with its server, however that ends."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from geodata.files.lock import held
from geodata.files.moment import LIVE, PREFIX, remove_leftovers

SERVED = f"{PREFIX}app-"


class ServedFolder:
    """A new folder among the temporary ones; those that killed servers left are removed first.

    Attributes
    ----------
    files
        Where the files are.
    """

    def __init__(self) -> None:
        remove_leftovers()
        self._root = Path(tempfile.mkdtemp(prefix=SERVED))
        self.files = self._root / "files"
        self.files.mkdir()
        self._lock = ExitStack()
        self._lock.enter_context(held(self._root / LIVE, f"{self._root} is being served"))

    def close(self) -> None:
        """Delete it."""
        self._lock.close()
        shutil.rmtree(self._root, ignore_errors=True)
