"""The kernels against networkx, on random graphs with ties, zero and extreme weights."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.kernels.csr import Csr
from planner.kernels.dijkstra import arcs_to_csr, nearest_source, shortest_tree
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
from planner.network.build import morton_order

WEIGHTS = st.one_of(
    st.sampled_from([0.0, 1.0, 2.0, 1e-6, 1e7, 1e6, np.inf]),
    st.floats(min_value=0, max_value=1e7, allow_nan=False),
)


@st.composite
def graphs(draw):
    """(nodes, arcs, seeds): parallel arcs, self-loops, closed arcs and lone nodes included."""
    n = draw(st.integers(1, 12))
    node = st.integers(0, n - 1)
    arcs = draw(st.lists(st.tuples(node, node, WEIGHTS), max_size=40))
    seeds = draw(
        st.lists(st.tuples(node, st.sampled_from([0.0, 1.0, 0.5, 300.0]), st.integers(0, 4)), max_size=6)
    )
    return n, arcs, seeds


def _arrays(n, arcs):
    tail = np.array([a for a, _, _ in arcs], dtype=np.int32)
    head = np.array([b for _, b, _ in arcs], dtype=np.int32)
    weight = np.array([w for _, _, w in arcs], dtype=np.float64)
    return arcs_to_csr(tail, head, weight, n)


def _search(n, arcs, seeds):
    label = nearest_source(
        *_arrays(n, arcs),
        np.array([v for v, _, _ in seeds], dtype=np.int32),
        np.array([s for _, s, _ in seeds], dtype=np.float64),
        np.array([o for _, _, o in seeds], dtype=np.int32),
    )
    return label[:, 0], label[:, 1].astype(int)


def _slow_twin(n, arcs, seeds):
    """All pairs by networkx from every seed on its own; ties to the smallest owner."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from((a, b, w) for a, b, w in arcs if w < np.inf)
    best = [(np.inf, -1)] * n
    for v, start, owner in seeds:
        for node, away in nx.single_source_dijkstra_path_length(graph, v).items():
            best[node] = min(best[node], (start + away, owner), key=lambda b: (b[0], b[1] % 99))
    return best


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(graphs())
def test_nearest_source_is_networkx(case):
    n, arcs, seeds = case
    time, owner = _search(n, arcs, seeds)
    for v, (expected, who) in enumerate(_slow_twin(n, arcs, seeds)):
        if np.isinf(expected):
            assert np.isinf(time[v])
            assert owner[v] == -1
        else:
            # Sums of the same path in another order differ in the last bits at most.
            np.testing.assert_allclose(time[v], expected, rtol=1e-12, atol=1e-12)
            assert owner[v] >= 0
            if owner[v] != who:
                # Only where two owners are as near as rounding can tell.
                other = [s for s in seeds if s[2] == owner[v]]
                again = _slow_twin(n, arcs, other)[v][0]
                np.testing.assert_allclose(again, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_order_of_arcs_and_seeds_changes_nothing(case, random):
    n, arcs, seeds = case
    before = _search(n, arcs, seeds)
    random.shuffle(arcs)
    random.shuffle(seeds)
    after = _search(n, arcs, seeds)
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])


@pytest.mark.slow
@given(graphs())
@settings(max_examples=100, deadline=None)
def test_csr_keeps_every_open_arc_in_order(case):
    n, arcs, _ = case
    first, head, weight = _arrays(n, arcs)
    kept = [(v, int(head[k]), weight[k]) for v in range(n) for k in range(first[v], first[v + 1])]
    assert kept == sorted([a for a in arcs if a[2] < np.inf], key=lambda a: a[0])


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=30, unique=True))
def test_morton_order_is_a_permutation_that_ignores_input_order(points):
    xy = np.array(points)
    order = morton_order(xy)
    assert sorted(order.tolist()) == list(range(len(xy)))
    turned = morton_order(xy[::-1])
    np.testing.assert_array_equal(xy[order], xy[::-1][turned])


def test_a_star_whose_every_arc_enters_the_heap():
    n = 3000
    arcs = [(0, v, float(n - v)) for v in range(1, n)] + [(v, 0, 1.0) for v in range(1, n)]
    time, _ = _search(n, arcs, [(0, 0.0, 0)])
    np.testing.assert_array_equal(time[1:], np.arange(n - 1, 0, -1, dtype=float))


def _twin_from(n, arcs, source):
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from((a, b, w) for a, b, w in arcs if w < np.inf)
    out = np.full(n, np.inf)
    for v, away in nx.single_source_dijkstra_path_length(graph, source).items():
        out[v] = away
    return out


def _one_seed_each(nodes):
    return np.arange(len(nodes) + 1), np.array(nodes, dtype=np.int32), np.zeros(len(nodes))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(graphs(), st.sampled_from([0.0, 1.0, 1e-6, 300.0, 1e6, np.inf]))
