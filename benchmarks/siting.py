"""Siting: MCLP against spopt with HiGHS in one run; a large square; 900 nodes; Jember where it is given.

    python -m pip install spopt highspy pulp
    python benchmarks/siting.py [WORKSPACE]

The peer is optional: where it is not installed that is said. Prints lines of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from planner.kernels.cover import greedy_cover
from planner.siting.cover.covering import most_people
from planner.siting.cover.instance import CoverInstance, cover_instance
from planner.siting.distance.distances import DistanceInstance
from planner.siting.distance.median import p_median

PLACES, SITES, UNITS, RADIUS = 2_480, 1_000, 20, 0.09
LARGE, NEAR, MOST = 186_719, 90, 4_000
NODES, MEDIANS = 900, 90


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


def town() -> tuple[np.ndarray, np.ndarray]:
    """People and distances of places to sites, at random in a square."""
    rng = np.random.default_rng(8)
    away = cdist(rng.random((PLACES, 2)), rng.random((SITES, 2)))
    return np.round(rng.gamma(2, 150, PLACES)), away


def ours(people: np.ndarray, away: np.ndarray) -> tuple[float, float]:
    """Seconds, model and solution (the best of three), and the people reached, proven."""
    best, objective = np.inf, 0.0
    for _ in range(4):
        start = time.perf_counter()
        place, site = np.nonzero(away <= RADIUS)
        found = most_people(cover_instance(people, place=place, site=site, sites=SITES), UNITS)
        best, objective = min(best, time.perf_counter() - start), found.objective
        assert found.proof == "optimal"
    return best, objective


def theirs(people: np.ndarray, away: np.ndarray) -> tuple[float, float] | None:
    try:
        import pulp
        from spopt.locate import MCLP
    except ImportError:
        return None
    start = time.perf_counter()
    model = MCLP.from_cost_matrix(away, people, RADIUS, UNITS)
    model.solve(pulp.HiGHS(msg=False))
    return time.perf_counter() - start, float(pulp.value(model.problem.objective))


def square() -> CoverInstance:
    """As many sites as places in a square, each near 90 of them on average."""
    xy = np.random.default_rng(1).random((LARGE, 2))
    pairs = cKDTree(xy).query_pairs(float(np.sqrt(NEAR / LARGE / np.pi)), output_type="ndarray")
    own = np.arange(LARGE)
    place, site = (
        np.concatenate([pairs[:, 0], pairs[:, 1], own]),
        np.concatenate([pairs[:, 1], pairs[:, 0], own]),
    )
    return cover_instance(np.random.default_rng(2).gamma(2, 50, LARGE), place=place, site=site, sites=LARGE)


def main() -> None:
    people, away = town()
    seconds, objective = ours(people, away)
    peer = theirs(people, away)
    if peer is None:
        say(work="MCLP", seconds=seconds, peer="spopt is not installed")
    else:
        assert abs(peer[1] - objective) <= 1e-6 * objective
        say(work="MCLP", seconds=seconds, people=objective, peer_s=peer[0], ratio=peer[0] / seconds)
    large = square()
    for _ in range(2):
        chosen = np.zeros(LARGE, np.bool_)
        start = time.perf_counter()
        greedy_cover(large.cover, MOST, chosen, ~large.forbidden)
        took = time.perf_counter() - start
    say(work="large, greedy", units=MOST, seconds=took, people=large.people_reached(chosen))
    for units in (100, 500, 1_000, 2_000, 4_000):
        found = most_people(large, units, time_limit_s=60.0)
        say(work="large", units=units, seconds=found.seconds, people=found.objective, gap=found.gap)
    rng = np.random.default_rng(40)
    xy = rng.random((NODES, 2))
    found = p_median(DistanceInstance.from_matrix(np.ones(NODES), np.round(100 * cdist(xy, xy))), MEDIANS)
    say(work="p-median, 900 nodes", units=MEDIANS, seconds=found.seconds, gap=found.gap)
    if sys.argv[1:]:
        jember(Path(sys.argv[1]))


def jember(workspace: Path) -> None:
    """Pustu and posyandu of a real workspace, and a plan again after one site is forbidden."""
    from planner.pipeline import Ask, RolloutPlan, Study, as_if_none, open_workspace, rollout, site
    from planner.siting.measures import At, default_measures

    layers = open_workspace(workspace)
    study, settled = Study(as_if_none(layers, "pustu")), default_measures().with_new_at([At.SETTLEMENTS])
    for units in (5, 10, 30, 100):
        plan = site(study, "pustu", Ask(units=units), measures=settled)
        one = plan.solution
        say(work="pustu at settlements", candidates=len(plan.candidates), units=units, seconds=one.seconds,
            gap=one.gap)  # fmt: skip
    for kind, amounts in (("pustu", (5, 10, 30, 100)), ("posyandu", (1_000,))):
        study, plan = Study(as_if_none(layers, kind)), None
        for units in amounts:
            plan = site(study, kind, Ask(units=units), earlier=plan)
            found = plan.solution
            say(work=kind, candidates=len(plan.candidates), units=units, seconds=found.seconds, gap=found.gap)
            ask = Ask(units=units, forbidden=(plan.sites.index[-1],), time_limit_s=1.0)
            again = site(study, kind, ask, earlier=plan).solution
            say(work=f"{kind}, one forbidden", units=units, seconds=again.seconds, gap=again.gap)
    years = [{"year": 2027 + t, "units": 5} for t in range(5)]
    asked = RolloutPlan.model_validate({"kind": "pustu", "years": years})
    one = rollout(Study(as_if_none(layers, "pustu")), asked).solution
    say(work="pustu over five years", units=25, seconds=one.seconds, gap=one.gap)


if __name__ == "__main__":
    main()
