"""Files that cover a part of an area, from AREA.yml to the tables and the map."""

from __future__ import annotations

import json
import math

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from support import CRS, at, box, line

from geodata.areafile import read_area_file
from geodata.build import read_layers
from geodata.errors import ConfigError, InputError
from geodata.readers.facilities.lists import read_facilities
from planner.pipeline import find_gaps, open_workspace, read_adoption_of, village_table

HEAD = """\
code: "35.09"
name: Kota Uji
boundaries: {path: desa.geojson, code: kode, name: nama}
"""
# Two kecamatan of two villages, each 20 km × 2 km, in a row.
CODES = ("35.09.01.2001", "35.09.01.2002", "35.09.02.2001", "35.09.02.2002")
A, B, C, D = CODES
HAMLETS = dict(zip(CODES, (1000, 21_000, 41_000, 61_000), strict=True))


def degrees(geometry):
    return gpd.GeoSeries(geometry, crs=CRS).to_crs(4326)


def to_file(path, geometry, **columns):
    gpd.GeoDataFrame(columns, geometry=degrees(geometry)).to_file(path)


def units(path, places, ids=None, **columns):
    """Write a list of units at metres along the road."""
    point = degrees([at(x, 0) for x in places])
    frame = {"kode": ids or [f"{path.stem}{i}" for i in range(len(places))], "nama": "Unit", **columns}
    frame = pd.DataFrame(frame, index=range(len(places)))
    frame["lat"], frame["lon"] = point.y.to_numpy(), point.x.to_numpy()
    frame.to_csv(path, index=False)


@pytest.fixture
def folder(tmp_path):
    """Boundaries, a local road along all, a hamlet of 100 people a village, a puskesmas in the first."""
    shapes = [box(20_000 * i, -1000, 20_000 * i + 20_000, 1000) for i in range(4)]
    to_file(
        tmp_path / "desa.geojson", shapes, kode=list(CODES), nama=["Mawar", "Melati", "Kenanga", "Anggrek"]
    )
    pieces = [line((10_000 * i, 0), (10_000 * i + 10_000, 0)) for i in range(8)]
    # In pieces that meet end to end, as a map draws them.
    to_file(tmp_path / "jalan.gpkg", pieces, kelas=["tertiary"] * 8)
    point = degrees([at(x, 0) for x in HAMLETS.values()])
    rows = {"desa": CODES, "nama": "Dusun", "penduduk": 100, "lat": point.y, "lon": point.x}
    pd.DataFrame(rows).to_csv(tmp_path / "dusun.csv", index=False)
    units(tmp_path / "pkm.csv", [1000])
    return tmp_path


def area(folder, *parts):
    path = folder / "AREA.yml"
    path.write_text("\n".join([HEAD, *parts]) + "\n", "utf-8")
    return path


ROADS = "roads: {path: jalan.gpkg, class: kelas, classes: osm}"
HAMLET_FILE = "hamlets: {path: dusun.csv, village: desa, people: penduduk}"


def lists(*entries):
    return "facilities:\n" + "\n".join(f"  - {{{e}}}" for e in entries)


def pkm(covers="", path="pkm.csv", kind="puskesmas"):
    return f"path: {path}, kind: {kind}, id: kode" + (f", covers: {covers}" if covers else "")


def layers_of(folder, *parts):
    return read_layers(read_area_file(area(folder, *parts)))


def statuses(layers, kind="puskesmas"):
    table = village_table(find_gaps(layers))
    return table[[f"{kind}_present", f"{kind}_status", f"{kind}_reason"]].to_numpy().tolist()


SERVED, GAP = ["yes", "served", ""], ["no", "gap", "too_far"]
OPEN = ["unknown", "unknown", "list_incomplete"]
# Each hamlet lives a kilometre, 2 minutes, from the village before it; a unit there may serve it.
BESIDE_OPEN = ["no", "unknown", "list_incomplete"]
# Reached along the road, 21 km ÷ 30 km/h = 40 minutes: too far. Only the first village is served.


# --- covers: ---


@pytest.mark.slow
@pytest.mark.parametrize(
    ("covers", "covered"),
    [
        ("", CODES),
        ("all", CODES),
        ('["35.09.01"]', (A, B)),
        ('["350901"]', (A, B)),
        ("[35.09.01]", (A, B)),
        ('["35.09.02"]', (C, D)),
        ('["35.09.01", "35.09.02"]', CODES),
        ('["35.09.01.2002"]', (B,)),
        ('["3509012002", "35.09.02.2001"]', (B, C)),
        ('["35.09.01", "35.09.02.2002"]', (A, B, D)),
        ("{path: petak.geojson}", (A, B)),
    ],
)
def test_what_a_list_covers(folder, covers, covered):
    to_file(folder / "petak.geojson", [box(-1000, -2000, 40_000, 2000)])
    found = statuses(layers_of(folder, lists(pkm(covers)), ROADS, HAMLET_FILE))
    before = dict(zip(CODES[1:], CODES, strict=False))
    of_covered = [GAP if before.get(c) in covered else BESIDE_OPEN for c in CODES]
    expected = [g if c in covered else OPEN for c, g in zip(CODES, of_covered, strict=True)]
    assert found == [SERVED, *expected[1:]]


@pytest.mark.slow
@pytest.mark.parametrize(("share", "covered"), [(0.951, True), (0.949, False), (1.0, True)])
def test_a_village_is_covered_if_95_percent_of_it_lie_in_the_polygon(folder, share, covered):
    # In two pieces, which count together.
    edge = 60_000 + 20_000 * share
    to_file(folder / "petak.geojson", [box(60_000, -1000, 70_000, 1000), box(70_000, -1000, edge, 1000)])
    found = layers_of(folder, lists(pkm("{path: petak.geojson}")))
    assert found.villages["covered"].tolist() == ["", "", "", "puskesmas" if covered else ""]


