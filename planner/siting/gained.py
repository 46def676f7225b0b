"""How many people a plan gains at least and at most, whatever is true of what nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.coverage.gained import Gain, change_of_points, in_quickest_reach, roads_in_doubt
from planner.coverage.reach import is_open
from planner.siting.tables import backup_open
from planner.siting.weights import counted_people
from planner.siting.with_roads import SitingWithRoads
from planner.siting.years import Rollout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.prepare import Prepared
    from planner.siting.site import Siting


def gain(plan: Siting | Rollout | SitingWithRoads) -> Gain:
    """Return the people whom a plan newly reaches (a rollout in its last year), as far as that is known.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.site.site`, :func:`planner.siting.years.rollout` or
        :func:`planner.siting.with_roads.site_with_roads`.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> gain(site(Study(demo_layers(12)), "posyandu", Ask(units=2))).is_sure
    True
    """
    if isinstance(plan, Rollout):
        return gain_by_year(plan)[-1]
    if not isinstance(plan, SitingWithRoads):
        return _of_units(plan.ready, plan.solution.chosen, plan.people_added)
    people = counted_people(plan.before.demand)
    seasons = plan.ask.seasons or (plan.before.scenario.season,)
    least, most = change_of_points(plan.before, plan.after, plan.kind, seasons, adds_only=True)
    return Gain(plan.people_added, float((people * least).sum()), float((people * most).sum()))


def may_have_room(plan: Siting | Rollout | SitingWithRoads) -> bool:
    """Return whether it is for want of room, not of ways, that a plan may reach others besides.

    With capacity, whom a unit takes in that nobody knows of leaves room in others.

    Parameters
    ----------
    plan
        As :func:`gain` takes it.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> may_have_room(site(Study(demo_layers(12)), "posyandu", Ask(units=2, capacity=True)))
    True
    """
    return plan.ask.capacity


def gain_by_year(plan: Rollout) -> list[Gain]:
    """Return the same of each year, of its people.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.years.rollout`.

    Examples
    --------
    >>> from planner.pipeline import RolloutPlan, Study, demo_layers, rollout
    >>> asked = RolloutPlan.model_validate({"kind": "posyandu", "years": [{"year": 2027, "units": 2}]})
    >>> [one.is_sure for one in gain_by_year(rollout(Study(demo_layers(12)), asked))]
    [True]
    """
    since, found = plan.compared.best.since, []
    for number, year in enumerate(plan.asked.years):
        people = float(plan.plan["people_added"].iloc[number])
        working = np.flatnonzero(since <= number)
        found.append(_of_units(plan.ready, working, people, factor=year.people_factor))
    return found


def _of_units(
    ready: Prepared, chosen: NDArray[np.int64], people_added: float, *, factor: float = 1.0
) -> Gain:
    """Return what units gain that are added to what is there.

    Those who are not known to be reached today and are then may be reached already. Who is open and stays so
    gains nothing, but by a way that is on no map, from one of these units.
    """
    problem = ready.problem
    before, reach = problem.before, problem.reach
    people = factor * problem.instance.people
    if reach.backup > 1:
        open_ = backup_open(before, reach, reach.already)
    else:
        coverage = before.in_each(reach.kind, reach.seasons)
        open_ = ~reach.already & is_open(coverage.reason_code)
    if problem.room is not None:
        # Whom an unknown unit takes in leaves room in others.
        least, most = (0.0, float(people.sum())) if open_.any() else (people_added, people_added)
        return Gain(people_added, min(least, people_added), max(most, people_added))
    gained = problem.instance.reached(chosen)
    stays = open_ & ~gained
    if stays.any() and roads_in_doubt(before, reach.kind) and problem.xy is not None:
        stays &= in_quickest_reach(before, reach.kind, reach.seasons, problem.xy[chosen])
    else:
        stays[:] = False
    unsure, more = float(people[gained & open_].sum()), float(people[stays].sum())
    return Gain(people_added, people_added - unsure, people_added + more)
