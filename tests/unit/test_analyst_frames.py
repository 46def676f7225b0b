"""The analyst's frames are the files of the command line, cell by cell."""

from __future__ import annotations

import csv
import io
import math
import pickle
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

from geodata.files.csvtext import unguarded
from geodata.vocabulary.statuses import VillageStatus
from planner import CloseFacility, Gaps, Ilp, Study, demo_layers, find_gaps, site, under_standards, write_gaps
from planner.pipeline import Ask, default_scenario


@pytest.fixture(scope="module")
def answer():
    """The demo with a unit that has no place, a name that is a formula, and a village cut off."""
    layers = demo_layers(14)
    units = layers.facilities.copy()
    units.loc[units.index[3], "geometry"] = None
    units.loc[units.index[3], "status"] = "unlocated"
    units.loc[units.index[4], "name"] = "=1+1"
    units.loc[units.index[5], "name"] = "a\rb"
    return find_gaps(replace(layers, facilities=units))


@pytest.fixture(scope="module")
def folder(answer, tmp_path_factory):
    out = tmp_path_factory.mktemp("gaps") / "out"
    write_gaps(answer, out)
    return out


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(io.StringIO(file.read(), newline="")))


def as_written(value):
    """A cell of a frame as the text that stands for it, by rules of our own."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value


@pytest.mark.slow
@pytest.mark.parametrize("name", ["villages", "facilities"])
def test_every_cell_of_the_file_is_the_frames(answer, folder, name):
    frame = getattr(answer, name)()
    head, *rows = rows_of(folder / f"{name}.csv")
    assert head == [frame.index.name, *frame.columns.drop("geometry")]
    assert len(rows) == len(frame) > 0
    cells = 0
    for row, (index, values) in zip(rows, frame.drop(columns="geometry").iterrows(), strict=True):
        assert unguarded(row[0]) == index
        for text, value in zip(row[1:], values.tolist(), strict=True):
            want = as_written(value)
            if isinstance(want, (float, int)) and not isinstance(want, bool):
                assert float(text) == want
            else:
                assert unguarded(text) == str(want)
            cells += 1
    assert cells == len(frame) * (len(frame.columns) - 1)


def test_loads_scores_and_equity_are_in_the_files(answer, folder):
    villages = pd.read_csv(folder / "villages.csv", index_col="village_code")
    for column in answer.scores():
        pd.testing.assert_series_equal(answer.scores()[column], villages[column], check_index_type=False)
    units = pd.read_csv(folder / "facilities.csv", index_col="facility_id")
    loads = answer.loads()
    loads = loads[~loads.index.duplicated()]
    for ours, theirs in (("load", "load"), ("capacity_people", "capacity_used_people")):
        pd.testing.assert_series_equal(
            loads[ours], units[theirs].reindex(loads.index), check_names=False, check_index_type=False
        )
    equity = pd.read_csv(folder / "equity.csv", dtype={"group": str})
    pd.testing.assert_frame_equal(equity, answer.equity(), check_dtype=False)


def test_shapes_are_those_of_the_layers_in_degrees(answer, folder):
    villages, units = answer.villages(), answer.facilities()
    assert villages.crs.to_epsg() == units.crs.to_epsg() == 4326
    back = villages.geometry.to_crs(answer.layers.villages.crs)
    assert back.hausdorff_distance(answer.layers.villages.geometry).max() < 0.01
    nowhere = units.geometry.isna() | units.geometry.is_empty
    assert units.index[nowhere].tolist() == [answer.layers.facilities.index[3]]
    located = units[~nowhere]
    assert (located.geometry.x == located["lon"]).all()
    assert (located.geometry.y == located["lat"]).all()
    assert_geodataframe_equal(gpd.read_parquet(folder / "villages.parquet"), villages)


def test_kecamatan_add_up_to_the_villages(answer):
    districts, villages = answer.districts(), answer.villages()
    assert districts["villages"].sum() == len(villages)
    assert districts["people"].sum() == villages["people"].sum()
    for kind in answer.coverage:
        counts = villages[f"{kind}_status"].value_counts()
        for status in VillageStatus:
            assert districts[f"{kind}_villages_{status.value}"].sum() == counts.get(status.value, 0)
        by = [f"{kind}_villages_{status.value}" for status in VillageStatus]
        assert (districts[by].sum(axis=1) == districts["villages"]).all()
    area_m2 = answer.layers.villages.geometry.union_all().area
    assert districts.to_crs(answer.layers.villages.crs).area.sum() == pytest.approx(area_m2, rel=0.01)


@pytest.mark.slow
def test_every_public_way_to_an_answer_has_the_frames():
    study = Study(demo_layers(12))
    other = study.under(default_scenario().model_copy(update={"season": "wet"}))
    plan = site(study, "posyandu", Ask(units=1))
    closed = study.gaps([CloseFacility(id="P9901002")])
    answers = [study.gaps(), closed, other.gaps(), plan.after, *under_standards(study.layers, study.scenario)]
    assert all(type(one) is Gaps for one in answers)
    assert closed.facilities().loc["P9901002", "functioning"] == "no"
    assert len(plan.after.facilities()) == len(study.gaps().facilities()) + 1


@pytest.mark.slow
def test_frames_are_the_callers_own(answer):
    for name in ("villages", "facilities", "districts", "equity", "scores", "loads"):
        first = getattr(answer, name)()
        first.iloc[:, 0] = first.iloc[0, 0]
        first["mine"] = 1
        assert "mine" not in getattr(answer, name)().columns


@pytest.mark.slow
def test_an_answer_asked_for_frames_can_be_pickled(answer):
    answer.villages()
    again = pickle.loads(pickle.dumps(answer))  # noqa: S301 - our own
    assert_geodataframe_equal(again.villages(), answer.villages())
    assert isinstance(again.ilp, Ilp)


@pytest.mark.slow
def test_no_list_no_roads():
    """An area with villages alone still has its frames: all of it unknown."""
    layers = demo_layers(12)
    bare = replace(
        layers, facilities=layers.facilities.iloc[:0], roads=None, hamlets=None,
        area=replace(layers.area, listed_kinds=()),
    )  # fmt: skip
    gaps = find_gaps(bare)
    assert set(gaps.villages()["pustu_status"]) == {"unknown"}
    assert len(gaps.facilities()) == 0
    assert gaps.districts()["pustu_villages_unknown"].tolist() == [12]
