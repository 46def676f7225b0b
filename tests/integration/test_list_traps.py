"""Files as offices save them, each with one trap: what `init` writes, `build` reads, and what is told."""

from __future__ import annotations

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import yaml

from geodata.areafile import read_area_file
from geodata.build import read_layers
from geodata.errors import SchemaError
from geodata.quality import inspect

NAMES = {"Ambulu": ["Sumberejo", "Andongsari", "Sabrang"], "Wuluhan": ["Lojejer", "Ampel", "Tamansari"]}
ROWS = [(f"35.09.{k:02}.20{v:02}", name, district)
        for k, (district, names) in enumerate(NAMES.items(), start=11)
        for v, name in enumerate(names, start=1)]  # fmt: skip
CODE, DESA, KECAMATAN = (list(column) for column in zip(*ROWS, strict=True))
PEOPLE = [9728, 6545, 12336, 8001, 7200, 10150]


def with_map(folder):
    """Write a map of six villages with their codes into a folder; returns it."""
    boxes = [shapely.box(113.5 + 0.02 * i, -8.4, 113.52 + 0.02 * i, -8.38) for i in range(len(ROWS))]
    gpd.GeoDataFrame({"kode": CODE, "nama": DESA, "kecamatan": KECAMATAN}, geometry=boxes, crs=4326).to_file(
        folder / "desa.geojson"
    )
    return folder


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


@pytest.fixture
def drafted(folder, jangkau):
    """Write AREA.yml by `init`; returns its text and what it holds."""

    def run():
        status, said, error = jangkau("init", folder, "--force")
        assert status == 0, said + error
        text = (folder / "AREA.yml").read_text("utf-8")
        return text, yaml.safe_load(text)

    return run


@pytest.fixture
def built(folder, drafted):
    def run():
        drafted()
        layers = read_layers(read_area_file(folder / "AREA.yml"))
        return layers, {f.rule: f for f in (*layers.findings, *inspect(layers))}

    return run


def people(layers):
    return float(layers.villages["people"].sum())


def kinds(layers):
    return layers.facilities["kind"].value_counts().to_dict()


def test_outlines_of_kecamatan_are_no_villages(folder, drafted):
    known = gpd.read_file(folder / "desa.geojson")
    known[["nama", "kecamatan", "geometry"]].to_file(folder / "batas.geojson")
    (folder / "desa.geojson").unlink()
    known.dissolve("kecamatan", as_index=False)[["kecamatan", "geometry"]].rename(
        columns={"kecamatan": "nama"}
    ).to_file(folder / "a_kecamatan.geojson")
    pd.DataFrame({"code": ["35.09", *CODE], "name": ["Kabupaten Jember", *DESA]}).to_csv(
        folder / "kode.csv", index=False
    )
    assert drafted()[1]["boundaries"]["path"] == "batas.geojson"
    # And with their codes they are told as what they are.
    gpd.GeoDataFrame({"kode": ["35.09.11", "35.09.12"], "nama": list(NAMES)},
                     geometry=[shapely.box(113.5, -8.4, 113.56, -8.38)] * 2, crs=4326).to_file(
        folder / "a_kecamatan.geojson")  # fmt: skip
    text, said = drafted()
    assert said["boundaries"]["path"] == "batas.geojson"
    assert "2 polygons of kecamatan, by their codes" in text


@pytest.mark.slow
@pytest.mark.parametrize("column", ["Jumlah", "Total", "Jumlah Penduduk"])
def test_a_list_of_units_with_a_sum_is_no_table_of_people(folder, built, column):
    names = [f"Pustu {d}" for d in DESA]
    staff = {"Bidan": 1, "Perawat": 1, column: 2}
    frame = pd.DataFrame({"Nama Pustu": names, "Desa": DESA, "Kecamatan": KECAMATAN, **staff})
    frame.to_excel(folder / "pustu.xlsx", index=False)
    layers, _ = built()
    assert kinds(layers) == {"pustu": 6}
    assert layers.villages["people"].isna().all()


def test_a_count_of_units_by_village_is_neither(folder, drafted, built):
    pd.DataFrame({"Kecamatan": KECAMATAN, "Desa": DESA, "Pratama": 1, "Mandiri": 2, "Jumlah": 3}).to_excel(
        folder / "rekap posyandu.xlsx", index=False
    )
    pd.DataFrame({"kode": CODE[1:], "penduduk": PEOPLE[1:]}).to_csv(folder / "penduduk.csv", index=False)
    text, said = drafted()
    assert said["population"]["path"] == "penduduk.csv"
    assert "facilities" not in said
    assert "counts units" in text
    assert people(built()[0]) == sum(PEOPLE[1:])


