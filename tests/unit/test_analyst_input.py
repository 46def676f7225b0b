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
    CloseRoad,
    Ilp,
    Study,
    check,
    default_scenario,
    facility_table,
    find_gaps,
    grade,
    read_adoption_of,
    read_scenario,
    scenario,
    totals,
    travel_by,
    under_standards,
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
    unknown = trips.catchments(places.assign(people=[np.nan, 40.0]), town.units("pustu"), 10, cell_m=25.0)
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


# Each of these ended in a KeyError, a TypeError of pandas, or was refused.
def test_a_geometry_of_another_name_texts_in_categories_and_points_of_one_are_as_ever(town):
    expected = find_gaps(town)
    table = village_table(expected)
    pd.testing.assert_frame_equal(
        village_table(find_gaps(replace(town, villages=town.villages.rename_geometry("bentuk")))), table
    )
    texts = [
        c for c in town.roads
        if c != "geometry" and not pd.api.types.is_numeric_dtype(town.roads[c].dtype)
    ]  # fmt: skip
    assert {"tags", "road_class", "season"} <= set(texts)
    in_categories = town.roads.astype(dict.fromkeys(texts, "category"))
    pd.testing.assert_frame_equal(village_table(find_gaps(replace(town, roads=in_categories))), table)
    assert check(replace(town, roads=in_categories)) == check(town)
    several = town.hamlets.set_geometry([shapely.MultiPoint([p]) for p in town.hamlets.geometry], crs=CRS)
    units = town.facilities.rename_geometry("titik").astype({"kind": "category"})
    given = replace(town, hamlets=several, facilities=units)
    pd.testing.assert_frame_equal(village_table(find_gaps(given)), table)
    pd.testing.assert_frame_equal(facility_table(find_gaps(given)), facility_table(expected))


def test_points_of_several_places_and_two_geometries_are_told(town):
    two = town.hamlets.set_geometry([shapely.MultiPoint([(0, 0), (9, 9)])] * 2, crs=CRS)
    with pytest.raises(SchemaError, match="no point"):
        find_gaps(replace(town, hamlets=two))
    both = town.villages.assign(bentuk=town.villages.geometry).set_geometry("bentuk")
    with pytest.raises(SchemaError, match="the geometry is the column bentuk, and there is another"):
        find_gaps(replace(town, villages=both))


def test_a_column_of_ones_own_may_begin_as_those_of_groups_do(town):
    noted = replace(town, villages=town.villages.assign(people_source="Dukcapil", open_days_note="-"))
    assert village_table(find_gaps(noted))["people_source"].tolist() == ["Dukcapil"]
    assert check(noted) is not None
    group = next(iter(default_scenario().groups))
    with pytest.raises(SchemaError, match=rf"villages\.people_{group} holds str, not numbers"):
        find_gaps(replace(town, villages=town.villages.assign(**{f"people_{group}": "12"})))


def test_pairs_without_a_unit_may_be_missing_values(town):
    travel = travel_by(town, "motorcycle")
    near = travel.nearest(town.hamlets, town.facilities).astype({"facility_id": "string"})
    near.loc[0, "facility_id"] = pd.NA
    found = travel.paths(town.hamlets, town.facilities, near)
    assert np.isinf(found["minutes"].iloc[0])
    assert found["minutes"].iloc[1] == near["minutes"].iloc[1]


def test_one_edit_is_no_list_of_edits():
    said = r"edits is one CloseRoad, not a list: write edits=\[CloseRoad"
    with pytest.raises(ConfigError, match=said):
        scenario(edits=CloseRoad(road="r1"))
    with pytest.raises(ConfigError, match="edits is a list"):
        scenario(edits={"op": "close_road", "road": "r1"})


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


def swapped(frame):
    """The frame with longitude and latitude changed about, as a hurried hand writes them."""
    lonlat = frame.to_crs(4326).geometry
    return frame.set_geometry(gpd.points_from_xy(lonlat.y, lonlat.x), crs=4326)


def far(frame):
    return frame.set_geometry(frame.geometry.translate(300_000, 0))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (far, r"facilities: 3 of 3 lie over 10 km outside the villages: A, B, C\. Were longitude"),
        (lambda f: f.set_crs(32750, allow_override=True), "lie over 10 km outside the villages"),
        (swapped, "facilities: 3 rows have coordinates that are no place on earth: A, B, C"),
        (lambda f: f.set_geometry([shapely.Point(np.inf, 0), at(0, 0), at(1, 0)], crs=CRS),
         "1 row has coordinates that are no place on earth: A"),
        (lambda f: f.set_geometry(f.buffer(10)), r"3 rows have a shape that is no point: A, B, C\. Give"),
    ],
)  # fmt: skip
def test_facilities_elsewhere_are_told_whatever_their_status_says(town, wrong, said):
    given = wrong(town.facilities)
    assert set(given["status"]) == {"used"}
    with pytest.raises(SchemaError, match=said):
        town.with_facilities(given)
    with pytest.raises(SchemaError, match=said):
        find_gaps(replace(town, facilities=given))


