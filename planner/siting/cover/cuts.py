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
from planner.kernels.lists import turned
from planner.siting.cover.greedy import heuristic
from planner.siting.mip import HALF, SLIP, GrowingLp, unit_of
from planner.siting.solution import payable

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
# Of whole sites what they cover is known, and only HiGHS's own slip may stand above it.
EXACT = 1e-10
# In place of a group's number: a cut on all groups together, and a rule about sites alone.
ALL, RULE = -1, -2
# In place of a place's number: a row that is not about the sites of one place.
NONE = -1
# Sites with less than this share are not there; a row without a price in so many solutions goes.
LEAST_SHARE, LONG = 1e-9, 100


class Sites(Protocol):
    """What is asked of an instance: places with people, and sites with costs and conflicts."""

    @property
    def people(self) -> NDArray[np.float64]:
        """By place: float64 ``(places,)``."""

    @property
    def by_site(self) -> Lists:
        """The places of each site."""

    @property
    def cost(self) -> NDArray[np.float64]:
        """By site: float64 ``(sites,)``."""

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
        """Return whom some sites (int64 ``(chosen,)``) reach."""


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
        A plane above all groups together, as one value and slopes, float64 ``(sites,)``, where it is
        below the sum of the others; None where it is their sum.
    """

    people: NDArray[np.float64]
    full: NDArray[np.float64]
    slope: NDArray[np.float64]
    open_: NDArray[np.bool_]
    whole: tuple[float, NDArray[np.float64]] | None = None


class Relaxed(NamedTuple):
    """What a linear problem says.

    Attributes
    ----------
    share, people
        float64 ``(sites,)`` (0-1), and ``(groups,)``: whom they cover of each group, under the cuts so far.
    bound
        People: no choice under the same restrictions reaches more, by the prices alone.
    reduced
        float64 ``(sites,)``, people that one more of each site would add to the bound.
    """

    share: NDArray[np.float64]
    people: NDArray[np.float64]
    bound: float
    reduced: NDArray[np.float64]


class CutRelaxation(ABC):
    """The linear relaxation of an instance within a budget, tightened cut by cut.

    Parameters
    ----------
    instance
        Without forced or forbidden sites.
    budget
        What the sites may cost.
    plan
        int64 ``(chosen,)``, sites of a good choice: the places of each are one group with cuts of its
        own.
    share
        float64 ``(sites,)``, shares of sites within the budget to begin from.

    Attributes
    ----------
    bound
        People; no choice reaches more.
    budget
        As given.

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
        self.budget = budget
        self._group, self._groups = places_by_site(instance, plan), max(len(plan), 1)
        sites = instance.sites
        self._most = np.bincount(self._group, weights=instance.people, minlength=self._groups)
        self._unit = unit_of(float(instance.people.sum()))
        # The last column is what the sites of needed places are short of: it costs all people, so that a
        # problem in which they cannot all be there has a bound of nobody, proven by prices like any other.
        self._short = sites + self._groups
        self._lp = GrowingLp(
            np.concatenate([np.zeros(sites), np.ones(self._groups), [-self.bound * self._unit]]),
            np.concatenate([np.ones(sites), self._most * self._unit, [1.0]]),
        )
        self._lp.add_row(np.arange(sites), instance.cost, budget)
        self._inside = share * min(1.0, budget / max(float(share @ instance.cost), 1e-300))
        self._people_inside = float(self._planes(self._inside).people.sum())
        # Of each cut: its group, the places that are not covered where it touches, and of which place it says
        # that one of its sites is there.
        self._cut_group: list[int] = []
        self._cut_open: list[NDArray[np.bool_]] = []
        self._cut_place: list[int] = []
        self._by_place = turned(instance.by_site, instance.places)
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
            share, people = value[:sites], value[sites : self._short] / self._unit
            if not self._cut(
                OUTWARD * share + (1.0 - OUTWARD) * self._inside, share, people
            ) and not self._cut(share, share, people):
                return

    def _cut(
        self,
        at: NDArray[np.float64],
        share: NDArray[np.float64],
        people: NDArray[np.float64],
        least: float = LEAST,
    ) -> bool:
        """Add the cuts at some shares that the relaxation's answer does not keep; returns whether any."""
        one, (covered, full, slope, open_, whole) = self.instance, self._planes(at)
        if covered.sum() > self._people_inside:
            self._inside, self._people_inside = at, float(covered.sum())
        broken = people > full + slope @ share + least * self._most + SLIP / self._unit
        for g in np.flatnonzero(broken):
            self._add(np.array([one.sites + g]), float(full[g]), slope[g])
            self._keep(int(g), open_)
        if whole is None or people.sum() <= whole[0] + whole[1] @ share + least * self._most.sum():
            return bool(broken.any())
        self._add(one.sites + np.arange(self._groups), *whole)
        self._keep(ALL, open_)
        return True

    def _keep(self, group: int, open_: NDArray[np.bool_], place: int = NONE) -> None:
        """Note what the newest row is about."""
        self._cut_group.append(group)
        self._cut_open.append(open_)
        self._cut_place.append(place)

    def _add(self, groups: NDArray[np.int64], full: float, slope: NDArray[np.float64]) -> None:
        """Add that some groups (columns) have together no more than a plane."""
        some = np.flatnonzero(slope)
        self._lp.add_row(
            np.concatenate([some, groups]),
            np.concatenate([-slope[some] * self._unit, np.ones(len(groups))]),
            full * self._unit,
        )

    def restrict(
        self, taken: NDArray[np.bool_], barred: NDArray[np.bool_], needed: tuple[int, ...] = ()
    ) -> None:
        """Take some sites, bar others, and need one of the sites of some places, from now on.

        Parameters
        ----------
        taken, barred
            bool ``(sites,)``.
        needed
            Numbers of places.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
        >>> cuts = CoverCuts(three, 1.0, np.array([0]), np.array([1.0, 0.0, 0.0]))
        >>> cuts.restrict(np.zeros(3, np.bool_), np.array([True, False, False]))
        >>> cuts.run(steps=9)
        >>> round(cuts.bound, 6)
        20.0
        >>> cuts.restrict(np.zeros(3, np.bool_), np.array([True, False, False]), (2,))
        >>> round(cuts.relaxed().bound, 6)
        15.0
        """
        self._lp.restrict(taken.astype(np.float64), (~barred).astype(np.float64))
        there = {place: row for row, place in enumerate(self._cut_place, start=1) if place != NONE}
        for place, row in there.items():
            self._lp.limit_row(row, -1.0 if place in needed else 0.0)
        for place in needed:
            if place not in there:
                column = np.append(self.sites_of(place), self._short)
                self._lp.add_row(column, np.full(len(column), -1.0), -1.0)
                self._keep(RULE, np.zeros(0, np.bool_), place)

    def sites_of(self, place: int) -> NDArray[np.int64]:
        """Return the sites of a place: int64 ``(sites,)``, rising.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
        >>> CoverCuts(three, 1.0, np.array([0]), np.array([1.0, 0.0, 0.0])).sites_of(1).tolist()
        [0, 1]
        """
        of_place = self._by_place.item[self._by_place.first[place] : self._by_place.first[place + 1]]
        # Units that are there already stand behind the sites.
        sites: NDArray[np.int64] = of_place[of_place < self.instance.sites].astype(np.int64)
        return sites

    def relaxed(self) -> Relaxed:
        """Return what the relaxation says under all cuts so far, and what is taken and barred."""
        value, self._dual, bound = self._lp.solve()
        n = self.instance.sites
        return Relaxed(
            np.clip(value[:n], 0.0, 1.0), value[n : self._short] / self._unit,
            bound / self._unit, self._lp.reduced_costs()[:n] / self._unit,
        )  # fmt: skip

    def tighten(self, answer: Relaxed, *, whole: bool) -> bool:
        """Add rows that an answer of the relaxation does not keep; returns whether there are any.

        Of whole sites they are so exact that no other answer with these sites is above what they cover.
        """
        one, share = self.instance, answer.share
        if whole:
            sites = np.flatnonzero(share > HALF)
            if one.cost[sites].sum() > payable(self.budget):
                # HiGHS takes 0.9999999 for 1: these cannot be paid together.
                self._add_rule(sites, len(sites) - 1.0)
                return True
        apart = self._apart(share)
        cut = self._cut(share, share, answer.people, least=EXACT if whole else LEAST)
        return apart or cut

    def _apart(self, share: NDArray[np.float64]) -> bool:
        """Add that of sites that are all in conflict one at most is chosen, where shares say otherwise."""
        there = np.flatnonzero(share > SLIP)
        done: set[tuple[int, ...]] = set()
        for i in there[np.argsort(-share[there], kind="stable")].tolist():
            group = self._clique(i, share)
            if group not in done and share[list(group)].sum() > 1.0 + SLIP:
                done.add(group)
                self._add_rule(np.array(group), 1.0)
        return bool(done)

    def _clique(self, site: int, share: NDArray[np.float64]) -> tuple[int, ...]:
        """Return a site and others of which each is in conflict with all, those with large shares first."""
        group, able = [site], self._others(site)
        while len(able):
            k = int(able[np.argmax(share[able])])
            group.append(k)
            able = np.intersect1d(able, self._others(k), assume_unique=True)
        return tuple(sorted(group))

    def _others(self, site: int) -> NDArray[np.int64]:
        """Return what a site is in conflict with."""
        lists = self.instance.conflicts
        return lists.item[lists.first[site] : lists.first[site + 1]].astype(np.int64)

    def _add_rule(self, sites: NDArray[np.int64], most: float) -> None:
        """Add that of some sites no more than so many are chosen."""
        self._lp.add_row(sites, np.ones(len(sites)), most)
        self._keep(RULE, np.zeros(0, np.bool_))

    def forget(self) -> None:
        """Take out the cuts that nothing has rested on for long: they make each step slower."""
        stay = self._lp.drop_idle(LONG)[1:]
        self._cut_group = [g for g, here in zip(self._cut_group, stay, strict=True) if here]
        self._cut_place = [p for p, here in zip(self._cut_place, stay, strict=True) if here]
        self._cut_open = [o for o, here in zip(self._cut_open, stay, strict=True) if here]

    def near(self, share: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return whole sites near to some shares, within the budget and without conflicts.

        Parameters
        ----------
        share
            float64 ``(sites,)``, 0-1.

        Returns
        -------
        sites
            int64 ``(chosen,)``, rising.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
        >>> cuts = CoverCuts(three, 1.0, np.array([0]), np.array([1.0, 0.0, 0.0]))
        >>> CutRelaxation.near(cuts, np.array([0.25, 0.5, 0.25])).tolist()
        [1]
        """
        one, most = self.instance, payable(self.budget)
        able, sites, paid = np.ones(one.sites, dtype=np.bool_), list[int](), 0.0
        order = np.argsort(-share, kind="stable")
        for j in order[share[order] > LEAST_SHARE].tolist():
            if able[j] and paid + one.cost[j] <= most:
                sites.append(j)
                paid += float(one.cost[j])
                able[self._others(j)] = False
        return np.sort(np.array(sites, dtype=np.int64))

    @property
    def share(self) -> NDArray[np.float64]:
        """The best shares of sites found, float64 ``(sites,)`` (0-1).

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
        >>> cuts = CoverCuts(three, 1.0, np.array([0]), np.array([1.0, 0.0, 0.0]))
        >>> cuts.share.tolist()
        [1.0, 0.0, 0.0]
        """
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

    def near(self, share: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return whole sites near to some shares, as good as exchange makes them.

        Parameters
        ----------
        share
            float64 ``(sites,)``, 0-1.

        Returns
        -------
        sites
            int64 ``(chosen,)``, rising.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
        >>> cuts = CoverCuts(three, 1.0, np.array([0]), np.array([1.0, 0.0, 0.0]))
        >>> cuts.near(np.array([0.25, 0.5, 0.25])).tolist()
        [0]
        """
        return heuristic(self._cover, self.budget, start=super().near(share))

    def price(self) -> NDArray[np.float64]:
        """Return the prices of places that prove the bound: float64 ``(places,)``, people.

        The cuts' duals; :class:`planner.siting.cover.relaxation.Relaxation` bounds and decides by them. Not
        for places that need several sites.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
        >>> cuts = CoverCuts(three, 1.0, np.array([0]), np.array([1.0, 0.0, 0.0]))
        >>> cuts.run(steps=9)
        >>> float(cuts.price().sum()) <= 45.0
        True
        """
        price = np.zeros(self._cover.places)
        for dual, g, open_ in zip(self._dual[1:], self._cut_group, self._cut_open, strict=False):
            if dual > 0:
                price[open_ & (self._group == g)] += dual
        return np.minimum(price, 1.0) * self._cover.people


def places_by_site(instance: Sites, plan: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the group of each place: the first site of a plan that covers it, else the first group.

    Parameters
    ----------
    instance
        Places and sites.
    plan
        int64 ``(chosen,)``, numbers of sites.

    Returns
    -------
    group
        int64 ``(places,)``, numbers within the plan.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> places_by_site(three, np.array([1, 2])).tolist()
    [0, 0, 1]
    """
    group = np.zeros(instance.places, dtype=np.int64)
    for number, j in reversed(list(enumerate(plan.tolist()))):
        group[instance.by_site.item[instance.by_site.first[j] : instance.by_site.first[j + 1]]] = number
    return group
