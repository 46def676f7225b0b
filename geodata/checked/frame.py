"""One frame that somebody hands over: its CRS, its ids, its numbers and its places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import MissingCrsError, SchemaError, counted, first_five

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The zone of the readers is made of simplified outlines: what they kept may lie so far beyond the buffer.
SLACK_M = 100.0
SWAPPED = "Were longitude and latitude swapped, or is its CRS another?"


def refuse(bad: NDArray[np.bool_], index: pd.Index, what: str, has: str, do: str) -> None:
    """Raise SchemaError that names the rows of which something is wrong, and what to do; none, no error.

    Parameters
    ----------
    bad
        bool ``(rows,)``.
    index
        Their ids.
    what, has, do
        The layer, what is wrong with the rows, and what to do about it.

    Raises
    ------
    SchemaError
        Some are bad.

    Examples
    --------
    >>> refuse(np.array([False, True]), pd.Index(["a", "b"]), "hamlets", "no point", "Leave them out.")
    Traceback (most recent call last):
        ...
    geodata.errors.SchemaError: hamlets: 1 row has no point: b. Leave them out.
    """
    if bad.any():
        rows = counted(int(bad.sum()), "row has", "rows have")
        msg = f"{what}: {rows} {has}: {first_five(index[bad])}. {do}"
        raise SchemaError(msg)


def require_finite(shape: NDArray[np.object_], index: pd.Index, what: str) -> None:
    """Raise SchemaError for shapes whose coordinates are no numbers, as those of swapped degrees become.

    Parameters
    ----------
    shape
        object ``(rows,)``, shapes of any kind, None for none.
    index
        Their ids.
    what
        What messages call the layer.

    Raises
    ------
    SchemaError
        Some are nowhere.

    Examples
    --------
    >>> require_finite(np.array([shapely.Point(1, 2), None]), pd.Index(["a", "b"]), "hamlets")
    """
    endless = ~(shapely.is_missing(shape) | shapely.is_empty(shape))
    endless &= ~np.isfinite(shapely.bounds(shape)).all(axis=1)
    has = "coordinates that are no place on earth"
    refuse(endless, index, what, has, f"{SWAPPED} Correct them.")


def zone_of(villages: gpd.GeoDataFrame, buffer_m: float) -> NDArray[np.float64]:
    """Return the bounds within which things are of the area.

    Parameters
    ----------
    villages
        Polygons, metric CRS.
    buffer_m
        How far (metres) outside them things take part.

    Returns
    -------
    zone
        float64 ``(4,)``: west, south, east, north (metres), a little more than the buffer away.

    Examples
    --------
    >>> villages = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1000, 2000)], crs="EPSG:32748")
    >>> zone_of(villages, 500.0).tolist()
    [-600.0, -600.0, 1600.0, 2600.0]
    """
    by = buffer_m + SLACK_M
    zone: NDArray[np.float64] = np.array([-by, -by, by, by]) + villages.total_bounds
    return zone


def near_zone(shape: NDArray[np.object_], zone: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which shapes meet the bounds of an area; one without a shape does not.

    Parameters
    ----------
    shape
        object ``(rows,)``, shapes of any kind, None for none.
    zone
        float64 ``(4,)``, as from :func:`zone_of`.

    Returns
    -------
    near
        bool ``(rows,)``.

    Examples
    --------
    >>> shapes = np.array([shapely.Point(1, 2), shapely.Point(99, 2), None])
    >>> near_zone(shapes, np.array([0.0, 0.0, 10.0, 10.0])).tolist()
    [True, False, False]
    """
    west, south, east, north = shapely.bounds(shape).T
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (west <= zone[2]) & (east >= zone[0]) & (south <= zone[3]) & (north >= zone[1]), dtype=bool
        )


def elsewhere(what: str, far: int, of: int, buffer_m: float, ids: pd.Index) -> str:
    """Return the message about rows of which most lie elsewhere."""
    return (
        f"{what}: {far:,} of {of:,} lie over {buffer_m / 1000:g} km outside the villages: {first_five(ids)}. "
        f"{SWAPPED} Or is it another kabupaten?"
    )


def in_crs(frame: gpd.GeoDataFrame, what: str, crs: object) -> gpd.GeoDataFrame:
    """Return a frame in a CRS; a frame that is there already is returned itself.

    Raises
    ------
    SchemaError
        No GeoDataFrame.
    MissingCrsError
    """
    if not isinstance(frame, (gpd.GeoDataFrame, gpd.GeoSeries)):
        msg = (
            f"{what} is a {type(frame).__name__}, not a GeoDataFrame of points: make one with "
            "geopandas.GeoDataFrame(table, geometry=geopandas.points_from_xy(lon, lat), crs=4326)"
        )
        raise SchemaError(msg)
    if isinstance(frame, gpd.GeoDataFrame):
        if frame.active_geometry_name is None:
            msg = f"{what} have no geometry: name its column with .set_geometry(…)"
            raise SchemaError(msg)
        twice = frame.columns[frame.columns.duplicated()].unique()
        if len(twice):
            columns = counted(len(twice), "column is", "columns are")
            msg = f"{what}: {columns} there more than once: {first_five(twice)}. Keep one of each."
            raise SchemaError(msg)
    if frame.crs is None:
        msg = f"{what} have no CRS: set it with .set_crs(…)"
        raise MissingCrsError(msg)
    return frame if frame.crs == crs else frame.to_crs(crs)


