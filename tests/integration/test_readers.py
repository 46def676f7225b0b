"""Each reader on a file of its kind, and each way back."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.areafile import (
    BoundariesFile,
    FacilitiesFile,
    HamletsFile,
    PopulationFile,
    RoadsFile,
    read_area_file,
)
from geodata.readers.boundaries import read_boundaries
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.graphml import roads_from_graph
from geodata.readers.hamlets import people_of_hamlets, read_hamlets
from geodata.readers.osm import read_osm_ways
from geodata.readers.osm_roads import read_osm_roads
from geodata.readers.population import read_population
from geodata.readers.vector_roads import read_vector_roads

OSM = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="-8.00" lon="113.00"/><node id="2" lat="-8.00" lon="113.01"/>
<node id="3" lat="-8.00" lon="113.02"/><node id="4" lat="-8.01" lon="113.01"/>
<node id="5" lat="-7.99" lon="113.01"/><node id="6" lat="-8.00" lon="113.01"/>
<node id="7" lat="-8.05" lon="113.05"/>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/>
 <tag k="name" v="Jl. A, B &amp; C=50%"/> <tag k="maxspeed" v="40"/></way>
<way id="11"><nd ref="4"/><nd ref="2"/><nd ref="5"/>
 <tag k="highway" v="residential"/><tag k="oneway" v="-1"/></way>
<way id="12"><nd ref="4"/><nd ref="6"/><nd ref="5"/>
 <tag k="highway" v="tertiary"/><tag k="bridge" v="yes"/></way>
<way id="13"><nd ref="3"/><nd ref="7"/><tag k="route" v="ferry"/><tag k="duration" v="1:00"/></way>
<way id="14"><nd ref="1"/><nd ref="4"/><tag k="building" v="yes"/></way>
<way id="15"><nd ref="3"/><nd ref="99"/><tag k="highway" v="path"/></way>
<way id="16"><nd ref="5"/><nd ref="1"/><tag k="route" v="bus"/></way>
</osm>"""


@pytest.fixture
def osm_file(tmp_path: Path) -> Path:
    path = tmp_path / "kota.osm"
    path.write_text(OSM, "utf-8")
    return path


def test_osm_ways_are_cut_at_shared_nodes_only(osm_file):
    roads, findings, *_ = read_osm_roads(osm_file, None, "EPSG:32749")
    assert roads["way_id"].value_counts().to_dict() == {
        "way/10": 2, "way/11": 2, "way/12": 1, "way/13": 1,
    }  # fmt: skip
    # Node 6 lies exactly where node 2 does: the bridge is not joined to what it crosses.
    bridge = roads.loc["way/12#0"]
    crossing = set(roads.loc["way/10#0", ["from_node", "to_node"]])
    assert not crossing & {bridge["from_node"], bridge["to_node"]}
    assert roads.loc["way/10#0", "name"] == "Jl. A, B & C=50%"
    assert roads.loc["way/10#0", "maxspeed_kph"] == 40
    assert roads.loc["way/11#0", "oneway"] == "reverse"
    assert bool(bridge["bridge"])
    ferry = roads.loc["way/13#0"]
    assert (ferry["route"], ferry["duration_s"], ferry["road_class"]) == ("ferry", 3600, "ferry")
    # Way 15 leaves the extract at once: nothing of it is left, and that is said.
    assert [f.rule for f in findings] == ["incomplete_way"]
    assert findings[0].ids == ("way/15",)


def test_pbf_gz_and_xml_read_the_same(osm_file, tmp_path):
    import gzip

    import osmium

    packed = tmp_path / "kota.osm.gz"
    packed.write_bytes(gzip.compress(OSM.encode()))
    pbf = tmp_path / "kota.osm.pbf"
    writer = osmium.SimpleWriter(str(pbf))
    for thing in osmium.FileProcessor(str(osm_file)):
        writer.add(thing)
    writer.close()
    plain = read_osm_roads(osm_file, None, "EPSG:32749")[0]
    for other in (packed, pbf):
        pd.testing.assert_frame_equal(plain, read_osm_roads(other, None, "EPSG:32749")[0])


def test_bulk_parsing_is_what_a_walk_over_the_ways_gives(shared):
    import osmium

    path = shared / "data/osm/yogyakarta_tugu.osm"
    slow = {
        w.id: [(n.ref, n.lon, n.lat) for n in w.nodes]
        for w in osmium.FileProcessor(str(path)).with_locations()
        if w.is_way() and "highway" in w.tags
    }
    fast = read_osm_ways(path)
    assert set(fast.ids) == set(slow)
    for k, way in enumerate(fast.ids):
        stretch = slice(fast.first[k], fast.first[k + 1])
        assert fast.node[stretch].tolist() == [n for n, _, _ in slow[way]]
        np.testing.assert_allclose(fast.lonlat[stretch], [(x, y) for _, x, y in slow[way]], atol=1e-9)


