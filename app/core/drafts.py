"""Unsaved work is kept after every change, so that a closed browser loses nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.core.state import History, new_token, opened_as
from geodata.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.notice import Notice
    from app.core.questions import Questions
    from app.core.state import Opened, State
    from app.core.work import Work
    from app.store import Draft, Saved, Store
    from app.texts import Texts


def _nothing() -> None:
    """Do nothing."""


class Drafts:
    """The draft of one session.

    Parameters
    ----------
    state, store, account
        Whose work is kept, and where.
    """

    def __init__(
        self,
        state: State,
        store: Store,
        account: str,
        *,
        notice: Notice,
        texts: Texts,
        questions: Questions,
        work: Work,
    ) -> None:
        self._state, self._store, self._account = state, store, account
        self._notice, self._texts, self._questions, self._work = notice, texts, questions, work
        # Of the draft that this session writes; empty where there is none.
        self.token = ""
        # Of one that another page still has, which may be the page that this one takes the place of; and the
        # work as it was found there. Nothing is written until it is clear whose it is.
        self._offered = ""
        self._found: tuple[History, Opened | None] | None = None
        # Called when the draft got another name although nothing else has changed.
        self.renamed: list[Callable[[], None]] = []
        # Drafts that are open somewhere on this server; shared by its sessions.
        self.live: dict[str, Drafts] = {}
        self._writing = self._again = False
        state.param.watch(lambda *_: self._keep(), ["history", "opened"])

    @property
    def settled(self) -> bool:
        """Whether all that was done is kept."""
        return not (self._writing or self._again)

    @property
    def named(self) -> str:
        """The draft that holds what is shown, by whichever page it is written; empty where there is none."""
        return self.token or self._offered

    def settle(self) -> None:
        """Take the draft that another page had, or go on with a copy where that page is still there.

        To be called once the page before, if it was this one, has surely closed.
        """
        if self._offered:
            self._claim()
            self._keep()
            for tell in tuple(self.renamed):
                tell()

    def _claim(self) -> None:
        token = self._offered
        self.take(token if self._is_free(token) else "")

    def _is_free(self, token: str) -> bool:
        holder = self.live.get(token)
        return holder is None or holder is self or not holder.connected

    def _keep(self) -> None:
        state = self._state
        if self._offered:
            if self._found == (state.history, state.opened):
                return
            self._claim()
        if state.area.trial or (not self.token and not state.unsaved):
            return
        if self._writing:
            self._again = True
            return
        if not self.token:
            self.token = new_token()
            self.live[self.token] = self
        opened, token = state.opened, self.token
        self._writing = True
        write: Callable[[], object]
        if state.unsaved:
            write = partial(
                self._store.keep_draft, token, area=state.area.code, account=self._account,
                content=state.history.content(), scenario_id=opened.id if opened else None,
                scenario_version=opened.version if opened else None,
            )  # fmt: skip
        else:
            # What is saved, or the base again, needs no draft.
            write = partial(self._store.drop_draft, token)
        # One write at a time, so that an older one never lands on a newer.
        self._work.run(write, lambda _: self._kept(), self._lost)

    def _kept(self) -> None:
        self._writing = False
        if self._again:
            self._again = False
            self._keep()

    def _lost(self, error: BaseException) -> None:
        self._writing = self._again = False
        self._notice.tell_error(error)

    def resume(self, token: str, *, gone: Callable[[], None] = _nothing) -> None:
        """Go on with a draft where it was left; an unknown one starts at the base.

        Parameters
        ----------
        gone
            Called where it is no longer there.
        """

        def slow() -> tuple[Draft, History, Saved | None] | None:
            draft = self._store.draft(token)
            if draft is None or draft.area != self._state.area.code:
                return None
            history = History.read(draft.content)
            self._state.check(history.now)
            saved = None if draft.scenario_id is None else self._store.scenario(draft.scenario_id)
            return draft, history, saved

        def show(found: tuple[Draft, History, Saved | None] | None) -> None:
            if found is None:
                self._notice.tell(self._texts.text("This draft is no longer there."), "warning")
                gone()
                return
            draft, history, saved = found
            opened = None
            if saved is not None and draft.scenario_version is not None:
                # As of the version that the work began from: a later one of others is a conflict.
                opened = opened_as(saved, version=draft.scenario_version)
            # Somebody else's draft goes on as a copy, and one that is open in another tab. A page that is
            # loaded again is that other tab for a moment: its old session lingers until its socket closes.
            mine = draft.account == self._account
            self.take(token if mine and self._is_free(token) else "")
            if mine and not self.token:
                self._offered, self._found = token, (history, opened)
            self._state.turn_to(history, opened)

        self._questions.queue(lambda: (slow, show))

    def is_open_elsewhere(self, token: str) -> bool:
        """Return whether somebody is at another page with this draft."""
        return not self._is_free(token)

    def delete(self, token: str, *, then: Callable[[], None]) -> None:
        """Delete a draft of one's own that no page has open; it cannot be brought back.

        Parameters
        ----------
        then
            Called once it is gone, and where it could not be deleted, for the drafts are others then.
        """

        def slow() -> None:
            draft = self._store.draft(token)
            if draft is None or (draft.account, draft.area) != (self._account, self._state.area.code):
                return
            if token == self.named or self.is_open_elsewhere(token):
                raise ConfigError(self._texts.text("This draft is open in a tab."))
            self._store.drop_draft(token)

        self._questions.queue(lambda: (slow, lambda _: then()), writes=True, lost=then)

    @property
    def connected(self) -> bool:
        """Whether somebody is still at the page of this draft."""
        return self._work.connected

    def take(self, token: str) -> None:
        """Go on under another draft's name; under none when it is empty."""
        if self.live.get(self.token) is self:
            del self.live[self.token]
        self.token, self._offered, self._found = token, "", None
        if token:
            self.live[token] = self

    def close(self) -> None:
        """Let go of the draft and of the page; the draft itself stays."""
        self.take("")
        self.renamed.clear()
