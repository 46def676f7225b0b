"""The page of a country: the desk with the map of all kabupaten, and one place of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import panel_material_ui as pmui

from app.areas.country import CODE
from app.components.fragment import Fragment
from app.components.wire import Wire
from app.views import PLACES
from app.views.country import LEVELS, make_body, make_map, make_search
from app.views.follows import follow
from app.web import desk
from app.web.page import Light, leave_busy, new_page, page_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.core.country import CountryTab
    from app.web.theme import Theme

PLACE = "gaps"
LONGEST_ADDRESS = 4000


def first_picture(tab: CountryTab, theme: Theme) -> dict[str, str]:
    """Return what the page's template needs to show the map before everything else."""
    looked = tab.looked
    first: list[dict[str, Any]] = [
        {"type": "theme", "dark": theme.dark},
        {"type": "choose", "kind": looked.kind, "season": looked.season},
    ]
    if looked.code:
        first.append({"type": "go", "code": looked.code})
    label = tab.texts.text("Map of {area}", area=tab.title)
    return page_frame(tab.texts, tab.account, tab.map.address, label, first)


def start(tab: CountryTab, query: Mapping[str, str]) -> None:
    """Look at what an address asks for."""
    tab.take(kind=query.get("kind", ""), season=query.get("season", ""), code=query.get("code"))


def build_page(tab: CountryTab, *, others: Mapping[str, str], theme: Theme, told: str = "") -> pmui.Page:
    """Return the page of a tab.

    Parameters
    ----------
    others
        What else is served: address by name, that of the country first.
    theme
        How it begins.
    told
        What is said at first.
    """
    page = new_page(tab.title, theme)
    light = Light(tab.stream, tab.map, page, dark=theme.dark, chosen=theme.chosen)
    page.main = [_body(tab, light, others, told)]
    light.show()
    leave_busy(page)
    return page


def release(tab: CountryTab, page: pmui.Page) -> None:
    """Cut what ties a closed page to things that live on."""
    tab.close()
    leave_busy(page)


def _body(tab: CountryTab, light: Light, others: Mapping[str, str], told: str) -> pmui.Column:
    def heard(message: dict[str, Any]) -> None:
        if isinstance(message.get("dark"), bool):
            light.wished(dark=message["dark"])
        elif isinstance(message.get("small"), bool):
            tab.views.fit(small=message["small"])
        elif message.get("panel") in tab.views.param.panel.objects:
            tab.views.panel = message["panel"]
        elif isinstance(message.get("address"), str):
            address.go_back(message["address"], message.get("turn"))

    def at_rest() -> None:
        """Make nothing ahead: all is there."""

    tab.views.furnish({PLACE: LEVELS})
    # The map first, so that it is also the first to hear of a change.
    the_map = make_map(tab)
    tabs = [("regencies", tab.texts.text("Kabupaten/kota")), ("provinces", tab.texts.text("Provinces"))]
    head = desk.panel_head(tab, lambda: PLACES[PLACE], lambda: tabs)
    # After the head, which hears from it what is shown.
    body = make_body(tab)
    address = _Address(tab)
    return pmui.Column(
        Wire(tab.stream, lambda: tab.settled, heard, at_rest, margin=0),
        _rail(tab, others, light),
        pmui.Column(the_map, sx=desk.MAP_BOX, margin=0),
        pmui.Column(head, make_search(tab), body, sx=desk.PANEL_BOX, margin=0),
        _notice(tab, told),
        margin=0,
    )


class _Address:
    """The address of a tab, and the steps of the browser's history."""

    def __init__(self, tab: CountryTab) -> None:
        self._tab, self._back = tab, False
        # How often back or forward was pressed: what is said before the newest of it was heard is of a step
        # that was left meanwhile.
        self._turn = 0
        follow(self._show, tab.looked, "kind", "season", "code")

    def go_back(self, search: str, turn: object) -> None:
        """Look at what the browser's history says; no step is added, or those ahead would be lost."""
        tab = self._tab
        if isinstance(turn, int):
            self._turn = turn
        query = dict(parse_qsl(search[:LONGEST_ADDRESS].lstrip("?")))
        plain = {"kind": tab.country.kinds[0], "season": tab.country.seasons[0]}
        self._back = True
        try:
            start(tab, {**plain, **query, "code": query.get("code", "")})
            self._show()
        finally:
            self._back = False
        tab.go(tab.looked.code)

    def _show(self, *_events: object) -> None:
        tab = self._tab
        looked = tab.looked
        said = {"area": CODE, "lang": tab.texts.lang, "kind": looked.kind}
        if len(tab.country.seasons) > 1:
            said["season"] = looked.season
        if looked.code:
            said["code"] = looked.code
        address = {"search": f"?{urlencode(said)}", "push": not self._back, "turn": self._turn}
        tab.stream.put("address", address)


def _rail(tab: CountryTab, others: Mapping[str, str], light: Light) -> pmui.Column:
    views = tab.views

    def acted(message: dict[str, str]) -> None:
        if message["act"] == "theme":
            light.turn()
        elif message["act"] == "go" and views.panel != "closed":
            views.panel = "closed"
        elif message["act"] == "go":
            views.go(PLACE)

    fragment = Fragment(tab.stream, "rail", acted, label=tab.texts.text("Places"))

    def show(*_events: object) -> None:
        fragment.html = tab.render(
            "rail", places={PLACE: PLACES[PLACE]}, place=PLACE, opened=views.panel != "closed",
            account=tab.account, editor=False, others=others, signed_in=tab.signed_in,
        )  # fmt: skip

    follow(show, views, "panel")
    show()
    return pmui.Column(fragment, sx=desk.RAIL_BOX, margin=0)


def _notice(tab: CountryTab, told: str) -> Fragment:
    def acted(_message: dict[str, str]) -> None:
        show("")

    fragment = Fragment(tab.stream, "notice", acted, label=tab.texts.text("Messages"))

    def show(text: str) -> None:
        fragment.html = tab.render("notice", text=text, severity="warning", busy=False, stoppable=False)

    show(told)
    return fragment
