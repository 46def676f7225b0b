"""Who is reached: people within the limit, each village's status, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.errors import counted
from geodata.handed import hands_out_copies
from geodata.vocabulary.statuses import FacilityStatus, Reason, VillageStatus, YesNo
from planner.coverage.known.extent import ROADS, Extent
from planner.coverage.known.lost import lost_units, may_stand
from planner.coverage.known.owners import Doubts, known_owners, within_straight
from planner.coverage.known.unseen import by_village
from planner.coverage.weighed import heaviest, median_row, weighted_median
from planner.scenarios.modes import only_walked
from planner.scenarios.scenario import default_scenario
from planner.travel.isochrones import known_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.coverage.known.owners import Owners
    from planner.coverage.known.unseen import Unseen
    from planner.scenarios.scenario import AccessRule, StatusRule
    from planner.scenarios.standards import KindStandard
    from planner.travel.times import TravelTimes

# By number: a place's reason is kept as one byte.
REASONS = Reason.texts()
# With these nobody knows whether the place is reached: what is reached is "at least".
OPEN_REASONS = (
    Reason.UNKNOWN, Reason.LIST_INCOMPLETE, Reason.ROADS_INCOMPLETE, Reason.PEOPLE_UNPLACED
)  # fmt: skip
NO_FACILITY = -1


@hands_out_copies
@dataclass(frozen=True, repr=False)
class Coverage:
    """One kind's answer in one season.

    Attributes
    ----------
    kind
        The facility kind.
    listed
        False when no list of the kind was given and the scenario opens none, or none of its units has a
        place: all is unknown.
    minutes
        float64 ``(points,)``, by demand point; ``inf`` = cannot be reached, NaN = unknown.
    reached
        bool by demand point.
    within
        bool by demand point: within the limit, whether or not anybody is known to live there (see
        ``people_unplaced``).
    anywhere
        bool by demand point: ``within``, and so is every place of its part where people are put on a part
        without roads.
    more
        bool by demand point: a unit that is on no list, or a way that is on no map, may be within the limit;
        also of who is reached already.
    reason_code
        int8 by demand point, its number in REASONS.
    nearest
        int32 by demand point, its facility's row in ``facilities``; -1 where there is none.
    nearer
        bool by demand point: a unit that is on no list may be nearer, or a way that is on no map quicker.
    villages
        One row a village, index ``village_code``: the columns of DESIGN's table, without the kind's prefix.
    at_most
        By village, whether its ``minutes_median`` and ``minutes_max`` are "at most": bool columns of these
        names, index ``village_code``.
    facilities
        One row a functioning facility of the kind, index ``facility_id``: ``people_nearest``, for whom it is
        the nearest, and of them ``people_own``, those within the limit; ``villages_people_unknown``, the
        villages of unknown people with places for which it is the nearest: float64, NaN where units or ways
        that nobody knows of may change it.
    owners
        Of which of these units it is known whose they are.
    """

    kind: str
    listed: bool
    minutes: NDArray[np.float64]
    reached: NDArray[np.bool_]
    within: NDArray[np.bool_]
    anywhere: NDArray[np.bool_]
    more: NDArray[np.bool_]
    reason_code: NDArray[np.int8]
    nearest: NDArray[np.int32]
    nearer: NDArray[np.bool_]
    villages: pd.DataFrame
    at_most: pd.DataFrame
    facilities: pd.DataFrame
    owners: Owners

    def __repr__(self) -> str:
        counts = self.villages["status"].value_counts()
        said = ", ".join(f"{status} {int(counts.get(status, 0))}" for status in VillageStatus)
        listed = counted(len(self.facilities), "unit") if self.listed else "no list"
        return f"Coverage of {self.kind}: {counted(len(self.villages), 'village')} ({said}); {listed}"

    @property
    def reason(self) -> NDArray[np.object_]:
        """By demand point, why it is not reached, or "" where it is: object ``(points,)``, of REASONS.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> found = find_gaps(demo_layers(12)).coverage["pustu"]
        >>> len(found.reason) == len(found.reached), bool((found.reason[found.reached] == "").all())
        (True, True)
        """
        return np.array(REASONS, dtype=object)[self.reason_code]

    def at_most_of(self, column: str) -> set[str]:
        """Return the villages whose ``minutes_median`` or ``minutes_max`` is "at most": their codes.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> find_gaps(demo_layers(12)).coverage["pustu"].at_most_of("minutes_median")
        set()
        """
        return set(self.at_most.index[self.at_most[column]])

    @property
    def nearest_id(self) -> NDArray[np.object_]:
        """``facility_id`` by demand point, "" where there is none: object ``(points,)``.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> found = find_gaps(demo_layers(12)).coverage["pustu"]
        >>> set(found.nearest_id) <= {"", *found.facilities.index}
        True
        """
        return np.append(self.facilities.index.to_numpy(dtype=object), "")[self.nearest]


def usable_facilities(layers: Layers, kinds: tuple[str, ...], *, broken: bool = False) -> gpd.GeoDataFrame:
    """Return facilities of some kinds that take part, by id; with ``broken`` those out of function too.

    A facility of which nothing says whether it functions counts as functioning ("unknown" is not "no").

    Parameters
    ----------
    layers
        A study area.
    kinds
        Facility kinds.
    broken
        Whether those that are known not to function are wanted too.

    Returns
    -------
    facilities
        Rows of the facilities layer in order of their index ``facility_id``; Points in its metric CRS.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> layers = demo_layers(12)
    >>> len(usable_facilities(layers, ("pustu",))), len(usable_facilities(layers, ("pustu",), broken=True))
    (13, 14)
    """
    rows = layers.facilities
    chosen = rows["kind"].isin(kinds) & (rows["status"] == FacilityStatus.USED)
    if not broken:
        chosen &= rows["functioning"] != YesNo.NO
    return rows[chosen].sort_index()


def cover(  # noqa: PLR0913 - a study hands in what it has prepared
    kind: str,
    layers: Layers,
    demand: gpd.GeoDataFrame,
    standard: KindStandard,
    status: StatusRule,
    *,
    times: TravelTimes | None,
    times_if_all_functioned: TravelTimes | None = None,
    village: NDArray[np.int64] | None = None,
    facilities: gpd.GeoDataFrame | None = None,
    extent: Extent | None = None,
    bounded: bool = False,
    unseen: Unseen | None = None,
    access: AccessRule | None = None,
) -> Coverage:
    """Return one kind's coverage from travel times.

    Parameters
    ----------
    kind
        A facility kind.
    layers
        A study area.
    demand
        As from :func:`planner.coverage.demand.spread_demand`.
    standard
        The kind's rule in the season.
    status
        From which share of people on a village is served, and below which it is a gap.
    times
        By demand point, to the facilities of :func:`usable_facilities`, in its order; None when no list was
        given, and the scenario opens none.
    times_if_all_functioned
        To those with ``broken=True``, where some are known not to function.
    village
        int64 ``(points,)``, row of each demand point's village, where it is known already.
    facilities
        :func:`usable_facilities`, where they are known already.
    extent
        What the lists and the roads cover; all of the area when None.
    bounded
        Whether times were only looked for up to a horizon: then ``inf`` is further than that, or no way.
    unseen
        What may be within the limit though nobody listed or drew it
        (:func:`planner.coverage.known.unseen.find_unseen`); by the extent of each village alone when None.
    access
        How people walk off the roads; that of the default scenario when None.

    Examples
    --------
    Every place is 10 minutes from the first puskesmas:

    >>> from planner.coverage.demand import spread_demand
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> from planner.travel.times import TravelTimes
    >>> layers, scenario = demo_layers(12), default_scenario()
    >>> demand = spread_demand(layers, scenario.demand)
    >>> first = np.zeros(len(demand), dtype=np.int32)
    >>> times = TravelTimes(np.full(len(demand), 600.0), first, np.zeros(len(demand)), joined=True)
    >>> rule = scenario.standard["puskesmas"]
    >>> one = cover("puskesmas", layers, demand, rule, scenario.status, times=times)
    >>> one.villages["status"].unique().tolist(), one.facilities["people_own"].tolist()
    (['served'], [52529.0, 0.0])
    """
    extent = Extent() if extent is None else extent
    kinds = (kind, *standard.counts)
    if facilities is None:
        facilities = usable_facilities(layers, kinds)
    # Where every unit is of unknown place, nobody knows who is reached.
    any_lost = len(lost_units(layers, kinds, working=True)) > 0
    known = times is not None and (len(facilities) > 0 or not any_lost)
    if times is None or not known:
        minutes = np.full(len(demand), np.nan)
        nearest = np.full(len(demand), NO_FACILITY, dtype=np.int32)
        reached = np.zeros(len(demand), dtype=bool)
    else:
        minutes = times.travel_s / 60.0
        # One predicate decides a standard.
        reached = times.travel_s <= standard.limit_s
        nearest = times.facility
    if village is None:
        village = layers.villages.index.get_indexer(demand["village_code"])
    whole = extent.lists_whole(kinds, len(layers.villages))
    if unseen is None:
        unseen = by_village(extent, kinds, village, layers)
    reason = _reasons(
        reached, times if known else None, times_if_all_functioned, standard,
        any_facility=len(facilities) > 0, anywhere=len(facilities) > 0 or not whole.all(),
        unseen=unseen, clipped=extent.clipped,
    )  # fmt: skip
    drives = only_walked(standard.mode, roads=layers.roads is not None)
    if bounded or drives:
        # Nobody has looked whether a way leads further. A ferry may; by vehicle it is too far even so.
        reason[reason == REASONS.index(Reason.ISLAND)] = REASONS.index(Reason.TOO_FAR)
    minutes = _told(minutes, reason, reached, unseen, any_facility=len(facilities) > 0, drives=drives)
    within = reached
    anywhere = np.zeros_like(reached)
    if times is not None and known:
        anywhere = reached_anywhere(demand, times.travel_s, standard.limit_s, access)
        lost_there = unplaced(demand, village, reached, anywhere, is_open(reason), status, n=len(whole))
        reached = reached & ~lost_there
        reason = np.where(lost_there, np.int8(REASONS.index(Reason.PEOPLE_UNPLACED)), reason)
        minutes = np.where(lost_there, np.nan, minutes)
    more = unseen.any
    doubts = _doubts(
        kinds, unseen, extent, reason, demand, facilities, lists_whole=bool(whole.all()) and not any_lost,
        drives=drives,
    )  # fmt: skip
    nearer = doubts.nearer(within)
    _freeze(minutes, reached, within, anywhere, more, reason, nearest, nearer)
    points = _Points(village, demand["weight"].to_numpy(), minutes, reached, reason, nearest)
    owners = known_owners(nearest, within, doubts)
    villages = _villages(kinds, layers, points, facilities.index, status, listed=known, extent=extent)
    return Coverage(
        kind=kind,
        listed=known,
        minutes=minutes,
        reached=reached,
        within=within,
        anywhere=anywhere,
        more=more,
        reason_code=reason,
        nearest=nearest,
        nearer=nearer,
        villages=villages,
        at_most=_at_most(points, nearer, villages),
        facilities=_catchments(facilities.index, demand["people"].to_numpy(), points, owners),
        owners=owners,
    )


def in_each(
    seasons: Sequence[Coverage],
    layers: Layers,
    demand: gpd.GeoDataFrame,
    status: StatusRule,
    village: NDArray[np.int64] | None = None,
) -> Coverage:
    """Return a kind's coverage in several seasons at once: a place is reached if it is in each of them.

    Where it is not, it has the minutes, the reason and the unit of a season in which it is not; where it is,
    those of the last one.

    Parameters
    ----------
    seasons
        The answers of one kind, as from :func:`cover`; the dry season before the wet one.
    layers, demand, status, village
        As :func:`cover` took them.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> answers = [gaps.seasons[season]["pustu"] for season in ("dry", "wet")]
    >>> both = in_each(answers, gaps.layers, gaps.demand, gaps.scenario.status)
    >>> bool((both.reached == answers[0].reached & answers[1].reached).all())
    True
    """
    last = seasons[-1]
    if len(seasons) == 1:
        return last
    # Known not to be reached in one season decides, whatever nobody knows of the other.
    rank = [np.where(one.reached, 0, np.where(is_open(one.reason_code), 1, 2)) for one in reversed(seasons)]
    decides = len(seasons) - 1 - np.argmax(rank, axis=0)

    def deciding(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
        chosen: NDArray[Any] = np.choose(decides, list(values))
        return chosen

    minutes, reason = deciding([o.minutes for o in seasons]), deciding([o.reason_code for o in seasons])
    reached, nearest = deciding([o.reached for o in seasons]), deciding([o.nearest for o in seasons])
    if village is None:
        village = layers.villages.index.get_indexer(demand["village_code"])
    anywhere = np.logical_and.reduce([one.anywhere for one in seasons])
    if last.listed:
        n = len(layers.villages)
        lost_there = unplaced(demand, village, reached, anywhere, is_open(reason), status, n=n)
        reached = reached & ~lost_there
        reason = np.where(lost_there, np.int8(REASONS.index(Reason.PEOPLE_UNPLACED)), reason)
        minutes = np.where(lost_there, np.nan, minutes)
    within = np.logical_and.reduce([one.within for one in seasons])
    more = np.logical_and.reduce([one.more for one in seasons])
    nearer = deciding([o.nearer for o in seasons])
    _freeze(minutes, reached, within, anywhere, more, reason, nearest, nearer)
    points = _Points(village, demand["weight"].to_numpy(), minutes, reached, reason, nearest)
    units = last.facilities.index
    table = _points_by_village(points, layers, units, status, listed=last.listed)
    table.insert(0, "present", last.villages["present"])
    owners = reduce(and_, [one.owners for one in seasons])
    catchments = _catchments(units, demand["people"].to_numpy(), points, owners)
    return replace(
        last, minutes=minutes, reached=reached, within=within, anywhere=anywhere, more=more,
        reason_code=reason, nearest=nearest, nearer=nearer, villages=table,
        at_most=_at_most(points, nearer, table), facilities=catchments, owners=owners,
    )  # fmt: skip


def _doubts(
    kinds: tuple[str, ...],
    unseen: Unseen,
    extent: Extent,
    reason: NDArray[np.int8],
    demand: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    lists_whole: bool,
    drives: bool,
) -> Doubts:
    """Return what may be there unseen, as far as it concerns places with people."""
    # Of a place of unknown people some may be there.
    lived = (demand["weight"].to_numpy() > 0) & (demand["people"].to_numpy() != 0)
    no_way = reason == REASONS.index(Reason.ROADS_INCOMPLETE)
    ways = lived & (unseen.ways | no_way)
    beside = np.zeros(len(facilities), dtype=bool)
    if ways.any():
        # What is asked of each place is a unit in time; which of them it is, nobody can say.
        there, here = (shapely.get_coordinates(f.geometry.to_numpy()) for f in (facilities, demand[ways]))
        beside = within_straight(there, here, unseen.way_m)
    return Doubts(
        more=lived & unseen.any,
        ways=ways,
        units_anywhere=not lists_whole or any(k in extent.open_land for k in kinds),
        ways_anywhere=drives or extent.roads is not None or ROADS in extent.open_land,
        beside=beside,
    )


def _told(
    minutes: NDArray[np.float64],
    reason: NDArray[np.int8],
    reached: NDArray[np.bool_],
    unseen: Unseen,
    *,
    any_facility: bool,
    drives: bool,
) -> NDArray[np.float64]:
    """Return the minutes without those that are not of the way there is, over roads that are not all there.

    Who goes by vehicle without any road file is said to walk: those minutes stay, where one can walk there.
    """
    somewhere = unseen.units | unseen.lost | any_facility
    no_way = (reason == REASONS.index(Reason.ROADS_INCOMPLETE)) | (~reached & unseen.ways & somewhere)
    if drives:
        no_way = np.isinf(minutes) & (unseen.any | any_facility)
    return np.where(no_way, np.nan, minutes)


def _freeze(*arrays: NDArray[np.generic]) -> None:
    for array in arrays:
        array.setflags(write=False)


def _reasons(
    reached: NDArray[np.bool_],
    times: TravelTimes | None,
    if_all: TravelTimes | None,
    standard: KindStandard,
    *,
    any_facility: bool,
    anywhere: bool,
    unseen: Unseen,
    clipped: bool,
) -> NDArray[np.int8]:
    if times is None:
        return np.full(len(reached), REASONS.index(Reason.UNKNOWN), dtype=np.int8)
    closed = if_all.travel_s <= standard.limit_s if if_all is not None else np.zeros_like(reached)
    every = np.ones_like(reached)
    no_road = np.isinf(times.access_m) | (every if not times.joined else False)
    # In the order of docs/METHODS.md; a unit of unknown place may be the one that serves them.
    answers = (
        (reached, Reason.REACHED),
        (unseen.lost, Reason.UNKNOWN),
        (unseen.units, Reason.LIST_INCOMPLETE),
        # Where no unit works at all, and none is left out of a list, no road leads to one.
        (anywhere & (unseen.ways | (clipped & np.isinf(times.travel_s))), Reason.ROADS_INCOMPLETE),
        (closed, Reason.NOT_FUNCTIONING),
        (every & (not any_facility), Reason.NO_FACILITY),
        (no_road, Reason.NO_ROAD),
        (np.isinf(times.travel_s), Reason.ISLAND),
    )
    chosen = np.select(
        [where for where, _ in answers], [REASONS.index(n) for _, n in answers], REASONS.index(Reason.TOO_FAR)
    )
    return chosen.astype(np.int8)


def reached_anywhere(
    demand: gpd.GeoDataFrame, travel_s: NDArray[np.float64], limit_s: float, access: AccessRule | None = None
) -> NDArray[np.bool_]:
    """Return which points are within a limit wherever on their part people live: bool ``(points,)``.

    From the farthest place of a part without roads people can walk to its point, and go on from there.

    Parameters
    ----------
    demand
        As from :func:`planner.coverage.demand.spread_demand`: ``part_m`` is asked for.
    travel_s
        float64 ``(points,)``, seconds from each point to a unit.
    limit_s
        In seconds.
    access
        How people walk off the roads; that of the default scenario when None.

    Examples
    --------
    Half an hour is left to a part of 1 km around its point, and to one of 2 km:

    >>> demand = pd.DataFrame({"part_m": [0.0, 1000.0, 2000.0]})
    >>> reached_anywhere(demand, np.array([1800.0, 0.0, 0.0]), 1800.0).tolist()
    [True, True, False]
    """
    rule = access or default_scenario().access
    part_m: NDArray[np.float64] = demand["part_m"].to_numpy(dtype=np.float64)
    # Times are whole microseconds; so are those of the walk.
    walk_s = np.round(part_m * rule.seconds_per_m(), 6)
    within: NDArray[np.bool_] = travel_s + walk_s <= limit_s
    return within


def unplaced(
    demand: gpd.GeoDataFrame,
    village: NDArray[np.int64],
    reached: NDArray[np.bool_],
    anywhere: NDArray[np.bool_],
    open_: NDArray[np.bool_],
    status: StatusRule,
    *,
    n: int,
) -> NDArray[np.bool_]:
    """Return of which points nobody knows whether people are there, where their village's status rests on it.

    People put on a part of a village by its area may be all there, or all on the other parts; and those who
    are there live anywhere on it. Where the status is the same either way, the area is as good an estimate
    as any.

    Parameters
    ----------
    demand
        As from :func:`planner.coverage.demand.spread_demand`: ``weight`` and ``by_area`` are asked for.
    village
        int64 ``(points,)``, row of each demand point's village, of ``n``.
    reached, anywhere, open_
        bool ``(points,)``: reached; reached wherever on its part people live; unknown whether it is reached.
    status
        From which share of people on a village is served, and below which it is a gap.
    n
        How many villages there are.

    Returns
    -------
    unplaced
        bool ``(points,)``.

    Examples
    --------
    Half of a village is put on an island that is not reached; if nobody lives there, it is served:

    >>> from planner.pipeline import default_scenario
    >>> demand = pd.DataFrame({"weight": [0.5, 0.5], "by_area": [False, True]})
    >>> reached, open_, village = np.array([True, False]), np.zeros(2, bool), np.zeros(2, np.int64)
    >>> unplaced(demand, village, reached, reached, open_, default_scenario().status, n=1).tolist()
    [False, True]

    A unit stands where they are put, but the island is large:

    >>> everywhere = np.array([True, True])
    >>> unplaced(demand, village, everywhere, reached, open_, default_scenario().status, n=1).tolist()
    [False, True]
    """
    weight: NDArray[np.float64] = demand["weight"].to_numpy(dtype=np.float64)
    by_area: NDArray[np.bool_] = demand["by_area"].to_numpy(dtype=np.bool_)
    if not by_area.any():
        return by_area

    def of(which: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(village[which], weights=weight[which], minlength=n).astype(np.float64)

    yes, no, sure = reached, ~reached & ~open_, ~by_area
    along = of(sure)
    # Who is not on those parts is along the roads of the others; without such, on the parts that are left.
    least_along = np.divide(of(sure & yes), along, out=np.zeros(n), where=along > 0)
    most_along = np.divide(of(sure & ~no), along, out=np.ones(n), where=along > 0)
    # The least: nobody on the parts that are reached, and on those that are not reached all over only where
    # they are not; the most: nobody on the parts that are not.
    off, on = of(by_area & ~(yes & anywhere)), of(by_area & ~no)
    least = np.where(along > 0, (1.0 - off) * least_along, off == 0)
    most = np.where(along > 0, on + (1.0 - on) * most_along, on > 0)
    by_areas = status_of(of(yes), of(~no), status)
    rests_on_it = status_of(least, most, status) != by_areas
    of_those: NDArray[np.bool_] = by_area & ~open_ & rests_on_it[village]
    return of_those


def is_open(reason_code: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return by demand point whether nobody knows if it is reached.

    For want of lists, of places of units, of roads or of hamlets.

    Parameters
    ----------
    reason_code
        int8 ``(points,)``, numbers in REASONS.

    Returns
    -------
    is_open
        bool ``(points,)``.

    Examples
    --------
    >>> is_open(np.array([REASONS.index("too_far"), REASONS.index("list_incomplete")], np.int8)).tolist()
    [False, True]
    """
    open_: NDArray[np.bool_] = np.isin(reason_code, [REASONS.index(r) for r in OPEN_REASONS])
    return open_


