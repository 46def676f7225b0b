"""The capacitated p-median: each row whole at one site, sites with room for so much, and the proof of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError, time_up
from planner.kernels.capacitated import assign, climb_capacitated, knapsacks, resite, shift
from planner.kernels.csr import Csr
from planner.kernels.median import SHORTEST, fill, greedy
from planner.siting.clock import Clock
from planner.siting.distance.costs import pair_costs
from planner.siting.distance.distances import DistanceInstance
from planner.siting.mip import Mip
from planner.siting.solution import Proof, Solution, no_solution, payable, solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.distance.costs import Costs

# Steps between two looks at the plans that the bound suggests, such looks, and steps without a better bound
# until they become shorter.
STEPS, LOOKS, PATIENCE, FIRST_STEP = 20, 40, 8, 0.1
# Rounds of moving rows and sites; some five are usual.
PASSES = 50
# HiGHS takes what differs by less than 1e-6 for equal: seen from here, 1e-10 of the whole.
WHOLE = 1e4


@dataclass(frozen=True)
class SitesServed:
    """Sites chosen, and who is served where.

    Attributes
    ----------
    solution
        The sites, people × distance, and the bound.
    site
        int64 ``(rows,)``, the site of each row; -1 at what exists. Empty where nothing is allowed.
    """

    solution: Solution
    site: NDArray[np.int64]


def capacitated_p_median(
    instance: DistanceInstance,
    p: float,
    capacity: NDArray[np.float64],
    *,
    load: NDArray[np.float64] | None = None,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> SitesServed:
    """Return the sites with the least people × distance, each row whole at one site with room for it.

    Parameters
    ----------
    instance
        Distances in seconds or metres. What exists takes whom it takes: a unit whose room is known is a
        forced site of cost 0.
    p
        What the sites may cost together: their number where each costs 1, those that are forced included.
    capacity
        float64 ``(sites,)``, the room of each, in the unit of ``load``.
    load
        float64 ``(rows,)``, what each row takes of it; its people where left out.
    seed
        Of HiGHS.
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
        Where rows can be reached from nowhere, or capacities and loads do not fit.
    TimeUpError
        Where the time is up before a plan that serves all rows is found.

    Notes
    -----
    Plans by greedy assignment and moves from the Lagrangian relaxation of the assignments (Mulvey and Beck
    1984; Pirkul 1987), whose prices settle sites and pairs; HiGHS on the rest.

    Examples
    --------
    Site 0 is nearer to both, and has room for one:

    >>> from planner.siting.distance.distances import DistanceInstance
    >>> two = DistanceInstance.from_matrix(np.array([10.0, 9.0]), np.array([[1.0, 5.0], [2.0, 3.0]]))
    >>> plan = capacitated_p_median(two, 2, np.array([10.0, 10.0]))
    >>> plan.site.tolist(), plan.solution.objective, str(plan.solution.proof)
    ([0, 1], 37.0, 'optimal')
    """
    compile_capacitated()
    load = instance.people if load is None else np.asarray(load, np.float64)
    capacity = np.asarray(capacity, np.float64)
    _check(instance, capacity, load)
    instance.require_reach()
    return _allocate(instance, p, capacity, load, Clock(time_limit_s, may_go_on), seed)


@cache
def compile_capacitated() -> None:
    """Compile the kernels, or load them, before the clock runs: the first time on a machine takes a while."""
    table = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 1.0], [2.0, 4.0, 0.0]])
    small = DistanceInstance.from_matrix(np.ones(3), table)
    _allocate(small, 2, np.full(3, 2.0), small.people, Clock(math.inf), 0)


def _allocate(
    instance: DistanceInstance,
    p: float,
    capacity: NDArray[np.float64],
    load: NDArray[np.float64],
    clock: Clock,
    seed: int,
) -> SitesServed:
    fitting = _where_it_fits(instance, capacity, load)
    nothing = SitesServed(no_solution(seed=seed, seconds=clock.seconds()), np.empty(0, np.int64))
    lost = np.isinf(fitting.distance_s(np.flatnonzero(~instance.forbidden))).any()
    if lost or math.fsum(instance.cost[instance.forced]) > payable(p):
        return nothing
    search = _CapacitatedSearch(fitting, p, capacity, load, clock, seed)
    search.run()
    if np.isfinite(search.upper):
        return search.allocation(instance)
    if search.is_impossible:
        return nothing
    msg = "serves all places"
    raise time_up(msg, clock.limit_s, "or more sites")


def _check(instance: DistanceInstance, capacity: NDArray[np.float64], load: NDArray[np.float64]) -> None:
    if capacity.shape != (instance.sites,) or not (capacity >= 0).all():
        line = f"Capacities are numbers of 0 or more, one for each of the {instance.sites} sites"
        line += f"; there are {capacity.size}."
        raise ConfigError(line)
    if load.shape != (instance.rows,) or not (np.isfinite(load) & (load >= 0)).all():
        line = f"Loads are numbers of 0 or more, one for each of the {instance.rows} rows"
        line += f"; there are {load.size}."
        raise ConfigError(line)


def _where_it_fits(
    instance: DistanceInstance, capacity: NDArray[np.float64], load: NDArray[np.float64]
) -> DistanceInstance:
    """Return the instance without pairs whose site has no room for the row alone."""
    row = instance.row_of_pair()
    kept = load[row] <= capacity[instance.near.item]
    count = np.bincount(row[kept], minlength=instance.rows)
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)]).astype(np.int64)
    return replace(instance, near=Csr(first, instance.near.item[kept], instance.near.value[kept]))


class _CapacitatedSearch:
    """The best plan and the best bound so far; costs are not yet people × distance."""

    def __init__(
        self,
        instance: DistanceInstance,
        p: float,
        capacity: NDArray[np.float64],
        load: NDArray[np.float64],
        clock: Clock,
        seed: int,
    ) -> None:
        self.clock, self.seed = clock, seed
        self.costs: Costs = pair_costs(instance, p, ties=load)
        self.load, self.capacity = load[self.costs.row], capacity[self.costs.site]
        self.forced = instance.forced[self.costs.site]
        idle = np.setdiff1d(np.flatnonzero(instance.forced), self.costs.site)
        self.idle = idle
        self.budget = max(p - math.fsum(instance.cost[idle]) - math.fsum(self.costs.cost[self.forced]), 0.0)
        # No cost is below 0.
        self.upper, self.lower = np.inf, 0.0
        self.by = np.empty(0, np.int64)
        self.is_impossible = False

    def run(self) -> None:
        """Find plans and a bound, and leave what is undecided to HiGHS."""
        costs = self.costs
        if costs.constant >= costs.lost:
            # What could serve some row cannot be paid for.
            self.is_impossible = True
            return
        if not len(costs.base):
            self.upper = self.lower = costs.constant
            return
        is_open = self.forced.copy()
        greedy(costs.columns, costs.base, costs.cost, self.budget, is_open)
        self._serve(is_open)
        self._bound()
        if not self._is_proven() and not self.clock.is_over():
            self._solve_rest()

    def _is_proven(self) -> bool:
        step = 1 - 1e-6 if self.costs.whole else 0.0
        return self.lower >= self.upper - max(step, self.upper * 1e-10)

    def _serve(self, is_open: NDArray[np.bool_]) -> None:
        """Serve all rows from some sites, move rows and sites while that helps, and keep the best plan."""
        costs = self.costs
        is_open = is_open.copy()
        room = np.where(is_open, self.capacity, 0.0)
        by = assign(costs.near, costs.base, self.load, room, is_open)
        left = self.budget - math.fsum(costs.cost[is_open & ~self.forced])
        for _ in range(PASSES):
            moves = shift(costs.near, costs.base, self.load, room, is_open, by)
            before = is_open.copy()
            left = resite(costs.near, self.load, self.capacity, costs.cost, left, self.forced, is_open, by)
            room = self.capacity - self._used(by)
            if (moves == 0 and (before == is_open).all()) or self.clock.is_over():
                break
        self._keep(by)

    def _used(self, by: NDArray[np.int64]) -> NDArray[np.float64]:
        at = by >= 0
        used = np.bincount(self.costs.near.item[by[at]], self.load[at], len(self.capacity))
        return np.asarray(used, np.float64)

    def _keep(self, by: NDArray[np.int64]) -> None:
        costs = self.costs
        value = np.where(by >= 0, np.append(costs.near.value, 0.0)[by], costs.base)
        total = costs.constant + math.fsum(value)
        if total < min(self.upper, costs.lost):
            self.upper, self.by = total, by.copy()

    def _bound(self) -> None:
        """Raise the bound, and try the plans that it suggests."""
        costs = self.costs
        self.price = np.where(costs.base < costs.lost, costs.base, costs.near.value[costs.near.first[:-1]])
        price, direction = self.price.copy(), np.zeros(len(self.price))
        mean = np.zeros(len(costs.cost))
        course = np.array([-np.inf, FIRST_STEP, 0.0])
        for _ in range(LOOKS):
            # Without a plan, twice the bound is where it may go.
            upper = self.upper if np.isfinite(self.upper) else costs.constant + 2 * abs(price.sum())
            share = climb_capacitated(
                costs.near, costs.columns, costs.base, self.load, self.capacity, costs.cost, self.budget,
                self.forced, upper - costs.constant, self.price, price, direction, mean, course, STEPS,
                PATIENCE,
            )  # fmt: skip
            self.lower = max(self.lower, min(course[0] + costs.constant, self.upper))
            if self._is_proven() or self.clock.is_over():
                return
            self._serve(self._filled(share))
            self._serve(self._filled(mean))
            if course[1] < SHORTEST:
                return

    def _filled(self, share: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return the sites of the largest shares that the budget allows."""
        is_open = self.forced.copy()
        left = self.budget
        for j in np.argsort(-share, kind="stable"):
            if not is_open[j] and self.costs.cost[j] <= payable(left):
                is_open[j] = True
                left -= self.costs.cost[j]
        return is_open

    def _settled(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the sites in every better plan, those in none, and the pairs that may be in one."""
        costs = self.costs
        saving = knapsacks(
            costs.columns, self.price, self.load, self.capacity, np.empty(len(costs.near.item))
        )
        share = np.empty(len(costs.cost))
        free = np.where(self.forced, 0.0, saving)
        _, rate = fill(free, costs.cost, self.budget, share)
        more = np.where(self.forced, 0.0, free - rate * costs.cost)
        bound = self.price.sum() - saving[self.forced].sum() - np.maximum(more, 0.0).sum()
        gap = (self.upper - costs.constant) - (bound - rate * self.budget)
        # The best plan stays allowed, to begin with.
        gap += 1e-9 * abs(self.upper)
        beyond = costs.near.value - self.price[costs.pair_row()]
        return self.forced | (more > gap), ~self.forced & (-more > gap), beyond <= gap

    def _solve_rest(self) -> None:
        """Solve what is left by HiGHS: whole variables for sites, and for pairs."""
        costs = self.costs
        opened, closed, useful = self._settled()
        kept = np.flatnonzero(useful & ~closed[costs.near.item])
        row, site, value = costs.pair_row()[kept], costs.near.item[kept], costs.near.value[kept]
        finite = np.isfinite(self.upper)
        unit = 1.0 if costs.whole or not finite else max(self.upper - costs.constant, 1e-300) / WHOLE
        mip = Mip()
        served = costs.base < costs.lost
        # A row that exists elsewhere begins there; others have to be served.
        gain = np.where(served[row], value - costs.base[row], value) / unit
        sites = mip.add_columns(
            np.zeros(len(costs.cost)),
            lower=opened.astype(np.float64),
            upper=(~closed).astype(np.float64),
            integer=True,
        )
        pairs = mip.add_columns(gain, integer=True)
        first = np.searchsorted(row, np.arange(len(served) + 1))
        mip.add_rows(first, pairs, np.ones(len(pairs)), lower=np.where(served, 0.0, 1.0), upper=1.0)
        self._add_sites(mip, sites, pairs, row, site)
        start = np.concatenate([np.zeros(len(sites)), np.isin(kept, self.by).astype(float)])
        start[: len(sites)][costs.near.item[self.by[self.by >= 0]]] = 1.0
        start[: len(sites)][opened] = 1.0
        answer = mip.solve(
            start=start if finite else None, time_limit_s=self.clock.left_s(), seed=self.seed,
            may_go_on=self.clock.may_go_on,
        )  # fmt: skip
        if len(answer.value):
            by = np.full(len(served), -1, np.int64)
            taken = answer.value[len(sites) :] > 0.5
            by[row[taken]] = kept[taken]
            self._keep(by)
        if answer.proof is Proof.INFEASIBLE:
            self.is_impossible = not finite
        if answer.proof is not Proof.FEASIBLE:
            self.lower = self.upper
        elif np.isfinite(answer.bound):
            rest = costs.constant + math.fsum(costs.base[served])
            self.lower = max(self.lower, min(answer.bound * unit + rest, self.upper))

    def _add_sites(
        self,
        mip: Mip,
        sites: NDArray[np.int64],
        pairs: NDArray[np.int64],
        row: NDArray[np.int64],
        site: NDArray[np.int32],
    ) -> None:
        """Add what holds for sites: rows at open ones, within their room, within the budget."""
        both = np.column_stack([pairs, sites[site]])
        mip.add_rows(np.arange(len(pairs) + 1) * 2, both.ravel(), np.tile([1.0, -1.0], len(pairs)), upper=0.0)
        order = np.argsort(site, kind="stable")
        count = np.bincount(site, minlength=len(sites))
        first = np.concatenate([np.zeros(1, np.int64), np.cumsum(count + 1)])
        column = np.insert(pairs[order], np.cumsum(count), sites)
        room = np.where(np.isinf(self.capacity), self.load.sum(), self.capacity)
        mip.add_rows(first, column, np.insert(self.load[row][order], np.cumsum(count), -room), upper=0.0)
        spent = np.where(self.forced, 0.0, self.costs.cost)
        mip.add_row(sites, spent, upper=payable(self.budget))

    def allocation(self, instance: DistanceInstance) -> SitesServed:
        """Return the best plan in the instance's own rows and sites."""
        costs = self.costs
        at = np.full(instance.rows, -1, np.int64)
        away = instance.existing_s.copy()
        served = self.by >= 0
        number = costs.site[costs.near.item[self.by[served]]]
        rows = costs.row[served]
        at[rows] = number
        row = instance.row_of_pair()
        used = at[row] == instance.near.item
        away[row[used]] = instance.near.value[used]
        objective = math.fsum(instance.people * away)
        chosen = np.unique(np.concatenate([number, np.flatnonzero(instance.forced)]))
        bound = objective if self._is_proven() else min(self.lower * costs.scale, objective)
        at.setflags(write=False)
        return SitesServed(
            solution(chosen, objective, bound, seed=self.seed, seconds=self.clock.seconds()), at
        )
