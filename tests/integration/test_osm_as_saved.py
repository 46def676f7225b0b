"""OpenStreetMap files as people really save them: from JOSM, from Overpass, cut short, mistaken."""

from __future__ import annotations

import gzip
import re
import struct

import numpy as np
import osmium
import pandas as pd
import pytest
from osmium.osm import mutable

from geodata.downloads.osm_area import OsmPart, cut_osm
from geodata.errors import UnreadableFileError
from geodata.readers.graphml import read_graphml
from geodata.readers.osm import read_osm_ways
from geodata.readers.osm_pieces import osm_in_pieces
from geodata.readers.osm_roads import read_osm_roads

CRS = "EPSG:32749"
ROAD = '<tag k="highway" v="residential"/>'


def node(number, lon, lat, tags="", **attributes):
    more = " ".join(f'{k}="{v}"' for k, v in attributes.items())
    return f'<node id="{number}" lon="{lon}" lat="{lat}" version="1" {more}>{tags}</node>'


def way(number, refs, tags=ROAD, **attributes):
    more = " ".join(f'{k}="{v}"' for k, v in attributes.items())
    nodes = "".join(f"<nd {r}/>" if " " in str(r) else f'<nd ref="{r}"/>' for r in refs)
    return f'<way id="{number}" version="1" {more}>{nodes}{tags}</way>'


def saved(folder, *parts, name="kota.osm"):
    path = folder / name
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">' + "\n".join(parts) + "</osm>"
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, "utf-8")
    return path


# A T of three streets: 1-2-3 and 2-4.
PLACES = (node(1, 110.0, -7.0), node(2, 110.001, -7.0), node(3, 110.002, -7.0), node(4, 110.001, -7.001))
STREETS = (way(10, [1, 2, 3]), way(11, [2, 4]))


def pieces(path, **options):
    roads, findings, *_ = read_osm_roads(path, None, CRS, **options)
    return roads, {f.rule: f for f in findings}


def test_a_file_in_order(tmp_path):
    roads, findings = pieces(saved(tmp_path, *PLACES, *STREETS))
    assert sorted(roads.index) == ["way/10#0", "way/10#1", "way/11#0"]
    assert findings == {}


def test_ways_before_their_nodes(tmp_path):
    """Overpass' ``(._;>;); out;`` and others write them in any order."""
    ordered, _ = pieces(saved(tmp_path, *PLACES, *STREETS))
    mixed, _ = pieces(saved(tmp_path, *STREETS, *PLACES, name="b.osm"))
    assert mixed.geometry.geom_equals(ordered.geometry).all()


def test_ways_that_bring_their_own_coordinates(tmp_path):
    """Overpass' ``out geom``: no node of its own is in the file."""
    at = {1: (110.0, -7.0), 2: (110.001, -7.0), 3: (110.002, -7.0), 4: (110.001, -7.001)}
    geom = {k: f'ref="{k}" lon="{x}" lat="{y}"' for k, (x, y) in at.items()}
    path = saved(tmp_path, way(10, [geom[1], geom[2], geom[3]]), way(11, [geom[2], geom[4]]), name="g.osm")
    roads, findings = pieces(path)
    ordered, _ = pieces(saved(tmp_path, *PLACES, *STREETS))
    assert roads.geometry.geom_equals_exact(ordered.geometry, 0.01).all()
    assert findings == {}


@pytest.mark.parametrize("whole", [True, False])
def test_places_without_ids_of_nodes_are_no_roads(tmp_path, whole):
    """Overpass' ``out tags geom``: all roads met at one node, and times were far too short."""
    street = 'lon="110.0" lat="-7.0"', 'lon="110.001" lat="-7.0"'
    other = (street[1], 'lon="110.002" lat="-7.0"') if whole else (2, 3)
    path = saved(tmp_path, *PLACES, way(10, other), way(11, street), name="g.osm")
    for read in (read_osm_ways, lambda p: list(osm_in_pieces([p], tmp_path))):
        with pytest.raises(UnreadableFileError, match=r"way/1[01] has places without ids .*out body"):
            read(path)


