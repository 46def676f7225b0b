"""Which one counts of an OpenStreetMap file's objects that stand in it more than once.

So they do in a history, and where somebody put files together.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from geodata.errors import UnreadableFileError, first_five
from geodata.readers.osm_tags import is_of_use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

# libosmium's filter takes 4 MB for every so many ids; beyond so many of these, objects are asked for one by
# one.
DRAWER, DRAWERS = 1 << 25, 128


class Stand(NamedTuple):
    """One of an object's places in a file: its version (0: none), where it goes, and what it says."""

    version: int
    shape: Any
    said: Any


def standing(stands: Sequence[Stand]) -> Stand | None:
    """Return the one that counts; None where they differ and no version says which is newer.

    What has neither version nor tags (Overpass' ``out skel``) says nothing against the same with some.

    Examples
    --------
    >>> standing([Stand(1, (7, 8), "path"), Stand(2, None, "")])
    Stand(version=2, shape=None, said='')
    >>> standing([Stand(0, (7, 8), ""), Stand(0, (7, 8), "path")]).said
    'path'
    >>> standing([Stand(0, (7, 8), "path"), Stand(3, (7, 9), "path")]) is None
    True
    """
    whole = [s for s in stands if s.version or s.said]
    if whole and {s.shape for s in stands} == {s.shape for s in whole}:
        stands = whole
    newest = max(s.version for s in stands)
    first = next(s for s in stands if s.version == newest)
    rest = stands if min(s.version for s in stands) == 0 else [s for s in stands if s.version == newest]
    return first if all(s[1:] == first[1:] for s in rest) else None


def newest_of(path: Path, kind: Literal["way", "relation"], keys: Collection[str]) -> dict[int, int]:
    """Return the version that counts of the ways or relations that stand in a file more than once, by id.

    Parameters
    ----------
    path
        The file.
    kind
        Ways or relations.
    keys
        Tags of those of interest: of others it does not matter which one counts.

    Raises
    ------
    UnreadableFileError
        Some differ, and no version says which is newer.
    """
    import osmium

    entity = osmium.osm.WAY if kind == "way" else osmium.osm.RELATION
    if all(a < b for a, b in pairwise(x.id for x in osmium.FileProcessor(str(path), entity))):
        return {}
    ids, count = np.unique(
        np.fromiter((x.id for x in osmium.FileProcessor(str(path), entity)), dtype=np.int64),
        return_counts=True,
    )
    stands: dict[int, list[Stand]] = {}
    wanted: set[int] = set()
    for x in with_ids(path, entity, ids[count > 1].tolist()):
        tags = frozenset((t.k, t.v) for t in x.tags if is_of_use(t.k))
        if any(k in keys for k, _ in tags):
            wanted.add(x.id)
        parts = [n.ref for n in x.nodes] if kind == "way" else [(m.type, m.ref, m.role) for m in x.members]
        shape = tuple(parts) if x.visible else None
        stands.setdefault(x.id, []).append(Stand(x.version, shape, tags))
    chosen = {i: standing(some) for i, some in stands.items()}
    refuse_unclear(path, kind, [i for i, one in chosen.items() if one is None and i in wanted])
    return {i: max(s.version for s in stands[i]) if one is None else one.version for i, one in chosen.items()}


def with_ids(path: Path, entity: Any, ids: Collection[int]) -> Iterator[Any]:  # noqa: ANN401 - osmium ships no types
    """Give the objects of a file that have some ids, in its order, each as often as it stands there."""
    import osmium
    from osmium.filter import IdFilter

    if not ids:
        return
    things: Iterable[Any] = osmium.FileProcessor(str(path), entity)
    if min(ids) >= 0 and len({i // DRAWER for i in ids}) <= DRAWERS:
        things = osmium.FileProcessor(str(path), entity).with_filter(IdFilter(list(ids)))
    wanted = frozenset(ids)
    yield from (x for x in things if x.id in wanted)


def refuse_unclear(path: Path, kind: str, ids: Collection[int]) -> None:
    """Raise UnreadableFileError that names objects of which nobody knows which one counts, if there are any.

    Examples
    --------
    >>> from pathlib import Path
    >>> refuse_unclear(Path("kota.osm"), "way", [])
    """
    if ids:
        msg = (
            f"roads: {path.name} has {first_five([f'{kind}/{i}' for i in sorted(ids)])} more than once, each "
            "time another, and no version says which is newer. Give one extract of the area, or export it "
            "with versions (Overpass: out meta;)."
        )
        raise UnreadableFileError(msg)
