"""A unit that is upgraded is no longer what it was: who loses it is told, each by a count of its own."""

from __future__ import annotations

import numpy as np
import pytest

from planner.cli.site import in_words
from planner.pipeline import Ask, Ilp, Study, demo_layers, site
from planner.reports.proposal.made import plan_for_documents
from planner.reports.proposal.request import request_facts
from planner.reports.proposal.write import source_of
from planner.reports.siting import siting_record
from planner.scenarios.edits import ChangeFacility
from planner.siting.lost import lost_of_others
from planner.siting.measures import Measures, default_measures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan():
    upgrade = default_measures().measures["upgrade_to_puskesmas"]
    known = Measures(measures={"upgrade_to_puskesmas": upgrade})
    return site(Study(demo_layers(12)), "puskesmas", Ask(units=2), measures=known)


def counted(plan):
    """Return who is within the limit of a pustu without the plan and not with it, and the villages."""
    was, then = (gaps.coverage["pustu"] for gaps in (plan.before, plan.after))
    gone = was.reached & ~then.reached
    people = plan.before.demand["people"].to_numpy()[gone].sum()
    served = (was.villages["status"] == "served") & (then.villages["status"] != "served")
    return people, int(served.sum())


def test_who_loses_the_pustu_is_told_by_site_on_the_console_and_in_the_record(plan):
    people, villages = counted(plan)
    assert people > 0
    assert plan.sites["people_lost"].sum() == pytest.approx(people)
    assert plan.sites["villages_lost"].sum() == villages
    [line] = [line for line in in_words(plan) if "lose their pustu" in line]
    assert f"{people:,.0f} people" in line
    [told] = siting_record(plan)["lost_of_other_kinds"]
    assert told == {"kind": "pustu", "people": pytest.approx(people), "villages": villages}


def test_each_site_counts_those_whose_nearest_unit_it_was(plan):
    was, then = (gaps.coverage["pustu"] for gaps in (plan.before, plan.after))
    gone = was.reached & ~then.reached
    people = plan.before.demand["people"].to_numpy()
    for row in plan.sites.itertuples():
        own = gone & (was.nearest_id == row.facility_id)
        assert row.people_lost == pytest.approx(people[own].sum())


def test_a_plan_that_takes_nothing_away_says_nothing():
    opened = site(Study(demo_layers(12)), "posyandu", Ask(units=1))
    assert (opened.sites[["people_lost", "villages_lost"]] == 0).all(axis=None)
    assert not [line for line in in_words(opened) if "lose" in line]
    assert siting_record(opened)["lost_of_other_kinds"] == []


def test_a_kind_that_counts_as_the_other_loses_nobody():
    """A poskesdes counts as a pustu: one that becomes a pustu takes nothing away."""
    layers = demo_layers(12)
    study = Study(layers)
    first = layers.facilities.index[layers.facilities["kind"] == "pustu"][-1]
    less = study.gaps([ChangeFacility(id=first, kind="poskesdes")])
    assert lost_of_others(study.gaps(), less, "puskesmas").kinds.empty


def test_in_both_seasons_the_season_in_which_it_is_lost_names_the_unit():
    layers = demo_layers(12)
    study = Study(layers)
    units = layers.facilities.index[layers.facilities["kind"] == "pustu"][-2:]
    after = study.gaps([ChangeFacility(id=one, kind="puskesmas") for one in units])
    lost = lost_of_others(study.gaps(), after, "puskesmas", ("dry", "wet"))
    was, then = (gaps.in_each("pustu", ("dry", "wet")).reached for gaps in (study.gaps(), after))
    people = study.demand["people"].to_numpy()[was & ~then].sum()
    assert people > 0
    assert np.isclose(lost.kinds["people"].sum(), people)
    assert np.isclose(lost.units["people"].sum(), people)
    assert set(lost.units.index) <= set(units)


def test_documents_say_it_in_both_languages(plan):
    people, villages = counted(plan)
    made, ilp = plan_for_documents(plan), Ilp(plan.before)
    sources = {lang: source_of(ilp, lang=lang) for lang in ("id", "en")}
    said = {lang: " ".join(request_facts(source, made)) for lang, source in sources.items()}
    assert f"leaves {people:,.0f} people without a pustu within the limit" in said["en"]
    assert (
        f"{people:,.0f}".replace(",", ".") + " jiwa tidak lagi berada dalam batas waktu pustu" in said["id"]
    )
    assert f"{villages} village" in said["en"]
