"""SQL of wilayah_boundaries: what is read, and what is refused."""

from __future__ import annotations

import pytest
import shapely

from geodata.errors import OutsideIndonesiaError, SchemaError, UnreadableFileError
from geodata.readers import outlines_sql
from geodata.readers.outlines_sql import read_outlines_sql

RING = "[[-2,106],[-3,106],[-3,107],[-2,107],[-2,106]]"
HOLE = "[[-2.4,106.4],[-2.6,106.4],[-2.6,106.6],[-2.4,106.4]]"
ISLAND = "[[-4,108],[-4.5,108],[-4.5,108.5],[-4,108]]"
INSERT = "INSERT INTO wilayah_boundaries(kode,nama,lat,lng,path) VALUES"


@pytest.fixture
def read(tmp_path):
    def _read(text, **options):
        file = tmp_path / "kel.sql"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_outlines_sql(file, **options)

    return _read


def one(path, name="Koba"):
    return f"{INSERT} ('19.04.01.2001','{name}',-2.5,106.5,'{path}');"


@pytest.mark.parametrize(
    ("path", "wkt"),
    [
        (f"[{RING}]", "POLYGON ((106 -2, 106 -3, 107 -3, 107 -2, 106 -2))"),
        (RING, "POLYGON ((106 -2, 106 -3, 107 -3, 107 -2, 106 -2))"),
        (
            f"[{RING},{HOLE}]",
            (
                "POLYGON ((106 -2, 106 -3, 107 -3, 107 -2, 106 -2),"
                " (106.4 -2.4, 106.4 -2.6, 106.6 -2.6, 106.4 -2.4))"
            ),
        ),
        (
            f"[ [{RING}],\n [{ISLAND}] ]",
            (
                "MULTIPOLYGON (((106 -2, 106 -3, 107 -3, 107 -2, 106 -2)),"
                " ((108 -4, 108 -4.5, 108.5 -4.5, 108 -4)))"
            ),
        ),
    ],
)
def test_however_deep_the_rings_stand(read, path, wkt):
    frame, findings = read(one(path))
    assert frame.geometry[0].equals_exact(shapely.from_wkt(wkt))
    assert findings == ()
    assert frame.crs == "EPSG:4326"


def test_a_ring_beside_its_outline_is_a_part_and_told(read):
    frame, findings = read(one(f"[{RING},{ISLAND}]"))
    assert frame.geometry[0].area == pytest.approx(1.0 + 0.125)
    assert [(f.rule, f.count, f.ids) for f in findings] == [("ring_outside", 1, ("19.04.01.2001",))]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Ma''bar", "Ma'bar"), (r"Ma\'bar", "Ma'bar"), ("''", "'"), (r"a\\", "a\\"), (r"a\\''b", "a\\'b"),
        ("(x), (y); -- z /* w */", "(x), (y); -- z /* w */"), ("Kōba ”", "Kōba ”"), (r"a\nb", "a\nb"),
        (r"Ko\0ba", "Koba"),
    ],
)  # fmt: skip
def test_quotes_in_names(read, written, name):
    assert read(one(f"[{RING}]", written)).frame["nama"].tolist() == [name]


def test_what_else_stands_in_such_files(read):
    text = f"""\ufeff/* it's; a 'comment' ( */
-- another; one'
SET NAMES utf8mb4;
DROP TABLE IF EXISTS `wilayah_boundaries`;
CREATE TABLE `wilayah_boundaries` (`kode` varchar(13) NOT NULL DEFAULT '', `lat` double) ENGINE=InnoDB;
INSERT INTO wilayah (kode, nama) VALUES ('19.04', 'Bangka Tengah');
INSERT IGNORE INTO `db`.`wilayah_boundaries` (`status`,`path`,`luas`,`nama`,`kode`) VALUES
 (1,'[{RING}]',NULL,'Satu','19.04.01.2001'), -- the first
 (1,'[{RING}]',-1.5e3,'Dua','19.04.01.2002') ON DUPLICATE KEY UPDATE nama = VALUES(nama);
replace into wilayah_boundaries (kode, nama, path) values ('19.05.01.2001','Tiga','[{RING}]');
"""  # noqa: S608 - nobody runs it
    frame, findings = read(text.replace("`db`.`wilayah_boundaries`", "`wilayah_boundaries`"))
    assert frame["kode"].tolist() == ["19.04.01.2001", "19.04.01.2002", "19.05.01.2001"]
    assert frame["nama"].tolist() == ["Satu", "Dua", "Tiga"]
    assert findings == ()
    only = read(text.replace("`db`.`wilayah_boundaries`", "db.wilayah_boundaries"), prefix="19.04.")
    assert only.frame["nama"].tolist() == ["Satu", "Dua"]


