"""The most people with several sites in reach (backup coverage; Hogan and ReVelle 1986), with its bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.cover.branching import best_whole
from planner.siting.cover.cuts import CoverCuts
from planner.siting.cover.greedy import heuristic
from planner.siting.cover.model import CoverModel
from planner.siting.solution import TOLERANCE, Proof, payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.clock import Clock
    from planner.siting.cover.instance import CoverInstance

# So many rounds of cuts, and this share of the time at most.
CUTS, FOR_CUTS = 300, 0.4
# Choices drawn from the linear relaxation's shares, and shakes of the best one, with this share of its sites
# given up at least.
DRAWS, SHAKES, SHAKEN = 6, 20, 0.2
# With so few pairs of site and place HiGHS takes sites and places at once; else sites alone, cut by cut.
SMALL = 100_000


class BackupSearch:
    """The best choice found of an instance in which places need several sites, and the bound.

    A site that brings nobody today may bring many beside another one: neither greedy choices nor prices of
    places promise anything here. The bound is that of planes above what whole sites cover, and of HiGHS.

    Parameters
    ----------
    instance
        Reduced: nothing is forced or forbidden.
    budget
        What the sites may cost.
    clock
        Asked between steps.
    seed
        Of shakes, draws and HiGHS's own choices.

    Attributes
    ----------
    best
        int64, rising: the best sites found.
    people
        Whom they reach.
    bound
        What no choice can beat.

    Examples
    --------
    >>> from planner.siting.clock import Clock
    >>> from planner.siting.cover.instance import cover_instance
    >>> one = cover_instance([10.0, 30.0], place=[0, 1, 1], site=[0, 1, 2], need=[1, 2])
    >>> search = BackupSearch(one, 2.0, Clock(60.0), 0)
    >>> search.solve()
    >>> search.best.tolist(), search.people, search.bound
    ([1, 2], 30.0, 30.0)
    """

    def __init__(self, instance: CoverInstance, budget: float, clock: Clock, seed: int) -> None:
        self.instance, self._budget, self._clock, self._seed = instance, budget, clock, seed
        self._random = np.random.default_rng(seed)
        self.best = heuristic(instance, budget)
        self.people = instance.people_reached(self.best)
        self.bound = instance.reachable

    @property
    def proven(self) -> bool:
        """Whether nothing can be better."""
        return self.bound - self.people <= TOLERANCE * self.people

    def know(self, bound: float) -> None:
        """Take over a bound that is known."""
        self.bound = max(self.people, min(self.bound, bound))

    def begin(self, sites: NDArray[np.int64]) -> None:
        """Try what lies near some sites, as far as these are within the budget.

        Parameters
        ----------
        sites
            int64 ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.cover.instance import cover_instance
        >>> two = cover_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], need=[1, 2])
        >>> search = BackupSearch(two, 2.0, Clock(60.0), 0)
        >>> search.begin(np.array([0, 1]))
        >>> search.best.tolist()
        [0, 1]
        """
        fit = np.cumsum(self.instance.cost[sites]) <= payable(self._budget)
        self._offer(heuristic(self.instance, self._budget, start=sites[fit]))

    def solve(self) -> None:
        """Look for better choices and for the bound, until they are equal or the time is up."""
        if self.proven or self._clock.is_over():
            return
        one, plan = self.instance, np.zeros(self.instance.sites)
        plan[self.best] = 1.0
        cuts = CoverCuts(one, self._budget, self.best, plan)
        cuts.run(steps=CUTS, clock=self._clock.part(FOR_CUTS))
        self.know(cuts.bound)
        self._look_around(cuts.share)
        if self.proven or self._clock.is_over():
            return
        if len(one.by_site.item) <= SMALL:
            self._settle()
        else:
            found, bound = best_whole(cuts, self.best, self._clock)
            self._offer(found)
            self.know(bound)

    def _look_around(self, share: NDArray[np.float64]) -> None:
        """Draw choices from shares of sites, and shake the best one."""
        for number in range(DRAWS + SHAKES):
            if self.proven or self._clock.is_over():
                return
            if number < DRAWS:
                start = self._drawn(share, by_chance=number > 0)
            else:
                gone = SHAKEN + (1.0 - 2.0 * SHAKEN) * self._random.random()
                start = self.best[self._random.random(len(self.best)) >= gone]
            self._offer(heuristic(self.instance, self._budget, start=start))

    def _drawn(self, share: NDArray[np.float64], *, by_chance: bool) -> NDArray[np.int64]:
        """Return sites within the budget that there is most of; by chance in that proportion."""
        with np.errstate(divide="ignore"):
            # The largest of u to the power of 1 / share come in proportion to the shares (Efraimidis 2006).
            chance = np.log(self._random.random(len(share))) / np.maximum(share, 1e-300)
        order = np.argsort(-(chance if by_chance else share), kind="stable")
        order = order[share[order] > 1e-9]
        return np.sort(order[np.cumsum(self.instance.cost[order]) <= payable(self._budget)])

    def _offer(self, sites: NDArray[np.int64]) -> None:
        people = self.instance.people_reached(sites)
        if people > self.people:
            self.best, self.people = sites, people
            self.bound = max(self.bound, people)

    def _settle(self) -> None:
        """Have HiGHS decide over sites and places."""
        model = CoverModel(self.instance, self._budget)
        answer = model.mip.solve(
            start=model.of(self.best), time_limit_s=self._clock.left_s(), seed=self._seed,
            may_go_on=self._clock.may_go_on,
        )  # fmt: skip
        if len(answer.value):
            self._offer(model.sites(answer.value))
        if answer.proof is Proof.OPTIMAL:
            self.bound = self.people
        else:
            self.know(model.people(answer.bound))
