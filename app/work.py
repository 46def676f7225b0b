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
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from panel.io.state import set_curdoc
from tornado.ioloop import IOLoop

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from bokeh.document import Document

T = TypeVar("T")
LOG = logging.getLogger(__name__)


class Work:
    """The threads of one page.

    Parameters
    ----------
    pool
        None does everything at once (tests).
    document
        The Bokeh document that results are shown in; None shows them where they were made. With one, this
        is made on the document's event loop.
    """

    def __init__(self, pool: Executor | None, document: Document | None) -> None:
        self._pool, self._document = pool, document
        self._turns: dict[str, int] = {}
        self._loop = None if document is None else IOLoop.current()
        self._thread = threading.get_ident()
        # Put in by threads, taken out on the loop alone.
        self._results: deque[Callable[[], None]] = deque()

    @property
    def connected(self) -> bool:
        """Whether a browser is still there: of a page that is loaded again, the old session lingers."""
        context = None if self._document is None else self._document.session_context
        return context is None or (not context.destroyed and context.session.connection_count > 0)

    def run(
        self, slow: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None:
        """Do slow work in a thread; show its result, or how it failed."""

        def run() -> None:
            try:
                result = slow()
            except Exception as error:  # noqa: BLE001 - shown to the user, and logged unless it is theirs
                self._on_page(partial(failed, error))
            else:
                self._on_page(partial(then, result))

        if self._pool is None:
            run()
        else:
            self._pool.submit(run)

    async def result(self, slow: Callable[[], T]) -> T:
        """Return the result of slow work that was done in a thread."""
        if self._pool is None:
            return slow()
        return await asyncio.get_running_loop().run_in_executor(self._pool, slow)

    def latest(
        self,
        topic: str,
        slow: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Do the same; of one topic only the latest is shown."""
        self.drop(topic)
        turn = self._turns[topic]

        def show(result: T) -> None:
            if self._turns[topic] == turn:
                then(result)

        def tell(error: Exception) -> None:
            if self._turns[topic] == turn:
                failed(error)

        self.run(slow, show, tell)

    def drop(self, topic: str) -> None:
        """Forget a topic's work: whatever it still brings is not shown."""
        self._turns[topic] = self._turns.get(topic, 0) + 1

    def require_loop(self) -> None:
        """Raise RuntimeError on any thread but the document's own: no other may touch the page."""
        if self._document is not None and threading.get_ident() != self._thread:
            msg = f"the page was touched from {threading.current_thread().name}, off its event loop"
            raise RuntimeError(msg)

    def _on_page(self, show: Callable[[], None]) -> None:
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
                show = self._results.popleft()
                try:
                    show()
                except Exception:
                    # One result that cannot be shown takes none of the others with it.
                    LOG.exception("a result could not be shown")
