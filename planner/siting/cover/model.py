"""The covering problem for HiGHS: a column a site, a column a place, a row for what covers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.cover.instance import pairs_of
from planner.siting.mip import Mip
from planner.siting.solution import payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.cover.instance import CoverInstance


# Places that need two of so few sites at most have rows without each of these.
TWO, FEW = 2, 6


class CoverModel:
    """The most people of covered places, or the least cost of covering so many.

    A place is covered by a site that is chosen, or by as many as it needs; costs stay within the budget; of
    sites in conflict one is chosen at most.

    Parameters
    ----------
    instance
        Reduced: nothing is forced or forbidden.
    budget
        What the sites may cost; None for no limit.
    cheapest
        Whether the cost is made least, of what is then asked for by :meth:`require`; or the people most.
    """

    def __init__(
        self, instance: CoverInstance, budget: float | None = None, *, cheapest: bool = False
    ) -> None:
        people, cost = instance.people, instance.cost
        # In units of the mean, so that HiGHS's tolerances mean the same whatever people are counted in.
        self._unit = float(people.mean()) if people.any() else 1.0
        self._instance = instance
        self.mip = mip = Mip(maximise=not cheapest)
        self._x = mip.add_columns(cost if cheapest else np.zeros(len(cost)), integer=True)
        self._z = mip.add_columns(
            np.zeros(len(people)) if cheapest else people / self._unit,
            # With half of what a place needs it does not count by half.
            integer=np.zeros(len(people), np.bool_) if instance.need is None else instance.need > 1,
        )
        self._cover_rows()
        self._few_sites_rows()
        if budget is not None:
            mip.add_row(self._x, cost, upper=payable(budget))
        self._conflict_rows()

    def _cover_rows(self) -> None:
        """Let a place count at most as often as it is covered."""
        by_place = self._instance.by_place
        # Before each place's sites stands the place itself.
        first = by_place.first + np.arange(len(by_place.first))
        column = np.empty(first[-1], dtype=np.int64)
        value = np.full(first[-1], -1.0)
        own = np.zeros(first[-1], dtype=np.bool_)
        own[first[:-1]] = True
        column[own], value[own] = self._z, 1.0 if self._instance.need is None else self._instance.need
        column[~own] = self._x[by_place.item]
        self.mip.add_rows(first, column, value, upper=0.0)

    def _few_sites_rows(self) -> None:
        """Say of places that need two of few sites what follows without each: half a site does not do."""
        one = self._instance
        if one.need is None:
            return
        degree = np.diff(one.by_place.first)
        for i in np.flatnonzero((one.need == TWO) & (degree <= FEW)):
            mine = self._x[one.by_place.item[one.by_place.first[i] : one.by_place.first[i + 1]]]
            n = len(mine)
            # The place itself, and all of its sites but one.
            others = np.tile(mine, (n, 1))[~np.eye(n, dtype=np.bool_)].reshape(n, n - 1)
            column = np.column_stack([np.full(n, self._z[i]), others]).ravel()
            value = np.tile(np.append(1.0, np.full(n - 1, -1.0)), n)
            self.mip.add_rows(np.arange(0, n * n + 1, n), column, value, upper=0.0)

    def _conflict_rows(self) -> None:
        self.mip.add_apart(self._x[pairs_of(self._instance.conflicts)])

    def require(self, people: NDArray[np.float64], at_least: float) -> None:
        """Ask for so many of some people, float64 ``(places,)``, to be covered.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> model = CoverModel(cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1]), 1.0)
        >>> model.require(np.array([10.0, 0.0]), 10.0)
        >>> model.sites(model.mip.solve().value).tolist()
        [0]
        """
        some = np.flatnonzero(people > 0)
        unit = float(people[some].mean()) if len(some) else 1.0
        self.mip.add_row(self._z[some], people[some] / unit, lower=at_least / unit)

    def require_another(self, sites: NDArray[np.int64]) -> None:
        """Ask for a site outside of some, which together cover too few.

        Parameters
        ----------
        sites
            int64 ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> model = CoverModel(cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1]), 1.0)
        >>> model.require_another(np.array([1]))
        >>> model.sites(model.mip.solve().value).tolist()
        [0]
        """
        others = np.delete(self._x, sites)
        self.mip.add_row(others, np.ones(len(others)), lower=1.0)

    def of(self, sites: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a choice as HiGHS's columns, float64 ``(sites + places,)``.

        Parameters
        ----------
        sites
            int64 ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> model = CoverModel(cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1]), 1.0)
        >>> model.of(np.array([1])).tolist()
        [0.0, 1.0, 0.0, 1.0]
        """
        chosen = np.zeros(self._instance.sites)
        chosen[sites] = 1.0
        return np.concatenate([chosen, self._instance.reached(sites)])

    def sites(self, value: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the choice of HiGHS's columns.

        Parameters
        ----------
        value
            float64 ``(columns,)``, sites first.

        Returns
        -------
        sites
            int64 ``(chosen,)``, rising.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> model = CoverModel(cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1]), 1.0)
        >>> model.sites(model.mip.solve().value).tolist()
        [1]
        """
        return np.flatnonzero(value[: self._instance.sites] > 0.5)

    def people(self, bound: float) -> float:
        """Return an objective of HiGHS in people; ``inf`` where it found no bound."""
        return bound * self._unit if np.isfinite(bound) else np.inf
