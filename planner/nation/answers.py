"""What a worker does with a tile: the study of ``jangkau gaps`` with a halo, for its own villages."""

from __future__ import annotations

import resource
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import WGS84
from geodata.layers import Layers
from geodata.readers.roads import outline_of, study_zone, zone_around
from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.coverage.beyond import Beyond
from planner.coverage.known.extent import find_extent
from planner.coverage.reach import is_open
from planner.coverage.study import Study
from planner.coverage.tables import village_table
from planner.nation.halo import FIRST_M, horizons_s, rim_m, wider_m, widest_m
from planner.nation.lands import NEAR_DEGREES, Lands, lonlat_bounds, with_stubs
from planner.nation.regencies import BUFFER_M, ROW_HASH, outlines_key, shapes_key
from planner.nation.roads import CutRoads, RoadsNear, no_roads, roads_key
from planner.nation.store import finished, key_of, writing
from planner.nation.tiles import own_villages
from planner.network.land import UNKNOWN_LANDMASS, Land

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.coverage.known.extent import Extent
    from planner.coverage.study import Gaps
    from planner.nation.regencies import Region
    from planner.nation.tiles import Tile
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario

ANSWERS, CATCHMENTS, MINUTES = "villages.parquet", "catchments.parquet", "minutes.parquet"
# Of a part's catchments: whether they would be the same with all units and ways on the map.
KNOWN = ("own_known", "nearest_known")


@dataclass(frozen=True)
class TileJob:
    """A tile with all that its answer depends on.

    Attributes
    ----------
    tile, region
        What is asked.
    units
        File of the country's facilities.
    labels
        int32 ``(landmasses,)``, those that may matter, in order: their places are their numbers within
        the job.
    neighbours
        By code, the kabupaten whose land may lie in the zone, with the numbers of their landmasses,
        int32 ``(outlines,)``.
    regions
        Those kabupaten.
    doubted
        By code, the neighbours of whose units without a place one may be within the limit.
    before
        By code, the neighbours of lower codes whose villages may overlap the kabupaten's: of two villages the
        first has what lies in both.
    roads
        The country's roads; None for straight lines on foot.
    listed_kinds
        Of the country's lists.
    scenario
        The rules.
    out
        The part's folder.
    key
        The hash of all this.
    """

    tile: Tile
    region: Region
    units: str
    labels: NDArray[np.int32]
    neighbours: Mapping[str, NDArray[np.int32]]
    regions: Mapping[str, Region]
    doubted: Mapping[str, Region]
    before: Mapping[str, Region]
    roads: CutRoads | None
    listed_kinds: tuple[str, ...]
    scenario: Scenario
    out: str
    key: str


def tile_job(
    tile: Tile, regions: Mapping[str, Region], units: gpd.GeoDataFrame, lands: Lands, out: Path, *,
    units_file: Path, listed_kinds: tuple[str, ...], scenario: Scenario, roads: CutRoads | None = None,
) -> TileJob:  # fmt: skip
    """Return the job of a tile, with what matters to it, and the hash of that."""
    region = regions[tile.code]
    near = _near(region, regions, scenario, listed_kinds) if roads is not None else [tile.code]
    labels = np.unique(np.concatenate([lands.labels[c] for c in near]))
    numbered = {c: np.searchsorted(labels, lands.labels[c]).astype(np.int32) for c in near}
    grown = _grown(region.bounds, scenario, listed_kinds)
    doubted = _doubted(region, regions, units, scenario, listed_kinds)
    codes = (region.code, *doubted)
    mine = relevant_units(units, codes, None if roads is not None else labels, box=grown)
    mine = _numbered(mine, labels)
    # Only along roads people are put where two outlines may claim them.
    before = {} if roads is None else _before(region, regions)
    of_others = [(c, outlines_key(regions[c]), numbered[c].tolist()) for c in near]
    key = key_of(
        __name__,
        "answer", 7, scenario.content_hash(), sorted(listed_kinds), region.key,
        region.name, [tile.number, tile.of], of_others, [(c, r.key) for c, r in doubted.items()], tile.group,
        [(c, shapes_key(r)) for c, r in before.items()],
        [mine[ROW_HASH].to_list(), mine["landmass"].to_list()],
        [] if roads is None else roads_key(roads, grown),
    )  # fmt: skip
    return TileJob(
        tile, region, str(units_file), labels, numbered, {c: regions[c] for c in near}, doubted,
        before, roads, listed_kinds, scenario, str(out / tile.name), key,
    )  # fmt: skip


