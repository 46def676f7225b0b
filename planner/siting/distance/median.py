"""The p-median: the sites with the least people × distance, and the proof of it."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import time_up
from planner.kernels.csr import Csr
from planner.kernels.median import SHORTEST, climb_bound, fill, greedy, interchange, nearest_two, savings
from planner.siting.clock import Clock
from planner.siting.distance.costs import pair_costs
from planner.siting.distance.distances import DistanceInstance
from planner.siting.distance.set_cover import cover_rows
from planner.siting.solution import HAIR, Proof, no_solution, payable, solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.distance.costs import Costs
    from planner.siting.solution import Solution

# Steps of the subgradient between two looks at the plans it suggests, such looks, and steps without a better
# bound until steps are halved.
STEPS, ROOT_LOOKS, LOOKS, PATIENCE = 100, 12, 1, 8
FIRST_STEP = 0.1
SHRUNK = 0.8
# Passes over all sites by the interchange; some ten are usual.
PASSES = 200
# A plan has to be better than the best by this share to be worth looking for.
BETTER = 1e-10


def p_median(
    instance: DistanceInstance,
    p: float,
    *,
    start: NDArray[np.integer] | None = None,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites with the least people × distance, each row served from the nearest.

    Parameters
    ----------
    instance
        Distances in seconds or metres; what exists serves beside the sites.
    p
        What the sites may cost together: their number where each costs 1, those that are forced included.
        Sites that bring nobody nearer are left out.
    start
        int ``(chosen,)``, numbers of sites: a plan to begin with as well, if it is within the budget.
    seed
        Of the order in which sites are tried, and of HiGHS.
    time_limit_s
        Then the best plan so far is returned with the best bound.
    may_go_on
        Asked now and then; what it raises ends the work.

    Returns
    -------
    The objective is people × seconds (or metres); ``infeasible`` where no plan of this cost serves all rows.

    Raises
    ------
    ConfigError
        Where rows can be reached from nowhere.
    TimeUpError
        Where the time is up before a plan that serves all rows is found.

    Notes
    -----
    Greedy choice and fast interchange (Whitaker 1983; Resende and Werneck 2003); the Lagrangian relaxation of
    the assignments (Cornuéjols, Fisher and Nemhauser 1977), whose prices settle most sites; where a
    gap is left, plans with and without a site are bounded apart (branch and bound, best bound first).

    Examples
    --------
    >>> from planner.siting.distance.distances import DistanceInstance
    >>> table = np.array([[0.0, 9.0, 4.0], [9.0, 0.0, 4.0], [8.0, 7.0, 1.0]])
    >>> best = p_median(DistanceInstance.from_matrix(np.array([10.0, 1.0, 2.0]), table), 1)
    >>> best.chosen.tolist(), best.objective, str(best.proof)
    ([0], 25.0, 'optimal')
    """
    compile_median()
    clock = Clock(time_limit_s, may_go_on)
    instance.require_reach()
    return least_distance(instance, p, clock, start=start, seed=seed)


@cache
def compile_median() -> None:
    """Compile the kernels, or load them, before the clock runs: the first time on a machine takes a while."""
    table = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 1.0], [2.0, 4.0, 0.0]])
    small = DistanceInstance.from_matrix(np.ones(3), table)
    least_distance(small, 1, Clock(math.inf), start=None, seed=0)
    cover_rows(small.near, small.cost, 1.0, Clock(math.inf), seed=0, cheapest=False)


def least_distance(
    instance: DistanceInstance,
    p: float,
    clock: Clock,
    *,
    start: NDArray[np.integer] | None,
    seed: int,
    most_parts: float = math.inf,
) -> Solution:
    """Return the answer of :func:`p_median` on a clock that may be running already.

    Parameters
    ----------
    instance, p, start, seed
        As of :func:`p_median`; every row can be reached.
    clock
        How long.
    most_parts
        After how many parts of all plans to be content with the best plan known.

    Examples
    --------
    >>> from planner.siting.distance.distances import DistanceInstance
    >>> one = DistanceInstance.from_matrix(np.array([10.0, 5.0]), np.array([[60.0, 300.0], [240.0, 120.0]]))
    >>> least_distance(one, 1, Clock(60.0), start=None, seed=0).chosen.tolist()
    [0]
    """
    if math.fsum(instance.cost[instance.forced]) > payable(p):
        return no_solution(seed=seed, seconds=clock.seconds())
    costs = _without_forced(instance, p)
    search = _MedianSearch(costs, clock, seed)
    if not search.begin(start):
        return no_solution(seed=seed, seconds=clock.seconds())
    search.run(most_parts)
    chosen = without_idle(costs, search.best)
    objective = people_distance(instance, chosen)
    bound = objective if search.is_proven() else min(search.lower * costs.scale, objective)
    return solution(chosen, objective, bound, seed=seed, seconds=clock.seconds())


