"""Published location problems to their stated optima, each proven (shared/reference)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.kernels.csr import Csr
from planner.kernels.dijkstra import arcs_to_csr
from planner.kernels.many import within_cutoff
from planner.siting.distance.capacitated import capacitated_p_median
from planner.siting.distance.center import p_center
from planner.siting.distance.distances import DistanceInstance
from planner.siting.distance.median import p_median
from planner.siting.solution import Proof

pytestmark = pytest.mark.realdata

PMED = (
    5819, 4093, 4250, 3034, 1355, 7824, 5631, 4445, 2734, 1255,
    7696, 6634, 4374, 2968, 1729, 8162, 6999, 4809, 2845, 1789,
)  # fmt: skip
PMEDCAP = (713, 740, 751, 651, 664)
# p, p-median (Euclidean), p-center.
SWAIN = ((1, 5773.9616, 28.284271), (2, 4614.7655, 23.194827), (3, 3870.2442, 17.464249))


def all_pairs(nodes, tail, head, length):
    """Shortest ways between all nodes of an undirected graph."""
    arcs = np.concatenate([tail, head]), np.concatenate([head, tail]), np.concatenate([length, length])
    graph = Csr(*arcs_to_csr(arcs[0].astype(np.int32), arcs[1].astype(np.int32), arcs[2], nodes))
    self = Csr(np.arange(nodes + 1), np.arange(nodes, dtype=np.int32), np.zeros(nodes))
    first, place, away = within_cutoff(graph, self, self, nodes, np.inf)
    table = np.full((nodes, nodes), np.inf)
    table[np.repeat(np.arange(nodes), np.diff(first)), place] = away
    return table


def straight(xy):
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))


def read_pmed(path):
    """(distances, p); where an edge is listed twice the last line counts."""
    numbers = np.array(path.read_text("utf-8").split(), dtype=np.int64)
    nodes, edges, p = numbers[:3].tolist()
    lines = numbers[3:].reshape(-1, 3)
    assert len(lines) == edges
    last = {(min(a, b) - 1, max(a, b) - 1): float(c) for a, b, c in lines.tolist()}
    ends = np.array(list(last))
    return all_pairs(nodes, ends[:, 0], ends[:, 1], np.array(list(last.values()))), p


def is_proven(answer, value, rel=1e-9):
    assert answer.proof is Proof.OPTIMAL
    assert answer.objective == pytest.approx(value, rel=rel)
    assert answer.bound == pytest.approx(value, rel=rel)


@pytest.fixture(scope="module")
def francisco(shared):
    folder = shared / "reference/spopt_sf"
    pairs = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    tracts = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv").sort_values("NAME")
    table = pairs.pivot_table(values="distance", index="DestinationName", columns="name")
    people = tracts["POP2000"].to_numpy(float)
    assert people.sum() == 955_113
    return DistanceInstance.from_matrix(people, table.to_numpy())


def test_san_francisco(francisco):
    median = p_median(francisco, 4)
    is_proven(median, 2848268129.7145104)
    assert len(median.chosen) == 4
    center = p_center(francisco, 4)
    is_proven(center, 7403.0638, rel=1e-8)


def test_swain(shared):
    rows = pd.read_csv(shared / "reference/swain/swain55.csv", header=None).to_numpy()[:, 1:4].astype(float)
    assert rows[:, 2].sum() == 640
    one = DistanceInstance.from_matrix(rows[:, 2], straight(rows[:, :2]))
    for p, median, center in SWAIN:
        # As they are printed.
        is_proven(p_median(one, p), median, rel=1e-7)
        is_proven(p_center(one, p), center, rel=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "best"), [(k + 1, v) for k, v in enumerate(PMED)])
def test_pmed(shared, number, best):
    table, p = read_pmed(shared / f"reference/orlib/pmed{number}.txt")
    answer = p_median(DistanceInstance.from_matrix(np.ones(len(table)), table), p)
    is_proven(answer, best)
    assert table[:, answer.chosen].min(axis=1).sum() == best
    assert len(answer.chosen) == p


@pytest.mark.slow
@pytest.mark.parametrize(("number", "best"), [(k + 1, v) for k, v in enumerate(PMEDCAP)])
def test_pmedcap(shared, number, best):
    path = shared / f"reference/orlib/pmedcap{number}.txt"
    numbers = [float(x) for x in path.read_text("utf-8").split()]
    rows, p, capacity = int(numbers[2]), int(numbers[3]), numbers[4]
    customer = np.array(numbers[5 : 5 + 4 * rows]).reshape(rows, 4)
    table, demand = np.floor(straight(customer[:, 1:3])), customer[:, 3]
    one = DistanceInstance.from_matrix(np.ones(rows), table)
    answer = capacitated_p_median(one, p, np.full(rows, capacity), load=demand)
    is_proven(answer.solution, best)
    assert table[np.arange(rows), answer.site].sum() == best
    assert np.bincount(answer.site, demand).max() <= capacity
    assert set(answer.site.tolist()) == set(answer.solution.chosen.tolist())
    assert len(answer.solution.chosen) <= p


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("people", ["alike", "different"])
def test_a_plane_of_900_places_and_90_sites_is_proven_in_a_minute(people):
    """As large as the OR-Library's pmed40."""
    rng = np.random.default_rng(40)
    table = straight(rng.random((900, 2)) * 10_000)
    weight = np.ones(900) if people == "alike" else rng.lognormal(3, 1, 900)
    answer = p_median(DistanceInstance.from_matrix(weight, table), 90)
    assert answer.proof is Proof.OPTIMAL
    assert answer.seconds < 60
    assert (weight * table[:, answer.chosen].min(axis=1)).sum() == pytest.approx(answer.objective)


@pytest.mark.slow
@pytest.mark.slow
def test_a_network_of_900_nodes_and_90_sites_is_proven_in_a_minute():
    rng = np.random.default_rng(41)
    tail, head = rng.integers(0, 900, (2, 16_000))
    table = all_pairs(900, tail, head, rng.integers(1, 100, 16_000).astype(float))
    answer = p_median(DistanceInstance.from_matrix(np.ones(900), table), 90)
    assert answer.proof is Proof.OPTIMAL
    assert answer.seconds < 60