SQUARE = shapely.box(113.0, -8.1, 113.2, -7.9)


def boundary_frame() -> gpd.GeoDataFrame:
    west, east = shapely.box(113.0, -8.1, 113.1, -7.9), shapely.box(113.1, -8.1, 113.2, -7.9)
    return gpd.GeoDataFrame(
        {"kode": ["3509012002", "35.09.01.2001"], "nama": ["Melati II", "Mawar"]},
        geometry=[east, west], crs="EPSG:4326",
    )  # fmt: skip


@pytest.fixture
def villages(tmp_path):
    boundary_frame().to_file(tmp_path / "desa.geojson")
    return read_boundaries(BoundariesFile(path=tmp_path / "desa.geojson"), "35.09")[0]


@pytest.mark.parametrize("name", ["desa.geojson", "desa.gpkg", "desa.shp", "desa.parquet", "desa.json"])
def test_boundaries_of_every_kind_of_file(name, tmp_path):
    frame = boundary_frame()
    if name.endswith("parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        driver = "GeoJSON" if name.endswith("json") else None
        frame.to_file(tmp_path / name, driver=driver)
    villages, _, *_ = read_boundaries(BoundariesFile(path=tmp_path / name), "35.09")
    assert villages.index.tolist() == ["35.09.01.2001", "35.09.01.2002"]
    assert villages["village_name"].tolist() == ["Mawar", "Melati II"]
    assert set(villages.geom_type) == {"MultiPolygon"}
    assert str(villages.crs) == "EPSG:32749"
    assert villages["people"].isna().all()


def test_boundaries_in_metres_come_out_the_same(tmp_path, villages):
    boundary_frame().to_crs("EPSG:32749").to_file(tmp_path / "utm.gpkg")
    again, _, *_ = read_boundaries(BoundariesFile(path=tmp_path / "utm.gpkg"), "35.09")
    assert again.geometry.geom_equals_exact(villages.geometry, 0.01).all()


def road_frame(**columns) -> gpd.GeoDataFrame:
    lines = [
        shapely.MultiLineString([[(113.01, -8.0, 5.0), (113.1, -8.0, 5.0)]]),
        shapely.LineString([(113.05, -8.05), (113.05, -7.95)]),
        shapely.LineString(),
        None,
        shapely.LineString([(113.01, -8.0), (113.1, -8.0)]),
    ]
    values = {
        "Fungsi": ["Jalan Lokal", "Jalan Setapak", "Jalan Lain", "Jalan Lain", "Jalan Lokal"],
        **columns,
    }
    return gpd.GeoDataFrame(values, geometry=lines, crs="EPSG:4326")


def read_roads(path: Path, villages, **options):
    from geodata.readers.roads import study_zone

    return read_vector_roads(RoadsFile(path=path, **options), study_zone(villages, 1000), str(villages.crs))


def test_vector_roads_are_noded_classed_and_cleaned(tmp_path, villages):
    road_frame().to_file(tmp_path / "jalan.gpkg")
    roads, findings, *_ = read_roads(tmp_path / "jalan.gpkg", villages)
    assert roads["road_class"].value_counts().to_dict() == {"tertiary": 2, "path": 2}
    assert not roads.has_z.any()
    assert {f.rule: f.count for f in findings} == {"empty_geometry": 2, "duplicate_line": 1}
    ends = [set(r) for r in roads[["from_node", "to_node"]].to_numpy()]
    assert len(set.intersection(*ends)) == 1


def test_lines_of_no_length_are_left_out_and_told(tmp_path, villages):
    frame = road_frame(Fungsi=["Jalan Lokal"] * 5)
    frame.loc[[2, 3], "geometry"] = shapely.LineString([(113.06, -8.0), (113.06, -8.0)])
    frame.to_file(tmp_path / "jalan.gpkg")
    roads, findings, *_ = read_roads(tmp_path / "jalan.gpkg", villages)
    [short] = [f for f in findings if f.rule == "zero_length"]
    assert (short.severity, short.count, short.ids) == ("info", 2, ("r3", "r4"))
    assert (roads.length > 0).all()


def test_a_class_mapping_of_the_users_own(tmp_path, villages):
    road_frame(kelas=["A", "B", "A", "A", "A"]).to_file(tmp_path / "jalan.gpkg")
    options = {"class": "kelas", "classes": {"A": "primary", "B": "track"}}
    roads, *_ = read_roads(tmp_path / "jalan.gpkg", villages, **options)
    assert set(roads["road_class"]) == {"primary", "track"}


def test_vector_ferries_keep_their_duration_over_all_pieces(tmp_path, villages):
    frame = road_frame(route=[None, "ferry", None, None, None], duration=[None, "00:40", None, None, None])
    frame.to_file(tmp_path / "jalan.gpkg")
    roads, *_ = read_roads(tmp_path / "jalan.gpkg", villages)
    ferry = roads[roads["route"] == "ferry"]
    assert ferry["duration_s"].sum() == pytest.approx(2400)
    assert set(ferry["road_class"]) == {"ferry"}
    # It crosses the road without a junction.
    assert len(roads) == 2


def test_graph_edges_become_one_road_for_both_directions():
    import networkx as nx

    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for n, (x, y) in enumerate([(113.0, -8.0), (113.01, -8.0), (113.02, -8.0)]):
        graph.add_node(n, x=x, y=y)
    for u, v in ((0, 1), (1, 0)):
        graph.add_edge(u, v, osmid=5, length=1104.0, oneway=False, highway="primary", reversed=u > v)
    graph.add_edge(1, 2, osmid=6, length=1104.0, oneway=True, highway=["tertiary", "residential"])
    roads, findings, *_ = roads_from_graph(graph, None, "EPSG:32749", "g.graphml")
    assert roads["oneway"].tolist() == ["no", "yes"]
    assert roads["road_class"].tolist() == ["primary", "residential"]
    assert [f.rule for f in findings] == ["merged_classes"]


def facility_rows(tmp_path, villages, text: str, **options):
    path = tmp_path / "unit.csv"
    path.write_text(text, "utf-8")
    return read_facilities(FacilitiesFile(path=path, **options), villages)


def test_facilities_are_located_by_coordinates_then_code_then_name(tmp_path, villages):
    text = (
        "DAFTAR PUSTU\n\nkode;nama;lintang;bujur;kode_desa;desa\n"
        "a;Pustu A;-8,0;113,05;;\n"
        "b;Pustu B;;;35.09.01.2002;\n"
        "c;Pustu C;;;;melati 2\n"
        "d;Pustu D;;;;Kenanga\n"
        "e;Pustu E;;;35.10.01.2001;\n"
    )
    found = facility_rows(tmp_path, villages, text, kind="pustu", id="kode")
    assert found.frame["located_by"].tolist() == ["coordinates", "village", "name", "none", "none"]
    assert found.frame["village_code"].tolist()[:3] == ["35.09.01.2001", "35.09.01.2002", "35.09.01.2002"]
    assert found.frame.geometry.isna().tolist() == [False, False, False, True, True]
    assert found.listed_kinds == ("pustu",)
    assert {f.rule: f.ids for f in found.findings} == {
        "unclear_village": ("d",),
        "unknown_village": ("e",),
    }


def test_kinds_from_a_column_and_from_their_usual_names(tmp_path, villages):
    text = "nama,jenis,lat,lon\nA,PKM Pembantu,-8,113.05\nB,RSUD,-8,113.06\n"
    found = facility_rows(tmp_path, villages, text, kind={"column": "jenis"})
    assert found.frame["kind"].tolist() == ["pustu", "hospital"]
    assert found.listed_kinds == ("pustu", "hospital")
    mapped = facility_rows(
        tmp_path, villages, text,
        kind={"column": "jenis", "values": {"PKM Pembantu": "pustu", "RSUD": "hospital", "X": "posyandu"}},
    )  # fmt: skip
    assert mapped.listed_kinds == ("pustu", "hospital", "posyandu")


def test_a_workbook_with_a_title_and_numbers_reads_like_a_csv(tmp_path, villages):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["DAFTAR"], [], ["Nama", "Kode Desa", "Berfungsi", "Bidan"], ["A", 3509012001, "tidak", 2]):
        book.active.append(row)
    book.save(tmp_path / "pustu.xlsx")
    source = FacilitiesFile(
        path=tmp_path / "pustu.xlsx", kind="pustu", village="Kode Desa", functioning="Berfungsi",
        staff={"bidan": "Bidan"},
    )  # fmt: skip
    row = read_facilities(source, villages).frame.iloc[0]
    assert (row["village_code"], row["functioning"], row["staff_bidan"]) == ("35.09.01.2001", "no", 2)
    assert row["located_by"] == "village"


