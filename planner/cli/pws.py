"""``jangkau pws``: the PWS sheets of villages as PDF, one a kecamatan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.asked import add_scenario, asked_scenario, records
from planner.cli.console import DONE, add_language, say
from planner.cli.headline import say_assumed

if TYPE_CHECKING:
    import argparse

    from planner.cli.console import Commands


def add_commands(commands: Commands) -> None:
    """Add ``pws``."""
    parser = commands.add_parser(
        "pws", help="PWS sheets to print: one A4 page a village, one PDF a kecamatan"
    )
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE")
    add_scenario(parser)
    parser.add_argument(
        "--district", default="", metavar="CODE|NAME", help="only this kecamatan (default: all)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    add_language(parser)
    parser.set_defaults(run=_pws)


def _pws(options: argparse.Namespace) -> int:
    from geodata.workspace import require_outside, require_replaceable
    from planner.pipeline import Ilp, find_gaps, open_workspace
    from planner.progress import Steps
    from planner.reports.village_sheets.booklet import PWS_OUTPUTS, districts_of, write_booklets

    scenario, inputs = asked_scenario(options), records([("scenario", options.scenario)])
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, PWS_OUTPUTS)
    layers = open_workspace(options.workspace)
    # Before the long work, not after it.
    chosen = districts_of(layers, options.district)
    with Steps(7 + len(chosen)) as progress:
        gaps = find_gaps(layers, scenario=scenario, progress=progress)
        answers = Ilp(gaps)
        written = write_booklets(
            answers,
            options.out,
            lang=options.lang,
            district=options.district,
            inputs=inputs,
            progress=progress,
        )
    say_assumed(answers)
    for file in written:
        say(str(file))
    return DONE
