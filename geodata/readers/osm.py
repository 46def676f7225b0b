"""Ways to travel from OpenStreetMap files: ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``.

Files are read in passes: first the relations of ferries, then the ways to travel with the ids of their nodes,
then the places of just these nodes. So it does not matter in which order a file has them, nor how large
or small the ids are (JOSM's new ones are negative), nor whether ways bring their own coordinates (Overpass'
``out geom``). :mod:`geodata.readers.osm_roads` makes roads of them.
"""

from __future__ import annotations

import bz2
import gzip
import re
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np

from geodata.errors import UnreadableFileError
from geodata.files import limits
from geodata.layers import Finding
from geodata.readers.files.opening import require_file
from geodata.readers.roads import is_way_to_travel
from geodata.runs import offsets
from geodata.vocabulary.roads import FERRY
from geodata.vocabulary.tags import ACCESS_KEYS, KEPT_TAGS, join_tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

WHAT = "roads"
TAGS = KEPT_TAGS | {
    "highway", "surface", "oneway", "junction", "bridge", "tunnel", "layer", "maxspeed", "seasonal", "route",
    "duration", "name", "waterway", "cycleway", "man_made", "public_transport", "railway", "conveying",
}  # fmt: skip
WAY_KEYS = ("highway", "route", "waterway", "man_made", "public_transport", "railway")
# Tags of a way's node that may stop somebody; access tags only with a value that does.
NODE_KEYS = (
    "barrier",
    "ford",
    "maxwidth",
    "maxwidth:physical",
    "maxheight",
    "maxheight:physical",
    "maxweight",
)
OPEN_VALUES = frozenset({"yes", "designated", "permissive", "official", "unknown", "public"})
# OpenStreetMap stores degrees in whole parts of this.
PER_DEGREE = 1e7
# How libosmium writes a place that is not known.
NOWHERE = (2**31 - 1, 2**31 - 1)
# From this size on, only the places of the nodes that are used are kept in memory.
LARGE_BYTES = 100 * 2**20
# Members of a ferry's relation that are not its way.
PLACES_OF_CALL = frozenset({"stop", "platform", "terminal"})
# A PBF file without relations, which come last in it, was probably cut short if its roads cover less than
# this of the box that it promises, or if more than this share of its plain nodes are part of no way.
COVERED, LOOSE = 0.9, 0.05
_REMARK = re.compile(rb"<remark>\s*(.*?)\s*</remark>", re.DOTALL)
_DELETED = re.compile(rb"action\s*=\s*[\"']delete[\"']|visible\s*=\s*[\"']false[\"']")
_CHUNK = 1 << 20


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
        Node id → the kept tags of what may stop somebody there (:func:`geodata.vocabulary.tags.join_tags`).
    findings
        What was odd about the file.
    """

    ids: NDArray[np.int64]
    tags: Sequence[dict[str, str]]
    first: NDArray[np.int64]
    node: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    barriers: Mapping[int, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_osm_ways(path: Path) -> OsmWays:
    """Read every way to travel (see :func:`is_way_to_travel`), and what stands on them.

    Raises
    ------
    MissingFileError, UnreadableFileError
        A corrupt, truncated or incomplete file included, and a file of changes.
    """
    require_file(path, WHAT)
    import osmium

    deleted = deleted_objects(path)
    try:
        return _read(path, deleted)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        reason = " ".join(str(error).split())
        hint = "The download may be incomplete: fetch it again."
        if "coordinate" in reason:
            hint = "Correct or delete that object, as JOSM shows it, and save the file again."
        msg = f"{WHAT}: {path.name} cannot be read as OpenStreetMap data: {reason}. {hint}"
        raise UnreadableFileError(msg) from error


def _read(path: Path, deleted: Mapping[str, set[int]]) -> OsmWays:
    import osmium
    from osmium.filter import IdFilter, KeyFilter

    file = str(path)
    ferries = _ferry_members(file, deleted)
    ways = _Ways(deleted["way"])
    for way in osmium.FileProcessor(file, osmium.osm.WAY).with_filter(KeyFilter(*WAY_KEYS)):
        ways.add(way, {})
    left = [i for i in ferries if i not in ways.known]
    if left:
        # Ways without tags of their own, whose relation says that they are a ferry.
        some = osmium.FileProcessor(file, osmium.osm.WAY)
        some = some if min(left) < 0 else some.with_filter(IdFilter(left))
        for way in some:
            if way.id in ferries and way.id not in ways.known:
                ways.add(way, ferries[way.id])
    tags = ways.with_relations(ferries)
    node = np.array(ways.node, dtype=np.int64)
    lonlat, barriers = _places(path, node, np.array(ways.own, dtype=np.int64).reshape(-1, 2), deleted["node"])
    return OsmWays(
        ids=np.array(ways.ids, dtype=np.int64), tags=tags,
        first=offsets(np.asarray(ways.count, dtype=np.int64)),
        node=node, lonlat=lonlat, barriers=barriers, findings=_cut_short(path, lonlat),
    )  # fmt: skip


class _Ways:
    """The ways to travel of a file, in its order."""

    def __init__(self, deleted: set[int]) -> None:
        self.ids: list[int] = []
        self.tags: list[dict[str, str]] = []
        self.count: list[int] = []
        self.node: list[int] = []
        # Coordinates that ways bring along, in whole parts of a degree; 2**31 - 1 where they bring none.
        self.own: list[tuple[int, int]] = []
        self.known: set[int] = set()
        self._deleted = deleted

    def add(self, way: Any, more: Mapping[str, str]) -> None:  # noqa: ANN401 - osmium ships no types
        """Put in a way, if it is one to travel; ``more`` are tags that its relation gives."""
        found = {**more, **{t.k: t.v for t in way.tags if t.k in TAGS}}
        if way.id in self._deleted or not way.visible or not is_way_to_travel(found):
            return
        nodes = way.nodes
        self.ids.append(way.id)
        self.known.add(way.id)
        self.tags.append(found)
        self.count.append(len(nodes))
        self.node.extend([n.ref for n in nodes])
        bare = len(nodes) == 0 or NOWHERE[0] == nodes[0].location.x == nodes[-1].location.x
        if bare:
            self.own.extend([NOWHERE] * len(nodes))
        else:
            self.own.extend([(n.location.x, n.location.y) for n in nodes])

    def with_relations(self, ferries: Mapping[int, dict[str, str]]) -> list[dict[str, str]]:
        """Return the tags of all ways; what a ferry's relation says counts where its way does not."""
        return [
            {**ferries[i], **t} if i in ferries and "highway" not in t else t
            for i, t in zip(self.ids, self.tags, strict=True)
        ]


