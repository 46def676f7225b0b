"""The totals of two answers side by side: who becomes unknown is not lost."""

import math
from dataclasses import replace

import pytest

from app.figures.compared import totals_rows
from app.figures.sheets import ComparedSheets
from planner.coverage.compare import changes, totals
from planner.coverage.study import Study
from planner.pipeline import demo_layers


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
