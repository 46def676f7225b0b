"""What if: other rules, new or closed units, new or closed roads; with undo and redo."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import panel_material_ui as pmui
import param

from app.areas.question import WhatIf
from app.components.fragment import Fragment, well_formed
from app.figures.describe import OFFERED_ROAD_CLASSES, described, road_class, road_words, rules
from app.map.edits import road_lines
from app.views.follows import Follows
from geodata.vocabulary.kinds import known_kinds
from planner.scenarios.edits import AddBoat, AddRoad, ChangeSpeed, CloseRoad, OpenFacility

if TYPE_CHECKING:
    from app.core.session import Session

FACTORS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
LONGEST_LIMIT = 240.0
LEAST_FACTOR, MOST_FACTOR = 0.01, 100.0
# A click that misses a road by less than this still means it, however far the map is zoomed in.
LEAST_MISS_M = 30.0
CANDIDATES = 5


def make(session: Session) -> pmui.Column:
    """Return the controls and the list of changes."""
    return _WhatIf(session).layout


class _WhatIf(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        _ = session.texts.text
        self.candidates: list[str] = []
        wide: dict[str, Any] = {"sizing_mode": "stretch_width", "size": "small", "margin": (4, 4)}
        half: dict[str, Any] = {"width": 165, "size": "small", "margin": (4, 4)}
        self.undo = pmui.Button(label=_("Undo"), icon="undo", variant="outlined", size="small")
        self.redo = pmui.Button(label=_("Redo"), icon="redo", variant="outlined", size="small")
        self.reset = pmui.Button(label=_("Back to the base"), variant="outlined", size="small")
        self.kind = pmui.Select(
            label=_("Kind of new unit"), options={session.texts.kind(k): k for k in known_kinds()}, **half
        )
        self.unit_name = pmui.TextInput(label=_("Its name (optional)"), **half)
        self.place = pmui.Button(label=_("Place it on the map"), icon="add_location", color="primary", **wide)
        self.close_road = pmui.Button(
            label=_("Close a road or bridge"), icon="block", variant="outlined", **wide
        )
        self.road_class = pmui.Select(
            label=_("Class of new road"),
            options={road_class(c, session.texts): c for c in OFFERED_ROAD_CLASSES},
            value="residential",
            **half,
        )
        self.bridge = pmui.Checkbox(label=_("It is a bridge"), margin=(4, 4))
        self.road = pmui.Button(label=_("Draw a road"), icon="add_road", variant="outlined", **wide)
        self.boat = pmui.Button(
            label=_("Draw a boat link"), icon="directions_boat", variant="outlined", **wide
        )
        self.list = Fragment(session.stream, "changes", self.acted, label=_("Changes"))
        self._wire()
        row = partial(
            pmui.FlexBox, flex_direction="row", flex_wrap="wrap", margin=0, sizing_mode="stretch_width"
        )
        heading = partial(pmui.Typography, variant="h3", sx={"fontSize": "1.05rem"}, margin=(8, 4, 0, 4))
        self.rules = Fragment(session.stream, "rules", self.ruled, label=_("Rules"))
        roads = [] if session.area.layers.roads is None else [
            heading(_("Roads and boats")), self.close_road, row(self.road_class, self.bridge), self.road,
            self.boat,
        ]  # fmt: skip
        self.layout = pmui.Column(
            row(self.undo, self.redo, self.reset), self.list, self.rules, heading(_("Units")),
            row(self.kind, self.unit_name), self.place, *roads, margin=0, sizing_mode="stretch_width",
        )  # fmt: skip
        self.show()

    def _wire(self) -> None:
        session = self.session
        self.undo.on_click(lambda _: session.questions.undo())
        self.redo.on_click(lambda _: session.questions.redo())
        self.reset.on_click(lambda _: session.questions.change(WhatIf))
        self.place.on_click(lambda _: session.map.pick("place", self.placed))
        self.close_road.on_click(lambda _: session.map.pick("place", self.pointed))
        self.road.on_click(lambda _: session.map.pick("line", self.drawn_road))
        self.boat.on_click(lambda _: session.map.pick("line", self.drawn_boat))

    @param.depends("state.history", "state.kind", watch=True)
    def changed(self) -> None:
        self.session.views.when_shown("whatif", self.show)

    def show(self) -> None:
        """Show the rules and changes as they are."""
        session, state = self.session, self.state
        texts = session.texts
        self.undo.disabled, self.redo.disabled = not state.history.can_undo, not state.history.can_redo
        self.reset.disabled = state.what_if.is_base
        rule = state.answer.gaps.scenario.standard[state.kind]
        factor = self._factor_now(rule.mode)
        self.rules.html = session.render(
            "rules",
            kind=state.kind, mode=rule.mode, limit=texts.plain(rule.limit_minutes),
            modes=list(session.area.scenario.modes), factor=factor,
            factors={f: _factor(session, f) for f in sorted({*FACTORS, factor})},
        )  # fmt: skip
        self.show_list()

    @param.depends("notice.busy", watch=True)
    def show_busy(self) -> None:
        self.place.loading = self.session.notice.busy

    def show_list(self) -> None:
        session, what_if = self.session, self.state.what_if
        listed = set(session.area.layers.area.listed_kinds)
        opened = {e.kind for e in what_if.edits if isinstance(e, OpenFacility)}
        self.list.html = session.render(
            "changes",
            rules=rules(what_if, session.texts), edits=described(what_if, session.area, session.texts),
            unlisted=[session.texts.kind(k) for k in sorted(opened - listed) if k in session.area.kinds],
            candidates=[road_words(session.area, name, session.texts) for name in self.candidates],
        )  # fmt: skip

    def _factor_now(self, mode: str) -> float:
        factor = 1.0
        for edit in self.state.what_if.edits:
            if isinstance(edit, ChangeSpeed) and edit.mode == mode and not edit.classes:
                factor = edit.factor
        return factor

    def ruled(self, message: dict[str, str]) -> None:
        """Ask with the mode, limit or speed that was chosen for the kind on show."""
        act, kind, value = message["act"], message.get("kind", ""), message.get("value", "")
        if kind not in self.session.area.kinds:
            return
        state, texts = self.state, self.session.texts
        if act == "mode" and value in self.session.area.scenario.modes:
            self.session.questions.change(lambda: state.with_rule(kind, mode=value))
        elif act == "limit":
            limit = texts.parsed(value)
            if limit is None or not 1.0 <= limit <= LONGEST_LIMIT:
                self.session.notice.tell(texts.text(
                    "A limit is between {a} and {b} minutes.", a=1, b=texts.number(LONGEST_LIMIT)
                ), "warning")  # fmt: skip
                self.show()
                return
            self.session.questions.change(lambda: state.with_rule(kind, limit_minutes=limit))
        elif act == "speed":
            factor = texts.parsed(value.replace(",", "."))
            if factor is None or not LEAST_FACTOR <= factor <= MOST_FACTOR:
                self.session.notice.tell(texts.text(
                    "Travel is between {a} and {b} times as fast as usual.",
                    a=texts.number(LEAST_FACTOR, 2), b=texts.number(MOST_FACTOR),
                ), "warning")  # fmt: skip
                self.show()
                return
            self.session.questions.change(lambda: self._with_speed(kind, factor))

    def _with_speed(self, kind: str, factor: float) -> WhatIf:
        """Return the question with the speed of a kind's mode changed; one change a mode."""
        what_if = self.state.what_if
        mode = self.state.answer.gaps.scenario.standard[kind].mode
        kept = tuple(
            e for e in what_if.edits if not (isinstance(e, ChangeSpeed) and e.mode == mode and not e.classes)
        )
        plain = what_if.model_copy(update={"edits": kept})
        return plain if factor == 1.0 else plain.with_edit(ChangeSpeed(op="speed", mode=mode, factor=factor))

    def placed(self, message: dict[str, Any]) -> None:
        """Open a unit at the place that was clicked."""
        if message.get("type") != "place":
            return
        lon, lat = message["lonlat"]
        if not self._inside((lon, lat)):
            return
        kind, name = self.kind.value, well_formed(self.unit_name.value or "").strip()[:120]

        def opened() -> WhatIf:
            new = self.state.new_facility_id(kind)
            edit = OpenFacility(op="open_facility", id=new, kind=kind, lonlat=(lon, lat), name=name)
            return self.state.what_if.with_edit(edit)

        self.unit_name.value = ""
        self.session.questions.change(opened)

    def _inside(self, lonlat: tuple[float, float]) -> bool:
        inside = self.session.area.is_near(lonlat)
        if not inside:
            self.session.notice.tell(self.session.texts.text(
                "This place is outside the area. Click inside it."), "warning")  # fmt: skip
        return inside

    def pointed(self, message: dict[str, Any]) -> None:
        """Offer the roads near the place that was clicked; bridges first."""
        if message.get("type") != "place":
            return
        lon, lat = message["lonlat"]
        within_m = max(float(message.get("miss_m", 0.0)), LEAST_MISS_M)
        near = self.session.area.nearest_roads((lon, lat), within_m)
        closed = {e.road for e in self.state.what_if.edits if isinstance(e, CloseRoad)}
        self.candidates = [str(name) for name in near.index if name not in closed][:CANDIDATES]
        if self.candidates:
            lines = [road_lines(self.session.area, name)[0] for name in self.candidates]
            self.session.map.draw(["candidate"] * len(lines), gpd.GeoSeries(lines))
            self.session.views.open("whatif")
        else:
            self.session.notice.tell(
                self.session.texts.text("There is no road at this place. Zoom in and click on one."),
                "warning",
            )
        self.show_list()

    def drawn_road(self, message: dict[str, Any]) -> None:
        """Add the road that was drawn."""
        if message.get("type") == "line":
            drawn = {
                "op": "add_road", "line": message["line"], "class": self.road_class.value,
                "bridge": bool(self.bridge.value),
            }  # fmt: skip
            self.session.questions.change(lambda: self.state.what_if.with_edit(AddRoad.model_validate(drawn)))

    def drawn_boat(self, message: dict[str, Any]) -> None:
        """Add the boat link that was drawn."""
        if message.get("type") == "line":
            drawn = {"op": "add_boat", "line": message["line"]}
            self.session.questions.change(lambda: self.state.what_if.with_edit(AddBoat.model_validate(drawn)))

    def acted(self, message: dict[str, str]) -> None:
        """Do what a button of the list says."""
        act, state = message["act"], self.state
        edits = state.what_if.edits
        number = message.get("number", "")
        if act == "remove" and number.isdecimal() and int(number[:6]) < len(edits):
            # The edit that was pointed at, wherever it stands when its turn comes.
            gone = edits[int(number)]
            self.session.questions.change(lambda: state.what_if.without(gone))
        elif act == "rules":
            self.session.questions.change(lambda: state.what_if.model_copy(update={"standard": {}}))
        elif act == "close_road" and message.get("road") in self.candidates:
            edit = CloseRoad(op="close_road", road=message["road"])
            self._leave_candidates()
            self.session.questions.change(lambda: state.what_if.with_edit(edit))
        elif act == "no_road":
            self._leave_candidates()
            self.show_list()

    def _leave_candidates(self) -> None:
        self.candidates = []
        self.session.map.draw([], gpd.GeoSeries([]))


def _factor(session: Session, factor: float) -> str:
    return session.texts.text("as usual") if factor == 1.0 else f"× {session.texts.number(factor, 2)}"
