"""Slow work in threads, its results shown on the page.

A result never travels through the document: Bokeh and Panel copy the events that a held document has
gathered and then clear the list, so a callback that a thread adds in between is thrown away and never runs.
Results wait in a queue of ours instead, and are taken out on the event loop, under the document's lock.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from panel.io.state import set_curdoc
from tornado.ioloop import IOLoop

from app.areas.stopping import stoppable

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future

    from bokeh.document import Document

T = TypeVar("T")
LOG = logging.getLogger(__name__)
# Of what is asked before a page stands: no hand is so quick.
MOST_EARLY = 1_000


def _nothing() -> None:
    """Do nothing."""


def _cancel(pending: Future[None]) -> None:
    pending.cancel()


@dataclass(frozen=True)
class Seats:
    """A page's ways to threads, apart so that a sheet waits for no download.

    Attributes
    ----------
    questions
        What changes the question shown, or the store; one after the other.
    views
        What is shown of the answer.
    files
        Downloads.
    plans
        Plans of sites: minutes long, so they have threads of their own.
    reads
        Files of others, which are read in another process; None lets them wait among the plans.
    """

    questions: Executor
    views: Executor
    files: Executor
    plans: Executor
    reads: Executor | None = None

    @property
    def all(self) -> tuple[Executor, ...]:
        """All of them."""
        seats = (self.questions, self.views, self.files, self.plans)
        return seats if self.reads is None else (*seats, self.reads)


class Work:
    """The work of one page that is done in threads.

    Parameters
    ----------
    seats
        None does everything at once (tests).
    document
        The Bokeh document that results are shown in; None shows them where they were made. With one, this
        is made on the document's event loop.
    """

    def __init__(self, seats: Seats | None, document: Document | None) -> None:
        self._seats, self._document = seats, document
        self._turns: dict[str, int] = {}
        self._pending: dict[str, Future[None]] = {}
        # Of each topic's work that may be going on.
        self._stops: dict[str, threading.Event] = {}
        self._loop = None if document is None else IOLoop.current()
        self._thread = threading.get_ident()
        # Of files; views have a stop each, and so have questions.
        self._ended = threading.Event()
        # Put in by threads, taken out on the loop alone.
        self._results: deque[Callable[[], None]] = deque()
        # What has to wait until the page stands; None once it does.
        self._early: deque[Callable[[], None]] | None = None

    @property
    def connected(self) -> bool:
        """Whether a browser is still there: of a page that is loaded again, the old session lingers."""
        context = None if self._document is None else self._document.session_context
        return context is None or (not context.destroyed and context.session.connection_count > 0)

    @property
    def waits(self) -> bool:
        """Whether something was asked of a page that does not stand yet."""
        return bool(self._early)

    def send_page(self) -> Callable[[], None]:
        """Say that the page is made and will be sent; return what is to be called once it stands there."""
        self._early = deque()
        return self._arrive

    def when_there(self, act: Callable[[], None]) -> None:
        """Do something that changes what Panel itself shows, on the loop: at once, or once the page stands.

        Until the browser has said so, Panel takes the document for one that is still to be sent whole, and
        throws changes of it away: a view that was opened meanwhile stayed closed on the screen.
        """
        if self._early is None:
            act()
            return
        self._early.append(act)
        if len(self._early) > MOST_EARLY:
            LOG.warning("a page has not stood for so long that what was asked of it is done now")
            self._catch_up()

    def _arrive(self) -> None:
        """Do what waited, in its order, once Panel has done what it does itself when a page stands."""
        self.on_page(self._catch_up)

    def _catch_up(self) -> None:
        early, self._early = self._early, None
        for act in early or ():
            self._try(act)

    def run(
        self,
        slow: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Do slow work in a thread; show its result, or how it failed: one of the two, always."""
        self._submit(None if self._seats is None else self._seats.questions, slow, then, failed)

    def read(
        self,
        slow: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[BaseException], None],
    ) -> Callable[[], None]:
        """Do the same with a file of others; return what takes it back while it waits for its turn."""
        pending = self._submit(self._reads, slow, then, failed)
        return _nothing if pending is None else partial(_cancel, pending)

    @property
    def _reads(self) -> Executor | None:
        return None if self._seats is None else self._seats.reads or self._seats.plans

    def plan(
        self,
        slow: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[BaseException], None],
    ) -> Callable[[], None]:
        """Do the same for a plan of sites; return what takes it back while it waits for its turn."""
        pending = self._submit(None if self._seats is None else self._seats.plans, slow, then, failed)
        return _nothing if pending is None else partial(_cancel, pending)

    def _submit(
        self,
        seat: Executor | None,
        slow: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[BaseException], None],
    ) -> Future[None] | None:
        def run() -> None:
            try:
                result = slow()
            except BaseException as error:  # noqa: BLE001 - shown to the user, and logged unless it is theirs
                self.on_page(partial(failed, error))
            else:
                self.on_page(partial(then, result))

        if seat is None:
            run()
            return None
        try:
            return seat.submit(run)
        except RuntimeError as error:
            # The server is shutting down.
            failed(error)
            return None

    async def result(self, slow: Callable[[], T]) -> T:
        """Return the result of slow work that was done in a thread: a file, one after the other."""
        if self._seats is None:
            return slow()
        return await asyncio.get_running_loop().run_in_executor(
            self._seats.files, stoppable(slow, self._ended)
        )

    def later(self, seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        """Do something on the page after a while; return what takes that back."""
        if self._loop is None:
            return _nothing
        loop = self._loop
        handle = loop.call_later(seconds, self.on_page, act)
        return partial(loop.remove_timeout, handle)

    def latest(
        self,
        topic: str,
        slow: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[BaseException], None],
        *,
        reads: bool = False,
    ) -> None:
        """Do the same for a view: of one topic the latest alone is shown; what went before ends.

        Parameters
        ----------
        reads
            Whether it reads a file of others.
        """
        self.drop(topic)
        turn = self._turns[topic]

        def show(result: T) -> None:
            if self._turns[topic] == turn:
                then(result)

        def tell(error: BaseException) -> None:
            if self._turns[topic] == turn:
                failed(error)

        views = None if self._seats is None else self._seats.views
        seat = self._reads if reads else views
        stop = self._stops[topic] = threading.Event()
        if self._ended.is_set():
            stop.set()
        pending = self._submit(seat, stoppable(slow, stop), show, tell)
        if pending is not None:
            self._pending[topic] = pending

    def drop(self, topic: str) -> None:
        """Forget a topic's work: it ends at its next step, and whatever it still brings is not shown."""
        self._turns[topic] = self._turns.get(topic, 0) + 1
        if topic in self._stops:
            self._stops[topic].set()
        pending = self._pending.pop(topic, None)
        if pending is not None:
            pending.cancel()

    def stop(self) -> None:
        """Stop views and files that are being made; from any thread."""
        self._ended.set()
        for stop in tuple(self._stops.values()):
            stop.set()

    def close(self) -> None:
        """Stop, and give up the seats: whatever waits there, or for the page, is not begun."""
        self.stop()
        self._early = None
        if self._seats is not None:
            for seat in self._seats.all:
                seat.shutdown(wait=False, cancel_futures=True)

    def require_loop(self) -> None:
        """Raise RuntimeError on any thread but the document's own: no other may touch the page."""
        if self._document is not None and threading.get_ident() != self._thread:
            msg = f"the page was touched from {threading.current_thread().name}, off its event loop"
            raise RuntimeError(msg)

    def on_page(self, show: Callable[[], None]) -> None:
        """Show something on the page; from any thread."""
        if self._loop is None:
            show()
            return
        self._results.append(show)
        self._loop.add_callback(self._take)

    async def _take(self) -> None:
        """Show the results that wait, in their order, under the document's lock."""
        context = None if self._document is None else self._document.session_context
        if context is None or context.destroyed:
            self._results.clear()
            return
        await context.with_locked_document(self._show)

    async def _show(self, document: Document) -> None:
        with set_curdoc(document):
            while self._results:
                self._try(self._results.popleft())

    @staticmethod
    def _try(show: Callable[[], None]) -> None:
        try:
            show()
        except Exception:
            # One result that cannot be shown takes none of the others with it.
            LOG.exception("a result could not be shown")
