"""The most people for so many units or so much money (MCLP; Church and ReVelle 1974), with its bound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.siting.clock import Clock
from planner.siting.cover.backup import BackupSearch
from planner.siting.cover.branching import best_whole
from planner.siting.cover.cuts import CoverCuts
from planner.siting.cover.greedy import heuristic
from planner.siting.cover.instance import reduced
from planner.siting.cover.model import CoverModel
from planner.siting.cover.relaxation import Relaxation
from planner.siting.solution import TOLERANCE, Proof, Solution, no_solution, payable, solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.cover.instance import CoverInstance

# Steps of the search for prices between two attempts to choose from them, and to decide sites by them.
STEPS, ROUNDS = 60, 200
# With so many places a site, prices by cuts on the sites are quicker; so many rounds of them.
DENSE, CUTS = 100, 300
# So many choices are drawn from each relaxation, and so many times in vain: few where sites can be branched
# on by cuts, which finds better choices as well.
DRAWS, IDLE = 6, 3
FEW_DRAWS, FEW_IDLE = 2, 1
# Cuts are of so many groups of places for each site that is paid for: of more than one they are sparser.
GROUPS = 2.0
# Where prices decide at least this share of the sites, the rest is reduced anew; with so few pairs of site
# and place HiGHS is quicker than more prices.
FEW, SMALL = 0.05, 5_000
# The share of the time that is kept for HiGHS, and from how many pairs on it gets none.
FOR_HIGHS, LARGE = 0.5, 200_000
# So many times the best choice is shaken when prices have settled, and this share of its sites given up.
SHAKES, SHAKEN = 10, 0.03


def most_people(
    instance: CoverInstance,
    budget: float,
    *,
    start: NDArray[np.integer] | None = None,
    bound: float = np.inf,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites within a budget that cover most people, and a bound on any choice.

    A place counts with as many sites as it needs: one, or ``instance.need``.

    Parameters
    ----------
    instance
        Places, sites and costs.
    budget
        What all chosen sites may cost, the forced ones included; a number of units where each costs 1.
    start
        int ``(chosen,)``, numbers of sites from which to begin as well, such as those of a plan for a
        problem like this.
    bound
        What no choice can beat, where that is known: such as the bound of the same problem with fewer rules.
    seed
        One seed, one answer.
    time_limit_s
        Then the best so far is returned, with its bound.
    may_go_on
        Called between steps; what it raises ends the work.

    Returns
    -------
    solution
        Its objective is people; infeasible where the forced sites alone cost more.

    Examples
    --------
    Site 0 covers two places, sites 1 and 2 one each:

    >>> from planner.siting.cover.instance import cover_instance
    >>> four = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> best = most_people(four, 2)
    >>> best.chosen.tolist(), best.objective, best.bound, str(best.proof)
    ([0, 2], 45.0, 45.0, 'optimal')
    """
    clock = Clock(time_limit_s, may_go_on)
    small = reduced(instance)
    room = budget - small.cost_forced
    held = np.flatnonzero(instance.forced)
    if small.cost_forced > payable(budget):
        return no_solution(seed=seed, seconds=clock.seconds())
    # Prices decide nothing at places that need several sites: gains do not only shrink.
    state: _CoverSearch | BackupSearch = (_CoverSearch if small.instance.need is None else BackupSearch)(
        small.instance, room, clock, seed
    )
    state.know(bound - small.people_forced)
    if start is not None:
        state.begin(np.flatnonzero(np.isin(small.site, start)))
    if isinstance(state, BackupSearch):
        state.solve()
    else:
        _solve(state)
    sites = np.concatenate([held, small.site[state.best]])
    people = instance.people_reached(sites)
    return solution(
        sites, people, max(state.bound + small.people_forced, people), seed=seed, seconds=clock.seconds()
    )


def _solve(state: _CoverSearch) -> None:
    """Look for the best sites of an instance without forced ones, and for the bound.

    Prices decide some sites; what is left is reduced again, and searched again, until it is small enough
    for HiGHS or decides nothing more.
    """
    instance = state.instance
    pairs = len(instance.by_site.item)
    # Where sites are in conflict HiGHS knows more about which, as far as it can hold every pair.
    whole = len(instance.conflicts.item) > 0 and pairs <= LARGE
    if not state.proven and pairs >= DENSE * instance.sites and not whole:
        state.price_by_cuts()
    idle = 0
    for _ in range(ROUNDS):
        if state.proven or state.small or idle >= state.patience or state.is_late:
            break
        before = state.people, state.sites_left
        state.look_around()
        state.decide()
        # Where prices stay, only a better choice decides more.
        idle = idle + 1 if state.settled and before == (state.people, state.sites_left) else 0
    if not state.proven and state.kept and state.has_time:
        state.settle()


