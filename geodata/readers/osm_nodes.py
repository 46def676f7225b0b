"""Where an OpenStreetMap file has nodes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import DiskError
from geodata.readers.osm_whole import LARGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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


def places_of(path: Path, ids: NDArray[np.int64], deleted: set[int]) -> NDArray[np.int64]:
    """Return where the file has nodes, int64 ``(ids, 2)`` in whole parts of a degree (``PER_DEGREE``).

    The order in which a file has its nodes says nothing.

    Parameters
    ----------
    path
        The file.
    ids
        int64 ``(ids,)``, ascending, each once. ``NOWHERE`` is the place of those that the file lacks.
    deleted
        Ids of nodes that are none any more.

    Examples
    --------
    >>> file = getfixture("tmp_path") / "jalan.osm"
    >>> node = '<node id="7" version="1" lon="110.0" lat="-7.0"/>'
    >>> _ = file.write_text(f'<osm version="0.6">{node}</osm>', "utf-8")
    >>> places_of(file, np.array([7, 8]), set()).tolist()
    [[1100000000, -70000000], [2147483647, 2147483647]]
    """
    place = np.full((len(ids), 2), NOWHERE[0], dtype=np.int64)
    if len(ids) == 0:
        return place
    if ids[0] < 0 or path.stat().st_size <= SMALL_BYTES:
        blocks: Iterable[NDArray[np.void]] = [_one_by_one(path, ids)]
    else:
        blocks = _by_index(path, ids)
    for block in blocks:
        at = np.minimum(np.searchsorted(ids, block["id"]), len(ids) - 1)
        mine = ids[at] == block["id"]
        place[at[mine], 0], place[at[mine], 1] = block["x"][mine], block["y"][mine]
    place[np.isin(ids, np.array(list(deleted), dtype=np.int64))] = NOWHERE
    return place


def places_in(files: Sequence[tuple[Path, set[int]]], ids: NDArray[np.int64]) -> NDArray[np.int64]:
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
    >>> places_in([(file, {7}), (file, set())], np.array([7])).tolist()
    [[1100000000, -70000000]]
    """
    place = np.full((len(ids), 2), NOWHERE[0], dtype=np.int64)
    for path, deleted in files:
        left = np.flatnonzero(place[:, 0] == NOWHERE[0])
        if len(left):
            place[left] = places_of(path, ids[left], deleted)
    return place


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
    return np.array([(n.id, n.location.x, n.location.y) for n in nodes if n.id in wanted], dtype=RECORD)


def _by_index(path: Path, ids: NDArray[np.int64]) -> Iterator[NDArray[np.void]]:
    """Give the nodes of a file with ids from 0 on, as its records, some at a time.

    libosmium writes them beside each other into a file, in the order in which it meets them. Asking its index
    itself would be wrong: it seeks as in a sorted list, and sorts one only when a way comes.
    """
    import osmium
    from osmium.filter import IdFilter

    large = path.stat().st_size > LARGE_BYTES
    with tempfile.TemporaryDirectory() as folder:
        _require_space(folder, len(ids) if large else path.stat().st_size // LEAST_BYTES)
        file = Path(folder, "nodes")
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
                # The file is longer than what is in it; what is left has no place.
                yield block[block["x"] != NOWHERE[0]]


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
