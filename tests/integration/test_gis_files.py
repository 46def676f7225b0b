"""The files for GIS: a GeoPackage that QGIS opens in our colours, and KML for phones."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata.errors import ConfigError, DiskError, UnknownCodeError
from planner import Ilp, demo_layers, find_gaps, write_gaps
from planner.coverage.show import STATUS_COLORS
from planner.pipeline import CloseFacility, default_scenario
from planner.reports.analyst import kml
from planner.reports.analyst.geopackage import write_geopackage
from planner.reports.analyst.kml import kml_text, write_kml
from planner.reports.analyst.qgis import facility_style, village_style
from planner.reports.analyst.said import AnswerSaid
from planner.reports.documents.words import clean
from planner.reports.maps.page import page_script
from planner.reports.print_maps.look import HATCH_COLOR
from planner.texts.catalogues import map_texts

NS = {"k": "http://www.opengis.net/kml/2.2"}
HOSTILE = (
    "]]>", "<script>alert(1)</script>", "&lt;b&gt;", '"><img src=x onerror=alert(1)>', "' OR 1=1 --",
    "</name></Placemark>", "$[name]", "{{7*7}}", "<![CDATA[x", "a\x00b", "\u202eabc", "\ufffe",
    "a\nb\r\tc", "%s%n", "=1+1", " ", "Ω 😀 ﷺ", "'); DROP TABLE villages; --", "x" * 5000,
)  # fmt: skip
# No half of a character: a column of texts cannot hold one.
NAMES = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
)


@pytest.fixture(scope="module")
def answer():
    """The demo with an island, a unit without a place, one that takes no part, and a kind without a list."""
    layers = demo_layers(14)
    units = layers.facilities.copy()
    units.loc[units.index[3], "geometry"] = None
    units.loc[units.index[3], "status"] = "unlocated"
    units = units[units["kind"] != "hospital"]
    listed = tuple(kind for kind in layers.area.listed_kinds if kind != "hospital")
    area = replace(layers.area, listed_kinds=listed)
    return find_gaps(replace(layers, facilities=units, area=area))


@pytest.fixture(scope="module")
def cut_off():
    """The demo without ferries: an island has no way, so minutes are inf."""
    layers = demo_layers(14)
    gaps = find_gaps(replace(layers, roads=layers.roads[layers.roads["road_class"] != "ferry"]))
    assert np.isinf(gaps.villages()["hospital_minutes_max"]).any()
    return gaps


@pytest.fixture(scope="module")
def package(answer, tmp_path_factory):
    return write_geopackage(answer.ilp, tmp_path_factory.mktemp("gpkg") / "gaps.gpkg", lang="en")


def styles_of(path):
    with closing(sqlite3.connect(path)) as file:
        return pd.read_sql_query("SELECT * FROM layer_styles", file)


# --- GeoPackage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["villages", "facilities", "districts"])
def test_layers_hold_every_cell(answer, package, layer):
    frame = getattr(answer, layer)()
    back = gpd.read_file(package, layer=layer)
    assert len(back) == len(frame)
    assert back.crs.to_epsg() == 4326
    assert back[frame.index.name].tolist() == frame.index.tolist()
    for column in frame.columns.drop("geometry"):
        ours, theirs = frame[column].to_numpy(), back[column].to_numpy()
        if frame[column].dtype.kind in "fi":
            np.testing.assert_array_equal(np.where(np.isinf(ours.astype(float)), np.nan, ours), theirs)
        else:
            assert [None if v != v else v for v in ours] == [None if v != v else v for v in theirs]  # noqa: PLR0124
    there = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    assert (~back.geometry.isna()).tolist() == there.tolist()
    found = shapely.hausdorff_distance(frame.geometry.to_numpy()[there], back.geometry.to_numpy()[there])
    assert found.max() == 0


@pytest.mark.slow
def test_inf_is_nowhere(cut_off, tmp_path):
    path = write_geopackage(cut_off.ilp, tmp_path / "g.gpkg")
    frame = cut_off.villages()
    with closing(sqlite3.connect(path)) as file:
        for layer in ("villages", "facilities", "districts"):
            rows = pd.read_sql_query(f"SELECT * FROM {layer}", file).drop(columns="geom")  # noqa: S608 - our own
            numbers = rows.select_dtypes("number")
            assert np.isfinite(numbers.to_numpy()[~numbers.isna().to_numpy()]).all()
            texts = rows.select_dtypes(exclude="number").astype(str)
            assert not texts.isin(["inf", "-inf", "Infinity"]).any().any()
        back = pd.read_sql_query("SELECT * FROM villages", file).set_index("village_code")
    minutes = [c for c in frame if "minutes" in c]
    assert minutes
    for column in minutes:
        why = back[f"{column}_why"].fillna("")
        assert (why == "no_way").tolist() == np.isinf(frame[column]).tolist()
        assert (why == "unknown").tolist() == frame[column].isna().tolist()
        assert (why != "").tolist() == back[column].isna().tolist()


def test_layer_styles_are_one_default_a_layer(answer, package):
    styles = styles_of(package)
    assert styles.groupby("f_table_name")["useAsDefault"].sum().to_dict() == {
        "districts": 1, "facilities": 1, "villages": 1,
    }  # fmt: skip
    assert (styles["f_geometry_column"] == "geom").all()
    villages = styles[styles["f_table_name"] == "villages"]
    assert len(villages) == len(answer.coverage) * 2 == villages["styleName"].nunique()
    assert villages.loc[villages["useAsDefault"] == 1, "styleName"].tolist() == ["Puskesmas, dry season"]
    with closing(sqlite3.connect(package)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        columns = {row[1] for row in file.execute("PRAGMA table_info(villages)")}
    for qml in villages["styleQML"]:
        assert ET.fromstring(qml).find("renderer-v2").get("attr") in columns  # noqa: S314 - our own


def hexadecimal(rgba):
    red, green, blue, _ = map(int, rgba.split(","))
    return f"#{red:02x}{green:02x}{blue:02x}"


@pytest.mark.parametrize("lang", ["id", "en"])
def test_villages_have_our_colours_and_words(answer, lang):
    said = AnswerSaid(answer, lang)
    style = village_style("pustu", "wet", said, ["people"], own_season=False, default=False)
    root = ET.fromstring(style.qml)  # noqa: S314 - our own
    symbols = {s.get("name"): s for s in root.iter("symbol")}
    seen = {}
    for category in root.iter("category"):
        layers = symbols[category.get("symbol")].findall("layer")
        looks = [{o.get("name"): o.get("value") for o in one.find("Option")} for one in layers]
        # QGIS before 3.22 reads these.
        assert looks == [{p.get("k"): p.get("v") for p in one.findall("prop")} for one in layers]
        seen[category.get("value")] = (category.get("label"), looks)
    assert list(seen) == list(STATUS_COLORS)
    for status, (label, looks) in seen.items():
        assert label == map_texts(lang)[status]
        assert hexadecimal(looks[0]["color"]) == STATUS_COLORS[status]
        # Only what is unknown is hatched.
        assert [one["style"] for one in looks[1:]] == (["f_diagonal"] if status == "unknown" else [])
    assert hexadecimal(seen["unknown"][1][1]["color"]) == HATCH_COLOR
    assert root.find("aliases/alias").get("name") == said.heading("people")


def test_every_facility_has_one_rule(answer):
    """By SQLite, whose words these filters share: each row is drawn by exactly one."""
    frame = answer.facilities()
    kinds, statuses = sorted(set(frame["kind"])), sorted(set(frame["status"]))
    root = ET.fromstring(facility_style(kinds, statuses, AnswerSaid(answer, "id"), []).qml)  # noqa: S314 - our own
    rules = [rule.get("filter") for rule in root.iter("rule")]
    with closing(sqlite3.connect(":memory:")) as file:
        frame.drop(columns="geometry").astype(object).to_sql("facilities", file)
        asked = [f"SELECT facility_id FROM facilities WHERE {rule}" for rule in rules]  # noqa: S608 - our own
        drawn = [file.execute(question).fetchall() for question in asked]
    drawn = [row for some in drawn for row in some]
    assert sorted(i for (i,) in drawn) == sorted(frame.index)


def test_the_same_answer_is_the_same_file(answer, package, tmp_path):
    again = write_geopackage(answer.ilp, tmp_path / "again.gpkg", lang="en")
    assert again.read_bytes() == package.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["again.gpkg"]


@pytest.mark.slow
def test_an_area_without_units_has_all_layers(tmp_path):
    layers = demo_layers(12)
    bare = replace(layers, facilities=layers.facilities.iloc[:0], roads=None, hamlets=None)
    gaps = find_gaps(bare)
    path = gaps.to_gpkg(tmp_path / "bare.gpkg")
    assert pyogrio.read_info(path, layer="facilities")["features"] == 0
    assert pyogrio.read_info(path, layer="facilities")["geometry_type"] == "Point"
    assert len(gpd.read_file(path, layer="villages")) == 12
    assert len(gpd.read_file(gaps.to_kml(tmp_path / "bare.kml"), layer=0)) == 12


# --- KML ---------------------------------------------------------------------------------------------------


def test_gdal_reads_as_many_villages_and_units(answer, tmp_path):
    path = write_kml(answer.ilp, tmp_path / "gaps.kml", lang="en")
    villages, units = (name for name, _ in pyogrio.list_layers(path))
    assert (villages, units) == ("Puskesmas, dry season", "Facilities")
    back = gpd.read_file(path, layer=villages)
    assert back["Name"].tolist() == answer.villages()["village_name"].tolist()
    assert len(gpd.read_file(path, layer=units)) == len(answer.facilities())
    points = gpd.read_file(path, layer=units)
    nowhere = points.geometry.isna() | points.geometry.is_empty
    assert nowhere.sum() == 1
    true = answer.villages().to_crs(answer.layers.villages.crs)
    drawn = back.set_index(true.index).to_crs(true.crs)
    assert (drawn.area / true.area).between(0.9, 1.1).all()


@pytest.mark.parametrize("kind", ["pustu", "hospital"])
def test_colours_are_those_of_the_statuses(answer, kind):
    root = ET.fromstring(kml_text(answer.ilp, lang="en", kind=kind))  # noqa: S314 - our own
    fills = {s.get("id"): s.findtext("k:PolyStyle/k:color", "", NS) for s in root.iterfind(".//k:Style", NS)}
    marks = root.find(".//k:Folder", NS).findall("k:Placemark", NS)
    for mark, status in zip(marks, answer.villages()[f"{kind}_status"], strict=True):
        abgr = fills[mark.findtext("k:styleUrl", "", NS).removeprefix("#")]
        assert f"#{abgr[6:]}{abgr[4:6]}{abgr[2:4]}" == STATUS_COLORS[status]
    for status in ("served", "gap", "unknown"):
        assert map_texts("en")[status] in root.findtext("k:Document/k:description", "", NS)


@pytest.mark.slow
def test_outlines_get_simpler_until_the_file_is_small(answer, monkeypatch):
    fine = len(kml_text(answer.ilp))
    monkeypatch.setattr(kml, "MOST_BYTES", fine - 1)
    assert len(kml_text(answer.ilp)) < fine
    monkeypatch.setattr(kml, "MOST_BYTES", 1)
    root = ET.fromstring(kml_text(answer.ilp))  # noqa: S314 - our own
    assert len(root.findall(".//k:Placemark", NS)) == len(answer.villages()) + len(answer.facilities())


def test_inf_is_in_no_text(cut_off):
    text = kml_text(cut_off.ilp, lang="en")
    assert map_texts("en")["unreachable"] in text
    assert ": inf" not in text
    assert "nan" not in text.lower().replace("&", " ").split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "walk", "unknown"),
    [("id", "menit (median), jalan kaki, garis lurus: ", "belum diketahui"),
     ("en", "minutes (median), on foot, straight line: ", "unknown")],
)  # fmt: skip
def test_without_roads_the_kml_says_that_minutes_are_walked(lang, walk, unknown):
    """Seen once: 48 minutes to a puskesmas, which people reach by motorcycle."""
    layers = demo_layers(12)
    gaps = find_gaps(replace(layers, roads=None))
    root = ET.fromstring(kml_text(gaps.ilp, lang=lang))  # noqa: S314 - our own
    said = map_texts(lang)
    assert said["network_none"] in root.findtext("k:Document/k:description", "", NS)
    marks = [
        m.findtext("k:description", "", NS) for m in root.find(".//k:Folder", NS).findall("k:Placemark", NS)
    ]
    lines = [line for mark in marks for line in mark.split("<br>") if said["minutes"] in line]
    assert lines
    assert all(walk in line for line in lines)
    assert walk not in kml_text(find_gaps(layers).ilp, lang=lang)
    # Nor is twice said of a kind without a list that nobody knows.
    listed = tuple(kind for kind in layers.area.listed_kinds if kind != "hospital")
    units = layers.facilities[layers.facilities["kind"] != "hospital"]
    few = replace(layers, facilities=units, area=replace(layers.area, listed_kinds=listed))
    text = kml_text(find_gaps(few).ilp, lang=lang)
    assert f"{unknown}; {unknown}" not in text
    assert text.count(f"{said['kind_hospital']}:") == len(layers.villages)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "named", "nameless"),
    [("id", "Andaian “dua tutup”, bukan keadaan sekarang. ", "Andaian, bukan keadaan sekarang. "),
     ("en", "What if “dua tutup”, not the present. ", "What if, not the present. ")],
)  # fmt: skip
def test_a_kml_of_a_what_if_is_called_so(lang, named, nameless):
    closed = (CloseFacility(id="P9901002"),)
    for name, begins in (("dua tutup", named), ("default", nameless)):
        scenario = default_scenario().model_copy(update={"name": name, "edits": closed})
        gaps = find_gaps(demo_layers(12), scenario=scenario)
        root = ET.fromstring(kml_text(gaps.ilp, lang=lang))  # noqa: S314 - our own
        assert root.findtext("k:Document/k:name", "", NS).startswith(begins)
        page = page_script(gaps, map_texts(lang), lang=lang, offline=True)
        assert json.dumps(begins[:-2], ensure_ascii=False)[1:-1] in page or begins[:-2] in page


class Tags(HTMLParser):
    """What a browser would make of a description."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags |= {tag, *(name for name, _ in attrs)}

    def handle_data(self, data):
        self.text += data