def test_negative_ids_and_deleted_objects_of_josm(tmp_path):
    """New objects have ids below zero; what was deleted stays in the file with its action."""
    path = saved(
        tmp_path,
        node(-1, 110.0, -7.0, action="modify"), node(-2, 110.001, -7.0), node(3, 110.002, -7.0),
        node(-4, 110.001, -7.001), node(-5, 110.001, -7.002, action="delete"),
        way(-10, [-1, -2, 3], action="modify"), way(-11, [-2, -4]),
        way(12, [3, -4], action="delete"), way(13, [-4, -5]), way(14, [-1, -4], visible="false"),
    )  # fmt: skip
    roads, findings = pieces(path)
    assert sorted(set(roads["way_id"])) == ["way/-10", "way/-11"]
    assert len(roads) == 3
    # The way that led to the deleted node ends before it.
    assert findings["incomplete_way"].ids == ("way/13",)


def test_an_answer_that_its_server_cut_short_is_refused(tmp_path):
    remark = "<remark> runtime error: Query timed out in &quot;query&quot; at line 3 </remark>"
    for name in ("half.osm", "half.osm.gz"):
        path = saved(tmp_path, *PLACES, *STREETS, remark, name=name)
        with pytest.raises(UnreadableFileError, match="Query timed out") as error:
            read_osm_ways(path)
        # It was fetched whole: another fetch gives the same.
        assert "fetch it again" not in str(error.value)
    marked = saved(tmp_path, *PLACES, *STREETS, remark.replace("<remark>", '<remark lang="en">'))
    with pytest.raises(UnreadableFileError, match="Query timed out"):
        read_osm_ways(marked)


def test_ids_beyond_the_reach_of_a_float(tmp_path):
    """2**53 and 2**53 + 1 are one number as floats: four places became one."""
    a = 2**53
    path = saved(
        tmp_path, node(a, 110.0, -7.0), node(a + 1, 110.001, -7.0), node(a + 2, 110.002, -7.0),
        node(a + 3, 110.003, -7.0), way(10, [a, a + 1]), way(11, [a + 2, a + 3]),
    )  # fmt: skip
    ways = read_osm_ways(path)
    assert ways.node.tolist() == [a, a + 1, a + 2, a + 3]
    roads, _ = pieces(path)
    assert len(set(roads["from_node"]) | set(roads["to_node"])) == 4


def test_a_ferry_whose_tags_are_on_its_relation(tmp_path):
    tags = '<tag k="type" v="route"/><tag k="route" v="ferry"/><tag k="duration" v="00:40"/>'
    relation = f'<relation id="7" version="1"><member type="way" ref="20" role=""/>{tags}</relation>'
    both = f'<relation id="8" version="1"><member type="way" ref="21" role=""/>\
<member type="way" ref="22" role=""/>{tags}</relation>'
    path = saved(
        tmp_path, *PLACES, node(5, 110.1, -7.0), node(6, 110.2, -7.0), node(7, 110.3, -7.0), *STREETS,
        way(20, [3, 5], ""), way(21, [5, 6], ""), way(22, [6, 7], ""), relation, both,
    )  # fmt: skip
    roads, _ = pieces(path)
    ferry = roads[roads["route"] == "ferry"]
    assert sorted(ferry["way_id"]) == ["way/20", "way/21", "way/22"]
    assert ferry.loc["way/20#0", "duration_s"] == 2400
    # Two ways of one length share the 40 minutes.
    assert ferry.loc[["way/21#0", "way/22#0"], "duration_s"].tolist() == pytest.approx([1200, 1200])


SEA = (node(1, 110.0, -7.0), node(2, 110.1, -7.0), node(3, 110.3, -7.0), node(4, 110.3, -7.1))
FERRY = '<tag k="route" v="ferry"/>'


def route(number, members, tags=FERRY, **attributes):
    more = " ".join(f'{k}="{v}"' for k, v in attributes.items())
    inner = "".join(f'<member type="{kind}" ref="{ref}" role=""/>' for kind, ref in members)
    return f'<relation id="{number}" version="1" {more}>{inner}<tag k="type" v="route"/>{tags}</relation>'


