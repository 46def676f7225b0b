"""The PWS sheets on paper: a page a village, the ways on their maps, words."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import shapely

from geodata.errors import UnknownCodeError
from planner.coverage.sheets import middle_place, way_to
from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.pipeline import CloseRoad, demo_layers, scenario
from planner.reports.pws import standard_source
from planner.reports.typeset import typeset
from planner.reports.village_sheets import booklet
from planner.reports.village_sheets.booklet import Booklet, districts_of, write_booklets
from planner.reports.village_sheets.drawing import HEIGHT, WIDTH, Drawing
from planner.reports.village_sheets.facts import SheetFacts
from planner.reports.village_sheets.ways import NearestWays
from planner.scenarios.modes import Profile
from planner.texts.formatter import Formatter
from planner.travel import paths

CODE = "99.01.01.1001"


@pytest.fixture(scope="module")
def ilp():
    return Ilp(find_gaps(demo_layers(24)))


def pages(pdf):
    return len(re.findall(rb"/Type/Page\b", pdf))


def texts_of(pdf, path):
    path.write_bytes(pdf)
    out = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    return out.split("\f")[:-1]


@pytest.mark.slow
def test_every_village_is_one_page_behind_a_page_of_contents(ilp, tmp_path):
    files = write_booklets(ilp, tmp_path / "pws")
    villages = ilp.gaps.layers.villages.groupby("district_code").size()
    assert [f.name for f in files] == ["pws-99.01.01-rekaan.pdf", "pws-99.01.02-khayal.pdf", "run.json"]
    assert [pages(f.read_bytes()) for f in files[:2]] == [n + 1 for n in villages]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils are not installed")
def test_the_pages_stand_where_the_contents_say(ilp, tmp_path):
    found = texts_of(Booklet(ilp, "id").pdf("99.01.01"), tmp_path / "a.pdf")
    villages = ilp.gaps.layers.villages
    mine = villages[villages["district_code"] == "99.01.01"].sort_index()
    for number, (code, name) in enumerate(mine["village_name"].items(), start=2):
        [line] = [row for row in found[0].splitlines() if code in row]
        assert line.split()[-1] == str(number)
        page = found[number - 1]
        assert page.split()[0] == name
        assert code in page
        assert "Kepala Puskesmas" in page
        assert "tanda tangan" in page
    assert "dilayani oleh" not in " ".join(found)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_village_that_is_partly_reached_is_called_so(ilp, lang):
    partly = {"id": "sebagian terjangkau", "en": "partly served"}[lang]
    facts, seen = SheetFacts(ilp, lang), 0
    for kind, (number, dry) in zip(
        ilp.kinds, enumerate(ilp.gaps.seasons["dry"][k].villages for k in ilp.kinds), strict=True
    ):
        status = dry["status"]
        for code, one in ilp.answers[kind].iterrows():
            state = facts.of(code)["kinds"][number]["state"]
            assert (state == partly) == (status[code] == "partly" and one["reachable_dry"] == "no")
            seen += state == partly
    assert seen


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "reached", "open_"), [("id", "terjangkau", "belum diketahui"),
                                                       ("en", "served", "not known")])  # fmt: skip
def test_what_is_reached_is_not_said_to_be_unknown(ilp, lang, reached, open_):
    """Annex 1 of the proposal calls it reached: nobody knows only whether the unit functions."""
    sheets, seen = SheetFacts(ilp, lang), 0
    for at, kind in enumerate(ilp.kinds):
        dry, wet = (ilp.gaps.seasons[s][kind].villages["status"] == "served" for s in ("dry", "wet"))
        for code in ilp.gaps.layers.villages.index[dry & wet]:
            state = sheets.of(code)["kinds"][at]["in_contents"]
            seen += state.startswith(f"{reached}*")
            assert state != open_, (code, kind)
    assert seen
    assert open_ in sheets.t["pws_states"].lower()


@pytest.mark.slow
def test_without_roads_no_surface_is_unknown():
    sheets = SheetFacts(Ilp(find_gaps(replace(demo_layers(12), roads=None))), "id")
    wet = {k["wet"] for code in sheets.table.index for k in sheets.of(code)["kinds"]}
    assert "seperti kemarau, karena tanpa data jalan" in wet
    assert not [said for said in wet if "permukaan" in said]


def test_a_puskesmas_of_the_kecamatan_is_not_said_to_be_in_the_village(ilp):
    at = ilp.kinds.index("puskesmas")
    facts, said = SheetFacts(ilp, "id"), set()
    own = set(ilp.gaps.layers.facilities.query("kind == 'puskesmas'")["village_code"])
    for code in ilp.gaps.layers.villages.index:
        present = facts.of(code)["kinds"][at]["present"]
        assert present == ("ya" if code in own else "ya, di kecamatan")
        said.add(present)
    assert len(said) == 2


def test_the_standard_s_source_is_in_the_reader_s_language(ilp):
    said = SheetFacts(ilp, "id").standard
    assert "indeks desa" in said
    assert "anggapan Jangkau" in said
    assert "[A]" not in said + SheetFacts(ilp, "en").standard
    own = ilp.gaps.scenario.model_copy(update={"standard_source": "Perbup 1/2026 [A]"})
    assert standard_source(own, "id") == "Perbup 1/2026 [A]"


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_head_of_a_puskesmas_signs_under_its_name_once(ilp, lang):
    page = Booklet(ilp, lang)._page(CODE)
    title = {"id": "Kepala Puskesmas", "en": "Head of Puskesmas"}[lang]
    assert page["puskesmas"] == "Puskesmas Tanjungrekaan"
    assert page["head"] == f"{title} Tanjungrekaan"


def long_of(page, times):
    """The page with everything as long as may be, so many times over."""
    words = "Kata " * 200
    name, fact, sentence = (
        words[: n * times].strip() for n in (booklet.PLAIN_NAME, booklet.PLAIN_FACT, booklet.PLAIN_SENTENCE)
    )
    wet = "seperti kemarau, permukaan jalan belum diketahui"
    kind = {**page["kinds"][0], "unit": name, "reason": sentence, "wet": wet}
    group = {"label": "usia sekolah dan remaja", "people": "1.234.567", "origin": "belum diketahui"}
    kinds = "puskesmas, pustu, posyandu, rumah sakit"
    return {
        **page, "name": name, "district": name, "puskesmas": name, "head": name, "next": sentence,
        "visits": fact, "referral": fact, "kinds": [kind] * booklet.PLAIN_KINDS * times,
        "groups": [group] * booklet.PLAIN_GROUPS * times, "gaps": kinds, "not_known": kinds,
    }  # fmt: skip


def boxes_of(pdf, path):
    """The boxes of the words of each page, in points: left, top, right, bottom."""
    path.write_bytes(pdf)
    out = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True).stdout
    word = re.compile(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">')
    return [[tuple(map(float, at)) for at in word.findall(page)] for page in out.split("<page ")[1:]]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils are not installed")
def test_a_long_name_without_a_space_stays_on_the_page_and_off_its_neighbours(ilp, tmp_path):
    layers = ilp.gaps.layers
    word = "Karangmulyo" * 11
    villages = layers.villages.assign(village_name=word, district_name=word)
    units = layers.facilities.assign(name=word)
    named = replace(
        layers, villages=villages, facilities=units, area=replace(layers.area, name=word)
    )  # fmt: skip
    found = boxes_of(Booklet(Ilp(find_gaps(named)), "id").pdf("99.01.01"), tmp_path / "a.pdf")
    # A name on the map may reach a hair over its frame.
    right = (210 - 13 + 1) / 25.4 * 72
    assert all(x1 <= right for page in found for _, _, x1, _ in page)
    # A hair less than the boxes, as lines stand close to each other.
    contents = [shapely.box(x0, y0 + 2, x1, y1 - 2) for x0, y0, x1, y1 in found[0]]
    tree = shapely.STRtree(contents)
    one, other = tree.query(contents, predicate="intersects")
    assert (one == other).all()


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 3])
def test_the_longest_page_that_is_not_measured_is_one_page_and_so_is_any_longer(ilp, monkeypatch, times):
    made = Booklet(ilp, "id")
    page = long_of(made.facts.of(CODE), times)
    assert booklet._is_long(page) == (times > 1)
    monkeypatch.setattr(made.facts, "of", lambda code: {**page, "code": code})
    villages = ilp.gaps.layers.villages
    mine = villages[villages["district_code"] == "99.01.01"]
    assert pages(made.pdf("99.01.01")) == len(mine) + 1


def test_ways_are_those_of_the_app(ilp):
    """The same line as the app draws it, leg by leg in degrees."""
    gaps = ilp.gaps
    for way in NearestWays(gaps).of([CODE])[CODE]:
        place = middle_place(gaps, CODE, way.kind, "dry")
        legs = way_to(gaps, place, way.kind, "dry", way.facility_id).to_crs(gaps.demand.crs)
        assert shapely.get_coordinates(way.line) == pytest.approx(
            shapely.get_coordinates(legs.geometry), abs=1e-3
        )
        unit = gaps.layers.facilities.geometry[way.facility_id]
        assert way.goal.distance(unit) < 1e-6


@pytest.mark.slow
def test_a_way_never_jumps(ilp):
    """Drawn, it is as long as the roads that it takes, whichever way they were drawn."""
    gaps = ilp.gaps
    for code, ways in NearestWays(gaps).of(gaps.layers.villages.index).items():
        for way in ways:
            place = middle_place(gaps, code, way.kind, "dry")
            legs = way_to(gaps, place, way.kind, "dry", way.facility_id)
            assert way.line.length == pytest.approx(legs["length_m"].sum(), rel=1e-6)


@pytest.mark.slow
def test_no_way_is_drawn_where_there_is_none(ilp):
    layers = ilp.gaps.layers
    kinds = tuple(k for k in layers.area.listed_kinds if k != "pustu")
    gaps = find_gaps(replace(layers, area=replace(layers.area, listed_kinds=kinds)))
    assert "pustu" not in {w.kind for w in NearestWays(gaps).of([CODE])[CODE]}
    straight = find_gaps(replace(layers, roads=None))
    for way in NearestWays(straight).of([CODE])[CODE]:
        assert len(way.line.coords) == 2


def test_a_drawing_holds_names_a_scale_north_and_ways(ilp):
    drawing, ways = Drawing(ilp, "id"), NearestWays(ilp.gaps).of([CODE])[CODE]
    plain, with_ways = drawing.draw(CODE), drawing.draw(CODE, ways)
    name = ilp.gaps.layers.villages.loc[CODE, "village_name"]
    for svg in (plain, with_ways):
        assert re.search(rf">{name}</text>", svg)
        assert re.search(r">\d+(,\d+)? k?m</text>", svg)
        assert ">U</text>" in svg
    assert 'stroke="#0b57a4"' not in plain
    assert 'stroke="#0b57a4"' in with_ways
    assert ">N</text>" in Drawing(ilp, "en").draw(CODE)


def test_the_scale_is_as_long_as_it_says(ilp):
    """A unit of the drawing in metres, from the village's outline on the ground and on paper."""
    svg = Drawing(ilp, "en").draw(CODE)
    [path] = re.findall(r'<path d="M([^"]*)Z" fill="#dfeaf6"', svg)
    x = [float(pair.split()[0]) for pair in path.split("L")]
    west, _, east, _ = ilp.gaps.layers.villages.geometry[CODE].bounds
    metres = (east - west) / (max(x) - min(x))
    [bar] = set(re.findall(r"v5h([\d.]+)v-5", svg))
    [number, unit] = re.search(r">([\d.]+) (k?m)</text>", svg).groups()
    assert float(bar) * metres == pytest.approx(float(number) * (1000 if unit == "km" else 1), rel=0.01)


