"""The page of one session, put together from the table of views."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from app.components.fragment import Fragment
from app.components.wire import Wire
from app.views import VIEWS, tour
from app.views.follows import follow
from app.views.mapview import painting
from app.web import desk
from app.web.theme import THEME_COOKIE
from planner.reports.maps.page import script_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.core.page import MapTools
    from app.core.session import Session
    from app.core.stream import Stream
    from app.texts import Texts
    from app.web.address import Address
    from app.web.theme import Theme

# The map has the window: no bar over it.
_NO_BAR = {name: {"styleOverrides": {"root": {"display": "none"}}} for name in ("MuiAppBar", "MuiToolbar")}
# Both with text that stands out from its ground by 4.5 to 1 (WCAG AA).
THEMES = {
    "light": {"palette": {"primary": {"main": "#0b57a4"}}, "components": _NO_BAR},
    "dark": {"palette": {"primary": {"main": "#9cc9ff"}}, "components": _NO_BAR},
}
_TEMPLATE = files("app").joinpath("templates/page.html").read_text("utf-8")
_STREAM, _LIFE, _DESK = (
    files("app").joinpath(f"static/{name}.js").read_text("utf-8") for name in ("stream", "life", "desk")
)


def first_picture(
    session: Session, theme: Theme, look: tuple[float, float, float] | None = None
) -> dict[str, str]:
    """Return what the page's template needs to show the map before everything else.

    Parameters
    ----------
    look
        Where the map looks: latitude, longitude, zoom; the whole area when None.
    """
    messages = [painting(session, 0), {"type": "theme", "dark": theme.dark}]
    if look is not None:
        messages.append({"type": "look", "at": list(look)})
    label = session.texts.text("Map of {area}", area=session.area.name)
    return page_frame(session.texts, session.account, session.map.address, label, messages)


def page_frame(
    texts: Texts, account: str, address: str, label: str, messages: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Return what the page's template needs, whatever its map shows.

    Parameters
    ----------
    address, label
        Of the map.
    messages
        What the map is told first.
    """
    return {
        "map_address": address,
        "map_label": script_json(label),
        "page_lang": texts.lang,
        "first_messages": script_json(messages),
        "stream_js": _STREAM, "life_js": _LIFE, "desk_js": _DESK,
        "theme_cookie": THEME_COOKIE,
        "life_texts": script_json(_life_texts(texts, account)),
    }  # fmt: skip


def _life_texts(texts: Texts, account: str) -> dict[str, Any]:
    """Return the words for a server that is gone, or was (static/life.js)."""
    _ = texts.text
    place = _("a place on the map")
    return {
        "lang": texts.lang, "account": account, "probe": "liveness",
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


def build_page(
    session: Session, address: Address, *, newcomer: bool, others: Mapping[str, str], theme: Theme
) -> pmui.Page:
    """Return the page of a session.

    Parameters
    ----------
    address
        Hears what the browser says of it.
    newcomer
        Whether to show the first steps on top.
    others
        Other areas that are served: address by name.
    theme
        How it begins.
    """
    page = new_page(session.area.name, theme)
    light = Light(session.stream, session.map, page, dark=theme.dark, chosen=theme.chosen)
    page.main = [_body(session, address, light, newcomer=newcomer, others=others)]
    light.show()
    leave_busy(page)
    return page


def new_page(title: str, theme: Theme) -> pmui.Page:
    """Return an empty page in our own frame."""
    # Panel's own button for the theme speaks English alone.
    return pmui.Page(
        title=title, header=[], theme_toggle=False, busy_indicator=None, dark_theme=theme.dark,
        theme_config=THEMES, template=_TEMPLATE,
        # Else the area's name, which the base page would put there as it stands.
        meta_name="Jangkau", meta_title="Jangkau",
    )  # fmt: skip


class Light:
    """Whether a page is dark or light: as the system wishes, until somebody chooses.

    The page's own ``dark_theme`` only shows it. A slow browser may answer a change of it late, with the value
    before (React's effect of a picture that is already out of date). Taken for the truth, such an answer
    turned the page back, and the next press of the button the wrong way.
    """

    def __init__(
        self, stream: Stream, the_map: MapTools, page: pmui.Page, *, dark: bool, chosen: bool
    ) -> None:  # fmt: skip
        self._stream, self._map, self._page, self._dark, self._chosen = stream, the_map, page, dark, chosen
        page.param.watch(self._answered, ["dark_theme"])

    def turn(self) -> None:
        """Take the other one, which is kept for the next page."""
        self._chosen = True
        self._take(dark=not self._dark)
        self._stream.put("theme", "dark" if self._dark else "light")

    def wished(self, *, dark: bool) -> None:
        """Do as the system wishes, where nobody chose."""
        if not self._chosen:
            self._take(dark=dark)

    def _take(self, *, dark: bool) -> None:
        self._dark = dark
        self._page.dark_theme = dark
        self.show()

    def _answered(self, *_events: object) -> None:
        """Set the page right where the browser says what is no longer so."""
        if bool(self._page.dark_theme) is not self._dark:
            self._page.dark_theme = self._dark

    def show(self) -> None:
        """Let the map be as the page is."""
        self._map.dark = self._dark
        self._map.show_theme(self._dark)


def _body(
    session: Session, address: Address, light: Light, *, newcomer: bool, others: Mapping[str, str]
) -> pmui.Column:
    """Return all that is on the page, in the order in which a keyboard goes through it."""

    def heard(message: dict[str, Any]) -> None:
        if isinstance(message.get("dark"), bool):
            light.wished(dark=message["dark"])
        else:
            address.heard(message)

    def at_rest() -> None:
        session.drafts.settle()
        session.views.make_ahead()

    # The map first, so that it is also the first to hear of a change.
    the_map, *bar = (v.make(session) for p in ("map", "bar") for v in VIEWS if v.place == p)
    panel = desk.panel(session)
    story = [tour.make(session)] if newcomer else []
    return pmui.Column(
        Wire(session.stream, lambda: session.settled, heard, at_rest, margin=0),
        desk.rail(session, others, light.turn),
        pmui.Column(*bar, *story, sx=desk.BAR_BOX, margin=0),
        pmui.Column(the_map, sx=desk.MAP_BOX, margin=0),
        panel,
        _notice(session),
        margin=0,
    )


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


def leave_busy(page: pmui.Page) -> None:
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
    leave_busy(page)
    for holder in (session.state, session.notice, session.views):
        holder.param.watchers = {}
