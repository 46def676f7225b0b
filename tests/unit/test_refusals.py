"""A change that is not allowed is told in the user's language, whatever rule it breaks."""

from __future__ import annotations

import ast
import copy
import pickle
from pathlib import Path

import pytest
import shapely

import app
import geodata
import planner
from app.areas.area import Area
from app.areas.question import what_if_of_file
from app.areas.trials import GivenFile, look_into
from app.core.notice import Notice
from app.core.refusals import WORDS, refusal
from app.texts import Texts
from geodata.crs import WGS84
from geodata.errors import ConfigError
from planner.coverage.study import Study
from planner.pipeline import RolloutPlan, demo_layers, rollout
from planner.scenarios.edits import (
    AddBoat,
    AddRoad,
    ChangeSpeed,
    CloseFacility,
    CloseRoad,
    EditError,
    Flood,
    OpenFacility,
)


@pytest.fixture(scope="module")
def area():
    return Area(demo_layers(12))


def refused(area, edit):
    with pytest.raises(EditError) as found:
        area.study.gaps(edits=[edit])
    return found.value


def edits(area):
    west, south, east, north = area.layers.villages.to_crs(WGS84).total_bounds
    x, y = (west + east) / 2, (south + north) / 2
    unit = area.layers.facilities.index[0]
    zigzag = [(x + i * 1e-5, y + (i % 2) * 1e-4) for i in range(201)]
    return {
        "no_road": CloseRoad(road="no such"),
        "no_length": AddRoad(line=[(x, y), (x, y)]),
        "points": AddRoad(line=zigzag),
        "too_long": AddRoad(line=[(x, y), (x + 6.0, y)]),
        "no_facility": CloseFacility(id="no such"),
        "id_taken": OpenFacility(id=unit, kind="pustu", lonlat=(x, y)),
        "outside": Flood(polygon=list(shapely.box(x + 3, y, x + 3.1, y + 0.1).exterior.coords), season="wet"),
        "no_mode": ChangeSpeed(mode="camel", factor=2.0),
        "no_landing": AddBoat(line=[(west - 0.04, y), (west - 0.03, y)]),
    }


def test_each_rule_is_told_in_both_languages(area):
    for why, edit in edits(area).items():
        error = refused(area, edit)
        assert error.why == why
        own, english = refusal(error, Texts("id")), refusal(error, Texts("en"))
        assert own not in {error.message, english}, why
        assert "{" not in own + english


def test_an_area_without_roads_says_so():
    layers = demo_layers(12)
    layers = type(layers)(**{**vars(layers), "roads": None})
    with pytest.raises(EditError, match="no roads") as found:
        Study(layers).gaps(edits=[CloseRoad(road="r1")])
    assert found.value.why == "no_roads"


@pytest.mark.slow
def test_every_rule_of_the_engine_has_words_here():
    """Written in the engine's source, so that none is forgotten."""
    raised, named = set(), set()
    for file in (f for room in (planner, geodata, app) for f in Path(room.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "EditError" and isinstance(node.args[1], ast.Constant):
                    raised.add(node.args[1].value)
                elif node.func.id in {"ConfigError", "TimeUpError"}:
                    whys = [k.value for k in node.keywords if k.arg == "why"]
                    named.update(w.value for w in whys if isinstance(w, ast.Constant))
    assert len(raised) >= 12
    assert raised | named == {*WORDS, "wrong_keys"}
    strange = {"name": "x", "metres": 1.0, "times": 1, "most": 1, "points": 1, "km": 1.0, "most_km": 1.0,
               "id": "x", "mode": "x", "modes": "x"}  # fmt: skip
    for why in raised:
        assert refusal(EditError(1, why, "in English", **strange), Texts("id")) != "in English", why


def test_the_notice_tells_it_and_it_survives_a_copy(area):
    error = copy.deepcopy(refused(area, CloseFacility(id="p9")))
    notice = Notice(Texts("id"))
    notice.tell_error(error)
    assert notice.text == "Ini tidak dapat dilakukan: Tidak ada fasilitas p9 di wilayah ini."


FILES = {
    "standard:\n  pustu: {limit_minutes: -4}\n": "baris 2, standard.pustu.limit_minutes: paling sedikit 0",
    "halo: [1,\n": "bukan YAML yang benar, di baris 2",
    "season: wet\n": "juga mengatur season, yang tidak dapat diubah di sini",
    "musim: kemarau\n": "baris 1, musim: tidak dikenal; kunci di sini: name, ",
    "season: musim hujan\n": "baris 1, season: harus salah satu dari: dry, wet",
    "edits:\n- {op: close_facility}\n": "baris 2, edits.0.id: tidak ada",
    "edits:\n- {op: dance}\n": "baris 2, edits.0.op: harus salah satu dari: close_road, ",
    "standard: {clinic: {limit_minutes: 4, mode: car}}\n": "Tidak ada standar Klinik",
}


@pytest.mark.parametrize("content", FILES, ids=range(len(FILES)))
def test_what_is_wrong_in_a_scenario_file_is_told_in_the_users_language(area, content):
    with pytest.raises(ConfigError) as found:
        what_if_of_file(content.encode(), area.scenario)
    notice = Notice(Texts("id"))
    notice.tell_error(found.value)
    assert FILES[content] in notice.text
    for english in ("Input should", "is not valid", "unknown key", "which is", "line "):
        assert english not in notice.text


def test_a_plan_of_too_few_years_is_refused_in_the_users_language(area):
    years = ({"year": 2027, "units": 1}, {"year": 2028, "units": 1})
    with pytest.raises(ConfigError, match="lead times") as found:
        rollout(area.study, RolloutPlan.model_validate({"kind": "puskesmas", "years": years}))
    assert refusal(found.value, Texts("id")) == (
        "Dalam 2 tahun belum ada yang dapat bekerja: tindakan yang paling cepat pun memerlukan 2 tahun. "
        "Rencanakan untuk lebih banyak tahun."
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("empty.csv", b"", "Berkas empty.csv kosong."), ("x.csv", b" \n", "Berkas x.csv kosong."),
     ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "Tidak ada isi a.geojson"),
     ("a.exe", b"MZ", "a.exe bukan daftar.")],
)  # fmt: skip
def test_a_file_without_a_list_is_refused_in_the_users_language(name, content, said):
    with pytest.raises(ConfigError) as found:
        look_into(GivenFile(name, content))
    assert refusal(found.value, Texts("id")).startswith(said)


def test_an_error_that_names_its_rule_keeps_it_through_a_copy_and_another_process():
    error = ConfigError("no", why="too_few_years", years=2, least=3.5)
    for again in (copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - ours
        assert (str(again), again.why, again.values) == ("no", "too_few_years", {"years": 2, "least": 3.5})
