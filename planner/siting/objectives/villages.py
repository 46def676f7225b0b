"""Most villages served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.vocabulary.statuses import VillageStatus
from planner.siting.cover.explain import explain
from planner.siting.objectives.problem import (
    CURVE_POINT_S,
    BestPlan,
    Problem,
    require_plan,
    search_of,
    solved_curve,
    tightened,
)
from planner.siting.stand_ins import STAND_IN_SHARE, least_lost
from planner.siting.threshold.lifting import most_villages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.siting.cover.instance import CoverInstance
    from planner.siting.reach import Reach
    from planner.siting.solution import Solution


def most_villages_plan(problem: Problem) -> BestPlan:
    """Return the plan of most villages newly served.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=4, objective="villages"))
    >>> most_villages_plan(plan.problem).unit
    'villages'
    """
    towns = _Towns(problem.before, problem.reach)
    found = _lift(problem, towns, problem.budget)
    require_plan(problem, found, [])

    def solver(budget: float) -> Solution:
        return found if budget == problem.budget else _lift(problem, towns, budget, most_s=CURVE_POINT_S)

    curve = solved_curve(problem, solver, "villages_lifted", sign=-1.0)
    others = _stand_ins(problem, towns, found)
    return BestPlan(tightened(problem, found, curve), "villages", curve, others)


def _stand_ins(problem: Problem, towns: _Towns, found: Solution) -> dict[int, tuple[tuple[int, float], ...]]:
    """Return by site those that could take its place: by the villages that it costs, then the nearest."""
    instance = problem.instance
    # All that the rules and the money allow: what people they lose is nothing here.
    allowed = explain(instance, found.chosen, most=instance.sites, share=1.0, budget=problem.budget)
    pairs, others = _Pairs.of(towns, instance), {}
    for j, can in zip(allowed.site.tolist(), allowed.stand_ins, strict=True):
        problem.may_go_on()
        site = np.array([k for k, _ in can], dtype=np.int64)
        rest = instance.reached(found.chosen[found.chosen != j])
        lost = np.full(instance.sites, np.inf)
        lost[site] = found.objective - pairs.newly_with_each(rest)[site]
        lost[lost > STAND_IN_SHARE * found.objective] = np.inf
        others[j] = least_lost(lost, j, problem.xy)
    return others


class _Towns:
    """The villages of a study, and which share of each is reached."""

    def __init__(self, before: Gaps, reach: Reach) -> None:
        villages = before.layers.villages.index
        self.row = villages.get_indexer(before.demand["village_code"]).astype(np.int32)
        # Who is put on a part without roads by its area lives there anywhere, or not at all: as with people.
        placed = ~before.demand["by_area"].to_numpy(dtype=np.bool_)
        self.weight = before.demand["weight"].to_numpy(dtype=np.float64) * placed
        self.served, self._n = before.scenario.status.served, len(villages)
        known = before.in_each(reach.kind, reach.seasons).villages["status"].to_numpy(dtype=object)
        now = np.minimum(self._share(reach.already), 1.0)
        self.already = np.where(known == VillageStatus.SERVED, np.maximum(now, self.served), now)
        self.now = reach.already

    def weighed(self, reached: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the share of each village that is reached, float64 ``(villages,)``, not rounded."""
        share = np.bincount(self.row, weights=self.weight * reached, minlength=self._n)
        return np.asarray(share, dtype=np.float64)

    def _share(self, reached: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.round(self.weighed(reached), 9)

    def newly(self, reached: NDArray[np.bool_]) -> int:
        """Return how many villages are served where some more places are reached, and are not today."""
        then = self._share(reached | self.now) >= self.served
        return int((then & (self.already < self.served)).sum())


@dataclass(frozen=True)
class _Pairs:
    """Which places each site reaches, those of one village together.

    Attributes
    ----------
    towns
        The villages.
    place
        int32 ``(pairs,)``, by site and village.
    first
        int64 ``(groups,)``, where the places of a site in one village begin.
    site, village
        int64 ``(groups,)``, of each.
    sites
        How many there are.
    """

    towns: _Towns
    place: NDArray[np.int32]
    first: NDArray[np.int64]
    site: NDArray[np.int64]
    village: NDArray[np.int64]
    sites: int

    @classmethod
    def of(cls, towns: _Towns, instance: CoverInstance) -> _Pairs:
        place = instance.by_site.item
        site = np.repeat(np.arange(instance.sites), np.diff(instance.by_site.first))
        village = towns.row[place].astype(np.int64)
        order = np.lexsort((village, site))
        site, village = site[order], village[order]
        new = np.ones(len(site), dtype=np.bool_)
        new[1:] = (site[1:] != site[:-1]) | (village[1:] != village[:-1])
        first = np.flatnonzero(new)
        return cls(towns, place[order], first, site[first], village[first], instance.sites)

    def newly_with_each(self, rest: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many villages are newly served with each site besides the rest, int64 ``(sites,)``."""
        towns = self.towns
        counts = np.full(self.sites, towns.newly(rest), dtype=np.int64)
        if not len(self.first):
            return counts
        there = rest | towns.now
        more = np.add.reduceat((towns.weight * ~there)[self.place], self.first)
        before = towns.weighed(there)[self.village]
        then = np.round(before + more, 9) >= towns.served
        turned = then & (np.round(before, 9) < towns.served) & (towns.already[self.village] < towns.served)
        return counts + np.bincount(self.site[turned], minlength=self.sites)


def _lift(problem: Problem, towns: _Towns, budget: float, *, most_s: float = np.inf) -> Solution:
    search = search_of(problem)
    search["time_limit_s"] = min(search["time_limit_s"], most_s)
    return most_villages(
        problem.instance, towns.row, towns.weight, towns.already, budget, served=towns.served, **search
    )
