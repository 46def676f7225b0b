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


def proven_curves(files: Files, out: Path, kind: str, measures: Measures) -> dict[str, list[float]]:
    """By kabupaten the people of proven plans of 0, 1, … units, in the country in one piece."""
    layers, beyond = whole_country(files, out, small_limits())
    beyond = replace(beyond, land=land_of(layers.villages, small_limits().land))
    curves = {}
    for code in sorted(set(layers.villages.index.str[:5])):
        own = layers.villages[layers.villages.index.str.startswith(code)]
        study = Study(replace(layers, villages=own), scenario=small_limits(), beyond=beyond)
        found = prepare(study, kind, Ask(units=1), measures=measures).candidates
        theirs = found.index[(found["facility_id"] != "") & ~found["village_code"].isin(own.index)]
        plans = [
            site(study, kind, Ask(units=k, forbidden=tuple(theirs)), measures=measures)
            for k in range(1, UNITS + 1)
        ]
        assert all(p.solution.proof == "optimal" for p in plans)
        curves[code] = [0.0, *(p.people_added for p in plans)]
    return curves


# With the last the neighbours' units and the roads beyond the border decide: new units could be anywhere.
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
        files, out, InThisProcess(), kind=kind, units=UNITS, measures=measures, scenario=small_limits()
    )
    assert not plan.failures
    assert plan.division is not None
    assert plan.division.total > 0
    proven = proven_curves(files, out, kind, measures)
    units = pd.read_parquet(out / "units.parquet")
    for code, people in proven.items():
        found = pd.read_csv(out / "curves" / f"{code}-{kind}" / "curve.csv")
        if names:
            # The neighbours' units are not this kabupaten's to change.
            waiting = (units["kind"] == kind) & (units["functioning"] == "no") & (units["regency"] == code)
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
    ):
        status, _, error = jangkau(*command, *more)
        assert status == 2
        assert words in error
    status, _, error = jangkau(*command[:1], *command[2:])
    assert status == 2
    assert "--units: for jangkau nation site" in error
