"""Signs that an area's roads are not whole: bare villages, straight cuts, roads that stop at its outline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.errors import counted

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenarios.scenario import DoubtRule, Scenario


def roads_sign(
    layers: Layers, roads: gpd.GeoDataFrame, scenario: Scenario
) -> tuple[NDArray[np.bool_], str, str] | None:
    """Return where the roads are whole, and why not everywhere; None where nothing speaks against it.

    Parameters
    ----------
    layers
        A study area.
    roads
        Its roads layer (LineStrings, the villages' metric CRS).
    scenario
        Its rule for doubts says which signs are strong; its rule for demand, which roads are local.

    Returns
    -------
    whole, why, detail
        bool ``(villages,)``, a key of :data:`planner.coverage.known.extent.WHY`, and the numbers behind it.

    Examples
    --------
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> layers, scenario = demo_layers(12), default_scenario()
    >>> large = layers.roads.assign(road_class="secondary")
    >>> roads_sign(layers, layers.roads, scenario) is None, roads_sign(layers, large, scenario)[1:]
    (True, ('no_local_roads', 'only secondary'))
    """
    n, doubt = len(layers.villages), scenario.doubt
    land = roads[roads["route"].isna()]
    local = land["road_class"].isin(scenario.demand.local_classes)
    if not (land["length_m"].where(local, 0.0).sum() > 0):
        classes = ", ".join(sorted(set(land["road_class"]))[:4])
        said = f"only {classes}" if classes else "none at all here"
        return np.zeros(n, dtype=bool), "no_local_roads", said
    missing = _missing_class(land, doubt)
    if missing is not None:
        return np.zeros(n, dtype=bool), "missing_class", missing
    for why, look in (("straight_line", _beyond_straight_lines), ("round_edge", _beyond_round_edge)):
        beyond = look(layers, land, doubt)
        if beyond is not None:
            open_, said = beyond
            return ~open_, why, said
    inside = _without_inside(layers, land, doubt)
    if inside is not None:
        open_, said = inside
        return ~touching(layers.villages, open_, doubt.neighbours_m), "nothing_inside", said
    bare = road_length_m(layers, land) < doubt.bare_road_m
    group = together(layers.villages, bare, doubt.neighbours_m)
    size = np.bincount(group[bare], minlength=n + 1)
    hole = bare & (size[group] >= doubt.bare_villages)
    if not hole.any():
        return None
    names = ", ".join(layers.villages.index[hole][:3])
    # Roads do not stop at a border: in the villages around the hole a part of them is missing.
    whole = ~touching(layers.villages, hole, doubt.neighbours_m)
    return whole, "bare_villages", f"{counted(int(hole.sum()), 'village')}, such as {names}"


def touching(villages: gpd.GeoDataFrame, some: NDArray[np.bool_], near_m: float) -> NDArray[np.bool_]:
    """Return some villages and those next to one of them: bool ``(villages,)``.

    Parameters
    ----------
    villages
        The villages layer (metric CRS).
    some
        bool ``(villages,)``.
    near_m
        Metres between outlines up to which two are neighbours.

    Examples
    --------
    >>> import geopandas as gpd
    >>> row = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2, 9)])
    >>> touching(row, np.array([True, False, False, False]), 0.1).tolist()
    [True, True, False, False]
    """
    shape = villages.geometry.to_numpy()
    out = some.copy()
    out[shapely.STRtree(shape).query(shape[some], predicate="dwithin", distance=near_m)[1]] = True
    return out


def road_length_m(layers: Layers, land: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the metres of road in each village: float64 ``(villages,)``.

    Parameters
    ----------
    layers
        A study area.
    land
        The roads to measure (LineStrings, the villages' metric CRS), with ``length_m``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from dataclasses import replace
    >>> from planner.pipeline import demo_layers
    >>> shapes = [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)]
    >>> layers = replace(demo_layers(12), villages=gpd.GeoDataFrame(geometry=shapes, crs="EPSG:32748"))
    >>> line = [shapely.LineString([(500, 500), (1250, 500)])]
    >>> road_length_m(layers, gpd.GeoDataFrame({"length_m": [750.0]}, geometry=line)).tolist()
    [500.0, 250.0]
    """
    village, _, length = road_pieces(layers, land)
    return np.bincount(village, weights=length, minlength=len(layers.villages)).astype(np.float64)


