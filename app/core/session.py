"""One browser tab: its state and language, the work it gives to threads, and what it tells its user."""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from app.areas.question import WhatIf
from app.areas.stopping import StoppedError, stoppable
from app.core.notice import Notice
from app.core.state import History, Opened, Reference, Selection, State, new_token
from app.core.stream import Stream
from app.core.work import Work
from app.render import Renderer
from app.store import ConflictError, NameTakenError, StoreError
from geodata.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bokeh.document import Document

    from app.areas.area import Area
    from app.core.work import Seats
    from app.store import Draft, Saved, Store
    from app.texts import Texts

    # Begins a thing that changes what is asked: its slow part, and what to show of the result.
    Start = Callable[[], tuple[Callable[[], Any], Callable[[Any], None]]]

T = TypeVar("T")
MOST_EDITS = 200
# Changes that wait for their turn; nobody clicks so far ahead.
MOST_WAITING = 30
# Files that are made or wait to be; one is made at a time.
MOST_FILES = 3
# Far beyond any answer seen; what takes longer is stopped, so that its user can go on.
LONGEST_QUESTION_S = 120.0
# In the planner's words; it means nothing to somebody at the map.
EDIT_NUMBER = re.compile(r"^edits: edit \d+: ")
LOG = logging.getLogger(__name__)


def _nothing(*_: object) -> None:
    """Do nothing."""


