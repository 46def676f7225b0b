"""The most people for so many units or so much money (MCLP; Church and ReVelle 1974), with its bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.cover import exchange, greedy_cover
from planner.siting.instance import reduced
from planner.siting.mip import Mip
from planner.siting.relaxation import Relaxation
from planner.siting.solution import TOLERANCE, Proof, Solution, no_solution, solution
from planner.siting.work import Work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.instance import CoverInstance

# Steps of the subgradient search between two attempts to choose from its prices.
STEPS, ROUNDS = 40, 12
# So many moves of exchange in one go.
MOVES = 100_000


def most_people(instance: CoverInstance, budget: float, work: Work | None = None) -> Solution:
    """Return the sites within a budget that cover most people, and a bound on any choice.

    Parameters
    ----------
    instance
        Places, sites and costs.
    budget
        What all chosen sites may cost, the forced ones included; a number of units where each costs 1.
    work
        Its seed, its time and who may stop it; a minute when None.

    Returns
    -------
    solution
        Its objective is people; infeasible where the forced sites alone cost more.

    Examples
    --------
    Site 0 covers two places, sites 1 and 2 one each:

    >>> from planner.siting.instance import cover_instance
    >>> four = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> best = most_people(four, 2)
    >>> best.chosen.tolist(), best.objective, best.bound, str(best.proof)
    ([0, 2], 45.0, 45.0, 'optimal')
    """
    work = Work() if work is None else work
    small = reduced(instance)
    room = budget - small.cost_forced
    held = np.flatnonzero(instance.forced)
    if room < -TOLERANCE * max(budget, 1.0):
        return no_solution(seed=work.seed, seconds=work.seconds)
    chosen, bound = _solve(small.instance, room, work)
    sites = np.concatenate([held, small.site[chosen]])
    people = instance.people_reached(sites)
    return solution(
        sites, people, max(bound + small.people_forced, people), seed=work.seed, seconds=work.seconds
    )


def _solve(instance: CoverInstance, budget: float, work: Work) -> tuple[NDArray[np.int64], float]:
    """Return the best sites found of an instance without forced ones, and the bound."""
    best = heuristic(instance, budget)
    people = instance.people_reached(best)
    search = Relaxation(instance, budget)
    for _ in range(ROUNDS):
        search.run(
            people, steps=STEPS, may_go_on=work.may_go_on, until=lambda: work.left_s <= work.time_limit_s / 2
        )
        # What is worth most by the prices is a choice of its own to improve.
        other = heuristic(instance, budget, start=search.sites)
        more = instance.people_reached(other)
        if more > people:
            best, people = other, more
        if search.best.bound - people <= TOLERANCE * people:
            return best, people
    return _exact(instance, budget, best, search, work)


def fewest_units(instance: CoverInstance, people: float, work: Work | None = None) -> Solution:
    """Return the cheapest sites that cover so many people: of cost 1 each, the fewest (LSCP where it is all).

    Parameters
    ----------
    instance
        Places, sites and costs.
    people
        How many are to be covered.
    work
        As :func:`most_people` takes it.

    Returns
    -------
    solution
        Its objective is cost, its bound a cost that every such choice has at least; infeasible where all
        sites together cover fewer people.

    Examples
    --------
    >>> from planner.siting.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> fewest_units(three, 30.0).chosen.tolist(), fewest_units(three, 45.0).objective
    ([0], 2.0)
    """
    work = Work() if work is None else work
    small = reduced(instance)
    wanted = (people - small.people_forced) * (1 - TOLERANCE)
    held = np.flatnonzero(instance.forced)
    start = _enough(small.instance, wanted)
    if start is None and not len(small.instance.conflicts.item):
        return no_solution(seed=work.seed, seconds=work.seconds)
    model = _Model(
        small.instance, None, *np.zeros((2, small.instance.sites), dtype=np.bool_), at_least=wanted
    )
    answer = model.mip.solve(
        start=None if start is None else model.of(start),
        time_limit_s=work.left_s, seed=work.seed, may_go_on=work.may_go_on,
    )  # fmt: skip
    if answer.proof is Proof.INFEASIBLE or (start is None and not len(answer.value)):
        return no_solution(seed=work.seed, seconds=work.seconds)
    cost, best = small.instance.cost, start
    if len(answer.value):
        found = model.sites(answer.value)
        # HiGHS may miss the share by its tolerance; then its choice is none.
        enough = small.instance.people_reached(found) >= wanted
        if enough and (best is None or cost[found].sum() < cost[best].sum()):
            best = found
    if best is None:
        return no_solution(seed=work.seed, seconds=work.seconds)
    total = float(cost[best].sum())
    bound = min(total, max(answer.bound, 0.0))
    if (instance.cost == 1.0).all():
        # Units are whole.
        bound = float(np.ceil(bound - 1e-6))
    sites = np.concatenate([held, small.site[best]])
    return solution(
        sites, total + small.cost_forced, bound + small.cost_forced, seed=work.seed, seconds=work.seconds
    )


def _enough(instance: CoverInstance, people: float) -> NDArray[np.int64] | None:
    """Return sites that cover so many people, added greedily, without those that turn out to be needless."""
    chosen = np.zeros(instance.sites, dtype=np.bool_)
    order, gain = greedy_cover(instance.cover, np.inf, chosen, ~instance.forbidden)
    total = np.concatenate([[0.0], np.cumsum(gain)])
    if total[-1] < people:
        return None
    sites = order[: int(np.searchsorted(total, people))].astype(np.int64)
    for j in np.sort(sites)[np.argsort(-instance.cost[np.sort(sites)], kind="stable")]:
        rest = sites[sites != j]
        if instance.people_reached(rest) >= people:
            sites = rest
    return np.sort(sites)


def heuristic(
    instance: CoverInstance, budget: float, *, start: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Return sites chosen greedily and then exchanged while that gains people; int64, rising.

    Parameters
    ----------
    instance
        Without forced sites.
    budget
        What they may cost.
    start
        Sites to begin with, within the budget and in conflict with none of each other or not; those in
        conflict with an earlier one are left out.

    Examples
    --------
    >>> from planner.siting.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> heuristic(three, 1).tolist()
    [0]
    """
    chosen = np.zeros(instance.sites, dtype=np.bool_)
    if start is not None:
        chosen[_without_conflicts(instance, start)] = True
    open_, held = ~instance.forbidden, np.zeros(instance.sites, dtype=np.bool_)
    budget = budget * (1 + 1e-12)
    greedy_cover(instance.cover, budget, chosen, open_)
    least = TOLERANCE * float(instance.people.sum())
    exchange(instance.cover, budget, chosen, open_, held, least, MOVES)
    return np.flatnonzero(chosen)


