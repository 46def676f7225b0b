"""Files and headings of lists that were read as another thing, or not at all."""

from __future__ import annotations

import json

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.areafile import FileSource, read_area_file
from geodata.build import read_layers
from geodata.codes import parse_village_code
from geodata.drafting.draft import draft
from geodata.errors import InputError, MissingColumnError, MissingCrsError, SchemaError, UnreadableFileError
from geodata.quality import inspect
from geodata.readers.columns import Columns
from geodata.readers.facilities.angle_parts import joined_angles
from geodata.readers.files.table import decoded, read_table

CODE = [f"35.09.01.200{i}" for i in range(1, 7)]
DESA = ["Sukamaju", "Mekarsari", "Tanjung", "Karanganyar", "Sidomulyo", "Wonosari"]
# The middle of each village, in degrees.
LAT, LON = [-8.05] * 6, [113.05 + i / 10 for i in range(6)]


@pytest.fixture
def folder(tmp_path):
    save_map(tmp_path / "desa.geojson", kode=CODE)
    return tmp_path


def save_map(path, crs="EPSG:4326", **more):
    gpd.GeoDataFrame(
        {**more, "nama": DESA, "kecamatan": "Kaliwates", "kabupaten": "Kabupaten Jember"},
        geometry=[shapely.box(113.0 + i / 10, -8.1, 113.1 + i / 10, -8.0) for i in range(6)],
        crs="EPSG:4326",
    ).to_crs(crs).to_file(path)


def save_list(path, names, **columns):
    pd.DataFrame({"Nama": names, **columns}).to_csv(path, index=False)


def drafted(folder, **more):
    text, notes = draft(folder, **more)
    (folder / "AREA.yml").write_text(text, "utf-8")
    return yaml.safe_load(text), notes, text


def built(folder, **layers):
    if layers:
        villages = {"path": "desa.geojson", "code": "kode", "name": "nama", "district_name": "kecamatan"}
        content = {"code": "35.09", "name": "Kabupaten Jember", "boundaries": villages, **layers}
        (folder / "AREA.yml").write_text(yaml.safe_dump(content), "utf-8")
    layers = read_layers(read_area_file(folder / "AREA.yml"))
    return layers, {f.rule: f for f in inspect(layers)}


# --- Two lists of the same units ---------------------------------------------------------------------------


PUSTU = [f"Pustu {name}" for name in DESA]


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (PUSTU, {"Desa": DESA}),
        (DESA, {"Kode Desa": CODE}),
        ([n.upper() for n in PUSTU[:5]], {"Desa": DESA[:5], "Kecamatan": "KALIWATES"}),
    ],
)
def test_of_two_lists_of_equal_units_one_is_taken(folder, names, columns):
    save_list(folder / "pustu 2024.csv", PUSTU, Desa=DESA, Lintang=LAT, Bujur=LON)
    save_list(folder / "pustu 2023.csv", names, **columns)
    read, notes, text = drafted(folder)
    assert [entry["path"] for entry in read["facilities"]] == ["pustu 2024.csv"], "it has places"
    n = len(names)
    assert notes == (f"pustu 2023.csv is left out: {n} of its {n} units stand in pustu 2024.csv too",)
    assert 'path: "pustu 2023.csv"' in text
    layers, found = built(folder)
    assert "same_list" not in found
    assert len(layers.facilities) == len(PUSTU)


def test_a_map_and_a_table_of_the_same_points_are_one_list(folder):
    save_list(folder / "posyandu.csv", ["Melati 1"] * 6, Lintang=LAT, Bujur=LON)
    points = gpd.points_from_xy(LON, LAT, crs="EPSG:4326")
    gpd.GeoDataFrame({"nama": ["Posyandu Melati 1"] * 6}, geometry=points).to_file(
        folder / "posyandu.geojson"
    )
    read, notes, _ = drafted(folder)
    assert len(read["facilities"]) == 1
    assert len(notes) == 1


@pytest.mark.parametrize(
    "other", [{"Nama": [f"Pustu {n}" for n in "ABCDEF"], "Desa": DESA}, {"Nama": PUSTU, "Desa": DESA[::-1]}]
)
def test_lists_of_other_units_stay(folder, other):
    save_list(folder / "pustu 2024.csv", PUSTU, Desa=DESA)
    pd.DataFrame(other).to_csv(folder / "pustu b.csv", index=False)
    read, notes, _ = drafted(folder)
    assert len(read["facilities"]) == 2
    assert notes == ()


