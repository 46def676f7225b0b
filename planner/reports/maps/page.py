"""The gaps map: a Folium page in one file, with the browser library and the data inside it."""

from __future__ import annotations

import base64
import html
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

import folium
import geopandas as gpd
import numpy as np
import shapely
from branca.element import Element, MacroElement
from jinja2 import Template

from geodata.crs import WGS84
from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.coverage.known.extent import ROADS
from planner.coverage.known.lost import lost_units
from planner.coverage.known.seasons import seasons_told
from planner.coverage.show import STATUS_COLORS, what_if
from planner.coverage.tables import is_at_least, kinds_without_rule, roads_or_straight, summary
from planner.network.overlay import overlaid_roads, road_overlay
from planner.reports.maps.surroundings import surroundings
from planner.reports.maps.symbols import symbol_of
from planner.scenarios.edits import ROAD_EDITS
from planner.texts.catalogues import map_texts
from planner.texts.formatter import Formatter
from planner.texts.modes import on_map

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.coverage.reach import Coverage
    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season

ROAD_GROUPS = (
    ("jalan utama", "main road", ("motorway", "trunk", "primary", "secondary"), "#8c510a", 2.5, None),
    ("jalan lokal", "local road",
     ("tertiary", "unclassified", "residential", "living_street", "road", "service"),
     "#a6835a", 1.2, None),
    ("jalan setapak", "track or path",
     ("track", "path", "footway", "steps", "cycleway", "bridleway", "pedestrian"),
     "#a6835a", 0.8, "3 3"),
    ("feri", "ferry", ("ferry",), "#35679a", 2.0, "6 6"),
)  # fmt: skip
VILLAGE_TOLERANCE_M = 15.0
ROAD_TOLERANCE_M = 10.0
DEGREE_DECIMALS = 5  # of a degree: about a metre
FIXED_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*user-scalable=no[^>]*>')


# Said on the console by who makes maps, while ``vendor_is_built`` is false.
LIBRARIES_MISSING = (
    "the browser libraries of the maps are missing (planner/reports/maps/vendor): a map stays empty without "
    "the internet, and in the app always; make setup fetches them with npm"
)


class OfflineMap(folium.Map):
    """A Folium map that asks for no library: the page holds Leaflet itself."""

    default_js: ClassVar[list[tuple[str, str]]] = []
    default_css: ClassVar[list[tuple[str, str]]] = []


class LinkedMap(folium.Map):
    """The fallback where the libraries were not fetched at build time: Leaflet from Folium's CDN."""

    default_js: ClassVar[list[tuple[str, str]]] = [j for j in folium.Map.default_js if j[0] == "leaflet"]
    default_css: ClassVar[list[tuple[str, str]]] = [
        c for c in folium.Map.default_css if c[0] == "leaflet_css"
    ]


# The Folium pane of Panel accepts only classes of folium's own module; nothing else reads this.
OfflineMap.__module__ = LinkedMap.__module__ = "folium.folium"


class GapsLayer(MacroElement):
    """Hands the page's data to ``gaps_map.js``."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "jangkauGapsMap({{ this._parent.get_name() }}, jangkauData);"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "JangkauGaps"


def script_json(content: object) -> str:
    r"""Return JSON that can stand inside a script element, whatever names are in it.

    Parameters
    ----------
    content
        Of numbers, text, lists and dicts.

    Raises
    ------
    ValueError
        A number is NaN or infinite, which JSON does not know.
    TypeError
        Something else is in it.

    Examples
    --------
    >>> script_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def write_map(gaps: Gaps, path: Path, *, lang: str) -> None:
    """Write ``map.html``: one file that opens from disk with no network.

    Where the package was built without its browser libraries, the page links to them and says so.

    Parameters
    ----------
    gaps
        The answer for a study area.
    path
        The file; one that is there is written over.
    lang
        ``id`` or ``en``.

    Raises
    ------
    ConfigError
        Another language.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "map.html")
    ...     write_map(find_gaps(demo_layers(12)), file, lang="en")
    ...     '<html lang="en">' in file.read_text("utf-8")
    True
    """
    texts = map_texts(lang) | on_map(gaps.scenario.modes_called(lang))
    offline = vendor_is_built()
    bounds = gaps.layers.villages.to_crs(WGS84).total_bounds
    page_map = (OfflineMap if offline else LinkedMap)(
        location=[(bounds[1] + bounds[3]) / 2, (bounds[0] + bounds[2]) / 2],
        tiles=None, prefer_canvas=True, zoom_start=10, zoom_snap=0.25,
    )  # fmt: skip
    page_map.add_child(GapsLayer())
    own = files("planner").joinpath("reports/maps")
    scripts = [own.joinpath(name).read_text("utf-8") for name in ("base_map.js", "gaps_map.js")]
    scripts.append(page_script(gaps, texts, lang=lang, offline=offline))
    head = page_head(f"{texts['title']}: {gaps.layers.area.name}", offline=offline)
    head += "".join(f"<script>{script}</script>" for script in scripts)
    write_page(page_map, path, head, texts, lang=lang, offline=offline)


