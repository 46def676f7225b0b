"""Threads that people share in turn, so that nobody waits for all that another has asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    # Pieces of work of one seat, in their order.
    Queue = deque[tuple[Future[Any], Callable[[], Any]]]

P = ParamSpec("P")
T = TypeVar("T")


class FairPool:
    """Threads that take one piece of work from each owner in turn, and of an owner from each seat in turn.

    An owner has one piece running at most, however much was asked for and in however many tabs; the other
    threads are others'.

    Parameters
    ----------
    workers
        Number of threads.
    """

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="jangkau")
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        # By owner, and of each by seat, both in the order of their turns; those that wait for nothing are not
        # here.
        self._waiting: OrderedDict[Hashable, OrderedDict[Seat, Queue]] = OrderedDict()
        self._running: set[Hashable] = set()

    def seat(self, owner: Hashable = None) -> Seat:
        """Return a session's own way to the threads.

        Parameters
        ----------
        owner
            Whose turns it takes, with all their other seats; None gives it turns of its own.
        """
        return Seat(self, owner)

    def shutdown(self, wait_s: float | None = None) -> bool:
        """Drop what waits, and wait for what runs.

        Parameters
        ----------
        wait_s
            So many seconds at most; None waits for as long as it takes.

        Returns
        -------
        ended
            Whether nothing runs any more.
        """
        with self._lock:
            queues = [queue for seats in self._waiting.values() for queue in seats.values()]
            self._waiting.clear()
        for future, _ in chain.from_iterable(queues):
            _give_up(future)
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._ended:
            return self._ended.wait_for(lambda: not self._running, wait_s)

    def _drop(self, seat: Seat) -> None:
        """Drop what a seat has waiting."""
        with self._lock:
            seats = self._waiting.get(seat.owner, OrderedDict())
            waiting = seats.pop(seat, ())
            if not seats:
                self._waiting.pop(seat.owner, None)
        for future, _ in waiting:
            _give_up(future)

    def _add(self, seat: Seat, future: Future[Any], work: Callable[[], Any]) -> None:
        with self._lock:
            self._waiting.setdefault(seat.owner, OrderedDict()).setdefault(seat, deque()).append(
                (future, work)
            )
        # Each piece brings one turn of a thread; whose piece it is, is decided when the turn comes.
        self._threads.submit(self._turn)

    def _turn(self) -> None:
        """Work until nobody waits whose turn it could be; a busy owner's next meets its end here."""
        while (piece := self._next()) is not None:
            owner, future, work = piece
            try:
                if future.set_running_or_notify_cancel():
                    _do(future, work)
            finally:
                with self._lock:
                    self._running.discard(owner)
                    self._ended.notify_all()

    def _next(self) -> tuple[Hashable, Future[Any], Callable[[], Any]] | None:
        with self._lock:
            owner = next((o for o in self._waiting if o not in self._running), None)
            if owner is None:
                return None
            seats = self._waiting.pop(owner)
            seat, queue = seats.popitem(last=False)
            future, work = queue.popleft()
            # Behind all others: the seat among those of its owner, and the owner among all.
            if queue:
                seats[seat] = queue
            if seats:
                self._waiting[owner] = seats
            self._running.add(owner)
            return owner, future, work


class Seat(Executor):
    """A session's own way to the threads of a :class:`FairPool`.

    Attributes
    ----------
    owner
        Whose turns it takes.
    """

    def __init__(self, pool: FairPool, owner: Hashable = None) -> None:
        self._pool = pool
        # Of nobody it is an owner itself.
        self.owner: Hashable = self if owner is None else owner
        self._given_up = False

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - Executor's own form
        """Give the seat up: what waits here is dropped, whatever is said; what runs goes on to its end."""
        del wait, cancel_futures
        self._given_up = True
        self._pool._drop(self)  # noqa: SLF001 - two halves of one thing

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Let a thread do some work when its owner's turn comes.

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


def _give_up(future: Future[Any]) -> None:
    """End a piece that waits, and tell whoever waits for it: ``cancel`` alone does not tell ``wait``."""
    if future.cancel():
        future.set_running_or_notify_cancel()


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
        future.set_exception(error)
    else:
        future.set_result(result)
