"""Long work of one page, one at a time: it waits for its turn, can be stopped, and ends after a while."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from app.areas.stopping import stoppable

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.work import Work

T = TypeVar("T")


def _nothing(*_: object) -> None:
    """Do nothing."""


class Job:
    """The long work of a page; it knows no widgets.

    Parameters
    ----------
    work
        Its threads.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._stop = threading.Event()
        self._turn, self._on = 0, False
        self._forget_limit: Callable[[], None] = _nothing
        self._take_back: Callable[[], None] = _nothing

    def start(
        self, make: Callable[[Callable[[str], None]], T], then: Callable[[T], None],
        failed: Callable[[BaseException], None], *, at: Callable[[str], None], limit_s: float,
        too_long: Callable[[], None], unwanted: Callable[[T], None] = _nothing, reads: bool = False,
    ) -> None:  # fmt: skip
        """Begin work; what is being done is left, and neither shows nor tells anything any more.

        Parameters
        ----------
        make
            Does it, in a thread; told of each step, it calls what it is given.
        then, failed
            Show its result, or how it failed.
        at
            Shows the name of a step.
        limit_s, too_long
            So many seconds after its turn has come it is stopped, and that is said.
        unwanted
            Given the result of work that was left meanwhile.
        reads
            Whether it reads a file of others, for which there are threads apart.
        """
        self.halt()
        self._done()
        stop = self._stop = threading.Event()
        turn = self._turn = self._turn + 1
        self._on = True
        on_page = self._work.on_page

        def step(name: str) -> None:
            on_page(lambda: at(name) if self._is_on(turn) else None)

        def late() -> None:
            if self._is_on(turn):
                self.stop()
                too_long()

        def began() -> None:
            if self._is_on(turn):
                self._forget_limit()
                self._forget_limit = self._work.later(limit_s, late)

        def show(result: T) -> None:
            if self._ends(turn):
                then(result)
            else:
                unwanted(result)

        def fail(error: BaseException) -> None:
            if self._ends(turn):
                failed(error)

        slow = stoppable(partial(make, step), stop, began=lambda: on_page(began))
        submit = self._work.read if reads else self._work.plan
        self._take_back = submit(slow, show, fail)

    def _is_on(self, turn: int) -> bool:
        return self._on and turn == self._turn

    def _ends(self, turn: int) -> bool:
        """Return whether work that is done was still wanted; nothing goes on then."""
        if not self._is_on(turn):
            return False
        self._done()
        return True

    def _done(self) -> None:
        self._forget_limit()
        self._forget_limit = self._take_back = _nothing
        self._on = False

    def stop(self) -> None:
        """Leave what is being done."""
        self.halt()
        self._done()

    def halt(self) -> None:
        """Let the work end at its next step, from any thread; one that has not begun never does."""
        self._stop.set()
        self._take_back()