def _grown(
    bounds: tuple[float, float, float, float], scenario: Scenario, kinds: tuple[str, ...]
) -> tuple[float, float, float, float]:
    """Return a box grown by the widest halo (degrees)."""
    # What roads cover is judged in the buffer; boxes of zones in degrees are drawn a little wide.
    more = max(widest_m(scenario, horizons_s(scenario, kinds)), BUFFER_M) / 110_000.0 + 2 * NEAR_DEGREES
    west, south, east, north = bounds
    return west - more, south - more, east + more, north + more


def _near(
    region: Region, regions: Mapping[str, Region], scenario: Scenario, kinds: tuple[str, ...]
) -> list[str]:
    zone = shapely.box(*_grown(region.bounds, scenario, kinds))
    return [c for c in sorted(regions) if shapely.intersects(zone, shapely.box(*regions[c].bounds))]


def _before(region: Region, regions: Mapping[str, Region]) -> dict[str, Region]:
    """Return the neighbours of lower codes whose villages may overlap those of the region."""
    west, south, east, north = region.bounds
    box = shapely.box(
        west - NEAR_DEGREES, south - NEAR_DEGREES, east + NEAR_DEGREES, north + NEAR_DEGREES
    )  # fmt: skip
    lower = (c for c in sorted(regions) if c < region.code)
    return {c: regions[c] for c in lower if shapely.intersects(box, shapely.box(*regions[c].bounds))}


def _doubted(
    region: Region, regions: Mapping[str, Region], units: gpd.GeoDataFrame, scenario: Scenario,
    listed_kinds: tuple[str, ...],
) -> dict[str, Region]:  # fmt: skip
    """Return the neighbours with a unit without a place that may be within its kind's limit of the region."""
    lost = units[(units["status"] == FacilityStatus.UNLOCATED) & (units["functioning"] != YesNo.NO)]
    found: set[str] = set()
    for kind, rule in scenario.standard.items():
        mine = lost[lost["kind"].isin([kind, *rule.counts])] if kind in listed_kinds else lost.iloc[:0]
        if len(mine):
            found |= set(mine["regency"]).intersection(_near(region, regions, scenario, (kind,)))
    return {c: regions[c] for c in sorted(found - {region.code})}


def relevant_units(
    units: gpd.GeoDataFrame,
    codes: Sequence[str],
    labels: NDArray[np.int32] | None,
    *,
    box: tuple[float, float, float, float],
) -> gpd.GeoDataFrame:
    """Return the units that may change an answer, and one of each kind that has none among them.

    Parameters
    ----------
    units
        The country's, in degrees.
    codes
        Of the kabupaten, and of its neighbours, whose units of unknown place count.
    labels
        int32 ``(landmasses,)``, those to any place of which a straight line may lead; None with roads,
        which lead no further than the box.
    box
        Degrees: who goes by vehicle may be in time at any unit in it, over water too.

    Examples
    --------
    >>> rows = {"kind": "pustu", "status": FacilityStatus.USED, "functioning": YesNo.YES, "regency": "35.01"}
    >>> places = shapely.points([[110.0, -7.0], [120.0, -7.0]])
    >>> units = gpd.GeoDataFrame(rows, index=["a", "b"], geometry=places).assign(landmass=[0, 5])
    >>> box, mine = (109.0, -8.0, 111.0, -6.0), np.array([0], np.int32)
    >>> relevant_units(units, ["35.01"], mine, box=box).index.tolist()
    ['a']
    """
    used, works = units["status"] == FacilityStatus.USED, units["functioning"] != YesNo.NO
    places = units.geometry.to_numpy()
    x, y, (west, south, east, north) = shapely.get_x(places), shapely.get_y(places), box
    inside = (west <= x) & (x <= east) & (south <= y) & (y <= north)
    near = used & inside
    if labels is not None:
        near |= used & (np.isin(units["landmass"], labels) | (units["landmass"] < 0))
    # That a kind exists elsewhere is known too: nobody is reached, for no way leads there.
    others = units[used & works & ~near & ~units["kind"].isin(units["kind"][near & works])]
    first = others.sort_index().drop_duplicates("kind").index
    lost = (units["status"] == FacilityStatus.UNLOCATED) & units["regency"].isin(codes)
    return units[near | lost | units.index.isin(first)]


