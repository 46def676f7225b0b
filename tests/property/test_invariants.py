"""What must hold of any study area (DESIGN, house style 11), on the demo kabupaten."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support import whole

from planner.coverage.study import find_gaps
from planner.coverage.tables import facility_table, summary, village_table
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import Scenario, default_scenario

KINDS = ("puskesmas", "pustu", "posyandu", "hospital")


@pytest.fixture(scope="module")
def base(demo_layers):
    return find_gaps(demo_layers)


def changed(**paths):
    """The default scenario with a__b__c=value put in."""
    content = default_scenario().model_dump()
    for path, value in paths.items():
        at = content
        *keys, last = path.split("__")
        for key in keys:
            at = at[key]
        at[last] = value
    return Scenario.model_validate(content)


def reached(gaps, kind):
    return gaps.coverage[kind].reached


def with_all_of(layers, facilities):
    """The layers with other facilities, which are all that there are: their lists say so."""
    return whole(replace(layers, facilities=facilities), *KINDS)


def test_without_facilities_nobody_is_reached(demo_layers):
    empty = find_gaps(with_all_of(demo_layers, demo_layers.facilities.iloc[:0]))
    for kind in KINDS:
        one = empty.coverage[kind]
        assert not one.reached.any()
        assert set(one.villages["status"]) == {"gap"}
        assert set(one.villages["reason"]) == {"no_facility"}
        assert summary(empty)["kinds"][kind]["people_reached"] == 0


@pytest.mark.slow
def test_people_are_conserved(base, demo_layers):
    people = demo_layers.villages["people"]
    assert base.demand["people"].sum() == pytest.approx(people.sum())
    spread = base.demand.groupby("village_code")["people"].sum(min_count=1)
    pd.testing.assert_series_equal(spread.reindex(people.index), people, check_names=False)
    weights = base.demand.groupby("village_code")["weight"].sum()
    np.testing.assert_allclose(weights, 1.0)
    for kind in KINDS:
        one = base.coverage[kind]
        assert one.villages["people_reached"].sum() == pytest.approx(
            summary(base)["kinds"][kind]["people_reached"]
        )
        served = one.nearest_id != ""
        catchment = facility_table(base).query("kind == @kind")["people_nearest"].sum()
        assert catchment == pytest.approx(base.demand["people"].fillna(0)[served].sum())


@pytest.mark.slow
def test_more_facilities_never_reduce_coverage(base, demo_layers):
    fewer = replace(demo_layers, facilities=demo_layers.facilities.iloc[::2])
    less = find_gaps(fewer)
    for kind in KINDS:
        assert (reached(base, kind) | ~reached(less, kind)).all()
        assert (base.coverage[kind].minutes <= less.coverage[kind].minutes).all()


@pytest.mark.slow
def test_a_longer_limit_never_reduces_coverage(base, demo_layers):
    longer = find_gaps(demo_layers, scenario=changed(standard__puskesmas__limit_minutes=45))
    assert (reached(longer, "puskesmas") | ~reached(base, "puskesmas")).all()
    assert reached(longer, "puskesmas").sum() > reached(base, "puskesmas").sum()


@pytest.mark.slow
def test_faster_roads_never_reduce_coverage(base, demo_layers):
    kph = {k: v * 1.5 for k, v in default_scenario().modes["motorcycle"].speeds_kph.items()}
    faster = find_gaps(demo_layers, scenario=changed(modes__motorcycle__speeds_kph=kph))
    for kind in ("puskesmas", "pustu"):
        assert (faster.coverage[kind].minutes <= base.coverage[kind].minutes * (1 + 1e-12)).all()


def test_no_road_is_faster_in_the_wet_season_and_dry_season_roads_are_closed(base, demo_layers):
    network = base.network
    season = demo_layers.roads["season"].reindex(network.edge_id).to_numpy()
    assert (season == "dry_only").any()
    for mode in ("motorcycle", "walking", "car"):
        dry, wet = (network.impedance[Profile(mode, s)].forward_s for s in ("dry", "wet"))
        assert (wet >= dry).all()
        assert np.isinf(wet[season == "dry_only"]).all()
        assert mode == "walking" or (wet > dry)[season == "all_year"].any()


@pytest.mark.slow
def test_the_order_of_rows_changes_nothing(base, demo_layers):
    def mixed(frame):
        return frame.sample(frac=1, random_state=3)

    again = find_gaps(
        replace(
            demo_layers,
            villages=mixed(demo_layers.villages),
            roads=mixed(demo_layers.roads),
            facilities=mixed(demo_layers.facilities),
            hamlets=mixed(demo_layers.hamlets),
        )
    )
    before = village_table(base)
    pd.testing.assert_frame_equal(village_table(again).loc[before.index], before, rtol=1e-9)


def test_unknown_kinds_are_unknown_everywhere(demo_layers):
    area = replace(demo_layers.area, listed_kinds=("puskesmas",))
    few = demo_layers.facilities.query("kind == 'puskesmas'")
    gaps = find_gaps(replace(demo_layers, area=area, facilities=few))
    table = village_table(gaps)
    for column in ("present", "status", "reason"):
        assert set(table[f"pustu_{column}"]) == {"unknown"}
    assert table[["pustu_people_reached", "pustu_share_reached", "pustu_minutes_max"]].isna().all(axis=None)
    totals = summary(gaps)["kinds"]["pustu"]
    assert totals["people_reached"] is None
    assert totals["villages_unknown"] == len(table)


def test_results_cannot_be_written_over(base):
    with pytest.raises(ValueError, match="read-only"):
        base.network.edge_length_m[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        base.coverage["pustu"].minutes[0] = 0
