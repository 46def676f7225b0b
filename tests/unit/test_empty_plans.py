"""A plan that proposes nothing says why, and each document and the console say the same true reason."""

from __future__ import annotations

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest

from geodata.vocabulary.statuses import VillageStatus
from planner.cli import rollout as console_of_years
from planner.cli import site as console
from planner.pipeline import (
    Ask,
    Ilp,
    RolloutPlan,
    Study,
    demo_layers,
    rollout,
    site,
    write_rollout,
    write_siting,
)
from planner.reports.documents.data import as_data
from planner.reports.maps.sites_page import sites_map
from planner.reports.proposal.background import aim
from planner.reports.proposal.memo import asked, one_page, staff_memo
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.proposal.usulan import proposal
from planner.reports.proposal.write import source_of
from planner.siting.measures import Measures, default_measures
from planner.siting.objectives.problem import BestPlan
from planner.siting.solution import solution
from planner.siting.why_none import WhyNone, why_none

NAMES = list(WhyNone)


def priced(idr):
    new = default_measures().measures["open_posyandu"].model_copy(update={"cost_idr": idr})
    return Measures(measures={"open_posyandu": new})


def at_a_unit(study, kind):
    """A place where a unit stands already: whoever reaches it reaches that one."""
    units = study.layers.facilities
    mine = units[(units["kind"] == kind) & (units["functioning"] != "no")].iloc[:1]
    return gpd.GeoDataFrame(geometry=mine.geometry.to_list(), crs=units.crs)


def years(**more):
    return RolloutPlan.model_validate({"kind": "posyandu", "years": [{"year": 2027, "units": 1}], **more})


def out_of_time(study):
    plan = PLANS[WhyNone.NOBODY_ADDED](study)
    open_ = solution(np.empty(0, np.int64), 0.0, 9.0)
    answer = BestPlan(open_, plan.answer.unit, plan.answer.curve, plan.answer.stand_ins)
    return replace(plan, answer=answer)


def without_candidates(study):
    every = tuple(site(study, "posyandu", Ask(units=1)).candidates.index)
    return site(study, "posyandu", Ask(units=1, forbidden=every))


def of_served_alone(study):
    """Of no other village is the number of people known."""
    layers = study.layers
    served = study.gaps().coverage["posyandu"].villages["share_reached"] == 1.0
    villages = layers.villages.assign(people=layers.villages["people"].where(served))
    return site(Study(replace(layers, villages=villages)), "posyandu", Ask(units=1))


def no_kader(study):
    return rollout(study, years(years=[{"year": 2027, "units": 1, "staff": {"kader": 0}}]))


def at_one_unit(study, **ask):
    return site(study, "posyandu", Ask(units=1, **ask), places=at_a_unit(study, "posyandu"))


PLANS = {
    WhyNone.TARGET_MET: lambda s: site(s, "posyandu", Ask(target=0.1)),
    WhyNone.TOO_COSTLY: lambda s: site(s, "posyandu", Ask(budget_idr=1e6), measures=priced(2e6)),
    WhyNone.RULES: without_candidates,
    WhyNone.ALL_REACHED: of_served_alone,
    WhyNone.NOBODY_ADDED: at_one_unit,
    WhyNone.NO_VILLAGE: lambda s: site(
        s, "posyandu", Ask(units=1, objective="villages"), places=few_added(s)
    ),
    WhyNone.NOT_QUICKER: lambda s: at_one_unit(s, objective="person_minutes"),
    WhyNone.WAITING: lambda s: rollout(s, years(after_stage={"stage": "peluncuran"})),
    WhyNone.NOT_IN_YEARS: no_kader,
    WhyNone.TIME_UP: out_of_time,
}


def few_added(study):
    """The place that adds fewest people, but some."""
    plan = site(study, "posyandu", Ask(units=1))
    instance = plan.instance
    alone = np.array([instance.people_reached(np.array([j])) for j in range(instance.sites)])
    few = int(np.argmin(np.where(alone > 0, alone, np.inf)))
    return plan.candidates.iloc[[few]][["geometry"]]


