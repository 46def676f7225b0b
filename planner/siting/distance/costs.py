"""What serving each row costs at each site, with all that no plan can change taken out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.csr import Csr
from planner.kernels.median import nearest_two, turned
from planner.siting.solution import HAIR, payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.distance.distances import DistanceInstance

# People are kept to so many binary digits of their share of the largest row: a plan then does not hang on the
# last bit, and is the same for people and for thousands of people.
DIGITS = 40


@dataclass(frozen=True)
class Costs:
    """A p-median problem on the sites that are still open to choice.

    Attributes
    ----------
    near, columns
        What each row costs at its sites, cheapest first; the same by site.
    base
        float64 ``(rows,)``, what a row costs at what exists or is settled; ``lost`` where there is nothing.
    lost
        More than any plan costs that serves all.
    cost, budget
        float64 ``(sites,)``, what sites take of the budget, and what is left of it.
    site
        int64 ``(sites,)``, their numbers in the instance.
    row
        int64 ``(rows,)``, their numbers in the instance.
    settled
        int64 ``(settled,)``, sites of the instance that every plan holds.
    constant
        What the rows cost that no choice changes.
    whole
        Whether every cost is a whole number, so that no plan lies between two.
    scale
        People × distance of a cost of 1.
    """

    near: Csr
    columns: Csr
    base: NDArray[np.float64]
    lost: float
    cost: NDArray[np.float64]
    budget: float
    site: NDArray[np.int64]
    row: NDArray[np.int64]
    settled: NDArray[np.int64]
    constant: float
    whole: bool
    scale: float

    def pair_row(self) -> NDArray[np.int64]:
        """Return the row of each pair: int64 ``(pairs,)``.

        Examples
        --------
        >>> from planner.siting.distance.distances import DistanceInstance
        >>> table = np.array([[60.0, 300.0], [240.0, 120.0]])
        >>> costs = pair_costs(DistanceInstance.from_matrix(np.array([10.0, 5.0]), table), 1)
        >>> costs.pair_row().tolist()
        [0, 0, 1, 1]
        """
        return np.repeat(np.arange(len(self.base), dtype=np.int64), np.diff(self.near.first))

    def total(self, is_open: NDArray[np.bool_]) -> float:
        """Return what a plan costs; ``lost`` or more where it leaves a row unserved.

        Parameters
        ----------
        is_open
            bool ``(sites,)``, of those that are still open to choice.

        Examples
        --------
        >>> from planner.siting.distance.distances import DistanceInstance
        >>> table = np.array([[60.0, 300.0], [240.0, 120.0]])
        >>> costs = pair_costs(DistanceInstance.from_matrix(np.array([10.0, 5.0]), table), 1)
        >>> costs.total(np.array([True, False])) * costs.scale
        1800.0
        """
        return self.constant + float(nearest_two(self.near, self.base, is_open)[0][:, 0].sum())

    def chosen(self, is_open: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the sites of a plan, by their numbers in the instance.

        Parameters
        ----------
        is_open
            bool ``(sites,)``, of those that are still open to choice.

        Returns
        -------
        chosen
            int64 ``(chosen,)``, rising, the settled ones with them.

        Examples
        --------
        >>> from planner.siting.distance.distances import DistanceInstance
        >>> table = np.array([[60.0, 300.0], [240.0, 120.0]])
        >>> costs = pair_costs(DistanceInstance.from_matrix(np.array([10.0, 5.0]), table), 1)
        >>> costs.chosen(np.array([False, True])).tolist()
        [1]
        """
        return np.sort(np.concatenate([self.settled, self.site[is_open]]))

    def is_open(self, chosen: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return which of the sites to choose from are among some of the instance's.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites of the instance.

        Returns
        -------
        is_open
            bool ``(sites,)``.

        Examples
        --------
        >>> from planner.siting.distance.distances import DistanceInstance
        >>> table = np.array([[60.0, 300.0], [240.0, 120.0]])
        >>> costs = pair_costs(DistanceInstance.from_matrix(np.array([10.0, 5.0]), table), 1)
        >>> costs.is_open(np.array([1])).tolist()
        [False, True]
        """
        return np.isin(self.site, chosen)

    def settle(self, opened: NDArray[np.bool_], closed: NDArray[np.bool_]) -> Costs:
        """Return the problem that is left when some sites are in every plan and some in none.

        Parameters
        ----------
        opened, closed
            bool ``(sites,)``.

        Examples
        --------
        >>> from planner.siting.distance.distances import DistanceInstance
        >>> table = np.array([[60.0, 300.0], [240.0, 120.0]])
        >>> costs = pair_costs(DistanceInstance.from_matrix(np.array([10.0, 5.0]), table), 1)
        >>> costs.settle(np.array([True, False]), np.array([False, False])).settled.tolist()
        [0]
        """
        row = self.pair_row()
        base = self.base.copy()
        at_opened = opened[self.near.item]
        np.minimum.at(base, row[at_opened], self.near.value[at_opened])
        left = max(float(self.budget - math.fsum(self.cost[opened])), 0.0)
        # What cannot be paid for, and what brings nobody nearer, is no choice.
        gone = opened | closed | (self.cost > payable(left))
        kept = (self.near.value < base[row]) & ~gone[self.near.item]
        used = np.zeros(len(self.cost), np.bool_)
        used[self.near.item[kept]] = True
        sites = np.flatnonzero(used)
        count = np.bincount(row[kept], minlength=len(base))
        free = count > 0
        near = Csr(
            np.concatenate([np.zeros(1, np.int64), np.cumsum(count[free])]).astype(np.int64),
            (np.cumsum(used) - 1).astype(np.int32)[self.near.item[kept]],
            self.near.value[kept],
        )
        return replace(
            self, near=near, columns=turned(near, len(sites)), base=base[free], cost=self.cost[sites],
            budget=_floor(left, self.cost[sites]), site=self.site[sites], row=self.row[free],
            settled=np.concatenate([self.settled, self.site[opened]]),
            constant=self.constant + math.fsum(base[~free]),
        )  # fmt: skip


def pair_costs(
    instance: DistanceInstance, budget: float, *, ties: NDArray[np.float64] | None = None
) -> Costs:
    """Return the costs of an instance, its rows in an order that is theirs and not the caller's.

    Sites that are forbidden, pairs no nearer than what exists, and rows without others are taken out.

    Parameters
    ----------
    instance
        All of its rows can be reached.
    budget
        For all sites, those that are forced included; nothing is settled yet.
    ties
        float64 ``(rows,)``, what else sets rows apart that cost the same.

    Examples
    --------
    >>> from planner.siting.distance.distances import DistanceInstance
    >>> table = np.array([[60.0, 300.0], [240.0, 120.0]])
    >>> costs = pair_costs(DistanceInstance.from_matrix(np.array([10.0, 5.0]), table), 1)
    >>> costs.total(np.array([True, False])) * costs.scale
    1800.0
    """
    weight, scale = shares(instance.people)
    row = instance.row_of_pair()
    value = weight[row] * instance.near.value
    served = np.isfinite(instance.existing_s)
    base = weight * np.where(served, instance.existing_s, 0.0)
    worst = base.copy()
    np.maximum.at(worst, row, value)
    lost = max(2.0 * math.fsum(worst), 1.0)
    base[~served] = lost
    cheapest = np.lexsort((instance.near.item, value, row))
    near = Csr(instance.near.first, instance.near.item[cheapest], value[cheapest])
    order = _own_order(near, base, np.zeros_like(base) if ties is None else ties)
    near, base = _taken(near, order), base[order]
    alike = bool((instance.people == instance.people.max(initial=0.0)).all())
    whole = alike and bool((value == np.floor(value)).all() and (base == np.floor(base)).all())
    everything = Costs(
        near=near, columns=near, base=base, lost=lost, cost=instance.cost, budget=budget,
        site=np.arange(instance.sites, dtype=np.int64), row=order, settled=np.empty(0, np.int64),
        constant=0.0, whole=whole, scale=scale,
    )  # fmt: skip
    return everything.settle(np.zeros(instance.sites, np.bool_), instance.forbidden)


def shares(people: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return people as shares of the largest row, to ``DIGITS`` binary digits, and that row.

    Parameters
    ----------
    people
        float64 ``(rows,)``, 0 or more.

    Returns
    -------
    share, most
        float64 ``(rows,)``, 0-1, and the people of the largest row (1 where there are none).

    Examples
    --------
    >>> shares(np.array([50.0, 200.0]))
    (array([0.25, 1.  ]), 200.0)
    """
    most = float(people.max(initial=0.0)) or 1.0
    digits, power = np.frexp(people / most)
    return np.ldexp(np.round(np.ldexp(digits, DIGITS)), power - DIGITS), most


def _own_order(near: Csr, base: NDArray[np.float64], ties: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return rows sorted by what they hold, so that sums over them are the same in any order given."""
    count = np.diff(near.first)
    # One number of all pairs of a row: the order has no meaning, but equal rows alone are equal.
    mixed = near.value.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= (near.item.astype(np.uint64) * np.uint64(2) + np.uint64(1)) * np.uint64(0xBF58476D1CE4E5B9)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    key = sums[near.first[1:]] - sums[near.first[:-1]]
    return np.lexsort((ties, key, count, base)).astype(np.int64)


def _taken(near: Csr, rows: NDArray[np.int64]) -> Csr:
    """Return some rows, in this order."""
    count = np.diff(near.first)[rows]
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)]).astype(np.int64)
    at = np.repeat(near.first[:-1][rows] - first[:-1], count) + np.arange(first[-1])
    return Csr(first, near.item[at], near.value[at])


def _floor(budget: float, cost: NDArray[np.float64]) -> float:
    """Return the budget, without what is less than one site where all cost the same."""
    if len(cost) and cost[0] > 0 and (cost == cost[0]).all():
        return float(np.floor(budget / cost[0] + HAIR) * cost[0])
    return budget
