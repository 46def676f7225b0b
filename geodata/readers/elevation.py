"""Heights along roads, sampled from an elevation raster of any GDAL kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from geodata.errors import EmptyAreaError
from geodata.layers import Finding, rows_about
from geodata.readers.rasters import opened
from geodata.readers.result import ReadLayer
from geodata.runs import offsets

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import rasterio
    from numpy.typing import NDArray

WHAT = "elevation"
# A raster is read in squares of this many pixels: memory does not grow with it.
TILE = 2048
# Nothing on land is lower or higher: the Dead Sea, Mount Everest.
LOWEST_M, HIGHEST_M = -450.0, 8900.0
# Steeper than this between two heights of a road (rise ÷ run) is a spike of the raster, not a road.
STEEPEST = 1.0
# What rasters say of their unit, in metres; none is metres, and of others a finding says so.
UNITS_M = {
    **dict.fromkeys(("", "m", "metre", "metres", "meter", "meters", "metre(s)", "meter(s)", "mdpl"), 1.0),
    **dict.fromkeys(("ft", "feet", "foot", "international foot", "international feet", "kaki"), 0.3048),
    **dict.fromkeys(("us survey foot", "us survey feet", "us-ft", "ftus"), 1200.0 / 3937.0),
    **dict.fromkeys(("dm", "decimetre", "decimetres", "decimeter", "decimeters", "desimeter"), 0.1),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeter", "centimeters", "sentimeter"), 0.01),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters", "milimeter"), 0.001),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1000.0),
}


def add_heights(
    roads: gpd.GeoDataFrame, path: Path, spacing_m: float, *, crs: str | None = None
) -> ReadLayer:
    """Return the roads with ``heights_m``: heights at equal steps along each, its two ends included.

    Parameters
    ----------
    roads
        The roads layer (metric CRS).
    path
        The raster: its first band, metres above the sea; its scale, offset and unit are applied.
    spacing_m
        The longest step. Steps shorter than a pixel would measure the raster's noise.
    crs
        The raster's CRS, where it does not say.

    Returns
    -------
    roads
        With ``heights_m``, float32 lists; empty for ferries and waterways, and where the raster knows
        nothing of a road. Bridges and tunnels rise evenly from end to end.
    findings
        Roads without heights, which count as flat; slopes that nobody walks; heights at the largest or the
        smallest value that the raster's type can hold; a unit that is not known.

    Raises
    ------
    MissingFileError, UnreadableFileError, MissingCrsError, EmptyAreaError
    """
    afloat = (roads["route"].notna() | (roads["road_class"] == "waterway")).to_numpy()
    steps = _steps(roads, spacing_m)
    # Of each place along a road, the road's row.
    road, first = np.repeat(np.arange(len(roads)), steps + 1), offsets(steps + 1)
    share = (np.arange(len(road)) - first[road]) / steps[road]
    at = shapely.line_interpolate_point(roads.geometry.to_numpy()[road], share, normalized=True)
    height, at_limit, unit = _heights_at(path, shapely.get_coordinates(at), roads.crs, crs)
    # Rasters that do not declare their "no value" carry -9999, 32767 and the like.
    height[(height < LOWEST_M) | (height > HIGHEST_M) | afloat[road]] = np.nan
    known = np.bincount(road, weights=np.isfinite(height), minlength=len(roads)) == steps + 1
    if not known.any():
        msg = (
            f"{WHAT}: {path.name} does not cover the study area's roads. Check that it is the right raster, "
            "or leave elevation: out."
        )
        raise EmptyAreaError(msg)
    cells = [h.astype(np.float32) if k else np.empty(0, np.float32)
             for h, k in zip(np.split(height, first[1:-1]), known, strict=True)]  # fmt: skip
    frame = roads.assign(heights_m=pd.Series(cells, index=roads.index, dtype=object))
    stuck = np.bincount(road[at_limit & ~afloat[road]], minlength=len(roads)) > 0
    steep = _steepest(height, road, roads["length_m"].to_numpy() / steps) > STEEPEST
    found = _findings(frame.index, ~known & ~afloat, known & steep, known & stuck)
    return ReadLayer(frame, (*found, *_unit_finding(unit, path.name)))


def _unit_finding(unit: str, file: str) -> tuple[Finding, ...]:
    if unit in UNITS_M:
        return ()
    return (Finding(
        "warning", "roads", "height_unit", 1, (unit,),
        f"{file}: the unit of the heights is not known; they are taken as metres",
        "write a raster in metres, as with gdal_translate -scale",
    ),)  # fmt: skip


def _steps(roads: gpd.GeoDataFrame, spacing_m: float) -> NDArray[np.int64]:
    """Return in how many equal steps each road is measured."""
    steps: NDArray[np.int64] = np.maximum(1, np.ceil(roads["length_m"].to_numpy() / spacing_m)).astype(
        np.int64
    )
    # What lies under a bridge, or over a tunnel, is not the way.
    steps[(roads["bridge"] | roads["tunnel"]).to_numpy()] = 1
    return steps


def _findings(
    ids: pd.Index, without: NDArray[np.bool_], steep: NDArray[np.bool_], stuck: NDArray[np.bool_]
) -> tuple[Finding, ...]:
    """Return what to say of roads without heights, of steep ones and of those at the type's limit."""
    return (
        *_finding("no_height", ids[without],
                  "roads that the elevation raster does not cover count as flat",
                  "give a raster that covers them"),
        *_finding("steep_road", ids[steep],
                  f"roads steeper than {STEEPEST:.0%}: spikes of the raster; they count as that steep",
                  "look at the raster there, or give a smoother one"),
        *_finding("height_at_limit", ids[stuck],
                  "roads with heights at the largest or smallest value of the raster's type: what lies "
                  "beyond was cut off", "give a raster of a larger type (int16, float32)"),
    )  # fmt: skip


