"""An area without roads: who is not reached on foot may be by vehicle, and no document calls that a gap."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import at, box, facilities, hamlets, layers, villages, whole

from app.areas.planning import PlanQuestion
from app.areas.question import WhatIf
from app.figures.plan import plan_of
from planner.cli.site import in_words
from planner.coverage import study as planner_gaps
from planner.coverage.gained import Gain
from planner.ilp.model import Ilp
from planner.ilp.referral import referral_table
from planner.pipeline import Ask, site
from planner.reports.assumed import assumed
from planner.reports.documents.data import as_data
from planner.reports.documents.words import Words
from planner.reports.maps.sites_page import write_sites_map
from planner.reports.print_maps.look import Paper
from planner.reports.print_maps.status_map import draw_status
from planner.reports.proposal.background import aim
from planner.reports.proposal.memo import one_page, staff_memo
from planner.reports.proposal.request import request_facts
from planner.reports.proposal.source import Source
from planner.reports.proposal.write import source_of
from planner.reports.pws import pws_table
from planner.reports.pws_page import pws_html
from planner.reports.village_sheets.booklet import Booklet
from planner.reports.village_sheets.facts import SheetFacts
from planner.scenarios.scenario import default_scenario
from planner.supply.places import village_remoteness
from planner.texts.catalogues import map_texts

SCENARIO = default_scenario()
KINDS = ("posyandu", "pustu", "puskesmas", "hospital")
BY_VEHICLE = {"pustu", "puskesmas", "hospital"}  # by the default standard; posyandu are reached on foot
NEAR, FAR = "99.01.01.1001", "99.01.01.1002"


def town(*, works="yes", hospital=None, listed=KINDS, people=(100.0, 200.0)):
    """All units stand in one village; the other lies 10 km off: 260 minutes on foot (1.56 s a metre)."""
    shapes = {NEAR: (box(0, 0, 1000, 1000), people[0]), FAR: (box(10_000, 0, 11_000, 1000), people[1])}
    functioning = [(hospital or works) if kind == "hospital" else works for kind in listed]
    units = facilities([(k[:4], k, at(500, 500), NEAR) for k in listed], functioning=functioning)
    homes = hamlets([("h1", NEAR, at(500, 500), 1.0), ("h2", FAR, at(10_500, 500), 1.0)])
    return whole(layers(villages(shapes), None, units, homes, listed=listed), *KINDS)


def answer(area=None, scenario=SCENARIO):
    return planner_gaps.find_gaps(town() if area is None else area, scenario=scenario)


def all_on_foot():
    """Return the default scenario, but people walk to every kind."""
    rules = {kind: rule.model_copy(update={"mode": "walking"}) for kind, rule in SCENARIO.standard.items()}
    return SCENARIO.model_copy(update={"standard": rules})


@pytest.fixture(scope="module")
def gaps():
    return answer()


@pytest.fixture(scope="module")
def ilp(gaps):
    return Ilp(gaps)


# --- PWS sheets --------------------------------------------------------------------------------------------


def test_only_what_is_walked_to_is_a_gap_of_a_village_far_off(ilp):
    row = pws_table(ilp, "en").loc[FAR]
    assert row["gaps"].split() == ["posyandu"]
    assert set(row["not_known"].split()) == BY_VEHICLE
    assert not row["next_action"].startswith("Hand in the road data")


@pytest.mark.parametrize(
    ("area", "scenario"),
    [(town(works="no"), SCENARIO), (town(), all_on_foot())],
    ids=["no unit works", "people walk to all"],
)
def test_what_no_vehicle_changes_stays_a_gap(area, scenario):
    row = pws_table(Ilp(answer(area, scenario)), "en").loc[FAR]
    assert set(row["gaps"].split()) == set(KINDS)
    assert row["not_known"] == ""


def test_roads_are_asked_for_where_only_they_can_tell():
    """No gap is known: then what is not known comes next."""
    row = pws_table(Ilp(answer(town(listed=("puskesmas",)))), "en").loc[FAR]
    assert "puskesmas" in row["not_known"].split()
    assert "puskesmas" not in row["gaps"].split()


def test_a_limit_of_the_wet_season_on_foot_is_no_gap_either():
    """1,100 m on foot are 28.6 minutes: within 30, and not within 20 in the rain."""
    rule = SCENARIO.standard["puskesmas"].model_copy(update={"limit_minutes_wet": 20.0})
    scenario = SCENARIO.model_copy(update={"standard": {**SCENARIO.standard, "puskesmas": rule}})
    homes = hamlets([("h1", NEAR, at(500, 500), 1.0), ("h2", FAR, at(1600, 500), 1.0)])
    shapes = {NEAR: (box(0, 0, 1000, 1000), 100.0), FAR: (box(1000, 0, 2000, 1000), 200.0)}
    area = replace(town(), villages=town().villages.set_geometry([g for g, _ in shapes.values()], crs=32749))
    ilp = Ilp(answer(replace(area, hamlets=homes), scenario))
    assert ilp.answers["puskesmas"].loc[FAR, ["reachable_dry", "reachable_wet", "class"]].tolist() == [
        "yes", "unknown", "unknown",
    ]  # fmt: skip
    assert ilp.answers["puskesmas"].loc[FAR, "reason_en"].startswith("Not known: without road data")
    row = pws_table(ilp, "en").loc[FAR]
    assert "puskesmas" in row["not_known"].split()
    assert ilp.answers["puskesmas"].loc[FAR, "action_en"].startswith("Hand in the road data")


def furthest(kind):
    """Metres that the quickest vehicle of a kind's mode goes within its limit."""
    rule = SCENARIO.standard[kind]
    return max(SCENARIO.modes[rule.mode].speeds_kph.values()) / 3.6 * rule.limit_s


