"""Life-cycle groups: counted and projected people, both kept, and how many of them are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.vocabulary.statuses import Word

if TYPE_CHECKING:
    from planner.coverage.study import Gaps


class Origin(Word):
    """Where the number of a group's people comes from."""

    COUNTED = "counted"
    PROJECTED = "projected"
    UNKNOWN = "unknown"


def group_table(gaps: Gaps) -> pd.DataFrame:
    """Return one row a village and life-cycle group: its people and how many of them are reached.

    A group is taken to live where all people of the village live: of a village with 80 % of its people
    within the limit, 80 % of its infants are.

    Parameters
    ----------
    gaps
        The answer for a study area.

    Returns
    -------
    groups
        Index ``village_code``, ``group``; ``counted`` (the population table's; NaN = not counted),
        ``projected`` (share × people), ``people`` (counted where it is, else projected), ``from``
        (counted/projected/unknown), ``share`` (0-1) of the projection, and for each kind K
        ``K_people_reached`` (the scenario's season) and ``K_wet_people_reached`` (or ``K_dry_…``). Numbers
        are people, float64; NaN = unknown.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> table = group_table(find_gaps(demo_layers(12)))
    >>> table.loc["99.01.01.1001", ["people", "from"]].iloc[:3].to_numpy().tolist()
    [[285.0, 'counted'], [57.0, 'counted'], [68.9216, 'projected']]
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
        origin = np.select(
            [~np.isnan(counted), ~np.isnan(projected)], [Origin.COUNTED, Origin.PROJECTED], Origin.UNKNOWN
        )
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

    Parameters
    ----------
    table
        From :func:`group_table`.

    Returns
    -------
    totals
        Index ``group``; float64 ``people``, ``counted``, ``projected`` and the reach columns (people; NaN
        where nothing is known), int64 ``villages_unknown``.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["a", "b", "c"], ["bayi"]], names=["village_code", "group"])
    >>> people = [40.0, float("nan"), 60.0]
    >>> table = pd.DataFrame({"people": people, "from": "counted", "share": 0.016}, index=index)
    >>> group_totals(table).to_dict("index")
    {'bayi': {'people': 100.0, 'villages_unknown': 1}}
    """
    by = table.groupby(level="group", sort=False)
    numbers = [c for c in table.columns if c not in ("from", "share")]
    totals = by[numbers].sum(min_count=1)
    totals["villages_unknown"] = by["people"].apply(lambda s: int(s.isna().sum()))
    return totals
