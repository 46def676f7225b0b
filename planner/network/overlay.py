"""A scenario's edits put over the base layers: which road pieces go, which come; which facilities change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops

from geodata.crs import WGS84
from geodata.errors import suggest
from geodata.villages_at import village_at
from geodata.vocabulary.roads import FERRY, ROAD_CLASSES, Oneway, RoadSeason
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy, YesNo
from geodata.vocabulary.tags import (
    ACCESS_KEYS,
    BACKWARD,
    FORWARD,
    MERGED,
    join_tags,
    split_tags,
    words_of,
)
from planner.network.impedance import FloodArea
from planner.network.pieces import HEIGHTS_FROM, HEIGHTS_TO, PIECE_COLUMNS, WHOLE, heights_span
from planner.scenarios.edits import (
    FACILITY_EDITS,
    AddBoat,
    AddRoad,
    ChangeFacility,
    ChangeRoad,
    CloseFacility,
    CloseRoad,
    EditError,
    Flood,
    MoveFacility,
    OpenFacility,
    ReopenRoad,
)
from planner.scenarios.modes import SEASONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from planner.scenarios.edits import Edit
    from planner.scenarios.scenario import DrawingRule

# Drawn lines are bounded, so that one cannot keep everybody else waiting.
MOST_LINE_POINTS = 200
MOST_KM = 500.0
MOST_CROSSINGS = 200
# And so are those of all edits together, floods too: each crossing takes a millisecond or two.
MOST_POINTS_TOGETHER = 20_000
MOST_KM_TOGETHER = 5_000.0
MOST_CROSSINGS_TOGETHER = 3_000
# A cut this close to a junction is the junction.
JUNCTION_M = 0.1
CONDITION_TAGS = frozenset({"tracktype", "smoothness"})
AFLOAT = frozenset({FERRY, "waterway"})
# Speed limits of one direction or of some modes (maxspeed:forward).
LIMITS = "maxspeed:"
OPENING = frozenset({"yes", "designated", "permissive", "official"})


@dataclass(frozen=True)
class RoadOverlay:
    """What edits change about the roads.

    Attributes
    ----------
    gone
        ``road_id`` of pieces that no longer exist as they were.
    put
        Rows of the roads layer that come instead, or new; junctions share the base's numbers. Pieces of
        cut roads have the columns of :mod:`planner.network.pieces` too.
    content_hash
        SHA-256 of the edits.
    origin
        For each row of ``put``, the ``road_id`` of the road it was before; "" for a new one.
    opened
        bool ``(rows of put,)``, which of them an edit reopened.
    """

    gone: pd.Index
    put: gpd.GeoDataFrame
    content_hash: str
    origin: pd.Index
    opened: NDArray[np.bool_]


def content_hash(edits: Sequence[Edit]) -> str:
    """Return the SHA-256 of edits, in hexadecimal: equal edits in equal order have equal hashes.

    Examples
    --------
    >>> closing = [CloseRoad(road=road) for road in ("w1", "w2")]
    >>> content_hash(closing) == content_hash(closing[::-1])
    False
    """
    content = [e.model_dump(mode="json") for e in edits]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def flood_areas(layer: gpd.GeoDataFrame | None, edits: Sequence[Edit], crs: str) -> tuple[FloodArea, ...]:
    """Return the floods of a floods layer (in the wet season) and of a scenario, in a metric CRS.

    Parameters
    ----------
    layer
        The floods layer: Polygons in ``crs``, with a column ``speed_factor`` (0 to 1); None without one.
    edits
        Their floods, in degrees (lon, lat), follow; other edits are passed over.
    crs
        Of the result; metric.

    Examples
    --------
    >>> corners = ((107.0, -6.0), (107.1, -6.0), (107.1, -6.1))
    >>> flood = Flood(polygon=corners, factor=0.5)
    >>> (area,) = flood_areas(None, [flood], "EPSG:32748")
    >>> area.factor, area.seasons, round(area.polygon.area / 1e6)
    (0.5, ('dry', 'wet'), 61)
    """
    out = []
    if layer is not None:
        for polygon, factor in zip(layer.geometry, layer["speed_factor"], strict=True):
            out.append(FloodArea(polygon, float(factor), ("wet",)))
    for edit in edits:
        if isinstance(edit, Flood):
            seasons = SEASONS if edit.season == "both" else (edit.season,)
            out.append(FloodArea(_drawn(shapely.Polygon(edit.polygon), crs), edit.factor, seasons))
    return tuple(out)


def _drawn(shape: shapely.Geometry, crs: Any) -> Any:  # noqa: ANN401 - geopandas is untyped
    """Return a shape drawn in degrees, valid and in the metric CRS."""
    return gpd.GeoSeries([shape], crs=WGS84).to_crs(crs).make_valid().iloc[0]


def cut_at_floods(roads: gpd.GeoDataFrame, floods: Sequence[FloodArea]) -> gpd.GeoDataFrame:
    """Return the roads cut at the outlines of floods that close them, so that dry stretches stay open.

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS).
    floods
        In the same CRS; those of a factor above 0 cut nothing.

    Returns
    -------
    roads
        The pieces carry the road's id with ``~1``, ``~2``; what is not cut stays as it is. Other floods slow
        each piece by itself.

    Examples
    --------
    >>> row = {"way_id": "w1", "road_class": "primary", "route": None, "bridge": False, "tunnel": False}
    >>> row |= {"duration_s": np.nan, "length_m": 1000.0, "from_node": 0, "to_node": 1}
    >>> row |= {"from_barrier": None, "to_barrier": None}
    >>> line = shapely.LineString([(0, 0), (1000, 0)])
    >>> roads = gpd.GeoDataFrame([row], index=["w1#0"], geometry=[line], crs="EPSG:32748")
    >>> cut = cut_at_floods(roads, [FloodArea(shapely.box(700, -50, 1500, 50), 0.0, ("wet",))])
    >>> cut["length_m"].to_dict()
    {'w1#0~1': 700.0, 'w1#0~2': 300.0}
    """
    work = _Work(roads)
    for flood in floods:
        if flood.factor == 0:
            work.flood(flood.polygon)
    return overlaid_roads(roads, work.overlay(())).drop(columns=WHOLE, errors="ignore")


def road_overlay(roads: gpd.GeoDataFrame, edits: Sequence[Edit], rule: DrawingRule) -> RoadOverlay:
    """Return what a list of edits, one after the other, changes about the roads; others are passed over.

    Drawn lines that miss a road by no more than ``rule`` says are on it. Floods that close roads cut them at
    their outline; which pieces they close is the network's matter.

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS).
    edits
        Their places are in degrees (lon, lat).
    rule
        How far, in metres, the ends of drawn lines may miss a road.

    Raises
    ------
    EditError
        An edit names a road that is not there or reopens one that no class opens, or a drawn line has no
        length, is too long, meets too many roads or, for a boat, ends far from every road; or all edits
        together do.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> row = {"way_id": "w1", "road_class": "primary", "route": None, "maxspeed_kph": 80.0}
    >>> row |= {"from_node": 0, "to_node": 1}
    >>> line = shapely.LineString([(0, 0), (1000, 0)])
    >>> roads = gpd.GeoDataFrame([row], index=["w1#0"], geometry=[line], crs="EPSG:32748")
    >>> slower = ChangeRoad(road="w1", maxspeed_kph=30)
    >>> overlay = road_overlay(roads, [slower], default_scenario().drawing)
    >>> overlay.gone.tolist(), overlay.put["maxspeed_kph"].to_dict()
    (['w1#0'], {'w1#0': 30.0})
    """
    work = _Work(roads, rule)
    for number, edit in enumerate(edits, start=1):
        match edit:
            case CloseRoad():
                work.closed |= set(work.named(edit.road, number))
            case ReopenRoad():
                work.reopen(edit.road, number)
            case ChangeRoad():
                work.change(edit, number)
            case AddRoad() | AddBoat():
                work.add(edit, number)
            case Flood() if edit.factor == 0:
                work.flood(_drawn(shapely.Polygon(edit.polygon), roads.crs), number)
    return work.overlay(edits)


def overlaid_roads(roads: gpd.GeoDataFrame, overlay: RoadOverlay) -> gpd.GeoDataFrame:
    """Return the roads layer as it would be with the edits in it (a slow twin of the patched network).

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS) that the overlay was made of.
    overlay
        From :func:`road_overlay`.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> rows = [{"way_id": way, "road_class": "primary", "route": None} for way in ("w1", "w2")]
    >>> lines = [shapely.LineString([(0, 0), (1000, 0)]), shapely.LineString([(1000, 0), (2000, 0)])]
    >>> roads = gpd.GeoDataFrame(rows, index=["w1#0", "w2#0"], geometry=lines, crs="EPSG:32748")
    >>> roads[["from_node", "to_node"]] = [(0, 1), (1, 2)]
    >>> closing = [CloseRoad(road="w1")]
    >>> overlaid_roads(roads, road_overlay(roads, closing, default_scenario().drawing)).index.tolist()
    ['w2#0']
    """
    kept = roads[~roads.index.isin(overlay.gone)]
    return gpd.GeoDataFrame(pd.concat([kept, overlay.put])) if len(overlay.put) else kept


class _Boxes:
    """The bounds of lines, to which more come all the time: which of them may meet a shape."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._bounds = np.empty((64, 4))

    def add(self, name: str, line: shapely.LineString) -> None:
        """Put in a line."""
        if len(self._ids) == len(self._bounds):
            self._bounds = np.concatenate([self._bounds, np.empty_like(self._bounds)])
        self._bounds[len(self._ids)] = shapely.bounds(line)
        self._ids.append(name)

    def near(self, shape: shapely.Geometry) -> list[str]:
        """Return whose bounds meet those of a shape, in the order in which they came."""
        west, south, east, north = shapely.bounds(shape)
        left, bottom, right, top = self._bounds[: len(self._ids)].T
        hit = (left <= east) & (right >= west) & (bottom <= north) & (top >= south)
        return [self._ids[i] for i in np.flatnonzero(hit)]


