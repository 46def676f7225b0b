"""The ILP answers as views show them: a village's PWS facts, a unit's staff and load, life-cycle groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.ilp.referral import legs_in_doubt
from planner.supply.groups import Origin
from planner.supply.jejaring import GUESSED, TOP

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from app.areas.area import Answer
    from planner.scenarios.standards import KindStandard, Per

    Floats = NDArray[np.float64]

# Parts of planner.ilp.model.Ilp that a village's and a unit's facts are made of.
PWS_PARTS = ("answers", "groups", "jejaring", "referral", "visits", "remote")
UNIT_PARTS = ("units", "jejaring", "loads")
STAFF, OPEN_DAYS = "staff_", "open_days_month"


@dataclass(frozen=True)
class GroupReach:
    """A life-cycle group by village (in the order of villages; NaN = unknown).

    Attributes
    ----------
    people, reached
        float64 ``(villages,)``: its people, and those of them who are reached.
    counted, projected, unknown
        In how many villages its people were counted, are a share of all people, are unknown.
    share
        That share.
    """

    people: Floats
    reached: Floats
    counted: int
    projected: int
    unknown: int
    share: float

    @property
    def total(self) -> float:
        """Its people in all villages whose number is known; NaN where none is."""
        return _sum(self.people)

    @property
    def people_reached(self) -> float:
        """Those of them who are reached; NaN where nothing is known."""
        return _sum(self.reached)

    @property
    def share_reached(self) -> float:
        """Reached ÷ people, where both are known; NaN without any."""
        known = ~np.isnan(self.reached)
        whole = float(self.people[known].sum())
        return float(self.reached[known].sum()) / whole if whole > 0 else math.nan


def _sum(values: Floats) -> float:
    known = ~np.isnan(values)
    return float(values[known].sum()) if known.any() else math.nan


def group_reach(answer: Answer, group: str, kind: str, season: str) -> GroupReach:
    """Return a life-cycle group's people and reach by village.

    Parameters
    ----------
    group
        A key of the scenario's groups.
    """
    answer.prepare("groups")
    scenario = answer.gaps.scenario
    table = answer.ilp.groups.xs(group, level="group").reindex(answer.gaps.layers.villages.index)
    infix = "" if season == scenario.season else f"_{season}"
    origin = table["from"].value_counts()
    return GroupReach(
        table["people"].to_numpy(dtype=np.float64),
        table[f"{kind}{infix}_people_reached"].to_numpy(dtype=np.float64),
        counted=int(origin.get(Origin.COUNTED, 0)), projected=int(origin.get(Origin.PROJECTED, 0)),
        unknown=int(origin.get(Origin.UNKNOWN, 0)), share=scenario.groups[group].share,
    )  # fmt: skip


@dataclass(frozen=True)
class NamedUnit:
    """A unit by its id and name; both "" where there is none."""

    id: str
    name: str


@dataclass(frozen=True)
class Service:
    """A village's three answers for one kind (:func:`planner.ilp.three_answers.three_answers`)."""

    kind: str
    presence: Per
    present: str
    aimed: Per | None
    aim: str
    dry: str
    wet: str
    functioning: str
    state: str
    reason: str
    unit: NamedUnit


@dataclass(frozen=True)
class GroupCount:
    """A life-cycle group of a village: its people, and whether they were counted, projected, or neither."""

    group: str
    people: float
    origin: str


@dataclass(frozen=True)
class ReferralLeg:
    """The leg of a referral that ends at a unit of a kind; minutes NaN = unknown, inf = no way.

    ``at_most``: from where it begins a unit that is not known may be nearer.
    """

    kind: str
    unit: NamedUnit
    minutes: float
    at_most: bool


@dataclass(frozen=True)
class VillagePws:
    """What a village's PWS sheet (pemantauan wilayah setempat) says; unknown is NaN or "unknown".

    ``visits`` and ``remote`` are rows of :class:`planner.ilp.model.Ilp`'s tables of those names;
    ``gaps`` are the kinds not in order, the gravest first.
    """

    services: list[Service]
    groups: list[GroupCount]
    puskesmas: NamedUnit
    how: str
    legs: list[ReferralLeg]
    referral_minutes: float
    minutes_are: str
    levels_unknown: list[str]
    exceeds: str
    limit_minutes: float
    season: str
    visits: dict[str, Any]
    remote: dict[str, Any]
    gaps: list[str]
    next_action: str


