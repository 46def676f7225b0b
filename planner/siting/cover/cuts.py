"""The linear relaxation of a covering problem by cuts on the sites alone (Cordeau, Furini and Ljubić 2019).

How many people shares of sites cover is a concave function of the shares: each place counts for its people
times what covers it, at most once. A cut is the plane that touches it at some shares. There are few sites and
many places: the problem of the sites and some hundred cuts is small, and soon as tight as that of all places.

Of a place that needs n sites, shares cover the least of their sum divided by n, and of what the largest c of
them leave divided by n - c: whole sites cover just that (knapsack cover inequalities; Carr, Fleischer, Leung
and Phillips 2000).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from planner.kernels.backup import backup_planes
from planner.kernels.cover import covered_by_shares, group_values
from planner.siting.cover.instance import pairs_of
from planner.siting.mip import SLIP, GrowingLp, Mip, unit_of
from planner.siting.solution import TOLERANCE, Proof, payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.lists import Lists
    from planner.siting.clock import Clock
    from planner.siting.cover.instance import CoverInstance

# Cuts are made between the best shares known and those of the relaxation, this far towards the latter:
# nearer to where the answer lies (Ben-Ameur and Neto 2007).
OUTWARD = 0.3
# A cut must take away this share of a group's people, and the bound may stay this share above the answer.
LEAST, NEAR = 1e-6, 1e-7
# In place of a group's number: a cut on all groups together.
ALL = -1


class Sites(Protocol):
    """What is asked of an instance: places with people, and sites with costs and conflicts."""

    @property
    def people(self) -> NDArray[np.float64]:
        """By place."""

    @property
    def by_site(self) -> Lists:
        """The places of each site."""

    @property
    def cost(self) -> NDArray[np.float64]:
        """By site."""

    @property
    def conflicts(self) -> Lists:
        """By site, the others that may not be chosen with it."""

    @property
    def sites(self) -> int:
        """How many sites there are."""

    @property
    def places(self) -> int:
        """How many places there are."""

    def people_reached(self, chosen: NDArray[np.int64]) -> float:
        """Return whom some sites reach."""


class Planes(NamedTuple):
    """Planes above what sites cover, one a group of places.

    Attributes
    ----------
    people
        float64 ``(groups,)``, whom the shares cover at which the planes touch.
    full, slope
        float64 ``(groups,)`` and ``(groups, sites)``: a group has at most ``full + slope @ share``.
    open_
        bool ``(places,)``, not covered at these shares; empty where places need several sites.
    whole
        A plane above all groups together, as one value and ``(sites,)`` slopes, where it is below the sum of
        the others; None where it is their sum.
    """

    people: NDArray[np.float64]
    full: NDArray[np.float64]
    slope: NDArray[np.float64]
    open_: NDArray[np.bool_]
    whole: tuple[float, NDArray[np.float64]] | None = None


class CutRelaxation(ABC):
    """The linear relaxation of an instance within a budget, tightened cut by cut.

    Parameters
    ----------
    instance
        Without forced or forbidden sites.
    budget
        What the sites may cost.
    plan
        Sites of a good choice: the places of each are one group with cuts of its own.
    share
        float64 ``(sites,)``, shares of sites within the budget to begin from.

    Attributes
    ----------
    bound
        People; no choice reaches more.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 5.0], place=[0, 1, 2], site=[0, 1, 2])
    >>> isinstance(CoverCuts(three, 2.0, np.array([1]), np.array([0.0, 1.0, 0.0])), CutRelaxation)
    True
    """

    def __init__(
        self,
        instance: Sites,
        budget: float,
        plan: NDArray[np.int64],
        share: NDArray[np.float64],
    ) -> None:
        self.instance, self.bound = instance, float(instance.people.sum())
        self._budget = budget
        self._group, self._groups = places_by_site(instance, plan), max(len(plan), 1)
        sites = instance.sites
        self._most = np.bincount(self._group, weights=instance.people, minlength=self._groups)
        self._unit = unit_of(float(instance.people.sum()))
        self._lp = GrowingLp(
            np.concatenate([np.zeros(sites), np.ones(self._groups)]),
            np.concatenate([np.ones(sites), self._most * self._unit]),
        )
        self._lp.add_row(np.arange(sites), instance.cost, budget)
        self._inside = share * min(1.0, budget / max(float(share @ instance.cost), 1e-300))
        self._people_inside = float(self._planes(self._inside).people.sum())
        # Of each cut: its group, and the places that are not covered where it touches.
        self._cut_group: list[int] = []
        self._cut_row: list[tuple[NDArray[np.int64], NDArray[np.float64], float]] = []
        self._cut_open: list[NDArray[np.bool_]] = []
        self._dual = np.zeros(1)

    @abstractmethod
    def _planes(self, share: NDArray[np.float64]) -> Planes:
        """Return the planes that touch what shares of sites cover, in each group of places."""

    def run(self, *, steps: int, clock: Clock | None = None) -> None:
        """Add cuts until the bound is that of the linear relaxation, or steps or time are used up."""
        sites = self.instance.sites
        for _ in range(steps):
            if clock is not None and clock.is_over():
                return
            value, self._dual, objective = self._lp.solve()
            self.bound = min(self.bound, objective / self._unit)
            if self.bound - self._people_inside <= NEAR * self.bound:
                return
            share, people = value[:sites], value[sites:] / self._unit
            if not self._cut(
                OUTWARD * share + (1.0 - OUTWARD) * self._inside, share, people
            ) and not self._cut(share, share, people):
                return

    def _cut(self, at: NDArray[np.float64], share: NDArray[np.float64], people: NDArray[np.float64]) -> bool:
        """Add the cuts at some shares that the relaxation's answer does not keep; returns whether any."""
        one, (covered, full, slope, open_, whole) = self.instance, self._planes(at)
        if covered.sum() > self._people_inside:
            self._inside, self._people_inside = at, float(covered.sum())
        broken = people > full + slope @ share + LEAST * self._most + SLIP / self._unit
        for g in np.flatnonzero(broken):
            self._add(np.array([one.sites + g]), float(full[g]), slope[g])
            self._cut_group.append(int(g))
            self._cut_open.append(open_)
        if whole is None or people.sum() <= whole[0] + whole[1] @ share + LEAST * self._most.sum():
            return bool(broken.any())
        self._add(one.sites + np.arange(self._groups), *whole)
        self._cut_group.append(ALL)
        self._cut_open.append(open_)
        return True

    def _add(self, groups: NDArray[np.int64], full: float, slope: NDArray[np.float64]) -> None:
        """Add that some groups (columns) have together no more than a plane."""
        some = np.flatnonzero(slope)
        row = (
            np.concatenate([some, groups]),
            np.concatenate([-slope[some] * self._unit, np.ones(len(groups))]),
            full * self._unit,
        )
        self._lp.add_row(*row)
        self._cut_row.append(row)

    def whole(self, best: NDArray[np.int64], clock: Clock, seed: int) -> tuple[NDArray[np.int64], float]:
        """Return the best choice of whole sites and its bound, cut by cut.

        Parameters
        ----------
        best
            A choice that is known.
        clock, seed
            How long it may take, and HiGHS's own choices.
        """
        one = self.instance
        people = one.people_reached(best)
        while clock.left_s() > 0:
            mip = self._problem()
            answer = mip.solve(
                start=self._columns(best), time_limit_s=clock.left_s(), seed=seed, may_go_on=clock.may_go_on
            )
            if answer.proof is Proof.INFEASIBLE:
                return best, people
            if np.isfinite(answer.bound):
                self.bound = min(self.bound, answer.bound / self._unit)
            if not len(answer.value) or self.bound <= people * (1 + TOLERANCE):
                break
            found = np.flatnonzero(answer.value[: one.sites] > 0.5)
            more = one.people_reached(found)
            if more > people:
                best, people = found, more
            share = answer.value[: one.sites]
            if not self._cut(share, share, answer.value[one.sites :] / self._unit):
                break
        return best, max(self.bound, people)

    def _problem(self) -> Mip:
        """Return the problem of whole sites under all cuts so far."""
        one, mip = self.instance, Mip(maximise=True)
        mip.add_columns(np.zeros(one.sites), integer=True)
        mip.add_columns(np.ones(self._groups), upper=np.asarray(self._most * self._unit, dtype=np.float64))
        mip.add_row(np.arange(one.sites), one.cost, upper=payable(self._budget))
        mip.add_list(self._cut_row)
        mip.add_apart(pairs_of(one.conflicts))
        return mip

    def _columns(self, sites: NDArray[np.int64]) -> NDArray[np.float64]:
        share = np.zeros(self.instance.sites)
        share[sites] = 1.0
        return np.concatenate([share, self._planes(share).people * self._unit])

    @property
    def share(self) -> NDArray[np.float64]:
        """The best shares of sites found, float64 ``(sites,)`` (0-1)."""
        return self._inside


