"""``jangkau report``: proposal, staff memo and one-page answer; ``report-template``: their Word template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.asked import asked_scenario, records
from planner.cli.console import DONE, say
from planner.cli.headline import say_assumed

if TYPE_CHECKING:
    import argparse

    from geodata.layers import SourceRecord
    from planner.cli.console import Commands
    from planner.reports.proposal.plan import Plan
    from planner.scenarios.scenario import Scenario

PAPERS = ("a4", "f4")


def add_commands(commands: Commands) -> None:
    """Add ``report`` and ``report-template``."""
    report = commands.add_parser("report", help="proposal, staff memo and one-page answer to print or edit")
    report.add_argument("workspace", type=Path, metavar="WORKSPACE")
    for name, metavar, what in (
        ("scenario", "S.yml", "what differs from the default scenario"),
        (
            "against",
            "B.yml",
            "another scenario (a file, or the folder of a plan): one document that compares both",
        ),
        ("plan", "DIR", "a folder that jangkau site or jangkau rollout wrote: what is proposed"),
        ("facts", "FACTS.yml", "what the office states of its area and of ILP, each with its source"),
        ("adoption", "A.csv", "table of each puskesmas's stage of ILP (CSV or XLSX)"),
        ("template", "FILE.docx", "an office's own Word template, made from the one of report-template"),
    ):
        report.add_argument(f"--{name}", type=Path, metavar=metavar, help=what)
    report.add_argument(
        "--format",
        metavar="LIST",
        help="of docx, pdf, xlsx, html (default: all; a comparison has no xlsx)",
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
    return _proposal(options) if options.against is None else _comparison(options)


def _comparison(options: argparse.Namespace) -> int:
    from geodata.errors import ConfigError
    from geodata.workspace import require_outside, require_replaceable
    from planner.pipeline import as_if_none, check, find_gaps, open_workspace
    from planner.progress import Steps
    from planner.reports.comparison.sides import comparison_of
    from planner.reports.comparison.write import comparison_formats, write_comparison
    from planner.reports.documents.parts import COMPARISON
    from planner.reports.proposal.write import FORMATS, REPORT

    for name in ("plan", "adoption", "facts"):
        if getattr(options, name) is not None:
            msg = f"--{name} is for a proposal; a plan is compared by its folder, as --against or --scenario"
            raise ConfigError(msg)
    formats = comparison_formats(options.format or ",".join(FORMATS))
    asked = [_asked(path) for path in (options.scenario, options.against)]
    template, _ = _read_template(options.template, [COMPARISON])
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, REPORT)
    with Steps(16) as progress:
        progress("workspace")
        layers = open_workspace(options.workspace)
        for _, plan in asked:
            # What a plan took to be empty is empty in both, and the document says so.
            layers = as_if_none(layers, plan.kind) if plan is not None and plan.as_if_none else layers
        answers = [find_gaps(layers, scenario=scenario, progress=progress) for scenario, _ in asked]
        progress("check")
        both = comparison_of(
            *answers, plans=[plan for _, plan in asked], findings=check(layers, scenario=asked[0][0]),
            layers=layers, lang=options.lang,
        )  # fmt: skip
        files = write_comparison(
            both, options.out, formats=formats, paper=options.paper, template=template,
            inputs=_inputs(options), progress=progress,
        )  # fmt: skip
    for file in files:
        say(str(file))
    return DONE


def _asked(path: Path | None) -> tuple[Scenario, Plan | None]:
    """Return the scenario of a file, or of the folder of a plan, which comes with it."""
    from geodata.workspace import put_back
    from planner.pipeline import default_scenario, read_scenario
    from planner.reports.proposal.plan import read_plan_folder

    if path is None:
        return default_scenario(), None
    put_back(path)
    if path.is_dir():
        plan = read_plan_folder(path)
        return plan.scenario, plan
    return read_scenario(path), None


def _proposal(options: argparse.Namespace) -> int:
    from geodata.workspace import require_outside, require_replaceable
    from planner.pipeline import (
        Ilp,
        check,
        find_gaps,
        open_workspace,
        read_adoption_of,
    )
    from planner.progress import Steps
    from planner.reports.proposal.facts import read_facts
    from planner.reports.proposal.plan import read_plan_folder
    from planner.reports.proposal.write import (
        FORMATS,
        KEYS,
        REPORT,
        WORKBOOK,
        formats_named,
        source_of,
        write_report,
    )

    formats = formats_named(options.format or ",".join((*FORMATS, WORKBOOK)))
    scenario = asked_scenario(options)
    plan = None if options.plan is None else read_plan_folder(options.plan)
    facts = None if options.facts is None else read_facts(options.facts)
    template, without = _read_template(options.template, list(KEYS))
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
        source = source_of(answers, findings=findings, plan=plan, facts=facts, lang=options.lang)
        files = write_report(
            source, options.out, formats=formats, paper=options.paper, template=template,
            inputs=_inputs(options), progress=progress,
        )  # fmt: skip
    say_assumed(answers)
    if without and "docx" in formats:
        say(
            f"{options.template} takes no part of {', '.join(without)}: made with the template of "
            "jangkau report-template"
        )
    for file in files:
        say(str(file))
    return DONE


def _read_template(path: Path | None, documents: list[str]) -> tuple[bytes | None, list[str]]:
    """Return an office's template, and those documents of which it takes nothing.

    Looked at before anything is computed: what is wrong with it is said at once.
    """
    from geodata.errors import MissingFileError
    from geodata.files.limits import TABLE_BYTES, require_small
    from planner.reports.documents.parts import made_with

    if path is None:
        return None, []
    if not path.is_file():
        msg = f"{path} is not there: write one with jangkau report-template --out {path}, and edit it"
        raise MissingFileError(msg)
    require_small(path, "template", TABLE_BYTES)
    template = path.read_bytes()
    made = made_with(template, documents)
    return template, [name for name in documents if name not in made]


def _inputs(options: argparse.Namespace) -> list[SourceRecord]:
    """Return the files beside the workspace that the documents depend on."""
    from geodata.workspace import RUN

    named = [
        (what, getattr(options, what)) for what in ("scenario", "against", "facts", "adoption", "template")
    ]
    folders = [path for _, path in [*named, ("plan", options.plan)] if path is not None and path.is_dir()]
    named = [(what, path) for what, path in named if path not in folders]
    named += [("plan", folder / name) for folder in folders for name in (RUN, "sites.csv")]
    return records(named)


def _template(options: argparse.Namespace) -> int:
    from geodata.errors import WorkspaceError
    from geodata.workspace import write_whole
    from planner.reports.documents.word_template import template_bytes

    if options.out.exists():
        msg = f"{options.out} is there already: give another name with --out, or remove it"
        raise WorkspaceError(msg)
    write_whole(options.out, template_bytes(options.paper))
    say(str(options.out))
    return DONE
