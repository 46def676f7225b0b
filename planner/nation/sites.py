"""Where units of a kind reach most people: how many, or how much money, each kabupaten gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.errors import ConfigError
from geodata.files.csvtext import csv_text
from geodata.files.written import changed_since
from geodata.layers import no_progress
from geodata.readers.files.opening import given_sha256
from geodata.workspace import RUN
from planner.nation.answers import study_for_plan
from planner.nation.cluster import Failure
from planner.nation.divide import AreaCurve, Division, area_curve, divide
from planner.nation.products import opened, require_kept, typed, write_typed
from planner.nation.run import CountryRun, RunClock
from planner.nation.store import MANIFEST, finished, key_of, write_json, writing
from planner.scenarios.modes import only_walked
from planner.scenarios.scenario import checked_scenario
from planner.siting.cover.curve import cover_curve
from planner.siting.measures import default_measures
from planner.siting.prepare import prepare
from planner.siting.tables import rupiah_or_nan
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.layers import Progress
    from planner.nation.amount import Amount
    from planner.nation.answers import TileJob
    from planner.nation.cluster import Workers
    from planner.nation.country import Files
    from planner.nation.run import Ready
    from planner.scenarios.scenario import Scenario
    from planner.siting.measures import Measures
    from planner.siting.prepare import Prepared

CURVES, PLANS, CURVE, TABLE = "curves", "plans", "curve.csv", "regency_sites.csv"
# Of a measure: once, and every year.
COSTS = ("cost_idr", "yearly_idr")


@dataclass(frozen=True)
class CurveJob:
    """A tile whose curve is asked for: of which kind, up to how much, by which measures."""

    tile: TileJob
    kind: str
    amount: Amount
    measures: Measures
    out: str
    key: str


@dataclass
class Planned:
    """A division of units, or of money, over kabupaten.

    Attributes
    ----------
    kind, amount
        What was asked.
    division
        By part: a kabupaten, or a piece of one. None where no part has a curve.
    table
        One row a kabupaten, as ``regency_sites.csv`` holds it.
    failures
        By kabupaten or part, why it has no curve, and so no units.
    notes
        What is to be told.
    folder
        Where it was written.
    """

    kind: str
    amount: Amount
    division: Division | None
    table: pd.DataFrame
    failures: dict[str, Failure]
    notes: list[str]
    folder: Path


def nation_site(
    files: Files, out: Path, workers: Workers, *, kind: str, amount: Amount,
    measures: Measures | None = None, scenario: Scenario | None = None, memory_mb: float = 3000.0,
    progress: Progress = no_progress,
) -> Planned:  # fmt: skip
    """Divide units of a kind, or money, over the kabupaten where they newly reach most people.

    Units count for the people of the kabupaten (or of its piece, where it was cut) in which they stand.

    Parameters
    ----------
    files, out, workers, scenario, memory_mb, progress
        As :func:`planner.nation.run.nation` takes them; what stands in the folder is used.
    kind
        The facility kind, of which there is a list.
    amount
        How much there is: :func:`planner.nation.amount.units` or :func:`planner.nation.amount.money`.
    measures
        What can be done; the default measures when None. Where money is divided, those of which it is in
        steps.

    Raises
    ------
    ConfigError
        The scenario has edits; no list of the kind was given.
    InputError
        A file of the country cannot be read; ``out`` holds something else, or a plan that somebody edited.
    """
    scenario = checked_scenario(scenario)
    if scenario.edits:
        msg = "nation: the scenario has edits, which name things of one kabupaten. Take them out."
        raise ConfigError(msg)
    measures = default_measures() if measures is None else measures
    with opened(out) as products:
        folder = out / PLANS / f"{kind}-{amount.name}"
        # Before the long work.
        require_kept(folder, changed_since(folder, MANIFEST))
        run = CountryRun(files, products, workers, scenario, memory_mb, progress)
        planned = _plan(run, run.prepare(), kind, amount, measures)
        require_kept(folder, changed_since(folder, MANIFEST))
        _write(planned, run, measures)
        return planned


def _plan(run: CountryRun, ready: Ready | None, kind: str, amount: Amount, measures: Measures) -> Planned:
    if ready is not None and kind not in ready.listed_kinds:
        listed = ", ".join(ready.listed_kinds)
        msg = f"no list of {kind} was given, so nobody knows who is reached today; the lists are of {listed}"
        raise ConfigError(msg)
    found, facts = _curves(run, [] if ready is None else ready.jobs, kind, amount, measures)
    step = amount.step_idr or 1.0
    curves = [
        area_curve(n, c, beyond=facts[n]["reachable"], step=step, exact=amount.exact)
        for n, c in found.items()
    ]
    division = divide(curves, amount.steps) if curves else None
    if division is not None:
        for name, curve in found.items():
            facts[name] |= _costs(curve, division.shares[name] * step)
    names = {} if ready is None else ready.names
    table = _table(curves, division, facts, names, amount)
    failures = dict(sorted(run.done.failures.items()))
    folder = run.out / PLANS / f"{kind}-{amount.name}"
    notes = [*run.done.notes]
    if only_walked(run.scenario.standard[kind].mode, roads=bool(run.files.roads)):
        notes.append(f"no road data: reach is counted on foot; some may reach a {kind} by vehicle already")
    return Planned(kind, amount, division, table, failures, notes, folder)


def _curves(
    run: CountryRun, tiles: list[tuple[str, TileJob]], kind: str, amount: Amount, measures: Measures
) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, Any]]]:
    """Return the curves of all parts that have one, by code, and what is known of each."""
    jobs = [(name, _curve_job(run.out, name, tile, kind, amount, measures)) for name, tile in tiles]
    clock = RunClock(run.progress, "curves", {name: tile.tile.expected_mb for name, tile in tiles})
    facts: dict[str, dict[str, Any]] = {}
    for name, result in run.workers.run(curve_of_tile, jobs):
        clock.one(name)
        if isinstance(result, Failure):
            run.done.failures[name] = result
        else:
            facts[name] = result
    folder = {name: Path(job.out) for name, job in jobs}
    return {name: pd.read_csv(folder[name] / CURVE) for name in sorted(facts)}, facts


def _costs(curve: pd.DataFrame, budget: float) -> dict[str, float]:
    """Return what the plan of a budget takes once and every year, rupiah; NaN where a cost is not given."""
    last = curve[curve["budget"] <= budget * (1 + 1e-9)].iloc[-1]
    return {name: float(last[name]) for name in COSTS}


def _curve_job(
    out: Path, name: str, tile: TileJob, kind: str, amount: Amount, measures: Measures
) -> CurveJob:
    key = key_of(
        __name__, "curve", 3, tile.key, kind, amount.steps, amount.step_idr, measures.model_dump(mode="json")
    )
    folder = out / CURVES / (f"{name}-{kind}-rp" if amount.is_money else f"{name}-{kind}")
    return CurveJob(tile, kind, amount, measures, str(folder), key)


def curve_of_tile(job: CurveJob) -> dict[str, Any]:
    """Make a tile's curve and write it; returns what it counts.

    Raises
    ------
    InputError
        Nobody knows who is reached today; there is no place for a unit; the disk is full.
    """
    folder = Path(job.out)
    known = finished(folder, job.key)
    if known is not None:
        before: dict[str, Any] = known["curve"]
        return before
    facts: dict[str, Any] = {}
    with writing(folder, job.key, facts) as stage:
        study = study_for_plan(job.tile, job.kind, job.measures.modes(job.kind))
        ready = prepare(study, job.kind, job.amount.ask(), measures=job.measures)
        instance = replace(ready.problem.instance, forbidden=_elsewhere(ready))
        at = job.amount.points(instance.cost[~instance.forbidden])
        rows = [ready.measures[name] for name in ready.candidates["measure"]]
        costs = {name: rupiah_or_nan(getattr(one, name) for one in rows) for name in COSTS}
        curve = cover_curve(instance, float(at[-1]), at=at, also=costs)
        (stage / CURVE).write_text(csv_text(curve, index=False), "utf-8", newline="")
        people = counted_people(ready.problem.before.demand)
        facts["curve"] = {
            "reachable": float(instance.reachable), "people": float(people.sum()),
            "people_reached_today": float(people[ready.problem.reach.already].sum()),
            "villages_people_unknown": int(ready.problem.before.layers.villages["people"].isna().sum()),
        }  # fmt: skip
    found: dict[str, Any] = facts["curve"]
    return found


def _elsewhere(ready: Prepared) -> NDArray[np.bool_]:
    """Return which candidates are units of a neighbour: they are the neighbour's to change."""
    found, villages = ready.candidates, ready.problem.before.layers.villages.index
    existing = (found["facility_id"] != "").to_numpy(dtype=bool)
    elsewhere: NDArray[np.bool_] = existing & ~found["village_code"].isin(villages).to_numpy(dtype=bool)
    return elsewhere


