"""The map: paints the answer, shows what is chosen, and hears clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import param
import shapely

from app.core.state import Filter, Selection
from app.figures.measures import MEASURES
from app.map.bridge import MapBridge
from app.map.edits import edited_points, edited_roads
from app.map.sites import plan_message
from app.views.follows import Follows
from app.views.ready import when_ready

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from app.core.session import Session


def make(session: Session) -> MapBridge:
    """Return the map of a session."""
    view = _MapView(session)
    return view.bridge


def painting(session: Session, turn: int) -> dict[str, Any]:
    """Return the message that paints the map: one class a village, and the legend."""
    state, texts = session.state, session.texts
    measure = state.painted
    shown = state.shown()
    classes, passing = measure.classes(shown), state.passing()
    unreached = np.round(shown.unreached)
    legend = measure.legend(texts)
    title = texts.text(measure.title)
    if measure is not MEASURES[state.measure]:
        title = f"{title} ({texts.group_in_short(state.group)})"
    elif state.group and measure.counts_all:
        # The list beside it tells of the group alone.
        title = f"{title} ({texts.group('')})"
    if state.measure == "change":
        # Against what must be on the picture itself: it may be all that somebody sees.
        title = texts.text("Difference to {name}", name=state.reference.name or session.base_name)
    return {
        "type": "paint", "turn": turn, "title": f"{texts.kind(state.kind)}: {title}",
        "classes": _digits(classes), "legend": [
            {"color": row.color, "label": row.label, "unknown": row.unknown} for row in legend
        ],
        "counts": np.bincount(classes, minlength=len(legend)).tolist(),
        "whom": texts.group_in_short(state.group),
        # For the tip: people known not to be reached.
        "unreached": [None if np.isnan(n) else int(n) for n in unreached],
        # Those that the filter holds back.
        "faded": None if passing.all() else _digits((~passing).astype(np.int8)),
    }  # fmt: skip


class _MapView(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.turn = 0
        # The plan that was last sent, and how many were.
        self.sent, self.plans = session.planning.plan, 0
        self.heard: dict[str, Callable[[dict[str, Any]], None]] = {
            "village": self.village,
            "facility": self.facility,
            "place": session.map.picked,
            "line": session.map.picked,
            "area": session.map.picked,
            "site": self.site,
            "several": self.several,
            "swiped": self.end_comparison,
            "cancelled": lambda _: session.map.picked({"type": "cancelled"}),
            "note": lambda m: session.notice.tell(str(m.get("text", "")), "info"),
        }
        texts = session.texts
        self.bridge = MapBridge(
            session.stream, self.hear, src=session.map.address, sizing_mode="stretch_both",
            label=texts.text("Map of {area}", area=session.area.name),
        )  # fmt: skip
        session.map.use = lambda name: self.bridge.send({"type": "tool", "name": name})
        session.map.draw = self.draw
        session.map.mark = lambda found: self.bridge.send({"type": "doubts", "marks": found})
        session.map.go_to = lambda corners: self.bridge.send({"type": "go", "corners": corners})
        session.map.look = lambda at: self.bridge.send({"type": "look", "at": at and list(at)})
        session.map.show_theme = lambda dark: self.bridge.send({"type": "theme", "dark": dark})
        self.answered()

    def hear(self, message: dict[str, Any]) -> None:
        act = self.heard.get(message["type"])
        if act is not None:
            act(message)

    @param.depends("state.history", "state.reference", watch=True)
    def answered(self) -> None:
        self.paint()
        answer = self.state.answer
        self.bridge.send({"type": "facilities", "changed": edited_points(answer)})
        self.bridge.send({"type": "edits", "features": edited_roads(self.session.area, answer)})
        # A unit that moved takes its ring along.
        self.select()

    @param.depends("state.kind", "state.season", "state.measure", "state.group", "state.filter", watch=True)
    def paint(self) -> None:
        """Paint the answer, at once where all of it is ready."""
        when_ready(self.session, "paint", self.painted)

    def painted(self) -> None:
        self.turn += 1
        self.bridge.send(painting(self.session, self.turn))
        self.laid_beside()

    @param.depends("state.beside", watch=True)
    def laid_beside(self) -> None:
        """Lay what is compared with beside it, where that was asked for and differs."""
        state, texts = self.session.state, self.session.texts
        beside = bool(state.beside) and state.differs
        shown = texts.text("what is shown") if state.opened is None else state.opened.name
        self.bridge.send({
            "type": "swipe", "how": state.beside if beside else "",
            "classes": _digits(state.classes_compared()) if beside else None,
            "changed": edited_points(state.compared) if beside else [],
            "edits": edited_roads(self.session.area, state.compared) if beside else [],
            "left": state.reference.name or self.session.base_name, "right": shown,
        })  # fmt: skip

    def village(self, message: dict[str, Any]) -> None:
        code = str(message.get("code", ""))
        if code in self.session.area.layers.villages.index:
            self.state.selected = Selection("village", code)

    def facility(self, message: dict[str, Any]) -> None:
        self.session.select_facility(str(message.get("id", "")))

    def end_comparison(self, _message: dict[str, Any]) -> None:
        self.state.beside = ""

    def several(self, message: dict[str, Any]) -> None:
        """Let the list hold the villages of a box that was drawn."""
        if not self.session.area.in_box(message["box"]).any():
            self.session.notice.tell(
                self.session.texts.text("No village has its middle in this box."), "info"
            )  # fmt: skip
            return
        self.state.filter = Filter(box=message["box"])
        self.session.views.open("villages")

    def site(self, message: dict[str, Any]) -> None:
        """Do what was asked of a proposed site on the map."""
        act, key = str(message.get("text", "")), str(message.get("id", ""))
        if act == "open":
            self.session.planning.choose(key)
            self.session.views.open("proposals")
        elif act == "instead" and self.planning.chosen is not None:
            self.session.planning.take_instead(self.planning.chosen.key, key)
        elif act in ("accept", "forbid", "leave"):
            self.session.planning.say_of_site(act, key)

    @param.depends(
        "planning.plan", "planning.choices", "planning.areas", "planning.chosen", "planning.until", watch=True
    )
    def proposed(self) -> None:
        """Show the plan's sites, what was said of them, and the forbidden areas; a new plan is looked at."""
        if self.planning.plan is not self.sent:
            self.sent, self.plans = self.planning.plan, self.plans + 1
        self.bridge.send({**plan_message(self.session), "turn": self.plans})

    @param.depends("state.selected", watch=True)
    def chosen(self) -> None:
        self.select()
        # Apart, and last: brings it into view where it is not.
        self.bridge.send({"type": "view", **self.names()})

    def select(self) -> None:
        self.bridge.send({"type": "select", **self.names()})

    def names(self) -> dict[str, str | None]:
        chosen = self.state.selected
        return {
            "village": chosen.id if chosen and chosen.what == "village" else None,
            "facility": chosen.id if chosen and chosen.what == "facility" else None,
        }

    def draw(self, kinds: list[str], shapes: gpd.GeoSeries) -> None:
        """Draw light shapes (degrees) over the map, in the look of their kinds."""
        features = [
            {"kind": k, "geometry": shapely.geometry.mapping(s)} for k, s in zip(kinds, shapes, strict=True)
        ]
        self.bridge.send({"type": "overlay", "features": features})


def _digits(classes: np.ndarray[Any, np.dtype[np.int8]]) -> str:
    """Return one character a village: its class."""
    return (classes + ord("0")).astype(np.uint8).tobytes().decode("ascii")
