"""``jangkau report``: proposal, staff memo and one-page answer; ``report-template``: their Word template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import DONE, say

if TYPE_CHECKING:
    import argparse

    from geodata.layers import SourceRecord
    from planner.cli.console import Commands

PAPERS = ("a4", "f4")


def add_commands(commands: Commands) -> None:
    """Add ``report`` and ``report-template``."""
    report = commands.add_parser("report", help="proposal, staff memo and one-page answer to print or edit")
    report.add_argument("workspace", type=Path, metavar="WORKSPACE")
    for name, metavar, what in (
        ("scenario", "S.yml", "what differs from the default scenario"),
        ("plan", "DIR", "a folder that jangkau site or jangkau rollout wrote: what is proposed"),
        ("adoption", "A.csv", "table of each puskesmas's stage of ILP (CSV or XLSX)"),
        ("template", "FILE.docx", "an office's own Word template, made from the one of report-template"),
    ):
        report.add_argument(f"--{name}", type=Path, metavar=metavar, help=what)
    report.add_argument(
        "--format",
        default="docx,pdf,xlsx,html",
        metavar="LIST",
        help="of docx, pdf, xlsx, html (default: %(default)s)",
    )
    report.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    report.add_argument("--lang", choices=("id", "en"), default="id", help="language (default: %(default)s)")
    _add_paper(report)
    report.set_defaults(run=_report)
    template = commands.add_parser("report-template", help="the Word template of reports, to be edited")
    template.add_argument("--out", type=Path, required=True, metavar="FILE.docx", help="file to write")
    _add_paper(template)
    template.set_defaults(run=_template)


def _add_paper(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--paper", choices=PAPERS, default="a4", help="size of paper (default: %(default)s)")


def _report(options: argparse.Namespace) -> int:
    from geodata.workspace import require_outside, require_replaceable
    from planner.pipeline import (
        Ilp,
        check,
        default_scenario,
        find_gaps,
        open_workspace,
        read_adoption_of,
        read_scenario,
    )
    from planner.progress import Steps
    from planner.reports.proposal.plan import read_plan_folder
    from planner.reports.proposal.write import REPORT, formats_named, source_of, write_report

    formats = formats_named(options.format)
    scenario = default_scenario() if options.scenario is None else read_scenario(options.scenario)
    plan = None if options.plan is None else read_plan_folder(options.plan)
    template = None if options.template is None else _read_template(options.template)
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, REPORT)
    with Steps(10) as progress:
        progress("workspace")
        layers = open_workspace(options.workspace)
        adoption = () if options.adoption is None else read_adoption_of(options.adoption, layers)
        gaps = find_gaps(layers, scenario=scenario, progress=progress)
        progress("check")
        findings = check(layers, scenario=scenario)
        answers = Ilp(gaps, adoption=adoption)
        source = source_of(answers, findings=findings, plan=plan, lang=options.lang)
        files = write_report(
            source, options.out, formats=formats, paper=options.paper, template=template,
            inputs=_inputs(options), progress=progress,
        )  # fmt: skip
    for file in files:
        say(str(file))
    return DONE


def _read_template(path: Path) -> bytes:
    from geodata.errors import MissingFileError
    from geodata.files.limits import TABLE_BYTES, require_small

    if not path.is_file():
        msg = f"{path} is not there: write one with jangkau report-template --out {path}, and edit it"
        raise MissingFileError(msg)
    require_small(path, "template", TABLE_BYTES)
    return path.read_bytes()


def _inputs(options: argparse.Namespace) -> list[SourceRecord]:
    """Return the files beside the workspace that the documents depend on."""
    from geodata.layers import SourceRecord
    from geodata.readers.files.opening import file_sha256

    named = [(what, getattr(options, what)) for what in ("scenario", "adoption", "template")]
    if options.plan is not None:
        named += [("plan", options.plan / name) for name in ("run.json", "sites.csv")]
    return [SourceRecord(what, path.name, file_sha256(path)) for what, path in named if path is not None]


def _template(options: argparse.Namespace) -> int:
    from geodata.errors import WorkspaceError
    from planner.reports.documents.word_template import template_bytes

    if options.out.exists():
        msg = f"{options.out} is there already: give another name with --out, or remove it"
        raise WorkspaceError(msg)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(template_bytes(options.paper))
    say(str(options.out))
    return DONE
