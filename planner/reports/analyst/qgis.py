"""Styles of QGIS (QML): the palette of the map, legends in words, and unknown by its hatch."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from geodata.vocabulary.statuses import FacilityStatus, VillageStatus
from planner.coverage.show import STATUS_COLORS
from planner.reports.print_maps.look import HATCH_COLOR, OTHER, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.reports.analyst.said import AnswerSaid
    from planner.reports.print_maps.look import MarkerLook
    from planner.scenarios.modes import Season

# Read by every QGIS from here on; written as 3.22 does.
VERSION = "3.22.0"
OUTLINE, DISTRICT_LINE = "#444444", "#222222"
MM_A_POINT = 25.4 / 72
MARKERS = {"s": "square", "o": "circle", "^": "triangle", "D": "diamond"}
# Names of villages and units crowd a map of the whole kabupaten: from these scales on they are shown.
VILLAGE_NAMES_FROM, UNIT_NAMES_FROM = 150_000, 60_000


class Style(NamedTuple):
    """A style of one layer: ``default`` is what QGIS opens it with."""

    layer: str
    name: str
    qml: str
    default: bool


def village_style(
    kind: str, season: Season, said: AnswerSaid, columns: Sequence[str], *, own_season: bool, default: bool
) -> Style:
    """Return the style of villages by their status of a kind.

    Parameters
    ----------
    kind, season
        Whose status.
    said
        The words.
    columns
        Of the layer, for their headings.
    own_season
        Whether it is the scenario's own: its columns have no season in their names.
    default
        Whether the layer opens with it.

    Examples
    --------
    >>> from planner import demo_layers, find_gaps
    >>> from planner.reports.analyst.said import AnswerSaid
    >>> said = AnswerSaid(find_gaps(demo_layers(12)), "en")
    >>> style = village_style("pustu", "wet", said, ["people"], own_season=False, default=False)
    >>> style.name, 'attr="pustu_wet_status"' in style.qml
    ('Pustu, wet season', True)
    """
    renderer = ET.Element("renderer-v2", type="categorizedSymbol", forceraster="0", symbollevels="0")
    renderer.set("attr", f"{kind}_status" if own_season else f"{kind}_{season}_status")
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, (status, label) in enumerate(said.statuses().items()):
        ET.SubElement(
            categories, "category", value=status, symbol=str(number), label=label, render="true"
        )  # fmt: skip
        symbols.append(_fill(str(number), STATUS_COLORS[status], hatched=status == VillageStatus.UNKNOWN))
    qml = _qml(renderer, said, columns, names="village_name", names_from=VILLAGE_NAMES_FROM)
    return Style("villages", said.layer(kind, season), qml, default)


def facility_style(
    kinds: Iterable[str], statuses: Iterable[str], said: AnswerSaid, columns: Sequence[str]
) -> Style:
    """Return the style of facilities: a symbol a kind, hollow where it is known not to function.

    Parameters
    ----------
    kinds
        That are there.
    statuses
        That are there: those that do not take part are small and grey.
    said
        The words.
    columns
        Of the layer, for their headings.

    Examples
    --------
    >>> from planner import demo_layers, find_gaps
    >>> from planner.reports.analyst.said import AnswerSaid
    >>> said = AnswerSaid(find_gaps(demo_layers(12)), "en")
    >>> facility_style(["pustu"], ["used"], said, ["name"]).qml.count("<rule ")
    2
    """
    renderer = ET.Element("renderer-v2", type="RuleRenderer", forceraster="0", symbollevels="0")
    rules = ET.SubElement(renderer, "rules", key="{jangkau}")
    symbols = ET.SubElement(renderer, "symbols")
    numbers = count()

    def add(filtered: str, label: str, symbol: MarkerLook, color: str) -> None:
        number = str(next(numbers))
        ET.SubElement(rules, "rule", filter=filtered, label=label, symbol=number, key=f"{{rule-{number}}}")
        symbols.append(_marker(number, symbol, color))

    used = f"\"status\" = '{FacilityStatus.USED.value}'"
    for kind in kinds:
        mine = f"{used} AND \"kind\" = '{kind}' AND coalesce(\"functioning\", '')"
        symbol = SYMBOLS.get(kind, OTHER)
        add(f"{mine} <> 'no'", said.kind(kind), symbol, symbol.fill)
        broken = f"{said.kind(kind)}, {said.map['not_functioning_facility']}"
        add(f"{mine} = 'no'", broken, symbol._replace(crossed=False), "#ffffff")
    for status in statuses:
        if status != FacilityStatus.USED:
            add(f"\"status\" = '{status}'", said.not_counted(status), OTHER._replace(size_pt=3.0), "#bbbbbb")
    qml = _qml(renderer, said, columns, names="name", names_from=UNIT_NAMES_FROM)
    return Style("facilities", said.facilities(), qml, default=True)


def district_style(said: AnswerSaid, columns: Sequence[str]) -> Style:
    """Return the style of kecamatan: their outlines and names.

    Parameters
    ----------
    said
        The words.
    columns
        Of the layer, for their headings.

    Examples
    --------
    >>> from planner import demo_layers, find_gaps
    >>> from planner.reports.analyst.said import AnswerSaid
    >>> district_style(AnswerSaid(find_gaps(demo_layers(12)), "en"), ["district_name"]).layer
    'districts'
    """
    renderer = ET.Element("renderer-v2", type="singleSymbol", forceraster="0", symbollevels="0")
    symbol = ET.SubElement(ET.SubElement(renderer, "symbols"), "symbol", type="fill", name="0", alpha="1")
    _layer(symbol, "SimpleFill", color="0,0,0,0", style="no", outline_color=_rgba(DISTRICT_LINE),
           outline_style="solid", outline_width="0.5", outline_width_unit="MM")  # fmt: skip
    names = 'coalesce(nullif("district_name", \'\'), "district_code")'
    qml = _qml(renderer, said, columns, names=names, names_from=None)
    return Style("districts", said.heading("district_name"), qml, default=True)


def _fill(name: str, color: str, *, hatched: bool) -> ET.Element:
    symbol = ET.Element("symbol", type="fill", name=name, alpha="1", clip_to_extent="1")
    line = {"outline_color": _rgba(OUTLINE), "outline_style": "solid", "outline_width": "0.15",
            "outline_width_unit": "MM"}  # fmt: skip
    _layer(symbol, "SimpleFill", color=_rgba(color), style="solid", **line)
    if hatched:
        _layer(symbol, "SimpleFill", color=_rgba(HATCH_COLOR), style="f_diagonal", **line)
    return symbol


def _marker(name: str, symbol: MarkerLook, color: str) -> ET.Element:
    drawn = ET.Element("symbol", type="marker", name=name, alpha="1", clip_to_extent="1")
    size = f"{symbol.size_pt * MM_A_POINT:.2f}"
    line = {"outline_color": "0,0,0,255", "outline_style": "solid", "outline_width": "0.25",
            "outline_width_unit": "MM", "size_unit": "MM"}  # fmt: skip
    _layer(
        drawn, "SimpleMarker", name=MARKERS[symbol.marker], color=_rgba(color), size=size, **line
    )  # fmt: skip
    if symbol.crossed:
        _layer(drawn, "SimpleMarker", name="cross", color=_rgba("#000000"), size=size, **line)
    return drawn


def _layer(symbol: ET.Element, kind: str, **look: str) -> None:
    """Add a layer of a symbol, as QGIS writes it since 3.22 and as it did before."""
    layer = ET.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in look.items():
        ET.SubElement(options, "Option", type="QString", name=key, value=value)
    for key, value in look.items():
        ET.SubElement(layer, "prop", k=key, v=value)


def _rgba(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},255"


def _qml(
    renderer: ET.Element, said: AnswerSaid, columns: Sequence[str], *, names: str, names_from: int | None
) -> str:
    """Return a whole style: the symbols, the names on the map, and the headings of the table."""
    root = ET.Element(
        "qgis", version=VERSION, styleCategories="Symbology|Labeling|Fields|Forms", labelsEnabled="1"
    )  # fmt: skip
    root.append(renderer)
    settings = ET.SubElement(ET.SubElement(root, "labeling", type="simple"), "settings", calloutType="simple")
    # Names that are always shown are kecamatan's: larger, and by code where there is no name.
    style = ET.SubElement(
        settings, "text-style", fieldName=names, isExpression="0" if names_from else "1",
        fontSize="8" if names_from else "10", fontWeight="50" if names_from else "75",
        fontSizeUnit="Point", textColor="34,34,34,255", textOpacity="1", fontFamily="DejaVu Sans",
    )  # fmt: skip
    ET.SubElement(style, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM",
                  bufferColor="255,255,255,255", bufferOpacity="1", bufferNoFill="1")  # fmt: skip
    ET.SubElement(settings, "placement", placement="1" if names != "name" else "6", dist="1",
                  distUnits="MM", quadOffset="4")  # fmt: skip
    ET.SubElement(settings, "rendering", scaleVisibility="1" if names_from else "0",
                  scaleMax=str(names_from or 0), scaleMin="0", obstacle="0")  # fmt: skip
    aliases = ET.SubElement(root, "aliases")
    for index, column in enumerate(columns):
        ET.SubElement(aliases, "alias", index=str(index), field=column, name=said.heading(column))
    body = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}\n"
