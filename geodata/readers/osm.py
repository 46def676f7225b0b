"""Roads and ferries from OpenStreetMap: ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``.

libosmium reads the file and writes the ways that matter, with their locations, as OPL text; that
text is parsed in bulk. Walking the ways' nodes one by one from Python took 3.4 times as long
(docs/decisions/0002). Junctions are shared OSM *node ids*, so a bridge never meets what it crosses.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from geodata.crs import WGS84
from geodata.errors import EmptyAreaError, UnreadableFileError
from geodata.layers import Finding
from geodata.readers.files import require_file
from geodata.readers.roads import FERRY, assemble_roads, ways_from_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

WHAT = "roads"
TAGS = frozenset(
    {"highway", "surface", "oneway", "junction", "bridge", "tunnel", "maxspeed", "seasonal", "route",
     "duration", "name"}
)  # fmt: skip
_ESCAPE = re.compile(r"%([0-9a-fA-F]+)%")
_LOCATIONS = str.maketrans("nxy,", "    ")


@dataclass(frozen=True)
class OsmWays:
    """Highway and ferry ways as flat arrays.

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
    """

    ids: NDArray[np.int64]
    tags: Sequence[dict[str, str]]
    first: NDArray[np.int64]
    node: NDArray[np.int64]
    lonlat: NDArray[np.float64]


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
    """Read every way with a ``highway`` tag or ``route=ferry``.

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
                    .with_filter(EntityFilter(osmium.osm.WAY))
                    .with_filter(KeyFilter("highway", "route"))
                )
                for way in ways:
                    writer.add_way(way)
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
    for line in lines:
        head, _, rest = line.partition(" T")
        text, _, refs = rest.rpartition(" N")
        found = {k: _unescape(v) for k, _, v in (t.partition("=") for t in text.split(",")) if k in TAGS}
        if "highway" in found or found.get("route") == FERRY:
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
    )


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
    start, stop = _between_junctions(compact, way, known, len(unique))
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
    roads = assemble_roads(
        ways_from_tags([ways.tags[w] for w in used]),
        [f"way/{i}" for i in ways.ids[used]],
        of_piece.astype(np.int64),
        pieces,
        junction[: len(pieces)],
        junction[len(pieces) :],
        crs=crs,
    )
    return roads, tuple(findings)


def _between_junctions(
    node: NDArray[np.int64], way: NDArray[np.int64], known: NDArray[np.bool_], nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and last position of every stretch of way between two junctions.

    A junction is a node used more than once (by several ways, or twice by one), or an end; a node
    without a place ends the stretch before it.
    """
    first = np.ones(len(node), dtype=bool)
    first[1:] = (way[1:] != way[:-1]) | ~known[:-1]
    last = np.ones(len(node), dtype=bool)
    last[:-1] = (way[1:] != way[:-1]) | ~known[1:]
    shared = np.bincount(node, minlength=nodes)[node] > 1
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
