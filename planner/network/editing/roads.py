"""The pieces of roads that edits touch: closed, cut, changed and drawn, one edit after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops

from geodata.crs import WGS84
from geodata.vocabulary.roads import FERRY, ROAD_CLASSES, Oneway, RoadSeason
from geodata.vocabulary.tags import ACCESS_KEYS, BACKWARD, FORWARD, MERGED, join_tags, split_tags, words_of
from planner.network.editing.refusals import Together, like, require_few_crossings, require_modest
from planner.network.pieces import HEIGHTS_FROM, HEIGHTS_TO, WHOLE, heights_span
from planner.progress import go_on
from planner.scenarios.edits import AddBoat, AddRoad, ChangeRoad, EditError

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.scenarios.scenario import DrawingRule

# A cut this close to a junction is the junction.
JUNCTION_M = 0.1
CONDITION_TAGS = frozenset({"tracktype", "smoothness"})
AFLOAT = frozenset({FERRY, "waterway"})
# Speed limits of one direction or of some modes (maxspeed:forward).
LIMITS = "maxspeed:"
OPENING = frozenset({"yes", "designated", "permissive", "official"})


def drawn_shape(shape: shapely.Geometry, crs: Any) -> Any:  # noqa: ANN401 - geopandas is untyped
    """Return a shape drawn in degrees, valid and in the metric CRS."""
    return gpd.GeoSeries([shape], crs=WGS84).to_crs(crs).make_valid().iloc[0]


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


class EditedRoads:
    """The pieces that edits have touched so far."""

    def __init__(
        self,
        roads: gpd.GeoDataFrame,
        rule: DrawingRule | None = None,
        may_go_on: Callable[[], None] = go_on,
    ) -> None:
        self.base, self._rule, self._may_go_on = roads, rule, may_go_on
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
        self._together = Together()

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

    def flood(self, polygon: shapely.Geometry, number: int = 0) -> None:
        """Cut the roads at the outline of a flooded area; 0 is that of no edit."""
        outline = shapely.boundary(polygon)
        for _, line in self._near(outline):
            places = shapely.points(shapely.get_coordinates(shapely.intersection(line, outline)))
            self._together.count(number, crossings=len(places))
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
            msg = f"there is no road {name!r}.{like(name, known)}"
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
        """Open a way's pieces all year, to whom its class is open."""
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
        """Give a way's pieces another class, surface, speed limit or season."""
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
        line = drawn_shape(shapely.LineString(edit.line), self.base.crs)
        require_modest(line, len(edit.line), number)
        self._together.count(number, km=line.length / 1000.0)
        if line.geom_type != "LineString" or line.length < JUNCTION_M:
            msg = "the line has no length. Draw it between two different places."
            raise EditError(number, "no_length", msg)
        boat = isinstance(edit, AddBoat)
        line = self._to_roads(line, self.rule.landing_m if boat else self.rule.road_m, number, must=boat)
        stops = self._meets(line, number, ends_only=isinstance(edit, AddBoat) or edit.bridge)
        self._put_line(line, dict(stops), _way(edit, number))

    def _put_line(self, line: shapely.LineString, node: dict[float, int], way: dict[str, Any]) -> None:
        """Put in a new way's pieces, from junction to junction: ``node`` by metres along the line."""
        at = [0.0, *(m for m in node if 0.0 < m < line.length), line.length]
        for k in range(len(at) - 1):
            piece = shapely.ops.substring(line, at[k], at[k + 1])
            for m in (at[k], at[k + 1]):
                if m not in node:
                    node[m] = self._new_junction()
            road_id = f"{way['way_id']}#{k}"
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
        require_few_crossings(len(places), number)
        self._together.count(number, crossings=len(places))
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
        self._may_go_on()
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


def _way(edit: AddRoad | AddBoat, number: int) -> dict[str, Any]:
    """Return what a drawn road or boat link is, whatever piece of it."""
    own: dict[str, Any]
    if isinstance(edit, AddBoat):
        minutes = edit.duration_minutes
        own = {
            "bridge": False, "surface": None, "road_class": FERRY, "route": FERRY,
            "duration_s": np.nan if minutes is None else minutes * 60.0,
        }  # fmt: skip
    else:
        own = {
            "bridge": edit.bridge, "surface": edit.surface, "road_class": edit.road_class, "route": None,
            "duration_s": np.nan,
        }  # fmt: skip
    return {
        **own,
        "way_id": f"edit/{number}", "oneway": Oneway.NO.value, "tunnel": False, "maxspeed_kph": np.nan,
        "season": RoadSeason.ALL_YEAR.value, "name": edit.name, "tags": None, "from_barrier": None,
        "to_barrier": None,
    }  # fmt: skip


def _opens(key: str, value: str) -> bool:
    """Return whether a tag lets somebody in: a yes to who may pass, not to a ford or to building works."""
    if key.removesuffix(FORWARD).removesuffix(BACKWARD) not in ACCESS_KEYS:
        return False
    # Of ways merged into one the worst counts, else the most open of several values.
    return all(not OPENING.isdisjoint(words_of(part)) for part in value.split(MERGED))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
