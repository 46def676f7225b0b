"""What a rollout must keep to in each year, reckoned anew from its tables; what it leaves open, by name."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geodata.adoption import Adoption
from geodata.errors import ConfigError, UnprovenError
from planner.cli.rollout import in_words
from planner.kernels.lists import Lists
from planner.pipeline import Ask, RolloutPlan, Study, as_if_none, read_measures, rollout, site, write_rollout
from planner.siting.reach import find_reach
from planner.supply.jejaring import find_jejaring


@pytest.fixture(scope="module")
def study(demo_layers):
    return Study(demo_layers)


def asked(kind="posyandu", units=(1, 2, 1), *, each=(), **more):
    years = [{"year": 2027 + t, "units": n} for t, n in enumerate(units)]
    for year, extra in zip(years, each, strict=False):
        year.update(extra)
    return RolloutPlan.model_validate({"kind": kind, "years": years, **more})


@pytest.fixture(scope="module")
def bare(demo_layers):
    """Nobody told of any pustu, so that there is something to do in every year."""
    none = replace(demo_layers, facilities=demo_layers.facilities[demo_layers.facilities["kind"] != "pustu"])
    listed = tuple(k for k in none.area.listed_kinds if k != "pustu")
    return Study(as_if_none(replace(none, area=replace(none.area, listed_kinds=listed)), "pustu"))


@pytest.fixture(scope="module")
def pustu(bare):
    """A year to build each; people grow."""
    return rollout(bare, asked("pustu", each=({}, {"people_factor": 1.5}, {"people_factor": 2.0})))


def people_within(gaps, kind):
    one, rule = gaps.seasons["dry"][kind], gaps.scenario.standard[kind].of("dry")
    return np.nansum(gaps.demand["people"].to_numpy()[one.minutes <= rule.limit_minutes])


def test_each_year_is_what_the_engine_finds(bare, pustu):
    before = people_within(pustu.before, "pustu")
    works = pustu.sites.set_index("facility_id")["year_works"]
    total = 0.0
    for year, factor in ((2027, 1.0), (2028, 1.5), (2029, 2.0)):
        edits = [e for e in pustu.scenario.edits if works[e.id] <= year]
        gained = people_within(bare.gaps(edits), "pustu") - before
        assert pustu.plan.loc[year, "people_added"] == pytest.approx(factor * gained)
        total += factor * gained
    assert pustu.solution.objective == pytest.approx(total)
    assert total > 0


def test_years_keep_their_units_and_lead_times(pustu):
    decided = pustu.sites["year_decided"].value_counts()
    assert all(decided.get(year, 0) <= most for year, most in ((2027, 1), (2028, 2), (2029, 0)))
    # A pustu takes a year to build: what is decided in the last year would work after it.
    assert (pustu.sites["year_works"] - pustu.sites["year_decided"] == 1).all()
    assert pustu.plan["left"].tolist() == [1 - decided.get(2027, 0), 2 - decided.get(2028, 0), 1]


def test_the_last_year_alone_is_a_plan_of_its_own(bare, pustu):
    table = pustu.plan
    assert (table["people_reached"] <= table["people_reached_alone"] + 1e-6).all()
    alone = site(bare, "pustu", Ask(units=3)).people_added
    assert table["people_reached_alone"].iloc[-1] == pytest.approx(2.0 * alone)


def test_the_year_from_which_a_village_is_served(pustu):
    table, first = pustu.villages, {}
    for year, villages in pustu.villages_by_year.items():
        for code in villages.index[villages["pustu_status"] == "served"]:
            first.setdefault(code, year)
    before = table["pustu_status_before"] == "served"
    for code, since in table["pustu_served_since"].items():
        assert pd.isna(since) if before[code] or code not in first else since == first[code]
    assert table["pustu_served_since"].notna().any()


def test_staff_who_are_not_taken_wait_for_the_building(bare):
    found = rollout(bare, asked("pustu", (2, 2, 2), each=({"staff": {"bidan": 1}},)))
    assert found.sites["year_works"].tolist() == [2028]
    assert found.plan["staff_free"].tolist() == ["1 bidan", "", ""]
    assert found.staff_not_limited == ("kader", "perawat")
    assert "no number is given of kader, perawat" in " ".join(in_words(found))


def test_a_profession_that_nothing_needs_is_told(study):
    with pytest.raises(ConfigError, match=r"no measure for a pustu needs any bidn\. Did you mean 'bidan'"):
        rollout(study, asked("pustu", each=({"staff": {"bidn": 1}},)))


COSTS = """
measures:
  open_posyandu: {cost_idr: 30000000, yearly_idr: 6000000}
  staff_posyandu: {cost_idr: 5000000, yearly_idr: 2000000}
  reopen_posyandu: {cost_idr: 8000000}
