"""Saved scenarios: save, open, copy, compare, share by link; and who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import param

from app.components.fragment import Fragment
from app.core.state import History, Selection
from app.figures.compared import totals_rows, village_rows
from app.figures.describe import described, rules
from app.figures.sheets import ComparedSheets, comparison
from app.views.follows import Follows
from geodata.errors import ConfigError

if TYPE_CHECKING:
    from app.core.session import Session
    from app.store import Change, Draft, Saved

SHOWN_CHANGES = 15
SHOWN_VILLAGES = 30


@dataclass(frozen=True)
class _Lists:
    """What the database holds of an area."""

    saved: list[Saved]
    archived: list[Saved]
    drafts: list[Draft]
    trail: list[Change]


@dataclass(frozen=True)
class _About:
    """A line of the drafts."""

    token: str
    when: str
    changes: int
    last: str
    elsewhere: bool


def make(session: Session) -> Fragment:
    """Return the scenarios of the area."""
    return _Scenarios(session).fragment


class _Scenarios(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.lists = _Lists([], [], [], [])
        self.compared: ComparedSheets | None = None
        # Of the draft that is deleted if its button is pressed once more.
        self.leaving = ""
        # Of the draft that was shown last.
        self.named = session.drafts.named
        self.fragment = Fragment(
            session.stream, "scenarios", self.acted, label=session.texts.text("Scenarios")
        )
        session.drafts.renamed.append(self.load)
        # Made when it is first opened: what it compares may have changed long before.
        self.compare()
        self.load()

    @param.depends("notice.conflict", watch=True)
    def conflict(self) -> None:
        self.show()
        if self.session.notice.conflict is not None:
            self.session.views.open("scenarios")

    @param.depends("state.beside", watch=True)
    def laid_beside(self) -> None:
        self.session.views.when_shown("scenarios", self.show)

    @param.depends("state.opened", watch=True)
    def load(self) -> None:
        """Read the lists again."""
        session = self.session

        def slow() -> _Lists:
            store, code = session.store, session.area.code
            return _Lists(
                store.scenarios(code),
                store.archived(code),
                store.drafts(code, session.account),
                store.trail(area=code, limit=SHOWN_CHANGES),
            )

        def shown(lists: _Lists) -> None:
            self.lists = lists
            self.show()

        session.work(slow, shown, topic="scenarios")

    @param.depends("state.measure", "state.group", "state.selected", watch=True)
    def looked_elsewhere(self) -> None:
        # The link to send on shows what is seen.
        self.session.views.when_shown("scenarios", self.show)

    @param.depends("state.history", "state.reference", "state.kind", "state.season", watch=True)
    def changed(self) -> None:
        named = self.session.drafts.named
        if self.named not in ("", named):
            # What was left is among the drafts now, maybe for the first time.
            self.load()
        self.named = named
        # All of it in one: what is compared may have changed while this view was hidden.
        self.session.views.when_shown("scenarios", self.compare)

    def compare(self) -> None:
        """Compute the comparison, where there is something to compare."""
        if not self.state.differs:
            self.session.drop("comparison")
            self.compared = None
            self.show()
            return
        slow = partial(comparison, self.state.answer, self.state.compared)

        def shown(compared: ComparedSheets) -> None:
            self.compared = compared
            self.show()

        self.session.work(slow, shown, topic="comparison")

    def show(self) -> None:
        session, state = self.session, self.state
        texts = session.texts
        conflict = session.notice.conflict
        self.fragment.html = session.render(
            "scenarios",
            editor=session.scenarios.editor, saved=self.lists.saved, opened=state.opened,
            unsaved=state.unsaved,
            archived=self.lists.archived,
            # Which of them is the present one is known only now: it may have changed since they were read.
            drafts=[self.about(d) for d in self.lists.drafts if d.token != session.drafts.named],
            leaving=self.leaving,
            trail=[(texts.moment(c.at), c.account, _action(session, c.action), c.scenario_name or "")
                   for c in self.lists.trail],
            reference=state.reference, base=state.what_if.is_base,
            given=session.area.given, base_name=session.base_name,
            conflict=conflict and {"name": conflict.name, "by": conflict.updated_by,
                                   "at": texts.moment(conflict.updated_at), "id": conflict.id,
                                   "archived": conflict.archived},
            totals=totals_rows(self.compared, state.season),
            villages=village_rows(self.compared, state.kind, state.season),
            more=SHOWN_VILLAGES, beside=state.beside, link=session.scenarios.link,
            kind=state.kind, season=state.season,
        )  # fmt: skip

    def about(self, draft: Draft) -> _About:
        """Return what a draft is about: how many changes, and the last."""
        session = self.session
        texts = session.texts
        try:
            what_if = History.read(draft.content).now
            lines = [*rules(what_if, texts), *described(what_if, session.area, texts)]
        except ConfigError:
            lines = []
        return _About(
            draft.token, texts.moment(draft.updated_at), len(lines), lines[-1] if lines else "",
            elsewhere=session.drafts.is_open_elsewhere(draft.token),
        )  # fmt: skip

    def acted(self, message: dict[str, str]) -> None:  # noqa: C901, PLR0912 - one case a button
        """Do what a button says."""
        session, state = self.session, self.state
        act, scenario_id = message["act"], message.get("id", "")
        name, note = message.get("name", "").strip(), message.get("note", "").strip()
        match act:
            case "save_as":
                session.scenarios.save_as(name, note)
            case "save":
                session.scenarios.save(note)
            case "open":
                session.scenarios.open(scenario_id)
            case "copy":
                session.scenarios.copy(scenario_id, then=self.load)
            case "archive":
                session.scenarios.archive(scenario_id, then=self.load)
            case "restore":
                session.scenarios.restore(scenario_id, then=self.load)
            case "beside" if message.get("how") in ("line", "maps"):
                state.beside = "" if state.beside == message["how"] else message["how"]
            case "compare":
                session.scenarios.compare_with(message.get("value", ""))
            case "new":
                session.scenarios.start_new()
            case "resume":
                session.drafts.resume(message.get("token", ""), gone=self.load)
            case "leave_draft":
                self.leaving = message.get("token", "")
                self.show()
            case "delete_draft" if message.get("token") == self.leaving:
                session.drafts.delete(self.leaving, then=self.load)
            case "theirs":
                session.scenarios.open(scenario_id)
            case "keep_mine":
                session.notice.conflict = None
            case "refresh":
                self.load()
            case "village" if message.get("code") in session.area.layers.villages.index:
                state.selected = Selection("village", message["code"])


def _action(session: Session, action: str) -> str:
    _ = session.texts.text
    return {
        "create": _("saved as new"), "update": _("changed"), "copy": _("copied"), "archive": _("archived"),
        "restore": _("brought back"), "account": _("account changed"),
    }.get(action, action)  # fmt: skip
