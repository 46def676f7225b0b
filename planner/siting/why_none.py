"""Why a plan does nothing: its target is met already, or nothing adds anybody, or there is too little."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from planner.siting.ask import Objective
from planner.siting.site import Siting
from planner.siting.solution import Proof, payable
from planner.siting.weights import counted_people
from planner.siting.with_roads import SitingWithRoads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.prepare import Prepared
    from planner.siting.years import Rollout


class WhyNone(StrEnum):
    """Why a plan has neither units nor roads."""

    TARGET_MET = "target_met"
    """Its target is met by what is there."""
    TIME_UP = "time_up"
    """The search ended before anything was found; there may be something."""
    RULES = "rules"
    """The rules of the plan leave no candidate."""
    ALL_REACHED = "all_reached"
    """Everybody of known number and place is reached already."""
    NOBODY_ADDED = "nobody_added"
    """No candidate adds anybody."""
    TOO_COSTLY = "too_costly"
    """What would add somebody costs more than there is."""
    NO_VILLAGE = "no_village"
    """With so much, no village more is served."""
    NOT_QUICKER = "not_quicker"
    """With so much, no way is shortened."""
    WAITING = "waiting"
    """All candidates wait for their puskesmas to have the stage."""
    NOT_IN_YEARS = "not_in_years"
    """What would add somebody does not fit in these years: money, staff, lead times or stages."""
    NO_STOP = "no_stop"
    """No mobile stop can be served, and nothing else can be done."""


def why_none(plan: Siting | Rollout | SitingWithRoads) -> WhyNone | None:
    """Return why a plan does nothing; None for one that does something.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.site.site`, :func:`planner.siting.years.rollout` or
        :func:`planner.siting.with_roads.site_with_roads`.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> study = Study(demo_layers(12))
    >>> str(why_none(site(study, "posyandu", Ask(target=0.1))))
    'target_met'
    >>> why_none(site(study, "posyandu", Ask(units=1))) is None
    True
    """
    if len(plan.sites):
        return None
    if isinstance(plan, SitingWithRoads):
        if plan.roads:
            return None
        if plan.gap:
            return WhyNone.TIME_UP
        # Nothing is left for units only where none of their stops can be served.
        return WhyNone.NO_STOP if plan.siting is None else why_none(plan.siting)
    if isinstance(plan, Siting):
        return _of_site(plan)
    return _of_rollout(plan)


def cheapest_that_adds(plan: Siting | Rollout) -> float:
    """Return what the cheapest candidate that adds somebody takes, in units or rupiah; inf where none does.

    Parameters
    ----------
    plan
        Of which the candidates are.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> cheapest_that_adds(site(Study(demo_layers(12)), "posyandu", Ask(units=1)))
    1.0
    """
    ready = plan.ready
    return float(ready.problem.instance.cost[_adds(ready)].min(initial=np.inf))


def _adds(ready: Prepared) -> NDArray[np.bool_]:
    """Return which candidates may be taken and are within the limit of somebody who is not reached."""
    one = ready.problem.instance
    row = np.repeat(np.arange(one.sites), np.diff(one.by_site.first))
    people = np.bincount(row, weights=one.people[one.by_site.item], minlength=one.sites)
    adds: NDArray[np.bool_] = (people > 0) & ~one.forbidden
    return adds


def _of_site(plan: Siting) -> WhyNone:
    ask = plan.ask
    if ask.target is not None:
        # A choice without a site keeps the target.
        return WhyNone.TARGET_MET
    if plan.solution.proof is not Proof.OPTIMAL:
        return WhyNone.TIME_UP
    if (found := _of_candidates(plan.ready)) is not None:
        return found
    if ask.budget_idr is not None and cheapest_that_adds(plan) > payable(ask.budget_idr):
        return WhyNone.TOO_COSTLY
    if ask.objective == Objective.VILLAGES:
        return WhyNone.NO_VILLAGE
    return WhyNone.NOT_QUICKER if ask.is_timed else WhyNone.NOBODY_ADDED


def _of_rollout(plan: Rollout) -> WhyNone:
    waiting = int(plan.waiting["candidates"].sum()) + plan.without_puskesmas
    if waiting == len(plan.candidates):
        return WhyNone.WAITING
    if plan.solution.proof is not Proof.OPTIMAL:
        return WhyNone.TIME_UP
    if (found := _of_candidates(plan.ready)) is not None:
        return found
    budgets = plan.asked.budgets
    most = sum(budgets) if plan.asked.carry_over else max(budgets)
    too_costly = plan.asked.counts_money and cheapest_that_adds(plan) > payable(most)
    return WhyNone.TOO_COSTLY if too_costly else WhyNone.NOT_IN_YEARS


def _of_candidates(ready: Prepared) -> WhyNone | None:
    """Return why nothing can be done whatever there is; None where something adds somebody."""
    problem = ready.problem
    if problem.instance.forbidden.all():
        return WhyNone.RULES
    if problem.ask.is_timed or problem.ask.gradual_minutes is not None or _adds(ready).any():
        return None
    left = counted_people(problem.before.demand)[~problem.reach.already].sum()
    return WhyNone.NOBODY_ADDED if left > 0 else WhyNone.ALL_REACHED
