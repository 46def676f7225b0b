"""In which year: what is decided when, so that most people are reached over the years."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.arguments import require_a
from geodata.errors import ConfigError, counted, first_five, suggest
from geodata.handed import hands_out_copies
from geodata.layers import no_progress
from geodata.shown import html_table
from planner.coverage.show import area_in_words
from planner.coverage.study import require_study
from planner.progress import go_on
from planner.siting.plan import edits_of, require_same
from planner.siting.plan_file import RolloutPlan
from planner.siting.prepare import Prepared, prepare
from planner.siting.rollout.compare import Compared, compared_rollout
from planner.siting.rollout.instance import rollout_instance
from planner.siting.solution import Proof
from planner.siting.tables import village_changes, without_yearly_cost
from planner.siting.years_tables import rollout_answer, rollout_sites, served_since, year_table
from planner.supply.jejaring import find_jejaring
from planner.supply.stages import adoption_table, default_stages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.adoption import Adoption
    from geodata.layers import Progress
    from planner.coverage.study import Gaps, Study
    from planner.scenarios.edits import FacilityEdit
    from planner.scenarios.scenario import Scenario
    from planner.siting.ask import Ask
    from planner.siting.ground.rules import SiteFacts
    from planner.siting.measures import Measures
    from planner.siting.objectives.problem import BestPlan
    from planner.siting.rollout.instance import RolloutInstance
    from planner.siting.solution import Solution


@hands_out_copies
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
        One row a year: see :func:`planner.siting.years_tables.year_table`.
    villages, villages_by_year
        What changes in each village by the last year (with ``K_served_since``, the first year of those newly
        served), and by each.
    waiting
        Index ``facility_id``: the puskesmas whose units are not decided in these years: ``name``, ``stage``
        (today), ``why`` (``no_year``: nobody knows when it has the stage; ``too_late``: after the last year),
        ``candidates`` (how many would be theirs).
    without_puskesmas
        Candidates of which nobody knows the puskesmas, where a plan waits for one: none is decided.
    """

    asked: RolloutPlan
    ready: Prepared
    compared: Compared
    answer: BestPlan
    after: Gaps
    scenario: Scenario
    sites: pd.DataFrame
    plan: pd.DataFrame
    villages: pd.DataFrame
    villages_by_year: dict[int, pd.DataFrame]
    waiting: pd.DataFrame
    without_puskesmas: int

    @property
    def ask(self) -> Ask:
        """What was asked of all years together."""
        return self.ready.problem.ask

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
        """Why the list of the kind is not taken as complete, a key of ``known.extent.WHY``."""
        return self.before.extent.why.get(self.kind)

    @property
    def people_added(self) -> float:
        """People newly within the limit in the last year, of that year's people (``people_factor``)."""
        return float(self.plan["people_added"].iloc[-1])

    @property
    def without_yearly_cost(self) -> tuple[str, ...]:
        """Measures of the plan whose yearly cost nobody gave: it is not in ``spent``."""
        return without_yearly_cost(self.sites)

    @property
    def staff_not_limited(self) -> tuple[str, ...]:
        """Professions that the sites need and of which no year gives a number: they limit nothing."""
        needed = {who for m in self.sites["measure"] for who in self.ready.measures[m].staff}
        return tuple(sorted(needed - {who for year in self.asked.years for who in year.staff}))

    @property
    def price_of_order(self) -> float:
        """How many more people the years' independent optima add, by weight: a share (0-1) of these."""
        weight = np.array([y.weight for y in self.asked.years])
        ours = self.plan["people_added"]
        alone = self.plan["people_reached_alone"] - self.plan["people_reached"] + ours
        most = float(weight @ alone)
        return (most - float(weight @ ours)) / most if most else 0.0

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
    require_study(study)
    require_a(plan, RolloutPlan, "plan", "what read_plan(file) reads")
    ready = prepare(
        study, plan.kind, plan.ask(), measures=measures, places=places, exclude=exclude, facts=facts,
        may_go_on=may_go_on, progress=progress,
    )  # fmt: skip
    earliest, waiting, nowhere = _earliest(ready, plan, adoption)
    instance = _instance(ready, plan, earliest)
    barred_all = bool(ready.problem.instance.forbidden.all())
    never = not barred_all and bool((instance.works == instance.years).all())
    if plan.after_stage is None and not plan.forced and never:
        # What has no place cannot work in any year.
        placed = set(ready.candidates["measure"][~ready.problem.instance.forbidden])
        there = {name: one.lead_years for name, one in ready.measures.items() if name in placed}
        leads = ", ".join(f"{name} {lead:g}" for name, lead in there.items())
        nowhere_to = ", ".join(name for name in ready.measures if name not in there)
        beside = f" ({nowhere_to}: no candidate)" if nowhere_to else ""
        years = counted(len(plan.years), "year")
        msg = f"nothing can work in {years}: lead times in years are {leads}{beside}. Give more years"
        least = min(there.values())
        raise ConfigError(msg, why="too_few_years", years=len(plan.years), least=least)
    progress("solving")
    compared = compared_rollout(instance, seed=plan.seed, time_limit_s=plan.time_limit_s, may_go_on=may_go_on)
    best = compared.best
    if best.solution.proof is Proof.INFEASIBLE:
        raise _no_plan(ready, plan, instance)
    progress("check")
    gaps, edits = _checked(study, ready, best.since, len(plan.years), may_go_on)
    tables = {
        y.year: village_changes(ready.problem.before, one, plan.kind, ready.problem.reach.seasons)
        for y, one in zip(plan.years, gaps, strict=True)
    }
    return Rollout(
        plan, ready, compared, rollout_answer(instance, compared), gaps[-1],
        study.scenario.model_copy(update={"edits": (*study.scenario.edits, *edits)}),
        rollout_sites(ready, plan, instance, compared, edits, gaps[-1]),
        year_table(ready, plan, instance, compared, tables), served_since(tables, plan.kind), tables, waiting,
        nowhere,
    )  # fmt: skip


