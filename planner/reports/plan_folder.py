"""What the folders of all plans have in common: how they are written, and how ``run.json`` begins."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.workspace import RUN, Ours, replace_folder
from planner.reports.outputs import input_records
from planner.siting.gained import gain
from planner.siting.lost import lost_of_others
from planner.siting.tables import without_yearly_cost
from planner.siting.weights import people_of_unknown_place
from planner.siting.why_none import why_none

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from geodata.layers import SourceRecord
    from planner.scenarios.scenario import Scenario
    from planner.siting.site import Siting
    from planner.siting.solution import Solution
    from planner.siting.with_roads import SitingWithRoads
    from planner.siting.years import Rollout


def plan_outputs(command: str, *files: str) -> Ours:
    """Return how a folder of a command is known: by its ``run.json``, which names the command.

    Examples
    --------
    >>> plan_outputs("site", "sites.csv").words
    '"command": "site"'
    """
    return Ours(RUN, f'"command": "{command}"', frozenset({RUN, *files}))


def write_plan_folder(
    out: Path, ours: Ours, record: Mapping[str, Any], write: Callable[[Path], None]
) -> list[Path]:
    """Write a folder as a whole, or leave it as it was; returns its files by name.

    Parameters
    ----------
    out
        The folder; one of the same command is replaced.
    ours
        How such a folder is known.
    record
        What ``run.json`` holds.
    write
        Writes all other files into a folder that is there.

    Raises
    ------
    WorkspaceError
        ``out`` holds something that was not written by this command, or another process is writing it.
    DiskError
        The disk is full or refuses.
    """
    with replace_folder(out, ours) as stage:
        write(stage)
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        (stage / RUN).write_text(text + "\n", "utf-8")
        names = sorted(p.name for p in stage.iterdir())
    return [out / n for n in names]


def record_of(
    command: str,
    plan: Siting | Rollout | SitingWithRoads,
    scenario: Scenario,
    inputs: Sequence[SourceRecord],
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what ``run.json`` says of every plan, and more of one.

    Parameters
    ----------
    command
        That made it.
    plan
        Of which kind, where, on which lists.
    scenario
        Whose hash stands for all settings.
    inputs
        Files that went in besides those of the layers.
    more
        What only this command has to say.
    """
    layers, gained = plan.before.layers, gain(plan)
    lost = lost_of_others(plan.before, plan.after, plan.kind, plan.ask.seasons)
    return {
        "jangkau_version": version("jangkau"),
        "command": command,
        "area": {"code": layers.area.code, "name": layers.area.name},
        "kind": plan.kind,
        "list_of_kind_given": not plan.as_if_none,
        "list_of_kind_doubted": plan.list_doubt,
        "candidates": len(plan.candidates),
        "candidates_excluded": plan.candidates.attrs.get("excluded", {}),
        "places_given": plan.candidates.attrs.get("given", {}),
        "villages_people_unknown": int(layers.villages["people"].isna().sum()),
        "people_of_unknown_place": people_of_unknown_place(plan.before.demand),
        "yearly_idr": yearly_cost(plan),
        "measures_without_yearly_cost": without_yearly(plan),
        "why_nothing": why_none(plan),
        "lost_of_other_kinds": lost.kinds.reset_index().to_dict("records"),
        **more,
        "people_added_least": gained.least,
        "people_added_most": gained.most,
        "configuration_sha256": scenario.content_hash(),
        "inputs": input_records((*layers.sources, *inputs)),
    }


def yearly_cost(plan: Siting | Rollout | SitingWithRoads) -> float | None:
    """Return what a plan's sites and road works cost every year, rupiah; None as soon as one is not given.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> yearly_cost(site(Study(demo_layers(12)), "posyandu", Ask(units=2))) is None
    True
    """
    if without_yearly(plan):
        return None
    return float(plan.sites["yearly_idr"].sum()) + float(_works(plan)["yearly_idr"].sum())


def without_yearly(plan: Siting | Rollout | SitingWithRoads) -> list[str]:
    """Return the measures of a plan, roads after units, whose yearly cost nobody gave.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> without_yearly(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))
    ['open_posyandu']
    """
    works = _works(plan)
    return [*without_yearly_cost(plan.sites), *map(str, works.index[works["yearly_idr"].isna()])]


def _works(plan: Siting | Rollout | SitingWithRoads) -> pd.DataFrame:
    works: pd.DataFrame = getattr(plan, "works", pd.DataFrame({"yearly_idr": pd.Series(dtype="float64")}))
    return works


def solver_record(solution: Solution, unit: str) -> dict[str, Any]:
    """Return how good a plan is.

    Examples
    --------
    >>> import numpy as np
    >>> from planner.siting.solution import solution
    >>> solver_record(solution(np.array([1]), 90.0, 100.0), "people")["gap"]
    0.1
    """
    return {
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "status": str(solution.proof),
        "unit": unit,
        "seed": solution.seed,
        "seconds": round(solution.seconds, 3),
    }
