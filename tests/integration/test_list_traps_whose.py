"""Whose the rows of a list are: this kabupaten's or another's, and what spoiled places say of it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from test_list_traps import CODE, DESA, area_of, with_map

from geodata.drafting.draft import draft
from geodata.errors import ConfigError, OutsideIndonesiaError, SchemaError


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def of_two(folder, ours, theirs, **more):
    """A list of a pustu in each village of ours, and of four in villages of the same names elsewhere."""
    names = [*DESA, *DESA[:4]]
    frame = {"Nama Pustu": [f"Pustu {i} {n}" for i, n in enumerate(names)], "Desa": names,
             "Kab/Kota": [ours] * 6 + [theirs] * 4}  # fmt: skip
    pd.DataFrame({**frame, **more}).to_csv(folder / "pustu.csv", index=False)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("KAB. JEMBER", "Kabupaten Jember"),
        ("Kabupaten Jember", "Kabupaten Jember"),
        ("jember", "Kabupaten Jember"),
    ],
)
def test_the_list_itself_tells_the_kabupatens_name(folder, written, name):
    of_two(folder, written, "KAB. LUMAJANG")
    assert yaml.safe_load(draft(folder).text)["name"] == name
    assert "# by pustu.csv, Kab/Kota" in draft(folder).text
    # What is given counts; so does none, where none has most rows.
    assert yaml.safe_load(draft(folder, name="Kabupaten Djember").text)["name"] == "Kabupaten Djember"


def test_no_name_is_taken_of_rows_that_are_elsewhere(folder):
    # Six of Lumajang's villages have a name that is here too; six more have none.
    names = [*DESA, "Jauh", "Lain", "Entah", "Asing", "Sana", "Situ"]
    pd.DataFrame(
        {"Nama Pustu": [f"Pustu {n}" for n in names], "Desa": names, "Kab/Kota": "KAB. LUMAJANG"}
    ).to_csv(folder / "pustu.csv", index=False)
    assert yaml.safe_load(draft(folder).text)["name"] == "Kabupaten 35.09"
    # A kota is no kabupaten.
    of_two(folder, "Kota Jember", "Kota Jember")
    assert yaml.safe_load(draft(folder).text)["name"] == "Kabupaten 35.09"


def test_the_map_tells_the_name_before_lists(folder):
    known = gpd.read_file(folder / "desa.geojson")
    known.assign(WADMKK="Jember").to_file(folder / "desa.geojson")
    of_two(folder, "KAB. LUMAJANG", "KAB. LUMAJANG")
    assert yaml.safe_load(draft(folder).text)["name"] == "Kabupaten Jember"


def test_a_column_of_kabupaten_that_never_names_this_one_is_told(folder):
    of_two(folder, "KAB. BANYUWANGI", "KAB. LUMAJANG")
    source = {"path": "pustu.csv", "kind": "pustu"}
    layers, told = area_of(folder, facilities=[source])
    assert len(layers.facilities) == 10
    found = told["regency_never_ours"]
    assert (found.severity, found.count) == ("warning", 10)
    assert found.ids == ("KAB. BANYUWANGI (6 rows)", "KAB. LUMAJANG (4 rows)")
    of_two(folder, "KAB. JEMBER", "KAB. LUMAJANG")
    layers, told = area_of(folder, facilities=[source])
    assert sorted(layers.facilities["village_code"]) == CODE
    assert "regency_never_ours" not in told
    assert told["other_regency"].count == 4


def test_a_row_of_another_kabupaten_whose_place_is_here_is_told(folder):
    """The last two stand beside the map, within its buffer: a neighbour's units are what they say."""
    at = [113.51, 113.53, 113.55, 113.57, 113.49, 113.64]
    said = ["Kab. Jember", "Kepahiang", "Kota Bengkulu", "Kab. Jmber", "Kab. Lumajang", "Kota Bengkulu"]
    names = [f"Pustu {i}" for i in range(6)]
    pd.DataFrame({"Nama Pustu": names, "Kabupaten": said, "Lat": -8.39, "Long": at}).to_csv(
        folder / "pustu.csv", index=False
    )
    layers, told = area_of(folder, facilities=[{"path": "pustu.csv", "kind": "pustu"}])
    assert len(layers.facilities) == 6
    found = told["regency_contradicted"]
    assert (found.severity, found.ids) == ("warning", ("row 3 (Kepahiang)", "row 4 (Kota Bengkulu)"))


def sheets(folder, names):
    """Write a sheet for each kecamatan of the six villages, of which two have one name."""
    known = gpd.read_file(folder / "desa.geojson")
    desa = [*DESA[:5], DESA[0]]
    known.assign(nama=desa).to_file(folder / "desa.geojson")
    with pd.ExcelWriter(folder / "pustu.xlsx") as book:
        for name, some in zip(names, (desa[:3], desa[3:]), strict=True):
            table = pd.DataFrame({"Nama Pustu": [f"Pustu {d}" for d in some], "Desa": some})
            table.to_excel(book, sheet_name=name, index=False)
    said = yaml.safe_load(draft(folder).text)["facilities"]
    layers, told = area_of(folder, facilities=said)
    return said, sorted(layers.facilities["village_code"].dropna()), told