def sailing(path):
    roads, findings = pieces(path)
    ferry = roads[roads["route"] == "ferry"]
    return {i: None if np.isnan(s) else round(s) for i, s in ferry.duration_s.items()}, findings


HOUR = FERRY + '<tag k="duration" v="60 menit"/>'
BOTH = [("way", 21), ("way", 20)]


def test_a_ferrys_duration_is_shared_by_length(tmp_path):
    # Along one parallel 0.1° and 0.2°: a third and two thirds, whatever the order and the drawn direction.
    ways = way(20, [1, 2], ""), way(21, [3, 2], "")
    path = saved(tmp_path, *SEA, *ways, route(7, BOTH, HOUR))
    assert sailing(path) == ({"way/20#0": 1200, "way/21#0": 2400}, {})
    # What a way says itself counts, and the rest is for the others.
    own = way(20, [1, 2], '<tag k="duration" v="10"/>')
    path = saved(tmp_path, *SEA, own, ways[1], route(7, BOTH, HOUR))
    assert sailing(path) == ({"way/20#0": 600, "way/21#0": 3000}, {})
    # A road to the jetty that the relation names sails nowhere.
    path = saved(tmp_path, *SEA, *ways, way(22, [3, 4]), route(7, [*BOTH, ("way", 22)], HOUR))
    assert sailing(path) == ({"way/20#0": 1200, "way/21#0": 2400}, {})
    # Also in a file of new objects, and where ways bring their own places.
    path = saved(
        tmp_path, node(-1, 110.0, -7.0), node(-2, 110.1, -7.0), node(-3, 110.3, -7.0), way(-20, [-1, -2], ""),
        way(-21, [-2, -3], ""), route(-7, [("way", -21), ("way", -20)], HOUR),
    )  # fmt: skip
    assert sailing(path) == ({"way/-20#0": 1200, "way/-21#0": 2400}, {})
    a, b, c = ('ref="1" lon="110.0" lat="-7"', 'ref="2" lon="110.1" lat="-7"', 'ref="3" lon="110.3" lat="-7"')
    path = saved(tmp_path, way(20, [a, b], ""), way(21, [b, c], ""), route(7, BOTH, HOUR))
    assert sailing(path) == ({"way/20#0": 1200, "way/21#0": 2400}, {})


@pytest.mark.parametrize(
    "ways",
    [
        (way(20, [1, 2], ""), way(21, [2, 1], "")),  # there and back: an hour each, or both
        (way(20, [1, 2], ""), way(21, [3, 4], "")),  # a piece between them is missing
        (way(20, [1, 2], ""), way(21, [2, 99], "")),  # a node is not in the file
        (way(20, [1, 2], ""),),  # nor a way
        (way(20, [1, 2], '<tag k="duration" v="2:00"/>'), way(21, [2, 3], "")),  # longer than all of it
    ],
)
def test_a_ferrys_duration_that_cannot_be_shared_is_told(tmp_path, ways):
    times, findings = sailing(saved(tmp_path, *SEA, *ways, STREETS[0], route(7, BOTH, HOUR)))
    said = {i.split("#")[0] for i, s in times.items() if s is None}
    assert set(findings["ferry_duration"].ids) == said
    assert said


def test_a_ferrys_duration_that_nobody_reads_is_told(tmp_path):
    tags = FERRY + '<tag k="duration" v="1.30"/>'
    times, findings = sailing(
        saved(tmp_path, *SEA, way(20, [1, 2], ""), way(21, [2, 3], ""), route(7, BOTH, tags))
    )
    assert times == {"way/20#0": None, "way/21#0": None}
    assert findings["unread_value"].ids == ("'1.30' (2)",)


def test_a_ferry_made_of_relations_is_told(tmp_path):
    parts = SEA[0], SEA[1], *PLACES[2:], STREETS[1], way(20, [1, 2], ""), way(12, [1, 2])
    inner, outer = route(8, [("way", 20)], ""), route(9, [("relation", 8)])
    times, findings = sailing(saved(tmp_path, *parts, inner, outer))
    assert times == {}
    assert findings["ferry_of_relations"].ids == ("relation/9",)
    times, findings = sailing(saved(tmp_path, *parts, route(8, [("way", 20)]), outer))
    assert list(times) == ["way/20#0"]
    assert "ferry_of_relations" not in findings


