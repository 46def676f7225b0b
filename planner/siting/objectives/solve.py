"""What a plan can be best at: each objective with its solver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.siting.ask import Objective
from planner.siting.objectives.people import by_degrees_plan, fewest_plan, most_people_plan
from planner.siting.objectives.room import with_room_plan
from planner.siting.objectives.travel import least_travel_plan
from planner.siting.objectives.villages import most_villages_plan

if TYPE_CHECKING:
    from planner.siting.objectives.problem import BestPlan, Problem


def solve(problem: Problem) -> BestPlan:
    """Return the best plan for what is asked.

    Raises
    ------
    ConfigError
        No plan keeps to what is asked; the message says why, and what to do.
    TimeUpError
        The time was up before a plan was found.
    """
    if problem.room is not None:
        return with_room_plan(problem, problem.room)
    if problem.times is not None and problem.ask.is_timed:
        return least_travel_plan(problem, problem.times)
    if problem.times is not None:
        return by_degrees_plan(problem, problem.times)
    if problem.ask.target is not None:
        return fewest_plan(problem)
    if problem.ask.objective == Objective.VILLAGES:
        return most_villages_plan(problem)
    return most_people_plan(problem)
