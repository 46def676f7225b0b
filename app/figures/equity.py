"""The equity page's figures: who is reached, and how minutes are shared, by groups of villages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.areas.names import district_names
from planner.supply.equity import GROUPINGS, QUANTILES, lorenz_points

if TYPE_CHECKING:
    import pandas as pd

    from app.areas.area import Answer
    from planner.scenarios.modes import Season

# All villages together are shown apart.
BY = tuple(g for g in GROUPINGS if g != "all")
# Right ends of the axis of minutes that read well.
AXES = (10.0, 15.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 360.0, 480.0, 720.0, 1440.0)


@dataclass(frozen=True)
class Spread:
    """A row of :func:`planner.supply.equity.equity_table`; unknown is NaN.

    Attributes
    ----------
    group, name
        Its label in the table, and the name of the kecamatan (else the label again).
    minutes
        That 10, 25, 50, 75 and 90 % of people do not exceed; ``inf`` = no way.
    marks
        The same on the axis, 0 to 1; 1 where it lies beyond. None where a number is unknown.
    """

    group: str
    name: str
    villages: int
    people: float
    villages_people_unknown: int
    share_reached: float
    share_unreachable: float
    share_reach_unknown: float
    gini_reachable: float
    worst_tenth_minutes: float
    worst_tenth_from_minutes: float
    minutes: tuple[float, ...]
    marks: tuple[float, ...] | None


@dataclass(frozen=True)
class Equity:
    """One kind in one season: all villages together, their groups, and the Lorenz curve.

    ``rows`` are in the order of the table, kecamatan from the least share reached on; ``axis_minutes``
    is the right end of the axis, NaN where nobody has a way; ``curve`` holds points of shares (0-1), none
    where it is not defined.
    """

    kind: str
    season: Season
    by: str
    whole: Spread
    rows: list[Spread]
    axis_minutes: float
    curve: list[tuple[float, float]]


def equity(answer: Answer, kind: str, season: Season, by: str) -> Equity:
    """Return the figures of the equity page.

    Parameters
    ----------
    by
        One of BY.
    """
    answer.prepare("equity")
    table = answer.ilp.equity
    mine = table[(table["kind"] == kind) & (table["season"] == season)]
    whole, groups = mine[mine["by"] == "all"], mine[mine["by"] == by]
    names = district_names(answer.gaps.layers.villages) if by == "district" else {}
    axis = _axis([*whole["minutes_p90"], *groups["minutes_p90"]])
    rows = [_spread(row, names, axis) for _, row in groups.iterrows()]
    if by == "district":
        rows.sort(key=lambda r: (math.isnan(r.share_reached), r.share_reached, r.name, r.group))
    every = _spread(whole.iloc[0], {}, axis)
    curve: list[tuple[float, float]] = []
    # Where its coefficient is unknown, so is the curve.
    if not math.isnan(every.gini_reachable):
        points = lorenz_points(answer.gaps, kind, season)
        x, y = (points[f"{what}_share"].tolist() for what in ("people", "minutes"))
        curve = list(zip(x, y, strict=True))
    return Equity(kind, season, by, every, rows, axis, curve)


def _axis(longest: list[float]) -> float:
    """Return the right end of the axis: the least that reads well and holds all that can be reached."""
    known = [m for m in longest if math.isfinite(m)]
    if not known:
        return math.nan
    return next((a for a in AXES if a >= max(known)), max(known))


def _spread(row: pd.Series[Any], names: dict[str, str], axis: float) -> Spread:
    group = str(row["group"])
    minutes = tuple(float(row[name]) for name in QUANTILES)
    marks = None
    if not math.isnan(axis) and not any(math.isnan(m) for m in minutes):
        marks = tuple(min(m / axis, 1.0) for m in minutes)
    return Spread(
        group=group,
        name=names.get(group, group),
        villages=int(row["villages"]),
        people=float(row["people"]),
        villages_people_unknown=int(row["villages_people_unknown"]),
        share_reached=float(row["share_reached"]),
        share_unreachable=float(row["share_unreachable"]),
        share_reach_unknown=float(row["share_reach_unknown"]),
        gini_reachable=float(row["gini_reachable"]),
        worst_tenth_minutes=float(row["worst_tenth_minutes"]),
        worst_tenth_from_minutes=float(row["worst_tenth_from_minutes"]),
        minutes=minutes,
        marks=marks,
    )