def _table(
    curves: list[AreaCurve], division: Division | None, facts: dict[str, dict[str, Any]],
    names: dict[str, str], amount: Amount,
) -> pd.DataFrame:  # fmt: skip
    """Return one row a kabupaten: its units or money and people, those of its pieces together."""
    what = "budget_idr" if amount.is_money else "units"
    columns = [
        "province", "regency", what, "people_added", "people_added_bound", *COSTS, "people",
        "people_reached_today", "villages_people_unknown",
    ]  # fmt: skip
    if division is None:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="code"))
    rows = pd.DataFrame({
        "code": [c.code[:5] for c in curves],
        what: [division.shares[c.code] * (amount.step_idr or 1) for c in curves],
        "people_added": [division.people[c.code] for c in curves],
        "people_added_bound": [float(c.bound[division.shares[c.code]]) for c in curves],
        **{k: [facts[c.code][k] for c in curves] for k in columns[5:]},
    })  # fmt: skip
    # One piece whose cost is not known leaves that of the kabupaten unknown.
    table = rows.groupby("code").agg(lambda values: values.sum(skipna=False))
    table.insert(0, "regency", [names.get(c, "") for c in table.index])
    table.insert(0, "province", [names.get(c[:2], "") for c in table.index])
    return table.sort_values(["people_added", what], ascending=False, kind="stable")


