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
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

# libosmium's filter takes 4 MB for every so many ids; beyond so many of these, objects are asked for one by
# one.
DRAWER, DRAWERS = 1 << 25, 128
Kind = Literal["node", "way", "relation"]


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

    Parameters and errors are those of :func:`twice`.
    """
    return {i: one.version for i, one in twice(path, kind, keys).items()}


def twice(
    path: Path,
    kind: Kind,
    keys: Collection[str],
    *,
    what: str = "roads",
    of_use: Callable[[str], bool] | None = is_of_use,
) -> dict[int, Stand]:
    """Return which one counts of the nodes, ways or relations that stand in a file more than once, by id.

    Parameters
    ----------
    path
        The file.
    kind
        Nodes, ways or relations.
    keys
        Tags of those of interest: of other ways and relations it does not matter which one counts.
    what
        What messages call the source.
    of_use
        Which tags are looked at; None for all.

    Raises
    ------
    UnreadableFileError
        Some differ, and no version says which is newer.
    """
    import osmium

    entity = {"node": osmium.osm.NODE, "way": osmium.osm.WAY, "relation": osmium.osm.RELATION}[kind]
    if all(a < b for a, b in pairwise(x.id for x in osmium.FileProcessor(str(path), entity))):
        return {}
    ids, count = np.unique(
        np.fromiter((x.id for x in osmium.FileProcessor(str(path), entity)), dtype=np.int64),
        return_counts=True,
    )
    stands: dict[int, list[Stand]] = {}
    wanted: set[int] = set()
    for x in with_ids(path, entity, ids[count > 1].tolist()):
        one = stand_of(x, kind, of_use)
        if kind == "node" or any(k in keys for k, _ in one.said):
            wanted.add(x.id)
        stands.setdefault(x.id, []).append(one)
    chosen = {i: standing(some) for i, some in stands.items()}
    refuse_unclear(path, kind, [i for i, one in chosen.items() if one is None and i in wanted], what)
    return {i: max(stands[i], key=lambda s: s.version) if one is None else one for i, one in chosen.items()}


def stand_of(x: Any, kind: Kind, of_use: Callable[[str], bool] | None) -> Stand:  # noqa: ANN401 - osmium ships no types
    """Return one of an object's places in a file, with the tags that are of use (None: all)."""
    tags = frozenset((t.k, t.v) for t in x.tags if of_use is None or of_use(t.k))
    if not x.visible:
        return Stand(x.version, None, tags)
    if kind == "node":
        return Stand(x.version, (x.location.x, x.location.y), tags)
    parts = [n.ref for n in x.nodes] if kind == "way" else [(m.type, m.ref, m.role) for m in x.members]
    return Stand(x.version, tuple(parts), tags)


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


def refuse_unclear(path: Path, kind: str, ids: Collection[int], what: str = "roads") -> None:
    """Raise UnreadableFileError that names objects of which nobody knows which one counts, if there are any.

    Examples
    --------
    >>> from pathlib import Path
    >>> refuse_unclear(Path("kota.osm"), "way", [])
    """
    if ids:
        named = first_five([f"{kind}/{i}" for i in sorted(ids)])
        msg = (
            f"{what}: {path.name} has {named} more than once, each time another, and no version says which "
            "is newer. Give one extract of the area, or export it with versions (Overpass: out meta;)."
        )
        raise UnreadableFileError(msg)
