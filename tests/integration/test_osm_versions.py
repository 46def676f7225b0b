"""OpenStreetMap files that have an object more than once: histories, and files that were put together."""

from __future__ import annotations

import osmium
import pytest

from geodata.errors import UnreadableFileError
from geodata.readers.osm import read_osm_ways
from geodata.readers.osm_pieces import osm_in_pieces
from geodata.readers.osm_roads import read_osm_roads

PATH = '<tag k="highway" v="path"/>'
GATE = '<tag k="barrier" v="gate"/>'
HOW = {
    "area": lambda path, _: [read_osm_ways(path)],
    "nation": lambda path, folder: list(osm_in_pieces([path], folder, ways=1)),
}


def node(number, lon, tags="", more='version="1"'):
    return f'<node id="{number}" lon="{lon}" lat="-7" {more}>{tags}</node>'


def way(number, refs, tags=PATH, more='version="1"'):
    return f'<way id="{number}" {more}>' + "".join(f'<nd ref="{r}"/>' for r in refs) + f"{tags}</way>"


def ferry(tags='<tag k="route" v="ferry"/>', more='version="1"', members=(11,)):
    inner = "".join(f'<member type="way" ref="{m}" role=""/>' for m in members)
    return f'<relation id="5" {more}>{inner}{tags}</relation>'


PLACES = (node(1, 110), node(2, 110.001), node(3, 110.002))
ROAD = way(10, [1, 2])


def saved(folder, *parts, form="osm"):
    text = '<osm version="0.6">' + "".join(parts) + "</osm>"
    path = folder / f"kota.{form}"
    if form == "osm":
        path.write_text(text, "utf-8")
        return path
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(osmium.io.FileBuffer(text.encode(), "osm")):
            writer.add(thing)
    return path


def read(how, path, folder):
    """Return the ways by id with their nodes' longitudes, and what stands at nodes."""
    waiting = folder / "waiting"
    waiting.mkdir()
    pieces = HOW[how](path, waiting)
    ways, stops = {}, {}
    for p in pieces:
        ends = p.first.tolist()
        for i, a, b in zip(p.ids.tolist(), ends, ends[1:], strict=False):
            assert i not in ways
            ways[i] = [None if x != x else round(x, 3) for x in p.lonlat[a:b, 0].tolist()]  # noqa: PLR0124
        stops |= p.barriers
    return ways, stops


V2, GONE = 'version="2"', 'version="2" visible="false"'
ONE = {10: [110.0, 110.001]}
CASES = {
    "twice": ([ROAD, ROAD], ONE),
    "newer": ([way(10, [1, 2], more=V2), way(10, [1, 3])], ONE),
    "newer later": ([way(10, [1, 3]), way(10, [1, 2], more=V2)], ONE),
    "gone": ([ROAD, way(10, [], "", GONE), way(11, [2, 3])], {11: [110.001, 110.002]}),
    "gone first": ([way(10, [], "", GONE), ROAD, way(11, [2, 3])], {11: [110.001, 110.002]}),
    "back": ([ROAD, way(10, [], "", GONE), way(10, [1, 2], more='version="3"')], ONE),
    "no road now": ([ROAD, way(10, [1, 2], '<tag k="building" v="yes"/>', V2), way(11, [2, 3])],
                    {11: [110.001, 110.002]}),
    "skeleton": ([way(10, [1, 2], more=""), way(10, [1, 2], "", "")], ONE),
    "node moved": ([ROAD, node(2, 110.5, more=V2)], {10: [110.0, 110.5]}),
    "node moved before": ([node(2, 110.5, more='version="0"'), way(10, [2, 3])], None),
    "node gone": ([way(10, [1, 2, 3]), node(3, 0, more=GONE)], {10: [110.0, 110.001, None]}),
    "node back": ([way(10, [1, 2]), node(2, 0, more=GONE), node(2, 110.4, more='version="3"')],
                  {10: [110.0, 110.4]}),
    "ferry": ([ROAD, way(11, [2, 3], ""), ferry(), ferry()], {**ONE, 11: [110.001, 110.002]}),
    "no ferry now": ([ROAD, way(11, [2, 3], ""), ferry(), ferry("", V2)], ONE),
    "ferry twice": ([ROAD, way(11, [2, 3], ""), way(11, [2, 1], "", V2), ferry()],
                    {**ONE, 11: [110.001, 110.0]}),
    "ferry gone": ([ROAD, way(11, [2, 3], ""), way(11, [], "", GONE), ferry()], ONE),
    "houses differ": ([ROAD, way(12, [1], '<tag k="building" v="yes"/>', ""), way(12, [2], "", "")], ONE),
}  # fmt: skip


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("form", ["osm", "osh.pbf"])
@pytest.mark.parametrize("case", CASES)
def test_the_newest_version_counts_once(tmp_path, case, form, how):
    parts, expected = CASES[case]
    path = saved(tmp_path, *PLACES, *parts, form=form)
    if expected is None:
        with pytest.raises(UnreadableFileError, match=r"node/2 more than once"):
            read(how, path, tmp_path)
        return
    assert read(how, path, tmp_path)[0] == expected


def test_a_gate_of_an_older_version_is_gone(tmp_path):
    for number, parts in enumerate(
        [
            (node(2, 110.001, GATE), node(2, 110.001, more=V2)),
            (node(2, 110.001, more=V2), node(2, 110.001, GATE)),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        for how in HOW:
            (folder / how).mkdir()
            path = saved(folder, PLACES[0], *parts, ROAD)
            assert read(how, path, folder / how) == (ONE, {})


def test_a_gate_that_overpass_gives_again_without_tags_stands(tmp_path):
    """``out body; >; out skel qt;`` gives a node that was asked for, and is part of a way, twice."""
    path = saved(tmp_path, node(2, 110.001, GATE, ""), *(node(i, x, "", "") for i, x in
                 ((2, 110.001), (1, 110))), way(10, [1, 2], more=""))  # fmt: skip
    assert read("area", path, tmp_path) == (ONE, {2: "barrier=gate"})


@pytest.mark.parametrize("version", ["", 'version="4"'])
@pytest.mark.parametrize("how", HOW)
def test_objects_that_differ_without_a_newer_version_are_named(tmp_path, how, version):
    cases = {
        "way/10": [*PLACES, way(10, [1, 2], more=version), way(10, [1, 3], more=version)],
        "way/11": [*PLACES, way(11, [1, 2], more=version), way(11, [1, 2], PATH + GATE, version)],
        "node/2": [*PLACES[:1], node(2, 111, more=version), node(2, 112, more=version), ROAD],
        "relation/5": [
            *PLACES,
            way(11, [1, 2], ""),
            ferry(more=version),
            ferry(members=(11, 10), more=version),
        ],
    }
    for name, parts in cases.items():
        folder = tmp_path / name.replace("/", "")
        folder.mkdir()
        with pytest.raises(UnreadableFileError, match=rf"kota.osm has {name} more than once.*out meta"):
            read(how, saved(folder, *parts), folder)


def test_a_road_that_stands_twice_is_one_road(tmp_path):
    """It was refused: "field_uniqueness … keep one row for each"."""
    roads, findings, *_ = read_osm_roads(saved(tmp_path, *PLACES, *PLACES, ROAD, ROAD), None, "EPSG:32749")
    assert list(roads.index) == ["way/10#0"]
    assert findings == ()
