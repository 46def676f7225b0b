"""The map of one kind's status by village, for paper."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.vocabulary.statuses import FacilityStatus, VillageStatus, YesNo
from planner.coverage.known.seasons import seasons_told
from planner.coverage.reach import is_open
from planner.coverage.show import DEFAULT_NAME
from planner.coverage.study import require_gaps
from planner.reports.documents.model import number
from planner.reports.documents.words import Words, clean, words_for
from planner.reports.print_maps.labels import box_of, boxes_around, is_free, place_names
from planner.reports.print_maps.look import (
    FILLS,
    FONT,
    HATCH_COLOR,
    MM,
    OTHER,
    SHEETS,
    SITE,
    SYMBOLS,
    WORKS_COLOR,
    Paper,
    drawable,
    outline_path,
)
from planner.reports.print_maps.outlines import outlines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.reports.print_maps.look import Fill, MarkerLook, SheetSides
    from planner.reports.print_maps.outlines import Outlines

DPI = 200
MARGIN = 0.03
# Where a star's number may stand: its middle, in points from the star's.
NUMBER_AT = ((9, 7), (-9, 7), (9, -7), (-9, -7), (0, 12), (0, -12), (11, 0), (-11, 0))


def status_map(
    gaps: Gaps,
    kind: str,
    *,
    paper: Paper | str = Paper.A4,
    lang: str = "id",
    sites: Sequence[tuple[float, float]] = (),
    lines: Sequence[shapely.LineString] = (),
    outlines: Outlines | None = None,
    file_format: str = "png",
) -> bytes:
    """Return a printable map of who reaches a kind of facility, by village.

    Villages are filled by status, from pale to dark as it gets worse, so that a copy in grey reads the same;
    hatched ones are unknown. Kecamatan have outlines and, where there is room, names, on A3 villages too;
    facilities of the kind have their symbol, hollow where they are known not to function.

    Parameters
    ----------
    gaps
        The answer for a study area.
    kind
        Of the standard.
    paper
        ``a4``, ``a3``, ``f4``, or ``figure`` for a picture in a document's text.
    lang
        ``id`` or ``en``.
    sites
        Proposed places (x, y) in the metric CRS of the layers, numbered in their order.
    lines
        Proposed roads and boat links, in the same CRS.
    outlines
        Of the same area, where several maps are drawn of it; made when None.
    file_format
        ``png``, ``pdf`` or ``svg``.

    Returns
    -------
    picture
        The bytes of the file.

    Raises
    ------
    KeyError
        The kind is not in the standard.
    ValueError
        Another paper or format.
    ConfigError
        Another language.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> status_map(find_gaps(demo_layers(12)), "pustu", paper="figure")[1:4]
    b'PNG'
    """
    require_gaps(gaps)
    gaps.scenario.rule(kind)
    figure = draw_status(
        gaps,
        kind,
        paper=Paper(paper),
        words=words_for(lang, gaps.layers.villages, gaps.scenario.modes_called(lang)),
        sites=sites,
        lines=lines,
        outlines=outlines,
    )
    return as_file(figure, file_format)


def as_file(figure: Figure, file_format: str) -> bytes:
    """Return a figure as a file; as PNG and PDF the same figure is the same bytes.

    Parameters
    ----------
    figure
        Of :func:`draw_status`.
    file_format
        ``png``, ``pdf`` or ``svg``.

    Raises
    ------
    ValueError
        Another format.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> as_file(Figure(), "pdf")[:5]
    b'%PDF-'
    """
    out = BytesIO()
    # No date and no version in the file: the same map is the same bytes.
    unsaid = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
    if file_format not in unsaid:
        msg = f"a map is written as {', '.join(unsaid)}, not as {file_format!r}"
        raise ValueError(msg)
    figure.savefig(out, format=file_format, dpi=DPI, metadata=unsaid[file_format])
    return out.getvalue()


def draw_status(
    gaps: Gaps, kind: str, *, paper: Paper, words: Words, sites: Sequence[tuple[float, float]] = (),
    lines: Sequence[shapely.LineString] = (), outlines: Outlines | None = None,
) -> Figure:  # fmt: skip
    """Return the map as a figure of matplotlib, which nothing else holds.

    Parameters
    ----------
    gaps, kind, sites, lines, outlines
        As in :func:`status_map`.
    paper
        The sheet.
    words
        Of its language.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> drawn = draw_status(find_gaps(demo_layers(12)), "pustu", paper=Paper.A3, words=Words("en"))
    >>> [round(side * 25.4) for side in sorted(drawn.get_size_inches())]
    [297, 420]
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sheet = SHEETS[paper]
    bounds = gaps.layers.villages.total_bounds
    figure = Figure(figsize=_size(sheet, bounds, paper))
    # Savefig finds the canvas by itself; measuring names before it needs one.
    renderer: RendererBase = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    axes = map_axes(figure, bounds)
    outlines = outlines or outlines_of(gaps.layers)
    fill_villages(axes, gaps, kind, outlines)
    outline_districts(axes, outlines)
    draw_facilities(axes, gaps, kind, sheet)
    draw_lines(axes, lines)
    draw_furniture(axes, words, sheet)
    _write_title(figure, gaps, kind, words, paper)
    proposed = _proposed_keys(words, sites=bool(sites), lines=bool(len(lines)))
    _write_below(figure, gaps, kind, words, sheet, proposed)
    _fit(figure, axes, renderer)
    taken = _draw_sites(axes, sites, sheet, renderer)
    symbols = _symbol_boxes(axes, gaps, kind, sheet)
    names = place_names(
        axes, outlines.district_names, renderer, letters_pt=sheet.letters_pt, keep_clear=taken,
        rather_clear=symbols,
    )  # fmt: skip
    if sheet.village_letters_pt:
        taken += [*(box_of(name, renderer) for name in names), *symbols]
        place_names(
            axes, outlines.village_names, renderer, letters_pt=sheet.village_letters_pt, keep_clear=taken,
            weight="normal",
        )  # fmt: skip
    return figure


