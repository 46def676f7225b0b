"""What has to hold of the ILP answers whatever the data: on random variations of the demo kabupaten."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.coverage.study import Study
from planner.ilp.model import Ilp
from planner.ilp.tables import jejaring_table, puskesmas_table, village_columns
from planner.ilp.three_answers import CLASSES
from planner.reports.pws import pws_table
from planner.reports.side_by_side import standards_table
from planner.scenarios.standards import standard_named
from planner.supply.groups import group_totals

ROUNDS = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
THREE = {"yes", "no", "unknown"}
TEXTS = ["standard_present", "reachable_dry", "reachable_wet", "functioning"]


def changed(layers, seed, listed, scale):
    """The demo with other staff, capacities, people and functioning, some of them unknown."""
    rng = np.random.default_rng(seed)
    units, villages = layers.facilities.copy(), layers.villages.copy()
    n = len(units)
    for name in ("staff_bidan", "staff_perawat", "staff_kader", "open_days_month"):
        units[name] = np.where(rng.random(n) < 0.3, np.nan, rng.integers(0, 6, n).astype(float))
    units["capacity_people"] = np.where(rng.random(n) < 0.3, np.nan, rng.integers(0, 900, n) * scale)
    units["functioning"] = rng.choice(["yes", "no", "unknown"], n, p=[0.5, 0.2, 0.3])
    villages["people"] = np.where(
        rng.random(len(villages)) < 0.15, np.nan, rng.integers(0, 3000, len(villages))
    )
    area = replace(layers.area, listed_kinds=tuple(listed))
    return replace(layers, facilities=units, villages=villages, area=area)


LISTED = st.sets(st.sampled_from(["puskesmas", "pustu", "posyandu", "hospital"]))


@pytest.mark.slow
@ROUNDS
@given(seed=st.integers(0, 2**32 - 1), listed=LISTED, scale=st.sampled_from([0.2, 1.0, 5.0]))
def test_answers_are_three_valued_and_people_are_conserved(demo_layers, seed, listed, scale):
    layers = changed(demo_layers, seed, listed, scale)
    gaps = Study(layers).gaps()
    ilp = Ilp(gaps)
    table, people = village_columns(ilp), layers.villages["people"]
    known = ~people.isna()
    for kind in ilp.kinds:
        for text in TEXTS:
            assert set(table[f"{kind}_{text}"]) <= THREE
        assert set(table[f"{kind}_class"]) <= set(CLASSES)
        reached = gaps.coverage[kind].villages["people_reached"]
        beyond, loads = table[f"{kind}_people_beyond"], ilp.loads[ilp.loads["serves_as"] == kind]
        if not gaps.coverage[kind].listed:
            # Unknown never becomes no.
            assert "no" not in set(table[f"{kind}_reachable_dry"]) | set(table[f"{kind}_standard_present"])
            assert beyond.isna().all()
            assert set(table[f"{kind}_class"]) == {"unknown"}
            continue
        # Capacity takes away, it never adds; who is given to units and who is left are those reached.
        # Shares are rounded to 1e-9, of up to 3,000 people.
        assert not (beyond > reached + 1e-5).any()
        assert beyond[~known].isna().all()
        given_to = loads["people_allocated"].sum()
        assert given_to + beyond.sum() < reached.sum() + 1e-4
        # Nobody's number is known of a unit to which people of unknown number may come.
        if loads["people_allocated"].notna().all():
            assert abs(given_to + beyond.sum() - reached.sum()) < 1e-4
        full = loads.dropna()
        assert (full["people_allocated"] <= full["capacity_people"] + 1e-6).all()
    assert puskesmas_table(ilp)["people"].sum() == people.sum()
    assert len(jejaring_table(ilp)) == len(people) + len(ilp.jejaring.units)
    totals = group_totals(ilp.groups)
    assert (totals["villages_unknown"] <= len(people)).all()
    # Life-cycle groups overlap; every other grouping holds everybody once.
    once = ilp.equity[(ilp.equity["kind"] == "puskesmas") & (ilp.equity["by"] != "life_cycle")]
    for by, rows in once.groupby(["season", "by"]):
        assert abs(rows["people"].sum() - people.sum()) < 1e-6, by


@pytest.mark.slow
@settings(ROUNDS, max_examples=3)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_of_rows_changes_nothing(demo_layers, seed):
    layers = changed(demo_layers, seed, ["puskesmas", "pustu", "posyandu", "hospital"], 1.0)
    rng = np.random.default_rng(seed)
    mixed = replace(
        layers,
        villages=layers.villages.iloc[rng.permutation(len(layers.villages))],
        facilities=layers.facilities.iloc[rng.permutation(len(layers.facilities))],
        hamlets=None if layers.hamlets is None else layers.hamlets.iloc[rng.permutation(len(layers.hamlets))],
    )
    one, other = (Ilp(Study(x).gaps()) for x in (layers, mixed))
    codes = layers.villages.index
    pd.testing.assert_frame_equal(village_columns(one), village_columns(other).loc[codes])
    pd.testing.assert_frame_equal(pws_table(one), pws_table(other).loc[codes])
    pd.testing.assert_frame_equal(one.loads.sort_index(), other.loads.sort_index())
    pd.testing.assert_frame_equal(
        puskesmas_table(one).sort_index(), puskesmas_table(other).sort_index(), check_exact=False
    )
    pd.testing.assert_frame_equal(one.equity, other.equity)


@pytest.mark.slow
def test_standards_side_by_side_are_each_as_alone(demo_layers):
    study = Study(demo_layers, modes=["walking", "motorcycle", "car"])
    base = study.scenario
    others = [base.under(standard_named("sni-03-1733"))]
    table = standards_table([Ilp(study.gaps()), *(Ilp(study.under(s).gaps()) for s in others)])
    alone = Ilp(Study(demo_layers, scenario=others[0]).gaps())
    rows = table[(table["standard"] == "SNI 03-1733-2004") & (table["kind"] == "pustu")]
    assert rows["class"].tolist() == alone.answers["pustu"]["class"].tolist()
    assert set(rows["mode"]) == {"walking"}
    assert set(table["version"]) == {"2026.1", "2004"}
