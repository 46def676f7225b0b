"""Files of OpenStreetMap under the names that people and programs give them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import osmium
import pytest

from geodata.areafile import RoadsFile
from geodata.build import _road_file
from geodata.errors import InputError, UnreadableFileError
from geodata.readers.osm import read_osm_ways
from planner.nation.roads import cut_roads

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><node id="1" lat="-7" lon="110" version="1"/>
<node id="2" lat="-7" lon="110.1" version="1"/>
<way id="5" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way></osm>"""
OVERPASS = b'{\n  "version": 0.6,\n  "generator": "Overpass API 0.7.62",\n  "osm3s": {},\n  "elements": []\n}'


def pbf(folder):
    path = folder / "made.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(osmium.io.FileBuffer(XML, "osm")):
            writer.add(thing)
    return path.read_bytes()


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("kota.osm", XML)
    return out.getvalue()


CASES = {
    "interpreter": (XML, "Rename it to interpreter.osm."),
    "map.xml": (XML, "Rename it to map.osm."),
    "map.osm.txt": (XML, "Rename it to map.osm."),
    "ROADS.OSM": (XML, "Rename it to ROADS.osm."),
    "kota.osm": (None, "Rename it to kota.osm.pbf."),
    "kota.pbf": (XML, "Rename it to kota.osm."),
    "plain.osm": (gzip.compress(XML), "Rename it to plain.osm.gz."),
    "packed.bz2": (bz2.compress(XML), "Rename it to packed.osm.bz2."),
    "export.json": (OVERPASS, "Ask Overpass with [out:xml]"),
    "kota.osm.xz": (lzma.compress(XML), "Unpack it"),
    "kota.osm.zip": (zipped(), "Unpack it"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_file_is_its_content_tells(tmp_path, name):
    content, said = CASES[name]
    path = tmp_path / name
    path.write_bytes(pbf(tmp_path) if content is None else content)
    for read in (
        read_osm_ways,
        lambda p: _road_file(RoadsFile(path=p), None),
        lambda p: cut_roads([p], tmp_path / "cut"),
    ):
        with pytest.raises(UnreadableFileError) as error:
            read(path)
        assert said in str(error.value)
        assert name in str(error.value)


@pytest.mark.parametrize("name", ["a.osm", "a.osm.gz", "a.osm.bz2", "a.pbf", "a.osm.pbf"])
def test_what_is_named_as_it_is_is_read(tmp_path, name):
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "pbf": lambda _: pbf(tmp_path)}
    path = tmp_path / name
    path.write_bytes(pack.get(name.rsplit(".")[-1], bytes)(XML))
    assert read_osm_ways(path).ids.tolist() == [5]


def test_other_files_are_none_of_openstreetmap(tmp_path):
    """Lines in GeoJSON with an attribute ``elements``; a folder; a file that is not there."""
    path = tmp_path / "jalan.geojson"
    path.write_text('{"type": "FeatureCollection", "elements": [], "features": []}', "utf-8")
    for one in (path, tmp_path, tmp_path / "none.zip"):
        with pytest.raises(InputError) as error:
            cut_roads([one], tmp_path / "cut")
        assert "OpenStreetMap data" not in str(error.value)
        assert "Overpass" not in str(error.value)
