"""The whole job in a few calls: the same for the command line, notebooks and the app.

>>> from planner.pipeline import build_area, find_gaps, open_workspace, write_gaps
>>> layers = build_area("AREA.yml", "work/jember")  # doctest: +SKIP
>>> gaps = find_gaps(layers)  # doctest: +SKIP
>>> write_gaps(gaps, "out/jember")  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geodata.layers import no_progress
from geodata.workspace import CACHE, WORKSPACE, read_workspace, require_replaceable, write_workspace
from planner.compare import changes, totals
from planner.gaps import Gaps, Study, find_gaps
from planner.outputs import write_gaps
from planner.scenario import Scenario, default_scenario, read_scenario
from planner.tables import facility_table, summary, village_table
from planner.travel import Travel, travel

if TYPE_CHECKING:
    from geodata.layers import Finding, Layers, Progress

__all__ = [
    "Gaps",
    "Scenario",
    "Study",
    "Travel",
    "build_area",
    "changes",
    "check",
    "default_scenario",
    "facility_table",
    "find_gaps",
    "open_workspace",
    "read_scenario",
    "summary",
    "totals",
    "travel",
    "village_table",
    "write_gaps",
]


def build_area(area_file: str | Path, out: str | Path, *, progress: Progress = no_progress) -> Layers:
    """Read, check and store a study area; returns its layers.

    Parameters
    ----------
    area_file
        AREA.yml.
    out
        The workspace's folder.

    Raises
    ------
    InputError
        With what to change; ``out`` is then as it was.
    """
    from geodata.areafile import read_area_file
    from geodata.build import read_layers

    out = Path(out)
    area = read_area_file(Path(area_file))
    # Before the long work, not after it.
    require_replaceable(out, WORKSPACE)
    layers = read_layers(area, cache=out / CACHE / "overpass", progress=progress)
    progress("workspace")
    write_workspace(layers, out)
    return layers


def open_workspace(folder: str | Path) -> Layers:
    """Read a stored study area.

    Raises
    ------
    WorkspaceError
    """
    return read_workspace(Path(folder))


def check(layers: Layers) -> tuple[Finding, ...]:
    """Return the data-quality findings of a study area, the gravest first."""
    from geodata.quality import inspect

    return inspect(layers)
