"""The roads layer of OpenStreetMap's ways: cut where they meet, cropped to the study area.

Junctions are shared OSM *node ids*, so a bridge never meets what it crosses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from geodata.crs import WGS84, likely_cause
from geodata.errors import EmptyAreaError
from geodata.layers import Finding, rows_about
from geodata.readers.osm import WHAT, read_osm_ways
from geodata.readers.osm_ferries import unshared
from geodata.readers.result import ReadLayer
from geodata.readers.roads import assemble_roads, unread_tags, ways_from_tags
from geodata.runs import repeat_rows
from geodata.vocabulary.roads import FERRY
from geodata.vocabulary.tags import without_unread

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from geodata.readers.osm import OsmWays


EARTH_M = 6_371_000.0
# No road goes on so far between two of its nodes: one of them lies elsewhere.
LONGEST_STRETCH_M = 100_000.0


def read_osm_roads(
    path: Path, zone: shapely.Geometry | None, crs: str, *, join_same_place: bool = False
) -> ReadLayer:
    """Read the highway ways and ferries that touch the zone (all of them when it is None).

    Parameters
    ----------
    join_same_place
        Whether nodes of different ids at one place, on one level, are one junction.

    Returns
    -------
    roads
        The roads layer in ``crs`` (metres).
    findings
        What was incomplete in the extract.

    Raises
    ------
    MissingFileError, UnreadableFileError, EmptyAreaError
    """
    return roads_from_ways(read_osm_ways(path), zone, crs, path.name, join_same_place=join_same_place)


def roads_from_ways(
    ways: OsmWays,
    zone: shapely.Geometry | None,
    crs: str,
    file_name: str,
    *,
    join_same_place: bool = False,
) -> ReadLayer:
    """Return the roads layer of OSM ways: cut at shared nodes, cropped to the zone, in ``crs``."""
    way = np.repeat(np.arange(len(ways.ids)), np.diff(ways.first))
    xy, given = _project(ways.lonlat, crs), ways.lonlat
    wrong = _no_place(given, xy)
    ways = replace(ways, lonlat=np.where(wrong[:, None], np.nan, given)) if wrong.any() else ways
    lost = np.isnan(ways.lonlat[:, 0])
    known = ~lost
    findings = [*ways.findings, *_incomplete(ways, way[lost & ~wrong])]
    jumps = _jumps(ways, way)
    for some, tell in ((wrong, _no_places), (jumps, _too_long)):
        at = np.flatnonzero(some)
        at = at if zone is None else at[_of_ways_in(zone, xy, way, at)]
        findings += tell(ways, way, at, given)
    unique, node = np.unique(ways.node, return_inverse=True)
    twins = _same_place(ways, way, node, known)
    if join_same_place:
        node = twins.joined
    junction = (np.bincount(node, minlength=len(unique)) > 1) | _stops_somebody(ways, node, len(unique))
    meets = junction[node] if ways.shared is None else junction[node] | ways.shared
    start, stop = _between_junctions(meets, way, known, jumps)
    pieces = _lines(xy, start, stop)
    # Two nodes at one place still connect; one node repeated does not.
    keep = (shapely.length(pieces) > 0) | (node[start] != node[stop])
    if zone is not None:
        keep &= _of_near_ways(zone, pieces, way[start], len(ways.ids))
    if not keep.any():
        msg = (
            f"{WHAT}: {file_name} has no road within the study area and its buffer. "
            "Check that the extract covers the area."
        )
        raise EmptyAreaError(msg)
    pieces, start, stop = pieces[keep], start[keep], stop[keep]
    used, of_piece = np.unique(way[start], return_inverse=True)
    if not join_same_place:
        findings += twins.finding(used)
    tags = [ways.tags[w] for w in used]
    roads = assemble_roads(
        ways_from_tags(tags),
        [f"way/{i}" for i in ways.ids[used]],
        of_piece.astype(np.int64),
        pieces,
        *_junctions(node[start], node[stop]),
        crs=crs,
        barriers=(_standing(ways, start), _standing(ways, stop)),
    )
    findings += unshared([f"way/{i}" for i in ways.ids[used]], tags)
    return ReadLayer(roads, (*findings, *unread_tags(tags, _unread_nodes(ways, start, stop))))


def _incomplete(ways: OsmWays, cut: NDArray[np.int64]) -> tuple[Finding, ...]:
    """Return a finding about the ways (their rows, in any order) that lack nodes."""
    cut = np.unique(cut)
    if len(cut) == 0:
        return ()
    return (Finding(
        "warning", "roads", "incomplete_way", len(cut), tuple(f"way/{ways.ids[w]}" for w in cut[:5]),
        "ways reach beyond the extract; their missing nodes end them there",
        "cut the extract with complete ways, and wider than the study area",
        rows_about(f"way/{ways.ids[w]}" for w in cut),
    ),)  # fmt: skip


def _of_ways_in(
    zone: shapely.Geometry, xy: NDArray[np.float64], way: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return of which of some positions the way has a node in the zone: those far off are not asked about."""
    mine = np.flatnonzero(np.isin(way, way[at]) & np.isfinite(xy).all(axis=1))
    inside = shapely.intersects_xy(zone, xy[mine, 0], xy[mine, 1])
    return np.isin(way[at], way[mine[inside]])


