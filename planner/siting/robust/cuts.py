"""What no choice of sites beats, by cuts on the sites alone (Cordeau, Furini and Ljubić 2019), over draws.

As in :mod:`planner.siting.cover.cuts`: the people whom shares of sites cover are a concave function of the
shares, in each draw and in every sum of draws. Here one or several such sums count, and the least of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.draws import best_two, covered_by_shares_in_draws, group_values_in_draws
from planner.siting.cover.instance import pairs_of
from planner.siting.mip import SLIP, GrowingLp, Mip, unit_of
from planner.siting.solution import TOLERANCE, Proof

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.draws import DrawCover
    from planner.siting.clock import Clock

# As in :mod:`planner.siting.cover.cuts`.
OUTWARD, LEAST, NEAR = 0.3, 1e-6, 1e-7
STEPS = 300


class DrawCuts:
    """The linear relaxation of the least of some criteria, tightened cut by cut.

    Parameters
    ----------
    cover
        The problem; what exists and what is forced is in its ``base``.
    open_
        bool ``(sites,)``, which may be chosen.
    budget
        What they may cost.
    plan
        int64 ``(chosen,)``, sites of a good choice: the rows of each are one group with cuts of its own.

    Attributes
    ----------
    bound
        People; the least criterion of no choice is more.
    """

    def __init__(
        self, cover: DrawCover, open_: NDArray[np.bool_], budget: float, plan: NDArray[np.int64]
    ) -> None:
        self._cover, self._budget = cover, budget
        self._site = np.flatnonzero(open_)
        self._criteria, self._groups = len(cover.value), len(plan) + 1
        self._weight = cover.value[:, :, :-1] - cover.value[:, :, 1:]
        inside = _marked(len(open_), plan)
        # The first site of a plan to cover a row, and a group for the rest.
        owner = best_two(cover, inside).owner
        self._group = np.where(owner >= 0, np.searchsorted(plan, owner), len(plan)).astype(np.int64)
        self._most = self._by_group(cover.value[:, :, 0])
        self._unit = unit_of(float(self._most.sum(axis=1).max(initial=0.0)))
        self.bound = float(self._most.sum(axis=1).min())
        self._inside = inside.astype(np.float64)
        self._people_inside = self._covered(self._inside)[0].sum(axis=1).min()
        self._cuts: list[tuple[NDArray[np.int64], NDArray[np.float64], float]] = []
        self._lp = self._relaxed()

    @property
    def _columns(self) -> int:
        """Sites, then the people of each criterion's groups, then the least of the criteria."""
        return len(self._site) + self._criteria * self._groups + 1

    def _theta(self, criterion: int) -> NDArray[np.int64]:
        low = len(self._site) + criterion * self._groups
        return np.arange(low, low + self._groups)

    def _upper(self) -> NDArray[np.float64]:
        return np.concatenate([np.ones(len(self._site)), self._most.ravel() * self._unit, [np.inf]])

    def _least_rows(self) -> list[tuple[NDArray[np.int64], NDArray[np.float64], float]]:
        """Return the rows that hold the last column below every criterion, and the costs below the budget."""
        rows = [(np.arange(len(self._site)), self._cover.cost[self._site], self._budget)]
        for a in range(self._criteria):
            column = np.append(self._theta(a), self._columns - 1)
            rows.append((column, np.append(-np.ones(self._groups), 1.0), 0.0))
        return rows

    def _relaxed(self) -> GrowingLp:
        cost = np.zeros(self._columns)
        cost[-1] = 1.0
        lp = GrowingLp(cost, self._upper())
        for column, value, most in self._least_rows():
            lp.add_row(column, value, most)
        return lp

    def _by_group(self, people: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return sums of rows by criterion and group, float64 ``(criteria, groups)``."""
        sums = [np.bincount(self._group, weights=one, minlength=self._groups) for one in people]
        return np.array(sums, dtype=np.float64)

    def _covered(self, share: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the people covered by criterion and group, and how much covers each row and position."""
        cover = covered_by_shares_in_draws(self._cover, share)
        people = np.einsum("ark,rk->ar", self._weight, np.minimum(cover, 1.0))
        return self._by_group(people), cover

    def run(self, clock: Clock) -> None:
        """Add cuts until the bound is that of the linear relaxation, or time is up."""
        sites = len(self._site)
        for _ in range(STEPS):
            value, self._dual, objective = self._lp.solve()
            self.bound = min(self.bound, objective / self._unit)
            if self.bound - self._people_inside <= NEAR * self.bound or clock.is_over():
                return
            share = np.zeros(len(self._inside))
            share[self._site] = value[:sites]
            people = value[sites:-1].reshape(self._criteria, self._groups) / self._unit
            if not self._cut(
                OUTWARD * share + (1.0 - OUTWARD) * self._inside, share, people
            ) and not self._cut(share, share, people):
                return

    def _cut(self, at: NDArray[np.float64], share: NDArray[np.float64], people: NDArray[np.float64]) -> bool:
        """Add the cuts at some shares that the relaxation's answer does not keep; returns whether any."""
        covered, cover = self._covered(at)
        if covered.sum(axis=1).min() > self._people_inside:
            self._inside, self._people_inside = at, covered.sum(axis=1).min()
        found = False
        for a in range(self._criteria):
            slope, full = self._plane(a, cover)
            broken = people[a] > full + slope @ share[self._site] + LEAST * self._most[a] + SLIP / self._unit
            for g in np.flatnonzero(broken).tolist():
                self._add(int(self._theta(a)[g]), slope[g], float(full[g]))
            found |= bool(broken.any())
        return found

    def _plane(
        self, criterion: int, cover: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return by group the plane that touches where rows are covered so much: slopes, and people at 0."""
        open_ = cover < 1.0
        weight = self._weight[criterion]
        tail = np.zeros((len(weight), weight.shape[1] + 1))
        tail[:, :-1] = np.cumsum((weight * open_)[:, ::-1], axis=1)[:, ::-1]
        slope = group_values_in_draws(self._cover, tail, self._group, self._groups)[:, self._site]
        full = np.bincount(self._group, weights=(weight * ~open_).sum(axis=1), minlength=self._groups)
        return slope, full.astype(np.float64)

    def _add(self, theta: int, slope: NDArray[np.float64], full: float) -> None:
        some = np.flatnonzero(slope)
        row = np.append(some, theta), np.append(-slope[some] * self._unit, 1.0), full * self._unit
        self._lp.add_row(*row)
        self._cuts.append(row)

    def drawn(self, random: NDArray[np.float64] | None) -> NDArray[np.int64]:
        """Return sites within the budget that the relaxation has most of; by chance in that proportion.

        Parameters
        ----------
        random
            float64 ``(sites,)``, 0-1; None for those it has most of.

        Returns
        -------
        sites
            int64 ``(chosen,)``, rising.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
        >>> pairs = np.array([0, 1]), np.array([0], np.int32), np.array([90.0])
        >>> times = SeasonTimes(*pairs, np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [times])
        >>> cuts = DrawCuts(two.cover(np.array([[0.5, 0.5]])), np.array([True]), 1.0, np.array([0]))
        >>> cuts.run(Clock(60.0))
        >>> cuts.drawn(None).tolist()
        [0]
        """
        share, cost = self._inside, self._cover.cost
        with np.errstate(divide="ignore"):
            # The largest of u to the power of 1 / share are drawn in proportion to them (Efraimidis 2006).
            rank = share if random is None else np.log(random) / np.maximum(share, 1e-300)
        order = np.argsort(-rank, kind="stable")
        order = order[share[order] > 1e-9]
        taken, conflicts, spent = np.zeros(len(share), np.bool_), self._cover.conflicts, 0.0
        for j in order.tolist():
            others = conflicts.item[conflicts.first[j] : conflicts.first[j + 1]]
            if spent + cost[j] <= self._budget and not taken[others].any():
                taken[j], spent = True, spent + float(cost[j])
        return np.flatnonzero(taken)

    def whole(self, best: NDArray[np.int64], clock: Clock, seed: int) -> tuple[NDArray[np.int64], float]:
        """Return the best choice of whole sites and its bound, cut by cut.

        Parameters
        ----------
        best
            int64 ``(chosen,)``, a choice that is known.
        clock, seed
            How long it may take, and HiGHS's own choices.

        Returns
        -------
        sites, bound
            int64 ``(chosen,)``, and the least criterion that no choice is above.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.robust.instance import SeasonTimes, draw_instance
        >>> pairs = np.array([0, 1]), np.array([0], np.int32), np.array([90.0])
        >>> times = SeasonTimes(*pairs, np.array([np.inf]))
        >>> two = draw_instance(np.full((2, 1), 10.0), np.array([60.0, 120.0]), np.zeros(2, int), [times])
        >>> cuts = DrawCuts(two.cover(np.array([[0.5, 0.5]])), np.array([True]), 1.0, np.array([0]))
        >>> cuts.run(Clock(60.0))
        >>> sites, bound = cuts.whole(np.array([0]), Clock(60.0), 0)
        >>> sites.tolist(), round(bound, 6)
        ([0], 5.0)
        """
        people = self._people(best)
        while clock.left_s() > 0:
            mip, kept = self._problem(self._kept(people, best))
            answer = mip.solve(
                start=self._of(best)[kept], time_limit_s=clock.left_s(), seed=seed,
                may_go_on=clock.may_go_on,
            )  # fmt: skip
            if answer.proof is Proof.INFEASIBLE:
                return best, people
            if np.isfinite(answer.bound):
                # What was left out is no better than the best known.
                self.bound = min(self.bound, max(answer.bound / self._unit, people))
            if not len(answer.value) or self.bound <= people * (1 + TOLERANCE):
                break
            value = np.zeros(self._columns)
            value[kept] = answer.value
            share = np.zeros(len(self._inside))
            share[self._site] = np.round(value[: len(self._site)])
            found = np.flatnonzero(share > 0.5)
            if self._people(found) > people:
                best, people = found, self._people(found)
            groups = value[len(self._site) : -1].reshape(self._criteria, self._groups) / self._unit
            if not self._cut(share, share, groups):
                break
        return best, max(self.bound, people)

    def _people(self, chosen: NDArray[np.int64]) -> float:
        return float(
            self._covered(_marked(len(self._inside), chosen).astype(np.float64))[0].sum(axis=1).min()
        )

    def _of(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a choice as columns."""
        share = _marked(len(self._inside), chosen).astype(np.float64)
        covered = self._covered(share)[0]
        return np.concatenate(
            [share[self._site], covered.ravel() * self._unit, [covered.sum(axis=1).min() * self._unit]]
        )

    def _kept(self, people: float, best: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which columns the best choice, or a better one, may hold: bool ``(columns,)``.

        The prices of the relaxation bound what any choice with a site reaches.
        """
        sites, kept = len(self._site), np.ones(self._columns, np.bool_)
        worth, rest = self._worth()
        cost = self._cover.cost[self._site]
        order = np.argsort(-worth / cost, kind="stable")
        spent = np.cumsum(cost[order])
        fit = int(np.searchsorted(spent, self._budget, side="right"))
        if fit < len(order):
            # What a unit of cost brings at the margin.
            margin = worth[order[fit]] / cost[order[fit]]
            saved = worth - cost * margin
            bound = rest + self._budget * margin + np.maximum(saved, 0.0).sum()
            kept[:sites] = bound + np.minimum(saved, 0.0) > people * (1 - TOLERANCE)
        kept[:sites] |= np.isin(self._site, best)
        return kept

    def _worth(self) -> tuple[NDArray[np.float64], float]:
        """Return each site's worth by the prices of the cuts, and the people who count whatever is chosen."""
        sites, groups = len(self._site), self._criteria * self._groups
        dual = self._dual[1:]
        share = dual[: self._criteria] / max(dual[: self._criteria].sum(), 1e-300)
        worth, rest, used = np.zeros(sites), 0.0, np.zeros(groups)
        price = dual[self._criteria : self._criteria + len(self._cuts)]
        cuts = list(zip(price.tolist(), self._cuts, strict=False))
        for one, (column, _, _) in cuts:
            used[column[-1] - sites] += one
        room = np.repeat(share, self._groups)
        scale = np.minimum(1.0, room / np.maximum(used, 1e-300))
        for one, (column, value, full) in cuts:
            part = one * scale[column[-1] - sites]
            worth[column[:-1]] -= part * value[:-1] / self._unit
            rest += part * full / self._unit
        rest += float(((room - used * scale) * self._most.ravel()).sum())
        return worth, rest

    def _problem(self, kept: NDArray[np.bool_]) -> tuple[Mip, NDArray[np.bool_]]:
        """Return the problem of whole sites under all cuts so far, with the columns that are kept."""
        sites, mip = len(self._site), Mip(maximise=True)
        number = np.cumsum(kept) - 1
        upper = self._upper()[kept]
        inside = int(kept[:sites].sum())
        mip.add_columns(np.zeros(inside), integer=True)
        mip.add_columns(np.append(np.zeros(len(upper) - inside - 1), 1.0), upper=upper[inside:])
        for column, value, most in (*self._least_rows(), *self._cuts):
            some = kept[column]
            mip.add_row(number[column[some]], value[some], upper=most)
        at = np.full(len(self._inside), -1)
        at[self._site] = np.where(kept[:sites], number[:sites], -1)
        pairs = at[pairs_of(self._cover.conflicts)]
        pairs = pairs[(pairs >= 0).all(axis=1)]
        mip.add_apart(pairs)
        return mip, kept


def _marked(n: int, chosen: NDArray[np.integer]) -> NDArray[np.bool_]:
    marks = np.zeros(n, np.bool_)
    marks[chosen] = True
    return marks
