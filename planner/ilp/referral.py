"""Referral: posyandu → pustu → puskesmas → hospital, minutes by leg and in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from planner.coverage.known.lost import lost_units
from planner.coverage.reach import usable_facilities
from planner.scenarios.modes import WALKING, Profile
from planner.supply.logic import NO, UNKNOWN, YES, words
from planner.travel.straight import straight_line_times
from planner.travel.times import NO_FACILITY

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season

STANDARD = "standard"
MINUTE_DECIMALS = 6
# How well all legs together are known: as they are, at most so long, or shorter or longer than that.
Known = Literal["exact", "at_most", "as_known"]


def referral_table(gaps: Gaps, season: Season | None = None) -> pd.DataFrame:
    """Return one row a village and mode: minutes of each leg of its referral, and of all of it.

    The first leg is from the village's middle person to the nearest unit (the median minutes, and the
    unit that they lead to), each further one from that unit to the nearest of the next level. A level
    without a list is passed over, since nobody knows where its units are; the legs that are known then
    make a total that may be too short, and ``exceeds`` says "no" of none of them. Where a list or the
    roads do not cover the village, a unit that is not listed may be nearer, and it says "yes" of none;
    nor does it without roads, where legs that people go by vehicle are timed on foot. A level that has
    no unit at all is passed over too, and counts for nothing; without a unit of the last level there is
    no referral (``inf``).

    Parameters
    ----------
    gaps
        The answer for a study area.
    season
        The scenario's own when None.

    Returns
    -------
    referral
        Index ``village_code``, ``mode`` (``standard``: each leg by the mode of the standard; or one mode
        for all legs but the first); ``K_id`` and float64 ``K_minutes`` for each kind K of the chain (leg that
        ends there; NaN unknown, inf no way), ``minutes`` (all known legs), ``minutes_are`` (exact,
        at_most, as_known: see :func:`legs_in_doubt`), ``levels_unknown`` (names),
        ``exceeds`` (yes/no/unknown) the limit of the scenario's referral rule.

    Raises
    ------
    KeyError
        The answer has no such season.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> table = referral_table(find_gaps(demo_layers(12))).xs("standard", level="mode")
    >>> legs = [f"{kind}_minutes" for kind in ("posyandu", "pustu", "puskesmas", "hospital")]
    >>> bool(np.allclose(table[legs].sum(axis=1), table["minutes"])), round(table["minutes"].max())
    (True, 141)
    """
    season = season or gaps.scenario.season
    chain = [k for k in gaps.scenario.referral.chain if k in gaps.scenario.standard]
    modes = [STANDARD]
    if gaps.ways is not None:
        prepared = {p.mode for p in gaps.ways.network.impedance}
        modes += [m for m in gaps.scenario.modes if m in prepared and m != WALKING]
    legs = _Legs(gaps, season, chain)
    parts = [legs.by(mode) for mode in modes]
    return pd.concat(parts).set_index("mode", append=True)


def legs_in_doubt(gaps: Gaps) -> tuple[frozenset[str], Known]:
    """Return the levels to which the leg may be shorter than it is said to be, and how all legs are known.

    A unit that nobody listed, or one without a place, may be nearer than the nearest that is known; a way
    that nobody drew may be quicker. Of the last level that makes the sum shorter: it is "at most". But who
    goes to a nearer unit of another level may have a longer way on from there: the sum is then no bound, and
    "as known". So it is where a level has no list, and is passed over.

    Returns
    -------
    levels, known
        Kinds of the chain; how the sum is known.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> levels, known = legs_in_doubt(find_gaps(demo_layers(12)))
    >>> sorted(levels), known
    ([], 'exact')
    """
    chain = [k for k in gaps.scenario.referral.chain if k in gaps.scenario.standard]
    n = len(gaps.layers.villages)
    no_list = {k for k in chain if not gaps.coverage[k].listed}
    in_doubt = set() if _roads_whole(gaps) else set(chain)
    for kind in chain:
        kinds = (kind, *gaps.scenario.standard[kind].counts)
        lost = len(lost_units(gaps.layers, kinds, working=True))
        if lost or not gaps.extent.lists_whole(kinds, n).all():
            in_doubt.add(kind)
    in_doubt -= no_list
    if not in_doubt and not no_list:
        return frozenset(), "exact"
    only_last = not no_list and in_doubt == {chain[-1]}
    return frozenset(in_doubt), "at_most" if only_last else "as_known"


def _roads_whole(gaps: Gaps) -> bool:
    """Return whether the roads are whole in all of the area; without roads none can be missing."""
    if gaps.ways is None:
        return True
    return bool(gaps.extent.roads_whole(len(gaps.layers.villages)).all()) and not gaps.extent.clipped


class _Legs:
    """The units of each level, and the way from each to the next."""

    def __init__(self, gaps: Gaps, season: Season, chain: list[str]) -> None:
        self.gaps, self.season, self.chain = gaps, season, chain
        self.units = {k: usable_facilities(gaps.layers, self._kinds(k)) for k in chain}
        self.known = [k for k in chain if gaps.seasons[season][k].listed and len(self.units[k])]
        self.unknown = [k for k in chain if not gaps.seasons[season][k].listed]
        self.in_doubt, self.sum_known = legs_in_doubt(gaps)

    def _kinds(self, kind: str) -> tuple[str, ...]:
        return (kind, *self.gaps.scenario.standard[kind].counts)

    def by(self, mode: str) -> pd.DataFrame:
        """Return the table of one mode."""
        codes = self.gaps.layers.villages.index
        out = pd.DataFrame({"mode": mode}, index=codes)
        total = np.full(len(codes), np.nan)
        at: NDArray[np.int64] | None = None
        previous = ""
        for kind in self.chain:
            minutes, number = np.full(len(codes), np.nan), np.full(len(codes), NO_FACILITY, dtype=np.int64)
            if kind in self.known:
                if at is None:
                    minutes, number = self._first(kind)
                    total = np.zeros(len(codes))
                else:
                    minutes, number = self._further(previous, kind, at, mode)
                    # From a unit that nobody knows the way on is unknown; it is not that there is none.
                    minutes = np.where(np.isnan(total), np.nan, minutes)
                total = total + minutes
                at, previous = number, kind
            elif kind not in self.unknown:
                # A list without a unit that works: a level to pass over, unless it is the last.
                minutes = np.full(len(codes), np.inf)
                total = minutes if kind == self.chain[-1] else total
            ids = np.append(self.units[kind].index.to_numpy(dtype=object), "")
            out[f"{kind}_id"], out[f"{kind}_minutes"] = ids[number], minutes
        # So that a sum of legs does not miss the limit by its last bit.
        total = np.round(total, MINUTE_DECIMALS)
        out["minutes"] = total
        out["minutes_are"] = np.where(np.isinf(total) & self._no_way_sure(), "exact", self.sum_known)
        out["levels_unknown"] = " ".join(self.unknown)
        limit = self.gaps.scenario.referral.limit_minutes
        long = YES if self._covered() and self._sure() else UNKNOWN
        over = np.select([np.isnan(total), total > limit], [UNKNOWN, long], UNKNOWN if self.unknown else NO)
        out["exceeds"] = words(over.astype(np.int8))
        return out

    def _covered(self) -> bool:
        """Return whether the lists of all levels, and the roads, are whole: there, and all around.

        No unit that works may be without a place.

        In two hours a chain leads anywhere in the area, and out of it.
        """
        extent, n = self.gaps.extent, len(self.gaps.layers.villages)
        kinds = tuple(k for kind in self.chain for k in self._kinds(kind))
        covered = bool(extent.lists_whole(kinds, n).all())
        return (
            covered and not len(lost_units(self.gaps.layers, kinds, working=True)) and _roads_whole(self.gaps)
        )

    def _nowhere(self) -> bool:
        """Return whether the last level has a list, and no unit that works."""
        return self.chain[-1] not in self.known and self.chain[-1] not in self.unknown

    def _no_way_sure(self) -> bool:
        """Return whether "no way" stays so with all that nobody listed or drew."""
        return not self.in_doubt or (self._nowhere() and self.chain[-1] not in self.in_doubt)

    def _sure(self) -> bool:
        """Return whether a referral that takes too long does so by all ways: not if it is only walked."""
        return self._nowhere() or not any(self.gaps.on_foot(kind) for kind in self.known)

    def _first(self, kind: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        answer = self.gaps.seasons[self.season][kind].villages
        number = self.units[kind].index.get_indexer(answer["nearest_id"])
        return answer["minutes_median"].to_numpy(dtype=np.float64), number.astype(np.int64)

    def _further(
        self, start: str, goal: str, at: NDArray[np.int64], mode: str
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the leg from the units that villages have come to, to the nearest of the next level."""
        minutes, number = np.full(len(at), np.inf), np.full(len(at), NO_FACILITY, dtype=np.int64)
        here = at != NO_FACILITY
        # A unit that no village comes to sends nobody on: of twenty posyandu in a village that is most.
        used, row = np.unique(at[here], return_inverse=True)
        if len(used):
            travel_s, facility = self._between(self.units[start].iloc[used], goal, mode)
            minutes[here], number[here] = travel_s[row] / 60.0, facility[row]
        if self.gaps.on_foot(goal):
            # Where nobody can walk, a ferry may go.
            minutes = np.where(np.isinf(minutes), np.nan, minutes)
        return minutes, number

    def _between(
        self, origins: gpd.GeoDataFrame, goal: str, mode: str
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        gaps, goals = self.gaps, self.units[goal]
        if gaps.ways is None:
            points = [np.asarray(f.geometry.to_numpy(), dtype=object) for f in (origins, goals)]
            found = straight_line_times(*points, access=gaps.scenario.access, ground=gaps.ground)
            return found.travel_s, found.facility
        by = gaps.scenario.standard[goal].mode if mode == STANDARD else mode
        profile = Profile(by, self.season)
        router = gaps.ways.router(profile)
        found = router.nearest(gaps.ways.units(profile, origins), gaps.ways.units(profile, goals))
        return found.travel_s, found.facility
