"""The figures that views show, as plain values: headlines, sheets, totals of a comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.figures.ilp import group_reach
from app.figures.measures import minutes_change
from app.figures.sure import sure_change
from planner.coverage.compare import changes, totals
from planner.coverage.sheets import (
    catchment,
    catchment_area,
    kinds_served,
    loss_if_closed,
    middle_place,
    near_units,
    way_to,
)
from planner.coverage.tables import is_at_least

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from app.areas.area import Answer, Area
    from planner.coverage.sheets import Catchment, Loss, NearUnit
    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season


@dataclass(frozen=True)
class KindHeadline:
    """One kind's totals in the season shown, and the difference to what it is compared with.

    Unknown is NaN; ``people_change`` and ``gap_change`` are None where nothing is compared. Of people who are
    no longer reached for sure, and may be, the change is unknown (:func:`app.figures.sure.sure_change`).
    """

    kind: str
    listed: bool
    mode: str
    limit_minutes: float
    people_reached: float
    share_reached: float
    villages_gap: int
    villages_partly: int
    villages_served: int
    villages_unknown: int
    facilities: int | None
    not_functioning: int | None
    unlocated: int | None
    people_change: float | None
    gap_change: int | None
    at_least: bool = False
    incomplete: tuple[str, ...] = ()
    villages_slower: int = 0
    villages_quicker: int = 0


def headlines(
    answer: Answer, season: Season, *, group: str = "", other: Answer | None = None
) -> list[KindHeadline]:
    """Return one headline a kind of the standard.

    Parameters
    ----------
    group
        The life-cycle group whose people are counted; everybody when empty.
    other
        What it is compared with; None where it is compared with nothing.
    """
    out = []
    for kind in answer.gaps.scenario.standard:
        here = answer.reach(kind, season)
        people, share, unsure = _reached(answer, kind, season, group)
        change = gap = None
        if other is not None:
            before, _, unsure_before = _reached(other, kind, season, group)
            change = float(sure_change(people - before, unsure - unsure_before))
            gap = here["villages_gap"] - other.reach(kind, season)["villages_gap"]
        out.append(
            KindHeadline(
                kind,
                here["listed"],
                here["mode"],
                here["limit_minutes"],
                people,
                share,
                here["villages_gap"],
                here["villages_partly"],
                here["villages_served"],
                here["villages_unknown"],
                here["facilities"],
                here["facilities_not_functioning"],
                here["facilities_unlocated"],
                change,
                gap,
                is_at_least(here),
                tuple(here["incomplete"]),
                *_slower_and_quicker(answer, other, kind, season),
            )
        )
    return out


def _slower_and_quicker(answer: Answer, other: Answer | None, kind: str, season: Season) -> tuple[int, int]:
    """Return how many villages have a longer, and a shorter, way than in what is compared with.

    By the minutes of their middle person: a way may get longer and stay within the limit, so that the people
    reached say nothing of it.
    """
    if other is None:
        return 0, 0
    by = minutes_change(
        answer.villages(kind, season)["minutes_median"].to_numpy(),
        other.villages(kind, season)["minutes_median"].to_numpy(),
    )
    return int((by > 0).sum()), int((by < 0).sum())


def _reached(answer: Answer, kind: str, season: Season, group: str) -> tuple[float, float, float]:
    """Return people reached, their share (0-1), and of how many nobody knows; NaN where unknown."""
    if group:
        found = group_reach(answer, group, kind, season)
        unsure = found.people * answer.villages(kind, season)["share_unknown"].to_numpy()
        return found.people_reached, found.share_reached, float(np.nansum(unsure))
    totals = answer.reach(kind, season)
    people, share, unsure = (totals[of] for of in ("people_reached", "share_reached", "people_unsure"))
    return _known(people), _known(share), _known(unsure)


def _known(value: float | None) -> float:
    return math.nan if value is None else float(value)


@dataclass(frozen=True)
class VillageAnswer:
    """A village's answer for one kind in one season."""

    kind: str
    season: str
    row: dict[str, Any]
    nearest_name: str
    at_most: bool


