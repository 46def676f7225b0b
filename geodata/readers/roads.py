"""What every road reader shares: the buffer, the columns, and the meaning of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.layers import Finding
from geodata.vocabulary.measures import least_readable, parse_duration, parse_speed_kph, parts_of
from geodata.vocabulary.roads import (
    FERRY,
    NO_ROAD_WORDS,
    ONEWAY_WORDS,
    ROAD_CLASSES,
    Oneway,
    RoadSeason,
    class_words,
    worst_class,
)
from geodata.vocabulary.surfaces import unknown_surfaces
from geodata.vocabulary.tags import (
    BACKWARD,
    BOAT_KEYS,
    BOAT_YES,
    FORWARD,
    is_unread_key,
    is_unread_on_node,
    join_tags,
    unread,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

WATERWAY = "waterway"
PIER = "pier"
PLATFORM = "platform"
YES = frozenset({"yes", "true", "1", "y", "ya", "viaduct", "aqueduct", "movable", "culvert"})
_ONEWAY = {"yes": Oneway.YES, "-1": Oneway.REVERSE, "reversible": Oneway.REVERSIBLE}
# Cycle lanes against a one-way street (OSM wiki, Key:cycleway).
_OPPOSITE = frozenset({"opposite", "opposite_lane", "opposite_track", "opposite_share_busway"})
_CIRCULAR = frozenset({"roundabout", "circular"})
DRY_ONLY = frozenset({"yes", "dry_only", "dry_season", "dry", "kemarau", "musim kemarau"})
ALL_YEAR = frozenset({"all_year", "no", "", "sepanjang tahun", "semua musim"})


def study_zone(villages: gpd.GeoDataFrame, buffer_m: float) -> shapely.Geometry:
    """Return the villages' outline grown by the buffer (metric CRS of the villages)."""
    return zone_around(outline_of(villages), buffer_m)


def outline_of(villages: gpd.GeoDataFrame) -> shapely.Geometry:
    """Return the outline of villages by which one tells what is near (metric CRS of the villages)."""
    # Simplified to 50 m first: the outline only decides what is near, and coasts have many points.
    return shapely.union_all(shapely.simplify(villages.geometry.to_numpy(), 50.0))


def zone_around(outline: shapely.Geometry, buffer_m: float) -> shapely.Geometry:
    """Return an outline (:func:`outline_of`) grown by a buffer, ready for many questions.

    Examples
    --------
    >>> zone = zone_around(shapely.box(0.0, 0.0, 100.0, 100.0), 500.0)
    >>> [round(x) for x in zone.bounds]
    [-550, -550, 650, 650]
    """
    # Each island by itself: buffered together, the 3,000 of Raja Ampat take minutes and gigabytes.
    zone = shapely.union_all(shapely.buffer(shapely.get_parts(outline), buffer_m + 50.0))
    shapely.prepare(zone)
    return zone


def oneway_of(oneway: str | None, junction: str | None, highway: str | None) -> Oneway:
    """Return 'yes', 'reverse', 'reversible' or 'no' for traffic in general.

    ``alternating`` (one direction after the other, as on a narrow bridge) is open both ways. Roundabouts
    and motorways are one-way unless tagged otherwise (OSM wiki, Key:oneway).

    Examples
    --------
    >>> oneway_of(None, "roundabout", "tertiary"), oneway_of("-1", None, None), oneway_of(None, None, "path")
    ('yes', 'reverse', 'no')
    >>> oneway_of("Satu arah", None, None)
    'yes'
    """
    if oneway is not None:
        return _ONEWAY.get(ONEWAY_WORDS.get(_word(oneway), "no"), Oneway.NO)
    return Oneway.YES if junction in _CIRCULAR or highway == "motorway" else Oneway.NO


def _word(text: str) -> str:
    return " ".join(text.lower().split())


def season_of(text: str | None) -> RoadSeason | None:
    """Return 'all_year' or 'dry_only' (also for a plain ``seasonal=yes``); None for unknown wording.

    Of several values the worst counts.

    Examples
    --------
    >>> season_of("Kemarau"), season_of(None)
    ('dry_only', 'all_year')
    """
    values = parts_of(text or "") or [""]
    if any(v in DRY_ONLY for v in values):
        return RoadSeason.DRY_ONLY
    return RoadSeason.ALL_YEAR if all(v in ALL_YEAR for v in values) else None


def duration_of(text: str | None) -> float:
    """Return a tagged duration in seconds, NaN when there is none that can be read."""
    if text is None:
        return float("nan")
    try:
        return parse_duration(text)
    except ValueError:
        return float("nan")


def speed_of(text: str | None) -> float:
    """Return a tagged speed limit in km/h, of several the lowest; NaN when none can be read."""
    return float("nan") if text is None else least_readable(text, parse_speed_kph)


