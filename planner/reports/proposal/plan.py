"""The folder of a plan (``jangkau site``, ``jangkau rollout``) read back, and held against an answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.errors import ConfigError, InputError, MissingFileError, UnreadableFileError, counted
from geodata.files.csvtext import unguarded
from geodata.workspace import RUN, put_back
from planner.coverage.gained import Gain
from planner.reports.documents.model import change_known, people
from planner.scenarios.scenario import read_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.coverage.study import Gaps
    from planner.reports.documents.model import Cell
    from planner.scenarios.edits import Edit
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario

COMMANDS = ("site", "rollout")
NUMBERS = (
    "order", "lon", "lat", "cost_idr", "yearly_idr", "lead_years", "people_added", "people_own",
    "villages_added",
)  # fmt: skip
# Of a sum of people: a plan's file holds the engine's own numbers, so nothing but the last digit may differ.
SAME_PEOPLE = 0.01


HALF_A_RUPIAH = 0.5


@dataclass(frozen=True)
class RoadWork:
    """A road measure of a plan.

    Attributes
    ----------
    name
        As the office's measures file calls it.
    edits
        How many of the scenario's edits it is.
    km
        How long the roads and boat links are.
    cost_idr, yearly_idr
        Rupiah, once and every year; NaN where it was not given.
    people_alone
        People newly reached by it alone, without the plan's other roads and units; NaN where the plan did not
        look at that.
    """

    name: str
    edits: int
    km: float
    cost_idr: float
    yearly_idr: float
    people_alone: float


@dataclass(frozen=True)
class Plan:
    """A plan as its folder has it.

    Attributes
    ----------
    command
        ``site`` or ``rollout``.
    kind
        The facility kind.
    record
        ``run.json``.
    scenario
        With the plan's edits at the end of its own.
    sites
        One row a unit, in the plan's order: as :func:`planner.siting.tables.site_table`, of a rollout with
        ``year_decided`` and ``year_works``.
    years
        ``plan.csv`` of a rollout, index ``year``; None for a plan without years.
    villages
        ``villages_after.csv``: people, shares and status before and after, index ``village_code``.
    folder
        Where all that stands.
    roads
        The road measures that it takes.
    people_by_roads
        People newly reached by all of its roads without its units; NaN of a plan without roads.
    """

    command: str
    kind: str
    record: Mapping[str, Any]
    scenario: Scenario
    sites: pd.DataFrame
    years: pd.DataFrame | None
    villages: pd.DataFrame
    folder: Path
    roads: tuple[RoadWork, ...] = ()
    people_by_roads: float = float("nan")

    @property
    def size(self) -> int:
        """How many units and road works it has."""
        return len(self.sites) + len(self.roads)

    @property
    def own_edits(self) -> int:
        """How many edits of its scenario are its own: the last ones."""
        return len(self.sites) + sum(one.edits for one in self.roads)

    @property
    def edits_before(self) -> tuple[Edit, ...]:
        """The edits of the scenario that it began from."""
        return self.scenario.edits[: max(len(self.scenario.edits) - self.own_edits, 0)]

    @property
    def why_none(self) -> str | None:
        """Why it does nothing, a key of :class:`planner.siting.why_none.WhyNone`; None where it does."""
        why = self.record["why_nothing"]
        return None if why is None else str(why)

    @property
    def people_added(self) -> float:
        """People newly reached, with the people of today."""
        # What the sites add comes on top of what the roads have added.
        by_roads = self.people_by_roads if self.roads else 0.0
        return float(self.sites["people_added"].sum()) + by_roads

    @property
    def gain(self) -> Gain:
        """People newly reached, with the people of today, and how far that is known."""
        # A rollout's record counts the people of its last year.
        factor = float(self.record.get("people_added_people_factor", 1.0))
        least, most = (float(self.record[f"people_added_{end}"]) / factor for end in ("least", "most"))
        counted = self.people_added
        # Sums of the same people in another order differ in their last bits.
        return Gain(counted, min(least, counted), max(most, counted))

    @property
    def gain_by_year(self) -> list[Gain]:
        """The same of each year of a rollout, of that year's people; none of a plan without years."""
        if self.years is None:
            return []
        known = self.record["years_known"]
        return [
            Gain(float(people), min(float(one["people_added_least"]), float(people)),
                 max(float(one["people_added_most"]), float(people)))
            for people, one in zip(self.years["people_added"], known, strict=True)
        ]  # fmt: skip

    @property
    def villages_unknown(self) -> tuple[int, int]:
        """Of how many villages nobody knows whether they are reached, without the plan and with it."""
        now, then = (self.villages[f"{self.kind}_status{end}"] for end in ("_before", ""))
        return int((now == "unknown").sum()), int((then == "unknown").sum())

    @property
    def cost_idr(self) -> float:
        """First cost of all roads and units, rupiah; NaN as soon as one was not given."""
        return float(self.sites["cost_idr"].sum(skipna=False)) + sum(one.cost_idr for one in self.roads)

    @property
    def without_cost(self) -> int:
        """How many of its roads and units have no cost."""
        silent = [one for one in self.roads if np.isnan(one.cost_idr)]
        return int(self.sites["cost_idr"].isna().sum()) + len(silent)

    @property
    def yearly_idr(self) -> float:
        """What all roads and units cost every year, rupiah; NaN as soon as one was not given."""
        return float(self.sites["yearly_idr"].sum(skipna=False)) + sum(one.yearly_idr for one in self.roads)

    @property
    def without_yearly(self) -> int:
        """How many of its roads and units have no yearly cost."""
        silent = [one for one in self.roads if np.isnan(one.yearly_idr)]
        return int(self.sites["yearly_idr"].isna().sum()) + len(silent)

    @property
    def tells_yearly(self) -> bool:
        """Whether a yearly cost of any of them was given."""
        return self.without_yearly < self.size

    @property
    def counts_money(self) -> bool:
        """Whether a rollout's budgets are rupiah."""
        years = self.record.get("plan", {}).get("years", [{}])
        return years[0].get("budget_idr") is not None

    @property
    def has_yearly_costs(self) -> bool:
        """Whether a rollout's budgets pay more than first costs, so that a year's spending is another sum."""
        if self.years is None or not self.counts_money:
            return False
        return bool(abs(float(self.years["spent"].sum()) - self.cost_idr) > HALF_A_RUPIAH)

    @property
    def counts_people_of_year(self) -> bool:
        """Whether a rollout counts other people in a year than there are today."""
        years = self.record.get("plan", {}).get("years", [])
        return any(float(one.get("people_factor", 1.0)) != 1.0 for one in years)

    @property
    def as_if_none(self) -> bool:
        """Whether there was no list of the kind, and the plan took it that there are none."""
        return not self.record["list_of_kind_given"]

    @property
    def seasons(self) -> tuple[Season, ...]:
        """In which people count as reached, all of them: dry before wet. Its villages are of the last one."""
        if self.command == "rollout":
            both = bool(self.record["plan"].get("both_seasons"))
            asked: list[Season] | None = ["dry", "wet"] if both else None
        else:
            asked = self.record["ask"].get("seasons")
        found: tuple[Season, ...] = tuple(sorted(asked)) if asked else (self.scenario.season,)
        if not set(found) <= {"dry", "wet"}:
            msg = f"seasons {', '.join(map(str, found))}"
            raise ValueError(msg)
        return found

    def staff(self, rows: pd.DataFrame) -> dict[str, int]:
        """Return how many of each profession some of the sites need."""
        out: dict[str, int] = {}
        for words in rows["staff"]:
            for number, role in re.findall(r"(\d+) ([^,]+)", words):
                out[role] = out.get(role, 0) + int(number)
        return out

    def served(self, when: str) -> int:
        """Return how many villages are served, ``before`` or ``after``."""
        column = f"{self.kind}_status{'_before' if when == 'before' else ''}"
        return int((self.villages[column] == "served").sum())


