"""Which shares of people are within the limit without and with a plan, and of whom they are shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.coverage.reach import is_open
from planner.siting.weights import counted_people
from planner.siting.years import Rollout

if TYPE_CHECKING:
    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season
    from planner.siting.site import Siting


@dataclass(frozen=True)
class Shares:
    """People within the limit without and with a plan, of all who are known and of those who are placed.

    Attributes
    ----------
    now, added
        As the plan counts: without it, and besides with it. Only people whose place is known count.
    guessed
        People of unknown place who are taken to be within the limit today. No plan changes that.
    everyone, placed
        All whose number is known, and of them those whose place is.
    some_unknown
        Whether the people of any village are unknown.
    now_at_least, then_at_least
        Whether more may be within the limit than is known, without the plan and with it.
    """

    now: float
    added: float
    guessed: float
    everyone: float
    placed: float
    some_unknown: bool
    now_at_least: bool
    then_at_least: bool

    @property
    def people(self) -> tuple[float, float]:
        """People within the limit without and with the plan, as the headline of an area counts them."""
        return self.now + self.guessed, self.now + self.guessed + self.added

    @property
    def of_everyone(self) -> tuple[float, float] | None:
        """Their shares (0-1) of all whose number is known, as the headline of an area has them."""
        return self._of(self.guessed, self.everyone)

    @property
    def of_placed(self) -> tuple[float, float] | None:
        """The same of those whose place is known, of whom targets are shares; None where there are none."""
        return self._of(0.0, self.placed)

    def _of(self, more: float, total: float) -> tuple[float, float] | None:
        if not total:
            return None
        return (self.now + more) / total, (self.now + more + self.added) / total


def shares_of(plan: Siting | Rollout) -> Shares:
    """Return the shares of people within the limit without and with a plan.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.site.site` or :func:`planner.siting.years.rollout`: of a rollout those
        of its last year, with the people of today.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> found = shares_of(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))
    >>> found.of_everyone == found.of_placed, found.now_at_least, found.some_unknown
    (True, False, False)
    """
    demand, reach, room = plan.before.demand, plan.ready.problem.reach, plan.ask.capacity
    everyone, placed = demand["people"], counted_people(demand)
    # No plan changes who is reached of those that are put on a part without roads by a guess.
    there = reach.already & plan.before.coverage[plan.kind].reached
    guessed = 0.0 if room else float((everyone.fillna(0.0) - placed)[there].sum())
    seasons = reach.seasons
    if isinstance(plan, Rollout):
        now, added = float(placed[reach.already].sum()), float(plan.sites["people_added"].sum())
    else:
        now, added = plan.people_now, plan.people_added
    return Shares(
        now=now,
        added=added,
        guessed=guessed,
        everyone=float(everyone.sum()),
        placed=float(placed.sum()),
        some_unknown=bool(everyone.isna().any()),
        now_at_least=_may_be_more(plan.before, plan.kind, seasons),
        then_at_least=_may_be_more(plan.after, plan.kind, seasons),
    )


def _may_be_more(gaps: Gaps, kind: str, seasons: tuple[Season, ...]) -> bool:
    """Return whether nobody knows of some people, or of places of unknown people, if they are reached."""
    open_ = is_open(gaps.in_each(kind, seasons).reason_code)
    people = gaps.demand["people"].to_numpy(dtype=np.float64)
    return bool((open_ & ~(people == 0.0)).any())
