"""A plan from a study area to its files: what it promises is what the engine finds."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.errors import ConfigError, UnprovenError
from geodata.workspace import write_workspace
from planner.cli import main
from planner.cli.site import in_words
from planner.kernels.lists import Lists
from planner.pipeline import Ask, Study, as_if_none, read_measures, read_scenario, site, write_siting
from planner.siting.candidates import find_candidates
from planner.siting.measures import At, default_measures
from planner.siting.plan import require_same
from planner.siting.reach import find_reach
from planner.siting.tables import crowded


@pytest.fixture(scope="module")
def study(demo_layers):
    return Study(demo_layers)


@pytest.fixture(scope="module")
def plan(study):
    return site(study, "posyandu", Ask(units=4))


def people_within(gaps, kind, season="dry"):
    """People within the limit, from the times of a run and nothing else."""
    one, rule = gaps.seasons[season][kind], gaps.scenario.standard[kind].of(season)
    people = gaps.demand["people"].to_numpy()
    return np.nansum(people[one.minutes <= rule.limit_minutes])


def test_the_engine_finds_what_the_plan_promised(study, plan):
    before, after = people_within(plan.before, "posyandu"), people_within(plan.after, "posyandu")
    assert plan.solution.objective == pytest.approx(after - before, rel=1e-9)
    again = Study(study.layers, scenario=plan.scenario).gaps()
    assert people_within(again, "posyandu") == pytest.approx(after, rel=1e-12)
    assert plan.sites["people_added"].sum() == pytest.approx(plan.solution.objective)
    assert len(plan.sites) == 4
    assert plan.solution.proof == "optimal"


def test_each_village_has_the_people_of_the_plan(plan):
    demand, reached = plan.before.demand, plan.instance.reached(plan.solution.chosen) | plan.reach.already
    share = pd.Series(demand["weight"].to_numpy() * reached).groupby(demand["village_code"].to_numpy()).sum()
    known = plan.after.coverage["posyandu"].villages["share_reached"]
    assert np.allclose(known, share.reindex(known.index), atol=1e-9)


def test_a_better_pair_of_sites_is_not_found_by_trying_all(study):
    """Every pair of two candidates, by the engine's own times."""
    two = site(study, "puskesmas", Ask(units=1))
    candidates = two.candidates
    best = 0.0
    for j in range(len(candidates)):
        best = max(best, two.instance.people_reached(np.array([j])))
    assert two.solution.objective == best


def test_what_the_engine_does_not_find_is_no_plan(plan):
    wrong = plan.instance.reached(plan.solution.chosen)
    wrong[np.flatnonzero(~wrong & ~plan.reach.already)[0]] = True
    with pytest.raises(UnprovenError, match="other places than the plan"):
        require_same(plan.after, plan.reach, wrong)


def test_forced_and_forbidden_candidates(study, plan):
    first = plan.sites.index[0]
    without = site(study, "posyandu", Ask(units=4, forbidden=(first,)))
    assert first not in without.sites.index
    assert without.solution.objective <= plan.solution.objective
    other = next(c for c in plan.candidates.index if c not in plan.sites.index)
    held = site(study, "posyandu", Ask(units=4, forced=(other,)))
    assert other in held.sites.index
    assert held.solution.objective <= plan.solution.objective


def test_a_target_is_met_with_fewest(study):
    before = study.gaps()
    people = before.demand["people"].to_numpy()
    now = people_within(before, "posyandu") / np.nansum(people)
    target = now + 0.05
    found = site(study, "posyandu", Ask(target=target))
    assert people_within(found.after, "posyandu") / np.nansum(people) >= target - 1e-9
    fewer = site(study, "posyandu", Ask(units=len(found.sites) - 1))
    assert people_within(fewer.after, "posyandu") / np.nansum(people) < target


def test_a_target_out_of_reach_names_villages(study):
    far = gpd.GeoDataFrame(
        geometry=[study.layers.villages.geometry.iloc[0].representative_point()], crs=study.layers.area.crs
    )
    with pytest.raises(ConfigError, match=r"all candidates together reach .* most in .*Ask for less"):
        site(study, "posyandu", Ask(target=1.0), places=far)


