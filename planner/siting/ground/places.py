"""Places for new units: among people, in settlements, along roads, at schools and village offices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import ConfigError
from geodata.vocabulary.roads import ROAD_CLASSES
from planner.siting.measures import At

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.siting.measures import Measure

# Nobody builds at a motorway, and on these nothing but feet go, or boats.
NO_SITE = frozenset(
    {"motorway", "motorway_link", "steps", "corridor", "platform", "bridleway", "cycleway", "waterway"}
)
SITE_CLASSES = tuple(c for c in ROAD_CLASSES if c not in NO_SITE)
# Places nearer to each other than this (metres) are equally near.
SAME_M_DECIMALS = 6
# Distances between places of a village, held at once.
PAIRS_AT_ONCE = 4_000_000


def places_at(
    at: At,
    measure: Measure,
    layers: Layers,
    demand: gpd.GeoDataFrame,
    landmarks: Mapping[At, gpd.GeoDataFrame],
) -> gpd.GeoDataFrame:
    """Return the places of one sort.

    Parameters
    ----------
    at
        Which sort.
    measure
        Its ``spacing_m`` holds among people and along roads.
    layers
        A study area.
    demand
        As from :func:`planner.coverage.demand.spread_demand`.
    landmarks
        Points (any CRS) of schools and of offices, with a column ``name``.

    Returns
    -------
    places
        ``name`` ("" where there is none) and Point (the area's CRS). Schools and offices may lie outside.

    Raises
    ------
    ConfigError
        The area has no roads, or no such list was given.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.measures import default_measures
    >>> study = Study(demo_layers(12))
    >>> measure = default_measures().measures["open_pustu"]
    >>> [len(places_at(at, measure, study.layers, study.demand, {})) for at in (At.PEOPLE, At.ROADS)]
    [34, 109]
    """
    crs = layers.villages.crs
    if at in (At.SCHOOLS, At.OFFICES):
        if at not in landmarks:
            msg = f"at: {at}: no list of {at} was given. Give one, or leave {at} out"
            raise ConfigError(msg)
        given = landmarks[at].to_crs(crs)
        return gpd.GeoDataFrame(
            {"name": given["name"].to_numpy(dtype=object)}, geometry=given.geometry.to_numpy(), crs=crs
        )
    # Where people are put by area alone, nobody knows whether anybody lives.
    known = demand[~demand["by_area"]]
    if at is At.PEOPLE:
        points = _among_people(known, measure.spacing_m)
    elif at is At.SETTLEMENTS:
        points = _middles(known)
    else:
        points = along_roads(layers, measure.spacing_m)
    return gpd.GeoDataFrame({"name": np.full(len(points), "", dtype=object)}, geometry=points, crs=crs)


def _middles(demand: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the hamlets, and of villages without any the place that is nearest to all of its people."""
    chosen = []
    for _, points in demand.groupby("village_code", sort=True):
        places = points.geometry.to_numpy()
        if (points["method"] == "hamlets").all():
            chosen.extend(places)
            continue
        away = _to_all(shapely.get_coordinates(places), points["weight"].to_numpy())
        chosen.append(places[int(np.argmin(np.round(away, SAME_M_DECIMALS)))])
    return np.asarray(chosen, dtype=object)


def _to_all(xy: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each place's distance to all, weighted; some rows at a time, as a raster's places are many."""
    rows = max(1, PAIRS_AT_ONCE // len(xy))
    parts = [
        np.hypot(*(xy[start : start + rows, None] - xy[None]).transpose(2, 0, 1)) @ weight
        for start in range(0, len(xy), rows)
    ]
    return np.concatenate(parts)


def _among_people(demand: gpd.GeoDataFrame, spacing_m: float) -> NDArray[np.object_]:
    """Return one place of each square of ``spacing_m`` in which people live: the one with most of them."""
    points = demand.geometry.to_numpy()
    cell = np.floor(shapely.get_coordinates(points) / spacing_m).astype(np.int64)
    people = demand["people"].fillna(demand["weight"]).to_numpy(dtype=np.float64)
    order = np.lexsort((np.arange(len(points)), -people, cell[:, 1], cell[:, 0]))
    _, first = np.unique(cell[order], axis=0, return_index=True)
    chosen: NDArray[np.object_] = np.asarray(points, dtype=object)[np.sort(order[first])]
    return chosen


def along_roads(layers: Layers, spacing_m: float) -> NDArray[np.object_]:
    """Return the point of a road nearest to the middle of each square of ``spacing_m`` that has one.

    Motorways, ferries, bridges, tunnels, and ways without wheels are passed over.

    Parameters
    ----------
    layers
        A study area; squares that do not touch its villages' bounds are left out.
    spacing_m
        Side of a square, metres; squares begin at 0 of the metric CRS.

    Returns
    -------
    points
        object ``(squares with a road,)``, Points (the area's CRS), square by square.

    Raises
    ------
    ConfigError
        The area has no roads.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> len(along_roads(demo_layers(12), 1000.0))
    109
    """
    if layers.roads is None:
        msg = f"at: {At.ROADS}: the study area has no roads. Add them to AREA.yml, or choose other places"
        raise ConfigError(msg)
    roads = layers.roads
    fit = (
        roads["road_class"].isin(SITE_CLASSES) & roads["route"].isna() & ~roads["bridge"] & ~roads["tunnel"]
    ).to_numpy()
    lines = roads.geometry.to_numpy()[fit]
    low, high = np.floor(np.reshape(layers.villages.total_bounds, (2, 2)) / spacing_m).astype(np.int64)
    grid = np.stack(np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(low, high, strict=True))), -1).reshape(
        -1, 2
    )
    corner = grid * spacing_m
    boxes = shapely.box(*corner.T, *(corner + spacing_m).T)
    line, cell = shapely.STRtree(boxes).query(lines, predicate="intersects")
    middle = shapely.points(corner[cell] + spacing_m / 2)
    inside = shapely.intersection(lines[line], boxes[cell])
    # A road that only touches a square runs through its neighbours.
    through = shapely.length(inside) > 0
    inside, middle, cell = inside[through], middle[through], cell[through]
    nearest = shapely.get_point(shapely.shortest_line(inside, middle), 0)
    away = np.round(shapely.distance(nearest, middle), SAME_M_DECIMALS)
    x, y = shapely.get_coordinates(nearest).T
    order = np.lexsort((y, x, away, cell))
    _, first = np.unique(cell[order], return_index=True)
    chosen: NDArray[np.object_] = np.asarray(nearest[order[first]], dtype=object)
    return chosen
