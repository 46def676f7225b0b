"""Of what is equally near the first by id counts, and what only rounding makes different is the same."""

from __future__ import annotations

import numpy as np
import pytest

from planner.kernels.dijkstra import arcs_to_csr, nearest_source
from planner.supply.equity import worst_tenth


@pytest.mark.parametrize("owners", [(5, 3), (3, 5)])
@pytest.mark.parametrize("seconds", [5.0, 0.0])
def test_an_equal_time_with_a_smaller_owner_is_passed_on(owners, seconds):
    # 0 → 1 ← 2, and from 1 on to 3 and 4: both seeds are equally far from all of these.
    tail, head = np.array([0, 2, 1, 3], np.int32), np.array([1, 1, 3, 4], np.int32)
    graph = arcs_to_csr(tail, head, np.array([seconds, seconds, 1.0, 0.0]), 5)
    seeds = np.array([0, 2], np.int32), np.zeros(2), np.array(owners, np.int32)
    label = nearest_source(*graph, *seeds)
    assert label[[1, 3, 4], 1].tolist() == [3.0, 3.0, 3.0]
    assert label[[1, 3, 4], 0].tolist() == [seconds, seconds + 1.0, seconds + 1.0]


def test_a_rounding_of_people_is_nobody_of_the_worst_off():
    # A fifth of 1.5 people are the 0.3 of the last place, but for the last bit.
    found = worst_tenth(np.array([0.0, 10.0, 20.0]), np.array([0.1, 1.1, 0.3]), 0.2)
    assert found.from_minutes == 20.0
