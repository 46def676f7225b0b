"""What is doubtful in the data, in the words of the page's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodata.layers import SEVERITIES
from planner.reports.documents.words import Words
from planner.reports.grade import grade_lines
from planner.reports.proposal.found import in_words, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.areas.area import Area
    from app.texts import Texts
    from geodata.layers import Cell, Finding


@dataclass(frozen=True)
class FindingShown:
    """A finding as a page shows it.

    Attributes
    ----------
    key
        Names it among the findings shown.
    finding
        Itself.
    what, todo
        What was seen and what to do; the second is "" where the first says both.
    lang
        The language of these two.
    """

    key: str
    finding: Finding
    what: str
    todo: str
    lang: str

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The rows that it is about, as far as they are known."""
        return self.finding.cells


def shown_findings(findings: Iterable[Finding], texts: Texts) -> list[FindingShown]:
    """Return findings, the gravest first; in Indonesian where there are sentences for their rule."""
    ordered = sorted(findings, key=lambda f: SEVERITIES.index(f.severity))
    return [_shown(number, finding, texts) for number, finding in enumerate(ordered)]


def graded(area: Area, texts: Texts) -> tuple[str, list[str]]:
    """Return the letter of an area's grade, and a line for each of its parts: how far, and what raises it."""
    return area.grade.letter, grade_lines(area.grade, texts.lang)


def _shown(number: int, finding: Finding, texts: Texts) -> FindingShown:
    key = f"{finding.layer}.{finding.rule}.{number}"
    words = Words(texts.lang, modes=texts.modes)
    # English has what the check itself says: it names more numbers, and the key to change.
    if texts.lang != "en" and key_of(finding, words):
        return FindingShown(key, finding, in_words(finding, words), "", texts.lang)
    return FindingShown(key, finding, finding.message, finding.action, "en")
