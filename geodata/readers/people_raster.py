"""People of villages, and where they live, from a raster of any GDAL kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geodata.errors import EmptyAreaError
from geodata.files import limits
from geodata.readers.raster_cells import ROUNDING, Cells, area_km2, cells_in, outlines_in, places_in
from geodata.readers.rasters import opened
from geodata.runs import nearest_to_middle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.areafile import PeopleRaster

WHAT = "population"


@dataclass(frozen=True)
class RasterPeople:
    """What a raster says of the villages' people.

    Attributes
    ----------
    cells
        The parts of its cells in villages.
    of_cells
        float64 ``(parts of cells,)``, the people of each part; NaN where the raster has no value, or one
        below 0.
    villages
        The villages layer.
    outlines
        object ``(villages,)``, their polygons in the raster's CRS.
    outside, empty
        float64 ``(villages,)``: the share of the area outside the raster, and inside it without a number.
    smaller
        bool ``(villages,)``: smaller than a cell.
    own_crs
        What the raster itself says; None where it says nothing.
    bands, scale, offset
        How many bands it has; how numbers come from what is stored.
    top
        The number that the largest value of its type stands for.
    """

    cells: Cells
    of_cells: NDArray[np.float64]
    villages: gpd.GeoDataFrame
    outlines: NDArray[np.object_]
    outside: NDArray[np.float64]
    empty: NDArray[np.float64]
    smaller: NDArray[np.bool_]
    own_crs: pyproj.CRS | None
    bands: int
    scale: float
    offset: float
    top: float

    def by_village(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of values of parts of cells in each village, float64 ``(villages,)``.

        Parameters
        ----------
        values
            float64 ``(parts of cells,)``.
        """
        summed = np.bincount(self.cells.polygon, weights=values, minlength=len(self.villages))
        return np.asarray(summed, dtype=np.float64)

    @property
    def people(self) -> pd.Series[float]:
        """The people of each village, by its code; NaN where no cell of it has a number."""
        known = self.by_village(np.isfinite(self.of_cells).astype(np.float64)) > 0
        total = self.by_village(np.nan_to_num(self.of_cells))
        return pd.Series(np.where(known, total, np.nan), index=self.villages.index, name="people")


def read_people_raster(source: PeopleRaster, villages: gpd.GeoDataFrame) -> RasterPeople:
    """Return the people in each part of a raster's cells that lies in a village.

    A cell of several villages is divided by the area that each has of it.

    Parameters
    ----------
    source
        The raster: people in each cell, or per km².
    villages
        The villages layer (metric CRS).

    Raises
    ------
    MissingFileError, UnreadableFileError, MissingCrsError
    EmptyAreaError
        The raster covers no village.

    Examples
    --------
    Four cells of 10 people; the second lies half in each of two villages:

    >>> import rasterio
    >>> from geodata.areafile import PeopleRaster
    >>> file = getfixture("tmp_path") / "people.tif"
    >>> place = rasterio.Affine(100, 0, 500_000, 0, -100, 9_000_100)
    >>> with rasterio.open(file, "w", driver="GTiff", height=1, width=4, count=1, dtype="float64",
    ...                    crs="EPSG:32749", transform=place) as raster:
    ...     raster.write(np.full((1, 1, 4), 10.0))
    >>> outlines = shapely.box([500_000, 500_150], 9_000_000, [500_150, 500_400], 9_000_100)
    >>> villages = gpd.GeoDataFrame(geometry=outlines, crs="EPSG:32749").set_axis(["a", "b"], axis=0)
    >>> found = read_people_raster(PeopleRaster(path=file), villages)
    >>> found.people.tolist(), people_points(found).frame["people"].tolist()
    ([15.0, 25.0], [10.0, 5.0, 5.0, 10.0, 10.0])
    """
    file, band = source.path.name, source.band or 1
    with opened(source.path, source.crs, WHAT) as raster:
        outlines = outlines_in(villages.geometry, raster, WHAT, file)
        cells = cells_in(raster, band, outlines, WHAT, file)
        own_crs, bands = raster.own_crs, raster.dataset.count
        scale, offset = raster.dataset.scales[band - 1], raster.dataset.offsets[band - 1]
        top = _largest(raster.dataset.dtypes[band - 1]) * scale + offset
    if len(cells.row) == 0:
        msg = (
            f"{WHAT}: {file} does not cover the study area's villages. Check that it is the right raster, "
            "and that its CRS is right."
        )
        raise EmptyAreaError(msg)
    people = np.where(cells.value >= 0, cells.value, np.nan) * cells.share
    if source.unit == "people_per_km2":
        people = people * area_km2(cells, villages.crs)
    area = shapely.area(outlines)
    # Of its village's area.
    part = cells.covered * cells.size() / area[cells.polygon]
    inside = np.bincount(cells.polygon, weights=part, minlength=len(area))
    empty = np.bincount(cells.polygon, weights=np.where(np.isnan(people), part, 0.0), minlength=len(area))
    return RasterPeople(
        cells, people, villages, outlines,
        outside=np.where(inside > 1 - ROUNDING, 0.0, 1 - inside),
        empty=np.where(empty < ROUNDING, 0.0, empty),
        smaller=area < cells.size(),
        own_crs=own_crs, bands=bands, scale=scale, offset=offset, top=top,
    )  # fmt: skip


def _largest(dtype: str) -> float:
    """Return the largest value of a type of numbers.

    Examples
    --------
    >>> _largest("uint16"), _largest("int8")
    (65535.0, 127.0)
    """
    kind = np.dtype(dtype)
    return float(np.iinfo(kind).max if kind.kind in "iu" else np.finfo(kind).max)


class PeoplePoints(NamedTuple):
    """Where a raster has people.

    Attributes
    ----------
    frame
        Index ``point_id``; ``village_code``; ``people`` (float64, above 0), which add up to the village's;
        Point in its village (the villages' CRS).
    cells_a_side
        1, or where there are too many places, of how many cells in a row and as many rows each stands.
    """

    frame: gpd.GeoDataFrame
    cells_a_side: int


def people_points(found: RasterPeople) -> PeoplePoints:
    """Return the places where a raster has people: one in each part of a cell that lies in a village.

    Villages smaller than a cell have none: the raster does not know where in them people live. Where there
    are more places than a layer holds, those in squares of cells are brought together, village by village,
    at the one nearest to their middle person.
    """
    chosen = np.flatnonzero((found.of_cells > 0) & ~found.smaller[found.cells.polygon])
    cells, people, crs = found.cells.at(chosen), found.of_cells[chosen], found.villages.crs
    change = pyproj.Transformer.from_crs(cells.crs, crs, always_xy=True)
    xy = np.column_stack(change.transform(*places_in(cells, found.outlines).T))
    kept, total, side = np.arange(len(chosen)), people, 1
    while len(kept) > limits.PEOPLE_POINTS:
        side += 1
        kept, total = nearest_to_middle(xy, people, cells.polygon, cells.row // side, cells.column // side)
    codes = found.villages.index.to_numpy(dtype=object)[cells.polygon[kept]]
    frame = gpd.GeoDataFrame(
        {"village_code": pd.Series(codes, dtype="str").to_numpy(), "people": total},
        geometry=shapely.points(xy[kept]),
        index=pd.Index([f"p{i}" for i in range(1, len(kept) + 1)], name="point_id", dtype="str"),
        crs=crs,
    )
    return PeoplePoints(frame, side)
