"""An answer as a picture or a map to move about in, for notebooks: one kind, in the colours of its status."""

from __future__ import annotations

import html
from importlib import import_module
from typing import TYPE_CHECKING, Any

from geodata.arguments import require_word
from geodata.errors import ConfigError
from geodata.vocabulary.statuses import FacilityStatus, VillageStatus, YesNo
from planner.coverage.show import STATUS_COLORS, what_if
from planner.reports.analyst.frames import facility_frame, village_frame
from planner.reports.analyst.said import AnswerSaid, first_listed
from planner.reports.documents.words import clean
from planner.reports.maps.symbols import symbol_of
from planner.reports.print_maps.look import HATCH_COLOR, OTHER, SYMBOLS, drawable
from planner.scenarios.modes import SEASONS

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    from matplotlib.axes import Axes

    from planner.coverage.study import Gaps
    from planner.ilp.model import Ilp
    from planner.scenarios.modes import Season

EXTRA = "pip install 'jangkau[notebook]'"
FOR_PLOT = ("matplotlib",)
FOR_EXPLORE = ("matplotlib", "folium", "mapclassify")
OUTLINE, OUTLINE_PT = "#444444", 0.3


def plot_gaps(
    ilp: Ilp,
    kind: str | None = None,
    *,
    season: Season | None = None,
    lang: str = "id",
    ax: Axes | None = None,
) -> Axes:
    """Return a map of who reaches a kind of facility, drawn with matplotlib: villages by status, and units.

    Parameters
    ----------
    ilp
        An answer.
    kind
        Of the standard; the first that has a list when None.
    season
        The scenario's own when None.
    lang
        ``id`` or ``en``: the language of title and legend.
    ax
        To draw on; a new figure when None.

    Returns
    -------
    ax
        In the metric CRS of the layers.

    Raises
    ------
    ConfigError
        Another kind, season or language; or matplotlib is not installed.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> drawn = plot_gaps(Ilp(find_gaps(demo_layers(12))), "pustu", lang="en", ax=ax)
    >>> [text.get_text() for text in drawn.get_legend().get_texts()][:2]
    ['served (11)', 'partly served (0)']
    """
    _require(FOR_PLOT, "plot")
    kind, season, said = _chosen(ilp.gaps, kind, season, lang)
    if ax is not None and not hasattr(ax, "get_xlabel"):
        msg = f"ax is an axes of matplotlib, such as plt.subplots()[1], or None, not {ax!r}"
        raise ConfigError(msg)
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=(8, 8), layout="constrained")
    villages = village_frame(ilp).to_crs(ilp.gaps.layers.villages.crs)
    status = villages[_column(ilp.gaps, kind, season, "status")]
    _draw_villages(ax, villages, status)
    keys = _status_keys(status.value_counts().to_dict(), said)
    units = _units_of(ilp, kind).to_crs(villages.crs)
    if len(units):
        keys.append(_draw_units(ax, units, kind, said))
    ax.set_title(drawable(clean(_title(ilp.gaps, kind, season, said))), parse_math=False)
    for text in ax.legend(handles=keys, loc="best", fontsize="small").get_texts():
        text.set_parse_math(False)
    ax.set_axis_off()
    ax.set_aspect("equal")
    return ax


def explore_gaps(
    ilp: Ilp,
    kind: str | None = None,
    *,
    season: Season | None = None,
    lang: str = "id",
    tiles: str | None = "OpenStreetMap",
) -> folium.Map:
    """Return a map to move about in, by Folium: villages by status, and units; a touch says more.

    Parameters
    ----------
    ilp
        An answer.
    kind
        Of the standard; the first that has a list when None.
    season
        The scenario's own when None.
    lang
        ``id`` or ``en``.
    tiles
        The background, which comes from the internet; None for none.

    Raises
    ------
    ConfigError
        Another kind, season or language; or what it needs is not installed.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> page = explore_gaps(Ilp(find_gaps(demo_layers(12))), "pustu", lang="en", tiles=None)
    >>> "partly served" in page.get_root().render()
    True
    """
    _require(FOR_EXPLORE, "explore")
    kind, season, said = _chosen(ilp.gaps, kind, season, lang)
    _require_tiles(tiles)
    column = _column(ilp.gaps, kind, season, "status")
    answers = [
        _column(ilp.gaps, kind, season, name) for name in ("share_reached", "minutes_median", "reason")
    ]
    shown = ["village_code", "village_name", "district_name", "people", column, *answers]
    words = said.statuses()
    villages = village_frame(ilp).reset_index()
    spoken = _spoken(villages, shown, said, words)
    at_most = ilp.gaps.seasons[season][kind].at_most_of("minutes_median")
    minutes = zip(villages["village_code"], villages[answers[1]], strict=True)
    spoken[said.heading(answers[1])] = [
        said.format.nearest_minutes(value, at_most=code in at_most) for code, value in minutes
    ]
    page = spoken.explore(
        column=said.heading(column), categorical=True, categories=list(words.values()),
        cmap=list(STATUS_COLORS.values()), tiles=tiles, tooltip=said.heading("village_name"),
        popup=list(spoken.columns.drop("geometry")), name=html.escape(said.layer(kind, season)),
        style_kwds={"color": OUTLINE, "weight": 1, "fillOpacity": 0.6},
        legend_kwds={"caption": html.escape(_title(ilp.gaps, kind, season, said))},
    )  # fmt: skip
    units = _units_of(ilp, kind)
    if len(units):
        _add_units(page, units, kind, said)
    return page


