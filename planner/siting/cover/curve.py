"""People reached against units or money: the best found at each, and what no plan can beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.progress import go_on
from planner.siting.clock import Clock
from planner.siting.cover.cuts import CoverCuts
from planner.siting.cover.greedy import heuristic
from planner.siting.cover.instance import reduced
from planner.siting.cover.relaxation import Relaxation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from planner.siting.cover.instance import CoverInstance
    from planner.siting.solution import Solution

# Points of a curve, and the steps of the search for a bound at some of them.
POINTS, BOUNDED, STEPS = 60, 6, 60


def cover_curve(
    instance: CoverInstance,
    most: float,
    *,
    solved: tuple[float, Solution] | None = None,
    at: NDArray[np.float64] | None = None,
    also: Mapping[str, NDArray[np.float64]] | None = None,
    may_go_on: Callable[[], None] = go_on,
) -> pd.DataFrame:
    """Return the people reached within each of several budgets up to one, with a bound.

    Parameters
    ----------
    instance
        Places, sites and costs.
    most
        The largest budget; a number of units where each site costs 1.
    solved
        A budget and its solution, which are known already.
    at
        float64 ``(budgets,)``, rising from what is forced; by default each number of units, or even
        steps.
    also
        By name, float64 ``(sites,)``: what else a site takes, NaN where nobody knows; not with ``solved``.
    may_go_on
        Called before every longer step; what it raises ends the work.

    Returns
    -------
    curve
        ``budget`` float64, rising; ``people_reached`` float64 by the best plan found, never falling;
        ``bound`` float64, at least what any plan reaches; by the names of ``also``, their sums over the plan.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 2], site=[0, 1, 2])
    >>> cover_curve(three, 2)["people_reached"].tolist()
    [0.0, 20.0, 35.0]
    """
    small = reduced(instance)
    one, base = small.instance, small.people_forced
    if at is None:
        at = _budgets(one, small.cost_forced, max(most, solved[0] if solved else 0.0))
    if solved is not None:
        at = np.unique(np.append(at, solved[0]))
    people, chosen = np.zeros(len(at)), np.empty(0, np.int64)
    plans_of: list[NDArray[np.int64]] = []
    for i, budget in enumerate(at):
        may_go_on()
        # From the plan before, and from nothing: the better one.
        plans = [heuristic(one, budget - small.cost_forced, start=s) for s in (chosen, None)]
        chosen = max(plans, key=one.people_reached)
        people[i] = one.people_reached(chosen)
        # A plan that reaches fewer than one of less money is not taken.
        better = i == 0 or people[i] > people[:i].max()
        plans_of.append(small.site[chosen] if better else plans_of[-1])
    bound = _bounds(one, at - small.cost_forced, people, may_go_on)
    if solved is not None:
        where = int(np.searchsorted(at, solved[0]))
        people[where] = max(people[where], solved[1].objective - base)
        bound[where] = min(bound[where], solved[1].bound - base)
    people = np.maximum.accumulate(people)
    # More money never proves less.
    bound = np.maximum(np.minimum.accumulate(bound[::-1])[::-1], people)
    held = np.flatnonzero(instance.forced)
    more = {
        name: [float(each[held].sum() + each[plan].sum()) for plan in plans_of]
        for name, each in (also or {}).items()
    }
    return pd.DataFrame({"budget": at, "people_reached": people + base, "bound": bound + base, **more})


def _budgets(instance: CoverInstance, forced: float, most: float) -> NDArray[np.float64]:
    """Return budgets from what is forced up to the largest: each number of units, or even steps."""
    if (instance.cost == 1.0).all():
        # Where places need several sites each point takes longer.
        points = POINTS if instance.need is None else POINTS // 6
        units = np.unique(np.linspace(0, max(most - forced, 0.0), points + 1).round())
        return units + forced
    return np.linspace(forced, max(most, forced), POINTS // 3 + 1)


def _bounds(
    instance: CoverInstance,
    budgets: NDArray[np.float64],
    people: NDArray[np.float64],
    may_go_on: Callable[[], None],
) -> NDArray[np.float64]:
    """Return what no plan within each budget can beat."""
    bound = np.full(len(budgets), instance.reachable)
    if not instance.sites:
        return bound
    units = bool((instance.cost == 1.0).all())
    searches = BOUNDED if units else POINTS // 3 + 1
    some = np.unique(np.linspace(0, len(budgets) - 1, searches).round().astype(int))
    for i in some:
        if instance.need is not None:
            bound[i] = _bound_beside_others(instance, float(budgets[i]), may_go_on)
            continue
        search = Relaxation(instance, float(budgets[i]))
        search.run(float(people[i]), steps=STEPS, clock=Clock(np.inf, may_go_on))
        if units:
            number = np.minimum(budgets + 1e-9, instance.sites).astype(int)
            np.minimum(bound, search.by_units[number], out=bound)
        else:
            bound[i] = min(bound[i], search.best.bound)
            np.minimum(bound, search.at_budgets(budgets), out=bound)
    return bound


def _bound_beside_others(instance: CoverInstance, budget: float, may_go_on: Callable[[], None]) -> float:
    """Return what no plan within a budget can beat where places need several sites."""
    none = np.empty(0, np.int64)
    cuts = CoverCuts(instance, budget, none, np.zeros(instance.sites))
    cuts.run(steps=STEPS, clock=Clock(np.inf, may_go_on))
    return min(cuts.bound, instance.reachable)
