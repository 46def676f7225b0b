"""`jangkau fetch` against a server on loopback: Sabang's villages, and Monaco's OpenStreetMap moved to it."""

from __future__ import annotations

import gzip
import hashlib
import json
from xml.etree import ElementTree as ET

import fetch_support as server
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from fetch_support import serving

from geodata.downloads import client
from geodata.downloads.area import RECORD
from geodata.downloads.osm_area import KEPT, OsmPart, cut_osm, overpass_question

pytestmark = [pytest.mark.enable_socket, pytest.mark.realdata]
SABANG = "boundaries/11.72_sabang"
MONACO = (7.4206, 43.7370)


@pytest.fixture(scope="module")
def villages(shared):
    return gpd.read_file(shared / f"data/{SABANG}_desa.geojson")


@pytest.fixture(scope="module")
def moved(shared, villages):
    """Monaco's map as XML, with its middle at Sabang's; and a puskesmas with everything that is private."""
    west, south, east, north = villages.total_bounds
    with gzip.open(shared / "data/osm/monaco.osm.gz") as file:
        tree = ET.parse(file)  # noqa: S314 - a file of ours
    for node in tree.iter("node"):
        node.set("lon", f"{float(node.get('lon')) + (west + east) / 2 - MONACO[0]:.7f}")
        node.set("lat", f"{float(node.get('lat')) + (south + north) / 2 - MONACO[1]:.7f}")
    place = {"lon": f"{(west + east) / 2:.7f}", "lat": f"{(south + north) / 2:.7f}"}
    units = (
        {"amenity": "clinic", "name": "Puskesmas Sukajaya", "phone": "+62-0812-99", "operator": "Somebody",
         "contact:whatsapp": "+62-0812-99", "description": "ask for Somebody", "email": "a@b"},
        {"amenity": "doctors", "name": "dr. Somebody"},
    )  # fmt: skip
    first = next(tree.iter("node"))
    at = list(tree.getroot()).index(first)
    for number, tags in enumerate(units, 1):
        node = ET.Element("node", {"id": str(number), **place, "user": "mapper", "uid": "7", "version": "1"})
        for key, value in tags.items():
            ET.SubElement(node, "tag", k=key, v=value)
        tree.getroot().insert(at + number - 1, node)
    return ET.tostring(tree.getroot(), encoding="utf-8")


@pytest.fixture(scope="module")
def tiffs(tmp_path_factory):
    """A tile of heights (N05 E095), and people of the whole region: one in each pixel."""
    folder, rng = tmp_path_factory.mktemp("tiffs"), np.random.default_rng(1)
    made = {}
    for name, size, step, west, north, values in (
        ("heights", 360, 1 / 360, 95.0, 6.0, rng.random((360, 360)) * 300),
        ("people", 400, 1 / 120, 94.0, 7.5, np.ones((400, 400))),
    ):
        with rasterio.open(
            folder / name, "w", driver="GTiff", width=size, height=size, count=1, dtype="float32",
            crs="EPSG:4326", transform=rasterio.Affine(step, 0, west, 0, -step, north), nodata=-9999,
        ) as raster:  # fmt: skip
            raster.write(values.astype("float32"), 1)
        made[name] = (folder / name).read_bytes()
    return made


@pytest.fixture(scope="module")
def files(shared, moved, tiffs):
    data = shared / "data"
    return {
        **{level: server.as_sql(data / f"{SABANG}_{level}.geojson") for level in ("desa", "kec", "kab")},
        "interpreter": moved,
        "N05_00_E095_00": tiffs["heights"],
        "people": tiffs["people"],
    }


PLACES = {"boundaries": "desa", "districts": "kec", "regencies": "kab", "overpass": "interpreter",
          "population": "people", "elevation": "{tile}"}  # fmt: skip


@pytest.fixture
def fetch(jangkau, tmp_path, monkeypatch):
    monkeypatch.setattr(client.Patience, "__init__", quick_patience)

    def run(served, *more, code="11.72", out=None, places=PLACES):
        mirrors = [w for n, p in places.items() for w in ("--mirror", f"{n}={served.address}/{p}")]
        return jangkau("fetch", code, "--out", out or tmp_path / "area", "--cache", tmp_path / "cache",
                       *mirrors, *more)  # fmt: skip

    return run