def under(answer, name):
    """The answer with a name everywhere that a file could bring one."""
    layers = answer.layers
    villages, units = layers.villages.copy(), layers.facilities.copy()
    villages["village_name"] = villages["district_name"] = name
    units["name"] = units["source"] = units["parent_id"] = name
    sources = tuple(replace(s, source=name, licence=name) for s in layers.sources)
    area = replace(layers.area, name=name)
    scenario = answer.scenario.model_copy(update={"name": name})
    new = replace(layers, villages=villages, facilities=units, area=area, sources=sources)
    return replace(answer, layers=new, scenario=scenario)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(name=NAMES)
@example(name="]]>")
@example(name="<script>alert(1)</script>")
def test_no_name_breaks_the_kml(answer, name):
    ilp = under(answer, name).ilp
    root = ET.fromstring(kml_text(ilp).encode())  # noqa: S314 - our own
    villages, units = root.findall(".//k:Folder", NS)
    assert len(villages.findall("k:Placemark", NS)) == len(answer.villages())
    shown = clean(name).replace("<", "\u2039").replace(">", "\u203a")
    for mark in villages.findall("k:Placemark", NS):
        assert mark.findtext("k:name", "", NS) == shown
        page = Tags()
        page.feed(mark.findtext("k:description", "", NS))
        page.close()
        assert page.tags <= {"b", "br"}
        assert clean(name) in page.text
    for mark in units.findall("k:Placemark", NS):
        assert "<" not in mark.findtext("k:name", "", NS)
    head = Tags()
    head.feed(root.findtext("k:Document/k:description", "", NS))
    assert head.tags <= {"p", "span", "style", "br"}


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(name=NAMES)
@example(name="'); DROP TABLE villages; --")
@example(name="a\x00b")
def test_no_name_breaks_the_package(answer, tmp_path_factory, name):
    path = write_geopackage(under(answer, name).ilp, tmp_path_factory.mktemp("hostile") / "gaps.gpkg")
    back = gpd.read_file(path, layer="villages")
    assert back["village_name"].tolist() == [name.replace("\x00", " ")] * len(answer.villages())
    assert len(gpd.read_file(path, layer="facilities")) == len(answer.facilities())
    assert all(ET.fromstring(qml).tag == "qgis" for qml in styles_of(path)["styleQML"])  # noqa: S314


