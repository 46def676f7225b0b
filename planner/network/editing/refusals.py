"""When edits are refused: lines that are too much, places that are elsewhere, names that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops

from geodata.crs import WGS84
from geodata.errors import suggest
from planner.scenarios.edits import AddBoat, AddRoad, EditError, Flood

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.scenarios.edits import Edit

# Drawn lines are bounded, so that one cannot keep everybody else waiting.
MOST_LINE_POINTS = 200
MOST_KM = 500.0
MOST_CROSSINGS = 200
# And so are those of all edits together, floods too: each crossing takes a millisecond or two.
MOST_POINTS_TOGETHER = 20_000
MOST_KM_TOGETHER = 5_000.0
MOST_CROSSINGS_TOGETHER = 3_000


def like(name: str, known: Iterable[object]) -> str:
    """Return the end of a message: which known names are like one that is not there."""
    return suggest(name, known).replace("The file has", "There are")


def require_modest(line: shapely.LineString, points: int, number: int) -> None:
    """Raise EditError for a line that nobody builds, and that would keep everybody else waiting."""
    km = line.length / 1000.0
    if points > MOST_LINE_POINTS:
        msg = f"the line has {points} points; a drawn line may have {MOST_LINE_POINTS}."
        raise EditError(number, "points", msg, points=points, most=MOST_LINE_POINTS)
    if not km <= MOST_KM:
        msg = (
            f"the line is {km:,.0f} km long; a drawn line may have {MOST_KM:g} km. "
            "Places are [longitude, latitude]; is one of them mistyped?"
        )
        raise EditError(number, "too_long", msg, km=km, most_km=MOST_KM)


class Together:
    """How much the drawn lines and floods of all edits are together, so far."""

    def __init__(self) -> None:
        self._km, self._crossings = 0.0, 0

    def count(self, number: int, *, km: float = 0.0, crossings: int = 0) -> None:
        """Raise EditError where all edits together are too much for one question; 0 is no edit."""
        if number == 0:
            return
        self._km += km
        self._crossings += crossings
        if self._crossings > MOST_CROSSINGS_TOGETHER:
            msg = (
                f"all drawn roads and floods together meet roads more than {MOST_CROSSINGS_TOGETHER} times. "
                "Leave some of them out, or draw them shorter."
            )
            raise EditError(number, "crossings_together", msg, most=MOST_CROSSINGS_TOGETHER)
        if self._km > MOST_KM_TOGETHER:
            msg = (
                f"all drawn lines together are longer than {MOST_KM_TOGETHER:g} km. "
                "Leave some of them out, or draw them shorter."
            )
            raise EditError(number, "km_together", msg, most_km=MOST_KM_TOGETHER)


def require_few_crossings(times: int, number: int) -> None:
    """Raise EditError for a drawn line that meets roads too often."""
    if times > MOST_CROSSINGS:
        msg = (
            f"the line meets roads {times} times; a drawn road may do so "
            f"{MOST_CROSSINGS} times. Draw it in parts, without the zigzags."
        )
        raise EditError(number, "crossings", msg, times=times, most=MOST_CROSSINGS)


def require_few_points(edits: Iterable[Edit]) -> None:
    """Raise EditError where the drawn lines and floods of a scenario have too many points together.

    Parameters
    ----------
    edits
        Those of other things have none.

    Raises
    ------
    EditError
        Of the edit with which it is too many.

    Examples
    --------
    >>> require_few_points([AddRoad(line=[(113.69, -8.21), (113.71, -8.19)])] * 10)
    >>> require_few_points([AddRoad(line=[(113.69, -8.21), (113.71, -8.19)])] * 10_001)
    Traceback (most recent call last):
        ...
    planner.scenarios.edits.EditError: edits: edit 10001: all drawn lines and floods together have more ...
    """
    points = 0
    for number, edit in enumerate(edits, start=1):
        if isinstance(edit, (AddRoad, AddBoat)):
            points += len(edit.line)
        elif isinstance(edit, Flood):
            points += len(edit.polygon)
        if points > MOST_POINTS_TOGETHER:
            msg = (
                f"all drawn lines and floods together have more than {MOST_POINTS_TOGETHER} points. "
                "Leave some of them out, or draw them with fewer points."
            )
            raise EditError(number, "points_together", msg, most=MOST_POINTS_TOGETHER)


def require_near(villages: gpd.GeoDataFrame, shape: shapely.Geometry, buffer_m: float, number: int) -> None:
    """Raise EditError unless a shape in degrees lies, at least in part, near the villages' bounds.

    Parameters
    ----------
    villages
        The villages layer (metric CRS).
    shape
        In degrees (lon, lat).
    buffer_m
        How far (metres) outside the bounds is near; ``inf`` allows everything.
    number
        The edit's number, for the message.

    Raises
    ------
    EditError
        All of the shape is further than ``buffer_m`` outside the bounds, or cannot be put into their CRS.

    Examples
    --------
    >>> box = gpd.GeoSeries([shapely.box(107.0, -6.1, 107.1, -6.0)], crs="EPSG:4326").to_crs("EPSG:32748")
    >>> require_near(gpd.GeoDataFrame(geometry=box), shapely.Point(107.05, -6.05), 1000.0, 1)
    >>> require_near(gpd.GeoDataFrame(geometry=box), shapely.Point(-6.05, 107.05), 1000.0, 1)
    Traceback (most recent call last):
        ...
    planner.scenarios.edits.EditError: edits: edit 1: [-6.05, 107.05] is outside the study area ...
    """
    if not np.isfinite(buffer_m):
        return
    west, south, east, north = villages.total_bounds
    zone = shapely.box(west - buffer_m, south - buffer_m, east + buffer_m, north + buffer_m)
    placed = gpd.GeoSeries([shape], crs=WGS84).to_crs(villages.crs).iloc[0]
    if not np.isfinite(shapely.get_coordinates(placed)).all() or not shapely.intersects(zone, placed):
        lon, lat = shapely.get_coordinates(shape)[0].tolist()
        msg = (
            f"[{lon:g}, {lat:g}] is outside the study area and its buffer. Places are "
            "[longitude, latitude]; were they swapped, or a sign lost?"
        )
        raise EditError(number, "outside", msg)