def test_money_needs_costs(study, tmp_path):
    with pytest.raises(ConfigError, match="no cost is given for open_posyandu"):
        site(study, "posyandu", Ask(budget_idr=1e9))
    file = tmp_path / "costs.yml"
    file.write_text(
        "measures: {open_posyandu: {cost_idr: 30000000}, staff_posyandu: {cost_idr: 5000000}}", "utf-8"
    )
    measures = read_measures(file)
    found = site(study, "posyandu", Ask(budget_idr=7e7), measures=measures)
    assert found.sites["cost_idr"].sum() <= 7e7
    richer = site(study, "posyandu", Ask(budget_idr=1.4e8), measures=measures)
    assert richer.solution.objective >= found.solution.objective


def test_both_seasons_count_what_is_reached_in_each(study):
    found = site(study, "pustu", Ask(units=1, seasons=("dry", "wet")))
    gaps = [people_within(g, "pustu", "wet") for g in (found.before, found.after)]
    assert found.solution.objective == pytest.approx(gaps[1] - gaps[0])


def test_nothing_is_opened_in_an_excluded_area(study, plan):
    points = gpd.GeoSeries(gpd.points_from_xy(plan.sites["lon"], plan.sites["lat"]), crs=4326)
    around = gpd.GeoDataFrame(
        geometry=points.to_crs(study.layers.area.crs).buffer(300.0), crs=study.layers.area.crs
    )
    other = site(study, "posyandu", Ask(units=4), exclude=around)
    opened = other.candidates[other.candidates["op"] == "open"]
    assert not opened.intersects(around.union_all()).any()


def test_the_order_of_villages_and_facilities_changes_nothing(demo_layers, plan):
    turned = replace(
        demo_layers, villages=demo_layers.villages.iloc[::-1], facilities=demo_layers.facilities.iloc[::-1]
    )
    other = site(Study(turned), "posyandu", Ask(units=4))
    assert sorted(other.sites.index) == sorted(plan.sites.index)


def test_a_kind_without_a_list(study):
    with pytest.raises(ConfigError, match="no list was given"):
        site(
            Study(replace(study.layers, area=replace(study.layers.area, listed_kinds=("pustu",)))),
            "posyandu",
            Ask(units=1),
        )


@pytest.mark.slow
def test_as_if_none_is_said_on_every_output(demo_layers, tmp_path, capsys):
    bare = replace(demo_layers, area=replace(demo_layers.area, listed_kinds=("puskesmas",)))
    bare = replace(bare, facilities=bare.facilities[bare.facilities["kind"] == "puskesmas"])
    found = site(Study(as_if_none(bare, "pustu")), "pustu", Ask(units=2))
    assert found.as_if_none
    files = {f.name: f for f in write_siting(found, tmp_path / "out", lang="en")}
    assert json.loads(files["run.json"].read_text("utf-8"))["list_of_kind_given"] is False
    assert "No list of this kind was given" in files["map.html"].read_text("utf-8")
    write_workspace(bare, tmp_path / "work")
    assert (
        main(
            ["site", str(tmp_path / "work"), "--kind", "pustu", "--units", "2", "--out", str(tmp_path / "o")]
        )
        == 0
    )
    assert "no list of pustu was given" in capsys.readouterr().out


@pytest.mark.slow
def test_the_scenario_file_gives_the_same_answer(plan, demo_workspace, tmp_path):
    write_siting(plan, tmp_path / "plan")
    file = tmp_path / "plan" / "scenario.yml"
    assert read_scenario(file).content_hash() == plan.scenario.content_hash()
    assert main(["gaps", str(demo_workspace), "--scenario", str(file), "--out", str(tmp_path / "gaps")]) == 0
    summary = json.loads((tmp_path / "gaps" / "summary.json").read_text("utf-8"))
    assert summary["kinds"]["posyandu"]["people_reached"] == pytest.approx(
        people_within(plan.after, "posyandu")
    )


