"""Roads that were clipped by villages with slits between them (docs/METHODS.md, Noding)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from support import CRS, EAST, NORTH, at, box, line

from geodata.areafile import RoadsFile
from geodata.readers.slits import across_slits
from geodata.readers.vector_roads import read_vector_roads

WIDTH = 5.0
LEFT, RIGHT = box(0, 0, 1000, 1000), box(1000 + WIDTH, 0, 2000, 1000)
OUTLINES = np.array([LEFT, RIGHT])


def drawn(*halves, outlines=OUTLINES, ground=None):
    lines = np.array([line(*h) for h in halves], dtype=object)
    return across_slits(lines, np.ones(len(lines), bool) if ground is None else np.array(ground), outlines)


def clipped(road):
    """Return the pieces of a road within the villages, as a clip makes them."""
    return shapely.get_parts(shapely.intersection(road, shapely.union_all(OUTLINES)))


@pytest.mark.parametrize("slope", [0.0, 0.3, -0.5])
def test_a_road_clipped_by_villages_is_one_road_again(tmp_path, slope):
    road = line((200, 500 - slope * 800), (1800, 500 + slope * 800))
    assert len(clipped(road)) == 2
    path = tmp_path / "jalan.geojson"
    frame = gpd.GeoDataFrame({"highway": ["residential", "residential"]}, geometry=clipped(road), crs=CRS)
    frame.to_crs(4326).to_file(path)
    zone = shapely.box(EAST, NORTH, EAST + 2000, NORTH + 1000)
    apart = read_vector_roads(RoadsFile(path=path), zone, CRS)
    assert apart.frame["length_m"].sum() < road.length - 4
    layer = read_vector_roads(RoadsFile(path=path), zone, CRS, OUTLINES)
    assert layer.frame["length_m"].sum() == pytest.approx(road.length, abs=0.1)
    nodes = set(layer.frame["from_node"]) | set(layer.frame["to_node"])
    assert len(nodes) == len(layer.frame) + 1
    [told] = [f for f in layer.findings if f.rule == "cut_at_slit"]
    assert (told.severity, told.count) == ("warning", 1)


@pytest.mark.parametrize(
    ("halves", "why"),
    [
        ([[(500, 500), (990, 500)], [(1005, 500), (1500, 500)]], "the first stops before the border"),
        ([[(500, 500), (1000, 500)], [(1005, 540), (1500, 540)]], "neither heads for the other"),
        ([[(1000, 100), (1000, 500)], [(1005, 500), (1005, 900)]], "both run along the slit"),
        ([[(500, 500), (1000, 500)], [(1000, 500), (1000, 900)], [(1005, 500), (1500, 500)]], "it goes on"),
    ],
)
def test_other_ends_at_a_slit_stay_as_they_are(halves, why):
    lines, on = drawn(*halves)
    assert on.tolist() == [], why
    assert [one.wkt for one in lines] == [line(*h).wkt for h in halves]


def test_a_wide_gap_and_a_bridge_stay():
    wide = np.array([LEFT, box(1026, 0, 2000, 1000)])
    assert drawn([(500, 500), (1000, 500)], [(1026, 500), (1500, 500)], outlines=wide)[1].tolist() == []
    pair = [(500, 500), (1000, 500)], [(1005, 500), (1500, 500)]
    assert drawn(*pair)[1].tolist() == [0]
    assert drawn(*pair, ground=[True, False])[1].tolist() == []


def test_a_village_between_two_ends_has_its_own_gap():
    """Two dead ends in one village's border that the union hides are no halves of one road."""
    thin = np.array([LEFT, box(1000, 0, 1005, 1000), RIGHT])
    assert drawn([(500, 500), (1000, 500)], [(1005, 500), (1500, 500)], outlines=thin)[1].tolist() == []


def test_each_end_is_drawn_on_once_to_its_nearest():
    halves = [(500, 500), (1000, 500)], [(1005, 500), (1500, 500)], [(1005, 503), (1500, 503)]
    lines, on = drawn(*halves)
    assert on.tolist() == [0]
    assert lines[0].coords[-1] == at(1005, 500).coords[0]


def test_a_few_gaps_of_a_file_that_was_not_clipped_stay():
    """Bantul's roads, as a whole, have some gaps on the border by chance: nobody may join only these."""
    pair = [(500, 500), (1000, 500)], [(1005, 500), (1500, 500)]
    others = [[(900, 50 * i), (1000, 50 * i)] for i in range(1, 5)]
    assert drawn(*pair, *others)[1].tolist() == [0]
    others = [[(900, 50 * i), (1000, 50 * i)] for i in range(1, 6)]
    assert drawn(*pair, *others)[1].tolist() == []