def _size(sheet: SheetSides, bounds: NDArray[np.float64], paper: Paper) -> tuple[float, float]:
    """Return width and height in inches: upright for tall areas; a figure is only as tall as it must be."""
    wide, tall = bounds[2] - bounds[0], bounds[3] - bounds[1]
    if paper is Paper.FIGURE:
        height = min(sheet.long_mm, max(70.0, sheet.short_mm * tall / wide + 26.0))
        return sheet.short_mm * MM, height * MM
    short, long = sheet.short_mm * MM, sheet.long_mm * MM
    return (long, short) if wide > tall else (short, long)


def map_axes(figure: Figure, bounds: NDArray[np.float64]) -> Axes:
    """Return axes for a map, without ticks, with room below the land for the scale.

    Parameters
    ----------
    figure
        Of the sheet.
    bounds
        float64 ``(4,)``, west, south, east, north (metres in a projected CRS).

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = map_axes(Figure(), np.array([0.0, 0.0, 1000.0, 500.0]))
    >>> bool(axes.get_xlim()[0] < 0.0), bool(axes.get_ylim()[0] < axes.get_xlim()[0])
    (True, True)
    """
    axes = figure.add_axes((0.02, 0.2, 0.96, 0.74))
    west, south, east, north = bounds
    pad = MARGIN * max(east - west, north - south)
    axes.set_xlim(west - pad, east + pad)
    # Room below the land for the scale.
    axes.set_ylim(south - 3 * pad, north + pad)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_linewidth(0.5)
        side.set_color("#888888")
    axes.set_facecolor("#ffffff")
    return axes


def fill_villages(axes: Axes, gaps: Gaps, kind: str, outlines: Outlines) -> None:
    """Fill villages by their status for a kind."""
    villages = gaps.layers.villages
    status = gaps.coverage[kind].villages["status"].reindex(villages.index).to_numpy(dtype=object)
    for name, fill in FILLS.items():
        fill_shapes(axes, outlines.villages[status == name], fill)


def fill_shapes(axes: Axes, shapes: NDArray[np.object_], fill: Fill) -> None:
    """Fill polygons.

    Parameters
    ----------
    axes
        Of a map.
    shapes
        object ``(shapes,)``, Polygons or MultiPolygons in the coordinates of ``axes``.
    fill
        Its colour, and hatching.

    Examples
    --------
    >>> import shapely
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().add_axes((0, 0, 1, 1))
    >>> fill_shapes(axes, np.array([shapely.box(0, 0, 1, 1)]), FILLS["gap"])
    >>> len(axes.collections)
    1
    """
    from matplotlib.collections import PathCollection

    if not len(shapes):
        return
    drawn = PathCollection(
        [outline_path(shape) for shape in shapes], facecolor=fill.color,
        edgecolor=HATCH_COLOR if fill.hatch else "#6b6b6b", linewidth=0.25,
    )  # fmt: skip
    if fill.hatch:
        drawn.set_hatch(fill.hatch)
    axes.add_collection(drawn, autolim=False)


