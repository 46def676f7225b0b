"""The page of one session, put together from the table of views."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from app.components.fragment import Fragment
from app.components.wire import Wire
from app.core.state import Selection
from app.views import VIEWS
from app.views.follows import follow
from app.views.mapview import painting
from planner.reports.maps.page import script_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.core.session import Session

# On a wide screen the map fills what the figures leave, and the panel scrolls beside it; on a phone the map
# takes half of the screen and everything else follows below.
TALL = "max(460px, calc(100vh - 345px))"
MAP_BOX = {"height": {"xs": "56vh", "md": TALL}, "minHeight": {"xs": "320px", "md": "460px"}, "minWidth": 0}
PANEL_BOX = {
    "minWidth": 0,
    "height": {"xs": "auto", "md": TALL},
    "overflowY": {"xs": "visible", "md": "auto"},
}
# Both with text that stands out from its ground by 4.5 to 1 (WCAG AA).
THEMES = {
    "light": {"palette": {"primary": {"main": "#0b57a4"}}},
    "dark": {
        "palette": {"primary": {"main": "#9cc9ff"}},
        "components": {"MuiAppBar": {"styleOverrides": {"root": {"backgroundColor": "#0b3a6b"}}}},
    },
}
SIDE_BY_SIDE = {
    "display": "grid", "gap": "12px", "width": "100%",
    "gridTemplateColumns": {"xs": "minmax(0, 1fr)", "md": "minmax(0, 1fr) 460px"},
}  # fmt: skip
_TEMPLATE = files("app").joinpath("templates/page.html").read_text("utf-8")
_STREAM, _LIFE = (
    files("app").joinpath(f"static/{name}.js").read_text("utf-8") for name in ("stream", "life")
)
SEEN_COOKIE = "jangkau_seen"
# What a link may carry besides the scenario and the draft, and where it goes.
LINKED = ("kind", "season", "measure", "group")


def first_picture(session: Session) -> dict[str, str]:
    """Return what the page's template needs to show the map before everything else."""
    return {
        "map_address": session.map.address,
        "map_label": script_json(session.texts.text("Map of {area}", area=session.area.name)),
        "page_lang": session.texts.lang,
        "first_paint": script_json(painting(session, 0)),
        "stream_js": _STREAM, "life_js": _LIFE, "life_texts": script_json(_life_texts(session)),
    }  # fmt: skip


def _life_texts(session: Session) -> dict[str, Any]:
    """Return the words for a server that is gone, or was (static/life.js)."""
    _ = session.texts.text
    place = _("a place on the map")
    return {
        "lang": session.texts.lang, "account": session.account, "probe": "liveness",
        "yes": _("yes"), "no": _("no"),
        "lost": _("The server does not answer. What is shown may be out of date, and what you do now does "
                  "not arrive. Trying to reach it again …"),
        "back": _("The connection to the server was lost at {time} and is back.", time="{time}"),
        "gone": _("This did not arrive. Do it again where it is not shown:"),
        "typed": _("Typed and not sent; where its form is still the same, it is in its field again:"),
        "close": _("Close"),
        "map": {"village": _("a village on the map"), "facility": _("a unit on the map"), "place": place,
                "line": _("a line drawn on the map")},
    }  # fmt: skip


def build_page(session: Session, *, newcomer: bool, others: Mapping[str, str]) -> pmui.Page:
    """Return the page of a session.

    Parameters
    ----------
    newcomer
        Whether to show the first steps on top.
    others
        Other areas that are served: address by name.
    """
    _ = session.texts.text
    places: dict[str, list[Any]] = {"top": [], "map": []}
    # The map first, so that it is also the first to hear of a change.
    for view in sorted(VIEWS, key=lambda v: v.place != "map"):
        if view.place != "panel":
            places[view.place].append(view.make(session))
    panel = _panel(session)
    tour = [] if not newcomer else [_tour(session)]
    body = pmui.Column(
        Wire(session.stream, lambda: session.settled, margin=0), *tour, _notice(session), *places["top"],
        pmui.Column(
            pmui.Column(*places["map"], sx=MAP_BOX, sizing_mode="stretch_width", margin=0),
            pmui.Column(panel, sizing_mode="stretch_width", margin=0, sx=PANEL_BOX),
            sx=SIDE_BY_SIDE, sizing_mode="stretch_width", margin=0,
        ),
        sx={"p": {"xs": "24px 6px 6px", "md": "12px"}, "gap": "8px", "boxSizing": "border-box",
            "width": "100%"},
        sizing_mode="stretch_width", margin=0,
    )  # fmt: skip

    def other_theme() -> None:
        page.dark_theme = not page.dark_theme

    # Panel's own button for it speaks English alone.
    page = pmui.Page(
        title=session.area.name, header=[_header(session, others, other_theme)], main=[body],
        theme_toggle=False, busy_indicator=None, theme_config=THEMES, meta_name="Jangkau",
        template=_TEMPLATE,
    )  # fmt: skip
    _leave_busy(page)
    _follow_theme(session, page)
    return page


