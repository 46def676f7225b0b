"""Cuts and areas of OpenStreetMap files in every order: what they give is what the sorted file gives."""

from __future__ import annotations

import random

import osmium
import pytest
from osm_support import node, saved, way

from geodata.downloads import osm_tables
from geodata.downloads.osm_area import OsmPart as Part
from geodata.downloads.osm_area import cut_osm
from geodata.errors import UnreadableFileError
from geodata.files import limits
from geodata.readers.osm import read_osm_ways
from geodata.readers.osm_form import require_named_form
from geodata.readers.places import read_landmarks

BOX = (109.9, -7.1, 110.1, -6.9)
SIDE = 0.001
ORDERS = {
    "ways first": lambda e: sorted(e, key=lambda x: x.tag != "way"),
    "shuffled": lambda e: random.Random(4).sample(e, len(e)),  # noqa: S311
    "backwards": lambda e: e[::-1],
}


def square(number, first, lon, lat, *tags):
    corners = [(-SIDE, -SIDE), (SIDE, -SIDE), (SIDE, SIDE), (-SIDE, SIDE)]
    step = 1 if first > 0 else -1
    ids = [first + step * k for k in range(4)]
    nodes = [node(i, lon + x, lat + y) for i, (x, y) in zip(ids, corners, strict=True)]
    return [*nodes, way(number, [*ids, ids[0]], *tags)]


def town(sign=1):
    """Give a school's ground, a street and a puskesmas in the box, a lake at its edge, one outside."""
    s = sign
    return [
        *square(s * 50, s * 10, 110, -7, ("amenity", "school"), ("name", "SD 1")),
        *square(s * 51, s * 20, 110.1, -7, ("natural", "water"), ("name", "Situ")),
        *square(s * 52, s * 30, 112, -7, ("natural", "water")),
        node(s * 40, 110.01, -7, ("amenity", "clinic"), ("name", "Puskesmas A")),
        node(s * 41, 110.02, -7), node(s * 42, 110.3, -7),
        way(s * 60, [s * 41, s * 42], ("highway", "primary")),
    ]  # fmt: skip


def in_place(elements):
    return sorted(elements, key=lambda e: (["node", "way", "relation"].index(e.tag), int(e.get("id"))))


def all_of(path, folder):
    """Return what the cut holds, and the tables made of it."""
    out = folder / "cut.osm.pbf"
    out.unlink(missing_ok=True)
    cut_osm(path, out, BOX, set(Part))
    things = sorted(
        (t.type_str(), t.id, sorted((k.k, k.v) for k in t.tags),
         [n.ref for n in t.nodes] if t.is_way() else [t.location.x, t.location.y])
        for t in osmium.FileProcessor(str(out))
    )  # fmt: skip
    lakes = osm_tables.water(out, BOX)
    return things, osm_tables.health_facilities(out, BOX).listed.to_dict("records"), list(lakes["id"])