def test_tables_of_a_run(plan, tmp_path):
    files = {f.name: f for f in write_siting(plan, tmp_path / "plan")}
    sites = pd.read_csv(files["sites.csv"])
    assert sites["order"].tolist() == [1, 2, 3, 4]
    assert (sites["people_added"].diff().dropna() <= 1e-6).all()
    curve = pd.read_csv(files["curve.csv"])
    assert (curve["bound"] >= curve["people_reached"] - 1e-6).all()
    assert curve["people_reached"].is_monotonic_increasing
    at = curve.set_index("budget")["people_reached"]
    assert at[4.0] == pytest.approx(plan.solution.objective)
    after = gpd.read_parquet(files["villages_after.parquet"]).dropna(subset="people")
    assert (after["posyandu_people_reached"] >= after["posyandu_people_reached_before"] - 1e-6).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--units", "0"], "units is a whole number of 1 or more"),
        (["--budget", "-5"], "budget_idr is a number of rupiah above 0"),
        (["--target", "80"], "target is a share above 0 and up to 1"),
        (["--units", "2", "--force", "open_posyandu/x/1"], "there is no candidate"),
        (["--units", "1", "--force", "A", "--forbid", "A"], "both forced and forbidden"),
        (["--units", "1", "--measures", "nowhere.yml"], "is not there"),
        (["--units", "1", "--places", "nowhere.csv"], "is not there"),
        (["--units", "1", "--time-limit", "0"], "time_limit_s"),
        (["--units", "1", "--seed", "-1"], "seed is a whole number"),
    ],
)
def test_bad_asking_is_told(words, said, demo_workspace, tmp_path, capsys):
    status = main(["site", str(demo_workspace), "--kind", "posyandu", *words, "--out", str(tmp_path / "out")])
    assert (status, said in capsys.readouterr().err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_an_unknown_kind_is_told(demo_workspace, tmp_path, capsys):
    assert (
        main(["site", str(demo_workspace), "--kind", "warung", "--units", "1", "--out", str(tmp_path / "o")])
        == 2
    )
    assert "warung" in capsys.readouterr().err


@pytest.mark.slow
def test_candidate_places_from_a_file(demo_workspace, tmp_path, plan):
    row = plan.sites.iloc[0]
    file = tmp_path / "calon.csv"
    file.write_text(f"nama,lintang,bujur\nBalai desa,{row['lat']},{row['lon']}\n", "utf-8")
    words = ["site", str(demo_workspace), "--kind", "posyandu", "--units", "1", "--places", str(file)]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    sites = pd.read_csv(tmp_path / "out" / "sites.csv")
    assert sites["name"].tolist() == ["Balai desa"]


def test_who_asks_to_stop_is_heard(study):
    calls = []

    def stop():
        calls.append(1)
        if len(calls) > 3:
            message = "enough"
            raise InterruptedError(message)

    with pytest.raises(InterruptedError):
        site(study, "posyandu", Ask(units=30), may_go_on=stop)


def test_a_unit_that_does_not_function_can_be_staffed(study):
    broken = study.layers.facilities["functioning"] == "no"
    ids = study.layers.facilities.index[broken & (study.layers.facilities["kind"] == "posyandu")]
    found = find_candidates(study.layers, study.demand, default_measures().of_kind("posyandu"))
    staffed = found[found["op"] == "function"]
    assert sorted(staffed["facility_id"]) == sorted(ids)
    reach = find_reach(study, "posyandu", staffed)
    assert len(reach.by_candidate.first) == len(staffed) + 1


def test_areas_and_places_without_coordinates_are_refused(study):
    point = gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)])
    with pytest.raises(ConfigError, match="have no CRS"):
        site(study, "posyandu", Ask(units=1), places=point)
    with pytest.raises(ConfigError, match="excluded areas are Polygons"):
        site(study, "posyandu", Ask(units=1), exclude=point.set_crs(4326))


def test_places_far_outside_are_told(study):
    far = gpd.GeoDataFrame(geometry=gpd.points_from_xy([100.0], [-1.0]), crs=4326)
    with pytest.raises(ConfigError, match="1 candidate place lies more than"):
        site(study, "posyandu", Ask(units=1), places=far)


