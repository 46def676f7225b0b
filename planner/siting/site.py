"""Where next: the sites that reach most people for what there is, checked by the engine of the gaps."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError, suggest
from geodata.layers import no_progress
from planner.coverage.show import area_in_words, html_table
from planner.progress import go_on
from planner.siting.ask import Objective
from planner.siting.candidates import find_candidates
from planner.siting.cover.instance import CoverInstance, instance_of_lists
from planner.siting.ground.mobile import reached_stops
from planner.siting.measures import Measures, default_measures
from planner.siting.objectives.choices import after_earlier, cost_of_choices
from planner.siting.objectives.problem import Answer, Problem
from planner.siting.objectives.solve import solve
from planner.siting.plan import edits_of, require_same, require_times
from planner.siting.reach import Reach, find_reach
from planner.siting.rules import barred, conflicts
from planner.siting.solution import Proof, Solution
from planner.siting.tables import site_table, village_changes
from planner.siting.times import find_times

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from geodata.layers import Progress
    from planner.coverage.study import Gaps, Study
    from planner.scenarios.scenario import Scenario
    from planner.siting.ask import Ask
    from planner.siting.ground.rules import SiteFacts


@dataclass(frozen=True)
class Siting:
    """A plan, and what it changes.

    Attributes
    ----------
    kind
        For which facility kind.
    candidates
        All places at which something could have been done.
    given
        The measures (with the seasons in which mobile stops are served), places, excluded areas and facts
        from which the candidates come.
    problem
        What was asked, the gaps without the plan, and whom each candidate would reach.
    answer
        The plan as it was solved: the chosen rows of ``candidates``, objective and bound, curve.
    after
        The gaps with the plan, as the engine computes them.
    scenario
        The study's scenario with the plan's edits.
    sites, villages
        Tables: see :mod:`planner.siting.tables`.
    """

    kind: str
    candidates: gpd.GeoDataFrame
    given: tuple[object, ...]
    problem: Problem
    answer: Answer
    after: Gaps
    scenario: Scenario
    sites: pd.DataFrame
    villages: pd.DataFrame

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

    def is_of(self, before: Gaps, kind: str, given: tuple[object, ...]) -> bool:
        """Return whether the plan's candidates are those of a study's gaps, a kind and what is given."""
        measures, *frames = zip(self.given, given, strict=True)
        return (
            self.kind == kind
            and measures[0] == measures[1]
            and all(a is b for a, b in frames)
            and self.before.layers is before.layers
            and self.before.scenario == before.scenario
        )

    @property
    def can_cost_choices(self) -> bool:
        """Whether places were forced or forbidden, and it is known how to say what each costs."""
        ask = self.ask
        asked = bool(ask.forced or ask.forbidden)
        return asked and ask.objective == Objective.PEOPLE and ask.target is None and not ask.floors

    def cost_of_choices(self, *, most_s: float = 5.0) -> pd.DataFrame:
        """Return what each forced and each forbidden candidate costs, at least and at most."""
        return cost_of_choices(self.problem, self.answer, self.candidates.index, most_s=most_s)

    @property
    def as_if_none(self) -> bool:
        """Whether no list of the kind was given, so that units may be there of which nobody told."""
        return self.kind in self.before.layers.area.assumed_empty

    @property
    def list_doubt(self) -> str | None:
        """Why the list of the kind is not taken as complete, a key of ``planner.coverage.extent.WHY``."""
        return self.before.extent.why.get(self.kind)

    @property
    def people_added(self) -> float:
        """People newly within the limit, of the villages whose people are known."""
        return self.instance.people_reached(self.solution.chosen)

    def __repr__(self) -> str:
        solution, n = self.solution, len(self.sites)
        proof = "proven best" if solution.proof is Proof.OPTIMAL else f"gap {solution.gap:.2%}"
        return (
            f"Siting of {n} × {self.kind} in {area_in_words(self.before.layers)}: "
            f"{self.people_added:,.0f} people more, {proof}"
        )

    def _repr_html_(self) -> str:
        columns = ["measure", "village_name", "district_name", "people_added", "villages_added"]
        rows = self.sites[columns].round({"people_added": 0}).to_numpy().tolist()
        return f"<b>{html.escape(repr(self))}</b>" + html_table(rows, columns)


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
    >>> bool(np.isclose((table - before).sum(), plan.people_added))
    True
    """
    measures = default_measures() if measures is None else measures
    if measures.roads:
        names = ", ".join(measures.roads)
        msg = f"road measures ({names}) need a plan for each choice of them: see site_with_roads"
        raise ConfigError(msg)
    chosen_measures = measures.of_kind(kind)
    if not chosen_measures:
        msg = f"no measure leads to a {kind}: name one in the measures file"
        raise ConfigError(msg)
    seasons = (study.scenario.season,) if ask.seasons is None else ask.seasons
    # Which mobile stops can be served depends on the seasons too.
    served_in = {s for s in seasons if any(one.op == "mobile" for one in chosen_measures.values())}
    given = ((chosen_measures, served_in), places, exclude, facts)
    before = study.gaps(may_go_on=may_go_on)
    if earlier is None or not earlier.is_of(before, kind, given):
        progress("candidates")
        # As the scenario leaves them: it may have closed, moved or opened units.
        found = find_candidates(
            before.layers, study.demand, chosen_measures, places=places, exclude=exclude, facts=facts
        )
        found = reached_stops(study, found, chosen_measures, seasons)
    else:
        found = earlier.candidates
    if earlier is not None and found is earlier.candidates and set(seasons) == set(earlier.reach.seasons):
        reach = earlier.reach
    else:
        reach = find_reach(study, kind, found, seasons=seasons, may_go_on=may_go_on, progress=progress)
    problem = _problem(study, found, reach, ask, may_go_on, progress)
    if earlier is not None and found is earlier.candidates:
        problem = after_earlier(problem, earlier.problem, earlier.solution)
    progress("solving")
    answer = solve(problem)
    progress("check")
    chosen = answer.solution.chosen
    edits = edits_of(found.iloc[chosen], study)
    scenario = study.scenario.model_copy(update={"edits": (*study.scenario.edits, *edits)})
    after = study.gaps(scenario.edits, may_go_on=may_go_on)
    require_same(after, reach, problem.instance.reached(chosen))
    if answer.travel_s is not None:
        require_times(after, reach, answer.travel_s)
    table = site_table(
        found, problem.instance, answer, measures=chosen_measures, edits=edits, reach=reach, after=after
    )
    villages = village_changes(before, after, kind)
    return Siting(kind, found, given, problem, answer, after, scenario, table, villages)