def test_thousands_that_a_spreadsheet_took_for_decimals_are_refused(folder, built):
    frame = pd.DataFrame({"Kode": CODE, "Jumlah Penduduk": [n / 1000 for n in PEOPLE]})
    frame.to_excel(folder / "penduduk.xlsx", index=False)
    with pytest.raises(SchemaError, match=r"look like thousands .* \(9\.728 for 9,728\)"):
        built()
    mixed = [9.728, *(f"{n // 1000}.{n % 1000:03}" for n in PEOPLE[1:])]
    pd.DataFrame({"Kode": CODE, "Jumlah Penduduk": mixed}).to_excel(folder / "penduduk.xlsx", index=False)
    with pytest.raises(SchemaError, match="look like thousands"):
        built()
    # Numbers of an estimate have decimals too, and are not small.
    estimate = [n + 0.25 for n in PEOPLE]
    pd.DataFrame({"Kode": CODE, "Jumlah Penduduk": estimate}).to_excel(folder / "penduduk.xlsx", index=False)
    assert people(built()[0]) == sum(estimate)


def test_a_remark_that_counts_makes_no_row_a_total(folder, built):
    pd.DataFrame({"Kecamatan": [*KECAMATAN, None], "Desa": [*DESA, "Jumlah"],
                  "Penduduk": [*PEOPLE, sum(PEOPLE)],
                  "Keterangan": ["Jumlah RW 5", *[None] * 6]}).to_excel(
        folder / "penduduk.xlsx", index=False)  # fmt: skip
    pd.DataFrame({"Nama": [f"Pustu {d}" for d in DESA], "Desa": [None, *DESA[1:]], "Kecamatan": KECAMATAN,
                  "Keterangan": ["Jumlah bidan 2", *[None] * 5]}).to_excel(
        folder / "faskes.xlsx", index=False)  # fmt: skip
    layers, told = built()
    assert people(layers) == sum(PEOPLE)
    assert told["total_row"].count == 1
    assert kinds(layers) == {"pustu": 6}
    assert layers.facilities["status"].eq("unlocated").sum() == 1


def test_codes_of_bps_in_a_list_are_not_kemendagris(folder, built):
    """One of them is the code of another village: the name and its kecamatan count."""
    bps = [f"3509{10 * i:03}{i:03}" for i in range(1, 6)] + [CODE[1].replace(".", "")]
    pd.DataFrame({"Nama": [f"Pustu {d}" for d in DESA], "Kode Desa": bps, "Desa": DESA,
                  "Kecamatan": KECAMATAN}).to_csv(folder / "faskes.csv", index=False)  # fmt: skip
    rows = built()[0].facilities.set_index("name")["village_code"]
    assert rows.to_dict() == {f"Pustu {d}": c for d, c in zip(DESA, CODE, strict=True)}


def test_a_code_of_one_village_beside_the_name_of_another_is_told(folder, built):
    codes = [CODE[1], CODE[0], *CODE[2:]]
    pd.DataFrame({"Nama": [f"Pustu {d}" for d in DESA], "Kode Desa": codes, "Desa": DESA,
                  "Kecamatan": KECAMATAN}).to_csv(folder / "faskes.csv", index=False)  # fmt: skip
    assert built()[1]["code_and_name_differ"].count == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"Penduduk L": 0.5, "Penduduk P": 0.5, "Penduduk L+P": 1.0}, 1.0),
        ({"Penduduk Laki-laki": 0.4, "Penduduk (P)": 0.6, "Jumlah Penduduk": 1.0}, 1.0),
        ({"pop_2019": 0.9, "pop_2020": 1.0}, 1.0),
        ({"Penduduk 2023": 0.9, "Penduduk 2024": 1.0}, 1.0),
    ],
    ids=["sexes", "sexes in words", "years", "years in words"],
)
def test_men_alone_or_two_years_are_not_the_people(folder, built, columns, expected):
    numbers = {name: [round(part * n) for n in PEOPLE] for name, part in columns.items()}
    pd.DataFrame({"Kode": CODE, "Desa": DESA, **numbers}).to_excel(folder / "penduduk.xlsx", index=False)
    assert people(built()[0]) == expected * sum(PEOPLE)


