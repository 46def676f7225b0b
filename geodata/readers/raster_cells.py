"""Which cells of a raster lie in polygons, how much of each, and what they hold.

The cells are found by exactextract (Baston, ISciences), which gives the covered share of each in single
precision. Nothing is resampled: the polygons come to the raster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geodata.errors import EmptyAreaError, UnreadableFileError
from geodata.files import limits
from geodata.runs import offsets

if TYPE_CHECKING:
    from affine import Affine
    from numpy.typing import NDArray

    from geodata.readers.rasters import OpenRaster

# Shares in single precision: of a cell that is covered wholly they add up to 1 within this.
ROUNDING = 2e-6
# Less than this of a cell is no part of it: the rounding of single precision.
LEAST_SHARE = 1e-7


@dataclass(frozen=True)
class Cells:
    """Parts of a raster's cells in polygons: one row for each cell and polygon that have area in common.

    Attributes
    ----------
    polygon
        int64 ``(parts,)``, the polygon's row; rows are in its order, then by row and column.
    row, column
        int64 ``(parts,)``, of the cell, counted from the raster's upper left.
    covered
        float64 ``(parts,)`` in (0, 1]: which share of the cell's area lies in the polygon.
    share
        float64 ``(parts,)`` in (0, 1]: which share of what is in the cell belongs to the polygon. As
        ``covered``, but over a cell that polygons cover wholly, or more than once, these add up to 1.
    value
        float64 ``(parts,)``: what the whole cell holds, with the raster's scale and offset; NaN = no
        value.
    transform, crs
        Where the raster lies: (column, row) → (x, y), and the CRS of these.
    """

    polygon: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    covered: NDArray[np.float64]
    share: NDArray[np.float64]
    value: NDArray[np.float64]
    transform: Affine
    crs: pyproj.CRS

    def at(self, rows: NDArray[np.int64]) -> Cells:
        """Return the rows of some numbers.

        Parameters
        ----------
        rows
            int64 ``(rows wanted,)``.

        Examples
        --------
        >>> from rasterio import Affine
        >>> one, zero, where = np.ones(1), np.zeros(1, np.int64), Affine(10, 0, 0, 0, -10, 100)
        >>> cells = Cells(zero, zero, zero + 2, one, one, one, where, "EPSG:32748")
        >>> cells.at(np.array([0, 0])).column.tolist()
        [2, 2]
        """
        names = ("polygon", "row", "column", "covered", "share", "value")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def size(self) -> float:
        """Return the area of a cell in the square of the CRS' unit."""
        return abs(self.transform.a * self.transform.e)


def outlines_in(polygons: gpd.GeoSeries, raster: OpenRaster, what: str, file: str) -> NDArray[np.object_]:
    """Return polygons in the raster's CRS, valid; corner by corner, as they are drawn.

    Returns
    -------
    outlines
        object ``(polygons,)``.

    Raises
    ------
    EmptyAreaError
        In the raster's CRS they have no place.
    """
    shape = np.asarray(polygons.to_crs(raster.crs).to_numpy(), dtype=object)
    if not np.isfinite(shapely.bounds(shape)).all():
        msg = (
            f"{what}: {file}: the study area has no place in its CRS ({raster.crs.name}). Correct it with "
            "crs: EPSG:…"
        )
        raise EmptyAreaError(msg)
    crossed = ~shapely.is_valid(shape)
    shape[crossed] = shapely.make_valid(shape[crossed], method="structure")
    return shape


