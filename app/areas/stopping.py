"""Long work that its user may stop, or that takes too long: it looks now and then whether it may go on."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

T = TypeVar("T")
_STOP: ContextVar[threading.Event | None] = ContextVar("stop", default=None)


class StoppedError(Exception):
    """The work was stopped; nothing of it counts."""


def may_go_on() -> None:
    """Return, or raise StoppedError where the work that calls this was stopped."""
    stop = _STOP.get()
    if stop is not None and stop.is_set():
        raise StoppedError


def stoppable(work: Callable[[], T], stop: threading.Event) -> Callable[[], T]:
    """Return the same work, stopped at its next :func:`may_go_on` once an event is set."""

    def run() -> T:
        token = _STOP.set(stop)
        try:
            may_go_on()
            return work()
        finally:
            _STOP.reset(token)

    return run
