"""A study area's files and its AREA.yml from open sources, written as a whole or not at all."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import shapely

from geodata.areafile import BoundariesFile
from geodata.codes import check_regency_code, district_of
from geodata.crs import WGS84
from geodata.downloads.area_yml import area_yml
from geodata.downloads.catalogue import region_of, sources, tile_names
from geodata.downloads.osm_area import OsmPart, cut_osm, overpass_question
from geodata.downloads.osm_tables import health_facilities, settlements, water
from geodata.downloads.rasters import cut_rasters
from geodata.downloads.whole import missing_villages
from geodata.errors import DownloadError, EmptyAreaError, InputError
from geodata.files.csvtext import csv_text
from geodata.layers import Finding, Progress, no_progress
from geodata.readers.boundaries import read_boundaries
from geodata.readers.files.opening import file_sha256, require_file
from geodata.readers.osm_form import require_named_form
from geodata.readers.outlines_sql import read_outlines_sql
from geodata.readers.roads import study_zone
from geodata.workspace import Ours, replace_folder, require_replaceable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from geodata.downloads.catalogue import Source
    from geodata.downloads.client import Downloads
    from geodata.downloads.osm_area import Box
    from geodata.downloads.store import Kept

VILLAGES, OSM, FACILITIES, UNCLEAR = (
    "villages.geojson",
    "osm.osm.pbf",
    "facilities.csv",
    "facilities_unclear.csv",
)
SETTLEMENTS, WATER, PEOPLE, HEIGHTS = (
    "settlements.geojson",
    "water.geojson",
    "population.tif",
    "elevation.tif",
)
AREA_YML, RECORD = "AREA.yml", "sources.json"
FETCHED = Ours(
    RECORD, '"command": "fetch"',
    frozenset({AREA_YML, RECORD, VILLAGES, OSM, FACILITIES, UNCLEAR, SETTLEMENTS, WATER, PEOPLE, HEIGHTS}),
)  # fmt: skip


class Leave(StrEnum):
    """What can be left out."""

    ROADS = "roads"
    WATER = "water"
    SETTLEMENTS = "settlements"
    FACILITIES = "facilities"
    POPULATION = "population"
    ELEVATION = "elevation"
    DISTRICTS = "districts"


@dataclass(frozen=True)
class Wish:
    """What to fetch.

    Attributes
    ----------
    code
        Kemendagri code of a kabupaten or kota (``PP.KK``).
    without
        What to leave out.
    osm
        Where OpenStreetMap comes from: one question to an Overpass server, or the extract of a region.
    pbf
        An extract of one's own, in place of both.
    name
        The area's name; asked for where it is None.
    buffer_km
        How far outside the boundary roads and facilities still count.
    """

    code: str
    without: frozenset[Leave] = frozenset()
    osm: Literal["overpass", "extract"] = "overpass"
    pbf: Path | None = None
    name: str | None = None
    buffer_km: float = 10.0

    @property
    def parts(self) -> frozenset[OsmPart]:
        """What is wanted of OpenStreetMap."""
        return frozenset(p for p in OsmPart if p.value not in self.without)


@dataclass
class _Work:
    """What is known of an area while it is written."""

    wish: Wish
    downloads: Downloads
    stage: Path
    findings: list[Finding] = field(default_factory=list)
    # By the file that was written: the sources that it was made of.
    made_of: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # What came of each source, and what was asked for.
    came: dict[str, list[tuple[Kept, dict[str, str]]]] = field(default_factory=dict)

    def get(self, name: str, into: str, **fields: str) -> Kept:
        """Return a plain file of a source, and write down that a file of ours was made of it."""
        kept = self.downloads.get(sources()[name], fields)
        self.came.setdefault(name, []).append((kept, fields))
        self.note(into, sources()[name], kept)
        return kept

    def doubt(self, name: str) -> None:
        """Have what came of a source asked for anew the next time: a fault that is kept would never end."""
        for kept, fields in self.came.get(name, []):
            self.downloads.doubt(kept, sources()[name], fields)

    @contextmanager
    def reading(self, *names: str) -> Iterator[None]:
        """Doubt what came of sources where it cannot be read."""
        try:
            yield
        except InputError:
            for name in names:
                self.doubt(name)
            raise

    def note(self, into: str, source: Source, kept: Kept) -> None:
        """Write down that a file of ours was made of a download."""
        said = {k: getattr(source, k) for k in ("what", "page", "licence", "attribution", "rhythm")}
        known = {k: v for k, v in asdict(kept).items() if k not in {"path", "doubted"}}
        self.made_of.setdefault(into, []).append({**said, **known, "checksum": source.checksum.value})


@dataclass(frozen=True)
class Fetched:
    """What came of it.

    Attributes
    ----------
    area_file
        The AREA.yml that was written.
    name
        What the area is called.
    counts
        How many villages, facilities, …, by file.
    findings
        What was odd, or left out.
    """

    area_file: Path
    name: str
    counts: dict[str, int]
    findings: tuple[Finding, ...]


def fetch_area(wish: Wish, out: Path, downloads: Downloads, *, progress: Progress = no_progress) -> Fetched:
    """Write an area's files, AREA.yml and ``sources.json`` from open sources.

    Parameters
    ----------
    wish
        Which area, and what of it.
    out
        The folder to write: it comes as a whole, or stays as it was.
    downloads
        The client that asks for everything.
    progress
        Told the name of each step.

    Raises
    ------
    InputError
        No such code, a source that does not answer or gives something else, a folder that holds what others
        wrote or changed.
    """
    check_regency_code(wish.code)
    require_replaceable(out, FETCHED)
    with replace_folder(out, FETCHED) as stage:
        work = _Work(wish, downloads, stage)
        progress("boundaries")
        with work.reading("boundaries"):
            name, counts = _write_villages(work)
            zone, box = _zone(work)
        if wish.parts:
            progress("OpenStreetMap")
            counts |= _write_osm(work, zone)
        if Leave.POPULATION not in wish.without:
            progress("population")
            kept = work.get("population", PEOPLE)
            assert kept.path is not None
            with work.reading("population"):
                cut_rasters([kept.path], stage / PEOPLE, _bounds(work), what="population")
        if Leave.ELEVATION not in wish.without:
            progress("elevation")
            _write_heights(work, box)
        _write_record(work, name)
    return Fetched(out / AREA_YML, name, counts, tuple(work.findings))


def _write_villages(work: _Work) -> tuple[str, dict[str, int]]:
    """Write the villages; returns the area's name and how many there are."""
    code, province = work.wish.code, work.wish.code[:2]
    kept = work.get("boundaries", VILLAGES, province=province, code=code)
    assert kept.path is not None
    read = read_outlines_sql(kept.path, prefix=f"{code}.", named=kept.address)
    frame = read.frame[read.frame.geometry.notna()]
    if frame.empty:
        msg = f"boundaries: {kept.address} has no village of {code}. Check the code of the kabupaten/kota."
        raise EmptyAreaError(msg)
    work.findings += read.findings
    districts = None
    if Leave.DISTRICTS not in work.wish.without:
        districts = _level(work, "districts", province)
        named = dict(zip(districts["kode"], districts["nama"], strict=True))
        of_village = frame["kode"].map(district_of).map(named)
        nameless = sorted({district_of(c) for c in frame["kode"][of_village.isna()]})
        if nameless:
            work.findings.append(Finding(
                "info", "villages", "no_district_name", len(nameless), tuple(nameless[:5]),
                "kecamatan without a name in the source", "write their names into villages.geojson",
            ))  # fmt: skip
        frame = frame.assign(kecamatan=of_village.fillna(""))
    columns = [*frame.columns.drop("geometry"), "geometry"]
    _write_geojson(frame[columns], work.stage / VILLAGES)
    regencies = None if work.wish.name else _level(work, "regencies", province)
    missing = missing_villages(
        frame, _outline(regencies, districts), None if districts is None else list(districts["kode"])
    )
    work.findings += missing
    if any(finding.count for finding in missing):
        work.doubt("boundaries")
    if regencies is None:
        return str(work.wish.name), {VILLAGES: len(frame)}
    names = dict(zip(regencies["kode"], regencies["nama"], strict=True))
    return _full_name(names.get(code, ""), code), {VILLAGES: len(frame)}


