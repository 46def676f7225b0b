"""Latitudes that lost their minus sign where the mirror of the kabupaten is still within Indonesia."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely
from test_list_traps import area_of
from test_list_traps_whose import boxes_of

VILLAGES = boxes_of(30)
CENTRES = shapely.get_coordinates([shapely.box(*g.bounds).centroid for g in VILLAGES.geometry])
NAMES = [f"Posyandu {i}" for i in range(60)]


@pytest.fixture
def run(tmp_path):
    """Two posyandu in each of thirty villages at 3.4 degrees south, so many of them without the sign."""
    VILLAGES.to_file(tmp_path / "desa.geojson")

    def go(lost, *, more=(), name="Kabupaten Rejang Lebong", **columns):
        x, y = pd.DataFrame([*CENTRES, *CENTRES]).to_numpy().T
        y = [-v if i < lost else v for i, v in enumerate(y)]
        table = pd.DataFrame({"Nama": NAMES, "Lintang": y, "Bujur": x} | columns)
        pd.concat([table, pd.DataFrame(more)]).to_csv(tmp_path / "posyandu.csv", index=False)
        source = {"path": "posyandu.csv", "kind": "posyandu"}
        layers, told = area_of(tmp_path, code="17.02", name=name, facilities=source)
        return layers.facilities.set_index("name"), told

    return go


@pytest.mark.parametrize("lost", [20, 40, 60])
def test_lost_signs_make_no_rows_of_other_kabupaten(run, lost):
    units, told = run(lost)
    assert "other_regency" not in told
    # All are spoiled in one way, and lie in the area without it.
    assert units.loc[NAMES, "village_code"].tolist() == VILLAGES["kode"].tolist() * 2
    mended = told["place_mended"]
    assert (mended.severity, mended.count) == ("warning", lost)
    assert "the minus sign of the latitude is missing" in mended.cells[0].proposal


def test_few_lost_signs_that_nothing_proves_are_set_aside(run):
    units, told = run(3)
    assert (told["place_proposed"].severity, told["place_proposed"].count) == ("error", 3)
    assert (units["located_by"] == "none").sum() == 3
    assert "place_mended" not in told


@pytest.mark.parametrize("lost", [3, 60])
def test_a_stated_village_proves_a_lost_sign(run, lost):
    units, told = run(lost, Desa=[*VILLAGES["nama"]] * 2)
    assert units.loc[NAMES, "village_code"].tolist() == VILLAGES["kode"].tolist() * 2
    assert (units["located_by"] == "coordinates").all()
    assert told["place_mended"].count == lost
    assert not {"other_regency", "place_far"} & told.keys()


@pytest.mark.parametrize("name", ["Kabupaten Rejang Lebong", "Kabupaten 17.02"])
def test_a_stated_kabupaten_keeps_its_rows(run, name):
    far = [{"Nama": f"Lain {i}", "Lintang": -5.2, "Bujur": 102.6, "Kabupaten": "Lebong"} for i in range(50)]
    units, told = run(40, name=name, more=far, Kabupaten="REJANG LEBONG")
    assert sorted(units.index) == sorted(NAMES)
    assert told["other_regency"].count == 50
    assert "regency_never_ours" not in told


def test_in_a_list_of_a_larger_region_rows_beyond_with_the_other_sign_are_told(run):
    far = [{"Nama": f"Lain {i}", "Lintang": -5.2, "Bujur": 102.6} for i in range(80)]
    units, told = run(10, more=far, Desa=[VILLAGES["nama"][0]] * 2 + [None] * 58)
    # Two of ten name a village of the area.
    assert len(units) == 52
    assert told["other_regency"].count == 88
    assert (told["sign_elsewhere"].severity, told["sign_elsewhere"].count) == ("warning", 8)


def test_a_neighbour_at_the_mirror_of_the_equator_is_no_lost_sign(tmp_path):
    """Villages at 0.1 degrees south: 0.1 north is 22 km away, and may be a neighbour's."""
    low = VILLAGES.set_geometry(VILLAGES.translate(0, 3.31))
    low.to_file(tmp_path / "desa.geojson")
    x, y = CENTRES.T
    table = pd.DataFrame({"Nama": NAMES[:30], "Lintang": y + 3.31, "Bujur": x})
    table.loc[:5, "Lintang"] *= -1
    table.to_csv(tmp_path / "posyandu.csv", index=False)
    source = {"path": "posyandu.csv", "kind": "posyandu"}
    layers, told = area_of(tmp_path, code="17.02", name="Kabupaten X", facilities=source, buffer_km=2)
    assert "place_mended" not in told
    assert len(layers.facilities) == 30