@pytest.mark.slow
def test_labels_lie_inside_and_not_on_each_other(ilp):
    drawing = Drawing(ilp, "id")
    for code, ways in NearestWays(ilp.gaps).of(ilp.gaps.layers.villages.index).items():
        boxes = []
        for x, y, size, text in re.findall(
            r'<text x="(\d+)" y="(\d+)" font-size="([\d.]+)"[^>]*>([^<]*)</text>', drawing.draw(code, ways)
        ):
            if float(x) < 130 and float(y) > HEIGHT - 12:
                continue  # the scale's length
            wide = 0.45 * float(size) * len(text)
            boxes.append(shapely.box(float(x), float(y) - 0.7 * float(size), float(x) + wide, float(y)))
        assert all(shapely.box(-1, -1, WIDTH + 1, HEIGHT + 1).covers(b) for b in boxes)
        assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_islets_far_away_do_not_make_a_speck_of_a_village(ilp):
    layers = ilp.gaps.layers
    villages = layers.villages.copy()
    shape = villages.geometry[CODE]
    far = shapely.box(*(np.array(shape.bounds)[[0, 1, 0, 1]] - [90_000, 90_000, 89_900, 89_900]))
    villages.loc[[CODE], "geometry"] = [shapely.MultiPolygon([*shape.geoms, far])]
    islets = Ilp(replace(ilp.gaps, layers=replace(layers, villages=villages)))
    one, other = (re.search(r"v5h([\d.]+)v-5", Drawing(i, "id").draw(CODE)).group(1) for i in (ilp, islets))
    assert one == other


