"""The bound of a rollout: its linear relaxation by cuts on the sites, each year with cuts of its own.

How many people shares of sites reach in a year is a concave function of the shares that work by then (see
:mod:`planner.siting.cover.cuts`). Columns are decisions, a site in a year; the people of each year and group
of places stand under cuts in the decisions that work by that year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.cover import covered_by_shares, group_values
from planner.siting.cover.cuts import LEAST, NEAR, OUTWARD, places_by_site
from planner.siting.cover.instance import pairs_of
from planner.siting.mip import SLIP, GrowingLp, Mip, Row, unit_of
from planner.siting.solution import TOLERANCE, Proof

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.clock import Clock
    from planner.siting.rollout.instance import RolloutInstance

# So many groups of places a year at most.
GROUPS = 40


class YearCuts:
    """The linear relaxation of a rollout, tightened cut by cut.

    Parameters
    ----------
    instance
        Reduced.
    decided
        int64 ``(sites,)``, a good rollout: the places of each of its sites are a group with cuts of its
        own.

    Attributes
    ----------
    bound
        No rollout counts more.

    Examples
    --------
    >>> from planner.siting.clock import Clock
    >>> from planner.siting.rollout.instance import one_cover, rollout_instance
    >>> two = rollout_instance(one_cover(), [1.0, 1.0])
    >>> cuts = YearCuts(two, np.array([1, 0]))
    >>> cuts.run(Clock(60.0))
    >>> round(cuts.bound, 6)
    50.0
    """

    def __init__(self, instance: RolloutInstance, decided: NDArray[np.int64]) -> None:
        self.instance, self.bound = instance, instance.total
        # The decisions there can be.
        self._site, self._year = np.nonzero(instance.works < instance.years)
        self._since = instance.works[self._site, self._year]
        self._group = [self._groups_of(decided, t) for t in range(instance.years)]
        self._most = [
            np.bincount(g, weights=p, minlength=int(g.max(initial=0)) + 1)
            for g, p in zip(self._group, instance.people, strict=True)
        ]
        self._unit = unit_of(max(float(most.sum()) for most in self._most))
        # The first column of the groups of each year.
        self._first = len(self._site) + np.cumsum([0, *(len(m) for m in self._most)])
        self._rows: list[Row] = []
        self._lp = GrowingLp(*self._columns())
        for row in self._rules():
            self._add(row)
        self._once = np.zeros(instance.cover.sites, dtype=np.bool_)
        self._inside = self._share(decided)
        self._inside_value = self._value(self._inside)
        self._reduced = np.zeros(len(self._site))
        self._at = np.inf

    def _groups_of(self, decided: NDArray[np.int64], year: int) -> NDArray[np.int64]:
        plan = self.instance.working(decided, year)
        return np.asarray(places_by_site(self.instance.cover, plan) % GROUPS, dtype=np.int64)

    def _columns(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each column counts, and the most of each: decisions, then the people of each group."""
        weight = np.repeat(self.instance.weight, [len(m) for m in self._most])
        most = np.concatenate([np.empty(0), *self._most]) * self._unit
        n = len(self._site)
        return np.concatenate([np.zeros(n), weight]), np.concatenate([np.ones(n), most])

    def _rules(self) -> list[Row]:
        """Return the rules of money and staff, and that what is forced is decided."""
        one, rows = self.instance, []
        use = one.use[self._site, self._year]
        for r in range(use.shape[1]):
            some = np.flatnonzero(use[:, r])
            rows.append((some, use[some, r], float(one.limit[r])))
        for j in np.flatnonzero(one.cover.forced):
            mine = np.flatnonzero(self._site == j)
            rows.append((mine, np.full(len(mine), -1.0), -1.0))
        return rows

    def _add(self, row: Row) -> None:
        self._rows.append(row)
        self._lp.add_row(*row)

    def _share(self, decided: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a rollout as shares of decisions."""
        share: NDArray[np.float64] = (decided[self._site] == self._year).astype(np.float64)
        return share

    def _working(self, share: NDArray[np.float64], year: int) -> NDArray[np.float64]:
        """Return how much of each site works in a year, float64 ``(sites,)``."""
        mine = self._since <= year
        sites = self.instance.cover.sites
        working = np.bincount(self._site[mine], weights=share[mine], minlength=sites)
        return np.asarray(working, dtype=np.float64)

    def _cover(self, share: NDArray[np.float64], year: int) -> NDArray[np.float64]:
        one = self.instance.cover
        cover: NDArray[np.float64] = covered_by_shares(one.by_site, one.places, self._working(share, year))
        return cover

    def _value(self, share: NDArray[np.float64]) -> float:
        """Return what shares of decisions count: no more than the bound."""
        one = self.instance
        people = [float(p @ np.minimum(self._cover(share, t), 1.0)) for t, p in enumerate(one.people)]
        return float(one.weight @ np.array(people))

    def run(self, clock: Clock, *, near: float = NEAR, steps: int = 1000) -> None:
        """Add cuts until the bound is that of the linear relaxation, the steps are made or the time is up."""
        n = len(self._site)
        for _ in range(steps):
            if clock.is_over():
                return
            value, _, objective = self._lp.solve()
            self._at, self._reduced = objective / self._unit, self._lp.reduced_costs()[:n] / self._unit
            self.bound = min(self.bound, self._at)
            if self.bound - self._inside_value <= near * self.bound:
                return
            share = value[:n]
            toward = OUTWARD * share + (1.0 - OUTWARD) * self._inside
            if not self._at_most_once(share) and not self._cut(toward, value) and not self._cut(share, value):
                return

    def _at_most_once(self, share: NDArray[np.float64]) -> bool:
        """Add the rule that a site is decided once, where one is more than once; returns whether any."""
        sites = self.instance.cover.sites
        broken = np.bincount(self._site, weights=share, minlength=sites) > 1.0 + LEAST
        new = np.flatnonzero(broken & ~self._once)
        for j in new:
            mine = np.flatnonzero(self._site == j)
            self._add((mine, np.ones(len(mine)), 1.0))
            self._once[j] = True
        return len(new) > 0

    def _cut(self, at: NDArray[np.float64], value: NDArray[np.float64]) -> bool:
        """Add the cuts at some shares that an answer does not keep; returns whether any."""
        inside = self._value(at)
        if inside > self._inside_value:
            self._inside, self._inside_value = at, inside
        # In every year, not up to the first with a cut.
        cut = [self._cut_year(at, value, t) for t in range(self.instance.years)]
        return any(cut)

    def _cut_year(self, at: NDArray[np.float64], value: NDArray[np.float64], year: int) -> bool:
        if self.instance.weight[year] == 0:
            return False
        one, people, group = self.instance.cover, self.instance.people[year], self._group[year]
        most, n = self._most[year], len(self._site)
        open_ = self._cover(at, year) < 1.0
        slope = group_values(one.by_site, people * open_, group, len(most))
        full = np.bincount(group, weights=people * ~open_, minlength=len(most))
        column = self._first[year] + np.arange(len(most))
        working = self._working(value[:n], year)
        broken = value[column] / self._unit > full + slope @ working + LEAST * most + SLIP / self._unit
        decisions = np.flatnonzero(self._since <= year)
        for g in np.flatnonzero(broken):
            mine = slope[g, self._site[decisions]]
            some = mine > 0
            self._add(
                (
                    np.append(decisions[some], column[g]),
                    np.append(-mine[some] * self._unit, 1.0),
                    float(full[g] * self._unit),
                )
            )
        return bool(broken.any())

    @property
    def chances(self) -> NDArray[np.float64]:
        """The best shares found of each site and year, float64 ``(sites, years)`` (0-1).

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> cuts = YearCuts(two, np.array([1, 0]))
        >>> cuts.run(Clock(60.0))
        >>> cuts.chances.round(6).tolist()
        [[0.0, 1.0], [1.0, 0.0]]
        """
        out = np.zeros(self.instance.works.shape)
        out[self._site, self._year] = self._inside
        return out

    def whole(self, best: NDArray[np.int64], clock: Clock, seed: int) -> NDArray[np.int64]:
        """Return the best rollout of whole decisions, cut by cut, and lower the bound to what it proves.

        Parameters
        ----------
        best
            int64 ``(sites,)``, a rollout that is known; all -1 where it is not allowed.
        clock, seed
            How long it may take, and HiGHS's own choices.

        Returns
        -------
        decided
            int64 ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> YearCuts(two, np.array([1, 0])).whole(np.array([1, 0]), Clock(60.0), 0).tolist()
        [1, 0]
        """
        one, known = self.instance, self.instance.allows(best)
        value = one.value(best) if known else -np.inf
        while clock.left_s() > 0 and self.bound > value * (1 + TOLERANCE):
            answer = self._problem(self._kept(value)).solve(
                start=self._value_of_columns(best) if known else None,
                time_limit_s=clock.left_s(), seed=seed, may_go_on=clock.may_go_on,
            )  # fmt: skip
            if answer.proof is Proof.INFEASIBLE:
                self.bound = value
                break
            if np.isfinite(answer.bound):
                self.bound = max(value, min(self.bound, answer.bound / self._unit))
            if not len(answer.value):
                break
            found = self._decided(answer.value)
            if one.allows(found) and one.value(found) > value:
                best, value, known = found, one.value(found), True
            share = self._share(found)
            if not self._cut(share, answer.value):
                break
        return best

    def _kept(self, value: float) -> NDArray[np.bool_]:
        """Return which decisions may be in a rollout that is better: bool ``(decisions,)``.

        What would bring the relaxation's bound below the best is in none.
        """
        kept: NDArray[np.bool_] = self._at + np.minimum(self._reduced, 0.0) >= value * (1 - TOLERANCE)
        return kept

    def left(self, value: float) -> set[tuple[int, int]]:
        """Return the decisions, site and year, that may be in a rollout of more than a value.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> cuts = YearCuts(rollout_instance(one_cover(), [1.0]), np.array([-1, 0]))
        >>> cuts.run(Clock(60.0))
        >>> (1, 0) in cuts.left(15.0)
        True
        """
        kept = self._kept(value)
        return set(zip(self._site[kept].tolist(), self._year[kept].tolist(), strict=True))

    def any_allowed(self, clock: Clock, seed: int) -> NDArray[np.int64] | None:
        """Return a rollout that keeps all rules; None where there is none, or none is found in time.

        Returns
        -------
        decided
            int64 ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.rollout.instance import one_cover, rollout_instance
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> two.allows(YearCuts(two, np.array([1, 0])).any_allowed(Clock(60.0), 0))
        True
        """
        mip = self._problem(np.ones(len(self._site), dtype=np.bool_), people=False)
        answer = mip.solve(time_limit_s=clock.left_s(), seed=seed, may_go_on=clock.may_go_on)
        return self._decided(answer.value) if len(answer.value) else None

    def _decided(self, value: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rollout of HiGHS's columns."""
        decided = np.full(self.instance.cover.sites, -1, dtype=np.int64)
        chosen = np.flatnonzero(value[: len(self._site)] > 0.5)
        decided[self._site[chosen]] = self._year[chosen]
        return decided

    def _problem(self, kept: NDArray[np.bool_], *, people: bool = True) -> Mip:
        """Return the problem of whole decisions under all cuts so far; nothing counts without ``people``."""
        mip, n = Mip(maximise=True), len(self._site)
        cost, most = self._columns()
        mip.add_columns(cost[:n], upper=kept.astype(np.float64), integer=True)
        mip.add_columns(cost[n:] * people, upper=most[n:])
        mip.add_list([*self._rows, *self._exclusions()])
        return mip

    def _value_of_columns(self, decided: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a rollout as HiGHS's columns."""
        share, people = self._share(decided), self.instance.people
        counted = [
            np.bincount(g, weights=p * np.minimum(self._cover(share, t), 1.0), minlength=len(m)) * self._unit
            for t, (g, p, m) in enumerate(zip(self._group, people, self._most, strict=True))
        ]
        return np.concatenate([share, *counted])

    def _exclusions(self) -> list[Row]:
        """Return that a site is decided once, and of two in conflict one."""
        one = self.instance.cover
        alone = [np.array([j]) for j in np.flatnonzero(np.diff(one.conflicts.first) == 0)]
        rows = []
        for sites in [*alone, *pairs_of(one.conflicts)]:
            mine = np.flatnonzero(np.isin(self._site, sites))
            rows.append((mine, np.ones(len(mine)), 1.0))
        return rows
