"""What a piece of a cut road keeps of the whole, so that the pieces together cost what the whole road did.

Within a road, time runs evenly with length: a trip that begins a third of the way along takes two thirds of
the road's seconds to its end. So a piece costs the share of the whole road's seconds that it has of its
length, in each direction. What differs along the road, its heights and the floods that slow it, counts over
the whole road for each of the pieces, wherever and however often it is cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

# The share of the line of ``heights_m`` (0 to 1) at which a piece begins and ends.
HEIGHTS_FROM, HEIGHTS_TO = "heights_from", "heights_to"
# The line of the road that a piece was cut from.
WHOLE = "whole"
PIECE_COLUMNS = (HEIGHTS_FROM, HEIGHTS_TO, WHOLE)


def heights_span(row: Mapping[str, Any]) -> tuple[float, float]:
    """Return where on the line of its heights a road begins and ends, 0 to 1: all of it unless it was cut.

    Parameters
    ----------
    row
        Of a roads layer.

    Examples
    --------
    >>> heights_span({"heights_m": [0.0, 5.0]}), heights_span({"heights_from": 0.0, "heights_to": 0.25})
    ((0.0, 1.0), (0.0, 0.25))
    """
    first, last = (float(row.get(c, np.nan)) for c in (HEIGHTS_FROM, HEIGHTS_TO))
    return (0.0, 1.0) if np.isnan(first) else (first, last)


def heights_length_m(roads: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the metres over which each road's heights lie, float64 ``(roads,)``: of a piece, the whole road.

    Parameters
    ----------
    roads
        A roads layer, its pieces with the columns of this module.

    Examples
    --------
    >>> import geopandas as gpd
    >>> cut = {"length_m": [250.0, 90.0], "heights_from": [0.5, np.nan], "heights_to": [0.75, np.nan]}
    >>> heights_length_m(gpd.GeoDataFrame(cut)).tolist()
    [1000.0, 90.0]
    """
    length: NDArray[np.float64] = roads["length_m"].to_numpy(dtype=np.float64)
    if HEIGHTS_FROM not in roads:
        return length
    share = (roads[HEIGHTS_TO] - roads[HEIGHTS_FROM]).to_numpy(dtype=np.float64)
    return np.asarray(np.divide(length, share, out=length.copy(), where=share > 0), dtype=np.float64)


def whole_lines(roads: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the line of each road, object ``(roads,)``: of a piece, that of the road it was cut from.

    Parameters
    ----------
    roads
        A roads layer, its pieces with the columns of this module.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> half, whole = shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(0, 0), (2, 0)])
    >>> whole_lines(gpd.GeoDataFrame({"whole": [None, whole]}, geometry=[half, half])).tolist()
    [<LINESTRING (0 0, 1 0)>, <LINESTRING (0 0, 2 0)>]
    """
    line = np.array(roads.geometry.to_numpy(), dtype=object)
    if WHOLE in roads:
        whole = roads[WHOLE].to_numpy(dtype=object)
        cut = roads[WHOLE].notna().to_numpy()
        line[cut] = whole[cut]
    return line