def unread_findings(
    *,
    durations: Iterable[str | None] = (),
    speeds: Iterable[str | None] = (),
    surfaces: Iterable[str | None] = (),
    seasons: Iterable[str | None] = (),
    oneways: Iterable[str | None] = (),
    classes: Iterable[str | None] = (),
    tags: Iterable[Mapping[str, str]] = (),
    nodes: Iterable[Mapping[str, str]] = (),
) -> tuple[Finding, ...]:
    """Return a finding for each tag with wording that cannot be read: it counts as not said."""
    tags, nodes = list(tags), list(nodes)

    def bad(values: Iterable[str | None], parse: Callable[[str], object]) -> list[str]:
        return [v for v in values if isinstance(v, str) and v.strip() and _fails(parse, v)]

    found = {
        "duration": bad(durations, parse_duration), "maxspeed": bad(speeds, parse_speed_kph),
        "surface": [v for v in surfaces if isinstance(v, str) and v.strip() and unknown_surfaces(v)],
        "seasonal": [v for v in seasons if isinstance(v, str) and season_of(v) is None],
        "oneway": [v for v in oneways if isinstance(v, str) and v.strip() and _word(v) not in ONEWAY_WORDS],
        "highway": [v for v in classes if isinstance(v, str) and _is_half_read(v)],
        **unread([*tags, *nodes]),
    }  # fmt: skip
    instead = {
        "duration": "the ferry's length at the ferry speed",
        "maxspeed": "what is understood of it, else the speed of its class",
        "surface": "what is understood of it, else its tracktype, else as paved",
        "oneway": "open both ways",
        "highway": "the slowest class that is understood",
    }
    out = []
    for key, values in found.items():
        if values:
            often = pd.Series(values).value_counts()
            shown = tuple(f"{v!r} ({n})" for v, n in sorted(often.items(), key=lambda i: (-i[1], i[0])))
            out.append(Finding(
                "warning", "roads", "unread_value", len(values), shown[:5],
                f"{key}: values that are not understood; {instead.get(key, _PART)} counts",
                "write them as OpenStreetMap does, or tell us what they mean",
            ))  # fmt: skip
    missed = [k for some in tags for k in some if is_unread_key(k)]
    missed += [k for some in nodes for k in some if is_unread_on_node(k)]
    keys = pd.Series(missed, dtype="str").value_counts()
    if len(keys):
        shown = tuple(f"{k} ({n})" for k, n in sorted(keys.items(), key=lambda i: (-i[1], i[0])))
        out.append(Finding(
            "info", "roads", "unread_key", int(keys.sum()), shown[:5],
            "tags for lanes, hours or one side that are not read; as if not tagged counts",
            "where one of them closes a road or slows it, tag the road itself, or edit it in a scenario",
        ))  # fmt: skip
    return tuple(out)


_PART = "what is understood of them, else as if not tagged"


def _is_half_read(highway: str) -> bool:
    """Return whether some words of a class are known and others are not: these would be lost in silence."""
    known = [word in ROAD_CLASSES or word in NO_ROAD_WORDS for word in class_words(highway)]
    return any(known) and not all(known)