def _sum_or_none(rupiah: pd.Series[float]) -> float | None:
    """Return a sum for JSON; null where one of them is not known."""
    total = float(rupiah.sum(skipna=False))
    return total if np.isfinite(total) else None


def _write(planned: Planned, run: CountryRun, measures: Measures) -> None:
    text = csv_text(planned.table)
    key = key_of(__name__, text)
    division, amount = planned.division, planned.amount
    used = 0 if division is None else sum(division.shares.values())
    with writing(planned.folder, key, {}) as stage:
        (stage / TABLE).write_text(text, "utf-8", newline="")
        write_typed(planned.table.reset_index(), typed(stage / TABLE))
        write_json({
            "jangkau_version": version("jangkau"), "command": "nation site",
            "kind": planned.kind,
            "units": None if amount.is_money else amount.steps,
            "budget_idr": amount.given if amount.is_money else None, "step_idr": amount.step_idr,
            "configuration_sha256": run.scenario.content_hash(),
            "configuration": run.scenario.model_dump(mode="json"),
            "measures": measures.model_dump(mode="json"),
            "inputs": [{"file": p.name, "sha256": given_sha256(p)} for p in run.files.paths()],
            "units_used": None if division is None or amount.is_money else used,
            "idr_used": None if division is None or amount.step_idr is None else used * amount.step_idr,
            **{name: _sum_or_none(planned.table[name]) for name in COSTS},
            "people_added": None if division is None else division.total,
            "people_added_bound": None if division is None else division.bound,
            "failed": {n: f.message for n, f in planned.failures.items()},
            "notes": planned.notes,
        }, stage / RUN)  # fmt: skip
