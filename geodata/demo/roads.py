"""The road hierarchy and ferries of a made-up kabupaten."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import shapely
import shapely.ops
from scipy.spatial import Delaunay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.demo.terrain import Terrain

FERRY_KPH = 18.0
TRACK_SHARE = 0.3
PATH_SHARE = 0.05
TOWN_STEP_M = 180.0


def make_roads(rng: np.random.Generator, terrain: Terrain, capitals: list[int]) -> list[dict[str, Any]]:
    """Return road features (tags and a LineString in metres); ``capitals[0]`` is the kabupaten's.

    Roads between villages cross without a shared point, as in many office files; tracks to hamlets
    end there; some tracks are dry-season only.
    """
    roads: list[dict[str, Any]] = []
    for island in range(len(terrain.islands)):
        of_island = np.flatnonzero(terrain.village_island == island)
        roads += _between_villages(rng, terrain, of_island, capitals)
    roads += _to_hamlets(rng, terrain)
    roads += _town(terrain.centre[capitals[0]])
    for island in range(1, len(terrain.islands)):
        roads += _ferry(terrain, island)
    return roads


def _road(line: shapely.LineString, highway: str, **tags: str) -> dict[str, Any]:
    return {"highway": highway, "geometry": line, **tags}


def _bent(rng: np.random.Generator, a: NDArray[np.float64], b: NDArray[np.float64]) -> shapely.LineString:
    """Return a line from a to b with gentle bends."""
    step = np.linspace(0, 1, 8)[:, None]
    across = np.array([-(b - a)[1], (b - a)[0]])
    wave = np.sin(np.pi * step) * rng.normal(0, 0.06) + np.sin(2 * np.pi * step) * rng.normal(0, 0.04)
    return shapely.LineString(a + step * (b - a) + wave * across)


def _between_villages(
    rng: np.random.Generator, terrain: Terrain, of_island: NDArray[np.int64], capitals: list[int]
) -> list[dict[str, Any]]:
    graph = _village_graph(terrain.centre, of_island)
    tree = nx.minimum_spanning_tree(graph)
    main = {frozenset(e): "tertiary" for e in tree.edges}
    own = [c for c in capitals if c in graph]
    for number, capital in enumerate(own[1:]):
        path = nx.shortest_path(tree, own[0], capital)
        for u, v in pairwise(path):
            edge = frozenset((u, v))
            main[edge] = "primary" if number < 2 or main[edge] == "primary" else "secondary"
    for u, v in sorted(tuple(sorted(e)) for e in graph.edges):
        # A quarter of the other neighbours are joined too: detours and loops.
        if frozenset((u, v)) not in main and rng.uniform() < 0.25:
            main[frozenset((u, v))] = "unclassified"
    roads: list[dict[str, Any]] = []
    bridged = False
    for u, v in sorted(tuple(sorted(e)) for e in main):
        line = _bent(rng, terrain.centre[u], terrain.centre[v])
        highway = main[frozenset((u, v))]
        surface = "asphalt" if highway != "unclassified" or rng.uniform() < 0.5 else "gravel"
        if highway in ("primary", "secondary") and not bridged:
            roads += _with_bridge(line, highway, surface)
            bridged = True
        else:
            roads.append(_road(line, highway, surface=surface))
    return roads


def _village_graph(centre: NDArray[np.float64], of_island: NDArray[np.int64]) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(of_island.tolist())
    if len(of_island) < 4:
        pairs = {(a, b) for a in of_island.tolist() for b in of_island.tolist() if a < b}
    else:
        triangles = of_island[Delaunay(centre[of_island]).simplices]
        sides = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]))
        pairs = {(int(a), int(b)) for a, b in sides}
    for u, v in sorted(pairs):
        graph.add_edge(u, v, weight=float(np.hypot(*(centre[u] - centre[v]))))
    return graph


def _with_bridge(line: shapely.LineString, highway: str, surface: str) -> list[dict[str, Any]]:
    """Return a road in three features, the middle one a bridge."""
    cut = (0.0, 0.48, 0.52, 1.0)
    parts = [shapely.ops.substring(line, a, b, normalized=True) for a, b in pairwise(cut)]
    return [
        _road(parts[0], highway, surface=surface),
        _road(parts[1], highway, surface="concrete", bridge="yes"),
        _road(parts[2], highway, surface=surface),
    ]


def _to_hamlets(rng: np.random.Generator, terrain: Terrain) -> list[dict[str, Any]]:
    roads = []
    for place, village in zip(terrain.hamlet, terrain.hamlet_village, strict=True):
        centre = terrain.centre[village]
        if np.allclose(place, centre):
            continue
        line = _bent(rng, centre, place)
        lot = rng.uniform()
        if lot < PATH_SHARE:
            roads.append(_road(line, "path", surface="ground"))
        elif lot < PATH_SHARE + TRACK_SHARE:
            season = {"musim": "kemarau"} if rng.uniform() < 0.5 else {}
            roads.append(_road(line, "track", surface="dirt", **season))
        else:
            roads.append(_road(line, "residential", surface="asphalt"))
    return roads


def _town(middle: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return the capital's street grid, its two outer streets one-way."""
    roads = []
    reach = np.arange(-2, 3) * TOWN_STEP_M
    last = len(reach) - 1
    # Counter-clockwise round the town: east along the south side, north along the east side …
    eastward: dict[int, dict[str, str]] = {0: {"oneway": "yes"}, last: {"oneway": "-1"}}
    northward: dict[int, dict[str, str]] = {0: {"oneway": "-1"}, last: {"oneway": "yes"}}
    for k, at in enumerate(reach):
        east = shapely.LineString(middle + np.array([[reach[0], at], [reach[-1], at]]))
        north = shapely.LineString(middle + np.array([[at, reach[0]], [at, reach[-1]]]))
        roads.append(_road(east, "residential", surface="asphalt", **eastward.get(k, {})))
        roads.append(_road(north, "residential", surface="asphalt", **northward.get(k, {})))
    return roads


def _ferry(terrain: Terrain, island: int) -> list[dict[str, Any]]:
    """Return a ferry from the large island, and the roads to its two landings."""
    near, far = shapely.ops.nearest_points(terrain.islands[0], terrain.islands[island])
    roads = []
    for home, landing in ((0, near), (island, far)):
        of_island = np.flatnonzero(terrain.village_island == home)
        point = shapely.get_coordinates(landing)[0]
        nearest = of_island[np.argmin(np.hypot(*(terrain.centre[of_island] - point).T))]
        line = shapely.LineString([terrain.centre[nearest], point])
        roads.append(_road(line, "tertiary", surface="asphalt", name=f"Jalan Dermaga {island}"))
    sea = shapely.LineString([near, far])
    minutes = max(10, round(sea.length / 1000.0 / FERRY_KPH * 60.0))
    duration = f"{minutes // 60:02d}:{minutes % 60:02d}"
    roads.append(_road(sea, "", route="ferry", duration=duration, name=f"Feri {island}"))
    return roads