def test_population_keeps_unknown_unknown_and_counts_strangers(tmp_path, villages):
    path = tmp_path / "p.csv"
    path.write_text("kode,penduduk,balita\n3509012001,1.200,90\n35.09.99.2001,50,\n,1250,\nJUMLAH,1250,90\n")
    found, findings, *_ = read_population(
        PopulationFile(path=path, people="penduduk", groups={"balita": "balita"}), villages
    )
    assert found["people"].iloc[0] == 1200
    assert math.isnan(found["people"].iloc[1])
    assert found["people_balita"].iloc[0] == 90
    rules = {f.rule: f.count for f in findings}
    assert rules == {"unknown_village": 1, "bad_code": 1, "total_row": 1}


def test_hamlets_from_points_and_polygons(tmp_path, villages):
    gpd.GeoDataFrame(
        {"nama": ["Krajan", "Luar"]},
        geometry=[shapely.box(113.02, -8.0, 113.03, -7.99), shapely.Point(113.9, -8.0)], crs="EPSG:4326",
    ).to_file(tmp_path / "dusun.gpkg")  # fmt: skip
    found, findings, *_ = read_hamlets(HamletsFile(path=tmp_path / "dusun.gpkg"), villages)
    assert found["village_code"].tolist() == ["35.09.01.2001"]
    assert [f.rule for f in findings] == ["outside_area"]