def status_of(
    least: NDArray[np.float64], most: NDArray[np.float64], status: StatusRule
) -> NDArray[np.object_]:
    """Return served, partly, gap, or unknown where that depends on what is not known: object ``(villages,)``.

    Parameters
    ----------
    least, most
        float64 ``(villages,)``, the share (0-1) of people that is reached at least and at most.
    status
        From which share on a village is served, and below which it is a gap.

    Examples
    --------
    >>> from planner.scenarios.scenario import StatusRule
    >>> least, most = np.array([0.8, 0.6, 0.2, 0.2]), np.array([1.0, 0.7, 0.3, 0.9])
    >>> status_of(least, most, StatusRule(served=0.8, gap=0.5)).tolist()
    ['served', 'partly', 'gap', 'unknown']
    """
    least, most = np.round(least, 9), np.round(most, 9)
    which = [least >= status.served, most < status.gap, (least >= status.gap) & (most < status.served)]
    return np.select(
        which, [VillageStatus.SERVED, VillageStatus.GAP, VillageStatus.PARTLY], VillageStatus.UNKNOWN
    ).astype(object)


@dataclass(frozen=True)
class _Points:
    """The answer by demand point; see Coverage. ``village`` is the row of its village."""

    village: NDArray[np.int64]
    weight: NDArray[np.float64]
    minutes: NDArray[np.float64]
    reached: NDArray[np.bool_]
    reason: NDArray[np.int8]
    nearest: NDArray[np.int32]