@pytest.mark.slow
@example([0.0], [(furthest("pustu") * 0.99, True), (1200.0, False)], "pustu")
@example([0.0], [(furthest("pustu") * 1.01, True), (1200.0, False)], "pustu")
@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(0, 150_000), min_size=1, max_size=4),
    st.lists(st.tuples(st.floats(0, 150_000), st.booleans()), min_size=1, max_size=3),
    st.sampled_from(sorted(BY_VEHICLE | {"posyandu"})),
)
def test_unknown_is_who_walks_too_long_but_could_be_in_time_by_vehicle(homes, units, kind):
    """By the words of METHODS: 1.56 s a metre on foot, and straight on the mode's quickest road."""
    rule = SCENARIO.standard[kind]
    codes = [f"99.01.01.10{i:02}" for i in range(len(homes))]
    places = {code: (x, 1000.0 * i) for i, (code, x) in enumerate(zip(codes, homes, strict=True))}
    # Strips that touch: nobody walks over water. The units stand along the southernmost.
    shapes = {c: (box(-900, y - 500, 151_000, y + 500), 10.0) for c, (_, y) in places.items()}
    shapes["99.01.01.2001"] = (box(-900, -2500, 151_000, -500), 10.0)
    rows = [(f"u{i}", kind, at(x, -1500), "99.01.01.2001") for i, (x, _) in enumerate(units)]
    area = layers(
        villages(shapes), None,
        facilities(rows, functioning=["yes" if works else "no" for _, works in units]),
        hamlets([(f"h {code}", code, at(*place), 1.0) for code, place in places.items()]), listed=(kind,),
    )  # fmt: skip
    found = answer(whole(area, kind)).coverage[kind].villages
    for code, (x, y) in places.items():
        metres = min((math.hypot(x - u, y + 1500) for u, works in units if works), default=math.inf)
        on_foot, by_vehicle = metres * 1.56 / rule.limit_s, metres / furthest(kind)
        if min(abs(on_foot - 1), abs(by_vehicle - 1)) < 0.001:
            continue
        surely = on_foot > 1 if kind == "posyandu" else by_vehicle > 1
        expected = "served" if on_foot < 1 else "gap" if surely else "unknown"
        assert found.loc[code, "status"] == expected
        assert (found.loc[code, "reason"] == "roads_incomplete") is (expected == "unknown")
        assert found.loc[code, "share_unknown"] == (1.0 if expected == "unknown" else 0.0)


def over_water(limit_minutes):
    """The answer for two islands 9 km apart, the units on one of them, under a limit of all kinds."""
    rules = {k: r.model_copy(update={"limit_minutes": limit_minutes}) for k, r in SCENARIO.standard.items()}
    return answer(scenario=SCENARIO.model_copy(update={"standard": rules}))


