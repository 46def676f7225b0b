"""What the map shows: kind, season, measure, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.fragment import Fragment
from app.figures.measures import MEASURES
from app.views.follows import follow
from planner.scenarios.modes import SEASONS

if TYPE_CHECKING:
    from app.core.session import Session


def make(session: Session) -> Fragment:
    """Return the choices, in one line; they are the browser's own, which every keyboard can open."""
    state, texts = session.state, session.texts
    _ = texts.text
    kinds = {k: texts.kind(k) for k in session.area.kinds}
    seasons: dict[str, str] = {s: texts.term(f"season_{s}") for s in SEASONS}
    groups = {g: texts.group(g) for g in ("", *session.area.scenario.groups)}
    choices: dict[str, tuple[str, dict[str, str]]] = {
        "kind": (_("Kind of unit"), kinds), "season": (texts.term("season"), seasons),
        "measure": (_("Colour by"), {m.key: _(m.title) for m in MEASURES.values()}),
        "group": (_("For whom"), groups),
    }  # fmt: skip
    if len(groups) == 1:
        del choices["group"]

    def acted(message: dict[str, str]) -> None:
        name, value = message["act"], message.get("value", "")
        if name in choices and value in choices[name][1]:
            setattr(state, name, value)

    fragment = Fragment(session.stream, "choices", acted, label=_("What the map shows"))

    def show(*_events: object) -> None:
        fragment.html = session.render(
            "choices", choices=choices, chosen={name: getattr(state, name) for name in choices}
        )

    follow(show, state, *choices)
    show()
    return fragment
