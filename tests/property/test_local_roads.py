"""Roads for local traffic, barriers and one-way streets, against the words of docs/METHODS.md said slowly."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support import CRS, EAST, NORTH, at, box, facilities, layers, line, roads, villages

from planner.coverage.study import Study
from planner.network.build import build_network
from planner.scenarios.edits import AddRoad, ChangeRoad, CloseRoad, ReopenRoad
from planner.scenarios.modes import SEASONS, Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.access import Stops
from planner.travel.frames import travel_by
from planner.travel.paths import find_path
from planner.travel.router import Router

SCENARIO = default_scenario()
MODES = ("car", "motorcycle")
KPH = {
    "car": {"residential": 20, "primary": 50, "tertiary": 30},
    "motorcycle": {"residential": 20, "primary": 45, "tertiary": 30, "path": 8},
}
# What a tag makes of a road: for local traffic, or closed.
LOCAL_TO = {
    "access=destination": MODES, "access=customers": MODES, "access=residents": MODES,
    "access=destination|motorcycle=yes": ("car",), "access=yes|motorcycle=delivery": ("motorcycle",),
}  # fmt: skip
CLOSED_TO = {"motor_vehicle=private": MODES, "access=no|motorcycle=yes": ("car",)}
# A bollard stops a car, not a motorcycle; a private gate both; a gate where customers pass nobody.
STOPPED = {
    "barrier=bollard": ("car",), "access=private|barrier=gate": MODES, "barrier=gate": (),
    "access=customers|barrier=gate": (),
}  # fmt: skip
EVERY = (0, 1, 2)
CLOSE = {"rtol": 1e-9, "atol": 2e-6}
QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much)
DEGREES = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)

# Junctions of a crooked grid: no two streets are equally long, so that one part of a town is the longest.
WIDE, HIGH = 4, 3
CROOKED = [(0, 0), (7, 31), (-23, 5), (13, -17), (29, 11), (-5, -37), (41, 19), (-11, 3), (17, -29),
           (-31, 23), (3, 43), (-19, -7)]  # fmt: skip
XY = [
    (340.0 * x + dx, 320.0 * y + dy)
    for (x, y), (dx, dy) in zip(itertools.product(range(WIDE), range(HIGH)), CROOKED, strict=True)
]
BESIDE = [(n, n + 1) for n in range(WIDE * HIGH) if (n + 1) % HIGH]
BESIDE += [(n, n + HIGH) for n in range((WIDE - 1) * HIGH)]
ACROSS = [(n, n + HIGH + 1) for n in range((WIDE - 1) * HIGH) if (n + 1) % HIGH]
FAR = [
    (a, b)
    for a, b in itertools.combinations(range(WIDE * HIGH), 2)
    if (a, b) not in BESIDE + ACROSS
    and all(
        shapely.LineString([XY[a], XY[b]]).distance(shapely.Point(XY[n])) > 40
        for n in set(range(WIDE * HIGH)) - {a, b}
    )
]


@dataclass(frozen=True)
class Road:
    """A street between two junctions, with its tags and what edits made of it."""

    start: int
    stop: int
    xy: tuple[tuple[float, float], ...]
    road_class: str = "residential"
    oneway: str = "no"
    season: str = "all_year"
    tags: str | None = None
    from_barrier: str | None = None
    to_barrier: str | None = None
    closed: bool = False
    edited: bool = False  # put in or opened by an edit

    @property
    def length_m(self):
        return sum(math.dist(a, b) for a, b in itertools.pairwise(self.xy))

    def row(self):
        return {
            "from": self.start, "to": self.stop, "geometry": line(*self.xy), "road_class": self.road_class,
            "oneway": self.oneway, "season": self.season, "tags": self.tags,
            "from_barrier": self.from_barrier, "to_barrier": self.to_barrier,
        }  # fmt: skip

    def local(self, mode):
        return mode in LOCAL_TO.get(self.tags, ())

    def usable(self, mode, season):
        barred = self.closed or mode in CLOSED_TO.get(self.tags, ()) or self.road_class not in KPH[mode]
        return not barred and (season == "dry" or self.season == "all_year")

    def ends(self, number, mode):
        """Where its two ends lead: to the junction, or up to a barrier."""
        first = ("barrier", number, 0) if mode in STOPPED.get(self.from_barrier, ()) else self.start
        last = ("barrier", number, 1) if mode in STOPPED.get(self.to_barrier, ()) else self.stop
        return first, last

    def ways(self, number, mode):
        """The directions it may be driven in: (where from, where to, whether along the line)."""
        first, last = self.ends(number, mode)
        both = [(first, last, True), (last, first, False)]
        return [w for w in both if self.oneway == "no" or w[2] == (self.oneway == "yes")]

    def seconds(self, mode):
        return 3.6 * self.length_m / KPH[mode][self.road_class]

    def place(self, share):
        whole = line(*self.xy)
        return whole.interpolate(share, normalized=True)


def _parts(town, mode):
    """For each of the pieces of land that roads connect: (length, roads) of the parts that are not local.

    Whichever season a road is open in, it counts; within a part one gets from every place to every other.
    """
    whole, others, open_ = nx.Graph(), nx.DiGraph(), {}
    for number, road in enumerate(town):
        if any(road.usable(mode, season) for season in SEASONS):
            whole.add_edge(*road.ends(number, mode))
            if not road.local(mode):
                open_[number] = road
                others.add_edges_from(way[:2] for way in road.ways(number, mode))
    for land in nx.connected_components(whole):
        parts = []
        for part in nx.strongly_connected_components(others.subgraph(land)):
            mine = {n for n, road in open_.items() if set(road.ends(n, mode)) <= part}
            parts.append((sum(town[n].length_m for n in mine), mine))
        yield sorted(parts, key=lambda p: p[0], reverse=True)


def _for_all(town, mode):
    """The roads of the main parts."""
    out = set()
    for parts in _parts(town, mode):
        if len(parts) > 1 and parts[1][0] > 0:
            # Of parts equally long either may be the main one: such towns say nothing.
            assume(parts[0][0] > parts[1][0] + 1e-3)
        out |= parts[0][1] if parts else set()
    return out


def _stretches(town, mode):
    """On which of the three stretches each road of a town without edits may be used."""
    main = _for_all(town, mode)
    return [
        (0, 2) if road.local(mode) else (1,) if number in main else EVERY for number, road in enumerate(town)
    ]


def _after_edits(town, before):
    """The stretches with edits: as before them, but a road that one puts in or opens has every stretch."""
    before = [*before, *[EVERY] * (len(town) - len(before))]
    return [EVERY if road.edited else use for road, use in zip(town, before, strict=True)]


def _arcs(number, road, mode, use, starts, stops):
    """The arcs of an open road over (junction, stretch), and those of the places on it."""
    for end in road.ends(number, mode):
        yield (end, 0), (end, 1), 0.0
        yield (end, 1), (end, 2), 0.0
    whole = road.seconds(mode)
    for begin, end, along in road.ways(number, mode):
        left = {p: p[1] if along else 1 - p[1] for p in starts if p[0] == number}
        met = {p: p[1] if along else 1 - p[1] for p in stops if p[0] == number}
        for stretch in use:
            yield (begin, stretch), (end, stretch), whole
            yield from ((("start", p), (end, stretch), (1 - share) * whole) for p, share in left.items())
            yield from (((begin, stretch), ("stop", p), share * whole) for p, share in met.items())
        for (p, a), (q, b) in itertools.product(left.items(), met.items()):
            if a <= b:
                yield ("start", p), ("stop", q), (b - a) * whole


def _slow_times(town, use, mode, season, starts, stops):
    """Seconds from places to places, each (road, share of it): by search over (junction, stretch)."""
    graph = nx.DiGraph()
    for number, road in enumerate(town):
        if road.usable(mode, season):
            for a, b, seconds in _arcs(number, road, mode, use[number], starts, stops):
                if seconds < graph.get_edge_data(a, b, {"weight": np.inf})["weight"]:
                    graph.add_edge(a, b, weight=seconds)
    out = np.full((len(starts), len(stops)), np.inf)
    for i, start in enumerate(starts):
        if ("start", start) in graph:
            found = nx.single_source_dijkstra_path_length(graph, ("start", start))
            out[i] = [found.get(("stop", stop), np.inf) for stop in stops]
    return out


TAGS = [None, *LOCAL_TO, *CLOSED_TO]
BARRIERS = [None, *STOPPED]


def _mostly_first(draw, few, choices):
    """The first of some choices, unless a number from 0 to 7 is among the few."""
    return draw(st.sampled_from(choices[1:])) if draw(st.integers(0, 7)) >= 8 - few else choices[0]


@st.composite
def _towns(draw):
    """A town on the crooked grid; each has its own share of one-way, local, gated and dry-season streets."""
    oneways, tagged, gated, dry = (draw(st.integers(0, n)) for n in (5, 4, 1, 2))
    # Some lie on both banks of a river without a bridge.
    river = draw(st.integers(0, 3)) == 3
    town = []
    for a, b in BESIDE:
        if draw(st.integers(0, 9)) < 9 and not (river and a < 2 * HIGH <= b):
            town.append(
                Road(
                    a, b, (XY[a], XY[b]), draw(st.sampled_from(["residential", "primary"])),
                    _mostly_first(draw, oneways, ["no", "yes", "reverse"]),
                    _mostly_first(draw, dry, ["all_year", "dry_only"]), _mostly_first(draw, tagged, TAGS),
                    _mostly_first(draw, gated, BARRIERS), _mostly_first(draw, gated, BARRIERS),
                )
            )  # fmt: skip
    return [*town, Road(90, 91, ((-400.0, -400.0), (-400.0, -700.0)))]


TOWNS = _towns()
NUMBERS = st.integers(0, 30)
SOME = st.lists(NUMBERS, min_size=1, max_size=3)


def _joined(router, town, places, ids):
    """Places with one access point each, on their own street, as the twin has it."""
    points = np.empty(len(places), dtype=object)
    points[:] = [town[number].place(share) for number, share in places]
    on_edge = None
    if router.base is None:
        on_edge = router.network.edge_id.get_indexer([ids[number] for number, _ in places])
    found = router.stops(points, on_edge=on_edge)
    assert router.network.edge_id[found.nearest.edge].tolist() == [ids[number] for number, _ in places]
    assert (found.access_m < 1e-6).all()
    stops = Stops(router.access, points, found.nearest, found.landmass, found.xy)
    stops.__dict__["leaving"] = stops.__dict__["arriving"] = stops.nearest
    return stops


def _agrees(router, town, use, some, cutoff_s, ids=None):
    """Ask a router for everything it tells, between all streets, and compare with the twin."""
    mode, season = router.profile
    ids = ids or [f"e{number}" for number in range(len(town))]
    open_ = [number for number, road in enumerate(town) if road.usable(mode, season)]
    starts, stops = ([(number, share) for number in open_] for share in (0.3, 0.6))
    a, b = _joined(router, town, starts, ids), _joined(router, town, stops, ids)
    few = list(dict.fromkeys(k % len(open_) for k in some))
    c = _joined(router, town, [stops[k] for k in few], ids)
    to = _slow_times(town, use, mode, season, starts, stops)
    back = _slow_times(town, use, mode, season, stops, starts).T
    for direction, slow in (("to_facility", to), ("from_facility", back)):
        np.testing.assert_allclose(router.matrix(a, b, direction=direction), slow, **CLOSE)
        times = router.nearest(a, c, direction=direction)
        np.testing.assert_allclose(times.travel_s, slow[:, few].min(axis=1), **CLOSE)
        assert ((times.facility < 0) == np.isinf(times.travel_s)).all()
        two, _ = router.nearest_k(a, b, 2, direction=direction)
        np.testing.assert_allclose(two[:, : len(b)], np.sort(slow, axis=1)[:, :2], **CLOSE)
        # Both ways to look for what is near: searches, and walks down the hierarchy.
        for many in (1000, 1):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("planner.travel.router.MANY_FACILITIES", many)
                pairs = router.within(a, b, cutoff_s, direction=direction, workers=1)
            near = np.full(slow.shape, np.inf)
            near[pairs.place, pairs.facility] = pairs.travel_s
            clear = np.abs(slow - cutoff_s) > 1e-4
            np.testing.assert_allclose(near[clear], np.where(slow <= cutoff_s, slow, np.inf)[clear], **CLOSE)
    # Paths take longer: those few, and some whose time the rule decides.
    free = _slow_times(town, [EVERY] * len(town), mode, season, starts, stops)
    ruled = np.argwhere(np.nan_to_num(to, posinf=1e9) > np.nan_to_num(free, posinf=1e9) + 1e-3)
    pairs = [(few[0], k) for k in few] + [tuple(ruled[k % len(ruled)]) for k in some if len(ruled)]
    for p, q in pairs:
        path = find_path(router, *(_joined(router, town, [s], ids) for s in (starts[p], stops[q])))
        np.testing.assert_allclose(np.inf if path is None else path.travel_s, to[p, q], **CLOSE)


@pytest.mark.slow
@settings(max_examples=32, deadline=None, suppress_health_check=QUIET)
@given(TOWNS, SOME, st.sampled_from(MODES), st.integers(20, 400))
def test_trips_run_along_local_roads_then_others_then_local_roads(town, some, mode, cutoff_s):
    use = _stretches(town, mode)
    network = build_network(roads([road.row() for road in town]), SCENARIO, modes=MODES)
    for season in SEASONS:
        router = Router(network, Profile(mode, season), rule=SCENARIO.access)
        _agrees(router, town, use, some, float(cutoff_s))


# --- Edits -----------------------------------------------------------------------------------------------


def _lonlat(x, y):
    return DEGREES.transform(EAST + x, NORTH + y)


def _new_road(pair, road_class="residential"):
    """A road between two places of the grid, which meets no other on its way, and the edit that adds it."""
    a, b = XY[pair[0]], XY[pair[1]]
    # Beside a street it goes in a bow.
    bow = ((a[0] + b[0] + (a[1] - b[1]) / 3) / 2, (a[1] + b[1] + (b[0] - a[0]) / 3) / 2)
    xy = (a, bow, b) if pair in BESIDE else (a, b)
    edit = AddRoad.model_validate(
        {"op": "add_road", "line": [_lonlat(*p) for p in xy], "class": road_class, "bridge": pair in FAR}
    )
    return Road(*pair, xy, road_class, edited=True), edit


PAIRS = st.sampled_from(BESIDE + ACROSS + FAR)
CLASSES = st.sampled_from(["residential", "primary", "path"])
NEW = st.tuples(st.just("add"), PAIRS, st.sampled_from(["residential", "primary"]))
OPEN_UP = st.tuples(st.just("reopen"), NUMBERS, st.none())
EDITS = st.lists(
    st.one_of(
        NEW, OPEN_UP, st.tuples(st.just("close"), NUMBERS, st.none()),
        st.tuples(st.just("change"), NUMBERS, CLASSES),
    ),
    min_size=1, max_size=5, unique_by=lambda e: e[1] if e[0] == "add" else e,
)  # fmt: skip


def _edited(town, wishes):
    """The town after edits, with the ids of its roads, and the edits."""
    after, ids, edits = list(town), [f"e{number}" for number in range(len(town))], []
    for wish, what, road_class in wishes:
        if wish == "add":
            road, edit = _new_road(what, road_class)
            after.append(road)
            edits.append(edit)
            ids.append(f"edit/{len(edits)}#0")
            continue
        # Most edits are of roads with a tag, where there are any.
        these = [n for n, road in enumerate(town) if road.tags or what % 4 == 0] or [0]
        number = these[what % len(these)]
        road, name = after[number], f"w{number}"
        if wish == "close":
            after[number] = replace(road, closed=True)
            edits.append(CloseRoad(op="close_road", road=name))
        elif wish == "reopen":
            own = "motorcycle=yes" if "motorcycle=yes" in (road.tags or "") else None
            after[number] = replace(
                road,
                closed=False,
                season="all_year",
                tags=own,
                from_barrier=None,
                to_barrier=None,
                edited=True,
            )
            edits.append(ReopenRoad(op="reopen_road", road=name))
        else:
            after[number] = replace(road, road_class=road_class)
            edits.append(ChangeRoad.model_validate({"op": "change_road", "road": name, "class": road_class}))
    return after, ids, tuple(edits)


def _layers(town):
    area = villages({"99.01.01.2001": (box(-2000, -2000, 4000, 4000), 100.0)})
    units = facilities([("P1", "puskesmas", at(*XY[5]), "99.01.01.2001")])
    return layers(area, roads([road.row() for road in town]), units)


def _travel(area, mode, season, edits=()):
    return travel_by(area, mode, season=season, scenario=SCENARIO.model_copy(update={"edits": edits}))


@pytest.mark.slow
@settings(max_examples=22, deadline=None, suppress_health_check=QUIET)
@given(
    TOWNS, EDITS, SOME, st.sampled_from(MODES), st.integers(20, 400),
    st.sampled_from(["travel", "travel", "study"]),
)  # fmt: skip
def test_edits_never_change_what_is_local(town, wishes, some, mode, cutoff_s, through):
    after, ids, edits = _edited(town, wishes)
    use = _after_edits(after, _stretches(town, mode))
    area = _layers(town)
    if through == "study":
        ways = Study(area, scenario=SCENARIO, modes=MODES).gaps(edits).ways
        routers = [ways.router(Profile(mode, season)) for season in SEASONS]
    else:
        routers = [_travel(area, mode, season, edits).router for season in SEASONS]
    for router in routers:
        _agrees(router, after, use, some, float(cutoff_s), ids)


# --- Promises --------------------------------------------------------------------------------------------


def _answers(trips, town, some, minutes):
    """Minutes between the streets, by every question that Travel answers, and the pairs near each other.

    People live on all streets, open or not, and in the fields; facilities stand elsewhere on the streets.
    """
    homes = [road.place(0.3) for road in town] + [at(150, 150), at(500, -90)]
    frames = (homes, [road.place(0.6) for road in town])
    places, units = (gpd.GeoDataFrame(geometry=points, crs=CRS) for points in frames)
    few = units.iloc[list({k % len(units) for k in some})]
    out = {d: trips.matrix(places, units, direction=d).to_numpy() for d in ("to_facility", "from_facility")}
    nearest = np.full((len(places), 2), np.inf)
    found = trips.nearest(places, few, k=2)
    nearest[found["place_id"], found["rank"] - 1] = found["minutes"]
    within = np.full((len(places), len(units)), np.inf)
    pairs = trips.within(places, units, minutes)
    within[pairs["place_id"], pairs["facility_id"]] = pairs["minutes"]
    paths = [trips.path(places.iloc[[k % len(town)]], few.iloc[[0]]) for k in some]
    path = np.array([legs["minutes"].sum() if len(legs) else np.inf for legs in paths])
    return {**out, "nearest": nearest, "within": within, "path": path}


def _never_quicker(long, short, minutes):
    # What takes just the limit may be counted in or out.
    clear = np.abs(long["to_facility"] - minutes) > 1e-6
    long["within"] = np.where(clear, long["within"], np.inf)
    for name, slow in long.items():
        assert (short[name] <= slow + 1e-7).all(), name


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=QUIET)
@given(TOWNS, st.one_of(st.just([]), EDITS), SOME, st.sampled_from(MODES), st.integers(2, 9))
def test_no_trip_is_quicker_in_the_wet_season(town, wishes, some, mode, minutes):
    area, edits = _layers(town), _edited(town, wishes)[2]
    dry, wet = (_answers(_travel(area, mode, s, edits), town, some, minutes) for s in SEASONS)
    _never_quicker(wet, dry, minutes)


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=QUIET)
@given(
    TOWNS, st.lists(NEW, min_size=1, max_size=2, unique_by=lambda e: e[1]), SOME, st.sampled_from(MODES),
    st.sampled_from(SEASONS), st.integers(2, 9),
)  # fmt: skip
def test_a_road_that_is_added_makes_no_trip_longer(town, wishes, some, mode, season, minutes):
    area, edits = _layers(town), _edited(town, wishes)[2]
    before, after = (_answers(_travel(area, mode, season, e), town, some, minutes) for e in ((), edits))
    _never_quicker(before, after, minutes)


# --- By hand ---------------------------------------------------------------------------------------------
# Cars on tertiary roads, 30 km/h: 0.12 seconds a metre.


def _town(*streets):
    """A town of (line, tag or None, one-way or not, season) streets; ends at one place are one junction."""
    junctions = {}
    for xy, *_ in streets:
        for end in (xy[0], xy[-1]):
            junctions.setdefault(end, len(junctions))
    return [
        Road(junctions[xy[0]], junctions[xy[-1]], tuple(xy), "tertiary", oneway, season, tags)
        for xy, tags, oneway, season in streets
    ]


def _open(*xy, oneway="no", season="all_year"):
    return xy, None, oneway, season


def _for_customers(*xy, oneway="no"):
    return xy, "access=customers", oneway, "all_year"


def _metres(town, season, *places, edits=()):
    """The metres that cars drive between places on streets, as Travel's matrix (and all else) has them."""
    trips = _travel(_layers(town), "car", season, edits)
    frame = gpd.GeoDataFrame(geometry=[at(*p) for p in places], crs=CRS)
    minutes = trips.matrix(frame, frame).to_numpy()
    for i, j in itertools.permutations(range(len(places)), 2):
        one, other = frame.iloc[[i]], frame.iloc[[j]]
        assert trips.nearest(one, other)["minutes"].iloc[0] == pytest.approx(minutes[i, j])
        assert len(trips.within(one, other, minutes[i, j] + 0.001 if minutes[i, j] < np.inf else 1e3)) == (
            minutes[i, j] < np.inf
        )
        legs = trips.path(one, other)
        assert (legs["minutes"].sum() if len(legs) else np.inf) == pytest.approx(minutes[i, j])
    return minutes * 60.0 / 0.12


