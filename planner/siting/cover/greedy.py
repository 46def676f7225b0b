"""Plans without a proof: greedy choices, exchanged site for site, also where places need several sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.backup import backup_exchange, backup_greedy
from planner.kernels.cover import exchange, greedy_cover, site_values
from planner.siting.solution import TOLERANCE, payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.cover.instance import CoverInstance

# So many moves of exchange in one go, and passes where places need several sites.
MOVES, PASSES = 100_000, 50
# A place on its way to what it needs counts for its share of the way to these powers in turn, and at last for
# next to nothing: enough to tell two sites apart that bring nobody yet.
POWERS, LAST = (1.0, 2.0, 4.0), 16.0


def greedy_order(instance: CoverInstance, budget: float, chosen: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the sites that a greedy choice adds to some, in its order: int32 ``(added,)``.

    Parameters
    ----------
    instance
        Without forced sites.
    budget
        What all may cost, those chosen already included.
    chosen
        bool ``(sites,)``, chosen already.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> two = cover_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], need=[1, 2])
    >>> greedy_order(two, 2.0, np.zeros(2, bool)).tolist()
    [0, 1]
    """
    most = payable(budget)
    if instance.need is None:
        order, _ = greedy_cover(instance.cover, most, chosen.copy(), ~chosen)
    else:
        least = TOLERANCE * float(instance.people.sum())
        order, _ = backup_greedy(instance.backup(POWERS[0]), most, chosen.copy(), ~chosen, least)
    return np.asarray(order, dtype=np.int32)


def heuristic(
    instance: CoverInstance, budget: float, *, start: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Return sites chosen greedily and then exchanged while that gains people.

    Parameters
    ----------
    instance
        Without forced sites.
    budget
        What they may cost.
    start
        int64 ``(chosen,)``. Sites to begin with, within the budget and in conflict with none of each
        other or not; those in conflict with an earlier one are left out.

    Returns
    -------
    sites
        int64 ``(chosen,)``, rising.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> heuristic(three, 1).tolist()
    [0]
    """
    chosen = np.zeros(instance.sites, dtype=np.bool_)
    if start is not None:
        chosen[_without_conflicts(instance, start)] = True
    budget = payable(budget)
    if instance.need is not None:
        return _backed_up(instance, budget, chosen)
    open_, held = ~instance.forbidden, np.zeros(instance.sites, dtype=np.bool_)
    greedy_cover(instance.cover, budget, chosen, open_)
    least = TOLERANCE * float(instance.people.sum())
    exchange(instance.cover, budget, chosen, open_, held, least, MOVES)
    found = np.flatnonzero(chosen)
    if start is not None or (instance.cost == instance.cost[:1]).all():
        return found
    # A greedy choice for the cost may leave too little for one dear site that reaches more than all of it.
    alone = np.where(open_ & (instance.cost <= budget), site_values(instance.by_site, instance.people), 0.0)
    other = heuristic(instance, budget, start=np.array([alone.argmax()])) if alone.any() else found
    return max(found, other, key=instance.people_reached)


def _backed_up(instance: CoverInstance, budget: float, start: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the best of several choices, each by what places count for on their way."""
    plans = []
    for power in POWERS:
        chosen = start.copy()
        for one in (power, LAST):
            _settled(instance, budget, chosen, one)
        plans.append(needed_only(instance, np.flatnonzero(chosen)))
    return max(plans, key=instance.people_reached)


def _settled(instance: CoverInstance, budget: float, chosen: NDArray[np.bool_], power: float) -> None:
    """Add and exchange sites until nothing is gained by it; changes what is chosen."""
    problem, open_ = instance.backup(power), ~instance.forbidden
    least = TOLERANCE * float(instance.people.sum())
    for _ in range(PASSES):
        order, _ = backup_greedy(problem, budget, chosen, open_, least)
        if not backup_exchange(problem, budget, chosen, open_, least) and not len(order):
            return


def needed_only(instance: CoverInstance, sites: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a choice without the sites that nobody needs, the dearest left out first.

    Parameters
    ----------
    instance
        Places and what they need.
    sites
        int64 ``(chosen,)``, numbers of sites.

    Returns
    -------
    sites
        int64 ``(chosen,)``, rising.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> two = cover_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], need=[1, 2])
    >>> needed_only(two, np.array([0])).tolist(), needed_only(two, np.array([1])).tolist()
    ([0], [])
    """
    need = np.ones(instance.places, np.int32) if instance.need is None else instance.need
    count, kept = instance.count(sites), np.zeros(instance.sites, np.bool_)
    kept[sites] = True
    later = np.sort(sites)[::-1]
    for j in later[np.argsort(-instance.cost[later], kind="stable")].tolist():
        mine = instance.by_site.item[instance.by_site.first[j] : instance.by_site.first[j + 1]]
        if not (instance.people[mine] * (count[mine] == need[mine])).any():
            kept[j] = False
            count[mine] -= 1
    return np.flatnonzero(kept)


def _without_conflicts(instance: CoverInstance, sites: NDArray[np.int64]) -> NDArray[np.int64]:
    conflicts = instance.conflicts
    if not len(conflicts.item):
        return sites
    taken: set[int] = set()
    for j in sites.tolist():
        if taken.isdisjoint(conflicts.item[conflicts.first[j] : conflicts.first[j + 1]].tolist()):
            taken.add(j)
    return np.array(sorted(taken), dtype=np.int64)
