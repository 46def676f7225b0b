"""Real outlines as the SQL they are published in, and kinds told from real names."""

from __future__ import annotations

import geopandas as gpd
import pytest
from fetch_support import as_sql

from geodata.downloads.health import kind_of_osm
from geodata.readers.outlines_sql import read_outlines_sql

pytestmark = pytest.mark.realdata
AREAS = {
    "11.72_sabang": 18, "13.76_payakumbuh": 47, "17.02_rejang_lebong": 156, "19.04_bangka_tengah": 63,
    "35.09_jember": 248, "53.07_sikka": 160, "53.14_rote_ndao": 119, "64.02_kutai_kartanegara": 237,
    "64.74_bontang": 15,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("level", ["desa", "kec", "kab"])
def test_outlines_and_names_are_those_of_the_originals(shared, tmp_path, area, level):
    path = shared / f"data/boundaries/{area}_{level}.geojson"
    columns = ("kode", "nama", "lat", "lng", "luas", "path", "status") if level == "kec" else (
        "kode", "nama", "lat", "lng", "path"
    )  # fmt: skip
    (tmp_path / "x.sql").write_bytes(as_sql(path, columns=columns))
    read, findings = read_outlines_sql(tmp_path / "x.sql")
    original = gpd.read_file(path)
    if level == "desa":
        assert len(read) == AREAS[area]
    assert read["kode"].tolist() == original["kode"].tolist()
    assert read["nama"].tolist() == original["nama"].tolist()
    for ours, theirs in zip(read.geometry, original.geometry, strict=True):
        assert ours.equals_exact(theirs)
    assert findings == ()


def test_kinds_told_by_the_names_of_medan(shared):
    """The right answer was counted by hand (data/README.md)."""
    names = gpd.read_file(shared / "data/dinkes/medan_puskesmas_pustu_rbi.geojson")
    column = next(c for c in names.columns if names[c].astype(str).str.contains("uskesmas|Pustu").sum() > 30)
    kinds = names[column].map(lambda n: kind_of_osm({"amenity": "clinic", "name": str(n)}))
    assert kinds.value_counts().to_dict() == {"puskesmas": 44, "pustu": 14, "posyandu": 1, "hospital": 1}
