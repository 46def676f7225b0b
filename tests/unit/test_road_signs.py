"""Signs that roads are missing: a class as a whole, the inside of a kecamatan, all beyond a round edge."""

from __future__ import annotations

import math

import pytest
from support import at, box, facilities, layers, line, roads, villages

from planner.coverage.known.extent import find_extent
from planner.scenarios.scenario import default_scenario

SCENARIO = default_scenario()


def area_of(shapes, rows):
    unit = facilities([("U", "puskesmas", at(0, 0), next(iter(shapes)))], functioning=["yes"])
    outlines = villages({code: (shape, 100) for code, shape in shapes.items()})
    return layers(outlines, roads(rows), unit, listed=("puskesmas",))


def signs(area):
    extent = find_extent(area, SCENARIO)
    open_ = [] if extent.roads is None else list(area.villages.index[~extent.roads])
    return extent.why.get("roads"), open_


def of_classes(**metres):
    """Return a village with so many metres of road of each class, end to end."""
    rows, x = [], 0.0
    for i, (road_class, length) in enumerate(metres.items()):
        ends = line((x, 0), (x + length, 0))
        rows.append({"from": i, "to": i + 1, "geometry": ends, "road_class": road_class})
        x += length
    return area_of({"99.01.01.2001": box(-50, -50, x + 50, 50)}, rows)


@pytest.mark.parametrize(
    ("metres", "fires"),
    [
        # Whole files have 41 % of the smallest roads and more, and 1.1 % of tertiary ones and more.
        ({"secondary": 500, "tertiary": 1400, "path": 6200, "track": 100, "residential": 1800}, True),
        ({"secondary": 500, "tertiary": 1400, "path": 5800, "track": 100, "residential": 2200}, False),
        ({"secondary": 500, "tertiary": 1400, "path": 6200, "track": 100, "service": 1800,
          "unclassified": 400}, False),
        ({"secondary": 900, "path": 1000, "track": 1000, "residential": 7100}, True),
        ({"secondary": 900, "tertiary": 100, "path": 1000, "residential": 8000}, False),
        # Without larger roads a middle class need not be there.
        ({"service": 900, "path": 1000, "track": 1000, "residential": 7100}, False),
        # A file of few classes draws roads otherwise.
        ({"secondary": 900, "tertiary": 1000, "path": 1000}, False),
        ({"residential": 900}, False),
    ],
)  # fmt: skip
def test_a_usual_class_that_is_missing_from_a_file_of_several(metres, fires):
    """Without its residential roads 36 served villages of Jember were gaps, without tertiary ones 65."""
    area = of_classes(**metres)
    assert signs(area) == (("missing_class", ["99.01.01.2001"]) if fires else (None, []))


def districts(own, *, leading=6):
    """Return kecamatan of 2 × 4 km in a row, with so many roads inside, and long ones through all."""
    shapes, rows, node = {}, [], 0
    for k, n in enumerate(own):
        shapes[f"99.01.{k + 1:02}.2001"] = box(2000 * k, 0, 2000 * k + 2000, 4000)
        for i in range(n):
            ends = line((2000 * k + 300, 20 * i + 1), (2000 * k + 600, 20 * i + 1))
            rows.append({"from": node, "to": node + 1, "geometry": ends})
            node += 2
    for i in range(leading):
        ends = line((-500, 3000 + 50 * i), (2000 * len(own) + 500, 3000 + 50 * i))
        rows.append({"from": node, "to": node + 1, "geometry": ends})
        node += 2
    return area_of(shapes, rows)


@pytest.mark.parametrize(
    ("own", "leading", "open_"),
    [
        # Those that touch it too: roads do not stop at its border.
        ([90, 90, 90, 90, 0], 6, [4, 5]),
        ([90, 90, 90, 90, 7], 6, [4, 5]),
        ([90, 90, 90, 90, 8], 6, []),
        ([90, 90, 90, 90, 90], 6, []),
        ([90, 90, 90, 90, 0], 4, []),
        # Nowhere: whoever drew them draws no small ones.
        ([0, 0, 0, 0, 90], 6, []),
    ],
)
def test_a_kecamatan_into_which_roads_lead_but_that_has_none_of_its_own(own, leading, open_):
    """Only 2 of 21 kecamatan of Jember were doubted without the roads that lie wholly inside them."""
    why, found = signs(districts(own, leading=leading))
    assert found == [f"99.01.{k:02}.2001" for k in open_]
    assert why == ("nothing_inside" if open_ else None)


def star(rays, *, beyond_m):
    """Return a village around roads that stop on a circle of 3 km, and reach so many metres beyond."""
    ends = [(3000 * math.cos(a), 3000 * math.sin(a)) for a in (2 * math.pi * k / rays for k in range(rays))]
    rows = [{"from": 0, "to": k + 1, "geometry": line((0, 0), end)} for k, end in enumerate(ends)]
    side = 3000 + beyond_m
    inner = box(-1500, -1500, 1500, 1500)
    outer = box(-side, -side, side, side).difference(inner)
    return area_of({"99.01.01.2001": inner, "99.01.01.2002": outer}, rows)


@pytest.mark.parametrize(("rays", "fires"), [(35, True), (34, False), (120, True)])
def test_roads_that_stop_along_a_round_edge(rays, fires):
    expected = ("round_edge", ["99.01.01.2002"]) if fires else (None, [])
    assert signs(star(rays, beyond_m=500.0)) == expected