def _ferry_members(file: str, deleted: Mapping[str, set[int]]) -> dict[int, dict[str, str]]:
    """Return the tags that relations of ferries give their member ways, by way id.

    A duration is that of the whole relation: it is shared equally among its ways, so it is given only where
    there is one way; where there are several, each keeps its own or goes by its length.
    """
    import osmium
    from osmium.filter import TagFilter

    out: dict[int, dict[str, str]] = {}
    relations = osmium.FileProcessor(file, osmium.osm.RELATION).with_filter(TagFilter(("route", FERRY)))
    for relation in relations:
        if relation.id in deleted["relation"] or not relation.visible:
            continue
        tags = {t.k: t.v for t in relation.tags if t.k in TAGS}
        members = [m.ref for m in relation.members if m.type == "w" and m.role not in PLACES_OF_CALL]
        if len(members) != 1:
            tags.pop("duration", None)
        for way in members:
            out.setdefault(way, tags)
    return out


def _places(
    path: Path, node: NDArray[np.int64], own: NDArray[np.int64], deleted: set[int]
) -> tuple[NDArray[np.float64], dict[int, str]]:
    """Return where the nodes are (degrees), and what may stop somebody at them."""
    ids = np.unique(node)
    given = _new_places(path) if len(ids) and ids[0] < 0 else {}
    place = np.concatenate([
        np.array([given.get(i, NOWHERE) for i in ids[ids < 0].tolist()], dtype=np.int64).reshape(-1, 2),
        _stored_places(path, ids[ids >= 0]),
    ])  # fmt: skip
    place[np.isin(ids, np.array(list(deleted), dtype=np.int64))] = NOWHERE
    place = place[np.searchsorted(ids, node)]
    # A node that the file has counts; else what the way itself brings along.
    place = np.where(place[:, :1] == NOWHERE[0], own, place)
    return np.where(place == NOWHERE[0], np.nan, place / PER_DEGREE), _barriers(
        path, set(ids.tolist()), deleted
    )


