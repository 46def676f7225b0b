"""Villages that can be lifted to `served`, the sites that can do so, and nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from planner.kernels.lists import lists_of_pairs, some_of, turned
from planner.kernels.villages import Lift
from planner.siting.cover.instance import reduced, run_starts_of
from planner.siting.solution import payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.cover.instance import CoverInstance, Reduced

# Shares are compared as the engine does: rounded to so many decimals.
DECIMALS = 9
# A share of 1 as a whole number. A village is taken as served from a hair below (4e-12), so that shares added
# up in another order never make a plan better than its bound.
UNIT, HAIR = 1 << 50, 1 << 12
# Shares of a village may add up to this much more than 1.
OVER = 1e-6


@dataclass(frozen=True)
class PlaceVillages:
    """Whose people the places are, and how many are reached today.

    Attributes
    ----------
    village
        int32 ``(places,)``, row of each place's village.
    weight
        float64 ``(places,)``, its share of the village's people (0-1).
    already
        float64 ``(villages,)``, the share that is reached today (0-1), by none of these sites.
    served
        From which share on a village is served.
    """

    village: NDArray[np.int32]
    weight: NDArray[np.float64]
    already: NDArray[np.float64]
    served: float

    def require(self, instance: CoverInstance) -> None:
        """Raise ConfigError where these are not shares of villages.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> one = cover_instance([1.0], place=[0], site=[0])
        >>> PlaceVillages(np.array([0], np.int32), np.array([1.2]), np.array([0.0]), 0.8).require(one)
        Traceback (most recent call last):
        geodata.errors.ConfigError: shares of a village are numbers of 0 or more that add up to 1 at most
        """
        n = len(self.already)
        if not (len(self.village) == len(self.weight) == instance.places):
            msg = f"give a village and a share for each of {instance.places} places"
            raise ConfigError(msg)
        if not ((self.village >= 0) & (self.village < n)).all():
            msg = f"a place names a village that is not among the {n} given"
            raise ConfigError(msg)
        if not 0.0 < self.served <= 1.0:
            msg = f"served is a share above 0 and up to 1, not {self.served:g}"
            raise ConfigError(msg)
        shares = np.concatenate([self.weight, self.already])
        within = np.isfinite(shares).all() and (shares >= 0).all()
        if not within or (self.shares(instance.reached(~instance.forbidden)) > 1.0 + OVER).any():
            msg = "shares of a village are numbers of 0 or more that add up to 1 at most"
            raise ConfigError(msg)

    def shares(self, reached: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the share of each village that is reached, with some places besides those of today.

        Parameters
        ----------
        reached
            bool ``(places,)``.

        Returns
        -------
        share
            float64 ``(villages,)``, 0-1.

        Examples
        --------
        >>> one = PlaceVillages(np.zeros(2, np.int32), np.array([0.25, 0.5]), np.array([0.25]), 0.8)
        >>> one.shares(np.array([False, True])).tolist()
        [0.75]
        """
        more = np.bincount(self.village, weights=self.weight * reached, minlength=len(self.already))
        total: NDArray[np.float64] = self.already + more
        return total

    def are_served(self, reached: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which villages are served with some places reached, as the engine says it.

        Parameters
        ----------
        reached
            bool ``(places,)``.

        Returns
        -------
        served
            bool ``(villages,)``.

        Examples
        --------
        >>> one = PlaceVillages(np.zeros(2, np.int32), np.array([0.3, 0.5]), np.zeros(1), 0.8)
        >>> one.are_served(np.array([True, True])).tolist()
        [True]
        """
        served: NDArray[np.bool_] = np.round(self.shares(reached), DECIMALS) >= self.served
        return served

    def newly(self, reached: NDArray[np.bool_]) -> int:
        """Return how many villages are served with some places reached, and are not today.

        Parameters
        ----------
        reached
            bool ``(places,)``.

        Examples
        --------
        >>> one = PlaceVillages(np.zeros(2, np.int32), np.array([0.25, 0.5]), np.array([0.25]), 0.8)
        >>> one.newly(np.array([True, True]))
        1
        """
        today = self.are_served(np.zeros(len(self.village), dtype=np.bool_))
        return int((self.are_served(reached) & ~today).sum())

    def whole(self, share: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return shares as whole numbers.

        Parameters
        ----------
        share
            float64, any shape, 0-1.

        Returns
        -------
        number
            int64, of the same shape.

        Examples
        --------
        >>> one = PlaceVillages(np.zeros(2, np.int32), np.array([0.25, 0.5]), np.array([0.25]), 0.8)
        >>> bool(one.whole(np.array([1.0]))[0] == UNIT)
        True
        """
        return np.rint(share * UNIT).astype(np.int64)

    @property
    def least(self) -> int:
        """The whole number from which on a share is rounded to one that is served."""
        scale = 10.0**DECIMALS
        first = math.floor(self.served * scale) - 1
        while np.round(first / scale, DECIMALS) < self.served:
            first += 1
        return math.ceil((first - 0.5) / scale * UNIT) - HAIR


@dataclass(frozen=True)
class LiftInstance:
    """What can still be decided.

    Attributes
    ----------
    lift
        For kernels: open sites, places of villages that can be lifted and are not served.
    small
        The same sites with places of all villages: those of equal sites are one.
    budget
        What these sites may cost, with a hair for sums of costs in another order.
    """

    lift: Lift
    small: Reduced
    budget: float


def lift_instance(instance: CoverInstance, villages: PlaceVillages, budget: float) -> LiftInstance:
    """Return the problem without what decides nothing.

    Forced sites are chosen already. Sites go that are forbidden, in conflict with forced ones or too dear; so
    do villages that are served already or that all sites together do not lift. Then sites go that another one
    is never worse than for the places that are left, and places of one village with equal sites become one.

    Parameters
    ----------
    instance
        Any.
    villages
        Of its places.
    budget
        What all sites may cost, the forced ones included.

    Examples
    --------
    The second village cannot be lifted, and the second site helps it alone:

    >>> from planner.siting.cover.instance import cover_instance
    >>> two = cover_instance([1.0, 1.0], place=[0, 1], site=[0, 1])
    >>> those = PlaceVillages(np.array([0, 1], np.int32), np.array([0.9, 0.5]), np.zeros(2), 0.8)
    >>> lift_instance(two, those, 1.0).small.site.tolist()
    [0]
    """
    held = instance.reached(np.flatnonzero(instance.forced))
    room = budget - float(instance.cost[instance.forced].sum())
    left = room + payable(budget) - budget
    barred = instance.forbidden | (~instance.forced & (instance.cost > left))
    weight = villages.whole(villages.weight)
    n = len(villages.already)
    have = villages.whole(villages.already) + _by_village(villages, weight * held, n)
    could = have + _by_village(villages, weight * (instance.reached(~barred) & ~held), n)
    live = (have < villages.least) & (could >= villages.least)
    people = np.where(live[villages.village], weight, 0).astype(np.float64)
    small = reduced(replace(instance, people=people, forbidden=barred))
    need = np.where(live, villages.least - have, 0)
    return LiftInstance(_lift(instance, small, villages.village, weight, need), small, left)


def _by_village(villages: PlaceVillages, weight: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    total = np.zeros(n, np.int64)
    np.add.at(total, villages.village, weight)
    return total


def _lift(
    instance: CoverInstance, small: Reduced, village: NDArray[np.int32], weight: NDArray[np.int64],
    need: NDArray[np.int64],
) -> Lift:  # fmt: skip
    """Return the problem for kernels: its numbers do not depend on the order of places or villages."""
    here = np.flatnonzero(small.place >= 0)
    rank = _ranks(village[here], small.place[here], weight[here], need)
    classes = small.instance.places
    key = rank[village[here]] * max(classes, 1) + small.place[here]
    every, number = np.unique(key, return_inverse=True)
    places, sites = len(every), small.instance.sites
    merged = np.zeros(places, np.int64)
    np.add.at(merged, number, weight[here])
    new = np.full(instance.places, -1, np.int64)
    first = run_starts_of(number)
    new[here[first]] = number[first]
    by_site = some_of(instance.by_site, small.site, new)
    villages = int(rank.max(initial=-1)) + 1
    of = (every // max(classes, 1)).astype(np.int32)
    needs = np.zeros(villages, np.int64)
    needs[rank[rank >= 0]] = need[rank >= 0]
    pair_site = np.repeat(np.arange(sites), np.diff(by_site.first))
    return Lift(
        by_site, turned(by_site, places),
        lists_of_pairs(of[by_site.item].astype(np.int64), pair_site, villages, sites),
        np.searchsorted(of, np.arange(villages + 1)).astype(np.int64), of, merged, needs,
        small.instance.cost, small.instance.conflicts,
    )  # fmt: skip


def _ranks(
    village: NDArray[np.int32], place: NDArray[np.int64], weight: NDArray[np.int64], need: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return each village's number here, -1 for those without places: by what they need and their places."""
    order = np.lexsort((weight, place, village))
    facts: dict[int, list[tuple[int, int]]] = {}
    for v, p, w in zip(*(a[order].tolist() for a in (village, place, weight)), strict=True):
        facts.setdefault(v, []).append((p, w))
    rank = np.full(len(need), -1, np.int64)
    # Villages that are equal in all of this can stand for each other.
    for number, v in enumerate(sorted(facts, key=lambda one: (facts[one], int(need[one])))):
        rank[v] = number
    return rank


def empty(lift: Lift) -> bool:
    """Return whether nothing can be lifted.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> one = cover_instance([1.0], place=[0], site=[0])
    >>> those = PlaceVillages(np.zeros(1, np.int32), np.ones(1), np.ones(1) * 0.0, 0.8)
    >>> empty(lift_instance(one, those, 1.0).lift), empty(lift_instance(one, those, 0.0).lift)
    (False, True)
    """
    return len(lift.need) == 0 or len(lift.cost) == 0
