"""Least person-minutes, and the shortest worst time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from planner.kernels.csr import Csr
from planner.siting.ask import Objective
from planner.siting.distance.center import p_center
from planner.siting.distance.distances import DistanceInstance
from planner.siting.distance.explain import saved_by
from planner.siting.distance.median import p_median
from planner.siting.objectives.problem import (
    CURVE_POINT_S,
    FORCED_COST_TOO_MUCH,
    BestPlan,
    Problem,
    forced_cost_too_much,
    search_of,
    solved_curve,
    tightened,
)
from planner.siting.solution import Proof, Solution
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.times import Times


def least_travel_plan(problem: Problem, times: Times) -> BestPlan:
    """Return the plan of least person-minutes, or of the shortest worst time.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2, objective="worst_time"))
    >>> least_travel_plan(plan.problem, plan.problem.times).unit
    'minutes'
    """
    worst = problem.ask.objective == Objective.WORST_TIME
    instance, rows, lost = distance_instance(problem, times)
    found = _travel(problem, instance, problem.budget, worst=worst)
    if found.proof is Proof.INFEASIBLE:
        if forced_cost_too_much(problem):
            raise ConfigError(FORCED_COST_TOO_MUCH, why="forced_cost")
        msg = (
            "so few units cannot reach everybody who can be reached at all, as on other islands: allow more, "
            "or plan for the objective people"
        )
        raise ConfigError(msg, why="too_few_for_all")
    why = saved_by(instance, found.chosen, problem.budget, worst=worst, xy=problem.xy)
    promised = np.full(len(times.now_s), np.nan)
    promised[rows] = instance.distance_s(found.chosen)
    pairs = zip(why.site.tolist(), why.stand_ins, strict=True)

    def solver(budget: float) -> Solution:
        if budget == problem.budget:
            return _in_minutes(found)
        return _in_minutes(_travel(problem, instance, budget, worst=worst, most_s=CURVE_POINT_S))

    curve = solved_curve(problem, solver, "worst_minutes" if worst else "person_minutes")
    return BestPlan(
        tightened(problem, _in_minutes(found), curve),
        "minutes" if worst else "person_minutes",
        curve,
        {j: tuple((k, lost_s / 60.0) for k, lost_s in others) for j, others in pairs},
        dict(zip(why.site.tolist(), (why.alone / 60.0).tolist(), strict=True)),
        promised,
        lost,
    )


def _travel(
    problem: Problem,
    instance: DistanceInstance,
    budget: float,
    *,
    worst: bool,
    most_s: float = np.inf,
) -> Solution:
    search = search_of(problem)
    search["time_limit_s"] = min(search["time_limit_s"], most_s)
    if worst:
        return p_center(instance, budget, **search)
    return p_median(instance, budget, start=problem.start, **search)


def distance_instance(problem: Problem, times: Times) -> tuple[DistanceInstance, NDArray[np.int64], int]:
    """Return the problem on distances, its rows as demand points, and how many are left out.

    For the worst time every place counts where anybody is taken to live, for person-minutes those whose
    people are known. Places that nothing reaches, and parts without roads where
    nobody knows whether anybody lives, are left out, and counted.

    Parameters
    ----------
    problem
        What is asked.
    times
        To all candidates.

    Returns
    -------
    instance, row, left_out
        The problem, int64 ``(rows,)``, the demand point of each of its rows, and a number of demand
        points.
    """
    demand, one = problem.before.demand, problem.instance
    people = counted_people(demand)
    counts = people > 0
    if problem.ask.objective == Objective.WORST_TIME:
        counts |= demand["weight"].to_numpy(dtype=np.float64) > 0
    unknown = counts & demand["by_area"].to_numpy(dtype=np.bool_)
    row = np.repeat(np.arange(len(people)), np.diff(times.near.first))
    served = np.bincount(row[~one.forbidden[times.near.item]], minlength=len(people)) > 0
    can = (served | np.isfinite(times.now_s)) & ~unknown
    rows = np.flatnonzero(counts & can)
    kept = np.isin(row, rows)
    first = np.concatenate([[0], np.cumsum(np.diff(times.near.first)[rows])]).astype(np.int64)
    near = Csr(first, times.near.item[kept], times.near.value[kept])
    instance = DistanceInstance.of(
        people[rows], near, one.sites, existing_s=times.now_s[rows], cost=one.cost, forced=one.forced,
        forbidden=one.forbidden,
    )  # fmt: skip
    return instance, rows, int((counts & ~can).sum())


def _in_minutes(found: Solution) -> Solution:
    return replace(found, objective=found.objective / 60.0, bound=found.bound / 60.0)
