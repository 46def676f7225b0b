"""A plan in uncertain times, from a study area to its files; the engine with other speeds finds each draw."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geodata.errors import ConfigError, UnprovenError
from planner.cli import main
from planner.kernels.lists import Lists
from planner.pipeline import Ask, Floor, Study, read_uncertainty, robustness, site, write_robustness
from planner.siting.robustness_tables import village_draws
from planner.siting.uncertainty import Uncertainty, default_uncertainty, drawn


@pytest.fixture(scope="module")
def study(demo_layers):
    return Study(demo_layers)


@pytest.fixture(scope="module")
def found(study):
    return robustness(study, site(study, "pustu", Ask(units=3)), draws=12, seed=5)


def quicker(study, factor):
    """The same area where every trip takes 1 / factor of its time: roads, walks, ferries and waits."""
    content = study.scenario.model_dump(by_alias=True)
    content["access"]["speed_kph"] *= factor
    content["ferry"]["speed_kph"] *= factor
    content["ferry"]["waiting_minutes"] /= factor
    for mode in content["modes"].values():
        for table in ("speeds_kph", "granted_speeds_kph", "smoothness_max_kph", "tracktype_max_kph"):
            mode[table] = {name: kph * factor for name, kph in mode[table].items()}
        if mode["granted_kph"] is not None:
            mode["granted_kph"] *= factor
    roads = study.layers.roads.copy()
    roads["maxspeed_kph"] *= factor
    roads["duration_s"] /= factor
    return Study(replace(study.layers, roads=roads), scenario=type(study.scenario).model_validate(content))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pustu", "posyandu"])
def test_the_engine_with_other_speeds_finds_each_draw(study, found, kind):
    """Three draws, both seasons among them: every point, and every village's status and share."""
    if kind != "pustu":
        found = robustness(study, site(study, kind, Ask(units=3)), draws=12, seed=5)
    plan, wet = found.nominal, found.draws.wet
    share, served = village_draws(plan, found.instance, plan.solution.chosen)
    for d in (int(np.argmin(found.draws.speed)), int(np.flatnonzero(wet)[0]), int(np.flatnonzero(~wet)[0])):
        gaps = quicker(study, float(found.draws.speed[d])).gaps(plan.scenario.edits)
        one = gaps.seasons["wet" if wet[d] else "dry"][kind]
        assert np.array_equal(one.within, found.instance.reached(plan.solution.chosen, d + 1))
        assert ((one.villages["status"] == "served").to_numpy() == served[d + 1]).all()
        assert np.allclose(one.villages["share_reached"], share[d + 1], atol=1e-9)


def test_without_doubts_the_plan_is_what_site_says(found):
    plan = found.nominal
    total = plan.before.demand["people"][plan.reach.already].sum() + plan.solution.objective
    assert found.plans.loc["nominal", "people_nominal"] == pytest.approx(total, rel=1e-12)
    _, served = village_draws(plan, found.instance, plan.solution.chosen)
    assert (served[0] == (plan.after.coverage["pustu"].villages["status"] == "served")).all()


def test_each_plan_is_best_in_its_own(found):
    plans = found.plans
    assert (plans["people_mean"] <= plans.loc["expected", "people_mean"] + 1e-6).all()
    assert (plans["people_worst"] <= plans.loc["worst_case", "people_worst"] + 1e-6).all()
    assert plans.loc["expected", "bound"] >= plans.loc["expected", "people_mean"]
    assert plans.loc["worst_case", "bound"] >= plans.loc["worst_case", "people_worst"]
    # Here speeds decide: the robust plans are others than the plan for what is taken to be known.
    assert plans.loc["worst_case", "people_worst"] > plans.loc["nominal", "people_worst"] + 1000
    names = ["today", "nominal", "expected", "worst_case"]
    assert (found.table[names].max(axis=1) <= found.table["alone_bound"] + 1e-6).all()
    assert (found.table["alone"] <= found.table["alone_bound"] + 1e-6).all()


