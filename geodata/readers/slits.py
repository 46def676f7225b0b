"""Roads that were clipped by villages whose outlines leave slits: their two halves are one road.

Outlines of neighbours often miss each other by some metres. A clip with them cuts each road that passes from
one to the other, and everybody behind it off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geodata.readers.noding import JUNCTION_TOLERANCE_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A clipped road ends on the outline, but for what another CRS and rounding do.
ON_OUTLINE_M = 1.0
WIDEST_M = 25.0
# Cosine of the angle up to which each half heads for the other: a road hardly bends within a slit.
STRAIGHT_ON = 0.8
# Of a clipped file most open ends at the border have their other half; of a whole one few have, by chance.
CLIPPED_SHARE = 1 / 3


def across_slits(
    lines: NDArray[np.object_], ground: NDArray[np.bool_], outlines: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the lines, those that a slit cuts drawn on to their other half.

    Two ends are of one road where both meet no other line, lie on the border of the villages, head for each
    other, are each other's nearest such end within 25 m, and no village lies between them. Where fewer than a
    third of the ends on the border have another half, the roads were not clipped, and all stay as they are.

    Parameters
    ----------
    lines
        object ``(lines,)``, LineStrings in a metric CRS.
    ground
        bool ``(lines,)``: no bridge, tunnel or ferry.
    outlines
        object ``(villages,)``, their polygons, in the same CRS.

    Returns
    -------
    lines, drawn_on
        object ``(lines,)``, and int64 ``(drawn on,)``, numbers of those that were.

    Examples
    --------
    >>> villages = np.array([shapely.box(0, 0, 100, 100), shapely.box(103, 0, 200, 100)])
    >>> halves = shapely.linestrings([[(50, 50), (100, 50)], [(103, 51), (150, 51)]])
    >>> lines, drawn_on = across_slits(halves, np.ones(2, dtype=bool), villages)
    >>> lines[0].wkt, drawn_on.tolist()
    ('LINESTRING (50 50, 100 50, 103 51)', [0])
    """
    row, last, xy, way = _open_ends(lines, ground, outlines)
    pairs = _facing(xy, way)
    middle = shapely.points(xy[pairs].mean(axis=1)) if len(pairs) else np.empty(0, dtype=object)
    tree = shapely.STRtree(outlines)
    covered = np.zeros(len(pairs), dtype=bool)
    covered[np.unique(tree.query(middle, predicate="intersects")[0])] = True
    pairs = pairs[~covered]
    if 2 * len(pairs) < CLIPPED_SHARE * len(row):
        pairs = pairs[:0]
    # The earlier line of the two is drawn on.
    pairs = np.where((row[pairs[:, 0]] <= row[pairs[:, 1]])[:, None], pairs, pairs[:, ::-1])
    out = lines.copy()
    for i, j in pairs.tolist():
        mine, to = shapely.get_coordinates(out[row[i]]), xy[j][None]
        out[row[i]] = shapely.linestrings(np.vstack([mine, to] if last[i] else [to, mine]))
    return out, np.unique(row[pairs[:, 0]])


def _open_ends(
    lines: NDArray[np.object_], ground: NDArray[np.bool_], outlines: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Return ends on a border that meet nothing: line, whether its last end, place, unit vector out."""
    at = np.flatnonzero(ground)
    row, last = np.concatenate([at, at]), np.repeat([False, True], len(at))
    ends = np.concatenate([shapely.get_point(lines[at], 0), shapely.get_point(lines[at], -1)])
    before = np.concatenate([shapely.get_point(lines[at], 1), shapely.get_point(lines[at], -2)])
    # One border of all: a side that two villages share is none.
    border = shapely.boundary(shapely.union_all(outlines))
    shapely.prepare(border)
    keep = shapely.dwithin(border, ends, ON_OUTLINE_M)
    row, last, ends, before = row[keep], last[keep], ends[keep], before[keep]
    tree = shapely.STRtree(lines)
    end, other = tree.query(ends, predicate="dwithin", distance=JUNCTION_TOLERANCE_M)
    free = np.ones(len(ends), dtype=bool)
    free[end[other != row[end]]] = False
    xy = shapely.get_coordinates(ends[free])
    way = xy - shapely.get_coordinates(before[free])
    length = np.hypot(*way.T)[:, None]
    return row[free], last[free], xy, np.divide(way, length, out=np.zeros_like(way), where=length > 0)


def _facing(xy: NDArray[np.float64], way: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the pairs of ends that head for each other, each the other's nearest: int64 ``(pairs, 2)``."""
    none = np.empty((0, 2), dtype=np.int64)
    if len(xy) < 2:
        return none
    found = cKDTree(xy).query_pairs(WIDEST_M, output_type="ndarray").astype(np.int64)
    if not len(found):
        return none
    i, j = found.T
    apart = xy[j] - xy[i]
    gap_m = np.hypot(*apart.T)
    towards = np.divide(apart, gap_m[:, None], out=np.zeros_like(apart), where=gap_m[:, None] > 0)
    straight = ((way[i] * towards).sum(1) >= STRAIGHT_ON) & ((way[j] * -towards).sum(1) >= STRAIGHT_ON)
    found, gap_m = found[straight], gap_m[straight]
    nearest = np.full(len(xy), np.inf)
    np.minimum.at(nearest, found.ravel(), np.repeat(gap_m, 2))
    mutual: NDArray[np.int64] = found[(gap_m == nearest[found[:, 0]]) & (gap_m == nearest[found[:, 1]])]
    return mutual
