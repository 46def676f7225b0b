"""What two scenarios differ in beside their edits: what cannot be compared, and what mixes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.reports.documents.model import number

if TYPE_CHECKING:
    from planner.reports.comparison.sides import Comparison, Side
    from planner.reports.documents.model import Cell


def not_comparable(both: Comparison) -> list[str]:
    """Return a sentence for each thing that cannot be compared, or that mixes into the difference.

    Examples
    --------
    >>> from planner.pipeline import default_scenario, demo_layers, find_gaps
    >>> from planner.reports.comparison.sides import comparison_of
    >>> layers, dry = demo_layers(12), default_scenario()
    >>> wet = dry.model_copy(update={"season": "wet"})
    >>> both = comparison_of(*(find_gaps(layers, scenario=s) for s in (dry, wet)), lang="en")
    >>> not_comparable(both)[0][:66]
    'Scenario A is for the dry season, scenario B for the wet season. S'
    """
    return [*_seasons(both), *_standards(both), *_kinds(both), *_doubts(both), *_rules(both)]


def _seasons(both: Comparison) -> list[str]:
    words = both.words
    if both.a.season == both.b.season:
        return []
    names = {end: side.source.season_words(side.season) for end, side in zip("ab", both.sides, strict=True)}
    return [words.fill("compare.seasons_differ", names)]


def _standards(both: Comparison) -> list[str]:
    words = both.words
    names = {
        end: f"{side.scenario.standard_name} {side.scenario.standard_version}".strip()
        for end, side in zip("ab", both.sides, strict=True)
    }
    out = [words.fill("compare.standards_differ", names)] if names["a"] != names["b"] else []
    if not both.same_status:
        values: dict[str, Cell | str] = {}
        for end, side in zip("ab", both.sides, strict=True):
            values[f"served_{end}"] = words.plain(side.scenario.status.served * 100)
            values[f"gap_{end}"] = words.plain(side.scenario.status.gap * 100)
        out.append(words.fill("compare.status_differs", values))
    return out


def _kinds(both: Comparison) -> list[str]:
    words, out = both.words, []
    for kind in both.kinds:
        name = words.kind(kind)
        without = [side.letter for side in both.sides if kind not in side.source.kinds]
        unlisted = [
            side for side in both.sides if kind in side.source.kinds and kind not in side.source.listed
        ]
        if without:
            out.append(words.say("compare.kind_only_once", kind=name, letter=without[0]))
        elif unlisted:
            out.append(words.say("compare.kind_unknown", kind=name))
        elif not both.same_limit(kind):
            out.append(_limit(both, kind))
    return out


def _limit(both: Comparison, kind: str) -> str:
    words = both.words
    one, other = (_rule(side, kind) for side in both.sides)
    if one == other:
        return words.say("compare.counts_differ", kind=words.kind(kind))
    return words.say("compare.limit_differs", kind=words.kind(kind), a=one, b=other)


def _rule(side: Side, kind: str) -> str:
    return side.source.rule_words(kind)


def _doubts(both: Comparison) -> list[str]:
    """Return the kinds of which more may be reached in either scenario than is known."""
    words = both.words
    unsure = [
        kind for kind in both.compared
        if any(side.source.reached(kind).at_least for side in both.sides)
    ]  # fmt: skip
    out = []
    for key in ("at_least", "at_least_alike"):
        # Units that nobody knows are the same in both: often they change no difference.
        open_ = [
            kind for kind in unsure
            if bool((both.villages(kind)["least"] < both.villages(kind)["most"]).any()) == (key == "at_least")
        ]  # fmt: skip
        if open_:
            out.append(words.say(f"compare.{key}", kinds=words.listed([words.kinds(kind) for kind in open_])))
    return out


def _rules(both: Comparison) -> list[str]:
    words = both.words
    if not both.other_rules:
        return []
    one, other = (side.scenario.modes for side in both.sides)
    named = []
    for key in both.other_rules:
        if key == "modes":
            changed = [m for m in dict.fromkeys([*one, *other])
                       if m not in one or not one[m].same_rules(other.get(m))]  # fmt: skip
            named += [words.say("compare.rule_mode", mode=words.mode_on_map(m))
                      for m in changed]  # fmt: skip
        else:
            named.append(words.say(f"compare.rule_{key}"))
    return [words.say("compare.rules_differ", n=number(len(named)), rules=words.listed(named))]
