"""Roads from a vector file: classes mapped, empty and Multi geometries handled, crossings noded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.areafile import OneClass
from geodata.crs import require_indonesia
from geodata.errors import EmptyAreaError, MissingColumnError, SchemaError, counted, first_five
from geodata.layers import Finding, Severity, rows_about
from geodata.readers.files.cells import pick_column, text_column
from geodata.readers.files.vector import read_vector
from geodata.readers.noding import node_lines
from geodata.readers.result import ReadLayer
from geodata.readers.roads import (
    WATERWAY,
    YES,
    assemble_roads,
    duration_of,
    oneway_of,
    season_of,
    speed_of,
    unread_findings,
)
from geodata.readers.slits import across_slits
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.roads import FERRY, ONEWAY_WORDS, ROAD_CLASSES, rbi_class
from geodata.vocabulary.tags import KEPT_TAGS, join_tags

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.areafile import RoadsFile

WHAT = "roads"
NOTHING = "none needed"
NO_CLASS = "none"
# Forward, both, against: Geofabrik's shapefiles (OpenStreetMap Data in Layered GIS Format, oneway).
GEOFABRIK_ONEWAY = {"f": "yes", "b": "no", "t": "-1"}
BRIDGE_NAMES, TUNNEL_NAMES = ("bridge", "jembatan"), ("tunnel", "terowongan")
TOLL = ("motorway", "motorway_link")


def read_vector_roads(
    source: RoadsFile,
    zone: shapely.Geometry,
    crs: str,
    outlines: NDArray[np.object_] | None = None,
) -> ReadLayer:
    """Read road lines that touch the zone, in the metric CRS, cut at their junctions.

    Parameters
    ----------
    source
        The file, and what its columns are.
    zone, crs
        The area with its buffer, in the metric CRS that is wanted.
    outlines
        object ``(villages,)``, their polygons, in that CRS: roads that were clipped by them and end at
        slits between them are drawn on. None: there are no such roads.

    Raises
    ------
    InputError
        Unreadable file, no CRS, unknown columns or classes, no line near the study area.
    """
    raw = read_vector(source, WHAT)
    if raw.empty:
        msg = f"{WHAT}: {source.file_name} has no rows. Leave roads: out if there is no road file."
        raise EmptyAreaError(msg)
    ways, unread = _attributes(raw, source)
    geometry = shapely.force_2d(raw.geometry.to_numpy())
    empty, no_class, findings = _left_out(geometry, ways, source)
    ways = ways.assign(road_class=ways["road_class"].fillna(NO_CLASS))
    if not empty.all():
        west, south, east, north = shapely.total_bounds(geometry[~empty])
        require_indonesia((west, south, east, north), WHAT)
    parts, way = _lines(geometry, empty | no_class)
    parts = gpd.GeoSeries(parts, crs=raw.crs).to_crs(crs).to_numpy()
    near = shapely.intersects(zone, parts)
    # A ferry is kept whole: its duration is that of the whole crossing.
    near |= _are_ferries(ways)[way] & np.isin(way, way[near])
    parts, way = parts[near], way[near]
    unique = _first_of_equals(parts, ways.iloc[way])
    findings += _finding("info", "duplicate_line", way[~unique], "lines drawn twice; one is used", NOTHING)
    parts, way = parts[unique], way[unique]
    if len(parts) == 0:
        msg = (
            f"{WHAT}: no line of {source.file_name} lies within the study area and its buffer. "
            "Check that it is the right file, or leave roads: out."
        )
        raise EmptyAreaError(msg)
    ferry = _are_ferries(ways)[way]
    elevated = _cross_nothing(ways, tells_bridges=_tells_bridges(raw, source))[way]
    if outlines is not None:
        parts, drawn_on = across_slits(parts, ~elevated, outlines)
        findings += _finding(
            "warning", "cut_at_slit", np.unique(way[drawn_on]),
            "roads that were clipped at slits between the outlines of villages are joined again",
            "give roads as they were before they were clipped by villages; what ran along a slit is missing",
        )  # fmt: skip
    noded = node_lines(parts, elevated, ferry, join_within_m=source.join_within_m)
    roads = assemble_roads(
        ways, [f"r{i + 1}" for i in range(len(ways))], way[noded.line], noded.pieces,
        noded.from_node, noded.to_node, crs=crs,
    )  # fmt: skip
    return ReadLayer(roads, (*findings, *unread))


def _are_ferries(ways: pd.DataFrame) -> NDArray[np.bool_]:
    return np.asarray((ways["route"] == FERRY).to_numpy(dtype=bool, na_value=False), dtype=bool)


def _cross_nothing(ways: pd.DataFrame, *, tells_bridges: bool) -> NDArray[np.bool_]:
    """Return which ways meet others at their ends alone: ferries, waterways, bridges and tunnels."""
    water = (ways["road_class"] == WATERWAY).to_numpy()
    over = _are_ferries(ways) | water | ways["bridge"].to_numpy() | ways["tunnel"].to_numpy()
    if not tells_bridges:
        # Toll roads pass over or under what they cross; where a file says which are bridges, that counts.
        over |= ways["road_class"].isin(TOLL).to_numpy()
    return np.asarray(over, dtype=bool)


def _tells_bridges(raw: gpd.GeoDataFrame, source: RoadsFile) -> bool:
    """Return whether the file says of any line that it is a bridge or a tunnel."""
    for named, known, key in (
        (source.bridge, BRIDGE_NAMES, "bridge"), (source.tunnel, TUNNEL_NAMES, "tunnel")
    ):  # fmt: skip
        picked = pick_column(raw.columns, named, known, key=key, what=WHAT, required=False)
        if _flag(text_column(raw, picked)).any():
            return True
    return False


def _finding(severity: Severity, rule: str, rows: object, message: str, action: str) -> list[Finding]:
    """Return a finding about rows (numbers from 0), or none where there are no rows."""
    ids = [f"r{int(i) + 1}" for i in np.asarray(rows)]
    if not ids:
        return []
    return [Finding(severity, "roads", rule, len(ids), tuple(ids[:5]), message, action, rows_about(ids))]


def _left_out(
    geometry: NDArray[np.object_], ways: pd.DataFrame, source: RoadsFile
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], list[Finding]]:
    """Return which rows have no line, which no class, and what to say of them."""
    empty = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    lines = np.isin(
        shapely.get_type_id(geometry),
        [shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING,
         shapely.GeometryType.MULTILINESTRING, shapely.GeometryType.GEOMETRYCOLLECTION],
    )  # fmt: skip
    wrong = np.flatnonzero(~empty & ~lines)
    if len(wrong):
        msg = (
            f"{WHAT}: {counted(len(wrong), 'row')} of {source.file_name} without a line "
            f"(rows {first_five(wrong + 1)}). "
            "Give the file of road lines."
        )
        raise SchemaError(msg)
    findings = _finding("info", "empty_geometry", np.flatnonzero(empty), "rows without a line", NOTHING)
    short = ~empty & ~(shapely.length(geometry) > 0)
    findings += _finding("info", "zero_length", np.flatnonzero(short), "lines of no length", NOTHING)
    # Files of all OSM lines hold rivers and runways too: what has no road class is no road.
    no_class = ~empty & ways["road_class"].isna().to_numpy()
    no_road = ways["no_road"].to_numpy()
    findings += _finding(
        "warning", "no_class", np.flatnonzero(no_class & ~no_road), "rows without a road class were left out",
        "give them a class if they are roads",
    )  # fmt: skip
    findings += _finding(
        "info", "no_road", np.flatnonzero(no_class & no_road),
        "rows that are no roads, or none yet, by their word were left out", NOTHING,
    )  # fmt: skip
    return empty, no_class, findings


def _lines(
    geometry: NDArray[np.object_], left_out: NDArray[np.bool_]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return single lines with a length, and the row of each."""
    filled = geometry.copy()
    filled[left_out] = None
    parts, row = shapely.get_parts(filled, return_index=True)
    inner, of = shapely.get_parts(parts, return_index=True)  # Multi geometries within collections
    line = np.isin(
        shapely.get_type_id(inner), [shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING]
    ) & (shapely.length(inner) > 0)
    return inner[line], row[of][line].astype(np.int64)


