"""Whether a file of OpenStreetMap ends before its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.layers import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# From this size on, only the places of the nodes that are used are kept in memory, and no others counted.
LARGE_BYTES = 100 * 2**20
# A PBF file without relations, which come last in it, was probably cut short if its roads cover less than
# this of the box that it promises, or if more than this share of its plain nodes are part of no way.
COVERED, LOOSE = 0.9, 0.05


def box_of(lonlat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the south-western and north-eastern corner of places that are known (without end where none is).

    Parameters
    ----------
    lonlat
        float64 ``(places, 2)``, degrees; NaN = unknown.

    Returns
    -------
    low, high
        float64 ``(2,)``, longitude and latitude (degrees).

    Examples
    --------
    >>> [c.tolist() for c in box_of(np.array([[110.0, -7.0], [np.nan, np.nan], [111.0, -8.0]]))]
    [[110.0, -8.0], [111.0, -7.0]]
    """
    known = lonlat[~np.isnan(lonlat[:, 0])]
    return known.min(axis=0, initial=np.inf), known.max(axis=0, initial=-np.inf)


def cut_short(path: Path, low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[Finding, ...]:
    """Return a finding where the file seems to end before its time.

    Parameters
    ----------
    path
        The file.
    low, high
        float64 ``(2,)`` degrees, from :func:`box_of` of all its ways.

    Examples
    --------
    >>> from pathlib import Path
    >>> cut_short(Path("jalan.osm"), np.array([110.0, -8.0]), np.array([111.0, -7.0]))
    ()
    """
    import osmium

    if not path.name.lower().endswith(".pbf") or next(
        iter(osmium.FileProcessor(str(path), osmium.osm.RELATION)), None
    ):
        # Text that is cut cannot be read at all; and relations come last.
        return ()
    box = osmium.io.Reader(str(path), osmium.osm.NOTHING).header().box()
    reasons = []
    if box.valid() and np.isfinite(low).all():
        corners = box.bottom_left, box.top_right
        promised = np.array([[c.lon, c.lat] for c in corners])
        size = promised[1] - promised[0]
        covered = (np.minimum(high, promised[1]) - np.maximum(low, promised[0])) / np.where(
            size > 0, size, 1.0
        )
        if ((covered < COVERED) & (size > 0)).any():
            reasons.append(
                f"it promises {promised[0, 0]:.3f}–{promised[1, 0]:.3f} E, {promised[0, 1]:.3f}–"
                f"{promised[1, 1]:.3f} N, and its roads cover {low[0]:.3f}–{high[0]:.3f} E, "
                f"{low[1]:.3f}–{high[1]:.3f} N"
            )
    # Of a large file this would take gigabytes.
    loose = _loose_nodes(str(path)) if path.stat().st_size <= LARGE_BYTES else 0.0
    if loose > LOOSE:
        reasons.append(f"{loose:.0%} of its plain nodes are part of no way")
    if not reasons:
        return ()
    return (Finding(
        "warning", "roads", "cut_short", 1, (path.name,),
        f"the file may be cut short, for it has no relations and {'; '.join(reasons)}",
        "compare its size with the source's, and fetch it again",
    ),)  # fmt: skip


def _loose_nodes(file: str) -> float:
    """Return the share of nodes without tags that no way uses: those of ways that never came."""
    import osmium

    used: set[int] = set()
    for way in osmium.FileProcessor(file, osmium.osm.WAY):
        used.update([n.ref for n in way.nodes])
    plain = loose = 0
    for node in osmium.FileProcessor(file, osmium.osm.NODE):
        if not len(node.tags):
            plain += 1
            loose += node.id not in used
    return loose / plain if plain else 0.0