def test_lists_that_share_only_a_part_stay_and_are_told(folder):
    """None may lose units: somebody has to choose."""
    save_list(folder / "pustu a.csv", PUSTU, Desa=DESA)
    save_list(folder / "pustu b.csv", [*PUSTU[:4], "Pustu Baru", "Pustu Lain"], Desa=DESA)
    read, [note], text = drafted(folder)
    assert len(read["facilities"]) == 2
    assert "4 of its 6 units stand in pustu a.csv too" in note
    assert "    # 4 of its 6 units" in text
    assert "same_list" in built(folder)[1]


def test_a_list_of_the_province_counts_only_its_rows_of_here(folder):
    names = [f"Puskesmas {name}" for name in DESA]
    save_list(folder / "provinsi.csv", names * 2, Kabupaten=["Kab. Jember"] * 6 + ["Kab. Lumajang"] * 6,
              Lintang=[*LAT, *[-8.2] * 6], Bujur=[*LON, *[112.9] * 6])  # fmt: skip
    save_list(folder / "puskesmas.csv", names, Lintang=LAT, Bujur=LON)
    read, notes, _ = drafted(folder)
    assert [entry["path"] for entry in read["facilities"]] == ["puskesmas.csv"]
    assert notes == ("provinsi.csv is left out: 6 of its 6 units stand in puskesmas.csv too",)


def test_units_of_kinds_that_nobody_tells_are_not_equal(folder):
    save_list(folder / "data a.csv", DESA, Desa=DESA, Lintang=LAT, Bujur=LON)
    save_list(folder / "data b.csv", DESA, Desa=DESA, Lintang=[y - 0.02 for y in LAT], Bujur=LON)
    _, notes, text = drafted(folder)
    assert not any("left out" in note for note in notes)
    assert "stand in" not in text


@pytest.mark.parametrize("rest", [[], ["Pustu Baru"]])
def test_no_place_and_no_unit_is_lost_for_a_fuller_list(folder, rest):
    n = 4 + len(rest)
    save_list(folder / "pustu gps.csv", [*PUSTU[:4], *rest], Desa=DESA[:n], Lintang=LAT[:n], Bujur=LON[:n])
    save_list(folder / "pustu 2024.csv", PUSTU, Desa=DESA)
    read, notes, _ = drafted(folder)
    paths = {entry["path"] for entry in read["facilities"]}
    assert "pustu gps.csv" in paths
    assert any("stand in" in note for note in notes)
    assert {unit["name"] for unit in built(folder)[0].facilities.to_dict("records")} >= {*PUSTU, *rest}


def test_of_ten_units_one_that_another_list_lacks_is_not_lost(folder):
    names = [f"Pustu {name} {k}" for name in DESA for k in (1, 2)]
    save_list(folder / "pustu a.csv", names, Desa=[d for d in DESA for _ in "12"])
    save_list(folder / "pustu b.csv", [*names[:11], "Pustu Baru"], Desa=[d for d in DESA for _ in "12"])
    read, [note], _ = drafted(folder)
    assert len(read["facilities"]) == 2
    assert "11 of its 12 units stand in pustu" in note


# --- A map without codes -----------------------------------------------------------------------------------


def test_a_map_without_codes_is_told_with_what_is_needed(folder, jangkau):
    (folder / "desa.geojson").unlink()
    save_map(folder / "batas.geojson")
    status, _, err = jangkau("init", folder)
    assert (status, "Kabupaten Jember" in err, "--code" in err) == (2, True, True)
    status, out, _ = jangkau("init", folder, "--code", "35.09")
    assert status == 0
    assert "needed: batas.geojson has no Kemendagri codes" in out
    assert "jangkau fetch 35.09" in out
    assert "# needed: " in (folder / "AREA.yml").read_text("utf-8")
    status, _, err = jangkau("build", folder / "AREA.yml", "--out", folder / "w")
    assert (status, "jangkau fetch 35.09" in err) == (2, True)
    # With the table it is built, and nothing is needed.
    pd.DataFrame({"kode": ["35.09.01", *CODE], "nama": ["Kaliwates", *DESA]}).to_csv(
        folder / "wilayah.csv", index=False
    )
    _, notes, _ = drafted(folder, code="35.09")
    assert notes == ()
    assert built(folder)[0].villages.index.tolist() == CODE


