"""The files of a plan."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import yaml

from geodata.arguments import as_path, require_a
from geodata.crs import WGS84
from geodata.files.csvtext import csv_text
from planner.coverage.reach import usable_facilities
from planner.reports.plan_folder import plan_outputs, record_of, solver_record, write_plan_folder
from planner.scenarios.scenario import default_scenario
from planner.siting.site import Siting
from planner.siting.tables import crowded
from planner.siting.weights import counted_people
from planner.siting.with_roads import SitingWithRoads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geodata.layers import SourceRecord
    from planner.coverage.study import Gaps
    from planner.scenarios.scenario import Scenario
    from planner.siting.years import Rollout

SITING_OUTPUTS = plan_outputs(
    "site", "sites.csv", "curve.csv", "choices.csv", "villages_after.csv", "villages_after.parquet",
    "scenario.yml", "map.html", "roads.csv",
)  # fmt: skip


def write_siting(
    plan: Siting, out: str | Path, *, lang: str = "id", inputs: Sequence[SourceRecord] = ()
) -> list[Path]:
    """Write a plan's tables, scenario, map and ``run.json``; returns the files written.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.site.site`.
    out
        The output folder; one written before is replaced as a whole.
    lang
        ``id`` or ``en``: the language of the map.
    inputs
        Further files that went in: measures, scenario, places.

    Returns
    -------
    files
        In order of their names, in ``out``.

    Raises
    ------
    ConfigError
        Another language.
    WorkspaceError
        ``out`` holds something that was not written by this, or another process is writing it.
    DiskError
        The disk is full or refuses. After any error ``out`` is as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> with TemporaryDirectory() as folder:
    ...     written = write_siting(plan, Path(folder, "out"))
    >>> [file.name for file in written if file.suffix != ".csv"]
    ['map.html', 'run.json', 'scenario.yml', 'villages_after.parquet']
    """
    require_a(plan, Siting, "plan", "a plan, as site(…) makes it")

    def write(stage: Path) -> None:
        write_shared(plan, stage, lang=lang)
        if plan.can_cost_choices:
            (stage / "choices.csv").write_text(csv_text(plan.cost_of_choices()), "utf-8", newline="")

    return write_plan_folder(as_path(out, "out"), SITING_OUTPUTS, siting_record(plan, inputs), write)


def write_siting_with_roads(
    plan: SitingWithRoads, out: str | Path, *, lang: str = "id", inputs: Sequence[SourceRecord] = ()
) -> list[Path]:
    """Write the files of a plan of roads and units: those of :func:`write_siting`, and ``roads.csv``.

    ``roads.csv`` has one row a choice of road measures (:attr:`SitingWithRoads.choices`). ``curve.csv`` is of
    the units on the best roads; with nothing left for units there is none.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.with_roads.site_with_roads`.
    out, lang, inputs
        As :func:`write_siting` takes them.

    Raises
    ------
    ConfigError, WorkspaceError, DiskError
        As :func:`write_siting`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ask, Study, demo_layers, site_with_roads
    >>> from planner.siting.measures import Measures, RoadMeasure, default_measures
    >>> study = Study(demo_layers(12))
    >>> paved = {"op": "change_road", "road": study.layers.roads["way_id"].iloc[0], "surface": "paved"}
    >>> pave = RoadMeasure.model_validate({"op": "road", "edits": [paved]})
    >>> known = Measures(measures={**default_measures().measures, "pave": pave})
    >>> plan = site_with_roads(study, "pustu", Ask(units=1), measures=known)
    >>> with TemporaryDirectory() as folder:
    ...     written = write_siting_with_roads(plan, Path(folder, "out"))
    >>> [file.name for file in written if file.suffix == ".csv"]
    ['curve.csv', 'roads.csv', 'sites.csv', 'villages_after.csv']
    """
    require_a(plan, SitingWithRoads, "plan", "a plan, as site_with_roads(…) makes it")

    def write(stage: Path) -> None:
        write_shared(plan, stage, lang=lang)
        (stage / "roads.csv").write_text(csv_text(plan.choices), "utf-8", newline="")

    people = counted_people(plan.before.demand)
    more = {
        "ask": asdict(plan.ask),
        "roads": list(plan.roads),
        "road_works": _works_record(plan),
        "units": len(plan.sites),
        "people": float(people.sum()),
        "people_added": plan.people_added,
        "sites_above_people_per_unit": crowded(plan.sites, plan.after, plan.kind),
        "seed": plan.ask.seed,
        "solver": {
            "objective": plan.people_added, "bound": plan.bound, "gap": plan.gap,
            "status": "optimal" if plan.gap == 0 else "feasible", "unit": "people",
            "seed": plan.ask.seed, "seconds": round(plan.seconds, 3),
        },
    }  # fmt: skip
    record = record_of("site", plan, plan.scenario, inputs, more)
    return write_plan_folder(as_path(out, "out"), SITING_OUTPUTS, record, write)


def _works_record(plan: SitingWithRoads) -> list[dict[str, Any]]:
    """Return the road measures that are taken, for ``run.json``: null where no cost is given."""
    given = plan.works.reset_index().to_dict("records")
    return [{str(k): None if pd.isna(v) else v for k, v in one.items()} for one in given]


def write_tables(plan: Siting | Rollout | SitingWithRoads, stage: Path) -> None:
    """Write the tables of every plan, and its scenario.

    Parameters
    ----------
    plan, stage
        As :func:`write_shared` takes them.
    """
    for name, table in (("sites", plan.sites), ("villages_after", plan.villages)):
        (stage / f"{name}.csv").write_text(csv_text(table), "utf-8", newline="")
    if plan.curve is not None:
        (stage / "curve.csv").write_text(csv_text(plan.curve, index=False), "utf-8", newline="")
    (stage / "scenario.yml").write_text(scenario_yaml(plan.scenario), "utf-8")


def write_shared(plan: Siting | Rollout | SitingWithRoads, stage: Path, *, lang: str) -> None:
    """Write what every plan has: tables, curve, scenario and map.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.site.site`, :func:`planner.siting.years.rollout` or
        :func:`planner.siting.with_roads.site_with_roads`.
    stage
        A folder that is there.
    lang
        ``id`` or ``en``: the language of the map.
    """
    # Here, because importing Folium takes most of half a second.
    from planner.reports.maps.sites_page import write_sites_map

    write_tables(plan, stage)
    shapes = plan.after.layers.villages.geometry
    gpd.GeoDataFrame(plan.villages, geometry=shapes).to_crs(WGS84).to_parquet(
        stage / "villages_after.parquet", compression="zstd"
    )
    write_sites_map(plan, stage / "map.html", lang=lang)


def scenario_yaml(scenario: Scenario) -> str:
    r"""Return a scenario as the text of a scenario file: what differs from the default.

    Examples
    --------
    >>> scenario_yaml(default_scenario().model_copy(update={"season": "wet"}))
    'season: wet\n'
    """
    mine, default = (s.model_dump(mode="json", by_alias=True) for s in (scenario, default_scenario()))
    differs = {key: value for key, value in mine.items() if value != default[key]}
    return str(yaml.safe_dump(differs, allow_unicode=True, sort_keys=False))


def siting_record(plan: Siting, inputs: Sequence[SourceRecord] = ()) -> dict[str, Any]:
    """Return what a plan depended on and how it was solved, so that it can be repeated and compared.

    Parameters
    ----------
    plan
        As from :func:`planner.siting.site.site`.
    inputs
        Files that went in besides those of the layers.

    Returns
    -------
    record
        What ``run.json`` holds: plain numbers, text, lists and dicts.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> record = siting_record(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))
    >>> record["command"], record["solver"]["status"], record["units"]
    ('site', 'optimal', 2)
    """
    people = counted_people(plan.before.demand)
    more = {
        "ask": asdict(plan.ask),
        "units": len(plan.sites),
        "people": float(people.sum()),
        "people_reached_before": plan.people_now,
        "people_added": plan.people_added,
        "sites_above_people_per_unit": crowded(plan.sites, plan.after, plan.kind),
        "places_left_out": plan.answer.points_left_out,
        "villages_with_unit_before": _with_unit(plan.before, plan.kind),
        "villages_with_unit_after": _with_unit(plan.after, plan.kind),
        "villages_served_before": _served(plan, "_before"),
        "villages_served_after": _served(plan, ""),
        "seed": plan.solution.seed,
        "solver": solver_record(plan.solution, plan.answer.unit),
    }
    return record_of("site", plan, plan.scenario, inputs, more)


def _served(plan: Siting, suffix: str) -> int:
    """Return how many villages are served, by as many units as the plan counts with."""
    of = "_status_backup" if plan.reach.backup > 1 else "_status"
    return int((plan.villages[f"{plan.kind}{of}{suffix}"] == "served").sum())


def _with_unit(gaps: Gaps, kind: str) -> int:
    """Return how many villages have a unit of a kind of their own, near enough or not."""
    units = usable_facilities(gaps.layers, (kind, *gaps.scenario.standard[kind].counts))
    return int(gaps.layers.villages.index.isin(set(units["village_code"].dropna())).sum())
