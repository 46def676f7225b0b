"""The folder of ``jangkau report``: proposal, staff memo and one-page answer in the formats asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.errors import ConfigError
from geodata.layers import no_progress
from planner.reports.chosen import chosen
from planner.reports.documents.data import as_data, pictures
from planner.reports.documents.page import html_text
from planner.reports.documents.paper import paper_named
from planner.reports.documents.parts import COMPARISON, made_with
from planner.reports.documents.pdf import pdf_bytes
from planner.reports.documents.word import word_bytes
from planner.reports.documents.word_template import template_bytes
from planner.reports.documents.words import words_for
from planner.reports.outputs import input_records, run_record
from planner.reports.plan_folder import plan_outputs, write_plan_folder
from planner.reports.proposal.memo import one_page, staff_memo
from planner.reports.proposal.plan import require_of_answer
from planner.reports.proposal.source import Source
from planner.reports.proposal.usulan import proposal
from planner.reports.workbook.book import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from geodata.layers import Finding, Progress, SourceRecord
    from planner.ilp.model import Ilp
    from planner.reports.documents.data import Plain
    from planner.reports.documents.model import Document
    from planner.reports.documents.paper import PaperSize
    from planner.reports.proposal.facts import Facts
    from planner.reports.proposal.plan import Plan


class Drawn(NamedTuple):
    """A document ready for any format.

    Attributes
    ----------
    data
        Plain values, every number text.
    pictures
        PNG by name.
    paper
        Its size.
    template
        Of Word documents.
    """

    data: Plain
    pictures: dict[str, bytes]
    paper: PaperSize
    template: bytes


def _word(one: Drawn) -> bytes:
    return word_bytes(one.data, one.pictures, one.template)


def _pdf(one: Drawn) -> bytes:
    return pdf_bytes(one.data, one.pictures, one.paper)


def _html(one: Drawn) -> bytes:
    return html_text(one.data, one.pictures, one.paper).encode("utf-8")


# By the word of --format, which is the ending of its files too.
FORMATS: dict[str, Callable[[Drawn], bytes]] = {"docx": _word, "pdf": _pdf, "html": _html}
# By the name of its file.
KEYS: dict[str, Callable[[Source], Document]] = {
    "usulan": proposal, "telaahan": staff_memo, "ringkasan": one_page
}  # fmt: skip
# The annexes as a workbook: one file beside the documents.
WORKBOOK, WORKBOOK_FILE = "xlsx", "lampiran.xlsx"
# The document of --against stands alone in its folder.
REPORT = plan_outputs(
    "report", WORKBOOK_FILE, *(f"{name}.{end}" for name in (*KEYS, COMPARISON) for end in FORMATS)
)


def formats_named(names: str) -> tuple[str, ...]:
    """Return formats by their names, each once and in the order of :data:`FORMATS`, the workbook last.

    Parameters
    ----------
    names
        With commas between them.

    Raises
    ------
    ConfigError
        There is no such format.

    Examples
    --------
    >>> formats_named("pdf, docx,pdf")
    ('docx', 'pdf')
    """
    return chosen("--format", names, (*FORMATS, WORKBOOK))


def source_of(
    ilp: Ilp, *, findings: Sequence[Finding] = (), plan: Plan | None = None, facts: Facts | None = None,
    lang: str = "id",
) -> Source:  # fmt: skip
    """Return what documents are made from.

    Parameters
    ----------
    ilp
        The answers.
    findings
        Of :func:`planner.pipeline.check`, for the annex on quality.
    plan
        A plan that starts from these answers, as :func:`planner.reports.proposal.plan.read_plan_folder` reads
        it; without one the proposal lists the gaps by priority.
    facts
        What the office states, as :func:`planner.reports.proposal.facts.read_facts` reads it.
    lang
        ``id`` or ``en``.

    Raises
    ------
    ConfigError
        Another language, or the plan starts from other answers.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> source_of(Ilp(find_gaps(demo_layers(12))), lang="en").area_name
    'Kabupaten Nusa Rekaan'
    """
    if plan is not None:
        require_of_answer(plan, ilp.gaps)
    words = words_for(lang, ilp.gaps.layers.villages, ilp.gaps.scenario.modes_called(lang))
    return Source(ilp, words, tuple(findings), plan, facts)


def write_report(
    source: Source,
    out: Path,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    paper: str = "a4",
    template: bytes | None = None,
    inputs: Sequence[SourceRecord] = (),
    progress: Progress = no_progress,
) -> list[Path]:
    """Write proposal, staff memo and one-page answer; returns the files written.

    Parameters
    ----------
    source
        As from :func:`source_of`.
    out
        The folder; one of the same command is replaced as a whole.
    formats
        Some of ``docx``, ``pdf``, ``html``, and ``xlsx`` for the annexes as one workbook.
    paper
        ``a4`` or ``f4``.
    template
        An office's own Word template; ours when None, and for documents of which it takes no part.
    inputs
        Further files that went in: scenario, plan, template.
    progress
        Told the name of each step.

    Returns
    -------
    files
        In order of their names, in ``out``.

    Raises
    ------
    ConfigError
        Another paper or format, or the template cannot be filled in or takes nothing of any document.
    UnreadableFileError
        The template is no Word file.
    WorkspaceError
        ``out`` holds something that was not written by this, or another process is writing it.
    DiskError
        The disk is full or refuses. After any error ``out`` is as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> with TemporaryDirectory() as folder:
    ...     source = source_of(Ilp(find_gaps(demo_layers(12))))
    ...     files = write_report(source, Path(folder, "out"), formats=["html"])
    >>> [file.name for file in files]
    ['ringkasan.html', 'run.json', 'telaahan.html', 'usulan.html']
    """
    wanted = formats_named(",".join(formats))
    paper_named(paper)
    ours = template_bytes(paper)
    theirs = () if template is None else made_with(template, list(KEYS))

    def write(stage: Path) -> None:
        documents = [name for name in wanted if name != WORKBOOK]
        for key in KEYS if documents else ():
            progress(key)
            one = drawn(source, key, paper, template if key in theirs else ours)
            for name in documents:
                (stage / f"{key}.{name}").write_bytes(FORMATS[name](one))
        if WORKBOOK in wanted:
            progress("workbook")
            plan = None if source.plan is None else source.plan.folder
            write_workbook(
                source.gaps, source.ilp, stage / WORKBOOK_FILE, lang=source.words.lang, plan=plan,
                findings=source.findings,
            )  # fmt: skip

    record = report_record(source, formats=wanted, paper=paper, inputs=inputs)
    return write_plan_folder(out, REPORT, record, write)


def drawn(source: Source, key: str, paper: str, template: bytes | None = None) -> Drawn:
    """Return one document ready for any format.

    Parameters
    ----------
    source, template
        As :func:`write_report` takes them.
    key
        ``usulan``, ``telaahan`` or ``ringkasan``.
    paper
        ``a4`` or ``f4``.

    Raises
    ------
    ConfigError
        Another document or paper.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> one = drawn(source_of(Ilp(find_gaps(demo_layers(12)))), "ringkasan", "a4")
    >>> FORMATS["pdf"](one)[:5]
    b'%PDF-'
    """
    if key not in KEYS:
        msg = f"there is no document {key!r}; there are {', '.join(KEYS)}"
        raise ConfigError(msg)
    document = KEYS[key](source)
    return Drawn(
        as_data(document, source.words), pictures(document), paper_named(paper),
        template_bytes(paper) if template is None else template,
    )  # fmt: skip


def report_record(
    source: Source, *, formats: Sequence[str], paper: str, inputs: Sequence[SourceRecord]
) -> dict[str, Any]:
    """Return what ``run.json`` says: what the documents depended on.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> source = source_of(Ilp(find_gaps(demo_layers(12))))
    >>> record = report_record(source, formats=["pdf"], paper="a4", inputs=())
    >>> record["command"], record["plan"]
    ('report', None)
    """
    record = run_record(source.ilp, inputs=inputs)
    plan = source.plan
    own = None if plan is None else {
        "command": plan.command, "kind": plan.kind,
        "configuration_sha256": plan.record.get("configuration_sha256"),
        "inputs": plan.record.get("inputs", []),
    }  # fmt: skip
    layers = source.gaps.layers
    return {
        **record,
        "command": "report",
        "formats": list(formats),
        "lang": source.words.lang,
        "paper": paper,
        "plan": own,
        "inputs": input_records((*layers.sources, *inputs)),
    }
