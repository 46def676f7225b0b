"""The map's page: Folium, with the area's outlines, roads, water and places sent once."""

from __future__ import annotations

import hashlib
import html
import shutil
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, ClassVar

import folium
import geopandas as gpd
import numpy as np
import shapely
from branca.element import Element, MacroElement
from jinja2 import Template

from app.areas.names import district_names
from geodata.crs import WGS84
from planner.reports.maps.page import (
    DEGREE_DECIMALS,
    VILLAGE_TOLERANCE_M,
    LinkedMap,
    drawn_facilities,
    geojson_texts,
    rendered,
    road_groups,
    script_json,
    vendor_is_built,
    with_missing_note,
)
from planner.reports.maps.surroundings import surroundings
from planner.reports.maps.symbols import symbol_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from app.areas.area import Area
    from app.texts import Texts

MARGIN_M = 5000.0
WATER_TOLERANCE_M = 10.0
LEAST_DISTRICTS = 2
CLOSED_M = 60.0


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
        zoom_start=10, zoom_snap=0.25,
    )  # fmt: skip
    page_map.add_child(Bridge())
    figure = page_map.get_root()
    head = f"<title>{html.escape(area.name)}</title>"
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    shared, own = files("planner").joinpath("reports/maps"), files("app").joinpath("static")
    for style in (shared.joinpath("gaps_map.css"), own.joinpath("map.css")):
        head += f"<style>{style.read_text('utf-8')}</style>"
    scripts = ("map_legend", "map_tools", "map_beside", "map")
    for script in (shared.joinpath("base_map.js"), *(own.joinpath(f"{name}.js") for name in scripts)):
        head += f"<script>{script.read_text('utf-8')}</script>"
    head += f"<script>{_data(area, texts, offline=offline)}</script>"
    # As a value, not as a template: names and library code may hold braces.
    element = Element("{{ this.text }}")
    element.text = head
    figure.header.add_child(element, name="jangkau")
    page = rendered(figure, texts.lang)
    return page if offline else with_missing_note(page, texts.term("map_missing"))


def _data(area: Area, texts: Texts, *, offline: bool) -> str:
    layers = area.layers
    kinds = []
    for kind in area.kinds:
        symbol = symbol_of(kind)
        kinds.append({"kind": kind, "label": texts.kind(kind), "color": symbol.color,
                      "radius": symbol.radius_px, "shape": symbol.shape,
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
        "area": area.name,
        "districts": _district_names(area),
        **surroundings(layers),
        "attribution": html.escape(f"{texts.term('sources')}: {'; '.join(sources)}"),
    }
    roads = "[]" if layers.roads is None else road_groups(layers.roads, texts.lang)
    return (
        f"const jangkauData = {script_json(data)};\n"
        f"jangkauData.villages = {_villages(area)};\n"
        f"jangkauData.roads = {roads};\n"
        f"jangkauData.water = {_water(area)};\n"
        f"jangkauData.outlines = {_outlines(area)};\n"
    )


def map_words(texts: Texts) -> dict[str, str]:
    """Return the words the page itself needs."""
    _ = texts.text
    return {
        "roads": texts.term("layer_roads"),
        "water": _("Water"),
        "names": _("Names"),
        "layer_neighbours": texts.term("layer_neighbours"),
        "layer_relief": texts.term("layer_relief"),
        "outlines": _("Kecamatan"),
        "measure": _("Measure a distance"),
        "measure_area": _("Measure an area"),
        "measure_line": _("Click the line point by point, then Finish. Measured: {n}"),
        "measure_shape": _("Click the corners of the area one by one, then Finish. Measured: {n}"),
        "select": _("Select villages in a box"),
        "select_box": _("Drag a box, or click two opposite corners; Enter takes the middle of the map."),
        "print": _("Print the map as it is"),
        "fullscreen": _("Map alone on the screen"),
        "whole": _("Show the whole area"),
        "swipe_end": _("End the comparison on the map"),
        "swipe": _("Left: compared with. Right: shown. Drag the line, or use the arrow keys."),
        "not_functioning": texts.term("not_functioning_facility"),
        "hidden": _("hidden; click to show"),
        "not_reached": _("not reached"),
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
        "zoom_in": texts.term("zoom_in"),
        "zoom_out": texts.term("zoom_out"),
        "layers": texts.term("layers"),
        "close_popup": texts.term("close_popup"),
    }


def _simple(villages: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the villages' outlines (metres), simplified together, so that neighbours still meet."""
    simple: NDArray[np.object_] = shapely.coverage_simplify(
        villages.geometry.to_numpy(), VILLAGE_TOLERANCE_M, simplify_boundary=True
    )
    return simple


def _outlines(area: Area) -> str:
    """Return the outlines of the kecamatan as one GeoJSON text; ``null`` where there are not two of them."""
    villages = area.layers.villages
    codes = villages["district_code"].astype("str").to_numpy(dtype=object)
    if len(np.unique(codes)) < LEAST_DISTRICTS:
        return "null"
    simple = _simple(villages)
    # Villages that do not quite meet would draw every sliver between them.
    near = {"join_style": "mitre", "quad_segs": 1}
    closed = shapely.buffer(simple, CLOSED_M, **near)
    lines = [
        shapely.buffer(shapely.union_all(closed[codes == code]), -CLOSED_M, **near).boundary
        for code in np.unique(codes)
    ]
    [text] = geojson_texts(
        np.array([shapely.geometrycollections([shapely.union_all(lines)])], dtype=object), villages.crs
    )
    return text


def _district_names(area: Area) -> list[list[Any]]:
    """Return where each kecamatan's name is written: name, lat, lon; those with most land first."""
    villages = area.layers.villages
    names = district_names(villages)
    if len(names) < LEAST_DISTRICTS:
        return []
    out = []
    for code, name in names.items():
        land = shapely.union_all(villages.geometry[villages["district_code"] == code].to_numpy())
        # Its largest part, so that no name stands in the sea between islands.
        parts = shapely.get_parts(land)
        out.append((shapely.area(land), name, parts[np.argmax(shapely.area(parts))].representative_point()))
    out.sort(key=lambda row: (-row[0], row[1]))
    points = gpd.GeoSeries([row[2] for row in out], crs=villages.crs).to_crs(WGS84)
    return [
        [row[1], round(p.y, DEGREE_DECIMALS), round(p.x, DEGREE_DECIMALS)]
        for row, p in zip(out, points, strict=True)
    ]


def _villages(area: Area) -> str:
    """Return the villages as GeoJSON text, outlines simplified together, in the order of the layer."""
    villages = area.layers.villages
    simple = _simple(villages)
    features = [
        f'{{"type":"Feature","properties":{script_json({"i": i, "code": code, "name": name})},'
        f'"geometry":{outline}}}'
        for i, (code, name, outline) in enumerate(
            zip(villages.index, villages["village_name"], geojson_texts(simple, villages.crs), strict=True)
        )
    ]
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def _places(area: Area) -> list[list[Any]]:
    """Return where each village's name is written: name, lat, lon; those with most people first."""
    villages, middles = area.layers.villages, area.middles.round(DEGREE_DECIMALS).tolist()
    # Of those whose people nobody knows, and of equals, the largest.
    people = np.nan_to_num(villages["people"].to_numpy(dtype=np.float64), nan=-1.0)
    order = np.lexsort((-villages.geometry.area.to_numpy(), -people))
    return [[str(villages["village_name"].iloc[i]), middles[i][1], middles[i][0]] for i in order.tolist()]


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
