"""The parts of a country's page: the map, the search, the figures of a place, and the table of places."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui
from bokeh.models.widgets.tables import HTMLTemplateFormatter

from app.components.fragment import Fragment
from app.figures.country import NUMBERS, by_kind, places
from app.map.bridge import MapBridge
from app.views.follows import follow

if TYPE_CHECKING:
    from app.core.country import CountryTab

LEVELS = ("regencies", "provinces")
MOST_FOUND, LONGEST = 12, 100
# Escaped by the template itself ("<%-"): names come from files.
SHOWN = HTMLTemplateFormatter(template="<%- value %>")
TEXTS = {c: HTMLTemplateFormatter(template=f"<%- {c}_text %>") for c in NUMBERS}
HIDDEN = ["code", "province", "reached_text", "open", *(f"{c}_text" for c in NUMBERS)]
NAME = HTMLTemplateFormatter(template='<%- value %> <span class="jk-of"><%- province %></span>')
# What does not fit is left out, the last column first; a wider panel shows all.
LEAST_WIDTHS = {"name": 100, "share": 84, "gap": 98, "unknown": 78, "people": 82, "minutes": 60}
STYLE = files("app").joinpath("static/country_table.css").read_text("utf-8")


def make_map(tab: CountryTab) -> MapBridge:
    """Return the map; it tells which kabupaten is clicked, and which kind is chosen on it."""

    def heard(message: dict[str, Any]) -> None:
        if message["type"] == "kind":
            tab.take(kind=str(message.get("id", "")), season=str(message.get("text", "")))
        elif message["type"] == "regency":
            tab.take(code=str(message.get("code", "")))

    bridge = MapBridge(
        tab.stream, heard, src=tab.map.address, sizing_mode="stretch_both",
        label=tab.texts.text("Map of {area}", area=tab.title),
    )  # fmt: skip
    tab.map.show_theme = lambda dark: bridge.send({"type": "theme", "dark": dark})

    def choose(*_events: object) -> None:
        bridge.send({"type": "choose", "kind": tab.looked.kind, "season": tab.looked.season})

    follow(choose, tab.looked, "kind", "season")
    choose()
    tab.go = lambda code: bridge.send({"type": "go", "code": code})
    return bridge


def make_search(tab: CountryTab) -> Fragment:
    """Return the search for a province or kabupaten; what is taken from its list is looked at."""
    found: list[dict[str, Any]] = []
    query = ""

    def acted(message: dict[str, str]) -> None:
        nonlocal query
        if message["act"] == "find":
            query = message.get("value", "")[:LONGEST]
            found[:] = tab.country.search(query, most=MOST_FOUND)
        elif message["act"] == "take":
            query = ""
            found.clear()
            look_at(tab, message.get("id", ""))
        show()

    fragment = Fragment(tab.stream, "search", acted, label=tab.texts.text("Search"))

    def show() -> None:
        fragment.html = tab.render("country_search", query=query, found=found, country=tab.country)

    show()
    return fragment


def look_at(tab: CountryTab, code: str) -> None:
    """Look at a province or kabupaten, and bring it into view; "" is the country."""
    if code in tab.country.rows:
        tab.take(code=code)
        tab.go(code)


def make_figures(tab: CountryTab) -> Fragment:
    """Return the figures of the place that is looked at, a row a kind; a kind is chosen by its name."""

    def acted(message: dict[str, str]) -> None:
        if message["act"] == "kind":
            tab.take(kind=message.get("kind", ""))
        elif message["act"] == "place":
            look_at(tab, message.get("code", ""))

    fragment = Fragment(tab.stream, "figures", acted, label=tab.texts.text("Headline figures"))

    def show(*_events: object) -> None:
        looked, country = tab.looked, tab.country
        fragment.html = tab.render(
            "country", title=tab.title, row=country.rows[looked.code], code=looked.code, kind=looked.kind,
            rows=by_kind(country, tab.texts, looked.code, looked.season), seasons=country.seasons,
            season=looked.season, province=country.province(looked.code), link=tab.links.get(looked.code, ""),
            missing=country.overview["missing"], notes=_notes(tab),
        )  # fmt: skip

    follow(show, tab.looked, "kind", "season", "code")
    show()
    return fragment


def _notes(tab: CountryTab) -> list[str]:
    """Return by what the kind that is looked at is measured."""
    texts, overview = tab.texts, tab.country.overview
    limit = float(overview["limits"][tab.answer])
    notes = [f"{texts.kind(tab.looked.kind)}: {texts.term('limit')} {texts.minutes(limit)}"]
    if len(tab.country.seasons) > 1:
        notes[0] += f", {texts.term('season_' + tab.looked.season)}"
    if overview["network"] == "none":
        notes.append(texts.term("network_none"))
    if tab.answer in overview["on_foot"]:
        notes.append(texts.term("nation_on_foot"))
    return notes


def make_table(tab: CountryTab, level: str) -> Any:  # noqa: ANN401 - Panel ships no types
    """Return the table of a level's places, sorted by a click on a heading; a click on a row goes there.

    Parameters
    ----------
    level
        ``regencies`` or ``provinces``.
    """
    texts = tab.texts
    _ = texts.text
    title = _("Province") if level == "provinces" else _("Kabupaten/kota")
    titles = {
        # A narrow heading breaks after the stroke.
        "name": title.replace("/", "/\u200b"), "share": _("reached"), "people": texts.term("people"),
        "gap": texts.term("gap"), "unknown": texts.term("unknown"), "minutes": _("min"),
    }  # fmt: skip
    table = pn.widgets.Tabulator(
        places(tab.country, texts, level, tab.answer), show_index=False, disabled=True, selectable=False,
        hidden_columns=HIDDEN, titles=titles, theme="simple", layout="fit_columns", height=420,
        formatters={"name": NAME if level == "regencies" else SHOWN, **TEXTS}, stylesheets=[STYLE],
        text_align=dict.fromkeys(NUMBERS, "right"), sizing_mode="stretch_width", margin=0,
        header_tooltips={"minutes": texts.term("minutes"), "share": texts.term("nation_share")},
        configuration={
            "columnDefaults": {"headerWordWrap": True, "sorterParams": {"alignEmptyValues": "bottom"}},
            "responsiveLayout": "hide",
            "columns": [
                {"field": c, "minWidth": w, "widthGrow": 3 if c == "name" else 1}
                for c, w in LEAST_WIDTHS.items()
            ],
        },
    )  # fmt: skip
    table.on_click(lambda event: look_at(tab, str(table.value["code"].iloc[event.row])))

    def show(*_events: object) -> None:
        table.value = places(tab.country, texts, level, tab.answer)

    follow(show, tab.looked, "kind", "season")
    return table


def make_body(tab: CountryTab) -> pmui.Column:
    """Return what stands in the panel below its head."""
    tables = {level: make_table(tab, level) for level in LEVELS}
    holder = pmui.Column(*tables.values(), sizing_mode="stretch_width", margin=0)

    def show(*_events: object) -> None:
        for level, table in tables.items():
            table.visible = level == tab.views.shown

    follow(show, tab.views, "shown")
    tab.views.shown = LEVELS[0]
    show()
    return pmui.Column(make_figures(tab), holder, sx={"padding": "0 12px 16px"}, margin=0)
