"""From AREA.yml to validated layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geodata.areafile import CoversFile
from geodata.crs import WGS84
from geodata.errors import ConfigError, SchemaError, first_five
from geodata.extent import ROADS, declared
from geodata.layers import Finding, Layers, Progress, SourceRecord, StudyArea, no_progress
from geodata.readers.areas import read_floods, read_water
from geodata.readers.boundaries import read_boundaries
from geodata.readers.facilities import read_facilities
from geodata.readers.files import source_record
from geodata.readers.hamlets import read_hamlets
from geodata.readers.population import read_population
from geodata.readers.roads import study_zone
from geodata.readers.working_areas import read_working_areas
from geodata.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from geodata.areafile import AreaFile, Covers, ElevationFile, FacilitiesFile, RoadsFile
    from geodata.readers.facilities import FacilityList

    RoadsAndFindings = tuple[gpd.GeoDataFrame, tuple[Finding, ...]]


# A facility list without the columns of these is still a facilities layer.
FACILITY_COLUMNS = (
    "kind", "name", "village_code", "declared_village", "parent_id", "functioning", "located_by",
    "status", "source",
)  # fmt: skip


def read_layers(area: AreaFile, *, cache: Path | None = None, progress: Progress = no_progress) -> Layers:
    """Read, check and combine all files of a study area (metric CRS throughout).

    Parameters
    ----------
    area
        A validated AREA.yml.
    cache
        Folder for downloads; needed for ``roads: {osm: overpass}``.
    progress
        Told the name of each step.

    Raises
    ------
    InputError
        With what to change.
    """
    progress("boundaries")
    villages, found = read_boundaries(area.boundaries, area.code)
    findings: list[Finding] = list(found)
    sources = [source_record("villages", area.boundaries)]
    if area.population is not None:
        progress("population")
        villages, found = read_population(area.population, villages)
        findings += found
        sources.append(source_record("population", area.population))
    validate("villages", villages)
    hamlets = None
    if area.hamlets is not None:
        progress("hamlets")
        hamlets, found = read_hamlets(area.hamlets, villages)
        validate("hamlets", hamlets)
        findings += found
        villages, found = _people_of_hamlets(villages, hamlets)
        findings += found
        sources.append(source_record("hamlets", area.hamlets))
    zone = study_zone(villages, area.buffer_km * 1000.0)
    progress("facilities")
    official = {} if area.official is None else dict(area.official.totals)
    facilities, lists, found = _facilities(area.facilities, villages, zone, official)
    # None at all is a list too.
    none = (k for k, total in official.items() if total == 0)
    listed = tuple(dict.fromkeys((*(k for kinds, _, _ in lists for k in kinds), *none)))
    findings += found
    sources += [source_record("facilities", f) for f in area.facilities]
    if area.working_areas is not None:
        villages, found = read_working_areas(area.working_areas, villages, facilities)
        findings += found
        sources.append(source_record("working_areas", area.working_areas))
    roads = _checked_roads(area, zone, str(villages.crs), cache, findings, sources, progress)
    said: list[tuple[Sequence[str], Covers | None, str]] = [*lists]
    if area.roads is not None:
        said.append(((ROADS,), area.roads.covers, ROADS))
    covered, words = declared(said, villages)
    if words:
        villages = villages.assign(covered=covered)
        villages = villages[[*villages.columns.drop("geometry"), "geometry"]]
    sources += _covers_records(area)
    validate("villages", villages)
    water, floods = _wet(area, zone, str(villages.crs), findings, sources, progress)
    study = StudyArea(
        code=area.code,
        name=area.name,
        crs=str(villages.crs),
        buffer_m=area.buffer_km * 1000.0,
        listed_kinds=listed,
        capital=area.capital,
        official=official,
        declared=words,
        official_source="" if area.official is None else area.official.source,
    )
    return Layers(study, villages, roads, facilities, hamlets, tuple(findings), tuple(sources), water, floods)


def _checked_roads(
    area: AreaFile,
    zone: shapely.Geometry,
    crs: str,
    cache: Path | None,
    findings: list[Finding],
    sources: list[SourceRecord],
    progress: Progress,
) -> gpd.GeoDataFrame | None:
    """Return the roads layer with its heights; findings and sources are added to their lists."""
    roads = None
    if area.roads is not None:
        progress("roads")
        roads, found = _roads(area.roads, zone, crs, cache)
        findings += found
        sources.append(_roads_record(area.roads))
    if area.elevation is not None:
        progress("elevation")
        roads, found = _heights(area.elevation, roads)
        findings += found
        sources.append(source_record("elevation", area.elevation))
    if roads is not None:
        validate("roads", roads)
    return roads


def _wet(
    area: AreaFile,
    zone: shapely.Geometry,
    crs: str,
    findings: list[Finding],
    sources: list[SourceRecord],
    progress: Progress,
) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Return the water and the floods layers; findings and sources are added to their lists."""
    water = floods = None
    if area.water is not None:
        progress("water")
        water, found = read_water(area.water, zone, crs)
        validate("water", water)
        findings += found
        sources.append(source_record("water", area.water))
    if area.floods is not None:
        progress("floods")
        floods, found = read_floods(area.floods, zone, crs)
        validate("floods", floods)
        findings += found
        sources.append(source_record("floods", area.floods))
    return water, floods


