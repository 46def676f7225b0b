"""The sheets of a plan over years have a heading of their own for every column of its tables."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.pipeline import (
    Ask,
    RolloutPlan,
    Study,
    demo_layers,
    rollout,
    site,
    write_rollout,
    write_siting,
)
from planner.reports.workbook.plan import plan_sheets
from planner.reports.workbook.sheet import Look
from planner.reports.workbook.words import BookWords


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_column_has_a_heading_and_the_factor_its_decimals(tmp_path, lang):
    years = [{"year": 2027, "units": 1}, {"year": 2028, "units": 1, "people_factor": 1.05}]
    plan = rollout(Study(demo_layers(12)), RolloutPlan.model_validate({"kind": "posyandu", "years": years}))
    write_rollout(plan, tmp_path / "out")
    by_year, sites = plan_sheets(tmp_path / "out", "99.01", BookWords(lang, ["posyandu"]))
    [factor] = [c for c in by_year.columns if c.name == "people_factor"]
    assert (factor.look, list(factor.cells)) == (Look.NUMBER, [1.0, 1.05])
    assert {"people_lost", "villages_lost"} <= {c.name for c in sites.columns}
    assert not [c.name for c in (*by_year.columns, *sites.columns) if c.heading == c.name]
    assert pd.read_csv(tmp_path / "out" / "plan.csv")["people_factor"].tolist() == [1.0, 1.05]


@pytest.mark.slow
@pytest.mark.parametrize(("given", "total"), [([7.0, None], "unknown"), ([7.0, 2.0], 9.0)])
def test_what_costs_come_to_is_known_only_where_each_is(tmp_path, given, total):
    """Documents have no sum of a plan's costs as soon as one is not given; the workbook had the rest's."""
    plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    write_siting(plan, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "sites.csv")
    table.assign(cost_idr=given, yearly_idr=given).to_csv(tmp_path / "out" / "sites.csv", index=False)
    words = BookWords("en", ["posyandu"])
    [sites] = plan_sheets(tmp_path / "out", "99.01", words)
    none = words.texts.note["unknown"]
    for column in sites.columns:
        if column.name in ("cost_idr", "yearly_idr"):
            every, shown = sites.totals(column, none)
            assert every.value == shown.value == (none if total == "unknown" else total)
            # Without the formula a filter would bring back the sum of those given.
            assert all("SUMPRODUCT" in one.text for one in (every, shown))
    [added] = [c for c in sites.columns if c.name == "people_added"]
    assert sites.totals(added, none)[0].value == pytest.approx(table["people_added"].sum())
