"""OpenStreetMap files put in order, for what needs them so: the areas of libosmium, and cuts.

Roads are read in passes (:mod:`geodata.readers.osm`), in whatever order a file has them. Areas and cuts take
nodes before ways before relations, each by its id and once, as most extracts have them. A file that is
otherwise is written anew so, by the same rules of what counts: the newest version, nothing that is deleted,
and places that ways bring along.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import UnreadableFileError
from geodata.files import limits
from geodata.files.moment import for_a_moment
from geodata.readers.osm import deleted_objects, require_refs
from geodata.readers.osm_form import ENDINGS
from geodata.readers.osm_versions import DRAWER, DRAWERS, stand_of, twice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from geodata.readers.osm_versions import Kind

KINDS: tuple[Kind, ...] = ("node", "way", "relation")
# From this size on, a file whose header says that it is in order is taken at its word: looking at every node
# of a large extract takes minutes.
TRUSTED_BYTES = 20 * 2**20
SORTED, WITH_PLACES = "Type_then_ID", "LocationsOnWays"


class InOrder:
    """A file in order, and the ids that its objects had before.

    Parameters
    ----------
    path
        The file.
    ids
        int64 ``(objects,)`` each: the ids that nodes, ways and relations had, by their new ones less one;
        None where they have kept theirs.

    Attributes
    ----------
    path
        The file; another than was given where that was out of order.
    """

    def __init__(self, path: Path, ids: Mapping[str, NDArray[np.int64]] | None = None) -> None:
        self.path = path
        self._ids = ids

    @property
    def is_renumbered(self) -> bool:
        """Whether the ids in the file are not those that its objects had."""
        return self._ids is not None

    def original(self, kind: str, number: int) -> int:
        """Return the id that a ``node``, ``way`` or ``relation`` had before it was put in order."""
        return number if self._ids is None else int(self._ids[kind][number - 1])


@contextmanager
def osm_in_order(path: Path, what: str, keys: Collection[str]) -> Iterator[InOrder]:
    """Give an OpenStreetMap file in order: itself, or a temporary one.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.o5m``, ``.osm``, ``.osm.gz``, ``.osm.bz2``; one with another ending is read as XML.
    what
        What messages call the source.
    keys
        Tags of interest: of other ways and relations it does not matter which version counts.

    Raises
    ------
    UnreadableFileError
        It cannot be read, or holds different objects with one id, and nothing says which is newer.

    Examples
    --------
    >>> file = getfixture("tmp_path") / "kota.osm"
    >>> nodes = '<node id="-9" lat="-7" lon="110"/><node id="-1" lat="-8" lon="110"/>'
    >>> _ = file.write_text(f'<osm version="0.6">{nodes}</osm>', "utf-8")
    >>> import osmium
    >>> with osm_in_order(file, "schools", ["amenity"]) as found:
    ...     [found.original("node", n.id) for n in osmium.FileProcessor(str(found.path))]
    [-9, -1]
    """
    with for_a_moment("osm") as folder:
        named = path
        if not path.name.endswith(ENDINGS):
            # An answer in the cache of downloads: libosmium asks the name what it is.
            named = folder / f"{path.name}.osm"
            named.symlink_to(path.absolute())
        deleted = deleted_objects(named, what)
        if not any(deleted.values()) and _is_in_order(named):
            yield InOrder(named)
        else:
            yield _put_in_order(named, what, keys, deleted, folder)


def _is_in_order(path: Path) -> bool:
    import osmium

    header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    if any(header.get(f"pbf_optional_feature_{i}") == WITH_PLACES for i in range(5)):
        return False
    if path.stat().st_size > TRUSTED_BYTES and header.get("sorting") == SORTED:
        return True
    before: tuple[int, int] = (0, 0)
    for x in osmium.FileProcessor(str(path)):
        here = (0 if x.is_node() else 1 if x.is_way() else 2, x.id)
        # libosmium holds ids as in a table that is as long as the largest.
        if here <= before or x.id <= 0 or x.id >= DRAWER * DRAWERS or not x.visible:
            return False
        if here[0] == 1 and len(x.nodes) and (x.nodes[0].location.valid() or x.nodes[-1].location.valid()):
            return False
        before = here
    return True


def _put_in_order(
    path: Path, what: str, keys: Collection[str], deleted: Mapping[str, set[int]], folder: Path
) -> InOrder:
    import osmium

    _require_few(path, what)
    chosen = {kind: twice(path, kind, keys, what=what, of_use=None) for kind in KINDS}
    ids = _ids(path)
    loose, whole = folder / "loose.osm.pbf", folder / "whole.osm.pbf"
    text = not path.name.lower().endswith((".pbf", ".o5m"))
    own: dict[int, tuple[float, float]] = {}
    met: dict[str, set[int]] = {kind: set() for kind in KINDS}
    with osmium.SimpleWriter(str(loose)) as writer:
        for x in osmium.FileProcessor(str(path)):
            kind = KINDS[0] if x.is_node() else KINDS[1] if x.is_way() else KINDS[2]
            if x.id in deleted[kind] or not x.visible or x.id in met[kind]:
                continue
            if x.id in chosen[kind] and stand_of(x, kind, None) != chosen[kind][x.id]:
                continue
            if kind == "node" and not x.location.valid():
                continue
            met[kind].add(x.id)
            if kind == "way":
                if text:
                    require_refs(x, what)
                own |= {n.ref: (n.location.lon, n.location.lat) for n in x.nodes if n.location.valid()}
            writer.add(_numbered(x, kind, lambda k, i: int(np.searchsorted(ids[k], i)) + 1))
        for ref in own.keys() - met["node"] - deleted["node"]:
            place = osmium.osm.mutable.Node(id=int(np.searchsorted(ids["node"], ref)) + 1, location=own[ref])
            writer.add(place)
    merged = osmium.MergeInputReader()
    merged.add_file(str(loose))
    writing = osmium.WriteHandler(str(whole))
    merged.apply(writing)
    writing.close()
    loose.unlink()
    return InOrder(whole, ids)


def _require_few(path: Path, what: str) -> None:
    """Raise UnreadableFileError for a file with more objects than can be held to put them in order."""
    import osmium

    most = limits.OSM_UNORDERED
    if next(islice(osmium.FileProcessor(str(path)), most, None), None) is not None:
        msg = (
            f"{what}: {path.name} is not in order, and has more than {most:,} objects. Put it in order "
            "(osmium sort), or give an extract of the area."
        )
        raise UnreadableFileError(msg)


def _ids(path: Path) -> dict[str, NDArray[np.int64]]:
    """Return the ids of all nodes, ways and relations that are in a file or named in it, ascending."""
    import osmium

    def of(kind: Any) -> Any:  # noqa: ANN401 - osmium ships no types
        return osmium.FileProcessor(str(path), kind)

    node, way, relation = osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION
    members: dict[str, list[int]] = {"n": [], "w": [], "r": []}
    for x in of(relation):
        for m in x.members:
            members[m.type].append(m.ref)
    used = (n.ref for x in of(way) for n in x.nodes)
    return {
        kind: np.unique(np.fromiter(chain((x.id for x in of(mine)), more), dtype=np.int64))
        for kind, mine, more in (
            ("node", node, chain(used, members["n"])),
            ("way", way, members["w"]),
            ("relation", relation, members["r"]),
        )
    }


def _numbered(x: Any, kind: Kind, number: Any, **other: Any) -> Any:  # noqa: ANN401 - osmium ships no types
    """Return an object with other ids, its own and those that it names, by kind and old id."""
    if kind == "node":
        return x.replace(id=number("node", x.id), **other)
    if kind == "way":
        nodes = [number("node", n.ref) for n in x.nodes]
        return x.replace(id=number("way", x.id), nodes=nodes, **other)
    of = {"n": "node", "w": "way", "r": "relation"}
    members = [(m.type, number(of[m.type], m.ref), m.role) for m in x.members]
    return x.replace(id=number("relation", x.id), members=members, **other)


def as_before(x: Any, found: InOrder, **other: Any) -> Any:  # noqa: ANN401 - osmium ships no types
    """Return an object of a file in order with the ids that it had before, and other fields changed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from types import SimpleNamespace
    >>> as_before(SimpleNamespace(id=7), InOrder(Path("kota.osm.pbf"))).id
    7
    """
    if not found.is_renumbered:
        return x.replace(**other) if other else x
    kind = KINDS[0] if x.is_node() else KINDS[1] if x.is_way() else KINDS[2]
    return _numbered(x, kind, found.original, **other)
