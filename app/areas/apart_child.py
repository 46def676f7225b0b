"""The process in which files of others are read: it has the readers ready, and forks for each file.

It holds nothing of the server: no address, no database, no secret, and no page. It ends with the server,
however that ends, and with it whatever is being read.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pickle
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from geodata.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

# With what they import; each reads files of others.
READERS = (
    "geodata.drafting.guess", "app.areas.lists", "geodata.readers.places", "geodata.readers.files.sheets",
    "app.areas.question", "app.areas.shapes", "openpyxl", "pyogrio", "geopandas",
)  # fmt: skip
LARGEST_WRITTEN_BYTES = 1_000_000_000
# Linux: a signal for a process whose parent died.
DIE_WITH_PARENT = 1
SIZE_BYTES = 8
# Said in place of an answer.
TOO_LARGE = ("memory",)
# A share of the memory that a file may take.
NEARLY = 0.1


class Task(NamedTuple):
    """What a child is asked: the server's own word, which it trusts.

    Attributes
    ----------
    work, arguments
        What to call.
    folder
        Where it may leave files; it is removed by who asked.
    memory_bytes, seconds
        What it may take; the time is watched by who asked, and this is for when that was killed.
    """

    work: Callable[..., object]
    arguments: tuple[object, ...]
    folder: str
    memory_bytes: int
    seconds: float


def receive(line: socket.socket, size: int) -> bytes:
    """Return so many bytes.

    Raises
    ------
    EOFError
        The other end closed before.
    """
    held = bytearray()
    while len(held) < size:
        piece = line.recv(min(size - len(held), 1 << 20))
        if not piece:
            raise EOFError
        held += piece
    return bytes(held)


def framed(content: bytes) -> bytes:
    """Return a message with its length before it.

    Examples
    --------
    >>> len(framed(b"ab"))
    10
    """
    return len(content).to_bytes(SIZE_BYTES, "big") + content


def _limit(task: Task) -> None:
    """Bound what this process may take, as far as the system can."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        # Of several that want memory, the system should end this one, and not the server.
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + task.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    cpu = int(2 * task.seconds) + 10
    for what, most in (
        (resource.RLIMIT_CPU, cpu), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, LARGEST_WRITTEN_BYTES),
    ):  # fmt: skip
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def _die_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)


def _was_near_limit(task: Task) -> bool:
    """Return whether memory ran short, or nearly: libraries tell that as any fault of a file."""
    import resource

    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return False
    peak = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmPeak:")), 0)
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    return most != resource.RLIM_INFINITY and 1024 * peak > most - NEARLY * task.memory_bytes


def _answer(task: Task) -> tuple[object, ...]:
    """Return what the work gave, or how it failed, as plain values."""
    try:
        return ("done", task.work(*task.arguments))
    except ConfigError as error:
        return ("refused", "ConfigError", str(error), error.why, error.values)
    except InputError as error:
        return ("refused", type(error).__name__, str(error), "", {})
    except MemoryError:
        return TOO_LARGE
    except Exception:  # noqa: BLE001 - told to who asked, who logs it
        return ("fault", traceback.format_exc(limit=-20)[-20_000:])


def _read_one(line: socket.socket) -> None:
    """Do one task, and send its answer."""
    _die_with_parent()
    task = Task(*pickle.loads(receive(line, int.from_bytes(receive(line, SIZE_BYTES), "big"))))  # noqa: S301 - of the server
    # Whatever a library leaves lies where the server removes it.
    tempfile.tempdir = task.folder
    os.environ |= {"TMPDIR": task.folder, "CPL_TMPDIR": task.folder}
    _limit(task)
    try:
        said = _answer(task)
        content = pickle.dumps(TOO_LARGE if _was_near_limit(task) else said, protocol=5)
    except MemoryError:
        content = pickle.dumps(TOO_LARGE)
    line.sendall(framed(content))


def _forked(line: int, others: list[int]) -> int:
    """Return the process that does a task."""
    child = os.fork()
    if child:
        return child
    try:
        for other in others:
            os.close(other)
        _read_one(socket.socket(fileno=line))
    except (EOFError, OSError):
        # Nobody waits for it any more.
        pass
    except BaseException:  # noqa: BLE001 - nothing of it may go on as the process before
        traceback.print_exc()
    finally:
        os._exit(0)


def main(control: socket.socket) -> None:
    """Fork for each task, and end each with its leash; until the server is gone."""
    running: dict[int, int] = {}
    with selectors.DefaultSelector() as ready:
        ready.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is control:
                    said, given, _flags, _from = socket.recv_fds(control, 1, 2)
                    if not said:
                        # Children die with this process where the system can do that, and here everywhere.
                        for child in running.values():
                            os.kill(child, signal.SIGKILL)
                        return
                    line, leash = given
                    with contextlib.suppress(OSError):
                        running[leash] = _forked(line, [control.fileno(), leash, *running])
                        ready.register(leash, selectors.EVENT_READ)
                    os.close(line)
                    if leash not in running:
                        os.close(leash)
                else:
                    # Nothing is ever sent: it was let go.
                    leash = key.fd
                    ready.unregister(leash)
                    os.close(leash)
                    child = running.pop(leash)
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)


def start() -> None:
    """Serve who started this process, by what it gave on the command line."""
    # Ctrl-C is for the server, which ends this process by closing the line.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=json.loads(sys.argv[-1]))
    for name in READERS:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    main(control)
