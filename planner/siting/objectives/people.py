"""Most people within the limit, by degrees beyond it, or a share of them with least."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from planner.kernels.lists import lists_of_pairs
from planner.siting.ask import Floor
from planner.siting.cover.covering import most_people
from planner.siting.cover.covering_with_floors import most_people_with_floors
from planner.siting.cover.curve import cover_curve
from planner.siting.cover.explain import explain
from planner.siting.cover.fewest import fewest_units
from planner.siting.cover.floors import FloorRow
from planner.siting.cover.instance import CoverInstance, instance_of_lists
from planner.siting.objectives.out_of_reach import against_rules, require_floors, target_refused
from planner.siting.objectives.problem import (
    BestPlan,
    Problem,
    forced_cost_too_much,
    require_plan,
    search_of,
    tightened,
)
from planner.siting.rules import floor_rows
from planner.siting.solution import Proof, Solution
from planner.siting.stand_ins import STAND_INS
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from planner.siting.times import Times

# Between the limit and the minutes from which on nobody counts, people count less in so many steps.
GRADUAL_STEPS = 5
# So many stand-ins are looked at where floors may forbid some.
LOOKED_AT = 30


def most_people_plan(problem: Problem) -> BestPlan:
    """Return the plan of most people within the limit, with the floors kept.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> most_people_plan(plan.problem).solution.objective == plan.solution.objective
    True
    """
    floors = floor_rows(problem.before, problem.reach, problem.ask.floors)
    require_floors(problem, floors)
    found = _cover(problem, problem.instance, floors)
    if found.proof is Proof.INFEASIBLE and not forced_cost_too_much(problem):
        against = against_rules(problem, floors)
        if against is not None:
            raise against
    require_plan(problem, found, floors)
    # Without floors more may be reached: of a plan with floors its people count on the curve, not its bound.
    known = replace(found, bound=np.inf) if floors else found
    curve = _cover_curve(problem, problem.instance, known)
    stand_ins = _cover_stand_ins(problem, problem.instance, found, floors, budget=problem.budget)
    return BestPlan(tightened(problem, found, curve), "people", curve, stand_ins)


def _cover(problem: Problem, instance: CoverInstance, floors: list[FloorRow]) -> Solution:
    if floors:
        return most_people_with_floors(instance, problem.budget, floors, **search_of(problem))
    bound = np.inf if problem.bound is None else problem.bound
    return most_people(instance, problem.budget, start=problem.start, bound=bound, **search_of(problem))


def by_degrees_plan(problem: Problem, times: Times) -> BestPlan:
    """Return the plan of most people, those beyond the limit by degrees.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2, gradual_minutes=60.0))
    >>> by_degrees_plan(plan.problem, plan.problem.times).unit
    'people_weighted'
    """
    instance = gradual_instance(problem, times)
    found = _cover(problem, instance, [])
    require_plan(problem, found, [])
    curve = _cover_curve(problem, instance, found).rename(columns={"people_reached": "people_weighted"})
    stand_ins = _cover_stand_ins(problem, instance, found, [], budget=problem.budget)
    return BestPlan(tightened(problem, found, curve), "people_weighted", curve, stand_ins)


def fewest_plan(problem: Problem) -> BestPlan:
    """Return the plan of fewest units, or least money, that reaches a target.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(target=0.95))
    >>> fewest_plan(plan.problem).unit
    'units'
    """
    ask, people = problem.ask, counted_people(problem.before.demand)
    target = ask.target or 0.0
    wanted = target * people.sum() - people[problem.reach.already].sum() if ask.target_in == "all" else 0.0
    more = (Floor("district", target),) if ask.target_in == "district" else ()
    floors = floor_rows(problem.before, problem.reach, (*more, *ask.floors))
    require_floors(problem, floors)
    found = fewest_units(problem.instance, max(wanted, 0.0), floors=floors, **search_of(problem))
    every = [FloorRow("all", problem.instance.people, max(wanted, 0.0)), *floors]
    if found.proof is Proof.INFEASIBLE:
        raise target_refused(problem, every[0], floors)
    require_plan(problem, found, floors)
    most = 2.0 * max(float(problem.instance.cost[found.chosen].sum()), float(problem.instance.cost.min()))
    curve = cover_curve(problem.instance, most, may_go_on=problem.may_go_on)
    unit = "idr" if ask.counts_money else "units"
    # The target has to be met with a stand-in too, at no higher cost.
    spent = float(problem.instance.cost[found.chosen].sum())
    others = _cover_stand_ins(problem, problem.instance, found, every, budget=spent)
    return BestPlan(found, unit, curve, others)


def _cover_curve(problem: Problem, instance: CoverInstance, found: Solution) -> pd.DataFrame:
    spent = problem.ask.budget_idr if problem.ask.budget_idr is not None else float(len(found.chosen))
    known = (problem.budget, found)
    return cover_curve(instance, 2.0 * spent, solved=known, may_go_on=problem.may_go_on)


def _cover_stand_ins(
    problem: Problem, instance: CoverInstance, found: Solution, floors: list[FloorRow], *, budget: float
) -> dict[int, tuple[tuple[int, float], ...]]:
    """Return the stand-ins that keep the budget and the floors too."""
    most = LOOKED_AT if floors else STAND_INS
    why = explain(instance, found.chosen, most=most, budget=budget, xy=problem.xy)
    kept = {}
    for j, others in zip(why.site.tolist(), why.stand_ins, strict=True):
        rest = found.chosen[found.chosen != j]
        kept[j] = tuple(
            (k, lost)
            for k, lost in others
            if all(f.holds(instance.reached(np.append(rest, k))) for f in floors)
        )[:STAND_INS]
    return kept


def gradual_instance(problem: Problem, times: Times) -> CoverInstance:
    """Return the covering problem in which people beyond the limit count by degrees.

    Each demand point becomes as many places as there are steps, each with a part of its people and a longer
    limit: that is the same problem, exactly.

    Parameters
    ----------
    problem
        With ``gradual_minutes``.
    times
        To the candidates, up to ``gradual_minutes``.
    """
    kind, before = problem.reach.kind, problem.before
    limit_s = before.scenario.standard[kind].of(times.season).limit_s
    until_s = 60.0 * (problem.ask.gradual_minutes or 0.0)
    if until_s <= limit_s:
        msg = f"gradual_minutes has to be more than the limit of {kind}, {limit_s / 60:g} minutes"
        raise ConfigError(msg)
    worth = step_worth(GRADUAL_STEPS)
    steps = np.linspace(limit_s, until_s, GRADUAL_STEPS + 1)
    people = counted_people(before.demand)
    n = len(people)
    row = np.repeat(np.arange(n), np.diff(times.near.first))
    place, site, weighed = [], [], []
    for step, (most_s, part) in enumerate(zip(steps, worth, strict=True)):
        new = (times.near.value <= most_s) & (times.now_s > most_s)[row]
        place.append(row[new] + step * n)
        site.append(times.near.item[new].astype(np.int64))
        weighed.append(people * part)
    one = problem.instance
    lists = lists_of_pairs(np.concatenate(site), np.concatenate(place), one.sites, n * len(steps))
    return replace(instance_of_lists(np.concatenate(weighed), lists, cost=one.cost, forced=one.forced,
                                     forbidden=one.forbidden), conflicts=one.conflicts)  # fmt: skip


def step_worth(steps: int) -> NDArray[np.float64]:
    """Return what reaching each of so many bands beyond the limit adds: from 1 at the limit down to 0.

    Within the limit a person counts 1, in the first band ``1 - 1 / (2 × steps)``, in the last
    ``1 / (2 × steps)``: a straight line, taken in the middle of each band.

    Returns
    -------
    float64 ``(steps + 1,)``: what a person within the limit has more than one in the first band, and so on;
    their sum is 1.

    Examples
    --------
    >>> step_worth(2).tolist()
    [0.25, 0.5, 0.25]
    """
    worth = np.concatenate([[1.0], 1.0 - (np.arange(steps) + 0.5) / steps, [0.0]])
    return -np.diff(worth)