def _villages(
    kinds: tuple[str, ...],
    layers: Layers,
    points: _Points,
    facility_ids: pd.Index,
    status: StatusRule,
    *,
    listed: bool,
    extent: Extent,
) -> pd.DataFrame:
    table = _points_by_village(points, layers, facility_ids, status, listed=listed)
    table.insert(0, "present", _present(kinds, layers, listed=listed, extent=extent))
    return table


def _points_by_village(
    points: _Points, layers: Layers, facility_ids: pd.Index, status: StatusRule, *, listed: bool
) -> pd.DataFrame:
    codes = layers.villages.index
    village, weight = points.village, points.weight
    people = layers.villages["people"].to_numpy()
    n = len(codes)
    # Weights of a village sum to 1 but for rounding; 8 of 10 equal shares are 0.8.
    sums = np.bincount(village, weights=weight * points.reached, minlength=n).astype(np.float64)
    share = np.round(sums, 9)
    # Of many people the ninth digit shows; the very last ones are of the order of the sum, not of the data.
    exact = np.round(sums, 13)
    # Of these nobody knows whether they are reached; they decide nothing.
    open_ = is_open(points.reason)
    open_share = np.round(np.bincount(village, weights=weight * open_, minlength=n), 9)
    found = np.full(n, VillageStatus.UNKNOWN.value, dtype=object)
    if listed:
        found = status_of(share, share + open_share, status)
    # A status that is not known has the reason that leaves it open, though more may be too far.
    counts = np.where((found == VillageStatus.UNKNOWN.value)[village], open_, ~points.reached)
    reasons = np.array(REASONS, dtype=object)
    ids = np.append(facility_ids.to_numpy(dtype=object), "")
    middle = median_row(village, points.minutes, weight, n)
    return pd.DataFrame(
        {
            "people_reached": people * exact if listed else np.nan,
            "share_reached": share if listed else np.nan,
            "share_unknown": open_share if listed else np.nan,
            "minutes_median": np.append(points.minutes, np.nan)[middle],
            "minutes_max": _furthest(village, points.minutes, weight, n),
            "status": found,
            "reason": reasons[heaviest(village, points.reason, weight * counts, n, none=0)],
            # Of the person whose minutes are told: another unit may be nearest to more people.
            "nearest_id": ids[np.append(points.nearest, NO_FACILITY)[middle]],
        },
        index=codes,
    )