@pytest.mark.slow
@pytest.mark.parametrize(
    "covers", ['["35.10.01"]', '["35.09"]', '["3509010"]', '["35.09.01.2009"]', '["Mawar"]']
)
@pytest.mark.parametrize("of", ["list", "roads"])
def test_codes_that_are_none_of_the_area_are_refused(jangkau, folder, covers, of):
    parts = [lists(pkm(covers if of == "list" else "")), ROADS]
    if of == "roads":
        parts[1] = ROADS.replace("}", f", covers: {covers}}}")
    path = area(folder, *parts)
    with pytest.raises(ConfigError):
        read_layers(read_area_file(path))
    status, out, err = jangkau("build", path, "--out", folder / "w")
    assert (status, out) == (2, "")
    assert "Traceback" not in err
    for word in (covers.strip('[]"'), "35.09.01", "all", "path"):
        assert word in err
    assert not (folder / "w").exists()


@pytest.mark.parametrize(
    "covers", ["some", "[]", "35.09.01", "{path: no.geojson}", "{path: pkm.csv}", "[350901]", "{}"]
)
def test_what_covers_cannot_be_is_refused_with_its_place(jangkau, folder, covers):
    status, _, err = jangkau("build", area(folder, lists(pkm(covers))), "--out", folder / "w")
    assert status == 2
    assert err.startswith("jangkau: ")
    assert "covers" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("of", ["facilities.0", "roads"])
@pytest.mark.parametrize("covers", ["some", "[]", "35.09.01", "[350901]", "{}", "{pth: petak.geojson}", "5"])
def test_what_covers_may_be_is_said_in_one_sentence(folder, covers, of):
    part = ROADS.replace("}", f", covers: {covers}}}") if of == "roads" else lists(pkm(covers))
    with pytest.raises(ConfigError) as told:
        layers_of(folder, part)
    _, *lines = str(told.value).splitlines()
    assert len(lines) == 1
    assert f"line {5 if of == 'roads' else 6}: {of}.covers: write all, a list of codes" in lines[0]
    assert "{path: a file of polygons}" in lines[0]
    for inner in ("literal", "tuple", "function", "CoversFile"):
        assert inner not in lines[0]


def test_a_wrong_key_beside_the_polygons_of_covers_is_named(folder):
    with pytest.raises(ConfigError) as told:
        layers_of(folder, lists(pkm("{path: petak.geojson, crss: EPSG:4326}")))
    _, *lines = str(told.value).splitlines()
    assert len(lines) == 1
    assert "line 6: unknown key 'facilities.0.covers.crss'. Did you mean 'crs'?" in lines[0]


@pytest.mark.slow
@pytest.mark.parametrize("shape", [at(1000, 0), line((0, 0), (80_000, 0)), shapely.MultiPoint([(0, 0)])])
@pytest.mark.parametrize("of", ["list", "roads"])
def test_polygons_of_covers_that_are_none_are_refused(jangkau, folder, shape, of):
    to_file(folder / "petak.geojson", [box(-1000, -2000, 40_000, 2000), shape])
    covers = "{path: petak.geojson}"
    path = area(
        folder,
        lists(pkm(covers if of == "list" else "")),
        ROADS.replace("}", f", covers: {covers}}}") if of == "roads" else ROADS,
    )
    with pytest.raises(InputError):
        read_layers(read_area_file(path))
    status, _, err = jangkau("build", path, "--out", folder / "w")
    assert status == 2
    for word in ("covers", "1 row of petak.geojson without polygons", "rows 2", "Give a file of polygons"):
        assert word in err
    assert "Traceback" not in err


def test_polygons_of_covers_that_cover_nothing_are_refused(folder):
    covers = lists(pkm("{path: petak.geojson}"))
    to_file(folder / "petak.geojson", [box(0, 20_000, 40_000, 30_000)])
    with pytest.raises(InputError, match=r"petak\.geojson lie in no village of the area"):
        layers_of(folder, covers)
    to_file(folder / "petak.geojson", [shapely.Polygon()])
    with pytest.raises(InputError, match=r"petak\.geojson has no shapes\. Leave covers: out"):
        layers_of(folder, covers)


@pytest.mark.slow
def test_the_polygons_of_covers_are_among_the_inputs(jangkau, folder):
    units(folder / "pos.csv", [1000])
    for name in ("petak", "jalan"):
        to_file(folder / f"{name}.geojson", [box(-1000, -2000, 40_000, 2000)])
    parts = [
        lists(pkm("{path: petak.geojson, source: Dinas}"),
              pkm("{path: petak.geojson, source: Dinas}", path="pos.csv", kind="posyandu")),
        ROADS.replace("}", ", covers: {path: jalan.geojson}}"),
    ]  # fmt: skip
    assert jangkau("build", area(folder, *parts), "--out", folder / "w")[0] == 0
    assert jangkau("gaps", folder / "w", "--out", folder / "g")[0] == 0
    inputs = json.loads((folder / "g" / "run.json").read_text("utf-8"))["inputs"]
    found = [(i["layer"], i["file"], i["source"]) for i in inputs if i["file"].endswith(".geojson")]
    assert found == [
        ("villages", "desa.geojson", None), ("facilities", "petak.geojson", "Dinas"),
        ("roads", "jalan.geojson", None),
    ]  # fmt: skip
    assert all(len(i["sha256"]) == 64 for i in inputs)


