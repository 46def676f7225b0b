"""The plans that uncertainty asks for: the best on average, and the one whose worst draw is best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.clock import Clock
from planner.siting.cover.covering import most_people
from planner.siting.robust.search import BestChoice, RobustSearch
from planner.siting.solution import TOLERANCE, Proof, Solution, no_solution, payable, solution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planner.siting.robust.instance import DrawInstance


def best_alone(
    instance: DrawInstance,
    budget: float,
    draw: int,
    *,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites that reach most people in one draw, with what exists.

    Parameters
    ----------
    instance
        Places, sites and draws.
    budget
        What all chosen sites may cost, the forced ones included.
    draw
        Its number.
    seed, time_limit_s, may_go_on
        As of :func:`planner.siting.cover.covering.most_people`.

    Returns
    -------
    solution
        Its objective is people of that draw, those whom what exists reaches included.

    Examples
    --------
    >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
    >>> pairs = np.array([0, 1, 2]), np.array([0, 1], np.int32), np.array([90.0, 20.0])
    >>> times = SeasonTimes(*pairs, existing_s=np.full(2, np.inf))
    >>> two = draw_instance(np.array([[10.0, 3.0]] * 2), np.array([60.0, 120.0]), np.zeros(2, int), [times])
    >>> [best_alone(two, 1, d).chosen.tolist() for d in (0, 1)]
    [[1], [0]]
    """
    one = instance.in_draw(draw)
    found = most_people(one, budget, seed=seed, time_limit_s=time_limit_s, may_go_on=may_go_on)
    if found.proof is Proof.INFEASIBLE:
        return found
    people = float(instance.people_reached(found.chosen)[draw])
    more = max(found.bound - found.objective, 0.0)
    return solution(found.chosen, people, people + more, seed=seed, seconds=found.seconds)


