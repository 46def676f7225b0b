"""Long work that its user may stop, or that takes too long: it looks now and then whether it may go on."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

T = TypeVar("T")


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class _Running:
    """The work of this thread: when it is to stop, and whom it tells that it has its turn."""

    stop: threading.Event
    began: Callable[[], None]


_RUNNING: ContextVar[_Running | None] = ContextVar("running", default=None)


class StoppedError(Exception):
    """The work was stopped; nothing of it counts."""


def may_go_on() -> None:
    """Return, or raise StoppedError where the work that calls this was stopped."""
    running = _RUNNING.get()
    if running is not None and running.stop.is_set():
        raise StoppedError


def has_its_turn() -> None:
    """Say that the work that calls this has waited for others long enough: its own time counts from here.

    Raises
    ------
    StoppedError
        It was stopped while it waited.
    """
    may_go_on()
    running = _RUNNING.get()
    if running is not None:
        running.began()


def stoppable(
    work: Callable[[], T], stop: threading.Event, *, began: Callable[[], None] = _nothing
) -> Callable[[], T]:
    """Return the same work, stopped at its next :func:`may_go_on` once an event is set.

    Parameters
    ----------
    began
        Called by the work's thread at each :func:`has_its_turn`.
    """

    def run() -> T:
        token = _RUNNING.set(_Running(stop, began))
        try:
            may_go_on()
            return work()
        finally:
            _RUNNING.reset(token)

    return run