@pytest.mark.slow
def test_two_lists_of_a_kind_cover_what_either_covers(folder):
    units(folder / "lain.csv", [2000])
    two = lists(pkm('["35.09.01"]'), pkm('["35.09.02.2001"]', path="lain.csv"))
    found = layers_of(folder, two, ROADS, HAMLET_FILE)
    assert found.area.declared == ("puskesmas",)
    assert statuses(found) == [SERVED, GAP, GAP, OPEN]


def test_a_list_of_the_kind_that_does_not_say_undoes_it(folder):
    units(folder / "lain.csv", [2000])
    two = lists(pkm('["35.09.01"]'), pkm(path="lain.csv"))
    found = layers_of(folder, two, ROADS, HAMLET_FILE)
    assert found.area.declared == ()
    assert statuses(found) == [SERVED, GAP, GAP, GAP]


def test_a_list_of_several_kinds_covers_for_each(folder):
    units(folder / "semua.csv", [1000, 1000], jenis=["PKM", "PUSTU"])
    kind = "{column: jenis, values: {PKM: puskesmas, PUSTU: pustu}}"
    one = f'path: semua.csv, id: kode, covers: ["35.09.01"], kind: {kind}'
    found = layers_of(folder, lists(one), ROADS, HAMLET_FILE)
    assert found.area.declared == ("puskesmas", "pustu")
    assert statuses(found, "pustu") == statuses(found) == [SERVED, GAP, OPEN, OPEN]


def test_what_roads_cover(folder):
    roads = ROADS.replace("}", ', covers: ["35.09.01"]}')
    found = layers_of(folder, lists(pkm()), roads, HAMLET_FILE)
    assert found.area.declared == ("roads",)
    open_ = ["no", "unknown", "roads_incomplete"]
    assert statuses(found) == [SERVED, GAP, open_, open_]
    minutes = find_gaps(found).coverage["puskesmas"].villages["minutes_max"]
    assert minutes.isna().tolist() == [False, False, True, True]
    assert minutes[B] == pytest.approx(40.0)


@pytest.mark.slow
def test_a_workspace_keeps_what_is_covered(jangkau, folder):
    path = area(
        folder, lists(pkm('["35.09.01"]')), ROADS.replace("}", ', covers: ["3509012001"]}'), HAMLET_FILE
    )
    assert jangkau("build", path, "--out", folder / "w")[0] == 0
    kept, read = open_workspace(folder / "w"), read_layers(read_area_file(path))
    assert kept.area.declared == read.area.declared == ("puskesmas", "roads")
    assert kept.villages["covered"].tolist() == ["puskesmas roads", "puskesmas", "", ""]
    assert statuses(kept) == statuses(read)


# --- official: ---


@pytest.mark.slow
def test_the_short_way_to_say_that_there_is_none(folder):
    found = layers_of(folder, lists(pkm()), "official: {hospital: 0}", ROADS, HAMLET_FILE)
    assert found.area.listed_kinds == ("puskesmas", "hospital")
    assert found.area.official == {"hospital": 0}
    assert statuses(found, "hospital") == [["no", "gap", "no_facility"]] * 4
    unknown = layers_of(folder, lists(pkm()), ROADS, HAMLET_FILE)
    assert statuses(unknown, "hospital") == [["unknown"] * 3] * 4


def test_the_short_and_the_long_way_say_the_same(folder):
    short = layers_of(folder, lists(pkm()), "official: {puskesmas: 3, hospital: 0}").area
    long = layers_of(
        folder, lists(pkm()), "official: {totals: {puskesmas: 3, hospital: 0}, source: Profil}"
    ).area
    assert short.official == long.official == {"puskesmas": 3, "hospital": 0}
    assert short.listed_kinds == long.listed_kinds
    assert long.official_source == "Profil"


@pytest.mark.parametrize("official", ["{hospitals: 0}", "{hospital: -1}", "{hospital: some}", "[]", "{}"])
def test_an_official_number_that_is_none_is_refused(jangkau, folder, official):
    status, _, err = jangkau("build", area(folder, f"official: {official}"), "--out", folder / "w")
    assert status == 2
    assert "official" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("official", "words"),
    [
        ("{hospital: 0, source: Profil}", ["official: write", "{totals: {hospital: 0}, source: …}"]),
        ("{totals: {hospital: 0}, pustu: 3}", ["official: write", "{totals: {pustu: 3}, source: …}"]),
        ("{hospitals: 0}", ["'hospitals' is not a facility kind", "puskesmas, pustu"]),
        ("{hospital: 0, sumber: Profil}", ["'sumber' is not a facility kind", "{totals: {", "source: …}"]),
        ("{hospital: -1}", ["official.hospital: "]),
        ("{totals: {hospital: -1}}", ["official.totals.hospital: "]),
        ("[]", ["official: expected keys and values"]),
    ],
)
def test_how_official_numbers_are_written_is_said(folder, official, words):
    with pytest.raises(ConfigError) as told:
        layers_of(folder, f"official: {official}")
    _, *lines = str(told.value).splitlines()
    assert len(lines) == 1
    for word in ("line 5: ", *words):
        assert word in lines[0]
    assert "Did you mean" not in lines[0]


def test_a_misspelt_totals_is_still_named(folder):
    with pytest.raises(ConfigError, match=r"unknown key 'official.total'. Did you mean 'totals'"):
        layers_of(folder, "official: {total: {hospital: 0}, source: Profil}")


def test_of_two_ways_to_write_a_key_the_one_meant_is_spoken_of(folder):
    with pytest.raises(ConfigError) as told:
        layers_of(folder, lists("path: pkm.csv, kind: {colum: jenis}"))
    _, *lines = str(told.value).splitlines()
    [line] = lines
    assert line.startswith("  line 6: unknown key 'facilities.0.kind.colum'. Did you mean 'column'?")
    assert "Keys here are: column, from, columns, values, registered" in line


