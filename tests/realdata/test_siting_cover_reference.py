"""Covering problems with published answers (../shared/reference)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.siting.cover.covering import most_people
from planner.siting.cover.fewest import fewest_units
from planner.siting.cover.instance import cover_instance

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def san_francisco(shared):
    """Distances (m) of 205 tracts from 16 stores, and the tracts' people."""
    folder = shared / "reference" / "spopt_sf"
    pairs = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    away = pairs.pivot_table(index="DestinationName", columns="name", values="distance", aggfunc="first")
    people = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv").set_index("NAME")["POP2000"]
    return away.to_numpy(), people.loc[away.index].to_numpy(dtype=float)


@pytest.fixture(scope="module")
def swain(shared):
    table = pd.read_csv(shared / "reference" / "swain" / "swain55.csv", header=None)
    xy, people = table[[1, 2]].to_numpy(dtype=float), table[3].to_numpy(dtype=float)
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)), people


def within(away, people, limit):
    place, site = np.nonzero(away <= limit)
    return cover_instance(people, place=place, site=site, sites=away.shape[1])


@pytest.mark.parametrize(("limit", "units"), [(5000, 8), (8000, 3)])
def test_fewest_stores_that_cover_san_francisco(san_francisco, limit, units):
    found = fewest_units(within(*san_francisco, limit), san_francisco[1].sum())
    assert (found.objective, found.bound, found.proof) == (units, units, "optimal")


def test_four_stores_in_san_francisco(san_francisco):
    instance = within(*san_francisco, 5000)
    found = most_people(instance, 4)
    assert (found.objective, found.proof) == (875_247, "optimal")
    assert instance.reached(found.chosen).sum() == 184


@pytest.mark.parametrize(
    ("limit", "people"), [(10, (425, 502, 548)), (15, (515, 593, 625))], ids=["R=10", "R=15"]
)
def test_swain_s_55_places(swain, limit, people):
    instance = within(*swain, limit)
    found = [most_people(instance, p) for p in (1, 2, 3)]
    assert tuple(f.objective for f in found) == people
    assert {str(f.proof) for f in found} == {"optimal"}