@pytest.mark.slow
def test_a_yard_entered_for_customers_and_left_by_an_open_way_is_no_island():
    town = _town(
        _open((0, 0), (900, 0)), _open((900, 0), (900, -850), (1200, -850), (1200, 0)),
        _open((1200, 0), (2100, 0)), _for_customers((900, 0), (900, 300), oneway="yes"),
        _open((900, 300), (1200, 300)), _open((1200, 300), (1200, 0), oneway="yes"),
    )  # fmt: skip
    west, yard, east = (450, 0), (1050, 300), (1500, 0)
    for season in SEASONS:
        expected = [
            [0, 450 + 300 + 150, 450 + 2000 + 300],  # to the yard by the customers' way, past it by the road
            [150 + 300 + 2000 + 450, 0, 150 + 300 + 300],  # out by the exit
            [300 + 2000 + 450, 300 + 2000 + 300 + 150, 0],
        ]
        np.testing.assert_allclose(_metres(town, season, west, yard, east), expected, rtol=1e-6)


@pytest.mark.slow
def test_where_the_rains_close_the_open_way_a_local_shortcut_does_not_stand_in():
    dry_loop = _open((900, 0), (900, 2000), (1200, 2000), (1200, 0), season="dry_only")
    streets = [_open((0, 0), (900, 0)), _for_customers((900, 0), (1200, 0)), _open((1200, 0), (2100, 0))]
    west, shop, east = (450, 0), (1050, 0), (1650, 0)
    near, loop = 450 + 150, 450 + 4300 + 450
    expected = np.array([[0, near, loop], [near, 0, near], [loop, near, 0]], dtype=float)
    town = _town(*streets, dry_loop)
    np.testing.assert_allclose(_metres(town, "dry", west, shop, east), expected, rtol=1e-6)
    expected[[0, 2], [2, 0]] = np.inf
    np.testing.assert_allclose(_metres(town, "wet", west, shop, east), expected, rtol=1e-6)
    # By an open way of 5,500 m they drive round in the rains.
    town = _town(*streets, dry_loop, _open((900, 0), (900, -2600), (1200, -2600), (1200, 0)))
    expected[[0, 2], [2, 0]] = 450 + 5500 + 450
    np.testing.assert_allclose(_metres(town, "wet", west, shop, east), expected, rtol=1e-6)


