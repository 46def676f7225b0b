"""A bound that no choice of sites can beat, by Lagrangian relaxation of what covers whom.

Every place has a price, at most its people. A place whose price is below its people counts for the
difference, chosen or not; a site is worth the prices of its places. The best sites by worth then reach no
fewer people in the relaxed problem than any choice does in the true one, whatever the prices are; a
subgradient search lowers that bound (Fisher 1981; Galvão and ReVelle 1996 for covering).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.cover import covered, site_values
from planner.siting.solution import HAIR, payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.clock import Clock
    from planner.siting.cover.instance import CoverInstance

# The share of the newest solution in the average of all (Barahona and Anbil 2000), at the start and at last.
NEWEST, NEWEST_AT_LAST = 0.1, 0.02
# A step is this share of the distance to the known choice; so many steps without gain make it shorter.
STEP, SHORTER, PATIENCE = 0.5, 0.7, 10
SMALLEST_STEP = 1e-4
# See ``_starts``.
STARTS = (0.0, 0.3, 0.6, 0.9, 1.0)


@dataclass
class Prices:
    """The best prices found, and what they prove.

    Attributes
    ----------
    price
        float64 ``(places,)``, people.
    worth
        float64 ``(sites,)``, the prices of each site's places.
    rest
        The people who count whatever is chosen.
    bound
        No choice within the budget reaches more.
    """

    price: NDArray[np.float64]
    worth: NDArray[np.float64]
    rest: float
    bound: float


class Relaxation:
    """A search for the prices that prove most, by the volume algorithm, for one instance and budget.

    Parameters
    ----------
    instance
        Without forced or forbidden sites, as :func:`planner.siting.cover.instance.reduced` gives it.
    budget
        What the chosen sites may cost.
    price
        float64 ``(places,)``, where to begin; every place's people shared by its sites when None.

    Attributes
    ----------
    best
        The best prices so far.
    by_units
        float64 ``(sites + 1,)``: for each number of units, the lowest bound that any prices gave, where all
        sites cost the same: one search proves a whole curve.
    share
        float64 ``(sites,)``: how much of each site the relaxed problem would have, on average (0-1).

    Examples
    --------
    Two sites of three, each with people of its own:

    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 5.0], place=[0, 1, 2], site=[0, 1, 2])
    >>> search = Relaxation(three, 2.0)
    >>> search.run(at_least=30.0, steps=100)
    >>> round(search.best.bound, 6)
    30.0
    """

    def __init__(
        self, instance: CoverInstance, budget: float, price: NDArray[np.float64] | None = None
    ) -> None:
        self.instance, self.budget = instance, budget
        self.units = bool((instance.cost == instance.cost[:1]).all())
        self.by_units = np.full(instance.sites + 1, np.inf)
        self._step, self._newest, self._idle = STEP, NEWEST, 0
        starts = self._starts() if price is None else [price]
        tried = [self._at(start) for start in starts]
        self.best, sites = min(tried, key=lambda one: one[0].bound)
        self.share = np.zeros(instance.sites)
        self.share[sites] = 1.0
        self._direction = self._surplus(self.best.price, sites)

    def _starts(self) -> list[NDArray[np.float64]]:
        """Return prices to begin with: from each place's people shared by its sites, to all of them.

        Where sites can cover nearly all, the former prove more; where they cover a small part, the latter.
        """
        people = self.instance.people
        shared = people / np.maximum(np.diff(self.instance.by_place.first), 1)
        return [shared + part * (people - shared) for part in STARTS]

    def on(self, instance: CoverInstance, budget: float, place: NDArray[np.int64]) -> Relaxation:
        """Return the search continued on what is left of its instance.

        Parameters
        ----------
        instance, budget
            What is left.
        place
            int64 ``(places,)``, the number there of each place here; -1 where it is gone.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> two = cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1])
        >>> search = Relaxation(two, 1.0)
        >>> one = cover_instance([20.0], place=[0], site=[0])
        >>> search.on(one, 1.0, np.array([-1, 0])).best.price.tolist()
        [20.0]
        """
        kept = place >= 0
        n, where = instance.places, place[kept]
        # Prices of places that became one add up, and are no more than their people.
        price = np.bincount(where, weights=self.best.price[kept], minlength=n)
        rest = Relaxation(instance, budget, np.minimum(price, instance.people))
        way = np.bincount(where, weights=self._direction[kept], minlength=n)
        rest._direction = way / np.maximum(np.bincount(where, minlength=n), 1)
        rest._step, rest._newest = self._step, self._newest
        return rest

    def _at(self, price: NDArray[np.float64]) -> tuple[Prices, NDArray[np.int64]]:
        """Return what some prices prove, and the sites that are worth most by them."""
        one = self.instance
        worth = site_values(one.by_site, price)
        rest = float((one.people - price).sum())
        sites, most = self._knapsack(worth)
        if self.units:
            ranked = np.concatenate([[0.0], np.cumsum(-np.sort(-worth))])
            np.minimum(self.by_units, rest + ranked, out=self.by_units)
        return Prices(price, worth, rest, min(rest + most, float(one.people.sum()))), sites

    def _knapsack(self, worth: NDArray[np.float64]) -> tuple[NDArray[np.int64], float]:
        """Return the sites worth most within the budget, and their worth with a share of the next."""
        cost = self.instance.cost
        order = np.argsort(-worth / cost, kind="stable")
        spent = np.cumsum(cost[order])
        # A sum of costs may miss the budget by its last bit.
        fit = int(np.searchsorted(spent, payable(self.budget), side="right"))
        most = float(worth[order[:fit]].sum())
        if fit < len(order) and not self.units:
            before = spent[fit - 1] if fit else 0.0
            most += float(worth[order[fit]] * (self.budget - before) / cost[order[fit]])
        return order[:fit], most

    def at_budgets(self, budgets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the best prices prove for other budgets.

        Prices prove something for every budget: the best sites by worth for their cost, and a share of the
        next.

        Parameters
        ----------
        budgets
            float64 ``(budgets,)``, 0 or more.

        Returns
        -------
        people
            float64 ``(budgets,)``; no choice reaches more.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> two = cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1], cost=[1.0, 4.0])
        >>> Relaxation(two, 5.0).at_budgets(np.array([0.0, 1.0, 3.0])).round(6).tolist()
        [0.0, 10.0, 20.0]
        """
        worth, cost = self.best.worth, self.instance.cost
        order = np.argsort(-worth / cost, kind="stable")
        spent = np.concatenate([[0.0], np.cumsum(cost[order])])
        gained = np.concatenate([[0.0], np.cumsum(worth[order])])
        # A sum of costs may miss the budget by its last bit.
        found: NDArray[np.float64] = self.best.rest + np.interp(budgets * (1 + HAIR), spent, gained)
        return found

    def _surplus(self, price: NDArray[np.float64], sites: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return by place how much more it is covered than it counts: where its price should fall."""
        chosen = np.zeros(self.instance.sites, dtype=np.bool_)
        chosen[sites] = True
        count = covered(self.instance.by_site, self.instance.places, chosen).astype(np.float64)
        # A place whose price is all its people counts as much as it is covered.
        surplus: NDArray[np.float64] = count - np.where(
            price < self.instance.people, 1.0, np.minimum(count, 1.0)
        )
        return surplus

    def run(self, at_least: float, *, steps: int, clock: Clock | None = None) -> None:
        """Lower the bound.

        Parameters
        ----------
        at_least
            The people of a choice that is known: the steps are as long as the distance to it asks for.
        steps
            So many at most.
        clock
            Asked at every step, how long it may take; as long as it takes when None.
        """
        people = self.instance.people
        for _ in range(steps):
            if clock is not None and clock.is_over():
                return
            distance = self.best.bound - at_least
            # At a price of 0 there is nothing to take away.
            way = np.where((self.best.price <= 0) & (self._direction > 0), 0.0, self._direction)
            length = float(way @ way)
            if distance <= 1e-12 * max(at_least, 1.0) or length == 0.0 or self.is_done:
                return
            price = np.clip(self.best.price - self._step * distance / length * way, 0.0, people)
            found, sites = self._at(price)
            surplus = self._surplus(price, sites)
            self._judge(found, float(surplus @ self._direction))
            self._direction += self._newest * (surplus - self._direction)
            self.share *= 1.0 - self._newest
            self.share[sites] += self._newest

    @property
    def is_done(self) -> bool:
        """Whether steps have become too short to change anything."""
        return self._step < SMALLEST_STEP

    def _judge(self, found: Prices, agrees: float) -> None:
        """Keep prices that prove more; step further where the way still leads down, shorter where not."""
        before = self.best.bound
        if found.bound < before:
            self.best = found
        if found.bound < before * (1 - 1e-7):
            self._idle = 0
            if agrees > 0:
                self._step = min(1.1 * self._step, 2.0)
            return
        self._idle += 1
        if self._idle >= PATIENCE:
            self._idle, self._step = 0, SHORTER * self._step
            self._newest = max(0.8 * self._newest, NEWEST_AT_LAST)

    def decided(self, at_least: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which sites every better choice holds, and which none does: bool ``(sites,)`` both.

        Parameters
        ----------
        at_least
            The people of the best choice known; a site that a better choice could hold either way is in
            neither.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> two = cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1])
        >>> search = Relaxation(two, 1.0)
        >>> [one.tolist() for one in search.decided(at_least=20.0)]
        [[False, True], [True, False]]
        """
        worth, cost, rest = self.best.worth, self.instance.cost, self.best.rest
        order = np.argsort(-worth / cost, kind="stable")
        spent = np.cumsum(cost[order])
        fit = int(np.searchsorted(spent, payable(self.budget), side="right"))
        if fit == len(order):
            # All of them are within the budget.
            return np.zeros(len(worth), dtype=np.bool_), np.zeros(len(worth), dtype=np.bool_)
        if not self.units or fit == 0:
            # What a unit of cost brings at the margin; the bound falls by what a site is short of that.
            margin = worth[order[fit]] / cost[order[fit]]
            saved = worth - cost * margin
            relaxed = rest + self.budget * margin + np.maximum(saved, 0.0).sum()
            return relaxed - saved < at_least, relaxed + saved < at_least
        inside = np.zeros(len(worth), dtype=np.bool_)
        inside[order[:fit]] = True
        relaxed = rest + float(worth[inside].sum())
        last, next_ = worth[order[fit - 1]], worth[order[fit]]
        return (
            inside & (relaxed - worth + next_ < at_least),
            ~inside & (relaxed - last + worth < at_least),
        )