def test_one_facility_elsewhere_or_without_a_point_does_not_count_as_used(town):
    # The village ends at 2,500 m, and its buffer 10 km further on.
    moved = town.facilities.assign(geometry=[at(0, 0), at(500, 0), at(12_700, 0)])
    for area in (town.with_facilities(moved), replace(town, facilities=moved).checked()):
        assert area.facilities["status"].tolist() == ["used", "used", "outside_buffer"]
    lost = town.facilities.assign(geometry=[None, at(500, 0), at(1500, 0)])
    for area in (town.with_facilities(lost), replace(town, facilities=lost).checked()):
        row = area.facilities.loc["A"]
        assert row[["status", "located_by"]].tolist() == ["unlocated", "none"]
        # Nobody knows where it is: what it does not reach is not known, and no gap.
        assert find_gaps(area).coverage["puskesmas"].villages["status"].tolist() == ["unknown"]


def test_a_piece_of_a_country_keeps_units_from_beyond_its_buffer(town):
    given = replace(town, facilities=far(town.facilities))
    assert given.checked(places=False) is given


def test_a_moved_unit_is_in_the_village_where_it_lies():
    other = "99.01.01.2002"
    outlines = villages({CODE: (box(0, 0, 2000, 2000), 10), other: (box(2000, 0, 4000, 2000), 10)})
    units = facilities([(i, "pustu", at(1000, y), CODE) for i, y in (("A", 100), ("B", 200), ("C", 300))])
    area = layers(outlines, None, units)
    given = units.assign(geometry=[at(3000, 100), at(3000, 200), at(1000, 300)])
    # Who names the village knows it; a unit that stays keeps what is written of it.
    given.loc["B", "village_code"], given.loc["C", "village_code"] = None, other
    found = area.with_facilities(given).facilities["village_code"]
    assert found["A"] == found["C"] == other
    assert pd.isna(found["B"])
    # Through another CRS and back nothing has moved.
    again = area.with_facilities(units.assign(village_code=other).to_crs(4326)).facilities
    assert set(again["village_code"]) == {other}
    # By hand nobody can tell what was moved, and check says what does not go together.
    by_hand = replace(area, facilities=units.assign(geometry=given.geometry))
    assert [f.ids for f in check(by_hand) if f.rule == "village_elsewhere"] == [("A (1.0 km)", "B (1.0 km)")]


def test_a_unit_that_got_a_place_takes_part():
    outlines = villages({CODE: (box(0, 0, 2000, 2000), 10)})
    lost = facilities([("A", "pustu", at(0, 0), "")], status=["unlocated"], located_by=["none"])
    area = layers(outlines, None, lost.assign(geometry=[None]))
    row = area.with_facilities(lost.assign(geometry=[at(100, 100)])).facilities.loc["A"]
    assert row[["status", "located_by", "village_code"]].tolist() == ["used", "coordinates", CODE]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (far, "hamlets: 2 of 2 lie over 10 km outside the villages: h1, h2"),
        (swapped, "hamlets: 2 rows have coordinates that are no place on earth"),
        (lambda h: h.assign(geometry=[None, at(0, 0)]), "hamlets: 1 row has no point: h1"),
        (lambda h: h.assign(geometry=[shapely.Point(), at(0, 0)]), "hamlets: 1 row has no point: h1"),
    ],
)
def test_hamlets_elsewhere_are_told(town, wrong, said):
    with pytest.raises(SchemaError, match=said):
        find_gaps(replace(town, hamlets=wrong(town.hamlets)))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"maxspeed_kph": -50.0}, r"roads\.maxspeed_kph: 1 value is not above 0, or without end: e0"),
        ({"maxspeed_kph": 0.0}, "maxspeed_kph: 1 value is not above 0"),
        ({"maxspeed_kph": "50"}, r"roads\.maxspeed_kph holds no numbers"),
        ({"duration_s": -1.0}, r"roads\.duration_s: 1 value is not 0 or more"),
        ({"length_m": np.nan}, r"roads\.length_m: 1 value is not 0 or more"),
        ({"oneway": "ya"}, r"roads\.oneway: 'ya': use one of no, yes, reverse, reversible"),
        ({"season": "dry"}, r"roads\.season: 'dry': use one of all_year, dry_only"),
        ({"route": "boat"}, r"roads\.route: 'boat': use one of ferry"),
        ({"geometry": [None]}, "roads: 1 row has no line: e0"),
        ({"geometry": [line((300_000, 0), (302_000, 0))]}, "roads: 1 of 1 lie over 10 km outside"),
    ],
)
def test_roads_that_would_count_as_something_else_are_told(town, columns, said):
    wrong = replace(town, roads=town.roads.assign(**columns))
    for compute in (find_gaps, lambda one: travel_by(one, "car")):
        with pytest.raises(SchemaError, match=said):
            compute(wrong)


