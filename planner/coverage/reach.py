"""Who is reached: people within the limit, each village's status, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.runs import run_starts
from planner.coverage.extent import Extent

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenarios.scenario import StatusRule
    from planner.scenarios.standards import KindStandard
    from planner.travel.times import TravelTimes

# Why a place is not reached (docs/METHODS.md); the first stands for those that are.
REASONS = (
    "",
    "unknown",
    "list_incomplete",
    "roads_incomplete",
    "people_unplaced",
    "not_functioning",
    "no_facility",
    "no_road",
    "island",
    "too_far",
)
# With these nobody knows whether the place is reached: what is reached is "at least".
OPEN_REASONS = ("list_incomplete", "roads_incomplete", "people_unplaced")
NO_FACILITY = -1


@dataclass(frozen=True)
class Coverage:
    """One kind's answer in one season.

    Attributes
    ----------
    kind
        The facility kind.
    listed
        False when no list of the kind was given, or none of its units has a place: all is unknown.
    minutes
        float64 by demand point; ``inf`` = cannot be reached, NaN = unknown.
    reached
        bool by demand point.
    reason_code
        int8 by demand point, its number in REASONS.
    nearest
        int32 by demand point, its facility's row in ``facilities``; -1 where there is none.
    villages
        One row a village: the columns of DESIGN's table, without the kind's prefix.
    facilities
        One row a functioning facility of the kind: ``people_nearest``, for whom it is the nearest, and of
        them ``people_own``, those within the limit.
    """

    kind: str
    listed: bool
    minutes: NDArray[np.float64]
    reached: NDArray[np.bool_]
    reason_code: NDArray[np.int8]
    nearest: NDArray[np.int32]
    villages: pd.DataFrame
    facilities: pd.DataFrame

    @property
    def reason(self) -> NDArray[np.object_]:
        """By demand point, why it is not reached, or "" where it is."""
        return np.array(REASONS, dtype=object)[self.reason_code]

    @property
    def nearest_id(self) -> NDArray[np.object_]:
        """``facility_id`` by demand point, "" where there is none."""
        return np.append(self.facilities.index.to_numpy(dtype=object), "")[self.nearest]


def usable_facilities(layers: Layers, kinds: tuple[str, ...], *, broken: bool = False) -> gpd.GeoDataFrame:
    """Return facilities of some kinds that take part, by id; with ``broken`` those out of function too.

    A facility of which nothing says whether it functions counts as functioning ("unknown" is not "no").
    """
    rows = layers.facilities
    chosen = rows["kind"].isin(kinds) & (rows["status"] == "used")
    if not broken:
        chosen &= rows["functioning"] != "no"
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
) -> Coverage:
    """Return one kind's coverage from travel times.

    Parameters
    ----------
    times
        To the facilities of :func:`usable_facilities`, in its order; None when no list was given.
    times_if_all_functioned
        To those with ``broken=True``, where some are known not to function.
    village
        Row of each demand point's village, where it is known already.
    facilities
        :func:`usable_facilities`, where they are known already.
    extent
        What the lists and the roads cover; all of the area when None.
    """
    extent = Extent() if extent is None else extent
    listed = kind in layers.area.listed_kinds
    kinds = (kind, *standard.counts)
    if facilities is None:
        facilities = usable_facilities(layers, kinds)
    rows = layers.facilities
    lost = rows["kind"].isin(kinds) & (rows["status"] == "unlocated") & (rows["functioning"] != "no")
    # Where every unit is of unknown place, nobody knows who is reached.
    known = listed and (len(facilities) > 0 or not lost.any())
    if not known or times is None:
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
    # Straight lines on foot need no roads.
    on_roads = extent.roads_whole(len(layers.villages)) if layers.roads is not None else np.ones_like(whole)
    reason = _reasons(
        reached, times if known else None, times_if_all_functioned, standard,
        any_facility=len(facilities) > 0, any_lost=bool(lost.any()), listed=whole[village],
        roads=on_roads[village], clipped=extent.clipped,
    )  # fmt: skip
    # Minutes over roads that are not all there are not those of the way there is.
    somewhere = ~whole[village] | (len(facilities) > 0)
    no_way = (reason == REASONS.index("roads_incomplete")) | (~reached & ~on_roads[village] & somewhere)
    minutes = np.where(no_way, np.nan, minutes)
    if known:
        lost_there = unplaced(demand, village, reached, is_open(reason), status, n=len(whole))
        reached = reached & ~lost_there
        reason = np.where(lost_there, np.int8(REASONS.index("people_unplaced")), reason)
        minutes = np.where(lost_there, np.nan, minutes)
    _freeze(minutes, reached, reason, nearest)
    points = _Points(village, demand["weight"].to_numpy(), minutes, reached, reason, nearest)
    return Coverage(
        kind=kind,
        listed=known,
        minutes=minutes,
        reached=reached,
        reason_code=reason,
        nearest=nearest,
        villages=_villages(kinds, layers, points, facilities.index, status, listed=known, whole=whole),
        facilities=_catchments(facilities.index, demand["people"].to_numpy(), points),
    )


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
    any_lost: bool,
    listed: NDArray[np.bool_],
    roads: NDArray[np.bool_],
    clipped: bool,
) -> NDArray[np.int8]:
    if times is None:
        return np.full(len(reached), REASONS.index("unknown"), dtype=np.int8)
    closed = if_all.travel_s <= standard.limit_s if if_all is not None else np.zeros_like(reached)
    every = np.ones_like(reached)
    no_road = np.isinf(times.access_m) | (every if not times.joined else False)
    # In the order of docs/METHODS.md; a unit of unknown place may be the one that serves them.
    answers = (
        (reached, ""),
        (every & any_lost, "unknown"),
        (~listed, "list_incomplete"),
        # Where no unit works at all, no road leads to one.
        (any_facility & (~roads | (clipped & np.isinf(times.travel_s))), "roads_incomplete"),
        (closed, "not_functioning"),
        (every & (not any_facility), "no_facility"),
        (no_road, "no_road"),
        (np.isinf(times.travel_s), "island"),
    )
    chosen = np.select(
        [where for where, _ in answers], [REASONS.index(n) for _, n in answers], REASONS.index("too_far")
    )
    return chosen.astype(np.int8)


def unplaced(
    demand: gpd.GeoDataFrame,
    village: NDArray[np.int64],
    reached: NDArray[np.bool_],
    open_: NDArray[np.bool_],
    status: StatusRule,
    *,
    n: int,
) -> NDArray[np.bool_]:
    """Return of which points nobody knows whether people are there, where their village's status rests on it.

    People put on a part of a village by its area may be all there, or all on the other parts. Where the
    status is the same either way, the area is as good an estimate as any.

    Parameters
    ----------
    demand
        As from :func:`planner.coverage.demand.spread_demand`.
    village
        Row of each demand point's village, of ``n``.
    reached, open_
        bool by demand point: reached, and unknown whether it is.
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
    # The least: nobody on the parts that are reached; the most: nobody on those that are not.
    off, on = of(by_area & ~yes), of(by_area & ~no)
    least = np.where(along > 0, (1.0 - off) * least_along, off == 0)
    most = np.where(along > 0, on + (1.0 - on) * most_along, on > 0)
    by_areas = status_of(of(yes), of(~no), status)
    rests_on_it = status_of(least, most, status) != by_areas
    of_those: NDArray[np.bool_] = by_area & ~open_ & rests_on_it[village]
    return of_those


