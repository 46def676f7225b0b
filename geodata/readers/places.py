"""Files beside a study area: places where something could be opened, areas where it must not, site rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.areafile import FileSource, HamletsFile
from geodata.crs import WGS84
from geodata.errors import ConfigError, EmptyAreaError, SchemaError, counted, first_five
from geodata.readers.areas import POLYGONS, read_shapes
from geodata.readers.columns import Columns
from geodata.readers.coordinates import refuse_foreign
from geodata.readers.files.opening import require_file
from geodata.readers.hamlets import rows_and_points
from geodata.readers.osm_form import is_osm, require_named_form
from geodata.readers.osm_places import Landmark, read_osm_landmarks
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.site_rules import SiteRule

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

PLACES, AREAS, RULES = "candidate places", "excluded areas", "site rules"


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
    _require_places(points, raw.index, source.path.name)
    refuse_foreign(points, [f"row {i}" for i in raw.index], PLACES, source.path.name)
    name = Columns(raw, layer_columns("hamlets"), PLACES).text(None, "name")
    return gpd.GeoDataFrame({"name": name.fillna("").to_numpy()}, geometry=points, crs=WGS84)


def _require_places(points: NDArray[np.object_], rows: pd.Index, file: str) -> None:
    """Raise ConfigError where a row has no place."""
    lacking = [str(row) for row, point in zip(rows, points, strict=True) if point is None]
    if lacking:
        msg = (
            f"{PLACES}: {file} has no coordinates in {counted(len(lacking), 'row')} ({first_five(lacking)}). "
            "Give them, or take the rows out."
        )
        raise ConfigError(msg)


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


def read_landmarks(path: str | Path, what: Landmark) -> gpd.GeoDataFrame:
    r"""Read schools or village offices: from OpenStreetMap, or from any file of candidate places.

    Parameters
    ----------
    path
        An OpenStreetMap file (``.osm.pbf``, ``.o5m``, ``.osm``, ``.osm.gz``, ``.osm.bz2``), or as
        :func:`read_places` takes.
    what
        ``schools`` or ``offices``: what to look for in OpenStreetMap
        (see :func:`geodata.readers.osm_places.is_landmark`); of another file every row counts.

    Returns
    -------
    places
        ``name`` and Point (EPSG:4326).

    Raises
    ------
    InputError
        The file is not there, cannot be read, or holds none.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> school = '<node id="1" lat="-8.1" lon="113.7" version="1"><tag k="amenity" v="school"/></node>'
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "jember.osm")
    ...     _ = file.write_text(f'<osm version="0.6">{school}</osm>', "utf-8")
    ...     read_landmarks(file, "schools").geometry.to_list()
    [<POINT (113.7 -8.1)>]
    """
    path = Path(path)
    require_file(path, what)
    require_named_form(path, what)
    return read_osm_landmarks(path, what) if is_osm(path) else read_places(path)


def read_site_rules(path: str | Path) -> gpd.GeoDataFrame:
    """Read polygons for the rules of a unit's place.

    Parameters
    ----------
    path
        GeoJSON, GPKG, SHP or GeoParquet with a column ``rule``: ``cliff``, ``landslide``, ``river_bank`` and
        ``flood`` are where the hazard is, ``public_transport`` is what it serves.

    Returns
    -------
    rules
        ``rule`` (see :class:`geodata.vocabulary.site_rules.SiteRule`), Polygons and MultiPolygons
        (EPSG:4326).

    Raises
    ------
    InputError
        As for :func:`read_areas`; or a rule is lacking or is none of these.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> box = gpd.GeoDataFrame({"rule": ["flood"]}, geometry=[shapely.box(113, -8, 114, -7)], crs=4326)
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "aturan.geojson")
    ...     box.to_file(file)
    ...     read_site_rules(file)["rule"].to_list()
    ['flood']
    """
    source = FileSource(path=Path(path))
    shapes, _ = read_shapes(source, RULES, POLYGONS, WGS84)
    rules = ", ".join(SiteRule)
    if "rule" not in shapes:
        msg = f"{RULES}: {source.path.name} has no column rule. Give each polygon one of {rules}."
        raise SchemaError(msg)
    words = shapes["rule"].map(lambda word: word.strip().lower() if isinstance(word, str) else "")
    bad = np.flatnonzero(~words.isin(SiteRule.texts()))
    if len(bad):
        shown = first_five(sorted({repr(word) for word in words.iloc[bad]}))
        msg = f"{RULES}: {source.path.name}: {shown} in column rule. Rules are {rules}."
        raise SchemaError(msg)
    whole = np.asarray(shapely.make_valid(shapes.geometry.to_numpy()), dtype=object)
    return gpd.GeoDataFrame({"rule": words.to_numpy(dtype=object)}, geometry=whole, crs=WGS84)
