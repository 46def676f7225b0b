"""Dates as workbooks keep them: as dates, as a day's number without its format, and where no date belongs."""

from __future__ import annotations

from datetime import date, datetime

import geopandas as gpd
import openpyxl
import pytest
import shapely

from geodata.areafile import FacilitiesFile, FileSource
from geodata.errors import SchemaError
from geodata.readers.adoption_table import read_adoption
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.files.table import read_table

DAY = datetime(2024, 7, 22)  # noqa: DTZ001 - as a workbook has it
# Excel's DATE(2024;7;22) is 45495: 45292 is the first of January, and 203 days later is the 22nd of July.
NUMBER = 45495


def book(path, rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


@pytest.mark.parametrize("written", [DAY, DAY.date(), NUMBER, float(NUMBER), NUMBER + 0.5, str(NUMBER)])
def test_a_date_is_read_however_its_cell_is_formatted(tmp_path, written):
    path = book(tmp_path / "a.xlsx", [["facility_id", "tahap", "tanggal"], ["K1", "launching", written]])
    [known] = read_adoption(path, ["K1"], {"launching": "peluncuran"}, today=date(2024, 12, 31))
    assert known.date == "2024-07-22"


def test_a_number_that_is_still_to_come_or_long_past_is_refused(tmp_path):
    for number, why in ((NUMBER, "it is still to come"), (12_345, "the year 1933 is not between")):
        path = book(tmp_path / "a.xlsx", [["facility_id", "tahap", "tanggal"], ["K1", "launching", number]])
        with pytest.raises(SchemaError, match=rf"row 2: '{number}' \({why}"):
            read_adoption(path, ["K1"], {"launching": "peluncuran"}, today=date(2024, 7, 21))


@pytest.mark.slow
def test_no_command_takes_a_launch_that_is_still_to_come(jangkau, tmp_path):
    jangkau("demo", "--out", tmp_path / "demo")
    table = tmp_path / "tahap.csv"
    table.write_text("facility_id,tahap,tanggal\nP9901001,peluncuran,2099-01\n")
    status, _, err = jangkau(
        "gaps", tmp_path / "demo/workspace", "--adoption", table, "--out", tmp_path / "out"
    )
    assert status == 2
    assert "'2099-01' (it is still to come; a plan is a target_year)" in err
    assert not (tmp_path / "out").exists()


def test_a_date_in_the_column_of_functioning_is_neither_yes_nor_no(tmp_path):
    villages = gpd.GeoDataFrame(
        {"village_name": ["Sukamaju"], "district_name": "", "regency_code": "35.09"},
        geometry=[shapely.box(113.0, -8.1, 113.1, -8.0)], crs="EPSG:4326", index=["35.09.01.2001"],
    ).to_crs("EPSG:32749")  # fmt: skip
    head = ["nama", "lat", "lon", "berfungsi"]
    rows = [[f"Pustu {i}", -8.05, 113.05 + i / 100, value] for i, value in enumerate((DAY, NUMBER, "ya", 1))]
    path = book(tmp_path / "pustu.xlsx", [head, *rows])
    source = FacilitiesFile(path=path, kind="pustu", functioning="berfungsi")
    read = read_facilities(source, villages)
    assert read.frame["functioning"].tolist() == ["unknown", "unknown", "yes", "yes"]
    [found] = [f for f in read.findings if f.rule == "functioning_unread"]
    assert [(cell.row, cell.value) for cell in found.cells] == [(2, "2024-07-22 00:00:00"), (3, "45495")]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-32", True), ("utf-32-le", False), ("utf-32-be", True)])
def test_text_in_utf_32_is_named(tmp_path, encoding, mark):
    text = "nama,lat\nSatu,-8.05\n"
    data = ("\ufeff" + text if encoding == "utf-32-be" else text).encode(encoding)
    (tmp_path / "a.csv").write_bytes(data)
    expected = "is text in UTF-32, which few programs read. Save it as UTF-8 CSV" if mark else "binary data"
    with pytest.raises(Exception, match=expected):
        read_table(FileSource(path=tmp_path / "a.csv"), "facilities", ["nama"])
