"""The sheets of a plan, read back from the folder that ``jangkau site`` or ``jangkau rollout`` wrote."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from geodata.errors import ConfigError
from geodata.files.csvtext import unguarded
from geodata.workspace import put_back
from planner.reports.outputs import RUN
from planner.reports.stops import stop_in_words
from planner.reports.workbook.sheet import Total
from planner.reports.workbook.tables import made

if TYPE_CHECKING:
    from pathlib import Path

    from planner.reports.workbook.sheet import Sheet
    from planner.reports.workbook.words import BookWords

COMMANDS = ("site", "rollout")
FILES = {"years": "plan.csv", "sites": "sites.csv"}
NUMBERS = re.compile(
    r"people_.*|person_minutes_saved|units_.*|budget|spent|left|villages_.*|year.*|order|lon|lat|cost_idr|"
    r"lead_years|served_minutes|capacity_people|load"
)
SUMS = {
    "years": ("units_decided", "spent"),
    "sites": (
        "cost_idr",
        "yearly_idr",
        "people_added",
        "villages_added",
        "people_lost",
        "villages_lost",
        "person_minutes_saved",
    ),
}
# The rest of a cost is no cost: as in the documents, one that nobody gave leaves the sum unknown.
WHOLE = ("cost_idr", "yearly_idr")
# What stands open, in this order; all of a plan by year.
FIRST = {
    "years": (),
    "sites": (
        "candidate_id", "name", "order", "year_decided", "year_works", "op", "kind", "village_name",
        "district_name", "cost_idr", "yearly_idr", "people_added", "villages_added", "site_rules",
    ),
}  # fmt: skip
# In units or in rupiah, by what a plan counts.
BUDGETS = ("budget", "spent", "left")
# Empty where it has no meaning: a unit that is no mobile stop is served from nowhere.
BLANK = ("served_minutes", "served_from", "site_rules", "alternatives", "staff")


def plan_sheets(folder: Path, code: str, words: BookWords) -> list[Sheet]:
    """Return the plan by year, where it has years, and its sites.

    Parameters
    ----------
    folder
        As ``jangkau site`` or ``jangkau rollout`` wrote it.
    code
        Of the study area, which the plan must be of.
    words
        Of the language.

    Raises
    ------
    ConfigError
        The folder is no such folder, or of another area.
    """
    command = plan_command(folder, code)
    keys = ("years", "sites") if command == "rollout" else ("sites",)
    sheets = []
    for key in keys:
        table = _read(folder / FILES[key])
        if key == "years":
            table.insert(table.columns.get_loc("spent"), "first_cost_idr", _first_costs(folder, table))
        elif "name" in table:
            table["name"] = [stop_in_words(name, words.lang) for name in table["name"]]
        shown = [c for c in FIRST[key] if c in table] or list(table)
        columns = [
            words.column(
                c,
                table[c],
                total=Total(whole=c in WHOLE) if c in SUMS[key] else None,
                blank=c in BLANK,
                detail=c not in shown,
            )
            for c in [*shown, *(c for c in table if c not in shown)]
        ]
        if key == "years":
            unit = words.texts.note["in_rupiah" if _counts_money(folder) else "in_units"]
            columns = [
                replace(c, heading=unit.format(what=c.heading)) if c.name in BUDGETS else c for c in columns
            ]
        sheets.append(made(words, key, columns))
    return sheets


def _counts_money(folder: Path) -> bool:
    """Return whether the budgets of a rollout are rupiah."""
    years = json.loads((folder / RUN).read_text("utf-8")).get("plan", {}).get("years", [{}])
    return years[0].get("budget_idr") is not None


def _first_costs(folder: Path, years: pd.DataFrame) -> pd.Series[float]:
    """Return what the units decided in each year cost at first, rupiah; NaN where one has no cost."""
    sites = _read(folder / FILES["sites"])
    of_year = sites.groupby("year_decided")["cost_idr"].sum(skipna=False)
    return years["year"].map(of_year).where(years["units_decided"] > 0, 0.0)


def plan_command(folder: Path, code: str) -> str:
    """Return which command wrote a plan's folder, once it is sure to be a plan of the area.

    Parameters
    ----------
    folder
        Of the plan.
    code
        Of the study area.

    Raises
    ------
    ConfigError
        It is no folder of a plan, or one of another area.

    Examples
    --------
    >>> from pathlib import Path
    >>> plan_command(Path("nowhere"), "35.09")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: nowhere is no folder of a plan: name one that jangkau site or rollout wrote
    """
    put_back(folder)
    try:
        record = json.loads((folder / RUN).read_text("utf-8"))
        command, area = str(record["command"]), str(record["area"]["code"])
    except (OSError, ValueError, KeyError, TypeError):
        command = area = ""
    if command not in COMMANDS:
        msg = f"{folder} is no folder of a plan: name one that jangkau site or rollout wrote"
        raise ConfigError(msg)
    if area != code:
        msg = f"the plan in {folder} is of {area}, not of {code}: name a plan of this area"
        raise ConfigError(msg)
    return command


def _read(path: Path) -> pd.DataFrame:
    """Return a table of ours as it was: texts without their guard, numbers as numbers."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        msg = f"{path} cannot be read: write the plan again with jangkau site or rollout"
        raise ConfigError(msg) from None
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    table = pd.DataFrame([[unguarded(c) for c in row] for row in rows], columns=head, dtype="str")
    for name in head:
        if NUMBERS.fullmatch(name):
            table[name] = pd.to_numeric(table[name].replace("", None))
    return table
