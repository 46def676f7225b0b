"""Who is reached from where in each of many draws: one sparse instance for all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from planner.kernels.draws import DrawCover, best_two
from planner.kernels.lists import Lists
from planner.siting.cover.instance import CoverInstance, instance_of_lists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Positions are kept in two bytes.
MOST_DRAWS = 10_000
NOBODY = -1


@dataclass(frozen=True)
class SeasonTimes:
    """Seconds between places and sites in one season.

    Attributes
    ----------
    first
        int64 ``(sites + 1,)``: site j has the pairs ``first[j]:first[j + 1]``.
    place
        int32 ``(pairs,)``, each place once a site.
    travel_s
        float64 ``(pairs,)``, up to the longest limit of any draw at least.
    existing_s
        float64 ``(places,)``, to the nearest of what exists; ``inf`` = none.
    """

    first: NDArray[np.int64]
    place: NDArray[np.int32]
    travel_s: NDArray[np.float64]
    existing_s: NDArray[np.float64]


@dataclass(frozen=True)
class DrawInstance:
    """Places, sites, and the draws in which each reaches which.

    A row is a place in a season. The draws of a season stand in the order of their limits: what is within the
    shortest is within all. ``position`` 0 is the shortest limit's.

    Attributes
    ----------
    people
        float64 ``(draws, places)``, 0 or more.
    season
        int64 ``(draws,)``: the number of each draw's season.
    position
        int64 ``(draws,)``: each draw's position among those of its season.
    by_site, since
        The rows that each site covers, and int16 ``(pairs,)`` from which position on.
    base
        int16 ``(rows,)``: from which position on what exists covers the row; ``depth`` = never.
    cost
        float64 ``(sites,)``, above 0.
    forced, forbidden
        bool ``(sites,)``: always chosen, never chosen.
    conflicts
        By site, the others that may not be chosen with it; both ways.
    """

    people: NDArray[np.float64]
    season: NDArray[np.int64]
    position: NDArray[np.int64]
    by_site: Lists
    since: NDArray[np.int16]
    base: NDArray[np.int16]
    cost: NDArray[np.float64]
    forced: NDArray[np.bool_]
    forbidden: NDArray[np.bool_]
    conflicts: Lists

    @property
    def draws(self) -> int:
        """How many draws there are."""
        return len(self.people)

    @property
    def places(self) -> int:
        """How many places there are."""
        return int(self.people.shape[1])

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.cost)

    @property
    def depth(self) -> int:
        """How many draws the season with most of them has."""
        return int(np.bincount(self.season).max())

    def cover(self, weight: NDArray[np.float64]) -> DrawCover:
        """Return what kernels take, for some criteria.

        Parameters
        ----------
        weight
            float64 ``(criteria, draws)``: how much each draw counts for each criterion.

        Examples
        --------
        >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
        >>> two.cover(np.array([[0.5, 0.5]])).value.tolist()
        [[[10.0, 5.0, 0.0]]]
        """
        criteria, depth = len(weight), self.depth
        value = np.zeros((criteria, len(self.base), depth + 1))
        for d in np.flatnonzero(weight.any(axis=0)).tolist():
            rows = self._rows(d)
            value[:, rows, self.position[d]] += weight[:, d, None] * self.people[d]
        for k in range(depth - 1, -1, -1):
            value[:, :, k] += value[:, :, k + 1]
        return DrawCover(self.by_site, self.since, self.base, value, self.cost, self.conflicts)

    def _rows(self, draw: int) -> slice:
        low = int(self.season[draw]) * self.places
        return slice(low, low + self.places)

    def covered_since(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.int16]:
        """Return from which position on what exists and some sites cover each row, int16 ``(rows,)``.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites, or bool ``(sites,)``.

        Examples
        --------
        >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
        >>> two.covered_since(np.array([0])).tolist()
        [1]
        """
        inside = np.zeros(self.sites, np.bool_)
        inside[chosen] = True
        nothing = np.zeros((0, len(self.base), self.depth + 1))
        cover = DrawCover(self.by_site, self.since, self.base, nothing, self.cost, self.conflicts)
        best: NDArray[np.int16] = best_two(cover, inside).best
        return best

    def reached(self, chosen: NDArray[np.integer] | NDArray[np.bool_], draw: int) -> NDArray[np.bool_]:
        """Return which places what exists and some sites reach in a draw, bool ``(places,)``.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites, or bool ``(sites,)``.
        draw
            From 0.

        Examples
        --------
        >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
        >>> two.reached(np.array([0]), 0).tolist(), two.reached(np.array([0]), 1).tolist()
        ([False], [True])
        """
        reached: NDArray[np.bool_] = self.covered_since(chosen)[self._rows(draw)] <= self.position[draw]
        return reached

    def people_reached(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the people whom what exists and some sites reach in each draw, float64 ``(draws,)``.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites, or bool ``(sites,)``.

        Examples
        --------
        >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
        >>> two.people_reached(np.array([0])).tolist()
        [0.0, 10.0]
        """
        since = self.covered_since(chosen)
        return np.array(
            [math.fsum(self.people[d][since[self._rows(d)] <= self.position[d]]) for d in range(self.draws)]
        )

    def in_draw(self, draw: int) -> CoverInstance:
        """Return the covering problem of one draw: whom the sites add to what exists.

        Examples
        --------
        >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
        >>> [two.in_draw(d).reachable for d in (0, 1)]
        [0.0, 10.0]
        """
        rows, at = self._rows(draw), self.position[draw]
        item = self.by_site.item
        mine = (item >= rows.start) & (item < rows.stop) & (self.since <= at)
        mine[mine] = self.base[item[mine]] > at
        first = np.concatenate([np.zeros(1, np.int64), np.cumsum(mine, dtype=np.int64)])[self.by_site.first]
        lists = Lists(first, (item[mine] - np.int32(rows.start)).astype(np.int32))
        whole = instance_of_lists(
            self.people[draw], lists, cost=self.cost, forced=self.forced, forbidden=self.forbidden
        )
        return replace(whole, conflicts=self.conflicts)


