"""The most people with room at sites within reach (capacitated MCLP; Current and Storbeck 1988)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.clock import Clock
from planner.siting.cover.branching import best_whole
from planner.siting.cover.covering import most_people
from planner.siting.cover.instance import pairs_of
from planner.siting.mip import Mip, unit_of
from planner.siting.room.cuts import LEAST_SHARE, RoomCuts
from planner.siting.solution import TOLERANCE, Proof, Solution, no_solution, payable, solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.room.instance import Core, RoomInstance, RoomState

# So many rounds of cuts, and this share of the time at most.
CUTS, FOR_CUTS = 300, 0.6
# And this for the choice of sites with room for everybody.
FOR_ROOMY = 0.2
# With so few pairs of site and place HiGHS decides on sites and who is at them at once.
SMALL = 20_000
# A site has to add this share of all people to be worth its cost; less is rounding.
LEAST = 1e-12
NOBODY = -1


def most_people_with_room(
    instance: RoomInstance,
    budget: float,
    *,
    start: NDArray[np.integer] | None = None,
    bound: float = np.inf,
    seed: int = 0,
    time_limit_s: float = 60.0,
    may_go_on: Callable[[], None] | None = None,
) -> Solution:
    """Return the sites within a budget at which most people more have room, and a bound on any choice.

    Parameters
    ----------
    instance
        Places, sites with room, and what is there.
    budget, start, bound, seed, time_limit_s, may_go_on
        As :func:`planner.siting.cover.covering.most_people` takes them; people are those who have room
        beside whom the units that are there have room for.

    Returns
    -------
    solution
        Its objective is people more; infeasible where the forced sites alone cost more.

    Examples
    --------
    Site 0 reaches both places, but has room for 15 people:

    >>> from planner.siting.room.instance import room_instance
    >>> two = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 18.0])
    >>> best = most_people_with_room(two, 1)
    >>> best.chosen.tolist(), best.objective, str(best.proof)
    ([1], 18.0, 'optimal')
    """
    clock = Clock(time_limit_s, may_go_on)
    held = np.flatnonzero(instance.forced)
    spent = float(instance.cost[held].sum())
    if spent > payable(budget):
        return no_solution(seed=seed, seconds=clock.seconds())
    free = instance.free
    core = free.instance.core
    # Who has room today, and those of them whom nothing in the core decides.
    before = instance.people_with_room(np.empty(0, np.int64)) - core.safe
    begin = None if start is None else np.flatnonzero(np.isin(free.site, start))
    search = RoomSearch(core, max(budget - spent, 0.0), clock, seed)
    search.know(bound + before)
    if begin is not None:
        search.begin(begin)
    search.solve()
    sites = np.concatenate([held, free.site[search.best]])
    # The two sums are of parts of another size: of no site nothing must be left of that.
    people = search.people - before if len(sites) else 0.0
    # Sums of all people are equal to so much: that may be more than the same share of those added.
    bound = people if search.proven else max(search.bound - before, people)
    return solution(sites, people, bound, seed=seed, seconds=clock.seconds())


class RoomSearch:
    """The best choice found, and the bound.

    Who has room is a greatest flow: what a site adds only shrinks as others are added, and a smallest cut
    says how much each site could add at most (:meth:`planner.siting.room.instance.Core.most_gain`), so that
    few are tried.

    Parameters
    ----------
    core
        Places and sites; nothing is forced or forbidden.
    budget
        What sites may cost.
    clock
        Asked between steps.
    seed
        Of HiGHS's own choices.

    Attributes
    ----------
    best
        int64, rising: the best sites found.
    people
        Who has room, at what is there too.
    bound
        What no choice can beat.

    Examples
    --------
    >>> from planner.siting.room.instance import room_instance
    >>> one = room_instance([10.0, 30.0], place=[0, 1, 1], site=[0, 1, 2], room=[9.0, 9.0, 9.0])
    >>> search = RoomSearch(one.core, 2.0, Clock(60.0), 0)
    >>> search.solve()
    >>> search.people, search.bound
    (18.0, 18.0)
    """

    def __init__(self, core: Core, budget: float, clock: Clock, seed: int) -> None:
        self.core, self._budget, self._clock, self._seed = core, budget, clock, seed
        self._least = LEAST * float(core.people.sum())
        self.best = np.empty(0, np.int64)
        self.people = core.people_reached(self.best)
        self.bound = max(self.people, core.people_reached(np.arange(core.sites)))

    @property
    def proven(self) -> bool:
        """Whether nothing can be better."""
        return self.bound - self.people <= TOLERANCE * self.people

    def know(self, bound: float) -> None:
        """Take over a bound that is known."""
        self.bound = max(self.people, min(self.bound, bound))

    def begin(self, sites: NDArray[np.int64]) -> None:
        """Try what lies near some sites, as far as these are within the budget.

        Parameters
        ----------
        sites
            int64 ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> from planner.siting.room.instance import room_instance
        >>> one = room_instance([10.0, 30.0], place=[0, 1], site=[0, 1], room=[9.0, 9.0])
        >>> search = RoomSearch(one.core, 1.0, Clock(60.0), 0)
        >>> search.begin(np.array([1]))
        >>> search.people
        9.0
        """
        self._try(self._kept(sites))

    def solve(self) -> None:
        """Look for the bound, and for better choices, until they are equal or the time is up."""
        if not self.proven:
            self._as_if_roomy()
        if self.proven or self._clock.is_over():
            return
        if len(self.core.by_site.item) <= SMALL:
            self._settle()
            return
        plan = np.zeros(self.core.sites)
        plan[self.best] = 1.0
        cuts = RoomCuts(self.core, self._budget, self.best, plan)
        cuts.run(steps=CUTS, clock=self._clock.part(FOR_CUTS))
        self.know(cuts.bound)
        likely = np.argsort(-cuts.share, kind="stable")
        self._try(self._kept(likely[cuts.share[likely] > LEAST_SHARE]))
        if not self.proven and not self._clock.is_over():
            found, bound = best_whole(cuts, self.best, self._clock)
            self._offer(found)
            self.know(bound)

    def _as_if_roomy(self) -> None:
        """Try the best choice of sites with room for everybody: nothing has more, and often it is enough."""
        found = most_people(
            self.core.roomy, self._budget, seed=self._seed, time_limit_s=FOR_ROOMY * self._clock.left_s(),
            may_go_on=self._clock.may_go_on,
        )  # fmt: skip
        self.know(found.bound + self.core.near_units)
        self._offer(found.chosen)
        if not self.proven:
            self._try(found.chosen)

    def _try(self, start: NDArray[np.int64]) -> None:
        """Offer what greedy choice and exchange make of some sites."""
        ratios = (False,) if (self.core.cost == self.core.cost[:1]).all() else (False, True)
        for by_cost in ratios:
            self._offer(self._exchanged(self._added(start, by_cost=by_cost)))

    def _offer(self, sites: NDArray[np.int64]) -> None:
        people = self.core.people_reached(sites)
        if people > self.people:
            self.best, self.people = np.sort(sites), people
            self.bound = max(self.bound, people)

    def _best_of(
        self, state: RoomState, fits: NDArray[np.bool_], least: float, *, by_cost: bool = False
    ) -> tuple[int, float]:
        """Return the site that adds most, for its cost if asked, and its gain; NOBODY where none adds enough.

        They are tried in the order of what they could add at most, as long as that is more than the best.
        """
        most = np.where(fits, self.core.most_gain(state), 0.0)
        weight = 1.0 / self.core.cost if by_cost else np.ones(self.core.sites)
        best, gain, key = NOBODY, 0.0, 0.0
        for j in np.argsort(-most * weight, kind="stable").tolist():
            if most[j] <= least or most[j] * weight[j] <= key:
                break
            one = self.core.gain(state, j, most[j])
            if one > least and one * weight[j] > key:
                best, gain, key = j, one, one * weight[j]
        return best, gain

    def _added(self, start: NDArray[np.int64], *, by_cost: bool) -> NDArray[np.int64]:
        """Return some sites and those that greedy choice adds to them."""
        sites, state = np.asarray(start, dtype=np.int64), None
        while not self._clock.is_over():
            fits = self.core.fitting(sites, self._budget)
            if not fits.any():
                break
            state = self.core.state(sites, state)
            site, _ = self._best_of(state, fits, self._least, by_cost=by_cost)
            if site == NOBODY:
                break
            sites = np.append(sites, site)
        return sites

    def _exchanged(self, sites: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the sites after exchanging one for another as long as that brings more people."""
        state, idle = self.core.state(sites), 0
        people = state.people
        while idle < len(sites) and not self._clock.is_over():
            # The one that has stood longest goes first.
            rest = sites[1:]
            state = self.core.state(rest, state)
            fits = self.core.fitting(rest, self._budget)
            site, gain = self._best_of(state, fits, people - state.people + self._least)
            if site == NOBODY:
                sites, idle = np.append(rest, sites[0]), idle + 1
            else:
                sites, people, idle = np.append(rest, site), state.people + gain, 0
        return sites

    def _kept(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return sites in an order as far as budget and conflicts allow."""
        sites = np.empty(0, np.int64)
        for j in order.tolist():
            if self.core.fitting(sites, self._budget)[j]:
                sites = np.append(sites, j)
        return sites

    def _settle(self) -> None:
        """Have HiGHS decide over sites and who is at them."""
        core = self.core
        answer = _model(core, self._budget).solve(
            start=_as_columns(core, self.best), time_limit_s=self._clock.left_s(), seed=self._seed,
            may_go_on=self._clock.may_go_on,
        )  # fmt: skip
        if len(answer.value):
            self._offer(np.flatnonzero(answer.value[: core.sites] > 0.5))
        if answer.proof is Proof.OPTIMAL:
            self.bound = self.people
        elif np.isfinite(answer.bound):
            self.know(answer.bound / unit_of(float(core.people.sum())))


def _model(core: Core, budget: float) -> Mip:
    """Return a column a site, and a column a pair: who of the place is at the site, in thousands."""
    lists, n = core.by_site, core.sites
    pairs, size = len(lists.item), np.diff(lists.first)
    of = np.repeat(np.arange(len(size)), size)
    unit = unit_of(float(core.people.sum()))
    people, room = core.people * unit, core.room * core.part_people * unit
    mip = Mip(maximise=True)
    mip.add_columns(np.zeros(n), integer=True)
    mip.add_columns(np.ones(pairs), upper=people[lists.item])
    mip.add_row(np.arange(n), core.cost, upper=payable(budget))
    order = np.argsort(lists.item, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(lists.item, minlength=core.places))])
    mip.add_rows(first, n + order, np.ones(pairs), upper=people)
    # Nobody at a site that is not there, and nobody beyond its room.
    free = np.flatnonzero(of < n)
    mip.add_rows(
        2 * np.arange(len(free) + 1), np.column_stack([n + free, of[free]]).ravel(),
        np.column_stack([np.ones(len(free)), -people[lists.item[free]]]).ravel(), upper=0.0,
    )  # fmt: skip
    for j in np.flatnonzero(size).tolist():
        own = n + np.arange(lists.first[j], lists.first[j + 1])
        column = np.append(own, j) if j < n else own
        value = np.append(np.ones(len(own)), -room[j]) if j < n else np.ones(len(own))
        mip.add_row(column, value, upper=0.0 if j < n else float(room[j]))
    mip.add_apart(pairs_of(core.conflicts))
    return mip


def _as_columns(core: Core, sites: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a choice of sites as columns of the model."""
    value = np.zeros(core.sites + len(core.by_site.item))
    value[sites] = 1.0
    state, unit = core.state(sites), unit_of(float(core.people.sum()))
    own = state.rooms.by_site.first
    for n, j in enumerate(core.every(sites).tolist()):
        at, many = core.sites + core.by_site.first[j], own[n + 1] - own[n]
        value[at : at + many] = state.now.flow[own[n] : own[n + 1]] * core.part_people * unit
    return value
