"""The first visit: a story of five steps that does the job once, and can be left at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import param

from app.components.fragment import Fragment
from app.core.state import Selection
from app.views.follows import Follows
from geodata.vocabulary.statuses import VillageStatus
from planner.scenarios.edits import OpenFacility

if TYPE_CHECKING:
    from app.core.session import Session

# In their order: see a gap, open its sheet, place a unit, see what it changes, make the page for the bupati.
STEPS = ("gap", "sheet", "place", "change", "page")
SEEN_COOKIE = "jangkau_seen"


def make(session: Session) -> Fragment:
    """Return the story; it goes on when a step was done, by its button or by hand."""
    return _Tour(session).fragment


class _Tour(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.at = 0
        self.fragment = Fragment(
            session.stream, "tour", self.acted, label=session.texts.text("First steps")
        )  # fmt: skip
        self.show()

    @property
    def step(self) -> str:
        return STEPS[self.at]

    def show(self) -> None:
        self.fragment.html = self.session.render(
            "tour", cookie=SEEN_COOKIE, area=self.session.area.name, step=self.step, n=self.at + 1,
            steps=len(STEPS), kind=self.session.texts.kind(self.state.kind), any_gap=self._any_gap(),
        )  # fmt: skip

    def _any_gap(self) -> bool:
        """Return whether any village is red on the map: an area may have no gap, or none that is known."""
        state = self.state
        status = state.answer.villages(state.kind, state.season)["status"]
        return bool((status == VillageStatus.GAP.value).any())

    @param.depends("state.kind", "state.season", watch=True)
    def looked(self) -> None:
        """Speak of the kind on the map."""
        self.show()

    def done(self, step: str) -> None:
        """Go on where this is the step one is at."""
        if self.fragment.visible and self.step == step and self.at + 1 < len(STEPS):
            self.at += 1
            self.show()

    @param.depends("state.selected", watch=True)
    def chosen(self) -> None:
        if self.state.selected is not None and self.state.selected.what == "village":
            self.done("gap")

    @param.depends("state.history", watch=True)
    def asked(self) -> None:
        if any(isinstance(e, OpenFacility) for e in self.state.what_if.edits):
            self.done("place")

    @param.depends("state.measure", watch=True)
    def painted(self) -> None:
        if self.state.measure == "change":
            self.done("change")

    def acted(self, message: dict[str, str]) -> None:
        """Do the step for somebody who would rather watch, or leave."""
        session, state = self.session, self.state
        match message["act"]:
            case "close":
                self.fragment.visible = False
            case "guide":
                self.fragment.visible = False
                session.views.open("guide")
            case "gap":
                worst = state.ranking()
                if len(worst):
                    state.selected = Selection("village", str(worst.index[0]))
            case "sheet":
                session.views.open("sheet")
                self.done("sheet")
            case "place":
                session.views.open("whatif")
            case "change":
                state.measure = "change"
            case "page":
                state.document = "ringkasan"
                session.views.open("documents")
                self.fragment.visible = False
