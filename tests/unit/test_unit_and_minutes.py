"""A unit that is named beside minutes is the one that the minutes lead to."""

import numpy as np
import pandas as pd
import pytest

from planner.coverage.sheets import middle_place, near_units
from planner.ilp.model import Ilp
from planner.pipeline import demo_layers, find_gaps
from planner.reports.pws import pws_table


@pytest.fixture(scope="module")
def gaps():
    return find_gaps(demo_layers(48, seed=3))


def the_middle(minutes, weight):
    """Return the place at which, counted from the nearest, half of the people are reached: by counting."""
    half = sum(weight) / 2
    for place in sorted(range(len(minutes)), key=lambda i: (minutes[i], i)):
        half -= weight[place]
        if half <= 1e-9:
            return place
    raise AssertionError


@pytest.mark.parametrize("season", ["dry", "wet"])
def test_the_nearest_unit_is_that_of_the_middle_person(gaps, season):
    compared = 0
    for kind, coverage in gaps.seasons[season].items():
        for code, row in coverage.villages.iterrows():
            here = np.flatnonzero((gaps.demand["village_code"] == code).to_numpy())
            minutes = coverage.minutes[here].tolist()
            if np.isnan(minutes).any():
                assert (row["nearest_id"], np.isnan(row["minutes_median"])) == ("", True)
                continue
            place = here[the_middle(minutes, gaps.demand["weight"].to_numpy()[here].tolist())]
            assert row["minutes_median"] == coverage.minutes[place]
            assert row["nearest_id"] == coverage.nearest_id[place]
            assert middle_place(gaps, str(code), kind, season) == place
            compared += 1
    assert compared > 100


def test_the_list_of_units_begins_with_the_unit_that_is_named(gaps):
    compared = 0
    for kind, coverage in gaps.coverage.items():
        for code, row in list(coverage.villages.iterrows())[::4]:
            if np.isfinite(row["minutes_median"]):
                place = middle_place(gaps, str(code), kind, "dry")
                first = near_units(gaps, place, kind, "dry", k=1)[0]
                assert first.facility_id == row["nearest_id"]
                assert first.minutes == pytest.approx(row["minutes_median"], abs=1e-5)
                compared += 1
    assert compared > 20


def test_sheets_and_referrals_lead_to_that_unit(gaps):
    ilp = Ilp(gaps)
    names = gaps.layers.facilities["name"]
    sheets = pws_table(ilp)
    legs = ilp.referral.xs("standard", level="mode")
    for kind, coverage in gaps.coverage.items():
        named = names.reindex(coverage.villages["nearest_id"]).fillna("").to_numpy()
        assert sheets[f"{kind}_unit"].tolist() == named.tolist()
        assert ilp.answers[kind]["unit_id"].tolist() == coverage.villages["nearest_id"].tolist()
    first = gaps.coverage["posyandu"].villages
    assert legs["posyandu_id"].tolist() == first["nearest_id"].tolist()
    pd.testing.assert_series_equal(
        legs["posyandu_minutes"], first["minutes_median"], check_names=False, check_exact=True
    )
