"""Neighbouring kecamatan without a unit are a hole in the list (docs/METHODS.md, Signs)."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import at, box, facilities, layers, villages

from planner.coverage.known.extent import find_extent
from planner.pipeline import demo_layers
from planner.scenarios.scenario import default_scenario

SCENARIO = default_scenario()


def grid(units, kind="pustu", columns=3):
    """Return an area of one village of 10 people in each kecamatan of a grid, each with so many units."""
    codes = [f"99.01.{i + 1:02}.2001" for i in range(len(units))]
    corner = [(2000 * (i % columns), 2000 * (i // columns)) for i in range(len(units))]
    shapes = {c: (box(x, y, x + 2000, y + 2000), 10) for c, (x, y) in zip(codes, corner, strict=True)}
    rows = [
        (f"U{i}.{k}", kind, at(x + 1000, y + 1000), codes[i])
        for i, (x, y) in enumerate(corner)
        for k in range(units[i])
    ]
    return layers(villages(shapes), None, facilities(rows, functioning=["yes"] * len(rows)), listed=(kind,))


def touch(i, j, columns=3):
    # Kecamatan that touch in a corner are neighbours too.
    return abs(i % columns - j % columns) <= 1 and abs(i // columns - j // columns) <= 1


def slowly(units, columns=3):
    """Return the kecamatan that are a hole, by the words of METHODS."""
    some = [i for i, n in enumerate(units) if n]
    if len(units) < 5 or 2 * len(some) < len(units):
        return None
    left, holes = {i for i, n in enumerate(units) if not n}, set()
    while left:
        block, queue = set(), deque([left.pop()])
        while queue:
            i = queue.popleft()
            block.add(i)
            beside = {j for j in left if touch(i, j, columns)}
            left -= beside
            queue.extend(beside)
        if len(block) >= 3 and len(block) * sum(units) >= 4 * len(some):
            holes |= block
    return holes


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 1, 2, 5]), min_size=3, max_size=12).filter(any))
def test_neighbouring_kecamatan_without_a_unit_are_a_hole_in_the_list(units):
    area = grid(units)
    extent, holes = find_extent(area, SCENARIO), slowly(units)
    if not holes:
        assert "empty_districts" not in extent.why.values()
        return
    assert extent.why == {"pustu": "empty_districts"}
    around = {j for j in range(len(units)) if any(touch(i, j) for i in holes)}
    assert (~extent.lists["pustu"]).nonzero()[0].tolist() == sorted(around)
    assert extent.detail["pustu"].startswith(f"{len(holes)} kecamatan")


@pytest.mark.parametrize("kind", ["puskesmas", "pustu", "posyandu"])
def test_a_hole_is_known_only_where_it_is_said_that_the_list_is_whole(kind):
    area = grid([2, 2, 2, 2, 2, 2, 0, 0, 0], kind)
    assert find_extent(area, SCENARIO).why == {kind: "empty_districts"}
    covered = area.villages.assign(covered=kind)
    said = replace(area, villages=covered, area=replace(area.area, declared=(kind,)))
    assert find_extent(said, SCENARIO).why == {}
    counted = replace(area, area=replace(area.area, official={kind: 12}, official_source="Dinkes"))
    assert find_extent(counted, SCENARIO).why == {}


def test_a_unit_of_unknown_place_fills_the_kecamatan_that_its_list_names():
    area = grid([2, 2, 2, 2, 2, 2, 0, 0, 0])
    more = area.facilities.assign(declared_district=None)
    more["declared_district"] = more["declared_district"].astype("str")
    more.loc["U0.0", "status"] = "unlocated"
    more.loc["U0.0", ["geometry", "village_code"]] = None
    more.loc["U0.0", "declared_district"] = "99.01.08"
    assert find_extent(area.with_facilities(more), SCENARIO).why == {}


def test_a_hospital_need_not_be_in_each_kecamatan():
    assert find_extent(grid([2, 2, 2, 2, 2, 2, 0, 0, 0], "hospital"), SCENARIO).why == {}


@pytest.mark.slow
@pytest.mark.parametrize("villages_", [12, 60, 120, 200, 300])
def test_a_whole_list_of_the_demo_is_not_doubted(villages_):
    assert find_extent(demo_layers(villages_), SCENARIO).why == {}
