"""``jangkau build`` and ``jangkau check``: a study area, and what is doubtful in its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import DONE, FOUND_ERRORS, say

if TYPE_CHECKING:
    import argparse

    from geodata.layers import Finding
    from planner.cli.console import Commands


def add_commands(commands: Commands) -> None:
    """Add ``build`` and ``check``."""
    build = commands.add_parser("build", help="read, check and store a study area's files")
    build.add_argument(
        "area", type=Path, metavar="AREA.yml", help="what the area is called and which files describe it"
    )
    build.add_argument("--out", type=Path, required=True, metavar="WORKSPACE", help="folder to write")
    build.add_argument(
        "--fix", choices=["safe", "all", "none"], default="safe",
        help="spoiled coordinates: mend what the row itself proves (safe), whatever fits (all), or none",
    )  # fmt: skip
    build.set_defaults(run=_build)

    check = commands.add_parser("check", help="list what is wrong, or doubtful, in the data")
    check.add_argument("workspace", type=Path, metavar="WORKSPACE")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    check.set_defaults(run=_check)


def _build(options: argparse.Namespace) -> int:
    from geodata.errors import counted
    from planner.pipeline import build_area
    from planner.progress import Steps

    with Steps(6) as progress:
        layers = build_area(options.area, options.out, fix=options.fix, progress=progress)
    people = layers.villages["people"]
    roads = 0 if layers.roads is None else len(layers.roads)
    say(
        f"{layers.area.name}: {counted(len(layers.villages), 'village')} "
        f"({int(people.isna().sum())} with unknown people), "
        f"{counted(len(layers.facilities), 'facility', 'facilities')}, {counted(roads, 'road section')}"
    )
    say(f"workspace: {options.out}")
    say(f"next: jangkau check {options.out}")
    return DONE


def _check(options: argparse.Namespace) -> int:
    from geodata.errors import counted
    from planner.pipeline import check, open_workspace

    findings = check(open_workspace(options.workspace))
    if options.json:
        import json
        from dataclasses import asdict

        say(json.dumps([asdict(f) for f in findings], indent=1, ensure_ascii=False))
    else:
        for finding in findings:
            say(shown(finding))
        words = {"error": "error", "warning": "warning", "info": "note"}
        say(", ".join(counted(sum(f.severity == s for f in findings), word) for s, word in words.items()))
    return FOUND_ERRORS if any(f.severity == "error" for f in findings) else DONE


def shown(finding: Finding) -> str:
    """Return a finding as the console shows it."""
    ids = ", ".join(finding.ids)
    more = f" and {finding.count - len(finding.ids)} more" if finding.count > len(finding.ids) > 0 else ""
    listed = f"\n    {ids}{more}" if ids else ""
    return (
        f"{finding.severity.upper():8}{finding.layer}.{finding.rule}: {finding.count} – {finding.message}"
        f"{listed}\n    → {finding.action}"
    )
