"""Most villages served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.cover.explain import explain
from planner.siting.objectives.problem import (
    CURVE_POINT_S,
    BestPlan,
    Problem,
    require_plan,
    search_of,
    solved_curve,
)
from planner.siting.stand_ins import STAND_IN_SHARE, STAND_INS
from planner.siting.threshold.lifting import most_villages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.siting.reach import Reach
    from planner.siting.solution import Solution

# Of so many stand-ins by people, those that keep the villages served are looked for.
OTHERS = 30


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
    why = explain(
        problem.instance, found.chosen, most=OTHERS, share=1.0, budget=problem.budget, xy=problem.xy
    )
    others: dict[int, tuple[tuple[int, float], ...]] = {}
    for j, near in zip(why.site.tolist(), why.stand_ins, strict=True):
        rest = problem.instance.reached(found.chosen[found.chosen != j])
        lost = [(k, found.objective - towns.newly(rest | problem.instance.reached(np.array([k]))))
                for k, _ in near]  # fmt: skip
        good = sorted((x for x in lost if x[1] <= STAND_IN_SHARE * found.objective), key=lambda x: x[1])
        others[j] = tuple(good[:STAND_INS])

    def solver(budget: float) -> Solution:
        return found if budget == problem.budget else _lift(problem, towns, budget, most_s=CURVE_POINT_S)

    curve = solved_curve(problem, solver, "villages_lifted", sign=-1.0)
    return BestPlan(found, "villages", curve, others)


class _Towns:
    """The villages of a study, and which share of each is reached."""

    def __init__(self, before: Gaps, reach: Reach) -> None:
        villages = before.layers.villages.index
        self.row = villages.get_indexer(before.demand["village_code"]).astype(np.int32)
        self.weight = before.demand["weight"].to_numpy(dtype=np.float64)
        self.served, self._n = before.scenario.status.served, len(villages)
        self.already = np.minimum(self._share(reach.already), 1.0)
        self._now = reach.already

    def _share(self, reached: NDArray[np.bool_]) -> NDArray[np.float64]:
        share = np.bincount(self.row, weights=self.weight * reached, minlength=self._n)
        return np.round(share, 9).astype(np.float64)

    def newly(self, reached: NDArray[np.bool_]) -> int:
        """Return how many villages are served where some more places are reached, and are not today."""
        then = self._share(reached | self._now) >= self.served
        return int((then & (self.already < self.served)).sum())


def _lift(problem: Problem, towns: _Towns, budget: float, *, most_s: float = np.inf) -> Solution:
    search = search_of(problem)
    search["time_limit_s"] = min(search["time_limit_s"], most_s)
    return most_villages(
        problem.instance, towns.row, towns.weight, towns.already, budget, served=towns.served, **search
    )
