"""In which year: what is decided when, so that most people are reached over the years."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.errors import ConfigError, first_five
from geodata.layers import no_progress
from planner.coverage.show import area_in_words, html_table
from planner.ilp.jejaring import find_jejaring
from planner.ilp.stages import adoption_table, default_stages
from planner.progress import go_on
from planner.siting.cover.explain import explain
from planner.siting.objectives.problem import Answer
from planner.siting.plan import edits_of, require_same
from planner.siting.prepare import Prepared, prepare
from planner.siting.rollout.compare import Compared, compared_rollout
from planner.siting.rollout.instance import rollout_instance
from planner.siting.solution import Proof
from planner.siting.tables import site_table, staff_in_words, village_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.adoption import Adoption
    from geodata.layers import Progress
    from planner.coverage.study import Gaps, Study
    from planner.scenarios.edits import FacilityEdit
    from planner.scenarios.scenario import Scenario
    from planner.siting.ground.rules import SiteFacts
    from planner.siting.measures import Measures
    from planner.siting.plan_file import RolloutPlan
    from planner.siting.rollout.instance import RolloutInstance
    from planner.siting.solution import Solution


@dataclass(frozen=True)
class Rollout:
    """A plan over some years, and what it changes.

    Attributes
    ----------
    asked
        The years and what there is in each.
    ready
        The candidates, and the problem on them.
    compared
        The rollout, beside the greedy order and each year's independent optimum.
    answer
        The rollout as the plan of its last year: sites, alternatives; objective and bound in person-years.
    after
        The gaps of the last year, as the engine computes them.
    scenario
        The study's scenario with all edits.
    sites
        One row a site: see :func:`planner.siting.tables.site_table`, with ``year_decided``, ``year_works``.
    plan
        One row a year: ``units_decided``, ``units_working``, ``spent`` (units or rupiah), ``staff_employed``
        (text, new in this year), ``people_reached`` (of this year's people), ``people_added``,
        ``villages_served``, ``people_reached_alone`` (the best for this year alone) and its bound
        ``people_reached_bound``, ``people_reached_greedy``.
    villages, villages_by_year
        What changes in each village by the last year, and by each.
    waiting
        Puskesmas of which nobody knows when they have the stage: their units are not decided.
    """

    asked: RolloutPlan
    ready: Prepared
    compared: Compared
    answer: Answer
    after: Gaps
    scenario: Scenario
    sites: pd.DataFrame
    plan: pd.DataFrame
    villages: pd.DataFrame
    villages_by_year: dict[int, pd.DataFrame]
    waiting: tuple[str, ...]

    @property
    def kind(self) -> str:
        """For which facility kind."""
        return self.ready.kind

    @property
    def candidates(self) -> gpd.GeoDataFrame:
        """All places at which something could have been done."""
        return self.ready.candidates

    @property
    def before(self) -> Gaps:
        """The gaps without the plan."""
        return self.ready.problem.before

    @property
    def solution(self) -> Solution:
        """The sites decided; objective and bound are people reached, each year by its weight, added up."""
        return self.compared.best.solution

    @property
    def curve(self) -> pd.DataFrame:
        """The people reached by year, and each year's bound: ``year``, ``people_reached``, ``bound``."""
        table = self.plan[["people_reached", "people_reached_bound"]].reset_index()
        return table.set_axis(["year", "people_reached", "bound"], axis=1)

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
        """People newly within the limit in the last year, of today's people."""
        working = np.flatnonzero(self.compared.best.decided >= 0)
        return self.ready.problem.instance.people_reached(working)

    @property
    def without_yearly_cost(self) -> tuple[str, ...]:
        """Measures of the plan whose yearly cost nobody gave: it is not in ``spent``."""
        used = set(self.sites["measure"])
        return tuple(sorted(m for m in used if self.ready.measures[m].yearly_idr is None))

    @property
    def price_of_order(self) -> float:
        """By how much the years' independent optima, added up, are above the rollout: a share (0-1)."""
        weight = np.array([y.weight for y in self.asked.years])
        alone, ours = (float(weight @ self.plan[c]) for c in ("people_reached_alone", "people_reached"))
        return (alone - ours) / alone if alone else 0.0

    def __repr__(self) -> str:
        first, last = self.asked.years[0].year, self.asked.years[-1].year
        proof = "proven best" if self.solution.proof is Proof.OPTIMAL else f"gap {self.solution.gap:.2%}"
        return (
            f"Rollout of {len(self.sites)} × {self.kind} in {area_in_words(self.before.layers)}, "
            f"{first} to {last}: {self.people_added:,.0f} people more by {last}, {proof}"
        )

    def _repr_html_(self) -> str:
        columns = ["units_decided", "units_working", "people_added", "villages_served"]
        rows = self.plan[columns].round({"people_added": 0}).reset_index().to_numpy().tolist()
        return f"<b>{html.escape(repr(self))}</b>" + html_table(rows, ["year", *columns])


def rollout(
    study: Study,
    plan: RolloutPlan,
    *,
    measures: Measures | None = None,
    places: gpd.GeoDataFrame | None = None,
    exclude: gpd.GeoDataFrame | None = None,
    facts: SiteFacts | None = None,
    adoption: Sequence[Adoption] = (),
    may_go_on: Callable[[], None] = go_on,
    progress: Progress = no_progress,
) -> Rollout:
    """Return what is decided in which year so that most people are reached over the years.

    Parameters
    ----------
    study, measures, places, exclude, facts, may_go_on, progress
        As :func:`planner.siting.site.site` takes them.
    plan
        The years, as from :func:`planner.siting.plan_file.read_plan`.
    adoption
        The stage of ILP adoption of each puskesmas, where the plan waits for one.

    Raises
    ------
    ConfigError
        As :func:`planner.siting.site.site`; or the forced candidates cannot all be decided in these years.
    UnprovenError
        The engine does not find what the plan promised: our fault, and no plan.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.plan_file import RolloutPlan
    >>> years = ({"year": 2027, "units": 1}, {"year": 2028, "units": 1})
    >>> plan = RolloutPlan.model_validate({"kind": "posyandu", "years": years})
    >>> found = rollout(Study(demo_layers(12)), plan)
    >>> found.plan["units_working"].tolist(), str(found.solution.proof)
    ([1, 2], 'optimal')
    """
    ready = prepare(
        study, plan.kind, plan.ask(), measures=measures, places=places, exclude=exclude, facts=facts,
        may_go_on=may_go_on, progress=progress,
    )  # fmt: skip
    earliest, waiting = _earliest(ready, plan, adoption)
    instance = _instance(ready, plan, earliest)
    progress("solving")
    compared = compared_rollout(instance, seed=plan.seed, time_limit_s=plan.time_limit_s, may_go_on=may_go_on)
    best = compared.best
    if best.solution.proof is Proof.INFEASIBLE:
        msg = (
            f"the forced candidates {first_five(plan.forced)} cannot all be decided in these years: give "
            "more money, staff or years, or force fewer"
        )
        raise ConfigError(msg)
    progress("check")
    gaps, edits = _checked(study, ready, best.since, len(plan.years), may_go_on)
    tables = {
        y.year: village_changes(ready.problem.before, one, plan.kind)
        for y, one in zip(plan.years, gaps, strict=True)
    }
    return Rollout(
        plan, ready, compared, _answer(ready, compared), gaps[-1],
        study.scenario.model_copy(update={"edits": (*study.scenario.edits, *edits)}),
        _sites(ready, plan, compared, edits, gaps[-1]), _by_year(ready, plan, instance, compared, tables),
        tables[plan.years[-1].year], tables, waiting,
    )  # fmt: skip


def _earliest(
    ready: Prepared, plan: RolloutPlan, adoption: Sequence[Adoption]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the first year (from 0) in which each candidate may work, and the puskesmas not yet ready."""
    years, candidates = len(plan.years), ready.candidates
    if plan.after_stage is None:
        return np.zeros(len(candidates), np.int64), ()
    before, stages = ready.problem.before, default_stages()
    table = adoption_table(before.layers.facilities, adoption)
    strange = sorted(set(plan.after_stage.ready) - set(table.index))
    if strange:
        msg = (
            f"after_stage: {first_five(strange)} is no puskesmas of this area; "
            f"it has {first_five(table.index)}"
        )
        raise ConfigError(msg)
    needed = stages.keys.index(plan.after_stage.stage) + 1
    has = table["stage_number"].fillna(0).to_numpy(dtype=np.int64) >= needed
    first = dict.fromkeys(table.index[has], 0)
    for name, year in plan.after_stage.ready.items():
        first.setdefault(name, max(year - plan.years[0].year, 0))
    owner = find_jejaring(before).villages["puskesmas_id"].reindex(candidates["village_code"])
    owners = owner.fillna("").to_numpy(dtype=object)
    earliest = np.array([min(first.get(o, years), years) for o in owners], dtype=np.int64)
    return earliest, tuple(sorted(set(owners[earliest == years]) - {""} - set(first)))


def _instance(ready: Prepared, plan: RolloutPlan, earliest: NDArray[np.int64]) -> RolloutInstance:
    """Return the rollout on arrays."""
    measures = [ready.measures[m] for m in ready.candidates["measure"]]
    who = sorted({w for y in plan.years for w in y.staff})
    need = np.array([[float(m.staff.get(w, 0)) for m in measures] for w in who]).reshape(
        len(who), len(measures)
    )
    new = np.array([[float(y.staff.get(w, 0)) for y in plan.years] for w in who]).reshape(
        len(who), len(plan.years)
    )
    yearly = [float(m.yearly_idr or 0.0) if plan.counts_money else 0.0 for m in measures]
    return rollout_instance(
        ready.problem.instance, plan.budgets, yearly_cost=yearly, carry_over=plan.carry_over,
        staff=(need, new), lead_years=[float(m.lead_years) for m in measures], earliest=earliest,
        weight=[y.weight for y in plan.years], people_factor=[y.people_factor for y in plan.years],
    )  # fmt: skip


def _checked(
    study: Study, ready: Prepared, since: NDArray[np.int64], years: int, may_go_on: Callable[[], None]
) -> tuple[list[Gaps], tuple[FacilityEdit, ...]]:
    """Return the gaps of each year, held against what was promised, and the edits of the last."""
    chosen = np.flatnonzero(since < years)
    edits = edits_of(ready.candidates.iloc[chosen], study)
    problem = ready.problem
    gaps: list[Gaps] = []
    for year in range(years):
        working = since[chosen] <= year
        if year and not (since[chosen] == year).any():
            gaps.append(gaps[-1])
            continue
        some = tuple(e for e, works in zip(edits, working.tolist(), strict=True) if works)
        one = study.gaps((*study.scenario.edits, *some), may_go_on=may_go_on)
        require_same(one, problem.reach, problem.instance.reached(chosen[working]))
        gaps.append(one)
    return gaps, edits


def _answer(ready: Prepared, compared: Compared) -> Answer:
    """Return the rollout as a plan of its last year."""
    found, instance = compared.best.solution, ready.problem.instance
    why = explain(instance, found.chosen)
    others = dict(zip(why.site.tolist(), why.stand_ins, strict=True))
    return Answer(found, "person_years", pd.DataFrame(), others)


def _sites(
    ready: Prepared, plan: RolloutPlan, compared: Compared, edits: Sequence[FacilityEdit], after: Gaps
) -> pd.DataFrame:
    """Return the sites by the year in which they work, in each year those first that add most people."""
    best = compared.best
    table = site_table(
        ready.candidates, ready.problem.instance, _answer(ready, compared), measures=ready.measures,
        edits=edits, reach=ready.problem.reach, after=after,
    )  # fmt: skip
    row = ready.candidates.index.get_indexer(table.index)
    first = plan.years[0].year
    table.insert(1, "year_decided", first + best.decided[row])
    table.insert(2, "year_works", first + best.since[row])
    table = table.sort_values(["year_works", "year_decided", "order"])
    table["order"] = np.arange(1, len(table) + 1)
    return table


def _by_year(
    ready: Prepared,
    plan: RolloutPlan,
    instance: RolloutInstance,
    compared: Compared,
    tables: dict[int, pd.DataFrame],
) -> pd.DataFrame:
    """Return what is spent and reached in each year."""
    best, problem = compared.best, ready.problem
    everyone = problem.before.demand["people"].fillna(0.0).to_numpy(dtype=np.float64)
    today = float(everyone[problem.reach.already].sum())
    factor = np.array([y.people_factor for y in plan.years])
    added = instance.people_by_year(best.decided)
    rows = []
    for t, year in enumerate(plan.years):
        alone = instance.people_by_year(compared.alone[t])[t]
        greedy = np.nan if compared.greedy is None else instance.people_by_year(compared.greedy)[t]
        status = tables[year.year][f"{ready.kind}_status"]
        rows.append(
            {
                "year": year.year,
                "units_decided": int((best.decided == t).sum()),
                "units_working": int((best.since <= t).sum()),
                "spent": _spent(ready, plan, best.decided, best.since, t),
                "staff_employed": staff_in_words(_staff(ready, best.since == t)),
                "people_reached": today * factor[t] + added[t],
                "people_added": added[t],
                "villages_served": int((status == "served").sum()),
                "people_reached_alone": today * factor[t] + alone,
                "people_reached_bound": today * factor[t] + compared.alone_bound[t],
                "people_reached_greedy": today * factor[t] + greedy,
            }
        )
    return pd.DataFrame(rows).set_index("year")


def _spent(
    ready: Prepared, plan: RolloutPlan, decided: NDArray[np.int64], since: NDArray[np.int64], t: int
) -> float:
    """Return first costs of what is decided in a year, and yearly costs of what works."""
    first = float(ready.problem.instance.cost[decided == t].sum())
    if not plan.counts_money:
        return first
    yearly = [ready.measures[m].yearly_idr or 0.0 for m in ready.candidates["measure"][since <= t]]
    return first + float(sum(yearly))


def _staff(ready: Prepared, rows: NDArray[np.bool_]) -> dict[str, int]:
    """Return the staff of some candidates, by profession."""
    total: dict[str, int] = {}
    for name in ready.candidates["measure"][rows]:
        for who, n in ready.measures[name].staff.items():
            total[who] = total.get(who, 0) + n
    return total
