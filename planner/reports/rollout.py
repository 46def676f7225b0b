"""The files of a rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.arguments import as_path, require_a
from geodata.files.csvtext import csv_text
from planner.reports.plan_folder import plan_outputs, record_of, solver_record, write_plan_folder
from planner.reports.siting import SITING_OUTPUTS, write_shared
from planner.siting.gained import gain_by_year
from planner.siting.tables import crowded
from planner.siting.years import Rollout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geodata.layers import SourceRecord

YEARS_TABLE = "plan.csv"
ROLLOUT_OUTPUTS = plan_outputs("rollout", *(SITING_OUTPUTS.files - {"choices.csv"}), YEARS_TABLE)


def write_rollout(
    plan: Rollout, out: str | Path, *, lang: str = "id", inputs: Sequence[SourceRecord] = ()
) -> list[Path]:
    """Write a rollout's tables, scenario, map and ``run.json``; returns the files written.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.years.rollout`.
    out
        The output folder; one written before is replaced as a whole.
    lang
        ``id`` or ``en``: the language of the map.
    inputs
        Further files that went in: plan, measures, scenario, places.

    Returns
    -------
    files
        In order of their names, in ``out``.

    Raises
    ------
    ConfigError
        Another language.
    WorkspaceError
        ``out`` holds something that was not written by this, or another process is writing it.
    DiskError
        The disk is full or refuses. After any error ``out`` is as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import RolloutPlan, Study, demo_layers, rollout
    >>> years = [{"year": 2027, "units": 1}, {"year": 2028, "units": 1}]
    >>> plan = rollout(
    ...     Study(demo_layers(12)), RolloutPlan.model_validate({"kind": "posyandu", "years": years})
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     written = write_rollout(plan, Path(folder, "out"))
    >>> [file.name for file in written if file.suffix == ".csv"]
    ['curve.csv', 'plan.csv', 'sites.csv', 'villages_after.csv']
    """
    require_a(plan, Rollout, "plan", "a plan, as rollout(…) makes it")

    def write(stage: Path) -> None:
        write_shared(plan, stage, lang=lang)
        (stage / YEARS_TABLE).write_text(csv_text(plan.plan), "utf-8", newline="")

    return write_plan_folder(as_path(out, "out"), ROLLOUT_OUTPUTS, rollout_record(plan, inputs), write)


def rollout_record(plan: Rollout, inputs: Sequence[SourceRecord] = ()) -> dict[str, Any]:
    """Return what a rollout depended on and how it was solved.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.years.rollout`.
    inputs
        Files that went in besides those of the layers.

    Returns
    -------
    record
        What ``run.json`` holds: plain numbers, text, lists and dicts.

    Examples
    --------
    >>> from planner.pipeline import RolloutPlan, Study, demo_layers, rollout
    >>> years = [{"year": 2027, "units": 1}]
    >>> plan = RolloutPlan.model_validate({"kind": "posyandu", "years": years})
    >>> rollout_record(rollout(Study(demo_layers(12)), plan))["solver"]["status"]
    'optimal'
    """
    more = {
        "plan": plan.asked.model_dump(mode="json"),
        "units": len(plan.sites),
        "people_added": plan.people_added,
        "people_added_year": plan.asked.years[-1].year,
        "people_added_people_factor": plan.asked.years[-1].people_factor,
        "people_added_of_today": float(plan.sites["people_added"].sum()),
        "years_known": _years_known(plan),
        "sites_above_people_per_unit": crowded(plan.sites, plan.after, plan.kind),
        "price_of_order": plan.price_of_order,
        "puskesmas_not_ready": plan.waiting.reset_index().to_dict("records"),
        "candidates_without_puskesmas": plan.without_puskesmas,
        "staff_not_limited": list(plan.staff_not_limited),
        "seed": plan.solution.seed,
        "solver": solver_record(plan.solution, plan.answer.unit),
    }
    return record_of("rollout", plan, plan.scenario, inputs, more)


def _years_known(plan: Rollout) -> list[dict[str, Any]]:
    """Return of each year whom the plan gains at least and at most, and how many villages are unknown."""
    status = [one[f"{plan.kind}_status"] for one in plan.villages_by_year.values()]
    return [
        {
            "year": year, "people_added_least": one.least, "people_added_most": one.most,
            "villages_unknown": int((then == "unknown").sum()),
        }
        for year, one, then in zip(plan.villages_by_year, gain_by_year(plan), status, strict=True)
    ]  # fmt: skip