@pytest.mark.slow
@pytest.mark.realdata
def test_cilegons_map_is_told_with_what_is_needed(shared, tmp_path):
    for path in (shared.resolve() / "data/dinkes").glob("cilegon*"):
        (tmp_path / path.name).symlink_to(path)
    with pytest.raises(InputError, match="the map names Kota Cilegon, Serang"):
        draft(tmp_path)
    _, [note], _ = drafted(tmp_path, code="36.72")
    assert note.startswith("needed: cilegon_ADMINISTRASIDESA_AR_25K.shp has no Kemendagri codes")


# --- Encodings, JSON, a lost .prj --------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.text(st.characters(max_codepoint=0xFF, exclude_categories=["C"]), max_size=20), min_size=3),
    st.sampled_from(["utf-16-le", "utf-16-be"]),
)
def test_utf_16_is_read_with_and_without_its_mark(names, encoding):
    text = "Nama;Lintang;Bujur\r\n" + "\r\n".join(f"{name};-8,05;113,05" for name in names)
    assert decoded(text.encode(encoding)) == text
    assert decoded(text.encode("utf-16")) == text
    assert decoded(text.encode("utf-8")) == text


@settings(deadline=None)
@given(st.binary(min_size=2, max_size=400))
def test_bytes_are_never_read_as_text_with_signs_that_nobody_sees(data):
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    try:
        text = decoded(data)
    except Exception:  # noqa: BLE001 - that it is refused is all that is asked
        return
    assert "\x00" not in text


def ckan(records, **more):
    fields = [{"id": "_id", "type": "int"}, {"id": "Nama", "type": "text"}, {"id": "Desa", "type": "text"}]
    result = {"resource_id": "x", "fields": fields, "records": records, "limit": 100, **more}
    return {"help": "https://data.go.id", "success": True, "result": result}


def ckan_rows(as_lists):
    if as_lists:
        return [[i, name, desa] for i, (name, desa) in enumerate(zip(PUSTU, DESA, strict=True), start=1)]
    return [
        {"_id": i, "Nama": name, "Desa": desa}
        for i, (name, desa) in enumerate(zip(PUSTU, DESA, strict=True), start=1)
    ]


@pytest.mark.parametrize("as_lists", [False, True])
def test_an_answer_of_ckan_is_a_list(folder, as_lists):
    (folder / "pustu.json").write_text(json.dumps(ckan(ckan_rows(as_lists), total=6)), "utf-8")
    read, _, _ = drafted(folder)
    assert [entry["path"] for entry in read["facilities"]] == ["pustu.json"]
    layers, _ = built(folder)
    assert sorted(layers.facilities["name"]) == sorted(PUSTU)
    assert set(layers.facilities["village_code"]) == set(CODE)
    assert layers.facilities.index[0].startswith("pustu:"), "CKAN's row numbers are no ids"


@pytest.mark.parametrize("more", [{"total": 250}, {"limit": 6}])
def test_a_part_of_ckans_list_is_refused(folder, more):
    (folder / "pustu.json").write_text(json.dumps(ckan(ckan_rows(as_lists=False), **more)), "utf-8")
    with pytest.raises(SchemaError, match="only a part of the list"):
        built(folder, facilities=[{"path": "pustu.json", "kind": "pustu"}])


def test_a_list_deep_in_an_answer_is_found_and_two_are_refused(folder):
    rows = [{"Nama": n, "Desa": d} for n, d in zip(PUSTU, DESA, strict=True)]
    path = folder / "pustu.json"
    path.write_text(json.dumps({"status": "ok", "data": {"page": 1, "total": 6, "rows": rows}}), "utf-8")
    entry = [{"path": "pustu.json", "kind": "pustu"}]
    assert len(built(folder, facilities=entry)[0].facilities) == 6
    path.write_text(json.dumps({"data": {"rows": rows, "other": [{"a": 1}]}}), "utf-8")
    with pytest.raises(UnreadableFileError, match="no list of objects"):
        built(folder, facilities=entry)


