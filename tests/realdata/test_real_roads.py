"""Real OpenStreetMap extracts and road files."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from support import by_gdal, squares

from geodata.areafile import RoadsFile
from geodata.quality import connected_share
from geodata.readers.graphml import read_graphml
from geodata.readers.osm_roads import read_osm_roads
from geodata.readers.vector_roads import read_vector_roads
from planner.network.build import ON_FERRY, build_network
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.router import Router

pytestmark = pytest.mark.realdata
MALTA_CRS = "EPSG:32633"
PIERS = 93
# Platforms that are no highway: public_transport or railway=platform.
PLATFORMS = 2


@pytest.fixture(scope="module")
def malta(shared):
    return read_osm_roads(shared / "data/osm/malta.osm.pbf", None, MALTA_CRS)[0]


def place(lon, lat):
    x, y = Transformer.from_crs("EPSG:4326", MALTA_CRS, always_xy=True).transform(lon, lat)
    return np.array([shapely.Point(x, y)], dtype=object)


# Victoria on Gozo, and Valletta on Malta.
GOZO, VALLETTA = (14.2396, 36.0443), (14.5141, 35.8989)


def ride(roads, mode="motorcycle"):
    scenario = default_scenario()
    network = build_network(roads, scenario, modes=[mode])
    router = Router(network, Profile(mode, "dry"), rule=scenario.access)
    return router.nearest(router.stops(place(*GOZO)), router.stops(place(*VALLETTA))).travel_s[0]


@pytest.mark.slow
def test_malta_every_highway_way_and_ferry_is_read(malta, shared):
    ways = malta[malta["route"].isna()]
    rings = squares(shared / "data/osm/malta.osm.pbf")
    assert ways["way_id"].nunique() == 26_197 + PIERS + PLATFORMS + len(rings)
    assert malta[malta["route"] == "ferry"]["way_id"].nunique() == 12
    # Another reader: GDAL's count of bridges among the same ways.
    lines = by_gdal(shared / "data/osm/malta.osm.pbf", layer="lines", where="highway IS NOT NULL")
    bridges = {
        f"way/{line['osm_id']}"
        for line in lines
        if '"bridge"=>' in (line["other_tags"] or "") and '"bridge"=>"no"' not in line["other_tags"]
    }
    ours = set(malta[malta["bridge"]]["way_id"])
    # GDAL makes an area of one closed way.
    assert bridges < ours
    assert (len(ours), len(bridges)) == (159, 158)


@pytest.mark.slow
def test_gozo_is_reached_by_ferry_and_not_without(malta):
    by_ferry = ride(malta)
    assert np.isinf(ride(malta[malta["route"].isna()]))
    # The crossing alone is 25 minutes and 30 of waiting; Valletta is 25 km further.
    assert 80 * 60 < by_ferry < 180 * 60


@pytest.mark.slow
def test_one_way_streets_are_respected(malta, shared):
    import osmium

    expected = {}
    for way in osmium.FileProcessor(str(shared / "data/osm/malta.osm.pbf"), osmium.osm.WAY):
        tag = way.tags.get
        platform = "platform" in {tag("public_transport"), tag("railway")}
        if tag("highway") is None and tag("man_made") != "pier" and not platform:
            continue
        words = {"yes": "yes", "true": "yes", "1": "yes", "-1": "reverse", "reversible": "reversible"}
        said = words.get(tag("oneway", ""))
        if tag("oneway") is None and (
            tag("junction") in ("roundabout", "circular") or tag("highway") == "motorway"
        ):
            said = "yes"
        expected[f"way/{way.id}"] = said or "no"
    ours = malta[malta["route"].isna()].groupby("way_id")["oneway"].first()
    # The rings of squares have their tags on a relation.
    ours = ours.drop(list(squares(shared / "data/osm/malta.osm.pbf")))
    assert ours.to_dict() == {k: v for k, v in expected.items() if k in ours.index}
    network = build_network(malta, default_scenario())
    oneway = malta["oneway"].reindex(network.edge_id).to_numpy() == "yes"
    car, walking = Profile("car", "dry"), Profile("walking", "dry")
    assert np.isinf(network.impedance[car].backward_s[oneway]).all()
    on_foot = oneway & network.usable(walking) & (network.edge_kind != ON_FERRY)
    assert np.isfinite(network.impedance[walking].backward_s[on_foot]).all()


@pytest.mark.slow
def test_malta_times_are_networkx(malta):
    """1,000 random places to the nearest of 20 on the whole real network, node to node."""
    import networkx as nx

    from planner.kernels.dijkstra import nearest_source
    from planner.network.graph import ModeGraph

    network = build_network(malta, default_scenario(), modes=["car"])
    rng = np.random.default_rng(4)
    whole = ModeGraph(network, Profile("car", "dry"))
    tail, head, seconds = whole.tail, whole.head, whole.seconds
    graph = nx.DiGraph()
    graph.add_nodes_from(range(whole.nodes))
    for a, b, s in zip(head.tolist(), tail.tolist(), seconds.tolist(), strict=True):
        if not graph.has_edge(a, b) or graph[a][b]["weight"] > s:
            graph.add_edge(a, b, weight=s)
    seeds = rng.choice(network.nodes, 20, replace=False)
    slow = nx.multi_source_dijkstra_path_length(graph, set(seeds.tolist()))
    fast = nearest_source(
        *whole.backward, seeds.astype(np.int32), np.zeros(20), np.arange(20, dtype=np.int32)
    )[:, 0]
    assert set(np.flatnonzero(np.isfinite(fast)).tolist()) == set(slow)
    for v in rng.choice(network.nodes, 1000):
        if int(v) in slow:
            assert fast[v] == pytest.approx(slow[int(v)], rel=1e-12)


@pytest.mark.slow
def test_monaco_and_yogyakarta(shared):
    monaco, _, *_ = read_osm_roads(shared / "data/osm/monaco.osm.gz", None, "EPSG:32632")
    assert connected_share(monaco) > 0.98
    yogya, _, *_ = read_osm_roads(shared / "data/osm/yogyakarta_tugu.osm", None, "EPSG:32749")
    assert yogya["way_id"].nunique() == 108
    assert connected_share(yogya) == pytest.approx(1.0)


def test_yogyakarta_is_what_osmnx_reads(shared):
    import osmnx as ox

    graph = ox.graph_from_xml(shared / "data/osm/yogyakarta_tugu.osm", simplify=False, retain_all=True)
    theirs = sum(d["length"] for *_, d in ox.convert.to_undirected(graph).edges(data=True))
    ours, _, *_ = read_osm_roads(shared / "data/osm/yogyakarta_tugu.osm", None, "EPSG:32749")
    # UTM's scale at the zone's edge and OSMnx's sphere differ by up to half a percent.
    assert ours["length_m"].sum() == pytest.approx(theirs, rel=0.005)


@pytest.mark.slow
def test_balikpapan_is_the_graph_it_was(shared):
    import osmnx as ox

    path = shared / "data/osm/balikpapan_kota_drive.graphml"
    graph = ox.load_graphml(path)
    ours, _, *_ = read_graphml(path, None, "EPSG:32750")
    two_way = sum(not d["oneway"] for *_, d in graph.edges(data=True))
    assert len(ours) == graph.number_of_edges() - two_way // 2
    theirs = sum(d["length"] * (1.0 if d["oneway"] else 0.5) for *_, d in graph.edges(data=True))
    assert ours["length_m"].sum() == pytest.approx(theirs, rel=0.005)
    assert len(set(ours["from_node"]) | set(ours["to_node"])) == graph.number_of_nodes()


def everywhere():
    return shapely.box(-1e8, -1e8, 1e8, 1e8)


def test_maumeres_shapefile(shared):
    source = RoadsFile(path=shared / "data/roads/53.07_maumere_osm2012/roads_Maumere.shp")
    roads, findings, *_ = read_vector_roads(source, everywhere(), "EPSG:32751")
    # Of 156 ways four are a river, a canal, a runway and a taxiway.
    assert roads["way_id"].nunique() == 152
    assert {f.rule: f.count for f in findings} == {"no_class": 4}
    assert roads.groupby("way_id")["road_class"].first().value_counts()["road"] == 67
    assert connected_share(roads) > 0.95


def test_streets_that_are_no_network_are_called_unconnected(shared):
    source = RoadsFile(path=shared / "data/roads/kotamobagu_residential_only.geojson")
    roads, _, *_ = read_vector_roads(source, everywhere(), "EPSG:32651")
    assert len(roads) >= 1258
    assert connected_share(roads) < 0.95
