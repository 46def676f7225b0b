"""What most commands ask for: a scenario; and the record of the files that went in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from geodata.layers import SourceRecord
    from planner.scenarios.scenario import Scenario


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """Add ``--scenario``."""
    parser.add_argument(
        "--scenario", type=Path, metavar="S.yml", help="what differs from the default scenario"
    )


def asked_scenario(options: argparse.Namespace) -> Scenario:
    """Return the scenario of :func:`add_scenario`; the default one where no file is named."""
    from planner.pipeline import default_scenario, read_scenario

    return default_scenario() if options.scenario is None else read_scenario(options.scenario)


def records(files: Iterable[tuple[str, Path | None]]) -> list[SourceRecord]:
    """Return what ``run.json`` says of some files: what each is, its name and its hash; None is left out."""
    from geodata.layers import SourceRecord
    from geodata.readers.files.opening import given_sha256

    return [SourceRecord(what, path.name, given_sha256(path)) for what, path in files if path is not None]