def _heights(
    source: ElevationFile, roads: gpd.GeoDataFrame | None
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    # Here, because importing rasterio takes a quarter of a second and few areas need it.
    from geodata.readers.elevation import add_heights

    if roads is None:
        msg = "elevation: heights are taken along roads, and no roads: are given. Add them, or leave it out."
        raise ConfigError(msg)
    return add_heights(roads, source.path, source.spacing_m, crs=source.crs)


def _people_of_hamlets(
    villages: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Fill unknown people of villages all of whose hamlets' people are known: their sum is a fact."""
    by_village = hamlets["people"].groupby(hamlets["village_code"])
    known = by_village.count() == by_village.size()
    total = by_village.sum().where(known).reindex(villages.index)
    filled = villages["people"].isna() & total.notna()
    if not filled.any():
        return villages, ()
    finding = Finding(
        "info", "villages", "people_from_hamlets", int(filled.sum()), tuple(villages.index[filled])[:5],
        "villages without a number of people of their own have the sum of their hamlets", "none needed",
    )  # fmt: skip
    return villages.assign(people=villages["people"].fillna(total)), (finding,)


def _facilities(
    files: tuple[FacilitiesFile, ...],
    villages: gpd.GeoDataFrame,
    zone: shapely.Geometry,
    official: Mapping[str, int],
) -> tuple[gpd.GeoDataFrame, list[tuple[tuple[str, ...], Covers | None, str]], tuple[Finding, ...]]:
    stems = [f.path.stem for f in files]
    lists = [
        # Ids made from row numbers must differ between files of one name.
        read_facilities(f, villages, prefix=stem if stems.count(stem) == 1 else f"{stem}-{i}")
        for i, (f, stem) in enumerate(zip(files, stems, strict=True), start=1)
    ]
    findings = [f for one in lists for f in one.findings]
    kinds = [_kinds_listed(file, one, official) for file, one in zip(files, lists, strict=True)]
    listed = [(k, f.covers, f"facilities ({f.path.name})") for k, f in zip(kinds, files, strict=True)]
    findings += _without_row(files, lists, {k for one in kinds for k in one})
    rows = [one.rows for one in lists if len(one.rows)]
    if rows:
        frame = gpd.GeoDataFrame(pd.concat(rows), crs=villages.crs)
    else:
        empty = {c: pd.Series(dtype="str") for c in FACILITY_COLUMNS}
        index = pd.Index([], name="facility_id", dtype="str")
        frame = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=villages.crs)).set_index(index)
    twice = frame.index[frame.index.duplicated()].unique()
    if len(twice):
        msg = (
            f"facilities: {len(twice)} ids occur more than once: {first_five(twice)}. Keep one row for "
            "each facility, or leave id: out and ids are made from the row numbers."
        )
        raise SchemaError(msg)
    placed = ~shapely.is_missing(frame.geometry.to_numpy())
    near = shapely.intersects(zone, frame.geometry.to_numpy())
    status = pd.Series("unlocated", index=frame.index, dtype="str")
    frame["status"] = status.mask(placed & near, "used").mask(placed & ~near, "outside_buffer")
    frame["geometry"] = frame.geometry
    frame = frame[
        [
            *FACILITY_COLUMNS,
            *(c for c in frame if c.startswith(("staff_", "open_days_", "capacity_"))),
            "geometry",
        ]
    ]
    frame = frame.sort_index()
    frame.index.name = "facility_id"
    validate("facilities", frame)
    return frame, listed, tuple(findings)