PAGED = [
    {"status": "ok", "data": {"page": 1, "total_pages": 9, "total": 900, "rows": "ROWS"}},
    {"data": {"current_page": 1, "data": "ROWS", "last_page": 5}},
    {"data": "ROWS", "links": {"first": "x", "next": "https://x/?page=2"}, "meta": {"current_page": 1}},
    {"count": 900, "next": "https://x/?page=2", "previous": None, "results": "ROWS"},
    {"total": 900, "rows": "ROWS"},
    {"rows": "ROWS", "hasMore": True},
]
WHOLE = [
    {"data": "ROWS", "links": {"next": None}, "meta": {
        "current_page": 1, "last_page": 1, "total": 6, "links": [{"url": None, "active": True}]}},
    {"data": "ROWS", "metadata": {"columns": [{"name": "Nama"}]}},
    {"count": 6, "next": None, "previous": None, "results": "ROWS"},
    {"hasMore": False, "rows": "ROWS", "year": 2024},
]  # fmt: skip


@pytest.mark.parametrize(("answer", "whole"), [*((a, False) for a in PAGED), *((a, True) for a in WHOLE)])
def test_a_page_of_an_answer_is_refused_and_a_whole_one_is_read(folder, answer, whole):
    rows = [{"Nama": n, "Desa": d} for n, d in zip(PUSTU, DESA, strict=True)]
    text = json.dumps(answer).replace('"ROWS"', json.dumps(rows))
    (folder / "pustu.json").write_text(text, "utf-8")
    entry = [{"path": "pustu.json", "kind": "pustu"}]
    if whole:
        assert len(built(folder, facilities=entry)[0].facilities) == 6
    else:
        with pytest.raises(SchemaError, match="only a part of the list"):
            built(folder, facilities=entry)


def points(folder, crs, *, at=None):
    place = gpd.points_from_xy(LON, LAT, crs="EPSG:4326").to_crs(crs)
    frame = gpd.GeoDataFrame({"nama": PUSTU}, geometry=place)
    if at is not None:
        frame.loc[0, "geometry"] = at
    frame.to_file(folder / "pustu.shp")
    (folder / "pustu.prj").unlink()


@pytest.mark.parametrize("at", [None, shapely.Point(1130500000, -8.05)])
def test_a_map_in_degrees_that_lost_its_prj_is_taken_as_wgs_84_and_told(folder, at):
    points(folder, "EPSG:4326", at=at)
    entry = {"path": "pustu.shp", "kind": "pustu"}
    if at is None:
        with pytest.raises(MissingCrsError, match="degrees: add crs: EPSG:4326"):
            built(folder, facilities=[entry])
        read, [note], text = drafted(folder)
        assert read["facilities"][0]["crs"] == "EPSG:4326"
        assert "pustu.shp: it does not say its CRS" in note
        assert "    # it does not say its CRS" in text
        assert set(built(folder)[0].facilities["village_code"]) == set(CODE)
    else:
        with pytest.raises(MissingCrsError):
            built(folder, facilities=[entry])


def test_a_map_in_metres_that_lost_its_prj_is_refused_with_what_to_do(folder):
    points(folder, "EPSG:32749")
    with pytest.raises(MissingCrsError, match=r"metres, and nothing tells of which zone: ask its sender"):
        built(folder, facilities=[{"path": "pustu.shp", "kind": "pustu"}])
    read, _, text = drafted(folder)
    assert "facilities" not in read
    assert "# pustu.shp: does not say its coordinate reference system" in text
    assert "EPSG:32749" in text


