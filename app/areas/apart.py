"""Files of others are read in a process of its own, which may take so much time and memory and no more."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from app.areas.apart_child import SIZE_BYTES, Task, framed
from app.areas.plain import loaded
from app.areas.stopping import StoppedError, may_go_on
from geodata import errors
from geodata.errors import ConfigError, InputError
from geodata.files.moment import for_a_moment

if TYPE_CHECKING:
    from collections.abc import Callable

# Of what the other process needs: no secret is among them.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV",
             "LD_LIBRARY_PATH", "DYLD_", "PYTHON", "PROJ_", "GDAL_", "CONDA_")  # fmt: skip
# A process that forks has no thread but one; its allocators keep to the limit of memory.
ALONE = {
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}  # fmt: skip
BEGIN = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from app.areas.apart_child import start; start()"
)
# How often is looked whether the work was stopped.
LOOK_S = 0.05
LARGEST_ANSWER_BYTES = 500_000_000
CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")


class Bounds(NamedTuple):
    """What the reading of one file may take, besides what the readers themselves do."""

    seconds: float
    memory_bytes: int = 2_000_000_000


# A file of 20 MB takes half of it on a slow machine; a scenario of 40 kB some milliseconds.
OF_LIST, OF_AREAS, OF_SCENARIO = Bounds(120.0), Bounds(60.0), Bounds(20.0)


class Readers(Protocol):
    """Where files of others are read."""

    def read(self, work: Callable[..., Any], *arguments: object, bounds: Bounds) -> Any:  # noqa: ANN401 - whatever it gives
        """Return what some work with a file gives."""


class Here:
    """Reads in this process, without bounds: for files of one's own, and where the system has no fork."""

    def read(self, work: Callable[..., Any], *arguments: object, bounds: Bounds) -> Any:  # noqa: ANN401 - whatever it gives
        """Return what some work with a file gives."""
        del bounds
        # As it would come back from another process.
        return loaded(pickle.dumps(work(*arguments), protocol=5))

    def start(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class Apart:
    """Reads in a process of its own, forked for each file from one that has the readers ready.

    Safe to ask from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to make the readers ready, which takes a second or two; nobody waits for it."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            if self._closed:
                raise StoppedError
            self._leave()
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own
                    [sys.executable, "-P", "-c", BEGIN, json.dumps(sys.path), json.dumps(theirs.fileno())],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
                    env={k: v for k, v in os.environ.items() if k.startswith(PASSED_ON)} | ALONE,
                    start_new_session=True,
                )  # fmt: skip

    def _leave(self) -> None:
        """Let the process end; it does so, with all that it reads, when its line closes."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            # It has nothing to finish.
            self._process.kill()
            self._process.wait()
        self._control = self._process = None

    def close(self) -> None:
        """End what is being read, and the process; nothing is read any more."""
        with self._lock:
            self._closed = True
            # Not killed at once: it ends its children first.
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(2)
            self._leave()

    def read(self, work: Callable[..., Any], *arguments: object, bounds: Bounds) -> Any:  # noqa: ANN401 - whatever it gives
        """Return what some work with a file gives, as plain values.

        Parameters
        ----------
        work, arguments
            A function of a module, and values, that can be sent to another process.
        bounds
            What it may take.

        Raises
        ------
        InputError
            As the work raises it; ConfigError where it takes too much time or memory, or its process broke.
        StoppedError
            Who asked was stopped meanwhile.
        RuntimeError
            The work has a fault of ours; the message has its trace.
        """
        end = time.monotonic() + bounds.seconds
        with for_a_moment("app") as folder:
            task = Task(work, arguments, str(folder), bounds.memory_bytes, bounds.seconds)
            line, leash = self._begun()
            with line, leash:
                try:
                    line.settimeout(bounds.seconds)
                    line.sendall(framed(pickle.dumps(tuple(task), protocol=5)))
                    said = self._received(line, end)
                except TimeoutError:
                    raise _too_long(bounds.seconds) from None
                except (OSError, EOFError):
                    raise _ended() from None
        return _result(loaded(said))

    def _begun(self) -> tuple[socket.socket, socket.socket]:
        """Return a line to a new process, and its leash: it is killed once that is closed."""
        self.start()
        line, theirs = socket.socketpair()
        leash, held = socket.socketpair()
        with theirs, held, self._lock:
            try:
                control = self._control
                if control is not None:
                    socket.send_fds(control, [b"r"], [theirs.fileno(), held.fileno()])
                    return line, leash
            except OSError:
                # The process broke: what waits for an answer of it finds that out.
                return line, leash
        line.close()
        leash.close()
        raise StoppedError

    def _received(self, line: socket.socket, end: float) -> bytes:
        """Return the answer; TimeoutError where it does not come in time."""
        line.settimeout(LOOK_S)
        held, size = bytearray(), None
        while size is None or len(held) < size:
            may_go_on()
            if self._closed:
                raise StoppedError
            if time.monotonic() > end:
                raise TimeoutError
            try:
                piece = line.recv(1 << 20)
            except TimeoutError:
                continue
            if not piece:
                raise EOFError
            held += piece
            if size is None and len(held) >= SIZE_BYTES:
                size = int.from_bytes(held[:SIZE_BYTES], "big")
                if size > LARGEST_ANSWER_BYTES:
                    raise _too_large()
                del held[:SIZE_BYTES]
        return bytes(held)


def readers() -> Apart | Here:
    """Return where a server reads the files of others."""
    return Apart() if CAN_FORK else Here()


def _too_long(seconds: float) -> ConfigError:
    msg = f"it was being read for {seconds:g} s and was stopped. Give a smaller file, or only what is needed."
    return ConfigError(msg, why="reading_too_long", seconds=seconds)


def _too_large() -> ConfigError:
    msg = "it takes more memory to be read than a file may. Give a smaller file, or only what is needed."
    return ConfigError(msg, why="reading_too_large")


def _ended() -> ConfigError:
    msg = (
        "its reading broke off: it takes too much memory, or is damaged. Save it anew in the program that it "
        "comes from, or give a smaller one."
    )
    return ConfigError(msg, why="reading_ended")


def _result(said: object) -> Any:  # noqa: ANN401 - whatever the work gave
    match said:
        case ("done", value):
            return value
        case ("refused", str(name), str(message), str(why), dict(values)):
            kind = getattr(errors, name, None)
            if kind is ConfigError:
                raise ConfigError(message, why=why, **{str(k): v for k, v in values.items()})
            if isinstance(kind, type) and issubclass(kind, InputError):
                raise kind(message)
            raise ConfigError(message)
        case ("memory",):
            raise _too_large()
        case ("fault", str(trace)):
            msg = f"a file could not be read, and it is our fault: {trace}"
            raise RuntimeError(msg)
        case _:
            raise _ended()