"""


@pytest.mark.slow
@pytest.mark.parametrize("carry_over", [False, True])
def test_money_pays_first_and_yearly_costs(study, tmp_path, carry_over):
    file = tmp_path / "costs.yml"
    file.write_text(COSTS, "utf-8")
    budgets = {2027: 20e6, 2028: 44e6, 2029: 50e6}
    years = [{"year": y, "budget_idr": rp} for y, rp in budgets.items()]
    plan = RolloutPlan.model_validate({"kind": "posyandu", "carry_over": carry_over, "years": years})
    found = rollout(study, plan, measures=read_measures(file))
    first = {"open_posyandu": 30e6, "staff_posyandu": 5e6, "reopen_posyandu": 8e6}
    yearly = {"open_posyandu": 6e6, "staff_posyandu": 2e6, "reopen_posyandu": 0.0}
    purse = 0.0
    for year, rupiah in budgets.items():
        spent = sum(first[m] for m in found.sites.loc[found.sites["year_decided"] == year, "measure"])
        spent += sum(yearly[m] for m in found.sites.loc[found.sites["year_works"] <= year, "measure"])
        purse = rupiah - spent + (purse if carry_over else 0.0)
        assert purse >= -1e-6
        assert found.plan.loc[year, ["spent", "left"]].tolist() == pytest.approx([spent, purse])
    assert len(found.sites) > 1


def test_what_is_forced_and_cannot_work_is_told(study):
    with pytest.raises(ConfigError, match=r"cannot work in any of these years .*open_pustu/99.01.01.1001/1"):
        rollout(study, asked("pustu", (2,), forced=("open_pustu/99.01.01.1001/1",)))


@pytest.mark.slow
def test_who_waits_and_why(bare):
    stages = bare.layers.facilities
    one, other, *rest = sorted(stages.index[stages["kind"] == "puskesmas"])
    known = [Adoption(one, "pws"), Adoption(other, "komitmen")]
    after = {"stage": "launching", "ready": {other: 2030}}
    found = rollout(bare, asked("pustu", (5, 5, 5, 5), after_stage=after), adoption=known)
    owner = find_jejaring(found.before).villages["puskesmas_id"].reindex(found.sites["village_code"])
    works = found.sites["year_works"].groupby(owner.to_numpy()).min()
    assert works.to_dict() == {one: 2028, other: 2030}
    assert sorted(found.waiting.index) == rest
    waits = rollout(bare, asked("pustu", (5, 5), after_stage=after), adoption=known[1:]).waiting
    assert waits.loc[one, ["why", "stage"]].tolist() == ["no_year", "unknown"]
    assert waits.loc[other, ["why", "stage"]].tolist() == ["too_late", "komitmen"]
    said = " ".join(in_words(found))
    for puskesmas in rest:
        assert f"({puskesmas}): stage today unknown, nobody knows when it has it" in said


@pytest.mark.slow
def test_a_unit_belongs_to_the_puskesmas_that_it_names(demo_layers):
    """A pustu that lacks staff, under another puskesmas than that of its village."""
    facilities = demo_layers.facilities.copy()
    broken = facilities.index[(facilities["kind"] == "pustu") & (facilities["functioning"] == "no")][0]
    village = find_jejaring(Study(demo_layers).gaps()).villages["puskesmas_id"]
    home = village[facilities.loc[broken, "village_code"]]
    own = next(i for i in facilities.index[facilities["kind"] == "puskesmas"] if i != home)
    facilities.loc[broken, "parent_id"] = own
    moved = Study(replace(demo_layers, facilities=facilities))
    name = f"staff_pustu/{broken}"
    held = {"forced": (name,), "after_stage": {"stage": "pws"}}
    found = rollout(moved, asked("pustu", (1, 1), **held), adoption=[Adoption(own, "pws")])
    assert found.sites.index.tolist() == [name]
    with pytest.raises(ConfigError, match="cannot work in any of these years"):
        rollout(moved, asked("pustu", (1, 1), **held), adoption=[Adoption(home, "pws")])


def test_no_stage_known_means_no_unit_and_the_map_says_so(bare, tmp_path):
    found = rollout(bare, asked("pustu", (1, 1), after_stage={"stage": "klaster"}))
    assert len(found.sites) == 0
    for lang, said in (("en", "or too late, so that nothing opens"), ("id", "tidak ada fasilitas dibuka")):
        files = {f.name: f for f in write_rollout(found, tmp_path / lang, lang=lang)}
        page = files["map.html"].read_text("utf-8")
        assert said in page
        assert all(f"({puskesmas})" in page for puskesmas in found.waiting.index)
    record = json.loads(files["run.json"].read_text("utf-8"))
    assert [one["facility_id"] for one in record["puskesmas_not_ready"]] == list(found.waiting.index)


def test_stand_ins_keep_the_rules_of_their_year(bare):
    """Of two puskesmas one is ready late: its candidates stand in for nobody before."""
    network = find_jejaring(bare.gaps()).villages["puskesmas_id"]
    one, other = sorted(set(network) - {""})[:2]
    rule = {"stage": "pws", "ready": {one: 2027, other: 2030}}
    found = rollout(bare, asked("pustu", (1, 1, 1, 1), after_stage=rule))
    seen = 0
    for row in found.sites.itertuples():
        for text in filter(None, row.alternatives.split("; ")):
            owner = network[found.candidates.loc[text.split(" (")[0], "village_code"]]
            assert owner == one or (owner == other and row.year_works >= 2030)
            seen += 1
    assert seen


@pytest.mark.slow
def test_the_order_of_villages_and_facilities_changes_nothing(demo_layers, study):
    turned = replace(
        demo_layers, villages=demo_layers.villages.iloc[::-1], facilities=demo_layers.facilities.iloc[::-1]
    )
    one, other = rollout(study, asked()), rollout(Study(turned), asked())
    assert one.sites[["year_decided"]].equals(other.sites[["year_decided"]])


def test_a_rollout_that_the_engine_does_not_confirm_is_not_given(study, monkeypatch):
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
        rollout(study, asked())
