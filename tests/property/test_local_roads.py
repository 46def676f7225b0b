"""Roads for local traffic, barriers and gates, against a graph that says the rule out loud."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import at, line, roads

from planner.modes import Profile
from planner.network import build_network
from planner.paths import find_path
from planner.scenario import default_scenario
from planner.traveltime import Router

SCENARIO = default_scenario()
PROFILE = Profile("car", "dry")
MODES = ("car", "motorcycle")
SIDE = 3
LOCAL, SHUT = "access=destination", "motor_vehicle=private"
KPH = {"residential": {"car": 20, "motorcycle": 20}, "primary": {"car": 50, "motorcycle": 45}}
BARRIERS = [None, None, None, "barrier=bollard", "barrier=gate", "access=private|barrier=gate"]
# A bollard stops a car, not a motorcycle; a private gate both.
STOPPED = {
    "car": {"barrier=bollard", "access=private|barrier=gate"},
    "motorcycle": {"access=private|barrier=gate"},
}


@st.composite
def streets(draw):
    """Streets of 300 m on a grid: open, local or one-way, some with a barrier at an end."""
    rows = []
    for x, y, (dx, dy) in itertools.product(range(SIDE), range(SIDE), ((1, 0), (0, 1))):
        if x + dx < SIDE and y + dy < SIDE and draw(st.integers(0, 5)):
            rows.append(
                {
                    "from": x * SIDE + y, "to": (x + dx) * SIDE + y + dy,
                    "geometry": line((300.0 * x, 300.0 * y), (300.0 * (x + dx), 300.0 * (y + dy))),
                    "tags": draw(st.sampled_from([None, None, LOCAL, SHUT])),
                    "oneway": draw(st.sampled_from(["no", "no", "no", "yes"])),
                    "from_barrier": draw(st.sampled_from(BARRIERS)),
                    "to_barrier": draw(st.sampled_from(BARRIERS)),
                    "road_class": draw(st.sampled_from(["residential", "primary"])),
                }
            )  # fmt: skip
    apart = {"from": 90, "to": 91, "geometry": line((-300, -300), (-300, -600))}
    rows.append({**apart, "road_class": "residential"})
    some = st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=4)
    return rows, draw(some), draw(some)


def _ends(row, number, mode):
    """Where a street's two ends lead: to the place, or to a barrier."""
    return {
        name: ("dead", number, name)
        if row[f"{name}_barrier"] in STOPPED[mode]
        else ("node", row[f"{name}_node"])
        for name in ("from", "to")
    }


def _local(table, mode):
    """Streets tagged local, and those that hang on the longest open part by such alone."""
    tagged = (table["tags"] == LOCAL).to_numpy()
    shut = (table["tags"] == SHUT).to_numpy()
    whole, open_ = nx.Graph(), nx.Graph()
    for number, (_, row) in enumerate(table.iterrows()):
        if not shut[number]:
            a, b = _ends(row, number, mode).values()
            whole.add_edge(a, b)
            if not tagged[number]:
                open_.add_edge(a, b)
    out = tagged.copy()
    for all_ in nx.connected_components(whole):
        parts = []
        for part in nx.connected_components(open_.subgraph(all_)):
            mine = [
                n for n, (_, row) in enumerate(table.iterrows())
                if not shut[n] and not tagged[n] and _ends(row, n, mode)["from"] in part
            ]  # fmt: skip
            if mine:
                parts.append((table["length_m"].iloc[mine].sum(), mine))
        # Of parts equally long either may be the main one: such towns say nothing.
        lengths = sorted((round(length, 6) for length, _ in parts), reverse=True)
        assume(len(lengths) < 2 or lengths[0] > lengths[1])
        for length, mine in parts:
            if round(length, 6) < lengths[0]:
                out[mine] = True
    return out


def _stretches(row, number, mode, *, local):
    """The arcs of a street by (place, stretch): 0 local roads at the start, 1 others, 2 local at the end."""
    half = 3.6 * row["length_m"] / KPH[row["road_class"]][mode] / 2
    ends = _ends(row, number, mode)
    ways = [("from", "to")] if row["oneway"] == "yes" else [("from", "to"), ("to", "from")]
    changes = ((0, 0), (1, 2), (2, 2)) if local else ((0, 1), (1, 1))
    for begin, end in ways:
        for a, b in changes:
            middle = ("middle", number, begin, b)
            yield (ends[begin], a), middle, half
            yield middle, (ends[end], b), half
            yield middle, ("stop", number), 0.0
        yield ("start", number), (ends[end], 0 if local else 1), half