@pytest.mark.parametrize(("shifted", "told"), [(4, True), (3, False)])
def test_codes_of_hamlets_that_lie_in_other_villages_are_of_another_numbering(
    tmp_path, villages, shifted, told
):
    """Ten digits of BPS may be another village's: where most are, the place counts; a slip or two is none."""
    codes = list(villages.index)
    points = villages.to_crs(4326).representative_point()
    lines = ["dusun,village,lat,lon"]
    where = [0, 1, 0, 1, 0, 1]
    for i, k in enumerate(where):
        code = codes[1 - k] if i < shifted else codes[k]
        lines.append(f"D{i},{code.replace('.', '')},{points.iloc[k].y},{points.iloc[k].x}")
    (tmp_path / "dusun.csv").write_text("\n".join(lines), "utf-8")
    source = HamletsFile(path=tmp_path / "dusun.csv", name="dusun", village="village", lat="lat", lon="lon")
    found, findings, *_ = read_hamlets(source, villages)
    wanted = [codes[k] if told or i >= shifted else codes[1 - k] for i, k in enumerate(where)]
    assert found["village_code"].tolist() == wanted
    assert ["codes_unproven"] * told == [one.rule for one in findings]


def test_people_of_a_village_are_the_sum_of_its_hamlets_where_all_of_these_are_known(villages):
    """Unknown with two hamlets known, with one of two, with none; and known itself, whatever hamlets say."""
    codes = [f"35.09.01.{2001 + i}" for i in range(4)]
    shape = villages.geometry.iloc[0]
    area = gpd.GeoDataFrame({"people": [np.nan, np.nan, np.nan, 7.0]}, index=codes, geometry=[shape] * 4)
    rows = [(codes[0], 30.0), (codes[0], 12.0), (codes[1], 30.0), (codes[1], np.nan), (codes[3], 99.0)]
    spots = gpd.GeoDataFrame(rows, columns=["village_code", "people"], geometry=[shape.centroid] * len(rows))
    frame, [told], *_ = people_of_hamlets(area, spots)
    np.testing.assert_array_equal(frame["people"], [42.0, np.nan, np.nan, 7.0])
    assert (told.rule, told.count, told.ids) == ("people_from_hamlets", 1, (codes[0],))


def test_area_file_paths_are_relative_to_it(demo_area_file):
    area = read_area_file(demo_area_file)
    assert area.boundaries.path == demo_area_file.resolve().parent / "desa.geojson"
    assert area.facilities[0].named_kinds == ("puskesmas", "hospital")
    with pytest.raises(Exception, match="frozen"):
        area.name = "x"


def test_numbers_of_a_workbook_are_never_taken_for_thousands(tmp_path, villages):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["kode", "penduduk"], ["35.09.01.2001", 823.125], ["35.09.01.2002", 1012.5]):
        book.active.append(row)
    book.save(tmp_path / "p.xlsx")
    found, _, *_ = read_population(PopulationFile(path=tmp_path / "p.xlsx", people="penduduk"), villages)
    assert found["people"].tolist() == [823.125, 1012.5]
    (tmp_path / "p.csv").write_text("kode;penduduk\n35.09.01.2001;823.125\n35.09.01.2002;1012.5\n")
    from geodata.errors import SchemaError

    with pytest.raises(SchemaError, match="thousands"):
        read_population(PopulationFile(path=tmp_path / "p.csv", people="penduduk"), villages)


