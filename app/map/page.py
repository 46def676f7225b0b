"""The map's page: Folium, with the area's outlines, roads, water and places sent once."""

from __future__ import annotations

import hashlib
import html
import shutil
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, ClassVar

import folium
import numpy as np
import shapely
from branca.element import Element, MacroElement
from jinja2 import Template

from geodata.crs import WGS84
from planner.reports.maps.page import (
    DEGREE_DECIMALS,
    KIND_COLORS,
    VILLAGE_TOLERANCE_M,
    LinkedMap,
    drawn_facilities,
    geojson_texts,
    road_groups,
    script_json,
    vendor_is_built,
    with_missing_note,
)

if TYPE_CHECKING:
    from pathlib import Path

    from app.areas.area import Area
    from app.texts import Texts

MARGIN_M = 5000.0
WATER_TOLERANCE_M = 10.0


class ServedMap(folium.Map):
    """A Folium map whose library is a file beside the page."""

    default_js: ClassVar[list[tuple[str, str]]] = [("leaflet", "vendor/leaflet.js")]
    default_css: ClassVar[list[tuple[str, str]]] = [("leaflet_css", "vendor/leaflet.css")]


# Panel's Folium support accepts only classes of folium's own module; nothing else reads this.
ServedMap.__module__ = "folium.folium"


class Bridge(MacroElement):
    """Hands the page's data to ``map.js``."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "jangkauMap({{ this._parent.get_name() }}, jangkauData);"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "JangkauBridge"


def write_vendor(folder: Path) -> None:
    """Put the browser libraries where the pages look for them."""
    target = folder / "vendor"
    target.mkdir(parents=True, exist_ok=True)
    if vendor_is_built():
        with as_file(files("planner").joinpath("reports/maps/vendor")) as source:
            shutil.copytree(source, target, dirs_exist_ok=True)
            # Where Leaflet's style sheet looks for it.
            (target / "images").mkdir(exist_ok=True)
            for name in ("layers.png", "layers-2x.png"):
                shutil.copy(source / "layers.png", target / "images" / name)


def write_page(area: Area, texts: Texts, folder: Path) -> str:
    """Write an area's page in a language; returns its name, which changes with its content."""
    content = page_html(area, texts)
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    name = f"{area.code}-{texts.lang}-{digest}.html"
    (folder / name).write_text(content, "utf-8")
    return name


def page_html(area: Area, texts: Texts) -> str:
    """Return the page: an outline a village, without any answer; those come as messages."""
    west, south, east, north = area.layers.villages.to_crs(WGS84).total_bounds
    offline = vendor_is_built()
    page_map = (ServedMap if offline else LinkedMap)(
        location=[(south + north) / 2, (west + east) / 2], tiles=None, prefer_canvas=True,
        control_scale=True, zoom_start=10, zoom_snap=0.25,
    )  # fmt: skip
    page_map.add_child(Bridge())
    figure = page_map.get_root()
    head = f"<title>{html.escape(area.name)}</title>"
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    shared, own = files("planner").joinpath("reports/maps"), files("app").joinpath("static")
    for style in (shared.joinpath("gaps_map.css"), own.joinpath("map.css")):
        head += f"<style>{style.read_text('utf-8')}</style>"
    for script in (shared.joinpath("base_map.js"), own.joinpath("map.js")):
        head += f"<script>{script.read_text('utf-8')}</script>"
    head += f"<script>{_data(area, texts, offline=offline)}</script>"
    # As a value, not as a template: names and library code may hold braces.
    element = Element("{{ this.text }}")
    element.text = head
    figure.header.add_child(element, name="jangkau")
    page = str(figure.render()).replace("<html>", f'<html lang="{texts.lang}">', 1)
    return page if offline else with_missing_note(page, texts.term("map_missing"))


def _data(area: Area, texts: Texts, *, offline: bool) -> str:
    layers = area.layers
    kinds = []
    for kind in area.kinds:
        color, radius = KIND_COLORS.get(kind, ("#666666", 5))
        kinds.append({"kind": kind, "label": texts.kind(kind), "color": color, "radius": radius,
                      "shown": kind != "posyandu"})  # fmt: skip
    sources = dict.fromkeys(
        f"{s.source or s.file}{f' ({s.licence})' if s.licence else ''}" for s in layers.sources
    )
    data: dict[str, Any] = {
        "lang": texts.lang,
        "offline": offline,
        "texts": map_words(texts),
        "kinds": kinds,
        "facilities": drawn_facilities(area.base.gaps),
        "places": _places(area),
        "attribution": html.escape(f"{texts.term('sources')}: {'; '.join(sources)}"),
    }
    roads = "[]" if layers.roads is None else road_groups(layers.roads, texts.lang)
    return (
        f"const jangkauData = {script_json(data)};\n"
        f"jangkauData.villages = {_villages(area)};\n"
        f"jangkauData.roads = {roads};\n"
        f"jangkauData.water = {_water(area)};\n"
    )


def map_words(texts: Texts) -> dict[str, str]:
    """Return the words the page itself needs."""
    _ = texts.text
    return {
        "roads": texts.term("layer_roads"),
        "water": _("Water"),
        "names": _("Village names"),
        "online": _("Online map (OpenStreetMap)"),
        "online_lost": _("The online map is not available and has been switched off."),
        "closed": texts.term("not_functioning_facility"),
        "pick": _("Click the place on the map, or move the map and press Enter for its middle."),
        "draw": _("Click the line point by point, then Finish."),
        "two_points": _("A line has two points or more: click the next one."),
        "outline": _("Click the corners of the area one by one, then Finish."),
        "three_points": _("An area has three corners or more: click the next one."),
        "finish": _("Finish"),
        "undo_point": _("Remove last point"),
        "cancel": _("Cancel"),
        "new": _("new"),
        "moved": _("moved"),
        "changed": _("changed"),
        "linked_note": texts.term("offline_note"),
    }


def _villages(area: Area) -> str:
    """Return the villages as GeoJSON text, outlines simplified together, in the order of the layer."""
    villages = area.layers.villages
    simple = shapely.coverage_simplify(
        villages.geometry.to_numpy(), VILLAGE_TOLERANCE_M, simplify_boundary=True
    )
    features = [
        f'{{"type":"Feature","properties":{script_json({"i": i, "code": code, "name": name})},'
        f'"geometry":{outline}}}'
        for i, (code, name, outline) in enumerate(
            zip(villages.index, villages["village_name"], geojson_texts(simple, villages.crs), strict=True)
        )
    ]
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def _places(area: Area) -> list[list[Any]]:
    """Return where each village's name is written: name, lat, lon; the largest villages first."""
    villages = area.layers.villages
    points = villages.geometry.representative_point().to_crs(WGS84)
    order = np.argsort(-villages.geometry.area.to_numpy(), kind="stable")
    return [
        [str(villages["village_name"].iloc[i]), round(points.iloc[i].y, DEGREE_DECIMALS),
         round(points.iloc[i].x, DEGREE_DECIMALS)]
        for i in order.tolist()
    ]  # fmt: skip


def _water(area: Area) -> str:
    water = area.layers.water
    if water is None or len(water) == 0:
        return "null"
    west, south, east, north = area.layers.villages.total_bounds
    shown = shapely.box(west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    shapes = water.geometry.to_numpy()
    shapes = shapely.simplify(shapes[shapely.intersects(shapes, shown)], WATER_TOLERANCE_M)
    collection = shapely.geometrycollections(shapes)
    [text] = geojson_texts(np.array([collection], dtype=object), water.crs)
    return text
