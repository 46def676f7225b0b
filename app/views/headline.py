"""What stands over the map: the area, the scenario, undo, and one chip a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.fragment import Fragment
from app.views.follows import follow
from app.views.ready import when_ready

if TYPE_CHECKING:
    from app.core.session import Session


def make(session: Session) -> Fragment:
    """Return the line; a click on a chip shows its kind on the map."""
    state = session.state

    def acted(message: dict[str, str]) -> None:
        act = message["act"]
        if act == "kind" and message.get("kind") in session.area.kinds:
            state.kind = message["kind"]
        elif act == "undo":
            session.questions.undo()
        elif act == "redo":
            session.questions.redo()

    fragment = Fragment(session.stream, "headline", acted, label=session.texts.text("Headline figures"))

    def show() -> None:
        fragment.html = session.render(
            "headline",
            area=session.area.name, opened=state.opened, base=state.what_if.is_base, unsaved=state.unsaved,
            can_undo=state.history.can_undo, can_redo=state.history.can_redo,
            differs=state.differs,
            against=state.reference.name or session.base_name,
            given=session.area.given, base_name=session.base_name, reference=state.reference,
            headlines=state.headlines(), kind=state.kind, whom=session.texts.group_in_short(state.group),
        )  # fmt: skip

    def changed(*_events: object) -> None:
        when_ready(session, "headline", show)

    follow(changed, state, "history", "reference", "kind", "season", "group", "opened")
    changed()
    return fragment
