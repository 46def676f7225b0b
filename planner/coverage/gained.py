"""How far a difference between two answers is known: some may be reached already, others besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.coverage.known.extent import ROADS
from planner.coverage.known.lost import lost_units
from planner.coverage.known.unseen import quickest_mps
from planner.coverage.reach import is_open, usable_facilities
from planner.scenarios.edits import FACILITY_EDITS, OpenFacility

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario

# Sums of the same people in another order differ in their last bits.
SAME_PEOPLE = 1e-6
# What changes neither ways nor places of people.
FREE = {
    "name", "season", "status", "standard", "standard_name", "standard_version", "standard_source", "groups",
    "referral", "visits", "remoteness", "floating", "edits",
}  # fmt: skip


@dataclass(frozen=True)
class Gain:
    """People whom one answer reaches more than another, as counted, and between which numbers the truth lies.

    Attributes
    ----------
    people
        As counted: who is known to be reached in the one, less who is in the other.
    least, most
        What is true is no less and no more than this, whatever is true of what nobody knows.
    """

    people: float
    least: float
    most: float

    @property
    def at_least(self) -> bool:
        """Whether the difference may be larger than counted, whichever way it goes."""
        return self._turns or self._high > abs(self.people) + SAME_PEOPLE

    @property
    def at_most(self) -> bool:
        """Whether it may be smaller; with ``at_least`` nothing is certain but what is counted.

        Examples
        --------
        >>> one, other = Gain(5.0, 0.0, 5.0), Gain(-5.0, -9.0, -5.0)
        >>> (one.at_most, one.at_least), (other.at_most, other.at_least)
        ((True, False), (False, True))
        >>> turned = Gain(5.0, -1.0, 5.0)
        >>> turned.at_most, turned.at_least
        (True, True)
        """
        return self._turns or self._low < abs(self.people) - SAME_PEOPLE

    @property
    def is_sure(self) -> bool:
        """Whether the difference is as counted, whatever is true of what nobody knows."""
        return not (self.at_least or self.at_most)

    @property
    def _low(self) -> float:
        return self.least if self.people >= 0 else -self.most

    @property
    def _high(self) -> float:
        return self.most if self.people >= 0 else -self.least

    @property
    def _turns(self) -> bool:
        """Whether it may go the other way, or any way where nothing is counted."""
        nothing = abs(self.people) <= SAME_PEOPLE
        return self._low < -SAME_PEOPLE or (nothing and self._high > SAME_PEOPLE)


def change_of_points(
    before: Gaps, after: Gaps, kind: str, seasons: Sequence[Season] | None = None, *, adds_only: bool = False
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return what may change at each demand point between two answers, at least and at most.

    1: it is reached in ``after`` and not in ``before``, 0: no change, -1: the other way round. Units that
    nobody listed or placed are the same in both: whom they reach, they reach in both. So where both do not
    know, nothing changes but by a way that is on no map, by other ways, or by such units that change.

    Parameters
    ----------
    before, after
        For the same demand points.
    kind
        Of both standards, with the same limit.
    seasons
        Reached counts only if in all of these; ``after``'s own season when None.
    adds_only
        Whether nothing is taken away: who is reached in ``before`` is in ``after``.

    Returns
    -------
    least, most
        int8 ``(points,)``.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> one, other = study.gaps(), study.gaps([CloseFacility(id="P9901002")])
    >>> least, most = change_of_points(one, other, "puskesmas")
    >>> bool((least == most).all()), sorted(set(least.tolist()))
    (True, [-1, 0])
    """
    seasons = (after.scenario.season,) if seasons is None else tuple(seasons)
    if all(before.seasons[s][kind] is after.seasons[s][kind] for s in seasons):
        none = np.zeros(len(after.demand), dtype=np.int8)
        return none, none
    one, other = (gaps.in_each(kind, seasons) for gaps in (before, after))
    open_ = [~each.reached & is_open(each.reason_code) for each in (one, other)]
    least = other.reached.astype(np.int8) - (one.reached | open_[0])
    most = (other.reached | open_[1]).astype(np.int8) - one.reached
    alike = open_[0] & open_[1] & ~_may_differ(before, after, kind, seasons) & (one.within == other.within)
    least, most = (np.where(alike, 0, each).astype(np.int8) for each in (least, most))
    if adds_only or _only_opens(before.scenario, after.scenario):
        least = np.maximum(least, 0).astype(np.int8)
    elif _only_opens(after.scenario, before.scenario):
        most = np.minimum(most, 0).astype(np.int8)
    return least, most


def _only_opens(one: Scenario, other: Scenario) -> bool:
    """Return whether a scenario is another one with more units opened, and nothing else."""
    more = other.edits[len(one.edits) :]
    first = list(other.edits[: len(one.edits)]) == list(one.edits)
    return first and same_ways(one, other) and all(isinstance(edit, OpenFacility) for edit in more)


