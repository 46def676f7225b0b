"""A rollout from its plan file to its files: each year is what the engine finds, and no order is better."""

from __future__ import annotations

import itertools
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geodata.adoption import Adoption
from geodata.errors import ConfigError
from geodata.workspace import write_workspace
from planner.cli import main
from planner.pipeline import (
    Ask,
    RolloutPlan,
    Study,
    find_gaps,
    read_measures,
    read_plan,
    read_scenario,
    rollout,
    site,
    write_rollout,
)
from planner.siting.plan import edits_of
from planner.supply.jejaring import find_jejaring

KIND = "posyandu"


@pytest.fixture(scope="module")
def study(demo_layers):
    return Study(demo_layers)


@pytest.fixture(scope="module")
def spots(study):
    """Four places where the way is long today: all orders of them can be tried."""
    minutes = study.gaps().coverage[KIND].minutes
    far = np.argsort(-np.where(np.isfinite(minutes), minutes, -1.0), kind="stable")[:32:8]
    return gpd.GeoDataFrame(geometry=study.demand.geometry.to_numpy()[far], crs=study.layers.area.crs)


def asked(*years, **more):
    return RolloutPlan.model_validate({"kind": KIND, "years": years, **more})


def people_within(gaps):
    people = gaps.demand["people"].fillna(0.0).to_numpy()
    return float(people @ gaps.coverage[KIND].within)


def in_year(study, plan, year):
    """The gaps with what works in a year, from the tables alone."""
    names = plan.sites.index[plan.sites["year_works"] <= year]
    rows = plan.candidates.loc[plan.candidates.index.isin(names)]
    return study.gaps(edits_of(rows, study))


@pytest.mark.slow
@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.1, 1.0)])
def test_no_other_order_reaches_more(study, spots, weights):
    """Every choice of one new unit in the first year and one in the second, by the engine."""
    years = [{"year": 2027 + t, "units": 1, "weight": w} for t, w in enumerate(weights)]
    plan = rollout(study, asked(*years), places=spots)
    rows = plan.candidates
    alone = {(): people_within(study.gaps())}
    for n in (1, 2):
        for some in itertools.combinations(range(len(rows)), n):
            alone[some] = people_within(study.gaps(edits_of(rows.iloc[list(some)], study)))
    best = max(
        weights[0] * (alone[(a,)] - alone[()]) + weights[1] * (alone[tuple(sorted((a, b)))] - alone[()])
        for a, b in itertools.permutations(range(len(rows)), 2)
    )
    assert plan.solution.objective == pytest.approx(best, rel=1e-9)
    assert plan.solution.proof == "optimal"
    for year in (2027, 2028):
        assert plan.plan.loc[year, "people_added"] == pytest.approx(
            people_within(in_year(study, plan, year)) - alone[()]
        )
        assert plan.plan.loc[year, "people_reached"] == pytest.approx(
            people_within(in_year(study, plan, year))
        )


@pytest.mark.slow
def test_no_year_beats_its_independent_optimum(study):
    plan = rollout(study, asked(*({"year": y, "units": 2} for y in (2027, 2028, 2029))))
    for years, year in enumerate((2027, 2028, 2029), start=1):
        best = site(study, KIND, Ask(units=2 * years))
        assert plan.plan.loc[year, "people_added"] <= best.solution.objective * (1 + 1e-9)
        bound = plan.plan.loc[year, "people_reached_bound"]
        assert bound >= people_within(best.after) * (1 - 1e-9)
    assert plan.price_of_order >= 0
    assert plan.sites["people_added"].sum() == pytest.approx(plan.people_added)