def test_who_is_too_far_for_a_vehicle_over_water_is_not_said_to_have_no_way():
    """10 km at the quickest road's 50 km/h are 12 minutes: a gap under 6, and not known under 30."""
    for minutes, status, reason in ((6.0, "gap", "too_far"), (30.0, "unknown", "roads_incomplete")):
        gaps = over_water(minutes)
        row = gaps.coverage["pustu"].villages.loc[FAR]
        assert row[["status", "reason"]].tolist() == [status, reason]
        assert math.isnan(row["minutes_median"])
        # Nobody walks over water, and knows it.
        walked = gaps.coverage["posyandu"].villages.loc[FAR]
        assert walked[["status", "reason", "minutes_median"]].tolist() == ["gap", "island", math.inf]
        assert village_remoteness(gaps).loc[[NEAR, FAR]].tolist() == ["good", "unknown"]
        legs = referral_table(gaps).xs("standard", level="mode").loc[FAR]
        assert legs["posyandu_minutes"] == math.inf
        assert not math.isinf(legs["puskesmas_minutes"])


def test_where_no_unit_works_nobody_has_a_way_and_all_is_known():
    row = answer(town(works="no")).coverage["pustu"].villages.loc[FAR]
    assert row[["status", "reason", "minutes_median"]].tolist() == ["gap", "no_facility", math.inf]
    none = replace(town(), facilities=town().facilities.iloc[:0])
    row = answer(none).coverage["pustu"].villages.loc[FAR]
    assert row[["status", "reason", "minutes_median"]].tolist() == ["gap", "no_facility", math.inf]


@pytest.mark.parametrize("lang", ["id", "en"])
def test_no_road_is_mended_for_who_is_too_far_on_a_straight_one(lang):
    ilp = Ilp(over_water(6.0))
    for kind in BY_VEHICLE:
        said = ilp.answers[kind].loc[FAR, f"action_{lang}"]
        assert not any(word in said.lower() for word in ("jalan", "road"))
        why = ilp.answers[kind].loc[FAR, f"reason_{lang}"]
        assert "6" in why
        assert {"id": "naik ", "en": "by "}[lang] in why


def test_middle_persons_of_who_a_walk_is_long_may_be_near_by_vehicle():
    """1,600 m off, 41 minutes on foot: more than 30, and nobody knows how many by vehicle."""
    shapes = {NEAR: (box(0, 0, 1000, 1000), 100.0), FAR: (box(1000, 0, 3000, 1000), 200.0)}
    homes = hamlets([("h1", NEAR, at(500, 500), 1.0), ("h2", FAR, at(2100, 500), 1.0)])
    area = replace(town(), villages=town().villages.set_geometry([g for g, _ in shapes.values()], crs=32749))
    found = answer(replace(area, hamlets=homes))
    assert found.coverage["puskesmas"].villages.loc[FAR, "minutes_median"] == pytest.approx(1600 * 1.56 / 60)
    assert village_remoteness(found).loc[[NEAR, FAR]].tolist() == ["good", "unknown"]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_gap_that_is_certain_is_spoken_of_also_where_people_drive(lang):
    """No hospital works: everybody lacks one, and no word of it is not known; of the others it is."""
    source = source_of(Ilp(answer(town(hospital="no"))), lang=lang)
    assert source.focus == "hospital"
    memo = said_by(staff_memo(source), source.words)
    kind = {"id": "rumah sakit", "en": "hospital"}[lang]
    drive = {"id": f"Siapa lagi yang dapat mencapai {kind}", "en": f"Who else reaches a {kind}"}[lang]
    assert drive not in memo
    assert drive.replace(kind, "puskesmas") in memo
    assert kind in said_by(one_page(source), source.words)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_sheets_say_how_it_was_timed(ilp, lang):
    said = SheetFacts(ilp, lang).on_foot
    assert {"id": "dengan kendaraan belum diketahui", "en": "by vehicle is not known"}[lang] in said
    names = {"id": ("puskesmas", "pustu", "rumah sakit"), "en": ("puskesmas", "pustu", "hospital")}[lang]
    assert all(name in said for name in names)
    assert "posyandu" not in said
    assert pws_html(ilp, lang=lang).count(said) == 2
    assert Booklet(ilp, lang)._set("99.01.01")[0]["on_foot"] == said
    walked = Ilp(answer(scenario=all_on_foot()))
    assert SheetFacts(walked, lang).on_foot == ""


def test_a_walk_to_hospital_is_not_said_to_be_a_referral_of_more_than_two_hours(ilp):
    page = SheetFacts(ilp, "id").of(FAR)
    assert "2 jam" not in page["referral"]
    assert "puskesmas" in page["not_known"]
    assert page["gaps"] == "Posyandu"


