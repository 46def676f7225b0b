"""Two maps of a kind side by side, and one of what differs between them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.vocabulary.statuses import VillageStatus
from planner.reports.documents.model import number
from planner.reports.documents.words import clean
from planner.reports.print_maps import status_map as one_map
from planner.reports.print_maps.labels import place_names
from planner.reports.print_maps.look import (
    FILLS,
    FONT,
    HATCH_COLOR,
    MM,
    SHEETS,
    Fill,
    Paper,
    drawable,
    outline_path,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from planner.coverage.study import Gaps
    from planner.reports.documents.words import Words
    from planner.reports.print_maps.outlines import Outlines

SHEET = SHEETS[Paper.FIGURE]
# As pale as nothing, then darker: a copy in grey tells more from fewer by it, and unknown by its hatch.
CHANGES = {
    "same": Fill("#f7f7f7"),
    "more": Fill("#7fb8da"),
    "fewer": Fill("#8c1d18"),
    "unknown": Fill("#ffffff", "////"),
}
BOLD_PT = 1.6


class Half(NamedTuple):
    """One of two maps: its answer, in the season that is shown, and its title."""

    gaps: Gaps
    title: str


def pair_map(halves: Sequence[Half], kind: str, outlines: Outlines, words: Words) -> bytes:
    """Return two status maps of a kind side by side (PNG), with one legend that counts for both.

    Parameters
    ----------
    halves
        Left and right, of one area.
    kind
        Of both standards.
    outlines
        Of the area.
    words
        Of the language.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> from planner.reports.documents.words import Words
    >>> from planner.reports.print_maps.outlines import outlines_of
    >>> gaps = find_gaps(demo_layers(12))
    >>> pair_map([Half(gaps, "A"), Half(gaps, "B")], "pustu", outlines_of(gaps.layers), Words("id"))[1:4]
    b'PNG'
    """
    figure, renderer = _figure(halves[0].gaps, columns=2)
    maps = [one_map.map_axes(figure, half.gaps.layers.villages.total_bounds) for half in halves]
    for axes, half in zip(maps, halves, strict=True):
        one_map.fill_villages(axes, half.gaps, kind, outlines)
        one_map.outline_districts(axes, outlines)
        one_map.draw_facilities(axes, half.gaps, kind, SHEET)
        one_map.draw_furniture(axes, words, SHEET)
    handles = [*_status_keys(halves, kind, words), *_units_keys(halves, kind, words)]
    _legend(figure, handles)
    _place(figure, maps, [half.title for half in halves], renderer)
    for axes in maps:
        place_names(axes, outlines.district_names, renderer, letters_pt=SHEET.letters_pt - 0.5)
    return _png(figure)


def change_map(gaps: Gaps, table: pd.DataFrame, outlines: Outlines, words: Words) -> bytes:
    """Return a map of the villages in which more or fewer people are reached (PNG).

    Parameters
    ----------
    gaps
        One of the two answers.
    table
        Index ``village_code``, in the layers' order; ``change`` (people, NaN = unknown), ``status_a``,
        ``status_b``. Villages whose status changes have a bold outline.
    outlines, words
        As for :func:`pair_map`.

    Examples
    --------
    >>> import pandas as pd
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> from planner.reports.documents.words import Words
    >>> from planner.reports.print_maps.outlines import outlines_of
    >>> gaps = find_gaps(demo_layers(12))
    >>> villages = gaps.layers.villages.index
    >>> table = pd.DataFrame({"change": 1.0, "status_a": "gap", "status_b": "served"}, index=villages)
    >>> change_map(gaps, table, outlines_of(gaps.layers), Words("id"))[1:4]
    b'PNG'
    """
    from matplotlib.collections import PathCollection

    figure, renderer = _figure(gaps, columns=1)
    axes = one_map.map_axes(figure, gaps.layers.villages.total_bounds)
    change = table["change"].to_numpy(dtype=np.float64)
    of = {
        "same": change == 0, "more": change > 0, "fewer": change < 0, "unknown": np.isnan(change)
    }  # fmt: skip
    for key, some in of.items():
        one_map.fill_shapes(axes, outlines.villages[some], CHANGES[key])
    one_map.outline_districts(axes, outlines)
    moved = (table["status_a"] != table["status_b"]).to_numpy()
    if moved.any():
        paths = [outline_path(shape) for shape in outlines.villages[moved]]
        axes.add_collection(
            PathCollection(paths, facecolor="none", edgecolor="#000000", linewidth=BOLD_PT, zorder=3),
            autolim=False,
        )
    one_map.draw_furniture(axes, words, SHEET)
    handles: list[object] = [
        _patch(CHANGES[key], _counted(words, f"map.change_{key}", int(some.sum())))
        for key, some in of.items()
    ]
    if moved.any():
        label = _counted(words, "map.status_moved", int(moved.sum()))
        handles.append(one_map.line_key(label, "#000000", BOLD_PT))
    _legend(figure, [*handles, one_map.line_key(words.say("map.district"))])
    _place(figure, [axes], [""], renderer)
    place_names(axes, outlines.district_names, renderer, letters_pt=SHEET.letters_pt)
    return _png(figure)


def _figure(gaps: Gaps, *, columns: int) -> tuple[Figure, RendererBase]:
    """Return an empty figure, as tall as maps of that width and the legend need."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    west, south, east, north = gaps.layers.villages.total_bounds
    tall = SHEET.short_mm / columns * (north - south) / (east - west) + 34.0
    figure = Figure(figsize=(SHEET.short_mm * MM, min(SHEET.long_mm, max(64.0, tall)) * MM))
    # Savefig finds the canvas by itself; measuring names before it needs one.
    renderer: RendererBase = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    return figure, renderer


