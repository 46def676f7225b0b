"""``jangkau build``: a study area's files, read, checked and stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import DONE, say

if TYPE_CHECKING:
    import argparse

    from planner.cli.console import Commands


def add_commands(commands: Commands) -> None:
    """Add ``build``."""
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