def quick_patience(self):
    for name, value in {
        "first_s": 0.01, "longest_s": 0.02, "asked_s": 0.5, "slow_s": 30.0, "slow_bytes_s": 500.0,
    }.items():  # fmt: skip
        object.__setattr__(self, name, value)


@pytest.mark.slow
def test_a_fetched_area_is_built(fetch, files, villages, tmp_path, jangkau):
    with serving(**files) as served:
        status, out, err = fetch(served)
    assert (status, err) == (0, "")
    assert "Kota Sabang: villages.geojson (18)" in out
    assert "list of facilities is incomplete" in out
    area = tmp_path / "area"
    got = gpd.read_file(area / "villages.geojson").sort_values("kode", ignore_index=True)
    want = villages.sort_values("kode", ignore_index=True)
    assert got["kode"].tolist() == want["kode"].tolist()
    assert got["nama"].tolist() == want["nama"].tolist()
    assert all(a.equals_exact(b) for a, b in zip(got.geometry, want.geometry, strict=True))
    assert set(got["kecamatan"]) == {"Sukajaya", "Sukakarya", "Sukamakmue"}
    units = pd.read_csv(area / "facilities.csv")
    assert units.set_index("id").loc["node/1", ["name", "kind"]].tolist() == [
        "Puskesmas Sukajaya", "puskesmas",
    ]  # fmt: skip
    unclear = pd.read_csv(area / "facilities_unclear.csv").set_index("id")
    assert unclear.loc["node/2", "amenity"] == "doctors"
    assert pd.isna(unclear.loc["node/2", "name"]), "that of a person"
    told = {f["rule"]: f for f in json.loads((area / RECORD).read_text("utf-8"))["findings"]}
    assert told["unclear_kind"]["count"] == len(unclear)
    assert "node/2" in told["unclear_kind"]["ids"]
    assert "no_district_name" not in told
    written = (area / "AREA.yml").read_text("utf-8")
    read = yaml.safe_load(written)
    assert (read["code"], read["name"]) == ("11.72", "Kota Sabang")
    assert read["roads"]["licence"] == "ODbL 1.0"
    assert "covers" not in read["facilities"][0]
    assert "INCOMPLETE" in written
    assert read["population"]["raster"]["path"] == "population.tif"
    assert "hamlets" not in read
    with rasterio.open(area / "population.tif") as raster:
        west, south, east, north = villages.total_bounds
        pixels = np.ceil(((east - west) * 120, (north - south) * 120))
        assert raster.read(1).sum() == raster.width * raster.height
        assert set(np.array([raster.width, raster.height]) - pixels) <= {0, 1}
    status, said, err = jangkau("build", area / "AREA.yml", "--out", tmp_path / "w")
    assert (status, err) == (0, "")
    assert "18 villages (0 with unknown people)" in said
    manifest = json.loads((tmp_path / "w/manifest.json").read_text("utf-8"))
    assert {"villages", "roads", "facilities", "water"} <= manifest["layers"].keys()
    assert manifest["layers"]["roads"]["rows"] > 500
    assert all(s["licence"] for s in manifest["sources"])


@pytest.mark.slow
def test_a_kecamatan_without_a_name_in_the_source_is_told(fetch, files, tmp_path):
    """Its row is gone; the others keep their names."""
    rows = files["kec"].decode().splitlines()
    kept = [row for row in rows if "Sukamakmue" not in row]
    assert len(kept) == len(rows) - 1
    kept[-1] = kept[-1].rstrip(",;") + ";"
    with serving(**{**files, "kec": "\n".join(kept).encode()}) as served:
        assert fetch(served, "--without", "elevation,population")[0] == 0
    got = gpd.read_file(tmp_path / "area/villages.geojson")
    assert set(got["kecamatan"].fillna("")) == {"Sukajaya", "Sukakarya", ""}
    [gone] = set(got["kode"][got["kecamatan"].fillna("") == ""].str[:8])
    found = json.loads((tmp_path / "area" / RECORD).read_text("utf-8"))["findings"]
    [told] = [f for f in found if f["rule"] == "no_district_name"]
    assert (told["severity"], told["count"], told["ids"]) == ("info", 1, [gone])