def is_open(reason_code: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return by demand point whether nobody knows if it is reached, for want of lists, roads or hamlets."""
    open_: NDArray[np.bool_] = np.isin(reason_code, [REASONS.index(r) for r in OPEN_REASONS])
    return open_


def status_of(
    least: NDArray[np.float64], most: NDArray[np.float64], status: StatusRule
) -> NDArray[np.object_]:
    """Return served, partly, gap, or unknown where that depends on what is not known.

    Parameters
    ----------
    least, most
        float64, the share of people that is reached at least and at most.
    """
    least, most = np.round(least, 9), np.round(most, 9)
    which = [least >= status.served, most < status.gap, (least >= status.gap) & (most < status.served)]
    return np.select(which, ["served", "gap", "partly"], "unknown").astype(object)


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
    whole: NDArray[np.bool_],
) -> pd.DataFrame:
    codes = layers.villages.index
    village, weight = points.village, points.weight
    people = layers.villages["people"].to_numpy()
    n = len(codes)
    # Weights of a village sum to 1 but for rounding; 8 of 10 equal shares are 0.8.
    share = np.round(np.bincount(village, weights=weight * points.reached, minlength=n), 9).astype(np.float64)
    # Of these nobody knows whether they are reached; they decide nothing.
    open_share = np.round(np.bincount(village, weights=weight * is_open(points.reason), minlength=n), 9)
    lived = weight > 0
    furthest = np.full(n, np.nan)
    order = np.argsort(points.minutes)
    order = order[lived[order]]
    # The last written is the longest; NaN (unknown) sorts last and means that all are.
    furthest[village[order]] = points.minutes[order]
    reasons = np.array(REASONS, dtype=object)
    ids = np.append(facility_ids.to_numpy(dtype=object), "")
    return pd.DataFrame(
        {
            "present": _present(kinds, layers, listed=listed, whole=whole),
            "people_reached": people * share if listed else np.nan,
            "share_reached": share if listed else np.nan,
            "share_unknown": open_share if listed else np.nan,
            "minutes_median": weighted_median(village, points.minutes, weight, n),
            "minutes_max": furthest,
            "status": status_of(share, share + open_share, status) if listed else "unknown",
            "reason": reasons[heaviest(village, points.reason, weight * ~points.reached, n, none=0)],
            "nearest_id": ids[
                heaviest(
                    village, points.nearest, weight * (points.nearest != NO_FACILITY), n, none=NO_FACILITY
                )
            ],
        },
        index=codes,
    )


def _present(
    kinds: tuple[str, ...], layers: Layers, *, listed: bool, whole: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """Return yes/no/unknown: is a unit of the kind in the village, whether or not it functions.

    Without a list, or where it is not whole, nothing is known of villages where none is seen; nor while
    units of the list have no place, since any village may be theirs.
    """
    rows = layers.facilities[layers.facilities["kind"].isin(kinds)]
    # The village a list declares holds the unit, also where its coordinates are wrong.
    has = layers.villages.index.isin(rows["village_code"].dropna())
    sure = listed and not (rows["status"] == "unlocated").any()
    return np.select([has, whole & sure], ["yes", "no"], "unknown").astype(object)


def weighted_median(
    group: NDArray[np.int64], value: NDArray[np.float64], weight: NDArray[np.float64], groups: int
) -> NDArray[np.float64]:
    """Return each group's lower weighted median: the least value that half the weight does not exceed.

    A group of no weight, or with an unknown (NaN) value of some weight, has NaN; ``inf`` sorts last.
    """
    order = np.lexsort((value, group))
    group, value, weight = group[order], value[order], weight[order]
    total = np.bincount(group, weights=weight, minlength=groups)
    running = np.cumsum(weight)
    before = np.concatenate([[0.0], np.cumsum(total)])[:groups]
    # Half, but for rounding of the running sum.
    half = running - before[group] >= 0.5 * total[group] * (1 - 1e-9)
    out = np.full(groups, np.nan)
    at = np.flatnonzero(half & (total[group] > 0))[::-1]
    out[group[at]] = value[at]
    out[group[np.isnan(value) & (weight > 0)]] = np.nan
    return out


def heaviest(
    village: NDArray[np.int64],
    label: NDArray[np.signedinteger],
    weight: NDArray[np.float64],
    n: int,
    *,
    none: int,
) -> NDArray[np.int64]:
    """Return each village's label of the most weight (ties: the smallest), ``none`` without weight.

    Parameters
    ----------
    village, label, weight
        By demand point; ``n`` villages.
    """
    out = np.full(n, none, dtype=np.int64)
    some = np.flatnonzero(weight > 0)
    if len(some) == 0:
        return out
    labels = int(label.max()) + 1
    key, inverse = np.unique(village[some].astype(np.int64) * labels + label[some], return_inverse=True)
    # Rounded, so that equal shares summed in another order still tie.
    total = np.round(np.bincount(inverse, weights=weight[some]), 9)
    owner = key // labels
    order = np.lexsort((key, -total, owner))
    first = run_starts(owner[order])
    best = order[first]
    out[owner[best]] = key[best] % labels
    return out


def _catchments(facility_ids: pd.Index, people: NDArray[np.float64], points: _Points) -> pd.DataFrame:
    """Return each facility's people; NaN where those of all its places are unknown, 0 without places."""
    n = len(facility_ids)
    owner = points.nearest
    some, unknown = owner != NO_FACILITY, np.isnan(people)
    columns = {}
    for name, who in (("people_nearest", some), ("people_own", some & points.reached)):
        total = np.bincount(owner[who & ~unknown], weights=people[who & ~unknown], minlength=n)
        places = np.bincount(owner[who & ~unknown], minlength=n)
        lost = np.bincount(owner[who & unknown], minlength=n)
        columns[name] = np.where((places == 0) & (lost > 0), np.nan, total)
    lost_pairs = np.column_stack([owner[some & unknown], points.village[some & unknown]])
    pairs = np.unique(lost_pairs, axis=0)
    columns["villages_people_unknown"] = np.bincount(pairs[:, 0].astype(np.int64), minlength=n)
    return pd.DataFrame(columns, index=facility_ids)