class _Work:
    """The pieces that edits have touched so far."""

    def __init__(self, roads: gpd.GeoDataFrame, rule: DrawingRule | None = None) -> None:
        self.base, self._rule = roads, rule
        # Touched or new pieces by id, put in by _put alone; base pieces that are cut; pieces nobody may pass.
        self.rows: dict[str, dict[str, Any]] = {}
        self.cut: set[str] = set()
        self.closed: set[str] = set()
        # Looked at for each crossing: a frame gives a row a hundred times as slowly.
        self._lines, self._ids = roads.geometry.to_numpy(), roads.index.to_numpy()
        self._ashore = ~roads["road_class"].isin(AFLOAT).to_numpy(dtype=bool)
        self._index, self._boxes = roads.sindex, _Boxes()
        self._known: dict[str, dict[str, Any]] = {}
        # Rows by their junctions, in the order in which they came; those that went are among them.
        self._at: dict[str, dict[int, list[str]]] = {"from_node": {}, "to_node": {}}
        self._ends = {end: roads[end].to_numpy() for end in self._at}
        self.junction = max((int(ends.max()) + 1 for ends in self._ends.values() if len(ends)), default=0)
        self._km, self._crossings = 0.0, 0

    @property
    def rule(self) -> DrawingRule:
        """How far drawn lines may miss a road."""
        assert self._rule is not None
        return self._rule

    def _put(self, row: dict[str, Any]) -> None:
        """Keep a row that is touched or new."""
        road_id = row["road_id"]
        self.rows[road_id] = row
        self._boxes.add(road_id, row["geometry"])
        for end, rows in self._at.items():
            rows.setdefault(int(row[end]), []).append(road_id)

    def _row(self, road_id: str) -> dict[str, Any]:
        """Return a piece as it is now; not to be changed."""
        row = self.rows.get(road_id) or self._known.get(road_id)
        if row is None:
            row = self._known[road_id] = self.base.loc[road_id].to_dict()
        return row

    def _count(self, number: int, *, km: float = 0.0, crossings: int = 0) -> None:
        """Raise EditError where all edits together are too much for one question; 0 is no edit."""
        if number == 0:
            return
        self._km += km
        self._crossings += crossings
        if self._crossings > MOST_CROSSINGS_TOGETHER:
            msg = (
                f"all drawn roads and floods together meet roads more than {MOST_CROSSINGS_TOGETHER} times. "
                "Leave some of them out, or draw them shorter."
            )
            raise EditError(number, "crossings_together", msg, most=MOST_CROSSINGS_TOGETHER)
        if self._km > MOST_KM_TOGETHER:
            msg = (
                f"all drawn lines together are longer than {MOST_KM_TOGETHER:g} km. "
                "Leave some of them out, or draw them shorter."
            )
            raise EditError(number, "km_together", msg, most_km=MOST_KM_TOGETHER)

    def overlay(self, edits: Sequence[Edit]) -> RoadOverlay:
        """Return what has changed."""
        base = self.base
        put = [row for road_id, row in self.rows.items() if road_id not in self.closed]
        gone = base.index.isin([*self.rows, *self.closed, *self.cut])
        if not put:
            none = np.zeros(0, dtype=bool)
            return RoadOverlay(base.index[gone], base.iloc[:0], content_hash(edits), base.index[:0], none)
        of_pieces = [c for c in PIECE_COLUMNS if c not in base and any(c in row for row in put)]
        columns = [*base.columns, *of_pieces, "road_id"]
        frame = gpd.GeoDataFrame(put, columns=columns, geometry="geometry", crs=base.crs)
        frame = frame.set_index(frame.pop("road_id").astype("str").rename("road_id"))
        frame = frame.astype({c: t for c, t in base.dtypes.items() if c != "geometry"})
        origin = pd.Index([row["origin"] for row in put], dtype="str")
        opened = np.array([bool(row.get("opened")) for row in put], dtype=bool)
        return RoadOverlay(base.index[gone], frame, content_hash(edits), origin, opened)

    def flood(self, polygon: shapely.Geometry, number: int = 0) -> None:
        """Cut the roads at the outline of a flooded area; 0 is that of no edit."""
        outline = shapely.boundary(polygon)
        for _, line in self._near(outline):
            places = shapely.points(shapely.get_coordinates(shapely.intersection(line, outline)))
            self._count(number, crossings=len(places))
            for place in places:
                self._junction_at(place, on=line)

    def named(self, name: str, number: int) -> list[str]:
        """Return the ids of a way's pieces, or of one piece (or of what it was cut into)."""
        base = self.base
        hit = base.index[(base["way_id"] == name) | (base.index == name)]
        found = [i for i in hit if i not in self.cut and i not in self.rows]
        found += [
            i for i, row in self.rows.items()
            if name in {row["way_id"], i} or i.startswith(f"{name}~")
        ]  # fmt: skip
        if not found:
            known = [*base["way_id"].unique(), *base.index]
            msg = f"there is no road {name!r}.{_like(name, known)}"
            raise EditError(number, "no_road", msg, name=name)
        return found

    def touch(self, road_id: str) -> dict[str, Any]:
        """Return a piece's row to be changed."""
        if road_id not in self.rows:
            row = self._row(road_id)
            self._put({**row, "road_id": road_id, "origin": road_id})
            if row["route"] == FERRY:
                # All pieces of a ferry come together: staying aboard must cost no second wait.
                for other in self.base.index[self.base["way_id"] == row["way_id"]]:
                    if other not in self.cut:
                        self.touch(other)
        return self.rows[road_id]

    def reopen(self, name: str, number: int) -> None:
        for road_id in self.named(name, number):
            self.closed.discard(road_id)
            row = self.touch(road_id)
            if row["road_class"] not in (*ROAD_CLASSES, FERRY):
                of_class = row["road_class"]
                msg = f"{road_id} is {of_class!r}, which is open to nobody. Give it a class with change_road."
                raise EditError(number, "open_to_nobody", msg, name=road_id, road_class=of_class)
            # What closes it goes; what opens it to somebody, or says how one drives on it, stays.
            kept = {
                k: v for k, v in split_tags(_text(row["tags"])).items()
                if k in CONDITION_TAGS or k.startswith(("oneway:", LIMITS)) or _opens(k, v)
            }  # fmt: skip
            row.update(
                season=RoadSeason.ALL_YEAR.value,
                tags=join_tags(kept),
                from_barrier=None,
                to_barrier=None,
                opened=True,
            )
            if row["oneway"] == Oneway.REVERSIBLE:
                row["oneway"] = Oneway.NO.value

    def change(self, edit: ChangeRoad, number: int) -> None:
        for road_id in self.named(edit.road, number):
            row = self.touch(road_id)
            if edit.road_class is not None:
                row["road_class"] = edit.road_class
            if edit.surface is not None:
                row["surface"] = edit.surface
                # What the old surface was like says nothing of the new one.
                kept = {k: v for k, v in split_tags(_text(row["tags"])).items() if k not in CONDITION_TAGS}
                row["tags"] = join_tags(kept)
            if edit.maxspeed_kph is not None:
                row["maxspeed_kph"] = edit.maxspeed_kph
                # The new limit is everybody's, in both directions.
                tags = split_tags(_text(row.get("tags")))
                if any(k.startswith(LIMITS) for k in tags):
                    row["tags"] = join_tags({k: v for k, v in tags.items() if not k.startswith(LIMITS)})
            if edit.season is not None:
                row["season"] = edit.season

    def add(self, edit: AddRoad | AddBoat, number: int) -> None:
        """Put in a drawn line: it meets what it crosses, or (bridges and boats) what its ends touch."""
        drawn = _drawn(shapely.LineString(edit.line), self.base.crs)
        _require_modest(drawn, len(edit.line), number)
        self._count(number, km=drawn.length / 1000.0)
        if drawn.geom_type != "LineString" or drawn.length < JUNCTION_M:
            msg = "the line has no length. Draw it between two different places."
            raise EditError(number, "no_length", msg)
        look: dict[str, Any]
        if isinstance(edit, AddBoat):
            line = self._to_roads(drawn, self.rule.landing_m, number, must=True)
            minutes = edit.duration_minutes
            look = {
                "bridge": False, "surface": None, "road_class": FERRY, "route": FERRY,
                "duration_s": np.nan if minutes is None else minutes * 60.0,
            }  # fmt: skip
            stops = self._meets(line, number, ends_only=True)
        else:
            line = self._to_roads(drawn, self.rule.road_m, number, must=False)
            look = {
                "bridge": edit.bridge, "surface": edit.surface, "road_class": edit.road_class, "route": None,
                "duration_s": np.nan,
            }  # fmt: skip
            stops = self._meets(line, number, ends_only=edit.bridge)
        way: dict[str, Any] = {
            **look,
            "way_id": f"edit/{number}", "oneway": Oneway.NO.value, "tunnel": False, "maxspeed_kph": np.nan,
            "season": RoadSeason.ALL_YEAR.value, "name": edit.name, "tags": None, "from_barrier": None,
            "to_barrier": None,
        }  # fmt: skip
        at = [0.0, *(m for m, _ in stops if 0.0 < m < line.length), line.length]
        node = dict(stops)
        for k in range(len(at) - 1):
            piece = shapely.ops.substring(line, at[k], at[k + 1])
            for m in (at[k], at[k + 1]):
                if m not in node:
                    node[m] = self._new_junction()
            road_id = f"edit/{number}#{k}"
            self._put({
                **way, "road_id": road_id, "origin": "", "geometry": piece, "length_m": piece.length,
                "duration_s": way["duration_s"] * piece.length / line.length,
                "from_node": node[at[k]], "to_node": node[at[k + 1]],
            })  # fmt: skip
            if "heights_m" in self.base:
                ends = [self._height(node[m]) for m in (at[k], at[k + 1])]
                known = np.isfinite(ends).all() and way["route"] is None
                self.rows[road_id]["heights_m"] = np.array(ends if known else [], dtype=np.float32)

    def _to_roads(
        self, line: shapely.LineString, within_m: float, number: int, *, must: bool
    ) -> shapely.LineString:
        """Return the line with its ends drawn on to the nearest road."""
        xy = shapely.get_coordinates(line).tolist()
        for end in (0, -1):
            point = shapely.Point(xy[end])
            near = self._near(point.buffer(within_m))
            if near:
                best = min(near, key=lambda n: (shapely.distance(n[1], point), n[0]))[1]
                on = shapely.line_interpolate_point(best, shapely.line_locate_point(best, point))
                if shapely.distance(on, point) > 0:
                    place = shapely.get_coordinates(on)[0].tolist()
                    xy = [place, *xy] if end == 0 else [*xy, place]
            elif must:
                msg = (
                    f"the boat link ends further than {within_m:g} m from every road. "
                    "Draw it to a road or path, or add one to the landing first."
                )
                raise EditError(number, "no_landing", msg, metres=within_m)
        return shapely.LineString(xy)

    def _near(self, shape: shapely.Geometry) -> list[tuple[str, shapely.LineString]]:
        """Return (id, line) of the roads on the ground that a shape touches, as they are now."""
        hit = np.sort(self._index.query(shape, predicate="intersects"))
        hit = hit[self._ashore[hit]]
        found = [
            (i, line)
            for i, line in zip(self._ids[hit], self._lines[hit], strict=True)
            if i not in self.cut and i not in self.rows
        ]
        for road_id in self._boxes.near(shape):
            row = self.rows.get(road_id)
            if row is None or row["road_class"] in AFLOAT:
                continue
            if shapely.intersects(row["geometry"], shape):
                found.append((road_id, row["geometry"]))
        return found

    def _meets(self, line: shapely.LineString, number: int, *, ends_only: bool) -> list[tuple[float, int]]:
        """Cut the roads that a line meets; returns (metres along the line, junction)."""
        ends = [shapely.get_point(line, 0), shapely.get_point(line, -1)]
        places: list[tuple[float, shapely.Point]] = [(0.0, ends[0]), (line.length, ends[1])]
        if not ends_only:
            for road_id, other in self._near(line):
                row = self._row(road_id)
                if not (row["bridge"] or row["tunnel"]):
                    shared = shapely.get_coordinates(shapely.intersection(line, other))
                    places += [(shapely.line_locate_point(line, p), p) for p in shapely.points(shared)]
        if len(places) > MOST_CROSSINGS:
            msg = (
                f"the line meets roads {len(places)} times; a drawn road may do so "
                f"{MOST_CROSSINGS} times. Draw it in parts, without the zigzags."
            )
            raise EditError(number, "crossings", msg, times=len(places), most=MOST_CROSSINGS)
        self._count(number, crossings=len(places))
        out: dict[float, int] = {}
        for along, place in sorted(places, key=lambda p: p[0]):
            same = next((m for m in out if abs(m - along) <= JUNCTION_M), None)
            junction = self._junction_at(place)
            if same is None and junction is not None:
                out[along] = junction
        return sorted(out.items())

    def _junction_at(self, place: shapely.Point, *, on: shapely.LineString | None = None) -> int | None:
        """Return the junction at a place, made by cutting roads where there is none; None off the road.

        With ``on``, only that line, or what it was cut into.
        """
        near = self._near(place.buffer(JUNCTION_M))
        if on is not None:
            near = [(i, line) for i, line in near if shapely.covers(on.buffer(JUNCTION_M), line)]
        if not near:
            return None
        for road_id, _ in near:
            row = self._row(road_id)
            for end, node in ((0, "from_node"), (-1, "to_node")):
                if shapely.distance(shapely.get_point(row["geometry"], end), place) <= JUNCTION_M:
                    return int(row[node])
        junction = self._new_junction()
        for road_id, line in near:
            row = self._row(road_id)
            if (row["bridge"] or row["tunnel"]) and len(near) > 1 and on is None:
                continue
            self._cut(road_id, shapely.line_locate_point(line, place), junction)
        return junction

    def _cut(self, road_id: str, along_m: float, junction: int) -> None:
        """Put two pieces in a road's place, which cost what it did in proportion to their lengths."""
        row = self.touch(road_id)
        del self.rows[road_id]
        self.cut.add(road_id)
        line: shapely.LineString = row["geometry"]
        share = along_m / line.length
        closed = road_id in self.closed
        name = road_id if "~" in road_id else f"{road_id}~"
        whole = row.get(WHOLE)
        first, last = heights_span(row)
        for k, (a, b) in enumerate(((0.0, share), (share, 1.0)), start=1):
            piece = shapely.ops.substring(line, a, b, normalized=True)
            new = {
                **row, "road_id": f"{name}{k}", "geometry": piece, "length_m": piece.length,
                "duration_s": row["duration_s"] * (b - a),
                "from_node": row["from_node"] if k == 1 else junction,
                "to_node": junction if k == 1 else row["to_node"],
                "from_barrier": row["from_barrier"] if k == 1 else None,
                "to_barrier": None if k == 1 else row["to_barrier"],
                WHOLE: whole if isinstance(whole, shapely.LineString) else line,
            }  # fmt: skip
            if "heights_m" in row:
                new[HEIGHTS_FROM], new[HEIGHTS_TO] = (first + (last - first) * m for m in (a, b))
            self._put(new)
            if closed:
                self.closed.add(new["road_id"])

    def _height(self, junction: int) -> float:
        """Return the height (m) that other roads have at a junction; NaN where none is known."""
        for end, which in (("from_node", 0), ("to_node", 1)):
            there = self.base.iloc[np.flatnonzero(self._ends[end] == junction)].to_dict("records")
            touched = map(self.rows.get, self._at[end].get(junction, []))
            there += [row for row in touched if row is not None and "heights_m" in row]
            for row in there:
                heights = row["heights_m"]
                if len(heights):
                    return float(
                        np.interp(heights_span(row)[which], np.linspace(0, 1, len(heights)), heights)
                    )
        return float("nan")

    def _new_junction(self) -> int:
        self.junction += 1
        return self.junction - 1


