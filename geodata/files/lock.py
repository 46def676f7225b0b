"""One writer at a time: a lock that ends with its process, however that ends."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from geodata.errors import WorkspaceError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows, where nothing is locked
    fcntl = None  # type: ignore[assignment]  # asked for below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


CAN_LOCK = fcntl is not None


@contextmanager
def held(file: Path, what: str) -> Iterator[None]:
    """Hold a lock; the file is removed afterwards.

    Parameters
    ----------
    file
        The lock. A file that a killed process left holds nobody up.
    what
        What is being done, for the message.

    Raises
    ------
    WorkspaceError
        Another process holds it; the message names it.
    """
    if fcntl is None:  # pragma: no cover - Windows
        yield
        return
    number = _locked(file, what)
    try:
        os.truncate(number, 0)
        now = dt.datetime.now(dt.UTC).astimezone()
        os.pwrite(number, f"process {os.getpid()}, since {now:%H:%M:%S}".encode(), 0)
        yield
    finally:
        # Removed while it is held: whoever waits for this file sees that it is no longer the one there.
        file.unlink(missing_ok=True)
        os.close(number)


def _locked(file: Path, what: str) -> int:
    """Return the open, locked file."""
    while True:
        number = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            same = file.exists() and os.path.samestat(os.fstat(number), file.stat())
        except BlockingIOError:
            who = os.pread(number, 200, 0).decode("utf-8", "replace") or "another process"
            os.close(number)
            msg = f"{what} by another jangkau ({who}). Wait until it is done, then run this again."
            raise WorkspaceError(msg) from None
        except FileNotFoundError:
            same = False
        except BaseException:
            os.close(number)
            raise
        if same:
            return number
        os.close(number)
