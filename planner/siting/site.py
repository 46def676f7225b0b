"""Where next: the sites that reach most people for what there is, checked by the engine of the gaps."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError, counted, suggest
from geodata.layers import no_progress
from planner.coverage.show import area_in_words, html_table
from planner.progress import go_on
from planner.siting.candidates import find_candidates
from planner.siting.cover.covering import most_people
from planner.siting.cover.curve import cover_curve
from planner.siting.cover.fewest import fewest_units
from planner.siting.cover.instance import CoverInstance, conflicts_of, instance_of_lists
from planner.siting.measures import Measures, default_measures
from planner.siting.plan import edits_of, require_same
from planner.siting.reach import Reach, find_reach
from planner.siting.solution import Proof, Solution
from planner.siting.tables import site_table, village_changes

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from geodata.layers import Progress
    from planner.coverage.study import Gaps, Study
    from planner.scenarios.scenario import Scenario
    from planner.siting.ask import Ask


@dataclass(frozen=True)
class Siting:
    """A plan, and what it changes.

    Attributes
    ----------
    kind, ask
        For which kind, and what was asked.
    candidates
        All places at which something could have been done.
    reach, instance
        Whom each would reach.
    solution
        The chosen rows of ``candidates``; objective and bound in people, or in units where a share was asked.
    before, after
        The gaps without and with the plan, as the engine computes them.
    scenario
        The study's scenario with the plan's edits.
    sites, curve, villages
        Tables: see :mod:`planner.siting.tables` and :func:`planner.siting.cover.curve.cover_curve`.
    """

    kind: str
    ask: Ask
    candidates: gpd.GeoDataFrame
    reach: Reach
    instance: CoverInstance
    solution: Solution
    before: Gaps
    after: Gaps
    scenario: Scenario
    sites: pd.DataFrame
    curve: pd.DataFrame
    villages: pd.DataFrame

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


def site(
    study: Study,
    kind: str,
    ask: Ask,
    *,
    measures: Measures | None = None,
    places: gpd.GeoDataFrame | None = None,
    exclude: gpd.GeoDataFrame | None = None,
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
        Candidate places in place of those where people live, and areas without any: see
        :func:`planner.siting.candidates.find_candidates`.
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
    chosen_measures = (default_measures() if measures is None else measures).of_kind(kind)
    if not chosen_measures:
        msg = f"no measure leads to a {kind}: name one in the measures file"
        raise ConfigError(msg)
    progress("candidates")
    candidates = find_candidates(study.layers, study.demand, chosen_measures, places=places, exclude=exclude)
    reach = find_reach(study, kind, candidates, seasons=ask.seasons, may_go_on=may_go_on, progress=progress)
    instance = _instance(study, candidates, reach, ask)
    progress("solving")
    solution = _solve(study, instance, reach, ask, may_go_on)
    progress("check")
    edits = edits_of(candidates.iloc[solution.chosen], study)
    scenario = study.scenario.model_copy(update={"edits": (*study.scenario.edits, *edits)})
    before, after = study.gaps(may_go_on=may_go_on), study.gaps(scenario.edits, may_go_on=may_go_on)
    require_same(after, reach, instance.reached(solution.chosen))
    most = float(len(solution.chosen) * 2) if ask.budget_idr is None else 2 * ask.budget_idr
    spent = ask.budget_idr if ask.budget_idr is not None else float(len(solution.chosen))
    known = None if ask.target is not None else (spent if ask.units is None else float(ask.units), solution)
    curve = cover_curve(instance, most, solved=known, may_go_on=may_go_on)
    villages = village_changes(before, after, kind)
    table = site_table(
        candidates, instance, solution, measures=chosen_measures, edits=edits, reach=reach, after=after
    )
    return Siting(
        kind, ask, candidates, reach, instance, solution, before, after, scenario, table, curve, villages
    )


def _instance(study: Study, candidates: gpd.GeoDataFrame, reach: Reach, ask: Ask) -> CoverInstance:
    """Return the covering problem: people of unknown number weigh nothing."""
    for name in (*ask.forced, *ask.forbidden):
        if name not in candidates.index:
            msg = f"there is no candidate {name!r}." + suggest(name, candidates.index[:2000])
            raise ConfigError(msg)
    cost = np.ones(len(candidates))
    if ask.budget_idr is not None:
        cost = candidates["cost_idr"].to_numpy(dtype=np.float64)
        if np.isnan(cost).any():
            without = ", ".join(sorted(set(candidates["measure"][np.isnan(cost)])))
            msg = f"no cost is given for {without}: write cost_idr in a measures file, or plan by units"
            raise ConfigError(msg)
    people = study.demand["people"].fillna(0.0).to_numpy(dtype=np.float64)
    here = candidates.groupby(["lon", "lat"]).ngroup().to_numpy()
    return instance_of_lists(
        people, reach.by_candidate, cost=cost,
        forced=candidates.index.isin(ask.forced), forbidden=candidates.index.isin(ask.forbidden),
        conflicts=conflicts_of(here),
    )  # fmt: skip


def _solve(
    study: Study, instance: CoverInstance, reach: Reach, ask: Ask, may_go_on: Callable[[], None]
) -> Solution:
    if ask.target is None:
        budget = float(ask.units) if ask.units is not None else float(ask.budget_idr or 0.0)
        found = most_people(
            instance, budget, seed=ask.seed, time_limit_s=ask.time_limit_s, may_go_on=may_go_on
        )
        if found.proof is Proof.INFEASIBLE:
            msg = "the forced candidates alone cost more than there is: raise it, or force fewer"
            raise ConfigError(msg)
        return found
    people = study.demand["people"].to_numpy(dtype=np.float64)
    total, already = np.nansum(people), np.nansum(people[reach.already])
    wanted = ask.target * total - already
    found = fewest_units(
        instance, max(wanted, 0.0), seed=ask.seed, time_limit_s=ask.time_limit_s, may_go_on=may_go_on
    )
    if found.proof is Proof.INFEASIBLE:
        raise ConfigError(_out_of_reach(study, instance, reach, ask.target, total))
    return found


def _out_of_reach(study: Study, instance: CoverInstance, reach: Reach, target: float, total: float) -> str:
    """Return which villages no candidate reaches, where a share cannot be met."""
    never = ~reach.already & ~instance.reached(~instance.forbidden)
    demand = study.demand[never]
    lost = demand["people"].groupby(demand["village_code"]).sum().sort_values(ascending=False)
    best = 1.0 - lost.sum() / total
    names = study.layers.villages["village_name"]
    worst = ", ".join(f"{names[c]} ({c}: {n:,.0f} people)" for c, n in lost.head(5).items() if n > 0)
    villages = counted(int((lost > 0).sum()), "village has", "villages have")
    return (
        f"target {target:.1%}: all candidates together reach {best:.2%}. {villages} "
        f"people whom no candidate reaches in time, most in {worst}. Ask for less, give candidate places "
        "there, or mend the roads first"
    )
