"""Lists of facilities as offices save them: every row comes into the layer, or a finding counts it."""

from __future__ import annotations

import csv
import json
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geodata.areafile import FacilitiesFile
from geodata.codes import of_regency
from geodata.errors import InputError, MissingColumnError, SchemaError, UnreadableFileError
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.place_fixes import Fix

# Four villages in a row, 0.1 degrees wide, two in each kecamatan; one name stands in both.
AT = {
    "35.09.01.2001": ("Sukorejo", "Jaya", 113.4),
    "35.09.01.2002": ("Melati II", "Jaya", 113.5),
    "35.09.02.2001": ("Sukorejo", "Makmur", 113.6),
    "35.09.02.2002": ("Wonosari", "Makmur", 113.7),
}
LAT, LON = -8.15, 113.45


@pytest.fixture(scope="module")
def villages():
    shapes = [shapely.MultiPolygon([shapely.box(x, -8.2, x + 0.1, -8.1)]) for *_, x in AT.values()]
    return gpd.GeoDataFrame(
        {
            "village_name": [name for name, *_ in AT.values()],
            "district_code": [code[:8] for code in AT],
            "district_name": [district for _, district, _ in AT.values()],
            "regency_code": "35.09",
            "kind": "desa",
            "people": 100.0,
        },
        geometry=shapes,
        index=pd.Index(list(AT), name="village_code", dtype="str"),
        crs="EPSG:4326",
    ).to_crs("EPSG:32749")


@pytest.fixture
def read(villages, tmp_path):
    """Read a file of this name and content; returns the layer (places in degrees) and its findings."""
    zone = shapely.union_all(villages.geometry.to_numpy()).buffer(5_000)

    def run(file, content=None, *, fix=Fix.SAFE, **source):
        path = tmp_path / file
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            path.write_text(content, "utf-8")
        given = FacilitiesFile.model_validate({"path": path, "kind": "pustu", **source})
        layer = read_facilities(given, villages, zone=zone, regency="Kabupaten Jember", fix=fix)
        return layer.frame.to_crs(4326), {f.rule: f for f in layer.findings}

    return run


@pytest.fixture
def book(tmp_path):
    """Save sheets of rows as a workbook, with merged cells; returns its name."""

    def save(sheets, merged=(), *, patch=None):
        work = openpyxl.Workbook()
        work.remove(work.active)
        for title, rows in sheets.items():
            page = work.create_sheet(title)
            for row in rows:
                page.append(row)
            for block in merged:
                page.merge_cells(block)
        work.save(tmp_path / "list.xlsx")
        if patch is not None:
            _patched(tmp_path / "list.xlsx", *patch)
        return "list.xlsx"

    return save


