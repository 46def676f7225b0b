"""The ranked list of villages, with search and filters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import panel_material_ui as pmui

from app.components.fragment import Fragment
from app.core.state import ORDERS, Filter, Selection
from app.figures.measures import STATUSES
from app.views import figures
from app.views.follows import follow
from app.views.ready import when_ready
from planner.coverage.reach import REASONS

if TYPE_CHECKING:
    from app.core.session import Session

PAGE = 50
FILTERS = ("query", "district", "status", "reason")


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    rank: int
    code: str
    name: str
    district: str
    people: float
    unreached: float
    unsure: float
    minutes: float
    open: bool
    status: str


def make(session: Session) -> pmui.Column:
    """Return the figures of the kind on the map, and below them the villages, ranked."""
    return pmui.Column(figures.make(session), _ranked(session), margin=0, sizing_mode="stretch_width")


def _ranked(session: Session) -> Fragment:
    """Return the list; a click shows the village on the map and opens its sheet."""
    state, _ = session.state, session.texts.text
    shown = PAGE

    def acted(message: dict[str, str]) -> None:
        nonlocal shown
        act = message["act"]
        if act == "village" and message.get("code") in session.area.layers.villages.index:
            state.selected = Selection("village", message["code"])
        elif act in FILTERS:
            shown = PAGE
            state.filter = replace(state.filter, **{act: message.get("value", "")[:100]})
        elif act == "order" and message.get("by") in ORDERS:
            by = message["by"]
            state.order = f"-{by}" if state.order == by else by
        elif act == "clear":
            shown = PAGE
            state.filter = Filter()
        elif act == "more":
            shown += 4 * PAGE
            changed()

    fragment = Fragment(session.stream, "villages", acted, label=_("Villages, ranked"))

    def show() -> None:
        table = state.ranking()
        rows = [
            Row(
                i,
                str(r.Index),
                r.village_name,
                r.district_name,
                r.people,
                r.unreached,
                r.unsure,
                r.minutes_median,
                r.share_unknown > 0,
                r.status,
            )
            for i, r in enumerate(table.iloc[:shown].itertuples(), start=1)
        ]
        chosen = state.selected
        fragment.html = session.render(
            "villages", rows=rows, total=len(table), filter=state.filter, filtered=state.filter != Filter(),
            districts=state.districts(), statuses=STATUSES, reasons=REASONS[1:],
            selected=chosen.id if chosen is not None and chosen.what == "village" else "",
            whom=session.texts.group_in_short(state.group) if state.group else "",
            order=state.order, people=float(table["people"].sum()),
            people_left=float(table["unreached"].sum()),
            people_unknown=int(table["people"].isna().sum()), left_open=bool((table["unsure"] > 0).any()),
        )  # fmt: skip

    def changed() -> None:
        when_ready(session, "villages", show)

    def followed(*_events: object) -> None:
        session.views.when_shown("villages", changed)

    follow(followed, state, "history", "kind", "season", "group", "filter", "selected", "order")
    changed()
    return fragment
