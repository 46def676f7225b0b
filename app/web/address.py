"""The page's address: what is shown, so that a reload, a link, back and forward show it again."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from app.components.fragment import well_formed
from app.core.state import Filter, Selection
from app.figures.measures import STATUSES
from app.map.bridge import BOX_DECIMALS
from app.views.follows import follow
from app.views.villages import LONGEST_QUERY
from planner.coverage.reach import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.areas.area import Area, Box
    from app.core.session import Session

# What an address says of the state as it is, and what each is when it does not.
LINKED = {"kind": None, "season": None, "measure": None, "group": "", "beside": ""}
# What it says of the list of villages: of this only a kecamatan, which is a place, is a step to go back to.
LISTED = ("query", "district", "status", "reason")
LONGEST_ADDRESS = 4000
HIGHEST_ZOOM = 22.0


def looked_at(query: Mapping[str, str], area: Area) -> tuple[float, float, float] | None:
    """Return where the map of an address looks: latitude, longitude, zoom; None where it says nothing of use.

    The page itself writes it (static/desk.js).
    """
    try:
        lat, lon, zoom = (float(part) for part in query.get("at", "").split(","))
    except ValueError:
        return None
    if not all(map(math.isfinite, (lat, lon, zoom))) or not 0.0 <= zoom <= HIGHEST_ZOOM:
        return None
    if abs(lat) > 90.0 or abs(lon) > 180.0 or not area.is_near((lon, lat)):
        return None
    return lat, lon, zoom


def boxed(query: Mapping[str, str], area: Area) -> Box | None:
    """Return the box of an address whose villages the list holds (degrees); None where it holds none."""
    try:
        west, south, east, north = (float(part) for part in query.get("box", "").split(","))
    except ValueError:
        return None
    box = west, south, east, north
    return box if all(map(math.isfinite, box)) and area.in_box(box).any() else None


class Address:
    """Keeps the address true, and brings the session to another one.

    A step of the browser's history is what somebody would want to go back to: another view, village, kind or
    scenario. Edits are none; they have undo.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._said: dict[str, str] | None = None
        # How often the browser went back or forward, as it counts: it takes nothing that was said before.
        self._turn = 0
        # How often the page is on its way to what an address says; until it is there, that address stays.
        self._arriving = 0
        session.drafts.renamed.append(self._write)

    def follow(self) -> None:
        """Write the address, now and whenever what it says changes."""
        state, views = self._session.state, self._session.views
        names = ("kind", "season", "measure", "group", "selected", "history", "opened", "reference", "beside")
        follow(self._write, state, *names, "filter", "order")
        follow(self._write, views, "shown")
        self._write()

    def parts(self) -> dict[str, str]:
        """Return what the address says, without the draft, and of the list's filter its kecamatan alone."""
        session, state = self._session, self._session.state
        said: dict[str, Any] = {
            "view": session.views.shown, **state.linked(), "district": state.filter.district,
            "scenario": self._opened,
            "against": state.reference.id, "beside": state.beside,
            "lang": session.texts.lang, "area": session.area.code, "trial": session.area.trial,
        }  # fmt: skip
        return {k: v for k, v in said.items() if v}

    def _unstepped(self) -> dict[str, str]:
        """Return what the address also says, without which it would be no other step."""
        session, state = self._session, self._session.state
        said = {name: getattr(state.filter, name) for name in LISTED}
        box = state.filter.box
        said["box"] = "" if box is None else ",".join(f"{edge:.{BOX_DECIMALS}f}" for edge in box)
        said["order"] = "" if state.order == state.param.order.default else state.order
        said["draft"] = session.drafts.named if state.unsaved else ""
        return {k: v for k, v in said.items() if v}

    def _write(self, *_events: object) -> None:
        if self._arriving:
            return
        said = self.parts()
        push = self._said is not None and said != self._said
        self._said = said
        search = "?" + urlencode(said | self._unstepped())
        self._session.stream.put("address", {"search": search, "push": push, "turn": self._turn})

    def start(self, query: Mapping[str, str]) -> None:
        """Bring a new session to what its address asks for; what makes no sense is left out."""
        self._arriving += 1
        self._show(query, {})
        where = looked_at(query, self._session.area)
        if where is not None:
            self._session.map.look(where)
        if query.get("draft"):
            self._resume(query)
        elif query.get("scenario"):
            self._session.scenarios.open(query["scenario"])
        self._compare(query)
        self._arrive(query, waits=any(query.get(k) for k in ("draft", "scenario", "against")))

    def go_back(self, search: str) -> None:
        """Show what an address says that the browser went back, or forward, to; no work is lost by it."""
        session, state = self._session, self._session.state
        query = dict(parse_qsl(well_formed(search[:LONGEST_ADDRESS]).removeprefix("?")))
        self._arriving += 1
        self._show(query, {k: v for k, v in LINKED.items() if v is not None})
        # After what was chosen, which may have moved it.
        session.map.look(looked_at(query, session.area))
        wanted, draft, named = query.get("scenario", ""), query.get("draft", ""), session.drafts.named
        waits = True
        if draft and draft != named:
            self._resume(query)
        elif draft:
            # It is what is shown, or was saved since under the name that is open.
            waits = False
        elif wanted and wanted != self._opened:
            session.scenarios.open(wanted)
        elif self._opened and not wanted and not state.unsaved:
            session.scenarios.start_new()
        else:
            waits = False
        self._arrive(query, waits=self._compare(query) or waits, back=True)

    @property
    def _opened(self) -> str:
        """The id of the saved scenario that is open; "" where none is."""
        opened = self._session.state.opened
        return "" if opened is None else opened.id

    def _resume(self, query: Mapping[str, str]) -> None:
        """Go on with the draft of an address; where that is gone, with its scenario as it was saved."""
        wanted = query.get("scenario", "")

        def gone() -> None:
            if wanted and wanted != self._opened:
                self._arriving += 1
                self._session.scenarios.open(wanted)
                self._arrive(query, waits=True)

        self._session.drafts.resume(query["draft"], gone=gone)

    def _compare(self, query: Mapping[str, str]) -> bool:
        """Compare with what an address says, once what it opens is open; returns whether that is another."""
        session = self._session
        against = query.get("against", "")
        if against == session.state.reference.id:
            return False
        session.scenarios.compare_with(against, measure=session.state.measure)
        return True

    def _arrive(self, query: Mapping[str, str], *, waits: bool, back: bool = False) -> None:
        """Write the address again once all is there that was asked for, or was told why it is not."""
        queue, arrived = self._session.questions.queue, partial(self._arrived, query, back)
        if not waits or not queue(lambda: (lambda: None, arrived), lost=arrived):
            arrived()

    def _arrived(self, query: Mapping[str, str], back: bool, *_result: object) -> None:  # noqa: FBT001 - bound
        self._arriving -= 1
        session = self._session
        if not self._arriving and session.state.selected is None:
            # A unit of the scenario that was to be opened first.
            there = self._select(query)
            if session.state.selected is not None:
                session.views.open(query.get("view", ""))
            elif back and not there:
                session.notice.tell(
                    session.texts.text("The unit that was shown here is not in the scenario now."), "warning"
                )
        # It is the same step as before.
        self._said = None
        self._write()

    def _show(self, query: Mapping[str, str], otherwise: Mapping[str, str]) -> None:
        """Choose what a query says of the map, the list, village or facility, and view."""
        session, state = self._session, self._session.state
        known = {"kind": session.area.kinds, "group": ("", *session.area.scenario.groups)}
        for name in LINKED:
            value = query.get(name, otherwise.get(name))
            if value is None or value not in known.get(name, (value,)):
                continue
            choices = getattr(state.param[name], "objects", None)
            if choices is None or value in choices:
                setattr(state, name, value)
        self._list(query)
        self._select(query)
        session.views.open(query.get("view", ""))

    def _select(self, query: Mapping[str, str]) -> bool:
        """Choose the village or unit that a query says, or none; returns whether it is there."""
        state = self._session.state
        village, facility = query.get("village", ""), query.get("facility", "")
        chosen = None
        if village in self._session.area.layers.villages.index:
            chosen = Selection("village", village)
        elif facility in state.answer.gaps.layers.facilities.index:
            chosen = Selection("facility", facility)
        state.selected = chosen
        return chosen is not None or not (village or facility)

    def _list(self, query: Mapping[str, str]) -> None:
        """Bring the list of villages to what a query says."""
        state = self._session.state
        known = {"district": state.districts(), "status": STATUSES, "reason": REASONS[1:]}
        said: dict[str, Any] = {
            name: well_formed(query.get(name, "")[:LONGEST_QUERY])
            for name in LISTED
            if name not in known or query.get(name, "") in known[name]
        }
        order = query.get("order", "")
        state.param.update(
            filter=Filter(**said, box=boxed(query, self._session.area)),
            order=order if order in state.param.order.objects else state.param.order.default,
        )

    def heard(self, message: Mapping[str, Any]) -> None:
        """Take what the page says of itself (static/desk.js)."""
        views = self._session.views
        if isinstance(message.get("address"), str):
            if isinstance(message.get("turn"), int):
                self._turn = message["turn"]
            self.go_back(message["address"])
        elif isinstance(message.get("small"), bool):
            # On a phone the map comes first; a view that was asked for is in front all the same.
            views.fit(small=message["small"])
        elif message.get("escape") is True:
            self._session.map.cancel()
        elif message.get("panel") in views.param.panel.objects:
            views.panel = message["panel"]
