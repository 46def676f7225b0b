"""Where a village's people live: hamlets, else points along local roads, else one interior point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenario import DemandRule


def spread_demand(layers: Layers, rule: DemandRule) -> gpd.GeoDataFrame:
    """Return demand points (metric CRS) that hold every village's people.

    Returns
    -------
    demand
        Index ``demand_id``; ``village_code``; ``weight`` float64, the share of the village's people
        (sums to 1 over each village); ``people`` = weight × the village's people, NaN where those are
        unknown; ``method`` (hamlets/roads/interior); ``road_id`` of the road a point was put on, else
        ""; Point. Every village has at least one point.
    """
    parts = []
    left = layers.villages.index
    if layers.hamlets is not None and len(layers.hamlets):
        parts.append(_hamlet_points(layers.hamlets))
        left = left.difference(parts[-1]["village_code"].unique(), sort=False)
    if layers.roads is not None and len(left):
        parts.append(_road_points(layers, left, rule))
        left = left.difference(parts[-1]["village_code"].unique(), sort=False)
    if len(left):
        parts.append(_interior_points(layers.villages.loc[left]))
    demand = pd.concat(parts, ignore_index=True)
    people = layers.villages["people"].reindex(demand["village_code"]).to_numpy()
    demand["people"] = demand["weight"].to_numpy() * people
    order = np.lexsort(
        (shapely.get_y(demand.geometry), shapely.get_x(demand.geometry), demand["village_code"])
    )
    demand = demand.iloc[order].reset_index(drop=True)
    number = demand.groupby("village_code").cumcount() + 1
    demand.index = pd.Index(demand["village_code"] + "/" + number.astype("str"), name="demand_id")
    return gpd.GeoDataFrame(
        demand[["village_code", "people", "weight", "method", "road_id", "geometry"]],
        geometry="geometry",
        crs=layers.villages.crs,
    )


def _frame(
    village: NDArray[np.object_],
    weight: NDArray[np.float64],
    method: str,
    points: NDArray[np.object_],
    road_id: NDArray[np.object_] | str = "",
) -> gpd.GeoDataFrame:
    total = pd.Series(weight).groupby(village).transform("sum").to_numpy()
    columns = {
        "village_code": pd.Series(village, dtype="str"),
        "weight": weight / total,
        "method": method,
        "road_id": road_id,
    }
    return gpd.GeoDataFrame(columns, geometry=points)


def _hamlet_points(hamlets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return hamlets weighted by their people; equally where a village has one of unknown people."""
    people = hamlets["people"]
    village = hamlets["village_code"]
    total = people.groupby(village).transform("sum")
    some_unknown = people.isna().groupby(village).transform("any")
    weight = people.where(~some_unknown & (total > 0), 1.0)
    return _frame(
        village.to_numpy(dtype=object), weight.to_numpy(dtype=np.float64), "hamlets",
        hamlets.geometry.to_numpy(),
    )  # fmt: skip


def _road_points(layers: Layers, codes: pd.Index, rule: DemandRule) -> gpd.GeoDataFrame:
    """Return points every ``spacing_m`` along local roads, weighted by the length they stand for."""
    assert layers.roads is not None
    roads = layers.roads
    local = (
        roads["road_class"].isin(rule.local_classes)
        & roads["route"].isna()
        & ~roads["bridge"]
        & ~roads["tunnel"]
        & (roads["length_m"] > 0)
    ).to_numpy()
    line = roads.geometry.to_numpy()[local]
    length = shapely.length(line)
    count = np.maximum(1, np.ceil(length / rule.spacing_m)).astype(np.int64)
    edge = np.repeat(np.arange(len(line)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    each_m = (length / count)[edge]
    points = shapely.line_interpolate_point(line[edge], (step + 0.5) * each_m)
    villages = layers.villages.loc[codes.sort_values()]
    # The tree holds the points: GEOS then prepares each polygon once, which is far faster.
    village, at = shapely.STRtree(points).query(villages.geometry.to_numpy(), predicate="contains")
    # In the overlap of two polygons a point belongs to the first code only.
    order = np.lexsort((village, at))
    at, village = at[order], village[order]
    once = np.ones(len(at), dtype=bool)
    once[1:] = at[1:] != at[:-1]
    at, village = at[once], village[once]
    enough = np.bincount(village, weights=each_m[at], minlength=len(villages)) >= rule.min_local_roads_m
    kept = enough[village]
    names = villages.index.to_numpy(dtype=object)
    at = at[kept]
    road_id = roads.index.to_numpy(dtype=object)[local][edge[at]]
    return _frame(names[village[kept]], each_m[at], "roads", points[at], road_id)


def _interior_points(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return _frame(
        villages.index.to_numpy(dtype=object), np.ones(len(villages)), "interior",
        villages.geometry.representative_point().to_numpy(),
    )  # fmt: skip