class _CoverSearch:
    """The best choice found of an instance, the bound, and what is left to decide."""

    def __init__(self, instance: CoverInstance, budget: float, clock: Clock, seed: int) -> None:
        self.instance, self._budget, self._clock, self._seed = instance, budget, clock, seed
        self.best = heuristic(instance, budget)
        self.people = instance.people_reached(self.best)
        self.bound, self._left = np.inf, _Left(instance, budget)
        self._prices, self.linear = Relaxation(instance, budget), False
        self._bound(self._prices.best.bound)
        self._random = np.random.default_rng(seed)

    @property
    def proven(self) -> bool:
        """Whether nothing can be better."""
        return self.bound - self.people <= TOLERANCE * self.people

    @property
    def sites_left(self) -> int:
        """How many sites are not decided."""
        return self._left.instance.sites

    @property
    def patience(self) -> int:
        """How often choices are drawn in vain."""
        return FEW_IDLE if self.linear else IDLE

    @property
    def settled(self) -> bool:
        """Whether the prices do not get better any more."""
        return self.linear or self._prices.is_done

    @property
    def kept(self) -> float:
        """The share of the time that is kept for HiGHS: none where what is left is far too large for it."""
        return FOR_HIGHS if self.linear or len(self._left.instance.by_site.item) <= LARGE else 0.0

    @property
    def small(self) -> bool:
        """Whether HiGHS is quicker than more prices."""
        return not self.linear and len(self._left.instance.by_site.item) <= SMALL

    @property
    def has_time(self) -> bool:
        """Whether any time is left."""
        return not self._clock.is_over()

    @property
    def is_late(self) -> bool:
        """Whether only the time is left that is kept for HiGHS."""
        return self._clock.left_s() <= self.kept * self._clock.limit_s

    def know(self, bound: float) -> None:
        """Take over a bound that is known."""
        self.bound = max(self.people, min(self.bound, bound))

    def begin(self, sites: NDArray[np.int64]) -> None:
        """Try what lies near some sites, as far as these are within the budget."""
        fit = np.cumsum(self.instance.cost[sites]) <= payable(self._budget)
        self._offer(heuristic(self.instance, self._budget, start=sites[fit]))

    def _bound(self, bound: float) -> None:
        self.bound = max(self.people, min(self.bound, self._left.base + bound))

    def price_by_cuts(self) -> None:
        """Find the prices of the linear relaxation: they cannot be better."""
        left, plan = self._left, np.zeros(self.instance.sites)
        plan[self.best] = 1.0
        cuts = CoverCuts(left.instance, left.budget, self._groups(), plan)
        cuts.run(steps=CUTS, clock=self._clock)
        self._prices = Relaxation(left.instance, left.budget, cuts.price())
        self._prices.share, self.linear = cuts.share, True
        self._bound(self._prices.best.bound)

    def _groups(self) -> NDArray[np.int64]:
        """Return sites whose places have cuts of their own, among those left."""
        return heuristic(self._left.instance, GROUPS * self._left.budget)

    def look_around(self) -> None:
        """Look for better prices, where there may be some, and for better choices near the relaxation's."""
        left, prices = self._left, self._prices
        if not self.linear:
            prices.run(self.people - left.base, steps=STEPS, clock=self._clock)
            self._bound(prices.best.bound)
        draws = FEW_DRAWS if self.linear else DRAWS
        for draw in range(draws if self.settled else 1):
            if self._clock.is_over():
                return
            start = _likely(prices, self._random.random(left.instance.sites) if draw else None)
            self._offer(left.sites(heuristic(left.instance, left.budget, start=start)))
        if self.settled and not self.linear:
            self._shake()

    def _shake(self) -> None:
        """Give up a few sites of the best choice by chance, and choose again: many a small gain."""
        for _ in range(SHAKES):
            if self._clock.is_over():
                return
            stay = self._random.random(len(self.best)) >= SHAKEN
            self._offer(heuristic(self.instance, self._budget, start=self.best[stay]))

    def _offer(self, sites: NDArray[np.int64]) -> None:
        people = self.instance.people_reached(sites)
        if people > self.people:
            self.best, self.people = sites, people
            self.bound = max(self.bound, people)

    def decide(self) -> None:
        """Take out the sites that the prices decide, where these are some."""
        left = self._left
        always, never = self._prices.decided((self.people - left.base) * (1 - TOLERANCE))
        if (always | never).sum() < FEW * left.instance.sites:
            return
        rest = left.without(always, never)
        if rest is None:
            # A better choice would hold sites that no choice may hold together.
            self.bound = self.people
            return
        share = self._prices.share
        self._left, place = rest
        self._prices = self._prices.on(self._left.instance, self._left.budget, place)
        self._prices.share = share[np.searchsorted(left.number, self._left.number)]

    def settle(self) -> None:
        """Decide over the sites that are left."""
        left, clock = self._left, self._clock
        if self.linear:
            self._settle_by_cuts()
            return
        model, start = CoverModel(left.instance, left.budget), left.of(self.best)
        answer = model.mip.solve(
            start=None if start is None else model.of(start),
            time_limit_s=clock.left_s(), seed=self._seed, may_go_on=clock.may_go_on,
        )  # fmt: skip
        if len(answer.value):
            self._offer(left.sites(model.sites(answer.value)))
        if answer.proof is not Proof.FEASIBLE:
            # Nothing better is left where the prices decided, nor where HiGHS looked.
            self.bound = self.people
        else:
            self._bound(model.people(answer.bound))

    def _settle_by_cuts(self) -> None:
        """Branch on the sites alone, by cuts."""
        left = self._left
        start = left.of(self.best)
        plan = heuristic(left.instance, left.budget) if start is None else start
        cuts = CoverCuts(left.instance, left.budget, self._groups(), self._prices.share)
        cuts.run(steps=CUTS, clock=self._clock)
        found, bound = best_whole(cuts, plan, self._clock)
        self._offer(left.sites(found))
        self._bound(bound)


