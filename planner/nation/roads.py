"""The country's roads, read once and cut into cells; a part reads the cells of its zone."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geodata.areafile import RoadsFile
from geodata.crs import WGS84, inside_indonesia
from geodata.errors import ConfigError, EmptyAreaError, InputError, SchemaError, UnreadableFileError
from geodata.files.moment import for_a_moment
from geodata.readers.files.opening import given_sha256, require_file, require_readable
from geodata.readers.files.packed import require_small_batches
from geodata.readers.files.vector import PARQUET_SUFFIXES, read_vector, to_wgs84
from geodata.readers.osm_form import is_osm, require_named_form
from geodata.readers.osm_roads import roads_from_ways
from geodata.readers.vector_roads import read_vector_roads
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.spelling import spelling_key
from planner.nation.lands import lonlat_bounds
from planner.nation.osm_cells import cut_osm, ways_near
from planner.nation.store import MANIFEST, finished, key_of, writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# A cell's side, in degrees, and how many rows of a GeoParquet are read at once.
CELL_DEGREES = 0.25
BATCH_ROWS = 200_000
# So many rows show what is wrong with all.
TRIED_ROWS = 200
NUMBER = "jangkau_row"
CELLS = "cells.json"


@dataclass(frozen=True)
class CutRoads:
    """Roads in cells.

    Attributes
    ----------
    folder
        With a GeoParquet file for each cell.
    cells
        By file name: the box around its lines (degrees), and how many pieces of road it has, about.
    osm
        Whether they are OpenStreetMap's ways, which meet where they share a node.
    notes
        What was odd about the file.
    """

    folder: str
    cells: dict[str, tuple[float, float, float, float, int]]
    osm: bool = False
    notes: tuple[str, ...] = ()

    def near(self, bounds: tuple[float, float, float, float]) -> list[str]:
        """Return the cells whose lines may touch a box (degrees)."""
        west, south, east, north = bounds
        return sorted(
            name for name, (w, s, e, n, _) in self.cells.items()
            if w <= east and e >= west and s <= north and n >= south
        )  # fmt: skip

    def rows(self, bounds: tuple[float, float, float, float]) -> int:
        """Return about how many rows lie in a box (degrees)."""
        return sum(self.cells[name][4] for name in self.near(bounds))


def roads_key(roads: CutRoads, bounds: tuple[float, float, float, float]) -> list[str]:
    """Return the hashes of the cells near a box: what an answer there depends on."""
    known = json.loads(Path(roads.folder, MANIFEST).read_text("utf-8"))["files"]
    return [known[name] for name in roads.near(bounds)]


def cut_roads(paths: Sequence[Path], folder: Path) -> CutRoads:
    """Cut files of roads, as one, into cells; what was cut before is taken as it is.

    Extracts of OpenStreetMap (``.osm.pbf``, ``.osm``) and GeoParquet files of lines are read in pieces, so
    that memory does not grow with them.

    Raises
    ------
    InputError
        It cannot be read.
    DiskError
    """
    graph = next((p.name for p in paths if p.name.lower().endswith(".graphml")), None)
    if graph is not None:
        msg = (
            f"roads: {graph}: nation takes an extract of OpenStreetMap (.osm.pbf) or road lines "
            "(GeoParquet, GPKG, SHP, GeoJSON). Give the extract of which the graph was made."
        )
        raise UnreadableFileError(msg)
    osm = {is_osm(path) for path in paths}
    if len(osm) > 1:
        msg = (
            "roads: extracts of OpenStreetMap and road lines do not meet, and give a road twice: "
            "give files of one sort."
        )
        raise ConfigError(msg)
    # In whatever order they are named.
    paths = sorted(paths)
    key = key_of(__name__, "roads", 4, osm.pop(), [given_sha256(p) if p.exists() else "" for p in paths])
    known = finished(folder, key)
    if known is None:
        for path in paths:
            require_file(path, "roads")
            # OpenStreetMap's are read packed, and only want their name; others are to be unpacked.
            require_named_form(path, "roads")
            require_readable(path, "roads")
        facts: dict[str, Any] = {"osm": is_osm(paths[0]), "notes": []}
        with writing(folder, key, facts) as stage:
            if is_osm(paths[0]):
                cut, facts["notes"] = cut_osm(paths, stage, CELL_DEGREES)
            else:
                cut = _cut(paths, stage)
            names = ", ".join(p.name for p in paths)
            if not cut:
                msg = f"roads: {names} has no road; leave --roads out, or give the right file."
                raise EmptyAreaError(msg)
            if not any(_is_at_home(box) for box in cut.values()):
                msg = (
                    f"roads: no road of {names} lies in Indonesia. Give the right file, or write its "
                    "coordinate system into it."
                )
                raise EmptyAreaError(msg)
            (stage / CELLS).write_text(json.dumps(cut), "utf-8")
        known = facts
    cells = json.loads((folder / CELLS).read_text("utf-8"))
    boxes = {name: tuple(box) for name, box in cells.items()}
    return CutRoads(str(folder), boxes, known["osm"], tuple(known["notes"]))


def _is_at_home(box: Sequence[float]) -> bool:
    """Return whether the middle of a cell's box lies in Indonesia."""
    west, south, east, north = box[:4]
    return bool(inside_indonesia(np.array([(west + east) / 2]), np.array([(south + north) / 2])).all())


