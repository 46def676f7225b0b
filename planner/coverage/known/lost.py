"""Units without a place: where they may stand, for all that is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.vocabulary.statuses import FacilityStatus, YesNo

if TYPE_CHECKING:
    import geopandas as gpd
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
    return rows[lost]


def may_stand(layers: Layers, kinds: tuple[str, ...], *, working: bool) -> NDArray[np.bool_]:
    """Return in which villages a unit without a place may stand.

    In its village, where that is known; else in any of the kecamatan that its list names; else anywhere.

    Parameters
    ----------
    layers
        A study area.
    kinds
        Those that count.
    working
        Whether to look only for units that function, or may.

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
    rows, villages = lost_units(layers, kinds, working=working), layers.villages
    out = np.zeros(len(villages), dtype=bool)
    if not len(rows):
        return out
    in_village = rows["village_code"].isin(villages.index)
    out |= villages.index.isin(rows["village_code"][in_village])
    rows = rows[~in_village]
    if not len(rows):
        return out
    if "declared_district" not in rows:
        return np.ones_like(out)
    # A kecamatan that the area does not have tells nothing of the area.
    if not rows["declared_district"].isin(villages["district_code"]).all():
        return np.ones_like(out)
    out |= villages["district_code"].isin(rows["declared_district"]).to_numpy(dtype=bool)
    return out