class Session:
    """What all views of one tab share.

    Parameters
    ----------
    area, texts, store
        What is shown, in which language, and where scenarios are kept.
    account, editor
        Who is looking, and whether they may save.
    seats
        Ways to threads for slow work.
    document
        The Bokeh document that the results are shown in; None runs everything at once (tests).
    """

    def __init__(
        self,
        area: Area,
        texts: Texts,
        store: Store,
        *,
        account: str,
        editor: bool,
        seats: Seats | None = None,
        document: Document | None = None,
    ) -> None:
        self.area, self.texts, self.store = area, texts, store
        self.account, self.editor = account, editor
        self.state = State(area)
        self.notice = Notice()
        self.render = Renderer(texts)
        self.draft = ""
        self._work = Work(seats, document)
        # No thread may touch the page, so none may change it.
        self.stream = Stream(self._work.require_loop)
        self._waiting: deque[tuple[Start, bool]] = deque()
        self._asking = self._saving = False
        self._turn = self._files = 0
        self._stop = threading.Event()
        self._forget_limit: Callable[[], None] = _nothing
        # Drafts that are open somewhere on this server; shared by its sessions.
        self.live: dict[str, Session] = {}
        # Asked at every write: a role may be taken away meanwhile.
        self.may_save: Callable[[], bool] = lambda: self.editor
        self._drafting = self._draft_again = False
        self._picked: Callable[[dict[str, Any]], None] | None = None
        self.map_address = self.shown_view = ""
        self._stale: dict[str, Callable[[], None]] = {}
        self.signed_in = False
        self.dark = False
        # Set by the map view; without a map nothing happens.
        self.use_tool: Callable[[str | None], None] = _nothing
        self.draw: Callable[[list[str], Any], None] = _nothing
        self.show_theme: Callable[[bool], None] = _nothing
        # Set by the page.
        self.open_view: Callable[[str], None] = _nothing
        self.state.param.watch(lambda *_: self._keep_draft(), ["history", "opened"])

    @property
    def link(self) -> str:
        """The end of the address that opens the saved scenario shown; empty when none is."""
        opened = self.state.opened
        if opened is None:
            return ""
        return f"?area={self.area.code}&scenario={opened.id}&lang={self.texts.lang}"

    @property
    def connected(self) -> bool:
        """Whether a browser is still there."""
        return self._work.connected

    @property
    def settled(self) -> bool:
        """Whether all that was asked for so far is done, shown and kept."""
        return not (self._asking or self._waiting or self._drafting or self._draft_again)

    def work(self, slow: Callable[[], T], then: Callable[[T], None], *, topic: str) -> None:
        """Do slow work in a thread, then show its result; of one topic only the latest is shown."""
        self._work.require_loop()
        self._work.latest(topic, slow, then, self.tell_error)

    async def result(self, slow: Callable[[], T]) -> T | None:
        """Return a file that was made in a thread, one after the other; None where why not was told."""
        if self._files >= MOST_FILES:
            self.tell(self.texts.text("Files are being made already. Ask again once they have arrived."),
                      "warning")  # fmt: skip
            return None
        self._files += 1
        try:
            return await self._work.result(slow)
        except Exception as error:  # noqa: BLE001 - shown to the user, and logged unless it is theirs
            self.tell_error(error)
            return None
        finally:
            self._files -= 1

    def when_shown(self, key: str, show: Callable[[], None]) -> Callable[..., None]:
        """Return a watcher that shows a view again at once, or, while it is hidden, once it is opened."""

        def changed(*_events: object) -> None:
            if self.shown_view in ("", key):
                show()
            else:
                self._stale[key] = show

        return changed

    def view_opened(self, key: str) -> None:
        """Bring a view up to date that was hidden until now."""
        self.shown_view = key
        self._stale.pop(key, _nothing)()

    def close(self) -> None:
        """Forget everything that could keep the closed tab alive."""
        self._waiting.clear()
        self._stop.set()
        self._forget_limit()
        self._stale.clear()
        self._picked = None
        self._take_draft("")
        self.stream.close()
        self.use_tool = self.open_view = self.draw = self.show_theme = _nothing

    def tell(self, text: str, severity: str = "info") -> None:
        """Show a message."""
        self._work.require_loop()
        self.notice.param.update(text=text, severity=severity)

    def tell_error(self, error: BaseException) -> None:
        """Show an error in plain words; our own faults are logged."""
        _ = self.texts.text
        if isinstance(error, StoppedError):
            return
        if isinstance(error, NameTakenError):
            self.tell(_("There is a scenario of this name already. Choose another name."), "error")
        elif isinstance(error, StoreError):
            self.tell(_("The scenarios cannot be reached at the moment: {why}", why=error), "error")
        elif isinstance(error, InputError):
            why = EDIT_NUMBER.sub("", str(error))
            self.tell(_("This cannot be done: {why}", why=why), "error")
        else:
            LOG.error("a request failed", exc_info=error)
            self.tell(
                self.texts.text("Something went wrong here, and it is our fault; nothing of yours is lost. "
                                "Try again, or undo the last change."), "error",
            )  # fmt: skip

    def queue(self, start: Start, *, writes: bool = False) -> bool:
        """Do one thing after the other that changes what is asked.

        ``start`` is called when its turn comes, and so sees the question that is shown then; it gives
        the slow part (done in a thread) and what to show of its result. What writes is never stopped, since
        nobody could tell then whether it was written. Returns False, and says why, where too much waits.
        """
        self._work.require_loop()
        if len(self._waiting) >= MOST_WAITING:
            self.tell(self.texts.text("Too much is waiting to be computed; this was not added."), "warning")
            # A control that was turned shows again what is true.
            self.state.param.trigger("history")
            return False
        self._waiting.append((start, writes))
        self._next()
        return True

    def _next(self) -> None:
        if self._asking or not self._waiting:
            return
        start, writes = self._waiting.popleft()
        try:
            slow, then = start()
        except Exception as error:  # noqa: BLE001 - shown to the user, and logged unless it is theirs
            self._failed(error)
            return
        self._turn = turn = self._turn + 1
        self._asking = True
        if not writes:
            self._stop = threading.Event()
            slow = stoppable(slow, self._stop)
            self._forget_limit = self._work.later(LONGEST_QUESTION_S, self._too_long)
        self.notice.param.update(busy=True, stoppable=not writes)

        def shown(result: Any) -> None:  # noqa: ANN401 - whatever the slow part gave
            # Of what was stopped nothing counts, whenever it comes.
            if turn == self._turn and self._asking:
                self._done()
                try:
                    then(result)
                finally:
                    self._next()

        def failed(error: BaseException) -> None:
            if turn == self._turn and self._asking:
                self._done()
                self._failed(error)

        self._work.run(slow, shown, failed)

    def _done(self) -> None:
        self._forget_limit()
        self._forget_limit = _nothing
        self._asking = False
        self.notice.param.update(busy=False, stoppable=False)

    def stop(self) -> None:
        """Stop the question that is being computed; what was shown before stays."""
        if self._asking and self.notice.stoppable:
            self._give_up(self.texts.text("Stopped; what is shown is as it was before."))

    def _too_long(self) -> None:
        self._give_up(self.texts.text(
            "This took longer than {n} seconds and was stopped; what is shown is as it was before. "
            "Try a smaller change.", n=self.texts.number(LONGEST_QUESTION_S),
        ))  # fmt: skip

    def _give_up(self, why: str) -> None:
        self._stop.set()
        self._done()
        self.tell(why, "warning")
        # A control that was turned shows again what is true.
        self.state.param.trigger("history")
        self._next()

    def _failed(self, error: BaseException) -> None:
        self._saving = False
        if isinstance(error, ConflictError):
            self.notice.conflict = error.current
        else:
            self.tell_error(error)
        # A control that was turned shows again what is true.
        self.state.param.trigger("history")
        self._next()

    def change(self, make: Callable[[], WhatIf]) -> None:
        """Ask another question, made from the one shown when its turn comes."""

        def start() -> tuple[Callable[[], Any], Callable[[Any], None]]:
            try:
                what_if = make()
            except ValidationError as error:
                # What a browser sent makes no edit.
                raise ConfigError(error.errors()[0]["msg"]) from None
            if len(what_if.edits) > MOST_EDITS:
                raise ConfigError(self.texts.text("A scenario holds {n} changes at most.", n=MOST_EDITS))

            def show(_answer: object) -> None:
                self.tell("")
                self.state.show(what_if)

            return partial(self.state.check, what_if), show

        self.queue(start)

    def undo(self) -> None:
        """Show the question before."""
        self._step(-1)

    def redo(self) -> None:
        """Show the question that was undone."""
        self._step(+1)

    def _step(self, by: int) -> None:
        def start() -> tuple[Callable[[], Any], Callable[[Any], None]]:
            # Of the history as it is when its turn comes.
            now = self.state.history
            history = now.back() if by < 0 else now.forth()
            return partial(self.state.check, history.now), lambda _: self.state.move_to(history)

        self.queue(start)

    def drop(self, topic: str) -> None:
        """Forget a topic's work."""
        self._work.drop(topic)

    def cancel_pick(self) -> None:
        """End a tool on the map that was started and not finished."""
        if self._picked is not None:
            self._picked = None
            self.use_tool(None)

    def pick(self, tool: str, then: Callable[[dict[str, Any]], None]) -> None:
        """Ask for a place (``place``) or a line (``line``) on the map."""
        self._picked = then
        self.use_tool(tool)

    def picked(self, message: dict[str, Any]) -> None:
        """Hand on what was picked on the map."""
        then, self._picked = self._picked, None
        if then is not None:
            then(message)

    def select_facility(self, facility_id: str) -> None:
        """Show a facility's sheet; an unknown id selects nothing."""
        if facility_id in self.state.answer.gaps.layers.facilities.index:
            self.state.selected = Selection("facility", facility_id)

    def _keep_draft(self) -> None:
        """Keep unsaved work after every change, so that a closed browser loses nothing."""
        state = self.state
        if not self.draft and not state.unsaved:
            return
        if self._drafting:
            self._draft_again = True
            return
        if not self.draft:
            self.draft = new_token()
            self.live[self.draft] = self
        opened, token = state.opened, self.draft
        self._drafting = True
        if state.unsaved:
            write = partial(
                self.store.keep_draft, token, area=self.area.code, account=self.account,
                content=state.history.content(), scenario_id=opened.id if opened else None,
                scenario_version=opened.version if opened else None,
            )  # fmt: skip
        else:
            # What is saved, or the base again, needs no draft.
            write = partial(self.store.drop_draft, token)
        # One write at a time, so that an older one never lands on a newer.
        self._work.run(write, lambda _: self._draft_kept(), self._draft_lost)

    def _draft_kept(self) -> None:
        self._drafting = False
        if self._draft_again:
            self._draft_again = False
            self._keep_draft()

    def _draft_lost(self, error: BaseException) -> None:
        self._drafting = self._draft_again = False
        self.tell_error(error)

    def resume(self, token: str) -> None:
        """Go on with a draft where it was left; an unknown one starts at the base."""

        def slow() -> tuple[Draft, History, Saved | None] | None:
            draft = self.store.draft(token)
            if draft is None or draft.area != self.area.code:
                return None
            history = History.read(draft.content)
            self.state.check(history.now)
            saved = None if draft.scenario_id is None else self.store.scenario(draft.scenario_id)
            return draft, history, saved

        def show(found: tuple[Draft, History, Saved | None] | None) -> None:
            if found is None:
                self.tell(self.texts.text("This draft is no longer there."), "warning")
                return
            draft, history, saved = found
            # Somebody else's draft, or one that is open in another tab, goes on as a copy.
            holder = self.live.get(token)
            free = holder is None or holder is self or not holder.connected
            self._take_draft(token if free and draft.account == self.account else "")
            opened = None
            if saved is not None and draft.scenario_version is not None:
                # As of the version that the work began from: a later one of others is a conflict.
                opened = _opened(saved, version=draft.scenario_version)
            self.state.move_to(history, opened=opened)

        self.queue(lambda: (slow, show))

    def _take_draft(self, token: str) -> None:
        if self.live.get(self.draft) is self:
            del self.live[self.draft]
        self.draft = token
        if token:
            self.live[token] = self

    def save_as(self, name: str, note: str) -> None:
        """Save the question shown under a name."""
        if not name:
            self.tell(self.texts.text("Give it a name."), "warning")
            return
        self._save(lambda: partial(
            self.store.create, self.area.code, name, self.state.what_if.content(), note=note,
            account=self.account,
        ))  # fmt: skip

    def save(self, note: str | None = None) -> None:
        """Save the question shown, and its note, over the scenario that was opened."""

        def write() -> Callable[[], Saved]:
            opened = self.state.opened
            assert opened is not None
            return partial(
                self.store.update, opened.id, version=opened.version, account=self.account, note=note,
                content=self.state.what_if.content(),
            )  # fmt: skip

        if self.state.opened is not None:
            self._save(write)

    def _save(self, write: Callable[[], Callable[[], Saved]]) -> None:
        """Save once, however often the button is pressed."""
        if self._saving or not self._may_save():
            return
        self._saving = True

        def start() -> tuple[Callable[[], Any], Callable[[Any], None]]:
            return self._allowed(write()), self._saved

        if not self.queue(start, writes=True):
            self._saving = False

    def write(self, change: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do what only editors may, when its turn comes, then show its result."""
        if self._may_save():
            self.queue(lambda: (self._allowed(change), then), writes=True)

    def _may_save(self) -> bool:
        if not self.editor:
            self.tell(self._not_allowed, "warning")
        return self.editor

    @property
    def _not_allowed(self) -> str:
        return self.texts.text(
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
        self.notice.conflict = None
        self.state.opened = _opened(saved)
        self.tell(self.texts.text("Saved: {name}", name=saved.name), "success")

    def _here(self, scenario_id: str) -> Saved:
        """Return a saved scenario of this area."""
        saved = self.store.scenario(scenario_id)
        if saved.area != self.area.code:
            raise ConfigError(self.texts.text("This scenario is of another area ({code}).", code=saved.area))
        return saved

    def open_scenario(self, scenario_id: str) -> None:
        """Show a saved scenario."""

        def slow() -> Saved:
            saved = self._here(scenario_id)
            self.state.check(WhatIf.read(saved.content))
            return saved

        def show(saved: Saved) -> None:
            self.notice.conflict = None
            self._take_draft("")
            opened = _opened(saved)
            self.state.move_to(self.state.history.then(opened.saved), opened=opened)

        self.queue(lambda: (slow, show))

    def copy_scenario(self, scenario_id: str, *, then: Callable[[], None]) -> None:
        """Copy a saved scenario under a name of its own."""

        def slow() -> Saved:
            saved = self._here(scenario_id)
            taken = {s.name.casefold() for s in self.store.scenarios(self.area.code)}
            number = 2
            while f"{saved.name[:110]} ({number})".casefold() in taken:
                number += 1
            return self.store.copy(scenario_id, f"{saved.name[:110]} ({number})", account=self.account)

        def copied(saved: Saved) -> None:
            self.tell(self.texts.text("Saved: {name}", name=saved.name), "success")
            then()

        self.write(slow, copied)

    def archive_scenario(self, scenario_id: str, *, then: Callable[[], None]) -> None:
        """Take a saved scenario off the list; its trail stays, and it can be brought back."""

        def slow() -> None:
            saved = self._here(scenario_id)
            self.store.archive(scenario_id, version=saved.version, account=self.account)

        self.write(slow, lambda _: then())

    def restore_scenario(self, scenario_id: str, *, then: Callable[[], None]) -> None:
        """Bring an archived scenario back."""

        def slow() -> None:
            self._here(scenario_id)
            self.store.restore(scenario_id, account=self.account)

        self.write(slow, lambda _: then())

    def compare_with(self, scenario_id: str) -> None:
        """Compare with a saved scenario, or with the base when the id is empty."""

        def slow() -> Reference:
            if not scenario_id:
                return Reference()
            saved = self._here(scenario_id)
            what_if = WhatIf.read(saved.content)
            self.state.check(what_if)
            return Reference(what_if, saved.name, saved.id)

        def show(reference: Reference) -> None:
            measure = "change" if scenario_id else self.state.measure
            self.state.param.update(reference=reference, measure=measure)

        self.queue(lambda: (slow, show))

    def start_new(self) -> None:
        """Leave the opened scenario and go back to the base; unsaved work stays among the drafts."""

        def show(_: object) -> None:
            self._take_draft("")
            self.state.move_to(History(), opened=None)

        self.queue(lambda: (lambda: None, show))


def _opened(saved: Saved, *, version: int | None = None) -> Opened:
    content = WhatIf.read(saved.content)
    return Opened(saved.id, saved.name, version or saved.version, content, saved.note)