def _opens(key: str, value: str) -> bool:
    """Return whether a tag lets somebody in: a yes to who may pass, not to a ford or to building works."""
    if key.removesuffix(FORWARD).removesuffix(BACKWARD) not in ACCESS_KEYS:
        return False
    # Of ways merged into one the worst counts, else the most open of several values.
    return all(not OPENING.isdisjoint(words_of(part)) for part in value.split(MERGED))


def _like(name: str, known: Iterable[object]) -> str:
    return suggest(name, known).replace("The file has", "There are")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def edited_facilities(  # noqa: C901 - one case an edit
    facilities: gpd.GeoDataFrame,
    edits: Sequence[Edit],
    villages: gpd.GeoDataFrame,
    *,
    buffer_m: float = np.inf,
) -> gpd.GeoDataFrame:
    """Return the facilities layer with a scenario's edits in it; the layer itself stays as it is.

    Parameters
    ----------
    facilities
        The facilities layer (Points, metric CRS), ids in its index.
    edits
        Their places are in degrees (lon, lat); edits of roads are passed over.
    villages
        The villages layer (Polygons, metric CRS), which says in which village a facility now is.
    buffer_m
        How far (metres) outside the villages' bounds one may lie.

    Returns
    -------
    facilities
        In order of their ids. A closed one stays, with ``functioning`` "no".

    Raises
    ------
    EditError
        An edit names a facility that is not there, opens one under an id that is taken, or puts one
        further than ``buffer_m`` outside the villages' bounds.

    Examples
    --------
    >>> rows = {"kind": ["pustu"], "functioning": ["yes"]}
    >>> units = gpd.GeoDataFrame(rows, index=["u1"], geometry=[shapely.Point(0, 0)], crs="EPSG:32748")
    >>> edits = [CloseFacility(id="u1")]
    >>> edited_facilities(units, edits, units)["functioning"].to_dict()
    {'u1': 'no'}
    """
    for number, edit in enumerate(edits, start=1):
        if isinstance(edit, (OpenFacility, MoveFacility)):
            require_near(villages, shapely.Point(edit.lonlat), buffer_m, number)
    out = facilities.copy()
    for number, edit in enumerate(edits, start=1):
        if not isinstance(edit, FACILITY_EDITS):
            continue
        if not isinstance(edit, OpenFacility) and edit.id not in out.index:
            msg = f"there is no facility {edit.id!r}.{_like(edit.id, out.index)}"
            raise EditError(number, "no_facility", msg, id=edit.id)
        match edit:
            case OpenFacility():
                if edit.id in out.index:
                    msg = f"the id {edit.id!r} is taken. Give the new facility another."
                    raise EditError(number, "id_taken", msg, id=edit.id)
                out = _with_facility(out, edit, villages)
            case CloseFacility():
                out.loc[edit.id, ["functioning", "closed"]] = [YesNo.NO.value, YesNo.YES.value]
            case MoveFacility():
                out.loc[[edit.id], "geometry"] = _metric(edit.lonlat, out.crs)
                out.loc[edit.id, ["status", "located_by"]] = [
                    FacilityStatus.USED.value,
                    LocatedBy.COORDINATES.value,
                ]
                out.loc[edit.id, "village_code"] = _village_of(out.loc[edit.id, "geometry"], villages)
            case ChangeFacility():
                _change(out, edit)
    return out.sort_index()


