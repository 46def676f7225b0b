"""Arguments of the notebook interface that make no sense: one sentence, before anything is computed."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
import shapely

import planner
from geodata.errors import ConfigError, InputError, UnknownCodeError
from planner import (
    AddBoat,
    AddRoad,
    Ask,
    ChangeFacility,
    ChangeRoad,
    ChangeSpeed,
    CloseFacility,
    CloseRoad,
    Flood,
    Floor,
    Ilp,
    MoveFacility,
    OpenFacility,
    ReopenRoad,
    Study,
    demo_layers,
    find_gaps,
)

HERE = (110.3, -7.8)
LINE = shapely.LineString([HERE, (110.31, -7.81)])


@pytest.fixture(scope="module")
def ready():
    layers = demo_layers(12)
    study = Study(layers)
    return SimpleNamespace(layers=layers, study=study, gaps=study.gaps())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: OpenFacility(id="x", kind="pustuu", lonlat=HERE), "Did you mean 'pustu'"),
        (lambda: OpenFacility(id="x", kind="puskesmas pembantu", lonlat=HERE), "Did you mean 'pustu'"),
        (lambda: OpenFacility(id="x", kind="rumah sakit", lonlat=HERE), "Did you mean 'hospital'"),
        (lambda: OpenFacility(id="x", kind="pustu", lonlat=HERE[::-1]), "were they swapped"),
        (
            lambda: OpenFacility(id="x", kind="pustu", lonlat=shapely.Point(HERE)),
            r"it is a Point.*p\.x, p\.y",
        ),
        (lambda: OpenFacility(id="x", kind="pustu", lonlat=[110]), r"lonlat\.1' is missing"),
        (lambda: OpenFacility(id="x", kind="pustu", lonlat=HERE, capacity_people=-1), "capacity_people: "),
        (lambda: OpenFacility(id="x", kind="pustu", lonlat=HERE, capacity_people=np.nan), "capacity_people"),
        (lambda: OpenFacility(id="x", kind="pustu", lonlat=HERE, cap=1), "unknown key 'cap'"),
        (lambda: OpenFacility(id=1, kind="pustu", lonlat=HERE), "id: "),
        (lambda: OpenFacility(kind="pustu", lonlat=HERE), "'id' is missing"),
        (lambda: OpenFacility("x", "pustu", HERE), r"by name: OpenFacility\(id=…, kind=…, lonlat=…"),
        (CloseRoad, "'road' is missing"),
        (lambda: CloseRoad("w1"), r"by name: CloseRoad\(road=…\)"),
        (lambda: ReopenRoad(way="w1"), "unknown key 'way'"),
        (lambda: ChangeRoad(road="w1"), "name what changes"),
        (lambda: ChangeRoad(road="w1", roadclass="x"), "Did you mean 'road_class'"),
        (lambda: ChangeRoad(road="w1", road_class="teritary"), "'teritary' is not a road class"),
        (lambda: AddRoad(line=LINE), r"it is a LineString.*list\(p\.coords\)"),
        (lambda: AddBoat(line=[HERE]), "give at least 2"),
        (lambda: ChangeSpeed(mode="car", factor=-1), "factor: "),
        (lambda: Flood(polygon=LINE.buffer(0.1)), r"it is a Polygon.*exterior"),
        (lambda: CloseFacility(id=None), "id: "),
        (lambda: MoveFacility(id="x", lonlat="110,-7"), "lonlat: "),
        (lambda: ChangeFacility(id="x"), "name what changes"),
    ],
)
def test_edits_that_are_none(make, said):
    with pytest.raises(ConfigError, match=re.compile(said, re.DOTALL)) as caught:
        make()
    assert "pydantic" not in str(caught.value)


def test_edits_of_a_frame_s_coordinates():
    assert OpenFacility(id="x", kind="pustu", lonlat=np.array(HERE)).lonlat == HERE
    assert AddRoad(line=list(LINE.coords)).line == tuple(LINE.coords)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        *(({"units": x}, "units is a whole number of 1 or more, not ") for x in
          ("x", "5", np.nan, np.inf, [1], True, 2.5, 0)),
        *(({"target": x}, "target is a share above 0 and up to 1, not ") for x in ("0.9", True, np.nan, 90)),
        *(({"budget_idr": x}, "budget_idr is a number of rupiah above 0, not ") for x in ("1e9", np.inf)),
        ({"units": 1, "min_distance_m": "x"}, "min_distance_m is a number of metres"),
        ({"units": 1, "gradual_minutes": "60"}, "gradual_minutes is a number of minutes"),
        ({"units": 1, "time_limit_s": "x"}, "time_limit_s is a number of seconds"),
        ({"units": 1, "backup": "2"}, "backup is how many units"),
        ({"units": 1, "seed": "x"}, "seed is a whole number"),
        ({"units": 1, "forced": 5}, "forced is a list of candidate_id"),
        ({"units": 1, "forbidden": "c1"}, "forbidden is a list of candidate_id"),
        ({"units": 1, "floors": 5}, "floors is a list of Floor"),
        ({"units": 1, "floors": {"district": 0.5}}, "floors is a list of Floor"),
        ({"units": 1, "floors": [("district", 0.5)]}, "floors is a list of Floor"),
        ({"units": 1, "seasons": "dry"}, r"seasons are dry, wet or both, as in \['dry'\], not 'dry'"),
        ({"units": 1, "one_per_village": "ya"}, "one_per_village is true or false, not 'ya'"),
        ({"units": 1, "capacity": "ya"}, "capacity is true or false"),
        ({"units": 1, "least": "uang"}, "least is units or money"),
        ({"units": 1, "objective": ["people"]}, "objective is one of people"),
    ],
)  # fmt: skip
def test_asks_that_make_no_sense(values, said):
    with pytest.raises(ConfigError, match=said):
        Ask(**values)


@pytest.mark.parametrize(
    ("of", "share", "said"),
    [("distric", 0.5, "Did you mean 'district'"), ("district", "0.5", "a share above 0"),
     (5, 0.5, "a floor is of"), ("district", True, "a share above 0"), ("district", 50, "a share above 0")],
)  # fmt: skip
def test_floors_that_make_no_sense(of, share, said):
    with pytest.raises(ConfigError, match=said):
        Floor(of, share)


def test_an_ask_takes_numbers_of_numpy_and_lists():
    ask = Ask(units=np.int64(3), floors=[Floor("ibu_hamil", np.float64(0.5))], seasons=["dry"], forced=["c1"])
    assert (type(ask.units), ask.seasons, ask.forced) == (int, ("dry",), ("c1",))
    assert isinstance(hash(ask), int)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda r: planner.site(r.layers, "pustu", Ask(units=1)), "study is a Layers, not a Study"),
        (lambda r: planner.site(r.gaps, "pustu", Ask(units=1)), "study is a Gaps, not a Study"),
        (lambda _: planner.site("work", "pustu", Ask(units=1)), "study is a str, not a Study"),
        (lambda r: planner.site(r.study, "pustu", 5), "ask is a int, not what is asked"),
        (lambda r: planner.site(r.study, "pustu", {}), "ask is a dict, not what is asked"),
        (lambda r: planner.site(r.study, "pustuu", Ask(units=1)), "Did you mean 'pustu'"),
        (lambda r: planner.site(r.study, ["pustu"], Ask(units=1)), "is not a facility kind"),
        (lambda r: planner.site(r.study, "pustu", Ask(units=1), measures=5), "measures is a int, not"),
        (lambda r: planner.rollout(r.study, 5), "plan is a int, not what read_plan"),
        (lambda r: planner.robustness(r.study, "pustu"), "plan is a str, not a plan"),
        (lambda r: planner.site_with_roads(r.study, "pustu", Ask(units=1), measures=None), "measures is a"),
        (lambda r: planner.changes(r.layers, r.gaps), "before is a Layers, not an answer"),
        (lambda r: planner.totals(r.gaps, "x"), "after is a str, not an answer"),
        (lambda r: planner.summary(r.layers), "gaps is a Layers, not an answer"),
        (lambda r: planner.village_table(r.study), "gaps is a Study, not an answer"),
        (lambda _: planner.facility_table(None), "gaps is a NoneType, not an answer"),
        (lambda r: planner.write_gaps(r.layers, "out"), "gaps is a Layers, not an answer"),
        (lambda r: planner.write_gaps(r.gaps, None), "out is the path of a file or folder.*not None"),
        (lambda r: planner.write_maps(r.layers, "out"), "gaps is a Layers, not an answer"),
        (lambda r: planner.write_siting(r.gaps, "out"), "plan is a Gaps, not a plan"),
        (lambda r: planner.write_rollout(r.gaps, "out"), "plan is a Gaps, not a plan"),
        (lambda r: planner.write_robustness(r.gaps, "out"), "found is a Gaps, not what robustness"),
        (lambda r: planner.status_map(r.gaps, "pustuu"), "Did you mean 'pustu'"),
        (lambda r: Ilp(r.layers), "gaps is a Layers, not an answer"),
        (lambda _: Ilp(None), "gaps is a NoneType, not an answer"),
        (lambda r: Ilp(r.gaps, adoption="x"), "adoption is a list, as read_adoption_of"),
        (lambda r: r.gaps.ilp.with_adoption([5]), "adoption is a list"),
        *((lambda r, name=name: getattr(r.gaps.ilp, name)("pustuu"), "Did you mean 'pustu'")
          for name in ("catchments", "times_within", "allocation", "rule")),
        (lambda r: r.gaps.on_foot("pustuu"), "Did you mean 'pustu'"),
        (lambda r: r.gaps.plot(["pustu"]), "is not a kind of the standard"),
        (lambda r: r.gaps.plot("pustu", ax=5), "ax is an axes"),
        (lambda r: r.gaps.plot("pustu", lang="fr"), "^lang 'fr': choose one of id, en"),
        (lambda r: r.gaps.explore("pustu", tiles="xx"), "tiles is a background map"),
        (lambda r: r.gaps.to_gpkg(None), "path is the path of a file"),
        (lambda r: r.gaps.to_kml("x.kml", kind=["pustu"]), "is not a kind of the standard"),
        (lambda r: planner.check(r.layers, scenario="wet"), "scenario is a str"),
        (lambda r: planner.grade(r.layers, scenario=5), "scenario is a int"),
        (lambda r: planner.under_standards(r.layers, planner.default_scenario(), ["ilp"]), "a Standard: "),
        (lambda r: planner.under_standards(r.layers, planner.default_scenario(), "ilp"), "a Standard: "),
        (lambda r: r.study.under("wet"), "scenario is a str"),
        (lambda r: r.study.router("car"), "profile is one of Profile"),
        (lambda r: Study(r.layers, modes="car"), r"modes is a list of modes of travel, such as \['car'\]"),
        (lambda r: Study(r.layers, modes=5), "modes is a list"),
        (lambda r: Study(r.layers, modes=[5]), "no mode of travel 5"),
        (lambda r: planner.travel_by(r.layers, ["motorcycle"]), "mode: .* is not known"),
        (lambda r: planner.travel_by(r.layers, "motor"), "Did you mean 'motorcycle'"),
        (lambda r: planner.travel_by(r.layers, "car", season="hujan"), "season: 'hujan' is not known"),
        (lambda r: planner.as_if_none(r.layers, "pustuu"), "Did you mean 'pustu'"),
        (lambda _: planner.as_if_none("work", "pustu"), "layers is a str"),
        (lambda r: r.layers.units("pustuu"), "Did you mean 'pustu'"),
        (lambda r: r.layers.units(["pustu"]), "there is no list of .'pustu'. in this area"),
    ],
)  # fmt: skip
def test_calls_with_what_is_something_else(ready, ask, said):
    with pytest.raises(InputError, match=said):
        ask(ready)


@pytest.mark.parametrize("path", [None, 5, b"x", "", "a\0b"])
def test_paths_that_are_none(path):
    for read in (
        planner.open_workspace, planner.read_scenario, planner.read_measures, planner.read_plan,
        planner.read_site_plan, planner.read_uncertainty, planner.draft_area,
        lambda one: planner.build_area(one, "out"), lambda one: planner.build_area("AREA.yml", one),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match="is the path of a file or folder, as text, not "):
            read(path)


def test_words_and_folders_of_the_builders(tmp_path):
    with pytest.raises(ConfigError, match=r"fix: 'alles' is not known\. Did you mean 'all'"):
        planner.build_area("AREA.yml", tmp_path / "out", fix="alles")
    with pytest.raises(InputError, match=r"the folder .* is not there"):
        planner.draft_area(tmp_path / "nope")


@pytest.mark.parametrize("villages", [0, -1, 5, "12", 12.5, None, 10**9])
def test_a_demo_has_villages(villages):
    with pytest.raises(ConfigError, match="villages is how many villages there are: a whole number from 12"):
        demo_layers(villages)


@pytest.mark.parametrize("seed", ["x", -1, 1.5, 2**40])
def test_a_demo_has_a_seed(seed):
    with pytest.raises(ConfigError, match="seed is which kabupaten is made up: a whole number from 0"):
        demo_layers(12, seed=seed)


def test_an_unknown_kind_is_an_unknown_code():
    with pytest.raises(UnknownCodeError):
        find_gaps(demo_layers(12)).on_foot("warung")