def cut_off(text, rows):
    """A file of outlines with its first rows alone, whole as SQL."""
    lines = text.decode().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("\t("))
    kept = lines[: first + rows]
    kept[-1] = kept[-1].rstrip(",;") + ";"
    return "\n".join(kept).encode()


@pytest.mark.slow
def test_villages_that_are_missing_are_told(fetch, files, tmp_path):
    """Four of 18, in whole SQL: the kabupaten's outline and its kecamatan tell that there are more."""
    few = {**files, "desa": cut_off(files["desa"], 4)}
    with serving(**few) as served:
        status, out, _ = fetch(served, "--without", "elevation,population,roads,water,settlements,facilities")
    assert status == 3
    found = {f["rule"]: f for f in json.loads((tmp_path / "area" / RECORD).read_text("utf-8"))["findings"]}
    hole = found["ground_without_village"]
    assert hole["severity"] == "error"
    assert "none of the source's 4 villages" in hole["message"]
    assert "ground_without_village" in out
    assert found["districts_without_village"]["count"] >= 1


NOTHING_ELSE = ("--name", "X", "--without",
                "districts,elevation,population,roads,water,settlements,facilities")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["spoiled", "another kabupaten", "cut after a village"])
def test_what_was_no_good_is_asked_for_again(fetch, files, tmp_path, fault):
    """The advice is to fetch again: a fault that the cache keeps would come back each time."""
    good = files["desa"]
    bad = {
        "spoiled": good.replace(b"5.8", b"NaN", 3),
        "another kabupaten": good.replace(b"'11.72.", b"'12.72."),
        "cut after a village": cut_off(good, 4),
    }[fault]
    with serving(**{**files, "desa": bad}) as served:
        status, out, err = fetch(served, *NOTHING_ELSE)
        assert (status, "villages_uncounted" in out + err) == ((0, True) if "cut" in fault else (2, False))
        served.files["desa"] = good
        served.seen.clear()
        assert fetch(served, *NOTHING_ELSE)[0] == 0
        assert served.paths() == ["/desa"]
    found = gpd.read_file(tmp_path / "area" / "villages.geojson")
    assert len(found) == 18


@pytest.mark.slow
def test_without_outlines_the_numbers_of_villages_are_told(fetch, files, tmp_path):
    """Nothing says how many there are: what is told is how many came, and which numbers are left out."""
    rows = [r for r in files["desa"].decode().splitlines() if "'11.72.01.2006'" not in r]
    rows[-1] = rows[-1].rstrip(",;") + ";"
    with serving(**{**files, "desa": "\n".join(rows).encode()}) as served:
        assert fetch(
            served, "--name", "X", "--without",
            "districts,elevation,population,roads,water,settlements,facilities",
        )[0] == 0  # fmt: skip
    found = {f["rule"]: f for f in json.loads((tmp_path / "area" / RECORD).read_text("utf-8"))["findings"]}
    assert "the source has 17" in found["villages_uncounted"]["message"]
    assert "11.72.01.2006" in found["villages_uncounted"]["ids"]


@pytest.mark.slow
def test_one_question_is_asked_for_all_of_openstreetmap(fetch, files):
    with serving(**files) as served:
        assert fetch(served, "--without", "elevation,population")[0] == 0
    asked = [q for path, _, q in served.seen if path == "/interpreter"]
    assert len(asked) == 1
    for word in (
        'way["highway"]', 'way["route"~"ferry",i]', 'rel["route"~"ferry",i]',
        'rel["type"="multipolygon"]["highway"]', '"natural"="water"', '"place"', '"healthcare"', "(._;>;)",
    ):  # fmt: skip
        assert word in asked[0]
    assert "meta" not in asked[0]
    assert "N05" not in str(served.paths())


