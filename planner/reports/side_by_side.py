"""Several standards applied to the same travel times, one beside the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.ilp.model import Ilp

ANSWER_COLUMNS = ("present", "reachable_dry", "reachable_wet", "functioning", "class")


def standards_table(each: Sequence[Ilp]) -> pd.DataFrame:
    """Return one row a standard, kind and village: the rule (minutes), its source, and what comes of it.

    Parameters
    ----------
    each
        Answers by different standards, one at least.

    Returns
    -------
    table
        Index 0, 1, …; ``standard``, ``version``, ``kind``, ``village_code``, ``mode``, float64
        ``limit_minutes``, ``limit_minutes_wet`` and ``share_reached`` (0-1, dry; NaN = unknown), the three
        answers, ``class`` and ``basis``.

    Raises
    ------
    ValueError
        There are no answers.

    Examples
    --------
    >>> from planner.pipeline import Ilp, default_scenario, demo_layers, under_standards
    >>> from planner.scenarios.standards import standard_named
    >>> answers = under_standards(demo_layers(12), default_scenario(), [standard_named("sni-03-1733")])
    >>> table = standards_table([Ilp(gaps) for gaps in answers])
    >>> rules = table[table["kind"] == "pustu"].groupby("standard")[["mode", "limit_minutes"]].first()
    >>> rules.to_numpy().tolist()
    [['motorcycle', 30.0], ['walking', 20.0]]
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
