"""Coverage with floors: shares of some people that every plan reaches, such as those of each kecamatan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.siting.cover.greedy import greedy_order
from planner.siting.cover.instance import CoverInstance, reduced
from planner.siting.solution import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class FloorRow:
    """So many of some people that are covered at least.

    Attributes
    ----------
    name
        For messages.
    people
        float64 ``(places,)``, those of each place who count.
    at_least
        How many of them are covered by sites.
    """

    name: str
    people: NDArray[np.float64]
    at_least: float

    def covered(self, reached: NDArray[np.bool_]) -> float:
        """Return how many of its people live where it is reached.

        Parameters
        ----------
        reached
            bool ``(places,)``.

        Examples
        --------
        >>> FloorRow("all", np.array([5.0, 3.0]), 4.0).covered(np.array([True, False]))
        5.0
        """
        return float(self.people[reached].sum())

    def holds(self, reached: NDArray[np.bool_]) -> bool:
        """Return whether enough are covered, but for the last digits of a sum.

        Parameters
        ----------
        reached
            bool ``(places,)``.

        Examples
        --------
        >>> FloorRow("all", np.array([5.0, 3.0]), 4.0).holds(np.array([False, True]))
        False
        """
        return self.covered(reached) >= self.at_least - TOLERANCE * float(self.people.sum())


class Floored:
    """An instance reduced, with the people of floors on its places.

    Parameters
    ----------
    instance
        Places, sites and costs.
    floors
        What is kept.

    Attributes
    ----------
    instance
        Reduced, as by :func:`planner.siting.cover.instance.reduced`.
    floor_people
        float64 ``(floors, places)``.
    amounts
        float64 ``(floors,)``: how many of them are left to be covered.
    people_forced, cost_forced
        Of the forced sites.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 2], site=[0, 1, 2])
    >>> small = Floored(three, [FloorRow("north", np.array([1.0, 0.0, 0.0]), 1.0)])
    >>> small.enough(2).tolist(), small.holds(np.array([1]))
    ([0], False)
    """

    def __init__(self, instance: CoverInstance, floors: Sequence[FloorRow]) -> None:
        # Places of which only a floor counts the people stay too.
        every = instance.people + sum(f.people for f in floors)
        small = reduced(replace(instance, people=every))
        self._held = np.flatnonzero(instance.forced)
        self._site, self._place, n = small.site, small.place, small.instance.places
        done = instance.reached(self._held)
        self.instance = replace(small.instance, people=self._onto(instance.people, n))
        self.floor_people = np.array([self._onto(f.people, n) for f in floors])
        self.amounts = np.array([f.at_least - float(f.people[done].sum()) for f in floors])
        self._slack = np.array([TOLERANCE * float(f.people.sum()) for f in floors])
        self.people_forced, self.cost_forced = float(instance.people[done].sum()), small.cost_forced

    def _onto(self, people: NDArray[np.float64], n: int) -> NDArray[np.float64]:
        mine = self._place >= 0
        return np.bincount(self._place[mine], weights=people[mine], minlength=n).astype(np.float64)

    def sites(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a choice as one of the whole instance, the forced sites with it.

        Parameters
        ----------
        chosen
            int64 ``(chosen,)``, sites of the reduced instance.

        Returns
        -------
        sites
            int64 ``(chosen and forced,)``, the forced ones first.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 2], site=[0, 1, 2])
        >>> small = Floored(three, [FloorRow("north", np.array([1.0, 0.0, 0.0]), 1.0)])
        >>> small.sites(np.array([1])).tolist()
        [1]
        """
        return np.concatenate([self._held, self._site[chosen]])

    def lack(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how many people each floor still lacks, float64 ``(floors,)``; 0 where it holds.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites, or bool ``(sites,)``.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 2], site=[0, 1, 2])
        >>> small = Floored(three, [FloorRow("north", np.array([1.0, 0.0, 0.0]), 1.0)])
        >>> small.lack(np.array([1])).tolist()
        [1.0]
        """
        lack = self.amounts - self.floor_people[:, self.instance.reached(chosen)].sum(axis=1)
        held: NDArray[np.float64] = np.where(lack > self._slack, lack, 0.0)
        return held

    def holds(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> bool:
        """Return whether all floors hold.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites, or bool ``(sites,)``.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 2], site=[0, 1, 2])
        >>> small = Floored(three, [FloorRow("north", np.array([1.0, 0.0, 0.0]), 1.0)])
        >>> small.holds(np.array([0])), small.holds(np.array([1]))
        (True, False)
        """
        return not self.lack(chosen).any()

    @property
    def is_hopeless(self) -> bool:
        """Whether not even all sites together keep the floors."""
        return not self.holds(np.ones(self.instance.sites, np.bool_))

    def enough(self, budget: float) -> NDArray[np.int64] | None:
        """Return sites that keep the floors, greedily, each floor's lack counted alike; None if not found.

        Parameters
        ----------
        budget
            What the sites may cost.

        Returns
        -------
        sites
            int64 ``(chosen,)``, of the reduced instance, rising.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 2], site=[0, 1, 2])
        >>> small = Floored(three, [FloorRow("north", np.array([1.0, 0.0, 0.0]), 1.0)])
        >>> small.enough(1.0).tolist()
        [0]
        """
        chosen = np.zeros(self.instance.sites, np.bool_)
        while True:
            lack = self.lack(chosen)
            if not lack.any():
                return np.flatnonzero(chosen)
            share = np.divide(1.0, lack, out=np.zeros_like(lack), where=lack > 0)
            order = greedy_order(replace(self.instance, people=share @ self.floor_people), budget, chosen)
            for j in order.tolist():
                chosen[j] = True
                if (self.lack(chosen)[lack > 0] == 0.0).any():
                    break
            if not len(order):
                return None

    def spare(self, sites: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a choice that keeps the floors without those of its sites that it does not need.

        Parameters
        ----------
        sites
            int64 ``(chosen,)``, of the reduced instance.

        Returns
        -------
        sites
            int64 ``(chosen,)``, rising.

        Examples
        --------
        >>> from planner.siting.cover.instance import cover_instance
        >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 2], site=[0, 1, 2])
        >>> small = Floored(three, [FloorRow("north", np.array([1.0, 0.0, 0.0]), 1.0)])
        >>> small.spare(np.array([0, 2])).tolist()
        [0]
        """
        for j in sites[np.argsort(-self.instance.cost[sites], kind="stable")]:
            rest = sites[sites != j]
            if self.holds(rest):
                sites = rest
        return np.sort(sites)


def unmet(instance: CoverInstance, floors: Sequence[FloorRow]) -> list[FloorRow]:
    """Return the floors that not even all sites together keep.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> one = cover_instance([10.0, 20.0], place=[0], site=[0])
    >>> [f.name for f in unmet(one, [FloorRow("all", np.array([10.0, 20.0]), 11.0)])]
    ['all']
    """
    reached = instance.reached(~instance.forbidden)
    return [f for f in floors if not f.holds(reached)]
