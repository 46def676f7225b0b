"""Times between places on edges, against networkx on a graph with every place put in as a node."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from support import EAST, NORTH, at, line, roads

from planner.network.build import ON_FERRY, build_network
from planner.network.convert import from_networkx, to_networkx
from planner.network.land import Ground
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.router import Router
from planner.travel.snapping import Snapper
from planner.travel.straight import straight_line_times

SCENARIO = default_scenario()
MODE = "motorcycle"
PROFILE = Profile(MODE, "dry")
CLASSES = ("primary", "tertiary", "residential", "track")


@st.composite
def towns(draw):
    """Random roads on a 500 m grid (loops, parallels, one-ways, ferries), facilities and origins."""
    corner = st.tuples(st.integers(0, 4), st.integers(0, 4))
    pairs = draw(st.lists(st.tuples(corner, corner), min_size=1, max_size=14))
    rows = []
    for i, (a, b) in enumerate(pairs):
        bend = draw(st.sampled_from([0.0, 120.0]))
        if a == b and not bend:
            bend = 120.0
        (x0, y0), (x1, y1) = ((500.0 * c for c in p) for p in (a, b))
        middle = ((x0 + x1) / 2 + bend, (y0 + y1) / 2 + bend / 2)
        ferry = draw(st.integers(0, 9)) == 0 and a != b
        rows.append(
            {
                "from": a[0] * 5 + a[1], "to": b[0] * 5 + b[1], "geometry": line((x0, y0), middle, (x1, y1)),
                "oneway": draw(st.sampled_from(["no", "no", "no", "yes", "reverse"])),
                "road_class": "ferry" if ferry else draw(st.sampled_from(CLASSES)),
                "route": "ferry" if ferry else None,
                "surface": draw(st.sampled_from([None, "dirt"])), "way_id": f"w{i // 2}",
            }
        )  # fmt: skip
    place = st.tuples(st.integers(-300, 2300), st.integers(-300, 2300)).map(
        lambda p: at(float(p[0]), float(p[1]))
    )
    on_node = corner.map(lambda c: at(500.0 * c[0], 500.0 * c[1]))
    some = st.lists(st.one_of(place, on_node), min_size=1, max_size=4)
    return rows, draw(some), draw(some)


def _points(places):
    return np.array(places, dtype=object)


def _with_places(network, snaps):
    """The network as a networkx graph, each snapped place a node on its edge, and the legs' lengths."""
    graph = nx.MultiDiGraph()
    tail, head, seconds = network.arcs(PROFILE)
    edges = len(network.edge_from)
    stops: dict[int, list[tuple[float, object]]] = {}
    legs = {}
    for name, snap in snaps.items():
        columns = zip(snap.point, snap.edge, snap.fraction, snap.access_m, strict=True)
        for number, (point, edge, share, away) in enumerate(columns):
            key = (name, int(point), number)
            stops.setdefault(int(edge), []).append((float(share), key))
            legs[key] = float(away)
    for k in np.flatnonzero(seconds < np.inf):
        on = sorted(stops.get(int(k) % edges, []), key=lambda s: s[0]) if k < 2 * edges else []
        if k >= edges:
            on = [(1.0 - share, key) for share, key in reversed(on)]
        chain = [(0.0, int(tail[k])), *on, (1.0, int(head[k]))]
        for (s0, a), (s1, b) in itertools.pairwise(chain):
            graph.add_edge(a, b, weight=(s1 - s0) * float(seconds[k]))
    for edge, on in stops.items():
        # A place at an edge's very end is that node, and places on one point are one, also where the
        # edge itself is one-way.
        ends = [(0.0, int(network.edge_from[edge])), (1.0, int(network.edge_to[edge]))]
        for (share, key), (other, place) in itertools.product(on, [*ends, *on]):
            if share == other:
                graph.add_edge(key, place, weight=0.0)
                graph.add_edge(place, key, weight=0.0)
    return graph, legs


def _slow_twin(router, start, stop):
    """The times of all pairs over all access points, each by networkx."""
    access = SCENARIO.access
    graph, legs = _with_places(router.network, {"o": start.leaving, "f": stop.arriving})
    out = np.full((len(start), len(stop)), np.inf)
    for o, f in itertools.product(range(len(start)), range(len(stop))):
        starts = {k: m for k, m in legs.items() if k[:2] == ("o", o)}
        ends = {k: m for k, m in legs.items() if k[:2] == ("f", f)}
        shortest = min(starts.values(), default=np.inf) + min(ends.values(), default=np.inf)
        straight = start.points[o].distance(stop.points[f])
        if straight <= min(access.max_distance_m, shortest):
            out[o, f] = straight * access.seconds_per_m()
        for (a, leg_a), (b, leg_b) in itertools.product(starts.items(), ends.items()):
            if a in graph and b in graph and nx.has_path(graph, a, b):
                ride = nx.dijkstra_path_length(graph, a, b)
                out[o, f] = min(out[o, f], (leg_a + leg_b) * access.seconds_per_m() + ride)
    return out


def _router(rows):
    return Router(build_network(roads(rows), SCENARIO, modes=[MODE]), PROFILE, rule=SCENARIO.access)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(towns(), st.sampled_from(["to_facility", "from_facility"]))
