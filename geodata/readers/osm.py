"""Roads and ferries from OpenStreetMap: ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``.

libosmium reads the file and writes the ways that matter, with their locations, as OPL text; that
text is parsed in bulk. Walking the ways' nodes one by one from Python took 3.4 times as long
(docs/decisions/0002). Junctions are shared OSM *node ids*, so a bridge never meets what it crosses.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from geodata.crs import WGS84
from geodata.errors import EmptyAreaError, UnreadableFileError
from geodata.layers import Finding
from geodata.readers.files import require_file
from geodata.readers.roads import assemble_roads, is_way_to_travel, ways_from_tags
from geodata.tags import KEPT_TAGS, join_tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

WHAT = "roads"
TAGS = KEPT_TAGS | {
    "highway", "surface", "oneway", "junction", "bridge", "tunnel", "maxspeed", "seasonal", "route",
    "duration", "name", "waterway", "cycleway", "man_made",
}  # fmt: skip
# Nodes of a way that may stop somebody.
NODE_KEYS = ("barrier", "ford")
_ESCAPE = re.compile(r"%([0-9a-fA-F]+)%")
_LOCATIONS = str.maketrans("nxy,", "    ")


@dataclass(frozen=True)
class OsmWays:
    """Highways, ferries and waterways for boats as flat arrays.

    Attributes
    ----------
    ids
        int64, one a way.
    tags
        The tags of TAGS, one dict a way.
    first
        int64 ``(ways + 1,)``: way w has the nodes ``first[w]:first[w + 1]``.
    node
        int64 OSM node ids.
    lonlat
        float64 ``(nodes, 2)`` in degrees; NaN where the file lacks the node.
    barriers
        Node id → the kept tags of a barrier or ford on it (:func:`geodata.tags.join_tags`).
    """

    ids: NDArray[np.int64]
    tags: Sequence[dict[str, str]]
    first: NDArray[np.int64]
    node: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    barriers: Mapping[int, str] = field(default_factory=dict)


def read_osm_roads(
    path: Path, zone: shapely.Geometry | None, crs: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the highway ways and ferries that touch the zone (all of them when it is None).

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
    return roads_from_ways(read_osm_ways(path), zone, crs, path.name)


def read_osm_ways(path: Path) -> OsmWays:
    """Read every way to travel (see :func:`is_way_to_travel`), and the barriers and fords on them.

    Raises
    ------
    MissingFileError, UnreadableFileError
        A corrupt or truncated file included.
    """
    import osmium
    from osmium.filter import EntityFilter, KeyFilter

    require_file(path, WHAT)
    with tempfile.TemporaryDirectory(prefix="jangkau-") as folder:
        text = Path(folder) / "ways.opl"
        try:
            writer = osmium.SimpleWriter(
                osmium.io.File(str(text), "opl,add_metadata=false,locations_on_ways=true")
            )
            try:
                ways = (
                    osmium.FileProcessor(str(path))
                    .with_locations("flex_mem")
                    .with_filter(EntityFilter(osmium.osm.WAY | osmium.osm.NODE))
                    .with_filter(KeyFilter("highway", "route", "waterway", "man_made", *NODE_KEYS))
                )
                for thing in ways:
                    writer.add(thing)
            finally:
                writer.close()
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            msg = (
                f"{WHAT}: {path.name} cannot be read as OpenStreetMap data: {reason}. "
                "The download may be incomplete: fetch it again."
            )
            raise UnreadableFileError(msg) from error
        return _parse_opl(text.read_text("utf-8").splitlines())


def _parse_opl(lines: Sequence[str]) -> OsmWays:
    ids: list[int] = []
    tags: list[dict[str, str]] = []
    nodes: list[str] = []
    barriers: dict[int, str] = {}
    for line in lines:
        head, _, rest = line.partition(" T")
        if line[0] == "n":
            found = _tags(rest.partition(" ")[0])
            if any(key in found for key in NODE_KEYS):
                barriers[int(head[1:])] = join_tags(found) or ""
            continue
        text, _, refs = rest.rpartition(" N")
        found = _tags(text)
        if is_way_to_travel(found):
            ids.append(int(head[1:]))
            tags.append(found)
            # A node that the extract lacks is written as "n12xy": give it a NaN place.
            nodes.append(refs.replace("xy", "xnanynan") if "xy" in refs else refs)
    count = [n.count("n") - 2 * n.count("nan") for n in nodes]
    joined = ",".join(n for n in nodes if n)
    if "nan" in joined:
        flat = np.array([float(v) for v in re.sub(r"n(?=\d)|[xy,]", " ", joined).split()], dtype=np.float64)
    else:
        flat = np.fromstring(joined.translate(_LOCATIONS), sep=" ")
    table = flat.reshape(-1, 3)
    return OsmWays(
        ids=np.array(ids, dtype=np.int64),
        tags=tags,
        first=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        node=table[:, 0].astype(np.int64),
        lonlat=table[:, 1:],
        barriers=barriers,
    )


def _tags(text: str) -> dict[str, str]:
    """Return the tags that matter of one line's ``key=value,…``."""
    pairs = (t.partition("=") for t in text.split(","))
    return {key: _unescape(v) for k, _, v in pairs if (key := _unescape(k)) in TAGS}


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text) if "%" in text else text


