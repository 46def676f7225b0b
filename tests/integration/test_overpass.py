"""`roads: {osm: overpass}` against an Overpass-shaped server on loopback that serves real data."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import geopandas as gpd
import osmnx  # noqa: F401 - here, because it keeps socket.getaddrinfo as it is when it is imported
import pandas as pd
import pytest
import shapely
from support import squares

from geodata.downloads.overpass import fetch_osm_ways
from geodata.errors import DownloadError
from geodata.readers.osm import read_osm_ways
from geodata.readers.osm_roads import roads_from_ways

pytestmark = [pytest.mark.enable_socket, pytest.mark.realdata]
CRS = "EPSG:32633"
# The Gozo Channel: the end of Malta, Comino, the south of Gozo, and the ferries between them.
CHANNEL = shapely.box(14.27, 35.97, 14.40, 36.05)


@pytest.fixture(scope="module")
def elements(shared):
    """The extract's ways and nodes as Overpass would give them."""
    import osmium

    path = str(shared / "data/osm/malta.osm.pbf")
    places = {}
    node_tags = {}
    ways = []
    for thing in osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY):
        if thing.is_node():
            places[thing.id] = (thing.location.lon, thing.location.lat)
            if len(thing.tags):
                node_tags[thing.id] = dict(thing.tags)
        elif (
            "highway" in thing.tags
            or thing.tags.get("route") == "ferry"
            or thing.tags.get("man_made") == "pier"
            or "platform" in {thing.tags.get("public_transport"), thing.tags.get("railway")}
        ):
            ways.append(
                {
                    "type": "way",
                    "id": thing.id,
                    "nodes": [n.ref for n in thing.nodes],
                    "tags": dict(thing.tags),
                }
            )
    return places, ways, node_tags


def overpass_answer(elements, query: str) -> dict:
    """Answer `way[FILTER](poly:'lat lon …'); >;` as Overpass does: whole ways that touch the polygon."""
    places, ways, node_tags = elements
    ring = [float(v) for v in re.search(r"poly:'([^']+)'", query)[1].split()]
    area = shapely.Polygon(list(zip(ring[1::2], ring[::2], strict=True)))
    shapely.prepare(area)
    ferry = '"route"~"ferry",i' in query
    wanted = [w for w in ways if (w["tags"].get("route") == "ferry" if ferry else "highway" in w["tags"])]
    if '"man_made"~"pier",i' in query:
        wanted = [w for w in ways if w["tags"].get("man_made") == "pier"]
    if "platform" in query:
        wanted = [
            w for w in ways if "platform" in {w["tags"].get("public_transport"), w["tags"].get("railway")}
        ]
    if '"waterway"' in query:
        wanted = []
    found = [
        w for w in wanted if shapely.intersects(area, shapely.LineString([places[n] for n in w["nodes"]]))
    ]
    nodes = sorted({n for w in found for n in w["nodes"]})
    listed = [
        {"type": "node", "id": n, "lon": places[n][0], "lat": places[n][1]}
        | ({"tags": node_tags[n]} if n in node_tags else {})
        for n in nodes
    ]
    return {"version": 0.6, "elements": found + listed}