def page_head(title: str, *, offline: bool) -> str:
    """Return what stands in the head of every map's page: title, Leaflet where the page holds it, our styles.

    Parameters
    ----------
    title
        Any text; it is escaped.
    offline
        Whether the page holds its libraries itself.

    Examples
    --------
    >>> page_head("Roads & rivers", offline=False).startswith("<title>Roads &amp; rivers</title>")
    True
    """
    own = files("planner").joinpath("reports/maps")
    head = f"<title>{html.escape(title)}</title>"
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    if offline:
        head += f"<style>{leaflet_css()}</style>"
        head += f"<script>{own.joinpath('vendor/leaflet.js').read_text('utf-8')}</script>"
    return head + f"<style>{own.joinpath('gaps_map.css').read_text('utf-8')}</style>"


def write_page(
    page_map: folium.Map, path: Path, head: str, texts: dict[str, str], *, lang: str, offline: bool,
    body: str = "",
) -> None:  # fmt: skip
    """Write a map's page; where it does not hold its libraries, a note says so until the map is drawn.

    Parameters
    ----------
    page_map
        A Folium map.
    path
        The file; one that is there is written over.
    head, body
        HTML, put there as it stands.
    texts
        :func:`planner.texts.catalogues.map_texts` of the language.
    lang
        ``id`` or ``en``.
    offline
        Whether the page holds its libraries itself.

    Raises
    ------
    OSError
        The file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "map.html")
    ...     write_page(OfflineMap(tiles=None), file, "<title>t</title>", {}, lang="en", offline=True)
    ...     '<html lang="en">' in file.read_text("utf-8")
    True
    """
    add_parts(page_map, head, body)
    page = rendered(page_map.get_root(), lang)
    path.write_text(page if offline else with_missing_note(page, texts["map_missing"]), "utf-8")


def add_parts(page_map: folium.Map, head: str, body: str) -> None:
    """Put HTML into the head and the body of a map's page, as it stands.

    Examples
    --------
    >>> page_map = OfflineMap(tiles=None)
    >>> add_parts(page_map, "<title>{{ t }}</title>", "")
    >>> "<title>{{ t }}</title>" in page_map.get_root().render()
    True
    """
    figure = page_map.get_root()
    for part, text in ((figure.header, head), (figure.html, body)):
        # As a value, not as a template: names and library code may hold braces.
        element = Element("{{ this.text }}")
        element.text = text
        part.add_child(element)


def rendered(figure: Any, lang: str) -> str:  # noqa: ANN401 - branca has no types
    """Return a Folium figure's page in its language, which a reader may enlarge.

    Folium's own ``viewport`` forbids that, and people who see little need it (WCAG 1.4.4).

    Parameters
    ----------
    figure
        The root of a Folium map.
    lang
        ``id`` or ``en``.

    Examples
    --------
    >>> page = rendered(OfflineMap(tiles=None).get_root(), "id")
    >>> '<html lang="id">' in page, "user-scalable" in page
    (True, False)
    """
    page = str(figure.render()).replace("<html>", f'<html lang="{lang}">', 1)
    return FIXED_VIEWPORT.sub("", page, count=1)


def vendor_is_built() -> bool:
    """Return whether the browser libraries were fetched when the package was built.

    Examples
    --------
    >>> vendor_is_built() == files("planner").joinpath("reports/maps/vendor/leaflet.js").is_file()
    True
    """
    return files("planner").joinpath("reports/maps/vendor/leaflet.js").is_file()


def with_missing_note(page: str, text: str) -> str:
    """Return a map's page with a note that is there before any script, and that the drawn map takes away.

    Parameters
    ----------
    page
        HTML with a plain ``<body>``.
    text
        What stands there as long as there is no map.

    Examples
    --------
    >>> with_missing_note("<body></body>", "No map & why")
    '<body><p id="jk-missing" role="alert">No map &amp; why</p></body>'
    """
    return page.replace("<body>", f'<body><p id="jk-missing" role="alert">{html.escape(text)}</p>', 1)


