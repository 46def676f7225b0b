"""A unit that is upgraded is no longer what it was: who loses it is told, each by a count of its own."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from planner.cli.site import in_words
from planner.pipeline import Ask, Ilp, Study, demo_layers, site
from planner.reports.proposal.made import plan_for_documents
from planner.reports.proposal.proposed import lost_in_words
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
    assert told == {"kind": "pustu", "people": pytest.approx(people), "villages": villages, "more": False}


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


UPGRADED = "T99010014"


def without_people(*silent):
    """Return the demo with villages of which nobody knows how many people they have."""
    area = demo_layers(12)
    villages = area.villages.copy()
    villages.loc[list(silent) or villages.index, "people"] = np.nan
    return Study(replace(area, villages=villages))


def lost_by_upgrade(study, units=(UPGRADED,)):
    after = study.gaps([ChangeFacility(id=one, kind="puskesmas") for one in units])
    return lost_of_others(study.gaps(), after, "puskesmas")


def test_people_of_unknown_number_are_lost_too():
    """They counted 0, and a smaller number, or nothing at all, was said."""
    study = Study(demo_layers(12))
    every = study.layers.facilities.query("kind == 'pustu'").index
    gone = study.gaps().coverage["pustu"].reached
    by_village = study.gaps().demand[gone].groupby("village_code")["people"].sum()
    silent, rest = by_village.index[0], by_village.iloc[1:].sum()
    some, none = (
        lost_by_upgrade(without_people(*codes), every).kinds.loc["pustu"] for codes in ([silent], [])
    )
    assert (some["people"], some["more"]) == (pytest.approx(rest), True)
    assert (none["people"], none["more"]) == (0.0, True)
    assert not lost_by_upgrade(study).kinds.loc["pustu", "more"]


@pytest.mark.parametrize(
    ("people", "villages", "lang", "said"),
    [
        (3906, 1, "id", "sedikitnya 3.906 jiwa tidak lagi berada dalam batas waktu pustu, dan 1 desa"),
        (3906, 0, "en", "Upgrading leaves at least 3,906 people without a pustu within the limit."),
        (0, 1, "en", "Upgrading leaves 1 village no longer reached by a pustu."),
        (0, 0, "en", "Upgrading leaves people, whose number is not known, without a pustu"),
        (0, 0, "id", "Peningkatan unit membuat penduduk yang jumlahnya belum diketahui tidak lagi"),
    ],
)
def test_a_loss_of_which_not_all_is_known_reads_at_least(people, villages, lang, said):
    lost = [{"kind": "pustu", "people": people, "villages": villages, "more": True}]
    source = source_of(Ilp(Study(demo_layers(12)).gaps()), lang=lang)
    [told] = lost_in_words(source, SimpleNamespace(record={"lost_of_other_kinds": lost}))
    assert said in told


def test_a_site_that_only_people_of_unknown_number_lose_has_no_number():
    upgrade = default_measures().measures["upgrade_to_puskesmas"]
    known = Measures(measures={"upgrade_to_puskesmas": upgrade})
    ask = Ask(units=1, forced=(f"upgrade_to_puskesmas/{UPGRADED}",))
    lost = lost_by_upgrade(Study(demo_layers(12))).units
    assert lost.index.tolist() == [UPGRADED]
    codes = Study(demo_layers(12)).gaps().demand["village_code"].unique()
    nearest = Study(demo_layers(12)).gaps().coverage["pustu"].villages["nearest_id"]
    plan = site(without_people(*(set(codes) & set(nearest.index[nearest == UPGRADED]))), "puskesmas", ask,
                measures=known)  # fmt: skip
    assert plan.sites["people_lost"].isna().all()
    assert [line for line in in_words(plan) if "people of unknown number lose their pustu" in line]
