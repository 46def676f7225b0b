"""Names on a printed map, placed so that none lies over another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.reports.print_maps.look import FONT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.text import Text
    from numpy.typing import NDArray

# A name may move from its place by so many of its own widths and heights.
SHIFTS = (
    (0, 0), (0, 1), (0, -1), (0.4, 0), (-0.4, 0), (0.4, 1), (-0.4, 1), (0.4, -1), (-0.4, -1),
    (0, 1.8), (0, -1.8), (0.7, 0), (-0.7, 0),
)  # fmt: skip
GAP_PX = 2.0


def place_names(
    axes: Axes, areas: GeoDataFrame, renderer: RendererBase, *, letters_pt: float,
    keep_clear: Sequence[NDArray[np.float64]] = (), rather_clear: Sequence[NDArray[np.float64]] = (),
    weight: str = "bold",
) -> list[Text]:  # fmt: skip
    """Write names into their areas, those with most people first; a name without room is left out.

    Parameters
    ----------
    axes
        With its limits and place set for good.
    areas
        ``name``, ``people`` (float64) and polygons in the coordinates of ``axes``.
    renderer
        That measures the names.
    letters_pt
        Size of the letters in points.
    keep_clear
        Boxes in pixels, float64 ``(4,)`` each (left, bottom, right, top), over which no name may lie.
    rather_clear
        The same, float64 ``(4,)``: boxes that a name covers only where it has no other place.
    weight
        Of the letters: ``bold`` or ``normal``.

    Returns
    -------
    names
        Those that were written; their boxes do not overlap.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from matplotlib.backends.backend_agg import FigureCanvasAgg
    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> renderer, axes = FigureCanvasAgg(figure).get_renderer(), figure.add_axes((0, 0, 1, 1))
    >>> square = [shapely.box(0, 0, 1, 1)] * 9
    >>> areas = gpd.GeoDataFrame({"name": list("ABCDEFGHI"), "people": range(9)}, geometry=square)
    >>> place_names(axes, areas, renderer, letters_pt=8)[0].get_text()
    'I'
    """
    taken = list(keep_clear)
    written = []
    order = np.lexsort((areas["name"].to_numpy(dtype=object).astype(str), -areas["people"].to_numpy()))
    for i in order.tolist():
        name, shape = str(areas["name"].iloc[i]), areas.geometry.iloc[i]
        text = _written(axes, name, shape, letters_pt, weight)
        place = _free_place(text, shape, [*taken, *rather_clear], renderer, axes)
        if place is None and len(rather_clear):
            place = _free_place(text, shape, taken, renderer, axes)
        if place is None:
            text.remove()
            continue
        taken.append(place)
        written.append(text)
    return written


def _written(axes: Axes, name: str, shape: shapely.Geometry, letters_pt: float, weight: str) -> Text:
    from matplotlib import patheffects

    at = shapely.point_on_surface(shape)
    text = axes.text(
        at.x, at.y, name, ha="center", va="center", fontsize=letters_pt - 1, fontfamily=FONT,
        fontweight=weight, color="#111111", zorder=7, parse_math=False,
    )  # fmt: skip
    text.set_path_effects([patheffects.withStroke(linewidth=2.2, foreground="#ffffff")])
    return text


def _free_place(
    text: Text,
    shape: shapely.Geometry,
    taken: list[NDArray[np.float64]],
    renderer: RendererBase,
    axes: Axes,
) -> NDArray[np.float64] | None:
    """Move a name to the first place where its box is free; returns the box in pixels, None without one."""
    box = text.get_window_extent(renderer)
    reach = np.array([box.width, box.height]) / 2 + GAP_PX
    frame = axes.get_window_extent(renderer)
    middle = axes.transData.transform(text.get_position())
    others = np.array(taken).reshape(-1, 4)
    for dx, dy in SHIFTS:
        moved = middle + np.array([dx * box.width, dy * box.height])
        low, high = moved - reach, moved + reach
        inside = frame.x0 <= low[0] and frame.y0 <= low[1] and high[0] <= frame.x1 and high[1] <= frame.y1
        x, y = axes.transData.inverted().transform(moved)
        if inside and is_free(low, high, others) and shapely.contains_xy(shape, x, y):
            text.set_position((float(x), float(y)))
            return np.concatenate([low, high])
    return None


def box_of(text: Text, renderer: RendererBase) -> NDArray[np.float64]:
    """Return the box of what is written, in pixels: float64 ``(4,)``, left, bottom, right, top.

    Examples
    --------
    >>> from matplotlib.backends.backend_agg import FigureCanvasAgg
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(dpi=72)
    >>> renderer = FigureCanvasAgg(figure).get_renderer()
    >>> left, bottom, right, top = box_of(figure.text(0.5, 0.5, "Kodi"), renderer)
    >>> bool(right > left), bool(top > bottom)
    (True, True)
    """
    return np.array(text.get_window_extent(renderer).extents, dtype=np.float64)


def boxes_around(
    axes: Axes, points: Sequence[tuple[float, float]] | NDArray[np.float64], size_pt: float
) -> list[NDArray[np.float64]]:
    """Return the boxes of symbols of a size, in pixels.

    Parameters
    ----------
    axes
        With its limits and place set for good.
    points
        float64 ``(points, 2)``, their middles, in the coordinates of ``axes``.
    size_pt
        Their width and height in points.

    Returns
    -------
    boxes
        float64 ``(4,)`` a point: left, bottom, right, top.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure((1.0, 1.0), dpi=72).add_axes((0, 0, 1, 1))
    >>> [box.tolist() for box in boxes_around(axes, [(0.5, 0.5)], 10.0)]
    [[31.0, 31.0, 41.0, 41.0]]
    """
    if not len(points):
        return []
    middles = axes.transData.transform(np.asarray(points, dtype=np.float64))
    half = size_pt / 2 * axes.figure.dpi / 72
    return list(np.hstack([middles - half, middles + half]))


def is_free(low: NDArray[np.float64], high: NDArray[np.float64], taken: NDArray[np.float64]) -> bool:
    """Return whether a box overlaps none of others.

    Parameters
    ----------
    low, high
        float64 ``(2,)``, its left lower, and its right upper corner.
    taken
        float64 ``(boxes, 4)``: left, bottom, right, top.

    Examples
    --------
    >>> is_free(np.zeros(2), np.ones(2), np.array([[1.0, 0.0, 2.0, 1.0]]))
    True
    """
    apart = (taken[:, :2] >= high).any(axis=1) | (taken[:, 2:] <= low).any(axis=1)
    return bool(apart.all())