def _change(facilities: gpd.GeoDataFrame, edit: ChangeFacility) -> None:
    """Change a facility's kind or functioning; one that functions is not closed."""
    if edit.kind is not None:
        facilities.loc[edit.id, "kind"] = edit.kind
    if edit.capacity_people is not None:
        facilities.loc[edit.id, "capacity_people"] = edit.capacity_people
    if edit.functioning is None:
        return
    facilities.loc[edit.id, "functioning"] = edit.functioning
    if "closed" in facilities and edit.functioning == YesNo.YES.value:
        facilities.loc[edit.id, "closed"] = YesNo.NO.value


def _require_modest(line: shapely.LineString, points: int, number: int) -> None:
    """Raise EditError for a line that nobody builds, and that would keep everybody else waiting."""
    km = line.length / 1000.0
    if points > MOST_LINE_POINTS:
        msg = f"the line has {points} points; a drawn line may have {MOST_LINE_POINTS}."
        raise EditError(number, "points", msg, points=points, most=MOST_LINE_POINTS)
    if not km <= MOST_KM:
        msg = (
            f"the line is {km:,.0f} km long; a drawn line may have {MOST_KM:g} km. "
            "Places are [longitude, latitude]; is one of them mistyped?"
        )
        raise EditError(number, "too_long", msg, km=km, most_km=MOST_KM)


