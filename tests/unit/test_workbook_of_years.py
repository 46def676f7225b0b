"""The sheets of a plan over years have a heading of their own for every column of its tables."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.pipeline import RolloutPlan, Study, demo_layers, rollout, write_rollout
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
