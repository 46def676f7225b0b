"""What lies around and under a study area, for its maps alone: neighbouring kabupaten, and the relief."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geodata.codes import parse_village_code, regency_of
from geodata.crs import WGS84
from geodata.readers.columns import Columns, known_heads
from geodata.readers.elevation import HIGHEST_M, LOWEST_M, in_metres
from geodata.readers.files.opening import source_record
from geodata.readers.files.vector import read_vector
from geodata.readers.rasters import opened
from geodata.readers.result import ReadLayer

if TYPE_CHECKING:
    from pathlib import Path

    import rasterio
    from numpy.typing import NDArray

    from geodata.areafile import BoundariesFile, NeighboursFile

# Outlines are drawn pale and small: finer than this nobody sees.
TOLERANCE_M = 30.0
# Two maps of one border differ; what is thinner than this between them is no neighbour.
SLIVER_M = 150.0
# The longer side of the relief's picture, in pixels, and its darkest shadow and brightest light (0 to 1).
MOST_PIXELS = 800
SHADOW, LIGHT = 0.55, 0.35
# So few steps of grey that the picture stays small.
STEPS = 24
LEAST_PIXELS = 2
# Hills of a coastal kabupaten would hardly be seen as they are.
EXAGGERATION = 2.0
WEB_MERCATOR = "EPSG:3857"
SIDES = ("west", "south", "east", "north")


def read_neighbours(
    source: NeighboursFile | BoundariesFile, villages: gpd.GeoDataFrame, zone: shapely.Geometry
) -> ReadLayer:
    """Read the outlines of what lies around the area: kabupaten, or the villages of other kabupaten.

    Parameters
    ----------
    source
        Polygons; those of one name (``name:``, or the kabupaten of a boundary file) become one.
    villages, zone
        The area's villages, and what is near (:func:`geodata.readers.roads.study_zone`), in one metric CRS.

    Returns
    -------
    neighbours
        Index ``neighbour_id``; ``name`` ("" = unknown), MultiPolygon in the villages' CRS, cut to the zone,
        without the area itself. Empty where nothing lies around.

    Raises
    ------
    InputError
        The file cannot be read, or has no such column.
    """
    raw = read_vector(source, "neighbours")
    columns = Columns(raw, known_heads(source, "boundaries"), "neighbours")
    names = _names(columns, source)
    shapes = raw.geometry.to_crs(villages.crs)
    near = shapes.intersects(zone).to_numpy() & ~shapes.is_empty.to_numpy()
    shapes, names = shapes[near], names[near]
    own = shapely.union_all(
        shapely.buffer(shapely.simplify(villages.geometry.to_numpy(), TOLERANCE_M), SLIVER_M)
    )
    made = {}
    for name in dict.fromkeys(names):
        parts = shapely.make_valid(shapes[(names == name).to_numpy()].to_numpy(), method="structure")
        # Villages that do not quite meet would leave lines within a kabupaten.
        whole = shapely.buffer(shapely.union_all(shapely.buffer(parts, TOLERANCE_M)), -TOLERANCE_M)
        rest = shapely.simplify(shapely.difference(shapely.intersection(whole, zone), own), TOLERANCE_M)
        kept = [p for p in shapely.get_parts([rest]) if not shapely.is_empty(shapely.buffer(p, -SLIVER_M))]
        if kept:
            made[name] = shapely.multipolygons(kept)
    frame = gpd.GeoDataFrame(
        {"name": list(made)}, geometry=list(made.values()), crs=villages.crs,
        index=pd.Index([f"n{i}" for i in range(1, len(made) + 1)], name="neighbour_id", dtype="str"),
    )  # fmt: skip
    return ReadLayer(frame.astype({"name": "str"}), (), source_record("neighbours", source))


def _names(columns: Columns, source: NeighboursFile | BoundariesFile) -> pd.Series[str]:
    """Return what each row belongs to: its kabupaten by name, else by code."""
    named = getattr(source, "regency", None) or (source.name if not hasattr(source, "regency") else None)
    text = columns.text(named, "regency")
    if text.isna().all() and not hasattr(source, "regency"):
        text = columns.text(source.name, "name")
    codes = columns.text(getattr(source, "code", None), "code").map(
        lambda t: regency_of(c) if isinstance(t, str) and (c := parse_village_code(t)) else None
    )
    return text.fillna(codes).fillna("").astype("str")


def read_relief(path: Path, villages: gpd.GeoDataFrame, *, crs: str | None = None) -> gpd.GeoDataFrame:
    """Return the shaded relief of an elevation raster around the villages, as a picture for a web map.

    Parameters
    ----------
    path
        The raster: its first band; heights in metres (a picture of relief needs no more).
    villages
        The villages layer (metric CRS).
    crs
        The raster's CRS, where it does not say.

    Returns
    -------
    relief
        One row: ``png`` (bytes; clear where it is flat or unknown), its edges ``west``, ``south``, ``east``,
        ``north`` (float64, degrees; its rows are even in Web Mercator); Polygon in the villages' CRS. No row
        where the raster does not reach the villages.

    Raises
    ------
    MissingFileError, UnreadableFileError, MissingCrsError
    """
    from affine import Affine
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    west, south, east, north = villages.total_bounds
    margin = 0.25 * max(east - west, north - south)
    box = gpd.GeoSeries(
        [shapely.box(west - margin, south - margin, east + margin, north + margin)], crs=villages.crs
    )
    edges = box.to_crs(WEB_MERCATOR).total_bounds
    with opened(path, crs, "elevation") as raster:
        own = raster.dataset
        finest = _cell_m(own, raster.crs)
        # Finer than the raster, its cells would be stairs.
        a_pixel = max(finest, max(edges[2] - edges[0], edges[3] - edges[1]) / MOST_PIXELS)
        width = max(1, round((edges[2] - edges[0]) / a_pixel))
        height = max(1, round((edges[3] - edges[1]) / a_pixel))
        step = ((edges[2] - edges[0]) / width, (edges[3] - edges[1]) / height)
        with WarpedVRT(
            own, src_crs=raster.crs.to_wkt(), crs=WEB_MERCATOR, resampling=Resampling.bilinear,
            transform=Affine(step[0], 0.0, edges[0], 0.0, -step[1], edges[3]), width=width, height=height,
        ) as warped:  # fmt: skip
            found = warped.read(1, masked=True, out_dtype=np.float64)
        metres = in_metres(own, np.ma.filled(found, np.nan))
    metres[(metres < LOWEST_M) | (metres > HIGHEST_M)] = np.nan
    if not np.isfinite(metres).any():
        return gpd.GeoDataFrame({name: [] for name in ("png", *SIDES)}, geometry=[], crs=villages.crs)
    corners = gpd.GeoSeries(shapely.points(edges.reshape(2, 2)), crs=WEB_MERCATOR).to_crs(WGS84)
    degrees = dict(zip(SIDES, corners.total_bounds.tolist(), strict=True))
    # A metre of the projection is shorter on the ground, the more so the further from the equator.
    ground_m = a_pixel * np.cos(np.radians((degrees["south"] + degrees["north"]) / 2))
    return gpd.GeoDataFrame(
        {"png": [_picture(hillshade(metres, ground_m))], **{side: [at] for side, at in degrees.items()}},
        geometry=box.to_list(), crs=villages.crs, index=pd.Index(["relief"], name="relief_id", dtype="str"),
    )  # fmt: skip


def _cell_m(raster: rasterio.DatasetReader, crs: pyproj.CRS) -> float:
    """Return how wide the raster's middle cell is in Web Mercator."""
    grid, row = raster.transform, raster.height / 2
    columns = raster.width / 2 + np.array([0.0, 1.0])
    x, y = pyproj.Transformer.from_crs(crs, WEB_MERCATOR, always_xy=True).transform(
        grid.a * columns + grid.b * row + grid.c, grid.d * columns + grid.e * row + grid.f
    )
    return float(np.hypot(x[1] - x[0], y[1] - y[0]))