def test_families_are_whole_and_about(ilp):
    found = ilp.visits.villages
    code = found.index[found["status"] == "known"][0]
    said = SheetFacts(ilp, "id").of(code)["visits"]
    assert said.startswith("sekitar ")
    assert "," not in said
    write = Formatter("id")
    assert [write.about(v) for v in (978.2, 0.4, 0.0, 1.0)] == ["978", "< 1", "0", "1"]


def test_a_kecamatan_is_found_by_code_or_name(ilp):
    layers = ilp.gaps.layers
    assert districts_of(layers, "99.01.02") == districts_of(layers, "KHAYAL") == {"99.01.02": "Khayal"}
    assert list(districts_of(layers)) == ["99.01.01", "99.01.02"]
    with pytest.raises(UnknownCodeError, match="no kecamatan 'Khayl'"):
        districts_of(layers, "Khayl")
    twins = layers.villages.assign(district_name="Sukorejo")
    with pytest.raises(UnknownCodeError, match=r"99\.01\.01, 99\.01\.02"):
        districts_of(replace(layers, villages=twins), "Sukorejo")


@pytest.mark.slow
def test_one_answer_gives_one_pdf(ilp):
    assert Booklet(ilp, "en").pdf("99.01.01") == Booklet(ilp, "en").pdf("99.01.01")


