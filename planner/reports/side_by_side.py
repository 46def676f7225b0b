"""Several standards applied to the same travel times, one beside the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.ilp.model import Ilp

ANSWER_COLUMNS = ("present", "reachable_dry", "reachable_wet", "functioning", "class")


def standards_table(each: Sequence[Ilp]) -> pd.DataFrame:
    """Return one row a standard, kind and village: the rule, its source, and what comes of it.

    Returns
    -------
    table
        ``standard``, ``version``, ``kind``, ``village_code``, ``mode``, ``limit_minutes``,
        ``limit_minutes_wet``, ``share_reached`` (dry), the three answers, ``class`` and ``basis``.
    """
    parts = []
    for ilp in each:
        scenario = ilp.gaps.scenario
        for kind, rule in scenario.standard.items():
            answers = ilp.answers[kind]
            part = pd.DataFrame(
                {
                    "standard": scenario.standard_name, "version": scenario.standard_version, "kind": kind,
                    "village_code": answers.index, "mode": rule.mode,
                    "limit_minutes": rule.of("dry").limit_minutes,
                    "limit_minutes_wet": rule.of("wet").limit_minutes,
                    "share_reached": ilp.gaps.seasons["dry"][kind].villages["share_reached"].to_numpy(),
                }
            )  # fmt: skip
            for name in ANSWER_COLUMNS:
                part[name] = answers[name].to_numpy()
            part["basis"] = rule.basis
            parts.append(part)
    return pd.concat(parts, ignore_index=True)
