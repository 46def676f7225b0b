"""The relief under a study area, for its maps alone: one picture of light and shadow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geodata.crs import WGS84
from geodata.errors import MissingCrsError
from geodata.readers.elevation import HIGHEST_M, LOWEST_M, in_metres
from geodata.readers.rasters import opened

if TYPE_CHECKING:
    from pathlib import Path

    import rasterio
    from numpy.typing import NDArray

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
        where there is nothing to be seen: the raster does not reach the villages, is too coarse, or flat.

    Raises
    ------
    MissingFileError, UnreadableFileError
    MissingCrsError
        The raster does not say its CRS, or lies nowhere in it.
    """
    west, south, east, north = villages.total_bounds
    margin = 0.25 * max(east - west, north - south)
    box = gpd.GeoSeries(
        [shapely.box(west - margin, south - margin, east + margin, north + margin)], crs=villages.crs
    )
    edges = box.to_crs(WEB_MERCATOR).total_bounds
    with opened(path, crs, "elevation") as raster:
        # Finer than the raster, its cells would be stairs.
        finest = _cell_m(raster.dataset, raster.crs)
        if not np.isfinite(finest):
            msg = f"elevation: {path.name} lies nowhere in {crs or raster.crs.name}. Correct its crs:."
            raise MissingCrsError(msg)
        a_pixel = max(finest, max(edges[2] - edges[0], edges[3] - edges[1]) / MOST_PIXELS)
        columns = max(1, round((edges[2] - edges[0]) / a_pixel))
        rows = max(1, round((edges[3] - edges[1]) / a_pixel))
        metres = _warped(raster.dataset, raster.crs, edges, (rows, columns))
    metres[(metres < LOWEST_M) | (metres > HIGHEST_M)] = np.nan
    corners = gpd.GeoSeries(shapely.points(edges.reshape(2, 2)), crs=WEB_MERCATOR).to_crs(WGS84)
    degrees = dict(zip(SIDES, corners.total_bounds.tolist(), strict=True))
    # A metre of the projection is shorter on the ground, the more so the further from the equator.
    shorter = np.cos(np.radians((degrees["south"] + degrees["north"]) / 2))
    light = hillshade(metres, shorter * (edges[2] - edges[0]) / columns)
    # By what the picture would show of it.
    if not _strength(light).any():
        return gpd.GeoDataFrame({name: [] for name in ("png", *SIDES)}, geometry=[], crs=villages.crs)
    return gpd.GeoDataFrame(
        {"png": [_picture(light)], **{side: [at] for side, at in degrees.items()}},
        geometry=box.to_list(), crs=villages.crs, index=pd.Index(["relief"], name="relief_id", dtype="str"),
    )  # fmt: skip


def _warped(
    raster: rasterio.DatasetReader, crs: pyproj.CRS, edges: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the heights (metres, NaN = unknown) in a grid of Web Mercator between some edges."""
    from affine import Affine
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    rows, columns = shape
    across, down = (edges[2] - edges[0]) / columns, (edges[3] - edges[1]) / rows
    # With a "no value" of our own: else what lies beside a raster that names none is the sea, 0 and known.
    with WarpedVRT(
        raster, src_crs=crs.to_wkt(), crs=WEB_MERCATOR, resampling=Resampling.bilinear,
        dtype="float64", nodata=np.nan,
        transform=Affine(across, 0.0, edges[0], 0.0, -down, edges[3]), width=columns, height=rows,
    ) as warped:  # fmt: skip
        found = warped.read(1)
    return in_metres(raster, found)


def _cell_m(raster: rasterio.DatasetReader, crs: pyproj.CRS) -> float:
    """Return how wide the raster's middle cell is in Web Mercator."""
    grid, row = raster.transform, raster.height / 2
    columns = raster.width / 2 + np.array([0.0, 1.0])
    x, y = pyproj.Transformer.from_crs(crs, WEB_MERCATOR, always_xy=True).transform(
        grid.a * columns + grid.b * row + grid.c, grid.d * columns + grid.e * row + grid.f
    )
    # Of no place the projection says inf.
    return float(np.hypot(*np.diff([x, y], axis=1).ravel())) if np.isfinite([x, y]).all() else np.inf


def hillshade(height_m: NDArray[np.float64], pixel_m: float) -> NDArray[np.float64]:
    """Return how much light from the north-west, 45° above the horizon, falls on a grid of heights.

    Parameters
    ----------
    height_m
        float64 ``(rows, columns)``, metres, the first row in the north; NaN = unknown.
    pixel_m
        The side of a cell (metres).

    Returns
    -------
    light
        float64 ``(rows, columns)``, from -1 (all dark) over 0 (flat, or unknown) to 1 (all light):
        Lambert's cosine of the slope, twice as steep as it is, against that of the flat.

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


def _strength(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each cell of the picture covers (0 to 1), in a few steps."""
    strength: NDArray[np.float64] = np.where(light < 0, -light * SHADOW, light * LIGHT)
    return np.round(strength * STEPS) / STEPS


def _picture(light: NDArray[np.float64]) -> bytes:
    """Return a PNG that darkens and lightens what lies below it."""
    from PIL import Image

    alpha = (255 * _strength(light)).astype(np.uint8)
    grey = np.where((light < 0) | (alpha == 0), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.dstack([grey, alpha]), "LA").save(file, "PNG", optimize=True)
    return file.getvalue()
