"""How a study area and its answer show themselves in a notebook: a line of text, a table and a small map."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import counted
from geodata.shown import html_table
from geodata.vocabulary.statuses import VillageStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.coverage.reach import Coverage
    from planner.scenarios.scenario import Scenario

STATUS_COLORS = {
    VillageStatus.SERVED.value: "#2c7bb6",
    VillageStatus.PARTLY.value: "#fee08b",
    VillageStatus.GAP.value: "#d7191c",
    VillageStatus.UNKNOWN.value: "#bdbdbd",
}
MAP_PX = 240
DEFAULT_NAME = "default"  # of a scenario that nobody named


def what_if(scenario: Scenario, texts: Mapping[str, str]) -> str:
    """Return what stands before the title of a map of what might be; "" for the present.

    Parameters
    ----------
    scenario
        What was asked.
    texts
        With ``what_if`` and ``what_if_named``.

    Examples
    --------
    >>> from planner.pipeline import default_scenario
    >>> what_if(default_scenario(), {})
    ''
    """
    if not scenario.edits:
        return ""
    named = scenario.name not in ("", DEFAULT_NAME)
    return texts["what_if_named"].format(name=scenario.name) if named else texts["what_if"]


def people_in_words(people: pd.Series[float]) -> str:
    """Return the sum of known people, and how many villages are unknown.

    Parameters
    ----------
    people
        float64, one number a village; NaN = unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> people_in_words(pd.Series([1200.0, float("nan")]))
    '1,200 people (1 of 2 villages unknown)'
    """
    unknown = int(people.isna().sum())
    rest = f" ({unknown} of {len(people)} villages unknown)" if unknown else ""
    return f"{people.sum():,.0f} people{rest}"


def area_in_words(layers: Layers) -> str:
    """Return a study area's name, villages and people in one line.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> area_in_words(demo_layers(12)).startswith("Kabupaten Nusa Rekaan (99.01), 12 villages, ")
    True
    """
    area = layers.area
    people = people_in_words(layers.villages["people"])
    return f"{area.name} ({area.code}), {counted(len(layers.villages), 'village')}, {people}"


def coverage_in_words(coverage: Iterable[Coverage]) -> str:
    """Return how many villages are a gap, by kind; a kind without a list is said to be unknown.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> coverage_in_words(find_gaps(demo_layers(12)).coverage.values())
    'villages with a gap: puskesmas 2, pustu 1, posyandu 1, hospital 0'
    """
    parts = []
    for one in coverage:
        gaps = int((one.villages["status"] == VillageStatus.GAP).sum())
        parts.append(f"{one.kind} {gaps if one.listed else 'unknown'}")
    return "villages with a gap: " + ", ".join(parts)


def coverage_html(title: str, coverage: Sequence[Coverage], layers: Layers) -> str:
    """Return the headline table of an answer, and beside it a small map of the first kind with a list.

    Parameters
    ----------
    title
        Any text; it is escaped.
    coverage
        Of each kind, in one season.
    layers
        The study area, whose villages are drawn.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> page = coverage_html("Two < three", list(gaps.coverage.values()), gaps.layers)
    >>> page.count("<path"), "Two &lt; three" in page
    (12, True)
    """
    rows = [_headline(one) for one in coverage]
    shown = next((one for one in coverage if one.listed), None)
    sketch = "" if shown is None else small_map(layers.villages.geometry.to_numpy(), shown.villages["status"])
    header = ("kind", "people reached", *VillageStatus)
    caption = "" if shown is None else f"<div>{html.escape(shown.kind)}</div>"
    return (
        f"<div><b>{html.escape(title)}</b></div><div style='display:flex;gap:16px'>"
        f"<div>{html_table(rows, header)}</div><div>{caption}{sketch}</div></div>"
    )


def _headline(one: Coverage) -> tuple[Any, ...]:
    counts = one.villages["status"].value_counts()
    if not one.listed:
        return (one.kind, VillageStatus.UNKNOWN, 0, 0, 0, len(one.villages))
    reached = f"{one.villages['people_reached'].sum():,.0f}"
    return (one.kind, reached, *(int(counts.get(s, 0)) for s in VillageStatus))


def small_map(shapes: NDArray[np.object_], status: pd.Series[str]) -> str:
    """Return villages as a small SVG map, coloured by status (a key of STATUS_COLORS each).

    Parameters
    ----------
    shapes
        object ``(villages,)``, Polygons or MultiPolygons (metres, a metric CRS).
    status
        Of each, in their order.

    Raises
    ------
    ValueError
        There are not as many statuses as shapes.
    KeyError
        A status is no key of STATUS_COLORS.

    Examples
    --------
    >>> import pandas as pd
    >>> drawn = small_map(np.array([shapely.box(0, 0, 1000, 1000)], dtype=object), pd.Series(["gap"]))
    >>> drawn.count("<path"), "#d7191c" in drawn
    (1, True)
    """
    west, south, east, north = shapely.total_bounds(shapes)
    metre_px = MAP_PX / max(east - west, north - south, 1.0)
    paths = []
    for shape, one in zip(shapely.simplify(shapes, 0.5 / metre_px), status, strict=True):
        rings = [r for part in shapely.get_parts(shape) for r in (part.exterior, *part.interiors)]
        line = "".join(_ring(shapely.get_coordinates(r), west, north, metre_px) for r in rings)
        paths.append(f"<path d='{line}' fill='{STATUS_COLORS[one]}' stroke='#fff' stroke-width='.3'/>")
    size = f"width='{(east - west) * metre_px:.0f}' height='{(north - south) * metre_px:.0f}'"
    return f"<svg {size} fill-rule='evenodd' role='img'>{''.join(paths)}</svg>"


def _ring(xy: NDArray[np.float64], west: float, north: float, metre_px: float) -> str:
    places = np.column_stack([xy[:, 0] - west, north - xy[:, 1]]) * metre_px
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places) + "Z"
