"""The demo kabupaten: its totals, its bytes, its planted mistakes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from support import ROOT

from geodata.areafile import read_area_file
from geodata.build import read_layers
from geodata.demo import DemoSize, generate_area, generate_country, write_area_files
from geodata.quality import inspect
from planner.pipeline import demo_layers


@pytest.fixture(scope="module")
def full():
    return generate_area(2024)


def test_the_totals_are_bangka_tengahs(full):
    assert len(full.villages) == 60
    assert len({v["kode"][:8] for v in full.villages}) == 6
    kinds = [r["jenis"] for r in full.puskesmas]
    assert (kinds.count("PUSKESMAS"), len(full.pustu), len(full.posyandu)) == (9, 68, 142)


def test_some_villages_lack_units(full):
    codes = {v["kode"] for v in full.villages}
    assert 5 <= len(codes - {p["kode_desa"] for p in full.pustu}) <= 20
    assert 2 <= len(codes - {p["kode_desa"] for p in full.posyandu}) <= 12


def test_the_road_network_has_what_it_promises(full):
    classes = {r["highway"] for r in full.roads}
    assert {"primary", "secondary", "tertiary", "unclassified", "residential", "track", "path"} <= classes
    assert sum(r.get("route") == "ferry" for r in full.roads) == 2
    assert any(r.get("musim") == "kemarau" for r in full.roads)
    assert any(r.get("bridge") for r in full.roads)
    assert {r.get("oneway") for r in full.roads} == {None, "yes", "-1"}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    digests = []
    for name in ("a", "b"):
        write_area_files(generate_area(2024), tmp_path / name)
        digests.append(
            {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (tmp_path / name).iterdir()}
        )
    assert digests[0] == digests[1]
    assert len(digests[0]) == 8
    other = write_area_files(generate_area(2025), tmp_path / "c").parent / "desa.geojson"
    assert hashlib.sha256(other.read_bytes()).hexdigest() != digests[0]["desa.geojson"]


def test_whoever_asks_for_a_demo_gets_one_of_his_own():
    """Also in these tests, which read each kabupaten once only."""
    mine = demo_layers(12)
    frames = {name: getattr(mine, name).copy() for name in ("villages", "facilities", "roads", "hamlets")}
    for name in frames:
        del getattr(mine, name)["geometry"]
    for name, before in frames.items():
        assert getattr(demo_layers(12), name).equals(before), name


@pytest.mark.slow
def test_a_scenario_is_written_the_same_in_every_process():
    code = (
        "import json; from planner.scenarios.scenario import default_scenario; "
        "print(json.dumps(default_scenario().model_dump(mode='json')))"
    )
    seen = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed},
                       capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(seen) == 1


@pytest.mark.slow
def test_check_finds_what_was_planted(full, tmp_path):
    layers = read_layers(read_area_file(write_area_files(full, tmp_path)))
    found = {(f.layer, f.rule): f for f in inspect(layers)}
    [far] = [f for f in layers.findings if f.rule == "place_far"]
    assert [cell.id for cell in far.cells] == ["T99010004"]
    assert found["facilities", "same_place"].ids == ("Y99010021=Y99010022",)
    assert found["population", "unknown_village"].count == 1
    assert found["villages", "people_unknown"].count == 1
    assert found["hamlets", "people_differ"].count == 1
    # One has no coordinates, and those of another are far away.
    assert (layers.facilities["located_by"] == "village").sum() == 2
    # Islands joined by ferry only.
    from geodata.quality import connected_share

    assert connected_share(layers.roads) == pytest.approx(1.0)
    assert connected_share(layers.roads[layers.roads["route"].isna()]) < 0.99


@pytest.mark.slow
def test_without_defects_check_finds_no_error(tmp_path):
    area = generate_area(5, DemoSize.of_villages(18), defects=False)
    layers = read_layers(read_area_file(write_area_files(area, tmp_path)))
    assert [f for f in inspect(layers) if f.severity != "info"] == []


@pytest.mark.slow
@pytest.mark.parametrize("villages", [4, 7, 150, 400])
def test_sizes(villages):
    area = generate_area(1, DemoSize.of_villages(villages))
    assert len(area.villages) == villages
    assert len({v["kode"] for v in area.villages}) == villages
    assert len({v["nama"] for v in area.villages}) == villages
    people = sum(p["jumlah"] or 0 for p in area.people[:villages])
    assert people == sum(h["penduduk"] or 0 for h in area.hamlets) - (500 if villages >= 20 else 0)


def test_a_country_is_made_of_many_areas():
    areas = list(generate_country(3, villages=90, per_area=30))
    assert [len(a.villages) for a in areas] == [30, 30, 30]
    assert len({v["kode"] for a in areas for v in a.villages}) == 90
    west = [min(v["geometry"].bounds[0] for v in a.villages) for a in areas]
    assert (np.diff(west) > 0.5).all()
