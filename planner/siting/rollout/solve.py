"""The most people reached over some years, with a bound: search, linear relaxation, whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.siting.clock import Clock
from planner.siting.rollout.cuts import YearCuts
from planner.siting.rollout.instance import reduced_rollout
from planner.siting.rollout.search import RolloutSearch
from planner.siting.solution import TOLERANCE, Solution, no_solution, solution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planner.siting.rollout.instance import RolloutInstance

# Shares of the time: for the first search, and until which the relaxation has its cuts.
SEARCH, RELAX = 0.15, 0.5
# So many rollouts are drawn from the relaxation's shares, and so many times the best one is shaken.
DRAWS, SHAKES, SHAKEN = 6, 6, 0.15


@dataclass(frozen=True)
class RolloutSolution:
    """In which year each site is decided.

    Attributes
    ----------
    decided
        int64 ``(sites,)``: the year, from 0; -1 for never.
    since
        int64 ``(sites,)``: from which year on it works; as many as there are years for never.
    solution
        The sites decided; objective and bound are people reached in each year by its weight, added up.
    """

    decided: NDArray[np.int64]
    since: NDArray[np.int64]
    solution: Solution


def most_person_years(
    instance: RolloutInstance,
    *,
    known: Sequence[NDArray[np.int64]] = (),
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> RolloutSolution:
    """Return the year of each decision so that most people are reached over all years, and a bound.

    Parameters
    ----------
    instance
        Sites over some years.
    known
        Rollouts (int64 ``(sites,)``, -1 for never) that are known: the answer is no worse.
    seed
        One seed, one answer.
    time_limit_s
        Then the best so far is returned, with its bound.
    may_go_on
        Called between steps; what it raises ends the work.

    Returns
    -------
    solution
        Infeasible where the forced sites cannot all be decided.

    Examples
    --------
    One unit a year, and the second site has more people:

    >>> from planner.siting.rollout.instance import one_cover, rollout_instance
    >>> best = most_person_years(rollout_instance(one_cover(), [1.0, 1.0]))
    >>> best.decided.tolist(), best.solution.objective, str(best.solution.proof)
    ([1, 0], 50.0, 'optimal')
    """
    clock = Clock(time_limit_s, may_go_on)
    small = reduced_rollout(instance)
    state = _State(small.instance, clock, seed)
    for one in known:
        state.offer(small.part(one))
    state.search()
    for step in (state.require_any, state.relax, state.settle):
        if not state.proven:
            step()
    decided = np.full(instance.cover.sites, -1, dtype=np.int64)
    if state.best is None:
        return RolloutSolution(
            decided, instance.since(decided), no_solution(state.bound, seed=seed, seconds=clock.seconds())
        )
    decided = max([small.whole(state.best, instance.cover.sites), *known], key=instance.value)
    value = instance.value(decided)
    found = solution(
        np.flatnonzero(decided >= 0), value, max(state.bound, value), seed=seed, seconds=clock.seconds()
    )
    return RolloutSolution(decided, instance.since(decided), found)


class _State:
    """The best rollout found, and the bound."""

    def __init__(self, instance: RolloutInstance, clock: Clock, seed: int) -> None:
        self.instance, self._clock, self._seed = instance, clock, seed
        self._search, self._random = RolloutSearch(instance), np.random.default_rng(seed)
        self.best: NDArray[np.int64] | None = None
        self.value, self.bound = -np.inf, instance.total

    @property
    def proven(self) -> bool:
        """Whether nothing can be better; also where nothing is allowed."""
        return self.bound == -np.inf or self.bound - self.value <= TOLERANCE * max(self.bound, 0.0)

    def offer(self, decided: NDArray[np.int64]) -> None:
        """Take a rollout if it keeps all rules and is better."""
        if self.instance.allows(decided) and self.instance.value(decided) > self.value:
            self.best, self.value = decided, self.instance.value(decided)

    def search(self) -> None:
        """Look for a rollout from nothing, and from the best that is known."""
        clock = Clock(SEARCH * self._clock.limit_s, self._clock.may_go_on)
        forced = self._search.with_forced()
        for start in (forced, self.best):
            if start is not None:
                self.offer(self._search.improved(start, clock))

    def require_any(self) -> None:
        """Have HiGHS say how the forced sites can be decided, where the search found no way."""
        if self.best is not None:
            return
        cuts = YearCuts(self.instance, self._start())
        found = cuts.any_allowed(self._clock, self._seed)
        if found is None:
            # Nothing is allowed, or time is up: then what could be reached stays open.
            self.value = -np.inf
            self.bound = self.bound if self._clock.is_over() else -np.inf
            return
        self.offer(found)
        self.offer(self._search.improved(found, self._clock))

    def relax(self) -> None:
        """Find the linear relaxation's bound, and rollouts near its answer."""
        one = self.instance
        self._cuts = YearCuts(one, self._start())
        clock = Clock(RELAX * self._clock.limit_s, self._clock.may_go_on, self._clock.began_s)
        self._cuts.run(clock)
        self.bound = min(self.bound, self._cuts.bound)
        for draw in range(DRAWS):
            if self.proven or self._clock.is_over():
                return
            self.offer(self._search.improved(self._drawn(by_chance=draw > 0), self._clock))
        for _ in range(SHAKES):
            if self.proven or self._clock.is_over() or self.best is None:
                return
            self.offer(self._search.shaken(self.best, SHAKEN, self._random, self._clock))

    def _start(self) -> NDArray[np.int64]:
        none = np.full(self.instance.cover.sites, -1, dtype=np.int64)
        return none if self.best is None else self.best

    def _drawn(self, *, by_chance: bool) -> NDArray[np.int64]:
        """Return decisions that the relaxed problem has most of; by chance in that proportion."""
        chance = self._cuts.chances
        rank = chance
        if by_chance:
            # See planner.siting.cover.covering: drawn in proportion to the shares.
            rank = np.log(self._random.random(chance.shape)) / np.maximum(chance, 1e-300)
        site, year = np.nonzero(chance > 1e-9)
        order = np.argsort(-rank[site, year], kind="stable")
        return self._search.one_by_one(site[order], year[order])

    def settle(self) -> None:
        """Have HiGHS decide what is left."""
        start = self._start()
        self.offer(self._cuts.whole(start, self._clock, self._seed))
        self.bound = min(self.bound, self._cuts.bound)
