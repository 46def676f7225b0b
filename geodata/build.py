"""From AREA.yml to validated layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import shapely

from geodata.areafile import CoversFile, list_names
from geodata.crs import WGS84
from geodata.errors import ConfigError
from geodata.extent import ROADS, declared
from geodata.layers import Finding, Layers, Progress, SourceRecord, StudyArea, no_progress
from geodata.readers.areas import read_floods, read_water
from geodata.readers.boundaries import read_boundaries
from geodata.readers.facilities.layer import facilities_layer, kinds_listed
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.files.opening import source_record
from geodata.readers.hamlets import people_of_hamlets, read_hamlets
from geodata.readers.neighbours import read_neighbours, read_others
from geodata.readers.osm_form import require_named_form
from geodata.readers.place_fixes import Fix
from geodata.readers.population import read_population, with_column_of_boundaries
from geodata.readers.register import Register, read_registers
from geodata.readers.relief import read_relief
from geodata.readers.result import ReadLayer
from geodata.readers.roads import study_zone
from geodata.readers.working_areas import read_working_areas
from geodata.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from geodata.areafile import (
        AreaFile,
        Covers,
        ElevationFile,
        FacilitiesFile,
        PopulationFile,
        RoadsFile,
    )


def read_layers(
    area: AreaFile, *, cache: Path | None = None, fix: Fix = Fix.SAFE, progress: Progress = no_progress
) -> Layers:
    """Read, check and combine all files of a study area (metric CRS throughout).

    Parameters
    ----------
    area
        A validated AREA.yml.
    cache
        Folder for downloads; needed for ``roads: {osm: overpass}``.
    fix
        Which proposals for spoiled coordinates are taken over.
    progress
        Told the name of each step.

    Raises
    ------
    InputError
        With what to change.
    """
    people = _people(area, progress)
    zone = study_zone(people.villages, area.buffer_km * 1000.0)
    crs = str(people.villages.crs)
    progress("facilities")
    units = _facilities(area, people.villages, zone, fix)
    working = _working_areas(area, people.villages, units.frame)
    roads = _roads(area, Around(zone, crs, people.villages.geometry.to_numpy(), cache), progress)
    villages, declared_words = _with_covers(area, working.frame, units)
    water, floods = _wet(area, zone, crs, progress)
    around = _neighbours(area, people, zone)
    also = (r for r in (water, floods, around) if r is not None)
    reads = [*people.reads, *units.reads, working, *roads, *also]
    covers = [*_covers_records(area), *(source_record("codes", c) for c in area.codes)]
    sources = [r.source for r in reads if r.source is not None]
    study = StudyArea(
        code=area.code,
        name=area.name,
        crs=crs,
        buffer_m=area.buffer_km * 1000.0,
        listed_kinds=units.listed_kinds,
        capital=area.capital,
        official=units.official,
        declared=declared_words,
        official_source="" if area.official is None else area.official.source,
        fix=fix.value,
    )
    return Layers(
        study,
        villages,
        roads[-1].frame if roads else None,
        units.frame,
        people.hamlets,
        tuple(f for r in reads for f in r.findings),
        (*sources, *covers),
        None if water is None else water.frame,
        None if floods is None else floods.frame,
        people.points,
        None if around is None else around.frame,
        None if area.elevation is None else _relief(area.elevation, people.villages),
    )


def _neighbours(area: AreaFile, people: _People, zone: shapely.Geometry) -> ReadLayer | None:
    """Return what lies around: a file of its own, else the other kabupaten of the boundary file."""
    regency = (area.code, area.name)
    if area.neighbours is not None:
        around = read_neighbours(area.neighbours, people.villages, zone, regency)
    elif any(f.rule == "other_regency" for f in people.reads[0].findings):
        around = read_others(area.boundaries, people.villages, zone, regency)
    else:
        return None
    validate("neighbours", around.frame)
    return around


def _relief(source: ElevationFile, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    relief = read_relief(source.path, villages, crs=source.crs)
    validate("relief", relief)
    return relief if len(relief) else None


class _People(NamedTuple):
    """Villages with their people, hamlets, a raster's places, and what was read for them."""

    villages: gpd.GeoDataFrame
    hamlets: gpd.GeoDataFrame | None
    points: gpd.GeoDataFrame | None
    reads: list[ReadLayer]


