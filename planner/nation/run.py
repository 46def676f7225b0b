"""A country, a province or a few kabupaten from their files to national tables; run again to go on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.errors import ConfigError, counted
from geodata.layers import no_progress
from geodata.readers.files.opening import given_sha256
from geodata.workspace import RUN
from planner.nation.adoption import read_country_adoption
from planner.nation.answers import answer_tile, tile_job
from planner.nation.cluster import Failure
from planner.nation.country import cut_country
from planner.nation.gather import gather
from planner.nation.lands import landmasses
from planner.nation.maps import map_of_country
from planner.nation.products import opened
from planner.nation.regencies import Region, read_regency, read_units, regency_job
from planner.nation.roads import cut_roads
from planner.nation.store import json_text
from planner.nation.tiles import island_groups, plan, require_memory
from planner.scenarios.scenario import checked_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geodata.layers import Progress
    from planner.nation.answers import TileJob
    from planner.nation.cluster import Workers
    from planner.nation.country import Cut, Files
    from planner.nation.products import Products
    from planner.nation.roads import CutRoads
    from planner.nation.tiles import Tile
    from planner.scenarios.scenario import Scenario

UNITS = "units.parquet"
# Sums of people that differ by less are the same.
HALF_A_PERSON = 0.5
COUNTRY, REGENCIES, PARTS, ROADS = "country", "regencies", "parts", "roads"


@dataclass
class Done:
    """What a run did.

    Attributes
    ----------
    national
        What ``national.json`` holds; empty where no part is finished.
    failures
        By kabupaten or part, why it has no result.
    notes
        What is to be told.
    costs
        A row a part.
    made, kept
        How many parts were computed, and how many stood there already.
    findings
        A row for what the readers noticed in a kabupaten: ``code``, ``regency``, ``finding``.
    people_without_village
        Of rows of the table of people that belong to a kabupaten, and to none of its villages.
    people_of_rival_rows
        Of rows that say different numbers of one village: its people are unknown.
    """

    national: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    costs: list[dict[str, Any]] = field(default_factory=list)
    made: int = 0
    kept: int = 0
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    people_without_village: float = 0.0
    people_of_rival_rows: float = 0.0


def nation(
    files: Files, out: Path, workers: Workers, *, scenario: Scenario | None = None,
    memory_mb: float = 3000.0, progress: Progress = no_progress,
) -> Done:  # fmt: skip
    """Compute coverage and gaps of all kabupaten, and write them with the national tables.

    What an earlier run finished is kept where all that it depends on is the same.

    Parameters
    ----------
    files
        The country's.
    out
        The folder of results; it may hold those of an earlier run.
    workers
        Where the work is done (:func:`planner.nation.cluster.workers`).
    scenario
        The default one when None; edits belong to one kabupaten and are refused.
    memory_mb
        Of a worker: a kabupaten that would need more is cut.
    progress
        Told each step, with an estimate of what is left.

    Raises
    ------
    ConfigError
        The scenario has edits.
    InputError
        A file of the country cannot be read; ``out`` holds something else, or what somebody edited.
    """
    scenario = checked_scenario(scenario)
    if scenario.edits:
        msg = "nation: the scenario has edits, which name things of one kabupaten. Take them out."
        raise ConfigError(msg)
    with opened(out) as products:
        # Before the long work.
        products.require_unedited()
        return CountryRun(files, products, workers, scenario, memory_mb, progress).all()


@dataclass(frozen=True)
class Ready:
    """All that is known of the country before the parts are computed.

    Attributes
    ----------
    names
        Of provinces and kabupaten, by code.
    units
        The country's facilities.
    listed_kinds
        The kinds that the lists speak of.
    adoption
        The stage of ILP of each puskesmas; None where no table was given.
    roads
        The country's roads; None for straight lines.
    tiles, jobs
        The parts, and by name what each depends on.
    regions
        The kabupaten that were read.
    expected
        By kabupaten, also of those that could not be read, how many villages the map has.
    """

    names: dict[str, str]
    units: gpd.GeoDataFrame
    listed_kinds: tuple[str, ...]
    adoption: pd.DataFrame | None
    roads: CutRoads | None
    tiles: list[Tile]
    jobs: list[tuple[str, TileJob]]
    regions: dict[str, Region]
    expected: dict[str, int]


class CountryRun:
    """The steps of a run over the country's files, within a folder that is held."""

    def __init__(
        self,
        files: Files,
        products: Products,
        workers: Workers,
        scenario: Scenario,
        memory_mb: float,
        progress: Progress,
    ) -> None:
        self.files, self.products, self.workers = files, products, workers
        self.out = products.folder
        self.scenario, self.memory_mb, self.progress = scenario, memory_mb, progress
        self.done = Done()

    def all(self) -> Done:
        """Compute what is missing, and write the national tables."""
        ready = self.prepare()
        finished = [] if ready is None else self._parts(ready.tiles, ready.jobs)
        self.products.begin()
        if ready is None or not finished:
            self.products.clear()
        else:
            self._tables(ready, finished)
        self._report()
        return self.done

    def prepare(self) -> Ready | None:
        """Read the country, and cut the work; None where no kabupaten can be read."""
        require_memory(self.memory_mb)
        self.progress("country")
        cut = cut_country(self.files, self.out / COUNTRY)
        roads = cut_roads(self.files.roads, self.out / ROADS) if self.files.roads else None
        self.done.notes += () if roads is None else roads.notes
        self.done.notes += cut.notes
        regions = self._regions(cut.folder, cut.regencies, cut.names)
        self.done.findings = self._findings(regions, cut)
        expected = {**cut.regencies, **{code: region.villages for code, region in regions.items()}}
        return self._ready(regions, cut.names, roads, expected) if regions else None

    def _regions(self, cut: Path, codes: Mapping[str, int], names: Mapping[str, str]) -> dict[str, Region]:
        """Read every kabupaten; those that fail are told and left out."""
        rule = self.scenario.land.model_dump()
        jobs = [(c, regency_job(c, names.get(c, c), cut, self.out / REGENCIES, rule)) for c in codes]
        jobs.sort(key=lambda j: -codes[j[0]])
        found: dict[str, Region] = {}
        work = named(partial(read_regency, scenario=self.scenario), "read")
        clock = RunClock(self.progress, "kabupaten", {c: float(codes[c]) for c in codes})
        for name, result in self.workers.run(work, jobs):
            clock.one(name)
            if isinstance(result, Failure):
                self.done.failures[name] = result
            else:
                found[name] = result
        return dict(sorted(found.items()))

    def _findings(self, regions: Mapping[str, Region], cut: Cut) -> pd.DataFrame:
        """Return what the readers noticed in each kabupaten; tell how many people are of no village."""
        rows: list[tuple[str, str, str]] = []
        lost: dict[str, float] = {}
        rivals: dict[str, float] = {}
        for code, region in regions.items():
            # Where they could not be read, the kabupaten's own reader says so.
            listed = cut.people.get(code, 0.0)
            left = listed - region.people
            of_rivals = min(cut.rivals.get(code, 0.0), left)
            for found, people, why in (
                (rivals, of_rivals, "in several rows of one village, of which nobody knows which counts"),
                (lost, left - of_rivals, "of no village"),
            ):
                if people >= HALF_A_PERSON:
                    found[code] = people
                    text = f"population: {people:,.0f} of {listed:,.0f} people are {why}"
                    rows.append((code, region.name, f"{text}, and counted nowhere"))
            rows += [(code, region.name, text) for text in region.findings]
        self.done.people_without_village = sum(lost.values())
        self.done.people_of_rival_rows = sum(rivals.values())
        for found, why in (
            (rivals, "in several rows of one village, which is unknown"),
            (lost, "of no village"),
        ):
            if found:
                self.done.notes.append(
                    f"population: {sum(found.values()):,.0f} people of "
                    f"{counted(len(found), 'kabupaten', 'kabupaten')} are {why}, and counted nowhere: "
                    "findings.csv"
                )
        return pd.DataFrame(rows, columns=["code", "regency", "finding"])

    def _ready(
        self, regions: dict[str, Region], names: Mapping[str, str], roads: CutRoads | None,
        expected: dict[str, int],
    ) -> Ready:  # fmt: skip
        self.progress("landmasses")
        lands = landmasses({c: r.read_outlines() for c, r in regions.items()}, self.scenario.land)
        self.progress("facilities")
        units = read_units(self.files.facilities, regions.values(), lands)
        self.done.notes += units.notes
        # Before the long work: a wrong table is told at once.
        adoption, notes = (
            (None, ())
            if self.files.adoption is None
            else read_country_adoption(self.files.adoption, units.frame)
        )
        self.done.notes += notes
        units_file = self.out / UNITS
        beside = units_file.with_name(f".unfinished-{UNITS}")
        units.frame.to_parquet(beside, compression="zstd")
        beside.replace(units_file)
        self.progress("plan")
        rows = {} if roads is None else {c: roads.rows(r.bounds) for c, r in regions.items()}
        tiles = plan(list(regions.values()), island_groups(lands), rows, self.memory_mb)
        jobs = [
            (t.name, tile_job(
                t, regions, units.frame, lands, self.out / PARTS, units_file=units_file,
                listed_kinds=units.listed_kinds, scenario=self.scenario, roads=roads,
            ))
            for t in tiles
        ]  # fmt: skip
        names = {**names, **{r.code: r.name for r in regions.values()}}
        return Ready(names, units.frame, units.listed_kinds, adoption, roads, tiles, jobs, regions, expected)

    def _tables(self, ready: Ready, finished: list[str]) -> None:
        self.progress("tables")
        folders, facts = [self.out / PARTS / name for name in finished], self._facts(ready.roads)
        self.done.national = gather(
            folders, self.products, ready.units, ready.names, facts, expected=ready.expected,
            adoption=ready.adoption,
        )  # fmt: skip
        self.progress("map")
        self.done.notes += map_of_country(folders, self.products, ready.regions, self.scenario, facts)

    def _parts(self, tiles: list[Tile], jobs: list[tuple[str, Any]]) -> list[str]:
        """Compute the parts that are not there; returns the names of all that are, in order."""
        from planner.nation.store import finished

        kept = {name: known["cost"] for name, job in jobs if (known := finished(Path(job.out), job.key))}
        self.done.kept = len(kept)
        self.done.costs = list(kept.values())
        todo = [(name, job) for name, job in jobs if name not in kept]
        clock = RunClock(self.progress, "parts", {t.name: t.expected_mb for t in tiles if t.name not in kept})
        names = list(kept)
        for name, result in self.workers.run(answer_tile, todo):
            clock.one(name)
            if isinstance(result, Failure):
                self.done.failures[name] = result
                continue
            self.done.costs.append(result)
            self.done.made += 1
            names.append(name)
        return sorted(names)

    def _facts(self, roads: Any) -> dict[str, Any]:  # noqa: ANN401 - CutRoads or None
        return {
            "network": "none" if roads is None else "roads",
            "travel": "on foot, straight line" if roads is None else "on roads",
            "missing": {name: f.message for name, f in sorted(self.done.failures.items())},
            "people_without_village": self.done.people_without_village,
            "people_of_rival_rows": self.done.people_of_rival_rows,
        }

    def _report(self) -> None:
        costs = pd.DataFrame(self.done.costs)
        if len(costs):
            self.products.write_table("costs.csv", costs.sort_values("name"))
        self.products.write_table("findings.csv", self.done.findings)
        # Last of all: a folder without it is not finished.
        self.products.write(RUN, json_text({
            "jangkau_version": version("jangkau"), "command": "nation",
            "configuration_sha256": self.scenario.content_hash(),
            "configuration": self.scenario.model_dump(mode="json"),
            "inputs": [{"file": p.name, "sha256": given_sha256(p)} for p in self.files.paths()],
            "memory_mb_a_worker": self.memory_mb,
            "parts": {"computed": self.done.made, "kept": self.done.kept},
            "failed": {n: f.message for n, f in sorted(self.done.failures.items())},
            "notes": self.done.notes,
            "cost": {c: float(costs[c].sum()) for c in ("cpu_s", "bytes")} if len(costs) else {},
        }))  # fmt: skip


def named(work: Any, name: str) -> Any:  # noqa: ANN401 - a partial function
    """Return a function's part with a name, by which Dask shows it."""
    work.__name__ = name
    return work


class RunClock:
    """Tells how far the work is, and how long it may take."""

    def __init__(self, progress: Progress, what: str, sizes: dict[str, float]) -> None:
        self._progress, self._what, self._sizes = progress, what, sizes
        self._total, self._done, self._number = sum(sizes.values()), 0.0, 0
        self._start = time.perf_counter()

    def one(self, name: str) -> None:
        """Tell that one more is done."""
        self._number += 1
        self._done += self._sizes[name]
        share = self._done / self._total
        left = (time.perf_counter() - self._start) * (1 - share) / share
        self._progress(f"{self._what} {self._number}/{len(self._sizes)}, {share:.0%}, {left:,.0f} s left")
