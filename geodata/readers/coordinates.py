"""Points from columns of coordinates, and the refusal of places that cannot be in Indonesia."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geodata.crs import inside_indonesia, likely_cause
from geodata.errors import OutsideIndonesiaError, SchemaError, counted, first_five
from geodata.readers.files.cells import text_column
from geodata.readers.numbers import parse_angle
from geodata.readers.pairs import parse_pair
from geodata.vocabulary.place_heads import longitude_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


# What people write where they know no coordinate.
NOTHING = ("-", "--", "–", "?", "0", "0.0", "0,0")
MOST_LATITUDE, HALF_TURN = 90.0, 180.0
_ZERO = re.compile(r"[-+]?0+([.,]0+)?([\s,;/]+[-+]?0+([.,]0+)?)?")


class Stated(NamedTuple):
    """Coordinates as a table has them, one value a row.

    Attributes
    ----------
    lon, lat
        float64 ``(rows,)``, degrees (or metres, where the table's CRS says so); NaN where there are
        none.
    said
        object ``(rows,)``, the cells' text, "" where they are empty.
    unread
        bool ``(rows,)``, which rows hold something that cannot be read.
    zero
        bool ``(rows,)``, which rows have 0 in all their cells: a form's or a program's sign for nothing.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    said: NDArray[np.object_]
    unread: NDArray[np.bool_]
    zero: NDArray[np.bool_]

    def only(self, keep: NDArray[np.bool_]) -> Stated:
        """Return some of the rows.

        Parameters
        ----------
        keep
            bool ``(rows,)``.

        Examples
        --------
        >>> from pandas import DataFrame
        >>> table = DataFrame({"lat": ["-7,5", ""], "lon": ["110,2", ""]})
        >>> stated_coordinates(table, "lat", "lon", None).only(np.array([True, False])).lon.tolist()
        [110.2]
        """
        return Stated(self.lon[keep], self.lat[keep], self.said[keep], self.unread[keep], self.zero[keep])


def stated_coordinates(table: pd.DataFrame, lat: str | None, lon: str | None, pair: str | None) -> Stated:
    """Return the coordinates of a table's rows: from two columns, or from one that holds both.

    Parameters
    ----------
    lat, lon
        Columns of latitude and longitude, both or neither.
    pair
        A column that holds "latitude, longitude" in one text.
    """
    n = len(table)
    stated = Stated(
        np.full(n, np.nan), np.full(n, np.nan), np.full(n, "", object),
        np.zeros(n, dtype=bool), np.zeros(n, dtype=bool),
    )  # fmt: skip
    if pair is not None:
        texts: list[tuple[Any, ...]] = [(t,) for t in text_column(table, pair)]
    elif lat is not None and lon is not None:
        texts = list(zip(text_column(table, lat), text_column(table, lon), strict=True))
    else:
        return stated
    for i, cells in enumerate(texts):
        filled = [t for t in cells if isinstance(t, str)]
        if filled and all(_ZERO.fullmatch(t) for t in filled):
            stated.zero[i], stated.said[i] = True, ", ".join(filled)
            continue
        known = [t for t in filled if t not in NOTHING]
        if not known:
            continue
        stated.said[i] = ", ".join(known)
        try:
            stated.lat[i], stated.lon[i] = _read(cells)
        except ValueError:
            stated.unread[i] = True
    if pair is not None and longitude_first(pair):
        # "Koordinat (X, Y)" over 110.22, -7.98: the numbers agree with the heading.
        turned = (np.abs(stated.lat) > MOST_LATITUDE) & (np.abs(stated.lat) <= HALF_TURN)
        turned &= np.abs(stated.lon) <= MOST_LATITUDE
        stated.lat[turned], stated.lon[turned] = stated.lon[turned], stated.lat[turned]
    return stated


def _read(cells: tuple[Any, ...]) -> tuple[float, float]:
    """Return (latitude, longitude); ValueError where the cells hold none, or only one of the two."""
    if len(cells) == 1:
        return parse_pair(cells[0])
    if not all(isinstance(t, str) for t in cells):
        msg = "only one of the two"
        raise ValueError(msg)
    try:
        return parse_angle(cells[0]), parse_angle(cells[1])
    except ValueError:
        # Somebody pasted the whole into both cells.
        if cells[0] == cells[1]:
            return parse_pair(cells[0])
        raise


def column_points(
    table: pd.DataFrame, lat: str | None, lon: str | None, pair: str | None, what: str, file: str
) -> NDArray[np.object_]:
    """Return a Point (degrees) a row, None where the cells are empty; see :func:`stated_coordinates`.

    Returns
    -------
    points
        object ``(rows,)``.

    Raises
    ------
    SchemaError
        For cells that hold no coordinates, or only one of the two.

    Examples
    --------
    >>> from pandas import DataFrame
    >>> table = DataFrame({"lat": ["-7,5", ""], "lon": ["110,2", ""]})
    >>> column_points(table, "lat", "lon", None, "facilities", "pustu.csv").tolist()
    [<POINT (110.2 -7.5)>, None]
    """
    stated = stated_coordinates(table, lat, lon, pair)
    if stated.unread.any():
        raise unreadable(stated, table.index, np.flatnonzero(stated.unread), what, file)
    return points_of(stated.lon, stated.lat)


def points_of(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return a Point a row, None where a coordinate is no number.

    Parameters
    ----------
    lon, lat
        float64 ``(rows,)``, in the CRS that is wanted.

    Returns
    -------
    points
        object ``(rows,)``.

    Examples
    --------
    >>> points_of(np.array([110.0, np.nan]), np.array([-7.0, -7.0])).tolist()
    [<POINT (110 -7)>, None]
    """
    points = np.full(len(lon), None, dtype=object)
    known = np.isfinite(lon) & np.isfinite(lat)
    points[known] = shapely.points(lon[known], lat[known])
    return points


def refuse_foreign(points: NDArray[np.object_], labels: Sequence[str], what: str, file: str) -> None:
    """Raise OutsideIndonesiaError, with the likely causes, if a point (degrees) lies outside.

    Parameters
    ----------
    points
        object ``(rows,)``, Points in degrees; None for none.
    labels
        What the message calls each row.
    what, file
        What messages call the table, and its file's name.

    Examples
    --------
    >>> refuse_foreign(shapely.points([[110.0, -7.0]]), ["row 2"], "facilities", "pustu.csv")
    """
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    outside = np.flatnonzero(there & ~inside_indonesia(lon, lat))
    if len(outside):
        raise foreign_places(
            [(labels[i], float(lat[i]), float(lon[i])) for i in map(int, outside)], len(points), what, file
        )


def foreign_places(
    places: Sequence[tuple[str, float, float]], number: int, what: str, file: str
) -> OutsideIndonesiaError:
    """Return the error about places outside Indonesia, with the likely causes.

    Parameters
    ----------
    places
        What each is called, its latitude and its longitude (degrees).
    number
        How many places there are in all.
    what, file
        What messages call the table, and its file's name.

    Examples
    --------
    >>> str(foreign_places([("row 3", 8.05, 113.06)], 9, "facilities", "pustu.csv"))[:57]
    'facilities: 1 of 9 places in pustu.csv lie outside Indone'
    """
    shown = [
        f"{label} (latitude {lat:g}, longitude {lon:g}: {likely_cause(lon, lat)})"
        for label, lat, lon in places[:5]
    ]
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    return OutsideIndonesiaError(
        f"{what}: {len(places)} of {number} places in {file} lie outside Indonesia: "
        f"{'; '.join(shown)}{more}. Correct them, or leave the coordinates empty and give the village."
    )


def unreadable(stated: Stated, index: pd.Index, rows: NDArray[np.int64], what: str, file: str) -> SchemaError:
    """Return the error about coordinates that cannot be read.

    Parameters
    ----------
    stated, index
        All coordinates, and the rows' numbers in the file.
    rows
        int64 ``(faults,)``, which of them cannot be read (from 0).
    what, file
        What messages call the table, and its file's name.

    Examples
    --------
    >>> from pandas import DataFrame
    >>> table = DataFrame({"lat": ["tidak ada"], "lon": ["110,2"]}, index=[2])
    >>> stated = stated_coordinates(table, "lat", "lon", None)
    >>> str(unreadable(stated, table.index, np.array([0]), "facilities", "pustu.csv"))[:64]
    'facilities: 1 row of pustu.csv with coordinates that cannot be r'
    """
    faults = [f"row {index[i]}: {stated.said[i]!r}" for i in rows]
    return SchemaError(
        f"{what}: {counted(len(faults), 'row')} of {file} with coordinates that cannot be read: "
        f"{first_five(faults)}. Write degrees as -8.1706 or 8°10'14\" LS; leave both empty if unknown."
    )