def _outline(*levels: gpd.GeoDataFrame | None) -> shapely.Geometry | None:
    """Return the area's outline, of the first level that has all of its rows' outlines; None where none has.

    Of kecamatan that is all of them together.
    """
    for level in levels:
        if level is not None and len(level) and level.geometry.notna().all():
            return shapely.union_all(shapely.make_valid(level.geometry.to_numpy()))
    return None


def _level(work: _Work, source: str, province: str) -> gpd.GeoDataFrame:
    """Return codes, names and outlines of the area's kecamatan, or its own."""
    kept = work.get(source, VILLAGES if source == "districts" else AREA_YML, province=province)
    assert kept.path is not None
    with work.reading(source):
        return read_outlines_sql(kept.path, prefix=work.wish.code, named=kept.address).frame


def _full_name(name: str, code: str) -> str:
    """Return a kabupaten's or kota's name with what it is: numbers from 71 on are kota.

    Examples
    --------
    >>> _full_name("Bangka Tengah", "19.04"), _full_name("Kota Sabang", "11.72"), _full_name("", "19.04")
    ('Kabupaten Bangka Tengah', 'Kota Sabang', '19.04')
    """
    if not name:
        return code
    what = "Kota" if int(code[3:]) > 70 else "Kabupaten"
    return name if name.startswith(f"{what} ") else f"{what} {name}"


