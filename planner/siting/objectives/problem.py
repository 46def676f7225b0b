"""What is to be solved, and what the best plan for it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd

from geodata.errors import ConfigError, TimeUpError, time_up
from geodata.handed import hands_out_copies
from planner.siting.solution import Proof, Solution, solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.siting.ask import Ask
    from planner.siting.cover.floors import FloorRow
    from planner.siting.cover.instance import CoverInstance
    from planner.siting.reach import Reach
    from planner.siting.room.instance import RoomInstance
    from planner.siting.times import Times

FORCED_COST_TOO_MUCH = "the forced candidates alone cost more than there is: raise it, or force fewer"
# Budgets of a curve that are solved anew, and seconds for each.
CURVE_POINTS, CURVE_POINT_S = 8, 2.0


@dataclass(frozen=True)
class Problem:
    """What is to be solved.

    Attributes
    ----------
    before
        The gaps without a plan.
    ask
        What is asked.
    reach, instance
        Whom each candidate reaches within the limit, as a covering problem with the rules of the plan.
    times
        To the candidates, where the objective counts times; else None.
    may_go_on
        Called between steps; what it raises ends the work.
    xy
        float64 ``(candidates, 2)``, metres in the CRS of the study; None where nobody knows.
    start
        int64 ``(chosen,)``, candidates from which to begin as well: those of a plan for a problem like
        this.
    bound
        What no plan can beat, where that is known: the bound of the same problem with fewer rules.
    room
        For how many people candidates and units have room, where that counts; else None.
    """

    before: Gaps
    ask: Ask
    reach: Reach
    instance: CoverInstance
    times: Times | None
    may_go_on: Callable[[], None]
    xy: NDArray[np.float64] | None = None
    start: NDArray[np.int64] | None = None
    bound: float | None = None
    room: RoomInstance | None = None

    @property
    def budget(self) -> float:
        """How many units or rupiah there are; 0 where a target is asked for."""
        ask = self.ask
        return float(ask.units if ask.units is not None else ask.budget_idr or 0.0)


@hands_out_copies
@dataclass(frozen=True)
class BestPlan:
    """A problem's best plan.

    Attributes
    ----------
    solution
        Objective and bound in ``unit``.
    unit
        ``people``, ``people_weighted``, ``people_with_room``, ``villages``, ``units``, ``idr``,
        ``person_minutes`` or ``minutes``.
    curve
        ``budget``, the objective in a column of its name, ``bound``; NaN where no plan is known.
    stand_ins
        By candidate of the plan: others that could take its place, and what is lost, in ``unit``.
    person_minutes_saved
        By candidate of the plan, what is lost without it; None where times do not count.
    travel_s
        float64 ``(points,)``, the promised seconds; NaN where nothing is promised; None as above.
    points_left_out
        Demand points that neither a unit nor a candidate reaches at all, or whose time today nobody knows.
    """

    solution: Solution
    unit: str
    curve: pd.DataFrame
    stand_ins: dict[int, tuple[tuple[int, float], ...]]
    person_minutes_saved: dict[int, float] | None = None
    travel_s: NDArray[np.float64] | None = None
    points_left_out: int = 0


class SearchOptions(TypedDict):
    """How long and from which seed a solver searches, as its arguments."""

    seed: int
    time_limit_s: float
    may_go_on: Callable[[], None]


def search_of(problem: Problem) -> SearchOptions:
    """Return how long and from which seed a solver is to search.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> search_of(plan.problem)["seed"]
    0
    """
    ask = problem.ask
    return {"seed": ask.seed, "time_limit_s": ask.time_limit_s, "may_go_on": problem.may_go_on}


def require_plan(problem: Problem, found: Solution, floors: list[FloorRow]) -> None:
    """Raise where there is no plan, and say why.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> require_plan(plan.problem, plan.solution, [])
    """
    if found.proof is Proof.INFEASIBLE:
        if forced_cost_too_much(problem) or not floors:
            raise ConfigError(FORCED_COST_TOO_MUCH, why="forced_cost")
        names = ", ".join(f.name for f in floors[:5])
        ask = problem.ask
        apart = ask.min_distance_m is not None or ask.one_per_village
        ruled = ", lower them, or loosen the rules between units" if apart else ", or lower them"
        msg = f"no plan of this size keeps the floors ({names}): allow more{ruled}"
        raise ConfigError(msg, why="floors_too_high")
    if np.isnan(found.objective):
        ask = problem.ask
        does = "keeps the floors" if ask.target is None else "reaches the target"
        does += " and keeps the floors" if ask.target is not None and ask.floors else ""
        less = "more units, or lower the floors" if ask.target is None else "or ask for less"
        raise time_up(does, ask.time_limit_s, less)


def forced_cost_too_much(problem: Problem) -> bool:
    """Return whether the forced candidates alone cost more than there is.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> forced_cost_too_much(site(Study(demo_layers(12)), "posyandu", Ask(units=2)).problem)
    False
    """
    return bool(problem.instance.cost[problem.instance.forced].sum() > problem.budget)


def solved_curve(
    problem: Problem, solver: Callable[[float], Solution], name: str, *, sign: float = 1.0
) -> pd.DataFrame:
    """Return the objective at several budgets up to twice the one asked for, with bounds.

    Parameters
    ----------
    problem
        What is asked.
    solver
        Solves it for a budget.
    name
        Of the objective's column.
    sign
        1.0 where the objective is made small, -1.0 where large.
    """
    budget = problem.budget
    if problem.ask.counts_money:
        at = np.linspace(0.0, 2.0 * budget, CURVE_POINTS + 1)[1:]
    else:
        # From the first unit on: what one alone brings is asked before all others.
        at = np.linspace(1.0, 2.0 * budget, CURVE_POINTS).round()
    at = np.unique(np.append(at, budget))
    objective, bound = np.full(len(at), np.inf), np.full(len(at), -np.inf)
    for i, most in enumerate(at.tolist()):
        try:
            one = solver(most)
        except TimeUpError:
            continue
        if one.proof is not Proof.INFEASIBLE:
            objective[i], bound[i] = sign * one.objective, sign * one.bound
    objective = np.minimum.accumulate(objective)
    # What no larger budget can beat no smaller one can.
    bound = np.minimum(np.maximum.accumulate(bound[::-1])[::-1], objective)
    both = (sign * np.where(np.isfinite(x), x, np.nan) for x in (objective, bound))
    return pd.DataFrame(dict(zip(("budget", name, "bound"), (at, *both), strict=True)))


def tightened(problem: Problem, found: Solution, curve: pd.DataFrame) -> Solution:
    """Return a plan with the bound that the curve has for its budget, where that is the tighter one.

    A curve asks other budgets too, and what no larger one can beat this one cannot.

    Parameters
    ----------
    problem
        What is asked.
    found
        Its plan.
    curve
        ``budget``, the objective, ``bound``.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> loose = solution(plan.solution.chosen, plan.solution.objective, 1e6)
    >>> tightened(plan.problem, loose, plan.curve).bound == plan.solution.bound
    True
    """
    at = curve["bound"][curve["budget"] == problem.budget].dropna()
    if at.empty or found.proof is Proof.OPTIMAL:
        return found
    bound = float(at.iloc[0])
    large = found.bound >= found.objective
    # No bound is worse than what was found; its last bits may be those of another sum.
    held = (
        max(min(bound, found.bound), found.objective)
        if large
        else min(max(bound, found.bound), found.objective)
    )
    return solution(found.chosen, found.objective, held, seed=found.seed, seconds=found.seconds)
