"""The small map of a sheet as SVG: the village, those around it, units, and the ways to the nearest."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.reports.maps.symbols import symbol_of
from planner.reports.senders.cells import shown
from planner.reports.stops import named_in
from planner.texts.catalogues import ilp_texts
from planner.texts.formatter import Formatter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.ilp.model import Ilp
    from planner.reports.village_sheets.ways import WayToUnit

WIDTH, HEIGHT = 490, 420
# Around the village; and how much larger the frame may grow so that nearest units are in it.
MARGIN, GROWTH = 0.15, 2.2
LEAST_M = 1500.0
# A unit this close to the edge is widened to; a part of a village with less of its area is an islet.
EDGE, ISLET = 0.05, 0.05
# Of outlines and roads: less is not seen on any sheet.
FINE_M = 2.0
RIM = 3.0  # of the drawing: more than half of the widest line
FONT = 'font-family="Libertinus Serif, Georgia, serif"'
LETTER = 0.5  # of the letter's height, a letter's mean width
HALO = f'{FONT} stroke="#fff" stroke-width="3" paint-order="stroke" stroke-linejoin="round"'
NAME_CHARACTERS = 26
MAIN_ROADS = ("motorway", "trunk", "primary", "secondary", "ferry")
Bounds = tuple[float, float, float, float]
INK, WAY, ROAD, LINE, SEA = "#1b1b1b", "#0b57a4", "#b9a98c", "#b5b5b5", "#fbfaf7"
SCALES_M = tuple(step * 10**power for power in range(1, 6) for step in (1, 2, 5))


@dataclass(frozen=True)
class _Frame:
    """How metres become units of the drawing."""

    west: float
    north: float
    per_m: float

    @property
    def fine_m(self) -> float:
        """What is shorter (metres) is not seen."""
        return 0.7 / self.per_m

    @property
    def box(self) -> shapely.Polygon:
        """The frame (metres)."""
        return shapely.box(
            self.west, self.north - HEIGHT / self.per_m, self.west + WIDTH / self.per_m, self.north
        )

    def xy(self, x: float, y: float) -> tuple[float, float]:
        """Return a place of the drawing."""
        return (x - self.west) * self.per_m, (self.north - y) * self.per_m

    def paths(self, lines: NDArray[np.object_], *, closed: bool = False) -> str:
        """Return lines as one path of SVG, in whole units; points that fall together are one."""
        xy, of = shapely.get_coordinates(lines, return_index=True)
        if len(xy) == 0:
            return ""
        at = np.rint((xy - (self.west, self.north)) * (self.per_m, -self.per_m)).astype(np.int64)
        first = np.concatenate([[True], of[1:] != of[:-1]])
        moved = np.concatenate([[True], (at[1:] != at[:-1]).any(axis=1)])
        kept = first | moved
        starts = np.where(first[kept], "Z M" if closed else "M", "L").tolist()
        points = zip(starts, at[kept, 0].tolist(), at[kept, 1].tolist(), strict=True)
        path = "".join(f"{start}{x} {y}" for start, x, y in points)
        return path.removeprefix("Z ") + "Z" if closed else path


@dataclass
class _Labels:
    """Names that do not lie on each other: the first that asks gets the room."""

    taken: list[Bounds] = field(default_factory=list)

    def keep(self, x: float, y: float, half: float) -> None:
        """Keep the room of a symbol."""
        self.taken.append((x - half, y - half, x + half, y + half))

    def put(self, name: str, places: Iterable[tuple[float, float]], size: float, look: str = "") -> str:
        """Return a name at the first of some places (its left, its base line) that is free; "" if none is."""
        text = shown(name, NAME_CHARACTERS)
        wide = len(text) * size * LETTER
        for x, y in places:
            box = (x, y - size * 0.8, x + wide, y + size * 0.25)
            inside = box[0] >= 1 and box[2] <= WIDTH - 1 and box[1] >= 1 and box[3] <= HEIGHT - 1
            if inside and not any(_meet(box, other) for other in self.taken):
                self.taken.append(box)
                return (
                    f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size:g}" {HALO} {look}>{escape(text)}</text>'
                )
        return ""


def _meet(a: Bounds, b: Bounds) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


class Drawing:
    """Draws the maps of an area's villages.

    Parameters
    ----------
    ilp
        The answers.
    lang
        ``id`` or ``en``.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> svg = Drawing(Ilp(find_gaps(demo_layers(12))), "en").draw("99.01.01.1001")
    >>> svg.startswith("<svg"), "Sukarekaan" in svg
    (True, True)
    """

    def __init__(self, ilp: Ilp, lang: str) -> None:
        layers = ilp.gaps.layers
        self.t, write = ilp_texts()[lang], Formatter(lang)
        self.lengths = {
            metres: f"{write.plain(metres / 1000)} km" if metres >= 1000 else f"{write.plain(metres)} m"
            for metres in SCALES_M
        }
        self.villages, self.names = layers.villages.geometry, layers.villages["village_name"].tolist()
        self.codes = self.villages.index.to_numpy(dtype=object)
        # Each village is on the sheets of all its neighbours.
        self.outlines = shapely.simplify(self.villages.to_numpy(), FINE_M)
        self.around = shapely.STRtree(self.outlines)
        self.roads = [_merged(layers, main=main) for main in (False, True)]
        self.trees = [shapely.STRtree(lines) for lines in self.roads]
        rows = layers.facilities
        rows = rows.assign(name=named_in(rows["name"], lang))
        group = {k: k for k in ilp.kinds}
        for kind, rule in ilp.gaps.scenario.standard.items():
            group |= {other: kind for other in rule.counts if other not in group}
        rows = rows[(rows["status"] == FacilityStatus.USED) & rows["kind"].isin(list(group))]
        self.units = _drawn(rows, group)
        self.name_of = rows["name"].to_dict()
        self.points = shapely.STRtree(rows.geometry.to_numpy())

    def draw(self, code: str, ways: Sequence[WayToUnit] = ()) -> str:
        """Return a village's map as SVG: roads, names, units, ways, a scale and north.

        Parameters
        ----------
        code
            The village's.
        ways
            Its ways to nearest units, where they are to be drawn: finding them takes longer than the rest.

        Raises
        ------
        KeyError
            The area has no such village.
        """
        shape = self.villages.loc[code]
        frame = self._frame(shape, [w.goal for w in ways])
        labels = _Labels()
        # Room for the scale and north.
        labels.taken += [(0, HEIGHT - 26, 130, HEIGHT), (WIDTH - 30, 0, WIDTH, 44)]
        parts = [self._ground(code, frame), self._roads(frame)]
        lines = [self._way(w.line, frame) for w in ways]
        near = {w.facility_id for w in ways}
        symbols, names = self._units(frame, near, labels)
        exits = [self._exit(w.line, str(self.name_of.get(w.facility_id, "")), frame, labels) for w in ways]
        names += exits + self._village_names(code, frame, labels)
        dots = [_home(at) for at in dict.fromkeys(frame.xy(*w.line.coords[0]) for w in ways)]
        furniture = [_scale(frame, self.lengths), _north(self.t["pws_north"])]
        body = "".join([*parts, *lines, *symbols, *dots, *names, *furniture])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(code)}"><rect width="{WIDTH}" height="{HEIGHT}" fill="{SEA}"/>{body}</svg>'
        )

    def _frame(self, shape: shapely.Geometry, goals: list[shapely.Point]) -> _Frame:
        """Return the village's frame, larger where a nearest unit is then in it."""
        own = _box_of(_settled_bounds(shape))
        most = (own[2] - own[0]) * GROWTH
        for goal in sorted(goals, key=shape.distance):
            pad = EDGE * (own[2] - own[0])
            if shapely.box(*own).buffer(-pad).covers(goal):
                continue
            wider = _box_of(_together(own, goal.bounds), margin=EDGE, least_m=0.0)
            if wider[2] - wider[0] <= most:
                own = wider
        return _Frame(own[0], own[3], WIDTH / (own[2] - own[0]))

    def _ground(self, code: str, frame: _Frame) -> str:
        # Cut a little outside of the frame, so that no cut is seen.
        rim = frame.box.buffer(RIM / frame.per_m, join_style="mitre")
        near = np.sort(self.around.query(rim))
        shapes = shapely.simplify(shapely.clip_by_rect(self.outlines[near], *rim.bounds), frame.fine_m)
        mine = self.codes[near] == code
        return (
            f'<path d="{_rings(shapes[~mine], frame)}" fill="#f1efe9" stroke="{LINE}" stroke-width="1"/>'
            f'<path d="{_rings(shapes[mine], frame)}" fill="#dfeaf6" stroke="#0b3a6b" stroke-width="2.4"/>'
        )

    def _roads(self, frame: _Frame) -> str:
        out = []
        for lines, tree, width in zip(self.roads, self.trees, (0.9, 2.2), strict=True):
            some = shapely.clip_by_rect(lines[np.sort(tree.query(frame.box))], *frame.box.bounds)
            path = frame.paths(shapely.get_parts(shapely.simplify(some, frame.fine_m)))
            out.append(
                f'<path d="{path}" fill="none" stroke="{ROAD}" stroke-width="{width}"/>' if path else ""
            )
        return "".join(out)

    def _way(self, line: shapely.LineString, frame: _Frame) -> str:
        inside = shapely.simplify(shapely.clip_by_rect(line, *frame.box.bounds), frame.fine_m)
        path = frame.paths(shapely.get_parts(inside))
        if not path:
            return ""
        return (
            f'<path d="{path}" fill="none" stroke="#fff" stroke-width="6" stroke-linejoin="round"/>'
            f'<path d="{path}" fill="none" stroke="{WAY}" stroke-width="3" stroke-linejoin="round"/>'
        )

    def _units(self, frame: _Frame, near: set[str], labels: _Labels) -> tuple[list[str], list[str]]:
        """Return symbols, and the names of the nearest units, then of the others while there is room."""
        rows = [self.units[i] for i in np.sort(self.points.query(frame.box)).tolist()]
        symbols, named = [], []
        for one in rows:
            x, y = frame.xy(one.x, one.y)
            symbols.append(symbol(one.symbol, x, y, hollow=one.hollow))
            labels.keep(x, y, 6)
            far, small = one.id not in near, one.symbol == "posyandu"
            if not (far and small):
                named.append((far, small, x, y, one.name))
        names = []
        # Among equals as they stand.
        for _far, _small, x, y, name in sorted(named, key=lambda n: n[:2]):
            wide = len(shown(name, NAME_CHARACTERS)) * 12 * LETTER
            spots = [(x + 9, y + 4), (x - 9 - wide, y + 4), (x - wide / 2, y - 10), (x - wide / 2, y + 19)]
            names.append(labels.put(name, spots, 12, f'fill="{INK}"'))
        return symbols, names

    def _exit(self, line: shapely.LineString, name: str, frame: _Frame, labels: _Labels) -> str:
        """Return the name of a unit that lies beyond the frame, where the way leaves it."""
        if frame.box.covers(shapely.Point(line.coords[-1])):
            return ""
        crossing = shapely.get_coordinates(line.intersection(frame.box.exterior))
        if len(crossing) == 0:
            return ""
        x, y = frame.xy(*crossing[0].tolist())
        text = self.t["pws_towards"].format(name=shown(name, 20))
        wide = len(text) * 12 * LETTER
        x = min(max(x - wide / 2, 3), WIDTH - wide - 3)
        spots = [(x, min(max(y + dy, 14), HEIGHT - 30)) for dy in (0, 16, -16, 32, -32, 48, -48)]
        return labels.put(text, spots, 12, f'fill="{WAY}" font-style="italic"')

    def _village_names(self, code: str, frame: _Frame, labels: _Labels) -> list[str]:
        at = np.sort(self.around.query(frame.box))
        pieces = shapely.clip_by_rect(self.outlines[at], *frame.box.bounds)
        area = shapely.area(pieces)
        at, pieces, area = at[area > 0], pieces[area > 0], area[area > 0]
        mine = self.codes[at] == code
        spots_xy = shapely.get_coordinates(shapely.point_on_surface(pieces))
        out = []
        for i in np.lexsort((-area, ~mine)).tolist():
            x, y = frame.xy(*spots_xy[i].tolist())
            name, size = str(self.names[at[i]]), 15 if mine[i] else 12
            wide = len(shown(name, NAME_CHARACTERS)) * size * LETTER
            spots = [(x - wide / 2, y + dy) for dy in (4, 20, -12, 36, -28)]
            look = 'fill="#0b3a6b" font-weight="bold"' if mine[i] else 'fill="#666"'
            out.append(labels.put(name, spots, size, look))
        return out


