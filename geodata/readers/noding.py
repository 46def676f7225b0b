"""Cuts road lines where they meet, so that shared end points make a network.

Lines on the ground meet wherever they cross or touch. Bridges, tunnels and ferries ("elevated"
here) meet others only where one of the two lines ends: a road that passes under a bridge is not
joined to it, and a ferry only lands at its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geodata.runs import run_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Ends this close are the same junction: it absorbs rounding of stored coordinates (7 decimals of
# a degree are 1 cm) and closes no real gap.
JUNCTION_TOLERANCE_M = 0.1


@dataclass(frozen=True)
class NodedLines:
    """Pieces between junctions; ``line`` says which input line each piece is a part of.

    Attributes
    ----------
    pieces
        object ``(pieces,)``, LineStrings (metres), in the direction of their line.
    line
        int64 ``(pieces,)``, index of the input line of each piece, ascending.
    from_node, to_node
        int32 ``(pieces,)``, junction numbers from 0.
    """

    pieces: NDArray[np.object_]
    line: NDArray[np.int64]
    from_node: NDArray[np.int32]
    to_node: NDArray[np.int32]


def node_lines(
    lines: NDArray[np.object_],
    elevated: NDArray[np.bool_],
    ferry: NDArray[np.bool_],
    *,
    join_within_m: float = 0.0,
) -> NodedLines:
    """Return the lines cut at their junctions (metres).

    Parameters
    ----------
    lines
        object ``(lines,)``, LineStrings with a length above zero, in a metric CRS.
    elevated
        bool ``(lines,)``, bridge, tunnel or ferry: joined to others at end points only.
    ferry
        bool ``(lines,)``. Nothing lands between a ferry's ends, not even a line that ends on it.
    join_within_m
        Ends of lines on the ground that meet nothing, and miss the next line on the ground by no more than
        this, are drawn on to it.

    Examples
    --------
    A road that ends on another:

    >>> lines = shapely.linestrings([[(0, 0), (100, 0)], [(50, 50), (50, 0)]])
    >>> noded = node_lines(lines, np.zeros(2, bool), np.zeros(2, bool))
    >>> noded.line.tolist(), len(np.unique([noded.from_node, noded.to_node]))
    ([0, 0, 1], 4)
    """
    if join_within_m > 0:
        lines = _drawn_on(lines, elevated, join_within_m)
    simple, origin = _split_self_crossings(lines, elevated)
    where, points = _cut_points(simple, elevated[origin], ferry[origin])
    pieces, parent = _cut(simple, where, points)
    ends = np.concatenate([_end(pieces, 0), _end(pieces, -1)])
    node = cluster_points(ends, JUNCTION_TOLERANCE_M * (1 + 1e-6))
    start, stop = node[: len(pieces)], node[len(pieces) :]
    # A piece inside one junction connects nothing: its two ends are that junction.
    kept = ~((start == stop) & (shapely.length(pieces) <= JUNCTION_TOLERANCE_M))
    return NodedLines(
        pieces=pieces[kept],
        line=origin[parent[kept]],
        from_node=start[kept],
        to_node=stop[kept],
    )


def _drawn_on(
    lines: NDArray[np.object_], elevated: NDArray[np.bool_], within_m: float
) -> NDArray[np.object_]:
    """Return the lines, those whose end almost meets another drawn on to it."""
    out = lines.copy()
    tree = shapely.STRtree(lines)
    for index in (0, -1):
        ground = np.flatnonzero(~elevated)
        ends = shapely.get_point(lines[ground], index)
        at, other = tree.query(ends, predicate="dwithin", distance=within_m)
        away = shapely.distance(ends[at], lines[other])
        apart = other != ground[at]
        # An end that meets something, also a bridge, is no end in the open.
        met = np.zeros(len(ground), dtype=bool)
        met[at[apart & (away <= JUNCTION_TOLERANCE_M)]] = True
        near = apart & ~met[at] & ~elevated[other]
        at, other, away = at[near], other[near], away[near]
        order = np.lexsort((other, away, at))
        at, other = at[order], other[order]
        first = run_starts(at)
        for k, target in zip(at[first].tolist(), other[first].tolist(), strict=True):
            along = shapely.line_locate_point(lines[target], ends[k])
            place = shapely.get_coordinates(shapely.line_interpolate_point(lines[target], along))
            xy = shapely.get_coordinates(out[ground[k]])
            joined = np.vstack([place, xy]) if index == 0 else np.vstack([xy, place])
            out[ground[k]] = shapely.linestrings(joined)
    return out


def cluster_points(xy: NDArray[np.float64], tolerance_m: float) -> NDArray[np.int32]:
    """Return a number from 0 for each point; points within the tolerance share theirs.

    Parameters
    ----------
    xy
        float64 ``(points, 2)``, metres.

    Returns
    -------
    number
        int32 ``(points,)``.

    Examples
    --------
    >>> number = cluster_points(np.array([[0.0, 0.0], [9.0, 0.0], [0.5, 0.0]]), 1.0)
    >>> bool(number[0] == number[2]), bool(number[0] == number[1])
    (True, False)
    """
    unique, inverse = np.unique(xy, axis=0, return_inverse=True)
    pairs = cKDTree(unique).query_pairs(tolerance_m, output_type="ndarray")
    graph = coo_array(
        (np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])),
        shape=(len(unique), len(unique)),
    )
    _, label = connected_components(graph, directed=False)
    return np.asarray(label[inverse.ravel()], dtype=np.int32)


def _end(lines: NDArray[np.object_], index: int) -> NDArray[np.float64]:
    return np.asarray(shapely.get_coordinates(shapely.get_point(lines, index)), dtype=np.float64)


def _split_self_crossings(
    lines: NDArray[np.object_], elevated: NDArray[np.bool_]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return lines that do not cross themselves, and the input line of each."""
    crossing = ~shapely.is_simple(lines) & ~elevated
    parts: list[shapely.Geometry] = []
    origin: list[int] = []
    for i, (line, crosses) in enumerate(zip(lines, crossing, strict=True)):
        pieces = _simple_parts(line) if crosses else [line]
        parts.extend(pieces)
        origin.extend([i] * len(pieces))
    return np.array(parts, dtype=object), np.array(origin, dtype=np.int64)