def test_what_is_typeset_cannot_read_the_disk_or_hide_our_data(tmp_path):
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    with pytest.raises(RuntimeError):
        typeset(f'#read("{tmp_path}/secret.txt")', {})
    with pytest.raises(ValueError, match=r"data\.json"):
        typeset("", {}, files={"data.json": b""})
    with pytest.raises(ValueError, match="JSON"):
        typeset("", {"n": float("nan")})


def rings_of(path):
    """The polygons of a path of SVG."""
    parts = [part for part in path.replace("M", "").split("Z") if part.strip()]
    rings = [[tuple(map(float, at.split())) for at in part.split("L")] for part in parts]
    return [shapely.Polygon(ring) for ring in rings if len(ring) > 2]


@pytest.mark.slow
def test_the_ground_within_the_frame_is_that_of_the_layers_and_is_not_drawn_far_beyond_it(ilp):
    drawing, villages = Drawing(ilp, "id"), ilp.gaps.layers.villages
    for code in villages.index:
        frame = drawing._frame(villages.geometry[code], [])
        [others, own] = re.findall(r'<path d="M?([^"]*)" fill="#(?:f1efe9|dfeaf6)"', drawing.draw(code))
        for path, shapes in ((own, villages.loc[[code]]), (others, villages.drop(index=code))):
            drawn = rings_of(path)
            if not drawn:
                assert shapes.distance(frame.box).min() > 0
                continue
            assert (shapely.bounds(drawn)[:, :2] >= -4).all()
            assert (shapely.bounds(drawn)[:, 2:] <= [WIDTH + 4, HEIGHT + 4]).all()
            meant = shapely.union_all(shapes.geometry.to_numpy()).intersection(frame.box)
            units = shapely.transform(meant, lambda xy, f=frame: np.column_stack(f.xy(*xy.T)))
            page = shapely.box(0, 0, WIDTH, HEIGHT)
            off = shapely.union_all(shapely.make_valid(drawn)).intersection(page) ^ units
            # What is simplified and rounded to whole units is a thin seam.
            assert off.buffer(-1.5).is_empty