def read_plan_folder(folder: Path) -> Plan:
    """Read the folder of a plan.

    Parameters
    ----------
    folder
        As ``jangkau site`` or ``jangkau rollout`` wrote it.

    Raises
    ------
    MissingFileError
        It is not there, or a file is missing.
    ConfigError
        It is another command's folder.
    UnreadableFileError
        A file is damaged.

    Examples
    --------
    >>> from pathlib import Path
    >>> read_plan_folder(Path("nowhere"))
    Traceback (most recent call last):
        ...
    geodata.errors.MissingFileError: nowhere/run.json is missing: --plan takes a folder that jangkau site ...
    """
    record = _record(folder)
    command = record.get("command")
    if command not in COMMANDS:
        msg = f"{folder} was written by jangkau {command}: --plan takes a folder of {' or '.join(COMMANDS)}"
        raise ConfigError(msg)
    if (record.get("ask") or {}).get("backup") is not None:
        msg = (
            f"{folder} counts who has several units in reach (backup): a proposal speaks of one unit, and "
            "these figures would be read wrongly. Give a plan without backup, or the tables of this one"
        )
        raise ConfigError(msg)
    if (record.get("ask") or {}).get("capacity"):
        msg = (
            f"{folder} counts only those for whom units have room (capacity): a proposal counts by time "
            "alone, and these figures would be read wrongly. Give a plan without capacity, or the tables "
            "of this one"
        )
        raise ConfigError(msg)
    try:
        kind = str(record["kind"])
        sites = _table(folder, "sites.csv", "candidate_id")
        # A table without a row has no type of its own.
        sites = sites.assign(**{name: pd.to_numeric(sites[name]).astype(np.float64) for name in NUMBERS})
        villages = _table(folder, "villages_after.csv", "village_code")
        reached = [f"{kind}_people_reached_before", f"{kind}_people_reached", "people"]
        villages[reached] = villages[reached].apply(pd.to_numeric)
        years = _years(folder, sites) if command == "rollout" else None
        ordered = sites.sort_values("order", kind="stable")
        scenario = read_scenario(folder / "scenario.yml")
        roads, by_roads = _roads(folder, record) if record.get("roads") else ((), float("nan"))
        plan = Plan(command, kind, record, scenario, ordered, years, villages, folder, roads, by_roads)
        _ = plan.as_if_none, plan.served("before"), plan.served("after"), record["area"]["code"]
        _ = plan.seasons, plan.why_none, plan.gain, plan.gain_by_year, plan.villages_unknown
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        msg = f"{folder} is damaged ({error}): make the plan again with jangkau {command}"
        raise UnreadableFileError(msg) from error
    return plan


