"""The folders of ``jangkau check``: findings with workbooks for the senders, and their answers."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.errors import ConfigError, WorkspaceError
from geodata.readers.files.opening import file_sha256
from geodata.workspace import Ours, replace_folder
from planner.reports.outputs import RUN, input_records
from planner.reports.senders.answers import Answer, answers_csv, decide, list_csv
from planner.reports.senders.lists import read_list, require_unchanged
from planner.reports.senders.marked import marked_in, write_marked
from planner.reports.senders.returned import read_returned
from planner.reports.senders.rows import finding_rows, findings_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from geodata.areafile import FacilitiesFile
    from geodata.layers import Finding, Layers
    from planner.reports.senders.lists import SentList
    from planner.reports.senders.rows import FindingRow

FINDINGS, ANSWERS = "findings.csv", "answers.csv"
SENT_END, ANSWERED_END = "-periksa.xlsx", "-dijawab.csv"
CHECK = Ours(RUN, '"command": "check"', frozenset({RUN, FINDINGS, f"*{SENT_END}"}))
ANSWERED = Ours(RUN, '"command": "check --answers"', frozenset({RUN, ANSWERS, f"*{ANSWERED_END}"}))


class Checked(NamedTuple):
    """What was written of findings.

    Attributes
    ----------
    files
        In order of their names.
    left_out
        Lists with findings for which no workbook could be made, each with the reason.
    """

    files: list[Path]
    left_out: dict[str, str]


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
    """

    files: list[Path]
    answers: tuple[Answer, ...]
    corrected: dict[str, str]
    others: dict[str, int]


def write_findings(
    layers: Layers, findings: Sequence[Finding], out: Path, *, lists: Sequence[FacilitiesFile] = ()
) -> Checked:
    """Write ``findings.csv``, and for each list a workbook that goes back to its sender.

    Parameters
    ----------
    layers
        The study area.
    findings
        As :func:`planner.pipeline.check` gives them.
    out
        The folder; one of the same command is replaced, unless a workbook in it was filled in.
    lists
        The lists as AREA.yml names them, with whole paths.

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
    >>> checked = write_findings(layers, check(layers), Path(getfixture("tmp_path"), "findings"))
    >>> [file.name for file in checked.files]
    ['findings.csv', 'run.json']
    """
    rows = finding_rows(layers, findings)
    named = {r.file for r in rows if r.file}
    mine = [source for source in lists if source.path.name in named]
    several = {s.path.name for s in mine if sum(o.path.name == s.path.name for o in mine) > 1}
    left_out = dict.fromkeys(sorted(several), "AREA.yml names several lists of this file name")
    single = [source for source in mine if source.path.name not in several]
    for source in single:
        require_unchanged(source, layers)
    sent = {source.path.name: read_list(source) for source in single}
    rows = [_with_row(row, sent) for row in rows]
    with _folder(out, CHECK) as stage:
        (stage / FINDINGS).write_text(findings_csv(rows), "utf-8", newline="")
        for one, stem in zip(sent.values(), _stems(list(sent)), strict=True):
            if marked := marked_in(one, rows):
                write_marked(one, marked, stage / f"{stem}{SENT_END}")
        _write_run(stage, "check", layers)
        names = sorted(p.name for p in stage.iterdir())
    return Checked([out / name for name in names], left_out)


def _with_row(row: FindingRow, sent: Mapping[str, SentList]) -> FindingRow:
    """Return a finding that names a facility of a list with the number of its row."""
    if row.row or row.file not in sent:
        return row
    found = sent[row.file].row_of(row.id)
    return row if found is None else row._replace(row=str(found))


def write_answers(
    layers: Layers, findings: Sequence[Finding], workbooks: Sequence[Path], out: Path
) -> Answered:
    """Write ``answers.csv``, and for each workbook its list with the answers that were taken.

    Parameters
    ----------
    layers, findings
        The study area and its findings, as for :func:`write_findings`.
    workbooks
        As their senders filled them in.
    out
        The folder; one of the same command is replaced.

    Raises
    ------
    UnreadableFileError
        A workbook is none that ``jangkau check`` wrote.
    ConfigError
        Two workbooks are of one list.
    WorkspaceError, DiskError
        As for :func:`write_findings`.
    """
    known = {row.finding: row for row in finding_rows(layers, findings)}
    returned = [read_returned(path) for path in workbooks]
    files = [one.file for one in returned]
    twice = next((name for name in files if files.count(name) > 1), None)
    if twice is not None:
        msg = f"two of the workbooks are of the list {twice}. Give them one by one, or put them into one."
        raise ConfigError(msg)
    decided = [decide(one, known) for one in returned]
    answers = tuple(answer for one in decided for answer in one.answers)
    corrected = dict(zip(files, (f"{stem}{ANSWERED_END}" for stem in _stems(files)), strict=True))
    with _folder(out, ANSWERED) as stage:
        for file, one in zip(files, decided, strict=True):
            (stage / corrected[file]).write_text(list_csv(one.rows), "utf-8", newline="")
        (stage / ANSWERS).write_text(answers_csv(answers), "utf-8", newline="")
        _write_run(stage, "check --answers", layers, workbooks)
        names = sorted(p.name for p in stage.iterdir())
    others = {one.file: one.others for one in returned if one.others}
    return Answered([out / name for name in names], answers, corrected, others)


def _folder(out: Path, ours: Ours) -> AbstractContextManager[Path]:
    """Give a folder to fill, unless it holds what somebody filled in since."""
    _require_as_written(out)
    return replace_folder(out, ours)


def _require_as_written(out: Path) -> None:
    """Raise WorkspaceError where a workbook is not as it was written: answers in it would be lost."""
    try:
        written: Any = json.loads((out / RUN).read_text("utf-8"))["files"]
        hashes = {str(name): str(sha256) for name, sha256 in written.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return  # not ours: replace_folder says so
    for path in sorted(out.glob(f"*{SENT_END}")):
        if file_sha256(path) != hashes.get(path.name):
            msg = f"{path} was changed since it was written. Move it elsewhere: answers in it would be lost."
            raise WorkspaceError(msg)


def _write_run(stage: Path, command: str, layers: Layers, inputs: Iterable[Path] = ()) -> None:
    record = {
        "jangkau_version": version("jangkau"),
        "command": command,
        "area": {"code": layers.area.code, "name": layers.area.name},
        "inputs": input_records(layers.sources),
        "workbooks": [{"file": path.name, "sha256": file_sha256(path)} for path in inputs],
        "files": {path.name: file_sha256(path) for path in sorted(stage.iterdir())},
    }
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    (stage / RUN).write_text(text + "\n", "utf-8")


def _stems(names: Sequence[str]) -> list[str]:
    """Return file names without their endings; with them where two would be one."""

    def stem(name: str) -> str:
        return name.rpartition(".")[0] or name

    alike = [stem(name).lower() for name in names]
    return [stem(name) if alike.count(stem(name).lower()) == 1 else name.replace(".", "_") for name in names]