@pytest.mark.parametrize("attributes", [{"action": "delete"}, {"visible": "false"}])
def test_a_ferry_whose_relation_is_deleted_sails_no_more(tmp_path, attributes):
    parts = *PLACES, *STREETS, SEA[3].replace('id="4"', 'id="5"'), way(20, [3, 5], "")
    assert list(sailing(saved(tmp_path, *parts, route(7, [("way", 20)])))[0]) == ["way/20#0"]
    assert sailing(saved(tmp_path, *parts, route(7, [("way", 20)], **attributes)))[0] == {}


@pytest.mark.parametrize("attributes", [{"action": "delete"}, {"visible": "false"}])
def test_a_barrier_that_is_deleted_stops_nobody(tmp_path, attributes):
    bollard = '<tag k="barrier" v="bollard"/>'
    ends = node(5, 110.003, -7.0, bollard), node(6, 110.004, -7.0)
    roads, _ = pieces(saved(tmp_path, *PLACES, *ends, way(10, [1, 5, 6])))
    assert roads["to_barrier"].tolist()[0] == "barrier=bollard"
    # The way brings its own places, so that it goes on where the node was.
    places = [f'ref="{i}" lon="{lon}" lat="-7.0"' for i, lon in ((1, 110.0), (5, 110.003), (6, 110.004))]
    gone = node(5, 110.003, -7.0, bollard, **attributes)
    roads, _ = pieces(saved(tmp_path, gone, way(10, places)))
    assert roads.index.tolist() == ["way/10#0"]
    assert roads[["from_barrier", "to_barrier"]].isna().all().all()


def test_what_a_file_of_all_versions_calls_gone_is_gone(tmp_path):
    """A PBF marks nothing in text: there each object itself says whether it is visible."""
    path = tmp_path / "a.osh.pbf"
    with osmium.SimpleWriter(str(path)) as out:
        for i, lon in ((1, 110.0), (2, 110.001), (3, 110.1)):
            out.add_node(mutable.Node(id=i, version=1, visible=True, location=(lon, -7.0)))
        tags = {"highway": "residential"}
        out.add_way(mutable.Way(id=10, version=1, visible=True, nodes=[1, 2], tags=tags))
        out.add_way(mutable.Way(id=11, version=2, visible=False, nodes=[2, 3], tags=tags))
        out.add_way(mutable.Way(id=12, version=1, visible=True, nodes=[2, 3], tags={}))
        route_tags = {"type": "route", "route": "ferry"}
        out.add_relation(
            mutable.Relation(id=7, version=2, visible=False, members=[("w", 12, "")], tags=route_tags)
        )
    path = path.rename(tmp_path / "a.osm.pbf")
    assert pieces(path)[0].index.tolist() == ["way/10#0"]


def test_a_road_that_crosses_the_box_of_an_answer_keeps_its_middle(tmp_path):
    """Overpass' ``out geom(bbox)``: nodes beyond the box come without a place, at both ends here."""
    inside = [f'ref="{n}" lon="{lon}" lat="-7.0"' for n, lon in ((2, 110.01), (3, 110.02))]
    path = saved(tmp_path, way(9, [1, *inside, 4]), way(10, [inside[0], 'ref="5" lon="110.01" lat="-7.01"']))
    roads, findings = pieces(path)
    assert sorted(roads.index) == ["way/10#0", "way/9#0"]
    assert roads.loc["way/9#0", "from_node"] == roads.loc["way/10#0", "from_node"]
    # 0.01° of the parallel of 7° south.
    assert roads.loc["way/9#0", "length_m"] == pytest.approx(
        np.radians(0.01) * 6_378_137 * np.cos(np.radians(7)), rel=2e-3
    )
    assert findings["incomplete_way"].ids == ("way/9",)


