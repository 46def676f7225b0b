"""Where an OpenStreetMap file has nodes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.readers.osm_whole import LARGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# OpenStreetMap stores degrees in whole parts of this.
PER_DEGREE = 1e7
# How libosmium writes a place that is not known.
NOWHERE = (2**31 - 1, 2**31 - 1)


def places_of(path: Path, ids: NDArray[np.int64], deleted: set[int]) -> NDArray[np.int64]:
    """Return where the file has nodes, int64 ``(ids, 2)`` in whole parts of a degree (``PER_DEGREE``).

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
    given = _new_places(path) if len(ids) and ids[0] < 0 else {}
    place = np.concatenate([
        np.array([given.get(i, NOWHERE) for i in ids[ids < 0].tolist()], dtype=np.int64).reshape(-1, 2),
        _stored_places(path, ids[ids >= 0]),
    ])  # fmt: skip
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
    out = np.full((len(ids), 2), NOWHERE[0], dtype=np.int64)
    for row, i in enumerate(ids.tolist()):
        with suppress(KeyError):
            place = index.get(i)
            out[row] = place.x, place.y
    return out


def _new_places(path: Path) -> dict[int, tuple[int, int]]:
    """Return the places of nodes that were never uploaded: JOSM gives them ids below 0."""
    import osmium

    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE)
    return {n.id: (n.location.x, n.location.y) for n in nodes if n.id < 0}