def draw_instance(
    people: NDArray[np.float64],
    limit_s: NDArray[np.float64],
    season: NDArray[np.integer],
    times: Sequence[SeasonTimes],
    *,
    cost: NDArray[np.float64] | None = None,
    forced: NDArray[np.bool_] | None = None,
    forbidden: NDArray[np.bool_] | None = None,
    conflicts: NDArray[np.integer] | None = None,
) -> DrawInstance:
    """Return the instance of some draws: a place is reached where ``travel_s <= limit_s`` of the draw.

    Parameters
    ----------
    people
        float64 ``(draws, places)``.
    limit_s
        float64 ``(draws,)``.
    season
        int ``(draws,)``, the row of ``times`` that holds in each draw.
    times
        By season; of the same places and sites.
    cost
        float64 ``(sites,)``; 1 each when None.
    forced, forbidden
        bool ``(sites,)``; none when None.
    conflicts
        int ``(pairs, 2)`` of sites of which at most one may be chosen.

    Raises
    ------
    ConfigError
        People or limits are no numbers of 0 or more; there are too many draws, or none; and as
        :func:`planner.siting.cover.instance.cover_instance`.

    Examples
    --------
    >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
    >>> draw_instance(np.ones((2, 1)), np.array([60.0, 120.0]), np.zeros(2, int), [one]).since.tolist()
    [1]
    """
    people = np.asarray(people, dtype=np.float64)
    limit_s, of = np.asarray(limit_s, dtype=np.float64), np.asarray(season, dtype=np.int64)
    _require_draws(people, limit_s, of, len(times))
    position, limits = _ordered(limit_s, of, len(times))
    places, sites = people.shape[1], len(times[0].first) - 1
    parts = [
        _pairs(one, limit, number * places)
        for number, (one, limit) in enumerate(zip(times, limits, strict=True))
    ]
    site, row, since = (np.concatenate(c) for c in zip(*parts, strict=True))
    # Season after season: a stable order by site keeps the rows rising.
    order = np.argsort(site, kind="stable")
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(site, minlength=sites))])
    base = [_since(one.existing_s, limit) for one, limit in zip(times, limits, strict=True)]
    depth = max(len(limit) for limit in limits)
    never = [np.where(b == len(limit), depth, b) for b, limit in zip(base, limits, strict=True)]
    none = Lists(np.zeros(sites + 1, np.int64), np.empty(0, np.int32))
    checked = instance_of_lists(
        np.zeros(places), none, cost=cost, forced=forced, forbidden=forbidden, conflicts=conflicts
    )
    return DrawInstance(
        people, of, position, Lists(first.astype(np.int64), row[order].astype(np.int32)),
        since[order].astype(np.int16), np.concatenate(never).astype(np.int16), checked.cost, checked.forced,
        checked.forbidden, checked.conflicts,
    )  # fmt: skip


def _require_draws(
    people: NDArray[np.float64], limit_s: NDArray[np.float64], season: NDArray[np.int64], seasons: int
) -> None:
    draws = len(people)
    if people.ndim != 2 or not 1 <= draws <= MOST_DRAWS or not draws == len(limit_s) == len(season):
        msg = f"give people, a limit and a season for each of 1 to {MOST_DRAWS:,} draws"
        raise ConfigError(msg)
    faults = {
        "people are numbers of 0 or more": ~(np.isfinite(people) & (people >= 0)),
        "limits are numbers of seconds of 0 or more": ~(np.isfinite(limit_s) & (limit_s >= 0)),
        "a draw names a season that is not there": (season < 0) | (season >= seasons),
    }
    for said, where in faults.items():
        if where.any():
            raise ConfigError(said)


def _ordered(
    limit_s: NDArray[np.float64], season: NDArray[np.int64], seasons: int
) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
    """Return each draw's position among those of its season, and the limits of each season, rising."""
    position, limits = np.zeros(len(limit_s), np.int64), []
    for number in range(seasons):
        mine = np.flatnonzero(season == number)
        order = np.argsort(limit_s[mine], kind="stable")
        position[mine[order]] = np.arange(len(mine))
        limits.append(limit_s[mine][order])
    return position, limits


def _since(travel_s: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the first of rising limits that is no shorter than each time; how many there are where none."""
    return np.searchsorted(limits, travel_s, side="left")


def _pairs(
    times: SeasonTimes, limits: NDArray[np.float64], low: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]:
    """Return site, row and position of the pairs that count in some draw, beyond what exists."""
    site = np.repeat(np.arange(len(times.first) - 1, dtype=np.int32), np.diff(times.first))
    since = _since(times.travel_s, limits)
    more = (since < len(limits)) & (since < _since(times.existing_s, limits)[times.place])
    return site[more], times.place[more] + np.int32(low), since[more].astype(np.int16)
