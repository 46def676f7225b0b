"""The page's address: what is shown, so that a reload, a link, back and forward show it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from app.core.state import Selection
from app.views.follows import follow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.core.session import Session

# What an address says of the state as it is, and what each is when it does not.
LINKED = {"kind": None, "season": None, "measure": None, "group": ""}
LONGEST_ADDRESS = 4000


class Address:
    """Keeps the address true, and brings the session to another one.

    A step of the browser's history is what somebody would want to go back to: another view, village, kind or
    scenario. Edits are none; they have undo.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._said: dict[str, str] | None = None
        self._applying = False
        # Where the browser went back to, while what it takes is still on its way.
        self._expected: dict[str, str] | None = None

    def follow(self) -> None:
        """Write the address, now and whenever what it says changes."""
        state, views = self._session.state, self._session.views
        names = ("kind", "season", "measure", "group", "selected", "history", "opened")
        follow(self._write, state, *names)
        follow(self._write, views, "shown")
        self._write()

    def parts(self) -> dict[str, str]:
        """Return what the address says, without the draft."""
        session, state = self._session, self._session.state
        chosen = state.selected
        said = {
            "view": session.views.shown, "kind": state.kind, "season": state.season,
            "measure": state.measure, "group": state.group,
            "scenario": "" if state.opened is None else state.opened.id,
            "lang": session.texts.lang, "area": session.area.code, "trial": session.area.trial,
        }  # fmt: skip
        if chosen is not None:
            said[chosen.what] = chosen.id
        return {k: v for k, v in said.items() if v}

    def _write(self, *_events: object) -> None:
        session = self._session
        said = self.parts()
        another = self._said is not None and said != self._said
        push = another and not self._applying and said != self._expected
        if not self._applying and another:
            self._expected = None
        self._said = said
        draft = {"draft": session.drafts.token} if session.state.unsaved and session.drafts.token else {}
        session.stream.put("address", {"search": "?" + urlencode(said | draft), "push": push})

    def start(self, query: Mapping[str, str]) -> None:
        """Bring a new session to what its address asks for; what makes no sense is left out."""
        self._show(query, {})
        if query.get("draft"):
            self._session.drafts.resume(query["draft"])
        elif query.get("scenario"):
            self._session.scenarios.open(query["scenario"])

    def go_back(self, search: str) -> None:
        """Show what an address says that the browser went back, or forward, to; no work is lost by it."""
        session, state = self._session, self._session.state
        query = dict(parse_qsl(search[:LONGEST_ADDRESS].removeprefix("?")))
        self._applying = True
        try:
            self._show(query, {k: v for k, v in LINKED.items() if v is not None})
            if "village" not in query and "facility" not in query:
                state.selected = None
                session.views.open(query.get("view", ""))
        finally:
            self._applying = False
        self._expected = {k: v for k, v in query.items() if k != "draft"}
        opened = "" if state.opened is None else state.opened.id
        wanted = query.get("scenario", "")
        if wanted and wanted != opened:
            session.scenarios.open(wanted)
        elif query.get("draft", session.drafts.token) != session.drafts.token:
            session.drafts.resume(query["draft"])
        elif opened and not wanted and not state.unsaved:
            session.scenarios.start_new()
        self._write()

    def _show(self, query: Mapping[str, str], otherwise: Mapping[str, str]) -> None:
        """Choose what a query says of kind, season, measure, group, village or facility, and view."""
        session, state = self._session, self._session.state
        known = {"kind": session.area.kinds, "group": ("", *session.area.scenario.groups)}
        for name in LINKED:
            value = query.get(name, otherwise.get(name))
            if value is None or value not in known.get(name, (value,)):
                continue
            choices = getattr(state.param[name], "objects", None)
            if choices is None or value in choices:
                setattr(state, name, value)
        village, facility = query.get("village", ""), query.get("facility", "")
        if village in session.area.layers.villages.index:
            state.selected = Selection("village", village)
        elif facility in state.answer.gaps.layers.facilities.index:
            state.selected = Selection("facility", facility)
        session.views.open(query.get("view", ""))

    def heard(self, message: Mapping[str, Any]) -> None:
        """Take what the page says of itself (static/desk.js)."""
        views = self._session.views
        if isinstance(message.get("address"), str):
            self.go_back(message["address"])
        elif isinstance(message.get("small"), bool):
            # On a phone the map comes first; a view that was asked for is in front all the same.
            views.fit(small=message["small"])
        elif message.get("escape") is True:
            self._session.map.cancel()
        elif message.get("panel") in views.param.panel.objects:
            views.panel = message["panel"]