def test_seasons_in_any_order_are_the_same(study):
    one, other = (site(study, "pustu", Ask(units=1, seasons=s)) for s in (("dry", "wet"), ("wet", "dry")))
    assert one.sites.index.equals(other.sites.index)
    with pytest.raises(ConfigError, match="seasons are dry, wet or both"):
        Ask(units=1, seasons=("rainy",))


def test_a_plan_that_the_engine_does_not_confirm_is_not_given(study, monkeypatch):
    """Every candidate is said to reach one place more than it does."""

    def boasting(*args, **kwargs):
        reach = find_reach(*args, **kwargs)
        lists, extra = [], np.flatnonzero(~reach.already)
        for j in range(len(reach.by_candidate.first) - 1):
            mine = reach.by_candidate.item[reach.by_candidate.first[j] : reach.by_candidate.first[j + 1]]
            lists.append(np.union1d(mine, np.setdiff1d(extra, mine)[:1]).astype(np.int32))
        first = np.concatenate([[0], np.cumsum([len(one) for one in lists])])
        return replace(reach, by_candidate=Lists(first, np.concatenate(lists)))

    monkeypatch.setattr("planner.siting.prepare.find_reach", boasting)
    with pytest.raises(UnprovenError):
        site(study, "posyandu", Ask(units=2))


def test_candidates_where_people_live(study):
    measure = default_measures().measures["open_posyandu"]
    squares = find_candidates(study.layers, study.demand, {"m": measure})
    xy = np.floor(shapely.get_coordinates(squares.geometry) / measure.spacing_m)
    cells = np.floor(shapely.get_coordinates(study.demand.geometry) / measure.spacing_m)
    # One for each square in which people live; rounding may move one over the edge of its square.
    assert len(squares) == len(np.unique(cells, axis=0))
    assert len(np.unique(xy, axis=0)) >= 0.95 * len(squares)
    middle = find_candidates(
        study.layers, study.demand, {"m": measure.model_copy(update={"at": (At.SETTLEMENTS,)})}
    )
    for code, points in study.demand.groupby("village_code"):
        mine = middle[middle["village_code"] == code]
        if (points["method"] == "hamlets").all():
            continue
        assert len(mine) == 1
        away = [points.distance(place) @ points["weight"] for place in points.geometry]
        found = points.distance(mine.geometry.iloc[0]) @ points["weight"]
        assert found <= min(away) + 0.2


@pytest.mark.parametrize("kind", ["posyandu", "puskesmas"])
def test_villages_lifted_and_people_near_the_limit(study, kind):
    plan = site(study, kind, Ask(units=2))
    demand = plan.before.demand
    weight, code = demand["weight"].to_numpy(), demand["village_code"].to_numpy()

    def served(gaps):
        within = gaps.coverage[kind].within
        return (pd.Series(weight * within).groupby(code).sum().round(9) >= gaps.scenario.status.served).sum()

    assert plan.sites["villages_added"].sum() == served(plan.after) - served(plan.before)
    one, limit = plan.after.coverage[kind], plan.after.scenario.standard[kind].limit_minutes
    near = (one.minutes <= limit) & (one.minutes >= 0.95 * limit) & ~plan.before.coverage[kind].within
    for row in plan.sites.itertuples():
        mine = near & (one.nearest_id == row.facility_id)
        assert row.people_near_limit == pytest.approx(np.nansum(demand["people"].to_numpy()[mine]))
        own = (one.minutes <= limit) & (one.nearest_id == row.facility_id)
        assert row.people_own == pytest.approx(np.nansum(demand["people"].to_numpy()[own]))
    if (most := plan.after.scenario.standard[kind].people_per_unit) is not None:
        over = (plan.sites["people_own"] > most).sum()
        assert crowded(plan.sites, plan.after, kind) == over
        said = f"{over} of {len(plan.sites)} would have more than the {most:,.0f} people"
        assert any(said in line for line in in_words(plan)) == (over > 0)
