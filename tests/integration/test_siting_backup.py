"""Plans in which people count with two units in reach: against units looked at one by one, and as files."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geodata.errors import ConfigError, UnprovenError
from planner.cli.site import in_words
from planner.kernels.lists import Lists
from planner.pipeline import Ask, Floor, Study, robustness, site
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.workbook.plan import plan_sheets
from planner.reports.workbook.words import BookWords
from planner.scenarios.edits import ChangeFacility, CloseFacility, OpenFacility
from planner.siting.measures import Measures, default_measures
from planner.siting.reach import find_reach
from planner.texts.catalogues import map_texts

KIND, SPOTS = "posyandu", 7


@pytest.fixture(scope="module")
def study(demo_layers):
    return Study(demo_layers)


@pytest.fixture
def run(on_demo):
    def run(*words, out="out", command="site"):
        return on_demo(command, *words, out=out)

    return run


def functioning(layers, kind=KIND):
    rows = layers.facilities
    return rows[(rows["kind"] == kind) & (rows["status"] == "used") & (rows["functioning"] != "no")]


class Alone:
    """Who is within the limit of each unit where all others are closed: nothing of siting is asked."""

    def __init__(self, study, kind=KIND):
        self.study, self.kind = study, kind
        self.names = list(functioning(study.gaps().layers, kind).index)
        self.known = {name: self._gaps(name) for name in self.names}

    def _gaps(self, name, *edits):
        closed = (CloseFacility(id=other) for other in self.names if other != name)
        return self.study.gaps((*self.study.scenario.edits, *closed, *edits)).seasons

    def within(self, seasons):
        return {s: [one[s][self.kind].within for one in self.known.values()] for s in seasons}

    def of(self, edit):
        """By season, who is within the limit of what an edit opens or mends."""
        return {s: one[self.kind].within for s, one in self._gaps(None, edit).items()}

    def two(self, plan=None, season="dry"):
        """Who has two units in reach at different places, today or with a plan: bool by demand point."""
        within = {name: one[season][self.kind].within for name, one in self.known.items()}
        layers = self.study.gaps().layers
        if plan is not None:
            edits = plan.scenario.edits[len(self.study.scenario.edits) :]
            within |= {edit.id: self.of(edit)[season] for edit in edits}
            layers = plan.after.layers
        where, by_place = places_of(layers), {}
        for name, mine in within.items():
            by_place[where[name]] = by_place.get(where[name], False) | mine
        return np.sum(list(by_place.values()), axis=0) >= 2


@pytest.fixture(scope="module")
def singly(study):
    return Alone(study)


def places_of(layers):
    degrees = layers.facilities.geometry.to_crs(4326)
    return dict(zip(layers.facilities.index, zip(degrees.x.round(6), degrees.y.round(6), strict=True),
                    strict=True))  # fmt: skip


def known(gaps):
    counted = gaps.demand["people"].fillna(0.0).to_numpy()
    return np.where(gaps.demand["by_area"], 0.0, counted)


@pytest.fixture(scope="module")
def spots(study):
    """A few places, so that all choices can be tried: where one unit is in reach today, and where none is."""
    minutes = study.gaps().coverage[KIND].minutes
    far = np.argsort(-np.where(np.isfinite(minutes), minutes, -1.0), kind="stable")
    some = far[:: len(far) // SPOTS][:SPOTS]
    # Two of them beside each other: who has none in reach needs both.
    some = np.append(some, far[1])
    return gpd.GeoDataFrame(geometry=study.demand.geometry.to_numpy()[some], crs=study.layers.area.crs)


@pytest.mark.slow
@pytest.mark.parametrize("seasons", [("dry",), ("wet",), ("dry", "wet")])
def test_the_best_of_all_choices(study, spots, seasons, singly):
    plan = site(study, KIND, Ask(units=3, backup=2, seasons=seasons), places=spots)
    rows, people = plan.candidates, known(plan.before)
    have = {s: np.sum(within, axis=0) for s, within in singly.within(seasons).items()}
    new = {}
    for name, row in rows.iterrows():
        if row["op"] == "open":
            edit = OpenFacility(id="new", kind=KIND, lonlat=(row["lon"], row["lat"]))
        else:
            edit = ChangeFacility(id=row["facility_id"], functioning="yes")
        new[name] = {s: within.astype(int) for s, within in singly.of(edit).items()}

    def counted(names):
        enough = [have[s] + sum(new[n][s] for n in names) >= 2 for s in seasons]
        return float(people[np.logical_and.reduce(enough)].sum())

    best = max(counted(c) for n in range(4) for c in itertools.combinations(rows.index, n))
    assert plan.solution.proof == "optimal"
    assert plan.solution.objective == pytest.approx(best - counted(()))
    assert plan.people_added > 0
    assert counted(tuple(plan.sites.index)) == pytest.approx(best)
    # What each brings: from the words as well.
    chosen = list(plan.sites.index)
    for i, name in enumerate(chosen):
        added = counted(chosen[: i + 1]) - counted(chosen[:i])
        assert plan.sites.loc[name, "people_added"] == pytest.approx(added)
        rest = [c for c in chosen if c != name]
        assert plan.sites.loc[name, "people_alone"] == pytest.approx(best - counted(rest))


@pytest.mark.slow
def test_who_has_two_is_what_units_one_by_one_say(study, singly):
    plan = site(study, KIND, Ask(units=4, backup=2))
    before, after = singly.two(), singly.two(plan)
    people, code = known(plan.after), plan.after.demand["village_code"]
    assert plan.people_added == pytest.approx(people[after & ~before].sum())
    weight = plan.after.demand["weight"].to_numpy()
    for when, counted in (("_before", before), ("", after)):
        by_village = pd.Series(people * counted).groupby(code.to_numpy()).sum()
        share = pd.Series(weight * counted).groupby(code.to_numpy()).sum()
        has = plan.villages["people"].notna()
        found = plan.villages.loc[has, f"{KIND}_people_backup{when}"]
        assert np.allclose(found, by_village.reindex(found.index))
        assert np.allclose(plan.villages[f"{KIND}_share_backup{when}"], share.reindex(plan.villages.index))
    assert (plan.villages[f"{KIND}_units_needed"] == 2).all()
    served = plan.after.scenario.status.served
    lifted = (plan.villages[f"{KIND}_share_backup"] >= served).sum()
    lifted -= (plan.villages[f"{KIND}_share_backup_before"] >= served).sum()
    assert plan.sites["villages_added"].sum() == lifted
    # By the words of METHODS: 80 % and more, below 50 %; on whole lists nothing is unknown.
    for when in ("_before", ""):
        share = plan.villages[f"{KIND}_share_backup{when}"]
        words = ["served" if s >= 0.8 else "gap" if s < 0.5 else "partly" for s in share]
        assert plan.villages[f"{KIND}_status_backup{when}"].tolist() == words
    assert set(words) > {"served", "gap"}
    assert (plan.sites["people_near_limit"] <= plan.people_added).all()
    assert "with 2 units in reach" in repr(plan)
    assert "with 2 units within the limit" in in_words(plan)[0]


@pytest.mark.slow
def test_in_both_seasons_two_units_are_counted_in_each(study):
    """Of a kind whose ways rain makes longer: who has two in the dry season may have one in the wet."""
    singly = Alone(study, "puskesmas")
    plan = site(study, "puskesmas", Ask(units=4, backup=2, seasons=("dry", "wet")))
    dry, wet = (singly.two(season=s) for s in ("dry", "wet"))
    assert (dry != wet).any()
    after = np.logical_and(*(singly.two(plan, s) for s in ("dry", "wet")))
    assert (plan.reach.already == (dry & wet)).all()
    people = known(plan.after)
    assert plan.people_added > 0
    assert plan.people_added == pytest.approx(people[after & ~(dry & wet)].sum())


@pytest.mark.slow
def test_who_has_one_may_have_another_that_nobody_lists(study):
    """On a list that is not whole, fewer than two is unknown, and never a gap."""
    layers = study.layers
    few = Study(replace(layers, facilities=layers.facilities.drop(functioning(layers).index[20:])))
    assert few.gaps().extent.why[KIND]
    found = site(few, KIND, Ask(units=8, backup=2)).villages
    served = found[f"{KIND}_share_backup"] >= 0.8
    assert 0 < served.sum() < len(found)
    assert found[f"{KIND}_status_backup"].tolist() == ["served" if s else "unknown" for s in served]


@pytest.mark.slow
def test_without_roads_walks_are_straight(demo_layers):
    study = Study(replace(demo_layers, roads=None))
    plan, singly = site(study, KIND, Ask(units=3, backup=2)), Alone(study)
    before, after = singly.two(), singly.two(plan)
    assert plan.people_added == pytest.approx(known(plan.after)[after & ~before].sum())
    assert plan.people_added > 0


@pytest.mark.slow
def test_a_place_is_one_unit(study):
    """A second unit at the coordinates of the first brings nobody, whoever lists or opens it."""
    layers = study.layers
    usable = functioning(layers)
    twins = usable.iloc[:3].copy()
    twins.index = pd.Index([f"{name}-twin" for name in twins.index], name=layers.facilities.index.name)
    both = replace(layers, facilities=pd.concat([layers.facilities, twins]))
    one, other = (site(Study(some), KIND, Ask(units=2, backup=2)) for some in (layers, both))
    assert (one.reach.already == other.reach.already).all()
    assert one.solution.objective == other.solution.objective
    beside = site(study, KIND, Ask(units=2, backup=2), places=usable.iloc[:4][["geometry"]])
    new = beside.candidates["op"].to_numpy() == "open"
    assert new.sum() == 4
    assert (np.diff(beside.reach.by_candidate.first)[new] == 0).all()


@pytest.mark.slow
def test_a_plan_that_the_router_does_not_confirm_is_not_given(study, singly, monkeypatch):
    """Who lacks two is said to lack one, where nobody has any."""

    def boasting(*args, **kwargs):
        reach = find_reach(*args, **kwargs)
        return replace(reach, need=np.ones_like(reach.need))

    closed = tuple(CloseFacility(id=name) for name in singly.names)
    none = study.under(study.scenario.model_copy(update={"edits": closed}))
    assert site(none, KIND, Ask(units=2, backup=2)).people_added > 0
    monkeypatch.setattr("planner.siting.prepare.find_reach", boasting)
    with pytest.raises(UnprovenError, match="finds 2 units within reach of other places"):
        site(none, KIND, Ask(units=2, backup=2))


def test_the_engine_itself_is_looked_at(study, monkeypatch):
    """Candidates that are said to reach one place less."""

    def modest(*args, **kwargs):
        reach = find_reach(*args, **kwargs)
        size = np.diff(reach.by_candidate.first)
        kept = np.ones(len(reach.by_candidate.item), bool)
        kept[reach.by_candidate.first[:-1][size > 0]] = False
        first = np.concatenate([[0], np.cumsum(np.maximum(size - 1, 0))])
        return replace(reach, by_candidate=Lists(first, reach.by_candidate.item[kept]))

    monkeypatch.setattr("planner.siting.prepare.find_reach", modest)
    with pytest.raises(UnprovenError):
        site(study, KIND, Ask(units=4, backup=2))


@pytest.mark.slow
def test_floors_targets_and_choices_count_who_has_two(study, singly):
    people = known(study.gaps())
    districts = study.layers.villages["district_code"].reindex(study.demand["village_code"]).to_numpy()

    def shares(plan):
        counted = singly.two(plan)
        return [people[counted & (districts == d)].sum() / people[districts == d].sum()
                for d in sorted(set(districts))]  # fmt: skip

    floor = 0.47
    even = site(study, KIND, Ask(target=floor, target_in="district", backup=2))
    assert min(shares(even)) >= floor - 1e-9
    units = len(even.sites)
    with pytest.raises(ConfigError, match="no plan of this size keeps the floors"):
        site(study, KIND, Ask(units=units - 1, backup=2, floors=(Floor("district", floor),)))
    kept = site(study, KIND, Ask(units=units, backup=2, floors=(Floor("district", floor),)))
    free = site(study, KIND, Ask(units=units, backup=2))
    assert min(shares(kept)) >= floor - 1e-9
    assert even.people_added <= kept.people_added <= free.people_added
    wanted = site(study, KIND, Ask(target=0.5, backup=2))
    counted = singly.two(wanted)
    assert people[counted].sum() >= 0.5 * people.sum() * (1 - 1e-9)
    assert wanted.answer.unit == "units"
    barred = free.sites.index[0]
    without = site(study, KIND, Ask(units=units, backup=2, forbidden=(barred,)), earlier=free)
    assert barred not in without.sites.index
    assert without.solution.objective <= free.solution.objective
    cost = without.cost_of_choices().loc[barred]
    assert cost["costs"] == pytest.approx(free.people_added - without.people_added, abs=1e-6)
    held = without.candidates.index[-1]
    assert held in site(study, KIND, Ask(units=2, backup=2, forced=(held,))).sites.index
    again = site(study, KIND, Ask(units=2), earlier=free)
    assert again.people_added == site(study, KIND, Ask(units=2)).people_added


def test_more_than_there_can_be_names_the_villages(study):
    with pytest.raises(ConfigError, match="for whom they make no 9 units in time"):
        site(study, KIND, Ask(target=1.0, backup=9))


@pytest.mark.slow
def test_a_closed_unit_needs_another(study, singly):
    """Taking a unit away never lets more people have two."""
    name = max(singly.names, key=lambda one: singly.known[one]["dry"][KIND].within.sum())
    less = study.under(study.scenario.model_copy(update={"edits": (CloseFacility(id=name),)}))
    one, other = (site(some, KIND, Ask(units=1, backup=2)) for some in (study, less))
    assert (one.reach.already | ~other.reach.already).all()
    assert (one.reach.already & ~other.reach.already).any()


@pytest.mark.slow
def test_options_and_plan_file_ask_the_same(run, tmp_path):
    status, said, by_option = run("--kind", KIND, "--units", 4, "--backup", 2, "--both-seasons", out="option")
    assert (status, "with 2 units within the limit" in said) == (0, True)
    file = tmp_path / "plan.yml"
    file.write_text(f"{{kind: {KIND}, units: 4, backup: 2, both_seasons: true}}", "utf-8")
    status, said, by_file = run("--plan", file, out="file")
    assert status == 0
    for name in ("sites.csv", "villages_after.csv"):
        assert (by_file / name).read_bytes() == (by_option / name).read_bytes()
    record = json.loads((by_option / "run.json").read_text("utf-8"))
    villages = pd.read_csv(by_option / "villages_after.csv")
    for when, suffix in (("before", "_before"), ("after", "")):
        assert (
            record[f"villages_served_{when}"] == (villages[f"{KIND}_status_backup{suffix}"] == "served").sum()
        )
    assert record["ask"]["backup"] == 2
    sites = pd.read_csv(by_option / "sites.csv")
    assert (sites["units_needed"] == 2).all()
    assert record["people_added"] == pytest.approx(sites["people_added"].sum())
    villages = pd.read_csv(by_option / "villages_after.csv")
    gained = villages[f"{KIND}_people_backup"] - villages[f"{KIND}_people_backup_before"]
    assert gained.sum() == pytest.approx(record["people_added"])
    page = (by_option / "map.html").read_text("utf-8")
    assert "bila 2 fasilitas di tempat berbeda" in page
    # Its colours are those of two units: a village that one unit serves and two do not.
    other = villages[(villages[f"{KIND}_status"] == "served") & (villages[f"{KIND}_status_backup"] == "gap")]
    name = other["village_name"].iloc[0]
    [tip] = re.findall(rf"{name}\\u003c/b\\u003e \([^)]*\)\\u003cbr\\u003e([^:]*): ", page)[:1]
    assert tip == map_texts("id")["gap"]
    with pytest.raises(ConfigError, match="counts who has several units in reach"):
        read_plan_folder(by_option)
    names = {
        c.name
        for one in plan_sheets(by_option, record["area"]["code"], BookWords("id", [KIND]))
        for c in one.columns
    }
    assert "units_needed" in names
    # With the option in place of the file's key.
    status, said, three = run("--plan", file, "--backup", 3, out="three")
    assert (status, json.loads((three / "run.json").read_text("utf-8"))["ask"]["backup"]) == (0, 3)
    file.write_text(f"{{kind: {KIND}, units: 4, backup: null}}", "utf-8")
    status, said, plain = run("--plan", file, out="plain")
    assert (status, json.loads((plain / "run.json").read_text("utf-8"))["ask"]["backup"]) == (0, None)
    assert "units_needed" not in pd.read_csv(plain / "sites.csv")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--backup", "0"), "backup is how many units must be within the limit, from 2 to 9, not 0"),
        (("--backup", "1"), "from 2 to 9, not 1"),
        (("--backup", "-3"), "from 2 to 9, not -3"),
        (("--backup", "2", "--objective", "villages"), "backup goes with the objective people, not villages"),
        (("--backup", "2", "--objective", "person_minutes"), "with the objective people, not person_minutes"),
        (("--backup", "2", "--objective", "worst_time"), "with the objective people, not worst_time"),
        (("--backup", "2", "--gradual", "60"), "backup and gradual_minutes both say who counts"),
    ],
)
def test_what_makes_no_sense_is_said(words, said, run):
    status, told, folder = run("--kind", KIND, "--units", 2, *words)
    assert (status, said in told, "Traceback" in told) == (2, True, False)
    assert not folder.exists()


@pytest.mark.parametrize("value", ["0", "1", "two", "2.5", "[2]", "1.0", "true"])
def test_a_plan_file_with_another_backup(value, run, tmp_path):
    file = tmp_path / "plan.yml"
    file.write_text(f"{{kind: {KIND}, units: 2, backup: {value}}}", "utf-8")
    status, told, folder = run("--plan", file)
    assert (status, "backup" in told, "Traceback" in told) == (2, True, False)
    assert not folder.exists()


def test_an_option_that_is_no_number(run):
    status, said, _ = run("--kind", KIND, "--units", 2, "--backup", "two")
    assert (status, "--backup" in said) == (2, True)


@pytest.mark.slow
def test_plans_that_do_not_know_two_units_refuse(study, run, tmp_path):
    plan = site(study, KIND, Ask(units=2, backup=2))
    with pytest.raises(ConfigError, match="robust plans count who has one unit"):
        robustness(study, plan, draws=3)
    rollout = tmp_path / "rollout.yml"
    rollout.write_text(f"{{kind: {KIND}, backup: 2, years: [{{year: 2027, units: 1}}]}}", "utf-8")
    status, told, _ = run("--plan", rollout, command="rollout")
    assert (status, "backup" in told) == (2, True)
    road = study.layers.roads["way_id"].iloc[0]
    measures = tmp_path / "roads.yml"
    measures.write_text(
        f"measures: {{pave: {{op: road, edits: [{{op: change_road, road: {road}, surface: paved}}]}}}}",
        "utf-8",
    )
    status, told, _ = run("--kind", KIND, "--units", 2, "--backup", "2", "--measures", measures)
    assert (status, "with road measures" in told) == (2, True)


def test_staff_for_a_unit_counts_once(study):
    """A unit that does not function may be one of two; staffed twice it is still one."""
    both = Measures(measures={
        **default_measures().measures,
        "staff_again": default_measures().measures["staff_posyandu"],
    })  # fmt: skip
    plan = site(study, KIND, Ask(units=4, backup=2), measures=both)
    fixed = plan.sites[plan.sites["op"] == "function"]
    assert not fixed["facility_id"].duplicated().any()