# --- Headings of names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    ["Nama UKBM", "Fasilitas Kesehatan", "Nama Unit Kerja", "Unit Kerja", "NAMA FASKES",
     "Nama Fasilitas Kesehatan"],
)  # fmt: skip
def test_units_are_named_under_these_headings(folder, heading):
    pd.DataFrame({heading: PUSTU, "Desa": DESA}).to_csv(folder / "pustu.csv", index=False)
    read, _, _ = drafted(folder)
    assert read["facilities"][0]["name"] == heading
    assert sorted(built(folder)[0].facilities["name"]) == sorted(PUSTU)
    entry = {"path": "pustu.csv", "kind": "pustu"}
    assert sorted(built(folder, facilities=[entry])[0].facilities["name"]) == sorted(PUSTU)


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Fasilitas Kesehatan", ["Pustu", "Pustu", "Puskesmas Pembantu", "Pustu", "Posyandu", "Polindes"]),
        ("Fasilitas Kesehatan", [3, 4, 5, 6, 7, 8]),
        ("Nama Unit Kerja", ["Puskesmas Kaliwates"] * 6),
        ("Unit Kerja", ["Puskesmas Kaliwates"] * 3 + ["Puskesmas Sumbersari"] * 3),
        ("Kode Fasilitas Kesehatan", [f"P{i}" for i in range(6)]),
        ("Jenis Fasilitas Kesehatan", ["Pustu", "Posyandu"] * 3),
        ("Alamat Fasilitas Kesehatan", [f"Jl. Mawar {i}" for i in range(6)]),
    ],
)
def test_kinds_codes_and_the_puskesmas_of_units_are_no_names(folder, heading, cells):
    pd.DataFrame({heading: cells, "Desa": DESA}).to_csv(folder / "pustu.csv", index=False)
    layers, _ = built(folder, facilities=[{"path": "pustu.csv", "kind": "pustu"}])
    assert set(layers.facilities["name"]) == {""}
    read, _, text = drafted(folder)
    assert all("name" not in entry for entry in read.get("facilities", []))
    assert "# is it? name:" not in text


def test_the_units_own_name_counts_before_the_office(folder):
    frame = pd.DataFrame(
        {"Nama Unit Kerja": [f"Puskesmas {d}" for d in DESA], "Nama Pustu": PUSTU, "Desa": DESA}
    )
    frame.to_csv(folder / "pustu.csv", index=False)
    read, _, _ = drafted(folder)
    assert read["facilities"][0]["name"] == "Nama Pustu"
    assert sorted(built(folder)[0].facilities["name"]) == sorted(PUSTU)


# --- Formulas without values, columns of one heading -------------------------------------------------------


