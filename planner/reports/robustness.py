"""The files of a plan in uncertain times: how often, how likely, and the plans side by side."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.arguments import as_path, require_a
from geodata.files.csvtext import csv_text
from planner.reports.plan_folder import plan_outputs, record_of, write_plan_folder
from planner.siting.robustness import Robustness

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geodata.layers import SourceRecord

ROBUSTNESS_OUTPUTS = plan_outputs("robust", "sites.csv", "villages_reached.csv", "draws.csv", "plans.csv")


def write_robustness(
    found: Robustness, out: str | Path, *, inputs: Sequence[SourceRecord] = ()
) -> list[Path]:
    """Write the tables of a plan in uncertain times, and ``run.json``; returns the files written.

    Parameters
    ----------
    found
        As from :func:`planner.siting.robustness.robustness`.
    out
        The output folder; one written before is replaced as a whole.
    inputs
        Further files that went in: measures, scenario, places, uncertainty.

    Returns
    -------
    files
        In order of their names, in ``out``.

    Raises
    ------
    WorkspaceError
        ``out`` holds something that was not written by this, or another process is writing it.
    DiskError
        The disk is full or refuses. After any error ``out`` is as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ask, Study, demo_layers, robustness, site
    >>> study = Study(demo_layers(12))
    >>> found = robustness(study, site(study, "posyandu", Ask(units=1)), draws=2)
    >>> with TemporaryDirectory() as folder:
    ...     written = write_robustness(found, Path(folder, "out"))
    >>> [file.name for file in written]
    ['draws.csv', 'plans.csv', 'run.json', 'sites.csv', 'villages_reached.csv']
    """
    require_a(found, Robustness, "found", "what robustness(…) finds")
    tables = {
        "sites": found.sites, "villages_reached": found.villages, "draws": found.table, "plans": found.plans,
    }  # fmt: skip

    def write(stage: Path) -> None:
        for name, table in tables.items():
            (stage / f"{name}.csv").write_text(csv_text(table), "utf-8", newline="")

    return write_plan_folder(as_path(out, "out"), ROBUSTNESS_OUTPUTS, robustness_record(found, inputs), write)


def robustness_record(found: Robustness, inputs: Sequence[SourceRecord] = ()) -> dict[str, Any]:
    """Return what the plans depended on and how good they are, so that they can be repeated and compared.

    Parameters
    ----------
    found
        As from :func:`planner.siting.robustness.robustness`.
    inputs
        Files that went in besides those of the layers.

    Returns
    -------
    record
        What ``run.json`` holds: plain numbers, text, lists and dicts.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, robustness, site
    >>> study = Study(demo_layers(12))
    >>> record = robustness_record(robustness(study, site(study, "posyandu", Ask(units=1)), draws=2))
    >>> record["command"], record["draws"], record["plans"]["worst_case"]["status"]
    ('robust', 2, 'optimal')
    """
    plan, known = found.nominal, found.plans.astype(object).where(found.plans.notna(), None)
    more = {
        "ask": asdict(plan.ask),
        "draws": len(found.alone),
        "draws_wet": int(found.draws.wet.sum()),
        "seed": found.seed,
        "uncertainty": found.uncertainty.model_dump(mode="json"),
        "plans": known.to_dict("index"),
        "draws_proven": int(np.sum([s.proof == "optimal" for s in found.alone])),
        "draws_gap_most": float(np.max([s.gap for s in found.alone])),
        "nominal_gap": plan.solution.gap,
    }
    return record_of("robust", plan, plan.before.scenario, inputs, more)
