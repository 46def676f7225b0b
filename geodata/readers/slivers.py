"""Slivers between neighbouring polygons, closed where they are narrower than a tolerance.

Outlines that were simplified one by one miss or cross each other by metres. A narrow overlap goes to the
first code, as a point in it does everywhere; a narrow gap to the neighbour with the longest border to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WGS84
from geodata.layers import Cell, Finding
from geodata.runs import run_starts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

# Less is not worth a row.
LEAST_M2 = 1.0
# What a change of the CRS makes of edges that are alike.
NOISE_M2 = 1e-3
# Closer than this they are alike.
TOUCH_M = 1e-5


def close_slivers(
    villages: gpd.GeoDataFrame, tolerance_m: float
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the villages with the slivers between them closed; what is wider stays as it is.

    Parameters
    ----------
    villages
        Index ``village_code``; valid MultiPolygons in a metric CRS.
    tolerance_m
        Metres: the diameter of the largest circle that fits into a gap or an overlap which is closed.

    Returns
    -------
    villages
        The same rows; MultiPolygons.
    findings
        Which villages changed by how many m², and which gaps are left.

    Examples
    --------
    Two villages overlap by 2 m over 100 m:

    >>> shapes = [shapely.MultiPolygon([shapely.box(x, 0, x + 100, 100)]) for x in (500_000, 500_098)]
    >>> pair = gpd.GeoDataFrame({"village_code": ["A", "B"]}, geometry=shapes, crs="EPSG:32749")
    >>> closed, [found] = close_slivers(pair.set_index("village_code"), 5)
    >>> float(closed.area.sum()), found.count
    (19800.0, 1)
    """
    before = villages.geometry.to_numpy()
    after = _cleaned(before, tolerance_m)
    closed = villages.set_geometry(gpd.GeoSeries(after, index=villages.index, crs=villages.crs))
    changed = _changed(villages.index, before, after, tolerance_m)
    return closed, (*changed, *_gaps_left(closed, tolerance_m))


def _cleaned(before: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return the polygons after the slivers are closed; one that would vanish stays as it was."""
    wide = _wide_overlaps(before, tolerance_m)
    bodies = before.copy()
    for i in np.unique(wide.pair):
        bodies[i] = shapely.difference(before[i], shapely.union_all(wide.shape[(wide.pair == i).any(axis=1)]))
    face, owned = _faces(wide)
    # Faces first: what a third village has of one narrowly is no village's but its owners'.
    parts = _without_overlaps(np.concatenate([face, bodies]))
    shared: dict[int, list[int]] = {}
    for k, owners in enumerate(owned):
        for i in owners:
            shared.setdefault(i, []).append(k)
    after = [
        _polygons(
            shapely.union_all(parts[[len(face) + i, *shared[i]]]) if i in shared else parts[len(face) + i]
        )
        for i in range(len(bodies))
    ]
    whole = np.array(
        [old if new is None else new for old, new in zip(before, after, strict=True)], dtype=object
    )
    return _without_gaps(whole, tolerance_m)


def _without_overlaps(parts: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons without what they share with an earlier one."""
    i, j = shapely.STRtree(parts).query(parts, predicate="intersects")
    i, j = i[i < j], j[i < j]
    shares = shapely.area(shapely.intersection(parts[i], parts[j])) > NOISE_M2
    i, j = i[shares], j[shares]
    left = parts.copy()
    for k in np.unique(j):
        left[k] = shapely.difference(parts[k], shapely.union_all(parts[i[j == k]]))
    return left


def _without_gaps(shapes: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return the polygons with each narrow gap added to one of its neighbours."""
    gap = _gaps(shapes)
    gap = gap[shapely.is_empty(shapely.buffer(gap, -tolerance_m / 2))]
    around = shapely.buffer(gap, TOUCH_M)
    k, i = shapely.STRtree(shapes).query(around, predicate="intersects")
    border_m = shapely.length(shapely.intersection(shapely.boundary(shapes)[i], around[k]))
    order = np.lexsort((i, -border_m, k))
    first = order[run_starts(k[order])]
    filled = shapes.copy()
    for neighbour in np.unique(i[first]):
        # A little larger, so that no slit is left around it.
        mine = shapely.buffer(gap[k[first[i[first] == neighbour]]], TOUCH_M / 100, join_style="mitre")
        filled[neighbour] = _polygons(shapely.union_all([shapes[neighbour], *mine]))
    return filled


def _gaps(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the gaps that are enclosed by polygons, as polygons.

    Edges that are alike but for the last digits leave slits, through which a gap would be open.
    """
    whole = shapely.get_parts([shapely.buffer(shapely.union_all(shapes), TOUCH_M, join_style="mitre")])
    rings = [ring for polygon in whole for ring in polygon.interiors]
    if not rings:
        return np.empty(0, dtype=object)
    grown = shapely.buffer(shapely.polygons(rings), 2 * TOUCH_M, join_style="mitre")
    k, i = shapely.STRtree(shapes).query(grown, predicate="intersects")
    cut = [shapely.difference(one, shapely.union_all(shapes[i[k == n]])) for n, one in enumerate(grown)]
    parts: NDArray[np.object_] = shapely.get_parts(np.array(cut, dtype=object))
    return np.asarray(parts[shapely.area(parts) > NOISE_M2], dtype=object)


def _polygons(geometry: shapely.Geometry) -> shapely.MultiPolygon | None:
    """Return a geometry's polygons without the noise of its making; None where nothing is left."""
    parts = [p for p in shapely.get_parts([geometry]) if p.geom_type == "Polygon" and p.area > NOISE_M2]
    solid = [
        shapely.Polygon(p.exterior, [ring for ring in p.interiors if shapely.Polygon(ring).area > NOISE_M2])
        for p in parts
    ]
    return shapely.MultiPolygon(solid) if solid else None


class _Wide(NamedTuple):
    """Overlaps wider than the tolerance: polygons ``(overlaps,)``, and the rows of both ``(overlaps, 2)``."""

    shape: NDArray[np.object_]
    pair: NDArray[np.int64]


def _wide_overlaps(geometry: NDArray[np.object_], tolerance_m: float) -> _Wide:
    i, j = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    i, j = i[i < j], j[i < j]
    common = shapely.intersection(geometry[i], geometry[j])
    parts, of = shapely.get_parts(common, return_index=True)
    # Of several kinds of geometry in one collection.
    inner, again = shapely.get_parts(parts, return_index=True)
    polygon = shapely.get_type_id(inner) == shapely.GeometryType.POLYGON
    shape, of = inner[polygon], of[again[polygon]]
    wide = ~shapely.is_empty(shapely.buffer(shape, -tolerance_m / 2))
    return _Wide(shape[wide], np.column_stack([i[of[wide]], j[of[wide]]]).astype(np.int64))


def _faces(wide: _Wide) -> tuple[NDArray[np.object_], list[set[int]]]:
    """Return the pieces of wide overlaps that do not overlap each other, and the rows that share each."""
    if not len(wide.shape):
        return np.empty(0, dtype=object), []
    lines = shapely.union_all(shapely.boundary(wide.shape))
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts([lines])))
    inside = shapely.point_on_surface(pieces)
    piece, overlap = shapely.STRtree(wide.shape).query(inside, predicate="intersects")
    owned: list[set[int]] = [set() for _ in pieces]
    for k, one in zip(piece, overlap, strict=True):
        owned[k].update(wide.pair[one].tolist())
    # A hole among them is no overlap.
    kept = [k for k, owners in enumerate(owned) if owners]
    return pieces[kept], [owned[k] for k in kept]


