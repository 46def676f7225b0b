"""Slivers of a real kabupaten are closed, and nothing else moves."""

from __future__ import annotations

from itertools import combinations

import pytest
import shapely

from geodata.areafile import BoundariesFile
from geodata.readers.boundaries import read_boundaries

pytestmark = pytest.mark.realdata


@pytest.mark.slow
def test_slivers_of_bantul(shared):
    path = shared / "data/dinkes/34.02_bantul_desa.geojson"
    files = [BoundariesFile(path=path, code="kode", name="nama", tolerance_m=m) for m in (0, 10)]
    before, after = (read_boundaries(file, "34.02") for file in files)
    old, new = before.frame, after.frame
    assert old.index.equals(new.index)
    # Pair by pair: overlaps wider than 10 m stay, the others are gone.
    pairs = [(a, b) for a, b in combinations(old.index, 2) if old.geometry[a].intersects(old.geometry[b])]
    common = {p: old.geometry[p[0]].intersection(old.geometry[p[1]]) for p in pairs}
    wide = sum(shapely.buffer(g, -5).area > 0 for g in common.values())
    left = [new.geometry[a].intersection(new.geometry[b]).area for a, b in pairs]
    assert sum(area > 1 for area in left) == wide
    assert sum(g.area > 1 for g in common.values()) > 3 * wide
    rules = {f.rule: f.count for f in after.findings}
    # Of 251 gaps 17 are wider (counted as the rings of the union).
    assert rules["gaps_left"] == 17
    rings = sum(len(p.interiors) for p in shapely.get_parts([shapely.union_all(old.geometry)]))
    assert rings == 251
