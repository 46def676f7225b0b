"""Schools and village offices of an OpenStreetMap file, and the layers of site rules."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from geodata.errors import EmptyAreaError, InputError, SchemaError
from geodata.readers.osm_places import is_landmark
from geodata.readers.places import read_landmarks, read_site_rules

# A square building (way) and a school of two yards (relation) around given middles.
SIDE = 0.0002


def node(number, lon, lat, more="", **tags):
    inside = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
    return f'<node id="{number}" lon="{lon}" lat="{lat}" version="1" {more}>{inside}</node>'


def square(number, lon, lat, more="", **tags):
    """Return a closed way around a place, and its nodes."""
    corners = [(-SIDE, -SIDE), (SIDE, -SIDE), (SIDE, SIDE), (-SIDE, SIDE)]
    nodes = [node(10 * number + k, lon + x, lat + y) for k, (x, y) in enumerate(corners)]
    refs = "".join(f'<nd ref="{10 * number + k}"/>' for k in (0, 1, 2, 3, 0))
    inside = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
    return nodes, f'<way id="{number}" version="1" {more}>{refs}{inside}</way>'


def osm_file(folder, nodes=(), ways=(), relations=()):
    file = folder / "area.osm"
    file.write_text(f'<osm version="0.6">{"".join((*nodes, *ways, *relations))}</osm>', "utf-8")
    return file


def test_points_buildings_and_grounds(tmp_path):
    corners, building = square(700, 113.72, -8.2, amenity="school", name="SD 2")
    yards, outline = square(800, 113.74, -8.2)
    relation = (
        '<relation id="5" version="1"><member type="way" ref="800" role="outer"/>'
        '<tag k="type" v="multipolygon"/><tag k="amenity" v="school"/></relation>'
    )
    nodes = [
        node(1, 113.7, -8.1, amenity="school", name="SD 1"),
        node(2, 113.7, -8.1, amenity="cafe"),
        *corners,
        *yards,
    ]
    found = read_landmarks(osm_file(tmp_path, nodes, [building, outline], [relation]), "schools")
    assert found["name"].tolist() == ["SD 1", "SD 2", ""]
    assert found.geometry.iloc[0].equals(shapely.Point(113.7, -8.1))
    for place, lon in zip(found.geometry.iloc[1:], (113.72, 113.74), strict=True):
        assert shapely.box(lon - SIDE, -8.2 - SIDE, lon + SIDE, -8.2 + SIDE).contains(place)


def test_what_is_deleted_or_open_is_passed_over(tmp_path):
    nodes = [
        node(1, 113.7, -8.1, amenity="school"),
        node(2, 113.8, -8.1, 'action="delete"', amenity="school"),
    ]
    corners, gone = square(700, 113.72, -8.2, 'action="delete"', amenity="school")
    wall = '<way id="900" version="1"><nd ref="1"/><nd ref="2"/><tag k="amenity" v="school"/></way>'
    found = read_landmarks(osm_file(tmp_path, [*nodes, *corners], [gone, wall]), "schools")
    assert found.geometry.to_list() == [shapely.Point(113.7, -8.1)]


@pytest.mark.parametrize(
    ("tags", "is_office"),
    [
        ({"amenity": "townhall"}, True),
        ({"amenity": "townhall", "name": "Balai Desa Ajung"}, True),
        ({"amenity": "townhall", "name": "Ajung"}, True),
        ({"amenity": "townhall", "name": "Kantor Kecamatan Ajung"}, False),
        ({"amenity": "townhall", "name": "Kantor Bupati Jember"}, False),
        ({"amenity": "townhall", "name": "Kantor Wali Kota"}, False),
        ({"amenity": "townhall", "admin_level": "6"}, False),
        ({"amenity": "townhall", "admin_level": "7", "name": "Dinas"}, True),
        ({"office": "government"}, False),
        ({"office": "government", "admin_level": "7"}, True),
        ({"office": "government", "name": "Kantor Kelurahan Tegal Besar"}, True),
        ({"office": "government", "name": "kantor kepala desa Sumber"}, True),
        ({"office": "government", "name": "Dinas Pemberdayaan Desa"}, False),
        ({"office": "government", "name": "Kantor Desa A", "admin_level": "5"}, False),
        ({"office": "company", "name": "Kantor Desa"}, False),
        ({"amenity": "school", "name": "Balai Desa"}, False),
    ],
)
def test_offices_of_villages_and_of_others(tags, is_office):
    assert is_landmark(tags, "offices") is is_office


def test_a_list_of_ones_own(tmp_path):
    file = tmp_path / "kantor.csv"
    file.write_text("nama,lintang,bujur\nBalai desa,-8.17,113.70\n", "utf-8")
    assert read_landmarks(file, "offices")["name"].tolist() == ["Balai desa"]


def test_a_file_without_any_is_told(tmp_path):
    with pytest.raises(EmptyAreaError, match=r"schools: area\.osm has none"):
        read_landmarks(osm_file(tmp_path, [node(1, 113.7, -8.1, amenity="cafe")]), "schools")
    (tmp_path / "bad.osm").write_text("<osm version='0.6'><node", "utf-8")
    with pytest.raises(InputError, match=r"bad\.osm"):
        read_landmarks(tmp_path / "bad.osm", "schools")
    with pytest.raises(InputError, match="is not there"):
        read_landmarks(tmp_path / "none.osm.pbf", "schools")


def rules_file(folder, words):
    shapes = [shapely.box(113 + i, -8, 113.5 + i, -7.5) for i in range(len(words))]
    gpd.GeoDataFrame({"rule": words}, geometry=shapes, crs=4326).to_file(folder / "rules.geojson")
    return folder / "rules.geojson"


def test_rules_are_read_with_their_words(tmp_path):
    found = read_site_rules(rules_file(tmp_path, ["Flood ", "public_transport"]))
    assert found["rule"].tolist() == ["flood", "public_transport"]


@pytest.mark.parametrize("word", ["lava", None, ""])
def test_a_rule_that_is_none_is_told(tmp_path, word):
    with pytest.raises(SchemaError, match=r"Rules are cliff, landslide, river_bank, flood, public_transport"):
        read_site_rules(rules_file(tmp_path, ["cliff", word]))


def test_polygons_without_a_rule_are_told(tmp_path):
    gpd.GeoDataFrame(geometry=[shapely.box(113, -8, 114, -7)], crs=4326).to_file(tmp_path / "r.geojson")
    with pytest.raises(SchemaError, match="no column rule"):
        read_site_rules(tmp_path / "r.geojson")