def outline_districts(axes: Axes, outlines: Outlines) -> None:
    """Outline the kecamatan."""
    from matplotlib.collections import PathCollection

    drawn = PathCollection(
        [outline_path(shape) for shape in outlines.districts.geometry], facecolor="none",
        edgecolor="#222222", linewidth=0.8,
    )  # fmt: skip
    axes.add_collection(drawn, autolim=False)


def _units_of(gaps: Gaps, kind: str) -> GeoDataFrame:
    rows = gaps.layers.facilities
    kinds = (kind, *gaps.scenario.standard[kind].counts)
    return rows[rows["kind"].isin(kinds) & (rows["status"] == FacilityStatus.USED)]


def draw_facilities(axes: Axes, gaps: Gaps, kind: str, sheet: SheetSides) -> None:
    """Draw the units of a kind that took part, hollow where they do not function."""
    units = _units_of(gaps, kind)
    symbol = SYMBOLS.get(kind, OTHER)
    x, y = shapely.get_x(units.geometry.to_numpy()), shapely.get_y(units.geometry.to_numpy())
    broken = (units["functioning"] == YesNo.NO).to_numpy()
    scale = sheet.letters_pt / 8.0
    for some, works in ((broken, False), (~broken, True)):
        if some.any():
            _mark(axes, x[some], y[some], symbol, scale, works=works)


def _mark(
    axes: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    symbol: MarkerLook,
    scale: float,
    *,
    works: bool,
) -> None:
    size = symbol.size_pt * scale
    fill = symbol.fill if works else "#ffffff"
    # A pale rim first, so that a symbol stands out from a dark village.
    axes.plot(x, y, linestyle="none", marker=symbol.marker, markersize=size + 1.6 * scale, color="#ffffff",
              zorder=4, clip_on=True)  # fmt: skip
    axes.plot(
        x, y, linestyle="none", marker=symbol.marker, markersize=size, markerfacecolor=fill,
        markeredgecolor="#000000", markeredgewidth=0.8 * scale, zorder=5,
    )  # fmt: skip
    if symbol.crossed and works:
        axes.plot(x, y, linestyle="none", marker="+", markersize=size * 0.75, color="#000000",
                  markeredgewidth=1.1 * scale, zorder=6)  # fmt: skip


def draw_lines(axes: Axes, lines: Sequence[shapely.LineString]) -> None:
    """Draw proposed roads, with a pale rim so that they stand out from a dark village.

    Parameters
    ----------
    axes
        In the lines' metric CRS.
    lines
        None draw nothing.
    """
    for line in lines:
        x, y = shapely.get_coordinates(line).T
        axes.plot(x, y, color="#ffffff", linewidth=4.2, solid_capstyle="round", zorder=6)
        axes.plot(x, y, color=WORKS_COLOR, linewidth=2.6, solid_capstyle="round", zorder=7)


def _draw_sites(
    axes: Axes, sites: Sequence[tuple[float, float]], sheet: SheetSides, renderer: RendererBase
) -> list[NDArray[np.float64]]:
    """Draw stars with their numbers beside them; returns the boxes of both, in pixels.

    A number stands where it covers no other star and no other number, if there is such a place beside its
    own; it is never left out.
    """
    from matplotlib import patheffects

    scale = sheet.letters_pt / 8.0
    taken = boxes_around(axes, sites, SITE.size_pt * scale)
    for i, (x, y) in enumerate(sites, start=1):
        axes.plot(x, y, linestyle="none", marker=SITE.marker, markersize=SITE.size_pt * scale,
                  markerfacecolor=SITE.fill, markeredgecolor="#000000", markeredgewidth=0.9 * scale,
                  zorder=8)  # fmt: skip
        note = axes.annotate(
            str(i), (x, y), xytext=NUMBER_AT[0], textcoords="offset points", zorder=9, va="center",
            ha="center", fontsize=sheet.letters_pt, fontweight="bold", fontfamily=FONT, parse_math=False,
        )  # fmt: skip
        note.set_path_effects([patheffects.withStroke(linewidth=2.0 * scale, foreground="#ffffff")])
        others = np.array(taken[: i - 1] + taken[i:])
        for dx, dy in (*NUMBER_AT, NUMBER_AT[0]):
            note.set_position((dx * scale, dy * scale))
            box = box_of(note, renderer)
            if is_free(box[:2], box[2:], others.reshape(-1, 4)):
                break
        taken.append(box)
    return taken


def _symbol_boxes(axes: Axes, gaps: Gaps, kind: str, sheet: SheetSides) -> list[NDArray[np.float64]]:
    """Return the boxes of the facilities' symbols, with their rims, in pixels."""
    points = shapely.get_coordinates(_units_of(gaps, kind).geometry.to_numpy())
    size = SYMBOLS.get(kind, OTHER).size_pt + 1.6
    return boxes_around(axes, points, size * sheet.letters_pt / 8.0)