def _changed(
    codes: pd.Index, before: NDArray[np.object_], after: NDArray[np.object_], tolerance_m: float
) -> tuple[Finding, ...]:
    gained = shapely.area(shapely.difference(after, before))
    lost = shapely.area(shapely.difference(before, after))
    rows = np.flatnonzero(gained + lost >= LEAST_M2)
    if not len(rows):
        return ()
    cells = tuple(
        Cell("", 0, "geometry", f"gained {gained[k]:,.0f} m², lost {lost[k]:,.0f} m²", "", applied=True,
             id=str(codes[k]))
        for k in rows[np.argsort(-(gained + lost)[rows], kind="stable")]
    )  # fmt: skip
    return (Finding(
        "info", "villages", "slivers_closed", len(cells), tuple(f"{c.id} ({c.value})" for c in cells[:5]),
        f"gaps and overlaps up to {tolerance_m:g} m wide were closed (boundaries: tolerance_m); villages "
        f"gained {gained.sum():,.0f} m² and lost {lost.sum():,.0f} m² in all",
        "none needed", cells,
    ),)  # fmt: skip


def _gaps_left(villages: gpd.GeoDataFrame, tolerance_m: float) -> tuple[Finding, ...]:
    """Return a finding about the gaps inside the area that are wider than the tolerance."""
    shapes = villages.geometry.to_numpy()
    gaps = _gaps(shapes)
    gaps = gaps[shapely.area(gaps) >= LEAST_M2]
    if not len(gaps):
        return ()
    gaps = gaps[np.argsort(-shapely.area(gaps), kind="stable")]
    places = gpd.GeoSeries(shapely.point_on_surface(gaps), crs=villages.crs).to_crs(WGS84)
    near = shapely.STRtree(shapes).query(gaps, predicate="intersects")
    cells = tuple(
        Cell("", 0, "lon, lat", f"{place.x:.5f}, {place.y:.5f}: {area:,.0f} m²",
             id="/".join(villages.index[np.sort(near[1][near[0] == k])]),
             effect="a unit in it is in the nearest village within 50 m, or in none")
        for k, (place, area) in enumerate(zip(places, shapely.area(gaps), strict=True))
    )  # fmt: skip
    return (Finding(
        "info", "villages", "gaps_left", len(cells), tuple(f"{c.value} ({c.id})" for c in cells[:5]),
        f"gaps between villages are wider than {tolerance_m:g} m and stay, "
        f"{shapely.area(gaps).sum():,.0f} m² in all (lon, lat)",
        "none needed for a lake or another kabupaten's village; else correct the boundary file", cells,
    ),)  # fmt: skip