def road_pieces(
    layers: Layers, land: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the pieces of roads in villages.

    Parameters
    ----------
    layers, land
        As for :func:`road_length_m`.

    Returns
    -------
    village, road, length_m
        int64 rows of the villages and of the roads, float64 metres: all ``(pieces,)``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from dataclasses import replace
    >>> from planner.pipeline import demo_layers
    >>> shapes = [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)]
    >>> layers = replace(demo_layers(12), villages=gpd.GeoDataFrame(geometry=shapes, crs="EPSG:32748"))
    >>> line = [shapely.LineString([(500, 500), (1250, 500)])]
    >>> pieces = road_pieces(layers, gpd.GeoDataFrame({"length_m": [750.0]}, geometry=line))
    >>> [array.tolist() for array in pieces]
    [[0, 1], [0, 0], [500.0, 250.0]]
    """
    line, shape = land.geometry.to_numpy(), layers.villages.geometry.to_numpy()
    tree = shapely.STRtree(line)
    village, piece = tree.query(shape, predicate="intersects")
    # Most pieces lie in one village; only the others are cut.
    crossing = np.bincount(piece, minlength=len(line))[piece] > 1
    crossing |= ~shapely.covers(_prepared(shape)[village], line[piece])
    share = np.ones(len(piece))
    cut = shapely.intersection(shape[village[crossing]], line[piece[crossing]])
    whole = shapely.length(line[piece[crossing]])
    share[crossing] = np.divide(shapely.length(cut), whole, out=np.zeros(len(whole)), where=whole > 0)
    length = land["length_m"].to_numpy()[piece] * share
    return village.astype(np.int64), piece.astype(np.int64), length.astype(np.float64)


def _prepared(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    shapely.prepare(shapes)
    return shapes


def together(
    villages: gpd.GeoDataFrame,
    which: NDArray[np.bool_],
    near_m: float,
    *,
    of: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return the number of the group of neighbours among some villages; the last number for the others.

    Parameters
    ----------
    villages
        The villages layer (metric CRS).
    which
        bool ``(villages,)``: among which.
    near_m
        Metres between outlines up to which two are neighbours.
    of
        int64 ``(villages,)``, such as the number of the kecamatan: those of one are together wherever they
        lie.

    Returns
    -------
    group
        int64 ``(villages,)``, from 0; the number of villages for those that are not asked about.

    Examples
    --------
    >>> import geopandas as gpd
    >>> row = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in (0, 1, 5, 9)])
    >>> together(row, np.array([True, True, True, False]), 0.1).tolist()
    [0, 0, 1, 4]
    >>> together(row, np.array([True, True, True, False]), 0.1, of=np.array([1, 2, 2, 3])).tolist()
    [0, 0, 0, 4]
    """
    at = np.flatnonzero(which)
    shape = villages.geometry.to_numpy()[at]
    i, j = shapely.STRtree(shape).query(shape, predicate="dwithin", distance=near_m)
    if of is not None:
        _, first, number = np.unique(of[at], return_index=True, return_inverse=True)
        i, j = np.concatenate([i, np.arange(len(at))]), np.concatenate([j, first[number]])
    graph = coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(len(at), len(at)))
    label = connected_components(graph, directed=False)[1]
    out = np.full(len(villages), len(villages), dtype=np.int64)
    out[at] = label
    return out


