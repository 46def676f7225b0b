"""Plans that lift many villages: chosen greedily, exchanged, shaken, and drawn from the relaxed problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.villages import (
    FIRST,
    STEPS,
    Aim,
    Lifted,
    fill,
    lift_one,
    lifted,
    move,
    swap,
    take,
    value_of,
)
from planner.siting.threshold.cuts import NOTHING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.villages import Lift
    from planner.siting.clock import Clock

# What villages count for in turn: their number first, by several powers of their way there, or all smoothly.
AIMS = tuple(Aim(served, power) for served in (int(FIRST), STEPS) for power in (1, 2, 4))
# Plans are compared by the number of villages, then by the ways of the others.
JUDGE = AIMS[1]
# Passes of exchanges in one go at most, and how many sites a shake gives up at most.
PASSES, SHAKEN = 50, 6
# Of two ways of shaking each comes as often.
ONE_WAY = 0.5


class PlanSearch:
    """The best plan found of a problem.

    Parameters
    ----------
    lift
        The problem.
    budget
        What the sites may cost.
    clock
        Asked between steps.
    seed
        Of shakes and draws.

    Attributes
    ----------
    best
        bool ``(sites,)``.
    villages
        How many it lifts.
    """

    def __init__(self, lift: Lift, budget: float, clock: Clock, seed: int) -> None:
        self.lift, self._budget, self._clock = lift, budget, clock
        self._random = np.random.default_rng(seed)
        self.best = np.zeros(len(lift.cost), dtype=np.bool_)
        self.villages, self._value = 0, -1

    def start(self, plan: NDArray[np.int64]) -> None:
        """Choose greedily for each aim, and from a plan that is known.

        Parameters
        ----------
        plan
            int64 ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.cover.instance import cover_instance
        >>> from planner.siting.threshold.instance import PlaceVillages, lift_instance
        >>> two = cover_instance([1.0, 1.0], place=[0, 1], site=[0, 1])
        >>> those = PlaceVillages(np.array([0, 1], np.int32), np.array([0.9, 0.9]), np.zeros(2), 0.8)
        >>> search = PlanSearch(lift_instance(two, those, 1.0).lift, 1.0, Clock(60.0), 0)
        >>> search.start(np.array([1]))
        >>> search.villages
        1
        """
        for aim in AIMS:
            self.from_order(np.empty(0, np.int64), aim)
        self.from_order(plan, JUDGE)

    def from_order(self, order: NDArray[np.int64], aim: Aim = JUDGE) -> None:
        """Choose sites in an order, then what else adds most, then exchange.

        Parameters
        ----------
        order
            int64 ``(sites tried,)``, first to last.
        aim
            What villages count for.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.cover.instance import cover_instance
        >>> from planner.siting.threshold.instance import PlaceVillages, lift_instance
        >>> two = cover_instance([1.0, 1.0], place=[0, 1], site=[0, 1])
        >>> those = PlaceVillages(np.array([0, 1], np.int32), np.array([0.9, 0.9]), np.zeros(2), 0.8)
        >>> search = PlanSearch(lift_instance(two, those, 1.0).lift, 1.0, Clock(60.0), 0)
        >>> search.from_order(np.array([1]))
        >>> search.best.tolist()
        [False, True]
        """
        chosen = np.zeros(len(self.best), dtype=np.bool_)
        now = lifted(self.lift, chosen, aim)
        room = take(self.lift, now, chosen, self._budget, aim, order)
        self._improve(now, chosen, room, aim)
        if aim.served != FIRST:
            # The number of villages is what counts at last.
            self._improve(lifted(self.lift, chosen, JUDGE), chosen, self._room(chosen), JUDGE)

    def _room(self, chosen: NDArray[np.bool_]) -> float:
        return self._budget - float(self.lift.cost[chosen].sum())

    def _improve(self, now: Lifted, chosen: NDArray[np.bool_], room: float, aim: Aim) -> None:
        """Exchange and add while something is gained; keeps the plan where it is the best."""
        for _ in range(PASSES):
            room = fill(self.lift, now, chosen, room, aim)
            if self._clock.is_over():
                break
            moves, room = swap(self.lift, now, chosen, room, aim, np.flatnonzero(chosen))
            if not moves:
                break
        value = value_of(self.lift, now, JUDGE)
        if value >= self._value:
            self.best, self._value = chosen.copy(), value
            self.villages = int((now.have >= self.lift.need).sum())

    def shake(self) -> None:
        """Give up a few sites of the best plan, lift another village first, and choose again."""
        lift, chosen = self.lift, self.best.copy()
        inside = np.flatnonzero(chosen)
        if not len(inside):
            return
        aim = AIMS[int(self._random.integers(3))]
        now = lifted(lift, chosen, aim)
        room = self._room(chosen)
        for j in self._given_up(inside):
            move(lift, j, now, chosen, aim)
            room += lift.cost[j]
        left = np.flatnonzero(now.have < lift.need)
        if len(left) and self._random.random() < ONE_WAY:
            near = now.have[left] / lift.need[left] + self._random.random(len(left)) / 2
            room = lift_one(lift, int(left[np.argmax(near)]), now, chosen, room, aim)
        self._improve(now, chosen, room, aim)

    def _given_up(self, inside: NDArray[np.int64]) -> list[int]:
        """Return a few of the chosen sites: any, or those of one village."""
        lift = self.lift
        j = int(self._random.choice(inside))
        places = lift.by_site.item[lift.by_site.first[j] : lift.by_site.first[j + 1]]
        if self._random.random() < ONE_WAY or not len(places):
            return self._some(inside, int(self._random.integers(1, 4)))
        v = int(lift.village[self._random.choice(places)])
        near = lift.by_village.item[lift.by_village.first[v] : lift.by_village.first[v + 1]]
        return self._some(near[self.best[near]].astype(np.int64), SHAKEN)

    def _some(self, sites: NDArray[np.int64], most: int) -> list[int]:
        few: list[int] = self._random.choice(sites, min(most, len(sites)), replace=False).tolist()
        return few

    def draw(self, share: NDArray[np.float64], *, by_chance: bool) -> None:
        """Choose sites that the relaxed problem has much of, in that order or by chance in proportion.

        Parameters
        ----------
        share
            float64 ``(sites,)``, 0 or more.
        by_chance
            Whether by chance.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.cover.instance import cover_instance
        >>> from planner.siting.threshold.instance import PlaceVillages, lift_instance
        >>> two = cover_instance([1.0, 1.0], place=[0, 1], site=[0, 1])
        >>> those = PlaceVillages(np.array([0, 1], np.int32), np.array([0.9, 0.9]), np.zeros(2), 0.8)
        >>> search = PlanSearch(lift_instance(two, those, 1.0).lift, 1.0, Clock(60.0), 0)
        >>> search.draw(np.array([0.25, 0.75]), by_chance=False)
        >>> search.best.tolist()
        [False, True]
        """
        with np.errstate(divide="ignore"):
            # The largest of u to the power of 1 / share come in proportion to the shares (Efraimidis 2006).
            chance = np.log(self._random.random(len(share))) / np.maximum(share, 1e-300)
        order = np.argsort(-(chance if by_chance else share), kind="stable")
        self.from_order(order[share[order] > NOTHING])

    def served(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which villages some sites lift, bool ``(villages,)``.

        Parameters
        ----------
        chosen
            bool ``(sites,)``.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.cover.instance import cover_instance
        >>> from planner.siting.threshold.instance import PlaceVillages, lift_instance
        >>> two = cover_instance([1.0, 1.0], place=[0, 1], site=[0, 1])
        >>> those = PlaceVillages(np.array([0, 1], np.int32), np.array([0.9, 0.9]), np.zeros(2), 0.8)
        >>> search = PlanSearch(lift_instance(two, those, 1.0).lift, 1.0, Clock(60.0), 0)
        >>> int(search.served(np.array([False, True])).sum())
        1
        """
        served: NDArray[np.bool_] = lifted(self.lift, chosen, JUDGE).have >= self.lift.need
        return served

    def fewest(self) -> NDArray[np.int64]:
        """Return the best plan's sites without those that lift nothing: int64 ``(chosen,)``, rising.

        Examples
        --------
        >>> from planner.siting.clock import Clock
        >>> from planner.siting.cover.instance import cover_instance
        >>> from planner.siting.threshold.instance import PlaceVillages, lift_instance
        >>> two = cover_instance([1.0, 1.0], place=[0, 1], site=[0, 1])
        >>> those = PlaceVillages(np.array([0, 1], np.int32), np.array([0.9, 0.9]), np.zeros(2), 0.8)
        >>> search = PlanSearch(lift_instance(two, those, 1.0).lift, 1.0, Clock(60.0), 0)
        >>> search.from_order(np.array([1]))
        >>> search.fewest().tolist()
        [1]
        """
        chosen, now = self.best.copy(), lifted(self.lift, self.best, JUDGE)
        # The dearest first; of equal ones the last.
        inside = np.flatnonzero(chosen)[::-1]
        for j in inside[np.argsort(-self.lift.cost[inside], kind="stable")].tolist():
            move(self.lift, j, now, chosen, JUDGE)
            if (now.have >= self.lift.need).sum() < self.villages:
                move(self.lift, j, now, chosen, JUDGE)
        return np.flatnonzero(chosen)
