"""The most people for so many units or so much money, of all choices that keep some floors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.siting.clock import Clock
from planner.siting.cover.covering import most_people
from planner.siting.cover.floors import Floored
from planner.siting.cover.greedy import heuristic
from planner.siting.cover.model import CoverModel
from planner.siting.solution import Proof, Solution, no_solution, solution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planner.siting.cover.floors import FloorRow
    from planner.siting.cover.instance import CoverInstance

# The share of the time in which the plan without floors is looked for: its bound is one here.
UNBOUND_SHARE = 0.3
# So often the people of floors that do not hold weigh more, and by so much.
WEIGHINGS, HEAVIER = 12, 3.0


def most_people_with_floors(
    instance: CoverInstance,
    budget: float,
    floors: Sequence[FloorRow],
    *,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites within a budget that cover most people of all choices that keep the floors.

    Without the floors no fewer people are covered: where that plan keeps them it is the answer, and else its
    bound holds here too. HiGHS looks for the rest.

    Parameters
    ----------
    instance, budget, seed, time_limit_s, may_go_on
        As :func:`planner.siting.cover.covering.most_people` takes them.
    floors
        What is kept.

    Returns
    -------
    solution
        Its objective is people. ``infeasible`` where no choice within the budget keeps the floors;
        ``feasible`` with an objective of NaN where the time was up before one was found.

    Examples
    --------
    >>> from planner.siting.cover.floors import FloorRow
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 2], site=[0, 1, 2])
    >>> north = FloorRow("north", np.array([1.0, 0.0, 0.0]), 1.0)
    >>> best = most_people_with_floors(three, 2, [north])
    >>> best.chosen.tolist(), best.objective, str(best.proof)
    ([0, 1], 30.0, 'optimal')
    """
    clock = Clock(time_limit_s, may_go_on)
    free = most_people(
        instance, budget, seed=seed, time_limit_s=UNBOUND_SHARE * time_limit_s, may_go_on=may_go_on
    )
    if free.proof is Proof.INFEASIBLE or all(f.holds(instance.reached(free.chosen)) for f in floors):
        return free.within(clock.seconds())
    small = Floored(instance, floors)
    if small.is_hopeless:
        return no_solution(seed=seed, seconds=clock.seconds())
    room = budget - small.cost_forced
    best = _keeping(small, room)
    model = CoverModel(small.instance, room)
    for people, amount in zip(small.floor_people, small.amounts, strict=True):
        model.require(people, amount)
    answer = model.mip.solve(
        start=None if best is None else model.of(best),
        time_limit_s=clock.left_s(), seed=seed, may_go_on=may_go_on,
    )  # fmt: skip
    if answer.proof is Proof.INFEASIBLE and best is None:
        return no_solution(seed=seed, seconds=clock.seconds())
    if len(answer.value):
        found = model.sites(answer.value)
        if best is None or small.instance.people_reached(found) > small.instance.people_reached(best):
            best = found
    bound = min(free.bound, model.people(answer.bound) + small.people_forced)
    if best is None:
        return solution(np.empty(0, np.int64), np.nan, bound, seed=seed, seconds=clock.seconds())
    sites = small.sites(best)
    people = instance.people_reached(sites)
    if answer.proof is Proof.OPTIMAL:
        bound = people
    return solution(sites, people, max(bound, people), seed=seed, seconds=clock.seconds())


def _keeping(small: Floored, budget: float) -> NDArray[np.int64] | None:
    """Return a good choice that keeps the floors, None where none was found."""
    start = small.enough(budget)
    best = start
    instance, scale = small.instance, np.maximum(small.amounts, 1e-300)
    weigh = float(instance.people.sum()) / len(scale) / scale
    for _ in range(WEIGHINGS):
        one = replace(instance, people=instance.people + weigh @ small.floor_people)
        for begin in (start, None):
            found = heuristic(one, budget, start=begin)
            better = best is None or instance.people_reached(found) > instance.people_reached(best)
            if better and small.holds(found):
                best = found
        weigh = np.where(small.lack(found) > 0, weigh * HEAVIER, weigh / HEAVIER)
    return best