def test_the_sum_below_a_heading_of_people_is_taken(folder, built):
    book = openpyxl.Workbook()
    book.active.append(["Kode", "Desa", "Jumlah Penduduk", None, None])
    book.active.append([None, None, "L", "P", "Jumlah"])
    for code, name, number in zip(CODE, DESA, PEOPLE, strict=True):
        book.active.append([code, name, number // 2, number - number // 2, number])
    book.active.merge_cells("C1:E1")
    book.save(folder / "penduduk.xlsx")
    assert people(built()[0]) == sum(PEOPLE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "columns", "expected"),
    [
        ("Data Pustu 2024", {"Nama Puskesmas": [f"Puskesmas {k}" for k in KECAMATAN],
                             "Nama Pustu": [f"Pustu {d}" for d in DESA]}, {"pustu": 6}),
        ("faskes", {"Puskesmas": KECAMATAN, "Posyandu": [f"Melati {i}" for i in range(6)]}, {"posyandu": 6}),
        ("Puskesmas Ambulu - Daftar Posyandu", {"Nama Posyandu": [f"Melati {i}" for i in range(6)]},
         {"posyandu": 6}),
        ("posyandu", {"Nama": [f"Posyandu {i}" for i in range(6)], "Pembina": ["Pustu", "Puskesmas"] * 3},
         {"posyandu": 6}),
        ("faskes 2", {"Nama": [f"Pustu {d}" for d in DESA], "Jenis": ["Puskesmas Pembantu"] * 6},
         {"pustu": 6}),
    ],
    ids=["puskesmas beside", "bare names", "two kinds in the file's name", "who looks after it", "jenis"],
)  # fmt: skip
def test_the_kind_is_that_of_the_units(folder, built, file, columns, expected):
    pd.DataFrame({**columns, "Desa": DESA, "Kecamatan": KECAMATAN}).to_excel(
        folder / f"{file}.xlsx", index=False
    )
    assert kinds(built()[0]) == expected


def test_a_kind_that_nothing_tells_is_not_made_up(folder, jangkau, drafted):
    pd.DataFrame({"Nama": DESA, "Lintang": -8.39, "Bujur": [113.51 + 0.02 * i for i in range(6)]}).to_excel(
        folder / "data polindes, poskesdes dan pustu.xlsx", index=False
    )
    text, said = drafted()
    assert "kind" not in said["facilities"][0]
    assert "# which? kind: pustu" in text
    status, _said, error = jangkau("build", folder / "AREA.yml", "--out", folder / "w")
    assert status == 2
    assert "kind" in error


def test_sheets_tell_their_kinds_and_hidden_ones_are_left_out(folder, drafted, built):
    book = openpyxl.Workbook()
    for number, title in enumerate(("Puskesmas", "Pustu", "2023 lama")):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = title
        sheet.append(["Nama", "Lintang", "Bujur"])
        for i, name in enumerate(DESA):
            sheet.append([name, -8.39, 113.51 + 0.02 * i])
    book["2023 lama"].sheet_state = "hidden"
    book.save(folder / "faskes.xlsx")
    assert "hidden sheet" in drafted()[0]
    assert kinds(built()[0]) == {"puskesmas": 6, "pustu": 6}


def test_latitudes_south_need_no_key(folder, built):
    pd.DataFrame({"Nama": [f"Pustu {d}" for d in DESA], "LS": 8.39,
                  "BT": [113.51 + 0.02 * i for i in range(6)]}).to_excel(
        folder / "faskes.xlsx", index=False)  # fmt: skip
    assert built()[0].facilities["village_code"].tolist() == CODE


def test_what_is_no_id_is_not_taken_for_one(folder, built):
    for kind, codes in (("puskesmas", [f"P{i}" for i in range(6)]), ("pustu", ["P0"] * 6)):
        pd.DataFrame({"Kode Puskesmas": codes, "Nama": [f"{kind.title()} {d}" for d in DESA], "Desa": DESA,
                      "Kecamatan": KECAMATAN}).to_excel(folder / f"{kind}.xlsx", index=False)  # fmt: skip
    layers, told = built()
    assert kinds(layers) == {"puskesmas": 6, "pustu": 6}
    assert "id_twice" not in told
    assert set(layers.facilities["parent_id"].dropna()) == {"P0"}


def test_numbers_from_one_on_in_two_lists_are_no_ids(folder, built):
    for kind in ("puskesmas", "pustu"):
        pd.DataFrame({"ID": range(1, 7), "Nama": [f"{kind.title()} {d}" for d in DESA], "Desa": DESA,
                      "Kecamatan": KECAMATAN}).to_excel(folder / f"{kind}.xlsx", index=False)  # fmt: skip
    assert kinds(built()[0]) == {"puskesmas": 6, "pustu": 6}


def test_headings_notes_and_signatures_are_no_units(folder, built):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["No", "Nama Pustu", "Desa", "Kecamatan", "Lintang", "Bujur"])
    sheet.append([None, None, "Kecamatan Ambulu"])
    for i, (name, district) in enumerate(zip(DESA, KECAMATAN, strict=True)):
        sheet.append([i + 1, f"Pustu {name}", name, district, -8.39, 113.51 + 0.02 * i])
    sheet.append(["Sub-Total", None, None, None, 6])
    sheet.append(["Jml", 6])
    sheet.append(["Sumber: Dinas Kesehatan 2024"])
    sheet.append([None, None, None, None, "Jember, 2 Januari 2025"])
    sheet.append([None, None, None, None, "NIP. 19700101 199903 1 001"])
    book.save(folder / "pustu.xlsx")
    layers, told = built()
    assert kinds(layers) == {"pustu": 6}
    assert layers.facilities["status"].eq("used").all()
    assert (told["note_row"].count, told["signature_row"].count, told["total_row"].count) == (2, 2, 2)
    assert [c.value for c in told["note_row"].cells] == ["Kecamatan Ambulu", "Sumber: Dinas Kesehatan 2024"]


