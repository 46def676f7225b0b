"""What no plan can beat: villages and sites under cuts, relaxed and then in whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.cover import covered_by_shares
from planner.kernels.lift_cuts import cut_of, tightest
from planner.siting.cover.instance import pairs_of
from planner.siting.mip import GrowingLp, Mip
from planner.siting.solution import Proof

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.kernels.villages import Lift
    from planner.siting.mip import MipAnswer

# A cut must take away so much of a village; a bound may miss a whole number by so much.
LEAST, NEAR = 1e-4, 1e-6
# Cuts that leave at most so much room at the relaxation's answer go on into whole numbers.
TIGHT = 0.1
# A share below this is what HiGHS leaves of nothing.
NOTHING = 1e-9
# After so many rounds that take away less than this part of a village, no more cuts are made.
SLOW_ROUNDS, SLOW = 8, 0.02


class CutRow(NamedTuple):
    """``times`` × the village is at most the sum of coefficient × site.

    Attributes
    ----------
    village, times
        Which, and how often.
    site, part
        int64 and float64 ``(sites of the row,)``: the sites and their coefficients.
    """

    village: int
    times: float
    site: NDArray[np.int64]
    part: NDArray[np.float64]


class LiftCuts:
    """The most villages within a budget by cuts on the sites alone.

    Parameters
    ----------
    lift
        The problem.
    budget
        What the sites may cost.

    Attributes
    ----------
    bound
        Whole villages; no plan lifts more.
    share
        float64 ``(sites,)``, how much the relaxed problem has of each (0-1).
    is_done
        Whether more cuts would not lower the bound of the relaxed problem, or hardly.
    """

    def __init__(self, lift: Lift, budget: float) -> None:
        self.lift, self._budget = lift, budget
        self._sites, self._villages = len(lift.cost), len(lift.need)
        self.bound, self.is_done = self._villages, False
        self.share = np.zeros(self._sites)
        self._rows: list[CutRow] = []
        self._objective: list[float] = []
        self._lp = GrowingLp(self._cost(), np.ones(self._sites + self._villages))
        self._lp.add_row(np.arange(self._sites), lift.cost, budget)
        for pair in pairs_of(lift.conflicts):
            self._lp.add_row(pair, np.ones(2), 1.0)
        for v in range(self._villages):
            self._begin(v)
        self._village = np.ones(self._villages)

    def _cost(self) -> NDArray[np.float64]:
        return np.concatenate([np.zeros(self._sites), np.ones(self._villages)])

    def _begin(self, v: int) -> None:
        """Add the cut of a village of which nothing is given, and how many sites it needs at least."""
        first = self.lift.first_place
        site, part = cut_of(self.lift, v, np.zeros(int(first[v + 1] - first[v]), dtype=np.bool_))
        self._add(CutRow(v, 1.0, site, part))
        together = np.cumsum(-np.sort(-part))
        # A hair less than 1, so that rounded coefficients never ask for a site too many.
        fewest = int(np.searchsorted(together, 1.0 - 1e-9)) + 1
        if fewest > 1:
            self._add(CutRow(v, float(fewest), site, np.ones(len(site))))

    def _add(self, row: CutRow) -> None:
        self._rows.append(row)
        columns, values = self._entries(row)
        self._lp.add_row(columns, values, 0.0)

    def _entries(self, row: CutRow) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        return np.append(row.site, self._sites + row.village), np.append(-row.part, row.times)

    def _lower(self, bound: float) -> None:
        if np.isfinite(bound):
            self.bound = min(self.bound, max(int(np.floor(bound + NEAR)), 0))

    def step(self) -> None:
        """Solve the relaxed problem, and add the cuts that its answer does not keep."""
        value, _, objective = self._lp.solve()
        self._lower(objective)
        self.share, self._village = np.clip(value[: self._sites], 0.0, 1.0), value[self._sites :]
        self._objective.append(objective)
        past = self._objective[-SLOW_ROUNDS - 1 :]
        slow = len(past) > SLOW_ROUNDS and past[0] - past[-1] < SLOW
        self.is_done = not self._cut(self.share, self._village) or slow

    def _cut(self, share: NDArray[np.float64], village: NDArray[np.float64]) -> int:
        """Add a cut for each village that shares of sites do not lift so far; returns how many."""
        lift, added = self.lift, 0
        share = np.where(share > NOTHING, share, 0.0)
        cover = covered_by_shares(lift.by_site, len(lift.weight), share)
        for v in np.flatnonzero(village > LEAST).tolist():
            given, most = tightest(lift, v, share, cover)
            if most < village[v] - LEAST:
                self._add(CutRow(v, 1.0, *cut_of(lift, v, given)))
                added += 1
        return added

    def whole(
        self, best: NDArray[np.bool_], served: NDArray[np.bool_], *, time_limit_s: float, seed: int,
        may_go_on: Callable[[], None] | None,
    ) -> NDArray[np.bool_] | None:  # fmt: skip
        """Return the sites that HiGHS chooses in whole numbers under the cuts so far; None where none.

        Villages that it took for lifted and that are not get cuts, so that it does not again. Where there are
        none, or nothing better is left, its bound is that of the problem.

        Parameters
        ----------
        best, served
            bool ``(sites,)`` and ``(villages,)``, a plan that is known and what it lifts.
        time_limit_s, seed, may_go_on
            As :meth:`planner.siting.mip.Mip.solve` takes them.

        Returns
        -------
        chosen
            bool ``(sites,)``.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> from planner.siting.threshold.instance import PlaceVillages, lift_instance
        >>> two = cover_instance([1.0, 1.0], place=[0, 1], site=[0, 1])
        >>> those = PlaceVillages(np.array([0, 1], np.int32), np.array([0.9, 0.9]), np.zeros(2), 0.8)
        >>> cuts = LiftCuts(lift_instance(two, those, 1.0).lift, 1.0)
        >>> no, limits = np.zeros(2, np.bool_), {"time_limit_s": 60.0, "seed": 0, "may_go_on": None}
        >>> int(cuts.whole(no, no, **limits).sum())
        1
        """
        start = np.concatenate([best, served]).astype(np.float64)
        answer = self._problem().solve(start=start, time_limit_s=time_limit_s, seed=seed, may_go_on=may_go_on)
        self._take(answer)
        if not len(answer.value):
            return None
        share = np.round(answer.value[: self._sites])
        self.is_done = not self._cut(share, np.round(answer.value[self._sites :]))
        return share > 0

    def _take(self, answer: MipAnswer) -> None:
        if answer.proof is not Proof.INFEASIBLE:
            self._lower(answer.bound)

    def _problem(self) -> Mip:
        """Return the problem in whole numbers, under the cuts that are close to deciding something."""
        mip = Mip(maximise=True)
        mip.add_columns(self._cost(), integer=True)
        lift = self.lift
        mip.add_row(np.arange(self._sites), lift.cost, upper=self._budget)
        mip.add_apart(pairs_of(lift.conflicts))
        mip.add_list([(*self._entries(row), 0.0) for row in self._rows if self._is_tight(row)])
        return mip

    def _is_tight(self, row: CutRow) -> bool:
        left = float(row.part @ self.share[row.site]) - row.times * float(self._village[row.village])
        return left <= TIGHT