def test_times_are_networkx(case, direction):
    rows, origin_places, facility_places = case
    router = _router(rows)
    places, facilities = router.stops(_points(origin_places)), router.stops(_points(facility_places))
    twin = (
        _slow_twin(router, places, facilities)
        if direction == "to_facility"
        else _slow_twin(router, facilities, places).T
    )
    near = {"rtol": 1e-9, "atol": 2e-6}
    table = router.matrix(places, facilities, direction=direction)
    np.testing.assert_allclose(table, twin, **near)
    times = router.nearest(places, facilities, direction=direction)
    np.testing.assert_allclose(times.travel_s, twin.min(axis=1), **near)
    ordered = np.sort(twin, axis=1)
    k = len(facilities) + 1
    several, which = router.nearest_k(places, facilities, k, direction=direction)
    np.testing.assert_allclose(several[:, :-1], ordered, **near)
    assert np.isinf(several[:, -1]).all()
    for p, f in itertools.product(range(len(places)), range(k)):
        assert (which[p, f] == -1) == np.isinf(several[p, f])
        if which[p, f] >= 0:
            np.testing.assert_allclose(several[p, f], twin[p, which[p, f]], **near)
    # The limit itself is within: every time that occurs is tried as one.
    for cutoff in np.unique(table[np.isfinite(table)])[:3]:
        for many in (1, 1000):
            # By walks down the hierarchy, and by bounded searches.
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("planner.travel.router.MANY_FACILITIES", many)
                pairs = router.within(places, facilities, float(cutoff), direction=direction, workers=1)
            found = np.full(table.shape, np.inf)
            found[pairs.place, pairs.facility] = pairs.travel_s
            exact = np.where(table <= cutoff, table, np.inf)
            # Both round to the microsecond; a limit may fall on the edge of it.
            edge = np.abs(table - cutoff) < 2e-6
            np.testing.assert_allclose(found[~edge], exact[~edge], **near)
            assert (np.diff(pairs.place.astype(np.int64) * len(facilities) + pairs.facility) > 0).all()


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(towns())
def test_places_beside_side_parts_join_every_part_within_reach(case):
    rows, places, _ = case
    router = _router(rows)
    network, points = router.network, _points(places)
    stops = router.stops(points)
    open_ = network.usable(PROFILE) & (network.edge_kind != ON_FERRY)
    away = shapely.distance(network.lines()[None, :], points[:, None])
    for k in range(len(points)):
        near = np.flatnonzero(open_ & (away[k] <= 2000.0))
        mine = stops.leaving.point == k
        if len(near) == 0:
            assert not mine.any()
            continue
        part = router.access.parts["leaving"]
        joined = dict(zip(part[stops.leaving.edge[mine]], stops.leaving.access_m[mine], strict=True))
        # The nearest edge of each part, by brute force; at least the nearest of all.
        best = {}
        for e in near:
            best[part[e]] = min(best.get(part[e], np.inf), away[k, e])
        assert min(joined.values()) == pytest.approx(min(best.values()))
        if len(joined) > 1:
            assert joined == pytest.approx(best)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(towns())
def test_more_facilities_never_take_longer_and_none_reach_nobody(case):
    rows, origin_places, facility_places = case
    router = _router(rows)
    places = router.stops(_points(origin_places))
    nothing = router.nearest(places, router.stops(np.empty(0, dtype=object)))
    assert np.isinf(nothing.travel_s).all()
    assert (nothing.facility == -1).all()
    fewer = router.nearest(places, router.stops(_points(facility_places[:1]))).travel_s
    more = router.nearest(places, router.stops(_points(facility_places))).travel_s
    assert (more <= fewer).all()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_order_of_roads_changes_nothing(case, random):
    rows, origin_places, facility_places = case
    origins, facilities = _points(origin_places), _points(facility_places)
    answers = []
    for _ in range(2):
        router = _router(rows)
        answers.append(router.nearest(router.stops(origins), router.stops(facilities)))
        random.shuffle(rows)
    np.testing.assert_allclose(answers[0].travel_s, answers[1].travel_s, rtol=1e-12)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(towns())
def test_snapping_finds_the_nearest_usable_edge(case):
    rows, places, _ = case
    network = build_network(roads(rows), SCENARIO, modes=["car"])
    car = Profile("car", "dry")
    snap = Snapper(network, car, ground=Ground(), max_access_m=2000.0).nearest(_points(places))
    open_ = network.usable(car) & (network.edge_kind != ON_FERRY)
    for k, place in enumerate(places):
        away = shapely.distance(network.lines()[open_], place)
        mine = snap.access_m[snap.point == k]
        if len(away) and away.min() <= 2000.0:
            assert mine[0] == pytest.approx(away.min())
        else:
            assert len(mine) == 0


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(towns())
def test_networkx_and_back_keeps_every_time(case):
    rows, _, _ = case
    network = build_network(roads(rows), SCENARIO, modes=[MODE])
    graph = to_networkx(network, MODE)
    again = from_networkx(graph, mode=MODE)
    place = {i: (d["x"], d["y"]) for i, d in graph.nodes(data=True)}
    assert graph.graph["crs"] == again.crs == network.crs
    before = sorted((place[u], place[v], d["travel_time"]) for u, v, d in graph.edges(data=True))
    tail, head, seconds = again.arcs(PROFILE)
    after = sorted(
        (tuple(again.node_xy[a]), tuple(again.node_xy[b]), s)
        for a, b, s in zip(tail, head, seconds, strict=True)
        if s < np.inf
    )
    assert before == after


def test_straight_lines_are_brute_force():
    rng = np.random.default_rng(1)
    origins = shapely.points(np.add(rng.uniform(0, 9000, (40, 2)), (EAST, NORTH)))
    places = shapely.points(np.add(rng.uniform(0, 9000, (7, 2)), (EAST, NORTH)))
    times = straight_line_times(origins, places, access=SCENARIO.access)
    away = shapely.distance(origins[:, None], places[None, :])
    np.testing.assert_allclose(times.travel_s, away.min(axis=1) * 1.3 * 3.6 / 3.0)
    np.testing.assert_array_equal(times.facility, away.argmin(axis=1))
