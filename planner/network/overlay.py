"""A scenario's edits put over the roads: which pieces go, and which come."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.network.editing.roads import EditedRoads, drawn_shape
from planner.network.impedance import FloodArea
from planner.network.pieces import PIECE_COLUMNS, WHOLE
from planner.progress import go_on
from planner.scenarios.edits import AddBoat, AddRoad, ChangeRoad, CloseRoad, Flood, ReopenRoad
from planner.scenarios.modes import SEASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planner.scenarios.edits import Edit
    from planner.scenarios.scenario import DrawingRule


@dataclass(frozen=True)
class RoadOverlay:
    """What edits change about the roads.

    Attributes
    ----------
    gone
        ``road_id`` of pieces that no longer exist as they were.
    put
        Rows of the roads layer that come instead, or new; junctions share the base's numbers. Pieces of
        cut roads have the columns of :mod:`planner.network.pieces` too.
    content_hash
        SHA-256 of the edits.
    origin
        For each row of ``put``, the ``road_id`` of the road it was before; "" for a new one.
    opened
        bool ``(rows of put,)``, which of them an edit reopened.
    """

    gone: pd.Index
    put: gpd.GeoDataFrame
    content_hash: str
    origin: pd.Index
    opened: NDArray[np.bool_]


def content_hash(edits: Sequence[Edit]) -> str:
    """Return the SHA-256 of edits, in hexadecimal: equal edits in equal order have equal hashes.

    Examples
    --------
    >>> closing = [CloseRoad(road=road) for road in ("w1", "w2")]
    >>> content_hash(closing) == content_hash(closing[::-1])
    False
    """
    content = [e.model_dump(mode="json") for e in edits]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def flood_areas(layer: gpd.GeoDataFrame | None, edits: Sequence[Edit], crs: str) -> tuple[FloodArea, ...]:
    """Return the floods of a floods layer (in the wet season) and of a scenario, in a metric CRS.

    Parameters
    ----------
    layer
        The floods layer: Polygons in ``crs``, with a column ``speed_factor`` (0 to 1); None without one.
    edits
        Their floods, in degrees (lon, lat), follow; other edits are passed over.
    crs
        Of the result; metric.

    Examples
    --------
    >>> corners = ((107.0, -6.0), (107.1, -6.0), (107.1, -6.1))
    >>> flood = Flood(polygon=corners, factor=0.5)
    >>> (area,) = flood_areas(None, [flood], "EPSG:32748")
    >>> area.factor, area.seasons, round(area.polygon.area / 1e6)
    (0.5, ('dry', 'wet'), 61)
    """
    out = []
    if layer is not None:
        for polygon, factor in zip(layer.geometry, layer["speed_factor"], strict=True):
            out.append(FloodArea(polygon, float(factor), ("wet",)))
    for edit in edits:
        if isinstance(edit, Flood):
            seasons = SEASONS if edit.season == "both" else (edit.season,)
            out.append(FloodArea(drawn_shape(shapely.Polygon(edit.polygon), crs), edit.factor, seasons))
    return tuple(out)


def cut_at_floods(roads: gpd.GeoDataFrame, floods: Sequence[FloodArea]) -> gpd.GeoDataFrame:
    """Return the roads cut at the outlines of floods that close them, so that dry stretches stay open.

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS).
    floods
        In the same CRS; those of a factor above 0 cut nothing.

    Returns
    -------
    roads
        The pieces carry the road's id with ``~1``, ``~2``; what is not cut stays as it is. Other floods slow
        each piece by itself.

    Examples
    --------
    >>> row = {"way_id": "w1", "road_class": "primary", "route": None, "bridge": False, "tunnel": False}
    >>> row |= {"duration_s": np.nan, "length_m": 1000.0, "from_node": 0, "to_node": 1}
    >>> row |= {"from_barrier": None, "to_barrier": None}
    >>> line = shapely.LineString([(0, 0), (1000, 0)])
    >>> roads = gpd.GeoDataFrame([row], index=["w1#0"], geometry=[line], crs="EPSG:32748")
    >>> cut = cut_at_floods(roads, [FloodArea(shapely.box(700, -50, 1500, 50), 0.0, ("wet",))])
    >>> cut["length_m"].to_dict()
    {'w1#0~1': 700.0, 'w1#0~2': 300.0}
    """
    work = EditedRoads(roads)
    for flood in floods:
        if flood.factor == 0:
            work.flood(flood.polygon)
    return overlaid_roads(roads, _overlay_of(work, ())).drop(columns=WHOLE, errors="ignore")


def road_overlay(
    roads: gpd.GeoDataFrame,
    edits: Sequence[Edit],
    rule: DrawingRule,
    *,
    may_go_on: Callable[[], None] = go_on,
) -> RoadOverlay:
    """Return what a list of edits, one after the other, changes about the roads; others are passed over.

    Drawn lines that miss a road by no more than ``rule`` says are on it. Floods that close roads cut them at
    their outline; which pieces they close is the network's matter.

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS).
    edits
        Their places are in degrees (lon, lat).
    rule
        How far, in metres, the ends of drawn lines may miss a road.
    may_go_on
        Called at each edit, and at each place where one meets a road; what it raises ends the work.

    Raises
    ------
    EditError
        An edit names a road that is not there or reopens one that no class opens, or a drawn line has no
        length, is too long, meets too many roads or, for a boat, ends far from every road; or all edits
        together do.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> row = {"way_id": "w1", "road_class": "primary", "route": None, "maxspeed_kph": 80.0}
    >>> row |= {"from_node": 0, "to_node": 1}
    >>> line = shapely.LineString([(0, 0), (1000, 0)])
    >>> roads = gpd.GeoDataFrame([row], index=["w1#0"], geometry=[line], crs="EPSG:32748")
    >>> slower = ChangeRoad(road="w1", maxspeed_kph=30)
    >>> overlay = road_overlay(roads, [slower], default_scenario().drawing)
    >>> overlay.gone.tolist(), overlay.put["maxspeed_kph"].to_dict()
    (['w1#0'], {'w1#0': 30.0})
    """
    work = EditedRoads(roads, rule, may_go_on)
    for number, edit in enumerate(edits, start=1):
        may_go_on()
        match edit:
            case CloseRoad():
                work.closed |= set(work.named(edit.road, number))
            case ReopenRoad():
                work.reopen(edit.road, number)
            case ChangeRoad():
                work.change(edit, number)
            case AddRoad() | AddBoat():
                work.add(edit, number)
            case Flood() if edit.factor == 0:
                work.flood(drawn_shape(shapely.Polygon(edit.polygon), roads.crs), number)
    return _overlay_of(work, edits)


def _overlay_of(work: EditedRoads, edits: Sequence[Edit]) -> RoadOverlay:
    """Return what has changed."""
    base = work.base
    put = [row for road_id, row in work.rows.items() if road_id not in work.closed]
    gone = base.index.isin([*work.rows, *work.closed, *work.cut])
    if not put:
        none = np.zeros(0, dtype=bool)
        return RoadOverlay(base.index[gone], base.iloc[:0], content_hash(edits), base.index[:0], none)
    of_pieces = [c for c in PIECE_COLUMNS if c not in base and any(c in row for row in put)]
    columns = [*base.columns, *of_pieces, "road_id"]
    frame = gpd.GeoDataFrame(put, columns=columns, geometry="geometry", crs=base.crs)
    frame = frame.set_index(frame.pop("road_id").astype("str").rename("road_id"))
    frame = frame.astype({c: t for c, t in base.dtypes.items() if c != "geometry"})
    origin = pd.Index([row["origin"] for row in put], dtype="str")
    opened = np.array([bool(row.get("opened")) for row in put], dtype=bool)
    return RoadOverlay(base.index[gone], frame, content_hash(edits), origin, opened)


def overlaid_roads(roads: gpd.GeoDataFrame, overlay: RoadOverlay) -> gpd.GeoDataFrame:
    """Return the roads layer as it would be with the edits in it (a slow twin of the patched network).

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS) that the overlay was made of.
    overlay
        From :func:`road_overlay`.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> rows = [{"way_id": way, "road_class": "primary", "route": None} for way in ("w1", "w2")]
    >>> lines = [shapely.LineString([(0, 0), (1000, 0)]), shapely.LineString([(1000, 0), (2000, 0)])]
    >>> roads = gpd.GeoDataFrame(rows, index=["w1#0", "w2#0"], geometry=lines, crs="EPSG:32748")
    >>> roads[["from_node", "to_node"]] = [(0, 1), (1, 2)]
    >>> closing = [CloseRoad(road="w1")]
    >>> overlaid_roads(roads, road_overlay(roads, closing, default_scenario().drawing)).index.tolist()
    ['w2#0']
    """
    kept = roads[~roads.index.isin(overlay.gone)]
    return gpd.GeoDataFrame(pd.concat([kept, overlay.put])) if len(overlay.put) else kept
