"""``jangkau nation site``: units over the kabupaten, against every division of the plans of ``site``."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from nation_support import small_limits, whole_country, write_country

from planner.coverage.study import Study
from planner.nation.amount import money, units
from planner.nation.cluster import InThisProcess
from planner.nation.sites import nation_site
from planner.network.land import land_of
from planner.siting.ask import Ask
from planner.siting.measures import Measures, default_measures
from planner.siting.prepare import prepare
from planner.siting.site import site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.nation.country import Files

UNITS = 3


def proven_curves(
    files: Files, out: Path, kind: str, measures: Measures, asked: list[Ask], *, least: int = 1
) -> dict[str, list[float]]:
    """By kabupaten the people of proven plans, none for less than the first, in the country in one piece."""
    layers, beyond = whole_country(files, out, small_limits())
    beyond = replace(beyond, land=land_of(layers.villages, small_limits().land))
    curves = {}
    for code in sorted(set(layers.villages.index.str[:5])):
        own = layers.villages[layers.villages.index.str.startswith(code)]
        study = Study(replace(layers, villages=own), scenario=small_limits(), beyond=beyond)
        found = prepare(study, kind, Ask(units=1), measures=measures).candidates
        theirs = found.index[(found["facility_id"] != "") & ~found["village_code"].isin(own.index)]
        plans = [site(study, kind, replace(ask, forbidden=tuple(theirs)), measures=measures) for ask in asked]
        assert all(p.solution.proof == "optimal" for p in plans)
        curves[code] = [*[0.0] * least, *(p.people_added for p in plans)]
    return curves


# With the last the neighbours' units and the roads beyond the border decide: new units could be anywhere.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("roads", "kind", "names"), [("", "pustu", ()), ("gaps", "puskesmas", ("staff_puskesmas",))]
)
def test_division_is_the_best_of_all_divisions_of_proven_plans(
    tmp_path: Path, roads: str, kind: str, names: tuple[str, ...]
) -> None:
    files, out = write_country(tmp_path / "in", 3, roads=roads, units=24), tmp_path / "out"
    lists = files.facilities[0].path
    rows = pd.read_csv(lists, dtype=str)
    # All but every third wait for staff.
    rows["berfungsi"] = ["ya" if i // 4 % 3 == 0 else "tidak" for i in range(len(rows))]
    rows.to_csv(lists, index=False)
    all_measures = default_measures().measures
    measures = Measures(measures={n: all_measures[n] for n in names or all_measures})
    plan = nation_site(
        files,
        out,
        InThisProcess(),
        kind=kind,
        amount=units(UNITS),
        measures=measures,
        scenario=small_limits(),
    )
    assert not plan.failures
    assert plan.division is not None
    assert plan.division.total > 0
    proven = proven_curves(files, out, kind, measures, [Ask(units=k) for k in range(1, UNITS + 1)])
    listed = pd.read_parquet(out / "units.parquet")
    for code, people in proven.items():
        found = pd.read_csv(out / "curves" / f"{code}-{kind}" / "curve.csv")
        if names:
            # The neighbours' units are not this kabupaten's to change.
            waiting = (listed["kind"] == kind) & (listed["functioning"] == "no") & (listed["regency"] == code)
            assert found["budget"].iloc[-1] == min(UNITS, waiting.sum())
        # On so few places the plans of a curve are the best too.
        assert found["people_reached"].tolist() == pytest.approx(people[: len(found)])
        assert (found["bound"] >= np.array(people[: len(found)]) - 1e-6).all()
    shares = itertools.product(range(UNITS + 1), repeat=len(proven))
    best = max(
        sum(c[k] for c, k in zip(proven.values(), ks, strict=True)) for ks in shares if sum(ks) <= UNITS
    )
    assert plan.division.total == pytest.approx(best)
    assert best <= plan.division.bound * (1 + 1e-9)


@pytest.mark.slow
def test_money_is_divided_as_by_the_best_of_all_divisions_of_proven_plans(tmp_path: Path) -> None:
    """In steps of what all costs are made of; each kabupaten's plan costs no more than its part."""
    files, out = write_country(tmp_path / "in", 3, units=24), tmp_path / "out"
    lists = files.facilities[0].path
    rows = pd.read_csv(lists, dtype=str)
    rows["berfungsi"] = ["ya" if i // 4 % 3 == 0 else "tidak" for i in range(len(rows))]
    rows.to_csv(lists, index=False)
    some = default_measures().measures
    measures = Measures(measures={
        "open_pustu": some["open_pustu"].model_copy(update={"cost_idr": 3e8}),
        "staff_pustu": some["staff_pustu"].model_copy(update={"cost_idr": 2e8}),
    })  # fmt: skip
    budget = 5.5e8  # of steps of 100 million, five
    plan = nation_site(
        files, out, InThisProcess(), kind="pustu", amount=money(budget, measures.of_kind("pustu")),
        measures=measures, scenario=small_limits(),
    )  # fmt: skip
    assert not plan.failures
    assert plan.division is not None
    assert (plan.amount.steps, plan.amount.step_idr) == (5, 1e8)
    proven = proven_curves(
        files, out, "pustu", measures, [Ask(budget_idr=k * 1e8) for k in range(2, 6)], least=2
    )
    for code, people in proven.items():
        found = pd.read_csv(out / "curves" / f"{code}-pustu-rp" / "curve.csv")
        assert found["budget"].tolist() == [k * 1e8 for k in range(6)]
        assert (found["people_reached"].to_numpy() <= np.array(people) + 1e-6).all()
        assert (found["bound"].to_numpy() >= np.array(people) - 1e-6).all()
    shares = itertools.product(range(6), repeat=len(proven))
    best = max(sum(c[k] for c, k in zip(proven.values(), ks, strict=True)) for ks in shares if sum(ks) <= 5)
    assert 0 < plan.division.total <= best * (1 + 1e-9)
    assert plan.division.total >= 0.95 * best
    assert best <= plan.division.bound * (1 + 1e-9)
    assert plan.table["budget_idr"].sum() == 1e8 * sum(plan.division.shares.values()) <= budget
    run = json.loads((out / "plans" / "pustu-550000000-rp" / "run.json").read_text("utf-8"))
    assert (run["budget_idr"], run["units"], run["step_idr"]) == (budget, None, 1e8)
    assert run["idr_used"] == plan.table["budget_idr"].sum()
    assert run["people_added"] == pytest.approx(plan.table["people_added"].sum())


@pytest.mark.slow
def test_command_writes_its_table_and_keeps_curves(
    tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    files, out = write_country(tmp_path / "in", 1), tmp_path / "out"
    command = [
        "nation", "site", "--villages", str(files.villages), "--facilities", str(files.facilities[0].path),
        "--population", str(files.population), "--workers", "0", "--out", str(out), "--units", "4",
    ]  # fmt: skip
    status, said, _ = jangkau(*command, "--kind", "pustu")
    assert status == 0
    folder = out / "plans" / "pustu-4"
    table = pd.read_csv(folder / "regency_sites.csv", dtype={"code": str}).set_index("code")
    run = json.loads((folder / "run.json").read_text("utf-8"))
    assert table["units"].sum() == run["units_used"] == 4
    assert table["people_added"].sum() == pytest.approx(run["people_added"])
    assert run["people_added"] <= run["people_added_bound"]
    assert (table["people_added"] <= table["people"] - table["people_reached_today"] + 1e-6).all()
    assert f"4 of 4 x pustu: {run['people_added']:,.0f} people more" in said
    on_foot = "no road data: reach is counted on foot; some may reach a pustu by vehicle already"
    assert on_foot in said
    assert on_foot in run["notes"]
    made = {p: p.stat().st_mtime_ns for p in (out / "curves").rglob("curve.csv")}
    assert len(made) == len(table) == 3
    # A curve that is spoiled is made again, the others are kept.
    spoiled = min(made)
    before = spoiled.read_bytes()
    spoiled.write_text("budget", "utf-8")
    assert jangkau(*command, "--kind", "pustu")[0] == 0
    assert spoiled.read_bytes() == before
    assert all(p.stat().st_mtime_ns == t for p, t in made.items() if p != spoiled)
    for more, words in (
        (("--kind", "posyandu", "--adoption", "a.csv"), "--adoption goes with"),
        (("--kind", "klinik"), "no list of klinik was given"),
        ((), "say what is planned with --kind"),
        (("--kind", "pustu", "--budget", "1e9"), "--units or --budget, one of the two"),
    ):
        status, _, error = jangkau(*command, *more)
        assert status == 2
        assert words in error
    status, _, error = jangkau(*command[:1], *command[2:])
    assert status == 2
    assert "--units: for jangkau nation site" in error
    # Money: a cost that nobody gave is not invented, and nothing is begun without it.
    by_money = [*command[:-2], "--kind", "pustu", "--budget", "1000000000"]
    status, _, error = jangkau(*by_money)
    assert status == 2
    assert "no cost is given for open_pustu" in error
    costs = tmp_path / "costs.yml"
    names = default_measures().of_kind("pustu")
    costs.write_text(f"measures: {{{', '.join(f'{n}: {{cost_idr: 350000000}}' for n in names)}}}", "utf-8")
    status, said, error = jangkau(*by_money, "--measures", str(costs))
    assert status == 0, error
    assert "Rp 700,000,000 of Rp 1,000,000,000 for pustu: " in said
    table = pd.read_csv(out / "plans" / "pustu-1000000000-rp" / "regency_sites.csv")
    assert table["budget_idr"].sum() == 700_000_000