def _first_of_equals(parts: NDArray[Any], attributes: pd.DataFrame) -> NDArray[Any]:
    """Return which lines are not an exact copy (same points, same attributes) of an earlier one."""
    keys = pd.DataFrame({"wkb": shapely.to_wkb(parts)})
    for column in attributes:
        keys[column] = attributes[column].to_numpy()
    return np.asarray(~keys.duplicated().to_numpy(), dtype=bool)


def _attributes(raw: gpd.GeoDataFrame, source: RoadsFile) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    def column(named: str | None, known: tuple[str, ...], key: str) -> pd.Series[str]:
        picked = pick_column(raw.columns, named, known, key=key, what=WHAT, required=False)
        return text_column(raw, picked)

    route = column(source.route, ("route",), "route").str.lower()
    ferry = (route == FERRY).to_numpy(dtype=bool, na_value=False)
    wording = _wording(raw, source)
    classes, no_road = _classes(wording, ferry, source)
    junction = column(None, ("junction",), "junction")
    season_text = column(source.season, ("season", "seasonal", "musim"), "season")
    season = season_text.map(lambda t: season_of(t if isinstance(t, str) else None))
    if season.isna().any():
        values = sorted(set(season_text[season.isna().to_numpy()]))
        msg = (
            f"{WHAT}: season: the values {first_five(values)} are not known. "
            "Write dry_only (or kemarau) and all_year (or leave it empty)."
        )
        raise SchemaError(msg)
    oneway = _oneway(column(source.oneway, ("oneway",), "oneway"), geofabrik=_is_geofabrik(raw, source))
    speed = column(source.maxspeed_kph, ("maxspeed_kph", "maxspeed"), "maxspeed_kph")
    duration = column(source.duration, ("duration",), "duration")
    elevated = wording.str.lower().str.contains("layang").to_numpy(dtype=bool, na_value=False)
    surface = column(source.surface, ("surface", "permukaan"), "surface")
    tags = _tags(raw)
    unread = unread_findings(durations=duration[ferry], speeds=speed, surfaces=surface, tags=tags)
    frame = pd.DataFrame(
        {
            "road_class": classes,
            "surface": surface,
            "oneway": [
                oneway_of(o if isinstance(o, str) else None, j if isinstance(j, str) else None, c)
                for o, j, c in zip(oneway, junction, classes, strict=True)
            ],
            "bridge": _flag(column(source.bridge, BRIDGE_NAMES, "bridge")) | elevated,
            "tunnel": _flag(column(source.tunnel, TUNNEL_NAMES, "tunnel")),
            "maxspeed_kph": [speed_of(v if isinstance(v, str) else None) for v in speed],
            "season": season.astype("str"),
            "route": route.where(pd.Series(ferry, index=route.index)),
            "duration_s": [duration_of(v if isinstance(v, str) else None) for v in duration],
            "name": column(source.name, ("name", "nama", "nama_jalan"), "name"),
            "tags": [join_tags(t) for t in tags],
            "no_road": no_road.to_numpy(),
        }
    ).reset_index(drop=True)
    for name in ("road_class", "surface", "oneway", "season", "route", "name", "tags"):
        frame[name] = frame[name].astype("str")
    return frame, unread


