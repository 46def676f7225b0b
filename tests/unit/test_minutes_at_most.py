"""Minutes to the nearest unit of a list that is short are "at most", wherever people read them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pytest

from planner.pipeline import Ilp, demo_layers, find_gaps, write_gaps
from planner.reports.pws_page import pws_html

if TYPE_CHECKING:
    from pathlib import Path

    from planner.coverage.reach import Coverage
    from planner.coverage.study import Gaps

# All of its people are reached by listed pustu; the list covers none of the area.
REACHED = "99.01.01.1001"


@pytest.fixture(scope="module")
def short() -> Gaps:
    """The demo, whose list of pustu is short by the office's number."""
    layers = demo_layers(12)
    return find_gaps(replace(layers, area=replace(layers.area, official={"pustu": 30})))


def twin(one: Coverage, gaps: Gaps) -> dict[str, tuple[bool, bool]]:
    """Return whether the lower weighted median and the maximum fall if all in doubt are beside a unit."""
    found = {}
    for code, rows in gaps.demand.reset_index(drop=True).groupby("village_code"):
        told, least = [], []
        for row, weight in rows["weight"].items():
            if weight > 0:
                told.append((one.minutes[row], weight))
                least.append((0.0 if one.nearer[row] else one.minutes[row], weight))
        answers = []
        for pairs in (told, least):
            half, running = sum(w for _, w in pairs) / 2, 0.0
            for minutes, weight in sorted(pairs):
                running += weight
                if running >= half - 1e-12:
                    answers.append((minutes, max(m for m, _ in pairs)))
                    break
        found[str(code)] = (answers[1][0] < answers[0][0], answers[1][1] < answers[0][1])
    return found


def test_of_a_whole_list_minutes_are_exact() -> None:
    gaps = find_gaps(demo_layers(12))
    assert not any(one.at_most.to_numpy().any() for one in gaps.coverage.values())


def test_of_a_short_list_all_minutes_are_at_most_also_where_everybody_is_reached(short: Gaps) -> None:
    one = short.coverage["pustu"]
    assert one.villages.loc[REACHED, ["share_reached", "share_unknown"]].tolist() == [1.0, 0.0]
    assert one.at_most.loc[REACHED].tolist() == [True, True]
    assert not short.coverage["puskesmas"].at_most.to_numpy().any()
    for season in ("dry", "wet"):
        here = short.seasons[season]["pustu"]
        assert twin(here, short) == {
            str(code): (bool(median), bool(longest)) for code, median, longest in here.at_most.itertuples()
        }


def test_beside_a_land_that_no_list_covers_only_what_may_be_shorter_is_at_most() -> None:
    layers = demo_layers(12)
    # The village in the middle is not on the list of posyandu.
    everywhere = np.where(layers.villages.index == REACHED, "", "posyandu")
    area = replace(layers.area, declared=("posyandu",))
    gaps = find_gaps(replace(layers, area=area, villages=layers.villages.assign(covered=everywhere)))
    one = gaps.coverage["posyandu"]
    assert one.at_most["minutes_median"].any()
    assert not one.at_most["minutes_median"].all()
    assert twin(one, gaps) == {str(c): (bool(m), bool(x)) for c, m, x in one.at_most.itertuples()}


def test_in_each_has_the_doubt_of_the_season_whose_minutes_it_tells(short: Gaps) -> None:
    both = short.in_each("pustu", ["dry", "wet"])
    assert both.at_most.loc[REACHED].tolist() == [True, True]


@pytest.mark.slow
def test_sheets_maps_and_the_workbook_say_so(short: Gaps, tmp_path: Path) -> None:
    write_gaps(short, tmp_path / "out", lang="id")
    out = tmp_path / "out"
    minutes = short.coverage["pustu"].villages.at[REACHED, "minutes_median"]
    said = f"{minutes:.1f}".replace(".", ",")
    assert f"paling lama {said}" in (out / "pws.html").read_text("utf-8")
    assert f"at most {minutes:.1f}" in pws_html(Ilp(short), lang="en", only=[REACHED])
    assert f"paling lama {minutes:.0f}" in (out / "gaps.kml").read_text("utf-8")
    page = (out / "map.html").read_text("utf-8")
    flags = re.search(r'"pustu":\{"dry":\{.*?"median_at_most":(\[[^]]*\])', page)
    assert flags is not None
    assert json.loads(flags[1])[short.layers.villages.index.get_loc(REACHED)] is True
    sheet = openpyxl.load_workbook(out / "gaps.xlsx").worksheets
    cells = [c for one in sheet for row in one.iter_rows() for c in row if c.value == minutes]
    assert any(c.number_format.startswith('"≤ "') for c in cells)
    assert all(np.isfinite(float(c.value)) for c in cells)
    # Tables for machines are as before.
    assert "at_most" not in (out / "villages.csv").read_text("utf-8")
