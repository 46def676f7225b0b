"""Why a site is chosen: whom it adds, whom it alone reaches, and what could stand in for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.backup import backup_stand_ins, backup_standing
from planner.kernels.cover import greedy_cover, stand_ins, standing
from planner.siting.solution import payable
from planner.siting.stand_ins import STAND_IN_SHARE, STAND_INS, least_lost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planner.siting.cover.instance import CoverInstance

    # Of a site, those that may stand in, and the people they may lose: who is lost without it, and with each.
    _Without = Callable[[int, NDArray[np.bool_], float], tuple[float, NDArray[np.float64]]]


@dataclass(frozen=True)
class Explained:
    """What each site of a plan brings, in the order in which they bring most.

    Attributes
    ----------
    site
        int64 ``(chosen,)``: each one adds most of those that are left.
    people_added
        float64 ``(chosen,)``: whom it adds to those before it; their sum is the plan's.
    people_alone
        float64 ``(chosen,)``: whom the plan would lose without it.
    stand_ins
        By site: others that could take its place, and the people whom that costs.
    """

    site: NDArray[np.int64]
    people_added: NDArray[np.float64]
    people_alone: NDArray[np.float64]
    stand_ins: tuple[tuple[tuple[int, float], ...], ...]


def added_in_steps(
    instance: CoverInstance, steps: Sequence[NDArray[np.integer]]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return sites step by step, in each step those first that add most, and whom each adds to all before it.

    Parameters
    ----------
    instance
        All candidates.
    steps
        int ``(sites of the step,)`` each, numbers of sites, such as those of each year.

    Returns
    -------
    site, people_added
        int64 and float64 ``(sites of all steps,)``.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> two = cover_instance([20.0, 10.0, 10.0], place=[0, 1, 1, 2], site=[0, 0, 1, 1])
    >>> [x.tolist() for x in added_in_steps(two, [np.array([1]), np.array([0])])]
    [[1, 0], [20.0, 20.0]]
    """
    if instance.need is not None:
        return _added_beside_others(instance, steps)
    people_only = instance.cover._replace(cost=np.ones(instance.sites))
    before, sites, added = np.zeros(instance.sites, dtype=np.bool_), [], []
    for step in steps:
        inside = np.zeros(instance.sites, dtype=np.bool_)
        inside[np.asarray(step, dtype=np.int64)] = True
        order, gain = greedy_cover(people_only, np.inf, before.copy(), inside)
        # Those that add nobody come last: forced ones, or twins of others.
        idle = np.setdiff1d(np.flatnonzero(inside), order)
        sites.append(np.concatenate([order.astype(np.int64), idle]))
        added.append(np.concatenate([gain, np.zeros(len(idle))]))
        before |= inside
    none = np.empty(0)
    return np.concatenate([none.astype(np.int64), *sites]), np.concatenate([none, *added])


def _added_beside_others(
    instance: CoverInstance, steps: Sequence[NDArray[np.integer]]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the same where places need several sites; of those that add nobody yet, who helps most first."""
    count, sites, added = np.zeros(instance.places, np.int32), [], []
    lists, need, people = instance.by_site, instance.backup().need, instance.people
    for step in steps:
        left = np.unique(np.asarray(step, dtype=np.int64)).tolist()
        while left:
            worth = []
            for j in left:
                mine = lists.item[lists.first[j] : lists.first[j + 1]]
                lacks = need[mine] - count[mine]
                partly = float((people[mine] / need[mine])[lacks > 0].sum())
                worth.append((float(people[mine][lacks == 1].sum()), partly))
            best = max(range(len(left)), key=worth.__getitem__)
            sites.append(left.pop(best))
            added.append(worth[best][0])
            count[lists.item[lists.first[sites[-1]] : lists.first[sites[-1] + 1]]] += 1
    return np.array(sites, dtype=np.int64), np.array(added, dtype=np.float64)


def explain(
    instance: CoverInstance, chosen: NDArray[np.integer], *, most: int = STAND_INS,
    share: float = STAND_IN_SHARE, budget: float = np.inf, xy: NDArray[np.float64] | None = None,
) -> Explained:  # fmt: skip
    """Return what each chosen site brings.

    Parameters
    ----------
    instance
        All candidates, those that reduction would drop included: they are what could stand in.
    chosen
        int ``(chosen,)``, numbers of sites.
    most, share
        So many stand-ins, that cost at most this share of the plan's people.
    budget
        What all sites may cost, the stand-in in place of the one that it stands in for.
    xy
        float64 ``(sites, 2)``, metres: of equals the nearest comes first.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0, 0.1], place=[0, 1, 3, 1, 2], site=[0, 0, 0, 1, 2])
    >>> why = explain(three, np.array([0, 2]), share=0.5)
    >>> why.site.tolist(), why.people_added.tolist(), why.stand_ins[0]
    ([0, 2], [30.1, 15.0], ((1, 10.1),))
    """
    inside = np.zeros(instance.sites, dtype=np.bool_)
    inside[np.asarray(chosen, dtype=np.int64)] = True
    # In the order of people alone: what a site costs is settled here.
    site, added = added_in_steps(instance, [np.flatnonzero(inside)])
    open_ = ~(inside | instance.forbidden)
    allowed = share * instance.people_reached(inside)
    others, left = [], payable(budget) - float(instance.cost[inside].sum())
    alone = np.zeros(len(site))
    without = _alone(instance, inside)
    for i, j in enumerate(site.tolist()):
        paid = open_ & (instance.cost - instance.cost[j] <= left)
        alone[i], lost = without(j, paid, allowed)
        others.append(least_lost(lost, j, xy, most))
    return Explained(site, added, alone, tuple(others))


def _alone(instance: CoverInstance, inside: NDArray[np.bool_]) -> _Without:
    """Return what tells the people whom a chosen site alone brings, and what could stand in for it."""
    if instance.need is not None:
        problem = instance.backup()
        some = backup_standing(problem, inside)
        return lambda *asked: backup_stand_ins(problem, some, *asked)
    cover = instance.cover
    now = standing(cover, inside)
    return lambda j, *asked: (float(now.loss[j]), stand_ins(cover, now, j, *asked))