def _people(area: AreaFile, progress: Progress) -> _People:
    progress("boundaries")
    register = read_registers(area.codes, area.code) if area.codes else None
    reads = [read_boundaries(area.boundaries, area.code, regency=area.name, register=register)]
    points = None
    if area.population is not None:
        progress("population")
        counted_, points = _population(area, area.population, reads[0].frame, register)
        reads += counted_
    villages = reads[-1].frame
    validate("villages", villages)
    if points is not None:
        validate("people_points", points)
    if area.hamlets is None:
        return _People(villages, None, points, reads)
    progress("hamlets")
    hamlets = read_hamlets(area.hamlets, villages)
    validate("hamlets", hamlets.frame)
    summed = people_of_hamlets(villages, hamlets.frame)
    return _People(summed.frame, hamlets.frame, points, [*reads, hamlets, summed])


def _population(
    area: AreaFile, source: PopulationFile, villages: gpd.GeoDataFrame, register: Register | None
) -> tuple[list[ReadLayer], gpd.GeoDataFrame | None]:
    """Return the villages with their people, step by step, and where a raster says that they live."""
    reads = []
    if source.path is not None:
        # Its name, as the last of the lists, tells it from lists that are sheets of one file with it.
        table = read_population(
            source, villages, register=register, name=list_names(area.lists)[-1], regency=area.name
        )
        reads += [table, with_column_of_boundaries(table.frame, villages["people"], area.boundaries)]
    if source.raster is None:
        return reads, None
    # Here, because importing rasterio takes a quarter of a second and few areas need it.
    from geodata.readers.people_doubts import difference_findings, places_findings, raster_findings
    from geodata.readers.people_raster import people_points, read_people_raster

    villages = reads[-1].frame if reads else villages
    found = read_people_raster(source.raster, villages)
    findings = raster_findings(found, source.raster)
    if source.path is not None or area.boundaries.people is not None:
        findings += difference_findings(found)
    else:
        villages = villages.assign(people=found.people)
    points = None
    if source.by_raster:
        points, cells_a_side = people_points(found)
        findings += places_findings(found, villages, cells_a_side)
    return [*reads, ReadLayer(villages, findings, source_record("population", source.raster))], points


