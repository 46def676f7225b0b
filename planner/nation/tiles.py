"""How the work is cut: a tile a kabupaten, or several where one would need too much memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from planner.nation.lands import Lands
    from planner.nation.regencies import Region

# Megabytes: the libraries and a village as measured (benchmarks/README.md); a piece of road with its
# profiles is assumed [A], since no country of roads was at hand.
BASE_MB = 420.0
VILLAGE_MB = 0.05
ROAD_MB = 0.012
# Of a worker's memory so much is for the tile; the rest is what Python does not give back.
USABLE = 0.7


@dataclass(frozen=True)
class Tile:
    """A part of the work.

    Attributes
    ----------
    code
        Of the kabupaten.
    number, of
        Which piece it is, from 1, of how many.
    expected_mb
        Memory, as planned.
    group
        The island group that the kabupaten is of: the lowest code on it.
    """

    code: str
    number: int = 1
    of: int = 1
    expected_mb: float = BASE_MB
    group: str = ""

    @property
    def name(self) -> str:
        """What it is called, in messages and of files.

        Examples
        --------
        >>> Tile("35.09").name, Tile("35.09", 2, 3).name
        ('35.09', '35.09-2of3')
        """
        return self.code if self.of == 1 else f"{self.code}-{self.number}of{self.of}"


def require_memory(memory_mb: float) -> None:
    """Raise ConfigError where a worker has no room for the libraries: it would be ended without end.

    Examples
    --------
    >>> require_memory(600.0)
    """
    if USABLE * memory_mb < BASE_MB:
        least = np.ceil(10 * BASE_MB / USABLE / 1024) / 10
        msg = f"a worker needs {least:g} GiB at least (--memory), and has {memory_mb / 1024:.2g}"
        raise ConfigError(msg)


def plan(
    regions: Sequence[Region], groups: Mapping[str, str], road_rows: Mapping[str, int], memory_mb: float
) -> list[Tile]:
    """Return the tiles, by island group and within it the largest first.

    Parameters
    ----------
    regions
        The kabupaten.
    groups
        By code, the island group.
    road_rows
        By code, roughly how many pieces of road its zone holds; not named where there are none.
    memory_mb
        Of a worker.

    Examples
    --------
    >>> from planner.nation.regencies import Region
    >>> one = Region("35.09", "Jember", "", "", "EPSG:32749", 248, 0.0, (0, 0, 1, 1), ())
    >>> [t.name for t in plan([one], {"35.09": "35.01"}, {}, 3000.0)]
    ['35.09']
    >>> [t.of for t in plan([one], {"35.09": "35.01"}, {"35.09": 300_000}, 3000.0)]
    [3, 3, 3]
    """
    tiles: list[Tile] = []
    for region in regions:
        size = VILLAGE_MB * region.villages + ROAD_MB * road_rows.get(region.code, 0)
        room = max(USABLE * memory_mb - BASE_MB, 1.0)
        pieces = min(max(1, int(np.ceil(size / room))), region.villages)
        tiles += [
            Tile(region.code, i + 1, pieces, BASE_MB + size / pieces, groups[region.code])
            for i in range(pieces)
        ]
    weight: dict[str, float] = {}
    for tile in tiles:
        weight[tile.group] = weight.get(tile.group, 0.0) + tile.expected_mb
    return sorted(tiles, key=lambda t: (-weight[t.group], t.group, -t.expected_mb, t.name))


def island_groups(lands: Lands) -> dict[str, str]:
    """Return each kabupaten's island group, named by the lowest code that shares land with it.

    Examples
    --------
    >>> from planner.nation.lands import Lands
    >>> labels = {"35.01": np.array([0]), "35.02": np.array([0, 1]), "51.01": np.array([2])}
    >>> island_groups(Lands({}, labels, 0.0))
    {'35.01': '35.01', '35.02': '35.01', '51.01': '51.01'}
    """
    parent: dict[str, str] = {c: c for c in lands.labels}
    first: dict[int, str] = {}

    def root(code: str) -> str:
        while parent[code] != code:
            code = parent[code]
        return code

    for code in sorted(lands.labels):
        for label in np.unique(lands.labels[code]).tolist():
            a, b = sorted((root(first.setdefault(label, code)), root(code)))
            parent[b] = a
    return {c: root(c) for c in lands.labels}


def own_villages(tile: Tile, codes: pd.Index[str]) -> pd.Index[str]:
    """Return the villages whose answers are the tile's: evenly many for each piece, by their codes.

    Parameters
    ----------
    tile
        A piece of a kabupaten.
    codes
        The kabupaten's villages.

    Examples
    --------
    >>> import pandas as pd
    >>> codes = pd.Index(["35.09.01.2001", "35.09.01.2002", "35.09.02.2001"])
    >>> [list(own_villages(Tile("35.09", i, 2), codes)) for i in (1, 2)]
    [['35.09.01.2001', '35.09.01.2002'], ['35.09.02.2001']]
    """
    at: NDArray[np.int64] = np.array_split(np.arange(len(codes)), tile.of)[tile.number - 1]
    mine: pd.Index[str] = codes.sort_values()[at]
    return mine