def _bounds(work: _Work) -> Box:
    west, south, east, north = gpd.read_file(work.stage / VILLAGES).total_bounds.tolist()
    return west, south, east, north


def _zone(work: _Work) -> tuple[shapely.Geometry, Box]:
    """Return the villages with their buffer, in degrees, and its box; read as the build will read them."""
    file = BoundariesFile(path=work.stage / VILLAGES, code="kode", name="nama")
    villages = read_boundaries(file, work.wish.code).frame
    zone = study_zone(villages, work.wish.buffer_km * 1000.0)
    lonlat = gpd.GeoSeries([zone], crs=villages.crs).to_crs(WGS84)
    west, south, east, north = lonlat.total_bounds.tolist()
    return lonlat.iloc[0], (west, south, east, north)


def _write_osm(work: _Work, zone: shapely.Geometry) -> dict[str, int]:
    """Write the cut of OpenStreetMap and the tables out of it; returns their lengths."""
    wish = work.wish
    west, south, east, north = zone.bounds
    box = (west, south, east, north)
    _osm_file(work, zone, box)
    path, counts = work.stage / OSM, {}
    of_osm: list[dict[str, Any]] = [{"file": OSM}]
    if OsmPart.FACILITIES in wish.parts:
        health = health_facilities(path, box)
        for name, table in ((FACILITIES, health.listed), (UNCLEAR, health.unclear)):
            (work.stage / name).write_text(csv_text(table, index=False), "utf-8")
            counts[name], work.made_of[name] = len(table), of_osm
        if len(health.unclear):
            work.findings.append(Finding(
                "warning", "facilities", "unclear_kind", len(health.unclear),
                tuple(health.unclear["id"][:5]),
                f"health facilities whose kind OpenStreetMap does not tell stand in {UNCLEAR}, in no list",
                "write their kind, and add the file to AREA.yml",
            ))  # fmt: skip
    for part, name, read in (
        (OsmPart.SETTLEMENTS, SETTLEMENTS, settlements), (OsmPart.WATER, WATER, water),
    ):  # fmt: skip
        if part in wish.parts:
            frame = read(path, box)
            _write_geojson(frame, work.stage / name)
            counts[name], work.made_of[name] = len(frame), of_osm
    return counts


