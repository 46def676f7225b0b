"""The annex on method says whose each number is: the user's own, or a default of ours with its mark."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from planner.coverage.known.extent import Extent
from planner.coverage.known.unseen import Unseen
from planner.coverage.reach import _doubts
from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.words import Words
from planner.reports.proposal.method import defaults_of
from planner.reports.proposal.write import source_of
from planner.scenarios.scenario import default_scenario

pytestmark = pytest.mark.slow
THEIRS = "set by the user"


@pytest.fixture(scope="module")
def gaps():
    return find_gaps(demo_layers(12))


def row_of(gaps, lang="en", *, measure="open_posyandu", staff="5 kader", years=0.0, kind="posyandu"):
    """What the annex says of one measure of a plan whose user gave a measures file."""
    from dataclasses import replace

    site = {"measure": measure, "op": "open", "kind": kind, "staff": staff, "lead_years": years, "name": ""}
    need = {who: int(n) for n, who in (one.split() for one in staff.split(", "))} if staff else {}
    plan = SimpleNamespace(
        kind=kind, sites=pd.DataFrame([site]), roads=(), staff=lambda _: need,
        record={"inputs": [{"layer": "measures", "file": "m.yml"}]},
    )  # fmt: skip
    source = replace(source_of(Ilp(gaps), lang=lang), plan=plan, words=Words(lang))
    return defaults_of(source)[-1]


def test_a_file_that_gives_a_cost_alone_leaves_staff_and_time_ours(gaps):
    one = row_of(gaps)
    assert one.why != THEIRS
    assert one.marks == "C, A"
    assert one.value == "5 kader; serves in the year of the decision"


def test_what_the_user_has_set_is_his(gaps):
    # Neither number is that of the defaults; one is; and of a measure of his own all is his.
    both = row_of(gaps, staff="7 kader", years=2.0)
    assert (both.marks, both.why) == ("", THEIRS)
    staff = row_of(gaps, staff="7 kader")
    assert (staff.marks, staff.why) == ("A", "Staff set by the user; the time is our assumption.")
    time = row_of(gaps, years=2.0)
    assert (time.marks, time.why) == ("C", "Time set by the user; the staff is that of Jangkau.")
    assert row_of(gaps, measure="my_own").why == THEIRS


@pytest.mark.parametrize(
    ("lang", "said"),
    [("id", "5 kader; siap melayani pada tahun diputuskan"),
     ("en", "5 kader; serves in the year of the decision")],
)  # fmt: skip
def test_no_time_is_no_number_of_years(gaps, lang, said):
    assert row_of(gaps, lang).value == said


def test_a_limit_of_ones_own_leaves_the_staff_of_its_kind_ours():
    scenario = default_scenario()
    pustu = scenario.standard["pustu"].model_copy(update={"limit_minutes": 45.0})
    changed = scenario.model_copy(update={"standard": {**scenario.standard, "pustu": pustu}})
    found = {one.what: one for one in defaults_of(source_of(Ilp(find_gaps(demo_layers(12), scenario=changed)),
                                                           lang="en"))}  # fmt: skip
    assert found["Limit to a pustu"].why == THEIRS
    assert found["Limit to a pustu"].value.startswith("45 minutes")
    assert found["Staff of a pustu"].why != THEIRS
    assert found["Staff of a pustu"].marks


def test_a_place_of_unknown_people_may_have_some_and_one_of_nobody_has_not():
    points = shapely.points([(0.0, 0.0), (10.0, 0.0), (20.0, 0.0), (30.0, 0.0)])
    demand = gpd.GeoDataFrame(
        {"weight": [0.5, 0.5, 1.0, 0.0], "people": [10.0, np.nan, 0.0, np.nan]}, geometry=points
    )
    unseen = Unseen(units=np.ones(4, bool), ways=np.array([False, True, True, True]), lost=np.zeros(4, bool))
    found = _doubts(
        ("posyandu",), unseen, Extent(), np.zeros(4, dtype=np.int8), demand, demand.iloc[:1],
        lists_whole=True, drives=False,
    )  # fmt: skip
    assert found.more.tolist() == [True, True, False, False]
    assert found.ways.tolist() == [False, True, False, False]