def dead_ends(roads: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where roads on land end without meeting another, and which way they point there.

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS); ferries are met, but do not end so.

    Returns
    -------
    place, towards
        float64 ``(ends, 2)``: metres in the roads' CRS, and unit vectors (0 for a line of no length). First
        the roads' first ends, then their last ones.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (100, 50)])]
    >>> nodes = {"route": None, "from_node": [0, 1], "to_node": [1, 2]}
    >>> place, towards = dead_ends(gpd.GeoDataFrame(nodes, geometry=line))
    >>> place.tolist(), towards.tolist()
    ([[0.0, 0.0], [100.0, 50.0]], [[-1.0, 0.0], [0.0, 1.0]])
    """
    land = roads[roads["route"].isna()]
    every = np.concatenate([roads["from_node"], roads["to_node"]])
    degree = np.bincount(every, minlength=int(every.max(initial=0)) + 1)
    line = land.geometry.to_numpy()
    place, towards = [], []
    for column, last, before in (("from_node", 0, 1), ("to_node", -1, -2)):
        mine = line[degree[land[column].to_numpy()] == 1]
        end, inner = (shapely.get_coordinates(shapely.get_point(mine, i)) for i in (last, before))
        place.append(end)
        towards.append(end - inner)
    xy, way = np.concatenate(place), np.concatenate(towards)
    length = np.hypot(*way.T)[:, None]
    return xy, np.divide(way, length, out=np.zeros_like(way), where=length > 0)


def _beyond_straight_lines(
    layers: Layers, land: gpd.GeoDataFrame, doubt: DoubtRule
) -> tuple[NDArray[np.bool_], str] | None:
    """Return the villages that lie (in part) beyond a side of the roads' box at which many roads stop."""
    west, south, east, north = land.total_bounds
    ends, towards = dead_ends(land)
    shape = layers.villages.geometry.to_numpy()
    area = shapely.area(shape)
    far = 10.0 * max(east - west, north - south, 1.0)
    open_ = np.zeros(len(shape), dtype=bool)
    said = []
    # A road that runs along the side does not stop at it.
    sides = (
        ("west", ends[:, 0] - west, -towards[:, 0], (west - far, south - far, west, north + far)),
        ("east", east - ends[:, 0], towards[:, 0], (east, south - far, east + far, north + far)),
        ("south", ends[:, 1] - south, -towards[:, 1], (west - far, south - far, east + far, south)),
        ("north", north - ends[:, 1], towards[:, 1], (west - far, north, east + far, north + far)),
    )
    for name, away, outward, beyond in sides:
        stops = int(((away <= doubt.line_m) & (outward > doubt.heads_out)).sum())
        if stops >= doubt.cut_ends:
            part = shapely.area(shapely.intersection(shape, shapely.box(*beyond)))
            cut = part > doubt.beyond_share * area
            if cut.any():
                open_ |= cut
                reach = counted(int(cut.sum()), "village reaches", "villages reach")
                said.append(f"{stops} roads stop at the {name} side, {reach} beyond")
    return (open_, "; ".join(said)) if said else None


def _beyond_round_edge(
    layers: Layers, land: gpd.GeoDataFrame, doubt: DoubtRule
) -> tuple[NDArray[np.bool_], str] | None:
    """Return the villages that lie (in part) beyond the hull of the roads, where very many stop at its edge.

    Of roads cut to a circle, or to any shape without a dent, each that was cut stops at the hull's edge; of
    whole ones only those few that reach furthest out.
    """
    hull = shapely.convex_hull(shapely.multipoints(shapely.get_coordinates(land.geometry.to_numpy())))
    edge = shapely.boundary(hull)
    shapely.prepare(edge)
    stops = int(shapely.dwithin(edge, shapely.points(dead_ends(land)[0]), doubt.line_m).sum())
    if stops < doubt.hull_ends:
        return None
    shape = layers.villages.geometry.to_numpy()
    open_ = shapely.area(shapely.difference(shape, hull)) > doubt.beyond_share * shapely.area(shape)
    if not open_.any():
        return None
    reach = counted(int(open_.sum()), "village reaches", "villages reach")
    return open_, f"{stops} roads stop at its edge, {reach} beyond"