def _patch(fill: Fill, label: str) -> Patch:
    from matplotlib.patches import Patch

    edge = HATCH_COLOR if fill.hatch else "#444444"
    return Patch(facecolor=fill.color, hatch=fill.hatch * 2, linewidth=0.5, edgecolor=edge, label=label)


def _counted(words: Words, key: str, villages: int) -> str:
    return f"{words.say(key)} – {words.cell(number(villages, 'village'))}"


def _status_keys(halves: Sequence[Half], kind: str, words: Words) -> list[Patch]:
    counts = [half.gaps.coverage[kind].villages["status"].value_counts() for half in halves]
    keys = []
    for status in VillageStatus:
        a, b = (words.cell(number(int(one.get(status, 0)))) for one in counts)
        label = f"{words.say(f'status.{status.value}')} – A {a}, B {b}"
        keys.append(_patch(FILLS[status.value], label))
    return keys


def _units_keys(halves: Sequence[Half], kind: str, words: Words) -> list[Line2D]:
    """Return the keys of facilities, with their numbers in both, and of the outlines."""
    name = words.kind(kind, begins=True)
    keys = []
    counts = [one_map.units_count(half.gaps, kind) for half in halves]
    for i, works in enumerate((True, False)):
        a, b = (count[i] for count in counts)
        if a or b or works:
            label = name if works else words.say("map.out_of_function", kind=name)
            both = f"A {words.cell(number(a))}, B {words.cell(number(b))}"
            keys.append(one_map.unit_key(kind, f"{label} – {both}", works=works))
    return [*keys, one_map.line_key(words.say("map.district"))]


def _legend(figure: Figure, handles: Sequence[object]) -> None:
    legend = figure.legend(
        handles=list(handles), loc="lower left", bbox_to_anchor=(0.01, 0.01), ncols=2, frameon=False,
        prop={"family": FONT, "size": SHEET.letters_pt}, borderaxespad=0.0, handlelength=1.8,
        labelspacing=0.35, columnspacing=1.4,
    )  # fmt: skip
    for label in legend.get_texts():
        label.set_parse_math(False)


def _place(figure: Figure, maps: Sequence[Axes], titles: Sequence[str], renderer: RendererBase) -> None:
    """Put maps of equal width side by side above the legend, each with its title."""
    from textwrap import shorten

    height = figure.bbox.height
    bottom = figure.legends[0].get_window_extent(renderer).y1 / height + 0.02
    letters = SHEET.letters_pt + 1
    top = 1.0 - (0.01 if not any(titles) else 2.2 * letters * figure.dpi / 72 / height)
    width = 0.98 / len(maps)
    most = int(figure.get_size_inches()[0] * 72 * width / (0.62 * letters))
    for i, (axes, title) in enumerate(zip(maps, titles, strict=True)):
        left = 0.01 + i * width
        axes.set_position((left, bottom, width - 0.01, max(0.2, top - bottom)))
        axes.apply_aspect()
        shown = shorten(drawable(clean(title)), most, placeholder=" …")
        figure.text(left + width / 2, 0.985, shown, fontsize=letters, fontweight="bold", va="top",
                    ha="center", fontfamily=FONT, parse_math=False)  # fmt: skip


def _png(figure: Figure) -> bytes:
    out = BytesIO()
    # No version in the file: the same map is the same bytes.
    unsaid: Mapping[str, None] = {"Software": None}
    figure.savefig(out, format="png", dpi=one_map.DPI, metadata=dict(unsaid))
    return out.getvalue()
