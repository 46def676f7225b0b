"""What if: other rules, new or closed units, new or closed roads; with undo and redo."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import panel_material_ui as pmui
import param

from app.areas.apart import OF_SCENARIO
from app.areas.question import WhatIf, content_of_file
from app.components.fragment import Fragment
from app.components.upload import EMPTY, Upload
from app.figures.describe import OFFERED_ROAD_CLASSES, described, road_class, road_words, rules
from app.figures.given import others_in_words
from app.map.edits import road_lines
from app.views.follows import Follows
from geodata.vocabulary.kinds import known_kinds
from planner.scenarios.edits import (
    AddBoat,
    AddRoad,
    ChangeRoad,
    ChangeSpeed,
    CloseRoad,
    Flood,
    OpenFacility,
    ReopenRoad,
)

if TYPE_CHECKING:
    from app.core.session import Session
    from planner.scenarios.edits import Edit

FACTORS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
LONGEST_LIMIT = 240.0
LEAST_FACTOR, MOST_FACTOR = 0.01, 100.0
# A click that misses a road by less than this still means it, however far the map is zoomed in.
LEAST_MISS_M = 30.0
CANDIDATES = 5
LONGEST_NAME = 120
FLOOD_SEASONS = ("wet", "dry", "both")
LARGEST_FILE_BYTES = 2_000_000
ROAD_ACTS: dict[str, type[CloseRoad | ReopenRoad | ChangeRoad]] = {
    "close_road": CloseRoad, "reopen_road": ReopenRoad, "change_road": ChangeRoad,
}  # fmt: skip


def make(session: Session) -> pmui.Column:
    """Return the controls and the list of changes."""
    return _WhatIf(session).layout


class _WhatIf(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        _ = session.texts.text
        self.candidates: list[str] = []
        # What is drawn next; the kind of a new unit is that of the map, until another is chosen.
        self.new_kind, self.road_class, self.flood_season = "", "residential", "wet"
        self.units_placed = 0
        self.bridge = False
        self.list = Fragment(session.stream, "changes", self.acted, label=_("Changes"))
        self.rules = Fragment(session.stream, "rules", self.ruled, label=_("Rules"))
        self.tools = Fragment(session.stream, "tools", self.drawing, label=_("Units, roads and floods"))
        name = _("Open a scenario file (YAML)")
        self.file = Upload(
            self.refused, label=name, uploaded_label=name, accept=".yml,.yaml", size="small",
            variant="outlined", max_file_size=LARGEST_FILE_BYTES, margin=(4, 0),
            begun=session.notice.over,
        )  # fmt: skip
        self.file.param.watch(self.uploaded, ["value"])
        self.layout = pmui.Column(
            self.list, self.tools, self.rules, self.file, margin=0, sizing_mode="stretch_width"
        )
        self.show()

    @param.depends("state.history", "state.kind", watch=True)
    def changed(self) -> None:
        self.session.views.when_shown("whatif", self.show)

    @param.depends("state.kind", watch=True)
    def another_kind(self) -> None:
        """Let the kind of a new unit be that of the map again."""
        self.new_kind = ""

    def show(self) -> None:
        """Show the rules and changes as they are."""
        session, state = self.session, self.state
        texts = session.texts
        rule = state.answer.gaps.scenario.standard[state.kind]
        factor = self._factor_now(rule.mode)
        self.rules.html = session.render(
            "rules",
            kind=state.kind, mode=rule.mode, limit=texts.plain(rule.limit_minutes),
            modes=list(session.area.scenario.modes), factor=factor,
            factors={f: _factor(session, f) for f in sorted({*FACTORS, factor})},
        )  # fmt: skip
        self.show_tools()
        self.show_list()

    def show_tools(self) -> None:
        session = self.session
        self.tools.html = session.render(
            "tools",
            kinds=known_kinds(), kind=self.new_kind or self.state.kind,
            roads=session.area.layers.roads is not None,
            classes={c: road_class(c, session.texts) for c in OFFERED_ROAD_CLASSES},
            road_class=self.road_class, bridge=self.bridge, flood_season=self.flood_season,
            seasons=FLOOD_SEASONS, placed=self.units_placed,
        )  # fmt: skip

    def drawing(self, message: dict[str, str]) -> None:
        """Take what is to be drawn, or begin to draw it on the map."""
        session, act, value = self.session, message["act"], message.get("value", "")
        match act:
            case "new_kind" | "road_class" | "flood_season":
                self.choose(act, value)
            case "bridge":
                self.bridge = value == "true"
            case "carried":
                self.carried(message)
            case "place":
                name = message.get("unit_name", "").strip()[:LONGEST_NAME]
                session.map.pick("place", partial(self.placed, name=name))
            case "point":
                session.map.pick("place", self.pointed)
            case "road":
                session.map.pick("line", self.drawn_road)
            case "boat":
                session.map.pick("line", self.drawn_boat)
            case "flood":
                session.map.pick("area", self.drawn_flood)

    def choose(self, what: str, value: str) -> None:
        """Choose the kind, the class or the season of what is drawn next."""
        known = {"new_kind": known_kinds(), "road_class": OFFERED_ROAD_CLASSES, "flood_season": FLOOD_SEASONS}
        if value in known[what]:
            setattr(self, what, value)

    def carried(self, message: dict[str, str]) -> None:
        """Go on with what was chosen on the page before, such as the one in the other language."""
        for what in ("new_kind", "road_class", "flood_season"):
            # The kind of the map is none that was chosen: it goes with the map.
            if message.get(what) != self.state.kind:
                self.choose(what, message.get(what, ""))
        self.bridge = "bridge" in message
        self.show_tools()

    def show_list(self) -> None:
        session, what_if, given = self.session, self.state.what_if, self.session.area.given
        listed = set(session.area.layers.area.listed_kinds)
        # Those of the base, which a file may have given, too.
        edits = (*session.area.scenario.edits, *what_if.edits)
        opened = {e.kind for e in edits if isinstance(e, OpenFacility)}
        self.list.html = session.render(
            "changes",
            rules=rules(what_if, session.texts), edits=described(what_if, session.area, session.texts),
            unlisted=[session.texts.kind(k) for k in sorted(opened - listed) if k in session.area.kinds],
            candidates=[road_words(session.area, name, session.texts) for name in self.candidates],
            classes={c: road_class(c, session.texts) for c in OFFERED_ROAD_CLASSES},
            closed={e.road for e in edits if isinstance(e, CloseRoad)}, base=what_if.is_base,
            given=given, base_name=session.base_name,
            of_base=[] if given is None else [
                *rules(given.what_if, session.texts),
                *described(given.what_if, session.area, session.texts),
                *others_in_words(given, session.area.scenario, session.texts),
            ],
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
            factor = texts.parsed(value)
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

    def placed(self, message: dict[str, Any], *, name: str) -> None:
        """Open a unit at the place that was clicked."""
        if message.get("type") != "place":
            return
        lon, lat = message["lonlat"]
        if not self._inside((lon, lat)):
            return
        kind = self.new_kind or self.state.kind
        name = name or self._name_by_village(kind, (lon, lat))

        def opened() -> WhatIf:
            new = self.state.new_facility_id(kind)
            edit = OpenFacility(op="open_facility", id=new, kind=kind, lonlat=(lon, lat), name=name)
            return self.state.what_if.with_edit(edit)

        # The name that was typed is of this unit, not of the next.
        self.units_placed += 1
        self.show_tools()
        self.session.questions.change(opened)

    def _name_by_village(self, kind: str, lonlat: tuple[float, float]) -> str:
        """Return a name for a new unit: its kind and village, with a number where there is one already."""
        village = self.session.area.village_at(lonlat)
        called = self.session.texts.kind(kind)
        if village is not None:
            called = f"{called} {self.session.area.layers.villages['village_name'].get(village) or village}"
        taken = set(self.state.answer.gaps.layers.facilities["name"])
        numbered = (f"{called} {n}" for n in count(2))
        return (called if called not in taken else next(n for n in numbered if n not in taken))[:LONGEST_NAME]

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
        self.candidates = [str(name) for name in near.index][:CANDIDATES]
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
                "op": "add_road", "line": message["line"], "class": self.road_class, "bridge": self.bridge,
            }  # fmt: skip
            self.session.questions.change(lambda: self.state.what_if.with_edit(AddRoad.model_validate(drawn)))

    def drawn_boat(self, message: dict[str, Any]) -> None:
        """Add the boat link that was drawn."""
        if message.get("type") == "line":
            drawn = {"op": "add_boat", "line": message["line"]}
            self.session.questions.change(lambda: self.state.what_if.with_edit(AddBoat.model_validate(drawn)))

    def drawn_flood(self, message: dict[str, Any]) -> None:
        """Flood the area that was drawn."""
        if message.get("type") == "area":
            drawn = {"op": "flood", "polygon": message["line"], "season": self.flood_season}
            self.session.questions.change(lambda: self.state.what_if.with_edit(Flood.model_validate(drawn)))

    def uploaded(self, *_events: object) -> None:
        """Ask what a scenario file asks, in the place of what is shown; undo takes it back."""
        if self.file.given:
            base = self.session.area.scenario
            slow = partial(
                self.session.readers.read, content_of_file, self.file.given, base, bounds=OF_SCENARIO
            )
            self.session.questions.read(lambda: WhatIf.read(slow()))

    def refused(self, why: str) -> None:
        """Say what the browser did not take."""
        if why == EMPTY:
            self.session.notice.tell(self.session.texts.text("The file is empty."), "error")
            return
        self.session.notice.tell(self.session.texts.text("This file is too large for a scenario."), "error")

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
        elif act == "base":
            self.session.questions.change(WhatIf)
        elif act in ROAD_ACTS and message.get("road") in self.candidates:
            self._edit_road(act, message["road"], message.get("class", ""))
        elif act == "no_road":
            self._leave_candidates()
            self.show_list()

    def _edit_road(self, act: str, road: str, another: str) -> None:
        state = self.state
        edit: Edit
        if act == "change_road":
            if another not in OFFERED_ROAD_CLASSES:
                return
            edit = ChangeRoad.model_validate({"op": act, "road": road, "class": another})
        else:
            edit = ROAD_ACTS[act].model_validate({"op": act, "road": road})
        self._leave_candidates()
        closed = [e for e in state.what_if.edits if isinstance(e, CloseRoad) and e.road == road]
        if act == "reopen_road" and closed:
            # Closed here, so that it is enough to take that back.
            self.session.questions.change(lambda: state.what_if.without(closed[0]))
        else:
            self.session.questions.change(lambda: state.what_if.with_edit(edit))

    def _leave_candidates(self) -> None:
        self.candidates = []
        self.session.map.draw([], gpd.GeoSeries([]))


def _factor(session: Session, factor: float) -> str:
    return session.texts.text("as usual") if factor == 1.0 else f"× {session.texts.number(factor, 2)}"