def test_tables_agree_with_each_other(found):
    table, plans = found.table, found.plans
    for name in plans.index:
        assert plans.loc[name, "people_mean"] == pytest.approx(table[name].mean())
        assert plans.loc[name, "people_worst"] == table[name].min()
    often = sum(np.isin(np.arange(len(found.nominal.candidates)), s.chosen) for s in found.alone) / 12
    expected = pd.Series(often, index=found.nominal.candidates.index)
    assert (found.sites["chosen_alone"] == expected[found.sites.index]).all()
    assert expected.drop(found.sites.index).sum() == 0
    assert found.sites["chosen_alone"].is_monotonic_decreasing
    for name, solution in (("expected", found.expected), ("worst_case", found.worst_case)):
        chosen = found.nominal.candidates.index[solution.chosen]
        assert set(found.sites.index[found.sites[f"in_{name}"]]) == set(chosen)
    _, served = village_draws(found.nominal, found.instance, found.expected.chosen)
    assert (found.villages["expected_served_probability"] == served[1:].mean(axis=0)).all()
    minutes = found.nominal.before.scenario.standard["pustu"].limit_minutes
    assert np.allclose(table["limit_minutes"], minutes * table["speed_factor"])


def test_more_draws_go_on_with_the_same_ones(study, found):
    more = robustness(study, found.nominal, draws=14, seed=5)
    columns = ["season", "speed_factor", "people", "nominal", "today"]
    pd.testing.assert_frame_equal(more.table[columns].iloc[:12], found.table[columns])
    other = robustness(study, found.nominal, draws=12, seed=6)
    assert not np.isclose(other.table["speed_factor"], found.table["speed_factor"]).any()


@pytest.mark.slow
def test_one_seed_one_answer_whatever_the_order_of_rows(demo_layers, found):
    turned = replace(
        demo_layers, villages=demo_layers.villages.iloc[::-1], facilities=demo_layers.facilities.iloc[::-1]
    )
    study = Study(turned)
    other = robustness(study, site(study, "pustu", Ask(units=3)), draws=12, seed=5)
    pd.testing.assert_frame_equal(other.plans, found.plans)
    pd.testing.assert_frame_equal(other.sites, found.sites)
    pd.testing.assert_frame_equal(other.villages.sort_index(), found.villages.sort_index())


def certain(**changes):
    content = default_uncertainty().model_dump()
    content["speed"] = {m: {"dry": 0.0, "wet": 0.0} for m in content["speed"]}
    content["people"] = {m: {"spread": 0.0} for m in content["people"]}
    content["wet"] = {"share": 0.0}
    for key, value in changes.items():
        content[key] = {**content[key], **value}
    return Uncertainty.model_validate(content)


def test_where_all_is_certain_every_draw_is_the_plan(study, found):
    sure = robustness(study, found.nominal, draws=3, uncertainty=certain())
    for name in ("nominal", "expected", "worst_case", "alone"):
        assert np.allclose(sure.table[name], found.plans.loc["nominal", "people_nominal"])
    assert set(sure.villages["nominal_served_probability"]) <= {0.0, 1.0}
    # Always wet: the engine's own wet season.
    wet = robustness(study, found.nominal, draws=2, uncertainty=certain(wet={"share": 1.0}))
    within = found.nominal.after.seasons["wet"]["pustu"].within
    people = found.nominal.before.demand["people"]
    assert np.allclose(wet.table["nominal"], people[within].sum())
    assert (wet.table["season"] == "wet").all()


def test_draws_have_the_spread_that_was_asked_for():
    villages = pd.Series("roads", index=[f"v{k:03}" for k in range(200)])
    doubt = certain(
        speed={"car": {"dry": 0.1, "wet": 0.3}}, people={"roads": {"spread": 0.2}}, wet={"share": 0.3}
    )
    many = drawn(doubt, "car", villages, draws=1000, seed=1)
    assert many.wet.mean() == pytest.approx(0.3, abs=0.05)
    speed = np.log(many.speed)
    assert speed[many.wet].std() == pytest.approx(0.3, rel=0.15)
    assert speed[~many.wet].std() == pytest.approx(0.1, rel=0.15)
    assert abs(np.median(speed)) < 0.03
    assert many.people.mean() == pytest.approx(1.0, abs=0.005)
    assert np.log(many.people).std() == pytest.approx(0.2, rel=0.02)
    # Villages differ by themselves.
    assert abs(np.corrcoef(many.people[:, 0], many.people[:, 1])[0, 1]) < 0.15


def test_a_plan_by_money_and_without_roads(demo_layers):
    bare = Study(replace(demo_layers, roads=None))
    flat = robustness(bare, site(bare, "posyandu", Ask(units=2)), draws=4)
    plans = flat.plans["people_worst"]
    assert plans["today"] < plans["nominal"] <= plans["worst_case"]


def test_forced_sites_stay_in_every_plan(study, found):
    forced = next(c for c in found.nominal.candidates.index if c not in found.sites.index)
    held = robustness(study, site(study, "pustu", Ask(units=2, forced=(forced,))), draws=3)
    row = held.sites.loc[forced]
    assert row["chosen_alone"] == 1.0
    assert row[["in_nominal", "in_expected", "in_worst_case"]].all()


