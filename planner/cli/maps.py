"""``jangkau maps``: maps to print of who reaches which kind of facility, one a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.asked import add_scenario, asked_scenario, records
from planner.cli.console import DONE, add_language, say

if TYPE_CHECKING:
    import argparse

    from planner.cli.console import Commands


def add_commands(commands: Commands) -> None:
    """Add ``maps``."""
    parser = commands.add_parser("maps", help="maps to print on A4, A3 or F4: who reaches which kind")
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE")
    add_scenario(parser)
    parser.add_argument("--kind", default="", metavar="LIST", help="kinds of the standard (default: all)")
    parser.add_argument(
        "--season", default="", metavar="LIST", help="of dry, wet (default: the scenario's season)"
    )
    parser.add_argument(
        "--paper", default="a4", metavar="LIST",
        help="of a4, a3, f4; a3 has the names of villages too (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--format", default="pdf", metavar="LIST", help="of pdf, png (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    add_language(parser)
    parser.set_defaults(run=_maps)


def _maps(options: argparse.Namespace) -> int:
    from geodata.workspace import require_outside, require_replaceable
    from planner.cli.headline import headline, say_assumed
    from planner.pipeline import Ilp, find_gaps, open_workspace, summary
    from planner.progress import Steps
    from planner.reports.chosen import chosen
    from planner.reports.print_maps.write import FORMATS, MAPS, PAPERS, default_kinds, write_maps
    from planner.scenarios.modes import SEASONS

    scenario, inputs = asked_scenario(options), records([("scenario", options.scenario)])
    # Before the long work, not after it.
    known = tuple(scenario.standard)
    kinds = chosen("--kind", options.kind or default_kinds(scenario), known)
    seasons = chosen("--season", options.season or scenario.season, SEASONS)
    papers, formats = chosen("--paper", options.paper, PAPERS), chosen("--format", options.format, FORMATS)
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, MAPS)
    with Steps(7 + len(kinds) * len(seasons)) as progress:
        progress("workspace")
        gaps = find_gaps(open_workspace(options.workspace), scenario=scenario, progress=progress)
        files = write_maps(
            gaps, options.out, kinds=kinds, seasons=seasons, papers=papers, formats=formats,
            lang=options.lang, inputs=inputs, progress=progress,
        )  # fmt: skip
    say(headline(summary(gaps)))
    say_assumed(Ilp(gaps))
    for file in files:
        say(str(file))
    return DONE
