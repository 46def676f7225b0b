"""Where an OpenStreetMap file has nodes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodata.errors import DiskError
from geodata.files.moment import for_a_moment
from geodata.readers.osm_stops import may_stop
from geodata.readers.osm_versions import Stand, refuse_unclear, standing, with_ids
from geodata.readers.osm_whole import LARGE_BYTES
from geodata.vocabulary.tags import node_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# OpenStreetMap stores degrees in whole parts of this.
PER_DEGREE = 1e7
# How libosmium writes a place that is not known.
NOWHERE = (2**31 - 1, 2**31 - 1)
# Up to this size a file's nodes are taken one by one: making an index takes longer.
SMALL_BYTES = 2**18
# How libosmium writes a node into the file of its index, and how many of them are looked at together.
RECORD = np.dtype([("id", "<i8"), ("x", "<i4"), ("y", "<i4")])
BLOCK = 1 << 20
# It grows in steps of so much. A file takes so many bytes for a node at the least, packed or not.
STEP_BYTES, LEAST_BYTES = 1 << 24, 4


class NodePlaces(NamedTuple):
    """Where nodes are, and what stands at those that a file has more than once.

    Attributes
    ----------
    place
        int64 ``(nodes, 2)`` in whole parts of a degree (``PER_DEGREE``); ``NOWHERE`` of those that it lacks.
    again
        By node the kept tags of what may stop somebody there, "" for nothing.
    """

    place: NDArray[np.int64]
    again: dict[int, str]


def places_of(path: Path, ids: NDArray[np.int64], deleted: set[int]) -> NodePlaces:
    """Return where the file has nodes. The order in which it has them says nothing.

    Parameters
    ----------
    path
        The file.
    ids
        int64 ``(ids,)``, ascending, each once. ``NOWHERE`` is the place of those that the file lacks.
    deleted
        Ids of nodes that are none any more.

    Raises
    ------
    UnreadableFileError
        A node is in it more than once, each time elsewhere, and no version says which is newer.

    Examples
    --------
    >>> file = getfixture("tmp_path") / "jalan.osm"
    >>> node = '<node id="7" version="1" lon="110.0" lat="-7.0"/>'
    >>> _ = file.write_text(f'<osm version="0.6">{node}</osm>', "utf-8")
    >>> places_of(file, np.array([7, 8]), set()).place.tolist()
    [[1100000000, -70000000], [2147483647, 2147483647]]
    """
    place = np.full((len(ids), 2), NOWHERE[0], dtype=np.int64)
    if len(ids) == 0:
        return NodePlaces(place, {})
    if ids[0] < 0 or path.stat().st_size <= SMALL_BYTES:
        blocks: Iterable[NDArray[np.void]] = [_one_by_one(path, ids)]
    else:
        blocks = _by_index(path, ids)
    times = np.zeros(len(ids), dtype=np.int64)
    for block in blocks:
        at = np.minimum(np.searchsorted(ids, block["id"]), len(ids) - 1)
        mine = ids[at] == block["id"]
        at = at[mine]
        place[at, 0], place[at, 1] = block["x"][mine], block["y"][mine]
        times += np.bincount(at, minlength=len(ids))
    gone = np.isin(ids, np.array(list(deleted), dtype=np.int64))
    place[gone] = NOWHERE
    twice = np.flatnonzero((times > 1) & ~gone)
    newest, again = _newest(path, ids[twice].tolist())
    place[twice] = np.array([newest[i] for i in ids[twice].tolist()], dtype=np.int64).reshape(-1, 2)
    return NodePlaces(place, again)


def _newest(path: Path, ids: list[int]) -> tuple[dict[int, tuple[int, int]], dict[int, str]]:
    """Return where nodes are that the file has more than once, and what stands there if anything ever did."""
    import osmium

    stands: dict[int, list[Stand]] = {}
    for node in with_ids(path, osmium.osm.NODE, ids):
        place = (node.location.x, node.location.y) if node.visible else NOWHERE
        tags = {t.k: t.v for t in node.tags}
        said = node_tags(tags) if may_stop(tags) else ""
        stands.setdefault(node.id, []).append(Stand(node.version, place, said))
    chosen = {i: standing(some) for i, some in stands.items()}
    refuse_unclear(path, "node", [i for i, one in chosen.items() if one is None])
    newest = {i: one for i, one in chosen.items() if one is not None}
    again = {i: one.said for i, one in newest.items() if any(s.said for s in stands[i])}
    return {i: one.shape for i, one in newest.items()}, again


def places_in(files: Sequence[tuple[Path, set[int]]], ids: NDArray[np.int64]) -> NodePlaces:
    """Return where the first of some files that has a node has it; as :func:`places_of` for one.

    Parameters
    ----------
    files
        Each with the ids of its nodes that are none any more.
    ids
        int64 ``(ids,)``, ascending, each once.

    Examples
    --------
    >>> file = getfixture("tmp_path") / "jalan.osm"
    >>> node = '<node id="7" version="1" lon="110.0" lat="-7.0"/>'
    >>> _ = file.write_text(f'<osm version="0.6">{node}</osm>', "utf-8")
    >>> places_in([(file, {7}), (file, set())], np.array([7])).place.tolist()
    [[1100000000, -70000000]]
    """
    place = np.full((len(ids), 2), NOWHERE[0], dtype=np.int64)
    again: dict[int, str] = {}
    for path, deleted in files:
        left = np.flatnonzero(place[:, 0] == NOWHERE[0])
        if len(left):
            found = places_of(path, ids[left], deleted)
            place[left] = found.place
            again = {**found.again, **again}
    return NodePlaces(place, again)


def degrees(place: NDArray[np.int64], own: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return places in degrees, NaN where nobody knows one.

    Parameters
    ----------
    place
        int64 ``(nodes, 2)``, of the file, which counts first.
    own
        int64 ``(nodes, 2)``, what the ways bring along.

    Returns
    -------
    lonlat
        float64 ``(nodes, 2)``, longitude and latitude.

    Examples
    --------
    >>> degrees(np.array([[NOWHERE[0]] * 2, [1100000000, -70000000]]), np.array([NOWHERE] * 2)).tolist()
    [[nan, nan], [110.0, -7.0]]
    """
    place = np.where(place[:, :1] == NOWHERE[0], own, place)
    return np.where(place == NOWHERE[0], np.nan, place / PER_DEGREE)