def _likely(search: Relaxation, random: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
    """Return sites within the budget that the relaxed problem has most of; by chance in that proportion."""
    share, cost = search.share, search.instance.cost
    with np.errstate(divide="ignore"):
        # The largest of u to the power of 1 / share are drawn in proportion to the shares (Efraimidis 2006).
        rank = share if random is None else np.log(random) / np.maximum(share, 1e-300)
    order = np.argsort(-rank, kind="stable")
    fit = np.cumsum(cost[order]) <= payable(search.budget)
    return np.sort(order[fit & (share[order] > 1e-9)])


class _Left:
    """What is left of an instance after some sites are decided.

    Parameters
    ----------
    instance
        Without forced or forbidden sites.
    budget
        What sites may cost.

    Attributes
    ----------
    instance, budget
        What is left.
    base
        The people whom decided sites cover.
    number, held
        int64: what the sites left are in the whole, in rising order, and the sites decided on.
    """

    def __init__(self, instance: CoverInstance, budget: float) -> None:
        self.instance, self.budget, self.base = instance, budget, 0.0
        self.number = np.arange(instance.sites)
        self.held = np.empty(0, np.int64)

    def without(
        self, always: NDArray[np.bool_], never: NDArray[np.bool_]
    ) -> tuple[_Left, NDArray[np.int64]] | None:
        """Return what is left when some sites are chosen and some not, and each place's number there.

        None where those chosen are in conflict or cost too much.
        """
        conflicts = self.instance.conflicts
        one = np.repeat(always, np.diff(conflicts.first))
        if (one & always[conflicts.item]).any():
            return None
        small = reduced(replace(self.instance, forced=always, forbidden=never))
        room = self.budget - small.cost_forced
        if small.cost_forced > payable(self.budget):
            return None
        rest = _Left(small.instance, max(room, 0.0))
        rest.base = self.base + small.people_forced
        rest.number = self.number[small.site]
        rest.held = np.concatenate([self.held, self.number[always]])
        return rest, small.place

    def sites(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a choice of what is left as one of the whole."""
        return np.sort(np.concatenate([self.held, self.number[chosen]]))

    def of(self, sites: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return a choice of the whole as one of what is left; None where it is not one."""
        mine = np.flatnonzero(np.isin(self.number, sites))
        whole = len(mine) + np.isin(self.held, sites).sum()
        return mine if whole == len(sites) and len(self.held) + len(mine) == len(sites) else None
