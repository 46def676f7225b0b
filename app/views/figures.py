"""The figures of the kind on the map in full: how they came about, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.components.fragment import Fragment
from app.figures.ilp import group_reach
from app.views.follows import follow
from app.views.ready import when_ready
from planner.reports.documents.words import Words
from planner.reports.proposal.method import basis_of_group, basis_of_limit

if TYPE_CHECKING:
    from app.core.session import Session


def make(session: Session) -> Fragment:
    """Return the figures; they follow what the map shows."""
    state, _ = session.state, session.texts.text
    fragment = Fragment(session.stream, "figures", label=_("Figures"))

    def show() -> None:
        people = session.area.people
        group = group_reach(state.answer, state.group, state.kind, state.season) if state.group else None
        if group is not None:
            people = group.people
        words, scenario = Words(session.texts.lang, modes=session.texts.modes), state.answer.gaps.scenario
        bases = (
            basis_of_limit(state.kind, scenario.standard[state.kind], words),
            basis_of_group(state.group, scenario.groups[state.group], words) if state.group else "",
        )
        sources = dict.fromkeys(s.source or s.file for s in session.area.layers.sources if s.layer != "roads")
        fragment.html = session.render(
            "figures",
            headline=next(h for h in state.headlines() if h.kind == state.kind),
            group=group,
            bases=bases,
            whom=session.texts.group_in_short(state.group),
            people=float(np.nansum(people)) if (~np.isnan(people)).any() else None,
            people_unknown=int(np.isnan(people).sum()),
            villages=len(people),
            sources="; ".join(sources),
            status=session.area.scenario.status,
            extent=state.answer.gaps.extent,
            differs=state.differs,
            against=state.reference.name or session.base_name,
        )

    def brought_up() -> None:
        when_ready(session, "figures", show)

    def changed(*_events: object) -> None:
        session.views.when_shown("villages", brought_up)

    follow(changed, state, "history", "reference", "kind", "season", "group")
    changed()
    return fragment
