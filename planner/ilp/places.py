"""What kind of place a village is: how far from care, and on which island."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from planner.land import UNKNOWN, land_of

if TYPE_CHECKING:
    from planner.gaps import Gaps

# Minutes to a puskesmas: good up to 30, fair up to 60, poor above (scoring of the village index).
GOOD_MINUTES, FAIR_MINUTES = 30.0, 60.0
REMOTENESS = ("up_to_30", "30_to_60", "over_60", "no_way", "unknown")


def village_remoteness(gaps: Gaps) -> pd.Series:
    """Return each village's class of REMOTENESS: the minutes of its middle person to a puskesmas.

    ``up_to_30``, ``30_to_60`` and ``over_60`` are the bands good, fair and poor of the village index;
    ``no_way``: more than half of its people have none; ``unknown``: no list of puskesmas, or none of them has
    a place. In the scenario's own season, so that both seasons compare the same villages.
    """
    index = gaps.layers.villages.index
    answer = gaps.coverage.get("puskesmas")
    minutes = np.full(len(index), np.nan) if answer is None else answer.villages["minutes_median"].to_numpy()
    label = np.select(
        [np.isnan(minutes), np.isinf(minutes), minutes > FAIR_MINUTES, minutes > GOOD_MINUTES],
        ["unknown", "no_way", "over_60", "30_to_60"],
        "up_to_30",
    )
    return pd.Series(label, index=index, dtype="str", name="remoteness")


def village_islands(gaps: Gaps) -> pd.Series:
    """Return the number of each village's island as text: "1" is the largest with a village.

    A village is on the landmass (docs/METHODS.md) of most of its people, of equal ones the larger;
    "unknown" when most are far off every outline. Size is area; of equal ones the western, then the southern
    is first.
    """
    villages = gaps.layers.villages
    land = gaps.ground.land or land_of(villages)
    off = len(land.parts)
    # Whole square metres: the same islands in another order of villages differ in the last bits.
    by_size = np.argsort(-np.round(shapely.area(land.parts)), kind="stable")
    rank = np.empty(off, dtype=np.int64)
    rank[by_size] = np.arange(off)
    part = land.of(np.asarray(gaps.demand.geometry.to_numpy(), dtype=object))
    on = pd.DataFrame(
        {
            "village": villages.index.get_indexer(gaps.demand["village_code"]),
            "rank": np.where(part == UNKNOWN, off, rank[part]),
            "weight": gaps.demand["weight"].to_numpy(),
        }
    )
    share = on.groupby(["village", "rank"], as_index=False)["weight"].sum().round({"weight": 9})
    share = share.sort_values(["village", "weight", "rank"], ascending=[True, False, True])
    home = share.drop_duplicates("village")["rank"].to_numpy()
    used = np.unique(home[home != off])
    number = (np.searchsorted(used, home) + 1).astype("str").astype(object)
    return pd.Series(np.where(home == off, "unknown", number), villages.index, dtype="str", name="island")