@pytest.mark.parametrize(
    ("area", "scenario", "near", "far"),
    [
        (town(), SCENARIO, "no", "unknown"),
        (town(), all_on_foot(), "no", "yes"),
        # Nobody gets to a hospital that does not work.
        (town(hospital="no"), SCENARIO, "yes", "yes"),
    ],
    ids=["by vehicle", "on foot", "no hospital"],
)
def test_a_referral_exceeds_its_limit_where_that_is_so_by_every_way(area, scenario, near, far):
    row = referral_table(answer(area, scenario)).xs("standard", level="mode")
    assert row.loc[[NEAR, FAR], "exceeds"].tolist() == [near, far]


# --- Maps --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("paper", list(Paper))
def test_maps_say_that_a_vehicle_may_get_there(gaps, lang, paper):
    note = {
        "id": "Tanpa data jalan: yang terjangkau dihitung dengan berjalan kaki; siapa lagi yang terjangkau "
        "dengan kendaraan belum diketahui.",
        "en": "Without road data: reach is counted on foot; who else is reached by vehicle is not known.",
    }[lang]
    for kind, says in (("puskesmas", True), ("posyandu", False)):
        said = draw_status(gaps, kind, paper=paper, words=Words(lang)).texts[-1].get_text()
        assert (note in said.replace("\n", " ")) is says
    unlisted = answer(town(listed=("posyandu",)))
    assert note not in draw_status(unlisted, "puskesmas", paper=paper, words=Words(lang)).texts[-1].get_text()


# --- The proposal, the memo and the one page ---------------------------------------------------------------


def said_by(document, words):
    def texts_of(value):
        if isinstance(value, str):
            yield value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            yield from texts_of(inner)

    return " ".join(texts_of(as_data(document, words)))


def with_plan(source, units):
    sites = pd.DataFrame(
        {"cost_idr": [5.0] * units, "yearly_idr": math.nan, "staff": "", "site_rules": "",
         "op": "open", "kind": "pustu", "facility_id": "",
         "lon": 111.0, "lat": -8.2, "village_code": FAR, "people_added": 200.0}
    )  # fmt: skip
    plan = SimpleNamespace(
        kind="pustu", sites=sites, roads=(), people_added=200.0 * units, gain=Gain(*[200.0 * units] * 3),
        as_if_none=False, seasons=("dry",),
        served=lambda when: (1, 1 + units)[when == "after"], cost_idr=5.0, size=units, yearly_idr=math.nan,
        without_yearly=units, tells_yearly=False, counts_money=False,
        villages_unknown=(0, 0), why_none=None if units else "nobody_added",
        record={"solver": {"status": "optimal", "unit": "people"}},
    )  # fmt: skip
    return replace(source, plan=plan)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("units", [0, 1])
def test_a_plan_that_was_made_on_foot_says_so_wherever_it_is_summed_up(ilp, lang, units):
    source = with_plan(source_of(ilp, lang=lang), units)
    note = {
        (
            "id",
            1,
        ): "Tanpa data jalan, rencana ini dihitung dengan berjalan kaki menurut garis lurus; sebagian "
        "penduduk itu mungkin sudah dapat mencapai pustu dengan kendaraan.",
        ("en", 1): "Without road data, this plan is computed by straight lines on foot; some of these people "
        "may reach a pustu by vehicle already.",
        ("id", 0): "Tanpa data jalan, calon lokasi hanya dinilai dengan berjalan kaki menurut garis lurus.",
        ("en", 0): "Without road data, the candidates are judged by straight lines on foot alone.",
    }[lang, units]
    [conclusion] = [s for s in staff_memo(source).sections if s.key == "conclusion"]
    assert note in conclusion.blocks[0].text
    page = said_by(one_page(source), source.words)
    assert page.count(note) == 1
    assert note in request_facts(source, source.plan)
    assert any(note in getattr(block, "text", "") for block in aim(source).blocks)
    walked = with_plan(source_of(Ilp(answer(scenario=all_on_foot())), lang=lang), units)
    assert note not in said_by(staff_memo(walked), walked.words)
    assert note not in said_by(one_page(walked), walked.words)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_memo_says_how_people_are_taken_to_go(ilp, lang):
    """Its second assumption; by road only where there are any."""
    text = str(as_data(staff_memo(source_of(ilp, lang=lang)), Words(lang)))
    on_foot, by_road = {
        "id": ("dengan berjalan kaki menurut garis lurus", "terdekat melalui jalan"),
        "en": ("in a straight line on foot", "nearest facility by road"),
    }[lang]
    assert on_foot in text
    assert by_road not in text