def _together(a: Bounds, b: Bounds) -> Bounds:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _settled_bounds(shape: shapely.Geometry) -> Bounds:
    """Return the bounds of a village without islets far away: they would make a speck of all else."""
    parts = shapely.get_parts(shape)
    area = shapely.area(parts)
    order = np.argsort(-area, kind="stable")
    bounds = [tuple(row) for row in shapely.bounds(parts).tolist()]
    found: Bounds = bounds[order[0]]
    first = _box_of(found)
    for part in order[1:].tolist():
        wider = _together(found, bounds[part])
        box = _box_of(wider)
        if area[part] >= ISLET * area.sum() or box[2] - box[0] <= GROWTH * (first[2] - first[0]):
            found = wider
    return found


def _box_of(bounds: Bounds, *, margin: float = MARGIN, least_m: float = LEAST_M) -> Bounds:
    """Return bounds with a margin, and as wide to their height as the drawing is."""
    west, south, east, north = bounds
    wide = max(east - west, (north - south) * WIDTH / HEIGHT, least_m) * (1 + 2 * margin)
    tall = wide * HEIGHT / WIDTH
    x, y = (west + east) / 2, (south + north) / 2
    return x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2


def _rings(shapes: Any, frame: _Frame) -> str:  # noqa: ANN401 - an array or list of polygons
    return frame.paths(shapely.get_rings(shapely.get_parts(shapes)), closed=True)


