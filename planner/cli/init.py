"""``jangkau init``: a first AREA.yml from a folder of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import DONE, say

if TYPE_CHECKING:
    import argparse

    from planner.cli.console import Commands


def add_commands(commands: Commands) -> None:
    """Add ``init``."""
    init = commands.add_parser("init", help="write a first AREA.yml from a folder of files")
    init.add_argument("folder", type=Path, metavar="FOLDER", help="the files as an office has them")
    init.add_argument(
        "--code", metavar="34.02", help="code of the kabupaten or kota; left out: the maps tell it"
    )
    init.add_argument("--name", metavar="NAME", help="its name, as lists write it")
    init.add_argument("--force", action="store_true", help="write over an AREA.yml that is there")
    init.set_defaults(run=_init)


def _init(options: argparse.Namespace) -> int:
    from geodata.drafting.draft import draft, summary
    from geodata.errors import ConfigError, MissingFileError
    from geodata.workspace import write_whole

    folder, path = options.folder, options.folder / "AREA.yml"
    if not folder.is_dir():
        msg = f"{folder} is no folder. Give the one that holds the office's files."
        raise MissingFileError(msg)
    if path.exists() and not options.force:
        msg = f"{path} is there. Move it away, or write over it with --force."
        raise ConfigError(msg)
    text, notes = draft(folder, options.code, options.name)
    write_whole(path, text.encode("utf-8"))
    say(f"{path}: {summary(text)}")
    for note in notes:
        say(note)
    say(f"next: read it through, then jangkau build {path} --out WORKSPACE")
    return DONE