def _no_place(lonlat: NDArray[np.float64], xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which places are none: beyond the poles or the area's projection, or 0, 0 for "not known"."""
    lon, lat = lonlat.T
    with np.errstate(invalid="ignore"):
        out = ~np.isnan(lat) & ~np.isfinite(xy).all(axis=1)
        out |= (np.abs(lat) > 90.0) | (np.abs(lon) > 180.0) | ((lat == 0.0) & (lon == 0.0))
    return np.asarray(out, dtype=bool)


def _no_places(
    ways: OsmWays, way: NDArray[np.int64], at: NDArray[np.int64], given: NDArray[np.float64]
) -> tuple[Finding, ...]:
    """Return a finding about positions without a place on earth (``given``: their degrees)."""
    if len(at) == 0:
        return ()
    at = at[np.unique(ways.node[at], return_index=True)[1]]
    said = [
        f"node/{ways.node[i]} of way/{ways.ids[way[i]]} ({lat:g}, {lon:g})"
        for i, (lon, lat) in zip(at, given[at], strict=True)
    ]
    lon, lat = given[at[0]].tolist()
    beyond = abs(lat) > 90.0 and not abs(lon) <= 90.0
    cause = "there are no such degrees" if beyond or abs(lon) > 180.0 else likely_cause(lon, lat)
    return (Finding(
        "error", "roads", "no_such_place", len(said), tuple(said[:5]),
        "nodes of roads whose latitude and longitude are no place on land; the road ends before them. The "
        f"first: {cause}",
        "correct them, as JOSM shows them, and build again", rows_about(f"node/{i}" for i in ways.node[at]),
    ),)  # fmt: skip


def _jumps(ways: OsmWays, way: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return after which positions a road jumps further than any road goes straight on."""
    lon, lat = np.radians(ways.lonlat).T
    # Half the chord's share of the sphere (haversine); ferries may well cross a sea in one stretch.
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
    afloat = np.array([t.get("route") == FERRY and "highway" not in t for t in ways.tags], dtype=bool)
    out = np.zeros(len(way), dtype=bool)
    with np.errstate(invalid="ignore"):
        far = 2 * EARTH_M * np.arcsin(np.sqrt(half)) > LONGEST_STRETCH_M
    out[:-1] = far & (way[1:] == way[:-1]) & ~afloat[way[1:]] if len(way) else False
    return out


def _too_long(
    ways: OsmWays, way: NDArray[np.int64], at: NDArray[np.int64], given: NDArray[np.float64]
) -> tuple[Finding, ...]:
    """Return a finding about positions after which a road jumps."""
    del given
    if len(at) == 0:
        return ()
    said = [f"way/{ways.ids[way[i]]} (node/{ways.node[i]} to node/{ways.node[i + 1]})" for i in at]
    return (Finding(
        "error", "roads", "stretch_too_long", len(said), tuple(said[:5]),
        f"stretches of roads over {LONGEST_STRETCH_M / 1000:g} km between two nodes were left out: one node "
        "lies elsewhere", "correct the node, as JOSM shows it, and build again",
        rows_about(f"way/{i}" for i in np.unique(ways.ids[way[at]])),
    ),)  # fmt: skip


def _stops_somebody(ways: OsmWays, node: NDArray[np.int64], nodes: int) -> NDArray[np.bool_]:
    """Return by node number whether something stands there that may stop somebody."""
    out = np.zeros(nodes, dtype=bool)
    out[node[np.isin(ways.node, np.array(list(ways.barriers), dtype=np.int64))]] = True
    return out


def _of_near_ways(
    zone: shapely.Geometry, pieces: NDArray[np.object_], way: NDArray[np.int64], ways: int
) -> NDArray[np.bool_]:
    """Return by piece whether any piece of its way touches the zone: one that leaves it may come back."""
    near = np.zeros(ways, dtype=bool)
    near[way[shapely.intersects(zone, pieces)]] = True
    return near[way]


def _junctions(
    first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the pieces' first and last nodes, numbered without gaps."""
    _, number = np.unique(np.concatenate([first, last]), return_inverse=True)
    junction = np.asarray(number, dtype=np.int32)
    return junction[: len(first)], junction[len(first) :]


def _standing(ways: OsmWays, position: NDArray[np.int64]) -> list[str | None]:
    """Return the tags of what may stop somebody at the nodes of some positions."""
    there = (ways.barriers.get(i) for i in ways.node[position].tolist())
    return [None if text is None else without_unread(text)[0] for text in there]


def _unread_nodes(ways: OsmWays, start: NDArray[np.int64], stop: NDArray[np.int64]) -> list[dict[str, str]]:
    """Return what cannot be read of the tags of the nodes at which pieces begin or end, each node once."""
    ends = np.unique(ways.node[np.concatenate([start, stop])]).tolist()
    return [bad for i in ends if i in ways.barriers and (bad := without_unread(ways.barriers[i])[1])]


@dataclass(frozen=True)
class _Twins:
    """Nodes of different ids at one place and level.

    Attributes
    ----------
    joined
        int64, the number of each position's node with twins as one.
    places
        One text a place, with the ways that meet there without meeting.
    """

    joined: NDArray[np.int64]
    places: list[tuple[str, set[int]]]

    def finding(self, used: NDArray[np.int64]) -> list[Finding]:
        """Return what to say of twins between ways that are used."""
        kept = set(used.tolist())
        shown = [text for text, ways in self.places if len(ways & kept) > 1]
        if not shown:
            return []
        return [Finding(
            "warning", "roads", "same_place_nodes", len(shown), tuple(shown[:5]),
            "places where roads end at two nodes of one place (lon, lat), so they do not meet",
            "merge the nodes in OpenStreetMap, or join them here with roads: {join_same_place: true}",
            rows_about(shown),
        )]  # fmt: skip


def _same_place(
    ways: OsmWays, way: NDArray[np.int64], compact: NDArray[np.int64], known: NDArray[np.bool_]
) -> _Twins:
    """Find nodes of different ids at one place, used by ways of one level (bridges cross, too)."""
    level = pd.factorize(pd.Series([
        (t.get("layer", "0"), t.get("bridge", "no") != "no", t.get("tunnel", "no") != "no",
         t.get("route") == FERRY and "highway" not in t) for t in ways.tags
    ]))[0][way] if len(ways.tags) else np.empty(0, np.int64)  # fmt: skip
    frame = pd.DataFrame({"x": ways.lonlat[:, 0], "y": ways.lonlat[:, 1], "level": level, "node": compact})
    frame = frame[known].drop_duplicates()
    frame = frame[frame.duplicated(["x", "y", "level"], keep=False)]
    joined = compact.copy()
    places: list[tuple[str, set[int]]] = []
    if frame.empty:
        return _Twins(joined, places)
    first = np.arange(int(compact.max()) + 1)
    mine = np.isin(compact, frame["node"].to_numpy())
    of_node: dict[int, set[int]] = {}
    for n, w in zip(compact[mine].tolist(), way[mine].tolist(), strict=True):
        of_node.setdefault(n, set()).add(w)
    for (x, y, _), some in frame.groupby(["x", "y", "level"], sort=True):
        nodes = sorted(some["node"].tolist())
        here = set().union(*(of_node[n] for n in nodes))
        if len(here) > 1:
            first[nodes] = first[nodes[0]]
            ids = ", ".join(f"way/{ways.ids[w]}" for w in sorted(here)[:3])
            places.append((f"{x:.6f}, {y:.6f} ({ids})", here))
    return _Twins(first[joined], places)


def _between_junctions(
    meets: NDArray[np.bool_],
    way: NDArray[np.int64],
    known: NDArray[np.bool_],
    jumps: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and last position of every stretch of way between two junctions.

    A junction is a node used more than once (by several ways, or twice by one), one with a barrier or
    ford on it, or an end; a node without a place ends the stretch before it, as a jump does behind it.
    """
    first = np.ones(len(way), dtype=bool)
    first[1:] = (way[1:] != way[:-1]) | ~known[:-1] | jumps[:-1]
    last = np.ones(len(way), dtype=bool)
    last[:-1] = (way[1:] != way[:-1]) | ~known[1:] | jumps[:-1]
    opens = np.flatnonzero((first | meets) & known & ~last)
    closes = np.flatnonzero((last | meets) & known & ~first)
    return opens, closes


def _project(lonlat: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    change = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True)
    x, y = change.transform(lonlat[:, 0], lonlat[:, 1])
    return np.column_stack([x, y])


def _lines(xy: NDArray[np.float64], start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return LineStrings through the positions ``start..stop`` (inclusive)."""
    count = stop - start + 1
    line, step = repeat_rows(count)
    position = step + start[line]
    return np.asarray(shapely.linestrings(xy[position], indices=line), dtype=object)
