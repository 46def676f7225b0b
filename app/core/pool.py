"""Threads that sessions share in turn, so that nobody waits for all that another has asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class FairPool:
    """Threads that take one piece of work from each session in turn.

    A session has one piece running at most, however much it has asked for; the other threads are others'.

    Parameters
    ----------
    workers
        Number of threads.
    """

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="jangkau")
        self._lock = threading.Lock()
        # In the order of their turns; those that wait for nothing are not here.
        self._waiting: OrderedDict[Seat, deque[tuple[Future[Any], Callable[[], Any]]]] = OrderedDict()
        self._running: set[Seat] = set()

    def seat(self) -> Seat:
        """Return a session's own way to the threads."""
        return Seat(self)

    def shutdown(self) -> None:
        """Drop what waits, and wait for what runs."""
        with self._lock:
            waiting = [future for queue in self._waiting.values() for future, _ in queue]
            self._waiting.clear()
        for future in waiting:
            future.cancel()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _drop(self, seat: Seat) -> None:
        """Drop what a seat has waiting."""
        with self._lock:
            waiting = self._waiting.pop(seat, ())
        for future, _ in waiting:
            future.cancel()

    def _add(self, seat: Seat, future: Future[Any], work: Callable[[], Any]) -> None:
        with self._lock:
            self._waiting.setdefault(seat, deque()).append((future, work))
        # Each piece brings one turn of a thread; whose piece it is, is decided when the turn comes.
        self._threads.submit(self._turn)

    def _turn(self) -> None:
        """Work until nobody waits whose turn it could be; what is added to a busy seat meets its end here."""
        while (piece := self._next()) is not None:
            seat, future, work = piece
            try:
                if future.set_running_or_notify_cancel():
                    _do(future, work)
            finally:
                with self._lock:
                    self._running.discard(seat)

    def _next(self) -> tuple[Seat, Future[Any], Callable[[], Any]] | None:
        with self._lock:
            seat = next((s for s in self._waiting if s not in self._running), None)
            if seat is None:
                return None
            queue = self._waiting.pop(seat)
            future, work = queue.popleft()
            if queue:
                # Behind all others.
                self._waiting[seat] = queue
            self._running.add(seat)
            return seat, future, work


class Seat(Executor):
    """A session's own way to the threads of a :class:`FairPool`."""

    def __init__(self, pool: FairPool) -> None:
        self._pool = pool
        self._given_up = False

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - Executor's own form
        """Give the seat up: what waits here is dropped, whatever is said; what runs goes on to its end."""
        del wait, cancel_futures
        self._given_up = True
        self._pool._drop(self)  # noqa: SLF001 - two halves of one thing

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Let a thread do some work when this session's turn comes.

        Raises
        ------
        RuntimeError
            The pool was shut down, or the seat given up.
        """
        if self._given_up:
            msg = "this seat was given up"
            raise RuntimeError(msg)
        future: Future[T] = Future()
        self._pool._add(self, future, partial(fn, *args, **kwargs))  # noqa: SLF001 - two halves of one thing
        return future


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
        future.set_exception(error)
    else:
        future.set_result(result)
