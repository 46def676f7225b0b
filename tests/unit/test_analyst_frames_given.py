"""Frames of odd makes that an analyst hands over: one sentence, no error from deep inside."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geodata.errors import InputError
from planner.pipeline import demo_layers, find_gaps, travel_by


@pytest.fixture(scope="module")
def layers():
    return demo_layers(12)


def changed(layers, **frames):
    return find_gaps(replace(layers, **frames))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda o: {"roads": o.roads.assign(road_class="Residential")}, "Did you mean 'residential'"),
        (lambda o: {"roads": o.roads.assign(road_class="living street")}, "Did you mean 'living_street'"),
        (lambda o: {"roads": o.roads.assign(road_class=np.nan)}, "rows have no road_class"),
        (lambda o: {"roads": o.roads.assign(surface=5)}, "rows have a surface that is no text"),
        (lambda o: {"facilities": o.facilities.assign(village_code="x")}, "a village_code that is none of"),
        (lambda o: {"facilities": o.facilities.assign(village_code=9901012001.0)}, "a village_code that is"),
        (lambda o: {"facilities": o.facilities.assign(kind="puskesmas pembantu")}, "Did you mean 'pustu'"),
        (lambda o: {"facilities": pd.concat([o.facilities, o.facilities[["kind"]]], axis=1)},
         "1 column is there more than once: kind"),
        (lambda o: {"facilities": o.facilities.set_index("name", append=True)}, "levels .facility_id, name"),
        (lambda _: {"villages": None}, "villages is None"),
        (lambda o: {"villages": o.villages.set_axis(range(12)), "hamlets": None}, "villages' codes, as text"),
        (lambda o: {"villages": gpd.GeoDataFrame(pd.DataFrame(o.villages.drop(columns="geometry")))},
         "villages have no geometry"),
        (lambda o: {"villages": o.villages.assign(people=True)}, "holds bool, not numbers. Turn .*astype"),
        (lambda o: {"villages": o.villages.assign(people=Decimal(5))}, "holds Decimal, not numbers. Turn"),
        (lambda o: {"villages": o.villages.assign(people=o.villages["people"].astype("category"))},
         "holds categories, not numbers. Turn"),
        (lambda o: {"villages": o.villages.assign(people=o.villages["people"].astype(complex))},
         "holds complex"),
        (lambda o: {"villages": o.villages.assign(people="11.942")}, "eleven or eleven thousand"),
    ],
)  # fmt: skip
def test_layers_of_odd_makes(layers, change, said):
    with pytest.raises(InputError, match=said):
        changed(layers, **change(layers))


@pytest.mark.slow
def test_places_of_odd_makes(layers):
    trips = travel_by(layers, "motorcycle")
    units = layers.units("puskesmas")
    places = layers.hamlets
    for odd, said in (
        (places.set_index("village_code", append=True), "several levels"),
        (pd.concat([places, places[["people"]]], axis=1), "more than once: people"),
        (gpd.GeoDataFrame({"a": [1]}), "places have no geometry"),
    ):
        with pytest.raises(InputError, match=said):
            trips.nearest(odd, units)
    with pytest.raises(InputError, match="several levels"):
        layers.with_facilities(layers.facilities.set_index("name", append=True))


def test_classes_of_roads_that_are_closed_to_all_stay(layers):
    roads = layers.roads.copy()
    roads.iloc[0, roads.columns.get_loc("road_class")] = "construction"
    assert replace(layers, roads=roads).checked().roads is roads