def _fails(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return True
    return False


def is_way_to_travel(tags: Mapping[str, str]) -> bool:
    """Return whether an OSM way is a road, a pier, a platform, a ferry, or a waterway open to boats."""
    if "highway" in tags or tags.get("route") == FERRY or tags.get("man_made") == PIER or _is_platform(tags):
        return True
    return WATERWAY in tags and any(tags.get(k) in BOAT_YES for k in BOAT_KEYS)


def _is_platform(tags: Mapping[str, str]) -> bool:
    return PLATFORM in {tags.get("public_transport"), tags.get("railway")}


def _road_class(tags: Mapping[str, str]) -> str:
    if "highway" in tags:
        return worst_class(tags["highway"])
    if tags.get("route") == FERRY:
        return FERRY
    if _is_platform(tags):
        return PLATFORM
    # A jetty (dermaga) leads to the boat as a path does.
    return "path" if tags.get("man_made") == PIER else WATERWAY


def _kept_tags(tags: Mapping[str, str]) -> str | None:
    if tags.get("cycleway") in _OPPOSITE:
        tags = {"oneway:bicycle": "no", **tags}
    # An escalator takes nobody against its way; one that turns about, or of unknown way, is a stair.
    moving = {FORWARD[1:]: "yes", BACKWARD[1:]: "-1"}.get(tags.get("conveying", ""))
    if moving is not None:
        tags = {"oneway:foot": moving, **tags}
    return join_tags(tags)


def unread_tags(
    tags: Sequence[Mapping[str, str]], nodes: Sequence[Mapping[str, str]] = ()
) -> tuple[Finding, ...]:
    """Return the findings about OSM tags of ways, and of nodes on them, that cannot be read."""
    return unread_findings(
        durations=[t.get("duration") for t in tags if t.get("route") == FERRY],
        speeds=[t.get("maxspeed") for t in tags], surfaces=[t.get("surface") for t in tags],
        seasons=[t.get("seasonal") for t in tags], oneways=[t.get("oneway") for t in tags],
        classes=[t.get("highway") for t in tags], tags=tags, nodes=nodes,
    )  # fmt: skip


def ways_from_tags(tags: Sequence[dict[str, str]]) -> pd.DataFrame:
    """Return one row a way with the columns of the roads contract, from OSM tags."""
    classes = [_road_class(t) for t in tags]
    rows: dict[str, list[Any]] = {
        "road_class": classes,
        "surface": [t.get("surface") for t in tags],
        "oneway": [
            oneway_of(t.get("oneway"), t.get("junction"), c) for t, c in zip(tags, classes, strict=True)
        ],
        "bridge": [t.get("bridge", "no") != "no" for t in tags],
        "tunnel": [t.get("tunnel", "no") != "no" for t in tags],
        "maxspeed_kph": [speed_of(t.get("maxspeed")) for t in tags],
        "season": [season_of(t.get("seasonal")) or RoadSeason.ALL_YEAR for t in tags],
        "route": [FERRY if t.get("route") == FERRY and "highway" not in t else None for t in tags],
        "duration_s": [duration_of(t.get("duration")) for t in tags],
        "name": [t.get("name") for t in tags],
        "tags": [_kept_tags(t) for t in tags],
    }
    frame = pd.DataFrame(rows)
    for column in ("road_class", "surface", "oneway", "season", "route", "name", "tags"):
        frame[column] = frame[column].astype("str")
    frame["maxspeed_kph"] = frame["maxspeed_kph"].astype("float64")
    frame["duration_s"] = frame["duration_s"].astype("float64")
    return frame


def assemble_roads(
    ways: pd.DataFrame,
    way_ids: Sequence[str] | NDArray[Any],
    way: NDArray[np.int64],
    pieces: NDArray[np.object_],
    from_node: NDArray[np.int32],
    to_node: NDArray[np.int32],
    *,
    crs: str,
    barriers: tuple[Sequence[str | None], Sequence[str | None]] | None = None,
) -> gpd.GeoDataFrame:
    """Return the roads layer: one row a piece of a way between two junctions.

    Parameters
    ----------
    ways
        Attributes, one row a way.
    way_ids
        object or a list ``(ways,)``, text ids; a piece's ``road_id`` is ``{way_id}#{number from 0}``.
    way
        int64 ``(pieces,)``, the way (row number) of each piece, pieces of a way adjacent and in its
        direction.
    pieces, from_node, to_node
        object, int32 and int32 ``(pieces,)``: LineStrings in ``crs`` (metres) and their junctions.
    barriers
        The tags (:func:`geodata.vocabulary.tags.join_tags`) of what stands at the pieces' first and
        last points.

    Examples
    --------
    A way of a minute in two pieces, of which one is twice as long:

    >>> ways = pd.DataFrame({"road_class": ["track"], "duration_s": [60.0]})
    >>> pieces = shapely.linestrings([[(0, 0), (200, 0)], [(200, 0), (300, 0)]])
    >>> node = np.arange(3, dtype=np.int32)
    >>> roads = assemble_roads(ways, ["w1"], np.zeros(2, int), pieces, node[:2], node[1:], crs="EPSG:32748")
    >>> roads["duration_s"].to_dict()
    {'w1#0': 40.0, 'w1#1': 20.0}
    """
    ids = np.asarray(way_ids, dtype=object)[way]
    number = np.arange(len(way)) - np.searchsorted(way, way, side="left")
    frame = ways.take(way).reset_index(drop=True)
    length = shapely.length(pieces)
    # A way's duration is shared among its pieces by length.
    total = np.bincount(way, weights=length, minlength=len(ways))[way]
    frame["duration_s"] = frame["duration_s"].to_numpy() * length / np.where(total > 0, total, 1.0)
    frame.insert(0, "way_id", pd.Series(ids, dtype="str"))
    frame["length_m"] = length
    frame["from_node"] = from_node.astype(np.int32)
    frame["to_node"] = to_node.astype(np.int32)
    ends = barriers or ([None] * len(pieces),) * 2
    frame["from_barrier"] = pd.Series(ends[0], dtype="str")
    frame["to_barrier"] = pd.Series(ends[1], dtype="str")
    index = pd.Index([f"{i}#{n}" for i, n in zip(ids, number, strict=True)], name="road_id", dtype="str")
    return gpd.GeoDataFrame(frame.set_index(index), geometry=pieces, crs=crs)
