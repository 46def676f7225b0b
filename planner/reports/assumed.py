"""What an answer assumes that is not so today: edits of its scenario, another season, other rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.reports.comparison.edits import edits_in_words
from planner.reports.documents.model import Items, Paragraph, Section, number
from planner.scenarios.edits import FACILITY_EDITS
from planner.scenarios.modes import SEASONS
from planner.scenarios.scenario import default_scenario

if TYPE_CHECKING:
    from planner.coverage.study import Gaps
    from planner.reports.answered import Answered
    from planner.reports.documents.model import Block
    from planner.reports.documents.words import Words
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario
    from planner.scenarios.standards import KindStandard

# What every scenario has of its own, and what has a sentence of its own.
OWN = (
    "name", "season", "standard", "standard_name", "standard_version", "standard_source", "status", "modes",
    "groups", "edits",
)  # fmt: skip
# Two groups of rules that only a comparison has words for.
OF_ROADS = ("surfaces", "tracktype_surfaces")
# Of units: beside the statuses that a list gives them.
NOT_FUNCTIONING, CLOSED = "not_functioning", "closed_assumed"
UNIT_STATES = (*FacilityStatus.texts(), NOT_FUNCTIONING, "used_assumed", "not_functioning_assumed", CLOSED)
# Of edits and changed rules: on the console and on a sheet, and in a document of one or two pages.
MOST_ASSUMED, MOST_ON_A_PAGE = 5, 3


@dataclass(frozen=True)
class Assumed:
    """What an answer assumes, in one language.

    Attributes
    ----------
    words
        The language.
    what
        In a few words, whatever the scenario is called: "What if, not the present".
    title
        In one line: "What if “two closed”, not the present".
    intro
        What that means for the numbers.
    items
        The edits and the rules that differ, a sentence each.
    has_edits, of_facilities
        Whether there are edits, and whether some are of facilities.
    """

    words: Words
    what: str
    title: str
    intro: str
    items: tuple[str, ...]
    has_edits: bool
    of_facilities: bool

    def short(self, most: int) -> str:
        """Return title and items as running text, with the number of items that are left out.

        Parameters
        ----------
        most
            So many items, and one more where it is the last.
        """
        return f"{self.title}: {' '.join(self._first(most))}"

    def _first(self, most: int) -> list[str]:
        more = len(self.items) - most
        # That one is left out takes as much room as the one itself.
        if more == 1:
            return list(self.items)
        left = [self.words.say("assumed.more", n=number(more))] if more > 0 else []
        return [*self.items[:most], *left]

    def section(self, most: int | None = None) -> Section:
        """Return a part of a document that says all of it, or its first items.

        Parameters
        ----------
        most
            So many items, and one more where it is the last; all when None.
        """
        said = self._first(len(self.items) if most is None else most)
        blocks: list[Block] = [Paragraph(f"{self.title}. {self.intro}"), Items(tuple(said))]
        return Section("assumed", self.words.say("assumed.heading"), tuple(blocks))


def assumed(source: Answered) -> Assumed | None:
    """Return what an answer assumes; None for the present, by the default season and rules.

    Parameters
    ----------
    source
        Of the area; a plan's own edits are what is proposed, and no assumption.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, Ilp, Study, demo_layers
    >>> from planner.reports.proposal.write import source_of
    >>> study = Study(demo_layers(12))
    >>> assumed(source_of(Ilp(study.gaps()), lang="en")) is None
    True
    >>> closed = study.gaps([CloseFacility(id="P9901002")])
    >>> assumed(source_of(Ilp(closed), lang="en")).short(3)
    'What if, not the present: Puskesmas Muararekaan (Muararekaan, Kecamatan Rekaan) is closed.'
    """
    words, gaps = source.words, source.gaps
    scenario, plain = gaps.scenario, default_scenario()
    # Edits speak of units as they are before them.
    before = replace(gaps.layers, facilities=gaps.listed)
    edits = edits_in_words(source, scenario.edits, scenario.edits, layers=before)
    items = [*edits, *_rules(source, scenario, plain)]
    if not items:
        return None
    key = "what_if" if edits else "rules"
    named = scenario.name not in ("", plain.name)
    title = words.say(f"assumed.{key}_named" if named else f"assumed.{key}", name=scenario.name)
    of_facilities = any(isinstance(edit, FACILITY_EDITS) for edit in scenario.edits)
    what, intro = words.say(f"assumed.{key}"), words.say(f"assumed.{key}_intro")
    return Assumed(words, what, title, intro, tuple(items), bool(edits), of_facilities)


def counted(gaps: Gaps) -> pd.Series[str]:
    """Return whether each unit counts for reach, or why not, and where that is so by what is assumed.

    Parameters
    ----------
    gaps
        The answer.

    Returns
    -------
    counted
        Text, index ``facility_id`` of the layers with the scenario's edits: a status of
        :class:`geodata.vocabulary.statuses.FacilityStatus`, NOT_FUNCTIONING (nobody is sent there), or one
        of the two with ``_assumed`` where the lists say otherwise; CLOSED where an edit closes the unit.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, Study, demo_layers
    >>> closed = Study(demo_layers(12)).gaps([CloseFacility(id="P9901002")])
    >>> counted(closed)[["P9901001", "P9901002"]].tolist()
    ['used', 'closed_assumed']
    """
    rows, listed = gaps.layers.facilities, gaps.listed
    now, was = _counts(rows), _counts(listed).reindex(rows.index)
    shut = _closed(rows) & ~_closed(listed).reindex(rows.index, fill_value=False)
    return now.mask(now != was, now + "_assumed").mask(shut, CLOSED)


def _counts(rows: pd.DataFrame) -> pd.Series[str]:
    """Return the status of units; a unit that stands in the area and does not function has one of its own."""
    shut = (rows["status"] == FacilityStatus.USED) & (rows["functioning"] == YesNo.NO)
    return rows["status"].astype(object).mask(shut, NOT_FUNCTIONING)


def _closed(rows: pd.DataFrame) -> pd.Series[bool]:
    return rows["closed"].eq(YesNo.YES) if "closed" in rows else pd.Series(False, index=rows.index)


def changed_rules(source: Answered) -> list[str]:
    """Return a sentence for each rule of a scenario that is not its standard's, or not the default.

    Its season and what standard it has are not among them.

    Examples
    --------
    >>> from planner.pipeline import Ilp, default_scenario, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> usual = default_scenario()
    >>> near = usual.standard["pustu"].model_copy(update={"limit_minutes": 20.0})
    >>> scenario = usual.model_copy(update={"standard": {**usual.standard, "pustu": near}})
    >>> source = source_of(Ilp(find_gaps(demo_layers(12), scenario=scenario)), lang="en")
    >>> changed_rules(source)
    ['The limit to a pustu is 20 minutes by motorcycle, not 30 minutes by motorcycle.']
    """
    words, mine, plain = source.words, source.gaps.scenario, default_scenario()
    out = _kinds(source, mine, plain) if _standard(mine) == _standard(plain) else []
    if (mine.status.served, mine.status.gap) != (plain.status.served, plain.status.gap):
        served, gap = (words.plain(v * 100) for v in (mine.status.served, mine.status.gap))
        out.append(words.say("assumed.status", served=served, gap=gap))
    named = other_rules(words, mine, plain)
    if named:
        out.append(words.say("assumed.others", rules=words.listed(named)))
    return out


def _rules(source: Answered, mine: Scenario, plain: Scenario) -> list[str]:
    """Return a sentence for each rule that is not the default, its season and standard first."""
    words = source.words
    out = []
    if mine.season != plain.season:
        out.append(words.say("assumed.season", season=source.season_words(mine.season)))
    if _standard(mine) != _standard(plain):
        out.append(words.say("assumed.standard", name=mine.standard_name, version=mine.standard_version))
    return [*out, *changed_rules(source)]


def _standard(scenario: Scenario) -> tuple[str, str]:
    return scenario.standard_name, scenario.standard_version


def _kinds(source: Answered, mine: Scenario, plain: Scenario) -> list[str]:
    """Return a sentence for each kind whose rule was changed within the default standard."""
    words, out = source.words, []
    for kind, rule in mine.standard.items():
        usual = plain.standard.get(kind)
        if rule == usual:
            continue
        # Of the answer's own season first; of the other one where it is something else.
        seasons = (mine.season, *(s for s in SEASONS if s != mine.season))
        limits = [] if usual is None else [_limits(source, rule, usual, season) for season in seasons]
        said = []
        if limits and limits[0][0] != limits[0][1]:
            now, was = limits[0]
            said.append(words.say("assumed.limit", kind=words.kind(kind), now=now, usual=was))
        for season, (now, was) in zip(seasons[1:], limits[1:], strict=True):
            if now != was and (now, was) != limits[0]:
                where = words.on_map(f"season_{season}")
                said.append(words.say("assumed.limit_season", kind=words.kind(kind), now=now, usual=was,
                                      season=where))  # fmt: skip
        out += said or [words.say("assumed.kind", kind=words.kind(kind))]
    return out


def _limits(source: Answered, rule: KindStandard, usual: KindStandard, season: Season) -> tuple[str, str]:
    """Return the limit of a rule and the usual one in a season, in words."""
    first, other = (source.limit_words(one.of(season), timed=False) for one in (rule, usual))
    return first, other


def other_rules(words: Words, mine: Scenario, plain: Scenario) -> list[str]:
    """Return the names of rules that differ, each with its numbers where it has a sentence for them.

    Seasons, standards, shares of a village and edits are not among them: they have sentences of their own.

    Examples
    --------
    >>> from planner.reports.documents.words import Words
    >>> plain = default_scenario()
    >>> walks = plain.access.model_copy(update={"detour": 1.6})
    >>> other_rules(Words("en"), plain.model_copy(update={"access": walks}), plain)
    ['on foot, off the roads (3 km/h, distance × 1.6, 2000 m at most)']
    """
    now, was = (s.model_dump(mode="json") for s in (mine, plain))
    changed = [
        m
        for m in dict.fromkeys([*mine.modes, *plain.modes])
        if m not in mine.modes or not mine.modes[m].same_rules(plain.modes.get(m))
    ]
    named = [words.say("compare.rule_mode", mode=words.mode_on_map(mode)) for mode in changed]
    if now["groups"] != was["groups"]:
        named.append(words.say("assumed.groups"))
    for key in now:
        if key in OWN or now[key] == was[key]:
            continue
        name = words.say(f"compare.rule_{key}" if key in OF_ROADS else f"default.{key}")
        value, usual = (rule_in_words(words, key, rules[key]) for rules in (now, was))
        said = name[:1].lower() + name[1:]
        named.append(f"{said} ({value})" if value != usual else said)
    return named


def rule_in_words(words: Words, key: str, rule: dict[str, Any]) -> str:
    """Return the numbers of a scenario's rule in words; "" where it has no sentence.

    Parameters
    ----------
    words
        The language.
    key
        Of the rule.
    rule
        As a scenario file has it.

    Examples
    --------
    >>> from planner.reports.documents.words import Words
    >>> rule_in_words(Words("en"), "land", {"closing_m": 250.0, "shore_m": 100.0})
    'gaps up to 250 m are closed, shore 100 m'
    """
    if not words.has(f"default.{key}_value"):
        return ""
    values = {}
    for name, value in rule.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            values[name] = words.plain(float(value))
            # Shares as per cent.
            values[f"{name}_percent"] = words.plain(round(float(value) * 100, 6))
    return words.fill(f"default.{key}_value", values)