def _without_forced(instance: DistanceInstance, p: float) -> Costs:
    """Return the costs with the forced sites settled, and paid for also where they bring nobody nearer."""
    costs = pair_costs(instance, p)
    idle = np.setdiff1d(np.flatnonzero(instance.forced), costs.site)
    forced = instance.forced[costs.site]
    costs = replace(costs, budget=float(p) - math.fsum(instance.cost[idle]), settled=idle)
    return costs.settle(forced, np.zeros_like(forced))


def people_distance(instance: DistanceInstance, chosen: NDArray[np.integer]) -> float:
    """Return the people × distance of a plan, the same in any order of rows.

    Parameters
    ----------
    instance
        Distances in seconds or metres.
    chosen
        int ``(chosen,)``, numbers of sites.

    Examples
    --------
    >>> from planner.siting.distance.distances import DistanceInstance
    >>> one = DistanceInstance.from_matrix(np.array([10.0, 5.0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> people_distance(one, np.array([1]))
    40.0
    """
    return math.fsum(instance.people * instance.distance_s(chosen))


def without_idle(costs: Costs, chosen: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return a plan without the sites whose closing takes nobody further.

    Parameters
    ----------
    costs
        The problem.
    chosen
        int ``(chosen,)``, numbers of sites of the instance.

    Returns
    -------
    chosen
        int64 ``(chosen,)``, rising.

    Examples
    --------
    Both rows are best off at site 0:

    >>> from planner.siting.distance.costs import pair_costs
    >>> from planner.siting.distance.distances import DistanceInstance
    >>> table = np.array([[60.0, 300.0], [120.0, 240.0]])
    >>> costs = pair_costs(DistanceInstance.from_matrix(np.array([10.0, 5.0]), table), 2)
    >>> without_idle(costs, np.array([0, 1])).tolist()
    [0]
    """
    is_open = costs.is_open(chosen)
    while True:
        at, who = nearest_two(costs.near, costs.base, is_open)
        loss = np.zeros(len(is_open))
        served = who[:, 0] >= 0
        np.add.at(loss, who[served, 0], at[served, 1] - at[served, 0])
        idle = np.flatnonzero(is_open & (loss <= 0.0))
        if not len(idle):
            return costs.chosen(is_open)
        is_open[idle[-1]] = False


@dataclass(order=True)
class _Node:
    """A part of all plans: what is left to choose, the bound of its plans, and the prices that prove it.

    ``price`` is by row of the instance; ``split`` is the site that parts it further.
    """

    bound: float
    number: int
    rest: Costs = field(compare=False)
    price: NDArray[np.float64] = field(compare=False)
    split: int = field(compare=False, default=-1)


@dataclass
class _MedianSearch:
    """The best plan so far, and the parts that may hold a better one.

    ``upper`` and ``lower`` are costs, not yet people × distance; none is below 0.
    """

    costs: Costs
    clock: Clock
    seed: int
    upper: float = np.inf
    lower: float = 0.0
    best: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    number: int = 0

    def begin(self, start: NDArray[np.integer] | None) -> bool:
        """Find a first plan that serves all rows; False if there is none."""
        if self.costs.constant >= self.costs.lost:
            # What could serve some row cannot be paid for.
            return False
        self._improve(self.costs, np.zeros(len(self.costs.cost), np.bool_))
        if start is not None:
            is_open = self.costs.is_open(start)
            if math.fsum(self.costs.cost[is_open]) <= payable(self.costs.budget):
                self._improve(self.costs, is_open)
        if self.upper >= self.costs.lost:
            covering = _serves_all(self.costs, self.clock, self.seed)
            if covering is None:
                return False
            self._improve(self.costs, covering)
        return True

    def is_proven(self) -> bool:
        """Whether no plan can be better."""
        return self._is_beaten(self.lower)

    def _is_beaten(self, bound: float) -> bool:
        """Whether no plan of this bound is better: none lies between two whole numbers."""
        if self.costs.whole and bound > self.upper - 1 + 1e-6:
            return True
        return bound >= self.upper * (1 - BETTER)

    def run(self, most_parts: float) -> None:
        """Bound all plans, then part those that may be better in two, the most promising first."""
        parts: list[_Node] = []
        self._look(parts, self.costs, self._first_prices(), 0.0, ROOT_LOOKS)
        while parts:
            self.lower = min(max(self.lower, parts[0].bound), self.upper)
            if self.is_proven() or self.clock.is_over() or self.number >= most_parts:
                return
            node = heapq.heappop(parts)
            for is_in in (True, False):
                here = np.arange(len(node.rest.cost)) == node.split
                none = np.zeros_like(here)
                rest = node.rest.settle(here, none) if is_in else node.rest.settle(none, here)
                self._look(parts, rest, node.price, node.bound, LOOKS)
        self.lower = self.upper

    def _look(
        self, parts: list[_Node], rest: Costs, price: NDArray[np.float64], bound: float, looks: int
    ) -> None:
        """Bound some plans, try those that suggest themselves, and keep what may be better as a part."""
        price = price.copy()
        while True:
            if not len(rest.cost):
                self._keep(rest.constant, rest.settled)
                return
            before = len(rest.near.item)
            bound, split = self._bound(rest, price, bound, looks)
            if self._is_beaten(bound):
                return
            left = self._settled(rest, price)
            if left is None:
                return
            rest = left
            if len(rest.near.item) >= SHRUNK * before or self.clock.is_over():
                break
        if not len(rest.cost):
            self._keep(rest.constant, rest.settled)
            return
        self.number += 1
        # The site to split may be settled by now.
        at = int(np.argmax(rest.site == split))
        heapq.heappush(parts, _Node(bound, self.number, rest, price, at))

    def _keep(self, total: float, chosen: NDArray[np.int64]) -> None:
        if total < self.upper * (1 - HAIR):
            self.upper, self.best = total, np.sort(chosen)

    def _improve(self, costs: Costs, is_open: NDArray[np.bool_]) -> None:
        """Fill a plan up, swap sites while that helps, and keep it if it is the best."""
        left = costs.budget - math.fsum(costs.cost[is_open])
        greedy(costs.columns, costs.base, costs.cost, left, is_open)
        turn = np.random.default_rng(self.seed).permutation(len(costs.cost))
        for _ in range(PASSES):
            _, swaps = interchange(
                costs.near, costs.columns, costs.base, costs.cost, costs.budget, turn, is_open
            )
            if swaps == 0 or self.clock.is_over():
                break
        self._keep(costs.total(is_open), costs.chosen(is_open))

    def _first_prices(self) -> NDArray[np.float64]:
        """Return what each row would pay if its site closed."""
        costs = self.costs
        at, _ = nearest_two(costs.near, costs.base, costs.is_open(self.best))
        price = np.zeros(1 + costs.row.max(initial=-1))
        price[costs.row] = np.where(at[:, 1] < costs.lost, at[:, 1], at[:, 0])
        return price

    def _bound(
        self, rest: Costs, all_prices: NDArray[np.float64], bound: float, looks: int
    ) -> tuple[float, int]:
        """Raise the bound on what is left, and try the plans that it suggests; it, and a site to split.

        ``all_prices`` is changed.
        """
        best_price = np.minimum(all_prices[rest.row], rest.base)
        price = best_price.copy()
        direction = np.zeros(len(price))
        mean = np.zeros(len(rest.cost))
        course = np.array([-np.inf, FIRST_STEP, 0.0])
        for _ in range(looks):
            share = climb_bound(
                rest.near, rest.base, rest.cost, rest.budget, self.upper - rest.constant, best_price, price,
                direction, mean, course, STEPS, PATIENCE,
            )  # fmt: skip
            bound = max(bound, course[0] + rest.constant)
            if self._is_beaten(bound) or self.clock.is_over():
                break
            self._improve(rest, share >= 1.0)
            if self._is_beaten(bound) or course[1] < SHORTEST:
                break
        all_prices[rest.row] = best_price
        return bound, int(rest.site[np.argmin(np.abs(mean - 0.5))])

    def _settled(self, rest: Costs, all_prices: NDArray[np.float64]) -> Costs | None:
        """Settle the sites that every better plan holds, or none does; none where there is no such plan."""
        price = np.minimum(all_prices[rest.row], rest.base)
        saving = savings(rest.near, price, len(rest.cost))
        share = np.empty(len(rest.cost))
        _, rate = fill(saving, rest.cost, rest.budget, share)
        rates = [rate]
        taken = (share >= 1.0) & (rest.cost > 0)
        if taken.any():
            rates.append(float((saving[taken] / rest.cost[taken]).min()))
        opened = np.zeros(len(share), np.bool_)
        closed = np.zeros(len(share), np.bool_)
        limit = self._limit() - rest.constant
        for one in rates:
            # What a site saves beyond what its cost is worth elsewhere; each such rate gives a bound.
            more = saving - one * rest.cost
            bound = price.sum() - np.maximum(more, 0.0).sum() - one * rest.budget
            closed |= bound + np.maximum(-more, 0.0) > limit
            opened |= bound + np.maximum(more, 0.0) > limit
        if (opened & closed).any() or math.fsum(rest.cost[opened]) > payable(rest.budget):
            return None
        return rest.settle(opened, closed)

    def _limit(self) -> float:
        """Return what a plan may cost to be worth having."""
        return self.upper - 1 + 1e-6 if self.costs.whole else self.upper


def _serves_all(costs: Costs, clock: Clock, seed: int) -> NDArray[np.bool_] | None:
    """Return a plan that serves all rows; none if there is none within the budget."""
    alone = costs.base >= costs.lost
    needs = alone[costs.pair_row()]
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.diff(costs.near.first)[alone])])
    rows = Csr(first.astype(np.int64), costs.near.item[needs], costs.near.value[needs])
    cover = cover_rows(rows, costs.cost, costs.budget, clock, seed=seed, cheapest=False)
    if cover.proof is Proof.INFEASIBLE:
        return None
    if cover.proof is None:
        msg = "serves all places"
        raise time_up(msg, clock.limit_s, "or more sites")
    is_open = np.zeros(len(costs.cost), np.bool_)
    is_open[cover.chosen] = True
    return is_open
