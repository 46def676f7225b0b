"""Slow work in threads, its results shown on the page."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from bokeh.document import Document

T = TypeVar("T")


class Work:
    """The threads of one page.

    Parameters
    ----------
    pool
        None does everything at once (tests).
    document
        The Bokeh document that results are shown in; None shows them where they were made.
    """

    def __init__(self, pool: Executor | None, document: Document | None) -> None:
        self._pool, self._document = pool, document
        self._turns: dict[str, int] = {}

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

    def _on_page(self, show: Callable[[], None]) -> None:
        if self._document is None:
            show()
        elif self._document.session_context is None or not self._document.session_context.destroyed:
            self._document.add_next_tick_callback(show)