@pytest.mark.slow
def test_more_at_the_office_than_on_the_list(jangkau, folder):
    path = area(folder, lists(pkm()), "official: {puskesmas: 2}", ROADS, HAMLET_FILE)
    assert jangkau("build", path, "--out", folder / "w")[0] == 0
    status, out, _ = jangkau("gaps", folder / "w", "--out", folder / "g")
    assert status == 0
    assert "puskesmas: at least 25.0% of people" in out
    assert "served 1, partly 0, gap 0, unknown 3" in out
    assert "puskesmas: 1 listed, 2 reported by the office (-1)" in out
    assert "the office reports more than are listed" in out
    totals = json.loads((folder / "g" / "summary.json").read_text("utf-8"))
    assert totals["kinds"]["puskesmas"]["people_unsure"] == 300.0
    assert totals["ilp"]["official"]["puskesmas"]["difference"] == -1.0


@pytest.mark.slow
def test_a_shortfall_of_a_twentieth_is_only_said(jangkau, folder):
    units(folder / "pkm.csv", [1000] * 19)
    path = area(folder, lists(pkm()), "official: {puskesmas: 20}", ROADS, HAMLET_FILE)
    assert jangkau("build", path, "--out", folder / "w")[0] == 0
    _, out, _ = jangkau("gaps", folder / "w", "--out", folder / "g")
    assert "puskesmas: 25.0% of people" in out
    assert "served 1, partly 0, gap 3\n" in out
    assert "puskesmas: 19 listed, 20 reported by the office (-1)" in out
    assert "at least" not in out


# --- Kinds without a row ---

BY_COLUMN = "path: semua.csv, id: kode, kind: {column: jenis, values: {PKM: puskesmas, RS: hospital}}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "official", "listed"),
    [("", "", False), (", covers: all", "", True), ("", "official: {hospital: 0}", True),
     ("", "official: {hospital: 3}", False)],
)  # fmt: skip
def test_a_kind_that_only_stands_in_the_values(folder, more, official, listed):
    units(folder / "semua.csv", [1000], jenis=["PKM"])
    found = layers_of(folder, lists(BY_COLUMN + more), official, ROADS, HAMLET_FILE)
    assert ("hospital" in found.area.listed_kinds) == listed
    told = [f for f in found.findings if f.rule == "kind_without_row"]
    assert [f.ids for f in told] == ([] if listed else [("hospital",)])
    assert statuses(found, "hospital") == [["no", "gap", "no_facility"] if listed else ["unknown"] * 3] * 4
    assert "puskesmas" in found.area.listed_kinds


PUSTU_TOO = "path: semua.csv, id: kode, kind: {column: jenis, values: {PKM: puskesmas, PUSTU: pustu}}"


@pytest.mark.slow
@pytest.mark.parametrize("rows", [[1000], []])
@pytest.mark.parametrize("other_first", [True, False])
def test_a_kind_that_another_file_lists_has_a_list(folder, rows, other_first):
    units(folder / "semua.csv", [1000], jenis=["PKM"])
    units(folder / "pustu.csv", rows)
    files = [PUSTU_TOO, pkm(path="pustu.csv", kind="pustu")]
    found = layers_of(folder, lists(*(files[::-1] if other_first else files)))
    assert "pustu" in found.area.listed_kinds
    assert [f for f in found.findings if f.rule == "kind_without_row"] == []


def test_a_kind_that_stands_in_the_values_of_two_files_has_a_list_if_one_has_rows(folder):
    units(folder / "semua.csv", [1000], jenis=["PKM"])
    units(folder / "lain.csv", [1000], jenis=["PUSTU"])
    lain = PUSTU_TOO.replace("semua", "lain")
    found = layers_of(folder, lists(PUSTU_TOO, lain))
    assert found.area.listed_kinds == ("puskesmas", "pustu")
    assert [f for f in found.findings if f.rule == "kind_without_row"] == []
    units(folder / "lain.csv", [1000], jenis=["PKM"])
    found = layers_of(folder, lists(PUSTU_TOO, lain))
    assert found.area.listed_kinds == ("puskesmas",)
    told = [f for f in found.findings if f.rule == "kind_without_row"]
    assert [(f.ids, f.message.split(":")[0]) for f in told] == [
        (("pustu",), "semua.csv"),
        (("pustu",), "lain.csv"),
    ]


@pytest.mark.slow
def test_a_list_of_one_kind_without_a_row_says_nothing_unless_there_is_none(jangkau, folder):
    units(folder / "kosong.csv", [])
    assert statuses(layers_of(folder, lists(pkm(path="kosong.csv")), ROADS, HAMLET_FILE)) == [OPEN] * 4
    path = area(folder, lists(pkm(path="kosong.csv")), ROADS, HAMLET_FILE)
    assert jangkau("build", path, "--out", folder / "w")[0] == 0
    assert "puskesmas: the list has no row of this kind" in jangkau("check", folder / "w")[1]
    none = [["no", "gap", "no_facility"]] * 4
    covered = layers_of(folder, lists(pkm("all", path="kosong.csv")), ROADS, HAMLET_FILE)
    assert statuses(covered) == none
    said = layers_of(folder, lists(pkm(path="kosong.csv")), "official: {puskesmas: 0}", ROADS, HAMLET_FILE)
    assert statuses(said) == none
    reported = layers_of(
        folder, lists(pkm(path="kosong.csv")), "official: {puskesmas: 2}", ROADS, HAMLET_FILE
    )
    assert statuses(reported) == [OPEN] * 4


# --- The whole job ---