@pytest.mark.slow
def test_money_first_and_yearly(study, tmp_path):
    file = tmp_path / "m.yml"
    file.write_text(
        "measures: {open_posyandu: {cost_idr: 30000000, yearly_idr: 10000000}, "
        "staff_posyandu: {cost_idr: 5000000}}", "utf-8"
    )  # fmt: skip
    measures = read_measures(file)
    years = [
        {"year": 2027, "budget_idr": 4e7},
        {"year": 2028, "budget_idr": 5e7},
        {"year": 2029, "budget_idr": 3e7},
    ]
    plan = rollout(study, asked(*years), measures=measures)
    opened = plan.sites[plan.sites["op"] == "open"]
    for t, (year, budget) in enumerate(((2027, 4e7), (2028, 5e7), (2029, 3e7))):
        first = plan.sites["cost_idr"][plan.sites["year_decided"] == year].sum()
        spent = first + 1e7 * (opened["year_works"] <= year).sum()
        assert plan.plan["spent"].iloc[t] == pytest.approx(spent)
        assert spent <= budget
    kept = rollout(study, asked(*years, carry_over=True), measures=measures)
    assert kept.solution.objective >= plan.solution.objective
    assert "staff_posyandu" in plan.without_yearly_cost or "staff_posyandu" not in set(plan.sites["measure"])


def test_no_more_staff_than_there_is(study):
    plan = rollout(
        study, asked({"year": 2027, "units": 3, "staff": {"kader": 5}}, {"year": 2028, "units": 3})
    )
    # Five kader are one posyandu, in whichever year; those of the first year stay available.
    assert len(plan.sites) == 1
    assert plan.plan["staff_employed"].tolist() == ["5 kader", ""]


@pytest.mark.slow
def test_a_unit_waits_for_its_puskesmas(study):
    network = find_jejaring(study.gaps()).villages["puskesmas_id"]
    one, other = sorted(set(network) - {""})[:2]
    years = [{"year": y, "units": 3} for y in (2027, 2028, 2029)]
    rule = {"stage": "peluncuran", "ready": {other: 2029}}
    plan = rollout(study, asked(*years, after_stage=rule), adoption=[Adoption(one, "pws", "2025")])
    owner = network.reindex(plan.sites["village_code"]).to_numpy()
    assert set(owner) <= {one, other}
    assert (plan.sites["year_works"][owner == other] >= 2029).all()
    assert set(plan.waiting.index) == set(plan.waiting.index[plan.waiting["why"] == "no_year"])
    assert set(network) - {one, other, ""} <= set(plan.waiting.index)
    with pytest.raises(ConfigError, match="is no puskesmas of this area"):
        rollout(study, asked(*years, after_stage={"stage": "pws", "ready": {"P0": 2029}}))


@pytest.mark.slow
def test_lead_times_and_what_is_forced(study):
    plan = rollout(
        study,
        RolloutPlan.model_validate(
            {"kind": "pustu", "years": [{"year": y, "units": 1} for y in (2027, 2028)]}
        ),
    )
    assert (plan.sites["year_works"] - plan.sites["year_decided"] == np.ceil(plan.sites["lead_years"])).all()
    assert plan.sites["year_works"].max() <= 2028
    free = rollout(study, asked({"year": 2027, "units": 2}))
    idle = next(c for c in free.candidates.index if c not in free.sites.index)
    held = rollout(study, asked({"year": 2027, "units": 2}, forced=[idle], forbidden=[free.sites.index[0]]))
    assert idle in held.sites.index
    assert free.sites.index[0] not in held.sites.index
    with pytest.raises(ConfigError, match="cannot all be decided in these years"):
        rollout(study, asked({"year": 2027, "units": 1}, forced=[idle, free.sites.index[0]]))