def leaflet_css() -> str:
    """Return Leaflet's style sheet with its one needed picture inside it.

    Raises
    ------
    FileNotFoundError
        The package was built without its browser libraries.

    Examples
    --------
    >>> vendor = files("planner").joinpath("reports/maps/vendor")
    >>> not vendor.joinpath("leaflet.css").is_file() or "data:image/png;base64," in leaflet_css()
    True
    """
    vendor = files("planner").joinpath("reports/maps/vendor")
    css = vendor.joinpath("leaflet.css").read_text("utf-8")
    picture = base64.b64encode(vendor.joinpath("layers.png").read_bytes()).decode("ascii")
    css = css.replace("images/layers.png", f"data:image/png;base64,{picture}")
    return css.replace("images/layers-2x.png", f"data:image/png;base64,{picture}").replace(
        "url(images/marker-icon.png)", "none"
    )


def page_script(gaps: Gaps, texts: dict[str, str], *, lang: str, offline: bool) -> str:
    """Return the script that holds all that ``gaps_map.js`` draws.

    Parameters
    ----------
    gaps
        The answer for a study area.
    texts
        :func:`planner.texts.catalogues.map_texts` of the language.
    lang
        ``id`` or ``en``.
    offline
        Whether the page holds its libraries itself.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> script = page_script(find_gaps(demo_layers(12)), map_texts("en"), lang="en", offline=True)
    >>> [line.split(" = ")[0] for line in script.splitlines()]
    ['const jangkauData', 'jangkauData.villages', 'jangkauData.roads']
    """
    totals = summary(gaps)
    layers = gaps.layers
    data = {
        "lang": lang,
        "texts": texts,
        "offline": offline,
        "network": roads_or_straight(gaps),
        "area": f"{layers.area.name} ({layers.area.code})",
        "subtitle": _subtitle(gaps, totals, texts, lang),
        "attribution": attribution(gaps, texts),
        "colors": STATUS_COLORS,
        "seasons": [{"season": s, "label": texts[f"season_{s}"]} for s in _seasons(gaps)],
        "as_dry": layers.roads is not None and not seasons_told(layers, gaps.scenario),
        "no_rule": _no_rule(gaps, texts, lang),
        "kinds": [_kind(gaps, kind, totals["kinds"][kind], texts) for kind in gaps.coverage],
        "units": _units(gaps),
        "answers": _answers(gaps),
        **surroundings(layers),
    }
    roads = "[]" if layers.roads is None else road_groups(_roads_as_edited(gaps), lang)
    return (
        f"const jangkauData = {script_json(data)};\n"
        f"jangkauData.villages = {_villages(gaps)};\n"
        f"jangkauData.roads = {roads};\n"
    )


def _subtitle(gaps: Gaps, totals: dict[str, Any], texts: dict[str, str], lang: str) -> str:
    parts = [f"{totals['villages']} {texts['villages']}"]
    if gaps.scenario.edits:
        # A what-if map must not pass for the present.
        parts.insert(0, f"{what_if(gaps.scenario, texts)} ({totals['edits']} {texts['edits']})")
    if totals["people"] is not None:
        grouped = f"{totals['people']:,.0f}"
        parts.append(f"{grouped.replace(',', '.') if lang == 'id' else grouped} {texts['people']}")
    if totals["villages_people_unknown"]:
        parts.append(f"{totals['villages_people_unknown']} {texts['villages']}: {texts['people_unknown']}")
    return "; ".join(parts)


def _no_rule(gaps: Gaps, texts: dict[str, str], lang: str) -> str:
    """Return the note on kinds that are listed and of which the standard says nothing; "" without any."""
    write = Formatter(lang)
    what = [f"{write.number(n)} {write.term(f'kind_{k}')}" for k, n in kinds_without_rule(gaps).items()]
    return texts["no_rule"].format(what=", ".join(what)) if what else ""


def attribution(gaps: Gaps, texts: dict[str, str]) -> str:
    """Return the map's credits as HTML, every part escaped: whose data it shows, under which licence."""
    seen = dict.fromkeys(
        f"{s.source or s.file}{f' ({s.licence})' if s.licence else ''}" for s in gaps.layers.sources
    )
    listed = "; ".join(html.escape(s) for s in seen)
    return f"{html.escape(texts['sources'])}: {listed} · {html.escape(texts['made_by'])}"


