"""The tables of a robust plan: its sites, its villages, its draws, and the plans side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.coverage.reach import status_of, unplaced
from planner.siting.solution import Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.siting.robust.instance import DrawInstance
    from planner.siting.site import Siting
    from planner.siting.solution import Solution
    from planner.siting.uncertainty import Draws

    Chosen = Mapping[str, NDArray[np.int64]]


def site_frequency(plan: Siting, chosen: Chosen, alone: Sequence[Solution]) -> pd.DataFrame:
    """Return one row a site that some plan holds, the most often chosen first.

    Parameters
    ----------
    plan
        The nominal plan.
    chosen
        Sites by plan (``today``, ``nominal``, ``expected``, ``worst_case``): int64 ``(chosen,)``,
        numbers of candidates.
    alone
        The best plan of each draw by itself.

    Returns
    -------
    table
        Index ``candidate_id``; ``measure``, ``facility_id`` ("" for a new unit), ``name``, ``village_code``,
        ``village_name``, ``district_name``, ``lon``, ``lat``; ``chosen_alone``, the share of the draws (0-1)
        whose own best plan holds it; ``in_nominal``, ``in_expected``, ``in_worst_case`` (bool).
    """
    number = len(plan.candidates)
    often = np.zeros(number, np.int64)
    for solution in alone:
        often[solution.chosen] += 1
    inside = {name: np.isin(np.arange(number), sites) for name, sites in chosen.items() if name != "today"}
    some = np.flatnonzero(np.logical_or.reduce([often > 0, *inside.values()]))
    rows, villages = plan.candidates.iloc[some], plan.before.layers.villages
    code = rows["village_code"]
    table = pd.DataFrame(
        {
            **{c: rows[c] for c in ("measure", "facility_id", "name", "village_code")},
            **{c: villages[c].reindex(code).fillna("").to_numpy() for c in ("village_name", "district_name")},
            **{c: rows[c] for c in ("lon", "lat")},
            "chosen_alone": often[some] / len(alone),
            **{f"in_{name}": marks[some] for name, marks in inside.items()},
        },
        index=rows.index,
    )
    return table.sort_values("chosen_alone", ascending=False, kind="stable")


def chance_by_village(
    plan: Siting, instance: DrawInstance, chosen: Chosen, may_go_on: Callable[[], None]
) -> pd.DataFrame:
    """Return one row a village: how likely it is served under each plan, and the share of people reached.

    Parameters
    ----------
    plan
        The nominal plan.
    instance
        Its draw 0 is the nominal one and does not count.
    chosen
        Sites by plan: int64 ``(chosen,)``, numbers of candidates.
    may_go_on
        Called for each plan; what it raises ends the work.

    Returns
    -------
    table
        Index ``village_code``; ``village_name``, ``district_name``, ``people`` (NaN = unknown); for each plan
        P ``P_served_probability``, the share of the draws (0-1) in which the village is known to be served,
        and ``P_share_reached``, the mean over the draws of the share of its people (0-1) reached at least.
    """
    villages = plan.before.layers.villages
    table = villages[["village_name", "district_name", "people"]].copy()
    table = pd.DataFrame(table)
    for name, sites in chosen.items():
        may_go_on()
        share, served = village_draws(plan, instance, sites)
        table[f"{name}_served_probability"] = served[1:].mean(axis=0)
        table[f"{name}_share_reached"] = np.round(share[1:].mean(axis=0), 9)
    return table


def village_draws(
    plan: Siting, instance: DrawInstance, sites: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return by draw and village the share of people (0-1) reached at least, and whether that is served.

    By the rules of :func:`planner.coverage.reach.cover`: what lists and roads do not cover is unknown.

    Parameters
    ----------
    plan
        The nominal plan.
    instance
        Who is reached from where.
    sites
        int64 ``(chosen,)``, a choice.

    Returns
    -------
    share, served
        float64 and bool ``(draws, villages)``.
    """
    gaps = plan.before
    villages, demand, status = gaps.layers.villages.index, gaps.demand, gaps.scenario.status
    n, village = len(villages), villages.get_indexer(demand["village_code"])
    weight, unknown = demand["weight"].to_numpy(dtype=np.float64), _unknown(plan)
    placed = ~demand["by_area"].to_numpy(dtype=np.bool_)
    share, served = np.empty((instance.draws, n)), np.empty((instance.draws, n), np.bool_)
    for d in range(instance.draws):
        within = instance.reached(sites, d)
        open_ = unknown & ~within
        reached = within & ~unplaced(demand, village, within, within & placed, open_, status, n=n)
        least = np.bincount(village[reached], weights=weight[reached], minlength=n).astype(np.float64)
        share[d] = np.round(least, 9)
        served[d] = status_of(least, np.ones(n), status) == "served"
    return share, served


