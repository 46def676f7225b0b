"""Loads of units near people of unknown number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.pipeline import Ilp, demo_layers, find_gaps


@pytest.mark.slow
def test_a_load_is_not_told_as_if_nobody_lived_where_the_number_is_unknown():
    layers = demo_layers(12)
    first = layers.villages.index[0]
    people = layers.villages["people"].where(layers.villages.index != first)
    gaps = find_gaps(replace(layers, villages=layers.villages.assign(people=people)))
    loads = Ilp(gaps).loads
    near = gaps.coverage["pustu"].nearest_id[
        (gaps.demand["village_code"] == first).to_numpy() & gaps.coverage["pustu"].within
    ]
    mine = loads[loads["serves_as"] == "pustu"].loc[sorted(set(near) - {""})]
    full = mine["people_allocated"] >= mine["capacity_people"]
    assert len(mine) > 0
    assert np.isnan(mine["load"])[~full].all()
    assert loads["load"].notna().any()
