"""Result tables and totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.crs import WGS84
from planner.coverage import weighted_median

if TYPE_CHECKING:
    from planner.coverage import Coverage
    from planner.gaps import Gaps


def village_table(gaps: Gaps) -> pd.DataFrame:
    """Return one row a village: its facts, then ``K_…`` columns for each kind K.

    ``K_…`` are of the scenario's own season; those of the other one follow as ``K_wet_…`` (or ``K_dry_…``).
    """
    villages = gaps.layers.villages
    facts = pd.DataFrame(villages.drop(columns="geometry"))
    facts["network"] = network_kind(gaps)
    facts["demand_method"] = gaps.demand_method
    parts = [facts]
    for kind in gaps.coverage:
        for season, answers in gaps.seasons.items():
            answer = answers[kind].villages
            if season == gaps.scenario.season:
                parts.append(answer.add_prefix(f"{kind}_"))
            else:
                # Presence has no season.
                parts.append(answer.drop(columns="present").add_prefix(f"{kind}_{season}_"))
    return pd.concat(parts, axis=1)


def network_kind(gaps: Gaps) -> str:
    """Return 'roads', or 'none' for straight lines on foot."""
    return "roads" if gaps.network is not None else "none"


def facility_table(gaps: Gaps) -> pd.DataFrame:
    """Return one row a facility, those that took no part included, with degrees and catchment."""
    rows = gaps.layers.facilities
    lonlat = rows.geometry.to_crs(WGS84)
    table = pd.DataFrame(rows.drop(columns="geometry"))
    table.insert(0, "lat", lonlat.y)
    table.insert(0, "lon", lonlat.x)
    found = [c.facilities for c in gaps.coverage.values() if len(c.facilities)]
    for column in ("people_nearest", "people_within_limit", "villages_people_unknown"):
        values = pd.concat([f[column] for f in found]) if found else pd.Series(dtype="float64")
        table[column] = values.reindex(table.index)
    return table


def summary(gaps: Gaps) -> dict[str, Any]:
    """Return the totals of a run; unknown numbers are None (null), never 0.

    People and shares count the villages whose people are known; ``villages_people_unknown`` says how
    many are not.
    """
    villages = gaps.layers.villages
    people = villages["people"]
    return {
        "area": {"code": gaps.layers.area.code, "name": gaps.layers.area.name},
        "network": network_kind(gaps),
        "season": gaps.scenario.season,
        "scenario": gaps.scenario.name,
        "edits": len(gaps.scenario.edits),
        "villages": len(villages),
        "people": _number(people.sum(min_count=1)),
        "villages_people_unknown": int(people.isna().sum()),
        "kinds": {kind: _kind_summary(gaps, one) for kind, one in gaps.coverage.items()},
    }


def _kind_summary(gaps: Gaps, one: Coverage) -> dict[str, Any]:
    rule = gaps.scenario.standard[one.kind]
    rows = gaps.layers.facilities
    rows = rows[rows["kind"].isin((one.kind, *rule.counts))]
    given = one.kind in gaps.layers.area.listed_kinds
    others = [s for s in gaps.seasons if s != gaps.scenario.season]
    return {
        "mode": rule.mode if gaps.network is not None else "on foot, straight line",
        "limit_minutes": rule.of(gaps.scenario.season).limit_minutes,
        "listed": given,
        "facilities": len(rows) if given else None,
        "facilities_not_functioning": int((rows["functioning"] == "no").sum()) if given else None,
        "facilities_unlocated": int((rows["status"] == "unlocated").sum()) if given else None,
        "facilities_outside": int((rows["status"] == "outside_buffer").sum()) if given else None,
        **_reach(gaps, one),
        **{season: _reach(gaps, gaps.seasons[season][one.kind]) for season in others},
    }


def _reach(gaps: Gaps, one: Coverage) -> dict[str, Any]:
    """Return who is reached in one season."""
    count = one.villages["status"].value_counts()
    people = gaps.demand["people"].to_numpy()
    known = ~np.isnan(people)
    reached = float(people[known & one.reached].sum()) if one.listed and known.any() else np.nan
    total = float(people[known].sum()) if known.any() else np.nan
    share = (1.0 if one.reached[known].all() else reached / total) if total > 0 else np.nan
    group = np.zeros(int(known.sum()), dtype=np.int64)
    median = weighted_median(group, one.minutes[known], people[known], 1)[0]
    return {
        "villages_served": int(count.get("served", 0)),
        "villages_partly": int(count.get("partly", 0)),
        "villages_gap": int(count.get("gap", 0)),
        "villages_unknown": int(count.get("unknown", 0)),
        "people_reached": _number(reached),
        "share_reached": _number(share if one.listed else np.nan),
        "minutes_median": _number(median),
        "minutes_median_unreachable": bool(np.isinf(median)),
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
