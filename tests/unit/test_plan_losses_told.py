"""What a plan takes away stands wherever it is asked for, and that it gains nobody only where it is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.pipeline import Ask, CloseFacility, Ilp, Study, demo_layers, site, write_siting
from planner.reports.documents.data import as_data
from planner.reports.documents.model import number, people
from planner.reports.proposal.background import aim
from planner.reports.proposal.memo import one_page, staff_memo
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.proposal.proposed import lost_in_words
from planner.reports.proposal.readiness import unknown_facts
from planner.reports.proposal.usulan import proposal
from planner.reports.proposal.write import source_of

DOCUMENTS = (proposal, staff_memo, one_page)
# A pustu of the demo without which some people have none within the limit.
ALONE = "T99010020"


def texts_in(value):
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from texts_in(inner)


def told(document, source):
    return " ".join(texts_in(as_data(document(source), source.words)))


def source_with(plan, folder, lang):
    write_siting(plan, folder)
    return replace(source_of(Ilp(plan.before), lang=lang), plan=read_plan_folder(folder))


@pytest.fixture(scope="module")
def upgraded():
    ask = Ask(units=1, forced=(f"upgrade_to_puskesmas/{ALONE}",))
    return site(Study(demo_layers(24)), "puskesmas", ask)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_whoever_is_asked_reads_who_loses_a_unit_by_an_upgrade(upgraded, tmp_path, lang):
    # Its pustu is gone: as if it were closed.
    before = upgraded.before.coverage["pustu"].villages
    after = Study(upgraded.before.layers).gaps([CloseFacility(id=ALONE)]).coverage["pustu"].villages
    lost = before["people_reached"].sum() - after["people_reached"].sum()
    gone = int((before["status"].eq("served") & after["status"].ne("served")).sum())
    assert lost > 0
    source = source_with(upgraded, tmp_path / "out", lang)
    words = source.words
    said = {
        "id": "Peningkatan unit membuat {p} tidak lagi berada dalam batas waktu pustu, "
        "dan {v} tidak lagi terjangkau pustu.",
        "en": "Upgrading leaves {p} without a pustu within the limit, and {v} no longer reached by one.",
    }[lang].format(p=words.cell(people(lost)), v=words.cell(number(gone, "village")))
    for document in DOCUMENTS:
        assert said in told(document, source)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("people_lost", "villages_lost", "said"),
    [
        (1, 0, ["Upgrading leaves 1 person without a pustu within the limit."]),
        (0, 2, ["Upgrading leaves 2 villages no longer reached by a pustu."]),
        (0, 0, []),
    ],
)
def test_nothing_that_is_not_lost_is_told(upgraded, tmp_path, people_lost, villages_lost, said):
    source = source_with(upgraded, tmp_path / "out", "en")
    lost = [{"kind": "pustu", "people": people_lost, "villages": villages_lost}]
    plan = replace(source.plan, record={**source.plan.record, "lost_of_other_kinds": lost})
    assert lost_in_words(source, plan) == said


@pytest.fixture(scope="module")
def of_nobody():
    """Without roads whom a unit gains by vehicle is not known; on foot, this one gains nobody."""
    ask = Ask(units=1, forced=("open_pustu/99.01.01.1001/1",))
    return site(Study(replace(demo_layers(12), roads=None)), "pustu", ask)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "never", "known"),
    [
        ("id", ["tidak menambah", "tidak bertambah", "penduduk itu", "Penduduk lain"], "yang diketahui"),
        ("en", ["o more people can", "no more people", "these people", "Others may"], "known to"),
    ],
)
def test_that_nobody_is_gained_is_said_only_where_it_is_known(of_nobody, tmp_path, lang, never, known):
    source = source_with(of_nobody, tmp_path / "out", lang)
    assert source.plan.gain.people == 0
    assert source.plan.gain.most > 0
    for document in DOCUMENTS:
        said = told(document, source)
        assert [words for words in never if words in said] == []
    assert known in aim(source).blocks[1].items[0]
    # Where roads are known, and all units, nobody is nobody.
    sure = replace(
        source.plan,
        record={**source.plan.record, "people_added_least": 0.0, "people_added_most": 0.0},
    )
    assert known not in aim(replace(source, plan=sure)).blocks[1].items[0]


@pytest.mark.slow
def test_professions_without_a_number_are_many(upgraded, tmp_path):
    source = source_with(upgraded, tmp_path / "out", "en")
    plan = replace(source.plan, record={**source.plan.record, "staff_not_limited": ["bidan", "perawat"]})
    what = [what for what, _ in unknown_facts(replace(source, plan=plan))]
    assert "How many there will be of: midwives and nurses." in what


@pytest.mark.slow
def test_a_plan_that_proposes_nothing_asks_for_no_staff(tmp_path):
    plan = site(Study(demo_layers(12)), "hospital", Ask(target=0.05))
    assert not len(plan.sites)
    assert "staff needed is not known" not in told(proposal, source_with(plan, tmp_path / "out", "en"))
