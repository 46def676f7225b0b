"""Units without a place: where they may stand, for all that is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.vocabulary.statuses import FacilityStatus, YesNo

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.layers import Layers


def lost_units(layers: Layers, kinds: tuple[str, ...], *, working: bool) -> gpd.GeoDataFrame:
    """Return the facilities of some kinds without a place.

    Parameters
    ----------
    layers, kinds, working
        As for :func:`may_stand`.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> lost_units(demo_layers(12), ("pustu",), working=True).index.tolist()
    []
    """
    rows = layers.facilities
    lost = rows["kind"].isin(kinds) & (rows["status"] == FacilityStatus.UNLOCATED)
    if working:
        lost &= rows["functioning"] != YesNo.NO
    # Mostly there are none: a slice, since to choose rows costs the same for one as for a thousand.
    return rows[lost] if lost.any() else rows.iloc[:0]


def may_stand(
    layers: Layers, kinds: tuple[str, ...], *, working: bool, around: gpd.GeoDataFrame | None = None
) -> NDArray[np.bool_]:
    """Return in which villages a unit without a place may stand.

    In its village, where that is known; else in the kecamatan, or the kabupaten, that its list names; else
    anywhere.

    Parameters
    ----------
    layers
        A study area.
    kinds
        Those that count.
    working
        Whether to look only for units that function, or may.
    around
        Where the area is a part of a larger one, the villages of all of it (``district_code``, by code): a
        unit of another part does not stand in this one.

    Returns
    -------
    may_stand
        bool ``(villages,)``.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> layers = demo_layers(24)
    >>> units = layers.facilities.copy()
    >>> first = units.index[units["kind"] == "pustu"][0]
    >>> units.loc[first, ["geometry", "village_code"]] = None
    >>> bool(may_stand(layers.with_facilities(units), ("pustu",), working=True).all())
    True
    >>> units.loc[first, "declared_district"] = "99.01.02"
    >>> lost = may_stand(layers.with_facilities(units), ("pustu",), working=True)
    >>> layers.villages["district_code"][lost].unique().tolist()
    ['99.01.02']
    """
    villages = layers.villages if around is None else around
    found = _stand_in(lost_units(layers, kinds, working=working), villages)
    return found if around is None else found[around.index.get_indexer(layers.villages.index)]


def lost_land(
    layers: Layers, kinds: tuple[str, ...], *, around: gpd.GeoDataFrame | None = None
) -> NDArray[np.object_]:
    """Return the outlines of the villages in which a unit that works may stand.

    Parameters
    ----------
    layers, kinds, around
        As for :func:`may_stand`; those of all of the larger area.

    Returns
    -------
    outlines
        object ``(such villages,)``, Polygons or MultiPolygons in the layers' CRS.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> len(lost_land(demo_layers(12), ("pustu",)))
    0
    """
    villages = layers.villages if around is None else around
    outlines: NDArray[np.object_] = villages.geometry.to_numpy()
    return outlines[_stand_in(lost_units(layers, kinds, working=True), villages)]


def _stand_in(rows: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return in which villages any of some units without a place may stand."""
    out = np.zeros(len(villages), dtype=bool)
    if not len(rows):
        return out
    in_village = rows["village_code"].isin(villages.index)
    out |= villages.index.isin(rows["village_code"][in_village])
    rows = rows[~in_village]
    if not len(rows):
        return out
    if "declared_district" not in rows or rows["declared_district"].isna().any():
        return np.ones_like(out)
    for code in rows["declared_district"].unique():
        inside = _within(villages["district_code"], code)
        if not inside.any():
            # A kecamatan that the area does not have tells nothing of the area.
            return np.ones_like(out)
        out |= inside
    return out


def _within(district: pd.Series[str], code: str) -> NDArray[np.bool_]:
    """Return which villages are of a kecamatan, or of a kabupaten."""
    one: NDArray[np.bool_] = ((district == code) | district.str.startswith(f"{code}.")).to_numpy(dtype=bool)
    return one