def test_geofabriks_words_for_tracks_and_one_way_streets(tmp_path, villages):
    lines = [shapely.LineString([(113.01, -8.0 - k / 100), (113.1, -8.0 - k / 100)]) for k in range(3)]
    frame = gpd.GeoDataFrame(
        {"fclass": ["track_grade2", "primary", "primary"], "oneway": ["B", "F", "T"]},
        geometry=lines,
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "roads.gpkg")
    roads, *_ = read_roads(tmp_path / "roads.gpkg", villages)
    assert roads["road_class"].tolist() == ["track", "primary", "primary"]
    assert roads["oneway"].tolist() == ["no", "yes", "reverse"]
    frame.rename(columns={"fclass": "highway"}).to_file(tmp_path / "other.gpkg")
    with pytest.raises(ValueError, match="oneway"):
        read_roads(tmp_path / "other.gpkg", villages)


def test_a_ferry_that_leaves_the_zone_keeps_its_pace(tmp_path, villages):
    out = shapely.MultiLineString([[(113.15, -8.0), (113.19, -8.0)], [(113.19, -8.0), (113.9, -8.0)]])
    gpd.GeoDataFrame(
        {"highway": [None, "primary"], "route": ["ferry", None], "duration": ["02:00", None]},
        geometry=[out, shapely.LineString([(113.1, -8.0), (113.15, -8.0)])], crs="EPSG:4326",
    ).to_file(tmp_path / "r.gpkg")  # fmt: skip
    roads, *_ = read_roads(tmp_path / "r.gpkg", villages)
    assert roads.loc[roads["route"] == "ferry", "duration_s"].sum() == pytest.approx(7200)


def test_units_of_another_kabupaten_are_not_placed_by_a_name_that_fits(tmp_path, villages):
    text = "id,nama,kode_desa,desa,kecamatan\na,A,35.10.01.2001,Mawar,\nb,B,,Mawar,\nc,C,,Tidak Ada,\n"
    found = facility_rows(tmp_path, villages, text, kind="pustu", id="id")
    assert found.frame["located_by"].tolist() == ["none", "name", "none"]
    assert {f.rule for f in found.findings} == {"unknown_village", "unclear_village"}
    named = villages.assign(district_name=["Kec. Satu", "Dua"])
    text = "id,nama,desa,kecamatan\na,A,Mawar,Satu\nb,B,Mawar,Tiga\n"
    found = facility_rows(tmp_path, named, text, kind="pustu", id="id")
    assert found.frame["located_by"].tolist() == ["name", "none"]


def test_a_total_at_the_end_is_no_facility(tmp_path, villages):
    text = "no;nama;lat;lon;alamat\n1;A;-8,0;113,05;Jl. Raya, No. 5, RT 1, Mawar\n;JUMLAH;;;1\n"
    found = facility_rows(tmp_path, villages, text, kind="pustu")
    assert found.frame["name"].tolist() == ["A"]
    assert [f.rule for f in found.findings] == ["total_row"]


def test_nullable_columns_of_a_parquet_file(tmp_path, villages):
    frame = gpd.GeoDataFrame(
        {"nama": ["A", "B"], "bidan": pd.array([3, None], dtype="Int64")},
        geometry=[shapely.Point(113.05, -8.0), shapely.Point(113.06, -8.0)], crs="EPSG:4326",
    )  # fmt: skip
    frame.to_parquet(tmp_path / "f.parquet")
    source = FacilitiesFile(path=tmp_path / "f.parquet", kind="pustu", staff={"bidan": "bidan"})
    staff = read_facilities(source, villages).frame["staff_bidan"].tolist()
    assert staff[0] == 3
    assert math.isnan(staff[1])


def test_bps_codes_are_refused_as_boundaries(tmp_path):
    boundary_frame().assign(kode=["3509010001", "3509010002"]).to_file(tmp_path / "d.geojson")
    with pytest.raises(ValueError, match="BPS"):
        read_boundaries(BoundariesFile(path=tmp_path / "d.geojson"), "35.09")


def test_a_ferry_in_a_graph_keeps_its_duration_over_all_edges():
    import networkx as nx

    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for n in range(4):
        graph.add_node(n, x=113.0 + n / 100, y=-8.0)
    for u in range(3):
        graph.add_edge(u, u + 1, osmid=9, length=1104.0, oneway=True, route="ferry", duration="01:00")
    graph.add_edge(3, 0, osmid=10, length=3312.0, oneway=True, highway="primary", maxspeed=["100", "50"])
    roads, _, *_ = roads_from_graph(graph, None, "EPSG:32749", "g.graphml")
    assert roads["duration_s"].sum() == pytest.approx(3600)
    assert roads["maxspeed_kph"].min() == 50
