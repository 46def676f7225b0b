"""Why a site is chosen where units have room for so many: whom it adds, and what could stand in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.siting.cover.explain import Explained
from planner.siting.stand_ins import STAND_IN_SHARE, STAND_INS, distances_m

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.siting.room.instance import RoomInstance


def explain_room(instance: RoomInstance, chosen: NDArray[np.int64]) -> Explained:
    """Return what each site of a plan adds, in the order in which they add most, without stand-ins.

    Parameters
    ----------
    instance
        Sites with room, and what is there.
    chosen
        int64 ``(chosen,)``, numbers of sites.

    Examples
    --------
    >>> from planner.siting.room.instance import room_instance
    >>> two = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0])
    >>> why = explain_room(two, np.array([0, 1]))
    >>> why.site.tolist(), why.people_added.tolist(), why.people_alone.tolist()
    ([0, 1], [15.0, 8.0], [15.0, 8.0])
    """
    core, left = instance.core, np.unique(chosen).astype(np.int64)
    full = core.state(left)
    alone = {j: full.people - core.state(left[left != j], full).people for j in left.tolist()}
    order, added = np.empty(0, np.int64), []
    state = core.state(order)
    while len(left):
        most = core.most_gain(state)
        gain = [core.gain(state, j, most[j]) for j in left.tolist()]
        best = int(np.argmax(gain))
        order, left = np.append(order, left[best]), np.delete(left, best)
        after = core.state(order, state)
        added.append(after.people - state.people)
        state = after
    return Explained(
        order, np.array(added), np.array([alone[j] for j in order.tolist()]), tuple(() for _ in added)
    )


def stand_ins(
    instance: RoomInstance,
    chosen: NDArray[np.int64],
    budget: float,
    *,
    may_go_on: Callable[[], None],
    xy: NDArray[np.float64] | None = None,
    most: int = STAND_INS,
    share: float = STAND_IN_SHARE,
) -> dict[int, tuple[tuple[int, float], ...]]:
    """Return by site the others that could take its place, and how many fewer people would have room.

    Parameters
    ----------
    instance, chosen
        As :func:`explain_room` takes them.
    budget
        What all sites may cost, with a stand-in too.
    may_go_on
        Called before each site; what it raises ends the work.
    xy
        float64 ``(sites, 2)``, metres: of equals the nearest comes first.
    most, share
        How many, and what share of the people whom the plan adds each may lose.

    Examples
    --------
    >>> from planner.siting.room.instance import room_instance
    >>> two = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 15.0])
    >>> stand_ins(two, np.array([0]), 1.0, may_go_on=lambda: None)
    {0: ((1, 0.0),)}
    """
    core, chosen = instance.core, np.unique(chosen).astype(np.int64)
    full = core.state(chosen)
    whole = full.people
    allowed = share * (whole - core.people_reached(chosen[:0]))
    found: dict[int, tuple[tuple[int, float], ...]] = {}
    for j in chosen.tolist():
        may_go_on()
        rest = chosen[chosen != j]
        state = core.state(rest, full)
        can = core.fitting(rest, budget) & ~instance.closed
        can[j] = False
        least, near = whole - state.people - allowed, np.where(can, core.most_gain(state), -np.inf)
        apart = distances_m(xy, j, np.arange(core.sites))
        # By falling gain, then by distance: of two at which no more can be gained, the farther is never it.
        best: list[tuple[float, float, int]] = []
        for k in np.lexsort((apart, -near)).tolist():
            most_gain = (-near[k], apart[k], k)
            if near[k] < least or (len(best) == most and most_gain > best[-1]):
                break
            gain = core.gain(state, k, near[k])
            if gain >= least:
                best = sorted([*best, (-gain, apart[k], k)])[:most]
        found[j] = tuple((k, max(whole - state.people + less, 0.0)) for less, _, k in best)
    return found