def _numbered(units: gpd.GeoDataFrame, labels: NDArray[np.int32]) -> gpd.GeoDataFrame:
    """Return units with their landmass as its place among some, the number behind them for any other."""
    mine = units
    known = np.isin(mine["landmass"], labels)
    number = np.where(known, np.searchsorted(labels, mine["landmass"]), len(labels))
    return mine.assign(landmass=np.where(mine["landmass"] < 0, UNKNOWN_LANDMASS, number).astype(np.int32))


def answer_tile(job: TileJob) -> dict[str, Any]:
    """Compute a tile's answers and write its part; returns what it cost.

    Raises
    ------
    InputError
        Its data are wrong; the disk is full.
    """
    folder = Path(job.out)
    known = finished(folder, job.key)
    if known is not None:
        before: dict[str, Any] = known["cost"]
        return before
    clock, cpu = time.perf_counter(), time.process_time()
    _forget_peak()
    facts: dict[str, Any] = {"tile": asdict(job.tile), "version": version("jangkau")}
    with writing(folder, job.key, facts) as stage:
        gaps, halo_m = _gaps(job)
        _write(job, gaps, stage)
        size = sum(p.stat().st_size for p in stage.iterdir())
        facts["cost"] = {
            "name": job.tile.name, "cpu_s": round(time.process_time() - cpu, 3),
            "wall_s": round(time.perf_counter() - clock, 3), "peak_mb": _peak_mb(),
            "expected_mb": round(job.tile.expected_mb, 1), "bytes": size,
            "villages": len(gaps.layers.villages), "points": len(gaps.demand),
            "road_edges": 0 if gaps.network is None else len(gaps.network.edge_id),
            "halo_km": None if halo_m is None else round(halo_m / 1000.0, 2),
        }  # fmt: skip
    cost: dict[str, Any] = facts["cost"]
    return cost


def _forget_peak() -> None:
    """Let the system measure the peak of memory anew, where it can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def _peak_mb() -> float:
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return round(int(next(x for x in lines if x.startswith("VmHWM")).split()[1]) / 1024.0, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, 1)


def _gaps(job: TileJob) -> tuple[Gaps, float | None]:
    """Return the answers of the tile, and how wide the halo was that proved them (metres)."""
    whole, own, units = _villages_and_units(job)
    if job.roads is None:
        return _by_lines(job, whole, own, units).gaps(), None
    return _by_roads(job, whole, own, units)


def _villages_and_units(job: TileJob) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the villages of the kabupaten, those of the tile, and the units that may matter to it."""
    whole = job.region.read_villages()
    own = whole.loc[own_villages(job.tile, whole.index)]
    country = gpd.read_parquet(job.units)
    box = _grown(job.region.bounds, job.scenario, job.listed_kinds)
    labels = job.labels if job.roads is None else None
    codes = (job.region.code, *job.doubted)
    units = _numbered(relevant_units(country, codes, labels, box=box), job.labels)
    return whole, own, units.to_crs(job.region.crs)


