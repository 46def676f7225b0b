"""Who is reached: people within the limit, each village's status, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenario import KindStandard, StatusRule
    from planner.traveltime import TravelTimes

REACHED = ""


@dataclass(frozen=True)
class Coverage:
    """One kind's answer.

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
    reason
        By demand point, why it is not reached (docs/METHODS.md), or "" where it is reached.
    nearest_id
        ``facility_id`` by demand point, "" where there is none.
    villages
        One row a village: the columns of DESIGN's table, without the kind's prefix.
    facilities
        One row a functioning facility of the kind: people for whom it is the nearest, and of them
        those within the limit.
    """

    kind: str
    listed: bool
    minutes: NDArray[np.float64]
    reached: NDArray[np.bool_]
    reason: NDArray[np.object_]
    nearest_id: NDArray[np.object_]
    villages: pd.DataFrame
    facilities: pd.DataFrame


def usable_facilities(layers: Layers, kinds: tuple[str, ...], *, broken: bool = False) -> gpd.GeoDataFrame:
    """Return facilities of some kinds that take part, by id; with ``broken`` those out of function too.

    A facility of which nothing says whether it functions counts as functioning ("unknown" is not "no").
    """
    rows = layers.facilities
    chosen = rows["kind"].isin(kinds) & (rows["status"] == "used")
    if not broken:
        chosen &= rows["functioning"] != "no"
    return rows[chosen].sort_index()


def cover(
    kind: str,
    layers: Layers,
    demand: gpd.GeoDataFrame,
    standard: KindStandard,
    status: StatusRule,
    *,
    times: TravelTimes | None,
    times_if_all_functioned: TravelTimes | None = None,
) -> Coverage:
    """Return one kind's coverage from travel times.

    Parameters
    ----------
    times
        To the facilities of :func:`usable_facilities`, in its order; None when no list was given.
    times_if_all_functioned
        To those with ``broken=True``, where some are known not to function.
    """
    listed = kind in layers.area.listed_kinds
    kinds = (kind, *standard.counts)
    facilities = usable_facilities(layers, kinds)
    rows = layers.facilities
    lost = rows["kind"].isin(kinds) & (rows["status"] == "unlocated") & (rows["functioning"] != "no")
    # Where every unit is of unknown place, nobody knows who is reached.
    known = listed and (len(facilities) > 0 or not lost.any())
    if not known or times is None:
        minutes = np.full(len(demand), np.nan)
        nearest = np.full(len(demand), "", dtype=object)
        reached = np.zeros(len(demand), dtype=bool)
    else:
        minutes = times.travel_s / 60.0
        # One predicate decides a standard.
        reached = times.travel_s <= standard.limit_s
        ids = np.append(facilities.index.to_numpy(dtype=object), "")
        nearest = ids[times.facility]
    reason = _reasons(
        reached, times if known else None, times_if_all_functioned, standard,
        any_facility=len(facilities) > 0, any_lost=bool(lost.any()),
    )  # fmt: skip
    for array in (minutes, reached, reason, nearest):
        array.setflags(write=False)
    points = _Points(minutes, reached, reason, nearest)
    return Coverage(
        kind=kind,
        listed=known,
        minutes=minutes,
        reached=reached,
        reason=reason,
        nearest_id=nearest,
        villages=_villages(kinds, layers, demand, points, status, listed=known),
        facilities=_catchments(facilities, demand, nearest, reached),
    )


def _reasons(
    reached: NDArray[np.bool_],
    times: TravelTimes | None,
    if_all: TravelTimes | None,
    standard: KindStandard,
    *,
    any_facility: bool,
    any_lost: bool,
) -> NDArray[np.object_]:
    if times is None:
        return np.full(len(reached), "unknown", dtype=object)
    closed = if_all.travel_s <= standard.limit_s if if_all is not None else np.zeros_like(reached)
    every = np.ones_like(reached)
    no_road = np.isinf(times.access_m) | (every if not times.joined else False)
    # In the order of docs/METHODS.md; a unit of unknown place may be the one that serves them.
    answers = (
        (reached, REACHED),
        (every & any_lost, "unknown"),
        (closed, "not_functioning"),
        (every & (not any_facility), "no_facility"),
        (no_road, "no_road"),
        (np.isinf(times.travel_s), "island"),
    )
    chosen = np.select([where for where, _ in answers], [name for _, name in answers], "too_far")
    return np.asarray(chosen, dtype=object)


@dataclass(frozen=True)
class _Points:
    """The answer by demand point; see Coverage."""

    minutes: NDArray[np.float64]
    reached: NDArray[np.bool_]
    reason: NDArray[np.object_]
    nearest_id: NDArray[np.object_]


def _villages(
    kinds: tuple[str, ...],
    layers: Layers,
    demand: gpd.GeoDataFrame,
    points: _Points,
    status: StatusRule,
    *,
    listed: bool,
) -> pd.DataFrame:
    codes = layers.villages.index
    village = codes.get_indexer(demand["village_code"])
    weight = demand["weight"].to_numpy()
    people = layers.villages["people"].to_numpy()
    n = len(codes)
    left = weight * ~points.reached
    # Weights of a village sum to 1 but for rounding; 8 of 10 equal shares are 0.8.
    share = np.round(np.bincount(village, weights=weight * points.reached, minlength=n), 9)
    frame = pd.DataFrame(index=codes)
    frame["present"] = _present(kinds, layers, listed=listed)
    frame["people_reached"] = people * share if listed else np.nan
    frame["share_reached"] = share if listed else np.nan
    frame["minutes_median"] = weighted_median(village, points.minutes, weight, n)
    lived = weight > 0
    furthest = pd.Series(points.minutes[lived]).groupby(village[lived]).max()
    frame["minutes_max"] = furthest.reindex(range(n)).to_numpy()
    frame["status"] = (
        np.select([share >= status.served, share < status.gap], ["served", "gap"], "partly")
        if listed
        else "unknown"
    )
    frame["reason"] = _most(village, points.reason, left, n)
    frame["nearest_id"] = _most(village, points.nearest_id, weight * (points.nearest_id != ""), n)
    return frame


def _present(kinds: tuple[str, ...], layers: Layers, *, listed: bool) -> NDArray[np.object_]:
    """Return yes/no/unknown: is a unit of the kind in the village, whether or not it functions.

    Without a list nothing is known of villages where none is seen; nor while units of the list have
    no place, since any village may be theirs.
    """
    rows = layers.facilities[layers.facilities["kind"].isin(kinds)]
    # The village a list declares holds the unit, also where its coordinates are wrong.
    has = layers.villages.index.isin(rows["village_code"].dropna())
    sure = listed and not (rows["status"] == "unlocated").any()
    return np.where(has, "yes", "no" if sure else "unknown").astype(object)


def weighted_median(
    group: NDArray[np.int64], value: NDArray[np.float64], weight: NDArray[np.float64], groups: int
) -> NDArray[np.float64]:
    """Return each group's lower weighted median: the least value that half the weight does not exceed.

    A group of no weight, or with an unknown (NaN) value, has NaN; ``inf`` sorts last.
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
    out[group[np.isnan(value)]] = np.nan
    return out


