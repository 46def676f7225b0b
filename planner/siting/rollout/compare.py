"""The price of order: a rollout beside the greedy order and beside the best plan for each year alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.siting.clock import Clock
from planner.siting.cover.covering import most_people
from planner.siting.rollout.cuts import YearCuts
from planner.siting.rollout.instance import reduced_rollout
from planner.siting.rollout.search import RolloutSearch
from planner.siting.rollout.solve import RolloutSolution, most_person_years
from planner.siting.solution import Proof, solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.rollout.instance import ReducedRollout, RolloutInstance
    from planner.siting.solution import Solution

# The share of the time for all years alone; the rest is the rollout's.
ALONE = 0.4
# What needs a moment gets it, though the time is up.
LEAST_S = 2.0


@dataclass(frozen=True)
class Compared:
    """A rollout and what stands beside it.

    Attributes
    ----------
    best
        The rollout.
    greedy
        int64 ``(sites,)``: the years of the greedy order; None where it finds no place for what is forced.
    alone
        For each year int64 ``(sites,)``, the rollout that reaches most people in this year, whatever the
        others.
    alone_bound
        float64 ``(years,)``: no rollout reaches more in this year.
    """

    best: RolloutSolution
    greedy: NDArray[np.int64] | None
    alone: tuple[NDArray[np.int64], ...]
    alone_bound: NDArray[np.float64]


def compared_rollout(
    instance: RolloutInstance,
    *,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Compared:
    """Return the best rollout, the greedy order, and each year's independent optimum.

    Parameters
    ----------
    instance, seed, time_limit_s, may_go_on
        As :func:`planner.siting.rollout.solve.most_person_years` takes them.

    Examples
    --------
    Site 2 alone reaches most in the first year, sites 0 and 1 together in the second:

    >>> from planner.siting.cover.instance import cover_instance
    >>> from planner.siting.rollout.instance import rollout_instance
    >>> cover = cover_instance([5.0, 5.0, 6.0, 6.0], place=[0, 2, 1, 3, 2, 3], site=[0, 0, 1, 1, 2, 2])
    >>> all_three = compared_rollout(rollout_instance(cover, [1.0, 1.0], weight=[1.0, 3.0]))
    >>> all_three.best.decided.tolist(), all_three.greedy.tolist(), all_three.alone_bound.tolist()
    ([0, 1, -1], [1, -1, 0], [12.0, 22.0])
    """
    clock = Clock(time_limit_s, may_go_on)
    # Once for all that follows.
    small = reduced_rollout(instance)
    found = _compared(small.instance, clock, seed)
    whole = [small.whole(d, instance.cover.sites) for d in found.alone]
    greedy = None if found.greedy is None else small.whole(found.greedy, instance.cover.sites)
    return Compared(_of_whole(found.best, small, instance, clock), greedy, tuple(whole), found.alone_bound)


def _of_whole(
    best: RolloutSolution, small: ReducedRollout, instance: RolloutInstance, clock: Clock
) -> RolloutSolution:
    """Return a solution of what is left as one of the whole."""
    decided = small.whole(best.decided, instance.cover.sites)
    chosen = np.flatnonzero(decided >= 0)
    one = replace(best.solution, chosen=chosen, seconds=clock.seconds())
    return RolloutSolution(decided, instance.since(decided), one)


def _compared(instance: RolloutInstance, clock: Clock, seed: int) -> Compared:
    """Return the same for what is left of an instance."""
    greedy = greedy_order(instance, clock)
    first = greedy if greedy is not None else _any_rollout(instance, seed, clock)
    if first is None:
        any_ = most_person_years(instance, seed=seed, time_limit_s=clock.limit_s, may_go_on=clock.may_go_on)
        if any_.solution.proof is Proof.INFEASIBLE:
            return Compared(any_, None, (), np.empty(0))
        first = any_.decided
    known = [first]
    each = ALONE * clock.limit_s / instance.years
    alone, bounds = [], []
    for year in range(instance.years):
        limit = Clock(each, clock.may_go_on)
        found, bound = best_alone(instance, year, known=known, seed=seed, limit=limit)
        alone.append(found)
        bounds.append(bound)
    known += alone
    best = most_person_years(
        instance, known=known, seed=seed, time_limit_s=max(clock.left_s(), LEAST_S), may_go_on=clock.may_go_on
    )
    people = instance.people_by_year(best.decided)
    for year, one in enumerate(alone):
        if people[year] > instance.people_by_year(one)[year]:
            alone[year] = best.decided
    most = np.maximum(bounds, people)
    return Compared(_bounded(best, float(instance.weight @ most)), greedy, tuple(alone), most)


def _bounded(best: RolloutSolution, bound: float) -> RolloutSolution:
    """Return the solution under another bound too: the years alone, added up."""
    one = best.solution
    if bound >= one.bound:
        return best
    proven = solution(
        one.chosen, one.objective, max(bound, one.objective), seed=one.seed, seconds=one.seconds
    )
    return replace(best, solution=proven)


def greedy_order(instance: RolloutInstance, clock: Clock) -> NDArray[np.int64] | None:
    """Return the years of sites where each year spends what it has as if it were the last.

    What is forced comes first, as early as it fits; then those sites that add most people to what is decided
    already, exchanged among each other while that gains. None where something forced finds no year.

    Parameters
    ----------
    instance
        Sites over some years.
    clock
        How long it may take.

    Returns
    -------
    decided
        int64 ``(sites,)``: the year of the decision, -1 for none.

    Examples
    --------
    >>> from planner.siting.rollout.instance import one_cover, rollout_instance
    >>> greedy_order(rollout_instance(one_cover(), [1.0, 1.0]), Clock(60.0)).tolist()
    [1, 0]
    """
    small = reduced_rollout(instance)
    one = small.instance
    decided = np.full(one.cover.sites, -1, dtype=np.int64)
    for year in range(one.years):
        now = _one_year(one, decided, year)
        waiting = np.flatnonzero(one.cover.forced & (decided < 0))
        first = RolloutSearch(now).one_by_one(waiting, np.zeros(len(waiting), np.int64))
        held = replace(now, cover=replace(now.cover, forced=first == 0))
        decided[RolloutSearch(held).improved(first, clock) == 0] = year
    whole = small.whole(decided, instance.cover.sites)
    return whole if instance.allows(whole) else None


def _any_rollout(instance: RolloutInstance, seed: int, clock: Clock) -> NDArray[np.int64] | None:
    """Return a rollout that keeps all rules; None where there is none, or none is found in time."""
    small = reduced_rollout(instance)
    found = YearCuts(small.instance, np.full(len(small.site), -1)).any_allowed(clock, seed)
    return None if found is None else small.whole(found, instance.cover.sites)


def _one_year(instance: RolloutInstance, decided: NDArray[np.int64], year: int) -> RolloutInstance:
    """Return what a year decides beside what is decided already, as if it were the last."""
    one, chosen = instance.cover, np.flatnonzero(decided >= 0)
    barred = decided >= 0
    for j in chosen.tolist():
        barred[one.conflicts.item[one.conflicts.first[j] : one.conflicts.first[j + 1]]] = True
    never = (instance.works[:, year] >= instance.years) | barred
    people = np.where(one.reached(chosen), 0.0, instance.people[year])
    used = instance.use[chosen, decided[chosen]].sum(axis=0)
    return replace(
        instance, cover=replace(one, forced=np.zeros(one.sites, np.bool_)), budget=instance.budget[[year]],
        people=people[None], weight=np.ones(1), works=never[:, None].astype(np.int32),
        use=instance.use[:, [year]], limit=instance.limit - used,
    )  # fmt: skip


def best_alone(
    instance: RolloutInstance, year: int, *, known: list[NDArray[np.int64]], seed: int, limit: Clock
) -> tuple[NDArray[np.int64], float]:
    """Return the rollout that reaches most people in one year, and what no other reaches.

    Parameters
    ----------
    instance
        Sites over some years.
    year
        From 0.
    known
        Rollouts that are known, int64 ``(sites,)`` each: the answer is no worse.
    seed
        One seed, one answer.
    limit
        How long it may take.

    Returns
    -------
    decided, bound
        int64 ``(sites,)``, the year of the decision, -1 for none; and people.

    Examples
    --------
    >>> from planner.siting.rollout.instance import one_cover, rollout_instance
    >>> two = rollout_instance(one_cover(), [1.0, 1.0], lead_years=[0.0, 1.0])
    >>> decided, bound = best_alone(two, 0, known=[], seed=0, limit=Clock(60.0))
    >>> decided.tolist()[0], bound
    (0, 10.0)
    """
    # Decisions that work later count for nothing then.
    alone = replace(instance, weight=(np.arange(instance.years) == year).astype(np.float64))
    pooled = _pooled(instance, year, seed, limit)
    in_order = _in_order(instance, pooled.chosen, year, seed, limit)
    if in_order is not None:
        found = max([in_order, *known], key=alone.value)
        return found, max(pooled.bound, alone.value(found))
    rest = most_person_years(
        alone, known=known, seed=seed, time_limit_s=max(limit.left_s(), LEAST_S), may_go_on=limit.may_go_on
    )
    return rest.decided, min(rest.solution.bound, pooled.bound)


def _pooled(instance: RolloutInstance, year: int, seed: int, limit: Clock) -> Solution:
    """Return the most people of a year for all money that could be spent by then, staff and order apart."""
    in_time = instance.works <= year
    last = np.flatnonzero(in_time.any(axis=0))
    budget = float(instance.budget[: last[-1] + 1].sum()) if len(last) else 0.0
    cover = replace(
        instance.cover, people=instance.people[year], forced=np.zeros(instance.cover.sites, np.bool_),
        forbidden=instance.cover.forbidden | ~in_time.any(axis=1),
    )  # fmt: skip
    return most_people(cover, budget, seed=seed, time_limit_s=limit.limit_s, may_go_on=limit.may_go_on)


def _in_order(
    instance: RolloutInstance, sites: NDArray[np.int64], year: int, seed: int, limit: Clock
) -> NDArray[np.int64] | None:
    """Return a rollout that keeps all rules in which some sites work by a year; None where there is none."""
    wanted = instance.cover.forced.copy()
    wanted[sites] = True
    works = instance.works.copy()
    late = np.zeros_like(wanted)
    late[sites] = True
    works[late[:, None] & (works > year)] = instance.years
    works[~wanted] = instance.years
    asked = replace(instance, works=works, cover=replace(instance.cover, forced=wanted))
    return _any_rollout(asked, seed, Clock(max(limit.left_s(), LEAST_S), limit.may_go_on))
