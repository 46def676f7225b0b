"""What a notebook shows of our values: short, true, and escaped."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from support import ROOT

import planner


@pytest.fixture(scope="module")
def gaps(demo_layers):
    return planner.find_gaps(demo_layers)


def test_what_is_printed_is_a_line(demo_layers, gaps):
    for value in (
        demo_layers, gaps, planner.Study(demo_layers), planner.Ilp(gaps),
        planner.travel_by(demo_layers, "walking"),
    ):  # fmt: skip
        text = repr(value)
        assert text.startswith(type(value).__name__)
        assert "\n" not in text
        assert len(text) < 300


def test_parts_of_an_answer_are_a_line_each(demo_layers, gaps):
    many = planner.scenario(
        name="x" * 500, edits=[planner.CloseRoad(road=road) for road in demo_layers.roads.index[:50]]
    )
    for value in (
        planner.default_scenario(), many, gaps.extent, gaps.network, gaps.coverage["pustu"],
        gaps.coverage["hospital"],
    ):  # fmt: skip
        for text in (repr(value), str(value)):
            assert text.startswith(type(value).__name__)
            assert "\n" not in text
            assert len(text) < 300
    assert "50 edits" in repr(many)


@pytest.mark.parametrize("what", ["layers", "study", "travel"])
def test_what_a_question_is_made_of_shows_itself_as_a_small_table(demo_layers, what):
    value = {
        "layers": lambda: demo_layers,
        "study": lambda: planner.Study(demo_layers),
        "travel": lambda: planner.travel_by(demo_layers, "walking"),
    }[what]()
    shown = value._repr_html_()
    assert repr(value) in html.unescape(shown)
    assert shown.count("<table>") == 1
    assert len(shown) < 3000
    if what == "layers":
        units = demo_layers.facilities["kind"].value_counts()
        for kind in demo_layers.area.listed_kinds:
            assert f"<tr><td>{kind}</td><td>{units[kind]}</td>" in shown


def test_figures_shown_are_those_of_the_tables(gaps):
    villages = planner.village_table(gaps)
    shown = gaps._repr_html_()
    for kind in gaps.coverage:
        row = re.search(rf"<tr><td>{kind}</td>(.*?)</tr>", shown)[1]
        reached, *counts = re.findall(r"<td>(.*?)</td>", row)
        assert int(reached.replace(",", "")) == round(villages[f"{kind}_people_reached"].sum())
        status = villages[f"{kind}_status"]
        assert list(map(int, counts)) == [
            int((status == s).sum()) for s in ("served", "partly", "gap", "unknown")
        ]
        assert f"{kind} {int((status == 'gap').sum())}" in repr(gaps)
    assert shown.count("<path") == len(villages)


def test_unknown_people_are_said(demo_layers):
    villages = demo_layers.villages.copy()
    villages.iloc[:3, villages.columns.get_loc("people")] = float("nan")
    known, unknown = villages["people"].sum(), int(villages["people"].isna().sum())
    text = repr(replace(demo_layers, villages=villages))
    assert f"{known:,.0f} people ({unknown} villages unknown)" in text


@pytest.mark.slow
def test_hostile_names_are_text(hostile_layers):
    study = planner.Study(hostile_layers)
    for value in (study.gaps(), planner.Ilp(study.gaps()), study, hostile_layers):
        assert "<img" not in value._repr_html_()


@pytest.mark.slow
def test_the_public_calls_come_when_they_are_asked_for():
    code = (
        "import sys, planner; assert 'geopandas' not in sys.modules; "
        "from planner import find_gaps, demo_layers, travel_by; "
        "import planner.pipeline as p; assert planner.__all__ == sorted(p.__all__), p.__all__; "
        "assert all(getattr(planner, n) is getattr(p, n) for n in planner.__all__); "
        "assert set(planner.__all__) <= set(dir(planner))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    with pytest.raises(AttributeError, match="no attribute 'find_gap'"):
        planner.find_gap  # noqa: B018 - asking for it is the test