@dataclass(frozen=True)
class VillageSheet:
    """All that is known of a village in an answer.

    ``units`` are the nearest of the kind shown, from the village's middle place; ``way`` leads to the first
    of them (or to ``target``), one row a leg.
    """

    code: str
    facts: dict[str, Any]
    answers: list[VillageAnswer]
    units: list[NearUnit]
    target: str
    way: gpd.GeoDataFrame | None


def village_sheet(answer: Answer, code: str, kind: str, season: Season, *, target: str = "") -> VillageSheet:
    """Return a village's sheet.

    Parameters
    ----------
    kind, season
        Whose nearest units, and whose way.
    target
        The unit to lead to; the nearest when empty.
    """
    gaps = answer.gaps
    facts = gaps.layers.villages.drop(columns="geometry").loc[code].to_dict()
    facts["demand_method"] = gaps.demand_method[code]
    names = gaps.layers.facilities["name"]
    rows = []
    for one in gaps.coverage:
        for when, answers in gaps.seasons.items():
            row = answers[one].villages.loc[code].to_dict()
            nearest = row["nearest_id"]
            at_most = bool(answers[one].at_most.loc[code, "minutes_median"])
            rows.append(VillageAnswer(one, when, row, str(names.get(nearest) or nearest), at_most))
    place = middle_place(gaps, code, kind, season)
    units = [] if place is None else near_units(gaps, place, kind, season)
    known = {u.facility_id for u in units}
    target = target if target in known else (units[0].facility_id if units else "")
    way = None
    if place is not None and target:
        way = way_to(gaps, place, kind, season, target)
    return VillageSheet(code, facts, rows, units, target, way)


@dataclass(frozen=True)
class FacilitySheet:
    """A facility in an answer; ``catchment``, ``area`` and ``loss`` are None where it takes no part."""

    facility_id: str
    facts: dict[str, Any]
    kind: str
    catchment: Catchment | None
    loss: Loss | None
    area: gpd.GeoDataFrame | None


def facility_sheet(area: Area, answer: Answer, facility_id: str, kind: str, season: Season) -> FacilitySheet:
    """Return a facility's sheet, for the kind shown where it counts as one, else for the first it is."""
    gaps = answer.gaps
    facts = gaps.layers.facilities.drop(columns="geometry").loc[facility_id].to_dict()
    all_served = kinds_served(gaps, facility_id)
    # Of a kind without a list nobody knows who is nearest to what.
    served = [k for k in all_served if gaps.seasons[season][k].listed]
    if not served:
        return FacilitySheet(facility_id, facts, all_served[0] if all_served else "", None, None, None)
    chosen = kind if kind in served else served[0]
    loss = loss_if_closed(area.study_of(answer), gaps, facility_id, chosen, season)
    return FacilitySheet(
        facility_id, facts, chosen, catchment(gaps, facility_id, chosen, season), loss,
        catchment_area(gaps, facility_id, chosen, season, inside=area.outline),
    )  # fmt: skip


@dataclass(frozen=True)
class ComparedSheets:
    """Two answers side by side: totals by kind and season, and the villages that differ.

    ``villages`` also has ``people_unsure_change``: of how many more people nobody knows (NaN = unknown).
    """

    totals: pd.DataFrame
    villages: pd.DataFrame


def comparison(answer: Answer, other: Answer) -> ComparedSheets:
    """Return what an answer changes against another."""
    table = changes(other.gaps, answer.gaps)
    table["people_unsure_change"] = _unsure(answer.gaps, table) - _unsure(other.gaps, table)
    return ComparedSheets(totals(other.gaps, answer.gaps), table)


def _unsure(gaps: Gaps, table: pd.DataFrame) -> NDArray[np.float64]:
    """Return of how many people of each row's village nobody knows: float64 ``(rows,)``; NaN = unknown."""
    found = np.zeros(len(table))
    for (season, kind), rows in table.groupby(["season", "kind"]).indices.items():
        unsure = gaps.layers.villages["people"] * gaps.seasons[season][kind].villages["share_unknown"]
        found[rows] = unsure.reindex(table["village_code"].iloc[rows]).to_numpy()
    return found
