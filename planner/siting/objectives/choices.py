"""What an earlier plan tells of a problem like its own, and what single choices cost."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pandas as pd

from geodata.errors import ConfigError
from planner.siting.ask import Objective
from planner.siting.cover.covering import most_people
from planner.siting.objectives.people import gradual_instance
from planner.siting.objectives.problem import BestPlan, Problem, search_of
from planner.siting.rules import barred

if TYPE_CHECKING:
    import geopandas as gpd

    from planner.siting.ask import Ask
    from planner.siting.solution import Solution


# What a bound holds for all the same; seasons are those of the reach.
MAY_DIFFER = {"forced", "forbidden", "seed", "time_limit_s", "seasons"}


def after_earlier(problem: Problem, earlier: Problem, plan: Solution) -> Problem:
    """Return the problem with what a plan for one like it tells: where to begin, and what cannot be beaten.

    Parameters
    ----------
    problem, earlier
        On the same candidates.
    plan
        Of the earlier one.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> one = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> again = after_earlier(one.problem, one.problem, one.solution)
    >>> again.bound == one.solution.bound
    True
    """
    one, other = problem.ask, earlier.ask
    bound = None
    # One by one: what is asked now and what was asked then need not go together.
    alike = all(
        getattr(one, part.name) == getattr(other, part.name)
        for part in fields(one) if part.name not in MAY_DIFFER
    )  # fmt: skip
    more = set(one.forced) >= set(other.forced) and set(one.forbidden) >= set(other.forbidden)
    if alike and more and problem.reach is earlier.reach:
        bound = plan.bound
    allowed = plan.chosen[~problem.instance.forbidden[plan.chosen]]
    return replace(problem, start=allowed, bound=bound)


def has_cost_of_choices(ask: Ask) -> bool:
    """Return whether it can be told what single choices cost a plan.

    Examples
    --------
    >>> from planner.siting.ask import Ask
    >>> has_cost_of_choices(Ask(units=2)), has_cost_of_choices(Ask(units=2, capacity=True))
    (True, False)
    """
    return ask.objective is Objective.PEOPLE and ask.target is None and not ask.floors and not ask.capacity


def cost_of_choices(
    problem: Problem, answer: BestPlan, candidates: gpd.GeoDataFrame, *, most_s: float
) -> pd.DataFrame:
    """Return what each forced and each forbidden candidate costs the plan, each undone alone.

    Parameters
    ----------
    problem, answer
        A problem and its plan, of people or of degrees, without floors.
    candidates
        All of them.
    most_s
        Seconds for each.

    Returns
    -------
    costs
        Index ``candidate_id``; ``choice`` (forced/forbidden), ``costs`` (what the plan would gain without it,
        in the unit of the answer, at least), ``costs_at_most``.

    Raises
    ------
    ConfigError
        :func:`has_cost_of_choices` says that it cannot be told.
    """
    if not has_cost_of_choices(problem.ask):
        msg = "what a choice costs is known for most people reached, without floors and without capacity"
        raise ConfigError(msg)
    instance = problem.instance if problem.times is None else gradual_instance(problem, problem.times)
    asked = {"forced": problem.ask.forced, "forbidden": problem.ask.forbidden}
    now, search = answer.solution, search_of(problem)
    search["time_limit_s"] = min(search["time_limit_s"], most_s)
    # What a rule bars stays barred.
    ruled = barred(candidates, problem.before, problem.reach.kind, replace(problem.ask, forbidden=()))
    rows = []
    for choice, names in asked.items():
        for name in names:
            marks, number = getattr(instance, choice).copy(), candidates.index.get_loc(name)
            marks[number] = choice == "forbidden" and ruled[number]
            one = replace(instance, **{choice: marks})
            found = most_people(one, problem.budget, start=now.chosen, **search)
            better = max(found.objective, now.objective) - now.objective
            rows.append((name, choice, better, max(found.bound, now.objective) - now.objective))
    columns = ["candidate_id", "choice", "costs", "costs_at_most"]
    return pd.DataFrame(rows, columns=columns).set_index("candidate_id")
