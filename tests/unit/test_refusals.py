"""A change that is not allowed is told in the user's language, whatever rule it breaks."""

from __future__ import annotations

import ast
import copy
from pathlib import Path

import pytest
import shapely

import planner
from app.areas.area import Area
from app.core.notice import Notice
from app.core.refusals import refusal
from app.texts import Texts
from geodata.crs import WGS84
from planner.coverage.study import Study
from planner.pipeline import demo_layers
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
    layers = demo_layers(6)
    layers = type(layers)(**{**vars(layers), "roads": None})
    with pytest.raises(EditError, match="no roads") as found:
        Study(layers).gaps(edits=[CloseRoad(road="r1")])
    assert found.value.why == "no_roads"


@pytest.mark.slow
def test_every_rule_of_the_engine_has_words_here():
    """Written in the engine's source, so that none is forgotten."""
    raised = set()
    for file in Path(planner.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                called = node.exc.func
                if isinstance(called, ast.Name) and called.id == "EditError":
                    raised.add(node.exc.args[1].value)
    assert len(raised) >= 12
    strange = {"name": "x", "metres": 1.0, "times": 1, "most": 1, "points": 1, "km": 1.0, "most_km": 1.0,
               "id": "x", "mode": "x", "modes": "x"}  # fmt: skip
    for why in raised:
        assert refusal(EditError(1, why, "in English", **strange), Texts("id")) != "in English", why


def test_the_notice_tells_it_and_it_survives_a_copy(area):
    error = copy.deepcopy(refused(area, CloseFacility(id="p9")))
    notice = Notice(Texts("id"))
    notice.tell_error(error)
    assert notice.text == "Ini tidak dapat dilakukan: Tidak ada fasilitas p9 di wilayah ini."
