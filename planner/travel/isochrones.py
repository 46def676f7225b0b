"""Isochrones and catchments: areas and people within a limit of facilities.

A place belongs to an isochrone when it is reached by the same rules as a village's people are: nearest road,
straight leg on foot, no water crossed. The rim is found on a lattice (:mod:`planner.travel.lattice`); the
own areas of catchments are unions of whole cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import known_crs
from geodata.errors import ConfigError
from planner.kernels import dijkstra
from planner.travel.lattice import ExactTimes, Lattice, outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.travel.access import Stops
    from planner.travel.router import Direction, Router

# Distances of the points between which the rim of an isochrone is looked for.
STEPS_M = (12.5, 25.0, 50.0, 100.0, 200.0, 400.0)
MOST_LATTICE_POINTS = 4_000_000
# The square of a facility's area has so many of them to a side: the error of its rim is then below 1 %.
STEPS_A_SIDE = 350
# Who chooses the distance himself has so many at least: the area is then right to 1 % (docs/METHODS.md).
LEAST_STEPS_A_SIDE = 100
# At which the area is first looked at.
ROUGH_M = 100.0
# Cell sizes are one of these, so that grids of one size share their lines wherever they begin.
CELLS_M = (25.0, 50.0, 100.0, 200.0, 250.0, 500.0, 1000.0, 2000.0)
MOST_CELLS = 60_000
# The square of a facility's area has so many of them to a side: the area is then right to about 3 %.
CELLS_A_SIDE = 20
# For areas that are small beside the study area, cells are made smaller until there are so many.
MOST_SMALL_CELLS = 1_000_000
# More cells, or points of a lattice, than these fill the memory of an office's computer.
MOST_ASKED = 20_000_000


@dataclass(frozen=True)
class Grid:
    """Square cells, their middles joined to the network.

    Attributes
    ----------
    cell_m
        Length of a side (metres).
    column, row
        int64 ``(cells,)``, each cell's place in the lattice of multiples of ``cell_m``.
    stops
        The middles.
    """

    cell_m: float
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    stops: Stops

    @property
    def cell_km2(self) -> float:
        """Area of a cell (km²)."""
        return self.cell_m**2 / 1e6

    def area(self, which: NDArray[np.bool_]) -> shapely.MultiPolygon:
        """Return some cells as one valid MultiPolygon (metres, the network's CRS).

        Parameters
        ----------
        which
            bool ``(cells,)``.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> router = street_router()
        >>> grid = make_grid(router, (0.0, 0.0, 1000.0, 500.0), cell_m=250.0)
        >>> grid.area(grid.row == 0).bounds
        (0.0, 0.0, 1000.0, 250.0)
        """
        column, row = self.column[which], self.row[which]
        if len(column) == 0:
            return shapely.MultiPolygon()
        order = np.lexsort((column, row))
        column, row = column[order], row[order]
        # Neighbours in a row are one box.
        first = np.ones(len(column), dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1] + 1)
        last = np.append(first[1:], True)
        size = self.cell_m
        boxes = shapely.box(
            column[first] * size, row[first] * size, (column[last] + 1) * size, (row[first] + 1) * size
        )
        joined = shapely.union_all(boxes)
        return joined if joined.geom_type == "MultiPolygon" else shapely.MultiPolygon([joined])


def make_grid(
    router: Router,
    bounds: tuple[float, float, float, float],
    *,
    cell_m: float | None = None,
    inside: shapely.Geometry | None = None,
) -> Grid:
    """Return a grid over bounds (metres), joined to the router's network; cells in water are left out.

    Parameters
    ----------
    router
        Of the mode and season.
    bounds
        West, south, east, north (metres, the network's CRS); grown to whole cells.
    cell_m
        Side (metres); None for the smallest size of CELLS_M that gives at most MOST_CELLS cells.
    inside
        Only cells whose middle lies in it (metres): the study area, since nobody lives in the sea.

    Examples
    --------
    >>> from planner.travel.street import street_router
    >>> router = street_router()
    >>> bounds = (0.0, 0.0, 1000.0, 500.0)
    >>> len(make_grid(router, bounds, cell_m=250.0).stops)
    8
    >>> len(make_grid(router, bounds, cell_m=250.0, inside=shapely.box(0, 0, 500, 500)).stops)
    4
    """
    west, south, east, north = bounds
    area = max(east - west, 1.0) * max(north - south, 1.0)
    if cell_m is None:
        cell_m = finest_m(area, MOST_CELLS)
    columns = np.arange(np.floor(west / cell_m), np.ceil(east / cell_m), dtype=np.int64)
    rows = np.arange(np.floor(south / cell_m), np.ceil(north / cell_m), dtype=np.int64)
    column, row = (a.ravel() for a in np.meshgrid(columns, rows))
    points = shapely.points((column + 0.5) * cell_m, (row + 0.5) * cell_m)
    keep = np.ones(len(points), dtype=bool)
    if inside is not None:
        shapely.prepare(inside)
        keep &= shapely.contains(inside, points)
    if router.ground.water is not None and keep.any():
        wet = shapely.STRtree(router.ground.water).query(points[keep], predicate="intersects")[0]
        keep[np.flatnonzero(keep)[np.unique(wet)]] = False
    return Grid(cell_m, column[keep], row[keep], router.stops(np.asarray(points[keep], dtype=object)))


def finest_m(area_m2: float, most: int = MOST_SMALL_CELLS) -> float:
    """Return the smallest size (metres) of CELLS_M that cuts an area (m²) into so many cells at most.

    Examples
    --------
    >>> finest_m(1000.0 * 1000.0), finest_m(60_000.0 * 50_000.0)
    (25.0, 100.0)
    """
    return next((c for c in CELLS_M if area_m2 / c**2 <= most), CELLS_M[-1])


def reach_bounds(
    router: Router, facilities: Stops, limit_s: float, *, direction: Direction = "to_facility"
) -> tuple[float, float, float, float]:
    """Return bounds (metres) that hold everything within a limit (seconds) of the facilities.

    Returns
    -------
    west, south, east, north
        In the network's CRS.

    Examples
    --------
    The street, and 50 m on foot (1.56 s each) around it:

    >>> from planner.travel.street import street_router
    >>> router = street_router()
    >>> [round(m) for m in reach_bounds(router, router.stops(shapely.points([[500.0, 0.0]])), 78.0)]
    [-50, -50, 1050, 50]
    """
    seeds = router.ends(facilities, "arriving" if direction == "to_facility" else "leaving")
    graph = router.graph.backward if direction == "to_facility" else router.graph.forward
    label = dijkstra.nearest_source(*graph, seeds.node, seeds.seconds, seeds.place)
    near = label[: router.network.nodes, 0] <= limit_s
    edges = near[router.network.edge_from] | near[router.network.edge_to]
    snap = facilities.nearest.edge
    lines = np.concatenate([np.flatnonzero(edges), snap]).astype(np.int64)
    xy = np.vstack([facilities.xy, shapely.get_coordinates(router.network.lines(np.unique(lines)))])
    leg_m = min(router.rule.max_distance_m, limit_s / router.rule.seconds_per_m())
    (west, south), (east, north) = xy.min(axis=0) - leg_m, xy.max(axis=0) + leg_m
    return float(west), float(south), float(east), float(north)


def isochrones(
    router: Router,
    facilities: Stops,
    limits_s: Sequence[float],
    *,
    step_m: float | None = None,
    most_points: int = MOST_LATTICE_POINTS,
    inside: shapely.Geometry | None = None,
    direction: Direction = "to_facility",
) -> gpd.GeoDataFrame:
    """Return the area within each limit of the nearest of the facilities, one row a limit, shortest first.

    Parameters
    ----------
    router
        Of the mode and season.
    facilities
        At least one, joined by the router.
    limits_s
        Seconds; included.
    step_m
        Distance (metres) of the lattice's points between which the rim is looked for; None for one of
        STEPS_M by the size of the area, with at most ``most_points`` of them. One that is given may be up
        to a LEAST_STEPS_A_SIDE-th of the area's side, or STEPS_M[0].
    most_points
        See ``step_m``.
    inside
        Only what lies in it (metres): the study area, since nobody lives in the sea. Water is left out too.
    direction
        Which way people travel.

    Returns
    -------
    areas
        ``limit_s``, ``area_km2``, ``step_m``; valid MultiPolygons in the network's CRS.

    Raises
    ------
    ConfigError
        ``step_m`` is too coarse for the area, or makes more points than fit into memory.

    Examples
    --------
    From the middle of a street its ends are 50 s away:

    >>> from planner.travel.street import street_router
    >>> router = street_router()
    >>> unit = router.stops(shapely.points([[500.0, 0.0]]))
    >>> areas = isochrones(router, unit, [30.0, 60.0], step_m=10.0)
    >>> areas.contains(shapely.Point(0.0, 0.0)).tolist()
    [False, True]
    """
    limits = sorted(float(s) for s in limits_s)
    times = ExactTimes(router, facilities, direction)
    areas: list[shapely.MultiPolygon] = []
    steps = []
    for limit_s in limits:
        bounds = reach_bounds(router, facilities, limit_s, direction=direction)
        if inside is not None:
            bounds = _within(bounds, inside.bounds)
        if step_m is not None:
            _require_step(times, bounds, limit_s, step_m)
        step = step_m or _step_m(times, bounds, limit_s, most_points)
        area = _cut(router, outline(Lattice(times, bounds, step), limit_s), inside)
        # Who is within a limit is within a longer one, though its lattice may be coarser.
        areas.append(_polygons(shapely.union(area, areas[-1])) if areas else area)
        steps.append(step)
    return gpd.GeoDataFrame(
        {"limit_s": limits, "area_km2": [a.area / 1e6 for a in areas], "step_m": steps},
        geometry=areas, crs=known_crs(router.network.crs),
    )  # fmt: skip


def _step_m(
    times: ExactTimes, bounds: tuple[float, float, float, float], limit_s: float, most_points: int
) -> float:
    """Return the distance of the lattice's points: as fine as the area of one facility asks for."""
    enough = _enough_m(bounds, most_points)
    side = _side_m(times, bounds, limit_s, enough)
    fine = max((s for s in STEPS_M if s <= side / STEPS_A_SIDE), default=STEPS_M[0])
    return max(fine, enough)


def _enough_m(bounds: tuple[float, float, float, float], most_points: int) -> float:
    size = (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
    return next((s for s in STEPS_M if size / s**2 <= most_points), STEPS_M[-1])


def _side_m(
    times: ExactTimes, bounds: tuple[float, float, float, float], limit_s: float, enough_m: float
) -> float:
    """Return the side (metres) of the square of a facility's area, by a first look."""
    rough = Lattice(times, bounds, max(enough_m, ROUGH_M))
    return float(np.sqrt((rough.first <= limit_s).sum() / len(times.facilities)) * rough.step_m)


def _require_step(
    times: ExactTimes, bounds: tuple[float, float, float, float], limit_s: float, step_m: float
) -> None:
    """Raise ConfigError for a step at which the area would be wrong, or that no memory holds."""
    size = (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
    limit = f"the area within {limit_s / 60.0:g} minutes"
    if step_m < np.sqrt(size / MOST_ASKED):
        least = np.ceil(np.sqrt(size / MOST_ASKED) * 10) / 10
        msg = f"step_m={step_m!r} is too fine for {limit}: give at least {least:g}, or None"
        raise ConfigError(msg)
    if step_m <= STEPS_M[0]:
        return
    side = _side_m(times, bounds, limit_s, _enough_m(bounds, MOST_LATTICE_POINTS))
    most = max(np.floor(side / LEAST_STEPS_A_SIDE * 10) / 10, STEPS_M[0])
    if step_m > most:
        msg = (
            f"step_m={step_m!r} is too coarse for {limit}, which would be wrong: give at most {most:g}, or "
            "None"
        )
        raise ConfigError(msg)


def _within(
    bounds: tuple[float, float, float, float], outer: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Return the part of some bounds that lies in others; a point where there is none."""
    west, south = max(bounds[0], outer[0]), max(bounds[1], outer[1])
    return west, south, max(west, min(bounds[2], outer[2])), max(south, min(bounds[3], outer[3]))


def _cut(router: Router, area: shapely.MultiPolygon, inside: shapely.Geometry | None) -> shapely.MultiPolygon:
    """Return an area without what is outside or water."""
    kept: shapely.Geometry = area
    if inside is not None:
        kept = shapely.intersection(kept, inside)
    water = router.ground.water
    if water is not None and not kept.is_empty:
        near = water[shapely.STRtree(water).query(kept, predicate="intersects")]
        kept = shapely.difference(kept, shapely.union_all(near))
    return _polygons(kept)


def _polygons(area: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([p for p in shapely.get_parts(area) if p.geom_type == "Polygon"])


def known_sums(group: NDArray[np.integer], people: NDArray[np.float64], groups: int) -> NDArray[np.float64]:
    """Return each group's people: NaN where nobody's number is known, 0 for a group without places.

    Parameters
    ----------
    group
        int ``(places,)``, 0 to ``groups`` - 1.
    people
        float64 ``(places,)``; NaN = unknown.
    groups
        How many there are.

    Returns
    -------
    people
        float64 ``(groups,)``.

    Examples
    --------
    >>> known_sums(np.array([0, 0, 1]), np.array([70.0, np.nan, np.nan]), 3).tolist()
    [70.0, nan, 0.0]
    """
    known = ~np.isnan(people)
    total = np.bincount(group[known], weights=people[known], minlength=groups)
    some = np.bincount(group[known], minlength=groups) > 0
    lost = np.bincount(group[~known], minlength=groups) > 0
    return np.where(~some & lost, np.nan, total)


def catchments(
    router: Router,
    places: Stops,
    people: NDArray[np.float64],
    facilities: Stops,
    limit_s: float,
    *,
    grid: Grid | None = None,
    direction: Direction = "to_facility",
) -> pd.DataFrame:
    """Return each facility's people and area within the limit: all of them, and those nearest to it.

    Parameters
    ----------
    router
        Of the mode and season.
    places, facilities
        Joined by the router.
    people
        float64 ``(places,)``; NaN = unknown.
    limit_s
        Seconds; included.
    grid
        From :func:`make_grid`, for the areas; None for none.
    direction
        Which way people travel.

    Returns
    -------
    catchments
        One row a facility, in order: ``people_total`` (within the limit, also of others), ``people_own``
        (for whom it is the nearest: these add up to the people reached), both NaN where nobody's number is
        known, ``places_people_unknown`` (places within the limit whose people are unknown, not counted); with
        a grid also ``area_total_km2``, ``area_own_km2`` and ``geometry`` (its own area, in the network's
        CRS).

    Raises
    ------
    ConfigError
        ``direction`` is neither "to_facility" nor "from_facility".

    Examples
    --------
    Two facilities at the ends of a street; both are within 80 s of the first place:

    >>> from planner.travel.street import street_router
    >>> router = street_router()
    >>> homes = router.stops(shapely.points([[400.0, 0.0], [900.0, 0.0]]))
    >>> units = router.stops(shapely.points([[0.0, 0.0], [1000.0, 0.0]]))
    >>> found = catchments(router, homes, np.array([70.0, 30.0]), units, 80.0)
    >>> found[["people_total", "people_own"]].to_numpy().tolist()
    [[70.0, 70.0], [100.0, 30.0]]
    """
    n = len(facilities)
    pairs = router.within(places, facilities, limit_s, direction=direction)
    nearest = router.nearest(places, facilities, direction=direction)
    own = nearest.travel_s <= limit_s
    out = pd.DataFrame(
        {
            "people_total": known_sums(pairs.facility, people[pairs.place], n),
            "people_own": known_sums(nearest.facility[own], people[own], n),
            "places_people_unknown": np.bincount(pairs.facility[np.isnan(people[pairs.place])], minlength=n),
        }
    )
    if grid is None:
        return out
    cells = router.within(grid.stops, facilities, limit_s, direction=direction)
    near = router.nearest(grid.stops, facilities, direction=direction)
    mine = np.where(near.travel_s <= limit_s, near.facility, -1)
    out["area_total_km2"] = np.bincount(cells.facility, minlength=n) * grid.cell_km2
    out["area_own_km2"] = np.bincount(mine[mine >= 0], minlength=n) * grid.cell_km2
    geometry = [grid.area(mine == f) for f in range(n)]
    return gpd.GeoDataFrame(out, geometry=geometry, crs=known_crs(router.network.crs))
