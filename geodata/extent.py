"""What the lists and the roads of an area cover, as its AREA.yml says: all of it, some villages, a polygon.

Outside of what is covered "not on the list" does not mean "not there". What nobody says is looked at by the
planner (:mod:`planner.coverage.known.extent`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geodata.areafile import CoversFile
from geodata.codes import district_of, parse_village_code
from geodata.errors import ConfigError, EmptyAreaError, first_five
from geodata.readers.areas import POLYGONS, read_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.areafile import Covers
    from geodata.layers import Layers

ROADS = "roads"
# A village counts as covered by a polygon that holds this share of it: outlines differ by slivers.
COVERED_SHARE = 0.95


def covered_villages(covers: Covers, villages: gpd.GeoDataFrame, what: str) -> NDArray[np.bool_]:
    """Return by village whether what ``covers:`` names covers it.

    Parameters
    ----------
    covers
        ``all``, codes of kecamatan or villages, or a file of polygons.
    villages
        The villages layer (metric CRS).
    what
        What messages call the list.

    Returns
    -------
    covered
        bool ``(villages,)``.

    Raises
    ------
    InputError
        Codes that are none of the area's; a file that cannot be read, or without polygons in the area.

    Examples
    --------
    >>> import geopandas as gpd
    >>> villages = gpd.GeoDataFrame(index=["35.09.01.2001"], geometry=[shapely.box(0, 0, 1, 1)])
    >>> covered_villages("all", villages, "pustu").tolist()
    [True]
    """
    if isinstance(covers, str):
        return np.ones(len(villages), dtype=bool)
    if isinstance(covers, CoversFile):
        frame, _ = read_shapes(covers, f"{what}: covers", POLYGONS, str(villages.crs))
        polygon = shapely.union_all(shapely.make_valid(frame.geometry.to_numpy()))
        shape = villages.geometry.to_numpy()
        inside = shapely.area(shapely.intersection(shape, polygon))
        if not inside.any():
            msg = (
                f"{what}: covers: the polygons of {covers.path.name} lie in no village of the area. Give "
                "those of the part that is covered, or write the codes of its villages or kecamatan."
            )
            raise EmptyAreaError(msg)
        return np.asarray(inside >= COVERED_SHARE * shapely.area(shape), dtype=bool)
    districts = np.array([district_of(c) for c in villages.index], dtype=object)
    out = np.zeros(len(villages), dtype=bool)
    strange = []
    for code in covers:
        dotted = parse_village_code(code)
        hit = (villages.index == dotted) if dotted is not None else districts == _dotted(code)
        if not hit.any():
            strange.append(code)
        out |= hit
    if strange:
        msg = (
            f"{what}: covers: {first_five(strange)} are no kecamatan or village of the area. Write codes "
            f"like {districts[0]} or {villages.index[0]}, the word all, or {{path: polygon.geojson}}."
        )
        raise ConfigError(msg)
    return out


def _dotted(code: str) -> str:
    plain = code.strip().replace(".", "")
    return f"{plain[:2]}.{plain[2:4]}.{plain[4:6]}" if len(plain) == 6 and plain.isdigit() else code.strip()


def declared_anew(
    layers: Layers, kinds: Iterable[str], covers: Covers | None, what: str, *, adds: bool
) -> tuple[pd.Series[str], tuple[str, ...]]:
    """Return the same as :func:`declared` after a list of some kinds was given for an area.

    Parameters
    ----------
    kinds, covers, what
        What the list is about, what it covers (None = it does not say), and what messages call it.
    adds
        Whether it stands beside the lists there are; else it takes their place.

    Raises
    ------
    InputError
        As :func:`covered_villages`.
    """
    villages, known = layers.villages, set(layers.area.declared)
    before = [set(text.split()) for text in villages.get("covered", [""] * len(villages))]
    hit = None if covers is None else covered_villages(covers, villages, what)
    for kind in kinds:
        # Beside a list that does not say what it covers nothing is declared.
        sure = hit is not None and (not adds or kind in known or kind not in layers.area.listed_kinds)
        for i, words in enumerate(before):
            stays = adds and kind in words
            (words.add if sure and (stays or (hit is not None and hit[i])) else words.discard)(kind)
        (known.add if sure else known.discard)(kind)
    text = [" ".join(sorted(words)) for words in before]
    return pd.Series(text, index=villages.index, dtype="str"), tuple(sorted(known))


def declared(
    said: Iterable[tuple[Sequence[str], Covers | None, str]], villages: gpd.GeoDataFrame
) -> tuple[pd.Series[str], tuple[str, ...]]:
    """Return what is declared to cover each village, and for which kinds (or roads) anything is declared.

    Parameters
    ----------
    said
        For each file what it lists, what it covers (None = it does not say), and what messages call it. Of
        several lists of a kind each covers its own part; where one does not say, nothing is declared.

    Returns
    -------
    covered
        By village, the words (kinds, ``roads``) that are declared complete there, separated by spaces.
    words
        The words for which something is declared.
    """
    by_word: dict[str, list[NDArray[np.bool_] | None]] = {}
    for words, covers, what in said:
        hit = None if covers is None else covered_villages(covers, villages, what)
        for word in words:
            by_word.setdefault(word, []).append(hit)
    known = {
        w: [h for h in hits if h is not None]
        for w, hits in by_word.items()
        if all(h is not None for h in hits)
    }
    text = [
        " ".join(w for w, hits in sorted(known.items()) if any(h[i] for h in hits))
        for i in range(len(villages))
    ]
    return pd.Series(text, index=villages.index, dtype="str"), tuple(sorted(known))
