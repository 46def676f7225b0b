"""The page with the map of a country, which fetches its villages tile by tile from the server."""

from __future__ import annotations

import hashlib
import shutil
from importlib.resources import files
from typing import TYPE_CHECKING, ClassVar

from branca.element import Element, MacroElement
from jinja2 import Template

from app.map.page import ServedMap
from planner.reports.maps.nation_page import FILE_ZOOMS, page_words
from planner.reports.maps.page import rendered, script_json
from planner.texts.catalogues import map_texts

if TYPE_CHECKING:
    from pathlib import Path

    from app.areas.country import Country


class CountryMap(ServedMap):
    """A Folium map with the readers of vector tiles beside it."""

    default_js: ClassVar[list[tuple[str, str]]] = [
        *ServedMap.default_js, ("pmtiles", "vendor/pmtiles.js"), ("protomaps", "vendor/protomaps-leaflet.js"),
    ]  # fmt: skip


class ServedNation(MacroElement):
    """Hands the data to ``nation_map.js``, and the map to who speaks to the page around it."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "jangkauCountry({{ this._parent.get_name() }}, jangkauData);"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "JangkauServedNation"


# Panel's Folium support accepts only classes of folium's own module; nothing else reads this.
CountryMap.__module__ = "folium.folium"


def write_country(country: Country, folder: Path) -> str:
    """Put a country's map and its tiles among the served files; return the page's name.

    The names change with the content. The language is asked for behind ``#``: the page knows both.

    Parameters
    ----------
    country
        What is drawn.
    folder
        Of the files that the server hands out to who is signed in.

    Raises
    ------
    OSError
        The disk is full.
    """
    with country.tiles.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()[:16]
    tiles = f"villages-{digest}.pmtiles"
    # A copy, so that a run that goes on beside the server changes nothing that is shown.
    shutil.copyfile(country.tiles, folder / tiles)
    content = page_html(country, tiles)
    name = f"nation-{hashlib.sha256(content.encode()).hexdigest()[:16]}.html"
    (folder / name).write_text(content, "utf-8")
    return name


def page_html(country: Country, tiles: str) -> str:
    """Return the page.

    Parameters
    ----------
    country
        What is drawn.
    tiles
        The address of its tiles, relative to the page.
    """
    data = {**page_words(country.overview), **country.overview, "zooms": FILE_ZOOMS, "tiles": tiles}
    shared, own = files("planner").joinpath("reports/maps"), files("app").joinpath("static")
    title = map_texts("id")["nation_title"]
    head = f'<title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
    for style in (shared.joinpath("gaps_map.css"), own.joinpath("country.css")):
        head += f"<style>{style.read_text('utf-8')}</style>"
    for script in (
        shared.joinpath("base_map.js"),
        shared.joinpath("nation_map.js"),
        own.joinpath("country.js"),
    ):
        head += f"<script>{script.read_text('utf-8')}</script>"
    head += f"<script>const jangkauData = {script_json(data)};</script>"
    page_map = CountryMap(
        location=[-2.5, 118.0], tiles=None, prefer_canvas=True, zoom_start=5, zoom_snap=0.25
    )  # fmt: skip
    page_map.add_child(ServedNation())
    figure = page_map.get_root()
    # As a value, not as a template: names and library code may hold braces.
    element = Element("{{ this.text }}")
    element.text = head
    figure.header.add_child(element, name="jangkau")
    return rendered(figure, "id")
