"""Maps and rasters that are something else inside: none shows another file, or asks an address."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely

from geodata.areafile import FileSource
from geodata.errors import InputError, UnreadableFileError
from geodata.files import limits
from geodata.readers.files import formats, packed
from geodata.readers.files.formats import MAPS
from geodata.readers.files.vector import layers_of, read_vector
from geodata.readers.rasters import opened
from planner.nation.roads import cut_roads

HIDDEN = "RAHASIA"
# Another process: GDAL may hold Python while it waits for an answer.
LISTENER = """
import pathlib, socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
print(server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    with pathlib.Path(sys.argv[1]).open("ab") as out:
        out.write(client.recv(300) or b"?")
    client.send(b"HTTP/1.0 404 x\\r\\n\\r\\n")
    client.close()
"""


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    """A server on this machine: its address, and the file of what it was asked."""
    heard = tmp_path_factory.mktemp("listener") / "heard"
    with subprocess.Popen(
        [sys.executable, "-c", LISTENER, heard], stdout=subprocess.PIPE, text=True
    ) as server:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}", heard
        server.kill()


@pytest.fixture
def beside(tmp_path):
    """A folder with files that nobody was shown."""
    folder = tmp_path / "beside"
    folder.mkdir()
    frame = gpd.GeoDataFrame({"kode": [HIDDEN]}, geometry=[shapely.Point(110, -7)], crs=4326)
    for name in ("s.geojson", "s.gpkg", "s.shp"):
        frame.to_file(folder / name)
    with sqlite3.connect(folder / "jangkau.db") as database:
        database.execute("CREATE TABLE accounts (name, password_hash)")
        database.execute("INSERT INTO accounts VALUES ('ani', ?)", (HIDDEN,))
    (folder / "s.txt").write_text(f"kode\n{HIDDEN}\n")
    return folder


POINT = '{"type":"Feature","properties":{"kode":"1"},"geometry":{"type":"Point","coordinates":[110,-7]}}'
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>{}</name><Point>'
KML += "<coordinates>110,-7</coordinates></Point></Placemark>{}</Document></kml>"


def vrt(source, more=""):
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>{source}</SrcDataSource>{more}'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )


def linked(kind, key, url):
    return f'{{"type":"FeatureCollection","crs":{{"type":"{kind}","properties":{{"{key}":"{url}/c"}}}},"features":[{POINT}]}}'  # noqa: E501


def entity(url, root):
    return f'<?xml version="1.0"?><!-- a --><!DOCTYPE k [<!ENTITY e SYSTEM "{url}">]>{root}'


def streamed(source):
    return json.dumps(
        {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline read {source} ! edit"}
    )


ACCOUNTS = "select name, password_hash as kode, MakePoint(113.4,-8.2,4326) as geometry from accounts"
SQL = f"<SrcSQL>{ACCOUNTS}</SrcSQL>"
ATTACKS = {
    "a map": lambda b, _: vrt(b / "s.geojson"),
    "a database": lambda b, _: vrt(b / "jangkau.db", SQL),
    "a text": lambda b, _: vrt(f"CSV:{b / 's.txt'}"),
    "an address": lambda _, u: vrt(f"/vsicurl/{u}/x.geojson"),
    "a server of maps": lambda _, u: f"<OGRWFSDataSource><URL>{u}/wfs</URL></OGRWFSDataSource>",
    "a pipeline": lambda b, _: streamed(b / "s.geojson"),
    "a pipeline of an address": lambda _, u: streamed(f"/vsicurl/{u}/x.geojson"),
    "a linked crs": lambda _, u: linked("link", "href", u),
    "an addressed crs": lambda _, u: linked("URL", "url", u),
    "a crs with escapes": lambda _, u: linked("\\u006cink", "hr\\u0065f", u).replace("crs", "\\u0063rs"),
    "a crs far away": lambda _, u: linked("link", "href", u).replace('"link"', f'{" " * 3000}"link"'),
    "an entity": lambda b, _: entity(f"file://{b / 's.txt'}", KML.format("&e;", "")),
    "an entity of an address": lambda _, u: entity(f"{u}/e", KML.format("&e;", "")),
    "a link": lambda _, u: KML.format("a", f"<NetworkLink><Link><href>{u}/k</href></Link></NetworkLink>"),
    "an entity in GPX": lambda b, _: entity(
        f"file://{b / 's.txt'}",
        '<gpx version="1.1"><wpt lat="-7" lon="110"><name>&e;</name></wpt></gpx>',
    ),
    "a schema": lambda _, u: (
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" '
        'xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="x {u}/w?SERVICE=WFS&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=c:p"/>'
    ),
    "a table of others": lambda b, _: (
        f'!table\n!version 300\nOpen Table "{b / "s"}"\ncreate view x as select * from s\n'  # noqa: S608
    ),
    "a database inside": lambda b, _: (b / "jangkau.db").read_bytes(),
}


def shown(path):
    """Return all that reading a file says, and whether it was read."""
    try:
        layers = layers_of(path, "villages")
        frame = read_vector(FileSource(path=path), "villages")
    except InputError as error:
        return str(error)
    return f"{layers} {frame.to_csv()}"


def in_zip(path, name, content):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(name, content)
        if name.endswith(".shp"):
            file.writestr(name.replace(".shp", ".shx"), "")
            file.writestr(name.replace(".shp", ".dbf"), "")
    return path


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_map_shows_another_file_or_asks_an_address(tmp_path, beside, listening, attack):
    url, heard = listening
    content = ATTACKS[attack](beside, url)
    content = content if isinstance(content, bytes) else content.encode()
    said = []
    for ending in [e for e in MAPS if e != ".gdb"] + [".vrt", ".xml", ".gml", ".sqlite", ".db", ".pdf", ""]:
        path = tmp_path / f"x{ending}"
        path.write_bytes(b"var x = " + content if ending == ".js" else content)
        said.append(shown(path))
        said.append(shown(in_zip(tmp_path / f"{ending[1:]}.zip", f"in{ending}", content)))
    said.append(shown(in_zip(tmp_path / "x.kmz", "doc.kml", content)))
    assert not [text for text in said if HIDDEN in text]
    assert not heard.exists()


def test_a_map_that_is_another_format_inside_says_what_to_do(tmp_path, beside):
    (tmp_path / "desa.geojson").write_text(vrt(beside / "s.geojson"))
    assert shown(tmp_path / "desa.geojson") == (
        "villages: desa.geojson cannot be read as a vector file: it is no GeoJSON inside. "
        "Save it as GeoJSON or GPKG."
    )
    (tmp_path / "desa.vrt").write_text(vrt(beside / "s.geojson"))
    said = shown(tmp_path / "desa.vrt")
    assert said.startswith(
        "villages: desa.vrt is no map that can be read: files ending in .vrt are not. These"
    )
    assert ".gpkg" in said
    (tmp_path / "pipa.geojson").write_text(streamed(beside / "s.geojson"))
    assert "pipa.geojson cannot be read as a vector file" in shown(tmp_path / "pipa.geojson")


@pytest.mark.parametrize("content", [b"{" + bytes(500), b"{ no json", b'{"type": "Nothing"}'])
def test_a_damaged_map_is_told_without_advice_to_programmers(tmp_path, content):
    path = tmp_path / "desa.geojson"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError) as told:
        read_vector(FileSource(path=path), "boundaries")
    said = str(told.value)
    assert said.count("desa.geojson") == 1
    assert "driver" not in said
    assert "; It" not in said


@pytest.mark.parametrize(("ending", "root"), [(".kml", "<kml/>"), (".gpx", "<gpx/>")])
def test_a_map_with_a_doctype_says_that_it_is_why(tmp_path, ending, root):
    path = tmp_path / f"a{ending}"
    path.write_text(entity("file:///etc/hostname", root))
    assert shown(path) == (
        f"villages: a{ending} cannot be read as a vector file: it has a DOCTYPE, which may name other files. "
        "Save it as GeoJSON or GPKG."
    )


def package(path, *statements):
    frame = gpd.GeoDataFrame({"kode": ["1"]}, geometry=[shapely.box(110, -7, 110.1, -6.9)], crs=4326)
    frame.to_file(path, layer="desa")
    database = sqlite3.connect(path)
    triggers = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    for name in triggers:
        database.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path


ENDLESS = "AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"


@pytest.mark.parametrize("statements", [
    ["ALTER TABLE desa RENAME TO d", f"CREATE VIEW desa {ENDLESS} fid, geom, kode FROM d, n WHERE i < 0"],
    ["ALTER TABLE gpkg_contents RENAME TO c", f"CREATE VIEW gpkg_contents {ENDLESS} c.* FROM c, n"],
    ["ALTER TABLE desa ADD COLUMN b TEXT GENERATED ALWAYS AS (hex(zeroblob(1000000))) VIRTUAL"],
    ["CREATE VIRTUAL TABLE t USING fts5(a)"],
], ids=["endless", "contents", "generated", "virtual"])  # fmt: skip
@pytest.mark.parametrize("zipped", [False, True])
def test_a_package_that_computes_what_it_shows_is_refused(tmp_path, statements, zipped):
    path = package(tmp_path / "desa.gpkg", *statements)
    if zipped:
        path = in_zip(tmp_path / "desa.zip", "desa.gpkg", path.read_bytes())
    assert "has tables that are computed (views): " in shown(path)
    assert "Save the layer that is meant as a GPKG of its own." in shown(path)


def test_a_package_that_is_open_elsewhere_is_read_with_its_last_changes(tmp_path):
    for number, change in enumerate(["UPDATE desa SET kode = '2'", "CREATE VIEW v AS SELECT * FROM desa"]):
        path = package(tmp_path / f"desa{number}.gpkg")
        copy = tmp_path / f"copy{number}.gpkg"
        database = sqlite3.connect(path)
        database.execute("PRAGMA journal_mode = wal")
        database.execute(change)
        database.commit()
        # As it is on the disk while QGIS has it open.
        for end in ("", "-wal"):
            copy.with_name(f"{copy.name}{end}").write_bytes(path.with_name(f"{path.name}{end}").read_bytes())
        database.close()
        said = shown(copy)
        assert ("computed (views): v" in said) if number else (",2," in said)


@pytest.mark.parametrize("ending", [
    ".geojson", ".json", ".geojsonl", ".gpkg", ".shp", ".kml", ".gpx", ".fgb", ".tab", ".mif", ".parquet",
    ".geoparquet",
])  # fmt: skip
def test_every_format_is_read(tmp_path, ending):
    frame = gpd.GeoDataFrame({"name": ["Melati"]}, geometry=[shapely.Point(110.5, -7.25)], crs=4326)
    path = tmp_path / f"a{ending}"
    if "parquet" in ending:
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver=MAPS[ending].drivers["geojsonl" in ending])
    read = read_vector(FileSource(path=path), "units")
    assert read.rename(columns={"Name": "name"})["name"].tolist() == ["Melati"]
    assert read.geometry.iloc[0].distance(shapely.Point(110.5, -7.25)) < 1e-5


def grid(path, value, size=64):
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="uint8", crs="EPSG:4326",
        transform=rasterio.Affine(0.01, 0, 110, 0, -0.01, -7),
    ) as out:  # fmt: skip
        out.write(np.full((1, size, size), value, np.uint8))
    return path


def raster_vrt(source):
    return (
        '<VRTDataset rasterXSize="64" rasterYSize="64"><SRS>EPSG:4326</SRS>'
        "<GeoTransform>110,0.01,0,-7,0,-0.01</GeoTransform>"
        f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>{source}</SourceFilename>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


@pytest.mark.parametrize("ending", [".tif", ".img", ".asc", ".hgt", ".bil", ".nc", ".vrt", ".xml", ""])
def test_no_raster_shows_another_file_or_asks_an_address(tmp_path, listening, ending):
    url, heard = listening
    secret = grid(tmp_path / "s.tif", 77)
    for source in (secret, f"/vsicurl/{url}/x.tif"):
        path = tmp_path / f"x{ending}"
        path.write_text(raster_vrt(source))
        with pytest.raises(InputError, match="cannot be read as a raster"), opened(path, None, "people"):
            pass
    assert not heard.exists()


def test_a_raster_shows_no_other_files_overviews(tmp_path, listening):
    url, heard = listening
    secret = grid(tmp_path / "s.tif", 77, 32)
    for source in (secret, f"/vsicurl/{url}/x.tif"):
        path = grid(tmp_path / "a.tif", 1)
        about = f'<Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{source}</MDI></Metadata>'
        path.with_name("a.tif.aux.xml").write_text(f"<PAMDataset>{about}</PAMDataset>")
        with opened(path, None, "people") as raster:
            assert set(raster.dataset.read(1, out_shape=(16, 16)).ravel().tolist()) == {1}
    assert not heard.exists()


def test_features_with_a_property_of_their_own_each_are_refused_before_the_table_is_made(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(formats, "read_map", lambda *_: pytest.fail("the table was made"))
    features = [
        {
            "type": "Feature",
            "properties": {f"k{i}": 1},
            "geometry": {"type": "Point", "coordinates": [110, -7]},
        }
        for i in range(2_100)
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert shown(path) == "villages: a.geojson has 2,101 columns; 2,000 are the most. Keep those needed."
    monkeypatch.setattr(limits, "TABLE_CELLS", 1_000)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features[:50]}))
    assert "a.geojson has more than 1,000 cells" in shown(path)


@pytest.mark.parametrize("kind", ["dictionary", "delta", "struct", "list"])
def test_a_text_that_is_packed_once_counts_in_every_row(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(limits, "PARQUET_BYTES", 10_000_000)
    texts = pa.array(["x" * 20_000] * 1_000)
    if kind == "struct":
        texts = pa.StructArray.from_arrays([texts], ["a"])
    elif kind == "list":
        texts = pa.ListArray.from_arrays(pa.array(range(1_001), pa.int32()), texts)
    frame = gpd.GeoDataFrame({"kode": ["1"] * 1_000}, geometry=[shapely.Point(110, -7)] * 1_000, crs=4326)
    frame.to_parquet(tmp_path / "plain.parquet")
    table = pq.read_table(tmp_path / "plain.parquet").append_column("teks", texts)
    path = tmp_path / "a.parquet"
    more = (
        {"use_dictionary": False, "column_encoding": {"teks": "DELTA_BYTE_ARRAY"}} if kind == "delta" else {}
    )
    pq.write_table(table, path, compression="zstd", **more)
    assert path.stat().st_size < 100_000
    assert "MB; 10 MB are the most." in shown(path)
    monkeypatch.setattr(limits, "PARQUET_BYTES", 30_000_000)
    assert "unpacks" not in shown(path)


def test_roads_of_a_nation_count_their_texts_by_batch(tmp_path, monkeypatch):
    """They are held so many rows at a time, however many a file has."""
    texts = pa.array(["x" * 20_000] * 1_000)
    frame = gpd.GeoDataFrame(
        {"class": ["primary"] * 1_000},
        geometry=[shapely.LineString([(110, -7), (110.1, -7)])] * 1_000, crs=4326,
    )  # fmt: skip
    frame.to_parquet(tmp_path / "plain.parquet")
    path = tmp_path / "a.parquet"
    pq.write_table(pq.read_table(tmp_path / "plain.parquet").append_column("teks", texts), path)
    (tmp_path / "cut").mkdir()
    monkeypatch.setattr(limits, "PARQUET_BYTES", 10_000_000)
    with pytest.raises(UnreadableFileError, match=r"^roads: a\.parquet unpacks to .* 10 MB are the most"):
        cut_roads([path], tmp_path / "cut")
    monkeypatch.setattr(packed, "BATCH_ROWS", 100)
    packed.require_small_batches(path, "roads", 200)
    with pytest.raises(UnreadableFileError, match="unpacks to"):
        packed.require_small_batches(path, "roads", 900)


@pytest.fixture
def patient():
    """Nothing waits for ever: who waits for a pipe is ended after some seconds."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("part", ["a.dbf", "a.DBF", "a.shx", "a.prj", "a.cpg", "a.qix", "a.sbn"])
def test_a_pipe_in_the_place_of_a_part_is_told_and_not_waited_for(tmp_path, part):
    """GDAL opens what has the name of a part: build and init never came back."""
    frame = gpd.GeoDataFrame({"name": ["Melati"]}, geometry=[shapely.Point(110.5, -7.25)], crs=4326)
    frame.to_file(tmp_path / "a.shp")
    for there in tmp_path.glob(f"{part[:-4]}{part[-4:].lower()}"):
        there.unlink()
    os.mkfifo(tmp_path / part)
    said = f"villages: {part} beside a.shp is a pipe or device, no file. Move it away."
    assert shown(tmp_path / "a.shp") == said


@pytest.mark.usefixtures("patient")
def test_pipes_beside_a_package_or_a_raster_are_told(tmp_path):
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(110, -7)], crs=4326).to_file(tmp_path / "a.gpkg")
    os.mkfifo(tmp_path / "a.gpkg-journal")
    assert "a.gpkg-journal beside a.gpkg is a pipe" in shown(tmp_path / "a.gpkg")
    grid(tmp_path / "b.tif", 1)
    os.mkfifo(tmp_path / "b.tif.aux.xml")
    with (
        pytest.raises(UnreadableFileError, match=r"b\.tif\.aux\.xml beside b\.tif is a pipe"),
        opened(tmp_path / "b.tif", None, "people"),
    ):
        pass


@pytest.mark.parametrize("ending", [".kml", ".kmz"])
def test_a_kml_without_a_place_is_told(tmp_path, ending):
    """Its fault was "index 0 is out of bounds for axis 0 with size 0"."""
    content = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>a</name></Document></kml>'
    path = tmp_path / f"a{ending}"
    if ending == ".kmz":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("doc.kml", content)
    else:
        path.write_text(content, "utf-8")
    assert "cannot be read as a vector file: it holds no places and no shapes. Save" in shown(path)