def village_pws(answer: Answer, code: str, lang: str) -> VillagePws:
    """Return a village's PWS facts, with reasons and actions in a language."""
    answer.prepare(*PWS_PARTS)
    ilp, scenario = answer.ilp, answer.gaps.scenario
    row = answer.pws(lang).loc[code]
    area = ilp.jejaring.villages.loc[code]
    referral = ilp.referral.loc[(code, "standard")]
    in_doubt, _ = legs_in_doubt(answer.gaps)
    legs = [
        ReferralLeg(
            k, _unit(answer, referral[f"{k}_id"]), float(referral[f"{k}_minutes"]), at_most=k in in_doubt
        )
        for k in scenario.referral.chain
        if k in scenario.standard
    ]
    return VillagePws(
        [_service(answer, code, kind, lang) for kind in ilp.kinds],
        _groups(answer, code),
        _unit(answer, area["puskesmas_id"]),
        str(area["how"]),
        legs,
        float(referral["minutes"]),
        str(referral["minutes_are"]),
        str(referral["levels_unknown"]).split(),
        str(referral["exceeds"]),
        scenario.referral.limit_minutes,
        scenario.season,
        ilp.visits.villages.loc[code].to_dict(),
        ilp.remote.loc[code].to_dict(),
        str(row["gaps"]).split(),
        str(row["next_action"]),
    )


def _service(answer: Answer, code: str, kind: str, lang: str) -> Service:
    rule = answer.gaps.scenario.standard[kind]
    one = answer.ilp.answers[kind].loc[code]
    return Service(
        kind, rule.presence or "village", one["present"], rule.aim, one["aim"], one["reachable_dry"],
        one["reachable_wet"], one["functioning"], one["class"], one[f"reason_{lang}"],
        _unit(answer, one["unit_id"]),
    )  # fmt: skip


def _groups(answer: Answer, code: str) -> list[GroupCount]:
    names = list(answer.gaps.scenario.groups)
    if not names:
        return []
    table = answer.ilp.groups.loc[code]
    rows = table.loc[names, ["people", "from"]].itertuples(name=None)
    return [GroupCount(group, float(people), str(origin)) for group, people, origin in rows]


def _unit(answer: Answer, facility_id: str) -> NamedUnit:
    names = answer.gaps.layers.facilities["name"]
    return NamedUnit(facility_id, str(names.get(facility_id) or facility_id))


@dataclass(frozen=True)
class AskedOfUnit:
    """What a standard asks of a unit, and what the unit has (NaN = unknown)."""

    what: str
    has: float
    asked: float

    @property
    def lacking(self) -> float:
        """How much is missing; NaN where it is not known what there is."""
        return math.nan if math.isnan(self.has) else max(self.asked - self.has, 0.0)


@dataclass(frozen=True)
class Profession:
    """A unit as one kind of the standard: does it function, and how full is it.

    ``capacity_from`` is "list", "standard" or "" (neither gives one); ``people`` are those given to it
    within capacities (NaN = unknown), ``load`` is people ÷ capacity.
    """

    kind: str
    functions: str
    asked: list[AskedOfUnit]
    capacity: float
    capacity_from: str
    people: float
    load: float


@dataclass(frozen=True)
class UnitIlp:
    """A unit against the standard, and in the network.

    ``parent`` and ``how`` say where it belongs (``how`` is "" for a unit that belongs to none by its kind);
    of a puskesmas, ``villages`` are those of its working area, of them ``proposed`` by travel time.
    """

    roles: list[Profession]
    parent: NamedUnit
    how: str
    villages: int | None
    proposed: int


def unit_ilp(answer: Answer, facility_id: str) -> UnitIlp:
    """Return a unit's staff against the standard, its load, and its place in the network."""
    answer.prepare(*UNIT_PARTS)
    ilp, gaps = answer.ilp, answer.gaps
    facts = gaps.layers.facilities.loc[facility_id]
    units = ilp.units[ilp.units.index == facility_id]
    loads = ilp.loads[ilp.loads.index == facility_id].set_index("serves_as")
    roles = [
        _role(facts, gaps.scenario.standard[row["serves_as"]], row, loads.loc[row["serves_as"]])
        for _, row in units.iterrows()
    ]
    network = ilp.jejaring
    parent, how = NamedUnit("", ""), ""
    if facility_id in network.units.index:
        found = network.units.loc[facility_id]
        parent, how = _unit(answer, found["parent_id"]), str(found["how"])
    villages, proposed = None, 0
    if facts["kind"] == TOP:
        mine = network.villages[network.villages["puskesmas_id"] == facility_id]
        villages, proposed = len(mine), int(mine["how"].isin(GUESSED).sum())
    return UnitIlp(roles, parent, how, villages, proposed)


def _role(facts: pd.Series[Any], rule: KindStandard, row: pd.Series[Any], load: pd.Series[Any]) -> Profession:
    asked = [AskedOfUnit(role, _number(facts, f"{STAFF}{role}"), float(n)) for role, n in rule.staff.items()]
    if rule.open_days_month is not None:
        asked.append(AskedOfUnit("open_days", _number(facts, OPEN_DAYS), rule.open_days_month))
    capacity = float(row["capacity_people"])
    source = "" if math.isnan(capacity) else "standard"
    if not math.isnan(_number(facts, "capacity_people")):
        source = "list"
    return Profession(
        str(row["serves_as"]), str(row["functions"]), asked, capacity, source,
        float(load["people_allocated"]), float(load["load"]),
    )  # fmt: skip


def _number(facts: pd.Series[Any], column: str) -> float:
    return float(facts[column]) if column in facts.index else math.nan