@pytest.fixture
def run(jangkau, folder):
    """Build and run with a puskesmas list of the first kecamatan: (folder of results, console)."""
    units(folder / "pos.csv", [1000, 41_000])
    path = area(
        folder,
        lists(pkm('["35.09.01"]'), pkm('["35.09.01"]', path="pos.csv", kind="posyandu")),
        ROADS,
        HAMLET_FILE,
    )
    assert jangkau("build", path, "--out", folder / "w")[0] == 0

    def go(*options):
        status, out, err = jangkau("gaps", folder / "w", "--out", folder / "g", *options)
        assert (status, err) == (0, "")
        return folder / "g", out

    return go


@pytest.mark.slow
def test_check_and_the_console_say_what_is_not_covered(jangkau, folder, run):
    _, out = run()
    assert "puskesmas: at least 25.0% of people within 30 min" in out
    assert "puskesmas: covers: names only a part of the area (2 of 4 villages are covered)" in out
    assert "not a gap" in out
    assert "wet season: as dry" in out
    status, out, _ = jangkau("check", folder / "w", "--json")
    found = {(f["layer"], f["rule"]): f for f in json.loads(out) if f["rule"] == "list_incomplete"}
    assert status == 0
    assert found["facilities", "list_incomplete"]["ids"] == [C, D]


@pytest.mark.slow
def test_the_files_of_a_run_agree(run):
    out, _ = run("--lang", "en")
    table = pd.read_csv(out / "villages.csv", index_col="village_code", keep_default_na=False)
    totals = json.loads((out / "summary.json").read_text("utf-8"))
    for kind in ("puskesmas", "posyandu"):
        one = totals["kinds"][kind]
        assert list(one["incomplete"]) == [kind]
        for status in ("served", "partly", "gap", "unknown"):
            assert one[f"villages_{status}"] == (table[f"{kind}_status"] == status).sum()
        people = table["people"].astype(float)
        reached = (people * table[f"{kind}_share_reached"].astype(float)).sum()
        assert one["people_reached"] == pytest.approx(reached)
        unsure = (people * table[f"{kind}_share_unknown"].astype(float)).sum()
        assert one["people_unsure"] == pytest.approx(unsure)
        classes = totals["ilp"]["classes"][kind]
        assert classes["unreached"] + classes["partly"] == (table[f"{kind}_reachable_dry"] == "no").sum()
    assert table["puskesmas_status"].tolist() == ["served", "gap", "unknown", "unknown"]
    assert table["posyandu_status"].tolist() == ["served", "gap", "served", "unknown"]
    assert table["posyandu_present"].tolist() == ["yes", "no", "yes", "unknown"]
    assert (
        table.loc[[C, D], "puskesmas_reason_en"].tolist()
        == ["Not known: the list of puskesmas is not complete."] * 2
    )
    assert set(table.loc[[C, D], "puskesmas_reachable_dry"]) == {"unknown"}
    # Nobody plans a round where nobody knows who has a posyandu.
    assert table["visits_status"].tolist() == ["none", "known", "none", "unknown"]
    rounds = pd.read_csv(out / "home_visits.csv")
    assert set(rounds["village_code"]) == {B}
    pws = pd.read_csv(out / "pws.csv", index_col="village_code", keep_default_na=False)
    assert pws.loc[D, "gaps"] == ""
    assert pws.loc[D, "families_to_visit"] == ""
    assert pws.loc[D, "puskesmas_reason"] == "Not known: the list of puskesmas is not complete."
    served = pd.read_csv(out / "facilities.csv", index_col="facility_id")["people_own"]
    assert served[["pkm0", "pos0"]].tolist() == [100.0, 100.0]
    # In a village that its list does not cover: one that nobody listed may be nearer.
    assert math.isnan(served["pos1"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("id", ["daftar belum lengkap", "sedikitnya", "seperti kemarau"]),
        ("en", ["the list is not complete", "at least", "as the dry"]),
    ],
)
def test_the_map_and_the_sheets_say_it_in_both_languages(run, lang, words):
    out, _ = run("--lang", lang)
    page = (out / "map.html").read_text("utf-8")
    for word in words:
        assert word in page
    sheets = (out / "pws.html").read_text("utf-8")
    said = {"id": "daftar puskesmas belum lengkap", "en": "the list of puskesmas is not complete"}[lang]
    assert said in sheets


@pytest.mark.slow
def test_several_standards_and_the_wet_season_know_no_more(folder, run):
    (folder / "s.yml").write_text("name: hujan\nseason: wet\n", "utf-8")
    out, console = run("--scenario", folder / "s.yml", "--standard", "ilp", "--standard", "sni-03-1733")
    assert "at least" in console
    table = pd.read_csv(out / "standards.csv", keep_default_na=False)
    assert set(table["standard"]) == {"ILP", "SNI 03-1733-2004"} or table["standard"].nunique() == 2
    open_ = table[(table["kind"] == "puskesmas") & table["village_code"].isin([C, D])]
    assert not (open_[["present", "reachable_dry", "reachable_wet", "functioning"]] == "no").any(axis=None)
    villages = pd.read_csv(out / "villages.csv", index_col="village_code")
    assert villages.loc[[C, D], "puskesmas_dry_status"].tolist() == ["unknown", "unknown"]


@pytest.mark.slow
def test_what_if_in_a_village_that_is_not_covered(folder, run):
    place = degrees([at(61_000, 0)]).iloc[0]
    edit = f"{{op: open_facility, id: baru, kind: puskesmas, lonlat: [{place.x}, {place.y}]}}"
    (folder / "s.yml").write_text(f"name: baru\nedits:\n  - {edit}\n", "utf-8")
    out, _ = run("--scenario", folder / "s.yml")
    table = pd.read_csv(out / "villages.csv", index_col="village_code", keep_default_na=False)
    assert table["puskesmas_status"].tolist() == ["served", "gap", "unknown", "served"]
    assert table["puskesmas_present"].tolist() == ["yes", "no", "unknown", "yes"]


