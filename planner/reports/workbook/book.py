"""An answer as a workbook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.reports.answered import Answered
from planner.reports.assumed import assumed
from planner.reports.documents.words import Words as DocumentWords
from planner.reports.workbook import tables
from planner.reports.workbook.method import method
from planner.reports.workbook.paper import write_book
from planner.reports.workbook.plan import plan_sheets
from planner.reports.workbook.words import BookWords

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geodata.layers import Finding
    from planner.coverage.study import Gaps
    from planner.ilp.model import Ilp
    from planner.reports.assumed import Assumed
    from planner.reports.workbook.sheet import Sheet


def write_workbook(
    gaps: Gaps, ilp: Ilp, path: Path, *, lang: str = "id", plan: Path | None = None,
    findings: Sequence[Finding] = (),
) -> None:  # fmt: skip
    """Write an answer as a workbook (XLSX): villages, facilities, catchments, gaps, plan and method.

    Totals are formulas, each with our value beside it. What is unknown, or has no way, is a word; no text is
    a formula. What is assumed and not so today stands above each table, and in the sheet of method.

    Parameters
    ----------
    gaps
        The answer.
    ilp
        What it means to an ILP planner.
    path
        The file; one that is there is written over.
    lang
        ``id`` or ``en``.
    plan
        A folder of ``jangkau site`` or ``jangkau rollout``, for its sites and years.
    findings
        Of ``check`` by the answer's scenario, where they are there already; found when empty.

    Raises
    ------
    ConfigError
        Another language; or ``plan`` is no such folder, or of another area.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import openpyxl
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "gaps.xlsx")
    ...     write_workbook(gaps, Ilp(gaps), file, lang="en")
    ...     openpyxl.load_workbook(file).sheetnames[:3]
    ['Villages', 'Facilities', 'Catchments']
    """
    called = gaps.scenario.modes_called(lang)
    words = BookWords(lang, ilp.kinds, called)
    sheets = _sheets(gaps, ilp, words, plan, findings)
    told = assumed(Answered(ilp, DocumentWords(lang, modes=called)))
    sheets.append(method(gaps, sheets, words, told))
    area = gaps.layers.area
    write_book(
        sheets if told is None else [_of_assumed(sheet, told, words) for sheet in sheets], path, words.texts,
        area=f"{area.name} ({area.code})", assumed="" if told is None else told.what,
    )  # fmt: skip


def _of_assumed(sheet: Sheet, told: Assumed, words: BookWords) -> Sheet:
    """Return a sheet that says above its table that it is not of the present."""
    note = words.texts.note["assumed"] if told.of_facilities and sheet.key == "facilities" else sheet.note
    return replace(sheet, title=f"{sheet.title}. {told.title}", note=note)


def _sheets(
    gaps: Gaps, ilp: Ilp, words: BookWords, plan: Path | None, findings: Sequence[Finding]
) -> list[Sheet]:
    of_plan = [] if plan is None else plan_sheets(plan, gaps.layers.area.code, words)
    villages = tables.villages(ilp, words)
    return [
        villages,
        tables.facilities(ilp, words),
        tables.catchments(ilp, words),
        tables.districts(gaps, villages, words),
        *of_plan,
        tables.adoption(ilp, words),
        tables.findings(findings or tables.all_findings(gaps), words),
        tables.network(ilp, words),
        tables.groups(ilp, words),
        tables.equity(ilp, words),
    ]
