"""Rasters cut to an area: pixels as they are, none resampled."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import EmptyAreaError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rasterio.windows import Window

    from geodata.downloads.osm_area import Box

# Two grids are one where their pixels lie this close (in pixels).
SAME_GRID = 0.01
# rasterio ships no types.
Raster = Any


def cut_rasters(files: Sequence[Path], out: Path, box: Box, *, what: str) -> tuple[int, int]:
    """Write the pixels of tiles that touch a box as one GeoTIFF; returns its width and height in pixels.

    Parameters
    ----------
    files
        Tiles of one grid (EPSG:4326, equal pixels); where none lies, the result has no value.
    out
        The GeoTIFF to write.
    box
        West, south, east, north, degrees.
    what
        What messages call it.

    Raises
    ------
    UnreadableFileError
        A tile that cannot be read, or of another grid than the first.
    EmptyAreaError
        No tile touches the box.
    """
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with ExitStack() as open_files:
            tiles = [open_files.enter_context(rasterio.open(f, driver="GTiff")) for f in files]
            return _mosaic(tiles, out, box, what)
    except RasterioError as error:
        msg = f"{what}: a raster cannot be read: {' '.join(str(error).split())}. Fetch it again."
        raise UnreadableFileError(msg) from error


def _mosaic(tiles: list[Any], out: Path, box: Box, what: str) -> tuple[int, int]:
    import rasterio

    # Each with the window of the box in it, in whole pixels of the first one's grid.
    whole = _window(tiles[0].transform, box) if tiles else None
    near = [] if whole is None else [(t, *_overlap(tiles[0], t, whole, what)) for t in tiles]
    near = [(t, read, write) for t, read, write in near if read.width > 0 and read.height > 0]
    if whole is None or not near:
        msg = f"{what}: the raster does not cover the area. Leave it out with --without {what}."
        raise EmptyAreaError(msg)
    first = near[0][0]
    west, north = _corner(tiles[0].transform, whole)
    nodata = first.nodata if first.nodata is not None else _no_value(first.dtypes[0])
    size = (int(whole.width), int(whole.height))
    turned = rasterio.Affine(tiles[0].transform.a, 0, west, 0, tiles[0].transform.e, north)
    with rasterio.open(
        out, "w", driver="GTiff", width=size[0], height=size[1], count=1, dtype=first.dtypes[0],
        crs=first.crs, transform=turned, nodata=nodata, compress="deflate", tiled=True,
        blockxsize=256, blockysize=256,
    ) as target:  # fmt: skip
        target.scales, target.offsets, target.units = first.scales[:1], first.offsets[:1], first.units[:1]
        target.write(np.full((size[1], size[0]), nodata, dtype=first.dtypes[0]), 1)
        for tile, read, write in near:
            target.write(tile.read(1, window=read), 1, window=write)
    return size


def _window(transform: Any, box: Box) -> Window:  # noqa: ANN401 - rasterio ships no types
    """Return the whole pixels that a box touches."""
    from rasterio.windows import Window

    west, south, east, north = box
    left, top = _pixel(transform, west, north)
    right, bottom = _pixel(transform, east, south)
    column, row = np.floor(left), np.floor(top)
    return Window(int(column), int(row), int(np.ceil(right) - column), int(np.ceil(bottom) - row))


def _pixel(transform: Raster, x: float, y: float) -> tuple[float, float]:
    """Return column and row of a place on a grid whose north is up."""
    return (x - transform.c) / transform.a, (y - transform.f) / transform.e


def _corner(transform: Raster, window: Window) -> tuple[float, float]:
    return transform.c + window.col_off * transform.a, transform.f + window.row_off * transform.e


def _overlap(first: Raster, tile: Raster, whole: Window, what: str) -> tuple[Window, Window]:
    """Return what to read of a tile, and where it belongs in the result."""
    from rasterio.windows import Window

    column, row = _pixel(first.transform, tile.transform.c, tile.transform.f)
    pixel = np.array([first.transform.a, first.transform.e])
    turned = any((first.transform.b, first.transform.d, tile.transform.b, tile.transform.d))
    same = not turned and np.allclose([tile.transform.a, tile.transform.e], pixel, rtol=1e-6)
    if (
        not same
        or first.crs != tile.crs
        or max(abs(column - round(column)), abs(row - round(row))) > SAME_GRID
    ):
        msg = f"{what}: two tiles are of different grids. Give tiles of one kind."
        raise UnreadableFileError(msg)
    left, top = max(round(column), whole.col_off), max(round(row), whole.row_off)
    right = min(round(column) + tile.width, whole.col_off + whole.width)
    bottom = min(round(row) + tile.height, whole.row_off + whole.height)
    width, height = max(right - left, 0), max(bottom - top, 0)
    return (
        Window(left - round(column), top - round(row), width, height),
        Window(left - whole.col_off, top - whole.row_off, width, height),
    )


def _no_value(dtype: str) -> float:
    """Return what stands for "no value" where tiles do not say."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return float("nan")
    # The smallest of an unsigned type is 0, which is a value like others.
    return float(np.iinfo(kind).min if kind.kind == "i" else np.iinfo(kind).max)