@pytest.mark.parametrize(
    ("lon", "lat", "cause"),
    [
        (110.001, -97.0, "there are no such degrees"),
        (-7.0, 110.001, "latitude and longitude are swapped"),
        (0.0, 0.0, "0, 0 was written"),
        (200.0, -7.0, "there are no such degrees"),
    ],
)
def test_a_node_that_is_no_place_on_earth_is_named(tmp_path, lon, lat, cause):
    places = PLACES[0], node(2, lon, lat), *PLACES[2:], node(5, 110.003, -7.0)
    roads, findings = pieces(saved(tmp_path, *places, way(10, [1, 2, 3, 5]), way(11, [3, 4])))
    # The road is there beyond the node.
    assert sorted(roads.index) == ["way/10#0", "way/11#0"]
    found = findings["no_such_place"]
    assert found.ids == (f"node/2 of way/10 ({lat:g}, {lon:g})",)
    assert found.severity == "error"
    assert re.search(cause, found.message)
    assert "incomplete_way" not in findings


def test_a_road_that_jumps_is_cut_and_told(tmp_path):
    # The minus sign is missing: 14 degrees of latitude are 1,550 km.
    places = PLACES[0], PLACES[1], node(3, 110.002, 7.0), PLACES[3], node(5, 110.003, -7.0)
    roads, findings = pieces(saved(tmp_path, *places, way(10, [1, 2, 3, 4, 5])))
    assert sorted(roads.index) == ["way/10#0", "way/10#1"]
    assert roads["length_m"].max() < 1000
    assert findings["stretch_too_long"].ids == (
        "way/10 (node/2 to node/3)", "way/10 (node/3 to node/4)",
    )  # fmt: skip
    # A ferry may cross a sea: 2 degrees of longitude.
    sea = *PLACES, node(5, 112.0, -7.0), *STREETS, way(20, [3, 5], FERRY)
    roads, findings = pieces(saved(tmp_path, *sea))
    assert "way/20#0" in roads.index
    assert findings == {}


def test_two_nodes_at_one_place_are_found_and_joined_only_on_one_level(tmp_path):
    bridge = f'{ROAD}<tag k="bridge" v="yes"/><tag k="layer" v="1"/>'
    path = saved(
        tmp_path, *PLACES, node(5, 110.001, -7.001), node(6, 110.001, -7.002), node(7, 110.002, -7.0),
        *STREETS, way(12, [5, 6]), way(13, [7, 6], bridge),
    )  # fmt: skip
    roads, findings = pieces(path)
    ends = roads[["from_node", "to_node"]]
    assert ends.loc["way/11#0", "to_node"] != ends.loc["way/12#0", "from_node"]
    assert findings["same_place_nodes"].ids == ("110.001000, -7.001000 (way/11, way/12)",)
    assert "join_same_place" in findings["same_place_nodes"].action
    roads, findings = pieces(path, join_same_place=True)
    ends = roads[["from_node", "to_node"]]
    assert ends.loc["way/11#0", "to_node"] == ends.loc["way/12#0", "from_node"]
    # The bridge over the end of way 10 does not meet it.
    assert ends.loc["way/13#0", "from_node"] != ends.loc["way/10#1", "to_node"]
    assert "same_place_nodes" not in findings


def test_a_coordinate_that_is_no_number(tmp_path):
    path = saved(tmp_path, node(1, "NaN", -7.0), node(2, 110.001, -7.0), way(10, [1, 2]))
    with pytest.raises(UnreadableFileError, match=r"kota\.osm cannot be read.*'NaN'.*save the file again"):
        read_osm_ways(path)


@pytest.mark.parametrize("name", ["edit.osc", "edit.osm", "edit.osc.gz"])
def test_a_file_of_changes_is_called_so(tmp_path, name):
    text = f'<osmChange version="0.6"><create>{PLACES[0]}</create></osmChange>'
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    with pytest.raises(UnreadableFileError, match=f"^roads: {name} is a file of changes") as error:
        read_osm_ways(tmp_path / name)
    assert "fetch it again" not in str(error.value)