def _working_areas(area: AreaFile, villages: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> ReadLayer:
    """Return the villages, each with its puskesmas where a table says so."""
    if area.working_areas is None:
        return ReadLayer(villages)
    return read_working_areas(area.working_areas, villages, facilities)


def _with_covers(
    area: AreaFile, villages: gpd.GeoDataFrame, units: _Facilities
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return the villages with what each is covered by, and the words that ``covers:`` speaks of."""
    said = list(units.covers)
    if area.roads is not None:
        said.append(((ROADS,), area.roads.covers, ROADS))
    covered, words = declared(said, villages)
    if words:
        villages = villages.assign(covered=covered)
        villages = villages[[*villages.columns.drop("geometry"), "geometry"]]
    validate("villages", villages)
    return villages, words


class Around(NamedTuple):
    """Where roads are wanted, and a folder for downloads.

    Attributes
    ----------
    zone
        The area with its buffer.
    crs
        The metric CRS of zone and outlines.
    outlines
        object ``(villages,)``, their polygons.
    cache
        Where downloads are kept.
    """

    zone: shapely.Geometry
    crs: str
    outlines: NDArray[np.object_]
    cache: Path | None


def _roads(area: AreaFile, around: Around, progress: Progress) -> list[ReadLayer]:
    """Return what was read of the roads: the roads, then the same with heights; nothing without a file."""
    reads = []
    if area.roads is not None:
        progress("roads")
        reads.append(_road_file(area.roads, around))
    if area.elevation is not None:
        progress("elevation")
        reads.append(_heights(area.elevation, reads[-1].frame if reads else None))
    if reads:
        validate("roads", reads[-1].frame)
    return reads


def _wet(
    area: AreaFile, zone: shapely.Geometry, crs: str, progress: Progress
) -> tuple[ReadLayer | None, ReadLayer | None]:
    """Return the water and the floods."""
    water = floods = None
    if area.water is not None:
        progress("water")
        water = read_water(area.water, zone, crs)
        validate("water", water.frame)
    if area.floods is not None:
        progress("floods")
        floods = read_floods(area.floods, zone, crs)
        validate("floods", floods.frame)
    return water, floods


def _heights(source: ElevationFile, roads: gpd.GeoDataFrame | None) -> ReadLayer:
    # Here, because importing rasterio takes a quarter of a second and few areas need it.
    from geodata.readers.elevation import add_heights

    if roads is None:
        msg = "elevation: heights are taken along roads, and no roads: are given. Add them, or leave it out."
        raise ConfigError(msg)
    read = add_heights(roads, source.path, source.spacing_m, crs=source.crs)
    return read._replace(source=source_record("elevation", source))


class _Facilities(NamedTuple):
    """All lists of facilities as one layer, and what they say of themselves."""

    frame: gpd.GeoDataFrame
    listed_kinds: tuple[str, ...]
    official: Mapping[str, int]
    covers: list[tuple[Sequence[str], Covers | None, str]]
    reads: list[ReadLayer]


def _facilities(area: AreaFile, villages: gpd.GeoDataFrame, zone: shapely.Geometry, fix: Fix) -> _Facilities:
    files, official = area.facilities, {} if area.official is None else dict(area.official.totals)
    stems, names = [f.path.stem for f in files], list_names(area.lists)[: len(files)]
    lists = [
        # Ids made from row numbers must differ between files of one name.
        read_facilities(
            f,
            villages,
            prefix=stem if stems.count(stem) == 1 else f"{stem}-{i}",
            name=name,
            zone=zone,
            regency=area.name,
            fix=fix,
        )
        for i, (f, stem, name) in enumerate(zip(files, stems, names, strict=True), start=1)
    ]
    frame = facilities_layer(lists, villages.crs, zone)
    kinds = [kinds_listed(file, one, official) for file, one in zip(files, lists, strict=True)]
    listed = {k for one in kinds for k in one}
    # None at all is a list too.
    none = (k for k, total in official.items() if total == 0)
    return _Facilities(
        frame,
        tuple(dict.fromkeys((*(k for one in kinds for k in one), *none))),
        official,
        [(k, f.covers, f"facilities ({f.path.name})") for k, f in zip(kinds, files, strict=True)],
        [*lists, ReadLayer(frame, tuple(_without_row(files, lists, listed)))],
    )


def _without_row(
    files: Sequence[FacilitiesFile], lists: Sequence[ReadLayer], listed: Collection[str]
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


def _osm(source: RoadsFile, around: Around) -> ReadLayer:
    from geodata.readers.osm_roads import read_osm_roads

    assert source.path is not None
    return read_osm_roads(source.path, around.zone, around.crs, join_same_place=source.join_same_place)


def _graphml(source: RoadsFile, around: Around) -> ReadLayer:
    from geodata.readers.graphml import read_graphml

    assert source.path is not None
    return read_graphml(source.path, around.zone, around.crs)


def _vector(source: RoadsFile, around: Around) -> ReadLayer:
    from geodata.readers.vector_roads import read_vector_roads

    return read_vector_roads(source, around.zone, around.crs, around.outlines)


def _overpass(source: RoadsFile, around: Around) -> ReadLayer:
    from geodata.downloads.overpass import fetch_osm_ways
    from geodata.readers.osm_roads import roads_from_ways

    zone, crs = around.zone, around.crs
    if around.cache is None:
        msg = "roads: osm: overpass needs a folder to keep its downloads in (cache=…)"
        raise ConfigError(msg)
    lonlat = gpd.GeoSeries([shapely.simplify(zone, 100.0)], crs=crs).to_crs(WGS84).iloc[0]
    ways = fetch_osm_ways(lonlat, around.cache, url=source.url)
    return roads_from_ways(ways, zone, crs, source.file_name, join_same_place=source.join_same_place)


# Which reader serves which file ending; a new source is one more line.
ROAD_READERS: dict[str, Callable[[RoadsFile, Around], ReadLayer]] = {
    ".pbf": _osm,
    ".osm": _osm,
    ".osm.gz": _osm,
    ".osm.bz2": _osm,
    ".o5m": _osm,
    ".graphml": _graphml,
}


def _road_file(source: RoadsFile, around: Around) -> ReadLayer:
    name = "" if source.path is None else source.path.name.lower()
    given = next((r for end, r in ROAD_READERS.items() if name.endswith(end)), _vector)
    if source.path is not None:
        require_named_form(source.path, "roads")
    reader = _overpass if source.path is None else given
    return reader(source, around)._replace(source=_roads_record(source))


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