def test_the_longest_part_stays_it_when_the_rains_close_most_of_it():
    """Else its streets became such as any stretch has, and the shortcut opened in the rains."""
    town = _town(
        _open((0, 0), (0, 600)), _open((0, 600), (600, 600)), _open((600, 600), (600, 0)),
        _for_customers((0, 0), (600, 0)),
        _open((600, 600), (600, 1600), (1600, 1600), (1600, 600), season="dry_only"),
        _for_customers((0, 600), (0, 900)), _open((0, 900), (-2500, 900)),
    )  # fmt: skip
    for season in SEASONS:
        metres = _metres(town, season, (0, 150), (600, 150))
        np.testing.assert_allclose(metres, [[0, 1500], [1500, 0]], rtol=1e-6)


def test_the_main_part_is_the_longest_not_that_of_most_streets():
    town = _town(
        _open((0, 0), (0, 600), (600, 600), (600, 0)), _for_customers((0, 0), (600, 0)),
        _for_customers((600, 0), (900, 0)),
        *(_open((900 + 100 * k, 0), (1000 + 100 * k, 0)) for k in range(5)),
        _for_customers((1000, 0), (1000, 100), (1100, 100), (1100, 0)),
    )  # fmt: skip
    metres = _metres(town, "dry", (0, 150), (600, 150), (1150, 0))
    # Nobody cuts across in the main part; from the smaller one all of it is reached.
    np.testing.assert_allclose(metres[:2, :2], [[0, 1500], [1500, 0]], rtol=1e-6)
    np.testing.assert_allclose(metres[2, :2], [550 + 600 + 150, 550 + 150], rtol=1e-6)