@pytest.mark.slow
@pytest.mark.realdata
def test_an_extract_cut_between_two_blocks_is_noticed(shared, tmp_path):
    """Malta's file without its last three blocks: its relations and some ways are missing."""
    data = (shared / "data/osm/malta.osm.pbf").read_bytes()
    starts, at = [], 0
    while at < len(data):
        starts.append(at)
        size = struct.unpack(">I", data[at : at + 4])[0]
        at += 4 + size + _datasize(data[at + 4 : at + 4 + size])
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(data[: starts[-3]])
    ways = read_osm_ways(path)
    assert len(ways.ids) < 26_000
    [finding] = ways.findings
    assert finding.rule == "cut_short"
    assert "plain nodes are part of no way" in finding.message
    assert read_osm_ways(shared / "data/osm/malta.osm.pbf").findings == ()
    # The cut for an area (fetch --pbf) tells it of the whole file; of the piece nobody could see it any more.
    part = (14.4, 35.85, 14.5, 35.95)
    [of_cut] = cut_osm(path, tmp_path / "part.osm.pbf", part, {OsmPart.ROADS})
    assert (of_cut.rule, of_cut.ids) == ("cut_short", (path.name,))
    assert cut_osm(shared / "data/osm/malta.osm.pbf", tmp_path / "b.osm.pbf", part, {OsmPart.ROADS}) == ()