def _overlapping(job: TileJob, whole: gpd.GeoDataFrame, own: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the outlines of villages beyond the tile that may have a part of its own: those of lower codes.

    They are the other pieces' of its kabupaten, and neighbours'.
    """
    parts = [whole.geometry, *(r.read_shapes().to_crs(job.region.crs) for r in job.before.values())]
    every = gpd.GeoSeries(pd.concat(parts), crs=job.region.crs)
    # What a village of a higher code has too is the tile's.
    lower = every[~every.index.isin(own.index) & (every.index < own.index.max())]
    met = shapely.STRtree(lower.to_numpy()).query(own.geometry.to_numpy(), predicate="intersects")[1]
    return lower.iloc[np.unique(met)]


def study_for_plan(job: TileJob, kind: str, modes: Sequence[str] = ()) -> Study:
    """Return the study of a tile in which new units of a kind may be tried.

    On roads its halo is as wide as the kind's horizon asks for, whoever is near today: so every way within
    the limit is in it.

    Parameters
    ----------
    job
        A tile.
    kind
        Of the standard, and listed.
    modes
        Further ones to prepare.
    """
    whole, own, units = _villages_and_units(job)
    if job.roads is None:
        return _by_lines(job, whole, own, units, modes)
    horizon_s = horizons_s(job.scenario, job.listed_kinds)
    around = study_zone(whole, job.region.study_area(()).buffer_m)
    zone = study_zone(own, widest_m(job.scenario, {kind: horizon_s[kind]}))
    near = RoadsNear(job.roads, around | zone, job.region.crs)
    extent = _extent(job, whole, units, _roads_in(job, near, around), own.index)
    land = _lands(job).near(lonlat_bounds(gpd.GeoSeries([zone], crs=job.region.crs)), job.region.crs)
    layers = _layers(job, own, units[_taking_part(units, zone)], _roads_in(job, near, zone))
    beyond = Beyond(land, extent, horizon_s, _overlapping(job, whole, own))
    return Study(layers, scenario=job.scenario, modes=modes, beyond=beyond)


def _by_lines(
    job: TileJob, whole: gpd.GeoDataFrame, own: gpd.GeoDataFrame, units: gpd.GeoDataFrame,
    modes: Sequence[str] = (),
) -> Study:  # fmt: skip
    land = _straight_land(job, units)
    extent = _extent(job, whole, units, None, own.index)
    return Study(
        _layers(job, own, units, None), scenario=job.scenario, modes=modes, beyond=Beyond(land, extent)
    )


def _by_roads(
    job: TileJob, whole: gpd.GeoDataFrame, own: gpd.GeoDataFrame, units: gpd.GeoDataFrame
) -> tuple[Gaps, float]:
    """Return answers in a halo that proves all of them: a narrow one first, then as wide as they need."""
    assert job.roads is not None
    horizon_s = horizons_s(job.scenario, job.listed_kinds)
    widest = widest_m(job.scenario, horizon_s)
    around = study_zone(whole, job.region.study_area(()).buffer_m)
    outline, halo = outline_of(own), min(FIRST_M, widest)
    zone = zone_around(outline, halo)
    near = RoadsNear(job.roads, around | zone, job.region.crs)
    extent = _extent(job, whole, units, _roads_in(job, near, around), own.index)
    lands, others = _lands(job), _overlapping(job, whole, own)
    while True:
        roads = _roads_in(job, near, zone)
        if roads.empty and halo < widest:
            halo, zone = widest, zone_around(outline, widest)
            near = RoadsNear(job.roads, zone, job.region.crs)
            continue
        chosen = units[_taking_part(units, zone)]
        layers = _layers(job, own, chosen, roads)
        bounds = lonlat_bounds(gpd.GeoSeries([zone], crs=job.region.crs))
        land = lands.near(bounds, job.region.crs)
        beyond = Beyond(land, extent, horizon_s, others)
        gaps = Study(layers, scenario=job.scenario, beyond=beyond).gaps()
        within = halo - rim_m(job.scenario)
        inside = zone_around(outline, within) if within > 0 else None
        wanted = min(wider_m(gaps, horizon_s, halo, inside), widest)
        if wanted <= halo:
            return gaps, halo
        halo, zone = wanted, zone_around(outline, wanted)
        near = RoadsNear(job.roads, zone, job.region.crs)


def _roads_in(job: TileJob, near: RoadsNear, zone: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the roads of a zone: where there are none, a layer without rows.

    Without a layer one would be timed as if nobody had drawn any road.
    """
    assert job.roads is not None
    roads = near.read(zone)
    return no_roads(job.roads, job.region.crs) if roads is None else roads


def _taking_part(units: gpd.GeoDataFrame, zone: shapely.Geometry) -> NDArray[np.bool_]:
    """Return which units are looked at: those in the zone, of unknown place, and one of each other kind.

    That a kind exists beyond the zone is known: nobody reaches it, for it is too far.
    """
    near = np.asarray(shapely.intersects(zone, units.geometry.to_numpy()), dtype=bool)
    lost = (units["status"] == FacilityStatus.UNLOCATED).to_numpy()
    works = (units["functioning"] != YesNo.NO).to_numpy()
    there = set(units["kind"][near & works])
    others = units[works & ~near & ~lost & ~units["kind"].isin(there).to_numpy()]
    first = others.sort_index().drop_duplicates("kind").index
    return np.asarray(near | lost | units.index.isin(first), dtype=bool)


def _lands(job: TileJob) -> Lands:
    from planner.nation.lands import Lands

    rule = job.scenario.land
    parts = {c: r.read_outlines() for c, r in job.regions.items()}
    return Lands(parts, job.neighbours, max(rule.shore_m - rule.closing_m, 0.0))


def _straight_land(job: TileJob, units: gpd.GeoDataFrame) -> Land:
    """Return the kabupaten's own landmasses, and patches of them under units elsewhere."""
    rule = job.scenario.land
    outlines = np.asarray(job.region.read_outlines().to_numpy(), dtype=object)
    own = Land(outlines, max(rule.shore_m - rule.closing_m, 0.0), job.neighbours[job.region.code])
    there = ~shapely.is_missing(units.geometry.to_numpy())
    return with_stubs(own, units.geometry.to_numpy()[there], units["landmass"].to_numpy()[there])


def _layers(
    job: TileJob, villages: gpd.GeoDataFrame, units: gpd.GeoDataFrame, roads: gpd.GeoDataFrame | None
) -> Layers:
    facilities = units.drop(columns=["regency", "landmass", ROW_HASH]).sort_index()
    return Layers(job.region.study_area(job.listed_kinds), villages, roads, facilities)


def _extent(
    job: TileJob, whole: gpd.GeoDataFrame, units: gpd.GeoDataFrame, roads: gpd.GeoDataFrame | None,
    own: pd.Index[str],
) -> Extent:  # fmt: skip
    """Return what lists and roads cover, judged over the whole kabupaten, for the tile's own villages."""
    # A neighbour's unit without a place is none of the kabupaten's.
    ours = units[(units["status"] != FacilityStatus.UNLOCATED) | (units["regency"] == job.region.code)]
    found = find_extent(_layers(job, whole, ours, roads), job.scenario)
    mine = whole.index.isin(own)
    columns = ["district_code", "geometry"]
    others = [r.read_villages()[columns].to_crs(job.region.crs) for r in job.doubted.values()]
    return replace(
        found, lists={k: v[mine] for k, v in found.lists.items()},
        roads=None if found.roads is None else found.roads[mine],
        around=gpd.GeoDataFrame(pd.concat([whole[columns], *others]), crs=job.region.crs),
    )  # fmt: skip


def _write(job: TileJob, gaps: Gaps, stage: Path) -> None:
    table = village_table(gaps)
    table.insert(0, "regency_name", job.region.name)
    table.insert(0, "island_group", job.tile.group)
    for kind, horizon_s in gaps_horizons(job).items():
        table[f"{kind}_horizon_minutes"] = horizon_s / 60.0
    geometry = gaps.layers.villages.geometry
    gpd.GeoDataFrame(table, geometry=geometry).to_crs(WGS84).to_parquet(stage / ANSWERS, compression="zstd")
    own = [
        c.facilities.assign(own_known=c.owners.own, nearest_known=c.owners.nearest, kind=k)
        for k, c in gaps.coverage.items() if c.listed
    ]  # fmt: skip
    empty = pd.DataFrame(columns=["people_nearest", "people_own", "villages_people_unknown", *KNOWN, "kind"])
    served = pd.concat([_serving(f) for f in own]) if own else empty
    served.to_parquet(stage / CATCHMENTS, compression="zstd")
    minutes = [_minutes(gaps, k, season) for k in gaps.coverage for season in gaps.seasons]
    pd.concat(minutes, ignore_index=True).to_parquet(stage / MINUTES, compression="zstd")


def _serving(facilities: pd.DataFrame) -> pd.DataFrame:
    """Return the units to which anybody of the tile belongs."""
    return facilities[(facilities["people_nearest"] != 0) | (facilities["villages_people_unknown"] > 0)]


def gaps_horizons(job: TileJob) -> dict[str, float]:
    """Return by kind the horizon of its times; none for straight lines, which are exact at any distance."""
    return {} if job.roads is None else horizons_s(job.scenario, job.listed_kinds)


def _minutes(gaps: Gaps, kind: str, season: Season) -> pd.DataFrame:
    """Return how many people have how many minutes: with it quantiles of any group of parts are exact.

    ``answer`` is what the columns of the village table begin with.
    """
    one, people = gaps.seasons[season][kind], gaps.demand["people"].to_numpy()
    rows = pd.DataFrame({
        "answer": kind if season == gaps.scenario.season else f"{kind}_{season}",
        "minutes": one.minutes, "reached": one.reached, "open": is_open(one.reason_code),
        "known": ~np.isnan(people), "people": np.nan_to_num(people),
    })  # fmt: skip
    keys = ["answer", "minutes", "reached", "open", "known"]
    return rows.groupby(keys, dropna=False, sort=True, as_index=False)["people"].sum()