def test_one_unit_twice_is_told(folder, built):
    frame = pd.DataFrame({"Nama": [f"Pustu {d}" for d in DESA], "Desa": DESA, "Kecamatan": KECAMATAN})
    pd.concat([frame, frame[:2]]).to_excel(folder / "faskes.xlsx", index=False)
    assert built()[1]["same_unit"].count == 4


def test_a_slip_in_the_kabupatens_name_leaves_no_row_aside(folder, built):
    said = ["Jember", "Kab Jmber", "Jembar", "Kab. Jember Jatim", "Banyuwangi", "Jember"]
    pd.DataFrame({"Nama": [f"Pustu {d}" for d in DESA], "Desa": DESA, "Kecamatan": KECAMATAN,
                  "Kabupaten": said}).to_excel(folder / "faskes.xlsx", index=False)  # fmt: skip
    pd.DataFrame({"code": ["35.09", *CODE], "name": ["Kabupaten Jember", *DESA],
                  "kec": ["", *KECAMATAN]}).to_csv(folder / "kode.csv", index=False)  # fmt: skip
    layers, told = built()
    assert (kinds(layers), told["other_regency"].count) == ({"pustu": 5}, 1)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["8°23'24\" LS 113°30'36\" BT", "8°23'24\" LS / 113°30'36\" BT",
                                   "\u22128.39, 113.51"])  # fmt: skip
def test_places_as_people_write_them(folder, built, place):
    pd.DataFrame({"Nama": ["Pustu A"], "Koordinat": [place]}).to_csv(folder / "faskes.csv", index=False)
    assert built()[0].facilities["village_code"].tolist() == [CODE[0]]


# --- What looks like a trap and is none --------------------------------------------------------------------


def units(folder, **columns):
    """A list of three pustu in villages of the map, or of what is given instead."""
    table = {"No": [1, 2, 3], "Nama Pustu": ["Pustu A", "Pustu B", "Pustu C"], "Desa": DESA[:3],
             "Kecamatan": KECAMATAN[:3], **columns}  # fmt: skip
    pd.DataFrame(table).to_excel(folder / "pustu.xlsx", index=False)


def area_of(folder, **layers):
    """Write AREA.yml by hand, and build it."""
    villages = {"path": "desa.geojson", "code": "kode", "name": "nama", "district_name": "kecamatan"}
    content = {"code": "35.09", "name": "Kabupaten Jember", "boundaries": villages, **layers}
    (folder / "AREA.yml").write_text(yaml.safe_dump(content), "utf-8")
    found = read_layers(read_area_file(folder / "AREA.yml"))
    return found, {f.rule: f for f in (*found.findings, *inspect(found))}


