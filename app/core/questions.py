"""One question after the other: what changes what is asked waits for its turn, and may be stopped."""

from __future__ import annotations

import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from app.areas.stopping import stoppable
from geodata.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.areas.question import WhatIf
    from app.core.notice import Notice
    from app.core.state import State
    from app.core.work import Work
    from app.texts import Texts

    # Begins a thing that changes what is asked: its slow part, and what to show of the result.
    Start = Callable[[], tuple[Callable[[], Any], Callable[[Any], None]]]

MOST_EDITS = 200
# Changes that wait for their turn; nobody clicks so far ahead.
MOST_WAITING = 30
# Far beyond any answer seen; what takes longer is stopped, so that its user can go on.
LONGEST_QUESTION_S = 120.0


def _nothing() -> None:
    """Do nothing."""


class _Waiting(NamedTuple):
    """What waits for its turn, as :meth:`Questions.queue` takes it."""

    start: Start
    writes: bool = False
    lost: Callable[[], None] = _nothing
    reads: bool = False


class Questions:
    """The questions of one session, one after the other.

    Parameters
    ----------
    state
        What is shown and asked.
    notice, texts
        How the user is told.
    work
        Where slow parts are done.
    """

    def __init__(self, state: State, notice: Notice, texts: Texts, work: Work) -> None:
        self._state, self._notice, self._texts, self._work = state, notice, texts, work
        self._waiting: deque[_Waiting] = deque()
        self._asking = False
        self._turn = 0
        self._stop = threading.Event()
        self._lost: Callable[[], None] = _nothing
        self._forget_limit: Callable[[], None] = _nothing
        # Shows what is to be done with somebody else's version; set by who saves.
        self.failed: Callable[[BaseException], None] = notice.tell_error

    @property
    def settled(self) -> bool:
        """Whether all that was asked for so far is done and shown."""
        return not (self._asking or self._waiting)

    def queue(
        self, start: Start, *, writes: bool = False, lost: Callable[[], None] = _nothing, reads: bool = False
    ) -> bool:
        """Do one thing after the other that changes what is asked; returns whether it will be done.

        Parameters
        ----------
        start
            Called when its turn comes, and so sees the question that is shown then; it gives the slow part
            (done in a thread) and what to show of its result.
        writes
            What writes is never stopped, since nobody could tell then whether it was written.
        lost
            Called when it failed, or was stopped.
        reads
            Whether its slow part reads a file of others, for which there are threads apart.
        """
        self._work.require_loop()
        if len(self._waiting) >= MOST_WAITING:
            self._notice.tell(self._texts.text("Too much is waiting to be computed; this was not added."),
                              "warning")  # fmt: skip
            self._show_what_is_true()
            return False
        self._waiting.append(_Waiting(start, writes, lost, reads))
        self._next()
        return True

    def _next(self) -> None:
        if self._asking or not self._waiting:
            return
        start, writes, self._lost, reads = self._waiting.popleft()
        try:
            slow, then = start()
        except Exception as error:  # noqa: BLE001 - shown to the user, and logged unless it is theirs
            self._failed(error)
            return
        self._turn = turn = self._turn + 1
        self._asking = True
        if not writes:
            self._stop = threading.Event()
            # Waiting for others is no long computing: the time counts from when the work has its turn.
            slow = stoppable(slow, self._stop, began=partial(self._work.on_page, partial(self._began, turn)))
        self._notice.param.update(busy=True, stoppable=not writes)

        def shown(result: Any) -> None:  # noqa: ANN401 - whatever the slow part gave
            # Of what was stopped nothing counts, whenever it comes.
            if self._is_on(turn):
                self._done()
                try:
                    then(result)
                finally:
                    self._next()

        def failed(error: BaseException) -> None:
            if self._is_on(turn):
                self._done()
                self._failed(error)

        submit = self._work.read if reads else self._work.run
        submit(slow, shown, failed)

    def _is_on(self, turn: int) -> bool:
        return self._asking and turn == self._turn

    def _began(self, turn: int) -> None:
        if self._is_on(turn):
            self._forget_limit()
            self._forget_limit = self._work.later(LONGEST_QUESTION_S, partial(self._too_long, turn))

    def _done(self) -> None:
        self._forget_limit()
        self._forget_limit = _nothing
        self._asking = False
        self._notice.param.update(busy=False, stoppable=False)

    def stop(self) -> None:
        """Stop the question that is being computed; what was shown before stays."""
        if self._asking and self._notice.stoppable:
            self._give_up(self._texts.text("Stopped; what is shown is as it was before."))

    def _too_long(self, turn: int) -> None:
        # Its result may have come while this was on its way, and another have begun.
        if not self._is_on(turn):
            return
        self._give_up(self._texts.text(
            "This took longer than {n} seconds and was stopped; what is shown is as it was before. "
            "Try a smaller change.", n=self._texts.number(LONGEST_QUESTION_S),
        ))  # fmt: skip

    def _give_up(self, why: str) -> None:
        self._stop.set()
        self._done()
        self._lost()
        self._notice.tell(why, "warning")
        self._show_what_is_true()
        self._next()

    def _failed(self, error: BaseException) -> None:
        self._lost()
        self.failed(error)
        self._show_what_is_true()
        self._next()

    def _show_what_is_true(self) -> None:
        # A control that was turned shows again what is asked.
        self._state.param.trigger("history")

    def change(self, make: Callable[[], WhatIf]) -> None:
        """Ask another question, made from the one shown when its turn comes."""
        self.queue(partial(self._start, make))

    def _start(self, make: Callable[[], WhatIf]) -> tuple[Callable[[], Any], Callable[[Any], None]]:
        try:
            what_if = make()
        except ValidationError as error:
            # What a browser sent makes no edit.
            raise ConfigError(error.errors()[0]["msg"]) from None
        self._require_few(what_if)
        return partial(self._state.check, what_if), lambda _: self._show(what_if)

    def read(self, make: Callable[[], WhatIf]) -> None:
        """Ask a question of a file of others: it is made in a thread apart, and asked in its turn."""

        def next_(what_if: WhatIf) -> None:
            # Before all that was asked for meanwhile.
            self._waiting.appendleft(_Waiting(partial(self._start, lambda: what_if)))

        self.queue(lambda: (make, next_), reads=True)

    def _require_few(self, what_if: WhatIf) -> None:
        if len(what_if.edits) > MOST_EDITS:
            raise ConfigError(self._texts.text("A scenario holds {n} changes at most.", n=MOST_EDITS))

    def _show(self, what_if: WhatIf) -> None:
        self._notice.over()
        self._state.show(what_if)

    def undo(self) -> None:
        """Show the question before."""
        self._step(-1)

    def redo(self) -> None:
        """Show the question that was undone."""
        self._step(+1)

    def _step(self, by: int) -> None:
        def start() -> tuple[Callable[[], Any], Callable[[Any], None]]:
            # Of the history as it is when its turn comes.
            now = self._state.history
            history = now.back() if by < 0 else now.forth()
            return partial(self._state.check, history.now), lambda _: self._state.move_to(history)

        self.queue(start)

    def halt(self) -> None:
        """Let what is being computed end at its next step, from any thread; what writes is finished."""
        self._stop.set()

    def close(self) -> None:
        """Stop what is being computed, and forget what waits."""
        self._waiting.clear()
        self._stop.set()
        self._forget_limit()
