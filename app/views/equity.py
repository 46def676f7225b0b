"""The equity page: who is reached by kecamatan, remoteness, island and kind of village, and how far it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import param

from app.components.fragment import Fragment
from app.figures.equity import BY, equity
from app.views.follows import Follows
from planner.supply.equity import NO_GROUP
from planner.supply.places import Remoteness

if TYPE_CHECKING:
    from app.core.session import Session
    from app.figures.equity import Equity, Spread


def make(session: Session) -> Fragment:
    """Return the page; it follows the kind and season shown, and says that it is of all people."""
    return _Equity(session).fragment


class _Equity(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.by = BY[0]
        self.fragment = Fragment(session.stream, "equity", self.acted, label=session.texts.text("Equity"))
        self.ask()

    @param.depends("state.history", "state.kind", "state.season", "state.group", watch=True)
    def changed(self) -> None:
        self.session.views.when_shown("equity", self.ask)

    def acted(self, message: dict[str, str]) -> None:
        if message["act"] == "by" and message.get("value") in BY:
            self.by = message["value"]
            self.ask()

    def ask(self) -> None:
        """Show the figures, once they are computed."""
        state, answer = self.state, self.state.answer
        if not answer.ready("equity"):
            self.fragment.html = self.session.render("equity", equity=None)
        slow = partial(equity, answer, state.kind, state.season, self.by)
        self.session.work(slow, self.show, topic="equity")

    def show(self, found: Equity) -> None:
        self.fragment.html = self.session.render(
            "equity", equity=found, label=self.label, groupings={by: self.grouping(by) for by in BY},
            of_group=self.state.group,
        )  # fmt: skip

    def grouping(self, by: str) -> str:
        _ = self.session.texts.text
        return {
            "district": _("Kecamatan"), "remoteness": _("Remoteness"), "island": _("Island"),
            "village_kind": _("Kind of village"),
        }[by]  # fmt: skip

    def label(self, row: Spread) -> str:
        """Return the words for a group of villages."""
        texts = self.session.texts
        _ = texts.text
        if row.group in NO_GROUP:
            return texts.term("unknown")
        if self.by == "island":
            return _("island {n}", n=row.group)
        rule = self.session.area.scenario.remoteness
        good, fair = rule.good_minutes, rule.fair_minutes
        bands: dict[str, str] = {
            Remoteness.GOOD: _("up to {n} min", n=f"{good:g}"),
            Remoteness.FAIR: _("{a}–{b} min", a=f"{good:g}", b=f"{fair:g}"),
            Remoteness.POOR: _("over {n} min", n=f"{fair:g}"),
            Remoteness.NO_WAY: texts.term("unreachable"),
        }
        return bands.get(row.group, row.name)
