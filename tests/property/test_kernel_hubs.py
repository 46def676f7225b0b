"""The kernels on graphs of some hundreds of nodes that fill their work arrays; again with bounds checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.kernels.csr import Csr
from planner.kernels.dijkstra import arcs_to_csr, close_source, nearest_source, open_source, shortest_tree
from planner.kernels.hierarchy import (
    children,
    climb,
    contract,
    customize,
    join_labels,
    nested_dissection,
    sweep,
    sweep_within,
)
from planner.kernels.many import k_nearest_sources, within_cutoff

# Whole numbers, so that sums are exact and equal times are equal.
SECONDS = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 5.0])


def hub_town(seed, nodes=240, hubs=4, owners=12):
    """Arcs with hubs and many of zero seconds; several seeds an owner, some on one node."""
    rng = np.random.default_rng(seed)
    tail, head = rng.integers(0, nodes, (2, 3 * nodes))
    spokes = rng.integers(0, nodes, 40 * hubs)
    hub = rng.integers(0, nodes, hubs).repeat(40)
    tail, head = np.concatenate([tail, hub, spokes]), np.concatenate([head, spokes, hub])
    seconds = rng.choice(SECONDS, len(tail))
    seed_owner = rng.integers(0, owners, 4 * owners)
    seed_node = rng.integers(0, nodes, len(seed_owner))
    seed_node[: len(seed_node) // 3] = hub[0]
    seed_s = rng.choice(SECONDS, len(seed_owner))
    csr = arcs_to_csr(tail.astype(np.int32), head.astype(np.int32), seconds, nodes)
    seeds = seed_node.astype(np.int32), seed_s, seed_owner.astype(np.int32)
    return nodes, (tail, head, seconds), csr, seeds


def by_owner(nodes, arcs, seeds):
    """Times from every owner's seeds, by networkx."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(nodes))
    for a, b, s in zip(*(x.tolist() for x in arcs), strict=True):
        if s < graph.get_edge_data(a, b, {"weight": np.inf})["weight"]:
            graph.add_edge(a, b, weight=s)
    owners = int(seeds[2].max()) + 1
    for v, s, o in zip(*(x.tolist() for x in seeds), strict=True):
        known = graph.get_edge_data(("owner", o), v, {"weight": np.inf})["weight"]
        graph.add_edge(("owner", o), v, weight=min(s, known))
    out = np.full((owners, nodes), np.inf)
    for o in range(owners):
        if ("owner", o) in graph:
            for node, s in nx.single_source_dijkstra_path_length(graph, ("owner", o)).items():
                if not isinstance(node, tuple):
                    out[o, node] = s
    return out


def nearest_of(times):
    """(time, owner) of each node; the smallest owner of equals."""
    owner = times.argmin(axis=0)
    time = times.min(axis=0)
    return time, np.where(np.isinf(time), -1, owner)