@pytest.mark.slow
def test_an_open_road_beside_a_local_shortcut_makes_no_trip_longer():
    town = _town(
        _open((0, 0), (900, 0)), _for_customers((900, 0), (1200, 0)), _open((1200, 0), (2000, 0)),
    )  # fmt: skip
    west, shop, east = (450, 0), (1050, 0), (1650, 0)
    expected = [[0, 600, 1200], [600, 0, 600], [1200, 600, 0]]
    around = ((900, 0), (900, 2000), (1200, 2000), (1200, 0))
    edit = AddRoad.model_validate(
        {"op": "add_road", "line": [_lonlat(*p) for p in around], "class": "tertiary"}
    )
    for season, edits in itertools.product(SEASONS, ((), (edit,))):
        metres = _metres(town, season, west, shop, east, edits=edits)
        np.testing.assert_allclose(metres, expected, rtol=1e-6)


@pytest.mark.slow
def test_new_roads_make_an_open_yard_part_of_the_way():
    """An open road that is not of the main part is used on the middle stretch too."""
    town = _town(
        _open((0, 0), (900, 0)), _open((900, 0), (900, -2000), (1500, -2000), (1500, 0)),
        _open((1500, 0), (2400, 0)), _for_customers((900, 0), (900, 300)), _open((1000, 300), (1400, 300)),
        _for_customers((900, 300), (1000, 300)),
    )  # fmt: skip
    west, east = (450, 0), (1950, 0)
    edits = tuple(
        AddRoad.model_validate({"op": "add_road", "line": [_lonlat(*p) for p in ends], "class": "tertiary"})
        for ends in (((900, 0), (1000, 300)), ((1400, 300), (1500, 0)))
    )
    way = 450 + math.hypot(100, 300) + 400 + math.hypot(100, 300) + 450
    around = 450 + 4600 + 450
    np.testing.assert_allclose(_metres(town, "dry", west, east), [[0, around], [around, 0]], rtol=1e-6)
    metres = _metres(town, "dry", west, east, edits=edits)
    np.testing.assert_allclose(metres, [[0, way], [way, 0]], rtol=1e-6)