def require_few_points(edits: Iterable[Edit]) -> None:
    """Raise EditError where the drawn lines and floods of a scenario have too many points together.

    Parameters
    ----------
    edits
        Those of other things have none.

    Raises
    ------
    EditError
        Of the edit with which it is too many.

    Examples
    --------
    >>> require_few_points([AddRoad(line=[(113.69, -8.21), (113.71, -8.19)])] * 10)
    >>> require_few_points([AddRoad(line=[(113.69, -8.21), (113.71, -8.19)])] * 10_001)
    Traceback (most recent call last):
        ...
    planner.scenarios.edits.EditError: edits: edit 10001: all drawn lines and floods together have more ...
    """
    points = 0
    for number, edit in enumerate(edits, start=1):
        if isinstance(edit, (AddRoad, AddBoat)):
            points += len(edit.line)
        elif isinstance(edit, Flood):
            points += len(edit.polygon)
        if points > MOST_POINTS_TOGETHER:
            msg = (
                f"all drawn lines and floods together have more than {MOST_POINTS_TOGETHER} points. "
                "Leave some of them out, or draw them with fewer points."
            )
            raise EditError(number, "points_together", msg, most=MOST_POINTS_TOGETHER)


def require_near(villages: gpd.GeoDataFrame, shape: shapely.Geometry, buffer_m: float, number: int) -> None:
    """Raise EditError unless a shape in degrees lies, at least in part, near the villages' bounds.

    Parameters
    ----------
    villages
        The villages layer (metric CRS).
    shape
        In degrees (lon, lat).
    buffer_m
        How far (metres) outside the bounds is near; ``inf`` allows everything.
    number
        The edit's number, for the message.

    Raises
    ------
    EditError
        All of the shape is further than ``buffer_m`` outside the bounds, or cannot be put into their CRS.

    Examples
    --------
    >>> box = gpd.GeoSeries([shapely.box(107.0, -6.1, 107.1, -6.0)], crs="EPSG:4326").to_crs("EPSG:32748")
    >>> require_near(gpd.GeoDataFrame(geometry=box), shapely.Point(107.05, -6.05), 1000.0, 1)
    >>> require_near(gpd.GeoDataFrame(geometry=box), shapely.Point(-6.05, 107.05), 1000.0, 1)
    Traceback (most recent call last):
        ...
    planner.scenarios.edits.EditError: edits: edit 1: [-6.05, 107.05] is outside the study area ...
    """
    if not np.isfinite(buffer_m):
        return
    west, south, east, north = villages.total_bounds
    zone = shapely.box(west - buffer_m, south - buffer_m, east + buffer_m, north + buffer_m)
    placed = gpd.GeoSeries([shape], crs=WGS84).to_crs(villages.crs).iloc[0]
    if not np.isfinite(shapely.get_coordinates(placed)).all() or not shapely.intersects(zone, placed):
        lon, lat = shapely.get_coordinates(shape)[0].tolist()
        msg = (
            f"[{lon:g}, {lat:g}] is outside the study area and its buffer. Places are "
            "[longitude, latitude]; were they swapped, or a sign lost?"
        )
        raise EditError(number, "outside", msg)


