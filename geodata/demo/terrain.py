"""Islands, villages and hamlets of a made-up kabupaten, in metres around (0, 0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

VILLAGE_KM2 = 25.0
SMALL_ISLAND_SHARE = 0.05
RELAXATIONS = 3


@dataclass(frozen=True)
class Terrain:
    """Where things are.

    Attributes
    ----------
    islands
        object ``(islands,)``, Polygons (metres), the large one first.
    village_area
        object ``(villages,)``, Polygons (metres), by island and then by direction from the island's
        middle.
    village_island
        int64 ``(villages,)``, number of the island.
    centre
        float64 ``(villages, 2)``: the main settlement.
    hamlet
        float64 ``(hamlets, 2)``; the first of each village is its centre.
    hamlet_village
        int64 ``(hamlets,)``, ascending.
    """

    islands: NDArray[np.object_]
    village_area: NDArray[np.object_]
    village_island: NDArray[np.int64]
    centre: NDArray[np.float64]
    hamlet: NDArray[np.float64]
    hamlet_village: NDArray[np.int64]


def make_terrain(rng: np.random.Generator, villages: int) -> Terrain:
    """Return a large island and two small ones, divided into villages with two to five hamlets."""
    small = max(1, round(villages * SMALL_ISLAND_SHARE))
    count = [villages - 2 * small, small, small]
    radius = [1000.0 * np.sqrt(n * VILLAGE_KM2 / np.pi) for n in count]
    away = 1.35 * radius[0] + 1.6 * radius[1]
    angle = rng.uniform(0.2, 0.8) * np.pi
    middle = np.array(
        [[0.0, 0.0], [away * np.cos(angle), away * np.sin(angle)],
         [away * np.cos(angle + 2.4), away * np.sin(angle + 2.4)]]
    )  # fmt: skip
    islands = np.array([_island(rng, m, r) for m, r in zip(middle, radius, strict=True)], dtype=object)
    areas: list[shapely.Geometry] = []
    owner: list[int] = []
    for i, (island, n) in enumerate(zip(islands, count, strict=True)):
        cells = _villages(rng, island, n)
        areas += cells
        owner += [i] * len(cells)
    village_area = np.array(areas, dtype=object)
    centre = shapely.get_coordinates(shapely.point_on_surface(village_area))
    hamlet, of = _hamlets(rng, village_area, centre)
    return Terrain(islands, village_area, np.array(owner), centre, hamlet, of)


def _island(rng: np.random.Generator, middle: NDArray[np.float64], radius: float) -> shapely.Polygon:
    turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    r = np.full_like(turn, radius)
    for k in range(2, 9):
        r += radius * 0.22 / k * rng.normal() * np.cos(k * turn + rng.uniform(0, 2 * np.pi))
    r = np.maximum(r, 0.5 * radius)
    return shapely.Polygon(middle + np.column_stack([r * np.cos(turn), r * np.sin(turn)]))


def _villages(rng: np.random.Generator, island: shapely.Polygon, n: int) -> list[shapely.Geometry]:
    """Return Voronoi cells of the island around relaxed random points, by direction."""
    if n == 1:
        return [island]
    points = _points_in(rng, island, n)
    for step in range(RELAXATIONS + 1):
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.multipoints(points), extend_to=island, ordered=True)
        )
        cells = shapely.intersection(cells, island)
        if step < RELAXATIONS:
            points = shapely.get_coordinates(shapely.point_on_surface(cells))
            points = (points + shapely.get_coordinates(shapely.centroid(cells))) / 2
    middle = shapely.get_coordinates(island.centroid)[0]
    direction = np.arctan2(*(points - middle).T[::-1])
    return [cells[k] for k in np.argsort(direction)]


def _points_in(rng: np.random.Generator, polygon: shapely.Polygon, n: int) -> NDArray[np.float64]:
    west, south, east, north = polygon.bounds
    shapely.prepare(polygon)
    found = np.empty((0, 2))
    while len(found) < n:
        xy = rng.uniform((west, south), (east, north), size=(2 * n, 2))
        found = np.concatenate([found, xy[shapely.contains_xy(polygon, xy)]])
    return found[:n]


def _hamlets(
    rng: np.random.Generator, areas: NDArray[np.object_], centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return each village's centre and one to four more places on the way to its border."""
    more = rng.integers(1, 5, size=len(areas))
    of = np.repeat(np.arange(len(areas)), more + 1)
    first = np.concatenate([[0], np.cumsum(more + 1)[:-1]])
    border = shapely.line_interpolate_point(
        shapely.boundary(areas[of]), rng.uniform(0, 1, len(of)), normalized=True
    )
    share = rng.uniform(0.25, 0.85, len(of))[:, None]
    place = centre[of] + share * (shapely.get_coordinates(border) - centre[of])
    inside = shapely.contains_xy(areas[of], place[:, 0], place[:, 1])
    place[~inside] = centre[of[~inside]] + rng.normal(0, 150.0, ((~inside).sum(), 2))
    place[first] = centre
    return place, of
