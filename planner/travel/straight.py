"""Times for an area without roads: straight lines on foot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from planner.network.land import Ground, may_walk
from planner.travel.times import SECOND_DECIMALS, BestTimes, SparseTimes, TravelTimes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.scenarios.scenario import AccessRule


def straight_line_times(
    origins: NDArray[np.object_],
    facilities: NDArray[np.object_],
    *,
    access: AccessRule,
    ground: Ground | None = None,
) -> TravelTimes:
    """Return times for an area without roads: straight on foot × detour, on the same landmass.

    A place whose landmass is unknown (a neighbour's land) may be walked to from any. Where a water layer
    is given, the nearest facility that no water lies before counts.

    Parameters
    ----------
    origins, facilities
        object ``(places,)`` and ``(facilities,)``, Points (metres, one CRS).
    access
        Speed and detour of the walk; its limit does not bind here.
    ground
        What they may not cross, in the same CRS; nothing when None.

    Returns
    -------
    times
        Seconds, rounded to the microsecond; ``access_m`` is 0 for all.

    Examples
    --------
    A kilometre, at 3 km/h and with a detour of 1.3; then a river lies before the nearer facility:

    >>> from planner.scenarios.scenario import default_scenario
    >>> rule = default_scenario().access
    >>> place, units = shapely.points([[0, 0]]), shapely.points([[1000, 0], [0, 2000]])
    >>> straight_line_times(place, units, access=rule).travel_s.tolist()
    [1560.0]
    >>> ground = Ground(water=np.array([shapely.LineString([(500, -500), (500, 500)])]))
    >>> straight_line_times(place, units, access=rule, ground=ground).facility.tolist()
    [1]
    """
    ground = Ground() if ground is None else ground
    best = BestTimes(len(origins))
    if len(facilities) and len(origins):
        landmass, there = ground.landmass(origins), ground.landmass(facilities)
        if ground.water is not None:
            _straight_on_land(best, origins, facilities, (landmass, there), ground, access)
            return best.times(np.zeros(len(origins)), joined=True)
        here_xy = shapely.get_coordinates(origins)
        for mass in np.unique(landmass):
            mine = np.flatnonzero(landmass == mass)
            open_ = np.flatnonzero(may_walk(there, np.array([mass])))
            if len(open_) == 0:
                continue
            # Of facilities on one point, the first in order counts.
            xy, first = np.unique(shapely.get_coordinates(facilities[open_]), axis=0, return_index=True)
            away, k = cKDTree(xy).query(here_xy[mine])
            best.offer(mine, open_[first[k]], away * access.seconds_per_m())
    return best.times(np.zeros(len(origins)), joined=True)


def _straight_on_land(
    best: BestTimes,
    origins: NDArray[np.object_],
    facilities: NDArray[np.object_],
    landmasses: tuple[NDArray[np.int32], NDArray[np.int32]],
    ground: Ground,
    access: AccessRule,
) -> None:
    """Offer each origin the nearest facility that no water lies before: the nearest first, then more."""
    xy = shapely.get_coordinates(facilities)
    tree = cKDTree(xy)
    left = np.arange(len(origins))
    seen, some = 0, 8
    while len(left) and seen < len(facilities):
        some = min(some, len(facilities))
        _, near = tree.query(shapely.get_coordinates(origins[left]), k=np.arange(seen + 1, some + 1))
        place, facility = np.repeat(left, some - seen), near.ravel()
        on_land = ground.on_land(
            origins[place], facilities[facility], landmasses[0][place], landmasses[1][facility]
        )
        place, facility = place[on_land], facility[on_land]
        away = shapely.distance(origins[place], facilities[facility])
        best.offer(place, facility, away * access.seconds_per_m())
        # What comes later is further away; only of facilities at one distance may one be missing.
        left = left[np.isinf(best.travel_s[left])]
        seen, some = some, some * 8


def straight_lines_within(
    origins: NDArray[np.object_],
    facilities: NDArray[np.object_],
    limit_s: float,
    *,
    access: AccessRule,
    ground: Ground | None = None,
) -> SparseTimes:
    """Return all pairs no further apart than a limit (seconds, included), in order of place and facility.

    The same walks as those of :func:`straight_line_times`.

    Parameters
    ----------
    origins, facilities, access, ground
        As :func:`straight_line_times` takes them.
    limit_s
        Seconds.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> place, units = shapely.points([[0, 0]]), shapely.points([[1000, 0], [0, 2000]])
    >>> pairs = straight_lines_within(place, units, 1560.0, access=default_scenario().access)
    >>> pairs.facility.tolist(), pairs.travel_s.tolist()
    ([0], [1560.0])
    """
    ground = Ground() if ground is None else ground
    none = np.empty(0, dtype=np.int32)
    if len(origins) == 0 or len(facilities) == 0:
        return SparseTimes(none, none, np.empty(0))
    here, there = shapely.get_coordinates(origins), shapely.get_coordinates(facilities)
    # A little more, then the exact comparison on rounded times.
    reach = limit_s / access.seconds_per_m() * (1 + 1e-9) + 1e-6
    lists = cKDTree(there).query_ball_point(here, reach)
    count = np.array([len(n) for n in lists], dtype=np.int64)
    place = np.repeat(np.arange(len(origins)), count)
    facility = np.concatenate(
        [none.astype(np.int64), *(np.sort(np.asarray(n, np.int64)) for n in lists if n)]
    )
    away = np.hypot(*(here[place] - there[facility]).T)
    seconds = np.round(away * access.seconds_per_m(), SECOND_DECIMALS)
    landmasses = ground.landmass(origins), ground.landmass(facilities)
    on_land = ground.on_land(
        origins[place], facilities[facility], landmasses[0][place], landmasses[1][facility]
    )
    near = on_land & (seconds <= limit_s)
    return SparseTimes(place[near].astype(np.int32), facility[near].astype(np.int32), seconds[near])
