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
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np

from geodata.errors import InputError, UnreadableFileError
from geodata.files import limits
from geodata.readers.files.opening import require_file
from geodata.readers.osm_ferries import ferry_members
from geodata.readers.osm_form import require_named_form
from geodata.readers.osm_nodes import NOWHERE, degrees, places_of
from geodata.readers.osm_stops import barriers_of
from geodata.readers.osm_tags import is_of_use, tidied
from geodata.readers.osm_versions import newest_of, with_ids
from geodata.readers.osm_whole import box_of, cut_short
from geodata.readers.roads import is_way_to_travel
from geodata.runs import offsets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geodata.layers import Finding

WHAT = "roads"
WAY_KEYS = ("highway", "route", "waterway", "man_made", "public_transport", "railway")
_REMARK = re.compile(rb"<remark(?:\s[^>]*)?>\s*(.*?)\s*</remark>", re.DOTALL)
_DELETED = re.compile(rb"action\s*=\s*[\"']delete[\"']|visible\s*=\s*[\"']false[\"']")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class OsmWays:
    """Highways, ferries and waterways for boats as flat arrays.

    Attributes
    ----------
    ids
        int64 ``(ways,)``, one a way.
    tags
        The tags of TAGS, one dict a way.
    first
        int64 ``(ways + 1,)``: way w has the nodes ``first[w]:first[w + 1]``.
    node
        int64 ``(nodes,)``, OSM node ids.
    lonlat
        float64 ``(nodes, 2)`` in degrees; NaN where the file lacks the node.
    barriers
        Node id → the kept tags of what may stop somebody there (:func:`geodata.vocabulary.tags.node_tags`).
    findings
        What was odd about the file.
    shared
        bool ``(nodes,)``, whether another way of the file uses the node too, be it one of these or not; None
        where these are all ways of the file.
    """

    ids: NDArray[np.int64]
    tags: Sequence[dict[str, str]]
    first: NDArray[np.int64]
    node: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    barriers: Mapping[int, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    shared: NDArray[np.bool_] | None = None


def read_osm_ways(path: Path) -> OsmWays:
    """Read every way to travel (see :func:`is_way_to_travel`), and what stands on them.

    Raises
    ------
    MissingFileError, UnreadableFileError
        A corrupt, truncated or incomplete file included, and a file of changes.
    """
    require_file(path, WHAT)
    require_named_form(path, WHAT)
    deleted = deleted_objects(path)
    with told_as_ours(path):
        return _read(path, deleted)


@contextmanager
def told_as_ours(*paths: Path) -> Iterator[None]:
    """Raise what libosmium says of a file, or of one of some, as UnreadableFileError, with what to do."""
    import osmium

    try:
        yield
    except InputError:
        # It is a ValueError too, and says already what to do.
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        hint = "The download may be incomplete: fetch it again."
        if "coordinate" in reason:
            hint = "Correct or delete that object, as JOSM shows it, and save the file again."
        names = " or ".join(path.name for path in paths)
        msg = f"{WHAT}: {names} cannot be read as OpenStreetMap data: {reason}. {hint}"
        raise UnreadableFileError(msg) from error


def _read(path: Path, deleted: Mapping[str, set[int]]) -> OsmWays:
    ferries = ferry_members(path, deleted)
    [ways] = ways_in_pieces(path, deleted, ferries.tags, None)
    node = np.array(ways.node, dtype=np.int64)
    ids = np.unique(node)
    nodes = places_of(path, ids, deleted["node"])
    place = nodes.place[np.searchsorted(ids, node)]
    lonlat = degrees(place, np.array(ways.own, dtype=np.int64).reshape(-1, 2))
    stops = barriers_of(path, deleted["node"], nodes.again)
    barriers = {i: text for i, text in stops.items() if _holds(ids, i)}
    return OsmWays(
        ids=np.array(ways.ids, dtype=np.int64), tags=ways.with_relations(ferries.tags),
        first=offsets(np.asarray(ways.count, dtype=np.int64)),
        node=node, lonlat=lonlat, barriers=barriers,
        findings=(*cut_short(path, *box_of(lonlat)), *ferries.findings),
    )  # fmt: skip


def _holds(ids: NDArray[np.int64], one: int) -> bool:
    at = int(np.searchsorted(ids, one))
    return at < len(ids) and int(ids[at]) == one


def ways_in_pieces(
    path: Path, deleted: Mapping[str, set[int]], ferries: Mapping[int, dict[str, str]], most: int | None
) -> Iterator[FileWays]:
    """Give the ways to travel of a file in its order, so many at once at most (None: all); one list at least.

    Parameters
    ----------
    path
        The file.
    deleted
        From :func:`deleted_objects`.
    ferries
        The tags of :func:`geodata.readers.osm_ferries.ferry_members`.
    most
        Ways of a list.
    """
    import osmium
    from osmium.filter import KeyFilter

    text = not path.name.lower().endswith((".pbf", ".o5m"))
    newest = newest_of(path, "way", WAY_KEYS)
    ways, given = FileWays(deleted["way"], text=text), 0
    # Of those that are in the file more than once, the ones that are taken; and ferries.
    met: set[int] = set()
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(KeyFilter(*WAY_KEYS)):
        several = way.id in newest
        if several and (way.version != newest[way.id] or way.id in met):
            continue
        if ways.add(way, {}) and (several or way.id in ferries):
            met.add(way.id)
        if len(ways.ids) == most:
            yield ways
            ways, given = FileWays(deleted["way"], text=text), given + 1
    # Ways without tags of their own, whose relation says that they are a ferry.
    for way in with_ids(path, osmium.osm.WAY, [i for i in ferries if i not in met]):
        newer = newest.get(way.id, way.version) != way.version
        if not newer and way.id not in met and ways.add(way, ferries[way.id]):
            met.add(way.id)
    if ways.ids or not given:
        yield ways


class FileWays:
    """Some ways to travel of a file, in its order."""

    def __init__(self, deleted: set[int], *, text: bool) -> None:
        self.ids: list[int] = []
        self.tags: list[dict[str, str]] = []
        self.count: list[int] = []
        self.node: list[int] = []
        # Coordinates that ways bring along, in whole parts of a degree; 2**31 - 1 where they bring none.
        self.own: list[tuple[int, int]] = []
        self._deleted = deleted
        self._text = text

    def add(self, way: Any, more: Mapping[str, str]) -> bool:  # noqa: ANN401 - osmium ships no types
        """Put in a way, if it is one to travel, and say so; ``more`` are tags that its relation gives."""
        found = tidied({**more, **{t.k: t.v for t in way.tags if is_of_use(t.k)}})
        if way.id in self._deleted or not way.visible or not is_way_to_travel(found):
            return False
        nodes = way.nodes
        if self._text:
            require_refs(way, WHAT)
        self.ids.append(way.id)
        self.tags.append(found)
        self.count.append(len(nodes))
        self.node.extend([n.ref for n in nodes])
        bare = len(nodes) == 0 or NOWHERE[0] == nodes[0].location.x == nodes[-1].location.x
        # Overpass' ``out geom(bbox)`` gives the places within its box alone: both ends may lack theirs.
        if bare and not (self._text and any(n.location.x != NOWHERE[0] for n in nodes)):
            self.own.extend([NOWHERE] * len(nodes))
        else:
            self.own.extend([(n.location.x, n.location.y) for n in nodes])
        return True

    def with_relations(self, ferries: Mapping[int, dict[str, str]]) -> list[dict[str, str]]:
        """Return the tags of all ways; what a ferry's relation says counts where its way does not."""
        return [
            {**ferries[i], **t} if i in ferries and "highway" not in t else t
            for i, t in zip(self.ids, self.tags, strict=True)
        ]


def _opened(path: Path) -> IO[bytes]:
    name = path.name.lower()
    how: Any = gzip.open if name.endswith(".gz") else bz2.open if name.endswith(".bz2") else open
    opened: IO[bytes] = how(path, "rb")
    return opened


def deleted_objects(path: Path, what: str = WHAT) -> dict[str, set[int]]:
    """Return what an XML file marks as deleted, by type: libosmium passes over that.

    Parameters
    ----------
    path
        The file.
    what
        What messages call the source.

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
    if path.name.lower().endswith((".osc", ".osc.gz", ".osc.bz2", ".o5c")):
        raise UnreadableFileError(_changes(path, what))
    if path.name.lower().endswith((".pbf", ".o5m")):
        return none
    try:
        with _opened(path) as file:
            marked = _marks(file, path, what)
        if not marked:
            return none
        gone = {kind: dict[int, int]() for kind in none}
        for kind, number, version in _elements(path, _is_deleted):
            gone[kind][number] = max(version, gone[kind].get(number, 0))
        # Of a history, what came back later is there.
        for kind, number, version in _elements(path, lambda e: not _is_deleted(e)):
            if version > gone[kind].get(number, version):
                del gone[kind][number]
    except UnreadableFileError:
        # It is an OSError too, and says already what to do.
        raise
    except (OSError, EOFError, ET.ParseError) as error:
        msg = (
            f"{what}: {path.name} cannot be read as OpenStreetMap data: {' '.join(str(error).split())}. "
            "The download may be incomplete: fetch it again."
        )
        raise UnreadableFileError(msg) from error
    return {kind: set(ids) for kind, ids in gone.items()}


def _is_deleted(element: ET.Element) -> bool:
    return element.get("action") == "delete" or element.get("visible") == "false"


def _elements(path: Path, which: Callable[[ET.Element], bool]) -> Iterator[tuple[str, int, int]]:
    """Give the type, id and version (0: none) of some nodes, ways and relations of an XML file."""
    with _opened(path) as file:
        for _, element in ET.iterparse(file, events=("end",)):  # noqa: S314 - no entities are declared: libosmium refuses them
            if element.tag in {"node", "way", "relation"}:
                if which(element):
                    yield element.tag, int(element.get("id", "0")), int(element.get("version", "0"))
                element.clear()


def _marks(file: IO[bytes], path: Path, what: str) -> bool:
    """Return whether an XML file marks anything as deleted; raise for one that is no map, or half of one."""
    head = file.read(_CHUNK)
    if b"<osmChange" in head[:4096]:
        raise UnreadableFileError(_changes(path, what))
    marked, tail = False, b""
    size = since_end = 0
    while head:
        text = tail + head
        size += len(head)
        since_end = len(head) - head.rfind(b">") if b">" in head else since_end + len(head)
        if size > limits.OSM_TEXT_BYTES or since_end > limits.OSM_ELEMENT_BYTES:
            msg = (
                f"{what}: {path.name} is no map of a usual size: more than {limits.OSM_TEXT_BYTES / 1e9:g} "
                f"GB of text, or one element longer than {limits.OSM_ELEMENT_BYTES / 1e6:g} MB. Use an "
                ".osm.pbf extract of the area."
            )
            raise UnreadableFileError(msg)
        marked = marked or _DELETED.search(text) is not None
        remark = _REMARK.search(text)
        if remark is not None:
            said = " ".join(remark[1].decode("utf-8", "replace").split())[:300]
            msg = (
                f"{what}: {path.name} is only a part of what was asked for; its server says: {said!r}. "
                "Ask again for a smaller area or with a longer time-out, or use an .osm.pbf extract."
            )
            raise UnreadableFileError(msg)
        tail, head = text[-2000:], file.read(_CHUNK)
    return marked


def require_refs(way: Any, what: str) -> None:  # noqa: ANN401 - osmium ships no types
    """Raise UnreadableFileError for a way of a text with places that have no ids."""
    # libosmium gives a node without an id the number 0: all roads would meet there.
    if any(n.ref == 0 and n.location.x != NOWHERE[0] for n in way.nodes):
        msg = (
            f"{what}: way/{way.id} has places without ids of nodes (<nd> with lat and lon, and no ref), so "
            "nobody knows where roads meet. Export the file with the nodes (Overpass: out body; >; out skel "
            "qt;), or use an .osm.pbf extract."
        )
        raise UnreadableFileError(msg)


def _changes(path: Path, what: str) -> str:
    return (
        f"{what}: {path.name} is a file of changes (osmChange), not a map. Apply it to its extract "
        "(osmium apply-changes), and give the result."
    )
