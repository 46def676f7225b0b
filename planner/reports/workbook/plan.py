"""The sheets of a plan, read back from the folder that ``jangkau site`` or ``jangkau rollout`` wrote."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.errors import ConfigError
from geodata.files.csvtext import unguarded
from geodata.workspace import RUN, put_back
from planner.coverage.gained import Gain
from planner.reports.documents.model import people
from planner.reports.documents.words import Words as DocumentWords
from planner.reports.workbook.sheet import Total
from planner.reports.workbook.tables import made

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.reports.workbook.sheet import Sheet
    from planner.reports.workbook.words import BookWords

COMMANDS = ("site", "rollout")
FILES = {"years": "plan.csv", "sites": "sites.csv", "roads": "roads.csv"}
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
    # What one road brings depends on the others.
    "roads": ("km", "cost_idr", "yearly_idr"),
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
    "roads": (),
}  # fmt: skip
# Of a plan's sites they are another thing than of a catchment: not a part of the column before.
OF_SITES = ("people_own", "people_near_limit")
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
    plan_command(folder, code)
    record = json.loads((folder / RUN).read_text("utf-8"))
    keys = [*(["years"] if record["command"] == "rollout" else []), "sites"]
    keys += ["roads"] if record.get("roads") else []
    return [_sheet(folder, key, record, words) for key in keys]


def _sheet(folder: Path, key: str, record: Mapping[str, Any], words: BookWords) -> Sheet:
    table = _works(folder, record) if key == "roads" else _read(folder / FILES[key])
    if key == "years":
        table.insert(table.columns.get_loc("spent"), "first_cost_idr", _first_costs(folder, table))
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
    note = words.texts.note
    if key == "years":
        unit = note["in_rupiah" if _counts_money(record) else "in_units"]
        columns = [
            replace(c, heading=unit.format(what=c.heading)) if c.name in BUDGETS else c for c in columns
        ]
    if key == "sites":
        columns = [replace(c, heading=note[f"sites_{c.name}"]) if c.name in OF_SITES else c for c in columns]
    return replace(made(words, key, columns), note=_note(folder, key, record, words))


def _note(folder: Path, key: str, record: Mapping[str, Any], words: BookWords) -> str:
    """Return what is to be known of a plan before one of its sheets is read."""
    note, documents = words.texts.note, DocumentWords(words.lang)
    rules = record.get("plan") or record.get("ask") or {}
    said = []
    if record.get("roads"):
        by_roads = documents.cell(people(_by_roads(folder, record)))
        said.append(note["of_roads" if key == "roads" else "with_roads"].format(people=by_roads))
    if not record.get("list_of_kind_given", True):
        said.append(documents.say("request.as_if_none", kind=documents.kind(str(record["kind"]))))
    if rules.get("both_seasons") or len(rules.get("seasons") or ()) > 1:
        said.append(documents.say("request.season_both"))
    if rules.get("backup"):
        said.append(note["backup"].format(n=rules["backup"]))
    if rules.get("capacity"):
        said.append(note["capacity"])
    if key == "years" and any(float(one.get("people_factor", 1.0)) != 1.0 for one in rules["years"]):
        said.append(note["people_of_year"])
    counted, least, most = (float(record.get(f"people_added{end}", 0.0)) for end in ("", "_least", "_most"))
    gain = Gain(counted, least, most)
    if not gain.is_sure:
        end = "as_known" if gain.at_least and gain.at_most else "at_least" if gain.at_least else "at_most"
        said.append(note[f"gain_{end}"])
    return " ".join(said)


def _by_roads(folder: Path, record: Mapping[str, Any]) -> float:
    """Return the people whom all road works of a plan reach without its units."""
    choices = _read(folder / FILES["roads"]).set_index("roads")["people_by_roads"]
    return float(choices[" + ".join(record["roads"])])


def _works(folder: Path, record: Mapping[str, Any]) -> pd.DataFrame:
    """Return the road works of a plan, one a row: length, people by it alone (NaN = not known), costs."""
    works = pd.DataFrame(record["road_works"])
    alone = _read(folder / FILES["roads"]).set_index("roads")["people_by_roads"]
    return pd.DataFrame(
        {
            "road_work": works["name"],
            "km": works["km"],
            "people_by_roads": works["name"].map(alone),
            **{name: pd.to_numeric(works[name]).astype("float64") for name in WHOLE},
        }
    )


def _counts_money(record: Mapping[str, Any]) -> bool:
    """Return whether the budgets of a rollout are rupiah."""
    years = record.get("plan", {}).get("years", [{}])
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