def save_book(path, rows, sheets=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, more in sheets:
        page = book.create_sheet(title)
        for row in more:
            page.append(row)
    book.save(path)


BOOK = [
    ["Nama", "Desa", "Lintang", "Bujur"],
    *([n, d, -8.0625, x] for n, d, x in zip(PUSTU, DESA, LON, strict=True)),
]


@pytest.mark.parametrize("cell", ["=1-9.05", "=SUM(A1:A2)", '=IF(A1<>"","a","")'])
def test_formulas_without_values_are_told(folder, cell, jangkau):
    rows = [list(row) for row in BOOK]
    rows[3][2] = cell
    save_book(folder / "pustu.xlsx", rows)
    with pytest.raises(UnreadableFileError, match=r"1 cell with a formula and no value: C4\. .*save it"):
        built(folder, facilities=[{"path": "pustu.xlsx", "kind": "pustu"}])
    status, _, _ = jangkau("init", folder, "--force")
    text = (folder / "AREA.yml").read_text("utf-8")
    assert (status, "# pustu.xlsx: has 1 cell with a formula" in text) == (0, True)


def test_a_sheet_of_formulas_alone_is_not_passed_over(folder):
    save_book(folder / "pustu.xlsx", BOOK, [("Rekap", [["=Sheet!A1", "=Sheet!B1"]] * 3)])
    with pytest.raises(MissingColumnError, match="several sheets"):
        built(folder, facilities=[{"path": "pustu.xlsx", "kind": "pustu"}])
    entry = {"path": "pustu.xlsx", "kind": "pustu", "sheet": "Rekap"}
    with pytest.raises(
        UnreadableFileError, match="6 cells with a formula and no value: A1, B1, A2, B2, A3 and 1"
    ):
        built(folder, facilities=[entry])


@pytest.mark.parametrize(
    ("cell", "refused"),
    [
        (b"<f>1-9.05</f><v>-8.0625</v>", False),
        (b"<f>1-9.05</f>", True),
        (b"<f>1-9.05</f><v></v>", True),
        (b'<f t="shared" si="0"/><v>-8.0625</v>', False),
        (b'<f t="shared" si="0"/>', True),
    ],
)
def test_what_spreadsheets_saved_is_read(folder, cell, refused):
    import zipfile

    save_book(folder / "x.xlsx", [list(r) for r in BOOK])
    with zipfile.ZipFile(folder / "x.xlsx") as old, zipfile.ZipFile(folder / "pustu.xlsx", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                before, after = b'<c r="C4" t="n"><v>-8.0625</v></c>', b'<c r="C4">' + cell + b"</c>"
                assert before in data
                data = data.replace(before, after)
            new.writestr(name, data)
    entry = [{"path": "pustu.xlsx", "kind": "pustu"}]
    if refused:
        with pytest.raises(UnreadableFileError, match="C4"):
            built(folder, facilities=entry)
    else:
        assert set(built(folder, facilities=entry)[0].facilities["located_by"]) == {"coordinates"}


@pytest.mark.parametrize(
    ("more", "total"),
    [
        ({"No": "=ROW()-1"}, []),
        ({"Tautan": '=HYPERLINK("https://x","lihat")'}, []),
        ({}, ["Jumlah", "=COUNTA(B2:B7)"]),
        ({}, ["=A7", "=COUNTA(B2:B7)"]),
        ({}, []),
    ],
)
def test_formulas_that_nobody_reads_are_no_matter(folder, more, total):
    """They stand beside the list, or below it: what is read is all there."""
    head, *rows = BOOK
    rows = [[*head, *more], *([*row, *more.values()] for row in rows)]
    title = [['="DATA PUSTU "&YEAR(NOW())']]
    save_book(folder / "pustu.xlsx", [*title, *rows, *([total] if total else [])])
    layers, _ = built(folder, facilities=[{"path": "pustu.xlsx", "kind": "pustu"}])
    assert sorted(layers.facilities["name"]) == sorted(PUSTU)
    read, _, _ = drafted(folder)
    assert [entry["path"] for entry in read["facilities"]] == ["pustu.xlsx"]


def test_a_heading_and_a_named_column_of_formulas_are_missed(folder):
    rows = [[*row, f"=A{i}"] for i, row in enumerate(BOOK, start=1)]
    save_book(folder / "pustu.xlsx", rows)
    entry = {"path": "pustu.xlsx", "kind": "pustu"}
    with pytest.raises(UnreadableFileError, match=r"1 cell with a formula and no value: E1"):
        built(folder, facilities=[entry])
    rows[0][4] = "Bdn"
    save_book(folder / "pustu.xlsx", rows)
    assert len(built(folder, facilities=[entry])[0].facilities) == 6
    with pytest.raises(UnreadableFileError, match="6 cells with a formula and no value: E2, E3"):
        built(folder, facilities=[{**entry, "staff": {"midwife": "Bdn"}}])


@pytest.mark.parametrize(
    "heads", [("Lat", "LAT"), ("lat", "lat_"), ("Desa", "DESA"), ("Kecamatan", "KECAMATAN")]
)
def test_columns_of_one_heading_that_only_write_otherwise_are_one(folder, heads):
    other = {"Lat": [f"{y}0" for y in LAT], "lat": [f"{y}000001" for y in LAT],
             "Desa": [d.upper() for d in DESA], "Kecamatan": ["KALIWATES"] * 6}  # fmt: skip
    own = {"Lat": LAT, "lat": LAT, "Desa": DESA, "Kecamatan": ["Kaliwates"] * 6}
    columns = {heads[0]: own[heads[0]], heads[1]: other[heads[0]], "Lon": LON}
    columns |= {} if heads[0] in ("Lat", "lat") else {"Lintang": LAT}
    save_list(folder / "pustu.csv", PUSTU, **columns)
    layers, _ = built(folder, facilities=[{"path": "pustu.csv", "kind": "pustu"}])
    assert len(layers.facilities) == 6
    assert drafted(folder)[1] == ()


def table(tmp_path, text):
    (tmp_path / "a.csv").write_text(text, "utf-8")
    return read_table(FileSource(path=tmp_path / "a.csv"), "facilities", ["nama", "desa"])


@pytest.mark.parametrize("copy", [["A", "B"], ["", ""]])
@pytest.mark.parametrize("first", [True, False])
def test_a_column_that_stands_twice_without_another_meaning_counts_once(tmp_path, copy, first):
    both = [["A", "B"], copy] if first else [copy, ["A", "B"]]
    rows = "\n".join(f"{a},x,{b}" for a, b in zip(*both, strict=True))
    read = table(tmp_path, f"Nama,Desa,Nama\n{rows}\n")
    assert read["Nama"].tolist() == ["A", "B"]
    assert read.columns.get_loc("Desa") == 1, "findings mark cells by their place in the file"
    assert read.shape == (2, 3)


@pytest.mark.parametrize("heads", [("Nama", "Nama"), ("Nama", "NAMA"), ("Desa", "desa")])
def test_columns_of_one_heading_that_differ_are_refused(folder, heads):
    other = "Desa" if heads[0] == "Nama" else "Nama"
    own, others = (PUSTU, DESA) if heads[0] == "Nama" else (DESA, PUSTU)
    rows = [[*heads, other, "Lat", "Lon"],
            *zip(own, own[::-1], others, LAT, LON, strict=True)]  # fmt: skip
    (folder / "pustu.csv").write_text("\n".join(",".join(map(str, row)) for row in rows), "utf-8")
    entry = {"path": "pustu.csv", "kind": "pustu"}
    with pytest.raises(MissingColumnError, match=r"differ|more than once"):
        built(folder, facilities=[entry])
    key = "name" if heads[0] == "Nama" else "village_name"
    _, [note], _ = drafted(folder)
    assert note.startswith(f"pustu.csv: {key}: the columns {heads[0]}, ")
    if heads[0] != heads[1]:
        layers, _ = built(folder, facilities=[{**entry, key: heads[0]}])
        assert len(layers.facilities) == 6


# --- Degrees, minutes and seconds in columns of their own --------------------------------------------------


def in_parts(degrees):
    minutes, thousandths = divmod(round(abs(degrees) * 3_600_000), 60_000)
    return (*divmod(minutes, 60), thousandths / 1000)


HEADS = ["{} derajat", "{} menit", "{} detik"]
ANGLES = {
    "letters": ("LS", "BT", HEADS),
    "words": ("Lintang Selatan", "Bujur Timur", ["Derajat {}", "Menit {}", "Detik {}"]),
    "english": ("Latitude South", "Longitude", ["{}_degrees", "{}_minutes", "{}_seconds"]),
}


def angle_rows(places):
    return [[*in_parts(y), *in_parts(x)] for y, x in places]


@pytest.mark.parametrize("how", ANGLES)
def test_degrees_minutes_and_seconds_of_clear_headings_are_read(folder, how):
    lat, lon, forms = ANGLES[how]
    heads = [form.format(word) for word in (lat, lon) for form in forms]
    frame = pd.DataFrame(angle_rows(zip(LAT, LON, strict=True)), columns=heads)
    frame.insert(0, "Nama", PUSTU)
    frame.to_csv(folder / "pustu.csv", index=False)
    read, _, _ = drafted(folder)
    assert not read["facilities"][0].keys() & {"lat", "lon", "coordinates"}
    layers, _ = built(folder)
    units = layers.facilities.to_crs(4326)
    assert units.geometry.x.to_numpy() == pytest.approx(LON, abs=1e-6)
    assert units.geometry.y.to_numpy() == pytest.approx(LAT, abs=1e-6)


@pytest.mark.parametrize("signs", [("Derajat", "Menit", "Detik"), ("°", "'", '"')])
def test_parts_below_a_merged_heading_are_read(folder, signs):
    above, below = ["Nama", "LS", None, None, "BT", None, None], [None, *signs, *signs]
    rows = [[n, *cells] for n, cells in zip(PUSTU, angle_rows(zip(LAT, LON, strict=True)), strict=True)]
    save_book(folder / "pustu.xlsx", [["DAFTAR PUSTU"], above, below, *rows])
    drafted(folder)
    units = built(folder)[0].facilities.to_crs(4326)
    assert units.geometry.y.to_numpy() == pytest.approx(LAT, abs=1e-6)
    assert units["name"].tolist() == PUSTU


@pytest.mark.parametrize(
    "heads",
    [
        [*(h.format("Lintang") for h in HEADS), *(h.format("BT") for h in HEADS)],
        [*(h.format("LS/LU") for h in HEADS), *(h.format("BT") for h in HEADS)],
        [*(h.format("LS") for h in HEADS), *(h.format("Bujur Barat") for h in HEADS)],
        ["LS derajat", "LS menit", "LU detik", *(h.format("BT") for h in HEADS)],
    ],
)
def test_parts_whose_side_nobody_tells_are_refused(folder, heads):
    frame = pd.DataFrame(angle_rows(zip(LAT, LON, strict=True)), columns=heads)
    frame.insert(0, "Nama", PUSTU)
    frame.to_csv(folder / "pustu.csv", index=False)
    with pytest.raises(SchemaError, match="columns of their own"):
        built(folder, facilities=[{"path": "pustu.csv", "kind": "pustu"}])


def test_a_row_that_lacks_a_part_is_told_and_located_by_its_village(folder):
    heads = [h.format(word) for word in ("LS", "BT") for h in HEADS]
    frame = pd.DataFrame(angle_rows(zip(LAT, LON, strict=True)), columns=heads, dtype=object)
    frame.insert(0, "Nama", PUSTU)
    frame.insert(1, "Desa", DESA)
    frame.loc[0, "LS detik"] = None
    frame.loc[1, heads] = None
    frame.loc[2, "BT menit"] = 75
    frame.to_csv(folder / "pustu.csv", index=False)
    layers, found = built(folder, facilities=[{"path": "pustu.csv", "kind": "pustu"}])
    assert layers.facilities["located_by"].tolist() == ["name"] * 3 + ["coordinates"] * 3
    assert sorted(c.row for c in found["place_unread"].cells) == [2, 4]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 10), st.integers(0, 59), st.integers(0, 59_999)), min_size=1, max_size=5
    ),
    st.sampled_from(["LS", "LU"]),
)
def test_parts_put_together_are_the_angle_that_they_are(parts, side):
    from geodata.readers.coordinates import stated_coordinates

    rows = [[d, m, s / 1000, d + 95, m, s / 1000] for d, m, s in parts]
    heads = [h.format(word) for word in (side, "BT") for h in HEADS]
    joined = joined_angles(Columns(pd.DataFrame(rows, columns=heads, dtype=object), {}, "facilities"))
    stated = stated_coordinates(joined.columns.table, joined.lat, joined.lon, None)
    wanted = [d + m / 60 + s / 3_600_000 for d, m, s in parts]
    assert stated.lat == pytest.approx([w if side == "LU" else -w for w in wanted], abs=1e-9)
    assert stated.lon == pytest.approx([w + 95 for w in wanted], abs=1e-9)