def _unknown(plan: Siting) -> NDArray[np.bool_]:
    """Return of which points nobody knows whether they are reached by other ways: bool ``(points,)``."""
    return plan.before.coverage[plan.kind].more


def draw_table(
    plan: Siting, instance: DrawInstance, draws: Draws, chosen: Chosen, alone: Sequence[Solution]
) -> pd.DataFrame:
    """Return one row a draw: its factors, and the people whom each plan reaches in it.

    Parameters
    ----------
    plan
        The nominal plan.
    instance
        Its draw 0 is the nominal one and left out.
    draws
        Their factors.
    chosen
        Sites by plan: int64 ``(chosen,)``, numbers of candidates.
    alone
        The best plan of each draw by itself.

    Returns
    -------
    table
        Index ``draw`` (1, 2, …); ``season``, ``speed_factor``, ``limit_minutes`` (the limit on nominal times
        that stands for the factor), ``people`` (all of the draw, of villages of known people); ``today``,
        ``nominal``, ``expected``, ``worst_case``: people reached under each plan; ``alone`` and
        ``alone_bound``: under the best plan for this draw, and what none beats.
    """
    rule = plan.before.scenario.standard[plan.kind]
    season = np.where(draws.wet, "wet", "dry")
    minutes = np.where(draws.wet, rule.of("wet").limit_minutes, rule.of("dry").limit_minutes)
    reached = {name: instance.people_reached(sites)[1:] for name, sites in chosen.items()}
    return pd.DataFrame(
        {
            "season": season,
            "speed_factor": draws.speed,
            "limit_minutes": minutes * draws.speed,
            "people": instance.people[1:].sum(axis=1),
            **reached,
            "alone": [s.objective for s in alone],
            "alone_bound": [s.bound for s in alone],
        },
        index=pd.RangeIndex(1, len(alone) + 1, name="draw"),
    )


def plan_table(
    instance: DrawInstance, chosen: Chosen, expected: Solution, worst_case: Solution
) -> pd.DataFrame:
    """Return one row a plan: people reached on the mean, in the worst draw, and without any doubt.

    Parameters
    ----------
    instance
        Its draw 0 is the nominal one.
    chosen
        Sites by plan: int64 ``(chosen,)``, numbers of candidates.
    expected, worst_case
        The robust plans.

    Returns
    -------
    table
        Index ``plan``; ``units``, ``people_mean``, ``people_worst``, ``people_nominal``; ``bound``, what no
        plan beats in that for which a robust plan is best, ``gap`` and ``status`` (NaN and "" for others).
    """
    rows = []
    for name, sites in chosen.items():
        people = instance.people_reached(sites)
        solved = {"expected": expected, "worst_case": worst_case}.get(name)
        rows.append({
            "plan": name, "units": len(sites), "people_mean": people[1:].mean(),
            "people_worst": people[1:].min(), "people_nominal": people[0],
            "bound": np.nan if solved is None else solved.bound,
            "gap": np.nan if solved is None else solved.gap, "status": _status(solved),
        })  # fmt: skip
    return pd.DataFrame(rows).set_index("plan")


def _status(solved: Solution | None) -> str:
    return "" if solved is None else str(Proof(solved.proof))
