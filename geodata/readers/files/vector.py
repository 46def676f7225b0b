"""Opens maps of the formats that are read (``formats.MAPS``), also in zip files."""

from __future__ import annotations

import json
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import shapely

from geodata.crs import WGS84, inside_indonesia
from geodata.errors import (
    InputError,
    MissingCrsError,
    SchemaError,
    SeveralInsideError,
    UnreadableFileError,
    first_five,
)
from geodata.files import limits
from geodata.readers.files import formats
from geodata.readers.files.described import with_described
from geodata.readers.files.opening import require_readable
from geodata.readers.files.packed import require_small_parquet
from geodata.readers.files.zipped import ZIPPED_MAPS, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geodata.areafile import FileSource

PARQUET_SUFFIXES = (".parquet", ".geoparquet")
JSON_SUFFIXES = (".geojson", ".json", ".js")
# Maps of these kinds may have several layers.
SEVERAL_LAYERS = (".gpkg", ".kml", *ZIPPED_MAPS)
LARGEST_DEGREES = 360.0
# So great a share of the shapes tells in what a map is.
EVIDENT = 0.9
# What GDAL says of content that none of its formats knows.
_NO_FORMAT = "not recognized as being in a supported file format"
# How a script of qgis2web begins.
_SCRIPT = re.compile(r"^(?:\s|//[^\n]*\n)*(?:var|let|const)?\s*[\w.]+\s*=\s*")


class Features(NamedTuple):
    """A vector file's shapes.

    Attributes
    ----------
    frame
        EPSG:4326.
    texts
        Of GeoJSON whose points are written as text, which GDAL drops: ``[longitude, latitude]`` by row, None
        where there is none; None for all other files.
    """

    frame: gpd.GeoDataFrame
    texts: list[list[object] | None] | None = None


def read_features(source: FileSource, what: str) -> Features:
    """Read a vector file, and the points of a GeoJSON that are written as text; see :func:`read_vector`."""
    frame = read_vector(source, what)
    if source.path.suffix.lower() not in JSON_SUFFIXES or not frame.geometry.isna().any():
        return Features(frame)
    features = _json_features(_json_text(source.path, what))
    if len(features) != len(frame):
        return Features(frame)
    return Features(frame, [_coordinates(feature) for feature in features])


def _json_features(text: str) -> list[dict[str, Any]]:
    """Return the features that GDAL makes rows of, in its order; none where the text is no one JSON value."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return []  # GDAL also reads a feature a line, which has no points as text
    several = given.get("features") if isinstance(given, dict) else None
    rows = several if isinstance(several, list) else [given]
    return [row for row in rows if isinstance(row, dict) and row.get("type") == "Feature"]


def _coordinates(feature: dict[str, Any]) -> list[object] | None:
    """Return a point's longitude and latitude as the file writes them, None for other shapes and none."""
    shape = feature.get("geometry")
    if not isinstance(shape, dict) or shape.get("type") != "Point":
        return None
    given = shape.get("coordinates")
    if not isinstance(given, list) or len(given) < 2 or any(v is None for v in given[:2]):
        return None
    return given[:2]


