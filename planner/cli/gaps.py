"""``jangkau gaps``: travel times, coverage and gaps of a workspace."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.asked import add_scenario, asked_scenario, records
from planner.cli.console import DONE, add_language, say

if TYPE_CHECKING:
    import argparse

    from geodata.layers import SourceRecord
    from planner.cli.console import Commands
    from planner.coverage.study import Gaps
    from planner.scenarios.scenario import Scenario


def add_commands(commands: Commands) -> None:
    """Add ``gaps``."""
    gaps = commands.add_parser("gaps", help="travel times, coverage and gaps: tables and a map")
    gaps.add_argument("workspace", type=Path, metavar="WORKSPACE")
    add_scenario(gaps)
    gaps.add_argument(
        "--standard", action="append", default=[], metavar="NAME|S.yml",
        help="service standard to apply (default: ilp); further ones are set beside it in standards.csv",
    )  # fmt: skip
    gaps.add_argument(
        "--adoption", type=Path, metavar="A.csv", help="table of each puskesmas's stage of ILP (CSV or XLSX)"
    )
    gaps.add_argument(
        "--plan",
        type=Path,
        metavar="DIR",
        help="what site or rollout wrote: its sites and years for the workbook",
    )
    gaps.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    add_language(gaps)
    gaps.set_defaults(run=_gaps)


def _gaps(options: argparse.Namespace) -> int:
    from geodata.workspace import require_outside, require_replaceable
    from planner.cli.headline import headline
    from planner.pipeline import open_workspace, read_adoption_of, summary, under_standards, write_gaps
    from planner.progress import Steps
    from planner.reports.maps.page import LIBRARIES_MISSING, vendor_is_built
    from planner.reports.outputs import OUTPUTS, has_workbook
    from planner.reports.workbook.plan import plan_command
    from planner.scenarios.standards import keys_of_file, read_standard

    # Folium and the kernels are needed last: they are loaded while the layers are read.
    threading.Thread(target=_load_slow_modules, daemon=True).start()
    scenario = _scenario(options)
    standards = [read_standard(s) for s in options.standard[1:]]
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, OUTPUTS)
    with Steps(11) as progress:
        progress("workspace")
        layers = open_workspace(options.workspace)
        if options.plan is not None:
            plan_command(options.plan, layers.area.code)
        adoption = () if options.adoption is None else read_adoption_of(options.adoption, layers)
        gaps, *beside = under_standards(layers, scenario, standards, progress=progress)
        files = write_gaps(
            gaps, options.out, lang=options.lang, adoption=adoption, beside=beside,
            inputs=_further_inputs(options), plan=options.plan, progress=progress,
        )  # fmt: skip
    say(headline(summary(gaps)))
    for line in filter(None, map(keys_of_file, options.standard)):
        say(line)
    for line in (*_shortfalls(gaps), *_without_rule(gaps), *_doubts(gaps)):
        say(line)
    if not has_workbook(gaps):
        say("note: no gaps.xlsx, the lists are too long; jangkau report --format xlsx writes it all the same")
    for file in files:
        say(str(file))
    if not vendor_is_built():
        say(f"note: {LIBRARIES_MISSING}")
    return DONE


def _further_inputs(options: argparse.Namespace) -> list[SourceRecord]:
    """Return the files beside the workspace that a run depends on."""
    from geodata.workspace import RUN

    named = [("adoption", options.adoption), ("scenario", options.scenario)]
    named += [("plan", options.plan and options.plan / RUN)]
    named += [("standard", Path(s)) for s in options.standard if Path(s).suffix.lower() in {".yml", ".yaml"}]
    return records(named)


def _scenario(options: argparse.Namespace) -> Scenario:
    """Return the scenario of the file, or the default one, by the first standard named."""
    from planner.pipeline import default_scenario
    from planner.scenarios.standards import read_standard

    scenario = asked_scenario(options)
    if options.scenario is not None and scenario == default_scenario():
        say(f"note: {options.scenario} says nothing that differs from the default scenario")
    return scenario.under(read_standard(options.standard[0])) if options.standard else scenario


def _doubts(gaps: Gaps) -> list[str]:
    """Return a line for each list, and the roads, that are not taken as whole, and for like seasons."""
    from geodata.errors import counted
    from planner.coverage.known.extent import extent_findings
    from planner.coverage.known.lost import lost_units
    from planner.coverage.known.seasons import seasons_told

    lines = [f"  {f.message}\n    → {f.action}" for f in extent_findings(gaps.extent, gaps.layers)]
    listed = [kind for kind in gaps.scenario.standard if kind in gaps.layers.area.listed_kinds]
    lost = {kind: len(lost_units(gaps.layers, (kind,), working=True)) for kind in listed}
    lines += [
        f"  {kind}: {counted(n, 'unit')} without a place: whom they may serve is unknown, not a gap\n"
        "    → give the coordinates, the village or at least the kecamatan; jangkau check lists them"
        for kind, n in lost.items()
        if n
    ]
    if gaps.ways is not None and not seasons_told(gaps.layers, gaps.scenario):
        lines.append("  wet season: as dry, as the road file says too little of surfaces, seasons or fords")
    return lines


def _shortfalls(gaps: Gaps) -> list[str]:
    """Return a line for each kind of which the lists hold another number than the office reports."""
    from planner.supply.jejaring import reconciled

    lines = []
    for kind, row in reconciled(gaps).iterrows():
        if row["official"] != row["official"]:  # NaN: not given
            continue
        if row["listed"] != row["listed"]:
            lines.append(f"  {kind}: {row['official']:g} reported by the office, none of them on a list")
        elif row["difference"]:
            lines.append(
                f"  {kind}: {row['listed']:g} listed, {row['official']:g} reported by the office "
                f"({row['difference']:+g})"
            )
    return lines


def _without_rule(gaps: Gaps) -> list[str]:
    """Return a line for each kind that is listed, and that the standard says nothing of."""
    from planner.coverage.tables import kinds_without_rule

    standard = f"the standard {gaps.scenario.standard_name} has no rule for this kind"
    return [
        f"  {kind}: {n:,} listed, {'which are no facilities' if kind == 'other' else standard}: not counted"
        for kind, n in kinds_without_rule(gaps).items()
    ]


def _load_slow_modules() -> None:
    import planner.kernels.dijkstra
    import planner.reports.maps.page  # noqa: F401 - loading it is the purpose
