"""The annex on method: how the numbers came about, and every default with where it comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from planner.reports.assumed import rule_in_words
from planner.reports.documents.model import Column, Items, Paragraph, Row, Section, Table, number, text
from planner.reports.proposal.annexes import sources_table
from planner.reports.proposal.proposed import measure_words, staff_cell
from planner.scenarios.scenario import default_scenario
from planner.siting.measures import default_measures
from planner.siting.tables import staff_in_words as plain_staff

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.reports.documents.words import Words
    from planner.reports.proposal.source import Source
    from planner.scenarios.scenario import GroupRule, Scenario
    from planner.scenarios.standards import KindStandard

MARK = re.compile(r"\[([CGA])\]")


def steps(source: Source) -> tuple[str, ...]:
    """Return in sentences how the numbers come about.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> steps(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"))[1][:58]
    'Times are computed by road and ferry to the nearest facili'
    """
    how = source.words.say("method.how_straight" if source.gaps.network is None else "method.how_by_road")
    return source.words.lines("method.steps", how=how)


class Default(NamedTuple):
    """A number that the answer rests on: what, how much, and the words on where it comes from.

    Attributes
    ----------
    what, value
        In the reader's language.
    marks
        C, G and A as its basis has them; "" where it was set by the user.
    why
        Where it comes from, in the reader's language.
    """

    what: str
    value: str
    marks: str
    why: str


def method_annex(source: Source) -> Section:
    """Return how the numbers came about, the defaults, and the sources with their licences.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> section = method_annex(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"))
    >>> [part.title for part in section.blocks]
    ['How the numbers came about', 'Defaults', 'Sources of the data']
    """
    words = source.words
    rows = tuple(
        Row(tuple(text(part) for part in (one.what, one.value, one.marks, one.why)))
        for one in defaults_of(source)
    )
    columns = tuple(
        Column(words.say(f"column.{c}"), w)
        for c, w in (("default", 1.9), ("value", 1.9), ("mark", 0.7), ("why", 2.6))
    )
    parts = (
        Section("method_steps", words.say("method.steps_title"), (
            Items(steps(source), numbered=True),
        )),
        Section("method_defaults", words.say("method.defaults_title"), (
            Paragraph(words.say("method.defaults_intro")), Items(words.lines("method.marks")),
            Table(words.say("method.defaults_caption"), columns, rows, small=True),
        )),
        Section("method_sources", words.say("method.sources_title"), (sources_table(source),)),
    )  # fmt: skip
    return Section("annex_method", words.say("annex.method"), parts, new_page=True)


def defaults_of(source: Source) -> list[Default]:
    """Return every number of the scenario that has a basis, in words, with its marks.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> found = defaults_of(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"))
    >>> next(one for one in found if one.what == "On foot, off the roads").marks
    'A'
    """
    words, scenario = source.words, source.gaps.scenario
    plain = default_scenario()
    out: list[Default] = []
    for kind, rule in scenario.standard.items():
        out += _of_kind(words, kind, rule, plain.standard.get(kind))
    for name, mode in scenario.modes.items():
        same = mode.same_rules(plain.modes.get(name))
        speeds = [v for v in mode.speeds_kph.values() if v]
        value = words.say("default.speed", low=words.plain(min(speeds)), high=words.plain(max(speeds)))
        out.append(_default(words, "speed_of", value, mode.basis, same=same, what={"mode": words.mode(name)},
                            own=f"mode_{name}"))  # fmt: skip
    out += _of_scenario(words, scenario, plain)
    out += _of_groups(words, scenario, plain)
    if source.plan is not None:
        out += _of_measures(source)
    return out


def _default(
    words: Words, key: str, value: str, basis: str, *, same: bool, what: Mapping[str, str] | None = None,
    own: str = "",
) -> Default:  # fmt: skip
    """Return a default; what the user changed has no mark of ours, and its own basis where one was given."""
    name, why = words.fill(f"default.{key}", what or {}), _why(words, own or key, basis, same=same)
    marks = sorted(set(MARK.findall(basis)), key="CGA".index) if same else ()
    return Default(name, value, ", ".join(marks), why)


def _why(words: Words, key: str, basis: str, *, same: bool) -> str:
    """Return where a number of ours comes from, or that somebody has set another."""
    if not same:
        return words.say("default.changed")
    why = f"default.{key}_why"
    return words.say(why) if words.has(why) else basis


def basis_of_limit(kind: str, rule: KindStandard, words: Words) -> str:
    """Return where a kind's limit comes from; of a user's own standard, what it says itself.

    Examples
    --------
    >>> from planner.reports.documents.words import Words
    >>> basis_of_limit("hospital", default_scenario().standard["hospital"], Words("en"))
    'Two hours motorised are usual; not confirmed.'
    """
    ours = default_scenario().standard.get(kind)
    if ours is None or ours.basis != rule.basis:
        return rule.basis
    return _why(words, f"limit_{kind}", rule.basis, same=_one_limit(rule, ours))


def _one_limit(rule: KindStandard, other: KindStandard) -> bool:
    return all(getattr(rule, p) == getattr(other, p) for p in ("limit_minutes", "limit_minutes_wet", "mode"))


def basis_of_group(name: str, rule: GroupRule, words: Words) -> str:
    """Return where the share of a life-cycle group comes from; of a user's own, what it says itself.

    Examples
    --------
    >>> from planner.reports.documents.words import Words
    >>> basis_of_group("bayi", default_scenario().groups["bayi"], Words("en"))
    'General knowledge; real counts come first.'
    """
    ours = default_scenario().groups.get(name)
    if ours is None or ours.basis != rule.basis:
        return rule.basis
    return _why(words, f"group_{name}", rule.basis, same=rule == ours)


def _of_kind(words: Words, kind: str, rule: KindStandard, plain: KindStandard | None) -> Iterator[Default]:
    """Return the numbers of a kind; each is ours unless the user has set it (``plain``: the default rule)."""
    name = {"kind": words.kind(kind)}

    def one(key: str, value: str, basis: str) -> Default:
        if key == "limit":
            same = plain is not None and _one_limit(rule, plain) and rule.basis == plain.basis
        else:
            same = plain is not None and getattr(rule, key) == getattr(plain, key)
        same = same and rule.provenance.get(key) == getattr(plain, "provenance", {}).get(key)
        return _default(words, key, value, basis, same=same, what=name, own=f"{key}_{kind}")

    limit = number(rule.limit_minutes, "minute", decimals=int(rule.limit_minutes % 1 > 0))
    yield one("limit", f"{words.cell(limit)} {words.mode(rule.mode)}", rule.basis)
    given = rule.provenance
    if rule.fair_minutes is not None:
        yield one(
            "fair_minutes", words.cell(number(rule.fair_minutes, "minute")), given.get("fair_minutes", "")
        )
    for other in rule.also:
        value = f"{words.cell(number(other.limit_minutes, 'minute'))} {words.mode(other.mode)}"
        yield one("also", value, other.basis)
    if rule.presence is not None:
        yield one("presence", words.say(f"default.per_{rule.presence}"), given.get("presence", rule.basis))
    if rule.aim is not None:
        yield one("aim", words.say(f"default.per_{rule.aim}"), given.get("aim", rule.basis))
    if rule.staff:
        staff = [f"{words.cell(number(n))} {words.role(who, n)}" for who, n in rule.staff.items()]
        yield one("staff", words.listed(staff), given.get("staff", rule.basis))
    if rule.open_days_month is not None:
        yield one(
            "open_days_month", words.plain(rule.open_days_month), given.get("open_days_month", rule.basis)
        )
    if rule.people_per_unit is not None:
        value = words.cell(number(rule.people_per_unit, "people"))
        yield one("people_per_unit", value, given.get("people_per_unit", rule.basis))


def _of_scenario(words: Words, scenario: Scenario, plain: Scenario) -> Iterator[Default]:
    now = scenario.model_dump(mode="json")
    was = plain.model_dump(mode="json")
    for key in (
        "access", "access_values", "ferry", "status", "demand", "visits", "land", "drawing", "slope",
        "remoteness", "floating", "doubt", "referral",
    ):  # fmt: skip
        basis = str(now[key].get("basis", ""))
        value = rule_in_words(words, key, now[key])
        yield _default(words, key, value, basis, same=now[key] == was[key])


def _of_groups(words: Words, scenario: Scenario, plain: Scenario) -> Iterator[Default]:
    for name, rule in scenario.groups.items():
        value = f"{words.plain(round(rule.share * 100, 6))}%"
        same = plain.groups.get(name) == rule
        yield _default(
            words, "group", value, rule.basis, same=same, what={"group": words.group(name)},
            own=f"group_{name}",
        )  # fmt: skip


def _of_measures(source: Source) -> Iterator[Default]:
    """Return staff and lead time of what the plan does; each is ours unless the user has set another.

    A measures file that gives a cost alone leaves both as they are.
    """
    words, plan = source.words, source.plan
    assert plan is not None
    known = default_measures().measures
    for name, sites in plan.sites.groupby("measure", sort=True):
        first = sites.iloc[0]
        ours = known.get(str(name))
        years = float(first["lead_years"])
        said = staff_cell(source, plan, sites.head(1))
        if years:
            value = words.say("default.measure_value", n=number(years, decimals=4), staff=said,
                              years=words.plain(years))  # fmt: skip
        else:
            value = words.say("default.measure_value_at_once", staff=said)
        same = (
            ours is not None and str(first["staff"]) == plain_staff(ours.staff),
            ours is not None and years == ours.lead_years,
        )
        what = {"measure": measure_words(source, str(first["op"]), str(first["kind"]))}
        basis = "" if ours is None else ours.basis
        whole = _default(words, "measure", value, basis, same=all(same), what=what,
                         own=f"measure_{first['op']}")  # fmt: skip
        yield whole if all(same) or not any(same) else _half(words, whole, basis, staff_is_ours=same[0])


def _half(words: Words, whole: Default, basis: str, *, staff_is_ours: bool) -> Default:
    """Return a measure of which the user has set the staff or the time, and the other is ours."""
    mark = "C" if staff_is_ours and "[C]" in basis else "A"
    key = "measure_time_changed" if staff_is_ours else "measure_staff_changed"
    return whole._replace(marks=mark, why=words.say(f"default.{key}"))
