"""The folder of ``jangkau report --against``: the comparison in the formats asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.errors import ConfigError
from geodata.layers import no_progress
from planner.reports.comparison.document import comparison_document
from planner.reports.documents.data import as_data, pictures
from planner.reports.documents.paper import paper_named
from planner.reports.documents.parts import COMPARISON, made_with
from planner.reports.documents.word_template import template_bytes
from planner.reports.outputs import input_records, run_record
from planner.reports.plan_folder import write_plan_folder
from planner.reports.proposal.write import FORMATS, REPORT, WORKBOOK, Drawn, formats_named

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geodata.layers import Progress, SourceRecord
    from planner.reports.comparison.sides import Comparison, Side


def write_comparison(
    both: Comparison,
    out: Path,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    paper: str = "a4",
    template: bytes | None = None,
    inputs: Sequence[SourceRecord] = (),
    progress: Progress = no_progress,
) -> list[Path]:
    """Write the comparison of two scenarios; returns the files written.

    Parameters
    ----------
    both
        As from :func:`planner.reports.comparison.sides.comparison_of`.
    out, paper, template, inputs, progress
        As :func:`planner.reports.proposal.write.write_report` takes them.
    formats
        Some of ``docx``, ``pdf``, ``html``.

    Returns
    -------
    files
        In order of their names, in ``out``.

    Raises
    ------
    ConfigError, UnreadableFileError, WorkspaceError, DiskError
        As for ``write_report``; there is no workbook of a comparison. ``out`` is then as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import CloseFacility, Study, demo_layers
    >>> from planner.reports.comparison.sides import comparison_of
    >>> study = Study(demo_layers(12))
    >>> closed = study.gaps([CloseFacility(op="close_facility", id="P9901002")])
    >>> with TemporaryDirectory() as folder:
    ...     files = write_comparison(comparison_of(study.gaps(), closed), Path(folder, "o"), formats=["html"])
    >>> [file.name for file in files]
    ['perbandingan.html', 'run.json']
    """
    wanted = comparison_formats(",".join(formats))
    size = paper_named(paper)
    if template is not None:
        made_with(template, [COMPARISON])
    word_template = template_bytes(paper) if template is None else template

    def write(stage: Path) -> None:
        progress(COMPARISON)
        one = Drawn(*_pictured(both), size, word_template)
        for name in wanted:
            (stage / f"{COMPARISON}.{name}").write_bytes(FORMATS[name](one))

    record = _record(both, formats=wanted, paper=paper, inputs=inputs)
    return write_plan_folder(out, REPORT, record, write)


def drawn_comparison(both: Comparison, paper: str) -> Drawn:
    """Return the comparison ready for any format.

    Parameters
    ----------
    both
        As from :func:`planner.reports.comparison.sides.comparison_of`.
    paper
        ``a4`` or ``f4``.

    Raises
    ------
    ConfigError
        Another paper.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, Study, demo_layers
    >>> from planner.reports.comparison.sides import comparison_of
    >>> study = Study(demo_layers(12))
    >>> closed = study.gaps([CloseFacility(op="close_facility", id="P9901002")])
    >>> FORMATS["pdf"](drawn_comparison(comparison_of(study.gaps(), closed), "a4"))[:5]
    b'%PDF-'
    """
    return Drawn(*_pictured(both), paper_named(paper), template_bytes(paper))


def _pictured(both: Comparison) -> tuple[dict[str, Any], dict[str, bytes]]:
    document = comparison_document(both)
    return as_data(document, both.words), pictures(document)


def comparison_formats(names: str) -> tuple[str, ...]:
    """Return formats by their names, of which a comparison has no workbook.

    Raises
    ------
    ConfigError
        There is no such format, or it is the workbook.

    Examples
    --------
    >>> comparison_formats("pdf,html")
    ('pdf', 'html')
    """
    wanted = formats_named(names)
    if WORKBOOK in wanted:
        msg = f"--format {WORKBOOK}: a comparison is written as {', '.join(FORMATS)}; leave {WORKBOOK} out"
        raise ConfigError(msg)
    return wanted


def _record(
    both: Comparison, *, formats: Sequence[str], paper: str, inputs: Sequence[SourceRecord]
) -> dict[str, Any]:
    layers = both.a.source.gaps.layers
    return {
        **run_record(both.a.source.ilp, inputs=inputs),
        "command": "report",
        "document": COMPARISON,
        "formats": list(formats),
        "lang": both.words.lang,
        "paper": paper,
        "scenarios": [_scenario(side) for side in both.sides],
        "inputs": input_records((*layers.sources, *inputs)),
    }


def _scenario(side: Side) -> dict[str, Any]:
    own = side.scenario.model_copy(update={"season": side.season})
    plan = None if side.plan is None else {"command": side.plan.command, "kind": side.plan.kind}
    return {
        "letter": side.letter, "name": own.name, "season": own.season, "edits": len(own.edits),
        "configuration_sha256": own.content_hash(), "plan": plan,
    }  # fmt: skip
