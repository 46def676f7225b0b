"""The map of a plan: villages today and after it, and its sites in their order; one file, no network."""

from __future__ import annotations

import html
from math import inf
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import shapely
from branca.element import MacroElement
from jinja2 import Template

from geodata.crs import WGS84
from planner.coverage.gained import SAME_PEOPLE
from planner.coverage.reach import usable_facilities
from planner.coverage.show import STATUS_COLORS
from planner.reports.maps.page import (
    DEGREE_DECIMALS,
    VILLAGE_TOLERANCE_M,
    LinkedMap,
    OfflineMap,
    add_parts,
    attribution,
    page_head,
    vendor_is_built,
    write_page,
)
from planner.reports.maps.symbols import symbol_of
from planner.scenarios.edits import AddBoat, AddRoad, ChangeRoad, CloseRoad, ReopenRoad
from planner.scenarios.scenario import default_scenario
from planner.siting.gained import gain, gain_by_year, may_have_room
from planner.siting.site import Siting
from planner.siting.weights import people_of_unknown_place
from planner.siting.why_none import why_none
from planner.siting.with_roads import SitingWithRoads
from planner.supply.stages import default_stages
from planner.texts.catalogues import map_texts
from planner.texts.formatter import Formatter
from planner.texts.modes import on_map

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from planner.coverage.gained import Gain
    from planner.siting.plan_file import PlanYear
    from planner.siting.years import Rollout

    AnyPlan = Siting | Rollout | SitingWithRoads


# Takes away the note of a page without its libraries, once they have come from the internet after all.
DRAWN = "<script>if (window.L) document.getElementById('jk-missing')?.remove();</script>"
# More numbered discs than this lie over each other.
NUMBERED = 40


# On a phone the map comes first.
FOLDED = "<script>if (innerWidth < 600) document.getElementById('jk-plan').open = false;</script>"