@pytest.mark.slow
def test_where_each_file_came_from_is_written_down(fetch, files, tmp_path):
    with serving(**files) as served:
        assert fetch(served)[0] == 0
    record = json.loads((tmp_path / "area/sources.json").read_text("utf-8"))
    assert record["command"] == "fetch"
    for name, entry in record["files"].items():
        data = (tmp_path / "area" / name).read_bytes()
        assert entry["sha256"] == hashlib.sha256(data).hexdigest(), name
        assert entry["sources"], name
    village = record["files"]["villages.geojson"]["sources"][0]
    assert village["sha256"] == hashlib.sha256(files["desa"]).hexdigest()
    assert village["address"] == f"{served.address}/desa"
    assert village["date"].startswith("20")
    assert village["licence"] == "MIT"
    assert "cahyadsn" in village["attribution"]
    tiles = record["files"]["elevation.tif"]["sources"]
    assert [t["sha256"] != "" for t in tiles] == [True, False], "the second is of the sea"
    listed = {p.name for p in (tmp_path / "area").iterdir()} - {"sources.json"}
    assert record["files"].keys() == listed


@pytest.mark.slow
def test_nobodys_telephone_is_kept_anywhere(fetch, files, tmp_path):
    import osmium

    with serving(**files) as served:
        assert fetch(served)[0] == 0
    assert b"+62-0812-99" in files["interpreter"]
    kept = [*tmp_path.rglob("*.pbf")]
    assert len(kept) == 2, "in the folder and in the cache"
    for file in kept:
        for thing in osmium.FileProcessor(str(file)):
            assert {t.k for t in thing.tags} <= KEPT
            assert (thing.user, thing.uid, thing.changeset) == ("", 0, 0)
            assert "Somebody" not in str(dict(thing.tags))
    for file in tmp_path.rglob("*"):
        if file.is_file():
            text = file.read_bytes().decode("utf-8", "replace")
            assert "+62-0812-99" not in text, file
            assert "Somebody" not in text, file


@pytest.mark.slow
def test_offline_gives_the_same_bytes_and_says_what_is_missing(fetch, files, tmp_path):
    with serving(**files) as served:
        assert fetch(served, "--without", "population")[0] == 0
    first = {p.name: p.read_bytes() for p in (tmp_path / "area").iterdir()}
    assert fetch(served, "--offline", "--without", "population")[0] == 0
    assert {p.name: p.read_bytes() for p in (tmp_path / "area").iterdir()} == first
    status, _, err = fetch(served, "--offline")
    assert status == 2
    assert "population: not in the cache" in err
    assert {p.name: p.read_bytes() for p in (tmp_path / "area").iterdir()} == first


