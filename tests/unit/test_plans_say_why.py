"""What a plan says of its reasons and of its people: each sentence against what is so."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from geodata.errors import ConfigError
from planner.cli.plan_words import doubts_of_gain
from planner.cli.rollout import in_words as years_in_words
from planner.cli.site import doubts_in_words, in_words
from planner.pipeline import Ask, Floor, RolloutPlan, Study, demo_layers, rollout, site
from planner.reports.maps.sites_page import _box
from planner.reports.rollout import rollout_record
from planner.reports.siting import siting_record
from planner.siting.measures import Measures, default_measures
from planner.texts.catalogues import map_texts


@pytest.fixture(scope="module")
def study():
    return Study(demo_layers(12))


@pytest.fixture(scope="module")
def short_list():
    layers = demo_layers(12)
    return Study(replace(layers, area=replace(layers.area, official={"posyandu": 300})))


def test_with_capacity_others_may_have_room_and_no_road_is_blamed(short_list):
    plan = site(short_list, "posyandu", Ask(units=2, capacity=True))
    said = " ".join(doubts_of_gain(plan))
    assert "others may have room too" in said
    assert "roads that are not in the data" not in said
    for lang in ("id", "en"):
        texts = map_texts(lang)
        assert texts["plan_others_room"] in _box(plan, texts, lang)
        assert texts["plan_others"] not in _box(plan, texts, lang)


@pytest.fixture(scope="module")
def grows(study):
    years = [{"year": 2027, "units": 1}, {"year": 2029, "units": 1, "people_factor": 1.2}]
    years = [years[0], {"year": 2028, "units": 1}, years[1]]
    return rollout(study, RolloutPlan.model_validate({"kind": "posyandu", "years": years}))


def test_people_of_a_year_are_told_as_such(grows):
    today = grows.sites["people_added"].sum()
    lines = years_in_words(grows)
    assert grows.people_added == pytest.approx(1.2 * today)
    assert lines[0].endswith("within the limit by 2029 (people of 2029: × 1.2)")
    [of_today] = [line for line in lines if "with the people of today" in line]
    assert f"{today:,.0f} people more" in of_today
    by_year = {line.strip()[:4]: line for line in lines if line.strip()[:4].isdigit()}
    assert "people of 2029: × 1.2" in by_year["2029"]
    assert "×" not in by_year["2028"]
    assert grows.plan["people_factor"].tolist() == [1.0, 1.0, 1.2]
    record = rollout_record(grows)
    assert record["people_added_people_factor"] == 1.2
    assert record["people_added_of_today"] == pytest.approx(today)
    assert "penduduk 2029: × 1,2" in _box(grows, map_texts("id"), "id")


def test_people_of_today_need_no_word(study):
    asked = {"kind": "posyandu", "years": [{"year": 2027, "units": 1}]}
    assert "people of" not in "\n".join(years_in_words(rollout(study, RolloutPlan.model_validate(asked))))


def test_a_target_that_only_a_rule_bars_names_the_rule(study):
    people = study.demand.geometry.get_coordinates().to_numpy()
    places = gpd.GeoDataFrame(geometry=shapely.points(people), crs=study.demand.crs)
    with pytest.raises(ConfigError, match=r"min_distance_m \(9000 m\)") as told:
        site(study, "posyandu", Ask(target=0.99, min_distance_m=9000.0), places=places)
    assert told.value.why == "target_barred"
    assert "mend the roads" not in str(told.value)
    assert told.value.values["best_percent"] < 99 <= told.value.values["every_percent"]
    floor = (Floor("all", 0.99),)
    with pytest.raises(ConfigError, match="min_distance_m") as told:
        site(study, "posyandu", Ask(units=3, min_distance_m=9000.0, floors=floor), places=places)
    assert told.value.why == "floors_barred"


def test_what_could_work_at_once_and_has_no_place_is_not_listed_as_too_late(study):
    known = default_measures().measures
    one = known["upgrade_to_pustu"].model_copy(update={"lead_years": 0.0})
    assert not study.layers.facilities["kind"].isin(one.of).any()
    late = known["open_pustu"].model_copy(update={"lead_years": 2.0})
    asked = RolloutPlan.model_validate({"kind": "pustu", "years": [{"year": 2027, "units": 1}]})
    with pytest.raises(ConfigError, match="nothing can work in 1 year") as told:
        rollout(study, asked, measures=Measures(measures={"upgrade_to_pustu": one, "open_pustu": late}))
    assert "open_pustu 2 (upgrade_to_pustu: no candidate)" in str(told.value)


def test_where_rules_bar_every_candidate_lead_times_are_not_blamed(study):
    new = {"open_posyandu": default_measures().measures["open_posyandu"]}
    asked = {"kind": "posyandu", "years": [{"year": 2027, "units": 1}], "min_distance_m": 1e6}
    plan = rollout(study, RolloutPlan.model_validate(asked), measures=Measures(measures=new))
    assert len(plan.sites) == 0
    assert "the rules of the plan leave none" in "\n".join(years_in_words(plan))


def test_places_outside_and_second_names_are_told(study):
    inside = study.demand.geometry.iloc[0]
    outside = shapely.Point(study.layers.villages.total_bounds[0] - 200.0, inside.y)
    names = ["b", "a", "far"]
    places = gpd.GeoDataFrame({"name": names}, geometry=[inside, inside, outside], crs=study.demand.crs)
    plan = site(study, "posyandu", Ask(units=1), places=places)
    said = "\n".join(doubts_in_words(plan))
    assert "1 place given lies outside of every village" in said
    assert "1 place given is at the point of another one" in said
    assert siting_record(plan)["places_given"] == {"outside": 1, "same_point": 1}
    without = site(study, "posyandu", Ask(units=1), places=places.iloc[:1])
    assert "given" not in "\n".join(doubts_in_words(without))


def test_that_more_were_not_better_is_said_of_proven_plans_only(study):
    plan = site(study, "posyandu", Ask(units=400, one_per_village=True))
    assert len(plan.sites) < 400
    open_ = replace(
        plan,
        answer=replace(
            plan.answer, solution=replace(plan.solution, bound=plan.solution.bound + 99, proof="feasible")
        ),
    )
    assert "more of these were not better" in "\n".join(in_words(plan))
    assert "more of these were not better" not in "\n".join(in_words(open_))
    assert "which is not proven" in "\n".join(in_words(open_))
