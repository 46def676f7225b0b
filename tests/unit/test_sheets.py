"""Sheets of a village and of a facility, against full tables and fresh answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from geodata.errors import ConfigError, UnknownCodeError
from planner.coverage.reach import usable_facilities
from planner.coverage.sheets import (
    catchment,
    catchment_area,
    kinds_served,
    loss_if_closed,
    middle_place,
    near_units,
    way_to,
)
from planner.coverage.study import Study, find_gaps
from planner.scenarios.edits import CloseFacility, OpenFacility
from planner.scenarios.modes import Profile


@pytest.fixture(scope="module")
def study(demo_layers):
    return Study(demo_layers)


@pytest.fixture(scope="module")
def base(study):
    return study.gaps()


@pytest.fixture(scope="module")
def edited(study, demo_layers):
    """An answer with a road closed and a unit opened: sheets must follow edited roads too."""
    from planner.scenarios.edits import CloseRoad

    road = demo_layers.roads.sort_values("length_m").index[-1]
    point = demo_layers.villages.to_crs(4326).geometry.iloc[9].representative_point()
    opened = OpenFacility(op="open_facility", id="new", kind="puskesmas", lonlat=(point.x, point.y))
    return study.gaps([CloseRoad(op="close_road", road=road), opened])


@pytest.fixture(params=["base", "edited"])
def gaps(request):
    return request.getfixturevalue(request.param)


def minutes_table(gaps, kind, season):
    rule = gaps.scenario.standard[kind]
    profile = Profile(rule.mode, season)
    units = usable_facilities(gaps.layers, (kind, *rule.counts))
    table = gaps.ways.router(profile).matrix(gaps.ways.stops(profile), gaps.ways.units(profile, units))
    return units, table / 60.0


def test_the_middle_place_and_the_nearest_units_agree_with_the_full_table(gaps):
    units, table = minutes_table(gaps, "puskesmas", "wet")
    answer = gaps.seasons["wet"]["puskesmas"].villages
    for code in gaps.layers.villages.index:
        place = middle_place(gaps, code, "puskesmas", "wet")
        assert table[place].min() == pytest.approx(answer.loc[code, "minutes_median"], abs=1e-6)
        near = near_units(gaps, place, "puskesmas", "wet", k=3)
        expected = np.sort(table[place])[:3]
        assert [u.minutes for u in near] == pytest.approx(expected[np.isfinite(expected)].tolist(), abs=1e-6)
        for unit in near:
            assert table[place, units.index.get_loc(unit.facility_id)] == pytest.approx(
                unit.minutes, abs=1e-6
            )


@pytest.mark.slow
def test_the_way_takes_as_long_as_the_table_says_and_ends_at_the_unit(gaps):
    for code in gaps.layers.villages.index[::3]:
        place = middle_place(gaps, code, "puskesmas", "dry")
        for unit in near_units(gaps, place, "puskesmas", "dry"):
            way = way_to(gaps, place, "puskesmas", "dry", unit.facility_id)
            assert way["minutes"].sum() == pytest.approx(unit.minutes, abs=1e-5)
            last = shapely.get_coordinates(way.geometry.iloc[-1])[-1]
            unit_at = gaps.layers.facilities.to_crs(4326).geometry.loc[unit.facility_id]
            assert last == pytest.approx((unit_at.x, unit_at.y), abs=1e-6)


def test_a_catchment_is_what_the_full_table_gives(gaps):
    units, table = minutes_table(gaps, "puskesmas", "dry")
    people = gaps.demand["people"].to_numpy()
    within = table <= 30.0
    first = table.argmin(axis=1)
    reach = np.isfinite(table.min(axis=1))
    reached = 0.0
    for i, facility_id in enumerate(units.index):
        found = catchment(gaps, facility_id, "puskesmas", "dry")
        assert found.people_total == pytest.approx(np.nansum(people[within[:, i]]))
        assert found.people_nearest == pytest.approx(np.nansum(people[(first == i) & reach]))
        assert found.people_own == pytest.approx(np.nansum(people[(first == i) & within[:, i]]))
        assert found.villages["people"].sum() == pytest.approx(found.people_own)
        reached += found.people_own
    # Own people do not overlap: together they are those reached.
    assert reached == pytest.approx(gaps.seasons["dry"]["puskesmas"].villages["people_reached"].sum())


@pytest.mark.slow
def test_the_loss_is_that_of_a_fresh_answer_without_the_unit(study, base, demo_layers):
    for facility_id in usable_facilities(demo_layers, ("puskesmas",)).index:
        loss = loss_if_closed(study, base, facility_id, "puskesmas", "wet")
        facilities = demo_layers.facilities.copy()
        facilities.loc[facility_id, "functioning"] = "no"
        without = find_gaps(demo_layers.with_facilities(facilities))
        before, after = (g.seasons["wet"]["puskesmas"].villages for g in (base, without))
        assert loss.people == pytest.approx(before["people_reached"].sum() - after["people_reached"].sum())
        changed = before.index[(before["nearest_id"] != after["nearest_id"]).to_numpy()]
        assert set(changed) <= set(loss.villages["village_code"])


@pytest.mark.slow
def test_the_area_of_a_catchment_holds_the_reached_places(base, demo_layers):
    facility_id = usable_facilities(demo_layers, ("puskesmas",)).index[0]
    inside = shapely.union_all(demo_layers.villages.geometry.to_numpy())
    area = catchment_area(base, facility_id, "puskesmas", "dry", inside=inside)
    assert area.geometry.iloc[0].is_valid
    assert area.geometry.iloc[0].covers(
        demo_layers.facilities.to_crs(4326).geometry[facility_id].buffer(1e-9)
    )
    metric = area.to_crs(demo_layers.villages.crs)
    assert metric.area.iloc[0] / 1e6 == pytest.approx(area["area_km2"].iloc[0], rel=1e-3)


def test_units_out_of_function_serve_nothing_and_strangers_are_refused(study, base):
    facility_id = base.coverage["pustu"].facilities.index[0]
    assert kinds_served(base, facility_id) == ["pustu"]
    closed = study.gaps([CloseFacility(op="close_facility", id=facility_id)])
    assert kinds_served(closed, facility_id) == []
    with pytest.raises(UnknownCodeError):
        kinds_served(base, "nobody")
    with pytest.raises(UnknownCodeError):
        middle_place(base, "00.00", "pustu", "dry")
    with pytest.raises(ConfigError):
        way_to(base, 0, "puskesmas", "dry", facility_id)


def test_without_roads_the_way_is_straight_and_as_long_as_the_answer(demo_layers):
    layers = replace(demo_layers, roads=None)
    gaps = find_gaps(layers)
    code = layers.villages.index[2]
    place = middle_place(gaps, code, "posyandu", "dry")
    [first, *_] = near_units(gaps, place, "posyandu", "dry")
    expected = gaps.coverage["posyandu"].villages.loc[code, "minutes_median"]
    assert first.minutes == pytest.approx(expected)
    way = way_to(gaps, place, "posyandu", "dry", first.facility_id)
    assert way["leg"].tolist() == ["walk"]
    assert way["minutes"].sum() == pytest.approx(expected)
    own = catchment(gaps, first.facility_id, "posyandu", "dry").people_own
    assert own == pytest.approx(gaps.coverage["posyandu"].facilities["people_own"][first.facility_id])
    assert (
        catchment_area(gaps, first.facility_id, "posyandu", "dry", inside=layers.villages.geometry.iloc[0])
        is None
    )


def test_another_scenario_needs_what_was_prepared(study):
    scenario = study.scenario
    slower = scenario.model_copy(update={"ferry": scenario.ferry.model_copy(update={"speed_kph": 3.0})})
    with pytest.raises(ConfigError, match="ferry"):
        study.under(slower)
    rule = scenario.standard["pustu"].model_copy(update={"mode": "boat"})
    with pytest.raises(ConfigError, match="not prepared"):
        study.under(scenario.model_copy(update={"standard": {**scenario.standard, "pustu": rule}}))
