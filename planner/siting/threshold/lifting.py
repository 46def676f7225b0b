"""The most villages lifted to `served` for so many units or so much money, with its bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.clock import Clock
from planner.siting.cover.greedy import heuristic
from planner.siting.solution import no_solution, payable, solution
from planner.siting.threshold.cuts import LiftCuts
from planner.siting.threshold.instance import PlaceVillages, empty, lift_instance
from planner.siting.threshold.search import PlanSearch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.cover.instance import CoverInstance
    from planner.siting.solution import Solution
    from planner.siting.threshold.instance import LiftInstance

# Rounds of cuts at most, and draws from the relaxed problem every so many of them.
ROUNDS, EVERY = 120, 10
# Draws from the last relaxed problem. Shakes: so many for a million pairs of site and place, fewer for more
# pairs, and so many at least and at most.
DRAWS, SHAKES, FEWEST, MOST = 6, 20, 10, 300


def most_villages(
    instance: CoverInstance,
    village: NDArray[np.int32],
    weight: NDArray[np.float64],
    already: NDArray[np.float64],
    budget: float,
    *,
    served: float = 0.8,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites within a budget that lift most villages to `served`, and a bound on any choice.

    A village is served where at least a share of its people is reached; shares are rounded to 9 decimals
    before they are compared, as the gaps do it.

    Parameters
    ----------
    instance
        Places, sites and costs. Its people do not count; places reached today are in no site's list.
    village
        int32 ``(places,)``, row of each place's village.
    weight
        float64 ``(places,)``, its share of the village's people (0-1).
    already
        float64 ``(villages,)``, the share that is reached today (0-1).
    budget
        What all chosen sites may cost, the forced ones included; a number of units where each costs 1.
    served
        From which share on a village is served, above 0 and up to 1.
    seed
        One seed, one answer.
    time_limit_s
        Then the best so far is returned, with its bound.
    may_go_on
        Called between steps; what it raises ends the work.

    Returns
    -------
    solution
        Its objective is villages newly served: those served today are not counted. The bound is a whole
        number of villages. Sites without which as many are served are left out, also where the budget would
        allow them. Infeasible where the forced sites alone cost more.

    Raises
    ------
    ConfigError
        Shares that are none or add up to more than 1 in a village; a share ``served`` out of range.

    Examples
    --------
    Each of sites 0 and 1 reaches half of the first village, site 2 all of the second:

    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([1.0, 1.0, 1.0], place=[0, 1, 2], site=[0, 1, 2])
    >>> village, weight = np.array([0, 0, 1], np.int32), np.array([0.5, 0.5, 1.0])
    >>> best = most_villages(three, village, weight, np.zeros(2), 2)
    >>> best.chosen.tolist(), best.objective, best.bound, str(best.proof)
    ([2], 1.0, 1.0, 'optimal')
    """
    clock = Clock(time_limit_s, may_go_on)
    villages = PlaceVillages(village, weight, already, served)
    villages.require(instance)
    held = np.flatnonzero(instance.forced)
    if float(instance.cost[held].sum()) > payable(budget):
        return no_solution(seed=seed, seconds=clock.seconds())
    base = villages.newly(instance.reached(held))
    left = lift_instance(instance, villages, budget)
    chosen, bound = _solve(left, clock, seed)
    sites = np.concatenate([held, left.small.site[chosen]])
    lifted = villages.newly(instance.reached(sites))
    return solution(sites, lifted, max(base + bound, lifted), seed=seed, seconds=clock.seconds())


def _solve(left: LiftInstance, clock: Clock, seed: int) -> tuple[NDArray[np.int64], int]:
    """Return the best sites found of what is left, and the bound."""
    lift = left.lift
    if empty(lift):
        return np.empty(0, np.int64), 0
    search = PlanSearch(lift, left.budget, clock, seed)
    search.start(heuristic(left.small.instance, left.budget))
    cuts = LiftCuts(lift, left.budget)
    for rounds in range(ROUNDS):
        if search.villages >= cuts.bound or cuts.is_done or clock.is_over():
            break
        cuts.step()
        if rounds % EVERY == EVERY - 1:
            search.draw(cuts.share, by_chance=False)
    _look_around(search, cuts, clock)
    _settle(search, cuts, clock, seed)
    return search.fewest(), max(cuts.bound, search.villages)


def _look_around(search: PlanSearch, cuts: LiftCuts, clock: Clock) -> None:
    """Draw plans from the relaxed problem and shake the best one, while that may be worth it."""
    pairs = max(len(search.lift.by_site.item), 1)
    shakes = min(max(SHAKES * 1_000_000 // pairs, FEWEST), MOST)
    for number in range(DRAWS + shakes):
        if search.villages >= cuts.bound or clock.is_over():
            return
        if number < DRAWS:
            search.draw(cuts.share, by_chance=number > 0)
        else:
            search.shake()


def _settle(search: PlanSearch, cuts: LiftCuts, clock: Clock, seed: int) -> None:
    """Have HiGHS choose in whole numbers, until what it takes for lifted is."""
    while search.villages < cuts.bound and not clock.is_over():
        chosen = cuts.whole(
            search.best, search.served(search.best),
            time_limit_s=clock.left_s(), seed=seed, may_go_on=clock.may_go_on,
        )  # fmt: skip
        if chosen is None:
            return
        search.from_order(np.flatnonzero(chosen))
        if cuts.is_done:
            return
