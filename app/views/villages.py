"""The ranked list of villages, with search and filters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import panel_material_ui as pmui
import param

from app.components.fragment import Fragment
from app.core.state import ORDERS, Filter, Selection
from app.figures.measures import STATUSES
from app.views import figures
from app.views.follows import Follows
from app.views.ready import when_ready
from planner.coverage.reach import REASONS

if TYPE_CHECKING:
    import pandas as pd

    from app.core.session import Session

PAGE = 50
LONGEST_QUERY = 100
FILTERS = ("query", "district", "status", "reason")


@dataclass(frozen=True)
class VillageRow:
    """One line of the list."""

    rank: int
    code: str
    name: str
    district: str
    people: float
    unreached: float
    unsure: float
    minutes: float
    at_most: bool
    status: str


def make(session: Session) -> pmui.Column:
    """Return the figures of the kind on the map, and below them the villages, ranked."""
    return pmui.Column(
        figures.make(session), _Ranked(session).fragment, margin=0, sizing_mode="stretch_width"
    )


class _Ranked(Follows):
    """The list; a click shows the village on the map and opens its sheet."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.shown = PAGE
        label = session.texts.text("Villages, ranked")
        self.fragment = Fragment(session.stream, "villages", self.acted, label=label)
        self.changed()

    @param.depends(
        "state.history", "state.kind", "state.season", "state.group", "state.filter", "state.selected",
        "state.order", watch=True,
    )  # fmt: skip
    def followed(self) -> None:
        self.session.views.when_shown("villages", self.changed)

    def changed(self) -> None:
        when_ready(self.session, "villages", self.show)

    def acted(self, message: dict[str, str]) -> None:
        """Do what a button, a field or a heading says."""
        state, act = self.state, message["act"]
        if act == "village" and message.get("code") in self.session.area.layers.villages.index:
            state.selected = Selection("village", message["code"])
        elif act in FILTERS:
            self.shown = PAGE
            state.filter = replace(state.filter, **{act: message.get("value", "")[:LONGEST_QUERY]})
        elif act == "order" and message.get("by") in ORDERS:
            by = message["by"]
            state.order = f"-{by}" if state.order == by else by
        elif act == "clear":
            self.shown = PAGE
            state.filter = Filter()
        elif act == "more":
            self.shown += 4 * PAGE
            self.changed()

    def show(self) -> None:
        state, table = self.state, self.state.ranking()
        chosen = state.selected
        self.fragment.html = self.session.render(
            "villages", rows=_rows(table, self.shown), total=len(table), filter=state.filter,
            filtered=state.filter != Filter(), districts=state.districts(), statuses=STATUSES,
            reasons=REASONS[1:],
            selected=chosen.id if chosen is not None and chosen.what == "village" else "",
            whom=self.session.texts.group_in_short(state.group) if state.group else "",
            order=state.order, people=float(table["people"].sum()),
            people_left=float(table["unreached"].sum()),
            people_unknown=int(table["people"].isna().sum()), left_open=bool((table["unsure"] > 0).any()),
        )  # fmt: skip


def _rows(table: pd.DataFrame, most: int) -> list[VillageRow]:
    """Return the first lines of a ranking."""
    return [
        VillageRow(
            rank=i, code=str(r.Index), name=r.village_name, district=r.district_name, people=r.people,
            unreached=r.unreached, unsure=r.unsure, minutes=r.minutes_median,
            at_most=r.at_most, status=r.status,
        )
        for i, r in enumerate(table.iloc[:most].itertuples(), start=1)
    ]  # fmt: skip
