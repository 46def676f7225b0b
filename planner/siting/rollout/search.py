"""Good rollouts, found by taking decisions, moving them between years and exchanging sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.years import exchange_years, fill, fits, move, nothing_decided, put, take_out
from planner.siting.solution import TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.years import YearsStanding
    from planner.siting.clock import Clock
    from planner.siting.rollout.instance import RolloutInstance

# So many pairs of sites at most are tried to exchange their years, and so many rounds of moves are made.
PAIRS, ROUNDS = 20_000, 50


class RolloutSearch:
    """Moves from one rollout to better ones.

    Parameters
    ----------
    instance
        Any; forced sites stay where they are in the rollout to begin with, though in other years.

    Examples
    --------
    One unit a year; the second site has more people, who count from the first year on:

    >>> from planner.siting.clock import Clock
    >>> from planner.siting.rollout.instance import one_cover, rollout_instance
    >>> two = rollout_instance(one_cover(), [1.0, 1.0])
    >>> RolloutSearch(two).improved(np.array([-1, -1]), Clock(60.0)).tolist()
    [1, 0]
    """

    def __init__(self, instance: RolloutInstance) -> None:
        self.instance, self.years = instance, instance.kernel
        self.least = TOLERANCE * max(instance.total, 1e-300)
        self._open = ~instance.cover.forbidden
        self._price = instance.cover.cost

    def standing(self, decided: NDArray[np.integer]) -> YearsStanding:
        """Return a rollout for kernels; what does not fit is left out.

        Parameters
        ----------
        decided
            int ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> search = RolloutSearch(two)
        >>> search.standing(np.array([0, 0])).decided.tolist()
        [0, -1]
        """
        site = np.flatnonzero(decided >= 0)
        return self._put(site, decided[site])

    def one_by_one(self, site: NDArray[np.integer], year: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the rollout of decisions in this order, those left out that do not fit beside the others.

        Parameters
        ----------
        site, year
            int ``(decisions,)``: which site in which year, the first one first.

        Returns
        -------
        decided
            int64 ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> search = RolloutSearch(two)
        >>> search.one_by_one(np.array([1, 0]), np.array([0, 0])).tolist()
        [-1, 0]
        """
        return self._put(site, year).decided.astype(np.int64)

    def _put(self, site: NDArray[np.integer], year: NDArray[np.integer]) -> YearsStanding:
        now: YearsStanding = nothing_decided(self.years)
        # Forced ones first: they must be in.
        first = np.argsort(~self.instance.cover.forced[site], kind="stable")
        for j, t in zip(site[first].tolist(), year[first].tolist(), strict=True):
            if fits(self.years, now, j, t):
                put(self.years, now, j, t)
        return now

    def with_forced(self) -> NDArray[np.int64] | None:
        """Return the forced sites, each in the first year in which it fits; None where one does not.

        Returns
        -------
        decided
            int64 ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> search = RolloutSearch(two)
        >>> search.with_forced().tolist()
        [-1, -1]
        """
        now: YearsStanding = nothing_decided(self.years)
        for j in np.flatnonzero(self.instance.cover.forced).tolist():
            free = [t for t in range(self.instance.years) if fits(self.years, now, j, t)]
            if not free:
                return None
            put(self.years, now, j, free[0])
        return now.decided.astype(np.int64)

    def improved(self, decided: NDArray[np.integer], clock: Clock) -> NDArray[np.int64]:
        """Return the rollout after moves that gain, until none does or the time is up.

        Parameters
        ----------
        decided
            int ``(sites,)``: the year of the decision, -1 for none.
        clock
            How long it may take.

        Returns
        -------
        decided
            int64 ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> search = RolloutSearch(two)
        >>> search.improved(np.array([0, -1]), Clock(60.0)).tolist()
        [1, 0]
        """
        now = self.standing(decided)
        fill(self.years, now, self._open, self._price, self.least)
        for _ in range(ROUNDS):
            if clock.is_over() or self._move_all(now, clock) + self._exchange_all(now, clock) <= 0.0:
                break
        return now.decided.astype(np.int64)

    def _move_all(self, now: YearsStanding, clock: Clock) -> float:
        """Move each site in turn; returns the gain."""
        gained, forced = 0.0, self.instance.cover.forced
        itself = np.zeros_like(forced)
        for j in np.flatnonzero(now.decided >= 0).tolist():
            if clock.is_over():
                break
            if now.decided[j] < 0:
                continue
            itself[j] = True
            first = itself if forced[j] else self._open
            gained += move(self.years, now, j, first, self._open, self._price, self.least)
            itself[j] = False
        return gained

    def _exchange_all(self, now: YearsStanding, clock: Clock) -> float:
        """Exchange the years of each two sites in turn, where there are not too many; returns the gain."""
        chosen, gained = np.flatnonzero(now.decided >= 0).tolist(), 0.0
        if len(chosen) ** 2 > 2 * PAIRS:
            return gained
        for at, j in enumerate(chosen):
            if clock.is_over():
                break
            for k in chosen[at + 1 :]:
                gained += exchange_years(self.years, now, j, k, self.least)
        return gained

    def shaken(
        self, decided: NDArray[np.integer], share: float, random: np.random.Generator, clock: Clock
    ) -> NDArray[np.int64]:
        """Return the rollout after some of its sites were given up by chance, and chosen anew.

        Parameters
        ----------
        decided
            int ``(sites,)``: the year of the decision, -1 for none.
        share
            How likely each is given up (0-1).
        random
            That draws them.
        clock
            How long it may take.

        Returns
        -------
        decided
            int64 ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> search = RolloutSearch(two)
        >>> search.shaken(np.array([0, 1]), 1.0, np.random.default_rng(0), Clock(60.0)).tolist()
        [1, 0]
        """
        now = self.standing(decided)
        mine = np.flatnonzero((decided >= 0) & ~self.instance.cover.forced)
        for j in mine[random.random(len(mine)) < max(share, 2.0 / max(len(mine), 1))].tolist():
            take_out(self.years, now, j)
        return self.improved(now.decided, clock)
