"""Every mistake of the user's: a clear message, exit status 2, and nothing written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = """\
code: "35.09"
name: Kota Uji
boundaries: {path: desa.geojson, code: kode, name: nama}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good boundary file, one facility list, people and roads."""
    frame(tmp_path).to_file(tmp_path / "desa.geojson")
    (tmp_path / "pustu.csv").write_text("kode,nama,lat,lon\nA,Pustu A,-8.0,113.05\n")
    (tmp_path / "penduduk.csv").write_text("kode,people\n35.09.01.2001,100\n35.09.01.2002,200\n")
    road = shapely.LineString([(113.0, -8.0), (113.2, -8.0)])
    gpd.GeoDataFrame({"highway": ["tertiary"]}, geometry=[road], crs="EPSG:4326").to_file(
        tmp_path / "jalan.gpkg"
    )
    return tmp_path


def frame(_: object = None, **change) -> gpd.GeoDataFrame:
    west, east = shapely.box(113.0, -8.1, 113.1, -7.9), shapely.box(113.1, -8.1, 113.2, -7.9)
    values = {
        "kode": ["35.09.01.2001", "35.09.01.2002"], "nama": ["Mawar", "Melati"], "geometry": [west, east],
        **change,
    }  # fmt: skip
    return gpd.GeoDataFrame(values, crs="EPSG:4326")


def area(folder: Path, text: str = GOOD, **extra: str) -> Path:
    path = folder / "AREA.yml"
    path.write_text(text + "".join(f"{k}: {v}\n" for k, v in extra.items()), "utf-8")
    return path


def refused(jangkau: Callable[..., tuple[int, str, str]], folder: Path, path: Path, *words: str) -> str:
    """Build; expect status 2, the words, no traceback, and no trace on the disk."""
    before = sorted(folder.rglob("*"))
    status, out, err = jangkau("build", path, "--out", folder / "w")
    assert status == 2, (out, err)
    assert err.startswith("jangkau: ")
    assert "Traceback" not in err
    for word in words:
        assert word in err, err
    assert sorted(folder.rglob("*")) == before
    return err


@pytest.mark.slow
def test_the_good_one_is_built(jangkau, folder):
    path = area(
        folder, roads="{path: jalan.gpkg}", population="{path: penduduk.csv}",
        facilities="{path: pustu.csv, kind: pustu}",
    )  # fmt: skip
    status, out, err = jangkau("build", path, "--out", folder / "w")
    assert (status, err) == (0, "")
    assert "2 villages (0 with unknown people), 1 facility" in out
    status, out, _ = jangkau("check", folder / "w")
    assert status == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code: 35.09\nname: X\nboundaries: {path: desa.geojson}\n", ["line 1", "code", "quotes"]),
        (GOOD + "roads: {pth: x.gpkg}\n", ["line 4", "pth", "Did you mean 'path'"]),
        (GOOD + "populasi: {path: x.csv}\n", ["line 4", "unknown key 'populasi'", "population"]),
        (GOOD + "facilities:\n  - {path: pustu.csv, kind: warung}\n", ["line 5", "'warung'", "posyandu"]),
        (GOOD + 'code: "35.10"\n', ["line 4", "'code' is written twice", "line 1"]),
        ("name: X\nboundaries: {path: desa.geojson}\n", ["'code' is missing"]),
        (GOOD + "buffer_km: -3\n", ["line 4", "buffer_km"]),
        (GOOD + "roads: {path: a.gpkg, osm: overpass}\n", ["line 4", "either path"]),
        (GOOD + "roads: {path: a.gpkg, classes: {A: lebar}}\n", ["'lebar'", "tertiary"]),
        ("code: [\n", ["not valid YAML", "line"]),
        ("just text\n", ["keys and values"]),
        ("", ["'code' is missing"]),
    ],
)  # fmt: skip
def test_area_files(jangkau, folder, text, words):
    refused(jangkau, folder, area(folder, text), "AREA.yml", *words)


def test_no_area_file_and_no_text(jangkau, folder):
    refused(jangkau, folder, folder / "AREA.yml", "is not there")
    (folder / "AREA.yml").write_bytes(b"\xff\xfe\x00\x01")
    refused(jangkau, folder, folder / "AREA.yml", "UTF-8")


@pytest.mark.parametrize("key", ["roads", "population", "hamlets"])
def test_missing_files_name_what_is_near(jangkau, folder, key):
    refused(jangkau, folder, area(folder, **{key: "{path: jalan.gpk}"}), key, "jalan.gpk", "'jalan.gpkg'")


@pytest.mark.parametrize("name", ["x.geojson", "x.gpkg", "x.parquet", "x.shp"])
def test_unreadable_boundaries(jangkau, folder, name):
    (folder / name).write_bytes(b"this is no map")
    refused(jangkau, folder, area(folder, GOOD.replace("desa.geojson", name)), "boundaries", name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [("malta.osm.pbf", b"\x00\x00\x00\x0dnot a pbf"), ("x.osm", b"<osm><node"),
     ("x.osm.gz", b"\x1f\x8bbroken"),
     ("x.graphml", b"<graphml>"), ("x.geojson", b"{")],
)  # fmt: skip
def test_corrupt_roads(jangkau, folder, name, content):
    (folder / name).write_bytes(content)
    refused(jangkau, folder, area(folder, roads=f"{{path: {name}}}"), "roads", name)


def test_a_truncated_pbf(jangkau, folder, shared):
    whole = (shared / "data/osm/malta.osm.pbf").read_bytes()
    (folder / "cut.osm.pbf").write_bytes(whole[: len(whole) // 2])
    refused(jangkau, folder, area(folder, roads="{path: cut.osm.pbf}"), "cut.osm.pbf", "fetch it again")


def test_missing_columns_suggest_the_nearest(jangkau, folder):
    refused(jangkau, folder, area(folder, GOOD.replace("code: kode", "code: kodee")), "'kodee'", "'kode'")
    refused(
        jangkau,
        folder,
        area(folder, population="{path: penduduk.csv, people: peopel}"),
        "'peopel'",
        "'people'",
    )
    refused(
        jangkau, folder, area(folder, facilities="{path: pustu.csv, kind: pustu, lat: lintang}"), "'lintang'"
    )
    refused(jangkau, folder, area(folder, roads="{path: jalan.gpkg, class: kelas}"), "'kelas'", "highway")


def test_no_crs(jangkau, folder):
    frame().to_file(folder / "desa.shp")
    (folder / "desa.prj").unlink()
    text = GOOD.replace("desa.geojson", "desa.shp")
    refused(jangkau, folder, area(folder, text), "coordinate reference system", "crs:")
    with_crs = text.replace("code: kode", "code: kode, crs: EPSG:4326")
    assert jangkau("build", area(folder, with_crs), "--out", folder / "w")[0] == 0
    shutil.rmtree(folder / "w")
    refused(jangkau, folder, area(folder, text.replace("code: kode", "code: kode, crs: EPSG:1")), "EPSG:1")


def test_metres_called_degrees(jangkau, folder):
    frame().to_crs("EPSG:32749").set_crs("EPSG:4326", allow_override=True).to_file(folder / "desa.geojson")
    refused(jangkau, folder, area(folder), "outside Indonesia", "metres")


@pytest.mark.parametrize(
    ("lat", "lon", "cause"),
    [
        ("113.05", "-8.0", "swapped"), ("8.0", "113.05", "minus sign"),
        ("-8.0", "11305000", "decimal point"), ("9115000", "795000", "metres"),
    ],
)  # fmt: skip
def test_facilities_outside_indonesia_with_the_likely_cause(jangkau, folder, lat, lon, cause):
    (folder / "pustu.csv").write_text(f"kode,nama,lat,lon\nA,Pustu A,{lat},{lon}\n")
    refused(
        jangkau, folder, area(folder, facilities="{path: pustu.csv, kind: pustu, id: kode}"),
        "outside Indonesia", "row 2 (A)", cause,
    )  # fmt: skip


def test_coordinates_that_cannot_be_read(jangkau, folder):
    (folder / "pustu.csv").write_text("kode,nama,lat,lon\nA,Pustu A,timur,113\nB,Pustu B,-8.0,\n")
    refused(
        jangkau, folder, area(folder, facilities="{path: pustu.csv, kind: pustu}"), "2 rows", "row 2", "row 3"
    )


def test_duplicate_and_wrong_codes(jangkau, folder):
    frame(kode=["35.09.01.2001"] * 2).to_file(folder / "desa.geojson")
    refused(jangkau, folder, area(folder), "more than once", "35.09.01.2001")
    frame(kode=["Mawar", "Melati"]).to_file(folder / "desa.geojson")
    refused(jangkau, folder, area(folder), "not village codes", "Mawar")


def test_an_empty_study_area(jangkau, folder):
    refused(jangkau, folder, area(folder, GOOD.replace("35.09", "35.10")), "no village of 35.10", "35.09")
    (folder / "desa.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    refused(jangkau, folder, area(folder), "desa.geojson")


def test_empty_geometry(jangkau, folder):
    frame(geometry=[shapely.Polygon(), shapely.box(113.1, -8.1, 113.2, -7.9)]).to_file(folder / "desa.gpkg")
    refused(
        jangkau,
        folder,
        area(folder, GOOD.replace("desa.geojson", "desa.gpkg")),
        "empty geometry",
        "35.09.01.2001",
    )


def test_an_invalid_polygon_is_repaired_and_said(jangkau, folder):
    bow = shapely.Polygon([(113.0, -8.1), (113.1, -7.9), (113.1, -8.1), (113.0, -7.9)])
    frame(geometry=[bow, shapely.box(113.1, -8.1, 113.2, -7.9)]).to_file(folder / "desa.geojson")
    assert jangkau("build", area(folder), "--out", folder / "w")[0] == 0
    assert "invalid_polygon" in jangkau("check", folder / "w")[1]


@pytest.mark.parametrize("value", ["-5", "banyak", "1e999"])
def test_population_that_is_none(jangkau, folder, value):
    path = area(folder, population="{path: penduduk.csv}")
    (folder / "penduduk.csv").write_text(f"kode,people\n35.09.01.2001,{value}\n35.09.01.2002,{value}\n")
    refused(jangkau, folder, path, "'people'", f"row 2: '{value}'")
    # One bad cell stops no build: it is unknown, and told.
    (folder / "penduduk.csv").write_text(f"kode,people\n35.09.01.2001,{value}\n35.09.01.2002,7\n")
    status, out, _ = jangkau("build", path, "--out", folder / "w")
    assert status == 0
    assert "2 villages (1 with unknown people)" in out
    assert f"row 2 ({value})" in jangkau("check", folder / "w")[1]


def test_population_by_other_codes_and_twice(jangkau, folder):
    (folder / "penduduk.csv").write_text("kode,people\n3510010001,5\n")
    refused(jangkau, folder, area(folder, population="{path: penduduk.csv}"), "BPS")
    (folder / "penduduk.csv").write_text("kode,people\n35.09.01.2001,5\n3509012001,6\n")
    refused(jangkau, folder, area(folder, population="{path: penduduk.csv}"), "more than once")


def test_unmapped_kinds_and_duplicate_ids(jangkau, folder):
    (folder / "f.csv").write_text("kode,jenis,lat,lon\nA,WARUNG,-8,113.05\nB,PUSTU,-8,113.05\n")
    kinds = "{path: f.csv, id: kode, kind: {column: jenis, values: {PUSTU: pustu}}}"
    refused(jangkau, folder, area(folder, facilities=kinds), "'WARUNG' (1 row)", "kind.values")
    twice = "[{path: f.csv, id: kode, kind: pustu}, {path: f.csv, id: kode, kind: pustu}]"
    refused(jangkau, folder, area(folder, facilities=twice), "in more than one list", "A")


def test_facilities_that_say_no_place(jangkau, folder):
    (folder / "f.csv").write_text("kode,alamat\nA,Jalan Raya\n")
    refused(
        jangkau, folder, area(folder, facilities="{path: f.csv, kind: pustu}"), "where the facilities are"
    )


def test_unknown_road_classes_and_roads_elsewhere(jangkau, folder):
    far = shapely.LineString([(120.0, -8.0), (120.1, -8.0)])
    for kelas, line, words in (
        ("Jalan Ajaib", shapely.LineString([(113, -8), (113.1, -8)]), ["'Jalan Ajaib'", "classes:"]),
        ("Jalan Lokal", far, ["no line", "study area"]),
    ):
        gpd.GeoDataFrame({"Fungsi": [kelas]}, geometry=[line], crs="EPSG:4326").to_file(folder / "r.gpkg")
        refused(jangkau, folder, area(folder, roads="{path: r.gpkg}"), *words)


def test_empty_and_binary_tables(jangkau, folder):
    for content, word in ((b"", "empty"), (b"\x00\x01\x02", "table")):
        (folder / "penduduk.csv").write_bytes(content)
        refused(jangkau, folder, area(folder, population="{path: penduduk.csv}"), "penduduk.csv", word)
    (folder / "p.xlsx").write_bytes(b"no workbook")
    refused(jangkau, folder, area(folder, population="{path: p.xlsx}"), "p.xlsx")


def test_a_sheet_that_is_not_there(jangkau, folder):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Penduduk"
    book.active.append(["kode", "people"])
    book.save(folder / "p.xlsx")
    refused(jangkau, folder, area(folder, population="{path: p.xlsx, sheet: penduduk2}"), "'Penduduk'")


@pytest.mark.slow
def test_no_list_and_a_list_of_none_are_different_answers(jangkau, folder):
    (folder / "pustu.csv").write_text("kode,nama,lat,lon\n")
    path = area(folder, facilities="{path: pustu.csv, kind: pustu, covers: all}")
    assert jangkau("build", path, "--out", folder / "w")[0] == 0
    assert jangkau("gaps", folder / "w", "--out", folder / "g")[0] == 0
    kinds = json.loads((folder / "g/summary.json").read_text())["kinds"]
    assert (kinds["pustu"]["villages_gap"], kinds["pustu"]["villages_unknown"]) == (2, 0)
    assert (kinds["posyandu"]["villages_gap"], kinds["posyandu"]["villages_unknown"]) == (0, 2)


def test_tables_of_villages_without_a_row(jangkau, folder):
    (folder / "kosong.csv").write_text("kode,people\n")
    path = area(folder, population="{path: kosong.csv}")
    refused(jangkau, folder, path, "population: kosong.csv has no rows")
    (folder / "wilayah.csv").write_text("kode_desa,puskesmas\n")
    path = area(folder, working_areas="{path: wilayah.csv}")
    refused(jangkau, folder, path, "working_areas: wilayah.csv has no rows")


def test_a_folder_in_place_of_a_file(jangkau, folder):
    path = area(folder, population="{path: .}")
    refused(jangkau, folder, folder, "is a folder. Name the file itself, such as", "AREA.yml")
    refused(jangkau, folder, path, "population: ", "is a folder", "AREA.yml")


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: 1\n\tb: 2\n", ("line 2, column 1: ", "tab", "Use spaces, not tabs")),
     ("a: [1\nb: 2\n", ("line 2, column 2: ",)), ("a: 1\n\x07b: 2\n", ("control characters",))],
)  # fmt: skip
def test_yaml_that_is_none_is_named_by_its_line(jangkau, folder, text, words):
    err = refused(jangkau, folder, area(folder, text), *words[:1])
    for word in words[1:]:
        assert word in err
    assert "unicode string" not in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("standard:\n  pustu: {limit_minutes: 20}\n  pustuu: {limit_minutes: 20}\n",
         ("line 3: standard.pustuu: 'pustuu' is not a facility kind. Did you mean 'pustu'?",)),
        ("standard: {pustu: {counts: [poskesdess]}}\n",
         ("standard.pustu.counts: ", "Did you mean 'poskesdes'?")),
        ("edits:\n  - {op: open_facilty, id: a, kind: pustu, lonlat: [113.0, -8.0]}\n",
         ("line 2: edits.0.op: 'open_facilty' is not known. Did you mean 'open_facility'?",)),
        ("edits:\n  - {id: a, kind: pustu, lonlat: [113.0, -8.0]}\n",
         ("line 2: the key 'edits.0.op' is missing",)),
        ("edits:\n  - {op: open_facility, id: a, kind: pustuu, lonlat: [113.0, -8.0]}\n",
         ("Did you mean 'pustu'?",)),
    ],
)  # fmt: skip
def test_a_slip_in_a_scenario_is_named_with_what_was_meant(jangkau, demo_workspace, tmp_path, text, words):
    (tmp_path / "s.yml").write_text(text)
    status, _, err = jangkau(
        "gaps", demo_workspace, "--scenario", tmp_path / "s.yml", "--out", tmp_path / "g"
    )
    assert status == 2
    for word in words:
        assert word in err
    assert len(err.splitlines()) == 2
    assert "Input tag" not in err
    assert len(err) < 500


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "# nothing yet\n", "season: dry\n"])
def test_a_scenario_that_changes_nothing_is_said(jangkau, demo_workspace, tmp_path, text):
    (tmp_path / "s.yml").write_text(text)
    status, out, err = jangkau(
        "gaps", demo_workspace, "--scenario", tmp_path / "s.yml", "--out", tmp_path / "g"
    )
    assert (status, err) == (0, "")
    assert "s.yml says nothing that differs from the default scenario" in out


@pytest.mark.slow
def test_maps_without_their_libraries_are_said_and_seen(jangkau, demo_workspace, tmp_path, monkeypatch):
    monkeypatch.setattr("planner.reports.maps.page.vendor_is_built", lambda: False)
    status, out, _ = jangkau("gaps", demo_workspace, "--out", tmp_path / "g", "--lang", "en")
    assert status == 0
    assert "note: the browser libraries of the maps are missing" in out
    assert "make setup" in out
    page = (tmp_path / "g/map.html").read_text("utf-8")
    body = page[page.index("<body>") :]
    # Before any script of the body, and no script puts it there.
    assert body.index("The map cannot be shown") < body.index("<script")


@pytest.mark.slow
def test_one_of_something_is_no_plural(jangkau, folder):
    frame(kode=["35.09.01.2001", "35.10.01.2002"]).to_file(folder / "desa.geojson")
    path = area(folder, facilities="{path: pustu.csv, kind: pustu}")
    _, out, _ = jangkau("build", path, "--out", folder / "w")
    assert "1 village (1 with unknown people), 1 facility, 0 road sections" in out
    _, out, _ = jangkau("gaps", folder / "w", "--out", folder / "g")
    assert "1 village, unknown people (1 village with unknown people)" in out


class TestWorkspaces:
    @pytest.mark.parametrize("command", ["check", "gaps"])
    def test_not_a_workspace(self, jangkau, tmp_path, command):
        extra = ["--out", tmp_path / "g"] if command == "gaps" else []
        status, _, err = jangkau(command, tmp_path, *extra)
        assert status == 2
        assert "is not a workspace" in err
        assert list(tmp_path.iterdir()) == []

    def test_from_a_newer_version(self, jangkau, demo_workspace, tmp_path):
        copy = tmp_path / "w"
        shutil.copytree(demo_workspace, copy)
        manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
        (copy / "manifest.json").write_text(json.dumps({**manifest, "format_version": 99}))
        status, _, err = jangkau("gaps", copy, "--out", tmp_path / "g")
        assert status == 2
        assert "newer version" in err
        assert not (tmp_path / "g").exists()

    @pytest.mark.parametrize("content", ["{", "[]", '{"format_version": 1}', '{"format_version": "x"}'])
    def test_damaged(self, jangkau, tmp_path, content):
        (tmp_path / "manifest.json").write_text(content)
        status, _, err = jangkau("check", tmp_path)
        assert status == 2
        assert "damaged" in err

    def test_output_over_something_else(self, jangkau, demo_workspace, tmp_path):
        (tmp_path / "photo.jpg").write_bytes(b"x")
        status, _, err = jangkau("gaps", demo_workspace, "--out", tmp_path)
        assert status == 2
        assert "photo.jpg" in err
        assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]
        # Nor over the workspace itself.
        status, _, err = jangkau("gaps", demo_workspace, "--out", demo_workspace)
        assert status == 2
        assert (demo_workspace / "manifest.json").is_file()

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("standard: {pustu: {limit_minutes: -1}}", ["line 1", "limit_minutes"]),
            ("standard: {pustu: {mode: terbang}}", ["'terbang'", "motorcycle"]),
            ("standar: {}", ["unknown key 'standar'", "standard"]),
            ("status: {served: 0.4}", ["gap must not be above served"]),
            ("modes: {walking: {speeds_kph: {path: nol}}}", ["modes.walking.speeds_kph.path"]),
        ],
    )
    def test_scenarios(self, jangkau, demo_workspace, tmp_path, text, words):
        (tmp_path / "s.yml").write_text(text)
        status, _, err = jangkau(
            "gaps", demo_workspace, "--scenario", tmp_path / "s.yml", "--out", tmp_path / "g"
        )
        assert status == 2
        for word in words:
            assert word in err
        assert not (tmp_path / "g").exists()


def test_wrong_options_exit_2_and_help_exits_0(jangkau):
    assert jangkau("gapz")[0] == 2
    assert jangkau()[0] == 2
    assert jangkau("gaps", "x")[0] == 2
    status, out, _ = jangkau("--help")
    assert status == 0
    assert "demo" in out
    assert jangkau("--version")[1].startswith("jangkau ")


class TestNothingIsLost:
    def test_inputs_inside_the_output_folder(self, jangkau, folder):
        path = area(folder)
        status, _, err = jangkau("build", path, "--out", folder)
        assert status == 2
        assert "did not write" in err
        assert jangkau("build", path, "--out", folder / "w")[0] == 0
        shutil.copy(path, folder / "w/AREA.yml")
        status, _, err = jangkau("build", path, "--out", folder / "w")
        assert status == 2
        assert "AREA.yml" in err
        assert (folder / "w/AREA.yml").is_file()

    @pytest.mark.slow
    def test_foreign_files_beside_results(self, jangkau, demo_workspace, tmp_path):
        assert jangkau("gaps", demo_workspace, "--out", tmp_path / "g")[0] == 0
        assert jangkau("gaps", demo_workspace, "--out", tmp_path / "g")[0] == 0
        (tmp_path / "g/laporan.docx").write_text("mine")
        status, _, err = jangkau("gaps", demo_workspace, "--out", tmp_path / "g")
        assert status == 2
        assert "laporan.docx" in err
        assert (tmp_path / "g/laporan.docx").read_text() == "mine"

    def test_somebody_elses_manifest_and_area(self, jangkau, folder):
        (folder / "web").mkdir()
        (folder / "web/manifest.json").write_text('{"name": "app"}')
        assert jangkau("build", area(folder), "--out", folder / "web")[0] == 2
        (folder / "proj/area").mkdir(parents=True)
        (folder / "proj/area/AREA.yml").write_text(GOOD)
        assert jangkau("demo", "--out", folder / "proj")[0] == 2
        assert (folder / "proj/area/AREA.yml").read_text() == GOOD


def test_several_sheets_and_layers_are_not_chosen_from(jangkau, folder):
    import openpyxl

    book = openpyxl.Workbook()
    for name in ("Kec A", "Kec B"):
        sheet = book.create_sheet(name)
        sheet.append(["nama", "lat", "lon"])
        sheet.append([name, -8.0, 113.05])
    book.save(folder / "pk.xlsx")
    refused(
        jangkau, folder, area(folder, facilities="{path: pk.xlsx, kind: pustu}"), "Kec A, Kec B", "sheet:"
    )
    both = "[{path: pk.xlsx, kind: pustu, sheet: Kec A}, {path: pk.xlsx, kind: pustu, sheet: Kec B}]"
    assert jangkau("build", area(folder, facilities=both), "--out", folder / "w")[0] == 0
    shutil.rmtree(folder / "w")
    gpd.read_file(folder / "jalan.gpkg").to_file(folder / "jalan.gpkg", layer="lain", driver="GPKG")
    refused(jangkau, folder, area(folder, roads="{path: jalan.gpkg}"), "several layers", "layer:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('kode,people,ket\n35.09.01.2001,5,"baik\n35.09.01.2002,6,x\n', ["penduduk.csv"]),
        ("kode,people\n35.09.01.2001,1,234\n", ["more cells than the header", "2"]),
        ("kode,people,people\n35.09.01.2001,1,1000\n", ["'people'", "more than once"]),
    ],
)
def test_tables_that_would_be_misread(jangkau, folder, text, words):
    (folder / "penduduk.csv").write_text(text)
    refused(jangkau, folder, area(folder, population="{path: penduduk.csv}"), *words)


@pytest.mark.parametrize(
    "text",
    [
        "code: {{kode}}\n", "? [a]\n: b\n", "name: 2024-13-45\n", "x: !!int 'abc'\n", "a: " + "[" * 3000,
        "code: '35.09'\nname: X\nboundaries: {path: " + "x" * 400 + "}\n",
        "a: &a [x,x]\n" + "".join(f"{c}: &{c} [*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p}]\n"
                                  for p, c in zip("abcdefg", "bcdefgh", strict=True)),
    ],
)  # fmt: skip
def test_odd_yaml(jangkau, folder, text):
    refused(jangkau, folder, area(folder, text))


def test_damaged_workbooks_and_arrays(jangkau, folder):
    import zipfile

    with zipfile.ZipFile(folder / "p.xlsx", "w") as book:
        book.writestr("[Content_Types].xml", "<not xml")
    refused(jangkau, folder, area(folder, population="{path: p.xlsx}"), "p.xlsx")
    text = (folder / "desa.geojson").read_text().replace('"Mawar"', '["a", "b"]')
    (folder / "desa.geojson").write_text(text)
    assert jangkau("build", area(folder), "--out", folder / "w")[0] in (0, 2)


@pytest.mark.slow
def test_roads_that_are_only_ferries(jangkau, folder):
    sea = shapely.LineString([(113.0, -8.0), (113.2, -8.0)])
    gpd.GeoDataFrame({"highway": [None], "route": ["ferry"]}, geometry=[sea], crs="EPSG:4326").to_file(
        folder / "f.gpkg"
    )
    path = area(folder, roads="{path: f.gpkg}", facilities="{path: pustu.csv, kind: pustu}")
    assert jangkau("build", path, "--out", folder / "w")[0] == 0
    assert jangkau("check", folder / "w")[0] in (0, 3)
    assert jangkau("gaps", folder / "w", "--out", folder / "g")[0] == 0


def test_tables_in_metres_follow_their_crs(jangkau, folder):
    (folder / "pustu.csv").write_text("kode,nama,lat,lon\nA,Pustu A,9115000,795000\n")
    listed = "{path: pustu.csv, kind: pustu, crs: 'EPSG:32749'}"
    assert jangkau("build", area(folder, facilities=listed), "--out", folder / "w")[0] == 0
    point = gpd.read_parquet(next((folder / "w").glob("facilities-*.parquet"))).geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((795000, 9115000), abs=0.01)


def test_names_too_long_and_negative_seeds(jangkau, folder):
    assert jangkau("build", area(folder), "--out", folder / ("x" * 300))[0] == 2
    assert jangkau("check", folder / ("x" * 300))[0] == 2
    assert jangkau("demo", "--seed", "-1", "--out", folder / "d")[0] == 2


@pytest.mark.slow
def test_a_console_without_our_letters(demo_workspace):
    import os
    import subprocess
    import sys

    environment = {**os.environ, "PYTHONIOENCODING": "cp437"}
    run = subprocess.run(
        [sys.executable, "-m", "planner.cli", "check", str(demo_workspace)], env=environment, check=False,
        capture_output=True,
    )  # fmt: skip
    assert run.returncode == 3
    assert b"Traceback" not in run.stderr
