"""A plan that was just made, as documents take it: the same as one that is read from its folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.files.csvtext import csv_text
from geodata.files.moment import for_a_moment
from geodata.workspace import RUN
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.rollout import YEARS_TABLE, rollout_record
from planner.reports.siting import siting_record, write_tables
from planner.siting.years import Rollout

if TYPE_CHECKING:
    from planner.reports.proposal.plan import Plan
    from planner.siting.site import Siting


def plan_for_documents(plan: Siting | Rollout) -> Plan:
    """Return what documents need of a plan; nothing in it holds on to the rest.

    It is written to files and read again, so that a document made at once cannot differ from one that is made
    of the plan's folder.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.site.site` or :func:`planner.siting.years.rollout`.

    Raises
    ------
    ConfigError
        Documents know no such plan: people count in it with several units.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> made = plan_for_documents(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))
    >>> made.command, made.kind, len(made.sites)
    ('site', 'posyandu', 2)
    """
    with for_a_moment("plan") as folder:
        write_tables(plan, folder)
        if isinstance(plan, Rollout):
            record = rollout_record(plan)
            (folder / YEARS_TABLE).write_text(csv_text(plan.plan), "utf-8", newline="")
        else:
            record = siting_record(plan)
        (folder / RUN).write_text(json.dumps(record, ensure_ascii=False, allow_nan=False), "utf-8")
        # The folder is gone at once.
        return replace(read_plan_folder(folder), folder=Path())