def _batches(path: Path) -> Iterator[gpd.GeoDataFrame]:
    source = RoadsFile(path=path)
    if path.suffix.lower() not in PARQUET_SUFFIXES:
        yield read_vector(source, "roads")
        return
    require_small_batches(path, "roads", BATCH_ROWS)
    try:
        file = pq.ParquetFile(path)
        about = file.schema_arrow
        if b"geo" not in (about.metadata or {}):
            msg = f"roads: {path.name} is Parquet without a geometry; give GeoParquet, GPKG, SHP or GeoJSON."
            raise UnreadableFileError(msg)
        for batch in file.iter_batches(BATCH_ROWS):
            yield to_wgs84(_as_geo(batch, about), source, "roads")
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, InputError):
            raise
        msg = f"roads: {path.name} is damaged ({str(error).splitlines()[0]}). Fetch or export it again."
        raise UnreadableFileError(msg) from error


def _as_geo(batch: Any, schema: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - Arrow's types are not typed
    frame = batch.to_pandas()
    geo = json.loads((schema.metadata or {})[b"geo"])
    column = geo["primary_column"]
    crs = geo["columns"][column].get("crs", "OGC:CRS84")
    return gpd.GeoDataFrame(
        frame.drop(columns=column), geometry=shapely.from_wkb(frame[column].to_numpy()), crs=crs
    )


def _cut(paths: Sequence[Path], stage: Path) -> dict[str, list[float]]:
    """Write road lines by cells; their columns have to mean the same in all files."""
    said: dict[Path, frozenset[str]] = {}
    writers: dict[str, list[float]] = {}
    pieces: dict[str, int] = {}
    first = 0
    for file, frame in ((p, frame) for p in paths for frame in _batches(p)):
        if file not in said:
            _try_first(frame, file)
        said[file] = _meant(frame)
        _require_alike(said)
        rows = frame.assign(**{NUMBER: np.arange(first, first + len(frame))})
        first += len(frame)
        there = ~(shapely.is_missing(rows.geometry.to_numpy()) | shapely.is_empty(rows.geometry.to_numpy()))
        rows = rows[there]
        box = shapely.bounds(rows.geometry.to_numpy())
        cell = np.floor((box[:, :2] + box[:, 2:]) / 2 / CELL_DEGREES).astype(int)
        for (x, y), at in pd.DataFrame(cell).groupby([0, 1]).indices.items():
            number = pieces[f"{x}_{y}"] = pieces.get(f"{x}_{y}", -1) + 1
            name = f"{x}_{y}-{number}.parquet"
            rows.iloc[at].to_parquet(stage / name, compression="zstd")
            low, high = box[at][:, :2].min(axis=0), box[at][:, 2:].max(axis=0)
            writers[name] = [*low.tolist(), *high.tolist(), len(at)]
    return writers


def _try_first(frame: gpd.GeoDataFrame, file: Path) -> None:
    """Read the first rows of a file as a part will: what is wrong with all is told before the long work."""
    bounds = shapely.bounds(frame.geometry.to_numpy())
    lon, lat = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    # Of a file that holds more than the country, as a part reads it.
    inside = np.isfinite(lon)
    inside[inside] = inside_indonesia(lon[inside], lat[inside])
    rows = frame[inside].head(TRIED_ROWS)
    if rows.empty:
        return
    box = gpd.GeoSeries([shapely.box(*rows.total_bounds).buffer(1e-3)], crs=WGS84)
    metric = box.estimate_utm_crs()
    with suppress(EmptyAreaError):
        _read_lines(rows, box.to_crs(metric).iloc[0], str(metric), file.name)


def _read_lines(
    rows: gpd.GeoDataFrame, zone: shapely.Geometry, crs: str, name: str = "roads.parquet"
) -> gpd.GeoDataFrame:
    """Return the roads layer of some lines, read by the reader of files, which calls them by a name."""
    with for_a_moment("roads") as folder:
        file = folder / f"{Path(name).stem}.parquet"
        rows.to_parquet(file)
        return read_vector_roads(RoadsFile(path=file), zone, crs).frame


def _meant(frame: gpd.GeoDataFrame) -> frozenset[str]:
    """Return the columns of a file that a reader of roads knows."""
    known = {spelling_key(name) for names in layer_columns("roads").values() for name in names}
    return frozenset(str(c) for c in frame.columns if spelling_key(str(c)) in known)


def _require_alike(said: Mapping[Path, frozenset[str]]) -> None:
    """Raise SchemaError where files name classes, surfaces or directions by other columns."""
    first, *others = said
    for other in others:
        if said[other] != said[first]:
            columns = [", ".join(sorted(said[name])) or "none" for name in (first, other)]
            named = [p if first.name == other.name else p.name for p in (first, other)]
            msg = (
                f"roads: {named[0]} and {named[1]} tell of roads in other columns "
                f"({columns[0]}; {columns[1]}): call them the same, or join the files into one."
            )
            raise SchemaError(msg)


def no_roads(roads: CutRoads, crs: str) -> gpd.GeoDataFrame:
    """Return a roads layer without rows, with the columns that a zone with roads has.

    Parameters
    ----------
    roads
        The country's; at least one cell has a road.
    crs
        Metric, of the layer.
    """
    for west, south, east, north, _ in filter(_is_at_home, roads.cells.values()):
        box = gpd.GeoSeries([shapely.box(west, south, east, north).buffer(1e-4)], crs=WGS84)
        metric = box.estimate_utm_crs()
        found = read_roads_near(roads, box.to_crs(metric).iloc[0], str(metric))
        if found is not None:
            return found.iloc[:0].set_crs(crs, allow_override=True)
    msg = "roads: nothing in the files is a road for the reader; leave --roads out, or give the right files."
    raise EmptyAreaError(msg)


def read_roads_near(roads: CutRoads, zone: shapely.Geometry, crs: str) -> gpd.GeoDataFrame | None:
    """Return the roads layer of a zone, read as ``jangkau build`` reads the file; None without a road.

    Parameters
    ----------
    roads
        The country's.
    zone, crs
        The zone, and its metric CRS.
    """
    return RoadsNear(roads, zone, crs).read(zone)


class RoadsNear:
    """The roads of a wide zone, read from their cells once, for several layers within it.

    Parameters
    ----------
    roads
        The country's.
    zone, crs
        The wide zone, and its metric CRS.
    """

    def __init__(self, roads: CutRoads, zone: shapely.Geometry, crs: str) -> None:
        self._crs = crs
        bounds = lonlat_bounds(gpd.GeoSeries([zone], crs=crs))
        # A line's box may reach further than its cell's middle says; boxes are of the lines themselves.
        files = [Path(roads.folder, n) for n in roads.near(bounds)]
        self._ways = ways_near(files, bounds) if roads.osm else None
        self._lines = None if roads.osm or not files else _lines_of(files)

    def read(self, zone: shapely.Geometry) -> gpd.GeoDataFrame | None:
        """Return the roads layer of a zone within the wide one; None without a road."""
        with suppress(EmptyAreaError):
            if self._ways is not None:
                return roads_from_ways(self._ways, zone, self._crs, "roads").frame
            if self._lines is not None:
                return _read_lines(self._touching(self._lines, zone), zone, self._crs)
        return None

    def _touching(self, lines: gpd.GeoDataFrame, zone: shapely.Geometry) -> gpd.GeoDataFrame:
        west, south, east, north = lonlat_bounds(gpd.GeoSeries([zone], crs=self._crs))
        box = lines.geometry.bounds
        touches = (box["minx"] <= east) & (box["maxx"] >= west)
        return lines[touches & (box["miny"] <= north) & (box["maxy"] >= south)]


def _lines_of(files: Sequence[Path]) -> gpd.GeoDataFrame:
    """Return the road lines of some cells, in the order of the country's files."""
    # Read as GeoDataFrames, each file would have its CRS looked up anew: half of the time.
    table = pa.concat_tables([pq.read_table(file) for file in files], promote_options="default")
    rows = table.to_pandas().sort_values(NUMBER).drop(columns=NUMBER)
    return rows.set_geometry(gpd.GeoSeries.from_wkb(rows["geometry"], crs=WGS84))