def _require(modules: tuple[str, ...], call: str) -> None:
    for name in modules:
        try:
            import_module(name)
        except ImportError:
            msg = f"gaps.{call}() needs {name}, which is not installed: {EXTRA}"
            raise ConfigError(msg) from None


def _require_tiles(tiles: object) -> None:
    """Raise ConfigError for a background map that Folium does not know."""
    from folium import TileLayer

    if tiles is None:
        return
    try:
        TileLayer(tiles)
    except (ValueError, TypeError, AttributeError):
        msg = f"tiles is a background map, such as 'OpenStreetMap', or None, not {tiles!r}"
        raise ConfigError(msg) from None


def _chosen(gaps: Gaps, kind: str | None, season: Season | None, lang: str) -> tuple[str, Season, AnswerSaid]:
    kind = first_listed(gaps) if kind is None else kind
    gaps.scenario.rule(kind)
    season = gaps.scenario.season if season is None else season
    require_word(season, SEASONS, "season")
    return kind, season, AnswerSaid(gaps, lang)


def _column(gaps: Gaps, kind: str, season: Season, name: str) -> str:
    return f"{kind}_{name}" if season == gaps.scenario.season else f"{kind}_{season}_{name}"


def _title(gaps: Gaps, kind: str, season: Season, said: AnswerSaid) -> str:
    title = f"{said.layer(kind, season)} – {gaps.layers.area.name}"
    # A map of what might be must not pass for the present.
    return ". ".join(filter(None, (what_if(gaps.scenario, said.map), title)))


def _units_of(ilp: Ilp, kind: str) -> gpd.GeoDataFrame:
    """Return the units that count as a kind and have a place."""
    units = facility_frame(ilp)
    kinds = (kind, *ilp.gaps.scenario.standard[kind].counts)
    return units[units["kind"].isin(kinds) & (units["status"] == FacilityStatus.USED)]


def _draw_villages(ax: Axes, villages: gpd.GeoDataFrame, status: Any) -> None:  # noqa: ANN401 - a pandas Series
    for name, color in STATUS_COLORS.items():
        some = villages[(status == name).to_numpy()]
        if len(some):
            unknown = name == VillageStatus.UNKNOWN
            look = {"hatch": "////", "edgecolor": HATCH_COLOR} if unknown else {"edgecolor": OUTLINE}
            some.plot(ax=ax, color=color, linewidth=OUTLINE_PT, **look)


def _status_keys(counts: dict[str, int], said: AnswerSaid) -> list[Any]:
    from matplotlib.patches import Patch

    keys = []
    for status, label in said.statuses().items():
        hatch = "//////" if status == VillageStatus.UNKNOWN else ""
        keys.append(
            Patch(
                facecolor=STATUS_COLORS[status], edgecolor=HATCH_COLOR if hatch else OUTLINE, hatch=hatch,
                label=f"{label} ({said.format.number(counts.get(status, 0))})",
            )
        )  # fmt: skip
    return keys


def _draw_units(ax: Axes, units: gpd.GeoDataFrame, kind: str, said: AnswerSaid) -> Any:  # noqa: ANN401 - a handle
    """Draw the units, hollow where they are known not to function; returns the legend's key."""
    symbol = SYMBOLS.get(kind, OTHER)
    broken = (units["functioning"] == YesNo.NO).to_numpy()
    look = {"marker": symbol.marker, "markersize": symbol.size_pt**2 / 2, "edgecolor": "#000000",
            "linewidth": 0.6, "zorder": 3}  # fmt: skip
    color = symbol_of(kind).color
    for some, fill in ((broken, "#ffffff"), (~broken, color)):
        if some.any():
            units[some].plot(ax=ax, color=fill, **look)
    from matplotlib.lines import Line2D

    label = f"{said.kind(kind)} ({said.format.number(len(units))})"
    return Line2D([], [], linestyle="none", marker=symbol.marker, markerfacecolor=color,
                  markeredgecolor="#000000", label=label)  # fmt: skip


def _spoken(
    frame: gpd.GeoDataFrame, columns: list[str], said: AnswerSaid, statuses: dict[str, str]
) -> gpd.GeoDataFrame:
    """Return some columns in words, with their headings; Folium puts them into HTML as they are."""
    out = frame[["geometry"]].copy()
    for name in columns:
        values = frame[name]
        if values.dtype.kind == "f":
            decimals = 2 if "share" in name else 0
            words = [said.format.number(v, decimals) for v in values]
        elif name.endswith("_status"):
            words = [statuses.get(v, v) for v in values]
        elif name.endswith("_reason"):
            words = [said.map[f"reason_{v}"] if v else "" for v in values]
        else:
            words = ["" if v is None or v != v else str(v) for v in values]  # noqa: PLR0124 - NaN
        out[said.heading(name)] = [html.escape(clean(word)) for word in words]
    return out


def _add_units(page: folium.Map, units: gpd.GeoDataFrame, kind: str, said: AnswerSaid) -> None:
    works = {"yes": said.map["yes"], "no": said.map["no"]}
    named = units.reset_index()
    named["functioning"] = [works.get(v, said.map["unknown"]) for v in named["functioning"]]
    spoken = _spoken(named, ["facility_id", "name", "functioning", "people_own", "load"], said, {})
    spoken.explore(
        m=page, color=symbol_of(kind).color, tooltip=said.heading("name"), name=html.escape(said.kind(kind)),
        popup=list(spoken.columns.drop("geometry")), marker_kwds={"radius": 5},
        style_kwds={"fillOpacity": 1.0, "color": "#ffffff", "weight": 1, "fillColor": symbol_of(kind).color},
    )  # fmt: skip
