"""Places that lie equally near several roads join each of them, in whatever part of the network these are."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import at, line, roads

from planner.network.build import build_network, patch_network
from planner.network.land import Ground
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel import snapping
from planner.travel.access import Access
from planner.travel.router import Router

SCENARIO = default_scenario()
PROFILE = Profile("car", "dry")
SIDE = 4
# Seconds a metre, of a car on a tertiary road and of who walks to it (docs/METHODS.md).
DRIVE, WALK = 3.6 / 30.0, 1.3 * 3.6 / 3.0
MOST_M = 2000.0
TIE_M = 1e-6


def town(missing, gates, one_way, elsewhere_m):
    """Streets of 500 m on a grid; cars pass no gate (at either end of a street); one touches nothing."""
    rows = []
    for x in range(SIDE):
        for y in range(SIDE):
            for dx, dy in ((1, 0), (0, 1)):
                number = 2 * (x * SIDE + y) + dy
                if x + dx < SIDE and y + dy < SIDE and number not in missing:
                    ends = line((500.0 * x, 500.0 * y), (500.0 * (x + dx), 500.0 * (y + dy)))
                    gate = gates.get(number, 0)
                    rows.append({
                        "from": x * SIDE + y, "to": (x + dx) * SIDE + y + dy, "geometry": ends,
                        "from_barrier": "barrier=bollard" if gate & 1 else None,
                        "to_barrier": "barrier=bollard" if gate & 2 else None,
                        "oneway": one_way.get(number, "no"),
                    })  # fmt: skip
    if elsewhere_m:
        rows.append({"from": 90, "to": 91, "geometry": line((0, 9000), (elsewhere_m, 9000))})
    assume(rows)
    return roads(rows)


def streets(layer):
    """(from, to, line, open along, open against) of each street; an end at a gate is a node of its own."""
    out = []
    for k, row in enumerate(layer.itertuples()):
        barred = [isinstance(b, str) and "bollard" in b for b in (row.from_barrier, row.to_barrier)]
        start = ("gate", k, 0) if barred[0] else row.from_node
        stop = ("gate", k, 1) if barred[1] else row.to_node
        out.append((start, stop, row.geometry, row.oneway != "reverse", row.oneway != "yes"))
    return out


def graph_of(edges):
    graph = nx.DiGraph()
    for start, stop, way, ahead, back in edges:
        graph.add_nodes_from((start, stop))
        if ahead:
            graph.add_edge(start, stop, s=way.length * DRIVE)
        if back:
            graph.add_edge(stop, start, s=way.length * DRIVE)
    return graph


def joins(edges, graph, places, role):
    """For each place the (edge, metres away, metres along) at which it joins, as METHODS has it."""
    number = {n: i for i, part in enumerate(nx.strongly_connected_components(graph)) for n in part}
    part = [number[stop if ahead == (role == "leaving") else start] for start, stop, _, ahead, _ in edges]
    length = {p: sum(e[2].length for e, q in zip(edges, part, strict=True) if q == p) for p in set(part)}
    top = max(length.values())
    assume(sum(abs(v - top) < 1e-6 for v in length.values()) == 1)
    main = max(length, key=length.get)
    out = []
    for place in places:
        away = {k: e[2].distance(place) for k, e in enumerate(edges) if e[2].distance(place) <= MOST_M}
        nearest = [k for k, m in away.items() if m <= min(away.values()) + TIE_M]
        kept = [k for k in nearest if part[k] == main]
        if len(kept) < len(nearest):
            for p in {part[k] for k in away}:
                mine = {k: m for k, m in away.items() if part[k] == p}
                kept += [k for k, m in mine.items() if m <= min(mine.values()) + TIE_M]
        out.append([(k, away[k], edges[k][2].project(place)) for k in set(kept)])
    return out


def by_hand(layer, places, units):
    """Seconds from each place to each unit, in networkx."""
    edges = streets(layer)
    graph = graph_of(edges)
    path = dict(nx.all_pairs_dijkstra_path_length(graph, weight="s"))
    start, stop = joins(edges, graph, places, "leaving"), joins(edges, graph, units, "arriving")
    out = np.full((len(places), len(units)), np.inf)
    for i, mine in enumerate(start):
        for j, theirs in enumerate(stop):
            straight = places[i].distance(units[j])
            legs = sum(min((m for _, m, _ in one), default=np.inf) for one in (mine, theirs))
            if straight <= min(MOST_M, legs):
                out[i, j] = straight * WALK
            for k, a, f in mine:
                u, v, way, ahead, back = edges[k]
                leave = ([(v, way.length - f)] if ahead else []) + ([(u, f)] if back else [])
                for m, b, g in theirs:
                    x, y, other, on, against = edges[m]
                    reach = ([(x, g)] if on else []) + ([(y, other.length - g)] if against else [])
                    ways = [(p + q) * DRIVE + path[s][t] for s, p in leave for t, q in reach if t in path[s]]
                    if k == m and ((f <= g and ahead) or (f >= g and back)):
                        ways.append(abs(f - g) * DRIVE)
                    out[i, j] = min(out[i, j], (a + b) * WALK + min(ways, default=np.inf))
    return out


NUMBERS = st.integers(0, 2 * SIDE * SIDE - 1)
# At corners, midway between two streets, and elsewhere.
PLACE = st.tuples(*[st.sampled_from([0, 500, 1000, 1500, -20, 750, 1250, 620])] * 2)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(
    st.frozensets(NUMBERS, max_size=12), st.dictionaries(NUMBERS, st.integers(1, 3), max_size=16),
    st.dictionaries(NUMBERS, st.sampled_from(["yes", "reverse"]), max_size=5),
    st.sampled_from([0, 700, 9_100, 30_100]), st.lists(PLACE, min_size=1, max_size=6),
    st.lists(PLACE, min_size=1, max_size=3), st.booleans(),
)  # fmt: skip
def test_every_equally_near_road_is_joined(missing, gates, one_way, elsewhere_m, places, units, many):
    layer = town(missing, gates, one_way, elsewhere_m)
    some = [np.array([at(float(x), float(y)) for x, y in xy], dtype=object) for xy in (places, units)]
    expected = by_hand(layer, *some)
    with pytest.MonkeyPatch.context() as patch:
        if many:
            # The way of very many places, with an index of each large part.
            patch.setattr("planner.travel.access.MANY_PLACES", 0)
            patch.setattr(snapping, "BIG_PART", 3)
        router = Router(build_network(layer, SCENARIO, modes=["car"]), PROFILE, rule=SCENARIO.access)
        ours = router.matrix(*(router.stops(xy) for xy in some))
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-5)


def test_a_place_at_a_gate_joins_both_sides_whatever_else_there_is():
    for elsewhere_m in (10.0, 1000.0, 20_000.0):
        layer = roads([
            {"from": 0, "to": 1, "geometry": line((0, 0), (400, 0)), "from_barrier": "barrier=bollard"},
            {"from": 1, "to": 0, "geometry": line((400, 0), (400, 400), (0, 400), (0, 0)),
             "to_barrier": "barrier=bollard"},
            {"from": 8, "to": 9, "geometry": line((0, 3000), (elsewhere_m, 3000))},
        ])  # fmt: skip
        network = build_network(layer, SCENARIO, modes=["car"])
        access = Access(network, PROFILE, rule=SCENARIO.access, ground=Ground())
        stops = access.stops(np.array([at(-20.0, -20.0)], dtype=object))
        for snap in (stops.leaving, stops.arriving):
            assert len(np.unique(snap.edge)) == 2
            np.testing.assert_allclose(shapely.length(access.network.lines(snap.edge)).sum(), 1600.0)


def test_a_new_road_as_near_as_the_old_one_is_joined_too():
    layer = roads([{"from": 0, "to": 1, "geometry": line((0, 0), (400, 0))}])
    twin = roads([{"from": 2, "to": 3, "geometry": line((0, 60), (400, 60)), "road_id": "n"}])
    base, patch = (build_network(one, SCENARIO, modes=["car"]) for one in (layer, twin))
    before = Access(base, PROFILE, rule=SCENARIO.access, ground=Ground())
    network = patch_network(base, patch, gone=np.array([False]))
    after = Access(network, PROFILE, rule=SCENARIO.access, ground=Ground(), base=before)
    stops = after.again(before.stops(np.array([at(200.0, 30.0)], dtype=object)))
    assert set(stops.leaving.edge.tolist()) == {0, 1}
