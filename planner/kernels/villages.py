"""Villages lifted over a share of their people by chosen sites: greedy choice and exchange.

Shares are whole numbers (see ``Lift``): sums are exact, so that the order of rows decides nothing. Of equal
gains the lowest number of a site counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.lists import Lists

# What a village on its way counts for is kept in so many steps (its place among less than 2 ** 21 villages).
STEPS = 1 << 20
# In a gain a village that is served weighs more than all others on their way.
FIRST = np.int64(1) << 41


class Lift(NamedTuple):
    """Villages to be lifted, for kernels.

    Attributes
    ----------
    by_site, by_place
        The places that each site covers, and back; places of one village stand together.
    by_village
        The sites that cover a place of each village.
    first_place
        int64 ``(villages + 1,)``: village v has the places ``first_place[v]:first_place[v + 1]``.
    village
        int32 ``(places,)``, the same by place.
    weight
        int64 ``(places,)``, its share of the village's people, as a whole number.
    need
        int64 ``(villages,)``, above 0: the weight from which on the village is served.
    cost
        float64 ``(sites,)``, above 0.
    conflicts
        By site, with which others it may not be chosen; both ways.
    """

    by_site: Lists
    by_place: Lists
    by_village: Lists
    first_place: NDArray[np.int64]
    village: NDArray[np.int32]
    weight: NDArray[np.int64]
    need: NDArray[np.int64]
    cost: NDArray[np.float64]
    conflicts: Lists


class Aim(NamedTuple):
    """What villages count for in a search.

    Attributes
    ----------
    served
        Of one that is served: ``FIRST``, so that their number decides, or ``STEPS``, so that one nearly there
        counts for nearly as much.
    power
        One on its way counts for its share of the way to this power; the higher, the fewer are begun at once.
    """

    served: int
    power: int


class Lifted(NamedTuple):
    """What the sites chosen so far cover, kept up to date.

    Attributes
    ----------
    count
        int32 ``(places,)``: how many chosen sites cover each place.
    have
        int64 ``(villages,)``: the weight that is covered.
    gain
        int64 ``(sites,)``: what each site not chosen would add.
    blockers
        int32 ``(sites,)``: how many chosen sites conflict with each.
    """

    count: NDArray[np.int32]
    have: NDArray[np.int64]
    gain: NDArray[np.int64]
    blockers: NDArray[np.int32]


@njit(nogil=True)
def lifted(lift: Lift, chosen: NDArray[np.bool_], aim: Aim) -> Lifted:
    """Return what the chosen sites (bool ``(sites,)``) cover.

    Examples
    --------
    A village of 4 and 6, which is served from 8 on; site 0 reaches both places, site 1 the second:

    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none, village = Lists(np.zeros(3, np.int64), np.empty(0, np.int32)), np.zeros(2, np.int32)
    >>> by_village = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> weight, need, lists = np.array([4, 6]), np.array([8]), (by_site, turned(by_site, 2), by_village)
    >>> lift = Lift(*lists, np.array([0, 2]), village, weight, need, np.ones(2), none)
    >>> aim = Aim(FIRST, 1)
    >>> lifted(lift, np.array([False, True]), aim).have.tolist()
    [6]
    """
    sites = len(lift.cost)
    now = Lifted(
        np.zeros(len(lift.weight), np.int32), np.zeros(len(lift.need), np.int64), np.zeros(sites, np.int64),
        np.zeros(sites, np.int32),
    )  # fmt: skip
    for j in np.flatnonzero(chosen):
        _count(lift, j, now, 1)
    for j in range(sites):
        now.gain[j] = _gain(lift, j, now, aim)
    return now


@njit(nogil=True)
def _count(lift: Lift, j: int, now: Lifted, step: int) -> None:
    """Choose a site (step 1) or give it up (-1)."""
    for e in range(lift.by_site.first[j], lift.by_site.first[j + 1]):
        place = lift.by_site.item[e]
        if now.count[place] + min(step, 0) == 0:
            now.have[lift.village[place]] += step * lift.weight[place]
        now.count[place] += step
    for e in range(lift.conflicts.first[j], lift.conflicts.first[j + 1]):
        now.blockers[lift.conflicts.item[e]] += step


@njit(nogil=True)
def move(lift: Lift, j: int, now: Lifted, chosen: NDArray[np.bool_], aim: Aim) -> None:
    """Choose a site, or give it up where it is chosen; what others would add is computed anew.

    Parameters
    ----------
    lift
        The problem.
    j
        A site.
    now
        What the chosen sites cover; changed.
    chosen
        bool ``(sites,)``; changed.
    aim
        What villages count for.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none, village = Lists(np.zeros(3, np.int64), np.empty(0, np.int32)), np.zeros(2, np.int32)
    >>> by_village = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> weight, need, lists = np.array([4, 6]), np.array([8]), (by_site, turned(by_site, 2), by_village)
    >>> lift = Lift(*lists, np.array([0, 2]), village, weight, need, np.ones(2), none)
    >>> aim = Aim(FIRST, 1)
    >>> chosen = np.array([False, True])
    >>> now = lifted(lift, chosen, aim)
    >>> move(lift, 0, now, chosen, aim)
    >>> chosen.tolist(), now.have.tolist()
    ([True, True], [10])
    """
    _count(lift, j, now, -1 if chosen[j] else 1)
    chosen[j] = not chosen[j]
    done, village = np.zeros(len(chosen), np.bool_), np.int32(-1)
    for e in range(lift.by_site.first[j], lift.by_site.first[j + 1]):
        if lift.village[lift.by_site.item[e]] == village:
            continue
        village = lift.village[lift.by_site.item[e]]
        for f in range(lift.by_village.first[village], lift.by_village.first[village + 1]):
            k = lift.by_village.item[f]
            if not done[k]:
                done[k] = True
                now.gain[k] = _gain(lift, k, now, aim)


@njit(nogil=True)
def _value(have: int, need: int, aim: Aim) -> np.int64:
    """Return what a village counts for."""
    if have >= need:
        return np.int64(aim.served)
    value = 1.0
    for _ in range(aim.power):
        value *= have / need
    return np.int64(value * STEPS)


@njit(nogil=True)
def _gain(lift: Lift, j: int, now: Lifted, aim: Aim) -> np.int64:
    """Return what a site adds."""
    total, more, village = np.int64(0), np.int64(0), np.int32(-1)
    last = lift.by_site.first[j + 1]
    for e in range(lift.by_site.first[j], last):
        place = lift.by_site.item[e]
        if now.count[place] == 0:
            more += lift.weight[place]
        village = lift.village[place]
        if e + 1 < last and lift.village[lift.by_site.item[e + 1]] == village:
            continue
        if more > 0 and now.have[village] < lift.need[village]:
            total += _value(now.have[village] + more, lift.need[village], aim)
            total -= _value(now.have[village], lift.need[village], aim)
        more = np.int64(0)
    return total


@njit(nogil=True)
def value_of(lift: Lift, now: Lifted, aim: Aim) -> np.int64:
    """Return what all villages count for together."""
    total = np.int64(0)
    for v in range(len(lift.need)):
        total += _value(now.have[v], lift.need[v], aim)
    return total


@njit(nogil=True)
def _best(lift: Lift, now: Lifted, chosen: NDArray[np.bool_], room: float, price: NDArray[np.float64]) -> int:
    """Return the site that adds most for its price; -1 where none adds anything."""
    best, most = -1, 0.0
    for k in range(len(chosen)):
        rate = now.gain[k] / price[k]
        if rate > most and not chosen[k] and now.blockers[k] == 0 and lift.cost[k] <= room:
            best, most = k, rate
    return best


@njit(nogil=True)
def fill(lift: Lift, now: Lifted, chosen: NDArray[np.bool_], room: float, aim: Aim) -> float:
    """Add sites one by one, each the one that adds most for its cost; returns the budget left.

    Parameters
    ----------
    lift
        The problem.
    now
        What is chosen already; changed.
    chosen
        The same, bool ``(sites,)``; changed.
    room
        What may still be spent.
    aim
        What villages count for.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none, village = Lists(np.zeros(3, np.int64), np.empty(0, np.int32)), np.zeros(2, np.int32)
    >>> by_village = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> weight, need, lists = np.array([4, 6]), np.array([8]), (by_site, turned(by_site, 2), by_village)
    >>> lift = Lift(*lists, np.array([0, 2]), village, weight, need, np.ones(2), none)
    >>> aim = Aim(FIRST, 1)
    >>> chosen = np.zeros(2, np.bool_)
    >>> now = lifted(lift, chosen, aim)
    >>> fill(lift, now, chosen, 1.0, aim), chosen.tolist()
    (0.0, [True, False])
    """
    while True:
        k = _best(lift, now, chosen, room, lift.cost)
        if k < 0:
            return room
        move(lift, k, now, chosen, aim)
        room -= lift.cost[k]


@njit(nogil=True)
def swap(
    lift: Lift, now: Lifted, chosen: NDArray[np.bool_], room: float, aim: Aim, out: NDArray[np.int64]
) -> tuple[int, float]:
    """Give up each of some sites where another one in its place adds more; returns moves and budget left.

    Parameters
    ----------
    lift
        The problem.
    now
        What is chosen already; changed.
    chosen
        The same, bool ``(sites,)``; changed.
    room
        What may still be spent.
    aim
        What villages count for.
    out
        int64 ``(sites to give up,)``, in this order; those not chosen are passed over.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none, village = Lists(np.zeros(3, np.int64), np.empty(0, np.int32)), np.zeros(2, np.int32)
    >>> by_village = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> weight, need, lists = np.array([4, 6]), np.array([8]), (by_site, turned(by_site, 2), by_village)
    >>> lift = Lift(*lists, np.array([0, 2]), village, weight, need, np.ones(2), none)
    >>> aim = Aim(FIRST, 1)
    >>> chosen = np.array([False, True])
    >>> now = lifted(lift, chosen, aim)
    >>> swap(lift, now, chosen, 0.0, aim, np.array([1])), chosen.tolist()
    ((1, 0.0), [True, False])
    """
    moves, alike = 0, np.ones(len(chosen))
    for j in out:
        if not chosen[j]:
            continue
        move(lift, j, now, chosen, aim)
        k = _best(lift, now, chosen, room + lift.cost[j], alike)
        if k < 0 or now.gain[k] <= now.gain[j]:
            k = j
        moves += k != j
        move(lift, k, now, chosen, aim)
        room += lift.cost[j] - lift.cost[k]
    return moves, room


@njit(nogil=True)
def lift_one(lift: Lift, v: int, now: Lifted, chosen: NDArray[np.bool_], room: float, aim: Aim) -> float:
    """Add sites until one village is served, each the one that brings it furthest for its cost.

    Returns the budget left; stops where nothing helps that it can pay.

    Parameters
    ----------
    lift
        The problem.
    v
        The village.
    now
        What is chosen already; changed.
    chosen
        The same, bool ``(sites,)``; changed.
    room
        What may still be spent.
    aim
        What villages count for.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none, village = Lists(np.zeros(3, np.int64), np.empty(0, np.int32)), np.zeros(2, np.int32)
    >>> by_village = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> weight, need, lists = np.array([4, 6]), np.array([8]), (by_site, turned(by_site, 2), by_village)
    >>> lift = Lift(*lists, np.array([0, 2]), village, weight, need, np.ones(2), none)
    >>> aim = Aim(FIRST, 1)
    >>> chosen = np.zeros(2, np.bool_)
    >>> now = lifted(lift, chosen, aim)
    >>> lift_one(lift, 0, now, chosen, 1.0, aim), chosen.tolist()
    (0.0, [True, False])
    """
    more = np.zeros(len(chosen), np.int64)
    while now.have[v] < lift.need[v]:
        more[:] = 0
        for place in range(lift.first_place[v], lift.first_place[v + 1]):
            if now.count[place] == 0:
                for e in range(lift.by_place.first[place], lift.by_place.first[place + 1]):
                    more[lift.by_place.item[e]] += lift.weight[place]
        best, most = -1, 0.0
        for e in range(lift.by_village.first[v], lift.by_village.first[v + 1]):
            k = lift.by_village.item[e]
            rate = min(more[k], lift.need[v] - now.have[v]) / lift.cost[k]
            if rate <= 0.0 or chosen[k] or now.blockers[k] > 0 or lift.cost[k] > room:
                continue
            if rate > most or (rate == most and now.gain[k] > now.gain[best]):
                best, most = k, rate
        if best < 0:
            return room
        move(lift, best, now, chosen, aim)
        room -= lift.cost[best]
    return room


@njit(nogil=True)
def take(
    lift: Lift, now: Lifted, chosen: NDArray[np.bool_], room: float, aim: Aim, order: NDArray[np.int64]
) -> float:
    """Choose sites in an order, those that may be and can be paid; returns the budget left.

    Parameters
    ----------
    lift
        The problem.
    now
        What is chosen already; changed.
    chosen
        The same, bool ``(sites,)``; changed.
    room
        What may still be spent.
    aim
        What villages count for.
    order
        int64 ``(sites tried,)``, first to last.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none, village = Lists(np.zeros(3, np.int64), np.empty(0, np.int32)), np.zeros(2, np.int32)
    >>> by_village = Lists(np.array([0, 2]), np.array([0, 1], np.int32))
    >>> weight, need, lists = np.array([4, 6]), np.array([8]), (by_site, turned(by_site, 2), by_village)
    >>> lift = Lift(*lists, np.array([0, 2]), village, weight, need, np.ones(2), none)
    >>> aim = Aim(FIRST, 1)
    >>> chosen = np.zeros(2, np.bool_)
    >>> now = lifted(lift, chosen, aim)
    >>> take(lift, now, chosen, 1.0, aim, np.array([1, 0])), chosen.tolist()
    (0.0, [False, True])
    """
    for j in order:
        if not chosen[j] and now.blockers[j] == 0 and lift.cost[j] <= room:
            move(lift, j, now, chosen, aim)
            room -= lift.cost[j]
    return room
