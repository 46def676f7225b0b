"""Other data, as one session tries them: the file, how it is read, the area with it, and the change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import param

from app.areas.trials import ROLES, GivenFile, Order, Trial, had_back, look_into, read_in, rebuilt
from app.core.job import Job
from app.figures.data_changes import DataChange, data_change, decidable
from geodata.drafting.chosen import BY_COLUMNS, Chosen, first_choice, keys_of
from geodata.vocabulary.kinds import known_kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.areas.apart import Readers
    from app.areas.area import Area
    from app.areas.served import Served
    from app.core.notice import Notice
    from app.core.saving import Scenarios
    from app.core.work import Work
    from app.texts import Texts
    from geodata.drafting.guessed import Guess
    from geodata.layers import Finding, Layers

T = TypeVar("T")
LONGEST_TRIAL_S = 600.0


def _nothing(_result: object) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Tried:
    """A trial with what it changes, and the token under which a page of its own shows it."""

    trial: Trial
    change: DataChange
    token: str


class Revising(param.Parameterized):  # type: ignore[misc]  # param ships no types
    """New data on trial in one session; it knows no widgets.

    Parameters
    ----------
    area, served
        What the session shows, and where it may be replaced.
    scenarios
        Say who may.
    readers
        Where a file is read.
    """

    # What the file, or each of its sheets, was taken for.
    guesses = param.ClassSelector(class_=tuple, default=())
    order = param.ClassSelector(class_=Order, default=None, allow_None=True)
    tried = param.ClassSelector(class_=Tried, default=None, allow_None=True)
    running = param.Boolean(default=False)
    # "" while it waits for its turn; looking, reading, answer.
    step = param.String(default="")
    # Whether the data in use are those that were tried here.
    used = param.Boolean(default=False)

    def __init__(
        self, area: Area, served: Served | None, *, account: str, notice: Notice, texts: Texts,
        scenarios: Scenarios, work: Work, readers: Readers,
    ) -> None:  # fmt: skip
        super().__init__()
        self._area, self.served, self._account = area, served, account
        self._notice, self._texts, self._scenarios = notice, texts, scenarios
        self._job, self._readers = Job(work), readers

    def receive(self, name: str, content: bytes) -> None:
        """Look into a file that was dropped on the page."""
        self._forget()
        file = GivenFile(name, content)

        def shown(found: tuple[Guess, ...]) -> None:
            self.guesses = found
            self._order_of(file, found[0])

        def look(progress: Callable[[str], None]) -> tuple[Guess, ...]:
            progress("looking")
            return look_into(file, self._readers)

        self._begin(look, shown, reads=True)

    def _order_of(self, file: GivenFile, guess: Guess) -> None:
        self.param.update(order=Order(file, guess, first_choice(guess)), tried=None)

    def sheet(self, number: int) -> None:
        """Take another sheet of the file."""
        if self.order is not None and 0 <= number < len(self.guesses):
            self._order_of(self.order.file, self.guesses[number])

    def choose(self, key: str, value: str) -> None:
        """Read the file otherwise: a column for a key, the kind, what it is, or whether it adds."""
        order = self.order
        if order is None:
            return
        chosen: Chosen = order.chosen
        columns = order.guess.columns
        if key == "role" and value in ROLES:
            chosen = replace(chosen, role=value, keys={k: c for k, c in chosen.keys.items()
                                                      if k in keys_of(value)})  # fmt: skip
        elif key == "kind":
            told = value == "name" or value in known_kinds() or value.removeprefix("column:") in columns
            told = told or (value == BY_COLUMNS and bool(order.guess.beside))
            chosen = replace(chosen, kind=value) if told else chosen
        elif key == "covers":
            chosen = replace(chosen, covers="all" if value == "all" else None)
        elif key == "adds":
            order = replace(order, adds=value == "yes")
        elif key in keys_of(chosen.role) and (value == "" or value in columns):
            chosen = replace(chosen, keys={**chosen.keys, key: value})
        # What was decided about rows was about places that were read otherwise.
        self.param.update(order=replace(order, chosen=chosen, decided={}), tried=None)

    def decide(self, rows: list[int], *, take: bool) -> None:
        """Take the proposed places of some rows, or leave them, and rebuild."""
        if self.order is not None:
            decided = {**self.order.decided, **dict.fromkeys(rows, take)}
            self.order = replace(self.order, decided=decided)
            self.run()

    def decide_finding(self, finding: Finding, *, take: bool) -> None:
        """Do so for all rows of a finding."""
        self.decide([c.row for c in decidable(finding)], take=take)

    def run(self) -> None:
        """Rebuild the area with the file, and compare."""
        order = self.order
        if order is None or not self._is_shown():
            return

        def read(progress: Callable[[str], None]) -> Layers:
            return read_in(self._area, order, self._readers, progress)

        # Reading has threads apart, and waits for no plan; the answer comes among the plans.
        self._begin(read, lambda layers: self._try(partial(rebuilt, self._area, order, layers)), reads=True)

    def have_back(self, name: str) -> None:
        """Put an earlier state of the data on trial."""
        served = self.served
        if served is None:
            return
        self._forget()

        def earlier(progress: Callable[[str], None]) -> Trial:
            progress("reading")
            layers = served.layers_of(self._area, name)
            at = next(s.at for s in served.earlier(self._area) if s.name == name)
            return had_back(self._area, layers, at)

        if self._is_shown():
            self._try(earlier)

    def _is_shown(self) -> bool:
        """Return whether this page shows the data in use; where it does not, that is told."""
        if not self._is_present:
            self._notice.tell(
                self._texts.text("This page does not show the data in use: load it anew first."), "warning"
            )
        return self._is_present

    def _try(self, make: Callable[[Callable[[str], None]], Trial]) -> None:
        def tried(progress: Callable[[str], None]) -> Tried:
            trial = make(progress)
            change = data_change(trial)
            return Tried(trial, change, "" if self.served is None else self.served.show(trial))

        def shown(tried: Tried) -> None:
            self._notice.over()
            self.param.update(tried=tried, used=False)

        def unwanted(tried: Tried) -> None:
            if self.served is not None:
                self.served.drop(tried.token)

        self._begin(tried, shown, unwanted)

    def use(self) -> None:
        """Serve what was tried from now on; what was there can be had back."""
        tried, served = self.tried, self.served
        if tried is None or served is None or self.used:
            return
        why = tried.trial.file
        change = partial(served.use, tried.trial, by=self._account, why=why)

        def done(_result: object) -> None:
            self.used = True
            self._notice.tell(
                self._texts.text("The new data are in use. Load the page anew to see them."), "success"
            )

        self._scenarios.write(change, done)

    def leave(self) -> None:
        """Forget the file and what was tried."""
        self._job.stop()
        self.running = False
        self._forget()

    def _forget(self) -> None:
        if self.served is not None and self.tried is not None:
            self.served.drop(self.tried.token)
        self.param.update(guesses=(), order=None, tried=None, used=False)

    @property
    def _is_present(self) -> bool:
        """Whether this page shows the data in use, and not what was in use before, or is on trial."""
        served = self.served
        return not self._area.trial and (served is None or served.area(self._area.code) is self._area)

    def _begin(
        self, make: Callable[[Callable[[str], None]], T], then: Callable[[T], None],
        unwanted: Callable[[T], None] = _nothing, *, reads: bool = False,
    ) -> None:  # fmt: skip
        """Do slow work, then show its result."""

        def show(result: T) -> None:
            self.running = False
            then(result)

        def failed(error: BaseException) -> None:
            self.running = False
            self._notice.tell_error(error)

        self.param.update(running=True, step="")
        self._job.start(
            make, show, failed, at=self._at, limit_s=LONGEST_TRIAL_S, too_long=self._left, unwanted=unwanted,
            reads=reads,
        )  # fmt: skip

    def _at(self, step: str) -> None:
        self.step = step

    def stop(self) -> None:
        """Stop what is being done."""
        if self.running:
            self._job.stop()
            self._left()

    def _left(self) -> None:
        self.running = False
        self._notice.tell(self._texts.text("It was stopped; nothing has changed."), "warning")

    def halt(self) -> None:
        """Let the work end at its next step, from any thread; one that has not begun never does."""
        self._job.halt()

    def close(self) -> None:
        """Stop, and let go of everything; nobody is told any more."""
        self._job.stop()
        self.param.watchers = {}
        if self.served is not None and self.tried is not None:
            self.served.drop(self.tried.token)
        self.param.update(guesses=(), order=None, tried=None)