# --- what is wrong is said ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_geopackage, write_kml])
def test_what_is_wrong_is_said(answer, tmp_path, write):
    suffix = ".gpkg" if write is write_geopackage else ".kml"
    with pytest.raises(ConfigError, match=f"name it gaps{suffix}"):
        write(answer.ilp, tmp_path / "gaps.shp")
    with pytest.raises(ConfigError, match="lang"):
        write(answer.ilp, tmp_path / f"gaps{suffix}", lang="jv")
    with pytest.raises(DiskError, match="could not be written"):
        write(answer.ilp, tmp_path / "nowhere" / f"gaps{suffix}")
    there = tmp_path / f"dir{suffix}"
    there.mkdir()
    with pytest.raises(DiskError, match="could not be written"):
        write(answer.ilp, there)
    assert [p.name for p in tmp_path.iterdir()] == [there.name]


def test_a_kind_that_is_not_there(answer, tmp_path):
    with pytest.raises(UnknownCodeError, match="Use one of puskesmas"):
        write_kml(answer.ilp, tmp_path / "g.kml", kind="apotek")


@pytest.mark.slow
def test_an_older_file_stays_when_writing_fails(answer, tmp_path, monkeypatch):
    path = answer.to_gpkg(tmp_path / "g.gpkg")
    before = path.read_bytes()

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyogrio, "write_dataframe", full)
    with pytest.raises(DiskError, match="No space left"):
        answer.to_gpkg(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["g.gpkg"]


@pytest.mark.slow
def test_the_command_line_writes_both(answer, tmp_path):
    files = {p.name: p for p in write_gaps(answer, tmp_path / "out", lang="en")}
    assert files["gaps.gpkg"].read_bytes() == answer.to_gpkg(tmp_path / "g.gpkg", lang="en").read_bytes()
    assert files["gaps.kml"].read_text("utf-8") == kml_text(Ilp(answer), lang="en")
