"""What a server's base asks beyond limits, modes and edits, in the words of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.reports.assumed import other_rules
from planner.reports.documents.words import Words
from planner.scenarios.scenario import default_scenario

if TYPE_CHECKING:
    from app.areas.given import Given
    from app.texts import Texts
    from planner.scenarios.scenario import Scenario
    from planner.scenarios.standards import KindStandard


def others_in_words(given: Given, base: Scenario, texts: Texts) -> list[str]:
    """Return a line for each thing that a base sets and the page has no field for.

    Parameters
    ----------
    given
        What the base asks beyond the plain one: its ``others`` are said here.
    base
        The base itself.
    texts
        The language.

    Examples
    --------
    >>> from app.areas.given import given_by
    >>> from app.texts import Texts
    >>> plain = default_scenario()
    >>> pustu = plain.standard["pustu"].model_copy(update={"people_per_unit": 5000.0})
    >>> base = plain.model_copy(update={"standard": {**plain.standard, "pustu": pustu}})
    >>> others_in_words(given_by(base), base, Texts("en"))
    ['People for one pustu: 5,000']
    """
    words, plain = Words(texts.lang, modes=texts.modes), default_scenario()
    lines = []
    for key in given.others:
        match key.split("."):
            case ["standard", kind, name]:
                lines.append(_of_kind(base.standard[kind], kind, name, words, texts))
            case ["standard", kind]:
                lines.append(texts.text("{kind}: not asked for", kind=texts.kind(kind)))
            case ["status"]:
                served, gap = (words.plain(share * 100) for share in (base.status.served, base.status.gap))
                lines.append(words.say("assumed.status", served=served, gap=gap).rstrip("."))
    more = other_rules(words, base, plain)
    return [*lines, *(line[:1].upper() + line[1:] for line in more)]


def _of_kind(rule: KindStandard, kind: str, name: str, words: Words, texts: Texts) -> str:
    """Return what the rule of a kind says under one of its names."""
    _ = texts.text
    value, none = getattr(rule, name), _("not asked for")
    if name == "limit_minutes_wet":
        said = none if value is None else _("{n} min", n=texts.plain(value))
        return _("{kind}: limit in the wet season {minutes}", kind=texts.kind(kind), minutes=said)
    if name == "counts":
        said = words.listed([words.kind(other) for other in value]) if value else _("none")
        return _("Counted as {kind}: {kinds}", kind=words.kind(kind), kinds=said)
    if not value:
        said = none
    elif name == "fair_minutes":
        said = _("{n} min", n=texts.plain(value))
    elif name in ("presence", "aim"):
        said = words.say(f"default.per_{value}")
    elif name == "staff":
        said = words.listed([f"{texts.plain(n)} {words.role(who, n)}" for who, n in value.items()])
    elif name == "also":
        limits = ((_("{n} min", n=texts.plain(o.limit_minutes)), words.mode(o.mode)) for o in value)
        said = words.listed([" ".join(limit) for limit in limits])
    else:
        said = texts.people(value) if name == "people_per_unit" else texts.plain(value)
    return f"{words.fill(f'default.{name}', {'kind': words.kind(kind)})}: {said}"