def best_expected(
    instance: DrawInstance,
    budget: float,
    weight: NDArray[np.float64],
    *,
    starts: Sequence[NDArray[np.integer]] = (),
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites that reach most people on the weighted mean of the draws.

    Parameters
    ----------
    instance
        Places, sites and draws.
    budget
        What all chosen sites may cost, the forced ones included.
    weight
        float64 ``(draws,)``, 0 or more: the objective is ``weight @ instance.people_reached(chosen)``.
    starts
        int ``(chosen,)`` each: choices within the budget that are known.
    seed, time_limit_s, may_go_on
        As of :func:`planner.siting.cover.covering.most_people`.

    Returns
    -------
    solution
        Objective and bound in people; infeasible where the forced sites alone cost more.

    Examples
    --------
    >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
    >>> pairs = np.array([0, 1, 2]), np.array([0, 1], np.int32), np.array([90.0, 20.0])
    >>> times = SeasonTimes(*pairs, existing_s=np.full(2, np.inf))
    >>> two = draw_instance(np.array([[10.0, 6.0]] * 2), np.array([60.0, 120.0]), np.zeros(2, int), [times])
    >>> best = best_expected(two, 1, np.array([0.5, 0.5]))
    >>> best.chosen.tolist(), best.objective, round(best.bound, 6)
    ([1], 6.0, 6.0)
    """
    clock = Clock(time_limit_s, may_go_on)
    if _too_dear(instance, budget):
        return no_solution(seed=seed, seconds=clock.seconds())
    search = RobustSearch(instance, np.asarray(weight, dtype=np.float64)[None], budget, clock, seed)
    search.look([np.empty(0, np.int64), *starts])
    search.prove()
    best = search.best
    people = float(weight @ instance.people_reached(best.chosen))
    return solution(best.chosen, people, max(best.bound, people), seed=seed, seconds=clock.seconds())


def best_worst_case(
    instance: DrawInstance,
    budget: float,
    draws: NDArray[np.integer],
    *,
    starts: Sequence[NDArray[np.integer]] = (),
    bound: float = np.inf,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites that reach most people in the draw in which they reach fewest.

    Parameters
    ----------
    instance
        Places, sites and draws.
    budget
        What all chosen sites may cost, the forced ones included.
    draws
        int ``(draws that count,)``, their numbers.
    starts
        int ``(chosen,)`` each: choices within the budget that are known.
    bound
        What is known already: in some draw no choice reaches more.
    seed, time_limit_s, may_go_on
        As of :func:`planner.siting.cover.covering.most_people`.

    Returns
    -------
    solution
        Objective and bound in people; infeasible where the forced sites alone cost more.

    Notes
    -----
    The draws that bind are few: the problem is solved for some, and a draw that is worse than these under the
    plan found comes in, until there is none. A bound for some draws is one for all.

    Examples
    --------
    >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
    >>> pairs = np.array([0, 1, 2]), np.array([0, 1], np.int32), np.array([90.0, 20.0])
    >>> times = SeasonTimes(*pairs, existing_s=np.full(2, np.inf))
    >>> two = draw_instance(np.array([[10.0, 3.0]] * 2), np.array([60.0, 120.0]), np.zeros(2, int), [times])
    >>> best = best_worst_case(two, 1, np.arange(2))
    >>> best.chosen.tolist(), best.objective, str(best.proof)
    ([1], 3.0, 'optimal')
    """
    clock, of = Clock(time_limit_s, may_go_on), np.asarray(draws, dtype=np.int64)
    if _too_dear(instance, budget):
        return no_solution(seed=seed, seconds=clock.seconds())
    best = BestChoice(np.flatnonzero(instance.forced), -np.inf, bound)
    known = [best.chosen, *(np.asarray(s, dtype=np.int64) for s in starts)]
    for sites in known:
        _better(instance, of, sites, best)
    active = [_draw_of_least(instance, of, best.chosen)]
    proving = False
    while not _is_proven(best):
        search = RobustSearch(instance, _one_each(instance, active), budget, clock, seed)
        search.look([np.empty(0, np.int64), best.chosen])
        if proving:
            search.prove()
            best.bound = max(best.people, min(best.bound, search.best.bound))
        found = search.best.chosen
        _better(instance, of, found, best)
        at = _draw_of_least(instance, of, found)
        if at not in active:
            active.append(at)
        elif proving or clock.is_over():
            break
        else:
            proving = True
        if clock.is_over():
            break
    return solution(best.chosen, best.people, best.bound, seed=seed, seconds=clock.seconds())


def improved(
    instance: DrawInstance, alone: Sequence[Solution], others: Sequence[Solution]
) -> tuple[Solution, ...]:
    """Return for each draw its own plan, or the one of another draw that reaches more people in it.

    Where time was up, the best plan that is known for a draw may have been found for another.

    Parameters
    ----------
    instance
        Its draws 1, 2, … are those of ``alone``.
    alone
        As from :func:`best_alone`.
    others
        Further plans within the budget.
    """
    plans = [*alone, *others]
    people = np.array([instance.people_reached(one.chosen) for one in plans])[:, 1:]
    best = []
    for d, own in enumerate(alone):
        top = int(np.argmax(people[:, d]))
        if people[top, d] > own.objective * (1 + TOLERANCE):
            most = float(people[top, d])
            best.append(
                solution(plans[top].chosen, most, max(own.bound, most), seed=own.seed, seconds=own.seconds)
            )
        else:
            best.append(own)
    return tuple(best)


def _is_proven(best: BestChoice) -> bool:
    return best.bound - best.people <= TOLERANCE * best.people


def _one_each(instance: DrawInstance, active: list[int]) -> NDArray[np.float64]:
    """Return a criterion for each of some draws."""
    weight = np.zeros((len(active), instance.draws))
    weight[np.arange(len(active)), active] = 1.0
    return weight


def _better(
    instance: DrawInstance, draws: NDArray[np.int64], sites: NDArray[np.int64], best: BestChoice
) -> None:
    """Keep a choice whose worst draw is better."""
    people = float(instance.people_reached(sites)[draws].min())
    if people > best.people:
        best.chosen, best.people, best.bound = np.sort(sites), people, max(best.bound, people)


def _draw_of_least(instance: DrawInstance, draws: NDArray[np.int64], sites: NDArray[np.int64]) -> int:
    return int(draws[np.argmin(instance.people_reached(sites)[draws])])


def _too_dear(instance: DrawInstance, budget: float) -> bool:
    return float(instance.cost[instance.forced].sum()) > payable(budget)