def _may_differ(before: Gaps, after: Gaps, kind: str, seasons: Sequence[Season]) -> NDArray[np.bool_]:
    """Return at which points what nobody knows may be another thing in both answers."""
    every = np.ones(len(after.demand), dtype=np.bool_)
    if not same_ways(before.scenario, after.scenario):
        return every
    kinds = (kind, *after.scenario.standard[kind].counts)
    lost = [lost_units(gaps.layers, kinds, working=True)["village_code"] for gaps in (before, after)]
    if not lost[0].equals(lost[1]):
        return every
    if not roads_in_doubt(after, kind):
        return ~every
    units = [usable_facilities(gaps.layers, kinds).geometry.to_wkb() for gaps in (before, after)]
    both = units[0].index.intersection(units[1].index)
    stays = set(both[(units[0][both] == units[1][both]).to_numpy()])
    changed = [wkb for one in units for name, wkb in one.items() if name not in stays]
    xy = shapely.get_coordinates(shapely.from_wkb(changed)) if changed else np.empty((0, 2))
    return in_quickest_reach(after, kind, seasons, xy)


def same_ways(one: Scenario, other: Scenario) -> bool:
    """Return whether two scenarios have the same ways and put people at the same places.

    Parameters
    ----------
    one, other
        Of the same layers.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, default_scenario
    >>> first = default_scenario()
    >>> same_ways(first, first.model_copy(update={"edits": (CloseFacility(id="P1"),)}))
    True
    """
    ways = [[edit for edit in each.edits if not isinstance(edit, FACILITY_EDITS)] for each in (one, other)]
    rules = [each.model_dump(exclude=FREE) for each in (one, other)]
    return ways[0] == ways[1] and rules[0] == rules[1]


def roads_in_doubt(gaps: Gaps, kind: str) -> bool:
    """Return whether a way that is on no map may lead to a unit of a kind.

    Parameters
    ----------
    gaps
        An answer.
    kind
        Of its standard.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> roads_in_doubt(find_gaps(demo_layers(12)), "pustu")
    False
    """
    return gaps.on_foot(kind) or ROADS in gaps.extent.why


def in_quickest_reach(
    gaps: Gaps, kind: str, seasons: Sequence[Season], xy: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return from where some places could be reached within a kind's limit on a straight, quickest road.

    Parameters
    ----------
    gaps
        An answer.
    kind, seasons
        Whose limit counts: the longest of them.
    xy
        float64 ``(places, 2)``, metres, the layers' CRS.

    Returns
    -------
    reached
        bool ``(points,)``.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> bool(in_quickest_reach(gaps, "pustu", ["dry"], np.empty((0, 2))).any())
    False
    """
    reached = np.zeros(len(gaps.demand), dtype=np.bool_)
    if not len(xy):
        return reached
    rules = [gaps.scenario.standard[kind].of(season) for season in seasons]
    metres = max(rule.limit_s * quickest_mps(gaps.scenario, rule.mode) for rule in rules)
    points = np.asarray(gaps.demand.geometry.to_numpy(), dtype=object)
    tree = shapely.STRtree(points)
    near = tree.query(shapely.points(xy), predicate="dwithin", distance=metres)[1]
    reached[near] = True
    return reached


def by_village(
    before: Gaps, after: Gaps, kind: str, season: Season
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many more people a kind reaches in each village, at least and at most.

    Parameters
    ----------
    before, after
        For the same villages; where they put people at other places, shares of villages decide.
    kind
        Of both standards, with the same limit.
    season
        That of the times.

    Returns
    -------
    least, most
        float64 ``(villages,)``; NaN where the people are unknown, or either answer has no list.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> one, other = study.gaps(), study.gaps([CloseFacility(id="P9901002")])
    >>> least, most = by_village(one, other, "puskesmas", "dry")
    >>> bool((least == most).all()), float(least.sum().round(6))
    (True, -1912.0)
    """
    people = after.layers.villages["people"].to_numpy(dtype=np.float64)
    one, other = before.seasons[season][kind], after.seasons[season][kind]
    if not (one.listed and other.listed):
        return np.full(len(people), np.nan), np.full(len(people), np.nan)
    if not _same_points(before.demand, after.demand):
        tables = [each.villages[["share_reached", "share_unknown"]].to_numpy().T for each in (one, other)]
        (now, now_open), (then, then_open) = tables
        return people * (then - now - now_open), people * (then + then_open - now)
    village = after.layers.villages.index.get_indexer(after.demand["village_code"])
    weight = after.demand["weight"].to_numpy(dtype=np.float64)
    least, most = (
        people * np.bincount(village, weights=weight * each, minlength=len(people))
        for each in change_of_points(before, after, kind, (season,))
    )
    return least, most


def _same_points(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> bool:
    return one is other or (
        len(one) == len(other)
        and bool((one["weight"].to_numpy() == other["weight"].to_numpy()).all())
        and bool(one.geometry.geom_equals(other.geometry, align=False).all())
    )