def _stored_places(path: Path, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of nodes with ids from 0 on, int64 ``(ids, 2)`` in parts of a degree."""
    import osmium
    from osmium.filter import IdFilter

    if len(ids) == 0:
        return np.empty((0, 2), dtype=np.int64)
    index = osmium.index.create_map("flex_mem")
    handlers: list[Any] = [osmium.NodeLocationsForWays(index)]
    if path.stat().st_size > LARGE_BYTES:
        # Only these are kept in memory; making the filter takes longer than reading a small file.
        handlers.insert(0, IdFilter(ids.tolist()))
    osmium.apply(osmium.io.Reader(str(path), osmium.osm.NODE), *handlers)
    out = []
    for i in ids.tolist():
        try:
            place = index.get(i)
        except KeyError:
            out.append(NOWHERE)
        else:
            out.append((place.x, place.y))
    return np.array(out, dtype=np.int64)


def _new_places(path: Path) -> dict[int, tuple[int, int]]:
    """Return the places of nodes that were never uploaded: JOSM gives them ids below 0."""
    import osmium

    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE)
    return {n.id: (n.location.x, n.location.y) for n in nodes if n.id < 0}


def _barriers(path: Path, wanted: set[int], deleted: set[int]) -> dict[int, str]:
    """Return the kept tags of the nodes at which somebody may be stopped."""
    import osmium
    from osmium.filter import KeyFilter

    out = {}
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(KeyFilter(*NODE_KEYS, *ACCESS_KEYS))
    for node in nodes:
        if node.id in wanted and node.id not in deleted:
            tags = {t.k: t.v for t in node.tags}
            if may_stop(tags):
                out[node.id] = join_tags(tags) or ""
    return out


def may_stop(tags: Mapping[str, str]) -> bool:
    """Return whether a node's tags may stop somebody who comes along."""
    if any(key in tags for key in NODE_KEYS):
        return True
    return any(tags[k] not in OPEN_VALUES for k in ACCESS_KEYS if k in tags)


def _opened(path: Path) -> IO[bytes]:
    name = path.name.lower()
    how: Any = gzip.open if name.endswith(".gz") else bz2.open if name.endswith(".bz2") else open
    opened: IO[bytes] = how(path, "rb")
    return opened


def deleted_objects(path: Path) -> dict[str, set[int]]:
    """Return what an XML file marks as deleted, by type: libosmium passes over that.

    Raises
    ------
    UnreadableFileError
        A file of changes, and an answer that its server cut short.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "josm.osm")
    ...     _ = file.write_text('<osm version="0.6"><node id="7" action="delete"/></osm>', "utf-8")
    ...     deleted_objects(file)["node"]
    {7}
    """
    none: dict[str, set[int]] = {"node": set(), "way": set(), "relation": set()}
    if path.name.lower().endswith((".osc", ".osc.gz", ".osc.bz2")):
        raise UnreadableFileError(_changes(path))
    if path.name.lower().endswith(".pbf"):
        return none
    try:
        with _opened(path) as file:
            marked = _marks(file, path)
        if not marked:
            return none
        with _opened(path) as file:
            for _, element in ET.iterparse(file, events=("end",)):  # noqa: S314 - no entities are declared: libosmium refuses them
                gone = element.get("action") == "delete" or element.get("visible") == "false"
                if gone and element.tag in none:
                    none[element.tag].add(int(element.get("id", "0")))
                if element.tag in none:
                    element.clear()
    except (OSError, EOFError, ET.ParseError) as error:
        msg = (
            f"{WHAT}: {path.name} cannot be read as OpenStreetMap data: {' '.join(str(error).split())}. "
            "The download may be incomplete: fetch it again."
        )
        raise UnreadableFileError(msg) from error
    return none


def _marks(file: IO[bytes], path: Path) -> bool:
    """Return whether an XML file marks anything as deleted; raise for one that is no map, or half of one."""
    head = file.read(_CHUNK)
    if b"<osmChange" in head[:4096]:
        raise UnreadableFileError(_changes(path))
    marked, tail = False, b""
    size = since_end = 0
    while head:
        text = tail + head
        size += len(head)
        since_end = len(head) - head.rfind(b">") if b">" in head else since_end + len(head)
        if size > limits.OSM_TEXT_BYTES or since_end > limits.OSM_ELEMENT_BYTES:
            msg = (
                f"{WHAT}: {path.name} is no map of a usual size: more than {limits.OSM_TEXT_BYTES / 1e9:g} "
                f"GB of text, or one element longer than {limits.OSM_ELEMENT_BYTES / 1e6:g} MB. Use an "
                ".osm.pbf extract of the area."
            )
            raise UnreadableFileError(msg)
        marked = marked or _DELETED.search(text) is not None
        remark = _REMARK.search(text)
        if remark is not None:
            said = " ".join(remark[1].decode("utf-8", "replace").split())[:300]
            msg = (
                f"{WHAT}: {path.name} is only a part of what was asked for; its server says: {said!r}. "
                "Ask again for a smaller area or with a longer time-out, or use an .osm.pbf extract."
            )
            raise UnreadableFileError(msg)
        tail, head = text[-2000:], file.read(_CHUNK)
    return marked


def _changes(path: Path) -> str:
    return (
        f"{WHAT}: {path.name} is a file of changes (osmChange), not a map. Apply it to its extract "
        "(osmium apply-changes), and give the result."
    )


def _cut_short(path: Path, lonlat: NDArray[np.float64]) -> tuple[Finding, ...]:
    """Return a finding where the file seems to end before its time."""
    import osmium

    if not path.name.lower().endswith(".pbf") or next(
        iter(osmium.FileProcessor(str(path), osmium.osm.RELATION)), None
    ):
        # Text that is cut cannot be read at all; and relations come last.
        return ()
    box = osmium.io.Reader(str(path), osmium.osm.NOTHING).header().box()
    known = lonlat[~np.isnan(lonlat[:, 0])]
    reasons = []
    if box.valid() and len(known):
        low, high = known.min(axis=0), known.max(axis=0)
        corners = box.bottom_left, box.top_right
        promised = np.array([[c.lon, c.lat] for c in corners])
        size = promised[1] - promised[0]
        covered = (np.minimum(high, promised[1]) - np.maximum(low, promised[0])) / np.where(
            size > 0, size, 1.0
        )
        if ((covered < COVERED) & (size > 0)).any():
            reasons.append(
                f"it promises {promised[0, 0]:.3f}–{promised[1, 0]:.3f} E, {promised[0, 1]:.3f}–"
                f"{promised[1, 1]:.3f} N, and its roads cover {low[0]:.3f}–{high[0]:.3f} E, "
                f"{low[1]:.3f}–{high[1]:.3f} N"
            )
    loose = _loose_nodes(str(path))
    if loose > LOOSE:
        reasons.append(f"{loose:.0%} of its plain nodes are part of no way")
    if not reasons:
        return ()
    return (Finding(
        "warning", "roads", "cut_short", 1, (path.name,),
        f"the file may be cut short, for it has no relations and {'; '.join(reasons)}",
        "compare its size with the source's, and fetch it again",
    ),)  # fmt: skip


def _loose_nodes(file: str) -> float:
    """Return the share of nodes without tags that no way uses: those of ways that never came."""
    import osmium

    used: set[int] = set()
    for way in osmium.FileProcessor(file, osmium.osm.WAY):
        used.update([n.ref for n in way.nodes])
    plain = loose = 0
    for node in osmium.FileProcessor(file, osmium.osm.NODE):
        if not len(node.tags):
            plain += 1
            loose += node.id not in used
    return loose / plain if plain else 0.0
