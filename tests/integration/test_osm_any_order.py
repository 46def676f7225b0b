"""OpenStreetMap files in every order, form and way to read them: the roads are those of the sorted file."""

from __future__ import annotations

import random
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osm_support import node, saved, way

from geodata.errors import DiskError
from geodata.readers import osm_nodes
from geodata.readers.osm import read_osm_ways
from geodata.readers.osm_pieces import osm_in_pieces
from geodata.readers.osm_roads import read_osm_roads

FORMS = ("osm", "osm.gz", "osm.bz2", "osm.pbf", "o5m")
# As it is read: in Python, by libosmium's index, and by that of large files.
HOW = {
    "small": {},
    "index": {"SMALL_BYTES": 0},
    "large": {"SMALL_BYTES": 0, "LARGE_BYTES": 0},
}
TUGU = "data/osm/yogyakarta_tugu.osm"


def plainly(elements: list[ET.Element]) -> dict[int, list[tuple[int, float, float]]]:
    """Return by way its nodes and their places, read without osmium."""
    at = {int(e.get("id", "")): e for e in elements if e.tag == "node"}
    nan = float("nan")
    out = {}
    for e in elements:
        if e.tag == "way" and any(t.get("k") == "highway" for t in e.iter("tag")):
            refs = [int(n.get("ref", "")) for n in e.iter("nd")]
            out[int(e.get("id", ""))] = [
                (r, float(at[r].get("lon", "")), float(at[r].get("lat", ""))) if r in at else (r, nan, nan)
                for r in refs
            ]
    return out


def barriers(elements: list[ET.Element]) -> set[int]:
    return {
        int(e.get("id", "")) for e in elements for t in e.iter("tag")
        if e.tag == "node" and t.get("k") == "barrier"
    }  # fmt: skip


def by_way(ways) -> dict[int, list[tuple[int, float, float]]]:
    rows = list(zip(ways.node.tolist(), *ways.lonlat.T.tolist(), strict=True))
    ends = ways.first.tolist()
    return {i: rows[a:b] for i, a, b in zip(ways.ids.tolist(), ends, ends[1:], strict=False)}


def same(found, expected) -> None:
    assert sorted(found) == sorted(expected)
    for i, rows in expected.items():
        assert [r[0] for r in found[i]] == [r[0] for r in rows]
        np.testing.assert_allclose([r[1:] for r in found[i]], [r[1:] for r in rows], atol=6e-8)


@st.composite
def networks(draw, *, negative: bool = True):
    """Give the elements of a small network in ascending order of their ids, as files come."""
    low = -20 if negative else 1
    some = st.one_of(st.integers(low, 30), st.integers(2**33, 2**33 + 9)).filter(bool)
    ids = sorted(draw(st.sets(some, min_size=3, max_size=12)))
    parts = st.integers(-9_999, 9_999)
    nodes = [
        node(i, 110 + draw(parts) / 1e5, -7 + draw(parts) / 1e5,
             *([("barrier", "bollard")] if draw(st.booleans()) else []))
        for i in ids
    ]  # fmt: skip
    # The last one may be lacking: extracts end somewhere.
    nodes = nodes[: len(nodes) - draw(st.integers(0, 1))]
    number = sorted(draw(st.sets(st.integers(low, 40).filter(bool), min_size=1, max_size=6)))
    ways = [
        way(i, draw(st.lists(st.sampled_from(ids), min_size=2, max_size=6)),
            draw(st.sampled_from([("highway", "path"), ("highway", "primary"), ("building", "yes")])))
        for i in number
    ]  # fmt: skip
    return nodes + ways


def read_as(how: str, path: Path, folder: Path):
    """Give what both readers find: that of one area, and that of a country in pieces."""
    with ExitStack() as stack:
        for name, value in HOW[how].items():
            stack.enter_context(mock.patch.object(osm_nodes, name, value))
        yield read_osm_ways(path)
        with tempfile.TemporaryDirectory(dir=folder) as waiting:
            pieces = list(osm_in_pieces([path], Path(waiting), ways=2, nodes=3))
    found = {i: rows for p in pieces for i, rows in by_way(p).items()}
    standing = {i for p in pieces for i in p.barriers}
    yield found, standing


