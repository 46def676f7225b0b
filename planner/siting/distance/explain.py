"""What each site of a plan of least travel brings, and what could stand in for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.siting.solution import TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.distance.distances import DistanceInstance

# So many stand-ins, each at most this share of the objective worse.
STAND_INS, STAND_IN_SHARE = 3, 0.01


@dataclass(frozen=True)
class Saved:
    """What each site of a plan brings.

    Attributes
    ----------
    site
        int64 ``(chosen,)``, in rising order.
    alone
        float64 ``(chosen,)``: people × distance that the plan gains without it; inf where it alone serves
        some.
    stand_ins
        By site: others that could take its place, and by how much the objective would be worse.
    """

    site: NDArray[np.int64]
    alone: NDArray[np.float64]
    stand_ins: tuple[tuple[tuple[int, float], ...], ...]


def saved_by(
    instance: DistanceInstance, chosen: NDArray[np.integer], budget: float = np.inf, *, worst: bool = False
) -> Saved:
    """Return what each chosen site brings, and others that would do nearly as well.

    Parameters
    ----------
    instance
        Distances in seconds or metres.
    chosen
        int ``(n,)``, numbers of sites.
    budget
        What all sites may cost, with a stand-in too.
    worst
        Whether the objective is the worst distance, and not people × distance.

    Examples
    --------
    >>> from planner.siting.distance.distances import DistanceInstance
    >>> table = np.array([[0.0, 9.0, 0.0], [9.0, 1.0, 1.001]])
    >>> one = DistanceInstance.from_matrix(np.array([1.0, 100.0]), table)
    >>> why = saved_by(one, np.array([0, 1]))
    >>> why.alone.tolist(), why.stand_ins[1]
    ([9.0, 800.0], ((2, 0.1),))
    """
    site = np.sort(np.asarray(chosen, dtype=np.int64))
    row = instance.row_of_pair()
    now = instance.distance_s(site)
    best = _objective(instance, now, worst=worst)
    free = ~instance.forbidden
    free[site] = False
    alone, others = np.zeros(len(site)), []
    for number, j in enumerate(site.tolist()):
        rest = instance.distance_s(site[site != j])
        gone = (rest > now) & (instance.people > 0)
        loss = np.subtract(rest, now, out=np.zeros_like(rest), where=gone)
        alone[number] = float(np.sum(instance.people[gone] * loss[gone]))
        paid = free & (instance.cost <= budget * (1 + TOLERANCE) - instance.cost[site[site != j]].sum())
        others.append(_stand_ins(instance, row, rest, paid, best, worst=worst))
    return Saved(site, alone, tuple(others))


def _objective(instance: DistanceInstance, distance: NDArray[np.float64], *, worst: bool) -> float:
    if worst:
        return float(distance.max(initial=0.0))
    return float(instance.people @ distance)


def _stand_ins(
    instance: DistanceInstance,
    row: NDArray[np.int64],
    rest: NDArray[np.float64],
    free: NDArray[np.bool_],
    best: float,
    *,
    worst: bool,
) -> tuple[tuple[int, float], ...]:
    """Return the sites of which one, added to the rest of a plan, makes it hardly worse."""
    near = instance.near
    used = free[near.item] & (near.value < rest[row])
    item, value, at = near.item[used], near.value[used], row[used]
    allowed = best * (1 + STAND_IN_SHARE)
    if worst:
        # Of the rows that are too far now, each has to be near enough, by the longest of their ways.
        far = rest > allowed
        mine = far[at]
        number = np.bincount(item[mine], minlength=instance.sites)
        longest = np.full(instance.sites, float(rest[~far].max(initial=0.0)))
        np.maximum.at(longest, item[mine], value[mine])
        then = np.where(number == far.sum(), longest, np.inf)
    else:
        far = np.isinf(rest)
        short = np.where(far, 0.0, rest)
        own = instance.people[at]
        gain = np.bincount(item, weights=own * (short[at] - value), minlength=instance.sites)
        number = np.bincount(item[far[at]], minlength=instance.sites)
        then = np.where(number == far.sum(), float(instance.people @ short) - gain, np.inf)
    order = np.argsort(then, kind="stable")[: 2 * STAND_INS]
    good = [k for k in order.tolist() if free[k] and then[k] <= allowed * (1 + TOLERANCE)]
    return tuple((k, round(float(then[k]) - best, 6)) for k in good[:STAND_INS])
