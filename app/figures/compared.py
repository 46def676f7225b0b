"""Two answers side by side, as rows that a page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from app.figures.sure import sure_change

if TYPE_CHECKING:
    from app.figures.sheets import ComparedSheets


def totals_rows(compared: ComparedSheets | None, season: str) -> list[dict[str, object]]:
    """Return the totals of each kind in a season before and after; none where nothing is compared.

    Who becomes unknown is not lost: the change is NaN where those of whom nobody knows whether they are
    reached may undo it, and before and after are "at least" where there are such (``open_…``).
    """
    if compared is None or not len(compared.totals):
        return []
    table = compared.totals[compared.totals["season"] == season]
    return [
        {"kind": r.kind, "before": r.people_reached_before, "after": r.people_reached_after,
         "open_before": r.people_unsure_before > 0, "open_after": r.people_unsure_after > 0,
         "change": float(sure_change(
             r.people_reached_after - r.people_reached_before, r.people_unsure_after - r.people_unsure_before
         )),
         "gap_before": r.villages_gap_before, "gap_after": r.villages_gap_after}
        for r in table.itertuples()
    ]  # fmt: skip


def village_rows(compared: ComparedSheets | None, kind: str, season: str) -> list[dict[str, object]]:
    """Return the villages that differ most, in people reached, then in minutes; ``people`` as of totals."""
    if compared is None or not len(compared.villages):
        return []
    table = compared.villages
    table = table[(table["kind"] == kind) & (table["season"] == season)]
    size = table["people_reached_change"].abs().fillna(0.0)
    minutes = pd.to_numeric(table["minutes_median_change"], errors="coerce").abs().fillna(0.0)
    table = table.assign(_size=size, _minutes=minutes).sort_values(
        ["_size", "_minutes", "village_code"], ascending=[False, False, True]
    )
    return [
        {"code": r.village_code, "name": r.village_name,
         "people": float(sure_change(r.people_reached_change, r.people_unsure_change)),
         "before": r.minutes_median_before, "after": r.minutes_median_after}
        for r in table.itertuples()
    ]  # fmt: skip
