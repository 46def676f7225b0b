"""OpenStreetMap of one area: the question to a server, and the cut out of a region's file.

What is kept is chosen by a list of tags, never by what to leave out: nobody's telephone, no contact, no
operator, no mapper's name gets into a file of ours.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.downloads.health import HEALTH_AMENITIES, is_health, may_name_somebody
from geodata.downloads.overpass import FILTERS
from geodata.errors import EmptyAreaError, UnreadableFileError
from geodata.readers.osm_in_order import as_before, osm_in_order
from geodata.readers.osm_stops import NODE_KEYS
from geodata.readers.osm_tags import TAGS, is_of_use, is_open_space, tidied
from geodata.readers.osm_whole import cut_short
from geodata.readers.roads import is_way_to_travel
from geodata.vocabulary.roads import FERRY
from geodata.vocabulary.tags import ACCESS_KEYS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from geodata.layers import Finding
    from geodata.readers.osm_in_order import InOrder

Box = tuple[float, float, float, float]
SETTLEMENTS = frozenset({
    "city", "town", "suburb", "quarter", "neighbourhood", "village", "hamlet", "isolated_dwelling",
})  # fmt: skip
RIVERS = frozenset({"river", "canal"})
WATERWAYS = RIVERS | {"riverbank"}
KEPT = frozenset({
    *TAGS, *NODE_KEYS, *ACCESS_KEYS, "place", "natural", "water", "amenity", "healthcare", "type",
})  # fmt: skip
# Of the bounding outline in a question: a server reads some hundreds of places well.
OUTLINE_DEGREES = 0.005
BATCH = 20_000
# From this size on, places of nodes are kept on the disk instead of in memory.
LARGE_BYTES = 150 * 2**20


class OsmPart(StrEnum):
    """What OpenStreetMap can give."""

    ROADS = "roads"
    WATER = "water"
    SETTLEMENTS = "settlements"
    FACILITIES = "facilities"


QUESTIONS: dict[OsmPart, tuple[str, ...]] = {
    OsmPart.ROADS: (
        *(f"way{f}" for f in FILTERS), 'rel["route"~"ferry",i]', 'rel["type"="multipolygon"]["highway"]',
    ),
    OsmPart.WATER: ('nwr["natural"="water"]', 'way["waterway"~"^(river|canal|riverbank)$"]',
                 'rel["waterway"="riverbank"]'),
    OsmPart.SETTLEMENTS: (f'node["place"~"^({"|".join(sorted(SETTLEMENTS))})$"]',),
    OsmPart.FACILITIES: (f'nwr["amenity"~"^({"|".join(sorted(HEALTH_AMENITIES))})$"]', 'nwr["healthcare"]'),
}  # fmt: skip


def overpass_question(
    zone_lonlat: shapely.Geometry, parts: Collection[OsmPart], *, timeout_s: int = 180
) -> str:
    """Return the one question to an Overpass server for all that is wanted of an area.

    Parameters
    ----------
    zone_lonlat
        The area with its buffer, degrees (EPSG:4326); its outline is widened to few corners.
    parts
        What is wanted.
    timeout_s
        How long the server may think; it must be shorter than the client waits.

    Examples
    --------
    >>> print(overpass_question(shapely.box(106, -3, 107, -2), [OsmPart.SETTLEMENTS]).splitlines()[0])
    [out:xml][timeout:180][maxsize:1073741824];
    """
    outlines = [_outline(p) for p in shapely.get_parts(shapely.buffer(zone_lonlat, OUTLINE_DEGREES))]
    lines = [
        f'{what}(poly:"{outline}");' for part in OsmPart if part in parts for what in QUESTIONS[part]
        for outline in outlines
    ]  # fmt: skip
    inside = "\n  ".join(lines)
    # The ways of relations and the nodes of ways come with them; no mapper's names.
    return f"[out:xml][timeout:{timeout_s}][maxsize:1073741824];\n(\n  {inside}\n);\n(._;>;);\nout body;\n"


def _outline(polygon: shapely.Polygon) -> str:
    outer = shapely.simplify(shapely.Polygon(polygon.exterior), OUTLINE_DEGREES / 2)
    corners = shapely.get_coordinates(outer)[:-1]
    return " ".join(f"{lat:.5f} {lon:.5f}" for lon, lat in corners)


def is_wanted(kind: str, tags: Mapping[str, str], parts: Collection[OsmPart]) -> bool:
    """Return whether a node, way or relation (``n``, ``w``, ``r``) is kept for its own tags.

    Examples
    --------
    >>> is_wanted("n", {"place": "hamlet"}, {OsmPart.SETTLEMENTS})
    True
    >>> is_wanted("n", {"shop": "kiosk"}, set(OsmPart))
    False
    """
    if OsmPart.FACILITIES in parts and is_health(tags):
        return True
    if kind == "n":
        return OsmPart.SETTLEMENTS in parts and tags.get("place") in SETTLEMENTS
    if OsmPart.WATER in parts and (tags.get("natural") == "water" or tags.get("waterway") in WATERWAYS):
        return True
    if OsmPart.ROADS not in parts:
        return False
    known = tidied({k: v for k, v in tags.items() if k in TAGS})
    if kind == "r":
        return known.get("route") == FERRY or is_open_space(tags)
    return is_way_to_travel(known)


def kept_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that are kept of something.

    The name of a practice is mostly that of a person, and left out (:func:`may_name_somebody`).

    Examples
    --------
    >>> kept_tags({"amenity": "clinic", "name": "Puskesmas Koba", "phone": "1", "contact:email": "a@b"})
    {'amenity': 'clinic', 'name': 'Puskesmas Koba'}
    >>> kept_tags({"amenity": "doctors", "name": "dr. Somebody"})
    {'amenity': 'doctors'}
    """
    kept = {k: v for k, v in tags.items() if k in KEPT or is_of_use(k)}
    if is_health(tags) and may_name_somebody(tags):
        kept.pop("name", None)
    return kept


