"""Places that several threads look at share what they find; none of them loses its own by it."""

from __future__ import annotations

import numpy as np
import shapely

from planner.network.convert import network_of_arrays
from planner.network.land import Ground
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.access import Access, Stops
from planner.travel.snapping import EdgesNear


class Overtaken(Stops):
    """Places into which another thread puts what it found, of other places, right after this one did."""

    @property
    def around(self):
        return EdgesNear.none()

    @around.setter
    def around(self, _found):
        """Keep nothing of it."""


def test_what_another_thread_puts_in_between_changes_no_answer():
    # A one-way street to a dead end, beside a longer road: trips begin on both.
    xy = np.array([[0.0, 0.0], [1000.0, 0.0], [0.0, 100.0]])
    ends = np.array([0, 0], np.int32), np.array([1, 2], np.int32)
    seconds = np.array([100.0, 10.0]), np.array([100.0, np.inf])
    access = Access(
        network_of_arrays(xy, *ends, *seconds, crs="EPSG:32748", mode="car"), Profile("car", "dry"),
        rule=default_scenario().access, ground=Ground(),
    )  # fmt: skip
    alone = access.stops(shapely.points([[0.0, 90.0]]))
    shared = Overtaken(access, alone.points, alone.nearest, alone.landmass, alone.xy)
    assert alone.leaving.access_m.tolist() == [0.0, 90.0]
    assert shared.leaving.access_m.tolist() == alone.leaving.access_m.tolist()