def _furthest(
    village: NDArray[np.int64], minutes: NDArray[np.float64], weight: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Return the longest minutes of anybody in each village; NaN where some are unknown, or nobody lives."""
    furthest = np.full(n, np.nan)
    order = np.argsort(minutes)
    order = order[weight[order] > 0]
    # The last written is the longest; NaN (unknown) sorts last and means that all are.
    furthest[village[order]] = minutes[order]
    return furthest


def _at_most(points: _Points, nearer: NDArray[np.bool_], villages: pd.DataFrame) -> pd.DataFrame:
    """Return which minutes of villages are less if people in doubt are all beside a unit."""
    n = len(villages)
    least = np.where(nearer | np.isnan(points.minutes), 0.0, points.minutes)
    return pd.DataFrame(
        {
            "minutes_median": weighted_median(points.village, least, points.weight, n)
            < villages["minutes_median"].to_numpy(),
            "minutes_max": _furthest(points.village, least, points.weight, n)
            < villages["minutes_max"].to_numpy(),
        },
        index=villages.index,
    )


def _present(kinds: tuple[str, ...], layers: Layers, *, listed: bool, extent: Extent) -> NDArray[np.object_]:
    """Return yes/no/unknown: is a unit of the kind in the village, whether or not it functions.

    Without a list, or where it is not whole, nothing is known of villages where none is seen; nor where a
    unit of the list may stand that has no place.
    """
    rows = layers.facilities
    # The village a list declares holds the unit, also where its coordinates are wrong.
    has = layers.villages.index.isin(rows["village_code"][rows["kind"].isin(kinds)].dropna())
    sure = extent.lists_whole(kinds, len(has)) & listed
    sure &= ~may_stand(layers, kinds, working=False, around=extent.around)
    return np.select([has, sure], [YesNo.YES, YesNo.NO], YesNo.UNKNOWN).astype(object)


def _catchments(
    facility_ids: pd.Index, people: NDArray[np.float64], points: _Points, owners: Owners
) -> pd.DataFrame:
    """Return each facility's people; NaN where those of all its places are unknown, 0 without places.

    NaN too where nobody knows whose it is.
    """
    n = len(facility_ids)
    owner = points.nearest
    some, unknown = owner != NO_FACILITY, np.isnan(people)
    columns: dict[str, NDArray[np.generic]] = {}
    for name, who, sure in (
        ("people_nearest", some, owners.nearest), ("people_own", some & points.reached, owners.own)
    ):  # fmt: skip
        columns[name] = np.where(sure, known_sums(owner[who], people[who], n), np.nan)
    lost_pairs = np.column_stack([owner[some & unknown], points.village[some & unknown]])
    pairs = np.unique(lost_pairs, axis=0)
    villages = np.bincount(pairs[:, 0].astype(np.int64), minlength=n)
    columns["villages_people_unknown"] = np.where(owners.nearest, villages, np.nan)
    return pd.DataFrame(columns, index=facility_ids)
