"""The linear relaxation of sites with room for so many, by cuts on the sites alone (Benders 1962).

How many people have room at shares of sites is the greatest flow from sites to places, in which a site with a
share gives that share of its room and takes that share of each place. It is concave in the shares. A smallest
cut of the flow is a plane above it: the places whose people all have room for certain, and from each site the
less of its room and of the other people near it. Any set of places gives such a plane for whole sites.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.cover import group_values
from planner.kernels.rooms import filled
from planner.siting.cover.cuts import CutRelaxation, Planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.room.instance import Core

# Sites of which the relaxation has less than this are not there; with more planes a cut than so many numbers
# hold one plane must do.
LEAST_SHARE, MOST_NUMBERS = 1e-9, 2_000_000


class RoomCuts(CutRelaxation):
    """The linear relaxation within a budget, tightened cut by cut: see the module.

    Parameters
    ----------
    core
        Places and sites.
    budget, plan, share
        As :class:`planner.siting.cover.cuts.CutRelaxation` takes them.

    Examples
    --------
    >>> from planner.siting.room.instance import room_instance
    >>> two = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0])
    >>> cuts = RoomCuts(two.core, 1.0, np.array([0]), np.array([1.0, 0.0]))
    >>> cuts.run(steps=50)
    >>> round(cuts.bound, 6)
    15.0
    """

    def __init__(
        self, core: Core, budget: float, plan: NDArray[np.int64], share: NDArray[np.float64]
    ) -> None:
        self.core = core
        few = len(plan) * core.sites <= MOST_NUMBERS
        super().__init__(core, budget, plan if few else plan[:0], share)

    def _planes(self, share: NDArray[np.float64]) -> Planes:
        """Return the planes that touch who has room at shares of sites, in each group and in all."""
        core, groups = self.core, self._groups
        sites = np.flatnonzero(share > LEAST_SHARE)
        every = np.concatenate([core.always, sites])
        part = np.concatenate([np.ones(len(core.always)), share[sites]])
        rooms = core.some(every)
        of_pair = np.repeat(part, np.diff(rooms.by_site.first))
        cap = np.floor(core.parts[rooms.by_site.item] * of_pair).astype(np.int64)
        room = np.floor(core.room[every] * part).astype(np.int64)
        now = filled(rooms, core.parts, room, cap, np.zeros_like(cap))
        people = np.bincount(
            self._group, weights=(core.parts - now.free) * core.part_people, minlength=groups
        )
        others = core.people * ~now.open_
        slope = group_values(core.by_site, others, self._group, groups)
        room = core.room * core.part_people
        whole = np.minimum(slope.sum(axis=0), room)
        slope = np.minimum(slope, room)
        full = np.bincount(self._group, weights=core.people * now.open_, minlength=groups)
        there, n = core.always, core.sites
        return Planes(
            people.astype(np.float64), full + slope[:, there].sum(axis=1), slope[:, :n],
            np.zeros(0, np.bool_), (float(full.sum() + whole[there].sum()), whole[:n]),
        )  # fmt: skip