def _without_conflicts(instance: CoverInstance, sites: NDArray[np.int64]) -> NDArray[np.int64]:
    conflicts = instance.conflicts
    if not len(conflicts.item):
        return sites
    taken: set[int] = set()
    for j in sites.tolist():
        if taken.isdisjoint(conflicts.item[conflicts.first[j] : conflicts.first[j + 1]].tolist()):
            taken.add(j)
    return np.array(sorted(taken), dtype=np.int64)


def _exact(
    instance: CoverInstance, budget: float, best: NDArray[np.int64], search: Relaxation, work: Work
) -> tuple[NDArray[np.int64], float]:
    """Return the best choice and the bound, by HiGHS over the sites that the prices leave open."""
    people = instance.people_reached(best)
    always, never = search.decided(people * (1 - TOLERANCE))
    model = _Model(instance, budget, always, never)
    start = model.of(best) if model.allows(best) else None
    answer = model.mip.solve(
        start=start, time_limit_s=work.left_s, seed=work.seed, may_go_on=work.may_go_on
    )  # fmt: skip
    if len(answer.value):
        found = model.sites(answer.value)
        more = instance.people_reached(found)
        if more > people:
            best, people = found, more
    if answer.proof is not Proof.FEASIBLE:
        # Nothing better is left where the prices decided, nor where HiGHS looked.
        return best, people
    return best, max(people, min(search.best.bound, model.people(answer.bound)))


