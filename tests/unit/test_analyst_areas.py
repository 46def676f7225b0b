"""Areas and people of catchments and isochrones: right, or refused, and unknown where nobody knows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support import at, box, facilities, hamlets, layers, line, roads, villages

from geodata.errors import ConfigError
from planner.pipeline import find_gaps, travel_by

CODE = "99.01.01.2001"
# Roads of 30 km/h east to west and north to south, 200 m apart: within t minutes lies a square on its corner.
EVERY_M, ROADS = 200.0, 21


@pytest.fixture(scope="module")
def town():
    """One village of 4 by 4 km, its roads a chessboard; a puskesmas in the middle, another in a corner."""
    end = EVERY_M * (ROADS - 1)
    crossings = [EVERY_M * i for i in range(ROADS)]
    number = {(x, y): i * ROADS + j for i, x in enumerate(crossings) for j, y in enumerate(crossings)}
    pieces = [
        {"from": number[a], "to": number[b], "geometry": line(a, b)}
        for x in crossings
        for y in crossings
        for a, b in (((x, y), (x + EVERY_M, y)), ((x, y), (x, y + EVERY_M)))
        if b in number
    ]
    return layers(
        villages({CODE: (box(0, 0, end, end), 100)}),
        roads(pieces),
        facilities([("A", "puskesmas", at(end / 2, end / 2), CODE), ("B", "puskesmas", at(0, 0), CODE)]),
        hamlets([("h1", CODE, at(end / 2, end / 2 + 300), 60.0), ("h2", CODE, at(300, 0), 40.0)]),
        listed=("puskesmas",),
    )


@pytest.fixture(scope="module")
def trips(town):
    return travel_by(town, "motorcycle")


@pytest.mark.slow
def test_people_that_nobody_knows_are_unknown_in_every_table(town, trips):
    units = town.units("puskesmas")
    none = trips.catchments(town.hamlets.assign(people=np.nan), units, 10)
    assert none[["people_total", "people_own"]].isna().all(axis=None)
    assert none["places_people_unknown"].tolist() == [2, 2]
    # Who is known counts; nobody within the limit is nobody.
    some = trips.catchments(town.hamlets.assign(people=[60.0, np.nan]), units, 2)
    assert some["people_total"].tolist() == pytest.approx([60.0, np.nan], nan_ok=True)
    assert trips.catchments(town.hamlets, units, 0)["people_total"].tolist() == [0.0, 0.0]


@pytest.mark.slow
def test_catchments_and_gaps_say_the_same_of_people_that_nobody_knows(town):
    town = type(town)(**{**town.__dict__, "villages": town.villages.assign(people=np.nan)})
    gaps = find_gaps(town)
    trips = travel_by(town, gaps.scenario.standard["puskesmas"].mode)
    limit = gaps.scenario.standard["puskesmas"].limit_minutes
    mine = trips.catchments(gaps.demand, town.units("puskesmas"), limit)
    theirs = gaps.facilities()
    for column in ("people_total", "people_own"):
        assert mine[column].tolist() == pytest.approx(theirs.loc[mine.index, column].tolist(), nan_ok=True)


@pytest.mark.slow
@pytest.mark.parametrize("step_m", [12.5, 20.0, 25.0, 30.0, 60.0, 100.0, 400.0, 5000.0])
def test_a_step_gives_an_area_that_is_right_or_a_sentence(town, trips, step_m):
    unit = town.units("puskesmas").loc[["A"]]
    [true] = trips.isochrones(unit, [5])["area_km2"]
    try:
        [area] = trips.isochrones(unit, [5], step_m=step_m)["area_km2"]
    except ConfigError as error:
        most = float(str(error).split("at most ")[1].split(",")[0])
        assert most < step_m
        [area] = trips.isochrones(unit, [5], step_m=most)["area_km2"]
    assert area == pytest.approx(true, rel=0.01)


def test_a_step_of_a_hair_is_refused_before_memory_is_full(town, trips):
    unit = town.units("puskesmas").loc[["A"]]
    for step_m in (1e-9, 1e-300, 0.4):
        with pytest.raises(ConfigError, match=r"step_m=.* is too fine for the area within 5 minutes: give"):
            trips.isochrones(unit, [5], step_m=step_m)
    with pytest.raises(ConfigError, match="step_m is a length in metres above 0"):
        trips.isochrones(unit, [5], step_m=10**400)


@pytest.mark.slow
@pytest.mark.parametrize("cell_m", [None, 25.0, 50.0, 200.0, 1000.0, 2000.0, 20_000.0])
@pytest.mark.parametrize("minutes", [3, 10])
def test_cells_give_areas_that_are_right_or_a_sentence(town, trips, cell_m, minutes):
    units = town.units("puskesmas")
    true = trips.isochrones(units, [minutes])["area_km2"].to_numpy()
    try:
        found = trips.catchments(town.hamlets, units, minutes, cell_m=cell_m)
    except ConfigError as error:
        most = float(str(error).split("at most ")[1].split(",")[0])
        assert most < cell_m
        found = trips.catchments(town.hamlets, units, minutes, cell_m=most)
    assert found["area_total_km2"].to_numpy() == pytest.approx(true, rel=0.05)


@pytest.mark.slow
def test_a_neighbour_s_unit_has_no_area_and_stops_nobody(town, trips):
    away = town.units("puskesmas").loc[["A"]].set_geometry([at(-3000, 0)])
    assert trips.catchments(town.hamlets, away, 5)["area_total_km2"].tolist() == [0.0]


def test_limits_are_minutes_that_somebody_may_travel(town, trips):
    units = town.units("puskesmas")
    for minutes in (10**52, 10**400, 1e300, True, "30", math.nan, -1, 2 + 0j):
        with pytest.raises(ConfigError, match="minutes is a limit of 0 or more"):
            trips.within(town.hamlets, units, minutes)
    assert len(trips.within(town.hamlets, units, math.inf)) == 4
