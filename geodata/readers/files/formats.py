"""Which maps and rasters are read, by their ending, and how GDAL is kept to them.

GDAL itself looks into a file and takes whichever of its hundred drivers knows it. Some of them open other
files, databases or addresses that the file names: a file called ``desa.geojson`` could show the server's own
database. So a file is opened here alone: its ending says the format, its first bytes must fit, GDAL has no
driver but those of :data:`MAPS`, and what it asks of the network is answered with nothing.
"""

from __future__ import annotations

import ctypes
import mmap
import re
import sqlite3
import threading
import warnings
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.errors import UnreadableFileError, brief, first_five
from geodata.files import limits
from geodata.readers.files.members import waiting_beside

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import rasterio


class Format(NamedTuple):
    """A format of maps.

    Attributes
    ----------
    name
        As messages call it.
    drivers
        Those of GDAL that read it; none where it is not read by GDAL.
    begins
        What its first bytes match.
    """

    name: str
    drivers: tuple[str, ...]
    begins: re.Pattern[bytes]


_BEFORE_ROOT = rb"(?:\xef\xbb\xbf)?(?:\s++|<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>).)*+\?>)*+"
_DOCTYPE = re.compile(_BEFORE_ROOT + rb"<!DOCTYPE\b", re.DOTALL)
_OF_XML = ("KML", "GPX")


def _xml(root: bytes) -> re.Pattern[bytes]:
    """Return what XML with a root of this name begins with; it has no DOCTYPE, which may name other files."""
    return re.compile(_BEFORE_ROOT + rb"<(?:\w+:)?" + root + rb"[\s>/]", re.DOTALL)


_JSON = Format(
    "GeoJSON", ("GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON"),
    re.compile(rb"(?:\xef\xbb\xbf)?[\s\x1e]*+[{\[]"),
)  # fmt: skip
_KML = Format("KML", ("LIBKML", "KML"), _xml(b"kml"))
_SHAPE = Format("shapefile", ("ESRI Shapefile",), re.compile(rb"\x00\x00\x27\x0a"))
_PARQUET = Format("GeoParquet", (), re.compile(rb"PAR1"))
# Maps, by their ending. That of .gdb is a folder, which only a zip file holds.
MAPS = {
    ".geojson": _JSON,
    ".json": _JSON,
    ".geojsonl": _JSON,
    ".topojson": _JSON,
    ".js": _JSON,
    ".gpkg": Format("GPKG", ("GPKG",), re.compile(rb"SQLite format 3\x00")),
    ".shp": _SHAPE,
    ".parquet": _PARQUET,
    ".geoparquet": _PARQUET,
    ".kml": _KML,
    ".gpx": Format("GPX", ("GPX",), _xml(b"gpx")),
    ".fgb": Format("FlatGeobuf", ("FlatGeobuf",), re.compile(rb"fgb\x03fgb")),
    ".tab": Format("MapInfo table", ("MapInfo File",), re.compile(rb"!table\b", re.IGNORECASE)),
    ".mif": Format("MapInfo file", ("MapInfo File",), re.compile(rb"\s*+(version|charset)\b", re.IGNORECASE)),
    ".gdb": Format("file geodatabase", ("OpenFileGDB",), re.compile(rb"")),
}
# Rasters, by their ending, with GDAL's driver. A VRT (.vrt) names other files, and is none of them.
RASTERS = {
    ".tif": "GTiff",
    ".tiff": "GTiff",
    ".img": "HFA",
    ".asc": "AAIGrid",
    ".hgt": "SRTMHGT",
    ".bil": "EHdr",
    ".flt": "EHdr",
    ".nc": "netCDF",
}
# What our own programs write or hold in memory by the same GDAL; no file is read so.
_WRITTEN = ("MEM", "PMTiles")
# So many first bytes are looked at.
HEAD_BYTES = 65_536
# A CRS that stands elsewhere: GDAL would fetch it, and without it take degrees without a word.
_LINKED_CRS = re.compile(
    rb"""["'](?:c|\\u00[46]3)(?:r|\\u00[57]2)(?:s|\\u00[57]3)["']\s*:\s*\{[^{}]{0,500}?"""
    rb"""(?:["']properties["']\s*:\s*\{[^{}]{0,500}?)?(?:["'](?:link|url|href)["']|\\u)""",
    re.IGNORECASE,
)
# Tables of a MapInfo file that are made of others.
_OTHER_TABLES = re.compile(rb"create\s+view|isseamless|open\s+table", re.IGNORECASE)
_SAVE = "Save it as GeoJSON or GPKG."
# Virtual tables of SQLite run code; those of a spatial index are no more than that.
_SPATIAL_INDEX = re.compile(r"\busing\s+rtree\b", re.IGNORECASE)
# A file of all layers of a country's base map has 500; a table has some ten indexes and triggers.
PACKAGE_PARTS = 20_000
_GENERATED = (2, 3)

