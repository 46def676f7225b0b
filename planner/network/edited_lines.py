"""Where the roads and boat links are that edits are about, for maps and lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WGS84
from planner.scenarios.edits import AddBoat, AddRoad, ChangeRoad, CloseRoad, ReopenRoad

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenarios.edits import Edit


def edited_lines(layers: Layers, edits: Iterable[Edit]) -> NDArray[np.object_]:
    """Return the lines of the road edits among some, in the layers' metric CRS; each once.

    Parameters
    ----------
    layers
        The area as it is without the edits.
    edits
        Those of facilities, speeds and floods have no line.

    Returns
    -------
    lines
        object ``(lines,)``, LineStrings; their lengths are metres.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> layers = demo_layers(12)
    >>> way = layers.roads["way_id"].iloc[0]
    >>> closed = CloseRoad(op="close_road", road=way)
    >>> len(edited_lines(layers, [closed, closed])) == (layers.roads["way_id"] == way).sum()
    np.True_
    """
    listed = list(edits)
    named = {edit.road for edit in listed if isinstance(edit, CloseRoad | ReopenRoad | ChangeRoad)}
    drawn = [edit.line for edit in listed if isinstance(edit, AddRoad | AddBoat)]
    crs = layers.villages.crs
    new = gpd.GeoSeries([shapely.LineString(line) for line in dict.fromkeys(drawn)], crs=WGS84).to_crs(crs)
    there = np.empty(0, dtype=object)
    if layers.roads is not None and named:
        rows = layers.roads[layers.roads.index.isin(named) | layers.roads["way_id"].isin(named)]
        there = rows.geometry.to_numpy().astype(object)
    return np.concatenate([there, new.to_numpy().astype(object)])


def edited_km(layers: Layers, edits: Iterable[Edit]) -> float:
    """Return how long the roads and boat links are that edits are about, kilometres.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> edited_km(demo_layers(12), [])
    0.0
    """
    return float(shapely.length(edited_lines(layers, edits)).sum()) / 1000.0