def test_a_draw_without_doubts_that_differs_is_no_answer(study, found):
    plan = found.nominal
    one = plan.instance.by_site
    emptied = replace(plan.instance, by_site=Lists(np.zeros_like(one.first), one.item[:0]))
    with pytest.raises(UnprovenError, match="other places are reached than the plan says"):
        robustness(
            study,
            replace(plan, ready=replace(plan.ready, problem=replace(plan.problem, instance=emptied))),
            draws=2,
        )


@pytest.mark.slow
def test_what_cannot_be_asked(study):
    with pytest.raises(ConfigError, match="no target"):
        robustness(study, site(study, "posyandu", Ask(target=0.9)))
    with pytest.raises(ConfigError, match="each draw is in one season"):
        robustness(study, site(study, "pustu", Ask(units=1, seasons=("dry", "wet"))))
    for other in (
        {"objective": "villages"},
        {"floors": (Floor("district", 0.1),)},
        {"gradual_minutes": 40.0},
    ):
        with pytest.raises(ConfigError, match="leave out other objectives"):
            robustness(study, site(study, "pustu", Ask(units=1, **other)))
    lacking = default_uncertainty().model_copy(update={"speed": {}})
    with pytest.raises(ConfigError, match="nothing is said of the speed of 'motorcycle'"):
        robustness(study, site(study, "pustu", Ask(units=1)), uncertainty=lacking)
    lacking = default_uncertainty().model_copy(update={"people": {}})
    with pytest.raises(ConfigError, match="nothing is said of people placed by"):
        robustness(study, site(study, "pustu", Ask(units=1)), uncertainty=lacking)


def test_who_asks_to_stop_is_heard(study, found):
    calls = []

    def stop():
        calls.append(1)
        if len(calls) > 4:
            message = "enough"
            raise InterruptedError(message)

    with pytest.raises(InterruptedError):
        robustness(study, found.nominal, draws=12, may_go_on=stop)


@pytest.mark.slow
def test_the_command_writes_what_the_call_finds(demo_workspace, found, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["robust", str(demo_workspace), "--kind", "pustu", "--units", "3", "--draws", "12", "--seed", "5"]
    assert main([*words, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "best worst case" in said
    assert "proven best" in said
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["plans"]["worst_case"]["people_worst"] == found.plans.loc["worst_case", "people_worst"]
    assert record["plans"]["today"]["bound"] is None
    assert record["uncertainty"]["wet"]["share"] == 0.5
    again = {f.name: f.read_bytes() for f in write_robustness(found, tmp_path / "again")}
    for name in ("sites.csv", "villages_reached.csv", "draws.csv", "plans.csv"):
        assert (out / name).read_bytes() == again[name]
    draws = pd.read_csv(out / "draws.csv", index_col="draw")
    assert np.allclose(draws["expected"], found.table["expected"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--units", "3", "--draws", "0"], "draws is a whole number from 1 to 1,000"),
        (["--units", "3", "--draws", "1001"], "draws is a whole number from 1 to 1,000"),
        (["--units", "3", "--seed", "-1"], "seed is a whole number"),
        (["--units", "3", "--uncertainty", "nowhere.yml"], "is not there"),
        (["--units", "3", "--time-limit", "0"], "--time-limit is a number of seconds"),
        (["--units", "3", "--places", "nowhere.csv"], "is not there"),
        (["--units", "3", "--budget", "5"], "not allowed with"),
        (["--budget", "1e9"], "no cost is given for"),
    ],
)
def test_bad_asking_is_told(words, said, demo_workspace, tmp_path, capsys):
    status = main(["robust", str(demo_workspace), "--kind", "pustu", *words, "--out", str(tmp_path / "out")])
    assert (status, said in capsys.readouterr().err) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wet: {share: 1.5}", r"wet\.share"),
        ("speed: {walking: {dry: -0.1}}", r"speed\.walking\.dry"),
        ("speed: {walking: {dry: 1.1}}", r"speed\.walking\.dry"),
        ("people: {census: {spread: 0.1}}", "is none of hamlets, raster, roads, interior, parts"),
        ("rain: 3", "unknown key 'rain'"),
    ],
)
def test_an_uncertainty_file_that_makes_no_sense(text, said, tmp_path):
    file = tmp_path / "here.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=said):
        read_uncertainty(file)
