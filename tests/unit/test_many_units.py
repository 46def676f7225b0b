"""A list twice as long costs twice as much, and little for each unit: counted in calls, not in time."""

from __future__ import annotations

import re
import sys
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from support import CRS

from geodata.demo import DemoSize, generate_area, write_area_files
from planner.coverage.study import Study
from planner.coverage.tables import facility_table, village_table
from planner.ilp.model import Ilp
from planner.ilp.tables import village_columns
from planner.network.convert import network_of_arrays
from planner.network.land import Ground
from planner.pipeline import build_area, check, find_gaps, write_gaps
from planner.reports import outputs
from planner.reports.maps.page import page_script
from planner.scenarios.edits import CloseRoad, OpenFacility
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.texts.catalogues import map_texts
from planner.travel import ways
from planner.travel.access import Access

FEW, MANY = 100, 700
DRY, WET = Profile("walking", "dry"), Profile("walking", "wet")


def area_of(posyandu, folder):
    """A kabupaten of 8 villages, as files; only the number of its posyandu differs."""
    return write_area_files(generate_area(1, DemoSize(8, 1, 1, 2, posyandu), defects=False), folder)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Per step and number of posyandu: how many Python functions were entered in this thread."""
    # The first of them imports and compiles what is needed.
    return {
        (step, posyandu): entered
        for posyandu in (FEW, FEW, MANY)
        for step, entered in steps(posyandu, tmp_path_factory.mktemp("area")).items()
    }


def steps(posyandu, folder):
    """The workbook is left out, as it is of a long list: it has a cell for each unit and column."""
    area, stored = area_of(posyandu, folder / "files"), folder / "work"
    build, layers = calls(build_area, area, stored)
    found, _ = calls(check, layers)
    answer, gaps = calls(find_gaps, layers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outputs, "MOST_BOOK_ROWS", 0)
        files, _ = calls(write_gaps, gaps, folder / "gaps")
    assert not (folder / "gaps" / outputs.BOOK).exists()
    return {"build": build, "check": found, "answer": answer, "files": files}


def calls(do, *arguments):
    entered = Counter()

    def note(_frame, event, _argument):
        entered[event] += event == "call"

    sys.setprofile(note)
    try:
        result = do(*arguments)
    finally:
        sys.setprofile(None)
    return entered["call"], result


@pytest.mark.slow
@pytest.mark.parametrize(("step", "most"), [("build", 150), ("check", 8), ("answer", 4), ("files", 280)])
def test_a_unit_more_is_little_work(work, step, most):
    """One dot of the PWS sheets was a row of a table: of the files' 66 calls a unit there were 580.

    Since then each unit is also a placemark of the KML and a row of the GeoPackage, some 195 calls.
    """
    # A step that goes through the list for each of its units takes hundreds.
    assert (work[step, MANY] - work[step, FEW]) / (MANY - FEW) <= most


@pytest.fixture
def joinings(monkeypatch):
    """How often so many places were joined to the roads, by number, profile, and whether for one season."""
    found = Counter()
    plain = Access.stops

    def noted(self, points, **more):
        found[len(points), self.profile, self.alone] += 1
        return plain(self, points, **more)

    monkeypatch.setattr(Access, "stops", noted)
    return found


def all_answers(study, edits=()):
    gaps = study.gaps(edits)
    return village_table(gaps).join(village_columns(Ilp(gaps))), facility_table(gaps)


@pytest.mark.slow
def test_a_long_list_is_joined_to_the_roads_once(tmp_path, joinings, monkeypatch):
    """Referral, catchments and each click in the app joined all posyandu anew."""
    layers = build_area(area_of(FEW, tmp_path / "files"), tmp_path / "work")
    place = shapely.get_coordinates(layers.villages.to_crs(4326).union_all().centroid)[0].tolist()
    closed = [CloseRoad(op="close_road", road=layers.roads.index[3])]
    new = [*closed, OpenFacility(op="open_facility", id="new", kind="posyandu", lonlat=place)]
    alone = [all_answers(Study(layers), edits) for edits in ((), closed, new)]
    monkeypatch.setattr(ways, "MANY_UNITS", FEW // 2)
    joinings.clear()
    study = Study(layers)
    kept = [all_answers(study, edits) for edits in ((), closed, new)]
    for one, other in zip(alone, kept, strict=True):
        for table, same in zip(one, other, strict=True):
            pd.testing.assert_frame_equal(table, same)
    many = {key: times for key, times in joinings.items() if key[0] in (FEW, FEW + 1)}
    assert {profile.mode for _, profile, _ in many} == {"walking"}
    # With the unit that is opened they are another list.
    assert set(many.values()) == {1}
    assert {places for places, *_ in many} == {FEW, FEW + 1}


def test_what_is_kept_joined_is_bounded(monkeypatch):
    monkeypatch.setattr(ways, "MANY_UNITS", 3)
    monkeypatch.setattr(ways, "MOST_KEPT", 10)
    some = street_ways()
    lists = [gpd.GeoSeries(shapely.points(np.arange(n) * 10.0, 5.0), crs=CRS) for n in (4, 4, 5, 3, 20, 2)]
    made = [some.units(DRY, units) for units in lists]
    assert made[1] is made[0]
    sizes = [len(stops) for _, stops in some._units]
    assert sizes == [20]  # alone it is more than may be kept; one list always is
    again = some.units(DRY, lists[0])
    assert again is not made[0]
    assert again.access_m.tolist() == made[0].access_m.tolist()
    some.units(DRY, lists[2])
    assert [len(stops) for _, stops in some._units] == [5, 4]
    # The same places in another season are another list.
    assert some.units(WET, lists[2]) is not some.units(DRY, lists[2])


def street_ways():
    street = network_of_arrays(
        np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([0], np.int32), np.array([1], np.int32),
        np.array([100.0]), np.array([100.0]), crs=CRS, mode="walking",
    )  # fmt: skip
    home = gpd.GeoDataFrame({"road_id": [0]}, geometry=[shapely.Point(200, 0)], crs=CRS)
    return ways.Ways(
        street, home, rule=default_scenario().access, ground=Ground(), edge_landmass=np.array([-1], np.int32)
    )


@pytest.mark.slow
def test_the_page_holds_no_key_for_each_unit(tmp_path):
    """Keys and words were half of a map of 100,000 units, which had 23 MB."""
    sizes = []
    for posyandu in (FEW, MANY):
        folder = tmp_path / str(posyandu)
        gaps = find_gaps(build_area(area_of(posyandu, folder / "files"), folder / "work"))
        script = page_script(gaps, map_texts("en"), lang="en", offline=True)
        ids = re.findall(r'"Y9901\d+"', script)
        assert len(ids) == posyandu
        sizes.append(len(script))
    # An id, a name, two numbers of degrees and what parts them.
    assert (sizes[1] - sizes[0]) / (MANY - FEW) < 75
