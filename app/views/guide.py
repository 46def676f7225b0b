"""The guide: what to do first, how figures come about, what the data lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.fragment import Fragment
from app.figures.measures import MEASURES

if TYPE_CHECKING:
    from app.core.session import Session


def make(session: Session) -> Fragment:
    """Return the guide."""
    fragment = Fragment(session.stream, "guide", label=session.texts.text("Guide"))
    scenario = session.area.scenario
    fragment.html = session.render(
        "guide",
        measures=list(MEASURES.values()),
        standard=scenario.standard,
        access=scenario.access,
        area=session.area.name,
    )
    return fragment