FAULTS = {
    "busy": (server.status(429, Retry_After="0"), "answered 429"),
    "timed out": (server.status(504), "answered 504"),
    "cut": (server.cut(3000, says_version=False), "ended after 3,000|broke off"),
    "a web page": (server.body(b"<html><body>Sign in</body></html>"), "a web page came"),
    "a remark": (
        server.body(b"<?xml version='1.0'?><osm><remark>runtime error: Query timed out</remark></osm>"),
        "Query timed out|in place of",
    ),
    "gone": (server.status(403), "answered 403"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("source", ["boundaries", "overpass", "population", "elevation"])
def test_a_source_that_fails_leaves_nothing(fetch, files, tmp_path, source, fault):
    answer, words = FAULTS[fault]
    path = {"elevation": "N05_00_E095_00"}.get(source, PLACES[source])
    with serving(**files) as served:
        served.always[f"/{path}"] = answer
        status, out, err = fetch(served)
        assert (status, out) == (2, "")
        assert any(w in err for w in words.split("|")), err
        assert f"--mirror {source}=ADDRESS" in err
        assert [p.name for p in tmp_path.iterdir()] == ["cache"], "no folder, no leftovers beside it"
        assert not list((tmp_path / "cache/partial").glob("*.lock"))
        if source == "overpass":
            assert not list((tmp_path / "cache/partial").iterdir()), "half an answer has telephones too"
        # It recovers: what has come already is not asked for again.
        served.always.clear()
        before = served.paths().count("/desa")
        assert fetch(served)[0] == 0
    if source != "boundaries":
        assert served.paths().count("/desa") == before


def test_an_answer_without_anything_names_what_was_asked_for(fetch, files):
    nothing = b"<?xml version='1.0' encoding='UTF-8'?><osm version='0.6'></osm>"
    with serving(**{**files, "interpreter": nothing}) as served:
        status, out, err = fetch(served, "--without", "elevation,population,water,settlements")
    assert (status, out) == (2, "")
    assert "the answer about 11.72 holds nothing of the area (facilities, roads between 9" in err
    assert ".partial" not in err


def test_a_broken_file_of_outlines_is_named_by_its_address(fetch, files):
    broken = b"INSERT INTO w(kode,nama,lat,lng,path) VALUES ('11.72.01.2001','A',5,95,'[[[5,95]');"
    with serving(**{**files, "desa": broken}) as served:
        status, _, err = fetch(served, "--without", "elevation,population,water,settlements,facilities,roads")
    assert status == 2
    assert f"{served.address}/desa, line 1" in err


@pytest.mark.slow
def test_a_failing_fetch_leaves_what_was_there(fetch, files, tmp_path):
    with serving(**files) as served:
        assert fetch(served, "--without", "elevation")[0] == 0
        before = {p.name: p.read_bytes() for p in (tmp_path / "area").iterdir()}
        served.always["/N05_00_E095_00"] = server.status(504)
        assert fetch(served)[0] == 2
    assert {p.name: p.read_bytes() for p in (tmp_path / "area").iterdir()} == before


@pytest.mark.slow
def test_what_somebody_changed_is_not_overwritten(fetch, files, tmp_path):
    quick = ("--without", "elevation,population,water,settlements,facilities,roads")
    with serving(**files) as served:
        assert fetch(served, *quick)[0] == 0
        assert fetch(served, *quick)[0] == 0, "its own files may be replaced"
        area = tmp_path / "area/AREA.yml"
        area.write_text(area.read_text("utf-8") + "# mine\n", "utf-8")
        status, _, err = fetch(served, *quick)
        assert status == 2
        assert "changed since it was written" in err
        assert "lost: AREA.yml." in err
        assert area.read_text("utf-8").endswith("# mine\n")
        other = tmp_path / "other"
        other.mkdir()
        (other / "letter.txt").write_text("mine")
        status, _, err = fetch(served, *quick, out=other)
    assert status == 2
    assert "did not write" in err
    assert "/interpreter" not in served.paths()


@pytest.mark.slow
def test_without_roads_and_kecamatan_the_area_is_still_one(fetch, files, tmp_path, jangkau):
    with serving(**files) as served:
        status, out, err = fetch(
            served, "--without", "roads,districts,water,population", "--name", "Sabang: X"
        )
    assert (status, err) == (0, "")
    read = yaml.safe_load((tmp_path / "area/AREA.yml").read_text("utf-8"))
    assert read["name"] == "Sabang: X"
    assert "roads" not in read
    assert "elevation" not in read, "heights are taken along roads"
    assert "/kab" not in served.paths()
    status, out, err = jangkau("build", tmp_path / "area/AREA.yml", "--out", tmp_path / "w")
    assert (status, err) == (0, "")
    assert "0 road sections" in out


@pytest.mark.slow
def test_an_extract_is_checked_by_its_md5_and_cut_to_the_area(fetch, files, tmp_path, moved):
    import osmium

    (tmp_path / "region.osm").write_bytes(moved)
    with osmium.SimpleWriter(str(tmp_path / "region.osm.pbf")) as writer:
        for thing in osmium.FileProcessor(str(tmp_path / "region.osm")):
            writer.add(thing)
    pbf = (tmp_path / "region.osm.pbf").read_bytes()
    beside = hashlib.md5(pbf, usedforsecurity=False).hexdigest().encode() + b"  sumatra\n"
    places = {**PLACES, "extract": "{region}.pbf"}
    quick = ("--without", "elevation,population")
    with serving(**files, **{"sumatra.pbf": pbf, "sumatra.pbf.md5": beside}) as served:
        served.always["/sumatra.pbf"] = server.body(pbf[:-1] + b"x")
        status, _, err = fetch(served, "--osm", "extract", *quick, places=places)
        assert status == 2
        assert "its md5 is" in err
        assert "--pbf FILE" in err
        del served.always["/sumatra.pbf"]
        assert fetch(served, "--osm", "extract", *quick, places=places)[0] == 0
        of_server = pd.read_csv(tmp_path / "area/facilities.csv")
        assert fetch(served, "--pbf", tmp_path / "region.osm.pbf", *quick, out=tmp_path / "own")[0] == 0
        assert fetch(served, *quick, out=tmp_path / "asked")[0] == 0
    for other in ("own", "asked"):
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / other / "facilities.csv"), of_server)
    record = json.loads((tmp_path / "own/sources.json").read_text("utf-8"))
    assert record["files"]["osm.osm.pbf"]["sources"][0]["sha256"] == hashlib.sha256(pbf).hexdigest()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--without", "villages"), "cannot be left out"),
        (("--mirror", "osm=http://x"), "names no mirror"),
        (("--buffer-km", "-1"), "0 to 200 km"),
        (("--pbf", "none.osm.pbf"), "none.osm.pbf"),
        (("--pbf", "x", "--osm", "extract"), "not allowed with"),
    ],
)
def test_wrong_options_are_told(fetch, files, options, words, tmp_path):
    with serving(**files) as served:
        status, _, err = fetch(served, *options)
    assert status == 2
    assert words in err
    assert not (tmp_path / "area").exists()