def _panel(session: Session) -> pmui.Column:
    """Return the tabs; what is in one is made when it is first opened."""
    views = [view for view in VIEWS if view.place == "panel"]
    keys = [view.key for view in views]
    # Beside the tabs, not in them, and so in the page from its start: a column that gets its first content in
    # the moment in which a tab puts the column into the page may miss it, and the tab stayed empty.
    holders = [pmui.Column(sizing_mode="stretch_width", margin=0, visible=False) for _ in views]
    panel = pmui.Tabs(
        *((session.texts.text(view.title), pn.Spacer(height=0, margin=0)) for view in views),
        sizing_mode="stretch_width", margin=0,
        sx={"& .MuiTab-root": {"minWidth": 0, "px": "8px", "textTransform": "none", "fontSize": "0.82rem"}},
    )  # fmt: skip

    def fill(*_events: object) -> None:
        # A tool that was started elsewhere would keep every click for itself.
        session.map.cancel()
        session.views.opened(views[panel.active].key)
        holder, view = holders[panel.active], views[panel.active]
        if not len(holder):
            holder.append(view.make(session))
        for one in holders:
            one.visible = one is holder

    def open_view(key: str) -> None:
        panel.active = keys.index(key)

    def chosen(*_events: object) -> None:
        if session.state.selected is not None:
            open_view("sheet")

    panel.param.watch(fill, ["active"])
    follow(chosen, session.state, "selected")
    fill()
    session.views.open = open_view
    return pmui.Column(panel, *holders, sizing_mode="stretch_width", margin=0)


def _follow_theme(session: Session, page: pmui.Page) -> None:
    def follow(*_events: object) -> None:
        session.map.dark = bool(page.dark_theme)
        session.map.show_theme(session.map.dark)

    page.param.watch(follow, ["dark_theme"])
    follow()


def _header(session: Session, others: Mapping[str, str], other_theme: Callable[[], None]) -> Fragment:
    def acted(message: dict[str, str]) -> None:
        if message["act"] == "theme":
            other_theme()

    fragment = Fragment(session.stream, "header", acted, label=session.texts.text("Settings"))
    fragment.html = session.render(
        "header", account=session.account, editor=session.scenarios.editor, others=others,
        signed_in=session.signed_in,
    )  # fmt: skip
    return fragment


def _tour(session: Session) -> Fragment:
    def acted(message: dict[str, str]) -> None:
        if message["act"] == "guide":
            session.views.open("guide")
        fragment.visible = False

    fragment = Fragment(session.stream, "tour", acted, label=session.texts.text("First steps"))
    fragment.html = session.render("tour", cookie=SEEN_COOKIE, area=session.area.name)
    return fragment


def _notice(session: Session) -> Fragment:
    """Return the line that says what went well or wrong, or that work goes on."""

    def acted(message: dict[str, str]) -> None:
        if message["act"] == "stop":
            session.questions.stop()
        else:
            session.notice.tell("")

    fragment = Fragment(session.stream, "notice", acted, label=session.texts.text("Messages"))

    def show(*_events: object) -> None:
        notice = session.notice
        fragment.html = session.render(
            "notice", text=notice.text, severity=notice.severity, busy=notice.busy,
            stoppable=notice.stoppable,
        )  # fmt: skip

    follow(show, session.notice, "text", "severity", "busy", "stoppable")
    show()
    return fragment


def start(session: Session, query: Mapping[str, str]) -> None:
    """Bring a new session to what its address asks for; what makes no sense is left out."""
    state = session.state
    known = {"kind": session.area.kinds, "group": tuple(session.area.scenario.groups)}
    for name in LINKED:
        value = query.get(name)
        if value is None or value not in known.get(name, (value,)):
            continue
        choices = getattr(state.param[name], "objects", None)
        if choices is None or value in choices:
            setattr(state, name, value)
    village = query.get("village", "")
    if village in session.area.layers.villages.index:
        state.selected = Selection("village", village)
    if query.get("draft"):
        session.drafts.resume(query["draft"])
    elif query.get("scenario"):
        session.scenarios.open(query["scenario"])


def follow_address(session: Session, location: Any) -> None:  # noqa: ANN401 - Panel's location
    """Keep the address such that a reload, or the browser's return, goes on where this session is."""
    state = session.state

    def address(*_events: object) -> None:
        chosen = state.selected
        wanted: dict[str, str | None] = {
            "kind": state.kind, "season": state.season, "measure": state.measure, "group": state.group,
            "village": chosen.id if chosen is not None and chosen.what == "village" else None,
            "scenario": state.opened.id if state.opened is not None else None,
            "draft": session.drafts.token if state.unsaved else None,
        }  # fmt: skip
        wanted["lang"], wanted["area"] = session.texts.lang, session.area.code
        wanted["trial"] = session.area.trial
        location.search = "?" + urlencode({k: v for k, v in wanted.items() if v})

    follow(address, state, "kind", "season", "measure", "group", "selected", "history", "opened")


def _leave_busy(page: pmui.Page) -> None:
    """Let the page no longer follow Panel's global "busy".

    It shows nothing of it, each event would search the whole page twice for it, and the reference outlives
    the session.
    """
    private = page._param__private  # noqa: SLF001 - param offers no other way
    for _names, watcher in list(getattr(private, "ref_watchers", [])):
        for owner in (pn.state, page):
            try:
                owner.param.unwatch(watcher)
            except (KeyError, ValueError, AttributeError):
                continue


def release(session: Session, page: pmui.Page) -> None:
    """Cut what ties a closed page to things that live on, so that its memory is given back."""
    session.close()
    _leave_busy(page)
    for holder in (session.state, session.notice):
        holder.param.watchers = {}
