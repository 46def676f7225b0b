"""What one village or one facility looks like in an answer: nearest units, the way there, its catchment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WGS84, known_crs
from geodata.errors import ConfigError, UnknownCodeError
from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.coverage.compare import changes
from planner.coverage.reach import NO_FACILITY, usable_facilities
from planner.coverage.weighed import median_row
from planner.scenarios.edits import CloseFacility
from planner.scenarios.modes import Profile
from planner.travel.isochrones import isochrones
from planner.travel.paths import find_path
from planner.travel.straight import straight_line_times

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps, Study
    from planner.scenarios.modes import Season

# A catchment is drawn with cells no smaller than needed for this many.
DRAWN_POINTS = 60_000


@dataclass(frozen=True)
class NearUnit:
    """A unit near a village's middle place; ``minutes`` is ``inf`` where there is no way."""

    facility_id: str
    name: str
    kind: str
    minutes: float


@dataclass(frozen=True)
class Catchment:
    """Who one facility serves, for one kind of the standard in one season.

    Attributes
    ----------
    people_total
        People within the limit of it, also of other units. NaN, as those below: unknown for all of its
        places, or units or ways that nobody knows of may change it (:mod:`planner.coverage.known.owners`).
    people_own
        Of them, those for whom it is the nearest; these do not overlap.
    people_nearest
        Those for whom it is the nearest, at any distance.
    villages_people_unknown
        Villages with places within the limit whose people are unknown, not counted above.
    villages
        Index 0, 1, …; ``village_code``, float64 ``people`` for whom it is the nearest and within the limit;
        most first.
    """

    people_total: float
    people_own: float
    people_nearest: float
    villages_people_unknown: int
    villages: pd.DataFrame


@dataclass(frozen=True)
class Loss:
    """What closing a facility takes away.

    Attributes
    ----------
    people
        People no longer reached (those of villages whose people are known).
    villages
        The changed villages: :func:`planner.coverage.compare.changes`.
    """

    people: float
    villages: pd.DataFrame


def middle_place(gaps: Gaps, code: str, kind: str, season: Season) -> int | None:
    """Return the row of the village's demand point at its median minutes; None where times are unknown.

    The same place that ``K_minutes_median`` and ``K_nearest_id`` speak of: half of the people are not further
    away.

    Parameters
    ----------
    gaps
        The answer for a study area.
    code
        A village's code.
    kind, season
        Of the standard, and of the answer.

    Raises
    ------
    UnknownCodeError
        The area has no village of that code.
    KeyError
        The kind is not in the standard.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> place = middle_place(gaps, "99.01.01.1011", "puskesmas", "dry")
    >>> place, round(float(gaps.coverage["puskesmas"].minutes[place]), 1)
    (3, 76.5)
    """
    demand = gaps.demand
    rows = np.flatnonzero((demand["village_code"] == code).to_numpy())
    if len(rows) == 0:
        msg = f"there is no village {code!r} in this area"
        raise UnknownCodeError(msg)
    return middle_row(rows, gaps.seasons[season][kind].minutes, demand["weight"].to_numpy())


def middle_row(
    rows: NDArray[np.int64], minutes: NDArray[np.float64], weight: NDArray[np.float64]
) -> int | None:
    """Return that of some demand points with half of the weight no further away; None without times.

    Of equal minutes the first by which half of the weight is there.

    Parameters
    ----------
    rows
        int64 ``(some,)``, ascending rows of the demand, at least one.
    minutes, weight
        float64 ``(places,)``, of all demand; NaN minutes are unknown.

    Examples
    --------
    >>> middle_row(np.array([0, 2, 3]), np.array([9.0, 1.0, 5.0, 7.0]), np.array([1.0, 9.0, 1.0, 1.0]))
    3
    """
    row = int(median_row(np.zeros(len(rows), dtype=np.int64), minutes[rows], weight[rows], 1)[0])
    return None if row < 0 else int(rows[row])


def near_units(gaps: Gaps, place: int, kind: str, season: Season, *, k: int = 3) -> list[NearUnit]:
    """Return the k units of a kind nearest in time to a demand point, those without a way left out.

    Parameters
    ----------
    gaps
        The answer for a study area.
    place
        Row of the demand point.
    kind, season
        Of the standard; units that count as the kind are among them.
    k
        How many at most.

    Returns
    -------
    units
        The nearest first; ``minutes`` are those of the kind's mode, or on foot without roads.

    Raises
    ------
    KeyError
        The kind is not in the standard.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> found = near_units(find_gaps(demo_layers(12)), 3, "puskesmas", "dry")
    >>> [(unit.facility_id, round(unit.minutes, 1)) for unit in found]
    [('P9901001', 76.5), ('P9901002', 94.1)]
    """
    units, profile = _units(gaps, kind, season)
    if len(units) == 0:
        return []
    here = gaps.demand.geometry.to_numpy()[place : place + 1].astype(object)
    k = min(k, len(units))
    if gaps.ways is None:
        minutes = _straight_minutes(gaps, here, units)
        order = np.lexsort((np.arange(len(units)), minutes))[:k]
        found = list(zip(order.tolist(), minutes[order].tolist(), strict=True))
    else:
        stops = gaps.ways.place(profile, place)
        seconds, number = gaps.ways.router(profile).nearest_k(stops, gaps.ways.units(profile, units), k)
        found = list(zip(number[0].tolist(), (seconds[0] / 60.0).tolist(), strict=True))
    return [
        NearUnit(str(units.index[i]), str(units["name"].iloc[i]), str(units["kind"].iloc[i]), m)
        for i, m in found
        if i != NO_FACILITY and np.isfinite(m)
    ]


