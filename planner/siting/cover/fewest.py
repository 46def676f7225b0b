"""The fewest units, or the least money, that reach a share of people (LSCP; Toregas and others 1971)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.clock import Clock
from planner.siting.cover.floors import Floored, FloorRow
from planner.siting.cover.model import CoverModel
from planner.siting.solution import Proof, Solution, no_solution, solution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planner.siting.cover.instance import CoverInstance


def fewest_units(
    instance: CoverInstance,
    people: float,
    *,
    floors: Sequence[FloorRow] = (),
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the cheapest sites that cover so many people: of cost 1 each, the fewest (LSCP where it is all).

    Parameters
    ----------
    instance
        Places, sites and costs.
    people
        How many are to be covered.
    floors
        Shares of some people that are to be covered too.
    seed, time_limit_s, may_go_on
        As :func:`planner.siting.cover.covering.most_people` takes them.

    Returns
    -------
    solution
        Its objective is cost, its bound a cost that every such choice has at least; infeasible where all
        sites together cover fewer.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> fewest_units(three, 30.0).chosen.tolist(), fewest_units(three, 45.0).objective
    ([0], 2.0)
    """
    clock = Clock(time_limit_s, may_go_on)
    wanted = [FloorRow("all", instance.people, people), *floors]
    small = Floored(instance, wanted)
    if small.is_hopeless:
        return no_solution(seed=seed, seconds=clock.seconds())
    start = small.enough(np.inf)
    best, answer = _cheapest(small, None if start is None else small.spare(start), clock, seed)
    if best is None and np.isposinf(answer):
        return no_solution(seed=seed, seconds=clock.seconds())
    if best is None:
        # The time was up before a choice was found, and none was ruled out.
        return solution(np.empty(0, np.int64), np.nan, max(answer, 0.0), seed=seed, seconds=clock.seconds())
    total = float(small.instance.cost[best].sum())
    # A bound that HiGHS could not give is none: no cost is below 0.
    bound = min(total, answer) if answer > 0.0 else 0.0
    if (instance.cost == 1.0).all():
        # Units are whole.
        bound = float(np.ceil(bound - 1e-6))
    return solution(
        small.sites(best), total + small.cost_forced, bound + small.cost_forced,
        seed=seed, seconds=clock.seconds(),
    )  # fmt: skip


def _cheapest(
    small: Floored, start: NDArray[np.int64] | None, clock: Clock, seed: int
) -> tuple[NDArray[np.int64] | None, float]:
    """Return the cheapest sites that keep all floors, by HiGHS, and a bound on their cost."""
    instance, best = small.instance, start
    model = CoverModel(instance, cheapest=True)
    for mine, amount in zip(small.floor_people, small.amounts, strict=True):
        model.require(mine, amount)
    while True:
        answer = model.mip.solve(
            start=None if best is None else model.of(best),
            time_limit_s=clock.left_s(), seed=seed, may_go_on=clock.may_go_on,
        )  # fmt: skip
        if answer.proof is Proof.INFEASIBLE:
            # Not even the cheapest known holds what was asked of HiGHS since: nothing is cheaper.
            return best, np.inf
        if not len(answer.value):
            return best, answer.bound
        found = model.sites(answer.value)
        if small.holds(found):
            if best is None or instance.cost[found].sum() < instance.cost[best].sum():
                best = found
            return best, answer.bound
        # HiGHS may miss a share by its tolerance. Whatever is better has a site that these have not.
        model.require_another(found)