def _class_column(raw: gpd.GeoDataFrame, source: RoadsFile) -> str | None:
    """Return the column of classes; None where AREA.yml gives one class to all."""
    if isinstance(source.class_column, OneClass):
        return None
    heads = layer_columns("roads")["class"]
    try:
        return pick_column(raw.columns, source.class_column, heads, key="class", what=WHAT)
    except MissingColumnError as error:
        msg = f"{error} Roads without classes take one for all: class: {{all: residential}}."
        raise MissingColumnError(msg) from None


def _wording(raw: gpd.GeoDataFrame, source: RoadsFile) -> pd.Series[str]:
    return text_column(raw, _class_column(raw, source))


def _tags(raw: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Return the access and condition tags of columns that are called as the tags are."""
    known = {k.replace(":", "_"): k for k in KEPT_TAGS - {"barrier"}}
    keys = {c: known[str(c).lower().replace(":", "_")] for c in raw.columns
            if str(c).lower().replace(":", "_") in known}  # fmt: skip
    if not keys:
        return [{}] * len(raw)
    table = pd.DataFrame({key: text_column(raw, column) for column, key in keys.items()})
    return [{k: v for k, v in row.items() if isinstance(v, str)} for row in table.to_dict(orient="records")]


def _is_geofabrik(raw: gpd.GeoDataFrame, source: RoadsFile) -> bool:
    """Return whether the classes are Geofabrik's (``fclass``), whose one-way letters are its own."""
    picked = _class_column(raw, source)
    return picked is not None and picked.lower() == "fclass"


def _oneway(text: pd.Series[str], *, geofabrik: bool) -> pd.Series[str]:
    """Return OSM's wording of a one-way column.

    Raises
    ------
    SchemaError
        For wording that is not known: a one-way street must not become a two-way one in silence.
    """
    known = {**GEOFABRIK_ONEWAY, **ONEWAY_WORDS} if geofabrik else ONEWAY_WORDS
    value = text.str.lower().str.replace(r"\s+", " ", regex=True)
    strange = sorted(set(text[value.notna() & ~value.isin(known)]))
    if strange:
        msg = (
            f"{WHAT}: oneway: the values {first_five([repr(v) for v in strange])} are not known. "
            "Write yes, no, or -1 (against the drawn direction)."
        )
        raise SchemaError(msg)
    return value.map(known).astype("str")


def _flag(text: pd.Series[str]) -> NDArray[Any]:
    """Return whether a bridge/tunnel column says so; any OSM value but 'no' and '0' does."""
    value = text.str.lower()
    said = value.notna() & ~value.isin(["no", "0", "false", "tidak", "f"])
    return np.asarray(
        said.to_numpy(dtype=bool, na_value=False) | value.isin(YES).to_numpy(dtype=bool, na_value=False),
        dtype=bool,
    )


def _classes(
    wording: pd.Series[str], ferry: NDArray[Any], source: RoadsFile
) -> tuple[pd.Series[str], pd.Series[bool]]:
    """Return each row's class, missing where it has none, and which rows are no road by their word.

    Raises
    ------
    SchemaError
        For words that nobody knows: a road must not vanish in silence.
    """
    if isinstance(source.class_column, OneClass):
        classes = pd.Series(source.class_column.all, index=wording.index, dtype="str")
        return classes.mask(pd.Series(ferry, index=classes.index), FERRY), pd.Series(
            False, index=classes.index
        )
    table = _meaning({v for v in wording.dropna() if isinstance(v, str)}, source)
    strange = wording.notna() & ~wording.isin(table) & ~pd.Series(ferry, index=wording.index)
    if strange.any():
        msg = (
            f"{WHAT}: the classes {first_five([repr(u) for u in sorted(set(wording[strange]))])} in "
            f"{source.file_name} are not known. Say what they mean in AREA.yml, as in classes: "
            "{Jalan Desa: residential}, with null for what is no road, or classes: rbi for the RBI map."
        )
        raise SchemaError(msg)
    classes = wording.map({v: c for v, c in table.items() if c is not None}).astype("str")
    no_road = wording.isin([v for v, c in table.items() if c is None])
    return classes.mask(pd.Series(ferry, index=classes.index), FERRY), no_road


def _meaning(words: set[str], source: RoadsFile) -> dict[str, str | None]:
    """Return what the words of a class column mean: those that AREA.yml names, and the built-in ones."""
    own = source.classes if isinstance(source.classes, dict) else {}
    rbi = {v: found[0] for v in words if (found := rbi_class(v)) is not None}
    if source.classes == "osm" or (source.classes != "rbi" and (words - set(own)) & set(ROAD_CLASSES)):
        # OSM's values are open-ended (construction, proposed …): kept, and closed to every mode
        # that has no speed for them. Geofabrik divides tracks by grade.
        return {v: "track" if v.startswith("track_grade") else v for v in words} | own
    return rbi | own