@pytest.mark.parametrize(("code", "words"), [("1904", "not a kabupaten"), ("19.04", "no village of 19.04")])
def test_a_code_that_is_none_is_told(fetch, files, code, words):
    with serving(**files) as served:
        status, _, err = fetch(served, code=code)
    assert status == 2
    assert words in err


@pytest.mark.slow
def test_whole_ways_are_cut_out_of_a_map(shared, tmp_path):
    """Against a search of the XML by hand: which ways touch the box, and every node of theirs."""
    import osmium

    box = (7.4150, 43.7280, 7.4220, 43.7330)
    with gzip.open(shared / "data/osm/monaco.osm.gz") as file:
        root = ET.parse(file).getroot()  # noqa: S314 - a file of ours
    at = {n.get("id"): (float(n.get("lon")), float(n.get("lat"))) for n in root.iter("node")}
    roads, nodes = set(), set()
    for way in root.iter("way"):
        if not any(t.get("k") == "highway" for t in way.iter("tag")):
            continue
        refs = [nd.get("ref") for nd in way.iter("nd")]
        x, y = zip(*(at[r] for r in refs if r in at), strict=True)
        if min(x) <= box[2] and max(x) >= box[0] and min(y) <= box[3] and max(y) >= box[1]:
            roads.add(int(way.get("id")))
            nodes.update(int(r) for r in refs if r in at)
    out = tmp_path / "cut.osm.pbf"
    cut_osm(shared / "data/osm/monaco.osm.gz", out, box, {OsmPart.ROADS})
    got = [(t.type_str(), t.id) for t in osmium.FileProcessor(str(out)) if "highway" in t.tags or t.is_node()]
    assert {i for kind, i in got if kind == "w"} == roads
    assert 100 < len(roads) < sum(1 for _ in root.iter("way"))
    assert nodes <= {i for kind, i in got if kind == "n"}


def test_the_question_holds_the_area(villages):
    import shapely

    zone = shapely.union_all(villages.geometry.to_numpy())
    text = overpass_question(zone, {OsmPart.ROADS})
    rings = {line.split('poly:"')[1].split('"')[0] for line in text.splitlines() if "poly:" in line}
    outlines = []
    for ring in rings:
        v = [float(t) for t in ring.split()]
        outlines.append(shapely.Polygon(list(zip(v[1::2], v[::2], strict=True))))
    assert shapely.covers(shapely.union_all(outlines), zone)
    assert len(text) < 50_000