def way_to(gaps: Gaps, place: int, kind: str, season: Season, facility_id: str) -> gpd.GeoDataFrame:
    """Return the way from a demand point to a unit, one row a leg; no rows where there is none.

    Parameters
    ----------
    gaps
        The answer for a study area.
    place
        Row of the demand point.
    kind, season
        Of the standard.
    facility_id
        A unit that counts as the kind.

    Returns
    -------
    legs
        Columns as :meth:`planner.travel.paths.Path.to_frame`: ``leg``, ``minutes``, ``length_m``,
        ``road_ids``; LineStrings in degrees (EPSG:4326).

    Raises
    ------
    ConfigError
        The facility is not one of the kind's units, or is known not to function.
    KeyError
        The kind is not in the standard.

    Examples
    --------
    From an island:

    >>> from planner.pipeline import demo_layers, find_gaps
    >>> way = way_to(find_gaps(demo_layers(12)), 3, "puskesmas", "dry", "P9901001")
    >>> way["leg"].tolist()
    ['access', 'road', 'wait', 'ferry', 'road', 'egress']
    """
    units, profile = _units(gaps, kind, season)
    if facility_id not in units.index:
        msg = f"{facility_id!r} is no {kind} that takes part"
        raise ConfigError(msg)
    unit = units.loc[[facility_id]]
    here = gaps.demand.geometry.to_numpy()[place : place + 1].astype(object)
    if gaps.ways is None:
        line = shapely.LineString([here[0], unit.geometry.iloc[0]])
        minutes = _straight_minutes(gaps, here, unit)
        row = {"leg": ["walk"], "minutes": minutes, "length_m": [line.length], "road_ids": [[]]}
        frame = gpd.GeoDataFrame(row, geometry=[line], crs=gaps.demand.crs)
        return frame[np.isfinite(minutes)].to_crs(known_crs(WGS84))
    ways = gaps.ways
    found = find_path(ways.router(profile), ways.place(profile, place), ways.units(profile, unit))
    if found is None:
        columns = ["leg", "minutes", "length_m", "road_ids"]
        return gpd.GeoDataFrame(columns=columns, geometry=[], crs=known_crs(WGS84))
    return found.to_frame().to_crs(known_crs(WGS84))


def kinds_served(gaps: Gaps, facility_id: str) -> list[str]:
    """Return the kinds of the standard that a facility counts for; [] when it takes no part.

    Raises
    ------
    UnknownCodeError
        The area has no facility of that id.

    Examples
    --------
    The second of these pustu does not function:

    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> kinds_served(gaps, "T99010007"), kinds_served(gaps, "T99010008")
    (['pustu'], [])
    """
    rows = gaps.layers.facilities
    if facility_id not in rows.index:
        msg = f"there is no facility {facility_id!r} in this area"
        raise UnknownCodeError(msg)
    row = rows.loc[facility_id]
    if row["status"] != FacilityStatus.USED or row["functioning"] == YesNo.NO:
        return []
    standard = gaps.scenario.standard
    return [kind for kind, rule in standard.items() if row["kind"] in (kind, *rule.counts)]