def _kinds_listed(file: FacilitiesFile, rows: FacilityList, official: Mapping[str, int]) -> tuple[str, ...]:
    """Return the kinds that a file lists; one that only stands in ``kind.values`` has no list."""
    there = set(rows.rows["kind"])
    sure = file.covers is not None or isinstance(file.kind, str)
    return tuple(k for k in rows.listed_kinds if k in there or sure or official.get(k) == 0)


def _without_row(
    files: Sequence[FacilitiesFile], lists: Sequence[FacilityList], listed: Collection[str]
) -> list[Finding]:
    """Return the findings about kinds that only stand in ``kind.values``, and that no file lists."""
    empty = [
        (f, [k for k in one.listed_kinds if k not in listed]) for f, one in zip(files, lists, strict=True)
    ]
    return [
        Finding(
            "warning", "facilities", "kind_without_row", len(kinds), tuple(kinds),
            f"{file.path.name}: kinds that only stand in kind.values, without a row: whether there are units "
            "is unknown",
            f"if there is none, say so: official: {{{kinds[0]}: 0}}, or covers: all with the list",
        )
        for file, kinds in empty
        if kinds
    ]  # fmt: skip


def _covers_records(area: AreaFile) -> list[SourceRecord]:
    """Return where the polygons of what lists and roads cover came from, each file once for a layer."""
    said = [("facilities", f.covers) for f in area.facilities]
    said += [] if area.roads is None else [("roads", area.roads.covers)]
    return list(dict.fromkeys(source_record(layer, c) for layer, c in said if isinstance(c, CoversFile)))


def _osm(source: RoadsFile, zone: shapely.Geometry, crs: str, cache: Path | None) -> RoadsAndFindings:
    from geodata.readers.osm import read_osm_roads

    del cache
    assert source.path is not None
    return read_osm_roads(source.path, zone, crs, join_same_place=source.join_same_place)


def _graphml(source: RoadsFile, zone: shapely.Geometry, crs: str, cache: Path | None) -> RoadsAndFindings:
    del cache
    from geodata.readers.graphml import read_graphml

    assert source.path is not None
    return read_graphml(source.path, zone, crs)


def _vector(source: RoadsFile, zone: shapely.Geometry, crs: str, cache: Path | None) -> RoadsAndFindings:
    del cache
    from geodata.readers.vector_roads import read_vector_roads

    return read_vector_roads(source, zone, crs)


def _overpass(source: RoadsFile, zone: shapely.Geometry, crs: str, cache: Path | None) -> RoadsAndFindings:
    from geodata.downloads.overpass import fetch_osm_ways
    from geodata.readers.osm import roads_from_ways

    if cache is None:
        msg = "roads: osm: overpass needs a folder to keep its downloads in (cache=…)"
        raise ConfigError(msg)
    lonlat = gpd.GeoSeries([shapely.simplify(zone, 100.0)], crs=crs).to_crs(WGS84).iloc[0]
    ways = fetch_osm_ways(lonlat, cache, url=source.url)
    return roads_from_ways(ways, zone, crs, source.file_name, join_same_place=source.join_same_place)


# Which reader serves which file ending; a new source is one more line.
ROAD_READERS: dict[str, Callable[[RoadsFile, shapely.Geometry, str, Path | None], RoadsAndFindings]] = {
    ".pbf": _osm,
    ".osm": _osm,
    ".osm.gz": _osm,
    ".osm.bz2": _osm,
    ".graphml": _graphml,
}


def _roads(source: RoadsFile, zone: shapely.Geometry, crs: str, cache: Path | None) -> RoadsAndFindings:
    if source.path is None:
        return _overpass(source, zone, crs, cache)
    name = source.path.name.lower()
    reader = next((r for end, r in ROAD_READERS.items() if name.endswith(end)), _vector)
    return reader(source, zone, crs, cache)


def _roads_record(source: RoadsFile) -> SourceRecord:
    if source.path is not None:
        return source_record("roads", source)
    return SourceRecord(
        layer="roads",
        file="Overpass",
        sha256="",
        source=source.source or "OpenStreetMap contributors, by Overpass",
        licence=source.licence or "ODbL 1.0",
    )