def in_shape(frame: gpd.GeoDataFrame, what: str) -> gpd.GeoDataFrame:
    """Return a layer as all of the planner reads it; itself where it is so already.

    Its geometry is the column ``geometry``, texts are no categories (which take no further word), and a
    point is a point, also where it was kept as several of which there is one.

    Parameters
    ----------
    frame
        A layer.
    what
        What messages call it.

    Raises
    ------
    SchemaError
        A column ``geometry`` is there that is not the layer's geometry.

    Examples
    --------
    >>> import geopandas as gpd
    >>> one = gpd.GeoDataFrame({"place": [shapely.MultiPoint([(1, 2)])]}, geometry="place", crs=4326)
    >>> in_shape(one, "hamlets").geometry.to_wkt().to_dict()
    {0: 'POINT (1 2)'}
    """
    name = frame.active_geometry_name
    if name is not None and name != "geometry":
        if "geometry" in frame:
            msg = (
                f"{what}: the geometry is the column {name}, and there is another column named geometry. "
                "Leave that one out, or give it another name."
            )
            raise SchemaError(msg)
        frame = frame.rename_geometry("geometry")
    texts = [
        column for column in frame
        if isinstance(frame[column].dtype, pd.CategoricalDtype)
        and not pd.api.types.is_numeric_dtype(frame[column].cat.categories.dtype)
    ]  # fmt: skip
    if texts:
        frame = frame.assign(
            **{str(column): frame[column].astype(frame[column].cat.categories.dtype) for column in texts}
        )
    if isinstance(frame.index, pd.CategoricalIndex):
        frame = frame.set_axis(pd.Index(frame.index.astype(object), name=frame.index.name))
    shape = np.asarray(frame.geometry.to_numpy(), dtype=object)
    several = shapely.get_type_id(shape) == shapely.GeometryType.MULTIPOINT
    single = several & (shapely.get_num_geometries(shape) == 1)
    if single.any():
        frame = frame.set_geometry(np.where(single, shapely.get_geometry(shape, 0), shape), crs=frame.crs)
    return frame


def unique_ids(index: pd.Index, what: str) -> None:
    """Raise SchemaError for ids that are empty or there twice."""
    if isinstance(index, pd.MultiIndex):
        levels = first_five(name or "?" for name in index.names)
        msg = (
            f"{what}: the index has several levels ({levels}): give each row one id, as with "
            ".reset_index(level=…)."
        )
        raise SchemaError(msg)
    text = index.astype(str)
    empty = np.flatnonzero(index.isna() | (text.str.strip() == ""))
    if len(empty):
        rows = counted(len(empty), "row has", "rows have")
        msg = f"{what}: {rows} no id (rows {first_five(empty + 1)}). Give each its own."
        raise SchemaError(msg)
    twice = index[index.duplicated()].unique()
    if len(twice):
        msg = (
            f"{what}: {counted(len(twice), 'id occurs', 'ids occur')} more than once: "
            f"{first_five(twice)}. Keep one row for each, or give new ids with .reset_index(drop=True)."
        )
        raise SchemaError(msg)


def counts(values: pd.Series[float], what: str) -> NDArray[np.float64]:
    """Return numbers of people and the like, NaN = unknown.

    Parameters
    ----------
    values
        Numbers, missing where unknown.
    what
        What messages call the column.

    Returns
    -------
    number
        float64 ``(rows,)``.

    Raises
    ------
    SchemaError
        Text, and numbers below 0 or without end.

    Examples
    --------
    >>> import pandas as pd
    >>> counts(pd.Series([12, None]), "people").tolist()
    [12.0, nan]
    """
    dtype = values.dtype
    no_number = pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    if no_number or not pd.api.types.is_numeric_dtype(dtype):
        kinds = {type(value).__name__ for value in values.dropna().array}
        holds = "categories" if isinstance(dtype, pd.CategoricalDtype) else ", ".join(sorted(kinds))
        why = ": '11.942' may be eleven or eleven thousand" if "str" in kinds else ""
        way = "" if why else ", as with .astype(float)"
        msg = f"{what} holds {holds or 'nothing'}, not numbers{why}. Turn the column into numbers first{way}."
        raise SchemaError(msg)
    number = values.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = (number < 0) | np.isinf(number)
    if bad.any():
        msg = (
            f"{what}: {bad.sum()} values are below 0 or without end: {first_five(values.index[bad])}. "
            "Correct them, or leave them empty (NaN) where they are not known."
        )
        raise SchemaError(msg)
    return np.asarray(number, dtype=np.float64)
