"""Sites for the largest of the least of some criteria: search, bound, and what the bound decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.draws import best_two, exchange_draws, greedy_draws
from planner.siting.robust.cuts import DrawCuts
from planner.siting.solution import TOLERANCE, payable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.kernels.draws import DrawCover
    from planner.siting.clock import Clock
    from planner.siting.robust.instance import DrawInstance

# So many moves of exchange in one go, and so many choices drawn from the shares of the relaxation.
MOVES, TRIES = 100_000, 6


@dataclass
class BestChoice:
    """The best choice found, what it reaches, and what none beats.

    Attributes
    ----------
    chosen
        int64 ``(chosen,)``, rising.
    people, bound
        The least of the criteria.
    """

    chosen: NDArray[np.int64]
    people: float
    bound: float = np.inf

    @property
    def proven(self) -> bool:
        """Whether nothing can be better."""
        return self.bound - self.people <= TOLERANCE * self.people


class RobustSearch:
    """A search for sites within a budget that make the least of some criteria large.

    Parameters
    ----------
    instance
        Forced sites are chosen from the start, and stay.
    weight
        float64 ``(criteria, draws)``, how much each draw counts for each criterion.
    budget
        What all sites may cost, those forced included.
    clock, seed
        How long it may take; one seed, one answer.
    """

    def __init__(
        self, instance: DrawInstance, weight: NDArray[np.float64], budget: float, clock: Clock, seed: int
    ) -> None:
        self._clock, self._seed = clock, seed
        self._held = np.flatnonzero(instance.forced)
        self._budget = payable(budget - float(instance.cost[self._held].sum()))
        self._open = open_sites(instance)
        whole = instance.cover(weight)
        # What is forced is there already.
        self.cover = whole._replace(base=best_two(whole, instance.forced).best)
        self._least = TOLERANCE * float(self.cover.value[:, :, 0].sum(axis=1).max(initial=0.0))
        self.best = BestChoice(self._held, -np.inf)
        self.offer(self._held)

    def people(self, chosen: NDArray[np.integer]) -> float:
        """Return the least of the criteria for a choice.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
        >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
        >>> search = RobustSearch(two, np.array([[0.5, 0.5]]), 1.0, Clock(60.0), 0)
        >>> search.people(np.array([0]))
        5.0
        """
        return float(least(self.cover, chosen))

    def offer(self, chosen: NDArray[np.integer]) -> None:
        """Take a choice within the budget that is better than the best so far.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
        >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
        >>> search = RobustSearch(two, np.array([[0.5, 0.5]]), 1.0, Clock(60.0), 0)
        >>> search.offer(np.array([0]))
        >>> search.best.chosen.tolist()
        [0]
        """
        people = self.people(chosen)
        if people > self.best.people + (self._least if np.isfinite(self.best.people) else 0.0):
            sites = np.union1d(chosen, self._held).astype(np.int64)
            self.best = BestChoice(sites, people, max(self.best.bound, people))

    def look(self, starts: Iterable[NDArray[np.integer]]) -> None:
        """Fill some choices up greedily, exchange sites while that helps, and keep the best.

        Parameters
        ----------
        starts
            int ``(chosen,)`` each, numbers of sites.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
        >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
        >>> search = RobustSearch(two, np.array([[0.5, 0.5]]), 1.0, Clock(60.0), 0)
        >>> search.look([np.empty(0, np.int64)])
        >>> search.best.chosen.tolist()
        [0]
        """
        for start in starts:
            chosen = np.zeros(len(self._open), np.bool_)
            chosen[np.setdiff1d(start, self._held)] = True
            if self._clock.is_over() and np.isfinite(self.best.bound):
                return
            greedy_draws(self.cover, self._budget, chosen, self._open)
            exchange_draws(self.cover, self._budget, chosen, self._open, self._least, MOVES)
            self.offer(np.flatnonzero(chosen))

    def prove(self) -> None:
        """Bound what any choice reaches, try what the bound suggests, and settle it by whole numbers."""
        mine = np.setdiff1d(self.best.chosen, self._held)
        cuts = DrawCuts(self.cover, self._open, self._budget, mine)
        cuts.run(self._clock)
        self._bound(cuts.bound)
        random = np.random.default_rng(self._seed)
        self.look(cuts.drawn(random.random(len(self._open)) if k else None) for k in range(TRIES))
        if self.best.proven or self._clock.is_over():
            return
        mine = np.setdiff1d(self.best.chosen, self._held)
        found, bound = cuts.whole(mine, self._clock, self._seed)
        self.offer(found)
        self._bound(bound)

    def _bound(self, bound: float) -> None:
        self.best.bound = max(self.best.people, min(self.best.bound, bound))


def least(cover: DrawCover, chosen: NDArray[np.integer]) -> float:
    """Return the least of the criteria for a choice, in people.

    Parameters
    ----------
    cover
        What counts for each criterion.
    chosen
        int ``(chosen,)``, numbers of sites.

    Examples
    --------
    >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
    >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
    >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
    >>> least(two.cover(np.array([[0.5, 0.5]])), np.array([0]))
    5.0
    """
    inside = np.zeros(len(cover.cost), np.bool_)
    inside[chosen] = True
    best = best_two(cover, inside).best
    rows = np.arange(len(best))
    return float(min(value[rows, best].sum() for value in cover.value))


def open_sites(instance: DrawInstance) -> NDArray[np.bool_]:
    """Return which sites may be chosen besides those that are forced, bool ``(sites,)``.

    Examples
    --------
    >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
    >>> one = SeasonTimes(np.array([0, 1]), np.array([0], np.int32), np.array([90.0]), np.array([np.inf]))
    >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [one])
    >>> open_sites(two).tolist()
    [True]
    """
    open_ = ~(instance.forced | instance.forbidden)
    conflicts = instance.conflicts
    for j in np.flatnonzero(instance.forced).tolist():
        open_[conflicts.item[conflicts.first[j] : conflicts.first[j + 1]]] = False
    return open_