def _with_facility(
    facilities: gpd.GeoDataFrame, edit: OpenFacility, villages: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    place = _metric(edit.lonlat, facilities.crs)
    row = {
        "kind": edit.kind, "name": edit.name or edit.id, "village_code": _village_of(place[0], villages),
        "declared_village": None, "parent_id": None, "functioning": YesNo.YES.value,
        "closed": YesNo.NO.value,
        "located_by": LocatedBy.COORDINATES.value, "status": FacilityStatus.USED.value, "source": "scenario",
        "capacity_people": edit.capacity_people,
    }  # fmt: skip
    if edit.capacity_people is not None and "capacity_people" not in facilities:
        facilities = facilities.assign(capacity_people=np.nan)
    index = pd.Index([edit.id], name=facilities.index.name, dtype=facilities.index.dtype)
    new = gpd.GeoDataFrame(
        {c: pd.Series([row.get(c)], index=index, dtype=facilities[c].dtype)
         for c in facilities.columns if c != "geometry"},
        geometry=gpd.GeoSeries(place, index=index, crs=facilities.crs), index=index,
    )  # fmt: skip
    return gpd.GeoDataFrame(pd.concat([facilities, new]), crs=facilities.crs)


def _metric(lonlat: tuple[float, float], crs: Any) -> Any:  # noqa: ANN401 - geopandas is untyped
    return gpd.GeoSeries([shapely.Point(lonlat)], crs=WGS84).to_crs(crs).to_numpy()


def _village_of(place: shapely.Point, villages: gpd.GeoDataFrame) -> str | None:
    found = village_at(np.array([place], dtype=object), villages)[0]
    return None if found is None else str(found)