def roads_from_ways(
    ways: OsmWays, zone: shapely.Geometry | None, crs: str, file_name: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the roads layer of OSM ways: cut at shared nodes, cropped to the zone, in ``crs``."""
    findings: list[Finding] = []
    way = np.repeat(np.arange(len(ways.ids)), np.diff(ways.first))
    known = ~np.isnan(ways.lonlat[:, 0])
    if not known.all():
        cut = np.unique(way[~known])
        finding = Finding(
            "warning", "roads", "incomplete_way", len(cut),
            tuple(f"way/{ways.ids[w]}" for w in cut[:5]),
            "ways reach beyond the extract; their missing nodes end them there",
            "cut the extract with complete ways, and wider than the study area",
        )  # fmt: skip
        findings.append(finding)
    unique, compact = np.unique(ways.node, return_inverse=True)
    barrier = np.isin(unique, np.array(list(ways.barriers), dtype=np.int64))
    start, stop = _between_junctions(compact, way, known, barrier)
    xy = _project(ways.lonlat, crs)
    pieces, index = _lines(xy, start, stop)
    # Two nodes at one place still connect; one node repeated does not.
    keep = (shapely.length(pieces) > 0) | (compact[start] != compact[stop])
    if zone is not None:
        # Whole ways are kept: one that leaves the zone may come back into it.
        near = np.zeros(len(ways.ids), dtype=bool)
        near[way[index][shapely.intersects(zone, pieces)]] = True
        keep &= near[way[index]]
    if not keep.any():
        msg = (
            f"{WHAT}: {file_name} has no road within the study area and its buffer. "
            "Check that the extract covers the area."
        )
        raise EmptyAreaError(msg)
    pieces, start, stop = pieces[keep], start[keep], stop[keep]
    _, number = np.unique(np.concatenate([compact[start], compact[stop]]), return_inverse=True)
    junction = np.asarray(number, dtype=np.int32)
    used, of_piece = np.unique(way[start], return_inverse=True)
    ends = [[ways.barriers.get(i) for i in ways.node[at].tolist()] for at in (start, stop)]
    roads = assemble_roads(
        ways_from_tags([ways.tags[w] for w in used]),
        [f"way/{i}" for i in ways.ids[used]],
        of_piece.astype(np.int64),
        pieces,
        junction[: len(pieces)],
        junction[len(pieces) :],
        crs=crs,
        barriers=(ends[0], ends[1]),
    )
    return roads, tuple(findings)


def _between_junctions(
    node: NDArray[np.int64], way: NDArray[np.int64], known: NDArray[np.bool_], barrier: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and last position of every stretch of way between two junctions.

    A junction is a node used more than once (by several ways, or twice by one), one with a barrier or
    ford on it, or an end; a node without a place ends the stretch before it.
    """
    first = np.ones(len(node), dtype=bool)
    first[1:] = (way[1:] != way[:-1]) | ~known[:-1]
    last = np.ones(len(node), dtype=bool)
    last[:-1] = (way[1:] != way[:-1]) | ~known[1:]
    shared = ((np.bincount(node, minlength=len(barrier)) > 1) | barrier)[node]
    opens = np.flatnonzero((first | shared) & known & ~last)
    closes = np.flatnonzero((last | shared) & known & ~first)
    return opens, closes


def _project(lonlat: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    change = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True)
    x, y = change.transform(lonlat[:, 0], lonlat[:, 1])
    return np.column_stack([x, y])


def _lines(
    xy: NDArray[np.float64], start: NDArray[np.int64], stop: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return LineStrings through the positions ``start..stop`` (inclusive), and their starts."""
    count = stop - start + 1
    line = np.repeat(np.arange(len(start)), count)
    position = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + start[line]
    return np.asarray(shapely.linestrings(xy[position], indices=line), dtype=object), start