def _most(
    village: NDArray[np.int64], label: NDArray[np.object_], weight: NDArray[np.float64], n: int
) -> NDArray[np.object_]:
    """Return each village's label of the most weight (ties: first in order), "" without weight."""
    out = np.full(n, "", dtype=object)
    some = weight > 0
    if not some.any():
        return out
    names, code = np.unique(label[some].astype(str), return_inverse=True)
    key = village[some] * len(names) + code
    keys, inverse = np.unique(key, return_inverse=True)
    # Rounded, so that equal shares summed in another order still tie.
    total = np.round(np.bincount(inverse, weights=weight[some]), 9)
    order = np.lexsort((keys % len(names), -total, keys // len(names)))
    owner = (keys // len(names))[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = owner[1:] != owner[:-1]
    out[owner[first]] = names[(keys % len(names))[order][first]]
    return out


def _catchments(
    facilities: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    nearest: NDArray[np.object_],
    reached: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return each facility's people; NaN where those of all its places are unknown, 0 without places."""
    people = demand["people"].to_numpy()
    near = pd.Series(people).groupby(nearest).sum(min_count=1)
    within = pd.Series(np.where(reached, people, 0.0)).groupby(nearest).sum(min_count=1)
    unknown = demand["village_code"][np.isnan(people)].groupby(nearest[np.isnan(people)]).nunique()
    return pd.DataFrame(
        {
            "people_nearest": near.reindex(facilities.index, fill_value=0.0),
            "people_within_limit": within.reindex(facilities.index, fill_value=0.0),
            "villages_people_unknown": unknown.reindex(facilities.index, fill_value=0),
        },
        index=facilities.index,
    )
