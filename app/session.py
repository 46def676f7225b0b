"""One browser tab: its state and language, the work it gives to threads, and what it tells its user."""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import param

from app.render import Renderer
from app.state import History, Opened, Reference, Selection, State, new_token
from app.store import ConflictError, NameTakenError, StoreError
from app.whatif import WhatIf
from geodata.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from bokeh.document import Document

    from app.area import Area
    from app.store import Draft, Saved, Store
    from app.texts import Texts

T = TypeVar("T")
LOG = logging.getLogger(__name__)


class Notice(param.Parameterized):  # type: ignore[misc]  # param ships no types
    """What the user is told at the moment; an empty text is nothing."""

    text = param.String(default="")
    severity = param.Selector(default="info", objects=["info", "success", "warning", "error"])
    busy = param.Boolean(default=False)
    # Someone else's version of the scenario that was to be saved.
    conflict = param.Parameter(default=None)


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
    pool
        Threads for slow work.
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
        pool: Executor | None = None,
        document: Document | None = None,
    ) -> None:
        self.area, self.texts, self.store = area, texts, store
        self.account, self.editor = account, editor
        self.state = State(area)
        self.notice = Notice()
        self.render = Renderer(texts)
        self.draft = ""
        self._pool, self._document = pool, document
        self._turns: dict[str, int] = {}
        self._waiting: deque[Callable[[], WhatIf]] = deque()
        self._asking = False
        self._drafting = self._draft_again = False
        self._picked: Callable[[dict[str, Any]], None] | None = None
        self.map_address = ""
        self.signed_in = False
        self.dark = False
        # Set by the map view: start a tool, draw shapes, follow the theme. Without a map nothing happens.
        self.use_tool: Callable[[str | None], None] = _nothing
        self.draw: Callable[[list[str], Any], None] = _nothing
        self.show_theme: Callable[[bool], None] = _nothing
        # Set by the page: brings a view to the front.
        self.open_view: Callable[[str], None] = _nothing
        self.state.param.watch(lambda _: self._keep_draft(), ["history", "opened"])

    @property
    def link(self) -> str:
        """The end of the address that opens the saved scenario shown; empty when none is."""
        opened = self.state.opened
        return "" if opened is None else f"?scenario={opened.id}&lang={self.texts.lang}"

    # -- work ---------------------------------------------------------------------------------------

    def work(self, slow: Callable[[], T], then: Callable[[T], None], *, topic: str) -> None:
        """Do slow work in a thread, then show its result; of one topic only the latest is shown."""
        turn = self._turns[topic] = self._turns.get(topic, 0) + 1

        def show(result: T) -> None:
            if self._turns[topic] == turn:
                then(result)

        self._run(slow, show, self.tell_error)

    def _run(
        self, slow: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None:
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

    def _on_page(self, show: Callable[[], None]) -> None:
        if self._document is None:
            show()
        elif self._document.session_context is None or not self._document.session_context.destroyed:
            self._document.add_next_tick_callback(show)

    def close(self) -> None:
        """Forget everything that could keep the closed tab alive."""
        self._waiting.clear()
        self._picked = None
        self.use_tool = self.open_view = self.draw = self.show_theme = _nothing

    # -- telling ------------------------------------------------------------------------------------

    def tell(self, text: str, severity: str = "info") -> None:
        """Show a message."""
        self.notice.param.update(text=text, severity=severity)

    def tell_error(self, error: Exception) -> None:
        """Show an error in plain words; our own faults are logged."""
        _ = self.texts.text
        if isinstance(error, NameTakenError):
            self.tell(_("There is a scenario of this name already. Choose another name."), "error")
        elif isinstance(error, StoreError):
            self.tell(_("The scenarios cannot be reached at the moment: {why}", why=error), "error")
        elif isinstance(error, InputError):
            self.tell(str(error), "error")
        else:
            LOG.error("a request failed", exc_info=error)
            self.tell(
                self.texts.text("Something went wrong here, and it is our fault; nothing of yours is lost. "
                                "Try again, or undo the last change."), "error",
            )  # fmt: skip

    # -- asking -------------------------------------------------------------------------------------

    def change(self, make: Callable[[], WhatIf]) -> None:
        """Ask another question, made from the one shown; changes are taken one after the other."""
        self._waiting.append(make)
        self._next()

    def _next(self) -> None:
        if self._asking or not self._waiting:
            return
        try:
            what_if = self._waiting.popleft()()
        except Exception as error:  # noqa: BLE001 - shown to the user
            self.tell_error(error)
            self._next()
            return
        self._asking = self.notice.busy = True
        self._run(partial(self.state.check, what_if), lambda _: self._show(what_if), self._failed)

    def _show(self, what_if: WhatIf) -> None:
        self._asking = self.notice.busy = False
        self.tell("")
        self.state.show(what_if)
        self._next()

    def _failed(self, error: Exception) -> None:
        self._asking = self.notice.busy = False
        self.tell_error(error)
        # A control that was turned shows again what is true.
        self.state.param.trigger("history")
        self._next()

    def undo(self) -> None:
        """Show the question before."""
        self._step(self.state.undo, self.state.history.back().now)

    def redo(self) -> None:
        """Show the question that was undone."""
        self._step(self.state.redo, self.state.history.forth().now)

    def _step(self, step: Callable[[], None], what_if: WhatIf) -> None:
        self.work(partial(self.state.check, what_if), lambda _: step(), topic="step")

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

    # -- scenarios ----------------------------------------------------------------------------------

    def _keep_draft(self) -> None:
        """Keep the work after every change, so that a closed browser loses nothing."""
        state = self.state
        if not self.draft:
            if state.what_if.is_base and state.opened is None:
                return
            self.draft = new_token()
        if self._drafting:
            self._draft_again = True
            return
        opened = state.opened
        self._drafting = True
        # One write at a time, so that an older one never lands on a newer.
        self._run(
            partial(
                self.store.keep_draft, self.draft, area=self.area.code, account=self.account,
                content=state.history.content(), scenario_id=opened.id if opened else None,
                scenario_version=opened.version if opened else None,
            ),
            lambda _: self._draft_kept(), self._draft_lost,
        )  # fmt: skip

    def _draft_kept(self) -> None:
        self._drafting = False
        if self._draft_again:
            self._draft_again = False
            self._keep_draft()

    def _draft_lost(self, error: Exception) -> None:
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
                return
            draft, history, saved = found
            self.draft = token
            self.state.history = history
            if saved is not None and draft.scenario_version is not None:
                # As of the version that the work began from: a later one of others is a conflict.
                what_if = WhatIf.read(saved.content)
                self.state.opened = Opened(saved.id, saved.name, draft.scenario_version, what_if)

        self.work(slow, show, topic="open")

    def save_as(self, name: str, note: str) -> None:
        """Save the question shown under a name."""
        content = self.state.what_if.content()
        self._store(
            partial(self.store.create, self.area.code, name, content, note=note, account=self.account)
        )

    def save(self, note: str | None = None) -> None:
        """Save the question shown over the scenario that was opened."""
        opened = self.state.opened
        if opened is not None:
            self._store(partial(
                self.store.update, opened.id, version=opened.version, account=self.account, note=note,
                content=self.state.what_if.content(),
            ))  # fmt: skip

    def _store(self, write: Callable[[], Saved]) -> None:
        self._write(write, self._saved)

    def _write(self, write: Callable[[], T], then: Callable[[T], None]) -> None:
        """Write to the database, for those who may."""
        if not self.editor:
            self.tell(self.texts.text("You may look and try things out, but not save: ask for the role "
                                      "of an editor."), "warning")  # fmt: skip
            return

        def failed(error: Exception) -> None:
            if isinstance(error, ConflictError):
                self.notice.conflict = error.current
            else:
                self.tell_error(error)

        self._run(write, then, failed)

    def _saved(self, saved: Saved) -> None:
        self.notice.conflict = None
        self._is_open(saved)
        self.tell(self.texts.text("Saved: {name}", name=saved.name), "success")

    def _is_open(self, saved: Saved) -> None:
        content = WhatIf.read(saved.content)
        self.state.opened = Opened(saved.id, saved.name, saved.version, content)

    def open_scenario(self, scenario_id: str) -> None:
        """Show a saved scenario."""

        def slow() -> tuple[Saved, WhatIf]:
            saved = self.store.scenario(scenario_id)
            what_if = WhatIf.read(saved.content)
            self.state.check(what_if)
            return saved, what_if

        def show(found: tuple[Saved, WhatIf]) -> None:
            self.notice.conflict = None
            self._is_open(found[0])
            self.state.show(found[1])

        self.work(slow, show, topic="open")

    def copy_scenario(self, scenario_id: str, *, then: Callable[[], None]) -> None:
        """Copy a saved scenario under a name of its own."""

        def slow() -> Saved:
            taken = {s.name.casefold() for s in self.store.scenarios(self.area.code)}
            name = self.store.scenario(scenario_id).name
            number = 2
            while f"{name[:110]} ({number})".casefold() in taken:
                number += 1
            return self.store.copy(scenario_id, f"{name[:110]} ({number})", account=self.account)

        def copied(saved: Saved) -> None:
            self.tell(self.texts.text("Saved: {name}", name=saved.name), "success")
            then()

        self._write(slow, copied)

    def archive_scenario(self, scenario_id: str, *, then: Callable[[], None]) -> None:
        """Take a saved scenario off the list; its trail stays, and it can be brought back."""

        def slow() -> None:
            saved = self.store.scenario(scenario_id)
            self.store.archive(scenario_id, version=saved.version, account=self.account)

        self._write(slow, lambda _: then())

    def compare_with(self, scenario_id: str) -> None:
        """Compare with a saved scenario, or with the base when the id is empty."""

        def slow() -> Reference:
            if not scenario_id:
                return Reference()
            saved = self.store.scenario(scenario_id)
            what_if = WhatIf.read(saved.content)
            self.state.check(what_if)
            return Reference(what_if, saved.name)

        def show(reference: Reference) -> None:
            self.state.param.update(
                reference=reference, measure="change" if scenario_id else self.state.measure
            )

        self.work(slow, show, topic="compare")

    def start_new(self) -> None:
        """Leave the opened scenario and go back to the base."""
        self.draft = ""
        self.state.opened = None
        self.change(WhatIf)
