"""Files beside a study area: places where something could be opened, and areas where it must not."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geodata.areafile import FileSource, HamletsFile
from geodata.crs import WGS84
from geodata.errors import EmptyAreaError
from geodata.readers.areas import POLYGONS, read_shapes
from geodata.readers.columns import Columns
from geodata.readers.coordinates import refuse_foreign
from geodata.readers.hamlets import rows_and_points
from geodata.vocabulary.columns import layer_columns

PLACES, AREAS = "candidate places", "excluded areas"


def read_places(path: str | Path) -> gpd.GeoDataFrame:
    r"""Read places from a table with latitude and longitude, or from a vector file.

    Parameters
    ----------
    path
        CSV or XLSX with columns such as ``lintang``, ``bujur`` and ``nama``; or GeoJSON, GPKG, SHP or
        GeoParquet (of polygons an interior point is taken).

    Returns
    -------
    places
        ``name`` ("" where there is none) and Point (EPSG:4326), in the order of the file.

    Raises
    ------
    InputError
        The file is not there, cannot be read, holds nothing, a row without a place, or one outside Indonesia.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "calon.csv")
    ...     _ = file.write_text("nama,lintang,bujur\nBalai desa,-8.17,113.70\n", "utf-8")
    ...     read_places(file).geometry.to_list()
    [<POINT (113.7 -8.17)>]
    """
    source = HamletsFile(path=Path(path))
    raw, points = rows_and_points(source, PLACES)
    if not len(raw):
        msg = f"{PLACES}: {source.path.name} has no rows. Give one place a row."
        raise EmptyAreaError(msg)
    refuse_foreign(points, [f"row {i}" for i in raw.index], PLACES, source.path.name)
    name = Columns(raw, layer_columns("hamlets"), PLACES).text(None, "name")
    return gpd.GeoDataFrame({"name": name.fillna("").to_numpy()}, geometry=points, crs=WGS84)


def read_areas(path: str | Path) -> gpd.GeoDataFrame:
    """Read polygons of areas in which nothing is opened.

    Parameters
    ----------
    path
        GeoJSON, GPKG, SHP or GeoParquet.

    Returns
    -------
    areas
        Polygons and MultiPolygons (EPSG:4326).

    Raises
    ------
    InputError
        The file is not there, cannot be read, holds other shapes or none, or lies outside Indonesia.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> box = gpd.GeoDataFrame(geometry=[shapely.box(113, -8, 114, -7)], crs=4326)
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "rawan.geojson")
    ...     box.to_file(file)
    ...     len(read_areas(file))
    1
    """
    shapes, _ = read_shapes(FileSource(path=Path(path)), AREAS, POLYGONS, WGS84)
    whole = shapely.make_valid(shapes.geometry.to_numpy())
    return gpd.GeoDataFrame(geometry=np.asarray(whole, dtype=object), crs=WGS84)
