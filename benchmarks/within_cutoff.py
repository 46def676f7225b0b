"""Times within 30 minutes from 5,000 candidates to every node of a 100,000-node network.

Jangkau (all candidates, both processors), scipy's `dijkstra(limit=…)` for one origin after another, and
networkx. The network is Jember's real roads (motorcycle), nine times side by side; scipy and networkx
are timed on a sample of the candidates and multiplied, and their times are compared with ours.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
from common import ROOT, shared
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from planner.network.build import TravelNetwork

sys.path.insert(0, str(ROOT / "tests/realdata"))

CUTOFF_S = 1800.0
CANDIDATES = 5000
COPIES = 9


def jember() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, str]:
    """Jember's motorcycle network: places, and the arcs (from, to, seconds)."""
    from areas import write_area

    from geodata.areafile import read_area_file
    from geodata.build import read_layers
    from planner.network.build import build_network
    from planner.scenarios.modes import Profile
    from planner.scenarios.scenario import default_scenario

    with tempfile.TemporaryDirectory() as name:
        source = shared().resolve() / "data/roads/35.09_jember_rbi.geojson"
        roads = f"roads: {{path: {source}, class: Fungsi, classes: rbi}}\n"
        layers = read_layers(read_area_file(write_area(shared(), Path(name), "35.09", roads=roads)))
    network = build_network(layers.roads, default_scenario(), modes=["motorcycle"])
    one = network.impedance[Profile("motorcycle", "dry")]
    return network.node_xy, network.edge_from, network.edge_to, one.forward_s, str(network.crs)


def side_by_side() -> TravelNetwork:
    """Nine Jembers in a square, each joined to its neighbours by one road."""
    from planner.network.build import morton_order
    from planner.network.convert import network_of_arrays

    xy, a, b, seconds, crs = jember()
    n = len(xy)
    shift = np.array([(k % 3, k // 3) for k in range(COPIES)]) * (np.ptp(xy, axis=0) + 500.0)
    place = np.concatenate([xy + s for s in shift])
    tail = np.concatenate([a.astype(np.int64) + k * n for k in range(COPIES)])
    head = np.concatenate([b.astype(np.int64) + k * n for k in range(COPIES)])
    east, north = int(xy[:, 0].argmax()), int(xy[:, 1].argmax())
    west, south = int(xy[:, 0].argmin()), int(xy[:, 1].argmin())
    joins = [(k * n + east, (k + 1) * n + west) for k in range(COPIES) if k % 3 < 2]
    joins += [(k * n + north, (k + 3) * n + south) for k in range(COPIES - 3)]
    tail = np.concatenate([tail, [i for i, _ in joins]])
    head = np.concatenate([head, [j for _, j in joins]])
    takes = np.concatenate([np.tile(seconds, COPIES), np.full(len(joins), 120.0)])
    rank = np.empty(len(place), dtype=np.int32)
    order = morton_order(place)
    rank[order] = np.arange(len(place), dtype=np.int32)
    return network_of_arrays(place[order], rank[tail], rank[head], takes, takes, crs=crs, mode="motorcycle")


def ours(network: TravelNetwork, units: np.ndarray, workers: int) -> tuple[Any, ...]:
    """Seconds of the query with a prepared network, its parts, seconds of the preparation, the graph."""
    from planner.kernels import hierarchy
    from planner.kernels.csr import Csr
    from planner.kernels.parallel import in_parallel
    from planner.network.graph import Ends, ModeGraph
    from planner.scenarios.modes import Profile

    graph = ModeGraph(network, Profile("motorcycle", "dry"))
    csr = graph.backward
    n = network.nodes
    start = time.perf_counter()
    tree = graph.hierarchy
    below = tree.children
    prepared = time.perf_counter() - start
    order = np.argsort(tree.rank).astype(np.int32)
    at_nodes = Csr(np.arange(n + 1), order, np.zeros(n))
    up = Csr(tree.up_first, tree.up_head, tree.up_s)
    zero = np.zeros(len(units))
    # As Router.within does: those near to each other follow each other.
    number = np.arange(len(units), dtype=np.int32)
    turn = np.argsort(tree.rank[units])
    near_by = units[turn]

    def query() -> list[Any]:
        ends = Ends(number, near_by, zero, number, zero > 0)
        goal = tree.labels(ends, len(units), leaving=False)
        return in_parallel(
            lambda low, high: hierarchy.sweep_within(
                up, tree.parent, below, goal, at_nodes, n, CUTOFF_S, low, high,
            ),
            len(units), workers,
        )  # fmt: skip

    query()
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        parts = query()
        best = min(best, time.perf_counter() - start)
    return best, parts, prepared, csr, turn


def main() -> None:
    network = side_by_side()
    rng = np.random.default_rng(9)
    units = rng.choice(network.nodes, CANDIDATES, replace=False).astype(np.int32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ours(network, units[:50], 1)
    alone, *_ = ours(network, units, 1)
    both, parts, prepared, csr, turn = ours(network, units, os.cpu_count() or 1)
    pairs = sum(len(p[1]) for _, p in parts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    first, head, weight = csr
    matrix = csr_array((weight, head, first), shape=(network.nodes,) * 2)
    units = units[turn]
    sample = units[:150]
    start = time.perf_counter()
    theirs = [dijkstra(matrix, indices=int(u), limit=CUTOFF_S) for u in sample]
    scipy_s = (time.perf_counter() - start) * CANDIDATES / len(sample)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.nodes))
    tail = np.repeat(np.arange(network.nodes), np.diff(first))
    for u, v, s in zip(tail.tolist(), head.tolist(), weight.tolist(), strict=True):
        if s < graph.get_edge_data(u, v, {"weight": np.inf})["weight"]:
            graph.add_edge(u, v, weight=s)
    start = time.perf_counter()
    for u in sample[:15].tolist():
        nx.single_source_dijkstra_path_length(graph, u, cutoff=CUTOFF_S)
    networkx_s = (time.perf_counter() - start) * CANDIDATES / 15
    _, (starts, place, seconds) = parts[0]
    for i in range(min(20, len(starts) - 1)):
        dense = np.full(network.nodes, np.inf)
        dense[place[starts[i] : starts[i + 1]]] = seconds[starts[i] : starts[i + 1]]
        np.testing.assert_allclose(dense, theirs[i], rtol=1e-9)
    print(f"\n{network.nodes:,} nodes, {CANDIDATES:,} candidates, {pairs:,} pairs within 30 minutes")
    print(f"  jangkau, both processors {both:7.2f} s; one {alone:.2f} s; "
        f"prepared once in {prepared:.2f} s; memory +{peak - before:.0f} MiB "
          f"(12 bytes a pair: {pairs * 12 / 2**20:.0f})")  # fmt: skip
    print(f"  scipy, one after another {scipy_s:7.1f} s = {scipy_s / both:.0f} × ours (at least 20 wanted)")
    print(f"  networkx                 {networkx_s:7.1f} s = {networkx_s / both:.0f} × ours (at least 100)")


if __name__ == "__main__":
    main()
