"""What changed between two answers for one study area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.errors import ConfigError
from geodata.vocabulary.statuses import VillageStatus
from planner.coverage.study import require_gaps

if TYPE_CHECKING:
    from planner.coverage.reach import Coverage
    from planner.coverage.study import Gaps

COLUMNS = (
    "people_reached",
    "share_reached",
    "minutes_median",
    "minutes_max",
    "status",
    "reason",
    "nearest_id",
)


def changes(before: Gaps, after: Gaps) -> pd.DataFrame:
    """Return the villages whose answer differs, one row a village, kind and season.

    Parameters
    ----------
    before, after
        Two answers for one study area, such as without and with edits.

    Returns
    -------
    changes
        Index 0, 1, …; ``village_code``, ``village_name``, ``kind``, ``season``; ``X_before``, ``X_after`` of
        people_reached, share_reached (0-1), minutes_median, minutes_max, status, reason, nearest_id; and
        float64 ``people_reached_change``, ``minutes_median_change`` (after − before; NaN where either is
        unknown, or both cannot be reached). No rows where nothing differs.

    Raises
    ------
    ConfigError
        The two are not of the same villages, in the same order.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> closed = study.gaps([CloseFacility(id="P9901002")])
    >>> table = changes(study.gaps(), closed)
    >>> sorted(set(table["kind"])), bool((table["people_reached_change"] <= 0).all())
    (['puskesmas'], True)
    """
    require_gaps(before, "before")
    require_gaps(after, "after")
    villages = before.layers.villages
    if not villages.index.equals(after.layers.villages.index):
        msg = "the two answers are not of the same villages: compare scenarios of one study area"
        raise ConfigError(msg)
    parts = []
    for season, answers in before.seasons.items():
        for kind, one in answers.items():
            other = after.seasons[season].get(kind)
            if other is not None and other is not one:
                part = _differing(one, other)
                part.insert(0, "season", season)
                part.insert(0, "kind", kind)
                parts.append(part)
    columns = [f"{c}_{when}" for c in COLUMNS for when in ("before", "after")]
    if not parts:
        head = ["village_code", "village_name", "kind", "season"]
        return pd.DataFrame(columns=[*head, *columns, "people_reached_change", "minutes_median_change"])
    out = pd.concat(parts)
    for name in ("people_reached", "minutes_median"):
        with np.errstate(invalid="ignore"):
            out[f"{name}_change"] = out[f"{name}_after"].to_numpy() - out[f"{name}_before"].to_numpy()
    out.insert(0, "village_name", villages["village_name"].reindex(out.index))
    return out.rename_axis("village_code").reset_index()


def totals(before: Gaps, after: Gaps) -> pd.DataFrame:
    """Return people reached and villages with a gap before and after, one row a kind and season.

    People are those of villages whose people are known. Gaps of a kind without a list are NaN; next to them
    stand the villages of which it is unknown.

    Parameters
    ----------
    before, after
        Two answers; kinds that only one of them has are left out.

    Returns
    -------
    totals
        Index 0, 1, …; ``kind``, ``season``; float64 ``people_reached_W``, ``people_unsure_W`` (of whom nobody
        knows whether they are), ``villages_gap_W`` and ``villages_unknown_W`` (numbers) for each W of before
        and after.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> table = totals(gaps, gaps).set_index(["kind", "season"])
    >>> table.loc[("puskesmas", "dry"), ["villages_gap_before", "villages_gap_after"]].tolist()
    [2.0, 2.0]
    """
    require_gaps(before, "before")
    require_gaps(after, "after")
    rows = []
    for season, answers in before.seasons.items():
        for kind, one in answers.items():
            if kind not in after.seasons[season]:
                continue
            row: dict[str, object] = {"kind": kind, "season": season}
            for when, part in (("before", one), ("after", after.seasons[season][kind])):
                row[f"people_reached_{when}"] = part.villages["people_reached"].sum(min_count=1)
                people = (before if when == "before" else after).layers.villages["people"]
                unsure = people * part.villages["share_unknown"]
                row[f"people_unsure_{when}"] = unsure.sum(min_count=1)
                status = part.villages["status"]
                # Without a list nobody knows of any gap.
                row[f"villages_gap_{when}"] = (
                    float((status == VillageStatus.GAP).sum()) if part.listed else np.nan
                )
                row[f"villages_unknown_{when}"] = float((status == VillageStatus.UNKNOWN).sum())
            rows.append(row)
    return pd.DataFrame(rows)


def _differing(before: Coverage, after: Coverage) -> pd.DataFrame:
    a, b = before.villages[list(COLUMNS)], after.villages[list(COLUMNS)]
    same = ((a == b) | (a.isna() & b.isna())).all(axis=1)
    return pd.concat([a[~same].add_suffix("_before"), b[~same].add_suffix("_after")], axis=1)[
        [f"{c}_{when}" for c in COLUMNS for when in ("before", "after")]
    ]
