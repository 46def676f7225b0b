"""``jangkau check``: what is doubtful in the data, the way back to the senders of lists, their answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import DONE, FOUND_ERRORS, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from geodata.layers import Finding, Layers
    from planner.cli.console import Commands
    from planner.coverage.grade import Grade
    from planner.reports.senders.answers import AnswerRow


def add_commands(commands: Commands) -> None:
    """Add ``check``."""
    check = commands.add_parser("check", help="list what is wrong, or doubtful, in the data")
    check.add_argument("workspace", type=Path, metavar="WORKSPACE")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    check.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for findings.csv and grade.json, or for answers.csv"
    )
    check.add_argument(
        "--lists", type=Path, metavar="AREA.yml",
        help="with --out: also a marked workbook, in Indonesian, of each list of facilities and table of "
        "people that it names",
    )  # fmt: skip
    check.add_argument(
        "--answers", type=Path, nargs="+", metavar="FILE-periksa.xlsx",
        help="with --out: read such workbooks back as their senders filled them in (XLSX or ODS; with "
        "--lists also one of their sheets as CSV)",
    )  # fmt: skip
    check.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from planner.pipeline import check, grade, open_workspace

    _require_fitting(options)
    layers = open_workspace(options.workspace)
    findings = check(layers)
    if options.answers:
        _take_answers(layers, findings, options)
        return DONE
    found = grade(layers)
    written = _write(layers, findings, found, options) if options.out else []
    if options.json:
        import json
        from dataclasses import asdict

        say(json.dumps([asdict(f) for f in findings], indent=1, ensure_ascii=False))
    else:
        _say_all(findings, found, written)
    return FOUND_ERRORS if any(f.severity == "error" for f in findings) else DONE


def _require_fitting(options: argparse.Namespace) -> None:
    """Raise before the long work where options do not go together, or --out is no place for files."""
    from geodata.errors import ConfigError
    from geodata.workspace import require_outside, require_replaceable
    from planner.reports.senders.folder import ANSWERED, CHECK

    for name in ("lists", "answers"):
        if getattr(options, name) and not options.out:
            msg = f"--{name} writes files: give a folder for them with --out"
            raise ConfigError(msg)
    if options.answers and options.json:
        msg = "--answers reads workbooks back: leave --json out"
        raise ConfigError(msg)
    if options.out:
        require_outside(options.out, options.workspace)
        require_replaceable(options.out, ANSWERED if options.answers else CHECK)


def _write(
    layers: Layers, findings: Sequence[Finding], grade: Grade, options: argparse.Namespace
) -> list[str]:
    """Write the folder; returns what to say of it."""
    from geodata.areafile import read_area_file
    from planner.reports.senders.folder import write_findings

    lists = read_area_file(options.lists).lists if options.lists else ()
    written = write_findings(layers, findings, options.out, lists=lists, grade=grade)
    return [f"written: {file}" for file in written]


def _take_answers(layers: Layers, findings: Sequence[Finding], options: argparse.Namespace) -> None:
    from geodata.areafile import read_area_file
    from geodata.errors import counted
    from planner.reports.senders.answers import TWICE
    from planner.reports.senders.folder import write_answers

    lists = read_area_file(options.lists).lists if options.lists else ()
    answered = write_answers(layers, findings, options.answers, options.out, lists=lists)
    for file, corrected in answered.corrected.items():
        if file in answered.renamed:
            say(f"{answered.renamed[file]}, as it was sent, is {file} now")
        mine = [a for a in answered.answers if a.file == file]
        taken, confirmed, removed = (sum(a.taken == w for a in mine) for w in ("yes", "confirmed", "removed"))
        gone = f"{counted(removed, 'row')} left out, " if removed else ""
        say(
            f"{file}: {counted(taken, 'answer')} taken, {confirmed} confirmed as right, {gone}"
            f"{sum(a.taken == 'no' for a in mine)} not taken"
        )
        for answer in (a for a in mine if a.taken == "removed"):
            twice = "as it stands twice" if answer.finding.split(".")[1] in TWICE else "as its sender says"
            say(f"    row {answer.row} is left out, {twice} ({answer.finding})")
        for answer in (a for a in mine if a.taken == "no"):
            about = answer.finding or answer.column
            say(f"    row {answer.row or '?'} ({about}): {answer.answer!r} – {answer.why}")
        if file in answered.others:
            cells = counted(answered.others[file], "cell", "cells")
            say(f"    {cells} besides the answers hold what was not sent; nothing of it was taken")
        _say_gone([a for a in mine if a.taken == "gone"], answered.rows_gone.get(file, 0))
        say(f"    next: in AREA.yml, name {options.out / corrected} in the place of {file} (and leave sheet: "
            "out; of a map of units write coordinates: geometry), and build again")  # fmt: skip
    for path in answered.files:
        say(f"written: {path}")


def _say_gone(gone: Sequence[AnswerRow], rows: int) -> None:
    """Say what the sender took out of a workbook."""
    from geodata.errors import counted, first_five

    if gone:
        where = first_five(dict.fromkeys(a.row for a in gone))
        say(
            f"    {counted(len(gone), 'finding that was sent is', 'findings that were sent are')} in the "
            f"workbook no more (rows {where}): whether there was an answer is not known; ask for the "
            "workbook with all its sheets, rows and columns"
        )
    if rows:
        say(
            f"    {counted(rows, 'row of the list is', 'rows of the list are')} in the workbook no more; the "
            "corrected list has them all the same: take out by hand what is to go"
        )


def _say_all(findings: Sequence[Finding], grade: Grade, written: Sequence[str]) -> None:
    from geodata.errors import counted
    from planner.reports.grade import grade_lines

    for finding in findings:
        say(shown(finding))
    words = {"error": "error", "warning": "warning", "info": "note"}
    say(", ".join(counted(sum(f.severity == s for f in findings), word) for s, word in words.items()))
    title, *parts = grade_lines(grade, "en")
    say(title)
    for line in parts:
        say(f"    {line}")
    for line in written:
        say(line)


def shown(finding: Finding) -> str:
    """Return a finding as the console shows it."""
    from planner.reports.proposal.found import WITH_OWN_COUNT

    ids = ", ".join(finding.ids)
    rest = 0 if finding.rule in WITH_OWN_COUNT else finding.count - len(finding.ids)
    more = f" and {rest} more" if ids and rest > 0 else ""
    listed = f"\n    {ids}{more}" if ids else ""
    return (
        f"{finding.severity.upper():8}{finding.layer}.{finding.rule}: {finding.count} – {finding.message}"
        f"{listed}\n    → {finding.action}"
    )
