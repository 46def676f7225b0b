"""The desk: the rail of places, and the panel of the place one is in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui
import param

from app.components.fragment import Fragment
from app.views import FIRST_PLACE, PLACES, VIEWS
from app.views.follows import Follows, follow
from app.views.search import make as make_search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.core.country import CountryTab
    from app.core.session import Session

# The rail and the panel stand beside the map; on a phone the rail is a bar below it, and the panel a sheet
# that is pulled up over it. Sizes are in templates/page.html: the first picture of the map needs them too.
FIXED = {"position": "fixed", "minWidth": 0, "margin": 0, "boxSizing": "border-box"}
MAP_BOX = {
    **FIXED, "left": "var(--jk-rail)", "right": "var(--jk-panel-w)", "top": 0, "bottom": "var(--jk-covered)",
    "width": "auto", "height": "auto",
}  # fmt: skip
BAR_BOX = {
    **FIXED, "left": "var(--jk-rail)", "right": "var(--jk-panel-w)", "top": 0, "width": "auto", "zIndex": 10,
    "pointerEvents": "none", "gap": "6px",
}  # fmt: skip
RAIL_BOX = {
    **FIXED, "left": 0, "bottom": 0, "zIndex": 30, "backgroundColor": "#0b3a6b", "color": "#fff",
    "top": {"xs": "auto", "md": 0}, "right": {"xs": 0, "md": "auto"},
    "height": {"xs": "var(--jk-foot)", "md": "auto"}, "width": {"xs": "auto", "md": "var(--jk-rail)"},
}  # fmt: skip
PANEL_BOX = {
    **FIXED, "right": 0, "zIndex": 20, "backgroundColor": "background.paper", "overflowX": "hidden",
    "overflowY": "auto",
    "visibility": "var(--jk-panel-seen)", "boxShadow": 3, "borderRadius": {"xs": "14px 14px 0 0", "md": 0},
    "left": {"xs": 0, "md": "auto"}, "width": {"xs": "auto", "md": "var(--jk-panel-w)"},
    "top": {"xs": "auto", "md": 0}, "bottom": "var(--jk-foot)",
    "height": {"xs": "var(--jk-sheet)", "md": "auto"},
}  # fmt: skip
VIEW_BOX = {
    "padding": "8px 12px 24px", "minWidth": 0, "boxSizing": "border-box", "width": "100%",
}  # fmt: skip


class _Opener(Follows):
    """Opens the sheet of what is chosen."""

    @param.depends("state.selected", watch=True)
    def chosen(self) -> None:
        if self.state.selected is not None:
            self.session.views.open("sheet")


def rail(session: Session, others: Mapping[str, str], other_theme: Callable[[], None]) -> pmui.Column:
    """Return the places as buttons, and below them area, language, light or dark, and the way out."""
    views = session.views

    def acted(message: dict[str, str]) -> None:
        place = message.get("place", "")
        if message["act"] == "theme":
            other_theme()
        elif message["act"] == "go" and place == views.place and views.panel != "closed":
            views.panel = "closed"
        elif message["act"] == "go":
            views.go(place)

    fragment = Fragment(session.stream, "rail", acted, label=session.texts.text("Places"))

    def show(*_events: object) -> None:
        fragment.html = session.render(
            "rail", places=PLACES, place=views.place, opened=views.panel != "closed", account=session.account,
            editor=session.scenarios.editor, others=others, signed_in=session.signed_in,
        )  # fmt: skip

    follow(show, views, "shown", "panel")
    show()
    return pmui.Column(fragment, sx=RAIL_BOX, margin=0)


def panel(session: Session) -> pmui.Column:
    """Return the panel: search, the views of the place as tabs, and the open view.

    A view is made when it is first opened; that of the sheet as soon as nothing else is to be done, so that
    the first click doesn't wait for it.
    """
    views = session.views
    rows = [view for view in VIEWS if view.place in PLACES]
    views.furnish({p: [v.key for v in rows if v.place == p] for p in PLACES})
    # In the page from its start: a column that gets its first content in the moment in which it is put into
    # the page may miss it, and stayed empty.
    holders = {v.key: pmui.Column(sizing_mode="stretch_width", margin=0, visible=False) for v in rows}
    head = panel_head(
        session,
        lambda: PLACES.get(views.place, ""),
        lambda: [(v.key, v.title) for v in rows if v.place == views.place],
    )
    session.map.make_room = views.leave_room

    def make(key: str) -> None:
        if not len(holders[key]):
            holders[key].append(next(v for v in rows if v.key == key).make(session))

    def fill(*_events: object) -> None:
        # A tool that was started elsewhere would keep every click for itself.
        session.map.cancel()
        views.bring_up_to_date()
        holder = holders[views.shown]
        make(views.shown)
        for one in holders.values():
            one.visible = one is holder

    # Before the views are made: one that is about to be hidden need not follow what was chosen.
    _Opener(session)
    views.likely = partial(make, "sheet")

    def opened(*_events: object) -> None:
        # A link opens views as soon as their answer is there, which may be before the page is.
        session.stream.when_there(fill)

    follow(opened, views, "shown")
    views.shown = next(v.key for v in rows if v.place == FIRST_PLACE)
    body: Any = pmui.Column(*holders.values(), sx=VIEW_BOX, margin=0)
    return pmui.Column(head, make_search(session), body, sx=PANEL_BOX, margin=0)


def panel_head(
    page: Session | CountryTab, place: Callable[[], str], tabs: Callable[[], list[tuple[str, str]]]
) -> Fragment:
    """Return a panel's edge: what it is pulled by, the views of its place, and how wide it is.

    Parameters
    ----------
    place
        Gives the name of the place one is in, for its heading.
    tabs
        Gives key and title of that place's views, in order.
    """
    views = page.views

    def acted(message: dict[str, str]) -> None:
        if message["act"] == "view":
            views.open(message.get("view", ""))
        elif message["act"] == "panel" and message.get("size") in views.param.panel.objects:
            views.panel = message["size"]

    fragment = Fragment(page.stream, "head", acted, label=page.texts.text("Panel"))

    def show(*_events: object) -> None:
        fragment.html = page.render(
            "head", place=place(), shown=views.shown, panel=views.panel, tabs=tabs()
        )  # fmt: skip
        # The page itself makes room (static/desk.js).
        page.stream.put("desk", {"panel": views.panel})

    follow(show, views, "shown", "panel")
    return fragment
