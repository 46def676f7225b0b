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
    """Return the village code of each point (metres), None where there is none.

    Where polygons overlap, the first code in order wins; a point outside all of them belongs to the
    nearest within ``within_m``.
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