def _slow_twin(table, starts, stops, mode):
    """Times from middle to middle: local roads, then others, then local roads."""
    graph = nx.DiGraph()
    shut, local = (table["tags"] == SHUT).to_numpy(), _local(table, mode)
    for number, (_, row) in enumerate(table.iterrows()):
        for a, b, seconds in _stretches(row, number, mode, local=local[number]) if not shut[number] else ():
            if seconds < graph.get_edge_data(a, b, {"weight": np.inf})["weight"]:
                graph.add_edge(a, b, weight=seconds)
    out = np.full((len(starts), len(stops)), np.inf)
    for (p, a), (q, b) in itertools.product(enumerate(starts), enumerate(stops)):
        start, stop = ("start", a), ("stop", b)
        if a == b:
            out[p, q] = 0.0
        elif start in graph and stop in graph and nx.has_path(graph, start, stop):
            out[p, q] = nx.dijkstra_path_length(graph, start, stop)
    return out


@settings(max_examples=80, deadline=None)
@given(streets(), st.sampled_from(MODES))
def test_nobody_passes_through_local_roads_or_barriers(case, mode):
    rows, starts, stops = case
    table, profile = roads(rows), Profile(mode, "dry")
    network = build_network(table, SCENARIO, modes=MODES)
    router = Router(network, profile, rule=SCENARIO.access)
    position = network.edge_id.get_indexer(table.index)
    middle = np.array([g.interpolate(0.5, normalized=True) for g in table.geometry], dtype=object)
    open_ = network.usable(profile)[position]
    starts, stops = [s for s in starts if open_[s]], [s for s in stops if open_[s]]
    if not starts or not stops:
        return
    a = router.stops(middle[starts], on_edge=position[starts])
    b = router.stops(middle[stops], on_edge=position[stops])
    # One access point each, as the twin has it; side parts are tested elsewhere.
    a.__dict__["leaving"], b.__dict__["arriving"] = a.nearest, b.nearest
    times = router.matrix(a, b)
    slow = _slow_twin(table, starts, stops, mode)
    np.testing.assert_allclose(times, slow, rtol=1e-9, atol=2e-6)
    np.testing.assert_allclose(router.nearest(a, b).travel_s, slow.min(axis=1), rtol=1e-9, atol=2e-6)
    for p, q in itertools.product(range(len(starts)), range(len(stops))):
        one, other = (router.stops(s.points[[k]], on_edge=e) for s, k, e in (
            (a, p, position[starts[p : p + 1]]), (b, q, position[stops[q : q + 1]])))  # fmt: skip
        one.__dict__["leaving"], other.__dict__["arriving"] = one.nearest, other.nearest
        path = find_path(router, one, other)
        if path is None:
            assert np.isinf(slow[p, q])
        else:
            np.testing.assert_allclose(path.travel_s, slow[p, q], rtol=1e-9, atol=2e-6)


def test_people_of_a_local_street_come_and_go_and_nobody_drives_through():
    table = roads(
        [
            {"from": 0, "to": 1, "geometry": line((0, 0), (900, 0))},
            {"from": 1, "to": 2, "geometry": line((900, 0), (900, 600)), "tags": "access=destination"},
            {"from": 2, "to": 3, "geometry": line((900, 600), (1800, 600)), "tags": "access=destination"},
            {"from": 3, "to": 4, "geometry": line((1800, 600), (1800, 0))},
            {"from": 0, "to": 4, "geometry": line((0, 0), (900, -9000), (1800, 0))},
        ]
    )
    router = Router(build_network(table, SCENARIO, modes=["car"]), PROFILE, rule=SCENARIO.access)
    stops = router.stops(np.array([at(0, 0), at(900, 300), at(1800, 300)], dtype=object))
    times = router.matrix(stops, stops)
    detour = 2 * np.hypot(900, 9000) + 300
    np.testing.assert_allclose(times[[0, 2], [2, 0]], 3.6 * detour / 30)
    np.testing.assert_allclose(times[[0, 1], [1, 0]], 3.6 * 1200 / 30)
    np.testing.assert_allclose(times[[1, 2], [2, 1]], 3.6 * 1500 / 30)


def test_a_lane_behind_a_local_street_is_reached():
    """An untagged lane that hangs on a destination-only street is itself a destination."""
    table = roads(
        [
            {"from": 0, "to": 1, "geometry": line((0, 0), (9000, 0))},
            {"from": 1, "to": 2, "geometry": line((9000, 0), (9000, 600)), "tags": "access=destination"},
            {"from": 2, "to": 3, "geometry": line((9000, 600), (9900, 600))},
        ]
    )
    router = Router(build_network(table, SCENARIO, modes=["car"]), PROFILE, rule=SCENARIO.access)
    stops = router.stops(np.array([at(0, 0), at(9900, 600)], dtype=object))
    assert np.isfinite(router.matrix(stops, stops)).all()