# --- How many of each kind ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.realdata
def test_init_counts_kinds_as_build_does(shared, tmp_path):
    """Bantul's right answer: 27 puskesmas, 31 pustu, 103 posyandu, of which some pustu have no number."""
    for pattern in ("34.02*", "bantul_PUSK*"):
        for path in (shared.resolve() / "data/dinkes").glob(pattern):
            (tmp_path / path.name).symlink_to(path)
    assert "# 103 posyandu, 31 pustu, 27 puskesmas" in drafted(tmp_path)[2]


def test_a_puskesmas_without_a_number_is_counted_as_pustu(folder):
    names = ["Puskesmas Satu", "Puskesmas Dua", "Puskesmas Jagalan", *PUSTU[:3]]
    save_list(folder / "faskes.csv", names, PKMKODE=["P1", "P2", "-", "-", "-", None], Desa=DESA)
    _, _, text = drafted(folder)
    assert "kind: {from: name, registered: PKMKODE}  # 4 pustu, 2 puskesmas" in text
    layers, _ = built(folder)
    assert layers.facilities["kind"].value_counts().to_dict() == {"pustu": 4, "puskesmas": 2}
    [told] = [f for f in layers.findings if f.rule == "puskesmas_without_number"]
    assert (told.severity, told.count, told.ids) == ("warning", 1, ("Puskesmas Jagalan",))
    assert [(c.row, c.value, c.proposal, c.applied) for c in told.cells] == [(4, "-", "pustu", True)]
    assert parse_village_code(CODE[0]) is not None
