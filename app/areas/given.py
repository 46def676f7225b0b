"""What a server's base asks beyond the plain one: the scenario file or standard that it was started with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.areas.question import RULE_SOURCES, RuleChange, WhatIf
from planner.scenarios.scenario import default_scenario
from planner.scenarios.standards import KindStandard

if TYPE_CHECKING:
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario

# Names and sources say where numbers come from, and change none.
SOURCES = ("name", "standard_name", "standard_version", "standard_source", *RULE_SOURCES)


@dataclass(frozen=True)
class Given:
    """What a base has that the plain base of the software has not.

    Attributes
    ----------
    name
        Of the scenario, else of the standard; empty where neither has one of its own.
    what_if
        Its modes and limits that differ, and its edits.
    season
        The season that a page begins in, where it is another; None where it is not. It may be changed there.
    others
        Keys of all else that differs, as the file writes them.
    """

    name: str
    what_if: WhatIf
    season: Season | None
    others: tuple[str, ...]


def _usual(rule: KindStandard | None, name: str) -> object:
    """Return what a kind's rule says without the base; of a kind that is not asked for, what says nothing."""
    if rule is None:
        return KindStandard.model_fields[name].get_default(call_default_factory=True)
    return getattr(rule, name)


def given_by(base: Scenario) -> Given | None:
    """Return what a base asks beyond the plain one; None where it asks nothing.

    Examples
    --------
    >>> plain = default_scenario()
    >>> given_by(plain) is None
    True
    >>> given_by(plain.model_copy(update={"name": "rains", "season": "wet"}))
    Given(name='rains', what_if=WhatIf(standard={}, edits=()), season='wet', others=())
    """
    plain = default_scenario()
    told = ("standard", "edits", "season", *SOURCES)
    others = [
        name
        for name in type(base).model_fields
        if name not in told and getattr(base, name) != getattr(plain, name)
    ]
    rules = {}
    for kind, rule in base.standard.items():
        before = plain.standard.get(kind)
        changed = [
            name
            for name in type(rule).model_fields
            if name not in SOURCES and getattr(rule, name) != _usual(before, name)
        ]
        rules[kind] = RuleChange(
            mode=rule.mode if "mode" in changed else None,
            limit_minutes=rule.limit_minutes if "limit_minutes" in changed else None,
        )
        others += [f"standard.{kind}.{name}" for name in changed if name not in RuleChange.model_fields]
    # A kind that the base leaves out is no longer asked for.
    others += [f"standard.{kind}" for kind in plain.standard if kind not in base.standard]
    changes = {kind: change for kind, change in rules.items() if change != RuleChange()}
    what_if = WhatIf(standard=changes, edits=base.edits)
    season = None if base.season == plain.season else base.season
    if what_if.is_base and season is None and not others:
        return None
    standard = "" if base.standard_name == plain.standard_name else base.standard_name
    name = standard if base.name == plain.name else base.name
    return Given(name, what_if, season, tuple(others))
