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

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.instance import CoverInstance

# A search that has not lowered the bound for so many steps takes half the step, down to this share.
PATIENCE, SMALLEST_STEP = 15, 1e-3


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
    """A subgradient search for one instance and budget.

    Parameters
    ----------
    instance
        Without forced or forbidden sites, as :func:`planner.siting.instance.reduced` gives it.
    budget
        What the chosen sites may cost.

    Examples
    --------
    Two sites of three, each with people of its own:

    >>> from planner.siting.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 5.0], place=[0, 1, 2], site=[0, 1, 2])
    >>> search = Relaxation(three, 2.0)
    >>> search.run(at_least=30.0, steps=100)
    >>> round(search.best.bound, 6)
    30.0
    """

    def __init__(self, instance: CoverInstance, budget: float) -> None:
        self.instance, self.budget = instance, budget
        self.units = bool((instance.cost == instance.cost[:1]).all())
        degree = np.diff(instance.by_place.first)
        # At the start every site is worth its places' people, shared with the others that cover them.
        self._price = instance.people / np.maximum(degree, 1)
        self._step, self._idle, self._direction = 1.0, 0, np.zeros(instance.places)
        self.sites = np.empty(0, np.int64)
        self.best = self._at(self._price)
        # By number of units, the lowest bound that any prices gave: one search proves a whole curve.
        self.by_units = np.full(instance.sites + 1, np.inf)
        self._note(self.best)

    def _at(self, price: NDArray[np.float64]) -> Prices:
        """Return what some prices prove; keeps the sites that are worth most by them."""
        one = self.instance
        worth = site_values(one.by_site, price)
        rest = float((one.people - price).sum())
        self.sites, most = self._knapsack(worth)
        return Prices(price, worth, rest, min(rest + most, float(one.people.sum())))

    def _knapsack(self, worth: NDArray[np.float64]) -> tuple[NDArray[np.int64], float]:
        """Return the sites worth most within the budget, and their worth with a share of the next."""
        cost = self.instance.cost
        order = np.argsort(-worth / cost, kind="stable")
        spent = np.cumsum(cost[order])
        # A sum of costs may miss the budget by its last bit.
        fit = int(np.searchsorted(spent, self.budget * (1 + 1e-12), side="right"))
        most = float(worth[order[:fit]].sum())
        if fit < len(order) and not self.units:
            before = spent[fit - 1] if fit else 0.0
            most += float(worth[order[fit]] * (self.budget - before) / cost[order[fit]])
        return order[:fit], most

    def _note(self, found: Prices) -> None:
        if self.units:
            most = np.concatenate([[0.0], np.cumsum(-np.sort(-found.worth))])
            np.minimum(self.by_units, found.rest + most, out=self.by_units)

    def run(
        self,
        at_least: float,
        *,
        steps: int,
        may_go_on: Callable[[], None] | None = None,
        until: Callable[[], bool] = lambda: False,
    ) -> None:
        """Lower the bound.

        Parameters
        ----------
        at_least
            The people of a choice that is known: the steps are as long as the distance to it asks for.
        steps
            So many at most.
        may_go_on
            Called at every step; what it raises ends the search.
        until
            Whether to stop.
        """
        people = self.instance.people
        chosen = np.zeros(self.instance.sites, dtype=np.bool_)
        for _ in range(steps):
            if may_go_on is not None:
                may_go_on()
            if self.best.bound - at_least <= 1e-12 * max(at_least, 1.0) or until():
                return
            chosen[:] = False
            chosen[self.sites] = True
            count = covered(self.instance.by_site, len(people), chosen)
            # A place whose price is all its people counts as much as it is covered: nothing pulls it down.
            counts = np.where(self._price < people, 1.0, np.minimum(count, 1))
            # Deflected: half of the way before is kept, which stops it from going to and fro.
            self._direction = 0.5 * self._direction + (count - counts)
            length = float(self._direction @ self._direction)
            if length == 0.0:
                return
            stride = self._step * max(self.best.bound - at_least, 1e-9 * at_least) / length
            self._price = np.clip(self._price - stride * self._direction, 0.0, people)
            self._take(self._at(self._price))
            if self._step < SMALLEST_STEP:
                return

    def _take(self, found: Prices) -> None:
        self._note(found)
        if found.bound < self.best.bound * (1 - 1e-9):
            self._idle = 0
        else:
            self._idle += 1
        if found.bound < self.best.bound:
            self.best = found
        if self._idle >= PATIENCE:
            self._step, self._idle = self._step / 2, 0
            self._price = self.best.price.copy()
            self._direction[:] = 0.0
            self._at(self._price)

    def decided(self, at_least: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which sites every better choice holds, and which none does: bool ``(sites,)`` both.

        Parameters
        ----------
        at_least
            The people of the best choice known; a site that a better choice could hold either way is in
            neither.
        """
        worth, cost, rest = self.best.worth, self.instance.cost, self.best.rest
        order = np.argsort(-worth / cost, kind="stable")
        spent = np.cumsum(cost[order])
        fit = int(np.searchsorted(spent, self.budget * (1 + 1e-12), side="right"))
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
