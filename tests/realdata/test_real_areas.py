"""Real kabupaten: every village has an answer, and what is unknown is said to be."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from areas import PLACES, write_area

from geodata.quality import connected_share
from planner.pipeline import check, find_gaps, open_workspace, village_table

pytestmark = pytest.mark.realdata

REASONS = {"", "too_far", "no_road", "island", "not_functioning", "no_facility", "unknown", "people_unplaced"}


@pytest.fixture(scope="module")
def jember(shared, tmp_path_factory):
    """Jember by the command line: (workspace, output folder, standard output)."""
    from planner.cli import main

    folder = tmp_path_factory.mktemp("jember")
    source = shared.resolve() / "data/roads/35.09_jember_rbi.geojson"
    roads = f"roads: {{path: {source}, class: Fungsi, classes: rbi}}\n"
    path = write_area(shared, folder, "35.09", roads=roads)
    assert main(["build", str(path), "--out", str(folder / "w")]) == 0
    assert main(["gaps", str(folder / "w"), "--out", str(folder / "g")]) == 0
    return folder / "w", folder / "g"


@pytest.mark.slow
def test_jember_roads_are_one_network_after_noding(jember):
    layers = open_workspace(jember[0])
    assert connected_share(layers.roads) >= 0.99
    # 6,218 km as published; two identical copies of four lines are used once.
    assert layers.roads["length_m"].sum() / 1000 == pytest.approx(6218, abs=3)
    rules = {f.rule: f.count for f in layers.findings}
    assert rules["empty_geometry"] == 4
    assert rules["duplicate_line"] == 4


@pytest.mark.slow
def test_jember_has_a_status_and_a_reason_for_each_village(jember):
    table = pd.read_csv(jember[1] / "villages.csv", dtype={"village_code": str}, keep_default_na=False)
    assert len(table) == 248
    known = {"served", "partly", "gap"}
    # Nobody knows whether somebody lives on Nusa Barong.
    unknown = table["puskesmas_status"] == "unknown"
    assert table.loc[unknown, "puskesmas_reason"].tolist() == ["people_unplaced"]
    assert set(table.loc[~unknown, "puskesmas_status"]) <= known
    left = table["puskesmas_status"] != "served"
    assert (table.loc[left, "puskesmas_reason"] != "").all()
    assert set(table["puskesmas_reason"]) <= REASONS
    assert set(table["pustu_status"]) == set(table["pustu_present"]) == {"unknown"}
    totals = json.loads((jember[1] / "summary.json").read_text("utf-8"))
    assert totals["villages"] == 248
    assert totals["villages_people_unknown"] == 6
    # 49 puskesmas in the list of 2019, and most people of Jember live near one.
    assert totals["kinds"]["puskesmas"]["facilities"] == 49
    assert 0.85 < totals["kinds"]["puskesmas"]["share_reached"] < 1
    assert totals["kinds"]["pustu"]["share_reached"] is None


@pytest.mark.slow
def test_jember_people_are_those_of_the_census_table(jember, shared):
    census = pd.read_csv(shared / "data/population/35.09_jember_census2010_namejoin.csv")
    totals = json.loads((jember[1] / "summary.json").read_text("utf-8"))
    assert totals["people"] == census["penduduk_2010"].sum()


@pytest.mark.slow
def test_jember_check_names_the_known_defects(jember):
    found = {(f.layer, f.rule): f for f in check(open_workspace(jember[0]))}
    assert found["villages", "invalid_polygon"].ids == ("35.09.04.2001",)
    assert found["villages", "people_unknown"].count == 6
    assert not [f for f in found.values() if f.severity == "error"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "villages", "unknown_people"),
    [("19.04", 63, 11), ("64.74", 15, 3), ("17.02", 156, 15), ("53.14", 119, 43), ("13.76", 47, 29)],
)
def test_the_five_places_without_roads(code, villages, unknown_people, shared, tmp_path):
    from planner.pipeline import build_area, summary

    layers = build_area(write_area(shared, tmp_path, code), tmp_path / "w")
    gaps = find_gaps(layers)
    table, totals = village_table(gaps), summary(gaps)
    assert (totals["villages"], totals["villages_people_unknown"]) == (villages, unknown_people)
    assert totals["network"] == "none"
    assert set(table["network"]) == {"none"}
    assert (table["puskesmas_reason"] != "").equals(table["puskesmas_share_reached"] < 1)
    # Nobody published a list of pustu or posyandu: nothing about them may be "no".
    for kind in ("pustu", "posyandu"):
        for column in ("present", "status", "reason"):
            assert set(table[f"{kind}_{column}"]) == {"unknown"}
        assert table[f"{kind}_people_reached"].isna().all()
    # Brute force: straight lines from each village's demand to every puskesmas.
    units = layers.facilities.query("kind == 'puskesmas' and status == 'used'")
    away = gaps.demand.geometry.apply(lambda p: units.distance(p).min()).to_numpy()
    times = gaps.coverage["puskesmas"].minutes
    walked = np.isfinite(times)
    assert walked.any()
    # Where the nearest is on another island a further one, or none, is walked to.
    assert (times[walked] >= away[walked] * 1.3 / 50.0 - 1e-7).all()
    near = np.isclose(times[walked], away[walked] * 1.3 / 50.0)
    assert near.mean() > 0.9
    # Nobody knows of those who walk too long and could drive there in 30 minutes, straight, by motorcycle.
    quickest_kph = max(gaps.scenario.modes["motorcycle"].speeds_kph.values())
    shares = gaps.demand[["village_code", "weight"]].assign(
        yes=times <= 30.0, maybe=(times <= 30.0) | (away <= quickest_kph * 500.0)
    )
    for village, rows in shares.groupby("village_code"):
        least, most = (round(float(rows["weight"][rows[c]].sum()), 9) for c in ("yes", "maybe"))
        same = [w for w, known in (("served", least >= 0.8), ("gap", most < 0.5),
                                   ("partly", least >= 0.5 and most < 0.8)) if known]  # fmt: skip
        assert [table.loc[village, "puskesmas_status"]] == (same or ["unknown"])


@pytest.mark.slow
def test_the_known_defects_of_the_2019_lists_are_found(shared, tmp_path):
    from planner.pipeline import build_area

    def found(code):
        folder = tmp_path / code
        folder.mkdir()
        layers = build_area(write_area(shared, folder, code), folder / "w")
        return {f.rule: f for f in check(layers)}

    assert found("64.74")["same_place"].count == 1
    assert found("11.72")["far_outside"].ids[0].startswith("P1172010101 (")
    assert found("13.76")["outside_boundary"].count == 2
    assert found("17.02")["outside_boundary"].count == 2
    assert "multiple of 8" in found("19.04")["staff_inflated"].message


def test_every_published_place_is_listed():
    assert set(PLACES) >= {"19.04", "64.74", "17.02", "53.14", "13.76", "35.09"}


@pytest.mark.slow
def test_bigs_own_boundary_columns_are_recognised(shared):
    from geodata.areafile import BoundariesFile
    from geodata.readers.boundaries import read_boundaries

    path = shared / "data/boundaries/11.72_sabang_desa_bps.geojson"
    villages, _, *_ = read_boundaries(BoundariesFile(path=path), "11.72")
    assert len(villages) == 18
    assert villages.loc["11.72.01.2005", "village_name"] == "Aneuk Laot"
    assert villages.loc["11.72.01.2005", "district_name"] == "Sukakarya"
    ours, _, *_ = read_boundaries(
        BoundariesFile(path=shared / "data/boundaries/11.72_sabang_desa.geojson"), "11.72"
    )
    # The two use different editions of the codes (one kecamatan was divided since).
    assert not villages.index.equals(ours.index)
    assert villages.area.sum() == pytest.approx(ours.area.sum(), rel=0.02)


@pytest.mark.slow
def test_real_pustu_names_and_hamlets(shared):
    from geodata.areafile import BoundariesFile, FacilitiesFile, HamletsFile
    from geodata.errors import SchemaError
    from geodata.readers.boundaries import read_boundaries
    from geodata.readers.facilities.lists import read_facilities
    from geodata.readers.hamlets import read_hamlets

    data = shared / "data"
    kukar, _, *_ = read_boundaries(
        BoundariesFile(path=data / "boundaries/64.02_kutai_kartanegara_desa.geojson"), "64.02"
    )
    assert len(kukar) == 237
    source = FacilitiesFile(path=data / "facilities/64.02_anggana_puskesmas_pustu_rbi.geojson", kind="pustu")
    rows = read_facilities(source, kukar).frame
    assert len(rows) == 6
    assert rows["village_code"].str.startswith("64.02").all()
    # The hamlets lie in another kabupaten.
    source = HamletsFile(path=data / "boundaries/kulonprogo_sendangsari_dusun.geojson")
    with pytest.raises(SchemaError, match="no row"):
        read_hamlets(source, kukar)


@pytest.mark.slow
def test_the_whole_countrys_list_says_which_coordinate_is_broken(shared):
    from geodata.areafile import BoundariesFile, FacilitiesFile
    from geodata.readers.boundaries import read_boundaries
    from geodata.readers.facilities.lists import read_facilities

    villages, _, *_ = read_boundaries(
        BoundariesFile(path=shared / "data/boundaries/64.74_bontang_desa.geojson"), "64.74"
    )
    source = FacilitiesFile(
        path=shared / "data/national/faskes_2019.xlsx", id="kode_faskes", name="nama_faskes",
        kind={"column": "jenis_faskes"}, lat="lat_", lon="long_",
    )  # fmt: skip
    read = read_facilities(source, villages)
    assert len(read.frame) == 10_284
    # One row of the country, and it stops nobody: its longitude lost the decimal point.
    told = [f for f in read.findings if f.rule in ("place_lost", "place_proposed", "place_mended")]
    assert [(f.rule, f.count) for f in told] == [("place_lost", 1)]