@pytest.fixture(scope="module")
def study():
    return Study(demo_layers(12))


@pytest.fixture(scope="module", params=list(PLANS))
def made(request, study, tmp_path_factory):
    plan = PLANS[request.param](study)
    out = tmp_path_factory.mktemp("plan") / "out"
    (write_rollout if hasattr(plan, "plan") else write_siting)(plan, out)
    return request.param, plan, read_plan_folder(out)


def said_by(document, words):
    def texts_of(value):
        if isinstance(value, str):
            yield value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            yield from texts_of(inner)

    return " ".join(texts_of(as_data(document, words)))


@pytest.mark.slow
def test_every_document_map_and_console_tell_the_true_reason_and_no_other(made):
    why, plan, read = made
    assert why_none(plan) == why == read.why_none
    assert not len(plan.sites)
    lines = (console_of_years if hasattr(plan, "plan") else console).in_words(plan)
    [line] = [one for one in lines if one.startswith("  nothing is proposed: ")]
    assert len({console.why_none_in_words.__globals__["NONE"][name] for name in NAMES}) == len(NAMES)
    assert "{" not in line
    for lang in ("id", "en"):
        source = replace(source_of(Ilp(plan.before), lang=lang), plan=read)
        words = source.words
        mine = words.on_map(f"plan_none_{why}")
        others = {words.on_map(f"plan_none_{name}") for name in NAMES} - {mine}
        page = sites_map(plan, lang=lang).get_root().render()
        for said in (
            said_by(proposal(source), words), said_by(staff_memo(source), words),
            said_by(one_page(source), words), page,
        ):  # fmt: skip
            assert mine in said or mine.replace("'", "&#x27;") in said
            assert not any(other in said for other in others)
        # What nothing costs is known, and what is asked for fits the reason.
        cost, label = one_page(source).sections[0].blocks[0].numbers[2]
        assert cost.number == 0.0
        assert "Rp0" in label
        assert asked(source) == words.say(f"asked.none.{why}", kind=words.kind(read.kind))
        goals = aim(source).blocks[1].items
        gap = source.status(read.kind, VillageStatus.GAP)
        assert words.say("aim.gap", n=gap, kind=words.kind(read.kind)) not in goals


@pytest.mark.slow
def test_a_target_that_is_met_is_told_with_the_share_of_today(study, tmp_path):
    plan = site(study, "posyandu", Ask(target=0.5))
    write_siting(plan, tmp_path / "out")
    table = study.gaps().coverage["posyandu"].villages["people_reached"]
    share = table.sum() / study.layers.villages["people"].sum()
    assert share > 0.5
    for lang in ("id", "en"):
        source = replace(source_of(Ilp(study.gaps()), lang=lang), plan=read_plan_folder(tmp_path / "out"))
        for document in (proposal(source), staff_memo(source), one_page(source)):
            said = said_by(document, source.words)
            comma = f"{share:.1%}".replace(".", "," if lang == "id" else ".")
            assert comma in said
            assert ("tidak ada lagi penduduk" if lang == "id" else "nobody can be added") not in said


@pytest.mark.slow
def test_units_that_reach_nobody_more_are_not_said_to_reach_0_people(study, tmp_path):
    places = at_a_unit(study, "posyandu")
    [name] = site(study, "posyandu", Ask(units=1), places=places).candidates.index
    write_siting(site(study, "posyandu", Ask(units=1, forced=(name,)), places=places), tmp_path / "out")
    for lang, nobody, nought in (
        ("id", "tidak menambah penduduk yang dapat mencapai posyandu dalam batas waktu.", "0 jiwa"),
        ("en", "No more people can reach a posyandu within the limit by this.", "0 more people"),
    ):
        source = replace(source_of(Ilp(study.gaps()), lang=lang), plan=read_plan_folder(tmp_path / "out"))
        memo = said_by(staff_memo(source), source.words)
        assert nobody in memo
        assert not re.search(rf"(?<![\d.,]){nought}", memo)
        assert nought not in " ".join(aim(source).blocks[1].items)