def test_a_village_whose_name_begins_like_a_note_is_a_village(folder):
    known = gpd.read_file(folder / "desa.geojson")
    known.loc[0, "nama"] = "Sumberagung"
    known.to_file(folder / "desa.geojson")
    units(folder, **{"Nama Pustu": [None, "Pustu B", "Pustu C"], "No": [None, 2, 3],
                     "Desa": ["Sumberagung", *DESA[1:3]], "Kecamatan": [None, *KECAMATAN[1:3]]})  # fmt: skip
    layers, told = area_of(folder, facilities={"path": "pustu.xlsx", "kind": "pustu", "name": "Nama Pustu"})
    assert "note_row" not in told
    assert sorted(layers.facilities["village_code"]) == CODE[:3]


def test_names_that_begin_like_a_note_are_told_as_units_without_a_place(folder):
    odd = ["Sumberbaru", "Tanggalrejo", "Kepala Gading", "Keterangan Jaya"]
    none = [None] * len(odd)
    names = ["Pustu A", "Pustu B", "Pustu C", "Pustu D", "Pustu E", "Pustu F", *odd]
    units(folder, **{"Nama Pustu": names, "No": [*range(1, 7), *none], "Desa": [*DESA, *none],
                     "Kecamatan": [*KECAMATAN, *none]})  # fmt: skip
    layers, told = area_of(folder, facilities={"path": "pustu.xlsx", "kind": "pustu", "name": "Nama Pustu"})
    assert "note_row" not in told
    assert told["unlocated"].count == len(odd)
    assert set(odd) <= set(layers.facilities["name"])
    # Where the name has to tell the kind, such a row is left out, but that is a guess and said so.
    by_name = {"path": "pustu.xlsx", "kind": {"from": "name"}, "name": "Nama Pustu"}
    layers, told = area_of(folder, facilities=by_name)
    assert (told["lone_cell"].severity, told["lone_cell"].count) == ("warning", len(odd))
    assert len(layers.facilities) == len(DESA)


@pytest.mark.parametrize("with_code", [True, False], ids=["code", "name"])
def test_a_total_of_a_kecamatan_with_the_name_of_a_village_is_a_total(folder, with_code):
    """Kecamatan Andongsari is made up: its total stands below, as "Jumlah" before its name."""
    table = {"No": ["1", "2", "3", "Jumlah"], "Desa": [*DESA[:3], "Andongsari"],
             "Jumlah Penduduk": [*PEOPLE[:3], sum(PEOPLE[:3])],
             "Catatan": ["Jumlah RW 5", None, None, None]}  # fmt: skip
    source = {"path": "penduduk.xlsx", "people": "Jumlah Penduduk", "name": "Desa"}
    if with_code:
        table["Kode"], source["code"] = [*CODE[:3], None], "Kode"
    pd.DataFrame(table).to_excel(folder / "penduduk.xlsx", index=False)
    layers, told = area_of(folder, population=source)
    assert told["total_row"].count == 1
    assert people(layers) == sum(PEOPLE[:3])


def test_a_total_of_units_is_no_unit(folder):
    units(folder, No=["1", "2", "Jumlah"], **{"Nama Pustu": ["Pustu A", "Pustu B", "2 Pustu"]},
          Desa=[*DESA[:2], None], Kecamatan=[*KECAMATAN[:2], None])  # fmt: skip
    layers, told = area_of(folder, facilities={"path": "pustu.xlsx", "kind": "pustu", "name": "Nama Pustu"})
    assert told["total_row"].count == 1
    assert len(layers.facilities) == 2


def test_counts_of_pustu_are_not_the_names_of_puskesmas(folder):
    pd.DataFrame({"Nama Puskesmas": ["Ambulu", "Wuluhan"], "Desa": [DESA[0], DESA[3]],
                  "Kecamatan": ["Ambulu", "Wuluhan"], "Pustu": [3, 4], "Posyandu": [60, 71]}).to_excel(
        folder / "puskesmas.xlsx", index=False)  # fmt: skip
    layers, _ = area_of(folder, facilities={"path": "puskesmas.xlsx", "kind": "puskesmas"})
    assert sorted(layers.facilities["name"]) == ["Ambulu", "Wuluhan"]


def test_half_a_post_is_no_spoiled_thousand(folder):
    units(folder, Bidan=[0.5, 0.5, 1])
    layers, _ = area_of(
        folder, facilities={"path": "pustu.xlsx", "kind": "pustu", "staff": {"bidan": "Bidan"}}
    )
    assert layers.facilities["staff_bidan"].tolist() == [0.5, 0.5, 1.0]