def other_versions(draw, elements: list[ET.Element]) -> list[ET.Element]:
    """Give copies of some, and older versions of some that were elsewhere, and tagged otherwise."""
    more = list(draw(st.lists(st.sampled_from(elements), max_size=3)))
    for e in draw(st.lists(st.sampled_from(elements), max_size=3, unique_by=id)):
        i = int(e.get("id", ""))
        refs = [int(n.get("ref", "")) for n in e.iter("nd")][::-1]
        tags = draw(st.sampled_from([[("highway", "track"), ("barrier", "gate")], [("building", "yes")], []]))
        more.append(way(i, refs, *tags) if refs else node(i, 111, -6, *tags))
        e.set("version", "2")
    return more


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_the_order_of_a_file_says_nothing(form, how, data):
    """Nodes, ways, both between each other; twice, and in older versions, where files were put together."""
    elements = data.draw(networks(negative=form != "o5m"))
    more = other_versions(data.draw, elements)
    expected, stops = plainly(elements), barriers(elements)
    mixed = data.draw(st.permutations(elements + more))
    with tempfile.TemporaryDirectory() as place:
        path = saved(Path(place), mixed, form)
        ways, (pieces, standing) = read_as(how, path, Path(place))
    same(by_way(ways), expected)
    same(pieces, expected)
    on_roads = stops & {r[0] for rows in expected.values() for r in rows}
    assert set(ways.barriers) == standing == on_roads
    assert len(ways.ids) == len(expected)


ORDERS = {
    "as given": lambda e, _: e,
    "ways first": lambda e, _: sorted(e, key=lambda x: x.tag != "way"),
    "quadtiles": lambda e, _: sorted(e, key=lambda x: (x.tag, x.get("lon", "")[-3:], x.get("lat"))),
    "tagged first": lambda e, _: sorted(e, key=lambda x: (x.tag, x.find("tag") is None)),
    "shuffled": lambda e, r: r.sample(e, len(e)),
    "backwards": lambda e, _: e[::-1],
}


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", ORDERS)
def test_roads_of_a_town_in_every_order(shared, tmp_path, order, form, how, monkeypatch):
    elements = [e for e in ET.parse(shared / TUGU).getroot() if e.tag in {"node", "way", "relation"}]  # noqa: S314
    expected = read_osm_roads(shared / TUGU, None, "EPSG:32749").frame
    path = saved(tmp_path, ORDERS[order](elements, random.Random(4)), form)  # noqa: S311
    for name, value in HOW[how].items():
        monkeypatch.setattr(osm_nodes, name, value)
    roads, findings, *_ = read_osm_roads(path, None, "EPSG:32749")
    assert sorted(roads.index) == sorted(expected.index)
    assert roads.geometry.geom_equals_exact(expected.geometry.loc[roads.index], 0.01).all()
    same(by_way(read_osm_ways(path)), plainly(elements))
    assert "incomplete_way" not in {f.rule for f in findings}


@pytest.mark.parametrize(
    "order", [lambda n: n[::-1], lambda n: [*n[:2], n[3], n[2]], lambda n: n[2:] + n[:2]]
)
@pytest.mark.parametrize("small", [0, 10**6])
def test_nodes_out_of_order(tmp_path, monkeypatch, order, small):
    """Overpass' ``out qt`` gives them by quadtile: nearly all roads were gone, without a word."""
    monkeypatch.setattr(osm_nodes, "SMALL_BYTES", small)
    nodes = [node(i, 110 + i / 1e3, -7) for i in (1, 2, 3, 12)]
    streets = [way(10, [1, 2, 3], ("highway", "path")), way(11, [3, 12], ("highway", "path"))]
    roads, findings, *_ = read_osm_roads(saved(tmp_path, order(nodes) + streets, "osm"), None, "EPSG:32749")
    assert sorted(roads.index) == ["way/10#0", "way/11#0"]
    assert findings == ()


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(osm_nodes, "SMALL_BYTES", 0)
    monkeypatch.setattr(osm_nodes.shutil, "disk_usage", lambda _: mock.Mock(free=10**6))
    path = saved(tmp_path, [node(1, 110, -7), node(2, 111, -7), way(10, [1, 2], ("highway", "path"))], "osm")
    with pytest.raises(DiskError, match=r"17 MB .* 1 MB.*TMPDIR"):
        read_osm_ways(path)
