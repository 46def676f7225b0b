"""What an analyst hands over in a notebook: brought into shape or refused, never computed wrongly."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from support import CRS, at, box, facilities, hamlets, layers, line, roads, villages

from geodata.errors import ConfigError, InputError, MissingCrsError, SchemaError, UnknownCodeError
from planner.pipeline import (
    Ilp,
    Study,
    default_scenario,
    facility_table,
    find_gaps,
    read_scenario,
    totals,
    travel_by,
    village_table,
)

CODE = "99.01.01.2001"


@pytest.fixture(scope="module")
def town():
    """One village of 100 people on two kilometres of road, a puskesmas at its end, a pustu that is closed."""
    return layers(
        villages({CODE: (box(-500, -500, 2500, 500), 100)}),
        roads([{"from": 0, "to": 1, "geometry": line((0, 0), (2000, 0))}]),
        facilities(
            [("A", "puskesmas", at(0, 0), CODE), ("B", "pustu", at(500, 0), CODE),
             ("C", "pustu", at(1500, 0), CODE)],
            functioning=["unknown", "no", "yes"],
        ),
        hamlets([("h1", CODE, at(1000, 0), 60.0), ("h2", CODE, at(2000, 0), 40.0)]),
        listed=("puskesmas", "pustu"),
    )  # fmt: skip


@pytest.mark.slow
def test_facilities_in_another_crs_are_put_into_the_area_s(town):
    lonlat = town.facilities.to_crs(4326)
    there = find_gaps(town.with_facilities(lonlat))
    pd.testing.assert_frame_equal(village_table(there), village_table(find_gaps(town)))
    # Also where the layers were put together by hand.
    by_hand = find_gaps(replace(town, facilities=lonlat))
    assert by_hand.coverage["puskesmas"].villages["people_reached"].tolist() == [100.0]


def test_points_and_a_kind_are_enough(town):
    frame = gpd.GeoDataFrame({"kind": ["posyandu"]}, geometry=[at(1000, 10)], crs=CRS, index=["X"])
    more = town.with_facilities(frame)
    assert more.area.listed_kinds == ("puskesmas", "pustu", "posyandu")
    row = more.facilities.loc["X"]
    assert row[["village_code", "functioning", "status", "located_by"]].tolist() == [
        CODE, "unknown", "used", "coordinates"]  # fmt: skip
    assert find_gaps(more).coverage["posyandu"].villages["present"].tolist() == ["yes"]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("kind", "Pustu", "Did you mean 'pustu'"),
        ("kind", "warung", "a kind that is not known: 'warung'"),
        ("functioning", "ya", "use one of yes, no, unknown"),
        ("status", "ok", "use one of used"),
    ],
)
def test_words_of_facilities_that_nobody_knows(town, column, value, said):
    wrong = town.facilities.assign(**{column: value})
    with pytest.raises(SchemaError, match=said):
        town.with_facilities(wrong)
    for compute in (find_gaps, Study, lambda one: travel_by(one, "motorcycle")):
        with pytest.raises(SchemaError, match=said):
            compute(replace(town, facilities=wrong))


@pytest.mark.parametrize("value", [-100.0, np.inf])
def test_people_below_zero_or_without_end(town, value):
    with pytest.raises(SchemaError, match=r"villages\.people: 1 values are below 0 or without end: 99\.01"):
        find_gaps(replace(town, villages=town.villages.assign(people=value)))
    with pytest.raises(SchemaError, match=r"hamlets\.people"):
        find_gaps(replace(town, hamlets=town.hamlets.assign(people=value)))


def test_ids_that_are_doubled_or_empty(town):
    twice = town.facilities.set_axis(["A", "A", "C"], axis=0)
    with pytest.raises(SchemaError, match="1 id occurs more than once: A"):
        town.with_facilities(twice)
    with pytest.raises(SchemaError, match=r"1 row has no id \(rows 2\)"):
        town.with_facilities(town.facilities.set_axis(["A", "", "C"], axis=0))
    trips = travel_by(town, "motorcycle")
    with pytest.raises(SchemaError, match="places: 1 id occurs more than once: h1"):
        trips.nearest(town.hamlets.set_axis(["h1", "h1"], axis=0), town.facilities)
    with pytest.raises(SchemaError, match="facilities: 1 row has no id"):
        trips.matrix(town.hamlets, town.facilities.set_axis(["A", None, "C"], axis=0))


def test_people_of_catchments_are_numbers(town):
    trips = travel_by(town, "motorcycle")
    places = town.hamlets
    with pytest.raises(SchemaError, match=r"not numbers: '11\.942' may be eleven or eleven thousand"):
        trips.catchments(places.assign(people=["11.942", "5"]), town.facilities, 10)
    with pytest.raises(SchemaError, match="below 0"):
        trips.catchments(places.assign(people=[-5.0, 1.0]), town.facilities, 10)
    unknown = trips.catchments(places.assign(people=[np.nan, 40.0]), town.units("pustu"), 10, cell_m=200.0)
    assert unknown["places_people_unknown"].tolist() == [1]


def test_places_elsewhere_are_no_places_without_a_road(town):
    trips = travel_by(town, "motorcycle")
    swapped = town.hamlets.to_crs(4326)
    swapped = swapped.set_geometry(gpd.points_from_xy(swapped.geometry.y, swapped.geometry.x), crs=4326)
    endless = town.hamlets.set_geometry([shapely.Point(np.inf, 0), at(0, 0)], crs=CRS)
    for places in (swapped, endless):
        with pytest.raises(SchemaError, match=r"outside the study area: h1.*swapped"):
            trips.nearest(places, town.facilities)
    # A neighbour's unit within the buffer is none of these.
    beside = gpd.GeoDataFrame(geometry=[at(9000, 0)], index=["X"], crs=CRS)
    assert trips.nearest(town.hamlets, beside)["minutes"].tolist() == [np.inf, np.inf]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda t, o: t.nearest(o.hamlets, o.facilities, k=2.5), "k is how many"),
        (lambda t, o: t.nearest(o.hamlets, o.facilities, k=True), "k is how many"),
        (lambda t, o: t.within(o.hamlets, o.facilities, "30"), "minutes is a limit of 0 or more"),
        (lambda t, o: t.within(o.hamlets, o.facilities, np.nan), "minutes is a limit"),
        (lambda t, o: t.isochrones(o.facilities, ["30"]), "minutes is a limit"),
        (lambda t, o: t.nearest(pd.DataFrame({"lon": [1.0]}), o.facilities), "not a GeoDataFrame of points"),
        (lambda t, o: t.nearest(None, o.facilities), "the study area has no such layer"),
        (lambda t, o: t.nearest(o.hamlets.set_crs(None, allow_override=True), o.facilities), "no CRS"),
        (lambda t, o: t.nearest(o.hamlets, o.facilities.assign(geometry=[None, at(0, 0), at(1, 0)])),
         "1 row has no point: A"),
    ],
)  # fmt: skip
def test_questions_that_make_no_sense_are_told_so(town, ask, said):
    with pytest.raises(InputError, match=said):
        ask(travel_by(town, "motorcycle"), town)


def test_layers_without_a_crs(town):
    with pytest.raises(MissingCrsError, match=r"facilities have no CRS: set it with \.set_crs"):
        town.with_facilities(town.facilities.set_crs(None, allow_override=True))


def test_a_scenario_changed_by_hand_is_checked(town):
    wrong = default_scenario().model_copy(update={"season": "wett"})
    for compute in (lambda s: find_gaps(town, scenario=s), lambda s: travel_by(town, "car", scenario=s)):
        with pytest.raises(ConfigError, match="the scenario is not valid: season"):
            compute(wrong)
    with pytest.raises(ConfigError, match="scenario is a dict"):
        find_gaps(town, scenario={"season": "wet"})


def test_a_path_may_be_text(tmp_path):
    path = tmp_path / "s.yml"
    path.write_text("name: hujan\nseason: wet\n", "utf-8")
    assert read_scenario(str(path)).season == "wet"


def test_units_are_those_that_serve(town):
    assert town.units("pustu").index.tolist() == ["C"]
    assert town.units("pustu", functioning=False).index.tolist() == ["B", "C"]
    with pytest.raises(UnknownCodeError, match=r"no list of 'hospital'.*puskesmas, pustu"):
        town.units("hospital")


def test_gaps_of_a_kind_without_a_list_are_unknown(town):
    gaps = find_gaps(town)
    table = totals(gaps, gaps).set_index(["kind", "season"])
    assert np.isnan(table.loc[("hospital", "dry"), "villages_gap_before"])
    assert table.loc[("hospital", "dry"), "villages_unknown_after"] == 1
    assert table.loc[("puskesmas", "dry"), ["villages_gap_before", "villages_unknown_before"]].tolist() == [
        0,
        0,
    ]


def test_the_facility_table_has_the_names_of_methods(town):
    table = facility_table(find_gaps(town))
    assert table.loc["A", ["people_total", "people_own", "people_nearest"]].tolist() == [100.0] * 3
    # Closed: nobody is given to it, and that is not 0 people of a unit that works.
    assert table.loc["B", ["people_total", "people_own"]].isna().all()


def packed(thing):
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own bytes


@pytest.mark.slow
@pytest.mark.parametrize("again", [packed, copy.deepcopy])
def test_what_goes_to_worker_processes_can_be_packed(town, again):
    study = Study(town)
    gaps = study.gaps()
    trips = travel_by(town, "motorcycle")
    ilp = Ilp(gaps)
    pd.testing.assert_frame_equal(village_table(again(study).gaps()), village_table(gaps))
    pd.testing.assert_frame_equal(village_table(again(gaps)), village_table(gaps))
    pd.testing.assert_frame_equal(again(ilp).answers["pustu"], ilp.answers["pustu"])
    pd.testing.assert_frame_equal(
        again(trips).nearest(town.hamlets, town.units("pustu")),
        trips.nearest(town.hamlets, town.units("pustu")),
    )


@pytest.mark.parametrize("ask", ["nearest", "within", "matrix", "path", "isochrones", "catchments"])
def test_a_direction_that_is_none_is_told(town, ask):
    trips = travel_by(town, "motorcycle")
    place, unit = town.hamlets.iloc[[0]], town.units("puskesmas").iloc[[0]]
    more = {"within": {"minutes": 30}, "isochrones": {"minutes": [30]}, "catchments": {"minutes": 30}}.get(
        ask, {}
    )
    given = (unit,) if ask == "isochrones" else (place, unit)
    with pytest.raises(ConfigError, match="direction is one of to_facility, from_facility, not 'there'"):
        getattr(trips, ask)(*given, direction="there", **more)
