"""The annex on the quality of the data: the findings of ``check`` in words for officials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.vocabulary.kinds import known_kinds
from planner.reports.documents.model import Column, Paragraph, Row, Section, Table, number, text

if TYPE_CHECKING:
    from geodata.layers import Finding
    from planner.reports.documents.words import Words
    from planner.reports.proposal.source import Source


def quality_annex(source: Source) -> Section:
    """Return the findings, the gravest first.

    Examples
    --------
    >>> from planner.pipeline import Ilp, check, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> layers = demo_layers(12)
    >>> section = quality_annex(source_of(Ilp(find_gaps(layers)), findings=check(layers), lang="en"))
    >>> len(section.blocks[1].rows) == len(check(layers))
    True
    """
    words = source.words
    if not source.findings:
        nothing = Paragraph(words.say("quality.nothing"))
        return Section("annex_quality", words.say("annex.quality"), (nothing,), new_page=True)
    rows = tuple(
        Row((
            text(words.say(f"quality.{one.severity}")), text(words.say(f"quality.layer_{one.layer}")
                 if words.has(f"quality.layer_{one.layer}") else one.layer),
            number(one.count), text(in_words(one, words)), text(_which(one, words)),
        ))
        for one in source.findings
    )  # fmt: skip
    columns = (
        Column(words.say("column.severity"), 1.1), Column(words.say("column.data"), 1.1),
        Column(words.say("column.count"), 0.8, numeric=True), Column(words.say("column.finding"), 3.6),
        Column(words.say("column.which"), 2.2),
    )  # fmt: skip
    table = Table(words.say("quality.caption"), columns, rows, small=True)
    intro = Paragraph(words.say("quality.intro"))
    return Section("annex_quality", words.say("annex.quality"), (intro, table), new_page=True)


def in_words(finding: Finding, words: Words) -> str:
    """Return what was found and what to do, in the reader's language.

    A rule without a sentence of its own has the words of the check itself.

    Examples
    --------
    >>> from geodata.layers import Finding
    >>> from planner.reports.documents.words import Words
    >>> one = Finding("warning", "villages", "people_unknown", 1, ("a",), "have no number", "give them")
    >>> in_words(one, Words("en"))
    'Have no number. To do: give them.'
    """
    key = f"finding.{finding.layer}.{finding.rule}"
    about, _ = _about(finding)
    if words.has(key):
        of_kind = f"{words.kind(about, begins=True)}: " if about in known_kinds() else ""
        return f"{of_kind}{words.say(key)}"
    message, action = (part.rstrip(".") for part in (finding.message, finding.action))
    todo = f" {words.say('quality.todo', action=action)}" if action and action != "none needed" else ""
    return f"{message[:1].upper()}{message[1:]}.{todo}"


def _about(finding: Finding) -> tuple[str, str]:
    """Return the kind or the file that a message begins with, as in "pustu: …", and the rest of it."""
    about, colon, rest = finding.message.partition(": ")
    one_word = bool(colon) and not any(c.isspace() for c in about)
    return (about, rest) if one_word else ("", finding.message)


def _which(finding: Finding, words: Words) -> str:
    about, _ = _about(finding)
    listed = _listed(finding, words)
    if "." in about and words.has(f"finding.{finding.layer}.{finding.rule}"):
        return f"{about}: {listed}" if listed else about
    return listed


def _listed(finding: Finding, words: Words) -> str:
    shown = list(finding.ids)
    more = finding.count - len(shown)
    if shown and more > 0:
        return words.say("quality.and_more", listed=", ".join(shown), more=number(more))
    return ", ".join(shown)