def _missing_class(land: gpd.GeoDataFrame, doubt: DoubtRule) -> str | None:
    """Return which usual classes a file of several classes has hardly any of, and their share; else None."""
    length, class_ = land["length_m"].to_numpy(), land["road_class"].to_numpy(dtype=object)
    have = set(class_)
    if len(have) < doubt.classes:
        return None
    usual = [(doubt.small_classes, doubt.small_share)]
    if have & doubt.large_classes:
        usual.append((doubt.middle_classes, doubt.middle_share))
    for classes, least in usual:
        share = float(length[np.isin(class_, sorted(classes))].sum() / length.sum())
        if share < least:
            return f"{100 * share:.1f} % of the length is {' or '.join(sorted(classes))}"
    return None


def _without_inside(
    layers: Layers, land: gpd.GeoDataFrame, doubt: DoubtRule
) -> tuple[NDArray[np.bool_], str] | None:
    """Return the villages of kecamatan into which roads lead, while hardly any lies wholly inside."""
    codes, district = np.unique(layers.villages["district_code"].to_numpy(dtype=object), return_inverse=True)
    village, piece, length = road_pieces(layers, land)
    road, way = np.unique(land["way_id"].to_numpy(dtype=object), return_inverse=True)
    here = coo_array((length, (district[village], way[piece])), shape=(len(codes), len(road))).tocsr()
    here.sum_duplicates()
    whole = np.bincount(way, weights=land["length_m"].to_numpy())
    inside = here.copy()
    # All of it but for rounding.
    inside.data = np.where(here.data >= 0.999 * whole[here.indices], here.data, 0.0)
    inside.eliminate_zeros()
    every, own = (np.asarray(one.sum(axis=1), dtype=np.float64) for one in (here, inside))
    share = np.divide(own, every, out=np.ones(len(codes)), where=every > 0)
    few = np.diff(inside.indptr) < doubt.inside_roads
    strong = few & (share < doubt.inside_share) & (np.diff(here.indptr) >= doubt.leading_roads)
    # Where no kecamatan has roads of its own, the file draws roads otherwise.
    if not strong.any() or not np.median(share) >= doubt.inside_usual:
        return None
    names = codes[strong]
    said = f"{counted(len(names), 'kecamatan', 'kecamatan')}, such as {', '.join(names[:3])}"
    return strong[district], said


def are_clipped(layers: Layers, roads: gpd.GeoDataFrame, doubt: DoubtRule) -> tuple[bool, str]:
    """Return whether many roads stop at the area's outline, and none goes on outside though some could.

    Parameters
    ----------
    layers
        A study area.
    roads
        Its roads layer (LineStrings, the villages' metric CRS).
    doubt
        How many are many, and how near is at the outline.

    Returns
    -------
    clipped, detail
        Whether they are, and the numbers behind it.

    Examples
    --------
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> layers = demo_layers(12)
    >>> are_clipped(layers, layers.roads, default_scenario().doubt)
    (False, '')
    """
    land = roads[roads["route"].isna()]
    if land.empty:
        return False, ""
    outline = shapely.union_all(shapely.buffer(layers.villages.geometry.to_numpy(), 1.0))
    ends = shapely.points(dead_ends(roads)[0])
    shapely.prepare(outline)
    edge = shapely.boundary(outline)
    shapely.prepare(edge)
    stops = int(shapely.dwithin(edge, ends, doubt.cut_end_m).sum())
    outside = shapely.buffer(outline, doubt.outside_m)
    shapely.prepare(outside)
    goes_on = bool((~shapely.covers(outside, land.geometry.to_numpy())).any())
    clipped = stops >= doubt.clipped_ends and not goes_on
    return clipped, f"{stops} roads stop within {doubt.cut_end_m:g} m of it" if clipped else ""
