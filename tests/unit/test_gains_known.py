"""What a plan or a scenario gains is exact, at most, at least, or as far as known: by what nobody knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from planner.cli import rollout as console_of_years
from planner.cli import site as console
from planner.coverage.gained import Gain, by_village, change_of_points
from planner.coverage.reach import is_open
from planner.pipeline import (
    Ask,
    CloseFacility,
    Ilp,
    OpenFacility,
    RolloutPlan,
    Study,
    demo_layers,
    rollout,
    site,
    write_rollout,
    write_siting,
)
from planner.reports.comparison.document import comparison_document
from planner.reports.comparison.sides import comparison_of, sums, unsure
from planner.reports.documents.data import as_data
from planner.reports.documents.model import change, change_known, people
from planner.reports.documents.words import Words
from planner.reports.maps.sites_page import sites_map
from planner.reports.proposal.background import aim
from planner.reports.proposal.memo import one_page, staff_memo
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.proposal.usulan import proposal
from planner.reports.proposal.write import source_of
from planner.siting.gained import gain, gain_by_year

KIND = "posyandu"
# Of sums of the same people.
HAIR = 1e-6


def some_lost(n=2):
    """The demo in which the last posyandu have neither coordinates nor a village."""
    layers = demo_layers(12)
    units = layers.facilities.copy()
    lost = units.index[(units["kind"] == KIND) & (units["functioning"] != "no")][-n:]
    units.loc[lost, "geometry"] = shapely.Point()
    units.loc[lost, ["village_code", "geometry"]] = None
    return layers.with_facilities(
        units.assign(status=units["status"].mask(units.index.isin(lost), "unlocated"))
    )


@pytest.fixture(scope="module")
def lost():
    return Study(some_lost())


@pytest.fixture(scope="module")
def plan(lost):
    return site(lost, KIND, Ask(units=3))


def in_world(lost, place, edits):
    """Return the people reached with some edits if the units without a place all stand at one."""
    layers = lost.layers
    units = layers.facilities.copy()
    where = units["status"] == "unlocated"
    village = layers.villages.index[layers.villages.contains(place)][0]
    units.loc[where, "geometry"] = place
    units.loc[where, ["status", "village_code"]] = ["used", village]
    gaps = Study(layers.with_facilities(units)).gaps(edits)
    one, weight = gaps.coverage[KIND], gaps.demand["people"].fillna(0.0)
    return one.reached, weight.to_numpy()


@pytest.mark.slow
def test_in_every_world_a_plan_gains_what_lies_between_its_bounds(lost, plan):
    found = gain(plan)
    assert found.people == pytest.approx(plan.people_added)
    assert found.at_most
    assert not found.at_least
    gains = []
    for village in lost.layers.villages.geometry:
        place = village.representative_point()
        before, people = in_world(lost, place, [])
        after, _ = in_world(lost, place, plan.scenario.edits)
        gains.append(people[after & ~before].sum())
    assert min(gains) >= found.least - HAIR
    assert max(gains) == pytest.approx(found.most)
    # The bounds are no wider than by those of whom nobody knows.
    coverage = lost.gaps().coverage[KIND]
    new = plan.after.coverage[KIND].reached & ~coverage.reached
    open_ = np.isin(coverage.reason, ["unknown", "list_incomplete", "roads_incomplete", "people_unplaced"])
    everyone = lost.demand["people"].fillna(0.0).to_numpy()
    assert found.people - found.least == pytest.approx(everyone[new & open_].sum())


def texts_of(document, words):
    def each(value):
        if isinstance(value, str):
            yield value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            yield from each(inner)

    return " ".join(each(as_data(document, words)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "most", "why"),
    [
        ("id", "paling banyak {n} jiwa lagi", "karena letak 2 posyandu belum diketahui."),
        ("en", "at most {n} more people", "since the places of 2 posyandu are not known."),
    ],
)
def test_wherever_it_is_told_a_gain_is_at_most_so_many(lost, plan, tmp_path, lang, most, why):
    write_siting(plan, tmp_path / "out")
    source = replace(source_of(Ilp(lost.gaps()), lang=lang), plan=read_plan_folder(tmp_path / "out"))
    number = source.words.cell(replace(people(plan.people_added), unit=""))
    for document in (proposal(source), staff_memo(source), one_page(source)):
        said = texts_of(document, source.words)
        assert most.format(n=number) in said
        assert why in said
        # Nowhere without its bound.
        unit = most.rpartition("{n}")[2]
        assert said.count(f"{number}{unit}") == said.count(most.format(n=number))
    assert most.format(n=number) in aim(source).blocks[1].items[0]
    known = {"id": "yang diketahui terjangkau", "en": "known to be served"}[lang]
    assert known in aim(source).blocks[1].items[0]
    page = sites_map(plan, lang=lang).get_root().render()
    assert f"{most.partition('{')[0]}+{number}" in page


@pytest.mark.slow
def test_the_console_warns_and_a_rollout_does_in_each_year(lost, plan, tmp_path):
    lines = console.in_words(plan)
    assert f"at most {plan.people_added:,.0f} people more" in lines[0]
    assert "  2 posyandu without a known place: whom they reach is not known" in lines
    years = [{"year": 2027, "units": 1}, {"year": 2028, "units": 2, "people_factor": 1.1}]
    dated = rollout(lost, RolloutPlan.model_validate({"kind": KIND, "years": years}))
    told = console_of_years.in_words(dated)
    assert "at most" in told[0]
    found = gain_by_year(dated)
    assert found[-1].people == pytest.approx(1.1 * dated.sites["people_added"].sum())
    write_rollout(dated, tmp_path / "out")
    read = read_plan_folder(tmp_path / "out")
    assert [one.least for one in read.gain_by_year] == pytest.approx([one.least for one in found])
    assert read.gain.at_most == found[-1].at_most
    # The last year has a tenth more people than today, for whom the documents speak.
    ends = np.array([read.gain.least, read.gain.most])
    assert ends * 1.1 == pytest.approx([found[-1].least, found[-1].most])


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.9, 1.2])
def test_people_of_another_year_make_no_gain_unsure(factor, tmp_path):
    """All are known: that the last year has other people is no doubt (the documents said "at least")."""
    years = [{"year": 2027, "units": 2, "people_factor": factor}]
    plan = rollout(Study(demo_layers(12)), RolloutPlan.model_validate({"kind": KIND, "years": years}))
    write_rollout(plan, tmp_path / "out")
    read = read_plan_folder(tmp_path / "out")
    assert read.gain.is_sure
    assert read.gain.people == pytest.approx(plan.sites["people_added"].sum())


@pytest.mark.slow
def test_where_all_is_known_a_gain_is_exact(tmp_path):
    study = Study(demo_layers(12))
    plan = site(study, KIND, Ask(units=2))
    assert gain(plan).is_sure
    write_siting(plan, tmp_path / "out")
    source = replace(source_of(Ilp(study.gaps()), lang="id"), plan=read_plan_folder(tmp_path / "out"))
    said = texts_of(one_page(source), source.words)
    assert "paling banyak" not in said
    assert "mungkin sudah dapat mencapai" not in said
    assert "at most" not in console.in_words(plan)[0]


@pytest.mark.slow
def test_without_roads_others_may_be_reached_by_vehicle_too():
    plan = site(Study(replace(demo_layers(12), roads=None)), "pustu", Ask(units=1))
    found = gain(plan)
    assert found.at_least
    assert "as far as known" in console.in_words(plan)[0]
    # Who only opens units takes nobody anything, whatever roads there are.
    for before, after, none in ((plan.before, plan.after, "lost"), (plan.after, plan.before, "gained")):
        told = sums(comparison_of(before, after).villages("pustu"))
        assert told[none] == Gain(0.0, 0.0, 0.0)
        assert abs(told["net"].people) == pytest.approx(found.people)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_villages_that_become_known_are_no_sure_difference(lost, plan, lang):
    # As if the plan were a scenario: its units are opened, and nothing else.
    edits = [edit for edit in plan.scenario.edits if isinstance(edit, OpenFacility)]
    both = comparison_of(lost.gaps(), lost.gaps(edits), lang=lang)
    table = both.villages(KIND)
    net = sums(table)["net"]
    assert (net.people, net.least) == pytest.approx((gain(plan).people, gain(plan).least), abs=HAIR)
    assert net.at_most
    # By villages: those of whose new people some were open before.
    one, other = (side.source.gaps.coverage[KIND] for side in both.sides)
    people = lost.demand["people"].fillna(0.0)
    in_doubt = other.reached & ~one.reached & (one.reason == "unknown") & (people > 0).to_numpy()
    villages = set(lost.demand["village_code"][in_doubt])
    assert set(table.index[unsure(table)]) == villages
    words = both.words
    said = texts_of(comparison_document(both), words)
    number = words.cell(change_known(people_of(net), net))
    assert number.startswith({"id": "paling banyak", "en": "at most"}[lang])
    assert number in said
    exact = {
        "id": f"menjangkau {words.cell(people_of(net))} lebih",
        "en": f"reaches {words.cell(people_of(net))}",
    }
    assert exact[lang] not in said


def people_of(net):
    return people(abs(net.people))


@pytest.mark.slow
def test_of_lists_in_doubt_on_both_sides_the_same_unknown_is_no_doubt(lost):
    units = lost.layers.facilities
    there = units[(units["kind"] == KIND) & (units["status"] == "used")].geometry.to_crs(4326).iloc[0]
    beside = OpenFacility(op="open_facility", id="x", kind=KIND, lonlat=(there.x, there.y))
    now, then = lost.gaps(), lost.gaps([beside])
    assert now.coverage[KIND] is not then.coverage[KIND]
    assert (now.coverage[KIND].villages["share_unknown"] > 0).any()
    least, most = by_village(now, then, KIND, "dry")
    assert not least.any()
    assert not most.any()


def test_bounds_are_of_the_size_of_a_difference():
    for gained, id_, en in (
        (Gain(5.0, 5.0, 5.0), "+5", "+5"),
        (Gain(5.0, 0.0, 5.0), "paling banyak +5", "at most +5"),
        (Gain(5.0, 5.0, 9.0), "sedikitnya +5", "at least +5"),
        (Gain(-5.0, -5.0, 0.0), "paling banyak −5", "at most −5"),
        (Gain(-5.0, -9.0, -5.0), "sedikitnya −5", "at least −5"),
        (Gain(5.0, -1.0, 5.0), "+5 (sejauh diketahui)", "+5 (as far as known)"),
        (Gain(0.0, 0.0, 9.0), "0 (sejauh diketahui)", "0 (as far as known)"),
        (Gain(0.0, 0.0, 0.0), "0", "0"),
    ):
        cell = change_known(change(gained.people), gained)
        assert (Words("id").cell(cell), Words("en").cell(cell)) == (id_, en)


def open_in_both(before, after):
    """Return where neither answer knows whether people are reached."""
    one, other = (gaps.in_each(KIND, [gaps.scenario.season]) for gaps in (before, after))
    return ~one.reached & is_open(one.reason_code) & ~other.reached & is_open(other.reason_code)


def closed(study):
    """Return an edit that closes a unit with a place, which says nothing of those without one."""
    units = study.layers.facilities
    return [CloseFacility(id=units.index[(units["kind"] == KIND) & (units["status"] == "used")][0])]


@pytest.mark.slow
def test_other_units_without_a_place_may_change_all_that_is_unknown(lost):
    # One of the two has a place now: where it may have stood before says nothing of where it stands.
    before, after = lost.gaps(), Study(some_lost(1)).gaps(closed(lost))
    both = open_in_both(before, after)
    assert both.any()
    least, most = change_of_points(before, after, KIND)
    assert (least[both] == -1).all()
    assert (most[both] == 1).all()


@pytest.mark.slow
def test_a_place_that_is_within_reach_in_one_answer_alone_may_change(lost):
    before, after = lost.gaps(), lost.gaps(closed(lost))
    season = before.scenario.season
    one = after.seasons[season][KIND]
    both = np.flatnonzero(open_in_both(before, after))
    least, most = change_of_points(before, after, KIND)
    assert not least[both].any()
    assert not most[both].any()
    # As where a unit opens beside the interior point of an islet, of which people may live anywhere.
    within = one.within.copy()
    within[both[0]] = ~within[both[0]]
    seasons = {**after.seasons, season: {**after.seasons[season], KIND: replace(one, within=within)}}
    least, most = change_of_points(before, replace(after, seasons=seasons), KIND)
    assert (least[both[0]], most[both[0]]) == (-1, 1)
    others = both[1:]
    assert len(others)
    assert not least[others].any()
    assert not most[others].any()
