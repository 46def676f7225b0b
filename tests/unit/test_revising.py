"""An area with another list, without its files: held against the same area built from its files."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from geodata.areafile import FacilitiesFile, PopulationFile, read_area_file
from geodata.build import read_layers
from geodata.demo import DemoSize, generate_area, write_area_files
from geodata.errors import InputError, SchemaError
from geodata.extent import declared
from geodata.revising import with_list, with_people

DAY = "2026-11-28"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    write_area_files(generate_area(2024, DemoSize.of_villages(24)), folder)
    return folder


@pytest.fixture(scope="module")
def layers(folder):
    return read_layers(read_area_file(folder / "AREA.yml"))


def built(folder, tmp_path, change):
    """The area with a changed AREA.yml, built from its files: what the app must give too."""
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    area = yaml.safe_load((copy / "AREA.yml").read_text("utf-8"))
    change(area)
    (copy / "AREA.yml").write_text(yaml.safe_dump(area), "utf-8")
    return read_layers(read_area_file(copy / "AREA.yml"))


def write_posyandu(path, rows):
    path.write_text("\n".join(["id,nama,desa,kecamatan,lat,lon", *rows]) + "\n", "utf-8")


def posyandu(layers, number):
    """Rows of a list: one posyandu near the middle of each of the first villages."""
    places = layers.villages.geometry.representative_point().to_crs(4326)
    return [
        f"N{i},Melati {i},{v.village_name},{v.district_name},{places.iloc[i].y:.6f},{places.iloc[i].x:.6f}"
        for i, v in enumerate(layers.villages.iloc[:number].itertuples())
    ]


@pytest.mark.slow
@pytest.mark.parametrize("covers", [None, "all"])
def test_a_list_in_place_of_another_is_as_if_built_from_the_files(folder, layers, tmp_path, covers):
    path = folder / "baru.csv"
    write_posyandu(path, posyandu(layers, 9))

    def change(area):
        area["facilities"] = [f for f in area["facilities"] if f.get("kind") != "posyandu"]
        area["facilities"].append(
            {"path": "baru.csv", "kind": "posyandu"} | ({"covers": covers} if covers else {})
        )

    want = built(folder, tmp_path, change)
    got = with_list(layers, FacilitiesFile(path=path, kind="posyandu", covers=covers), given=DAY)
    pd.testing.assert_frame_equal(got.facilities, want.facilities, check_like=True)
    pd.testing.assert_frame_equal(got.villages, want.villages, check_like=True)
    assert set(got.area.listed_kinds) == set(want.area.listed_kinds)
    assert got.area.declared == want.area.declared
    assert replace(got.area, listed_kinds=want.area.listed_kinds) == want.area
    assert sorted(f.message for f in got.findings) == sorted(f.message for f in want.findings)
    now = {(s.layer, s.file) for s in got.sources}
    assert now == {(s.layer, s.file) for s in want.sources}
    assert [s.given for s in got.sources if s.file == "baru.csv"] == [DAY]


def test_a_list_beside_another_adds_its_rows(layers, folder):
    path = folder / "tambahan.csv"
    write_posyandu(path, posyandu(layers, 4))
    got = with_list(layers, FacilitiesFile(path=path, kind="posyandu"), given=DAY, adds=True)
    assert set(got.facilities.index) == set(layers.facilities.index) | {"N0", "N1", "N2", "N3"}
    rest = got.facilities.loc[layers.facilities.index]
    pd.testing.assert_frame_equal(rest, layers.facilities, check_like=True)
    again = FacilitiesFile(path=path, kind="posyandu")
    with pytest.raises(SchemaError, match="N0"):
        with_list(got, again, given=DAY, adds=True)


def test_what_several_lists_cover_is_what_a_build_of_both_would_say(layers, folder):
    first, second = folder / "satu.csv", folder / "dua.csv"
    rows = posyandu(layers, 6)
    write_posyandu(first, rows[:3])
    write_posyandu(second, rows[3:])
    codes = tuple(layers.villages.index[:3]), tuple(layers.villages.index[3:6])
    one = with_list(layers, FacilitiesFile(path=first, kind="posyandu", covers=codes[0]), given=DAY)
    both = with_list(one, FacilitiesFile(path=second, kind="posyandu", covers=codes[1]), given=DAY, adds=True)
    said = [(("posyandu",), c, "list") for c in codes]
    covered, words = declared(said, layers.villages)
    assert both.area.declared == words
    assert both.villages["covered"].equals(covered.rename("covered"))
    # Beside a list that does not say what it covers nothing is sure.
    unsure = with_list(one, FacilitiesFile(path=second, kind="posyandu"), given=DAY, adds=True)
    assert "posyandu" not in unsure.area.declared


def test_one_row_is_decided_whatever_the_rule_says(layers, folder):
    path = folder / "tertukar.csv"
    place = layers.villages.geometry.representative_point().to_crs(4326)
    village = layers.villages.iloc[0]
    swapped = [
        f"S0,Melati,{village.village_name},{village.district_name},{place.iloc[0].x:.6f},{place.iloc[0].y:.6f}",
        f"S1,Mawar,,,{place.iloc[1].x:.6f},{place.iloc[1].y:.6f}",
    ]
    write_posyandu(path, [*posyandu(layers, 6), *swapped])
    source = FacilitiesFile(path=path, kind="posyandu")

    def located(decided):
        return with_list(layers, source, given=DAY, decided=decided).facilities.loc[
            ["S0", "S1"], "located_by"
        ]

    assert list(located({})) == ["coordinates", "none"]
    # Rows of the file: the heading is row 1.
    assert list(located({8: False})) == ["name", "none"]
    assert list(located({9: True})) == ["coordinates", "coordinates"]


def test_people_of_another_table_are_as_if_built_from_the_files(folder, layers, tmp_path):
    """Also where the table lacks a village: the sum of its hamlets counts, if all of them are known."""
    path = folder / "penduduk baru.csv"
    rows = "".join(f"{code},{100 + i}\n" for i, code in enumerate(layers.villages.index[::2]))
    path.write_text("kode,penduduk\n" + rows, "utf-8")

    def change(area):
        area["population"] = {"path": path.name}

    want = built(folder, tmp_path, change)
    got = with_people(layers, PopulationFile(path=path), given=DAY)
    pd.testing.assert_frame_equal(got.villages, want.villages, check_like=True)
    filled = got.villages["people"].notna().sum()
    assert len(layers.villages.index[::2]) < filled
    assert sorted(f.message for f in got.findings if f.rule != "groups_left_out") == sorted(
        f.message for f in want.findings
    )
    assert [s.file for s in got.sources if s.layer == "population"] == [path.name]


def test_working_areas_of_puskesmas_that_are_gone_are_said_and_unknown(layers, folder):
    ids = layers.facilities.index[layers.facilities["kind"] == "puskesmas"]
    served = np.where(np.arange(len(layers.villages)) % 2, ids[0], ids[1])
    villages = layers.villages.assign(puskesmas_id=served)
    villages = villages[[*villages.columns.drop("geometry"), "geometry"]]
    before = replace(layers, villages=villages)
    path = folder / "puskesmas baru.csv"
    place = villages.geometry.representative_point().to_crs(4326).iloc[0]
    path.write_text(f"id,nama,lat,lon\n{ids[0]},Puskesmas A,{place.y},{place.x}\n", "utf-8")
    got = with_list(before, FacilitiesFile(path=path, kind="puskesmas"), given=DAY)
    kept = got.villages["puskesmas_id"]
    assert set(kept.dropna()) == {ids[0]}
    assert kept.isna().sum() == (served == ids[1]).sum()
    [said] = [f for f in got.findings if f.rule == "unknown_puskesmas"]
    assert said.ids == (ids[1],)


def test_a_list_of_elsewhere_changes_nothing(layers, folder):
    path = folder / "jauh.csv"
    path.write_text("nama,kabupaten,lat,lon\nPosyandu A,Kabupaten Lain,-2.5,140.7\n", "utf-8")
    with pytest.raises(InputError):
        with_list(layers, FacilitiesFile(path=path, kind="posyandu", regency="kabupaten"), given=DAY)


def test_the_same_area_covered_anew_is_what_the_new_list_says(layers, folder):
    first, second = folder / "lama.csv", folder / "baru2.csv"
    rows = posyandu(layers, 6)
    write_posyandu(first, rows[:3])
    write_posyandu(second, rows[3:])
    codes = tuple(layers.villages.index[:3]), tuple(layers.villages.index[3:6])
    one = with_list(layers, FacilitiesFile(path=first, kind="posyandu", covers=codes[0]), given=DAY)
    # In its place, not beside it: of the first three villages nobody says anything any more.
    two = with_list(one, FacilitiesFile(path=second, kind="posyandu", covers=codes[1]), given=DAY)
    covered, words = declared([(("posyandu",), codes[1], "list")], layers.villages)
    assert two.area.declared == words
    assert two.villages["covered"].equals(covered.rename("covered"))
    # Beside a list that says nothing, one that does makes nothing sure.
    beside = with_list(
        layers, FacilitiesFile(path=second, kind="posyandu", covers=codes[1]), given=DAY, adds=True
    )
    assert "posyandu" not in beside.area.declared


def test_what_nobody_could_tell_goes_with_its_list(layers, folder):
    """A row of which nobody knows what it is stands aside; the next list of the kinds takes its place too."""
    path = folder / "campur.csv"
    rows = posyandu(layers, 8)
    path.write_text(
        "\n".join(["id,nama,desa,kecamatan,lat,lon", *rows, "X9,Balai warga,,,,"]) + "\n", "utf-8"
    )
    mixed = FacilitiesFile.model_validate({"path": path, "kind": {"from": "name"}, "village_name": "desa"})
    text = path.read_text("utf-8").replace("Melati", "Posyandu Melati")
    path.write_text(text, "utf-8")
    one = with_list(layers, mixed, given=DAY)
    assert one.facilities.loc["X9", "status"] == "set_aside"
    said = [f.rule for f in one.findings if f.message.startswith("campur.csv:")]
    assert said
    plain = folder / "bersih.csv"
    write_posyandu(plain, rows)
    two = with_list(one, FacilitiesFile(path=plain, kind="posyandu"), given=DAY)
    assert "X9" not in two.facilities.index
    assert not [f for f in two.findings if f.message.startswith("campur.csv:")]
    assert "campur.csv" not in {s.file for s in two.sources}
    # A list of another kind leaves the row, its findings and its source alone.
    pustu = folder / "pustu lain.csv"
    write_posyandu(pustu, [row.replace("N", "P", 1) for row in rows])
    three = with_list(one, FacilitiesFile(path=pustu, kind="pustu"), given=DAY)
    assert "X9" in three.facilities.index
    assert [f.rule for f in three.findings if f.message.startswith("campur.csv:")] == said
    assert "campur.csv" in {s.file for s in three.sources}


def test_each_row_of_a_finding_names_its_unit(layers, folder):
    """Kinds are told before ids are made: their findings reached neither a unit nor the map nor the grade."""
    path = folder / "menurut nama.csv"
    rows = [row.replace("Melati", "Posyandu Melati") for row in posyandu(layers, 5)]
    write_posyandu(path, [*rows, "X1,Balai warga,,,,"])
    source = FacilitiesFile.model_validate({"path": path, "kind": {"from": "name"}, "village_name": "desa"})
    got = with_list(layers, source, given=DAY)
    named = {f.rule: [c.id for c in f.cells] for f in got.findings if f.message.startswith(path.name)}
    assert named["kind_by_name"] == [f"N{i}" for i in range(5)]
    assert named["unknown_kind"] == ["X1"]