def _lost(gaps: Gaps, kind: str, texts: dict[str, str]) -> list[str]:
    """Return what is said of units of a kind, or of one that counts as it, that have no place."""
    words = (kind, *gaps.scenario.standard[kind].counts)
    many = {w: len(lost_units(gaps.layers, (w,), working=True)) for w in words}
    return [
        texts["lost_units"].format(kind=texts.get(f"kind_{w}", w), n=n)
        for w, n in many.items()
        if n and w in gaps.layers.area.listed_kinds
    ]


def _kind(gaps: Gaps, kind: str, totals: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    symbol = symbol_of(kind)
    rows = gaps.layers.facilities
    counts = gaps.scenario.standard[kind].counts
    drawn = int((rows["kind"].isin((kind, *counts)) & (rows["status"] == FacilityStatus.USED)).sum())
    mode = "straight" if gaps.network is None else totals["mode"]
    return {
        "kind": kind,
        "label": texts.get(f"kind_{kind}", kind),
        "mode": texts.get(f"mode_{mode}", mode),
        "color": symbol.color,
        "radius": symbol.radius_px,
        "shape": symbol.shape,
        "shown": kind != "posyandu",
        "facilities": drawn,
        "listed": totals["listed"],
        "incomplete": [
            texts["incomplete_roads" if word == ROADS else "incomplete_list"].format(
                kind=texts.get(f"kind_{word}", word), why=texts[f"why_{gaps.extent.why[word]}"]
            )
            for word in totals["incomplete"]
        ]
        + _lost(gaps, kind, texts),
        "limit_minutes": totals["limit_minutes"],
        "reach": {
            season: {
                "people_reached": one["people_reached"],
                "at_least": is_at_least(one),
                "share_reached": one["share_reached"],
                "counts": {s: one[f"villages_{s}"] for s in STATUS_COLORS},
            }
            for season, one in ((s, totals.get(s, totals)) for s in _seasons(gaps))
        },
    }


def _seasons(gaps: Gaps) -> list[Season]:
    """Return the scenario's own season, and the other where anything differs in it."""
    own, *others = gaps.seasons
    answers = gaps.seasons[own]
    return [own, *(s for s in others if any(gaps.seasons[s][k] is not answers[k] for k in answers))]


def _plain(value: float) -> float | str | None:
    """Return a JSON value of a number: "inf" for unreachable, null for unknown."""
    if np.isnan(value):
        return None
    return "inf" if np.isinf(value) else round(float(value), 2)


def _villages(gaps: Gaps) -> str:
    """Return the villages as GeoJSON text, their outlines simplified together."""
    villages = gaps.layers.villages
    geometry = shapely.coverage_simplify(
        villages.geometry.to_numpy(), VILLAGE_TOLERANCE_M, simplify_boundary=True
    )
    outlines = geojson_texts(geometry, villages.crs)
    features = []
    for code, row, outline in zip(villages.index, villages.itertuples(), outlines, strict=True):
        properties = {"code": code, "name": row.village_name, "people": _plain(row.people)}
        features.append(f'{{"type":"Feature","properties":{script_json(properties)},"geometry":{outline}}}')
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def _answers(gaps: Gaps) -> dict[str, dict[str, dict[str, list[Any]]]]:
    """Return the answers by kind and season as columns: as rows, their keys would be half of the page."""
    names = gaps.layers.facilities["name"].to_dict()
    return {
        kind: {s: _columns(gaps.seasons[s][kind], names) for s in _seasons(gaps)} for kind in gaps.coverage
    }


def _columns(coverage: Coverage, names: dict[str, str]) -> dict[str, list[Any]]:
    answer, at_most = coverage.villages, coverage.at_most
    return {
        "status": answer["status"].tolist(),
        "share": [_plain(v) for v in answer["share_reached"]],
        "open": (answer["share_unknown"] > 0).tolist(),
        "median": [_plain(v) for v in answer["minutes_median"]],
        "max": [_plain(v) for v in answer["minutes_max"]],
        "median_at_most": at_most["minutes_median"].tolist(),
        "max_at_most": at_most["minutes_max"].tolist(),
        "reason": answer["reason"].tolist(),
        "present": answer["present"].tolist(),
        "nearest": [(names.get(i) or i) if i else "" for i in answer["nearest_id"]],
    }


def _units(gaps: Gaps) -> dict[str, dict[str, list[Any]]]:
    """Return what :func:`drawn_facilities` does, as columns by kind; ``closed`` are rows of closed units."""
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in gaps.coverage}
    for one in drawn_facilities(gaps):
        rows[one["kind"]].append(one)
    return {
        kind: {
            **{name: [one[name] for one in some] for name in ("id", "name", "lat", "lon")},
            "closed": [i for i, one in enumerate(some) if one["functioning"] == YesNo.NO],
        }
        for kind, some in rows.items()
    }


