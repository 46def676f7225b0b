"""Most people within the limit of units that have room for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.objectives.problem import (
    CURVE_POINT_S,
    BestPlan,
    Problem,
    require_plan,
    search_of,
    solved_curve,
    tightened,
)
from planner.siting.room.explain import stand_ins
from planner.siting.room.search import most_people_with_room

if TYPE_CHECKING:
    from planner.siting.room.instance import RoomInstance
    from planner.siting.solution import Solution


def with_room_plan(problem: Problem, room: RoomInstance) -> BestPlan:
    """Return the plan at which most people more have room.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2, capacity=True))
    >>> with_room_plan(plan.problem, plan.problem.room).unit
    'people_with_room'
    """
    search = search_of(problem)
    bound = np.inf if problem.bound is None else problem.bound
    found = most_people_with_room(room, problem.budget, start=problem.start, bound=bound, **search)
    require_plan(problem, found, [])
    search["time_limit_s"] = min(search["time_limit_s"], CURVE_POINT_S)

    def solver(budget: float) -> Solution:
        return found if budget == problem.budget else most_people_with_room(room, budget, **search)

    curve = solved_curve(problem, solver, "people_with_room", sign=-1.0)
    others = stand_ins(room, found.chosen, problem.budget, may_go_on=problem.may_go_on, xy=problem.xy)
    return BestPlan(tightened(problem, found, curve), "people_with_room", curve, others)