def cells_in(raster: OpenRaster, band: int, polygons: NDArray[np.object_], what: str, file: str) -> Cells:
    """Return the cells that have area in common with polygons (the raster's CRS).

    Parameters
    ----------
    raster
        Open, its rows from north to south.
    band
        Which band, from 1.
    polygons
        object ``(polygons,)``, as from :func:`outlines_in`.
    what, file
        What messages call the raster.

    Raises
    ------
    UnreadableFileError
        No such band; rows that do not run from west to east and north to south; too many cells.

    Examples
    --------
    >>> from rasterio import Affine, MemoryFile
    >>> from geodata.readers.rasters import OpenRaster
    >>> grid = {"height": 1, "width": 2, "count": 1, "dtype": "float64", "crs": "EPSG:32748"}
    >>> memory = MemoryFile()
    >>> with memory.open(driver="GTiff", transform=Affine(10, 0, 0, 0, -10, 10), **grid) as file:
    ...     file.write(np.array([[[100.0, 120.0]]]))
    >>> raster = OpenRaster(memory.open(), pyproj.CRS("EPSG:32748"), None)
    >>> village = gpd.GeoSeries([shapely.box(0, 0, 15, 10)], crs="EPSG:32748")
    >>> cells = cells_in(raster, 1, outlines_in(village, raster, "people", "a.tif"), "people", "a.tif")
    >>> cells.value.tolist(), cells.covered.tolist()
    ([100.0, 120.0], [1.0, 0.5])
    """
    _require_readable(raster, band, what, file)
    _require_few(raster, polygons, what, file)
    polygon, number, covered = _covered(raster, polygons)
    row, column = np.divmod(number, raster.dataset.width)
    value = _values(raster, band, offsets(np.bincount(polygon, minlength=len(polygons))), row, column)
    share = _shares(number, covered)
    return Cells(polygon, row, column, covered, share, value, raster.dataset.transform, raster.crs)


def _require_readable(raster: OpenRaster, band: int, what: str, file: str) -> None:
    dataset, fault = raster.dataset, ""
    turned = dataset.transform.b != 0 or dataset.transform.d != 0
    if turned or dataset.transform.a <= 0 or dataset.transform.e >= 0:
        fault = (
            "has rows that do not run from west to east, and down from north to south. Turn it (gdalwarp)."
        )
    if band > dataset.count:
        fault = f"has no band {band}: {dataset.count} is the last. Correct band: in AREA.yml."
    if fault:
        msg = f"{what}: {file} {fault}"
        raise UnreadableFileError(msg)


def _require_few(raster: OpenRaster, polygons: NDArray[np.object_], what: str, file: str) -> None:
    """Raise UnreadableFileError where the boxes around the polygons hold too many cells of the raster."""
    left, bottom, right, top = np.clip(
        shapely.bounds(polygons).T,
        np.array(raster.dataset.bounds)[[0, 1, 0, 1], None],
        np.array(raster.dataset.bounds)[[2, 3, 2, 3], None],
    )
    pixel = abs(raster.dataset.transform.a * raster.dataset.transform.e)
    cells = float(((right - left) * (top - bottom)).sum()) / pixel
    if cells > limits.RASTER_CELLS:
        most = f"{limits.RASTER_CELLS:,} are the most"
        msg = (
            f"{what}: {file} has {cells:,.0f} cells around the villages; {most}. Make its cells larger, by "
            "sums: gdalwarp -r sum -tr WIDTH HEIGHT (of densities: -r average)."
        )
        raise UnreadableFileError(msg)