_kept: set[str] = set()
_keeping = threading.Lock()
# GDAL keeps only their addresses.
_answers: list[object] = []


def maps_read() -> str:
    """Return the endings of maps that are read, as a text.

    Examples
    --------
    >>> maps_read()[:22]
    '.geojson, .json, .geoj'
    """
    return ", ".join([*(ending for ending in MAPS if ending != ".gdb"), ".kmz", ".zip", ".shz"])


def require_map(path: Path, what: str, shown: str) -> None:
    """Raise UnreadableFileError for what is no map of a format that is read, or another than its ending says.

    Parameters
    ----------
    shown
        The file's name in messages.
    """
    _require_no_pipes(path, what)
    known = MAPS.get(path.suffix.lower())
    if known is None:
        kind = f"files ending in {path.suffix}" if path.suffix else "files without an ending"
        msg = f"{what}: {shown} is no map that can be read: {kind} are not. These are: {maps_read()}. {_SAVE}"
        raise UnreadableFileError(msg)
    if path.is_dir():
        return
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    _require_begins(head, known, what, shown)
    if known.name == "GPKG":
        _require_plain_tables(path, what, shown)
    elif known is _JSON:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
            _require_own_crs(text, what, shown)
    elif known.name == "MapInfo table" and _OTHER_TABLES.search(path.read_bytes()[:1_000_000]):
        msg = f"{what}: {shown} is made of other tables of MapInfo. Save it as one table, or as GPKG."
        raise UnreadableFileError(msg)


def _require_no_pipes(path: Path, what: str) -> None:
    """Raise UnreadableFileError where a part of a map or raster is a pipe or a device."""
    if names := waiting_beside(path):
        msg = f"{what}: {first_five(names)} beside {path.name} is a pipe or device, no file. Move it away."
        raise UnreadableFileError(msg)


def require_json(text: bytes, what: str, shown: str) -> None:
    """Raise UnreadableFileError for a text that is no GeoJSON by its first bytes."""
    _require_begins(text[:HEAD_BYTES], _JSON, what, shown)
    _require_own_crs(text, what, shown)


def _require_begins(head: bytes, known: Format, what: str, shown: str) -> None:
    if known.begins.match(head) is None:
        typed = known.name in _OF_XML and _DOCTYPE.match(head)
        why = "it has a DOCTYPE, which may name other files" if typed else f"it is no {known.name} inside"
        msg = f"{what}: {shown} cannot be read as a vector file: {why}. {_SAVE if head else 'It is empty.'}"
        raise UnreadableFileError(msg)


def _require_own_crs(text: bytes | mmap.mmap, what: str, shown: str) -> None:
    if _LINKED_CRS.search(text) is not None:
        msg = (
            f"{what}: {shown} names an address in place of its coordinate reference system (crs). "
            "Save it again as GeoJSON in WGS 84."
        )
        raise UnreadableFileError(msg)


def _require_plain_tables(path: Path, what: str, shown: str) -> None:
    """Raise UnreadableFileError for a GPKG that would compute what it shows: that may never end.

    Views, virtual tables and generated columns are SQL of its sender, and run when they are read.
    """
    # A package that was open elsewhere has its last changes in a second file.
    beside = path.with_name(f"{path.name}-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'' if beside else '&immutable=1'}"
    computed = []
    try:
        with closing(sqlite3.connect(uri, uri=True)) as package:
            parts = package.execute("SELECT type, name, sql FROM sqlite_master").fetchmany(PACKAGE_PARTS + 1)
            for kind, name, sql in parts:
                if kind == "table" and str(sql).lstrip()[:14].upper() == "CREATE VIRTUAL":
                    computed += [] if _SPATIAL_INDEX.search(sql) else [name]
                elif kind == "view":
                    computed.append(name)
                elif kind == "table":
                    columns = package.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,))
                    computed += [name] if any(hidden in _GENERATED for (hidden,) in columns) else []
    except (sqlite3.Error, UnicodeError) as error:
        msg = f"{what}: {shown} cannot be read as a vector file: {brief(error)}. {_SAVE}"
        raise UnreadableFileError(msg) from error
    if len(parts) > PACKAGE_PARTS:
        msg = f"{what}: {shown} has more than {PACKAGE_PARTS:,} tables and indexes. Save one layer as GPKG."
        raise UnreadableFileError(msg)
    if "gpkg_contents" not in {str(name).lower() for _, name, _ in parts}:
        msg = f"{what}: {shown} cannot be read as a vector file: it is no GPKG inside. {_SAVE}"
        raise UnreadableFileError(msg)
    if computed:
        msg = (
            f"{what}: {shown} has tables that are computed (views): {first_five(computed)}. "
            "Save the layer that is meant as a GPKG of its own."
        )
        raise UnreadableFileError(msg)


