"""Who loses a unit of another kind by a plan: where a unit is upgraded, it is no longer what it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.vocabulary.statuses import VillageStatus
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season


@dataclass(frozen=True)
class Lost:
    """What a plan takes away of other kinds than its own.

    Attributes
    ----------
    kinds
        Index ``kind``, those of which anything is lost: ``people`` (float64, within the limit without the
        plan and not with it), ``villages`` (int64, served without it and not with it), ``more`` (bool,
        whether others are lost whose number or place nobody knows: then ``people`` are "at least").
    units
        Index ``facility_id``, the same by the unit that is no longer what it was: the one nearest to them
        before. A village counts at the unit that takes most from it. They sum to those of ``kinds``.
    """

    kinds: pd.DataFrame
    units: pd.DataFrame


def lost_of_others(before: Gaps, after: Gaps, kind: str, seasons: Sequence[Season] | None = None) -> Lost:
    """Return who is no longer within the limit of other kinds with a plan.

    Those whose number or place is not known are in no number of people.

    Parameters
    ----------
    before, after
        The gaps without and with the plan.
    kind
        That of the plan, which is left out.
    seasons
        Reached counts only if in all of these; the scenario's own season when None.

    Examples
    --------
    >>> from planner.pipeline import ChangeFacility, Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> after = study.gaps([ChangeFacility(id="T99010014", kind="puskesmas")])
    >>> lost = lost_of_others(study.gaps(), after, "puskesmas")
    >>> lost.kinds.round().to_dict("index"), lost.units.index.tolist()
    ({'pustu': {'people': 3906.0, 'villages': 1, 'more': False}}, ['T99010014'])
    """
    seasons = (after.scenario.season,) if seasons is None else tuple(seasons)
    found = [
        _of_kind(before, after, other, seasons)
        for other in after.scenario.standard
        if other != kind and any(before.seasons[s][other] is not after.seasons[s][other] for s in seasons)
    ]
    columns = {"people": "float64", "villages": "int64", "more": "bool"}
    rows = pd.concat([pd.DataFrame(columns=["kind", "facility_id", *columns]), *found]).astype(columns)
    ways = {"people": "sum", "villages": "sum", "more": "any"}
    by_kind, by_unit = (rows.groupby(name, sort=False).agg(ways) for name in ("kind", "facility_id"))
    return Lost(*(one[(one > 0).any(axis=1)] for one in (by_kind, by_unit)))


def _of_kind(before: Gaps, after: Gaps, kind: str, seasons: Sequence[Season]) -> pd.DataFrame:
    """Return what is lost of a kind by the unit that was nearest, in the first season in which it is lost."""
    one, other = (gaps.in_each(kind, seasons) for gaps in (before, after))
    gone = one.reached & ~other.reached
    owner = np.full(len(gone), "", dtype=object)
    for season in sorted(set(seasons), reverse=True):
        was, then = (gaps.seasons[season][kind] for gaps in (before, after))
        here = gone & was.reached & ~then.reached
        owner[here] = was.nearest_id[here]
    weight, counted = before.demand["weight"].to_numpy(), counted_people(before.demand)
    # NaN is equal to no number.
    silent = (before.demand["people"].to_numpy() != counted) & (weight > 0)
    table = pd.DataFrame(
        {
            "facility_id": owner, "people": counted, "weight": weight, "more": silent,
            "village_code": before.demand["village_code"].to_numpy(),
        }
    )[gone]  # fmt: skip
    served = [each.villages["status"] == VillageStatus.SERVED for each in (one, other)]
    fewer = served[0].index[served[0] & ~served[1]]
    shares = table.groupby(["village_code", "facility_id"])["weight"].sum().reset_index()
    most = shares.sort_values("weight", ascending=False, kind="stable").drop_duplicates("village_code")
    taken = most[most["village_code"].isin(fewer)]["facility_id"].value_counts()
    rows = table.groupby("facility_id").agg({"people": "sum", "more": "any"})
    rows["villages"] = taken.reindex(rows.index).fillna(0).astype(np.int64)
    return rows.reset_index().assign(kind=kind)
