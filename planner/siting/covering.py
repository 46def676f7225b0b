"""The most people for so many units or so much money (MCLP; Church and ReVelle 1974), with its bound."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.cover import exchange, greedy_cover
from planner.siting.instance import reduced
from planner.siting.mip import Mip
from planner.siting.relaxation import Relaxation
from planner.siting.solution import TOLERANCE, Proof, Solution, no_solution, solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.instance import CoverInstance

# Steps of the subgradient search between two attempts to choose from its prices.
STEPS, ROUNDS = 40, 12
# So many moves of exchange in one go.
MOVES = 100_000


def _go_on() -> None:
    """Go on."""


@dataclass
class Work:
    """How long a solver may take, by which seed, and who may stop it.

    Attributes
    ----------
    time_limit_s
        Then the best so far is the answer, with its bound.
    seed
        One seed, one answer.
    may_go_on
        Called before every longer step; what it raises ends the work.
    """

    time_limit_s: float = 60.0
    seed: int = 0
    may_go_on: Callable[[], None] = _go_on
    started: float = 0.0

    def __post_init__(self) -> None:
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """The seconds that it has taken."""
        return time.perf_counter() - self.started

    @property
    def left_s(self) -> float:
        """The seconds that are left."""
        return max(self.time_limit_s - self.seconds, 0.0)


def most_people(
    instance: CoverInstance, budget: float, *, seed: int = 0, time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] = _go_on,
) -> Solution:  # fmt: skip
    """Return the sites within a budget that cover most people, and a bound on any choice.

    Parameters
    ----------
    instance
        Places, sites and costs.
    budget
        What all chosen sites may cost, the forced ones included; a number of units where each costs 1.
    seed
        One seed, one answer.
    time_limit_s
        Then the best so far is returned.
    may_go_on
        Called before every longer step; what it raises ends the work.

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
    work = Work(time_limit_s, seed, may_go_on)
    small = reduced(instance)
    room = budget - small.cost_forced
    held = np.flatnonzero(instance.forced)
    if room < -TOLERANCE * max(budget, 1.0):
        return no_solution(seed=seed, seconds=work.seconds)
    chosen, bound = _solve(small.instance, room, work)
    sites = np.concatenate([held, small.site[chosen]])
    people = instance.people_reached(sites)
    return solution(sites, people, max(bound + small.people_forced, people), seed=seed, seconds=work.seconds)


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

    Maximise the people of covered places; a place is covered by a site that is chosen; costs within the
    budget; of sites in conflict one.
    """

    def __init__(
        self, instance: CoverInstance, budget: float, always: NDArray[np.bool_], never: NDArray[np.bool_]
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
        self.mip = mip = Mip(maximise=True)
        self._x = mip.add_columns(np.zeros(len(self._open)), integer=True)
        self._z = mip.add_columns(people / self._unit)
        self._instance, self._places = instance, places
        number = np.full(instance.sites, -1, dtype=np.int64)
        number[self._open] = np.arange(len(self._open))
        self._cover_rows(number)
        cost = instance.cost[self._open]
        room = budget - float(instance.cost[self._always].sum())
        mip.add_rows(np.array([0, len(cost)]), self._x, cost, upper=np.array([room * (1 + 1e-12)]))
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