def cut_osm(
    path: Path, out: Path, box: Box, parts: Collection[OsmPart], *, what: str = "osm", named: str = ""
) -> tuple[Finding, ...]:
    """Write what is wanted of an area from an OpenStreetMap file; returns whether it seems cut short.

    Ways and relations that touch the box are written whole, with all their nodes and ways.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.o5m``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``, in any order; also a file without an
        ending that is XML.
    out
        The ``.osm.pbf`` to write (it must not be there).
    box
        West, south, east, north in degrees (EPSG:4326).
    parts
        What is wanted.
    what
        What messages call the source.
    named
        What messages call the file; "" for its name, which says nothing to anybody of one in a cache.

    Raises
    ------
    UnreadableFileError, EmptyAreaError
        No OpenStreetMap data, or nothing of the area in them.
    """
    import osmium

    try:
        with osm_in_order(path, what, _KEYS) as file:
            keep, extent = _chosen(str(file.path), path.stat().st_size > LARGE_BYTES, out, box, parts)
            keep.complete_backward_references(str(file.path), relation_depth=1)
            written = _write(file, keep, out)
    except UnreadableFileError as error:
        # It is a ValueError too, and says already what to do.
        raise UnreadableFileError(_by_name(str(error), path, named)) from error
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        reason = _by_name(" ".join(str(error).split()).rstrip("."), path, named)
        msg = f"{what}: {named or path.name} cannot be read as OpenStreetMap data: {reason}. Fetch it again."
        raise UnreadableFileError(msg) from error
    if written == 0:
        west, south, east, north = box
        msg = (
            f"{what}: {named or path.name} holds nothing of the area ({', '.join(sorted(parts))} between "
            f"{west:.2f} and {east:.2f} E, {south:.2f} and {north:.2f} N). Check that it is of the right "
            "region."
        )
        raise EmptyAreaError(msg)
    found = cut_short(path, extent[:2], extent[2:])
    return tuple(replace(one, ids=(named or path.name,)) for one in found)


def _by_name(said: str, path: Path, named: str) -> str:
    """Return what is said of a file with the name that messages give it."""
    for name in (str(path), f"{path.name}.osm", path.name):
        said = said.replace(name, named or path.name)
    return said


# Of what is looked at; everything else is passed over before Python sees it.
_KEYS = (
    "highway", "route", "waterway", "man_made", "public_transport", "railway", "natural", "place", "amenity",
    "healthcare",
)  # fmt: skip


