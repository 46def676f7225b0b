"""The road network as CSR arrays with seconds per mode."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import networkx as nx
    from numpy.typing import NDArray

    from planner.scenario import Mode, Scenario

FERRY = "ferry"


@dataclass(frozen=True)
class TravelNetwork:
    """Roads and ferries as arrays, nodes in Morton order (neighbours lie close in memory).

    Attributes
    ----------
    crs
        Metric CRS of all coordinates.
    node_xy
        float64 ``(nodes, 2)``, metres. Ferries have nodes of their own at each landing.
    edge_id
        ``road_id`` of each edge.
    edge_line
        LineStrings, from ``edge_from`` to ``edge_to``.
    edge_from, edge_to
        int32 node numbers.
    edge_length_m
        float64.
    edge_ferry
        bool.
    forward_s, backward_s
        For each mode, float64 seconds along and against the edge; ``inf`` = closed.
    boarding_from, boarding_to
        int32: arcs from land to a ferry's own node (``boarding_s``) and back (no time).
    boarding_s
        float64 waiting time, one scalar a boarding arc.
    """

    crs: str
    node_xy: NDArray[np.float64]
    edge_id: NDArray[np.object_]
    edge_line: NDArray[np.object_]
    edge_from: NDArray[np.int32]
    edge_to: NDArray[np.int32]
    edge_length_m: NDArray[np.float64]
    edge_ferry: NDArray[np.bool_]
    forward_s: Mapping[str, NDArray[np.float64]]
    backward_s: Mapping[str, NDArray[np.float64]]
    boarding_from: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    boarding_to: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    boarding_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, np.float64))

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    def usable(self, mode: str) -> NDArray[np.bool_]:
        """Return which edges the mode can use in at least one direction."""
        return (self.forward_s[mode] < np.inf) | (self.backward_s[mode] < np.inf)

    def arcs(self, mode: str) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Return (tail, head, seconds) of every arc of a mode; closed ones have ``inf``."""
        none = np.zeros(len(self.boarding_s))
        tail = np.concatenate([self.edge_from, self.edge_to, self.boarding_from, self.boarding_to])
        head = np.concatenate([self.edge_to, self.edge_from, self.boarding_to, self.boarding_from])
        seconds = np.concatenate([self.forward_s[mode], self.backward_s[mode], self.boarding_s, none])
        return tail, head, seconds

    def csr(
        self, mode: str, *, towards: bool = False
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
        """Return the open arcs of a mode as CSR (first, head, seconds).

        Parameters
        ----------
        mode
            One of the scenario's modes.
        towards
            Turn every arc around, for searches *from* destinations.
        """
        from planner._kernels import arcs_to_csr

        tail, head, seconds = self.arcs(mode)
        if towards:
            tail, head = head, tail
        return arcs_to_csr(tail, head, seconds, self.nodes)  # type: ignore[no-any-return]

    def components(self, mode: str) -> NDArray[np.int32]:
        """Return the strongly connected component (a number from 0) of every node.

        Within one, every node can be reached from every other.
        """
        tail, head, seconds = self.arcs(mode)
        open_ = seconds < np.inf
        graph = coo_array(
            (np.ones(open_.sum(), dtype=np.int8), (tail[open_], head[open_])),
            shape=(self.nodes, self.nodes),
        )
        label = connected_components(graph, directed=True, connection="strong")[1]
        return np.asarray(label, dtype=np.int32)


def morton_order(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of points along a Z-curve (ties by x, then y).

    Source: G. M. Morton, A computer oriented geodetic data base, IBM, 1966.
    """
    if len(xy) == 0:
        return np.empty(0, dtype=np.int64)
    low = xy.min(axis=0)
    span = float(max((xy.max(axis=0) - low).max(), 1e-9))
    cell = ((xy - low) / span * (2**21 - 1)).astype(np.uint64)
    code = _spread_bits(cell[:, 0]) | (_spread_bits(cell[:, 1]) << np.uint64(1))
    return np.lexsort((xy[:, 1], xy[:, 0], code))


def _spread_bits(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the numbers (below 2**21) with a zero bit between each two of their bits."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333), (1, 0x5555555555555555),
    ):  # fmt: skip
        value = (value | (value << np.uint64(shift))) & np.uint64(mask)
    return value


def build_network(
    roads: gpd.GeoDataFrame, scenario: Scenario, *, modes: Iterable[str] | None = None
) -> TravelNetwork:
    """Return the travel network of a roads layer: seconds for each mode, season and direction.

    Parameters
    ----------
    roads
        The roads layer (metric CRS): one row between two junctions.
    scenario
        Speeds, season, ferry and surface rules.
    modes
        Which modes; all of the scenario's when None.

    Notes
    -----
    ``seconds = 3.6 * length_m / (min(speed of class, maxspeed) * surface factor)``. A ferry takes its
    duration, else its length at the ferry speed; boarding it from land costs the wait, staying aboard
    does not. Sources: docs/METHODS.md.
    """
    order, start, stop, xy = _canonical(roads)
    roads = roads.iloc[order]
    ferry = (roads["route"] == FERRY).to_numpy(dtype=bool, na_value=False)
    line = np.array(roads.geometry.to_numpy(), dtype=object)
    start, stop, xy, boarding_from, boarding_to = _ferry_nodes(
        start, stop, xy, ferry, roads["way_id"].to_numpy()
    )
    names = tuple(scenario.modes) if modes is None else tuple(modes)
    forward: dict[str, NDArray[np.float64]] = {}
    backward: dict[str, NDArray[np.float64]] = {}
    for name in names:
        forward[name], backward[name] = edge_seconds(roads, scenario.modes[name], scenario)
        forward[name].setflags(write=False)
        backward[name].setflags(write=False)
    wait = np.full(len(boarding_from), scenario.ferry.waiting_minutes * 60.0)
    network = TravelNetwork(
        crs=str(roads.crs),
        node_xy=xy,
        edge_id=roads.index.to_numpy(dtype=object, copy=True),
        edge_line=line,
        edge_from=start,
        edge_to=stop,
        edge_length_m=roads["length_m"].to_numpy(dtype=np.float64, copy=True),
        edge_ferry=ferry,
        forward_s=MappingProxyType(forward),
        backward_s=MappingProxyType(backward),
        boarding_from=boarding_from,
        boarding_to=boarding_to,
        boarding_s=wait,
    )
    for array in (
        network.node_xy, network.edge_id, network.edge_line, network.edge_from, network.edge_to,
        network.edge_length_m, network.edge_ferry, network.boarding_from, network.boarding_to,
        network.boarding_s,
    ):  # fmt: skip
        array.setflags(write=False)
    return network


def edge_seconds(
    roads: gpd.GeoDataFrame, mode: Mode, scenario: Scenario
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return seconds along and against each row of the roads layer; ``inf`` where it is closed."""
    road_class = roads["road_class"].to_numpy(dtype=object)
    names, code = np.unique(road_class.astype(str), return_inverse=True)
    kph = np.array([mode.speeds_kph.get(str(n), np.nan) for n in names], dtype=np.float64)[code]
    kph = np.fmin(kph, np.where(np.isnan(kph), np.nan, roads["maxspeed_kph"].to_numpy()))
    if mode.motorised:
        unpaved = roads["surface"].str.lower().isin(scenario.unpaved.surfaces)
        factor = scenario.unpaved.dry if scenario.season == "dry" else scenario.unpaved.wet
        kph = np.where(unpaved.to_numpy(dtype=bool, na_value=False), kph * factor, kph)
    length = roads["length_m"].to_numpy()
    seconds = np.where(np.isnan(kph), np.inf, 3.6 * length / kph)
    ferry = (roads["route"] == FERRY).to_numpy(dtype=bool, na_value=False)
    duration = roads["duration_s"].to_numpy()
    sailing = np.where(np.isnan(duration), 3.6 * length / scenario.ferry.speed_kph, duration)
    seconds = np.where(ferry, sailing if mode.ferry else np.inf, seconds)
    if scenario.season == "wet":
        seconds[(roads["season"] == "dry_only").to_numpy()] = np.inf
    forward, backward = seconds.copy(), seconds.copy()
    if mode.obeys_oneway:
        oneway = roads["oneway"].to_numpy(dtype=object)
        backward[oneway == "yes"] = np.inf
        forward[oneway == "reverse"] = np.inf
    return forward, backward


def _canonical(
    roads: gpd.GeoDataFrame,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Return the order of edges, their ends and the nodes' places: the same for any order of rows."""
    start, stop = roads["from_node"].to_numpy(), roads["to_node"].to_numpy()
    line = roads.geometry.to_numpy()
    labels, compact = np.unique(np.concatenate([start, stop]), return_inverse=True)
    xy = np.empty((len(labels), 2))
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(line, i)) for i in (0, -1)])
    # Ends of one junction may differ by the junction tolerance: the smallest in (x, y) stands for it.
    by_place = np.lexsort((ends[:, 1], ends[:, 0]))[::-1]
    xy[compact[by_place]] = ends[by_place]
    morton = morton_order(xy)
    rank = np.empty(len(morton), dtype=np.int32)
    rank[morton] = np.arange(len(morton), dtype=np.int32)
    start, stop = rank[compact[: len(roads)]], rank[compact[len(roads) :]]
    length = roads["length_m"].to_numpy()
    middle = shapely.get_coordinates(shapely.line_interpolate_point(line, 0.5, normalized=True))
    # Lines drawn twice over each other are told apart by what is said of them.
    said = [
        pd.factorize(roads[column], sort=True)[0]
        for column in ("road_class", "surface", "oneway", "season", "maxspeed_kph")
    ]
    order = np.lexsort((*said, middle[:, 1], middle[:, 0], length, stop, start))
    return order, start[order], stop[order], xy[morton]


