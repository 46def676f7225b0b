"""Hostile files cost bounded time and memory, and end in a sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import re
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

from geodata.areafile import FileSource
from geodata.errors import ConfigError, InputError, SchemaError, UnreadableFileError
from geodata.files import limits, yamlfile
from geodata.files.yamlfile import read_yaml
from geodata.readers import osm
from geodata.readers.files.table import read_table
from geodata.readers.files.vector import read_vector
from planner.pipeline import read_scenario
from planner.scenarios.scenario import Scenario

MIB = 2**20
pytestmark = pytest.mark.usefixtures("bounded")


@pytest.fixture
def bounded():
    """Memory may grow by 700 MiB at most while a hostile file is refused."""
    # The peak of the process counts anew from here, whatever other tests have used before.
    Path("/proc/self/clear_refs").write_text("5")
    before = memory_kib("VmRSS")
    yield
    assert memory_kib("VmHWM") - before < 700 * 1024


def memory_kib(what):
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+) kB", status)[1])


def table(path):
    return read_table(FileSource(path=path), "people", ["kode", "jumlah"])


def text(path, content):
    path.write_text(content, "utf-8")
    return path


def laughs(depth, width=9):
    """A few lines that stand for ``width ** depth`` values."""
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, depth)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "content",
    [
        laughs(12), laughs(200, 2),
        "long: &long " + "x" * 100_000 + "\nedits: [" + ", ".join(["*long"] * 20_000) + "]",
        "a: &a [*a]", "a: &a {b: *a}", "a: &a\n  - b: {c: *a}",
        "edits: " + "[" * 50_000,
    ],
    ids=["laughs", "powers of two", "long text", "itself", "its mapping", "deeper", "brackets"],
)  # fmt: skip
@pytest.mark.parametrize("read", [read_scenario, lambda p: read_yaml(p, Scenario, "standard")])
def test_aliases_do_not_grow_beyond_what_is_written(tmp_path, content, read):
    with pytest.raises(ConfigError, match=r"alias|nested|written out"):
        read(text(tmp_path / "s.yml", content))


def test_a_plain_alias_is_fine(tmp_path):
    scenario = read_scenario(text(tmp_path / "s.yml", "name: &n siang\nstandard_name: *n\n"))
    assert scenario.standard_name == "siang"


@pytest.mark.slow
def test_many_edits_and_long_files_are_refused(tmp_path):
    edit = "  - {op: close_facility, id: p1}\n"
    with pytest.raises(InputError, match="at most 1,000 of these"):
        read_scenario(text(tmp_path / "s.yml", "edits:\n" + edit * 10_000))
    with pytest.raises(UnreadableFileError, match="2 MB are the most"):
        read_scenario(text(tmp_path / "long.yml", "# " + "x" * 3_000_000))


def test_of_many_faults_the_first_are_told_and_the_rest_counted(tmp_path):
    """A file of 0.9 MB was answered by a message of 26 MB."""
    many = "name: a\n" + "\n".join(f"k{i}: 1" for i in range(3_000))
    with pytest.raises(ConfigError) as refused:
        read_scenario(text(tmp_path / "s.yml", many))
    said = str(refused.value).splitlines()
    assert len(said) == 1 + limits.FAULTS_TOLD + 1
    assert "line 2: unknown key 'k0'" in said[1]
    assert said[-1] == "  and 2,980 more"
    one_short = "name: a\n" + "\n".join(f"k{i}: 1" for i in range(limits.FAULTS_TOLD))
    with pytest.raises(ConfigError, match="unknown key 'k19'") as refused:
        read_scenario(text(tmp_path / "s.yml", one_short))
    assert "more" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        "? " + "k" * 90_000 + "\n: 1\n", "edits:\n- {op: " + "y" * 90_000 + "}\n", "a: *" + "b" * 90_000,
        "? " + "k" * 90_000 + "\n: 1\n? " + "k" * 90_000 + "\n: 1\n", "name: " + "[" + "'x', " * 9_000 + "]",
        "standard: {" + "z" * 900 + ": {limit_minutes: -" + "9" * 90 + "}}",
    ],
    ids=["key", "tag", "alias", "twice", "value", "inner"],
)  # fmt: skip
def test_a_fault_is_told_shortly_however_long_what_is_wrong(tmp_path, content):
    with pytest.raises(ConfigError) as refused:
        read_scenario(text(tmp_path / "s.yml", content))
    assert len(str(refused.value)) < 2 * limits.FAULT_CHARACTERS


def bomb(path, member, unpacked):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open(member, "w") as out:
        for _ in range(unpacked // MIB):
            out.write(b"0" * MIB)
    return path


@pytest.mark.slow
def test_a_small_file_that_unpacks_to_a_large_one(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 50 * MIB)
    path = bomb(tmp_path / "b.xlsx", "xl/worksheets/sheet1.xml", 64 * MIB)
    assert path.stat().st_size < MIB
    with pytest.raises(UnreadableFileError, match="unpacks to 67 MB"):
        table(path)
    with pytest.raises(UnreadableFileError, match="unpacks to 67 MB"):
        read_vector(FileSource(path=bomb(tmp_path / "b.zip", "a.geojson", 64 * MIB)), "roads")


def test_a_workbook_that_says_it_is_larger_than_it_is(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["kode", "jumlah"])
    book.active.append(["35.09.01.2001", 7])
    plain = io.BytesIO()
    book.save(plain)
    path = tmp_path / "wide.xlsx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert table(path)["jumlah"].tolist() == [7]


def test_a_workbook_that_holds_more_than_values(tmp_path):
    """A link does nothing, no formula is worked out; what would grow or read another file is refused."""
    secret = text(tmp_path / "secret.txt", "not for others")
    grown = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    values = {"link": "posyandu", "formula": "posyandu", "long": "&a9;", "file": "&e;"}
    said = {"formula": "a formula and no value: C2", "long": "amplification", "file": "undefined entity"}
    kinds = f'<!DOCTYPE x [<!ENTITY a0 "lollollollol">{grown}<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    for name, value in values.items():
        book = openpyxl.Workbook()
        book.active.append(["nama", "desa", "kader"])
        book.active.append(["NAME", "Suka", 2 if name == "link" else "=1+1"])
        book.active["B2"].hyperlink = secret.as_uri()
        plain = io.BytesIO()
        book.save(plain)
        path = tmp_path / f"{name}.xlsx"
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
            for part in source.namelist():
                data = source.read(part).decode()
                if ">NAME<" in data:
                    root = re.search("<[a-z]", data).start()
                    data = data[:root] + kinds + data[root:].replace(">NAME<", f">{value}<")
                target.writestr(part, data)
        if name == "link":
            assert table(path).astype(str).to_numpy().tolist() == [["posyandu", "Suka", "2"]]
            continue
        with pytest.raises(UnreadableFileError, match=said[name]):
            table(path)


def sheet(path, rows):
    """A workbook whose sheet holds just these rows, as text of its XML."""
    plain = io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                data = re.sub(
                    rb"<sheetData\s*/>|<sheetData>.*</sheetData>",
                    b"<sheetData>" + rows + b"</sheetData>",
                    data,
                )
            target.writestr(name, data)
    return path


HEADER = b'<row r="1"><c r="A1" t="inlineStr"><is><t>kode</t></is></c><c r="B1"><v>1</v></c></row>'


def test_empty_rows_count_too(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "TABLE_ROWS", 1000)
    last = b'<row r="999999999999"><c r="A999999999999"><v>7</v></c></row>'
    with pytest.raises(SchemaError, match="more than 1,000 rows, empty ones too"):
        table(sheet(tmp_path / "far.xlsx", HEADER + last))
    with pytest.raises(SchemaError, match="more than 1,000 rows"):
        table(text(tmp_path / "empty.csv", "kode,jumlah\n" + "\n" * 2000))


def test_a_coloured_cell_far_to_the_right_is_no_column(tmp_path):
    rows = HEADER + b'<row r="2"><c r="A2"><v>7</v></c><c r="B2"><v>8</v></c><c r="XFD2" s="0"/></row>'
    assert table(sheet(tmp_path / "wide.xlsx", rows)).shape == (1, 2)


def test_a_zip_file_of_a_kind_that_python_does_not_know(tmp_path):
    path = sheet(tmp_path / "odd.xlsx", HEADER)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 6] = 99
    path.write_bytes(bytes(data))
    with pytest.raises(InputError):
        table(path)


def test_equal_rows_that_pack_to_nothing(tmp_path, monkeypatch):
    frame = gpd.GeoDataFrame({"kode": ["x"] * 5000}, geometry=[shapely.Point(110, -7)] * 5000, crs=4326)
    frame.to_parquet(tmp_path / "many.parquet")
    monkeypatch.setattr(limits, "TABLE_ROWS", 1000)
    with pytest.raises(SchemaError, match="more than 1,000 rows"):
        read_vector(FileSource(path=tmp_path / "many.parquet"), "roads")


def test_many_parts_are_no_large_shape(tmp_path, monkeypatch):
    """Roads dissolved by class: hundreds of thousands of points in one row, two in each part."""
    monkeypatch.setattr(limits, "FEATURE_POINTS", 100)
    x = np.linspace(110, 111, 200)
    parts = [shapely.LineString([(a, -7), (a, -6.9)]) for a in x]
    path = tmp_path / "jalan.parquet"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.MultiLineString(parts)], crs=4326).to_parquet(path)
    assert len(read_vector(FileSource(path=path), "roads")) == 1
    parts.append(shapely.LineString(np.column_stack([x, x])))
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.MultiLineString(parts)], crs=4326).to_parquet(path)
    with pytest.raises(SchemaError, match=r"row 1 \(200 points\)"):
        read_vector(FileSource(path=path), "roads")


@pytest.mark.parametrize(
    "content",
    ["name: 0x" + "F" * 6000, "name: " + "1" + ":59" * 5000, "name: !!int ''", "name: !!bool x",
     "name: !!timestamp x", "seed: " + "9" * 5000],
    ids=["hexadecimal", "sexagesimal", "no number", "no truth", "no time", "long number"],
)  # fmt: skip
def test_values_that_contradict_their_tag_or_are_endless(tmp_path, content):
    with pytest.raises(ConfigError):
        read_scenario(text(tmp_path / "s.yml", content))


@pytest.mark.slow
def test_wide_and_large_tables(tmp_path, monkeypatch):
    with pytest.raises(SchemaError, match="300,000 columns"):
        table(text(tmp_path / "wide.csv", ",".join(["kode"] * 300_000) + "\n1\n"))
    # A cell longer than any outline of a village; one of Earth Engine's of some megabytes is read.
    read = table(text(tmp_path / "cell.csv", 'kode,jumlah\n"' + "x" * 5_000_000 + '",1\n'))
    assert read.shape == (1, 2)
    with pytest.raises(InputError):
        table(text(tmp_path / "cell.csv", 'kode,jumlah\n"' + "x" * 25_000_000 + '",1\n'))
    monkeypatch.setattr(limits, "TABLE_BYTES", 1000)
    with pytest.raises(UnreadableFileError, match="Split it"):
        table(text(tmp_path / "long.csv", "kode,jumlah\n" + "35.09.01.2001,1\n" * 100))
    monkeypatch.undo()
    monkeypatch.setattr(limits, "TABLE_CELLS", 100)
    with pytest.raises(SchemaError, match="more than 100 cells"):
        table(text(tmp_path / "cells.csv", "kode,jumlah\n" + "35.09.01.2001,1\n" * 100))


@pytest.mark.slow
def test_an_outline_of_a_million_points(tmp_path):
    angles = np.linspace(0, 2 * np.pi, 1_000_000)
    ring = shapely.Polygon(np.column_stack([110 + np.cos(angles), np.sin(angles)]))
    path = tmp_path / "desa.parquet"
    gpd.GeoDataFrame({"kode": ["35.09.01.2001"]}, geometry=[ring], crs=4326).to_parquet(path)
    with pytest.raises(SchemaError, match=r"more than 200,000 points: row 1 \(1,000,00\d points\)"):
        read_vector(FileSource(path=path), "boundaries")


@pytest.mark.slow
@pytest.mark.parametrize("pack", [gzip.open, bz2.open])
def test_openstreetmap_text_that_unpacks_without_end(tmp_path, pack):
    path = tmp_path / ("a.osm.gz" if pack is gzip.open else "a.osm.bz2")
    with pack(path, "wb", 1) as file:
        file.write(b"<osm><node id='1' x='")
        for _ in range(64):
            file.write(b" " * MIB)
    with pytest.raises(UnreadableFileError, match="no map of a usual size"):
        osm.deleted_objects(path)


@pytest.mark.slow
def test_openstreetmap_text_without_end_is_told_once(tmp_path):
    path = tmp_path / "a.osm.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(b"<osm><node id='1' x='" + b" " * 16 * MIB)
    with pytest.raises(UnreadableFileError) as caught, osm.told_as_ours(path):
        osm.deleted_objects(path)
    assert str(caught.value).count("roads:") == 1


@pytest.mark.slow
def test_headings_that_stand_again_without_end(tmp_path):
    """Each spelling of a heading took a search of its own: 44 s for a file that is allowed."""
    file = text(tmp_path / "orang.csv", "kode,jumlah\n" + "Kode,JUMLAH\n" * 110_000)
    with pytest.raises(SchemaError, match=r"headings stand again .* delete these rows"):
        table(file)


def test_headings_on_every_page_are_few(tmp_path, monkeypatch):
    """Rows that only begin as a heading does are no part of the count."""
    monkeypatch.setattr(limits, "HEADING_CELLS", 100)
    rows = "".join(f"kode-{i},{i}\n" + ("KODE,Jumlah\n" if i % 40 == 0 else "") for i in range(1, 2000))
    assert len(table(text(tmp_path / "orang.csv", "kode,jumlah\n" + rows))) == 1999


@pytest.mark.parametrize("content", ["a: [" + "{}," * 600_000 + "]", "a:\n" + "- 1\n" * 480_000])
def test_values_are_counted_before_they_are_held(tmp_path, content, monkeypatch):
    monkeypatch.setattr(yamlfile, "_UniqueKeyLoader", None)
    with pytest.raises(ConfigError, match=r"more than 100,000 values"):
        read_yaml(text(tmp_path / "a.yml", content), Scenario, "the scenario file")


def test_a_line_without_cells_is_no_heading(tmp_path):
    """Semicolons alone, 20 MB of them, were one heading, and looked at for a minute."""
    for content in (";" * 1_000_000, "kode,jumlah" + "x" * 20_000 + "\n1,2\n"):
        with pytest.raises(SchemaError, match=r"it has a heading of [0-9,]+ characters\. Correct"):
            table(text(tmp_path / "a.csv", content))
