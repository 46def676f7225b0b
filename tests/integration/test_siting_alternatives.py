"""What could stand in for a site: of places at which equally much is lost, the nearest come first."""

from __future__ import annotations

from itertools import pairwise

import pytest

from planner.coverage.study import Study
from planner.siting.ask import Ask, Objective
from planner.siting.site import site


@pytest.mark.slow
@pytest.mark.parametrize("ask", [
    Ask(units=3), Ask(units=3, capacity=True), Ask(units=3, backup=2), Ask(target=0.9),
    Ask(units=3, objective=Objective.WORST_TIME),
], ids=["people", "room", "two units", "target", "worst time"])  # fmt: skip
def test_of_equal_alternatives_the_nearest_come_first(demo_layers, ask):
    """Places near the edge of a kabupaten are often equal: whom they add, another site has added already."""
    study, compared = Study(demo_layers), 0
    for kind in ("pustu", "puskesmas", "posyandu"):
        plan = site(study, kind, ask)
        where = plan.candidates.geometry
        for chosen, words in plan.sites["alternatives"].items():
            told = [one.split(" (") for one in filter(None, words.split("; "))]
            for (one, lost), (other, lost_too) in pairwise(told):
                if lost == lost_too == "+0)" or lost == lost_too == "+0.00)":
                    near, far = (where[chosen].distance(where[c]) for c in (one, other))
                    assert near <= far, (kind, chosen, words)
                    compared += 1
    assert compared