def _ferry_nodes(
    start: NDArray[np.int32],
    stop: NDArray[np.int32],
    xy: NDArray[np.float64],
    ferry: NDArray[np.bool_],
    way_id: NDArray[np.object_],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
    """Give each ferry a node of its own at each landing, so that boarding can cost a wait.

    At sea (a node no road touches) ferries keep the shared node: staying aboard costs nothing.
    """
    ashore = np.zeros(len(xy), dtype=bool)
    ashore[start[~ferry]] = True
    ashore[stop[~ferry]] = True
    own: dict[tuple[str, int], int] = {}
    landing: list[int] = []
    start, stop = start.copy(), stop.copy()
    for end in (start, stop):
        for k in np.flatnonzero(ferry):
            node = int(end[k])
            if node < len(ashore) and ashore[node]:
                key = (str(way_id[k]), node)
                if key not in own:
                    own[key] = len(xy) + len(landing)
                    landing.append(node)
                end[k] = own[key]
    land = np.array(landing, dtype=np.int32)
    aboard = np.arange(len(xy), len(xy) + len(landing), dtype=np.int32)
    return start, stop, np.concatenate([xy, xy[land]]), land, aboard


def to_networkx(network: TravelNetwork, mode: str) -> nx.MultiDiGraph:
    """Return the open arcs of a mode as an OSMnx-style graph, for analysts.

    Nodes carry ``x``, ``y`` (metres); edges ``travel_time`` (s), ``length`` (m), ``geometry`` and
    ``road_id``. The graph's ``crs`` is the network's. Boarding arcs have length 0.
    """
    import networkx as nx

    graph = nx.MultiDiGraph(crs=network.crs)
    for i, (x, y) in enumerate(network.node_xy.tolist()):
        graph.add_node(i, x=x, y=y)
    edges = (
        (network.edge_from, network.edge_to, network.forward_s[mode], False),
        (network.edge_to, network.edge_from, network.backward_s[mode], True),
    )
    for tail, head, seconds, turned in edges:
        for k in np.flatnonzero(seconds < np.inf):
            line = network.edge_line[k]
            graph.add_edge(
                int(tail[k]), int(head[k]), travel_time=float(seconds[k]),
                length=float(network.edge_length_m[k]), road_id=network.edge_id[k],
                geometry=shapely.reverse(line) if turned else line,
                ferry=bool(network.edge_ferry[k]),
            )  # fmt: skip
    for a, b, s in zip(network.boarding_from, network.boarding_to, network.boarding_s, strict=True):
        point = network.node_xy[a]
        still = shapely.linestrings([point, point])
        graph.add_edge(int(a), int(b), travel_time=float(s), length=0.0, geometry=still, boarding=True)
        graph.add_edge(int(b), int(a), travel_time=0.0, length=0.0, geometry=still, boarding=True)
    return graph


def from_networkx(graph: nx.MultiDiGraph, *, mode: str, weight: str = "travel_time") -> TravelNetwork:
    """Return a network of one mode from an OSMnx-style graph with seconds on its edges.

    Parameters
    ----------
    graph
        Projected (its ``crs`` metric); nodes with ``x``, ``y``; edges with ``weight`` in seconds,
        and optionally ``geometry`` and ``length`` (m). Every graph edge becomes one one-way edge.
    mode
        The name under which the times are kept.
    weight
        The edge attribute that holds seconds.

    Raises
    ------
    KeyError
        When an edge lacks the weight.
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
    drawn = shapely.length(line)
    length = np.array([float(d.get("length", m)) for (*_, d), m in zip(rows, drawn, strict=True)])
    closed = np.full(len(rows), np.inf)
    ids = np.array([str(d.get("road_id", f"{u}-{v}-{k}")) for u, v, k, d in rows], dtype=object)
    off_limits = [bool(d.get("ferry") or d.get("boarding")) for *_, d in rows]
    return TravelNetwork(
        crs=str(graph.graph["crs"]),
        node_xy=xy,
        edge_id=ids,
        edge_line=line,
        edge_from=start,
        edge_to=stop,
        edge_length_m=length,
        # Nothing snaps to a ferry or to the step aboard it.
        edge_ferry=np.array(off_limits, dtype=bool),
        forward_s=MappingProxyType({mode: seconds}),
        backward_s=MappingProxyType({mode: closed}),
    )
