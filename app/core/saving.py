"""Saved scenarios: open, save, copy, archive, compare; and who may."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from app.areas.question import WhatIf
from app.core.state import History, Reference, opened_as
from app.store import ConflictError
from geodata.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.drafts import Drafts
    from app.core.notice import Notice
    from app.core.questions import Questions
    from app.core.state import State
    from app.store import Saved, Store
    from app.texts import Texts

T = TypeVar("T")
LONGEST_COPIED_NAME = 110


def _nothing() -> None:
    """Do nothing."""


class Scenarios:
    """The saved scenarios, as one session works with them.

    Parameters
    ----------
    account, editor
        Who is looking, and whether they may save.
    """

    def __init__(
        self,
        state: State,
        store: Store,
        account: str,
        *,
        editor: bool,
        notice: Notice,
        texts: Texts,
        questions: Questions,
        drafts: Drafts,
    ) -> None:
        self._state, self._store, self._account, self.editor = state, store, account, editor
        self._notice, self._texts, self._questions, self._drafts = notice, texts, questions, drafts
        self._saving = False
        # Asked at every write: a role may be taken away meanwhile.
        self.may_save: Callable[[], bool] = lambda: self.editor
        questions.failed = self._failed

    @property
    def link(self) -> str:
        """The end of the address that shows the saved scenario as it is seen; empty when none is open."""
        opened = self._state.opened
        if opened is None:
            return ""
        said = {"area": self._state.area.code, "scenario": opened.id, "lang": self._texts.lang}
        return "?" + urlencode(said | self._state.linked())

    def save_as(self, name: str, note: str) -> None:
        """Save the question shown under a name."""
        if not name:
            self._notice.tell(self._texts.text("Give it a name."), "warning")
            return
        self._save(lambda: partial(
            self._store.create, self._state.area.code, name, self._state.what_if.content(), note=note,
            account=self._account,
        ))  # fmt: skip

    def save(self, note: str | None = None) -> None:
        """Save the question shown, and its note, over the scenario that was opened."""

        def write() -> Callable[[], Saved]:
            opened = self._state.opened
            assert opened is not None
            return partial(
                self._store.update, opened.id, version=opened.version, account=self._account, note=note,
                content=self._state.what_if.content(),
            )  # fmt: skip

        if self._state.opened is not None:
            self._save(write)

    def _save(self, write: Callable[[], Callable[[], Saved]]) -> None:
        """Save once, however often the button is pressed."""
        if self._saving or not self._may_save():
            return
        self._saving = True

        def start() -> tuple[Callable[[], Any], Callable[[Any], None]]:
            return self._allowed(write()), self._saved

        if not self._questions.queue(start, writes=True, lost=self._not_saved):
            self._saving = False

    def _not_saved(self) -> None:
        self._saving = False

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, ConflictError):
            self._notice.conflict = error.current
        else:
            self._notice.tell_error(error)

    def write(
        self, change: Callable[[], T], then: Callable[[T], None], *, lost: Callable[[], None] = _nothing
    ) -> None:
        """Do what only editors may, when its turn comes, then show its result.

        Parameters
        ----------
        lost
            Called where it could not be done.
        """
        if self._may_save():
            self._questions.queue(lambda: (self._allowed(change), then), writes=True, lost=lost)

    def _may_save(self) -> bool:
        if not self.editor:
            self._notice.tell(self._not_allowed, "warning")
        return self.editor

    @property
    def _not_allowed(self) -> str:
        return self._texts.text(
            "You may look and try things out, but not save: ask for the role of an editor."
        )

    def _allowed(self, write: Callable[[], T]) -> Callable[[], T]:
        """Return the write, done only if the account may still save when it comes to it."""

        def checked() -> T:
            if not self.may_save():
                raise ConfigError(self._not_allowed)
            return write()

        return checked

    def _saved(self, saved: Saved) -> None:
        self._saving = False
        self._notice.conflict = None
        self._state.opened = opened_as(saved)
        self._notice.tell(self._texts.text("Saved: {name}", name=saved.name), "success")

    def _here(self, scenario_id: str) -> Saved:
        """Return a saved scenario of this area."""
        saved = self._store.scenario(scenario_id)
        if saved.area != self._state.area.code:
            raise ConfigError(self._texts.text("This scenario is of another area ({code}).", code=saved.area))
        return saved

    def open(self, scenario_id: str) -> None:
        """Show a saved scenario."""

        def slow() -> Saved:
            saved = self._here(scenario_id)
            self._state.check(WhatIf.read(saved.content))
            return saved

        def show(saved: Saved) -> None:
            self._notice.conflict = None
            self._drafts.take("")
            was, opened = self._state.opened, opened_as(saved)
            same = was is not None and (was.id, was.version) == (opened.id, opened.version)
            # On data on trial nothing is saved, and nothing kept as a draft: undo is the only way back.
            if same or self._state.area.trial:
                self._state.move_to(self._state.history.then(opened.saved), opened=opened)
            else:
                # What was asked before is not of this scenario: an undo must not bring it under its name.
                self._state.turn_to(History((opened.saved,)), opened)

        self._questions.queue(lambda: (slow, show))

    def copy(self, scenario_id: str, *, then: Callable[[], None]) -> None:
        """Copy a saved scenario under a name of its own.

        Parameters
        ----------
        then
            Here and below: called once it is done, and where it could not be, for others have changed the
            list then.
        """

        def slow() -> Saved:
            saved = self._here(scenario_id)
            taken = {s.name.casefold() for s in self._store.scenarios(self._state.area.code)}
            stem, number = saved.name[:LONGEST_COPIED_NAME], 2
            while f"{stem} ({number})".casefold() in taken:
                number += 1
            return self._store.copy(scenario_id, f"{stem} ({number})", account=self._account)

        def copied(saved: Saved) -> None:
            self._notice.tell(self._texts.text("Saved: {name}", name=saved.name), "success")
            then()

        self.write(slow, copied, lost=then)

    def archive(self, scenario_id: str, *, then: Callable[[], None]) -> None:
        """Take a saved scenario off the list; its trail stays, and it can be brought back."""

        def slow() -> tuple[Saved, int]:
            saved = self._here(scenario_id)
            self._store.archive(scenario_id, version=saved.version, account=self._account)
            return saved, saved.version + 1

        def shown(done: tuple[Saved, int]) -> None:
            self._mark(*done, archived=True)
            then()

        self.write(slow, shown, lost=then)

    def restore(self, scenario_id: str, *, then: Callable[[], None]) -> None:
        """Bring an archived scenario back."""

        def slow() -> tuple[Saved, int]:
            saved = self._here(scenario_id)
            restored = self._store.restore(scenario_id, account=self._account)
            # Later ones are changes of others, of whom Save has to say.
            return saved, min(restored.version, saved.version + 1)

        def shown(done: tuple[Saved, int]) -> None:
            self._mark(*done, archived=False)
            then()

        self.write(slow, shown, lost=then)

    def _mark(self, before: Saved, version: int, *, archived: bool) -> None:
        """Say of the scenario that is open whether it is archived; it is at another version by that."""
        opened = self._state.opened
        if opened is not None and opened.id == before.id:
            version = version if opened.version == before.version else opened.version
            self._state.opened = replace(opened, version=version, archived=archived)

    def compare_with(self, scenario_id: str, *, measure: str = "change") -> None:
        """Compare with a saved scenario, or with the base when the id is empty.

        Parameters
        ----------
        measure
            What the map then shows of it; two maps, or both sides of a line, show what they showed.
        """

        def slow() -> Reference:
            if not scenario_id:
                return Reference()
            saved = self._here(scenario_id)
            what_if = WhatIf.read(saved.content)
            self._state.check(what_if)
            return Reference(what_if, saved.name, saved.id)

        def show(reference: Reference) -> None:
            kept = not scenario_id or bool(self._state.beside)
            self._state.param.update(reference=reference, measure=self._state.measure if kept else measure)

        self._questions.queue(lambda: (slow, show))

    def start_new(self) -> None:
        """Leave the opened scenario and go back to the base; unsaved work stays among the drafts."""

        def show(_: object) -> None:
            self._drafts.take("")
            self._state.turn_to(History(), None)

        self._questions.queue(lambda: (lambda: None, show))