def test_within_a_cutoff_is_all_pairs_no_further(case, cutoff):
    n, arcs, _ = case
    nodes = list(range(n))
    ends = (np.arange(n + 1), np.arange(n, dtype=np.int32), np.zeros(n))
    first, place, seconds = within_cutoff(
        Csr(*_arrays(n, arcs)), Csr(*_one_seed_each(nodes)), Csr(*ends), n, cutoff
    )
    for source in nodes:
        slow = _twin_from(n, arcs, source)
        mine = slice(first[source], first[source + 1])
        found = np.full(n, np.inf)
        found[place[mine]] = seconds[mine]
        assert len(set(place[mine])) == len(place[mine])
        # Where rounding decides whether it is within, either is right.
        sure = ~np.isclose(slow, cutoff, rtol=1e-12, atol=0) | (slow == cutoff)
        np.testing.assert_allclose(found[sure], np.where(slow <= cutoff, slow, np.inf)[sure], rtol=1e-12)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(graphs(), st.integers(1, 4))
def test_the_k_nearest_are_the_k_nearest(case, k):
    n, arcs, seeds = case
    time, owner = k_nearest_sources(
        *_arrays(n, arcs),
        np.array([v for v, _, _ in seeds], dtype=np.int32),
        np.array([s for _, s, _ in seeds], dtype=np.float64),
        np.array([o for _, _, o in seeds], dtype=np.int32),
        k,
    )
    best = np.full((n, 5), np.inf)
    for v, start, o in seeds:
        best[:, o] = np.minimum(best[:, o], start + _twin_from(n, arcs, v))
    for v in range(n):
        expected = np.sort(best[v])[:k]
        np.testing.assert_allclose(time[v, : len(expected)], expected, rtol=1e-12)
        known = owner[v][owner[v] >= 0]
        assert len(set(known)) == len(known) == min(k, int(np.isfinite(best[v]).sum()))
        np.testing.assert_allclose(best[v][known], time[v, : len(known)], rtol=1e-12)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(graphs())
def test_a_shortest_tree_leads_back_to_its_seed(case):
    n, arcs, seeds = case
    first, head, weight = _arrays(n, arcs)
    nodes = np.array([v for v, _, _ in seeds], dtype=np.int32)
    start = np.array([s for _, s, _ in seeds], dtype=np.float64)
    time, arc, before = shortest_tree(first, head, weight, nodes, start)
    slow = np.full(n, np.inf)
    for v, s, _ in seeds:
        slow = np.minimum(slow, s + _twin_from(n, arcs, v))
    np.testing.assert_allclose(time, slow, rtol=1e-12)
    for v in np.flatnonzero(np.isfinite(time)):
        steps, at = 0.0, v
        for _ in range(n + 1):
            if before[at] < 0:
                break
            assert head[arc[at]] == at
            steps += weight[arc[at]]
            at = before[at]
        assert before[at] < 0
        assert time[at] + steps == pytest.approx(time[v], rel=1e-9)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_the_hierarchy_gives_all_pairs(case, random):
    n, arcs, _ = case
    both = [(a, b, 1.0) for a, b, w in arcs if w < np.inf] + [(b, a, 1.0) for a, b, w in arcs if w < np.inf]
    first, head, _ = _arrays(n, both)
    xy = np.array([[random.random(), random.random()] for _ in range(n)])
    rank = nested_dissection(xy, first, head)
    assert sorted(rank.tolist()) == list(range(n))
    first, head, _ = _arrays(n, [(rank[a], rank[b], w) for a, b, w in both])
    up_first, up_head, parent = contract(first, head)
    open_ = [(rank[a], rank[b], w) for a, b, w in arcs if w < np.inf]
    tail, heads = (np.array([arc[i] for arc in open_], dtype=np.int32) for i in (0, 1))
    up, down = customize(up_first, up_head, tail, heads, np.array([w for *_, w in open_], dtype=np.float64))
    seeds = (np.arange(n + 1), rank.astype(np.int32), np.zeros(n))
    start = climb(up_first, up_head, parent, up, *seeds)
    goal = climb(up_first, up_head, parent, down, *seeds)
    joined, swept = np.empty((n, n)), np.empty((n, n))
    join_labels(*start, *goal, n, joined, 0, n)
    sweep(up_first, up_head, up, *goal, *seeds, swept, 0, n)
    slow = np.array([_twin_from(n, arcs, v) for v in range(n)])
    np.testing.assert_allclose(joined, slow, rtol=1e-9)
    np.testing.assert_allclose(swept, slow, rtol=1e-9)
    order = np.argsort(rank).astype(np.int32)
    ends = (np.arange(n + 1), order, np.zeros(n))
    for cutoff in (0.0, 1.0, 300.0, np.inf):
        first, place, seconds = sweep_within(
            Csr(up_first, up_head, up), parent, children(parent), Csr(*goal), Csr(*ends), n, cutoff, 0, n
        )
        found = np.full((n, n), np.inf)
        found[place, np.repeat(np.arange(n), np.diff(first))] = seconds
        sure = ~np.isclose(slow, cutoff, rtol=1e-9, atol=0) | (slow == cutoff)
        np.testing.assert_allclose(found[sure], np.where(slow <= cutoff, slow, np.inf)[sure], rtol=1e-9)