def _problem(
    study: Study,
    candidates: gpd.GeoDataFrame,
    reach: Reach,
    ask: Ask,
    may_go_on: Callable[[], None],
    progress: Progress,
) -> Problem:
    """Return what is to be solved, with the times to the candidates where these count beyond the limit."""
    before = study.gaps(may_go_on=may_go_on)
    instance, times = _instance(before, candidates, reach, ask), None
    if ask.is_timed or ask.gradual_minutes is not None:
        most_s = np.inf if ask.gradual_minutes is None else 60.0 * ask.gradual_minutes
        times = find_times(
            study, reach.kind, candidates, reach.seasons[0], most_s=most_s, may_go_on=may_go_on,
            progress=progress,
        )  # fmt: skip
    return Problem(before, ask, reach, instance, times, may_go_on)


def _instance(before: Gaps, candidates: gpd.GeoDataFrame, reach: Reach, ask: Ask) -> CoverInstance:
    """Return the covering problem: people of unknown number weigh nothing."""
    for name in (*ask.forced, *ask.forbidden):
        if name not in candidates.index:
            msg = f"there is no candidate {name!r}." + suggest(name, candidates.index[:2000])
            raise ConfigError(msg)
    cost = np.ones(len(candidates))
    if ask.counts_money:
        cost = candidates["cost_idr"].to_numpy(dtype=np.float64)
        if np.isnan(cost).any():
            without = ", ".join(sorted(set(candidates["measure"][np.isnan(cost)])))
            msg = f"no cost is given for {without}: write cost_idr in a measures file, or plan by units"
            raise ConfigError(msg)
    people = before.demand["people"].fillna(0.0).to_numpy(dtype=np.float64)
    return instance_of_lists(
        people, reach.by_candidate, cost=cost,
        forced=candidates.index.isin(ask.forced), forbidden=barred(candidates, before, reach.kind, ask),
        conflicts=conflicts(candidates, ask),
    )  # fmt: skip