def _covered(
    raster: OpenRaster, polygons: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return polygon, number and covered share of each part of a cell."""
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    # Where the cells are, not what they hold: one zero stands for them all and takes no memory. A cell
    # without a value would else be left out.
    blank = np.broadcast_to(np.uint8(0), raster.dataset.shape)
    grid = NumPyRasterSource(blank, *raster.dataset.bounds, srs_wkt=raster.crs.to_wkt())
    frame = gpd.GeoDataFrame(geometry=polygons, crs=raster.crs)
    found = exact_extract(grid, frame, ["cell_id", "coverage"], output="pandas")
    count = [len(one) for one in found["cell_id"]]
    polygon = np.repeat(np.arange(len(polygons)), count)
    number = np.concatenate(found["cell_id"].to_list()).astype(np.int64)
    covered = np.concatenate(found["coverage"].to_list()).astype(np.float64)
    order = np.lexsort((number, polygon))
    order = order[covered[order] >= LEAST_SHARE]
    return polygon[order], number[order], covered[order]


def _shares(number: NDArray[np.int64], covered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return covered shares that add up to 1 over each cell that is covered wholly, or more than once."""
    _, cell = np.unique(number, return_inverse=True)
    total = np.bincount(cell, weights=covered)
    whole = total > 1.0 - ROUNDING
    shares: NDArray[np.float64] = covered / np.where(whole, total, 1.0)[cell]
    return shares


def _values(
    raster: OpenRaster,
    band: int,
    first: NDArray[np.int64],
    row: NDArray[np.int64],
    column: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return what the cells hold, read polygon by polygon, so that memory does not grow with the raster."""
    from rasterio.windows import Window

    value = np.full(len(row), np.nan)
    for start, stop in pairwise(first):
        if start == stop:
            continue
        down, across = row[start:stop], column[start:stop]
        top, left = int(down.min()), int(across.min())
        window = Window(left, top, int(across.max()) - left + 1, int(down.max()) - top + 1)
        read = raster.dataset.read(band, window=window, masked=True)
        value[start:stop] = read.astype(np.float64).filled(np.nan)[down - top, across - left]
    value = value * raster.dataset.scales[band - 1] + raster.dataset.offsets[band - 1]
    return np.where(np.isfinite(value), value, np.nan)


def corners(
    cells: Cells,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (left, bottom, right, top) of the cells, in the raster's CRS.

    Returns
    -------
    left, bottom, right, top
        float64 ``(parts,)`` each.

    Examples
    --------
    >>> from rasterio import Affine
    >>> one, zero, where = np.ones(1), np.zeros(1, np.int64), Affine(10, 0, 0, 0, -10, 100)
    >>> cells = Cells(zero, zero, zero + 2, one, one, one, where, "EPSG:32748")
    >>> [side.tolist() for side in corners(cells)]
    [[20.0], [90.0], [30.0], [100.0]]
    """
    change = cells.transform
    left = change.c + cells.column.astype(np.float64) * change.a
    top = change.f + cells.row.astype(np.float64) * change.e
    return left, top + change.e, left + change.a, top


def area_km2(cells: Cells, crs: object) -> NDArray[np.float64]:
    """Return each whole cell's area (km²) in a metric CRS.

    Parameters
    ----------
    cells
        Parts of cells.
    crs
        Metric.

    Returns
    -------
    area_km2
        float64 ``(parts,)``.

    Examples
    --------
    >>> from rasterio import Affine
    >>> one, zero, where = np.ones(1), np.zeros(1, np.int64), Affine(10, 0, 0, 0, -10, 100)
    >>> cells = Cells(zero, zero, zero + 2, one, one, one, where, "EPSG:32748")
    >>> area_km2(cells, "EPSG:32748").tolist()
    [0.0001]
    """
    left, bottom, right, top = corners(cells)
    change = pyproj.Transformer.from_crs(cells.crs, crs, always_xy=True)
    ring = [change.transform(x, y) for x, y in ((left, bottom), (right, bottom), (right, top), (left, top))]
    twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))
    return np.asarray(np.abs(twice) / 2e6, dtype=np.float64)


def places_in(cells: Cells, polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return a place of each cell's part in its polygon: the cell's middle where that is in it.

    Parameters
    ----------
    cells
        Of which points are wanted.
    polygons
        object ``(polygons,)``, the raster's CRS, as the cells were found with.

    Returns
    -------
    float64 ``(cells, 2)``, x and y in the raster's CRS.

    Examples
    --------
    >>> from rasterio import Affine
    >>> one, zero, where = np.ones(1), np.zeros(1, np.int64), Affine(10, 0, 0, 0, -10, 100)
    >>> cells = Cells(zero, zero, zero + 2, one, one, one, where, "EPSG:32748")
    >>> import shapely
    >>> places_in(cells, np.array([shapely.box(0, 0, 100, 100)])).tolist()
    [[25.0, 95.0]]
    """
    left, bottom, right, top = corners(cells)
    x, y = (left + right) / 2, (bottom + top) / 2
    cut = np.flatnonzero(cells.covered < 1.0)
    of = polygons[cells.polygon[cut]]
    shapely.prepare(of)
    away = ~shapely.contains_xy(of, x[cut], y[cut])
    cut, of = cut[away], of[away]
    part = shapely.intersection(shapely.box(left[cut], bottom[cut], right[cut], top[cut]), of)
    inner = shapely.point_on_surface(part)
    some = ~shapely.is_empty(inner)
    x[cut[some]], y[cut[some]] = shapely.get_coordinates(inner[some]).T
    return np.column_stack([x, y])
