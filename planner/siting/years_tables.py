"""The tables of a rollout: its sites with their years, what each year has and reaches, its villages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.siting.cover.explain import explain
from planner.siting.objectives.problem import BestPlan
from planner.siting.stand_ins import STAND_INS
from planner.siting.tables import site_table, staff_in_words
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.scenarios.edits import FacilityEdit
    from planner.siting.plan_file import RolloutPlan
    from planner.siting.prepare import Prepared
    from planner.siting.rollout.compare import Compared
    from planner.siting.rollout.instance import RolloutInstance

# So many stand-ins of a site are looked at: few keep the rules of its year.
LOOKED_AT = 50


def rollout_answer(
    instance: RolloutInstance, compared: Compared, xy: NDArray[np.float64] | None = None
) -> BestPlan:
    """Return the rollout as a plan of its last year, with what could stand in for each site in its year.

    Parameters
    ----------
    instance, compared
        The problem, and its solution. What a stand-in costs is of the last year, with the people of today.
    xy
        float64 ``(candidates, 2)``, metres: of stand-ins that lose as many the nearest comes first.

    Examples
    --------
    >>> from planner.siting.rollout.compare import compared_rollout
    >>> from planner.siting.rollout.instance import one_cover, rollout_instance
    >>> two = rollout_instance(one_cover(), [1.0, 1.0])
    >>> answer = rollout_answer(two, compared_rollout(two))
    >>> answer.unit, answer.solution.chosen.tolist()
    ('person_years', [0, 1])
    """
    best = compared.best
    found = best.solution
    why = explain(instance.cover, found.chosen, most=LOOKED_AT, xy=xy)
    others = {
        j: tuple((k, lost) for k, lost in near if _could_stand_in(instance, k, j, int(best.decided[j])))
        for j, near in zip(why.site.tolist(), why.stand_ins, strict=True)
    }
    others = {j: near[:STAND_INS] for j, near in others.items()}
    return BestPlan(found, "person_years", pd.DataFrame(), others)


def _could_stand_in(instance: RolloutInstance, other: int, site: int, year: int) -> bool:
    """Return whether another site can be decided in a site's year, working no later, for no more."""
    return bool(
        instance.works[other, year] <= instance.works[site, year]
        and (instance.use[other, year] <= instance.use[site, year]).all()
    )


def rollout_sites(
    ready: Prepared, plan: RolloutPlan, instance: RolloutInstance, compared: Compared,
    edits: Sequence[FacilityEdit], after: Gaps,
) -> pd.DataFrame:  # fmt: skip
    """Return the sites by the year in which they work, in each year those first that add most people.

    Parameters
    ----------
    ready, plan, instance, compared, after
        As a :class:`planner.siting.years.Rollout` holds them.
    edits
        Of the chosen candidates, in their order.

    Returns
    -------
    table
        As :func:`planner.siting.tables.site_table`, with ``year_decided`` and ``year_works``. What a site
        adds is to those that work before it, with the people of today.
    """
    best, problem = compared.best, ready.problem
    answer = rollout_answer(instance, compared, problem.xy)
    table = site_table(
        ready.candidates, problem.instance, answer, measures=ready.measures,
        edits=edits, reach=problem.reach, before=problem.before, after=after,
        steps=[np.flatnonzero(best.since == t) for t in range(len(plan.years))],
    )  # fmt: skip
    row = ready.candidates.index.get_indexer(table.index)
    first = plan.years[0].year
    table.insert(1, "year_decided", first + best.decided[row])
    table.insert(2, "year_works", first + best.since[row])
    return table


def year_table(
    ready: Prepared,
    plan: RolloutPlan,
    instance: RolloutInstance,
    compared: Compared,
    tables: dict[int, pd.DataFrame],
) -> pd.DataFrame:
    """Return one row a year: what there is, what is spent, and whom it reaches beside other orders.

    Parameters
    ----------
    ready, plan, instance, compared, tables
        As a :class:`planner.siting.years.Rollout` holds them.

    Returns
    -------
    table
        Index ``year``; ``people_factor`` (this year's people are so many times those of today, who are in
        all other tables), ``units_decided``, ``units_working``; ``budget``, ``spent`` (units or rupiah) and
        ``left`` (it lapses, or is spent later where the plan carries over); ``staff_employed`` and
        ``staff_free`` (text: new in this year, and there but not employed); ``people_reached`` (of this
        year's people), ``people_added``, ``villages_served``, ``people_reached_alone`` (the best for this
        year alone) and its bound ``people_reached_bound``, ``people_reached_greedy`` (NaN where the greedy
        order finds no place for what is forced).
    """
    best, problem = compared.best, ready.problem
    everyone = counted_people(problem.before.demand)
    today = float(everyone[problem.reach.already].sum())
    factor = np.array([y.people_factor for y in plan.years])
    added = instance.people_by_year(best.decided)
    spent = np.array([_spent(ready, plan, best.decided, best.since, t) for t in range(instance.years)])
    left = np.array(plan.budgets) - spent
    left = np.cumsum(left) if plan.carry_over else left
    rows = []
    for t, year in enumerate(plan.years):
        alone = instance.people_by_year(compared.alone[t])[t]
        greedy = np.nan if compared.greedy is None else instance.people_by_year(compared.greedy)[t]
        status = tables[year.year][f"{ready.kind}_status"]
        rows.append(
            {
                "year": year.year,
                "people_factor": year.people_factor,
                "units_decided": int((best.decided == t).sum()),
                "units_working": int((best.since <= t).sum()),
                "budget": plan.budgets[t],
                "spent": spent[t],
                "left": left[t],
                "staff_employed": staff_in_words(_staff(ready, best.since == t)),
                "staff_free": staff_in_words(_free(ready, plan, best.since, t)),
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


def _free(ready: Prepared, plan: RolloutPlan, since: NDArray[np.int64], t: int) -> dict[str, int]:
    """Return those of each profession who are there by a year and not employed."""
    total: dict[str, int] = {}
    for year in plan.years[: t + 1]:
        for who, n in year.staff.items():
            total[who] = total.get(who, 0) + n
    employed = _staff(ready, since <= t)
    free = {who: n - employed.get(who, 0) for who, n in total.items()}
    return {who: n for who, n in free.items() if n}


def served_since(tables: dict[int, pd.DataFrame], kind: str) -> pd.DataFrame:
    """Return the villages of the last year, with the first year of those that are newly served.

    Parameters
    ----------
    tables
        The villages by year, as :func:`planner.siting.tables.village_changes` gives them.
    kind
        K.

    Returns
    -------
    table
        The last one, and ``K_served_since`` (Int64: a year; missing for villages that are served today, and
        for those that never are).
    """
    table = tables[max(tables)].copy()
    since = pd.Series(pd.NA, index=table.index, dtype="Int64")
    for year in sorted(tables, reverse=True):
        since[tables[year][f"{kind}_status"] == "served"] = year
    since[table[f"{kind}_status_before"] == "served"] = pd.NA
    table[f"{kind}_served_since"] = since
    return table