class _VillagesBehind(MacroElement):
    """Puts villages that were chosen in the list of layers behind the units, which would be hidden else.

    And adds a scale in kilometres alone.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{{ this._parent.get_name() }}.on('baselayerchange', e => e.layer.bringToBack());"
        "L.control.scale({imperial: false}).addTo({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )


def write_sites_map(plan: AnyPlan, path: Path, *, lang: str) -> None:
    """Write the map of a plan: one file that opens from disk with no network.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.site.site`, :func:`planner.siting.years.rollout` or
        :func:`planner.siting.with_roads.site_with_roads`; of a rollout each year's villages and sites can be
        shown.
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
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "map.html")
    ...     write_sites_map(plan, file, lang="en")
    ...     '<html lang="en">' in file.read_text("utf-8")
    True
    """
    page = sites_map(plan, lang=lang)
    write_page(page, path, "", map_texts(lang), lang=lang, offline=vendor_is_built())


def sites_map(plan: AnyPlan, *, lang: str) -> folium.Map:
    """Return the map of a plan by Folium, as :func:`write_sites_map` writes it.

    Parameters
    ----------
    plan, lang
        As :func:`write_sites_map` takes them.

    Raises
    ------
    ConfigError
        Another language.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> "With the plan" in sites_map(plan, lang="en").get_root().render()
    True
    """
    texts = map_texts(lang) | on_map(plan.before.scenario.modes_called(lang))
    offline = vendor_is_built()
    villages = plan.after.layers.villages
    west, south, east, north = villages.to_crs(WGS84).total_bounds
    page = (OfflineMap if offline else LinkedMap)(tiles=None, prefer_canvas=True, zoom_snap=0.25)
    page.fit_bounds([[south, west], [north, east]])
    for name, table, suffix in _states(plan, texts):
        _villages(plan, name, table, suffix, texts, lang, show=name == texts["plan_after"]).add_to(page)
    _existing(plan, texts).add_to(page)
    if isinstance(plan, SitingWithRoads) and plan.roads:
        _roads(plan, texts).add_to(page)
    for name, sites in _steps(plan, texts):
        _sites(name, sites, texts, lang, few=len(plan.sites) <= NUMBERED).add_to(page)
    # The years of a rollout would cover the map.
    folium.LayerControl(collapsed="year_works" in plan.sites).add_to(page)
    _VillagesBehind().add_to(page)
    head = page_head(f"{texts['plan_title']}: {plan.after.layers.area.name}", offline=offline)
    add_parts(page, head, _box(plan, texts, lang) + DRAWN)
    return page


def _states(plan: AnyPlan, texts: dict[str, str]) -> list[tuple[str, pd.DataFrame, str]]:
    """Return the states of the villages that can be shown: name, table, and the suffix of its columns."""
    states = [(texts["plan_after"], plan.villages, ""), (texts["plan_before"], plan.villages, "_before")]
    by_year = getattr(plan, "villages_by_year", {})
    return states + [(f"{texts['plan_after']}: {year}", one, "") for year, one in list(by_year.items())[:-1]]


def _steps(plan: AnyPlan, texts: dict[str, str]) -> list[tuple[str, pd.DataFrame]]:
    """Return the sites: all at once, or those that work from each year on."""
    if "year_works" not in plan.sites:
        return [(texts["plan_sites"], plan.sites)]
    return [(f"{texts['plan_sites']}: {year}", some) for year, some in plan.sites.groupby("year_works")]


def _villages(
    plan: AnyPlan,
    layer: str,
    table: pd.DataFrame,
    suffix: str,
    texts: dict[str, str],
    lang: str,
    *,
    show: bool,
) -> folium.GeoJson:
    """Return the villages coloured by their status."""
    numbers = Formatter(lang)
    status, share = (table[column] for column in _columns(plan, suffix))
    tips = [
        f"<b>{html.escape(str(name))}</b> ({html.escape(str(district))})<br>"
        f"{html.escape(texts[one])}: {numbers.percent(part)}"
        for name, district, one, part in zip(
            table["village_name"], table["district_name"].fillna(""), status, share, strict=True
        )
    ]
    degrees = plan.after.layers.villages.geometry.simplify(VILLAGE_TOLERANCE_M).to_crs(WGS84).to_numpy()
    # Each state holds the outlines anew: a third of their size as rounded.
    shapes = shapely.transform(degrees, lambda xy: np.round(xy, DEGREE_DECIMALS))
    frame = gpd.GeoDataFrame(
        {"tip": tips, "color": [STATUS_COLORS[s] for s in status]}, geometry=shapes, crs=WGS84
    )
    return folium.GeoJson(
        frame.__geo_interface__,
        name=html.escape(layer),
        # One state at a time.
        overlay=False,
        style_function=_style,
        tooltip=folium.GeoJsonTooltip(["tip"], labels=False, sticky=True, class_name="jk-tip"),
        show=show,
    )


def _columns(plan: AnyPlan, suffix: str) -> tuple[str, str]:
    """Return the columns of a status and its share: of as many units as the plan counts with."""
    if isinstance(plan, Siting) and plan.reach.backup > 1:
        return f"{plan.kind}_status_backup{suffix}", f"{plan.kind}_share_backup{suffix}"
    return f"{plan.kind}_status{suffix}", f"{plan.kind}_share_reached{suffix}"


def _style(feature: dict[str, Any]) -> dict[str, Any]:
    color = feature["properties"]["color"]
    return {"fillColor": color, "fillOpacity": 0.6, "color": "#ffffff", "weight": 0.6}


def _existing(plan: AnyPlan, texts: dict[str, str]) -> folium.FeatureGroup:
    """Return the units of the kind that function today."""
    group = folium.FeatureGroup(name=html.escape(texts["plan_existing"]))
    counts = plan.before.scenario.standard[plan.kind].counts
    rows = usable_facilities(plan.before.layers, (plan.kind, *counts))
    color = symbol_of(plan.kind).color
    for name, point in zip(rows["name"].fillna(""), rows.geometry.to_crs(WGS84), strict=True):
        folium.CircleMarker(
            [point.y, point.x], radius=3, color="#222222", weight=1, fill=True, fill_color=color,
            fill_opacity=0.9, tooltip=html.escape(str(name)) or None,
        ).add_to(group)  # fmt: skip
    return group


def _roads(plan: SitingWithRoads, texts: dict[str, str]) -> folium.FeatureGroup:
    """Return the roads that the plan mends, opens or builds."""
    group = folium.FeatureGroup(name=html.escape(texts["plan_roads"]))
    before = set(plan.before.scenario.edits)
    roads = plan.before.layers.roads
    for edit in (e for e in plan.scenario.edits if e not in before):
        if isinstance(edit, (AddRoad, AddBoat)):
            lines = [shapely.LineString(edit.line)]
        elif isinstance(edit, (CloseRoad, ReopenRoad, ChangeRoad)) and roads is not None:
            rows = roads[(roads.index == edit.road) | (roads["way_id"] == edit.road)]
            lines = list(rows.geometry.to_crs(WGS84))
        else:
            continue
        for line in lines:
            path = [(round(y, DEGREE_DECIMALS), round(x, DEGREE_DECIMALS)) for x, y in line.coords]
            folium.PolyLine(path, color="#7f2704", weight=5, opacity=0.9).add_to(group)
    return group


def _sites(
    name: str, sites: pd.DataFrame, texts: dict[str, str], lang: str, *, few: bool
) -> folium.FeatureGroup:
    """Return sites, numbered in their order."""
    group, numbers = folium.FeatureGroup(name=html.escape(name)), Formatter(lang)
    for row in sites.itertuples():
        where = html.escape(f"{row.village_name}, {row.district_name}".strip(", "))
        tip = (
            f"<b>{row.order}. {where}</b><br>{html.escape(texts[f'measure_{row.op}'])}<br>"
            f"+{numbers.people(row.people_added)} {html.escape(texts['people'])}"
        )
        if "year_works" in sites:
            years = texts["plan_years"].format(decided=row.year_decided, works=row.year_works)
            tip += f"<br>{html.escape(years)}"
        folium.Marker(
            [row.lat, row.lon],
            icon=folium.DivIcon(html=_badge(row.order, few=few), icon_size=(0, 0)),
            tooltip=tip,
        ).add_to(group)
    return group


def _badge(order: int, *, few: bool) -> str:
    """Return a site's number in a disc; where there are many, a small disc, its number in the tip."""
    return f"<div class='jk-site'>{order}</div>" if few else "<div class='jk-site jk-small'></div>"


def _box(plan: AnyPlan, texts: dict[str, str], lang: str) -> str:
    """Return the title, the figures and the colours, as a box over the map."""
    numbers = Formatter(lang)
    proof = _proof(plan, texts, numbers)
    kind = texts.get(f"kind_{plan.kind}", plan.kind)
    count = f"{len(plan.sites)} {texts['plan_sites'].lower()}"
    gained = gain(plan)
    people = _gained(gained, texts, numbers)
    if not isinstance(plan, (Siting, SitingWithRoads)):
        people += _people_of(plan.asked.years[-1], texts, numbers)
    lines = [
        f"<summary><h1>{html.escape(texts['plan_title'])}: {html.escape(kind)}</h1></summary>",
        f"<p>{html.escape(f'{plan.after.layers.area.name}: {count}, {people}')}</p>",
        *(
            [f"<p>{html.escape(texts['plan_roads'])}: {html.escape(', '.join(plan.roads) or '–')}</p>"]
            if isinstance(plan, SitingWithRoads)
            else []
        ),
        *_by_year(plan, texts, numbers),
        *_why_none(plan, texts),
        f"<p>{html.escape(proof)} {html.escape(texts['plan_rules']) if plan.ask.has_rules else ''}</p>",
    ]
    lines += [f"<p class='jk-note'>{html.escape(text)}</p>" for text in _assumed(plan, texts, numbers)]
    if isinstance(plan, Siting) and plan.reach.backup > 1:
        said = texts["plan_backup"].format(n=plan.reach.backup)
        lines.append(f"<p class='jk-note'>{html.escape(said)}</p>")
    if plan.ask.capacity:
        lines.append(f"<p class='jk-note'>{html.escape(texts['plan_capacity'])}</p>")
    guessed = people_of_unknown_place(plan.before.demand)
    if guessed:
        said = texts["plan_by_area"].format(n=numbers.people(guessed))
        lines.append(f"<p class='jk-note'>{html.escape(said)}</p>")
    if plan.before.on_foot(plan.kind):
        lines.append(f"<p class='jk-note'>{html.escape(texts['plan_on_foot'])}</p>")
    if plan.as_if_none:
        lines.append(f"<p class='jk-note'>{html.escape(texts['plan_as_if_none'])}</p>")
    elif plan.list_doubt is not None:
        doubt = texts["incomplete_list"].format(kind=kind, why=texts[f"why_{plan.list_doubt}"])
        lines.append(f"<p class='jk-note'>{html.escape(doubt)}</p>")
    notes = [*_doubts(plan, gained, texts, numbers), *_open_questions(plan, texts, lang)]
    lines += [f"<p class='jk-note'>{html.escape(text)}</p>" for text in notes]
    lines += [
        f"<p><span class='jk-swatch' style='background:{color}'></span>{html.escape(texts[s])}</p>"
        for s, color in STATUS_COLORS.items()
    ]
    lines.append(f"<p class='jk-credit'>{attribution(plan.before, texts)}</p>")
    return f"<details class='jk-box jk-plan' id='jk-plan' open>{''.join(lines)}</details>{FOLDED}"


def _assumed(plan: AnyPlan, texts: dict[str, str], numbers: Formatter) -> list[str]:
    """Return in which seasons and within which limits people count, and what the scenario changes."""
    scenario = plan.before.scenario
    rule = scenario.standard[plan.kind]
    mode = texts.get(f"mode_{rule.mode}", rule.mode)
    said = [
        texts["plan_counted"].format(
            season=texts[f"season_{season}"], minutes=numbers.plain(rule.of(season).limit_minutes), mode=mode
        )
        for season in sorted(set(plan.ask.seasons or (scenario.season,)))
    ]
    if plan.ask.gradual_minutes is not None:
        said.append(texts["plan_gradual"].format(minutes=numbers.plain(plan.ask.gradual_minutes)))
    if scenario.edits:
        named = scenario.name not in ("", default_scenario().name)
        what = texts["what_if_named"].format(name=scenario.name) if named else texts["what_if"]
        said.append(f"{what} ({texts['plan_edits'].format(n=len(scenario.edits))})")
    elif scenario.has_own_rules:
        said.append(texts["plan_other_rules"].format(name=scenario.name))
    return said


def _proof(plan: AnyPlan, texts: dict[str, str], numbers: Formatter) -> str:
    """Return how much better another plan can be at most, or that none is."""
    unit, better = "people", plan.better if isinstance(plan, SitingWithRoads) else plan.solution.better
    if not isinstance(plan, SitingWithRoads):
        unit = plan.answer.unit
    if not better:
        return texts[f"plan_proven_{unit}"]
    if better == inf:
        return texts["plan_gap_open"]
    return texts["plan_gap"].format(gap=numbers.percent(better))


def _why_none(plan: AnyPlan, texts: dict[str, str]) -> list[str]:
    """Return why a plan does nothing, as HTML; nothing of a plan that does something."""
    why = why_none(plan)
    return [] if why is None else [f"<p>{html.escape(texts[f'plan_none_{why}'])}</p>"]


def _gained(gained: Gain, texts: dict[str, str], numbers: Formatter) -> str:
    """Return the people whom a plan adds, and how far that is known."""
    said = f"+{numbers.people(gained.people)} {texts['people']}"
    if gained.is_sure:
        return said
    bound = "at_least" if gained.at_least else "at_most"
    return texts[f"plan_{'as_known' if gained.at_least and gained.at_most else bound}"].format(n=said)


def _doubts(plan: AnyPlan, gained: Gain, texts: dict[str, str], numbers: Formatter) -> list[str]:
    """Return that some of these people may be reached already, and others besides."""
    already, notes = gained.people - gained.least, []
    if already > SAME_PEOPLE:
        notes.append(texts["plan_already"].format(n=numbers.people(already)))
    if gained.most > gained.people + SAME_PEOPLE:
        notes.append(texts["plan_others_room" if may_have_room(plan) else "plan_others"])
    return notes


def _people_of(year: PlanYear, texts: dict[str, str], numbers: Formatter) -> str:
    """Return which people count in a year, to stand after their number; "" where they are those of today."""
    if year.people_factor == 1.0:
        return ""
    said = texts["plan_people_of"].format(year=year.year, factor=numbers.plain(year.people_factor))
    return f" ({said})"


def _by_year(plan: AnyPlan, texts: dict[str, str], numbers: Formatter) -> list[str]:
    """Return the people whom a rollout adds in each year, as lines of HTML."""
    if isinstance(plan, (Siting, SitingWithRoads)):
        return []
    added = zip(plan.plan.index, gain_by_year(plan), strict=True)
    said = []
    for (year, one), asked in zip(added, plan.asked.years, strict=True):
        people = _gained(one, texts, numbers) + _people_of(asked, texts, numbers)
        said.append(f"<p>{year}: {html.escape(people)}</p>")
    return said


def _open_questions(plan: AnyPlan, texts: dict[str, str], lang: str) -> list[str]:
    """Return what a rollout does not know: who waits, staff and yearly costs without a number."""
    if isinstance(plan, (Siting, SitingWithRoads)):
        return []
    notes, after = [], plan.asked.after_stage
    if after is not None and len(plan.waiting):
        called = {one.key: one.name.id if lang == "id" else one.name.en for one in default_stages().stages}
        names = ", ".join(f"{name} ({puskesmas})" for puskesmas, name in plan.waiting["name"].items())
        notes.append(texts["plan_waiting"].format(stage=called[after.stage], names=names))
    yearly = plan.without_yearly_cost if plan.asked.counts_money else ()
    for what, unknown in (("staff", plan.staff_not_limited), ("yearly", yearly)):
        if unknown:
            notes.append(texts[f"plan_{what}"].format(names=", ".join(unknown)))
    return notes