def geojson_texts(geometry: NDArray[np.object_], crs: object) -> list[str]:
    """Return GeoJSON texts of geometries, in degrees (EPSG:4326) rounded to about a metre.

    Parameters
    ----------
    geometry
        object ``(rows,)``, geometries in ``crs``.
    crs
        Any that pyproj knows.

    Examples
    --------
    >>> geojson_texts(np.array([shapely.Point(106.8271534, -6.1754023)], dtype=object), "EPSG:4326")
    ['{"type":"Point","coordinates":[106.82715,-6.1754]}']
    """
    lonlat = gpd.GeoSeries(geometry, crs=crs).to_crs(WGS84).to_numpy()
    rounded = shapely.transform(lonlat, lambda xy: np.round(xy, DEGREE_DECIMALS))
    return [str(text) for text in shapely.to_geojson(rounded)]


def drawn_facilities(gaps: Gaps) -> list[dict[str, Any]]:
    """Return the facilities that a map draws: id, name, kind of the standard, functioning, degrees.

    ``lat`` and ``lon`` are rounded to a decimetre (EPSG:4326).

    Parameters
    ----------
    gaps
        The answer for a study area.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> drawn_facilities(find_gaps(demo_layers(12)))[0]["name"]
    'Puskesmas Margarekaan'
    """
    rows = gaps.layers.facilities
    group = {k: k for k in gaps.coverage}
    for kind, rule in gaps.scenario.standard.items():
        group |= {other: kind for other in rule.counts if other not in gaps.coverage}
    rows = rows[(rows["status"] == FacilityStatus.USED) & rows["kind"].isin(list(group))]
    lonlat = rows.geometry.to_crs(WGS84)
    return [
        {
            "id": i, "name": name, "kind": group[kind], "functioning": functioning,
            "lat": round(float(point.y), DEGREE_DECIMALS + 1),
            "lon": round(float(point.x), DEGREE_DECIMALS + 1),
        }
        for i, name, kind, functioning, point in zip(
            rows.index, rows["name"], rows["kind"], rows["functioning"], lonlat, strict=True
        )
    ]  # fmt: skip


def _roads_as_edited(gaps: Gaps) -> gpd.GeoDataFrame:
    """Return the roads as the answer sees them: closed ones gone, new ones there."""
    edits = [e for e in gaps.scenario.edits if isinstance(e, ROAD_EDITS)]
    roads = gaps.layers.roads
    return overlaid_roads(roads, road_overlay(roads, edits, gaps.scenario.drawing)) if edits else roads


def road_groups(roads: gpd.GeoDataFrame, lang: str) -> str:
    """Return the groups of roads that a map draws, as JSON text; lines in degrees (EPSG:4326).

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS): ``road_class`` is asked for.
    lang
        ``id`` for Indonesian labels, else English ones.

    Examples
    --------
    >>> line = [shapely.LineString([(760000, 9477000), (761000, 9477000)])]
    >>> roads = gpd.GeoDataFrame({"road_class": ["primary_link"]}, geometry=line, crs="EPSG:32748")
    >>> [group["label"] for group in json.loads(road_groups(roads, "en"))]
    ['main road']
    """
    base = roads["road_class"].str.removesuffix("_link")
    groups = []
    for indonesian, english, classes, color, weight, dash in ROAD_GROUPS:
        lines = roads.geometry.to_numpy()[base.isin(classes).to_numpy()]
        if len(lines) == 0:
            continue
        # Pieces of one road become one line again before it is simplified.
        merged = shapely.line_merge(shapely.multilinestrings(lines))
        simple = shapely.multilinestrings(shapely.simplify(shapely.get_parts(merged), ROAD_TOLERANCE_M))
        label = indonesian if lang == "id" else english
        look = {"label": label, "color": color, "weight": weight, "dash": dash}
        [drawn] = geojson_texts(np.array([simple], dtype=object), roads.crs)
        groups.append(f'{{"geometry":{drawn},{script_json(look)[1:]}')
    return f"[{','.join(groups)}]"