def catchment(gaps: Gaps, facility_id: str, kind: str, season: Season) -> Catchment:
    """Return who a facility serves for a kind of the standard in a season: people, and villages.

    Parameters
    ----------
    gaps
        The answer for a study area.
    facility_id
        A unit that counts as the kind (:func:`kinds_served`).
    kind, season
        Of the standard.

    Raises
    ------
    KeyError
        The kind is not in the standard, or the facility is none of its units.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> found = catchment(find_gaps(demo_layers(12)), "P9901001", "puskesmas", "dry")
    >>> found.people_total, found.people_own, found.villages["village_code"][0]
    (41909.0, 26778.0, '99.01.01.2002')
    """
    coverage = gaps.seasons[season][kind]
    units, profile = _units(gaps, kind, season)
    at = units.index.get_loc(facility_id)
    if gaps.ways is None:
        points = np.asarray(gaps.demand.geometry.to_numpy(), dtype=object)
        here = np.asarray([units.geometry.iloc[at]], dtype=object)
        ground = gaps.ground
        travel_s = straight_line_times(points, here, access=gaps.scenario.access, ground=ground).travel_s
    else:
        travel_s = gaps.ways.nearest(profile, units.iloc[[at]]).travel_s
    within = travel_s <= gaps.scenario.standard[kind].of(season).limit_s
    mine = coverage.nearest == at if coverage.listed else np.zeros(len(within), dtype=bool)
    own = mine & coverage.reached
    people = gaps.demand["people"].to_numpy()
    code = gaps.demand["village_code"]
    unknown = code[within & np.isnan(people)].nunique()
    known = coverage.owners
    frame = gaps.demand.loc[own, ["village_code", "people"]]
    if not known.own[at]:
        frame = frame.assign(people=np.nan)
    villages = frame.groupby("village_code")["people"].sum(min_count=1).reset_index()
    order = np.lexsort((villages["village_code"], -villages["people"].fillna(0.0)))
    total, own_people, nearest = (
        _people(people, who) if sure[at] else float("nan")
        for who, sure in ((within, known.total), (own, known.own), (mine, known.nearest))
    )
    return Catchment(total, own_people, nearest, int(unknown), villages.iloc[order].reset_index(drop=True))


def catchment_area(
    gaps: Gaps, facility_id: str, kind: str, season: Season, *, inside: shapely.Geometry
) -> gpd.GeoDataFrame | None:
    """Return the area within the limit of a facility, in degrees (EPSG:4326); None without roads.

    Parameters
    ----------
    gaps
        The answer for a study area.
    facility_id
        A unit that counts as the kind.
    kind, season
        Of the standard.
    inside
        Polygon or MultiPolygon (metres, the villages' CRS), such as the study area: only what lies in it.

    Returns
    -------
    area
        One row: ``area_km2``, ``step_m`` (see :func:`planner.travel.isochrones.isochrones`); a MultiPolygon.

    Raises
    ------
    KeyError
        The kind is not in the standard, or the facility is none of its units.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> land = shapely.union_all(gaps.layers.villages.geometry.to_numpy())
    >>> area = catchment_area(gaps, "P9901001", "puskesmas", "dry", inside=land)
    >>> bool(0 < area["area_km2"][0] < land.area / 1e6)
    True
    """
    if gaps.ways is None:
        return None
    units, profile = _units(gaps, kind, season)
    router = gaps.ways.router(profile)
    stop = gaps.ways.units(profile, units.loc[[facility_id]])
    limit_s = gaps.scenario.standard[kind].of(season).limit_s
    area = isochrones(router, stop, [limit_s], inside=inside, most_points=DRAWN_POINTS)
    return area.drop(columns="limit_s").to_crs(known_crs(WGS84))


def loss_if_closed(study: Study, gaps: Gaps, facility_id: str, kind: str, season: Season) -> Loss:
    """Return what closing a facility would take away from an answer of the study: people, and villages.

    Parameters
    ----------
    study
        The study that gave the answer.
    gaps
        The answer; its edits stay.
    facility_id
        The facility to close.
    kind, season
        Of the standard, for which the loss is told.

    Raises
    ------
    ConfigError
        The area has no facility of that id.
    KeyError
        The kind is not in the standard.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> loss = loss_if_closed(study, study.gaps(), "P9901002", "puskesmas", "dry")
    >>> round(loss.people), sorted(set(loss.villages["kind"]))
    (1912, ['puskesmas'])
    """
    close = CloseFacility(id=facility_id)
    after = study.gaps([*gaps.scenario.edits, close])
    table = changes(gaps, after)
    table = table[(table["kind"] == kind) & (table["season"] == season)].reset_index(drop=True)
    before, then = (g.seasons[season][kind].villages["people_reached"] for g in (gaps, after))
    people = float(before.sum(min_count=1) - then.sum(min_count=1))
    return Loss(people, table)


def _units(gaps: Gaps, kind: str, season: Season) -> tuple[gpd.GeoDataFrame, Profile]:
    rule = gaps.scenario.standard[kind]
    return usable_facilities(gaps.layers, (kind, *rule.counts)), Profile(rule.mode, season)


def _straight_minutes(gaps: Gaps, here: NDArray[np.object_], units: gpd.GeoDataFrame) -> NDArray[np.float64]:
    ground, rule = gaps.ground, gaps.scenario.access
    points = units.geometry.to_numpy().astype(object)
    one = [
        straight_line_times(here, points[i : i + 1], access=rule, ground=ground) for i in range(len(units))
    ]
    return np.array([t.travel_s[0] / 60.0 for t in one])


def _people(people: NDArray[np.float64], which: NDArray[np.bool_]) -> float:
    some = people[which]
    known = ~np.isnan(some)
    return float("nan") if len(some) and not known.any() else float(some[known].sum())
