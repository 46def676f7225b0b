"""Which village a place is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

# Neighbouring polygons were simplified one by one: a place in the gap between two belongs to the
# nearer one.
SLIVER_M = 50.0


def village_at(
    points: NDArray[np.object_], villages: gpd.GeoDataFrame, *, within_m: float = SLIVER_M
) -> NDArray[np.object_]:
    """Return the village code of each point, None where there is none.

    Where polygons overlap, the first code in order wins; a point outside all of them belongs to the
    nearest within ``within_m``.

    Parameters
    ----------
    points
        object ``(points,)``, Points (metres, the CRS of the villages); None for none.
    villages
        Index ``village_code``, polygons.
    within_m
        How far outside of all a point may lie.

    Returns
    -------
    code
        object ``(points,)``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> villages = gpd.GeoDataFrame(index=["35.09.01.2001"], geometry=[shapely.box(0, 0, 100, 100)])
    >>> village_at(shapely.points([[50.0, 50.0], [120.0, 50.0], [500.0, 50.0]]), villages).tolist()
    ['35.09.01.2001', '35.09.01.2001', None]
    """
    code = np.full(len(points), None, dtype=object)
    placed = np.flatnonzero(~(shapely.is_missing(points) | shapely.is_empty(points)))
    if len(placed) == 0 or villages.empty:
        return code
    tree = shapely.STRtree(villages.geometry.to_numpy())
    point, village = tree.query_nearest(points[placed], max_distance=within_m, all_matches=True)
    names = villages.index.to_numpy(dtype=object)
    order = np.lexsort((names[village].astype(str), point))[::-1]
    code[placed[point[order]]] = names[village[order]]
    return code
