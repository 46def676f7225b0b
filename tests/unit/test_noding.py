"""Noding: where roads meet, and where they must not."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.readers.noding import JUNCTION_TOLERANCE_M, node_lines


def noded(*lines, elevated=(), ferry=()):
    shapes = np.array([shapely.LineString(xy) for xy in lines], dtype=object)
    up = np.isin(np.arange(len(lines)), [*elevated, *ferry])
    return node_lines(shapes, up, np.isin(np.arange(len(lines)), ferry))


def parts(result):
    n = int(max(result.from_node.max(), result.to_node.max())) + 1
    graph = coo_array((np.ones(len(result.line)), (result.from_node, result.to_node)), shape=(n, n))
    return connected_components(graph, directed=False)[0]


def test_a_crossing_makes_four_pieces_with_one_junction():
    result = noded([(-10, 0), (10, 0)], [(0, -10), (0, 10)])
    assert len(result.pieces) == 4
    assert parts(result) == 1
    assert result.line.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("kind", ["elevated", "ferry"])
def test_bridges_tunnels_and_ferries_are_not_joined_to_what_they_cross(kind):
    result = noded([(-10, 0), (10, 0)], [(0, -10), (0, 10)], **{kind: [1]})
    assert len(result.pieces) == 2
    assert parts(result) == 2


def test_a_bridge_is_joined_at_its_ends():
    result = noded([(-10, 0), (0, 0)], [(0, 0), (0, 10)], [(-5, -5), (-5, 5)], elevated=[1])
    assert parts(result) == 1


def test_a_road_that_ends_on_a_bridge_joins_it_but_none_lands_in_mid_ferry():
    assert parts(noded([(0, 0), (0, 10)], [(0, 5), (9, 5)], elevated=[0])) == 1
    assert parts(noded([(0, 0), (0, 10)], [(0, 5), (9, 5)], ferry=[0])) == 2


def test_a_t_junction_survives_rounding_but_a_real_gap_stays_open():
    assert parts(noded([(0, 0), (100, 0)], [(50, 0.01), (50, 40)])) == 1
    assert parts(noded([(0, 0), (100, 0)], [(50, 0.5), (50, 40)])) == 2


def test_a_line_that_crosses_itself_keeps_its_direction():
    eight = [(0, 0), (10, 10), (10, 0), (0, 10)]
    result = noded(eight)
    assert [shapely.get_coordinates(p)[0].tolist() for p in result.pieces] == [[0, 0], [5, 5], [5, 5]]
    assert shapely.get_coordinates(result.pieces[-1])[-1].tolist() == [0, 10]
    assert sum(p.length for p in result.pieces) == pytest.approx(shapely.LineString(eight).length)


def test_overlapping_roads_are_cut_where_the_overlap_ends():
    result = noded([(0, 0), (10, 0)], [(4, 0), (20, 0)])
    assert parts(result) == 1
    assert sorted(p.length for p in result.pieces) == [4, 6, 6, 10]


coordinate = st.integers(0, 12).map(float)
path = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=4, unique=True)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@example([[(9.0, 10.0), (0.0, 10.0)], [(3.0, 1.0), (7.0, 11.0), (2.0, 1.0)]])
@given(st.lists(path, min_size=1, max_size=6, unique_by=tuple))
def test_noding_agrees_with_shapely_on_length_and_connection(paths):
    result = noded(*paths)
    lines = [shapely.LineString(p) for p in paths]
    lost = sum(line.length for line in lines) - shapely.length(result.pieces).sum()
    # A piece no longer than the tolerance lies within one junction, which stands for it.
    noded_by_shapely = shapely.get_parts(shapely.unary_union(lines))
    within_one = int((shapely.length(noded_by_shapely) <= JUNCTION_TOLERANCE_M * (1 + 1e-6)).sum())
    most = len(lines) * within_one * JUNCTION_TOLERANCE_M
    assert -1e-6 <= lost <= most + 1e-6
    # Where a line is cut at its own crossing, new ends arise that may touch others.
    assume(all(line.is_simple for line in lines))
    # Two lines are in one part if and only if they touch, directly or by others (brute force).
    ends = [[shapely.Point(p[0]), shapely.Point(p[-1])] for p in paths]
    meets = np.array(
        [
            [
                a.distance(b) < 1e-9
                or min(b.distance(p) for p in ends[i]) <= 0.1
                or min(a.distance(p) for p in ends[j]) <= 0.1
                for j, b in enumerate(lines)
            ]
            for i, a in enumerate(lines)
        ]
    )
    assert parts(result) == connected_components(coo_array(meets), directed=False)[0]
    for piece, k in zip(result.pieces, result.line, strict=True):
        assert shapely.distance(lines[k], shapely.points(shapely.get_coordinates(piece))).max() <= 1e-9