@pytest.mark.parametrize(
    ("numbers", "doubted"),
    [([312.5, 287.25, 301.5, 330.75, 290.5, 315.25], 6), ([9.728, 6.545, 812, 640, 930, 1.15], 3),
     ([128.5, *PEOPLE[1:]], 1), ([n + 0.25 for n in PEOPLE], 0), ([n / 7 for n in range(1000, 1006)], 0)],
    ids=["a projection", "half of them spoiled", "a large village", "an estimate", "computed"],
)  # fmt: skip
def test_parts_of_people_are_kept_and_doubted_below_a_thousand(folder, numbers, doubted):
    pd.DataFrame({"Kode": CODE, "Penduduk": numbers}).to_excel(folder / "penduduk.xlsx", index=False)
    layers, told = area_of(folder, population={"path": "penduduk.xlsx", "code": "Kode", "people": "Penduduk"})
    assert people(layers) == pytest.approx(sum(numbers))
    assert (told["parts_of_people"].count if "parts_of_people" in told else 0) == doubted


def test_a_sum_above_spoiled_thousands_hides_them_not(folder):
    pd.DataFrame(
        {"Kode": [*CODE, None], "Penduduk": [9.728, 6.545, 12.336, 8.001, 7.2, 10.15, 53960]}
    ).to_excel(folder / "penduduk.xlsx", index=False)
    with pytest.raises(SchemaError, match="format the column as text"):
        area_of(folder, population={"path": "penduduk.xlsx", "code": "Kode", "people": "Penduduk"})


def test_numbers_of_objects_make_no_map_of_kecamatan(folder, drafted):
    known = gpd.read_file(folder / "desa.geojson")
    known["OBJECTID"] = [str(123000 + i) for i in range(len(known))]
    known.to_file(folder / "desa.geojson")
    assert drafted()[1]["boundaries"]["path"] == "desa.geojson"


def test_the_people_of_one_puskesmas_are_a_table_of_people(folder, drafted, built):
    pd.DataFrame({"Desa": DESA, "Kecamatan": KECAMATAN, "L": [n // 2 for n in PEOPLE],
                  "P": [n - n // 2 for n in PEOPLE], "Jumlah": PEOPLE}).to_excel(
        folder / "Data Wilayah Puskesmas Ambulu.xlsx", index=False)  # fmt: skip
    assert drafted()[1]["population"]["people"] == "Jumlah"
    assert people(built()[0]) == sum(PEOPLE)


def test_settlements_are_not_the_villages(folder, drafted):
    known = gpd.read_file(folder / "desa.geojson")
    known[["nama", "kecamatan", "geometry"]].to_file(folder / "desa.geojson")
    spots = [shapely.box(113.5 + 0.003 * i, -8.4, 113.502 + 0.003 * i, -8.398) for i in range(40)]
    gpd.GeoDataFrame({"nama": [f"Dusun {i}" for i in range(40)]}, geometry=spots, crs=4326).to_file(
        folder / "permukiman.geojson"
    )
    pd.DataFrame({"code": ["35.09", *CODE], "name": ["Kabupaten Jember", *DESA]}).to_csv(
        folder / "kode.csv", index=False
    )
    assert drafted()[1]["boundaries"]["path"] == "desa.geojson"


def test_people_of_a_year_to_come_are_not_todays(folder, drafted):
    pd.DataFrame(
        {"Kode": CODE, "Penduduk 2010": PEOPLE, "Penduduk 2024": PEOPLE, "Penduduk 2099": PEOPLE}
    ).to_excel(folder / "penduduk.xlsx", index=False)
    assert drafted()[1]["population"]["people"] == "Penduduk 2024"


@pytest.mark.parametrize(
    ("wrong", "kept"), [("Kab. Jmber", True), ("e", False), ("Kota Jember", False), ("Jember Barat", False)]
)
def test_only_a_slip_in_the_kabupatens_name_is_one_and_it_is_told(folder, wrong, kept):
    many = 4 * len(DESA)
    names = [f"Pustu {i}" for i in range(many)]
    units(folder, No=list(range(many)), **{"Nama Pustu": names}, Desa=DESA * 4, Kecamatan=KECAMATAN * 4,
          Kabupaten=[wrong, *["Kab. Jember"] * (many - 1)])  # fmt: skip
    layers, told = area_of(
        folder,
        facilities={"path": "pustu.xlsx", "kind": "pustu", "name": "Nama Pustu", "regency": "Kabupaten"},
    )
    assert ("regency_slip" in told) is kept
    assert len(layers.facilities) == many - (not kept)