@pytest.mark.slow
@pytest.mark.parametrize("hamlets", [True, False])
@pytest.mark.parametrize("roads", [True, False])
@pytest.mark.parametrize("people", [True, False])
def test_odd_sets_of_files_have_an_answer(jangkau, folder, hamlets, roads, people):
    (folder / "dusun.csv").write_text((folder / "dusun.csv").read_text().replace(",100,", ",,"))
    (folder / "penduduk.csv").write_text("kode,people\n" + "".join(f"{c},100\n" for c in CODES))
    parts = [lists(pkm("[35.09.02]"))]
    parts += [HAMLET_FILE] if hamlets else []
    parts += [ROADS.replace("}", ", covers: [35.09.02]}")] if roads else []
    parts += ["population: {path: penduduk.csv}"] if people else []
    assert jangkau("build", area(folder, *parts), "--out", folder / "w")[0] == 0
    status, out, _ = jangkau("gaps", folder / "w", "--out", folder / "g")
    assert status == 0
    assert ("unknown people" in out.splitlines()[0].split("villages, ")[1][:14]) == (not people)
    table = pd.read_csv(folder / "g" / "villages.csv", index_col="village_code", keep_default_na=False)
    # The second village lies in the first kecamatan, of which nothing is said.
    assert table.loc[B, ["puskesmas_status", "puskesmas_present"]].tolist() == ["unknown", "unknown"]
    assert table.loc[B, "puskesmas_reason"] == "list_incomplete"
    # Without roads people may drive to what is not listed, 25 km at most; the fourth's middle is 30 km off.
    far = "unknown" if hamlets and not roads else "gap"
    assert table.loc[[C, D], "puskesmas_status"].tolist() == ["unknown", far]
    assert (table.loc[B, "puskesmas_minutes_max"] == "") == roads


# --- Ends that miss the next road ---


def road_parts(folder, gap, extra="", **columns):
    """Return the number of networks of a road and a side road that stops ``gap`` metres before it."""
    lines = [line((0, 0), (20_000, 0)), line((5000, 800), (5000, gap))]
    columns = {"kelas": ["tertiary", "residential"], **columns}
    to_file(folder / "jalan.gpkg", lines, **columns)
    roads = layers_of(folder, ROADS.replace("}", f"{extra}}}")).roads
    pairs = zip(roads["from_node"], roads["to_node"], strict=True)
    parts: list[set[int]] = []
    for pair in pairs:
        touched = [p for p in parts if p & set(pair)]
        parts = [p for p in parts if p not in touched] + [set(pair).union(*touched)]
    return len(parts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gap", "extra", "parts"),
    [
        (0.5, "", 1), (0.99, "", 1), (1.01, "", 2), (4.9, "", 2), (4.9, ", join_within_m: 5", 1),
        (0.5, ", join_within_m: 0", 2), (0.99, ", join_within_m: 0.5", 2),
    ],
)  # fmt: skip
def test_ends_that_almost_meet_are_joined_as_far_as_the_area_says(folder, gap, extra, parts):
    assert road_parts(folder, gap, extra) == parts


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("column", ["bridge", "tunnel"])
def test_bridges_and_tunnels_are_never_drawn_on(folder, which, column):
    said = ["yes" if i == which else None for i in range(2)]
    assert road_parts(folder, 0.5, **{column: said}) == 2


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1])
def test_ferries_are_never_drawn_on(folder, which):
    assert road_parts(folder, 0.5, route=["ferry" if i == which else None for i in range(2)]) == 2


@pytest.mark.parametrize("within", ["-1", "21", "far", ".nan"])
def test_a_distance_to_join_that_is_none_is_refused(folder, within):
    with pytest.raises(InputError, match="join_within_m"):
        layers_of(folder, ROADS.replace("}", f", join_within_m: {within}}}"))


def crossing(folder, kelas, classes, **columns):
    """Return the number of pieces of two roads that cross."""
    lines = [line((0, 0), (20_000, 0)), line((5000, -800), (5000, 800))]
    to_file(folder / "jalan.gpkg", lines, kelas=kelas, **columns)
    return len(layers_of(folder, ROADS.replace("osm", classes)).roads)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kelas", "classes", "pieces"),
    [
        (["tertiary", "residential"], "osm", 4),
        (["motorway", "residential"], "osm", 2),
        (["residential", "motorway_link"], "osm", 2),
        (["Jalan Tol Dua Jalur Dengan Pemisah Fisik", "Jalan Lokal"], "rbi", 2),
        (["Jalan Layang", "Jalan Lokal"], "rbi", 2),
        (["Jalan Arteri", "Jalan Lokal"], "rbi", 4),
    ],
)
def test_toll_roads_and_roads_on_stilts_cross_without_joining(folder, kelas, classes, pieces):
    assert crossing(folder, kelas, classes) == pieces


def test_where_a_file_names_its_bridges_a_toll_road_is_joined_at_level(folder):
    assert crossing(folder, ["motorway", "residential"], "osm", bridge=[None, None]) == 2
    lines = [line((0, 0), (20_000, 0)), line((5000, -800), (5000, 800)), line((9000, -800), (9000, 800))]
    to_file(
        folder / "jalan.gpkg",
        lines,
        kelas=["motorway", "residential", "residential"],
        bridge=[None, None, "yes"],
    )
    # Cut once: at the road on the ground, not at the bridge.
    assert len(layers_of(folder, ROADS).roads) == 5


def test_a_toll_road_joins_at_its_ends(folder):
    lines = [line((0, 0), (20_000, 0)), line((5000, 0), (5000, 800))]
    to_file(folder / "jalan.gpkg", lines, kelas=["residential", "motorway"])
    roads = layers_of(folder, ROADS).roads
    assert len(roads) == 3
    assert len(set(roads["from_node"]) | set(roads["to_node"])) == 4