def _record(folder: Path) -> dict[str, Any]:
    put_back(folder)
    path = folder / RUN
    if not path.is_file():
        msg = f"{path} is missing: --plan takes a folder that jangkau site or jangkau rollout wrote"
        raise MissingFileError(msg)
    try:
        record = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        msg = f"{path} is damaged ({error}): make the plan again"
        raise UnreadableFileError(msg) from error
    if not isinstance(record, dict):
        msg = f"{path} is damaged: make the plan again"
        raise UnreadableFileError(msg)
    return record


def _table(folder: Path, name: str, index: str) -> pd.DataFrame:
    path = folder / name
    if not path.is_file():
        msg = f"{path} is missing: make the plan again, into a folder of its own"
        raise MissingFileError(msg)
    table = pd.read_csv(path, dtype=str, keep_default_na=False).map(unguarded)
    return table.set_index(index)


def _given(idr: float | None) -> float:
    return float("nan") if idr is None else float(idr)


def _roads(folder: Path, record: Mapping[str, Any]) -> tuple[tuple[RoadWork, ...], float]:
    """Return the road measures of a plan, and the people whom all of them reach without its units."""
    choices = _table(folder, "roads.csv", "roads")["people_by_roads"].apply(pd.to_numeric)
    works = tuple(
        RoadWork(
            str(one["name"]), int(one["edits"]), float(one["km"]),
            _given(one["cost_idr"]), _given(one["yearly_idr"]),
            float(choices.get(one["name"], float("nan"))),
        )
        for one in record["road_works"]
    )  # fmt: skip
    return works, float(choices[" + ".join(record["roads"])])