def test_a_new_road_between_local_roads_leads_to_the_further_one():
    town = _town(
        _open((0, 0), (900, 0)), _for_customers((900, 0), (900, 300)), _for_customers((900, 600), (900, 900)),
    )  # fmt: skip
    edit = AddRoad.model_validate(
        {"op": "add_road", "line": [_lonlat(900, 300), _lonlat(900, 600)], "class": "tertiary"}
    )
    metres = _metres(town, "wet", (450, 0), (900, 750), edits=(edit,))
    np.testing.assert_allclose(metres, [[0, 1200], [1200, 0]], rtol=1e-6)


@pytest.mark.slow
def test_a_local_road_that_is_reopened_is_a_way_for_all():
    town = _town(
        _open((0, 0), (900, 0)), _open((900, 0), (900, 2000), (1200, 2000), (1200, 0)),
        _for_customers((900, 0), (1200, 0)), _open((1200, 0), (2100, 0)),
    )  # fmt: skip
    reopened = (ReopenRoad(op="reopen_road", road="w2"),)
    west, east = (450, 0), (1650, 0)
    np.testing.assert_allclose(_metres(town, "wet", west, east), [[0, 5200], [5200, 0]], rtol=1e-6)
    metres = _metres(town, "wet", west, east, edits=reopened)
    np.testing.assert_allclose(metres, [[0, 1200], [1200, 0]], rtol=1e-6)


