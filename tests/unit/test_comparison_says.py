"""What the comparison says beside its figures: of costs, of what a plan leaves open, of other seasons."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from planner.pipeline import (
    Ask,
    ChangeFacility,
    CloseFacility,
    Ilp,
    OpenFacility,
    Study,
    default_scenario,
    demo_layers,
    find_gaps,
    site,
    write_siting,
)
from planner.reports.comparison.document import comparison_document
from planner.reports.comparison.sides import comparison_of
from planner.reports.documents.model import Items, Paragraph, Table
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.proposal.proposed import units_proposed
from planner.reports.proposal.readiness import unknown_facts
from planner.reports.proposal.write import source_of

LANGUAGES = ["id", "en"]


@pytest.fixture(scope="module")
def study():
    return Study(demo_layers(12))


@pytest.fixture(scope="module")
def plan(study, tmp_path_factory):
    out = tmp_path_factory.mktemp("plan") / "out"
    write_siting(site(study, "posyandu", Ask(units=2)), out)
    return read_plan_folder(out)


def section(both, key):
    [found] = [one for one in comparison_document(both).sections if one.key == key]
    return found


def notes(both):
    return " ".join(b.text for b in section(both, "cost").blocks if isinstance(b, Paragraph))


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_note_on_costs_speaks_of_what_stands_in_the_table(study, plan, lang):
    now, closed = study.gaps(), study.gaps([CloseFacility(id="P9901002")])
    planned = study.gaps(plan.scenario.edits)
    for before, after, plans, keys in (
        (now, now, (None, None), {"of_none"}),
        (now, planned, (None, plan), {"of_none", "of_plan"}),
        (now, closed, (None, None), {"of_none", "of_file"}),
        (closed, planned, (None, plan), {"of_file", "of_plan"}),
    ):
        both = comparison_of(before, after, plans=plans, lang=lang)
        said = notes(both)
        say = both.words.say
        told = {key for key in ("of_file", "of_plan", "of_none") if say(f"compare.cost_{key}") in said}
        assert told == keys


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_plan_leaves_open_is_told_as_in_its_proposal(study, plan, lang):
    both = comparison_of(study.gaps(), study.gaps(plan.scenario.edits), plans=(None, plan), lang=lang)
    [table] = [b for b in section(both, "unknown").blocks if isinstance(b, Table)]
    rows = {row.cells[1].text: row.cells[0].text for row in table.rows}
    source = source_of(Ilp(study.gaps()), lang=lang)
    without = {what for what, _ in unknown_facts(source)}
    of_plan = {what for what, _ in unknown_facts(replace(source, plan=plan))} - without
    # Costs, yearly costs and rules for sites at the least.
    assert len(of_plan) >= 3
    assert {rows[what] for what in of_plan} == {"B"}


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_scenarios_of_other_seasons_are_told_in_their_own(lang):
    dry, layers = default_scenario(), demo_layers(60)
    wet = dry.model_copy(update={"season": "wet"})
    one, other = find_gaps(layers, scenario=dry), find_gaps(layers, scenario=wet)
    both = comparison_of(one, other, lang=lang)
    lists = [b.items for b in section(both, "short").blocks if isinstance(b, Items)]
    assert len(lists) == 2
    for said, kind in zip(lists[1], both.compared, strict=True):
        for gaps in (one, other):
            reached = gaps.coverage[kind].villages["people_reached"].sum()
            number = f"{reached:,.0f}"
            assert (number.replace(",", ".") if lang == "id" else number) in said
    assert any(
        one.coverage[k].villages["people_reached"].sum() != other.coverage[k].villages["people_reached"].sum()
        for k in both.compared
    )
    # In one season there is nothing of the kind.
    alike = comparison_of(one, one, lang=lang)
    assert len([b for b in section(alike, "short").blocks if isinstance(b, Items)]) == 1


@pytest.fixture(scope="module")
def upgraded(study, tmp_path_factory):
    """A pustu that becomes a puskesmas, in a plan that counts who is reached in both seasons."""
    out = tmp_path_factory.mktemp("upgraded") / "out"
    pustu = study.layers.facilities.query("kind == 'pustu'").index[0]
    ask = Ask(units=1, forced=(f"upgrade_to_puskesmas/{pustu}",), seasons=("dry", "wet"))
    write_siting(site(study, "puskesmas", ask), out)
    return read_plan_folder(out)


def scenarios_told(study, plan, lang):
    both = comparison_of(
        study.gaps(), study.gaps(plan.scenario.edits), plans=(None, plan), layers=study.layers, lang=lang
    )
    return " ".join(
        " ".join(b.items) if isinstance(b, Items) else b.text for b in section(both, "scenarios").blocks
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "was", "never", "counts"),
    [
        ("id", "1 pustu ditingkatkan menjadi puskesmas", "1 puskesmas ditingkatkan", "pada kedua musim"),
        ("en", "1 pustu upgraded to puskesmas", "1 puskesmas upgraded", "in both seasons"),
    ],
)
def test_a_unit_that_a_plan_upgrades_is_told_as_what_it_is_before(study, upgraded, lang, was, never, counts):
    """The answer of a plan has the unit as what it becomes: a puskesmas became a puskesmas."""
    said = scenarios_told(study, upgraded, lang)
    assert was in said
    assert never not in said
    # Its own document counts other people than the one season here.
    assert counts in said


def test_a_unit_that_the_scenario_of_a_plan_opens_or_changes_is_upgraded_from_that(study):
    pustu = study.layers.facilities.query("kind == 'pustu'").index[0]
    begun = (
        ChangeFacility(id=pustu, kind="polindes"),
        OpenFacility(id="baru", kind="poskesdes", lonlat=(107.4, -4.8)),
    )
    sites = pd.DataFrame({"op": "upgrade", "kind": "pustu", "facility_id": [pustu, "baru"]})
    plan = SimpleNamespace(kind="pustu", sites=sites, edits_before=begun)
    source = source_of(Ilp(study.gaps(begun)), lang="en")
    assert units_proposed(source, plan) == "1 polindes upgraded to pustu and 1 poskesdes upgraded to pustu"