def read_map(given: Path | bytes, layer: str | None) -> gpd.GeoDataFrame:
    """Return what GDAL reads in a file of :func:`require_map`, or in GeoJSON as bytes."""
    import geopandas as gpd

    _keep_to_maps()
    options: dict[str, Any] = {} if layer is None else {"layer": layer}
    return gpd.read_file(given, engine="pyogrio", **options)


def map_layers(given: Path | bytes) -> list[str]:
    """Return the layers with shapes in a file of :func:`require_map`."""
    import pyogrio

    _keep_to_maps()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # quirks of a file; what matters is told when it is read
        listed = pyogrio.list_layers(given)
    return [str(name) for name, kind in listed if kind is not None]


def require_small_table(given: Path | bytes, layer: str | None, what: str, shown: str) -> None:
    """Raise SchemaError for a map of more columns or cells than any has, before its table is made."""
    import pyogrio

    _keep_to_maps()
    options: dict[str, Any] = {} if layer is None else {"layer": layer}
    about = pyogrio.read_info(given, **options)
    columns = len(about["fields"]) + 1
    limits.require_cells(columns, columns * max(int(about["features"]), 0), what, shown)


def open_raster(path: Path, what: str) -> rasterio.DatasetReader:
    """Return an open raster of a format that is read, by the driver of its ending.

    Raises
    ------
    UnreadableFileError
        Its ending is none of RASTERS.
    rasterio.errors.RasterioError
        It is another thing inside.
    """
    import rasterio

    _require_no_pipes(path, what)
    driver = RASTERS.get(path.suffix.lower())
    if driver is None:
        msg = (
            f"{what}: {path.name} cannot be read as a raster: its ending is none of {', '.join(RASTERS)}. "
            "Save it as a GeoTIFF (gdal_translate), and name that."
        )
        raise UnreadableFileError(msg)
    with _keeping:
        if "rasters" not in _kept:
            from rasterio import _env

            _without_network(_env.__file__)
            _kept.add("rasters")
    with rasterio.Env(CPL_VSIL_CURL_ALLOWED_FILENAME="none"):
        # Overviews may lie in other files, which the raster names: its own cells alone are read.
        return rasterio.open(path, driver=driver, OVERVIEW_LEVEL="NONE")


def _keep_to_maps() -> None:
    """Take from pyogrio's GDAL, once, every driver that no format of MAPS needs, and the network.

    Raises
    ------
    RuntimeError
        Another version of pyogrio, which does not let itself be told.
    """
    import pyogrio
    from pyogrio import _ogr

    with _keeping:
        if "maps" in _kept:
            return
        wanted = {driver for known in MAPS.values() for driver in known.drivers} | set(_WRITTEN)
        others = [driver for driver in pyogrio.list_drivers() if driver not in wanted]
        pyogrio.set_gdal_config_options({
            "OGR_SKIP": ",".join(others), "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
        })  # fmt: skip
        # Only here GDAL looks which to skip.
        _ogr._register_drivers()  # noqa: SLF001 - pyogrio has no other way to give up a driver
        left = sorted(set(pyogrio.list_drivers()) - wanted)
        if left:
            msg = f"GDAL still reads {', '.join(left)}; install the packages of requirements.lock"
            raise RuntimeError(msg)
        _without_network(_ogr.__file__)
        _kept.add("maps")


class _Result(ctypes.Structure):
    """How GDAL holds what the network answered: what went wrong, and nothing else."""

    _fields_ = (
        ("status", ctypes.c_int),
        ("content_type", ctypes.c_void_p),
        ("error", ctypes.c_void_p),
        ("others", ctypes.c_void_p * 32),
    )


# Of an URL, options, progress and its data, a writer and its data, and data of ours.
_ANSWER = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p, *[ctypes.c_void_p] * 6)


def _without_network(module: str) -> None:
    """Answer all that the GDAL of a compiled module asks of the network with an error."""
    try:
        gdal = ctypes.CDLL(module)
        given, text, answered = gdal.VSICalloc, gdal.CPLStrdup, gdal.CPLHTTPSetFetchCallback
    except (OSError, AttributeError):
        # Where symbols of other libraries are not seen (Windows), the checks of first bytes have to do.
        return
    given.restype = text.restype = ctypes.c_void_p
    given.argtypes, text.argtypes = [ctypes.c_size_t] * 2, [ctypes.c_char_p]

    def refused(*_: object) -> int:
        # GDAL frees it, so it is of its own memory; given nothing, it would ask the network after all.
        at = int(given(1, ctypes.sizeof(_Result)))
        result = _Result.from_address(at)
        result.status, result.error = 1, text(b"a file asks nothing of the network")
        return at

    answer = _ANSWER(refused)
    _answers.append(answer)
    answered.argtypes = [_ANSWER, ctypes.c_void_p]
    answered(answer, None)