@pytest.mark.parametrize("word", ["Kec. ", "", "KECAMATAN "])
def test_sheets_that_are_named_after_kecamatan_tell_them(folder, word):
    said, codes, _ = sheets(folder, [f"{word}Ambulu", f"{word}Wuluhan"])
    assert [one["in_district"] for one in said] == [f"{word}Ambulu", f"{word}Wuluhan"]
    assert codes == CODE


def test_sheets_of_which_one_is_no_kecamatan_tell_none(folder):
    said, codes, told = sheets(folder, ["Kec. Ambulu", "Lain"])
    assert not any("in_district" in one for one in said)
    assert len(codes) == 4
    # One in each sheet: the name is that of two villages.
    assert told["unclear_village"].count == 1


def test_a_kecamatan_for_all_rows_does_not_stand_beside_a_column(folder):
    pd.DataFrame({"Nama": ["Pustu A"], "Desa": DESA[:1], "Kecamatan": ["Ambulu"]}).to_csv(
        folder / "pustu.csv", index=False
    )
    source = {"path": "pustu.csv", "kind": "pustu", "in_district": "Wuluhan"}
    with pytest.raises(SchemaError, match=r"column of kecamatan \(Kecamatan\).*Take in_district: out"):
        area_of(folder, facilities=[source])
    gpd.GeoDataFrame({"nama": ["A"]}, geometry=[shapely.Point(113.51, -8.39)], crs=4326).to_file(
        folder / "pustu.geojson"
    )
    with pytest.raises(ConfigError, match=r"pustu\.geojson is a map.*Take it out"):
        area_of(folder, facilities=[{**source, "path": "pustu.geojson"}])


def boxes_of(count):
    """Villages of 2 by 2 km in a row along 3.4 degrees south, from 102.3 to 102.8 east."""
    shapes = [shapely.box(102.3 + 0.02 * i, -3.42, 102.32 + 0.02 * i, -3.4) for i in range(count)]
    names = [f"Desa {chr(65 + i // 26)}{chr(65 + i % 26)}ng" for i in range(count)]
    codes = [f"17.02.01.2{i + 1:03}" for i in range(count)]
    return gpd.GeoDataFrame({"kode": codes, "nama": names, "kecamatan": "Curup"}, geometry=shapes, crs=4326)


@pytest.fixture
def wide(tmp_path):
    """Twenty-five villages, and a list with a posyandu in the middle of each."""
    villages = boxes_of(25)
    villages.to_file(tmp_path / "desa.geojson")
    centre = shapely.get_coordinates([shapely.box(*g.bounds).centroid for g in villages.geometry])

    def run(x, y, **layers):
        pd.DataFrame({"Nama": [f"Posyandu {i}" for i in range(len(x))], "Bujur": x, "Lintang": y}).to_csv(
            tmp_path / "posyandu.csv", index=False
        )
        source = {"path": "posyandu.csv", "kind": "posyandu"}
        return area_of(tmp_path, code="17.02", name="Kabupaten Rejang Lebong", facilities=source, **layers)

    return villages, centre, run


@pytest.mark.parametrize(("zone", "east"), [(32747, 0.0), (32748, -1.1)])
def test_a_kabupaten_beyond_the_edge_of_its_utm_zone_is_read(wide, tmp_path, zone, east):
    """The two zones meet at 102 degrees: eastings are 867 to 920 km here, or 80 to 130 km."""
    villages, centre, run = wide
    moved = villages.set_geometry(villages.translate(east))
    moved.to_file(tmp_path / "desa.geojson")
    place = gpd.GeoSeries(gpd.points_from_xy(centre[:, 0] + east, centre[:, 1]), crs=4326).to_crs(zone)
    layers, told = run(place.x.round(1), place.y.round(1))
    found = layers.facilities.set_index("name")["village_code"]
    assert found[[f"Posyandu {i}" for i in range(25)]].tolist() == villages["kode"].tolist()
    assert told["place_mended"].count == 25
    assert "other_regency" not in told


def test_places_that_nobody_can_read_are_of_no_other_kabupaten(wide):
    _, centre, run = wide
    x, y = centre.T.copy()
    x[:12], y[:12] = 56.78, 12.34
    layers, told = run(x, y)
    assert told["place_lost"].count == 12
    assert "other_regency" not in told
    assert len(layers.facilities) == 25
    # Most of a list of which nothing says where its rows are is refused, not left out.
    x, y = [*[56.78] * 30, *centre[:, 0]], [*[12.34] * 30, *centre[:, 1]]
    with pytest.raises(OutsideIndonesiaError, match="30 of 55 places"):
        run(x, y)


def test_a_list_of_a_province_whose_places_are_swapped_is_told(wide):
    """Forty rows of the neighbour and 25 of this one, with the two columns under each other's heading."""
    villages, centre, run = wide
    other = [(101.0 + 0.01 * i, -4.5) for i in range(40)]
    lon, lat = zip(*other, *centre.tolist(), strict=True)
    layers, told = run(lat, lon)
    assert sorted(layers.facilities["village_code"]) == villages["kode"].tolist()
    assert told["other_regency"].count == 40
    spoiled = told["place_elsewhere"]
    assert (spoiled.severity, spoiled.count) == ("warning", 40)
    # As they are, they need no word.
    layers, told = run(lon, lat)
    assert told["other_regency"].count == 40
    assert "place_elsewhere" not in told
