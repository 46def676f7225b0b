"""Life-cycle groups: counted and projected people, both kept, and how many of them are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from planner.coverage.study import Gaps


def group_table(gaps: Gaps) -> pd.DataFrame:
    """Return one row a village and life-cycle group: its people and how many of them are reached.

    A group is taken to live where all people of the village live: of a village with 80 % of its people
    within the limit, 80 % of its infants are.

    Returns
    -------
    groups
        Index ``village_code``, ``group``; ``counted`` (the population table's; NaN = not counted),
        ``projected`` (share × people), ``people`` (counted where it is, else projected), ``from``
        (counted/projected/unknown), ``share`` of the projection, and for each kind K
        ``K_people_reached`` (the scenario's season) and ``K_wet_people_reached`` (or ``K_dry_…``).
    """
    villages = gaps.layers.villages
    codes, everyone = villages.index, villages["people"].to_numpy(dtype=np.float64)
    parts = []
    for name, rule in gaps.scenario.groups.items():
        column = f"people_{name}"
        counted = np.full(len(codes), np.nan)
        if column in villages:
            counted = villages[column].to_numpy(dtype=np.float64)
        projected = everyone * rule.share
        people = np.where(np.isnan(counted), projected, counted)
        origin = np.select([~np.isnan(counted), ~np.isnan(projected)], ["counted", "projected"], "unknown")
        part: dict[str, object] = {
            "group": name,
            "counted": counted,
            "projected": projected,
            "people": people,
            "from": origin.astype(object),
            "share": rule.share,
        }
        for season, kinds in gaps.seasons.items():
            infix = "" if season == gaps.scenario.season else f"_{season}"
            for kind, coverage in kinds.items():
                share = coverage.villages["share_reached"].to_numpy(dtype=np.float64)
                part[f"{kind}{infix}_people_reached"] = people * share
        parts.append(pd.DataFrame(part, index=codes))
    if not parts:
        return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["village_code", "group"]))
    table = pd.concat(parts).set_index("group", append=True)
    return table.sort_index(kind="stable")


def group_totals(table: pd.DataFrame) -> pd.DataFrame:
    """Return each group's people and reach over all villages whose number is known.

    Returns
    -------
    totals
        Index ``group``: ``people``, ``counted``, ``projected``, ``villages_unknown`` and the reach columns;
        NaN where nothing is known.
    """
    by = table.groupby(level="group", sort=False)
    numbers = [c for c in table.columns if c not in ("from", "share")]
    totals = by[numbers].sum(min_count=1)
    totals["villages_unknown"] = by["people"].apply(lambda s: int(s.isna().sum()))
    return totals