def _no_plan(ready: Prepared, plan: RolloutPlan, instance: RolloutInstance) -> ConfigError:
    """Return why there is no rollout."""
    never = instance.cover.forced & (instance.works == instance.years).all(axis=1)
    if never.any():
        names = first_five(ready.candidates.index[never])
        msg = f"forced candidates cannot work in any of these years (lead time, or stage): {names}"
        return ConfigError(msg, why="forced_too_late")
    msg = (
        f"the forced candidates {first_five(plan.forced)} cannot all be decided in these years, or no way "
        f"was found in {plan.time_limit_s:g} s: give more money, staff or years, or force fewer"
    )
    return ConfigError(msg, why="forced_not_in_years")


def _earliest(
    ready: Prepared, plan: RolloutPlan, adoption: Sequence[Adoption]
) -> tuple[NDArray[np.int64], pd.DataFrame, int]:
    """Return the first year (from 0) of each candidate, the puskesmas that wait, and how many have none."""
    before, stages, years = ready.problem.before, default_stages(), len(plan.years)
    table = adoption_table(before.layers.facilities, adoption)
    facts = table[["name", "stage"]]
    if plan.after_stage is None:
        return np.zeros(len(ready.candidates), np.int64), facts.iloc[:0].assign(why="", candidates=0), 0
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
    owners = _owners(ready.candidates, before)
    earliest = np.array([min(first.get(o, years), years) for o in owners], dtype=np.int64)
    late = pd.Series([first.get(name, np.inf) for name in table.index], index=table.index)
    waiting = facts.assign(
        why=np.where(np.isinf(late), "no_year", "too_late"),
        candidates=pd.Series(owners).value_counts().reindex(table.index).fillna(0).astype(np.int64),
    )
    return earliest, waiting[late >= years], int((owners == "").sum())


def _owners(candidates: gpd.GeoDataFrame, before: Gaps) -> NDArray[np.object_]:
    """Return the puskesmas of each candidate, "" for none: a unit's own, else that of its village."""
    network = find_jejaring(before)
    village = network.villages["puskesmas_id"].reindex(candidates["village_code"])
    unit = network.units["puskesmas_id"].reindex(candidates["facility_id"])
    own = unit.notna().to_numpy()
    owners = np.where(own, unit.to_numpy(dtype=object), village.fillna("").to_numpy(dtype=object))
    return np.asarray(owners, dtype=object)


def _instance(ready: Prepared, plan: RolloutPlan, earliest: NDArray[np.int64]) -> RolloutInstance:
    """Return the rollout on arrays."""
    measures = [ready.measures[m] for m in ready.candidates["measure"]]
    who = sorted({w for y in plan.years for w in y.staff})
    known = sorted({w for m in ready.measures.values() for w in m.staff})
    for name in who:
        if name not in known:
            hint = suggest(name, known).replace("The file has", "They need")
            msg = f"staff: no measure for a {plan.kind} needs any {name}.{hint}"
            raise ConfigError(msg)
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