def test_a_memo_tells_of_villages_whose_people_nobody_knows():
    """One of them may have more people than those that are named."""
    shapes = {f"99.01.01.100{i}": (box(10_000 * i, 0, 10_000 * i + 1000, 1000), p)
              for i, p in enumerate((100.0, 200.0, math.nan, math.nan))}  # fmt: skip
    units = facilities([("posy", "posyandu", at(500, 500), "99.01.01.1000")], functioning=["yes"])
    homes = hamlets([(f"h{i}", c, at(10_000 * i + 500, 500), 1.0) for i, c in enumerate(shapes)])
    area = whole(layers(villages(shapes), None, units, homes, listed=("posyandu",)), *KINDS)
    found = source_of(Ilp(answer(area, all_on_foot())), lang="en")
    text = str(as_data(staff_memo(found), found.words))
    assert "How many people live in 2 villages more that are gaps" in text


def test_a_limit_of_the_other_season_is_named_with_its_number():
    rule = SCENARIO.standard["pustu"].model_copy(update={"limit_minutes_wet": 45.0})
    mine = SCENARIO.model_copy(update={"standard": {**SCENARIO.standard, "pustu": rule}})
    [said] = assumed(source_of(Ilp(answer(scenario=mine)), lang="en")).items
    usual = SCENARIO.standard["pustu"].of("wet").limit_minutes
    assert said.startswith("The limit to a pustu in the wet season is 45 minutes")
    assert f"not {usual:.0f} minutes by motorcycle" in said


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_without_people_short_documents_speak_of_a_kind_and_do_not_ask_for_lists(lang):
    source = source_of(Ilp(answer(town(people=(math.nan, math.nan)))), lang=lang)
    assert source.totals["people"] is None
    assert source.focus == "posyandu"  # what is not timed on foot for want of roads comes first
    lists = {"id": "daftar fasilitas belum tersedia", "en": "for want of lists of facilities"}[lang]
    asks = {"id": "agar daftar fasilitas beserta letaknya", "en": "to have the lists of facilities"}[lang]
    for document in (staff_memo(source), one_page(source)):
        said = said_by(document, source.words)
        assert lists not in said
        assert asks not in said
        assert "posyandu" in said
        assert "not known are" not in said
    only = source_of(Ilp(answer(town(people=(math.nan, math.nan), listed=("puskesmas",)))), lang=lang)
    assert only.focus == "puskesmas"
    assert {"id": "data jalan diserahkan", "en": "the road data handed in"}[lang] in said_by(
        one_page(only), only.words
    )


@given(st.lists(st.tuples(st.booleans(), st.just(math.nan) | st.floats(0, 1e7)), max_size=6))
def test_the_kind_that_is_spoken_of_is_the_one_most_is_known_of_then_most_people_lack(kinds):
    def best(of):
        return max(of, key=lambda i: kinds[i][1], default=None)

    numbers = range(len(kinds))
    known = [i for i in numbers if not math.isnan(kinds[i][1])]
    silent = [i for i in numbers if i not in known]
    groups = [
        [i for i in some if kinds[i][0] is on_foot] for on_foot in (False, True) for some in (known, silent)
    ]
    first = next((group for group in groups if group), [])
    expected = None if not first else first[0] if first[0] in silent else best(first)
    fake = SimpleNamespace(
        plan=None, listed=list(numbers), open_for_roads=lambda i: kinds[i][0], unreached=lambda i: kinds[i][1]
    )
    assert Source.focus.func(fake) == expected


def test_what_is_only_walked_is_that_of_the_standard(gaps):
    assert {kind for kind in KINDS if gaps.on_foot(kind)} == BY_VEHICLE
    walked = replace(gaps, scenario=all_on_foot())
    assert not any(walked.on_foot(kind) for kind in KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_whoever_reads_a_plan_is_told_that_it_was_made_on_foot(lang, tmp_path):
    """On the console, on its map and in the app; not of a kind that people walk to."""
    study = planner_gaps.Study(town())
    for kind, says in (("pustu", True), ("posyandu", False)):
        plan = site(study, kind, Ask(units=1))
        note = map_texts(lang)["plan_on_foot"]
        write_sites_map(plan, tmp_path / f"{kind}.html", lang=lang)
        assert (note in (tmp_path / f"{kind}.html").read_text("utf-8")) is says
        assert any("no road data" in line for line in in_words(plan)) is says
        assert plan_of(plan, PlanQuestion(kind, WhatIf(), plan.ask)).on_foot is says