def _merged(layers: Layers, *, main: bool) -> NDArray[np.object_]:
    """Return the roads, main ones or the others, as few long lines."""
    roads = layers.roads
    if roads is None:
        return np.empty(0, dtype=object)
    chosen = roads["road_class"].str.removesuffix("_link").isin(MAIN_ROADS).to_numpy() == main
    lines = roads.geometry.to_numpy()[chosen]
    merged: NDArray[np.object_] = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    simple: NDArray[np.object_] = shapely.simplify(merged, FINE_M)
    return simple


class _Unit(NamedTuple):
    """A unit to be drawn: as a row of a table each would take a hundred times as long."""

    id: str
    symbol: str
    name: str
    hollow: bool
    x: float
    y: float


def _drawn(rows: gpd.GeoDataFrame, group: Mapping[str, str]) -> list[_Unit]:
    xy = shapely.get_coordinates(rows.geometry.to_numpy()).tolist()
    # Text read out of Arrow one by one takes ten times as long.
    ids = rows.index.to_numpy(dtype=object)
    kinds, names, works = (rows[c].to_numpy(dtype=object) for c in ("kind", "name", "functioning"))
    return [
        _Unit(unit, group[kind], str(name), functioning == YesNo.NO, x, y)
        for unit, kind, name, functioning, (x, y) in zip(ids, kinds, names, works, xy, strict=True)
    ]


