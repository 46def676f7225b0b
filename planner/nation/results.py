"""The finished results of a run as they are read again: its overview, and the villages' tiles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geodata.errors import WorkspaceError, first_five
from geodata.files.written import content_sha256
from geodata.workspace import RUN
from planner.nation.products import FILES, MARKER, OVERVIEW, TILES
from planner.reports.maps.nation_page import OVERVIEW_FORMAT

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Results:
    """What a folder of finished results says of the country.

    Attributes
    ----------
    folder
        As it was given.
    overview
        What ``map.json`` holds: :meth:`planner.reports.maps.nation_page.Overview.content`.
    """

    folder: Path
    overview: dict[str, Any]

    @property
    def tiles(self) -> Path:
        """The villages as vector tiles (PMTiles)."""
        return self.folder / TILES


def is_results(folder: Path) -> bool:
    """Return whether ``jangkau nation`` wrote a folder, finished or not.

    Examples
    --------
    >>> from pathlib import Path
    >>> is_results(Path("nowhere"))
    False
    """
    return (folder / MARKER).is_file()


def read_results(folder: Path) -> Results:
    """Return the results of a finished run.

    Parameters
    ----------
    folder
        As ``jangkau nation --out`` wrote it.

    Raises
    ------
    WorkspaceError
        The folder is none, its run is not finished or found nothing, it has no map, or what it holds was
        changed since it was written.

    Examples
    --------
    >>> from pathlib import Path
    >>> read_results(Path("nowhere"))
    Traceback (most recent call last):
    ...
    geodata.errors.WorkspaceError: nowhere holds no results of jangkau nation (it has no nation.json).
    """
    if not is_results(folder):
        msg = f"{folder} holds no results of jangkau nation (it has no {MARKER})."
        raise WorkspaceError(msg)
    if not (folder / RUN).is_file():
        msg = (
            f"{folder} is not finished: jangkau nation still runs there, or was stopped. Run it to its end "
            "(what is computed is kept), then try again."
        )
        raise WorkspaceError(msg)
    if not (folder / "national.json").is_file():
        msg = (
            f"{folder} has no kabupaten with a result; {RUN} says why. Mend that, and run jangkau nation "
            "again."
        )
        raise WorkspaceError(msg)
    if missing := [n for n in (OVERVIEW, TILES) if not (folder / n).is_file()]:
        msg = (
            f"{folder} has no map ({first_five(missing)}): an older version made it, or one without browser "
            "libraries. Run jangkau nation again (what is computed is kept where nothing changed)."
        )
        raise WorkspaceError(msg)
    _require_as_written(folder)
    return Results(folder, _overview(folder))


def _require_as_written(folder: Path) -> None:
    """Raise WorkspaceError where the map's files are not those that were recorded: half of each is no map."""
    try:
        recorded = json.loads((folder / MARKER).read_text("utf-8"))[FILES]
        changed = [n for n in (OVERVIEW, TILES) if content_sha256(folder / n) not in recorded[n]]
    except (OSError, ValueError, KeyError, TypeError):
        changed = [MARKER]
    if changed:
        msg = (
            f"{folder}: {first_five(changed)} changed since jangkau nation wrote it. Move that away, and run "
            "jangkau nation again."
        )
        raise WorkspaceError(msg)


def _overview(folder: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((folder / OVERVIEW).read_text("utf-8"))
    except ValueError:
        content = {}
    if content.get("format") != OVERVIEW_FORMAT:
        msg = f"{folder}: another version of Jangkau wrote {OVERVIEW}. Run jangkau nation again."
        raise WorkspaceError(msg)
    return content
