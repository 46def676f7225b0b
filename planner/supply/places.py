"""What kind of place a village is: how far from care, and on which island."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geodata.vocabulary.statuses import Word
from planner.network.land import UNKNOWN_LANDMASS, land_of

if TYPE_CHECKING:
    from planner.coverage.study import Gaps

# Of a village that is far off every outline of land.
NO_ISLAND = "unknown"


class Remoteness(Word):
    """How far a village is from a puskesmas, by the bands of the village index; the best first."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    NO_WAY = "no_way"
    UNKNOWN = "unknown"


REMOTENESS = Remoteness.texts()


def village_remoteness(gaps: Gaps) -> pd.Series:
    """Return each village's class of REMOTENESS: the minutes of its middle person to a puskesmas.

    ``good``, ``fair`` and ``poor`` are the bands of the village index (by default up to 30 minutes, up to 60,
    more); ``no_way``: more than half of its people have none; ``unknown``: no list of puskesmas, or none of
    them has a place, or nobody knows the way there. In the scenario's own season, so that both seasons
    compare the same villages.

    Parameters
    ----------
    gaps
        The answer for a study area.

    Returns
    -------
    remoteness
        Text, index ``village_code``.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> village_remoteness(find_gaps(demo_layers(12))).value_counts().to_dict()
    {'good': 10, 'poor': 2}
    """
    index = gaps.layers.villages.index
    answer = gaps.coverage.get("puskesmas")
    minutes = np.full(len(index), np.nan) if answer is None else answer.villages["minutes_median"].to_numpy()
    rule = gaps.scenario.remoteness
    if answer is not None and gaps.on_foot("puskesmas"):
        # By vehicle it takes less than the walk, and nobody knows how much.
        minutes = np.where(minutes > rule.good_minutes, np.nan, minutes)
    label = np.select(
        [np.isnan(minutes), np.isinf(minutes), minutes > rule.fair_minutes, minutes > rule.good_minutes],
        [Remoteness.UNKNOWN, Remoteness.NO_WAY, Remoteness.POOR, Remoteness.FAIR],
        Remoteness.GOOD,
    )
    return pd.Series(label, index=index, dtype="str", name="remoteness")


def village_islands(gaps: Gaps) -> pd.Series:
    """Return the number of each village's island as text: "1" is the largest with a village.

    A village is on the landmass (docs/METHODS.md) of most of its people, of equal ones the larger;
    "unknown" when most are far off every outline. Size is area; of equal ones the western, then the southern
    is first.

    Parameters
    ----------
    gaps
        The answer for a study area.

    Returns
    -------
    island
        Text, index ``village_code``.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> islands = village_islands(find_gaps(demo_layers(12)))
    >>> sorted(set(islands)), int((islands == "1").sum())
    (['1', '2', '3'], 10)
    """
    villages = gaps.layers.villages
    land = gaps.ground.land or land_of(villages, gaps.scenario.land)
    off = len(land.parts)
    # Whole square metres: the same islands in another order of villages differ in the last bits.
    by_size = np.argsort(-np.round(shapely.area(land.parts)), kind="stable")
    rank = np.empty(off, dtype=np.int64)
    rank[by_size] = np.arange(off)
    part = land.of(np.asarray(gaps.demand.geometry.to_numpy(), dtype=object))
    on = pd.DataFrame(
        {
            "village": villages.index.get_indexer(gaps.demand["village_code"]),
            "rank": np.where(part == UNKNOWN_LANDMASS, off, rank[part]),
            "weight": gaps.demand["weight"].to_numpy(),
        }
    )
    share = on.groupby(["village", "rank"], as_index=False)["weight"].sum().round({"weight": 9})
    share = share.sort_values(["village", "weight", "rank"], ascending=[True, False, True])
    landmass = share.drop_duplicates("village")["rank"].to_numpy()
    used = np.unique(landmass[landmass != off])
    number = (np.searchsorted(used, landmass) + 1).astype("str").astype(object)
    return pd.Series(np.where(landmass == off, NO_ISLAND, number), villages.index, dtype="str", name="island")
