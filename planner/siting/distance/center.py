"""The p-center: the sites with the shortest worst distance, and the proof of it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import time_up
from planner.kernels.csr import Csr
from planner.siting.clock import Clock
from planner.siting.distance.median import compile_median, least_distance
from planner.siting.distance.set_cover import SetCover, cover_rows
from planner.siting.solution import HAIR, Proof, no_solution, payable, solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.distance.distances import DistanceInstance
    from planner.siting.solution import Solution


def p_center(
    instance: DistanceInstance,
    p: float,
    *,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites with the shortest worst distance, each row served from the nearest.

    Of all plans with that distance one of the fewest sites (of the least cost), and of these the one with the
    least people × distance, as far as the time allows.

    Parameters
    ----------
    instance
        Distances in seconds or metres; rows of 0 people count like others.
    p
        What the sites may cost together: their number where each costs 1, those that are forced included.
    seed
        Of HiGHS, and of the order in which sites are tried.
    time_limit_s
        Then the best plan so far is returned with the best bound.
    may_go_on
        Asked now and then; what it raises ends the work.

    Returns
    -------
    The objective is seconds (or metres); ``infeasible`` where no plan of this cost serves all rows.

    Raises
    ------
    ConfigError
        Where rows can be reached from nowhere.
    TimeUpError
        Where the time is up before a plan that serves all rows is found.

    Notes
    -----
    Bisection over the distances that occur; whether one can be kept is a set-cover problem (Minieka 1970).

    Examples
    --------
    >>> from planner.siting.distance.distances import DistanceInstance
    >>> table = np.array([[0.0, 9.0, 4.0], [9.0, 0.0, 4.0], [8.0, 7.0, 1.0]])
    >>> best = p_center(DistanceInstance.from_matrix(np.array([10.0, 1.0, 2.0]), table), 1)
    >>> best.chosen.tolist(), best.objective, str(best.proof)
    ([2], 4.0, 'optimal')
    """
    compile_median()
    clock = Clock(time_limit_s, may_go_on)
    instance.require_reach()
    probe = _Probe(instance, p, clock, seed)
    if probe.left < 0:
        return no_solution(seed=seed, seconds=clock.seconds())
    distance = probe.distances()
    if not len(distance):
        return no_solution(seed=seed, seconds=clock.seconds())
    # Below distance[low] nothing is possible; at distance[high] the best plan serves all.
    low, high, best = 0, len(distance) - 1, probe.within(distance[-1])
    if best.proof is Proof.INFEASIBLE:
        return no_solution(seed=seed, seconds=clock.seconds())
    if best.proof is None:
        msg = "serves all places"
        raise time_up(msg, time_limit_s, "or more sites")
    high = min(high, probe.place(distance, best.chosen))
    while low < high and not clock.is_over():
        middle = (low + high) // 2
        cover = probe.within(distance[middle])
        if cover.proof is None:
            break
        if cover.proof is Proof.INFEASIBLE:
            low = middle + 1
        else:
            best, high = cover, probe.place(distance, cover.chosen)
            low = min(low, high)
    chosen = probe.nicest(best, float(distance[high]))
    worst = float(instance.distance_s(chosen).max(initial=0.0))
    return solution(chosen, worst, float(distance[low]), seed=seed, seconds=clock.seconds())


# Of plans with the same worst distance the one with the least people × distance is looked for so long.
PARTS = 30


class _Probe:
    """Whether all rows can be served within a distance."""

    def __init__(self, instance: DistanceInstance, p: float, clock: Clock, seed: int) -> None:
        self.instance, self.p, self.clock, self.seed = instance, float(p), clock, seed
        self.forced = np.flatnonzero(instance.forced)
        left = self.p - math.fsum(instance.cost[self.forced])
        self.left = 0.0 if abs(left) <= HAIR * self.p else left
        self.at_once = instance.distance_s(self.forced)
        self.row = instance.row_of_pair()
        can = (~instance.forbidden & ~instance.forced & (instance.cost <= payable(self.left)))[
            instance.near.item
        ]
        self.can = can & (instance.near.value < self.at_once[self.row])

    def distances(self) -> NDArray[np.float64]:
        """Return the distances that the worst one may be, rising: no less than from all sites together."""
        least, value = self.at_once.copy(), self.instance.near.value
        np.minimum.at(least, self.row[self.can], value[self.can])
        floor = least.max(initial=0.0)
        every = np.unique(np.concatenate([value[self.can], self.at_once, [floor]]))
        kept: NDArray[np.float64] = every[(every >= floor) & np.isfinite(every)]
        return kept

    def place(self, distance: NDArray[np.float64], chosen: NDArray[np.int64]) -> int:
        """Return the place of a plan's worst distance."""
        return int(np.searchsorted(distance, self.instance.distance_s(chosen).max(initial=0.0)))

    def within(self, radius: float, *, cheapest: bool = False) -> SetCover:
        """Return a plan that serves all rows within a distance."""
        far = self.at_once > radius
        used = self.can & far[self.row] & (self.instance.near.value <= radius)
        count = np.bincount(self.row[used], minlength=len(far))[far]
        if (count == 0).any():
            return SetCover(np.empty(0, np.int64), Proof.INFEASIBLE)
        first = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)]).astype(np.int64)
        item = self.instance.near.item[used]
        rows = Csr(first, item, np.zeros(len(item)))
        if not len(count):
            return SetCover(self.forced, Proof.OPTIMAL)
        cover = cover_rows(rows, self.instance.cost, self.left, self.clock, seed=self.seed, cheapest=cheapest)
        if cover.proof in (Proof.INFEASIBLE, None):
            return cover
        return SetCover(np.sort(np.concatenate([self.forced, cover.chosen])), cover.proof)

    def nicest(self, best: SetCover, radius: float) -> NDArray[np.int64]:
        """Return, of the plans within a distance, the one of the least cost and people × distance."""
        if not self.clock.is_over():
            cover = self.within(radius, cheapest=True)
            best = cover if cover.proof not in (Proof.INFEASIBLE, None) else best
        if self.clock.is_over():
            return best.chosen
        instance = self.instance
        kept = instance.near.value <= radius
        count = np.bincount(self.row[kept], minlength=instance.rows)
        first = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)]).astype(np.int64)
        near = Csr(first, instance.near.item[kept], instance.near.value[kept])
        existing_s = np.where(instance.existing_s <= radius, instance.existing_s, np.inf)
        answer = least_distance(
            replace(instance, near=near, existing_s=existing_s),
            math.fsum(instance.cost[best.chosen]), self.clock, start=best.chosen, seed=self.seed,
            most_parts=PARTS,
        )  # fmt: skip
        return answer.chosen
