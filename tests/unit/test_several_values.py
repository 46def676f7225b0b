"""Tags that hold several values, or values in one's own words: the worst counts, or a finding says so."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from geodata.areafile import RoadsFile
from geodata.readers.graphml import roads_from_graph
from geodata.readers.osm_roads import read_osm_roads
from geodata.readers.vector_roads import read_vector_roads
from planner.network.build import build_network
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario

CRS = "EPSG:32749"
SCENARIO = default_scenario()


def speeds(roads, mode):
    """Km/h along and against the only road; 0 where it is closed."""
    [edge] = [build_network(roads, SCENARIO, modes=[mode]).impedance[Profile(mode, "dry")]]
    length = roads["length_m"].iloc[0]
    return tuple(float(np.round(3.6 * length / s[0], 1)) for s in (edge.forward_s, edge.backward_s))


def of_osm(folder, tags, mode="car", node=""):
    marks = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in {"highway": "tertiary", **tags}.items())
    text = (
        f'<osm version="0.6"><node id="1" lat="-7" lon="111">{node}</node>'
        f'<node id="2" lat="-7" lon="111.01"/>'
        f'<way id="5"><nd ref="1"/><nd ref="2"/>{marks}</way></osm>'
    )
    path = folder / "a.osm"
    path.write_text(text, "utf-8")
    roads, findings, *_ = read_osm_roads(path, None, CRS)
    said = {(f.rule, f.message.split(":")[0] if f.rule == "unread_value" else f.ids[0]) for f in findings}
    return speeds(roads, mode), said


def of_graph(tags, mode="car"):
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=111.0, y=-7.0)
    graph.add_node(2, x=111.009, y=-7.0)
    for u, v in ((1, 2), (2, 1)):
        graph.add_edge(u, v, osmid=5, length=1000.0, oneway=False, highway="tertiary", **tags)
    roads, findings, *_ = roads_from_graph(graph, None, CRS, "g.graphml")
    return speeds(roads, mode), {(f.rule, f.message.split(":")[0]) for f in findings}


def of_vector(folder, columns):
    row = {"highway": ["tertiary"], **{k: [v] for k, v in columns.items()}}
    line = shapely.LineString([(500_000, 9_100_000), (501_000, 9_100_000)])
    path = folder / "roads.gpkg"
    gpd.GeoDataFrame(row, geometry=[line], crs=CRS).to_file(path)
    zone = shapely.box(490_000, 9_090_000, 510_000, 9_110_000)
    roads, findings, *_ = read_vector_roads(RoadsFile(path=path), zone, CRS)
    return speeds(roads, "car"), {(f.rule, f.message.split(":")[0]) for f in findings}


# A car goes at 30 km/h on tertiary roads, is 2 m wide, 2.4 m high and weighs 3 t; the caps of smoothness and
# tracktype are those of OSRM's profile (docs/METHODS.md).
@pytest.mark.parametrize(
    ("tags", "kph"),
    [
        ({"width": ["3", "1"]}, 0),
        ({"maxheight": ["4", "1.9"]}, 0),
        ({"maxweight": ["8", "2"]}, 0),
        ({"access": ["yes", "no"]}, 0),
        ({"access": ["no", "yes"]}, 0),
        ({"motor_vehicle": ["designated", "private"]}, 0),
        ({"access": ["yes", "permissive"]}, 30),
        ({"smoothness": ["good", "impassable"]}, 0),
        ({"smoothness": ["bad", "horrible"]}, 10),
        ({"tracktype": ["grade1", "grade5"]}, 20),
        ({"maxspeed": ["40", "10"]}, 10),
        ({"surface": ["asphalt", "dirt"]}, 21),
        ({"construction": ["no", "yes"]}, 0),
    ],
)
def test_of_merged_ways_the_worst_counts(tags, kph):
    found, said = of_graph(tags)
    assert found == (kph, kph)
    assert said == set()


def test_of_merged_ways_one_that_is_one_way_is():
    assert of_graph({"oneway:motorcar": ["yes", "no"]})[0] == (30, 0)
    assert of_graph({"oneway:motorcar": ["yes", "-1"]})[0] == (0, 0)
    # A street closed to all but residents in part begins or ends a trip as a whole.
    assert of_graph({"access": ["destination", "no"]})[0] == (0, 0)


@pytest.mark.parametrize("key", ["maxspeed", "surface", "smoothness", "width"])
def test_of_merged_ways_what_is_not_understood_is_told(key):
    assert ("unread_value", key) in of_graph({key: ["2", "xyz"]})[1]


@pytest.mark.parametrize(
    ("tags", "kph", "said"),
    [
        ({"smoothness": "bad;horrible"}, 10, None),
        ({"smoothness": "jelek"}, 30, "smoothness"),
        ({"smoothness": "Very bad"}, 20, None),
        ({"tracktype": "grade1;grade4"}, 21, None),
        ({"tracktype": "grade6"}, 30, "tracktype"),
        ({"tracktype": "grade5;grade6"}, 20, "tracktype"),
        ({"surface": "asphalt;xyz"}, 30, "surface"),
        ({"surface": "dirt;xyz"}, 21, "surface"),
        ({"maxweight": "2;8"}, 0, None),
        ({"maxweight": "2;banyak"}, 0, "maxweight"),
        ({"maxspeed": "20;pelan"}, 20, "maxspeed"),
    ],
)
def test_osm_and_vector_files_read_the_same(tmp_path, tags, kph, said):
    for found, told in (of_osm(tmp_path, tags), of_vector(tmp_path, tags)):
        assert found == (kph, kph)
        assert told == (set() if said is None else {("unread_value", said)})


def test_a_road_that_is_being_built_is_closed_whoever_may_use_it(tmp_path):
    assert of_osm(tmp_path, {"construction": "yes", "motor_vehicle": "yes"})[0] == (0, 0)
    # A motorway's rule is outdone, as METHODS says.
    assert of_osm(tmp_path, {"motorroad": "yes", "foot": "yes"}, "walking")[0] == (5, 5)


@pytest.mark.parametrize(
    ("tags", "kph", "said"),
    [
        ({"oneway": "ya"}, (30, 0), set()),
        ({"oneway": "Satu  arah"}, (30, 0), set()),
        ({"oneway": "tidak"}, (30, 30), set()),
        ({"oneway": "searah"}, (30, 30), {("unread_value", "oneway")}),
        ({"oneway:motor_vehicle": "reversible"}, (0, 0), set()),
        ({"oneway:motorcar": "ya"}, (30, 0), set()),
        ({"oneway:motorcar": "alternating", "oneway": "yes"}, (30, 30), set()),
        ({"oneway:motorcar": "xyz"}, (30, 30), {("unread_value", "oneway")}),
    ],
)
def test_words_for_one_way(tmp_path, tags, kph, said):
    found, told = of_osm(tmp_path, tags)
    assert found == kph
    assert told == said


def test_a_vector_file_knows_the_same_words_for_one_way(tmp_path):
    assert of_vector(tmp_path, {"oneway": "Satu arah"})[0] == (30, 0)
    assert of_vector(tmp_path, {"oneway": "dua arah"})[0] == (30, 30)


@pytest.mark.parametrize(
    ("tags", "mode", "kph"),
    [
        ({"maxspeed:motorcycle": "10"}, "motorcycle", (10, 10)),
        ({"maxspeed:motorcycle": "10"}, "car", (30, 30)),
        ({"maxspeed": "10", "maxspeed:motorcar": "20"}, "car", (20, 20)),
        ({"maxheight:forward": "1.9"}, "car", (0, 30)),
        ({"maxweight:backward": "2"}, "car", (30, 0)),
        ({"maxspeed:type": "sign", "maxspeed:hgv": "20", "source:maxspeed": "sign"}, "car", (30, 30)),
    ],
)
def test_limits_of_one_mode_and_one_direction(tmp_path, tags, mode, kph):
    assert of_osm(tmp_path, tags, mode) == (kph, set())


@pytest.mark.parametrize(
    "key", ["surface:forward", "access:both_ways", "maxspeed:lanes", "access:conditional"]
)
def test_keys_that_nobody_reads_are_told(tmp_path, key):
    assert of_osm(tmp_path, {key: "no"})[1] == {("unread_key", f"{key} (1)")}
    assert ("unread_key", "tags for lanes, hours or one side that are not read; as if not tagged counts") in (
        of_graph({key: "no"})[1]
    )


def test_a_size_on_a_node_that_nobody_can_read_is_told(tmp_path):
    gate = '<tag k="barrier" v="gate"/><tag k="maxwidth" v="sempit"/>'
    assert of_osm(tmp_path, {}, node=gate) == ((30, 30), {("unread_value", "maxwidth")})
    roads, _, *_ = read_osm_roads(tmp_path / "a.osm", None, CRS)
    assert roads["from_barrier"].tolist() == ["barrier=gate"]