@pytest.mark.parametrize("form", ["osm", "osm.pbf", "o5m"])
@pytest.mark.parametrize("order", ORDERS)
def test_order_says_nothing_of_a_cut(tmp_path, order, form):
    want = all_of(saved(tmp_path, in_place(town()), "osm"), tmp_path)
    things, units, lakes = all_of(saved(tmp_path, ORDERS[order](town()), form), tmp_path)
    assert (things, units, lakes) == want
    assert {i for kind, i, *_ in things if kind == "w"} == {51, 60}
    assert [u["id"] for u in units] == ["node/40"]
    assert lakes == ["way/51"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sign", [1, -1])
def test_order_and_new_ids_say_nothing_of_schools(tmp_path, order, sign):
    found = read_landmarks(saved(tmp_path, ORDERS[order](town(sign)), "osm"), "schools")
    assert found["name"].tolist() == ["SD 1"]
    point = found.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((110, -7), abs=SIDE)


@pytest.mark.parametrize("sign", [-1, 2**40])
def test_ids_of_every_size_are_kept_in_a_cut(tmp_path, sign):
    """JOSM's new ones are negative; libosmium's sets of ids are as long as the largest."""
    things, units, lakes = all_of(saved(tmp_path, in_place(town(sign)), "osm"), tmp_path)
    assert {i for kind, i, *_ in things if kind == "w"} == {51 * sign, 60 * sign}
    assert [u["id"] for u in units] == [f"node/{40 * sign}"]
    assert lakes == [f"way/{51 * sign}"]


def with_versions():
    """Give the town with older and later versions, and what was deleted."""
    old = node(40, 110.01, -7, ("amenity", "pharmacy"))
    gone = way(61, [10, 11], ("highway", "primary"))
    later = way(61, [10, 11], ("highway", "primary"), version=2)
    later.set("visible", "false")
    moved = node(10, 0, 0, version=1)
    elements = town()
    for e in elements:
        if e.get("id") in {"40", "10"}:
            e.set("version", "2")
    return [*elements, old, gone, later, moved]


@pytest.mark.parametrize("order", [in_place, *ORDERS.values()])
def test_the_newest_version_counts(tmp_path, order):
    want = all_of(saved(tmp_path, in_place(town()), "osm"), tmp_path)
    path = saved(tmp_path, order(with_versions()), "osm")
    assert all_of(path, tmp_path) == want
    found = read_landmarks(path, "schools")
    assert found.geometry.iloc[0].x == pytest.approx(110, abs=SIDE)


def test_what_is_deleted_is_not_cut(tmp_path):
    elements = town()
    elements[-1].set("action", "delete")
    things, *_ = all_of(saved(tmp_path, elements, "osm"), tmp_path)
    assert 60 not in {i for kind, i, *_ in things if kind == "w"}


def test_places_that_ways_bring_along_count(tmp_path):
    """Overpass' ``out geom``: the nodes themselves do not come."""
    elements = town()
    at = {e.get("id"): e for e in elements if e.tag == "node"}
    ways = [e for e in elements if e.tag == "way"]
    for e in ways:
        for nd in e.iter("nd"):
            nd.set("lon", at[nd.get("ref")].get("lon"))
            nd.set("lat", at[nd.get("ref")].get("lat"))
    clinic = at["40"]
    path = saved(tmp_path, [clinic, *ways], "osm")
    want = all_of(saved(tmp_path, in_place(town()), "osm"), tmp_path)
    assert all_of(saved(tmp_path, [clinic, *ways], "osm"), tmp_path) == want
    assert len(read_landmarks(path, "schools")) == 1


def test_two_that_differ_without_a_version_are_named(tmp_path):
    elements = [*in_place(town()), way(60, [10, 42], ("highway", "path"))]
    path = saved(tmp_path, elements, "osm")
    with pytest.raises(UnreadableFileError, match=r"^--pbf: kota\.osm has way/60 more than once"):
        cut_osm(path, tmp_path / "cut.osm.pbf", BOX, set(Part), what="--pbf")
    assert read_landmarks(path, "schools")["name"].tolist() == ["SD 1"], "of no interest there"


def test_changes_and_places_without_ids_are_told(tmp_path):
    changes = tmp_path / "a.osm"
    changes.write_text("<osmChange version='0.6'></osmChange>", "utf-8")
    with pytest.raises(UnreadableFileError, match=r"--pbf: .*file of changes"):
        cut_osm(changes, tmp_path / "cut.osm.pbf", BOX, set(Part), what="--pbf")
    elements = in_place(town())
    for nd in elements[-1].iter("nd"):
        del nd.attrib["ref"]
        nd.set("lon", "110")
        nd.set("lat", "-7")
    path = saved(tmp_path, elements, "osm")
    with pytest.raises(UnreadableFileError, match=r"--pbf: .*places without ids"):
        cut_osm(path, tmp_path / "cut.osm.pbf", BOX, set(Part), what="--pbf")


def test_a_large_file_out_of_order_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "OSM_UNORDERED", 5)
    path = saved(tmp_path, town()[::-1], "osm")
    with pytest.raises(UnreadableFileError, match="osmium sort"):
        cut_osm(path, tmp_path / "cut.osm.pbf", BOX, set(Part))


def test_o5m_is_known_by_name_and_content(tmp_path):
    path = saved(tmp_path, in_place(town()), "o5m")
    assert read_osm_ways(path).ids.tolist() == [60]
    other = path.rename(tmp_path / "kota.osm.pbf")
    with pytest.raises(UnreadableFileError, match=r"Rename it to kota\.o5m"):
        require_named_form(other, "roads")