def test_more_people_in_later_years(study):
    years = [
        {"year": 2027, "units": 1, "people_factor": 1.0},
        {"year": 2028, "units": 1, "people_factor": 1.1},
    ]
    plan = rollout(study, asked(*years))
    assert plan.plan.loc[2028, "people_reached"] == pytest.approx(
        1.1 * people_within(in_year(study, plan, 2028))
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{kind: posyandu, years: []}", "years"),
        ("{kind: posyandu, years: [{year: 2027}]}", "give units or budget_idr"),
        ("{kind: posyandu, years: [{year: 2027, units: 1, budget_idr: 5}]}", "give units or budget_idr"),
        (
            "{kind: posyandu, years: [{year: 2027, units: 1}, {year: 2029, units: 1}]}",
            "years follow each other",
        ),
        (
            "{kind: posyandu, years: [{year: 2027, units: 1}, {year: 2028, budget_idr: 1}]}",
            "all years have units",
        ),
        ("{kind: posyandu, years: [{year: 2027, units: 0}]}", "no year has anything to spend"),
        ("{kind: posyandu, years: [{year: 2027, units: -1}]}", "units"),
        ("{kind: warung, years: [{year: 2027, units: 1}]}", "warung"),
        ("{kind: posyandu, years: [{year: 2027, units: 1}], after_stage: {stage: done}}", "stage is one of"),
        ("{kind: posyandu, years: [{year: 2027, units: 1}], speed: 3}", "speed"),
        (
            "{kind: posyandu, years: [{year: 2027, units: 1}], forced: [A], forbidden: [A]}",
            "both forced and forbidden",
        ),
    ],
)
def test_what_a_plan_file_may_not_say(text, said, tmp_path, study, capsys):
    write_workspace(study.layers, tmp_path / "work")
    file = tmp_path / "plan.yml"
    file.write_text(text, "utf-8")
    status = main(["rollout", str(tmp_path / "work"), "--plan", str(file), "--out", str(tmp_path / "out")])
    assert (status, said in capsys.readouterr().err) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_command_line_writes_what_the_call_gives(study, tmp_path, capsys):
    write_workspace(study.layers, tmp_path / "work")
    file = tmp_path / "plan.yml"
    file.write_text(f"{{kind: {KIND}, years: [{{year: 2027, units: 2}}, {{year: 2028, units: 1}}]}}", "utf-8")
    out = tmp_path / "out"
    assert (
        main(["rollout", str(tmp_path / "work"), "--plan", str(file), "--out", str(out), "--lang", "en"]) == 0
    )
    said = capsys.readouterr().out
    plan = rollout(study, read_plan(file))
    assert "2028: 1 decided, 3 working" in said
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["solver"]["objective"] == pytest.approx(plan.solution.objective)
    sites = pd.read_csv(out / "sites.csv", index_col="candidate_id")
    assert sites["year_works"].to_dict() == plan.sites["year_works"].to_dict()
    assert pd.read_csv(out / "plan.csv")["people_added"].tolist() == pytest.approx(
        plan.plan["people_added"].tolist()
    )
    page = (out / "map.html").read_text("utf-8")
    assert "Proposed sites: 2028" in page
    assert "With the plan: 2027" in page
    # The scenario is the last year's.
    last = find_gaps(study.layers, scenario=read_scenario(out / "scenario.yml"))
    assert people_within(last) == pytest.approx(people_within(plan.after))
    again = write_rollout(plan, out)
    assert {f.name for f in again} == {p.name for p in out.iterdir()}


def test_each_site_adds_to_those_that_work_before_it(study):
    plan = rollout(study, asked({"year": 2027, "units": 2}, {"year": 2028, "units": 2}))
    done = np.zeros(plan.ready.problem.instance.places, bool)
    numbers = plan.candidates.index.get_indexer(plan.sites.index)
    for number, added in zip(numbers, plan.sites["people_added"], strict=True):
        new = plan.ready.problem.instance.reached(np.array([number])) & ~done
        assert added == pytest.approx(plan.ready.problem.instance.people[new].sum())
        done |= new
    by_year = plan.sites.groupby("year_works")["people_added"].sum().cumsum()
    assert by_year.tolist() == pytest.approx(plan.plan["people_added"].tolist())
    assert plan.sites["order"].tolist() == [1, 2, 3, 4]


def test_the_people_of_the_last_year_stand_everywhere(study):
    years = [{"year": 2027, "units": 1}, {"year": 2028, "units": 1, "people_factor": 2.0}]
    plan = rollout(study, asked(*years))
    assert plan.people_added == plan.plan["people_added"].iloc[-1]
    assert f"{plan.people_added:,.0f} people more" in repr(plan)