class _Model:
    """The covering problem of the sites that are not decided, for HiGHS.

    The most people of covered places, or the least cost for ``at_least`` so many; a place is covered by a
    site that is chosen; costs within the budget; of sites in conflict one.
    """

    def __init__(
        self,
        instance: CoverInstance,
        budget: float | None,
        always: NDArray[np.bool_],
        never: NDArray[np.bool_],
        *,
        at_least: float | None = None,
    ) -> None:
        self._always = np.flatnonzero(always)
        barred = never.copy()
        for j in self._always:
            barred[instance.conflicts.item[instance.conflicts.first[j] : instance.conflicts.first[j + 1]]] = (
                True
            )
        self._open = np.flatnonzero(~always & ~barred)
        done = instance.reached(self._always)
        self._base = float(instance.people[done].sum())
        places = np.flatnonzero(~done & instance.reached(self._open))
        people = instance.people[places]
        # In units of the mean, so that HiGHS's tolerances mean the same whatever people are counted in.
        self._unit = float(people.mean()) if len(people) else 1.0
        cost = instance.cost[self._open]
        self.mip = mip = Mip(maximise=at_least is None)
        self._x = mip.add_columns(np.zeros(len(cost)) if at_least is None else cost, integer=True)
        self._z = mip.add_columns(people / self._unit if at_least is None else np.zeros(len(people)))
        self._instance, self._places = instance, places
        number = np.full(instance.sites, -1, dtype=np.int64)
        number[self._open] = np.arange(len(self._open))
        self._cover_rows(number)
        if budget is not None:
            room = (budget - float(instance.cost[self._always].sum())) * (1 + 1e-12)
            mip.add_rows(np.array([0, len(cost)]), self._x, cost, upper=room)
        if at_least is not None:
            share = people / self._unit
            mip.add_rows(
                np.array([0, len(share)]), self._z, share, lower=(at_least - self._base) / self._unit
            )
        self._conflict_rows(number)

    def _cover_rows(self, number: NDArray[np.int64]) -> None:
        """Let a place count at most as often as it is covered."""
        by_place = self._instance.by_place
        first, size = by_place.first[self._places], np.diff(by_place.first)[self._places]
        of = np.repeat(np.arange(len(self._places)), size)
        step = np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size)
        site = number[by_place.item[first[of] + step]]
        of, site = of[site >= 0], site[site >= 0]
        row = np.concatenate([np.arange(len(self._places)), of])
        column = np.concatenate([self._z, self._x[site]])
        value = np.concatenate([np.ones(len(self._places)), -np.ones(len(of))])
        order = np.argsort(row, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(self._places)))])
        self.mip.add_rows(starts, column[order], value[order], upper=0.0)

    def _conflict_rows(self, number: NDArray[np.int64]) -> None:
        conflicts = self._instance.conflicts
        one = np.repeat(np.arange(self._instance.sites), np.diff(conflicts.first))
        a, b = number[one], number[conflicts.item]
        keep = (a >= 0) & (b >= 0) & (a < b)
        pairs = np.column_stack([self._x[a[keep]], self._x[b[keep]]]).ravel()
        self.mip.add_rows(np.arange(0, len(pairs) + 1, 2), pairs, np.ones(len(pairs)), upper=1.0)

    def allows(self, sites: NDArray[np.int64]) -> bool:
        """Return whether a choice holds what is decided."""
        return bool(np.isin(self._always, sites).all() and np.isin(sites, [*self._always, *self._open]).all())

    def of(self, sites: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a choice as HiGHS's columns."""
        reached = self._instance.reached(sites)[self._places]
        return np.concatenate([np.isin(self._open, sites), reached]).astype(np.float64)

    def sites(self, value: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the choice of HiGHS's columns."""
        return np.sort(np.concatenate([self._always, self._open[value[: len(self._open)] > 0.5]]))

    def people(self, bound: float) -> float:
        """Return an objective of HiGHS in people."""
        return self._base + bound * self._unit if np.isfinite(bound) else np.inf
