"""Many ways in one call are the ways one by one, with the minutes of the tables."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import JangkauError
from planner import AddRoad, CloseRoad, demo_layers, find_gaps, scenario, travel_by

DIRECTIONS = ("to_facility", "from_facility")


@pytest.fixture(scope="module")
def layers():
    return demo_layers(20)


@pytest.fixture(scope="module")
def places(layers):
    return find_gaps(layers).demand.iloc[::3]


@pytest.fixture(scope="module")
def units(layers):
    return layers.units("puskesmas")


@pytest.fixture(scope="module")
def trips(layers):
    return travel_by(layers, "motorcycle", season="wet")


@pytest.mark.slow
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_all_pairs_are_the_matrix_and_the_single_paths(trips, places, units, direction):
    ways = trips.paths(places, units, direction=direction)
    assert len(ways) == len(places) * len(units)
    table = trips.matrix(places, units, direction=direction)
    np.testing.assert_allclose(ways["minutes"], table.to_numpy().ravel(), atol=1e-6)
    for row in ways.sample(40, random_state=1).itertuples():
        one = trips.path(places.loc[[row.place_id]], units.loc[[row.facility_id]], direction=direction)
        if len(one) == 0:
            assert row.minutes == np.inf
            assert row.geometry is None
            continue
        assert row.minutes == pytest.approx(one["minutes"].sum(), abs=1e-7)
        assert row.length_m == pytest.approx(one["length_m"].sum(), abs=1e-6)
        # The line is the legs', from end to end.
        xy = shapely.get_coordinates(row.geometry)
        legs = np.vstack([shapely.get_coordinates(line) for line in one.geometry])
        legs = legs[np.concatenate([[True], (np.diff(legs, axis=0) != 0).any(axis=1)])]
        assert xy.tolist() == legs.tolist() or len(legs) == 1


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_lines_run_the_way_of_travel(trips, places, units, direction):
    ways = trips.paths(places, units, direction=direction).dropna(subset="geometry")
    ends = [places.geometry, units.geometry.to_crs(places.crs)]
    ids = [ways["place_id"], ways["facility_id"]]
    if direction == "from_facility":
        ends, ids = ends[::-1], ids[::-1]
    for place, which, at in zip(ends, ids, (0, -1), strict=True):
        there = shapely.get_point(ways.geometry.to_numpy(), at)
        assert shapely.distance(there, place.loc[which].to_numpy()).max() < 1e-6


def test_the_nearest_can_be_drawn_at_once(layers, places, units):
    """Without ferries an island has no way: no line, inf minutes, and its row stays."""
    cut = travel_by(
        layers.__class__(**{**vars(layers), "roads": layers.roads[layers.roads["road_class"] != "ferry"]}),
        "motorcycle",
    )
    near = cut.nearest(places, units, k=2)
    assert (near["facility_id"] == "").any()
    ways = cut.paths(places, units, near)
    assert ways.index.equals(near.index)
    assert ways["facility_id"].tolist() == near["facility_id"].tolist()
    np.testing.assert_allclose(ways["minutes"], near["minutes"], atol=1e-6)
    none = np.isinf(near["minutes"]).to_numpy()
    assert ways.geometry.isna().tolist() == none.tolist()
    assert ways["length_m"].isna().tolist() == none.tolist()
    # And every pair that was asked for and cannot be: not left out.
    every = cut.paths(places, units)
    assert np.isinf(every["minutes"]).any()
    assert len(every) == len(places) * len(units)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_pairs_in_any_order(trips, places, units, data):
    size = data.draw(st.integers(0, 12))
    rows = st.lists(st.integers(0, len(places) - 1), min_size=size, max_size=size)
    which = st.lists(st.integers(0, len(units) - 1), min_size=size, max_size=size)
    pairs = pd.DataFrame(
        {"place_id": places.index[data.draw(rows)], "facility_id": units.index[data.draw(which)]},
        index=[f"row {i}" for i in range(size)],
    )
    ways = trips.paths(places, units, pairs)
    assert isinstance(ways, gpd.GeoDataFrame)
    assert ways.crs == trips.router.network.crs
    assert ways.index.equals(pairs.index)
    table = trips.matrix(places, units)
    want = [table.loc[p, f] for p, f in pairs.itertuples(index=False)]
    np.testing.assert_allclose(ways["minutes"].to_numpy(), want, atol=1e-6)


def test_after_edits(layers, places, units):
    spot = layers.villages.geometry.representative_point().to_crs(4326)
    edits = [
        CloseRoad(road=layers.roads["way_id"].iloc[0]),
        AddRoad(line=[(p.x, p.y) for p in spot.iloc[[2, 5]]], road_class="primary"),
    ]
    changed = travel_by(layers, "motorcycle", scenario=scenario(edits=edits))
    ways = changed.paths(places, units)
    table = changed.matrix(places, units)
    np.testing.assert_allclose(ways["minutes"], table.to_numpy().ravel(), atol=1e-6)


def test_a_place_at_the_unit_is_a_way_of_no_length(trips, units):
    ways = trips.paths(units, units, pd.DataFrame({"place_id": units.index, "facility_id": units.index}))
    assert (ways["minutes"] == 0).all()
    assert ways.geometry.notna().all()
    assert (ways.length == 0).all()


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (pd.DataFrame({"place_id": []}), "place_id and facility_id"),
        ([("a", "b")], "place_id and facility_id"),
        (3, "place_id and facility_id"),
        (pd.DataFrame({"place_id": ["nobody"], "facility_id": ["P9901001"]}), "pairs.place_id: 1 .* nobody"),
        (pd.DataFrame({"place_id": [None], "facility_id": ["P9901001"]}), "pairs.place_id"),
        (pd.DataFrame({"place_id": ["99.01.01.1001/1"], "facility_id": ["X"]}), "facility_id: 1 .* X"),
    ],
)
def test_what_is_wrong_is_said(trips, places, units, pairs, said):
    with pytest.raises(JangkauError, match=said):
        trips.paths(places, units, pairs)


def test_another_direction_is_refused(trips, places, units):
    with pytest.raises(JangkauError, match="direction"):
        trips.paths(places, units, direction="there")