def _simple_parts(line: shapely.LineString) -> list[shapely.LineString]:
    """Return a line's parts between its self-crossings, in its own direction.

    shapely.node finds where the line meets itself; the line is then walked segment by segment,
    because noding gives neither the order nor the direction of its parts.
    """
    noded = shapely.get_parts(shapely.node(line))
    ends = np.unique(np.concatenate([_end(noded, 0), _end(noded, -1)]), axis=0)
    crossings = shapely.points(ends)
    xy = shapely.get_coordinates(line)
    out: list[shapely.LineString] = []
    path = [xy[0]]
    for a, b in pairwise(xy):
        segment = shapely.linestrings([a, b])
        on = crossings[shapely.distance(segment, crossings) <= 1e-6]
        stops = np.unique(shapely.line_locate_point(segment, on)) if len(on) else np.array([])
        for d in stops:
            point = shapely.get_coordinates(shapely.line_interpolate_point(segment, float(d)))[0]
            if len(path) > 1 or not np.allclose(path[-1], point, rtol=0, atol=1e-6):
                path.append(point)
                out.append(shapely.linestrings(path))
            path = [point]
        if not np.allclose(path[-1], b, rtol=0, atol=1e-6):
            path.append(b)
    if len(path) > 1:
        out.append(shapely.linestrings(path))
    return [p for p in out if p.length > 0]


def _cut_points(
    lines: NDArray[np.object_], elevated: NDArray[np.bool_], ferry: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which line is cut, and at which point: crossings on the ground, and touching ends."""
    tree = shapely.STRtree(lines)
    where: list[NDArray[np.int64]] = []
    points: list[NDArray[np.float64]] = []

    ground = np.flatnonzero(~elevated)
    i, j = tree.query(lines[ground], predicate="intersects")
    i = ground[i]
    once = (i < j) & ~elevated[j]
    i, j = i[once], j[once]
    shared = shapely.intersection(lines[i], lines[j])
    parts, pair = shapely.get_parts(shared, return_index=True)
    linear = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    for chosen, point in (
        (pair[~linear], parts[~linear]),
        (pair[linear], shapely.get_point(parts[linear], 0)),
        (pair[linear], shapely.get_point(parts[linear], -1)),
    ):
        at = shapely.get_coordinates(point)
        where += [i[chosen], j[chosen]]
        points += [at, at]

    for index in (0, -1):
        end = _end(lines, index)
        line, other = tree.query(shapely.points(end), predicate="dwithin", distance=JUNCTION_TOLERANCE_M)
        meets = (line != other) & ~ferry[other]
        where.append(other[meets])
        points.append(end[line[meets]])
    return np.concatenate(where).astype(np.int64), np.concatenate(points)


def _cut(
    lines: NDArray[np.object_], where: NDArray[np.int64], points: NDArray[np.float64]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the pieces of all lines and the line of each; a line is cut, never moved."""
    at = shapely.line_locate_point(lines[where], shapely.points(points))
    length = shapely.length(lines)
    inner = (at > JUNCTION_TOLERANCE_M) & (at < length[where] - JUNCTION_TOLERANCE_M)
    where, at = where[inner], at[inner]
    order = np.lexsort((at, where))
    where, at = where[order], at[order]
    # The same junction found from several neighbours cuts once.
    repeat = np.zeros(len(where), dtype=bool)
    repeat[1:] = (where[1:] == where[:-1]) & (at[1:] - at[:-1] <= JUNCTION_TOLERANCE_M)
    where, at = where[~repeat], at[~repeat]
    points = np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(lines[where], at)))

    first = np.searchsorted(where, np.arange(len(lines) + 1))
    pieces: list[shapely.Geometry] = []
    parent: list[int] = []
    for k, line in enumerate(lines):
        cuts = slice(first[k], first[k + 1])
        new = [line] if cuts.start == cuts.stop else _split_line(line, at[cuts], points[cuts])
        pieces.extend(new)
        parent.extend([k] * len(new))
    return np.array(pieces, dtype=object), np.array(parent, dtype=np.int64)


def _split_line(
    line: shapely.LineString, at: NDArray[np.float64], points: NDArray[np.float64]
) -> list[shapely.Geometry]:
    xy = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    bounds = np.concatenate([[0.0], at, [along[-1]]])
    corners = np.concatenate([xy[:1], points, xy[-1:]])
    out: list[shapely.Geometry] = []
    for k in range(len(bounds) - 1):
        # Vertices within a micrometre of a cut are the cut itself.
        between = xy[(along > bounds[k] + 1e-6) & (along < bounds[k + 1] - 1e-6)]
        out.append(shapely.linestrings(np.vstack([corners[k], between, corners[k + 1]])))
    return out