def _finding(rule: str, ids: pd.Index, message: str, action: str) -> tuple[Finding, ...]:
    if len(ids) == 0:
        return ()
    return (Finding("warning", "roads", rule, len(ids), tuple(ids[:5]), message, action, rows_about(ids)),)


def _steepest(
    height: NDArray[np.float64], road: NDArray[np.int64], step_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the steepest slope (rise ÷ run, either way) between two neighbouring heights of each road."""
    same = road[1:] == road[:-1]
    of = road[1:][same]
    rise = np.nan_to_num(np.abs(np.diff(height)[same]))
    slope = np.divide(rise, step_m[of], out=np.zeros_like(rise), where=step_m[of] > 0)
    out = np.zeros(len(step_m))
    np.maximum.at(out, of, slope)
    return out


def _heights_at(
    path: Path, xy: NDArray[np.float64], xy_crs: object, crs: str | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_], str]:
    """Return the raster's heights (m) at places, where they stand at the limit of its type, and its unit."""
    with opened(path, crs, WHAT) as raster:
        change = pyproj.Transformer.from_crs(xy_crs, raster.crs, always_xy=True)
        stored = sample(raster.dataset, np.column_stack(change.transform(xy[:, 0], xy[:, 1])))
        return in_metres(raster.dataset, stored), _at_limit(raster.dataset, stored), _unit(raster.dataset)


def _unit(raster: rasterio.DatasetReader) -> str:
    """Return the word that a raster has for the unit of its heights."""
    return " ".join((raster.units[0] or "").lower().split())


def in_metres(raster: rasterio.DatasetReader, stored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return heights in metres from the values that a raster stores: by its scale, offset and unit.

    Parameters
    ----------
    raster
        Open; its first band counts.
    stored
        float64, any shape: values, NaN = unknown.

    Returns
    -------
    height_m
        float64, of the same shape.

    Examples
    --------
    >>> from rasterio import Affine, MemoryFile
    >>> grid = {"height": 1, "width": 2, "count": 1, "dtype": "float64", "crs": "EPSG:32748"}
    >>> memory = MemoryFile()
    >>> with memory.open(driver="GTiff", transform=Affine(10, 0, 0, 0, -10, 10), **grid) as raster:
    ...     raster.write(np.array([[[100.0, 120.0]]]))
    >>> raster = memory.open()
    >>> in_metres(raster, np.array([100.0, np.nan])).tolist()
    [100.0, nan]
    """
    unit_m = UNITS_M.get(_unit(raster), 1.0)
    return np.asarray((stored * raster.scales[0] + raster.offsets[0]) * unit_m, dtype=np.float64)


def _at_limit(raster: rasterio.DatasetReader, stored: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which values are the largest or the smallest that a whole-number type holds.

    The smallest of an unsigned type is 0, which is a height like others.
    """
    kind = np.dtype(raster.dtypes[0])
    if kind.kind not in "iu":
        return np.zeros(len(stored), dtype=bool)
    limits = np.iinfo(kind)
    low = limits.min if kind.kind == "i" else -1
    return np.asarray((stored >= limits.max) | (stored <= low), dtype=bool)


def sample(raster: rasterio.DatasetReader, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the first band's stored values at places, between pixel middles.

    NaN outside the raster, and where a pixel beside the place has no value.

    Parameters
    ----------
    raster
        Open; its first band counts.
    xy
        float64 ``(places, 2)``, in the raster's CRS.

    Returns
    -------
    stored
        float64 ``(places,)``.

    Examples
    --------
    >>> from rasterio import Affine, MemoryFile
    >>> grid = {"height": 1, "width": 2, "count": 1, "dtype": "float64", "crs": "EPSG:32748"}
    >>> memory = MemoryFile()
    >>> with memory.open(driver="GTiff", transform=Affine(10, 0, 0, 0, -10, 10), **grid) as raster:
    ...     raster.write(np.array([[[100.0, 120.0]]]))
    >>> raster = memory.open()
    >>> sample(raster, np.array([[5.0, 5.0], [10.0, 5.0], [99.0, 5.0]])).tolist()
    [100.0, 110.0, nan]
    """
    column, row = _pixels(raster, xy)
    out = np.full(len(xy), np.nan)
    inside = (column >= -0.5) & (row >= -0.5) & (column <= raster.width - 0.5) & (row <= raster.height - 0.5)
    # Within half a pixel of the rim the nearest pixels count.
    column = np.clip(column, 0, raster.width - 1)
    row = np.clip(row, 0, raster.height - 1)
    tile = (row // TILE).astype(np.int64) * (raster.width // TILE + 1) + (column // TILE).astype(np.int64)
    tile[~inside] = -1
    for number in np.unique(tile[inside]):
        mine = np.flatnonzero(tile == number)
        out[mine] = _bilinear(raster, column[mine], row[mine])
    return out


def _pixels(
    raster: rasterio.DatasetReader, xy: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return fractional (column, row) counted from the middle of the first pixel."""
    inverse = ~raster.transform
    column = inverse.a * xy[:, 0] + inverse.b * xy[:, 1] + inverse.c - 0.5
    row = inverse.d * xy[:, 0] + inverse.e * xy[:, 1] + inverse.f - 0.5
    return column, row


def _bilinear(
    raster: rasterio.DatasetReader, column: NDArray[np.float64], row: NDArray[np.float64]
) -> NDArray[np.float64]:
    from rasterio.windows import Window

    left, top = int(column.min()), int(row.min())
    width = min(int(column.max()) + 2, raster.width) - left
    height = min(int(row.max()) + 2, raster.height) - top
    read = raster.read(1, window=Window(left, top, width, height), masked=True)
    band = read.astype(np.float64).filled(np.nan)
    c0 = np.minimum((column - left).astype(np.int64), max(width - 2, 0))
    r0 = np.minimum((row - top).astype(np.int64), max(height - 2, 0))
    c1, r1 = np.minimum(c0 + 1, width - 1), np.minimum(r0 + 1, height - 1)
    across, down = column - left - c0, row - top - r0
    upper = _blend(band[r0, c0], band[r0, c1], across)
    lower = _blend(band[r1, c0], band[r1, c1], across)
    return _blend(upper, lower, down)


def _blend(a: NDArray[np.float64], b: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values between a and b; at either end the other does not matter."""
    return np.where(share <= 0, a, np.where(share >= 1, b, a + (b - a) * share))