class CoverCuts(CutRelaxation):
    """The relaxation of a covering problem, in which a place counts as often as it is covered, once at most.

    Parameters
    ----------
    instance
        Reduced: nothing is forced or forbidden.
    budget, plan, share
        As :class:`CutRelaxation` takes them.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 5.0], place=[0, 1, 2], site=[0, 1, 2])
    >>> cuts = CoverCuts(three, 2.0, np.array([1]), np.array([0.0, 1.0, 0.0]))
    >>> cuts.run(steps=50)
    >>> round(cuts.bound, 6), cuts.price().round(6).tolist()[2]
    (30.0, 5.0)
    """

    def __init__(
        self, instance: CoverInstance, budget: float, plan: NDArray[np.int64], share: NDArray[np.float64]
    ) -> None:
        self._cover = instance
        super().__init__(instance, budget, plan, share)

    def _planes(self, share: NDArray[np.float64]) -> Planes:
        """Return the planes that touch what shares of sites cover."""
        one = self._cover
        if one.need is not None:
            problem = one.backup()
            people, full, slope = backup_planes(problem, share, self._group, self._groups)
            return Planes(people, full, slope, np.zeros(0, np.bool_))
        cover = covered_by_shares(one.by_site, one.places, share)
        covered = one.people * np.minimum(cover, 1.0)
        people = np.bincount(self._group, weights=covered, minlength=self._groups)
        open_ = cover < 1.0
        slope = group_values(one.by_site, one.people * open_, self._group, self._groups)
        full = np.bincount(self._group, weights=one.people * ~open_, minlength=self._groups)
        return Planes(people.astype(np.float64), full.astype(np.float64), slope, open_)

    def price(self) -> NDArray[np.float64]:
        """Return the prices of places that prove the bound: float64 ``(places,)``, people.

        The cuts' duals; :class:`planner.siting.cover.relaxation.Relaxation` bounds and decides by them. Not
        for places that need several sites.
        """
        price = np.zeros(self._cover.places)
        for dual, g, open_ in zip(self._dual[1:], self._cut_group, self._cut_open, strict=False):
            if dual > 0:
                price[open_ & (self._group == g)] += dual
        return np.minimum(price, 1.0) * self._cover.people


def places_by_site(instance: Sites, plan: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the group of each place: the first site of a plan that covers it, else the first group."""
    group = np.zeros(instance.places, dtype=np.int64)
    for number, j in reversed(list(enumerate(plan.tolist()))):
        group[instance.by_site.item[instance.by_site.first[j] : instance.by_site.first[j + 1]]] = number
    return group
