"""What each site of a plan of least travel brings, and what could stand in for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.farthest import farthest_with
from planner.siting.solution import TOLERANCE, payable
from planner.siting.stand_ins import STAND_IN_SHARE, least_lost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.distance.distances import DistanceInstance


@dataclass(frozen=True)
class SiteSaving:
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
    instance: DistanceInstance, chosen: NDArray[np.integer], budget: float = np.inf, *, worst: bool = False,
    xy: NDArray[np.float64] | None = None,
) -> SiteSaving:  # fmt: skip
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
    xy
        float64 ``(sites, 2)``, metres: of equals the nearest comes first.

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
        paid = free & (instance.cost <= payable(budget) - instance.cost[site[site != j]].sum())
        then = _with_one_more(instance, row, rest, worst=worst)
        then[~paid | (then > best * (1 + STAND_IN_SHARE) * (1 + TOLERANCE))] = np.inf
        others.append(least_lost(then - best, j, xy))
    return SiteSaving(site, alone, tuple(others))


def _objective(instance: DistanceInstance, distance: NDArray[np.float64], *, worst: bool) -> float:
    if worst:
        return float(distance.max(initial=0.0))
    return float(instance.people @ distance)


def _with_one_more(
    instance: DistanceInstance, row: NDArray[np.int64], rest: NDArray[np.float64], *, worst: bool
) -> NDArray[np.float64]:
    """Return the objective with each site added to the rest of a plan, inf where some are not served."""
    near = instance.near
    if worst:
        far_first = np.argsort(-rest, kind="stable")
        farthest: NDArray[np.float64] = farthest_with(near, rest, far_first, instance.sites)
        return farthest
    used = near.value < rest[row]
    item, value, at = near.item[used], near.value[used], row[used]
    far = np.isinf(rest)
    short = np.where(far, 0.0, rest)
    gain = np.bincount(item, weights=instance.people[at] * (short[at] - value), minlength=instance.sites)
    number = np.bincount(item[far[at]], minlength=instance.sites)
    return np.where(number == far.sum(), float(instance.people @ short) - gain, np.inf)