@contextmanager
def server(answer) -> Iterator[tuple[str, list[str]]]:
    """Serve `answer(query)` → (status, body) on loopback; yields the API's address and the queries seen."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            seen.append(form["data"][0])
            status, body = answer(form["data"][0])
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/api", seen
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def channel_zone():
    zone = gpd.GeoSeries([CHANNEL], crs="EPSG:4326").to_crs(CRS).iloc[0]
    shapely.prepare(zone)
    return zone


@pytest.mark.slow
def test_overpass_gives_what_the_file_gives_ferries_included(elements, shared, tmp_path):
    with server(lambda q: (200, overpass_answer(elements, q))) as (url, seen):
        ways = fetch_osm_ways(CHANNEL, tmp_path / "cache", url=url)
        ours, _, *_ = roads_from_ways(ways, channel_zone(), CRS, "overpass")
        again = fetch_osm_ways(CHANNEL, tmp_path / "cache", url=url)
    assert len(seen) == 5, "a way filter each; the second time the cache answers"
    assert again.ids.tolist() == ways.ids.tolist()
    assert (ours["route"] == "ferry").sum() >= 3
    file, _, *_ = roads_from_ways(
        read_osm_ways(shared / "data/osm/malta.osm.pbf"), channel_zone(), CRS, "malta.osm.pbf"
    )
    # Relations of squares are not asked for.
    file = file[~file["way_id"].isin(squares(shared / "data/osm/malta.osm.pbf"))]
    # The polygon on the sphere and its projection differ by centimetres: only ways at its very edge may.
    both = set(ours["way_id"]) & set(file["way_id"])
    assert len(both) >= 0.999 * file["way_id"].nunique()
    columns = ["way_id", "road_class", "oneway", "bridge", "route", "maxspeed_kph"]
    left = ours[ours["way_id"].isin(both)].groupby("way_id")[columns[1:]].first().sort_index()
    right = file[file["way_id"].isin(both)].groupby("way_id")[columns[1:]].first().sort_index()
    pd.testing.assert_frame_equal(left, right)
    length = [f[f["way_id"].isin(both)]["length_m"].sum() for f in (ours, file)]
    assert length[0] == pytest.approx(length[1], rel=1e-9)


@pytest.mark.slow
def test_a_whole_area_is_built_from_overpass(shared, tmp_path, jangkau):
    """Sabang with the server's roads moved under it: build, cache in the workspace, gaps."""
    import osmium

    boundary = shared.resolve() / "data/boundaries/11.72_sabang_desa.geojson"
    middle = gpd.read_file(boundary).total_bounds
    shift = ((middle[0] + middle[2]) / 2 - 110.36, (middle[1] + middle[3]) / 2 + 7.78)
    places, ways = {}, []
    for thing in osmium.FileProcessor(str(shared / "data/osm/yogyakarta_tugu.osm")):
        if thing.is_node():
            places[thing.id] = (thing.location.lon + shift[0], thing.location.lat + shift[1])
        elif thing.is_way() and "highway" in thing.tags:
            nodes = [n.ref for n in thing.nodes]
            ways.append({"type": "way", "id": thing.id, "nodes": nodes, "tags": dict(thing.tags)})
    with server(lambda q: (200, overpass_answer((places, ways, {}), q))) as (url, seen):
        (tmp_path / "AREA.yml").write_text(
            f'code: "11.72"\nname: Kota Sabang\nboundaries: {{path: {boundary}}}\n'
            f"roads: {{osm: overpass, url: '{url}'}}\n"
        )
        for _ in range(2):
            status, out, err = jangkau("build", tmp_path / "AREA.yml", "--out", tmp_path / "w")
            assert (status, err) == (0, "")
        assert len(seen) == 5, "the rebuild reads the cache"
    assert "road sections" in out
    assert len(list((tmp_path / "w/cache/overpass").glob("*.json"))) == 5
    manifest = json.loads((tmp_path / "w/manifest.json").read_text("utf-8"))
    record = next(s for s in manifest["sources"] if s["layer"] == "roads")
    assert record["licence"] == "ODbL 1.0"
    assert manifest["layers"]["roads"]["rows"] > 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((504, b"busy"), "504"),
        ((429, b"slow down"), "429"),
        ((200, {"elements": [], "remark": "runtime error: Query timed out"}), "Query timed out"),
        ((200, b"<html>not json</html>"), "not JSON"),
    ],
)
def test_a_server_that_fails_is_tried_again_and_then_explained(tmp_path, answer, reason):
    with server(lambda _: answer) as (url, seen), pytest.raises(DownloadError, match=reason) as error:
        fetch_osm_ways(CHANNEL, tmp_path / "cache", url=url, attempts=2, pause_s=0.01)
    assert len(seen) == 2
    assert "give its path" in str(error.value)
    assert not list((tmp_path / "cache").glob("*.json")) or not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_a_server_that_recovers_is_enough(elements, tmp_path):
    left = [2]

    def answer(query):
        left[0] -= 1
        return (504, b"busy") if left[0] >= 0 else (200, overpass_answer(elements, query))

    with server(answer) as (url, _):
        ways = fetch_osm_ways(CHANNEL, tmp_path / "cache", url=url, attempts=3, pause_s=0.01)
    assert len(ways.ids) > 100


@pytest.mark.slow
def test_no_server_and_a_slow_server(tmp_path):
    with server(lambda _: (200, {"elements": []})) as (url, _):
        pass
    with pytest.raises(DownloadError, match="2 attempts"):
        fetch_osm_ways(CHANNEL, tmp_path / "c1", url=url, attempts=2, pause_s=0.01)
    held = threading.Event()

    def slow(_):
        held.wait(5)
        return 200, {"elements": []}

    with server(slow) as (url, _):
        with pytest.raises(DownloadError, match=r"(?i)timed out"):
            fetch_osm_ways(CHANNEL, tmp_path / "c2", url=url, timeout_s=0.3, attempts=1, pause_s=0.01)
        held.set()


@pytest.mark.slow
def test_failing_downloads_leave_no_workspace(shared, tmp_path, jangkau, monkeypatch):
    from geodata.downloads import overpass

    monkeypatch.setattr(overpass.time, "sleep", lambda _: None)
    boundary = shared.resolve() / "data/boundaries/11.72_sabang_desa.geojson"
    with server(lambda _: (504, b"busy")) as (url, _):
        (tmp_path / "AREA.yml").write_text(
            f'code: "11.72"\nname: Kota Sabang\nboundaries: {{path: {boundary}}}\n'
            f"roads: {{osm: overpass, url: '{url}'}}\n"
        )
        status, _, err = jangkau("build", tmp_path / "AREA.yml", "--out", tmp_path / "w")
    assert status == 2
    assert "3 attempts" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["AREA.yml"]


@pytest.mark.slow
def test_osmnx_settings_are_put_back(elements, tmp_path):
    import socket

    from osmnx import settings

    lookup = socket.getaddrinfo
    before = {k: getattr(settings, k) for k in dir(settings) if not k.startswith("_")}
    with server(lambda q: (200, overpass_answer(elements, q))) as (url, _):
        fetch_osm_ways(CHANNEL, tmp_path / Path("cache"), url=url)
    assert {k: getattr(settings, k) for k in before} == before
    assert socket.getaddrinfo is lookup