def _osm_file(work: _Work, zone: shapely.Geometry, box: Box) -> None:
    """Write the area's part of OpenStreetMap, from where it is wanted from."""
    wish, out = work.wish, work.stage / OSM
    if wish.pbf is not None:
        require_file(wish.pbf, "--pbf")
        require_named_form(wish.pbf, "--pbf")
        work.findings += cut_osm(wish.pbf, out, box, wish.parts, what="--pbf")
        work.made_of[OSM] = [{
            "what": "OpenStreetMap", "source": "file", "address": wish.pbf.name, "licence": "ODbL 1.0",
            "attribution": "© OpenStreetMap contributors", "sha256": file_sha256(wish.pbf),
            "size_bytes": wish.pbf.stat().st_size,
        }]  # fmt: skip
    elif wish.osm == "extract":
        region = region_of(wish.code)
        if region is None:
            msg = f"no extract is known for province {wish.code[:2]}. Give one with --pbf FILE."
            raise DownloadError(msg)
        kept = work.get("extract", OSM, region=region)
        assert kept.path is not None
        with work.reading("extract"):
            work.findings += cut_osm(
                kept.path, out, box, wish.parts, what="extract", named=f"that of {region}"
            )
    else:
        source = sources()["overpass"]
        # Cut and cleaned before it is kept, so that the cache has nobody's telephone either.
        kept = work.downloads.get(
            source, question=overpass_question(zone, wish.parts),
            clean=lambda came, clean: cut_osm(
                came, clean, box, wish.parts, what="overpass", named=f"the answer about {wish.code}"
            ),
        )  # fmt: skip
        assert kept.path is not None
        out.write_bytes(kept.path.read_bytes())
        work.note(OSM, source, kept)


def _write_heights(work: _Work, box: Box) -> None:
    """Write the heights of the tiles that there are: none lies where there is only sea."""
    kept = [work.get("elevation", HEIGHTS, tile=tile) for tile in tile_names(*box)]
    files = [k.path for k in kept if k.path is not None]
    with work.reading("elevation"):
        cut_rasters(files, work.stage / HEIGHTS, box, what="elevation")


def _write_geojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    path.write_text(frame.to_json(drop_id=True, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


def _write_record(work: _Work, name: str) -> None:
    """Write AREA.yml, and which file is made of what."""
    listed = {p.name for p in work.stage.iterdir()}
    text = area_yml(
        work.wish.code, name, work.wish.buffer_km, _filled(work.stage, listed), work.wish.parts,
        districts=Leave.DISTRICTS not in work.wish.without,
    )  # fmt: skip
    (work.stage / AREA_YML).write_text(text, "utf-8")
    files = {
        p.name: {"sha256": file_sha256(p), "sources": work.made_of.get(p.name, [])}
        for p in sorted(work.stage.iterdir())
    }
    record = {
        "command": "fetch",
        "jangkau_version": version("jangkau"),
        "code": work.wish.code,
        "name": name,
        "buffer_km": work.wish.buffer_km,
        "without": sorted(work.wish.without),
        "files": files,
        "findings": [asdict(f) for f in work.findings],
    }
    (work.stage / RECORD).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _filled(stage: Path, names: Collection[str]) -> frozenset[str]:
    """Return the files that hold at least one row."""
    empty = {
        name for name, nothing in ((FACILITIES, 1), (UNCLEAR, 1))
        if name in names and len((stage / name).read_text("utf-8").splitlines()) == nothing
    }  # fmt: skip
    empty |= {
        name for name in (SETTLEMENTS, WATER)
        if name in names and not json.loads((stage / name).read_text("utf-8"))["features"]
    }  # fmt: skip
    return frozenset(names) - empty
