"""Networks from and to the analysts' own graphs: networkx (as OSMnx makes them) and plain arrays."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geodata.runs import offsets
from planner.network.build import ON_FERRY, TravelNetwork, morton_order
from planner.network.impedance import Impedance
from planner.network.local_traffic import THROUGH
from planner.scenarios.modes import SEASONS, Profile, Season

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import NDArray


def to_networkx(network: TravelNetwork, mode: str, season: Season = "dry") -> nx.MultiDiGraph:
    """Return the open arcs of a mode as an OSMnx-style graph, for analysts.

    Nodes carry ``x``, ``y`` (metres); edges ``travel_time`` (s), ``length`` (m), ``geometry`` and
    ``road_id``. The graph's ``crs`` is the network's. Links (boarding, barriers) have length 0 and no
    ``road_id``.

    Raises
    ------
    KeyError
        The network has no times for the mode in the season.

    Examples
    --------
    >>> ends, seconds = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([60.0])
    >>> one_way = np.array([0], np.int32), np.array([1], np.int32), seconds, np.array([np.inf])
    >>> graph = to_networkx(network_of_arrays(ends, *one_way, crs="EPSG:32748", mode="car"), "car")
    >>> [(u, v, d["travel_time"], d["length"]) for u, v, d in graph.edges(data=True)]
    [(0, 1, 60.0, 1000.0)]
    """
    import networkx as nx

    graph = nx.MultiDiGraph(crs=network.crs)
    for i, (x, y) in enumerate(network.node_xy.tolist()):
        graph.add_node(i, x=x, y=y)
    tail, head, seconds = network.arcs(Profile(mode, season))
    line, edges = network.lines(), network.edges
    for k in np.flatnonzero(seconds < np.inf).tolist():
        data = {"travel_time": float(seconds[k])}
        if k < 2 * edges:
            e = k % edges
            graph.add_edge(
                int(tail[k]), int(head[k]), **data, length=float(network.edge_length_m[e]),
                road_id=network.edge_id[e], geometry=line[e] if k < edges else shapely.reverse(line[e]),
                ferry=bool(network.edge_kind[e] == ON_FERRY),
            )  # fmt: skip
        else:
            point = network.node_xy[tail[k]]
            still = shapely.linestrings([point, point])
            graph.add_edge(int(tail[k]), int(head[k]), **data, length=0.0, geometry=still, link=True)
    return graph


def from_networkx(graph: nx.MultiDiGraph, *, mode: str, weight: str = "travel_time") -> TravelNetwork:
    """Return a network of one mode from an OSMnx-style graph with seconds on its edges.

    Parameters
    ----------
    graph
        Projected (its ``crs`` metric); nodes with ``x``, ``y``; edges with ``weight`` in seconds,
        and optionally ``geometry`` (LineString), ``length`` (m) and ``road_id``. Every graph edge becomes
        one one-way edge; nothing snaps to those with ``ferry`` or ``link``.
    mode
        The name under which the times are kept, for both seasons.
    weight
        The edge attribute that holds seconds.

    Raises
    ------
    KeyError
        An edge lacks the weight, a node ``x`` or ``y``, or the graph a ``crs``.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.MultiDiGraph(crs="EPSG:32748")
    >>> graph.add_node("a", x=0.0, y=0.0)
    >>> graph.add_node("b", x=0.0, y=500.0)
    >>> key = graph.add_edge("a", "b", travel_time=36.0)
    >>> network = from_networkx(graph, mode="car")
    >>> network.edge_length_m.tolist(), network.impedance[Profile("car", "wet")].backward_s.tolist()
    ([500.0], [inf])
    """
    nodes = list(graph.nodes)
    xy = np.array([(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in nodes], dtype=np.float64)
    xy = xy.reshape(-1, 2)
    order = morton_order(xy)
    rank = {nodes[k]: i for i, k in enumerate(order)}
    xy = xy[order]
    rows = list(graph.edges(keys=True, data=True))
    start = np.array([rank[u] for u, _, _, _ in rows], dtype=np.int32)
    stop = np.array([rank[v] for _, v, _, _ in rows], dtype=np.int32)
    line = np.empty(len(rows), dtype=object)
    for i, (_, _, _, data) in enumerate(rows):
        line[i] = data.get("geometry")
    bare = shapely.is_missing(line)
    if bare.any():
        straight = np.stack([xy[start[bare]], xy[stop[bare]]], axis=1)
        line[bare] = shapely.linestrings(straight)
    seconds = np.array([float(d[weight]) for *_, d in rows], dtype=np.float64)
    length = np.array(
        [float(d.get("length", m)) for (*_, d), m in zip(rows, shapely.length(line), strict=True)]
    )
    # Nothing snaps to a ferry or to a step aboard one.
    off_limits = [bool(d.get("ferry") or d.get("link")) for *_, d in rows]
    ids = [str(d.get("road_id", f"{u}-{v}-{k}")) for u, v, k, d in rows]
    return network_of_arrays(
        xy, start, stop, seconds, np.full(len(rows), np.inf), crs=str(graph.graph["crs"]), mode=mode,
        lines=line, length_m=length, edge_id=pd.Index(ids, dtype="str"),
        ferry=np.array(off_limits, dtype=bool),
    )  # fmt: skip


def network_of_arrays(  # noqa: PLR0913 - a network has as many columns
    node_xy: NDArray[np.float64],
    edge_from: NDArray[np.int32],
    edge_to: NDArray[np.int32],
    forward_s: NDArray[np.float64],
    backward_s: NDArray[np.float64],
    *,
    crs: str,
    mode: str,
    lines: NDArray[np.object_] | None = None,
    length_m: NDArray[np.float64] | None = None,
    edge_id: pd.Index | None = None,
    ferry: NDArray[np.bool_] | None = None,
) -> TravelNetwork:
    """Return a network of one mode, the same in both seasons, from arrays of nodes and edges.

    The arrays become read-only.

    Parameters
    ----------
    node_xy
        float64 ``(nodes, 2)``, metres in ``crs``; best in Morton order (:func:`morton_order`).
    edge_from, edge_to
        int32 ``(edges,)``, node numbers.
    forward_s, backward_s
        float64 ``(edges,)``, seconds along and against each edge; ``inf`` = closed.
    crs
        Of the coordinates; metric.
    mode
        The name under which the times are kept.
    lines
        object ``(edges,)``, LineStrings (metres); straight when None.
    length_m
        float64 ``(edges,)``, metres; those from node to node when None.
    edge_id
        Id of each edge; its number when None.
    ferry
        bool ``(edges,)``, what nothing snaps to; no edge when None.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [300.0, 400.0]])
    >>> start, stop = np.array([0], np.int32), np.array([1], np.int32)
    >>> network = network_of_arrays(
    ...     xy, start, stop, np.array([60.0]), np.array([90.0]), crs="EPSG:32748", mode="car"
    ... )
    >>> network.edge_length_m.tolist(), sorted(network.impedance)
    ([500.0], [Profile(mode='car', season='dry'), Profile(mode='car', season='wet')])
    """
    edges = len(edge_from)
    if lines is None:
        line_xy = np.empty((2 * edges, 2))
        line_xy[0::2], line_xy[1::2] = node_xy[edge_from], node_xy[edge_to]
        line_first = np.arange(0, 2 * edges + 1, 2, dtype=np.int64)
    else:
        line_xy = shapely.get_coordinates(lines)
        line_first = offsets(shapely.get_num_coordinates(lines))
    if length_m is None:
        length_m = np.hypot(*(node_xy[edge_to] - node_xy[edge_from]).T)
    none = np.empty(0)
    one = Impedance(forward_s, backward_s, np.full(edges, THROUGH, dtype=np.int8), none, none)
    return TravelNetwork(
        crs=crs,
        node_xy=node_xy,
        edge_id=pd.RangeIndex(edges) if edge_id is None else edge_id,
        line_xy=line_xy,
        line_first=line_first,
        edge_from=edge_from,
        edge_to=edge_to,
        edge_length_m=length_m,
        edge_kind=np.zeros(edges, dtype=np.int8) if ferry is None else ferry.astype(np.int8),
        junction=np.arange(len(node_xy), dtype=np.int32),
        impedance=MappingProxyType({Profile(mode, s): one for s in SEASONS}),
        link_from=np.empty(0, np.int32),
        link_to=np.empty(0, np.int32),
        origin=np.arange(edges, dtype=np.int32),
    )


def one_street() -> TravelNetwork:
    """Return a street of 1,000 m, 100 s by car either way: the smallest network to try things on.

    It runs east from (0, 0) in EPSG:32748 (metres).

    Examples
    --------
    >>> one_street().lines().tolist()
    [<LINESTRING (0 0, 1000 0)>]
    """
    ends, seconds = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([100.0])
    start, stop = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    return network_of_arrays(ends, start, stop, seconds, seconds.copy(), crs="EPSG:32748", mode="car")