@pytest.mark.parametrize("path", ["NULL", "''", "'[]'"])
def test_a_village_without_an_outline_is_kept_and_told(read, path):
    text = f"{INSERT} ('19.04.01.2001','Ada',1,1,'[{RING}]'),('19.04.01.2002','Tidak ada',NULL,NULL,{path});"
    frame, findings = read(text)
    assert frame.geometry.isna().tolist() == [False, True]
    assert [(f.rule, f.ids) for f in findings] == [("no_outline", ("19.04.01.2002",))]


@pytest.mark.parametrize("chunk", [1, 2, 7, 64])
def test_pieces_of_any_size_give_the_same(read, monkeypatch, chunk):
    text = f"""/* c */ {INSERT} ('19.04.01.2001','Ma''bar',-2.5,106.5,'[{RING},{HOLE}]')
,# more
('19.04.01.2002','It\\'s',-2,1,'[[{RING}],[{ISLAND}]]'); -- no end of line"""
    whole = read(text).frame
    monkeypatch.setattr(outlines_sql, "_CHUNK", chunk)
    assert read(text).frame.equals(whole)


@pytest.mark.parametrize("cut", [20, 60, 75, 90, 110, 130])
def test_a_file_that_ends_early_is_told(read, cut):
    text = one(f"[{RING}]")
    with pytest.raises(UnreadableFileError, match="line 1"):
        read(text[:cut])


def test_every_cut_of_a_file_is_refused_or_has_no_row_less(read):
    text = one(f"[{RING}]")
    for cut in range(len(text) - 1):
        with pytest.raises(UnreadableFileError):
            read(text[:cut])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("[[[-2,106],[-3,106],[-3,NaN]]]", "something else than numbers"),
        ("__import__", "something else than numbers"),
        ("[[[-2,106],[-3,106],[-3,1e999]]]", "outside Indonesia"),
        ("[[[-2,106],[-3,106],[-3,107]]", "do not close"),
        ("[[[-2,106],[-3,106],[-3,1-7]]]", "do not close"),
        ("[[[-2,106,1],[-3,106,1],[-3,107,1]]]", r"not \[latitude, longitude\]"),
        ("[[[-2,106],[-3,106],[-2,106]]]", "fewer than three places"),
        ("[[[[[-2,106],[-3,106],[-3,107]]]]]", "5 brackets deep"),
        ("[-2,106]", "1 brackets deep"),
        ("[[[[-2,106],[-3,106],[-3,107]]],[[-2,106]]]", r"not \[latitude, longitude\]"),
        ("[[]]", "empty"),
        ("[" * 100_000, "do not close"),
        ("[" * 100_000 + "]" * 100_000, r"do not close|empty"),
    ],
)
def test_a_path_that_is_no_outline_is_told_with_its_village(read, path, words):
    with pytest.raises((SchemaError, OutsideIndonesiaError), match=words) as error:
        read(one(path))
    assert "19.04.01.2001" in str(error.value)


def test_longitude_before_latitude_is_told(read):
    with pytest.raises(OutsideIndonesiaError, match="swapped"):
        read(one("[[[106,-2],[106,-3],[107,-3]]]"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{INSERT} ('19.04.01.2001','A',-2,106);", "4 values for 5 columns"),
        (f"{INSERT} (NULL,'A',-2,106,'[{RING}]');", "without a code"),
        ("INSERT INTO wilayah_boundaries (kode,nama) VALUES ('19.04','A');", "no column 'path'"),
        ("INSERT INTO wilayah (kode,nama) VALUES ('19.04','A');", "without INSERT INTO wilayah_boundaries"),
        (f"{INSERT} ('1','A',-2,106,'[{RING}]'),('1','B',-2,106,'[{RING}]');", "more than once: 1"),
        (f"{INSERT} ('1','A',-2,SLEEP(9),'[{RING}]');", "'SLEEP'"),
        ("<html>busy</html>", "'<'"),
        (b"INSERT \xff", "not UTF-8"),
        ("", "without INSERT"),
    ],
)
def test_something_else_is_told(read, text, words):
    with pytest.raises((UnreadableFileError, SchemaError), match=words):
        read(text)


def test_a_value_without_an_end_does_not_fill_the_memory(read, monkeypatch):
    monkeypatch.setattr(outlines_sql.limits, "SQL_VALUE_CHARACTERS", 10_000)
    monkeypatch.setattr(outlines_sql, "_CHUNK", 1000)
    with pytest.raises(UnreadableFileError, match=r"without an end, or longer than 0\.01 million"):
        read(f"{INSERT} ('1','" + "x" * 200_000)
