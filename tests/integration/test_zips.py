"""Maps in zip files, as people and programs pack them."""

from __future__ import annotations

import json
import zipfile

import geopandas as gpd
import pytest
import shapely

from geodata.areafile import FileSource
from geodata.errors import UnreadableFileError
from geodata.readers.files.vector import read_vector


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A shapefile's parts, and a file geodatabase's, by their names."""
    folder = tmp_path_factory.mktemp("parts")
    frame = gpd.GeoDataFrame({"nama": ["A"]}, geometry=[shapely.box(107, -6, 107.1, -5.9)], crs=4326)
    frame.to_file(folder / "desa.shp")
    frame.to_file(folder / "a.gdb", driver="OpenFileGDB", layer="desa")
    shape = {p.name: p.read_bytes() for p in folder.glob("desa.*")}
    return shape, {f"a.gdb/{p.name}": p.read_bytes() for p in (folder / "a.gdb").iterdir()}


def packed(path, held):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in held:
            file.writestr(name, content)
    return path


def moved(shape, into):
    return [(f"{into}{name}", content) for name, content in shape.items()]


ABOUT = ("metadata.json", json.dumps({"type": "note"}).encode())
MAC = ("__MACOSX/._desa.shp", b"x")


@pytest.mark.parametrize("pack", [
    lambda s, _: moved(s, ""), lambda s, _: moved(s, "./"), lambda s, _: moved(s, "désa kâb/a{b}.zip/"),
    lambda s, _: [*moved(s, ""), ABOUT, MAC, (".DS_Store", b"x"), ("baca.txt", b"x")],
    lambda s, _: [(n.replace("desa.dbf", "desa.DBF"), c) for n, c in s.items()], lambda _, g: list(g.items()),
], ids=["plain", "dot", "folders", "with notes", "case", "geodatabase"])  # fmt: skip
@pytest.mark.parametrize("name", ["desa.zip", "a b#?%20 [x].gdb.zip"])
def test_one_map_is_read_however_it_is_packed(tmp_path, parts, pack, name):
    found = read_vector(FileSource(path=packed(tmp_path / name, pack(*parts))), "villages")
    assert found["nama"].tolist() == ["A"]


@pytest.mark.parametrize(("pack", "why"), [
    (lambda s, _: [*moved(s, "a/"), *moved(s, "b/")], r"holds 2 maps .*: a/desa\.shp, b/desa\.shp"),
    (lambda s, g: [*moved(s, ""), *g.items()], r"holds 2 maps .*: a\.gdb, desa\.shp"),
    (lambda _s, _g: [("pustu.csv", b"nama")], r"holds no map, but pustu\.csv\. .*: unpack it"),
    (lambda s, _: moved(s, "dir\\"), r"packed in a way that is no standard \(dir\\desa\.shp\)"),
    (lambda s, _: moved({n: c for n, c in s.items() if n != "desa.dbf"}, ""), r"without its \.dbf"),
    (lambda s, _: [(n.replace("desa.dbf", "DESA.DBF"), c) for n, c in s.items()], r"without its \.dbf"),
    (lambda s, _: moved(s, "../../"), r"cannot be read as a vector file: '\.\./\.\./desa\.shp'"),
], ids=["two", "two kinds", "a table", "backslashes", "a part lost", "another case", "upwards"])  # fmt: skip
def test_what_is_no_one_map_is_told_without_where_it_lies(tmp_path, parts, pack, why):
    path = packed(tmp_path / "desa.zip", pack(*parts))
    with pytest.raises(UnreadableFileError, match=why) as found:
        read_vector(FileSource(path=path), "villages")
    assert str(tmp_path) not in str(found.value)
