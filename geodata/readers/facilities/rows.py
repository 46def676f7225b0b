"""The rows of a list of facilities, and the coordinates that they state: from a table or a map's points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geodata.areafile import KindColumn
from geodata.crs import WGS84
from geodata.errors import MissingColumnError, MissingCrsError, SchemaError, counted, first_five
from geodata.readers.columns import Columns, known_heads
from geodata.readers.coordinates import NOTHING, Stated, stated_coordinates
from geodata.readers.facilities.angle_parts import MADE, joined_angles, refuse_angle_parts
from geodata.readers.files.cells import cell_text
from geodata.readers.files.marks import Marks
from geodata.readers.files.table import holds_table, read_rows
from geodata.readers.files.vector import read_features
from geodata.vocabulary.kind_names import kind_of_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geodata.areafile import FacilitiesFile

WHAT = "facilities"
# Latitude in a column of its own for each side of the equator (Lintang Selatan, Lintang Utara).
SIDES = (("lat_south", "LS"), ("lat_north", "LU"))
# What the column made of them is called, by the sides that a list has.
JOINED = {("LS",): "(lintang LS)", ("LU",): "(lintang LU)", ("LS", "LU"): "(lintang LS/LU)"}

# Columns that the file itself does not have.
MADE_COLUMNS = (*JOINED.values(), *MADE)


class ListRows(NamedTuple):
    """A list as its file has it.

    Attributes
    ----------
    columns
        The table (index: row number in the file) and the headings known for it.
    stated
        Coordinates in degrees, one a row.
    place_column
        The heading of the coordinates (of the latitude, where there are two); "geometry" for a map.
    marks
        What the file says of its rows and columns besides.
    """

    columns: Columns
    stated: Stated
    place_column: str
    marks: Marks = Marks()

    def only(self, keep: NDArray[np.bool_]) -> ListRows:
        """Return some of the rows.

        Parameters
        ----------
        keep
            bool ``(rows,)``.

        Examples
        --------
        >>> import numpy as np
        >>> table = pd.DataFrame({"lat": ["-7,5", ""], "lon": ["110,2", ""]})
        >>> rows = ListRows(Columns(table, {}, "pustu"), stated_coordinates(table, "lat", "lon", None), "lat")
        >>> len(rows.only(np.array([True, False])).columns.table)
        1
        """
        columns = Columns(self.columns.table[keep], self.columns.heads, self.columns.what)
        return ListRows(columns, self.stated.only(keep), self.place_column, self.marks)


def rows_of(source: FacilitiesFile) -> ListRows:
    """Return the rows of a list and the coordinates that they state.

    Raises
    ------
    InputError
        The file cannot be read; a named column is not in it; nothing says where the facilities are.
    """
    what = f"{WHAT} ({source.path.name})"
    heads = known_heads(source, "facilities")
    if isinstance(source.kind, str):
        heads = {**heads, "name": _own_first(heads["name"], source.kind)}
    return _table_rows(source, heads, what) if holds_table(source.path) else _map_rows(source, heads, what)


def _own_first(names: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """Return headings of names, those of another kind last: a list of puskesmas may name its pustu too."""

    def of_another(heading: str) -> bool:
        told = kind_of_name(heading)
        return told is not None and told.kind != kind

    return tuple(sorted(names, key=of_another))


def _table_rows(source: FacilitiesFile, heads: Mapping[str, tuple[str, ...]], what: str) -> ListRows:
    table, marks = read_rows(source, what, named=_named(source))
    columns = Columns(table, heads, what)
    named_places = bool(source.lat or source.lon or source.coordinates)
    off = not heads["lat"] or not heads["lon"]
    joined = None if named_places or off else joined_angles(columns)
    if joined is None:
        refuse_angle_parts(columns, named=named_places)
        columns, lat, lon, pair = _place_columns(columns, source)
    else:
        columns, lat, lon, pair = joined.columns, joined.lat, joined.lon, None
    listed = ", ".join(columns.table.columns)
    placed = (
        (lat and lon)
        or pair
        or any(
            columns.pick(given, key)
            for given, key in ((source.village, "village"), (source.village_name, "village_name"))
        )
    )
    if not placed:
        msg = (
            f"{what}: no column says where the facilities are. Name lat: and lon:, coordinates:, "
            f"village: (codes) or village_name: in AREA.yml. The file has: {listed}."
        )
        raise MissingColumnError(msg)
    stated = stated_coordinates(columns.table, lat, lon, pair)
    if source.crs is not None:
        stated = _in_degrees(stated, source.crs, what)
    return ListRows(columns, stated, lat or pair or "", marks)


def _named(source: FacilitiesFile) -> tuple[str | None, ...]:
    """Return the columns that AREA.yml names."""
    how = source.kind
    kind = (how.column, how.registered, *how.columns) if isinstance(how, KindColumn) else ()
    return (source.id, source.name, source.lat, source.lon, source.coordinates, source.village,
            source.village_name, source.district_name, source.regency, source.parent, source.functioning,
            *source.staff.values(), source.open_days, source.capacity, *kind)  # fmt: skip


def _place_columns(
    columns: Columns, source: FacilitiesFile
) -> tuple[Columns, str | None, str | None, str | None]:
    """Return the columns of latitude, longitude and of both in one; the table may have gained a latitude."""
    lat, lon = columns.pick(source.lat, "lat"), columns.pick(source.lon, "lon")
    if lat is None and source.lat is None and lon is not None:
        columns, lat = _from_sides(columns)
    pair = columns.pick(source.coordinates, "coordinates") if lat is None or lon is None else None
    if (source.lat is None) != (source.lon is None) and (lat is None or lon is None):
        msg = (
            f"{columns.what}: lat: and lon: go together; name both. "
            f"The file has: {', '.join(columns.table.columns)}."
        )
        raise MissingColumnError(msg)
    return columns, lat, lon, pair


def _from_sides(columns: Columns) -> tuple[Columns, str | None]:
    """Return the table with one latitude made of those of the south and the north, if it has them."""
    sides = {letters: columns.pick(None, key) for key, letters in SIDES}
    if not any(sides.values()):
        return columns, None
    joined: dict[Any, str] = {}
    for letters, column in sides.items():
        if column is None:
            continue
        for row, cell in columns.table[column].map(cell_text).items():
            # "-" or 0 stands on the side of the equator on which the place is not.
            if cell and cell not in NOTHING:
                marked = cell if letters in cell.upper() else f"{cell} {letters}"
                joined[row] = f"{joined[row]} {marked}" if row in joined else marked
    latitude = pd.Series(joined, index=columns.table.index, dtype=object)
    name = JOINED[tuple(letters for letters, column in sides.items() if column is not None)]
    return Columns(columns.table.assign(**{name: latitude}), columns.heads, columns.what), name


def _in_degrees(stated: Stated, crs: str, what: str) -> Stated:
    """Return coordinates that a CRS of AREA.yml gives in metres as degrees."""
    import pyproj

    try:
        change = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
    except pyproj.exceptions.CRSError as error:
        msg = f"{what}: crs: {crs!r} is not a known CRS. Write it as 'EPSG:4326'."
        raise MissingCrsError(msg) from error
    lon, lat = change.transform(stated.lon, stated.lat)
    # Metres of another place become no number.
    lost = np.isfinite(stated.lon) & ~(np.isfinite(lon) & np.isfinite(lat))
    lon, lat = (np.where(np.isfinite(v), v, np.nan) for v in (lon, lat))
    return Stated(lon, lat, stated.said, stated.unread | lost, stated.zero)


def _map_rows(source: FacilitiesFile, heads: Mapping[str, tuple[str, ...]], what: str) -> ListRows:
    features = read_features(source, what)
    points = _points(features.frame.geometry.to_numpy(), what)
    table = pd.DataFrame(features.frame.drop(columns=features.frame.geometry.name))
    columns = Columns(table.set_axis(range(1, len(table) + 1), axis=0), heads, what)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    said = np.array(
        [f"{y:.15g}, {x:.15g}" if np.isfinite(x) else "" for x, y in zip(lon, lat, strict=True)], object
    )
    none = np.zeros(len(lon), dtype=bool)
    # A map's 0, 0 is none either, as a program draws a row without coordinates.
    zero = (lon == 0) & (lat == 0)
    stated = Stated(np.where(zero, np.nan, lon), np.where(zero, np.nan, lat), said, none, zero)
    if features.texts is not None:
        stated = _filled(stated, _as_written(features.texts))
    beside = _stated_beside(columns, source)
    stated = stated if beside is None else _filled(stated, beside)
    return ListRows(columns, stated, "geometry")


def _points(shapes: NDArray[np.object_], what: str) -> NDArray[np.object_]:
    """Return each row's point, None where it has none."""
    points = np.array(shapes, dtype=object)
    kind = shapely.get_type_id(points)
    several = kind == shapely.GeometryType.MULTIPOINT
    if several.any():
        points[several] = [g.geoms[0] if len(g.geoms) == 1 else g for g in points[several]]
        kind = shapely.get_type_id(points)
    bad = ~shapely.is_missing(points) & ~shapely.is_empty(points) & (kind != shapely.GeometryType.POINT)
    if bad.any():
        msg = (
            f"{what}: {counted(bad.sum(), 'row is no point', 'rows are not points')} "
            f"(rows {first_five(np.flatnonzero(bad) + 1)}). "
            "Give one point for each facility."
        )
        raise SchemaError(msg)
    points[shapely.is_empty(points)] = None
    return np.asarray(shapely.force_2d(points), dtype=object)


def _stated_beside(columns: Columns, source: FacilitiesFile) -> Stated | None:
    """Return the coordinates of a map's own columns, where it has them."""
    columns, lat, lon, pair = _place_columns(columns, source)
    return (
        None
        if pair is None and (lat is None or lon is None)
        else stated_coordinates(columns.table, lat, lon, pair)
    )


def _as_written(texts: list[list[object] | None]) -> Stated:
    """Return the coordinates of points that a GeoJSON writes as text."""
    pairs = [[cell_text(v) or None for v in pair] if pair else [None, None] for pair in texts]
    return stated_coordinates(pd.DataFrame(pairs, columns=["lon", "lat"], dtype=object), "lat", "lon", None)


def _filled(stated: Stated, beside: Stated) -> Stated:
    """Return the coordinates with those of another source where they are missing."""
    lacking = ~np.isfinite(stated.lon) & ~stated.unread
    return Stated(
        np.where(lacking, beside.lon, stated.lon),
        np.where(lacking, beside.lat, stated.lat),
        np.where(lacking & (beside.said != ""), beside.said, stated.said),
        np.where(lacking, beside.unread, stated.unread),
        np.where(lacking & (beside.said != ""), beside.zero, stated.zero),
    )