def hillshade(height_m: NDArray[np.float64], pixel_m: float) -> NDArray[np.float64]:
    """Return how much light from the north-west, 45° above the horizon, falls on a grid of heights.

    Parameters
    ----------
    height_m
        float64 (rows, columns), metres, the first row in the north; NaN = unknown.
    pixel_m
        The side of a cell (metres).

    Returns
    -------
    light
        float64 (rows, columns), from -1 (all dark) over 0 (flat, or unknown) to 1 (all light): Lambert's
        cosine of the slope, twice as steep as it is, against that of the flat.

    Examples
    --------
    >>> hillshade(np.zeros((2, 2)), 100.0).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    >>> towards_the_light = hillshade(np.array([[0.0, 50.0], [0.0, 50.0]]), 100.0)
    >>> bool((towards_the_light > 0).all())
    True
    """
    if min(height_m.shape) < LEAST_PIXELS:
        return np.zeros_like(height_m)
    south, east = np.gradient(EXAGGERATION * height_m, pixel_m)
    # Of the slope's upward normal (-east, south, 1) with the light's direction (-1, 1, √2) / 2.
    cosine = (east + south + np.sqrt(2.0)) / (2.0 * np.sqrt(east**2 + south**2 + 1.0))
    flat = np.sqrt(0.5)
    light = np.where(cosine < flat, cosine.clip(0.0) / flat - 1.0, (cosine - flat) / (1.0 - flat))
    out: NDArray[np.float64] = np.nan_to_num(light, nan=0.0)
    return out


def _picture(light: NDArray[np.float64]) -> bytes:
    """Return a PNG that darkens and lightens what lies below it."""
    from PIL import Image

    strength = np.round(np.where(light < 0, -light * SHADOW, light * LIGHT) * STEPS) / STEPS
    alpha = (255 * strength).astype(np.uint8)
    grey = np.where((light < 0) | (alpha == 0), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.dstack([grey, alpha]), "LA").save(file, "PNG", optimize=True)
    return file.getvalue()
