"""The whole job in a few calls: the same for the command line, notebooks and the app.

>>> from planner.pipeline import demo_layers, find_gaps, village_table
>>> gaps = find_gaps(demo_layers(12))  # or build_area("AREA.yml", "work/jember")
>>> sorted(set(village_table(gaps)["puskesmas_status"]) - {"served", "partly", "gap"})
[]
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geodata.arguments import as_path, is_list, require_a, require_whole, require_word
from geodata.earlier import write_anew
from geodata.errors import MissingFileError
from geodata.layers import no_progress, require_layers
from geodata.workspace import CACHE, WORKSPACE, read_workspace, require_replaceable
from planner.coverage.compare import changes, totals
from planner.coverage.known.opened import opened_kinds
from planner.coverage.tables import facility_table, summary, village_table
from planner.ilp.model import Ilp
from planner.network.convert import from_networkx, to_networkx
from planner.reports.analyst.answer import Gaps, Study, find_gaps
from planner.reports.analyst.plans import Rollout, Siting, SitingWithRoads, rollout, site, site_with_roads
from planner.reports.outputs import write_gaps
from planner.reports.print_maps.status_map import status_map
from planner.reports.print_maps.write import write_maps
from planner.reports.robustness import write_robustness
from planner.reports.rollout import write_rollout
from planner.reports.siting import write_siting, write_siting_with_roads
from planner.scenarios.edits import (
    AddBoat,
    AddRoad,
    ChangeFacility,
    ChangeRoad,
    ChangeSpeed,
    CloseFacility,
    CloseRoad,
    Flood,
    MoveFacility,
    OpenFacility,
    ReopenRoad,
)
from planner.scenarios.scenario import Scenario, checked_scenario, default_scenario, read_scenario
from planner.scenarios.short import scenario
from planner.scenarios.standards import Standard
from planner.siting.ask import Ask, Floor, Objective
from planner.siting.ground.rules import SiteFacts
from planner.siting.measures import read_measures
from planner.siting.plan_file import RolloutPlan, read_plan
from planner.siting.reach import as_if_none
from planner.siting.robustness import Robustness, robustness
from planner.siting.site_plan import SitePlan, read_site_plan
from planner.siting.uncertainty import read_uncertainty
from planner.travel.frames import Travel, travel_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.adoption import Adoption
    from geodata.layers import Finding, Layers, Progress
    from planner.coverage.grade import Grade

__all__ = [
    "AddBoat",
    "AddRoad",
    "Ask",
    "ChangeFacility",
    "ChangeRoad",
    "ChangeSpeed",
    "CloseFacility",
    "CloseRoad",
    "Flood",
    "Floor",
    "Gaps",
    "Ilp",
    "MoveFacility",
    "Objective",
    "OpenFacility",
    "ReopenRoad",
    "Robustness",
    "Rollout",
    "RolloutPlan",
    "Scenario",
    "SiteFacts",
    "SitePlan",
    "Siting",
    "SitingWithRoads",
    "Study",
    "Travel",
    "as_if_none",
    "build_area",
    "changes",
    "check",
    "default_scenario",
    "demo_layers",
    "draft_area",
    "facility_table",
    "find_gaps",
    "from_networkx",
    "grade",
    "open_workspace",
    "read_adoption_of",
    "read_measures",
    "read_plan",
    "read_scenario",
    "read_site_plan",
    "read_uncertainty",
    "robustness",
    "rollout",
    "scenario",
    "site",
    "site_with_roads",
    "status_map",
    "summary",
    "to_networkx",
    "totals",
    "travel_by",
    "under_standards",
    "village_table",
    "write_gaps",
    "write_maps",
    "write_robustness",
    "write_rollout",
    "write_siting",
    "write_siting_with_roads",
]


# A kabupaten has some hundred villages; many more take minutes.
MOST_DEMO = 10_000


def build_area(
    area_file: str | Path, out: str | Path, *, fix: str = "safe", progress: Progress = no_progress
) -> Layers:
    """Read, check and store a study area; returns its layers.

    Parameters
    ----------
    area_file
        AREA.yml.
    out
        The workspace's folder; one written before is replaced.
    fix
        Which proposals for spoiled coordinates of facilities are taken over: ``safe`` for those that the row
        itself proves, ``all`` or ``none``.
    progress
        Told the name of each step.

    Raises
    ------
    InputError
        A file is missing, cannot be read or holds what is wrong; ``out`` holds something else, or cannot be
        written. The message says what to change; ``out`` is then as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from geodata.demo import DemoSize, generate_area, write_area_files
    >>> with TemporaryDirectory() as folder:
    ...     demo = generate_area(2024, DemoSize.of_villages(12))
    ...     layers = build_area(write_area_files(demo, Path(folder, "files")), Path(folder, "work"))
    ...     same = open_workspace(Path(folder, "work"))
    >>> len(layers.villages), same.villages.index.equals(layers.villages.index)
    (12, True)
    """
    from geodata.areafile import read_area_file
    from geodata.build import read_layers
    from geodata.readers.place_fixes import Fix

    out = as_path(out, "out")
    require_word(fix, Fix.texts(), "fix")
    area = read_area_file(as_path(area_file, "area_file"))
    # Before the long work, not after it.
    require_replaceable(out, WORKSPACE)
    layers = read_layers(area, cache=out / CACHE / "overpass", fix=Fix(fix), progress=progress)
    progress("workspace")
    write_anew(layers, out)
    return layers


def draft_area(folder: str | Path, *, code: str | None = None, name: str | None = None) -> str:
    """Return a first AREA.yml for a folder of files, as text; ``jangkau init`` writes the same.

    Parameters
    ----------
    folder
        An office's files: a map of villages, lists of facilities, tables of people, roads.
    code, name
        Of the kabupaten or kota; None: the codes of its villages tell it.

    Raises
    ------
    InputError
        No map of villages, or nothing tells which kabupaten it is about.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from geodata.demo import DemoSize, generate_area, write_area_files
    >>> with TemporaryDirectory() as folder:
    ...     _ = write_area_files(generate_area(2024, DemoSize.of_villages(12)), Path(folder))
    ...     text = draft_area(folder)
    >>> text.splitlines()[3]
    'code: "99.01"'
    """
    from geodata.drafting.draft import draft

    folder = as_path(folder, "folder")
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        msg = f"the folder {folder} {what}. Name the folder that holds an office's files."
        raise MissingFileError(msg)
    return draft(folder, code, name).text


def under_standards(
    layers: Layers, scenario: Scenario, others: Sequence[Standard] = (), *, progress: Progress = no_progress
) -> list[Gaps]:
    """Return the answer of a scenario and, after it, those by other standards on the same travel times.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Its rules, standard and edits.
    others
        Kinds that a standard does not name keep the scenario's rules.
    progress
        Told the name of each step.

    Raises
    ------
    ConfigError
        An edit names what is not there, or a standard a mode that the scenario does not have.
    SchemaError
        The layers lack a column, or hold numbers, ids or words that are not allowed.
    MissingCrsError
        A layer has no CRS.

    Examples
    --------
    >>> from planner.scenarios.standards import standard_named
    >>> answers = under_standards(demo_layers(12), default_scenario(), [standard_named("sni-03-1733")])
    >>> [gaps.scenario.standard_name for gaps in answers]
    ['ILP', 'SNI 03-1733-2004']
    """
    require_layers(layers)
    scenario = checked_scenario(scenario)
    given: tuple[object, ...] = tuple(others) if is_list(others) else (others,)
    for one in given:
        require_a(one, Standard, "one of others", "a Standard: standard_named('ilp') gives one")
    scenarios = [scenario.under(s) for s in given if isinstance(s, Standard)]
    listed = layers.area.listed_kinds
    modes = {
        s.standard[kind].mode
        for s in scenarios
        for kind in {*s.standard} & {*listed, *opened_kinds(s.edits, s.standard, listed)}
    }
    study = Study(layers, scenario=scenario, modes=sorted(modes), progress=progress)
    return [study.gaps(progress=progress), *(study.under(s).gaps() for s in scenarios)]


def read_adoption_of(path: str | Path, layers: Layers) -> tuple[Adoption, ...]:
    r"""Read a table of the stage of ILP of an area's puskesmas.

    Parameters
    ----------
    path
        CSV or XLSX, as :func:`geodata.readers.adoption_table.read_adoption` takes it.
    layers
        The study area, whose puskesmas they are.

    Raises
    ------
    InputError
        The file is missing or cannot be read; or stages, dates or ids are wrong, all of them together.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "stages.csv")
    ...     _ = file.write_text("facility_id,tahap,tanggal\nP9901001,launching,2024-07\n", "utf-8")
    ...     [known] = read_adoption_of(file, demo_layers(12))
    >>> known.facility_id, known.stage, known.date
    ('P9901001', 'peluncuran', '2024-07')
    """
    from geodata.readers.adoption_table import read_adoption
    from planner.supply.stages import default_stages, puskesmas_of

    require_layers(layers)
    return read_adoption(as_path(path, "path"), puskesmas_of(layers.facilities), default_stages().spellings())


def open_workspace(folder: str | Path) -> Layers:
    """Read a stored study area.

    Parameters
    ----------
    folder
        As :func:`build_area` wrote it.

    Raises
    ------
    WorkspaceError
        The folder is no workspace, comes from a newer version, or a layer is missing or was changed.

    Examples
    --------
    >>> open_workspace("nowhere")
    Traceback (most recent call last):
        ...
    geodata.errors.WorkspaceError: ...
    """
    return read_workspace(as_path(folder, "folder"))


def check(layers: Layers, *, scenario: Scenario | None = None) -> tuple[Finding, ...]:
    """Return the data-quality findings of a study area, the gravest first.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Whose standards say how far a road may be and how many units are wanted; the default one when None.

    Examples
    --------
    >>> {f.severity for f in check(demo_layers(12))} <= {"error", "warning", "info"}
    True
    """
    from geodata.quality import gravest_first, inspect
    from planner.coverage.doubts import planning_findings

    require_layers(layers)
    return gravest_first((*inspect(layers), *planning_findings(layers, checked_scenario(scenario))))


def grade(layers: Layers, *, scenario: Scenario | None = None) -> Grade:
    """Return how far an area's data can be trusted: a grade from A to E, and what would raise it most.

    No travel time is computed for it.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Whose standard names the kinds that are wanted; the default one when None.

    Examples
    --------
    >>> found = grade(demo_layers(12))
    >>> found.letter, [part.name for part in found.parts][:3]
    ('A', ['people', 'roads', 'lists'])
    """
    from geodata.quality import inspect
    from planner.coverage.grade import grade_of

    require_layers(layers)
    return grade_of(layers, checked_scenario(scenario), inspect(layers))


def demo_layers(villages: int = 24, *, seed: int = 2024) -> Layers:
    """Return the layers of a small made-up kabupaten, to try things on without any data.

    Parameters
    ----------
    villages
        How many, 12 at least.
    seed
        Another seed makes another kabupaten.

    Raises
    ------
    ConfigError
        One of them is no such number.

    Examples
    --------
    >>> len(demo_layers(12).villages)
    12
    """
    villages = require_whole(villages, "villages", "how many villages there are", 12, MOST_DEMO)
    seed = require_whole(seed, "seed", "which kabupaten is made up", 0, 2**32 - 1)
    return _made_up(villages, seed)


def _made_up(villages: int, seed: int) -> Layers:
    from tempfile import TemporaryDirectory

    from geodata.areafile import read_area_file
    from geodata.build import read_layers
    from geodata.demo import DemoSize, generate_area, write_area_files

    with TemporaryDirectory(prefix="jangkau-") as folder:
        area = generate_area(seed, DemoSize.of_villages(villages))
        return read_layers(read_area_file(write_area_files(area, Path(folder) / "area")))
