"""A folder of maps for paper: a file a kind, season and size of paper."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geodata.arguments import as_path
from geodata.layers import no_progress
from planner.coverage.known.seasons import seasons_told
from planner.coverage.study import require_gaps
from planner.reports.chosen import chosen
from planner.reports.documents.words import words_for
from planner.reports.outputs import answer_record
from planner.reports.plan_folder import plan_outputs, write_plan_folder
from planner.reports.print_maps.look import Paper
from planner.reports.print_maps.outlines import outlines_of
from planner.reports.print_maps.status_map import as_file, draw_status
from planner.scenarios.modes import SEASONS
from planner.texts.catalogues import map_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geodata.layers import Progress, SourceRecord
    from planner.coverage.study import Gaps
    from planner.scenarios.scenario import Scenario

FORMATS = ("pdf", "png")
PAPERS = tuple(str(paper) for paper in Paper if paper is not Paper.FIGURE)
MAPS = plan_outputs("maps", *(f"map-*.{ending}" for ending in FORMATS))


def default_kinds(scenario: Scenario) -> str:
    """Return all kinds of a scenario's standard, as ``chosen`` takes them.

    Examples
    --------
    >>> from planner.pipeline import default_scenario
    >>> default_kinds(default_scenario())
    'puskesmas,pustu,posyandu,hospital'
    """
    return ",".join(scenario.standard)


def write_maps(
    gaps: Gaps,
    out: str | Path,
    *,
    kinds: Sequence[str] = (),
    seasons: Sequence[str] = (),
    papers: Sequence[str] = ("a4",),
    formats: Sequence[str] = ("pdf",),
    lang: str = "id",
    inputs: Sequence[SourceRecord] = (),
    progress: Progress = no_progress,
) -> list[Path]:
    """Write maps to print of who reaches which kind, and ``run.json``; returns the files written.

    Parameters
    ----------
    gaps
        What :func:`planner.coverage.study.find_gaps` gave.
    out
        The output folder; one written before is replaced as a whole.
    kinds
        Of the standard; all when empty.
    seasons
        ``dry``, ``wet``; the scenario's own when empty.
    papers
        ``a4``, ``a3``, ``f4``. On A3 villages have names where there is room.
    formats
        ``pdf``, ``png``.
    lang
        ``id`` or ``en``.
    inputs
        Files that went in besides those of the layers.
    progress
        Told the name of each map.

    Returns
    -------
    files
        ``map-KIND-SEASON-PAPER.FORMAT`` and ``run.json``, in order of their names, in ``out``.

    Raises
    ------
    ConfigError
        There is no such kind, season, paper, format or language.
    WorkspaceError
        ``out`` holds something that was not written by this, or another process is writing it.
    DiskError
        The disk is full or refuses. After any error ``out`` is as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> with TemporaryDirectory() as folder:
    ...     written = write_maps(find_gaps(demo_layers(12)), Path(folder, "maps"), kinds=["pustu"])
    >>> [file.name for file in written]
    ['map-pustu-dry-a4.pdf', 'run.json']
    """
    require_gaps(gaps)
    out = as_path(out, "out")
    scenario = gaps.scenario
    map_texts(lang)
    kinds = chosen("kind", ",".join(kinds) or default_kinds(scenario), tuple(scenario.standard))
    wanted = chosen("season", ",".join(seasons) or scenario.season, SEASONS)
    papers, formats = chosen("paper", ",".join(papers), PAPERS), chosen("format", ",".join(formats), FORMATS)
    record = {
        **answer_record("maps", gaps, inputs), "lang": lang, "kinds": list(kinds), "seasons": list(wanted),
        "seasons_told": seasons_told(gaps.layers, scenario), "papers": list(papers), "seed": None,
    }  # fmt: skip
    outlines = outlines_of(gaps.layers)

    def write(stage: Path) -> None:
        for season in SEASONS:
            if season not in wanted:
                continue
            shown = replace(gaps, scenario=scenario.model_copy(update={"season": season}))
            for kind in kinds:
                progress(f"{kind}, {season} season")
                for paper in papers:
                    drawn = draw_status(
                        shown, kind, paper=Paper(paper), outlines=outlines,
                        words=words_for(lang, gaps.layers.villages, scenario.modes_called(lang)),
                    )  # fmt: skip
                    for ending in formats:
                        name = f"map-{kind}-{season}-{paper}.{ending}"
                        (stage / name).write_bytes(as_file(drawn, ending))

    return write_plan_folder(out, MAPS, record, write)