def _years(folder: Path, sites: pd.DataFrame) -> pd.DataFrame:
    years = _table(folder, "plan.csv", "year")
    years.index = years.index.astype(int)
    text = ["staff_employed", "staff_free"]
    years = years.drop(columns=text).apply(pd.to_numeric).join(years[text])
    for column in ("year_decided", "year_works"):
        sites[column] = sites[column].astype(int)
    return years


def require_of_answer(plan: Plan, gaps: Gaps) -> None:
    """Raise ConfigError unless a plan starts from this answer: else a document would mix two states.

    Parameters
    ----------
    plan
        As read.
    gaps
        What the document reports.

    Raises
    ------
    ConfigError
        Another area, kind or scenario, or other people reached before the plan.
    """
    area, code = gaps.layers.area, plan.record["area"]["code"]
    if code != area.code:
        msg = f"the plan is of {code}, the workspace of {area.code}: give a plan of the same area with --plan"
        raise ConfigError(msg)
    if plan.kind not in gaps.coverage:
        msg = f"the plan is of {plan.kind}, which the standard does not name: use the plan's standard"
        raise ConfigError(msg)
    _require_same_rules(plan, gaps)
    if plan.as_if_none:
        return
    mine = gaps.in_each(plan.kind, plan.seasons).villages["people_reached"]
    theirs = plan.villages[f"{plan.kind}_people_reached_before"].reindex(mine.index)
    same = np.isclose(mine, theirs, rtol=0, atol=SAME_PEOPLE, equal_nan=True)
    if not same.all() or len(mine) != len(plan.villages):
        differ = counted(int((~same).sum()), "village differs", "villages differ")
        msg = (
            f"the plan starts from other numbers than the workspace gives today ({differ}): make the plan "
            "again from this workspace, or give its scenario with --scenario"
        )
        raise ConfigError(msg)


def _require_same_rules(plan: Plan, gaps: Gaps) -> None:
    """Raise ConfigError unless a plan's scenario, without the plan's own edits, is the answer's."""
    before = plan.scenario.model_copy(update={"edits": plan.edits_before})
    if plan.own_edits > len(plan.scenario.edits) or before.content_hash() != gaps.scenario.content_hash():
        msg = (
            "the plan was made under other rules than this report: give the scenario it was made with "
            "(--scenario), or make the plan again"
        )
        raise ConfigError(msg)


def gained_by(plan: Plan) -> Cell:
    """Return the people whom a plan reaches: more than today, unless nobody knows whom today reaches.

    At most so many, where some of them may be reached already; as far as known, where others may be besides.
    """
    found = change_known(people(plan.people_added), plan.gain)
    return found if plan.as_if_none else replace(found, unit="more_people")


def reaches_more(gained: Cell) -> bool:
    """Return whether a number of people gained is one or more as it is written.

    Parameters
    ----------
    gained
        As from :func:`gained_by`.

    Examples
    --------
    >>> reaches_more(people(0.3)), reaches_more(people(1.0))
    (False, True)
    """
    return gained.known and round(gained.number) > 0


def of_nobody(key: str, plan: Plan) -> str:
    """Return the key of a sentence on a plan that gains nobody, or nobody as far as known.

    Parameters
    ----------
    key
        Of the sentence where it is sure.
    plan
        As read.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from planner.coverage.gained import Gain
    >>> sure, open_ = (SimpleNamespace(gain=Gain(0.0, 0.0, most)) for most in (0.0, 9.0))
    >>> of_nobody("aim.plan_nobody", sure), of_nobody("aim.plan_nobody", open_)
    ('aim.plan_nobody', 'aim.plan_nobody_known')
    """
    return key if plan.gain.is_sure else f"{key}_known"
