"""What the people of a demand point count for in a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


def counted_people(demand: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the people of each demand point who count: their number and their place are known.

    A village of several parts has people on a part without roads by its share of the area: a guess. A plan
    must not send anybody there on a guess, such as to an empty island, so they count 0, like people of
    unknown number.

    Returns
    -------
    float64 ``(points,)``, 0 or more.

    Examples
    --------
    >>> import geopandas as gpd
    >>> demand = gpd.GeoDataFrame({"people": [5.0, 7.0, np.nan], "by_area": [False, True, False]})
    >>> counted_people(demand).tolist()
    [5.0, 0.0, 0.0]
    """
    people = demand["people"].fillna(0.0).to_numpy(dtype=np.float64)
    counted: NDArray[np.float64] = np.where(demand["by_area"].to_numpy(dtype=np.bool_), 0.0, people)
    return counted


def people_of_unknown_place(demand: gpd.GeoDataFrame) -> float:
    """Return how many people are taken to live on parts of villages without roads, by area.

    Examples
    --------
    >>> import geopandas as gpd
    >>> demand = gpd.GeoDataFrame({"people": [5.0, 7.0, np.nan], "by_area": [False, True, False]})
    >>> people_of_unknown_place(demand)
    7.0
    """
    return float(demand["people"].where(demand["by_area"], 0.0).sum())
