"""What a plan's lines and its map say of the objective, and of what the figures assume."""

from __future__ import annotations

from dataclasses import replace

import pytest
from street import scenario_with

from geodata.errors import ConfigError
from planner.cli import rollout as rollout_words
from planner.cli.site import in_words, roads_in_words
from planner.pipeline import Ask, CloseFacility, RolloutPlan, Study, rollout, site, site_with_roads
from planner.reports.maps.sites_page import write_sites_map
from planner.siting.measures import Measures, RoadMeasure, default_measures
from planner.siting.solution import solution

KIND = "posyandu"


@pytest.fixture(scope="module")
def study(demo_layers):
    """A posyandu closed, and another limit in the wet season."""
    one = demo_layers.facilities.query("kind == 'posyandu'").index[0]
    rules = scenario_with(KIND, limit_minutes=25, limit_minutes_wet=20)
    edits = (CloseFacility(id=one),)
    return Study(demo_layers, scenario=rules.model_copy(update={"edits": edits, "name": "Satu tutup"}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (
            Ask(units=3, objective="villages"),
            "  villages newly served: {objective:,.0f} (at best {bound:,.0f}",
        ),
        (
            Ask(units=2, gradual_minutes=60.0),
            "  people more, those beyond the limit in part: {objective:,.1f}",
        ),
        (Ask(units=2), "  people more: {objective:,.0f} (at best {bound:,.0f})"),
        (Ask(target=0.9), "  measures: {objective:,.0f} (at best {bound:,.0f})"),
        (Ask(units=2, objective="person_minutes"), "  people × minutes: {objective:,.1f} (at best"),
    ],
)
def test_the_objective_is_told_with_its_bound(study, ask, said):
    plan = site(study, KIND, ask)
    found = plan.solution
    line = said.format(objective=found.objective, bound=found.bound)
    assert [told for told in in_words(plan) if told.startswith(line)]


@pytest.mark.slow
def test_what_the_figures_assume_is_told(study, tmp_path):
    both = site(study, KIND, Ask(units=1, seasons=("dry", "wet")))
    line = (
        "  counted in the dry season, within 25 min (walking), and in the wet season, within 20 min (walking)"
        "; what if: Satu tutup, 1 edit"
    )
    assert line in in_words(both)
    asked = RolloutPlan.model_validate({"kind": KIND, "years": [{"year": 2027, "units": 1}]})
    years = rollout(study, asked)
    line = "  counted in the dry season, within 25 min (walking); what if: Satu tutup, 1 edit"
    assert line in rollout_words.in_words(years)
    paved = {"op": "change_road", "road": study.layers.roads["way_id"].iloc[0], "surface": "paved"}
    pave = RoadMeasure.model_validate({"op": "road", "edits": [paved]})
    measures = Measures(measures={**default_measures().measures, "pave": pave})
    roads = site_with_roads(study, KIND, Ask(units=1), measures=measures)
    assert line in roads_in_words(roads)
    for plan in (both, years, roads):
        for lang, said in (
            ("en", ("Counted: dry season, within 25 minutes (walking).", "What if “Satu tutup”", "edits: 1")),
            ("id", ("Dihitung: musim kemarau, dalam 25 menit (jalan kaki).", "Andaian “Satu tutup”")),
        ):
            write_sites_map(plan, tmp_path / "map.html", lang=lang)
            page = (tmp_path / "map.html").read_text("utf-8")
            assert all(text in page for text in said), (lang, said)
            wet = {"en": "Counted: wet season, within 20", "id": "Dihitung: musim hujan, dalam 20"}[lang]
            assert (wet in page) == (plan is both)


@pytest.mark.slow
def test_a_target_is_told_in_words_that_fit(study):
    plan = site(study, KIND, Ask(target=0.9, min_distance_m=500.0))
    best = "  proven best: no smaller number of these candidates reaches the target and keeps the rules"
    assert best in in_words(plan)
    # Cut off before anything is known: every cost is 0 or more, and that proves nothing.
    unknown = solution(plan.solution.chosen, plan.solution.objective, 0.0)
    cut = replace(plan, answer=replace(plan.answer, solution=unknown))
    assert "  best plan found; nobody knows yet how much better another one is" in in_words(cut)


@pytest.mark.slow
def test_the_present_by_the_default_rules_assumes_no_scenario(demo_layers, tmp_path):
    plan = site(Study(demo_layers), KIND, Ask(units=1))
    assert "  counted in the dry season, within 10 min (walking)" in in_words(plan)
    write_sites_map(plan, tmp_path / "map.html", lang="en")
    page = (tmp_path / "map.html").read_text("utf-8")
    assert "What if" not in page
    assert "differ from the default" not in page
    rules = scenario_with(KIND, limit_minutes=7).model_copy(update={"name": "Tujuh menit"})
    other = site(Study(demo_layers, scenario=rules), KIND, Ask(units=1))
    line = "  counted in the dry season, within 7 min (walking)"
    assert f"{line}; other rules than the default (scenario Tujuh menit)" in in_words(other)
    write_sites_map(other, tmp_path / "map.html", lang="en")
    page = (tmp_path / "map.html").read_text("utf-8")
    assert "The rules differ from the default ones (scenario “Tujuh menit”)." in page


@pytest.mark.slow
def test_plans_show_themselves_in_a_notebook(study, tmp_path):
    """The issue's line: each has ``_repr_html_``, ``sites``, ``curve``, ``map`` and ``scenario``."""
    paved = {"op": "change_road", "road": study.layers.roads["way_id"].iloc[0], "surface": "paved"}
    pave = RoadMeasure.model_validate({"op": "road", "edits": [paved]})
    measures = Measures(measures={**default_measures().measures, "pave": pave})
    asked = RolloutPlan.model_validate({"kind": KIND, "years": [{"year": 2027, "units": 1}]})
    plans = (
        site(study, KIND, Ask(units=1)),
        rollout(study, asked),
        site_with_roads(study, KIND, Ask(units=1), measures=measures),
        # Nothing is left for units.
        site_with_roads(study, KIND, Ask(units=1, forced=("pave",)), measures=measures),
    )
    for plan in plans:
        assert repr(plan).split(" ")[0] in plan._repr_html_()
        assert "<table" in plan._repr_html_()
        write_sites_map(plan, tmp_path / "map.html", lang="en")
        shown = plan.map(lang="en")
        # The same page but for Folium's ids of its parts.
        assert abs(len(shown.get_root().render()) - (tmp_path / "map.html").stat().st_size) < 5000
        assert "iframe" in shown._repr_html_()
        assert len(plan.scenario.edits) > len(study.scenario.edits)
    with pytest.raises(ConfigError):
        plans[0].map(lang="fr")
