"""The folders of ``jangkau check``: findings with workbooks for the senders, and their answers."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from geodata.areafile import PopulationFile, list_names
from geodata.errors import ConfigError
from geodata.files.csvtext import rows_text
from geodata.readers.files.opening import file_sha256
from geodata.workspace import RUN, Ours, replace_folder
from planner.reports.grade import grade_record
from planner.reports.outputs import input_records
from planner.reports.senders.answers import AnswerRow, answers_csv, decide
from planner.reports.senders.lists import OF_PEOPLE, read_list, require_unchanged
from planner.reports.senders.marked import marked_in, records_of, write_marked
from planner.reports.senders.renamed import called_now
from planner.reports.senders.returned import Sent, read_returned, sent_of
from planner.reports.senders.rows import finding_rows, findings_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from geodata.areafile import ListFile
    from geodata.layers import Finding, Layers
    from planner.coverage.grade import Grade
    from planner.reports.senders.lists import SentList
    from planner.reports.senders.marked import Marked
    from planner.reports.senders.rows import FindingRow

FINDINGS, GRADE, ANSWERS = "findings.csv", "grade.json", "answers.csv"
SENT_END, ANSWERED_END = "-periksa.xlsx", "-dijawab.csv"
CHECK = Ours(RUN, '"command": "check"', frozenset({RUN, FINDINGS, GRADE, f"*{SENT_END}"}))
ANSWERED = Ours(RUN, '"command": "check --answers"', frozenset({RUN, ANSWERS, f"*{ANSWERED_END}"}))


class Answered(NamedTuple):
    """What was written of answers.

    Attributes
    ----------
    files
        In order of their names.
    answers
        Every answer, taken or not.
    corrected
        The name of each corrected list, by that of the list.
    others
        By list: in how many cells besides the answers stands what was not sent; none of it was taken.
    rows_gone
        By list: how many of its rows stand in the workbook no more; the corrected list has them all the same.
    renamed
        By list that has another name now: how it was called when its workbook was sent.
    """

    files: list[Path]
    answers: tuple[AnswerRow, ...]
    corrected: dict[str, str]
    others: dict[str, int]
    rows_gone: dict[str, int]
    renamed: dict[str, str]


def write_findings(
    layers: Layers,
    findings: Sequence[Finding],
    out: Path,
    *,
    lists: Sequence[ListFile] = (),
    grade: Grade | None = None,
) -> list[Path]:
    """Write ``findings.csv``, and for each file of lists a workbook that goes back to its sender.

    Parameters
    ----------
    layers
        The study area.
    findings
        As :func:`planner.pipeline.check` gives them.
    out
        The folder; one of the same command is replaced, unless a file in it was changed.
    lists
        The lists as AREA.yml names them (:attr:`geodata.areafile.AreaFile.lists`), with whole paths.
    grade
        Of :func:`planner.pipeline.grade`, for ``grade.json``.

    Returns
    -------
    files
        In order of their names, in ``out``.

    Raises
    ------
    WorkspaceError
        ``out`` holds something else or workbooks with answers; or a list has changed since the build.
    InputError
        A list is missing or cannot be read.
    DiskError
        After any error ``out`` is as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from planner.pipeline import check, demo_layers
    >>> layers = demo_layers(12)
    >>> written = write_findings(layers, check(layers), Path(getfixture("tmp_path"), "findings"))
    >>> [file.name for file in written]
    ['findings.csv', 'run.json']
    """
    rows, sent = _with_lists(layers, finding_rows(layers, findings), lists)
    with replace_folder(out, CHECK) as stage:
        (stage / FINDINGS).write_text(findings_csv(rows), "utf-8", newline="")
        if grade is not None:
            text = json.dumps(grade_record(grade), indent=1, ensure_ascii=False, allow_nan=False)
            (stage / GRADE).write_text(text + "\n", "utf-8")
        _write_workbooks(sent, _without_elsewhere(rows, layers), stage)
        _write_run(stage, "check", layers)
        names = sorted(p.name for p in stage.iterdir())
    return [out / name for name in names]


def _with_lists(
    layers: Layers, rows: Sequence[FindingRow], lists: Sequence[ListFile]
) -> tuple[list[FindingRow], list[SentList]]:
    """Return findings with their rows in the lists, and the lists that any is about."""
    named = {r.file for r in rows if r.file}
    of_people = any(r.rule in OF_PEOPLE for r in rows)
    mine = [
        (source, name)
        for source, name in zip(lists, list_names(lists), strict=True)
        if name in named or (of_people and isinstance(source, PopulationFile))
    ]
    for source, _ in mine:
        require_unchanged(source, layers)
    sent = {name: read_list(source, name, rows) for source, name in mine}
    return [_with_row(row, sent) for row in rows], list(sent.values())


def _without_elsewhere(rows: Sequence[FindingRow], layers: Layers) -> list[FindingRow]:
    """Return findings without people of other kabupaten, where they are more than the area's villages.

    Then the table is one of the province or the country, and nobody is asked about its other rows.
    """
    out = {
        r.finding for r in rows
        if (r.layer, r.rule) == ("population", "unknown_village") and not r.id.startswith(layers.area.code)
    }  # fmt: skip
    return [r for r in rows if len(out) <= len(layers.villages) or r.finding not in out]


def _write_workbooks(sent: Sequence[SentList], rows: Sequence[FindingRow], stage: Path) -> None:
    """Write a workbook for each file, with all lists that are its sheets."""
    by_file: dict[Path, list[tuple[SentList, list[Marked]]]] = {}
    for one in sent:
        if marked := marked_in(one, rows):
            by_file.setdefault(one.path, []).append((one, marked))
    for lists, stem in zip(by_file.values(), _stems([path.name for path in by_file]), strict=True):
        write_marked(lists, stage / f"{stem}{SENT_END}")


def _with_row(row: FindingRow, sent: Mapping[str, SentList]) -> FindingRow:
    """Return a finding that names a unit of a list with the number of its row and the list's heading.

    The unit is a facility, or of a table of people a village.
    """
    file = row.file
    if not file and row.rule in OF_PEOPLE:
        file = next((name for name, one in sent.items() if one.layer == "population"), "")
    if row.row or file not in sent:
        return row
    found = sent[file].row_of(row.id)
    if found is None:
        return row
    return row._replace(file=file, row=str(found), column=sent[file].heading_of(row.column, found, row.id))


def write_answers(
    layers: Layers, findings: Sequence[Finding], workbooks: Sequence[Path], out: Path,
    *, lists: Sequence[ListFile] = (),
) -> Answered:  # fmt: skip
    """Write ``answers.csv``, and for each workbook its list with the answers that were taken.

    A list that has another name now, or another sheet's, is known again by its units.

    Parameters
    ----------
    layers, findings
        The study area and its findings, as for :func:`write_findings`.
    workbooks
        As their senders filled them in.
    out
        The folder; one of the same command is replaced.
    lists
        As for :func:`write_findings`, where a sheet of a workbook came back as text.

    Raises
    ------
    UnreadableFileError
        A workbook is none that ``jangkau check`` wrote.
    ConfigError
        Two workbooks are of one list.
    WorkspaceError, DiskError
        As for :func:`write_findings`.
    """
    rows = finding_rows(layers, findings)
    known = {row.finding: row for row in rows}
    again = _sent_again(layers, rows, lists)
    given = [one for path in workbooks for one in read_returned(path, again)]
    returned = called_now(given, rows, layers)
    files = [one.file for one in returned]
    twice = next((name for name in files if files.count(name) > 1), None)
    if twice is not None:
        msg = f"two of the workbooks are of the list {twice}. Give them one by one, or put them into one."
        raise ConfigError(msg)
    decided = [decide(one, known, layers) for one in returned]
    answers = tuple(answer for one in decided for answer in one.answers)
    corrected = dict(zip(files, (f"{stem}{ANSWERED_END}" for stem in _stems(files)), strict=True))
    with replace_folder(out, ANSWERED) as stage:
        for file, one in zip(files, decided, strict=True):
            (stage / corrected[file]).write_text(rows_text(one.rows), "utf-8", newline="")
        (stage / ANSWERS).write_text(answers_csv(answers), "utf-8", newline="")
        _write_run(stage, "check --answers", layers, workbooks)
        names = sorted(p.name for p in stage.iterdir())
    others = {one.file: one.others for one in returned if one.others}
    rows_gone = {one.file: one.rows_gone for one in returned if one.rows_gone}
    renamed = {now.file: one.file for one, now in zip(given, returned, strict=True) if one.file != now.file}
    return Answered([out / name for name in names], answers, corrected, others, rows_gone, renamed)


def _sent_again(layers: Layers, rows: Sequence[FindingRow], lists: Sequence[ListFile]) -> list[Sent]:
    """Return what a workbook of each list holds in its hidden sheet."""
    found, sent = _with_lists(layers, rows, lists)
    found = _without_elsewhere(found, layers)
    return [sent_of(list(records_of(one, marked))) for one in sent if (marked := marked_in(one, found))]


def _write_run(stage: Path, command: str, layers: Layers, inputs: Iterable[Path] = ()) -> None:
    record = {
        "jangkau_version": version("jangkau"),
        "command": command,
        "area": {"code": layers.area.code, "name": layers.area.name},
        "inputs": input_records(layers.sources),
        "workbooks": [{"file": path.name, "sha256": file_sha256(path)} for path in inputs],
    }
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    (stage / RUN).write_text(text + "\n", "utf-8")


def _stems(names: Sequence[str]) -> list[str]:
    """Return file names without their endings, and with them where two would be one; each is a safe name.

    Names come back in workbooks from outside.

    Examples
    --------
    >>> _stems(["a.xlsx", "b.xlsx [Pustu]", "b.xlsx [Posyandu]", "../c.csv"])
    ['a', 'b_xlsx Pustu', 'b_xlsx Posyandu', 'c']
    """
    short = [_safe(name.partition(" [")[0].rpartition(".")[0] or name) for name in names]
    long = [_safe(name.replace(".", "_")) for name in names]
    found: list[str] = []
    for number, (one, other) in enumerate(zip(short, long, strict=True), start=1):
        alone = [name.lower() for name in short].count(one.lower()) == 1
        stem = one if alone else other
        taken = [name.lower() for name in found]
        found.append(stem if stem.lower() not in taken else f"{stem}-{number}")
    return found


def _safe(name: str) -> str:
    """Return a name for a file: letters, digits, and a few signs between them."""
    return re.sub(r"[^\w .()-]+", "", name).strip(" .") or "daftar"
