"""Slivers between villages are closed, and nothing else: grids whose corners were shaken village by village.

The oracle looks at one village or pair after another; it knows no coverage.
"""

from __future__ import annotations

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.readers.slivers import close_slivers

SIDE, EAST, NORTH = 1000.0, 500_000.0, 9_100_000.0


def frame(polygons):
    shapes = [shapely.MultiPolygon([p]) for p in polygons]
    codes = [f"99.01.01.2{i:03d}" for i in range(len(shapes))]
    rows = {"village_code": codes, "people": np.arange(len(shapes)) * 100.0}
    return gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:32749").set_index("village_code")


def box(x0, y0, x1, y1):
    return shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


def shaken(seed, columns, rows, most_m):
    """A grid of villages; each village's own copy of each corner and of points between is moved a little."""
    random = np.random.default_rng(seed)
    ring = np.array([(0, 0), (0.5, 0), (1, 0), (1, 0.4), (1, 1), (0.3, 1), (0, 1), (0, 0.6)])
    out = []
    for i in range(columns):
        for j in range(rows):
            moved = random.uniform(-most_m, most_m, ring.shape) / np.sqrt(2)
            out.append(shapely.Polygon(np.add(ring, (i, j)) * SIDE + moved + np.array([EAST, NORTH])))
    return out


def areal(geometry):
    return shapely.union_all([p for p in shapely.get_parts([geometry]) if p.geom_type == "Polygon"])


def pairs_m2(shapes):
    return sum(a.intersection(b).area for a, b in combinations(shapes, 2))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4), st.floats(0.1, 3.0))
def test_shaken_grids_fit_again(seed, columns, rows, most_m):
    # A village all around, since a gap that is open to the outside is the area's outline.
    around = box(-500, -500, columns * SIDE + 500, rows * SIDE + 500)
    ring = around.difference(box(0, 0, columns * SIDE, rows * SIDE))
    before = frame([ring, *shaken(seed, columns, rows, most_m)])
    # Two edges miss each other by up to most_m each way; corners where four meet by more.
    after, found = close_slivers(before, 5 * most_m)
    old, new = before.geometry.to_list(), after.geometry.to_list()
    assert pairs_m2(new) == pytest.approx(0, abs=0.01)
    assert shapely.union_all(new).symmetric_difference(around).area < 0.01
    assert sum(shape.area for shape in new) == pytest.approx(around.area, rel=1e-9)
    gained, lost = [0.0] * len(old), [0.0] * len(old)
    for i, (one, other) in enumerate(zip(old, new, strict=True)):
        rest = shapely.union_all([shape for k, shape in enumerate(old) if k != i])
        assert other.is_valid
        assert other.geom_type == "MultiPolygon"
        # A village gains what was nobody's, and loses only what was another's too.
        assert other.difference(one).intersection(rest).area < 0.01
        assert one.difference(other).difference(rest).area < 0.01
        gained[i], lost[i] = other.difference(one).area, one.difference(other).area
    said = {c.id: c.value for f in found if f.rule == "slivers_closed" for c in f.cells}
    for code, more, less in zip(before.index, gained, lost, strict=True):
        if more + less > 1.1:
            assert said[code] == f"gained {more:,.0f} m², lost {less:,.0f} m²"
    assert after.index.equals(before.index)
    assert after["people"].equals(before["people"])


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6), st.lists(st.tuples(st.integers(0, 3), st.floats(20, 300)), min_size=1, max_size=4)
)
def test_what_is_wider_stays_as_it_is(seed, wide):
    polygons = shaken(seed, 2, 2, 1.0)
    # A village is drawn so far over its neighbour to the right, or bitten off at its top.
    for which, metres in wide:
        column, row = divmod(which, 2)
        more = box(column * SIDE + 300, row * SIDE + 400, (column + 1) * SIDE + metres, row * SIDE + 600)
        bite = box(column * SIDE + 650, row * SIDE + 700, column * SIDE + 650 + metres, row * SIDE + 900)
        polygons[which] = polygons[which].union(more).difference(bite)
    before = frame(polygons)
    after, _ = close_slivers(before, 5.0)
    for (_, a), (_, b) in combinations(enumerate(zip(before.geometry, after.geometry, strict=True)), 2):
        common, left = areal(a[0].intersection(b[0])), areal(a[1].intersection(b[1]))
        core = common.buffer(-2.5).buffer(2.5)
        # Within the tolerance of what overlapped, and of all of it that is wide.
        assert left.difference(common.buffer(5)).area < 0.01
        assert core.buffer(-5).difference(left).area < 0.01
        assert left.area == pytest.approx(core.area, abs=0.01 + 5 * common.length)
    whole = shapely.union_all(after.geometry)
    rings = [ring for p in shapely.get_parts([whole]) for ring in p.interiors]
    left = shapely.get_parts([shapely.union_all([shapely.Polygon(r) for r in rings]).difference(whole)])
    assert sum(part.area > 0.01 for part in left) == len({which for which, _ in wide})


