"""Where a village's people live: hamlets, else cells of a raster, else along local roads, else one point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.runs import nearest_to_middle, repeat_rows, run_starts
from geodata.vocabulary.roads import ROAD_CLASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.network.land import Land
    from planner.scenarios.scenario import DemandRule


def spread_demand(
    layers: Layers, rule: DemandRule, land: Land | None = None, beyond: gpd.GeoSeries | None = None
) -> gpd.GeoDataFrame:
    """Return demand points (metric CRS) that hold every village's people.

    Parameters
    ----------
    layers
        A study area.
    rule
        How far apart points along roads are, and which roads are local.
    land
        The landmasses: of a village without hamlets on several, each part gets its people. None where all
        is taken as one.
    beyond
        Outlines of villages beyond the area, by their codes, in the villages' CRS: in an overlap of outlines
        a point along a road belongs to the first code, also when that is none of the area's.

    Returns
    -------
    demand
        Index ``demand_id``; ``village_code``; ``weight`` float64, the share of the village's people
        (sums to 1 over each village); ``people`` float64 = weight × the village's people, NaN where those
        are unknown; ``method`` (hamlets/raster/roads/interior, or parts where a village's parts differ);
        ``by_area`` bool, put on a part of the village by that part's area alone, so that nobody knows whether
        people live there; ``part_m`` float64, metres from there to the farthest place of that part (``inf``
        where water may lie between; 0 where a place is known); ``road_id`` of the road a point was put on,
        else ""; Point (metres, the villages' CRS).
        Every village has at least one point. In order of village, x and y.

    Examples
    --------
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> demand = spread_demand(demo_layers(12), default_scenario().demand)
    >>> demand["weight"].groupby(demand["village_code"]).sum().round(9).unique().tolist()
    [1.0]
    """
    points = [_hamlet_points(layers.hamlets)] if layers.hamlets is not None and len(layers.hamlets) else []
    cells = _cells_of(layers)
    if cells is not None:
        points.append(_cell_points(cells, rule.spacing_m, land))
    left = _without_places(layers)
    if len(left):
        points.append(_on_parts(layers, _parts(left, land), rule, beyond))
    demand = pd.concat(points, ignore_index=True)
    people = layers.villages["people"].reindex(demand["village_code"]).to_numpy()
    demand["people"] = demand["weight"].to_numpy() * people
    order = np.lexsort(
        (shapely.get_y(demand.geometry), shapely.get_x(demand.geometry), demand["village_code"])
    )
    demand = demand.iloc[order].reset_index(drop=True)
    number = demand.groupby("village_code").cumcount() + 1
    demand.index = pd.Index(demand["village_code"] + "/" + number.astype("str"), name="demand_id")
    return gpd.GeoDataFrame(
        demand[["village_code", "people", "weight", "method", "by_area", "part_m", "road_id", "geometry"]],
        geometry="geometry",
        crs=layers.villages.crs,
    )


def _cells_of(layers: Layers) -> gpd.GeoDataFrame | None:
    """Return where a raster has people, of the villages without hamlets; None where it has none."""
    if layers.people_points is None:
        return None
    cells = layers.people_points[layers.people_points["people"] > 0]
    if layers.hamlets is not None:
        cells = cells[~cells["village_code"].isin(layers.hamlets["village_code"])]
    return cells if len(cells) else None


def _without_places(layers: Layers) -> gpd.GeoDataFrame:
    """Return the villages of which neither hamlets nor a raster say where people live."""
    villages = layers.villages
    for places in (layers.hamlets, _cells_of(layers)):
        if places is not None:
            villages = villages[~villages.index.isin(places["village_code"])]
    return villages


def _parts(villages: gpd.GeoDataFrame, land: Land | None) -> gpd.GeoDataFrame:
    """Return the parts of villages on different landmasses: village_code, share of its area, outline."""
    polygon, row = shapely.get_parts(villages.geometry.to_numpy(), return_index=True)
    landmass = np.zeros(len(polygon), dtype=np.int32)
    if land is not None:
        landmass = land.of(np.asarray(shapely.point_on_surface(polygon), dtype=object))
    key = pd.DataFrame({"row": row, "landmass": landmass})
    number = key.groupby(["row", "landmass"], sort=True).ngroup().to_numpy()
    first = key.assign(number=number).drop_duplicates("number").sort_values("number")
    shape = np.array([shapely.multipolygons(polygon[number == k]) for k in range(len(first))], dtype=object)
    of = first["row"].to_numpy()
    area = shapely.area(shape)
    total = np.bincount(of, weights=area, minlength=len(villages))
    frame = {"village_code": villages.index.to_numpy(dtype=object)[of], "share": area / total[of]}
    return gpd.GeoDataFrame(frame, geometry=shape, crs=villages.crs)


def _on_parts(
    layers: Layers, parts: gpd.GeoDataFrame, rule: DemandRule, beyond: gpd.GeoSeries | None
) -> gpd.GeoDataFrame:
    """Return the points of villages without hamlets, part by part.

    A village on one landmass is one part. Of several, those without local roads have people by their area, at
    one interior point each, and the others have the rest, along their roads by length; small parts without
    any road are empty.
    """
    parts = parts.set_axis(parts.index.astype(str), axis=0)
    on_roads = _road_points(layers, parts, rule, beyond)
    metres = on_roads.groupby("part")["metres"].sum().reindex(parts.index).fillna(0.0)
    enough = metres >= rule.min_local_roads_m
    lived = parts[~_empty(parts, enough, rule, layers.roads)]
    village = lived["village_code"]
    area = lived["share"] / lived["share"].groupby(village).transform("sum")
    with_roads = enough[lived.index]
    by_area = area.where(~with_roads, 0.0)
    along = metres[lived.index].where(with_roads, 0.0)
    of_village = along.groupby(village).transform("sum")
    left = 1.0 - by_area.groupby(village).transform("sum")
    weight = by_area.where(~with_roads, left * along / of_village)
    several = village.groupby(village).transform("size") > 1
    points = on_roads[on_roads["part"].isin(lived.index[with_roads])]
    of_part = (weight / metres)[points["part"]].to_numpy()
    points = points.assign(
        weight=points["metres"].to_numpy() * of_part, method="roads", by_area=False, part_m=0.0
    )
    rest = lived[~with_roads]
    guessed = several[rest.index].to_numpy()
    inner = gpd.GeoDataFrame(
        {
            "part": rest.index,
            "weight": weight[rest.index].to_numpy(),
            "method": "interior",
            "by_area": guessed,
            "part_m": np.where(guessed, _farthest_m(rest, layers.water), 0.0),
            "road_id": "",
        },
        geometry=rest.geometry.representative_point().to_numpy(),
    )
    columns = ["part", "weight", "method", "by_area", "part_m", "road_id", "geometry"]
    both = pd.concat([points[columns], inner], ignore_index=True)
    code = village[both["part"]].to_numpy(dtype=object)
    kinds = pd.Series(both["method"].to_numpy()).groupby(code).transform("nunique").to_numpy()
    method = np.where(kinds > 1, "parts", both["method"].to_numpy())
    return _frame(
        code, both["weight"].to_numpy(dtype=np.float64), method, both["geometry"].to_numpy(),
        both["road_id"].to_numpy(dtype=object), both["by_area"].to_numpy(dtype=bool),
        both["part_m"].to_numpy(dtype=np.float64),
    )  # fmt: skip


def _farthest_m(parts: gpd.GeoDataFrame, water: gpd.GeoDataFrame | None) -> NDArray[np.float64]:
    """Return how far it is from the interior point of each part to its farthest place; inf across water."""
    shape = parts.geometry.to_numpy()
    corner, of = shapely.get_coordinates(shape, return_index=True)
    middle = shapely.get_coordinates(shapely.point_on_surface(shape))
    far = np.zeros(len(shape))
    np.maximum.at(far, of, np.hypot(*(corner - middle[of]).T))
    if water is not None and len(water):
        wet, _ = shapely.STRtree(water.geometry.to_numpy()).query(
            shapely.convex_hull(shape), predicate="intersects"
        )
        far[wet] = np.inf
    return far


def _empty(
    parts: gpd.GeoDataFrame, enough: pd.Series[bool], rule: DemandRule, roads: gpd.GeoDataFrame | None
) -> pd.Series[bool]:
    """Return which parts hold nobody: small ones without any road, beside one of the village with people.

    A rock, a mangrove, a bank of sand. A village of small islets alone keeps its people on all of them.
    """
    small = ~enough & (parts["share"] < rule.empty_part_share)
    small[small] = ~_with_a_road(parts[small], roads)
    return small & ~small.groupby(parts["village_code"]).transform("all")


def _with_a_road(parts: gpd.GeoDataFrame, roads: gpd.GeoDataFrame | None) -> NDArray[np.bool_]:
    """Return on which parts a road lies, however short: somebody made it for somebody."""
    out = np.zeros(len(parts), dtype=bool)
    if roads is None or parts.empty:
        return out
    of_land = roads["road_class"].isin(ROAD_CLASSES) & (roads["road_class"] != "waterway")
    line = roads.geometry.to_numpy()[(of_land & _on_the_ground(roads)).to_numpy()]
    shape = parts.geometry.to_numpy()
    part, at = shapely.STRtree(line).query(shape, predicate="intersects")
    # One that ends at the shore, as a jetty may, only touches it.
    metres = shapely.length(shapely.intersection(shape[part], line[at]))
    out[part[metres > 0]] = True
    return out


def _on_the_ground(roads: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Return which roads people may live along: no ferry, not over the ground or under it."""
    return roads["route"].isna() & ~roads["bridge"] & ~roads["tunnel"] & (roads["length_m"] > 0)


def parts_without_people(layers: Layers, rule: DemandRule, land: Land) -> list[str]:
    """Return the parts of villages that hold nobody: "code (hectares)".

    Such a part lies on a landmass of its own, is small, and has neither roads nor hamlets.

    Parameters
    ----------
    layers
        A study area.
    rule
        Which roads are local, and how many metres of them a part needs to have people along them.
    land
        The landmasses.

    Examples
    --------
    A village of 100 ha with an islet of 1 ha:

    >>> from dataclasses import replace
    >>> from planner.network.land import Land
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> land, islet = shapely.box(0, 0, 1000, 1000), shapely.box(3000, 0, 3100, 100)
    >>> outline = [shapely.MultiPolygon([land, islet])]
    >>> villages = gpd.GeoDataFrame({"village_code": ["a"]}, geometry=outline, crs="EPSG:32748")
    >>> villages = villages.set_index("village_code")
    >>> layers = replace(demo_layers(12), villages=villages, roads=None, hamlets=None)
    >>> parts_without_people(layers, default_scenario().demand, Land(np.array([land, islet]), off_m=0.0))
    ['a (1.0 ha)']
    """
    left = _without_places(layers)
    if left.empty:
        return []
    parts = _parts(left, land)
    parts = parts.set_axis(parts.index.astype(str), axis=0)
    metres = (
        _road_points(layers, parts, rule).groupby("part")["metres"].sum().reindex(parts.index).fillna(0.0)
    )
    small = _empty(parts, metres >= rule.min_local_roads_m, rule, layers.roads)
    return [
        f"{code} ({area / 1e4:,.1f} ha)"
        for code, area in zip(parts["village_code"][small], parts.area[small], strict=True)
    ]


def _frame(
    village: NDArray[np.object_],
    weight: NDArray[np.float64],
    method: NDArray[np.object_] | str,
    points: NDArray[np.object_],
    road_id: NDArray[np.object_] | str = "",
    by_area: NDArray[np.bool_] | bool = False,  # noqa: FBT001, FBT002 - a column like the others
    part_m: NDArray[np.float64] | float = 0.0,
) -> gpd.GeoDataFrame:
    total = pd.Series(weight).groupby(village).transform("sum").to_numpy()
    columns = {
        "village_code": pd.Series(village, dtype="str"),
        "weight": weight / total,
        "method": method,
        "by_area": by_area,
        "part_m": part_m,
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


def _cell_points(cells: gpd.GeoDataFrame, spacing_m: float, land: Land | None) -> gpd.GeoDataFrame:
    """Return a raster's places weighted by their people, one for each village, landmass and square.

    Of the places in a square of ``spacing_m``, the one nearest to their middle person has all its people: as
    far apart as points along roads, however small the cells.
    """
    place = cells.geometry.to_numpy()
    landmass = np.zeros(len(cells), dtype=np.int32) if land is None else land.of(place)
    xy, people = shapely.get_coordinates(place), cells["people"].to_numpy(np.float64)
    column, row = np.floor(xy / spacing_m).astype(np.int64).T
    village, codes = pd.factorize(cells["village_code"], sort=True)
    nearest, total = nearest_to_middle(xy, people, village, landmass, column, row)
    of = codes.to_numpy(dtype=object)[village[nearest]]
    return _frame(of, total, "raster", np.asarray(place[nearest], dtype=object))


def _road_points(
    layers: Layers, parts: gpd.GeoDataFrame, rule: DemandRule, beyond: gpd.GeoSeries | None = None
) -> gpd.GeoDataFrame:
    """Return points every ``spacing_m`` along the local roads of parts of villages: part, metres, road_id."""
    none = gpd.GeoDataFrame({"part": [], "metres": [], "road_id": []}, geometry=[])
    if layers.roads is None:
        return none
    roads = layers.roads
    local = (roads["road_class"].isin(rule.local_classes) & _on_the_ground(roads)).to_numpy()
    line = roads.geometry.to_numpy()[local]
    length = shapely.length(line)
    count = np.maximum(1, np.ceil(length / rule.spacing_m)).astype(np.int64)
    edge, step = repeat_rows(count)
    each_m = (length / count)[edge]
    points = shapely.line_interpolate_point(line[edge], (step + 0.5) * each_m)
    code, shape = parts["village_code"].to_numpy(dtype=str), parts.geometry.to_numpy()
    if beyond is not None:
        code = np.concatenate([code, beyond.index.to_numpy(dtype=str)])
        shape = np.concatenate([shape, beyond.to_numpy()])
    ordered = np.argsort(code, kind="stable")
    # The tree holds the points: GEOS then prepares each polygon once, which is far faster.
    part, at = shapely.STRtree(points).query(shape[ordered], predicate="contains")
    # In the overlap of two polygons a point belongs to the first code only.
    order = np.lexsort((part, at))
    at, part = at[order], part[order]
    once = run_starts(at)
    at, part = at[once], ordered[part[once]]
    own = part < len(parts)
    at, part = at[own], part[own]
    columns = {
        "part": parts.index.to_numpy(dtype=object)[part], "metres": each_m[at],
        "road_id": roads.index.to_numpy(dtype=object)[local][edge[at]],
    }  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=points[at])