def test_a_road_on_stilts_is_a_secondary_road_and_a_bridge(folder):
    to_file(folder / "jalan.gpkg", [line((0, 0), (20_000, 0))], kelas=["Jalan Layang"])
    road = layers_of(folder, ROADS.replace("osm", "rbi")).roads.iloc[0]
    assert (road["road_class"], bool(road["bridge"])) == ("secondary", True)


# --- Ids and codes ---


def test_an_id_with_a_nought_behind_the_point_is_the_same_id(folder):
    units(folder / "pkm.csv", [1000, 21_000], ids=["1002.0", "1003"])
    units(
        folder / "pustu.csv", [1000, 1000, 1000], ids=["7.0", "8", "P-9.0"], induk=["1003.0", "1003", "1002"]
    )
    (folder / "wilayah.csv").write_text(f"kode,puskesmas\n{A},1003.0\n{B},1002\n{C},1003\n")
    found = layers_of(
        folder, lists(pkm(), "path: pustu.csv, kind: pustu, id: kode, parent: induk"),
        "working_areas: {path: wilayah.csv, code: kode, puskesmas: puskesmas}",
    )  # fmt: skip
    assert sorted(found.facilities.index) == ["1002", "1003", "7", "8", "P-9.0"]
    assert found.facilities.loc[["7", "8", "P-9.0"], "parent_id"].tolist() == ["1003", "1003", "1002"]
    assert found.villages["puskesmas_id"].fillna("").tolist() == ["1003", "1002", "1003", ""]
    assert {f.rule for f in found.findings} == set()


def test_an_id_written_both_ways_is_there_twice(folder):
    units(folder / "pkm.csv", [1000, 21_000], ids=["1002.0", "1002"])
    found = layers_of(folder, lists(pkm()))
    assert found.facilities.index.tolist() == ["1002", "1002 (row 3)"]
    [told] = [f for f in found.findings if f.rule == "id_twice"]
    assert (told.severity, told.cells[0].row, told.cells[0].value) == ("error", 3, "1002")


def test_a_workbook_of_numbers_has_the_same_ids(folder):
    point = degrees([at(1000, 0)]).iloc[0]
    rows = pd.DataFrame(
        {"kode": [1002.0, None], "nama": ["A", "B"], "lat": point.y, "lon": point.x, "induk": [None, 1002]}
    )
    rows.to_excel(folder / "pkm.xlsx", index=False)
    found = layers_of(folder, lists("path: pkm.xlsx, kind: pustu, id: kode, parent: induk"))
    assert "1002" in found.facilities.index
    assert found.facilities["parent_id"].dropna().tolist() == ["1002"]
    (folder / "tahap.csv").write_text("kode_faskes,tahap\n1002,sosialisasi\n")
    found = layers_of(folder, lists("path: pkm.xlsx, kind: puskesmas, id: kode"))
    assert [a.facility_id for a in read_adoption_of(folder / "tahap.csv", found)] == ["1002"]


def test_the_adoption_table_takes_an_id_as_the_lists_do(folder):
    units(folder / "pkm.csv", [1000, 21_000], ids=["1002", "P-9.0"])
    (folder / "tahap.csv").write_text("kode_faskes,tahap\n1002.0,sosialisasi\nJumlah,\nP-9.0,komitmen\n")
    found = layers_of(folder, lists(pkm()))
    known = read_adoption_of(folder / "tahap.csv", found)
    assert [(a.facility_id, a.stage) for a in known] == [("1002", "sosialisasi"), ("P-9.0", "komitmen")]
    (folder / "tahap.csv").write_text("kode_faskes,tahap\n1002.0,sosialisasi\n1002,komitmen\n")
    with pytest.raises(InputError, match="1 puskesmas are there twice: 1002"):
        read_adoption_of(folder / "tahap.csv", found)


SPOILED = ("6101042017.999999", "", "12", "35.09.01")


@pytest.mark.slow
@pytest.mark.parametrize("code", SPOILED)
def test_a_spoiled_code_among_good_ones_is_a_finding_with_its_row(folder, code):
    (folder / "penduduk.csv").write_text(
        f"kode,nama,people\n{A},a,1\n{B},b,2\n{code},c,3\n{C},d,4\n{D},e,5\n"
    )
    (folder / "wilayah.csv").write_text(f"kode,nama,puskesmas\n{A},a,pkm0\n{code},b,pkm0\n{C},c,pkm0\n")
    found = layers_of(
        folder, lists(pkm()), "population: {path: penduduk.csv, code: kode, people: people}",
        "working_areas: {path: wilayah.csv, code: kode, puskesmas: puskesmas}",
    )  # fmt: skip
    bad = {f.layer: f for f in found.findings if f.rule == "bad_code"}
    shown = repr(code) if code else "empty"
    assert bad["population"].ids == (f"row 4 ({shown})",)
    assert bad["working_areas"].ids == (f"row 3 ({shown})",)
    assert {f.severity for f in bad.values()} == {"error"}
    # The others count.
    assert found.villages["people"].tolist() == [1, 2, 4, 5]
    assert found.villages["puskesmas_id"].fillna("").tolist() == ["pkm0", "", "pkm0", ""]


@pytest.mark.slow
@pytest.mark.parametrize("code", SPOILED[:3])
def test_a_hamlet_with_a_spoiled_code_is_where_it_lies(folder, code):
    text = (folder / "dusun.csv").read_text()
    (folder / "dusun.csv").write_text(text.replace(B, code))
    found = layers_of(folder, lists(pkm()), HAMLET_FILE)
    assert found.hamlets["village_code"].tolist() == list(CODES)
    bad = [f for f in found.findings if f.rule == "bad_code"]
    # An empty cell says nothing; the place does.
    assert [f.ids for f in bad] == ([(f"row 3 ({code!r})",)] if code else [])
    for one in bad:
        assert "count in the village where they lie" in one.message
        assert "left out" not in one.message