def _patched(path, old, new):
    """Change the text of the first sheet within a workbook."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert old in members[sheet]
    members[sheet] = members[sheet].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)


def places(frame):
    return [None if p is None else (round(p.x, 6), round(p.y, 6)) for p in frame.geometry]


def feature(name, coordinates, **more):
    shape = None if coordinates is None else {"type": "Point", "coordinates": coordinates}
    return {"type": "Feature", "properties": {"nama": name}, "geometry": shape, **more}


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


OFFICE = [
    ["DAFTAR PUSTU KABUPATEN JEMBER"],
    ["Tahun 2025"],
    [],
    ["No", "Nama Unit", "Kecamatan", "Desa", "Koordinat", None],
    [None, None, None, None, "Lintang", "Bujur"],
    [1, 2, 3, 4, 5, 6],
    [1, "Pustu A", "Jaya", "Sukorejo", -8.15, 113.45],
    [2, "Pustu B", None, "Melati II", "-8,16", "113,55"],
    [3, "Pustu C", None, "Sukorejo", None, None],
    [],
    [4, "Pustu D", "Makmur", "Sukorejo", None, None],
    ["Jumlah", None, None, None, 4, None],
]


def test_a_workbook_as_an_office_makes_it(read, book):
    merged = ["A1:F1", "A4:A5", "B4:B5", "C4:C5", "D4:D5", "E4:F4", "C7:C9"]
    frame, found = read(book({"Data": OFFICE}, merged))
    assert frame["name"].tolist() == ["Pustu A", "Pustu B", "Pustu C", "Pustu D"]
    assert places(frame)[:2] == [(113.45, -8.15), (113.55, -8.16)]
    assert frame["village_code"].tolist() == [
        "35.09.01.2001", "35.09.01.2002", "35.09.01.2001", "35.09.02.2001",
    ]  # fmt: skip
    assert frame["located_by"].tolist() == ["coordinates", "coordinates", "name", "name"]
    assert found.keys() == {"total_row"}
    assert found["total_row"].ids == ("row 12",)


def test_a_merged_block_longer_than_its_table_makes_no_rows(read, book):
    rows = [
        ["Nama", "Kecamatan", "Desa"],
        ["A", "Jaya", "Sukorejo"],
        ["B", None, "Melati II"],
        [],
        [],
        ["C", "Makmur", "Sukorejo"],
    ]
    frame, _ = read(book({"Data": rows}, ["B2:B5"]))
    assert frame["name"].tolist() == ["A", "B", "C"]
    assert frame["located_by"].tolist() == ["name"] * 3


def test_several_sheets_need_a_name_and_empty_ones_do_not_count(read, book):
    table = [["Nama", "Lat", "Lon"], ["A", LAT, LON]]
    read(book({"Kosong": [], "Data": table}))
    name = book({"Satu": table, "Dua": [*table, ["B", LAT, LON]]})
    with pytest.raises(MissingColumnError, match="Satu, Dua"):
        read(name)
    assert len(read(name, sheet="Dua")[0]) == 2


def test_a_merged_block_of_a_million_rows_is_read_like_any(read, book):
    rows = [["Nama", "Kecamatan", "Lat", "Lon"], ["A", "Jaya", LAT, LON], ["B", None, LAT, LON]]
    blocks = b'</sheetData><mergeCells><mergeCell ref="B2:B1048576"/><mergeCell ref="A1:XFD1"/></mergeCells>'
    frame, _ = read(book({"Data": rows}, patch=(b"</sheetData>", blocks)))
    assert frame["name"].tolist() == ["A", "B"]


@pytest.mark.slow
def test_blocks_merged_over_one_another_end_in_a_message(read, book):
    rows = [["Nama", "Lat", "Lon"], *([["A", LAT, LON]] * 2_000)]
    blocks = b'<mergeCell ref="A2:A2001"/>' * 20_000
    name = book(
        {"Data": rows}, patch=(b"</sheetData>", b"</sheetData><mergeCells>" + blocks + b"</mergeCells>")
    )
    with pytest.raises(InputError, match="cells"):
        read(name)


def test_a_row_said_to_be_the_thirty_millionth_ends_in_a_message(read, book, monkeypatch):
    monkeypatch.setattr("geodata.files.limits.TABLE_ROWS", 10_000)
    name = book(
        {"Data": [["Nama", "Lat", "Lon"], ["A", LAT, LON]]},
        patch=(b"</sheetData>", b'<row r="30000000"><c r="A30000000"><v>1</v></c></row></sheetData>'),
    )
    with pytest.raises(SchemaError, match="rows, empty ones too"):
        read(name)


def test_a_first_row_that_holds_a_heading_as_its_word_is_no_header(read):
    frame, _ = read("a.csv", "unit,jenis,lat,lon\nJaya,Puskesmas,,\nB,Pustu,-8.15,113.45\n")
    assert frame["located_by"].tolist() == ["none", "coordinates"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "Nama\tLat\tLon\nDésa\t-8,15\t113,45\n".encode("utf-16")),
        ("a.csv", "Nama;Lat;Lon\nDésa;-8,15;113,45\n".encode()),
        ("a.csv", "Nama;Lat;Lon\nDésa;-8,15;113,45\n".encode("cp1252")),
        ("a.csv", 'Nama,Koordinat\nDésa,"-8.15, 113.45"\n'.encode()),
        ("a.csv", "Nama,LS,LU,BT\nDésa,8.15,-,113.45\n".encode()),
        ("a.csv", "Nama,LS,LU,BT\nDésa,8°9',0,113°27'\n".encode()),
        ("a.csv", "Nama,LS,BT\nDésa,8.15,113.45\n".encode()),
        ("a.csv", "Nama|Lintang Selatan|Bujur Timur\nDésa|8.15 LS|113.45 BT\n".encode()),
    ],
)
def test_ways_to_write_one_place(read, name, data):
    frame, found = read(name, data)
    assert frame["name"].tolist() == ["Désa"]
    assert places(frame) == [(LON, LAT)]
    assert not found


def test_the_north_has_its_own_column(read):
    # North of the equator, and so of no use here; read it must be all the same.
    _, found = read(
        "a.csv",
        "Nama,Desa,LS,LU,BT\nA,Wonosari,,1.5,113.45\nB,Wonosari,8.15,,113.45\nC,Wonosari,8.15,,113.45\n",
    )
    assert "place_unread" not in found


def test_json_of_objects_alone_or_as_a_server_answers(read):
    rows = [
        {"nama": "A", "lat": LAT, "lon": LON, "berfungsi": True},
        {"nama": "B", "desa": "Wonosari", "lat": None},
    ]
    for given in (rows, {"status": "ok", "data": rows}):
        frame, _ = read("a.json", json.dumps(given))
        assert frame["name"].tolist() == ["A", "B"]
        assert frame["functioning"].tolist() == ["yes", "unknown"]
        assert frame["located_by"].tolist() == ["coordinates", "name"]


def test_objects_with_keys_of_their_own_end_in_a_message(read):
    rows = [{f"k{i}": 1, "lat": LAT, "lon": LON} for i in range(3_000)]
    with pytest.raises(SchemaError, match="columns"):
        read("a.json", json.dumps(rows))


@pytest.mark.parametrize(
    "before", ["", "var json_Pustu_1 = ", "// by qgis2web\nvar json_Pustu_1 = ", "window.pustu="]
)
def test_text_and_null_coordinates_of_a_map(read, before):
    text = collection(
        feature("A", [str(LON), str(LAT)], id=3),
        feature("B", [113.55, -8.16], id=1),
        feature("C", [None, None], id=2),
        feature("D", None, id=2),
        feature("E", ["-", "-"]),
        feature("F", ["entah", "-8"]),
    )
    frame, found = read("a.js" if before else "a.geojson", f"{before}{text}{';' if before else ''}")
    assert frame["name"].tolist() == list("ABCDEF")
    assert places(frame) == [(LON, LAT), (113.55, -8.16), None, None, None, None]
    assert found["place_unread"].count == 1


def test_what_gdal_leaves_out_of_a_map_moves_no_other_row(read):
    text = collection(
        feature("A", ["113.45", "-8.15"]),
        None,
        {"type": "Point", "coordinates": [1, 2]},
        feature("B", ["113.55", "-8.16"]),
    )
    frame, _ = read("a.geojson", text)
    assert dict(zip(frame["name"], places(frame), strict=True)) == {"A": (LON, LAT), "B": (113.55, -8.16)}


@pytest.mark.parametrize("ending", ["geojson", "json"])
def test_maps_of_other_builds_are_read_or_refused_in_words(read, ending):
    lines = "\n".join(json.dumps(feature(n, p)) for n, p in (("A", [LON, LAT]), ("B", None)))
    frame, _ = read(f"a.{ending}", lines)
    assert places(frame) == [(LON, LAT), None]
    one, _ = read(f"b.{ending}", json.dumps(feature("A", ["113.45", "-8.15"])))
    assert places(one) == [(LON, LAT)]
    odd = collection({**feature("A", None), "geometry": "113, 8"}, feature("B", [LON, LAT]))
    assert len(read(f"c.{ending}", odd)[0]) == 2
    with pytest.raises(UnreadableFileError):
        read("d.js", "alert(1)")


def test_a_shapefile_with_places_in_its_columns(read, tmp_path):
    frame = gpd.GeoDataFrame(
        {"NAMOBJ": ["A", "B", "C"], "Lat": ["-8.15", "-8,16", ""], "Long": ["113.45", "113,55", ""]},
        geometry=[shapely.Point(LON, LAT), None, None],
        crs=4326,
    )
    frame.to_file(tmp_path / "pustu.shp")
    out, _ = read("pustu.shp")
    assert out["name"].tolist() == ["A", "B", "C"]
    assert places(out) == [(LON, LAT), (113.55, -8.16), None]


@pytest.mark.slow
def test_a_cell_of_five_megabytes_leaves_the_limit_as_it_was(read):
    before = csv.field_size_limit()
    frame, _ = read("a.csv", f"nama,lat,lon,geo\nA,{LAT},{LON},{'x' * 5_000_000}\n")
    assert len(frame) == 1
    with pytest.raises(SchemaError):
        read("b.csv", f"nama,lat,lon,geo\nA,{LAT},{LON},{'x' * 20_000_001}\n")
    assert csv.field_size_limit() == before


def test_ids_that_stand_twice_lose_no_row(read):
    frame, found = read(
        "a.csv", f"id,nama,lat,lon\nP1,A,{LAT},{LON}\nP1,B,{LAT},{LON}\n,C,{LAT},{LON}\nP1,D,{LAT},{LON}\n"
    )
    assert frame.index.tolist() == ["P1", "P1 (row 3)", "a:4", "P1 (row 5)"]
    assert found["id_twice"].count == 2
    assert [c.row for c in found["id_twice"].cells] == [3, 5]


def test_kinds_unknown_are_set_aside_and_null_leaves_out(read):
    rows = ["Puskesmas A", "Pustu B", "Toko C", "Rumah Singgah D", "Posyandu E", ""]
    text = "nama,lat,lon\n" + "".join(f"{name},{LAT},{LON}\n" for name in rows)
    frame, found = read("a.csv", text, kind={"from": "name", "values": {"Rumah Singgah": None, "-": None}})
    assert frame["kind"].tolist() == ["puskesmas", "pustu", "other", "posyandu", "other"]
    assert frame["set_aside"].tolist() == [False, False, True, False, True]
    assert found["unknown_kind"].count == 2
    assert found["kind_left_out"].count == 1
    assert found["kind_by_name"].count == 3
    # Every row of the file is one of the layer's, or one that was left out.
    assert len(frame) + found["kind_left_out"].count == len(rows)


def test_kinds_by_name_without_a_name_end_in_a_message(read):
    with pytest.raises(MissingColumnError, match="name: null"):
        read("a.csv", f"nama,lat,lon\nPustu A,{LAT},{LON}\n", kind={"from": "name"}, name=None)


def test_rows_of_other_kabupaten_by_their_name(read):
    rows = [
        ("Kab. Jember", LAT, LON), ("JEMBER", "", ""), ("3509", "", ""), ("", LAT, LON),
        ("Kab. Bondowoso", -7.9, 113.8), ("Kab. Bondowoso", "", ""),
        # In our buffer: people use it.
        ("Kab. Bondowoso", -8.09, 113.5),
    ]  # fmt: skip
    text = "nama,kabupaten,lat,lon,desa\n" + "".join(f"U,{k},{y},{x},\n" for k, y, x in rows)
    frame, found = read("a.csv", text)
    assert len(frame) == 5
    assert found["other_regency"].count == 2


def test_rows_of_other_kabupaten_by_their_place(read):
    text = "nama,lat,lon\n" + f"Ours,{LAT},{LON}\nSwapped,{LON},{LAT}\n" + "Theirs,-7.0,110.4\n" * 30
    frame, found = read("a.csv", text, fix=Fix.ALL)
    assert sorted(frame["name"]) == ["Ours", "Swapped"]
    assert places(frame) == [(LON, LAT)] * 2
    assert found["other_regency"].count == 30


def test_a_list_of_which_nothing_is_ours_is_an_error(read):
    frame, found = read("a.csv", "nama,lat,lon\n" + "Theirs,-7.0,110.4\n" * 30)
    assert frame.empty
    assert found["other_regency"].severity == "error"


@pytest.mark.parametrize(
    ("text", "name", "same"),
    [
        ("Kota Administrasi Jakarta Barat", "Kota Jakarta Barat", True),
        ("KOTA ADM. JAKARTA BARAT", "Kota Administrasi Jakarta Barat", True),
        ("Jakarta Barat", "Kota Administrasi Jakarta Barat", True),
        ("KAB. JAKARTA BARAT", "Kota Administrasi Jakarta Barat", False),
        ("3173", "Kota Administrasi Jakarta Barat", True),
        ("31.74", "Kota Administrasi Jakarta Barat", False),
    ],
)
def test_ways_to_write_a_kota(text, name, same):
    assert of_regency(text, "31.73", name) is same


def test_a_code_of_another_numbering_gives_way_to_a_name_with_its_kecamatan(read):
    text = (
        "nama,kode_desa,desa,kecamatan\n"
        "A,35.09.77.0013,Wonosari,Makmur\nB,35.09.77.0013,Wonosari,\n"
        "C,35.11.01.2001,Wonosari,Makmur\nD,35.09.02.2001,Wonosari,Makmur\n"
    )
    frame, found = read("a.csv", text)
    assert frame["declared_village"].fillna("").tolist() == ["35.09.02.2002", "", "", "35.09.02.2001"]
    assert found["foreign_code"].count == 1
    assert found["unknown_village"].count == 2


def test_names_that_are_near_and_names_that_stand_twice(read):
    text = (
        "nama,desa,kecamatan\nA,Wonosary,Makmur\nB,Sukorejo,\nC,Sukorejo,Jaya\n"
        "D,Melati III,Jaya\nE,Melati 2,Jaya\nF,Wonosary,\nG,Desa Wonosari,\n"
    )
    frame, found = read("a.csv", text)
    # "Melati III" is another village than "Melati II", whatever the letters say.
    assert frame["declared_village"].fillna("").tolist() == [
        "35.09.02.2002", "", "35.09.01.2001", "", "35.09.01.2002", "", "35.09.02.2002",
    ]  # fmt: skip
    assert [c.row for c in found["near_name"].cells] == [2]
    assert [c.row for c in found["unclear_village"].cells] == [3, 5, 7]


def test_null_switches_a_column_off(read):
    text = f"nama,desa,lat,lon\nA,Wonosari,{LAT},{LON}\n"
    assert read("a.csv", text)[0]["declared_village"].tolist() == ["35.09.02.2002"]
    off, _ = read("a.csv", text, village_name=None)
    assert off["declared_village"].isna().all()
    assert off["village_code"].tolist() == ["35.09.01.2001"]
    coded = f"nama,kode_desa,lat,lon\nA,3301222003,{LAT},{LON}\n"
    assert "unknown_village" in read("a.csv", coded)[1]
    assert not read("a.csv", coded, village=None)[1]


def test_a_remark_that_counts_makes_no_total(read):
    text = "nama,desa,keterangan\nPustu A,Wonosari,Jumlah kader 5\nJumlah,Wonosari,1\nTotal,,2\n"
    frame, found = read("a.csv", text)
    assert frame["name"].tolist() == ["Pustu A"]
    assert found["total_row"].count == 2


def test_numbers_too_long_to_be_any_are_unread(read):
    text = f"nama,lat,lon,desa\nA,{LAT},{'9' * 400},Wonosari\n" + f"B,{LAT},{LON},\n" * 2
    frame, found = read("a.csv", text)
    assert frame["located_by"].tolist() == ["name", "coordinates", "coordinates"]
    assert found["place_unread"].count == 1


def test_headings_that_collide_once_they_are_numbered(read):
    frame, _ = read("a.csv", f"a,a (3),a,lat,lon,nama\n1,2,3,{LAT},{LON},A\n")
    assert frame["name"].tolist() == ["A"]


def test_spoiled_places_are_mended_offered_or_lost_and_none_is_forgotten(read):
    rows = [
        ("A", "Wonosari", "Makmur", 113.75, -8.15), ("B", "", "Jaya", -8.15, LON), ("C", "", "", LON, 8.15),
        ("D", "", "", 2.35, 48.85), ("E", "Wonosari", "Makmur", 2.35, 48.85), ("F", "", "", 1137500, -8.15),
        *[(f"G{i}", "", "", LON, LAT) for i in range(6)],
    ]  # fmt: skip
    text = "nama,desa,kecamatan,bujur,lintang\n" + "".join(f"{','.join(map(str, r))}\n" for r in rows)
    safe, found = read("a.csv", text)
    assert len(safe) == len(rows)
    assert [c.id for c in found["place_mended"].cells] == ["a:3"]
    assert [c.id for c in found["place_proposed"].cells] == ["a:4", "a:7"]
    assert [c.id for c in found["place_lost"].cells] == ["a:5", "a:6"]
    assert places(safe)[1] == (LON, LAT)
    assert safe["located_by"].tolist()[:6] == ["coordinates", "coordinates", "none", "none", "name", "none"]
    every, _ = read("a.csv", text, fix=Fix.ALL)
    assert places(every)[2] == (LON, LAT)
    assert places(every)[5] == (113.75, LAT)
    none, _ = read("a.csv", text, fix=Fix.NONE)
    assert none["located_by"].tolist()[:6] == ["coordinates", "none", "none", "none", "name", "none"]


def test_a_spoiled_number_is_reported_to_its_last_digit(read):
    text = collection(feature("A", [1134500009, -81500007]), *(feature(n, [LON, LAT]) for n in "BC"))
    _, found = read("a.geojson", text)
    assert found["place_proposed"].cells[0].value == "-81500007, 1134500009"


def test_a_row_that_only_has_its_number_is_no_unit(read):
    text = f"no,nama,lat,lon\n1,Pustu A,{LAT},{LON}\n2,,,\n3,,,\n4,Pustu B,,\n"
    frame, told = read("pustu.csv", text)
    assert frame["name"].tolist() == ["Pustu A", "Pustu B"]
    assert [c.row for c in told["empty_row"].cells] == [3, 4]


# Swapped, the place lies in the kecamatan of its row and far from the village that it names.
def test_a_place_that_misses_the_village_of_its_row_is_only_proposed(read):
    text = f"nama,desa,kecamatan,lat,lon\nPustu A,Melati II,Jaya,{113.41},{LAT}\nPustu B,,Jaya,{LAT},{LON}\n"
    frame, told = read("pustu.csv", text)
    assert "place_mended" not in told
    assert told["place_proposed"].count == 1
    assert frame.loc[frame["name"] == "Pustu A", "located_by"].tolist() == ["name"]
    frame, told = read("pustu.csv", text, fix=Fix.ALL)
    assert told["place_mended"].count == 1
