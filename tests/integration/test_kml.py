"""KML as Google Earth and phones write it, alone and in a KMZ."""

from __future__ import annotations

import zipfile

import pytest
import shapely

from geodata.areafile import BoundariesFile, FacilitiesFile
from geodata.drafting.guess import guesses
from geodata.errors import MissingColumnError, UnreadableFileError
from geodata.readers.boundaries import read_boundaries
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.files.described import described
from geodata.readers.files.vector import read_vector

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
TAIL = "</Document></kml>"
RING = "113.{0},-8.1,0 113.{1},-8.1,0 113.{1},-8.0,0 113.{0},-8.0,0 113.{0},-8.1,0"
VILLAGES = (
    HEAD
    + '<Schema name="desa" id="desa"><SimpleField name="kode" type="string"/>'
    + '<SimpleField name="nama" type="string"/></Schema><Folder><name>Desa</name>'
    + "".join(
        f'<Placemark><name>{i}</name><ExtendedData><SchemaData schemaUrl="#desa">'
        f'<SimpleData name="kode">35.09.01.200{i}</SimpleData><SimpleData name="nama">{name}</SimpleData>'
        "</SchemaData></ExtendedData><Polygon><outerBoundaryIs><LinearRing>"
        f"<coordinates>{RING.format(i - 1, i)}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
        "</Placemark>"
        for i, name in ((1, "Sukamaju"), (2, "Mekarsari"))
    )
    + f"</Folder>{TAIL}"
)
POINT = (
    "<Placemark><name>{name}</name><ExtendedData><Data name='Kode'><value>{code}</value></Data>"
    "<Data name='Berfungsi'><value>{works}</value></Data></ExtendedData>"
    "<Point><coordinates>{place}</coordinates></Point></Placemark>"
)
UNITS = (
    POINT.format(name="Pustu Satu", code="P1", works="ya", place="113.05,-8.05,12"),
    POINT.format(name="Pustu Dua", code="P2", works="tidak", place="113.15,-8.05"),
    "<Placemark><name>Pustu Tiga</name></Placemark>",
)
PUSTU = f"{HEAD}<Folder><name>Pustu</name>{''.join(UNITS)}</Folder>{TAIL}"


def write(path, text, *others):
    if path.suffix == ".kmz":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("doc.kml", text)
            for name, content in others:
                file.writestr(name, content)
    else:
        path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_villages_and_units_of_a_kml(tmp_path, ending):
    source = BoundariesFile(path=write(tmp_path / f"desa.{ending}", VILLAGES), code="kode", name="nama")
    villages = read_boundaries(source, "35.09").frame
    assert villages["village_name"].to_dict() == {"35.09.01.2001": "Sukamaju", "35.09.01.2002": "Mekarsari"}
    # 0.1 degree is 11,132 m × cos 8.05° wide, and 11,058 m high there.
    assert villages.area.to_numpy() == pytest.approx(11_132 * 0.99015 * 11_058, rel=2e-3)
    assert not shapely.has_z(villages.geometry.to_numpy()).any()
    path = write(tmp_path / f"pustu.{ending}", PUSTU)
    source = FacilitiesFile(path=path, kind="pustu", id="Kode", name="Name", functioning="Berfungsi")
    rows = read_facilities(source, villages).frame
    assert rows["name"].tolist() == ["Pustu Satu", "Pustu Dua", "Pustu Tiga"]
    assert rows["functioning"].tolist() == ["yes", "no", "unknown"]
    assert rows["village_code"].tolist()[:2] == ["35.09.01.2001", "35.09.01.2002"]
    assert rows["located_by"].tolist() == ["coordinates", "coordinates", "none"]
    assert rows.index.tolist() == ["P1", "P2", "pustu:3"]


@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_folders_are_layers_and_one_must_be_named(tmp_path, ending):
    text = PUSTU.replace(TAIL, f"<Folder><name>Posyandu</name>{UNITS[0]}</Folder>{TAIL}")
    path = write(tmp_path / f"a.{ending}", text)
    with pytest.raises(MissingColumnError, match=r"several layers: Pustu, Posyandu\. Name one with layer:"):
        read_vector(FacilitiesFile(path=path, kind="pustu"), "facilities")
    assert len(read_vector(FacilitiesFile(path=path, kind="pustu", layer="Posyandu"), "facilities")) == 1


def test_a_kmz_of_several_files_or_of_none_is_told_so(tmp_path):
    two = write(tmp_path / "dua.kmz", PUSTU, ("lain.kml", PUSTU))
    with pytest.raises(UnreadableFileError, match=r"holds 2 maps \(\.kml\): doc\.kml, lain\.kml\. Put one"):
        read_vector(FacilitiesFile(path=two, kind="pustu"), "facilities")
    with zipfile.ZipFile(tmp_path / "tanpa.kmz", "w") as file:
        file.writestr("gambar.png", b"")
    with pytest.raises(UnreadableFileError, match=r"holds 0 maps \(\.kml\): none"):
        read_vector(FacilitiesFile(path=tmp_path / "tanpa.kmz", kind="pustu"), "facilities")
    (tmp_path / "teks.kmz").write_text(PUSTU, "utf-8")
    with pytest.raises(UnreadableFileError, match=r"teks\.kmz is no zip file"):
        read_vector(FacilitiesFile(path=tmp_path / "teks.kmz", kind="pustu"), "facilities")
    # Pictures beside it do no harm.
    one = write(tmp_path / "satu.kmz", PUSTU, ("files/ikon.png", b"x"))
    assert len(read_vector(FacilitiesFile(path=one, kind="pustu"), "facilities")) == 3


# As ArcGIS (Layer to KML) and Google Earth Pro write attributes: a table in a table, headed by the name.
TABLE = (
    "<html><body><table border='1'><tr style='font-weight:bold'><td>{i}</td></tr><tr><td>"
    "<table><tr><td>FID</td><td>{i}</td></tr><tr bgcolor='#D4E4F3'><td>NAMA</td><td>Pustu &amp; {i}</td></tr>"
    "<tr><td>Desa</td><td>Sukamaju<tr><td>Ket</td><td>&lt;Null&gt;</td></tr></table></td></tr></table>"
)


@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_attributes_in_a_table_of_the_description_are_columns(tmp_path, ending):
    units = "".join(
        f"<Placemark><name>{i}</name><description><![CDATA[{TABLE.format(i=i)}]]></description>"
        f"<Point><coordinates>113.0{i},-8.05</coordinates></Point></Placemark>"
        for i in range(1, 5)
    )
    path = write(tmp_path / f"unit.{ending}", f"{HEAD}<Folder><name>Unit</name>{units}</Folder>{TAIL}")
    frame = read_vector(FacilitiesFile(path=path, kind="pustu"), "x")
    assert frame["NAMA"].tolist() == [f"Pustu & {i}" for i in range(1, 5)]
    assert frame["Desa"].tolist() == ["Sukamaju"] * 4
    assert frame["Ket"].isna().all()
    [guess] = guesses(tmp_path)
    assert guess.keys["name"].column == "NAMA"
    assert guess.kinds == {"pustu": 4}


@pytest.mark.parametrize("text", [
    "Dekat <b>pasar</b>", "<table>" * 5000, "<table><tr><td>NAMA</td><td>A" + "x" * 60_000,
])  # fmt: skip
def test_other_descriptions_are_text(text):
    assert described(text) == {}
