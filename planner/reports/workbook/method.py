"""The sheet that says how the numbers came about: standard, limits, meanings, sources."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from planner.coverage.tables import kinds_without_rule, roads_or_straight
from planner.reports.documents.words import Words as DocumentWords
from planner.reports.proposal.method import basis_of_limit
from planner.reports.pws import standard_source
from planner.reports.workbook.sheet import Look, SheetColumn
from planner.reports.workbook.tables import made
from planner.texts.formatter import Formatter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.coverage.study import Gaps
    from planner.reports.assumed import Assumed
    from planner.reports.workbook.sheet import Sheet
    from planner.reports.workbook.words import BookWords


def method(gaps: Gaps, sheets: Sequence[Sheet], words: BookWords, told: Assumed | None = None) -> Sheet:
    """Return the sheet of method: topics, and below them every column of the other sheets by both its names.

    Parameters
    ----------
    gaps
        The answer.
    sheets
        The other sheets.
    words
        Of the language.
    told
        What the answer assumes that is not so today; None for the present.
    """
    rows = [
        (topic, content, "")
        for topic, content in (
            *_assumed(told),
            *_answer(gaps, words),
            *_meanings(gaps, words),
            *_data(gaps, words),
        )
    ]
    rows += [(sheet.name, c.heading, c.name) for sheet in sheets for c in sheet.columns]
    names = ("topic", "content", "machine")
    cells = zip(*rows, strict=True)
    columns = [
        SheetColumn(n, words.heading(n), Look.LONG, list(c)) for n, c in zip(names, cells, strict=True)
    ]
    return made(words, "method", columns, frozen=1)


def _assumed(told: Assumed | None) -> Iterator[tuple[str, str]]:
    """Yield the title of what is assumed, and each edit and rule, under one topic."""
    if told is not None:
        topic = told.words.say("assumed.heading")
        yield from ((topic, said) for said in (f"{told.title}.", *told.items))


def _answer(gaps: Gaps, words: BookWords) -> Iterator[tuple[str, str]]:
    t, scenario, area = words.texts.method, gaps.scenario, gaps.layers.area
    yield t["area"], f"{area.name} ({area.code})"
    yield t["standard"], f"{scenario.standard_name} {scenario.standard_version}"
    yield t["source"], standard_source(scenario, words.lang)
    yield t["scenario"], scenario.name
    yield t["season"], words.map[f"season_{scenario.season}"]
    yield t["edits"], str(len(scenario.edits))
    yield t["network"], words.texts.word[f"network_{roads_or_straight(gaps)}"]
    write = Formatter(words.lang)
    for kind, rule in scenario.standard.items():
        of_season = rule.of(scenario.season)
        mode = words.map.get(f"mode_{of_season.mode}", of_season.mode)
        said = t["limit_is"].format(minutes=write.plain(of_season.limit_minutes), mode=mode)
        basis = basis_of_limit(kind, rule, DocumentWords(words.lang))
        yield t["limit"].format(kind=words.kind(kind)), f"{said}. {basis}".rstrip(". ")


def _meanings(gaps: Gaps, words: BookWords) -> Iterator[tuple[str, str]]:
    t, write = words.texts.method, Formatter(words.lang)
    rule = gaps.scenario.status
    yield t["status"], t["status_is"].format(served=write.percent(rule.served), gap=write.percent(rule.gap))
    for key, sentence in (("unknown", "unknown_is"), ("no_way", "no_way_is"), ("totals", "totals_are")):
        yield t[key], t[sentence]
    for kind, n in kinds_without_rule(gaps).items():
        yield t["no_rule"], f"{words.kind(kind)}: {t['no_rule_is'].format(n=write.number(n))}"


def _data(gaps: Gaps, words: BookWords) -> Iterator[tuple[str, str]]:
    t = words.texts.method
    for s in gaps.layers.sources:
        parts = [s.file, s.source or "", s.licence or "", f"SHA-256 {s.sha256}"]
        yield (
            t["data"].format(layer=words.map.get(f"data_{s.layer}", s.layer)),
            "; ".join(p for p in parts if p),
        )
    yield t["version"], f"Jangkau {version('jangkau')}"
    yield t["hash"], gaps.scenario.content_hash()
