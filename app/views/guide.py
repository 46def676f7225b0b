"""The guide: what to do first, how figures come about, what the data lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.fragment import Fragment
from app.figures.measures import MEASURES
from planner.reports.documents.words import Words
from planner.reports.proposal.method import basis_of_limit

if TYPE_CHECKING:
    from app.core.session import Session


def make(session: Session) -> Fragment:
    """Return the guide."""
    fragment = Fragment(session.stream, "guide", label=session.texts.text("Guide"))
    scenario, words = session.area.scenario, Words(session.texts.lang, modes=session.texts.modes)
    fragment.html = session.render(
        "guide",
        measures=list(MEASURES.values()),
        standard=scenario.standard,
        bases={kind: basis_of_limit(kind, rule, words) for kind, rule in scenario.standard.items()},
        access=scenario.access,
        area=session.area.name,
    )
    return fragment
