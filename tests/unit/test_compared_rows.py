"""The totals of two answers side by side: who becomes unknown is not lost."""

import math
from dataclasses import replace

import pytest

from app.areas.area import Area
from app.areas.question import WhatIf
from app.core.state import State
from app.figures.compared import totals_rows, village_rows
from app.figures.sheets import ComparedSheets, comparison
from planner.coverage.compare import changes, totals
from planner.coverage.study import Study
from planner.pipeline import demo_layers
from planner.scenarios.edits import CloseFacility


@pytest.fixture
def short_list():
    """An area whose list of puskesmas covers no village, with large ones, and a unit that serves alone."""
    area = demo_layers(12)
    villages = area.villages.assign(people=area.villages["people"] * 977.0, covered="")
    return Area(
        replace(area, villages=villages, area=replace(area.area, declared=("puskesmas",)))
    ), "P9901002"


def rows_of(before, after):
    compared = ComparedSheets(totals(before, after), changes(before, after))
    return {row["kind"]: row for row in totals_rows(compared, "dry")}


def test_people_who_become_unknown_are_no_change_that_is_known():
    area = demo_layers(12)
    whole = Study(area).gaps()
    # A puskesmas that serves 1,912 people alone, of which from now on nobody knows where it stands.
    rows = area.facilities.copy()
    rows.loc["P9901002", ["geometry", "status", "village_code"]] = [None, "unlocated", None]
    after = Study(replace(area, facilities=rows)).gaps()
    row = rows_of(whole, after)["puskesmas"]
    assert row["after"] < row["before"]
    assert (row["open_before"], row["open_after"]) == (False, True)
    assert math.isnan(row["change"])
    back = rows_of(after, whole)["puskesmas"]
    assert (back["open_before"], back["open_after"]) == (True, False)
    assert math.isnan(back["change"])


def test_what_is_known_stays_a_number():
    study = Study(demo_layers(12))
    gaps = study.gaps()
    for row in rows_of(gaps, gaps).values():
        assert row["change"] == pytest.approx(0.0)
        assert not row["open_after"]


def test_chips_and_both_tables_say_the_same_of_people_who_become_unknown(short_list):
    """The shares of a village have nine decimals: in a large one, less than nobody made a loss of all."""
    area, unit = short_list
    state = State(area)
    state.ask(WhatIf().with_edit(CloseFacility(op="close_facility", id=unit)))
    compared = comparison(state.answer, area.base)
    [chip] = [h for h in state.headlines() if h.kind == "puskesmas"]
    [row] = [r for r in totals_rows(compared, "dry") if r["kind"] == "puskesmas"]
    assert row["after"] < row["before"] - 1000
    assert math.isnan(row["change"])
    assert math.isnan(chip.people_change)
    # Of others only the minutes are longer.
    villages = [r["people"] for r in village_rows(compared, "puskesmas", "dry") if r["people"]]
    assert villages
    assert all(map(math.isnan, villages))