@pytest.mark.slow
def test_the_ways_to_one_unit_are_searched_together(ilp, monkeypatch):
    """A search of the whole network for each village and kind took most of the time."""
    calls = []
    search = paths.dijkstra.shortest_tree
    monkeypatch.setattr(paths.dijkstra, "shortest_tree", lambda *of: calls.append(1) or search(*of))
    found = NearestWays(ilp.gaps).of(ilp.gaps.layers.villages.index)
    units = {(way.kind, way.facility_id) for ways in found.values() for way in ways}
    assert len(calls) == len(units) < sum(map(len, found.values()))


@pytest.mark.slow
@pytest.mark.parametrize("closed", [0, 3])
def test_one_of_all_places_is_joined_as_alone(closed):
    layers = demo_layers(24)
    roads = layers.roads.index[:closed].astype(str)
    gaps = find_gaps(layers, scenario=scenario(edits=[CloseRoad(road=road) for road in roads]))
    profile = Profile("motorcycle", "wet")
    router, all_ = gaps.ways.router(profile), gaps.ways.stops(profile)
    for row in range(len(all_)):
        one, alone = all_.one(row), gaps.ways.place(profile, row)
        assert len(one) == 1
        assert one.walk_m.tolist() == alone.walk_m.tolist()
        for role in ("leaving", "arriving"):
            ends, expected = (router.ends(stops, role) for stops in (one, alone))
            assert sorted(zip(ends.node, ends.seconds, strict=True)) == sorted(
                zip(expected.node, expected.seconds, strict=True)
            )


@pytest.mark.slow
def test_a_referral_that_is_walked_for_want_of_roads_is_told_so(ilp):
    """Seen once: 158 minutes up to the hospital, of a walk along the whole chain."""
    layers = demo_layers(12)
    walked = SheetFacts(Ilp(find_gaps(replace(layers, roads=None))), "id").of(CODE)["referral"]
    assert " menit berjalan kaki (garis lurus)" in walked
    assert "berjalan kaki" not in SheetFacts(ilp, "id").of(CODE)["referral"]
    # And stands whole on the sheet, with what is not known of it.
    both = f"{walked}; belum diketahui puskesmas"
    assert booklet._shortened({"referral": both}) == {"referral": both}
    assert len(both) > booklet.NAME


@pytest.mark.slow
def test_a_kecamatan_without_a_name_has_its_code_once(ilp):
    """Seen once: "Kecamatan 13.76.01 (13.76.01)"."""
    layers = ilp.gaps.layers
    nameless = replace(layers, villages=layers.villages.assign(district_name=""))
    for one, district, code in ((layers, "Rekaan", "99.01.01"), (nameless, "99.01.01", "")):
        data, _ = Booklet(Ilp(find_gaps(one)), "id")._set("99.01.01")
        assert (data["district"].replace("\u200b", ""), data["code"]) == (district, code)
