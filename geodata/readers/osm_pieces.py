"""Ways of an OpenStreetMap file of any size, in pieces: a country's extract in the memory of a part of it.

The passes are those of :mod:`geodata.readers.osm`. Between them the ways wait on the disk, and the places of
their nodes are looked up in rounds, each for a range of ids.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.readers.files.opening import require_file
from geodata.readers.osm import (
    WHAT,
    OsmWays,
    deleted_objects,
    told_as_ours,
    ways_in_pieces,
)
from geodata.readers.osm_ferries import ferry_members_of
from geodata.readers.osm_nodes import NOWHERE, degrees, places_in
from geodata.readers.osm_stops import barriers_of
from geodata.readers.osm_whole import box_of, cut_short
from geodata.runs import offsets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geodata.layers import Finding
    from geodata.readers.osm import FileWays
    from geodata.readers.osm_ferries import Ferries

# So many ways, and so many places of nodes, are in memory at once.
WAYS, NODES = 100_000, 4_000_000
# Ids of nodes are sorted into drawers of so many: those for which libosmium's filter takes 4 MB at once,
# however few of them are asked for. A round has so many drawers at most.
DRAWER, DRAWERS = 1 << 25, 128


def osm_in_pieces(
    paths: Sequence[Path], folder: Path, *, ways: int = WAYS, nodes: int = NODES
) -> Iterator[OsmWays]:
    """Give the ways of :func:`geodata.readers.osm.read_osm_ways` in their order, some at a time.

    Several extracts are read as the one that they are together: a way, relation or node that is in more than
    one counts once, as the first has it, and ways meet at nodes whichever file has them.

    Parameters
    ----------
    paths
        ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``.
    folder
        Empty, for what waits: about as large as the files' roads.
    ways, nodes
        How many ways of a piece, and how many uses of nodes of a round: they bound the memory.

    Yields
    ------
    OsmWays
        With ``shared``, so that roads are cut where they meet ways of other pieces. The last one of a file
        holds the findings about it.

    Raises
    ------
    MissingFileError, UnreadableFileError
        As ``read_osm_ways``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> street = '<way id="{}"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>'
    >>> text = '<osm version="0.6"><node id="1" lat="-7" lon="110"/><node id="2" lat="-7" lon="111"/>'
    >>> with TemporaryDirectory() as place, TemporaryDirectory() as waiting:
    ...     file = Path(place, "a.osm")
    ...     _ = file.write_text(text + street.format(5) + street.format(6) + "</osm>", "utf-8")
    ...     pieces = list(osm_in_pieces([file], Path(waiting), ways=1))
    >>> [(p.ids.tolist(), p.shared.tolist()) for p in pieces]
    [([5], [True, True]), ([6], [True, True])]
    """
    files = []
    for path in paths:
        require_file(path, WHAT)
        files.append((path, deleted_objects(path)))
    with told_as_ours(*paths):
        ferries = ferry_members_of(files)
    waiting = _Waiting(folder)
    last = _put_aside(waiting, files, ferries, ways)
    plain = [(path, deleted["node"]) for path, deleted in files]
    with told_as_ours(*paths):
        rounds = [
            _Round.of(plain, waiting, drawers, folder / f"round-{number}.npz")
            for number, drawers in enumerate(waiting.rounds(nodes))
        ]
        barriers = _barriers(plain, rounds)
    stops = np.array(sorted(barriers), dtype=np.int64)
    box, of_all = _Box(), _Box()
    for number in range(waiting.pieces):
        piece = waiting.take(number, rounds)
        here = np.intersect1d(stops, piece.node)
        box, of_all = box.with_places(piece.lonlat), of_all.with_places(piece.lonlat)
        findings: tuple[Finding, ...] = ()
        if number in last:
            path, twice = last[number]
            # Of ways that an earlier file had, that one's box tells.
            findings = cut_short(path, *(of_all if twice else box))
            box = _Box()
        if number == waiting.pieces - 1:
            findings = (*findings, *ferries.findings)
        yield OsmWays(
            piece.ids, piece.tags, piece.first, piece.node, piece.lonlat,
            {i: barriers[i] for i in here.tolist()}, findings, piece.shared,
        )  # fmt: skip


def _put_aside(
    waiting: _Waiting, files: Sequence[tuple[Path, dict[str, set[int]]]], ferries: Ferries, ways: int
) -> dict[int, tuple[Path, bool]]:
    """Put the ways of all files on the disk.

    Returns by the last piece of a file, the file, and whether an earlier one had some of its ways.
    """
    last: dict[int, tuple[Path, bool]] = {}
    for path, deleted in files:
        met, twice = waiting.ids(), False
        with told_as_ours(path):
            for some in ways_in_pieces(path, deleted, ferries.tags, ways):
                twice |= waiting.put(some, some.with_relations(ferries.tags), met)
        last[waiting.pieces - 1] = path, twice
    return last


def _barriers(files: Sequence[tuple[Path, set[int]]], rounds: Sequence[_Round]) -> dict[int, str]:
    """Return what stops whom at nodes, as the first file says that has them."""
    barriers: dict[int, str] = {}
    again = {i: text for one in rounds for i, text in one.again.items()}
    for path, gone in files:
        barriers = {**barriers_of(path, gone, again), **barriers}
    return barriers


class _Box(NamedTuple):
    """The south-western and north-eastern corner of places, degrees; without end where there is none."""

    low: NDArray[np.float64] = np.full(2, np.inf)
    high: NDArray[np.float64] = np.full(2, -np.inf)

    def with_places(self, lonlat: NDArray[np.float64]) -> _Box:
        """Return the box that holds some places, too."""
        low, high = box_of(lonlat)
        return _Box(np.minimum(self.low, low), np.maximum(self.high, high))


class _Waiting:
    """Ways on the disk, and which nodes they use, by drawers of ids."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._uses: dict[int, int] = {}
        self.pieces = 0

    def ids(self) -> NDArray[np.int64]:
        """Return the ids of all ways that wait."""
        ids = [np.empty(0, dtype=np.int64)]
        for number in range(self.pieces):
            with np.load(self._folder / f"ways-{number}.npz") as file:
                ids.append(file["ids"])
        return np.concatenate(ids)

    def put(self, ways: FileWays, tags: list[dict[str, str]], met: NDArray[np.int64]) -> bool:
        """Put ways beside the others, but for those that an earlier file had; returns whether it had some."""
        ids, count = np.array(ways.ids, dtype=np.int64), np.array(ways.count, dtype=np.int64)
        new = ~np.isin(ids, met)
        of_new = np.repeat(new, count)
        node = np.array(ways.node, dtype=np.int64)[of_new]
        np.savez(
            self._folder / f"ways-{self.pieces}.npz", ids=ids[new], node=node, count=count[new],
            own=np.array(ways.own, dtype=np.int64).reshape(-1, 2)[of_new],
        )  # fmt: skip
        lines = "".join(f"{json.dumps(t)}\n" for t, one in zip(tags, new, strict=True) if one)
        (self._folder / f"tags-{self.pieces}.jsonl").write_text(lines, "utf-8")
        node.sort()
        drawer, start = np.unique(node // DRAWER, return_index=True)
        for one, some in zip(drawer.tolist(), np.split(node, start[1:]), strict=False):
            with (self._folder / f"nodes-{one}.i64").open("ab") as file:
                some.tofile(file)
            self._uses[one] = self._uses.get(one, 0) + len(some)
        self.pieces += 1
        return not bool(new.all())

    def rounds(self, nodes: int) -> Iterator[list[int]]:
        """Give drawers that lie side by side, as many as hold so many uses of nodes; one at least."""
        together: list[int] = []
        uses = 0
        for one in sorted(self._uses):
            if together and (uses + self._uses[one] > nodes or len(together) == DRAWERS):
                yield together
                together, uses = [], 0
            together.append(one)
            uses += self._uses[one]
        if together:
            yield together

    def used(self, drawers: list[int]) -> NDArray[np.int64]:
        files = [self._folder / f"nodes-{one}.i64" for one in drawers]
        return np.concatenate([np.fromfile(file, dtype=np.int64) for file in files])

    def take(self, number: int, rounds: list[_Round]) -> OsmWays:
        with np.load(self._folder / f"ways-{number}.npz") as file:
            ids, node, count, own = (file[name] for name in ("ids", "node", "count", "own"))
        text = (self._folder / f"tags-{number}.jsonl").read_text("utf-8")
        tags = [json.loads(line) for line in text.splitlines()]
        place = np.full((len(node), 2), NOWHERE[0], dtype=np.int64)
        shared = np.zeros(len(node), dtype=bool)
        for one in rounds:
            one.fill(node, place, shared)
        return OsmWays(ids, tags, offsets(count), node, degrees(place, own), shared=shared)


@dataclass(frozen=True)
class _Round:
    """Places of the nodes of some drawers, whether each is used more than once, and :class:`Places.again`."""

    first: int
    last: int
    file: Path
    again: dict[int, str]

    @staticmethod
    def of(
        files: Sequence[tuple[Path, set[int]]], waiting: _Waiting, drawers: list[int], file: Path
    ) -> _Round:
        ids, uses = np.unique(waiting.used(drawers), return_counts=True)
        place, again = places_in(files, ids)
        np.savez(file, ids=ids, place=place.astype(np.int32), shared=uses > 1)
        return _Round(int(ids[0]), int(ids[-1]), file, again)

    def fill(self, node: NDArray[np.int64], place: NDArray[np.int64], shared: NDArray[np.bool_]) -> None:
        mine = np.flatnonzero((node >= self.first) & (node <= self.last))
        if len(mine) == 0:
            return
        with np.load(self.file) as known:
            at = np.searchsorted(known["ids"], node[mine])
            place[mine] = known["place"][at]
            shared[mine] = known["shared"][at]
