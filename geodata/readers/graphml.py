"""Roads from an OSMnx graph saved as ``.graphml``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import WGS84
from geodata.errors import EmptyAreaError, UnreadableFileError
from geodata.files import limits
from geodata.layers import Finding, rows_about
from geodata.readers.files.opening import require_file
from geodata.readers.osm_tags import tidied
from geodata.readers.result import ReadLayer
from geodata.readers.roads import assemble_roads, unread_tags, ways_from_tags
from geodata.vocabulary.roads import FERRY, ROAD_CLASSES, worst_class
from geodata.vocabulary.tags import GRADED_TAGS, KEPT_TAGS, MEASURED_TAGS, MERGED, NO, is_unread_key

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

WHAT = "roads"
GRAPH_TAGS = (
    "surface", "bridge", "tunnel", "maxspeed", "seasonal", "duration", "name", "route",
    *sorted(KEPT_TAGS - {"barrier"}),
)  # fmt: skip


def read_graphml(path: Path, zone: shapely.Geometry | None, crs: str) -> ReadLayer:
    """Read an OSMnx graph as the roads layer in ``crs``; its nodes are the junctions.

    Raises
    ------
    MissingFileError, UnreadableFileError, EmptyAreaError
    """
    import osmnx as ox

    require_file(path, WHAT)
    limits.require_small(path, WHAT, limits.GRAPHML_BYTES)
    try:
        # Node ids are names here: whoever made the graph may have given them letters.
        graph = ox.load_graphml(path, node_dtypes={"osmid": str}, edge_dtypes={"osmid": str})
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        msg = f"{WHAT}: {path.name} is not a graph saved by OSMnx: {reason}"
        raise UnreadableFileError(msg) from error
    return roads_from_graph(graph, zone, crs, path.name)


def roads_from_graph(
    graph: nx.MultiDiGraph, zone: shapely.Geometry | None, crs: str, file_name: str
) -> ReadLayer:
    """Return the roads layer of an OSMnx graph (degrees or metres, as its ``crs`` says).

    A two-way street is two opposite edges in the graph and becomes one row. Where OSMnx merged ways
    of different classes into one edge, the slowest class is kept and a finding says so.
    """
    source_crs = graph.graph.get("crs", WGS84)
    seen: dict[Any, int] = {}
    rows: list[tuple[Any, Any, dict[str, Any]]] = []
    for u, v, _, data in graph.edges(keys=True, data=True):
        if not _true(data.get("oneway", False)):
            # Both directions share the way and the length; the first one met stands for both.
            ends = (u, v) if str(u) <= str(v) else (v, u)
            key = (ends, str(_sorted(data.get("osmid"))), round(float(data.get("length", 0.0)), 3))
            forward = (u, v) == ends
            # The two directions of a loop look the same: every second one is the way back.
            back = (key, forward if u == v else not forward)
            if seen.get(back, 0):
                seen[back] -= 1
                continue
            seen[key, forward] = seen.get((key, forward), 0) + 1
        rows.append((u, v, data))
    if not rows:
        msg = f"{WHAT}: {file_name} holds no edges. Give the graph of the study area."
        raise EmptyAreaError(msg)
    merged = [i for i, (_, _, d) in enumerate(rows) if isinstance(d.get("highway"), list)]
    pieces = np.array([_line(graph, u, v, d) for u, v, d in rows], dtype=object)
    pieces = gpd.GeoSeries(pieces, crs=source_crs).to_crs(crs).to_numpy()
    keep = (shapely.length(pieces) > 0) & (shapely.intersects(zone, pieces) if zone is not None else True)
    if not keep.any():
        msg = f"{WHAT}: {file_name} has no road within the study area and its buffer."
        raise EmptyAreaError(msg)
    kept = [r for r, k in zip(rows, keep, strict=True) if k]
    nodes = {n: i for i, n in enumerate(dict.fromkeys(n for u, v, _ in kept for n in (u, v)))}
    tags = [_tags(d) for _, _, d in kept]
    ways = ways_from_tags(tags)
    # A ferry's duration is the whole way's: its edges share it by length.
    way = pd.Series([str(_sorted(d.get("osmid"))) for _, _, d in kept])
    length = pd.Series(shapely.length(pieces[keep]))
    ways["duration_s"] *= length / length.groupby(way).transform("sum")
    roads = assemble_roads(
        ways,
        [f"edge/{u}-{v}-{i}" for i, (u, v, _) in enumerate(kept)],
        np.arange(len(kept)),
        pieces[keep],
        np.array([nodes[u] for u, _, _ in kept], dtype=np.int32),
        np.array([nodes[v] for _, v, _ in kept], dtype=np.int32),
        crs=crs,
    )
    findings = (
        Finding(
            "info", "roads", "merged_classes", len(merged),
            tuple(f"{rows[i][0]}-{rows[i][1]}" for i in merged[:5]),
            "edges that OSMnx merged from ways of several classes; the slowest class is used",
            "read the .osm.pbf instead of the graph to keep every class",
            rows_about((f"{rows[i][0]}-{rows[i][1]}" for i in merged), "road_class"),
        ),
    )  # fmt: skip
    return ReadLayer(roads, (*(findings if merged else ()), *unread_tags(tags)))


def _true(value: object) -> bool:
    return value is True or str(value).lower() in {"true", "yes", "1"}


def _sorted(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


def _slowest(value: object) -> str | None:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return None
    if not isinstance(value, list):
        return str(value)
    return max(
        (worst_class(str(v)) for v in value), key=lambda v: ROAD_CLASSES.index(v) if v in ROAD_CLASSES else 99
    )


def _tags(data: dict[str, Any]) -> dict[str, str]:
    """Return OSM-like tags of one edge; OSMnx already turned ``oneway=-1`` around."""
    tags = {"oneway": "yes" if _true(data.get("oneway", False)) else "no"}
    for key in GRAPH_TAGS:
        value = data.get(key)
        if isinstance(value, list):
            value = _merged(key, [str(v) for v in value])
        if value is not None and value == value:  # noqa: PLR0124 - NaN
            tags[key] = str(value)
    tags = tidied(tags) | {key: str(value) for key, value in data.items() if is_unread_key(str(key))}
    highway = _slowest(data.get("highway"))
    if highway is not None:
        tags["highway"] = highway
    elif tags.get("route") != "ferry":
        tags["highway"] = "road"
    return tags


def _merged(key: str, values: list[str]) -> str:
    """Return one value for those of several ways that OSMnx merged: what is read takes the worst of them.

    Where there is no worst (durations), the values stand together, so that a finding tells them.
    """
    if key in MEASURED_TAGS or key in GRADED_TAGS or key in {"maxspeed", "surface", "seasonal", "duration"}:
        return ";".join(values)
    if key in {"bridge", "tunnel"}:
        return next((v for v in values if v not in NO), values[0])
    if key == "route":
        return FERRY if FERRY in values else values[0]
    return "; ".join(values) if key == "name" else MERGED.join(values)


def _line(graph: nx.MultiDiGraph, u: object, v: object, data: dict[str, Any]) -> shapely.LineString:
    geometry = data.get("geometry")
    if geometry is not None:
        return geometry
    a, b = graph.nodes[u], graph.nodes[v]
    return shapely.LineString([(a["x"], a["y"]), (b["x"], b["y"])])