@pytest.mark.slow
@pytest.mark.parametrize("code", [None, *SPOILED, "35.09.01.0001"])
def test_a_polygon_with_a_spoiled_code_is_left_out_and_named(jangkau, folder, code):
    shapes = [box(20_000 * i, -1000, 20_000 * i + 20_000, 1000) for i in range(4)]
    to_file(folder / "desa.geojson", shapes, kode=[A, code, C, D], nama=["a", "b", "c", "d"])
    found = layers_of(folder, lists(pkm()))
    assert found.villages.index.tolist() == [A, C, D]
    assert found.villages["village_name"].tolist() == ["a", "c", "d"]
    [bad] = [f for f in found.findings if f.rule == "bad_code"]
    shown = repr(code) if code else "empty"
    assert (bad.layer, bad.count, bad.ids) == ("villages", 1, (f"row 2 ({shown})",))
    assert "were left out" in bad.message
    assert jangkau("build", folder / "AREA.yml", "--out", folder / "w")[0] == 0
    status, out, _ = jangkau("check", folder / "w")
    assert status == 3
    assert "bad_code" in out


def test_boundaries_of_which_half_the_codes_are_spoiled_are_still_those(folder):
    shapes = [box(20_000 * i, -1000, 20_000 * i + 20_000, 1000) for i in range(4)]
    to_file(folder / "desa.geojson", shapes, kode=[None, "12", C, D], nama=["a", "b", "c", "d"])
    found = layers_of(folder)
    assert found.villages.index.tolist() == [C, D]
    assert [f.ids for f in found.findings] == [("row 1 (empty)", "row 2 ('12')")]


MOST = [
    "3 of 4 codes in {} are not village codes like 35.09.01.2001", "'12'", "(empty)",
    "Name the right column with code: in AREA.yml",
]  # fmt: skip


def test_boundaries_of_which_most_codes_are_spoiled_are_of_the_wrong_column(jangkau, folder):
    shapes = [box(20_000 * i, -1000, 20_000 * i + 20_000, 1000) for i in range(4)]
    to_file(folder / "desa.geojson", shapes, kode=[A, "12", None, "x"], nama=["a", "b", "c", "d"])
    status, _, err = jangkau("build", area(folder), "--out", folder / "w")
    assert status == 2
    for word in MOST:
        assert word.format("desa.geojson").strip("'") in err
    assert "Traceback" not in err


def test_people_of_which_most_codes_are_spoiled_are_of_the_wrong_column(jangkau, folder):
    path = area(folder, "population: {path: penduduk.csv, code: kode, people: people}")
    (folder / "penduduk.csv").write_text(f"kode,people\n{A},1\n12,1\n,2\n3509.5,3\nJumlah,7\nTotal,7\n")
    status, _, err = jangkau("build", path, "--out", folder / "w")
    assert status == 2
    for word in MOST:
        assert word.format("penduduk.csv").strip("'") in err
    assert "Traceback" not in err
    # Half of them is not most; neither totals nor lines without a code and a number are counted.
    (folder / "penduduk.csv").write_text(
        f"nama,kode,people\na,{A},1\nb,{B},1\nc,12,2\nd,,3\nJumlah,,7\nTotal,,7\nSumber: BPS,,\nLihat,,\n"
    )
    found = read_layers(read_area_file(path))
    assert found.villages["people"].fillna(-1).tolist() == [1, 1, -1, -1]
    assert {f.rule: f.count for f in found.findings} == {"total_row": 2, "bad_code": 4}


def test_a_file_of_which_no_code_fits_is_the_wrong_column(jangkau, folder):
    shapes = [box(20_000 * i, -1000, 20_000 * i + 20_000, 1000) for i in range(4)]
    names = ["a", "b", "c", "d"]
    to_file(folder / "desa.geojson", shapes, kode=["1", "12", None, "x"], nama=names)
    status, _, err = jangkau("build", area(folder), "--out", folder / "w")
    assert status == 2
    assert "4 of 4 codes" in err
    assert "Traceback" not in err
    to_file(folder / "desa.geojson", shapes, kode=list(CODES), nama=names)
    (folder / "penduduk.csv").write_text("kode,people\n12,1\n,2\n3509.5,3\n")
    path = area(folder, "population: {path: penduduk.csv}")
    status, _, err = jangkau("build", path, "--out", folder / "w")
    assert status == 2
    assert "no code in penduduk.csv" in err


def test_a_code_as_a_number_is_still_a_code(folder):
    plain = [c.replace(".", "") for c in CODES]
    (folder / "penduduk.csv").write_text("kode,people\n" + "".join(f"{c}.0,7\n" for c in plain))
    found = layers_of(folder, "population: {path: penduduk.csv}")
    assert found.villages["people"].tolist() == [7.0] * 4
    assert found.findings == ()


def test_the_reader_of_facilities_takes_a_bad_village_code_for_a_village_of_elsewhere(folder):
    (folder / "pustu.csv").write_text(f"kode,desa\n1,{A}\n2,6101042017.999999\n3,\n")
    source = read_area_file(area(folder, lists("path: pustu.csv, kind: pustu, id: kode, village: desa")))
    villages = read_layers(source).villages
    rows = read_facilities(source.facilities[0], villages).frame
    assert rows["village_code"].fillna("").tolist() == [A, "", ""]
    assert shapely.is_missing(rows.geometry.to_numpy()).tolist() == [False, True, True]
