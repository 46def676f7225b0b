"""Where next: the sites that reach most people for what there is, checked by the engine of the gaps."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodata.handed import hands_out_copies
from geodata.layers import no_progress
from geodata.shown import html_table
from planner.coverage.show import area_in_words
from planner.progress import go_on
from planner.siting.capacity import WithRoom, given, require_room
from planner.siting.objectives.choices import cost_of_choices, has_cost_of_choices
from planner.siting.objectives.solve import solve
from planner.siting.plan import edits_of, require_backup, require_same, require_times
from planner.siting.prepare import Prepared, prepare
from planner.siting.solution import Proof, Solution
from planner.siting.tables import people_with_room, site_table, village_changes, with_backup
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from geodata.layers import Progress
    from planner.coverage.study import Gaps, Study
    from planner.scenarios.scenario import Scenario
    from planner.siting.ask import Ask
    from planner.siting.cover.instance import CoverInstance
    from planner.siting.ground.rules import SiteFacts
    from planner.siting.measures import Measures
    from planner.siting.objectives.problem import BestPlan, Problem
    from planner.siting.reach import Reach


@hands_out_copies
@dataclass(frozen=True)
class Siting:
    """A plan, and what it changes.

    Attributes
    ----------
    ready
        The candidates, and the problem on them.
    answer
        The plan as it was solved: the chosen rows of ``candidates``, objective and bound, curve.
    after
        The gaps with the plan, as the engine computes them.
    scenario
        The study's scenario with the plan's edits.
    sites, villages
        Tables: see :mod:`planner.siting.tables`.
    with_room
        For how many people there is room, and who has it without the plan and with it, where capacity counts;
        else None.
    """

    ready: Prepared
    answer: BestPlan
    after: Gaps
    scenario: Scenario
    sites: pd.DataFrame
    villages: pd.DataFrame
    with_room: WithRoom | None = None

    @property
    def kind(self) -> str:
        """For which facility kind."""
        return self.ready.kind

    @property
    def candidates(self) -> gpd.GeoDataFrame:
        """All places at which something could have been done."""
        return self.ready.candidates

    @property
    def problem(self) -> Problem:
        """What was asked, the gaps without the plan, and whom each candidate would reach."""
        return self.ready.problem

    @property
    def ask(self) -> Ask:
        """What was asked."""
        return self.problem.ask

    @property
    def before(self) -> Gaps:
        """The gaps without the plan, as the engine computes them."""
        return self.problem.before

    @property
    def reach(self) -> Reach:
        """Whom each candidate would reach."""
        return self.problem.reach

    @property
    def instance(self) -> CoverInstance:
        """The covering problem of the limit."""
        return self.problem.instance

    @property
    def solution(self) -> Solution:
        """The chosen rows of ``candidates``, objective and bound in the unit of ``answer``."""
        return self.answer.solution

    @property
    def curve(self) -> pd.DataFrame:
        """The objective against units or money, with its bound: ``budget``, the objective, ``bound``."""
        return self.answer.curve

    @property
    def can_cost_choices(self) -> bool:
        """Whether places were forced or forbidden, and it is known how to say what each costs."""
        ask = self.ask
        return bool(ask.forced or ask.forbidden) and has_cost_of_choices(ask)

    def cost_of_choices(self, *, most_s: float = 5.0) -> pd.DataFrame:
        """Return what each forced and each forbidden candidate costs, at least and at most."""
        return cost_of_choices(self.problem, self.answer, self.candidates, most_s=most_s)

    @property
    def as_if_none(self) -> bool:
        """Whether no list of the kind was given, so that units may be there of which nobody told."""
        return self.kind in self.before.layers.area.assumed_empty

    @property
    def list_doubt(self) -> str | None:
        """Why the list of the kind is not taken as complete, a key of ``known.extent.WHY``."""
        return self.before.extent.why.get(self.kind)

    @property
    def people_now(self) -> float:
        """People who count as reached without the plan, of the villages whose people are known."""
        if self.with_room is not None:
            return float(self.with_room.now.people.sum())
        return float(counted_people(self.before.demand)[self.reach.already].sum())

    @property
    def people_added(self) -> float:
        """People newly within the limit, of the villages whose people are known.

        With backup, within that of as many units as are asked for; with capacity, of units with room.
        """
        if self.with_room is not None:
            return self.solution.objective
        return self.instance.people_reached(self.solution.chosen)

    def __repr__(self) -> str:
        solution, n = self.solution, len(self.sites)
        proof = "proven best" if solution.proof is Proof.OPTIMAL else f"gap {solution.gap:.2%}"
        return (
            f"Siting of {n} × {self.kind} in {area_in_words(self.before.layers)}: "
            f"{self.people_added:,.0f} people more{self.counted_as}, {proof}"
        )

    @property
    def counted_as(self) -> str:
        """What has to be within reach of who counts, to stand after people; "" for one unit."""
        return " with room" if self.with_room is not None else units_in_words(self.reach)

    def _repr_html_(self) -> str:
        return f"<b>{html.escape(repr(self))}</b>" + sites_html(self.sites)


def sites_html(sites: pd.DataFrame) -> str:
    """Return the sites of a plan as a table for a notebook.

    Parameters
    ----------
    sites
        As from :func:`planner.siting.tables.site_table`.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers
    >>> sites_html(site(Study(demo_layers(12)), "posyandu", Ask(units=2)).sites).startswith("<table")
    True
    """
    columns = ["measure", "village_name", "district_name", "people_added", "villages_added"]
    return html_table(sites[columns].round({"people_added": 0}).to_numpy().tolist(), columns)


def units_in_words(reach: Reach) -> str:
    """Return how many units have to be within reach of who counts, to stand after people; "" for one.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers
    >>> units_in_words(site(Study(demo_layers(12)), "posyandu", Ask(units=2, backup=2)).reach)
    ' with 2 units in reach'
    """
    return f" with {reach.backup} units in reach" if reach.backup > 1 else ""


def site(  # noqa: PLR0913 - each is one thing that an office may give
    study: Study,
    kind: str,
    ask: Ask,
    *,
    measures: Measures | None = None,
    places: gpd.GeoDataFrame | None = None,
    exclude: gpd.GeoDataFrame | None = None,
    facts: SiteFacts | None = None,
    earlier: Siting | None = None,
    may_go_on: Callable[[], None] = go_on,
    progress: Progress = no_progress,
) -> Siting:
    """Return where units of a kind should be opened, upgraded or made to function.

    Parameters
    ----------
    study
        A study area with its scenario.
    kind
        The facility kind whose people within the limit count.
    ask
        How much there is, or how far it should go.
    measures
        What can be done, at what cost; the default measures when None.
    places, exclude
        Candidate places in place of those that the measures name, and areas without any: see
        :func:`planner.siting.candidates.find_candidates`.
    facts
        Schools, offices and site rules.
    earlier
        A plan for the same study, kind, measures, places, excluded areas and facts: its candidates and their
        reach are taken over, the search begins from its sites, and where only more is forced or forbidden
        its bound holds.
    may_go_on
        Called before every longer step; what it raises ends the work.
    progress
        Told the name of each step.

    Raises
    ------
    ConfigError
        Nobody knows who is reached today; a measure has no cost though money is planned; a forced or
        forbidden candidate is not there; no plan reaches the target; the forced sites cost too much.
    UnprovenError
        The engine does not find what the plan promised: our fault, and no plan.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.ask import Ask
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> len(plan.sites), str(plan.solution.proof)
    (2, 'optimal')
    >>> table = plan.after.coverage["posyandu"].villages["people_reached"]
    >>> before = plan.before.coverage["posyandu"].villages["people_reached"]
    >>> bool(abs((table - before).sum() - plan.people_added) < 1e-6)
    True
    """
    ready = prepare(
        study, kind, ask, measures=measures, places=places, exclude=exclude, facts=facts,
        earlier=None if earlier is None else (earlier.ready, earlier.solution),
        may_go_on=may_go_on, progress=progress,
    )  # fmt: skip
    problem, found = ready.problem, ready.candidates
    progress("solving")
    answer = solve(problem)
    progress("check")
    chosen = answer.solution.chosen
    edits = edits_of(found.iloc[chosen], study)
    scenario = study.scenario.model_copy(update={"edits": (*study.scenario.edits, *edits)})
    after = study.gaps(scenario.edits, may_go_on=may_go_on)
    gained, backed, room = problem.instance.reached(chosen), None, None
    if problem.reach.backup > 1:
        backed = require_backup(study, after, problem.reach, gained)
    else:
        require_same(after, problem.reach, gained)
    if answer.travel_s is not None:
        require_times(after, problem.reach, answer.travel_s)
    season = problem.reach.seasons[-1]
    if problem.room is not None:
        room = WithRoom(
            problem.room, given(study, problem.before, kind, season), given(study, after, kind, season)
        )
        require_room(room.now, room.then, answer.solution.objective)
    table = site_table(
        found, problem.instance, answer, measures=ready.measures, edits=edits, reach=problem.reach,
        before=problem.before, after=after, counted=backed or room,
    )  # fmt: skip
    villages = village_changes(problem.before, after, kind, problem.reach.seasons)
    if backed is not None:
        villages = with_backup(villages, problem.reach, gained, problem.before, after)
    if room is not None:
        villages = people_with_room(villages, kind, after.demand, room)
    return Siting(ready, answer, after, scenario, table, villages, room)
