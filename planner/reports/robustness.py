"""The files of a plan in uncertain times: how often, how likely, and the plans side by side."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.files.csvtext import csv_text
from geodata.workspace import Ours, replace_folder
from planner.reports.outputs import RUN, input_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.layers import SourceRecord
    from planner.siting.robustness import Robustness

ROBUSTNESS_OUTPUTS = Ours(
    RUN,
    '"command": "robust"',
    frozenset({RUN, "sites.csv", "villages_reached.csv", "draws.csv", "plans.csv"}),
)


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
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ask, Study, demo_layers, robustness, site
    >>> study = Study(demo_layers(12))
    >>> found = robustness(study, site(study, "posyandu", Ask(units=1)), draws=2)
    >>> with TemporaryDirectory() as folder:
    ...     written = write_robustness(found, Path(folder, "out"))
    >>> [file.name for file in written]
    ['draws.csv', 'plans.csv', 'run.json', 'sites.csv', 'villages_reached.csv']
    """
    out = Path(out)
    tables = {
        "sites": found.sites, "villages_reached": found.villages, "draws": found.table, "plans": found.plans,
    }  # fmt: skip
    with replace_folder(out, ROBUSTNESS_OUTPUTS) as stage:
        for name, table in tables.items():
            (stage / f"{name}.csv").write_text(csv_text(table), "utf-8", newline="")
        record = json.dumps(robustness_record(found, inputs), indent=1, ensure_ascii=False, allow_nan=False)
        (stage / RUN).write_text(record + "\n", "utf-8")
        names = sorted(p.name for p in stage.iterdir())
    return [out / n for n in names]


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
    plan = found.nominal
    layers, known = plan.before.layers, found.plans.astype(object).where(found.plans.notna(), None)
    return {
        "jangkau_version": version("jangkau"),
        "command": "robust",
        "area": {"code": layers.area.code, "name": layers.area.name},
        "kind": plan.kind,
        "list_of_kind_given": not plan.as_if_none,
        "list_of_kind_doubted": plan.list_doubt,
        "ask": asdict(plan.ask),
        "draws": len(found.alone),
        "draws_wet": int(found.draws.wet.sum()),
        "seed": found.seed,
        "candidates": len(plan.candidates),
        "villages_people_unknown": int(layers.villages["people"].isna().sum()),
        "uncertainty": found.uncertainty.model_dump(mode="json"),
        "plans": known.to_dict("index"),
        "draws_proven": int(np.sum([s.proof == "optimal" for s in found.alone])),
        "draws_gap_most": float(np.max([s.gap for s in found.alone])),
        "nominal_gap": plan.solution.gap,
        "configuration_sha256": plan.before.scenario.content_hash(),
        "inputs": input_records((*layers.sources, *inputs)),
    }