SEEDS = st.integers(0, 10**6)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_nearest_opened_and_closed_owners(seed):
    nodes, arcs, csr, seeds = hub_town(seed)
    times = by_owner(nodes, arcs, seeds)
    label = nearest_source(*csr, *seeds)
    expected = nearest_of(times)
    np.testing.assert_array_equal(label[:, 0], expected[0])
    np.testing.assert_array_equal(label[:, 1], expected[1])
    back = arcs_to_csr(arcs[1].astype(np.int32), arcs[0].astype(np.int32), arcs[2], nodes)
    gone = int(seeds[2][0])
    rest = seeds[2] != gone
    others = tuple(x[rest] for x in seeds)
    close_source(*csr, back[0], back[1], label, gone, *others)
    without = times.copy()
    without[gone] = np.inf
    np.testing.assert_array_equal(label[:, 0], nearest_of(without)[0])
    np.testing.assert_array_equal(label[:, 1], nearest_of(without)[1])
    open_source(*csr, label, *(x[~rest] for x in seeds))
    np.testing.assert_array_equal(label[:, 0], expected[0])
    np.testing.assert_array_equal(label[:, 1], expected[1])


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(1, 6))
def test_k_nearest_and_tree(seed, k):
    nodes, arcs, csr, seeds = hub_town(seed)
    times = by_owner(nodes, arcs, seeds)
    found, owner = k_nearest_sources(*csr, *seeds, k)
    order = np.lexsort((np.arange(len(times))[:, None].repeat(nodes, 1), times), axis=0)[:k].T
    nearest = np.take_along_axis(times.T, order, axis=1)
    np.testing.assert_array_equal(found, nearest)
    np.testing.assert_array_equal(owner, np.where(np.isinf(nearest), -1, order))
    time, _, _ = shortest_tree(*csr, seeds[0], seeds[1])
    np.testing.assert_array_equal(time, times.min(axis=0))


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(SEEDS, st.sampled_from([0.0, 1.0, 3.0, np.inf]))
def test_within_and_all_pairs(seed, cutoff):
    nodes, arcs, csr, _ = hub_town(seed, nodes=200)
    each = np.arange(nodes, dtype=np.int32)
    ends = (np.arange(nodes + 1), each, np.zeros(nodes))
    slow = by_owner(nodes, arcs, (each, np.zeros(nodes), each))
    first, place, seconds = within_cutoff(Csr(*csr), Csr(*ends), Csr(*ends), nodes, cutoff)
    found = np.full((nodes, nodes), np.inf)
    found[np.repeat(each, np.diff(first)), place] = seconds
    np.testing.assert_array_equal(found, np.where(slow <= cutoff, slow, np.inf))
    tail, head, weight = (x.astype(t) for x, t in zip(arcs, (np.int32, np.int32, np.float64), strict=True))
    both = np.concatenate([tail, head]), np.concatenate([head, tail])
    first, other, _ = arcs_to_csr(*both, np.ones(2 * len(tail)), nodes)
    rank = nested_dissection(np.random.default_rng(seed).random((nodes, 2)), first, other)
    first, other, _ = arcs_to_csr(rank[both[0]], rank[both[1]], np.ones(2 * len(tail)), nodes)
    up_first, up_head, parent = contract(first, other)
    up, down = customize(up_first, up_head, rank[tail], rank[head], weight)
    at = (np.arange(nodes + 1), rank, np.zeros(nodes))
    start = climb(up_first, up_head, parent, up, *at)
    goal = climb(up_first, up_head, parent, down, *at)
    joined, swept = np.empty((nodes, nodes)), np.empty((nodes, nodes))
    join_labels(*start, *goal, nodes, joined, 0, nodes)
    sweep(up_first, up_head, up, *goal, *at, swept, 0, nodes)
    np.testing.assert_array_equal(joined, slow)
    np.testing.assert_array_equal(swept, slow)
    order = np.argsort(rank).astype(np.int32)
    near = sweep_within(
        Csr(up_first, up_head, up), parent, children(parent), Csr(*goal),
        Csr(np.arange(nodes + 1), order, np.zeros(nodes)), nodes, cutoff, 0, nodes,
    )  # fmt: skip
    found = np.full((nodes, nodes), np.inf)
    found[near[1], np.repeat(each, np.diff(near[0]))] = near[2]
    np.testing.assert_array_equal(found, np.where(slow <= cutoff, slow, np.inf))


@pytest.mark.slow
def test_a_hub_whose_streets_end_in_pieces_of_no_length():
    """Sixty streets to a hub, each with two pieces of zero seconds: the heap held fewer than it had to."""
    arcs, seeds = [], []
    for street in range(60):
        a, b, c = 1 + 3 * street, 2 + 3 * street, 3 + 3 * street
        arcs += [(c, b, 5.0), (b, a, 0.0), (a, 0, 0.0)]
        seeds.append((c, 0.0, 59 - street))
    # From the hub 3,000 roads, all of them told again for every smaller owner.
    arcs += [(0, 181 + k, 1.0) for k in range(3000)]
    tail, head, seconds = (np.array(x) for x in zip(*arcs, strict=True))
    node, start, owner = (np.array(x) for x in zip(*seeds, strict=True))
    csr = arcs_to_csr(tail.astype(np.int32), head.astype(np.int32), seconds.astype(np.float64), 3181)
    label = nearest_source(*csr, node.astype(np.int32), start, owner.astype(np.int32))
    assert (label[181:, 0] == 6.0).all()
    assert (label[181:, 1] == 0).all()


@pytest.mark.slow
@pytest.mark.skipif("NUMBA_BOUNDSCHECK" in os.environ, reason="this is the run with bounds checked")
def test_all_kernels_again_with_bounds_checked(pytestconfig):
    here = Path(__file__).parent
    # Compiled kernels are cached apart: numba does not tell checked from unchecked ones.
    cache = pytestconfig.cache.mkdir("numba-bounds")
    environment = {
        **os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", str(Path(__file__)),
         str(here / "test_allocation.py"), str(here / "test_edge_grid.py"),
         str(here / "test_siting_median.py"), str(here / "test_siting_cover.py"),
         str(here / "test_siting_villages.py"), str(here / "test_siting_robust.py"),
         str(here / "test_siting_rollout.py"), str(here / "test_siting_room.py")],
        env=environment, capture_output=True, text=True, check=False, cwd=here.parent.parent, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
