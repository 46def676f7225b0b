"""The annex on the quality of the data: the findings of ``check`` in words for officials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.reports.documents.model import Column, Paragraph, Row, Section, Table, number, text
from planner.reports.proposal.found import in_words, which_in_words

if TYPE_CHECKING:
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
            number(one.count), text(in_words(one, words)),
            text(which_in_words(one, words)),
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