def symbol(kind: str, x: float, y: float, *, hollow: bool = False) -> str:
    """Return a unit's sign as SVG: told apart by its shape, so that it is clear without colours too.

    Parameters
    ----------
    kind
        Of the standard: a puskesmas is a square and a pustu a circle with a cross, a posyandu a triangle, a
        hospital a black square with an H; all else a plain circle.
    x, y
        Its middle.
    hollow
        It does not function.

    Examples
    --------
    >>> symbol("posyandu", 10, 20)[:15]
    '<path d="M5.0 2'
    """
    colour = symbol_of(kind).color
    look = f'fill="{"#fff" if hollow else colour}" stroke="{colour if hollow else "#fff"}" stroke-width="1.3"'
    ink = colour if hollow else "#fff"
    cross = f'<path d="M{x - 4:.1f} {y:.1f}h8M{x:.1f} {y - 4:.1f}v8" stroke="{ink}" stroke-width="2"/>'
    if kind in ("puskesmas", "hospital"):
        square = f'<rect x="{x - 6.5:.1f}" y="{y - 6.5:.1f}" width="13" height="13" {look}/>'
        letter = f'<path d="M{x - 3:.1f} {y - 4:.1f}v8m6 -8v8m-6 -4h6" stroke="{ink}" stroke-width="1.8"/>'
        return square + (cross if kind == "puskesmas" else letter)
    if kind == "posyandu":
        return f'<path d="M{x - 5:.1f} {y + 4:.1f}h10l-5 -9z" {look}/>'
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" {look}/>'
    return circle + cross if kind == "pustu" else circle


def sign(kind: str) -> str:
    """Return a unit's sign as a picture of its own (SVG), for a legend.

    Parameters
    ----------
    kind
        Of the standard.

    Examples
    --------
    >>> sign("pustu")[:4]
    '<svg'
    """
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">{symbol(kind, 8, 8)}</svg>'


def _home(place: tuple[float, float]) -> str:
    x, y = place
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="#fff" stroke="{WAY}" stroke-width="2"/>'


def _north(letter: str) -> str:
    return (
        f'<g transform="translate({WIDTH - 16} 26)"><path d="M0 -20l6 16l-6 -4l-6 4z" fill="{INK}"/>'
        f'<text x="-5" y="12" font-size="13" {HALO} fill="{INK}">'
        f"{escape(letter)}</text></g>"
    )


def _scale(frame: _Frame, said_of: Mapping[int, str]) -> str:
    """Return a bar of a round length, with its length."""
    long_m = max(s for s in SCALES_M if s * frame.per_m <= 100 or s == SCALES_M[0])
    wide, said = long_m * frame.per_m, said_of[long_m]
    y = HEIGHT - 9
    return (
        f'<path d="M8 {y - 5}v5h{wide:.1f}v-5" fill="none" stroke="#fff" stroke-width="5"/>'
        f'<path d="M8 {y - 5}v5h{wide:.1f}v-5" fill="none" stroke="{INK}" stroke-width="1.6"/>'
        f'<text x="{12 + wide:.0f}" y="{y + 1}" font-size="12" {HALO} fill="{INK}">'
        f"{escape(said)}</text>"
    )