@pytest.mark.parametrize(
    "column", ["surface", "oneway", "season", "maxspeed_kph", "route", "duration_s", "tags", "bridge"]
)
def test_roads_without_a_column_are_told(town, column):
    with pytest.raises(SchemaError, match=f"roads: there is no column {column}"):
        find_gaps(replace(town, roads=town.roads.drop(columns=column)))


@pytest.mark.parametrize("column", ["capacity_people", "open_days_month"])
def test_numbers_of_facilities_are_numbers(town, column):
    with pytest.raises(SchemaError, match=rf"facilities\.{column}: 3 values are below 0"):
        town.with_facilities(town.facilities.assign(**{column: -5.0}))
    with pytest.raises(SchemaError, match=rf"facilities\.{column} holds str, not numbers"):
        town.with_facilities(town.facilities.assign(**{column: "1.000"}))


@pytest.mark.parametrize(
    "compute",
    [find_gaps, Study, check, grade, lambda x: travel_by(x, "car"), lambda x: read_adoption_of("a.csv", x),
     lambda x: under_standards(x, default_scenario())],
)  # fmt: skip
@pytest.mark.parametrize("given", ["work/x", None])
def test_the_name_of_a_workspace_is_no_study_area(compute, given):
    kind = type(given).__name__
    with pytest.raises(ConfigError, match=rf"layers is a {kind}, not the layers.*open_workspace"):
        compute(given)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda t, o: t.isochrones(o.facilities, 30), r"in a list, such as \[15, 30\], not 30"),
        (lambda t, o: t.isochrones(o.facilities, -1), "in a list.*not -1"),
        (lambda t, o: t.isochrones(o.facilities, np.nan), "in a list.*not nan"),
        (lambda t, o: t.isochrones(o.facilities, None), "in a list.*not None"),
        (lambda t, o: t.isochrones(o.facilities, "30"), "in a list.*not '30'"),
        (lambda t, o: t.isochrones(o.facilities, [30], step_m="x"), "step_m is a length in metres above 0"),
        (lambda t, _: t.isochrones("u.gpkg", [30]), "facilities is a str, not a GeoDataFrame"),
        (lambda t, o: t.catchments(o.hamlets, o.facilities, 30, cell_m=0), "cell_m is a length in metres"),
        (lambda t, o: t.catchments(o.hamlets, o.facilities, 30, cell_m=1e-3), "makes over 20,000,000 cells"),
        (lambda t, o: t.catchments("h.gpkg", o.facilities, 30), "places is a str, not a GeoDataFrame"),
        (lambda t, o: t.matrix("h.gpkg", o.facilities), "places is a str, not a GeoDataFrame"),
        (lambda t, o: list(t.matrix_blocks(o.hamlets, o.facilities, rows=0)), "rows is how many places"),
        (lambda _, o: o.with_facilities("faskes.csv"), "facilities is a str, not a GeoDataFrame"),
        (lambda _, o: o.with_facilities(pd.DataFrame({"kind": ["pustu"]})), "facilities is a DataFrame, not"),
        (lambda _, o: Study(o).gaps(CloseRoad(road="e0")), r"edits is one CloseRoad, not a list: write gaps"),
        (lambda _, o: Study(o).gaps({"op": "close_road"}), "edits is a list of edits.*not {'op'"),
        (lambda _, o: Study(o).gaps([{"op": "close_road"}]), "edits is a list of edits.*not {'op'"),
        (lambda _, o: Study(o).gaps("close"), "edits is a list of edits.*not 'close'"),
        (lambda _, o: Study(o).gaps(5), "edits is a list of edits.*not 5"),
    ],
)  # fmt: skip
def test_more_questions_that_make_no_sense(town, ask, said):
    with pytest.raises(InputError, match=said):
        ask(travel_by(town, "motorcycle"), town)


def test_more_neighbours_than_there_are_are_all_of_them(town):
    trips = travel_by(town, "motorcycle")
    asked = trips.nearest(town.hamlets, town.facilities, k=10**9)
    pd.testing.assert_frame_equal(asked, trips.nearest(town.hamlets, town.facilities, k=3))
