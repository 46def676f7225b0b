"""The summary that a command prints: one line on the area, one for each kind; and what is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.cli.console import percent, say

if TYPE_CHECKING:
    from planner.ilp.model import Ilp


def say_assumed(ilp: Ilp) -> None:
    """Print what an answer assumes that is not so today; nothing for the present by the default rules."""
    from planner.reports.answered import Answered
    from planner.reports.assumed import MOST_ASSUMED, assumed
    from planner.reports.documents.words import Words

    told = assumed(Answered(ilp, Words("en", modes=ilp.gaps.scenario.modes_called("en"))))
    if told is not None:
        say(told.short(MOST_ASSUMED))


def headline(totals: dict[str, Any]) -> str:
    """Return the summary of a run: one line on the area, one for each kind."""
    from geodata.errors import counted
    from planner.coverage.tables import is_at_least

    area = totals["area"]
    assert isinstance(area, dict)
    people = totals["people"]
    known = f"{people:,.0f} people" if isinstance(people, float) else "unknown people"
    unknown = totals["villages_people_unknown"]
    note = "" if totals["network"] == "roads" else "; no road data: straight lines on foot"
    if totals["edits"]:
        note += f"; what if: {totals['scenario']}, {counted(totals['edits'], 'edit')}"
    head = f"{area['name']} ({area['code']}): {counted(totals['villages'], 'village')}, {known} "
    lines = [f"{head}({counted(unknown, 'village')} with unknown people){note}"]
    kinds = totals["kinds"]
    assert isinstance(kinds, dict)
    for kind, k in kinds.items():
        if not k["listed"]:
            lines.append(f"  {kind}: no list (or none with a known place), so everything about it is unknown")
            continue
        share = "unknown share" if k["share_reached"] is None else percent(k["share_reached"])
        other = "wet" if totals["season"] == "dry" else "dry"
        if k[other]["share_reached"] not in (None, k["share_reached"]):
            share += f" ({percent(k[other]['share_reached'])} in the {other} season)"
        at_least = "at least " if is_at_least(k) else ""
        unknown = f", unknown {k['villages_unknown']}" if k["villages_unknown"] else ""
        lines.append(
            f"  {kind}: {at_least}{share} of people within {k['limit_minutes']:g} min ({k['mode']}); "
            f"villages served {k['villages_served']}, partly {k['villages_partly']}, gap {k['villages_gap']}"
            f"{unknown}"
        )
    return "\n".join(lines)