def draw_furniture(axes: Axes, words: Words, sheet: SheetSides) -> None:
    """Draw the scale bar, below the land, and the arrow to the north."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    bar_m = round_length((east - west) / 5)
    x, y = west + 0.03 * (east - west), south + 0.03 * (north - south)
    axes.plot(
        [x, x + bar_m], [y, y], color="#000000", linewidth=2.5, solid_capstyle="butt", zorder=10
    )  # fmt: skip
    unit = ("km", bar_m / 1000) if bar_m >= 1000 else ("m", bar_m)
    axes.annotate(
        f"{words.plain(unit[1])} {unit[0]}", (x, y), xytext=(0, 4), textcoords="offset points",
        fontsize=sheet.letters_pt, fontfamily=FONT, parse_math=False, zorder=10,
    )  # fmt: skip
    axes.annotate(
        words.say("map.north"), xy=(0.965, 0.985), xytext=(0.965, 0.90), xycoords="axes fraction",
        ha="center", va="top", fontsize=sheet.letters_pt + 1, fontfamily=FONT, parse_math=False,
        arrowprops={"arrowstyle": "-|>", "color": "#000000", "linewidth": 1.2}, zorder=10,
    )  # fmt: skip


def round_length(most_m: float) -> float:
    """Return the longest of 1, 2 and 5 times a power of ten metres that is not above a length.

    Examples
    --------
    >>> [round_length(most_m) for most_m in (7400.0, 1999.0, 20.0)]
    [5000.0, 1000.0, 20.0]
    """
    power = 10.0 ** np.floor(np.log10(most_m))
    return float(power * max(step for step in (1, 2, 5) if step * power <= most_m))


def _write_title(figure: Figure, gaps: Gaps, kind: str, words: Words, paper: Paper) -> None:
    """Write the title; a figure of a document has its caption instead."""
    from textwrap import wrap

    area = gaps.layers.area
    title = words.say("map.title", kind=words.kind(kind), area=f"{area.name} ({area.code})")
    if paper is Paper.FIGURE:
        title = ""
    if gaps.scenario.edits:
        # A map of what might be must not pass for the present.
        name = gaps.scenario.name
        key = "what_if" if name in ("", DEFAULT_NAME) else "what_if_named"
        title = f"{words.say(f'assumed.{key}', name=name)}. {title}".strip()
    letters = SHEETS[paper].letters_pt + 2
    # Bold letters are wider than those of the small print.
    lines = wrap(drawable(clean(title)), int(figure.get_size_inches()[0] * 72 * 0.96 / (0.68 * letters)))
    shown = "\n".join(lines[:3]) + (" …" if len(lines) > 3 else "")
    figure.text(0.02, 0.985, shown, fontsize=letters,
                fontweight="bold", va="top", fontfamily=FONT, parse_math=False)  # fmt: skip


def _write_below(
    figure: Figure, gaps: Gaps, kind: str, words: Words, sheet: SheetSides, proposed: list[Line2D]
) -> None:
    """Write legend, limit and sources below the map."""
    from textwrap import wrap

    letters = sheet.letters_pt
    handles = [*_status_keys(gaps, kind, words), *_symbol_keys(gaps, kind, words, proposed)]
    legend = figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.01, 0.075), ncols=2, frameon=False,
        prop={"family": FONT, "size": letters}, borderaxespad=0.0, handlelength=1.8, labelspacing=0.35,
        columnspacing=1.4,
    )  # fmt: skip
    for label in legend.get_texts():
        label.set_parse_math(False)
    # Lines of file names, the widest, have letters more than half as wide as high; margins stay free.
    per_line = int(figure.get_size_inches()[0] * 0.96 * 72 / (0.58 * (letters - 1)))
    lines = wrap(drawable(clean(_small_print(gaps, kind, words))), per_line)
    # What is cut here stands whole in the method annex.
    text = "\n".join(lines[:3]) + (" …" if len(lines) > 3 else "")
    figure.text(0.02, 0.012, text, fontsize=letters - 1, va="bottom", fontfamily=FONT, color="#333333",
                parse_math=False)  # fmt: skip


def _small_print(gaps: Gaps, kind: str, words: Words) -> str:
    rule = gaps.scenario.standard[kind].of(gaps.scenario.season)
    mode = rule.mode if gaps.network is not None else "straight"
    wet_as_dry = gaps.scenario.season == "wet" and not seasons_told(gaps.layers, gaps.scenario)
    season = words.say("seasons.wet_as_dry") if wet_as_dry else words.on_map(f"season_{gaps.scenario.season}")
    limit = words.say(
        "map.limit", minutes=number(rule.limit_minutes, "minute", decimals=rule.limit_minutes % 1 > 0),
        mode=words.mode(mode), season=season,
    )  # fmt: skip
    if gaps.on_foot(kind) and gaps.coverage[kind].listed and is_open(gaps.coverage[kind].reason_code).any():
        limit = f"{limit} {words.say('map.on_foot')}"
    if wet_as_dry and gaps.ways is not None:
        # A map of the wet season that shows the dry one must say so.
        limit = f"{limit} {words.on_map('as_dry_note')}"
    seen = dict.fromkeys(
        f"{s.source or s.file}{f' ({s.licence})' if s.licence else ''}" for s in gaps.layers.sources
    )
    return f"{limit} {words.on_map('sources')}: {'; '.join(seen)}. {words.say('map.made_by')}"


def _status_keys(gaps: Gaps, kind: str, words: Words) -> list[Patch]:
    from matplotlib.patches import Patch

    counts = gaps.coverage[kind].villages["status"].value_counts()
    keys = []
    for status in VillageStatus:
        fill = FILLS[status.value]
        villages = words.cell(number(int(counts.get(status, 0)), "village"))
        keys.append(
            Patch(
                facecolor=fill.color, hatch=fill.hatch * 2, linewidth=0.5,
                edgecolor=HATCH_COLOR if fill.hatch else "#444444",
                label=f"{words.say(f'status.{status.value}')} – {villages}",
            )
        )  # fmt: skip
    return keys


def units_count(gaps: Gaps, kind: str) -> tuple[int, int]:
    """Return how many units of a kind are not known to be out of function, and how many are."""
    units = _units_of(gaps, kind)
    broken = int((units["functioning"] == YesNo.NO).sum())
    return len(units) - broken, broken


def unit_key(kind: str, label: str, *, works: bool) -> Line2D:
    """Return the legend's key of a kind's units, hollow for those that do not function."""
    symbol = SYMBOLS.get(kind, OTHER)
    return _key(symbol if works else symbol._replace(fill="#ffffff", crossed=False), label)


def _symbol_keys(gaps: Gaps, kind: str, words: Words, proposed: Sequence[Line2D] = ()) -> list[Line2D]:
    works, broken = units_count(gaps, kind)
    name = words.kind(kind, begins=True)
    keys = []
    if gaps.coverage[kind].listed or kind in gaps.layers.area.listed_kinds:
        keys.append(
            unit_key(kind, words.say("map.works", kind=name, count=words.cell(number(works))), works=True)
        )
    else:
        keys.append(_key(None, words.say("map.no_list", kind=words.kind(kind))))
    if broken:
        label = words.say("map.broken", kind=name, count=words.cell(number(broken)))
        keys.append(unit_key(kind, label, works=False))
    return [*keys, *proposed, line_key(words.say("map.district"))]


def _proposed_keys(words: Words, *, sites: bool, lines: bool) -> list[Line2D]:
    keys = [_key(SITE, words.say("map.site"))] if sites else []
    return keys + ([line_key(words.say("map.road"), WORKS_COLOR, 2.6)] if lines else [])


def _key(symbol: MarkerLook | None, label: str) -> Line2D:
    from matplotlib.lines import Line2D

    if symbol is None:
        return Line2D([], [], linestyle="none", label=label)
    marker = {"s": "$\u229e$", "o": "$\u2295$"}.get(symbol.marker) if symbol.crossed else None
    return Line2D(
        [], [], linestyle="none", marker=marker or symbol.marker, markersize=symbol.size_pt,
        markerfacecolor="#000000" if marker else symbol.fill, markeredgecolor="#000000",
        markeredgewidth=0.3 if marker else 0.8, label=label,
    )  # fmt: skip


def line_key(label: str, color: str = "#222222", width_pt: float = 1.0) -> Line2D:
    """Return the legend's key of a line."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=color, linewidth=width_pt, label=label)


def _fit(figure: Figure, axes: Axes, renderer: RendererBase) -> None:
    """Give the map all the height that legend and title leave."""
    small = figure.texts[-1].get_window_extent(renderer)
    height = figure.bbox.height
    figure.legends[0].set_bbox_to_anchor((0.01, small.y1 / height + 0.012))
    legend = figure.legends[0].get_window_extent(renderer)
    bottom = legend.y1 / height + 0.015
    top = figure.texts[0].get_window_extent(renderer).y0 / height - 0.01
    axes.set_position((0.02, bottom, 0.96, max(0.2, top - bottom)))
    axes.apply_aspect()
