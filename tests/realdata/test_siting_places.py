"""Plans for a real kabupaten: Bantul with the office's own pustu and posyandu."""

from __future__ import annotations

import pytest
from test_partial_real import bantul, bantul_layers

from planner.cli.site import in_words
from planner.pipeline import Ask, RolloutPlan, Study, rollout, site
from planner.reports.siting import siting_record

pytestmark = pytest.mark.realdata

__all__ = ["bantul"]


@pytest.fixture(scope="module")
def study(bantul):
    return Study(bantul_layers(bantul))


@pytest.mark.slow
def test_bantul_lacks_pustu_where_the_office_lists_none(study):
    plan = site(study, "pustu", Ask(units=10))
    # Piyungan (34.02.14) is the one kecamatan far from its neighbours' without any of the 31.
    assert plan.sites.iloc[0]["village_code"].startswith("34.02.14.")
    assert plan.solution.proof == "optimal"
    # With 30 minutes by motorcycle four more reach everybody; the other six would add nobody.
    assert len(plan.sites) == 4
    assert plan.after.coverage["pustu"].within.all()
    assert plan.sites["people_added"].sum() == pytest.approx(22_059, abs=1)


@pytest.mark.slow
def test_bantul_s_posyandu_are_planned_beyond_a_list_with_gaps(study):
    plan = site(study, "posyandu", Ask(units=20, time_limit_s=20))
    assert plan.solution.gap < 0.01
    assert "not taken as complete" in " ".join(in_words(plan))
    assert siting_record(plan)["list_of_kind_doubted"] == "few_for_people"
    before = plan.before.coverage["posyandu"].villages["people_reached"].sum()
    after = plan.after.coverage["posyandu"].villages["people_reached"].sum()
    assert after - before == pytest.approx(plan.people_added)
    assert set(plan.villages["posyandu_status_before"]) <= {"served", "unknown"}


@pytest.mark.slow
def test_bantul_s_four_pustu_over_three_years(study):
    years = [{"year": 2027 + t, "units": 2} for t in range(3)]
    found = rollout(study, RolloutPlan.model_validate({"kind": "pustu", "years": years}))
    assert found.solution.proof == "optimal"
    # Two a year, each a year in building; the two that add most come first.
    assert found.plan["units_working"].tolist() == [0, 2, 4]
    assert found.plan["people_added"].iloc[-1] == pytest.approx(22_059, abs=1)
    assert found.plan["people_reached"].iloc[1] == pytest.approx(found.plan["people_reached_bound"].iloc[1])
    assert found.after.coverage["pustu"].within.all()
