"""What is doubtful in the data, in the words of the page's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodata.layers import SEVERITIES
from planner.reports.senders.texts import sender_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        What was seen and what to do.
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


def _shown(number: int, finding: Finding, texts: Texts) -> FindingShown:
    key = f"{finding.layer}.{finding.rule}.{number}"
    said = sender_texts().rules.get(finding.rule)
    if texts.lang == "id" and said is not None:
        return FindingShown(key, finding, said.wrong, said.todo, "id")
    return FindingShown(key, finding, finding.message, finding.action, "en")