def _datasize(header):
    """The third field of a BlobHeader (osmformat.proto): the size of the blob that follows."""
    at = 0
    while at < len(header):
        field, kind = header[at] >> 3, header[at] & 7
        at += 1
        number = shift = 0
        while True:
            number |= (header[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if not header[at - 1] & 128:
                break
        if kind == 2:
            at += number
        elif field == 3:
            return number
    raise AssertionError


def test_a_full_temporary_folder_is_not_needed(tmp_path, monkeypatch):
    """Nothing is written on the way: the reader used to abort the program when the folder was full."""
    import tempfile

    def refuse(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    for name in ("TemporaryDirectory", "NamedTemporaryFile", "mkdtemp", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    assert len(read_osm_ways(saved(tmp_path, *PLACES, *STREETS)).ids) == 2


def test_access_and_sizes_on_plain_nodes_count(tmp_path):
    gate = '<tag k="access" v="no"/>'
    low = '<tag k="maxheight" v="2 m"/>'
    open_ = '<tag k="foot" v="yes"/><tag k="highway" v="crossing"/>'
    path = saved(
        tmp_path, node(1, 110.0, -7.0), node(2, 110.001, -7.0, gate), node(3, 110.002, -7.0, low),
        node(4, 110.003, -7.0, open_), node(5, 110.004, -7.0), way(10, [1, 2, 3, 4, 5]),
    )  # fmt: skip
    roads, _ = pieces(path)
    assert roads["to_barrier"].tolist()[:2] == ["access=no", "maxheight=2"]
    # A crossing stops nobody, so the street is not cut there.
    assert len(roads) == 3


def test_wording_that_nobody_can_read_is_reported(tmp_path):
    tags = (
        f'{ROAD}<tag k="surface" v="entah"/><tag k="maxspeed" v="pelan"/><tag k="width" v="sempit"/>'
        '<tag k="seasonal" v="kadang"/>'
    )
    ferry = '<tag k="route" v="ferry"/><tag k="duration" v="sebentar"/>'
    path = saved(tmp_path, *PLACES, way(10, [1, 2, 3], tags), way(11, [2, 4], ferry))
    _, findings, *_ = read_osm_roads(path, None, CRS)
    said = {f.message.split(":")[0]: f.ids for f in findings if f.rule == "unread_value"}
    assert said == {
        "surface": ("'entah' (1)",), "maxspeed": ("'pelan' (1)",), "width": ("'sempit' (1)",),
        "seasonal": ("'kadang' (1)",), "duration": ("'sebentar' (1)",),
    }  # fmt: skip


def test_a_graph_whose_ids_are_text(tmp_path):
    import networkx as nx

    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for name, lon in (("simpang-a", 110.0), ("simpang-b", 110.001), ("ujung", 110.002)):
        graph.add_node(name, x=str(lon), y="-7.0")
    graph.add_edge(
        "simpang-a", "simpang-b", osmid="jl-1", highway="residential", length="111.0", oneway="False"
    )
    graph.add_edge("simpang-b", "ujung", osmid="jl-2", highway="residential", length="111.0", oneway="True")
    path = tmp_path / "g.graphml"
    nx.write_graphml(graph, path)
    roads, _, *_ = read_graphml(path, None, CRS)
    assert roads["oneway"].tolist() == ["no", "yes"]
    assert np.isclose(roads["length_m"], 110.5, atol=1).all()


def tagged(**tags):
    return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())


@pytest.mark.parametrize("minutes", [(15, 35), (35, 15), (35, 35)])
def test_of_several_durations_of_one_ferry_the_longest_counts_and_is_told(tmp_path, minutes):
    ferries = [route(i, [("way", 20)], FERRY + tagged(duration=f"0:{m}")) for i, m in enumerate(minutes, 1)]
    times, findings = sailing(saved(tmp_path, *SEA, way(20, [1, 2], FERRY), *ferries))
    assert times == {"way/20#0": 2100}
    assert [i for f in findings.values() for i in f.ids] == (["way/20"] if len(set(minutes)) > 1 else [])
    assert set(findings) <= {"ferry_rivals"}
    # What the way says itself counts, and nothing is in doubt.
    own = way(20, [1, 2], FERRY + tagged(duration="0:20"))
    assert sailing(saved(tmp_path, *SEA, own, *ferries)) == ({"way/20#0": 1200}, {})


def test_the_longest_of_shared_durations_counts(tmp_path):
    # One relation shares an hour between both ways by length, the other gives the first way half an hour.
    ways = way(20, [1, 2], ""), way(21, [2, 3], "")
    half = route(8, [("way", 20)], FERRY + tagged(duration="0:30"))
    times, findings = sailing(saved(tmp_path, *SEA, *ways, route(7, BOTH, HOUR), half))
    assert times == {"way/20#0": 1800, "way/21#0": 2400}
    assert findings["ferry_rivals"].ids == ("way/20",)


@pytest.mark.parametrize("value", ["ferry;bus", "Ferry", "bus; ferry "])
def test_a_ferry_by_any_spelling_sails(tmp_path, value):
    tags = f'<tag k="route" v="{value}"/>'
    plain = sailing(saved(tmp_path, *SEA, way(20, [1, 2], FERRY), way(21, [2, 3], FERRY)))
    assert sailing(saved(tmp_path, *SEA, way(20, [1, 2], tags), way(21, [2, 3], tags))) == plain
    shared = sailing(saved(tmp_path, *SEA, way(20, [1, 2], ""), way(21, [2, 3], ""), route(7, BOTH, tags)))
    assert shared == plain


def test_the_rings_of_a_square_are_ways(tmp_path):
    def square(kind):
        rings = '<member type="way" ref="20" role="outer"/><member type="way" ref="21" role="inner"/>'
        tags = tagged(type=kind, highway="pedestrian", access="customers")
        return f'<relation id="1" version="1">{rings}{tags}</relation>'

    rings = way(20, [1, 3, 4, 1], ""), way(21, [2, 4], ROAD)
    path = saved(tmp_path, *PLACES, way(10, [1, 2, 3]), *rings, square("multipolygon"))
    roads, findings = pieces(path)
    of_way = roads.groupby("way_id")[["road_class", "tags"]].first()
    assert of_way.loc["way/20"].tolist() == ["pedestrian", "access=customers"]
    # A street that is a ring too is a street.
    assert of_way.loc["way/21", "road_class"] == "residential"
    assert of_way["tags"].isna()["way/21"]
    assert findings == {}
    cut = tmp_path / "cut.osm.pbf"
    cut_osm(path, cut, (109.0, -8.0, 111.0, -6.0), [OsmPart.ROADS])
    assert sorted(pieces(cut)[0].index) == sorted(roads.index)
    roads, _ = pieces(saved(tmp_path, *PLACES, *STREETS, rings[0], square("route")))
    assert "way/20" not in set(roads["way_id"])


@pytest.mark.parametrize(
    ("value", "road_class", "told"),
    [
        ("Residential", "residential", None),
        (" tertiary ", "tertiary", None),
        ("living street", "living_street", None),
        ("residential;unclassified", "residential", None),
        ("Unclassified ; Path", "path", None),
        ("primary;xyz", "primary", "'primary;xyz' (1)"),
        ("residential;construction", "construction", None),
        ("xyz", "xyz", None),
    ],
)
def test_a_class_by_any_spelling(tmp_path, value, road_class, told):
    roads, findings = pieces(saved(tmp_path, *PLACES, way(10, [1, 2, 3], tagged(highway=value)), STREETS[1]))
    assert set(roads.loc[roads["way_id"] == "way/10", "road_class"]) == {road_class}
    assert (findings["unread_value"].ids if findings else None) == ((told,) if told else None)


def test_a_motorway_by_any_spelling_is_one_way(tmp_path):
    path = saved(
        tmp_path, *PLACES, way(10, [1, 2, 3], tagged(highway="Motorway")),
        way(11, [2, 4], tagged(highway="residential", junction=" Roundabout", bridge="No", tunnel="YES")),
    )  # fmt: skip
    roads, _ = pieces(path)
    assert set(roads["oneway"]) == {"yes"}
    assert not roads["bridge"].any()
    assert roads.loc["way/11#0", "tunnel"]


@pytest.mark.parametrize("barrier", [{}, {"barrier": "gate"}])
@pytest.mark.parametrize(
    "key",
    [
        "access:conditional", "motor_vehicle:conditional", "access:forward", "motorcycle:backward",
        "maxwidth:conditional", "maxheight:forward", "foot:both_ways",
    ],
)  # fmt: skip
def test_what_narrows_access_at_a_node_and_is_not_read_is_told(tmp_path, key, barrier):
    tags = tagged(**barrier) + f'<tag k="{key}" v="1.5"/>'
    path = saved(tmp_path, PLACES[0], node(2, 110.001, -7.0, tags), *PLACES[2:], *STREETS)
    roads, findings = pieces(path)
    assert (findings["unread_key"].count, findings["unread_key"].ids) == (1, (f"{key} (1)",))
    assert set(findings) == {"unread_key"}
    standing = {*roads["from_barrier"].dropna(), *roads["to_barrier"].dropna()} - {""}
    assert standing == ({"barrier=gate"} if barrier else set())
    # The same of a file in pieces, as for a country, and of one that was cut for an area.
    cut = tmp_path / "cut.osm.pbf"
    cut_osm(path, cut, (109.0, -8.0, 111.0, -6.0), [OsmPart.ROADS])
    assert pieces(cut)[1].keys() == {"unread_key"}
    [piece] = osm_in_pieces([path], tmp_path)
    assert [text for text in piece.barriers.values() if key in text]


@pytest.mark.parametrize("key", ["maxspeed:conditional", "access:hgv", "addr:street", "access:source"])
def test_what_stops_nobody_at_a_node_is_not_told(tmp_path, key):
    stands = node(2, 110.001, -7.0, f'<tag k="{key}" v="no"/>')
    assert pieces(saved(tmp_path, PLACES[0], stands, *PLACES[2:], *STREETS))[1] == {}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        # Two services on one line: who is let aboard one of them may travel.
        ({"motor_vehicle": "no"}, {}, set()),
        ({"motor_vehicle": "no"}, {"motor_vehicle": "yes"}, {"motor_vehicle", "no", "yes"}),
        ({"motor_vehicle": "no"}, {"motor_vehicle": "no"}, {"motor_vehicle", "no"}),
        # The smallest of the sizes that all of them tell.
        ({"maxweight": "5"}, {"maxweight": "3"}, {"maxweight", "3"}),
    ],
)
def test_what_one_of_two_ferries_on_a_way_forbids_the_other_may_allow(tmp_path, one, other, kept, order):
    first, second = order
    of = {first: one, second: other}
    ferries = [route(i, [("way", 20)], FERRY + tagged(**of[i])) for i in sorted(of)]
    roads, _ = pieces(saved(tmp_path, *SEA, way(20, [1, 2], ""), *ferries))
    said = roads.loc["way/20#0", "tags"]
    assert (set() if pd.isna(said) else set(re.split("[=;]", said))) == kept