def test_a_ferry_between_local_landings_is_boarded_on_any_stretch():
    town = _town(
        _open((0, 0), (900, 0)), _for_customers((900, 0), (900, 300)), _for_customers((900, 600), (900, 900)),
        _open((900, 900), (0, 900)), _open((0, 0), (-20000, 450), (0, 900)), _open((900, 300), (900, 600)),
    )  # fmt: skip
    rows = [road.row() for road in town]
    rows[-1] |= {"road_class": "ferry", "route": "ferry", "duration_s": 300.0}
    router = Router(
        build_network(roads(rows), SCENARIO, modes=["car"]), Profile("car", "dry"), rule=SCENARIO.access
    )
    ids = [f"e{number}" for number in range(len(town))]
    stops = _joined(router, town, [(0, 0.5), (1, 0.5), (2, 0.5), (3, 0.5)], ids)
    ferry = 30 * 60 + 300
    around = 0.12 * (450 + 2 * math.hypot(20000, 450) + 450)
    expected = [
        [0, 0.12 * 600, 0.12 * (450 + 300 + 150) + ferry, around],
        [0.12 * 600, 0, 0.12 * 300 + ferry, 0.12 * (150 + 300 + 450) + ferry],
        [0.12 * (450 + 300 + 150) + ferry, 0.12 * 300 + ferry, 0, 0.12 * 600],
        [around, 0.12 * (150 + 300 + 450) + ferry, 0.12 * 600, 0],
    ]
    np.testing.assert_allclose(router.matrix(stops, stops), expected, **CLOSE)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