def _one_by_one(path: Path, ids: NDArray[np.int64]) -> NDArray[np.void]:
    """Return the nodes of a file that are among some, as its records."""
    import osmium

    wanted = set(ids.tolist())
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE)
    rows = [
        (n.id, *((n.location.x, n.location.y) if n.visible else NOWHERE)) for n in nodes if n.id in wanted
    ]
    return np.array(rows, dtype=RECORD)


def _by_index(path: Path, ids: NDArray[np.int64]) -> Iterator[NDArray[np.void]]:
    """Give the nodes of a file with ids from 0 on, as its records, some at a time.

    libosmium writes them beside each other into a file, in the order in which it meets them. Asking its index
    itself would be wrong: it seeks as in a sorted list, and sorts one only when a way comes.
    """
    import osmium
    from osmium.filter import IdFilter

    large = path.stat().st_size > LARGE_BYTES
    with for_a_moment("osm") as folder:
        _require_space(str(folder), len(ids) if large else path.stat().st_size // LEAST_BYTES)
        file = folder / "nodes"
        index = osmium.index.create_map(f"sparse_file_array,{file}")
        handlers: list[Any] = [osmium.NodeLocationsForWays(index)]
        if large:
            # Only these are kept; making the filter takes longer than reading a small file.
            handlers.insert(0, IdFilter(ids.tolist()))
        osmium.apply(osmium.io.Reader(str(path), osmium.osm.NODE), *handlers)
        # Closes it.
        del handlers, index
        with file.open("rb") as stream:
            while len(block := np.fromfile(stream, dtype=RECORD, count=BLOCK)):
                # The file is longer than what is in it: the rest has neither id nor place.
                yield block[(block["id"] != 0) | (block["x"] != NOWHERE[0])]


def _require_space(folder: str, nodes: int) -> None:
    """Raise DiskError if so many nodes may not fit: a disk that fills up would end the program at once."""
    needed = nodes * RECORD.itemsize + STEP_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        msg = (
            f"roads: reading them needs {needed / 1e6:.0f} MB in the folder for temporary files, which has "
            f"{free / 1e6:.0f} MB. Make room there, or name another folder in TMPDIR."
        )
        raise DiskError(msg)