def _chosen(
    file: str,
    large: bool,  # noqa: FBT001 - of the file
    out: Path,
    box: Box,
    parts: Collection[OsmPart],
) -> tuple[Any, NDArray[np.float64]]:
    """Return a tracker of the nodes, ways and relations wanted for themselves, and the box of all roads."""
    import osmium
    from osmium.filter import IdFilter, KeyFilter

    of_roads = {OsmPart.ROADS} & set(parts)
    keep, nodes_and_ways = osmium.IdTracker(), osmium.osm.NODE | osmium.osm.WAY
    with _places(large, out) as places:
        roads, others = _Batch(box), _Batch(box)
        tagged = osmium.FileProcessor(file, nodes_and_ways).with_locations(places)
        for thing in tagged.with_filter(KeyFilter(*_KEYS)):
            tags = {t.k: t.v for t in thing.tags}
            if not thing.is_node():
                if is_wanted("w", tags, parts):
                    (roads if is_wanted("w", tags, of_roads) else others).add(thing)
            elif _inside(thing.location, box) and is_wanted("n", tags, parts):
                keep.add_node(thing.id)
        for i in (*roads.near(), *others.near()):
            keep.add_way(i)
        members = _members(file, parts)
        wanted = sorted({i for ids in members.values() for i in ids})
        if wanted:
            # Mostly without tags of their own: what they are stands at the relation.
            of_relations = _Batch(box)
            some = osmium.FileProcessor(file, nodes_and_ways).with_locations(places)
            for thing in some.with_filter(IdFilter(wanted)):
                if thing.is_way():
                    of_relations.add(thing)
            near = set(of_relations.near())
            for i in (i for i, ids in members.items() if not near.isdisjoint(ids)):
                keep.add_relation(i)
    return keep, roads.extent


def _members(file: str, parts: Collection[OsmPart]) -> dict[int, list[int]]:
    """Return the member ways of wanted relations, by the relation's id."""
    import osmium
    from osmium.filter import KeyFilter

    relations = osmium.FileProcessor(file, osmium.osm.RELATION).with_filter(KeyFilter(*_KEYS))
    return {
        r.id: [m.ref for m in r.members if m.type == "w"]
        for r in relations
        if is_wanted("r", {t.k: t.v for t in r.tags}, parts)
    }


@contextlib.contextmanager
def _places(large: bool, out: Path) -> Iterator[Any]:  # noqa: FBT001 - of the file, not of the caller
    """Give an index for the places of nodes: in memory, or for large files in a file beside the result."""
    import osmium

    if not large:
        yield osmium.index.create_map("flex_mem")
        return
    beside = out.with_suffix(".places")
    try:
        yield osmium.index.create_map(f"sparse_file_array,{beside}")
    finally:
        beside.unlink(missing_ok=True)


def _inside(location: Any, box: Box) -> bool:  # noqa: ANN401 - osmium ships no types
    if not location.valid():
        return False
    return bool(box[0] <= location.lon <= box[2] and box[1] <= location.lat <= box[3])


class _Batch:
    """Ways whose bounds are compared with a box, many at a time."""

    def __init__(self, box: Box) -> None:
        import osmium

        self._box = box
        self._lines = osmium.geom.WKBFactory()
        self._unclear = (osmium.InvalidLocationError, RuntimeError)
        self._ids: list[int] = []
        self._wkb: list[str] = []
        self._near: list[int] = []
        # West, south, east and north of all that was compared; without end where nothing was.
        self.extent = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def add(self, way: Any) -> None:  # noqa: ANN401 - osmium ships no types
        """Put in a way with its places."""
        try:
            line = self._lines.create_linestring(way)
        except self._unclear:
            # Some of its nodes are not in the file, or all lie at one place: those that are decide.
            if any(_inside(n.location, self._box) for n in way.nodes):
                self._near.append(way.id)
            return
        self._ids.append(way.id)
        self._wkb.append(line)
        if len(self._ids) >= BATCH:
            self._compare()

    def near(self) -> list[int]:
        """Return the ids of ways whose bounds touch the box."""
        self._compare()
        return self._near

    def _compare(self) -> None:
        if self._ids:
            bounds: NDArray[np.float64] = shapely.bounds(shapely.from_wkb(np.array(self._wkb, dtype=object)))
            self.extent[:2] = np.minimum(self.extent[:2], bounds[:, :2].min(axis=0))
            self.extent[2:] = np.maximum(self.extent[2:], bounds[:, 2:].max(axis=0))
            west, south, east, north = self._box
            touch = (
                (bounds[:, 0] <= east)
                & (bounds[:, 2] >= west)
                & (bounds[:, 1] <= north)
                & (bounds[:, 3] >= south)
            )
            self._near += np.array(self._ids, dtype=np.int64)[touch].tolist()
        self._ids, self._wkb = [], []


def _write(file: InOrder, keep: Any, out: Path) -> int:  # noqa: ANN401 - osmium ships no types
    """Write the chosen objects with the tags that are kept; returns how many."""
    import osmium

    # Without metadata: no mapper's name, no changeset.
    target = osmium.io.File(str(out), "pbf,add_metadata=false")
    written = 0
    with osmium.SimpleWriter(target) as writer:
        for found in osmium.FileProcessor(str(file.path)).with_filter(keep.id_filter()):
            written += 1
            tags = {t.k: t.v for t in found.tags}
            writer.add(as_before(found, file, tags=kept_tags(tags)) if tags else as_before(found, file))
    return written