@given(TOWNS, st.sampled_from(MODES))
def test_what_can_be_entered_and_left_is_reached_from_the_main_part(town, mode):
    """Local tags lengthen trips to and from the streets that are for all; they cut no street off."""
    network = build_network(roads([road.row() for road in town]), SCENARIO, modes=MODES)
    router = Router(network, Profile(mode, "dry"), rule=SCENARIO.access)
    physical, ids = nx.DiGraph(), [f"e{number}" for number in range(len(town))]
    for number, road in enumerate(town):
        for begin, end, _ in road.ways(number, mode) if road.usable(mode, "dry") else ():
            physical.add_edges_from([(begin, ("on", number)), (("on", number), end)])
    main = _for_all(town, mode)
    for one in sorted(main)[:: max(len(main) // 3, 1)]:
        here = ("on", one)
        round_trips = nx.descendants(physical, here) & nx.ancestors(physical, here)
        numbers = sorted({n[1] for n in round_trips if isinstance(n, tuple) and n[0] == "on"} - {one})
        if numbers:
            a, b = (_joined(router, town, [(n, 0.5) for n in some], ids) for some in ([one], numbers))
            assert np.isfinite(router.matrix(a, b)).all()
            assert np.isfinite(router.matrix(b, a)).all()


# --- Access points on roads that edits touch ---------------------------------------------------------------


@pytest.mark.slow
def test_a_place_keeps_its_access_point_on_a_road_that_a_new_one_cuts():
    """People near the main road walk to it; a winding track that comes nearer does not keep them from it."""
    town = _town(_open((0, 0), (2000, 0)), _open((0, 300), (-200, 300)))
    track = AddRoad.model_validate(
        {
            "op": "add_road",
            "class": "track",
            "line": [_lonlat(*p) for p in ((1000, 0), (1000, 100), (100, 300))],
        }
    )
    before, after = (_metres(town, "dry", (0, 300), (0, 0), edits=edits) for edits in ((), (track,)))
    assert (after <= before + 1e-3).all()


@pytest.mark.slow
def test_a_place_keeps_its_access_point_on_a_road_that_is_reopened():
    """A bollard at the end of the main road goes; behind it a street for customers leads to people."""
    town = _town(
        _open((0, 0), (0, 300)), _for_customers((0, 0), (300, 0)), _open((300, 0), (2000, 0)),
    )  # fmt: skip
    town[2] = replace(town[2], from_barrier="barrier=bollard")
    reopened = (ReopenRoad(op="reopen_road", road="w2"),)
    before, after = (_metres(town, "dry", (0, 150), (700, 0), edits=edits) for edits in ((), reopened))
    assert (after <= before + 1e-3).all()