def _json_text(path: Path, what: str) -> str:
    """Return a GeoJSON's text: of a qgis2web script what stands behind ``var name =``."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{what}: {path.name} is not text in UTF-8. Save it again as GeoJSON."
        raise UnreadableFileError(msg) from error
    return _SCRIPT.sub("", text, count=1).rstrip().rstrip(";") if path.suffix.lower() == ".js" else text


def read_vector(source: FileSource, what: str) -> gpd.GeoDataFrame:
    """Read a map of a format of ``formats.MAPS``, also in a zip file, into EPSG:4326.

    Raises
    ------
    MissingFileError, UnreadableFileError, MissingCrsError
        With the file's name and what to do.
    """
    path = source.path
    require_readable(path, what)
    limits.require_small(path, what, limits.VECTOR_BYTES)
    with _placed(path, what) as given:
        if source.layer is None and path.suffix.lower() in SEVERAL_LAYERS:
            _only_layer(path, given, what)
        frame = _read(given, source, what)
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = (
            f"{what}: {path.name} has no geometry. Give a GeoJSON, GPKG, SHP or GeoParquet file that has one."
        )
        raise UnreadableFileError(msg)
    if path.suffix.lower() in (".kml", ".kmz"):
        frame = with_described(frame)
    limits.require_cells(len(frame.columns), frame.size, what, path.name)
    _require_points(frame, path, what)
    return to_wgs84(frame, source, what)


@contextmanager
def _placed(path: Path, what: str) -> Iterator[Path | bytes]:
    """Give what is read of a file that is what its ending says: itself, the map in it, or its text.

    Raises
    ------
    UnreadableFileError
    """
    ending = path.suffix.lower()
    if ending == ".js":
        text = _json_text(path, what).encode()
        formats.require_json(text, what, path.name)
        yield text
    elif ending in ZIPPED_MAPS:
        with unpacked(path, what) as inside:
            formats.require_map(inside, what, f"{inside.name} in {path.name}")
            yield inside
    else:
        formats.require_map(path, what, path.name)
        yield path


def _read(given: Path | bytes, source: FileSource, what: str) -> gpd.GeoDataFrame:
    path = source.path
    packed = path.suffix.lower() in PARQUET_SUFFIXES
    if packed:
        require_small_parquet(path, what)
    try:
        with warnings.catch_warnings():
            # GDAL reports quirks of a file as Python warnings; what matters is checked by us.
            warnings.simplefilter("ignore")
            if packed:
                return gpd.read_parquet(path)
            formats.require_small_table(given, source.layer, what, path.name)
            return formats.read_map(given, source.layer)
    except InputError:
        raise
    except Exception as error:
        # Where it lies on this machine means nothing to who gave it.
        there = path if isinstance(given, bytes) else given
        said = str(error).replace(f"{path.parent}/", "").replace(f"{there.parent}/", "")
        # What GDAL advises to programmers helps nobody here.
        nothing = "it is damaged, or of another format than its name says. Save it anew as GeoJSON or GPKG"
        reason = nothing if _NO_FORMAT in said else " ".join(said.split())[:300]
        if isinstance(error, IndexError):
            # Of pyogrio, where a KML or the like has no layer.
            reason = "it holds no places and no shapes. Save the layer that is meant anew as GeoJSON or GPKG"
        msg = f"{what}: {path.name} cannot be read as a vector file: {reason}"
        raise UnreadableFileError(msg) from error


def _require_points(frame: gpd.GeoDataFrame, path: Path, what: str) -> None:
    """Raise SchemaError for shapes with more points than any map of a village or road needs."""
    parts, row = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    points = shapely.get_num_coordinates(parts)
    # Of one part: a class of roads in one row, or an archipelago, is many parts and no great shape.
    large = dict.fromkeys(row[points > limits.FEATURE_POINTS].tolist())
    rows = [f"row {i + 1} ({points[row == i].max():,} points)" for i in large]
    if rows:
        msg = (
            f"{what}: {path.name} has shapes with more than {limits.FEATURE_POINTS:,} points: "
            f"{first_five(rows)}. Simplify them (QGIS: Simplify, with a tolerance of one metre)."
        )
        raise SchemaError(msg)
    if points.sum() > limits.LAYER_POINTS:
        most = f"{limits.LAYER_POINTS:,} are the most"
        msg = f"{what}: {path.name} has {points.sum():,} points; {most}. Split it."
        raise SchemaError(msg)


def _only_layer(path: Path, given: Path | bytes, what: str) -> None:
    """Raise SeveralInsideError when a file has several layers and none was named."""
    names = _layer_names(given)
    if len(names) > 1:
        msg = f"{what}: {path.name} has several layers: {', '.join(names)}. Name one with layer: in AREA.yml."
        raise SeveralInsideError(msg)


def layers_of(path: Path, what: str) -> list[str]:
    """Return the layers with shapes of a map of a kind that may have several; none for all others.

    Raises
    ------
    InputError
        It is too large, or a zip file without one map.
    """
    ending = path.suffix.lower()
    if ending not in SEVERAL_LAYERS:
        return []
    require_readable(path, what)
    limits.require_small(path, what, limits.VECTOR_BYTES)
    with _placed(path, what) as given:
        return _layer_names(given)


def _layer_names(given: Path | bytes) -> list[str]:
    try:
        return formats.map_layers(given)
    except (OSError, RuntimeError, ValueError):
        return []  # reading it will say what is wrong


def to_wgs84(frame: gpd.GeoDataFrame, source: FileSource, what: str) -> gpd.GeoDataFrame:
    """Return the frame in EPSG:4326; a missing CRS is an error, never a guess."""
    if source.crs is not None:
        try:
            frame = frame.set_crs(source.crs, allow_override=True)
        except Exception as error:
            msg = f"{what}: crs: {source.crs!r} is not a known CRS. Write it as 'EPSG:4326'."
            raise MissingCrsError(msg) from error
    if frame.crs is None:
        msg = (
            f"{what}: {source.path.name} does not say its coordinate reference system (a lost .prj file is "
            f"the usual cause). {_what_crs(frame)}"
        )
        raise MissingCrsError(msg)
    return frame.to_crs(WGS84)


def in_degrees(frame: gpd.GeoDataFrame) -> bool:
    """Return whether a map that does not say its CRS is evidently in degrees: nearly all lie in Indonesia.

    A few may have lost a decimal point, or lie at 0, 0. Metres do not fall there.

    Examples
    --------
    >>> here = gpd.GeoDataFrame(geometry=gpd.GeoSeries.from_wkt(["POINT (113.4 -8.2)", "POINT EMPTY"]))
    >>> in_degrees(here), in_degrees(here.set_geometry(here.scale(9, 9).translate(9_000)))
    (True, False)
    """
    bounds = frame.geometry.bounds.dropna()
    corners = ((bounds["minx"], bounds["miny"]), (bounds["maxx"], bounds["maxy"]))
    inside = [inside_indonesia(x.to_numpy(), y.to_numpy()) for x, y in corners]
    return len(bounds) > 0 and float((inside[0] & inside[1]).mean()) >= EVIDENT


def _what_crs(frame: gpd.GeoDataFrame) -> str:
    """Return what to do about a map that does not say its CRS, by how large its numbers are."""
    if in_degrees(frame):
        return "Its numbers are degrees: add crs: EPSG:4326 in AREA.yml beside the path."
    if (frame.geometry.bounds.abs().max(axis="columns") > LARGEST_DEGREES).mean() >= EVIDENT:
        return (
            "Its numbers are metres, and nothing tells of which zone: ask its sender for the .prj file, or "
            "for the map in WGS 84. If you know the zone, add it in AREA.yml beside the path, as in "
            "crs: EPSG:32749 (UTM 49 S)."
        )
    return "Ask its sender for the .prj file, or add it in AREA.yml beside the path, as in crs: EPSG:4326."