@pytest.mark.parametrize(("gap_m", "closed"), [(4.999, True), (5.001, False)])
@pytest.mark.parametrize("over", [False, True])
def test_the_tolerance_is_the_width(gap_m, closed, over):
    # A slit between two villages, inside a third around them; or as wide an overlap.
    edge = 500 + (gap_m if not over else -gap_m)
    ring = box(-500, -500, 1500, 1500).difference(box(0, 0, 1000, 1000))
    before = frame([ring, box(0, 0, 500, 1000), box(edge, 0, 1000, 1000)])
    after, found = close_slivers(before, 5.0)
    moved = gap_m * 1000 if closed else 0.0
    signs = -1 if over else 1
    assert after.area.sum() - before.area.sum() == pytest.approx(signs * moved, abs=0.01)
    rules = [f.rule for f in found]
    assert rules == (["slivers_closed"] if closed else [] if over else ["gaps_left"])
    if closed:
        [cell] = found[0].cells
        assert cell.value == (
            f"gained 0 m², lost {moved:,.0f} m²" if over else f"gained {moved:,.0f} m², lost 0 m²"
        )
    if rules == ["gaps_left"]:
        assert found[0].cells[0].id == "99.01.01.2000/99.01.01.2001/99.01.01.2002"
        assert "5,001 m²" in found[0].cells[0].value


def test_an_overlap_of_three_goes_back_to_all_three():
    before = frame([box(0, 0, 600, 1000), box(400, 0, 1000, 1000), box(0, 500, 1000, 1600)])
    after, found = close_slivers(before, 10.0)
    assert after.area.tolist() == pytest.approx(before.area.tolist())
    assert pairs_m2(after.geometry.to_list()) == pytest.approx(pairs_m2(before.geometry.to_list()))
    assert found == ()


def test_a_village_inside_another_or_narrower_than_the_tolerance_is_not_lost():
    before = frame([box(0, 0, 1000, 1000), box(300, 300, 600, 600), box(200, 0, 203, 1000)])
    after, _ = close_slivers(before, 5.0)
    assert (after.area > 0).all()
    assert after.area.iloc[1] == pytest.approx(90_000)


def test_an_overlap_goes_to_none_but_its_own_though_edges_are_only_nearly_alike():
    # Three in a column between two; the second begins late, the third early. Degrees and back is the noise.
    column = [box(0, 0, 2000, 2000), box(0, 2005.5, 2000, 4000), box(0, 3994.5, 2000, 6000)]
    before = frame([*column, box(-1000, 0, 0, 6000), box(2000, 0, 3000, 6000)])
    before = before.to_crs("EPSG:4326").to_crs("EPSG:32749")
    after, [found] = close_slivers(before, 8.0)
    moved = (after.area - before.area).to_numpy()
    # The gap is as long a border of the first as of the second.
    assert moved[:2].sum() == pytest.approx(11_000, abs=0.01)
    assert moved[2:] == pytest.approx([-11_000, 0, 0], abs=0.01)
    assert found.rule == "slivers_closed"


def test_villages_that_fit_stay_as_they_are():
    before = frame([box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000), box(5000, 0, 6000, 1000)])
    after, found = close_slivers(before, 10.0)
    assert found == ()
    assert all(a.equals(b) for a, b in zip(before.geometry, after.geometry, strict=True))
